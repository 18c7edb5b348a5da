"""A job: policies, a suite and its options, as data that can be written, sent elsewhere and run there."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rich.console import Console

from agent import load_policy, policy_names
from agent.evaluate.options import Options
from agent.evaluate.report import check_free
from agent.evaluate.suite import Policies
from agent.evaluate.suites import run, suite_of
from sim.driver import EXPERT, Driver, Expert
from sim.errors import unknown
from sim.files import check_writable, typed_path
from sim.policy import Policy


@dataclass(frozen=True)
class Job:
    """Put some policies to a suite; report.json and pictures go to the folder `out`.

    policies: named as `agent.load_policy` takes them, or "expert". suite: one of SUITES.
    """

    policies: tuple[str, ...]
    suite: str
    out: str
    options: Options

    def to_json(self) -> dict[str, Any]:
        """Plain data, from which `from_json` makes the same job. ValueError where an option is an object."""
        given = {name: getattr(self.options, name) for name in ("scenario", "theme", "environment")}
        for name, value in given.items():
            if not isinstance(value, str | tuple | None):
                raise ValueError(f"{name} {value!r}: a job is data, expected a name, FILE.py:object or module:object")
        options = self.options.to_json() | {name: value for name, value in given.items() if value is not None}
        return {"policies": list(self.policies), "suite": self.suite, "out": self.out, "options": options}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Job":
        """The job; ValueError in one line for what is none."""
        _check_names("job", data, Job)
        _check_names("option", data["options"], Options, ("episodes",))
        _check_types(data)
        theme = data["options"].get("theme", "train")
        options = {**data["options"], "theme": tuple(theme) if isinstance(theme, list) else theme}
        return Job(tuple(data["policies"]), data["suite"], data["out"], Options(**options))


def _check_names(what: str, data: object, kind: type, needed: tuple[str, ...] | None = None) -> None:
    """ValueError unless the data are named values of a dataclass, all that are needed among them."""
    known = [each.name for each in fields(kind)]
    if not isinstance(data, Mapping):
        raise ValueError(f"{what} {data!r}: expected an object with {', '.join(known)}")
    for name in data:
        if name not in known:
            raise unknown(f"{what}'s entry", name, known)
    for name in needed or known:
        if name not in data:
            raise ValueError(f"{what} without {name!r}: expected an object with {', '.join(known)}")


def _check_types(data: Mapping[str, Any]) -> None:
    """ValueError for a value of another type than a job's."""
    names = data["policies"]
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"policies {names!r}: expected a list of names")
    for name in ("suite", "out"):
        if not isinstance(data[name], str):
            raise ValueError(f"{name} {data[name]!r}: expected a text")
    for name in ("episodes", "seed_start", "frames", "worlds"):
        value = data["options"].get(name, 1)
        if not isinstance(value, int):
            raise ValueError(f"option {name} {value!r}: expected a whole number")


def run_job(job: Job, console: Console | None = None) -> Path:
    """Run a job here; the path of its report. ValueError in one line for a mistake, OSError where `out` cannot be
    written."""
    return prepared(job)(console or Console(quiet=True))


def prepared(job: Job) -> Callable[[Console], Path]:
    """A job that is known to be possible, to be run. ValueError and OSError for mistakes, as in `run_job`."""
    suite, policies, out = suite_of(job.suite), load(job.policies), typed_path(job.out)
    suite.check(policies, job.options)
    check_free(out, suite.name, policies)
    check_writable(out)

    def work(console: Console) -> Path:
        if torch := sys.modules.get("torch"):  # only some policies bring it along
            torch.set_num_threads(
                1
            )  # batches are small: a second thread gains little, and loses much on a busy machine
        return run(suite, policies, job.options, out, console)

    return work


def load(names: tuple[str, ...]) -> Policies:
    """The policies, by the names that the report gives them. ValueError where one is none, or two have one name."""
    policies: dict[str, Policy | Driver] = {}
    for name in names:
        short = short_name(name)
        if short in policies:
            raise ValueError(f"two policies are called {short!r}: evaluate them one after the other, into two folders")
        policies[short] = Expert() if name == EXPERT else load_policy(name)
    if not policies:
        raise ValueError(f"no policy given: expected shipped names ({', '.join(policy_names())}), folders or expert")
    return policies


def short_name(name: str) -> str:
    """What a report calls a policy: a folder's name, or that of the object in its file or module."""
    folder = Path(name.rpartition("@")[2])
    return name.rpartition(":")[2] if ":" in name and not folder.exists() else folder.resolve().name
