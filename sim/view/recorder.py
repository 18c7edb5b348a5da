"""Pictures to a file that people can mail around, that tells how it was made, and that plays even if cut short."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.files import typed_path
from sim.view.recording.file import GrowingFile
from sim.view.recording.fit import fit
from sim.view.recording.formats import Encoder, Format, format_of
from sim.view.recording.provenance import as_comment, fill_in

QUEUE_SECONDS = 0.25
"""How far the encoder may fall behind."""


def check_recording_name(path: Path) -> None:
    """ValueError unless `path` has the ending of a known format."""
    format_of(path)


class Recorder:
    """Writes (height, width, 3) uint8 pictures of any size, encoding in a thread of its own.

    The file grows under its own name and plays at any moment. Where writing fails (a full disk), the next `write`, or
    `close`, raises the OSError once; the file then holds what was whole, the recorder is closed, and pictures that
    still come are ignored. A file that would play for no time is removed.

    path, size: of the file, (height, width). pictures: taken so far. dropped: those that came, live, while the encoder
    was too far behind.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: float | Fraction,
        provenance: Mapping[str, Any],
        *,
        live: bool = False,
    ) -> None:
        """`rate` pictures a second will come, of `size` (height, width) or fitted into it; the ending of `path` tells
        the format, which may take fewer and smaller ones. `provenance` goes into the metadata as JSON; what of it is a
        `Later` is asked for by `close`.

        live: `write` never waits; a picture is shown for as long as it was the latest, whatever became of the others.
        Otherwise `write` may wait, and nothing is dropped.

        ValueError for a bad name, size or rate, OSError where the file cannot be written.
        """
        path = typed_path(path)
        kind = format_of(path)
        self.path, self.size = path, checked_size(size, kind)
        self._rate, self._live, self._provenance = checked_rate(rate), live, provenance
        self._every = kind.stride(self._rate)
        self._slot_seconds = self._every / self._rate
        self.pictures = self.dropped = 0
        self._begin: float | None = None
        self._next_tick = self._next_slot = 0
        self._closed = False
        self._failure: Exception | None = None
        queue_length = max(2, round(QUEUE_SECONDS / self._slot_seconds))
        self._queue: Queue[tuple[NDArray[np.uint8], int] | None] = Queue(queue_length)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = GrowingFile(path)
        encoder = self._open(kind, as_comment(provenance))
        self._thread = Thread(target=self._encode_all, args=[encoder], name="recorder", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long the recording plays: what was taken so far; once closed, what is in the file."""
        return self._file.seconds if self._closed else float(self._next_slot * self._slot_seconds)

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Take one picture, which must not change afterwards.

        ValueError for what is no picture, OSError (once) where the file can no longer be written.
        """
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
            raise ValueError(f"picture is {picture.dtype} {picture.shape}; expected uint8 (height, width, 3)")
        if self._closed:
            return
        if self._failure:
            self.close()
        due = self._due()
        tick = max(self._next_tick, round(due))
        if tick > due + 1:  # pictures come faster than `rate`
            return
        if not self._take(picture, tick // self._every):
            self.dropped += 1
            return
        self.pictures += 1
        self._next_tick = tick + 1

    def close(self) -> None:
        """Finish the file. Raises what stopped the writing, if anything did; closing again does nothing."""
        if self._closed:
            return
        self._queue.put(None)
        self._thread.join()
        self._file.close()
        self._closed = True
        fill_in(self.path, self._provenance)
        failure, self._failure = self._failure, None
        if failure:
            raise self._named(failure)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, kind: Format, comment: str) -> Encoder:
        try:
            return (kind.open_live if self._live else kind.open)(self._file, self.size, 1 / self._slot_seconds, comment)
        except Exception as failure:
            self._file.close()
            raise self._named(failure) from None

    def _due(self) -> float:
        """The time now, counted in pictures at the rate they come in: by the clock if live, else by the pictures."""
        if not self._live:
            return self._next_tick
        now = monotonic()
        if self._begin is None:
            self._begin = now
        return (now - self._begin) * self._rate

    def _take(self, picture: NDArray[np.uint8], slot: int) -> bool:
        """Queue the picture unless its slot is taken; whether there was room for it."""
        if slot < self._next_slot:
            return True
        try:
            self._queue.put((picture, slot), block=not self._live)
        except Full:
            return False
        self._next_slot = slot + 1
        return True

    def _encode_all(self, encoder: Encoder) -> None:
        """The thread: encode until None comes; after a failure it only empties the queue, so that nobody waits."""
        for picture, slot in iter(self._queue.get, None):
            self._attempt(self._encode, encoder, picture, slot)
        if self._next_slot:
            self._attempt(encoder.finish)

    def _encode(self, encoder: Encoder, picture: NDArray[np.uint8], slot: int) -> None:
        encoder.encode(fit(picture, self.size), slot)

    def _attempt(self, work: Callable[..., None], *arguments: Any) -> None:
        """Do this, unless something failed before; `write` or `close` raises what fails."""
        if self._failure is None:
            try:
                work(*arguments)
            except Exception as failure:
                self._failure = failure

    def _named(self, failure: Exception) -> Exception:
        """An error of the system's, with the file's name and what is left of it."""
        if not isinstance(failure, OSError):
            return failure
        kept = f"the first {self._file.seconds:.1f} s are kept" if self._file.seconds else "nothing is kept"
        return OSError(failure.errno, f"{failure.strerror}; {kept}", str(self.path))


def checked_size(size: tuple[int, int], kind: Format) -> tuple[int, int]:
    """The size to record pictures of this size in; ValueError unless the format can."""
    if min(size) < 1:
        raise ValueError(f"recording size {size}; expected a height and a width above 0")
    if kind.even and (size[0] % 2 or size[1] % 2):
        nearest = tuple(length + length % 2 for length in size)
        raise ValueError(f"recording size {size}; expected even height and width, such as {nearest}")
    return kind.scaled(size)


def checked_rate(rate: float | Fraction) -> Fraction:
    """Pictures a second, exactly; 29.97 and its like are taken at their word."""
    exact = Fraction(rate).limit_denominator(1001) if math.isfinite(rate) else Fraction(0)
    if exact <= 0:
        raise ValueError(f"{rate} pictures a second; expected a number above 0")
    return exact
