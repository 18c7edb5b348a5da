"""RedGaze's demo: a network drives, and the picture is red where it read. Parses, wires, runs; holds no logic."""

import gc
import math
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Annotated, Any, Literal

try:
    from sim.interrupts import INTERRUPTED, interruptible

    from agent import POLICY_WAYS
except ImportError as error:  # a file of the user's hides ours: then one of these is not a package
    hidden = (error.name or "").partition(".")[0]
    hiding = error.path or getattr(sys.modules.get(hidden), "__file__", None)
    if hidden not in ("agent", "sim") or hiding is None or Path(hiding).stem == "__init__":
        raise
    print(f"error: {hiding} is in the way of RedGaze's own `{hidden}`: rename it", file=sys.stderr)
    raise SystemExit(2) from None

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sim.command_line import mistakes_in_one_line, parse
from sim.driver import EXPERT, Driver, Expert, Nobody, PolicyDriver, as_driver
from sim.files import check_apart, files_in_name, typed_path
from sim.policy import PolicySpec, provenance_of, remark_of
from sim.provenance import versions
from sim.recorded import Replay, load_drive
from sim.scenario import SCENARIOS
from sim.seeds import TEST_FROM, TRAINING
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE
from sim.theme import load_theme, theme_names
from sim.view.actions import list_lines
from sim.view.capture import RECORDING_SIZE, Capture
from sim.view.demo import Demo, Display, NoDisplay
from sim.view.drive import Drive
from sim.view.dump import Dump, check_empty
from sim.view.footage.opening import is_camera
from sim.view.footage.video import ASSUMED_SPEED, VideoSource
from sim.view.hud.layout import DESIGN_SIZE
from sim.view.pacing import RateKeeper
from sim.view.playback import Playback
from sim.view.recorder import check_recording_name
from sim.view.recording.provenance import Later
from sim.view.replay import ReplaySource
from sim.view.source import Source
from sim.view.tour import Tour
from sim.view.warm_up import NEEDED, Compiling, compiling, load_meanwhile
from sim.view.world_source import START, WorldSource

FLAGSHIP, HUMAN = "topk-patches", "human"
DEFAULT_RECORDING = Path("redgaze-demo.mp4")
DEFAULT_SECONDS = 10.0
TOLERATED_LATE = 0.05
"""The share of pictures that may come late in the window before the user is told."""

SWITCH_INTERVAL = 5e-4
"""Seconds after which a thread that holds Python's lock hands it on; Python's own 5 ms are a third of a picture."""

WORLD_OPTIONS, VIDEO_OPTIONS = ("scenario", "theme", "seed"), ("assumed_speed", "horizon", "rate")
"""Options that mean something only for a simulated world, and only for a video."""

POLICY_HELP = f"Who drives: {POLICY_WAYS}, `expert`, or `human` for the keyboard."
SEED_HELP = f"The first track; training knew {TRAINING.start} to {TRAINING.stop - 1}."

console = Console(highlight=False, soft_wrap=True)

Seconds = Annotated[float | None, tyro.conf.arg(constructor=float, metavar="S", help_behavior_hint="")]
Share = Annotated[float | None, tyro.conf.arg(constructor=float, metavar="0-1", help_behavior_hint="")]
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help_behavior_hint="")]


@dataclass(frozen=True)
class Options:
    """See what a self-driving network looks at: it drives, and the picture turns red where it read."""

    policy: Annotated[str, tyro.conf.arg(help=POLICY_HELP)] = FLAGSHIP
    scenario: str = START
    """What is on the road: `open-road`, `traffic`, `town`, or FILE.py:object or module:object."""
    theme: str = "train"
    """A theme's name, `train` or `heldout` for any of that split, FILE.toml, FILE.py:object or module:object."""
    seed: Annotated[int, tyro.conf.arg(help=SEED_HELP)] = TEST_FROM
    seconds: Seconds = None
    """How long to drive (default: until the window is closed; 10 without a window; all of a tour or a video)."""
    record: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="FILE", help_behavior_hint="")] = None
    """Write what is on show as .mp4, .webm, .gif or .webp."""
    record_view: Literal["window", "camera", "driver", "chase"] = "window"
    """What a recording shows: the whole window, or one view of the road alone."""
    quality: Literal["small", "normal", "high"] = "normal"
    """Of a recording: `small` is for a mail (960 pixels wide, 30 pictures/s, half a minute in under 10 MB)."""
    size: Annotated[str | None, tyro.conf.arg(constructor=str, metavar="WIDTHxHEIGHT", help_behavior_hint="")] = None
    """Of a recording, in pixels (default: 1280x720)."""
    headless: Flag = False
    """Open no window; records redgaze-demo.mp4 unless --record names another file."""
    replay: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="FILE", help_behavior_hint="")] = None
    """Drive a saved drive again as it was, while the policy looks on; `agent.evaluate` saves those that failed."""
    tour: Flag = False
    """Two guided minutes: what the red means, and how one can tell that it is true."""
    video: Annotated[str | None, tyro.conf.arg(constructor=str, metavar="FILE|DIR|INDEX", help_behavior_hint="")] = None
    """Look at real footage, a video or a folder of images, or through a camera, instead of a simulated world."""
    rate: Annotated[float | None, tyro.conf.arg(constructor=float, metavar="HZ", help_behavior_hint="")] = None
    """Pictures a second of a video without a clock, such as a folder of images (default: what it says, or a guess)."""
    assumed_speed: Annotated[float | None, tyro.conf.arg(constructor=float, metavar="M/S", help_behavior_hint="")] = (
        None
    )
    """The speed that a policy is told while it looks at a video (default: 15)."""
    horizon: Share = None
    """How far down a video's picture its horizon lies (default: a guess, shown as such)."""
    dump: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="DIR", help_behavior_hint="")] = None
    """Write every control step as data (npz and JSON lines) into a new or empty folder."""
    list: Flag = False
    """Show policies, scenarios, themes and keys, and exit."""


