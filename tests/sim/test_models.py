"""Models: faces look outwards, what is set into a face lies before it, and every model fits its box."""

import numpy as np
import pytest

from sim.camera.models import EAVES, HOUSES, MAKERS, MATERIALS, make_models
from sim.kinds import KINDS

MODELS = make_models()
EVERY = [(kind, which) for kind, makers in MAKERS.items() for which in range(len(makers))]


def faces(kind, which):
    """Of one model: material, corners (n, 3), each face in turn."""
    first_vertex, vertices, first_face, count = MODELS.ranges[KINDS.index(kind), which]
    points = MODELS.vertices[first_vertex : first_vertex + vertices].astype(float)
    for face in range(first_face, first_face + count):
        yield MATERIALS[MODELS.material[face]], points[MODELS.corners[face, : MODELS.sides[face]]]


def normal(corners):
    """Newell's, of length twice the area."""
    return np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)


@pytest.mark.parametrize(("kind", "which"), EVERY)
def test_a_model_keeps_within_what_is_looked_for_on_the_screen(kind, which):
    points = np.concatenate([corners for _, corners in faces(kind, which)])
    assert np.abs(points[:, :2]).max() <= 0.56
    assert points[:, 2].min() >= 0
    assert points[:, 2].max() <= 1.0


@pytest.mark.parametrize("which", range(2 * len(HOUSES)))
def test_roofs_look_up_and_walls_out(which):
    for material, corners in faces("building", which):
        facing = normal(corners)
        if material == "roof":
            assert facing[2] > 0
        if material == "wall":
            assert facing[:2] @ corners.mean(axis=0)[:2] > 0
            assert facing[2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("style", range(len(HOUSES)))
def test_a_house_seen_from_afar_is_the_same_but_for_trifles(style):
    near, far = (dict.fromkeys(MATERIALS, 0.0) for _ in range(2))
    for which, areas in ((2 * style, near), (2 * style + 1, far)):
        for material, corners in faces("building", which):
            areas[material] += np.linalg.norm(normal(corners)) / 2
    assert far["wall"] == pytest.approx(near["wall"], rel=0.08)
    assert far["roof"] == pytest.approx(near["roof"], rel=0.15)


@pytest.mark.parametrize("style", range(len(HOUSES)))
def test_walls_end_where_the_eaves_are_said_to_be(style):
    sides = [corners[:, 2].max() for material, corners in faces("building", 2 * style) if material == "wall"]
    assert min(sides) == pytest.approx(EAVES[style], abs=1e-4)
