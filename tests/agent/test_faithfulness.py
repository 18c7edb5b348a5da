"""Every faithfulness test must be able to fail: against each stands a policy that is built to fail it.

The frames here are synthetic: noise with three *markers*, cells whose left half is red and whose right half is blue. An
honest selection keeps the markers and steers towards them.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from episodes import changed

from agent.evaluate import content, faithfulness, report
from agent.evaluate.bench import Bench, other_episodes
from agent.evaluate.content import View
from agent.evaluate.faithfulness import T1_EDITS
from agent.evaluate.maps import normalised
from agent.evaluate.measure import BARS, Bar, Measure, bootstrap, mean_measure, same_action
from agent.evaluate.options import Options
from agent.evaluate.pool import Pool, Sampler
from sim.cells import CellGrid
from sim.driver import Constant, Driver
from sim.policy import Attention, Decision, Observation, PolicySpec, State
from sim.rollout import Step, drive
from sim.simulator import Simulator

HEIGHT, WIDTH, CELL = 36, 64, 4
ROWS, COLS = HEIGHT // CELL, WIDTH // CELL
CELLS = CellGrid.tiling(ROWS, COLS)
MARKER = np.zeros((CELL, CELL, 3), np.int16)
MARKER[:, : CELL // 2], MARKER[:, CELL // 2 :] = (220, 20, 20), (20, 20, 220)


def in_cells(frame: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) -> (N, h, w, CELL, CELL, 3)."""
    return frame.reshape(len(frame), ROWS, CELL, COLS, CELL, 3).swapaxes(2, 3)


def markers(frame: np.ndarray) -> np.ndarray:
    """(N, h, w) bool: the cells that hold a marker."""
    return np.abs(in_cells(frame) - MARKER).mean((-3, -2, -1)) < 10


def towards(cells: np.ndarray) -> np.ndarray:
    """(N, 2): steer to the mean column of some cells, pedal by their mean row; zero without any."""
    count = np.maximum(cells.sum((1, 2)), 1)
    column, row = np.linspace(0.9, -0.9, COLS), np.linspace(0.9, -0.9, ROWS)
    steer, pedal = (cells * column).sum((1, 2)), (cells * row[:, None]).sum((1, 2))
    return (np.stack([steer, pedal], 1) / count[:, None]).astype(np.float32)


class Honest:
    """Keeps the markers; the action is a function of the kept cells alone."""

    spec = PolicySpec((HEIGHT, WIDTH), 1.4, "selection", ("frame",))
    most_kept = 8

    def initial_state(self, n: int) -> State:
        return None

    def act(self, observation: Observation, state: State, *, keep: np.ndarray | None = None) -> tuple[Decision, State]:
        frame = observation["frame"]
        kept = self.gate(frame) if keep is None else keep
        attention = Attention(normalised(kept).astype(np.float32), CELLS, "selection", kept)
        return Decision(self.control(frame, kept, keep is not None), attention), None

    def gate(self, frame: np.ndarray) -> np.ndarray:
        return markers(frame)

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        return towards(kept & markers(frame))

    def with_randomised_gate(self, seed: int) -> "Honest":
        return RandomGate(seed)


class RandomGate(Honest):
    """A gate that never learned: the same few cells of noise, wherever the markers are."""

    def __init__(self, seed: int) -> None:
        scores = np.random.default_rng(seed).random(ROWS * COLS)
        self.cells = (scores.argsort().argsort() < 3).reshape(ROWS, COLS)

    def gate(self, frame: np.ndarray) -> np.ndarray:
        return np.repeat(self.cells[None], len(frame), 0)


class ReadsEverything(Honest):
    """Reports the markers, but the whole picture leaks into the action."""

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        return super().control(frame, kept, forced) + (frame.mean((1, 2, 3)) / 255 - 0.5)[:, None].astype(np.float32)


class HonestWhenWatched(ReadsEverything):
    """Reads only the forced mask when one is forced, and everything when none is."""

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        return Honest.control(self, frame, kept, forced) if forced else super().control(frame, kept, forced)


class OpensOnBright(Honest):
    """Its gate lets bright cells through, and they steer."""

    def gate(self, frame: np.ndarray) -> np.ndarray:
        return markers(frame) | (in_cells(frame).mean((-3, -2, -1)) > 200)

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        return towards(kept)


