"""What lives on the road: properties of any world, answers worked out by hand, forks."""

import itertools
import math
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sim.scenario import SCENARIOS, Crossings, Lights, Scenario, Vehicles
from sim.scenario.actors import (
    ACCELERATION,
    AMBER,
    CONE,
    CROSSING,
    GREEN,
    HEADING,
    LENGTH,
    LIGHT,
    MODE,
    NONE,
    PARKED,
    PEDESTRIAN,
    PLACE,
    RED,
    ROLE,
    SPEED,
    TIMER,
    VEHICLE,
    WAITING,
    WIDTH,
    WISH,
    D,
    S,
    hashed,
)  # fmt: skip
from sim.scenario.people import CROSSING_EDGE
from sim.scenario.vehicles import BRAKING, COMFORTABLE, HEADWAY, STANDSTILL_GAP, idm
from sim.simulator import Simulator
from sim.theme import theme_names
from sim.track import LANE_CENTRE, to_world
from sim.vehicle import CONTROL_STEP, EGO_LENGTH, EGO_WIDTH
from sim.vehicle import SPEED as EGO_SPEED
from sim.world import World

NAMES = [*SCENARIOS]
SEEDS = st.integers(0, 2**63 - 1)
HELD = 4
"""Control steps that each action of a drawn sequence is held."""

ACTIONS = arrays(np.float32, (25, 2), elements=st.floats(-1, 1, width=32))
STILL = np.zeros((1, 2), np.float32)
FREE = 1e9


def world_of(scenario: str | Scenario, *seeds: int) -> World:
    made = World(len(seeds), scenario)
    made.reset(np.arange(len(seeds)), [np.random.SeedSequence(seed) for seed in seeds])
    return made


def corners(x: float, y: float, yaw: float, length: float, width: float) -> NDArray[np.float64]:
    """(4, 2) of a rectangle."""
    ahead, left = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
    return np.array([[x, y] + a * length / 2 * ahead + b * width / 2 * left for a in (1, -1) for b in (1, -1)])


def apart(one: NDArray, other: NDArray) -> bool:
    """Whether two rectangles have a side of either of them between them."""
    for shape in (one, other):
        for axis in (shape[0] - shape[1], shape[0] - shape[2]):
            a, b = one @ axis, other @ axis
            if a.max() <= b.min() or b.max() <= a.min():
                return True
    return False


def outlines(world: World, row: int) -> list[NDArray[np.float64]]:
    """The ego and all actors on the ground; of a light its post."""
    drawn = [corners(*world.poses()[row], EGO_LENGTH, EGO_WIDTH)]
    for actor, thing in zip(world.actors[row], world.objects[row].astype(float), strict=False):
        if actor[ROLE] != NONE:
            size = (0.2, 0.2) if actor[ROLE] == LIGHT else (actor[LENGTH], actor[WIDTH])
            drawn.append(corners(thing[0], thing[1], thing[6], *size))
    return drawn


def drive(world: World, script: NDArray[np.float32]) -> list[dict[str, NDArray]]:
    """The state after each step of a script (steps, n, 2), held HELD times; worlds that have ended stand still."""
    told = []
    for action in np.repeat(script, HELD, axis=0):
        rows = np.flatnonzero(~world.ended)
        if len(rows):
            world.step(action[rows], rows)
        told.append({name: getattr(world, name).copy() for name in ("actors", "objects", "vehicle", "s", "d", "cost")})
    return told


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), SEEDS)
def test_nobody_begins_inside_another(name: str, seed: int) -> None:
    for one, other in itertools.combinations(outlines(world_of(name, seed), 0), 2):
        assert apart(one, other)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), SEEDS, ACTIONS)
