"""Upright sprites, painted by this code: trees, bushes, posts and signs, with their mips.

A texel holds no colour but how much of its kind's three *materials* it shows, premultiplied, and its coverage; the
kernels mix the materials' colours for each object and frame. For leaves the materials are "lit from the right", "lit
from the left" and "in shade", so a tree's light side follows the sun without a second picture.

A crown is a heap of leafy lobes: each lobe is strokes on a ball, drawn back to front, each lit by its place on ball and
crown and darkened where it hangs low or deep. So crowns are ragged and have holes.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from sim.camera.billboards import LAMP_ARM, SIGNAL_LAMPS, STRIDES
from sim.camera.canvas import Canvas, Vector
from sim.kinds import Painter


def _leaf_weights(normals: Vector, occlusion: Vector) -> Vector:
    """Material weights (n, 3) of leaves facing `normals` (n, 3: right, up, towards us); occlusion (n,) in [0, 1]."""
    right = 0.95 * np.maximum(normals @ np.array([0.80, 0.50, 0.33]), 0)
    left = 0.95 * np.maximum(normals @ np.array([-0.80, 0.50, 0.33]), 0)
    total = np.maximum(right + left, 1.0)
    right, left = right / total, left / total
    shade = 0.75 * (1 - right - left)
    return np.stack([right, left, shade], axis=1) * (1 - occlusion)[:, None]


def _lobe(
    rng: np.random.Generator, canvas: Canvas, centre: Vector, radius: Vector, crown: Vector, count: int, leaf: Vector
) -> None:
    """One leafy ball of a crown, strokes on its near side from its rim to its middle.

    centre, radius: (3,), crown: (3,) the direction from the crown's middle; leaf: (length, width) of a stroke.
    """
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[:, 2] = np.abs(direction[:, 2])
    reach = rng.uniform(0.80, 1.12, count)
    place = centre + direction * radius * reach[:, None]
    normal = 0.62 * direction + 0.55 * crown
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    hanging = np.clip(-direction[:, 1], 0, 1)
    occlusion = np.clip(0.05 + 0.55 * hanging + 0.25 * (1.0 - reach) / 0.2 + rng.normal(0, 0.10, count), 0, 0.8)
    weights = _leaf_weights(normal, occlusion)
    angle = np.arctan2(direction[:, 1], direction[:, 0]) + rng.normal(0, 0.7, count)
    for i in np.lexsort((reach, direction[:, 2] > 0.5)):
        canvas.polygon(_stroke(rng, place[i, :2], angle[i], leaf), weights[i])


def _all_round(rng: np.random.Generator, count: int) -> Vector:
    """Unit vectors (count, 3) spread over the sphere (Fibonacci's spiral) with some disorder."""
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * (np.pi * (3 - np.sqrt(5))) + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - height**2)
    spread = np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1) + rng.normal(0, 0.22, (count, 3))
    return spread / np.linalg.norm(spread, axis=1, keepdims=True)


def _stroke(rng: np.random.Generator, place: Vector, angle: float, leaf: Vector) -> Vector:
    """A ragged leaf cluster: a hexagon (6, 2) about `place`, long axis at `angle`."""
    around = np.arange(6) * (np.pi / 3)
    shape = np.stack([np.cos(around), np.sin(around)], axis=1) * leaf * rng.uniform(0.45, 1.15, (6, 1))
    cos, sin = np.cos(angle), np.sin(angle)
    return place + shape @ np.array([[cos, sin], [-sin, cos]])


def _limb(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], widths: tuple[float, float]) -> None:
    """A tapering trunk or branch, its two halves lit from either side."""
    foot, tip = np.array(start), np.array(end)
    half_foot, half_tip = np.array([widths[0] / 2, 0]), np.array([widths[1] / 2, 0])
    canvas.polygon(np.array([foot - half_foot, foot, tip, tip - half_tip]), np.array([0.04, 0.26, 0.30]))
    canvas.polygon(np.array([foot, foot + half_foot, tip + half_tip, tip]), np.array([0.26, 0.04, 0.30]))


