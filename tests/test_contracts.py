"""What every registered theme, scenario, kind and role must do: whoever adds one need not write these tests again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.camera import Camera
from sim.camera.scratch import MOST_DECALS, MOST_OBJECTS
from sim.gallery import INSTANTS
from sim.kinds import CAUSES, INFRACTIONS, KINDS, OUTLINES, PENALTIES, ROLES, TINTS, Mesh, Role, Sprite
from sim.metrics import penalty
from sim.scenario import SCENARIOS, Scenario, name_of, scenario
from sim.scenario.actors import ACTOR_COLUMNS, NONE, ROLE
from sim.scene import CLASSES, DECAL_KIND, DECAL_KINDS, KIND, OBJECT_COLUMNS
from sim.simulator import Simulator
from sim.theme import COLOURS, LOOK_FIELDS, LOOK_SIZE, SPLITS, load_theme, resolve, sample_look, theme_names
from sim.world import ENDINGS, World

ROW, SEEDS = np.array([0]), (0, 1, 10_000, 20_003)
SMALL = (45, 80)
STRAIGHT = np.array([[0.0, 0.1]], np.float32)


def elevations(name: str) -> tuple[float, float]:
    theme, column = load_theme(name), LOOK_FIELDS.index("sun_elevation")
    return float(theme.low[column]), float(theme.high[column])


# --- themes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", theme_names())
def test_a_theme_is_a_box_of_looks_that_has_a_name_and_a_split(name: str) -> None:
    theme = load_theme(name)
    assert (theme.name, resolve(name)) == (name, (theme,))
    assert theme.split in SPLITS
    assert theme.description == theme.description.strip() != ""
    assert theme.low.shape == theme.high.shape == (LOOK_SIZE,)
    assert (theme.low <= theme.high).all()
    colours = slice(3 * len(COLOURS))
    assert (theme.low[colours] >= 0).all()
    assert (theme.high[colours] <= 255).all()


@pytest.mark.parametrize("name", theme_names())
def test_a_theme_has_its_sun_above_the_horizon_and_its_effects_in_bounds(name: str) -> None:
    low, high = elevations(name)
    assert 0 < low <= high < np.pi / 2
    theme = load_theme(name)
    shares = [
        LOOK_FIELDS.index(field) for field in ("sun_strength", "headlights", "stars", "wetness", "rain", "covered")
    ]
    assert (theme.low[shares] >= 0).all()
    assert (theme.high[shares] <= 1).all()


@pytest.mark.parametrize("name", theme_names())
def test_a_theme_is_drawn_and_its_looks_differ(name: str) -> None:
    simulator = Simulator(3, "town", name, SMALL)
    simulator.reset(np.arange(3), [7, 7, 8])
    frames = simulator.observe()["frame"]
    assert (frames.std(axis=(1, 2, 3)) > 5).all(), "pictures of something"
    np.testing.assert_array_equal(frames[0], frames[1])
    assert (frames[0] != frames[2]).any()
    look = sample_look(load_theme(name), np.random.default_rng(3))
    assert ((load_theme(name).low <= look) & (look <= load_theme(name).high)).all()


# --- scenarios --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_known_by_its_name_and_fits_the_camera(name: str) -> None:
    one = scenario(name)
    assert isinstance(one, Scenario)
    assert name_of(one) == name
    assert one.about == one.about.strip() != ""
    assert name in INSTANTS, "the gallery shows it"
    assert one.max_objects <= MOST_OBJECTS
    assert one.max_decals <= MOST_DECALS


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_furnishes_every_seed_with_what_is_known(name: str) -> None:
    simulator = Simulator(len(SEEDS), name, "meadow", SMALL)
    simulator.reset(np.arange(len(SEEDS)), SEEDS)
    world = simulator.world
    kinds, roles, decals = world.objects[..., KIND], world.actors[..., ROLE], world.scene().decals[..., DECAL_KIND]
    for ids, first, count in ((kinds, -1, len(KINDS)), (roles, 0, len(ROLES)), (decals, -1, len(DECAL_KINDS))):
        assert np.isin(ids, np.arange(first, count)).all()
    assert np.isfinite(world.objects).all()
    assert np.isfinite(world.actors).all()
    assert (kinds >= 0).any(axis=1).all(), "nowhere is nothing to be seen"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_expert_drives_a_scenario_unharmed_and_it_is_seen_to_move(name: str) -> None:
    simulator = Simulator(len(SEEDS), name, "meadow", SMALL)
    simulator.reset(np.arange(len(SEEDS)), SEEDS)
    before = simulator.observe()
    for _ in range(100):
        action, cause, culprit = simulator.expert()
        assert np.isin(cause, np.arange(len(CAUSES))).all()
        assert ((culprit >= -1) & (culprit < max(simulator.world.actors.shape[1], 1))).all()
        outcome = simulator.step(action)
        assert np.isfinite(outcome.progress).all()
    after = simulator.observe()
    assert not simulator.world.infractions.any()
    assert not simulator.world.ended.any()
    for observation in (before, after):
        assert observation["frame"].shape == (len(SEEDS), *SMALL, 3)
        assert (observation["frame"].dtype, observation["speed"].dtype) == (np.uint8, np.float32)
    assert (before["frame"] != after["frame"]).any(axis=(1, 2, 3)).all()


# --- kinds ------------------------------------------------------------------------------------------------------------


def four_sides(name: str, pose: NDArray[np.float64]) -> NDArray[np.float32]:
    """One thing of a kind, 12 m ahead of a pose, from four sides: (4, 1, columns)."""
    x, y, yaw = pose[:3]
    row = {"x": x + 12 * np.cos(yaw), "y": y + 12 * np.sin(yaw), "width": 2.0, "height": 3.0, "length": 3.0}
    rows = [row | {"kind": KINDS.index(name), "yaw": yaw + quarter * np.pi / 2} for quarter in range(4)]
    return np.array([[[each.get(column, 0.0) for column in OBJECT_COLUMNS]] for each in rows], np.float32)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_seen_as_its_class_and_changes_no_more_than_it_may(name: str) -> None:
    simulator = Simulator(1, "open-road", "meadow", SMALL)
    simulator.reset(ROW, [3])
    rows, pose = np.zeros(4, int), simulator.world.poses(ROW)
    shown = simulator.world.scene(), rows, pose[rows], simulator.looks[rows]
    camera, objects, nothing = Camera(*SMALL), four_sides(name, pose[0]), np.zeros(4, int)
    frames = camera.render(*shown, truth=True, objects=objects)
    mine = frames.instance == 1
    assert mine.sum() >= 4, "from one side at least"
    assert (frames.segmentation[mine] == CLASSES.index(KINDS[name].class_name)).all()
    assert frames.depth[mine].min() > 8
    without = camera.render(*shown, objects=objects, without=nothing).rgb
    changed = (frames.rgb != without).any(axis=-1)
    assert changed.any()
    assert camera.influence(*shown, nothing, objects=objects)[changed].all()


@pytest.mark.parametrize("name", KINDS)
def test_a_kinds_row_says_what_it_may_say(name: str) -> None:
    kind = KINDS[name]
    assert kind.name == name
    assert isinstance(kind.look, Sprite | Mesh)
    assert kind.least >= 0
    if isinstance(kind.look, Sprite) and not isinstance(kind.look.colours, str):
        assert 1 <= len(kind.look.colours) <= TINTS
    assert KINDS.add(kind) == KINDS.index(name), "the same one again is no matter"


# --- roles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_a_roles_row_fits_what_is_counted_and_told(role: Role) -> None:
    assert role.cause in CAUSES
    assert role.outline in OUTLINES
    assert role.infraction is None or role.infraction in (*INFRACTIONS, *PENALTIES)
    if role.infraction is not None:
        assert 0 < penalty({role.infraction: 1}) <= 1
    assert (role.manner == "ignore") == (role.cause == "none"), "who is heeded is a cause"
    assert ROLES.add(role) == ROLES.index(role.name)


SOLID = [role for role in ROLES.values() if role.outline != "none"]


@pytest.mark.parametrize("role", SOLID, ids=lambda role: role.name)
def test_who_runs_into_a_role_has_its_infraction(role: Role) -> None:
    simulator = Simulator(1, "traffic", "meadow", SMALL)
    simulator.reset(ROW, [3])
    world = simulator.world
    if role.infraction not in world.infraction_names:
        pytest.skip("a scenario of its own counts it")
    world.actors[0, :, ROLE] = NONE
    actor = {"role": ROLES.index(role.name), "s": world.s[0] + 3.5, "d": world.d[0], "length": 1.0, "width": 1.0}
    put(world, actor | {"place": actor["s"], "kind": KINDS.index("car"), "height": 1.0})
    for _ in range(20):
        if not world.ended[0]:
            simulator.step(STRAIGHT)
    counts = dict(zip(world.infraction_names, world.infractions[0].tolist(), strict=True))
    assert counts[role.infraction] == 1
    assert ENDINGS[world.endings[0]] == "crash"


def put(world: World, values: dict[str, float]) -> None:
    """Make actor 0 of world 0 of these values; nothing else of it stays."""
    world.actors[0, 0] = [values.get(column, 0.0) for column in ACTOR_COLUMNS]
    world.put(ROW, world.state(ROW))
