"""Where one object can change a picture. The conventions are those of `sim.camera.kernels`.

The object is drawn by the kernels that draw everything, alone: what it covers, even faintly, differs from black or from
white ground; what it shades lacks light; wet ground mirrors what lies above the horizon.
"""

from sim.camera.billboards import draw_sprites
from sim.camera.effects import mirrored_rows
from sim.camera.kernels import aim, grade, is_finite, sun_direction, turn
from sim.camera.meshes import draw_meshes
from sim.camera.pixels import HALF, WETNESS, ZERO, f4, kernel, u4
from sim.camera.shadows import draw_shadows

BLACK, WHITE = u4(0), u4(0xFFFFFF)


@kernel()
def mark_influence(objects, poses, looks, lens, art, scratch, mask):
    """Set `mask` (B, H, W) where the only object of each table (B, M, columns) can change a picture.

    Returns -1, or the first frame whose pose or look is impossible.
    """
    image = scratch.image
    for b in range(poses.shape[0]):
        look, things = looks[b], objects[b]
        if not (is_finite(poses[b]) and is_finite(look)):
            return b
        yaw = turn(poses[b])
        view = aim(poses[b], yaw, lens, mask.shape[2], mask.shape[1])
        sun = sun_direction(look, yaw)
        grade(look, scratch.palette)
        draw_shadows(image, view, things, art.sprites.kinds, sun, look, scratch, -1)
        mark_shade(scratch.shade, view.horizon, mask[b])
        for paper in (BLACK, WHITE):
            image[:] = paper
            meshes = draw_meshes(image, view, things, art.models, sun, look, scratch.palette, scratch, -1)
            draw_sprites(image, view, things, art.sprites, sun, look, scratch.palette, scratch, meshes, -1)
            mark_painted(image, paper, mask[b])
        if look[WETNESS] > ZERO:
            mark_reflections(view, mask[b])
    return -1


@kernel()
def mark_shade(shade, horizon, mask):
    """Where some light is lacking."""
    for v in range(horizon, mask.shape[0]):
        for u in range(mask.shape[1]):
            mask[v, u] = mask[v, u] or shade[v, u] > ZERO


@kernel()
def mark_painted(image, paper, mask):
    """Where something has been painted on the paper."""
    for v in range(mask.shape[0]):
        for u in range(mask.shape[1]):
            mask[v, u] = mask[v, u] or image[v, u] != paper


@kernel()
def mark_reflections(view, mask):
    """Below the horizon, where a row that the ground mirrors has been marked."""
    for v in range(view.horizon, mask.shape[0]):
        first, second, third, fourth = mirrored_rows(view, f4(v) + HALF - view.centre_y)
        for u in range(mask.shape[1]):
            mask[v, u] = mask[v, u] or mask[first, u] or mask[second, u] or mask[third, u] or mask[fourth, u]
