"""Golden images: from a seed to pixels, one picture a shipped theme.

After a change that is meant to alter pictures: `python -m pytest tests/sim/test_golden.py --renew-golden`, look at the
pictures in tests/golden, raise sim.WORLD_VERSION, commit. Across machines one grey level on 99.9 % of the values is
allowed; on the same machine and build pictures are equal.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.camera import Camera
from sim.scene import CLASSES
from sim.theme import SHIPPED_THEMES, load_theme, sample_look
from sim.track import Tracks, to_world
from sim.world import World

FOLDER = Path(__file__).parents[1] / "golden"
SIZE = (180, 320)
SEED, METRES_BEFORE_BEND = 20_003, 25.0


@pytest.fixture(scope="module")
def world():
    one = World(1)
    one.reset(np.arange(1), [np.random.SeedSequence(SEED)])
    return one


def before_the_tightest_bend(tracks: Tracks):
    """A pose (1, 3) in the right-hand lane, METRES_BEFORE_BEND short of the sharpest curve."""
    curvature = np.abs(tracks.curvature[0, : tracks.count[0]])
    x, y, heading = to_world(
        tracks, np.zeros(1, int), np.array([np.argmax(curvature) - METRES_BEFORE_BEND]), np.array([-1.75])
    )
    return np.stack([x, y, heading], axis=1)


def pictures(world):
    """Every golden picture by file name, (H, W, 3) uint8 RGB."""
    camera, pose, rows = Camera(*SIZE), before_the_tightest_bend(world.tracks), np.zeros(1, int)
    drawn = {}
    for name in SHIPPED_THEMES:
        look = sample_look(load_theme(name), np.random.default_rng(SEED))[None]
        frames = camera.render(world.scene(), rows, pose, look, truth=True)
        drawn[f"{name}.png"] = frames.rgb[0]
    drawn["segmentation.png"] = np.repeat(frames.segmentation[0][..., None] * np.uint8(255 // len(CLASSES)), 3, axis=2)
    return drawn


def test_pictures_are_the_golden_ones(world, request):
    drawn = pictures(world)
    if request.config.getoption("--renew-golden"):
        for path in FOLDER.glob("*.png"):
            path.unlink()
        for name, picture in drawn.items():
            assert cv2.imwrite(str(FOLDER / name), picture[..., ::-1])
    assert {path.name for path in FOLDER.glob("*.png")} == set(drawn)
    for name, picture in drawn.items():
        golden = cv2.imread(str(FOLDER / name))[..., ::-1].astype(int)
        assert golden.shape == picture.shape
        close = np.mean(np.abs(golden - picture) <= 1)
        assert close >= 0.999, f"{name}: only {close:.2%} of the values agree; see this file's first lines"
