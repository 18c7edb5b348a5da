"""Whatever was pressed before, and whoever drives: what the window says is what happened, or why nothing did."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from sim.cells import Boxes, CellGrid
from sim.driver import Constant, Driver, Nobody
from sim.perturb import MID_GREY
from sim.policy import Attention, Decision, PolicySpec
from sim.view import actions as do
from sim.view.blinding import BLINDINGS
from sim.view.capture import Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.hud.screen import Screen, chips, figures
from sim.view.moment import Culprit, red, shown_map
from sim.view.playback import Playback
from tests.view.conftest import CountingSource, FollowingDriver

SPEC = PolicySpec((8, 16), None, "soft attention")
CULPRIT = Culprit(4, "pedestrian", 9.4, (12.0, -3.5))
KEYS = (
    *(do.BLIND_READ, do.BLIND_UNREAD, do.WITHOUT, do.UNSEEN, do.WHEEL, do.OVERLAY, do.NEXT_HEAD, do.RAW, do.MARK),
    do.SPOTLIGHT,
    *(do.PAUSE, do.SLOWER, do.FASTER, do.NEXT_POLICY, do.NEXT_VIEW, do.AGAIN, do.NEXT_TRACK, do.NEXT_THEME),
    *(do.NEXT_SCENARIO, do.NEXT_CHAPTER),
)


class Weighing(Driver):
    """A soft map on the cells of its frame, by its number; two heads. Its action is that number / 100."""

    spec = SPEC
    kind: Any = "soft attention"

    def cells(self, number: int) -> Any:
        return CellGrid.tiling(1, 8)

    def decide(self, observation, instants, state):
        number = int(observation["frame"][0, 0, 0, 0])
        weights = np.full((1, 1, 8), 0.04 / 6, np.float32)
        weights[0, 0, number % 8], weights[0, 0, (number + 1) % 8] = 0.66, 0.30
        heads = np.stack([weights, weights[..., ::-1]], axis=1) if self.kind == "soft attention" else None
        attention = Attention(weights, self.cells(number), self.kind, heads=heads)
        return Decision(np.array([[number / 100, 0.0]], np.float32), attention), state


class Glimpsing(Weighing):
    """The same in boxes that move with the number."""

    def cells(self, number: int) -> Any:
        left = (np.arange(8) + number % 3) / 11
        boxes = np.stack([np.zeros(8), left, np.ones(8), left + 1 / 11], axis=-1)
        return Boxes(boxes[None, None].astype(np.float32))


class Sensitive(Weighing):
    kind = "gradient saliency"


class Active(Weighing):
    kind = "activation saliency"


class Closed(FollowingDriver):
    """A selection that keeps nothing."""

    def decide(self, observation, instants, state):
        decision, after = super().decide(observation, instants, state)
        nothing = np.zeros((1, 1, 8), bool)
        attention = Attention(nothing.astype(np.float32), CellGrid.tiling(1, 8), "selection", nothing)
        return Decision(decision.action, attention), after


class Mute(FollowingDriver):
    """Looks, and tells of no map."""

    spec = PolicySpec((8, 16), None, None)

    def decide(self, observation, instants, state):
        decision, after = super().decide(observation, instants, state)
        return Decision(decision.action), after


class Knowing(Driver):
    """Is told what is true, as the expert is."""

    def decide(self, observation, instants, state):
        return Decision(np.array([[instants / 100, 0.0]], np.float32)), state


class World(CountingSource):
    """One with somebody in the way."""

    culprit = CULPRIT


class Film(CountingSource):
    """Nobody steers it, and nobody knows what is in it."""

    unsteered = "nobody can steer a film"
    without = None
    pictures_per_step = 1
    views = property(lambda self: {"camera": self.near})
    capabilities = property(lambda self: {do.AGAIN: self.again})


class River(CountingSource):
    """Another environment: its actions are no car's."""

    actions = ("left oar", "right oar")
    without = None
    lens = None
    capabilities = property(lambda self: {do.AGAIN: self.again, do.NEXT_TRACK: self.next_track})


