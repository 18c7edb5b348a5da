"""What footage is: pictures one after the other, how they end, how fast they come, and what of them was lost."""

from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

END = "end of footage"
DAMAGED = "footage is damaged"
BROKEN_OFF = "footage breaks off"
UNPLUGGED = "camera is gone"
"""Why no picture follows: one of these four."""

USUAL_RATE = Fraction(30)
"""Pictures a second where the footage says nothing, or nothing up to FASTEST."""

FASTEST = 240
"""Pictures a second; what claims more counts something else, such as milliseconds."""

GUESSED, TOLD = "guessed", "as told"
"""Where a rate comes from that the footage itself does not say."""


class Rate(NamedTuple):
    """value: pictures a second. origin: "" where the footage says it itself, else GUESSED or TOLD."""

    value: Fraction
    origin: str = ""

    @property
    def words(self) -> str:
        """For people: "20/s (guessed)"."""
        value = f"{float(self.value):.3g}/s"
        return f"{value} ({self.origin})" if self.origin else value


class Losses(NamedTuple):
    """lost: pictures that are not there, or could not be decoded. damaged: pictures shown that are not as recorded."""

    lost: int = 0
    damaged: int = 0

    @property
    def words(self) -> str:
        """For people: "2 lost, 1 damaged"; "" for none."""
        return ", ".join(f"{count} {name}" for name, count in self._asdict().items() if count)


class Footage(Protocol):
    """Upright RGB pictures with square pixels.

    name: a short one, for people. rate: pictures a second, the average. count: how many pictures there should be; None
    if unknown. rewindable: whether `rewind` leads back to the first picture. losses: up to the picture read last, or
    in all once `read` has given None. ending: why it did.
    """

    name: str
    rate: Rate
    ending: str
    losses: Losses

    @property
    def count(self) -> int | None: ...

    @property
    def rewindable(self) -> bool: ...

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture (H, W, 3); None where there is none, and ever after."""
        ...

    def rewind(self) -> None:
        """Go back to before the first picture, where that can be done."""
        ...

    def close(self) -> None:
        """Let go of file or camera; closing again does nothing."""
        ...


def checked_rate(told: float | None) -> Rate | None:
    """What a person says of the rate; ValueError for what no footage can have."""
    if told is None:
        return None
    if not 0 < told <= FASTEST:
        raise ValueError(f"rate {told:g}: expected pictures a second, above 0 and at most {FASTEST}")
    return Rate(Fraction(told).limit_denominator(1001) or Fraction(told), TOLD)


def plausible(rate: Fraction | None, otherwise: Fraction = USUAL_RATE) -> Rate:
    """A rate that the footage says, or a guess where that cannot be meant."""
    return Rate(rate) if rate is not None and 0 < rate <= FASTEST else Rate(otherwise, GUESSED)
