"""Themes: light, weather and colours as data, and the bounded sampler that turns a theme into one frame's look.

A *look* is one float32 vector with everything that a picture depends on besides geometry. A theme is a box of looks:
for every field a lowest and a highest value, in `assets/themes/NAME.toml`. The training randomiser is one more box,
wider than the training themes; its bounds are published as `assets/training_looks.toml`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.assets import assets_folder
from sim.errors import unknown
from sim.files import typed_path
from sim.lookup import named, unfound

COLOURS = (
    *("grass", "dry_grass", "shoulder", "asphalt", "marking", "cover"),
    *("haze", "zenith", "cloud", "far_hills", "near_hills", "sunlight"),
    *("foliage", "other_foliage", "needles", "foliage_shade"),
)
"""Colours of a look, display RGB in 0-255 before grading. `haze` is the sky at the horizon and the fog; leaves lie
between `foliage` and `other_foliage`, a tree's dark side is `foliage_shade`; `cover` lies on the ground (snow)."""

SCALARS = {
    "sun_azimuth": "radians from +x, counter-clockwise",
    "sun_elevation": "radians above the horizon",
    "sun_strength": "0 no shadows, no disc; 1 a clear sky's sun",
    "fog_density": "optical depth a metre; the haze has swallowed 63 % at 1 / fog_density",
    "cloud_cover": "share of the sky",
    "grain": "strength of the ground's grain, 1 is ordinary",
    "marking_wear": "share of the paint that is gone",
    "tyre_wear": "darkness of the wheel tracks, 1 is ordinary",
    "patches": "darkness of mended stretches of asphalt, 1 is ordinary",
    "exposure": "gain of the picture",
    "contrast": "gain about mid grey",
}
"""Scalars of a look and what they mean."""

EFFECTS = {
    "covered": "share of the road that `cover` hides, between and beside the wheel tracks",
    "headlights": "share of the world's light that comes from the ego's headlamps",
    "stars": "brightness of the stars, and of the moon in the sun's place",
    "wetness": "how well wet ground mirrors sky and trees",
    "rain": "falling drops, 1 is a downpour",
    "planet": "opacity of a ringed planet in the sky",
    "veins": "brightness of glowing veins in the ground",
}
"""Scalars that only held-out themes raise above 0; a theme's file leaves out those that it does not have."""

LOOK_FIELDS = (
    *(f"{colour}_{channel}" for colour in COLOURS for channel in ("red", "green", "blue")),
    *SCALARS,
    *EFFECTS,
)
"""Names of a look vector's elements, in order."""

LOOK_SIZE = len(LOOK_FIELDS)

HUE_FREEDOM = 0.35
"""How far the three channels of a drawn colour may go their own ways: 0 moves them together, 1 independently."""

Split = Literal["train", "heldout"]

SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("autumn", "dawn", "desert", "meadow", "overcast", "spring"),
    "heldout": ("exoplanet", "night", "rain", "snow"),
}
"""The shipped themes, in the order in which a split's number picks one. What is added beside them joins no split: every
seed keeps its looks."""

SHIPPED_THEMES = (*SPLITS["train"], *SPLITS["heldout"])
"""All of them: what golden pictures and shipped evidence are of."""


WAYS = "a name, FILE.toml, FILE.py:object or module:object"
"""How a theme is named."""


@dataclass(frozen=True, eq=False)
class Theme:
    """A box of looks: `low` and `high` are (LOOK_SIZE,) float32 in the order of LOOK_FIELDS."""

    name: str
    split: Split
    description: str
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def theme_names() -> tuple[str, ...]:
    """The shipped themes, training themes first, and then what else lies beside them."""
    return (*SHIPPED_THEMES, *(name for name in _all_themes() if name not in SHIPPED_THEMES))


def load_theme(wanted: str | Theme) -> Theme:
    """The theme of that name, of one's own as `sim.lookup.named` has it, or the one that is given. ValueError in one
    line for what is none."""
    return _from_file(wanted) or named("theme", wanted, _all_themes(), Theme, WAYS)


