"""What a suite says while it works: beforehand how long it will take, then a bar with what is left."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agent.evaluate.forecast import Due, in_words
from agent.evaluate.options import Options, Stage
from agent.evaluate.suite import Policies, Suite
from sim.rollout import Observer, Step

OFTEN = 10
"""Control steps between two movements of the bar."""


@contextmanager
def progress(suite: Suite, policies: Policies, options: Options, console: Console) -> Iterator[Stage]:
    """Say how long it will take, and give what stages are told to; nothing is timed where nobody listens."""
    if console.quiet:
        yield lambda name: lambda step: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        line = ProgressBar(bar)
        line.expect(suite.due(policies, options))
        yield line.stage


class ProgressBar:
    """A bar that moves with the work: to a stage's beginning when it begins, on with the steps that are driven."""

    def __init__(self, bar: Progress) -> None:
        self.bar, self._left, self._done = bar, list[Due](), 0.0
        self._task = bar.add_task("getting ready", total=None)

    def expect(self, due: Sequence[Due]) -> None:
        """What is to come; nothing where that is not known."""
        self._left = list(due)
        if seconds := sum(each.seconds for each in due):
            self.bar.update(self._task, total=seconds)
            self.bar.console.print(f"this will take {in_words(seconds)}, as busy as this machine is now")

    def stage(self, name: str) -> Observer:
        """Show a stage's name; the observer counts its drives. What was skipped counts as done."""
        due, began = self._come_to(name), self._done
        self.bar.update(self._task, description=name, completed=began)
        self._done += due.seconds
        steps = driven = 0

        def count(step: Step) -> None:
            nonlocal steps, driven
            steps, driven = steps + 1, driven + len(step.rows)
            if steps % OFTEN == 0:
                done = began + due.seconds * min(1.0, driven / max(due.steps, 1.0))
                self.bar.update(self._task, description=f"{name}: {len(step.rows)} driving", completed=done)

        return count

    def _come_to(self, name: str) -> Due:
        place = next((index for index, each in enumerate(self._left) if each.stage == name), None)
        if place is None:
            return Due(name, 0.0, 0.0)
        self._done += sum(each.seconds for each in self._left[:place])
        found = self._left[place]
        del self._left[: place + 1]
        return found
