"""Choosing between two arrays element by element."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["select"]

Array: TypeAlias = npt.NDArray[Any]

#: From so many elements on, a few passes over their bits take less time than one that guesses each element's branch.
_MANY: Final = 4096


def select(condition: Array, x: Array, y: Array, out: Array | None = None) -> Array:
    """`np.where(condition, x, y)` of two arrays of one dtype; in `out`, which may be `x`, if that is given."""
    dtype = x.dtype
    if condition.size < _MANY or dtype.kind not in "fiu" or condition.dtype != np.bool_:
        result = np.where(condition, x, y)
        if out is None:
            return result
        out[...] = result
        return out
    bits = np.dtype(f"i{dtype.itemsize}")
    mask = condition.astype(bits)
    place = None if out is None else out.view(bits)
    if y.ndim == 0 and not y.view(bits):
        result = np.multiply(x.view(bits), mask, out=place)
    else:
        np.negative(mask, out=mask)  # all bits, where there was one
        other = y.view(bits)
        result = np.bitwise_xor(x.view(bits), other)
        result = np.bitwise_and(result, mask, out=result if result.shape == mask.shape else None)
        result = np.bitwise_xor(result, other, out=result if place is None else place)
    return result.view(dtype) if out is None else out
