"""The benchmark's arithmetic, and a round of it that is over at once. No timing is asserted."""

import json
from pathlib import Path

import gymnasium
import pytest

from sim import benchmark
from sim.benchmark import YARDSTICK, Result, main, ratios


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps each, and no yardstick."""

    def missing() -> None:
        raise gymnasium.error.DependencyNotInstalled("Box2D is not installed")

    for name, value in {"LAP_STEPS": 10, "BATCH": 2, "FRAME_SIZE": (16, 16), "yardstick": missing}.items():
        monkeypatch.setattr(benchmark, name, value)


def test_the_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    ours, theirs = Result("ours", [100.0, 300.0, 90.0], 0.0), Result(YARDSTICK, [10.0, 10.0, 1.0], 0.0)
    assert ratios([theirs, ours]) == {YARDSTICK: 1.0, "ours": 30.0}
    assert ratios([ours]) == {}


@pytest.mark.usefixtures("short")
def test_a_round_without_the_yardstick_says_so_and_writes_every_run(tmp_path: Path, capsys) -> None:
    main(["--runs", "2", "--out", str(tmp_path / "figures.json")])
    assert "redgaze[carracing]" in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [len(result["rates"]) for result in figures["results"]] == [2, 2, 2, 2]
    assert all(result["resets_per_1000"] > 0 for result in figures["results"])
    assert figures["median_ratio_to_yardstick"] == {}


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--runs", "0"], "--runs 0"), (["--runs", "1", "--out", "/proc/nowhere/figures.json"], "/proc/nowhere")],
)
def test_mistakes_are_one_line_and_exit_2(arguments: list[str], message: str, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
