"""Shadows on the ground. The conventions are those of `sim.camera.kernels`."""

import math

from sim.camera.culling import LONGEST_SHADOW, SHADOW_RANGE
from sim.camera.kind_table import BOX, NO_SHADOW, SHADOW
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
from sim.scene import HEIGHT, KIND, LENGTH, WIDTH, YAW, X, Y

CONTACT = f4(0.12)
"""Metres that the dark under a car comes out beside it."""


@kernel()
def draw_shadows(image, view, objects, seen, kinds, sun, look, scratch, omitted):
    """Whatever stands darkens the ground under itself, and casts a shadow away from the sun.

    All shadows are gathered in `shade` (H, width) first, the share of light that each pixel lacks, and laid on the
    picture once: however many things cast it, a shadow leaves markings, asphalt and grass apart. seen: rows of the
    objects. kinds: the `KindTable`. omitted: the row of one that casts none, or -1. image, view, look, scratch: as in
    `sim.camera.kernels`. objects: one world's. sun: unit vector.
    """
    shade = scratch.shade
    first, last = image.shape[0], view.horizon
    shade[view.horizon :] = ZERO
    flat = max(math.sqrt(sun[0] * sun[0] + sun[1] * sun[1]), f4(0.01))
    slope = min(flat / max(sun[2], f4(0.01)), LONGEST_SHADOW)
    light = ((-sun[0] / flat, -sun[1] / flat), slope, look[SUN_STRENGTH], look[FOG_DENSITY])
    for i in seen:
        cast = kinds.rows[i4(objects[i, KIND]), SHADOW]
        if i == omitted or cast == NO_SHADOW:
            continue
        top, bottom = shade_object(shade, view, objects[i], cast, light, scratch)
        first, last = min(first, top), max(last, bottom)
    for v in range(first, last):
        darken_row(image[v, : view.width], shade[v])


@kernel()
def shade_object(shade, view, drawn, cast, light, scratch):
    """Gather one object's shadows; returns the first row that they reach and the one past the last.

    drawn: its row of the objects. cast: ROUND or BOX. light: the direction away from the sun (z, l), metres of shadow
    to a metre of height, the sun's strength, the fog. shade: (H, width). view, scratch: as in `sim.camera.kernels`.
    """
    axis, slope, strength, fog = light
    dx, dy = drawn[X] - view.x, drawn[Y] - view.y
    z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
    girth, reach = max(drawn[WIDTH], drawn[LENGTH]), slope * drawn[HEIGHT]
    span = reach + girth
    if (
        z > SHADOW_RANGE + drawn[LENGTH]
        or z + span < ONE
        or abs(l) - span > max(z + reach, ZERO) * view.centre_x / view.focal
    ):
        return shade.shape[0], view.horizon
    clear = transmittance(max(z, ZERO) * fog)
    if cast == BOX:
        return shade_box(shade, view, drawn, (z, l), axis, reach, strength, clear, scratch)
    top, bottom = draw_ellipse(shade, view, z, l, axis, f4(0.42) * girth, f4(0.42) * girth, f4(0.24) * clear)
    if strength > f4(0.1):
        far, length = f4(0.55) * reach, f4(0.45) * reach + f4(0.3) * girth
        darkness = f4(0.28) * strength * clear
        z, l = z + axis[0] * far, l + axis[1] * far
        again, end = draw_ellipse(shade, view, z, l, axis, length, HALF * girth, darkness)
        top, bottom = min(top, again), max(bottom, end)
    return top, bottom


@kernel()
def shade_box(shade, view, drawn, middle, axis, reach, strength, clear, scratch):
    """A box's shadows: a soft dark rim where it stands, and its outline drawn out along `axis` by `reach` metres.

    shade: (H, width). view, scratch: as in `sim.camera.kernels`. drawn: the object. middle: its (z, l). strength: of
    the sun; clear: the share of light that passes the haze.
    """
    corners = scratch.shadow_corners
    cos_yaw, sin_yaw = f4(math.cos(drawn[YAW])), f4(math.sin(drawn[YAW]))
    forward = (view.cos * cos_yaw + view.sin * sin_yaw, view.cos * sin_yaw - view.sin * cos_yaw)
    rectangle(corners, middle, forward, HALF * drawn[LENGTH] + CONTACT, HALF * drawn[WIDTH] + CONTACT)
    soft = min(f4(0.7), f4(0.3) * drawn[HEIGHT])
    top, bottom = shade_outline(shade, view, corners, 4, soft, f4(0.62) * clear, scratch.shadow_edges)
    if strength > f4(0.1):
        rectangle(corners, middle, forward, HALF * drawn[LENGTH], HALF * drawn[WIDTH])
        count = draw_out(corners, axis, reach)
        again, end = shade_outline(
            shade, view, corners, count, f4(0.35), f4(0.55) * strength * clear, scratch.shadow_edges
        )
        top, bottom = min(top, again), max(bottom, end)
    return top, bottom


