"""Upright sprites, blended over the picture from far to near. The conventions are those of `sim.camera.kernels`."""

import math

import numpy as np

from sim.camera.culling import drop_farthest, insert_nearer
from sim.camera.kind_table import (
    ANY,
    BOARD,
    CLASS,
    COLOUR_SET,
    CRISP,
    FACING,
    FIRST,
    FRONT,
    LEAF_MIX,
    LIGHT,
    NEEDLE_MIX,
    PAINTED,
    POINTED,
    SIGNAL,
    STREET_LAMP,
    VARIANTS,
)
from sim.camera.pixels import (
    FOG_DENSITY,
    FOLIAGE,
    FOLIAGE_SHADE,
    FULL,
    HALF,
    HAZE,
    HAZE_LIMIT,
    HEADLIGHTS,
    MARKING,
    NEEDLES,
    ONE,
    OTHER_FOLIAGE,
    SUN_STRENGTH,
    SUNLIGHT,
    TWO,
    ZERO,
    ceil_int,
    clamp01,
    clamp_column,
    f4,
    i4,
    kernel,
    mix,
    scramble,
    tint_pixel,
    transmittance,
    u4,
    u8,
)
from sim.kinds import TINTS
from sim.scene import HEIGHT, KIND, STATE, TINT, WIDTH, YAW, X, Y

NEAREST_SPRITE = f4(0.8)
"""Metres: nearer sprites are behind the lens."""
FADE_START, FADE_END = f4(200), f4(260)
"""Metres between which sprites fade out."""

PLAIN = f4(3.0)
"""Pixels of height at which what begins to show at `KindTable.least` is fully there, or at twice that."""

FIRST_SPRITE, MAX_SPRITES = 16, 240
"""A frame's sprites have the slots from FIRST_SPRITE to 255."""
LANES = u8(0x00FF00FF00FF00FF)
"""The four 16-bit lanes of a uint64 that hold a byte each."""

SHARPEST = f4(1.25)
"""Texels a pixel, at least, of what people have made and of people: bilinear, that is as sharp as a pixel's own box.
Leaves take about one. So people 20 m away keep 6 of the policy's pixels; blurred to one texel a pixel, fewer than 3."""

STRIDES = 8
"""Moments of a stride that people are painted in."""

SIGNAL_LAMPS = (2.5, 3.6, 4.7)
"""Metres from a traffic light's foot up to its green, amber and red lamp."""
LAMP_RADIUS = f4(0.5)
"""Metres."""
GLOW = f4(1.3)
"""Radii: how far the glow of a lamp that is on reaches over the housing."""

LAMP_ARM = 0.30
"""How far a street lamp's head hangs to the left of its pole, in shares of its picture's breadth."""
SODIUM = np.array([255, 214, 150], np.float32)
"""The colour of its light."""

SHINING = np.array([[60, 255, 140], [255, 190, 40], [255, 36, 28]], np.float32)
"""Colours of a lamp that is on, by day and night."""


@kernel()
def find_sprites(objects, seen, view, kinds, order, depths, most):
    """Indices of the upright ones of the objects `seen` into `order`, far to near; returns how many.

    view: the frame's `View`. kinds: the `KindTable`. order: their indices. depths: metres along the optical axis, in
    the same order. most: how many there may be at most; of more the farthest are left out.
    """
    widest = view.centre_x / view.focal
    count = 0
    for i in seen:
        dx, dy = objects[i, X] - view.x, objects[i, Y] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        kind = i4(objects[i, KIND])
        if kinds.spread[kind] == ZERO or z < NEAREST_SPRITE or z > FADE_END:
            continue
        if objects[i, HEIGHT] * view.focal < kinds.least[kind] * z:
            continue
        if abs(l) - objects[i, WIDTH] * kinds.spread[kind] > z * widest:
            continue
        count = insert_nearer(order, depths, count, i, z)
    return drop_farthest(order, depths, count, most)


