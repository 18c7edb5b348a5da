"""Animated GIF: a palette of its own for each picture, and a comment at the front."""

from fractions import Fraction

import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sim.view.recording.file import GrowingFile
from sim.view.recording.video import Codec, Container, StreamWriter

TICK = Fraction(1, 100)
"""GIF counts time in hundredths of a second."""

_PALETTE = "stats_mode=single:max_colors=96"
_DITHER = "new=1:dither=bayer:bayer_scale=4"
"""96 colours and a pattern that stands still: two thirds of the size of 256 colours, and the sky shows no steps."""

VIVID = 110
"""How far apart a pixel's strongest and weakest colour are where it belongs to a lamp, the red or the ribbon."""

_CODEC = Codec("gif", {"gifflags": "0"})
"""Whole pictures. FFmpeg's savings compare indices, and take a picture in the first one's palette for the last one."""

_HEAD_SIZE = 13
_COMMENT, _BLOCK_SIZE = b"\x21\xfe", 255
"""GIF89a, sections 17, 18 and 24: header with screen descriptor, comment extension, and its longest sub-block."""


class CommentedGif:
    """What FFmpeg's muxer, which has no word for comments, writes to: puts one behind the first palette."""

    def __init__(self, file: GrowingFile, comment: str) -> None:
        self._file, self._extension = file, comment_extension(comment)

    def write(self, data: bytes) -> int:
        """Pass `data` on; the first must hold the whole head."""
        head = head_size(data) if self._extension else 0
        self._file.write(bytes(data[:head]) + self._extension + bytes(data[head:]))
        self._extension = b""
        return len(data)


def comment_extension(comment: str) -> bytes:
    """A GIF comment extension; `comment` is ASCII."""
    text = comment.encode("ascii")
    blocks = [text[start : start + _BLOCK_SIZE] for start in range(0, len(text), _BLOCK_SIZE)]
    return _COMMENT + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def head_size(gif: bytes) -> int:
    """Bytes of header, screen descriptor and global palette."""
    flags = gif[10]
    return _HEAD_SIZE + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)


class GifEncoder:
    """Each picture gets the palette that suits it best. FFmpeg writes a picture when the next one tells its delay."""

    def __init__(self, file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str) -> None:
        self._rate, self._size = rate, size
        self._graph, self._to_picture, self._to_palette, self._from_palette = palette_graph(size)
        container = Container("gif", {"final_delay": str(self._ticks(1))})
        self._stream = StreamWriter(
            CommentedGif(file, comment),
            file,
            container,
            _CODEC,
            comment,
            rate=rate,
            height=size[0],
            width=size[1],
            pix_fmt="pal8",
            time_base=TICK,
        )

    def encode(self, picture: NDArray[np.uint8], slot: int) -> None:
        """Append a picture, shown from `slot` / rate on, to the nearest hundredth of a second."""
        for entrance, shown in ((self._to_palette, with_vivid(picture)), (self._to_picture, picture)):
            frame = VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = self._ticks(slot), TICK
            entrance.push(frame)
        reduced = self._from_palette.pull()
        assert isinstance(reduced, VideoFrame)
        self._end = float(self._ticks(slot) * TICK + self._ticks(1) * TICK)
        self._stream.write(reduced)

    def finish(self) -> None:
        """Write the last picture and the trailer."""
        self._stream.finish(self._end)

    def _ticks(self, slots: int) -> int:
        return round(slots / self._rate / TICK)


def with_vivid(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a palette is chosen from: half of the picture's rows, and as many of its vivid pixels, however few they are.

    A lamp is a few pixels of a picture, and colours are chosen by how many pixels they have.
    """
    chart = picture.copy()
    coarse = picture[::2, ::2].reshape(-1, 3)
    vivid = coarse[coarse.max(1) - coarse.min(1) >= VIVID]
    if len(vivid):
        chart[1::2] = np.resize(vivid, chart[1::2].shape)
    return chart


def palette_graph(size: tuple[int, int]) -> tuple[Graph, FilterContext, FilterContext, FilterContext]:
    """An FFmpeg filter graph from RGB to palette pictures: entrances of picture and of its colours, and exit."""
    graph, shape = Graph(), f"video_size={size[1]}x{size[0]}:pix_fmt=rgb24:time_base={TICK}"
    picture, colours = graph.add("buffer", shape), graph.add("buffer", shape)
    palette, use, leave = graph.add("palettegen", _PALETTE), graph.add("paletteuse", _DITHER), graph.add("buffersink")
    picture.link_to(use, 0, 0)
    colours.link_to(palette)
    palette.link_to(use, 0, 1)
    use.link_to(leave)
    graph.configure()
    return graph, picture, colours, leave
