"""What made a result: versions of the world and of every package that its figures or pixels depend on."""

import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from sim import WORLD_VERSION, __version__

PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch", "gymnasium", "av")


def versions() -> dict[str, str]:
    """Version by name: the world, RedGaze, and those of PACKAGES that are installed. Nothing is imported for it."""
    found = {"world": WORLD_VERSION, "redgaze": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def plain(value: Any) -> Any:
    """As JSON has it, whatever it is: numpy values as Python's, tuples and sets as lists; numbers that JSON has no word
    for (NaN, infinity) as None; any other object by its name, by what it says it is about, or by its type's name."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value) if isinstance(value, Path) else _called(value)


def _called(thing: object) -> str:
    names = (getattr(thing, name, None) for name in ("name", "about", "__name__"))
    return next((name for name in names if isinstance(name, str) and name), type(thing).__name__)