def _broadleaf(rng: np.random.Generator, canvas: Canvas) -> None:
    """An oak or lime: short trunk, wide crown of many lobes."""
    lean = rng.normal(0, 0.02)
    _limb(canvas, (0.5, 0.0), (0.5 + lean, 0.5), (0.052, 0.028))
    for side in (-1, 1):
        _limb(canvas, (0.5, 0.2), (0.5 + side * rng.uniform(0.12, 0.22), 0.45), (0.03, 0.014))
    middle, size = np.array([0.5 + lean, 0.575, 0.0]), np.array([0.35, 0.31, 0.35])
    lobes = _all_round(rng, 34) * rng.uniform(0.5, 1.0, (34, 1))
    for offset in lobes[np.argsort(lobes[:, 2])]:
        radius = rng.uniform(0.075, 0.125) * np.array([1.15, 0.9, 1.0])
        _lobe(rng, canvas, middle + offset * size, radius, offset, 150, np.array([0.0135, 0.008]))


def _poplar(rng: np.random.Generator, canvas: Canvas) -> None:
    """A tall narrow crown of rising lobes nearly down to the ground."""
    _limb(canvas, (0.5, 0.0), (0.5, 0.3), (0.10, 0.05))
    lobes = 46
    turn = rng.uniform(0, 2 * np.pi, lobes)
    height = (np.arange(lobes) + rng.uniform(0, 1, lobes)) / lobes
    for i in np.argsort(np.sin(turn)):
        girth = np.sin(np.pi * (0.14 + 0.80 * height[i])) ** 0.7 * rng.uniform(0.85, 1.1)
        offset = np.array([np.cos(turn[i]), 0.3, np.sin(turn[i])])
        centre = np.array([0.5 + 0.24 * girth * offset[0], 0.11 + 0.81 * height[i], 0.0])
        radius = np.array([0.14 * girth + 0.03, 0.062, 0.1])
        _lobe(rng, canvas, centre, radius, offset, 80, np.array([0.012, 0.020]))


def _conifer(rng: np.random.Generator, canvas: Canvas) -> None:
    """A spruce: tiers of drooping boughs, wide at the foot."""
    _limb(canvas, (0.5, 0.0), (0.5, 0.5), (0.07, 0.03))
    tiers = 17
    for tier in range(tiers):
        up = tier / (tiers - 1)
        half = (0.44 * (1 - up) ** 0.85 + 0.025) * rng.uniform(0.88, 1.08)
        _tier(rng, canvas, 0.12 + 0.845 * up, half, 0.085 * (1 - 0.55 * up), int(40 + 240 * (1 - up)))


def _tier(rng: np.random.Generator, canvas: Canvas, height: float, half: float, droop: float, count: int) -> None:
    """One tier of boughs: strokes that run out and down from the trunk, dark beneath."""
    across = rng.uniform(-1, 1, count)
    down = rng.random(count)
    x = 0.5 + half * across * (0.35 + 0.65 * down) + rng.normal(0, 0.006, count)
    y = height - droop * (down * (0.55 + 0.45 * np.abs(across))) + rng.normal(0, 0.004, count)
    front = np.sqrt(np.clip(1 - across**2, 0, 1))
    normal = np.stack([0.9 * across, np.full(count, 0.50), 0.55 * front], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    occlusion = np.clip(0.10 + 0.62 * (1 - down) ** 1.5 + rng.normal(0, 0.10, count), 0, 0.85)
    weights = _leaf_weights(normal, occlusion)
    angle = np.where(across > 0, -0.55, np.pi + 0.55) + rng.normal(0, 0.3, count)
    for i in np.argsort(down + 0.1 * rng.random(count)):
        canvas.polygon(_stroke(rng, np.array([x[i], y[i]]), angle[i], np.array([0.026, 0.0065])), weights[i])


def _bush(rng: np.random.Generator, canvas: Canvas) -> None:
    """A low heap of lobes."""
    for _ in range(20):
        offset = rng.normal(size=3)
        offset /= np.linalg.norm(offset)
        offset[1] = abs(offset[1])
        centre = np.array([0.5 + 0.31 * offset[0], 0.14 + 0.48 * offset[1] * rng.uniform(0.5, 1), 0.0])
        _lobe(rng, canvas, centre, np.array([0.14, 0.17, 0.1]), offset, 80, np.array([0.026, 0.024]))


def _box(left: float, bottom: float, right: float, top: float) -> Vector:
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])


