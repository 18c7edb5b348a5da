"""One simulated world as a source."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.instant import Instants
from sim.kinds import CAUSES, KINDS
from sim.metrics import driving_score
from sim.policy import DRIVING, Observation, PolicySpec
from sim.scenario import SCENARIOS, Scenario, name_of
from sim.scene import KIND, LENGTH, WIDTH, YAW, X, Y
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE, Simulator
from sim.theme import Theme, load_theme, resolve, theme_names
from sim.vehicle import CONTROL_STEP, EGO_LENGTH, STEERING_ANGLE
from sim.view import world_end, world_views
from sim.view.actions import AGAIN, NEXT_SCENARIO, NEXT_THEME, NEXT_TRACK
from sim.view.chase import trail
from sim.view.moment import Culprit, Status
from sim.view.road import Road, road_of
from sim.view.source import End, Labels, View, Whereabouts
from sim.view.world_end import CRASH, ROAD_LEFT, ROUTE_DONE, TIME_LIMIT
from sim.world import ENDINGS, off_road_share, route_completion

START = "town"
"""The scenario in which people begin: there is something to see from the first seconds on."""

_ROW = np.array([0])


class WorldSource:
    """One simulated world. An instant is `world_views.WorldInstant`."""

    rate = Fraction(round(1 / CONTROL_STEP))
    pictures_per_step = 3
    observes = Simulator.observes
    actions = DRIVING

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
        self._studio = world_views.Studio(self.simulator)
        self._instant: world_views.WorldInstant
        self.begin(seed)

    @property
    def frame_size(self) -> tuple[int, int]:
        """(height, width) of the policy's frames."""
        return self.simulator.frame_size

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
        return {name: partial(view, self._studio) for name, view in world_views.VIEWS.items()}

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """The same road again, another road, scenario and theme."""
        return {
            AGAIN: self.again,
            NEXT_TRACK: self.next_track,
            NEXT_SCENARIO: self.next_scenario,
            NEXT_THEME: self.next_theme,
        }

    def fit(self, spec: PolicySpec) -> None:
        """Give the policy the camera that it was trained with."""
        self.simulator.use_camera(spec.frame_size, spec.view_angle(FIELD_OF_VIEW))

    def instant(self) -> world_views.WorldInstant:
        """This moment of the world, and where the chase camera looks."""
        return self._instant

    def observe(self, instant: world_views.WorldInstant) -> Observation:
        """What the policy is given."""
        return self.simulator.observe_at(instant.world, objects=instant.objects[None])

    def truth(self, instant: world_views.WorldInstant) -> Instants:
        """All of it, and what the expert would do."""
        return instant.world

    def without(self, instant: world_views.WorldInstant, row: int) -> world_views.WorldInstant:
        """The world without that object; without a road user, the expert decides anew."""
        actor = row if row < instant.world.actors.shape[1] else -1
        world = self.simulator.without(instant.world, np.array([actor]))
        return replace(instant, world=world, objects=world_views.emptied(instant.objects, row))

    def whereabouts(
        self, before: world_views.WorldInstant, after: world_views.WorldInstant, progress: float
    ) -> Whereabouts:
        """The car and all objects on the way between two control steps."""
        way = world_views.between(before, after, progress)
        return Whereabouts(way.pose, way.objects)

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """One control step; "route done", "crash", "road left" or "time limit" when that ended the episode.

        Driving into a house is a crash too: the world itself lets cars through, and ends a drive a little later.
        """
        self.simulator.step(action)
        world = self.simulator.instants(_ROW)
        self._instant = self._seen(world, trail(self._instant.camera_yaw, float(world.pose[0, 2]), CONTROL_STEP))
        ending = ENDINGS[world.ending[0]]
        if ending in ("", ROAD_LEFT) and world_end.hit(self._instant.objects, world.pose[0]) is not None:
            return CRASH
        return ending or None

    def end(self, before: world_views.WorldInstant, after: world_views.WorldInstant, ending: str) -> End:
        """What happened, with whom, and how fast."""
        world, summary, seconds = after.world, self.simulator.outcome(0), world_end.seconds_of(after.world)
        if ending == CRASH:
            names = self.simulator.world.infraction_names
            row = world_end.touched(before.world, world, after.objects, names)
            row = world_end.hit(after.objects, world.pose[0]) if row is None else row
            name = "thing" if row is None else world_end.thing(world, after.objects, row)
            return world_end.crash(float(world.speed[0]), name, row)
        if ending == ROUTE_DONE:
            return world_end.done(summary, seconds)
        if ending == TIME_LIMIT:
            return world_end.time_over(summary, seconds)
        return world_end.road_left(float(world.figure("d")[0]), float(world.speed[0]))

    def labels(self, instant: world_views.WorldInstant) -> Labels:
        """What each pixel of the policy's frame shows."""
        camera = self.simulator.display(*self.frame_size)
        frames = self.simulator.draw(instant.world, camera, objects=instant.objects[None], truth=True)
        assert frames.segmentation is not None
        assert frames.instance is not None
        assert frames.depth is not None
        return Labels(frames.segmentation[0], frames.instance[0], frames.depth[0])

    def status(self, instant: world_views.WorldInstant) -> Status:
        """Speed, pose, the expert's cause, how the drive goes, and the names of theme, scenario and seed."""
        world, route = instant.world, self.simulator.world
        labels = {"theme": str(world.theme[0]), "scenario": self._scenario, "seed": str(world.seed[0])}
        x, y, yaw = world.pose[0].tolist()
        counts = dict(zip(route.infraction_names, map(int, world.infractions[0]), strict=True))
        distance, off_road = world.figure("distance"), world.figure("off_road_distance")
        so_far: dict[str, Any] = {
            "route_completion": float(route_completion(distance, route.route_length)[0]),
            "off_road_share": float(off_road_share(off_road, distance)[0]),
            "infractions": counts,
        }
        return Status(
            speed=float(world.speed[0]),
            labels=labels,
            pose=(x, y, yaw),
            cause=CAUSES[world.cause[0]],
            culprit=culprit(instant.objects, int(world.culprit[0]), world.pose[0]),
            steering_angle=float(world.vehicle[0, STEERING_ANGLE]),
            completion=so_far["route_completion"],
            score=driving_score(so_far),
            infractions={name: count for name, count in counts.items() if count},
            objects=instant.objects,
        )

    def begin(self, seed: int, theme: str | Theme | None = None) -> None:
        """Begin the episode of this seed, in this theme from now on, if one is named."""
        if theme is not None:
            self.simulator.themes = resolve(theme)
        self.simulator.reset(_ROW, [seed])
        self._arrive()

    def fork(self, instant: world_views.WorldInstant) -> "WorldSource":
        """The same world once more, at that instant."""
        mine = self.simulator
        other = WorldSource(mine.world.scenario, mine.themes[0], int(instant.world.seed[0]))
        other.simulator.themes = mine.themes
        other.simulator.use_camera(mine.frame_size, mine.field_of_view)
        other.simulator.restore(instant.world)
        other._instant, other._scenario = instant, self._scenario
        return other

    @property
    def scenario(self) -> str:
        """Its name."""
        return self._scenario

    def go_ahead(self, seconds: float) -> None:
        """Let the expert drive for so long, unless the episode ends before."""
        for _ in range(round(seconds * self.rate)):
            if self.apply(self._instant.world.expert_action):
                return

    @property
    def seed(self) -> int:
        """Of this episode."""
        return int(self.simulator.seeds[0])

    def again(self) -> None:
        """Begin this episode again."""
        self.begin(self.seed)

    def next_track(self) -> None:
        """Begin the episode of the next seed."""
        self.begin(self.seed + 1)

    def next_scenario(self) -> None:
        """Begin in the next of the shipped scenarios, with the same seed and themes."""
        names, now = tuple(SCENARIOS), self._scenario
        self.go_to(names[(names.index(now) + 1) % len(names)] if now in names else names[0])

    def go_to(self, scenario: str | Scenario) -> None:
        """Begin the episode of this seed in another scenario."""
        before = self.simulator
        self.simulator = Simulator(1, scenario, before.themes[0], before.frame_size, before.field_of_view)
        self.simulator.themes = before.themes
        self._scenario, self._studio = name_of(scenario), world_views.Studio(self.simulator)
        self.begin(int(before.seeds[0]))

    def next_theme(self) -> None:
        """The next of all themes, here and on the tracks that follow. The drive goes on where it is."""
        names, now = theme_names(), self.simulator.theme_names[0]
        name = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        self.simulator.set_theme(_ROW, load_theme(name))
        self._instant = self._seen(self.simulator.instants(_ROW), self._instant.camera_yaw)

    def _arrive(self) -> None:
        """At the start of an episode."""
        world = self.simulator.instants(_ROW)
        self._instant = self._seen(world, float(world.pose[0, 2]))
        self._road = road_of(self.simulator.world, 0)

    def _seen(self, world: Instants, camera_yaw: float) -> world_views.WorldInstant:
        return world_views.WorldInstant(world, self.simulator.objects(world)[0], camera_yaw)


def culprit(objects: NDArray[np.float32], row: int, pose: NDArray[np.float64]) -> Culprit | None:
    """The object in that row (-1: none) of objects (M, 9), as seen from a car at `pose` (3,)."""
    if row < 0:
        return None
    thing = objects[row].astype(float)
    front = vehicle_to_world(EGO_LENGTH / 2, 0.0, *pose.tolist())
    along, across = world_to_vehicle(*front, thing[X], thing[Y], thing[YAW])
    apart = max(abs(along) - thing[LENGTH] / 2, 0.0), max(abs(across) - thing[WIDTH] / 2, 0.0)
    return Culprit(row, KINDS.names[int(thing[KIND])], math.hypot(*apart), (float(thing[X]), float(thing[Y])))
