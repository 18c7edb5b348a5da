"""Walls of houses: rows of windows with frames, doors, a plinth. The conventions are those of `sim.camera.kernels`.

A wall stands upright, so each of its columns on the screen has one depth and one place along the wall: windows are the
product of what a column and what a row show of them, both box integrals over the pixel's footprint.
"""

from typing import Any, NamedTuple

import numpy as np

from sim.camera.pixels import (
    FOG_DENSITY,
    HALF,
    HAZE,
    HAZE_LIMIT,
    HEADLIGHTS,
    MARKING,
    ONE,
    STARS,
    TWO,
    ZERO,
    clamp01,
    f4,
    i4,
    kernel,
    mix,
    pack,
    scramble,
    transmittance,
    u4,
)

PLINTH, FLOOR, BAY, MARGIN = f4(0.45), f4(2.55), f4(2.9), f4(0.4)
"""Metres: height of the plinth, least height of a storey, breadth of a window's bay, blank wall at the corners."""
HALF_WINDOW, HALF_DOOR, FRAME, BAR = f4(0.60), f4(0.55), f4(0.11), f4(0.035)
"""Metres: half breadths of windows and doors, breadths of frames and, half, of the bars across a window."""
SILL, HEAD, TRANSOM, STEP = f4(0.85), f4(2.30), f4(1.82), f4(-0.35)
"""Metres above a storey's floor: a window's lower and upper edge and its bar across; a door's lower edge."""
SHARPEST = f4(0.02)
"""Metres; edges are at least so soft."""

LIT_WINDOW = (f4(255), f4(214), f4(140))
LIT_SHARE = f4(0.62)
"""Colour of windows lit at night; the share that stays dark."""

RISE, CLEAR, GLASS_ACROSS, FRAME_ACROSS, BAY_NUMBER, LOW = range(6)
WALL_COLUMNS = 6
"""Rows of a wall's column table: metres up the wall a pixel, light that passes the haze, shares of the column's breadth
that are glass and window with its frame, number of the bay, lower edge of its opening on the ground floor."""


class HouseWall(NamedTuple):
    """A house's forward axis (z, l) and middle (z, l) in camera axes; its length, width and height of the walls in
    metres; its row in the table of objects."""

    forward_z: Any
    forward_l: Any
    z: Any
    l: Any
    length: Any
    width: Any
    eaves: Any
    row: Any


@kernel()
def wall_columns(columns, first, last, view, plane, house, bounds, look):
    """Fill the column table from column `first` to `last`; returns what all rows share: (storeys, height of a storey,
    height of the walls, the house's row).

    Only the wall that faces the road, on the left of the house, has a door.
    """
    end = abs(plane[0] * house.forward_z + plane[1] * house.forward_l) > f4(0.7)
    front = plane[1] * house.forward_z - plane[0] * house.forward_l > f4(0.7)
    span = house.width if end else house.length
    along_z, along_l = (-house.forward_l, house.forward_z) if end else (house.forward_z, house.forward_l)
    bays = max(np.floor((span - TWO * MARGIN) / BAY), ONE)
    pitch = (span - TWO * MARGIN) / bays
    door = np.floor(bays * HALF) if front else -ONE
    for u in range(first, last):
        tangent = (view.centre_x - f4(u) - HALF) / view.focal
        z = plane[3] / (plane[0] + plane[1] * tangent)
        z = min(max(z, bounds[2]), bounds[3])  # past its own outline a wall runs on, to infinity
        along = along_z * (z - house.z) + along_l * (z * tangent - house.l)
        turned = z * z * plane[1] / plane[3]
        foot = max(abs((along_l * (z - turned * tangent) - along_z * turned) / view.focal), SHARPEST)
        position = along + HALF * span - MARGIN
        bay = min(max(np.floor(position / pitch), ZERO), bays - ONE)
        aside = abs(position - (bay + HALF) * pitch)
        half = HALF_DOOR if bay == door else HALF_WINDOW
        glass = clamp01((half - aside) / foot + HALF)
        bar = ZERO if bay == door else TWO * BAR / max(foot, TWO * BAR) * clamp01((BAR - aside) / foot + ONE)
        blur = clamp01(foot / pitch - HALF)  # from far along the wall its windows run together
        columns[RISE, u] = z / view.focal
        columns[CLEAR, u] = transmittance(min(z, HAZE_LIMIT) * look[FOG_DENSITY])
        columns[GLASS_ACROSS, u] = mix(glass * (ONE - bar), TWO * half / pitch, blur)
        columns[FRAME_ACROSS, u] = mix(
            clamp01((half + FRAME - aside) / foot + HALF), TWO * (half + FRAME) / pitch, blur
        )
        columns[BAY_NUMBER, u] = bay
        columns[LOW, u] = STEP if bay == door else SILL
    storeys = max(np.floor((house.eaves - PLINTH) / FLOOR), ONE)
    return storeys, (house.eaves - PLINTH) / storeys, house.eaves, house.row


