"""Keeping a loop to the clock, and saying how well that went."""

import time
from collections.abc import Callable

import numpy as np

RECENT = 0.5
"""Seconds over which the rate on show is counted."""


class RateKeeper:
    """Holds a loop to `rate` rounds a second and says how late it runs.

    A late round is followed by short ones until the schedule is met again; a loop that is more than `patience` seconds
    behind gives the lost time up, so that a stall is never followed by a rush.
    """

    def __init__(
        self,
        rate: float,
        *,
        patience: float = 0.25,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not rate > 0:
            raise ValueError(f"rate is {rate!r}; expected rounds a second above 0")
        self.period = 1 / rate
        self.lateness = 0.0
        self._rounds = self._late_rounds = 0
        self._patience, self._clock, self._sleep = patience, clock, sleep
        self._due = clock() + self.period

    def wait(self) -> float:
        """Sleep until this round is over. Returns, and keeps as `lateness`, the seconds by which it was missed."""
        left = self._due - self._clock()
        if left > 0:
            self._sleep(left)
        self.lateness = max(0.0, -left)
        given_up = self.lateness if self.lateness > self._patience else 0.0
        self._due += self.period + given_up
        self._rounds += 1
        self._late_rounds += self.late
        return self.lateness

    @property
    def share_late(self) -> float:
        """The share of rounds so far that ended more than a period too late."""
        return self._late_rounds / max(1, self._rounds)

    @property
    def late(self) -> bool:
        """Whether the last round ended more than a period too late."""
        return self.lateness > self.period


class Stopwatch:
    """How long the pictures stayed on screen, in all: a histogram, so that an hour takes no more room than a minute."""

    BIN = 1e-4
    LONGEST = 0.5

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._counts = np.zeros(round(self.LONGEST / self.BIN) + 1, np.int64)
        self._last: float | None = None
        self._total = 0.0
        self._since, self._shown = 0.0, 0
        self.recent_rate = 0.0

    def tick(self) -> None:
        """A picture was put on screen."""
        now = self._clock()
        if self._last is None:  # what came before the first picture is not its time
            self._since = now
        else:
            self._count(now - self._last)
        self._last = now
        if now - self._since >= RECENT:
            self.recent_rate = self._shown / (now - self._since)
            self._since, self._shown = now, 0

    def _count(self, seconds: float) -> None:
        self._total += seconds
        self._counts[min(int(seconds / self.BIN), len(self._counts) - 1)] += 1
        self._shown += 1

    @property
    def pictures(self) -> int:
        """Intervals counted."""
        return int(self._counts.sum())

    @property
    def mean_rate(self) -> float:
        """Pictures a second over all intervals; 0 before the second picture."""
        return self.pictures / self._total if self._total else 0.0

    def quantile(self, share: float) -> float:
        """Seconds that this share of the intervals did not exceed; 0 before the second picture."""
        if not self.pictures:
            return 0.0
        return float(np.searchsorted(np.cumsum(self._counts), share * self.pictures) + 1) * self.BIN
