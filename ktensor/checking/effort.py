"""How much work the bodies that are run may ask for; what asks for more is not known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from .values import Unknown

__all__ = ["Steps", "all_of", "bounded"]

_MOST_STEPS: Final = 10_000
_MOST_ITEMS: Final = 10_000
_MOST_BITS: Final = 512
_SEQUENCES: Final = (range, list, tuple, str)


class Steps:
    """The statements and expressions of one run."""

    def __init__(self) -> None:
        self._run: object = None
        self._taken = 0

    def take(self, run: object) -> None:
        """One more, of this run.

        Raises:
            Unknown: the run has taken too many.
        """
        if run is not self._run:
            self._run, self._taken = run, 0
        self._taken += 1
        if self._taken > _MOST_STEPS:
            raise Unknown


def all_of(iterable: Iterable[Any]) -> list[Any]:
    """The items, if they are not too many."""
    items = list(islice(iterable, _MOST_ITEMS + 1))
    if len(items) > _MOST_ITEMS:
        raise Unknown
    return items


def bounded(function: Callable[..., Any], arguments: Sequence[Any]) -> Callable[..., Any]:
    """The function, if what it makes of plain numbers and sequences is not too large."""
    ints = [a for a in arguments if isinstance(a, int)]
    lengths = [len(a) for a in arguments if isinstance(a, _SEQUENCES)]
    large = any(length > _MOST_ITEMS for length in lengths) or any(n.bit_length() > _MOST_BITS for n in ints)
    repeated = function is operator.mul and bool(lengths and ints) and max(lengths) * max(ints) > _MOST_ITEMS
    power = function is operator.pow and len(ints) == 2 and ints[1] > _MOST_BITS
    if large or repeated or power:
        raise Unknown
    return function
