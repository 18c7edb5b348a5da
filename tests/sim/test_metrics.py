"""Figures of hand-made episodes whose answers can be worked out on paper."""

import numpy as np
import pytest
from episodes import changed, episode_of
from hypothesis import given
from hypothesis import strategies as st

from sim.kinds import CAUSES, INFRACTIONS
from sim.metrics import (
    comfort,
    driving_score,
    encounters,
    figures,
    interval,
    penalty,
    reactions,
    savitzky_golay,
    score,
)
from sim.rollout import Episode
from sim.simulator import Simulator


def counts(off_road: int, wrong_lane: int) -> dict[str, int]:
    return {**dict.fromkeys(INFRACTIONS, 0), "off-road": off_road, "wrong-lane": wrong_lane}


def episode(steps: int = 200, **changes: object) -> Episode:
    """10 s along the lane's centre at 10 m/s: 100 m of a road of 1,000 m that the expert drives in 80 s."""
    calm = np.zeros(steps)
    usual = {
        "seed": 1,
        "theme": "day",
        "s": np.arange(steps) * 0.5,
        "d": np.full(steps, -1.75),
        "heading_error": calm,
        "speed": np.full(steps, 10.0),
        "yaw_rate": calm,
        "acceleration": calm,
        "action": np.zeros((steps, 2)),
        "share_read": np.full(steps, np.nan),
        "time_to_collision": np.full(steps, np.inf),
        "cause": calm,
        "culprit": np.full(steps, -1.0),
        "expert_pedal": calm,
        "infractions": dict.fromkeys(INFRACTIONS, 0),
        "near_misses": 0,
        "route_completion": 0.1,
        "route_length": 1000.0,
        "distance": 100.0,
        "off_road_share": 0.0,
        "expert_time": 80.0,
        "duration": steps * 0.05,
        "ended": "time limit",
    }
    return episode_of(**usual | changes)


def test_driving_score_multiplies_every_infraction_and_the_share_on_the_road():
    infractions = {"pedestrian": 1, "vehicle": 2, "static-object": 0, "red-light": 1, "wrong-lane": 9}
    drive = episode(route_completion=0.8, off_road_share=0.25, infractions=infractions)
    assert driving_score(drive) == pytest.approx(0.8 * 0.5 * 0.6 * 0.6 * 0.7 * 0.75)


def test_a_clean_lap_scores_one():
    assert driving_score(episode(route_completion=1.0)) == 1.0


def test_score_pools_kilometres_and_seconds_but_averages_completion():
    short = episode(distance=100.0, infractions=counts(1, 0))
    long = episode(steps=400, distance=300.0, route_completion=0.3, infractions=counts(3, 1), ended="road left")
    figures = score([short, long])
    assert figures["episodes"] == 2
    assert figures["ended"] == {"time limit": 1, "road left": 1}
    assert figures["route_completion"]["mean"] == pytest.approx(0.2)
    assert figures["mean_speed"]["mean"] == pytest.approx(400 / 30)
    assert figures["expert_speed"]["mean"] == pytest.approx(12.5)
    assert figures["speed_to_expert"]["mean"] == pytest.approx((10 / 12.5 + 15 / 12.5) / 2)
    assert figures["infractions"] == counts(4, 1)
    assert figures["infractions_per_km"]["off-road"]["mean"] == pytest.approx(10.0)
    assert figures["infractions_per_km"]["wrong-lane"]["mean"] == pytest.approx(2.5)


def test_lateral_offset_is_the_mean_distance_from_the_lanes_centre():
    either_side = np.tile([-1.75 - 0.2, -1.75 + 0.4], 100)
    assert score([episode(d=either_side)])["lateral_offset"]["mean"] == pytest.approx(0.3)


def test_share_read_is_left_out_without_a_selection():
    assert "share_read" not in score([episode()])
    assert score([episode(share_read=np.linspace(0, 0.2, 200))])["share_read"]["mean"] == pytest.approx(0.1)


