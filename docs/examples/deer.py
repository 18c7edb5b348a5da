"""A road user of one's own, whole: deer that stand beside the road and step out before a car.

`python run_demo.py --scenario docs/examples/deer.py:scenario --policy expert`; docs/scenarios.md tells how it works.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.kinds import Dot, Kind, Role, Sprite, register_kind, register_role
from sim.scenario import Roadside, Scenario
from sim.scenario.actors import WAITING
from sim.scenario.people import CROSSING_EDGE, SHY_SHARE, walk

SIZE, SPREAD = {"length": 1.7, "width": 0.55, "height": 1.95}, 3.6  # metres; its picture's width over its own
COAT = ((0.40, 0.26, 0.15), (0.09, 0.07, 0.06), (0.86, 0.76, 0.60))
FUR, DARK, PALE = np.eye(3)  # what a limb shows of the coat's three colours
HORN, HOOF, SHANK = 0.55 * PALE + 0.25 * DARK, 0.9 * DARK, 0.6 * FUR + 0.3 * DARK

# limbs: x, y of both ends and both widths in metres, and what they show; first from the side, on its way to the left
SIDE = [(-0.2, 0.8, 0.45, 0.83, 0.16, 0.16, 0.8 * PALE), (-0.22, 1.0, 0.52, 1.0, 0.54, 0.48, FUR)]
SIDE += [(0.7, 1.04, 0.72, 0.9, 0.16, 0.1, PALE), (-0.3, 1.08, -0.62, 1.42, 0.4, 0.2, 0.93 * FUR)]
SIDE += [(-0.6, 1.45, -0.86, 1.34, 0.2, 0.1, FUR), (-0.86, 1.34, -0.88, 1.33, 0.1, 0.09, HOOF)]
SIDE += [(-0.56, 1.5, -0.4, 1.56, 0.1, 0.03, 0.8 * FUR), (-0.6, 1.52, -0.5, 1.75, 0.06, 0.05, HORN)]
SIDE += [(-0.5, 1.75, -0.6, 1.92, 0.05, 0.04, HORN), (-0.57, 1.62, -0.74, 1.76, 0.05, 0.04, HORN)]
HALF = [(0.08, 1.5, 0.26, 1.54, 0.1, 0.03, 0.8 * FUR), (0.05, 1.56, 0.2, 1.74, 0.06, 0.05, HORN)]
HALF += [(0.2, 1.74, 0.14, 1.92, 0.05, 0.04, HORN), (0.15, 1.66, 0.32, 1.8, 0.05, 0.04, HORN)]
EITHER = [(0, 0.82, 0, 1.06, 0.46, 0.42, 0.95 * FUR), (0, 1.1, 0, 1.5, 0.3, 0.2, 0.9 * FUR), *HALF]
EITHER += [(-x, y, -x_end, *rest) for x, y, x_end, *rest in HALF]
FRONT = [*EITHER, (0, 1.5, 0, 1.32, 0.18, 0.1, FUR), (0, 1.32, 0, 1.3, 0.1, 0.1, HOOF)]
BACK = [*EITHER, (0, 1.04, 0, 0.86, 0.46, 0.4, FUR), (0, 1.0, 0, 0.86, 0.26, 0.14, PALE)]


def limb(canvas, x, y, x_end, y_end, width, width_end, shown):
    """Tapering, with round ends."""
    start, end = x + 1j * y, x_end + 1j * y_end
    turn = np.exp(1j * (np.angle(end - start) + np.linspace(-np.pi / 2, np.pi / 2, 9)))
    rim = np.concatenate([end + width_end / 2 * turn, start - width / 2 * turn])
    canvas.polygon(np.stack([0.5 + rim.real / (SPREAD * SIZE["width"]), rim.imag / SIZE["height"]], axis=1), shown)


def paint(rng, canvas, limbs, reach, phase):
    """Legs, then all other limbs. reach: how far a leg swings, in metres; phase: of a stride, None where it stands."""
    for x, later, shade in [(-0.2, 0.5, 0.7), (0.6, 0.0, 0.7), (-0.3, 0.0, 1.0), (0.5, 0.5, 1.0)]:
        turn = 2 * np.pi * ((phase or 0.0) + later)
        swing, lift = (0.0, 0.0) if phase is None else (reach * np.sin(turn), 0.1 * max(0.0, np.cos(turn)))
        hip = x if reach else 0.2 * np.sign(x)
        limb(canvas, hip, 0.85, hip - swing / 2, 0.44 + lift, 0.26, 0.12, 0.92 * shade * FUR)
        limb(canvas, hip - swing / 2, 0.44 + lift, hip - swing, 0.06 + lift, 0.11, 0.08, shade * SHANK)
        limb(canvas, hip - swing, 0.06 + lift, hip - swing - 0.02, 0.04 + lift, 0.09, 0.09, HOOF)
    for row in limbs:
        limb(canvas, *row)


VIEWS = [partial(paint, limbs=limbs, reach=reach) for limbs, reach in ((FRONT, 0.0), (BACK, 0.0), (SIDE, 0.22))]
PICTURES = tuple(partial(view, phase=phase) for view in VIEWS for phase in (None, 0.125, 0.375, 0.625, 0.875))
LOOK = Sprite((192, 192), (COAT,), SPREAD, "aspects", painters=PICTURES)
register_kind(Kind("deer", "obstacle", LOOK, mark=Dot(0.8, (214, 150, 90))))
register_role(Role("deer", outline="box", gait="walks", manner="yield", cause="deer", infraction="deer", penalty=0.6))


@dataclass(frozen=True)
class Deer:
    """One each at so many places, on either side of the road; they wait for a car as people do, and are no shyer."""

    count: int = 4
    roles, objects, decals, step = ("deer",), 0, 0, staticmethod(walk)
    actors = property(lambda self: self.count)

    def place(self, site):
        """On stretches that are seen from afar."""
        for s in filter(None, [site.reserve(25.0, 8.0) for _ in range(self.count)]):
            side, wish, chance = site.rng.choice([-1, 1]), site.rng.uniform(1.5, 2.5), site.rng.uniform(SHY_SHARE, 1)
            where = {"s": s, "place": s, "d": side * CROSSING_EDGE, "heading": -side * np.pi / 2, "mode": WAITING}
            site.add_actors("deer", "deer", **where, wish=wish, chance=chance, **SIZE)


scenario = Scenario((Deer(), Roadside()), "deer that cross")
