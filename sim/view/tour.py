"""The guided tour: two minutes that tie the demo to its ideas. Chapters are data; a chapter is a state of the show.

A caption that claims something of what is on show is measured, and stands only while it is so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.scene import LANE_WIDTH
from sim.seeds import TEST_FROM
from sim.view import reading
from sim.view.blinding import READ, UNREAD
from sim.view.moment import Moment
from sim.view.world_source import WorldSource

if TYPE_CHECKING:
    from sim.view.demo import Demo
    from sim.view.playback import Playback

NEEDLESS = ("sky", "vegetation")
"""Classes of `sim.scene.CLASSES` that nobody drives by."""

REPEAT_WITHIN = 2.0
"""Seconds from the beginning of a chapter within which going back means the one before."""

SETTLED = 0.5
"""Seconds for which a claim must have been true before it is made: captions do not flicker."""

GUIDE = "{number} of {count}    SPACE: pause    RIGHT: next chapter    LEFT: again"


class Place(NamedTuple):
    """Where a chapter begins. after: seconds of the episode that the expert drives before, unseen."""

    scenario: str
    seed: int
    theme: str
    after: float = 0.0


@dataclass(frozen=True)
class Known:
    """What captions go by, of one decision.

    cause, thing, metres: of the expert's cause, as in `Status`. red_on: whether red lies on that thing. pedal: what is
    decided; expert: what the expert would; pedal_without: in the world without that thing. needless, area: the share of
    the red on NEEDLESS classes so far in this chapter, and of the picture that they are. hidden: the share of the
    picture that is overwritten. offset: metres from the middle of the road. ending: as in `Drive`.
    """

    cause: str = ""
    thing: str = ""
    metres: float = 0.0
    red_on: bool = False
    pedal: float = 0.0
    expert: float = 0.0
    pedal_without: float | None = None
    needless: float = 0.0
    area: float = 0.0
    hidden: float = 0.0
    offset: float = 0.0
    ending: str = ""

    @property
    def figures(self) -> dict[str, str]:
        """For captions."""
        without = self.pedal if self.pedal_without is None else self.pedal_without
        return {
            "thing": self.thing,
            "metres": f"{self.metres:.0f}",
            "pedal": f"{self.pedal:+.1f}",
            "expert": f"{self.expert:+.1f}",
            "pedal_without": f"{without:+.1f}",
            "needless": f"{100 * self.needless:.0f} %",
            "area": f"{100 * self.area:.0f} %",
            "hidden": f"{100 * self.hidden:.0f} %",
        }


Claim = Callable[[Known], bool]


class Line(NamedTuple):
    """What is said while `claim` holds. words: with Known's figures in braces."""

    words: str
    claim: Claim | None = None


