"""An extra exists once something uses it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("sim", "agent", "tests", "docs/examples", ".ci")

USED_AS = {
    "gymnasium[box2d]": "CarRacing-v3",
    "pytest-xdist": "pytest -n",
    "ruff": '"ruff"',
    "mypy": '"mypy"',
    "build": '"build"',
    "hatchling": 'build-backend = "hatchling',
    "pip": '"pip"',
}
"""What is used without being imported, and by which words that is seen."""

EXTRAS = [(name, need) for name, needs in PROJECT["project"]["optional-dependencies"].items() for need in needs]


def sources() -> str:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".sh")]
    others = [ROOT / "README.md", ROOT / "run_demo.py"]
    text = "".join(file.read_text(encoding="utf-8") for file in [*files, *others] if file != Path(__file__))
    return text + f'build-backend = "{PROJECT["build-system"]["build-backend"]}"'


@pytest.mark.parametrize(("extra", "need"), EXTRAS)
def test_every_package_of_an_extra_is_used(extra: str, need: str) -> None:
    package = re.split(r"[<>=~!; ]", need)[0]
    module = package.replace("-", "_")
    words = USED_AS.get(package, rf"^\s*(?:import|from) {module}\b|importorskip\(\"{module}")
    pattern = re.escape(words) if package in USED_AS else words
    assert re.search(pattern, sources(), re.MULTILINE), f"{package} of the extra {extra} is used nowhere"
