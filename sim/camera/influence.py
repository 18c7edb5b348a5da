"""Where one object can change a picture. The conventions are those of `sim.camera.kernels`.

The object is drawn by the kernels that draw everything, alone: what it covers, even faintly, differs from black or from
white ground; what it shades lacks light, what its lamps shine on has more; wet ground mirrors what lies above the
horizon.

A house has one influence more. What it helps to hide whole is not drawn at all, not even the soft edge of its foot,
which may reach a pixel that is not the house's.
"""

from sim.camera.billboards import draw_sprites
from sim.camera.culling import find_seen
from sim.camera.effects import gather_pools, mirrored_rows
from sim.camera.kernels import aim, grade, is_finite, sun_direction, turn
from sim.camera.kind_table import HOUSE
from sim.camera.meshes import draw_mesh, draw_meshes, find_hidden, find_meshes
from sim.camera.pixels import HALF, HEADLIGHTS, WETNESS, ZERO, f4, i4, kernel, u4
from sim.camera.shadows import draw_shadows
from sim.jit import lean_kernel
from sim.scene import KIND

BLACK, WHITE = u4(0), u4(0xFFFFFF)


@lean_kernel()
def mark_influence(objects, alone, without, poses, looks, lens, art, scratch, mask):
    """Set `mask` (B, H, W) where object `without` (B,) of each table, objects (B, M, columns), can change a picture.

    alone: the tables with no other object. Returns -1, or the first frame whose pose or look is impossible. poses (B, 3
    or 4), looks, lens, art, scratch: as `sim.camera.kernels.render`.
    """
    image = scratch.image
    for b in range(poses.shape[0]):
        look, things = looks[b], alone[b]
        if not (is_finite(poses[b]) and is_finite(look)):
            return b
        yaw = turn(poses[b])
        view = aim(poses[b], yaw, lens, mask.shape[2], mask.shape[1])
        sun = sun_direction(look, yaw)
        grade(look, scratch.palette)
        seen = scratch.seen[: find_seen(things, view, scratch.seen)]
        draw_shadows(image, view, things, seen, art.kinds, sun, look, scratch, -1)
        mark_shade(scratch.shade, view.horizon, mask[b])
        if look[HEADLIGHTS] > ZERO:
            gather_pools(scratch.shade, view, things, seen, art.kinds, -1)
            mark_shade(scratch.shade, view.horizon, mask[b])
        for paper in (BLACK, WHITE):
            image[:] = paper
            meshes = draw_meshes(image, view, things, seen, art, sun, look, scratch.palette, scratch, -1)
            draw_sprites(image, view, things, seen, art, sun, look, scratch.palette, scratch, meshes, -1)
            mark_painted(image, paper, mask[b])
        if without[b] >= 0 and art.kinds.rows[i4(things[without[b], KIND]), HOUSE] == 1:
            mark_revealed(image, view, objects[b], art, (sun, look, scratch.palette), scratch, without[b], mask[b])
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
def mark_revealed(image, view, objects, art, light, scratch, omitted, mask):
    """Where the feet of meshes are seen in part that are hidden whole only as long as the house `omitted` stands.

    image, view, art, scratch: as in `sim.camera.kernels`. objects: one world's. light: (sun, look, palette). mask: (H,
    W), set.
    """
    order, hidden, were_hidden = scratch.order, scratch.mesh.hidden, scratch.near_decals
    seen = scratch.seen[: find_seen(objects, view, scratch.seen)]
    count = find_meshes(objects, seen, view, art.models.ranges, art.kinds, order, scratch.depths)
    find_hidden(objects, view, art.kinds, order[:count], hidden, scratch.mesh, -1)
    for k in range(count):
        were_hidden[k] = hidden[k]
    find_hidden(objects, view, art.kinds, order[:count], hidden, scratch.mesh, omitted)
    for paper in (BLACK, WHITE):
        image[:] = paper
        scratch.inverse[:] = ZERO
        for k in range(count):
            if were_hidden[k] and not hidden[k] and order[k] != omitted:
                draw_mesh(image, view, objects[order[k]], order[k], i4(254 - 2 * k), art, light, scratch)
        if paper == BLACK:
            keep_colours(image, scratch.shade)
    mark_partly_painted(image, scratch.shade, view.horizon, mask)


@kernel()
def keep_colours(image, colours):
    """Red, green and blue of a picture as one number each: float32 has room for 24 bits."""
    for v in range(colours.shape[0]):
        for u in range(colours.shape[1]):
            colours[v, u] = f4(image[v, u] & WHITE)


@kernel()
def mark_partly_painted(image, on_black, horizon, mask):
    """Where the paper shines through what has been painted on white paper, and on black, and is not bare."""
    for v in range(horizon, mask.shape[0]):
        for u in range(mask.shape[1]):
            on_white = image[v, u] & WHITE
            mask[v, u] = mask[v, u] or (on_white != WHITE and f4(on_white) != on_black[v, u])


@kernel()
def mark_reflections(view, mask):
    """Below the horizon, where a row that the ground mirrors has been marked."""
    for v in range(view.horizon, mask.shape[0]):
        first, second, third, fourth = mirrored_rows(view, f4(v) + HALF - view.centre_y)
        for u in range(mask.shape[1]):
            mask[v, u] = mask[v, u] or mask[first, u] or mask[second, u] or mask[third, u] or mask[fourth, u]
