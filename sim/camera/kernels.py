"""All drawing kernels: a world and a pose become a picture and its truth.

A pixel is one uint32: red, green, blue in the low bytes, and in the high byte a *slot* that says what it shows. Slots
0-15 are the classes of ground and sky; from 16 on they number this frame's sprites, far to near. Two small tables turn
slots into class, instance and depth at the end, so truth lines up with the picture by construction.

The camera does not roll, so a ground row has one depth. Road coordinates (d, s) are looked up in the world's grid only
at *nodes* along a row and run linearly between them; a row is then shaded in one branch-free float32 loop in which
every marking is the box integral of its ideal shape over the pixel's footprint, so lines neither shimmer nor bead.

Every constant is a float32: one Python float in a pixel loop would make the loop float64 and half as fast.
"""

import math
from functools import partial

import numpy as np

from sim.jit import kernel as counting_kernel
from sim.scene import CLASSES, GRID_SIZE
from sim.theme import COLOURS, LOOK_FIELDS

kernel = partial(counting_kernel, _nrt=False)
"""No reference counting: these kernels allocate nothing, and counting the views of rows took a third of a frame."""

f4, i4, u4, u8 = np.float32, np.int32, np.uint32, np.uint64

ZERO, HALF, ONE, TWO, FULL = f4(0), f4(0.5), f4(1), f4(2), f4(255)

ROAD_EDGE = f4(3.5)
EDGE_LINE_INNER, EDGE_LINE_OUTER = f4(3.26), f4(3.44)
DASH_HALF_WIDTH = f4(0.075)
DASH_PERIOD, DASH_DUTY = f4(12), f4(1 / 3)
SHOULDER_EDGE = f4(4.6)
"""Metres from the centre line; a dash covers the first third of every 12 m of s."""

BLOCK = 8
"""Pixels from one node to the next at the finest; a constant trip count is what lets the span loops vectorise."""

MACRO_SIZE = 128
"""Cells a side of the tiling low-frequency noise; a cell is 1 m."""
CLOUD_SIZE = 256
PROFILE_SIZE = 2048
"""Azimuths of the skyline's profile."""

SKY_ROWS = 4
"""The sky's colours are computed on a lattice of BLOCK x SKY_ROWS pixels."""

FIRST_SPRITE = 16
TINTS = 8
"""Shades of each material set that a frame mixes."""
LANES = u8(0x00FF00FF00FF00FF)
MAX_SPRITES = 240
SHADOW_RANGE = f4(110)
NEAREST_SPRITE, FADE_START, FADE_END = f4(0.8), f4(200), f4(260)
"""Metres: nearer sprites are behind the lens; farther ones fade out."""

GROUND_COLOURS = 6
(GRASS, DRY_GRASS, SHOULDER, ASPHALT, MARKING, HAZE, ZENITH, CLOUD, FAR_HILLS, NEAR_HILLS, SUNLIGHT, FOLIAGE) = range(
    12
)
(OTHER_FOLIAGE, NEEDLES, FOLIAGE_SHADE, COVER) = range(12, 16)
N_COLOURS = len(COLOURS)
SUN_AZIMUTH, SUN_ELEVATION, SUN_STRENGTH = (
    LOOK_FIELDS.index(f"sun_{name}") for name in ("azimuth", "elevation", "strength")
)
FOG_DENSITY, CLOUD_COVER = LOOK_FIELDS.index("fog_density"), LOOK_FIELDS.index("cloud_cover")
GRAIN, MARKING_WEAR, TYRE_WEAR = (LOOK_FIELDS.index(name) for name in ("grain", "marking_wear", "tyre_wear"))
COVERED, EXPOSURE, CONTRAST = (LOOK_FIELDS.index(name) for name in ("covered", "exposure", "contrast"))

LEAVES, CONIFER, POST, SIGN = range(4)
"""Material sets of sprites; see `sim.camera.sprites`."""
FURNITURE = np.array(
    [
        [[1.0, 1.0, 0.99], [0.95, 0.35, 0.10], [0.16, 0.16, 0.17]],
        [[1.0, 1.0, 0.99], [0.84, 0.10, 0.13], [0.30, 0.30, 0.32]],
    ],
    np.float32,
)
"""Colours of the materials of posts and signs, in shares of the paint on the road: (set, material, channel)."""

SKY_CLASS, GROUND_CLASS, ROAD_CLASS, LANE_MARKING_CLASS, EDGE_LINE_CLASS, VEGETATION_CLASS = (
    i4(CLASSES.index(name)) for name in ("sky", "ground", "road", "lane marking", "edge line", "vegetation")
)


# --- small tools ------------------------------------------------------------------------------------------------------


@kernel(inline="always")
def clamp01(x):
    """x limited to [0, 1]."""
    x = x if x > ZERO else ZERO
    return x if x < ONE else ONE


@kernel(inline="always")
def ceil_int(x):
    """The least integer not below x, as int64, without a library call."""
    i = np.int64(x)
    return i + 1 if f4(i) < x else i


@kernel(inline="always")
def pack(red, green, blue, slot):
    """One pixel from colours in [0, 256) and an int32 slot."""
    return u4(i4(red) | i4(green) << i4(8) | i4(blue) << i4(16) | slot << i4(24))


@kernel(inline="always")
def mix(a, b, share):
    """a at share 0, b at share 1."""
    return a + (b - a) * share


