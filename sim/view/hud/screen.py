"""The picture that the window shows: the road with its red, panels beside it, the dashboard under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.policy import DRIVING, remark_of
from sim.vehicle import MAX_STEERING_ANGLE
from sim.view import actions, ending, gaze, mark, reading
from sim.view.ending import Card
from sim.view.gaze import GroundCells
from sim.view.hud import card, instruments, panels, top_view
from sim.view.hud.instruments import Chip, Contrast, Fact, Figures
from sim.view.hud.layout import Layout, Rect, layout
from sim.view.hud.legend import Entry, legend
from sim.view.hud.text import AMBER, BACKGROUND, BRIGHT, DIM, SIGNAL, fill
from sim.view.hud.words import expert_words, no_map_words, red_words, way_words
from sim.view.moment import Comparison, Moment, Status, red
from sim.view.overlay import share_passed
from sim.view.playback import Playback
from sim.view.settings import KEYS, PANELS, Choices, Settings
from sim.view.source import Labelled
from sim.view.world_end import deed

WIDEST_VIEW = 1600
"""Pixels: a wider view is drawn this wide and enlarged, or a 4K projector would get ten pictures a second."""

PATH_LENGTH = 25.0
"""Metres of the way that the steering asks for, drawn from above."""

FROM_ABOVE = "from above: red laid flat, rings 20 m apart"
NO_MAP = "no view from above and no causes: this source gives pictures alone"


@dataclass(frozen=True)
class Extras:
    """What the demo around a playback adds to the picture.

    message: something that just happened, `alarm` where it went wrong. caption: of the tour; guide: how to go through
    it. recorded: seconds of the running recording. rate: pictures a second of late; lateness: seconds behind the clock.
    remarks: what else there is to know, a few words each. choices: what there is to choose from, the playback's own by
    default. share: of the width and height that there is room for, the road is drawn this fine.
    """

    message: str = ""
    alarm: bool = False
    caption: str = ""
    guide: str = ""
    recorded: int | None = None
    rate: float | None = None
    lateness: float = 0.0
    remarks: tuple[str, ...] = ()
    choices: Choices | None = None
    share: float = 1.0


def road_size(window: tuple[int, int], share: float) -> tuple[int, int]:
    """(height, width) that the road is drawn in, for a window of (height, width): that of its place or less.

    share: of the full width and height, where the machine is late.
    """
    height, width = layout(window).places["view"].size
    scale = share * min(1.0, WIDEST_VIEW / width)
    return round(height * scale), round(width * scale)


class _Measures(NamedTuple):
    """What hangs on a decision alone. passed, red_shows: see `Figures`. cells: ground attended to in the view."""

    passed: float | None
    red_shows: str
    cells: GroundCells | None


class Screen:
    """Draws into one canvas and redraws only what changed."""

    def __init__(self) -> None:
        self._canvas = np.zeros((0, 0, 3), np.uint8)
        self._told: Figures | None = None
        self._column: _Column | None = None
        self._mapped: _Map | None = None
        self._measured: tuple[tuple[Moment, tuple[Any, ...]], _Measures] | None = None
        self._ended: tuple[Moment, Card] | None = None

    def draw(self, playback: Playback, size: tuple[int, int], extras: Extras) -> NDArray[np.uint8]:
        """The picture of now, (*size, 3). It is overwritten by the next call: copy it to keep it."""
        if self._canvas.shape[:2] != size:
            self._canvas = np.full((*size, 3), BACKGROUND, np.uint8)
            self._told = self._column = self._mapped = None
        place = layout(size)
        settings, measures = playback.settings, self._measure(playback)
        told = figures(playback, extras, measures)
        if told != self._told:
            instruments.draw(self._canvas, place, told)
        column = _Column.of(playback, extras.choices)
        if self._column is None or not column.shows_the_same(self._column):
            column.draw(self._canvas, place)
            self._mapped = None
        if not settings.help:
            self._draw_map(playback, place.places["top"], measures.cells)
        self._told, self._column = told, column
        self._draw_view(playback, place, extras.share)  # last: it is drawn elsewhere meanwhile
        self._draw_card(playback, place)
        return self._canvas

    def _draw_map(self, playback: Playback, place: Rect, cells: GroundCells | None) -> None:
        """The world from above, as smooth as the view where it is known what moves."""
        known = playback.moment.status.objects is not None
        shown = _Map(playback.moment, playback.progress if known else 1.0, playback.settings.painting)
        if shown != self._mapped:
            rows, columns = place.slices
            self._canvas[rows, columns] = shown.draw(playback, place.size, cells)
        self._mapped = shown

    def _draw_view(self, playback: Playback, place: Layout, share: float) -> None:
        rows, columns = place.places["view"].slices
        size, drawn = place.places["view"].size, road_size(place.size, share)
        if size == drawn:
            self._canvas[rows, columns] = playback.picture(size)
        else:
            cv2.resize(playback.picture(drawn), size[::-1], self._canvas[rows, columns])

    def _draw_card(self, playback: Playback, place: Layout) -> None:
        """How the episode ended, once its last moment is reached."""
        if not playback.ending or playback.between_decisions:
            return
        if self._ended is None or self._ended[0] is not playback.moment:
            self._ended = playback.moment, ending.card(playback)
        card.draw(self._canvas, place, self._ended[1])

    def _measure(self, playback: Playback) -> _Measures:
        """Worked out once for each decision, and when it is to be painted otherwise."""
        moment, settings, lens = playback.moment, playback.settings, playback.source.lens
        of = moment, settings.painting
        if self._measured is None or self._measured[0] != of:
            attention = moment.decision.attention
            shown = red(moment.shown(settings), settings)
            cells = None if shown is None or lens is None else gaze.ground_cells(shown, lens)
            self._measured = of, _Measures(share_passed(attention), red_shows(playback), cells)
        return self._measured[1]


@dataclass(frozen=True)
class _Map:
    """What the map from above hangs on. progress: of the way to the next moment, where it is known what moves on it.
    painting: see `Settings.painting`."""

    moment: Moment
    progress: float
    painting: tuple[Any, ...]

    def draw(self, playback: Playback, size: tuple[int, int], cells: GroundCells | None) -> NDArray[np.uint8]:
        """The map, (*size, 3)."""
        status, source, settings = self.moment.status, playback.source, playback.settings
        taken = None if status.pose is None else np.array(status.pose)
        if not _has_map(playback):
            return panels.notice(size, NO_MAP)
        where = source.whereabouts(self.moment.instant, playback.coming, self.progress)
        pose, objects = where or (taken, None)
        if cells is not None and taken is not None and pose is not None:
            cells = cells.seen_from(taken, pose)
        marked = settings.mark or settings.without
        angle = asked_angle(self.moment, source.actions)
        return top_view.draw(
            size,
            road=source.road,
            pose=pose,
            objects=objects,
            culprit=status.culprit.row if status.culprit and marked else None,
            cells=cells,
            path=None if angle is None else gaze.predicted_path(angle, PATH_LENGTH),
            completion=status.completion,
        )


def _has_map(playback: Playback) -> bool:
    """Whether anything is known of what lies around: places, or how the camera stands to the ground."""
    return playback.moment.status.pose is not None or playback.source.lens is not None


@dataclass(frozen=True)
class _Column:
    """The column of panels: what of a moment stands beside the road, or the help.

    has_map, looked_at: whether anything is known of what lies around, and whether the driver looks at its frame. keys,
    legend: the help's lines, while it is shown.
    """

    moment: Moment
    settings: Settings
    has_map: bool
    looked_at: bool
    keys: tuple[tuple[str, str], ...] = ()
    legend: tuple[Entry, ...] = ()

    @staticmethod
    def of(playback: Playback, choices: Choices | None) -> "_Column":
        """The column of now."""
        shown = playback.settings.help
        choices = choices or (playback.choices if shown else Choices())
        return _Column(
            playback.moment,
            playback.settings,
            _has_map(playback),
            playback.drive.driver.spec is not None,
            actions.help_lines(choices) if shown == KEYS else (),
            legend(choices) if shown == PANELS else (),
        )

    def shows_the_same(self, other: "_Column") -> bool:
        """Whether nothing would change: the help seldom does, the panels come of one moment."""
        ours, theirs = self.settings, other.settings
        if ours.help or theirs.help:
            return (ours.help, self.keys, self.legend) == (theirs.help, other.keys, other.legend)
        return self.moment is other.moment and ours.painting == theirs.painting

    def draw(self, picture: NDArray[np.uint8], place: Layout) -> None:
        """All of it, onto bare ground."""
        fill(picture, place.places["help"], BACKGROUND)
        if self.keys:
            panels.help_panel(picture, place, self.keys)
            return
        if self.legend:
            panels.legend_panel(picture, place, self.legend)
            return
        if self.moment.comparison:
            self._draw_comparison(picture, place, self.moment.comparison)
        else:
            self._draw_frames(picture, place)
        panels.title(picture, place, "top title", FROM_ABOVE if self.has_map else "from above")

    def _draw_frames(self, picture: NDArray[np.uint8], place: Layout) -> None:
        """The policy's frame, and what is left of it."""
        attention, frame = self.moment.decision.attention, self.moment.observation["frame"][0]
        panels.title(picture, place, "frame title", panels.frame_title(frame, looked_at=self.looked_at))
        panels.image(picture, place.places["frame"], frame)
        panels.title(picture, place, "rest title", panels.remainder_title(attention))
        panels.image(picture, place.places["rest"], panels.remainder(frame, attention))

    def _draw_comparison(self, picture: NDArray[np.uint8], place: Layout, comparison: Comparison) -> None:
        """Its frame with the cause object, and without it, each with the red that it then has."""
        thing = culprit_words(self.moment.status)
        for name, sight, title in zip(("frame", "rest"), comparison, (f"with the {thing}", "without it"), strict=True):
            panels.title(picture, place, f"{name} title", title)
            attention = red(sight, self.settings)
            frame, spot = sight.observation["frame"][0], place.places[name]
            panels.image(picture, spot, panels.reddened(frame, attention, spot.size))


