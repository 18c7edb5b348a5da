"""Worlds and poses become pictures, and the truth about each pixel."""

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.art import Art, art
from sim.camera.influence import mark_influence
from sim.camera.kernels import render
from sim.camera.lens import Lens
from sim.camera.scratch import MOST_OBJECTS, Scratch
from sim.kinds import TINTS
from sim.scene import KIND, OBJECT_COLUMNS, Scene
from sim.theme import LOOK_SIZE

MOUNT_HEIGHT = 1.4
"""Metres up from the ground to the policies' camera."""

MOUNT_FORWARD = 0.6
"""Metres from the vehicle's reference point forward to it."""


class Frames(NamedTuple):
    """B pictures, and their truth where it was asked for.

    rgb: (B, H, W, 3) uint8. segmentation: (B, H, W) uint8, indices into sim.scene.CLASSES, of what is seen at the
    pixel's centre; woods and hills on the horizon are vegetation, markings under snow are markings. instance: (B, H, W)
    uint16, 0 for none, else 1 + the row of Scene.objects. depth: (B, H, W) float32, metres along the optical axis;
    infinite for the sky and all at the horizon.
    """

    rgb: NDArray[np.uint8]
    segmentation: NDArray[np.uint8] | None = None
    instance: NDArray[np.uint16] | None = None
    depth: NDArray[np.float32] | None = None

    def pixel_counts(self, objects: int) -> NDArray[np.int64]:
        """How many pixels of each frame each of so many objects covers, (B, objects)."""
        assert self.instance is not None, "pixels are counted by their instance: ask for the truth"
        flat = self.instance.reshape(len(self.instance), -1)
        return np.stack([np.bincount(each, minlength=objects + 1)[1 : objects + 1] for each in flat])


