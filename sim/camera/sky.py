"""Sky, sun, clouds and the skyline. The conventions are those of `sim.camera.kernels`."""

import math

from sim.camera.pixels import (
    BLOCK,
    CLOUD,
    CLOUD_COVER,
    CLOUD_SIZE,
    FAR_HILLS,
    FOG_DENSITY,
    FULL,
    HALF,
    HAZE,
    NEAR_HILLS,
    ONE,
    PROFILE_SIZE,
    SKY_CLASS,
    SUN_STRENGTH,
    SUNLIGHT,
    VEGETATION_CLASS,
    ZENITH,
    ZERO,
    ceil_int,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    mix,
    pack,
    tiled,
    tint_pixel,
    transmittance,
    u4,
    u8,
    unpack,
)
from sim.camera.simd import store_ramp

SKY_ROWS = 4
"""The sky's colours are computed on a lattice of BLOCK x SKY_ROWS pixels."""

NEAR_HILLS_AT, FAR_HILLS_AT = f4(320), f4(560)
"""Metres."""


@kernel()
def draw_sky(image, view, columns, sun, look, palette, clouds, nodes, lattice):
    """Sky above the horizon. columns: (n,) tangents to the left of the lattice's columns; nodes (3, n) and lattice (2,
    3, width) are scratch.

    image, view, sun, look, palette: as in `sim.camera.kernels`. clouds: noise, of `Art`.
    """
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
    """The sky's colour at one lattice row into nodes (3, n); `y` is the tangent of the row's elevation at mid-image.

    columns, clouds: as `draw_sky`. view, sun, look, palette: as in `sim.camera.kernels`.
    """
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
            store_ramp(rows[channel], u8(k) * u8(BLOCK), value, (nodes[channel, k + 1] - value) * f4(1 / BLOCK))


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
    """Two layers of hills and woods. profile: (2, PROFILE_SIZE) tangents of elevation; far, near: scratch rows.

    image, view, look, palette: as in `sim.camera.kernels`. yaw: the camera's; azimuths: (W,) of its columns, from its
    axis.
    """
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
    """Blend both layers over one sky row `y` pixels above the horizon.

    out: the row. far, near: heights of the layers, pixels above the horizon; far_clear, near_clear: the light of each
    that passes the haze. palette: as in `sim.camera.kernels`.
    """
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