@kernel()
def draw_sprites(image, view, objects, seen, art, sun, look, palette, scratch, meshes, omitted):
    """Everything upright, far to near; arguments as in `sim.camera.kernels`.

    objects: one world's. seen: their rows that may be in view. meshes: what `draw_meshes` returned: they may hide some
    of it. omitted: the row of an object to leave out, its slot kept; or -1. image, view, art, sun, look, palette,
    scratch: as in `sim.camera.kernels`.
    """
    sprites, kinds = art.sprites, art.kinds
    order, depths, paints = scratch.order, scratch.depths, scratch.paints
    mix_paints(kinds, sun, look, palette, paints)
    haze = lanes(palette[HAZE, 0], palette[HAZE, 1], palette[HAZE, 2])
    for k in range(find_sprites(objects, seen, view, kinds, order, depths, MAX_SPRITES - 2 * meshes[0])):
        i, z = order[k], depths[k]
        kind, slot = i4(objects[i, KIND]), FIRST_SPRITE + k
        row = kinds.rows[kind]
        scratch.slot_class[slot], scratch.slot_instance[slot], scratch.slot_depth[slot] = row[CLASS], i + 1, z
        scale = view.focal / z
        dx, dy, tint = objects[i, X] - view.x, objects[i, Y] - view.y, objects[i, TINT]
        middle = view.centre_x - (view.cos * dy - view.sin * dx) * scale
        foot = view.centre_y + view.mount * scale
        broad, tall = objects[i, WIDTH] * kinds.spread[kind] * scale, objects[i, HEIGHT] * scale
        variant, mirrored, foreshortened = pick_variant(row[VARIANTS], row[FACING], objects[i], (dx, dy), i)
        broad = broad * foreshortened
        lit = row[LIGHT] == SIGNAL and variant == 0
        glows = row[LIGHT] == STREET_LAMP and look[HEADLIGHTS] > ZERO
        scratch.slot_reach[slot] = ZERO if lit or glows else z
        levels = sprites.levels[row[FIRST] + variant]
        smallest = levels[levels.shape[0] - 1]
        # what would be smaller than its coarsest mip is drawn at that size and as much fainter: thin posts stay, steady
        shrunk = min(broad / f4(smallest[1]), ONE) * min(tall / f4(smallest[2]), ONE)
        opacity = shrunk * clamp01((FADE_END - z) / (FADE_END - FADE_START))
        least = kinds.least[kind]
        if least > ZERO:
            opacity = opacity * clamp01((tall - least) / (max(PLAIN, TWO * least) - least))
        opacity = (opacity - f4(0.08)) / f4(0.92)
        if opacity <= ZERO:
            continue
        share = u8(i4(f4(256) * opacity))
        clear = u8(i4(f4(256) * opacity * transmittance(min(z, HAZE_LIMIT) * look[FOG_DENSITY])))
        paint = paints[row[COLOUR_SET], i4((min(max(tint, -ONE), ONE) + ONE) * f4(HALF * (TINTS - 1)) + HALF)]
        a, b, c = dim(paint[0], clear), dim(paint[1], clear), dim(paint[2], clear)
        if mirrored and kinds.mixes[row[COLOUR_SET]] != PAINTED:
            a, b = b, a  # what the picture has lit from the right, its mirror image has lit from the left
        colours = (a, b, c, dim(haze, share - clear), share, u8(slot) << u8(24))
        broad, tall = max(broad, f4(smallest[1])), max(tall, f4(smallest[2]))
        if i != omitted:
            hidden = (meshes[1], meshes[2], scratch.inverse, ONE / z)
            draw_sprite(image, view.width, sprites, levels, mirrored, middle, foot, broad, tall, colours, hidden,
                        row[CRISP] == 1)  # fmt: skip
            if lit:
                phase = i4(objects[i, STATE])
                lamp = foot - f4(SIGNAL_LAMPS[phase]) * scale
                draw_lamp(image, view, SHINING[phase], middle, lamp, LAMP_RADIUS * scale, i4(slot))
            if glows:
                aside = f4(LAMP_ARM) * broad
                column = middle + (aside if mirrored else -aside)
                draw_lamp(image, view, SODIUM, column, foot - f4(0.962) * tall, f4(0.13) * scale, i4(slot))


