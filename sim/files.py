"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
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
