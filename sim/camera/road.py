"""The road seen from a row of pixels: its cross-section, and (d, s) at nodes along the row.

The conventions are those of `sim.camera.kernels`.
"""

import math

from sim.camera.pixels import (
    BLOCK,
    HALF,
    MACRO_SIZE,
    ONE,
    VECTOR,
    ZERO,
    f4,
    i4,
    kernel,
    mix,
    u4,
    u8,
)
from sim.camera.simd import store_ramp
from sim.scene import GRID_SIZE

ROAD_EDGE = f4(3.5)
"""|d| in metres where the asphalt ends."""
SHOULDER_EDGE = f4(4.6)
"""|d| in metres where the shoulder ends."""
EDGE_LINE_INNER, EDGE_LINE_OUTER = f4(3.26), f4(3.44)
"""|d| in metres that the edge lines span."""
MID_LANE = f4(1.75)
"""|d| in metres of either lane's middle."""
DASH_HALF_WIDTH = f4(0.075)
"""Metres to either side of the centre line."""
DASH_PERIOD = f4(12)
"""Metres of s from one dash of the centre line to the next."""
DASH_DUTY = f4(1 / 3)
"""The share of them that it covers, from their start."""


@kernel()
def node_count(width, blocks):
    """Nodes along a row, one past its end included."""
    stride = BLOCK * blocks
    return (width + stride - 1) // stride + 1


@kernel()
def node_blocks(per_pixel):
    """Blocks between two nodes: a chord's error on a 14 m bend, stride^2 per_pixel / (8 x 14), stays under 0.2 px."""
    if per_pixel * f4(32 * 32) < f4(24):
        return 4
    return 2 if per_pixel * f4(16 * 16) < f4(24) else 1


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
def road_nodes(grid, macro, lap, x, y, dx, dy, eye_x, eye_y, stride, drop, count, nodes):
    """Road coordinates at `count` nodes along a row, `stride` pixels of (dx, dy) apart from (x, y) on, in grid cells.

    nodes (9, more than a VECTOR past count): d in metres, s in dash periods, squared footprints of one pixel in d and
    in s (m2), low-frequency noise in [0, 1]; the other rows are for `spread_nodes`. A footprint joins a pixel right,
    (dx, dy), and a pixel down, (point - eye) * drop: without the latter edge lines bead where they run across the rows.
    grid: (GRID_SIZE, GRID_SIZE, 2) d and s. macro: the ground noise. lap: metres. eye_x, eye_y: the camera's place, in
    cells.
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
def mix_nodes(far, near, share, lap, count, nodes):
    """Nodes `share` of the way from one row's to another's.

    far, near: nodes of the two rows, as `road_nodes`. lap: metres. count: of nodes. nodes: filled.
    """
    laps = lap * (ONE / DASH_PERIOD)
    for k in range(-(-count // VECTOR) * VECTOR):
        nodes[0, k], nodes[4, k] = mix(far[0, k], near[0, k], share), mix(far[4, k], near[4, k], share)
        nodes[1, k] = mix(far[1, k], same_lap(far[1, k], near[1, k], laps), share)
        nodes[2, k], nodes[3, k] = mix(far[2, k], near[2, k], share), mix(far[3, k], near[3, k], share)


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
def same_lap(reference, s, lap):
    """s brought within half a lap of `reference`: it jumps by a lap at the seam."""
    s = s - lap if s - reference > HALF * lap else s
    return s + lap if reference - s > HALF * lap else s