WHITE, COLOURED, DARK = np.eye(3)


def _delineator(rng: np.random.Generator, canvas: Canvas) -> None:
    """A white post with a slanting black band and a reflector (the German Leitpfosten)."""
    left, right = 3 / 8, 5 / 8
    canvas.polygon(np.array([[left, 0], [right, 0], [right, 0.93], [left, 0.985]]), WHITE)
    canvas.polygon(np.array([[left, 0], [left + 0.07, 0], [left + 0.07, 0.966], [left, 0.985]]), 0.86 * WHITE)
    canvas.polygon(np.array([[left, 0.70], [right, 0.66], [right, 0.86], [left, 0.90]]), DARK)
    canvas.polygon(_box(left + 0.07, 0.72, right - 0.07, 0.84), 0.8 * COLOURED + 0.2 * WHITE)


def _curve_sign(rng: np.random.Generator, canvas: Canvas) -> None:
    """A board on a pole, white chevrons on blue that point to the left (the French J4); the kernels mirror it."""
    canvas.polygon(_box(0.47, 0, 0.53, 0.4), 0.55 * WHITE)
    left, right, bottom, top = 0.1, 0.9, 0.38, 0.985
    canvas.polygon(_box(left, bottom, right, top), WHITE)
    inner = _box(left + 0.03, bottom + 0.025, right - 0.03, top - 0.025)
    canvas.polygon(inner, COLOURED)
    middle, thick, point = (bottom + top) / 2, 0.17, 0.2
    for start in (0.14, 0.50):
        low, high = inner[0, 1], inner[2, 1]
        chevron = [[start, middle], [start + point, high], [start + point + thick, high]]
        chevron += [[start + thick, middle], [start + point + thick, low], [start + point, low]]
        canvas.polygon(np.minimum(np.array(chevron), [inner[1, 0], 1.0]), WHITE)


def _crossing_sign(rng: np.random.Generator, canvas: Canvas) -> None:
    """Somebody walking over stripes in a white triangle on blue (sign E,11a of the Vienna Convention), on a pole."""
    canvas.polygon(_box(0.475, 0, 0.525, 0.72), 0.6 * WHITE)
    low, high = 0.70, 0.99
    canvas.polygon(_box(0.06, low, 0.94, high), WHITE)
    canvas.polygon(_box(0.09, low + 0.01, 0.91, high - 0.01), COLOURED)
    canvas.polygon(np.array([[0.16, low + 0.03], [0.84, low + 0.03], [0.5, high - 0.035]]), WHITE)
    for x in (0.30, 0.44, 0.58):
        canvas.polygon(_box(x, low + 0.045, x + 0.08, low + 0.065), 0.5 * DARK)
    head = np.array([[0.47, 0.885], [0.53, 0.885], [0.53, 0.91], [0.47, 0.91]])
    body = np.array([[0.46, 0.80], [0.54, 0.80], [0.55, 0.875], [0.45, 0.875]])
    legs = np.array(
        [[0.36, 0.775], [0.42, 0.775], [0.5, 0.81], [0.58, 0.775], [0.64, 0.775], [0.53, 0.84], [0.47, 0.84]]
    )
    for part in (head, body, legs):
        canvas.polygon(part, 0.5 * DARK)


def _street_lamp(rng: np.random.Generator, canvas: Canvas) -> None:
    """A tapering pole with an arm to the left and the lamp's head at its end; the kernels mirror it."""
    canvas.polygon(np.array([[0.475, 0.0], [0.525, 0.0], [0.512, 0.96], [0.488, 0.96]]), 0.75 * DARK)
    canvas.polygon(_box(0.46, 0.0, 0.54, 0.10), 0.9 * DARK)
    tip = 0.5 - LAMP_ARM
    canvas.polygon(np.array([[0.505, 0.94], [0.505, 0.96], [tip, 0.99], [tip, 0.978]]), 0.75 * DARK)
    canvas.polygon(np.array([[tip - 0.11, 0.965], [tip + 0.11, 0.965], [tip + 0.08, 0.995], [tip - 0.08, 0.995]]), DARK)
    canvas.polygon(_box(tip - 0.09, 0.955, tip + 0.09, 0.967), 0.9 * WHITE)


