"""Low-poly vehicles and houses: convex faces with their own depth. The conventions are those of `sim.camera.kernels`.

A face's plane gives 1/z as a linear function of column and row, so the depth is exact and the nearer face wins pixel by
pixel. `inverse` (H, W) holds 1/z of what meshes have been drawn, 0 elsewhere. Only edges past which no face of the same
model faces the camera are softened, by the share of the pixel that they cover: elsewhere the background would show
through the seams. Meshes come far to near, so that soft edges lie on what is really behind them.
"""

import math

import numpy as np

from sim.camera.models import MATERIALS
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
    ZENITH,
    ZERO,
    ceil_int,
    clamp01,
    drop_farthest,
    f4,
    i4,
    insert_nearer,
    kernel,
    mix,
    pack,
    scramble,
    transmittance,
    u4,
    unpack,
)
from sim.scene import CLASSES, OBJECT_KINDS

NEAREST, FARTHEST = f4(0.3), f4(300)
"""Metres: faces are cut at the first, objects beyond the second are left out."""

DETAIL = f4(26)
"""Pixels of length below which a vehicle is drawn from its plainer model."""

BUILDING = i4(OBJECT_KINDS.index("building"))
BUILDING_CLASS, VEHICLE_CLASS = i4(CLASSES.index("building")), i4(CLASSES.index("vehicle"))
MOST_MESHES = 64
"""Of one frame; the farthest are left out. They take slots from 255 downwards, two each: the upper one for what shines
by itself, so that no light of a car's lamps is laid on it."""

(PAINT, GLASS, TYRE, RIM, HEADLAMP, TAIL_LAMP, BRAKE_LIGHT, PLATE, TRIM, CARGO, WALL, GABLE, ROOF, PARAPET) = range(14)
assert MATERIALS[WALL] == "wall"
assert MATERIALS[PARAPET] == "parapet"

ALBEDO = np.array(
    [
        *([0.0, 0.0, 0.0], [0.13, 0.16, 0.19], [0.06, 0.06, 0.065], [0.42, 0.43, 0.45], [0.93, 0.95, 0.92]),
        *([0.34, 0.035, 0.03], [0.20, 0.03, 0.03], [0.86, 0.84, 0.74], [0.09, 0.09, 0.10], [0.82, 0.83, 0.81]),
    ],
    np.float32,
)
"""Colours of the first materials in shares of white paint; paint itself, walls and roofs come from lists."""

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

BRAKING_RED = (f4(255), f4(52), f4(40))
LIT_WINDOW = (f4(255), f4(214), f4(140))
EAVES = np.array([0.93, 0.74], np.float32)
"""The height of the walls under a flat roof and a gabled one, in shares of the house's."""

FLOOR, BAY = f4(3.1), f4(2.9)
"""Metres from one window to the next, up and along."""


@kernel()
def find_meshes(objects, view, ranges, order, depths):
    """Indices of the objects with meshes in view into `order`, far to near; their depths into `depths`; how many."""
    widest = view.centre_x / view.focal
    count = 0
    for i in range(objects.shape[0]):
        kind = i4(objects[i, 4])
        if kind < i4(0) or ranges[kind, 0, 3] == 0:
            continue
        dx, dy = objects[i, 0] - view.x, objects[i, 1] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        radius = f4(0.55) * math.sqrt(objects[i, 2] * objects[i, 2] + objects[i, 7] * objects[i, 7])
        if z + radius < NEAREST or z - radius > FARTHEST or abs(l) - radius * f4(1.4) > max(z + radius, ZERO) * widest:
            continue
        count = insert_nearer(order, depths, count, i, z)
    return drop_farthest(order, depths, count, MOST_MESHES)


@kernel()
def draw_meshes(image, view, objects, models, sun, look, palette, scratch, omitted):
    """Vehicles and houses; returns how many. omitted: the row of an object to leave out, its slot kept; or -1."""
    order, depths, inverse = scratch.order, scratch.depths, scratch.inverse
    count = find_meshes(objects, view, models.ranges, order, depths)
    if count:
        inverse[:] = ZERO
    for k in range(count):
        i, slot = order[k], i4(254 - 2 * k)
        kind = i4(objects[i, 4])
        for each in range(slot, slot + 2):
            scratch.slot_class[each] = BUILDING_CLASS if kind == BUILDING else VEHICLE_CLASS
            scratch.slot_instance[each] = i + 1
        scratch.slot_reach[slot], scratch.slot_reach[slot + 1] = max(depths[k], ONE), ZERO
        if i != omitted:
            draw_mesh(image, view, objects[i], models, (slot, i), sun, look, palette, scratch)
    return count


