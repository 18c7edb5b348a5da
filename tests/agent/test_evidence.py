"""The evidence file: every theme by itself, and short without losing a figure."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from agent.evaluate import evidence
from agent.evaluate.options import Options
from agent.models import FAMILIES
from sim.simulator import Simulator
from sim.theme import theme_names


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Episodes of one second."""

    def simulator(self: Options, policy: object, episodes: int | None = None) -> Simulator:
        return Simulator(min(self.worlds, episodes or self.episodes), self.scenario, self.theme, time_limit=1.0)

    monkeypatch.setattr(Options, "simulator", simulator)


def test_each_theme_is_driven_on_the_same_test_seeds() -> None:
    assert list(evidence.THEMES) == list(theme_names())
    assert {(options.theme, options.seeds) for options in evidence.THEMES.values()} == {
        (theme, range(20_000, 20_025)) for theme in theme_names()
    }


def test_themes_are_measured_one_by_one_against_the_bar_of_their_split(short: None, tmp_path: Path) -> None:
    family = FAMILIES["topk-patches"]
    policy = family.policy(family.network(family.config()))
    themes = {theme: Options(2, theme=theme) for theme in ("desert", "night")}
    path = evidence.measure_themes("untrained", policy, themes, tmp_path, Console(quiet=True))
    saved = json.loads(path.read_text())
    found = saved["policies"]["untrained"]
    assert {theme: each["episodes"] for theme, each in found["scores"].items()} == {"desert": 2, "night": 2}
    assert saved["options"]["theme"] == ["desert", "night"]
    bars = {line["test"]: line["bar"] for line in found["measures"] if line["name"] == "route completion"}
    assert bars == {"desert": "completion", "night": "completion, held-out theme"}


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
