"""Tracks meet the demands of the design; lane coordinates are exact, also at the seam and in the grid."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import centre_line, track
from sim.centre_line import DASH_PERIOD, SPACING
from sim.scene import GRID_BAND, GRID_SIZE
from sim.track import LANE_CENTRE, MAX_POINTS, Tracks, locate, to_world

SEEDS = 40


@pytest.fixture(scope="module")
def tracks() -> Tracks:
    made = Tracks.empty(SEEDS)
    for seed in range(SEEDS):
        made.generate(seed, np.random.SeedSequence(seed))
    return made


def circle_track(count: int, turn: float) -> Tracks:
    """A circle of count x SPACING metres that starts at (R, 0); turn +1 runs anticlockwise."""
    made = Tracks.empty(1)
    angle = turn * np.arange(count) * 2 * math.pi / count
    radius = count * SPACING / (2 * math.pi)
    made.points[0, :count] = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    made.heading[0, :count] = angle + turn * math.pi / 2
    made.curvature[0, :count] = turn / radius
    made.count[0], made.length[0] = count, count * SPACING
    return made


def lines(tracks: Tracks) -> list[np.ndarray]:
    return [tracks.points[row, :n] for row, n in enumerate(tracks.count)]


def test_laps_are_whole_dash_periods_within_the_range(tracks: Tracks) -> None:
    assert (tracks.length % DASH_PERIOD == 0).all()
    assert (tracks.length >= 800).all()
    assert (tracks.length <= 1500).all()
    assert (tracks.count == tracks.length / SPACING).all()
    assert tracks.count.max() <= MAX_POINTS
    assert np.ptp(tracks.length) > 200, "laps of all lengths"


def test_samples_are_evenly_spaced_the_seam_included(tracks: Tracks) -> None:
    for points in lines(tracks):
        chords = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
        assert chords == pytest.approx(SPACING, abs=1e-3)


def test_tracks_fit_the_grid_with_their_band(tracks: Tracks) -> None:
    for points, origin in zip(lines(tracks), tracks.origin, strict=True):
        assert (points - GRID_BAND > origin).all()
        assert (points + GRID_BAND < origin + GRID_SIZE - 1).all()


def test_radii(tracks: Tracks) -> None:
    for row, n in enumerate(tracks.count):
        bend = np.abs(tracks.curvature[row, :n])
        assert bend.max() <= 1 / 14
        assert np.mean(bend > 1 / 40) >= 0.15
        assert np.mean(bend < 1 / 500) > 0.05, "straights"
    sweepers = [np.mean((b > 1 / 150) & (b < 1 / 40)) for b in map(np.abs, tracks.curvature)]
    assert np.mean(sweepers) > 0.05


def test_curvature_ramps(tracks: Tracks) -> None:
    """From the tightest bend to its mirror image, 2/14 1/m, takes over 8 m: no step of a metre exceeds that slope."""
    for row, n in enumerate(tracks.count):
        curvature = tracks.curvature[row, :n]
        assert np.abs(curvature - np.roll(curvature, 1)).max() < (2 / 14) / 8


def test_stretches_keep_clear_of_each_other(tracks: Tracks) -> None:
    for points in lines(tracks):
        n = len(points)
        apart = np.abs(np.arange(n)[:, None] - np.arange(n))
        apart = np.minimum(apart, n - apart)
        distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
        assert distance[apart > centre_line.SEPARATE].min() >= centre_line.CLEARANCE


def test_both_directions_of_travel(tracks: Tracks) -> None:
    turn = np.array([tracks.curvature[row, :n].sum() * SPACING for row, n in enumerate(tracks.count)])
    assert np.abs(turn) == pytest.approx(2 * math.pi, abs=1e-6)
    assert 0.25 < np.mean(turn > 0) < 0.75


def test_the_start_is_gentle(tracks: Tracks) -> None:
    assert (np.abs(tracks.curvature[:, 0]) < 1 / 100).all()


def digest(seed: int) -> str:
    made = Tracks.empty(1)
    made.generate(0, np.random.SeedSequence(seed))
    parts = (made.points, made.heading, made.curvature, made.speed, made.grid, made.expert_time)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def test_same_seed_same_bits_in_any_row_and_process(tracks: Tracks) -> None:
    again = Tracks.empty(3)
    for row, seed in [(2, 30), (2, 7)]:  # a longer or shorter track before must leave nothing that is in use
        again.generate(row, np.random.SeedSequence(seed))
    n = tracks.count[7]
    for name in ("points", "heading", "curvature", "speed"):
        assert (getattr(again, name)[2, :n] == getattr(tracks, name)[7, :n]).all()
    assert (again.grid[2] == tracks.grid[7]).all()
    script = "import sys; sys.path.insert(0, 'tests/sim'); import test_track; print(test_track.digest(7))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(7) != digest(8)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_lane_coordinates_on_a_circle(turn: float) -> None:
    """By hand: a point d to the left of a circle of radius R lies R - turn x d from its centre."""
    count = 300
    radius = count / (2 * math.pi)
    made = circle_track(count, turn)
    for s, d in [(0.0, 0.0), (10.0, 3.0), (75.25, -5.5), (299.9, 8.0)]:
        angle = turn * s / radius
        expected = (radius - turn * d) * np.array([math.cos(angle), math.sin(angle)])
        x, y, heading = to_world(made, 0, s, d)[:, 0]
        assert (x, y) == pytest.approx(expected, abs=4e-3)  # a chord of 1 m runs 2.6 mm inside this circle
        assert math.cos(heading - angle - turn * math.pi / 2) == pytest.approx(1.0)
        found = locate(made, 0, *expected, s + 6.0)[:, 0]
        assert found[1] == pytest.approx(d, abs=4e-3)
        assert (found[0] - s + 150) % 300 - 150 == pytest.approx(0.0, abs=4e-3)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, SEEDS - 1), st.floats(0, 1), st.floats(-12, 12), st.floats(-9, 9))
def test_locate_undoes_to_world(tracks: Tracks, row: int, share: float, d: float, off: float) -> None:
    s, length = share * tracks.length[row], tracks.length[row]
    x, y, heading = to_world(tracks, row, s, d)[:, 0]
    found_s, found_d, found_heading = locate(tracks, row, x, y, s + off)[:, 0]
    assert 0 <= found_s < length
    assert (found_s - s + length / 2) % length - length / 2 == pytest.approx(0.0, abs=1e-4)
    assert found_d == pytest.approx(d, abs=1e-5)
    assert math.cos(found_heading - heading) == pytest.approx(1.0)


def test_coordinates_run_on_over_the_seam(tracks: Tracks) -> None:
    length = tracks.length[0]
    before = to_world(tracks, 0, length - 1e-6, 2.0)[:, 0]
    after = to_world(tracks, 0, length + 1e-6, 2.0)[:, 0]
    assert before == pytest.approx(after, abs=1e-5)
    assert to_world(tracks, 0, -0.4, 2.0) == pytest.approx(to_world(tracks, 0, length - 0.4, 2.0))
    for s in (-0.3, 0.3):
        x, y, _ = to_world(tracks, 0, s, 2.0)[:, 0]
        assert locate(tracks, 0, x, y, length - 3.0)[0, 0] == pytest.approx(s % length, abs=1e-4)


def test_batches_are_bitwise_the_single_rows(tracks: Tracks) -> None:
    rows = np.arange(SEEDS).repeat(5)
    s = np.random.default_rng(0).uniform(0, 2000, len(rows))
    together = to_world(tracks, rows, s, -1.75)
    alone = np.concatenate([to_world(tracks, row, one, -1.75) for row, one in zip(rows, s, strict=True)], axis=1)
    assert (together == alone).all()
    hint = s % tracks.length[rows]
    both = locate(tracks, rows, together[0], together[1], hint)
    single = [locate(tracks, r, x, y, h) for r, x, y, h in zip(rows, *together[:2], hint, strict=True)]
    assert (both == np.concatenate(single, axis=1)).all()


@pytest.mark.parametrize("row", range(6))
def test_grid_holds_lane_coordinates_at_its_nodes(tracks: Tracks, row: int) -> None:
    grid, (origin_x, origin_y) = tracks.grid[row], tracks.origin[row]
    y, x = np.nonzero(np.abs(grid[..., 0]) < GRID_BAND - 1)
    assert len(y) > 20 * tracks.length[row]
    found = locate(tracks, row, x + origin_x, y + origin_y, grid[y, x, 1])
    assert grid[y, x, 0] == pytest.approx(found[1], abs=1e-3)
    length = tracks.length[row]
    assert (grid[y, x, 1] - found[0] + length / 2) % length - length / 2 == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("row", range(6))
def test_grid_has_every_cell_near_the_road_and_clamps_the_rest_with_the_right_sign(tracks: Tracks, row: int) -> None:
    points = to_world(tracks, row, np.arange(0, tracks.length[row], 0.05), 0.0)[:2].T
    d = tracks.grid[row, ..., 0]
    assert np.abs(d).max() == GRID_BAND
    turn = np.sign(tracks.curvature[row, : tracks.count[row]].sum())
    for y in range(0, GRID_SIZE, 12):
        for x in range(0, GRID_SIZE, 12):
            place = np.array([x, y]) + tracks.origin[row]
            least = np.hypot(*(points - place).T).min()
            assert abs(abs(d[y, x]) - min(least, GRID_BAND)) < 0.03
            if least > 1.0:
                assert np.sign(d[y, x]) == (turn if winding(points, place) else -turn)


def winding(points: np.ndarray, place: np.ndarray) -> bool:
    """Whether the closed line goes around the place."""
    angle = np.unwrap(np.arctan2(*(np.concatenate([points, points[:1]]) - place).T[::-1]))
    return abs(angle[-1] - angle[0]) > math.pi


def test_grid_interpolates_well_between_its_nodes(tracks: Tracks) -> None:
    """What a camera does: bilinear d at any point of the road is within 2 cm, on the inside of tight bends too."""
    rng = np.random.default_rng(3)
    rows = rng.integers(0, SEEDS, 4000)
    s, d = rng.uniform(0, tracks.length[rows]), rng.uniform(-4, 4, len(rows))
    x, y, _ = to_world(tracks, rows, s, d)
    column, line = x - tracks.origin[rows, 0], y - tracks.origin[rows, 1]
    i, j = np.floor(line).astype(int), np.floor(column).astype(int)
    u, v = line - i, column - j
    corners = [tracks.grid[rows, i + a, j + b, 0] for a in (0, 1) for b in (0, 1)]
    between = (1 - u) * ((1 - v) * corners[0] + v * corners[1]) + u * ((1 - v) * corners[2] + v * corners[3])
    assert np.abs(between - d).max() < 0.02


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_speed_profile_and_time_on_a_circle(turn: float) -> None:
    """By hand: R = 30 m driven 1.75 m to the right of its line, at 3 m/s2 sideways."""
    radius = 30.0 + turn * 1.75
    speed = math.sqrt(3.0 * radius)
    profile = track.speed_profile(np.full(400, turn / 30.0))
    assert profile == pytest.approx(speed)
    catching_up = 0.2 * speed / 2.0
    ground = 0.5 * (0.8 + 1.0) * speed * catching_up
    lap = 400 * radius / 30.0
    expected = catching_up + (lap - ground) / speed
    assert track._lap_time(np.full(400, turn / 30.0), profile) == pytest.approx(expected, rel=5e-3)


def test_speed_profile_brakes_and_accelerates_comfortably(tracks: Tracks) -> None:
    for row, n in enumerate(tracks.count):
        speed, curvature = tracks.speed[row, :n], tracks.curvature[row, :n]
        step = SPACING * (1 - LANE_CENTRE * curvature)
        gain = (np.roll(speed, -1) ** 2 - speed**2) / (2 * step)
        assert gain.min() >= -track.BRAKING - 1e-9
        assert gain.max() <= track.ACCELERATION + 1e-9
        assert speed.max() <= track.CRUISE_SPEED
        lane = np.abs(curvature) / (1 - LANE_CENTRE * curvature)
        assert (speed**2 * lane).max() <= track.LATERAL_ACCELERATION + 1e-9