@kernel()
def choose_model(drawn, kind, tint, z, focal):
    """0 or 1: a vehicle's near or far model; a house's kind of roof."""
    if kind == BUILDING:
        return 0 if (tint * f4(37) - np.floor(tint * f4(37))) < f4(0.45) else 1
    return 0 if drawn[7] * focal > DETAIL * max(z, ONE) else 1


@kernel()
def draw_mesh(image, view, drawn, models, identity, sun, look, palette, scratch):
    """One object: its vertices to camera axes, then every face that faces the camera."""
    slot, row = identity
    points, facing, corners = scratch.mesh_points, scratch.mesh_facing, scratch.mesh_corners
    kind, tint = i4(drawn[4]), drawn[5]
    dx, dy = drawn[0] - view.x, drawn[1] - view.y
    z0, l0 = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
    cos_yaw, sin_yaw = f4(math.cos(drawn[6])), f4(math.sin(drawn[6]))
    forward_z, forward_l = view.cos * cos_yaw + view.sin * sin_yaw, view.cos * sin_yaw - view.sin * cos_yaw
    which = choose_model(drawn, kind, tint, z0, view.focal)
    first_vertex, vertices, first_face, faces = models.ranges[kind, which]
    for v in range(vertices):
        x = models.vertices[first_vertex + v, 0] * drawn[7]
        y = models.vertices[first_vertex + v, 1] * drawn[2]
        points[v, 0] = z0 + forward_z * x - forward_l * y
        points[v, 1] = l0 + forward_l * x + forward_z * y
        points[v, 2] = models.vertices[first_vertex + v, 2] * drawn[3] - view.mount
    for f in range(faces):
        face = first_face + f
        facing[f] = plane_of(points, models.corners[face], models.sides[face], scratch.mesh_planes[f]) > ZERO
    house = (forward_z, forward_l, z0, l0, drawn[3] * EAVES[which])
    for f in range(faces):
        if not facing[f]:
            continue
        face = first_face + f
        n = models.sides[face]
        for k in range(n):
            beyond = models.beyond[face, k]
            for axis in range(3):
                corners[0, k, axis] = points[models.corners[face, k], axis]
            scratch.mesh_soft[0, k] = beyond < 0 or not facing[beyond]
        n = clip_near(corners, scratch.mesh_soft, n)
        if n < 3:
            continue
        plane = scratch.mesh_planes[f]
        material = models.material[face]
        light = face_light(plane, sun, look)
        if material in (WALL, GABLE):
            colour = WALLS[i4((tint + ONE) * f4(0.499 * len(WALLS)))]
        elif material in (ROOF, PARAPET):
            colour = ROOFS[(row * 7 + which) % len(ROOFS)] if material == ROOF else WALLS[4]
        elif material == PAINT:
            colour = PAINTS[i4((tint + ONE) * f4(0.499 * len(PAINTS)))]
        else:
            colour = ALBEDO[material]
        paint = lit_colour(colour, material, light, plane, drawn[8], look, palette)
        fill_face(image, scratch.inverse, view, corners[1], scratch.mesh_soft[1], scratch.mesh_edges, n, plane, slot,
                  paint, material, drawn, row, house, look, palette)  # fmt: skip


@kernel()
def plane_of(points, corners, n, plane):
    """Fill plane (4,): the outward unit normal (z, l, h) and its product with a point of the face; returns how much the
    face faces the camera, which is at the origin. The normal is Newell's, the mean one of a face that is
    slightly bent."""
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


@kernel()
def clip_near(corners, soft, n):
    """Cut a face at z = NEAREST: corners[0] (n, 3) and its soft edges into corners[1], soft[1]; how many are left."""
    count = 0
    for k in range(n):
        j = k + 1 if k + 1 < n else 0
        a, b = corners[0, k], corners[0, j]
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
def face_light(plane, sun, look):
    """Light on a face: the sky's from above, some from the ground, the sun's where it shines on it."""
    strength = look[SUN_STRENGTH]
    towards = max(plane[0] * sun[0] + plane[1] * sun[1] + plane[2] * sun[2], ZERO)
    sky = f4(0.62) + f4(0.20) * plane[2]
    return sky * (ONE - f4(0.22) * strength), f4(0.62) * strength * towards


