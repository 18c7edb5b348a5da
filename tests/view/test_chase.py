"""The chase view: light falls where the policy looked and nowhere else."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.camera import Camera
from sim.camera.lens import HORIZON
from sim.cells import CellGrid
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.instant import Instants
from sim.kinds import KINDS
from sim.policy import Attention
from sim.scene import OBJECT_COLUMNS
from sim.simulator import Simulator
from sim.vehicle import YAW, X, Y
from sim.view import chase
from sim.view.chase import Chase, trail
from sim.view.ink import CORE, LINE, RED

SIZE = (180, 320)
ROWS, COLS = 9, 16
KIND = OBJECT_COLUMNS.index("kind")


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    """A world with a road and nothing beside it."""
    simulator = Simulator(1, theme="meadow")
    simulator.reset(np.array([0]), [7])
    simulator.world.objects[0, :, KIND] = -1
    return simulator


def selection(cells: list[tuple[int, int]]) -> Attention:
    kept = np.zeros((1, ROWS, COLS), bool)
    for cell in cells:
        kept[(0, *cell)] = True
    weights = (kept / max(1, kept.sum())).astype(np.float32)
    return Attention(weights, CellGrid.tiling(ROWS, COLS), "selection", kept)


def soft(cell: tuple[int, int]) -> Attention:
    weights = np.full((1, ROWS, COLS), 0.5 / (ROWS * COLS - 1), np.float32)
    weights[(0, *cell)] = 0.5
    return Attention(weights, CellGrid.tiling(ROWS, COLS), "soft attention")


def standing(simulator: Simulator, pose: np.ndarray) -> Instants:
    """The world's instant, with its car at another pose."""
    instant = simulator.instants()
    vehicle = instant.vehicle.copy()
    vehicle[0, [X, Y, YAW]] = pose
    return replace(instant, vehicle=vehicle)


def picture(simulator: Simulator, attention: Attention | None, **settings) -> np.ndarray:
    lamp = standing(simulator, settings.pop("eye_pose", simulator.world.poses()[0]))
    lens = simulator.camera.lens
    return Chase(simulator).picture(simulator.instants(), SIZE, attention=attention, lamp=lamp, lens=lens, **settings)


def lit(simulator: Simulator, attention: Attention, **settings) -> np.ndarray:
    """Where the light changed the picture, (H, W) bool."""
    dark = picture(simulator, None, **settings)
    return (picture(simulator, attention, **settings) != dark).any(axis=-1)


def on_the_frame(simulator: Simulator, eye_pose: np.ndarray, camera_yaw: float) -> np.ndarray:
    """Each chase pixel's place in the policy's frame by its depth: (H, W, 3) cell row, cell column, metres ahead."""
    x, y, _ = simulator.world.poses()[0]
    mount = {"mount_height": chase.MOUNT_HEIGHT, "mount_forward": chase.MOUNT_FORWARD}
    camera, lens = Camera(*SIZE, chase.FIELD_OF_VIEW, **mount), simulator.camera.lens
    focal, horizon = camera.lens.focal, chase.CHASE_HORIZON * SIZE[0]
    pose = np.array([[x, y, camera_yaw, math.atan((HORIZON * SIZE[0] - horizon) / focal)]])
    depth = camera.render(simulator.world.scene(), np.array([0]), pose, simulator.looks, truth=True).depth
    assert depth is not None
    z = np.where(depth[0] < chase.FARTHEST, depth[0], np.nan).astype(np.float64)
    rows, columns = np.indices(SIZE) + 0.5
    height = chase.MOUNT_HEIGHT - z * (rows - horizon) / focal
    place = vehicle_to_world(z + chase.MOUNT_FORWARD, z * (SIZE[1] / 2 - columns) / focal, x, y, camera_yaw)
    ahead, left = world_to_vehicle(*place, *eye_pose)
    ahead = ahead - lens.mount_forward
    row = lens.centre[1] + (lens.mount_height - height) * lens.focal / ahead
    column = lens.centre[0] - left * lens.focal / ahead
    return np.stack([row * ROWS / lens.height, column * COLS / lens.width, ahead], axis=-1)