_WIDE, _TALL = 0.6 * 1.65, 1.7  # metres that a person's picture covers


def _spot(x: float, y: float) -> Vector:
    """A place on a person's picture, in metres from the point between the feet."""
    return np.array([0.5 + x / _WIDE, y / _TALL])


def _rod(canvas: Canvas, start: Vector, end: Vector, widths: tuple[float, float], weights: Vector) -> None:
    """A limb with round ends; start, end as (x, y) and widths in metres."""
    along = end - start
    aside = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
    turn = np.linspace(0, np.pi, 9)
    forward = along / (np.hypot(*along) + 1e-9)
    outline = [
        *(end + widths[1] / 2 * (np.cos(a) * -aside + np.sin(a) * forward) for a in turn),
        *(start + widths[0] / 2 * (np.cos(a) * aside - np.sin(a) * forward) for a in turn),
    ]
    canvas.polygon(np.array([_spot(*point) for point in outline]), weights)


def _oval(canvas: Canvas, middle: tuple[float, float], half: tuple[float, float], weights: Vector) -> None:
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    points = [_spot(middle[0] + half[0] * np.cos(a), middle[1] + half[1] * np.sin(a)) for a in turn]
    canvas.polygon(np.array(points), weights)


TOP, TROUSERS, SKIN = np.eye(3)
HAIR, SHOES = 0.22 * SKIN, 0.25 * TROUSERS


