"""A drive on show: a source, whoever is at the wheel, and the pictures that come of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policy import Decision, Observation, Policy, State
from sim.view import hud
from sim.view.actions import NEXT_TRACK, QUIT
from sim.view.overlay import paint, share_passed
from sim.view.pacing import RateKeeper
from sim.view.source import Source, Status, WorldSource

PICTURE_RATE = 60
"""Pictures a second."""

PICTURES_PER_STEP = 3
"""A control step is 0.05 s."""

NOTICE_PICTURES = 90
"""For how many pictures the end of an episode stays on show."""


class Pilot(Protocol):
    """Who decides, for a batch of one."""

    def begin(self) -> None:
        """A new episode begins."""
        ...

    def decide(self, observation: Observation) -> Decision:
        """One decision."""
        ...


class PolicyPilot:
    """A policy with its recurrent state."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.begin()

    def begin(self) -> None:
        """Forget the last episode."""
        self._state: State = self._policy.initial_state(1)

    def decide(self, observation: Observation) -> Decision:
        """The policy's decision on this frame."""
        decision, self._state = self._policy.act(observation, self._state)
        return decision


class ExpertPilot:
    """The privileged driver of a world: it looks at no frame and has no map."""

    def __init__(self, source: WorldSource) -> None:
        self._source = source

    def begin(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation) -> Decision:
        """What the expert would do in the world as it is."""
        return Decision(self._source.expert())


@dataclass(frozen=True)
class Moment:
    """An exact pair: what was observed, and what was decided on it before it is applied. `step` counts from 0."""

    step: int
    observation: Observation
    decision: Decision
    status: Status


class Session:
    """Advances picture by picture: the exact pair of frame and decision, then the way to the next one.

    Between two decisions the red is that of the last one and the view glides from pose to pose; paused and stepped
    pictures show the exact pair. `observers` are given each moment whose action is then applied.
    """

    def __init__(
        self, source: Source, pilot: Pilot, policy_name: str, observers: Iterable[Callable[[Moment], None]] = ()
    ) -> None:
        self.source, self.pilot, self.policy_name = source, pilot, policy_name
        self.observers = tuple(observers)
        self.paused, self.overlay, self.recording = False, True, False
        self.notice = ""
        self._stepping = False
        self._phase = self._steps = self._rest = 0
        self._begin()

    @property
    def actions(self) -> Mapping[str, Callable[[], None]]:
        """What can be done now, by the names of `sim.view.actions`."""
        offered = {name: partial(self._ask_source, name) for name in self.source.capabilities}
        return {"pause": self.pause, "step": self.step, "overlay": self.toggle_overlay, **offered}

    def pause(self) -> None:
        """Pause at the next exact pair, or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """Go to the next exact pair and pause there."""
        self.paused = self._stepping = True

    def toggle_overlay(self) -> None:
        """The red on or off."""
        self.overlay = not self.overlay

    @property
    def between_decisions(self) -> bool:
        """Whether this picture is one of those on the way from a decision to the next."""
        return self._phase != 0

    def picture(self) -> NDArray[np.uint8]:
        """The picture of now, (*hud.PICTURE_SIZE, 3)."""
        alpha = self._phase / PICTURES_PER_STEP if self._phase else 1.0
        view = self.source.picture(hud.VIEW_SIZE, alpha)
        if self.overlay:
            view = paint(view, self.moment.decision.attention)
        return hud.compose(view, self.figures())

    def figures(self) -> hud.Figures:
        """What the line under the view says."""
        status, attention = self.moment.status, self.moment.decision.attention
        return hud.Figures(
            speed=status.speed,
            map_kind=attention.kind if attention else None,
            passed=self._passed,
            policy=self.policy_name,
            labels=tuple(status.labels.items()),
            cause=status.cause,
            notice=self.notice,
            paused=self.paused,
            recording=self.recording,
        )

    def advance(self) -> None:
        """Go on by one picture, 1 / PICTURE_RATE s. Stays at the exact pair while paused, or while an end is shown."""
        if self._phase == 0:
            if self.paused and not self._stepping:
                return
            if self.notice:
                self._linger()
                return
            self._apply()
        self._phase = (self._phase + 1) % PICTURES_PER_STEP
        if self._phase == 0:
            self._decide()

    def _decide(self) -> None:
        """Come to rest at a new exact pair."""
        observation = self.source.observe()
        decision = self.pilot.decide(observation)
        self.moment = Moment(self._steps, observation, decision, self.source.status())
        self._passed = share_passed(decision.attention)
        self._phase = 0
        self._stepping = False

    def _apply(self) -> None:
        for observer in self.observers:
            observer(self.moment)
        ending = self.source.apply(self.moment.decision.action)
        self._steps += 1
        if ending:
            self.notice, self._rest = ending, NOTICE_PICTURES

    def _linger(self) -> None:
        """Show how the episode ended for a while, then go on with the next track."""
        self._rest = 0 if self._stepping else self._rest - 1
        if self._rest <= 0:
            self.actions[NEXT_TRACK]()

    def _ask_source(self, name: str) -> None:
        self.source.capabilities[name]()
        if name == NEXT_TRACK:
            self._begin()
        else:
            self._decide()

    def _begin(self) -> None:
        """A new episode, at its first exact pair."""
        self.notice = ""
        self.pilot.begin()
        self._decide()


def run(
    session: Session,
    outputs: Sequence[Callable[[NDArray[np.uint8]], object]],
    *,
    pictures: int | None = None,
    asked: Callable[[], Iterable[str]] = tuple,
    keeper: RateKeeper | None = None,
    may_skip: bool = False,
) -> None:
    """Show picture after picture to every output, until so many were due (None: no end) or "quit" is asked for.

    asked: what a person asked for since the last picture, by action name. keeper: holds the loop to the clock.
    may_skip: leave out pictures between decisions when late, so that a slow machine still drives at full speed.
    """
    due = 0
    while pictures is None or due < pictures:
        for name in asked():
            if name == QUIT:
                return
            session.actions.get(name, _nothing)()
        if not (may_skip and keeper and keeper.late and session.between_decisions):
            picture = session.picture()
            for show in outputs:
                show(picture)
        due += 1
        session.advance()
        if keeper:
            keeper.wait()


def _nothing() -> None:
    """For an action that this source does not offer."""