def test_whatever_the_ego_does_the_others_keep_their_bounds(name: str, seed: int, script: NDArray) -> None:
    world = world_of(name, seed)
    before = world.actors.copy()
    for told in drive(world, script[:, None]):
        after = told["actors"]
        assert all(np.isfinite(array).all() for array in told.values())
        vehicles, lights = after[..., ROLE] == VEHICLE, after[..., ROLE] == LIGHT
        assert ((after[vehicles][:, SPEED] >= 0) & (after[vehicles][:, SPEED] <= 16)).all()
        assert ((after[vehicles][:, ACCELERATION] >= -8.001) & (after[vehicles][:, ACCELERATION] <= 2.501)).all()
        change = np.abs(after[..., SPEED] - before[..., SPEED])[vehicles]
        assert (change <= 8.001 * CONTROL_STEP).all(), "what is told is what is done"
        assert (((after[..., MODE] - before[..., MODE]) % 3)[lights] <= 1).all(), "green, amber, red, green"
        assert ((after[..., S] >= 0) & (after[..., S] < world.route_length[:, None])).all()
        before = after


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.lists(SEEDS, min_size=3, max_size=3, unique=True), st.tuples(*[ACTIONS] * 3))
def test_a_batch_is_so_many_batches_of_one(name: str, seeds: list[int], scripts: tuple[NDArray, ...]) -> None:
    together = drive(world_of(name, *seeds), np.stack(scripts, axis=1))
    for row, (seed, script) in enumerate(zip(seeds, scripts, strict=True)):
        for one, all_three in zip(drive(world_of(name, seed), script[:, None]), together, strict=True):
            for column in one:
                assert (one[column][0] == all_three[column][row]).all()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.sampled_from(theme_names()), SEEDS)
def test_the_light_changes_nothing_that_lives(name: str, theme: str, seed: int) -> None:
    simulator = Simulator(1, name, theme, frame_size=(18, 32))
    simulator.reset(np.array([0]), [seed])
    plain = world_of(name, seed)
    for _ in range(20):
        simulator.step(STILL)
        frame = simulator.observe()["frame"]
        plain.step(STILL)
    assert frame.std() > 0
    assert (simulator.world.actors == plain.actors).all()
    assert (simulator.world.objects == plain.objects).all()


def test_idm_keeps_its_equilibrium_gap() -> None:
    """At v = 10, wish 20: (2 + 10 x 1.4) / sqrt(1 - (10 / 20)^4) = 16 / sqrt(15 / 16) = 16.5247 m behind its like."""
    assert (STANDSTILL_GAP, HEADWAY) == (2.0, 1.4)
    assert idm(10.0, 20.0, 16.0 / math.sqrt(15 / 16), 10.0) == pytest.approx(0.0, abs=1e-12)
    assert idm(10.0, 20.0, 16.0, 10.0) < 0 < idm(10.0, 20.0, 17.0, 10.0)


def test_idm_on_a_free_road() -> None:
    """At half its wish 15/16 of the acceleration, at its wish none, from rest all of it."""
    assert (COMFORTABLE, BRAKING) == (1.5, 2.0)
    assert idm(0.0, 12.0, FREE, 0.0) == pytest.approx(1.5)
    assert idm(6.0, 12.0, FREE, 6.0) == pytest.approx(1.5 * 15 / 16)
    assert idm(12.0, 12.0, FREE, 12.0) == pytest.approx(0.0, abs=1e-9)


def test_idm_brakes_for_who_stands() -> None:
    """v = 10, gap 20 to a standing car: s* = 2 + 14 + 100 / (2 sqrt 3) = 44.87, so 1.5 (1 - 2.243^2) with no wish."""
    wanted = 2 + 14 + 100 / (2 * math.sqrt(3))
    assert idm(10.0, 1e6, 20.0, 0.0) == pytest.approx(1.5 * (1 - (wanted / 20) ** 2))


def test_chance_is_even_and_hangs_on_all_it_is_given() -> None:
    drawn = np.array([hashed(0.3, step, 1) for step in range(4000)])
    assert ((drawn >= 0) & (drawn < 1)).all()
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(np.full(10, 400), abs=90)
    assert len({hashed(0.3, 5, 1), hashed(0.3, 5, 2), hashed(0.3, 6, 1), hashed(0.4, 5, 1)}) == 4


def test_a_lights_phases_last_what_they_should() -> None:
    world = World(1, Scenario((Lights(1),)), time_limit=1000.0)
    world.reset([0], [np.random.SeedSequence(3)])
    phases = []
    for _ in range(2400):
        world.vehicle[0, EGO_SPEED] = 0.0
        world.step(STILL)
        phases.append(int(world.actors[0, 0, MODE]))
    runs = [(phase, len([*group]) * CONTROL_STEP) for phase, group in itertools.groupby(phases)][1:-1]
    assert len(runs) > 12
    bounds = {GREEN: (8.0, 14.0), AMBER: (3.0, 3.0), RED: (5.0, 9.0)}
    for phase, seconds in runs:
        assert bounds[phase][0] - CONTROL_STEP <= seconds <= bounds[phase][1] + CONTROL_STEP
    assert len({seconds for phase, seconds in runs if phase == RED}) > 2, "drawn anew each time"


