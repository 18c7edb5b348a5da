"""What only held-out themes show: headlamps, stars and moon; wet ground and rain; a ringed planet, glowing veins.

Each is a pass over a picture that is drawn already, run only where its scalar of the look is above 0, so it costs the
other looks one comparison a frame. All passes keep the slots: truth does not hang on weather or light. Names and
conventions are those of `sim.camera.kernels`.
"""

import math

import numpy as np

from sim.camera.kind_table import HEADLAMPS, LIGHT, STREET_LAMP
from sim.camera.pixels import (
    CLOUD_SIZE,
    FULL,
    HALF,
    HAZE,
    HEADLIGHTS,
    MACRO_SIZE,
    ONE,
    OTHER_FOLIAGE,
    PLANET,
    RAIN,
    ROAD_CLASS,
    STARS,
    SUN_AZIMUTH,
    SUNLIGHT,
    TWO,
    VEINS,
    WETNESS,
    ZENITH,
    ZERO,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    mix,
    pack,
    scramble,
    tiled,
    tint_pixel,
    u4,
    unpack,
)
from sim.camera.shadows import draw_ellipse
from sim.scene import KIND, LENGTH, YAW, X, Y

LAMPS_AT = f4(2.0)
"""Metres from the vehicle's reference point forward to its headlamps."""
REACH, RETRO_REACH = f4(42), f4(90)
"""Metres at which lit things, and reflectors that send the light straight back, have lost half their light."""
BEAM_SPREAD, BEAM_RISE = f4(1.10), f4(0.17)
"""Tangents to the side and up at which a headlamp's beam has lost half its light."""
POOL_RANGE = f4(70)
"""Metres to which others' lamps are seen to light the ground."""
POOL, POOL_LIGHT = (f4(8.5), f4(6.5)), f4(0.62)
"""Of a street lamp's light on the ground: half axes along and across the road in metres, and how bright it is."""
BEAM, BEAM_LIGHT = (f4(9.0), f4(2.6)), f4(0.55)
"""Of a vehicle's headlights on the ground before it: the same."""
LAMPLIGHT, MOONLIGHT = (f4(1.42), f4(1.34), f4(1.17)), (f4(0.80), f4(0.92), f4(1.20))
"""Shares of red, green and blue."""

MOON_RADIUS, MOON_GLOW = f4(0.030), f4(0.34)
"""Tangents; larger than the real one, as the eye remembers it."""

MOST_DROPS = 420
"""Streaks in the picture when `rain` is 1."""

PLANET_RADIUS = f4(0.15)
"""Tangent of the planet's angular radius."""
PLANET_FROM_SUN = f4(2.25)
"""Radians from the sun's azimuth to the planet's."""
PLANET_ELEVATION = f4(0.21)
"""Tangent of its middle's elevation."""
RING_INNER, RING_OUTER = f4(1.30), f4(2.25)
"""Radii of the planet's rings, in planet radii."""
RING_OPENING = f4(0.27)
"""Short over long axis of their ellipse."""
RING_TILT = f4(0.42)
"""Radians."""

ROAD_SIDE = f4(3.9)
"""Metres from the centre line to where veins of light end."""


# --- night ------------------------------------------------------------------------------------------------------------


@kernel()
def draw_stars(image, view, stars, look):
    """Stars as soft points. stars: (n, 4) unit vectors east, north, up, and a brightness in [0, 1]."""
    gain = FULL * look[STARS] * min(f4(0.22) + view.focal * f4(1 / 600), f4(1.6))
    limit = f4(view.width - 1)
    for i in range(stars.shape[0]):
        forward = view.cos * stars[i, 0] + view.sin * stars[i, 1]
        if forward < f4(0.2):
            continue
        left = view.cos * stars[i, 1] - view.sin * stars[i, 0]
        u = view.centre_x - view.focal * left / forward - HALF
        v = view.centre_y - view.focal * stars[i, 2] / forward - HALF
        if ZERO <= u < limit and ZERO <= v < f4(view.horizon - 1):
            draw_star(image, u, v, gain * stars[i, 3] * clamp01(stars[i, 2] * f4(7)))


