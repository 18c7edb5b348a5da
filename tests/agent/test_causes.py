"""Does the red lie on what decides? Chance worked out by hand, and the cells that show a cause."""

import numpy as np
import pytest

from agent.evaluate import causes
from agent.evaluate.causes import Sighting
from sim import vehicle
from sim.cells import CellGrid
from sim.scenario.actors import LIGHT, MODE, NONE, ROLE, S
from sim.scene import LIGHT_PHASES
from sim.simulator import Simulator
from sim.track import LANE_CENTRE, to_world

CELLS = CellGrid.tiling(9, 16)


def cells(*chosen: tuple[int, int], shape: tuple[int, int] = (3, 4)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for place in chosen:
        mask[place] = True
    return mask


def facing_a_light(metres: float, phase: str) -> tuple[Simulator, int]:
    """A town in which nobody else is about, the car so far before a traffic light; and the light's row."""
    simulator = Simulator(1, "town", "meadow")
    simulator.reset(np.arange(1), [10_000])
    world = simulator.world
    light = int(np.flatnonzero(world.actors[0, :, ROLE] == LIGHT)[0])
    world.actors[0, np.arange(world.actors.shape[1]) != light, ROLE] = NONE
    world.actors[0, light, MODE] = LIGHT_PHASES.index(phase)
    world.objects[:] = world.scenario.draw(world.tracks, np.arange(1), world.actors, world.objects)
    x, y, yaw = to_world(world.tracks, 0, world.actors[0, light, S] - metres, LANE_CENTRE)
    world.vehicle[0, [vehicle.X, vehicle.Y, vehicle.YAW]] = x[0], y[0], yaw[0]
    return simulator, light


def test_a_cell_shows_a_cause_from_two_pixels_on() -> None:
    pixels = np.zeros((1, 72, 128), bool)
    pixels[0, 24, 40:42] = True  # both in row 3, column 5
    pixels[0, 31, 48] = True  # alone in row 3, column 6
    np.testing.assert_array_equal(causes.cells_that_show(CELLS, pixels)[0], cells((3, 5), shape=(9, 16)))


def test_random_cells_by_counting() -> None:
    """Of 6 pairs that can be drawn from 4 cells, 3 hold a given cell, and 5 hold one of a given two."""
    assert causes.random_share(cells=4, shows=1, budget=2) == pytest.approx(3 / 6)
    assert causes.random_share(cells=4, shows=2, budget=2) == pytest.approx(5 / 6)
    assert causes.random_share(cells=144, shows=1, budget=14) == pytest.approx(14 / 144)
    assert causes.random_share(cells=144, shows=0, budget=14) == 0


def test_the_mean_map_keeps_its_highest_cells() -> None:
    mean_map = np.array([[0.1, 0.5, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]])
    np.testing.assert_array_equal(causes.by_mean_map(mean_map, 2), cells((0, 1), (1, 0)))
    assert causes.by_mean_map(mean_map, 0).sum() == 0


def test_shares_beside_chance_by_hand() -> None:
    """Twelve cells, two kept in each frame. The mean map's two highest are (0, 1) and (1, 0)."""
    mean_map = np.array([[0.1, 0.5, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]])
    light, person = cells((2, 3)), cells((0, 1), (0, 2))
    sightings = [
        Sighting(20_000, "red-light", 9, light, kept=cells((2, 3), (0, 0))),
        Sighting(20_000, "red-light", 7, light, kept=cells((2, 3), (1, 0))),
        Sighting(20_001, "red-light", 8, light, kept=cells((0, 1), (1, 0))),
        Sighting(20_002, "pedestrian", 30, person, kept=cells((0, 2), (2, 2))),
    ]
    found = {measure.test: measure for measure in causes.measures(sightings, mean_map)}
    assert list(found) == ["all", "red-light", "pedestrian", "lead-vehicle"]
    assert [found[name].value for name in ("all", "red-light", "pedestrian")] == pytest.approx([3 / 4, 2 / 3, 1])
    assert [found[name].status for name in found] == ["missed", "missed", "passed", "not applicable"]
    assert found["red-light"].details["by_mean_map"] == 0
    assert found["pedestrian"].details["by_mean_map"] == 1
    assert found["red-light"].details["by_chance"] == pytest.approx(2 / 12)
    assert found["pedestrian"].details["by_chance"] == pytest.approx(1 - 10 * 9 / (12 * 11))
    assert found["all"].details["frames"] == 4
    assert found["all"].details["episodes"] == 3
    assert found["red-light"].details["median_pixels"] == 8


@pytest.mark.parametrize("phase", LIGHT_PHASES)
def test_a_lights_pixels_are_those_of_its_lit_lamp(phase: str) -> None:
    """At 14 m: some pixels of its outline and no more than a third of them, red above amber above green."""
    simulator, light = facing_a_light(14.0, phase)
    whole = simulator.truth().instance[0] == light + 1
    lamp = causes.cause_pixels(simulator, np.zeros(1, int), np.array([light]), np.array([True]))[0]
    assert 6 <= lamp.sum() < whole.sum() / 3
    assert not (lamp & ~whole).any()
    top = np.flatnonzero(whole.any(1)).min()
    height = np.flatnonzero(lamp.any(1)).mean() - top
    assert height == pytest.approx({"red": 4, "amber": 9, "green": 13}[phase], abs=3)


def test_intervals_are_by_episode() -> None:
    """All of one episode's frames are read and none of the other's: drawn by episode, the share may be anything."""
    shows = cells((0, 0))
    sightings = [
        Sighting(seed, "pedestrian", 10, shows, kept=cells((seed, seed))) for seed in (0, 1) for _ in range(100)
    ]
    measure = causes.measures(sightings, np.ones((3, 4)))[0]
    assert measure.value == pytest.approx(0.5)
    assert measure.interval == pytest.approx((0, 1))
