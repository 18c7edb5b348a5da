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
art: `sim.camera.art.Art`; scratch: `sim.camera.scratch.Scratch`.
"""

import math

import numpy as np

from sim.camera.billboards import FIRST_SPRITE, draw_sprites
from sim.camera.culling import find_seen
from sim.camera.effects import (
    draw_moon,
    draw_planet,
    draw_rain,
    draw_reflections,
    draw_stars,
    gather_pools,
    light_with_headlamps,
)
from sim.camera.ground import draw_ground
from sim.camera.meshes import draw_meshes
from sim.camera.pixels import (
    CONTRAST,
    EXPOSURE,
    FULL,
    HALF,
    HEADLIGHTS,
    N_COLOURS,
    ONE,
    PLANET,
    RAIN,
    STARS,
    SUN_AZIMUTH,
    SUN_ELEVATION,
    WETNESS,
    ZERO,
    View,
    ceil_int,
    f4,
    kernel,
    u4,
    u8,
)
from sim.camera.shadows import draw_shadows
from sim.camera.sky import draw_sky, draw_skyline, draw_sun
from sim.jit import lean_kernel

TRUTH_BLOCK = 8
"""Pixels of a row that are looked at together for objects; rows of an image are whole blocks long."""


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
def write_truth(image, view, scratch, meshes, segmentation, instance, depth):
    """Class, instance and depth of every pixel. meshes: how many have been drawn, which have the last slots.

    A block of ground and sky is its own class; only the others are looked up pixel by pixel. image, view, scratch: see
    above. segmentation, instance, depth: (H, W), filled; see `sim.camera.Frames`.
    """
    first_mesh = u4(256 - 2 * meshes)
    for v in range(image.shape[0]):
        row_depth = f4(np.inf) if v < view.horizon else view.focal * view.mount / (f4(v) + HALF - view.centre_y)
        row, classes, instances, depths = image[v], segmentation[v], instance[v], depth[v]
        write_ground_truth(row, row_depth, classes, instances, depths)
        for begin in range(0, view.width, TRUTH_BLOCK):
            end = min(begin + TRUTH_BLOCK, view.width)
            if has_objects(row, begin):
                for u in range(begin, end):
                    slot = row[u] >> u4(24)
                    if slot >= u4(FIRST_SPRITE):
                        classes[u], instances[u] = scratch.slot_class[slot], scratch.slot_instance[slot]
                        depths[u] = ONE / scratch.inverse[v, u] if slot >= first_mesh else scratch.slot_depth[slot]


@kernel()
def write_ground_truth(row, row_depth, classes, instances, depths):
    """One row as if there were no object in it."""
    for u in range(classes.shape[0]):
        classes[u], instances[u], depths[u] = np.uint8(row[u] >> u4(24)), np.uint16(0), row_depth


@kernel()
def has_objects(row, begin):
    """Whether any of TRUTH_BLOCK pixels shows an object."""
    slots = u4(0)
    for i in range(TRUTH_BLOCK):
        slots = u4(slots | row[u8(begin) + u8(i)])
    return slots >= u4(FIRST_SPRITE << 24)


@lean_kernel()
def render(
    grids, origins, laps, objects, decals, pavements, rows, tables, without, poses, looks, lens, azimuths, sky_columns,
    art, scratch, truth, rgb, segmentation, instance, depth,
):  # fmt: skip
    """Draw one frame for each row of `poses`; see `sim.camera.Camera.render`.

    lens: (focal, centre_x, centre_y, mount height, mount forward). truth: whether to fill the three truth arrays.
    Returns -1, or the first frame whose world, pose or look is impossible; those before it are drawn. grids, origins,
    laps, objects, decals, pavements: the arrays of `sim.scene.Scene`. rows, tables (B,): of each frame its world, and
    its row of `objects`. without (B,): the object to leave out, or -1. looks: (B, LOOK_SIZE). azimuths (W,),
    sky_columns: of `Lens`. art, scratch: `Art`, `Scratch`. rgb, segmentation, instance, depth: filled, see
    `sim.camera.Frames`.
    """
    image, palette, lines = scratch.image, scratch.palette, scratch.lines
    height, width = rgb.shape[1], rgb.shape[2]
    for b in range(poses.shape[0]):
        world, look = rows[b], looks[b]
        if not (0 <= world < grids.shape[0] and is_finite(poses[b]) and is_finite(look)):
            return b
        yaw = turn(poses[b])
        view = aim(poses[b], yaw, lens, width, height)
        sun = sun_direction(look, yaw)
        grade(look, palette)
        draw_sky(image, view, sky_columns, sun, look, palette, art.clouds, scratch.nodes[0], scratch.lattice)
        draw_sun(image, view, sun, look, palette)
        if look[STARS] > ZERO:
            draw_stars(image, view, art.stars, look)
            draw_moon(image, view, sun, art.clouds, look, palette)
        if look[PLANET] > ZERO:
            draw_planet(image, view, yaw, art.clouds, look, palette)
        draw_skyline(image, view, f4(yaw), azimuths, art.skyline, look, palette, lines[0], lines[1])
        draw_ground(image, view, grids[world], origins[world], f4(laps[world]), decals[world], pavements[world],
                    art.macro, look, palette, scratch)  # fmt: skip
        things = objects[tables[b]]
        seen = scratch.seen[: find_seen(things, view, scratch.seen)]
        draw_shadows(image, view, things, seen, art.kinds, sun, look, scratch, without[b])
        meshes = draw_meshes(image, view, things, seen, art, sun, look, palette, scratch, without[b])
        draw_sprites(image, view, things, seen, art, sun, look, palette, scratch, meshes, without[b])
        if look[WETNESS] > ZERO:
            draw_reflections(image, view, art.macro, origins[world], look)
        if look[HEADLIGHTS] > ZERO:
            gather_pools(scratch.shade, view, things, seen, art.kinds, without[b])
            light_with_headlamps(image, view, lens[4], scratch.slot_reach, scratch.shade, look)
        if look[RAIN] > ZERO:
            draw_rain(image, view, poses[b], look, palette)
        write_rgb(image, width, rgb[b])
        if truth:
            write_truth(image, view, scratch, meshes[0], segmentation[b], instance[b], depth[b])
    return -1


@kernel()
def is_finite(values):
    """Whether no value is infinite or NaN."""
    total = ZERO
    for value in values:
        total = total + f4(value) * ZERO
    return total == ZERO


@kernel()
def turn(pose):
    """A pose's yaw in [0, 2 pi)."""
    return pose[2] - 2 * math.pi * math.floor(pose[2] / (2 * math.pi))


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