@kernel()
def lit_colour(colour, material, light, plane, state, look, palette):
    """A face's colour in this light (red, green, blue, is it luminous)."""
    if state > HALF and material in (TAIL_LAMP, BRAKE_LIGHT):
        return BRAKING_RED[0], BRAKING_RED[1], BRAKING_RED[2], True
    ambient, direct = light
    r, g, b = ZERO, ZERO, ZERO
    white = palette[MARKING]
    warm = palette[SUNLIGHT]
    share_r = ambient + direct * warm[0] * f4(1 / 250)
    share_g = ambient + direct * warm[1] * f4(1 / 250)
    share_b = ambient + direct * warm[2] * f4(1 / 250)
    r, g, b = colour[0] * white[0] * share_r, colour[1] * white[1] * share_g, colour[2] * white[2] * share_b
    if material == GLASS:  # it mirrors the sky, more where it leans back
        gloss = f4(0.16) + f4(0.34) * clamp01(plane[2] + f4(0.2))
        r, g, b = (
            mix(r, palette[ZENITH, 0], gloss),
            mix(g, palette[ZENITH, 1], gloss),
            mix(b, palette[ZENITH, 2], gloss),
        )
    if material == ROOF and look[COVERED] > ZERO:
        snow = f4(0.85) * min(look[COVERED] * f4(1.6), ONE)
        r, g, b = mix(r, palette[COVER, 0], snow), mix(g, palette[COVER, 1], snow), mix(b, palette[COVER, 2], snow)
    return min(r, FULL), min(g, FULL), min(b, FULL), False


@kernel()
def fill_face(image, inverse, view, corners, soft, edges, n, plane, slot, paint, material, drawn, row, house,
              look, palette):  # fmt: skip
    """Fill a convex face (n corners in camera axes), row by row, where nothing nearer has been drawn."""
    focal, cx, cy = view.focal, view.centre_x, view.centre_y
    top, bottom, nearest, farthest = f4(1e9), f4(-1e9), f4(1e9), ZERO
    for k in range(n):
        a, b = corners[k], corners[k + 1 if k + 1 < n else 0]
        ua, va = cx - focal * a[1] / a[0], cy - focal * a[2] / a[0]
        ub, vb = cx - focal * b[1] / b[0], cy - focal * b[2] / b[0]
        top, bottom = min(top, va), max(bottom, va)
        nearest, farthest = min(nearest, a[0]), max(farthest, a[0])
        du, dv = ub - ua, vb - va
        size = math.sqrt(du * du + dv * dv) + f4(1e-9)
        # seen from outside the corners run counter-clockwise, on the screen with its rows downwards: to the left is in
        edges[k, 0], edges[k, 1] = dv / size, -du / size
        edges[k, 2] = -(edges[k, 0] * ua + edges[k, 1] * va)
    slope_u, slope_v = -plane[1] / (focal * plane[3]), -plane[2] / (focal * plane[3])
    base = plane[0] / plane[3] - slope_u * cx - slope_v * cy
    slack = f4(1e-4) / nearest
    for v in range(max(ceil_int(top - ONE), 0), min(ceil_int(bottom + ONE), image.shape[0])):
        y = f4(v) + HALF
        outer_left, outer_right = ZERO, f4(view.width)
        inner_left, inner_right = ZERO, f4(view.width)
        for k in range(n):
            ex, rest = edges[k, 0], edges[k, 1] * y + edges[k, 2]
            outer, inner = (-HALF, HALF) if soft[k] else (ZERO, ZERO)
            if abs(ex) < f4(1e-6):
                if rest < outer:
                    outer_right = outer_left - ONE
                if rest < inner:
                    inner_right = inner_left - ONE
            elif ex > ZERO:
                outer_left, inner_left = max(outer_left, (outer - rest) / ex), max(inner_left, (inner - rest) / ex)
            else:
                outer_right, inner_right = min(outer_right, (outer - rest) / ex), min(inner_right, (inner - rest) / ex)
        if outer_left >= outer_right:
            continue
        u0, u1 = max(ceil_int(outer_left - HALF), 0), min(ceil_int(outer_right - HALF), view.width)
        s0, s1 = max(ceil_int(inner_left - HALF), u0), min(ceil_int(inner_right - HALF), u1)
        if s1 <= s0:
            s0, s1 = u1, u1
        row_base = base + slope_v * y
        for u in range(u0, u1):
            if s0 <= u < s1:
                share = ONE
            else:
                share = ONE
                x = f4(u) + HALF
                for k in range(n):
                    if soft[k]:
                        share = min(share, edges[k, 0] * x + edges[k, 1] * y + edges[k, 2] + HALF)
                if share <= ZERO:
                    continue
            # off its own outline a plane runs on: hold the depth to that of the corners
            iz = min(max(row_base + slope_u * (f4(u) + HALF), ONE / farthest), ONE / nearest)
            if iz + slack < inverse[v, u]:
                continue
            z = ONE / iz
            r, g, b, luminous = paint
            if material in (WALL, GABLE):
                r, g, b, luminous = wall_colour(u, y, z, view, plane, paint, material, drawn, row, house, look, palette)
            if not luminous or look[HEADLIGHTS] == ZERO:
                clear = transmittance(min(z, HAZE_LIMIT) * look[FOG_DENSITY])
                r = mix(palette[HAZE, 0], r, clear)
                g = mix(palette[HAZE, 1], g, clear)
                b = mix(palette[HAZE, 2], b, clear)
            if share >= ONE:
                image[v, u] = pack(r, g, b, slot + i4(luminous))
                inverse[v, u] = iz
            else:
                below_r, below_g, below_b = unpack(image[v, u])
                mine = share >= HALF
                owner = u4(slot + i4(luminous)) << u4(24) if mine else u4(image[v, u] & u4(0xFF000000))
                blend = pack(mix(below_r, r, share), mix(below_g, g, share), mix(below_b, b, share), i4(0))
                image[v, u] = blend | owner
                if mine:
                    inverse[v, u] = iz


