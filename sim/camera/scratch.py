"""A frame's working memory."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.billboards import FIRST_SPRITE
from sim.camera.ground import GROUND_COLOURS
from sim.camera.meshes import MOST_MESHES, MOST_POINTS
from sim.camera.models import MOST_CORNERS
from sim.camera.pixels import BLOCK, N_COLOURS, VECTOR
from sim.camera.walls import WALL_COLUMNS
from sim.kinds import TINTS

MOST_DECALS = 256
"""Rows of Scene.decals that a camera has room for."""

MOST_OBJECTS = 4096
"""Rows of Scene.objects that a camera has room for."""


class MeshScratch(NamedTuple):
    """Working memory for one mesh: its points and faces in camera axes, one face on the screen, one row of it.

    points (P, 3); facing (P,), planes (P, 4) by face; corners (2, C, 3) and soft (2, C) before and after the cut; edges
    (C, 6); bounds (4,); colours (2, 3); columns (WALL_COLUMNS, W); spans (H, 4); ink (W,). For all: hidden (M,) and
    cover (2, W). See `sim.camera.meshes`.
    """

    points: NDArray[np.float32]
    facing: NDArray[np.bool_]
    planes: NDArray[np.float32]
    corners: NDArray[np.float32]
    soft: NDArray[np.bool_]
    edges: NDArray[np.float32]
    bounds: NDArray[np.float32]
    colours: NDArray[np.float32]
    columns: NDArray[np.float32]
    spans: NDArray[np.int64]
    ink: NDArray[np.uint32]
    hidden: NDArray[np.bool_]
    cover: NDArray[np.float32]

    @staticmethod
    def for_size(height: int, width: int) -> "MeshScratch":
        """Working memory for frames of this size; what is drawn in vectors is padded to whole ones."""
        corners, whole = MOST_CORNERS + 2, -(-width // VECTOR) * VECTOR
        return MeshScratch(
            points=np.zeros((MOST_POINTS, 3), np.float32),
            facing=np.zeros(MOST_POINTS, np.bool_),
            planes=np.zeros((MOST_POINTS, 4), np.float32),
            corners=np.zeros((2, corners, 3), np.float32),
            soft=np.zeros((2, corners), np.bool_),
            edges=np.zeros((corners, 6), np.float32),
            bounds=np.zeros(4, np.float32),
            colours=np.zeros((2, 3), np.float32),
            columns=np.zeros((WALL_COLUMNS, whole), np.float32),
            spans=np.zeros((height, 4), np.int64),
            ink=np.zeros(whole, np.uint32),
            hidden=np.zeros(MOST_MESHES, np.bool_),
            cover=np.zeros((2, width), np.float32),
        )


class Scratch(NamedTuple):
    """One frame's working memory. A camera owns its own: two cameras may draw in two threads."""

    image: NDArray[np.uint32]
    palette: NDArray[np.float32]
    colours: NDArray[np.float32]
    nodes: NDArray[np.float32]
    lines: NDArray[np.float32]
    grain: NDArray[np.float32]
    lattice: NDArray[np.float32]
    shade: NDArray[np.float32]
    seen: NDArray[np.int64]
    order: NDArray[np.int64]
    depths: NDArray[np.float32]
    paints: NDArray[np.uint64]
    slot_class: NDArray[np.uint8]
    slot_instance: NDArray[np.uint16]
    slot_depth: NDArray[np.float32]
    slot_reach: NDArray[np.float32]
    inverse: NDArray[np.float32]
    near_decals: NDArray[np.int64]
    shadow_corners: NDArray[np.float32]
    shadow_edges: NDArray[np.float32]
    mesh: MeshScratch

    @staticmethod
    def for_size(height: int, width: int) -> "Scratch":
        """Working memory for frames of this size; rows are padded to whole node strides."""
        whole = -(-width // BLOCK) * BLOCK
        padded = whole + 4 * BLOCK
        slot_class = np.zeros(256, np.uint8)
        slot_class[:FIRST_SPRITE] = np.arange(FIRST_SPRITE)
        return Scratch(
            image=np.zeros((height, whole), np.uint32),
            palette=np.zeros((N_COLOURS, 3), np.float32),
            colours=np.zeros((GROUND_COLOURS + 1, 3), np.float32),
            nodes=np.zeros((3, 9, padded // BLOCK + 2 * VECTOR), np.float32),
            lines=np.zeros((4, padded), np.float32),
            grain=np.zeros(padded, np.float32),
            lattice=np.zeros((2, 3, whole), np.float32),
            shade=np.zeros((height, width), np.float32),
            seen=np.zeros(MOST_OBJECTS + 1, np.int64),
            order=np.zeros(MOST_OBJECTS, np.int64),
            depths=np.zeros(MOST_OBJECTS, np.float32),
            paints=np.zeros((0, TINTS, 3), np.uint64),
            slot_class=slot_class,
            slot_instance=np.zeros(256, np.uint16),
            slot_depth=np.zeros(256, np.float32),
            slot_reach=np.zeros(256, np.float32),
            inverse=np.zeros((height, width), np.float32),
            near_decals=np.zeros(MOST_DECALS, np.int64),
            shadow_corners=np.zeros((12, 2), np.float32),
            shadow_edges=np.zeros((8, 3), np.float32),
            mesh=MeshScratch.for_size(height, width),
        )
