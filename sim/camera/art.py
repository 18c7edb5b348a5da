"""Art made by code: tiling noise, clouds, the skyline. Deterministic, made once a process."""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.atlas import Sprites, make_sprites
from sim.camera.kind_table import KindTable, make_kind_table
from sim.camera.models import Models, make_models
from sim.camera.pixels import CLOUD_SIZE, MACRO_SIZE, PROFILE_SIZE
from sim.kinds import KINDS


class Art(NamedTuple):
    """What the kernels paint with.

    macro: (MACRO_SIZE, MACRO_SIZE) and clouds: (CLOUD_SIZE, CLOUD_SIZE) float32 tiling noise in [0, 1].
    skyline: (2, PROFILE_SIZE) float32, tangent of the elevation of far hills and near woods by azimuth.
    stars: (n, 4) float32, unit vectors east, north, up, and a brightness in [0, 1].
    """

    macro: NDArray[np.float32]
    clouds: NDArray[np.float32]
    skyline: NDArray[np.float32]
    stars: NDArray[np.float32]
    sprites: Sprites
    models: Models
    kinds: KindTable


def art() -> Art:
    """The one set of art of all kinds of things that are known by now, the same in every process."""
    return _art_of(len(KINDS))


@lru_cache(maxsize=1)
def _art_of(kinds: int) -> Art:
    sprites, first = make_sprites()
    return Art(*_backdrop(), sprites, make_models(), make_kind_table(first))


@cache
def _backdrop() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Noise, clouds, skyline, stars: what is there without any things."""
    rng = np.random.default_rng(20240)
    macro, clouds = tiling_noise(rng, MACRO_SIZE, 1.1, 3, 40), tiling_noise(rng, CLOUD_SIZE, 1.65, 3, 100)
    skyline = np.stack([_ridge(rng, 0.034, 0.016, 2, 40), _ridge(rng, 0.014, 0.007, 9, 400)]).astype(np.float32)
    return macro, clouds, skyline, _stars(np.random.default_rng(1957), 1500)


def tiling_noise(
    rng: np.random.Generator, size: int, roughness: float, lowest: int, highest: int
) -> NDArray[np.float32]:
    """A square of noise that tiles, in [0, 1]: waves between two frequencies (a side), amplitude f^-roughness."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size) * size, np.fft.rfftfreq(size) * size, indexing="ij"))
    band = (frequency >= lowest) & (frequency <= highest)
    spectrum = np.where(band, np.maximum(frequency, 1.0) ** -roughness, 0.0)
    phase = np.exp(2j * np.pi * rng.random(spectrum.shape))
    field = np.fft.irfft2(spectrum * phase, s=(size, size))
    return np.clip(0.5 + field / field.std() * 0.2, 0, 1).astype(np.float32)


def _ridge(rng: np.random.Generator, mean: float, spread: float, lowest: int, highest: int) -> NDArray[np.float64]:
    """A closed ridge line around the horizon, (PROFILE_SIZE,) tangents, never below a hint of a hill."""
    k = np.arange(lowest, highest)
    angle = np.arange(PROFILE_SIZE) * (2 * np.pi / PROFILE_SIZE)
    waves = np.cos(angle[:, None] * k + rng.uniform(0, 2 * np.pi, len(k))) @ (k**-0.9 * rng.normal(size=len(k)))
    return np.maximum(mean + spread * waves / waves.std(), 0.003)


def _stars(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Stars (count, 4) as `Art.stars`, even over the sphere up to 45 degrees: few are bright."""
    up, turn = rng.uniform(0, 0.7, count), rng.uniform(0, 2 * np.pi, count)
    flat = np.sqrt(1 - up**2)
    brightness = 0.2 + 0.8 * rng.random(count) ** 5
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), up, brightness], axis=1).astype(np.float32)
