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
    MARKING,
    ONE,
    TWO,
    VECTOR,
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
    u8,
)

PLINTH = f4(0.45)
"""Metres of height."""
FLOOR = f4(2.55)
"""Metres: the least height of a storey."""
BAY = f4(2.9)
"""Metres: breadth of a window's bay."""
MARGIN = f4(0.4)
"""Metres of blank wall at the corners."""
HALF_WINDOW, HALF_DOOR = f4(0.60), f4(0.55)
"""Metres: half breadths."""
FRAME = f4(0.11)
"""Metres: breadth of a window's frame."""
BAR = f4(0.035)
"""Metres: half the breadth of the bars across a window."""
SILL, HEAD = f4(0.85), f4(2.30)
"""Metres above a storey's floor: a window's lower and upper edge."""
TRANSOM = f4(1.82)
"""Metres above a storey's floor: a window's bar across."""
STEP = f4(-0.35)
"""Metres above the floor: a door's lower edge."""
REVEAL = f4(0.16)
"""Metres that the lintel shades of a pane that lies deep in its wall."""
LEDGE, LEDGE_SHADE = f4(0.09), f4(0.17)
"""Metres: how high a sill is, and how far down it shades."""
FASCIA = (f4(2.46), f4(2.90))
"""Metres above the ground floor: a shop's sign, from and to."""
LEAST_FOOTPRINT = f4(0.02)
"""Metres; edges are at least so soft."""

SHOP_COLOURS = np.array([[0.10, 0.24, 0.22], [0.13, 0.18, 0.34], [0.30, 0.22, 0.12], [0.20, 0.20, 0.22]], np.float32)
"""Of shops' signs and doors, in shares of the frames' white."""

LIT_WINDOW = (f4(255), f4(214), f4(140))
"""Colour of windows lit at night."""
DARK_WINDOWS = f4(0.62)
"""The share of windows that stays dark at night."""

RISE = 0
"""Row of a wall's column table: metres up the wall a pixel."""
CLEAR = 1
"""The share of light that passes the haze."""
GLASS_ACROSS = 2
"""The share of the column's breadth that is glass."""
FRAME_ACROSS = 3
"""The share of it that is window with its frame."""
BAY_NUMBER = 4
"""The number of the bay."""
LOW = 5
"""The lower edge of its opening on the ground floor, metres above it."""
WALL_COLUMNS = 6
"""Rows of the table."""


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
    """Fill the column table from column `first` to `last`, in whole blocks.

    Returns what all rows share: (storeys, height of a storey, height of the walls, the house's row, 1 for a shop). Only
    the wall that faces the road, on the left of the house, has a door. columns: (WALL_COLUMNS, W), filled. view, look:
    as in `sim.camera.kernels`. plane: (4,), the wall's. house: a `HouseWall`. bounds: as `outline` fills them.
    """
    end = abs(plane[0] * house.forward_z + plane[1] * house.forward_l) > f4(0.7)
    front = plane[1] * house.forward_z - plane[0] * house.forward_l > f4(0.7)
    span = house.width if end else house.length
    along = (-house.forward_l, house.forward_z) if end else (house.forward_z, house.forward_l)
    start = HALF * span - MARGIN - along[0] * house.z - along[1] * house.l
    bays = max(np.floor((span - TWO * MARGIN) / BAY), ONE)
    layout = (bays, (span - TWO * MARGIN) / bays, np.floor(bays * HALF) if front else -ONE)
    begin, stop = whole_blocks(first, last)
    places, feet = columns[GLASS_ACROSS, begin:stop], columns[FRAME_ACROSS, begin:stop]
    rises, clears = columns[RISE, begin:stop], columns[CLEAR, begin:stop]
    tangent = (view.centre_x - f4(begin) - HALF) / view.focal
    find_places(rises, places, feet, tangent, ONE / view.focal, plane, along, start, bounds)
    find_haze(clears, rises, view.focal * look[FOG_DENSITY], HAZE_LIMIT * look[FOG_DENSITY])
    find_windows(places, feet, columns[BAY_NUMBER, begin:stop], columns[LOW, begin:stop], layout)
    storeys = max(np.floor((house.eaves - PLINTH) / FLOOR), ONE)
    shop = ONE if front and storeys > f4(1.5) and house.row % 3 == 0 else ZERO
    return storeys, (house.eaves - PLINTH) / storeys, house.eaves, house.row, shop


