"""`python -m agent.train --policy NAME --out DIR`: train, save, resume."""

from sim.interrupts import interruptible

import signal
import sys
import time
from types import FrameType

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from agent.checkpoint import save_checkpoint, with_family
from agent.config import Config, composed, policy_in
from agent.families import find
from agent.train import state
from agent.train.dagger import SHARES, Step, Trainer
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


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    console = Console()
    config = configured(arguments)
    with mistakes_in_one_line():
        check(config)
        console.print("preparing roads and compiling the camera (the first time takes up to a minute)")
        trainer = Trainer(config)
    with mistakes_in_one_line(OSError):  # a full disk; what was saved last is whole
        return train(config, trainer, console)


def configured(arguments: list[str] | None) -> Config:
    """The command line, with the options of the family that it names; one line and exit 2 where it does not fit."""
    with mistakes_in_one_line():
        options = composed(find(policy_in(arguments)))
    return parse(options, arguments, prog="python -m agent.train")


def check(config: Config) -> None:
    """ValueError in one line for options that cannot be meant."""
    run, dagger = config.run, config.dagger
    named("scenario", run.scenario, {**SCENARIOS, "all": None}, Scenario)
    scenarios, sequence = len(SHARES) if run.scenario == "all" else 1, config.data.sequence
    at_least("threads", run.threads, 1)
    at_least("save_every", run.save_every, 1)
    at_least("sequence", sequence, 1)
    for name in ("rounds", "steps_per_round"):
        at_least(name, getattr(dagger, name), 1)
    at_least("drive_steps", dagger.drive_steps, sequence, "a sequence")
    at_least("tracks", dagger.tracks, scenarios, "one of each scenario")
    at_least("batch", dagger.batch, scenarios * sequence, "one of each scenario")
    if not run.resume and (run.out / state.FILE).exists():
        raise ValueError(f"{run.out} already holds a run: add --resume to go on with it, or choose another --out")
    run.out.mkdir(parents=True, exist_ok=True)


def at_least(name: str, value: int, least: int, why: str = "") -> None:
    """ValueError for fewer; why: of what there have to be so many."""
    if value < least:
        expected = "1 or more" if least == 1 or value < 1 else f"at least {least}, {why}"
        raise ValueError(f"--{name.replace('_', '-')} is {value}, expected {expected}")


def train(config: Config, trainer: Trainer, console: Console) -> int:
    """Run to the end or to a request to stop; returns the exit status."""
    run, dagger = config.run, config.dagger
    stop, log, began = StopRequest(), Log(run.out / "log.csv", trainer.step), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("training", total=dagger.steps, completed=trainer.step)
        for done in trainer:
            last = done.step == dagger.steps
            if done.step % LOG_EVERY == 0 or last:
                with mistakes_in_one_line():
                    log.write(done, time.monotonic() - began)
                bar.update(task, completed=done.step, description=in_short(done))
            if done.step % dagger.steps_per_round == 0:
                minutes = (log.seconds_before + time.monotonic() - began) / 60
                bar.console.print(f"round {done.round}: {in_full(done)}, {done.rows} rows, {minutes:.1f} min")
            if done.step % run.save_every == 0 or stop.asked or last:
                trainer.save()
                save_checkpoint(run.out, trainer.family, trainer.network, provenance(config, done.step), run.policy)
            if stop.asked and not last:
                console.print(f"stopped after step {done.step} of {dagger.steps}; add --resume to go on")
                return 130
    console.print(f"done: {run.out}. See it drive: python run_demo.py --policy {with_family(run.policy, run.out)}")
    return 0


def in_short(done: Step) -> str:
    """The figures that every run has."""
    return f"loss {done.loss.total.item():.4f}, failed {done.failed_share:.1%}"


def in_full(done: Step) -> str:
    """And those of the objective."""
    figures = (f"{name.replace('_', ' ')} {value:.3g}" for name, value in done.loss.figures.items())
    return ", ".join([in_short(done), *figures])


def provenance(config: Config, step: int) -> dict[str, object]:
    """What made these weights."""
    return {
        "method": config.run.method,
        "scenario": config.run.scenario,
        "seed": config.run.seed,
        "steps": step,
        "of": config.dagger.steps,
        "redgaze": __version__,
        "world": WORLD_VERSION,
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    sys.exit(main())
