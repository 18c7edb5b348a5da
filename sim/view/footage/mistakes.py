"""Opening video files, and saying what it is where that cannot be done."""

import errno
import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

SIGNATURES = {
    b"PK\x03\x04": "is a zip archive; expected a video: unpack it first",
    b"#ROSBAG": "is a ROS bag; expected a video, or a folder of images: export one from it first",
    b"\x89HDF": "is an HDF5 file; expected a video, or a folder of images: export one from it first",
    b"<!DOCTYPE": "is a web page, as a download that failed leaves it; expected a video",
    b"<html": "is a web page, as a download that failed leaves it; expected a video",
    b"%PDF": "is a PDF; expected a video",
}
"""By their first bytes, what people have instead of a video."""

NO_INDEX = (
    "is an MP4 without its index (moov): the camera was switched off while it wrote, or a download was cut short; "
    "expected a whole file, or one that a repair tool such as untrunc has mended"
)
ENCRYPTED = "is encrypted (DRM), and there is no key to it; expected a video that any player shows"

_SAMPLE_ENTRY = re.compile(rb"stsd.{12}(encv|encs|[ -~]{4})", re.DOTALL)
"""ISO 14496-12, 8.5.2: the name of the first sample's codec; the first two mean that it is encrypted."""

_BOXES_READ = 64
"""Boxes at a file's top level that are looked at; a file in fragments has thousands, all after `moov`."""


def check_file(path: Path) -> None:
    """OSError unless `path` is a file that may be read; where there is none, it names the one that may be meant."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise ValueError(f"{str(path)!r} is empty; expected a video")
    except FileNotFoundError:
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=1)
        hint = f" (did you mean {str(path.with_name(near[0]))!r}?)" if near else ""
        reason = f"{os.strerror(errno.ENOENT)}{hint}; expected a video file, a folder of images, or a camera's index"
        raise FileNotFoundError(errno.ENOENT, reason, str(path)) from None


def check_no_address(what: str) -> None:
    """ValueError for an address on the network."""
    if ADDRESS.match(what):
        raise ValueError(
            f"{what!r} is an address; expected a file, a folder of images, or a camera's index: download it first"
        )


def open_video(path: Path) -> InputContainer:
    """The opened file; ValueError, saying what it is, unless it has a video stream that can be decoded."""
    try:
        container = av.open(f"file:{path}")  # so that a colon in the name is not taken for a protocol
    except av.FFmpegError as error:
        otherwise = f"cannot be read as video: {error.strerror}; expected a file such as MP4"
        raise ValueError(f"{str(path)!r} {_what_it_is(path) or otherwise}") from None
    trouble = _trouble(path, container)
    if trouble:
        container.close()
        raise ValueError(f"{str(path)!r} {trouble}")
    return container


def video_of(container: InputContainer) -> VideoStream | None:
    """The first video stream that is no cover of a song."""
    streams = (stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic)
    return next(streams, None)


def _trouble(path: Path, container: InputContainer) -> str:
    """Why an opened file cannot be played; "" where it can."""
    stream = video_of(container)
    if stream is None or container.format.name == "tty":  # FFmpeg shows plain text as a video
        return _by_signature(path) or "has no video in it; expected a file with a video stream, such as MP4"
    codec = _mp4_codec(path)
    if codec in ("encv", "encs"):
        return ENCRYPTED
    if stream.codec_context is None:
        name = f"codec {codec!r}" if codec else "a codec"
        return f"is encoded with {name} that this FFmpeg cannot decode; expected another, such as H.264"
    return ""


def _what_it_is(path: Path) -> str:
    """Of a file that FFmpeg cannot open; "" where that cannot be told."""
    names = [name for name, _, _ in _boxes(path)]
    return NO_INDEX if names[:1] == ["ftyp"] and "moov" not in names else _by_signature(path)


def _by_signature(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512).lstrip()
    return next((said for start, said in SIGNATURES.items() if head.lower().startswith(start.lower())), "")


def _mp4_codec(path: Path) -> str:
    """The four letters of an MP4's codec; "" for other files."""
    index = next(((start, size) for name, start, size in _boxes(path) if name == "moov"), None)
    if index is None:
        return ""
    with path.open("rb") as file:
        file.seek(index[0])
        codecs = _SAMPLE_ENTRY.findall(file.read(index[1]))
    video = [codec.decode() for codec in codecs if codec in (b"encv", b"encs")] or [c.decode() for c in codecs]
    return video[0] if video else ""


def _boxes(path: Path) -> Iterator[tuple[str, int, int]]:
    """(name, where its content starts, size of that) of an MP4's boxes; none for files that don't begin with one."""
    with path.open("rb") as file:
        at, end = 0, file.seek(0, os.SEEK_END)
        for _ in range(_BOXES_READ):
            file.seek(at)
            head = file.read(16)
            size, name = int.from_bytes(head[:4], "big"), head[4:8]
            long = size == 1
            size = int.from_bytes(head[8:], "big") if long else size or end - at
            if len(head) < 8 or size < 8 or not name.isalnum() or (at == 0 and name not in (b"ftyp", b"moov")):
                return
            yield name.decode("latin-1"), at + (16 if long else 8), size - (16 if long else 8)
            at += size
