"""Pictures through FFmpeg's encoders and containers; H.264 and VP8 as browsers play them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sim.view.recording.file import GrowingFile

BT709 = 1
"""ITU-T H.273's code for BT.709, as primaries, transfer and matrix."""

WHOLE_SECONDS = 0.5
"""How often a container's fragment or cluster is written out: a kill loses this much and what waits to be encoded."""


@dataclass(frozen=True)
class Codec:
    """An FFmpeg encoder with its options.

    bits_per_pixel: ceiling of the bit rate, for encoders that need one. key_seconds: between two key frames.
    """

    name: str
    options: Mapping[str, str]
    threads: int = 1
    bits_per_pixel: float = 0.0
    key_seconds: float = WHOLE_SECONDS


@dataclass(frozen=True)
class Container:
    """An FFmpeg muxer with its options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


class StreamWriter:
    """One stream of frames in a container; `file` is marked whole after every packet."""

    def __init__(
        self, sink: Any, file: GrowingFile, container: Container, codec: Codec, comment: str, **properties: Any
    ) -> None:
        """`sink` is `file`, or what stands before it. `properties`: of PyAV's stream (rate, width, pix_fmt ...)."""
        self._file = file
        self._container = av.open(sink, "w", format=container.name, options={**container.options, "flush_packets": "1"})
        self._container.metadata["comment"] = comment
        stream = self._container.add_stream(codec.name, options=dict(codec.options), **properties)
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._stream.codec_context.thread_count = codec.threads

    def write(self, frame: VideoFrame | None) -> None:
        """Encode one frame (None: those that the encoder still holds) and write the packets that come of it."""
        for packet in self._stream.encode(frame):
            assert packet.pts is not None
            assert packet.time_base is not None
            begin = float(packet.pts * packet.time_base)
            self._container.mux(packet)
            self._file.mark(begin)  # a container that grows does so when the next fragment, or frame, begins

    def start(self) -> None:
        """Write the container's header."""
        self._container.start_encoding()
        self._file.mark(0.0)

    def finish(self, seconds: float) -> None:
        """Write what is still held and the container's end."""
        self.write(None)
        self._container.close()
        self._file.mark(seconds)


def read_comment(path: Path) -> str | None:
    """The comment in a file's metadata, if it has one."""
    with av.open(str(path)) as container:
        return next((text for name, text in container.metadata.items() if name.lower() == "comment"), None)


class Yuv420pEncoder:
    """H.264 or VP8 with 4:2:0 chroma in BT.709."""

    def __init__(
        self,
        file: GrowingFile,
        size: tuple[int, int],
        rate: Fraction,
        comment: str,
        *,
        container: Container,
        codec: Codec,
    ) -> None:
        self._rate = rate
        self._reformatter = VideoReformatter()  # one for all frames: it keeps its tables
        self._stream = StreamWriter(
            file,
            file,
            container,
            codec,
            comment,
            rate=rate,
            height=size[0],
            width=size[1],
            pix_fmt="yuv420p",
            gop_size=max(1, round(codec.key_seconds * rate)),
            bit_rate=round(codec.bits_per_pixel * size[0] * size[1] * rate),
            color_primaries=BT709,
            color_trc=BT709,
            colorspace=BT709,
            color_range=ColorRange.MPEG,
        )
        self._stream.start()

    def encode(self, picture: NDArray[np.uint8], slot: int) -> None:
        """Append a picture, shown from `slot` / rate on."""
        frame = self._reformatter.reformat(
            VideoFrame.from_ndarray(picture, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts, frame.time_base, frame.duration = slot, 1 / self._rate, 1
        self._end = (slot + 1) / self._rate
        self._stream.write(frame)

    def finish(self) -> None:
        """Write the end of the file."""
        self._stream.finish(float(self._end))
