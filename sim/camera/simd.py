"""Vector instructions that the compiler doesn't find by itself."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 8
"""Neighbours that are stored together."""


def _ramp(typing_context: Any, line: Any, begin: Any, value: Any, step: Any) -> Any:
    """line[begin + i] = value + i * step for the LANES next places, float32, unchecked.

    A loop over so few is unrolled before the compiler looks for vectors, and then it is eight times as long.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        vector = ir.VectorType(ir.FloatType(), LANES)

        def spread(scalar: Any) -> Any:
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
            return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

        run = builder.fmul(spread(arguments[3]), ir.Constant(vector, [float(i) for i in range(LANES)]))
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
        builder.store(builder.fadd(spread(arguments[2]), run), place, align=4)
        return context.get_dummy_value()

    return types.void(line, types.uint64, types.float32, types.float32), generate


store_ramp: Any = intrinsic(_ramp)
