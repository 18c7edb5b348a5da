"""One way to say that a name is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, name: object, choices: Iterable[str]) -> ValueError:
    """A one-line ValueError naming the value, the nearest valid choice and all choices."""
    known = sorted(choices)
    near = get_close_matches(str(name), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return ValueError(f"unknown {kind} {name!r}{hint}; choose from: {', '.join(known)}")