@kernel()
def whole_blocks(first, last):
    """Columns `first` to `last`, rounded out to whole vectors: a remainder, pixel by pixel, costs as much as ten."""
    return first // VECTOR * VECTOR, -(-last // VECTOR) * VECTOR


@kernel()
def find_places(rises, places, feet, tangent, step, plane, along, start, bounds):
    """Of each column: metres up the wall a pixel, place along the wall, metres along it a pixel.

    rises, places, feet: (n,), filled. tangent, step: to the left of the first column, and from one to the next. plane,
    bounds: the wall's. along: its unit vector (z, l); start: what makes its corner 0, metres.
    """
    for i in range(rises.shape[0]):
        t = tangent - step * f4(i4(i))
        z = plane[3] / (plane[0] + plane[1] * t)
        z = min(max(z, bounds[2]), bounds[3])  # past its own outline a wall runs on, to infinity
        turned = z * z * plane[1] / plane[3]
        rises[i] = z * step
        places[i] = start + along[0] * z + along[1] * z * t
        feet[i] = max(abs(along[1] * (z - turned * t) - along[0] * turned) * step, LEAST_FOOTPRINT)


@kernel()
def find_haze(clears, rises, thickness, thickest):
    """The light that passes the haze."""
    for i in range(rises.shape[0]):
        clears[i] = transmittance(min(rises[i] * thickness, thickest))


@kernel()
def find_windows(glasses, frames, bay_numbers, lows, layout):
    """The shares of glass and frame, from the places along the wall and the footprints that stand in their stead."""
    bays, pitch, door = layout
    for i in range(glasses.shape[0]):
        position, foot = glasses[i], frames[i]
        bay = min(max(np.floor(position / pitch), ZERO), bays - ONE)
        aside = abs(position - (bay + HALF) * pitch)
        half = HALF_DOOR if bay == door else HALF_WINDOW
        bar = clamp01((BAR - aside) / foot + HALF) if bay != door else ZERO
        blur = clamp01(foot / pitch - HALF)  # from far along the wall its windows run together
        glass = clamp01((half - aside) / foot + HALF) * (ONE - bar)
        framed = clamp01((half + FRAME - aside) / foot + HALF)
        glasses[i] = mix(glass, TWO * half / pitch, blur)
        frames[i] = mix(framed, TWO * (half + FRAME) / pitch, blur)
        bay_numbers[i], lows[i] = bay, STEP if bay == door else SILL


@kernel()
def wall_table(columns):
    """The rows of the column table, and nothing else: a view costs more than a few pixels."""
    return (
        columns[RISE],
        columns[CLEAR],
        columns[GLASS_ACROSS],
        columns[FRAME_ACROSS],
        columns[BAY_NUMBER],
        columns[LOW],
    )


@kernel()
def wall_paints(colours, palette, row):
    """Of red, green and blue: the lit wall's (the first of `colours`), a frame's, the haze's, a lit pane's, and a
    shop's."""
    shop = SHOP_COLOURS[row % SHOP_COLOURS.shape[0]]
    return (
        (colours[0, 0], palette[MARKING, 0], palette[HAZE, 0], LIT_WINDOW[0], shop[0] * palette[MARKING, 0]),
        (colours[0, 1], palette[MARKING, 1], palette[HAZE, 1], LIT_WINDOW[1], shop[1] * palette[MARKING, 1]),
        (colours[0, 2], palette[MARKING, 2], palette[HAZE, 2], LIT_WINDOW[2], shop[2] * palette[MARKING, 2]),
    )


