"""`python -m agent.evaluate.grid JOBS.json`: many jobs, one after the other or in several processes on this machine.

JOBS.json holds a list of jobs, as `agent.evaluate.job.Job.to_json` writes them. A job that fails is told in one line,
and the others go on.
"""

from sim.interrupts import interruptible

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from agent.evaluate.job import Job, run_job
from sim.command_line import mistakes_in_one_line, parse
from sim.errors import in_one_line

STDIN = Path("-")


@dataclass(frozen=True)
class CommandLine:
    """Run evaluation jobs. Exit status 1 where one of them failed."""

    jobs: Annotated[Path, tyro.conf.Positional]
    """A JSON file with a list of jobs; - for standard input."""
    processes: int = 1
    """How many run at once, each in a process of its own."""


@dataclass(frozen=True)
class Result:
    """What became of a job: its report's path, or an error in one line."""

    job: Job
    report: Path | None
    error: str = ""


def run_grid(jobs: Sequence[Job], processes: int = 1, console: Console | None = None) -> Iterator[Result]:
    """Run all jobs, in this process for one, or so many at once in processes of their own; results in the jobs' order.

    ValueError where there is no process, or two jobs write into one folder.
    """
    if processes < 1:
        raise ValueError(f"processes {processes}: expected at least 1")
    folders = [Path(job.out).resolve() for job in jobs]
    for folder in folders:
        if folders.count(folder) > 1:
            raise ValueError(f"two jobs write into {folder}: expected a folder for each")
    return _here(jobs, console) if processes == 1 else _apart(jobs, processes)


def _here(jobs: Sequence[Job], console: Console | None) -> Iterator[Result]:
    for job in jobs:
        try:
            yield Result(job, run_job(job, console))
        except (Exception, SystemExit) as error:
            yield Result(job, None, in_one_line(error))


def _apart(jobs: Sequence[Job], processes: int) -> Iterator[Result]:
    threads = ThreadPoolExecutor(processes)
    try:
        yield from threads.map(_in_a_process, jobs)
    finally:
        threads.shutdown(cancel_futures=True)  # after Ctrl-C nothing is begun any more


def _in_a_process(job: Job) -> Result:
    """Run a job in a fresh interpreter, which is told of it as data."""
    command = [sys.executable, "-m", "agent.evaluate.grid", str(STDIN)]
    ended = subprocess.run(command, input=json.dumps([job.to_json()]), capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        return Result(job, Path(job.out) / "report.json")
    told = ended.stderr.strip().splitlines() or [f"the process ended with status {ended.returncode}"]
    return Result(job, None, told[-1].removeprefix("error: "))


def read_jobs(path: Path) -> list[Job]:
    """The jobs of a file. ValueError in one line for whatever is none."""
    text = sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8")
    try:
        listed = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(listed, list):
        raise ValueError(f"{path} holds no list: expected a list of jobs")
    return [_numbered(number, each) for number, each in enumerate(listed, 1)]


def _numbered(number: int, data: object) -> Job:
    """A job; ValueError says which of the list is none."""
    try:
        return Job.from_json(data)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"job {number}: {error}") from None


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate.grid")
    with mistakes_in_one_line():
        results = run_grid(read_jobs(line.jobs), line.processes, Console())
    failed = False
    for result in results:
        failed |= result.report is None
        print(f"{result.report}" if result.report else f"error: {result.error}", file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