@kernel()
def wall_row(out, columns, begin, above, mount, sizes, colours, slot, look, palette):
    """The colours of one row of a wall from column `begin` on. above: pixels from the row up to the horizon; colours:
    (2, 3), the lit wall's."""
    storeys, storey_height, eaves, house = sizes[0], sizes[1], sizes[2], u4(sizes[3])
    end = begin + out.shape[0]
    rises, clears, glasses = columns[RISE, begin:end], columns[CLEAR, begin:end], columns[GLASS_ACROSS, begin:end]
    frames, bays, lows = columns[FRAME_ACROSS, begin:end], columns[BAY_NUMBER, begin:end], columns[LOW, begin:end]
    wall_r, wall_g, wall_b = colours[0, 0], colours[0, 1], colours[0, 2]
    white_r, white_g, white_b = palette[MARKING, 0], palette[MARKING, 1], palette[MARKING, 2]
    sky_r, sky_g, sky_b = palette[HAZE, 0], palette[HAZE, 1], palette[HAZE, 2]
    night = look[HEADLIGHTS] > ZERO or look[STARS] > ZERO
    per_storey = ONE / storey_height
    for u in range(out.shape[0]):
        rise, clear = rises[u], clears[u]
        height, sharp = mount + rise * above, ONE / max(rise, SHARPEST)
        level = (height - PLINTH) * per_storey
        storey = min(max(np.floor(level), ZERO), storeys - ONE)
        up = (level - storey) * storey_height
        low = lows[u] if storey < HALF else SILL
        opening = clamp01((up - low) * sharp + HALF) * clamp01((HEAD - up) * sharp + HALF)
        bar = clamp01((BAR - abs(up - TRANSOM)) * sharp + HALF)
        surround = clamp01((up - low + FRAME) * sharp + HALF) * clamp01((HEAD + FRAME - up) * sharp + HALF)
        glass = glasses[u] * opening * (ONE - bar)
        frame = frames[u] * surround - glass

        # darker at the plinth, near the ground and under the eaves, lighter where a course runs round the house
        plinth = clamp01((PLINTH - height) * sharp + HALF)
        course = clamp01((f4(0.06) - abs(up - storey_height + f4(0.10))) * sharp + HALF) * min(f4(0.12) * sharp, ONE)
        weather = clamp01(ONE - height * f4(0.35)) * f4(0.10) + clamp01(ONE - abs(eaves - height)) * f4(0.16)
        shade = (ONE - f4(0.30) * plinth) * (ONE + f4(0.08) * course) * (ONE - weather)
        r, g, b = wall_r * shade, wall_g * shade, wall_b * shade
        r, g, b = (
            mix(r, mix(r, white_r, f4(0.45)), frame),
            mix(g, mix(g, white_g, f4(0.45)), frame),
            mix(b, mix(b, white_b, f4(0.45)), frame),
        )

        chance = scramble(u4(u4(i4(bays[u]) + i4(storey) * i4(131)) + u4(house * u4(1013))) * u4(0x9E3779B1))
        lot = f4(i4(chance & u4(255))) * f4(1 / 255)
        door = low < ZERO
        mirror = clamp01((up - f4(0.5)) * f4(0.55)) * (f4(0.15) + f4(0.40) * lot)
        curtain = f4(0.30) if (chance & u4(0x700)) == u4(0x700) else f4(0.11)
        mirror = ZERO if door else mirror
        dark_r, dark_g, dark_b = white_r * curtain, white_g * curtain * f4(1.02), white_b * curtain * f4(1.06)
        dark_r = wall_r * f4(0.42) if door else dark_r
        dark_g = wall_g * f4(0.34) if door else dark_g
        dark_b = wall_b * f4(0.28) if door else dark_b
        shining = night and lot > LIT_SHARE and not door
        pane_r = LIT_WINDOW[0] if shining else mix(dark_r, sky_r, mirror)
        pane_g = LIT_WINDOW[1] if shining else mix(dark_g, sky_g, mirror)
        pane_b = LIT_WINDOW[2] if shining else mix(dark_b, sky_b, mirror)
        r, g, b = mix(r, pane_r, glass), mix(g, pane_g, glass), mix(b, pane_b, glass)
        luminous = i4(1) if shining and glass > HALF else i4(0)
        out[u] = pack(mix(sky_r, r, clear), mix(sky_g, g, clear), mix(sky_b, b, clear), slot + luminous)
