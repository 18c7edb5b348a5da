"""Zebra crossings and stop lines, laid over a shaded row. The conventions are those of `sim.camera.kernels`."""

import math

import numpy as np

from sim.camera.pixels import (
    ASPHALT,
    HALF,
    LANE_MARKING_CLASS,
    MARKING,
    ONE,
    ROAD_CLASS,
    TWO,
    ZERO,
    band,
    clamp01,
    clamp_column,
    f4,
    kernel,
    tint_pixel,
    u4,
)
from sim.camera.road import DASH_PERIOD, ROAD_EDGE, same_lap
from sim.scene import DECAL_KIND, DECAL_LENGTH, DECAL_S, DECAL_X, DECAL_Y, ZEBRA

ZEBRA_EDGE = f4(3.2)
"""|d| in metres to which a zebra's bars reach."""

STOP_LINE_FROM, STOP_LINE_TO = f4(-3.3), f4(-0.1)
"""d in metres that a stop line spans."""

ZEBRA_MARGIN = f4(0.5)
"""Metres before and past a zebra in which other markings pause."""

DECAL_RANGE = f4(130)
"""Metres to which decals are drawn."""


@kernel()
def find_decals(decals, view, near):
    """Rows of the decals that may be in view into `near`; returns how many."""
    count = 0
    for k in range(decals.shape[0]):
        dx, dy = decals[k, DECAL_X] - view.x, decals[k, DECAL_Y] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        wide = (max(z, ZERO) + f4(6)) * view.centre_x / view.focal + f4(6)
        if decals[k, DECAL_KIND] >= ZERO and f4(-8) < z < DECAL_RANGE and abs(l) < wide:
            near[count] = k
            count += 1
    return count


@kernel()
def draw_decal(out, lines, grain, colours, decal, view, per_pixel, lap, reach, wear):
    """One decal's share of a shaded row, per_pixel metres a pixel: the columns near enough to its middle, if any.

    out: the row. lines, reach: as `spread_nodes`. grain: (W,). colours: as `shade_row`. decal: its row of the table.
    view: as in `sim.camera.kernels`. lap: metres. wear: of the paint, in [0, 1].
    """
    foot = TWO * reach * DASH_PERIOD
    dx, dy = decal[DECAL_X] - view.x, decal[DECAL_Y] - view.y
    z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
    # on the outside of a 14 m bend the road is a quarter longer than its centre line
    along = f4(1.3) * (HALF * (decal[DECAL_LENGTH] + foot) + ZEBRA_MARGIN)
    radius = math.sqrt(along * along + ROAD_EDGE * ROAD_EDGE) + HALF
    if abs(per_pixel * view.focal - z) > radius:
        return
    u0 = clamp_column(view.centre_x - (l + radius) / per_pixel, view.width)
    u1 = clamp_column(view.centre_x - (l - radius) / per_pixel, view.width)
    if u0 < u1:
        if decal[DECAL_KIND] == f4(ZEBRA):
            zebra_span(out, lines, grain, colours, decal, lap, foot, wear, u0, u1)
        else:
            stop_line_span(out, lines, grain, colours, decal, lap, foot, wear, u0, u1)


@kernel()
def zebra_span(out, lines, grain, colours, decal, lap, foot, wear, begin, end):
    """A zebra's bars on a stretch of a row; where the old markings lay is asphalt again. foot: one pixel's in s, m.

    out, lines, grain, colours, decal, lap, wear: as `draw_decal`. begin, end: columns.
    """
    half = HALF * decal[DECAL_LENGTH]
    for u in range(begin, end):
        d, sharp, way = lines[0, u], lines[3, u], way_to(decal, lines[1, u], lap)
        if way > half + ZEBRA_MARGIN + HALF * foot or abs(d) > ROAD_EDGE:
            continue
        bare = within(way, half + ZEBRA_MARGIN, foot) * clamp01((ROAD_EDGE - abs(d)) * sharp + HALF)
        tone = grain[u] * HALF
        r, g, b = colours[ASPHALT, 0] + tone, colours[ASPHALT, 1] + tone, colours[ASPHALT, 2] + tone
        pixel = tint_pixel(out[u], max(r, ZERO), max(g, ZERO), max(b, ZERO), bare)
        across = (bar_integral(d + HALF / sharp) - bar_integral(d - HALF / sharp)) * sharp
        across = across * clamp01((ZEBRA_EDGE - abs(d)) * sharp + HALF)
        pixel = painted(pixel, colours, within(way, half, foot) * across, lines[2, u], grain[u], wear)
        if way < half + ZEBRA_MARGIN:
            inside = way < half and d - np.floor(d) < HALF and abs(d) < ZEBRA_EDGE
            pixel = owned(pixel, LANE_MARKING_CLASS if inside else ROAD_CLASS)
        out[u] = pixel


@kernel()
def stop_line_span(out, lines, grain, colours, decal, lap, foot, wear, begin, end):
    """A stop line on a stretch of a row. foot: as `zebra_span`.

    out, lines, grain, colours, decal, lap, wear, begin, end: as `zebra_span`.
    """
    half = HALF * decal[DECAL_LENGTH]
    for u in range(begin, end):
        d, way = lines[0, u], way_to(decal, lines[1, u], lap)
        if way > half + HALF * foot or abs(d) > ROAD_EDGE:
            continue
        across = band(d, STOP_LINE_FROM, STOP_LINE_TO, lines[3, u])
        pixel = painted(out[u], colours, within(way, half, foot) * across, lines[2, u], grain[u], wear)
        inside = way < half and STOP_LINE_FROM < d < STOP_LINE_TO
        out[u] = owned(pixel, LANE_MARKING_CLASS) if inside else pixel


@kernel()
def way_to(decal, t, lap):
    """Metres of s between a decal's middle and t, which is in dash periods."""
    middle = decal[DECAL_S] * (ONE / DASH_PERIOD)
    return abs(same_lap(middle, t, lap * (ONE / DASH_PERIOD)) - middle) * DASH_PERIOD


@kernel()
def within(way, half, foot):
    """The share of a footprint, `foot` metres of s long and `way` from a middle, that lies less than `half` off it."""
    return clamp01((half - way) / foot + HALF)


@kernel()
def painted(pixel, colours, share, noise, fine, wear):
    """Road paint over `share` of a pixel, worn where the noise is high.

    colours: as `shade_row`. noise: in [0, 1]; fine: the grain. wear: of the paint, in [0, 1].
    """
    share = share * (ONE - clamp01(wear * (TWO * noise + fine * f4(0.08))))
    return tint_pixel(pixel, colours[MARKING, 0], colours[MARKING, 1], colours[MARKING, 2], share)


@kernel()
def owned(pixel, slot):
    """The pixel with another slot."""
    return u4(pixel & u4(0xFFFFFF)) | u4(u4(slot) << u4(24))


@kernel()
def bar_integral(d):
    """Integral from 0 to d of a zebra's bars: half a metre white, half a metre bare."""
    whole = np.floor(d)
    return whole * HALF + min(d - whole, HALF)