@kernel()
def wall_row(ink, table, first, last, above, mount, sizes, paints, slot, dark_share):
    """The colours of one row of a wall into `ink`, from column `first` to `last` and a little more.

    above: pixels from the row up to the horizon. sizes: as `wall_columns`. dark_share: of the windows, the share that
    are not lit. table: as `wall_table`. mount: the camera's height, metres. paints: as `wall_paints`. slot: the wall's.
    """
    rises, clears, glasses, frames, bays, lows = table
    storeys, storey_height, eaves, house, shop = sizes
    per_storey, house = ONE / storey_height, u4(house * 1013)
    begin, end = whole_blocks(first, last)
    for i in range(end - begin):
        u = u8(u8(begin) + u8(i))
        rise, clear = rises[u], clears[u]
        height, sharp = mount + rise * above, ONE / max(rise, LEAST_FOOTPRINT)
        storey = min(max(np.floor((height - PLINTH) * per_storey), ZERO), storeys - ONE)
        up = height - PLINTH - storey * storey_height
        low = lows[u] if storey < HALF else SILL
        opening = clamp01((up - low) * sharp + HALF) * clamp01((HEAD - up) * sharp + HALF)
        bar = clamp01((BAR - abs(up - TRANSOM)) * sharp + HALF)
        glass = glasses[u] * opening * (ONE - bar)
        framed = clamp01((up - low + FRAME) * sharp + HALF) * clamp01((HEAD + FRAME - up) * sharp + HALF)
        frame = f4(0.45) * max(frames[u] * framed - glass, ZERO)
        depth = f4(0.55) * clamp01((up - HEAD + REVEAL) * sharp + HALF)
        under = (low - FRAME - up) * sharp + HALF  # how far below the frame, in pixels
        ledge = frames[u] * clamp01(under) * clamp01(LEDGE * sharp + ONE - under)
        eclipsed = frames[u] * clamp01(under - LEDGE * sharp) * clamp01((LEDGE + LEDGE_SHADE) * sharp + ONE - under)
        frame = max(frame, f4(0.6) * ledge)

        # darker at the plinth, near the ground and under the eaves, lighter where a course runs round the house
        plinth = clamp01((PLINTH - height) * sharp + HALF)
        course = clamp01((f4(0.06) - abs(up - storey_height + f4(0.10))) * sharp + HALF) * min(f4(0.12) * sharp, ONE)
        weather = clamp01(ONE - height * f4(0.35)) * f4(0.10) + clamp01(ONE - abs(eaves - height)) * f4(0.16)
        shade = (ONE - f4(0.30) * plinth) * (ONE + f4(0.08) * course) * (ONE - weather) * (ONE - f4(0.30) * eclipsed)
        sign = clamp01((up - FASCIA[0]) * sharp + HALF) * clamp01((FASCIA[1] - up) * sharp + HALF)
        sign = sign * shop if storey < HALF else ZERO

        chance = scramble(u4(u4(i4(bays[u]) + i4(storey) * i4(131)) + house) * u4(0x9E3779B1))
        lot = f4(i4(chance & u4(255))) * f4(1 / 255)
        door = ONE if low < ZERO else ZERO
        mirror = (ONE - door) * clamp01((up - f4(0.5)) * f4(0.55)) * (f4(0.15) + f4(0.40) * lot) * (ONE - depth)
        pane = f4(0.30) if (chance & u4(0x700)) == u4(0x700) else f4(0.12)  # with or without a curtain
        pane = pane * (ONE - depth)
        lit = ONE if lot - TWO * door > dark_share else ZERO
        wood = f4(0.36) * door
        r = wall_channel(paints[0], shade, frame, glass, pane, wood, door, mirror, lit, sign, clear)
        g = wall_channel(paints[1], shade, frame, glass, pane, wood, door, mirror, lit, sign, clear)
        b = wall_channel(paints[2], shade, frame, glass, pane, wood, door, mirror, lit, sign, clear)
        ink[u] = pack(r, g, b, slot + i4(lit * glass + HALF))


@kernel()
def wall_channel(paint, shade, frame, glass, pane, wood, door, mirror, lit, sign, clear):
    """One channel of a wall with shares `frame` and `glass` of its window, whose pane mirrors the sky or is lit, and
    the share `sign` of a shop's.

    paint: as `wall_paints`. shade: of the bare wall. pane: its tone. wood: of a door, if door is 1. mirror: share of
    the sky in it. lit: 0 or 1. clear: the light that passes the haze.
    """
    wall, white, sky, light, board = paint
    wall = mix(wall, board, sign)
    through = mix(mix(white * pane, wall * wood, door), sky, mirror)
    return mix(sky, mix(mix(wall * shade, white, frame), mix(through, light, lit), glass), clear)
