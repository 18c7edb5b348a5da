"""The evidence file: every theme by itself, and short without losing a figure."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from policies import SIZE, NoMap

from agent.evaluate import evaluate, evidence
from agent.evaluate.job import Job
from agent.evaluate.options import Options
from sim import WORLD_VERSION
from sim.files import write_text
from sim.scenario import SCENARIOS
from sim.simulator import Simulator
from sim.theme import SHIPPED_THEMES


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Episodes of one second."""

    def make_worlds(self: Options, policy: object, episodes: int | None = None) -> Simulator:
        return Simulator(
            min(self.worlds, episodes or self.episodes), self.scenario, self.one_theme, SIZE, time_limit=1.0
        )

    monkeypatch.setattr(Options, "make_worlds", make_worlds)


def test_each_theme_is_driven_on_the_same_test_seeds() -> None:
    suite, options = evidence.PARTS["themes"]
    assert suite == "driving"
    assert options.theme == SHIPPED_THEMES
    assert options.seeds == range(20_000, 20_025)


def test_themes_are_measured_one_by_one_against_the_bar_of_their_split(short: None, tmp_path: Path) -> None:
    path = evaluate({"some": NoMap()}, "driving", tmp_path, episodes=2, theme=("desert", "night"))
    saved = json.loads(path.read_text())
    found = saved["policies"]["some"]
    assert {theme: each["episodes"] for theme, each in found["scores"].items()} == {"desert": 2, "night": 2}
    assert saved["options"]["theme"] == ["desert", "night"]
    assert list(saved["policies"]) == ["some"], "looks change nothing for the expert"
    bars = {line["test"]: line["bar"] for line in found["measures"] if line["name"] == "route completion"}
    assert bars == {"desert": "completion", "night": "completion, held-out theme"}


def test_every_scenario_is_driven_and_the_town_is_asked_everything() -> None:
    driven = {options.scenario for suite, options in evidence.PARTS.values() if suite == "driving"}
    assert driven == set(SCENARIOS)
    assert {suite for suite, options in evidence.PARTS.values() if options.scenario == "town"} == {
        *("driving", "faithfulness", "causes")
    }


def test_a_part_is_a_job_and_fewer_episodes_are_half_as_many_of_each_theme(tmp_path: Path) -> None:
    made = {part: evidence.job(part, Path("some"), tmp_path, 30) for part in ("town", "themes")}
    assert {part: job.options.episodes for part, job in made.items()} == {"town": 30, "themes": 15}
    for job in made.values():
        assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_policy_without_evidence_is_said_to_have_none() -> None:
    assert evidence.evidence_of("no such policy") is None
    for name in evidence.EVIDENCED:
        assert set(evidence.evidence_of(name)) == set(evidence.PARTS)


def report_of(weights: str, world: str = WORLD_VERSION) -> str:
    found = {"some": {"provenance": {"weights_sha256": weights}, "measures": []}}
    return json.dumps({"world": world, "bars": {}, "policies": found})


class Weighed:
    """A policy with a hash."""

    provenance: ClassVar = {"weights_sha256": "abc"}


def test_parts_are_joined_once_all_are_there(tmp_path: Path) -> None:
    for part in evidence.PARTS:
        assert evidence.joined("some", Weighed(), tmp_path) is None
        write_text(tmp_path / part / "report.json", report_of("abc"))
    assert set(evidence.joined("some", Weighed(), tmp_path)) == set(evidence.PARTS)


@pytest.mark.parametrize("stale", [report_of("abd"), report_of("abc", world="0")])
def test_parts_of_other_weights_or_another_world_are_refused(tmp_path: Path, stale: str) -> None:
    for part in evidence.PARTS:
        write_text(tmp_path / part / "report.json", stale if part == "themes" else report_of("abc"))
    with pytest.raises(ValueError, match="measure --parts themes again"):
        evidence.joined("some", Weighed(), tmp_path)


def test_an_unknown_part_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        evidence.main(["topk-patches", "--out", str(tmp_path), "--parts", "theme"])
    assert "did you mean 'themes'" in capsys.readouterr().err


def test_a_shortened_report_keeps_the_figures_and_the_bars_that_were_held() -> None:
    found = {"scores": {"all": 1.0}, "measures": [{"bar": "speed"}, {"bar": None}], "drives": [1, 2]}
    saved = {"world": "0", "bars": {"speed": {"threshold": 0.85}, "other": {}}, "policies": {"some": found}}
    assert evidence.shortened(saved) == {
        "world": "0",
        "bars": {"speed": {"threshold": 0.85}},
        "policies": {"some": {"scores": {"all": 1.0}, "measures": [{"bar": "speed"}, {"bar": None}]}},
    }


def test_compact_json_says_the_same_in_fewer_lines() -> None:
    data = {
        "a": {"mean": 0.5, "low": None},
        "b": [[1, 2], [3]],
        "c": [],
        "d": "two\n words { } [",
        "e": {"f": {"g": 1}},
    }
    text = evidence.compact(data)
    assert json.loads(text) == data
    assert '"a": {"mean": 0.5, "low": null}' in text
    assert text.count("\n") < json.dumps(data, indent=1).count("\n") / 1.4