class FixedMask(Honest):
    """Always the same columns, whatever is there; the action comes from what they show."""

    def gate(self, frame: np.ndarray) -> np.ndarray:
        kept = np.zeros((len(frame), ROWS, COLS), bool)
        kept[:, 2:6, 6:10] = True
        return kept

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        brightness = (in_cells(frame).mean((-3, -2, -1)) * kept).sum((1, 2)) / np.maximum(kept.sum((1, 2)), 1)
        return np.stack([brightness / 128 - 0.8] * 2, 1).astype(np.float32)


class IgnoresWhatItKeeps(Honest):
    """Reports markers, but drives by none of the picture."""

    def control(self, frame: np.ndarray, kept: np.ndarray, forced: bool) -> np.ndarray:
        return np.full((len(frame), 2), 0.2, np.float32)


class KeepsEverything(Honest):
    """A selection in name: nothing is ever left out."""

    def gate(self, frame: np.ndarray) -> np.ndarray:
        return np.ones((len(frame), ROWS, COLS), bool)


class RandomPlaces(Honest):
    """Different cells for every frame, but chosen by nothing that matters."""

    def gate(self, frame: np.ndarray) -> np.ndarray:
        rngs = [np.random.default_rng(int(picture[0, 0, 0]) * 256 + int(picture[0, 1, 1])) for picture in frame]
        return np.stack([rng.random((ROWS, COLS)) < 0.03 for rng in rngs])


class GateThatCannotBeRandomised(Honest):
    """Its "random" gates are the trained one: a sanity check that would check nothing."""

    def with_randomised_gate(self, seed: int) -> Honest:
        return self


def picture(rng: np.random.Generator, column: int) -> np.ndarray:
    """Dull noise with three markers about `column`, the horizon somewhere in the middle rows."""
    frame = rng.integers(60, 140, (HEIGHT, WIDTH, 3), np.uint8)
    for row in rng.choice(np.arange(2, ROWS), 3, replace=False):
        col = int(np.clip(column + rng.integers(-1, 2), 0, COLS - 1))
        frame[CELLS.pixels(int(row), col, HEIGHT, WIDTH)] = MARKER
    return frame


def make_pool(frames: int = 240, episodes: int = 12) -> Pool:
    rng = np.random.default_rng(5)
    frame = np.stack([picture(rng, int(rng.integers(0, COLS))) for _ in range(frames)])
    return Pool(
        seen={"frame": frame, "speed": np.full((frames, 1), 8, np.float32)},
        state=None,
        seed=np.sort(rng.integers(0, episodes, frames)),
        turning=np.abs(towards(markers(frame))[:, 0]) > 0.1,
    )


@pytest.fixture(scope="module")
def pool() -> Pool:
    return make_pool()


def verdict(measures: list[Measure]) -> str:
    """ "missed" where any line was; "not applicable" where all lines were; else "passed"."""
    statuses = {measure.status for measure in measures if measure.bar is not None or measure.value is None}
    return "missed" if "missed" in statuses else statuses.pop() if len(statuses) == 1 else "passed"


MEAN_MAP = normalised(Bench(Honest(), make_pool(120, 6)).clean.kept).mean(0)

TESTS: dict[str, Callable[[Bench], list[Measure]]] = {
    "T0": faithfulness.mask_held,
    "T1": faithfulness.gate_rerun,
    "T4": lambda bench: faithfulness.necessity(bench, faithfulness.gate_rerun(bench)),
    "T5": lambda bench: faithfulness.controls(bench, bench.clean.red.mean(0)),
    "T6": lambda bench: [content.mask_overlap(bench)],
}

EXPECTED = {
    Honest: {"T0": "passed", "T1": "passed", "T4": "passed", "T5": "passed", "T6": "passed"},
    ReadsEverything: {"T0": "missed", "T1": "missed"},
    HonestWhenWatched: {"T0": "missed", "T1": "missed"},
    OpensOnBright: {"T0": "passed", "T1": "missed"},
    FixedMask: {"T0": "passed", "T1": "passed", "T5": "missed", "T6": "missed"},
    IgnoresWhatItKeeps: {"T0": "passed", "T1": "passed", "T4": "missed", "T5": "missed"},
    KeepsEverything: {"T0": "not applicable", "T1": "not applicable", "T5": "missed", "T6": "missed"},
}
CASES = [(policy, test, wanted) for policy, row in EXPECTED.items() for test, wanted in row.items()]


