"""The shipped scenarios, and how one is found by name."""

from sim.lookup import named
from sim.scenario.buildings import Billboards, Buildings, Pavement, StreetLamps
from sim.scenario.composed import Scenario
from sim.scenario.lights import Lights
from sim.scenario.obstacles import Cones, ParkedCars
from sim.scenario.people import Crossings, Strollers
from sim.scenario.roadside import Roadside
from sim.scenario.vehicles import Vehicles

ROADSIDE = Roadside()

TRAFFIC = (Cones(2), ParkedCars(3), Vehicles(along=3, oncoming=5))

SCENARIOS = {
    "open-road": Scenario((ROADSIDE,), "an empty road"),
    "traffic": Scenario((*TRAFFIC, ROADSIDE), "cars ahead and oncoming, parked cars, cones"),
    "town": Scenario(
        (
            *(Crossings(3), Lights(4), Cones(1), ParkedCars(2, most=2)),
            *(Vehicles(along=2, oncoming=5, wish=(8.0, 12.0)), Strollers(8), Pavement()),
            *(StreetLamps(), Billboards(), Buildings(), Roadside(160, clear=7.4, posts=False, signs_at=6.2)),
        ),
        "traffic, lights, zebra crossings with people, houses",
    ),
}


def scenario(wanted: str | Scenario) -> Scenario:
    """The scenario of that name, of one's own as `sim.lookup.named` has it, or the one that is given. ValueError in one
    line for what is none."""
    return named("scenario", wanted, SCENARIOS, Scenario)


def name_of(wanted: str | Scenario) -> str:
    """What to call a scenario to people: its name where it has one, else what it is about."""
    names = (name for name, known in SCENARIOS.items() if wanted in (name, known))
    return next(names, "") or (wanted if isinstance(wanted, str) else wanted.about or "without a name")
