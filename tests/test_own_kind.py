"""A road user of one's own is one file: the deer of docs/examples is drawn, met, hit and told as shipped ones are."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent import load_policy
from agent.shown import shown
from sim import vehicle as car
from sim.jit import KERNELS
from sim.kinds import CAUSES, KINDS, ROLES, Dot
from sim.metrics import penalty
from sim.scenario import Scenario, name_of, scenario
from sim.scenario.actors import CROSSING, HEADING, MODE, ROLE, SPEED, WISH, D, S
from sim.scene import CLASSES, KIND
from sim.simulator import Simulator
from sim.track import to_world
from sim.view.hud import top_view
from sim.view.notebook import show
from sim.view.road import road_of
from sim.view.world_source import WorldSource
from sim.world import ENDINGS

FILE = Path(__file__).parent.parent / "docs/examples/deer.py"
NAME = f"{FILE}:scenario"
EGO_LANE, SEED = -1.75, 3
ROW = np.array([0])


@pytest.fixture(scope="module")
def deer() -> Scenario:
    return scenario(NAME)


def on_the_road(deer: Scenario, before: float, speed: float, size: tuple[int, int] = (72, 128)) -> Simulator:
    """A car `before` metres short of the first deer, which stands across its lane."""
    one = Simulator(1, deer, "meadow", size)
    one.reset(ROW, [SEED])
    world = one.world
    world.actors[0, 0, [D, HEADING, MODE, SPEED, WISH]] = EGO_LANE, np.pi / 2, CROSSING, 0.0, 0.0
    s = world.actors[0, 0, S] - before
    x, y, yaw = to_world(world.tracks, 0, s, EGO_LANE)
    world.vehicle[0, [car.X, car.Y, car.YAW, car.SPEED]] = x[0], y[0], yaw[0], speed
    world.s[0], world.d[0] = s, EGO_LANE
    world.put(ROW, world.state(ROW))
    return one


def test_it_is_one_short_file() -> None:
    assert len(FILE.read_text(encoding="utf-8").splitlines()) < 80


def test_who_hits_it_has_its_infraction_and_crashes(deer: Scenario) -> None:
    one = on_the_road(deer, before=8.0, speed=10.0)
    for _ in range(40):
        if not one.world.ended[0]:
            one.step(np.array([[0.0, 0.3]], np.float32))
    assert ENDINGS[one.world.endings[0]] == "crash"
    counts = dict(zip(one.world.infraction_names, one.world.infractions[0].tolist(), strict=True))
    assert counts == {**dict.fromkeys(counts, 0), "deer": 1}
    assert penalty({"deer": 2}) == pytest.approx(0.6**2)


def test_the_expert_stops_for_it_and_goes_on_once_it_is_over(deer: Scenario) -> None:
    one = on_the_road(deer, before=45.0, speed=12.0)
    for _ in range(200):
        action, cause, culprit = one.expert()
        one.step(action)
    assert one.world.vehicle[0, car.SPEED] < 0.1
    assert (CAUSES[cause[0]], culprit[0]) == ("deer", 0)
    one.world.actors[0, 0, WISH] = 2.0
    for _ in range(200):
        one.step(one.expert()[0])
    assert one.world.vehicle[0, car.SPEED] > 3
    assert not one.world.infractions.any()


def test_it_crosses_before_cars_that_wait_for_it(deer: Scenario) -> None:
    some = Simulator(6, deer, "meadow", (18, 32))
    some.reset(np.arange(6), list(range(6)))
    waited = np.zeros(6, bool)
    for _ in range(900):
        action, cause, _ = some.expert()
        waited |= cause == CAUSES.index("deer")
        some.step(action)
    assert waited.sum() >= 3
    assert not some.world.infractions.any()


def test_the_map_marks_it(deer: Scenario) -> None:
    one = on_the_road(deer, before=20.0, speed=0.0)
    objects, pose = one.world.objects[0], one.world.poses()[0]
    gone = objects.copy()
    gone[: one.world.scenario.max_actors, KIND] = -1
    road = road_of(one.world, 0)
    mark = KINDS["deer"].mark
    assert isinstance(mark, Dot)
    with_it, without, bound = (
        top_view.draw((300, 300), road=road, pose=pose, objects=things, culprit=culprit)
        for things, culprit in ((objects, None), (gone, None), (objects, 0))
    )
    assert (with_it == mark.colour).all(axis=2).sum() >= 4
    assert not (without == mark.colour).all(axis=2).any()
    assert (bound != with_it).any(), "and rings it where it is the expert's cause"


def test_the_truth_has_its_class_and_instance(deer: Scenario) -> None:
    frames = on_the_road(deer, before=15.0, speed=0.0).truth()
    assert frames.instance is not None
    assert frames.segmentation is not None
    its = frames.instance[0] == 1
    assert its.sum() > 20
    assert (frames.segmentation[0][its] == CLASSES.index(KINDS["deer"].class_name)).all()


def test_nothing_changes_beyond_its_influence(deer: Scenario) -> None:
    one = on_the_road(deer, before=15.0, speed=0.0)
    changed = (one.observe()["frame"] != one.observe(without=ROW)["frame"]).any(axis=3)
    mask = one.influence(ROW)
    assert 20 < changed.sum() <= mask.sum() < mask.size / 4
    assert not changed[~mask].any()


def test_a_driver_says_why_it_stops(deer: Scenario) -> None:
    source = WorldSource(deer, "meadow", SEED)
    assert source.status(source.instant()).labels["scenario"] == "deer that cross"
    there = source.fork(replace(source.instant(), world=on_the_road(deer, before=14.0, speed=6.0).instants()))
    status = there.status(there.instant())
    assert status.cause == "deer"
    assert status.culprit is not None
    assert status.culprit.kind == "deer"


def compiled() -> int:
    """Signatures that any kernel of the package has been compiled or loaded for."""
    return sum(len(each.overloads) for each in KERNELS)


def everything(which: str | Scenario) -> None:
    one = Simulator(2, which, "meadow", (36, 64))
    rows = np.arange(2)
    one.reset(rows, [1, 2])
    for _ in range(3):
        one.step(one.expert()[0])
    one.observe()
    one.truth()
    one.influence(rows)


def test_it_needs_no_kernel_compiled_anew(deer: Scenario) -> None:
    everything("town")
    before = compiled()
    everything(deer)
    assert before > 20
    assert compiled() == before


def digest(which: str) -> str:
    """Of pictures and truth of two worlds after some steps."""
    two = Simulator(2, which, "train", (72, 128))
    two.reset(np.arange(2), [11, 20_003])
    for _ in range(25):
        two.step(two.expert()[0])
    frames = two.truth()
    return hashlib.sha256(b"".join(view.tobytes() for view in frames if view is not None)).hexdigest()


def test_shipped_pictures_are_what_they_were_before_it_was_known(
    deer: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("open-road", "traffic", "town")
    known = [digest(name) for name in names]
    for registry in (KINDS, ROLES):
        monkeypatch.setattr(registry, "_rows", {name: row for name, row in registry.items() if name != "deer"})
    assert "deer" not in KINDS
    assert [digest(name) for name in names] == known


def test_a_shipped_policy_loads_and_was_taught_nothing_of_it(deer: Scenario) -> None:
    one = on_the_road(deer, before=15.0, speed=5.0)
    policy = load_policy("topk-patches")
    decision, _ = policy.act(one.observe(), policy.initial_state(1))
    assert np.isfinite(decision.action).all()
    instance = one.truth().instance
    assert instance is not None
    assert (one.world.actors[0, :, ROLE] == ROLES.index("deer")).all()
    assert not shown(instance, one.world.actors).any()


def test_a_film_of_it_has_a_title_and_a_provenance_in_plain_text(deer: Scenario) -> None:
    film = show("expert", scenario=deer, theme="meadow", seed=SEED, seconds=0.1)
    assert film.title == "expert in meadow, deer that cross, seed 3"
    assert name_of(deer).encode() in film.video, "as JSON in the file's header"
