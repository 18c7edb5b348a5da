"""Every control step as data: the exact pair of frame and decision, and what was true at that instant."""

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.files import replacing, typed_path, write_text
from sim.provenance import plain
from sim.scene import KIND
from sim.view.moment import Moment
from sim.view.recording.provenance import settled

PROVENANCE = "provenance.json"
STEPS = "steps.jsonl"


def check_empty(folder: Path) -> None:
    """ValueError where there is a file, or a folder that holds something."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"cannot dump to {str(folder)!r}: it is a file; expected a folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"cannot dump to {str(folder)!r}: expected a new or empty folder, this one holds files")


class Dump:
    """Writes each moment as DIR/step-000000.npz and one line of DIR/steps.jsonl; DIR/provenance.json says who made it.

    npz: frame (H, W, 3) uint8 RGB, action (A,) float32, and where the policy has a map `map` (h, w) float32, for a
    selection `kept` (h, w) bool, and where its map has heads `heads` (heads, h, w) float32; pose (3,) float64 as x, y
    in metres and yaw in radians where there is one; objects (M, 9) float32, see `sim.scene`, and distances (M,)
    float32, metres from the car's reference point to each, NaN where a row is empty.
    A line of the JSON file: step, file, speed (m/s), pose, cause, cause_object (null, or row, kind, distance in metres
    from the car's front, and place), completion, score, infractions (name -> count), labels, action, map_kind.
    """

    def __init__(self, folder: Path, provenance: Mapping[str, Any]) -> None:
        """ValueError where `folder` is no folder or not empty, OSError where it cannot be written."""
        folder = typed_path(folder)
        check_empty(folder)
        self._made = not folder.exists()
        self.folder, self._provenance = folder, provenance
        self._write_provenance()
        self.steps = 0
        self._lines = (folder / STEPS).open("wb", buffering=0)

    def __call__(self, moment: Moment) -> None:
        """Write one moment: the file, then the line. OSError where that fails; then neither is left behind."""
        path = self.folder / f"step-{moment.step:06d}.npz"
        try:
            with replacing(path) as part, part.open("wb") as stream:
                np.savez(stream, **_arrays(moment))
            self._append(json.dumps(_line(moment, path.name)).encode() + b"\n")
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(path)) from None
        self.steps += 1

    def close(self) -> None:
        """Close the list of steps; a dump that holds none leaves nothing behind."""
        self._lines.close()
        self._write_provenance()
        if not self.steps:
            for name in (STEPS, PROVENANCE):
                (self.folder / name).unlink(missing_ok=True)
            if self._made:
                self.folder.rmdir()

    def _write_provenance(self) -> None:
        """At the beginning, and at the end, when more may be known."""
        write_text(self.folder / PROVENANCE, json.dumps(plain(settled(self._provenance)), indent=2) + "\n")

    def _append(self, line: bytes) -> None:
        """Add a whole line or nothing: a disk that fills up takes the first part of what it is given."""
        length = self._lines.tell()
        if self._lines.write(line) != len(line):
            self._lines.truncate(length)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def __enter__(self) -> "Dump":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _arrays(moment: Moment) -> dict[str, Any]:
    attention, status = moment.decision.attention, moment.status
    arrays: dict[str, Any] = {"frame": moment.observation["frame"][0], "action": moment.action}
    if status.pose is not None:
        arrays["pose"] = np.array(status.pose)
    if status.objects is not None and status.pose is not None:
        arrays["objects"], arrays["distances"] = status.objects, _distances(status.objects, status.pose)
    if attention is not None:
        arrays["map"] = attention.weights[0]
        if attention.kept is not None:
            arrays["kept"] = attention.kept[0]
        if attention.heads is not None:
            arrays["heads"] = attention.heads[0]
    return arrays


def _distances(objects: NDArray[np.float32], pose: tuple[float, float, float]) -> NDArray[np.float32]:
    """Metres (M,) from the car to the middle of each object; NaN for empty rows."""
    apart = np.hypot(*(objects[:, :2] - pose[:2]).T)
    return np.where(objects[:, KIND] >= 0, apart, np.nan).astype(np.float32)


def _line(moment: Moment, name: str) -> dict[str, Any]:
    attention, status = moment.decision.attention, moment.status
    return {
        "step": moment.step,
        "file": name,
        "speed": status.speed,
        "pose": status.pose,
        "cause": status.cause,
        "cause_object": status.culprit._asdict() if status.culprit else None,
        "completion": status.completion,
        "score": status.score,
        "infractions": dict(status.infractions),
        "labels": dict(status.labels),
        "action": moment.action.tolist(),
        "map_kind": attention.kind if attention else None,
    }