@pytest.mark.parametrize("cell", [(5, 5), (4, 8), (5, 11)])
@pytest.mark.parametrize("camera_turn", [0.0, 0.3])
def test_a_cell_lights_what_it_shows_and_nothing_else(simulator: Simulator, cell, camera_turn: float) -> None:
    pose = simulator.world.poses()[0]
    eye_pose = pose + np.array([1.0, 0.5, 0.1])  # the car has moved on since the frame was taken
    settings = {"eye_pose": eye_pose, "camera_yaw": pose[2] + camera_turn}
    there = lit(simulator, selection([cell]), **settings)
    row, column, ahead = np.moveaxis(on_the_frame(simulator, eye_pose, pose[2] + camera_turn), -1, 0)
    inside = np.maximum(abs(row - cell[0] - 0.5), abs(column - cell[1] - 0.5))
    assert there.sum() > 20
    assert inside[there].max() < 0.62  # half a cell, and the pixels on its edge
    assert ahead[there].min() > 0
    unlit = (inside < 0.4) & (ahead > 0) & ~there
    assert unlit.sum() == 0 or not visible_ground(simulator, settings)[unlit].any()


def visible_ground(simulator: Simulator, settings: dict) -> np.ndarray:
    """What neither the car nor anything else covers: it turns red when all cells are kept."""
    return lit(simulator, selection([(r, c) for r in range(ROWS) for c in range(COLS)]), **settings)


def test_light_has_the_overlays_scale(simulator: Simulator) -> None:
    """Well inside of two cells; asphalt has no colour of its own."""
    attention, pose = selection([(5, 4), (5, 5)]), simulator.world.poses()[0]
    dark, light = picture(simulator, None), picture(simulator, attention)
    row, column, ahead = np.moveaxis(on_the_frame(simulator, pose, pose[2]), -1, 0)
    inside = (ahead > 0) & (abs(row - 5.5) < 0.1) & (abs(column - 5) < 0.6)
    expected = dark[inside] + (np.array(RED) - dark[inside]) * CORE
    assert inside.sum() > 20
    np.testing.assert_allclose(light[inside], expected, atol=2)


def test_a_region_has_its_line_on_the_ground_too(simulator: Simulator) -> None:
    attention, pose = selection([(5, 4), (5, 5)]), simulator.world.poses()[0]
    row, column, ahead = np.moveaxis(on_the_frame(simulator, pose, pose[2]), -1, 0)
    line = (abs(picture(simulator, attention).astype(int) - LINE) < 40).all(axis=-1)
    to_border = np.minimum(0.5 - abs(row - 5.5), 1 - abs(column - 5))
    assert line.sum() > 30
    assert (ahead[line] > 0).all()
    assert abs(to_border[line]).max() < 0.2


def test_what_the_light_does_not_fall_on_goes_dark(simulator: Simulator) -> None:
    attention, pose = selection([(5, 4), (5, 5)]), simulator.world.poses()[0]
    plain, spot = picture(simulator, None), picture(simulator, attention, spotlight=True, red=False)
    row, column, ahead = np.moveaxis(on_the_frame(simulator, pose, pose[2]), -1, 0)
    inside = (ahead > 0) & (abs(row - 5.5) < 0.4) & (abs(column - 5) < 0.9)
    assert np.array_equal(spot[inside], plain[inside])
    assert spot[:40].mean() < 0.25 * plain[:40].mean()  # the sky
    assert spot[~inside].mean() < 0.3 * plain[~inside].mean()


def test_no_map_and_an_empty_map_leave_every_byte(simulator: Simulator) -> None:
    dark = picture(simulator, None)
    np.testing.assert_array_equal(picture(simulator, selection([])), dark)
    assert (picture(simulator, selection([(5, 8)])) != dark).any()


