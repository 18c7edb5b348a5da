"""How every command line of the project turns a mistake down."""

import io
import sys
from dataclasses import dataclass

import pytest
from rich.console import Console

from sim.command_line import mistakes_in_one_line, parse, say


@dataclass
class Options:
    """Some options."""

    seed: int = 0
    """A number."""


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_options_that_fit() -> None:
    assert parse(Options, ["--seed", "3"]) == Options(3)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"], ids=["boxes", "ASCII boxes"])
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--seed", "x"], "error: Error parsing --seed: invalid literal for int() with base 10: 'x'; see --help"),
        (["--sed", "3"], "error: Unrecognized options: --sed, 3 (did you mean --seed?); see --help"),
        (["--seed"], "error: Missing value for argument '--seed'. Expected 1 values; see --help"),
    ],
)
def test_options_that_do_not_fit(
    arguments: list[str], line: str, encoding: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(sys.stdout), "encoding", encoding)
    with pytest.raises(SystemExit) as stop:
        parse(Options, arguments)
    assert stop.value.code == 2
    assert complaint(capsys) == line


def test_help_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(Options, ["--help"])
    assert stop.value.code == 0
    assert "--seed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("seed is -1;\nexpected 0 or more"), "error: seed is -1; expected 0 or more"),
        (FileNotFoundError(2, "No such file or directory", "a/b"), "error: a/b: No such file or directory"),
        (OSError("disk gone"), "error: disk gone"),
    ],
)
def test_mistakes_are_one_line(error: Exception, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop, mistakes_in_one_line():
        raise error
    assert stop.value.code == 2
    assert complaint(capsys) == line


def test_bugs_keep_their_traceback() -> None:
    with pytest.raises(KeyError), mistakes_in_one_line():
        raise KeyError("bug")
    with pytest.raises(ValueError, match="bug"), mistakes_in_one_line(OSError):
        raise ValueError("bug")


def test_a_line_for_people_stays_one_line_however_narrow() -> None:
    """A command that is broken in two cannot be copied; and what is in brackets is no markup."""
    told = io.StringIO()
    say(Console(file=told, width=80), f"see it drive: python run_demo.py --policy 'runs/{'long' * 30}/[bold]'")
    assert told.getvalue() == f"see it drive: python run_demo.py --policy 'runs/{'long' * 30}/[bold]'\n"
