"""Recordings, decoded back; stalled, killed, starved of space, and played by a browser."""

import json
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event, Thread, active_count
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from sim.view import recorder as module
from sim.view.hud.text import BACKGROUND
from sim.view.recorder import Recorder
from sim.view.recording.file import GrowingFile
from sim.view.recording.formats import FORMATS
from sim.view.recording.provenance import read_provenance

SIZE = (96, 160)
RATE = 60
ENDINGS = list(FORMATS)
VIDEOS = {".mp4": ("h264", 1), ".webm": ("vp8", 6)}
"""Codec, and what the file says of its matrix so that no player guesses: BT.709, and VP8's only one, BT.601."""

EVERY = {".mp4": 1, ".webm": 1, ".gif": 3, ".webp": 3}
"""Of 60 pictures a second, how many are one in the recording."""

MIME = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".webp": "image/webp"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

every_format = pytest.mark.parametrize("ending", ENDINGS)
every_video = pytest.mark.parametrize("ending", VIDEOS)


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A grey that tells the index, over a red half and a blue half."""
    image = np.full((*size, 3), 40 + index % 180, np.uint8)
    image[size[0] // 2 :, : size[1] // 2] = (200, 30, 30)
    image[size[0] // 2 :, size[1] // 2 :] = (30, 30, 200)
    return image


def record(
    path: Path, count: int, size: tuple[int, int] = SIZE, rate: float | Fraction = RATE, **provenance: object
) -> Recorder:
    with Recorder(path, size, rate, provenance) as recorder:
        for index in range(count):
            recorder.write(picture(index, size))
    return recorder


def decode(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Frames, and when each begins and the last one ends, in seconds."""
    return decode_webp(path) if path.suffix == ".webp" else decode_stream(path)