DRIVERS: dict[str, Callable[[], Driver]] = {
    "selection": FollowingDriver,
    "selection of nothing": Closed,
    "soft map": Weighing,
    "soft boxes": Glimpsing,
    "gradient saliency": Sensitive,
    "activation saliency": Active,
    "no map": Mute,
    "expert": Knowing,
    "constant": lambda: Constant(0.5, -0.5),
    "nobody": lambda: Nobody(0.0, 0.0),
}


EVERYBODY, SOME = tuple(DRIVERS), ("selection", "soft map", "no map")
CASES = [
    (kind, name)
    for kind, names in ((World, EVERYBODY), (CountingSource, ("selection",)), (Film, SOME), (River, SOME))
    for name in names
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__}, {case[1]}")
def demo(request, tmp_path):
    kind, name = request.param
    playback = Playback(Drive(kind(), {"first": DRIVERS[name], "other": FollowingDriver}, "first"))
    yield Demo(playback, NoDisplay(), Capture(playback, dict, live=False, folder=tmp_path))
    playback.close()


def test_what_is_said_after_any_two_keys_is_so(demo: Demo) -> None:
    playback = demo.playback
    offered = [key for key in KEYS if key in demo.actions]
    for key in KEYS:
        press(demo, key)
        check_notices(demo)
        playback.change(playback.initial)
    for first, second in permutations(offered, 2):
        playback.change(playback.initial)
        demo.act(first)
        press(demo, second)
        check_notices(demo)


def press(demo: Demo, key: str) -> None:
    """A key does what it says, or is refused in a line and changes nothing."""
    playback = demo.playback
    demo.say("")
    offered, before = key in demo.actions, playback.settings
    where = playback.source.now, playback.source.track, playback.source.theme
    demo.act(key)
    if not offered:
        assert playback.settings == before
        assert (playback.source.now, playback.source.track, playback.source.theme) == where
        at_wheel = key == do.NEXT_CHAPTER and before.at_wheel
        assert at_wheel or 10 < len(demo._message) < 90, (key, demo._message)
    elif key in do.SWITCHES and not do.SWITCHES[key].stops:
        assert playback.settings != before, key
        assert not demo._message


def check_notices(demo: Demo) -> None:
    """Each chip, and what the dashboard says of the map, against what was decided on what."""
    playback = demo.playback
    said = {chip.text for chip in chips(playback, demo._extras())}
    for words in said:
        (check,) = (check for start, check in CHECKS.items() if start in words)
        check(playback, words)
    moment, settings = playback.moment, playback.settings
    if moment.hidden is not None:
        assert said & {words for each in BLINDINGS.values() for words in (each.words, each.mostly, each.nothing)}
    assert ("you drive" in said) == settings.at_wheel
    told = figures(playback, demo._extras(), Screen()._measure(playback))
    attention = moment.decision.attention
    assert (told.map_kind is None) == (attention is None)
    assert (told.passed is None) == (attention is None or attention.kind != "selection")
    if told.pedal is not None:
        applied = playback.drive.wheel.action if settings.at_wheel else moment.decision.action[0]
        assert told.pedal == applied[1]


def clean(playback: Playback) -> tuple[np.ndarray, Attention | None]:
    """The frame as it was before anything was put over it, and its map."""
    moment, source = playback.moment, playback.source
    observation = source.observe(moment.sight.instant)
    driver = playback.drive.driver
    decision, _ = driver.decide(observation, source.truth(moment.sight.instant), moment.state)
    return observation["frame"][0], decision.attention


