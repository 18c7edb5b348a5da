"""Recordings and screenshots of a running demo, begun and ended at any time; trouble with them never stops the demo."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.files import replacing
from sim.view.hud.layout import DESIGN_SIZE
from sim.view.playback import Playback
from sim.view.recorder import Recorder
from sim.view.recording.formats import NORMAL

WINDOW = "window"
"""The preset that records what the window shows; the others are views, recorded bare."""

RECORDING_SIZE = DESIGN_SIZE
"""(height, width) of a recording, however large the window is."""

Provenance = Callable[[], Mapping[str, Any]]


class Capture:
    """Writes what is on show to files.

    view: WINDOW, or the name of a view to record without panels. live: a person watches, so a picture is rather lost
    than waited for.
    """

    def __init__(
        self,
        playback: Playback,
        provenance: Provenance,
        *,
        view: str = WINDOW,
        live: bool,
        folder: Path | None = None,
        size: tuple[int, int] = RECORDING_SIZE,
        quality: str = NORMAL,
    ) -> None:
        """`folder`: where files land that get a name of their own; the working folder by default. `size`: (height,
        width) of recordings; `quality`: of them, see `Recorder`."""
        if view not in (WINDOW, *playback.source.views):
            raise ValueError(f"--record-view {view!r}: {_offer(playback)}")
        self._playback, self._provenance = playback, provenance
        self._view, self._live, self._folder, self._size = view, live, folder or Path(), size
        self._quality = quality
        self._recorder: Recorder | None = None

    @property
    def recording(self) -> bool:
        """Whether a recording runs."""
        return self._recorder is not None

    @property
    def seconds(self) -> float | None:
        """Length of the running recording."""
        return None if self._recorder is None else self._recorder.seconds

    def start(self, path: Path | None = None) -> str:
        """Begin a recording, under a free name by default; ValueError or OSError where that cannot be."""
        path = path or self._free_name("mp4")
        source = self._playback.source
        rate = source.rate * source.pictures_per_step
        made = self._provenance()
        self._recorder = Recorder(path, self._size, rate, made, live=self._live, quality=self._quality)
        return f"recording to {path}"

    def stop(self) -> str:
        """End the recording; returns what was written. OSError where the end could not be."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return ""
        recorder.close()
        lost = f" ({recorder.dropped} pictures left out)" if recorder.dropped else ""
        return f"recorded {recorder.seconds:.1f} s{lost}: {recorder.path.resolve()}"

    def write(self, shown: NDArray[np.uint8]) -> None:
        """Add the picture of now to the recording, if one runs. OSError where writing failed: then none runs."""
        if self._recorder is None:
            return
        picture = shown if self._view == WINDOW else self._playback.picture(self._size, self._view)
        try:
            self._recorder.write(picture.copy())
        except OSError:
            self._recorder = None
            raise

    def screenshot(self, shown: NDArray[np.uint8]) -> str:
        """Save the picture on show as PNG; returns what was written. OSError where it cannot be."""
        path = self._free_name("png")
        _, data = cv2.imencode(".png", shown[..., ::-1])
        with replacing(path) as part:
            part.write_bytes(data.tobytes())
        return f"saved {path.resolve()}"

    def _free_name(self, ending: str) -> Path:
        stem = time.strftime("redgaze-%Y%m%d-%H%M%S")
        names = (f"{stem}{suffix}.{ending}" for suffix in ("", *(f"-{number}" for number in range(2, 1000))))
        return next(self._folder / name for name in names if not (self._folder / name).exists())


def _offer(playback: Playback) -> str:
    return f"this source offers {', '.join((WINDOW, *playback.source.views))}"
