"""`python -m agent.train --policy NAME --out DIR`: train, save, resume."""

import signal
import sys
import time
from types import FrameType

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from agent.checkpoint import save_checkpoint
from agent.config import Config
from agent.families import family
from agent.train import state
from agent.train.dagger import SHARES, Progress, Trainer
from agent.train.log import Log
from sim import WORLD_VERSION, __version__
from sim.command_line import mistakes_in_one_line, parse
from sim.lookup import named
from sim.scenario import SCENARIOS, Scenario

LOG_EVERY = 20
"""Gradient steps between lines of log.csv."""


class StopRequest:
    """Ctrl-C (or SIGTERM) asks; the run stops after the step at hand, when everything is in order."""

    def __init__(self) -> None:
        self.asked = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    console = Console()
    config = parse(Config, arguments, prog="python -m agent.train")
    with mistakes_in_one_line():
        check(config)
        console.print("preparing roads and compiling the camera (the first time takes up to a minute)")
        trainer = Trainer(config)
    with mistakes_in_one_line(OSError):  # a full disk; what was saved last is whole
        return train(config, trainer, console)


def check(config: Config) -> None:
    """ValueError in one line for options that cannot be meant."""
    family(config.policy)
    named("scenario", config.scenario, {**SCENARIOS, "all": None}, Scenario)
    for name in ("tracks", "rounds", "steps_per_round", "drive_steps", "batch", "threads", "save_every"):
        if getattr(config, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} is {getattr(config, name)}, expected 1 or more")
    for name in ("tracks", "batch"):
        if config.scenario == "all" and getattr(config, name) < len(SHARES):
            least = f"at least {len(SHARES)}, one of each scenario"
            raise ValueError(f"--{name} is {getattr(config, name)}, expected {least}")
    if not config.resume and (config.out / state.FILE).exists():
        raise ValueError(f"{config.out} already holds a run: add --resume to go on with it, or choose another --out")
    config.out.mkdir(parents=True, exist_ok=True)


def train(config: Config, trainer: Trainer, console: Console) -> int:
    """Run to the end or to a request to stop; returns the exit status."""
    stop, log, began = StopRequest(), Log(config.out / "log.csv", trainer.step), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("training", total=config.steps, completed=trainer.step)
        for progress in trainer:
            last = progress.step == config.steps
            if progress.step % LOG_EVERY == 0 or last:
                log.write(progress, time.monotonic() - began)
                bar.update(task, completed=progress.step, description=describe(progress))
            if progress.step % config.steps_per_round == 0:
                minutes = (log.seconds_before + time.monotonic() - began) / 60
                bar.console.print(
                    f"round {progress.round}: {describe(progress)}, {progress.rows} rows, {minutes:.1f} min"
                )
            if progress.step % config.save_every == 0 or stop.asked or last:
                trainer.save()
                save_checkpoint(config.out, config.policy, trainer.network, provenance(config, progress.step))
            if stop.asked and not last:
                console.print(f"stopped after step {progress.step} of {config.steps}; add --resume to go on")
                return 130
    console.print(f"done: {config.out}. See it drive: python run_demo.py --policy {config.out}")
    return 0


def describe(progress: Progress) -> str:
    """The figures that tell how a run goes."""
    losses = progress.losses
    return f"loss {losses.total.item():.4f}, reads {losses.open_share:.1%}, failed {progress.failed_share:.1%}"


def provenance(config: Config, step: int) -> dict[str, object]:
    """What made these weights."""
    return {
        "method": config.method,
        "scenario": config.scenario,
        "seed": config.seed,
        "steps": step,
        "of": config.steps,
        "redgaze": __version__,
        "world": WORLD_VERSION,
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    sys.exit(main())
