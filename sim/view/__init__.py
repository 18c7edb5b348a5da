"""What a person sees: sources, the red, the window, recordings. Nothing heavy is loaded before it is asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.view.notebook import show

__all__ = ["show"]


def __getattr__(name: str) -> Any:
    """`show` itself rather than a function that calls it: a notebook then helps with its signature."""
    if name in __all__:
        from sim.view import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
