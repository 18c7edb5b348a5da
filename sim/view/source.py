"""Where pictures come from and actions go. The window knows a Source, never an environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.expert import CAUSES
from sim.geometry import wrap_angle
from sim.policy import Attention, Observation, PolicySpec
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE, KEPT_SIZES, Simulator
from sim.theme import load_theme, resolve, sample_look, theme_names
from sim.vehicle import CONTROL_STEP, SPEED, STEERING_ANGLE
from sim.view.actions import NEXT_THEME, NEXT_TRACK
from sim.view.chase import Chase, trail
from sim.view.overlay import Overwritten, lay_over, redden
from sim.world import Outcome, spawn_streams

_ROW = np.array([0])


@dataclass(frozen=True)
class Status:
    """What a source knows of this instant; None where it cannot know.

    speed: m/s. labels: name -> text. pose: x, y (m) and yaw (rad). cause: what binds the expert, one of
    `sim.expert.CAUSES`. steering_angle: rad at the front wheels, + left. completion: share of the route, in [0, 1].
    """

    speed: float | None
    labels: Mapping[str, str]
    pose: tuple[float, float, float] | None = None
    cause: str | None = None
    steering_angle: float | None = None
    completion: float | None = None


class Shot(NamedTuple):
    """What a view is asked to draw.

    size: (height, width) in pixels. alpha: how far on the way from before the last control step (0) to after it (1).
    attention: the map to show in red, a batch of one; None for no red. action: (A,) and status: of the moment when the
    map was made. raw: soft maps as raw cells, too (a selection always is). overwritten: what of the policy's frame was.
    """

    size: tuple[int, int]
    alpha: float
    attention: Attention | None
    action: NDArray[np.float32]
    status: Status
    raw: bool = False
    overwritten: Overwritten | None = None


View = Callable[[Shot], NDArray[np.uint8]]
"""A way to look at a source: a picture (*shot.size, 3) for a person. The next picture of that size overwrites it."""


def canvases() -> Callable[[tuple[int, int]], NDArray[np.uint8]]:
    """Arrays (*size, 3) to draw on again and again: fresh ones cost more than what is drawn on them."""
    return lru_cache(maxsize=KEPT_SIZES)(lambda size: np.empty((*size, 3), np.uint8))


def finish(picture: NDArray[np.uint8], shot: Shot) -> None:
    """Paint what was overwritten, and the red, onto a view through the policy's own camera."""
    lay_over(picture, shot.overwritten)
    redden(picture, shot.attention, raw=shot.raw)


