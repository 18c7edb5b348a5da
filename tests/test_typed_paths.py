"""Every path that a person types may begin at `~`, whether a shell has seen it or not."""

import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import run_demo
from agent.config import composed
from agent.evaluate import __main__ as evaluate
from agent.evaluate import evidence, grid
from agent.families import find
from sim import benchmark, gallery
from sim.benchmark import __main__ as benchmark_command
from sim.benchmark import cold_start, window
from sim.command_line import parse
from sim.files import typed_path
from sim.view.dump import Dump
from sim.view.notebook import Player

COMMANDS: dict[str, tuple[type, list[str]]] = {
    "run_demo": (run_demo.Options, []),
    "agent.train": (composed(find("topk-patches")), ["--out", "x"]),
    "agent.evaluate": (evaluate.CommandLine, ["expert", "--suite", "driving", "--out", "x"]),
    "agent.evaluate.evidence": (evidence.CommandLine, ["c", "--out", "x"]),
    "agent.evaluate.grid": (grid.CommandLine, ["x"]),
    "sim.benchmark": (benchmark_command.Options, []),
    "sim.benchmark.window": (window.Options, []),
    "sim.benchmark.cold_start": (cold_start.Options, []),
    "sim.gallery": (gallery.Options, ["--out", "x"]),
}
"""Every command's options, and what they need."""


def paths(options: Any) -> Iterator[tuple[str, bool]]:
    """Names of the options that are paths, and whether it goes by its place; those of parts stand without a prefix."""
    hints = typing.get_type_hints(type(options), include_extras=True)
    for each in dataclasses.fields(options):
        if dataclasses.is_dataclass(value := getattr(options, each.name)):
            yield from paths(value)
        elif "Path" in str(hints[each.name]):
            yield each.name, "Positional" in str(hints[each.name])


def value_of(options: Any, name: str) -> Any:
    """The option of that name, in whatever part."""
    if hasattr(options, name):
        return getattr(options, name)
    parts = [getattr(options, each.name) for each in dataclasses.fields(options)]
    return next(getattr(part, name) for part in parts if hasattr(part, name))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_path_of_every_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    options, needed = COMMANDS[command]
    for name, positional in paths(parse(options, needed)):
        if positional:
            line = ["~/it", *needed[1:]]
        else:
            option = "--" + name.replace("_", "-")
            rest = [*needed]
            if option in rest:
                del rest[rest.index(option) : rest.index(option) + 2]
            line = [*rest, f"{option}=~/it"]
        assert value_of(parse(options, line), name) == Path("/home/somebody/it"), name


def test_every_command_is_among_them() -> None:
    """A module that parses a command line is walked through here."""
    root = Path(run_demo.__file__).parent
    files = [root / "run_demo.py", *(root / "sim").rglob("*.py"), *(root / "agent").rglob("*.py")]
    told = {file.relative_to(root).as_posix() for file in files if " parse(" in file.read_text(encoding="utf-8")}
    names = {name.replace(".", "/") for name in COMMANDS}
    known = {*(f"{name}.py" for name in names), *(f"{name}/__main__.py" for name in names), "sim/command_line.py"}
    assert told <= known
    assert benchmark.__doc__


def test_from_python_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Player(b"film", "a film").save("~/films/x.mp4")
    assert (tmp_path / "films/x.mp4").read_bytes() == b"film"
    with Dump("~/dump", {"made": Path("by")}) as dump:
        assert dump.folder == tmp_path / "dump"
    assert not (tmp_path / "~").exists()


def test_nobodys_home_stays_as_it_is() -> None:
    assert typed_path("~no-such-user/x") == Path("~no-such-user/x")
