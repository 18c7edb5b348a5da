"""Low-poly vehicles and houses: convex faces with their own depth. The conventions are those of `sim.camera.kernels`.

A face's plane gives 1/z as a linear function of column and row, so depth is exact and the nearer face wins pixel by
pixel. `inverse` (H, W) holds 1/z of the meshes drawn so far, 0 elsewhere. Only edges past which no face of the same
model faces the camera are soft, by the share of the pixel that they leave: elsewhere the background would show through
the seams. Meshes come far to near, so that soft edges lie on what is really behind them.

A face is drawn row by row: its colours into `ink` (width,), then what of it is not hidden on the picture.
"""

import math

import numpy as np

from sim.camera.culling import FARTHEST, drop_farthest, insert_nearer
from sim.camera.kind_table import CLASS, HOUSE
from sim.camera.models import EAVES, HOUSES, MATERIALS
from sim.camera.pixels import (
    COVER,
    COVERED,
    FOG_DENSITY,
    FULL,
    HALF,
    HAZE,
    HAZE_LIMIT,
    HEADLIGHTS,
    MARKING,
    ONE,
    STARS,
    SUN_STRENGTH,
    SUNLIGHT,
    TWO,
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
    scramble,
    transmittance,
    u4,
    unpack,
)
from sim.camera.walls import DARK_WINDOWS, HouseWall, wall_columns, wall_paints, wall_row, wall_table
from sim.scene import HEIGHT, KIND, LAMPS, LENGTH, STATE, TINT, WIDTH, YAW, X, Y

NEAREST = f4(0.3)
"""Metres: faces are cut here."""

DETAIL, HOUSE_DETAIL, PLAIN_WALLS = f4(26), f4(36), f4(14)
"""Pixels of length, of height, below which a vehicle, a house is drawn from its plainer model; of height below which a
wall is of one colour, that of its bricks and its windows mixed."""
WINDOWS = f4(0.86)
"""What the windows leave of such a wall's brightness."""

ROOMY = f4(1.12)
"""What an object keeps within, in shares of its length and width: eaves and lamps stand out."""

TURN = f4(2 * math.pi)
"""Radians."""

SLACK = f4(1e-4)
"""Share of its distance by which a face may lie behind another one and still be drawn over it: lamps lie on bumpers."""

EAVES_OF, LOWEST_EAVES = np.array([*EAVES], np.float32), f4(min(EAVES))

BRAKES, BLINKS = i4(LAMPS.index("brake lights")), i4(LAMPS.index("indicators"))

MOST_MESHES = 64
"""Of one frame; the farthest are left out. They take slots from 255 downwards, two each: the upper one for what shines
by itself, so that no light of the ego's lamps is laid on it."""
MOST_POINTS = 384
"""Vertices, or faces, that one model may have."""

PAINT, GLASS, HEADLAMP, TAIL_LAMP, BRAKE_LIGHT, INDICATOR, WALL, ROOF = map(
    MATERIALS.index, ("paint", "glass", "headlamp", "tail lamp", "brake light", "indicator", "wall", "roof")
)

ALBEDO = np.array(
    [
        *([0.0, 0.0, 0.0], [0.13, 0.16, 0.19], [0.06, 0.06, 0.065], [0.46, 0.47, 0.49], [0.93, 0.95, 0.92]),
        *([0.34, 0.035, 0.03], [0.20, 0.03, 0.03], [0.86, 0.84, 0.74], [0.085, 0.085, 0.095], [0.82, 0.83, 0.81]),
        *([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.80, 0.78, 0.72], [0.46, 0.29, 0.22]),
        *([0.78, 0.40, 0.08], [0.70, 0.72, 0.74]),
    ],
    np.float32,
)
"""Colours of the materials in shares of white paint; those of paint, walls and roofs come from lists."""

PAINTS = np.array(
    [
        *([0.88, 0.89, 0.88], [0.55, 0.58, 0.61], [0.24, 0.26, 0.29], [0.09, 0.10, 0.12], [0.10, 0.19, 0.38]),
        *([0.18, 0.38, 0.52], [0.13, 0.27, 0.20], [0.58, 0.52, 0.40], [0.80, 0.66, 0.22], [0.36, 0.40, 0.42]),
    ],
    np.float32,
)
"""Sober, and none red: brake lights, red lights and the overlay are."""

WALLS = np.array(
    [
        *([0.80, 0.76, 0.66], [0.74, 0.62, 0.50], [0.60, 0.42, 0.33], [0.70, 0.70, 0.68], [0.84, 0.80, 0.74]),
        *([0.56, 0.55, 0.52], [0.78, 0.69, 0.52], [0.62, 0.66, 0.64]),
    ],
    np.float32,
)
ROOFS = np.array([[0.42, 0.24, 0.18], [0.30, 0.28, 0.28], [0.36, 0.29, 0.24], [0.24, 0.26, 0.30]], np.float32)

