"""Who drives: a policy whose state moves only when the car does, whatever is asked of it in between."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.cells import CellGrid
from sim.driver import Constant, Expert, PolicyDriver
from sim.policy import Attention, Decision, PolicySpec
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.drive import Drive
from sim.view.settings import Settings
from sim.view.world_source import WorldSource
from tests.view.conftest import CountingSource

PLAIN = Settings()
GREY, NOISE = Settings(blinding=READ), Settings(blinding=UNREAD)


class CountingPolicy:
    """Recurrent: its state counts the frames that it has seen. Steers by the count, and pedals by the frame's mean.

    Its map keeps the cells of a 1 x 4 grid whose left upper pixel is bright; a soft one keeps none and says so.
    """

    def __init__(self, kind: str = "selection") -> None:
        self.spec = PolicySpec((4, 16), 1.4, kind)
        self.seen: list[np.ndarray] = []

    def initial_state(self, n: int) -> Any:
        return {"count": np.zeros(n, np.int64)}

    def act(self, observation, state, *, keep=None):
        frame = observation["frame"]
        self.seen.append(frame.copy())
        count = state["count"] + 1
        action = np.stack([count / 100, frame.mean(axis=(1, 2, 3)) / 255], axis=1).astype(np.float32)
        return Decision(action, self.map(frame)), {"count": count}

    def map(self, frame: np.ndarray) -> Attention | None:
        kept = frame[:, None, 0, ::4, 0] > 128
        weights = (kept / np.maximum(1, kept.sum())).astype(np.float32)
        cells = CellGrid.tiling(1, 4)
        if self.spec.kind is None:
            return None
        return Attention(weights, cells, self.spec.kind, kept if self.spec.kind == "selection" else None)


def observation(bright: int = 1):
    """A dark frame whose cell `bright` is white."""
    frame = np.full((1, 4, 16, 3), 20, np.uint8)
    frame[:, :, 4 * bright : 4 * bright + 4] = 255
    return {"frame": frame, "speed": np.full((1, 1), 9.0, np.float32)}


class StillSource(CountingSource):
    """Always the same frame."""

    frame_size = (4, 16)

    def __init__(self) -> None:
        super().__init__()
        self.seen = observation()

    def observe(self, instant: int):
        return self.seen

    def fork(self, instant: int) -> "StillSource":
        return StillSource()


def driven(policy: CountingPolicy) -> Drive:
    return Drive(StillSource(), {"counting": lambda: PolicyDriver(policy)}, "counting")


def steer(drive: Drive, settings: Settings = PLAIN) -> float:
    return float(drive.look(settings).decision.action[0, 0])


def test_asking_twice_gives_the_same_answer_and_does_not_advance_the_state() -> None:
    drive = driven(CountingPolicy())
    assert [steer(drive) for _ in range(4)] == pytest.approx([0.01] * 4)
    drive.act(drive.look(PLAIN))
    assert [steer(drive) for _ in range(2)] == pytest.approx([0.02] * 2)


def test_a_new_episode_forgets() -> None:
    drive = driven(CountingPolicy())
    drive.act(drive.look(PLAIN))
    drive.begin()
    assert steer(drive) == pytest.approx(0.01)


def test_unblinded_the_policy_gets_the_very_frame() -> None:
    policy = CountingPolicy()
    drive = driven(policy)
    moment = drive.look(PLAIN)
    assert moment.observation is drive.source.seen
    assert moment.hidden is None
    assert len(policy.seen) == 1


@pytest.mark.parametrize("name", BLINDINGS)
def test_blinded_it_decides_on_the_overwritten_frame(name: str) -> None:
    policy = CountingPolicy()
    drive = driven(policy)
    moment = drive.look(replace(PLAIN, blinding=name))
    edited = moment.observation["frame"]
    assert np.array_equal(policy.seen[-1], edited)
    assert not np.array_equal(edited, observation()["frame"])
    assert float(moment.action[1]) == pytest.approx(edited.mean() / 255)
    assert np.array_equal(drive.source.seen["frame"], observation()["frame"]), "the source's frame stays as it was"


def test_blinded_its_map_is_that_of_the_overwritten_frame() -> None:
    """Its gate is run anew: grey closes the one bright cell."""
    moment = driven(CountingPolicy()).look(GREY)
    assert moment.decision.attention.kept.sum() == 0
    assert moment.hidden.tolist() == [[False, True, False, False]]


def test_blinded_or_not_a_frame_is_one_step_of_the_state() -> None:
    drive = driven(CountingPolicy())
    for expected in (0.01, 0.02, 0.03):
        moment = drive.look(GREY)
        assert moment.action[0] == pytest.approx(expected)
        drive.act(moment)
    assert steer(drive) == pytest.approx(0.04)


@pytest.mark.parametrize("name", BLINDINGS)
def test_blinding_changes_nothing_without_a_map(name: str) -> None:
    policy = CountingPolicy(None)
    moment = driven(policy).look(replace(PLAIN, blinding=name))
    assert moment.hidden is None
    assert len(policy.seen) == 1


@pytest.mark.parametrize("kind", ["soft attention", "gradient saliency"])
def test_of_a_soft_map_the_cells_that_hold_most_of_it_count_as_read(kind: str) -> None:
    """All of its mass is on the bright cell."""
    moment = driven(CountingPolicy(kind)).look(GREY)
    assert moment.hidden.tolist() == [[False, True, False, False]]
    moment = driven(CountingPolicy(kind)).look(NOISE)
    assert moment.hidden.tolist() == [[True, False, True, True]]


@pytest.mark.parametrize("name", BLINDINGS)
def test_blinded_it_answers_the_same_when_asked_again(name: str) -> None:
    drive, settings = driven(CountingPolicy()), replace(PLAIN, blinding=name)
    for _ in range(2):
        first, again = (drive.look(settings) for _ in range(2))
        assert np.array_equal(first.observation["frame"], again.observation["frame"])
        assert np.array_equal(first.action, again.action)
        drive.act(first)


def test_the_noise_is_another_on_each_step_and_the_same_in_a_fork() -> None:
    drive = driven(CountingPolicy())
    first = drive.look(NOISE)
    drive.act(first)
    second = drive.look(NOISE)
    assert not np.array_equal(first.observation["frame"], second.observation["frame"])
    fork = drive.fork(first)
    assert np.array_equal(fork.look(NOISE).observation["frame"], first.observation["frame"])


def test_a_policy_that_cannot_be_put_at_the_wheel_leaves_the_last_one_there() -> None:
    wrong = CountingPolicy()
    wrong.spec = replace(wrong.spec, observes=("frame", "lidar"))
    makers = {"counting": lambda: PolicyDriver(CountingPolicy()), "wrong": lambda: PolicyDriver(wrong)}
    drive = Drive(StillSource(), makers, "counting")
    with pytest.raises(ValueError, match="reads 'lidar'; expected one of frame, speed"):
        drive.choose("wrong")
    assert drive.name == "counting"
    assert steer(drive) == pytest.approx(0.01)


def test_a_constant_driver_has_no_map_to_blind() -> None:
    moment = Drive(StillSource(), {"human": lambda: Constant(0.0, 0.0)}, "human").look(GREY)
    assert moment.action.tolist() == [0.0, 0.0]
    assert moment.decision.attention is None


def test_the_expert_decides_what_the_worlds_expert_would() -> None:
    source = WorldSource(theme="meadow", seed=20_000)
    moment = Drive(source, {"expert": Expert}, "expert").look(PLAIN)
    assert np.array_equal(moment.action, source.simulator.expert()[0][0])
    assert moment.decision.attention is None
