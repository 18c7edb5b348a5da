"""What can be recorded: a row of data for each ending."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.errors import unknown
from sim.view.recording import video, webp
from sim.view.recording.file import GrowingFile
from sim.view.recording.gif import GifEncoder
from sim.view.recording.video import Codec, Container, Yuv420pEncoder
from sim.view.recording.webp import WebpEncoder


class Encoder(Protocol):
    """Appends pictures to a file and marks it each time it is whole."""

    def encode(self, picture: NDArray[np.uint8], slot: int) -> None:
        """Append one picture, shown from `slot` / rate on; slots grow."""
        ...

    def finish(self) -> None:
        """Write the end of the file. There was at least one picture."""
        ...


Opener = Callable[[GrowingFile, tuple[int, int], Fraction, str], Encoder]
"""(file, (height, width), pictures a second, comment) -> encoder."""


@dataclass(frozen=True)
class Format:
    """One ending.

    open: for a recording that may take its time. open_live: for one beside a window, on one core. read_comment: the
    comment of a file. fastest: pictures a second at most. widest: in pixels. even: whether sizes have to be.
    """

    open: Opener
    open_live: Opener
    read_comment: Callable[[Path], str | None]
    fastest: float = math.inf
    widest: float = math.inf
    even: bool = False

    def stride(self, rate: Fraction) -> int:
        """Of so many pictures one is recorded, so that there are no more than `fastest` a second."""
        return max(1, math.ceil(rate / self.fastest))

    def scaled(self, size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) as recorded."""
        width = round(min(size[1], self.widest))
        return max(1, round(size[0] * width / size[1])), width


_MP4 = Container("mp4", {"movflags": "hybrid_fragmented+frag_keyframe+default_base_moof"})
"""Fragments while it grows, an ordinary file once it is finished."""

_WEBM = Container("webm", {"cluster_time_limit": str(round(1000 * video.WHOLE_SECONDS))})

_H264_OPTIONS = {"rc-lookahead": "0", "bf": "0"}
_H264 = Codec("libx264", {"preset": "veryfast", "crf": "23", **_H264_OPTIONS}, threads=2)
_H264_LIVE = Codec("libx264", {"preset": "ultrafast", "crf": "25", **_H264_OPTIONS})
"""`crf` such that both look alike; each thread more holds back a picture more."""

_VP8 = Codec(
    "libvpx",
    {"deadline": "realtime", "cpu-used": "8", "crf": "10"},
    bits_per_pixel=0.1,
    key_seconds=2,
    matrix=video.BT601,
)
"""VP9 at its fastest takes half as long again and leaves no room beside a window."""

FORMATS: Mapping[str, Format] = {
    ".mp4": Format(
        partial(Yuv420pEncoder, container=_MP4, codec=_H264),
        partial(Yuv420pEncoder, container=_MP4, codec=_H264_LIVE),
        video.read_comment,
        even=True,
    ),
    ".webm": Format(
        partial(Yuv420pEncoder, container=_WEBM, codec=_VP8),
        partial(Yuv420pEncoder, container=_WEBM, codec=_VP8),
        video.read_comment,
        even=True,
    ),
    ".gif": Format(GifEncoder, GifEncoder, video.read_comment, fastest=20, widest=640),
    ".webp": Format(WebpEncoder, WebpEncoder, webp.read_comment, fastest=20, widest=640),
}


def format_of(path: Path) -> Format:
    """The format that a file's ending asks for, in small or capital letters; ValueError if none does."""
    ending = path.suffix.lower() or path.name
    if path.name.lower() in FORMATS:  # hidden, and of no format to anybody else
        raise ValueError(f"cannot record to {str(path)!r}: expected a name before the ending, such as drive{ending}")
    if ending not in FORMATS:
        raise ValueError(f"cannot record to {str(path)!r}: {unknown('ending', ending, FORMATS)}")
    return FORMATS[ending]
