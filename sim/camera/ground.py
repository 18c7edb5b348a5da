"""The ground: road, markings and grass, row by row. The conventions are those of `sim.camera.kernels`."""

import math

import numpy as np

from sim.camera.effects import vein_row
from sim.camera.pixels import (
    ASPHALT,
    BLOCK,
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
    MACRO_SIZE,
    MARKING,
    MARKING_WEAR,
    ONE,
    PATCHES,
    ROAD_CLASS,
    SHOULDER,
    TWO,
    TYRE_WEAR,
    VECTOR,
    VEINS,
    ZERO,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    mix,
    pack,
    scramble,
    tint_pixel,
    transmittance,
    u4,
    u8,
)
from sim.camera.simd import store_ramp
from sim.scene import DECAL_KIND, DECAL_LENGTH, DECAL_S, DECAL_X, DECAL_Y, GRID_SIZE, ZEBRA

ROAD_EDGE, SHOULDER_EDGE = f4(3.5), f4(4.6)
EDGE_LINE_INNER, EDGE_LINE_OUTER = f4(3.26), f4(3.44)
MID_LANE = f4(1.75)
"""|d| in metres; the last of either lane's middle."""

WHEEL_OFFSET = f4(0.75)
"""Metres of a wheel's track from the middle of its lane."""

DASH_HALF_WIDTH = f4(0.075)
"""Metres."""

DASH_PERIOD, DASH_DUTY = f4(12), f4(1 / 3)
"""Metres of s from one dash of the centre line to the next, and the share of them that it covers, from their start."""

KERB_WIDTH, JOINT = f4(0.18), f4(0.03)
"""Metres: breadth of the kerb, and of the joints of its paving."""

ZEBRA_EDGE = f4(3.2)
"""|d| in metres to which a zebra's bars reach."""

STOP_LINE_FROM, STOP_LINE_TO = f4(-3.3), f4(-0.1)
"""d in metres that a stop line spans."""

ZEBRA_MARGIN = f4(0.5)
"""Metres before and past a zebra in which other markings pause."""

DECAL_RANGE = f4(130)
"""Metres to which decals are drawn."""

STRETCH = 32
"""Pixels of a row that are looked at together for pavement."""

GROUND_COLOURS = 5
"""The first colours of a palette lie on the ground."""


@kernel()
def draw_ground(image, view, grid, origin, lap, decals, pavement, macro, look, palette, scratch):
    """Ground from the horizon down. grid, origin, decals, pavement: one world's; lap: its length in metres; macro: the
    ground noise.

    Nodes are looked up on every row far away and on ever fewer rows towards the camera; those between are mixed by
    their depth, which is exact where the road runs straight.
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
def node_count(width, blocks):
    """Nodes along a row, one past its end included."""
    stride = BLOCK * blocks
    return (width + stride - 1) // stride + 1


@kernel()
def row_on_ground(where, view, below):
    """A row's depth in metres, and in cells of the grid the place of its first pixel and the step from one to the next.

    where, below: as `row_nodes`.
    """
    per_pixel = view.mount / below
    depth, middle = per_pixel * view.focal, view.centre_x - HALF
    dx, dy = view.sin * per_pixel, -view.cos * per_pixel
    return depth, where[3] + view.cos * depth - middle * dx, where[4] + view.sin * depth - middle * dy, dx, dy


@kernel()
def row_nodes(where, view, below, blocks, nodes):
    """The nodes of the row whose middle is `below` pixels under the horizon; as `road_nodes`.

    where: grid, noise, the lap's length, the eye's place in cells of the grid.
    """
    grid, macro, lap, eye_x, eye_y = where
    _, x, y, dx, dy = row_on_ground(where, view, below)
    road_nodes(grid, macro, lap, x, y, dx, dy, eye_x, eye_y, f4(BLOCK * blocks), ONE / below,
               node_count(view.width, blocks), nodes)  # fmt: skip


@kernel()
def mix_nodes(far, near, share, lap, count, nodes):
    """Nodes `share` of the way from one row's to another's."""
    laps = lap * (ONE / DASH_PERIOD)
    for k in range(-(-count // VECTOR) * VECTOR):
        nodes[0, k], nodes[4, k] = mix(far[0, k], near[0, k], share), mix(far[4, k], near[4, k], share)
        nodes[1, k] = mix(far[1, k], same_lap(far[1, k], near[1, k], laps), share)
        nodes[2, k], nodes[3, k] = mix(far[2, k], near[2, k], share), mix(far[3, k], near[3, k], share)


@kernel()
def draw_ground_row(out, view, below, nodes, blocks, where, decals, count_decals, pavement, look, palette, scratch):
    """One row of ground from its nodes; arguments as above."""
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
def node_blocks(per_pixel):
    """Blocks between two nodes: a chord's error on a 14 m bend, stride^2 per_pixel / (8 x 14), stays under 0.2 px."""
    if per_pixel * f4(32 * 32) < f4(24):
        return 4
    return 2 if per_pixel * f4(16 * 16) < f4(24) else 1


