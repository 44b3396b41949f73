"""The elementwise chains, without ktensor, for rivals in an environment of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float32]"

SIZE: Final = 4_000_000
#: Which elements of a result are looked at where the whole is too large to be sent.
PROBE: Final = slice(0, None, 40_003)


class Chain(NamedTuple):
    """An expression of x and y, in terms of a library with `tanh` and `sqrt`, and as NumExpr reads it."""

    of: Callable[[Any, Any, Any], Any]
    text: str


CHAINS: Final[Mapping[str, Chain]] = {
    "chain": Chain(lambda x, y, m: m.tanh(x * y + 0.5) * m.sqrt(x) - y, "tanh(x * y + half) * sqrt(x) - y"),
    "arithmetic": Chain(
        lambda x, y, m: (x * y + 0.5) * (x - y) / (y + 1.0) - x, "(x * y + half) * (x - y) / (y + one) - x"
    ),
}


def data() -> tuple[Array, Array]:
    """The same numbers each time."""
    random = np.random.default_rng(0)
    return random.random(SIZE, np.float32), random.random(SIZE, np.float32)
