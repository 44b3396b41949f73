"""Shapes of random arrays, which NumPy's types do not keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..dims import Poly, Shape

__all__ = ["RANDOM", "random_shape"]

#: The functions of `np.random`, and methods of its generators, that take a size, and the argument that it is.
_SIZE_AT: Final[Mapping[str, int]] = {
    **dict.fromkeys(("random", "random_sample", "sample", "ranf", "standard_normal", "standard_exponential"), 0),
    **dict.fromkeys(("exponential", "poisson", "rayleigh", "chisquare"), 1),
    **dict.fromkeys(("normal", "uniform", "integers", "randint", "binomial", "laplace", "gamma", "beta"), 2),
}
#: Those whose arguments are the sizes.
_SIZES: Final = frozenset({"rand", "randn"})
RANDOM: Final = _SIZE_AT.keys() | _SIZES


def random_shape(name: str, given: Sequence[Any], named: Mapping[str, Any]) -> Shape | None:
    """The shape of a random array, by the arguments of the function that makes it; None if it is not known."""
    if name in _SIZES:
        sizes: Any = given
    else:
        at = _SIZE_AT[name]
        sizes = named.get("size", given[at] if len(given) > at else None)
    if sizes is None:  # one number, unless another argument is an array
        return () if all(isinstance(v, (bool, int, float, str)) for v in (*given, *named.values())) else None
    return _as_shape(sizes)


def _as_shape(sizes: Any) -> Shape | None:
    found = tuple(sizes) if isinstance(sizes, (list, tuple)) else (sizes,)
    return found if all(isinstance(d, (int, Poly)) for d in found) else None
