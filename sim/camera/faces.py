"""Convex faces with their own depth, drawn row by row. The conventions are those of `sim.camera.kernels`.

A face's plane gives 1/z as a linear function of column and row, so depth is exact and the nearer face wins pixel by
pixel. `inverse` (H, W) holds 1/z of the meshes drawn so far, 0 elsewhere. Only edges past which no face of the same
model faces the camera are soft, by the share of the pixel that they leave: elsewhere the background would show through
the seams. Meshes come far to near, so that soft edges lie on what is really behind them.

A face is drawn row by row: its colours into `ink` (width,), then what of it is not hidden on the picture.
"""

import math

from sim.camera.pixels import (
    FOG_DENSITY,
    HALF,
    HAZE,
    HAZE_LIMIT,
    HEADLIGHTS,
    ONE,
    STARS,
    TWO,
    ZERO,
    ceil_int,
    clamp01,
    f4,
    i4,
    kernel,
    mix,
    pack,
    transmittance,
    u4,
    unpack,
)
from sim.camera.walls import DARK_WINDOWS, wall_columns, wall_paints, wall_row, wall_table

NEAREST = f4(0.3)
"""Metres: faces are cut here."""

SLACK = f4(1e-4)
"""Share of its distance by which a face may lie behind another one and still be drawn over it: lamps lie on bumpers."""


@kernel()
def outline(mesh, corners, beyond, n, view):
    """A face cut at z = NEAREST, its edges on the screen into mesh.edges, which of them are soft into mesh.soft; fills
    mesh.bounds with its top and bottom row and its nearest and farthest z. Returns how many corners are left, 0 for a
    face beside the picture.

    edges: (n, 6), of each the unit normal that points inside and the constant: pixels inside of it; columns to a pixel
    inside, half as many where the edge is soft; the last is for `lay_row`.
    """
    for k in range(n):
        for axis in range(3):
            mesh.corners[0, k, axis] = mesh.points[corners[k], axis]
        mesh.soft[0, k] = beyond[k] < 0 or not mesh.facing[beyond[k]]
    n = clip_near(mesh.corners, mesh.soft, n)
    top, bottom, nearest, farthest = f4(1e9), f4(-1e9), f4(1e9), ZERO
    left, right = f4(1e9), f4(-1e9)
    for k in range(n):
        a, b = mesh.corners[1, k], mesh.corners[1, k + 1 if k + 1 < n else 0]
        ua, va = view.centre_x - view.focal * a[1] / a[0], view.centre_y - view.focal * a[2] / a[0]
        ub, vb = view.centre_x - view.focal * b[1] / b[0], view.centre_y - view.focal * b[2] / b[0]
        top, bottom, nearest, farthest = min(top, va), max(bottom, va), min(nearest, a[0]), max(farthest, a[0])
        left, right = min(left, ua), max(right, ua)
        du, dv = ub - ua, vb - va
        size = math.sqrt(du * du + dv * dv) + f4(1e-9)
        # counter-clockwise seen from outside, on a screen whose rows run downwards: inside lies to the left
        across = dv / size
        mesh.edges[k, 0], mesh.edges[k, 1] = across, -du / size
        mesh.edges[k, 2] = -(mesh.edges[k, 0] * ua + mesh.edges[k, 1] * va)
        mesh.edges[k, 3] = ONE / across if abs(across) > f4(1e-6) else ZERO
        mesh.edges[k, 4] = HALF * abs(mesh.edges[k, 3]) if mesh.soft[1, k] else ZERO
    mesh.bounds[0], mesh.bounds[1], mesh.bounds[2], mesh.bounds[3] = top, bottom, nearest, farthest
    return n if right > -ONE and left < f4(view.width + 1) and bottom > -ONE else 0


@kernel()
def clip_near(corners, soft, n):
    """Cut a face at z = NEAREST: corners[0] (n, 3) and its soft edges into corners[1], soft[1]; how many are left."""
    count = 0
    for k in range(n):
        a, b = corners[0, k], corners[0, k + 1 if k + 1 < n else 0]
        inside, next_inside = a[0] >= NEAREST, b[0] >= NEAREST
        if inside:
            for axis in range(3):
                corners[1, count, axis] = a[axis]
            soft[1, count] = soft[0, k]
            count += 1
        if inside != next_inside:
            share = (NEAREST - a[0]) / (b[0] - a[0])
            for axis in range(3):
                corners[1, count, axis] = mix(a[axis], b[axis], share)
            soft[1, count] = soft[0, k] if next_inside else False
            count += 1
    return count


