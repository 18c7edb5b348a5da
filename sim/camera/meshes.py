"""Low-poly vehicles and houses, from far to near: which are seen, and where their faces lie.

The conventions are those of `sim.camera.kernels`; `sim.camera.faces` draws a face.
"""

import math

import numpy as np

from sim.camera.culling import FARTHEST, drop_farthest, insert_nearer
from sim.camera.faces import NEAREST, fill_flat, fill_wall, outline
from sim.camera.kind_table import CLASS, HOUSE
from sim.camera.materials import WALL, albedo_of, face_colours
from sim.camera.models import EAVES, HOUSES
from sim.camera.pixels import (
    HALF,
    ONE,
    ZERO,
    ceil_int,
    clamp_column,
    f4,
    i4,
    kernel,
)
from sim.camera.walls import HouseWall
from sim.scene import HEIGHT, KIND, LENGTH, STATE, TINT, WIDTH, YAW, X, Y

DETAIL = f4(26)
"""Pixels of length below which a vehicle is drawn from its plainer model."""
HOUSE_DETAIL = f4(36)
"""Pixels of height below which a house is."""
PLAIN_WALLS = f4(14)
"""Pixels of height below which a wall is of one colour, that of its bricks and its windows mixed."""

WINDOWS = f4(0.86)
"""What the windows leave of such a wall's brightness."""

ROOMY = f4(1.12)
"""What an object keeps within, in shares of its length and width: eaves and lamps stand out."""

TURN = f4(2 * math.pi)
"""Radians."""

EAVES_OF, LOWEST_EAVES = np.array([*EAVES], np.float32), f4(min(EAVES))

MOST_MESHES = 64
"""Of one frame; the farthest are left out. They take slots from 255 downwards, two each: the upper one for what shines
by itself, so that no light of the ego's lamps is laid on it."""

MOST_POINTS = 384
"""Vertices, or faces, that one model may have."""


@kernel()
def find_meshes(objects, seen, view, ranges, kinds, order, depths):
    """Indices of those of the objects `seen` that have meshes into `order`, far to near; returns how many.

    view: the frame's. ranges: of the `Models`. kinds: the `KindTable`. depths: theirs, metres along the optical axis.
    """
    widest = view.centre_x / view.focal
    count = 0
    for i in seen:
        kind = i4(objects[i, KIND])
        if ranges[kind, 0, 3] == 0:
            continue
        dx, dy = objects[i, X] - view.x, objects[i, Y] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        if objects[i, HEIGHT] * view.focal < kinds.least[kind] * z:
            continue
        radius = f4(0.57) * math.sqrt(objects[i, WIDTH] * objects[i, WIDTH] + objects[i, LENGTH] * objects[i, LENGTH])
        if z + radius < NEAREST or z - radius > FARTHEST or abs(l) - radius * f4(1.4) > max(z + radius, ZERO) * widest:
            continue
        count = insert_nearer(order, depths, count, i, z)
    return drop_farthest(order, depths, count, MOST_MESHES)


@kernel()
def draw_meshes(image, view, objects, seen, art, sun, look, palette, scratch, omitted):
    """Vehicles and houses. Returns how many, and from where to where in the picture they reach, as rows.

    objects: one world's. seen: their rows that may be in view. omitted: the row of an object to leave out, its slots
    kept; or -1. image, view, art, sun, look, palette, scratch: as in `sim.camera.kernels`.
    """
    order, depths, hidden = scratch.order, scratch.depths, scratch.mesh.hidden
    count = find_meshes(objects, seen, view, art.models.ranges, art.kinds, order, depths)
    first, last = image.shape[0], 0
    if count:
        scratch.inverse[:] = ZERO
        find_hidden(objects, view, art.kinds, order[:count], hidden, scratch.mesh, omitted)
    for k in range(count):
        i, slot = order[k], i4(254 - 2 * k)
        for each in range(slot, slot + 2):
            scratch.slot_class[each] = art.kinds.rows[i4(objects[i, KIND]), CLASS]
            scratch.slot_instance[each] = i + 1
        scratch.slot_reach[slot], scratch.slot_reach[slot + 1] = max(depths[k], ONE), ZERO
        if i != omitted and not hidden[k]:
            top, bottom = draw_mesh(image, view, objects[i], i, slot, art, (sun, look, palette), scratch)
            first, last = min(first, top), max(last, bottom)
    return count, first, last


