"""The dashboard: what its figures, hands and sentences say, and that no text is cut or leaves its place."""

import math
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kinds import KINDS, ROLES
from sim.policy import Kind
from sim.scenario import SCENARIOS
from sim.theme import theme_names
from sim.vehicle import MAX_STEERING_ANGLE, TOP_SPEED
from sim.view.actions import ACTIONS
from sim.view.blinding import BLINDINGS
from sim.view.demo import WELCOME
from sim.view.footage.reader import BROKEN_OFF, DAMAGED, END, UNPLUGGED
from sim.view.hud import instruments
from sim.view.hud.instruments import (
    CAPTIONED,
    CONTRASTED,
    PLAIN,
    STEERING_RATIO,
    Chip,
    Contrast,
    Fact,
    Figures,
    draw,
    share_words,
    signed,
)
from sim.view.hud.layout import DESIGN_SIZE, layout
from sim.view.hud.text import AMBER, BACKGROUND, BLUE, BRIGHT, DIM, ELLIPSIS, PANEL, SIGNAL
from sim.view.hud.words import MAP_WORDS, NO_EXPERT, expert_words, percent, red_words
from sim.view.moment import Culprit, Status
from sim.view.playback import SPEEDS
from sim.view.reading import Reach
from sim.view.settings import Choices
from sim.view.tour import CHAPTERS, GUIDE, Known

WORST = Known("red-light", "traffic light", 108.0, True, -0.5, -0.5, -0.5, 0.44, 0.66, 0.88)
CAPTIONS = [line.words.format(**WORST.figures) for chapter in CHAPTERS for line in chapter.lines]
REFUSALS = {need.otherwise(Choices()) for action in ACTIONS for need in action.needs}
SIZES = ((540, 960), DESIGN_SIZE, (1080, 1920), (2160, 3840))
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
MARKER = (255, 0, 255)

POLICIES = ("topk-patches", "attention-agent", "attention-neuron", "soft-attention", "draw-glimpse", "transformer")
"""Names as long as a policy's get."""

CHIPS = (
    Chip("REC 60:00", SIGNAL),
    Chip("paused"),
    Chip("you drive"),
    Chip(max((blinding.words for blinding in BLINDINGS.values()), key=len)),
    Chip("shown without the traffic light"),
    Chip("the traffic light is hidden from it"),
    Chip(max((f"{speed:g} x speed" for speed in SPEEDS), key=len)),
    Chip("red is off"),
    Chip("1000 ms late"),
)
"""More than ever come at once, each as long as it gets."""


def longest(names) -> str:
    return max(names, key=len)


WORLD_FACTS = (
    ("policy", longest(POLICIES)),
    ("theme", longest(theme_names())),
    ("scenario", longest(SCENARIOS)),
    ("seed", "20003"),
    ("way", "100 %"),
    ("score", "65 % so far"),
    ("people hit", "1"),
    ("view", "camera"),
    ("pictures", "60/s"),
)


CONTRAST = Contrast(longest(KINDS), (-0.25, -1.0), (0.5, 0.75))


def facts(named) -> tuple[Fact, ...]:
    return tuple(Fact(*pair) for pair in named)


EXPERT = Fact("expert", "would stop for the red light, 108 m")


def figures(**options) -> Figures:
    """A full dashboard."""
    told = {
        "speed": TOP_SPEED,
        "steering_angle": 0.2,
        "pedal": -0.5,
        "map_kind": "selection",
        "passed": 0.0012,
        "red_shows": "no red on the traffic light",
        "expert": EXPERT,
        "facts": facts(WORLD_FACTS),
        "chips": CHIPS,
        "message": "time limit",
    }
    return Figures(**{**told, **options})


def drawn(told: Figures, size=DESIGN_SIZE, ground=BACKGROUND) -> np.ndarray:
    picture = np.full((*size, 3), ground, np.uint8)
    draw(picture, layout(size), told)
    return picture


def cut(picture: np.ndarray, size, name: str) -> np.ndarray:
    return picture[layout(size).places[name].slices]