@kernel(inline="always")
def transmittance(optical_depth):
    """Share of light that passes a haze: exp(-x) to 2 % below x = 1.5, without a library call."""
    x = optical_depth
    return ONE / (ONE + x * (ONE + x * (HALF + x * f4(1 / 6))))


@kernel()
def grade(look, palette):
    """Fill `palette` (colours, 3) with the look's colours after exposure and contrast."""
    exposure, contrast = look[EXPOSURE], look[CONTRAST]
    for i in range(N_COLOURS):
        for channel in range(3):
            value = (look[3 * i + channel] * exposure - f4(128)) * contrast + f4(128)
            palette[i, channel] = min(max(value, ZERO), FULL)


# --- sky --------------------------------------------------------------------------------------------------------------


@kernel()
def sky_colours(columns, y, heading, sun, look, palette, clouds, nodes):
    """The sky's colour at one lattice row into nodes (3, n); `y` is the tangent of the row's elevation at mid-image.

    columns: (nodes,) tangents to the left; heading: (cos, sin) of yaw; sun: unit vector (forward, left, up).
    """
    cover, strength = look[CLOUD_COVER], look[SUN_STRENGTH]
    clearing = f4(1.15) - f4(1.3) * cover
    shrink = f4(22) / (y + f4(0.22))
    low = clamp01(y * f4(7))
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
        cloud_x = (heading[0] - heading[1] * x) * shrink + f4(4096)
        cloud_y = (heading[1] + heading[0] * x) * shrink + f4(4096)
        puff = clamp01((tiled(clouds, cloud_x, cloud_y, CLOUD_SIZE - 1) - clearing) * f4(2.6)) * low
        lit = f4(0.86) + f4(0.14) * puff + f4(0.2) * glow
        for_cloud = puff * f4(0.92)
        nodes[0, k] = blended_sky(palette, 0, clear, glow, for_cloud, lit)
        nodes[1, k] = blended_sky(palette, 1, clear, glow, for_cloud, lit)
        nodes[2, k] = blended_sky(palette, 2, clear, glow, for_cloud, lit)


@kernel(inline="always")
def blended_sky(palette, channel, clear, glow, cloud, lit):
    """One channel: from haze to zenith, then the sun's glow, then cloud."""
    value = mix(palette[HAZE, channel], palette[ZENITH, channel], clear)
    value = mix(value, palette[SUNLIGHT, channel], min(glow, ONE))
    return min(mix(value, palette[CLOUD, channel] * lit, cloud), FULL)


@kernel(inline="always")
def tiled(texture, x, y, mask):
    """Bilinear sample of a square tiling texture whose side is mask + 1, at x, y >= 0 in texels."""
    ix, iy = i4(x), i4(y)
    fx, fy = x - f4(ix), y - f4(iy)
    x0, x1, y0, y1 = u4(ix) & u4(mask), u4(ix + 1) & u4(mask), u4(iy) & u4(mask), u4(iy + 1) & u4(mask)
    top = mix(texture[y0, x0], texture[y0, x1], fx)
    return mix(top, mix(texture[y1, x0], texture[y1, x1], fx), fy)


