"""The ground: asphalt, lines and grass, row by row. The conventions are those of `sim.camera.kernels`."""

import math

import numpy as np

from sim.camera.decals import draw_decal, find_decals
from sim.camera.effects import vein_row
from sim.camera.pavement import pave_row
from sim.camera.pixels import (
    ASPHALT,
    COVER,
    COVERED,
    DRY_GRASS,
    EDGE_LINE_CLASS,
    FOG_DENSITY,
    FULL,
    GRAIN,
    GRASS,
    GROUND_CLASS,
    HALF,
    HAZE,
    HAZE_LIMIT,
    LANE_MARKING_CLASS,
    MARKING,
    MARKING_WEAR,
    ONE,
    PATCHES,
    ROAD_CLASS,
    SHOULDER,
    TWO,
    TYRE_WEAR,
    VEINS,
    ZERO,
    band,
    clamp01,
    f4,
    i4,
    kernel,
    mix,
    pack,
    scramble,
    tint_pixel,
    transmittance,
    u4,
)
from sim.camera.road import (
    DASH_DUTY,
    DASH_HALF_WIDTH,
    EDGE_LINE_INNER,
    EDGE_LINE_OUTER,
    MID_LANE,
    ROAD_EDGE,
    SHOULDER_EDGE,
    mix_nodes,
    node_blocks,
    node_count,
    row_nodes,
    row_on_ground,
    spread_nodes,
)

WHEEL_OFFSET = f4(0.75)
"""Metres of a wheel's track from the middle of its lane."""

GROUND_COLOURS = 5
"""The first colours of a palette lie on the ground."""


@kernel()
def draw_ground(image, view, grid, origin, lap, decals, pavement, macro, look, palette, scratch):
    """Ground from the horizon down. grid, origin, decals, pavement: one world's; lap: its length in metres; macro: the
    ground noise.

    Nodes are looked up on every row far away and on ever fewer rows towards the camera; those between are mixed by
    their depth, which is exact where the road runs straight. image, view, look, palette, scratch: as in
    `sim.camera.kernels`.
    """
    count_decals = find_decals(decals, view, scratch.near_decals)
    where = (grid, macro, lap, view.x - origin[0], view.y - origin[1])
    far, near, nodes = scratch.nodes[0], scratch.nodes[1], scratch.nodes[2]
    v, known = view.horizon, 0
    while v < image.shape[0]:
        below = f4(v) + HALF - view.centre_y
        rows, blocks = rows_to_next(below, view), node_blocks(view.mount / below)
        if known == blocks:
            far, near = near, far
        else:
            row_nodes(where, view, below, blocks, far)
        row_nodes(where, view, below + f4(rows), blocks, near)
        known = blocks
        for i in range(min(rows, image.shape[0] - v)):
            share = (below + f4(rows)) * f4(i) / (f4(rows) * (below + f4(i)))
            mix_nodes(far, near, share, lap, node_count(view.width, blocks), nodes)
            draw_ground_row(image[v + i], view, f4(v + i) + HALF - view.centre_y, nodes, blocks, where, decals,
                            count_decals, pavement, look, palette, scratch)  # fmt: skip
        v += rows


@kernel()
def rows_to_next(below, view):
    """Rows from one that nodes are looked up on, `below` the horizon, to the next: at most a metre of ground apart, and
    on a 14 m bend less than 0.2 pixels off between."""
    rows = min(f4(4) * below * math.sqrt(below) / view.focal, below * below / (view.mount * view.focal))
    return 8 if rows >= f4(8) else 4 if rows >= f4(4) else 2 if rows >= TWO else 1


