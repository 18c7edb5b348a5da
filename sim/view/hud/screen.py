"""The picture that the window shows: the road with its red, panels beside it, the dashboard under it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.vehicle import MAX_STEERING_ANGLE
from sim.view import gaze
from sim.view.hud import instruments, panels, top_view
from sim.view.hud.instruments import Chip, Figures
from sim.view.hud.layout import Layout, Rect, layout
from sim.view.hud.text import BACKGROUND, SIGNAL, fill
from sim.view.overlay import share_passed
from sim.view.session import Moment, Session
from sim.view.source import Source

WIDEST_VIEW = 1600
"""Pixels: a wider view is drawn this wide and enlarged, or a 4K projector would get ten pictures a second."""

PATH_LENGTH = 25.0
"""Metres of the way that the steering asks for, drawn from above."""


@dataclass(frozen=True)
class Extras:
    """What the demo around a session adds to the picture.

    message: something that just happened, `alarm` where it went wrong. recorded: seconds of the running recording.
    rate: pictures a second of late; lateness: seconds behind the clock.
    """

    message: str = ""
    alarm: bool = False
    caption: str = ""
    help: bool = False
    recorded: int | None = None
    rate: float | None = None
    lateness: float = 0.0


class Screen:
    """Draws into one canvas and redraws only what changed."""

    def __init__(self) -> None:
        self._canvas = np.zeros((0, 0, 3), np.uint8)
        self._told: Figures | None = None
        self._column: _Column | None = None
        self._measured: tuple[Moment | None, dict[str, Any]] = (None, {})

    def draw(self, session: Session, size: tuple[int, int], extras: Extras) -> NDArray[np.uint8]:
        """The picture of now, (*size, 3). It is overwritten by the next call: copy it to keep it."""
        if self._canvas.shape[:2] != size:
            self._canvas = np.full((*size, 3), BACKGROUND, np.uint8)
            self._told = self._column = None
        place = layout(size)
        self._draw_view(session, place)
        told = figures(session, extras, self._of_moment(session))
        if told != self._told:
            instruments.draw(self._canvas, place, told)
        column = _Column(session.source, session.moment, session.overlay, extras.help)
        if self._column is None or not column.shows_the_same(self._column):
            column.draw(self._canvas, place)
        self._told, self._column = told, column
        return self._canvas

    def _draw_view(self, session: Session, place: Layout) -> None:
        rows, columns = place.places["view"].slices
        size = place.places["view"].size
        if size[1] <= WIDEST_VIEW:
            self._canvas[rows, columns] = session.picture(size)
        else:
            smaller = (round(size[0] * WIDEST_VIEW / size[1]), WIDEST_VIEW)
            self._canvas[rows, columns] = cv2.resize(session.picture(smaller), size[::-1])

    def _of_moment(self, session: Session) -> dict[str, Any]:
        """Figures that hang on the decision alone: worked out once for each."""
        if self._measured[0] is not session.moment:
            attention = session.moment.decision.attention
            looks = None if attention is None else gaze.look_ahead(attention, session.source.lens)
            self._measured = (session.moment, {"passed": share_passed(attention), "looks": looks})
        return self._measured[1]


@dataclass(frozen=True)
class _Column:
    """The column of panels: what of a moment stands beside the road, or the help."""

    source: Source
    moment: Moment
    red: bool
    help: bool

    def shows_the_same(self, other: "_Column") -> bool:
        """Whether nothing would change: the help never does, the panels come of one moment."""
        return self.help == other.help and (self.help or (self.moment is other.moment and self.red == other.red))

    def draw(self, picture: NDArray[np.uint8], place: Layout) -> None:
        """All of it, onto bare ground."""
        fill(picture, place.places["help"], BACKGROUND)
        if self.help:
            panels.help_panel(picture, place)
            return
        attention, frame = self.moment.decision.attention, self.moment.observation["frame"][0]
        panels.title(picture, place, "frame title", panels.frame_title(frame, attention))
        panels.image(picture, place.places["frame"], frame)
        panels.title(picture, place, "rest title", panels.remainder_title(attention))
        panels.image(picture, place.places["rest"], panels.remainder(frame, attention))
        panels.title(picture, place, "top title", "from above: where it looks on the ground")
        self._draw_from_above(picture, place.places["top"])

    def _draw_from_above(self, picture: NDArray[np.uint8], place: Rect) -> None:
        status, attention = self.moment.status, self.moment.decision.attention
        rows, columns = place.slices
        picture[rows, columns] = top_view.draw(
            place.size,
            route=self.source.route,
            pose=None if status.pose is None else np.array(status.pose),
            cells=gaze.ground_cells(attention, self.source.lens) if attention and self.red else None,
            path=gaze.predicted_path(asked_angle(self.moment), PATH_LENGTH),
            completion=status.completion,
        )


def asked_angle(moment: Moment) -> float:
    """The angle at the front wheels, in rad, that the action asks for."""
    return float(moment.action[0]) * MAX_STEERING_ANGLE


def figures(session: Session, extras: Extras, of_moment: dict[str, Any]) -> Figures:
    """What the dashboard says of this instant."""
    moment = session.moment
    status, attention = moment.status, moment.decision.attention
    angle = status.steering_angle
    return Figures(
        speed=status.speed,
        steering_angle=asked_angle(moment) if angle is None else angle,
        pedal=float(moment.action[1]),
        map_kind=None if attention is None else attention.kind,
        facts=facts(session, extras),
        chips=chips(session, extras),
        message=session.ending or extras.message,
        alarm=bool(session.ending) or extras.alarm,
        caption=extras.caption,
        **of_moment,
    )


def facts(session: Session, extras: Extras) -> tuple[tuple[str, str], ...]:
    """Names and values, the most wanted first."""
    status = session.moment.status
    named = [("policy", session.policy), *status.labels.items()]
    if status.cause is not None:
        named.append(("cause", status.cause))
    if status.completion is not None:
        named.append(("done", instruments.percent(status.completion)))
    if len(session.source.views) > 1:
        named.append(("view", session.view))
    if extras.rate:
        named.append(("pictures", f"{extras.rate:.0f}/s"))
    return tuple(named)


def chips(session: Session, extras: Extras) -> tuple[Chip, ...]:
    """States, the most important first."""
    found = []
    if extras.recorded is not None:
        found.append(Chip(f"REC {extras.recorded // 60}:{extras.recorded % 60:02d}", SIGNAL))
    if session.paused:
        found.append(Chip("paused"))
    if session.at_wheel:
        found.append(Chip("you drive"))
    if session.blinding is not None:
        found.append(Chip(session.blinding.told))
    if session.speed != 1.0:
        found.append(Chip(f"{session.speed:g} x speed"))
    if not session.overlay:
        found.append(Chip("red is off"))
    if extras.lateness > 0:
        found.append(Chip(f"{1000 * extras.lateness:.0f} ms late"))
    return tuple(found)
