"""What a viewer has chosen, as one frozen value: a picture's key, the tour's state, and what every switch changes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from sim.policy import Attention

PANELS, KEYS = "panels", "keys"
HELPS = (PANELS, KEYS)
"""What the help explains: what each panel shows, and what each key does."""

DECIDES, PAINTS = "decides", "paints"
"""What a setting bears on: what is decided at an instant, or how its pictures are painted."""


def _setting(default: Any, bears_on: str = "") -> Any:
    return field(default=default, metadata={"bears on": bears_on})


@dataclass(frozen=True)
class Settings:
    """policy, view: by name. The window tells of them in this order, what matters most first."""

    policy: str = _setting("", DECIDES)
    view: str = ""
    paused: bool = False
    at_wheel: bool = False
    """A person drives, and the policy looks on."""
    blinding: str | None = _setting(None, DECIDES)
    """Cells that are overwritten in the driver's frames, see `sim.view.blinding`."""
    without: bool = _setting(False, DECIDES)
    """The pictures leave the cause object out."""
    unseen: bool = _setting(False, DECIDES)
    """The driver's frames leave it out."""
    speed: float = 1.0
    """Of the show against the clock."""
    red: bool = _setting(True, PAINTS)
    raw: bool = _setting(False, PAINTS)
    """Soft maps as raw cells."""
    head: int | None = _setting(None, PAINTS)
    """One head of a soft map alone; None for all together."""
    spotlight: bool = _setting(False, PAINTS)
    """What is not read goes dark."""
    mark: bool = _setting(True, PAINTS)
    """A frame round the cause object."""
    help: str | None = None
    """What stands in the place of the panels: one of HELPS, or nothing."""

    @property
    def deciding(self) -> tuple[Any, ...]:
        """All that a decision depends on."""
        return self._that(DECIDES)

    @property
    def painting(self) -> tuple[Any, ...]:
        """All that a picture of given view, moment and size depends on."""
        return self._that(DECIDES, PAINTS)

    def _that(self, *bear_on: str) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name, what in _BEARINGS if what in bear_on)


FIELDS = tuple(setting.name for setting in fields(Settings))

_BEARINGS = [(setting.name, setting.metadata.get("bears on", "")) for setting in fields(Settings)]


class Choices(NamedTuple):
    """What there is to choose from just now, and what there is to be told of.

    speeds: slowest first. attention: the map of now, if there is one. asked: what the source does when asked, by action
    name. imagines: whether it can leave an object out. steers: whether its actions are a car's; unsteered: why they
    change nothing there, "" where they do. heeds: whether whoever drives decides by anything at all. alone: whether it
    can drive without a person. touring: whether a tour leads through the show. at_wheel: whether a person drives.
    """

    views: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    speeds: tuple[float, ...] = (1.0,)
    attention: Attention | None = None
    asked: Collection[str] = ()
    imagines: bool = False
    steers: bool = False
    unsteered: str = ""
    heeds: bool = True
    alone: bool = True
    touring: bool = False
    at_wheel: bool = False


class Switch(NamedTuple):
    """What an action does to one field of Settings: it goes on through its values.

    values: those to choose from; none where the action means nothing. by: places further. stops: at either end, rather
    than going round. told: what the window says of the state (Settings, Moment); "" for nothing.
    """

    field: str
    values: Callable[[Choices], tuple[Any, ...]]
    told: Callable[[Settings, Any], str] = lambda settings, moment: ""
    by: int = 1
    stops: bool = False

    def next(self, settings: Settings, choices: Choices) -> Any:
        """The value after the present one; the last, where the present one is not among them."""
        values, now = self.values(choices), getattr(settings, self.field)
        if now not in values:
            return values[-1]
        index = values.index(now) + self.by
        return values[min(max(index, 0), len(values) - 1) if self.stops else index % len(values)]
