"""Where in time the show of a drive is: the exact pair of frame and decision, then the way to the next one."""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.driver import Constant, Nobody
from sim.errors import unknown
from sim.view import actions as do
from sim.view.blinding import BLINDINGS
from sim.view.drive import Drive
from sim.view.moment import Moment, shown_map
from sim.view.overlay import Overwritten
from sim.view.prefetch import Prefetch, Worker
from sim.view.settings import Choices, Settings
from sim.view.source import Imagining, Shot, Source, Unsteered

SPEEDS = (0.25, 0.5, 1.0, 1.5, 3.0)
"""How fast the show may run; of these, those at which a control step takes a whole number of pictures."""

NOTICE_SECONDS = 6.0
"""For how long the end of an episode stays on show, with what happened and what was read then."""

RECENT_SECONDS = 2.0
"""How far back the moments are kept that tell what was read before an end."""

BEGINNINGS = (do.NEXT_TRACK, do.NEXT_SCENARIO, do.AGAIN)
"""What a source does when asked that begins an episode."""

Wish = tuple[str, tuple[int, int]]
"""A view and the (height, width) that it is wanted in."""


class Playback:
    """Advances picture by picture: the exact pair of frame and decision, then the way to the next one.

    Between two decisions the red is that of the last one and the view glides from pose to pose; paused and stepped
    pictures show the exact pair. As soon as the world has moved, a second thread draws the pictures on the way to the
    next pair before they are due, and observes and decides on its frame: the work is shared by two cores, and the order
    of things is the same as without. `observers` are given each moment whose action is then applied.

    settings: what is chosen; set by `change` alone. initial: as it was at first. moment: the last exact pair. recent:
    the moments that were acted on in the last RECENT_SECONDS of this episode. stays: whether an end stays on show until
    somebody asks for something else.
    """

    def __init__(self, drive: Drive, observers: Iterable[Callable[[Moment], None]] = ()) -> None:
        self.drive, self.observers = drive, tuple(observers)
        at_wheel = isinstance(drive.driver, Nobody)
        self.initial = self.settings = Settings(drive.name, next(iter(drive.source.views)), at_wheel=at_wheel)
        self._imagines = isinstance(drive.source, Imagining)
        self._unsteered = drive.source.unsteered if isinstance(drive.source, Unsteered) else ""
        self._pool = Worker("playback")  # with two threads, the picture that is due first has to share its core
        self._next: Future[Moment] | None = None
        self._prefetch = Prefetch(self._pool)
        self._wanted, self._asked = set[Wish](), set[Wish]()
        self._stepping = self.stays = False
        self._phase, self._phases, self._rest = 0, 1, 0
        self.recent: deque[Moment] = deque(maxlen=max(1, round(RECENT_SECONDS * drive.source.rate)))
        self.moment: Moment
        self._arrive()

    @property
    def source(self) -> Source:
        """What is driven in."""
        return self.drive.source

    @property
    def work(self) -> tuple[float, float]:
        """Seconds for which the second thread has drawn pictures, and done something else, such as deciding."""
        return self._prefetch.drawing, self._pool.busy - self._prefetch.drawing

    @property
    def ending(self) -> str:
        """How the episode ended; "" while it goes on."""
        return self.drive.ending

    @property
    def choices(self) -> Choices:
        """What there is to choose from just now."""
        return Choices(
            views=tuple(self.source.views),
            policies=self.drive.names,
            speeds=tuple(speed for speed in SPEEDS if (self.source.pictures_per_step / speed).is_integer()),
            attention=self.moment.decision.attention,
            asked=tuple(self.source.capabilities),
            imagines=self._imagines,
            steers=self.drive.steers,
            unsteered=self._unsteered,
            heeds=not isinstance(self.drive.driver, Constant),
            alone=not isinstance(self.drive.driver, Nobody),
            at_wheel=self.settings.at_wheel,
        )

    @property
    def actions(self) -> Mapping[str, Callable[[], None]]:
        """What can be done now, by the names of `sim.view.actions`."""
        offered = {action.name for action in do.offered(self.choices)}
        switches = {name: partial(self.turn, name) for name in do.SWITCHES if name in offered}
        asked = {name: partial(self.ask_source, name) for name in self.source.capabilities}
        return {do.STEP: self.step, **switches, **asked}

    def turn(self, name: str) -> None:
        """Turn the switch of this action's name."""
        switch = do.SWITCHES[name]
        self.set(**{switch.field: switch.next(self.settings, self.choices)})

    def set(self, **settings: Any) -> None:
        """Change some settings, and leave the others."""
        self.change(replace(self.settings, **settings))

    def change(self, settings: Settings) -> None:
        """Show and drive by these settings from now on. ValueError for names that there are not; what goes wrong with a
        policy leaves all as it was."""
        before = self.settings
        for name, known in (("view", self.source.views), ("policy", self.drive.names), ("blinding", BLINDINGS)):
            value = getattr(settings, name)
            if value is not None and value not in known:
                raise unknown(name, value, known)
        if settings.deciding == before.deciding:
            self._hand_over(settings)
            return
        self._settle()
        if settings.policy != before.policy:
            self.drive.choose(settings.policy)
        self._hand_over(settings)
        self._arrive()

    def _hand_over(self, settings: Settings) -> None:
        """Adopt settings; a person who takes the wheel takes it as the last driver left it, and takes it where nobody
        else would have it."""
        settings = replace(settings, at_wheel=settings.at_wheel or isinstance(self.drive.driver, Nobody))
        changes = settings.at_wheel != self.settings.at_wheel
        if changes:
            self.drive.wheel.take(self.moment.action)
        self.settings = settings
        if changes and not self._phase:
            self.moment = self.drive.handed(self.moment, settings)

    def step(self) -> None:
        """Go to the next exact pair and pause there."""
        self._stepping = True
        self.set(paused=True)

    def ask_source(self, name: str) -> None:
        """Have the source do what it offers under this name."""
        change = self.source.capabilities[name]
        if name in BEGINNINGS:
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

    @property
    def coming(self) -> Any:
        """The source's instant that the show is on its way to; the moment's own at an exact pair."""
        return self.source.instant() if self._phase else self.moment.instant

    def picture(self, size: tuple[int, int], view: str | None = None) -> NDArray[np.uint8]:
        """This instant as `view` (the chosen one by default) shows it, (*size, 3), not to be changed."""
        wish = (view or self.settings.view, size)
        self._asked.add(wish)
        return self._prefetch.take(self._order(wish, self.moment, self.coming, self.progress))

    @property
    def is_drawn(self) -> bool:
        """Whether this instant's pictures, as they were wanted of late, are there already."""
        return all(self._prefetch.is_drawn(self._key(wish, self.moment, self.progress)) for wish in self._wanted)

    def _key(self, wish: Wish, moment: Moment, progress: float) -> Hashable:
        """All that a picture depends on."""
        return wish, moment, progress, self.settings.painting

    def _order(self, wish: Wish, moment: Moment, coming: Any, progress: float) -> Hashable:
        """Have a picture drawn in the second thread; returns the order's key."""
        view, size = wish
        key = self._key(wish, moment, progress)
        draw = self.source.views[view]
        self._prefetch.order(key, partial(draw, shot(moment, coming, progress, size, self.settings)))
        return key

    def _draw_ahead(self, phase: int) -> None:
        """Order the pictures of this phase of the way to the exact pair; the pair's own follow when it is found."""
        if phase < self._phases:
            for wish in self._wanted:
                self._order(wish, self.moment, self.source.instant(), phase / self._phases)

    def advance(self, held: Collection[str] = ()) -> None:
        """Go on by one picture. Stays at the exact pair while paused, or while an end is shown.

        held: the keys that a person at the wheel holds, as `actions.DRIVING_KEYS` names them.
        """
        if self._phase == 0:
            if self.settings.paused and not self._stepping:
                return
            if self.ending:
                self._linger()
                return
            self._apply(held)
        for wish in self._wanted:
            self._prefetch.drop(self._key(wish, self.moment, self.progress))
        self._phase = (self._phase + 1) % self._phases
        if self._phase == 0:
            self._arrive()
        else:
            self._draw_ahead(self._phase + 1)

    def close(self) -> None:
        """End the second thread."""
        self._pool.shutdown(cancel_futures=True)

    def _apply(self, held: Collection[str]) -> None:
        """Carry the moment's action out, and have the next instant looked at while the way there is shown."""
        if self.settings.at_wheel:
            self.moment = self.drive.by_hand(self.moment, held)
        for observer in self.observers:
            observer(self.moment)
        self.recent.append(self.moment)
        self._prefetch.settle()
        self.drive.act(self.moment)
        if self.ending:
            self._rest = round(NOTICE_SECONDS * self.source.rate * self.source.pictures_per_step)
        self._phases = round(self.source.pictures_per_step / self.settings.speed)
        if self._asked:  # what nobody asks for any more is drawn no more
            self._wanted, self._asked = self._asked, set()
        self._draw_ahead(1)  # first, since it is due first
        self._next = self._pool.submit(self._look_and_draw, self.settings)

    def _look_and_draw(self, settings: Settings) -> Moment:
        """The exact pair that comes next, and its pictures ordered."""
        moment = self.drive.look(settings)
        for wish in self._wanted:
            self._order(wish, moment, moment.instant, 1.0)
        return moment

    def _arrive(self) -> None:
        """Come to rest at the exact pair that the worker has made ready, or makes now."""
        found = self._found()
        self.moment = self.drive.handed(found, self.settings) if found else self.drive.look(self.settings)
        self._phase = 0
        self._stepping = False

    def _settle(self) -> None:
        """Wait until the second thread is done: nothing may change under it."""
        self._found()
        self._prefetch.settle()

    def _found(self) -> Moment | None:
        """What the worker found, if it was at work, once it is done."""
        found = self._next.result() if self._next else None
        self._next = None
        return found

    def _linger(self) -> None:
        """Show how the episode ended for a while, then begin the next one, or the same again if there is no other."""
        if self.stays:
            return
        self._rest = 0 if self._stepping else self._rest - 1
        coming = [name for name in (do.NEXT_TRACK, do.AGAIN) if name in self.source.capabilities]
        if self._rest <= 0 and coming:
            self.ask_source(coming[0])

    def _begin(self) -> None:
        """A new episode, at its first exact pair."""
        self.drive.begin()
        self.recent.clear()
        self._arrive()


def shot(moment: Moment, coming: Any, progress: float, size: tuple[int, int], settings: Settings) -> Shot:
    """What a view is to show, so far on the way from a moment to the source's next instant.

    Values in, a value out: of a past moment the same shot as when it was shown live.
    """
    sight = moment.shown(settings)
    overwritten = None
    if sight.covered is not None and sight.hidden is not None:
        overwritten = Overwritten(sight.observation["frame"][0], sight.covered, sight.hidden)
    shown = shown_map(sight, settings)
    return Shot(size, moment.instant, coming, progress, shown, moment.action, moment.status, overwritten, settings)
