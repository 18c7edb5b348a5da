"""What lives beside and on the road: scenarios, composed of parts. docs/scenarios.md shows how to make one."""

from sim.scenario.buildings import Billboards, Buildings, Pavement, StreetLamps
from sim.scenario.composed import Furnishing, Scenario
from sim.scenario.lights import Lights
from sim.scenario.obstacles import Cones, ParkedCars
from sim.scenario.part import Part
from sim.scenario.people import Crossings, Strollers
from sim.scenario.roadside import Roadside
from sim.scenario.shipped import SCENARIOS, name_of, scenario
from sim.scenario.vehicles import Vehicles

__all__ = [
    "SCENARIOS",
    "Billboards",
    "Buildings",
    "Cones",
    "Crossings",
    "Furnishing",
    "Lights",
    "ParkedCars",
    "Part",
    "Pavement",
    "Roadside",
    "Scenario",
    "StreetLamps",
    "Strollers",
    "Vehicles",
    "name_of",
    "scenario",
]