@pytest.mark.parametrize(("policy", "test", "wanted"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_each_policy_fails_exactly_what_it_was_built_to_fail(policy: type, test: str, wanted: str, pool: Pool) -> None:
    found = TESTS[test](Bench(policy(), pool))
    assert verdict(found) == wanted, [(measure.name, measure.value) for measure in found]


def test_every_offline_test_is_failed_by_some_policy() -> None:
    assert {test for _, test, wanted in CASES if wanted == "missed"} == set(TESTS)


def test_t1_says_how_much_was_replaced_and_how_much_junk_opened(pool: Pool) -> None:
    lines = {measure.name: measure for measure in faithfulness.gate_rerun(Bench(OpensOnBright(), pool))}
    assert lines["white"].details["opened_share"] == 1.0
    assert lines["black"].details["opened_share"] == 0.0
    assert lines["black"].details["replaced_share"] == pytest.approx(1 - 3 / (ROWS * COLS), abs=1e-3)
    assert set(lines) == set(T1_EDITS)
    assert faithfulness.worst(list(lines.values())) == "white"


def test_t2_grows_from_nothing_with_the_share_that_is_hijacked(pool: Pool) -> None:
    curve = faithfulness.hijack(Bench(Honest(), pool))
    changes = [point["median_steer_change"] for point in curve]
    assert changes[0] == 0.0
    assert changes[-1] > 0.1  # the foreign frame's own markers are let through: T2 has no bar for that reason
    assert changes == sorted(changes)


def test_t4_divides_by_t1s_largest_median_or_the_floor(pool: Pool) -> None:
    bench = Bench(Honest(), pool)
    still = [Measure("T1", "grey", 1.0, details={"median_steer_change_turning": 0.0})]
    loud = [*still, Measure("T1", "white", 1.0, details={"median_steer_change_turning": 0.05})]
    for stays, denominator in ((still, faithfulness.T4_FLOOR), (loud, 0.05)):
        for line in faithfulness.necessity(bench, stays):
            assert line.value == pytest.approx(line.details["median_steer_change"] / denominator)
    assert faithfulness.necessity(bench, still)[0].details["ratio_without_floor"] is None


def test_t5_masks_have_the_same_budget(pool: Pool) -> None:
    bench = Bench(Honest(), pool)
    seen: list[np.ndarray] = []

    class Spy(Honest):
        def act(self, observation, state, *, keep=None):
            seen.append(keep)
            return super().act(observation, state, keep=keep)

    bench.policy = Spy()
    faithfulness.controls(bench, MEAN_MAP)
    masks = np.concatenate(seen).reshape(5, len(pool), ROWS, COLS)
    assert (masks.sum((2, 3)) == bench.clean.kept.sum((1, 2))).all()
    centre = masks[1].any(0)
    assert centre[ROWS // 2, COLS // 2 - 1 : COLS // 2 + 1].all()
    assert centre.sum() <= 4


def views_of(pool: Pool) -> dict[str, View]:
    """The pool seen from elsewhere: every picture shifted by four cells; the markers are the road, and its lines."""
    shifted = replace(pool, seen=pool.shown(np.roll(pool.frame, 4 * CELL, axis=2)))
    share = markers(shifted.frame).astype(float)
    area = share.mean((1, 2))
    return {"shifted": View(shifted, {"road": share, "lines": share}, {"road": area, "lines": area})}


@pytest.mark.parametrize(("policy", "wanted"), [(Honest, "passed"), (FixedMask, "missed"), (RandomPlaces, "missed")])
def test_t6_mass_follows_content_or_not(policy: type, wanted: str, pool: Pool) -> None:
    bench, views = Bench(policy(), pool), views_of(pool)
    ratios = content.mass_ratios(bench, views, content.answers(bench, views), bench.clean.red.mean(0))
    assert verdict(ratios) == wanted, [(measure.name, measure.value) for measure in ratios]


def test_t6_mass_leaves_empty_masks_out_and_tells_their_share(pool: Pool) -> None:
    class Sleepy(Honest):
        """Keeps nothing in every picture that begins with an even pixel."""

        def gate(self, frame: np.ndarray) -> np.ndarray:
            return markers(frame) & (frame[:, 0, 0, 0] % 2 == 1)[:, None, None]

    bench, views = Bench(Sleepy(), pool), views_of(pool)
    line = content.mass_ratios(bench, views, content.answers(bench, views), MEAN_MAP)[0]
    assert line.details["empty_share"] == pytest.approx(0.5, abs=0.1)
    assert line.details["mass"] == 1.0


def test_lift_is_one_over_the_share_of_the_markers_for_a_policy_that_keeps_just_them(pool: Pool) -> None:
    bench, views = Bench(Honest(), pool), views_of(pool)
    lines = content.plausibility(views, content.answers(bench, views))
    assert [line.status for line in lines] == ["reported", "reported"]
    assert lines[0].value == pytest.approx(ROWS * COLS / 3, rel=0.02)


@pytest.mark.parametrize(("policy", "wanted"), [(Honest, "passed"), (GateThatCannotBeRandomised, "missed")])
def test_t6_random_gates_must_break_the_tests(policy: type, wanted: str, pool: Pool) -> None:
    line = faithfulness.random_gates(policy(), pool, "grey", views_of(pool), MEAN_MAP)
    assert line.status == wanted, line.details


def test_moved_turns_on_the_spot_and_steps_to_the_left() -> None:
    pose = np.array([[10.0, 20.0, np.pi / 2]])
    assert content.moved(pose, np.radians(8), 0.0)[0] == pytest.approx([10, 20, np.pi / 2 + np.radians(8)])
    assert content.moved(pose, 0.0, 1.0)[0] == pytest.approx([9, 20, np.pi / 2])  # facing north, left is west


def test_tolerances_by_hand() -> None:
    a = np.zeros((4, 2))
    b = np.array([[0.019, 0.049], [0.021, 0.0], [0.0, 0.051], [-0.019, -0.049]])
    assert same_action(a, b).tolist() == [True, False, False, True]


def test_intervals_are_by_episode() -> None:
    """All frames of an episode alike: what counts is 2 episodes, not 200 frames."""
    episode = np.repeat([0, 1], 100)
    values = np.repeat([0.0, 1.0], 100)
    assert bootstrap(lambda index: float(values[index].mean()), episode) == (0.0, 1.0)
    line = mean_measure("T1", "grey", values, episode, BARS["T1 same action"])
    assert (line.value, line.interval) == (0.5, (0.0, 1.0))


@pytest.mark.parametrize(
    ("direction", "value", "wanted"),
    [(">=", 0.5, True), (">=", 0.49, False), ("<=", 0.5, True), ("<", 0.5, False), (">=", float("nan"), False)],
)
def test_bars(direction: str, value: float, wanted: bool) -> None:
    assert Bar("some", direction, 0.5, "this test").met(value) is wanted


def test_donors_are_of_another_episode() -> None:
    seed = np.repeat([1, 2, 3], 5)
    donor = other_episodes(seed, np.random.default_rng(0))
    assert (seed[donor] != seed).all()
    with pytest.raises(ValueError, match="at least 2 episodes"):
        other_episodes(np.ones(4, int), np.random.default_rng(0))


class Privileged(Honest):
    """Drives like the expert, whom it asks; its state says which world is which. Keeps the lower middle of the frame.

    It lets go of the wheel as soon as the part of the frame that `watches` names is one flat colour in every cell.
    """

    def __init__(self, watches: str) -> None:
        self.watches = watches
        self.simulators: list[Simulator] = []

    def initial_state(self, n: int) -> State:
        return {"world": np.arange(n)}

    def gate(self, frame: np.ndarray) -> np.ndarray:
        kept = np.zeros((len(frame), ROWS, COLS), bool)
        kept[:, 4:, 5:11] = True
        return kept

    def act(self, observation: Observation, state: State, *, keep: np.ndarray | None = None) -> tuple[Decision, State]:
        decision, _ = super().act(observation, state, keep=keep)
        action = self.simulators[-1].expert(state["world"])[0]
        kept = self.gate(observation["frame"])[0]
        watched = {"read": kept, "unread": ~kept, "nothing": np.zeros_like(kept)}[self.watches]
        flat = in_cells(observation["frame"]).std((3, 4)).max(-1) < 0.5
        action[flat[:, watched].all(1) & watched.any()] = (0.0, 0.3)
        return Decision(action, decision.attention), state


@pytest.fixture
def options_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[Privileged], Options]:
    """Options whose simulators a privileged policy gets to know; 35 seconds are enough for a third of a lap."""

    def build(policy: Privileged) -> Options:
        def make_worlds(self: Options, driver: Honest | Driver, episodes: int | None = None) -> Simulator:
            policy.simulators.append(Simulator(2, frame_size=(HEIGHT, WIDTH), time_limit=35))
            return policy.simulators[-1]

        monkeypatch.setattr(Options, "make_worlds", make_worlds)
        return Options(episodes=2, frames=40)

    return build


def look_away(step: Step) -> None:
    """An observer that does nothing."""


def privileged_bench(watches: str, pool: Pool) -> tuple[Bench, Privileged]:
    """A bench whose donors are the synthetic pool and whose policy drives."""
    bench, policy = Bench(Honest(), pool), Privileged(watches)
    bench.policy = policy
    return bench, policy


def test_t3_is_missed_by_a_driver_whom_junk_in_unread_cells_distracts(options_for, pool: Pool) -> None:
    bench, policy = privileged_bench("unread", pool)
    options = options_for(policy)
    clean = drive(options.make_worlds(policy), Constant(0.0, 0.0), options.seeds, max_steps=1)
    perfect = [changed(each, route_completion=1.0) for each in clean]
    assert faithfulness.closed_loop_stays(bench, perfect, "grey", options, look_away).status == "missed"


def test_t3_says_nothing_about_a_policy_that_leaves_nothing_unread(pool: Pool) -> None:
    bench = Bench(KeepsEverything(), pool)
    substrate = faithfulness.worst(faithfulness.gate_rerun(bench))
    line = faithfulness.closed_loop_stays(bench, [], substrate, Options(2), look_away)
    assert line.status == "not applicable"


def test_t4_is_passed_by_a_driver_who_needs_what_it_reads(options_for, pool: Pool) -> None:
    bench, policy = privileged_bench("read", pool)
    assert faithfulness.closed_loop_fails(bench, "grey", options_for(policy), look_away).status == "passed"


def test_the_whole_suite_on_a_driver_who_needs_nothing(options_for, tmp_path: Path) -> None:
    policy = Privileged("nothing")
    findings = faithfulness.run({"driver": policy}, options_for(policy), lambda name: look_away)
    found = findings.found["driver"]
    lines = {f"{line.test} {line.name.split(',')[0]}": line for line in found.measures}
    assert lines["T3 driving score kept"].status == "passed"
    assert lines["T4 route completion"].status == "missed"
    assert lines["T6 random gates that break T4 and T6"].value is not None
    assert lines["passed median share of the cells"].value == pytest.approx(30 / (ROWS * COLS))
    assert lines["passed frames in which the cap binds"].value == 1.0  # it keeps 30 cells and names a cap of 8
    assert {line.test for line in found.measures} == {"T0", "T1", "T3", "T4", "T5", "T6", "lift", "passed"}
    assert len(found.details["hijack"]) == len(faithfulness.T2_SHARES)
    saved = json.loads(report.save(found.to_json(), tmp_path).read_text())
    assert list(saved) == ["sample", "measures", "hijack", "mean_map"]
    assert len(saved["measures"]) == len(found.measures)
    pictures = report.save_pictures(findings, tmp_path)
    assert {path.stem for path in pictures} == {
        *("driver-shares", "driver-hijack", "driver-mean-map", "driver-edits", "driver-views")
    }
    assert all(cv2.imread(str(picture)).std() > 5 for picture in pictures)


def test_the_sampler_takes_as_many_turns_as_straights_and_keeps_each_frames_own_state() -> None:
    class Counter(Honest):
        """Its state counts frames; it swerves on every fifth."""

        def initial_state(self, n: int) -> State:
            return {"count": np.zeros(n, int)}

        def act(self, observation, state, *, keep=None):
            decision, _ = super().act(observation, state, keep=keep)
            action = np.where(state["count"] % 5 == 0, 0.2, 0.0)[:, None] * [1.0, 0.0]
            return Decision(action.astype(np.float32), decision.attention), {"count": state["count"] + 1}

    sampler = Sampler(20, 2)
    policy = Counter()
    drive(Options(2).make_worlds(policy), policy, [20_000, 20_001], (sampler,), max_steps=60)
    pool = sampler.pool()
    assert len(pool) == 20
    assert pool.turning.sum() == 10
    assert (pool.turning == (pool.state["count"] % 5 == 0)).all()
    assert set(pool.seed) == {20_000, 20_001}
    assert len(set(zip(pool.seed, pool.state["count"], strict=True))) == 20, "a frame was taken twice"


@pytest.mark.parametrize("scenario", ["open-road", "town"])
def test_views_show_the_same_instant_from_a_camera_that_was_moved(
    scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have moved on since; they are drawn where they were."""
    policy = Honest()
    options = Options(2, frames=20, scenario=scenario)
    sampler = Sampler(20, 2)
    drive(options.make_worlds(policy), policy, options.seeds, (sampler,), max_steps=40)
    bench = Bench(policy, sampler.pool())
    monkeypatch.setattr(content, "VIEWS", {"still": (0.0, 0.0), **content.VIEWS})
    views = content.render_views(options.make_worlds(policy), bench)
    assert np.array_equal(views["still"].pool.frame, bench.pool.frame)
    for name in ("yaw +8 deg", "yaw -8 deg", "1 m left", "1 m right"):
        assert (views[name].pool.frame != bench.pool.frame).any((1, 2, 3)).all()
        assert (views[name].area["road"] > views[name].area["lines"]).all()
