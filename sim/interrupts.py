"""Ctrl-C at every moment ends a program of ours with status 130 and no traceback. Import it before anything heavy.

While a program is loaded and while it ends, nothing has been begun that could be put in order: it leaves at once. While
`main` runs, Ctrl-C is KeyboardInterrupt as ever.
"""

import _thread
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

PACKAGES, SCRIPTS = ("sim", "agent", "run_demo"), ("run_demo", "redgaze")
"""What is one of our programs after `python -m`, and as a script."""


def is_ours(command: list[str], script: str) -> bool:
    """Whether this is the command line of one of our programs, and not somebody's who uses the packages. script: what
    Python was given to run, sys.argv[0]."""
    if "-m" in command[1:-1]:
        return command[command.index("-m") + 1].split(".")[0] in PACKAGES
    return Path(script).stem in SCRIPTS


def leave(*_: object) -> None:
    """End the process now."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(INTERRUPTED)


def interruptible(main: _Function) -> _Function:
    """A command line's `main`, which returns INTERRUPTED after Ctrl-C."""

    @wraps(main)
    def run(*arguments: Any, **options: Any) -> Any:
        loading = signal.getsignal(signal.SIGINT) is leave
        if loading:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = _heard
        try:
            return main(*arguments, **options)
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            if loading:
                signal.signal(signal.SIGINT, leave)

    return run  # type: ignore[return-value]


def _heard(trouble: Any) -> None:
    """Where Python would print and forget a Ctrl-C, inside a destructor or a callback, it is raised once more."""
    if issubclass(trouble.exc_type, KeyboardInterrupt):
        Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(trouble)


if is_ours(sys.orig_argv, sys.argv[0] if sys.argv else ""):
    with contextlib.suppress(ValueError):  # not in the main thread: then somebody else is the program
        signal.signal(signal.SIGINT, leave)
