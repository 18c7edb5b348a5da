"""From decoded frames to upright RGB pictures: whole pictures out of fields, turned and stretched as a player would."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import cast

import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

WIDEST_PIXEL = 8
"""How many times as wide as high a pixel may be, or as high as wide; what claims more is damage."""

DEINTERLACE = ("bwdif", "mode=send_frame:deint=interlaced")
"""FFmpeg's filter: one whole picture for each frame of two fields; other frames pass as they are."""


def upright(frame: VideoFrame, pixel_aspect: Fraction | None, reformatter: VideoReformatter) -> NDArray[np.uint8]:
    """A decoded frame as RGB (H, W, 3), with square pixels and turned the way a player would turn it."""
    aspect = pixel_aspect if pixel_aspect and Fraction(1, WIDEST_PIXEL) <= pixel_aspect <= WIDEST_PIXEL else 1
    square = reformatter.reformat(frame, width=max(1, round(frame.width * aspect)), format="rgb24")
    return np.ascontiguousarray(turned(np.asarray(square.to_ndarray(), np.uint8), display_matrix(frame)))


def display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """(a, b, c, d): what is stored at (x, y) is to be shown at (a x + c y, b x + d y), but for scale and place."""
    try:
        matrix = cast(Mapping[Type, SideData], frame.side_data)[Type.DISPLAYMATRIX]
    except KeyError:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
    return a, b, c, d


def turned(picture: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """A picture in the one of the eight orientations that is nearest to a display matrix."""
    a, b, c, d = matrix
    lying = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if lying else (a, d)
    picture = picture.swapaxes(0, 1) if lying else picture
    return picture[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def deinterlaced(frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """The same frames, those of two fields made whole. From the first of these on, each comes one later."""
    comb: Comb | None = None
    for frame in frames:
        if comb is not None and not comb.fits(frame):
            yield from comb.rest()
            comb = None
        if comb is None and frame.interlaced_frame:
            comb = Comb(frame)
        yield from [frame] if comb is None else comb.pictures(frame)
    if comb is not None:
        yield from comb.rest()


class Comb:
    """A filter graph for frames like the first."""

    def __init__(self, frame: VideoFrame) -> None:
        self._kind, self._time = kind(frame), 0
        graph = Graph()
        shape = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1"
        self._entrance, self._exit = graph.add("buffer", shape), graph.add("buffersink")
        middle: FilterContext = graph.add(*DEINTERLACE)
        self._entrance.link_to(middle)
        middle.link_to(self._exit)
        graph.configure()
        self._graph = graph

    def fits(self, frame: VideoFrame) -> bool:
        """Whether the frame can go through this graph."""
        return self._kind == kind(frame)

    def pictures(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Put a frame in, take what is done. Time stamps are counted: those of damaged footage may go back."""
        frame.pts, frame.time_base = self._time, Fraction(1)
        self._time += 1
        self._entrance.push(frame)
        yield from self._done()

    def rest(self) -> Iterator[VideoFrame]:
        """What is still in it."""
        self._entrance.push(None)
        yield from self._done()

    def _done(self) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = self._exit.pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(frame, VideoFrame)
            yield frame


def kind(frame: VideoFrame) -> tuple[int, int, str]:
    """What a filter graph is made for."""
    return frame.width, frame.height, frame.format.name