def asked_angle(moment: Moment, names: Sequence[str]) -> float | None:
    """The angle at the front wheels, in rad, that the action asks for; None where none of its components steers."""
    steer = component(moment, names, "steer")
    return None if steer is None else steer * MAX_STEERING_ANGLE


def component(moment: Moment, names: Sequence[str], wanted: str) -> float | None:
    """That component of the action; None where there is none of that name."""
    return dict(zip(names, moment.action.tolist(), strict=True)).get(wanted)


def figures(playback: Playback, extras: Extras, measures: _Measures) -> Figures:
    """What the dashboard says of this instant."""
    moment, names = playback.moment, playback.source.actions
    status, attention = moment.status, moment.decision.attention
    angle = status.steering_angle
    return Figures(
        speed=status.speed,
        steering_angle=asked_angle(moment, names) if angle is None else angle,
        pedal=component(moment, names, "pedal"),
        map_kind=None if attention is None else attention.kind,
        no_map=no_map_words(playback.drive.driver),
        passed=measures.passed,
        red_shows=measures.red_shows,
        contrast=contrast(moment) if tuple(names) == DRIVING else None,
        expert=expert(status),
        facts=facts(playback, extras),
        chips=chips(playback, extras),
        message=playback.ending or extras.message,
        alarm=bool(playback.ending) or extras.alarm,
        caption=extras.caption,
        guide=extras.guide,
    )