def resolve(selector: str | Theme) -> tuple[Theme, ...]:
    """All shipped themes of a split for "train" and "heldout", otherwise the one theme; see `load_theme`."""
    themes = _all_themes()
    one = {name: (theme,) for name, theme in themes.items()}
    splits = {split: tuple(themes[name] for name in names) for split, names in SPLITS.items()}
    found = _from_file(selector) or named("theme", selector, one | splits, Theme, WAYS)
    return (found,) if isinstance(found, Theme) else found


def _from_file(wanted: object) -> Theme | None:
    """The theme of a TOML file of one's own, where one is named."""
    if not isinstance(wanted, str) or not wanted.endswith(".toml"):
        return None
    if not typed_path(wanted).exists():
        raise unfound("theme", wanted, (), WAYS)
    return read_theme(typed_path(wanted))


def theme_name(wanted: str | Theme) -> str:
    """What to call a theme, or a split, to people."""
    return wanted.name if isinstance(wanted, Theme) else wanted


def sample_look(theme: Theme, rng: np.random.Generator) -> NDArray[np.float32]:
    """One look, (LOOK_SIZE,) float32, uniform in the theme's box; a colour's channels move mostly together."""
    colours = len(COLOURS)
    shared = np.repeat(rng.random(colours), 3)
    share = np.concatenate(
        [shared + HUE_FREEDOM * (rng.random(3 * colours) - shared), rng.random(LOOK_SIZE - 3 * colours)]
    )
    return (theme.low + share * (theme.high - theme.low)).astype(np.float32)


def sample_looks(selector: str | Theme, rngs: Sequence[np.random.Generator]) -> NDArray[np.float32]:
    """One look for each generator, (len(rngs), LOOK_SIZE) float32; each draws its theme among the selected first."""
    themes = resolve(selector)
    return np.stack([sample_look(themes[rng.integers(len(themes))], rng) for rng in rngs])


def training_look(rng: np.random.Generator) -> NDArray[np.float32]:
    """One look of the training randomiser, (LOOK_SIZE,) float32; bounds in `training_bounds`."""
    return sample_look(training_bounds(), rng)


@cache
def training_bounds() -> Theme:
    """The box that the training randomiser draws from; it contains every training theme."""
    return read_theme(assets_folder() / "training_looks.toml")


@cache
def _all_themes() -> Mapping[str, Theme]:
    return {path.stem: read_theme(path) for path in sorted((assets_folder() / "themes").glob("*.toml"))}


def read_theme(path: Path) -> Theme:
    """The theme that a file holds, called as the file. ValueError in one line for what it lacks or has too much."""
    data = _tables(path)
    fields = {**data.get("colours", {}), **data.get("scalars", {}), **data.get("effects", {})}
    for name in fields:
        if name not in (*COLOURS, *SCALARS, *EFFECTS):
            raise unknown(f"field of {path.name}:", name, (*COLOURS, *SCALARS, *EFFECTS))
    fields = {**dict.fromkeys(EFFECTS, (0.0, 0.0)), **fields}
    bounds = [_bounds(path, name, fields, (3,)) for name in COLOURS] + [
        _bounds(path, name, fields, ()) for name in (*SCALARS, *EFFECTS)
    ]
    low, high = (np.concatenate([np.atleast_1d(pair[end]) for pair in bounds]) for end in (0, 1))
    return Theme(path.stem, data["split"], data["description"], low, high)


def _tables(path: Path) -> dict[str, Any]:
    """What a theme's file holds. ValueError in one line where that is no theme's, OSError where it cannot be read."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}") from None
    for name in ("split", "description"):
        if name not in data:
            raise ValueError(f"{path.name}: {name!r} is missing; expected a text")
    if data["split"] not in SPLITS:
        raise unknown(f"split of {path.name}:", data["split"], SPLITS)
    return data


def _bounds(path: Path, name: str, fields: dict[str, Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The [lowest, highest] pair of one field."""
    if name not in fields:
        raise ValueError(f"{path.name}: field {name!r} is missing; expected [lowest, highest]")
    try:
        pair = np.asarray(fields[name], np.float32)
    except (ValueError, TypeError):  # texts, or lists of several lengths
        pair = np.empty(0, np.float32)
    if pair.shape != (2, *shape) or not np.isfinite(pair).all() or (pair[0] > pair[1]).any():
        told = f"{path.name}: {name} = {fields[name]} must be [lowest, highest]"
        raise ValueError(f"{told}, finite numbers, each of shape {shape}")
    return pair
