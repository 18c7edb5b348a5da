"""docs/attention.ipynb runs from top to bottom, says what is true, and is a valid notebook.

`--renew-golden` writes what its cells print and draw into the file, all but the films. Look at it, then commit.
"""

import base64
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.files import write_text

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "docs" / "attention.ipynb"
RUNNER = Path(__file__).with_name("run_cells.py")

FILMS = {"SECONDS = 8 ": "SECONDS = 0.2 "}
"""What is changed for the test: the films are shortened, by the notebook's own name for their length."""

Cell = dict[str, Any]
Outputs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def notebook() -> Cell:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def code(notebook: Cell) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def outputs(code: list[Cell]) -> list[Outputs]:
    """What each code cell came to, run in order in an interpreter of its own, from the notebook's folder."""
    sources = ["".join(cell["source"]) for cell in code]
    for given, shortened in FILMS.items():
        assert given in sources[0]
        sources[0] = sources[0].replace(given, shortened)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    command = [sys.executable, str(RUNNER)]
    result = subprocess.run(
        command, input=json.dumps(sources), capture_output=True, text=True, cwd=NOTEBOOK.parent, env=environment
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def kinds(outputs: Outputs) -> list[str]:
    return [output["output_type"] for output in outputs]


def printed(outputs: Outputs) -> str:
    return "".join(
        line for output in outputs for line in output.get("text", output.get("data", {}).get("text/plain", []))
    )


def pictures(outputs: Outputs) -> list[bytes]:
    shown = (output.get("data", {}).get("image/png") for output in outputs)
    return [base64.b64decode(data, validate=True) for data in shown if data]


def test_it_runs_and_still_says_what_it_said(
    request: pytest.FixtureRequest, notebook: Cell, code: list[Cell], outputs: list[Outputs]
) -> None:
    if request.config.getoption("--renew-golden"):
        renew(notebook, code, outputs)
    for cell, fresh in zip(code, outputs, strict=True):
        assert kinds(cell["outputs"]) == kinds(fresh), cell["id"]
        assert len(pictures(cell["outputs"])) == len(pictures(fresh)), cell["id"]
        assert_about_the_same(printed(cell["outputs"]), printed(fresh), cell["id"])


def renew(notebook: Cell, code: list[Cell], outputs: list[Outputs]) -> None:
    """Write the outputs into the file, without the films."""
    for count, (cell, fresh) in enumerate(zip(code, outputs, strict=True), 1):
        cell["execution_count"] = count
        cell["outputs"] = [
            {**output, "data": {kind: value for kind, value in output["data"].items() if kind != "text/html"}}
            if "data" in output
            else output
            for output in fresh
        ]
    write_text(NOTEBOOK, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def assert_about_the_same(said: str, now: str, where: str) -> None:
    """The same words, and numbers that differ by no more than another machine's rounding."""
    number = r"[-+]?\d+\.?\d*"
    assert re.sub(number, "#", now) == re.sub(number, "#", said), where
    was, is_now = ([float(value) for value in re.findall(number, text)] for text in (said, now))
    assert is_now == pytest.approx(was, rel=0.03, abs=0.01), f"{where}: see the head of {Path(__file__).name}"


def test_both_films_would_play(outputs: list[Outputs]) -> None:
    pages = [page for fresh in outputs for output in fresh if (page := output.get("data", {}).get("text/html"))]
    assert len(pages) == 2
    for page in pages:
        assert 'src="data:video/mp4;base64,' in "".join(page)


def test_it_is_a_valid_notebook(notebook: Cell) -> None:
    """Against https://nbformat.readthedocs.io/en/latest/format_description.html, version 4.5."""
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    for cell in notebook["cells"]:
        own = {"code": {"execution_count", "outputs"}, "markdown": set()}[cell["cell_type"]]
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | own
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert not cell["source"][-1].endswith("\n")


def test_it_was_run_in_order(code: list[Cell]) -> None:
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


def test_it_is_small_and_its_pictures_are_pictures(code: list[Cell]) -> None:
    assert NOTEBOOK.stat().st_size < 300_000
    found = [picture for cell in code for picture in pictures(cell["outputs"])]
    assert len(found) >= 5
    for picture in found:
        width, height = struct.unpack(">II", picture[16:24])  # of the PNG's header
        assert 100 < height < width <= 1000


def test_it_tells_nothing_of_the_machine(notebook: Cell) -> None:
    text = re.sub(r'"image/png": "[^"]*"', "", json.dumps(notebook))
    assert not re.search(r"/(home|root|tmp|usr|opt|Users|var|mnt)/|[A-Z]:\\\\|site-packages|\b0x[0-9a-f]+", text)


def test_its_links_lead_somewhere(notebook: Cell) -> None:
    prose = "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)", prose)
    assert len(targets) > 3
    for file, heading in targets:
        text = (NOTEBOOK.parent / file).read_text(encoding="utf-8")
        anchors = [
            re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)", text, re.M)
        ]
        assert not heading or heading in anchors, f"{file}#{heading}"
