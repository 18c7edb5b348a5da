"""What lives beside and on the road: scenarios, by name or made of parts."""

from sim.errors import unknown
from sim.scenario.composition import Scenario
from sim.scenario.crossings import Crossings, Strollers
from sim.scenario.lights import Lights
from sim.scenario.obstacles import Cones, ParkedCars
from sim.scenario.part import Instant, Part
from sim.scenario.roadside import Roadside
from sim.scenario.site import Site
from sim.scenario.street import Billboards, Buildings, Pavement
from sim.scenario.vehicles import Vehicles

__all__ = [
    "SCENARIOS",
    "Billboards",
    "Buildings",
    "Cones",
    "Crossings",
    "Instant",
    "Lights",
    "ParkedCars",
    "Part",
    "Pavement",
    "Roadside",
    "Scenario",
    "Site",
    "Strollers",
    "Vehicles",
    "register",
    "scenario",
]

SCENARIOS = {
    "open-road": Scenario((Roadside(),)),
    "traffic": Scenario((ParkedCars(groups=4), Cones(groups=3), Vehicles(ahead=3, behind=1, oncoming=5), Roadside())),
    "town": Scenario(
        (
            Pavement(),
            Crossings(count=3, people=3),
            Lights(count=4),
            ParkedCars(groups=2, most=2),
            Cones(groups=1),
            Vehicles(ahead=2, behind=1, oncoming=4),
            Strollers(count=8),
            Billboards(count=5),
            Buildings(most=120),
            Roadside(most=96, posts=False, signs_at=6.2),
        )
    ),
}


def scenario(wanted: str | Scenario) -> Scenario:
    """The scenario of that name, or the one that is given. Raises ValueError naming the nearest known one."""
    if isinstance(wanted, Scenario):
        return wanted
    if wanted not in SCENARIOS:
        raise unknown("scenario", wanted, SCENARIOS)
    return SCENARIOS[wanted]


def register(name: str, made: Scenario) -> None:
    """Let `made` be known by a name wherever one is asked for. ValueError for a name that is taken."""
    if name in SCENARIOS:
        raise ValueError(f"scenario {name!r} is there already: expected a name other than {', '.join(SCENARIOS)}")
    SCENARIOS[name] = made
