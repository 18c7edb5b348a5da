"""Kinds of things as the kernels read them: tables that are handed to them, so that one more needs no compiling."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kinds import FACINGS, KINDS, LIGHTS, TINTS, Kind, Mesh, Sprite
from sim.scene import CLASSES

CLASS, FIRST, VARIANTS, COLOUR_SET, FACING, CRISP, LIGHT, SHADOW, HOUSE = range(9)
"""Columns of `KindTable.rows`."""

ANY, POINTED, ASPECTS, FRONT, BOARD = range(len(FACINGS))
DARK, SIGNAL, STREET_LAMP, HEADLAMPS = range(len(LIGHTS))
NO_SHADOW, ROUND, BOX = range(3)
MIXES = ("paint", "leaves", "needles")
PAINTED, LEAF_MIX, NEEDLE_MIX = range(len(MIXES))


class KindTable(NamedTuple):
    """A row for each of sim.kinds.KINDS.

    rows: (kinds, 9) int32. CLASS: into sim.scene.CLASSES. FIRST, VARIANTS: its sprites. COLOUR_SET: into `colours`.
    FACING, LIGHT: into FACINGS and LIGHTS of sim.kinds. CRISP, HOUSE: 0 or 1. SHADOW: none, two round spots, or a
    box's. spread: (kinds,) float32, a picture's width over its object's, 0 for meshes. least: (kinds,) float32, pixels.
    colours: (sets, TINTS, 3, 3) float32 by material and channel, in shares of the paint on the road. mixes: (sets,)
    int32, into MIXES: what takes its colours from the theme instead.
    """

    rows: NDArray[np.int32]
    spread: NDArray[np.float32]
    least: NDArray[np.float32]
    colours: NDArray[np.float32]
    mixes: NDArray[np.int32]


def make_kind_table(first: Mapping[str, tuple[int, int]]) -> KindTable:
    """The table of all kinds; first: of each sprite's kind, its first picture and how many it has."""
    kinds = list(KINDS.values())
    sets = list(dict.fromkeys(kind.look.colours for kind in kinds if isinstance(kind.look, Sprite)))
    colours = np.zeros((len(sets), TINTS, 3, 3), np.float32)
    for k, tints in enumerate(sets):
        if not isinstance(tints, str):
            colours[k] = [tints[tint * len(tints) // TINTS] for tint in range(TINTS)]
    return KindTable(
        rows=np.array([_row(kind, first, sets) for kind in kinds], np.int32),
        spread=np.array([_spread(kind) for kind in kinds], np.float32),
        least=np.array([kind.least for kind in kinds], np.float32),
        colours=colours,
        mixes=np.array([MIXES.index(tints) if isinstance(tints, str) else PAINTED for tints in sets], np.int32),
    )


def _row(kind: Kind, first: Mapping[str, tuple[int, int]], sets: list) -> tuple[int, ...]:
    """One row of `KindTable.rows`."""
    look, class_id, light = kind.look, CLASSES.index(kind.class_name), LIGHTS.index(kind.light)
    if isinstance(look, Mesh):
        return class_id, 0, 0, 0, 0, 0, light, BOX if kind.shadow else NO_SHADOW, int(look.house)
    picture = (*first[kind.name], sets.index(look.colours), FACINGS.index(look.facing), int(look.crisp))
    return class_id, *picture, light, ROUND if kind.shadow else NO_SHADOW, 0


def _spread(kind: Kind) -> float:
    return kind.look.spread if isinstance(kind.look, Sprite) else 0.0
