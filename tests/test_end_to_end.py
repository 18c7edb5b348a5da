"""From nothing to a video, the way a user goes: train a little, kill it, resume, evaluate, record, and watch."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

ROOT = Path(__file__).parent.parent
TINY = (
    *("--tracks", "3", "--rounds", "3", "--steps-per-round", "8", "--drive-steps", "5", "--batch", "8"),
    *("--closing.from-round", "1", "--save-every", "4"),
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def run(*arguments: str) -> str:
    result = subprocess.run(command(*arguments), capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def kill_once_saved(arguments: list[str], saved: Path) -> None:
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not saved.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert saved.exists()


def decoded(path: Path) -> tuple[int, int, int, str]:
    with av.open(path) as container:
        frames = list(container.decode(video=0))
    return len(frames), frames[0].width, frames[0].height, frames[0].format.name


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("end-to-end") / "run"
    kill_once_saved(command("-m", "agent.train", "--out", str(out), *TINY), out / "training.safetensors")
    run("-m", "agent.train", "--out", str(out), *TINY, "--resume")
    return out


def test_the_resumed_run_is_complete(trained: Path) -> None:
    assert json.loads((trained / "config.json").read_text())["training"]["steps"] == 24
    steps = [int(line.split(",")[0]) for line in (trained / "log.csv").read_text().splitlines()[1:]]
    assert steps == sorted(set(steps)), "no step is logged twice"
    assert steps[-1] == 24


@pytest.mark.parametrize("suite", ["driving", "faithfulness"])
def test_it_can_be_evaluated(trained: Path, tmp_path: Path, suite: str) -> None:
    few = ("--episodes", "3", "--seed-start", "10000", "--frames", "48")
    run("-m", "agent.evaluate", str(trained), "--suite", suite, *few, "--out", str(tmp_path))
    report = json.loads((tmp_path / "report.json").read_text())
    assert trained.name in report["policies"]


def test_it_can_be_recorded_and_watched(trained: Path, tmp_path: Path) -> None:
    video = tmp_path / "drive.mp4"
    run("run_demo.py", "--policy", str(trained), "--headless", "--seconds", "2", "--record", str(video))
    assert decoded(video) == (120, 1280, 720, "yuv420p")
