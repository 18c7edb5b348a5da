"""Themes and looks: bounds hold, splits are apart, names are checked."""

import numpy as np
import pytest

from sim import theme
from sim.theme import LOOK_FIELDS, LOOK_SIZE, load_theme, resolve, sample_look, sample_looks, theme_names, training_look


def test_there_are_three_training_themes_and_one_held_out():
    splits = [load_theme(name).split for name in theme_names()]
    assert splits.count("train") == 3
    assert splits.count("heldout") == 1


def test_split_names_select_all_of_a_split():
    assert {chosen.split for chosen in resolve("train")} == {"train"}
    assert [chosen.name for chosen in resolve("heldout")] == ["snow"]
    assert [chosen.name for chosen in resolve("meadow")] == ["meadow"]


@pytest.mark.parametrize("call", [load_theme, resolve])
def test_unknown_theme_names_the_nearest(call):
    with pytest.raises(ValueError, match=r"unknown theme 'medow' \(did you mean 'meadow'\?\)"):
        call("medow")


def test_every_look_lies_in_its_theme():
    for name in theme_names():
        chosen = load_theme(name)
        looks = sample_looks(name, [np.random.default_rng(seed) for seed in range(50)])
        assert looks.shape == (50, LOOK_SIZE)
        assert looks.dtype == np.float32
        assert (looks >= chosen.low - 1e-4).all()
        assert (looks <= chosen.high + 1e-4).all()
        assert (np.ptp(looks, axis=0)[chosen.high > chosen.low] > 0).all()


def test_the_randomiser_is_wider_than_every_training_theme_and_stays_in_its_published_bounds():
    bounds = theme.training_bounds()
    for chosen in resolve("train"):
        assert (bounds.low <= chosen.low).all()
        assert (bounds.high >= chosen.high).all()
    looks = np.stack([training_look(np.random.default_rng(seed)) for seed in range(200)])
    assert (looks >= bounds.low - 1e-4).all()
    assert (looks <= bounds.high + 1e-4).all()


def test_training_never_covers_the_road_but_the_held_out_theme_does():
    covered = LOOK_FIELDS.index("covered")
    assert theme.training_bounds().high[covered] == 0
    assert all(chosen.low[covered] > 0 for chosen in resolve("heldout"))


def test_the_same_generator_state_gives_the_same_look():
    meadow = load_theme("meadow")
    first, second = (sample_look(meadow, np.random.default_rng(7)) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("grass = [[9, 9, 9], [1, 1, 1]]", r"grass = .* must be \[lowest, highest\]"),
        ("gras = [[1, 1, 1], [9, 9, 9]]", r"'gras' \(did you mean 'grass'\?\)"),
        ("", "field 'grass' is missing"),
    ],
)
def test_a_bad_theme_file_is_refused_in_one_line(tmp_path, text, complaint):
    path = tmp_path / "bad.toml"
    path.write_text(f'split = "train"\ndescription = "-"\n[colours]\n{text}\n')
    with pytest.raises(ValueError, match=complaint) as caught:
        theme._read(path)
    assert "\n" not in str(caught.value)