@kernel()
def draw_ground_row(out, view, below, nodes, blocks, where, decals, count_decals, pavement, look, palette, scratch):
    """One row of ground from its nodes; arguments as above.

    out: the row, `below` pixels under the horizon. nodes, blocks, where: as `row_nodes`. decals, pavement: one world's;
    count_decals: how many of scratch.near_decals may be in view. view, look, palette, scratch: as in
    `sim.camera.kernels`.
    """
    lines, grain, colours = scratch.lines, scratch.grain[: out.shape[0]], scratch.colours
    lap, per_pixel = where[2], view.mount / below
    depth, x, y, dx, dy = row_on_ground(where, view, below)
    clear = transmittance(min(depth, HAZE_LIMIT) * look[FOG_DENSITY])
    haze_ground(palette, clear, colours)
    reach = spread_nodes(nodes, node_count(view.width, blocks), blocks, lap, lines)
    draw_grain(grain, x, y, dx, dy, per_pixel, depth / below, look[GRAIN] * clear)
    row = out[: view.width]
    shade_row(out, lines, grain, colours, reach, clear, look)
    if pavement > ZERO:
        pave_row(row, lines, grain, colours, per_pixel, reach, ROAD_EDGE + pavement)
    for k in range(count_decals):
        decal = decals[scratch.near_decals[k]]
        draw_decal(out, lines, grain, colours, decal, view, per_pixel, lap, reach, look[MARKING_WEAR])
    if look[COVERED] > ZERO:
        cover_row(row, lines, grain, colours, look[COVERED])
    if look[VEINS] > ZERO:
        vein_row(row, lines, depth, clear, look, palette)


@kernel()
def haze_ground(palette, clear, colours):
    """The ground's colours and what covers it, (GROUND_COLOURS + 1, 3), as seen through the haze."""
    for channel in range(3):
        haze = palette[HAZE, channel] * (ONE - clear)
        for i in range(GROUND_COLOURS + 1):
            colours[i, channel] = palette[i, channel] * clear + haze


@kernel()
def draw_grain(grain, x, y, dx, dy, per_pixel, drop, strength):
    """Grain whose cells are about one pixel's footprint, per_pixel wide and `drop` long, in powers of two.

    Near the camera of a large picture, where pixels are small, a coarser and turned layer is added. grain (W,): filled.
    x, y: of the row's first pixel in cells of the grid; dx, dy: their steps. strength: in [0, 1].
    """
    footprint = math.sqrt(per_pixel * min(drop, f4(8) * per_pixel))
    cell, amplitude = f4(1 / 160), f4(11) * strength
    while cell < footprint * f4(0.75):
        cell, amplitude = cell * TWO, amplitude * f4(0.93)
    scale = ONE / cell
    x, y = x + f4(2048), y + f4(2048)  # hashing wants positive numbers
    grain_row(grain, x * scale, y * scale, dx * scale, dy * scale, amplitude, ZERO)
    if cell < f4(0.03) and per_pixel < f4(0.012):
        c, s = f4(0.8) * f4(0.31) * scale, f4(0.6) * f4(0.31) * scale
        turned_x, turned_y = x * c + y * s, y * c - x * s + f4(2048) * scale
        grain_row(grain, turned_x, turned_y, dx * c + dy * s, dy * c - dx * s, amplitude * f4(0.6), ONE)


@kernel()
def grain_row(out, x, y, dx, dy, amplitude, keep):
    """out = keep * out + white noise in [-amplitude, amplitude], one value a unit cell, along (x, y) + u (dx, dy)."""
    scale = amplitude * f4(1 / 32768)
    for u in range(out.shape[0]):
        step = f4(i4(u))
        h = u4(u4(i4(x + dx * step)) * u4(0x9E3779B1)) ^ u4(u4(i4(y + dy * step)) * u4(0x85EBCA77))
        out[u] = out[u] * keep + f4(i4(scramble(h) & u4(0xFFFF)) - i4(32768)) * scale


@kernel()
def pulse_integral(t):
    """Integral of the dash pulse train from 0 to t, in periods."""
    whole = np.floor(t)
    return whole * DASH_DUTY + min(t - whole, DASH_DUTY)


