"""The first start: what compiles is told, what fails stops nothing, and nothing is left to compile afterwards."""

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from sim.kernel_cache import Store
from sim.scenario import SCENARIOS
from sim.view import warm_up
from sim.view.actions import NEXT_THEME, NEXT_VIEW
from sim.view.warm_up import CAMERA, NEEDED, SHARES, Compiling, marker, parts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    kept = Store(lambda: tmp_path)
    monkeypatch.setattr(warm_up, "STORE", kept)
    return kept


def programs_that(say: str) -> Compiling:
    """Both programs run this Python code; NAMES are their parts."""

    def command(share: str, first: str) -> Sequence[str]:
        names = [part.name for part in parts(share, first)]
        return [sys.executable, "-c", f"NAMES = {names!r}; SHARE = {share!r}\n{say}"]

    return Compiling("open-road", command)


GOOD = "print('sim.kernel ' + SHARE); [print('part ' + name) for name in NAMES]; print('done')"


def ended(programs: Compiling) -> Compiling:
    for thread in programs._threads:
        thread.join()
    return programs


def test_two_programs_that_end_well_complete_the_cache(store: Store) -> None:
    programs = ended(programs_that(GOOD))
    assert programs.done
    assert programs.words() == ""
    assert programs.not_yet(NEXT_VIEW) == ""
    assert store.has(marker())
    done, of = programs.counts
    assert done == of


@pytest.mark.parametrize(
    "say",
    ["import sys; sys.exit(1)", "print('part ' + NAMES[0])", "raise KeyboardInterrupt"],
    ids=["fails", "stops", "Ctrl-C"],
)
def test_a_program_that_fails_is_not_waited_for_and_completes_nothing(store: Store, say: str) -> None:
    programs = ended(programs_that(say))
    programs.wait(Console(file=io.StringIO()))
    assert programs.done
    assert not store.has(marker())


def test_a_program_that_cannot_be_started_stops_nothing(store: Store) -> None:
    programs = Compiling("open-road", lambda share, first: ["/no/such/python"])
    assert programs.done
    assert not store.has(marker())


def test_the_window_begins_on_what_is_ready_and_says_how_far_the_rest_is(store: Store) -> None:
    needed = f"[print('part ' + name, flush=True) for name in NAMES if name in {NEEDED!r}]; import time; time.sleep(99)"
    programs = programs_that(f"print('sim.a ' + SHARE); {needed}")
    said = io.StringIO()
    programs.wait(Console(file=said, force_terminal=True, width=80), NEEDED)
    assert "compiling, once only" in said.getvalue()
    assert not programs.done
    assert programs.words().startswith("compiling, once only: 2 of ")
    assert "in a moment" in programs.not_yet(NEXT_VIEW)
    assert programs.not_yet(NEXT_THEME) == ""
    programs.close()
    ended(programs)
    assert programs.words() == ""
    assert not store.has(marker())


def test_what_is_compiled_once_is_not_compiled_again(store: Store) -> None:
    store.write(marker(), b"complete")
    with warm_up.compiling("open-road") as programs:
        assert programs is None


def test_where_nothing_can_be_kept_no_programs_are_started(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(warm_up, "STORE", Store())
    with warm_up.compiling("open-road") as programs:
        assert programs is None


def test_the_camera_is_apart_and_each_scenario_has_its_turn() -> None:
    assert [part.name for part in parts(CAMERA, "town")] == [CAMERA]
    names = [part.name for share in SHARES for part in parts(share, "town")]
    assert {*NEEDED, *SCENARIOS} - {"town"} <= set(names)
    assert len(set(names)) == len(names)


EVERYTHING = """
from sim.jit import KERNELS
from sim.scenario import SCENARIOS
from sim.theme import theme_names
from sim.view import warm_up

warm_up.load("open-road")
loaded = {kernel: set(kernel.overloads) for kernel in KERNELS}
from sim.driver import Expert
from sim.view.demo import Demo, NoDisplay
from sim.view.capture import Capture
from sim.view.drive import Drive
from sim.view.playback import Playback
from sim.view.world_source import WorldSource

for scenario in SCENARIOS:
    playback = Playback(Drive(WorldSource(scenario, "night", 20010), {"expert": Expert}, "expert"))
    demo = Demo(playback, NoDisplay(), Capture(playback, dict, live=False))
    for view in playback.source.views:
        playback.set(view=view)
        for action in ("next theme", "next track"):
            demo.act(action)
            demo.run(4)
    playback.close()
new = {kernel.py_func.__name__ for kernel in KERNELS if set(kernel.overloads) - loaded.get(kernel, set())}
assert not new, new
"""


def test_no_view_scenario_or_theme_needs_a_kernel_that_was_not_loaded() -> None:
    """Otherwise the window stands still at its first use."""
    ended = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
