"""Files that appear whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def typed_path(path: str | Path) -> Path:
    """A path as a person means it: `~` is their home, also where no shell made it so."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # nobody of that name, or no home: shells leave it as it is
        return Path(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it over `path` on success, remove it on any failure.

    Raises OSError where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def check_writable(folder: Path) -> None:
    """OSError unless files can be made in `folder`, itself made if missing: better known before the work than after."""
    with replacing(folder / ".writable") as part:
        part.touch()
    (folder / ".writable").unlink()


def check_apart(output: Path, inputs: Iterable[str | Path]) -> None:
    """ValueError if `output` is one of the files that are read, whatever either is called, or lies in a folder of them.

    Links, and names in another case where the file system takes them for the same, are one file. What does not exist
    cannot be destroyed: a new file may lie in a folder of inputs.
    """
    if not output.is_file():
        return
    for given in map(typed_path, inputs):
        if any(output.samefile(file) for file in _files(given)):
            raise ValueError(f"{str(output)!r} is read, too ({str(given)!r}); expected another name to write to")


def _files(path: Path) -> Iterator[Path]:
    """A file itself, or all files in a folder."""
    inside = path.rglob("*") if path.is_dir() else [path]
    return (file for file in inside if file.is_file())


def files_in_name(name: str) -> list[Path]:
    """The files and folders that a policy's, scenario's or theme's name leads to: FILE.py:object@FOLDER has two."""
    parts = [part for half in name.split("@") for part in (half, half.rpartition(":")[0])]
    return [path for part in (name, *parts) if part and (path := typed_path(part)).exists()]
