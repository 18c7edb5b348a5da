"""Dumps, read back."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from sim.cells import CellGrid
from sim.policy import Attention, Decision
from sim.view.drive import Drive
from sim.view.dump import PROVENANCE, STEPS, Dump
from sim.view.moment import Culprit, Status
from sim.view.playback import Playback


def read(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / STEPS).read_text().splitlines()]


def drive(source, driver, dump: Dump, steps: int) -> None:
    playback = Playback(Drive(source, {"fake": lambda: driver}, "fake"), [dump])
    for _ in range(3 * steps):
        playback.advance()
    playback.close()


def test_each_step_is_the_exact_pair(tmp_path: Path, source, driver) -> None:
    with Dump(tmp_path / "dump", {"policy": "fake"}) as dump:
        drive(source, driver, dump, 3)
    lines = read(tmp_path / "dump")
    assert [line["step"] for line in lines] == [0, 1, 2]
    for number, line in enumerate(lines):
        arrays = np.load(tmp_path / "dump" / line["file"])
        assert np.all(arrays["frame"] == number)
        assert arrays["action"] == pytest.approx([number / 100, 0])
        assert np.flatnonzero(arrays["kept"]).tolist() == [number]
        assert arrays["map"].sum() == 1
        assert arrays["pose"].tolist() == [number, 0, 0] == line["pose"]
        assert line["action"] == pytest.approx([number / 100, 0])
        assert (line["cause"], line["map_kind"], line["labels"]["seed"]) == ("curve", "selection", "0")
    assert json.loads((tmp_path / "dump" / PROVENANCE).read_text()) == {"policy": "fake"}
    assert len(list((tmp_path / "dump").iterdir())) == 5


def test_a_dump_says_what_bound_the_expert_and_how_far_everything_was(tmp_path: Path, source, driver) -> None:
    status = Status(
        speed=7.0,
        labels={"scenario": "town"},
        pose=(10.0, 20.0, 0.3),
        cause="red-light",
        culprit=Culprit(1, "traffic light", 23.5, (13.0, 24.0)),
        completion=0.5,
        score=0.35,
        infractions={"red-light": 1},
        objects=np.array(
            [[0.0] * 4 + [-1.0] + [0.0] * 4, [13.0, 24.0, 1.0, 5.0, 11.0, 0.0, 0.0, 0.0, 2.0]], np.float32
        ),
    )
    source.status = lambda _: status
    with Dump(tmp_path, {}) as dump:
        drive(source, driver, dump, 1)
    (line,) = read(tmp_path)
    assert line["cause"] == "red-light"
    assert line["cause_object"] == {"row": 1, "kind": "traffic light", "distance": 23.5, "place": [13.0, 24.0]}
    assert (line["completion"], line["score"], line["infractions"]) == (0.5, 0.35, {"red-light": 1})
    arrays = np.load(tmp_path / line["file"])
    assert np.array_equal(arrays["objects"], status.objects)
    np.testing.assert_allclose(arrays["distances"], [np.nan, 5.0])


def test_a_policy_without_a_map_dumps_none(tmp_path: Path, source, driver) -> None:
    driver.decide = lambda *_: (Decision(np.zeros((1, 2), np.float32)), None)
    with Dump(tmp_path, {}) as dump:
        drive(source, driver, dump, 1)
    (line,) = read(tmp_path)
    assert line["map_kind"] is None
    assert sorted(np.load(tmp_path / line["file"]).files) == ["action", "frame", "pose"]


def test_the_heads_of_a_map_are_dumped(tmp_path: Path, source, driver) -> None:
    heads = np.array([[[[0.5, 0.5, 0.0, 0.0]], [[0.0, 0.0, 0.0, 1.0]]]], np.float32)
    attention = Attention(heads.mean(1), CellGrid.tiling(1, 4), "soft attention", heads=heads)
    driver.decide = lambda *_: (Decision(np.zeros((1, 2), np.float32), attention), None)
    with Dump(tmp_path, {}) as dump:
        drive(source, driver, dump, 1)
    arrays = np.load(tmp_path / read(tmp_path)[0]["file"])
    np.testing.assert_array_equal(arrays["heads"], heads[0])
    np.testing.assert_allclose(arrays["map"], arrays["heads"].mean(0))


def test_a_full_disk_leaves_whole_steps_only(tmp_path: Path, source, driver) -> None:
    """In a process of its own, whose files may not grow beyond 2000 bytes: room for a few lines, and for any npz."""
    code = """
        import resource, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from conftest import CountingSource, FollowingDriver
        from sim.view.drive import Drive
        from sim.view.dump import Dump
        from sim.view.playback import Playback
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        with Dump(Path(sys.argv[2]), {}) as dump:
            playback = Playback(Drive(CountingSource(), {"fake": FollowingDriver}, "fake"), [dump])
            try:
                for _ in range(600):
                    playback.advance()
            except OSError as error:
                print(error.filename)
    """
    arguments = [str(Path(__file__).parent), str(tmp_path)]
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True)
    lines = read(tmp_path)
    assert 0 < len(lines) < 200
    assert result.stdout == f"{tmp_path}/step-{len(lines):06d}.npz\n", result.stderr
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == [line["file"] for line in lines]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="empty"):
        Dump(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="it is a file"):
        Dump(tmp_path / "file", {})