def where(patch: np.ndarray, colour) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels of exactly this colour."""
    return np.nonzero((patch == colour).all(axis=-1))


def texts(spoken: list[tuple[str, str]]) -> list[str]:
    return [text for text, _ in spoken if text]


# --- speed, wheel, pedal


@pytest.mark.parametrize(("speed", "told"), [(0.0, "0"), (10.0, "36"), (13.8, "50"), (25.0, "90"), (None, "--")])
def test_speed_is_in_kilometres_an_hour(speed, told: str, spoken) -> None:
    drawn(Figures(speed=speed))
    assert texts(spoken)[:2] == [told, "km/h"]


def blue_mark(angle: float, size) -> tuple[float, float]:
    """How far right of the wheel's middle, and how far above it, the blue mark is, in wheel radii."""
    patch = cut(drawn(Figures(steering_angle=angle), size), size, "wheel")
    rows, columns = where(patch, BLUE)
    middle, radius = patch.shape[0] / 2, 0.4 * patch.shape[0]
    return (columns.mean() + 0.5 - middle) / radius, (middle - rows.mean() - 0.5) / radius


@sizes
@pytest.mark.parametrize("angle", [-0.15, -0.05, 0.0, 0.02, 0.1, 0.15])
def test_the_wheel_turns_steering_ratio_times_as_far_as_the_front_wheels(angle: float, size) -> None:
    right, up = blue_mark(angle, size)
    assert math.atan2(-right, up) == pytest.approx(STEERING_RATIO * angle, abs=0.04)
    assert math.hypot(right, up) == pytest.approx(1.0, abs=0.15)


def test_a_left_turn_has_the_mark_left_of_the_middle() -> None:
    assert blue_mark(0.08, DESIGN_SIZE)[0] < -0.5
    assert blue_mark(-0.08, DESIGN_SIZE)[0] > 0.5
    assert blue_mark(0.0, DESIGN_SIZE) == pytest.approx((0.0, 1.0), abs=0.1)


@sizes
@pytest.mark.parametrize("angle", [-0.1, 0.0, 0.05, 0.12])
def test_the_spokes_turn_with_the_mark(angle: float, size) -> None:
    """To the sides and away from the mark there is one; towards it there is none."""
    patch = cut(drawn(Figures(steering_angle=angle), size), size, "wheel")
    reach, turned = 0.6 * 0.4 * patch.shape[0], STEERING_RATIO * angle
    found = {}
    for way, aside in (("mark", 0.0), ("left", 0.5), ("away", 1.0), ("right", -0.5)):
        direction = turned + (0.5 + aside) * math.pi
        row = patch.shape[0] / 2 - reach * math.sin(direction)
        column = patch.shape[1] / 2 + reach * math.cos(direction)
        found[way] = tuple(patch[int(row), int(column)]) == BRIGHT
    assert found == {"mark": False, "left": True, "away": True, "right": True}


def test_at_full_lock_the_wheel_is_not_back_where_it_was() -> None:
    """It turns by less than once each way: a picture of it says one angle only."""
    full_lock = STEERING_RATIO * MAX_STEERING_ANGLE
    assert full_lock < 2 * math.pi


def test_an_unknown_steering_angle_is_a_dim_wheel_that_stands_straight() -> None:
    unknown = cut(drawn(Figures(steering_angle=None)), DESIGN_SIZE, "wheel")
    straight = cut(drawn(Figures(steering_angle=0.0)), DESIGN_SIZE, "wheel")
    rim = layout(DESIGN_SIZE).places["wheel"].height // 2, 12
    assert tuple(unknown[rim]) == DIM
    assert not np.array_equal(unknown, straight)
    assert np.array_equal(where(unknown, BLUE), where(straight, BLUE))


def bar(pedal: float | None, size, colour) -> tuple[int, int]:
    """How many rows of this colour the pedal's bar has above its middle, and below it."""
    patch = cut(drawn(Figures(pedal=pedal), size), size, "pedal")
    rows = np.unique(where(patch, colour)[0])
    middle = patch.shape[0] // 2
    return int((rows < middle).sum()), int((rows >= middle).sum())


@sizes
def test_the_pedal_is_blue_and_up_for_throttle_amber_and_down_for_the_brake(size) -> None:
    up, below = bar(1.0, size, BLUE)
    assert up > 20 * layout(size).scale
    assert below == 0
    assert bar(1.0, size, AMBER) == (0, 0)
    above, down = bar(-1.0, size, AMBER)
    assert above == 0
    assert down == pytest.approx(up, abs=layout(size).px(2))  # the line at zero hides a little of it
    assert bar(-1.0, size, BLUE) == (0, 0)


@sizes
def test_the_pedal_is_proportional(size) -> None:
    full = bar(1.0, size, BLUE)[0]
    for pedal in (0.1, 0.25, 0.5, 0.75):
        assert bar(pedal, size, BLUE)[0] == pytest.approx(pedal * full, abs=1)