@kernel()
def find_hidden(objects, view, kinds, order, hidden, mesh, omitted):
    """Set hidden[k] for the meshes, far to near in `order`, that nearer houses hide whole: half of a street's are.

    kinds: the `KindTable`. order: rows of the objects. mesh: the `MeshScratch`. omitted: the row of a house that hides
    nothing, or -1.

    mesh.cover (2, W): of each column the highest row down from which a house covers it, and the depth of its walls.
    objects: one world's. view: as in `sim.camera.kernels`.
    """
    mesh.cover[0], mesh.cover[1] = f4(1e9), f4(1e9)
    for k in range(order.shape[0] - 1, -1, -1):
        drawn = objects[order[k]]
        frame = axes(drawn, view)
        left, right, top, nearest = screen_box(drawn, frame, view)
        first, last = clamp_column(left - HALF, view.width), clamp_column(right + ONE, view.width)
        hidden[k] = nearest > NEAREST
        for u in range(first, last):
            hidden[k] = hidden[k] and mesh.cover[0, u] < top - ONE and mesh.cover[1, u] < nearest
        if not hidden[k] and nearest > NEAREST and kinds.rows[i4(drawn[KIND]), HOUSE] == 1 and order[k] != omitted:
            cover_columns(mesh.cover, drawn, frame, view)


@kernel()
def screen_box(drawn, frame, view):
    """What an object keeps within: columns from, to, the top row, all in pixels, and the least depth in metres."""
    left, right, top, nearest = f4(1e9), f4(-1e9), f4(1e9), f4(1e9)
    for k in range(4):
        x = (HALF if k < 2 else -HALF) * ROOMY * drawn[LENGTH]
        y = (HALF if k in (0, 3) else -HALF) * ROOMY * drawn[WIDTH]
        z, l = frame[2] + frame[0] * x - frame[1] * y, frame[3] + frame[1] * x + frame[0] * y
        nearest = min(nearest, z)
        if z > NEAREST:
            u = view.centre_x - view.focal * l / z
            left, right = min(left, u), max(right, u)
            top = min(top, view.centre_y - view.focal * (drawn[HEIGHT] - view.mount) / z)
    return left, right, top, nearest


@kernel()
def cover_columns(cover, drawn, frame, view):
    """Add the columns that a house's walls cover whole. Of its four sides the farther of those that face the camera is
    where a column meets them."""
    left, right = f4(1e9), f4(-1e9)
    for k in range(4):
        x, y = (HALF if k < 2 else -HALF) * drawn[LENGTH], (HALF if k in (0, 3) else -HALF) * drawn[WIDTH]
        z, l = frame[2] + frame[0] * x - frame[1] * y, frame[3] + frame[1] * x + frame[0] * y
        left, right = min(left, view.centre_x - view.focal * l / z), max(right, view.centre_x - view.focal * l / z)
    ahead, aside = frame[2] * frame[0] + frame[3] * frame[1], frame[3] * frame[0] - frame[2] * frame[1]
    end, side = abs(ahead) - HALF * drawn[LENGTH], abs(aside) - HALF * drawn[WIDTH]
    tall = view.focal * (LOWEST_EAVES * drawn[HEIGHT] - view.mount)
    for u in range(clamp_column(left + ONE, view.width), clamp_column(right - HALF, view.width)):
        tangent = (view.centre_x - f4(u) - HALF) / view.focal
        along = (frame[0] + frame[1] * tangent) * (ONE if ahead > ZERO else -ONE)
        across = (frame[0] * tangent - frame[1]) * (ONE if aside > ZERO else -ONE)
        z = max(end / along if end > ZERO else ZERO, side / across if side > ZERO else ZERO)
        row = view.centre_y - tall / z + ONE
        if row < cover[0, u]:
            cover[0, u], cover[1, u] = row, z


