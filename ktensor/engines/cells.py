"""Where NumPy's and Theano's variables are stored."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeAlias

import numpy.typing as npt

__all__ = ["Cell"]

Array: TypeAlias = npt.NDArray[Any]

#: How often an array is referred to that nobody but `Cell.change` knows: by its variable, and by the call that counts.
_ALONE: Final = 2


class Cell:
    """Where a variable's value is. Whoever has read its array keeps the numbers that he has read."""

    __slots__ = ("_lock", "place")

    def __init__(self, place: list[Any]) -> None:
        #: Holds the array alone, which is not to be written into; None while it is being changed.
        self.place: list[Array | None] = place
        self._lock = Lock()

    def read(self) -> Array:
        """The array, which is not to be written into."""
        array = self.place[0]
        if array is None:
            with self._lock:  # until the change is made
                return self.read()
        return array

    def write(self, array: Array) -> None:
        """Replaces the array."""
        with self._lock:
            self.place[0] = array

    def change(self, function: Callable[..., Array], *operands: Array) -> Array:
        """Replaces the array by `function(array, *operands)`, alike in shape and dtype; in place, if nobody has it.

        Args:
            function: must not fail once it has begun to write into its argument `out`.
        """
        with self._lock:
            array, self.place[0] = self.place[0], None
            assert array is not None
            # Views of an array that is itself a view do not refer to it.
            out = array if array.base is None and sys.getrefcount(array) == _ALONE else None
            try:
                self.place[0] = array = function(array, *operands, out=out)
            finally:
                self.place[0] = array
            return array
