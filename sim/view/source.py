"""Where pictures come from and actions go. The window knows a Source, never an environment."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from threading import local
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.geometry import vehicle_to_world, world_to_vehicle, wrap_angle
from sim.kinds import CAUSES, KINDS
from sim.metrics import penalty
from sim.policy import Attention, Observation, PolicySpec
from sim.scenario import Scenario, name_of
from sim.scenario.actors import NONE, ROLE
from sim.scene import KIND, LENGTH, STATE, WIDTH, YAW, X, Y
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE, KEPT_SIZES, Simulator
from sim.theme import Theme, load_theme, resolve, sample_look, theme_names
from sim.vehicle import CONTROL_STEP, EGO_LENGTH, SPEED, STEERING_ANGLE
from sim.view import mark
from sim.view.actions import NEXT_THEME, NEXT_TRACK
from sim.view.bonnet import draw_bonnet
from sim.view.chase import Chase, chase_eye, trail
from sim.view.overlay import Overwritten, lay_over, redden
from sim.view.road import Road, road_of
from sim.world import ENDINGS, spawn_streams

_ROW = np.array([0])


class Culprit(NamedTuple):
    """The object that binds the expert.

    row: of the world's objects; its instance id in pictures is row + 1. kind: one of `sim.kinds.KINDS`.
    distance: metres from the middle of the car's front to its outline. place: x, y in metres.
    """

    row: int
    kind: str
    distance: float
    place: tuple[float, float]


class Instant(NamedTuple):
    """Where everything is. pose: (3,) x, y, yaw of the car. objects: (M, 9), see `sim.scene`."""

    pose: NDArray[np.float64]
    objects: NDArray[np.float32]


@dataclass(frozen=True)
class Status:
    """What a source knows of this instant; None where it cannot know.

    speed: m/s. labels: name -> text. pose: x, y (m) and yaw (rad). cause: what binds the expert, one of
    `sim.kinds.CAUSES`; culprit: the object that does, None where none does. steering_angle: rad at the front wheels, +
    left. completion: share of the route, and score: the driving score so far, both in [0, 1]. infractions: name ->
    count of those that occurred. objects: (M, 9), see `sim.scene`.
    """

    speed: float | None
    labels: Mapping[str, str]
    pose: tuple[float, float, float] | None = None
    cause: str | None = None
    culprit: Culprit | None = None
    steering_angle: float | None = None
    completion: float | None = None
    score: float | None = None
    infractions: Mapping[str, int] = field(default_factory=dict)
    objects: NDArray[np.float32] | None = None


class Shot(NamedTuple):
    """What a view is asked to draw.

    size: (height, width) in pixels. alpha: how far on the way from before the last control step (0) to after it (1).
    attention: the map to show in red, a batch of one; None for no red. action: (A,) and status: of the moment when the
    map was made. raw: soft maps as raw cells, too (a selection always is). overwritten: what of the policy's frame was.
    mark: whether to mark the status's culprit. without: whether to leave it out.
    """

    size: tuple[int, int]
    alpha: float
    attention: Attention | None
    action: NDArray[np.float32]
    status: Status
    raw: bool = False
    overwritten: Overwritten | None = None
    mark: bool = False
    without: bool = False


View = Callable[[Shot], NDArray[np.uint8]]
"""A way to look at a source: a picture (*shot.size, 3) for a person. May be called in several threads; the next picture
of that size that a thread draws overwrites its last."""


class Studio(local):
    """What a thread draws with again and again; each has its own. canvas: arrays (*size, 3) by size: fresh ones cost
    more than what is drawn on them. behind: the chase camera."""

    def __init__(self) -> None:
        self.canvas = lru_cache(maxsize=KEPT_SIZES)(lambda size: np.empty((*size, 3), np.uint8))
        self.behind = Chase()


def finish(picture: NDArray[np.uint8], shot: Shot) -> None:
    """Paint what was overwritten, and the red, onto a view through the policy's own camera."""
    lay_over(picture, shot.overwritten)
    redden(picture, shot.attention, raw=shot.raw)


class Source(Protocol):
    """A stream of frames that actions may steer.

    rate: control steps a second. pictures_per_step: pictures shown a control step at ordinary speed. lens: of the
    camera whose frames the policy gets. road: None if unknown. observe_without: what `observe` gives without the object
    of that row; None where nothing can be left out.
    views: by name, the policy's own camera first. capabilities: what this source can do when asked, by action name;
    one whose episodes end and can begin again offers NEXT_TRACK.
    """

    @property
    def rate(self) -> Fraction: ...

    @property
    def pictures_per_step(self) -> int: ...

    @property
    def lens(self) -> Lens: ...

    @property
    def road(self) -> Road | None: ...

    @property
    def views(self) -> Mapping[str, View]: ...

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]: ...

    def fit(self, spec: PolicySpec) -> None:
        """From now on give the frames that this policy expects."""
        ...

    def observe(self) -> Observation:
        """The frame and speed to decide on, a batch of one."""
        ...

    @property
    def observe_without(self) -> Callable[[int], Observation] | None: ...

    def instant(self, alpha: float) -> Instant | None:
        """Where everything is, `alpha` of the way from before the last step (0) to after it (1); None if unknown."""
        ...

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """Take one control step with `action` (1, A); returns how the episode ended, None while it goes on."""
        ...

    def status(self) -> Status:
        """What is known of this instant."""
        ...