@dataclass(frozen=True)
class Chapter:
    """So many seconds of one state of the show.

    lines: the first whose claim holds is said; one that claims nothing comes last. settings: what differs from the
    show's first settings. place: where it begins; None goes on where it is.
    """

    seconds: float
    lines: tuple[Line, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None


BRAKES = -0.05
"""A pedal below this is told as braking."""


def red_on(cause: str, *, braking: bool = False) -> Claim:
    """That red lies on what this cause is about; braking: and that the network brakes."""
    return lambda known: known.cause == cause and known.red_on and (not braking or known.pedal < BRAKES)


TRAFFIC = Place("traffic", TEST_FROM + 2, "meadow")
LIGHT = Place("town", TEST_FROM, "meadow", 4.0)
PERSON = Place("town", TEST_FROM + 11, "meadow", 2.5)
OTHER_LIGHT = Place("town", TEST_FROM + 38, "overcast", 4.0)
ROAD = Place("open-road", TEST_FROM + 3, "meadow")
NIGHT = Place("town", TEST_FROM, "night", 1.0)

CHAPTERS = (
    Chapter(
        7,
        (Line("A small network drives this car. All that it gets is its camera's picture, and the speed."),),
        {"red": False},
        TRAFFIC,
    ),
    Chapter(
        9, (Line("Red marks what its controller gets of the picture. All else is thrown away before it decides."),)
    ),
    Chapter(
        9, (Line("On the right: its own small picture, and below it what is left when all that is not red is gone."),)
    ),
    Chapter(
        10,
        (
            Line(
                "Attention is ignoring. In this chapter {needless} of the red lay on trees, grass and sky, "
                "which are {area} of its picture.",
                lambda known: known.needless < known.area / 2,
            ),
            Line("Attention is ignoring: of all that the camera sees, it drives by the red."),
        ),
    ),
    Chapter(
        9,
        (Line("From behind, the red is a light that falls on what it gets. What lies in no red does not reach it."),),
        {"view": "chase"},
    ),
    Chapter(
        11,
        (
            Line(
                "A red light, {metres} m ahead. There is red on it, and the network brakes.",
                red_on("red-light", braking=True),
            ),
            Line(
                "A red light, {metres} m ahead, and there is red on it.",
                red_on("red-light"),
            ),
            Line("A town. The turquoise frame shows what an expert would heed now. Watch whether red lies on it."),
        ),
        {},
        LIGHT,
    ),
    Chapter(
        10,
        (
            Line(
                "Somebody crosses the road, {metres} m ahead. There is red on them, and the network brakes.",
                red_on("pedestrian", braking=True),
            ),
            Line(
                "Somebody crosses the road, {metres} m ahead, and there is red on them.",
                red_on("pedestrian"),
            ),
            Line("People cross the road in front of it. The turquoise frame shows whom an expert would wait for."),
        ),
        {},
        PERSON,
    ),
    Chapter(
        10,
        (
            Line(
                "X: the same moment without the {thing}. The pedal that it decides on, with: {pedal}, without: "
                "{pedal_without}.",
                lambda known: known.pedal_without is not None,
            ),
            Line("X shows the world without what the expert heeds. Just now that is nothing."),
        ),
        {"without": True, "speed": 0.25},
        PERSON._replace(after=4.0),
    ),
    Chapter(
        10,
        (
            Line(
                "U: this red light is hidden from the network. Its pedal: {pedal}. An expert's, who sees it: {expert}.",
                lambda known: known.cause == "red-light",
            ),
            Line("U hides from the network what the expert heeds. All others still see it."),
        ),
        {"unseen": True},
        OTHER_LIGHT,
    ),
    Chapter(
        11,
        (
            Line(
                "Test one. J: noise over all that it would not read, {hidden} of its picture. It keeps to its lane.",
                lambda known: -LANE_WIDTH < known.offset < 0 and not known.ending,
            ),
            Line("Test one. J: noise over all that it would not read, {hidden} of its picture."),
        ),
        {"blinding": UNREAD},
        ROAD,
    ),
    Chapter(
        11,
        (
            Line(
                "Test two. B: grey over all that it would read. Without it, the network has left its lane.",
                lambda known: not -LANE_WIDTH < known.offset < 0 or bool(known.ending),
            ),
            Line("Test two. B: grey over all that it would read, {hidden} of its picture. Watch the road."),
        ),
        {"blinding": READ},
        ROAD._replace(after=2.0),
    ),
    Chapter(
        9,
        (Line("Night: a light that it never saw in training. Its lamps and the street's are all that it has."),),
        {},
        NIGHT,
    ),
    Chapter(6, (Line("Your turn. W takes the wheel, G goes elsewhere, H explains what there is."),)),
)
"""Two minutes."""


class Tour:
    """Leads a demo through chapters, by its pictures: recorded or watched, the same tour.

    A chapter sets all of the show's settings, whatever was pressed before. It waits while the show is paused. caption:
    what is said; "" while a person's keys have made something else of the show.
    """

    def __init__(self, source: WorldSource, chapters: tuple[Chapter, ...] = CHAPTERS) -> None:
        self.chapters = chapters
        self.caption = ""
        self._source = source
        self._number, self._left = -1, 0
        self._moment: Moment | None = None
        self._known = Known()
        self._needless: list[tuple[float, float]] = []
        self._true_for: dict[int, int] = {}

    @property
    def seconds(self) -> float:
        """Of all chapters."""
        return sum(chapter.seconds for chapter in self.chapters)

    @property
    def over(self) -> bool:
        """Whether the show is free."""
        return self._number >= len(self.chapters)

    @property
    def guide(self) -> str:
        """How to go through it."""
        return GUIDE.format(number=self._number + 1, count=len(self.chapters))

    def go_on(self, demo: "Demo") -> None:
        """One picture further; sets the next chapter where the last is over. After the last the show is free."""
        playback = demo.playback
        if self._left == 0 and not self.over:
            self.go_to(playback, self._number + 1)
        is_ours = not self.over and self._is_as_set(playback)
        self.caption = self._say(playback) if is_ours else ""
        playback.stays = not self.over
        if not playback.settings.paused:
            self._left = max(0, self._left - 1)

    def skip(self, playback: "Playback") -> None:
        """On to the next chapter."""
        if not self.over:
            self.go_to(playback, self._number + 1)

    def back(self, playback: "Playback") -> None:
        """This chapter again; the one before, if it has only just begun."""
        begun = self._pictures(self.chapters[min(self._number, len(self.chapters) - 1)].seconds) - self._left
        first = self._number - (not self.over and begun < self._pictures(REPEAT_WITHIN))
        self.go_to(playback, min(max(first, 0), len(self.chapters) - 1))

    def go_to(self, playback: "Playback", number: int) -> None:
        """Begin the chapter of that number; after the last there is none."""
        last, self._number = self._number, number
        self._needless, self._true_for, self._moment = [], {}, None
        if self.over:
            self._left = 0
            return
        chapter = self.chapters[number]
        self._left = self._pictures(chapter.seconds)
        place = self._place_of(number)
        playback.change(replace(playback.initial, **chapter.settings))
        if chapter.place is not None or number != last + 1 or playback.ending or not self._is_as_set(playback):
            playback.restart(lambda: self._visit(place))

    def _pictures(self, seconds: float) -> int:
        return round(seconds * self._source.rate * self._source.pictures_per_step)

    def _place_of(self, number: int) -> Place:
        """Where a chapter plays: at its own place, or at that of the last that has one."""
        places = [chapter.place for chapter in self.chapters[: number + 1] if chapter.place]
        return places[-1]

    def _visit(self, place: Place) -> None:
        if self._source.scenario != place.scenario:
            self._source.go_to(place.scenario)
        self._source.begin(place.seed, place.theme)
        self._source.go_ahead(place.after)

    def _is_as_set(self, playback: "Playback") -> bool:
        """Whether the show is still what the captions are about; at what pace it runs is anybody's own affair."""
        ours, now = replace(playback.initial, **self.chapters[self._number].settings), playback.settings
        same = replace(now, paused=ours.paused, speed=ours.speed, help=ours.help, mark=ours.mark) == ours
        place, labels = self._place_of(self._number), playback.moment.status.labels
        there = place.scenario, str(place.seed), place.theme
        return same and there == tuple(labels.get(name) for name in ("scenario", "seed", "theme"))

    def _say(self, playback: "Playback") -> str:
        """The first line whose claim has held for a while, or that claims nothing."""
        if playback.moment is not self._moment:
            self._moment = playback.moment
            self._learn(playback)
        known, lines = self._known, self.chapters[self._number].lines
        for index, line in enumerate(lines):
            held = line.claim is None or line.claim(known)
            self._true_for[index] = self._true_for.get(index, 0) + 1 if held else 0
        settled = self._pictures(SETTLED)
        said = (line for index, line in enumerate(lines) if line.claim is None or self._true_for[index] > settled)
        return next(said, Line("")).words.format(**known.figures)

    def _learn(self, playback: "Playback") -> None:
        """What this moment shows."""
        moment, source = playback.moment, self._source
        sight, culprit = moment.sight, moment.status.culprit
        labels = source.labels(sight.instant)
        self._needless.append(reading.share_on(sight, labels, NEEDLESS))
        needless, area = np.mean(self._needless, axis=0).tolist()
        comparison = moment.comparison
        self._known = Known(
            cause=moment.status.cause or "",
            thing=culprit.kind if culprit else "",
            metres=culprit.distance if culprit else 0.0,
            red_on=bool(culprit and reading.on_object(sight, labels, culprit.row)),
            pedal=float(sight.decision.action[0, 1]),
            expert=float(moment.instant.world.expert_action[0, 1]),
            pedal_without=float(comparison.without_it.decision.action[0, 1]) if comparison else None,
            needless=needless,
            area=area,
            hidden=float(1 - reading.shown_pixels(sight).mean()),
            offset=float(moment.instant.world.figure("d")[0]),
            ending=playback.ending,
        )
