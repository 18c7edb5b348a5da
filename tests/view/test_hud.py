"""The picture around the view, and the words in its line."""

import numpy as np
import pytest

from sim.view import hud
from sim.view.hud import Figures, compose, left_fields, percent, right_fields

VIEW = np.random.default_rng(0).integers(0, 256, (*hud.VIEW_SIZE, 3), np.uint8)
FULL = Figures(
    speed=12.5,
    map_kind="selection",
    passed=0.07,
    policy="topk-patches",
    labels=(("theme", "meadow"), ("scenario", "open-road"), ("seed", "20000")),
    cause="lead-vehicle",
    paused=True,
    recording=True,
)


def words(fields) -> str:
    return " ".join(f"{item.name} {item.value}".strip() for item in fields)


def test_the_view_is_sixteen_to_nine_and_reaches_the_picture_untouched() -> None:
    height, width = hud.VIEW_SIZE
    assert width * 9 == height * 16
    picture = compose(VIEW, FULL)
    assert picture.shape == (720, 1280, 3)
    assert np.array_equal(picture[:height, hud.MARGIN : hud.MARGIN + width], VIEW)
    assert np.all(picture[:height, : hud.MARGIN] == hud.BACKGROUND)


def test_the_line_says_everything_in_words() -> None:
    said = words(left_fields(FULL))
    assert said == (
        "45 km/h selection passes 7 % of the picture topk-patches "
        "theme meadow scenario open-road seed 20000 cause lead-vehicle"
    )
    assert words(right_fields(FULL)) == "REC paused"


def test_a_soft_map_passes_everything_and_claims_nothing() -> None:
    said = words(left_fields(Figures(map_kind="gradient saliency")))
    assert said == "gradient saliency"


def test_unknown_figures_are_left_out() -> None:
    assert left_fields(Figures()) == ()
    assert right_fields(Figures()) == ()


def test_a_notice_takes_the_causes_place() -> None:
    figures = Figures(cause="curve", notice="route done")
    assert "curve" not in words(left_fields(figures))
    assert words(right_fields(figures)) == "route done"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.004, "0.4 %"), (0.0694, "7 %"), (0.5, "50 %"), (1, "100 %")]
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_changing_digits_move_nothing() -> None:
    one = compose(VIEW, Figures(speed=1.0, policy="expert"))
    two = compose(VIEW, Figures(speed=20.0, policy="expert"))
    start = hud.MARGIN + 62  # the speed's own place
    assert np.array_equal(one[hud.VIEW_SIZE[0] :, start:], two[hud.VIEW_SIZE[0] :, start:])
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("figures", [FULL, Figures(policy="p" * 400, labels=(("theme", "t" * 400),) * 9)])
def test_the_line_keeps_its_margins(figures: Figures) -> None:
    line = compose(VIEW, figures)[hud.VIEW_SIZE[0] :]
    assert np.all(line[:, : hud.MARGIN] == hud.BACKGROUND)
    assert np.all(line[:, -hud.MARGIN + 1 :] == hud.BACKGROUND)
    assert np.any(line != hud.BACKGROUND)


def test_the_fullest_line_finds_room_for_all_fields() -> None:
    with_cause = compose(VIEW, FULL)
    without = compose(VIEW, Figures(**{**FULL.__dict__, "cause": None}))
    assert not np.array_equal(with_cause, without)


def test_drawing_is_repeatable() -> None:
    hud._line.cache_clear()
    hud._image.cache_clear()
    first = compose(VIEW, FULL)
    hud._line.cache_clear()
    hud._image.cache_clear()
    assert np.array_equal(first, compose(VIEW, FULL))
