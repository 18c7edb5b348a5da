"""A saved drive: where it was, and every action, so that it can be driven again bit for bit.

A file is an .npz archive of three parts: `format` (a number, FORMAT), `facts` (a JSON object) and `action` (T, A)
float32. Nothing in it is executed.
"""

import io
import json
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import WORLD_VERSION
from sim.driver import Decided, Driver
from sim.files import typed_path
from sim.policy import Decision, Observation, PolicySpec, State
from sim.rollout import Episode
from sim.simulator import FIELD_OF_VIEW, Simulator

FORMAT = 1
"""Of the file; raised when a reader of the last would not understand it."""

STEP = "replayed step"
"""Where in the drive a replay is: a part of its state, beside the onlooker's own."""


@dataclass(frozen=True)
class Facts:
    """What a drive is a function of beside its actions, and what became of it.

    scenario, theme: as `sim.simulator.Simulator` takes them, by name, FILE.py:object or module:object. driver: who
    drove. world: `sim.WORLD_VERSION`.
    """

    seed: int
    scenario: str
    theme: str
    driver: str
    ended: str
    world: str = WORLD_VERSION


@dataclass(frozen=True, eq=False)
class RecordedDrive:
    """A drive as it was. action: (T, A) float32, one row a control step."""

    facts: Facts
    action: NDArray[np.float32]

    @staticmethod
    def of(episode: Episode, scenario: str, theme: str, driver: str) -> "RecordedDrive":
        """An episode that was driven there by that driver."""
        facts = Facts(episode.seed, scenario, theme, driver, episode.ended)
        return RecordedDrive(facts, episode.action.astype(np.float32))  # as it was carried out: no bit is lost

    def worlds(self, spec: PolicySpec | None = None) -> Simulator:
        """One world to drive it in again, which looks as a policy's spec asks. ValueError for another world version."""
        facts = self.facts
        if facts.world != WORLD_VERSION:
            told = f"the drive of seed {facts.seed} is of world version {facts.world}"
            raise ValueError(f"{told}; expected {WORLD_VERSION}: the same seed may be another road")
        if spec is None:
            return Simulator(1, facts.scenario, facts.theme)
        return Simulator(1, facts.scenario, facts.theme, spec.frame_size, spec.view_angle(FIELD_OF_VIEW))

    def to_bytes(self) -> bytes:
        """The file's content."""
        stream = io.BytesIO()
        np.savez_compressed(stream, format=FORMAT, facts=json.dumps(asdict(self.facts)), action=self.action)
        return stream.getvalue()


def load_drive(path: str | Path) -> RecordedDrive:
    """The drive that a file holds. ValueError in one line where it holds none, OSError where it cannot be read."""
    path = typed_path(path)
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as parts:
            number, facts, action = int(parts["format"]), str(parts["facts"]), parts["action"]
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is no saved drive: {' '.join(str(error).split())}") from None
    if number != FORMAT:
        raise ValueError(f"{path} is a saved drive of format {number}; expected {FORMAT}")
    return RecordedDrive(_facts(path, facts), _action(path, action))


def _facts(path: Path, text: str) -> Facts:
    try:
        facts = Facts(**json.loads(text))
        return Facts(int(facts.seed), *map(str, (facts.scenario, facts.theme, facts.driver, facts.ended, facts.world)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is no saved drive: its facts are {text!r} ({error})") from None


def _action(path: Path, action: NDArray[Any]) -> NDArray[np.float32]:
    wanted = len(Simulator.actions)
    if action.shape[1:] != (wanted,) or action.dtype != np.float32 or not len(action) or not np.isfinite(action).all():
        told = f"{action.dtype} {action.shape}"
        raise ValueError(f"{path} is no saved drive: actions {told}; expected finite float32 (T, {wanted}), T above 0")
    return action


class Replay(Driver):
    """Drives a saved drive again, while somebody looks on: the map is the onlooker's, the actions are those of then.

    Past its last action it goes on with the onlooker's own; without one, with that last action.
    """

    def __init__(self, recorded: RecordedDrive, onlooker: Driver | None = None) -> None:
        self.recorded, self.onlooker = recorded, onlooker
        self.spec = None if onlooker is None else onlooker.spec

    def initial_state(self, n: int) -> State:
        """The drive's beginning, and what the onlooker remembers then."""
        seen = None if self.onlooker is None else self.onlooker.initial_state(n)
        return {STEP: np.zeros(n, np.int64), **(seen or {})}

    def decide(self, observation: Observation | None, instants: Any, state: State) -> Decided:
        """The action of then, with the onlooker's map."""
        step, actions = state[STEP], self.recorded.action
        then = actions[np.minimum(step, len(actions) - 1)]
        if self.onlooker is None:
            return Decision(then), {STEP: step + 1}
        own = {name: values for name, values in state.items() if name != STEP}
        decision, after = self.onlooker.decide(observation, instants, own or None)
        action = np.where((step < len(actions))[:, None], then, decision.action)
        return Decision(action.astype(np.float32), decision.attention), {STEP: step + 1, **(after or {})}
