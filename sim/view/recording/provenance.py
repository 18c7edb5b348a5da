"""How a recording was made, as JSON in the comment of its metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av import FFmpegError
from PIL import UnidentifiedImageError

from sim.provenance import plain
from sim.view.recording.formats import format_of


def as_comment(provenance: Mapping[str, Any]) -> str:
    """JSON in ASCII, the one thing that every format's comment can hold."""
    return json.dumps(plain(provenance))


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
