"""What a suite found, the same type for all of them: measures and figures by policy, tables and pictures for people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from agent.evaluate.measure import Measure, not_applicable

Picture = Callable[[], Figure]
"""Draws one picture, once it is wanted."""


@dataclass(frozen=True)
class Table:
    """Rows of text under a title; a row's first cell names it, the columns are the rest."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Found:
    """What was found of one policy, and its part of report.json.

    measures: the lines that may be held to bars. summary: figures that people read first; details: what is long. Both
    are plain data or numpy's, by name. control: this was no policy of the user's, but one that must fail.
    """

    measures: Sequence[Measure]
    summary: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    control: bool = False

    def to_json(self) -> dict[str, Any]:
        """What the report holds of it, beside the policy's identity."""
        return {**self.summary, "measures": [measure.to_json() for measure in self.measures], **self.details}


@dataclass(frozen=True)
class Findings:
    """What a suite found.

    title: over the measures. found: by the name that the report gives each policy or control. notes: lines to be read
    first. pictures: by the name of the file, without its ending. files: what else is written, by name below the
    report's folder.
    """

    title: str
    found: Mapping[str, Found]
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def measures(self) -> list[Measure]:
        """Those of all policies, one after the other."""
        return [measure for each in self.found.values() for measure in each.measures]


def nothing_to_ask(suite: str, name: str, why: str) -> Findings:
    """The findings on a policy that a suite does not apply to: one line."""
    return Findings(f"{suite}: {name}", {name: Found([not_applicable(suite, "all", why)])})