@pytest.mark.parametrize("pedal", [0.0, None])
def test_no_pedal_is_no_bar(pedal) -> None:
    assert bar(pedal, DESIGN_SIZE, BLUE) == (0, 0)
    assert bar(pedal, DESIGN_SIZE, AMBER) == (0, 0)


def test_a_pedal_beyond_its_range_stays_in_its_groove() -> None:
    assert np.array_equal(drawn(Figures(pedal=3.0)), drawn(Figures(pedal=1.0)))


# --- the gaze


def test_only_a_selection_claims_a_share() -> None:
    assert share_words(figures(passed=0.073)) == "7 % of the picture is red"
    assert share_words(figures(passed=0.0)) == "0 % of the picture is red"
    assert share_words(figures(passed=None)) == "all of the picture goes in"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("truck", True, Reach(4, 9)), "red on the truck"),
        (("traffic light", False, Reach(4, 9)), "no red on the traffic light"),
        (("truck", None, Reach(4.4, 36.7)), "red from 4 m to 37 m ahead"),
        (("", None, Reach(4.4, math.inf)), "red from 4 m to the horizon"),
        (("", None, Reach(math.inf, math.inf)), "red on sky and horizon alone"),
        (("", None, None), "no red anywhere"),
    ],
)
def test_what_the_red_shows(arguments, words: str) -> None:
    assert red_words(*arguments) == words


@sizes
def test_no_word_about_the_expert_is_cut(size, spoken) -> None:
    """Whatever is the cause, and however far it is."""
    for role in ROLES.values():
        for kind in KINDS:
            culprit = Culprit(0, kind, 108.0, (0.0, 0.0))
            status = Status(1.0, {}, cause=role.cause, culprit=culprit)
            drawn(figures(expert=Fact("expert", expert_words(status))), size)
    for words in NO_EXPERT.values():
        drawn(figures(expert=Fact("expert", words)), size)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_kind_of_map_is_named(kind: str, spoken) -> None:
    drawn(figures(map_kind=kind))
    assert MAP_WORDS[kind] in texts(spoken)
    assert MAP_WORDS[kind].startswith(kind)


def test_no_map_makes_no_claims(spoken) -> None:
    picture = drawn(Figures(speed=10.0))
    assert "no map" in texts(spoken)
    assert not any("passes" in text or "ahead" in text for text in texts(spoken))
    assert not where(cut(picture, DESIGN_SIZE, "gaze"), SIGNAL)[0].size


@sizes
def test_the_bar_is_as_long_as_what_passes(size) -> None:
    place = layout(size)
    lengths = {}
    for passed in (0.0, 0.25, 0.5, 1.0):
        patch = cut(drawn(figures(passed=passed), size), size, "gaze")
        lengths[passed] = len(np.unique(where(patch[place.px(60) :], SIGNAL)[1]))
    assert lengths[1.0] == place.places["gaze"].width - place.px(28)
    assert lengths[0.25] == pytest.approx(0.25 * lengths[1.0], abs=1)
    assert lengths[0.5] == pytest.approx(0.5 * lengths[1.0], abs=1)
    assert lengths[0.0] == 0, "nothing is never shown as a little"


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.0, "0 %"), (0.0012, "0.1 %"), (0.01, "1 %"), (0.073, "7 %"), (0.9, "90 %"), (1.0, "100 %")],
)
def test_percent_by_hand(share: float, told: str) -> None:
    assert percent(share) == told


@given(st.floats(0.0005, 1.0))
def test_percent_is_within_half_of_its_last_figure(share: float) -> None:
    told = percent(share)
    assert float(told.removesuffix(" %")) == pytest.approx(100 * share, abs=0.05001 if "." in told else 0.5001)
    assert told != "0 %"


# --- with and without


def test_the_contrast_says_both_actions_and_what_was_left_out(spoken) -> None:
    drawn(figures(contrast=Contrast("pedestrian", (0.02, -0.624), (0.0, 0.31))))
    said = texts(spoken)
    assert {"pedestrian", "steer", "pedal", "with it", "without it", "+0.02", "-0.62", "0.00", "+0.31"} <= set(said)
    assert said.index("with it") < said.index("-0.62") < said.index("without it") < said.index("+0.31")
    assert not any("passes" in text for text in said)


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "0.00"), (-0.004, "0.00"), (0.005, "+0.01"), (-1.0, "-1.00"), (0.126, "+0.13")]
)
def test_signed_by_hand(value: float, told: str) -> None:
    assert signed(value) == told