@kernel()
def draw_star(image, u, v, light):
    """Add light to the four pixels about (u, v), counted from the first pixel's centre."""
    column, row = np.int64(u), np.int64(v)
    right, down = u - f4(column), v - f4(row)
    for y in range(2):
        for x in range(2):
            share = (right if x == 1 else ONE - right) * (down if y == 1 else ONE - down)
            red, green, blue = unpack(image[row + y, column + x])
            more = light * share
            slot = i4(image[row + y, column + x] >> u4(24))
            image[row + y, column + x] = pack(
                min(red + f4(0.92) * more, FULL), min(green + f4(0.96) * more, FULL), min(blue + more, FULL), slot
            )


@kernel()
def draw_moon(image, view, sun, clouds, look, palette):
    """The moon with its glow, where the look has its sun.

    image, view, sun, look, palette: as in `sim.camera.kernels`. clouds: the noise of its seas, of `Art`.
    """
    if sun[0] < f4(0.2):
        return
    u0, v0 = view.centre_x - view.focal * sun[1] / sun[0], view.centre_y - view.focal * sun[2] / sun[0]
    radius, glow = MOON_RADIUS * view.focal, MOON_GLOW * view.focal
    left, right = clamp_column(u0 - glow, view.width), clamp_column(u0 + glow, view.width)
    top, bottom = clamp_column(v0 - glow, view.horizon), clamp_column(v0 + glow, view.horizon)
    red, green, blue = palette[SUNLIGHT]
    for v in range(top, bottom):
        for u in range(left, right):
            x, y = (f4(u) + HALF - u0) / radius, (f4(v) + HALF - v0) / radius
            r = math.sqrt(x * x + y * y)
            halo = clamp01(ONE - r * (MOON_RADIUS / MOON_GLOW))
            disc = clamp01((ONE - r) * radius + HALF)
            sea = clamp01((tiled(clouds, x * f4(9) + f4(64), y * f4(9) + f4(64), CLOUD_SIZE - 1) - f4(0.5)) * f4(3))
            share = max(disc * (f4(0.98) - f4(0.2) * sea), f4(0.30) * halo * halo * halo)
            image[v, u] = tint_pixel(image[v, u], red, green, blue, share * look[STARS])


@kernel()
def gather_pools(pools, view, objects, seen, kinds, omitted):
    """The light of street lamps and of others' headlights on the ground, into pools (H, width), in [0, 1].

    objects: one world's. seen: their rows that may be in view. kinds: the `KindTable`. omitted: the row of an object
    to leave out, or -1.
    """
    pools[view.horizon :] = ZERO
    for i in seen:
        lamp = kinds.rows[i4(objects[i, KIND]), LIGHT]
        if i == omitted or (lamp != STREET_LAMP and lamp != HEADLAMPS):
            continue
        dx, dy = objects[i, X] - view.x, objects[i, Y] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        if z > POOL_RANGE:
            continue
        fade = clamp01((POOL_RANGE - z) * f4(0.05))
        cos, sin = f4(math.cos(objects[i, YAW])), f4(math.sin(objects[i, YAW]))
        axis = (view.cos * cos + view.sin * sin, view.cos * sin - view.sin * cos)
        if lamp == STREET_LAMP:
            draw_ellipse(pools, view, z, l, axis, POOL[0], POOL[1], POOL_LIGHT * fade)
        else:
            ahead = HALF * objects[i, LENGTH] + f4(0.9) * BEAM[0]
            draw_ellipse(
                pools, view, z + axis[0] * ahead, l + axis[1] * ahead, axis, BEAM[0], BEAM[1], BEAM_LIGHT * fade
            )


@kernel()
def light_with_headlamps(image, view, mount_forward, slot_depth, pools, look):
    """Let the ego's lamps, and the pools of others' light on the ground, light what the picture shows by day.

    slot_depth: (256,) metres for each slot; the first sixteen are filled here, row by row. image, view, look: as in
    `sim.camera.kernels`. mount_forward: metres from the car's reference point to the camera. pools: (H, width), see
    `gather_pools`.
    """
    strength, lamps = look[HEADLIGHTS], LAMPS_AT - mount_forward
    for v in range(image.shape[0]):
        slope = (view.centre_y - f4(v) - HALF) / view.focal
        slot_depth[:16] = f4(1e4) if v < view.horizon else -view.mount / slope
        slot_depth[0] = ZERO
        height = max(slope, ZERO) / BEAM_RISE
        upward = ONE / (ONE + height * height)
        headlamp_row(image[v, : view.width], view, lamps, upward, strength, slot_depth, pools[v], v >= view.horizon)


