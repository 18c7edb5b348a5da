"""A drive on show: a source, whoever is at the wheel, and where between two decisions the show is."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.policy import Decision, Observation
from sim.view import actions as do
from sim.view.ahead import Ahead
from sim.view.blinding import BLINDINGS, Blinding
from sim.view.overlay import Overwritten
from sim.view.pilot import KeyboardWheel, Pilot, Sight
from sim.view.source import Culprit, Shot, Source, Status

SPEEDS = (0.25, 0.5, 1.0, 1.5, 3.0)
"""How fast the show may run; of these, those at which a control step takes a whole number of pictures."""

NOTICE_SECONDS = 1.5
"""For how long the end of an episode stays on show."""


Wish = tuple[str, tuple[int, int]]
"""A view and the (height, width) that it is wanted in."""


class Comparison(NamedTuple):
    """The same instant, the same driver in the same state: what was decided with one object there, and without it."""

    with_it: Sight
    without_it: Sight


@dataclass(frozen=True, eq=False)
class Moment:
    """An exact pair: what was observed, and what was decided on it before it is applied. `step` counts from 0.

    hidden: (h, w) cells of the map's grid that were overwritten in the observation. action: (A,) what is applied: the
    decision's, or a person's at the wheel. comparison: with the object that binds the expert and without it.
    """

    step: int
    observation: Observation
    decision: Decision
    status: Status
    hidden: NDArray[np.bool_] | None
    action: NDArray[np.float32]
    comparison: Comparison | None = None

    def shown(self, *, without: bool) -> Sight:
        """What belongs to a picture of this moment that shows the world as it is, or without the object that binds."""
        if without and self.comparison:
            return self.comparison.without_it
        return Sight(self.observation, self.decision, self.hidden)


class Session:
    """Advances picture by picture: the exact pair of frame and decision, then the way to the next one.

    Between two decisions the red is that of the last one and the view glides from pose to pose; paused and stepped
    pictures show the exact pair. As soon as the world has moved, a second thread draws the pictures on the way to the
    next pair before they are due, and observes and decides on its frame: the work is shared by two cores, and the order
    of things is the same as without. `observers` are given each moment whose action is then applied.
    """

    def __init__(
        self,
        source: Source,
        pilots: Mapping[str, Callable[[], Pilot]],
        policy: str,
        observers: Iterable[Callable[[Moment], None]] = (),
    ) -> None:
        """`pilots`: by name, loaded when first asked for; `policy` is the one to begin with."""
        self.source, self.policy = source, policy
        self.observers = tuple(observers)
        self.paused, self.overlay, self.raw, self.at_wheel = False, True, False, False
        self.blinding: Blinding | None = None
        self.mark, self.without, self.unseen = True, False, False
        self.speed = 1.0
        self.view = next(iter(source.views))
        self.ending = ""
        self.wheel = KeyboardWheel()
        self._pilots, self._loaded = dict(pilots), {policy: pilots[policy]()}
        self._pool = ThreadPoolExecutor(1, "session")  # with two, the picture that is due first has to share its core
        self._next: Future[Moment] | None = None
        self._ahead = Ahead(self._pool)
        self._wanted, self._asked = set[Wish](), set[Wish]()
        self._stepping = False
        self._phase, self._phases, self._steps, self._rest = 0, 1, 0, 0
        self._fit()
        self.moment: Moment
        self._begin()

    @property
    def pilot(self) -> Pilot:
        """Who decides."""
        return self._loaded[self.policy]

    @property
    def actions(self) -> Mapping[str, Callable[[], None]]:
        """What can be done now, by the names of `sim.view.actions`."""
        offered: dict[str, Callable[[], None]] = {
            do.PAUSE: self.pause,
            do.STEP: self.step,
            do.SLOWER: partial(self.change_speed, -1),
            do.FASTER: partial(self.change_speed, 1),
            do.OVERLAY: self.toggle_overlay,
            do.RAW: self.toggle_raw,
            do.NEXT_VIEW: self.next_view,
            do.WHEEL: self.take_wheel,
            do.NEXT_POLICY: self.next_policy,
        }
        offered |= {name: partial(self.blind, name) for name in BLINDINGS}
        if self.source.observe_without is not None:
            offered |= {do.MARK: self.toggle_mark, do.WITHOUT: self.toggle_without, do.UNSEEN: self.toggle_unseen}
        return offered | {name: partial(self.ask_source, name) for name in self.source.capabilities}

    def pause(self) -> None:
        """Pause at the next exact pair, or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """Go to the next exact pair and pause there."""
        self.paused = self._stepping = True

    def change_speed(self, by: int) -> None:
        """To the next slower (-1) or faster (+1) speed of the show, from the next step on."""
        speeds = [speed for speed in SPEEDS if (self.source.pictures_per_step / speed).is_integer()]
        index = speeds.index(self.speed) + by
        self.speed = speeds[min(max(index, 0), len(speeds) - 1)]

    def toggle_overlay(self) -> None:
        """The red on or off."""
        self.overlay = not self.overlay

    def toggle_raw(self) -> None:
        """Soft maps as raw cells, or smooth."""
        self.raw = not self.raw

    def toggle_mark(self) -> None:
        """The frame round what binds the expert on or off."""
        self.mark = not self.mark

    def toggle_without(self) -> None:
        """Show the world without what binds the expert, and what would be decided in it; or the world as it is."""
        self.imagine(without=not self.without, unseen=self.unseen)

    def toggle_unseen(self) -> None:
        """Leave what binds the expert out of the frames that are decided on, or give them whole again."""
        self.imagine(without=self.without, unseen=not self.unseen)

    def imagine(self, *, without: bool, unseen: bool) -> None:
        """What is left out of the pictures, and of the driver's frames, from now on."""
        if (without, unseen) != (self.without, self.unseen):
            self._settle()
            self.without, self.unseen = without, unseen
            self._arrive()

    def next_view(self) -> None:
        """The next way to look at the source."""
        names = list(self.source.views)
        self.view = names[(names.index(self.view) + 1) % len(names)]

    def take_wheel(self) -> None:
        """A person takes the wheel, as the last driver left it, or gives it back. The policy looks on meanwhile."""
        self.at_wheel = not self.at_wheel
        self.wheel.take(self.moment.action)

    def blind(self, name: str) -> None:
        """Switch this blinding on, or off where it is on."""
        self.use_blinding(None if self.blinding is BLINDINGS[name] else name)

    def use_blinding(self, name: str | None) -> None:
        """Overwrite cells of the policy's frames in this way from now on; None for not at all."""
        chosen = None if name is None else BLINDINGS[name]
        if chosen is not self.blinding:
            self._settle()
            self.blinding = chosen
            self._arrive()

    def next_policy(self) -> None:
        """The next driver; the drive goes on where it is."""
        names = list(self._pilots)
        self.choose_policy(names[(names.index(self.policy) + 1) % len(names)])

    def choose_policy(self, name: str) -> None:
        """Put this driver at the wheel."""
        self._settle()
        self.policy = name
        if name not in self._loaded:
            self._loaded[name] = self._pilots[name]()
        self.pilot.begin()
        self._fit()
        self._arrive()

    def ask_source(self, name: str) -> None:
        """Have the source do what it offers under this name."""
        change = self.source.capabilities[name]
        if name == do.NEXT_TRACK:
            self.restart(change)
        else:
            self._settle()
            change()
            self._arrive()

    def restart(self, change: Callable[[], None]) -> None:
        """Change the source, then begin a new episode in it."""
        self._settle()
        change()
        self._begin()

    @property
    def between_decisions(self) -> bool:
        """Whether this picture is one of those on the way from a decision to the next."""
        return self._phase != 0

    @property
    def progress(self) -> float:
        """How far this picture is on the way from the last exact pair (0) to the next (1); 1 at an exact pair."""
        return self._phase / self._phases if self._phase else 1.0

    def shot(self, size: tuple[int, int]) -> Shot:
        """What a view of (height, width) pixels is to show of this instant."""
        return self._shot(self.moment, self.progress, size)

    def _shot(self, moment: Moment, progress: float, size: tuple[int, int]) -> Shot:
        sight = moment.shown(without=self.without)
        attention, overwritten = sight.decision.attention, None
        if attention is not None and sight.hidden is not None:
            overwritten = Overwritten(sight.observation["frame"][0], attention.cells, sight.hidden)
        red = attention if self.overlay else None
        return Shot(
            *(size, progress, red, moment.action, moment.status, self.raw, overwritten, self.mark, self.without)
        )

    def picture(self, size: tuple[int, int], view: str | None = None) -> NDArray[np.uint8]:
        """This instant as `view` (the chosen one by default) shows it, (*size, 3), not to be changed."""
        wish = (view or self.view, size)
        self._asked.add(wish)
        return self._ahead.take(self._order(wish, self.moment, self.progress))

    @property
    def is_drawn(self) -> bool:
        """Whether this instant's pictures, as they were wanted of late, are there already."""
        return all(self._ahead.is_drawn(self._key(wish, self.moment, self.progress)) for wish in self._wanted)

    def _key(self, wish: Wish, moment: Moment, progress: float) -> Hashable:
        """All that a picture depends on."""
        return wish, moment, progress, self.overlay, self.raw, self.mark, self.without

    def _order(self, wish: Wish, moment: Moment, progress: float) -> Hashable:
        """Have a picture drawn in the second thread; returns the order's key."""
        view, size = wish
        key = self._key(wish, moment, progress)
        self._ahead.order(key, partial(self.source.views[view], self._shot(moment, progress, size)))
        return key

    def _draw_ahead(self, phase: int) -> None:
        """Order the pictures of this phase of the way to the exact pair; the pair's own follow when it is found."""
        if phase < self._phases:
            for wish in self._wanted:
                self._order(wish, self.moment, phase / self._phases)

    def advance(self, held: Collection[str] = ()) -> None:
        """Go on by one picture. Stays at the exact pair while paused, or while an end is shown.

        held: the keys that a person at the wheel holds, as `actions.DRIVING_KEYS` names them.
        """
        if self._phase == 0:
            if self.paused and not self._stepping:
                return
            if self.ending:
                self._linger()
                return
            self._apply(held)
        for wish in self._wanted:
            self._ahead.drop(self._key(wish, self.moment, self.progress))
        self._phase = (self._phase + 1) % self._phases
        if self._phase == 0:
            self._arrive()
        else:
            self._draw_ahead(self._phase + 1)

    def close(self) -> None:
        """End the second thread."""
        self._pool.shutdown(cancel_futures=True)

    def _fit(self) -> None:
        if self.pilot.spec is not None:
            self.source.fit(self.pilot.spec)

    def _apply(self, held: Collection[str]) -> None:
        """Carry the moment's action out, and have the next instant looked at while the way there is shown."""
        if self.at_wheel:
            seconds = 1 / float(self.source.rate)
            action = self.wheel.move(held, self.moment.status.speed or 0.0, seconds)
            self.moment = replace(self.moment, action=action[0])
        for observer in self.observers:
            observer(self.moment)
        self.pilot.go_on()
        self._ahead.settle()
        ending = self.source.apply(self.moment.action[None])
        self._steps += 1
        if ending:
            self.ending = ending
            self._rest = round(NOTICE_SECONDS * self.source.rate * self.source.pictures_per_step)
        self._phases = round(self.source.pictures_per_step / self.speed)
        if self._asked:  # what nobody asks for any more is drawn no more
            self._wanted, self._asked = self._asked, set()
        self._draw_ahead(1)  # first, since it is due first
        self._next = self._pool.submit(self._look_and_draw)

    def _look_and_draw(self) -> Moment:
        """The exact pair that comes next, and its pictures ordered."""
        moment = self._look()
        for wish in self._wanted:
            self._order(wish, moment, 1.0)
        return moment

    def _look(self) -> Moment:
        """Observe and decide: the exact pair of this instant."""
        status = self.source.status()
        sight, comparison = self._decide(status.culprit)
        action = sight.decision.action[0]
        return Moment(self._steps, sight.observation, sight.decision, status, sight.hidden, action, comparison)

    def _decide(self, culprit: Culprit | None) -> tuple[Sight, Comparison | None]:
        """What is decided now, and where it was asked for what would be decided with the culprit and without it."""
        leave_out = self.source.observe_without
        if culprit is None or leave_out is None or not (self.without or self.unseen):
            return self.pilot.decide(self.source.observe(), self.blinding), None
        whole = partial(self.pilot.decide, self.source.observe(), self.blinding)
        less = partial(self.pilot.decide, leave_out(culprit.row), self.blinding, culprit.row)
        given, other = (less, whole) if self.unseen else (whole, less)
        imagined = other() if self.without else None
        sight = given()  # last: it is this one that the policy's state goes on from
        if imagined is None:
            return sight, None
        return sight, Comparison(imagined, sight) if self.unseen else Comparison(sight, imagined)

    def _arrive(self) -> None:
        """Come to rest at the exact pair that the worker has made ready, or makes now."""
        self.moment = self._found() or self._look()
        self._phase = 0
        self._stepping = False

    def _settle(self) -> None:
        """Wait until the second thread is done: nothing may change under it."""
        self._found()
        self._ahead.settle()

    def _found(self) -> Moment | None:
        """What the worker found, if it was at work, once it is done."""
        found = self._next.result() if self._next else None
        self._next = None
        return found

    def _linger(self) -> None:
        """Show how the episode ended for a while, then go on with the next track, where there is one."""
        self._rest = 0 if self._stepping else self._rest - 1
        if self._rest <= 0 and do.NEXT_TRACK in self.source.capabilities:
            self.ask_source(do.NEXT_TRACK)

    def _begin(self) -> None:
        """A new episode, at its first exact pair."""
        self.ending = ""
        self.pilot.begin()
        self._arrive()
