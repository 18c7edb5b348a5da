"""Footage as a source: small clips, written here, whose every picture and place is known."""

import math
import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from sim.camera import Camera
from sim.camera.lens import HORIZON
from sim.cells import CellGrid
from sim.policy import Attention, PolicySpec
from sim.view.footage.video import VideoSource, crop
from sim.view.ink import RED
from sim.view.source import Shot

SPEC = PolicySpec((72, 128), math.radians(80), "selection")
STRAIGHT = np.zeros((1, 2), np.float32)
LEVEL = 0.42
"""A horizon at which a 16:9 clip is not cropped."""


def grey(index: int, size: tuple[int, int] = (90, 160)) -> np.ndarray:
    return np.full((*size, 3), 20 + 8 * index, np.uint8)


def write(path: Path, pictures: Sequence[np.ndarray], times: Sequence[int] | None = None, rate: int = 25) -> Path:
    """A lossless clip (FFV1 in Matroska), or H.264 for .mp4; `times` in milliseconds where they are uneven."""
    mp4 = path.suffix == ".mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264" if mp4 else "ffv1", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p" if mp4 else "bgr0"
        if mp4:
            stream.options = {"bf": "0", "g": "5", "crf": "12", "preset": "veryfast"}
        for index, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = (times[index], Fraction(1, 1000)) if times else (index, Fraction(1, rate))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """26 pictures, each of its own grey."""
    return write(tmp_path_factory.mktemp("clips") / "clip.mkv", [grey(index) for index in range(26)])


def number(source: VideoSource) -> float:
    """Which picture is at hand, by its grey."""
    return (float(source.observe(source.instant())["frame"].mean()) - 20) / 8


def view(
    source: VideoSource, size: tuple[int, int], attention: Attention | None = None, steer: float = 0.0
) -> np.ndarray:
    """The camera's view, for arithmetic."""
    now = source.instant()
    shot = Shot(size, now, now, 1.0, attention, np.array([steer, 0.0], np.float32), source.status(now))
    return source.views["camera"](shot).astype(int)


def play(source: VideoSource) -> tuple[list[float], str]:
    """The numbers of all pictures, and how they ended."""
    numbers = [number(source)]
    while not (ending := source.apply(STRAIGHT)):
        numbers.append(number(source))
    return numbers, ending


def test_every_picture_is_one_step_in_order(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, horizon=LEVEL) as source:
        assert (source.rate, source.pictures_per_step) == (25, 1)
        numbers, ending = play(source)
    assert numbers == list(range(26))
    assert ending == "end of footage"


def test_at_the_end_it_stays(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, horizon=LEVEL) as source:
        assert source.status(source.instant()).completion == 0
        source.apply(STRAIGHT)
        assert source.status(source.instant()).completion == pytest.approx(1 / 25, abs=0.01)
        play(source)
        assert [source.apply(STRAIGHT) for _ in range(3)] == ["end of footage"] * 3
        assert number(source) == 25
        assert source.status(source.instant()).completion == 1


@pytest.mark.parametrize("steps", [0, 7, 40])
def test_a_file_can_begin_again_from_anywhere(clip: Path, steps: int) -> None:
    with VideoSource(str(clip), SPEC, horizon=LEVEL) as source:
        for _ in range(steps):
            source.apply(STRAIGHT)
        source.capabilities["again"]()
        assert play(source)[0] == list(range(26))


def test_guessing_the_horizon_uses_up_no_picture(clip: Path) -> None:
    with VideoSource(str(clip), SPEC) as source:
        assert play(source)[0] == list(range(26))


def test_what_is_observed_and_said(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, assumed_speed=9.5, horizon=0.58) as source:
        observation = source.observe(source.instant())
        assert observation["frame"].shape == (1, 72, 128, 3)
        assert observation["frame"].dtype == np.uint8
        np.testing.assert_array_equal(observation["speed"], np.full((1, 1), 9.5, np.float32))
        assert observation["speed"].dtype == np.float32
        status = source.status(source.instant())
    assert dict(status.labels) == {"footage": "clip.mkv", "horizon": "58 %", "speed": "assumed", "rate": "25/s"}
    assert (status.speed, status.pose, status.cause, source.road) == (9.5, None, None, None)