@kernel()
def headlamp_row(out, view, lamps, upward, strength, slot_depth, pool, ground):
    """Relight one row; upward: the beam's share at this row's elevation. The sky, of depth 0, shines by itself.

    What is nearly white by day, paint and reflectors, sends the light straight back: it shines much farther off. pool:
    others' light on the row, if it is `ground`. out: the row. view: as in `sim.camera.kernels`. lamps: metres from the
    camera to them. strength: of headlights and night, in [0, 1]. slot_depth: (256,) metres.
    """
    per_pixel, moon = ONE / view.focal, ONE - strength
    pooled = strength if ground else ZERO
    for u in range(out.shape[0]):
        r, g, b = unpack(out[u])
        z = slot_depth[out[u] >> u4(24)]
        away = max(z - lamps, f4(0.05))
        aside = (view.centre_x - f4(i4(u)) - HALF) * per_pixel * z / (away * BEAM_SPREAD)
        aside = aside * aside
        near, far = away / REACH, away / RETRO_REACH
        beam = strength * upward / (ONE + aside * aside)
        plain = (f4(0.7) + f4(0.3) * clamp01(away * f4(0.25))) / (ONE + near * near)
        white = clamp01((min(r, min(g, b)) - f4(130)) * f4(1 / 80))
        beam = beam * mix(plain, f4(1.05) / (ONE + far * far), white)
        beam = beam + (pooled * pool[u] if out[u] >> u4(24) < u4(16) else ZERO)
        red = r * (moon * MOONLIGHT[0] + beam * LAMPLIGHT[0])
        green = g * (moon * MOONLIGHT[1] + beam * LAMPLIGHT[1])
        blue = b * (moon * MOONLIGHT[2] + beam * LAMPLIGHT[2])
        sky = z == ZERO
        red, green, blue = (r if sky else red), (g if sky else green), (b if sky else blue)
        out[u] = pack(min(red, FULL), min(green, FULL), min(blue, FULL), i4(0)) | u4(out[u] & u4(0xFF000000))


# --- rain -------------------------------------------------------------------------------------------------------------


@kernel()
def draw_reflections(image, view, macro, origin, look):
    """Wet ground mirrors what stands above the horizon, smeared down the picture; more in puddles and at a flat angle.

    macro: the ground noise, where it is high water stands. origin: the world's grid's.
    """
    if view.horizon == 0:
        return
    eye_x, eye_y, middle = view.x - origin[0], view.y - origin[1], view.centre_x - HALF
    for v in range(view.horizon, image.shape[0]):
        below = f4(v) + HALF - view.centre_y
        per_pixel = view.mount / below
        depth = per_pixel * view.focal
        sine = below / math.sqrt(below * below + view.focal * view.focal)
        grazing = (ONE - sine) * (ONE - sine)
        mirror = look[WETNESS] * min(f4(0.06) + f4(0.94) * grazing * grazing, f4(0.62))
        dx, dy = view.sin * per_pixel, -view.cos * per_pixel
        x, y = eye_x + view.cos * depth - middle * dx, eye_y + view.sin * depth - middle * dy
        rows = mirrored_rows(view, below)
        place = (x + f4(MACRO_SIZE), y + f4(MACRO_SIZE), dx, dy)
        above = (image[rows[0]], image[rows[1]], image[rows[2]], image[rows[3]])
        mirror_row(image[v, : view.width], above, macro, place, mirror)


@kernel()
def mirrored_rows(view, below):
    """The four rows that wet ground mirrors, `below` pixels under the horizon."""
    smear = f4(0.7) + f4(0.11) * below
    return (
        mirrored_row(view, below - smear),
        mirrored_row(view, below),
        mirrored_row(view, below + smear),
        mirrored_row(view, below + TWO * smear),
    )


@kernel()
def mirrored_row(view, above):
    """The row `above` pixels over the horizon, within the sky."""
    return min(max(np.int64(view.centre_y - above), 0), max(view.horizon - 1, 0))


