"""Footage as people have it: damaged, turned, slow, without a clock, in fields, in folders, or no footage at all."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from sim.view.footage.decoding import errors_logged
from sim.view.footage.opening import open_footage
from sim.view.footage.reader import Losses
from sim.view.footage.upright import turned
from sim.view.footage.video import repeats
from tests.view.clips import KINDS, cut, flipped, make, scene

COUNT = 24


def read_all(what: Path, rate: float | None = None) -> tuple[list[np.ndarray], Losses, str]:
    """All pictures, what was lost, and how it ended."""
    footage = open_footage(str(what), rate)
    pictures = []
    while (picture := footage.read()) is not None:
        pictures.append(picture)
    footage.close()
    return pictures, footage.losses, footage.ending


def reported(path: Path) -> bool | None:
    """Whether decoder or container tell of damage, asked beside our reader; None where the file cannot be opened."""
    try:
        container = av.open(str(path))
    except av.FFmpegError:
        return None
    with container:
        stream = next(iter(container.streams.video), None)
        if stream is None or stream.codec_context is None:
            return None
        stream.codec_context.thread_count = 1
        before, marked, shown = errors_logged(), 0, 0
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    return True
                shown += len(frames)
                marked += packet.is_corrupt + sum(frame.is_corrupt for frame in frames)
        except av.FFmpegError:
            return True
        return bool(marked or errors_logged() > before or stream.frames > shown)


def check_damage(folder: Path, kind: str, tries: int, damage: Callable[[bytes, np.random.Generator], bytes]) -> int:
    """Damage a clip so many times; how often it was said. Nothing that is reported may go unsaid."""
    whole = make(folder / f"whole-{kind}", kind, scene(COUNT))
    assert read_all(whole)[1:] == (Losses(), "end of footage")
    chance, said = np.random.default_rng(17), 0
    for number in range(tries):
        path = folder / f"damaged-{kind}"
        path.write_bytes(damage(whole.read_bytes(), chance))
        wrong = reported(path)
        try:
            _, losses, ending = read_all(path)
        except (ValueError, OSError) as refusal:
            said += "\n" not in str(refusal)
            continue
        tells = any(losses) or ending != "end of footage"
        assert tells or not wrong, f"{kind}, try {number}"
        said += tells
    return said


@pytest.mark.slow
@pytest.mark.parametrize("damage", [flipped, cut])
@pytest.mark.parametrize("kind", KINDS)
def test_damage_of_any_kind_is_survived_and_said(
    tmp_path: Path, kind: str, damage: Callable[[bytes, np.random.Generator], bytes]
) -> None:
    check_damage(tmp_path, kind, 10, damage)


@pytest.mark.parametrize("kind", ["h264.mkv", "mpeg2.mpg", "mjpeg.avi", "vp8.webm"])
def test_damage_is_survived_and_said(tmp_path: Path, kind: str) -> None:
    assert check_damage(tmp_path, kind, 3, flipped) + check_damage(tmp_path, kind, 3, cut) >= 2


def test_one_flipped_bit_costs_no_more_than_it_must(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", "h264.mkv", scene(COUNT))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)
    pictures, losses, ending = read_all(path)
    assert len(pictures) == COUNT
    assert losses.lost == 0 < losses.damaged <= 2
    assert ending == "end of footage"


def test_packets_lost_from_a_stream_are_counted_in_pictures(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", "h264.ts", scene(50))
    data = path.read_bytes()
    third = len(data) // 188 // 3 * 188
    path.write_bytes(data[:third] + data[2 * third :])
    pictures, losses, _ = read_all(path)
    assert losses.lost == 50 - len(pictures)
    assert losses.damaged > 0


def test_a_stream_cut_at_the_front_tells_how_many_pictures_wait_for_a_whole_one(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", "h264.ts", scene(50))
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 188 // 3 * 188 :])
    pictures, losses, ending = read_all(path)
    assert 20 < len(pictures) < 40
    assert losses.lost > 0
    assert ending == "end of footage"


def test_losses_in_words() -> None:
    assert [Losses(*counts).words for counts in ((0, 0), (2, 0), (0, 1), (2, 1))] == [
        "",
        "2 lost",
        "1 damaged",
        "2 lost, 1 damaged",
    ]


CORNER = np.arange(6).reshape(2, 3)


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), CORNER),
        ((-1, 0, 0, -1), CORNER[::-1, ::-1]),
        ((0, 1, -1, 0), np.rot90(CORNER, -1)),  # a quarter clockwise
        ((0, -1, 1, 0), np.rot90(CORNER)),
        ((-1, 0, 0, 1), CORNER[:, ::-1]),  # a front camera's mirror
        ((1, 0, 0, -1), CORNER[::-1]),
        ((0, 1, 1, 0), CORNER.T),
        ((0, -1, -1, 0), CORNER[::-1, ::-1].T),
    ],
)
def test_eight_orientations(tmp_path: Path, matrix: tuple[int, int, int, int], shown: np.ndarray) -> None:
    """By hand, and through a file: (x, y) goes to (a x + c y, b x + d y)."""
    np.testing.assert_array_equal(turned(CORNER, matrix), shown)
    stored = np.kron(CORNER[..., None] * 40 + 20, np.ones((32, 32, 3))).astype(np.uint8)
    path = make(tmp_path / "a.mp4", "h264.mp4", [stored] * 2)
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 44
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[start + place : start + place + 4] = (value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    picture = read_all(path)[0][0][16::32, 16::32, 1].astype(int)
    assert np.abs(picture - (shown * 40 + 20)).max() < 12


@pytest.mark.parametrize("rate", [Fraction(1, 30), Fraction(1, 2), Fraction(1), Fraction(30000, 1001), Fraction(120)])
def test_a_clip_has_the_rate_that_it_says(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = 90, 160, "yuv420p"
        for picture in scene(4):
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    footage = open_footage(str(path))
    footage.close()
    assert (footage.rate.value, footage.rate.origin, footage.count) == (rate, "", 4)


def test_a_stream_without_a_clock_is_guessed_and_can_be_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a.hevc", "raw.hevc", scene(4), rate=20)
    for told, words in ((None, "20/s (guessed)"), (12.5, "12.5/s (as told)")):
        footage = open_footage(str(path), told)
        footage.close()
        assert footage.rate.words == words
    for told in (0.0, -1.0, 241.0, float("nan")):
        with pytest.raises(ValueError, match=rf"rate {told:g}: expected .* above 0 and at most 240"):
            open_footage(str(path), told)


@pytest.mark.parametrize(
    ("rate", "times"),
    [(30, 1), (12, 1), (10, 3), (5, 3), (4, 3), (1, 12), (Fraction(1, 2), 24), (Fraction(1, 60), 720)],
)
def test_a_window_shows_slow_pictures_often_enough_to_answer(rate: Fraction, times: int) -> None:
    assert repeats(Fraction(rate)) == times


def test_fields_are_made_whole(tmp_path: Path) -> None:
    """Two fields, a twentieth of a second apart: a bright bar stands 24 pixels further in every second row."""
    path = tmp_path / "fields.mpg"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme", "top": "1"})
        stream.height, stream.width, stream.pix_fmt, stream.bit_rate = 96, 160, "yuv420p", 4_000_000
        for index in range(6):
            picture = np.full((96, 160, 3), 30, np.uint8)
            picture[0::2, 10 * index + 20 : 10 * index + 44] = 220
            picture[1::2, 10 * index + 44 : 10 * index + 68] = 220
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        woven = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    whole = read_all(path)[0]
    assert len(whole) == len(woven) == 6
    comb = [np.abs(np.diff(picture[20:76, :, 1].astype(int), axis=0)).mean() for picture in (woven[3], whole[3])]
    assert comb[1] < comb[0] / 2


def folder_of(folder: Path, names: list[str], size: tuple[int, int] = (12, 16)) -> Path:
    """Images of so many greys."""
    folder.mkdir(parents=True)
    for index, name in enumerate(names):
        Image.fromarray(np.full((*size, 3), 20 * index, np.uint8)).save(folder / name)
    return folder


def greys(pictures: list[np.ndarray]) -> list[int]:
    return [round(picture.mean() / 20) for picture in pictures]


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "bmp"])
def test_a_folder_of_images_is_footage_in_the_order_in_which_people_count(tmp_path: Path, ending: str) -> None:
    folder = folder_of(tmp_path / "tub", [f"{index}_cam.{ending}" for index in (0, 1, 2, 9, 10, 11)])
    (folder / "notes.txt").write_text("no image")
    pictures, losses, ending_ = read_all(folder)
    assert greys(pictures) == [0, 1, 2, 3, 4, 5]
    assert (losses, ending_) == (Losses(), "end of footage")
    footage = open_footage(str(folder))
    assert (footage.name, footage.count, footage.rate.words) == ("tub", 6, "20/s (guessed)")
    footage.read()
    footage.rewind()
    assert greys([footage.read()]) == [0]
    footage.close()


def test_kitti_and_donkey_folders_tell_their_rate(tmp_path: Path) -> None:
    folder_of(tmp_path / "drive/image_02/data", [f"{index:010d}.png" for index in range(3)])
    lines = [f"2011-09-26 13:02:25.{index}64360375" for index in (1, 2, 3)]
    (tmp_path / "drive/image_02/timestamps.txt").write_text("\n".join(lines) + "\n")
    folder_of(tmp_path / "tub/images", [f"{index}_cam_image_array_.jpg" for index in range(3)])
    records = [json.dumps({"_timestamp_ms": 1000 + 50 * index}) for index in range(3)]
    (tmp_path / "tub/catalog_0.catalog").write_text("\n".join(records) + "\n")
    for name, rate in (("drive", 10), ("tub", 20)):
        footage = open_footage(str(tmp_path / name))
        footage.close()
        assert (footage.rate.value, footage.rate.origin, footage.count) == (rate, "", 3)


def test_a_choice_of_folders_is_named(tmp_path: Path) -> None:
    for name in ("image_02", "image_03"):
        folder_of(tmp_path / f"drive/{name}/data", ["0.png"])
    with pytest.raises(ValueError, match=r"images in 2 folders; expected one of them: .*image_02.*image_03"):
        open_footage(str(tmp_path / "drive"))


def test_an_image_that_is_damaged_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", [f"{index}.png" for index in range(4)])
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:40])
    (folder / "3.png").write_bytes(b"nothing")
    pictures, losses, _ = read_all(folder)
    assert (greys(pictures), losses) == ([0, 2], Losses(lost=2))


def test_sixteen_bits_of_grey(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(np.full((8, 8), 200 * 256, np.uint16)).save(tmp_path / "a/0.png")
    assert (read_all(tmp_path / "a")[0][0] == 200).all()


def test_an_animated_webp_plays(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((12, 16, 3), 20 * index, np.uint8)) for index in range(5)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    footage = open_footage(str(path))
    footage.close()
    assert (footage.count, footage.rate.words) == (5, "10/s")
    assert greys(read_all(path)[0]) == [0, 1, 2, 3, 4]
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"a\.webp' cannot be read as WebP"):
        open_footage(str(path))


def renamed(path: Path, old: bytes, new: bytes) -> Path:
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def test_what_it_is_that_cannot_be_played(tmp_path: Path) -> None:
    names = ("unindexed", "unknown", "locked")
    unindexed, unknown, locked = (make(tmp_path / f"{name}.mp4", "h264.mp4", scene(2)) for name in names)
    unindexed.write_bytes(unindexed.read_bytes()[: unindexed.read_bytes().index(b"moov") - 4])
    renamed(unknown, b"avc1\0\0\0\0\0\0\0\1", b"zzzz\0\0\0\0\0\0\0\1")
    renamed(locked, b"avc1\0\0\0\0\0\0\0\1", b"encv\0\0\0\0\0\0\0\1")
    for path, said in (
        (unindexed, r"unindexed.mp4' is an MP4 without its index \(moov\).*expected"),
        (unknown, r"unknown.mp4' is encoded with codec 'zzzz' that this FFmpeg cannot decode; expected"),
        (locked, r"locked.mp4' is encrypted \(DRM\).*expected"),
    ):
        with pytest.raises(ValueError, match=said):
            open_footage(str(path))


@pytest.mark.parametrize(
    ("head", "said"), [(b"PK\x03\x04", "zip"), (b"#ROSBAG V2.0", "ROS bag"), (b"<!doctype html>", "web page")]
)
def test_what_people_have_instead_of_a_video(tmp_path: Path, head: bytes, said: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(head + b"\0" * 500)
    with pytest.raises(ValueError, match=rf"a\.mp4' is an? {said}.*expected"):
        open_footage(str(path))


@pytest.mark.parametrize("address", ["https://host/clip.mp4", "rtsp://10.0.0.1/live", "file:///clip.mp4"])
def test_an_address_is_called_one(address: str) -> None:
    with pytest.raises(ValueError, match=rf"'{address}' is an address; expected a file.*download it first"):
        open_footage(address)


def test_the_cover_of_a_song_is_no_footage(tmp_path: Path) -> None:
    path = tmp_path / "song.mka"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(sound.encode(frame))
    with pytest.raises(ValueError, match=r"song\.mka' has no video in it"):
        open_footage(str(path))
