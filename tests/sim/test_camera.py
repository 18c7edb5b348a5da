"""The camera's geometry worked out by hand, its truth against an independent reference, and its promises on bits."""

import math
import threading

import numpy as np
import pytest

from sim.camera import Camera
from sim.camera.lens import HORIZON, Lens
from sim.kinds import KINDS
from sim.scene import (
    CLASSES,
    DECAL_COLUMNS,
    GRID_BAND,
    GRID_SIZE,
    OBJECT_COLUMNS,
    Scene,
)  # fmt: skip
from sim.theme import COLOURS, LOOK_FIELDS, load_theme, resolve, sample_look, sample_looks, theme_names, training_look

ORIGIN = -(GRID_SIZE - 1) / 2
LAP = 1200.0
MOUNT = 1.4
NO_OBJECTS = np.zeros((0, len(OBJECT_COLUMNS)), np.float32)


def scene_of(d, s, *objects):
    """One world with this grid (GRID_SIZE, GRID_SIZE) of d and s, and these objects."""
    grid = np.stack([np.clip(d, -GRID_BAND, GRID_BAND), s], axis=-1)[None].astype(np.float32)
    rows = np.array(objects, np.float32) if objects else NO_OBJECTS
    decals, pavement = np.zeros((1, 0, len(DECAL_COLUMNS)), np.float32), np.zeros(1, np.float32)
    return Scene(grid, np.full((1, 2), ORIGIN, np.float32), np.array([LAP], np.float32), rows[None], decals, pavement)


def straight(*objects, seam_at=0.0):
    """A road along the x axis, s = x, but for the lap that s jumps by at x = seam_at."""
    x, y = np.meshgrid(np.arange(GRID_SIZE) + ORIGIN, np.arange(GRID_SIZE) + ORIGIN)
    return scene_of(y, np.where(x < seam_at, x + LAP, x), *objects)


def circle(radius=60.0):
    """A left-hand bend about the origin."""
    x, y = np.meshgrid(np.arange(GRID_SIZE) + ORIGIN, np.arange(GRID_SIZE) + ORIGIN)
    return scene_of(radius - np.hypot(x, y), np.arctan2(y, x) % (2 * math.pi) * radius)


def plain_look(**fields):
    """A meadow look without wear, grain, haze or sun; fields overrides scalars by name and colours by RGB."""
    look = sample_look(load_theme("meadow"), np.random.default_rng(0))
    still = dict.fromkeys(("grain", "fog_density", "marking_wear", "tyre_wear", "patches", "sun_strength"), 0.0)
    for name, value in {**still, "exposure": 1.0, "contrast": 1.0, **fields}.items():
        if name in COLOURS:
            look[3 * COLOURS.index(name) :][:3] = value
        else:
            look[LOOK_FIELDS.index(name)] = value
    return look


def draw(camera, scene, pose, look=None, truth=True):
    """One frame, without the batch axis."""
    look = plain_look() if look is None else look
    frames = camera.render(scene, np.zeros(1, np.int64), np.array([pose], float), look[None], truth=truth)
    return [None if view is None else view[0] for view in frames]


def project(camera, x, y, z, pose=(0.0, -1.75, 0.0), pitch=0.0):
    """The pixel (row, column) of a world point z metres above the ground, by the textbook's pinhole."""
    eye_x, eye_y = pose[0] + 0.6 * math.cos(pose[2]), pose[1] + 0.6 * math.sin(pose[2])
    ahead = (x - eye_x) * math.cos(pose[2]) + (y - eye_y) * math.sin(pose[2])
    left = (y - eye_y) * math.cos(pose[2]) - (x - eye_x) * math.sin(pose[2])
    focal = camera.lens.width / 2 / math.tan(camera.lens.field_of_view / 2)
    row = HORIZON * camera.lens.height - focal * math.tan(pitch) + focal * (MOUNT - z) / ahead
    return row, camera.lens.width / 2 - focal * left / ahead


@pytest.fixture(scope="module")
def small():
    return Camera(72, 128)


@pytest.fixture(scope="module")
def large():
    return Camera(360, 640)


EGO = (0.0, -1.75, 0.0)


def test_focal_length_of_a_right_angle_is_half_the_width():
    assert Lens(100, 200, math.pi / 2, 1.4, 0.6).focal == pytest.approx(100)


def test_ground_rows_lie_at_focal_times_height_over_rows_below_the_horizon(large):
    *_, depth = draw(large, straight(), EGO)
    focal = 320 / math.tan(math.radians(40))
    for row in (152, 160, 200, 359):
        assert depth[row] == pytest.approx(np.full(640, focal * MOUNT / (row + 0.5 - 0.42 * 360)), rel=1e-5)
    assert np.isinf(depth[:151]).all()


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((14.0, 0.0), "lane marking"),  # s = 14: the middle of the dash from 12 to 16
        ((20.0, 0.0), "road"),  # s = 20: a gap
        ((8.0, 3.35), "edge line"),
        ((8.0, -3.35), "edge line"),
        ((8.0, -3.47), "road"),
        ((8.0, -3.6), "ground"),
        ((8.0, -1.75), "road"),
        ((15.0, 9.0), "ground"),
    ],
)
def test_world_points_have_the_class_that_stands_there(point, name):
    camera = Camera(720, 1280)
    segmentation = draw(camera, straight(), EGO)[1]
    row, column = project(camera, *point, 0.0)
    assert CLASSES[segmentation[int(row), int(column)]] == name
    assert CLASSES[segmentation[0, 0]] == "sky"


def test_points_at_distance_z_project_to_the_row_that_has_that_depth(large):
    *_, depth = draw(large, straight(), EGO)
    for z in (4.0, 9.0, 23.0):
        row, _ = project(large, z + 0.6, -1.75, 0.0)
        assert depth[int(row), 320] == pytest.approx(z, rel=1 / (row - 151))  # within the pixel's own depth range


def test_pitch_moves_the_picture_by_focal_times_its_tangent(large):
    pitch = math.atan(20 / large.lens.focal)  # 20 rows, nose down
    level, down = draw(large, straight(), (*EGO, 0.0)), draw(large, straight(), (*EGO, pitch))
    assert np.mean(level[1][160:] == down[1][140:340]) > 0.999
    assert down[3][160] == pytest.approx(level[3][180], rel=1e-4)


def test_s_jumping_at_the_seam_leaves_no_trace(large):
    before, after = (draw(large, straight(seam_at=seam), EGO) for seam in (-180.0, 13.3))
    assert (before[1] == after[1]).all()
    assert np.abs(before[0].astype(int) - after[0]).max() <= 1


def reference(camera, scene, pose):
    """Ground class and depth for each pixel by per-pixel bilinear look-up in float64; -1 above the horizon."""
    lens = camera.lens
    rows, columns = np.mgrid[: lens.height, : lens.width] + 0.5
    below = rows - HORIZON * lens.height
    depth = lens.focal * MOUNT / np.where(below > 0, below, np.nan)
    left = (lens.width / 2 - columns) * depth / lens.focal
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    x = pose[0] + 0.6 * cos + cos * depth - sin * left - scene.origin[0, 0]
    y = pose[1] + 0.6 * sin + sin * depth + cos * left - scene.origin[0, 1]
    inside = (x >= 0) & (y >= 0) & (x < GRID_SIZE - 1) & (y < GRID_SIZE - 1)
    ix, iy = (np.where(inside, value, 0).astype(int) for value in (x, y))
    fx, fy = np.where(inside, x - ix, 0), np.where(inside, y - iy, 0)
    grid = scene.grid[0].astype(float)
    corners = [grid[iy, ix], grid[iy, ix + 1], grid[iy + 1, ix], grid[iy + 1, ix + 1]]
    shares = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy]
    nearest = corners[0][..., 1]
    d = sum(share * corner[..., 0] for share, corner in zip(shares, corners, strict=True))
    s = sum(
        share * (nearest + (corner[..., 1] - nearest + LAP / 2) % LAP - LAP / 2)
        for share, corner in zip(shares, corners, strict=True)
    )
    a = np.abs(d)
    names = np.where(a < 3.5, CLASSES.index("road"), CLASSES.index("ground"))
    names = np.where((a > 3.26) & (a < 3.44), CLASSES.index("edge line"), names)
    names = np.where((a < 0.075) & (s % 12 < 4), CLASSES.index("lane marking"), names)
    return np.where(inside, names, -1), depth


def away_from_edges(names):
    """Pixels whose 3 x 3 neighbourhood is all of one class."""
    padded = np.pad(names, 1, mode="edge")
    height, width = names.shape
    around = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    return np.logical_and.reduce([view == names for view in around])


@pytest.mark.parametrize("make", [straight, circle])
def test_classes_and_depth_agree_with_a_plain_reference(large, make):
    scene, rng = make(), np.random.default_rng(3)
    for _ in range(6):
        along, d = rng.uniform(-60, 60), rng.uniform(-2.5, 2.5)
        if make is circle:
            pose = (
                (60 - d) * math.cos(along),
                (60 - d) * math.sin(along),
                along + math.pi / 2 + rng.uniform(-0.3, 0.3),
            )
        else:
            pose = (along, d, rng.uniform(-0.3, 0.3))
        _, segmentation, _, depth = draw(large, scene, pose)
        names, expected = reference(large, scene, pose)
        compared = (names >= 0) & (expected < 100) & away_from_edges(names)
        assert compared.mean() > 0.4
        assert (segmentation == names)[compared].mean() >= 0.995
        assert np.abs(depth - expected)[compared] == pytest.approx(0, abs=0.05)


def paint_share(camera, pose):
    """Share of paint in each pixel: the picture is linear in the marking's colour, so two pictures tell it exactly."""
    white, black = (draw(camera, straight(), pose, plain_look(marking=value))[0] for value in (250.0, 10.0))
    return (white[..., 0].astype(float) - black[..., 0]) / 240


def test_far_markings_keep_their_area():
    """Along a dash period a row holds on average two edge lines of 0.18 m and a third of a dash of 0.15 m."""
    camera = Camera(96, 96)
    poses = [(0.4 * step, -1.75 + 0.01 * step, 0.0) for step in range(30)]
    share = np.mean([paint_share(camera, pose).sum(axis=1) for pose in poses], axis=0)
    rows = np.arange(42, 52)  # nearer, the left edge line is outside the picture
    metres = share[rows] * MOUNT / (rows + 0.5 - 0.42 * 96)
    assert metres == pytest.approx(np.full(10, 2 * 0.18 + 0.15 / 3), rel=0.1)
    assert metres.mean() == pytest.approx(2 * 0.18 + 0.15 / 3, rel=0.02)


def test_markings_do_not_flicker_as_the_car_moves(small):
    """Over one dash period the paint in the far half of the road changes slowly: no dash pops in or out."""
    totals = [paint_share(small, (0.1 * step, -1.75, 0.0))[33:45].sum() for step in range(120)]
    assert np.abs(np.diff(totals)).max() < 0.03 * np.mean(totals)


def tree(x, y, kind="broadleaf", width=5.0, height=8.0, tint=0.3, length=0.0):
    return (x, y, width, height, KINDS.index(kind), tint, 0.4, length, 0.0)


def test_a_tree_stands_where_it_was_put(large):
    _, segmentation, instance, depth = draw(large, straight(tree(20.6, 4.0)), EGO)
    seen = instance == 1
    assert (segmentation[seen] == CLASSES.index("vegetation")).all()
    assert depth[seen] == pytest.approx(np.full(seen.sum(), 20.0), rel=1e-5)
    rows, columns = np.nonzero(seen)
    foot, middle = project(large, 20.6, 4.0, 0.0)
    top, _ = project(large, 20.6, 4.0, 8.0)
    assert abs(rows.max() + 1 - foot) <= 1.5
    assert top <= rows.min() <= top + 0.1 * (foot - top)
    assert columns[rows > foot - 5].mean() == pytest.approx(middle, abs=2.5)  # the trunk
    assert 0.5 * 5.0 <= np.ptp(columns) * 20 / large.lens.focal <= 1.1 * 5.0


def test_nearer_things_hide_farther_ones_whatever_their_order(large):
    far, near = tree(40.0, -8.0), tree(20.0, -4.9, "conifer", 6.0, 12.0)
    for objects, number in (((far, near), 2), ((near, far), 1)):
        instance = draw(large, straight(*objects), EGO)[2]
        row, column = project(large, 40.0, -8.0, 5.0)
        assert instance[int(row), int(column)] == number


def test_what_is_behind_or_beside_the_picture_is_not_drawn(small):
    frames = draw(small, straight(tree(-5.0, 4.0), tree(5.0, 60.0), tree(0.9, -1.75)), EGO)
    assert (frames[2] == 0).all()


def test_objects_with_kind_minus_one_are_empty_rows(small):
    empty_row = (20.0, 0.0, 5.0, 5.0, -1, 0.0, 0.0, 4.0, 0.0)
    empty, none = draw(small, straight(empty_row), EGO), draw(small, straight(), EGO)
    assert (empty[0] == none[0]).all()


def test_more_objects_than_slots_leave_out_the_farthest(small):
    crowd = [tree(10.0 + 0.5 * k, 6.0 + 0.1 * (k % 7)) for k in range(330)]
    instance, depth = draw(small, straight(*crowd), EGO)[2:]
    assert instance.max() <= 240
    assert depth[instance > 0].max() < 10.0 + 0.5 * 240


def test_signs_point_where_their_tint_says(large):
    """Half-way up, white tips lie on the side pointed to, so the blue begins further from there than higher up."""
    left, right = (draw(large, straight(tree(8.0, -1.75, "curve sign", 0.9, 1.5, tint)), EGO) for tint in (1, -1))
    seen = left[2] == 1
    assert (seen == (right[2] == 1)[:, ::-1]).mean() > 0.999
    mirrored = right[0][:, ::-1].astype(int)
    assert np.abs(left[0][seen] - mirrored[seen]).mean() < 6
    middle, higher = (int(project(large, 8.0, -1.75, height)[0]) for height in (1.02, 1.35))
    blue = (left[0][..., 2] > 120) & (left[0][..., 0] < 90)
    assert np.flatnonzero(blue[middle])[0] > np.flatnonzero(blue[higher])[0] + 3


def test_thin_posts_keep_their_light_at_every_shift(small):
    """A post 0.6 px wide weighs the same wherever it falls between two pixels: no flicker."""
    empty = draw(small, straight(), EGO)[0].astype(int)
    weights = []
    for shift in np.linspace(0, 1, 9):
        post = tree(15.6, -1.75 + shift * 15 / small.lens.focal, "delineator", 0.12, 1.05)
        weights.append((draw(small, straight(post), EGO)[0].astype(int) - empty)[28:].clip(0).sum())
    assert min(weights) > 0.75 * max(weights)


def random_batch(n, columns=3):
    rng = np.random.default_rng(5)
    poses = np.concatenate(
        [rng.uniform(-60, 60, (n, 1)), rng.uniform(-3, 3, (n, 1)), rng.uniform(-3, 3, (n, 1))], axis=1
    )
    looks = np.stack([training_look(rng) for _ in range(n)])
    return np.zeros(n, np.int64), np.column_stack([poses, np.zeros((n, columns - 3))]), looks


def busy():
    rng = np.random.default_rng(1)
    kinds, places, tints = KINDS.names, rng.uniform(-90, 90, (160, 2)), rng.uniform(-1, 1, 160)
    things = (tree(*places[k], kinds[k % len(kinds)], 3.0, 6.0, tints[k], 5.0) for k in range(160))
    zebra_and_stop_line = np.array([[[20.0, 3.0, 0.0, 20.0, 0.0], [15.0, 0.4, 1.0, 15.0, 0.0]]], np.float32)
    return straight(*things)._replace(decals=zebra_and_stop_line, pavement=np.full(1, 2.2, np.float32))


@pytest.mark.parametrize("size", [(72, 128), (33, 45)])
def test_a_frame_does_not_depend_on_its_batch_its_camera_or_its_thread(size):
    scene, (rows, poses, looks) = busy(), random_batch(64)
    looks[::2] = sample_looks("heldout", [np.random.default_rng(seed) for seed in range(32)])
    together = Camera(*size).render(scene, rows, poses, looks, truth=True)
    alone, other = Camera(*size), Camera(*size)
    singles = [alone.render(scene, rows[i : i + 1], poses[i : i + 1], looks[i : i + 1]).rgb[0] for i in range(64)]
    assert (together.rgb == np.stack(singles)).all()
    results = {}
    threads = [
        threading.Thread(target=lambda c=camera: results.update({c: c.render(scene, rows, poses, looks).rgb}))
        for camera in (alone, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((results[camera] == together.rgb).all() for camera in (alone, other))


def test_truth_and_a_zero_pitch_change_no_pixel(small):
    scene, (rows, poses, looks) = busy(), random_batch(16)
    pitched = np.column_stack([poses, np.zeros(16)])
    plain = small.render(scene, rows, poses, looks).rgb
    assert (small.render(scene, rows, poses, looks, truth=True).rgb == plain).all()
    assert (small.render(scene, rows, pitched, looks).rgb == plain).all()


def test_no_look_changes_the_truth(small):
    """Markings under snow are markings still; only light and colour differ between themes."""
    scene, pose = busy(), (3.0, -1.75, 0.2)
    looks = [sample_look(load_theme(name), np.random.default_rng(1)) for name in theme_names()]
    views = [draw(small, scene, pose, look)[1:] for look in looks]
    for other in views[1:]:
        for ours, theirs in zip(views[0], other, strict=True):
            assert (ours == theirs).all()


def test_snow_hides_markings_that_the_training_themes_show():
    camera = Camera(180, 320)
    for name, hidden in (("snow", True), *((chosen.name, False) for chosen in resolve("train"))):
        look = sample_look(load_theme(name), np.random.default_rng(2))
        look[LOOK_FIELDS.index("sun_strength")] = 0
        rgb, segmentation, *_ = draw(camera, straight(), EGO, look)
        rows = slice(100, 170)
        line, road = (rgb[rows][segmentation[rows] == CLASSES.index(kind)].mean() for kind in ("edge line", "road"))
        grass = rgb[rows][segmentation[rows] == CLASSES.index("ground")].mean()
        assert (abs(line - grass) < 0.35 * abs(line - road)) == hidden


def test_however_many_trees_cast_a_shadow_half_the_light_is_left(large):
    """So a marking stands out from asphalt, and asphalt from grass, as much in a grove's shadow as in the sun."""
    look = plain_look(sun_strength=1.0, sun_elevation=0.3, sun_azimuth=math.pi / 2)
    grove = straight(*(tree(18.0 + 0.2 * k, 6.0) for k in range(30)))
    rgb, segmentation, instance, _ = draw(large, grove, EGO, look)
    share = rgb / np.maximum(draw(large, straight(), EGO, look)[0], 1)
    names = [CLASSES.index(name) for name in ("road", "edge line", "ground")]
    darkest = [np.quantile(share[(segmentation == name) & (instance == 0)][:, 0], 0.001) for name in names]
    assert darkest == pytest.approx([0.5] * 3, abs=0.06)


def brightness(camera, scene, pose, look):
    """Mean of the three channels, (H, W)."""
    return draw(camera, scene, pose, look)[0].mean(axis=-1)


def test_headlamps_light_the_road_ahead_less_with_distance_and_angle(large):
    """Only moonlight, a twentieth of the day's, is left where the lamps do not reach; the sky is as it was."""
    day, night = (plain_look(asphalt=100.0, grass=100.0, dry_grass=100.0, headlights=share) for share in (0.0, 0.95))
    share = brightness(large, straight(), EGO, night) / brightness(large, straight(), EGO, day)
    rows = [int(project(large, z, -1.75, 0.0)[0]) for z in (10.0, 25.0, 60.0)]
    ahead = [share[row, 320] for row in rows]
    assert ahead[0] > 1.2 * ahead[1] > 2 * ahead[2]
    assert share[rows[0], 320] > 1.3 * share[rows[0], 20]
    assert share[151, 320] == pytest.approx(0.05, abs=0.03)
    assert (share[:60] == 1).all()


def test_paint_sends_the_lamps_light_back_from_farther_than_asphalt(large):
    row = int(project(large, 50.0, -1.75, 0.0)[0])
    ratios = []
    for headlights in (0.0, 1.0):
        look = plain_look(asphalt=100.0, marking=240.0, headlights=headlights)
        rgb, segmentation, *_ = draw(large, straight(), EGO, look)
        line, road = (rgb[row][segmentation[row] == CLASSES.index(name)].mean() for name in ("edge line", "road"))
        ratios.append(line / road)
    assert ratios[1] > 1.3 * ratios[0]


def test_a_wet_road_mirrors_a_tree_and_a_dry_one_does_not(large):
    """Below a dark tree 30 m ahead the wet road is darker than beside it, where it mirrors the sky."""
    scene = straight(tree(30.0, -1.75, "conifer", 3.0, 14.0))
    row, column = (int(value) for value in project(large, 12.0, -1.75, 0.0))
    contrast = []
    for wetness in (0.0, 1.0):
        grey = brightness(large, scene, EGO, plain_look(wetness=wetness, asphalt=60.0))
        contrast.append(grey[row, column - 48 : column - 32].mean() - grey[row, column - 5 : column + 5].mean())
    assert abs(contrast[0]) < 3
    assert contrast[1] > 10


def test_rain_is_the_same_for_the_same_state_and_other_after_a_millimetre(small):
    look = plain_look(rain=1.0)
    first, again, moved = (draw(small, straight(), (x, -1.75, 0.0), look)[0] for x in (5.0, 5.0, 5.001))
    dry = draw(small, straight(), (5.0, -1.75, 0.0))[0]
    assert (first == again).all()
    assert 0.05 < (first != dry).any(axis=-1).mean() < 0.6
    assert ((first != dry) & (moved != dry) & (first != moved)).any()


def test_stars_keep_their_places_when_the_car_turns(large):
    """A star that is `turn` radians left of the axis at yaw 0 is on the axis at yaw `turn`."""
    look = plain_look(stars=1.0, zenith=0.0, haze=0.0, cloud=0.0, far_hills=0.0, near_hills=0.0, sun_azimuth=math.pi)
    first = brightness(large, straight(), EGO, look)[:130]
    row, column = np.unravel_index(first[:, 320:500].argmax(), (130, 180))
    turn = math.atan((320 - (column + 320 + 0.5)) / large.lens.focal)
    turned = brightness(large, straight(), (0.0, -1.75, turn), look)[:130]
    # the same elevation is nearer to the horizon on the axis than at the edge
    height = (0.42 * 360 - row - 0.5) * math.cos(turn)
    there = round(0.42 * 360 - height - 0.5)
    light = first[row - 1 : row + 2, column + 318 : column + 323].sum()
    assert turned[there - 1 : there + 2, 317:324].sum() == pytest.approx(light, rel=0.3)


def test_the_planet_stands_where_its_sun_puts_it(large):
    azimuth = 0.4
    with_planet, without = (
        brightness(large, straight(), EGO, plain_look(planet=opacity, sun_azimuth=azimuth - 2.25, cloud_cover=0.0))
        for opacity in (1.0, 0.0)
    )
    rows, columns = np.nonzero(np.abs(with_planet - without) > 8)
    assert rows.max() < 151
    row, column = project(large, 1000 * math.cos(azimuth), 1000 * math.sin(azimuth) - 1.75, 1.4 + 210.0)
    assert columns.min() < column < columns.max()
    assert rows.min() <= row < rows.max()


def test_veins_glow_beside_the_road_only(large):
    _, segmentation, *_ = plain = draw(large, straight(), EGO)
    changed = (draw(large, straight(), EGO, plain_look(veins=1.0))[0] != plain[0]).any(axis=-1)
    assert changed[segmentation == CLASSES.index("ground")].mean() > 0.1
    assert not changed[segmentation != CLASSES.index("ground")].any()


def test_many_frames_may_share_a_world_and_out_is_drawn_into(small):
    scene, (rows, poses, looks) = busy(), random_batch(4)
    both = Scene(*(np.concatenate([part, part]) for part in scene))
    out = np.zeros((4, 72, 128, 3), np.uint8)
    frames = small.render(both, np.array([1, 0, 1, 1]), poses, looks, out=out)
    assert frames.rgb is out
    assert (out == small.render(scene, rows, poses, looks).rgb).all()


@pytest.mark.parametrize("angle", [100.0, -100.0])
def test_full_turns_change_nothing(small, angle):
    turned = (*EGO[:2], 0.3 + 2 * math.pi * angle)
    difference = np.abs(draw(small, busy(), (*EGO[:2], 0.3))[0].astype(int) - draw(small, busy(), turned)[0])
    assert difference.max() <= 2


def refuse(match, **changes):
    rows, poses, looks = random_batch(2)
    arguments = {"rows": rows, "poses": poses, "looks": looks, **changes}
    with pytest.raises(ValueError, match=match) as caught:
        Camera(72, 128).render(straight(), **arguments)
    assert "\n" not in str(caught.value)


def test_wrong_shapes_and_impossible_values_are_refused_in_one_line():
    rows, poses, looks = random_batch(2)
    refuse("poses of shape", poses=poses[:, :2])
    refuse("looks", looks=looks[:1])
    refuse("rows", rows=rows[:1])
    refuse("frame 1: world 5 of 1", rows=np.array([0, 5]))
    refuse("frame 0: .*finite", poses=np.array([[np.nan, 0, 0], [0, 0, 0]]))
    refuse("frame 1: .*finite", looks=np.stack([looks[0], np.full_like(looks[0], np.inf)]))
    refuse("out", out=np.zeros((2, 72, 128), np.uint8))


@pytest.mark.parametrize("size", [(0, 128), (72, 4), (72.5, 128)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ValueError, match="expected an integer from 8"):
        Camera(*size)


def red(frame):
    """Which pixels of a frame say stop, (H, W) bool: clearly red, not orange, which has more green than blue."""
    r, g, b = np.moveaxis(frame.astype(int), -1, 0)
    return (r - np.maximum(g, b) > 90) & (np.abs(g - b) < 45)


@pytest.mark.parametrize(("phase", "yaw", "shines"), [(2, math.pi, True), (0, math.pi, False), (2, 0.0, False)])
def test_a_red_light_25_m_away_covers_six_pixels_of_the_policy_s_frame(small, phase, yaw, shines):
    """By hand: a disc of 1 m at 76.3 / 25 pixels a metre covers 7.3. A green one, or one from behind, is not red."""
    light = (25.6, -4.4, 1.25, 5.3, KINDS.index("traffic light"), 0.0, yaw, 0.3, phase)
    frame, segmentation, instance, _ = draw(small, straight(light), EGO)
    assert (segmentation[instance == 1] == CLASSES.index("light")).all()
    count = (red(frame) & (instance == 1)).sum()
    assert count >= 6 if shines else count == 0
    assert not red(frame)[instance == 0].any()


def test_nothing_but_lights_that_say_stop_is_red(large):
    """Every kind in many tints: red is the overlay's. A braking car's lamps are."""
    kinds = [kind for kind in KINDS if kind != "traffic light"]
    for k, kind in enumerate(kinds):
        things = [tree(12.0 + 5 * row, -14.0 + 4 * row, kind, 2.0, 3.0, -1 + row / 4, 4.0) for row in range(9)]
        assert not red(draw(large, straight(*things), EGO)[0]).any(), (k, kind)
    car = (12.0, -1.75, 1.75, 1.45, KINDS.index("car"), 0.1, 0.0, 4.4, 1.0)
    assert red(draw(large, straight(car), EGO)[0]).sum() > 100
