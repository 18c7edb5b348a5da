"""One way to say that a name is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, name: object, choices: Iterable[str]) -> ValueError:
    """A one-line ValueError naming the value, the nearest valid choice and all choices."""
    known = sorted(choices)
    near = get_close_matches(str(name), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    choice = f"choose from: {', '.join(known)}" if known else "there is none to choose from"
    return ValueError(f"unknown {kind} {name!r}{hint}; {choice}")


def in_one_line(error: BaseException) -> str:
    """A mistake in its own words; whatever else went wrong with its type."""
    said = " ".join(str(error).split())
    return said if isinstance(error, ValueError | OSError) else f"{type(error).__name__}: {said}"