@interruptible
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = parse(Options, arguments, prog="redgaze")
    if options.list:
        show_list()
        return 0
    with ExitStack() as stack:
        with mistakes_in_one_line():
            check(options)
            show = prepare(options, stack)
        with mistakes_in_one_line(OSError):
            return show.run()


def check(options: Options) -> None:
    """ValueError for numbers and names that cannot be meant, before anything is loaded or written."""
    if options.seed < 0:
        raise ValueError(f"--seed is {options.seed}; expected a whole number from 0 up")
    if options.seconds is not None and not 0 < options.seconds < math.inf:
        raise ValueError(f"--seconds is {options.seconds:g}; expected a finite number above 0")
    if options.record is not None:
        check_recording_name(options.record)
    recording_size(options.size)
    check_belonging(options)
    if options.dump is not None:
        check_empty(typed_path(options.dump))
    check_outputs(options, options.record or (DEFAULT_RECORDING if options.headless else None))
    if options.tour and (options.video is not None or options.replay is not None):
        other = "--video" if options.replay is None else "--replay"
        raise ValueError(f"--tour leads through simulated worlds of its own; expected it without {other}")
    if options.replay is not None and options.policy == HUMAN:
        raise ValueError("--policy human cannot look on while a drive is replayed; expected a policy, or expert")
    if options.video is not None and options.policy in (EXPERT, HUMAN):
        raise ValueError(f"--policy {options.policy} cannot drive a video; expected a policy that looks at pictures")


def recording_size(said: str | None) -> tuple[int, int]:
    """(height, width) of recordings; ValueError for what is no size."""
    if said is None:
        return RECORDING_SIZE
    found = re.fullmatch(r"(\d{2,4})[x×](\d{2,4})", said.lower())
    if found is None:
        raise ValueError(f"--size {said}: expected width and height in pixels, such as 1280x720")
    width, height = int(found[1]), int(found[2])
    if width % 2 or height % 2:
        even = f"{width + width % 2}x{height + height % 2}"
        raise ValueError(f"--size {said}: expected even numbers, such as {even}")
    return height, width


def check_belonging(options: Options) -> None:
    """ValueError for an option that would be ignored: a video's without one, or a simulated world's beside one."""
    for name in ("video", "replay"):
        if getattr(options, name) is not None:
            check_default(options, WORLD_OPTIONS, f"without --{name}")
    if options.video is None:
        check_default(options, VIDEO_OPTIONS, "with --video")
    elif options.replay is not None:
        raise ValueError(f"--replay {options.replay}: expected only without --video")


def check_default(options: Options, needless: Sequence[str], when: str) -> None:
    """ValueError for one of these options that was given."""
    for name in needless:
        if getattr(options, name) != Options.__dataclass_fields__[name].default:
            raise ValueError(f"--{name.replace('_', '-')} {getattr(options, name)}: expected only {when}")


def check_outputs(options: Options, record: Path | None) -> None:
    """ValueError for a recording that would overwrite what is read, or lie in the dump."""
    if record is None:
        return
    read: list[Path | str] = [options.replay] if options.replay is not None else []
    if options.video is not None and not is_camera(options.video):
        read.append(options.video)
    names = [options.policy, options.scenario, options.theme]
    check_apart(record, [*read, *(file for name in names for file in files_in_name(name))])
    if options.dump is not None and record.resolve().is_relative_to(options.dump.resolve()):
        raise ValueError(f"--record {record} lies in --dump {options.dump}; expected another folder")