@sizes
def test_a_balance_leans_to_the_side_of_its_sign_and_as_far_as_its_value(size) -> None:
    """Throttle and brake as the pedal has them, the grooves' middles at zero."""
    told = figures(contrast=Contrast("van", (0.0, 0.5), (0.0, -1.0)))
    patch = cut(drawn(told, size), size, "gaze")
    half = layout(size).px(84) / 2
    throttle, brake = (np.unique(where(patch, colour)[1]) for colour in (BLUE, AMBER))
    assert len(throttle) == pytest.approx(half / 2, abs=layout(size).px(3))
    assert len(brake) == pytest.approx(half, abs=layout(size).px(3))
    assert brake.max() <= throttle.min()


@sizes
def test_no_word_of_a_contrast_is_cut(size, spoken) -> None:
    for kind in KINDS:
        drawn(figures(contrast=CONTRAST._replace(thing=kind)), size)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


# --- facts, messages, captions


class Written(list):
    """(text, left, top, right) of every text in the order in which it was written."""


@pytest.fixture
def written(monkeypatch) -> Written:
    found, write = Written(), instruments.write

    def listen(picture, text, at, *arguments, **options):
        width = write(picture, text, at, *arguments, **options)
        found.append((text, at[0], at[1], at[0] + width))
        return width

    monkeypatch.setattr(instruments, "write", listen)
    return found


@sizes
def test_facts_stand_in_two_columns_in_order(size, written) -> None:
    place = layout(size)
    instruments.facts(np.zeros((*size, 3), np.uint8), place, place.places["facts"], figures(expert=None))
    names, values = written[0::2], written[1::2]
    assert [(name, value) for (name, *_), (value, *_) in zip(names, values, strict=True)] == list(WORLD_FACTS)
    lefts = [left for _, left, _, _ in names]
    assert len(set(lefts[:5])) == len(set(lefts[5:])) == 1
    tops = [top for _, _, top, _ in names]
    assert tops[:4] == tops[5:]
    assert all(right < value_left for (_, _, _, right), (_, value_left, _, _) in zip(names, values, strict=True))
    assert max(right for *_, right in values[:5]) < lefts[5]


def test_few_facts_have_all_the_room(spoken) -> None:
    drawn(Figures(facts=facts([("policy", "a-folder-with-a-rather-long-name")])))
    assert ("a-folder-with-a-rather-long-name",) * 2 in spoken


@sizes
@pytest.mark.parametrize("count", range(len(CHIPS) + 1))
@pytest.mark.parametrize("message", ["", "time limit", "recording to " + 30 * "/folder" + "/drive.mp4"])
def test_message_and_chips_never_overlap(size, count: int, message: str, written) -> None:
    place = layout(size)
    line = place.places["message"]
    told = figures(chips=CHIPS[:count], message=message)
    instruments.message(np.zeros((*size, 3), np.uint8), place, line, told)
    spans = sorted((left, right) for text, left, _, right in written if text)
    assert all(first[1] < second[0] for first, second in pairwise(spans))
    assert all(line.left <= left and right <= line.left + line.width for left, right in spans)


def test_five_chips_show_beside_a_word_and_the_first_ones_always(written) -> None:
    place = layout(DESIGN_SIZE)
    picture = np.zeros((*DESIGN_SIZE, 3), np.uint8)
    instruments.message(picture, place, place.places["message"], figures(message="time limit"))
    assert {chip.text for chip in CHIPS[:5]} <= {text for text, *_ in written}
    written.clear()
    instruments.message(picture, place, place.places["message"], figures(message=500 * "x"))
    assert [text for text, *_ in written][:3] == [chip.text for chip in CHIPS[:3]]


@sizes
def test_a_long_message_has_half_the_line_however_many_chips_there_are(size, written) -> None:
    place = layout(size)
    line = place.places["message"]
    instruments.message(np.zeros((*size, 3), np.uint8), place, line, figures(message=100 * "x"))
    (left, right) = next((left, right) for text, left, _, right in written if text.startswith("x"))
    assert right - left > 0.45 * line.width


def test_an_alarm_is_red() -> None:
    for alarm in (True, False):
        line = cut(drawn(Figures(message="road left", alarm=alarm)), DESIGN_SIZE, "message").astype(int)
        assert ((line[..., 0] - line[..., 1] > 100).any()) == alarm


@sizes
def test_a_caption_stands_instead_of_gaze_and_facts(size, spoken) -> None:
    drawn(figures(caption="Red marks the patches."), size)
    assert "Red marks the patches." in texts(spoken)
    assert not any("passes" in text or text == "policy" for text in texts(spoken))


