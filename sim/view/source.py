"""Where pictures come from and actions go. The window knows a Source, never an environment."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.policy import Attention, Observation, PolicySpec
from sim.rollout import Drivable
from sim.view.moment import Status
from sim.view.overlay import Overwritten, lay_over, redden, spotlight
from sim.view.road import Road
from sim.view.settings import Settings


class Labels(NamedTuple):
    """What each pixel of a policy's frame shows.

    classes: (H, W) uint8, indices into `sim.scene.CLASSES`. instance: (H, W), 0 for none, else 1 + the row of the
    object. depth: (H, W) float32, metres along the optical axis; infinite for the sky and all at the horizon.
    """

    classes: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    depth: NDArray[np.float32]


class End(NamedTuple):
    """How an episode ended, for people. title: in a word or two. what: in a sentence. row: of the object that was
    touched; None where none was. thing: what that is called."""

    title: str
    what: str = ""
    row: int | None = None
    thing: str = ""


class Shot(NamedTuple):
    """What a view is asked to draw: values alone, so that a past moment is drawn as it was.

    size: (height, width) in pixels. before, after: the source's instants before and after a control step, and progress:
    how far on the way between them, in [0, 1]; at an exact pair both are its own. attention: the map to show, in red or
    as a spotlight, a batch of one; None for none. action: (A,) and status: of the moment when the map was made, which
    is `before`'s. overwritten: what of the policy's frame was. settings: how it is to be painted.
    """

    size: tuple[int, int]
    before: Any
    after: Any
    progress: float
    attention: Attention | None
    action: NDArray[np.float32]
    status: Status
    overwritten: Overwritten | None = None
    settings: Settings = Settings()


View = Callable[[Shot], NDArray[np.uint8]]
"""A way to look at a source: a picture (*shot.size, 3) for a person, a function of the shot alone. May be called in
several threads; the next picture of that size that a thread draws overwrites its last."""


def finish(picture: NDArray[np.uint8], shot: Shot) -> None:
    """Paint what was overwritten, and the red, onto a view through the policy's own camera."""
    settings = shot.settings
    lay_over(picture, shot.overwritten)
    if settings.spotlight:
        spotlight(picture, shot.attention, raw=settings.raw)
    if settings.red:
        redden(picture, shot.attention, raw=settings.raw, tinted=not settings.spotlight)


class Whereabouts(NamedTuple):
    """Where everything is. pose: (3,) x, y, yaw of the car. objects: (M, 9), see `sim.scene`."""

    pose: NDArray[np.float64]
    objects: NDArray[np.float32]


@runtime_checkable
class Source(Drivable, Protocol):
    """A stream of frames that actions may steer.

    rate: control steps a second. pictures_per_step: pictures shown a control step at ordinary speed. frame_size,
    observes, actions: see `sim.rollout.Drivable`. lens: of the camera whose frames the policy gets, None if unknown.
    road: None if unknown. views: by name, the policy's own camera first. capabilities: what this source can do when
    asked, by action name; one whose episodes can begin again offers AGAIN, one that has others offers NEXT_TRACK.

    An instant is the source's own value of this moment; nobody else looks into it. Views and `observe` of one instant
    give the same bits whenever they are asked, until another episode begins.
    """

    @property
    def rate(self) -> Fraction: ...

    @property
    def pictures_per_step(self) -> int: ...

    @property
    def lens(self) -> Lens | None: ...

    @property
    def road(self) -> Road | None: ...

    @property
    def views(self) -> Mapping[str, View]: ...

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]: ...

    def fit(self, spec: PolicySpec) -> None:
        """From now on give the frames that this policy expects. ValueError where they cannot be had."""
        ...

    def instant(self) -> Any:
        """This moment, as a value."""
        ...

    def observe(self, instant: Any, /) -> Observation:
        """What there is to decide on at that instant, a batch of one."""
        ...

    def truth(self, instant: Any, /) -> Any:
        """What a privileged driver is told there, see `sim.driver.Driver.decide`; None where nothing is known."""
        ...

    def status(self, instant: Any, /) -> Status:
        """What is known of that instant."""
        ...

    def whereabouts(self, before: Any, after: Any, progress: float, /) -> Whereabouts | None:
        """Where everything is, so far on the way from one instant to the next; None if unknown."""
        ...

    def apply(self, action: NDArray[np.float32], /) -> str | None:
        """Take one control step with `action` (1, A); returns how the episode ended, None while it goes on."""
        ...


@runtime_checkable
class Imagining(Protocol):
    """A source that can leave an object out."""

    def without(self, instant: Any, row: int, /) -> Any:
        """The same instant without the object of that row: to be observed, decided on and drawn like any other."""
        ...


@runtime_checkable
class Unsteered(Protocol):
    """A source in which actions change nothing. unsteered: why, in a few words."""

    unsteered: str


@runtime_checkable
class Labelled(Protocol):
    """A source that knows what it shows."""

    def labels(self, instant: Any, /) -> Labels:
        """What each pixel of the policy's frame of that instant shows. Called in the thread that draws no views."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A source that knows how an episode ended, and with whom."""

    def end(self, before: Any, after: Any, ending: str, /) -> End:
        """What happened in the last step, from one instant to the next, of an episode that ended in that way."""
        ...


@runtime_checkable
class Forkable(Protocol):
    """A source that can go on twice from one instant."""

    def fork(self, instant: Any, /) -> Source:
        """A source of its own that is at that instant; what happens in either changes nothing in the other."""
        ...
