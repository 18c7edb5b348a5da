"""Pictures from a video file or a camera, one after the other. Files by PyAV, cameras by OpenCV."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sim.files import typed_path

END = "end of footage"
DAMAGED = "footage is damaged"
BROKEN_OFF = "footage breaks off"
UNPLUGGED = "camera is gone"
"""Why no picture follows: one of these four."""

USUAL_RATE = Fraction(30)
"""Pictures a second where the footage says nothing, or nothing between SLOWEST and FASTEST."""

SLOWEST, FASTEST = 1, 240

BROKEN_OFF_BEFORE = 0.9
"""A file that ends before this share of what it promised was cut short; a little less is a matter of counting."""

MOST_CAMERAS = 100
"""Larger indices mean other things to OpenCV."""


class Footage(Protocol):
    """Upright RGB pictures with square pixels.

    name: a short one, for people. rate: pictures a second, the average. count: how many pictures there should be; None
    if unknown. rewindable: whether `rewind` leads back to the first picture. ending: why `read` last gave None.
    """

    name: str
    rate: Fraction
    ending: str

    @property
    def count(self) -> int | None: ...

    @property
    def rewindable(self) -> bool: ...

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture (H, W, 3); None where there is none, and ever after."""
        ...

    def rewind(self) -> None:
        """Go back to before the first picture, where that can be done."""
        ...

    def close(self) -> None:
        """Let go of file or camera; closing again does nothing."""
        ...


def open_footage(what: str) -> Footage:
    """A file by its path, or a camera by its index. ValueError or OSError where there is no footage."""
    return CameraFootage(int(what)) if what.removeprefix("-").isdecimal() else FileFootage(typed_path(what))


class FileFootage:
    """A video file, decoded one picture ahead in a thread of its own: a picture of 1080p may take 20 ms."""

    rewindable = True
    _next: Future[NDArray[np.uint8] | None]

    def __init__(self, path: Path) -> None:
        """OSError for a file that cannot be read, ValueError for one without video."""
        check_file(path)
        self.name, self.ending = path.name, END
        self._path = path
        self._thread = ThreadPoolExecutor(1, "footage")
        self._open()
        self.rate, self.count = _rate(self._stream), _count(self._container, self._stream)

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture; `ending` is END, DAMAGED at the first one that cannot be decoded whole, or BROKEN_OFF."""
        picture = self._next.result()
        if picture is not None:
            self._next = self._thread.submit(self._decode)
        return picture

    def rewind(self) -> None:
        """Back to before the first picture. The file is opened anew: not every kind of file can seek."""
        self._let_go()
        self._open()

    def close(self) -> None:
        """Close the file and end the thread."""
        self._let_go()
        self._thread.shutdown()

    def _open(self) -> None:
        self._container = open_video(self._path)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._frames = self._container.decode(self._stream)
        self._reformatter = VideoReformatter()  # one for all frames: it keeps its tables
        self._decoded = 0
        self._next = self._thread.submit(self._decode)

    def _let_go(self) -> None:
        wait([self._next])
        self._container.close()

    def _decode(self) -> NDArray[np.uint8] | None:
        """In the thread: the next picture, or None with `ending` set."""
        try:
            frame = next(self._frames, None)
        except av.FFmpegError:
            self.ending = DAMAGED
            return None
        if frame is None or frame.is_corrupt:
            self.ending = DAMAGED if frame else self._end()
            return None
        self._decoded += 1
        return upright(frame, self._stream.sample_aspect_ratio, self._reformatter)

    def _end(self) -> str:
        return BROKEN_OFF if self._decoded < BROKEN_OFF_BEFORE * (_count(self._container, self._stream) or 0) else END


class CameraFootage:
    """A camera of this machine. Its pictures are as late as its driver keeps them."""

    rewindable = False
    count = None

    def __init__(self, index: int) -> None:
        """OSError where no such camera can be opened."""
        self.name, self.ending = f"camera {index}", UNPLUGGED
        if not 0 <= index < MOST_CAMERAS:
            raise ValueError(f"camera {index}: expected an index from 0 to {MOST_CAMERAS - 1}; the first camera is 0")
        with silent_opencv():
            self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            raise OSError(f"camera {index} cannot be opened; expected a connected camera (the first is 0) or a file")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture rather than each, where it can be chosen
        self.rate = _plausible(Fraction(self._capture.get(cv2.CAP_PROP_FPS)).limit_denominator(1001))

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture; waits for it."""
        with silent_opencv():
            there, picture = self._capture.read()
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8) if there else None

    def rewind(self) -> None:
        """A camera only knows the present."""

    def close(self) -> None:
        """Let go of the camera."""
        self._capture.release()


def check_file(path: Path) -> None:
    """OSError unless `path` is a file that may be read; where there is none, it names the one that may be meant."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise ValueError(f"{str(path)!r} is empty; expected a video")
    except IsADirectoryError:
        raise IsADirectoryError(errno.EISDIR, "is a folder; expected a video file", str(path)) from None
    except FileNotFoundError:
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=1)
        hint = f" (did you mean {str(path.with_name(near[0]))!r}?)" if near else ""
        reason = f"{os.strerror(errno.ENOENT)}{hint}; expected a video file or a camera's index"
        raise FileNotFoundError(errno.ENOENT, reason, str(path)) from None


def open_video(path: Path) -> InputContainer:
    """The opened file; ValueError unless it has a video stream."""
    try:
        container = av.open(f"file:{path}")  # so that a colon in the name is not taken for a protocol
    except av.FFmpegError as error:
        raise ValueError(
            f"{str(path)!r} cannot be read as video: {error.strerror}; expected a file such as MP4"
        ) from None
    if not container.streams.video or container.format.name == "tty":  # FFmpeg shows plain text as a video
        container.close()
        raise ValueError(f"{str(path)!r} has no video in it; expected a file with a video stream, such as MP4")
    return container


def upright(frame: VideoFrame, pixel_aspect: Fraction | None, reformatter: VideoReformatter) -> NDArray[np.uint8]:
    """A decoded frame as RGB (H, W, 3), with square pixels and turned the way a player would turn it."""
    width = max(1, round(frame.width * (pixel_aspect or 1)))
    picture = reformatter.reformat(frame, width=width, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))


@contextmanager
def silent_opencv() -> Iterator[None]:
    """OpenCV says on stderr what its return values say, too."""
    logging = cv2.utils.logging
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)


def _rate(stream: VideoStream) -> Fraction:
    return _plausible(stream.average_rate or stream.guessed_rate)


def _plausible(rate: Fraction | None) -> Fraction:
    return rate if rate is not None and SLOWEST <= rate <= FASTEST else USUAL_RATE


def _count(container: InputContainer, stream: VideoStream) -> int | None:
    """By the duration, which knows of what an edit leaves out; by the file's own count where there is none."""
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * _rate(stream)) or None
    return stream.frames or round(Fraction(container.duration or 0, av.time_base) * _rate(stream)) or None