@kernel()
def shade_row(out, lines, grain, colours, reach, clear, look):
    """Pixels of a row; lines, reach: as `spread_nodes`. colours: (GROUND_COLOURS + 1, 3) already behind the haze.

    out: the row. grain: (W,). clear, look: as in `sim.camera.kernels`.
    """
    d_line, t_line, noise_line, sharp_line = lines[0], lines[1], lines[2], lines[3]
    gr, gg, gb = colours[GRASS, 0], colours[GRASS, 1], colours[GRASS, 2]
    yr, yg, yb = colours[DRY_GRASS, 0], colours[DRY_GRASS, 1], colours[DRY_GRASS, 2]
    sr, sg, sb = colours[SHOULDER, 0], colours[SHOULDER, 1], colours[SHOULDER, 2]
    ar, ag, ab = colours[ASPHALT, 0], colours[ASPHALT, 1], colours[ASPHALT, 2]
    mr, mg, mb = colours[MARKING, 0], colours[MARKING, 1], colours[MARKING, 2]
    inverse, wear, rubber = HALF / reach, look[MARKING_WEAR], look[TYRE_WEAR] * f4(9) * clear
    repair = look[PATCHES] * clear * clamp01(TWO - reach * f4(16))
    for u in range(out.shape[0]):
        d, t, noise, sharp, fine = d_line[u], t_line[u], noise_line[u], sharp_line[u], grain[u]
        a = abs(d)
        ragged = a + (noise - HALF) * f4(0.7) + fine * f4(0.012)
        shoulder = clamp01((SHOULDER_EDGE - ragged) * min(sharp, f4(4)) + HALF)
        road = clamp01((ROAD_EDGE - a) * sharp + HALF)
        dash = (pulse_integral(t + reach) - pulse_integral(t - reach)) * inverse
        paint = max(
            band(a, EDGE_LINE_INNER, EDGE_LINE_OUTER, sharp), band(d, -DASH_HALF_WIDTH, DASH_HALF_WIDTH, sharp) * dash
        )
        paint = paint * (ONE - clamp01(wear * (TWO * noise + fine * f4(0.08))))
        wheels = clamp01(ONE - abs(abs(a - MID_LANE) - WHEEL_OFFSET) * f4(2.2))
        tone = f4(i4(patch(d, t) & u4(0xFF))) - f4(176)
        worn = rubber * wheels + repair * max(tone, ZERO) * f4(0.16) - (noise - HALF) * f4(10)
        light = fine * (ONE - HALF * road) - worn * road
        r, g, b = mix(gr, yr, noise), mix(gg, yg, noise), mix(gb, yb, noise)
        r, g, b = mix(r, sr, shoulder), mix(g, sg, shoulder), mix(b, sb, shoulder)
        r, g, b = mix(r, ar, road) + light, mix(g, ag, road) + light, mix(b, ab, road) + light
        r, g, b = mix(r, mr, paint), mix(g, mg, paint), mix(b, mb, paint)
        r, g, b = min(max(r, ZERO), FULL), min(max(g, ZERO), FULL), min(max(b, ZERO), FULL)
        slot = ROAD_CLASS if a < ROAD_EDGE else GROUND_CLASS
        slot = EDGE_LINE_CLASS if (a > EDGE_LINE_INNER) & (a < EDGE_LINE_OUTER) else slot
        slot = LANE_MARKING_CLASS if (a < DASH_HALF_WIDTH) & (t - np.floor(t) < DASH_DUTY) else slot
        out[u] = pack(r, g, b, slot)


@kernel()
def patch(d, t):
    """A random number for each stretch of 6 m of each lane: where the asphalt was mended."""
    lane = u4(0x632BE5AB) if d > ZERO else u4(0)
    return scramble(u4(u4(i4(t * TWO)) * u4(0x9E3779B1)) ^ lane)


@kernel()
def cover_row(out, lines, grain, colours, covered):
    """Snow over a shaded row but for the wheel tracks, more where the noise is high. Slots stay: truth lies beneath."""
    d_line, noise_line = lines[0], lines[2]
    red, green, blue = colours[COVER, 0], colours[COVER, 1], colours[COVER, 2]
    for u in range(out.shape[0]):
        a = abs(d_line[u])
        off_track = clamp01((abs(abs(a - MID_LANE) - WHEEL_OFFSET) - f4(0.2)) * f4(2.5))
        beside = clamp01((a - f4(3.0)) * TWO)
        depth = off_track * (covered + HALF * beside) + (noise_line[u] - HALF) * f4(1.1) + grain[u] * f4(0.01)
        share = clamp01((depth - f4(0.42)) * f4(4)) * f4(0.94)
        out[u] = tint_pixel(
            out[u], min(red + grain[u], FULL), min(green + grain[u], FULL), min(blue + grain[u], FULL), share
        )