def crossing(ego_before: float, ego_speed: float) -> World:
    """One bold pedestrian who waits at the right kerb, and the ego so far before the zebra's middle."""
    world = World(1, Scenario((Crossings(1, people=1),)), time_limit=1000.0)
    world.reset([0], [np.random.SeedSequence(3)])
    person = world.actors[0, 0]
    person[D], person[HEADING], person[TIMER], person[WISH] = -CROSSING_EDGE, math.pi / 2, 0.0, 1.4
    person[-1] = 0.9
    x, y, heading = to_world(world.tracks, 0, person[PLACE] - ego_before, LANE_CENTRE)[:, 0]
    world.vehicle[0] = 0.0
    world.vehicle[0, [0, 1, 4, EGO_SPEED]] = x, y, heading, ego_speed
    world.s[0], world.d[0] = person[PLACE] - ego_before, LANE_CENTRE
    return world


def test_someone_crosses_at_walking_speed_while_the_ego_waits() -> None:
    """8.3 m from kerb to kerb at 1.4 m/s: 5.93 s, 119 control steps."""
    world = crossing(20.0 + EGO_LENGTH / 2 + 1.5, 0.0)
    modes = []
    for _ in range(150):
        world.step(np.array([[0.0, -1.0]]))
        modes.append(int(world.actors[0, 0, MODE]))
    assert modes.count(CROSSING) == 119
    assert modes[0] == CROSSING
    assert modes[-1] == WAITING
    assert world.actors[0, 0, D] == CROSSING_EDGE


@pytest.mark.parametrize(("speed", "goes"), [(7.0, True), (9.0, True), (12.0, False), (15.0, False)])
def test_nobody_steps_before_a_car_that_could_not_stop(speed: float, goes: bool) -> None:
    """28 m to the zebra's edge: 0.6 s and 2.5 m/s2 take 9 m/s 5.4 + 16.2 = 21.6 m, 12 m/s 7.2 + 28.8 = 36 m."""
    world = crossing(28.0 + EGO_LENGTH / 2 + 1.5 + speed * CONTROL_STEP, speed)
    world.step(STILL)
    assert (world.actors[0, 0, MODE] == CROSSING) == goes


def test_vehicles_follow_stop_and_never_pass_each_other() -> None:
    """A lap's worth of dense traffic: the order in a lane stays, and gaps stay open."""
    world = World(1, Scenario((Vehicles(along=8, oncoming=8),)), time_limit=1e4)
    world.reset([0], [np.random.SeedSequence(11)])
    brakes = 0
    for _ in range(1600):
        world.vehicle[0] = [1e3, 1e3, 0, 0, 0, 0, 0]  # nobody's concern
        world.s[0], world.d[0] = 0.0, 50.0
        world.ended[0] = False
        world.step(STILL)
        actors = world.actors[0]
        for lane in (actors[:, D] < 0, actors[:, D] > 0):
            places = actors[lane][np.argsort(actors[lane][:, S])]
            gaps = np.diff(places[:, S], append=places[0, S] + world.route_length[0])
            lengths = (places[:, LENGTH] + np.roll(places[:, LENGTH], -1)) / 2
            assert (gaps - lengths > 0.3).all()
        brakes += int((actors[:, MODE] == 1).sum())
    assert brakes > 0


def test_a_lead_stands_for_two_to_five_seconds_now_and_then() -> None:
    world = World(1, Scenario((Vehicles(along=1, oncoming=0),)), time_limit=1e4)
    world.reset([0], [np.random.SeedSequence(5)])
    standing = []
    for _ in range(3000):
        world.vehicle[0] = [1e3, 1e3, 0, 0, 0, 0, 0]
        world.s[0], world.d[0], world.ended[0] = 0.0, -50.0, False
        world.step(STILL)
        standing.append(bool(world.actors[0, 0, SPEED] < 0.1))
    runs = [len([*group]) * CONTROL_STEP for still, group in itertools.groupby(standing) if still]
    assert len(runs) >= 3
    assert all(1.9 < seconds < 5.5 for seconds in runs[:-1])


