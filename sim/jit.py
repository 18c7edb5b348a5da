"""`kernel`: numba's njit with a cache that no edit can leave stale.

numba keys a cached function on its own source file alone, so a changed callee in another module would silently go on
running its old code. Here the cache folder is named after the contents of every module that holds kernels.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
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
            cached = not options.get("forceinline")
            return numba.njit(cache=cached, error_model="numpy", nogil=True, **options)(target)
        finally:
            settings.CACHE_DIR = before

    return compile_lazily if function is None else compile_lazily(function)
