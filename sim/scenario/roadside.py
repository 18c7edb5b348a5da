"""What grows and stands beside the road."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.centre_line import SPACING
from sim.kinds import KINDS
from sim.scenario.site import Site
from sim.scene import LENGTH, TINT, YAW
from sim.track import Tracks, to_world

POST_OFFSET = 4.6
"""Metres from the centre line to a delineator post, just outside the shoulder."""

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
_GROWTH_KINDS = np.array([KINDS.index(name) for name in _GROWTH])
_LOW, _HIGH, _SLENDERNESS, _LEADS = np.array(list(_GROWTH.values())).T
_POST = (0.12, 1.05)  # width, height in metres
_SIGN = (0.9, 1.5)
_RAIL = (0.24, 0.78)
_RAIL_LENGTH = 6  # metres: whole samples of the track
_RAIL_AT = 6.4  # |d| in metres


@dataclass(frozen=True)
class Roadside:
    """Posts, curve signs and guard rails, trees and bushes; at most so many in all.

    clear: metres from any centre line that what grows keeps. posts: whether there are any, and rails. signs_at: |d| of
    the curve signs in metres.
    """

    objects: int = 310
    clear: float = 7.0
    posts: bool = True
    signs_at: float = POST_OFFSET + 0.8

    actors = decals = 0
    step = None

    def place(self, site: Site) -> None:
        """Posts and signs first, then as much as grows."""
        furniture = _signs(site.tracks, site.row, self.signs_at)
        if self.posts:
            furniture = np.concatenate([_posts(site.tracks, site.row), furniture, _rails(site.tracks, site.row)])
        growth = _growth(site, max(self.objects - len(furniture), 0), self.clear)
        site.put(np.concatenate([furniture, growth]))


def _upright(
    tracks: Tracks, row: int, s: NDArray[np.floating], d: NDArray[np.floating], size: tuple[float, float], kind: str
) -> NDArray[np.float64]:
    """Objects (n, 9) of one kind and size at lane coordinates."""
    x, y, _ = to_world(tracks, row, s, d)
    alike = np.broadcast_to([*size, KINDS.index(kind), 0.0, 0.0, 0.0, 0.0], (len(s), 7))
    return np.concatenate([np.stack([x, y], axis=1), alike], axis=1)


def _posts(tracks: Tracks, row: int) -> NDArray[np.float64]:
    """White posts on both sides, closer together in bends."""
    bend = np.abs(tracks.curvature[row, : tracks.count[row]]) > _BEND
    s = np.arange(0, len(bend), _POST_EVERY[0])
    kept = s[bend[s] | (s % _POST_EVERY[1] == 0)] * SPACING
    both = np.concatenate([kept, kept])
    side = np.repeat([POST_OFFSET, -POST_OFFSET], len(kept))
    return _upright(tracks, row, both, side, _POST, "delineator")


def _signs(tracks: Tracks, row: int, away: float) -> NDArray[np.float64]:
    """Red and white curve signs along the outside of the tight bends, between the posts.

    The sign of a sign's tint is where its chevrons point: + left.
    """
    curvature = tracks.curvature[row, : tracks.count[row]]
    s = np.arange(_SIGN_EVERY // 2, len(curvature), _SIGN_EVERY)
    tight = s[np.abs(curvature[s]) > _SIGN_BEND]
    outside = -np.sign(curvature[tight]) * away
    signs = _upright(tracks, row, tight * SPACING, outside, _SIGN, "curve sign")
    signs[:, TINT] = np.sign(curvature[tight])
    return signs


def _rails(tracks: Tracks, row: int) -> NDArray[np.float64]:
    """Guard rails (n, 9) along the outside of the tight bends, where no other stretch of road is near."""
    curvature = tracks.curvature[row, : tracks.count[row]]
    s = np.arange(_RAIL_LENGTH // 2, len(curvature), _RAIL_LENGTH)
    tight = s[np.abs(curvature[s]) > _SIGN_BEND]
    side = -np.sign(curvature[tight])
    rails = _upright(tracks, row, tight * SPACING, side * _RAIL_AT, _RAIL, "guard rail")
    _, _, heading = to_world(tracks, row, tight * SPACING, side * _RAIL_AT)
    stretched = _RAIL_LENGTH * SPACING * (1.03 + _RAIL_AT * np.abs(curvature[tight]))
    rails[:, YAW] = heading + np.where(side > 0, np.pi, 0.0)
    rails[:, LENGTH] = stretched
    return rails


def _growth(site: Site, most: int, clear: float) -> NDArray[np.float64]:
    """Trees and bushes (at most `most`, 9) in groves, each mostly of one kind, with gaps between them."""
    tracks, row, rng = site.tracks, site.row, site.rng
    tries = 4 * most
    length = tracks.length[row]
    groves = int(length / 22)
    grove = rng.integers(0, groves, tries)
    middle, spread = rng.uniform(0, length, groves), rng.uniform(3, 16, groves)
    side, away = rng.choice([-1.0, 1.0], groves), rng.uniform(0, 9, groves)
    leader = rng.choice(len(_GROWTH), groves, p=_LEADS)
    plant = np.where(rng.random(tries) < 0.75, leader[grove], rng.integers(0, len(_GROWTH), tries))
    s = middle[grove] + spread[grove] * rng.standard_normal(tries)
    d = side[grove] * (clear + 0.6 + away[grove] + rng.exponential(6.0, tries))
    height = rng.uniform(_LOW[plant], _HIGH[plant])
    width = height * _SLENDERNESS[plant] * rng.uniform(0.85, 1.15, tries)
    tint = rng.uniform(-1, 1, tries)
    x, y, _ = to_world(tracks, row, s, d)
    kept = np.flatnonzero(site.clear(x, y, clear + width / 4))[:most]
    upright = np.zeros(tries)
    return np.stack([x, y, width, height, _GROWTH_KINDS[plant], tint, upright, upright, upright], axis=1)[kept]
