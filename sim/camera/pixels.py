"""What all drawing kernels share: float32 constants, indices into looks, a frame's view, and small tools for pixels.

The conventions are those of `sim.camera.kernels`: float32 everywhere, a pixel is one uint32 with its slot on top.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sim.camera.simd import LANES
from sim.jit import lean_inner_kernel
from sim.scene import CLASSES
from sim.theme import COLOURS, EFFECTS, LOOK_FIELDS

kernel = partial(lean_inner_kernel, forceinline=True, noalias=True)
"""A kernel that only kernels call: merged into its caller, for to pass the scratch on costs more than a row of pixels.
The arrays that it is given must not overlap where one of them is written: short loops have no time to look."""

f4, i4, u4, u8 = np.float32, np.int32, np.uint32, np.uint64

ZERO, HALF, ONE, TWO, FULL = f4(0), f4(0.5), f4(1), f4(2), f4(255)

BLOCK = LANES
"""Pixels from one node to the next at the finest; a constant trip count is what lets the span loops vectorise."""

VECTOR = 16
"""Float32 numbers that go into one vector of the widest processors: what is left of a loop past whole vectors goes one
by one, so costly loops run a little too far instead."""

MACRO_SIZE = 128
"""Cells a side of the tiling ground noise, 1 m each."""
CLOUD_SIZE = 256
"""Cells a side of the tiling clouds."""
PROFILE_SIZE = 2048
"""Azimuths of the skyline's profile."""

HAZE_LIMIT = f4(320)
"""Metres. Woods rim the plain, and beyond them the ground grows no hazier: else a pale stripe would divide the two."""

(GRASS, DRY_GRASS, SHOULDER, ASPHALT, MARKING, COVER, HAZE, ZENITH, CLOUD, FAR_HILLS, NEAR_HILLS, SUNLIGHT) = range(12)
(FOLIAGE, OTHER_FOLIAGE, NEEDLES, FOLIAGE_SHADE) = range(12, 16)
assert COLOURS[: COVER + 1] == ("grass", "dry_grass", "shoulder", "asphalt", "marking", "cover")
assert COLOURS[HAZE : SUNLIGHT + 1] == ("haze", "zenith", "cloud", "far_hills", "near_hills", "sunlight")
assert COLOURS[FOLIAGE:] == ("foliage", "other_foliage", "needles", "foliage_shade")
N_COLOURS = len(COLOURS)

_AIR = ("sun_azimuth", "sun_elevation", "sun_strength", "fog_density", "cloud_cover")
SUN_AZIMUTH, SUN_ELEVATION, SUN_STRENGTH, FOG_DENSITY, CLOUD_COVER = map(LOOK_FIELDS.index, _AIR)
_GROUND = ("grain", "marking_wear", "tyre_wear", "patches")
GRAIN, MARKING_WEAR, TYRE_WEAR, PATCHES = map(LOOK_FIELDS.index, _GROUND)
EXPOSURE, CONTRAST = map(LOOK_FIELDS.index, ("exposure", "contrast"))
assert tuple(EFFECTS) == ("covered", "headlights", "stars", "wetness", "rain", "planet", "veins")
COVERED, HEADLIGHTS, STARS, WETNESS, RAIN, PLANET, VEINS = map(LOOK_FIELDS.index, EFFECTS)

SKY_CLASS, GROUND_CLASS, ROAD_CLASS, LANE_MARKING_CLASS, EDGE_LINE_CLASS, VEGETATION_CLASS = (
    i4(CLASSES.index(name)) for name in ("sky", "ground", "road", "lane marking", "edge line", "vegetation")
)


class View(NamedTuple):
    """One frame's camera. Pixels: width, horizon (first ground row), focal, centre_x, centre_y. Metres: mount (height
    above the ground), x, y. cos, sin: of the yaw."""

    width: Any
    horizon: Any
    focal: Any
    centre_x: Any
    centre_y: Any
    mount: Any
    x: Any
    y: Any
    cos: Any
    sin: Any


@kernel()
def clamp01(x):
    """x limited to [0, 1]."""
    x = x if x > ZERO else ZERO
    return x if x < ONE else ONE


@kernel()
def ceil_int(x):
    """The least integer not below x, as int64, without a library call."""
    i = np.int64(x)
    return i + 1 if f4(i) < x else i


@kernel()
def band(a, inner, outer, sharp):
    """Share of a pixel's footprint with `a` between two values; sharp: 1 / footprint."""
    return clamp01((outer - a) * sharp + HALF) - clamp01((inner - a) * sharp + HALF)


@kernel()
def mix(a, b, share):
    """a at share 0, b at share 1."""
    return a + (b - a) * share


@kernel()
def pack(red, green, blue, slot):
    """One pixel from colours in [0, 256) and an int32 slot."""
    return u4(i4(red) | i4(green) << i4(8) | i4(blue) << i4(16) | slot << i4(24))


@kernel()
def unpack(pixel):
    """Red, green, blue of a pixel as float32."""
    return f4(i4(pixel & u4(255))), f4(i4((pixel >> u4(8)) & u4(255))), f4(i4((pixel >> u4(16)) & u4(255)))


@kernel()
def tint_pixel(pixel, red, green, blue, share):
    """A colour blended over a pixel; the slot stays."""
    r, g, b = unpack(pixel)
    return pack(mix(r, red, share), mix(g, green, share), mix(b, blue, share), i4(0)) | u4(pixel & u4(0xFF000000))


@kernel()
def transmittance(optical_depth):
    """Share of light that passes a haze: exp(-x) to 2 % below x = 1.5, without a library call."""
    x = optical_depth
    return ONE / (ONE + x * (ONE + x * (HALF + x * f4(1 / 6))))


@kernel()
def tiled(texture, x, y, mask):
    """Bilinear sample of a square tiling texture whose side is mask + 1, at x, y >= 0 in texels."""
    ix, iy = i4(x), i4(y)
    fx, fy = x - f4(ix), y - f4(iy)
    x0, x1, y0, y1 = u4(ix) & u4(mask), u4(ix + 1) & u4(mask), u4(iy) & u4(mask), u4(iy + 1) & u4(mask)
    top = mix(texture[y0, x0], texture[y0, x1], fx)
    return mix(top, mix(texture[y1, x0], texture[y1, x1], fx), fy)


@kernel()
def scramble(h):
    """An integer hash: every bit of h moves about half of the result's 17 low bits."""
    h = u4(u4(h ^ u4(h >> u4(15))) * u4(0x2C1B3C6D))
    return u4(h >> u4(12))


@kernel()
def clamp_column(u, width):
    """The first column whose centre is not left of u, within [0, width]."""
    return ceil_int(min(max(u - HALF, ZERO), f4(width)))