class WorldSource:
    """One simulated world.

    Poses between which pictures glide are (x, y, yaw of the car, yaw of the chase camera): metres and radians. The
    other road users glide between their places before and after the step.
    """

    rate = Fraction(round(1 / CONTROL_STEP))
    pictures_per_step = 3

    def __init__(
        self,
        scenario: str | Scenario = "open-road",
        theme: str | Theme = "train",
        seed: int = 0,
        frame_size: tuple[int, int] = FRAME_SIZE,
        field_of_view: float = FIELD_OF_VIEW,
    ) -> None:
        """Begins the episode of `seed`; see `sim.simulator.Simulator` for the rest. ValueError for unknown names."""
        self.simulator = Simulator(1, scenario, theme, frame_size, field_of_view)
        self._scenario = name_of(scenario)
        self._before = self._after = np.zeros(4)
        self._objects_before = self._objects_after = self.simulator.world.objects[0]
        self._studio = Studio()
        self.begin(seed)

    @property
    def lens(self) -> Lens:
        """Of the policy's camera."""
        return self.simulator.camera.lens

    @property
    def road(self) -> Road:
        """Centre line, paint and signals of this episode."""
        return self._road

    @property
    def views(self) -> Mapping[str, View]:
        """Through the policy's camera, the same over the car's bonnet, and from behind the car."""
        return {"camera": self._camera, "driver": self._driver, "chase": self._chase}

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """A next track and a next theme."""
        return {NEXT_TRACK: self.next_track, NEXT_THEME: self.next_theme}

    def fit(self, spec: PolicySpec) -> None:
        """Give the policy the camera that it was trained with."""
        self.simulator.use_camera(spec.frame_size, spec.view_angle(FIELD_OF_VIEW))

    def observe(self) -> Observation:
        """What the policy is given."""
        return self.simulator.observe()

    def observe_without(self, row: int) -> Observation:
        """What it would be given if that object were not there."""
        return self.simulator.observe(objects=without(self._objects_after, row)[None])

    def instant(self, alpha: float) -> Instant:
        """The car and all objects on the way between two control steps."""
        objects = glide(self._objects_before, self._objects_after, alpha)
        return Instant(between(self._before, self._after, alpha)[:3], objects)

    def expert(self, without: int | None = None) -> NDArray[np.float32]:
        """What the privileged driver would do now, (1, 2), or would if the object of that row were not there."""
        actors = self.simulator.world.actors[:1].copy()
        if without is not None:
            actors[0, without, ROLE] = NONE
        return self.simulator.expert(actors=actors)[0]

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """One control step; "route done", "crash", "road left" or "time limit" when that ended the episode."""
        self._before, self._objects_before = self._after, self._objects_after
        self.simulator.step(action)
        pose = self.simulator.world.poses()[0]
        camera_yaw = trail(self._before[3], pose[2], CONTROL_STEP)
        self._after, self._objects_after = np.append(pose, camera_yaw), self.simulator.world.objects[0].copy()
        return self._ending()

    def _camera(self, shot: Shot, *, bonnet: bool = False) -> NDArray[np.uint8]:
        """The policy's view at any size, from a pose between those before and after the last control step."""
        pose, objects = self.instant(shot.alpha)
        shown = _shown(objects, shot)
        picture = self.simulator.picture(0, *shot.size, pose, self._studio.canvas(shot.size), objects=shown)
        if bonnet:
            draw_bonnet(picture, self.simulator.looks[0])
        finish(picture, shot)
        lens = replace(self.lens, height=shot.size[0], width=shot.size[1])
        _mark(picture, objects, mark.eye_of(lens, pose), shot)
        return picture

    def _driver(self, shot: Shot) -> NDArray[np.uint8]:
        """The same over the car's bonnet, which the policy's frame never shows; red lies on it where red lies."""
        return self._camera(shot, bonnet=True)

    def _chase(self, shot: Shot) -> NDArray[np.uint8]:
        """From behind and above the car; the red falls from where the policy's camera was when it took its frame."""
        pose, objects = self.instant(shot.alpha)
        camera_yaw = float(between(self._before, self._after, shot.alpha)[3])
        picture = self._studio.behind.picture(
            self.simulator,
            0,
            shot.size,
            pose,
            attention=shot.attention,
            eye_pose=np.array(shot.status.pose),
            lens=self.lens,
            steer_angle=shot.status.steering_angle or 0.0,
            brake=max(0.0, -float(shot.action[1])),
            camera_yaw=camera_yaw,
            objects=_shown(objects, shot),
        )
        _mark(picture, objects, chase_eye(shot.size, pose, camera_yaw), shot)
        return picture

    def status(self) -> Status:
        """Speed, pose, what binds the expert, how the drive goes, and the names of theme, scenario and seed."""
        world = self.simulator.world
        labels = {"theme": self.simulator.theme_names[0], "scenario": self._scenario, "seed": str(self.seed)}
        x, y, yaw = world.poses()[0].tolist()
        _, causes, rows = self.simulator.expert()
        counts = {
            name: int(count) for name, count in zip(world.infraction_names, world.infractions[0], strict=True) if count
        }
        off_road = min(1.0, world.off_road_distance[0] / max(world.distance[0], 1e-9))
        completion = float(world.route_completion[0])
        return Status(
            speed=float(world.vehicle[0, SPEED]),
            labels=labels,
            pose=(x, y, yaw),
            cause=CAUSES[causes[0]],
            culprit=culprit(self._objects_after, int(rows[0]), np.array([x, y, yaw])),
            steering_angle=float(world.vehicle[0, STEERING_ANGLE]),
            completion=completion,
            score=completion * penalty(counts) * (1 - float(off_road)),
            infractions=counts,
            objects=self._objects_after,
        )

    def begin(self, seed: int, theme: str | Theme | None = None) -> None:
        """Begin the episode of this seed, in this theme from now on, if one is named."""
        if theme is not None:
            self.simulator.themes = resolve(theme)
        self.seed = seed
        self.simulator.reset(_ROW, [seed])
        pose = self.simulator.world.poses()[0]
        self._before = self._after = np.append(pose, pose[2])
        self._objects_before = self._objects_after = self.simulator.world.objects[0].copy()
        self._road = road_of(self.simulator.world, 0)

    def next_track(self) -> None:
        """Begin the episode of the next seed."""
        self.begin(self.seed + 1)

    def next_theme(self) -> None:
        """The next of all themes, here and on the tracks that follow. The drive goes on where it is."""
        names, now = theme_names(), self.simulator.theme_names[0]
        name = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        self.simulator.themes = (load_theme(name),)
        self.simulator.theme_names[0] = name
        looks = spawn_streams(np.random.SeedSequence(self.seed)).looks
        self.simulator.looks[0] = sample_look(self.simulator.themes[0], looks)

    def _ending(self) -> str | None:
        return ENDINGS[self.simulator.world.endings[0]] or None


