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

import numpy as np

from sim.jit import kernel
from sim.scene import CLASSES, GRID_SIZE
from sim.theme import COLOURS, LOOK_FIELDS

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
MAX_SPRITES = 240
SHADOW_RANGE = f4(110)
NEAREST_SPRITE, FADE_START, FADE_END = f4(0.8), f4(200), f4(260)
"""Metres: nearer sprites are behind the lens; farther ones fade out."""

GROUND_COLOURS = 6
(GRASS, DRY_GRASS, SHOULDER, ASPHALT, MARKING, HAZE, ZENITH, CLOUD, FAR_HILLS, NEAR_HILLS, SUNLIGHT, FOLIAGE) = range(
    12
)
(OTHER_FOLIAGE, FOLIAGE_SHADE, COVER) = range(12, 15)
N_COLOURS = len(COLOURS)
SUN_AZIMUTH, SUN_ELEVATION, SUN_STRENGTH = (
    LOOK_FIELDS.index(f"sun_{name}") for name in ("azimuth", "elevation", "strength")
)
FOG_DENSITY, CLOUD_COVER = LOOK_FIELDS.index("fog_density"), LOOK_FIELDS.index("cloud_cover")
GRAIN, MARKING_WEAR, TYRE_WEAR = (LOOK_FIELDS.index(name) for name in ("grain", "marking_wear", "tyre_wear"))
COVERED, EXPOSURE, CONTRAST = (LOOK_FIELDS.index(name) for name in ("covered", "exposure", "contrast"))

