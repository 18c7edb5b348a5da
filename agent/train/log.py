"""A run's log.csv: a line every few steps, cut back to the saved step when a run goes on."""

import csv
from pathlib import Path

from agent.train.dagger import Progress
from sim.files import write_text

FIELDS = (
    "step",
    "round",
    "seconds",
    "loss",
    "imitation",
    "naming",
    "consistency",
    "junk_open",
    "share_read",
    "failed_share",
    "rows",
)


class Log:
    """Appends to log.csv. `step` is the step that the run starts from: lines after it are dropped."""

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() and step else []
        earlier = [line for line in lines if int(line.split(",", 1)[0]) <= step]
        write_text(path, "\n".join([",".join(FIELDS), *earlier]) + "\n")
        self.seconds_before = float(earlier[-1].split(",")[2]) if earlier else 0.0

    def write(self, progress: Progress, seconds: float) -> None:
        """One line; `seconds` since this process began to train."""
        losses = progress.losses
        parts = (losses.imitation, losses.naming, losses.consistency, losses.junk_open, losses.open_share)
        head = [progress.step, progress.round, f"{self.seconds_before + seconds:.1f}"]
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(
                [
                    *head,
                    *(f"{value:.6f}" for value in (losses.total.item(), *parts)),
                    f"{progress.failed_share:.4f}",
                    progress.rows,
                ]
            )
