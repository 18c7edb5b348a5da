"""The camera's truth against one ray a pixel in plain numpy, on random poses (`reference_camera`)."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from reference_camera import look

from sim.scenario.actors import NONE, ROLE, D, S
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE, Simulator
from sim.track import place

SCENARIOS = ("open-road", "traffic", "town")
ODD_SIZE = (135, 241)
WORLDS = 3


class Agreement(NamedTuple):
    """How one picture agrees with the reference: shares of the pixels away from edges, which are `inner` of all.

    depth: of those whose object and class are equal, how many are within 1 % or 5 cm. worst: the greatest error of
    depth among these, as a share of it.
    """

    inner: float
    classes: float
    instances: float
    depth: float
    worst: float


def driven(scenario, seed, steps):
    """Worlds that the expert has driven for a while, so that actors are about."""
    simulator = Simulator(WORLDS, scenario)
    simulator.reset(np.arange(WORLDS), [seed + row for row in range(WORLDS)])
    for _ in range(steps):
        going = np.flatnonzero(~simulator.world.ended)
        simulator.step(simulator.expert(going)[0], going)
    return simulator


def random_pose(simulator, row, rng):
    """On the road or up to 4 m beside it, turned any way but mostly along it, nose up or down by up to 3 degrees.

    Of two poses one is 4 to 25 m from an actor, where there are any.
    """
    world = simulator.world
    count = world.tracks.count[row]
    points, heading = world.tracks.points[row, :count], world.tracks.heading[row, :count]
    actors = world.actors[row][world.actors[row, :, ROLE] != NONE]
    s, d, pitch = rng.uniform(0, count), rng.uniform(-7.5, 7.5), rng.uniform(-0.05, 0.05)
    if len(actors) and rng.random() < 0.5:
        actor = rng.choice(actors)
        s, d = (actor[S] - rng.uniform(4, 25)) % count, np.clip(actor[D] + rng.normal(0, 2), -7.5, 7.5)
    x, y, along = place(points, heading, s, d)
    turn = rng.uniform(-math.pi, math.pi) if rng.random() < 0.25 else rng.normal(0, 0.25)
    return np.array([x, y, along + turn, pitch])


def compare(simulator, row, pose, shift=0.0):
    """Draw the truth about a world from a pose, `shift` metres to the left of where the reference stands."""
    world, camera = simulator.world, simulator.camera
    expected = look(world.scene(), world.tracks, row, simulator.frame_size, FIELD_OF_VIEW, pose)
    moved = pose + shift * np.array([-math.sin(pose[2]), math.cos(pose[2]), 0.0, 0.0])
    looks = simulator.looks[row : row + 1]
    seen = camera.render(world.scene(), np.array([row]), moved[None], looks, truth=True)
    inner = expected.away_from_edges()
    classes, instances = seen.segmentation[0] == expected.segmentation, seen.instance[0] == expected.instance
    same, finite = inner & classes & instances, np.isfinite(expected.depth)
    assert (np.isfinite(seen.depth[0]) == finite)[same].all()
    depth = expected.depth[same & finite]
    error = np.abs(seen.depth[0][same & finite] - depth)
    within = error <= np.maximum(0.01 * depth, 0.05)
    return Agreement(inner.mean(), classes[inner].mean(), instances[inner].mean(), within.mean(), (error / depth).max())


def agreements(scenario, size, poses, seed):
    """Compare pictures of three worlds from so many random poses each."""
    rng, simulator = np.random.default_rng(seed), driven(scenario, seed, 60 + seed % 200)
    simulator.use_camera(size, FIELD_OF_VIEW)
    return [compare(simulator, row, random_pose(simulator, row, rng)) for row in range(WORLDS) for _ in range(poses)]


def check(found):
    """Every single picture meets the bars. From afar cars are drawn from a plainer model, up to 6 % off in depth."""
    assert min(each.inner for each in found) > 0.65
    assert min(each.classes for each in found) >= 0.995
    assert min(each.instances for each in found) >= 0.995
    assert min(each.depth for each in found) >= 0.995
    assert max(each.worst for each in found) < 0.06


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("size", "poses"), [(FRAME_SIZE, 3), (ODD_SIZE, 1)])
def test_the_truth_is_what_a_ray_through_each_pixels_middle_meets(scenario, size, poses):
    check(agreements(scenario, size, poses, seed=300))


def test_a_camera_that_stands_15_cm_aside_would_not_pass():
    rng, simulator = np.random.default_rng(4), driven("town", 40, 100)
    found = [compare(simulator, row, random_pose(simulator, row, rng), shift=0.15) for row in range(WORLDS)]
    assert min(each.classes for each in found) < 0.995


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("size", "poses"), [(FRAME_SIZE, 10), (ODD_SIZE, 4)])
def test_the_truth_on_many_poses(scenario, size, poses):
    """Prints the figures of the documentation."""
    found = [each for seed in (1000, 2010, 3020, 4030) for each in agreements(scenario, size, poses, seed)]
    columns = np.array(found)
    print(f"\n{scenario}, {size[0]} x {size[1]}, {len(found)} pictures: edges {1 - columns[:, 0].mean():.3f} of them")
    for name, values in zip(Agreement._fields, columns.T, strict=True):
        print(f"  {name}: median {np.median(values):.5f}, least {values.min():.5f}, greatest {values.max():.5f}")
    check(found)
