"""Keeping a loop to the clock."""

import time
from collections.abc import Callable


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
