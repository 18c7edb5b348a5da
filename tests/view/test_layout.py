"""Where everything stands: nothing overlaps or leaves the picture, whatever the window's size."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.view.hud.layout import DESIGN, DESIGN_SIZE, ELSEWHERE, SMALLEST, Rect, layout, picture_size

WINDOWS = (
    (540, 960),
    (720, 1280),
    (1080, 1920),
    (2160, 3840),
    (768, 1366),
    (768, 1024),
    (600, 800),
    (333, 501),
    (271, 2000),
)
windows = pytest.mark.parametrize("window", WINDOWS, ids=lambda window: f"{window[1]}x{window[0]}")
any_window = st.tuples(st.integers(100, 4400), st.integers(100, 7700))

COLUMN = {"frame title", "frame", "rest title", "rest", "top title", "top"}
ABOVE = {"card": {"view"}}
"""What lies over something else when a drive has ended."""

REPLACED = {"caption": {"gaze", "facts"}, "help": COLUMN}
"""What stands elsewhere while the caption, or the help, is shown."""


def overlap(one: Rect, other: Rect) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 0 and down > 0


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.left + inner.width <= outer.left + outer.width
        and inner.top + inner.height <= outer.top + outer.height
    )


@windows
def test_nothing_overlaps_what_is_shown_beside_it(window) -> None:
    places = layout(picture_size(window)).places
    for (name, place), (other_name, other) in combinations(places.items(), 2):
        known = {**REPLACED, **ABOVE}
        replaces = other_name in known.get(name, ()) or name in known.get(other_name, ())
        assert replaces or not overlap(place, other), (name, place, other_name, other)


@windows
def test_everything_lies_inside_the_picture(window) -> None:
    size = picture_size(window)
    for name, place in layout(size).places.items():
        assert place.width > 0, name
        assert place.height > 0, name
        assert inside(place, Rect(0, 0, size[1], size[0])), name


@windows
def test_no_panel_touches_the_road(window) -> None:
    places = dict(layout(picture_size(window)).places)
    view = places.pop("view")
    assert inside(places.pop("card"), view)
    moat = Rect(view.left - 1, view.top - 1, view.width + 2, view.height + 2)
    assert [name for name, place in places.items() if overlap(place, moat)] == []


@windows
def test_the_view_is_16_to_9_within_a_pixel(window) -> None:
    height, width = layout(picture_size(window)).places["view"].size
    assert abs(width - height * 16 / 9) <= 1.0 + 16 / 9  # a pixel of width, and what a pixel of height is worth
    assert abs(height - width * 9 / 16) <= 1.0


@windows
def test_what_replaces_covers_what_it_replaces(window) -> None:
    """So that nothing of it stays on show."""
    places = layout(picture_size(window)).places
    for name, replaced in REPLACED.items():
        assert [other for other in replaced if not inside(places[other], places[name])] == []


def test_the_design_itself_is_the_layout_at_its_size() -> None:
    place = layout(DESIGN_SIZE)
    assert place.scale == 1.0
    assert place.places == {**DESIGN, **ELSEWHERE}
    assert place.px(17) == 17


def test_the_panels_have_the_proportions_of_a_policys_frame() -> None:
    for name in ("frame", "rest"):
        assert DESIGN[name].width / DESIGN[name].height == pytest.approx(128 / 72)


def test_twice_the_window_is_twice_everything() -> None:
    double = layout((1440, 2560)).places
    for name, place in layout(DESIGN_SIZE).places.items():
        assert double[name] == tuple(2 * length for length in place)


def test_design_lengths_are_whole_pixels_and_never_nothing() -> None:
    half = layout((360, 640))
    assert half.px(13) == 6  # 6.5, to the even neighbour
    assert half.px(14) == 7
    assert half.px(0.4) == 1


def test_slices_cut_a_place_out_of_a_picture() -> None:
    assert Rect(3, 5, 7, 11).slices == (slice(5, 16), slice(3, 10))
    assert Rect(3, 5, 7, 11).size == (11, 7)


@pytest.mark.parametrize(
    ("window", "picture"),
    [
        ((720, 1280), (720, 1280)),
        ((768, 1366), (768, 1365)),
        ((768, 1024), (576, 1024)),
        ((600, 800), (450, 800)),
        ((333, 501), (281, 501)),
        ((1080, 2560), (1080, 1920)),
        ((100, 100), SMALLEST),
    ],
)
def test_picture_size_by_hand(window, picture) -> None:
    assert picture_size(window) == picture


@given(any_window)
def test_the_picture_fits_the_window_and_fills_it(window) -> None:
    height, width = picture_size(window)
    if window[0] >= SMALLEST[0] and window[1] >= SMALLEST[1]:
        assert height <= window[0]
        assert width <= window[1]
        assert height >= window[0] - 1 or width >= window[1] - 1
    assert abs(width - height * 16 / 9) < 16 / 9 + 1


@given(any_window)
def test_every_size_has_a_layout_without_overlaps(window) -> None:
    size = picture_size(window)
    places = layout(size).places
    shown = [places[name] for name in DESIGN]
    assert not any(overlap(one, other) for one, other in combinations(shown, 2))
    assert all(inside(place, Rect(0, 0, size[1], size[0])) for place in places.values())
