"""RedGaze's demo: a network drives, and the picture is red where it read. Parses, wires, runs; holds no logic."""

import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sim.command_line import mistakes_in_one_line, parse
from sim.jit import CACHE_FOLDER
from sim.provenance import versions
from sim.scenario import SCENARIOS
from sim.theme import theme_names
from sim.view.actions import ACTIONS
from sim.view.dump import Dump
from sim.view.hud import PICTURE_SIZE
from sim.view.pacing import RateKeeper
from sim.view.recorder import Recorder, check_recording_name
from sim.view.session import PICTURE_RATE, ExpertPilot, Pilot, PolicyPilot, Session, run
from sim.view.source import WorldSource

if TYPE_CHECKING:
    from sim.view.window import FrameWindow

EXPERT = "expert"
DEFAULT_RECORDING = Path("redgaze-demo.mp4")
DEFAULT_SECONDS = 10.0
TOLERATED_LATE = 0.05
"""The share of pictures that may come late in the window before the user is told."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Options:
    """See what a self-driving network looks at: it drives, and the picture turns red where it read."""

    policy: str = "topk-patches"
    """A shipped policy's name, a checkpoint folder, or `expert`."""
    scenario: str = "open-road"
    """What is on the road."""
    theme: str = "train"
    """A theme's name, or `train` or `heldout` for any of that split."""
    seed: int = 20_000
    """The first track; training knew 0 to 9999."""
    seconds: Annotated[float | None, tyro.conf.arg(constructor=float, metavar="S", help_behavior_hint="")] = None
    """How long to drive (default: until the window is closed; 10 without a window)."""
    record: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="FILE.mp4", help_behavior_hint="")] = None
    """Write what the window shows as H.264 video."""
    headless: Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help_behavior_hint="")] = False
    """Open no window; records redgaze-demo.mp4 unless --record names another file."""
    dump: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="DIR", help_behavior_hint="")] = None
    """Write every control step as data (npz and JSON lines) into a new or empty folder."""
    list: Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help_behavior_hint="")] = False
    """Show policies, scenarios, themes and keys, and exit."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = parse(Options, arguments, prog="redgaze")
    if options.list:
        show_list()
        return 0
    try:
        with ExitStack() as stack:
            with mistakes_in_one_line():
                check(options)
                demo = prepare(options, stack)
            with mistakes_in_one_line(OSError):
                return demo.run()
    except KeyboardInterrupt:  # before there was anything to show
        return INTERRUPTED


def check(options: Options) -> None:
    """ValueError for numbers and names that cannot be meant, before anything is loaded or written."""
    if options.seed < 0:
        raise ValueError(f"--seed is {options.seed}; expected a whole number from 0 up")
    if options.seconds is not None and not 0 < options.seconds < math.inf:
        raise ValueError(f"--seconds is {options.seconds:g}; expected a finite number above 0")
    if options.record is not None:
        check_recording_name(options.record)


@dataclass(frozen=True)
class Demo:
    """Everything wired, ready to run. pictures: how many to show, None for no end."""

    session: Session
    pictures: int | None
    window: "FrameWindow | None"
    recorder: Recorder | None
    dump: Dump | None

    def run(self) -> int:
        """Drive to the end or until stopped, say what was written; returns the exit status."""
        try:
            self._run_in_window(self.window) if self.window else self._run_headless()
            status = 0
        except KeyboardInterrupt:
            status = INTERRUPTED
        self._tell()
        return status

    def _run_in_window(self, window: "FrameWindow") -> None:
        keeper, skip = RateKeeper(PICTURE_RATE), self.recorder is None
        outputs = [window.show, *([self.recorder.write] if self.recorder else [])]
        run(self.session, outputs, pictures=self.pictures, asked=window.asked, keeper=keeper, may_skip=skip)
        if keeper.share_late > TOLERATED_LATE:
            console.print(f"this machine was late with {keeper.share_late:.0%} of the pictures")

    def _run_headless(self) -> None:
        assert self.recorder is not None
        with progress_bar() as progress:
            task = progress.add_task("recording", total=self.pictures)
            run(self.session, [self.recorder.write, lambda _: progress.advance(task)], pictures=self.pictures)

    def _tell(self) -> None:
        if self.recorder:
            self.recorder.close()
            count, path = self.recorder.pictures, self.recorder.path.resolve()
            console.print(f"recorded {count / PICTURE_RATE:.1f} s ({count} pictures): {path}")
        if self.dump:
            console.print(f"dumped {self.dump.steps} control steps: {self.dump.folder.resolve()}")


def prepare(options: Options, stack: ExitStack) -> Demo:
    """Load, open and wire what the options name; `stack` closes it. ValueError or OSError for a user's mistake."""
    if not any(CACHE_FOLDER.rglob("*.nbi")):
        console.print("compiling the camera, once only (about 20 s) ...")
    source, pilot, policy = wheel(options)
    provenance = describe(options, policy)
    dump = stack.enter_context(Dump(options.dump, provenance)) if options.dump else None
    session = Session(source, pilot, Path(options.policy).name, [dump] if dump else [])
    window = None if options.headless else open_window(stack)  # after the session's first frame: that one compiles
    record = options.record or (None if window else DEFAULT_RECORDING)
    recorder = stack.enter_context(Recorder(record, PICTURE_SIZE, PICTURE_RATE, provenance)) if record else None
    session.recording = bool(window and recorder)
    seconds = options.seconds or (None if window else DEFAULT_SECONDS)
    pictures = None if seconds is None else max(1, round(seconds * PICTURE_RATE))
    return Demo(session, pictures, window, recorder, dump)


def wheel(options: Options) -> tuple[WorldSource, Pilot, Mapping[str, Any]]:
    """The world, who drives in it, and where that driver comes from."""
    place = (options.scenario, options.theme, options.seed)
    if options.policy == EXPERT:
        source = WorldSource(*place)
        return source, ExpertPilot(source), {"policy": EXPERT}
    import torch

    from agent import load_policy

    torch.set_num_threads(1)  # one frame at a time: a second thread gains nothing and waits for the camera's core

    policy = load_policy(options.policy)
    source = WorldSource(*place, policy.spec.frame_size, policy.spec.field_of_view)
    return source, PolicyPilot(policy), getattr(policy, "provenance", {})


def describe(options: Options, policy: Mapping[str, Any]) -> dict[str, Any]:
    """What a recording and a dump say of how they were made."""
    place = {"scenario": options.scenario, "theme": options.theme, "seed": options.seed}
    return {"policy": options.policy, "policy_provenance": dict(policy), **place, "versions": versions()}


def open_window(stack: ExitStack) -> "FrameWindow | None":
    """The window; None, with a message, where there is no display."""
    from sim.view.window import FrameWindow, NoDisplay  # pygame

    try:
        return stack.enter_context(FrameWindow("RedGaze", PICTURE_SIZE[::-1]))
    except NoDisplay as reason:
        console.print(f"no window: {reason}; recording instead")
        return None


def progress_bar() -> Progress:
    """A bar with pictures done and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def show_list() -> None:
    """Print every name that an option takes, and the keys."""
    from agent import policy_names

    console.print("policies: ", ", ".join([*policy_names(), EXPERT]))
    console.print("scenarios:", ", ".join(SCENARIOS))
    console.print("themes:   ", ", ".join([*theme_names(), "train", "heldout"]))
    console.print("keys:")
    for action in ACTIONS:
        console.print(f"  {' or '.join(action.keys):<12} {action.help}")


if __name__ == "__main__":
    sys.exit(main())
