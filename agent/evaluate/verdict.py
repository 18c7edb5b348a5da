"""Findings in a few lines: a row for each question, a column for each policy; what was missed, and by how much."""

from collections.abc import Iterable, Mapping, Sequence

from agent.evaluate.findings import Found, Table
from agent.evaluate.measure import Measure

TITLE = "Verdict"
IN_ALL = "in all"
NAMED = 2
"""Missed lines of a test that are named; of the others it is told how many there are."""

Columns = Mapping[str, Mapping[str, list[Measure]]]
"""By policy, then by question: what was measured."""


def verdict(found: Mapping[str, Found]) -> Table:
    """One table for all policies; controls, which must fail, have a row."""
    columns = {name: _by_question(name, each.measures) for name, each in found.items() if not each.control}
    questions = dict.fromkeys(question for each in columns.values() for question in each)
    rows = [[question, *(answer(each.get(question, ())) for each in columns.values())] for question in questions]
    rows = [row for row in rows if any(row[1:])]
    rows += _controls(found, len(columns))
    return Table(TITLE, list(columns), [*rows, [IN_ALL, *(_in_all(found[name]) for name in columns)]])


def answer(measures: Sequence[Measure]) -> str:
    """What a test found, in a few words; "" where nothing of it was held to a bar and there is no single value."""
    held = [each for each in measures if each.bar is not None and each.value is not None]
    if held:
        return _held(held)
    told = [each for each in measures if each.value is not None]
    if not told:
        return "not applicable" if measures else ""
    return number(told[0]) if len(measures) == 1 else ""


def number(measure: Measure) -> str:
    """A measure's value."""
    return f"{measure.value:.4g}"


def _held(measures: Sequence[Measure]) -> str:
    missed = [each for each in measures if each.status == "missed"]
    met = len(measures) - len(missed)
    if not missed:
        return f"holds: {met} of {met}" if met > 1 else f"holds: {number(measures[0])} ({measures[0].bar})"
    farthest = sorted(missed, key=_short_of, reverse=True)
    lines = [f"{each.name} {number(each)} ({each.bar})" for each in farthest[:NAMED]]
    if len(missed) > NAMED:
        lines.append(f"and {len(missed) - NAMED} more")
    if len(measures) == 1:
        return f"missed: {number(missed[0])} ({missed[0].bar})"
    return "\n".join([f"missed: {met} of {len(measures)} hold", *lines])


def _short_of(measure: Measure) -> float:
    """How far from its bar, as a share of it."""
    assert measure.bar is not None
    assert measure.value is not None
    return abs(measure.value - measure.bar.threshold) / max(abs(measure.bar.threshold), 1e-9)


def _by_question(policy: str, measures: Iterable[Measure]) -> dict[str, list[Measure]]:
    """The measures of a test together; driving names its tests by who drove, so there each figure is a question."""
    found: dict[str, list[Measure]] = {}
    for each in measures:
        found.setdefault(each.name if each.test == policy else each.test, []).append(each)
    return found


def _controls(found: Mapping[str, Found], columns: int) -> list[list[str]]:
    """Whether those who must fail did."""
    lines = [each for one in found.values() if one.control for each in one.measures if each.bar is not None]
    if not lines:
        return []
    failed = [each.test for each in lines if each.status == "missed"]
    told = f"come too far: {', '.join(failed)}" if failed else f"fail, as they must: {len(lines)} of {len(lines)}"
    return [["controls", told, *[""] * (columns - 1)]]


def _in_all(found: Found) -> str:
    held = [each for each in found.measures if each.bar is not None and each.value is not None]
    met = sum(each.status == "passed" for each in held)
    return f"{met} of {len(held)} bars met" if held else "nothing held to a bar"