class Source(Protocol):
    """A stream of frames that actions may steer.

    rate: control steps a second. pictures_per_step: pictures shown a control step at ordinary speed. lens: of the
    camera whose frames the policy gets. route: (n, 2) closed centre line of the road in metres, None if unknown.
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
    def route(self) -> NDArray[np.float64] | None: ...

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

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """Take one control step with `action` (1, A); returns how the episode ended, None while it goes on."""
        ...

    def status(self) -> Status:
        """What is known of this instant."""
        ...


class WorldSource:
    """One simulated world.

    Poses between which pictures glide are (x, y, yaw of the car, yaw of the chase camera): metres and radians.
    """

    rate = Fraction(round(1 / CONTROL_STEP))
    pictures_per_step = 3

    def __init__(
        self,
        scenario: str = "open-road",
        theme: str = "train",
        seed: int = 0,
        frame_size: tuple[int, int] = FRAME_SIZE,
        field_of_view: float = FIELD_OF_VIEW,
    ) -> None:
        """Begins the episode of `seed`; see `sim.simulator.Simulator` for the rest. ValueError for unknown names."""
        self.simulator = Simulator(1, scenario, theme, frame_size, field_of_view)
        self._scenario = scenario
        self._before = self._after = np.zeros(4)
        self._behind = Chase()
        self._canvas = canvases()
        self.begin(seed)

    @property
    def lens(self) -> Lens:
        """Of the policy's camera."""
        return self.simulator.camera.lens

    @property
    def route(self) -> NDArray[np.float64]:
        """The road's centre line, (n, 2) metres."""
        tracks = self.simulator.world.tracks
        return tracks.points[0, : tracks.count[0]]

    @property
    def views(self) -> Mapping[str, View]:
        """Through the policy's camera, and from behind the car."""
        return {"camera": self._camera, "chase": self._chase}

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """A next track and a next theme."""
        return {NEXT_TRACK: self.next_track, NEXT_THEME: self.next_theme}

    def fit(self, spec: PolicySpec) -> None:
        """Give the policy the camera that it was trained with."""
        self.simulator.use_camera(spec.frame_size, spec.field_of_view)

    def observe(self) -> Observation:
        """What the policy is given."""
        return self.simulator.observe()

    def expert(self) -> NDArray[np.float32]:
        """What the privileged driver would do now, (1, 2)."""
        return self.simulator.expert()[0]

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """One control step; "route done", "road left" or "time limit" when that ended the episode."""
        self._before = self._after
        outcome = self.simulator.step(action)
        pose = self.simulator.world.poses()[0]
        camera_yaw = trail(self._before[3], pose[2], CONTROL_STEP)
        self._after = np.append(pose, camera_yaw)
        return self._ending(outcome)

    def _camera(self, shot: Shot) -> NDArray[np.uint8]:
        """The policy's view at any size, from a pose between those before and after the last control step."""
        pose = between(self._before, self._after, shot.alpha)[:3]
        picture = self.simulator.picture(0, *shot.size, pose, self._canvas(shot.size))
        finish(picture, shot)
        return picture

    def _chase(self, shot: Shot) -> NDArray[np.uint8]:
        """From behind and above the car; the red falls from where the policy's camera was when it took its frame."""
        *pose, camera_yaw = between(self._before, self._after, shot.alpha)
        return self._behind.picture(
            self.simulator,
            0,
            shot.size,
            np.array(pose),
            attention=shot.attention,
            eye_pose=np.array(shot.status.pose),
            lens=self.lens,
            steer_angle=shot.status.steering_angle or 0.0,
            brake=max(0.0, -float(shot.action[1])),
            camera_yaw=float(camera_yaw),
        )

    def status(self) -> Status:
        """Speed, pose, cause, and the names of theme, scenario and seed."""
        world = self.simulator.world
        labels = {"theme": self.simulator.theme_names[0], "scenario": self._scenario, "seed": str(self.seed)}
        x, y, yaw = world.poses()[0].tolist()
        return Status(
            speed=float(world.vehicle[0, SPEED]),
            labels=labels,
            pose=(x, y, yaw),
            cause=CAUSES[self.simulator.expert()[1][0]],
            steering_angle=float(world.vehicle[0, STEERING_ANGLE]),
            completion=float(world.route_completion[0]),
        )

    def begin(self, seed: int, theme: str | None = None) -> None:
        """Begin the episode of this seed, in this theme from now on, if one is named."""
        if theme is not None:
            self.simulator.themes = resolve(theme)
        self.seed = seed
        self.simulator.reset(_ROW, [seed])
        pose = self.simulator.world.poses()[0]
        self._before = self._after = np.append(pose, pose[2])

    def next_track(self) -> None:
        """Begin the episode of the next seed."""
        self.begin(self.seed + 1)

    def next_theme(self) -> None:
        """The next of all themes, here and on the tracks that follow. The drive goes on where it is."""
        names = theme_names()
        name = names[(names.index(self.simulator.theme_names[0]) + 1) % len(names)]
        self.simulator.themes = (load_theme(name),)
        self.simulator.theme_names[0] = name
        looks = spawn_streams(np.random.SeedSequence(self.seed)).looks
        self.simulator.looks[0] = sample_look(self.simulator.themes[0], looks)

    def _ending(self, outcome: Outcome) -> str | None:
        if self.simulator.world.route_completion[0] >= 1.0:
            return "route done"
        return "road left" if outcome.terminated[0] else "time limit" if outcome.truncated[0] else None


def between(before: NDArray[np.float64], after: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """The pose (x, y, one or more yaws) `alpha` of the way from `before` to `after`, turning the short way round."""
    change = after - before
    change[2:] = wrap_angle(change[2:])
    return before + alpha * change
