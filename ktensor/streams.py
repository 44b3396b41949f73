"""Where random numbers come from: one stream for each random tensor, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["DRAWS", "Stream"]


def _truncated_normal(generator: np.random.Generator, shape: Sequence[int], dtype: Any) -> npt.NDArray[Any]:
    """Standard normal numbers, of which those beyond 2 are drawn again."""
    result = np.asarray(generator.standard_normal(shape, dtype))
    wide = np.abs(result) > 2
    while count := np.count_nonzero(wide):
        result[wide] = generator.standard_normal(count, dtype)
        wide = np.abs(result) > 2
    return result


#: The kinds of numbers: `draw(generator, shape, dtype)`.
DRAWS: Final[Mapping[str, Callable[[np.random.Generator, Sequence[int], Any], npt.NDArray[Any]]]] = {
    "uniform": lambda generator, shape, dtype: np.asarray(generator.random(shape, dtype)),
    "normal": lambda generator, shape, dtype: np.asarray(generator.standard_normal(shape, dtype)),
    "truncated_normal": _truncated_normal,
}


class Stream:
    """The numbers that a random tensor draws, evaluation after evaluation. Compared and hashed by identity.

    An engine with a generator of its own keeps it in `others`, by its name.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.others: dict[str, Any] = {}
        self.lock = Lock()
        self._generator: np.random.Generator | None = None

    def draw(self, kind: str, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """The next numbers, in memory of their own."""
        with self.lock:
            if self._generator is None:
                self._generator = np.random.Generator(np.random.SFC64(self.seed))
            return DRAWS[kind](self._generator, shape, np.dtype(dtype))

    def __repr__(self) -> str:
        return f"Stream({self.seed})"
