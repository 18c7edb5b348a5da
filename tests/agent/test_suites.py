"""One contract for everything that is registered as a suite: it answers for every kind of policy, in plain data."""

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from policies import KINDS, SIZE, Corridor, Glimpses, LeaksIntoMemory, NoMap, Remembers, Selection, Soft
from rich.console import Console

from agent.evaluate import report
from agent.evaluate.bench import Bench
from agent.evaluate.faithfulness import controls, gate_rerun, hijack, mask_held
from agent.evaluate.findings import Findings
from agent.evaluate.maps import PLACES, attention_of, in_place, pixels_read
from agent.evaluate.measure import Measure
from agent.evaluate.options import Options
from agent.evaluate.pool import Pool
from agent.evaluate.suites import SUITES, ask, run
from sim.cells import Boxes
from sim.driver import Expert
from sim.policy import Attention, Policy
from sim.rollout import Step
from sim.simulator import Simulator

UNSIMULATED = Options(3, frames=16, environment=Corridor)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Options:
    """Two episodes of a second each."""

    def make_worlds(self: Options, policy: Policy, episodes: int | None = None) -> Simulator:
        return Simulator(2, self.scenario, self.one_theme, SIZE, time_limit=1.0)

    monkeypatch.setattr(Options, "make_worlds", make_worlds)
    return Options(2, seed_start=10_000, frames=16)


def look_away(step: Step) -> None:
    """An observer that does nothing."""


def answer(suite: str, policy: Policy, options: Options) -> Findings:
    """What a suite says of one policy."""
    (findings,) = ask(SUITES[suite], {"mine": policy}, options, lambda name: look_away)
    return findings


def check(findings: Findings) -> list[Measure]:
    """The lines on a policy, in findings that can be written and shown."""
    found = findings.found["mine"]
    json.dumps(report.plain(found.to_json()), allow_nan=False)
    assert found.measures
    for line in found.measures:
        assert line.value is not None or line.note, "what does not apply says why"
    console = Console(record=True, width=160, file=io.StringIO())
    report.show(console, findings)
    assert findings.title in console.export_text()
    return list(found.measures)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_answers_for_every_kind_of_policy(suite: str, kind: str, short: Options) -> None:
    lines = check(answer(suite, KINDS[kind](), short))
    silent = kind == "no map" and suite in ("faithfulness", "causes")
    assert (len(lines) == 1 and lines[0].value is None) == silent
    if silent:
        assert lines[0].note == "a policy without attention has no red"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_answers_in_worlds_that_are_not_the_simulators(suite: str, kind: str) -> None:
    policy = KINDS[kind]()
    policy.spec = replace(policy.spec, observes=("frame",))
    lines = check(answer(suite, policy, UNSIMULATED))
    if suite == "causes":
        assert {line.status for line in lines} == {"not applicable"}
    if suite == "driving":
        assert {"duration", "reached"} <= {line.name for line in lines}


@pytest.mark.parametrize("name", SUITES)
def test_drivers_who_read_nothing_are_refused_where_eyes_are_needed(name: str) -> None:
    suite, options = SUITES[name], Options(2)
    if suite.applies(Expert(), options) is None:
        suite.check({"expert": Expert()}, options)
    else:
        with pytest.raises(ValueError, match="reads no frames"):
            suite.check({"expert": Expert()}, options)


def test_what_does_not_apply_to_one_is_asked_of_the_others(short: Options, tmp_path: Path) -> None:
    policies = {"mine": Selection(), "blind": NoMap()}
    path = run(SUITES["causes"], policies, short, tmp_path, Console(quiet=True))
    told = json.loads(path.read_text())["policies"]
    assert [line["status"] for line in told["blind"]["measures"]] == ["not applicable"]
    assert len(told["mine"]["measures"]) == 4


