"""Random tensors. `ktensor.random` is this module.

The numbers are drawn anew at each evaluation, and at each step of a loop; a tensor that is used twice in one evaluation
has the same numbers in both places. A seed fixes the sequence of draws: two tensors of one seed draw the same numbers,
evaluation after evaluation. Without a seed, one is taken from NumPy's global generator when the expression is built, so
`np.random.seed` makes a program repeatable. NumPy and Theano draw the same numbers; TensorFlow has its own generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .. import dims, dtypes
from ..dims import Shape
from ..dtypes import DType, DTypeLike
from ..errors import ArgumentError, DTypeError, ShapeError
from ..graph import NotDifferentiable, TensorLike, as_node, build, cast_node, node_of, primitive, resolve_dtype, wrap
from ..streams import Stream
from . import shaping
from .elementwise import cast, floor, less, where
from .shaping import Sizes

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["binomial", "dropout", "normal", "seed", "truncated_normal", "uniform"]

_seeds: np.random.RandomState | None = None


def seed(value: int | None) -> None:
    """Seeds what is built from now on without a seed of its own; None: from NumPy's global generator, as at first."""
    global _seeds
    _seeds = None if value is None else np.random.RandomState(value)


def fresh_seed() -> int:
    """A seed for what is given none."""
    return int((_seeds or np.random).randint(2**31 - 1))


def _drawn_shape(*sizes: Shape, shape: Shape, **attrs: object) -> Shape:
    return shape


def _drawn_dtype(*sizes: type[DType], dtype: type[DType], **attrs: object) -> type[DType]:
    return dtype


@primitive(shape=_drawn_shape, dtype=_drawn_dtype, grad=NotDifferentiable("it is drawn"), merges=False)
def draw(kind: str, shape: Sizes, dtype: type[DType], seed: int | None) -> Tensor:
    """Numbers of one of the kinds in `ktensor.streams.DRAWS`: of float32 or float64."""
    if seed is not None and (isinstance(seed, bool) or not hasattr(seed, "__index__")):
        raise ArgumentError(f"{kind}: the seed {seed!r} is not an integer")
    sizes = shaping.size_list(kind, shape)
    static = shaping.nonnegative_sizes(kind, sizes)
    vector = [] if all(isinstance(d, int) for d in static) else [shaping.size_vector(kind, sizes)]
    stream = Stream(fresh_seed() if seed is None else int(seed))
    return build("draw", *vector, kind=kind, shape=static, dtype=dtype, stream=stream)


#: So many numbers float16 has, evenly, from 0 to 1.
_HALVES: Final = 2048.0


def _draw(kind: str, shape: Sizes, dtype: type[DType], seed: int | None) -> Tensor:
    """The same, of any dtype of floats."""
    if not dtype.is_float:
        raise DTypeError(f"{kind}: random numbers are of a float dtype, not {dtype}; cast them if that is meant")
    if dtype is not dtypes.float16:
        return draw(kind, shape, dtype, seed)
    numbers = draw(kind, shape, dtypes.float32, seed)
    if kind == "uniform":  # none of them may be rounded to 1
        numbers = floor(numbers * _HALVES) / _HALVES
    return cast(numbers, dtype)


def uniform(
    shape: Sizes,
    low: TensorLike = 0.0,
    high: TensorLike = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Tensor:
    """Numbers drawn evenly from [low, high), by default of `floatx`; integers if the dtype is one of integers.

    Raises:
        ShapeError: a negative size.
        ArgumentError: a seed that is not an integer.
    """
    kind = resolve_dtype(dtype)
    if kind.is_float:
        return _between(_draw("uniform", shape, kind, seed), low, high)
    return cast(floor(_between(draw("uniform", shape, dtypes.float64, seed), low, high)), kind)


def _between(x: Tensor, low: TensorLike, high: TensorLike) -> Tensor:
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return x * (high - low) + low
    return x * (wrap(as_node("uniform", "high", high)) - low) + low


def normal(
    shape: Sizes,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Tensor:
    """Numbers drawn from the normal distribution, by default of `floatx`.

    Raises:
        DTypeError: the dtype is not one of floats.
        ShapeError: a negative size.
        ArgumentError: a seed that is not an integer.
    """
    return _draw("normal", shape, resolve_dtype(dtype), seed) * stddev + mean


def truncated_normal(
    shape: Sizes,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Tensor:
    """As `normal`, but what is further than two standard deviations from the mean is drawn again."""
    return _draw("truncated_normal", shape, resolve_dtype(dtype), seed) * stddev + mean


def binomial(shape: Sizes, p: TensorLike = 0.0, dtype: DTypeLike | None = None, seed: int | None = None) -> Tensor:
    """1 with probability p, else 0, by default of `floatx`."""
    return cast(less(draw("uniform", shape, dtypes.float32, seed), p), resolve_dtype(dtype))


def _noise_sizes(x: Tensor, noise_shape: Any) -> list[Any]:
    if noise_shape is None:
        return [shaping.dim(x, i) for i in range(x.ndim)]
    if isinstance(noise_shape, (list, tuple)):
        noise_shape = [shaping.dim(x, i) if size is None else size for i, size in enumerate(noise_shape[: x.ndim])]
    sizes = shaping.size_list("dropout", noise_shape)
    if len(sizes) != x.ndim:
        raise ShapeError(f"dropout: noise_shape has {len(sizes)} axes, x of shape {dims.show(x.shape)} has {x.ndim}")
    return sizes


def dropout(x: TensorLike, level: float, noise_shape: Any = None, seed: int | None = None) -> Tensor:
    """x with each element set to 0 with probability `level`, and the others divided by `1 - level`.

    Args:
        noise_shape: the shape of what is drawn, which is stretched to x's: of an axis where it is 1, all are kept or
            none. By default, or where it is None, x's own size.

    Raises:
        ArgumentError: the level is not in [0, 1).
        ShapeError: the noise does not stretch to x's shape.

    Source: Srivastava et al. 2014, scaled while training as in Keras.
    """
    node = as_node("dropout", "x", x)
    if not node.dtype.is_float:
        raise DTypeError(f"dropout: x must be of floats, not {node.dtype}; cast it if that is meant")
    if not 0 <= level < 1:
        raise ArgumentError(f"dropout: level {level!r} is not in [0, 1)")
    tensor = wrap(node)
    kept = draw("uniform", _noise_sizes(tensor, noise_shape), dtypes.float32, seed) >= level
    scaled = tensor * (1 / (1 - level))
    result = where(kept, scaled, wrap(cast_node(as_node("dropout", "0", 0), node.dtype)))
    return shaping.broadcast_like(result, tensor) if node_of(result).shape != node.shape else result