@kernel()
def mirror_row(out, above, macro, place, mirror):
    """Blend four mirrored rows over one ground row. place: x, y in cells of `macro`, and their steps."""
    x, y, dx, dy = place
    for u in range(out.shape[0]):
        step = f4(i4(u))
        water = tiled(macro, x + dx * step, y + dy * step, MACRO_SIZE - 1)
        puddle = f4(0.45) + f4(0.55) * clamp01((water - f4(0.48)) * f4(6))
        slot = i4(out[u] >> u4(24))
        share = mirror * puddle * (ONE if slot >= ROAD_CLASS else f4(0.3))
        share = share if slot < i4(5) else ZERO
        r, g, b = unpack(above[0][u])
        for tap in range(1, 4):
            more_r, more_g, more_b = unpack(above[tap][u])
            r, g, b = r + more_r, g + more_g, b + more_b
        out[u] = tint_pixel(out[u], r * f4(0.25), g * f4(0.25), b * f4(0.25), share)


@kernel()
def draw_rain(image, view, pose, look, palette):
    """Streaks of falling drops. They are hashed from the pose: the same state shows the same drops, and the least
    movement shows others."""
    seed = u4(np.int64(pose[0] * 65536) * 73856093 ^ np.int64(pose[1] * 65536) * 19349663)
    red, green, blue = palette[HAZE]
    red, green, blue = mix(red, FULL, f4(0.45)), mix(green, FULL, f4(0.45)), mix(blue, FULL, f4(0.45))
    height = image.shape[0]
    for i in range(np.int64(look[RAIN] * f4(MOST_DROPS))):
        first = scramble(u4(u4(seed + u4(i)) * u4(0x9E3779B1)))
        second = scramble(u4(first * u4(0x85EBCA77)) ^ u4(seed))
        third = scramble(u4(second * u4(0xC2B2AE3D)) ^ u4(i))
        u = f4(i4(first & u4(0xFFFF))) * f4(1 / 65536) * f4(view.width)
        v = (f4(i4(second & u4(0xFFFF))) * f4(1 / 65536) * f4(1.3) - f4(0.3)) * f4(height)
        near = f4(i4(third & u4(0xFFFF))) * f4(1 / 65536)
        near = near * near
        length = (f4(0.04) + f4(0.15) * near) * view.focal
        broad = (f4(0.0016) + f4(0.0030) * near) * view.focal
        slant = f4(0.30) * (u - view.centre_x) / view.focal - f4(0.06)
        draw_streak(image, view.width, u, v, length, broad, slant, (red, green, blue), f4(0.34) - f4(0.16) * near)


@kernel()
def draw_streak(image, width, u, v, length, broad, slant, colour, opacity):
    """One streak from (u, v) down, `broad` pixels wide, `slant` columns a row; it fades towards its ends.

    image: as in `sim.camera.kernels`; width: its columns that are shown. length: pixels. colour: red, green, blue.
    opacity: in its middle.
    """
    red, green, blue = colour
    half = HALF * max(broad, HALF)
    for row in range(clamp_column(v, image.shape[0]), clamp_column(v + length, image.shape[0])):
        along = (f4(row) + HALF - v) / length
        middle = u + slant * (along * length)
        share = opacity * min(f4(4) * along * (ONE - along), ONE)
        for column in range(clamp_column(middle - half - HALF, width), clamp_column(middle + half + HALF, width)):
            inside = min(f4(column) + ONE, middle + half) - max(f4(column), middle - half)
            image[row, column] = tint_pixel(image[row, column], red, green, blue, share * clamp01(inside))


# --- another world ----------------------------------------------------------------------------------------------------


