"""`kernel`: numba's njit with a cache that no edit can leave stale and no damage can stop (`sim.kernel_cache`)."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numba
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions

from sim.kernel_cache import KernelCache

_Function = TypeVar("_Function", bound=Callable[..., Any])

KERNELS: list[Any] = []
"""Every kernel of the modules that are imported by now, those for kernels included."""

CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")
"""numba has the flag and doesn't let `njit` take it: the arrays that a kernel is given don't overlap."""


def kernel(function: _Function | None = None, **options: Any) -> Any:
    """Compile with numba: no Python objects, IEEE division, and no fast-math, so bits do not hang on the machine."""

    def compile_lazily(target: _Function) -> _Function:
        made = _compiled_by_numba(target, options)
        made._cache = KernelCache(target)
        return made

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
    settings: Any = numba.config
    asked, settings.DISABLE_JIT = settings.DISABLE_JIT, 0  # NUMBA_DISABLE_JIT: wrapping words are no Python integers
    try:
        made = numba.njit(error_model="numpy", nogil=True, **options)(target)
    finally:
        settings.DISABLE_JIT = asked
    KERNELS.append(made)
    return made