def pool_of(policy: Policy, frames: int = 80) -> Pool:
    """Frames of a corridor, each with the state that the policy had come to."""
    worlds, rows = Corridor(8, None), np.arange(8)
    worlds.reset(rows, range(8))
    state, parts = policy.initial_state(8), []
    for _ in range(frames // 8):
        seen = worlds.observe(rows)
        decision, after = policy.act(seen, state)
        parts.append(Pool(seen, state, rows.astype(np.int64), np.abs(decision.action[:, 0]) > 0))
        state = after
    return Pool.joined(parts)


def test_a_soft_map_is_asked_about_nine_tenths_of_its_mass() -> None:
    bench = Bench(Soft(), pool_of(Soft()))
    held = (bench.clean.weights * bench.clean.kept).sum((1, 2))
    assert (held >= 0.9 - 1e-5).all()
    assert bench.clean.kept.mean() < 0.6
    assert (bench.read == bench.pixels(bench.clean.kept)).all()


def test_a_soft_map_is_not_forced_and_all_else_is_asked() -> None:
    bench = Bench(Soft(), pool_of(Soft()))
    (held,) = mask_held(bench)
    assert held.status == "not applicable"
    assert "soft attention cannot be told what to read" in held.note
    stays = {line.name: line for line in gate_rerun(bench)}
    assert stays["white"].value == 1.0, "what it weighs little can become bright"
    assert stays["black"].value < 0.5, "what turns black takes the weight"
    assert len(hijack(bench)) == 7
    forced = controls(bench, bench.clean.red.mean(0))
    assert all(line.value is not None for line in forced)
    assert forced[0].status == "passed", "other cells do not tell it as much"


def test_memory_starts_from_the_drives_own_state_and_is_held_to_the_bits() -> None:
    for policy, wanted in ((Remembers(), {"passed"}), (LeaksIntoMemory(), {"missed"})):
        pool = pool_of(policy)
        assert set(pool.state["frames"].tolist()) == set(range(10))
        bench = Bench(policy, pool)
        np.testing.assert_array_equal(bench.clean.after["frames"], pool.state["frames"] + 1)
        lines = {line.name: line for line in mask_held(bench)}
        assert {line.status for name, line in lines.items() if "memory" not in name} == {"passed"}
        assert {line.status for name, line in lines.items() if "memory" in name} == wanted


def test_the_report_says_how_memory_and_soft_maps_were_asked(short: Options) -> None:
    asked = {
        kind: answer("faithfulness", KINDS[kind](), short).found["mine"].summary["sample"]
        for kind in KINDS
        if kind != "no map"
    }
    assert "memory" in asked["memory"]
    assert "read" not in asked["memory"]
    assert "90%" in asked["soft map"]["read"]
    assert set(asked["selection"]) == {"frames", "turning", "episodes", "short"}


def test_boxes_are_told_in_places() -> None:
    """A box over the left half with all of the weight; another one outside of the frame."""
    edges = np.array([[[[0, 0, 1, 0.5], [0, 1.5, 1, 2]]]], np.float32)
    attention = Attention(np.array([[[1, 0]]], np.float32), Boxes(edges), "soft attention")
    placed = in_place(attention, *SIZE)
    assert placed.cells is PLACES
    np.testing.assert_array_equal(placed.read[0], np.arange(16)[None] < np.full((9, 1), 8))
    np.testing.assert_allclose(placed.weights[0, :, :8], 1 / 72, rtol=1e-5)
    assert pixels_read(attention, *SIZE).mean() == 0.5


def test_boxes_read_their_own_pixels_and_no_more() -> None:
    policy = Glimpses()
    bench = Bench(policy, pool_of(policy))
    seen = attention_of(policy.act(bench.pool.seen, None)[0])
    np.testing.assert_array_equal(bench.read, seen.cells.covered(seen.read, *SIZE))
    assert not (bench.read & ~bench.pixels(bench.clean.kept)).any()
    assert "cannot be told" in bench.unforced


def test_the_edited_frames_are_painted_with_the_soft_map_itself(short: Options, tmp_path: Path) -> None:
    findings = answer("faithfulness", Soft(), short)
    assert len(findings.pictures) == 5
    (path,) = report.save_pictures(replace(findings, pictures={"e": findings.pictures["mine-edits"]}), tmp_path)
    assert cv2.imread(str(path)).std() > 5
