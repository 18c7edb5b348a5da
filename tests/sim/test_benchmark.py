"""The benchmark's arithmetic, and a round of it that is over at once. No timing is asserted."""

import json
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from sim.benchmark import contenders, costs, growth
from sim.benchmark.__main__ import PARTS, main
from sim.benchmark.contenders import YARDSTICK, Result, ratios, record
from sim.benchmark.costs import Paired
from sim.scene import OBJECT_COLUMNS
from sim.simulator import Simulator

KIND = OBJECT_COLUMNS.index("kind")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps each, small pictures, and nobody to compare with."""

    def missing() -> None:
        raise gymnasium.error.DependencyNotInstalled("Box2D is not installed")

    def not_there() -> None:
        raise ImportError("envpool")

    for module in (contenders, costs, growth):
        for name, value in {"LAP_STEPS": 10, "BATCH": 2, "FRAME_SIZE": (16, 16), "DRIVEN": 3}.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(costs, "PICTURE", (18, 32))
    monkeypatch.setattr(contenders, "car_racing", missing)
    monkeypatch.setattr(contenders, "envpool_car_racing", not_there)
    for name, value in {"WORLDS": (1, 2), "OBJECTS": (0, 3), "SIZES": ((16, 16),), "PROCESSES": (1,)}.items():
        monkeypatch.setattr(growth, name, value)


def test_the_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    ours, theirs = Result("ours", [100.0, 300.0, 90.0], 0.0), Result(YARDSTICK, [10.0, 10.0, 1.0], 0.0)
    assert ratios([theirs, ours], YARDSTICK) == {YARDSTICK: 1.0, "ours": 30.0}
    assert ratios([ours], YARDSTICK) == {}


def test_what_is_dearer_is_so_by_the_median_of_the_pairs() -> None:
    assert Paired([1.0, 2.0, 1.0], [1.1, 3.0, 1.2]).extra == pytest.approx(0.2)


def test_a_recorded_lap_can_be_replayed() -> None:
    lap = record("open-road", 3)
    env = gymnasium.make("sim:RedGaze/Drive-v0", frame_size=(16, 16))
    env.reset(seed=lap.seed)
    ends = [any(env.step(action)[2:4]) for action in lap.actions]
    assert ends.index(True) == len(lap.actions) - 1


def test_strewn_objects_are_in_view_and_no_others_are_left() -> None:
    simulator = Simulator(2, "town", frame_size=(96, 96))
    simulator.reset(np.arange(2), [1, 2])
    table = growth.strewn(simulator, 12, np.random.default_rng(0))
    assert ((table[..., KIND] >= 0).sum(axis=1) == 12).all()
    frames = simulator.camera.render(
        simulator.world.scene(), np.arange(2), simulator.world.poses(), simulator.looks, truth=True, objects=table
    )
    assert (frames.pixel_counts(table.shape[1]) > 0).sum() >= 12  # half of them: some hide others


@pytest.mark.usefixtures("short")
def test_a_round_without_the_others_says_so_and_writes_every_run(tmp_path: Path, capsys) -> None:
    main(["--runs", "2", "--parts", "steps", "truth", "picture", "reset", "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert "redgaze[carracing]" in said
    assert "pip install envpool" in said
    figures = json.loads((tmp_path / "benchmark.json").read_text())
    results = figures["steps"]["results"]
    assert [len(result["rates"]) for result in results] == [2] * 7
    assert all(result["resets_per_1000"] > 0 for result in results if "Simulator" not in result["name"])
    assert figures["steps"]["median_ratio_to"] == {YARDSTICK: {}, contenders.ENVPOOL: {}}
    assert set(figures["truth"]) == set(figures["picture"]) == set(figures["reset"]) == {"open-road", "traffic", "town"}
    assert (tmp_path / "steps.png").stat().st_size > 5000


@pytest.mark.usefixtures("short")
def test_growth_gives_a_point_for_every_value_and_a_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = growth.Crowd(1, 50.0, 20.0)
    monkeypatch.setattr(growth, "worlds", lambda scenario: [crowd])
    monkeypatch.setattr(growth, "processes", lambda scenario: [growth.Point(1, 1e4)])
    main(["--runs", "1", "--parts", "growth", "--out", str(tmp_path)])
    figures = json.loads((tmp_path / "benchmark.json").read_text())["growth"]
    assert [x for x, _ in figures["objects"]] == [0, 3]
    assert [x for x, _ in figures["sizes"]["town"]] == [256]
    assert (tmp_path / "growth.png").stat().st_size > 5000


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--runs", "0"], "--runs 0"),
        (["--parts", "truht"], "truth"),
        (["--runs", "1", "--parts", "truth", "--out", "/proc/nowhere"], "/proc/nowhere"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(arguments: list[str], message: str, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_every_part_is_offered_in_the_help(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(part in said for part in PARTS)
