"""Shadows on the ground. The conventions are those of `sim.camera.kernels`."""

import math

from sim.camera.billboards import CONIFER
from sim.camera.pixels import (
    FOG_DENSITY,
    HALF,
    ONE,
    SUN_STRENGTH,
    TWO,
    ZERO,
    ceil_int,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    pack,
    transmittance,
    u4,
    unpack,
)

SHADOW_RANGE = f4(110)
"""Metres."""


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
        if kind < i4(0) or kind >= kinds.shape[0] or kinds[kind, 3] > CONIFER:
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
