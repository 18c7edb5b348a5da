"""The driving suite, its report and its command line; and the example policy of docs/evaluation.md."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from episodes import changed, episode_of
from matplotlib.axes import Axes
from matplotlib.text import Text
from rich.console import Console

from agent.evaluate import __main__ as command
from agent.evaluate import driving, evaluate, plots, report
from agent.evaluate.drives import Drives
from agent.evaluate.driving import BlackFrames
from agent.evaluate.findings import Findings
from agent.evaluate.measure import BARS
from agent.evaluate.options import Options
from agent.evaluate.score_tables import score_tables
from sim.driver import as_driver
from sim.kinds import CAUSES, INFRACTIONS
from sim.policy import Decision, Policy, PolicySpec
from sim.recorded import Replay, load_drive
from sim.rollout import Episode, drive
from sim.scenario import Lights, Roadside, Scenario
from sim.simulator import Simulator
from sim.theme import load_theme

ROOT = Path(__file__).parents[2]


def example_policy() -> Policy:
    """The class that docs/evaluation.md shows."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/evaluation.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(next(block for block in blocks if "class GreySeeker" in block), names)
    return names["GreySeeker"]()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Episodes of three seconds."""

    def make_worlds(self: Options, policy: object, episodes: int | None = None) -> Simulator:
        return Simulator(min(self.worlds, episodes or self.episodes), self.scenario, self.one_theme, time_limit=3.0)

    monkeypatch.setattr(Options, "make_worlds", make_worlds)


def test_the_documented_example_meets_the_protocol_and_can_be_evaluated(short: None, tmp_path: Path) -> None:
    policy = example_policy()
    assert isinstance(policy, Policy)
    path = evaluate({"grey-seeker": policy}, "driving", tmp_path, episodes=3)
    saved = json.loads(path.read_text())
    assert list(saved["policies"]) == ["grey-seeker", "grey-seeker, black frames", "expert", "zero steer"]
    mine = saved["policies"]["grey-seeker"]
    assert mine["spec"]["kind"] == "selection"
    assert mine["scores"]["all"]["episodes"] == 3
    assert 0 < mine["scores"]["all"]["share_read"]["mean"] < 0.45
    assert [each["seed"] for each in mine["drives"]] == [20_000, 20_001, 20_002]
    assert {each["theme"] for each in mine["drives"]} == set(mine["scores"]) - {"all"}
    assert saved["world"]
    assert saved["packages"]["numpy"] == np.__version__
    assert cv2.imread(str(tmp_path / "driving.png")).std() > 5


def test_scenario_and_theme_may_be_objects(short: None, tmp_path: Path) -> None:
    mine = Scenario((Lights(1), Roadside(20)), about="one light")
    path = evaluate(
        {"grey-seeker": example_policy()}, "driving", tmp_path, episodes=2, scenario=mine, theme=load_theme("snow")
    )
    saved = json.loads(path.read_text())
    assert saved["options"]["scenario"] == "one light"
    assert saved["options"]["theme"] == "snow"
    assert {each["theme"] for each in saved["policies"]["expert"]["drives"]} == {"snow"}


@pytest.mark.slow  # tests/test_documents.py runs the same, shortened
def test_the_documented_example_is_tested_for_its_red(short: None, tmp_path: Path) -> None:
    path = evaluate({"grey-seeker": example_policy()}, "faithfulness", tmp_path, episodes=2, frames=20)
    lines = json.loads(path.read_text())["policies"]["grey-seeker"]["measures"]
    held = [line["status"] for line in lines if line["test"] == "T0"]
    assert held == ["passed"] * 3
    missed = {line["name"] for line in lines if line["test"] == "T1" and line["status"] == "missed"}
    assert {"grey", "black", "white"} <= missed, "dull junk below the horizon looks like asphalt to it"


def test_black_frames_blindfold_and_leave_the_speed() -> None:
    seen = {}

    class Spy:
        spec = example_policy().spec

        def act(self, observation, state, *, keep=None):
            seen.update(observation)
            return None, state

    frame = np.full((1, 72, 128, 3), 7, np.uint8)
    BlackFrames(Spy()).act({"frame": frame, "speed": np.full((1, 1), 5, np.float32)}, None)
    assert not seen["frame"].any()
    assert frame.all()
    assert seen["speed"] == 5


def episode(completion: float, off_road: int, theme: str = "meadow") -> Episode:
    """A drive of 100 s at 10 m/s on a road of 1 km, where the expert takes 80 s."""
    still = np.zeros(2000)
    return episode_of(
        seed=20_000,
        theme=theme,
        **dict.fromkeys(("s", "d", "heading_error", "speed", "yaw_rate", "acceleration", "share_read"), still),
        action=np.zeros((2000, 2)),
        time_to_collision=np.full(2000, np.inf),
        cause=still,
        culprit=still - 1,
        expert_pedal=still,
        infractions=dict.fromkeys(INFRACTIONS, 0) | {"off-road": off_road},
        near_misses=0,
        route_completion=completion,
        route_length=1000.0,
        distance=1000.0,
        off_road_share=0.0,
        expert_time=80.0,
        duration=100.0,
        ended="time limit",
    )


@pytest.mark.parametrize(
    ("theme", "completion", "off_road", "wanted"),
    [
        ("train", 1.0, 0, ["passed", "passed", "passed", "missed"]),  # 10 m/s are 80 % of the expert's 12.5
        ("train", 0.95, 1, ["missed", "missed", "missed", "missed"]),
        ("snow", 0.95, 0, ["reported", "passed", "passed", "missed"]),  # held out: 90 % will do
    ],
)
def test_drivers_are_held_to_the_bars(theme: str, completion: float, off_road: int, wanted: list[str]) -> None:
    lines = driving.measures("some", driving.Drives([episode(completion, off_road)] * 2), Options(2, theme=theme))
    assert [line.status for line in lines] == wanted
    assert lines[2].value == 100 * off_road
    assert lines[3].value == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("name", "scenario", "score", "status"),
    [
        *(("some", "traffic", 0.86, "passed"), ("some", "town", 0.74, "missed"), ("some", "town", 0.76, "passed")),
        *(("expert", "traffic", 0.96, "missed"), ("expert", "town", 0.96, "passed")),
    ],
)
def test_among_others_the_bar_is_on_the_score(name: str, scenario: str, score: float, status: str) -> None:
    """Half the route or all of it: completion is reported apart, and held to nothing there."""
    drives = driving.Drives([episode(score, 0)] * 2)
    lines = driving.measures(name, drives, Options(2, scenario=scenario))
    assert [line.status for line in lines] == [status, "reported", "reported", "reported"]
    assert [line.value for line in lines[:2]] == pytest.approx([score, score])


def test_infractions_are_told_per_encounter_and_held_to_nothing() -> None:
    """Two drives past two red lights each, of which one is run; nobody on foot was met."""
    cause, culprit = np.zeros(2000), np.full(2000, -1.0)
    cause[100:200], culprit[100:150], culprit[150:200] = CAUSES.index("red-light"), 3, 7
    one = changed(episode(1.0, 0), cause=cause, culprit=culprit)
    other = changed(one, infractions={**one["infractions"], "red-light": 1})
    lines = driving.measures("some", driving.Drives([one, other]), Options(2, scenario="town"))[4:]
    assert [(line.name, line.value, line.status) for line in lines] == [
        ("red-light infractions per red-light met", 0.25, "reported")
    ]
    assert lines[0].details == {"met": 4, "infractions": 1}


def test_the_table_tells_of_others_only_where_some_were_met() -> None:
    cause = np.where(np.arange(2000) < 40, CAUSES.index("lead-vehicle"), 0.0)
    met = changed(episode(1.0, 0), cause=cause, culprit=np.where(cause > 0, 2.0, -1.0), near_misses=2)
    for drives, told in (([episode(1.0, 0)], False), ([met], True)):
        console = Console(record=True, width=120, file=io.StringIO())
        for table in score_tables({"some": driving.Drives(drives).scores()}):
            report.print_table(console, table)
        text = console.export_text()
        assert ("near misses a km" in text) == told
        assert ("0 of 1" in text) == told
        assert ("2.00 (2)" in text) == told


@pytest.mark.parametrize(("completion", "wanted"), [(0.29, "passed"), (0.31, "missed")])
def test_a_control_that_comes_far_is_marked(completion: float, wanted: str) -> None:
    (line,) = driving.measures("zero steer", driving.Drives([episode(completion, 1)], control=True), Options(1))
    assert line.status == wanted
    assert line.bar is BARS["completion of a control"]


def is_shown(axes: Axes, tick: Text) -> bool:
    """Whether a tick of the x axis lies in its range: matplotlib keeps some that do not, and draws none of them."""
    low, high = sorted(axes.get_xlim())
    return low <= tick.get_position()[0] <= high


def test_no_label_of_the_plot_is_cut() -> None:
    """Of long names, too."""
    long = "a-policy-with-a-name-as-long-as-it-gets"
    names = ("topk-patches", long, f"{long}, black frames", "expert")
    figure = plots.driving({name: driving.Drives([episode(1.0, 0)], "black" in name) for name in names})
    figure.draw_without_rendering()
    whole = figure.bbox
    unseen = {tick for axes in figure.axes for tick in axes.get_xticklabels() if not is_shown(axes, tick)}
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if text.get_text() and text.get_visible() and text not in unseen:
            assert whole.x0 <= box.x0, text.get_text()
            assert box.x1 <= whole.x1, text.get_text()


def test_scores_by_theme() -> None:
    scores = driving.Drives([episode(1.0, 0, "meadow"), episode(0.5, 0, "autumn")]).scores()
    assert {theme: each["route_completion"]["mean"] for theme, each in scores.items()} == {
        "all": 0.75,
        "autumn": 0.5,
        "meadow": 1.0,
    }


def test_reports_are_plain_data_without_nan(tmp_path: Path) -> None:
    found = {"a": np.float32(0.5), "b": float("nan"), "c": (np.arange(2), Path("x")), "d": np.array([np.inf, 1.0])}
    assert json.loads(report.save(found, tmp_path).read_text()) == {
        "a": 0.5,
        "b": None,
        "c": [[0, 1], "x"],
        "d": [None, 1],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["expert", "--suite", "drivin", "--out", "{out}"], "drivin"),
        (["exprt", "--suite", "driving", "--out", "{out}"], "'exprt'"),
        (["expert", "--suite", "driving", "--theme", "snw", "--out", "{out}"], "did you mean 'snow'"),
        (["expert", "--suite", "driving", "--scenario", "open", "--out", "{out}"], "open-road"),
        (["expert", "--suite", "driving", "--scenario", "gone.py:deer", "--out", "{out}"], "there is no file gone.py"),
        (["expert", "--suite", "driving", "--episodes", "0", "--out", "{out}"], "episodes 0"),
        (["expert", "--suite", "faithfulness", "--out", "{out}"], "reads no frames"),
        (["expert", "expert", "--suite", "driving", "--out", "{out}"], "two policies are called 'expert'"),
        (["--suite", "driving", "--out", "{out}"], "no policy given"),
        (["expert", "--suite", "driving"], "--out"),
        (["expert", "--suite", "driving", "--out", "{out}/file/deeper"], "file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SystemExit) as stop:
        command.main([argument.format(out=tmp_path) for argument in arguments])
    complaint = capsys.readouterr().err
    assert stop.value.code == 2
    assert complaint.count("\n") == 1
    assert message in complaint
    assert not (tmp_path / "report.json").exists()


def test_the_command_line_prints_tables_and_exits_0_though_bars_are_missed(
    short: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["expert", "--suite", "driving", "--episodes", "2", "--seed-start", "10000", "--out", str(tmp_path)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "route completion" in printed
    assert "missed" in printed  # three seconds are no lap
    saved = json.loads((tmp_path / "report.json").read_text())
    assert saved["seeds"] == [10_000, 10_001]
    assert saved["options"]["theme"] == "train"


def test_ctrl_c_leaves_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(driving, "evaluate", interrupt)
    assert command.main(["expert", "--suite", "driving", "--out", str(tmp_path)]) == 130
    assert "stopped" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_unknown_suite_from_python(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'driving'"):
        evaluate({}, "drivng", tmp_path)


class Swerving:
    """A policy that leaves the road within some seconds, each world in its own way."""

    spec = PolicySpec((18, 32), None, None)

    def initial_state(self, n: int) -> None:
        return None

    def act(self, observation, state):
        steer = 0.2 + observation["frame"].mean((1, 2, 3)) / 1000
        return Decision(np.stack([steer, np.full(len(steer), 0.4)], 1).astype(np.float32)), None


def test_failed_drives_are_saved_and_driven_again(tmp_path: Path) -> None:
    """What a policy drove in a batch, with frames, is driven again alone: the same states and the same end."""
    options = Options(3, theme="snow")
    mine, seen = Swerving(), []
    look_on = lambda step: seen.append((step.seeds, step.instants.figures))  # noqa: E731
    drives = Drives(drive(options.make_worlds(mine), mine, options.seeds, (look_on,)))
    files = driving.failed("swer/ving", drives, options)
    assert driving.failed("swer/ving", replace(drives, control=True), options) == {}
    said = Console(file=io.StringIO(), width=40)
    report.save_files(said, Findings("driving", {}, files=files), tmp_path)
    saved = sorted((tmp_path / "failed").iterdir())
    assert [path.name for path in saved] == [f"swer_ving-snow-{seed}.npz" for seed in options.seeds]
    assert "python run_demo.py --replay" in said.file.getvalue().splitlines()[-1], "in one line, however narrow"
    recorded, again = load_drive(saved[1]), []
    replay = Replay(recorded, as_driver(mine))
    look_on = lambda step: again.append(step.instants.figures[0])  # noqa: E731
    (episode,) = drive(recorded.worlds(mine.spec), replay, [recorded.facts.seed], (look_on,))
    assert episode.ended == recorded.facts.ended == drives.episodes[1].ended
    then = [figures[seeds == 20_001][0] for seeds, figures in seen if (seeds == 20_001).any()]
    np.testing.assert_array_equal(again, then)


def test_what_is_held_of_others_is_not_overwritten(short: None, tmp_path: Path) -> None:
    """The same policies and suite again are meant; whoever else's report would be lost."""
    for _ in range(2):
        evaluate({"me": example_policy()}, "driving", tmp_path, episodes=1)
    before = (tmp_path / "report.json").read_bytes()
    for others, suite in (({"you": example_policy()}, "driving"), ({"me": example_policy()}, "faithfulness")):
        with pytest.raises(ValueError, match=r"report\.json is the driving report of me: choose another --out"):
            evaluate(others, suite, tmp_path, episodes=2)
    assert (tmp_path / "report.json").read_bytes() == before
    (tmp_path / "report.json").write_text("[1]")
    with pytest.raises(ValueError, match="is a report that is none of this program's: choose another --out"):
        evaluate({"me": example_policy()}, "driving", tmp_path, episodes=1)


def test_a_report_of_others_is_told_before_anything_is_driven(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"suite": "driving", "policies": {"gru": {"class": "SoftPolicy"}, "gru, black frames": {"control": True}}}
    (tmp_path / "report.json").write_text(json.dumps(held))
    monkeypatch.setattr(driving, "drive", lambda *_: pytest.fail("it drives"))
    with pytest.raises(SystemExit) as stop:
        command.main(["expert", "--suite", "driving", "--out", str(tmp_path)])
    assert stop.value.code == 2
    assert "is the driving report of gru: choose another --out" in capsys.readouterr().err