@kernel()
def rectangle(corners, middle, forward, half_length, half_width):
    """Fill the first four corners (z, l), counter-clockwise from above."""
    for k in range(4):
        x = half_length if k in (0, 3) else -half_length
        y = half_width if k < 2 else -half_width
        corners[k, 0] = middle[0] + forward[0] * x - forward[1] * y
        corners[k, 1] = middle[1] + forward[1] * x + forward[0] * y


@kernel()
def draw_out(corners, axis, reach):
    """The outline of a rectangle (the first four corners) that is swept along `axis`: six corners, in place.

    A corner of which both sides face away from the sun moves along, one of which both face it stays, and the two
    between are there twice.
    """
    step_z, step_l = axis[0] * reach, axis[1] * reach
    ahead_0 = leads(corners, 0, axis)
    ahead_1, ahead_2, ahead_3 = leads(corners, 1, axis), leads(corners, 2, axis), leads(corners, 3, axis)
    ahead = (ahead_3, ahead_0, ahead_1, ahead_2, ahead_3)
    for k in range(4):
        corners[8 + k, 0], corners[8 + k, 1] = corners[k, 0], corners[k, 1]
    count = 0
    for k in range(4):
        before, after = ahead[k], ahead[k + 1]
        z, l = corners[8 + k, 0], corners[8 + k, 1]
        if not before or not after:
            first = before and not after
            corners[count, 0], corners[count, 1] = (z + step_z, l + step_l) if first else (z, l)
            count += 1
        if before and after:
            corners[count, 0], corners[count, 1] = z + step_z, l + step_l
            count += 1
        elif before != after:
            first = before and not after
            corners[count, 0], corners[count, 1] = (z, l) if first else (z + step_z, l + step_l)
            count += 1
    return count


@kernel()
def leads(corners, k, axis):
    """Whether the side from corner k to the next faces along `axis`."""
    j = (k + 1) % 4
    along_z, along_l = corners[j, 0] - corners[k, 0], corners[j, 1] - corners[k, 1]
    return along_l * axis[0] - along_z * axis[1] > ZERO


