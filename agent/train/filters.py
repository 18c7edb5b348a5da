"""Whole pictures as other cameras, light and weather would have made them: what drawn themes do not vary.

Photometric distortion and random erasing, as usual for networks that are to see more than they were shown (Laskin et
al. 2020, arXiv 2004.14990; Zhong et al. 2017, arXiv 1708.04896). No filter imitates a theme: each is drawn in the
picture, not in the world.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import HORIZON

TONED = 0.25
"""Share of the frames whose tones are bent."""

NOISY = 0.15
"""Share of the frames that get noise."""

SPECKLED = 0.15
"""Share of the frames whose ground is covered in part."""

GAIN = 0.15
"""Standard deviation of the brightness, in logarithms, as are the next two."""

TINT = 0.08
"""Of each channel's own brightness."""

BEND = 0.35
"""Of the exponent."""

CONTRAST = (0.6, 1.25)
NOISE = 0.05
"""Highest standard deviation, of full scale."""
COVER, SIZES = 0.35, (2, 3, 5, 8)
"""Highest share of the ground that is covered, and sizes of the specks in pixels."""


def filtered(frames: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A copy of frames (B, H, W, 3), each distorted in its own way, or in none."""
    out = frames.copy()
    which = rng.random((3, len(frames))) < np.array([[SPECKLED], [TONED], [NOISY]])
    for frame, speckled, toned, noisy in zip(out, *which, strict=True):
        if speckled:
            speckle(frame, rng)
        if toned:
            bend_tones(frame, rng)
        if noisy:
            add_noise(frame, rng)
    return out


def speckle(frame: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Cover part of what is below the horizon with specks of one colour, more or less opaque."""
    ground = frame[round(HORIZON * len(frame)) + 1 :]
    height, width = ground.shape[:2]
    size = SIZES[rng.integers(len(SIZES))]
    coarse = rng.random((height // size + 2, width // size + 2), np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    covered = field < np.quantile(field, rng.uniform(0, COVER))
    opacity = rng.uniform(0.4, 1.0)
    colour = rng.uniform(0, 255, 3)
    ground[covered] = ((1 - opacity) * ground[covered] + opacity * colour).astype(np.uint8)


def bend_tones(frame: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Another exposure, white balance, contrast and gamma."""
    tone = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, BEND))
    tone = 0.5 + rng.uniform(*CONTRAST) * (tone - 0.5)
    tone = tone * np.exp(rng.normal(0, GAIN) + rng.normal(0, TINT, 3))
    table = np.rint(255 * tone.clip(0, 1)).astype(np.uint8)
    for channel in range(3):
        frame[..., channel] = table[frame[..., channel], channel]


def add_noise(frame: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """What a sensor adds in the dark."""
    noise = rng.standard_normal(frame.shape, np.float32) * np.float32(255 * rng.uniform(0, NOISE))
    frame[:] = np.rint(frame + noise).clip(0, 255).astype(np.uint8)
