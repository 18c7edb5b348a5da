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


@dataclass(frozen=True)
class Quality:
    """How much of a picture is kept, and how large that may be.

    crf: of H.264, live_crf: beside a window, where the encoder has less time; the lower the better. vp8_crf, and
    vp8_bits, a ceiling in bits a pixel: of VP8. webp: from 0 to 100. widest: in pixels. fastest: pictures a second.
    """

    crf: int
    live_crf: int
    vp8_crf: int
    vp8_bits: float
    webp: int
    widest: float = math.inf
    fastest: float = math.inf


QUALITIES: Mapping[str, Quality] = {
    "small": Quality(crf=28, live_crf=28, vp8_crf=30, vp8_bits=0.08, webp=50, widest=960, fastest=30),
    "normal": Quality(crf=29, live_crf=27, vp8_crf=10, vp8_bits=0.1, webp=70),
    "high": Quality(crf=20, live_crf=22, vp8_crf=6, vp8_bits=0.25, webp=90),
}
NORMAL = "normal"


class Encoder(Protocol):
    """Appends pictures to a file and marks it each time it is whole."""

    def encode(self, picture: NDArray[np.uint8], slot: int) -> None:
        """Append one picture, shown from `slot` / rate on; slots grow."""
        ...

    def finish(self) -> None:
        """Write the end of the file. There was at least one picture."""
        ...


Opener = Callable[[GrowingFile, tuple[int, int], Fraction, str, Quality], Encoder]
"""(file, (height, width), pictures a second, comment, quality) -> encoder."""


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

    def stride(self, rate: Fraction, quality: Quality) -> int:
        """Of so many pictures one is recorded, so that there are no more than `fastest` a second."""
        return max(1, math.ceil(rate / min(self.fastest, quality.fastest)))

    def scaled(self, size: tuple[int, int], quality: Quality) -> tuple[int, int]:
        """(height, width) as recorded."""
        width = round(min(size[1], self.widest, quality.widest))
        height = max(1, round(size[0] * width / size[1]))
        return (height + height % 2, width) if self.even else (height, width)


_FRAGMENT = str(round(1e6 * video.WHOLE_SECONDS))
_MP4 = Container(
    "mp4", {"movflags": "hybrid_fragmented+default_base_moof+negative_cts_offsets", "frag_duration": _FRAGMENT}
)
"""Fragments while it grows, an ordinary file once it is finished."""

_WEBM = Container("webm", {"cluster_time_limit": str(round(1000 * video.WHOLE_SECONDS))})

_H264_OPTIONS = {"preset": "veryfast", "rc-lookahead": "10", "bf": "3"}
_H264_LIVE_OPTIONS = {"preset": "ultrafast", "rc-lookahead": "0", "bf": "0"}
"""Beside a window nothing is held back: each picture that is would be lost with a kill."""


def _h264(
    file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str, quality: Quality, *, live: bool
) -> Encoder:
    """A key picture each two seconds; a second thread where there is time: it holds back a picture more."""
    options, crf = (_H264_LIVE_OPTIONS, quality.live_crf) if live else (_H264_OPTIONS, quality.crf)
    codec = Codec("libx264", {**options, "crf": str(crf)}, threads=1 if live else 2, key_seconds=2)
    return Yuv420pEncoder(file, size, rate, comment, container=_MP4, codec=codec)


def _vp8(file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str, quality: Quality) -> Encoder:
    """VP9 at its fastest takes half as long again and leaves no room beside a window."""
    options = {"deadline": "realtime", "cpu-used": "8", "crf": str(quality.vp8_crf)}
    codec = Codec("libvpx", options, bits_per_pixel=quality.vp8_bits, key_seconds=2, matrix=video.BT601)
    return Yuv420pEncoder(file, size, rate, comment, container=_WEBM, codec=codec)


def _gif(file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str, quality: Quality) -> Encoder:
    return GifEncoder(file, size, rate, comment)


def _webp(file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str, quality: Quality) -> Encoder:
    return WebpEncoder(file, size, rate, comment, quality.webp)


FORMATS: Mapping[str, Format] = {
    ".mp4": Format(partial(_h264, live=False), partial(_h264, live=True), video.read_comment, even=True),
    ".webm": Format(_vp8, _vp8, video.read_comment, even=True),
    ".gif": Format(_gif, _gif, video.read_comment, fastest=20, widest=640),
    ".webp": Format(_webp, _webp, webp.read_comment, fastest=20, widest=640),
}


def quality_of(name: str) -> Quality:
    """The quality of this name; ValueError for others."""
    if name not in QUALITIES:
        raise unknown("quality", name, QUALITIES)
    return QUALITIES[name]


def format_of(path: Path) -> Format:
    """The format that a file's ending asks for, in small or capital letters; ValueError if none does."""
    ending = path.suffix.lower() or path.name
    if path.name.lower() in FORMATS:  # hidden, and of no format to anybody else
        raise ValueError(f"cannot record to {str(path)!r}: expected a name before the ending, such as drive{ending}")
    if ending not in FORMATS:
        raise ValueError(f"cannot record to {str(path)!r}: {unknown('ending', ending, FORMATS)}")
    return FORMATS[ending]