@kernel()
def fill_flat(image, view, n, plane, slot, light, scratch):
    """A face whose colour changes only from row to row.

    image, view, scratch: as in `sim.camera.kernels`. n: corners, of scratch.mesh.edges. plane: (4,), see `plane_of`.
    slot: the face's. light: (sun, look, palette).
    """
    _, look, palette = light
    mesh, ink = scratch.mesh, scratch.mesh.ink
    top, bottom, nearest, farthest = mesh.bounds[0], mesh.bounds[1], mesh.bounds[2], mesh.bounds[3]
    clear = transmittance(min(HALF * (nearest + farthest), HAZE_LIMIT) * look[FOG_DENSITY])
    clear = ONE if look[HEADLIGHTS] > ZERO and slot & i4(1) else clear
    depth = depth_of(plane, view, mesh.bounds)
    for v in range(max(ceil_int(top - ONE), 0), min(ceil_int(bottom + ONE), image.shape[0])):
        span = row_span(mesh.edges, mesh.soft[1], n, f4(v) + HALF, view.width)
        if span[0] < span[3]:
            down = clamp01((f4(v) + HALF - top) / max(bottom - top, ONE))
            r = mix(palette[HAZE, 0], mix(mesh.colours[0, 0], mesh.colours[1, 0], down), clear)
            g = mix(palette[HAZE, 1], mix(mesh.colours[0, 1], mesh.colours[1, 1], down), clear)
            b = mix(palette[HAZE, 2], mix(mesh.colours[0, 2], mesh.colours[1, 2], down), clear)
            ink[span[0] : span[3]] = pack(r, g, b, slot)
            lay_row(image[v], scratch.inverse[v], mesh, n, span, depth, f4(v) + HALF)


@kernel()
def fill_wall(image, view, n, plane, slot, house, light, scratch):
    """A house's wall with its windows.

    house: a `HouseWall`; image, view, n, plane, slot, light, scratch: as `fill_flat`.
    """
    _, look, palette = light
    mesh = scratch.mesh
    first, last = view.width, 0
    rows = range(max(ceil_int(mesh.bounds[0] - ONE), 0), min(ceil_int(mesh.bounds[1] + ONE), image.shape[0]))
    for v in rows:
        span = row_span(mesh.edges, mesh.soft[1], n, f4(v) + HALF, view.width)
        mesh.spans[v, 0], mesh.spans[v, 1], mesh.spans[v, 2], mesh.spans[v, 3] = span
        if span[0] < span[3]:
            first, last = min(first, span[0]), max(last, span[3])
    if first >= last:
        return
    sizes = wall_columns(mesh.columns, first, last, view, plane, house, mesh.bounds, look)
    table, paints = wall_table(mesh.columns), wall_paints(mesh.colours, palette, house.row)
    depth = depth_of(plane, view, mesh.bounds)
    dark_share = DARK_WINDOWS if look[HEADLIGHTS] > ZERO or look[STARS] > ZERO else TWO
    for v in rows:
        span = (mesh.spans[v, 0], mesh.spans[v, 1], mesh.spans[v, 2], mesh.spans[v, 3])
        if span[0] < span[3]:
            above = view.centre_y - f4(v) - HALF
            wall_row(mesh.ink, table, span[0], span[3], above, view.mount, sizes, paints, slot, dark_share)
            lay_row(image[v], scratch.inverse[v], mesh, n, span, depth, f4(v) + HALF)


