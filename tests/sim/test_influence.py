"""The picture without an object: equal outside the object's influence, bit for bit, and how large that is.

An object's own area: every pixel of which it owns something in a picture four times as fine, drawn alone; and the
ground that is darker for it. On wet ground its mirror image in still water as well.
"""

import math
from typing import NamedTuple

import numpy as np
import pytest
from test_truth import WORLDS, driven, random_pose

from sim.camera import Camera
from sim.kinds import KINDS
from sim.scene import OBJECT_COLUMNS
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE
from sim.theme import LOOK_FIELDS, load_theme, sample_look, theme_names

FINE = 4
SLIGHT = {"street lamp": 0.3}
"""Kinds that are looked at from nearer than others of their height."""

SMEARED = {"street lamp": 3}
"""How many times as large as what a finer camera shows the influence may be, where it isn't twice: a pole that is much
thinner than a pixel is drawn two or three broad, and faint."""

SEEN = 6
"""Pixels of an object from which on it counts as seen."""
KIND, X, Y, HEIGHT = map(OBJECT_COLUMNS.index, ("kind", "x", "y", "height"))
WATER = [LOOK_FIELDS.index("wetness"), LOOK_FIELDS.index("rain")]


class Case(NamedTuple):
    """One object before one camera: which world shows it, as whose row, from where, in what look."""

    world: int
    row: int
    pose: np.ndarray
    look: np.ndarray


class Influence(NamedTuple):
    """What leaving an object out does, in pixels. changed: of those outside its mask. mask: its mask. own: its own area
    and shadow. mirrored: these and its mirror image."""

    changed: int
    mask: int
    own: int
    mirrored: int


@pytest.fixture(scope="module")
def worlds():
    return [driven(scenario, 700, 120) for scenario in ("town", "traffic")]


@pytest.fixture(scope="module")
def cameras():
    height, width = FRAME_SIZE
    return Camera(height, width, FIELD_OF_VIEW), Camera(FINE * height, FINE * width, FIELD_OF_VIEW)


def truth(camera, simulator, case, objects=None, look=None):
    look = case.look if look is None else look
    table = None if objects is None else objects[None]
    scene = simulator.world.scene()
    return camera.render(scene, np.array([case.world]), case.pose[None], look[None], truth=True, objects=table)


def seen_cases(camera, simulator, kind, theme, rng, count):
    """Cases in which an object of this kind is seen, `count` of them if so many are found."""
    found = []
    for _ in range(40 * count):
        world, tables = int(rng.integers(WORLDS)), simulator.world.objects
        rows = np.flatnonzero(tables[world, :, KIND] == KINDS.index(kind))
        if len(found) == count:
            break
        if not len(rows):
            continue
        row, bearing = int(rng.choice(rows)), rng.uniform(-math.pi, math.pi)
        x, y, height = tables[world, row, [X, Y, HEIGHT]]
        away = SLIGHT.get(kind, 1.0) * height * rng.uniform(3, 10)
        x, y = x - away * math.cos(bearing), y - away * math.sin(bearing)
        pose = np.array([x, y, bearing + rng.normal(0, 0.25), rng.uniform(-0.05, 0.05)])
        case = Case(world, row, pose, sample_look(load_theme(theme), rng))
        if (truth(camera, simulator, case).instance == row + 1).sum() >= SEEN:
            found.append(case)
    return found


def influence(cameras, simulator, case):
    """Leave the object out, and compare what changes with what belongs to it."""
    camera, fine = cameras
    scene, arguments = simulator.world.scene(), (np.array([case.world]), case.pose[None], case.look[None])
    pictures = [camera.render(scene, *arguments, without=np.array([row])).rgb[0] for row in (-1, case.row)]
    mask = camera.influence(scene, *arguments, np.array([case.row]))[0]
    changed = (pictures[0] != pictures[1]).any(axis=-1)

    empty, dry = simulator.world.objects[case.world].copy(), case.look.copy()
    empty[:, KIND], dry[WATER] = -1, 0
    alone = empty.copy()
    alone[case.row] = simulator.world.objects[case.world, case.row]
    with_it, bare = (truth(camera, simulator, case, table, dry) for table in (alone, empty))
    ground = np.isfinite(bare.depth[0])
    darker = (with_it.rgb[0] != bare.rgb[0]).any(axis=-1) & ground
    shown = truth(fine, simulator, case, alone, dry).instance[0] > 0
    own = darker | coarse(shown)
    in_water = coarse(mirror_image(fine, shown, case.pose[3])) & ground
    return Influence((changed & ~mask).sum(), mask.sum(), own.sum(), (own | in_water).sum())