@sizes
def test_nothing_stays_of_what_was_drawn_before(size) -> None:
    place, picture = layout(size), drawn(figures(), size)
    captions = [figures(caption=words, guide="1 of 2") for words in CAPTIONS[:2]]
    for told in (*captions, Figures(), figures(), Figures(caption="Short."), figures(chips=())):
        draw(picture, place, told)
        assert np.array_equal(picture, drawn(told, size)), told


# --- no text is cut, nothing leaves its place


@sizes
@pytest.mark.parametrize("kind", [None, *get_args(Kind)])
def test_no_text_is_cut(size, kind, spoken) -> None:
    for message in ("route done", "road left", "time limit", WELCOME, *REFUSALS):
        drawn(figures(map_kind=kind, message=message), size)
        drawn(figures(map_kind=kind, passed=None, speed=0.0, message=message, chips=()), size)
    for shown in (red_words("traffic light", None, Reach(4, 237)), red_words("", None, Reach(4, math.inf)), ""):
        drawn(figures(map_kind=kind, passed=1.0, red_shows=shown), size)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


@sizes
def test_no_name_is_cut(size, spoken) -> None:
    """Each one with all others as long as they get."""
    names = {"policy": (*POLICIES, "pilotnet", "expert", "human"), "theme": theme_names()}
    for name, values in {**names, "scenario": SCENARIOS}.items():
        for value in values:
            drawn(Figures(facts=facts((n, value if n == name else v) for n, v in WORLD_FACTS)), size)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


@sizes
def test_no_word_about_footage_is_cut(size, spoken) -> None:
    named = (
        ("policy", longest(POLICIES)),
        ("footage", "motorway.mp4"),
        ("horizon", "58 % (no lines)"),
        ("speed", "assumed"),
        ("done", "100 %"),
        ("pictures", "30/s"),
    )
    for ending in (END, DAMAGED, BROKEN_OFF, UNPLUGGED):
        drawn(figures(speed=70.0, facts=facts(named), chips=CHIPS[:4], message=ending), size)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


@sizes
@pytest.mark.parametrize("words", CAPTIONS, ids=lambda words: words[:20])
def test_every_caption_fits_whole(size, words, written) -> None:
    place = layout(size)
    told = Figures(caption=words, guide=GUIDE.format(number=13, count=13))
    instruments.caption(np.zeros((*size, 3), np.uint8), place, place.places["caption"], told)
    assert len(written) <= 4
    assert " ".join(text for text, *_ in written[:-1]).split() == words.split()
    room = place.places["caption"].left + place.places["caption"].width
    assert all(right < room for *_, right in written)


@sizes
def test_what_has_no_bounds_is_cut_visibly(size, spoken) -> None:
    path = "/home/somebody/" + 40 * "a-folder-with-a-name/"
    drawn(figures(facts=facts([("policy", path), *WORLD_FACTS[1:]]), message=f"saved {path}"), size)
    shortened = {text: shown for text, shown in spoken if text != shown}
    assert set(shortened) == {path, f"saved {path}"}
    assert all(shown.endswith(ELLIPSIS) and len(shown) > 8 for shown in shortened.values())


@sizes
@pytest.mark.parametrize("parts", [PLAIN, CONTRASTED, CAPTIONED], ids=["plain", "contrasted", "captioned"])
def test_each_part_stays_in_its_place(size, parts) -> None:
    place = layout(size)
    told = figures(contrast=CONTRAST, caption=longest(CAPTIONS), guide=GUIDE, message=300 * "MW")
    for name, part in {**parts, "message": instruments.message}.items():
        picture = np.full((*size, 3), MARKER, np.uint8)
        part(picture, place, place.places[name], told)
        patch = cut(picture, size, name)
        assert (patch != MARKER).any(), name
        patch[:] = MARKER
        assert (picture == MARKER).all(), name


@sizes
def test_the_dashboard_leaves_view_and_panels_alone(size) -> None:
    place = layout(size)
    picture = drawn(figures(message=300 * "MW"), size, MARKER)
    for name in ("view", "frame", "rest", "top", "help"):
        assert (cut(picture, size, name) == MARKER).all(), name
    assert (picture[:, : place.places["view"].left] == MARKER).all()


def test_panels_have_their_ground() -> None:
    picture = drawn(figures())
    for name in PLAIN:
        assert tuple(cut(picture, DESIGN_SIZE, name)[0, 0]) == PANEL