@kernel()
def draw_planet(image, view, yaw, clouds, look, palette):
    """A giant planet with rings in the sky, by day: its dark side has the sky's colour.

    image, view, look, palette: as in `sim.camera.kernels`. yaw: the camera's. clouds: the noise of its belts, of `Art`.
    """
    azimuth = look[SUN_AZIMUTH] + PLANET_FROM_SUN - yaw
    forward, left = f4(math.cos(azimuth)), f4(math.sin(azimuth))
    if forward < f4(0.25):
        return
    u0, v0 = view.centre_x - view.focal * left / forward, view.centre_y - view.focal * PLANET_ELEVATION / forward
    radius = PLANET_RADIUS * view.focal / forward
    reach = RING_OUTER * radius + ONE
    c, s = f4(math.cos(RING_TILT)), f4(math.sin(RING_TILT))
    for v in range(clamp_column(v0 - reach, view.horizon), clamp_column(v0 + reach, view.horizon)):
        air = clamp01((view.centre_y - f4(v)) / view.focal * f4(5)) * look[PLANET]
        for u in range(clamp_column(u0 - reach, view.width), clamp_column(u0 + reach, view.width)):
            x, y = (f4(u) + HALF - u0) / radius, (v0 - f4(v) - HALF) / radius
            x, y = c * x + s * y, c * y - s * x
            image[v, u] = planet_pixel(image[v, u], x, y, radius, air, clouds, palette)


@kernel()
def planet_pixel(pixel, x, y, radius, air, clouds, palette):
    """Planet and rings over one pixel at (x, y) planet radii from the middle, rings along x.

    radius: pixels. air: the share of it that shows through the air. clouds, palette: as `draw_planet`.
    """
    r2 = x * x + y * y
    disc = clamp01((ONE - math.sqrt(r2)) * radius + HALF)
    towards = math.sqrt(max(ONE - r2, ZERO))
    lit = clamp01(f4(0.30) + f4(0.72) * x + f4(0.42) * y + f4(0.46) * towards)
    curved = (y + f4(0.10) * towards) * f4(17) + f4(96)
    belt = clamp01(f4(0.5) + f4(2.1) * (tiled(clouds, x * f4(1.6) + f4(70), curved, CLOUD_SIZE - 1) - HALF))
    ring = math.sqrt(x * x + y * y * (ONE / (RING_OPENING * RING_OPENING)))
    dust = clamp01(f4(0.35) + f4(1.7) * (tiled(clouds, f4(40), ring * f4(34) + f4(9), CLOUD_SIZE - 1) - f4(0.35)))
    dust = dust * clamp01((ring - RING_INNER) * f4(9)) * clamp01((RING_OUTER - ring) * f4(5))
    dust = dust * clamp01(abs(ring - f4(1.86)) * f4(22) - f4(0.6))
    shadow = disc * clamp01(ONE - abs(y - f4(0.13)) * f4(9)) * f4(0.5)
    red, green, blue = palette[SUNLIGHT]
    other_r, other_g = mix(palette[ZENITH, 0], red, f4(0.55)), mix(palette[ZENITH, 1], green, f4(0.55))
    other_b = mix(palette[ZENITH, 2], blue, f4(0.55))
    share = disc * lit * (ONE - shadow) * air
    pixel = tint_pixel(pixel, mix(other_r, red, belt), mix(other_g, green, belt), mix(other_b, blue, belt), share)
    behind = disc if y > ZERO else ZERO
    far_side = clamp01(f4(1.15) + f4(0.55) * x)
    return tint_pixel(pixel, red, green, blue, f4(0.78) * dust * (ONE - behind) * far_side * air)


@kernel()
def vein_row(out, lines, depth, clear, look, palette):
    """Veins of light in the ground of one row, along a contour of its noise, beside the road; lines: as `spread_nodes`.

    Far off a vein is thinner than a pixel: there it grows broad and faint instead of sparkling. out: the row. depth:
    metres. clear, look, palette: as in `sim.camera.kernels`.
    """
    d_line, noise_line = lines[0], lines[2]
    red, green, blue = palette[OTHER_FOLIAGE]
    width = f4(0.020) + f4(0.0035) * depth
    strength = look[VEINS] * clear * min(f4(0.055) / width, ONE)
    for u in range(out.shape[0]):
        vein = clamp01(ONE - abs(noise_line[u] - HALF) / width)
        halo = clamp01(ONE - abs(noise_line[u] - HALF) / (f4(4) * width))
        light = (f4(0.72) * vein * vein + f4(0.28) * halo * halo) * clamp01(abs(d_line[u]) - ROAD_SIDE)
        out[u] = tint_pixel(out[u], red, green, blue, strength * light)
