"""The picture that the window shows: the road with its red, panels beside it, the dashboard under it."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.vehicle import MAX_STEERING_ANGLE
from sim.view import gaze, mark
from sim.view.gaze import GroundCells
from sim.view.hud import instruments, panels, top_view
from sim.view.hud.instruments import Chip, Contrast, Fact, Figures
from sim.view.hud.layout import Layout, Rect, layout
from sim.view.hud.text import AMBER, BACKGROUND, BRIGHT, SIGNAL, fill
from sim.view.overlay import share_passed
from sim.view.session import Comparison, Moment, Session
from sim.view.source import Source, Status

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


class _Measures(NamedTuple):
    """What hangs on a decision alone. passed, looks: see `Figures`. cells: ground attended to in the view's picture."""

    passed: float | None
    looks: float | None
    cells: GroundCells | None


class Screen:
    """Draws into one canvas and redraws only what changed."""

    def __init__(self) -> None:
        self._canvas = np.zeros((0, 0, 3), np.uint8)
        self._told: Figures | None = None
        self._column: _Column | None = None
        self._mapped: _Map | None = None
        self._measured: tuple[Moment, _Measures] | None = None

    def draw(self, session: Session, size: tuple[int, int], extras: Extras) -> NDArray[np.uint8]:
        """The picture of now, (*size, 3). It is overwritten by the next call: copy it to keep it."""
        if self._canvas.shape[:2] != size:
            self._canvas = np.full((*size, 3), BACKGROUND, np.uint8)
            self._told = self._column = self._mapped = None
        place = layout(size)
        measures = self._measure(session)
        told = figures(session, extras, measures)
        if told != self._told:
            instruments.draw(self._canvas, place, told)
        column = _Column(session.moment, session.overlay, extras.help)
        if self._column is None or not column.shows_the_same(self._column):
            column.draw(self._canvas, place)
            self._mapped = None
        if not extras.help:
            self._draw_map(session, place.places["top"], measures.cells)
        self._told, self._column = told, column
        self._draw_view(session, place)  # last: it is drawn elsewhere meanwhile
        return self._canvas

    def _draw_map(self, session: Session, place: Rect, cells: GroundCells | None) -> None:
        """The world from above, as smooth as the view where it is known what moves."""
        known = session.moment.status.objects is not None
        marked = session.mark or session.without
        shown = _Map(session.moment, session.progress if known else 1.0, session.overlay, marked)
        if self._mapped is None or not shown.shows_the_same(self._mapped):
            rows, columns = place.slices
            self._canvas[rows, columns] = shown.draw(session.source, place.size, cells)
        self._mapped = shown

    def _draw_view(self, session: Session, place: Layout) -> None:
        rows, columns = place.places["view"].slices
        size = place.places["view"].size
        if size[1] <= WIDEST_VIEW:
            self._canvas[rows, columns] = session.picture(size)
        else:
            smaller = (round(size[0] * WIDEST_VIEW / size[1]), WIDEST_VIEW)
            self._canvas[rows, columns] = cv2.resize(session.picture(smaller), size[::-1])

    def _measure(self, session: Session) -> _Measures:
        """Worked out once for each decision."""
        if self._measured is None or self._measured[0] is not session.moment:
            attention, lens = session.moment.decision.attention, session.source.lens
            looks = None if attention is None else gaze.look_ahead(attention, lens)
            shown = session.moment.shown(without=session.without).decision.attention
            cells = None if shown is None else gaze.ground_cells(shown, lens)
            self._measured = session.moment, _Measures(share_passed(attention), looks, cells)
        return self._measured[1]


@dataclass(frozen=True)
class _Map:
    """What the map from above shows. progress: of the way to the next moment, where it is known what moves on it."""

    moment: Moment
    progress: float
    red: bool
    marked: bool

    def shows_the_same(self, other: "_Map") -> bool:
        """Whether nothing would change."""
        same = (self.progress, self.red, self.marked) == (other.progress, other.red, other.marked)
        return same and self.moment is other.moment

    def draw(self, source: Source, size: tuple[int, int], cells: GroundCells | None) -> NDArray[np.uint8]:
        """The map, (*size, 3)."""
        status = self.moment.status
        taken = None if status.pose is None else np.array(status.pose)
        pose, objects = source.instant(self.progress) or (taken, None)
        if cells is not None and taken is not None and pose is not None:
            cells = cells.seen_from(taken, pose)
        return top_view.draw(
            size,
            road=source.road,
            pose=pose,
            objects=objects,
            culprit=status.culprit.row if status.culprit and self.marked else None,
            cells=cells if self.red else None,
            path=gaze.predicted_path(asked_angle(self.moment), PATH_LENGTH),
            completion=status.completion,
        )


