"""`sim.view.figure`: one moment of a drive for print."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sim.view
from sim.cells import CellGrid
from sim.policy import Attention, Decision, PolicySpec
from sim.view.paper import PANELS


class Left:
    """Reads the left half of every frame, and drives straight on."""

    spec = PolicySpec((72, 128), 1.396, "selection")
    provenance = {"policy": "left"}  # noqa: RUF012

    def initial_state(self, n):
        return None

    def act(self, observation, state, *, keep=None):
        kept = np.array([[[True, False]]])
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 2), "selection", kept)
        return Decision(np.array([[0.0, 0.5]], np.float32), attention), None


def test_a_png_has_its_size_its_red_and_its_provenance(tmp_path: Path) -> None:
    path = sim.view.figure(Left(), file=tmp_path / "a" / "fig.png", at=0.1, width=6, dpi=100, seed=20003)
    image = Image.open(path)
    made, pixels = json.loads(image.info["Comment"]), np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape[1] == 600
    assert (made["policy"], made["seed"], made["at"], made["scenario"]) == ("left", 20003, 0.1, "open-road")
    assert made["versions"]["world"]
    assert "50 % of the picture" in image.info["Title"]
    large = pixels[10:240, 10:430]
    redness = large[..., 0] - large[..., 1:].max(axis=-1)
    assert redness[:, 20:190].mean() > redness[:, 240:400].mean() + 20


def test_a_pdf_has_text_vectors_and_its_provenance(tmp_path: Path) -> None:
    path = sim.view.figure("expert", file=tmp_path / "fig.pdf", width=3, dpi=60, panels=("picture", "above"))
    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/Font" in data
    assert b"RedGaze" in data
    assert b"20000" in data


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_can_stand_alone(tmp_path: Path, panel: str) -> None:
    path = sim.view.figure(Left(), file=tmp_path / "fig.png", width=2, dpi=50, panels=(panel,), spotlight=True)
    assert np.asarray(Image.open(path)).std() > 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"file": "fig.jpg"}, "expected a name ending in .pdf or .png"),
        ({"at": -1}, "at is -1; expected"),
        ({"at": float("nan")}, "at is nan; expected"),
        ({"width": 0}, "width is 0; expected 1 to 40"),
        ({"dpi": 5000}, "dpi is 5000; expected 30 to 1200"),
        ({"panels": ("picture", "mapp")}, "did you mean 'map'"),
        ({"panels": ()}, "panels is empty"),
        ({"view": "chasee"}, "did you mean 'chase'"),
        ({"spotlicht": True}, "did you mean 'spotlight'"),
        ({"policy": "topk-patches"}, "load_policy"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, options: dict, words: str) -> None:
    wanted = {"policy": Left(), "file": tmp_path / "fig.png", **options}
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        sim.view.figure(wanted.pop("policy"), **wanted)
    assert words in str(error.value)
    assert not list(tmp_path.iterdir())


def test_an_episode_that_ends_before_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="this episode ends after"):
        sim.view.figure(Left(), file=tmp_path / "fig.png", at=60)


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = sim.view.figure("expert", file="~/fig.png", width=2, dpi=50)
    assert path == tmp_path / "fig.png"
    assert path.exists()
