"""Training: the same run gives the same weights, killed or not; options and saved states are checked."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from agent.checkpoint import WEIGHTS, load_policy
from agent.config import QUICK, Dagger, Finishing
from agent.families import Batch, Loss, Progress, find
from agent.families.topk_patches.network import TopKPatches
from agent.families.topk_patches.objective import ReadLittle
from agent.train import __main__ as command
from agent.train import state
from agent.train.dagger import Step, Trainer, apportioned, learning_rate
from agent.train.log import Log
from agent.train.roads import RoadPool
from sim.policy import remark_of

SMALL = ("--tracks", "4", "--rounds", "2", "--steps-per-round", "6", "--drive-steps", "12", "--batch", "8")
FAST_CLOSING = ("--closing.from-round", "1", "--finishing.from-round", "1", "--save-every", "2", "--threads", "1")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def train(out: Path, *more: str) -> int:
    return command.main(["--out", str(out), *SMALL, *FAST_CLOSING, *more])


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "unbroken"
    assert train(out) == 0
    return out


def test_a_run_leaves_checkpoint_log_and_state(unbroken: Path) -> None:
    assert {path.name for path in unbroken.iterdir()} == {
        *("config.json", "model.safetensors", "log.csv", state.FILE),
        *(state.drive_file(0), state.drive_file(1)),
    }
    lines = (unbroken / "log.csv").read_text().splitlines()
    assert lines[0].startswith("step,round,seconds,loss")
    assert lines[-1].startswith("12,1,")


@pytest.mark.parametrize("stop_after", [3, 6, 9])
def test_interrupted_and_resumed_gives_the_same_weights(unbroken: Path, tmp_path: Path, stop_after: int) -> None:
    """Stopped anywhere: before, at and after a change of round; everything since the last saved state is lost."""
    config = command.configured(["--out", str(tmp_path), *SMALL, *FAST_CLOSING])
    trainer = Trainer(config)
    for progress in trainer:
        if progress.step % 2 == 0:
            trainer.save()
        if progress.step == stop_after:
            break
    assert train(tmp_path, "--resume") == 0
    for name, value in weights(unbroken).items():
        assert torch.equal(value, weights(tmp_path)[name]), name


def test_pictures_pass_filters_from_their_round_on(tmp_path: Path) -> None:
    """The same run with and without: equal pictures in round 0, others in round 1."""

    def pictures(first_filtered: int, step: int) -> NDArray[np.uint8]:
        options = (*SMALL, "--batch", "32", "--threads", "1", "--finishing.from-round", str(first_filtered))
        trainer = Trainer(command.configured(["--out", str(tmp_path), *options]))
        trainer._drive(0)
        return trainer._batch(step).observation["frame"]

    assert (pictures(1, step=5) == pictures(2, step=5)).all()
    assert (pictures(1, step=6) != pictures(2, step=6)).any()


def test_looks_are_the_themes_and_wider_ones_in_shares() -> None:
    """The same seed: with half of the themes' share the first half of the looks is the same."""
    spec = find("topk-patches").spec()
    themes, mixed, wide = (RoadPool([0], "open-road", spec, 0, share).looks for share in (1.0, 0.5, 0.0))
    half = len(themes) // 2
    assert (mixed[:half] == themes[:half]).all()
    assert (mixed[half:] == wide[half:]).all()
    assert (mixed[half:] != themes[half:]).any()


def test_killed_and_resumed_gives_the_same_weights(unbroken: Path, tmp_path: Path) -> None:
    command_line = [sys.executable, "-m", "agent.train", "--out", str(tmp_path), *SMALL, *FAST_CLOSING]
    process = subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / state.FILE).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / state.FILE).exists()
    assert train(tmp_path, "--resume") == 0
    for name, value in weights(unbroken).items():
        assert torch.equal(value, weights(tmp_path)[name]), name


