"""Themes and looks: bounds hold, splits are apart, names are checked."""

import shutil

import numpy as np
import pytest

from sim import theme
from sim.assets import assets_folder
from sim.simulator import Simulator
from sim.theme import (
    EFFECTS,
    LOOK_FIELDS,
    LOOK_SIZE,
    SHIPPED_THEMES,
    load_theme,
    resolve,
    sample_look,
    sample_looks,
    theme_names,
    training_look,
)
from sim.view.world_source import WorldSource


def test_there_are_six_training_themes_and_then_four_held_out():
    assert [load_theme(name).split for name in SHIPPED_THEMES] == ["train"] * 6 + ["heldout"] * 4


def test_split_names_select_all_of_a_split():
    assert {chosen.split for chosen in resolve("train")} == {"train"}
    assert [chosen.name for chosen in resolve("heldout")] == ["exoplanet", "night", "rain", "snow"]
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


def effects(box):
    """Names of the effects that some look of a box has, and of those that every look has."""
    fields = {name: LOOK_FIELDS.index(name) for name in EFFECTS}
    return [{name for name, field in fields.items() if end[field] > 0} for end in (box.high, box.low)]


def test_training_has_no_effect_and_every_held_out_theme_has_one_of_its_own():
    assert [effects(box) for box in (theme.training_bounds(), *resolve("train"))] == [[set(), set()]] * 7
    held_out = {chosen.name: effects(chosen) for chosen in resolve("heldout")}
    assert all(some == always and some for some, always in held_out.values())
    named = [effect for some, _ in held_out.values() for effect in some]
    assert sorted(named) == sorted(EFFECTS), "each effect belongs to one theme"


def test_an_effect_that_a_theme_does_not_name_is_off():
    assert load_theme("meadow").high[LOOK_FIELDS.index("rain")] == 0


def test_the_same_generator_state_gives_the_same_look():
    meadow = load_theme("meadow")
    first, second = (sample_look(meadow, np.random.default_rng(7)) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("grass = [[9, 9, 9], [1, 1, 1]]", r"grass = .* must be \[lowest, highest\]"),
        ("grass = [[nan, 9, 9], [9, 9, 9]]", r"grass = .* must be \[lowest, highest\], finite numbers"),
        ("grass = [[1, 9, 9], [9, 9, inf]]", r"grass = .* must be \[lowest, highest\], finite numbers"),
        ("grass = ['light', 'dark']", r"grass = .* must be \[lowest, highest\], finite numbers"),
        ("grass = [[1, 9], [9, 9, 9]]", r"grass = .* must be \[lowest, highest\], finite numbers"),
        ("gras = [[1, 1, 1], [9, 9, 9]]", r"'gras' \(did you mean 'grass'\?\)"),
        ("", "field 'grass' is missing"),
    ],
)
def test_a_bad_theme_file_is_refused_in_one_line(tmp_path, text, complaint):
    path = tmp_path / "bad.toml"
    path.write_text(f'split = "train"\ndescription = "-"\n[colours]\n{text}\n')
    with pytest.raises(ValueError, match=complaint) as caught:
        theme.read_theme(path)
    assert "\n" not in str(caught.value)


def test_the_splits_are_those_that_the_shipped_files_say():
    for split, names in theme.SPLITS.items():
        assert {load_theme(name).split for name in names} == {split}
    assert {path.stem for path in (assets_folder() / "themes").iterdir()} >= set(SHIPPED_THEMES)


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_a_theme_added_beside_changes_no_seeds_picture(split, tmp_path, monkeypatch):
    def seen():
        simulator = Simulator(12, "open-road", split, frame_size=(18, 32))
        simulator.reset(np.arange(12), list(range(12)))
        return simulator.theme_names, simulator.observe()["frame"]

    names, frames = seen()
    shutil.copytree(assets_folder() / "themes", tmp_path / "themes")
    text = (tmp_path / "themes/meadow.toml").read_text().replace('split = "train"', f'split = "{split}"')
    (tmp_path / "themes/aaa.toml").write_text(text)
    monkeypatch.setattr(theme, "assets_folder", lambda: tmp_path)
    theme._all_themes.cache_clear()
    try:
        assert load_theme("aaa").split == split
        assert "aaa" in theme_names()[len(SHIPPED_THEMES) :]
        again, drawn = seen()
    finally:
        theme._all_themes.cache_clear()
    assert again == names
    assert len(set(names)) > 2
    assert (drawn == frames).all()


def test_a_theme_of_ones_own_is_taken_wherever_one_is_named(tmp_path):
    text = (assets_folder() / "themes/snow.toml").read_text()
    (tmp_path / "white.toml").write_text(text)
    white = theme.read_theme(tmp_path / "white.toml")
    assert resolve(white) == (white,)
    assert theme.theme_name(white) == "white"
    source = WorldSource(theme=white, seed=3)
    assert source.status(source.instant()).labels["theme"] == "white"
    source.next_theme()
    assert source.status(source.instant()).labels["theme"] == theme_names()[0]
    source.begin(4, white)
    assert source.simulator.theme_names == ["white"]


def test_a_theme_of_ones_own_is_a_file(tmp_path) -> None:
    shipped = assets_folder() / "themes" / "meadow.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped.read_text())
    assert load_theme(str(mine)).name == "mine"
    assert np.array_equal(load_theme(str(mine)).low, load_theme("meadow").low)
    mine.write_text('description = "no split"')
    with pytest.raises(ValueError, match=r"mine\.toml: 'split' is missing"):
        load_theme(str(mine))
    mine.write_text("split = ")
    with pytest.raises(ValueError, match=r"mine\.toml is no TOML"):
        load_theme(str(mine))