@kernel()
def road_nodes(grid, macro, lap, x, y, dx, dy, eye_x, eye_y, stride, drop, count, nodes):
    """Road coordinates at `count` nodes along a row, `stride` pixels of (dx, dy) apart from (x, y) on, in grid cells.

    nodes (9, more than a VECTOR past count): d in metres, s in dash periods, squared footprints of one pixel in d and
    in s (m2), low-frequency noise in [0, 1]; the other rows are for `spread_nodes`. A footprint joins a pixel right,
    (dx, dy), and a pixel down, (point - eye) * drop: without the latter edge lines bead where they run across the rows.
    """
    limit = f4(GRID_SIZE - 1.01)
    d_out, t_out, d_foot, s_foot, noise = nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]
    dx_node, dy_node = dx * stride, dy * stride
    for k in range(-(-count // VECTOR) * VECTOR):
        at_x, at_y = x + dx_node * f4(i4(k)), y + dy_node * f4(i4(k))
        qx, qy = min(max(at_x, ZERO), limit), min(max(at_y, ZERO), limit)
        ix, iy = u4(i4(qx)), u4(i4(qy))
        fx, fy = qx - f4(i4(ix)), qy - f4(i4(iy))
        jx, jy = u4(ix + u4(1)), u4(iy + u4(1))
        down_x, down_y = (at_x - eye_x) * drop, (at_y - eye_y) * drop

        a, b, c, e = grid[iy, ix, 0], grid[iy, jx, 0], grid[jy, ix, 0], grid[jy, jx, 0]
        gx, top = mix(b - a, e - c, fy), mix(a, b, fx)
        gy = mix(c, e, fx) - top
        d_out[k] = top + gy * fy
        across, along = gx * dx + gy * dy, gx * down_x + gy * down_y
        d_foot[k] = across * across + along * along
        # the direction of s is that of d turned by a right angle
        across, along = gx * dy - gy * dx, gx * down_y - gy * down_x
        s_foot[k] = across * across + along * along

        a, b, c, e = grid[iy, ix, 1], grid[iy, jx, 1], grid[jy, ix, 1], grid[jy, jx, 1]
        b, c, e = same_lap(a, b, lap), same_lap(a, c, lap), same_lap(a, e, lap)
        t_out[k] = mix(mix(a, b, fx), mix(c, e, fx), fy) * (ONE / DASH_PERIOD)

        ax, ay = ix & u4(MACRO_SIZE - 1), iy & u4(MACRO_SIZE - 1)
        bx, by = jx & u4(MACRO_SIZE - 1), jy & u4(MACRO_SIZE - 1)
        noise[k] = mix(mix(macro[ay, ax], macro[ay, bx], fx), mix(macro[by, ax], macro[by, bx], fx), fy)


@kernel()
def same_lap(reference, s, lap):
    """s brought within half a lap of `reference`: it jumps by a lap at the seam."""
    s = s - lap if s - reference > HALF * lap else s
    return s + lap if reference - s > HALF * lap else s


@kernel()
def spread_nodes(nodes, count, blocks_a_node, lap, lines):
    """Run the node values linearly along the row, into lines (4, width): d, s in periods, noise, 1 / footprint in d.

    Returns half the footprint in s, in periods, where the row comes nearest to the centre line and its dashes.
    """
    per_pixel = ONE / f4(BLOCK * blocks_a_node)
    laps = lap * (ONE / DASH_PERIOD)
    d, t, d_foot, s_foot, noise = nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]
    d_step, t_step, noise_step, sharp = nodes[5], nodes[6], nodes[7], nodes[8]
    for k in range(-(-count // VECTOR) * VECTOR):
        after = u8(k) + u8(1)
        d_step[k] = (d[after] - d[k]) * per_pixel
        t_step[k] = (same_lap(t[k], t[after], laps) - t[k]) * per_pixel
        noise_step[k] = (noise[after] - noise[k]) * per_pixel
        sharp[k] = ONE / math.sqrt((d_foot[k] + d_foot[after]) * HALF + f4(1e-8))
    d_line, t_line, noise_line, sharp_line = lines[0], lines[1], lines[2], lines[3]
    nearest, reach = f4(1e9), ONE
    for k in range(count - 1):
        value, place, tone = d[k], t[k], noise[k]
        if abs(value) < nearest:
            nearest, reach = abs(value), s_foot[k]
        for block in range(k * blocks_a_node, (k + 1) * blocks_a_node):
            begin = u8(block) * u8(BLOCK)
            store_ramp(d_line, begin, value, d_step[k])
            store_ramp(t_line, begin, place, t_step[k])
            store_ramp(noise_line, begin, tone, noise_step[k])
            store_ramp(sharp_line, begin, sharp[k], ZERO)
            value, place = value + d_step[k] * f4(BLOCK), place + t_step[k] * f4(BLOCK)
            tone = tone + noise_step[k] * f4(BLOCK)
    return math.sqrt(reach + f4(1e-8)) * (HALF / DASH_PERIOD)


@kernel()
def draw_grain(grain, x, y, dx, dy, per_pixel, drop, strength):
    """Grain whose cells are about one pixel's footprint, per_pixel wide and `drop` long, in powers of two.

    Near the camera of a large picture, where pixels are small, a coarser and turned layer is added.
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
def band(a, inner, outer, sharp):
    """Share of a pixel's footprint with `a` between two values; sharp: 1 / footprint."""
    return clamp01((outer - a) * sharp + HALF) - clamp01((inner - a) * sharp + HALF)


@kernel()
def shade_row(out, lines, grain, colours, reach, clear, look):
    """Pixels of a row; lines, reach: as `spread_nodes`. colours: (GROUND_COLOURS + 1, 3) already behind the haze."""
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
def pave_row(out, lines, grain, colours, per_pixel, reach, edge):
    """Kerb and paving on both sides of the road, out to `edge` metres from the centre line, laid over a shaded row.

    Stretches that lie apart from it are left out: d changes by no more than per_pixel metres a pixel.
    """
    width = out.shape[0]
    for begin in range(0, width, STRETCH):
        a = abs(lines[0, min(begin + STRETCH // 2, width - 1)])
        margin = f4(STRETCH) * per_pixel
        if ROAD_EDGE - margin < a < edge + margin:
            pave_span(out, lines, grain, colours, reach, edge, begin, min(begin + STRETCH, width))


@kernel()
def pave_span(out, lines, grain, colours, reach, edge, begin, end):
    """The pavement's share of the pixels from `begin` to `end` of a row."""
    here = slice(begin, end)
    out, grain = out[here], grain[here]
    d_line, t_line, noise_line, sharp_line = lines[0][here], lines[1][here], lines[2][here], lines[3][here]
    foot = TWO * reach * DASH_PERIOD
    joint = min(JOINT / foot, ONE) * f4(0.22)
    for u in range(out.shape[0]):
        a, sharp = abs(d_line[u]), sharp_line[u]
        share = clamp01((edge - a) * sharp + HALF) * clamp01((a - ROAD_EDGE) * sharp + HALF)
        kerb = clamp01((ROAD_EDGE + KERB_WIDTH - a) * sharp + HALF)
        s = t_line[u] * DASH_PERIOD
        beside = abs(s - np.floor(s) - HALF)
        gap = joint * clamp01((HALF * (JOINT + foot) - beside) / max(foot, JOINT) + HALF)
        middle = f4(0.15) * band(a, edge - f4(1.1) - JOINT, edge - f4(1.1), sharp)
        grey = f4(0.34) + f4(0.16) * kerb
        light = (ONE - max(gap, middle) * (ONE - kerb)) * (f4(0.94) + f4(0.12) * noise_line[u])
        fine = grain[u] * f4(0.6)
        r = mix(colours[ASPHALT, 0], colours[MARKING, 0], grey) * light + fine
        g = mix(colours[ASPHALT, 1], colours[MARKING, 1], grey) * light + fine
        b = mix(colours[ASPHALT, 2], colours[MARKING, 2], grey) * light + fine
        r, g, b = min(max(r, ZERO), FULL), min(max(g, ZERO), FULL), min(max(b, ZERO), FULL)
        out[u] = tint_pixel(out[u], r, g, b, share)


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
    """One decal's share of a shaded row, per_pixel metres a pixel: the columns near enough to its middle, if any."""
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
    """A zebra's bars on a stretch of a row; where the old markings lay is asphalt again. foot: one pixel's in s, m."""
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
    """A stop line on a stretch of a row. foot: as `zebra_span`."""
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
    """Road paint over `share` of a pixel, worn where the noise is high."""
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