@kernel()
def draw_mesh(image, view, drawn, row, slot, art, light, scratch):
    """One object, row `row` of its table: its vertices to camera axes, then every face that faces the camera.

    drawn: the object. slot: the lower of its two. light: (sun, look, palette). Returns the first row of the picture
    that it reaches and the one past the last. image, view, art, scratch: as in `sim.camera.kernels`.
    """
    mesh = scratch.mesh
    models, kind, tint, state = art.models, i4(drawn[KIND]), drawn[TINT], drawn[STATE]
    frame = axes(drawn, view)
    house = art.kinds.rows[kind, HOUSE] == 1
    which = choose_model(drawn, house, frame[2], view.focal)
    first_vertex, vertices, first_face, faces = models.ranges[kind, which]
    whole = slice(first_vertex, first_vertex + vertices)
    turn = drawn[STATE] - np.floor(drawn[STATE]) if not house and which == 0 else ZERO
    place_points(models.vertices[whole], models.hubs[whole], drawn, turn, frame, view.mount, mesh.points)
    for f in range(faces):
        face = first_face + f
        mesh.facing[f] = plane_of(mesh.points, models.corners[face], models.sides[face], mesh.planes[f]) > ZERO
    eaves = drawn[HEIGHT] * EAVES_OF[which // 2]
    plain = drawn[HEIGHT] * view.focal < PLAIN_WALLS * max(frame[2], ONE)
    first, last = image.shape[0], 0
    for f in range(faces):
        if not mesh.facing[f]:
            continue
        face = first_face + f
        n = outline(mesh, models.corners[face], models.beyond[face], models.sides[face], view)
        if n < 3:
            continue
        first = min(first, max(ceil_int(mesh.bounds[0] - ONE), 0))
        last = max(last, min(ceil_int(mesh.bounds[1] + ONE), image.shape[0]))
        material, plane = models.material[face], mesh.planes[f]
        albedo = albedo_of(material, tint, row)
        if material == WALL and plain:
            albedo = albedo[0] * WINDOWS, albedo[1] * WINDOWS, albedo[2] * WINDOWS
        shining = face_colours(mesh.colours, albedo, material, plane, state, light)
        if material == WALL and not plain:
            walls = HouseWall(frame[0], frame[1], frame[2], frame[3], drawn[LENGTH], drawn[WIDTH], eaves, row)
            fill_wall(image, view, n, plane, slot, walls, light, scratch)
        else:
            fill_flat(image, view, n, plane, slot + i4(shining), light, scratch)
    return first, last


@kernel()
def axes(drawn, view):
    """Where an object's axes lie in the camera's: (forward's z, forward's l, the middle's z, its l)."""
    dx, dy = drawn[X] - view.x, drawn[Y] - view.y
    cos, sin = f4(math.cos(drawn[YAW])), f4(math.sin(drawn[YAW]))
    forward_z, forward_l = view.cos * cos + view.sin * sin, view.cos * sin - view.sin * cos
    return forward_z, forward_l, view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx


@kernel()
def choose_model(drawn, house, z, focal):
    """Which of its kind's models shows an object: a house's style hangs on its tint, detail on its size."""
    if house:
        style = i4((drawn[TINT] * f4(37) - np.floor(drawn[TINT] * f4(37))) * f4(len(HOUSES)))
        return 2 * style + (0 if drawn[HEIGHT] * focal > HOUSE_DETAIL * max(z, ONE) else 1)
    return 0 if drawn[LENGTH] * focal > DETAIL * max(z, ONE) else 1


@kernel()
def place_points(vertices, hubs, drawn, turn, frame, mount, points):
    """A model's vertices at an object's place and size, as (z forward, l left, h up) from the camera.

    turn: of the wheels, in [0, 1). vertices, hubs: of `Models`. drawn: the object. frame: as `axes`. mount: the
    camera's height, metres. points: (P, 3), filled.
    """
    forward_z, forward_l, z, l = frame
    cos, sin = f4(math.cos(turn * TURN)), f4(math.sin(turn * TURN))
    for v in range(vertices.shape[0]):
        x, y, height = vertices[v, 0] * drawn[LENGTH], vertices[v, 1] * drawn[WIDTH], vertices[v, 2] * drawn[HEIGHT]
        if turn > ZERO and hubs[v, 2] > ZERO:
            ahead, up = x - hubs[v, 0] * drawn[LENGTH], height - hubs[v, 1] * drawn[HEIGHT]
            x, height = x + ahead * (cos - ONE) + up * sin, height + up * (cos - ONE) - ahead * sin
        points[v, 0] = z + forward_z * x - forward_l * y
        points[v, 1] = l + forward_l * x + forward_z * y
        points[v, 2] = height - mount


@kernel()
def plane_of(points, corners, n, plane):
    """Fill plane (4,): the outward unit normal (z, l, h) and its product with a point of the face; returns how much the
    face faces the camera, which is at the origin. The normal is Newell's, the mean one of a face that is slightly bent.
    """
    nz, nl, nh = ZERO, ZERO, ZERO
    mz, ml, mh = ZERO, ZERO, ZERO
    for k in range(n):
        a, b = points[corners[k]], points[corners[k + 1 if k + 1 < n else 0]]
        nz += (a[1] - b[1]) * (a[2] + b[2])
        nl += (a[2] - b[2]) * (a[0] + b[0])
        nh += (a[0] - b[0]) * (a[1] + b[1])
        mz, ml, mh = mz + a[0], ml + a[1], mh + a[2]
    size = math.sqrt(nz * nz + nl * nl + nh * nh) + f4(1e-12)
    plane[0], plane[1], plane[2] = nz / size, nl / size, nh / size
    plane[3] = (plane[0] * mz + plane[1] * ml + plane[2] * mh) / f4(n)
    return -plane[3]
