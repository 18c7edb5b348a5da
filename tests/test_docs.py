"""Documents that repeat data say the same as the data."""

import re
from pathlib import Path

import pytest

from sim.theme import COLOURS, EFFECTS, LOOK_FIELDS, SCALARS, training_bounds

ROOT = Path(__file__).parent.parent


def published(name: str) -> list[list[float]]:
    """[lowest values, highest values] of a row of docs/looks.md."""
    (row,) = re.findall(
        rf"^\| `{name}` \|([-.\d, ]*)\|([-.\d, ]*)\|", (ROOT / "docs/looks.md").read_text(), re.MULTILINE
    )
    return [[float(value) for value in cell.split(",")] for cell in row]


@pytest.mark.parametrize("name", [*COLOURS, *SCALARS, *EFFECTS])
def test_published_bounds_are_the_training_randomisers(name: str) -> None:
    fields = [f"{name}_{channel}" for channel in ("red", "green", "blue")] if name in COLOURS else [name]
    bounds, indices = training_bounds(), [LOOK_FIELDS.index(field) for field in fields]
    low, high = published(name)
    assert low == pytest.approx(bounds.low[indices], abs=1e-4)
    assert high == pytest.approx(bounds.high[indices], abs=1e-4)


def test_readme_has_a_line_for_each_module() -> None:
    tree = (ROOT / "README.md").read_text().split("## A line for each file")[1]
    for path in [*ROOT.glob("sim/**/*.py"), *ROOT.glob("agent/**/*.py"), ROOT / "run_demo.py"]:
        if path.name != "__init__.py":
            inside = path.relative_to(ROOT).parts[1:] or path.relative_to(ROOT).parts
            assert "/".join(inside) in tree, f"{path.relative_to(ROOT)} has no line in the README"


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
