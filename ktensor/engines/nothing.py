"""Arrays of no elements, for engines that know less of them than TensorFlow does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["extreme", "filled"]


def extreme(op_name: str, dtype: npt.DTypeLike) -> Any:
    """The "max" or "min" of nothing: an infinity, or the least or greatest integer."""
    kind: np.dtype[Any] = np.dtype(dtype)
    if kind.kind == "f":
        return kind.type(-np.inf if op_name == "max" else np.inf)
    limits = np.iinfo(kind)
    return kind.type(limits.min if op_name == "max" else limits.max)


def filled(sizes: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    """The sizes for an array of that shape, which has no elements; -1 is what is left when zeros are left out."""
    if -1 not in sizes or 0 not in sizes:
        return tuple(sizes)
    left = math.prod(n for n in shape if n) // math.prod(n for n in sizes if n > 0)
    return tuple(left if n == -1 else n for n in sizes)
