"""The running demo: playback, screen, display, recordings, and the one loop that turns them."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.kinds import PENALTIES
from sim.policy import remark_of
from sim.view import actions as do
from sim.view.capture import Capture
from sim.view.governor import Governor
from sim.view.hud.layout import DESIGN_SIZE
from sim.view.hud.screen import Extras, Screen, road_size
from sim.view.pacing import RateKeeper, Stopwatch
from sim.view.playback import Playback
from sim.view.settings import Choices
from sim.view.tour import Tour
from sim.view.world_end import deed

WELCOME = "H explains what you see"

MESSAGE_SECONDS = 5.0
"""For how long a message stays."""

FAR_BEHIND = 2
"""Pictures behind the clock from which on even those are left out that are drawn already."""

NOTED_LATENESS = 0.05
"""Seconds behind the clock from which on the window says so."""


class Display(Protocol):
    """Where pictures are shown and wishes come from. size: (height, width) of the pictures it wants."""

    @property
    def size(self) -> tuple[int, int]: ...

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Put a picture on screen; it may change afterwards."""
        ...

    def asked(self) -> Sequence[str]:
        """The names of the actions asked for since the last call, in order."""
        ...

    def held(self) -> Collection[str]:
        """What the driving keys that are held down now do."""
        ...

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to a window. RuntimeError where that cannot be."""
        ...


class NoDisplay:
    """Nobody watches: pictures of the design's size, no wishes."""

    size = DESIGN_SIZE

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Nowhere."""

    def asked(self) -> Sequence[str]:
        """Nothing."""
        return ()

    def held(self) -> Collection[str]:
        """Nothing."""
        return ()

    def toggle_full_screen(self) -> None:
        """There is no screen."""


class Demo:
    """Everything wired. keeper: holds the loop to the clock; without one it runs as fast as it can. remarks: asked with
    each picture for what else there is to know, "" for nothing. not_yet: why an action has to wait, "" where it need
    not. drawn: how many pictures the road was drawn for in each (height, width)."""

    def __init__(
        self,
        playback: Playback,
        display: Display,
        capture: Capture,
        *,
        keeper: RateKeeper | None = None,
        tour: Tour | None = None,
    ) -> None:
        self.playback, self.display, self.capture, self.tour = playback, display, capture, tour
        self.keeper = keeper
        self.remarks: list[Callable[[], str]] = [self._coarse]
        self.not_yet: Callable[[str], str] = lambda action: ""
        self.governor = Governor()
        self.drawn = Counter[tuple[int, int]]()
        self.stopwatch = Stopwatch()
        self.quitting = False
        self._screen = Screen()
        self._picture = np.zeros((0, 0, 3), np.uint8)
        self._message, self._alarm, self._message_left = "", False, 0.0
        self._counts: Mapping[str, int] = playback.moment.status.infractions
        self._round_ended, self._work = time.perf_counter(), playback.work

    @property
    def actions(self) -> Mapping[str, Callable[[], Any]]:
        """Everything that can be done now, by the names of `sim.view.actions`."""
        own: dict[str, Callable[[], Any]] = {
            do.RECORD: self.record,
            do.SCREENSHOT: self.screenshot,
            do.FULL_SCREEN: self.display.toggle_full_screen,
            do.QUIT: self.quit,
        }
        if do.BY_NAME[do.NEXT_CHAPTER].missing(self.choices) is None:
            own |= {
                do.NEXT_CHAPTER: partial(self._chapter, Tour.skip),
                do.LAST_CHAPTER: partial(self._chapter, Tour.back),
            }
        return {**self.playback.actions, **own}

    def _chapter(self, go: Callable[[Tour, Playback], None]) -> None:
        if self.tour:
            go(self.tour, self.playback)

    @property
    def choices(self) -> Choices:
        """What there is to choose from just now."""
        return self.playback.choices._replace(touring=self.tour is not None)

    def act(self, name: str) -> None:
        """Do what is asked for; say so where it is not offered here, or fails for a reason outside of the program."""
        if why := self.not_yet(name):
            self.say(why)
            return
        action = self.actions.get(name)
        if action is None:
            if why := do.refusal(name, self.choices):
                self.say(why)
            return
        try:
            action()
        except (OSError, ValueError, RuntimeError) as trouble:
            self.say(told(trouble), alarm=True)

    def say(self, message: str, *, alarm: bool = False) -> None:
        """Show a message for a while."""
        self._message, self._alarm, self._message_left = message, alarm, MESSAGE_SECONDS

    def greet(self) -> None:
        """What a person is told first: that the driver is unfinished, or else where the keys are."""
        remark = remark_of(self.playback.drive.driver)
        self.say(remark or WELCOME, alarm=bool(remark))

    def record(self) -> None:
        """Begin a recording, or end the one that runs."""
        self.say(self.capture.stop() if self.capture.recording else self.capture.start())

    def screenshot(self) -> None:
        """Save the picture on show."""
        self.say(self.capture.screenshot(self._picture))

    def quit(self) -> None:
        """End the loop."""
        self.quitting = True

    def run(
        self, pictures: int | None = None, *, stop_at_end: bool = False, each: Callable[[], object] = lambda: None
    ) -> None:
        """Show picture after picture until so many were due (None: no end), or quitting is asked for.

        stop_at_end: end with the first episode. each: called after every picture.
        """
        due = 0
        while not self.quitting and (pictures is None or due < pictures):
            for name in self.display.asked():
                self.act(name)
            if self.tour:
                self.tour.go_on(self)
            skipped = self._may_skip()
            if not skipped:
                self._picture = self._screen.draw(self.playback, self.display.size, self._extras())
            self._tell_deeds()
            self._wait()  # before the picture is shown: however long it took to draw, it comes when it is due
            if not skipped:
                self._show()
            self._govern(shown=not skipped)
            due += 1
            each()
            self.playback.advance(self.display.held())
            if stop_at_end and self.playback.ending and not self.playback.between_decisions:
                return

    def _tell_deeds(self) -> None:
        """Say what was just done that costs score."""
        before, self._counts = self._counts, self.playback.moment.status.infractions
        new = [name for name, count in self._counts.items() if count > before.get(name, 0) and name in PENALTIES]
        if new:
            who = "you" if self.playback.settings.at_wheel else "it"
            self.say(f"{who} {deed(new[0]).did}", alarm=True)

    def _govern(self, *, shown: bool) -> None:
        """Tell the governor how this round went; nobody watches without a window, so nothing is late there."""
        if self.keeper is None:
            return
        now, work = time.perf_counter(), self.playback.work
        drawing, other = (total - before for total, before in zip(work, self._work, strict=True))
        self.governor.tell(now - self._round_ended, drawing, other, late=self.keeper.late or not shown)
        self._round_ended, self._work = now, work
        self.drawn[road_size(self.display.size, self.governor.share)] += shown

    def _coarse(self) -> str:
        """At what size the road is drawn, where that is less than there is room for."""
        if self.governor.share == 1.0:
            return ""
        height, width = road_size(self.display.size, self.governor.share)
        return f"road drawn at {width} x {height}: this machine is late"

    def _show(self) -> None:
        self.display.show(self._picture)
        self.stopwatch.tick()
        try:
            self.capture.write(self._picture)
        except OSError as trouble:
            if self.keeper is None:  # nobody watches: the recording is all there is
                raise
            self.say(told(trouble), alarm=True)

    def _wait(self) -> None:
        source = self.playback.source
        self._message_left -= 1 / float(source.rate * source.pictures_per_step)
        if self.keeper:
            self.keeper.wait()

    def _may_skip(self) -> bool:
        """A late loop leaves pictures between decisions out, so that a slow machine still drives at full speed: those
        that are not drawn yet, and if it falls further behind, any."""
        if self.keeper is None or self.capture.recording or not self.playback.between_decisions:
            return False
        return self.keeper.late and (
            not self.playback.is_drawn or self.keeper.lateness > FAR_BEHIND * self.keeper.period
        )

    def _extras(self) -> Extras:
        lateness = self.keeper.lateness if self.keeper else 0.0
        seconds = self.capture.seconds
        shown = self._message_left > 0
        return Extras(
            message=self._message if shown else "",
            alarm=shown and self._alarm,
            caption=self.tour.caption if self.tour else "",
            guide=self.tour.guide if self.tour else "",
            remarks=tuple(words for remark in self.remarks if (words := remark())),
            choices=self.choices if self.playback.settings.help else None,
            recorded=None if seconds is None or self.keeper is None else int(seconds),
            rate=self.stopwatch.recent_rate if self.keeper else None,
            lateness=lateness if lateness > NOTED_LATENESS else 0.0,
            share=self.governor.share,
        )


def told(trouble: Exception) -> str:
    """An error in one line, with the file's name where it is the system's."""
    if isinstance(trouble, OSError) and trouble.filename:
        return f"{trouble.filename}: {trouble.strerror}"
    return " ".join(str(trouble).split())
