"""What the dashboard says of a map, of the expert and of how a drive goes: words that are true of every driver."""

import math

from sim.driver import Constant, Driver, Expert
from sim.kinds import ROLES
from sim.policy import Kind
from sim.view.moment import Status
from sim.view.reading import Reach

MAP_WORDS: dict[Kind, str] = {
    "selection": "selection: what is not red is dropped",
    "soft attention": "soft attention: red weighs most",
    "activation saliency": "activation saliency: a hint",
    "gradient saliency": "gradient saliency: a hint",
}
"""What each kind of map is, in a few words."""

NOTHING_DROPPED = "all of the picture goes in"

NO_EXPERT = {"none": "sees nothing in the way", "curve": "would take the bend"}
"""What the expert does by causes that are nobody's."""

EXPERT_WORDS = {
    "follow": "would follow the {thing}, {distance:.0f} m",
    "stop": "would stop for the {cause}, {distance:.0f} m",
    "yield": "would wait for the {thing}, {distance:.0f} m",
    "pass": "would pass the {thing}, {distance:.0f} m",
}
"""What it does by a cause of this manner (`sim.kinds.Manner`)."""

HEEDS = "heeds the {thing}, {distance:.0f} m"


def percent(share: float) -> str:
    """A share in [0, 1] as text: whole per cents, one decimal under 1 % so that little is never shown as nothing."""
    value = 100 * share
    return f"{value:.1f} %" if 0 < value < 1 else f"{value:.0f} %"


def expert_words(status: Status) -> str:
    """What the expert would do now, and because of what; "" where nobody knows."""
    if status.cause is None:
        return ""
    cause = status.cause.replace("-", " ")
    if status.culprit is None:
        return NO_EXPERT.get(status.cause, f"heeds the {cause}")
    manners = {role.cause: role.manner for role in ROLES.values()}
    words = EXPERT_WORDS.get(manners.get(status.cause, ""), HEEDS)
    return words.format(thing=status.culprit.kind, cause=cause, distance=status.culprit.distance)


def no_map_words(driver: Driver) -> tuple[str, str]:
    """Two lines about a driver without a map."""
    if isinstance(driver, Expert):
        return "no map", "the expert knows, and looks at nothing"
    if isinstance(driver, Constant):
        return "no map", "this driver looks at nothing"
    return "no map", "it does not tell what it goes by"


def red_words(thing: str, on_it: bool | None, far: Reach | None) -> str:
    """What the red shows: whether it lies on the thing that matters now, or else how far ahead most of it lies."""
    if on_it is not None:
        return f"red on the {thing}" if on_it else f"no red on the {thing}"
    if far is None:
        return "no red anywhere"
    if math.isinf(far.near):
        return "red on sky and horizon alone"
    end = "to the horizon" if math.isinf(far.far) else f"to {far.far:.0f} m ahead"
    return f"red from {far.near:.0f} m {end}"


def way_words(status: Status) -> tuple[tuple[str, str], ...]:
    """How the drive goes, names and values: how far it is, and what of the score of that way is left."""
    if status.completion is None:
        return ()
    way = percent(status.completion)
    if status.score is None:
        return (("way", way),)
    if not status.infractions and status.score >= 0.995 * status.completion:
        return (("way", f"{way}, no faults"),)
    return ("way", way), ("score", f"{percent(status.score / max(status.completion, 1e-9))} so far")
