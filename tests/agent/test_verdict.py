"""What an evaluation says at a glance: the verdict, how long it takes, and the quick look that is no evidence."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from policies import KINDS, Corridor, InCorridors, NoMap
from rich.console import Console

from agent.evaluate import __main__ as command
from agent.evaluate import forecast, quick, report
from agent.evaluate.findings import Found
from agent.evaluate.forecast import Pace, Part, in_words
from agent.evaluate.measure import BARS, Measure
from agent.evaluate.options import Options
from agent.evaluate.suites import SUITES, ask, run
from agent.evaluate.verdict import verdict
from sim.driver import Expert

ELSEWHERE = Options(3, frames=16, environment=Corridor)
T1 = BARS["T1 same action"]


def text_of(suite: str, policies: dict, options: Options, out: Path) -> str:
    """What a run prints."""
    console = Console(record=True, width=160, file=io.StringIO())
    run(SUITES[suite], policies, options, out, console)
    return console.export_text()


def test_a_verdict_has_a_row_a_test_and_a_column_a_policy() -> None:
    good = Found([Measure("T0", "grey", 1.0, bar=BARS["T0 same bits"]), Measure("T1", "blur", 0.995, bar=T1)])
    bad = Found([Measure("T1", "blur", 0.97, bar=T1), Measure("T1", "grey", 0.5, bar=T1), Measure("lift", "road", 2.0)])
    table = verdict({"good": good, "bad": bad})
    assert table.columns == ["good", "bad"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["T0"] == ["holds: 1 (>= 1)", ""]
    assert rows["T1"] == ["holds: 0.995 (>= 0.99)", "missed: 0 of 2 hold\ngrey 0.5 (>= 0.99)\nblur 0.97 (>= 0.99)"]
    assert rows["in all"] == ["2 of 2 bars met", "0 of 2 bars met"]


def test_a_verdict_on_drivers_has_a_row_a_figure_and_controls_apart() -> None:
    bar = BARS["completion of a control"]
    driver = Found([Measure("mine", "route completion", 1.0, bar=BARS["completion"])])
    fails = Found([Measure("zero steer", "route completion", 0.05, bar=bar)], control=True)
    comes_far = Found([Measure("zero steer", "route completion", 0.5, bar=bar)], control=True)
    for control, told in ((fails, "fail, as they must: 1 of 1"), (comes_far, "come too far: zero steer")):
        rows = verdict({"mine": driver, "zero steer": control}).rows
        assert rows[:2] == [["route completion", "holds: 1 (>= 1)"], ["controls", told]]


def test_two_policies_are_told_in_one_table_and_every_line_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "save_pictures", lambda findings, folder: [])
    mine = InCorridors()
    text = text_of("faithfulness", {"first": mine, "second": mine}, ELSEWHERE, tmp_path)
    assert text.count("Verdict") == 1
    heading = next(line for line in text.splitlines() if "first" in line and "second" in line)
    assert heading
    assert "foreign displaced" in (tmp_path / "report.txt").read_text()
    assert len(text.splitlines()) < 60


def test_a_suite_says_beforehand_how_long_it_takes(tmp_path: Path) -> None:
    text = text_of("driving", {"mine": InCorridors()}, ELSEWHERE, tmp_path)
    assert text.index("this will take about") < text.index("Verdict")


@pytest.mark.parametrize("name", SUITES)
def test_the_stages_that_a_suite_foretells_are_those_that_it_comes_to(name: str) -> None:
    policy = InCorridors()
    foretold = [part.stage for part in SUITES[name].work({"mine": policy}, ELSEWHERE)]
    come_to: list[str] = []

    def stage(told: str):
        come_to.append(told)
        return lambda step: None

    list(ask(SUITES[name], {"mine": policy}, ELSEWHERE, stage))
    left_out = [told for told in foretold if told not in come_to]
    assert [told for told in foretold if told in come_to] == come_to, "the same ones, in the same order"
    assert all(told.startswith(("T3", "T4 closed", "T6", "drives")) for told in left_out), "what cannot be asked there"


def test_a_pace_is_that_of_the_parts() -> None:
    pace = Pace(world=1.0, step=0.001, draw=0.002, decide=0.004, steps=1000)
    policy = InCorridors()
    assert pace.seconds(Part("a", policy, episodes=2)) == pytest.approx(2 * (1 + 7))
    assert pace.seconds(Part("a", policy, episodes=1, passes=0.0)) == pytest.approx(1 + 1)
    assert pace.seconds(Part("a", policy, frames=100)) == pytest.approx(0.4 + 100 * forecast.FRAME_EDIT)
    assert [in_words(seconds) for seconds in (1, 44, 100, 3000, 7200)] == [
        *("about 5 s", "about 45 s", "about 2 min", "about 50 min", "about 2.0 h"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_quick_look_is_labelled_as_such_whatever_the_policy(kind: str, tmp_path: Path) -> None:
    policy = KINDS[kind]()
    policy.spec = replace(policy.spec, observes=("frame",))
    text = text_of("quick", {"mine": policy}, ELSEWHERE, tmp_path)
    assert text.startswith("QUICK")
    saved = json.loads((tmp_path / "report.json").read_text())
    assert "no evidence" in saved["caution"]
    assert saved["policies"]["mine"]["quick"] is True
    assert "QUICK" in (tmp_path / "report.txt").read_text()
    if not isinstance(policy, NoMap):
        assert "mine T1: acts the same under" in text


def test_few_laps_that_all_went_well_say_little() -> None:
    assert quick.share_interval(6, 6) == pytest.approx((0.61, 1.0), abs=0.005)  # Wilson 1927, by hand
    assert quick.share_interval(0, 6) == pytest.approx((0.0, 0.39), abs=0.005)
    assert quick.share_interval(50, 100) == pytest.approx((0.404, 0.596), abs=0.001)


MISTAKES = {
    "no suite": ((), "no --suite: expected one of driving, faithfulness, causes, quick, or --quick"),
    "two suites": (("--suite", "driving", "--quick"), "--quick beside --suite driving"),
    "no folder": (("--suite", "driving"), "no --out: expected a folder for the report of the driving suite"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_command_lines_that_cannot_be_meant(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, message = MISTAKES[name]
    with pytest.raises(SystemExit, match="2"):
        command.main(["expert", *options])
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_quick_takes_validation_seeds_and_keeps_nothing_unless_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(quick, "_drive", lambda policy, options, *observers: asked.append(options.seeds) or [])
    monkeypatch.setattr(quick, "driven", lambda episodes, options: [Measure("driving", "all", 1.0)])
    monkeypatch.setattr(quick, "in_words", lambda episodes: [])
    assert command.main(["expert", "--quick"]) == 0
    assert asked == [range(10_000, 10_000 + quick.EPISODES)]
    assert "nothing is kept" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_policy_is_told_first(tmp_path: Path) -> None:
    policy = InCorridors()
    policy.provenance = {"unfinished": "round 2 of 16, its gates are not closed yet"}
    text = text_of("driving", {"mine": policy}, ELSEWHERE, tmp_path)
    assert text.startswith("mine is unfinished: round 2 of 16, its gates are not closed yet")


def test_the_expert_is_driven_quickly_too() -> None:
    assert quick.SUITE.applies(Expert(), Options(2)) is None
