"""Ctrl-C while a program is loaded, while it runs and while it ends."""

from sim.interrupts import INTERRUPTED, interruptible, is_ours

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_ctrl_c_in_main_is_its_status_and_no_traceback() -> None:
    @interruptible
    def main() -> int:
        raise KeyboardInterrupt

    assert main() == INTERRUPTED


def test_whoever_uses_the_package_keeps_their_own_handler() -> None:
    before = signal.getsignal(signal.SIGINT)

    @interruptible
    def main() -> int:
        return 3

    assert main() == 3
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("command", "script", "ours"),
    [
        ("python -X dev run_demo.py --list", "run_demo.py", True),
        ("python -m agent.train --out x", "-m", True),
        ("python -u -m sim.benchmark", "-m", True),
        ("/usr/bin/python /usr/bin/redgaze --tour", "/usr/bin/redgaze", True),
        ("python -m pytest tests", "-m", False),
        ("python my_agent.py", "my_agent.py", False),
        ("python", "", False),
    ],
)
def test_whose_program_it_is(command: str, script: str, ours: bool) -> None:
    assert is_ours(command.split(), script) is ours


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("program", "loaded"),
    [(("run_demo.py", "--list"), "numpy"), (("-m", "agent.evaluate"), "numpy"), (("-m", "sim.gallery"), "numpy")],
    ids=["run_demo", "agent.evaluate", "sim.gallery"],
)
def test_ctrl_c_while_a_program_is_loaded_says_nothing(program: tuple[str, ...], loaded: str) -> None:
    """Python tells on stderr what it imports; when the first heavy module comes up, Ctrl-C is pressed."""
    command = [sys.executable, "-X", "importtime", *program]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        for line in started.stderr:
            if loaded in line:
                started.send_signal(signal.SIGINT)
                break
        rest = started.stderr.read()
        assert started.wait() == INTERRUPTED
    assert [line for line in rest.splitlines() if not line.startswith("import time:")] == []