@pytest.mark.parametrize("name", NAMES)
def test_a_fork_goes_the_same_way_again(name: str) -> None:
    simulator = Simulator(2, name, frame_size=(18, 32))
    simulator.reset(np.arange(2), [20_001, 20_002])
    rng = np.random.default_rng(1)
    script = np.stack([rng.uniform(-0.05, 0.05, (560, 2)), rng.uniform(-0.3, 0.6, (560, 2))], axis=2)
    run(simulator, script[:60])
    fork = simulator.instants()
    first = run(simulator, script[60:])
    simulator.restore(fork)
    assert same(first, run(simulator, script[60:]))
    other = Simulator(2, name, frame_size=(18, 32))
    other.restore(fork)
    assert same(first, run(other, script[60:]))
    assert other.theme_names == simulator.theme_names
    again = np.random.SeedSequence(1)
    for each in (simulator, other):
        each.world.reset([1], [again])
    assert same(everything(simulator), everything(other)), "and begins anew as the other does"


def run(simulator: Simulator, script: NDArray[np.float64]) -> dict[str, NDArray]:
    """Drive while it lasts; then all there is to know."""
    for action in script:
        rows = np.flatnonzero(~simulator.world.ended)
        if len(rows):
            simulator.step(action[rows].astype(np.float32), rows)
    return everything(simulator)


def everything(simulator: Simulator) -> dict[str, NDArray]:
    world = simulator.world
    arrays = {name: array for name, array in vars(world).items() if isinstance(array, np.ndarray)}
    arrays |= {f"track {name}": array for name, array in vars(world.tracks).items()}
    drawn = np.array([stream.integers(1 << 60) for streams in deepcopy(world.streams) for stream in streams])
    frame = simulator.observe()["frame"]
    copies = {name: array.copy() for name, array in arrays.items()}
    return copies | {"looks": simulator.looks.copy(), "seeds": simulator.seeds.copy(), "chance": drawn, "frame": frame}


def same(one: dict[str, NDArray], other: dict[str, NDArray]) -> bool:
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_a_fork_of_something_else_is_refused() -> None:
    simulator = Simulator(2, "traffic", frame_size=(18, 32))
    simulator.reset(np.arange(2), [1, 2])
    with pytest.raises(ValueError, match=r"instants of scenario traffic.*town"):
        Simulator(2, "town", frame_size=(18, 32)).restore(simulator.instants())
    with pytest.raises(ValueError, match=r"expected \(2, \d+, \d+\)"):
        World(2, "town").put(np.arange(2), simulator.instants())


def test_what_stands_in_the_way_leaves_room() -> None:
    """2.3 m of the ego's lane beside every cone and parked car, and the line to drive in the middle of it."""
    world = world_of("traffic", *range(10_000, 10_030))
    seen = {PARKED: 0, CONE: 0}
    for row in range(world.n):
        for actor in world.actors[row]:
            if actor[ROLE] not in seen:
                continue
            seen[int(actor[ROLE])] += 1
            left, right = actor[D] + actor[WIDTH] / 2, actor[D] - actor[WIDTH] / 2
            line = world.line[row, round(actor[S]) % world.tracks.count[row]]
            in_the_lane = (0.0 - left) if actor[D] < LANE_CENTRE else right + 3.5
            assert in_the_lane >= 2.3
            clear = line - EGO_WIDTH / 2 - left if actor[D] < LANE_CENTRE else right - line - EGO_WIDTH / 2
            assert clear > 0.3
            assert -2.7 < line < EGO_WIDTH / -2, "nobody need cross the centre line"
    assert min(seen.values()) > 50


def test_people_are_drawn_walking_and_standing() -> None:
    world = crossing(20.0 + EGO_LENGTH / 2 + 1.5, 0.0)
    assert world.objects[0, 0, 8] == -1.0
    phases = []
    world.step(np.array([[0.0, -1.0]]))  # makes up their mind
    for _ in range(20):
        world.step(np.array([[0.0, -1.0]]))
        phases.append(float(world.objects[0, 0, 8]))
    assert all(0 <= phase < 1 for phase in phases)
    steps = np.diff(phases) % 1.0
    assert steps == pytest.approx(1.4 * CONTROL_STEP / 1.5, abs=1e-4), "7 cm of a 1.5 m cycle each control step"
    assert world.actors[0, 0, ROLE] == PEDESTRIAN
