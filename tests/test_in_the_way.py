"""A user's own sim.py or agent.py that hides ours is named in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("sim.py", ["run_demo.py", "--list"]),
        ("agent.py", ["run_demo.py", "--list"]),
        ("sim.py", ["-m", "agent.train", "--help"]),
        ("sim.py", ["-m", "agent.evaluate", "--help"]),
    ],
)
def test_the_file_is_named(name: str, command: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine = True\n")
    shutil.copy(ROOT / "run_demo.py", tmp_path)
    ended = run(tmp_path, *command)
    assert ended.returncode == 2
    assert ended.stderr == f"error: {tmp_path / name} is in the way of RedGaze's own `{name[:-3]}`: rename it\n"


def test_a_script_beside_it_is_told_in_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "sim.py").touch()
    (tmp_path / "mine.py").write_text("from agent import load_policy\n")
    ended = run(tmp_path, "mine.py")
    assert f"ImportError: {tmp_path}/sim.py is in the way" in ended.stderr.splitlines()[-1]


def test_what_is_beside_a_named_file_is_not_in_the_way(tmp_path: Path) -> None:
    """`sim` is long loaded when FILE.py:object is."""
    (tmp_path / "sim.py").touch()
    (tmp_path / "own.py").write_text("from sim.scenario import Roadside, Scenario\nfew = Scenario((Roadside(3),))\n")
    line = f"from sim.scenario import scenario; print(scenario({str(tmp_path / 'own.py:few')!r}).max_objects)"
    assert int(run(ROOT, "-c", line).stdout) >= 3