@dataclass(frozen=True)
class Show:
    """A demo, ready to run.

    pictures: how many to show, None for no end; stop_at_end: end with the episode. dump: where steps go as data, and
    footage: what is watched, None where there is none.
    """

    demo: Demo
    pictures: int | None
    stop_at_end: bool
    dump: Dump | None
    footage: VideoSource | None

    @property
    def expected(self) -> int | None:
        """How many pictures there will be of footage, by its own count."""
        return self.footage.count if self.footage else None

    def run(self) -> int:
        """Drive to the end or until stopped, say what was written; returns the exit status."""
        try:
            self._run_in_window() if self.demo.keeper else self._run_headless()
            status = 0
        except KeyboardInterrupt:
            status = INTERRUPTED
        self._tell()
        return status

    def _run_in_window(self) -> None:
        steady()
        self.demo.run(self.pictures, stop_at_end=self.stop_at_end)
        keeper, watch = self.demo.keeper, self.demo.stopwatch
        assert keeper is not None
        if keeper.share_late > TOLERATED_LATE:
            console.print(f"this machine was late with {keeper.share_late:.0%} of the pictures")
        if watch.pictures:
            slowest = 1000 * watch.quantile(0.99)
            console.print(f"{watch.mean_rate:.1f} pictures/s; 99 % of them stayed less than {slowest:.1f} ms")
            (height, width), most = self.demo.drawn.most_common(1)[0]
            console.print(f"road drawn at {width} x {height} in {most / self.demo.drawn.total():.0%} of the pictures")

    def _run_headless(self) -> None:
        with progress_bar() as progress:
            task = progress.add_task("recording", total=self.pictures or self.expected)
            self.demo.run(self.pictures, stop_at_end=self.stop_at_end, each=partial(progress.advance, task))

    def _tell(self) -> None:
        if said := self.demo.capture.stop():
            console.print(said)
        if self.footage and any(self.footage.losses):
            of = f" of {self.expected}" if self.expected else ""
            console.print(f"footage is damaged: {self.footage.losses.words}{of} pictures")
        if self.dump:
            console.print(f"dumped {self.dump.steps} control steps: {self.dump.folder.resolve()}")


def steady() -> None:
    """Keep pictures even: no hunt for garbage among what stays for good, and no long waits between the two threads."""
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL)


def prepare(options: Options, stack: ExitStack) -> Show:
    """Load, open and wire what the options name; `stack` closes it. ValueError or OSError for a user's mistake."""
    first = options.scenario if options.scenario in SCENARIOS else next(iter(SCENARIOS))
    simulated = options.video is None and options.replay is None
    programs = compiled(options, first, stack) if simulated else None
    source = open_source(options, stack)
    drivers = Drivers(options.policy, source)
    footage = source if isinstance(source, VideoSource) else None
    provenance = partial(describe, options, drivers, footage)
    dump = stack.enter_context(Dump(options.dump, provenance())) if options.dump else None
    playback = Playback(Drive(source, drivers.by_name(), drivers.first), [dump] if dump else [])
    stack.callback(playback.close)
    window: Display | None = None if options.headless else open_window(stack)
    size, view, quality = recording_size(options.size), options.record_view, options.quality
    capture = Capture(playback, provenance, view=view, live=window is not None, size=size, quality=quality)
    stack.callback(capture.stop)
    record = options.record or (None if window else DEFAULT_RECORDING)
    check_outputs(options, record)  # again: without a display there is one that nobody named
    if record:
        capture.start(record)
    tour = Tour(source) if options.tour and isinstance(source, WorldSource) else None
    if tour:
        check_tour(playback.drive.driver, options.policy)
    rate = float(source.rate * source.pictures_per_step)
    keeper = RateKeeper(rate) if window else None
    demo = Demo(playback, window or NoDisplay(), capture, keeper=keeper, tour=tour)
    if window:
        demo.greet()
        if simulated:
            load_meanwhile(first, programs)
        if programs:
            demo.remarks.append(programs.words)
            demo.not_yet = programs.not_yet
    ends = options.video is not None or options.replay is not None
    whole = ends and not (window and record is None)
    due = pictures(options, tour, rate, whole, endless=window is not None)
    return Show(demo, due, whole, dump, footage)


def compiled(options: Options, first: str, stack: ExitStack) -> Compiling | None:
    """What still compiles, once there is all that is needed to begin; None where nothing does.

    first: the scenario to begin with. Who drives is loaded meanwhile.
    """
    programs = stack.enter_context(compiling(first))
    if programs:
        if options.policy not in (EXPERT, HUMAN):
            Thread(target=import_module, args=("agent.checkpoint",), daemon=True).start()
        everything = options.headless or options.tour or options.record is not None
        programs.wait(console, () if everything else NEEDED)
    return programs


