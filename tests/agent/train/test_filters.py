"""What filters may do to a picture, and what they must leave."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.train.filters import COVER, NOISE, add_noise, bend_tones, filtered, speckle
from sim.camera.lens import HORIZON

SEEDS = range(30)


def grey(height: int = 72, width: int = 128) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 128, np.uint8)


def test_frames_given_stay_as_they_are_and_half_pass_unchanged() -> None:
    frames = np.stack([grey(24, 32)] * 2000)
    out = filtered(frames, np.random.default_rng(0))
    assert (frames == 128).all()
    unchanged = (out == frames).all((1, 2, 3)).mean()
    assert unchanged == pytest.approx(0.75 * 0.85 * 0.85, abs=0.03)


def test_the_same_draw_gives_the_same_picture() -> None:
    frames = np.stack([grey()] * 8)
    first, second, other = (filtered(frames, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert (first == second).all()
    assert (first != other).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_specks_cover_no_more_than_their_share_of_the_ground_and_nothing_above(seed: int) -> None:
    frame = grey()
    speckle(frame, np.random.default_rng(seed))
    changed = (frame != 128).any(-1)
    assert not changed[: round(HORIZON * 72)].any()
    assert changed[round(HORIZON * 72) + 1 :].mean() <= COVER + 0.01
    assert len(np.unique(frame[changed], axis=0)) <= 1, "specks have one colour"


@pytest.mark.parametrize("seed", SEEDS)
def test_bent_tones_keep_their_order_and_a_red_lamp_red(seed: int) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    bend_tones(ramp, np.random.default_rng(seed))
    assert (np.diff(ramp.astype(int), axis=1) >= 0).all()
    lamps = np.array([[[230, 40, 30], [40, 220, 120]]], np.uint8)
    bend_tones(lamps, np.random.default_rng(seed))
    (red, red_green, _), (green_red, green, _) = lamps[0].astype(int)
    assert red > red_green + 30
    assert green > green_red + 30


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_centred_and_bounded(seed: int) -> None:
    frame = grey()
    add_noise(frame, np.random.default_rng(seed))
    off = frame.astype(float) - 128
    assert abs(off.mean()) < 0.5
    assert off.std() < 255 * NOISE * 1.05