def culprit(objects: NDArray[np.float32], row: int, pose: NDArray[np.float64]) -> Culprit | None:
    """The object in that row (-1: none) of objects (M, 9), as seen from a car at `pose` (3,)."""
    if row < 0:
        return None
    thing = objects[row].astype(float)
    front = vehicle_to_world(EGO_LENGTH / 2, 0.0, *pose.tolist())
    along, across = world_to_vehicle(*front, thing[X], thing[Y], thing[YAW])
    apart = max(abs(along) - thing[LENGTH] / 2, 0.0), max(abs(across) - thing[WIDTH] / 2, 0.0)
    return Culprit(row, KINDS.names[int(thing[KIND])], math.hypot(*apart), (float(thing[X]), float(thing[Y])))


def without(objects: NDArray[np.float32], row: int) -> NDArray[np.float32]:
    """A copy of objects (M, 9) with that row empty."""
    left = objects.copy()
    left[row, KIND] = -1
    return left


def glide(before: NDArray[np.float32], after: NDArray[np.float32], alpha: float) -> NDArray[np.float32]:
    """Objects (M, 9) `alpha` of the way from `before` to `after`: places and yaws, and the phase of a walk.

    What switches (lamps, phases of a traffic light) switches at the end of the way.
    """
    if alpha >= 1.0 or before is after:
        return after
    shown = before.copy()
    moved = (before[:, [X, Y, YAW]] != after[:, [X, Y, YAW]]).any(axis=1)
    places = between(before[moved][:, [X, Y, YAW]], after[moved][:, [X, Y, YAW]], alpha)
    shown[np.ix_(moved, [X, Y, YAW])] = places
    walkers = [index for index, kind in enumerate(KINDS.values()) if kind.walks]
    walking = np.isin(before[:, KIND], walkers) & (before[:, STATE] >= 0) & (after[:, STATE] >= 0)
    step = (after[walking, STATE] - before[walking, STATE] + 0.5) % 1.0 - 0.5  # backwards too: a phase is a place
    shown[walking, STATE] = (before[walking, STATE] + alpha * step) % 1.0
    return shown


def _shown(objects: NDArray[np.float32], shot: Shot) -> NDArray[np.float32]:
    """Of the objects (M, 9), those that the shot shows."""
    left_out = shot.status.culprit
    return without(objects, left_out.row) if shot.without and left_out else objects


def _mark(picture: NDArray[np.uint8], objects: NDArray[np.float32], eye: mark.Eye, shot: Shot) -> None:
    """Mark the culprit where it is now, or where it was left out."""
    marked = shot.status.culprit
    if marked and (shot.mark or shot.without):
        mark.draw(picture, mark.frame_of(objects[marked.row], eye), gone=shot.without)


def between(before: NDArray[np.float64], after: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Poses (..., n) as x, y, one or more yaws, `alpha` of the way from `before` to `after`, turning the short way."""
    change = np.asarray(after - before, np.float64)
    change[..., 2:] = wrap_angle(change[..., 2:])
    return before + alpha * change
