"""How a recording was made, as JSON in the comment of its metadata."""

import json
from collections.abc import Callable, Mapping
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple

from av import FFmpegError
from PIL import UnidentifiedImageError

from sim.provenance import plain
from sim.view.recording.formats import format_of

ROOM = 60
"""Characters that are kept free in a file for a value that is known at its end."""


class Later(NamedTuple):
    """A value that is known once a recording ends: `value` is asked then. Its JSON has ROOM characters at most."""

    value: Callable[[], Any]


def as_comment(provenance: Mapping[str, Any]) -> str:
    """JSON in ASCII, the one thing that every format's comment can hold.

    What is known later comes first, as null with room beside it: so no format cuts it into pieces.
    """
    known = json.dumps(plain({name: value for name, value in provenance.items() if not isinstance(value, Later)}))
    late = [_entry(name, None) for name, value in provenance.items() if isinstance(value, Later)]
    return "{" + ", ".join([*late, *([known[1:-1]] if len(known) > 2 else [])]) + "}"


def fill_in(path: Path, provenance: Mapping[str, Any]) -> None:
    """Put what is known by now into the comment of a recording that was begun with the same provenance."""
    late = {name: value for name, value in provenance.items() if isinstance(value, Later)}
    if not late or not path.is_file():
        return
    with path.open("r+b") as file, mmap(file.fileno(), 0) as content:
        for name, later in late.items():
            _replace(content, _entry(name, None).encode("ascii"), _entry(name, later.value()).encode("ascii"))


def settled(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """With what is known by now."""
    return {name: value.value() if isinstance(value, Later) else value for name, value in provenance.items()}


def _entry(name: str, value: Any) -> str:
    return f"{json.dumps(name)}: {json.dumps(value):<{ROOM}}"


def _replace(content: mmap, old: bytes, new: bytes) -> None:
    """Each time it stands there: a finished MP4 has two indices."""
    at = content.find(old) if len(new) == len(old) else -1
    while at >= 0:
        content[at : at + len(old)] = new
        at = content.find(old, at)


def read_provenance(path: Path) -> dict[str, Any]:
    """What was given to the `Recorder` that wrote this file, whole or cut short.

    OSError where it cannot be read, ValueError where it is no recording of ours.
    """
    read_comment = format_of(path).read_comment
    path.open("rb").close()  # says clearly why a file cannot be read
    try:
        provenance = json.loads(read_comment(path) or "")
    except (FFmpegError, UnidentifiedImageError, json.JSONDecodeError):
        provenance = None
    if not isinstance(provenance, dict):
        raise ValueError(f"{str(path)!r} does not say how it was made; expected a recording by RedGaze")
    return provenance