def _legs(phase: float | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of either leg how far it is before the hips, in [-1, 1], and how far lifted, in [0, 1]. phase: None stands."""
    if phase is None:
        return (0.0, 0.0), (0.0, 0.0)
    swing, forward = float(np.sin(2 * np.pi * phase)), float(np.cos(2 * np.pi * phase))
    return (swing, max(forward, 0.0)), (-swing, max(-forward, 0.0))


def _person_along(rng: np.random.Generator, canvas: Canvas, phase: float | None, *, back: bool) -> None:
    """Somebody who walks towards us or away."""
    for side, (swing, lift) in zip((-1, 1), _legs(phase), strict=True):
        hip, knee = np.array([0.085 * side, 0.86]), np.array([0.095 * side, 0.47 + 0.05 * lift])
        foot = np.array([0.10 * side, 0.05 + 0.13 * lift])
        dark = (0.82 if side > 0 else 0.95) * (1 - 0.2 * lift)
        _rod(canvas, hip, knee, (0.17, 0.14), dark * TROUSERS)
        _rod(canvas, knee, foot, (0.13, 0.10), dark * TROUSERS)
        _rod(canvas, foot, foot + np.array([0.015 * side, -0.02]), (0.10, 0.09), SHOES)
        # arms swing against the legs; a hand that is before us looks higher
        shoulder, elbow = np.array([0.20 * side, 1.38]), np.array([0.265 * side, 1.12 - 0.035 * swing])
        hand = np.array([0.27 * side, 0.87 - 0.07 * swing])
        dark = 0.78 if side > 0 else 0.92
        _rod(canvas, shoulder, elbow, (0.11, 0.10), dark * TOP)
        _rod(canvas, elbow, hand, (0.10, 0.08), dark * TOP)
        _oval(canvas, (hand[0], hand[1] - 0.03), (0.04, 0.05), 0.9 * SKIN)
    _trunk_along(canvas)
    _rod(canvas, np.array([0.0, 1.42]), np.array([0.0, 1.50]), (0.10, 0.10), 0.8 * SKIN)
    _oval(canvas, (0.0, 1.575), (0.088, 0.118), SKIN)
    if back:
        _oval(canvas, (0.0, 1.59), (0.095, 0.115), HAIR)
    else:
        _oval(canvas, (0.0, 1.64), (0.094, 0.062), HAIR)
        _oval(canvas, (0.0, 1.575), (0.072, 0.072), SKIN)


def _trunk_along(canvas: Canvas) -> None:
    """Chest and belly from before or behind: one side in shade, two folds, a hem."""
    for weights, outline in (
        (0.96, [[-0.15, 0.84], [0.15, 0.84], [0.21, 1.36], [0.13, 1.45], [-0.13, 1.45], [-0.21, 1.36]]),
        (0.82, [[0.03, 0.84], [0.15, 0.84], [0.21, 1.36], [0.13, 1.45], [0.07, 1.45]]),
        (0.91, [[-0.12, 0.90], [-0.09, 0.90], [-0.03, 1.10], [-0.04, 1.12]]),
        (0.91, [[-0.16, 1.22], [-0.15, 1.25], [-0.06, 1.20], [-0.07, 1.18]]),
        (0.70, [[-0.15, 0.84], [0.15, 0.84], [0.153, 0.87], [-0.153, 0.87]]),
    ):
        canvas.polygon(np.array([_spot(*point) for point in outline]), weights * TOP)


def _person_across(rng: np.random.Generator, canvas: Canvas, phase: float | None) -> None:
    """Somebody who walks to the left."""
    far, near = _legs(phase)
    _leg_across(canvas, far, 0.68)
    _arm_across(canvas, 0.18 * near[0], 0.66)
    _leg_across(canvas, near, 0.95)
    for weights, outline in (
        (0.95, [[-0.11, 0.84], [0.11, 0.84], [0.13, 1.30], [0.07, 1.45], [-0.06, 1.45], [-0.13, 1.28]]),
        (0.82, [[0.05, 0.84], [0.11, 0.84], [0.13, 1.30], [0.07, 1.45], [0.05, 1.30]]),
        (0.70, [[-0.11, 0.84], [0.11, 0.84], [0.112, 0.87], [-0.112, 0.87]]),
    ):
        canvas.polygon(np.array([_spot(*point) for point in outline]), weights * TOP)
    _arm_across(canvas, 0.18 * far[0], 0.8)
    _rod(canvas, np.array([0.0, 1.42]), np.array([-0.01, 1.50]), (0.10, 0.10), 0.8 * SKIN)
    _oval(canvas, (-0.015, 1.575), (0.10, 0.118), SKIN)
    _oval(canvas, (-0.105, 1.56), (0.025, 0.02), SKIN)
    _oval(canvas, (0.025, 1.635), (0.092, 0.068), HAIR)
    _oval(canvas, (0.045, 1.59), (0.065, 0.09), HAIR)


def _leg_across(canvas: Canvas, leg: tuple[float, float], dark: float) -> None:
    """A leg from the side, bent while it is lifted, on its toes while it is behind. leg: as `_legs`."""
    swing, lift = leg
    behind = max(-swing, 0.0)
    hip = np.array([0.0, 0.88])
    knee = hip + np.array([-0.20 * swing - 0.02 - 0.09 * lift, -0.40 + 0.03 * lift])
    foot = knee + np.array([-0.14 * swing + 0.10 * behind + 0.15 * lift, -0.41 + 0.07 * behind + 0.08 * lift])
    _rod(canvas, hip, knee, (0.19, 0.14), dark * TROUSERS)
    _rod(canvas, knee, foot, (0.13, 0.10), dark * TROUSERS)
    _rod(canvas, foot, foot + np.array([-0.11, -0.02 - 0.04 * behind]), (0.09, 0.07), SHOES)


def _arm_across(canvas: Canvas, reach: float, dark: float) -> None:
    shoulder, elbow = np.array([0.0, 1.37]), np.array([-reach * 0.5, 1.12])
    hand = np.array([-reach - 0.03, 0.89])
    _rod(canvas, shoulder, elbow, (0.12, 0.10), dark * TOP)
    _rod(canvas, elbow, hand, (0.10, 0.08), dark * TOP)
    _oval(canvas, (hand[0], hand[1] - 0.03), (0.04, 0.05), 0.9 * SKIN)


_PHASES = (None, *((k + 0.5) / STRIDES for k in range(STRIDES)))
_PEOPLE = (
    *(partial(_person_along, phase=phase, back=False) for phase in _PHASES),
    *(partial(_person_along, phase=phase, back=True) for phase in _PHASES),
    *(partial(_person_across, phase=phase) for phase in _PHASES),
)
"""Towards us, away, to the left; of each: standing, and so many moments of a stride."""


def _cone(rng: np.random.Generator, canvas: Canvas) -> None:
    """Orange with two white bands, on a dark foot."""
    canvas.polygon(_box(0.06, 0.0, 0.94, 0.07), DARK)

    def band(low: float, high: float, weights: Vector) -> None:
        def half(y: float) -> float:
            return 0.34 - 0.29 * y

        outline = [[0.5 - half(low), low], [0.5 + half(low), low], [0.5 + half(high), high], [0.5 - half(high), high]]
        canvas.polygon(np.array(outline), weights)
        shade = [[0.5 + 0.3 * half(low), low], *outline[1:3], [0.5 + 0.3 * half(high), high]]
        canvas.polygon(np.array(shade), 0.8 * weights)

    band(0.06, 0.98, COLOURED)
    band(0.36, 0.52, WHITE)
    band(0.66, 0.80, WHITE)


_SIGNAL_FOOT, _SIGNAL_TALL, _SIGNAL_WIDE = 1.9, 5.3, 1.25 * 1.15  # metres


def _signal(rng: np.random.Generator, canvas: Canvas) -> None:
    """Post, a housing with a pale border, three dark lamps; the kernels light the one that is on."""
    _plate(canvas, 0.75 * WHITE)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    for middle in SIGNAL_LAMPS:
        for radius, rise, weights in (
            (0.53, 0.0, 0.3 * DARK),
            (0.5, 0.0, 0.26 * COLOURED),
            (0.42, -0.07, 0.18 * COLOURED),
        ):
            x = 0.5 + radius / _SIGNAL_WIDE * np.cos(turn)
            y = (middle + rise + radius * np.sin(turn)) / _SIGNAL_TALL
            canvas.polygon(np.stack([x, y], axis=1), weights)


def _signal_back(rng: np.random.Generator, canvas: Canvas) -> None:
    """The same from behind: post and a dark plate."""
    _plate(canvas, 0.35 * COLOURED)


def _plate(canvas: Canvas, border: Vector) -> None:
    """A traffic light's post, and its housing with a border."""
    post = 0.08 / _SIGNAL_WIDE
    canvas.polygon(_box(0.5 - post, 0.0, 0.5 + post, 0.5), 0.6 * COLOURED)
    canvas.polygon(_box(0.5 - post, 0.0, 0.5 - 0.3 * post, 0.5), 0.85 * COLOURED)
    half, low = 0.625 / _SIGNAL_WIDE, _SIGNAL_FOOT / _SIGNAL_TALL
    canvas.polygon(_box(0.5 - half, low, 0.5 + half, 1.0), border)
    rim_x, rim_y = 0.06 / _SIGNAL_WIDE, 0.06 / _SIGNAL_TALL
    canvas.polygon(_box(0.5 - half + rim_x, low + rim_y, 0.5 + half - rim_x, 1.0 - rim_y), DARK)


_BOARD_LOW = 0.34  # of its height: the board's lower edge


def _board(rng: np.random.Generator, canvas: Canvas, picture: Callable[[Canvas], None] | None) -> None:
    """A framed board on two posts; without a picture, its back."""
    for x in (0.2, 0.8):
        canvas.polygon(_box(x - 0.015, 0.0, x + 0.015, 0.5), 0.7 * DARK)
    canvas.polygon(_box(0.02, _BOARD_LOW, 0.98, 1.0), DARK if picture else 0.8 * DARK)
    if picture is None:
        for y in (0.5, 0.84):
            canvas.polygon(_box(0.02, y, 0.98, y + 0.03), 0.3 * WHITE)
    else:
        canvas.polygon(_box(0.05, _BOARD_LOW + 0.02, 0.95, 0.98), 0.95 * WHITE)
        picture(canvas)


def _disc(canvas: Canvas, x: float, y: float, radius: float, weights: Vector) -> None:
    """A circle on a board, whose picture is nearly as wide as high."""
    turn = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    canvas.polygon(np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1), weights)


