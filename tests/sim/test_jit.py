"""Kernels for Python and kernels for kernels."""

import numpy as np
import pytest

from sim.jit import inner_kernel, kernel


@inner_kernel
def doubled(value):
    return 2 * value


@kernel
def sum_of_doubled(values):
    total = 0.0
    for value in values:
        total += doubled(value)
    return total


def test_an_inner_kernel_works_in_a_kernel_and_refuses_python_before_and_after():
    with pytest.raises(TypeError, match="doubled is an inner kernel"):
        doubled(1.5)
    assert sum_of_doubled(np.array([1.0, 2.5])) == 7.0
    with pytest.raises(TypeError, match="doubled is an inner kernel"):  # compiled by now, for the same type
        doubled(1.5)
