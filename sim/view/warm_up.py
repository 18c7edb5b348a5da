"""Everything that the window may need is compiled, in two processes, before it stands still for it; then loaded.

Two programs fill the kernels' cache at the same time: one compiles the camera, which is most of it, the other all else,
and what the first picture needs comes first. They are programs of their own, not threads, since a thread that compiles
holds Python's lock. What they leave in the cache is loaded by a thread, some milliseconds a kernel.
"""

from sim.interrupts import interruptible

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import product
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np
from numba.core import event
from numba.core.registry import cpu_target
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sim.camera import camera
from sim.cells import CellGrid
from sim.jit import KERNELS
from sim.kernel_cache import STORE
from sim.policy import Attention
from sim.scenario import SCENARIOS
from sim.simulator import Simulator
from sim.theme import LOOK_SIZE
from sim.view import gaze
from sim.view.actions import NEXT_SCENARIO, NEXT_VIEW
from sim.view.hud import top_view
from sim.view.overlay import Overwritten
from sim.view.settings import Settings
from sim.view.source import Shot
from sim.view.world_source import WorldSource
from sim.view.world_views import WorldInstant

SIZE = (90, 160)
"""(height, width) of the pictures that are drawn to have something compiled; any will do."""

DONE, PART = "done", "part "
"""What a compiling program says: that it is through, and that one of its parts is; else the names of kernels."""

CAMERA, ALL_ELSE = "camera", "all else"
SHARES = (CAMERA, ALL_ELSE)
"""What the two programs compile, which takes about as long."""

HARDLY_NEEDED = (NEXT_VIEW, NEXT_SCENARIO)
"""Actions that ask for kernels that the first picture does not need."""


class Part(NamedTuple):
    """Something to compile. run: uses every kernel of it, on a tiny picture."""

    name: str
    run: Callable[[], object]


def parts(share: str, first: str) -> Iterator[Part]:
    """What a program compiles, in order. first: the scenario that the window begins with."""
    if share == CAMERA:
        yield Part(CAMERA, see)
        return
    yield Part("road", lambda: drive(first))
    yield Part("views", lambda: look(first))
    for scenario in SCENARIOS:
        if scenario != first:
            yield Part(scenario, lambda scenario=scenario: drive(scenario))  # type: ignore[misc]
    yield Part("chase", lambda: look(first, "chase"))
    yield Part("night", lambda: look(first, "chase", theme="night"))


NEEDED = (CAMERA, "road", "views")
"""The parts that the first picture needs."""


def see() -> None:
    """The camera, of no picture at all: what it is given has its types, and no road is needed."""
    simulator = Simulator(1)
    nothing = np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros((0, LOOK_SIZE), np.float32)
    simulator.camera.render(simulator.world.scene(), *nothing)


def drive(scenario: str, theme: str = "meadow") -> WorldSource:
    """A road and a control step in it; the source at its instant."""
    source = WorldSource(scenario, theme)
    before = source.instant()
    source.apply(before.world.expert_action)
    source.status(source.instant())
    map_it(source, before)
    source.without(before, 0)
    return source


def map_it(source: WorldSource, before: WorldInstant) -> None:
    """The map from above, on the way from `before` to now, with cells on the ground and a way ahead."""
    pose, objects = source.whereabouts(before, source.instant(), 0.5)
    cells = gaze.ground_cells(maps()[0], source.lens).seen_from(before.world.pose[0], pose)
    path = gaze.predicted_path(0.0, 10.0)
    top_view.draw(SIZE, road=source.road, pose=pose, objects=objects, culprit=0, cells=cells, path=path)


def look(scenario: str, *views: str, theme: str = "meadow") -> None:
    """These views of a scenario, those through the policy's camera by default, with each kind of map, painted in each
    way, and something overwritten."""
    source = drive(scenario, theme)
    now = source.instant()
    action, status = now.world.expert_action[0], source.status(now)
    for name in views or [name for name in source.views if name != "chase"]:
        for attention, settings in product(maps(), (Settings(), Settings(spotlight=True), Settings(raw=True))):
            hidden = Overwritten(np.zeros((*SIZE, 3), np.uint8), attention.cells, attention.weights[0] > 0)
            source.views[name](Shot(SIZE, now, now, 1.0, attention, action, status, hidden, settings))


def maps() -> tuple[Attention, ...]:
    """A selection and a soft map, with something to be seen of each, and a selection of everything."""
    weights = np.zeros((1, 2, 4), np.float32)
    weights[0, 1, 1:3] = 0.5
    cells = CellGrid.tiling(2, 4)
    some, soft = Attention(weights, cells, "selection", weights > 0), Attention(weights, cells, "soft attention")
    return some, soft, Attention(np.ones_like(weights), cells, "selection", weights >= 0)


def load(first: str) -> None:
    """Load everything that is compiled; what is not is compiled here."""
    for share in SHARES:
        for part in parts(share, first):
            part.run()


def marker() -> str:
    """The name under which the cache says that it holds everything, for this processor and this Python."""
    known = repr((cpu_target.target_context.codegen().magic_tuple(), sys.implementation.cache_tag))
    return f"complete-{sha256(known.encode()).hexdigest()[:16]}"


