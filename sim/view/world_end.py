"""How an episode of a simulated world ended, for people: with whom, how fast, how far. Pure functions of instants."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.instant import Instants
from sim.kinds import KINDS, ROLES
from sim.metrics import driving_score
from sim.scenario.actors import ROLE
from sim.scene import KIND, LENGTH, WIDTH, YAW, X, Y
from sim.vehicle import CONTROL_STEP, EGO_LENGTH, EGO_WIDTH
from sim.view.source import End

CRASH, ROAD_LEFT, ROUTE_DONE, TIME_LIMIT = "crash", "road left", "route done", "time limit"

NARROWEST = 0.3
"""Metres: what has no length is as long as wide, and nothing is thinner than this."""

FIRM_CLASS = "building"
"""What nobody drives through, though the world itself counts no contact with it."""


class Deed(NamedTuple):
    """An infraction, as one would say it. did: of who did it once; counted: before a number of them."""

    did: str
    counted: str


DEEDS = {
    "red-light": Deed("ran a red light", "red lights run"),
    "off-road": Deed("left the road", "off the road"),
    "wrong-lane": Deed("was in the wrong lane", "in the wrong lane"),
    "pedestrian": Deed("hit a person", "people hit"),
    "vehicle": Deed("hit a vehicle", "vehicles hit"),
    "static-object": Deed("hit an obstacle", "things hit"),
}


def deed(infraction: str) -> Deed:
    """What somebody did who is counted for that infraction; of those that have no words, its name."""
    name = infraction.replace("-", " ")
    return DEEDS.get(infraction, Deed(f"is counted for: {name}", name))


def gaps(objects: NDArray[np.float32], pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres (M,) from the ego's outline at `pose` (3,) to that of each object (M, 9), 0 and less where they touch.

    The widest of the gaps between their shadows on the four axes of their sides: of two boxes that are apart it is at
    most their distance. Infinite for empty rows.
    """
    size = np.maximum(np.stack([objects[:, LENGTH], objects[:, WIDTH]], axis=1), NARROWEST).astype(float)
    size[:, 0] = np.where(objects[:, LENGTH] > 0, size[:, 0], size[:, 1])
    turn = objects[:, YAW].astype(float) - pose[2]
    there = objects[:, [X, Y]].astype(float) - pose[:2]
    ours, theirs = np.array([EGO_LENGTH, EGO_WIDTH]), size
    found = np.maximum(_apart(there, pose[2], ours, theirs, turn), _apart(there, objects[:, YAW], theirs, ours, turn))
    return np.where(objects[:, KIND] >= 0, found, np.inf)


def _apart(there: Any, yaw: Any, along: Any, other: Any, turn: Any) -> NDArray[np.float64]:
    """The wider of the gaps on the two axes of a box of that yaw and size (length, width); the other is turned."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    ahead, left = abs(there[:, 0] * cos + there[:, 1] * sin), abs(there[:, 1] * cos - there[:, 0] * sin)
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    length, width = other[..., 0], other[..., 1]
    first = ahead - 0.5 * (along[..., 0] + length * c + width * s)
    return np.maximum(first, left - 0.5 * (along[..., 1] + length * s + width * c))


def hit(objects: NDArray[np.float32], pose: NDArray[np.float64]) -> int | None:
    """The row of what nobody drives through and the ego at `pose` (3,) has driven into; None for nothing."""
    firm = [index for index, kind in enumerate(KINDS.values()) if kind.class_name == FIRM_CLASS]
    rows = np.flatnonzero(np.isin(objects[:, KIND], firm))
    touching = rows[gaps(objects[rows], pose) <= 0]
    return int(touching[0]) if len(touching) else None


def touched(before: Instants, after: Instants, objects: NDArray[np.float32], names: tuple[str, ...]) -> int | None:
    """The row of the actor that a crash was with: the nearest of those that the new infractions are about."""
    new = {name for name, more in zip(names, (after.infractions - before.infractions)[0] > 0, strict=True) if more}
    roles = np.array([role.infraction in new and role.manner != "stop" for role in ROLES.values()])
    rows = np.flatnonzero(roles[after.actors[0, :, ROLE].astype(int)])
    if not len(rows):
        return None
    return int(rows[np.argmin(gaps(objects[rows], after.pose[0]))])


def thing(instant: Instants, objects: NDArray[np.float32], row: int) -> str:
    """What the object in that row is called: its kind, and whether it is parked."""
    kind = KINDS.names[int(objects[row, KIND])]
    parked = row < instant.actors.shape[1] and ROLES.names[int(instant.actors[0, row, ROLE])] == "parked"
    return f"parked {kind}" if parked else kind


def crash(speed: float, name: str, row: int | None) -> End:
    """Somebody or something was hit at `speed` m/s."""
    return End("Crash", f"It hit a {name} at {3.6 * speed:.0f} km/h.", row, name)


def done(summary: dict[str, Any], seconds: float) -> End:
    """The whole lap."""
    faults = [f"{deed(name).counted}: {count}" for name, count in summary["infractions"].items() if count]
    said = f"{', '.join(faults)}.".capitalize() if faults else "No faults."
    score = f"Score {100 * driving_score(summary):.0f} %."
    return End("Route done", f"The whole lap in {clock(seconds)}. {said} {score}")


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def time_over(summary: dict[str, Any], seconds: float) -> End:
    """The time limit."""
    way = f"{100 * summary['route_completion']:.0f} % of the lap is done"
    return End("Time is up", f"{clock(seconds)} were allowed, and {way}.")


def road_left(d: float, speed: float) -> End:
    """The road was left for good, at |d| metres from its middle."""
    return End("Road left", f"It is {abs(d):.0f} m from the middle of the road, at {3.6 * speed:.0f} km/h.")


def seconds_of(instant: Instants) -> float:
    """How long the episode has taken."""
    return float(instant.step[0]) * CONTROL_STEP
