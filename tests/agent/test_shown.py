"""What pixels show: by hand for one frame of each kind, and against the camera's own classes in a town."""

import numpy as np

from agent.families.topk_patches.network import TopKPatchesConfig
from agent.shown import SHOWN, shown
from agent.train.drives import Rows
from agent.train.restage import restage
from agent.train.roads import RoadPool
from sim import track, vehicle
from sim.kinds import ROLES
from sim.policy import PolicySpec
from sim.scenario.actors import ACTOR_COLUMNS, LIGHT_PHASES, MODE, PLACE, ROLE, WALKS
from sim.scene import CLASSES


def actor(role: str, mode: int = 0) -> np.ndarray:
    row = np.zeros(len(ACTOR_COLUMNS))
    row[ROLE], row[MODE] = ROLES.index(role), mode
    return row


def test_by_hand() -> None:
    people = [actor("pedestrian", WALKS.index(walk)) for walk in ("crossing", "waiting", "strolling")]
    lights = [actor("light", LIGHT_PHASES.index(phase)) for phase in ("green", "amber", "red")]
    others = [actor("vehicle"), actor("parked"), actor("cone"), actor("none")]
    actors = np.stack([*people, *lights, *others])[None]
    instance = np.arange(13, dtype=np.uint16).reshape(1, 1, 13)  # nothing, ten actors, two that are no actors
    expected = [
        *["nothing", "crossing", "pedestrian", "pedestrian", "go", "stop", "stop"],
        *["vehicle", "obstacle", "obstacle", "nothing", "nothing", "nothing"],
    ]
    assert [("nothing", *SHOWN)[what] for what in shown(instance, actors)[0, 0]] == expected


def before_crossings(town: RoadPool) -> Rows:
    """Cars on their lane, 15 m before each crossing and each light, lamps and people drawn afresh."""
    actors = town.world.actors
    crossing = (actors[..., ROLE] == ROLES.index("pedestrian")) & (actors[..., MODE] != WALKS.index("strolling"))
    road, who = np.nonzero(crossing | (actors[..., ROLE] == ROLES.index("light")))
    s = (actors[road, who, PLACE] - 15) % town.world.tracks.length[road]
    state = np.zeros((len(road), 7))
    state[:, [vehicle.X, vehicle.Y, vehicle.YAW]] = track.to_world(town.world.tracks, road, s, track.LANE_CENTRE).T
    rows = Rows(road, state, s, actors[road].astype(np.float32), *np.zeros((3, len(road)), np.int64))
    restage(rows.actors, s, town.world.tracks.length[road], np.random.default_rng(0))
    return rows


def test_in_a_town_it_goes_with_the_classes() -> None:
    """Each thing that is shown is of the class that the camera gives it, and sky, road and houses are none of them."""
    spec = PolicySpec((72, 128), TopKPatchesConfig().field_of_view, "selection")
    town = RoadPool(range(6), "town", spec, seed=0)
    rows = before_crossings(town)
    x, y, yaw = (rows.state[:, column] for column in (vehicle.X, vehicle.Y, vehicle.YAW))
    objects = town.world.scenario.draw(
        town.world.tracks, rows.road, rows.actors.astype(np.float64), town.world.objects[rows.road]
    )
    frames = town.camera.render(
        town.world.scene(), rows.road, np.stack([x, y, yaw], 1), town.looks[: len(rows)], truth=True, objects=objects
    )
    what = shown(frames.instance, rows.actors)
    classes = {
        "vehicle": "vehicle",
        "crossing": "pedestrian",
        "pedestrian": "pedestrian",
        "stop": "light",
        "go": "light",
    }
    for name, kind in classes.items():
        seen = frames.segmentation[what == SHOWN.index(name) + 1]
        assert len(seen) > 20, f"no {name} in sight"
        assert (seen == CLASSES.index(kind)).all()
    others = np.isin(frames.segmentation, [CLASSES.index(each) for each in ("sky", "road", "building")])
    assert not what[others].any()
