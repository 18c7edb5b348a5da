"""Nothing shimmers and nothing pops: a creeping camera's pictures change little from one to the next."""

from itertools import pairwise

import numpy as np
import pytest

from sim.camera import Frames
from sim.scenario import SCENARIOS
from sim.scene import CLASSES
from sim.simulator import Simulator
from sim.theme import LOOK_FIELDS, theme_names

SIZE, WORLDS, PICTURES = (72, 128), 4, 10
STEP = 0.05
"""Metres a picture: 1 m/s."""

NEAR, FAR = 8.0, 60.0
"""Metres between which ground moves by less than a tenth of a pixel in a step, and is still more than haze."""

GROUND = [CLASSES.index(name) for name in ("ground", "road", "lane marking", "edge line")]
JUMP = 48
"""Grey levels."""


def creep(scenario: str, theme: str) -> list[Frames]:
    """Pictures of worlds that stand still, from a camera that creeps on along the road, without falling drops."""
    simulator = Simulator(WORLDS, scenario, theme, SIZE)
    rows = np.arange(WORLDS)
    simulator.reset(rows, [10_000 + world for world in range(WORLDS)])
    for _ in range(120):
        live = np.flatnonzero(~simulator.world.ended)
        simulator.step(simulator.expert(live)[0], live)
    poses, looks, pictures = simulator.world.poses(), simulator.looks.copy(), []
    looks[:, LOOK_FIELDS.index("rain")] = 0
    ahead = np.stack([np.cos(poses[:, 2]), np.sin(poses[:, 2]), np.zeros(WORLDS)], axis=1)
    for k in range(PICTURES):
        pose = poses + k * STEP * ahead
        pictures.append(simulator.camera.render(simulator.world.scene(), rows, pose, looks, truth=True))
    return pictures


@pytest.mark.parametrize("theme", theme_names())
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_creeping_camera_sees_steady_ground_and_nothing_that_jumps(scenario, theme):
    pictures = creep(scenario, theme)
    on_ground, jumps = [], []
    for before, after in pairwise(pictures):
        change = np.abs(after.rgb.astype(int) - before.rgb).max(axis=-1)
        ground = np.isin(after.segmentation, GROUND) & (before.segmentation == after.segmentation)
        on_ground.append(change[ground & (after.depth > NEAR) & (after.depth < FAR)])
        jumps.append((change > JUMP).mean(axis=(1, 2)).max())
    change = np.concatenate(on_ground)
    assert len(change) > 20_000
    assert change.mean() < 2.5
    assert np.percentile(change, 99) < 25
    assert max(jumps) < 0.02
