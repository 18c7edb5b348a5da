"""Batches of values held as columns: dataclasses whose arrays all lead with R, the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.integer] | NDArray[np.bool_] | slice
"""Some rows of a batch."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Base of such dataclasses. A field is an array that leads with R, a mapping of such arrays, Columns again, or a
    value that holds for all rows alike (None among them)."""

    def __len__(self) -> int:
        return len(next(value for value in self._values() if isinstance(value, np.ndarray)))

    def pick(self, index: Index) -> Self:
        """Some rows; copies, unless the index is a slice."""
        return type(self)(*(_pick(value, index) for value in self._values()))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows of all parts, in order. ValueError without parts, or where a value for all rows differs."""
        if not parts:
            raise ValueError(f"nothing to join: expected at least one {cls.__name__}")
        columns = zip(*(part._values() for part in parts), strict=True)
        names = [each.name for each in fields(cls)]
        return cls(*(_joined(name, column) for name, column in zip(names, columns, strict=True)))

    def _values(self) -> list[Any]:
        return [getattr(self, each.name) for each in fields(self)]


def _pick(value: Any, index: Index) -> Any:
    if isinstance(value, Columns):
        return value.pick(index)
    if isinstance(value, Mapping):
        return {name: each[index] for name, each in value.items()}
    return value[index] if isinstance(value, np.ndarray) else value


def _joined(name: str, column: Sequence[Any]) -> Any:
    first = column[0]
    if isinstance(first, Columns):
        return type(first).joined(column)
    if isinstance(first, Mapping):
        return {key: np.concatenate([part[key] for part in column]) for key in first}
    if isinstance(first, np.ndarray):
        return np.concatenate(column)
    if any(value != first for value in column):
        raise ValueError(f"{name} differs between the parts: expected one value for all")
    return first
