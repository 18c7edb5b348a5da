"""A drive is saved and driven again, bit for bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.driver import Constant, Expert
from sim.policy import Attention, Decision, PolicySpec
from sim.recorded import RecordedDrive, Replay, load_drive
from sim.rollout import Episode, drive
from sim.simulator import Simulator
from sim.view.drive import Drive
from sim.view.replay import ReplaySource
from sim.view.settings import Settings

SEEDS = (20_003, 20_004, 20_005)


class Wanderer(Constant):
    """Drives by chance, each world in its own way, until it leaves the road."""

    def decide(self, observation, instants, state):
        steer = np.sin(instants.seed + 0.3 * instants.step) * 0.2
        return Decision(np.stack([steer, np.full(len(steer), 0.4)], 1).astype(np.float32)), state


@pytest.fixture(scope="module")
def batch() -> list[Episode]:
    """Driven three at once."""
    return drive(Simulator(3, "traffic", "train"), Wanderer(0.0, 0.0), SEEDS)


def same(mine: Episode, theirs: Episode) -> None:
    assert (mine.seed, mine.ended, mine.duration, mine.outcome) == (
        theirs.seed,
        theirs.ended,
        theirs.duration,
        theirs.outcome,
    )
    np.testing.assert_array_equal(mine.action, theirs.action)
    for name, column in mine.columns.items():
        np.testing.assert_array_equal(column, theirs.columns[name], err_msg=name)


@pytest.fixture
def saved(batch: list[Episode], tmp_path: Path) -> Path:
    path = tmp_path / "drive.npz"
    path.write_bytes(RecordedDrive.of(batch[1], "traffic", "train", "wanderer").to_bytes())
    return path


def test_what_was_driven_in_a_batch_is_driven_again_alone(batch: list[Episode], saved: Path) -> None:
    assert {episode.ended for episode in batch} <= {"road left", "crash"}
    recorded = load_drive(saved)
    assert recorded.facts.driver == "wanderer"
    (again,) = drive(recorded.worlds(), Replay(recorded), [recorded.facts.seed])
    same(again, batch[1])


class Looking:
    """A policy with a memory: how many frames it has seen."""

    spec = PolicySpec((18, 32), None, None, memory=True)

    def initial_state(self, n):
        return {"seen": np.zeros(n, np.int64)}

    def act(self, observation, state):
        assert observation["frame"].shape[1:] == (18, 32, 3)
        seen = state["seen"] + 1
        return Decision(np.ones((len(seen), 2), np.float32)), {"seen": seen}


def test_a_policy_looks_on_and_changes_nothing(batch: list[Episode], saved: Path) -> None:
    from sim.driver import as_driver

    recorded = load_drive(saved)
    replay = Replay(recorded, as_driver(Looking()))
    states = []
    worlds = recorded.worlds(replay.spec)
    (again,) = drive(worlds, replay, [recorded.facts.seed], (lambda step: states.append(step.state["seen"].item()),))
    same(again, batch[1])
    assert states == list(range(len(again)))


def test_the_window_shows_it_as_it_was_and_again(batch: list[Episode], saved: Path) -> None:
    recorded = load_drive(saved)
    source = ReplaySource(recorded)
    watched = Drive(source, {"expert": lambda: Replay(recorded, Expert())}, "expert")
    for _ in range(2):
        ways = []
        while not watched.ending:
            moment = watched.look(Settings(policy="expert", view="camera"))
            ways.append(moment.instant.world.figure("s").item())
            watched.act(moment)
        assert watched.ending == batch[1].ended
        np.testing.assert_array_equal(ways, batch[1]["s"])
        source.again()
        watched.begin()
    assert "next track" not in source.capabilities


def test_past_its_end_the_onlooker_drives(saved: Path) -> None:
    recorded = load_drive(saved)
    short = replace(recorded, action=recorded.action[:2])
    simulator = Simulator(1)
    simulator.reset(np.array([0]), [0])
    for onlooker, expected in ((None, short.action[-1]), (Constant(0.5, -0.5), [0.5, -0.5])):
        replay = Replay(short, onlooker)
        state, said = replay.initial_state(1), []
        for _ in range(3):
            decision, state = replay.decide(None, simulator.instants(), state)
            said.append(decision.action[0])
        np.testing.assert_array_equal(said[:2], short.action)
        np.testing.assert_array_equal(said[2], np.float32(expected))


def test_the_map_is_the_onlookers(saved: Path) -> None:
    from sim.cells import CellGrid

    class Mapped(Constant):
        def decide(self, observation, instants, state):
            decision, after = super().decide(observation, instants, state)
            grid = CellGrid.tiling(2, 2)
            return Decision(decision.action, Attention(np.full((1, 2, 2), 0.25), grid, "soft attention")), after

    replay = Replay(load_drive(saved), Mapped(0.0, 0.0))
    decision, _ = replay.decide(None, None, replay.initial_state(1))
    assert decision.attention is not None


def test_another_world_version_is_refused(saved: Path) -> None:
    recorded = load_drive(saved)
    old = replace(recorded, facts=replace(recorded.facts, world="4"))
    with pytest.raises(ValueError, match="is of world version 4; expected"):
        ReplaySource(old)


def other(**parts: object):
    def write(path: Path) -> None:
        whole = {"format": 1, "facts": '{"seed": 1}', "action": np.zeros((3, 2), np.float32)}
        np.savez(path, **{**whole, **parts})

    return write


FACTS = '{"seed": 1, "scenario": "town", "theme": "train", "driver": "me", "ended": "crash"}'

DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "is no saved drive"),
    "text": (lambda path: path.write_text("hello"), "is no saved drive"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:300]), "is no saved drive"),
    "an array": (lambda path: np.save(path.open("wb"), np.zeros(3)), "is no saved drive"),
    "another archive": (lambda path: np.savez(path, a=np.zeros(3)), "is no saved drive"),
    "a pickle": (other(action=np.array([{}], object)), "is no saved drive"),
    "later format": (other(format=2), "format 2; expected 1"),
    "few facts": (other(), "its facts are"),
    "NaN": (other(facts=FACTS, action=np.full((3, 2), np.nan, np.float32)), "expected finite float32"),
    "no actions": (other(facts=FACTS, action=np.zeros((0, 2), np.float32)), "T above 0"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_no_drive_is_told_in_one_line(name: str, saved: Path) -> None:
    damage, said = DAMAGE[name]
    damage(saved)
    with pytest.raises(ValueError, match=said) as caught:
        load_drive(saved)
    assert "\n" not in str(caught.value)
