"""The views of a simulated world, as functions of a shot: through the policy's camera, over the bonnet, from behind."""

from dataclasses import dataclass, replace
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.geometry import wrap_angle
from sim.instant import Instants
from sim.kinds import KINDS
from sim.scene import KIND, STATE, YAW, X, Y
from sim.simulator import Simulator
from sim.view import mark
from sim.view.bonnet import draw_bonnet
from sim.view.canvas import Canvases
from sim.view.chase import Chase, chase_eye
from sim.view.source import Shot, finish

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class WorldInstant:
    """One world at a moment. objects: (M, 9), all that stands and moves there. camera_yaw: rad, of the chase camera."""

    world: Instants
    objects: NDArray[np.float32]
    camera_yaw: float


@dataclass(frozen=True, eq=False)
class OnTheWay:
    """Between two instants. pose: (3,) x, y, yaw of the car; camera_yaw; objects (M, 9)."""

    pose: NDArray[np.float64]
    camera_yaw: float
    objects: NDArray[np.float32]


class Studio(local):
    """What a thread draws a world's views with; each thread has its own. behind: the chase camera."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.canvas = Canvases()
        self.behind = Chase(simulator)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, of a copied simulator, draws with its own."""
        return Studio, (self.simulator,)


def camera(studio: Studio, shot: Shot, *, bonnet: bool = False) -> Picture:
    """The policy's view at any size."""
    simulator, way = studio.simulator, between(shot.before, shot.after, shot.progress)
    world = shot.after.world
    picture, shown = studio.canvas(shot.size), _shown(way.objects, shot)[None]
    display = simulator.display(*shot.size)
    simulator.draw(world, display, poses=way.pose[None], objects=shown, out=picture[None])
    if bonnet:
        draw_bonnet(picture, world.look[0])
    finish(picture, shot)
    height, width = shot.size
    _mark(picture, way.objects, mark.eye_of(replace(simulator.camera.lens, height=height, width=width), way.pose), shot)
    return picture


def driver(studio: Studio, shot: Shot) -> Picture:
    """The same over the car's bonnet, which the policy's frame never shows; red lies on it where red lies."""
    return camera(studio, shot, bonnet=True)


def chase(studio: Studio, shot: Shot) -> Picture:
    """From behind and above the car; the red falls from where the policy's camera was when it took its frame."""
    way = between(shot.before, shot.after, shot.progress)
    picture = studio.behind.picture(
        shot.after.world,
        shot.size,
        way.pose,
        attention=shot.attention,
        lamp=shot.before.world,
        lamp_objects=shot.before.objects,
        lens=studio.simulator.camera.lens,
        steer_angle=shot.status.steering_angle or 0.0,
        brake=max(0.0, -float(shot.action[1])),
        camera_yaw=way.camera_yaw,
        objects=_shown(way.objects, shot),
        raw=shot.settings.raw,
        red=shot.settings.red,
        spotlight=shot.settings.spotlight,
    )
    _mark(picture, way.objects, chase_eye(shot.size, way.pose, way.camera_yaw), shot)
    return picture


VIEWS = {"camera": camera, "driver": driver, "chase": chase}


def between(before: WorldInstant, after: WorldInstant, progress: float) -> OnTheWay:
    """The car, the chase camera and all objects `progress` of the way between two control steps."""
    if before is after or progress >= 1.0:
        return OnTheWay(after.world.pose[0], after.camera_yaw, after.objects)
    x, y, yaw, camera_yaw = turned(_pose(before), _pose(after), progress)
    return OnTheWay(np.array([x, y, yaw]), float(camera_yaw), glide(before.objects, after.objects, progress))


def _pose(instant: WorldInstant) -> NDArray[np.float64]:
    """x, y, yaw of the car, and the chase camera's yaw."""
    return np.append(instant.world.pose[0], instant.camera_yaw)


def turned(before: NDArray[np.float64], after: NDArray[np.float64], progress: float) -> NDArray[np.float64]:
    """Poses (..., n) as x, y, one or more yaws, `progress` of the way from one to the other, turning the short way."""
    change = np.asarray(after - before, np.float64)
    change[..., 2:] = wrap_angle(change[..., 2:])
    return before + progress * change


def glide(before: NDArray[np.float32], after: NDArray[np.float32], progress: float) -> NDArray[np.float32]:
    """Objects (M, 9) `progress` of the way from `before` to `after`: places and yaws, and the phase of a walk.

    What switches (lamps, phases of a traffic light) switches at the end of the way.
    """
    if progress >= 1.0 or before is after:
        return after
    shown = before.copy()
    moved = (before[:, [X, Y, YAW]] != after[:, [X, Y, YAW]]).any(axis=1)
    places = turned(before[moved][:, [X, Y, YAW]], after[moved][:, [X, Y, YAW]], progress)
    shown[np.ix_(moved, [X, Y, YAW])] = places
    walkers = [index for index, kind in enumerate(KINDS.values()) if kind.walks]
    walking = np.isin(before[:, KIND], walkers) & (before[:, STATE] >= 0) & (after[:, STATE] >= 0)
    step = (after[walking, STATE] - before[walking, STATE] + 0.5) % 1.0 - 0.5  # backwards too: a phase is a place
    shown[walking, STATE] = (before[walking, STATE] + progress * step) % 1.0
    return shown


def emptied(objects: NDArray[np.float32], row: int) -> NDArray[np.float32]:
    """A copy of objects (M, 9) with that row empty."""
    left = objects.copy()
    left[row, KIND] = -1
    return left


def _shown(objects: NDArray[np.float32], shot: Shot) -> NDArray[np.float32]:
    """Of the objects (M, 9), those that the shot shows."""
    left_out = shot.status.culprit
    return emptied(objects, left_out.row) if shot.settings.without and left_out else objects


def _mark(picture: Picture, objects: NDArray[np.float32], eye: mark.Eye, shot: Shot) -> None:
    """Mark the cause object where it is now, or where it was left out."""
    marked, settings = shot.status.culprit, shot.settings
    if marked and (settings.mark or settings.without):
        mark.draw(picture, mark.frame_of(objects[marked.row], eye), gone=settings.without)
