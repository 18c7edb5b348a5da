"""`sim.view.show`: a drive as a film inside a notebook."""

import base64
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

import sim.view
from sim.cells import CellGrid
from sim.policy import Attention, Decision, PolicySpec
from sim.view.ink import RED
from sim.view.notebook import PLAYER_SIZE, Player

RATE = 60
SECONDS = 0.2


class LeftHalf:
    """Reads the left half of every frame, and drives straight on."""

    spec = PolicySpec((72, 128), 1.396, "selection")

    def __init__(self) -> None:
        self.asked = 0

    def initial_state(self, n):
        return None

    def act(self, observation, state, *, keep=None):
        self.asked += 1
        kept = np.array([[[True, False]]])
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 2), "selection", kept)
        return Decision(np.array([[0.0, 0.5]], np.float32), attention), None


@pytest.fixture
def no_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails where anything stays in the temporary or the working folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.iterdir())


def pictures(video: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(video)) as container:
        assert container.streams.video[0].average_rate == RATE
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def comment(video: bytes) -> str:
    with av.open(io.BytesIO(video)) as container:
        return container.metadata["comment"]


def how_red(picture: np.ndarray) -> float:
    """How far red stands above green, as a share of what pure overlay red has."""
    return float((picture[..., 0].astype(float) - picture[..., 1]).mean() / (RED[0] - RED[1]))


@pytest.mark.usefixtures("no_leftovers")
def test_a_film_as_long_as_asked_shows_what_the_policy_reads() -> None:
    policy = LeftHalf()
    shown = pictures(sim.view.show(policy, seconds=SECONDS, view="camera").video)
    assert len(shown) == SECONDS * RATE
    assert {picture.shape for picture in shown} == {(*PLAYER_SIZE, 3)}
    left, right = np.split(shown[-1], 2, axis=1)
    assert how_red(left) > how_red(right) + 0.15
    assert how_red(right) < 0.1
    assert policy.asked >= SECONDS * 20


@pytest.mark.usefixtures("no_leftovers")
def test_the_page_holds_the_whole_film() -> None:
    player = sim.view.show("expert", theme="snow", seed=20_003, seconds=0.05)
    (data,) = re.findall(r'<video [^>]*src="data:video/mp4;base64,([^"]+)"></video>', player._repr_html_())
    assert base64.b64decode(data, validate=True) == player.video
    assert len(pictures(player.video)) == 3
    assert player.title == "expert in snow, open-road, seed 20003"
    assert '"seed": 20003' in comment(player.video)


def test_a_title_cannot_break_out_of_the_page() -> None:
    assert 'title="&quot;&gt;&lt;b&gt;"' in Player(b"", '"><b>')._repr_html_()


def test_its_name_in_a_list_is_short() -> None:
    assert len(repr(Player(bytes(10_000), "a drive"))) < 100


def test_a_film_is_saved_whole(tmp_path: Path) -> None:
    Player(b"film", "a drive").save(tmp_path / "drive.mp4")
    assert (tmp_path / "drive.mp4").read_bytes() == b"film"
    with pytest.raises(ValueError, match=r"cannot save to 'drive\.gif': expected a name ending in \.mp4"):
        Player(b"film", "a drive").save("drive.gif")


@pytest.mark.parametrize(
    ("policy", "options", "message"),
    [
        (
            "topk-patches",
            {},
            r"policy is the name 'topk-patches'; expected a loaded policy "
            r"\(from agent import load_policy; load_policy\('topk-patches'\)\), or 'expert'",
        ),
        (7, {}, r"policy is of type int; expected an object with spec, initial_state and act"),
        ("expert", {"seconds": 0}, "seconds is 0; expected a finite number above 0"),
        ("expert", {"seconds": float("inf")}, "seconds is inf; expected"),
        ("expert", {"seconds": float("nan")}, "seconds is nan; expected"),
        ("expert", {"view": "windw"}, r"unknown view 'windw' \(did you mean 'window'\?\); choose from: .*camera"),
        ("expert", {"theme": "snwo"}, r"unknown theme 'snwo' \(did you mean 'snow'\?\)"),
        ("expert", {"scenario": "open road"}, r"unknown scenario 'open road' \(did you mean 'open-road'\?\)"),
        ("expert", {"seed": -1}, "seed -1: expected a whole number from 0"),
    ],
)
@pytest.mark.usefixtures("no_leftovers")
def test_mistakes_are_one_line(policy, options, message) -> None:
    with pytest.raises(ValueError, match=message) as mistake:
        sim.view.show(policy, **options)
    assert "\n" not in str(mistake.value)


@pytest.mark.usefixtures("no_leftovers")
def test_a_policy_that_fails_leaves_no_file() -> None:
    class Failing(LeftHalf):
        def act(self, observation, state, *, keep=None):
            if self.asked == 2:
                raise RuntimeError("out of ideas")
            return super().act(observation, state)

    with pytest.raises(RuntimeError, match="out of ideas"):
        sim.view.show(Failing(), seconds=SECONDS)


def test_the_package_stays_light_until_it_is_asked() -> None:
    code = "import sys, sim.view; print(*sys.modules); sim.view.show; print('sim.view.notebook' in sys.modules)"
    before, after = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.splitlines()
    assert not {"av", "cv2", "numba", "sim.view.notebook"} & set(before.split())
    assert after == "True"