@kernel()
def wall_colour(u, y, z, view, plane, paint, material, drawn, row, house, look, palette):
    """A house's wall at a pixel: plinth, rows of windows between corner margins, some of them lit in the dark."""
    r, g, b, _ = paint
    forward_z, forward_l, z0, l0, eaves = house
    left = z * (view.centre_x - f4(u) - HALF) / view.focal
    height = view.mount + z * (view.centre_y - y) / view.focal
    east, north = z - z0, left - l0
    ahead, aside = east * forward_z + north * forward_l, north * forward_z - east * forward_l
    gable_end = abs(plane[0] * forward_z + plane[1] * forward_l) > f4(0.7)
    along, span = (aside, drawn[2]) if gable_end else (ahead, drawn[7])
    tilt = max(abs(plane[0]), f4(0.15))
    foot_up = max(z / view.focal, f4(0.02))
    foot_along = min(foot_up / tilt * f4(0.8), f4(3))
    bays = max(np.floor((span - f4(1.0)) / BAY), ONE)
    pitch = (span - f4(0.8)) / bays
    position = along + HALF * span - f4(0.4)
    bay = np.floor(position / pitch)
    storey = np.floor((height - f4(0.55)) / FLOOR)
    across = abs(position - (bay + HALF) * pitch)
    up = height - f4(0.55) - storey * FLOOR
    window = clamp01((f4(0.62) - across) / foot_along + HALF) * clamp01((up - f4(0.75)) / foot_up + HALF)
    window = window * clamp01((f4(2.25) - up) / foot_up + HALF)
    whole = (storey + ONE) * FLOOR - f4(0.2) < eaves
    window = window * (
        ONE if whole and storey >= ZERO and position > ZERO and bay < bays and material == WALL else ZERO
    )
    frame = clamp01((f4(0.74) - across) / foot_along + HALF) * clamp01((up - f4(0.62)) / foot_up + HALF)
    frame = frame * clamp01((f4(2.37) - up) / foot_up + HALF) * (ONE if window > ZERO else ZERO)
    plinth = clamp01((f4(0.55) - height) / foot_up + HALF) * f4(0.35)
    cornice = clamp01((up - f4(2.92)) / foot_up + HALF) * f4(0.10)
    shade = ONE - plinth - cornice
    r, g, b = r * shade, g * shade, b * shade
    trim = f4(0.35) * max(frame - window, ZERO)
    r, g, b = mix(r, palette[MARKING, 0], trim), mix(g, palette[MARKING, 1], trim), mix(b, palette[MARKING, 2], trim)
    chance = scramble(u4(u4(i4(bay) * i4(7) + i4(storey) * i4(131) + i4(row) * i4(1013)) * u4(0x9E3779B1)))
    lot = f4(i4(chance & u4(255))) * f4(1 / 255)
    gradient = clamp01((up - f4(0.75)) * f4(0.66))
    dark_r, dark_g, dark_b = (
        palette[MARKING, 0] * f4(0.12),
        palette[MARKING, 1] * f4(0.14),
        palette[MARKING, 2] * f4(0.17),
    )
    sky = (f4(0.18) + f4(0.42) * gradient) * (f4(0.6) + f4(0.5) * lot)
    glass_r = mix(dark_r, palette[HAZE, 0], sky)
    glass_g = mix(dark_g, palette[HAZE, 1], sky)
    glass_b = mix(dark_b, palette[HAZE, 2], sky)
    lit = (look[HEADLIGHTS] > ZERO or look[STARS] > ZERO) and lot > f4(0.62)
    if lit:
        glass_r, glass_g, glass_b = LIT_WINDOW
    r, g, b = mix(r, glass_r, window), mix(g, glass_g, window), mix(b, glass_b, window)
    return r, g, b, lit and window > HALF
