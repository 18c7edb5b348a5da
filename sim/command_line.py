"""What every command line of the project does alike: a user's mistake is one line on stderr and exit status 2."""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import NoReturn, TypeVar

import tyro

_Options = TypeVar("_Options")


def parse(options: type[_Options], arguments: Sequence[str] | None = None, *, prog: str | None = None) -> _Options:
    """The command line as an instance of the dataclass `options`; one line and exit 2 where it does not fit.

    tyro draws its complaints as boxes of several lines; here the first sentence of the box is kept.
    """
    complaint = io.StringIO()
    try:
        with redirect_stderr(complaint):
            return tyro.cli(options, args=arguments, prog=prog)
    except SystemExit as stop:
        if stop.code:
            fail(_first_sentence(complaint.getvalue()))
        raise


@contextmanager
def mistakes_in_one_line() -> Iterator[None]:
    """Turn a ValueError or OSError inside the block into one line on stderr and exit 2.

    For setting up, not for running: there a ValueError is a bug and deserves its traceback.
    """
    try:
        yield
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except ValueError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Print `message` as one line on stderr and exit with status 2."""
    print("error: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(2)


def _first_sentence(box: str) -> str:
    """The text of tyro's box up to its first rule, without the frame."""
    lines = [re.sub(r"[│╭╮╰╯]", " ", line).strip() for line in box.splitlines()]
    body = [line for line in lines if line]
    body = body[1:] if len(body) > 1 and "─" in body[0] else body
    rule = next((i for i, line in enumerate(body) if set(line) <= {"─", " "}), len(body))
    return " ".join(body[:rule]) + "; see --help"