def coarse(fine):
    """Pixels in which something is set, (H, W), from a mask FINE times as fine."""
    height, width = FRAME_SIZE
    return fine.reshape(height, FINE, width, FINE).any(axis=(1, 3))


def mirror_image(camera, mask, pitch):
    """A mask (H, W) turned over at the horizon."""
    horizon = camera.lens.centre[1] - camera.lens.focal * math.tan(pitch)
    source = np.floor(2 * horizon - (np.arange(len(mask)) + 0.5)).astype(int)
    inside = (source >= 0) & (source < horizon)
    return np.where(inside[:, None], mask[np.clip(source, 0, len(mask) - 1)], False)


def measure(worlds, cameras, kind, theme, seed, count):
    rng = np.random.default_rng([seed, KINDS.index(kind), theme_names().index(theme)])
    return [
        influence(cameras, simulator, case)
        for simulator in worlds
        for case in seen_cases(cameras[0], simulator, kind, theme, rng, count)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_changes_without_an_object_is_its_own(worlds, cameras, kind):
    met = 0
    for theme in theme_names():
        for each in measure(worlds, cameras, kind, theme, seed=1, count=2):
            met += 1
            assert each.changed == 0
            assert 0 < each.mask <= SMEARED.get(kind, 2) * (each.mirrored if theme == "rain" else each.own)
    assert met >= 15


def test_a_house_that_is_left_out_gives_back_what_it_helped_to_hide(worlds, cameras):
    """In a street most houses hide others whole, which are not drawn at all: not even the soft edges of their feet."""
    rng, camera, town = np.random.default_rng(10), cameras[0], worlds[0]
    scene, looks, met = town.world.scene(), town.looks, 0
    for _ in range(120):
        world = int(rng.integers(WORLDS))
        pose, look = random_pose(town, world, rng), looks[world]
        instances = np.unique(truth(camera, town, Case(world, 0, pose, look)).instance)
        rows = instances[instances > 0].astype(int) - 1
        rows = rows[scene.objects[world, rows, KIND] == KINDS.index("building")]
        n = len(rows)
        arguments = (np.full(n, world), np.tile(pose, (n, 1)), np.tile(look, (n, 1)))
        whole, rest = (camera.render(scene, *arguments, without=left).rgb for left in (np.full(n, -1), rows))
        mask = camera.influence(scene, *arguments, rows)
        assert not ((whole != rest).any(axis=-1) & ~mask).any()
        met += n
    assert met > 500


@pytest.mark.slow
def test_influence_in_many_pictures(worlds, cameras):
    """Prints the figures of the documentation."""
    for wet in (False, True):
        for kind in KINDS:
            themes = [theme for theme in theme_names() if (theme == "rain") == wet]
            found = np.array(
                [each for theme in themes for each in measure(worlds, cameras, kind, theme, 2, 24 if wet else 6)]
            )
            print(
                f"\n{'wet' if wet else 'dry'} {kind}: {len(found)} pictures, {found[:, 0].sum()} pixels outside", end=""
            )
            for name, area in zip(
                ("its own area", "that with its mirror image"), found[:, 2 : 4 if wet else 3].T, strict=False
            ):
                ratio = found[:, 1] / area
                print(f"; of {name}: median {np.median(ratio):.2f}, greatest {ratio.max():.2f}", end="")
                print(f", above 2 in {(ratio > 2).mean():.3f}", end="")
            assert (found[:, 0] == 0).all()
