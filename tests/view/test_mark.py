"""The frame round the cause object: by hand, against the pixels that the camera says are its, and its lines."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.camera import Camera
from sim.camera.lens import Lens
from sim.geometry import vehicle_to_world
from sim.kinds import KINDS
from sim.scene import OBJECT_COLUMNS
from sim.simulator import Simulator
from sim.view.chase import CHASE_HORIZON, FIELD_OF_VIEW, MOUNT_FORWARD, MOUNT_HEIGHT, chase_eye
from sim.view.mark import COLOUR, SMALLEST, Eye, Frame, draw, eye_of, frame_of, widened

SIZE = (360, 640)
SIZES = {  # length, width, height in metres
    "car": (4.4, 1.8, 1.5),
    "van": (5.2, 2.0, 2.3),
    "truck": (8.5, 2.5, 3.4),
    "cone": (0.0, 0.4, 0.75),
    "pedestrian": (0.0, 0.6, 1.7),
    "traffic light": (0.0, 1.25, 5.3),
}
"""What may be a cause object."""

HALF_SQUARE = 100.0
LEVEL = Eye(0.0, 0.0, 0.0, 1.4, HALF_SQUARE, (320.0, 151.0))
"""At the origin, looking east, 100 pixels of focal length."""


def thing(kind: str, x: float, y: float, yaw: float = 0.0) -> np.ndarray:
    """A row of objects."""
    length, width, height = SIZES[kind]
    row = {"x": x, "y": y, "width": width, "height": height, "kind": KINDS.index(kind)}
    return np.array([{**row, "yaw": yaw, "length": length}.get(name, 0.0) for name in OBJECT_COLUMNS], np.float32)


def test_a_light_by_hand() -> None:
    """25 m ahead, 5 m to the right, 4 pixels a metre: 2.5 pixels to either side, its foot 1.4 m below the eye."""
    frame = frame_of(thing("traffic light", 25.0, -5.0), LEVEL)
    assert frame == pytest.approx((340 - 2.5, 151 - 4 * 3.9, 340 + 2.5, 151 + 4 * 1.4), abs=1e-4)


def test_a_car_by_hand() -> None:
    """Its rear, 10 m ahead, is 18 pixels wide; its far end stands higher in the picture and lower in the air."""
    frame = frame_of(thing("car", 12.2, 0.0), LEVEL)
    assert frame == pytest.approx((320 - 9, 151 - 10 * 0.1, 320 + 9, 151 + 14), abs=1e-4)


def test_a_car_seen_from_the_side_is_as_wide_as_it_is_long() -> None:
    frame = frame_of(thing("car", 20.9, 0.0, math.pi / 2), LEVEL)
    assert frame.right - frame.left == pytest.approx(100 * 4.4 / 20.0, abs=1e-3)


@pytest.mark.parametrize("place", [(-5.0, 0.0), (300.0, 0.0)])
def test_what_is_behind_or_far_beyond_is_not_seen(place) -> None:
    assert frame_of(thing("cone", *place), LEVEL) is None


def test_a_car_that_reaches_behind_the_eye_has_a_frame_all_the_same() -> None:
    frame = frame_of(thing("truck", 1.0, -2.5), LEVEL)
    assert frame is not None
    assert np.isfinite(frame).all()
    assert frame.right > 1000


@settings(deadline=None)
@given(st.floats(3.0, 150.0), st.floats(-4.0, 4.0), st.floats(-math.pi, math.pi), st.floats(-50.0, 50.0))
def test_where_the_world_lies_makes_no_difference(ahead: float, left: float, yaw: float, shift: float) -> None:
    x, y = vehicle_to_world(ahead, left, shift, -shift, yaw)
    turned = frame_of(thing("van", float(x), float(y), yaw + 0.3), LEVEL._replace(x=shift, y=-shift, yaw=yaw))
    assert turned == pytest.approx(frame_of(thing("van", ahead, left, 0.3), LEVEL), rel=1e-3, abs=0.2)


# --- the camera's own truth


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    """A road with nothing beside it."""
    simulator = Simulator(1, theme="meadow")
    simulator.reset(np.array([0]), [7])
    simulator.world.objects[0, :, OBJECT_COLUMNS.index("kind")] = -1
    return simulator


def seen(camera: Camera, simulator: Simulator, pose: np.ndarray, shown: np.ndarray) -> Frame:
    """The box round the pixels that the camera says are the object's."""
    objects = np.concatenate([shown[None], simulator.world.objects[0, 1:]])
    scene = simulator.world.scene()
    truth = camera.render(scene, np.array([0]), pose[None], simulator.looks, truth=True, objects=objects[None])
    assert truth.instance is not None
    rows, columns = np.nonzero(truth.instance[0] == 1)
    assert len(rows), "the camera draws it"
    return Frame(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def holds(frame: Frame, inner: Frame, slack: float) -> bool:
    """Whether one frame lies in the other, to so many pixels."""
    low = min(inner.left - frame.left, inner.top - frame.top)
    return min(low, frame.right - inner.right, frame.bottom - inner.bottom) >= -slack


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize(("ahead", "left", "turn"), [(9.0, 0.0, 0.0), (16.0, -3.0, 0.4), (30.0, 2.5, 3.1)])
def test_the_frame_lies_on_the_objects_pixels(simulator: Simulator, kind, ahead, left, turn) -> None:
    """All of its pixels lie in the frame, and the frame is hardly larger than they are."""
    camera, pose = Camera(*SIZE), simulator.world.poses()[0]
    shown = thing(kind, *vehicle_to_world(ahead, left, *pose), pose[2] + turn)
    frame, pixels = frame_of(shown, eye_of(camera.lens, pose)), seen(camera, simulator, pose, shown)
    assert holds(frame, pixels, slack=2.5), (frame, pixels)
    assert holds(pixels, frame, slack=2.5 + 0.2 * (frame.bottom - frame.top)), (frame, pixels)


@pytest.mark.parametrize("kind", SIZES)
def test_so_it_does_from_behind_the_car(simulator: Simulator, kind) -> None:
    pose = simulator.world.poses()[0]
    camera_yaw = float(pose[2]) + 0.2
    camera = Camera(*SIZE, FIELD_OF_VIEW, mount_height=MOUNT_HEIGHT, mount_forward=MOUNT_FORWARD)
    pitch = math.atan((0.42 - CHASE_HORIZON) * SIZE[0] / camera.lens.focal)
    shown = thing(kind, *vehicle_to_world(14.0, -2.0, *pose), pose[2])
    frame = frame_of(shown, chase_eye(SIZE, pose, camera_yaw))
    pixels = seen(camera, simulator, np.array([*pose[:2], camera_yaw, pitch]), shown)
    assert holds(frame, pixels, slack=2.5), (frame, pixels)
    assert holds(pixels, frame, slack=2.5 + 0.2 * (frame.bottom - frame.top)), (frame, pixels)


# --- its lines


def lines(frame: Frame | None, size=SIZE, **options) -> np.ndarray:
    """Where there is the mark's colour, (H, W) bool."""
    picture = np.full((*size, 3), 128, np.uint8)
    draw(picture, frame, **options)
    return (picture == COLOUR).all(axis=-1)


def test_only_corners_are_marked_and_all_four_of_them() -> None:
    there = lines(Frame(200, 100, 300, 160))
    rows, columns = np.nonzero(there)
    outer = widened(Frame(200, 100, 300, 160), SIZE[1])
    assert (rows.min(), columns.min()) == pytest.approx((outer.top, outer.left), abs=1)
    assert (rows.max(), columns.max()) == pytest.approx((outer.bottom, outer.right), abs=1)
    quarters = there[:130, :250], there[:130, 250:], there[130:, :250], there[130:, 250:]
    assert len({quarter.sum() for quarter in quarters}) == 1
    assert not there[:, 240:260].any()
    assert not there[103:157, 203:297].any(), "the thing itself stays free"


def test_what_is_gone_has_broken_lines_all_the_way_round() -> None:
    there = lines(Frame(200, 100, 300, 160), gone=True)
    assert there[:, 240:260].any()
    assert not there[:, 240:260].all(axis=1).any()
    assert there.sum() > 1.5 * lines(Frame(200, 100, 300, 160)).sum()


def test_a_tiny_thing_is_marked_in_a_frame_that_can_be_seen() -> None:
    rows, columns = np.nonzero(lines(Frame(320, 150, 321, 151)))
    assert min(np.ptp(rows), np.ptp(columns)) >= SMALLEST * SIZE[1] - 1


@pytest.mark.parametrize("frame", [None, Frame(-90, 10, -40, 50), Frame(700, 10, 760, 50), Frame(10, 400, 60, 450)])
def test_what_is_out_of_the_picture_leaves_it_alone(frame) -> None:
    assert not lines(frame).any()


def test_a_frame_larger_than_the_picture_is_marked_along_its_rim() -> None:
    there = lines(Frame(-500, -100, 900, 700))
    assert there[:5, :5].any()
    assert there[-5:, -5:].any()


@pytest.mark.parametrize("size", [(45, 80), (270, 480), (900, 1600)])
def test_any_size(size) -> None:
    lens = Lens(*size, 1.4, 1.4, 0.6)
    frame = frame_of(thing("pedestrian", 9.0, 0.5), eye_of(lens, np.zeros(3)))
    assert lines(frame, size).any()
    assert lines(frame, size, gone=True).any()
