"""A video file, by PyAV: any format that FFmpeg reads."""

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sim.view.footage.decoding import Decoding, count_of, has_clock
from sim.view.footage.mistakes import check_file, open_video, video_of
from sim.view.footage.reader import DAMAGED, END, GUESSED, Losses, Rate, plausible
from sim.view.footage.upright import deinterlaced, upright

RAW_RATE = Fraction(25)
"""Pictures a second that players assume of a raw stream that says nothing."""


class Shown(NamedTuple):
    """A picture, None where none follows; what had been lost when it was read, and why none follows."""

    picture: NDArray[np.uint8] | None
    losses: Losses
    ending: str


class ReadAhead:
    """Footage that is read one picture ahead in a thread of its own: a picture of 1080p may take 20 ms."""

    rewindable = True
    _next: Future[Shown]

    def __init__(self, path: Path) -> None:
        self.name, self.ending, self.losses = path.name, END, Losses()
        self._path = path
        self._thread = ThreadPoolExecutor(1, "footage")
        self._begin()

    def _pictures(self) -> Generator[Shown, None, None]:
        """All from the first on; the last has no picture."""
        raise NotImplementedError

    def _let_go(self) -> None:
        """Close what `_pictures` reads from."""

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture, past damage; at the end `ending` is END, DAMAGED or BROKEN_OFF."""
        picture, self.losses, self.ending = self._next.result()
        if picture is not None:
            self._next = self._thread.submit(next, self._shown)
        return picture

    def rewind(self) -> None:
        """Back to before the first picture. The file is opened anew: not every kind of file can seek."""
        wait([self._next])
        self._let_go()
        self._begin()

    def close(self) -> None:
        """Close the file and end the thread."""
        wait([self._next])
        self._let_go()
        self._thread.shutdown()

    def _begin(self) -> None:
        self._shown = self._pictures()
        self._next = self._thread.submit(next, self._shown)


class FileFootage(ReadAhead):
    """A video file."""

    _container: InputContainer | None = None

    def __init__(self, path: Path, rate: Rate | None = None) -> None:
        """OSError for a file that cannot be read, ValueError for one without video. rate: instead of what it says."""
        check_file(path)
        with open_video(path) as container:
            stream = video_of(container)
            assert stream is not None
            self.rate, self.count = rate or rate_of(container, stream), count_of(container, stream)
        super().__init__(path)

    def _pictures(self) -> Generator[Shown, None, None]:
        container = self._container = open_video(self._path)
        stream, reformatter = video_of(container), VideoReformatter()  # one for all frames: it keeps its tables
        assert stream is not None
        decoding = Decoding(container, stream)
        try:
            for frame in deinterlaced(decoding):
                yield Shown(upright(frame, stream.sample_aspect_ratio, reformatter), decoding.losses, END)
        except (av.FFmpegError, ValueError, MemoryError):  # a size or format that nothing can show
            decoding.ending = DAMAGED
        yield Shown(None, decoding.losses, decoding.ending)

    def _let_go(self) -> None:
        self._shown.close()
        if self._container is not None:
            self._container.close()


def rate_of(container: InputContainer, stream: VideoStream) -> Rate:
    """Pictures a second, the average; of a raw stream, which has no clock, what its header says or players assume."""
    if has_clock(container):
        return plausible(stream.average_rate or stream.guessed_rate)
    return Rate(plausible(stream.codec_context.framerate, RAW_RATE).value, GUESSED)
