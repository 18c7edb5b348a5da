"""What the faces of vehicles and houses are made of, and how they look in this light."""

import numpy as np

from sim.camera.models import MATERIALS
from sim.camera.pixels import (
    COVER,
    COVERED,
    FULL,
    HALF,
    HEADLIGHTS,
    MARKING,
    ONE,
    SUN_STRENGTH,
    SUNLIGHT,
    ZENITH,
    ZERO,
    clamp01,
    f4,
    i4,
    kernel,
    mix,
    scramble,
    u4,
)
from sim.scene import LAMPS

BRAKES, BLINKS = i4(LAMPS.index("brake lights")), i4(LAMPS.index("indicators"))

PAINT, GLASS, HEADLAMP, TAIL_LAMP, BRAKE_LIGHT, INDICATOR, WALL, ROOF = map(
    MATERIALS.index, ("paint", "glass", "headlamp", "tail lamp", "brake light", "indicator", "wall", "roof")
)

ALBEDO = np.array(
    [
        *([0.0, 0.0, 0.0], [0.13, 0.16, 0.19], [0.06, 0.06, 0.065], [0.46, 0.47, 0.49], [0.93, 0.95, 0.92]),
        *([0.34, 0.035, 0.03], [0.20, 0.03, 0.03], [0.86, 0.84, 0.74], [0.085, 0.085, 0.095], [0.82, 0.83, 0.81]),
        *([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.80, 0.78, 0.72], [0.46, 0.29, 0.22]),
        *([0.78, 0.40, 0.08], [0.70, 0.72, 0.74]),
    ],
    np.float32,
)
"""Colours of the materials in shares of white paint; those of paint, walls and roofs come from lists."""

PAINTS = np.array(
    [
        *([0.88, 0.89, 0.88], [0.55, 0.58, 0.61], [0.24, 0.26, 0.29], [0.09, 0.10, 0.12], [0.10, 0.19, 0.38]),
        *([0.18, 0.38, 0.52], [0.13, 0.27, 0.20], [0.58, 0.52, 0.40], [0.80, 0.66, 0.22], [0.36, 0.40, 0.42]),
    ],
    np.float32,
)
"""Sober, and none red: brake lights, red lights and the overlay are."""

WALLS = np.array(
    [
        *([0.80, 0.76, 0.66], [0.74, 0.62, 0.50], [0.60, 0.42, 0.33], [0.70, 0.70, 0.68], [0.84, 0.80, 0.74]),
        *([0.56, 0.55, 0.52], [0.78, 0.69, 0.52], [0.62, 0.66, 0.64]),
    ],
    np.float32,
)

ROOFS = np.array([[0.42, 0.24, 0.18], [0.30, 0.28, 0.28], [0.36, 0.29, 0.24], [0.24, 0.26, 0.30]], np.float32)

BRAKING_RED = (f4(255), f4(52), f4(40))
"""Of tail lamps that brake, by day and night."""
BLINKING = (f4(255), f4(168), f4(36))
"""Of indicators that are on, by day and night."""
TAIL_RED = (f4(150), f4(22), f4(18))
"""Of tail lamps in the dark."""
LAMP_WHITE = (f4(255), f4(250), f4(228))
"""Of headlamps in the dark."""


@kernel()
def shade_of(tint, shades):
    """Which of a list of colours a tint in [-1, 1] picks."""
    return i4((min(max(tint, -ONE), ONE) + ONE) * f4(0.4999) * f4(shades.shape[0]))


@kernel()
def albedo_of(material, tint, row):
    """A face's red, green and blue in shares of white paint."""
    if material == PAINT:
        k = shade_of(tint, PAINTS)
        return PAINTS[k, 0], PAINTS[k, 1], PAINTS[k, 2]
    if material == WALL:
        k = shade_of(tint, WALLS)
        return WALLS[k, 0], WALLS[k, 1], WALLS[k, 2]
    if material == ROOF:
        k = i4(scramble(u4(u4(row + 1) * u4(0x9E3779B1))) & u4(3))
        return ROOFS[k, 0], ROOFS[k, 1], ROOFS[k, 2]
    return ALBEDO[material, 0], ALBEDO[material, 1], ALBEDO[material, 2]


@kernel()
def face_colours(colours, albedo, material, plane, state, light):
    """Fill colours (2, 3), of the face's top row and of its bottom row, in this light; returns whether it shines.

    albedo: red, green, blue, as `albedo_of`. material: into MATERIALS. plane: (4,), the face's. state: the object's.
    light: (sun, look, palette).
    """
    sun, look, palette = light
    dark = look[HEADLIGHTS] > ZERO
    lamps = i4(state)
    if material == INDICATOR and lamps == BLINKS:
        colours[:, 0], colours[:, 1], colours[:, 2] = BLINKING
        return True
    brakes = lamps == BRAKES
    if (brakes and material in (TAIL_LAMP, BRAKE_LIGHT)) or (dark and material in (TAIL_LAMP, HEADLAMP)):
        shine = LAMP_WHITE if material == HEADLAMP else (BRAKING_RED if brakes else TAIL_RED)
        colours[:, 0], colours[:, 1], colours[:, 2] = shine[0], shine[1], shine[2]
        return True
    strength = look[SUN_STRENGTH]
    towards = max(plane[0] * sun[0] + plane[1] * sun[1] + plane[2] * sun[2], ZERO)
    ambient = (f4(0.62) + f4(0.20) * plane[2]) * (ONE - f4(0.22) * strength)
    gloss = f4(0.10) + f4(0.40) * clamp01(plane[2] + f4(0.3)) if material == GLASS else ZERO
    snow = f4(0.85) * min(look[COVERED] * f4(1.6), ONE) if material == ROOF else ZERO
    fall = f4(0.10) if material == PAINT and plane[2] < f4(0.6) else ZERO  # the road below a car is darker than the sky
    for channel in range(3):
        lit = ambient + f4(0.62) * strength * towards * palette[SUNLIGHT, channel] * f4(1 / 250)
        value = albedo[channel] * palette[MARKING, channel] * lit
        value = mix(value, palette[COVER, channel], snow)
        colours[0, channel] = min(mix(value, palette[ZENITH, channel], gloss) * (ONE + HALF * fall), FULL)
        colours[1, channel] = min(mix(value, palette[ZENITH, channel], f4(0.3) * gloss) * (ONE - fall), FULL)
    return False