def test_nothing_is_lit_behind_the_lamp_nor_in_the_sky(simulator: Simulator) -> None:
    x, y, yaw = simulator.world.poses()[0]
    further_on = np.array([*vehicle_to_world(30.0, 0.0, x, y, yaw), yaw])
    sky = [(row, col) for row in range(3) for col in range(COLS)]  # the horizon crosses row 3
    assert not lit(simulator, selection(sky), eye_pose=further_on).any()


def test_a_selection_has_edges_and_a_soft_map_has_none(simulator: Simulator) -> None:
    def shades(attention: Attention) -> np.ndarray:
        """How red each lit pixel of ground is."""
        dark, light = picture(simulator, None).astype(float), picture(simulator, attention).astype(float)
        red = (light - dark)[..., 1] / np.minimum(RED[1] - dark[..., 1], -1)
        return red[red > 0.03]

    raw, smooth = shades(selection([(5, 8)])), shades(soft((5, 8)))
    assert np.mean(raw > 0.8 * CORE) > 0.8
    assert np.mean(smooth < 0.5 * CORE) > 0.2


def test_what_stands_in_the_light_takes_it(simulator: Simulator) -> None:
    attention = selection([(row, col) for row in (3, 4, 5) for col in range(COLS)])
    pose, objects = simulator.world.poses()[0], simulator.world.objects[0]
    free = lit(simulator, attention)
    try:
        ahead = 11.0 + simulator.camera.lens.mount_forward
        objects[0] = [*vehicle_to_world(ahead, 0.0, *pose), 4.0, 0.9, KINDS.index("bush"), 0, 0, 0, 0]
        there, place = lit(simulator, attention), on_the_frame(simulator, pose, pose[2])
    finally:
        objects[0, KIND] = -1
    lens, (row, column, ahead) = simulator.camera.lens, np.moveaxis(place, -1, 0)
    bush = abs(ahead - 11) < 0.01
    shadow = free & ~there & ~bush
    assert there[bush].mean() > 0.8
    assert shadow.sum() > 30
    # where the ray to a pixel passes the bush's plane: metres to the side and above the ground
    aside = (column[shadow] / COLS - 0.5) * lens.width / lens.focal * 11
    height = lens.mount_height - (row[shadow] * lens.height / ROWS - lens.centre[1]) / lens.focal * 11
    assert ahead[shadow].min() > 11
    assert abs(aside).max() < 2.4
    assert height.min() > 0.0
    assert height.max() < 1.0


def test_a_picture_does_not_hang_on_the_one_before(simulator: Simulator) -> None:
    shared, world, lens = Chase(simulator), simulator.instants(), simulator.camera.lens
    for step in (np.zeros(3), np.array([2.0, 0.0, 0.3]), np.zeros(3)):
        lamp = standing(simulator, world.pose[0] + step)
        settings = {"attention": selection([(5, 8), (6, 3)]), "lamp": lamp, "lens": lens}
        again = shared.picture(world, SIZE, **settings)
        np.testing.assert_array_equal(again, Chase(simulator).picture(world, SIZE, **settings))


def test_the_car_stands_in_the_picture_as_it_is_driven(simulator: Simulator) -> None:
    plain, braking, steering = (
        picture(simulator, None, **settings).astype(int) for settings in ({}, {"brake": 1.0}, {"steer_angle": 0.4})
    )
    lamps = (braking != plain).any(axis=-1)
    assert (braking[lamps] - plain[lamps])[:, 0].min() >= 0
    assert abs(np.nonzero(lamps)[1].mean() + 0.5 - SIZE[1] / 2) < 1.0  # one lamp on each side
    assert (steering != plain).any()


def test_a_trailing_camera_comes_round_the_short_way() -> None:
    assert trail(0.0, 1.0, chase.TRAIL_TIME) == pytest.approx(1 - math.exp(-1))
    assert trail(3.0, -3.0, 0.1) > 3.0
    assert trail(0.5, 0.5, 0.1) == 0.5
    half = trail(trail(0.0, 1.0, 0.01), 1.0, 0.01)
    assert half == pytest.approx(trail(0.0, 1.0, 0.02))