LEAVES, POST, SIGN = range(3)
"""Material sets of sprites; see `sim.camera.sprites`."""
FURNITURE = np.array(
    [
        [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
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


@kernel
def grade(look, palette):
    """Fill `palette` (colours, 3) with the look's colours after exposure and contrast."""
    exposure, contrast = look[EXPOSURE], look[CONTRAST]
    for i in range(N_COLOURS):
        for channel in range(3):
            value = (look[3 * i + channel] * exposure - f4(128)) * contrast + f4(128)
            palette[i, channel] = min(max(value, ZERO), FULL)


# --- sky --------------------------------------------------------------------------------------------------------------


@kernel
def sky_colours(columns, y, heading, sun, look, palette, clouds, red, green, blue):
    """The sky's colour at one lattice row, `y` the tangent of its elevation at the image's middle column.

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
        red[k] = blended_sky(palette, 0, clear, glow, for_cloud, lit)
        green[k] = blended_sky(palette, 1, clear, glow, for_cloud, lit)
        blue[k] = blended_sky(palette, 2, clear, glow, for_cloud, lit)


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


@kernel
def fill_sky_row(out, above, below, share):
    """One row of pixels between two lattice rows (3, nodes), `share` of the way from `above` to `below`."""
    blocks = out.shape[0] // BLOCK
    per_pixel = f4(1 / BLOCK)
    for k in range(blocks):
        red, green, blue = (
            mix(above[0, k], below[0, k], share),
            mix(above[1, k], below[1, k], share),
            mix(above[2, k], below[2, k], share),
        )
        red_step = (mix(above[0, k + 1], below[0, k + 1], share) - red) * per_pixel
        green_step = (mix(above[1, k + 1], below[1, k + 1], share) - green) * per_pixel
        blue_step = (mix(above[2, k + 1], below[2, k + 1], share) - blue) * per_pixel
        span = out[k * BLOCK : k * BLOCK + BLOCK]
        for i in range(BLOCK):
            x = f4(i4(i))
            span[i] = pack(red + red_step * x, green + green_step * x, blue + blue_step * x, SKY_CLASS)


@kernel
def draw_sky(image, horizon, focal, centre_y, columns, heading, sun, look, palette, clouds, lattice):
    """Sky above row `horizon`. lattice: (2, 3, nodes) scratch."""
    upper, lower = 0, 1
    for v in range(horizon):
        if v % SKY_ROWS == 0:
            if v == 0:
                y = max((centre_y - HALF) / focal, ZERO)
                sky_colours(
                    columns,
                    y,
                    heading,
                    sun,
                    look,
                    palette,
                    clouds,
                    lattice[upper, 0],
                    lattice[upper, 1],
                    lattice[upper, 2],
                )
            else:
                upper, lower = lower, upper
            y = max((centre_y - HALF - f4(v + SKY_ROWS)) / focal, ZERO)
            sky_colours(
                columns, y, heading, sun, look, palette, clouds, lattice[lower, 0], lattice[lower, 1], lattice[lower, 2]
            )
        fill_sky_row(image[v], lattice[upper], lattice[lower], f4(v % SKY_ROWS) * f4(1 / SKY_ROWS))


@kernel
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


@kernel
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


@kernel
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


@kernel
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


@kernel
def spread_nodes(nodes, count, blocks_a_node, lap, lines):
    """Run the node values linearly along the row, into lines (6, width): d, s in periods, 1 / footprint in d, half
    footprint in s (periods), 1 / footprint in s, noise."""
    stride = BLOCK * blocks_a_node
    per_pixel = ONE / f4(stride)
    laps = lap * (ONE / DASH_PERIOD)
    for k in range(count - 1):
        d, t, noise = nodes[0, k], nodes[1, k], nodes[4, k]
        d_step = (nodes[0, k + 1] - d) * per_pixel
        t_step = (same_lap(t, nodes[1, k + 1], laps) - t) * per_pixel
        noise_step = (nodes[4, k + 1] - noise) * per_pixel
        sharpness = ONE / math.sqrt((nodes[2, k] + nodes[2, k + 1]) * HALF + f4(1e-8))
        reach = math.sqrt((nodes[3, k] + nodes[3, k + 1]) * HALF + f4(1e-8)) * (HALF / DASH_PERIOD)
        inverse = HALF / reach
        for j in range(blocks_a_node):
            begin = k * stride + j * BLOCK
            fill_block(lines, begin, d, d_step, t, t_step, noise, noise_step, sharpness, reach, inverse)
            d, t, noise = d + d_step * f4(BLOCK), t + t_step * f4(BLOCK), noise + noise_step * f4(BLOCK)


@kernel(inline="always")
def fill_block(lines, begin, d, d_step, t, t_step, noise, noise_step, sharpness, reach, inverse):
    """One block of `lines`, BLOCK pixels from `begin`."""
    end = begin + BLOCK
    d_line, t_line, sharp_line = lines[0, begin:end], lines[1, begin:end], lines[2, begin:end]
    reach_line, inverse_line, noise_line = lines[3, begin:end], lines[4, begin:end], lines[5, begin:end]
    for i in range(BLOCK):
        x = f4(i4(i))
        d_line[i] = d + d_step * x
        t_line[i] = t + t_step * x
        noise_line[i] = noise + noise_step * x
        sharp_line[i] = sharpness
        reach_line[i] = reach
        inverse_line[i] = inverse


@kernel
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


@kernel
def shade_row(out, lines, grain, colours, wear, tracks):
    """Ground pixels of one row. colours: (GROUND_COLOURS, 3) already behind the row's haze."""
    d_line, t_line, sharp_line, reach_line, inverse_line, noise_line = (
        lines[0],
        lines[1],
        lines[2],
        lines[3],
        lines[4],
        lines[5],
    )
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
        dash = dash * (pulse_integral(t + reach_line[u]) - pulse_integral(t - reach_line[u])) * inverse_line[u]
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


@kernel
def cover_row(out, lines, grain, colours, covered):
    """Snow over a shaded row: all but the wheel tracks, more of it where the low-frequency noise is high. Slots stay."""
    d_line, noise_line = lines[0], lines[5]
    red, green, blue = colours[GROUND_COLOURS - 1, 0], colours[GROUND_COLOURS - 1, 1], colours[GROUND_COLOURS - 1, 2]
    for u in range(out.shape[0]):
        a = abs(d_line[u])
        off_track = clamp01((abs(abs(a - f4(1.75)) - f4(0.75)) - f4(0.2)) * f4(2.5))
        beside = clamp01((a - f4(3.0)) * f4(2.0))
        depth = off_track * (covered + HALF * beside) + (noise_line[u] - HALF) * f4(1.1) + grain[u] * f4(0.01)
        share = clamp01((depth - f4(0.42)) * f4(4)) * f4(0.94)
        tint_pixel(out, u, red + grain[u], green + grain[u], blue + grain[u], share)


@kernel
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
        spread_nodes(nodes, count, blocks, lap, lines)
        draw_grain(grain[:width], x + f4(2048), y + f4(2048), dx, dy, per_pixel, depth / below, strength * clear)
        shade_row(image[v, :width], lines, grain, colours, look[MARKING_WEAR], look[TYRE_WEAR] * f4(9) * clear)
        if covered > ZERO:
            cover_row(image[v, :width], lines, grain, colours, covered)


@kernel
def haze_ground(palette, clear, colours):
    """The ground's colours as seen through the haze; `clear` is the share that passes."""
    for channel in range(3):
        haze = palette[HAZE, channel] * (ONE - clear)
        for i in range(GROUND_COLOURS - 1):
            colours[i, channel] = palette[i, channel] * clear + haze
        colours[GROUND_COLOURS - 1, channel] = palette[COVER, channel] * clear + haze


@kernel
def node_blocks(per_pixel):
    """Blocks between two nodes: a chord's error on a 14 m bend, stride^2 per_pixel / (8 x 14), stays under 0.2 px."""
    if per_pixel * f4(32 * 32) < f4(24):
        return 4
    return 2 if per_pixel * f4(16 * 16) < f4(24) else 1


@kernel
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


@kernel
def draw_shadows(image, width, horizon, pose, lens, centre_y, objects, kinds, sun, look):
    """What grows darkens the ground under itself, and casts a shadow away from the sun."""
    focal, mount, strength, density = lens[0], lens[3], look[SUN_STRENGTH], look[FOG_DENSITY]
    cos, sin = pose[2], pose[3]
    flat = math.sqrt(sun[0] * sun[0] + sun[1] * sun[1])
    slope = min(flat / max(sun[2], f4(0.01)), f4(2.6))
    away_z, away_l = -sun[0] / max(flat, f4(0.01)), -sun[1] / max(flat, f4(0.01))
    for i in range(objects.shape[0]):
        kind = i4(objects[i, 4])
        if kind < i4(0) or kinds[kind, 3] != LEAVES:
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


@kernel
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


@kernel
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


@kernel
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


@kernel
def draw_sprites(image, width, pose, lens, centre_y, objects, sprites, sun, look, palette, scratch):
    """Everything upright, far to near."""
    focal, centre_x, mount = lens[0], lens[1], lens[3]
    order, depths, paint = scratch.order, scratch.depths, scratch.paint
    count = find_sprites(objects, pose, centre_x / focal, sprites.spread, order, depths)
    for k in range(count):
        i, z = order[k], depths[k]
        kind = i4(objects[i, 4])
        dx, dy = objects[i, 0] - pose[0], objects[i, 1] - pose[1]
        scale = focal / z
        middle = centre_x - (pose[2] * dy - pose[3] * dx) * scale
        slot = FIRST_SPRITE + k
        scratch.slot_class[slot] = sprites.kinds[kind, 2]
        scratch.slot_instance[slot] = i + 1
        scratch.slot_depth[slot] = z
        tint = objects[i, 5]
        mix_paint(sprites.kinds[kind, 3], tint, sun, look, palette, paint)
        tall, broad = objects[i, 3] * scale, objects[i, 2] * sprites.spread[kind] * scale
        seen = haze_paint(paint, palette, transmittance(z * look[FOG_DENSITY]), fade_out(z))
        sprite, mirrored = pick_variant(sprites.kinds, kind, tint, i)
        if mirrored and sprites.kinds[kind, 3] == LEAVES:
            swap_rows(paint)  # what is lit from the right in the picture is lit from the left in its mirror image
        draw_sprite(
            image,
            width,
            sprites,
            sprite,
            mirrored,
            middle,
            centre_y + mount * scale,
            broad,
            tall,
            paint,
            seen,
            u4(slot) << u4(24),
        )


@kernel(inline="always")
def swap_rows(paint):
    """Exchange the first two materials."""
    for channel in range(3):
        paint[0, channel], paint[1, channel] = paint[1, channel], paint[0, channel]


@kernel(inline="always")
def fade_out(z):
    """Opacity of a far sprite, so that none pops up."""
    return clamp01((FADE_END - z) / (FADE_END - FADE_START))


@kernel
def pick_variant(kinds, kind, tint, i):
    """A sprite of this kind for object i and whether to mirror it. A sign points where its tint's sign says."""
    if kinds[kind, 3] == SIGN:
        return kinds[kind, 0], tint < ZERO
    if kinds[kind, 3] == POST:
        return kinds[kind, 0], False
    mixed = u4(u4(u4(i4((tint + TWO) * f4(65536))) ^ u4(i)) * u4(0x9E3779B1)) >> u4(16)
    return i4(kinds[kind, 0] + i4(u4(mixed >> u4(1)) % u4(kinds[kind, 1]))), (mixed & u4(1)) == u4(1)


@kernel
def mix_paint(materials, tint, sun, look, palette, paint):
    """Fill paint (4, 3) rows 0-2 with the colours of an object's three materials, before haze."""
    if materials == LEAVES:
        mix_leaves(tint, sun, look, palette, paint)
        return
    for channel in range(3):
        light = palette[MARKING, channel]
        for material in range(3):
            paint[material, channel] = FURNITURE[materials, material, channel] * light


@kernel
def mix_leaves(tint, sun, look, palette, paint):
    """Leaves lit from the right, from the left, and in shade. A tree against the sun is dark, one before it is bright."""
    strength = look[SUN_STRENGTH]
    behind = f4(0.55) - f4(0.30) * sun[0]
    even = f4(0.62) * (ONE - strength)
    right = even + strength * min(max(behind - f4(0.62) * sun[1], f4(0.10)), f4(1.08))
    left = even + strength * min(max(behind + f4(0.62) * sun[1], f4(0.10)), f4(1.08))
    share, bright = HALF + HALF * tint, f4(0.93) + f4(0.07) * tint
    for channel in range(3):
        leaf = mix(palette[FOLIAGE, channel], palette[OTHER_FOLIAGE, channel], share) * bright
        leaf = leaf * mix(ONE, palette[SUNLIGHT, channel] * f4(1 / 240), strength)
        shade = palette[FOLIAGE_SHADE, channel]
        paint[0, channel] = min(mix(shade, leaf, right), FULL)
        paint[1, channel] = min(mix(shade, leaf, left), FULL)
        paint[2, channel] = mix(shade, leaf, f4(0.14))


@kernel
def haze_paint(paint, palette, clear, opacity):
    """Dim the materials by haze and opacity, put the haze's share into paint[3]; returns the opacity in 256ths."""
    for channel in range(3):
        for material in range(3):
            paint[material, channel] *= clear * opacity
        paint[3, channel] = palette[HAZE, channel] * (ONE - clear) * opacity
    return u4(i4(f4(256) * opacity))


@kernel
def draw_sprite(image, width, sprites, sprite, mirrored, middle, foot, broad, tall, paint, seen, slot):
    """One sprite with its foot at row `foot` and its middle at column `middle`, broad x tall pixels.

    What would be smaller than the coarsest mip is drawn at that mip's size and as much fainter, so thin posts neither
    vanish nor flicker.
    """
    levels = sprites.levels[sprite]
    last = levels[levels.shape[0] - 1]
    if broad < f4(last[1]) or tall < f4(last[2]):
        opacity = min(broad / f4(last[1]), ONE) * min(tall / f4(last[2]), ONE)
        if opacity < f4(1 / 64):
            return
        broad, tall = max(broad, f4(last[1])), max(tall, f4(last[2]))
        seen = u4(i4(f4(i4(seen)) * opacity))
        for material in range(4):
            for channel in range(3):
                paint[material, channel] *= opacity
    level = 0
    while level + 1 < levels.shape[0] and levels[level, 1] >= broad * f4(1.4) and levels[level, 2] >= tall * f4(1.2):
        level += 1
    start, cols, texel_rows, first_row = levels[level, 0], levels[level, 1], levels[level, 2], levels[level, 3]
    across, down = f4(cols) / broad, f4(texel_rows) / tall
    left, top = middle - HALF * broad, foot - tall
    v0, v1 = (
        max(0, ceil_int(max(top, ZERO) - HALF)),
        min(image.shape[0], ceil_int(min(foot, f4(image.shape[0])) - HALF)),
    )
    for v in range(v0, v1):
        y = (f4(v) + HALF - top) * down - HALF
        y = min(max(y, ZERO), f4(texel_rows) - f4(1.001))
        row = i4(y)
        begin, end = sprites.extents[first_row + row, 0], sprites.extents[first_row + row, 1]
        if mirrored:
            begin, end = cols - end, cols - begin
        u0 = clamp_column(left + f4(begin) / across, width)
        u1 = clamp_column(left + f4(end) / across, width)
        if u0 >= u1:
            continue
        x, step = (f4(u0) + HALF - left) * across - HALF, across
        if mirrored:
            x, step = f4(cols - 1) - x, -step
        offset = start + row * cols
        upper, lower = sprites.texels[offset : offset + cols], sprites.texels[offset + cols : offset + 2 * cols]
        sprite_row(image[v, u0:u1], upper, lower, u4(i4((y - f4(row)) * f4(256))), x, step, paint, seen, slot)


@kernel
def sprite_row(out, upper, lower, fraction, x, step, paint, seen, slot):
    """Blend one row of a sprite, bilinear between two texel rows, `fraction` 256ths of the way to `lower`.

    Colours go two to a uint32 (red and blue), and sums of weight x colour stay under 2^16.
    """
    a_rb, a_g = pair(paint[0, 0], paint[0, 2]), u4(i4(paint[0, 1]))
    b_rb, b_g = pair(paint[1, 0], paint[1, 2]), u4(i4(paint[1, 1]))
    c_rb, c_g = pair(paint[2, 0], paint[2, 2]), u4(i4(paint[2, 1]))
    h_rb, h_g = pair(paint[3, 0], paint[3, 2]), u4(i4(paint[3, 1]))
    even = u4(0xFF00FF)
    rest = u4(256) - fraction
    limit = f4(upper.shape[0]) - f4(1.001)
    for u in range(out.shape[0]):
        position = min(max(x + step * f4(i4(u)), ZERO), limit)
        i = u4(i4(position))
        share = u4(i4((position - f4(i4(i))) * f4(256)))
        t, s = upper[i], lower[i]
        low_0 = u4(u4(u4((t & even) * rest) + u4((s & even) * fraction)) >> u4(8)) & even
        high_0 = u4(u4(u4((t >> u4(8)) & even) * rest) + u4(u4((s >> u4(8)) & even) * fraction))
        t, s = upper[u4(i + u4(1))], lower[u4(i + u4(1))]
        low_1 = u4(u4(u4((t & even) * rest) + u4((s & even) * fraction)) >> u4(8)) & even
        high_1 = u4(u4(u4((t >> u4(8)) & even) * rest) + u4(u4((s >> u4(8)) & even) * fraction))
        other = u4(256) - share
        low = u4(u4(u4(low_0 * other) + u4(low_1 * share)) >> u4(8)) & even
        high = (
            u4(u4(u4((u4(high_0 >> u4(8)) & even) * other) + u4((u4(high_1 >> u4(8)) & even) * share)) >> u4(8)) & even
        )
        w_a, w_c = low & u4(0xFFFF), low >> u4(16)
        w_b, coverage = high & u4(0xFFFF), high >> u4(16)
        p = out[u]
        keep = u4(256) - u4(u4(coverage * seen) >> u4(8))
        rb = u4(u4(a_rb * w_a) + u4(b_rb * w_b) + u4(c_rb * w_c) + u4(h_rb * coverage) + u4((p & even) * keep))
        g = u4(
            u4(a_g * w_a) + u4(b_g * w_b) + u4(c_g * w_c) + u4(h_g * coverage) + u4(u4((p >> u4(8)) & u4(255)) * keep)
        )
        owner = slot if keep <= u4(128) else u4(p & u4(0xFF000000))
        out[u] = u4(u4(u4(rb >> u4(8)) & even) | u4(g & u4(0xFF00)) | owner)


@kernel(inline="always")
def pair(red, blue):
    """Red and blue in the two halves of a uint32."""
    return u4(u4(i4(red)) | u4(u4(i4(blue)) << u4(16)))


# --- results ----------------------------------------------------------------------------------------------------------


@kernel
def write_rgb(image, width, out):
    """The colours of `image` into out (H, W, 3) uint8."""
    for v in range(image.shape[0]):
        row, line = image[v, :width], out[v].reshape(-1)
        for u in range(width):
            p = row[u]
            line[3 * u] = np.uint8(p & u4(255))
            line[3 * u + 1] = np.uint8((p >> u4(8)) & u4(255))
            line[3 * u + 2] = np.uint8((p >> u4(16)) & u4(255))


@kernel
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


@kernel
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
        draw_sky(image, horizon, focal, centre_y, sky_columns, heading, sun, look, palette, art.clouds, lattice)
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


@kernel
def aim_sun(look, yaw, sun):
    """The unit vector to the sun in camera axes: forward, left, up."""
    azimuth, elevation = look[SUN_AZIMUTH] - yaw, look[SUN_ELEVATION]
    sun[0] = math.cos(elevation) * math.cos(azimuth)
    sun[1] = math.cos(elevation) * math.sin(azimuth)
    sun[2] = math.sin(elevation)
