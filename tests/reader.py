"""A reader who does what a page says, from its top to its bottom: runs every command and every block of Python.

Commands run in this process, as `python FILE` and `python -m MODULE` would run them; a fresh process for each would
take minutes.
"""

import re
import runpy
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

LANGUAGES = {"bash", "python", "text", "diff", "toml", "powershell", "bibtex"}
"""What a block may be. Those of bash and Python are run."""


class Block(NamedTuple):
    """A fenced block: the line at which it begins, its language, and what it holds."""

    line: int
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(text[: match.start()].count("\n") + 1, match[1], match[2]) for match in found]


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command in a block of bash; a line may hold several."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # NAME=value before the command
                del words[0]
            if words:
                yield words


@dataclass(frozen=True)
class Shorter:
    """How a command that takes long is shortened: words that it gets besides (the last of an option counts)."""

    program: str
    words: tuple[str, ...]

    def fits(self, words: list[str]) -> bool:
        """Whether this is about the command with these words."""
        return words[: len(self.program.split())] == self.program.split()


class Parsed(Exception):
    """A command line was understood; it goes no further."""


class Reader:
    """Follows one page. Its folder looks like a clone, and whatever is written is written there."""

    def __init__(self, shorter: list[Shorter], make: dict[str, Callable[[Path], None]]) -> None:
        self._shorter, self._make = shorter, make
        self._names: dict[str, Any] = {"__name__": "__page__"}

    def run(self, words: list[str]) -> None:
        """One `python ...` command, shortened; AssertionError where it fails."""
        self.bring(words)
        extra = [word for shorter in self._shorter if shorter.fits(words) for word in shorter.words]
        self._start([*words[1:], *extra])

    def bring(self, words: list[str]) -> None:
        """Make the files that a command reads and nothing has written yet."""
        for before, word in zip(["", *words], words, strict=False):
            name = word.split("@")[-1]
            if name in self._make and before not in ("--out", "--record") and not Path(name).exists():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                self._make[name](Path(name))

    def parse(self, words: list[str], monkeypatch: Any) -> None:
        """Let a command only read its options."""

        def stop(*args: Any, **options: Any) -> Any:
            understand(*args, **options)
            raise Parsed

        from sim import command_line

        understand = command_line.parse
        with monkeypatch.context() as patch:
            patch.setattr(command_line, "parse", stop)
            try:
                self._start(words[1:])
            except Parsed:
                return
        raise AssertionError(f"{shlex.join(words)} never read its options")

    def understand(self, text: str) -> None:
        """A block of Python, after all that came before it on the page."""
        exec(compile(text, "<page>", "exec"), self._names)

    def _start(self, words: list[str]) -> None:
        run, target, arguments = runpy.run_path, words[0], words[1:]
        if words[0] == "-m":
            run, target, arguments = runpy.run_module, words[1], words[2:]  # type: ignore[assignment]
        argv, sys.argv = sys.argv, [target, *arguments]
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*found in sys.modules.*", RuntimeWarning)
                run(target, run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise AssertionError(f"exit status {end.code}") from end
        finally:
            sys.argv = argv
