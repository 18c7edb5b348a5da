"""The one loop: what it decides, draws, notes and hands to observers."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.cells import CellGrid
from sim.driver import Constant, Driver, Expert
from sim.kinds import CAUSES, INFRACTIONS
from sim.policy import Attention, Decision, Observation, PolicySpec
from sim.rollout import Episode, Step, drive
from sim.simulator import Rows, Simulator
from sim.vehicle import CONTROL_STEP

SIZE = (16, 24)
FORWARD = Constant(0.0, 0.2)


def simulator(n: int = 3, **options: Any) -> Simulator:
    return Simulator(n, **{"frame_size": SIZE, **options})


class Counter:
    """A policy that steers by how many frames it has seen, and keeps one cell in four."""

    spec = PolicySpec(SIZE, 1.4, "selection", ("frame",))
    cells = CellGrid.tiling(2, 2)

    def initial_state(self, n: int) -> dict[str, NDArray[Any]]:
        return {"seen": np.zeros((n, 1))}

    def act(self, observation: Observation, state: dict[str, NDArray[Any]], *, keep: Any = None) -> Any:
        n = len(observation["frame"])
        kept = np.tile(np.array([[True, False], [False, False]]), (n, 1, 1))
        weights = kept.astype(np.float32)
        action = np.concatenate([0.001 * state["seen"], np.full((n, 1), 0.2)], axis=1).astype(np.float32)
        return Decision(action, Attention(weights, self.cells, "selection", kept)), {"seen": state["seen"] + 1}


def same(first: Episode, second: Episode) -> bool:
    arrays = [{"action": each.action, "share_read": each.share_read, **each.columns} for each in (first, second)]
    equal = [np.array_equal(mine, arrays[1][name], equal_nan=True) for name, mine in arrays[0].items()]
    whole = [(each.seed, each.ended, each.duration, each.outcome) for each in (first, second)]
    return all(equal) and whole[0] == whole[1]


def test_the_expert_finishes_every_route_and_episodes_come_in_the_order_of_the_seeds() -> None:
    seeds = [5, 3, 9, 1, 7]
    episodes = drive(simulator(2), Expert(), seeds)
    assert [episode.seed for episode in episodes] == seeds
    assert {episode.ended for episode in episodes} == {"route done"}
    for episode in episodes:
        assert episode["route_completion"] == 1.0
        assert episode["distance"] >= episode["route_length"]
        assert episode.duration == pytest.approx(episode["expert_time"], rel=0.05)
        assert episode["infractions"] == dict.fromkeys(INFRACTIONS, 0)


def test_the_batch_makes_no_difference() -> None:
    for policy in (Expert(), Counter()):
        alone = drive(simulator(1), policy, [1, 2, 3], max_steps=150)
        together = drive(simulator(3), policy, [1, 2, 3], max_steps=150)
        assert all(map(same, alone, together))


def test_straight_ahead_leaves_the_road() -> None:
    episode = drive(simulator(1), FORWARD, [1])[0]
    assert episode.ended == "road left"
    assert 0 < episode["route_completion"] < 0.5
    assert 0 < episode["off_road_share"] <= 1
    assert episode["infractions"]["off-road"] == 1


def test_standing_still_runs_into_the_time_limit() -> None:
    episode = drive(simulator(1, time_limit=2.0), Constant(0.0, -1.0), [1])[0]
    assert (episode.ended, episode.duration, len(episode["s"])) == ("time limit", 2.0, 40)


class Heedless(Driver):
    """Drives as if nobody else were there."""

    def __init__(self, worlds: Simulator) -> None:
        self.worlds = worlds

    def decide(self, observation: Observation | None, instants: Any, state: Any) -> tuple[Decision, Any]:
        return Decision(self.worlds.expert(instants.row, actors=np.zeros_like(instants.actors))[0]), state


def test_a_crash_is_told_with_what_had_to_be_minded() -> None:
    worlds = simulator(3, scenario="traffic")
    for episode in drive(worlds, Heedless(worlds), [1, 2, 3]):
        assert episode.ended == "crash"
        assert episode["infractions"] == {**dict.fromkeys(INFRACTIONS, 0), "vehicle": 1}
        assert episode["route_completion"] < 1.0
        assert episode["near_misses"] >= 1
        assert CAUSES[int(episode["cause"][-1])] == "lead-vehicle"
        assert episode["culprit"][-1] >= 0
        assert episode["expert_pedal"][-1] < 0.0
        assert episode["time_to_collision"][-1] < 0.5


def test_arrays_hold_one_value_a_step_noted_before_it() -> None:
    episode = drive(simulator(2), FORWARD, [1, 2], max_steps=10)[1]
    assert episode.ended == "cut short"
    assert episode.duration == pytest.approx(10 * CONTROL_STEP)
    arrays = [episode.action, episode.share_read, *episode.columns.values()]
    assert {len(array) for array in arrays} == {10}
    assert (episode["s"][0], episode["d"][0], episode["acceleration"][0]) == (0.0, -1.75, 0.0)
    assert episode.action == pytest.approx(np.tile([0.0, 0.2], (10, 1)))
    assert np.diff(episode["s"]) == pytest.approx(0.05 * (episode["speed"][:-1] + episode["speed"][1:]) / 2, abs=0.01)
    assert episode["distance"] > episode["s"][-1]


def test_max_steps_of_zero_drives_nothing() -> None:
    episode = drive(simulator(1), FORWARD, [1], max_steps=0)[0]
    assert (len(episode["s"]), episode.action.shape, episode.duration) == (0, (0, 2), 0.0)


def test_no_seeds_no_episodes() -> None:
    assert drive(simulator(1), FORWARD, []) == []


def test_share_read_comes_from_the_kept_mask() -> None:
    assert drive(simulator(1), Counter(), [1], max_steps=5)[0].share_read.tolist() == [0.25] * 5
    assert np.isnan(drive(simulator(1), FORWARD, [1], max_steps=5)[0].share_read).all()


def test_recurrent_state_starts_fresh_with_each_episode_and_follows_its_row() -> None:
    seen: dict[int, list[float]] = {}

    def note(step: Step) -> None:
        for seed, value in zip(step.seeds, step.state["seen"][:, 0], strict=True):
            seen.setdefault(int(seed), []).append(value)

    episodes = drive(simulator(2), Counter(), [1, 2, 3])
    episodes = drive(simulator(2), Counter(), [1, 2, 3], [note])
    assert len({len(episode["s"]) for episode in episodes}) == 3
    for episode in episodes:
        assert seen[episode.seed] == list(range(len(episode["s"])))
        assert episode.action[:, 0] == pytest.approx(0.001 * np.arange(len(episode["s"])))


def test_observers_see_what_was_decided_on_before_the_world_moves() -> None:
    steps: list[tuple[int, NDArray[np.float64], float]] = []

    def note(step: Step) -> None:
        np.testing.assert_array_equal(step.observation["frame"], step.worlds.observe(step.rows)["frame"])
        steps.append((len(step.rows), step.worlds.world.s[step.rows].copy(), float(step.decision.action[0, 1])))

    episodes = drive(simulator(2), Counter(), [1, 2], [note], max_steps=6)
    assert [s[0] for _, s, _ in steps] == episodes[0]["s"].tolist()
    assert {count for count, _, _ in steps} == {2}


def test_ended_worlds_are_neither_drawn_nor_decided() -> None:
    asked: list[int] = []

    class Blind(Counter):
        def act(self, observation: Observation, state: Any, *, keep: Any = None) -> Any:
            asked.append(len(observation["frame"]))
            return super().act(observation, state)

    episodes = drive(simulator(3), Blind(), [1, 2, 3])
    assert sum(asked) == sum(len(episode["s"]) for episode in episodes)
    assert sorted(asked, reverse=True) == asked


def test_a_driver_gets_no_frames() -> None:
    class Camera:
        def render(self, *_: Any, **__: Any) -> None:
            raise AssertionError("nothing was to be drawn")

    blind = simulator(1)
    blind.camera = Camera()  # type: ignore[assignment]
    frames: list[object] = []
    drive(blind, FORWARD, [1], [lambda step: frames.append(step.observation)], max_steps=3)
    assert frames == [None] * 3


def test_a_frame_edit_changes_what_the_policy_is_given_and_not_the_world() -> None:
    given: list[NDArray[np.uint8]] = []

    class Looker(Counter):
        def act(self, observation: Observation, state: Any, *, keep: Any = None) -> Any:
            given.append(observation["frame"])
            return super().act(observation, state)

    def black(observation: Observation, rows: Rows) -> Observation:
        return {"frame": np.zeros_like(observation["frame"]), "speed": observation["speed"]}

    edited = drive(simulator(2), Looker(), [1, 2], frame_edit=black, max_steps=20)
    assert not any(frame.any() for frame in given)
    clean = drive(simulator(2), Counter(), [1, 2], max_steps=20)
    assert all(map(same, edited, clean))


class Other:
    """Worlds that are no simulator: a number that is to be brought to zero, shown as a grey frame."""

    n, frame_size, observes, actions, step_seconds = 2, (4, 4), ("frame",), ("up", "down", "wait"), 0.5

    def reset(self, rows: Rows, seeds: Any) -> None:
        self.level = np.array([*seeds, *[0] * (self.n - len(seeds))])

    def instants(self, rows: Rows) -> None:
        return None

    def observe(self, rows: Rows) -> Observation:
        return {"frame": np.broadcast_to(self.level[rows, None, None, None], (len(rows), 4, 4, 3)).astype(np.uint8)}

    def telemetry(self, rows: Rows, instants: None) -> dict[str, NDArray[Any]]:
        return {"level": self.level[rows]}

    def step(self, actions: NDArray[np.float32], rows: Rows) -> Any:
        self.level[rows] -= actions[:, 1].astype(int)
        return SimpleNamespace(terminated=self.level[rows] == 0, truncated=np.zeros(len(rows), bool))

    def outcome(self, row: int) -> dict[str, Any]:
        return {"ended": "" if self.level[row] else "at zero", "level": int(self.level[row])}


class Down:
    """A policy of three actions that knows no speed."""

    spec = PolicySpec((4, 4), None, None, ("frame",), ("up", "down", "wait"))

    def initial_state(self, n: int) -> None:
        return None

    def act(self, observation: Observation, state: None) -> tuple[Decision, None]:
        assert set(observation) == {"frame"}
        return Decision(np.tile(np.array([0, 1, 0], np.float32), (len(observation["frame"]), 1))), None


def test_other_worlds_with_other_actions_and_no_speed() -> None:
    episodes = drive(Other(), Down(), [3, 1, 2])
    assert [(each.seed, each.ended, each.duration) for each in episodes] == [
        (3, "at zero", 1.5), (1, "at zero", 0.5), (2, "at zero", 1.0),
    ]  # fmt: skip
    assert episodes[0]["level"].tolist() == [3, 2, 1], "a column, before the outcome of that name"
    assert episodes[0].action.shape == (3, 3)
    cut = drive(Other(), Down(), [5], max_steps=2)[0]
    assert (cut.ended, cut.outcome["level"]) == ("cut short", 3)


def test_who_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="reads 'speed'; expected one of frame"):
        drive(Other(), Speedy(), [1])
    with pytest.raises(ValueError, match=r"action is \(up, down, wait\); expected the 2 components"):
        drive(simulator(1), Down(), [1])
    with pytest.raises(ValueError, match=r"frames of \(16, 24\); these worlds give \(72, 128\)"):
        drive(Simulator(1), Counter(), [1])
    with pytest.raises(ValueError, match="the expert knows the simulator's own worlds"):
        drive(Other(), Expert(), [1])
    with pytest.raises(ValueError, match=r"str cannot drive; expected a policy"):
        drive(Other(), "expert", [1])  # type: ignore[arg-type]


class Speedy(Counter):
    spec = PolicySpec(SIZE, 1.4, "selection")


def test_a_policy_is_not_taken_for_a_driver_by_the_name_of_a_method() -> None:
    class Helper(Counter):
        def decide(self) -> None:
            raise AssertionError("a helper of its own")

    assert len(drive(simulator(1), Helper(), [1], max_steps=3)[0]) == 3


def test_soft_maps_read_the_cells_that_hold_most_of_their_mass() -> None:
    class Soft(Counter):
        spec = PolicySpec(SIZE, 1.4, "soft attention", ("frame",))

        def act(self, observation: Observation, state: Any, *, keep: Any = None) -> Any:
            weights = np.tile(np.array([[0.5, 0.45], [0.05, 0.0]], np.float32), (len(observation["frame"]), 1, 1))
            return Decision(
                np.zeros((len(weights), 2), np.float32), Attention(weights, self.cells, "soft attention")
            ), state

    assert drive(simulator(1), Soft(), [1], max_steps=4)[0].share_read.tolist() == [0.5] * 4