def red_shows(playback: Playback) -> str:
    """What the red of this decision lies on; "" where nobody knows what the picture shows."""
    sight, source, culprit = playback.moment.sight, playback.source, playback.moment.status.culprit
    if sight.decision.attention is None or not isinstance(source, Labelled):
        return ""
    labels = source.labels(sight.instant)
    on_it = reading.on_object(sight, labels, culprit.row) if culprit else None
    return red_words(culprit.kind if culprit else "", on_it, reading.reach(sight, labels))


def expert(status: Status) -> Fact | None:
    """What the expert would do; None where nobody knows."""
    words = expert_words(status)
    return Fact("expert", words, mark.COLOUR if status.culprit else BRIGHT) if words else None


def contrast(moment: Moment) -> Contrast | None:
    """The actions with and without the cause object; None where they were not compared."""
    if moment.comparison is None:
        return None
    (steer, pedal), (steer_without, pedal_without) = (sight.decision.action[0].tolist() for sight in moment.comparison)
    return Contrast(culprit_words(moment.status), (steer, pedal), (steer_without, pedal_without))


def facts(playback: Playback, extras: Extras) -> tuple[Fact, ...]:
    """Names and values, the most wanted first."""
    moment, source = playback.moment, playback.source
    status = moment.status
    named = [Fact("policy", playback.settings.policy), *(Fact(*label) for label in status.labels.items())]
    named += [Fact(*words) for words in way_words(status)]
    named += [Fact(deed(name).counted, str(count), AMBER) for name, count in status.infractions.items()]
    if len(source.views) > 1:
        named.append(Fact("view", playback.settings.view))
    others = zip(source.actions, moment.action.tolist(), strict=True)
    named += [Fact(name, f"{value:+.2f}") for name, value in others if name not in DRIVING]
    if extras.rate:
        named.append(Fact("pictures", f"{extras.rate:.0f}/s"))
    return tuple(named)


def culprit_words(status: Status) -> str:
    """The object that is the expert's cause, as one would say it."""
    return "" if status.culprit is None else status.culprit.kind


def chips(playback: Playback, extras: Extras) -> tuple[Chip, ...]:
    """States, the most important first."""
    found = []
    if extras.recorded is not None:
        found.append(Chip(f"REC {extras.recorded // 60}:{extras.recorded % 60:02d}", SIGNAL))
    if remark := remark_of(playback.drive.driver):
        found.append(Chip(remark.partition(":")[0]))  # the whole of it is said when the driver takes over
    found += [Chip(words) for words in actions.told(playback.settings, playback.moment)]
    if extras.lateness > 0:
        found.append(Chip(f"{1000 * extras.lateness:.0f} ms late"))
    found += [Chip(words, DIM) for words in extras.remarks]
    return tuple(found)
