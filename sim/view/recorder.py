"""Pictures to an MP4 file that browsers play and that stays playable when the process is killed."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

BT709 = 1
"""ITU-T H.273's code for BT.709, as primaries, transfer and matrix."""

FRAGMENT_SECONDS = 0.5
"""A key frame opens a fragment, and a whole fragment plays: a kill loses this much and what the encoder holds."""

QUEUE_LENGTH = 8
"""Pictures that may wait for the encoder before `write` blocks."""

_MP4_OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof+use_metadata_tags", "flush_packets": "1"}
_X264_OPTIONS = {"preset": "veryfast", "crf": "23", "rc-lookahead": "0", "bf": "0"}


def check_recording_name(path: Path) -> None:
    """ValueError unless `path` ends in .mp4."""
    if path.suffix.lower() != ".mp4":
        raise ValueError(f"cannot record to {str(path)!r}: expected a name ending in .mp4")


class Recorder:
    """Writes (H, W, 3) uint8 pictures as H.264 yuv420p at `rate` a second, encoding in a thread of its own.

    The file grows in whole fragments under its own name. Where writing fails (a full disk), `write` or `close` raises
    the OSError and the file is removed, as is a file that was closed before its first picture.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: int, provenance: Mapping[str, Any]) -> None:
        """`size` is (height, width), both even; `provenance` goes into the file's metadata, JSON where it is not text.

        ValueError for a bad name or size, OSError where the file cannot be written.
        """
        check_recording_name(path)
        if size[0] % 2 or size[1] % 2:
            raise ValueError(f"picture size {size}; expected even height and width (yuv420p)")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("wb").close()  # says clearly why a file cannot be written, and touches nothing then
        self.path, self.size, self.rate, self.pictures = path, size, rate, 0
        self._container = av.open(str(path), "w", format="mp4", options=_MP4_OPTIONS)
        for name, value in provenance.items():
            self._container.metadata[name] = value if isinstance(value, str) else json.dumps(value)
        self._stream = self._add_stream()
        self._write_header()
        self._reformatter = VideoReformatter()  # one for all frames: it keeps its tables
        self._failure: Exception | None = None
        self._queue: Queue[NDArray[np.uint8] | None] = Queue(QUEUE_LENGTH)
        self._thread = Thread(target=self._encode_all, name="recorder", daemon=True)
        self._thread.start()

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Queue one picture, which must not change afterwards; waits while the encoder is QUEUE_LENGTH behind."""
        if picture.shape != (*self.size, 3) or picture.dtype != np.uint8:
            raise ValueError(f"picture is {picture.dtype} {picture.shape}; expected uint8 {(*self.size, 3)}")
        if self._failure:
            self.close()
        self._queue.put(picture)
        self.pictures += 1

    def close(self) -> None:
        """Finish the file. Raises what stopped the writing, if anything did; closing again does nothing."""
        if not self._thread.is_alive() and self._failure is None:
            return
        self._queue.put(None)
        self._thread.join()
        failure, self._failure = self._failure, None
        if failure or not self.pictures:
            self.path.unlink(missing_ok=True)
        if failure:
            raise self._named(failure)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_header(self) -> None:
        try:
            self._container.start_encoding()
        except OSError as error:
            self.path.unlink()
            raise self._named(error) from None

    def _named(self, error: Exception) -> Exception:
        """An error of the system's, with the file's name."""
        return OSError(error.errno, error.strerror, str(self.path)) if isinstance(error, OSError) else error

    def _add_stream(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self.rate, options=_X264_OPTIONS)
        stream.height, stream.width = self.size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = round(FRAGMENT_SECONDS * self.rate)
        codec = stream.codec_context
        codec.color_primaries = codec.color_trc = codec.colorspace = BT709
        codec.color_range = ColorRange.MPEG
        return stream

    def _encode_all(self) -> None:
        """The thread: encode until None comes; after a failure go on emptying the queue, so that nobody waits."""
        index = 0
        try:
            while (picture := self._queue.get()) is not None:
                self._encode(picture, index)
                index += 1
            self._mux(None)
            self._container.close()
        except Exception as failure:  # raised in the thread that writes, at its next call
            self._failure = failure
            while self._queue.get() is not None:
                pass

    def _encode(self, picture: NDArray[np.uint8], index: int) -> None:
        rgb = VideoFrame.from_ndarray(picture, format="rgb24")
        frame = self._reformatter.reformat(
            rgb, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        frame.pts, frame.time_base = index, Fraction(1, self.rate)
        self._mux(frame)

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