@kernel()
def shade_outline(shade, view, corners, count, soft, darkness, edges):
    """Shade a convex outline of ground, `count` corners (z, l) counter-clockwise, softened by `soft` metres.

    Returns its first row and the one past its last. shade: (H, width). view: as in `sim.camera.kernels`. darkness: in
    [0, 1]. edges: (8, 3), scratch: unit normals that point inside and the constant.
    """
    nearest, farthest = f4(1e9), ZERO
    for k in range(count):
        j = k + 1 if k + 1 < count else 0
        along_z, along_l = corners[j, 0] - corners[k, 0], corners[j, 1] - corners[k, 1]
        size = math.sqrt(along_z * along_z + along_l * along_l) + f4(1e-6)
        # counter-clockwise with z forward and l to the left: inside lies to the left of each side
        edges[k, 0], edges[k, 1] = -along_l / size, along_z / size
        edges[k, 2] = -(edges[k, 0] * corners[k, 0] + edges[k, 1] * corners[k, 1])
        nearest, farthest = min(nearest, corners[k, 0]), max(farthest, corners[k, 0])
    near, far = max(nearest - soft, HALF), farthest + soft
    top, bottom = ground_rows(view, near, far, shade.shape[0])
    for v in range(top, bottom):
        per_pixel = view.mount / (f4(v) + HALF - view.centre_y)
        z = per_pixel * view.focal
        sharp = ONE / max(soft, per_pixel)
        low, high = f4(-1e6), f4(1e6)  # the span of l in which anything is shaded
        low_whole, high_whole = low, high  # and in which all is
        for k in range(count):
            rest, soft_edge = edges[k, 0] * z + edges[k, 2], HALF / sharp
            if abs(edges[k, 1]) < f4(1e-6):
                low = low if rest + soft_edge > ZERO else f4(1e6)
                low_whole = low_whole if rest > soft_edge else f4(1e6)
            elif edges[k, 1] > ZERO:
                per_l = ONE / edges[k, 1]
                low, low_whole = max(low, -(rest + soft_edge) * per_l), max(low_whole, (soft_edge - rest) * per_l)
            else:
                per_l = ONE / edges[k, 1]
                high, high_whole = min(high, -(rest + soft_edge) * per_l), min(high_whole, (soft_edge - rest) * per_l)
        left = clamp_column(view.centre_x - high / per_pixel, view.width)
        right = clamp_column(view.centre_x - low / per_pixel, view.width)
        if low < high and left < right:
            first = min(max(clamp_column(view.centre_x - high_whole / per_pixel, view.width), left), right)
            last = min(max(clamp_column(view.centre_x - low_whole / per_pixel, view.width), first), right)
            row, start = shade[v], (view.centre_x - HALF) * per_pixel
            shade_outline_row(
                row[left:first], edges, count, z, start - f4(left) * per_pixel, per_pixel, sharp, darkness
            )
            shade_run(row[first:last], darkness)
            shade_outline_row(
                row[last:right], edges, count, z, start - f4(last) * per_pixel, per_pixel, sharp, darkness
            )
    return top, bottom


@kernel()
def shade_run(out, darkness):
    """Pixels that lie wholly in a shadow."""
    for u in range(out.shape[0]):
        out[u] = out[u] + darkness - out[u] * darkness


@kernel()
def shade_outline_row(out, edges, count, z, start, per_pixel, sharp, darkness):
    """Gather one row of an outline's shade; `start` is the first pixel's l.

    out: shade of some pixels. edges, count, darkness: as `shade_outline`. z: the row's depth, per_pixel: metres a
    pixel. sharp: 1 / metres of softening.
    """
    for u in range(out.shape[0]):
        l = start - per_pixel * f4(i4(u))
        inside = ONE
        for k in range(count):
            inside = min(inside, (edges[k, 0] * z + edges[k, 1] * l + edges[k, 2]) * sharp + HALF)
        inside = clamp01(inside)
        more = darkness * inside * inside * (f4(3) - TWO * inside)
        out[u] = out[u] + more - out[u] * more


@kernel()
def ground_rows(view, near, far, height):
    """The first row of the ground from `near` to `far` metres ahead and the one past its last; height: the picture's.

    Where there is none, an empty range that takes nothing from others: the last row is before the first.
    """
    if far <= near:
        return height, view.horizon
    level = view.mount * view.focal
    top = max(view.horizon, ceil_int(view.centre_y + level / far - HALF))
    return top, ceil_int(min(view.centre_y + level / near, f4(height)) - HALF)


@kernel()
def draw_ellipse(shade, view, z, l, axis, length, breadth, darkness):
    """Shade an ellipse of ground about (z, l): half axes `length` along the unit vector `axis`, `breadth` across.

    Returns its first row and the one past its last. shade: (H, width). view: as in `sim.camera.kernels`. darkness: in
    its middle, in [0, 1].
    """
    axis_z, axis_l = axis
    reach_z = math.sqrt(length * length * axis_z * axis_z + breadth * breadth * axis_l * axis_l)
    reach_l = math.sqrt(length * length * axis_l * axis_l + breadth * breadth * axis_z * axis_z)
    near, far = max(z - reach_z, HALF), z + reach_z
    # flatter than a row it would come and go as rows happen to meet it
    darkness = darkness * clamp01(f4(1.8) * view.mount * view.focal * (ONE / near - ONE / far) - f4(0.5))
    if darkness <= ZERO:
        return shade.shape[0], view.horizon
    top, bottom = ground_rows(view, near, far, shade.shape[0])
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
    """Gather one row of shade; (along, across) is the place in units of the half axes.

    out: shade of some pixels. along_step, across_step: from pixel to pixel. darkness: as `draw_ellipse`.
    """
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