@dataclass(frozen=True)
class _Column:
    """The column of panels: what of a moment stands beside the road, or the help."""

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
        if self.moment.comparison:
            self._draw_comparison(picture, place, self.moment.comparison)
        else:
            self._draw_frames(picture, place)
        panels.title(picture, place, "top title", "from above: where it looks on the ground")

    def _draw_frames(self, picture: NDArray[np.uint8], place: Layout) -> None:
        """The policy's frame, and what is left of it."""
        attention, frame = self.moment.decision.attention, self.moment.observation["frame"][0]
        panels.title(picture, place, "frame title", panels.frame_title(frame, attention))
        panels.image(picture, place.places["frame"], frame)
        panels.title(picture, place, "rest title", panels.remainder_title(attention))
        panels.image(picture, place.places["rest"], panels.remainder(frame, attention))

    def _draw_comparison(self, picture: NDArray[np.uint8], place: Layout, comparison: Comparison) -> None:
        """Its frame with the object that binds the expert, and without it, each with the red that it then has."""
        thing = culprit_words(self.moment.status)
        for name, sight, title in zip(("frame", "rest"), comparison, (f"with the {thing}", "without it"), strict=True):
            panels.title(picture, place, f"{name} title", title)
            attention = sight.decision.attention if self.red else None
            frame, spot = sight.observation["frame"][0], place.places[name]
            panels.image(picture, spot, panels.reddened(frame, attention, spot.size))


def asked_angle(moment: Moment) -> float:
    """The angle at the front wheels, in rad, that the action asks for."""
    return float(moment.action[0]) * MAX_STEERING_ANGLE


def figures(session: Session, extras: Extras, measures: _Measures) -> Figures:
    """What the dashboard says of this instant."""
    moment = session.moment
    status, attention = moment.status, moment.decision.attention
    angle = status.steering_angle
    return Figures(
        speed=status.speed,
        steering_angle=asked_angle(moment) if angle is None else angle,
        pedal=float(moment.action[1]),
        map_kind=None if attention is None else attention.kind,
        passed=measures.passed,
        looks=measures.looks,
        contrast=contrast(moment),
        facts=facts(session, extras),
        chips=chips(session, extras),
        message=session.ending or extras.message,
        alarm=bool(session.ending) or extras.alarm,
        caption=extras.caption,
    )


def contrast(moment: Moment) -> Contrast | None:
    """The actions with and without the object that binds the expert; None where they were not compared."""
    if moment.comparison is None:
        return None
    (steer, pedal), (steer_without, pedal_without) = (sight.decision.action[0].tolist() for sight in moment.comparison)
    return Contrast(culprit_words(moment.status), (steer, pedal), (steer_without, pedal_without))


def facts(session: Session, extras: Extras) -> tuple[Fact, ...]:
    """Names and values, the most wanted first."""
    status = session.moment.status
    named = [Fact("policy", session.policy), *(Fact(*label) for label in status.labels.items())]
    if status.cause is not None:
        named.append(Fact("why", why(status), mark.COLOUR if status.culprit else BRIGHT))
    if status.completion is not None:
        named.append(Fact("done", instruments.percent(status.completion)))
    if status.score is not None:
        named.append(Fact("score", instruments.percent(status.score)))
    named += [Fact(name, str(count), AMBER) for name, count in status.infractions.items()]
    if len(session.source.views) > 1:
        named.append(Fact("view", session.view))
    if extras.rate:
        named.append(Fact("pictures", f"{extras.rate:.0f}/s"))
    return tuple(named)


def why(status: Status) -> str:
    """What binds the expert, and how far away that is."""
    words = (status.cause or "").replace("-", " ")
    return f"{words}, {status.culprit.distance:.0f} m" if status.culprit else words


def culprit_words(status: Status) -> str:
    """The object that binds the expert, as one would say it."""
    return "" if status.culprit is None else status.culprit.kind


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
    if session.without:
        left_out = session.moment.status.culprit is not None
        found.append(Chip("cause left out" if left_out else "no object to leave out", mark.COLOUR))
    if session.unseen:
        found.append(Chip("cause hidden from it", mark.COLOUR))
    if session.speed != 1.0:
        found.append(Chip(f"{session.speed:g} x speed"))
    if not session.overlay:
        found.append(Chip("red is off"))
    if extras.lateness > 0:
        found.append(Chip(f"{1000 * extras.lateness:.0f} ms late"))
    return tuple(found)