def _landscape(canvas: Canvas) -> None:
    canvas.polygon(_box(0.05, 0.36, 0.95, 0.98), 0.3 * COLOURED + 0.62 * WHITE)
    _disc(canvas, 0.72, 0.83, 0.07, WHITE)
    hills = [[0.05, 0.36], [0.95, 0.36], [0.95, 0.58], [0.72, 0.70], [0.52, 0.56], [0.32, 0.76], [0.05, 0.55]]
    canvas.polygon(np.array(hills), COLOURED)
    canvas.polygon(np.array([[0.05, 0.36], [0.95, 0.36], [0.95, 0.46], [0.05, 0.50]]), 0.6 * COLOURED)


def _portrait(canvas: Canvas) -> None:
    canvas.polygon(
        np.array([[0.25, 0.36], [0.75, 0.36], [0.68, 0.56], [0.56, 0.61], [0.44, 0.61], [0.32, 0.56]]), COLOURED
    )
    _disc(canvas, 0.5, 0.75, 0.13, 0.5 * WHITE + 0.22 * COLOURED)
    canvas.polygon(np.array([[0.36, 0.76], [0.37, 0.86], [0.5, 0.92], [0.63, 0.86], [0.64, 0.76], [0.5, 0.83]]), DARK)


def _spotlight(canvas: Canvas) -> None:
    canvas.polygon(_box(0.05, 0.36, 0.95, 0.98), 0.7 * DARK)
    _disc(canvas, 0.5, 0.67, 0.22, COLOURED)
    _disc(canvas, 0.44, 0.73, 0.07, 0.5 * COLOURED + 0.4 * WHITE)