@kernel()
def row_span(edges, soft, n, y, width):
    """Columns of a face in the row whose middle is y: the first, the first whole one, one past the last whole one, one
    past the last. What lies between the first two or the last two is covered in part."""
    outer_left, outer_right = ZERO, f4(width)
    inner_left, inner_right = ZERO, f4(width)
    for k in range(n):
        rest = edges[k, 1] * y + edges[k, 2]
        x, half = -rest * edges[k, 3], edges[k, 4]
        if edges[k, 3] > ZERO:
            outer_left, inner_left = max(outer_left, x - half), max(inner_left, x + half)
        elif edges[k, 3] < ZERO:
            outer_right, inner_right = min(outer_right, x + half), min(inner_right, x - half)
        else:
            outer = HALF if soft[k] else ZERO
            outer_right = outer_right if rest >= -outer else -ONE
            inner_right = inner_right if rest >= outer else -ONE
    if outer_left >= outer_right:
        return 0, 0, 0, 0
    u0, u1 = ceil_int(outer_left - HALF), ceil_int(outer_right - HALF)
    if inner_left >= inner_right:
        return u0, u1, u1, u1
    s0 = ceil_int(inner_left - HALF)
    return u0, s0, max(ceil_int(inner_right - HALF), s0), u1


@kernel()
def depth_of(plane, view, bounds):
    """How a face's 1/z runs: in the picture's corner, its steps a column and a row, its least and its most."""
    near = ONE / plane[3]
    slope, fall = -plane[1] * near / view.focal, -plane[2] * near / view.focal
    start = plane[0] * near + slope * (HALF - view.centre_x) - fall * view.centre_y
    return start, slope, fall, ONE / bounds[3], ONE / bounds[2]


@kernel()
def lay_row(out, nearer, mesh, n, span, depth, y):
    """What of a face's row (colours in mesh.ink) nothing nearer hides, on the picture and into the depths `nearer`.

    depth: as `depth_of`. y: of the row's middle, in pixels. out: the row. n: corners. span: as `row_span`.
    """
    u0, s0, s1, u1 = span
    start, slope, fall, least, most = depth
    start = start + fall * y
    lay_whole(out[s0:s1], nearer[s0:s1], mesh.ink[s0:s1], start + slope * f4(s0), slope, least, most)
    if u0 < s0 or s1 < u1:
        for k in range(n):
            mesh.edges[k, 5] = mesh.edges[k, 1] * y + mesh.edges[k, 2]
    for begin, end in ((u0, s0), (s1, u1)):
        for u in range(begin, end):
            # off its own outline a plane runs on: hold the depth to that of the corners
            mine = min(max(start + slope * f4(u), least), most)
            if mine * (ONE + SLACK) >= nearer[u]:
                share = covered(mesh, n, f4(u) + HALF)
                lay_part(out, nearer, u, mesh.ink[u], share, mine)


@kernel()
def lay_part(out, nearer, u, ink, share, mine):
    """A pixel that a face covers in part; its 1/z is `mine`.

    out: the row; nearer: its 1/z; u: the column. ink: the face's pixel. share: of it that is covered.
    """
    if share > ZERO:
        r, g, b = unpack(out[u])
        mine_r, mine_g, mine_b = unpack(ink)
        owner = ink if share >= HALF else out[u]
        colour = pack(mix(r, mine_r, share), mix(g, mine_g, share), mix(b, mine_b, share), i4(0))
        out[u] = colour | u4(owner & u4(0xFF000000))
        nearer[u] = mine if share >= HALF else nearer[u]


@kernel()
def lay_whole(out, nearer, ink, start, slope, least, most):
    """The pixels that a face covers whole; its 1/z runs from `start` by `slope` a column.

    out: the row, nearer: its 1/z, ink: the face's pixels, (n,) each. least, most: bounds of the face's 1/z.
    """
    for u in range(out.shape[0]):
        mine = min(max(start + slope * f4(i4(u)), least), most)
        seen = mine * (ONE + SLACK) >= nearer[u]
        out[u] = ink[u] if seen else out[u]
        nearer[u] = mine if seen else nearer[u]


@kernel()
def covered(mesh, n, x):
    """Share that a face's soft edges leave of a pixel with its middle at x, in the row that edges[:, 5] are of."""
    share = ONE
    for k in range(n):
        if mesh.soft[1, k]:
            share = share - clamp01(HALF - (mesh.edges[k, 0] * x + mesh.edges[k, 5]))
    return share