def check_overwritten(playback: Playback, words: str) -> None:
    frame, attention = clean(playback)
    moment = playback.moment
    assert attention is not None
    assert moment.hidden is not None
    pixels = attention.cells.covered(moment.hidden[None], *frame.shape[:2])[0]
    changed = (moment.observation["frame"][0] != frame).any(axis=-1)
    assert not changed[~pixels].any()
    assert changed[pixels].mean() > 0.9
    read = "grey" in words
    if read:
        assert (moment.observation["frame"][0][pixels] == MID_GREY).all()
    if "90 %" in words:
        held = float(attention.weights[0][moment.hidden == read].sum())
        assert held >= 0.9 - 1e-6
    else:
        assert np.array_equal(moment.hidden, attention.kept[0] == read)
    again, _ = playback.drive.driver.decide(moment.observation, None, moment.state)
    assert np.array_equal(again.action, moment.decision.action), "it is what was decided on"


def check_untouched(playback: Playback, words: str) -> None:
    frame, attention = clean(playback)
    assert np.array_equal(playback.moment.observation["frame"][0], frame)
    if "no map" in words:
        assert attention is None


def check_left_out(playback: Playback, words: str) -> None:
    comparison, moment = playback.moment.comparison, playback.moment
    assert comparison is not None
    assert moment.status.culprit.kind in words
    assert comparison.without_it.instant == playback.source.without(moment.instant, CULPRIT.row)
    assert comparison.with_it.instant == moment.instant


def check_unseen(playback: Playback, words: str) -> None:
    moment = playback.moment
    assert moment.status.culprit.kind in words
    assert moment.sight.instant == playback.source.without(moment.instant, CULPRIT.row)


def check_nobody_there(playback: Playback, words: str) -> None:
    assert playback.moment.status.culprit is None
    assert playback.moment.sight.instant == playback.moment.instant


def check_at_wheel(playback: Playback, words: str) -> None:
    assert np.array_equal(playback.moment.action, playback.drive.wheel.action)


def check_paused(playback: Playback, words: str) -> None:
    now = playback.source.now
    for _ in range(3):
        playback.advance()
    assert playback.source.now == now


def check_speed(playback: Playback, words: str) -> None:
    assert words == f"{playback.settings.speed:g} x speed"


def check_red_is_off(playback: Playback, words: str) -> None:
    assert red(playback.moment.sight, playback.settings) is None


def check_untouched_map(playback: Playback, words: str) -> None:
    assert shown_map(playback.moment.sight, playback.settings) is None


def check_lit(playback: Playback, words: str) -> None:
    """The views are given the map to light by; of what is lit, see the overlay's tests."""
    attention = shown_map(playback.moment.sight, playback.settings)
    assert attention is not None
    assert (attention.kind == "selection") == ("dropped" in words)


def check_head(playback: Playback, words: str) -> None:
    attention = playback.moment.decision.attention
    head = attention.head(int(words.split()[1]) - 1)
    shown = red(playback.moment.sight, playback.settings)
    assert shown is None or np.array_equal(shown.weights, head.weights)


CHECKS = {
    "grey on": check_overwritten,
    "noise on": check_overwritten,
    "it reads nothing": check_untouched,
    "it reads everything": check_untouched,
    "no map: nothing is": check_untouched,
    "shown without": check_left_out,
    "is hidden from it": check_unseen,
    "no object to": check_nobody_there,
    "you drive": check_at_wheel,
    "paused": check_paused,
    "x speed": check_speed,
    "red is off": check_red_is_off,
    "no map: nothing goes dark": check_untouched_map,
    "dark: what it dropped": check_lit,
    "lit: what holds 90 %": check_lit,
    "alone": check_head,
}


def test_at_the_wheel_what_is_applied_is_what_the_pedal_shows() -> None:
    source = World()
    playback = Playback(Drive(source, {"first": FollowingDriver}, "first"))
    playback.set(at_wheel=True)
    for _ in range(12):
        shown = playback.moment.action
        playback.advance(("throttle", "left"))
        assert playback.moment.action is shown or playback.moment.action[1] >= shown[1]
    assert playback.moment.action[1] > 0.3
    assert source.applied[-1] == playback.moment.action[0]
    playback.set(at_wheel=False)
    while playback.between_decisions:
        playback.advance()
    assert np.array_equal(playback.moment.action, playback.moment.decision.action[0])
    playback.close()
