"""A policy family of one's own is one file: the network with memory of docs/examples is trained, resumed and shown."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from agent import load_policy
from agent.config import composed
from agent.evaluate import suites
from agent.evaluate.job import Job, run_job
from agent.evaluate.options import Options as Asked
from agent.families import FAMILIES, Options, find
from agent.train import __main__ as command
from agent.train import state
from agent.train.dagger import Trainer
from sim.driver import Constant, PolicyDriver
from sim.metrics import score
from sim.policy import Policy
from sim.rollout import drive
from sim.simulator import Simulator
from sim.view.drive import Drive
from sim.view.hud.screen import Extras, Screen
from sim.view.playback import Playback
from sim.view.world_source import WorldSource

FILE = Path(__file__).parent.parent / "docs/examples/soft_gru.py"
NAME = f"{FILE}:family"
SMALL = ("--policy", NAME, "--scenario", "open-road", "--tracks", "2", "--rounds", "2", "--steps-per-round", "3")
SMALL += ("--drive-steps", "16", "--batch", "16", "--sequence", "8", "--threads", "1", "--save-every", "2")


def train(out: Path, *more: str) -> int:
    return command.main([*SMALL, "--out", str(out), *more])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "own"
    assert train(out) == 0
    return out


@pytest.fixture
def policy(run: Path) -> Policy:
    return load_policy(f"{NAME}@{run}")


@pytest.fixture
def stranger(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint of a family that is not registered here."""
    monkeypatch.delitem(FAMILIES, "soft-gru")
    return Path(shutil.copytree(run, tmp_path / "stranger"))


def simulator_for(policy: Policy, n: int) -> Simulator:
    return Simulator(n, "open-road", "train", policy.spec.frame_size, policy.spec.view_angle(1.0))


def test_it_is_one_short_file() -> None:
    assert len(FILE.read_text(encoding="utf-8").splitlines()) < 130


def test_its_figures_are_the_logs_columns(run: Path) -> None:
    header, line = (run / "log.csv").read_text().splitlines()
    assert header == "step,round,seconds,loss,imitation,failed_share,rows"
    assert line.startswith("6,1,")


def test_rows_are_kept_as_sequences_in_time(run: Path) -> None:
    (rows,) = state.load_drive(command.configured([*SMALL, "--out", str(run)]), 1)
    assert rows.step[rows.road == 0].tolist() == list(range(16, 24)), "of every forty steps eight"
    assert (np.diff(rows.drive[rows.road == 0]) >= 0).all()


def test_resumed_it_gives_the_same_weights(run: Path, tmp_path: Path) -> None:
    trainer = Trainer(command.configured([*SMALL, "--out", str(tmp_path)]))
    for done in trainer:
        if done.step == 4:
            trainer.save()
            break
    assert train(tmp_path, "--resume") == 0
    for name, value in load_file(run / "model.safetensors").items():
        assert torch.equal(value, load_file(tmp_path / "model.safetensors")[name]), name


def test_it_drives_and_what_it_did_hangs_on_what_was_before(policy: Policy) -> None:
    (episode,) = drive(simulator_for(policy, 1), policy, [10_000], max_steps=30)
    assert len(episode) == 30
    assert 0 < episode.share_read.mean() < 1
    simulator = simulator_for(policy, 1)
    simulator.reset(np.arange(1), [10_000])
    observation = simulator.observe()
    fresh, state = policy.act(observation, policy.initial_state(1))
    again, _ = policy.act(observation, state)
    assert (fresh.action != again.action).any()


@torch.no_grad()
def test_the_window_paints_its_soft_map(policy: Policy) -> None:
    policy.network.scores[2].weight *= 50  # type: ignore[attr-defined]  # a map as sharp as after a long training
    source = WorldSource(theme="meadow", seed=20_000)
    pictures = []
    for driver in (PolicyDriver(policy), Constant(0.0, 0.0)):
        playback = Playback(Drive(source, {"own": lambda driver=driver: driver}, "own"))  # type: ignore[misc]
        pictures.append(playback.picture((180, 320), "camera").astype(int))
        assert Screen().draw(playback, (360, 640), Extras()).std() > 5
        playback.close()
    change = pictures[0] - pictures[1]
    redder = (change[..., 0] - change[..., 1]) > 40
    assert 0.001 < redder.mean() < 0.5