def _automobile(canvas: Canvas) -> None:
    body = [
        [0.14, 0.50],
        [0.86, 0.50],
        [0.87, 0.60],
        [0.72, 0.63],
        [0.62, 0.75],
        [0.38, 0.75],
        [0.27, 0.63],
        [0.13, 0.60],
    ]
    canvas.polygon(np.array(body), COLOURED)
    canvas.polygon(np.array([[0.33, 0.64], [0.66, 0.64], [0.59, 0.72], [0.41, 0.72]]), 0.7 * DARK)
    for x in (0.30, 0.70):
        _disc(canvas, x, 0.50, 0.07, DARK)


def _stripes(canvas: Canvas) -> None:
    for k in range(5):
        x = 0.05 + 0.18 * k
        canvas.polygon(np.array([[x, 0.36], [x + 0.09, 0.36], [x + 0.18, 0.98], [x + 0.09, 0.98]]), COLOURED)


def _lettering(canvas: Canvas) -> None:
    canvas.polygon(_box(0.05, 0.36, 0.95, 0.98), 0.85 * COLOURED)
    for row, widths in enumerate(((0.10, 0.07, 0.12, 0.09, 0.11), (0.08, 0.12, 0.06, 0.10), (0.13, 0.09, 0.10))):
        x = 0.14
        for width in widths:
            canvas.polygon(_box(x, 0.80 - 0.17 * row, x + width, 0.90 - 0.17 * row), 0.95 * WHITE)
            x += width + 0.035


_PICTURES = (_landscape, _portrait, _spotlight, _automobile, _stripes, _lettering)
_BOARDS = tuple(partial(_board, picture=picture) for picture in (*_PICTURES, None))
"""Every picture, and the back."""


PAINTERS: Mapping[str, tuple[Painter, ...]] = {
    "broadleaf": (_broadleaf,) * 3,
    "poplar": (_poplar,) * 2,
    "conifer": (_conifer,) * 3,
    "bush": (_bush,) * 2,
    "delineator": (_delineator,),
    "curve sign": (_curve_sign,),
    "crossing sign": (_crossing_sign,),
    "street lamp": (_street_lamp,),
    "cone": (_cone,),
    "pedestrian": _PEOPLE,
    "traffic light": (_signal, _signal_back),
    "billboard": _BOARDS,
}
"""Shipped kind -> who paints its pictures, one each; how large, in which colours: `sim.kinds.KINDS`."""
