"""Documents that repeat data say the same as the data."""

import ast
import re
from itertools import groupby
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


MAP = ROOT / "docs" / "map.md"

MAP_HEAD = """# A line for each file

Generated from the modules' own first lines: `python -m pytest tests/test_docs.py --renew-map` writes it anew.
[architecture.md](architecture.md) says how they hang together.
"""


def first_line(path: Path) -> str:
    """What a module says that it is."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said, f"{path.relative_to(ROOT)} does not say what it is"
    return said.splitlines()[0]


def house_map() -> str:
    """A heading for each package and a line for each module, in the order of their names."""
    modules = [ROOT / "run_demo.py", *sorted(ROOT.glob("sim/**/*.py")), *sorted(ROOT.glob("agent/**/*.py"))]
    text = MAP_HEAD
    for package, files in groupby(sorted(modules, key=lambda path: str(path.parent)), key=lambda path: path.parent):
        place = package.relative_to(ROOT).as_posix()
        listed = list(files)
        about = [first_line(path) for path in listed if path.name == "__init__.py"]
        text += f"\n## {'Top level' if place == '.' else place}\n\n" + "".join(f"{line}\n\n" for line in about)
        lines = [f"- `{path.name}`: {first_line(path)}" for path in listed if path.name != "__init__.py"]
        text += "".join(f"{line}\n" for line in lines)
    return text


def test_the_map_is_what_the_modules_say(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--renew-map"):
        MAP.write_text(house_map(), encoding="utf-8")
    assert MAP.read_text(encoding="utf-8") == house_map(), "run: python -m pytest tests/test_docs.py --renew-map"


PAGES = [ROOT / "README.md", *(page for page in sorted(ROOT.glob("docs/*.md")) if page.name != "log.md")]


def anchors(page: Path) -> set[str]:
    """What a link may name on a page: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    for file, heading in links:
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in anchors(target), f"{file}#{heading}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    """All but those whose NAME a reader chooses."""
    named = re.findall(r"`((?:sim|agent|tests|docs|assets)/[\w/.]+\.\w+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []
