"""How a thing was made is plain data, whatever it was made of."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.provenance import plain, versions
from sim.scenario import Roadside, Scenario
from sim.theme import load_theme
from sim.view.dump import Dump
from sim.view.notebook import show
from sim.view.recorder import Recorder
from sim.view.recording.provenance import read_provenance


class Own:
    """Says nothing of itself."""


ODD: dict[str, Any] = {
    "scenario": Scenario((Roadside(3),), "few trees"),
    "theme": load_theme("snow"),
    "weights": np.float32(0.5),
    "shape": np.arange(3),
    "rate": math.nan,
    "file": Path("a/b"),
    "kind": Own,
    "it": Own(),
    "some": {3},
    "held": True,
    "none": None,
}
PLAIN = {
    **{"scenario": "few trees", "theme": "snow", "weights": 0.5, "shape": [0, 1, 2], "rate": None, "file": "a/b"},
    **{"kind": "Own", "it": "Own", "some": [3], "held": True, "none": None},
}


def test_whatever_it_holds_it_is_json() -> None:
    assert plain(ODD) == PLAIN
    assert json.loads(json.dumps(plain(ODD), allow_nan=False)) == PLAIN
    assert plain(versions()) == versions()


@pytest.mark.parametrize("ending", ["mp4", "webm", "gif", "webp"])
def test_a_recording_holds_it(ending: str, tmp_path: Path) -> None:
    with Recorder(tmp_path / f"film.{ending}", (18, 32), 20, ODD) as recorder:
        for _ in range(3):
            recorder.write(np.zeros((18, 32, 3), np.uint8))
    assert read_provenance(tmp_path / f"film.{ending}") == PLAIN


def test_a_dump_holds_it(tmp_path: Path) -> None:
    Dump(tmp_path / "dump", ODD)
    assert json.loads((tmp_path / "dump/provenance.json").read_text()) == PLAIN


def test_a_film_of_objects_names_them(tmp_path: Path) -> None:
    film = show("expert", scenario=ODD["scenario"], theme=ODD["theme"], seconds=0.1, view="camera")
    film.save(tmp_path / "film.mp4")
    said = read_provenance(tmp_path / "film.mp4")
    assert (said["scenario"], said["theme"], film.title.split(" in ")[1]) == (
        "few trees",
        "snow",
        "snow, few trees, seed 20000",
    )
