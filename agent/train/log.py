"""A run's log.csv: a line every few steps, cut back to the saved step when a run goes on."""

import csv
from collections.abc import Mapping
from pathlib import Path

from agent.train.dagger import Step
from sim.files import write_text


class Log:
    """Appends to log.csv. `step` is the step that the run starts from: lines after it are dropped."""

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() and step else []
        earlier = [line for line in lines[1:] if int(line.split(",", 1)[0]) <= step]
        self._columns = tuple(lines[0].split(",")) if lines else ()
        if lines:
            write_text(path, "\n".join([lines[0], *earlier]) + "\n")
        self.seconds_before = float(earlier[-1].split(",")[2]) if earlier else 0.0

    def write(self, done: Step, seconds: float) -> None:
        """One line; `seconds` since this process began to train. ValueError where the file has other columns."""
        values = self._values(done, seconds)
        if not self._columns:
            self._columns = tuple(values)
            write_text(self.path, ",".join(values) + "\n")
        if self._columns != tuple(values):
            given = f"{self.path} has the columns {', '.join(self._columns)}"
            raise ValueError(f"{given}; expected {', '.join(values)}: move it away and go on")
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(values.values())

    def _values(self, done: Step, seconds: float) -> Mapping[str, object]:
        """By column; in the middle stands what the objective tells."""
        return {
            "step": done.step,
            "round": done.round,
            "seconds": f"{self.seconds_before + seconds:.1f}",
            "loss": f"{done.loss.total.item():.6f}",
            **{name: f"{value:.6f}" for name, value in done.loss.figures.items()},
            "failed_share": f"{done.failed_share:.4f}",
            "rows": done.rows,
        }