def test_score_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no episodes"):
        score([])


def test_an_episode_that_never_moved_has_finite_figures():
    empty = episode(steps=0, distance=0.0, route_completion=0.0)
    figures = score([empty])
    assert figures["mean_speed"]["mean"] == 0.0
    assert figures["speed_to_expert"]["mean"] == 0.0
    assert figures["comfort"]["all"]["mean"] == 1.0


def test_comfort_of_a_calm_drive_is_whole():
    assert set(comfort(episode()).values()) == {1.0}


def test_comfort_counts_the_time_beyond_each_bound():
    half_braking = np.repeat([0.0, -6.0], 200)
    shares = comfort(episode(steps=400, acceleration=half_braking, speed=np.full(400, 10.0)))
    assert shares["longitudinal_acceleration"] == pytest.approx(0.5, abs=0.02)
    assert shares["lateral_acceleration"] == 1.0
    assert shares["all"] <= shares["longitudinal_acceleration"]


def test_lateral_acceleration_is_speed_times_yaw_rate():
    assert comfort(episode(yaw_rate=np.full(200, 0.48)))["lateral_acceleration"] == 1.0  # 4.8 m/s2
    assert comfort(episode(yaw_rate=np.full(200, -0.50)))["lateral_acceleration"] == 0.0  # 5.0 m/s2


def test_jerk_of_a_ramp_is_its_slope():
    within = comfort(episode(steps=40, acceleration=np.arange(40) * 0.05 * 8.0))
    beyond = comfort(episode(steps=40, acceleration=np.arange(40) * 0.05 * 9.0))
    assert (within["jerk"], beyond["jerk"]) == (1.0, 0.0)


def test_one_noisy_sample_is_smoothed_away():
    spike = np.zeros(200)
    spike[100] = 6.0
    assert comfort(episode(acceleration=spike))["longitudinal_acceleration"] == 1.0


@given(st.tuples(*[st.floats(-3, 3)] * 3), st.integers(31, 80), st.sampled_from([5, 17, 31]))
def test_a_parabola_passes_the_filter_unchanged_and_so_does_its_slope(coefficients, count, window):
    time = np.arange(count) * 0.05
    constant, linear, square = coefficients
    parabola = constant + linear * time + square * time**2
    assert savitzky_golay(parabola, window) == pytest.approx(parabola, abs=1e-7)
    slope = savitzky_golay(parabola, window, derivative=True, step=0.05)
    assert slope == pytest.approx(linear + 2 * square * time, abs=1e-6)


def test_the_five_point_filter_has_the_published_coefficients():
    impulse = np.zeros(11)
    impulse[5] = 1.0
    assert savitzky_golay(impulse, 5)[3:8] * 35 == pytest.approx([-3, 12, 17, 12, -3])


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_series_shorter_than_the_window_keeps_its_length(count):
    assert savitzky_golay(np.arange(count, dtype=float), 17) == pytest.approx(np.arange(count))
    assert len(savitzky_golay(np.arange(count, dtype=float), 17, derivative=True)) == count


def test_the_interval_of_equal_episodes_has_no_width():
    assert interval([0.5] * 20) == {"mean": 0.5, "low": 0.5, "high": 0.5}


def test_the_interval_of_a_coin_is_the_binomial_one():
    figure = interval([0.0, 1.0] * 50)
    assert figure["mean"] == 0.5
    assert figure["low"] == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert figure["high"] == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)
    assert figure == interval([0.0, 1.0] * 50)


def test_the_interval_resamples_whole_episodes():
    figure = interval([0.0, 10.0], per=[10.0, 1.0])
    assert (figure["mean"], figure["low"], figure["high"]) == (pytest.approx(10 / 11), 0.0, 10.0)


RED, PERSON, LEAD = (CAUSES.index(name) for name in ("red-light", "pedestrian", "lead-vehicle"))