def test_the_guess_is_shown_as_one(tmp_path: Path, clip: Path) -> None:
    lanes = np.full((360, 640, 3), 70, np.uint8)
    for foot in (-120, 160, 500, 800):  # from a quarter of the way on; they meet at 60 % of the height
        cv2.line(lanes, (320 + (foot - 320) // 4, 216 + 36), (foot, 360), (240, 240, 240), 3, cv2.LINE_AA)
    with VideoSource(str(write(tmp_path / "lanes.mkv", [lanes] * 5)), SPEC) as source:
        assert source.status(source.instant()).labels["horizon"] == "60 % (guess)"
    with VideoSource(str(clip), SPEC) as source:
        assert source.status(source.instant()).labels["horizon"] == "50 % (no lines)"


def test_the_lens_is_the_policies_cameras(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, horizon=LEVEL) as source:
        assert source.lens == Camera(72, 128, SPEC.field_of_view).lens


@pytest.mark.parametrize(
    ("picture", "horizon", "expected"),
    [
        ((720, 1280), 0.42, (0, 720, 0, 1280)),  # as the policy's camera has it: nothing to cut off
        ((540, 960), 0.565, (135, 540, 120, 840)),  # the ground binds: 0.435 / 0.58 of 540 rows are 405
        ((800, 1280), 0.21, (0, 400, 284, 995)),  # the sky binds: 168 rows above, 232 below, 711 columns
        ((480, 640), 0.5, (89, 449, 0, 640)),  # the width binds: 640 columns by 360 rows
    ],
)
def test_crop_by_hand(picture: tuple[int, int], horizon: float, expected: tuple[int, int, int, int]) -> None:
    rows, columns = crop(*picture, horizon, 16 / 9)
    assert (rows.start, rows.stop, columns.start, columns.stop) == expected


@given(st.integers(1, 2000), st.integers(1, 2000), st.floats(0.01, 0.99), st.sampled_from([16 / 9, 1.0, 96 / 64]))
def test_crop_keeps_horizon_and_proportion(height: int, width: int, horizon: float, aspect: float) -> None:
    rows, columns = crop(height, width, horizon, aspect)
    assert 0 <= rows.start < rows.stop <= height
    assert 0 <= columns.start < columns.stop <= width
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    assert abs(rows.start + HORIZON * high - horizon * height) <= 1.1
    assert abs(wide - aspect * high) <= 1 + aspect / 2
    assert rows.start <= 1 or rows.stop >= height - 1 or wide >= width - 1  # it could not be larger
    assert abs(columns.start - (width - columns.stop)) <= 1


def block_clip(path: Path) -> Path:
    """A blue block on grey at rows 360-405, columns 480-525 of a 540 x 960 clip.

    With the horizon at 56.5 % the crop is rows 135-540, columns 120-840, in 9 x 16 cells of 45 pixels: the block is the
    one in row 5 and column 8.
    """
    picture = np.full((540, 960, 3), 100, np.uint8)
    picture[360:405, 480:525] = (20, 40, 220)
    return write(path, [picture, picture])


def test_a_block_of_the_clip_lies_in_its_cell(tmp_path: Path) -> None:
    with VideoSource(str(block_clip(tmp_path / "block.mkv")), SPEC, horizon=0.565) as source:
        frame = source.observe(source.instant())["frame"][0].astype(int)
    blue = frame[..., 2] - frame[..., 0] > 100
    cell = CellGrid.tiling(9, 16).pixels(5, 8, 72, 128)
    assert blue[cell].all()
    assert blue.sum() == 64


def selection(row: int, col: int) -> Attention:
    kept = np.zeros((1, 9, 16), bool)
    kept[0, row, col] = True
    return Attention(kept.astype(np.float32), CellGrid.tiling(9, 16), "selection", kept)


def test_the_red_lies_on_what_was_read(tmp_path: Path) -> None:
    with VideoSource(str(block_clip(tmp_path / "block.mkv")), SPEC, horizon=0.565) as source:
        bare = view(source, (360, 640))
        painted = view(source, (360, 640), selection(5, 8))
    changed = (bare != painted).any(axis=-1)
    assert changed[200:240, 320:360].all()
    assert changed.sum() == 1600
    assert (bare[202:238, 356:358, 2] > 180).all()  # the block, beside the ribbon
    away = [np.abs(shown[202:238, 356:358].astype(int) - RED).sum(-1) for shown in (painted, bare)]
    assert (away[0] < away[1]).all()


@pytest.mark.parametrize("size", [(72, 128), (360, 640), (675, 1200)])
def test_the_view_is_the_frames_crop_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    rows, columns = np.mgrid[0:270, 0:480]
    waves = np.stack([rows * 255 / 270, columns * 255 / 480, 127 + 120 * np.sin(rows / 30)], axis=-1)
    with VideoSource(str(write(tmp_path / "waves.mkv", [waves.astype(np.uint8)])), SPEC, horizon=0.6) as source:
        shown = view(source, size, steer=1.0)  # at full lock there is no ribbon in the way
        frame = source.observe(source.instant())["frame"][0].astype(int)
    assert shown.shape == (*size, 3)
    assert np.abs(cv2.resize(shown.astype(np.uint8), (128, 72), interpolation=cv2.INTER_AREA) - frame).max() <= 4


def test_the_steering_is_drawn(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, horizon=LEVEL) as source:
        left, right = (view(source, (180, 320), steer=steer) for steer in (0.2, -0.2))
    blue = left[..., 2] - left[..., 0] > 10
    assert np.argwhere(blue)[:, 1].mean() < 150
    assert np.abs(left - right[:, ::-1]).max() <= 20


def test_another_policy_gets_its_own_frames(clip: Path) -> None:
    with VideoSource(str(clip), SPEC, horizon=0.5) as source:
        source.fit(PolicySpec((64, 64), 1.0, None, ("frame",)))
        assert source.observe(source.instant())["frame"].shape == (1, 64, 64, 3)
        assert (source.lens.height, source.lens.width, source.lens.field_of_view) == (64, 64, 1.0)


@pytest.mark.parametrize("size", [(2, 2), (17, 31), (90, 40), (40, 90)])
def test_odd_and_tiny_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write(tmp_path / "odd.mkv", [grey(index, size) for index in range(3)])
    with VideoSource(str(path), SPEC, horizon=0.55) as source:
        assert view(source, (180, 320)).shape == (180, 320, 3)
        assert play(source)[0] == [0, 1, 2]


def test_uneven_times_change_nothing_but_the_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "uneven.mkv", [grey(index) for index in range(5)], [0, 40, 50, 300, 1000])
    with VideoSource(str(path), SPEC, horizon=LEVEL) as source:
        assert play(source)[0] == [0, 1, 2, 3, 4]
        assert 1 <= source.rate <= 240


def turned(path: Path, matrix: tuple[float, ...]) -> Path:
    """The MP4 file with this (a, b, c, d) as its track's display matrix (ISO 14496-12, `tkhd`)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[start + place : start + place + 4] = round(value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path


def test_a_phone_held_upright(tmp_path: Path) -> None:
    """A picture stored lying on its side, to be turned a quarter clockwise: what was stored left is then on top."""
    stored = np.full((160, 96, 3), 60, np.uint8)
    stored[:, :48] = 200
    path = turned(write(tmp_path / "phone.mp4", [stored] * 3), (0, 1, -1, 0))
    with VideoSource(str(path), PolicySpec((96, 160), 1.0, None), horizon=LEVEL) as source:
        frame = source.observe(source.instant())["frame"][0]
    assert (frame[4:44] > 180).all()
    assert (frame[52:92] < 80).all()


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    """Anamorphic 90 x 80 with pixels twice as wide as high is 90 x 160: nothing is cut off."""
    path = tmp_path / "wide.mkv"
    picture = np.full((90, 80, 3), 60, np.uint8)
    picture[:, :10], picture[:, -10:] = 200, 250
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 90, 80, "bgr0"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    with VideoSource(str(path), SPEC, horizon=LEVEL) as source:
        frame = source.observe(source.instant())["frame"][0]
    assert (frame[:, :14] > 180).all()
    assert (frame[:, -14:] > 230).all()


def test_a_broken_off_file_plays_to_the_break(tmp_path: Path) -> None:
    path = write(tmp_path / "whole.mkv", [grey(index) for index in range(26)])
    short = tmp_path / "short.mkv"
    short.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoSource(str(short), SPEC, horizon=LEVEL) as source:
        numbers, ending = play(source)
    assert numbers == list(range(len(numbers)))
    assert 5 < len(numbers) < 21
    assert ending == "footage breaks off"


def test_a_damaged_file_plays_past_the_damage(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (26, 90, 160, 3), np.uint8)
    path = write(tmp_path / "damaged.mp4", list(noise))
    data = bytearray(path.read_bytes())
    middle = (data.index(b"mdat") + data.index(b"moov")) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(data)
    with VideoSource(str(path), SPEC, horizon=LEVEL) as source:
        begin = source.instant()
        shown = len(play(source)[0])
        assert (source.count, source.losses.lost) == (26, 26 - shown)
        assert source.status(source.instant()).labels["damage"] == source.losses.words != ""
        assert "damage" not in source.status(begin).labels
        total = source.losses
        source.rewind()
        assert source.losses == total  # however often it is played
        assert "damage" not in source.status(source.instant()).labels
    assert 13 < shown < 26


def sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "absent.mkv",
            None,
            r"No such file.*expected a video file, a folder of images, or a camera's index.*absent\.mkv",
        ),
        ("clib.mkv", None, r"did you mean .*clip\.mkv"),
        ("folder", "folder", r"folder' is a folder without images.*expected images, or a video file"),
        ("empty.mp4", b"", r"empty\.mp4' is empty; expected a video"),
        ("words.txt", b"once upon a time\n" * 99, r"words\.txt' has no video in it; expected"),
        ("words.mp4", b"once upon a time\n" * 99, r"words\.mp4' cannot be read as video.*expected"),
        ("sound.wav", "sound", r"sound\.wav' has no video in it; expected"),
    ],
)
def test_what_is_no_footage_is_told_in_one_line(tmp_path: Path, name: str, content: object, said: str) -> None:
    (tmp_path / "clip.mkv").write_bytes(b"-")
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content == "sound":
        sound(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises((ValueError, OSError), match=said) as told:
        VideoSource(str(path), SPEC)
    assert "\n" not in str(told.value)


def test_a_file_without_a_whole_picture(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "head.mkv"
    path.write_bytes(clip.read_bytes()[:700])
    with pytest.raises((ValueError, OSError), match=r"head\.mkv"):
        VideoSource(str(path), SPEC)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"assumed_speed": 0.0}, "assumed speed 0 m/s: expected above 0 and at most 70"),
        ({"assumed_speed": -3.0}, "assumed speed -3 m/s"),
        ({"assumed_speed": 71.0}, "assumed speed 71 m/s"),
        ({"assumed_speed": math.inf}, "assumed speed inf m/s"),
        ({"assumed_speed": math.nan}, "assumed speed nan m/s"),
        ({"horizon": 0.0}, "horizon 0: expected a share"),
        ({"horizon": 1.0}, "horizon 1: expected a share"),
        ({"horizon": 58.0}, r"horizon 58: .*\(58 % is 0.58\)"),
        ({"horizon": math.nan}, "horizon nan"),
    ],
)
def test_assumptions_that_cannot_be(clip: Path, options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        VideoSource(str(clip), SPEC, **options)


@pytest.mark.parametrize("index", ["97", "-1", "100", "9" * 30])
def test_a_camera_that_is_not_there_is_told_once(index: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((ValueError, OSError), match=f"camera {index}.*expected.*first"):
        VideoSource(index, SPEC)
    assert capfd.readouterr() == ("", "")


class FakeCapture:
    """Stands for cv2.VideoCapture: seven pictures of 96 x 160, red in OpenCV's order of colours, then unplugged."""

    rate = 0.0

    def __init__(self, index: int) -> None:
        self.left, self.open = 7, True

    def isOpened(self) -> bool:
        return self.open

    def get(self, what: int) -> float:
        return self.rate if what == cv2.CAP_PROP_FPS else 0.0

    def set(self, what: int, value: float) -> bool:
        return False

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return (True, np.full((90, 160, 3), (10, 20, 200), np.uint8)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.open = False


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 30), (-1.0, 30), (15.0, 15), (29.97, Fraction(2997, 100))])
def test_a_camera(monkeypatch: pytest.MonkeyPatch, rate: float, expected: Fraction) -> None:
    monkeypatch.setattr(FakeCapture, "rate", rate)
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    with VideoSource("0", SPEC, horizon=LEVEL) as source:
        assert source.rate == expected
        assert dict(source.capabilities) == {}
        assert source.status(source.instant()).labels["footage"] == "camera 0"
        assert source.status(source.instant()).completion is None
        np.testing.assert_array_equal(source.observe(source.instant())["frame"][0, 0, 0], (200, 20, 10))
        assert [source.apply(STRAIGHT) for _ in range(7)] == [None] * 6 + ["camera is gone"]


def open_files() -> set[str]:
    folder = Path("/proc/self/fd")
    return {str(entry.readlink()) for entry in folder.iterdir() if entry.exists()} if folder.is_dir() else set()


def test_nothing_is_left_open(clip: Path) -> None:
    threads = threading.active_count()
    with VideoSource(str(clip), SPEC) as source:
        source.apply(STRAIGHT)
        source.rewind()
    source.close()
    assert not any("clip.mkv" in name for name in open_files())
    assert threading.active_count() == threads
    with pytest.raises(ValueError, match="horizon"):
        VideoSource(str(clip), SPEC, horizon=2.0)
    assert threading.active_count() == threads
