"""Recordings, decoded back; killed, starved of space, and played by a browser."""

import json
import shutil
import signal
import subprocess
import sys
import textwrap
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest

from sim.view.recorder import Recorder

SIZE = (96, 160)
RATE = 60
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A grey that tells the index, over a red half and a blue half."""
    image = np.full((*size, 3), 40 + index % 180, np.uint8)
    image[size[0] // 2 :, : size[1] // 2] = (200, 30, 30)
    image[size[0] // 2 :, size[1] // 2 :] = (30, 30, 200)
    return image


def record(path: Path, count: int, size: tuple[int, int] = SIZE, **provenance: object) -> None:
    with Recorder(path, size, RATE, provenance) as recorder:
        for index in range(count):
            recorder.write(picture(index, size))


def decode(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_every_picture_comes_back_in_order(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", 100)
    frames = decode(tmp_path / "a.mp4")
    assert len(frames) == 100
    greys = [frame[10, 10].mean() for frame in frames]
    np.testing.assert_allclose(greys, 40 + np.arange(100), atol=3)


def test_the_stream_is_what_browsers_play(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", 90)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        assert (codec.name, codec.pix_fmt, codec.height, codec.width) == ("h264", "yuv420p", *SIZE)
        assert stream.average_rate == RATE
        assert codec.colorspace == 1  # BT.709, said so that no player guesses
        keys = [
            packet.pts * stream.time_base for packet in container.demux(stream) if packet.size and packet.is_keyframe
        ]
    assert np.diff([float(key) for key in keys]).max() <= 0.5


def test_colours_survive(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", 5)
    frame = decode(tmp_path / "a.mp4")[0].astype(int)
    assert np.abs(frame[80, 20] - (200, 30, 30)).max() <= 12
    assert np.abs(frame[80, 140] - (30, 30, 200)).max() <= 12


def test_provenance_comes_back(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", 2, policy="topk-patches", seed=20_000, versions={"world": "1"})
    with av.open(str(tmp_path / "a.mp4")) as container:
        metadata = container.metadata
    assert metadata["policy"] == "topk-patches"
    assert json.loads(metadata["seed"]) == 20_000
    assert json.loads(metadata["versions"]) == {"world": "1"}


def test_a_recording_without_pictures_leaves_no_file(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", 0)
    assert list(tmp_path.iterdir()) == []


def test_closing_twice_is_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mp4", SIZE, RATE, {})
    recorder.write(picture(0))
    recorder.close()
    recorder.close()
    assert len(decode(tmp_path / "a.mp4")) == 1


@pytest.mark.parametrize("name", ["a.avi", "a", "mp4", "a.mp4.gif"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"expected a name ending in \.mp4"):
        Recorder(tmp_path / name, SIZE, RATE, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(95, 160), (96, 161)])
def test_odd_sizes_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even"):
        Recorder(tmp_path / "a.mp4", size, RATE, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [np.zeros((96, 161, 3), np.uint8), np.zeros((*SIZE, 3))])
def test_other_pictures_are_refused(tmp_path: Path, wrong: np.ndarray) -> None:
    with Recorder(tmp_path / "a.mp4", SIZE, RATE, {}) as recorder, pytest.raises(ValueError, match="expected uint8"):
        recorder.write(wrong)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(IsADirectoryError):
        Recorder(tmp_path / "a.mp4", SIZE, RATE, {})


def test_a_full_device_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device.*a\.mp4"):
        Recorder(tmp_path / "a.mp4", SIZE, RATE, {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Recorder(tmp_path / "file" / "a.mp4", SIZE, RATE, {})


def run_python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        import numpy as np
        from sim.view.recorder import Recorder
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        noise = np.random.default_rng(0).integers(0, 256, (60, 96, 160, 3), np.uint8)
        try:
            with Recorder(Path(sys.argv[1]), (96, 160), 60, {}) as recorder:
                for index in range(600):
                    recorder.write(noise[index % 60])
        except OSError as error:
            print(type(error).__name__, error.filename, recorder.pictures < 600)
    """
    path = tmp_path / "a.mp4"
    output, _ = run_python(code, path).communicate(timeout=60)
    assert output.split()[1:] == [str(path), "True"]
    assert list(tmp_path.iterdir()) == []


def record_and_be_killed(path: Path) -> None:
    """240 pictures, then kill -9 with the recording still open."""
    code = """
        import sys, time
        from pathlib import Path
        import numpy as np
        from sim.view.recorder import Recorder
        recorder = Recorder(Path(sys.argv[1]), (96, 160), 60, {"seed": 7})
        for index in range(240):
            recorder.write(np.full((96, 160, 3), 40 + index % 180, np.uint8))
        while not recorder._queue.empty():
            time.sleep(0.01)
        time.sleep(0.2)
        print("written", flush=True)
        time.sleep(60)
    """
    process = run_python(code, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)


def test_killed_half_way_it_still_plays(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    record_and_be_killed(path)
    frames = decode(path)
    assert 240 - RATE <= len(frames) <= 240  # at most one second is lost
    np.testing.assert_allclose([frame[10, 10].mean() for frame in frames[:170]], 40 + np.arange(170), atol=3)
    with av.open(str(path)) as container:
        assert container.metadata["seed"] == "7"


PAGE = b"""<!doctype html><body><video src="a.mp4" muted></video><script>
const video = document.querySelector("video");
const tell = (what) => fetch("/tell", {method: "POST", body: JSON.stringify(what)});
video.onerror = () => tell({error: video.error.message});
video.onended = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0);
  const colour = Array.from(pen.getImageData(20, 80, 1, 1).data).slice(0, 3);
  tell({ready: video.readyState, size: [video.videoHeight, video.videoWidth], seconds: video.currentTime, colour});
};
video.play().catch((error) => tell({error: String(error)}));
</script>"""


class OneVideo(BaseHTTPRequestHandler):
    """Serves the page and the recording, and keeps what the page tells."""

    video: bytes
    told: "Queue[dict[str, Any]]"

    def do_GET(self) -> None:
        content, kind = (self.video, "video/mp4") if self.path == "/a.mp4" else (PAGE, "text/html")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def play_in_chromium(video: bytes, profile: Path) -> dict[str, Any]:
    """What Chromium's video element says after playing to the end."""
    handler = type("Handler", (OneVideo,), {"video": video, "told": Queue()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        flags.append("--autoplay-policy=no-user-gesture-required")
        page = f"http://127.0.0.1:{server.server_port}/"
        with subprocess.Popen([str(CHROMIUM), *flags, page], stderr=subprocess.DEVNULL) as browser:
            try:
                return handler.told.get(timeout=60)
            finally:
                browser.terminate()
                server.shutdown()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(("killed", "seconds"), [(False, 1.95), (True, 2.95)], ids=["finished", "killed"])
def test_chromium_plays_it(tmp_path: Path, killed: bool, seconds: float) -> None:
    path = tmp_path / "a.mp4"
    record_and_be_killed(path) if killed else record(path, 120)
    told = play_in_chromium(path.read_bytes(), tmp_path / "profile")
    assert told.get("error") is None
    assert told["size"] == list(SIZE)
    assert told["seconds"] >= seconds
    if not killed:
        assert np.abs(np.subtract(told["colour"], (200, 30, 30))).max() <= 16