BRAKING_RED, TAIL_RED, LAMP_WHITE = (f4(255), f4(52), f4(40)), (f4(150), f4(22), f4(18)), (f4(255), f4(250), f4(228))
BLINKING = (f4(255), f4(168), f4(36))
"""Colours of lamps that are on: braking and blinking by day and night, the other two in the dark."""


# --- objects ----------------------------------------------------------------------------------------------------------


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
    kept; or -1.
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

    drawn: the object. slot: the lower of its two. light: (sun, look, palette). Returns the
    first row of the picture that it reaches and the one past the last.
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

    turn: of the wheels, in [0, 1).
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


# --- colours ----------------------------------------------------------------------------------------------------------


@kernel()
def shade_of(tint, shades):
    """Which of a list of colours a tint in [-1, 1] picks."""
    return i4((min(max(tint, -ONE), ONE) + ONE) * f4(0.4999) * f4(shades.shape[0]))


@kernel()
def albedo_of(material, tint, row):
    """A face's red, green and blue in shares of white paint."""
    if material == PAINT:
        k = shade_of(tint, PAINTS)
        return PAINTS[k, 0], PAINTS[k, 1], PAINTS[k, 2]
    if material == WALL:
        k = shade_of(tint, WALLS)
        return WALLS[k, 0], WALLS[k, 1], WALLS[k, 2]
    if material == ROOF:
        k = i4(scramble(u4(u4(row + 1) * u4(0x9E3779B1))) & u4(3))
        return ROOFS[k, 0], ROOFS[k, 1], ROOFS[k, 2]
    return ALBEDO[material, 0], ALBEDO[material, 1], ALBEDO[material, 2]


@kernel()
def face_colours(colours, albedo, material, plane, state, light):
    """Fill colours (2, 3), of the face's top row and of its bottom row, in this light; returns whether it shines."""
    sun, look, palette = light
    dark = look[HEADLIGHTS] > ZERO
    lamps = i4(state)
    if material == INDICATOR and lamps == BLINKS:
        colours[:, 0], colours[:, 1], colours[:, 2] = BLINKING
        return True
    brakes = lamps == BRAKES
    if (brakes and material in (TAIL_LAMP, BRAKE_LIGHT)) or (dark and material in (TAIL_LAMP, HEADLAMP)):
        shine = LAMP_WHITE if material == HEADLAMP else (BRAKING_RED if brakes else TAIL_RED)
        colours[:, 0], colours[:, 1], colours[:, 2] = shine[0], shine[1], shine[2]
        return True
    strength = look[SUN_STRENGTH]
    towards = max(plane[0] * sun[0] + plane[1] * sun[1] + plane[2] * sun[2], ZERO)
    ambient = (f4(0.62) + f4(0.20) * plane[2]) * (ONE - f4(0.22) * strength)
    gloss = f4(0.10) + f4(0.40) * clamp01(plane[2] + f4(0.3)) if material == GLASS else ZERO
    snow = f4(0.85) * min(look[COVERED] * f4(1.6), ONE) if material == ROOF else ZERO
    fall = f4(0.10) if material == PAINT and plane[2] < f4(0.6) else ZERO  # the road below a car is darker than the sky
    for channel in range(3):
        lit = ambient + f4(0.62) * strength * towards * palette[SUNLIGHT, channel] * f4(1 / 250)
        value = albedo[channel] * palette[MARKING, channel] * lit
        value = mix(value, palette[COVER, channel], snow)
        colours[0, channel] = min(mix(value, palette[ZENITH, channel], gloss) * (ONE + HALF * fall), FULL)
        colours[1, channel] = min(mix(value, palette[ZENITH, channel], f4(0.3) * gloss) * (ONE - fall), FULL)
    return False


# --- faces ------------------------------------------------------------------------------------------------------------


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
    """A face whose colour changes only from row to row."""
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
    """A house's wall with its windows."""
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

    depth: as `depth_of`. y: of the row's middle, in pixels.
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
    """A pixel that a face covers in part; its 1/z is `mine`."""
    if share > ZERO:
        r, g, b = unpack(out[u])
        mine_r, mine_g, mine_b = unpack(ink)
        owner = ink if share >= HALF else out[u]
        colour = pack(mix(r, mine_r, share), mix(g, mine_g, share), mix(b, mine_b, share), i4(0))
        out[u] = colour | u4(owner & u4(0xFF000000))
        nearer[u] = mine if share >= HALF else nearer[u]


@kernel()
def lay_whole(out, nearer, ink, start, slope, least, most):
    """The pixels that a face covers whole; its 1/z runs from `start` by `slope` a column."""
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