def decode_webp(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Pillow's reading: FFmpeg has none of the animated kind."""
    frames, times = [], [0.0]
    with Image.open(path) as image:
        for frame in ImageSequence.Iterator(image):
            frames.append(np.array(frame.convert("RGB")))
            times.append(times[-1] + frame.info["duration"] / 1000)
    return frames, times


def decode_stream(path: Path) -> tuple[list[np.ndarray], list[float]]:
    frames, times = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            frames.append(frame.to_ndarray(format="rgb24"))
            times.append(frame.time)
        duration = container.duration
    return frames, [*times, times[-1] if duration is None else duration / av.time_base]


def indices(frames: list[np.ndarray]) -> list[float]:
    """Which pictures these were, modulo 180."""
    return [frame[10, 10].mean() - 40 for frame in frames]


@every_format
def test_every_picture_comes_back_in_order_and_time(tmp_path: Path, ending: str) -> None:
    recorder = record(tmp_path / f"a{ending}", 120)
    frames, times = decode(tmp_path / f"a{ending}")
    assert len(frames) == 120 / EVERY[ending]
    assert frames[0].shape == (*SIZE, 3)
    np.testing.assert_allclose(indices(frames), np.arange(0, 120, EVERY[ending]), atol=3)
    np.testing.assert_allclose(times, np.arange(0, 121, EVERY[ending]) / 60, atol=0.002)
    assert (recorder.pictures, recorder.dropped, recorder.seconds) == (120, 0, pytest.approx(2.0))


@pytest.mark.parametrize(
    ("ending", "rate", "count", "seconds"),
    [
        (".mp4", 25, 221, 8.84),
        (".webm", 25, 221, 8.84),
        (".gif", 25, 111, 8.88),  # every second picture, 0.08 s each
        (".webp", 25, 111, 8.88),
        (".mp4", 29.97, 221, 7.374),
        (".webm", Fraction(30_000, 1001), 221, 7.374),
        (".gif", 29.97, 111, 7.407),  # delays of 0.06 and 0.07 s
        (".webp", 29.97, 111, 7.407),
        (".gif", 15, 221, 14.733),
    ],
)
def test_other_rates_keep_their_time(
    tmp_path: Path, ending: str, rate: float | Fraction, count: int, seconds: float
) -> None:
    recorder = record(tmp_path / f"a{ending}", 221, rate=rate)
    frames, times = decode(tmp_path / f"a{ending}")
    assert len(frames) == count
    assert times[-1] == pytest.approx(seconds, abs=0.01)
    assert recorder.seconds == pytest.approx(seconds, abs=0.01)
    assert times[:-1] == pytest.approx(seconds * np.arange(count) / count, abs=0.01)


@every_video
def test_the_stream_is_what_browsers_play(tmp_path: Path, ending: str) -> None:
    record(tmp_path / f"a{ending}", 90)
    with av.open(str(tmp_path / f"a{ending}")) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        assert (codec.name, codec.colorspace) == VIDEOS[ending]
        assert (codec.pix_fmt, codec.height, codec.width) == ("yuv420p", *SIZE)
        assert stream.average_rate == RATE


def test_a_large_recording_is_mailed_small(tmp_path: Path) -> None:
    for ending in (".gif", ".webp"):
        assert record(tmp_path / f"a{ending}", 4, (720, 1280)).size == (360, 640)
        assert decode(tmp_path / f"a{ending}")[0][0].shape == (360, 640, 3)
    with av.open(str(tmp_path / "a.gif")) as container:
        assert container.streams.video[0].codec_context.name == "gif"
    assert record(tmp_path / "a.mp4", 1, (720, 1280)).size == (720, 1280)


@every_format
def test_colours_survive(tmp_path: Path, ending: str) -> None:
    record(tmp_path / f"a{ending}", 10)
    frame = decode(tmp_path / f"a{ending}")[0][0].astype(int)
    assert np.abs(frame[80, 20] - (200, 30, 30)).max() <= 12
    assert np.abs(frame[80, 140] - (30, 30, 200)).max() <= 12


def test_a_gif_keeps_lamps_of_a_few_pixels(tmp_path: Path) -> None:
    """Red, amber and green lamps of 4 x 4 pixels in a landscape of greens and greys with many shades."""
    rows, columns = np.mgrid[0:180, 0:320]
    noise = np.random.default_rng(0).integers(-20, 20, (180, 320))
    shades = [90 + noise + rows // 4, 120 + noise + columns // 8, 80 + noise]
    landscape = np.clip(np.stack(shades, -1), 0, 255).astype(np.uint8)
    lamps = {40: (255, 40, 30), 60: (255, 190, 20), 80: (30, 255, 120)}
    for place, colour in lamps.items():
        landscape[60:64, place : place + 4] = colour
    with Recorder(tmp_path / "a.gif", (180, 320), 20, {}) as recorder:
        recorder.write(landscape)
        recorder.write(landscape)
    for frame in decode(tmp_path / "a.gif")[0]:
        for place, colour in lamps.items():
            assert np.abs(frame[60:64, place : place + 4].astype(int) - colour).max() <= 24


def test_a_gif_may_come_back_to_its_first_palette(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.gif", SIZE, 20, {}) as recorder:
        for grey in (40, 70, 40):
            recorder.write(np.full((*SIZE, 3), grey, np.uint8))
    assert indices(decode(tmp_path / "a.gif")[0]) == [0, 30, 0]


@every_format
def test_a_window_may_be_resized_while_it_is_recorded(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    white = [np.full((*size, 3), 255, np.uint8) for size in (SIZE, (192, 160), (50, 400), SIZE)]
    with Recorder(path, SIZE, 10, {}) as recorder:
        for image in white:
            recorder.write(image)
    frames, _ = decode(path)
    assert [frame.shape for frame in frames] == [(*SIZE, 3)] * 4
    for frame, pillars, bars in zip(frames, [False, True, False, False], [False, False, True, False], strict=True):
        assert frame[48, 80].astype(int) == pytest.approx([255] * 3, abs=6)
        for pixel, framed in ((frame[48, 10], pillars), (frame[10, 80], bars)):
            assert pixel.astype(int) == pytest.approx(BACKGROUND if framed else [255] * 3, abs=6)


@every_format
def test_provenance_comes_back(tmp_path: Path, ending: str) -> None:
    provenance = {
        "policy": "Bahn-Überwacher",
        "seed": 20_000,
        "text": "7",
        "versions": {"world": "1"},
        "long": "x" * 600,
    }
    record(tmp_path / f"a{ending}", 2, **provenance)
    assert read_provenance(tmp_path / f"a{ending}") == provenance


def test_provenance_of_other_files_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.mp4"):
        read_provenance(tmp_path / "a.mp4")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.webp")
    for ending in ENDINGS:
        path = tmp_path / f"a{ending}"
        if ending != ".webp":
            path.write_text("no video")
        with pytest.raises(ValueError, match=rf"a\{ending}' does not say how it was made"):
            read_provenance(path)


@every_format
def test_a_recording_without_pictures_leaves_no_file(tmp_path: Path, ending: str) -> None:
    assert record(tmp_path / f"a{ending}", 0).seconds == 0
    assert list(tmp_path.iterdir()) == []


@every_format
def test_one_picture_is_a_recording(tmp_path: Path, ending: str) -> None:
    record(tmp_path / f"a{ending}", 1)
    assert indices(decode(tmp_path / f"a{ending}")[0]) == pytest.approx([0], abs=3)


@every_format
def test_closing_twice_is_once_and_leaves_no_thread(tmp_path: Path, ending: str) -> None:
    threads = active_count()
    recorder = Recorder(tmp_path / f"a{ending}", SIZE, RATE, {})
    recorder.write(picture(0))
    assert active_count() == threads + 1
    recorder.close()
    recorder.close()
    assert active_count() == threads
    assert len(decode(tmp_path / f"a{ending}")[0]) == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("a.avi", ""), ("a", ""), ("a.mp4.mkv", ""), ("mp4", "did you mean '.mp4'"), ("a.WBM", "did you mean '.webm'")],
)
def test_other_endings_are_refused(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}'.*{hint}.*choose from: \.gif, \.mp4, \.webm, \.webp$"):
        Recorder(tmp_path / name, SIZE, RATE, {})
    assert list(tmp_path.iterdir()) == []


@every_video
@pytest.mark.parametrize(("size", "nearest"), [((95, 160), "(96, 160)"), ((96, 161), "(96, 162)")])
def test_odd_sizes_are_refused(tmp_path: Path, ending: str, size: tuple[int, int], nearest: str) -> None:
    with pytest.raises(ValueError, match="even") as refusal:
        Recorder(tmp_path / f"a{ending}", size, RATE, {})
    assert str(size) in str(refusal.value)
    assert nearest in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_odd_sizes_are_recorded(tmp_path: Path, ending: str) -> None:
    record(tmp_path / f"a{ending}", 4, (95, 161))
    assert decode(tmp_path / f"a{ending}")[0][0].shape == (95, 161, 3)


@pytest.mark.parametrize("rate", [0, -25, float("nan"), float("inf")])
def test_other_rates_are_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(ValueError, match=f"{rate} pictures a second; expected a number above 0"):
        Recorder(tmp_path / "a.mp4", SIZE, rate, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [np.zeros((96, 160), np.uint8), np.zeros((0, 9, 3), np.uint8), np.zeros((*SIZE, 3))])
def test_other_pictures_are_refused(tmp_path: Path, wrong: np.ndarray) -> None:
    with Recorder(tmp_path / "a.mp4", SIZE, RATE, {}) as recorder, pytest.raises(ValueError, match="expected uint8"):
        recorder.write(wrong)


class Stall:
    """A clock that is set by hand, and an encoder that can be held up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.go = 0.0, Event()
        fit = module.fit
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(module, "fit", lambda *arguments: self.go.wait(10) and fit(*arguments))

    def write(self, recorder: Recorder, indices: range) -> None:
        for index in indices:
            self.now = 5 + index / RATE
            recorder.write(picture(index))


def drained(recorder: Recorder) -> None:
    while not recorder._queue.empty():
        time.sleep(0.001)


@every_format
def test_live_drops_what_comes_too_fast_and_keeps_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    stall = Stall(monkeypatch)
    with Recorder(tmp_path / f"a{ending}", SIZE, RATE, {}, live=True) as recorder:
        stall.write(recorder, range(120))  # returns, though not one picture is encoded
        dropped = recorder.dropped
        stall.go.set()
        drained(recorder)
        stall.write(recorder, range(120, 123))
    assert dropped > 50
    assert recorder.dropped == dropped
    assert recorder.pictures == 123 - dropped
    frames, times = decode(tmp_path / f"a{ending}")
    assert len(frames) < 123 / EVERY[ending] - 15
    np.testing.assert_allclose(np.array(indices(frames)) / RATE, times[:-1], atol=0.06)  # three grey levels are 0.05 s
    assert times[-2] == pytest.approx(120 / RATE if EVERY[ending] == 3 else 122 / RATE, abs=0.002)
    assert recorder.seconds == pytest.approx(times[-1], abs=0.002)


def test_live_pictures_keep_to_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stall = Stall(monkeypatch)
    stall.go.set()
    moments = [0, 1.4, 1.6, 3.1, 3.2, 3.3, 3.4, 9]  # in pictures; what comes between is more than 60 a second
    with Recorder(tmp_path / "a.mp4", SIZE, RATE, {}, live=True) as recorder:
        for moment in moments:
            stall.now = moment / RATE
            recorder.write(picture(0))
    _, times = decode(tmp_path / "a.mp4")
    assert np.array(times) * RATE == pytest.approx([0, 1, 2, 3, 4, 9, 10], abs=0.02)
    assert recorder.dropped == 0


def test_not_live_waits_for_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stall = Stall(monkeypatch)
    with Recorder(tmp_path / "a.mp4", SIZE, RATE, {}) as recorder:
        writer = Thread(target=stall.write, args=[recorder, range(60)])
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        assert recorder.pictures < 60
        stall.go.set()
        writer.join(10)
    assert len(decode(tmp_path / "a.mp4")[0]) == 60


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(IsADirectoryError):
        Recorder(tmp_path / "a.mp4", SIZE, RATE, {})


@every_format
def test_a_full_device_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match=rf"No space left on device; nothing is kept: '.*a\{ending}'"):
        record(path, 2)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Recorder(tmp_path / "file" / "a.mp4", SIZE, RATE, {})


def run_python(code: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
    options = {"stdout": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], text=True, **options)


@every_format
def test_a_full_disk_is_told_once_and_what_plays_is_kept(tmp_path: Path, ending: str) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        import numpy as np
        from sim.view.recorder import Recorder
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        noise = np.random.default_rng(0).integers(0, 256, (60, 96, 160, 3), np.uint8)
        told = []
        with Recorder(Path(sys.argv[1]), (96, 160), 60, {"seed": 7}) as recorder:
            for index in range(1200):
                try:
                    recorder.write(noise[index % 60])
                except OSError as error:
                    told.append(error)
        print(len(told), told[0].filename, recorder.pictures < 1200, recorder.seconds, told[0].strerror)
    """
    path = tmp_path / f"a{ending}"
    output, _ = run_python(code, path).communicate(timeout=60)
    times, name, fewer, seconds, why = output.strip().split(maxsplit=4)
    assert (times, name, fewer) == ("1", str(path), "True")
    assert why == f"File too large; the first {float(seconds):.1f} s are kept"
    frames, moments = decode(path)
    assert moments[-1] == pytest.approx(float(seconds), abs=EVERY[ending] / RATE + 0.01)
    assert len(frames) == pytest.approx(float(seconds) * RATE / EVERY[ending], abs=1)
    assert read_provenance(path) == {"seed": 7}


@every_format
def test_memory_does_not_grow_with_the_pictures(tmp_path: Path, ending: str) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        import numpy as np
        from sim.view.recorder import Recorder
        peaks = []
        with Recorder(Path(sys.argv[1]), (96, 160), 60, {}) as recorder:
            for index in range(1500):
                recorder.write(np.full((96, 160, 3), index % 256, np.uint8))
                if index in (500, 1499):
                    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        print(peaks[1] - peaks[0])
    """
    output, _ = run_python(code, tmp_path / f"a{ending}").communicate(timeout=60)
    assert int(output) < 10_000  # kB; the pictures in between are 46,000


def test_importing_it_is_light() -> None:
    output, _ = run_python("import sys, sim.view.recorder; print(*sys.modules)").communicate(timeout=60)
    assert not {"torch", "pygame", "numba", "matplotlib"} & set(output.split())


def record_and_be_killed(path: Path, moment: float) -> float:
    """Kill -9 `moment` seconds after the first picture; how many seconds had been written."""
    code = """
        import sys
        from pathlib import Path
        import numpy as np
        from sim.view.recorder import Recorder
        with Recorder(Path(sys.argv[1]), (96, 160), 60, {"seed": 7}) as recorder:
            for index in range(100_000):
                recorder.write(np.full((96, 160, 3), 40 + index % 180, np.uint8))
                print(index + 1, flush=True)
    """
    log = path.with_suffix(".log")
    with log.open("w") as file, run_python(code, path, stdout=file) as process:
        while not log.stat().st_size:
            time.sleep(0.01)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
    return int(log.read_text().rsplit("\n", 2)[-2]) / RATE


def check_killed(path: Path, moment: float) -> float:
    """Record, be killed, and look at what is left; how many seconds were lost."""
    written = record_and_be_killed(path, moment)
    frames, times = decode(path)
    np.testing.assert_allclose(indices(frames), EVERY[path.suffix] * np.arange(len(frames)) % 180, atol=3)
    assert read_provenance(path) == {"seed": 7}
    return written - times[-1]


@every_format
def test_killed_half_way_it_still_plays(tmp_path: Path, ending: str) -> None:
    assert check_killed(tmp_path / f"a{ending}", 1.0) <= 1


@every_format
def test_after_every_single_write_it_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path, states = tmp_path / f"a{ending}", []
    write = GrowingFile.write

    def watched(self: GrowingFile, data: bytes) -> int:
        written = write(self, data)
        states.append((self.seconds, path.read_bytes()))
        return written

    monkeypatch.setattr(GrowingFile, "write", watched)
    record(path, 90)
    assert len(states) > 4
    for seconds, content in states:
        if seconds:  # as last marked: finishing, too, goes through states that play
            path.write_bytes(content)
            assert decode(path)[1][-1] >= seconds - 0.02


@pytest.mark.slow
@every_format
def test_killed_at_any_moment_it_still_plays(tmp_path: Path, ending: str) -> None:
    moments = random.Random(ending).choices(range(200, 1500), k=20)
    lost = [check_killed(tmp_path / f"{number}{ending}", moment / 1000) for number, moment in enumerate(moments)]
    print(f"{ending}: lost {min(lost):.2f} to {max(lost):.2f} s, median {np.median(lost):.2f} s")
    assert max(lost) <= 1


PAGE = """<!doctype html><body><video src="recording" muted></video><script>
const video = document.querySelector("video");
const tell = (what) => fetch("/tell", {method: "POST", body: JSON.stringify(what)});
const look = (image, width, height) => {
  const pen = new OffscreenCanvas(width, height).getContext("2d");
  pen.drawImage(image, 0, 0);
  return Array.from(pen.getImageData(20, 80, 1, 1).data).slice(0, 3);
};
const size = (thing) => [thing.videoHeight ?? thing.codedHeight, thing.videoWidth ?? thing.codedWidth];
const play = () => {
  video.onerror = () => tell({error: video.error.message});
  video.onended = () => {
    const [height, width] = size(video);
    tell({size: [height, width], seconds: video.currentTime, colour: look(video, width, height)});
  };
  return video.play();
};
const show = async (type) => {
  const file = await fetch("recording");
  const decoder = new ImageDecoder({type, data: await file.arrayBuffer()});
  await Promise.all([decoder.completed, decoder.tracks.ready]);
  let frames = decoder.tracks.selectedTrack.frameCount, microseconds = 0, image;
  for (let frameIndex = 0; frameIndex < frames; frameIndex++) {
    ({image} = await decoder.decode({frameIndex}));
    microseconds += image.duration;
  }
  const [height, width] = size(image);
  tell({frames, size: [height, width], seconds: microseconds / 1e6, colour: look(image, width, height)});
};
const type = "MIME";
(type.startsWith("video") ? play() : show(type)).catch((error) => tell({error: String(error)}));
</script>"""


class OneRecording(BaseHTTPRequestHandler):
    """Serves the page and the recording, and keeps what the page tells."""

    content: bytes
    mime: str
    told: "Queue[dict[str, Any]]"

    def do_GET(self) -> None:
        page = (PAGE.replace("MIME", self.mime).encode(), "text/html")
        content, kind = (self.content, self.mime) if self.path == "/recording" else page
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


def play_in_chromium(path: Path, profile: Path) -> dict[str, Any]:
    """What Chromium says after playing a video to its end, or decoding all frames of a picture."""
    content = {"content": path.read_bytes(), "mime": MIME[path.suffix], "told": Queue()}
    handler = type("Handler", (OneRecording,), content)
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
@pytest.mark.parametrize("killed", [False, True], ids=["finished", "killed"])
@every_format
def test_chromium_plays_it(tmp_path: Path, ending: str, killed: bool) -> None:
    path = tmp_path / f"a{ending}"
    if killed:
        record_and_be_killed(path, 0.2)
    else:
        record(path, 120)
    frames, times = decode(path)
    told = play_in_chromium(path, tmp_path / "profile")
    assert told.get("error") is None
    assert told["size"] == list(SIZE)
    assert told.get("frames", len(frames)) == len(frames)
    assert told["seconds"] == pytest.approx(times[-1], abs=0.05)
    if not killed:
        assert np.abs(np.subtract(told["colour"], (200, 30, 30))).max() <= 16
