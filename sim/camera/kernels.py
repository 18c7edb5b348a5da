"""All drawing kernels: a world and a pose become a picture and its truth.

A pixel is one uint32: red, green, blue in the low bytes, and in the high byte a *slot* that says what it shows. Slots
0-15 are the classes of ground and sky; from 16 on they number this frame's sprites, far to near. Two small tables turn
slots into class, instance and depth at the end, so truth lines up with the picture by construction.

The camera does not roll, so a ground row has one depth. Road coordinates (d, s) are looked up in the world's grid only
at *nodes* along a row and run linearly between them; a row is then shaded in one branch-free float32 loop in which
every marking is the box integral of its ideal shape over the pixel's footprint, so lines neither shimmer nor bead.

Every constant is a float32: one Python float in a pixel loop would make the loop float64 and half as fast. Names that
recur: image (H, width rounded up to BLOCK) uint32; view: a `View`; sun: unit vector (forward, left, up) in camera axes;
look: one look vector; palette (colours, 3): the look's colours, graded; clear: the share of light that passes the haze.
"""

import math

import numpy as np

from sim.camera.effects import (
    draw_moon,
    draw_planet,
    draw_rain,
    draw_reflections,
    draw_stars,
    light_with_headlamps,
    vein_row,
)
from sim.camera.pixels import (
    ASPHALT,
    BLOCK,
    CLOUD,
    CLOUD_COVER,
    CLOUD_SIZE,
    CONTRAST,
    COVER,
    COVERED,
    DRY_GRASS,
    EDGE_LINE_CLASS,
    EXPOSURE,
    FAR_HILLS,
    FOG_DENSITY,
    FOLIAGE,
    FOLIAGE_SHADE,
    FULL,
    GRAIN,
    GRASS,
    GROUND_CLASS,
    HALF,
    HAZE,
    HEADLIGHTS,
    LANE_MARKING_CLASS,
    MACRO_SIZE,
    MARKING,
    MARKING_WEAR,
    N_COLOURS,
    NEAR_HILLS,
    NEEDLES,
    ONE,
    OTHER_FOLIAGE,
    PATCHES,
    PLANET,
    PROFILE_SIZE,
    RAIN,
    ROAD_CLASS,
    SHOULDER,
    SKY_CLASS,
    STARS,
    SUN_AZIMUTH,
    SUN_ELEVATION,
    SUN_STRENGTH,
    SUNLIGHT,
    TWO,
    TYRE_WEAR,
    VEGETATION_CLASS,
    VEINS,
    WETNESS,
    ZENITH,
    ZERO,
    View,
    ceil_int,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    mix,
    pack,
    ramp,
    scramble,
    tiled,
    tint_pixel,
    transmittance,
    u4,
    u8,
    unpack,
)
from sim.scene import GRID_SIZE

ROAD_EDGE = f4(3.5)
EDGE_LINE_INNER, EDGE_LINE_OUTER = f4(3.26), f4(3.44)
DASH_HALF_WIDTH = f4(0.075)
DASH_PERIOD, DASH_DUTY = f4(12), f4(1 / 3)
SHOULDER_EDGE = f4(4.6)
LANE_CENTRE, WHEEL_OFFSET = f4(1.75), f4(0.75)
"""Metres from the centre line (wheels: from the lane's); a dash covers the first third of every 12 m of s."""

SKY_ROWS = 4
"""The sky's colours are computed on a lattice of BLOCK x SKY_ROWS pixels."""

HAZE_LIMIT, NEAR_HILLS_AT, FAR_HILLS_AT = f4(320), f4(320), f4(560)
"""Metres. Woods rim the plain, and beyond them the ground grows no hazier: else a pale stripe would divide the two."""

SHADOW_RANGE = f4(110)
NEAREST_SPRITE, FADE_START, FADE_END = f4(0.8), f4(200), f4(260)
"""Metres: nearer sprites are behind the lens; farther ones fade out."""

FIRST_SPRITE, MAX_SPRITES = 16, 240
"""A frame's sprites have the slots from FIRST_SPRITE to 255."""
TINTS = 8
"""Shades of each material set that a frame mixes."""
LANES = u8(0x00FF00FF00FF00FF)

GROUND_COLOURS = 5
"""The first colours of a palette lie on the ground."""
LEAVES, CONIFER, POST, SIGN = range(4)
"""Material sets of sprites; see `sim.camera.sprites`."""
FURNITURE = np.array(
    [
        [[1.0, 1.0, 0.99], [1.0, 0.72, 0.24], [0.16, 0.16, 0.17]],
        [[1.0, 1.0, 0.99], [0.10, 0.27, 0.66], [0.30, 0.30, 0.32]],
    ],
    np.float32,
)
"""Colours of the materials of posts and signs, in shares of the paint on the road: (set - POST, material, channel).
None is red: red is the overlay's."""


# --- sky --------------------------------------------------------------------------------------------------------------


@kernel()
def draw_sky(image, view, columns, sun, look, palette, clouds, nodes, lattice):
    """Sky above the horizon. columns: (n,) tangents to the left of the lattice's columns; nodes (3, n) and lattice
    (2, 3, width) are scratch."""
    upper, lower = lattice[0], lattice[1]
    for v in range(-SKY_ROWS, view.horizon):
        if v % SKY_ROWS == 0:
            upper, lower = lower, upper
            y = max((view.centre_y - HALF - f4(v + SKY_ROWS)) / view.focal, ZERO)
            sky_colours(columns, y, view, sun, look, palette, clouds, nodes)
            widen_lattice(nodes, lower)
        if v >= 0:
            fill_sky_row(image[v], upper, lower, f4(v % SKY_ROWS) * f4(1 / SKY_ROWS))


