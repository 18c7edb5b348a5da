"""`python -m agent.train --policy NAME --out DIR`: train, save, resume."""

from sim.interrupts import interruptible

import math
import signal
import sys
import time
from dataclasses import fields
from shlex import quote
from types import FrameType

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from agent.checkpoint import WEIGHTS, family_at, save_checkpoint, with_family
from agent.config import FLAGSHIP, Config, Glance, beginning, composed, given, glance
from agent.families import FAMILIES, find
from agent.train import state
from agent.train.dagger import SHARES, Diverged, Step, Trainer
from agent.train.log import Log
from sim import WORLD_VERSION, __version__
from sim.command_line import fail, mistakes_in_one_line, parse, say
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
    try:
        with mistakes_in_one_line(OSError):  # a full disk; what was saved last is whole
            return train(config, trainer, console)
    except Diverged as error:
        fail(diverged(trainer, error))


def configured(arguments: list[str] | None) -> Config:
    """The command line, with the options of the family that it names; one line and exit 2 where it does not fit.

    What is not given is a run's default, that of a quick run, or what the run had that is gone on with.
    """
    with mistakes_in_one_line():
        seen = glance(arguments)
        begun = gone_on_with(seen) if seen.resume and seen.out else fresh(seen)
        options = composed(find(begun.run.policy))
    return parse(options, arguments, prog="python -m agent.train", default=begun)


def fresh(seen: Glance) -> Config:
    """The defaults of a new run."""
    policy = seen.policy or FLAGSHIP
    return beginning(find(policy), policy, quick=seen.quick)


def gone_on_with(seen: Glance) -> Config:
    """The options of the run in `out`. ValueError in one line where there is none, and for files of somebody's own: a
    folder is data, and cannot have a file executed."""
    assert seen.out is not None
    saved = state.options_of(seen.out)
    policy, scenario = seen.policy or saved["policy"], seen.scenario or saved["scenario"]
    if policy not in FAMILIES and not seen.policy:
        where = family_at(seen.out) or "FILE.py:object"
        raise ValueError(f"{seen.out} trains {policy!r}, a family of your own: name it too: --policy {where}")
    if ":" in scenario and not seen.scenario:
        raise ValueError(f"{seen.out} trains on {scenario}, a scenario of your own: name it too: --scenario {scenario}")
    options = {name: value for name, value in saved.items() if name != "policy"}
    begun = beginning(find(policy), policy)
    return Config(*(given(getattr(begun, each.name), options) for each in fields(begun)))


def diverged(trainer: Trainer, error: Diverged) -> str:
    """What happened, what is left, and what to try."""
    run, dagger, before = trainer.run, trainer.dagger, trainer.step // trainer.run.save_every * trainer.run.save_every
    left = f"{run.out} holds the state of step {before}, which is whole" if before else "nothing was saved yet"
    tip = f"begin anew into another --out with a lower --learning-rate, such as {dagger.learning_rate / 3:.1g}"
    return f"training diverged at step {trainer.step + 1} of {dagger.steps} ({error}); {left}. To try: {tip}"


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
    if not 0 <= dagger.themes_share <= 1:
        raise ValueError(f"--themes-share is {dagger.themes_share:g}, expected from 0 to 1")
    if not run.resume and (run.out / state.FILE).exists():
        raise ValueError(f"{run.out} already holds a run: add --resume to go on with it, or choose another --out")
    if not run.resume and (run.out / WEIGHTS).exists():
        raise ValueError(f"{run.out} holds a trained network, which would be overwritten: choose another --out")
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
                bar.update(task, completed=done.step, description=in_short(done, dagger.rounds))
            if done.step % dagger.steps_per_round == 0:
                minutes = (log.seconds_before + time.monotonic() - began) / 60
                bar.console.print(f"{in_full(done, dagger.rounds)}, {minutes:.1f} min", soft_wrap=True)
            if done.step % run.save_every == 0 or stop.asked or last:
                trainer.save()
                save_checkpoint(run.out, trainer.family, trainer.network, provenance(trainer), run.policy)
            if stop.asked and not last:
                say(console, f"stopped after step {done.step} of {dagger.steps}. To go on: {resuming(config)}")
                return 130
    named = quote(with_family(run.policy, run.out))
    say(console, f"done: {run.out}. See it drive: python run_demo.py --policy {named}")
    return 0


def in_short(done: Step, rounds: int) -> str:
    """Where the run is; rounds are counted from 1."""
    return f"round {done.round + 1} of {rounds}, {done.told}, loss {done.loss.total.item():.4f}"


def in_full(done: Step, rounds: int) -> str:
    """And how its last drive went."""
    crashed = "the expert drove" if done.round == 0 else f"{done.failed_share:.0%} of the cars crashed or left the road"
    return f"{in_short(done, rounds)}; before, {crashed}"


def resuming(config: Config) -> str:
    """The command that goes on with a run."""
    run = config.run
    own = {"policy": run.policy, "scenario": run.scenario}
    named_too = [f" --{name} {quote(value)}" for name, value in own.items() if ":" in value]
    return f"python -m agent.train{''.join(named_too)} --out {quote(str(run.out))} --resume"


def provenance(trainer: Trainer) -> dict[str, object]:
    """What made these weights; `unfinished` only where there is something to say, see `sim.policy.remark_of`."""
    run, dagger = trainer.run, trainer.dagger
    lacking = unfinished(trainer)
    return {
        "method": run.method,
        "scenario": run.scenario,
        "seed": run.seed,
        "steps": trainer.step,
        "of": dagger.steps,
        **({"unfinished": lacking} if lacking else {}),
        "redgaze": __version__,
        "world": WORLD_VERSION,
        "torch": torch.__version__,
    }


def unfinished(trainer: Trainer) -> str:
    """How far the run is and what its network lacks, in words; "" for a finished one."""
    rounds, lacks = trainer.dagger.rounds, trainer.objective.lacks(trainer.progress())
    if trainer.step == trainer.dagger.steps:
        return lacks and f"after all {rounds} rounds {lacks}"
    now = math.ceil(trainer.step / trainer.dagger.steps_per_round)
    return ", ".join([f"round {now} of {rounds}", *([lacks] if lacks else [])])


if __name__ == "__main__":
    sys.exit(main())