class Camera:
    """A pinhole camera on the vehicle, `mount_forward` metres ahead of its reference point, `mount_height` up.

    field_of_view: horizontal, radians. Level when pitch is 0; it never rolls. `sim.camera.lens` has the image plane.
    """

    def __init__(
        self,
        height: int,
        width: int,
        field_of_view: float = math.radians(80),
        *,
        mount_height: float = MOUNT_HEIGHT,
        mount_forward: float = MOUNT_FORWARD,
    ) -> None:
        self.lens = Lens(height, width, field_of_view, mount_height, mount_forward)
        self._tables = self.lens.parameters(), self.lens.azimuths(), self.lens.sky_columns()
        self._scratch = Scratch.for_size(height, width)
        self._none = np.full(1, -1)
        self._no_truth = (
            np.zeros((0, height, width), np.uint8),
            np.zeros((0, height, width), np.uint16),
            np.zeros((0, height, width), np.float32),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy looks through the same lens; all else is working memory."""
        lens = self.lens
        mount = partial(Camera, mount_height=lens.mount_height, mount_forward=lens.mount_forward)
        return mount, (lens.height, lens.width, lens.field_of_view)

    def render(
        self,
        scene: Scene,
        rows: NDArray[np.integer],
        poses: NDArray[np.float64],
        looks: NDArray[np.float32],
        *,
        truth: bool = False,
        out: NDArray[np.uint8] | None = None,
        objects: NDArray[np.float32] | None = None,
        without: NDArray[np.integer] | None = None,
    ) -> Frames:
        """Draw B frames: frame i shows world rows[i] from poses[i] in looks[i].

        poses: (B, 3) x, y, yaw of the vehicle, or (B, 4) with pitch in radians, + nose down (ISO 8855), drawn as a
        vertical shift of the image. out: a contiguous (B, H, W, 3) uint8 array to draw into. objects: (B, M, columns),
        what frame i shows instead of what now stands in its world. without: (B,) the row of an object to leave out, its
        shadow with it, -1 for none; all else is drawn as it would be. Bad input: ValueError.
        """
        height, width, n = self.lens.height, self.lens.width, len(poses)
        left_out = self._nobody(n) if without is None else _as(without, np.int64)
        _check(scene, rows, poses, looks, without, objects)
        tables = rows = _as(rows, np.int64)
        if objects is not None:
            scene, tables = scene._replace(objects=_as(objects, np.float32)), np.arange(n)
        if out is None:
            out = np.empty((n, height, width, 3), np.uint8)
        elif out.shape != (n, height, width, 3) or out.dtype != np.uint8 or not out.flags.c_contiguous:
            raise ValueError(
                f"out {out.shape} {out.dtype}: expected a contiguous ({n}, {height}, {width}, 3) uint8 array"
            )
        views = (
            tuple(np.empty((n, *view.shape[1:]), view.dtype) for view in self._no_truth) if truth else self._no_truth
        )
        # one type and layout each, or numba would compile anew
        frames = (rows, tables, left_out, _as(poses, np.float64), _as(looks, np.float32))
        refused = render(*scene, *frames, *self._tables, self._drawings(), self._scratch, truth, out, *views)
        if refused >= 0:
            raise _refusal(refused, scene, rows, poses)
        return Frames(out, *views) if truth else Frames(out)

    def _drawings(self) -> Art:
        """The art of all kinds that are known by now, and room for their paints."""
        drawings = art()
        if len(self._scratch.paints) != len(drawings.kinds.mixes):
            self._scratch = self._scratch._replace(paints=np.zeros((len(drawings.kinds.mixes), TINTS, 3), np.uint64))
        return drawings

    def _nobody(self, n: int) -> NDArray[np.int64]:
        """(n,) rows of nothing to leave out."""
        if len(self._none) < n:
            self._none = np.full(n, -1)
        return self._none[:n]

    def influence(
        self,
        scene: Scene,
        rows: NDArray[np.integer],
        poses: NDArray[np.float64],
        looks: NDArray[np.float32],
        without: NDArray[np.integer],
        *,
        objects: NDArray[np.float32] | None = None,
    ) -> NDArray[np.bool_]:
        """Where leaving out an object can change a picture, (B, H, W): arguments as for `render`.

        That is where the object itself, its shadows or its reflection on wet ground would be seen with nothing else
        about; of a house also where the feet of what it helps to hide come out in part. Beyond it pictures with and
        without the object are equal, bit for bit. All false where `without` is -1.
        """
        n, left_out = len(poses), _as(without, np.int64)
        _check(scene, rows, poses, looks, left_out, objects)
        if n and (rows.min() < 0 or rows.max() >= len(scene.grid)):
            raise ValueError(f"rows {rows.min()} to {rows.max()}: expected worlds 0 to {len(scene.grid) - 1}")
        table = scene.objects[rows] if objects is None else objects
        table = _as(table, np.float32)
        alone = table.copy()
        alone[np.arange(table.shape[1]) != left_out[:, None], KIND] = -1
        mask = np.zeros((n, self.lens.height, self.lens.width), np.bool_)
        lens, drawings = self._tables[0], self._drawings()
        refused = mark_influence(
            table, alone, left_out, _as(poses, np.float64), _as(looks, np.float32), lens, drawings, self._scratch, mask
        )
        if refused >= 0:
            raise _refusal(refused, scene, rows, poses)
        return mask


_as = np.ascontiguousarray


def _check(
    scene: Scene,
    rows: NDArray[np.integer],
    poses: NDArray[np.float64],
    looks: NDArray[np.float32],
    without: NDArray[np.integer] | None,
    objects: NDArray[np.float32] | None,
) -> None:
    """ValueError unless the arguments of one drawing fit each other."""
    n = len(poses)
    if poses.ndim != 2 or poses.shape[1] not in (3, 4):
        raise ValueError(f"poses of shape {poses.shape}: expected (B, 3) or (B, 4)")
    if rows.shape != (n,) or looks.shape != (n, LOOK_SIZE):
        raise ValueError(
            f"rows {rows.shape}, looks {looks.shape}: expected ({n},) and ({n}, {LOOK_SIZE}) for {n} poses"
        )
    if objects is not None and objects.shape != (n, *objects.shape[1:2], len(OBJECT_COLUMNS)):
        raise ValueError(f"objects {objects.shape}: expected ({n}, any number, {len(OBJECT_COLUMNS)})")
    most = (scene.objects if objects is None else objects).shape[1]
    if most > MOST_OBJECTS:
        raise ValueError(f"{most} objects a world: expected at most {MOST_OBJECTS}")
    if without is None or n == 0:
        return
    if without.shape != (n,):
        raise ValueError(f"without {without.shape}: expected ({n},), a row of the objects or -1 for each frame")
    if without.min() < -1 or without.max() >= most:
        raise ValueError(
            f"without {without.min()} to {without.max()}: expected rows 0 to {most - 1} of the objects, or -1"
        )


def _refusal(frame: int, scene: Scene, rows: NDArray[np.integer], poses: NDArray[np.float64]) -> ValueError:
    """The error for a frame that the kernels refused."""
    return ValueError(
        f"frame {frame}: world {rows[frame]} of {len(scene.grid)}, pose {poses[frame]}:"
        " expected a world's index, a finite pose and a finite look"
    )