@kernel()
def sky_colours(columns, y, view, sun, look, palette, clouds, nodes):
    """The sky's colour at one lattice row into nodes (3, n); `y` is the tangent of the row's elevation at mid-image."""
    strength = look[SUN_STRENGTH]
    clearing = f4(0.98) - f4(0.86) * look[CLOUD_COVER]
    shrink = f4(15) / (y + f4(0.16))  # clouds lie on a plane: they crowd and flatten towards the horizon
    low = clamp01(y * f4(9))
    for k in range(columns.shape[0]):
        x = columns[k]
        norm = ONE / math.sqrt(ONE + x * x + y * y)
        towards = max((sun[0] + sun[1] * x + sun[2] * y) * norm, ZERO)
        wide = towards * towards
        wide = wide * wide
        narrow = wide * wide
        narrow = narrow * narrow
        narrow = narrow * narrow
        glow = strength * (f4(0.22) * wide + f4(0.35) * narrow)
        height = y * norm
        clear = height / (height + f4(0.22)) * f4(1.15)
        cloud_x = (view.cos - view.sin * x) * shrink + f4(4096)
        cloud_y = (view.sin + view.cos * x) * shrink + f4(4096)
        density = (tiled(clouds, cloud_x, cloud_y, CLOUD_SIZE - 1) - clearing) * low
        puff = clamp01(density * f4(4)) * f4(0.94)
        lit = f4(1.05) - f4(0.26) * clamp01(density * f4(1.7)) + f4(0.15) * glow
        for channel in range(3):
            value = mix(palette[HAZE, channel], palette[ZENITH, channel], clear)
            value = mix(value, palette[SUNLIGHT, channel], min(glow, ONE))
            nodes[channel, k] = min(mix(value, palette[CLOUD, channel] * lit, puff), FULL)


