"""Where variables are stored."""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Cell"]

Array: TypeAlias = npt.NDArray[Any]

#: How often an array is referred to that nobody but `Cell.change` knows: by its variable, and by the call that counts.
_ALONE: Final = 2


class Cell:
    """The storage of a variable. Whoever has read its array keeps the numbers that he has read."""

    __slots__ = ("_lock", "array")

    def __init__(self, array: Array) -> None:
        #: None while it is being changed; not to be written into.
        self.array: Array | None = array
        self._lock = Lock()

    def read(self) -> Array:
        """The array, which is not to be written into."""
        array = self.array
        if array is None:
            with self._lock:  # until the change is made
                return self.read()
        return array

    def write(self, array: Array) -> None:
        """Replaces the array."""
        with self._lock:
            self.array = array

    def change(self, ufunc: np.ufunc, operand: Array) -> None:
        """Replaces the array by `ufunc(array, operand)`, which has its shape and dtype; in place, if nobody has it."""
        with self._lock:
            array, self.array = self.array, None
            assert array is not None
            # Views of an array that is itself a view do not refer to it.
            out = array if array.base is None and sys.getrefcount(array) == _ALONE else None
            try:
                self.array = ufunc(array, operand, out=out)
            finally:
                self.array = array if self.array is None else self.array