MISTAKES = {
    "a run is there": ((), "already holds a run: add --resume"),
    "other options": (("--resume", "--seed", "5"), "was trained with seed = 0, not 5"),
    "no batch": (("--resume", "--batch", "0"), "--batch is 0, expected 1 or more"),
    "too few roads": (("--resume", "--tracks", "2"), "--tracks is 2, expected at least 3, one of each scenario"),
    "no share": (("--resume", "--themes-share", "1.5"), "--themes-share is 1.5, expected from 0 to 1"),
    "no such scenario": (("--resume", "--scenario", "twon"), "did you mean 'town'?"),
    "no such file": (("--resume", "--scenario", "gone.py:deer"), "there is no file gone.py"),
    "unknown policy": (("--resume", "--policy", "topk-patch"), "did you mean 'topk-patches'?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_one_line_and_status_2(unbroken: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, message = MISTAKES[name]
    with pytest.raises(SystemExit) as stop:
        train(unbroken, *options)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_trained_network_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint without what a run leaves beside it: one that was shipped, or mailed."""
    (tmp_path / WEIGHTS).write_bytes(b"dear")
    with pytest.raises(SystemExit):
        train(tmp_path)
    assert "holds a trained network" in capsys.readouterr().err
    assert (tmp_path / WEIGHTS).read_bytes() == b"dear"


def test_resuming_needs_no_option_typed_again(unbroken: Path) -> None:
    """Those of the run stand; what may grow can be given."""
    began = command.configured(["--out", str(unbroken), *SMALL, *FAST_CLOSING])
    again = command.configured(["--out", str(unbroken), "--resume"])
    assert again == replace(began, run=replace(began.run, resume=True, save_every=again.run.save_every))
    longer = command.configured(["--out", str(unbroken), "--resume", "--rounds", "5"])
    assert longer.dagger == replace(began.dagger, rounds=5)


def test_a_quick_runs_defaults_are_data_and_can_be_overridden(tmp_path: Path) -> None:
    quick = command.configured(["--out", str(tmp_path), "--quick"])
    assert quick.dagger == QUICK
    assert quick.run.scenario == "open-road"
    assert quick.own == find("topk-patches").quick
    other = command.configured(["--out", str(tmp_path), "--quick", "--rounds", "3", "--closing.budget", "0.2"])
    assert other.dagger == replace(QUICK, rounds=3)
    assert other.own == replace(quick.own, closing=replace(quick.own.closing, budget=0.2))
    own = Path(__file__).parents[3] / "docs/examples/soft_gru.py"
    assert command.configured(["--out", str(tmp_path), "--quick", "--policy", f"{own}:family"]).dagger == QUICK


def test_the_gates_of_a_quick_run_are_closed_before_its_end() -> None:
    closing = find("topk-patches").quick.closing
    assert closing.from_round + closing.ramp_rounds < QUICK.rounds < QUICK.finishing.from_round


def test_a_file_of_ones_own_is_named_again_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is data: it cannot have a file executed."""
    saved = {**state._identity(command.configured(["--out", str(tmp_path), *SMALL])), "scenario": "deer.py:deer"}
    state._write(tmp_path / state.FILE, {"nothing": torch.zeros(1)}, {"step": "1", "config": json.dumps(saved)})
    with pytest.raises(SystemExit, match="2"):
        command.main(["--out", str(tmp_path), "--resume"])
    assert "name it too: --scenario deer.py:deer" in capsys.readouterr().err


def test_a_diverging_run_ends_in_one_line_and_leaves_what_was_saved(
    unbroken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ReadLittle.loss

    def diverges(self: ReadLittle, network: TopKPatches, batch: Batch, progress: Progress) -> Loss:
        loss = usual(self, network, batch, progress)
        return replace(loss, total=loss.total * (float("nan") if progress.step == 3 else 1.0))

    monkeypatch.setattr(ReadLittle, "loss", diverges)
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path)
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "training diverged at step 4 of 12 (loss nan" in error
    assert "holds the state of step 2" in error
    assert "a lower --learning-rate, such as 0.0007" in error
    assert all(value.isfinite().all() for value in weights(tmp_path).values())
    monkeypatch.undo()
    assert train(tmp_path, "--resume") == 0
    for name, value in weights(unbroken).items():
        assert torch.equal(value, weights(tmp_path)[name]), name


def test_a_checkpoint_whose_gates_are_open_says_so(unbroken: Path, tmp_path: Path) -> None:
    """Two rounds, of which one closes, of the four that it takes; and a run that stopped in its first."""
    assert remark_of(load_policy(unbroken)) == "unfinished: after all 2 rounds its gates are not closed yet"
    trainer = Trainer(command.configured(["--out", str(tmp_path), *SMALL, *FAST_CLOSING]))
    next(iter(trainer))
    assert command.provenance(trainer)["unfinished"] == "round 1 of 2, its gates are not closed yet"


def test_progress_says_what_is_so(unbroken: Path) -> None:
    """With every gate open nothing is said of shares, and the first drive is the expert's."""
    loss = Loss(torch.tensor(0.25), {})
    first = command.in_full(Step(6, 0, loss, 8, 0.0, "all gates open until round 5"), 16)
    assert first == "round 1 of 16, all gates open until round 5, loss 0.2500; before, the expert drove"
    assert "12% of the cars crashed or left the road" in command.in_full(Step(12, 1, loss, 8, 0.12, "x"), 16)


def test_nothing_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path, "--resume")
    assert "nothing to resume" in capsys.readouterr().err


def test_a_damaged_state_is_told(unbroken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / state.FILE).write_bytes((unbroken / state.FILE).read_bytes()[:1000])
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path, "--resume")
    assert "is damaged" in capsys.readouterr().err