def check_tour(driver: Driver, name: str) -> None:
    """ValueError for who is not what the tour tells of."""
    policy = driver.policy if isinstance(driver, PolicyDriver) else None
    if provenance_of(policy).get("policy") != FLAGSHIP:
        raise ValueError(f"--tour tells of {FLAGSHIP} and of nobody else; expected it without --policy {name}")


def pictures(options: Options, tour: Tour | None, rate: float, whole: bool, *, endless: bool) -> int | None:
    """How many pictures are to be shown; None for no end."""
    if options.seconds is not None:
        return max(1, round(options.seconds * rate))
    if tour is not None and (options.record or not endless):
        return round(tour.seconds * rate)
    return None if endless or whole else round(DEFAULT_SECONDS * rate)


def open_source(options: Options, stack: ExitStack) -> Source:
    """The simulated world, the saved drive or the footage that the options name."""
    if options.replay is not None:
        return ReplaySource(load_drive(options.replay))
    if options.video is None:
        return WorldSource(options.scenario, options.theme, options.seed)
    spec = PolicySpec(FRAME_SIZE, FIELD_OF_VIEW, None)  # until a policy asks for another
    speed = ASSUMED_SPEED if options.assumed_speed is None else options.assumed_speed
    told = {"horizon": options.horizon, "rate": options.rate}
    video = VideoSource(options.video, spec, assumed_speed=speed, **told, in_window=not options.headless)
    return stack.enter_context(video)


class Drivers:
    """Who may drive: what --policy names first, then all others that this source lets drive."""

    def __init__(self, chosen: str, source: Source) -> None:
        from agent.shipped import policy_names

        self._chosen, self._source = chosen, source
        self.first = Path(chosen).name
        self._others = [name for name in policy_names() if name != chosen]
        self.provenance: dict[str, Any] = {}

    def by_name(self) -> dict[str, Callable[[], Driver]]:
        """How to put each at the wheel, in the order in which the demo goes through them."""
        names = {self.first: self._chosen, **{name: name for name in self._others}}
        if Expert.knows(self._source.truth(self._source.instant())):
            names.setdefault(EXPERT, EXPERT)
        return {name: partial(self._load, what) for name, what in names.items()}

    def _load(self, what: str) -> Driver:
        driver = self._at_the_wheel(what)
        return Replay(self._source.recorded, driver) if isinstance(self._source, ReplaySource) else driver

    def _at_the_wheel(self, what: str) -> Driver:
        if what == HUMAN:
            return Nobody(*[0.0] * len(self._source.actions))
        if what == EXPERT:
            return Expert()
        import torch

        from agent import load_policy

        torch.set_num_threads(1)  # one frame at a time: a second thread gains nothing and waits for the camera's core
        policy = load_policy(what)
        self.provenance[Path(what).name] = provenance_of(policy)
        if remark := remark_of(policy):
            console.print(f"{what}: {remark}")
        return as_driver(policy)


def describe(options: Options, drivers: Drivers, footage: VideoSource | None) -> dict[str, Any]:
    """What a recording and a dump say of how they were made: what the demo was started with, and who could drive."""
    place: dict[str, Any]
    if options.replay is not None:
        place = {"replay": str(options.replay), **asdict(load_drive(options.replay).facts)}
    elif footage is None:
        place = {"scenario": options.scenario, "theme": options.theme, "seed": options.seed}
    else:
        assumed = {"assumed_speed": options.assumed_speed, "horizon": options.horizon, "rate": options.rate}
        place = {"footage_damage": Later(lambda: footage.losses._asdict()), "video": options.video, **assumed}
    provenance = drivers.provenance.get(drivers.first, {})
    return {"policy": options.policy, "policy_provenance": provenance, **place, "versions": versions()}


def open_window(stack: ExitStack) -> Display | None:
    """The window; None, with a message, where there is no display."""
    from sim.view.window import DisplayMissing, FrameWindow  # pygame

    try:
        return stack.enter_context(FrameWindow("RedGaze", DESIGN_SIZE[::-1]))
    except DisplayMissing as reason:
        console.print(f"no window: {reason}; recording instead")
        return None


def progress_bar() -> Progress:
    """A bar with pictures done and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def show_list() -> None:
    """Print every name that an option takes, and the keys."""
    from agent import policy_names

    console.print("policies: ", ", ".join([*policy_names(), EXPERT, HUMAN]))
    console.print("scenarios:")
    for name, scenario in SCENARIOS.items():
        console.print(f"  {name:<14} {scenario.about}")
    for split in ("train", "heldout"):
        names = [name for name in theme_names() if load_theme(name).split == split]
        console.print(f"themes, {split}:", ", ".join(names))
    console.print("keys:")
    for keys, help_ in list_lines():
        console.print(f"  {keys:<14} {help_}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
