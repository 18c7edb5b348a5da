"""Policies neither move nor depend on what a process has chosen for all of torch, numpy and chance."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import torch

_Function = TypeVar("_Function", bound=Callable[..., Any])


def undisturbed(act: _Function) -> _Function:
    """Have a policy's `act` give the same bits whatever is chosen around it: default type and device of numbers,
    autocast, gradients, threads. It runs in inference mode and in one thread: other numbers of threads round otherwise
    for some sizes of batches, and after two of them a forked child would hang."""

    @wraps(act)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with torch.inference_mode(), plain_torch(), _one_thread():
            return act(*args, **kwargs)

    return alone  # type: ignore[return-value]


@contextmanager
def plain_torch() -> Iterator[None]:
    """New tensors are float32 on the CPU, and nothing is cast by itself."""
    usual = torch.empty(0)
    with ExitStack() as stack:  # each costs time, so only what is needed
        if usual.dtype != torch.float32:
            torch.set_default_dtype(torch.float32)
            stack.callback(torch.set_default_dtype, usual.dtype)
        if usual.device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if torch.is_autocast_enabled("cpu"):
            stack.enter_context(torch.autocast("cpu", enabled=False))
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def chance_kept() -> Iterator[None]:
    """Whatever is drawn inside, by torch, numpy or Python, the process draws on as if nothing had been."""
    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002  the global one is meant
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        np.random.set_state(numpys)  # noqa: NPY002
        random.setstate(pythons)
