"""What every command line of the project does alike: a user's mistake is one line on stderr and exit status 2."""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import tyro
from rich.console import Console

from sim.files import typed_path

_Options = TypeVar("_Options")


def parse(
    options: type[_Options],
    arguments: Sequence[str] | None = None,
    *,
    prog: str | None = None,
    default: _Options | None = None,
) -> _Options:
    """The command line as an instance of the dataclass `options`; one line and exit 2 where it does not fit.

    In each of its paths `~` is the user's home.

    default: what is not given, in place of the fields' own defaults.

    tyro draws its complaints as boxes of several lines; here the first sentence of the box is kept.
    """
    complaint = io.StringIO()
    try:
        with redirect_stderr(complaint):
            given: dict[str, Any] = {} if default is None else {"default": default}
            return _meant(tyro.cli(options, args=arguments, prog=prog, **given))
    except SystemExit as stop:
        if stop.code:
            fail(_first_sentence(complaint.getvalue()))
        raise


def _meant(value: Any) -> Any:
    """Options with all their paths as they were meant."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _meant(getattr(value, each.name)) for each in fields(value) if each.init})
    if isinstance(value, tuple):
        return tuple(_meant(each) for each in value)
    return typed_path(value) if isinstance(value, Path) else value


@contextmanager
def mistakes_in_one_line(*kinds: type[Exception]) -> Iterator[None]:
    """Turn an error of these kinds inside the block into one line on stderr and exit 2.

    ValueError and OSError if none is named, for setting up; while running, a ValueError is a bug and deserves its
    traceback, so name OSError alone there.
    """
    mistakes = kinds or (ValueError, OSError)
    try:
        yield
    except mistakes as error:
        filename, reason = getattr(error, "filename", None), getattr(error, "strerror", None)
        fail(f"{filename}: {reason}" if filename and reason else str(error))


def say(console: Console, line: str) -> None:
    """Print a line as it stands, however narrow the terminal: what it holds may be a command or a path."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def fail(message: str) -> NoReturn:
    """Print `message` as one line on stderr and exit with status 2."""
    print("error: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(2)


def _first_sentence(box: str) -> str:
    """What tyro's box says first, and the option that it thinks was meant. In ASCII a title stands above the box."""
    sections = [""]
    for line in box.splitlines():
        text = line.strip(" │|")
        if text[:1] in ("╭", "╰") or (text and set(text) <= {"─", "-"}):
            sections.append("")
        else:
            sections[-1] += f" {text}"
    said = [" ".join(section.split()) for section in sections[1:] if section.strip()] or [box]
    meant = re.search(r"Perhaps you meant: (--\S+)", " ".join(said))
    hint = f" (did you mean {meant[1]}?)" if meant else ""
    return said[0].rstrip(".") + hint + "; see --help"