def test_a_lost_drive_is_told(unbroken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / state.FILE).write_bytes((unbroken / state.FILE).read_bytes())
    (tmp_path / state.drive_file(0)).write_bytes((unbroken / state.drive_file(0)).read_bytes())
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path, "--resume")
    error = capsys.readouterr().err
    assert f"{state.drive_file(1)} is missing" in error
    assert error.count("\n") == 1


def test_rows_of_every_scenario_are_kept_every_few_steps(unbroken: Path) -> None:
    """12 steps at one row in 5: rows of steps 0, 5 and 10, for the 1, 1 and 2 roads of the shares of 4."""
    drive = state.load_drive(command.configured(["--out", str(unbroken)]), 1)
    assert [len(rows) for rows in drive] == [3, 3, 6]
    assert [rows.actors.shape[1] > 0 for rows in drive] == [False, True, True]


@pytest.mark.parametrize(
    ("total", "shares", "wanted"),
    [(128, [48, 84, 108], [26, 45, 57]), (3, [0.2, 0.35, 0.45], [1, 1, 1]), (240, [0.2, 0.35, 0.45], [48, 84, 108])],
)
def test_parts_go_with_the_shares(total: int, shares: list[float], wanted: list[int]) -> None:
    assert apportioned(total, shares) == wanted


def test_learning_rate_rises_then_falls_and_falls_once_more_to_finish() -> None:
    config = Dagger(rounds=12, learning_rate=0.1, finishing=Finishing(from_round=10, learning_rate=0.03))
    rates = [learning_rate(turn / 10, config) for turn in range(121)]
    assert rates[0] == pytest.approx(0.001)
    assert max(rates) == rates[2]
    assert rates[50] == pytest.approx(0.051)
    assert rates[99] == pytest.approx(0.002, abs=1e-4)
    assert [rates[turn] for turn in (100, 110, 120)] == pytest.approx([0.030, 0.016, 0.002])


def test_a_run_that_ends_before_its_finishing_rounds_falls_once() -> None:
    config = Dagger(rounds=4, learning_rate=0.1, finishing=Finishing(from_round=14))
    assert [learning_rate(turn, config) for turn in (2, 3.99)] == pytest.approx([0.051, 0.002], abs=1e-4)


def test_help_shows_what_applies_to_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    own = Path(__file__).parents[3] / "docs/examples/soft_gru.py"
    shown = {}
    for name in ("topk-patches", f"{own}:family"):
        with pytest.raises(SystemExit, match="0"):
            command.configured(["--policy", name, "--help"])
        shown[name] = capsys.readouterr().out
    flagships, owns = shown.values()
    for option, in_flagships, in_owns in (
        ("--closing.budget", True, False),
        ("--finishing.budget", True, False),
        ("--jitter.restaged", True, False),
        ("--sequence", False, True),
        ("--remembers", False, True),
        ("--rounds", True, True),
    ):
        assert (option in flagships, option in owns) == (in_flagships, in_owns), option


def test_a_log_with_other_columns_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,round,seconds,loss,style,failed_share,rows\n2,0,1.0,0.5,0.1,0.0,8\n")
    loss = Loss(torch.zeros(()), {"imitation": 0.0})
    with pytest.raises(ValueError, match=r"has the columns step.*style.*; expected step.*imitation"):
        Log(path, 2).write(Step(4, 0, loss, 8, 0.0), 1.0)


def test_a_run_of_an_older_version_is_told_in_one_line(unbroken: Path, tmp_path: Path) -> None:
    config = command.configured(["--out", str(tmp_path), *SMALL, *FAST_CLOSING])
    tensors, metadata = state._read(unbroken / state.FILE)
    older = {name: value for name, value in json.loads(metadata["config"]).items() if name != "closing.budget"}
    state._write(tmp_path / state.FILE, tensors, {**metadata, "config": json.dumps(older)})
    trainer = Trainer(config)
    with pytest.raises(ValueError, match=r"is of an older version, it lacks closing\.budget: begin anew"):
        state.load(config, trainer.network, trainer.optimizer)
