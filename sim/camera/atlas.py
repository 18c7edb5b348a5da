"""All sprites with their mips in flat arrays, for the kernels: those of every kind of thing that is known.

The shipped ones are painted in order from one random generator; one of your own has a generator of its own and comes
after them. So registering one leaves all others as they are.
"""

import zlib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.canvas import Canvas, halved
from sim.camera.sprites import PAINTERS
from sim.kinds import KINDS, Sprite

Pyramid = list[NDArray[np.uint8]]


class Sprites(NamedTuple):
    """All sprites in flat arrays.

    texels: uint64, three material weights and, on top, the coverage in its four 16-bit lanes; every level has a border
    of one texel. extents: (rows, 2) int32, first and last + 1 texel seen in a row or its neighbours.
    levels: (sprites, LEVELS, 4) int32: offset in texels, width and height without the border, offset in extents; a
    sprite's last level is repeated.
    """

    texels: NDArray[np.uint64]
    extents: NDArray[np.int32]
    levels: NDArray[np.int32]


def make_sprites() -> tuple[Sprites, dict[str, tuple[int, int]]]:
    """Paint every kind and variant, the same bytes every time; and of each kind its first picture
    and how many it has."""
    pyramids: list[Pyramid] = []
    first = {}
    for name, own in ({**_shipped()} | {name: _own(name) for name in KINDS if _is_own(name)}).items():
        first[name] = len(pyramids), len(own)
        pyramids += own
    return _flatten(pyramids), first


def _is_own(name: str) -> bool:
    return name not in PAINTERS and isinstance(KINDS[name].look, Sprite)


@cache
def _shipped() -> Mapping[str, list[Pyramid]]:
    rng = np.random.default_rng(4711)
    return {name: _painted(name, rng) for name in KINDS if name in PAINTERS}


@cache
def _own(name: str) -> list[Pyramid]:
    return _painted(name, np.random.default_rng([4711, zlib.crc32(name.encode())]))


def _painted(name: str, rng: np.random.Generator) -> list[Pyramid]:
    """All pictures of a kind."""
    look = KINDS[name].look
    assert isinstance(look, Sprite)
    pyramids = []
    for painter in look.painters or PAINTERS[name]:
        canvas = Canvas(look.size)
        painter(rng, canvas)
        pyramids.append(_pyramid(canvas.texture()))
    return pyramids


def _pyramid(texture: NDArray[np.uint8]) -> Pyramid:
    """The texture and its halvings."""
    levels = [texture]
    while min(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        levels.append(halved(levels[-1], (width // 2, height // 2)))
    return levels


def _flatten(pyramids: list[Pyramid]) -> Sprites:
    most = max(len(pyramid) for pyramid in pyramids)
    table = np.zeros((len(pyramids), most, 4), np.int32)
    texels, extents, texel_count, row_count = [], [], 0, 0
    for i, pyramid in enumerate(pyramids):
        for j, level in enumerate(pyramid):
            height, width = level.shape[:2]
            table[i, j:] = texel_count, width, height, row_count
            texels.append(_bordered(level))
            extents.append(_extents(level[..., 3] > 7))
            texel_count, row_count = texel_count + texels[-1].size, row_count + height
    texels.append(np.zeros(2, np.uint64))  # a neighbour for the very last texel
    return Sprites(np.concatenate(texels), np.concatenate(extents), table)


def _bordered(level: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A level's texels with a clear border of one; below, the foot is repeated, so that it does not fade."""
    padded = np.pad(level, ((1, 1), (1, 1), (0, 0)))
    padded[-1] = padded[-2]
    return padded.astype(np.uint16).reshape(-1).view(np.uint64)


def _extents(seen: NDArray[np.bool_]) -> NDArray[np.int32]:
    """First and last + 1 column seen in each row or its neighbours; (height, 2)."""
    padded = np.pad(seen, ((1, 1), (0, 0)))
    near = padded[:-2] | padded[1:-1] | padded[2:]
    first, last = near.argmax(axis=1), seen.shape[1] - near[:, ::-1].argmax(axis=1)
    last[~near.any(axis=1)] = 0
    return np.stack([first, last], axis=1).astype(np.int32)