@kernel()
def widen_lattice(nodes, rows):
    """Run a lattice row's nodes (3, nodes) linearly along the pixels of rows (3, width)."""
    for channel in range(3):
        for k in range(rows.shape[1] // BLOCK):
            value = nodes[channel, k]
            ramp(rows[channel, k * BLOCK : k * BLOCK + BLOCK], value, (nodes[channel, k + 1] - value) * f4(1 / BLOCK))


@kernel(inline="always")
def ramp(span, value, step):
    """One block of a linear run."""
    for i in range(BLOCK):
        span[i] = value + step * f4(i4(i))


@kernel()
def fill_sky_row(out, above, below, share):
    """One row of pixels between two lattice rows (3, width), `share` of the way from `above` to `below`."""
    red, green, blue, red_end, green_end, blue_end = above[0], above[1], above[2], below[0], below[1], below[2]
    for u in range(out.shape[0]):
        r, g, b = mix(red[u], red_end[u], share), mix(green[u], green_end[u], share), mix(blue[u], blue_end[u], share)
        out[u] = pack(r, g, b, SKY_CLASS)


@kernel()
def draw_sky(image, horizon, focal, centre_y, columns, heading, sun, look, palette, clouds, nodes, lattice):
    """Sky above row `horizon`. nodes (3, nodes) and lattice (2, 3, width) are scratch."""
    upper, lower = lattice[0], lattice[1]
    for v in range(-SKY_ROWS, horizon):
        if v % SKY_ROWS == 0:
            upper, lower = lower, upper
            y = max((centre_y - HALF - f4(v + SKY_ROWS)) / focal, ZERO)
            sky_colours(columns, y, heading, sun, look, palette, clouds, nodes)
            widen_lattice(nodes, lower)
        if v >= 0:
            fill_sky_row(image[v], upper, lower, f4(v % SKY_ROWS) * f4(1 / SKY_ROWS))


@kernel()
def draw_sun(image, width, horizon, focal, centre_x, centre_y, sun, look, palette):
    """The sun's disc with its glare, where it stands above the horizon and in view."""
    strength = look[SUN_STRENGTH]
    if sun[0] < f4(0.2) or strength < f4(0.1):
        return
    u0, v0 = centre_x - focal * sun[1] / sun[0], centre_y - focal * sun[2] / sun[0]
    disc, glare = f4(0.018) * focal, f4(0.11) * focal
    left, right = max(0, ceil_int(max(u0 - glare, ZERO))), min(width, ceil_int(max(u0 + glare, ZERO)))
    top, bottom = max(0, ceil_int(max(v0 - glare, ZERO))), min(horizon, ceil_int(max(v0 + glare, ZERO)))
    for v in range(top, bottom):
        y = f4(v) + HALF - v0
        row = image[v]
        for u in range(left, right):
            x = f4(u) + HALF - u0
            r = math.sqrt(x * x + y * y)
            halo = clamp01(ONE - r / glare)
            share = strength * max(clamp01(disc - r + HALF), f4(0.75) * halo * halo * halo)
            tint_pixel(row, u, palette[SUNLIGHT, 0], palette[SUNLIGHT, 1], palette[SUNLIGHT, 2], share)


@kernel(inline="always")
def tint_pixel(row, u, red, green, blue, share):
    """Blend a colour over pixel u of a row; the slot stays."""
    p = row[u]
    r, g, b = f4(i4(p & u4(255))), f4(i4((p >> u4(8)) & u4(255))), f4(i4((p >> u4(16)) & u4(255)))
    row[u] = pack(mix(r, red, share), mix(g, green, share), mix(b, blue, share), i4(0)) | u4(p & u4(0xFF000000))


@kernel()
def draw_skyline(image, width, horizon, focal, centre_y, yaw, azimuths, profile, palette, far, near):
    """Two layers of hills and woods at infinity. profile: (2, PROFILE_SIZE) tangents of elevation."""
    scale = f4(PROFILE_SIZE / (2 * math.pi))
    start = f4(yaw) * scale + f4(4 * PROFILE_SIZE)
    highest = ZERO
    for u in range(width):
        position = start + azimuths[u] * scale
        i = i4(position)
        share = position - f4(i)
        a, b = u4(i) & u4(PROFILE_SIZE - 1), u4(i + 1) & u4(PROFILE_SIZE - 1)
        far[u] = mix(profile[0, a], profile[0, b], share) * focal
        near[u] = mix(profile[1, a], profile[1, b], share) * focal
        highest = max(highest, max(far[u], near[u]))
    for v in range(max(0, ceil_int(max(centre_y - highest - ONE, ZERO)) - 1), horizon):
        skyline_row(image[v, :width], far, near, centre_y - f4(v) - HALF, focal, palette)


@kernel()
def skyline_row(out, far, near, y, focal, palette):
    """Blend both layers over one sky row `y` pixels above the horizon; their feet fade into the haze."""
    far_haze, near_haze = (
        f4(0.55) * clamp01(ONE - y / (f4(0.05) * focal)),
        f4(0.35) * clamp01(ONE - y / (f4(0.03) * focal)),
    )
    fr, fg, fb = (
        mix(palette[FAR_HILLS, 0], palette[HAZE, 0], far_haze),
        mix(palette[FAR_HILLS, 1], palette[HAZE, 1], far_haze),
        mix(palette[FAR_HILLS, 2], palette[HAZE, 2], far_haze),
    )
    nr, ng, nb = (
        mix(palette[NEAR_HILLS, 0], palette[HAZE, 0], near_haze),
        mix(palette[NEAR_HILLS, 1], palette[HAZE, 1], near_haze),
        mix(palette[NEAR_HILLS, 2], palette[HAZE, 2], near_haze),
    )
    for u in range(out.shape[0]):
        p = out[u]
        r, g, b = f4(i4(p & u4(255))), f4(i4((p >> u4(8)) & u4(255))), f4(i4((p >> u4(16)) & u4(255)))
        behind, before = clamp01(far[u] - y + HALF), clamp01(near[u] - y + HALF)
        r, g, b = mix(r, fr, behind), mix(g, fg, behind), mix(b, fb, behind)
        slot = VEGETATION_CLASS if behind + before > HALF else SKY_CLASS
        out[u] = pack(mix(r, nr, before), mix(g, ng, before), mix(b, nb, before), slot)


# --- ground -----------------------------------------------------------------------------------------------------------


@kernel()
def road_nodes(grid, macro, lap, x, y, dx, dy, eye_x, eye_y, stride, drop, count, nodes):
    """Road coordinates at `count` nodes along a row, from (x, y) in grid cells by (dx, dy) a node.

    nodes (5, >= count): d in metres, s in dash periods, squared footprints of one pixel in d and in s (m2), low-frequency
    noise in [0, 1]. A footprint joins one pixel right, (dx, dy) / stride, and one pixel down, (point - eye) * drop:
    without the latter edge lines bead where they run across the rows. lap: lap length in metres.
    """
    per_pixel = ONE / stride
    right_x, right_y = dx * per_pixel, dy * per_pixel
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
        across, along = gx * right_x + gy * right_y, gx * down_x + gy * down_y
        d_foot[k] = across * across + along * along
        # the direction of s is that of d turned by a right angle
        across, along = gx * right_y - gy * right_x, gx * down_y - gy * down_x
        s_foot[k] = across * across + along * along

        a, b, c, e = grid[iy, ix, 1], grid[iy, jx, 1], grid[jy, ix, 1], grid[jy, jx, 1]
        b, c, e = same_lap(a, b, lap), same_lap(a, c, lap), same_lap(a, e, lap)
        t_out[k] = mix(mix(a, b, fx), mix(c, e, fx), fy) * (ONE / DASH_PERIOD)

        ax, ay = ix & u8(MACRO_SIZE - 1), iy & u8(MACRO_SIZE - 1)
        bx, by = jx & u8(MACRO_SIZE - 1), jy & u8(MACRO_SIZE - 1)
        noise[k] = mix(mix(macro[ay, ax], macro[ay, bx], fx), mix(macro[by, ax], macro[by, bx], fx), fy)
        x, y = x + dx, y + dy


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
def grain_row(out, x, y, dx, dy, amplitude, add):
    """White noise in [-amplitude, amplitude], one value a unit cell, along (x, y) + u (dx, dy); added where `add`."""
    scale = amplitude * f4(1 / 32768)
    kept = ONE if add else ZERO
    for u in range(out.shape[0]):
        step = f4(i4(u))
        h = u4(u4(i4(x + dx * step)) * u4(0x9E3779B1)) ^ u4(u4(i4(y + dy * step)) * u4(0x85EBCA77))
        h = u4(u4(h ^ u4(h >> u4(15))) * u4(0x2C1B3C6D))
        out[u] = out[u] * kept + f4(i4(u4(h >> u4(12)) & u4(0xFFFF)) - i4(32768)) * scale


@kernel(inline="always")
def pulse_integral(t):
    """Integral of the dash pulse train from 0 to t, in periods."""
    whole = np.floor(t)
    return whole * DASH_DUTY + min(t - whole, DASH_DUTY)


@kernel()
def shade_row(out, lines, grain, colours, reach, wear, tracks):
    """Ground pixels of one row. colours: (GROUND_COLOURS, 3) already behind the row's haze; reach: as `spread_nodes`."""
    d_line, t_line, noise_line, sharp_line = lines[0], lines[1], lines[2], lines[3]
    inverse = HALF / reach
    gr, gg, gb = colours[GRASS, 0], colours[GRASS, 1], colours[GRASS, 2]
    yr, yg, yb = colours[DRY_GRASS, 0] - gr, colours[DRY_GRASS, 1] - gg, colours[DRY_GRASS, 2] - gb
    sr, sg, sb = colours[SHOULDER, 0], colours[SHOULDER, 1], colours[SHOULDER, 2]
    ar, ag, ab = colours[ASPHALT, 0], colours[ASPHALT, 1], colours[ASPHALT, 2]
    mr, mg, mb = colours[MARKING, 0], colours[MARKING, 1], colours[MARKING, 2]
    for u in range(out.shape[0]):
        d, t, sharp, noise, fine = d_line[u], t_line[u], sharp_line[u], noise_line[u], grain[u]
        a = abs(d)
        ragged = a + (noise - HALF) * f4(0.7) + fine * f4(0.012)
        shoulder = clamp01((SHOULDER_EDGE - ragged) * min(sharp, f4(4)) + HALF)
        road = clamp01((ROAD_EDGE - a) * sharp + HALF)
        edge = clamp01((EDGE_LINE_OUTER - a) * sharp + HALF) - clamp01((EDGE_LINE_INNER - a) * sharp + HALF)
        dash = clamp01((DASH_HALF_WIDTH - d) * sharp + HALF) - clamp01((-DASH_HALF_WIDTH - d) * sharp + HALF)
        dash = dash * (pulse_integral(t + reach) - pulse_integral(t - reach)) * inverse
        paint = max(edge, dash) * (ONE - clamp01(wear + wear * (noise - HALF) * TWO + wear * fine * f4(0.08)))
        track = clamp01(ONE - abs(abs(a - f4(1.75)) - f4(0.75)) * f4(2.2)) * road
        light = fine * (ONE - f4(0.5) * road) - track * tracks + (noise - HALF) * road * f4(10)
        dry = clamp01(noise)
        r, g, b = gr + yr * dry, gg + yg * dry, gb + yb * dry
        r, g, b = mix(r, sr, shoulder), mix(g, sg, shoulder), mix(b, sb, shoulder)
        r, g, b = mix(r, ar, road) + light, mix(g, ag, road) + light, mix(b, ab, road) + light
        r, g, b = mix(r, mr, paint), mix(g, mg, paint), mix(b, mb, paint)
        r, g, b = min(max(r, ZERO), FULL), min(max(g, ZERO), FULL), min(max(b, ZERO), FULL)
        slot = ROAD_CLASS if a < ROAD_EDGE else GROUND_CLASS
        slot = EDGE_LINE_CLASS if (a > EDGE_LINE_INNER) & (a < EDGE_LINE_OUTER) else slot
        slot = LANE_MARKING_CLASS if (a < DASH_HALF_WIDTH) & (t - np.floor(t) < DASH_DUTY) else slot
        out[u] = pack(r, g, b, slot)


@kernel()
def cover_row(out, lines, grain, colours, covered):
    """Snow over a shaded row: all but the wheel tracks, more of it where the low-frequency noise is high. Slots stay."""
    d_line, noise_line = lines[0], lines[2]
    red, green, blue = colours[GROUND_COLOURS - 1, 0], colours[GROUND_COLOURS - 1, 1], colours[GROUND_COLOURS - 1, 2]
    for u in range(out.shape[0]):
        a = abs(d_line[u])
        off_track = clamp01((abs(abs(a - f4(1.75)) - f4(0.75)) - f4(0.2)) * f4(2.5))
        beside = clamp01((a - f4(3.0)) * f4(2.0))
        depth = off_track * (covered + HALF * beside) + (noise_line[u] - HALF) * f4(1.1) + grain[u] * f4(0.01)
        share = clamp01((depth - f4(0.42)) * f4(4)) * f4(0.94)
        tint_pixel(out, u, red + grain[u], green + grain[u], blue + grain[u], share)


@kernel()
def draw_ground(
    image,
    width,
    horizon,
    pose,
    focal,
    centre_x,
    centre_y,
    mount,
    grid,
    origin,
    lap,
    macro,
    look,
    palette,
    nodes,
    lines,
    grain,
    colours,
):
    """Ground from row `horizon` down. pose: (x, y, cos yaw, sin yaw) of the camera, float32."""
    cos, sin = pose[2], pose[3]
    eye_x, eye_y = pose[0] - origin[0], pose[1] - origin[1]
    density, strength, covered = look[FOG_DENSITY], look[GRAIN], look[COVERED]
    for v in range(horizon, image.shape[0]):
        below = f4(v) + HALF - centre_y
        per_pixel = mount / below
        depth = per_pixel * focal
        clear = transmittance(depth * density)
        haze_ground(palette, clear, colours)
        dx, dy = sin * per_pixel, -cos * per_pixel
        x = eye_x + cos * depth - (centre_x - HALF) * dx
        y = eye_y + sin * depth - (centre_x - HALF) * dy
        blocks = node_blocks(per_pixel)
        stride = f4(BLOCK * blocks)
        count = (width + BLOCK * blocks - 1) // (BLOCK * blocks) + 1
        road_nodes(grid, macro, lap, x, y, dx * stride, dy * stride, eye_x, eye_y, stride, ONE / below, count, nodes)
        reach = spread_nodes(nodes, count, blocks, lap, lines)
        draw_grain(grain[:width], x + f4(2048), y + f4(2048), dx, dy, per_pixel, depth / below, strength * clear)
        shade_row(image[v, :width], lines, grain, colours, reach, look[MARKING_WEAR], look[TYRE_WEAR] * f4(9) * clear)
        if covered > ZERO:
            cover_row(image[v, :width], lines, grain, colours, covered)


@kernel()
def haze_ground(palette, clear, colours):
    """The ground's colours as seen through the haze; `clear` is the share that passes."""
    for channel in range(3):
        haze = palette[HAZE, channel] * (ONE - clear)
        for i in range(GROUND_COLOURS - 1):
            colours[i, channel] = palette[i, channel] * clear + haze
        colours[GROUND_COLOURS - 1, channel] = palette[COVER, channel] * clear + haze


@kernel()
def node_blocks(per_pixel):
    """Blocks between two nodes: a chord's error on a 14 m bend, stride^2 per_pixel / (8 x 14), stays under 0.2 px."""
    if per_pixel * f4(32 * 32) < f4(24):
        return 4
    return 2 if per_pixel * f4(16 * 16) < f4(24) else 1


@kernel()
def draw_grain(grain, x, y, dx, dy, per_pixel, drop, strength):
    """Grain whose cells are about one pixel's footprint, per_pixel wide and `drop` long, in powers of two."""
    footprint = math.sqrt(per_pixel * min(drop, f4(8) * per_pixel))
    cell = f4(1 / 160)
    amplitude = f4(11) * strength
    while cell < footprint * f4(0.75):
        cell, amplitude = cell * TWO, amplitude * f4(0.93)
    inverse = ONE / cell
    grain_row(grain, x * inverse, y * inverse, dx * inverse, dy * inverse, amplitude, False)
    if cell < f4(0.03):
        inverse = inverse * f4(0.31)
        turned_x, turned_y = dx * f4(0.8) + dy * f4(0.6), dy * f4(0.8) - dx * f4(0.6)
        grain_row(
            grain,
            (x * f4(0.8) + y * f4(0.6)) * inverse,
            (y * f4(0.8) - x * f4(0.6) + f4(2048)) * inverse,
            turned_x * inverse,
            turned_y * inverse,
            amplitude * f4(0.6),
            True,
        )


# --- shadows and sprites ----------------------------------------------------------------------------------------------


@kernel()
def draw_shadows(image, width, horizon, pose, lens, centre_y, objects, kinds, sun, look):
    """What grows darkens the ground under itself, and casts a shadow away from the sun."""
    focal, mount, strength, density = lens[0], lens[3], look[SUN_STRENGTH], look[FOG_DENSITY]
    cos, sin = pose[2], pose[3]
    flat = math.sqrt(sun[0] * sun[0] + sun[1] * sun[1])
    slope = min(flat / max(sun[2], f4(0.01)), f4(2.6))
    away_z, away_l = -sun[0] / max(flat, f4(0.01)), -sun[1] / max(flat, f4(0.01))
    for i in range(objects.shape[0]):
        kind = i4(objects[i, 4])
        if kind < i4(0) or kinds[kind, 3] > CONIFER:
            continue
        dx, dy = objects[i, 0] - pose[0], objects[i, 1] - pose[1]
        z, l = cos * dx + sin * dy, cos * dy - sin * dx
        girth, tall = objects[i, 2], objects[i, 3]
        reach = slope * tall
        if (
            z > SHADOW_RANGE
            or z + reach + girth < ONE
            or abs(l) - reach - girth > max(z + reach, ZERO) * lens[1] / focal
        ):
            continue
        clear = transmittance(max(z, ZERO) * density)
        contact = f4(0.42) * girth
        draw_ellipse(
            image,
            width,
            horizon,
            focal,
            lens[1],
            centre_y,
            mount,
            z,
            l,
            away_z,
            away_l,
            contact,
            contact,
            f4(0.34) * clear,
        )
        if strength > f4(0.1):
            far = f4(0.55) * reach
            length, breadth = f4(0.45) * reach + f4(0.3) * girth, f4(0.5) * girth
            draw_ellipse(
                image,
                width,
                horizon,
                focal,
                lens[1],
                centre_y,
                mount,
                z + away_z * far,
                l + away_l * far,
                away_z,
                away_l,
                length,
                breadth,
                f4(0.44) * strength * clear,
            )


@kernel()
def draw_ellipse(
    image, width, horizon, focal, centre_x, centre_y, mount, z, l, axis_z, axis_l, length, breadth, darkness
):
    """Darken a soft ellipse of ground about (z, l), half axes `length` along (axis_z, axis_l) and `breadth` across it."""
    reach_z = math.sqrt(length * length * axis_z * axis_z + breadth * breadth * axis_l * axis_l)
    reach_l = math.sqrt(length * length * axis_l * axis_l + breadth * breadth * axis_z * axis_z)
    near, far = max(z - reach_z, HALF), z + reach_z
    if far <= near:
        return
    top = max(horizon, ceil_int(centre_y + mount * focal / far - HALF))
    bottom = min(image.shape[0], ceil_int(min(centre_y + mount * focal / near, f4(image.shape[0])) - HALF))
    for v in range(top, bottom):
        per_pixel = mount / (f4(v) + HALF - centre_y)
        left = clamp_column(centre_x - (l + reach_l) / per_pixel, width)
        right = clamp_column(centre_x - (l - reach_l) / per_pixel, width)
        if left < right:
            dz, dl = per_pixel * focal - z, (centre_x - f4(left) - HALF) * per_pixel - l
            along, across = (dz * axis_z + dl * axis_l) / length, (dl * axis_z - dz * axis_l) / breadth
            shadow_row(
                image[v, left:right],
                along,
                across,
                -per_pixel * axis_l / length,
                -per_pixel * axis_z / breadth,
                darkness,
            )


@kernel(inline="always")
def clamp_column(u, width):
    """The first column whose centre is not left of u, within [0, width]."""
    return ceil_int(min(max(u - HALF, ZERO), f4(width)))


@kernel()
def shadow_row(out, along, across, along_step, across_step, darkness):
    """Darken one row; (along, across) is the place in units of the ellipse's half axes. Shadows keep some of the sky's blue."""
    for u in range(out.shape[0]):
        x = f4(i4(u))
        p, q = along + along_step * x, across + across_step * x
        inside = clamp01((ONE - p * p - q * q) * f4(1.7))
        keep = ONE - darkness * inside * inside * (f4(3) - TWO * inside)
        c = out[u]
        r, g, b = f4(i4(c & u4(255))), f4(i4((c >> u4(8)) & u4(255))), f4(i4((c >> u4(16)) & u4(255)))
        out[u] = pack(r * keep, g * keep, b * (keep + f4(0.12) * (ONE - keep)), i4(0)) | u4(c & u4(0xFF000000))


@kernel()
def find_sprites(objects, pose, widest, spread, order, depths):
    """Indices of the objects in view into `order`, far to near, their depths into `depths`; returns how many.

    widest: the tangent of half the field of view. Past MAX_SPRITES the farthest are left out.
    """
    cos, sin = pose[2], pose[3]
    count = 0
    for i in range(objects.shape[0]):
        dx, dy = objects[i, 0] - pose[0], objects[i, 1] - pose[1]
        z, l = cos * dx + sin * dy, cos * dy - sin * dx
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
def draw_sprites(image, width, pose, lens, centre_y, objects, sprites, sun, look, palette, scratch):
    """Everything upright, far to near."""
    focal, centre_x, mount = lens[0], lens[1], lens[3]
    order, depths, paints = scratch.order, scratch.depths, scratch.paints
    mix_paints(sun, look, palette, paints)
    haze = lanes(palette[HAZE, 0], palette[HAZE, 1], palette[HAZE, 2])
    count = find_sprites(objects, pose, centre_x / focal, sprites.spread, order, depths)
    for k in range(count):
        i, z = order[k], depths[k]
        kind, slot = i4(objects[i, 4]), FIRST_SPRITE + k
        first, variants, class_id, materials = sprites.kinds[kind]
        scratch.slot_class[slot], scratch.slot_instance[slot], scratch.slot_depth[slot] = class_id, i + 1, z
        scale = focal / z
        dx, dy, tint = objects[i, 0] - pose[0], objects[i, 1] - pose[1], objects[i, 5]
        middle, foot = centre_x - (pose[2] * dy - pose[3] * dx) * scale, centre_y + mount * scale
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
        clear = u8(i4(f4(256) * opacity * transmittance(z * look[FOG_DENSITY])))
        paint = paints[materials, i4((tint + ONE) * f4(HALF * (TINTS - 1)) + HALF)]
        a, b, c = dim(paint[0], clear), dim(paint[1], clear), dim(paint[2], clear)
        if mirrored and materials <= CONIFER:
            a, b = b, a  # what the picture has lit from the right, its mirror image has lit from the left
        colours = (a, b, c, dim(haze, seen - clear), seen, u8(slot) << u8(24))
        broad, tall = max(broad, f4(smallest[1])), max(tall, f4(smallest[2]))
        draw_sprite(image, width, sprites, levels, mirrored, middle, foot, broad, tall, colours)


@kernel()
def pick_variant(variants, materials, tint, i):
    """A picture for object i and whether to mirror it. A sign points where its tint's sign says: + left, - right."""
    if materials == SIGN:
        return i4(0), tint < ZERO
    mixed = u4(u4(u4(i4((tint + TWO) * f4(65536))) ^ u4(i)) * u4(0x9E3779B1)) >> u4(16)
    return i4(u4(mixed >> u4(1)) % u4(variants)), (mixed & u4(1)) == u4(1)


@kernel()
def mix_paints(sun, look, palette, paints):
    """Fill paints (material sets, TINTS, 3), uint64 lanes: the colours of every material set in this light."""
    for tint in range(TINTS):
        share = f4(tint) / f4(TINTS - 1)
        mix_leaves(FOLIAGE, OTHER_FOLIAGE, share, sun, look, palette, paints[LEAVES, tint])
        mix_leaves(NEEDLES, NEEDLES, share, sun, look, palette, paints[CONIFER, tint])
        for materials in (POST, SIGN):
            for m in range(3):
                red, green, blue = FURNITURE[materials - POST, m]
                paints[materials, tint, m] = lanes(
                    red * palette[MARKING, 0], green * palette[MARKING, 1], blue * palette[MARKING, 2]
                )


@kernel()
def mix_leaves(colour, other, tint, sun, look, palette, paint):
    """Leaves lit from the right, from the left, and in shade. A tree against the sun is dark, one opposite is bright."""
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
    """A colour's channels, held to [0, 255], as red, blue, green in the 16-bit lanes of a uint64."""
    r, g, b = u8(i4(min(red, FULL))), u8(i4(min(green, FULL))), u8(i4(min(blue, FULL)))
    return u8(r | u8(b << u8(16)) | u8(g << u8(32)))


@kernel(inline="always")
def dim(colour, share):
    """Lane by lane, `share` 256ths of a colour."""
    return u8(u8(colour * share) >> u8(8)) & LANES


@kernel()
def draw_sprite(image, width, sprites, levels, mirrored, middle, foot, broad, tall, colours):
    """One sprite with its foot at row `foot` and its middle at column `middle`, broad x tall pixels.

    Texels have a border of one on every side, so a pixel's two or four neighbours always exist. Positions along a row
    are 16.16 fixed point.
    """
    level = levels.shape[0] - 1
    while level > 0 and (f4(levels[level, 1]) < broad * f4(0.7) or f4(levels[level, 2]) < tall * f4(0.6)):
        level -= 1
    start, cols, texel_rows, first_row = levels[level]
    stride = i4(cols + 2)
    step, down, per_texel = f4(cols) / broad, f4(texel_rows) / tall, broad / f4(cols)
    smooth = (level == 0 and down < f4(0.8)) or texel_rows <= 5
    top, left = foot - tall, middle - HALF * broad
    whole = clamp_column(left - HALF * per_texel, width), clamp_column(left + broad + HALF * per_texel, width)
    v0, v1 = ceil_int(max(top - HALF, ZERO)), ceil_int(min(foot - HALF, f4(image.shape[0])))
    if whole[0] >= whole[1]:
        return
    x_step = i4(step * f4(65536))
    x_first = i4(((f4(whole[0]) + HALF - left) * step + HALF) * f4(65536))
    if mirrored:
        x_first, x_step = i4((i4(cols) + i4(1)) * i4(65536) - x_first), i4(-x_step)
    for v in range(v0, v1):
        y = (f4(v) + HALF - top) * down
        u0, u1, x = whole[0], whole[1], x_first
        if cols > 4:  # a big sprite has much empty space beside it
            begin, end = sprites.extents[first_row + i4(y)]
            if mirrored:
                begin, end = cols - end, cols - begin
            u0 = max(u0, i4(max(left + (f4(begin) - HALF) * per_texel + HALF, ZERO)))
            u1 = min(u1, i4(max(left + (f4(end) + HALF) * per_texel + HALF, ZERO)))
            x = i4(x + i4(u0 - whole[0]) * x_step)
        if smooth:
            y = y + HALF
            offset, share = start + i4(y) * stride, u8(i4((y - f4(i4(y))) * f4(256)))
            smooth_sprite_row(image[v], u0, u1, sprites.texels, offset, stride, share, x, x_step, colours)
        else:
            sprite_row(image[v], u0, u1, sprites.texels, start + (i4(y) + i4(1)) * stride, x, x_step, colours)


@kernel(inline="always")
def mix_texels(a, b, share):
    """Lane by lane from a to b, `share` 256ths of the way."""
    return u8(u8(u8(a * u8(u8(256) - share)) + u8(b * share)) >> u8(8)) & LANES


@kernel(inline="always")
def blend_texel(pixel, texel, colours):
    """A texel over a pixel. Weights times colours sum to less than 2^16, so the four lanes keep to themselves."""
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


@kernel(inline="always")
def sprite_row(out, u0, u1, texels, offset, x, step, colours):
    """Blend one row of a shrunk sprite, linear between neighbours in the row of texels at `offset`."""
    for u in range(u8(u0), u8(u1)):
        i = u8(offset + (x >> i4(16)))
        first, second = texels[i], texels[u8(i + u8(1))]
        texel = mix_texels(first, second, u8(i4(x >> i4(8)) & i4(255)))
        out[u] = blend_texel(out[u], texel, colours)
        x = i4(x + step)


@kernel(inline="always")
def smooth_sprite_row(out, u0, u1, texels, offset, stride, share, x, step, colours):
    """Blend one row of a magnified sprite, bilinear; `share` 256ths of the way to the next row of texels."""
    for u in range(u8(u0), u8(u1)):
        i = u8(offset + (x >> i4(16)))
        j = u8(i + u8(stride))
        first, second = texels[i], texels[u8(i + u8(1))]
        third, fourth = texels[j], texels[u8(j + u8(1))]
        if u8(first | second | third | fourth) >> u8(48) != u8(0):
            upper = mix_texels(first, second, u8(i4(x >> i4(8)) & i4(255)))
            lower = mix_texels(third, fourth, u8(i4(x >> i4(8)) & i4(255)))
            out[u] = blend_texel(out[u], mix_texels(upper, lower, share), colours)
        x = i4(x + step)


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
def write_truth(
    image, width, horizon, centre_y, reach, slot_class, slot_instance, slot_depth, segmentation, instance, depth
):
    """Class, instance and depth of every pixel. reach: focal length x mount height, so a ground row lies at reach / rows
    below the horizon."""
    for v in range(image.shape[0]):
        row_depth = f4(np.inf) if v < horizon else reach / (f4(v) + HALF - centre_y)
        for u in range(width):
            slot = image[v, u] >> u4(24)
            segmentation[v, u] = slot_class[slot]
            instance[v, u] = slot_instance[slot]
            depth[v, u] = slot_depth[slot] if slot >= u4(FIRST_SPRITE) else row_depth


@kernel()
def render(
    grids,
    origins,
    laps,
    objects,
    rows,
    poses,
    looks,
    lens,
    azimuths,
    sky_columns,
    art,
    scratch,
    truth,
    rgb,
    segmentation,
    instance,
    depth,
):
    """Draw one frame for each row of `poses`; see `sim.camera.Camera.render`.

    lens: (focal, centre_x, centre_y, mount height, mount forward). truth: whether to fill the three truth arrays.
    """
    image, palette, colours, nodes, lines, grain, lattice = (
        scratch.image,
        scratch.palette,
        scratch.colours,
        scratch.nodes,
        scratch.lines,
        scratch.grain,
        scratch.lattice,
    )
    slot_class, slot_instance, slot_depth = scratch.slot_class, scratch.slot_instance, scratch.slot_depth
    height, width = rgb.shape[1], rgb.shape[2]
    focal, centre_x, mount = lens[0], lens[1], lens[3]
    pose, heading, sun = scratch.pose, scratch.pose[2:], scratch.sun
    for b in range(poses.shape[0]):
        world, look, yaw = rows[b], looks[b], poses[b, 2]
        cos, sin = math.cos(yaw), math.sin(yaw)
        pose[0], pose[1] = poses[b, 0] + lens[4] * cos, poses[b, 1] + lens[4] * sin
        pose[2], pose[3] = cos, sin
        centre_y = lens[2]
        if poses.shape[1] > 3:
            centre_y = f4(centre_y - focal * math.tan(poses[b, 3]))
        horizon = min(max(ceil_int(centre_y - f4(0.45)), 0), height)
        grade(look, palette)
        aim_sun(look, yaw, sun)
        draw_sky(image, horizon, focal, centre_y, sky_columns, heading, sun, look, palette, art.clouds, nodes, lattice)
        draw_sun(image, width, horizon, focal, centre_x, centre_y, sun, look, palette)
        draw_skyline(image, width, horizon, focal, centre_y, yaw, azimuths, art.skyline, palette, lines[0], lines[1])
        draw_ground(
            image,
            width,
            horizon,
            pose,
            focal,
            centre_x,
            centre_y,
            mount,
            grids[world],
            origins[world],
            f4(laps[world]),
            art.macro,
            look,
            palette,
            nodes,
            lines,
            grain,
            colours,
        )
        draw_shadows(image, width, horizon, pose, lens, centre_y, objects[world], art.sprites.kinds, sun, look)
        draw_sprites(image, width, pose, lens, centre_y, objects[world], art.sprites, sun, look, palette, scratch)
        write_rgb(image, width, rgb[b])
        if truth:
            write_truth(
                image,
                width,
                horizon,
                centre_y,
                focal * mount,
                slot_class,
                slot_instance,
                slot_depth,
                segmentation[b],
                instance[b],
                depth[b],
            )


@kernel()
def aim_sun(look, yaw, sun):
    """The unit vector to the sun in camera axes: forward, left, up."""
    azimuth, elevation = look[SUN_AZIMUTH] - yaw, look[SUN_ELEVATION]
    sun[0] = math.cos(elevation) * math.cos(azimuth)
    sun[1] = math.cos(elevation) * math.sin(azimuth)
    sun[2] = math.sin(elevation)
