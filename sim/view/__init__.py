"""What a person sees: sources, the red, the window, recordings. Nothing heavy is loaded before it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.view.notebook import show
    from sim.view.paper import figure
    from sim.view.watching import watch

__all__ = ["figure", "show", "watch"]

_MODULES = {"figure": "sim.view.paper", "show": "sim.view.notebook", "watch": "sim.view.watching"}


def __getattr__(name: str) -> Any:
    """The functions themselves rather than some that call them: a notebook then helps with their signatures."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