@kernel()
def widen_lattice(nodes, rows):
    """Run a lattice row's nodes (3, n) linearly along the pixels of rows (3, width)."""
    for channel in range(3):
        for k in range(rows.shape[1] // BLOCK):
            value = nodes[channel, k]
            ramp(rows[channel, k * BLOCK : k * BLOCK + BLOCK], value, (nodes[channel, k + 1] - value) * f4(1 / BLOCK))


@kernel()
def fill_sky_row(out, above, below, share):
    """One row of pixels between two lattice rows (3, width), `share` of the way from `above` to `below`."""
    red, green, blue, red_end, green_end, blue_end = above[0], above[1], above[2], below[0], below[1], below[2]
    for u in range(out.shape[0]):
        r, g, b = mix(red[u], red_end[u], share), mix(green[u], green_end[u], share), mix(blue[u], blue_end[u], share)
        out[u] = pack(r, g, b, SKY_CLASS)


@kernel()
def draw_sun(image, view, sun, look, palette):
    """The sun's disc with its glare, where it stands above the horizon and in view."""
    strength = look[SUN_STRENGTH]
    if sun[0] < f4(0.2) or strength < f4(0.1):
        return
    u0, v0 = view.centre_x - view.focal * sun[1] / sun[0], view.centre_y - view.focal * sun[2] / sun[0]
    disc, glare = f4(0.018) * view.focal, f4(0.16) * view.focal
    left, right = clamp_column(u0 - glare, view.width), clamp_column(u0 + glare, view.width)
    top, bottom = clamp_column(v0 - glare, view.horizon), clamp_column(v0 + glare, view.horizon)
    for v in range(top, bottom):
        for u in range(left, right):
            x, y = f4(u) + HALF - u0, f4(v) + HALF - v0
            r = math.sqrt(x * x + y * y)
            halo = clamp01(ONE - r / glare)
            core = clamp01(disc - r + HALF)
            share = strength * max(core, f4(0.75) * halo * halo * halo)
            white = f4(0.8) * core
            red, green, blue = palette[SUNLIGHT]
            red, green, blue = mix(red, FULL, white), mix(green, FULL, white), mix(blue, FULL, white)
            image[v, u] = tint_pixel(image[v, u], red, green, blue, share)


@kernel()
def draw_skyline(image, view, yaw, azimuths, profile, look, palette, far, near):
    """Two layers of hills and woods. profile: (2, PROFILE_SIZE) tangents of elevation; far, near: scratch rows."""
    scale = f4(PROFILE_SIZE / (2 * math.pi))
    start = yaw * scale + f4(PROFILE_SIZE)
    highest = ZERO
    for u in range(view.width):
        position = start + azimuths[u] * scale
        i = i4(position)
        share = position - f4(i)
        a, b = u4(i) & u4(PROFILE_SIZE - 1), u4(i + 1) & u4(PROFILE_SIZE - 1)
        far[u] = mix(profile[0, a], profile[0, b], share) * view.focal
        near[u] = mix(profile[1, a], profile[1, b], share) * view.focal
        highest = max(highest, max(far[u], near[u]))
    far_clear = transmittance(FAR_HILLS_AT * look[FOG_DENSITY])
    near_clear = transmittance(NEAR_HILLS_AT * look[FOG_DENSITY])
    for v in range(max(0, ceil_int(max(view.centre_y - highest - ONE, ZERO)) - 1), view.horizon):
        y = view.centre_y - f4(v) - HALF
        skyline_row(image[v, : view.width], far, near, y, far_clear, near_clear, palette)


@kernel()
def skyline_row(out, far, near, y, far_clear, near_clear, palette):
    """Blend both layers over one sky row `y` pixels above the horizon."""
    haze_r, haze_g, haze_b = palette[HAZE]
    far_r, far_g, far_b = palette[FAR_HILLS]
    near_r, near_g, near_b = palette[NEAR_HILLS]
    far_r, far_g, far_b = mix(haze_r, far_r, far_clear), mix(haze_g, far_g, far_clear), mix(haze_b, far_b, far_clear)
    near_r, near_g = mix(haze_r, near_r, near_clear), mix(haze_g, near_g, near_clear)
    near_b = mix(haze_b, near_b, near_clear)
    for u in range(out.shape[0]):
        r, g, b = unpack(out[u])
        behind, before = clamp01(far[u] - y + HALF), clamp01(near[u] - y + HALF)
        r, g, b = mix(r, far_r, behind), mix(g, far_g, behind), mix(b, far_b, behind)
        slot = VEGETATION_CLASS if behind + before > HALF else SKY_CLASS
        out[u] = pack(mix(r, near_r, before), mix(g, near_g, before), mix(b, near_b, before), slot)


# --- ground -----------------------------------------------------------------------------------------------------------


@kernel()
def draw_ground(image, view, grid, origin, lap, macro, look, palette, scratch):
    """Ground from the horizon down. grid, origin: one world's; lap: its length in metres; macro: the ground noise."""
    nodes, lines, grain, colours = scratch.nodes, scratch.lines, scratch.grain[: view.width], scratch.colours
    eye_x, eye_y = view.x - origin[0], view.y - origin[1]
    middle = view.centre_x - HALF
    for v in range(view.horizon, image.shape[0]):
        below = f4(v) + HALF - view.centre_y
        per_pixel = view.mount / below
        depth = per_pixel * view.focal
        clear = transmittance(min(depth, HAZE_LIMIT) * look[FOG_DENSITY])
        haze_ground(palette, clear, colours)
        dx, dy = view.sin * per_pixel, -view.cos * per_pixel
        x, y = eye_x + view.cos * depth - middle * dx, eye_y + view.sin * depth - middle * dy
        blocks = node_blocks(per_pixel)
        stride = BLOCK * blocks
        count = (view.width + stride - 1) // stride + 1
        road_nodes(grid, macro, lap, x, y, dx, dy, eye_x, eye_y, f4(stride), ONE / below, count, nodes)
        reach = spread_nodes(nodes, count, blocks, lap, lines)
        draw_grain(grain, x, y, dx, dy, per_pixel, depth / below, look[GRAIN] * clear)
        shade_row(image[v, : view.width], lines, grain, colours, reach, clear, look)
        if look[COVERED] > ZERO:
            cover_row(image[v, : view.width], lines, grain, colours, look[COVERED])
        if look[VEINS] > ZERO:
            vein_row(image[v, : view.width], lines, depth, clear, look, palette)


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

    nodes (5, >= count): d in metres, s in dash periods, squared footprints of one pixel in d and in s (m2), and
    low-frequency noise in [0, 1]. A footprint joins a pixel right, (dx, dy), and a pixel down, (point - eye) * drop:
    without the latter edge lines bead where they run across the rows.
    """
    limit = f4(GRID_SIZE - 1.01)
    d_out, t_out, d_foot, s_foot, noise = nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]
    for k in range(count):
        qx, qy = min(max(x, ZERO), limit), min(max(y, ZERO), limit)
        ix, iy = u8(qx), u8(qy)
        fx, fy = qx - f4(ix), qy - f4(iy)
        jx, jy = u8(ix + u8(1)), u8(iy + u8(1))
        down_x, down_y = (x - eye_x) * drop, (y - eye_y) * drop

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

        ax, ay = ix & u8(MACRO_SIZE - 1), iy & u8(MACRO_SIZE - 1)
        bx, by = jx & u8(MACRO_SIZE - 1), jy & u8(MACRO_SIZE - 1)
        noise[k] = mix(mix(macro[ay, ax], macro[ay, bx], fx), mix(macro[by, ax], macro[by, bx], fx), fy)
        x, y = x + dx * stride, y + dy * stride


@kernel(inline="always")
def same_lap(reference, s, lap):
    """s brought within half a lap of `reference`: it jumps by a lap at the seam."""
    s = s - lap if s - reference > HALF * lap else s
    return s + lap if reference - s > HALF * lap else s


@kernel()
def spread_nodes(nodes, count, blocks_a_node, lap, lines):
    """Run the node values linearly along the row, into lines (4, width): d, s in periods, noise, 1 / footprint in d.

    Returns half the footprint in s, in periods, where the row comes nearest to the centre line and its dashes.
    """
    stride = BLOCK * blocks_a_node
    per_pixel = ONE / f4(stride)
    laps = lap * (ONE / DASH_PERIOD)
    d_line, t_line, noise_line, sharp_line = lines[0], lines[1], lines[2], lines[3]
    nearest, reach = f4(1e9), ONE
    for k in range(count - 1):
        d, t, noise = nodes[0, k], nodes[1, k], nodes[4, k]
        if abs(d) < nearest:
            nearest, reach = abs(d), nodes[3, k]
        d_step = (nodes[0, k + 1] - d) * per_pixel
        t_step = (same_lap(t, nodes[1, k + 1], laps) - t) * per_pixel
        noise_step = (nodes[4, k + 1] - noise) * per_pixel
        sharpness = ONE / math.sqrt((nodes[2, k] + nodes[2, k + 1]) * HALF + f4(1e-8))
        for begin in range(k * stride, (k + 1) * stride, BLOCK):
            end = begin + BLOCK
            ramp(d_line[begin:end], d, d_step)
            ramp(t_line[begin:end], t, t_step)
            ramp(noise_line[begin:end], noise, noise_step)
            ramp(sharp_line[begin:end], sharpness, ZERO)
            d, t, noise = d + d_step * f4(BLOCK), t + t_step * f4(BLOCK), noise + noise_step * f4(BLOCK)
    return math.sqrt(reach + f4(1e-8)) * (HALF / DASH_PERIOD)


@kernel()
def draw_grain(grain, x, y, dx, dy, per_pixel, drop, strength):
    """Grain whose cells are about one pixel's footprint, per_pixel wide and `drop` long, in powers of two.

    Near the camera of a large picture, where cells are small, a coarser and turned layer is added.
    """
    footprint = math.sqrt(per_pixel * min(drop, f4(8) * per_pixel))
    cell, amplitude = f4(1 / 160), f4(11) * strength
    while cell < footprint * f4(0.75):
        cell, amplitude = cell * TWO, amplitude * f4(0.93)
    scale = ONE / cell
    x, y = x + f4(2048), y + f4(2048)  # hashing wants positive numbers
    grain_row(grain, x * scale, y * scale, dx * scale, dy * scale, amplitude, ZERO)
    if cell < f4(0.03):
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


@kernel(inline="always")
def pulse_integral(t):
    """Integral of the dash pulse train from 0 to t, in periods."""
    whole = np.floor(t)
    return whole * DASH_DUTY + min(t - whole, DASH_DUTY)


@kernel(inline="always")
def band(a, inner, outer, sharp):
    """Share of a pixel's footprint with `a` between two values; sharp: 1 / footprint."""
    return clamp01((outer - a) * sharp + HALF) - clamp01((inner - a) * sharp + HALF)


@kernel()
def shade_row(out, lines, grain, colours, reach, clear, look):
    """Ground pixels of one row. colours: (GROUND_COLOURS + 1, 3) already behind the haze; reach: as `spread_nodes`."""
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
        wheels = clamp01(ONE - abs(abs(a - LANE_CENTRE) - WHEEL_OFFSET) * f4(2.2))
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


@kernel(inline="always")
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
        off_track = clamp01((abs(abs(a - LANE_CENTRE) - WHEEL_OFFSET) - f4(0.2)) * f4(2.5))
        beside = clamp01((a - f4(3.0)) * TWO)
        depth = off_track * (covered + HALF * beside) + (noise_line[u] - HALF) * f4(1.1) + grain[u] * f4(0.01)
        share = clamp01((depth - f4(0.42)) * f4(4)) * f4(0.94)
        out[u] = tint_pixel(
            out[u], min(red + grain[u], FULL), min(green + grain[u], FULL), min(blue + grain[u], FULL), share
        )


# --- shadows ----------------------------------------------------------------------------------------------------------


@kernel()
def draw_shadows(image, view, objects, kinds, sun, look, shade):
    """What grows darkens the ground under itself, and casts a shadow away from the sun.

    All shadows are gathered in `shade` (H, width) first, the share of light that each pixel lacks, and laid on the
    picture once: however many trees cast it, a shadow leaves markings, asphalt and grass apart.
    """
    strength = look[SUN_STRENGTH]
    flat = max(math.sqrt(sun[0] * sun[0] + sun[1] * sun[1]), f4(0.01))
    slope = min(flat / max(sun[2], f4(0.01)), f4(2.6))
    axis = (-sun[0] / flat, -sun[1] / flat)
    widest = view.centre_x / view.focal
    first, last = image.shape[0], view.horizon
    shade[view.horizon :] = ZERO
    for i in range(objects.shape[0]):
        kind = i4(objects[i, 4])
        if kind < i4(0) or kinds[kind, 3] > CONIFER:
            continue
        dx, dy = objects[i, 0] - view.x, objects[i, 1] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        girth, reach = objects[i, 2], slope * objects[i, 3]
        span = reach + girth
        if z > SHADOW_RANGE or z + span < ONE or abs(l) - span > max(z + reach, ZERO) * widest:
            continue
        clear = transmittance(max(z, ZERO) * look[FOG_DENSITY])
        top, bottom = draw_ellipse(shade, view, z, l, axis, f4(0.42) * girth, f4(0.42) * girth, f4(0.24) * clear)
        first, last = min(first, top), max(last, bottom)
        if strength > f4(0.1):
            far, length = f4(0.55) * reach, f4(0.45) * reach + f4(0.3) * girth
            darkness = f4(0.28) * strength * clear
            z, l = z + axis[0] * far, l + axis[1] * far
            top, bottom = draw_ellipse(shade, view, z, l, axis, length, HALF * girth, darkness)
            first, last = min(first, top), max(last, bottom)
    for v in range(first, last):
        darken_row(image[v, : view.width], shade[v])


@kernel()
def draw_ellipse(shade, view, z, l, axis, length, breadth, darkness):
    """Shade an ellipse of ground about (z, l): half axes `length` along the unit vector `axis`, `breadth` across.

    Returns its first row and the one past its last.
    """
    axis_z, axis_l = axis
    reach_z = math.sqrt(length * length * axis_z * axis_z + breadth * breadth * axis_l * axis_l)
    reach_l = math.sqrt(length * length * axis_l * axis_l + breadth * breadth * axis_z * axis_z)
    near, far = max(z - reach_z, HALF), z + reach_z
    if far <= near:
        return shade.shape[0], view.horizon
    level, height = view.mount * view.focal, shade.shape[0]
    top = max(view.horizon, ceil_int(view.centre_y + level / far - HALF))
    bottom = ceil_int(min(view.centre_y + level / near, f4(height)) - HALF)
    for v in range(top, bottom):
        per_pixel = view.mount / (f4(v) + HALF - view.centre_y)
        left = clamp_column(view.centre_x - (l + reach_l) / per_pixel, view.width)
        right = clamp_column(view.centre_x - (l - reach_l) / per_pixel, view.width)
        if left < right:
            dz, dl = per_pixel * view.focal - z, (view.centre_x - f4(left) - HALF) * per_pixel - l
            along, across = (dz * axis_z + dl * axis_l) / length, (dl * axis_z - dz * axis_l) / breadth
            step, across_step = -per_pixel * axis_l / length, -per_pixel * axis_z / breadth
            shade_ellipse_row(shade[v, left:right], along, across, step, across_step, darkness)
    return top, bottom


@kernel()
def shade_ellipse_row(out, along, across, along_step, across_step, darkness):
    """Gather one row of shade; (along, across) is the place in units of the half axes."""
    for u in range(out.shape[0]):
        x = f4(i4(u))
        p, q = along + along_step * x, across + across_step * x
        inside = clamp01((ONE - p * p - q * q) * f4(1.7))
        more = darkness * inside * inside * (f4(3) - TWO * inside)
        out[u] = out[u] + more - out[u] * more


@kernel()
def darken_row(out, shade):
    """Lay a row of shade on the picture, half the light at most. Shadows keep some of the sky's blue."""
    for u in range(out.shape[0]):
        lack = shade[u] * (ONE - HALF * shade[u])
        keep = ONE - lack
        r, g, b = unpack(out[u])
        out[u] = pack(r * keep, g * keep, b * (keep + f4(0.12) * lack), i4(0)) | u4(out[u] & u4(0xFF000000))


# --- sprites ----------------------------------------------------------------------------------------------------------


@kernel()
def find_sprites(objects, view, spread, order, depths):
    """Indices of the objects in view into `order`, far to near, their depths into `depths`; returns how many.

    Past MAX_SPRITES the farthest are left out.
    """
    widest = view.centre_x / view.focal
    count = 0
    for i in range(objects.shape[0]):
        dx, dy = objects[i, 0] - view.x, objects[i, 1] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        if objects[i, 4] < ZERO or z < NEAREST_SPRITE or z > FADE_END:
            continue
        if abs(l) - objects[i, 2] * spread[i4(objects[i, 4])] > z * widest:
            continue
        k = count
        while k > 0 and depths[k - 1] < z:
            depths[k], order[k] = depths[k - 1], order[k - 1]
            k -= 1
        depths[k], order[k] = z, i
        count += 1
    spare = max(count - MAX_SPRITES, 0)
    for k in range(count - spare):
        depths[k], order[k] = depths[k + spare], order[k + spare]
    return count - spare


@kernel()
def draw_sprites(image, view, objects, sprites, sun, look, palette, scratch):
    """Everything upright, far to near."""
    order, depths, paints = scratch.order, scratch.depths, scratch.paints
    mix_paints(sun, look, palette, paints)
    haze = lanes(palette[HAZE, 0], palette[HAZE, 1], palette[HAZE, 2])
    for k in range(find_sprites(objects, view, sprites.spread, order, depths)):
        i, z = order[k], depths[k]
        kind, slot = i4(objects[i, 4]), FIRST_SPRITE + k
        first, variants, class_id, materials = sprites.kinds[kind]
        scratch.slot_class[slot], scratch.slot_instance[slot], scratch.slot_depth[slot] = class_id, i + 1, z
        scale = view.focal / z
        dx, dy, tint = objects[i, 0] - view.x, objects[i, 1] - view.y, objects[i, 5]
        middle = view.centre_x - (view.cos * dy - view.sin * dx) * scale
        foot = view.centre_y + view.mount * scale
        broad, tall = objects[i, 2] * sprites.spread[kind] * scale, objects[i, 3] * scale
        variant, mirrored = pick_variant(variants, materials, tint, i)
        levels = sprites.levels[first + variant]
        smallest = levels[levels.shape[0] - 1]
        # what would be smaller than its coarsest mip is drawn at that size and as much fainter: thin posts stay, steady
        shrunk = min(broad / f4(smallest[1]), ONE) * min(tall / f4(smallest[2]), ONE)
        opacity = shrunk * clamp01((FADE_END - z) / (FADE_END - FADE_START))
        opacity = (opacity - f4(0.08)) / f4(0.92)
        if opacity <= ZERO:
            continue
        seen = u8(i4(f4(256) * opacity))
        clear = u8(i4(f4(256) * opacity * transmittance(min(z, HAZE_LIMIT) * look[FOG_DENSITY])))
        paint = paints[materials, i4((min(max(tint, -ONE), ONE) + ONE) * f4(HALF * (TINTS - 1)) + HALF)]
        a, b, c = dim(paint[0], clear), dim(paint[1], clear), dim(paint[2], clear)
        if mirrored and materials <= CONIFER:
            a, b = b, a  # what the picture has lit from the right, its mirror image has lit from the left
        colours = (a, b, c, dim(haze, seen - clear), seen, u8(slot) << u8(24))
        broad, tall = max(broad, f4(smallest[1])), max(tall, f4(smallest[2]))
        draw_sprite(image, view.width, sprites, levels, mirrored, middle, foot, broad, tall, colours)


@kernel()
def pick_variant(variants, materials, tint, i):
    """A picture for object i and whether to mirror it. A sign points where its tint's sign says: + left, - right."""
    if materials == SIGN:
        return i4(0), tint < ZERO
    mixed = scramble(u4(u4(i4((tint + TWO) * f4(65536))) ^ u4(i)) * u4(0x9E3779B1))
    return i4(u4(mixed >> u4(1)) % u4(variants)), (mixed & u4(1)) == u4(1)


@kernel()
def mix_paints(sun, look, palette, paints):
    """Fill paints (material sets, TINTS, 3), uint64 lanes: the colours of every material set in this light."""
    for tint in range(TINTS):
        share = f4(tint) / f4(TINTS - 1)
        mix_leaves(FOLIAGE, OTHER_FOLIAGE, share, sun, look, palette, paints[LEAVES, tint])
        mix_leaves(NEEDLES, NEEDLES, share, sun, look, palette, paints[CONIFER, tint])
        red, green, blue = palette[MARKING]
        for materials in (POST, SIGN):
            for m in range(3):
                share_r, share_g, share_b = FURNITURE[materials - POST, m]
                paints[materials, tint, m] = lanes(share_r * red, share_g * green, share_b * blue)


@kernel()
def mix_leaves(colour, other, tint, sun, look, palette, paint):
    """Leaves lit from the right, from the left, and in shade. Trees against the sun are dark, those opposite bright."""
    strength = look[SUN_STRENGTH]
    behind, even = f4(0.55) - f4(0.30) * sun[0], f4(0.62) * (ONE - strength)
    right = even + strength * min(max(behind - f4(0.62) * sun[1], f4(0.10)), f4(1.08))
    left = even + strength * min(max(behind + f4(0.62) * sun[1], f4(0.10)), f4(1.08))
    leaf_r = leaf_colour(palette, colour, other, tint, strength, 0)
    leaf_g = leaf_colour(palette, colour, other, tint, strength, 1)
    leaf_b = leaf_colour(palette, colour, other, tint, strength, 2)
    shade_r, shade_g, shade_b = palette[FOLIAGE_SHADE]
    for m, light in ((0, right), (1, left), (2, f4(0.14))):
        paint[m] = lanes(mix(shade_r, leaf_r, light), mix(shade_g, leaf_g, light), mix(shade_b, leaf_b, light))


@kernel(inline="always")
def leaf_colour(palette, colour, other, tint, strength, channel):
    """A sunlit leaf's colour; tint in [0, 1] goes from `colour` to `other` and from dark to light."""
    leaf = mix(palette[colour, channel], palette[other, channel], tint) * (f4(0.88) + f4(0.14) * tint)
    return leaf * mix(ONE, palette[SUNLIGHT, channel] * f4(1 / 240), strength)


@kernel(inline="always")
def lanes(red, green, blue):
    """A colour, its channels held to [0, 255], as red, blue, green in the 16-bit lanes of a uint64."""
    r, g, b = (
        u8(i4(min(max(red, ZERO), FULL))),
        u8(i4(min(max(green, ZERO), FULL))),
        u8(i4(min(max(blue, ZERO), FULL))),
    )
    return u8(r | u8(b << u8(16)) | u8(g << u8(32)))


@kernel(inline="always")
def dim(colour, share):
    """Lane by lane, `share` 256ths of a colour."""
    return u8(u8(colour * share) >> u8(8)) & LANES


@kernel()
def draw_sprite(image, width, sprites, levels, mirrored, middle, foot, broad, tall, colours):
    """One sprite with its foot at row `foot` and its middle at column `middle`, broad x tall pixels.

    Texels have a border of one on every side, so a pixel's two or four neighbours always exist. Positions among texels
    are 48.16 fixed point.
    """
    level = levels.shape[0] - 1
    while level > 0 and (f4(levels[level, 1]) < broad * f4(0.7) or f4(levels[level, 2]) < tall * f4(0.6)):
        level -= 1
    start, cols, texel_rows, first_row = levels[level]
    stride = cols + 2
    step, down, per_texel = f4(cols) / broad, f4(texel_rows) / tall, broad / f4(cols)
    smooth = (level == 0 and down < f4(0.8)) or texel_rows <= 5
    top, left, right = foot - tall, middle - HALF * (broad + per_texel), middle + HALF * (broad + per_texel)
    first, last = clamp_column(left, width), clamp_column(right, width)
    if first >= last:
        return
    x_step, x_first = fixed(step), fixed((f4(first) + HALF - left) * step)
    if mirrored:
        x_step, x_first = -x_step, (np.int64(cols + 1) << 16) - x_first
    v0, v1 = ceil_int(max(top - HALF, ZERO)), ceil_int(min(foot - HALF, f4(image.shape[0])))
    y, y_step = fixed((f4(v0) + HALF - top) * down), fixed(down)
    left_edge, texel_width = fixed(left + HALF), fixed(per_texel)
    for v in range(v0, v1):
        u0, u1, x, row = first, last, x_first, y >> 16
        if cols > 4:  # a big sprite has much empty space beside it
            begin, end = np.int64(sprites.extents[first_row + row, 0]), np.int64(sprites.extents[first_row + row, 1])
            if mirrored:
                begin, end = cols - end, cols - begin
            u0 = max(u0, (left_edge + begin * texel_width) >> 16)
            u1 = min(u1, (left_edge + (end + 1) * texel_width) >> 16)
            x = x + (u0 - first) * x_step
        if smooth:
            row = (y + 32768) >> 16
            share = u8(((y + 32768) >> 8) & 255)
            smooth_sprite_row(image[v], u0, u1, sprites.texels, start + row * stride, stride, share, x, x_step, colours)
        else:
            sprite_row(image[v], u0, u1, sprites.texels, start + (row + 1) * stride, x, x_step, colours)
        y = y + y_step


@kernel(inline="always")
def fixed(value):
    """A float as a 48.16 fixed-point number."""
    return np.int64(value * f4(65536))


@kernel(inline="always")
def sprite_row(out, u0, u1, texels, offset, x, step, colours):
    """Blend one row of a shrunk sprite, linear between neighbours in the row of texels at `offset`."""
    for u in range(u8(u0), u8(max(u0, u1))):
        i = u8(offset + (x >> 16))
        out[u] = blend_texel(out[u], mix_texels(texels[i], texels[u8(i + u8(1))], fraction(x)), colours)
        x = x + step


@kernel(inline="always")
def smooth_sprite_row(out, u0, u1, texels, offset, stride, share, x, step, colours):
    """Blend one row of a magnified sprite, bilinear; `share` 256ths of the way to the next row of texels."""
    for u in range(u8(u0), u8(max(u0, u1))):
        i = u8(offset + (x >> 16))
        j = u8(i + u8(stride))
        upper = mix_texels(texels[i], texels[u8(i + u8(1))], fraction(x))
        lower = mix_texels(texels[j], texels[u8(j + u8(1))], fraction(x))
        out[u] = blend_texel(out[u], mix_texels(upper, lower, share), colours)
        x = x + step


@kernel(inline="always")
def fraction(x):
    """The fraction of a 48.16 number, in 256ths."""
    return u8((x >> 8) & 255)


@kernel(inline="always")
def mix_texels(a, b, share):
    """Lane by lane from a to b, `share` 256ths of the way."""
    return u8(u8(u8(a * u8(u8(256) - share)) + u8(b * share)) >> u8(8)) & LANES


@kernel(inline="always")
def blend_texel(pixel, texel, colours):
    """A texel over a pixel. Weights times colours sum to less than 2^16, so the lanes keep to themselves.

    colours: of the three materials and of the haze, dimmed by haze and opacity; the opacity in 256ths; the slot.
    """
    a, b, c, haze, seen, slot = colours
    coverage = u8(texel >> u8(48))
    paint = u8(a * u8(texel & u8(0xFF))) + u8(b * u8(u8(texel >> u8(16)) & u8(0xFF)))
    paint = u8(paint) + u8(c * u8(u8(texel >> u8(32)) & u8(0xFF))) + u8(haze * coverage)
    keep = u8(u8(256) - u8(u8(coverage * seen) >> u8(8)))
    p = u8(pixel)
    below = u8(u8(p & u8(0xFF00FF)) | u8(u8(p & u8(0xFF00)) << u8(24)))
    both = u8(u8(paint) + u8(below * keep))
    owner = slot if keep <= u8(128) else u8(p & u8(0xFF000000))
    return u4(u8(u8(both >> u8(8)) & u8(0xFF00FF)) | u8(u8(both >> u8(32)) & u8(0xFF00)) | owner)


# --- results ----------------------------------------------------------------------------------------------------------


@kernel()
def write_rgb(image, width, out):
    """The colours of `image` into out (H, W, 3) uint8: four pixels make three words."""
    if image.shape[1] == width:
        write_words(image.reshape(-1), out.reshape(-1).view(np.uint32))
        return
    for v in range(image.shape[0]):
        for u in range(width):
            for channel in range(3):
                out[v, u, channel] = np.uint8((image[v, u] >> u4(8 * channel)) & u4(255))


@kernel()
def write_words(row, words):
    """Drop every fourth byte of `row`."""
    for i in range(words.shape[0] // 3):
        a, b, c, d = row[4 * i], row[4 * i + 1], row[4 * i + 2], row[4 * i + 3]
        words[3 * i] = u4(u4(a & u4(0xFFFFFF)) | u4(b << u4(24)))
        words[3 * i + 1] = u4(u4(u4(b >> u4(8)) & u4(0xFFFF)) | u4(c << u4(16)))
        words[3 * i + 2] = u4(u4(u4(c >> u4(16)) & u4(0xFF)) | u4(d << u4(8)))


@kernel()
def write_truth(image, view, scratch, segmentation, instance, depth):
    """Class, instance and depth of every pixel."""
    slot_class, slot_instance, slot_depth = scratch.slot_class, scratch.slot_instance, scratch.slot_depth
    for v in range(image.shape[0]):
        row_depth = f4(np.inf) if v < view.horizon else view.focal * view.mount / (f4(v) + HALF - view.centre_y)
        slot_depth[:FIRST_SPRITE] = row_depth
        row, classes, instances, depths = image[v], segmentation[v], instance[v], depth[v]
        for u in range(u8(view.width)):
            slot = row[u] >> u4(24)
            classes[u], instances[u], depths[u] = slot_class[slot], slot_instance[slot], slot_depth[slot]


# --- a batch of frames ------------------------------------------------------------------------------------------------


@kernel()
def render(
    grids, origins, laps, objects, rows, poses, looks, lens, azimuths, sky_columns, art, scratch,
    truth, rgb, segmentation, instance, depth,
):  # fmt: skip
    """Draw one frame for each row of `poses`; see `sim.camera.Camera.render`.

    lens: (focal, centre_x, centre_y, mount height, mount forward). truth: whether to fill the three truth arrays.
    Returns -1, or the first frame whose world, pose or look is impossible; those before it are drawn.
    """
    image, palette, lines = scratch.image, scratch.palette, scratch.lines
    height, width = rgb.shape[1], rgb.shape[2]
    for b in range(poses.shape[0]):
        world, look = rows[b], looks[b]
        if not (0 <= world < grids.shape[0] and is_finite(poses[b]) and is_finite(look)):
            return b
        yaw = poses[b, 2] - 2 * math.pi * math.floor(poses[b, 2] / (2 * math.pi))
        view = aim(poses[b], yaw, lens, width, height)
        sun = sun_direction(look, yaw)
        grade(look, palette)
        draw_sky(image, view, sky_columns, sun, look, palette, art.clouds, scratch.nodes, scratch.lattice)
        draw_sun(image, view, sun, look, palette)
        if look[STARS] > ZERO:
            draw_stars(image, view, art.stars, look)
            draw_moon(image, view, sun, art.clouds, look, palette)
        if look[PLANET] > ZERO:
            draw_planet(image, view, yaw, art.clouds, look, palette)
        draw_skyline(image, view, f4(yaw), azimuths, art.skyline, look, palette, lines[0], lines[1])
        draw_ground(image, view, grids[world], origins[world], f4(laps[world]), art.macro, look, palette, scratch)
        draw_shadows(image, view, objects[world], art.sprites.kinds, sun, look, scratch.shade)
        draw_sprites(image, view, objects[world], art.sprites, sun, look, palette, scratch)
        if look[WETNESS] > ZERO:
            draw_reflections(image, view, art.macro, origins[world], look)
        if look[HEADLIGHTS] > ZERO:
            light_with_headlamps(image, view, lens[4], scratch.slot_depth, look)
        if look[RAIN] > ZERO:
            draw_rain(image, view, poses[b], look, palette)
        write_rgb(image, width, rgb[b])
        if truth:
            write_truth(image, view, scratch, segmentation[b], instance[b], depth[b])
    return -1


@kernel()
def is_finite(values):
    """Whether no value is infinite or NaN."""
    total = ZERO
    for value in values:
        total = total + f4(value) * ZERO
    return total == ZERO


@kernel()
def aim(pose, yaw, lens, width, height):
    """The `View` from one pose: x, y, yaw of the vehicle and perhaps pitch; yaw is given again, in [0, 2 pi)."""
    focal, centre_y = lens[0], lens[2]
    if pose.shape[0] > 3:
        centre_y = f4(centre_y - focal * math.tan(pose[3]))
    horizon = min(max(ceil_int(centre_y - f4(0.45)), 0), height)
    cos, sin = math.cos(yaw), math.sin(yaw)
    x, y = pose[0] + lens[4] * cos, pose[1] + lens[4] * sin
    return View(width, horizon, focal, lens[1], centre_y, lens[3], f4(x), f4(y), f4(cos), f4(sin))


@kernel()
def sun_direction(look, yaw):
    """The unit vector to the sun in camera axes: forward, left, up."""
    azimuth, elevation = look[SUN_AZIMUTH] - yaw, look[SUN_ELEVATION]
    flat = math.cos(elevation)
    return f4(flat * math.cos(azimuth)), f4(flat * math.sin(azimuth)), f4(math.sin(elevation))


@kernel()
def grade(look, palette):
    """Fill `palette` (colours, 3) with the look's colours after exposure and contrast."""
    exposure, contrast = look[EXPOSURE], look[CONTRAST]
    for i in range(N_COLOURS):
        for channel in range(3):
            value = (look[3 * i + channel] * exposure - f4(128)) * contrast + f4(128)
            palette[i, channel] = min(max(value, ZERO), FULL)
