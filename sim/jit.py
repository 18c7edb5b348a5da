"""`kernel`: numba's njit with a cache that no edit can leave stale.

numba keys a cached function on its own source file alone, so a changed callee in another module would silently go on
running its old code. Here the cache folder is named after the contents of every module that holds kernels.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _cache_folder() -> Path:
    """The kernels' cache folder: per user, named after the sources; a temporary one where that cannot be written."""
    package = Path(__file__).parent
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        if b"kernel" in text:
            digest.update(text)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "redgaze" / f"kernels-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="redgaze-kernels-"))
    return folder


CACHE_FOLDER = _cache_folder()

CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")
"""numba has the flag and doesn't let `njit` take it: the arrays that a kernel is given don't overlap."""


def kernel(function: _Function | None = None, **options: Any) -> Any:
    """Compile with numba: no Python objects, IEEE division, and no fast-math, so bits do not hang on the machine."""

    def compile_lazily(target: _Function) -> _Function:
        settings: Any = numba.config
        before = settings.CACHE_DIR
        settings.CACHE_DIR = str(CACHE_FOLDER)  # read once, when the dispatcher is made
        try:
            return _compiled_by_numba(target, {"cache": True, **options})
        finally:
            settings.CACHE_DIR = before

    return compile_lazily if function is None else compile_lazily(function)


def inner_kernel(function: _Function | None = None, **options: Any) -> Any:
    """A kernel that only kernels call: neither cached apart from them nor made fit for Python, which is a fifth of
    the time that compiling takes. Called from Python it raises TypeError."""

    def compile_lazily(target: _Function) -> _Function:
        made = _compiled_by_numba(target, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **options})

        def refuse(*_: Any, **__: Any) -> None:
            raise TypeError(f"{target.__name__} is an inner kernel: only kernels can call it")

        made._compile_for_args = refuse  # what Python's call of a new signature comes to ...
        made._insert = lambda *_: None  # ... and every signature stays new: there is nothing that Python could call
        return made

    return compile_lazily if function is None else compile_lazily(function)


lean_kernel = partial(kernel, _nrt=False)
"""A kernel that allocates nothing: counting references to its views of rows took a third of a frame, and of what the
expert needs."""

lean_inner_kernel = partial(inner_kernel, _nrt=False)
"""An inner one."""


def _compiled_by_numba(target: Callable[..., Any], options: dict[str, Any]) -> Any:
    return numba.njit(error_model="numpy", nogil=True, **options)(target)