class Compiling:
    """The two programs at work, and what is known of them. first: the scenario that the window begins with.

    Where a program cannot be started or fails, its share counts as done: it is then compiled when it is needed.
    """

    def __init__(self, first: str, command: Callable[[str, str], Sequence[str]] | None = None) -> None:
        self._kernels = set[str]()
        self._parts = {name: Event() for share in SHARES for name, _ in parts(share, first)}
        self._failed = False
        make = command or _command
        self._programs = [program for share in SHARES if (program := _started(make(share, first)))]
        self._failed = len(self._programs) < len(SHARES)
        self._threads = [Thread(target=self._listen, args=(program,), daemon=True) for program in self._programs]
        for thread in self._threads:
            thread.start()
        if self._failed:
            self.close()

    @property
    def counts(self) -> tuple[int, int]:
        """Kernels done, and all."""
        return (len(KERNELS) if self.done else min(len(self._kernels), len(KERNELS) - 1)), len(KERNELS)

    @property
    def done(self) -> bool:
        """Whether nothing is being compiled any more."""
        return all(part.is_set() for part in self._parts.values())

    def ready(self, needed: Sequence[str]) -> bool:
        """Whether these parts are compiled."""
        return all(self._parts[name].is_set() for name in needed)

    def words(self) -> str:
        """What there is to know, for the window; "" once everything is done."""
        done, of = self.counts
        return "" if self.done else f"compiling, once only: {done} of {of}"

    def not_yet(self, action: str) -> str:
        """Why this action has to wait; "" where it need not."""
        done, of = self.counts
        waits = action in HARDLY_NEEDED and not self.done
        return f"{action}: in a moment, {done} of {of} are compiled" if waits else ""

    def wait(self, console: Console, needed: Sequence[str] = ()) -> None:
        """Show a bar until these parts are compiled; all by default."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("compiling, once only", total=len(KERNELS))
            while not self.ready(needed or list(self._parts)):
                progress.update(task, completed=self.counts[0])
                next((part for part in self._parts.values() if not part.is_set()), Event()).wait(0.1)

    def close(self) -> None:
        """End the programs, if they are at work."""
        for program in self._programs:
            program.kill()
            program.wait()
        for part in self._parts.values():
            part.set()

    def _listen(self, program: "subprocess.Popen[str]") -> None:
        """Until the program ends."""
        assert program.stdout is not None
        through = False
        for line in program.stdout:
            said = line.strip()
            through |= said == DONE
            if said.startswith(PART):
                self._parts[said.removeprefix(PART)].set()
            elif said != DONE:
                self._kernels.add(said)
        if program.wait() != 0 or not through:
            self._failed = True
            for part in self._parts.values():  # nobody waits for what will not come
                part.set()
        elif self.done and not self._failed:
            STORE.write(marker(), b"complete")


def _command(share: str, first: str) -> list[str]:
    return [sys.executable, "-m", "sim.view.warm_up", share, first]


def _started(command: Sequence[str]) -> "subprocess.Popen[str] | None":
    """The program, which finds this very package; None where it cannot be started."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    with suppress(OSError, ValueError):
        return subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    return None


@contextmanager
def compiling(first: str) -> Iterator[Compiling | None]:
    """The two programs, for as long as the block lasts; None where everything is compiled, or nothing can be kept."""
    if STORE.has(marker()) or not _keeps():
        yield None
        return
    programs = Compiling(first)
    try:
        yield programs
    finally:
        programs.close()


def load_meanwhile(first: str, programs: Compiling | None) -> Thread:
    """A thread that loads everything as soon as it is compiled."""

    def work() -> None:
        while programs is not None and not programs.done:
            Event().wait(0.2)
        if programs is None or programs.counts[0] == programs.counts[1]:
            load(first)

    thread = Thread(target=work, name="loading kernels", daemon=True)
    thread.start()
    return thread


def _keeps() -> bool:
    """Whether what another process compiles can be handed over at all."""
    STORE.write("begun", b"begun")
    return STORE.has("begun")


class _Told(event.Listener):
    """Names each kernel that was compiled, on standard output."""

    def on_start(self, event: Any) -> None:
        """Not yet."""

    def on_end(self, event: Any) -> None:
        """It is."""
        made = event.data["dispatcher"]
        if made in KERNELS:
            print(f"{made.py_func.__module__}.{made.py_func.__name__}", flush=True)


def _blank(*arguments: Any) -> int:
    """In place of the camera where another program compiles it: empty pictures and truth."""
    for picture in arguments[-4:]:
        picture.fill(0)
    return -1


@interruptible
def main(arguments: Sequence[str] | None = None) -> int:
    """Compile a share: `python -m sim.view.warm_up SHARE SCENARIO`; returns the exit status."""
    share, first = sys.argv[1:] if arguments is None else arguments
    if share != CAMERA:
        camera.render = _blank
    event.register("numba:compile", _Told())
    for part in parts(share, first):
        part.run()
        print(f"{PART}{part.name}", flush=True)
    print(DONE, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
