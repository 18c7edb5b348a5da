"""What grows and stands beside the road: trees in groves, posts, curve signs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.part import Part
from sim.scenario.site import Site
from sim.scene import OBJECT_KINDS
from sim.track import SPACING, to_world

POST_OFFSET = 4.6
"""Metres from the centre line to a delineator post, just outside the shoulder."""

CLEAR_ROAD = 7.0
"""Metres from any centre line that everything but posts and signs keeps."""

_POST_EVERY = (24, 48)  # metres, in bends and on straights: whole dash periods, as the lap is
_BEND = 1 / 150.0  # 1/m
_SIGN_BEND = 1 / 32.0  # 1/m
_SIGN_EVERY = 12  # metres
_GROWTH = {  # least and greatest height in metres, width over height, share of the groves that it leads
    "broadleaf": (6.0, 11.0, 0.75, 0.35),
    "poplar": (10.0, 17.0, 0.26, 0.12),
    "conifer": (7.0, 15.0, 0.45, 0.33),
    "bush": (0.9, 2.2, 1.30, 0.20),
}
_GROWTH_KINDS = np.array([OBJECT_KINDS.index(name) for name in _GROWTH])
_LOW, _HIGH, _SLENDERNESS, _LEADS = np.array(list(_GROWTH.values())).T
_POST = (0.12, 1.05)  # width, height in metres
_SIGN = (0.9, 1.5)


@dataclass(frozen=True)
class Roadside(Part):
    """At most so many trees, bushes, posts and signs.

    posts: whether delineators line the road. signs_at: |d| in metres of the curve signs.
    """

    most: int = 352
    posts: bool = True
    signs_at: float = POST_OFFSET + 0.8

    @property
    def objects(self) -> int:
        return self.most

    def place(self, site: Site) -> None:
        furniture = _signs(site, self.signs_at)
        if self.posts:
            furniture = np.concatenate([_posts(site), furniture])
        growth = _growth(site, self.most - len(furniture))
        filled = np.concatenate([furniture, growth])
        site.objects[: len(filled)] = filled


def _posts(site: Site) -> NDArray[np.float64]:
    """White posts on both sides, closer together in bends."""
    bend = np.abs(site.curvature) > _BEND
    s = np.arange(0, len(bend), _POST_EVERY[0])
    kept = s[bend[s] | (s % _POST_EVERY[1] == 0)] * SPACING
    both = np.concatenate([kept, kept])
    side = np.repeat([POST_OFFSET, -POST_OFFSET], len(kept))
    return site.upright(both, side, _POST, "delineator")


def _signs(site: Site, away: float) -> NDArray[np.float64]:
    """Red and white curve signs along the outside of the tight bends, between the posts.

    The sign of a sign's tint is where its chevrons point: + left.
    """
    curvature = site.curvature
    s = np.arange(_SIGN_EVERY // 2, len(curvature), _SIGN_EVERY)
    tight = s[np.abs(curvature[s]) > _SIGN_BEND]
    side = np.sign(curvature[tight])
    return site.upright(tight * SPACING, -side * away, _SIGN, "curve sign", side)


def _growth(site: Site, most: int) -> NDArray[np.float64]:
    """Trees and bushes (at most `most`, 9) in groves, each mostly of one kind, with gaps between them."""
    rng, length, tries = site.rng, site.length, 4 * most
    groves = int(length / 22)
    grove = rng.integers(0, groves, tries)
    middle, spread = rng.uniform(0, length, groves), rng.uniform(3, 16, groves)
    side, away = rng.choice([-1.0, 1.0], groves), rng.uniform(0, 9, groves)
    leader = rng.choice(len(_GROWTH), groves, p=_LEADS)
    plant = np.where(rng.random(tries) < 0.75, leader[grove], rng.integers(0, len(_GROWTH), tries))
    s = middle[grove] + spread[grove] * rng.standard_normal(tries)
    d = side[grove] * (CLEAR_ROAD + 0.6 + away[grove] + rng.exponential(6.0, tries))
    height = rng.uniform(_LOW[plant], _HIGH[plant])
    width = height * _SLENDERNESS[plant] * rng.uniform(0.85, 1.15, tries)
    tint = rng.uniform(-1, 1, tries)
    x, y, _ = to_world(site.tracks, site.row, s, d)
    kept = np.flatnonzero(site.clear(x, y, CLEAR_ROAD + width / 4))[:most]
    upright = np.zeros(tries)
    return np.stack([x, y, width, height, _GROWTH_KINDS[plant], tint, upright, upright, upright], axis=1)[kept]