def bound(spans: list[tuple[int, int, int, int]], steps: int = 200, **changes: object) -> Episode:
    """An episode in which (first, last + 1, cause, culprit) bound the expert, who braked all the while."""
    cause, culprit, pedal = np.zeros(steps), np.full(steps, -1.0), np.full(steps, 0.3)
    for first, end, why, who in spans:
        cause[first:end], culprit[first:end], pedal[first:end] = why, who, -0.4
    return episode(steps, cause=cause, culprit=culprit, expert_pedal=pedal, **changes)


def test_an_encounter_is_an_object_however_often_it_is_the_cause():
    drive = bound([(0, 10, RED, 3), (20, 30, RED, 3), (40, 50, RED, 4), (60, 70, PERSON, 9)])
    assert encounters(drive) == {"red-light": 2, "pedestrian": 1, "lead-vehicle": 0}
    infractions = {**counts(0, 0), "red-light": 1}
    figures = score([drive, bound([(0, 9, RED, 1)], infractions=infractions)])
    assert figures["encounters"]["red-light"] == {"met": 3, "infractions": 1, "share": pytest.approx(1 / 3)}


def test_the_reaction_is_timed_from_the_expert_s_braking_to_the_released_throttle():
    """By hand: the throttle is let go 12 steps of 0.05 s after the light is the cause, and never for the person."""
    action = np.tile([0.0, 0.5], (200, 1))
    action[52:90, 1] = -0.2
    drive = bound([(40, 90, RED, 3), (120, 140, PERSON, 5)], action=action)
    assert reactions(drive) == {"red-light": [pytest.approx(0.6)], "pedestrian": [np.inf], "lead-vehicle": []}
    figures = score([drive])["reaction"]
    assert figures["red-light"] == {"moments": 1, "median_delay": pytest.approx(0.6), "unanswered": 0.0}
    assert figures["pedestrian"] == {"moments": 1, "median_delay": None, "unanswered": 1.0}


def test_a_cause_without_braking_asks_for_no_reaction():
    drive = bound([(40, 90, LEAD, 3)])
    assert reactions(changed(drive, expert_pedal=np.full(200, 0.1)))["lead-vehicle"] == []


def test_time_to_collision_is_told_where_somebody_was_ahead():
    assert score([episode()])["time_to_collision"] == {"least": None, "low": None}
    times = np.full(200, np.inf)
    times[:101] = np.linspace(2.0, 12.0, 101)
    figures = score([episode(time_to_collision=times, near_misses=2)])
    assert figures["time_to_collision"] == {"least": 2.0, "low": pytest.approx(2.5)}
    assert figures["near_misses"] == 2
    assert figures["near_misses_per_km"]["mean"] == pytest.approx(20.0)


def test_a_drive_that_goes_on_is_scored_by_its_outcome_so_far():
    simulator = Simulator(1, "open-road", "meadow")
    simulator.reset(np.arange(1), [10_000])
    while not simulator.outcome(0)["off_road_share"]:
        simulator.step(np.array([[-0.3, 0.8]], np.float32))
    outcome = simulator.outcome(0)
    assert outcome["off_road_share"] > 0
    expected = outcome["route_completion"] * penalty(outcome["infractions"]) * (1 - outcome["off_road_share"])
    assert driving_score(outcome) == expected


def test_any_worlds_figures_are_the_numbers_that_they_told():
    episodes = [
        Episode(0, ended, 2.0, np.zeros((4, 1)), np.full(4, read), {}, {"reached": reached, "name": "a", "well": False})
        for ended, read, reached in (("there", 0.5, 1.0), ("lost", 0.1, 3.0))
    ]
    told = figures(episodes)
    assert (told["episodes"], told["ended"]) == (2, {"there": 1, "lost": 1})
    assert {name: each["mean"] for name, each in told["outcome"].items()} == pytest.approx(
        {"duration": 2.0, "share_read": 0.3, "reached": 2.0, "well": 0.0}
    )
    with pytest.raises(ValueError, match="no episodes"):
        figures([])