@kernel()
def pick_variant(variants, facing, drawn, way, i):
    """A picture for object i, whether to mirror it, and its share of its breadth.

    variants, facing: as in `KindTable`; see `sim.kinds.Sprite`. way: to it from the camera, metres.
    """
    tint, yaw = drawn[TINT], drawn[YAW]
    if facing == POINTED:
        return i4(0), tint < ZERO, ONE
    if facing != ANY:
        size = math.sqrt(way[0] * way[0] + way[1] * way[1]) + f4(1e-6)
        cos, sin = f4(math.cos(yaw)), f4(math.sin(yaw))
        away, leftward = (cos * way[0] + sin * way[1]) / size, (sin * way[0] - cos * way[1]) / size
        if facing == FRONT:
            return (i4(0) if away < f4(0.2) else i4(1)), False, ONE
        if facing == BOARD:
            front = i4(f4(HALF) * (tint + ONE) * f4(0.999) * f4(variants - 1))
            return (front if away < ZERO else i4(variants - 1)), False, max(abs(away), f4(0.12))
        aspect = i4(2) if abs(away) < f4(0.72) else (i4(0) if away < ZERO else i4(1))
        poses = i4(variants // 3)
        strides = max(poses - i4(1), i4(1))
        standing = drawn[STATE] < ZERO or poses == i4(1)
        pose = i4(0) if standing else i4(1) + i4(drawn[STATE] * f4(strides)) % strides
        return i4(aspect * poses + pose), aspect == i4(2) and leftward < ZERO, ONE
    mixed = scramble(u4(u4(i4((tint + TWO) * f4(65536))) ^ u4(i)) * u4(0x9E3779B1))
    return i4(u4(mixed >> u4(1)) % u4(variants)), (mixed & u4(1)) == u4(1), ONE


@kernel()
def draw_lamp(image, view, colour, middle, row, radius, slot):
    """A lamp that is on shines by itself, where the picture shows what has this slot; in pixels.

    image, view: as in `sim.camera.kernels`. colour: its red, green, blue. middle, row: of its centre, and radius. slot:
    of what it is part of.
    """
    reach = GLOW * radius
    red, green, blue = colour
    for v in range(clamp_column(row - reach, image.shape[0]), clamp_column(row + reach + ONE, image.shape[0])):
        for u in range(clamp_column(middle - reach, view.width), clamp_column(middle + reach + ONE, view.width)):
            if i4(image[v, u] >> u4(24)) != slot:
                continue
            x, y = f4(u) + HALF - middle, f4(v) + HALF - row
            away = math.sqrt(x * x + y * y)
            core = clamp01(ONE - away / (radius + f4(1e-3))) * f4(0.45)
            glow = clamp01((reach - away) / (reach - radius + f4(1e-3)))
            share = max(clamp01(radius - away + HALF), f4(0.45) * glow * glow)
            image[v, u] = tint_pixel(
                image[v, u], mix(red, FULL, core), mix(green, FULL, core), mix(blue, FULL, core), share
            )


@kernel()
def mix_paints(kinds, sun, look, palette, paints):
    """Fill paints (sets, TINTS, 3), uint64 lanes: the colours of every set of materials in this light."""
    red, green, blue = palette[MARKING]
    for k in range(kinds.mixes.shape[0]):
        for tint in range(TINTS):
            share = f4(tint) / f4(TINTS - 1)
            if kinds.mixes[k] == LEAF_MIX:
                mix_leaves(FOLIAGE, OTHER_FOLIAGE, share, sun, look, palette, paints[k, tint])
            elif kinds.mixes[k] == NEEDLE_MIX:
                mix_leaves(NEEDLES, NEEDLES, share, sun, look, palette, paints[k, tint])
            else:
                for m in range(3):
                    share_r, share_g, share_b = kinds.colours[k, tint, m]
                    paints[k, tint, m] = lanes(share_r * red, share_g * green, share_b * blue)


@kernel()
def mix_leaves(colour, other, tint, sun, look, palette, paint):
    """Leaves lit from the right, from the left, and in shade. Trees against the sun are dark, those opposite bright.

    colour, other: indices into the palette. tint: share of the second. sun, look, palette: as in `sim.camera.kernels`.
    paint: (3,) uint64, filled.
    """
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


@kernel()
def leaf_colour(palette, colour, other, tint, strength, channel):
    """A sunlit leaf's colour; tint in [0, 1] goes from `colour` to `other` and from dark to light.

    palette: as in `sim.camera.kernels`. strength: of the sun, in [0, 1]. channel: 0 to 2.
    """
    leaf = mix(palette[colour, channel], palette[other, channel], tint) * (f4(0.88) + f4(0.14) * tint)
    return leaf * mix(ONE, palette[SUNLIGHT, channel] * f4(1 / 240), strength)


@kernel()
def lanes(red, green, blue):
    """A colour, its channels held to [0, 255], as red, blue, green in the 16-bit lanes of a uint64."""
    r, g, b = (
        u8(i4(min(max(red, ZERO), FULL))),
        u8(i4(min(max(green, ZERO), FULL))),
        u8(i4(min(max(blue, ZERO), FULL))),
    )
    return u8(r | u8(b << u8(16)) | u8(g << u8(32)))


@kernel()
def dim(colour, share):
    """Lane by lane, `share` 256ths of a colour."""
    return u8(u8(colour * share) >> u8(8)) & LANES


@kernel()
def draw_sprite(image, width, sprites, levels, mirrored, middle, foot, broad, tall, colours, hidden, crisp):
    """One sprite with its foot at row `foot` and its middle at column `middle`, broad x tall pixels.

    hidden: from which row to which meshes may be before it, their 1/z (H, W), and the sprite's own. crisp: whether it
    has SHARPEST texels a pixel at least. Texels have a border of one on every side, so a pixel's two or four neighbours
    always exist. Positions among texels are 48.16 fixed point. image: as in `sim.camera.kernels`; width: its columns
    that are shown. sprites, levels: `Sprites`, and this one's row of its levels. mirrored: left for right. colours: as
    `blend_texel`.
    """
    level = levels.shape[0] - 1
    per_column, per_row = (SHARPEST, SHARPEST) if crisp else (f4(0.7), f4(0.6))
    while level > 0 and (f4(levels[level, 1]) < broad * per_column or f4(levels[level, 2]) < tall * per_row):
        level -= 1
    start, cols, texel_rows, first_row = levels[level]
    stride = cols + 2
    step, down, per_texel = f4(cols) / broad, f4(texel_rows) / tall, broad / f4(cols)
    smooth = crisp or (level == 0 and down < f4(0.8)) or texel_rows <= 5
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
        source = (y, stride, start, smooth, x, x_step)
        if hidden[0] <= v < hidden[1]:
            draw_seen_runs(image[v], u0, u1, sprites.texels, source, colours, hidden[2][v], hidden[3])
        else:
            draw_run(image[v], u0, u1, sprites.texels, source, colours)
        y = y + y_step


@kernel()
def draw_run(out, u0, u1, texels, source, colours):
    """Blend columns u0 to u1 of a row; source: row among the texels, their stride and start, whether to interpolate
    between rows, the texel at u0 and the step.

    out: the row. u0, u1: columns. texels: of `Sprites`. colours: as `blend_texel`.
    """
    y, stride, start, smooth, x, x_step = source
    if smooth:
        row = (y + 32768) >> 16
        share = u8(((y + 32768) >> 8) & 255)
        smooth_sprite_row(out, u0, u1, texels, start + row * stride, stride, share, x, x_step, colours)
    else:
        sprite_row(out, u0, u1, texels, start + ((y >> 16) + 1) * stride, x, x_step, colours)


@kernel()
def draw_seen_runs(out, u0, u1, texels, source, colours, nearer, mine):
    """The runs of columns u0 to u1 before which no mesh stands: `nearer` (width,) is its 1/z, `mine` the sprite's.

    out, texels, source, colours: as `draw_run`.
    """
    y, stride, start, smooth, x, x_step = source
    u = u0
    while u < u1:
        while u < u1 and nearer[u] > mine:
            u += 1
        begin = u
        while u < u1 and nearer[u] <= mine:
            u += 1
        if begin < u:
            draw_run(out, begin, u, texels, (y, stride, start, smooth, x + (begin - u0) * x_step, x_step), colours)


@kernel()
def fixed(value):
    """A float as a 48.16 fixed-point number."""
    return np.int64(value * f4(65536))


@kernel()
def sprite_row(out, u0, u1, texels, offset, x, step, colours):
    """Blend one row of a shrunk sprite, linear between neighbours in the row of texels at `offset`.

    out: the row, from column u0 to u1. texels: of `Sprites`. x, step: the texel at u0 and the step, 48.16. colours: as
    `blend_texel`.
    """
    for u in range(u8(u0), u8(max(u0, u1))):
        i = u8(offset + (x >> 16))
        out[u] = blend_texel(out[u], mix_texels(texels[i], texels[u8(i + u8(1))], fraction(x)), colours)
        x = x + step


@kernel()
def smooth_sprite_row(out, u0, u1, texels, offset, stride, share, x, step, colours):
    """Blend one row of a magnified sprite, bilinear; `share` 256ths of the way to the next row of texels.

    stride: texels from a row to the next; the rest as `sprite_row`: out, u0, u1, texels, offset, x, step, colours.
    """
    for u in range(u8(u0), u8(max(u0, u1))):
        i = u8(offset + (x >> 16))
        j = u8(i + u8(stride))
        upper = mix_texels(texels[i], texels[u8(i + u8(1))], fraction(x))
        lower = mix_texels(texels[j], texels[u8(j + u8(1))], fraction(x))
        out[u] = blend_texel(out[u], mix_texels(upper, lower, share), colours)
        x = x + step


@kernel()
def fraction(x):
    """The fraction of a 48.16 number, in 256ths."""
    return u8((x >> 8) & 255)


@kernel()
def mix_texels(a, b, share):
    """Lane by lane from a to b, `share` 256ths of the way."""
    return u8(u8(u8(a * u8(u8(256) - share)) + u8(b * share)) >> u8(8)) & LANES


@kernel()
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