@pytest.mark.parametrize("suite", suites.SUITES)
def test_every_suite_evaluates_it(run: Path, suite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named as a user would, as a job; each drive lasts a second."""

    def make_worlds(self: Asked, policy: Policy, episodes: int | None = None) -> Simulator:
        frame_size = policy.spec.frame_size if policy.spec else (72, 128)
        return Simulator(2, self.scenario, "meadow", frame_size, time_limit=1.0)

    monkeypatch.setattr(Asked, "make_worlds", make_worlds)
    job = Job((f"{NAME}@{run}",), suite, str(tmp_path), Asked(2, 10_000, frames=8))
    report = json.loads(run_job(job).read_text())
    assert report["suite"] == suite
    assert report["policies"]["own"]


def test_a_checkpoint_of_a_stranger_has_no_file_executed(stranger: Path) -> None:
    assert json.loads((stranger / "config.json").read_text())["family_at"] == NAME
    with pytest.raises(ValueError, match=r"a family of somebody's own in .*: name it too.*soft_gru.py:family@") as told:
        load_policy(stranger)
    assert "\n" not in str(told.value)
    assert "soft-gru" not in FAMILIES
    assert load_policy(f"{NAME}@{stranger}").spec.memory
    assert load_policy(stranger).spec.memory, "registered, it is known by its name"


MISTAKES = {
    "the file is gone": ("gone.py:family@{run}", "there is no file gone.py"),
    "no checkpoint": (f"{NAME}@nowhere", "unknown policy 'nowhere'"),
    "another family": ("agent.families.family:FAMILIES@{run}", "is of type dict; expected a Family"),
    "a family is no policy": (NAME, "is of type Family; expected a Policy"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(run: Path, name: str) -> None:
    reference, message = MISTAKES[name]
    with pytest.raises(ValueError, match=message) as told:
        load_policy(reference.format(run=run))
    assert "\n" not in str(told.value)


def test_a_checkpoint_of_another_family_is_refused(tmp_path: Path, run: Path) -> None:
    with pytest.raises(ValueError, match=r"is a checkpoint of 'topk-patches'; expected one of 'soft-gru'"):
        load_policy(f"{NAME}@{shutil.copytree('assets/checkpoints/topk-patches', tmp_path / 'other')}")


def test_a_policy_object_or_what_makes_one_is_a_policy(run: Path, policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        f"from agent import load_policy\ndef make():\n    return load_policy({f'{NAME}@{run}'!r})\nmade = make()"
    )
    assert load_policy(policy) is policy
    for name in ("made", "make"):
        assert load_policy(f"{file}:{name}").spec == policy.spec


def test_a_class_with_a_spec_of_its_own_is_called(tmp_path: Path) -> None:
    """Such as that of docs/evaluation.md: the class has all that a policy has, and is none."""
    file = tmp_path / "still.py"
    file.write_text(
        "from sim.policy import PolicySpec\nclass Still:\n    spec = PolicySpec((36, 64), None, None)\n"
        "    def initial_state(self, n): return None\n    def act(self, observation, state): pass\n"
    )
    assert load_policy(f"{file}:Still").initial_state(1) is None


def test_older_runs_are_told_in_one_line(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = Path(shutil.copytree(run, tmp_path / "old"))
    config = command.configured([*SMALL, "--out", str(old), "--resume"])
    (rows,) = state.load_drive(config, 1)
    tensors = {
        f"0.{name}": torch.from_numpy(value) for name, value in vars(rows).items() if name not in ("drive", "step")
    }
    state._write(old / state.drive_file(1), tensors, {})
    with pytest.raises(SystemExit, match="2"):
        train(old, "--resume", "--rounds", "3")
    error = capsys.readouterr().err
    assert "is of an older version, it lacks drive, step" in error
    assert error.count("\n") == 1


def test_an_option_with_a_name_of_the_runs_is_refused() -> None:
    @dataclass(frozen=True)
    class Mine(Options):
        batch: int = 1

    with pytest.raises(ValueError, match="option 'batch' of family 'soft-gru'"):
        composed(replace(find(NAME), options=Mine))


@pytest.mark.slow
def test_trained_for_two_minutes_it_drives_better_than_untrained(tmp_path: Path) -> None:
    longer = ("--tracks", "40", "--rounds", "6", "--steps-per-round", "120", "--drive-steps", "160", "--batch", "128")
    assert train(tmp_path, *longer, "--sequence", "16", "--finishing.from-round", "6", "--threads", "2") == 0
    family = find(NAME)
    torch.manual_seed(0)
    untrained = family.policy(family.network(family.config()))
    seeds = range(10_000, 10_010)
    completion = [
        score(drive(simulator_for(each, 10), each, seeds))["route_completion"]["mean"]
        for each in (untrained, load_policy(f"{NAME}@{tmp_path}"))
    ]
    assert completion[1] > completion[0] + 0.1
