"""What expressions start from: placeholders, constants, filled tensors, ranges."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from .. import dims, dtypes
from ..dims import Dim, Poly, Shape
from ..dtypes import DType, DTypeLike, as_dtype
from ..errors import ArgumentError, DTypeError, ShapeError
from ..graph import (
    Expr,
    NotDifferentiable,
    TensorLike,
    as_array,
    as_node,
    build,
    cast_node,
    constant_node,
    fresh_name,
    has_tensor,
    node_of,
    primitive,
    resolve_dtype,
    size_node,
    wrap,
)
from ..state import State
from . import shaping
from .elementwise import cast, equal
from .shaping import Size, Sizes

if TYPE_CHECKING:
    from ..sizes import Dim as AnySize
    from ..tensor import Tensor

__all__ = [
    "PlaceholderShape",
    "arange",
    "constant",
    "eye",
    "full",
    "full_like",
    "one_hot",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

#: An int, None for a size that is not known, or the name of one: equal names are equal sizes.
PlaceholderSize: TypeAlias = Union[int, None, str, Poly, "AnySize"]
PlaceholderShape: TypeAlias = Sequence[PlaceholderSize]

_LEAF = NotDifferentiable("it has no inputs")


def _leaf_shape(*, shape: Shape, **attrs: object) -> Shape:
    return shape


def _leaf_dtype(*, dtype: type[DType], **attrs: object) -> type[DType]:
    return dtype


@primitive(shape=_leaf_shape, dtype=_leaf_dtype, grad=_LEAF, merges=False)
def placeholder(shape: PlaceholderShape, dtype: DTypeLike | None, name: str | None, sparse: bool) -> Tensor:
    """See `ktensor.placeholder`."""
    sizes = _placeholder_sizes(shape)
    if sparse and len(sizes) != 2:
        raise ShapeError(f"placeholder: a sparse placeholder has two axes, not {len(sizes)}")
    kind = resolve_dtype(dtype)
    if sparse and kind is dtypes.float16:
        raise DTypeError("placeholder: there are no sparse matrices of float16 (scipy has none); use float32")
    name = name or fresh_name("placeholder")
    return build("placeholder", shape=sizes, dtype=kind, name=name, sparse=sparse)


def _placeholder_sizes(shape: PlaceholderShape) -> Shape:
    if isinstance(shape, (str, bytes)) or not hasattr(shape, "__iter__"):
        raise ArgumentError(f"placeholder: shape {shape!r} is not a sequence of sizes; a vector's is (n,)")
    sizes: list[Dim] = []
    given: Sequence[Any] = shape
    for size in given:
        if size is None:
            sizes.append(dims.anonymous())
        elif isinstance(size, str):
            sizes.append(dims.named(size))
        elif isinstance(size, Poly):
            sizes.append(size)
        elif isinstance(size, bool) or not hasattr(size, "__index__"):
            raise ArgumentError(f"placeholder: size {size!r} is neither an int, None nor a name")
        else:
            sizes.append(operator.index(size))
            if operator.index(size) < 0:
                raise ShapeError(f"placeholder: negative size {size} in {tuple(shape)}")
    return tuple(sizes)


@primitive(shape=_leaf_shape, dtype=_leaf_dtype, grad=_LEAF, merges=False)
def variable(shape: Shape, dtype: type[DType], name: str, state: State) -> Tensor:
    """See `ktensor.variable`."""
    return build("variable", shape=shape, dtype=dtype, name=name, state=state)


@primitive(shape=lambda **attrs: (), dtype=_leaf_dtype, grad=_LEAF)
def size(size: Poly, dtype: type[DType]) -> Tensor:
    """A named size as a scalar. It never reaches an engine: placeholders' shapes take its place."""
    return wrap(size_node(size, dtype))


def _constant_rule(**attrs: object) -> Shape:
    raise AssertionError("constants are made by graph.constant_node")


@primitive(shape=_constant_rule, dtype=_leaf_dtype, grad=_LEAF)
def constant(value: TensorLike, dtype: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """A tensor of fixed elements: a number, an array, nested lists (of tensors too). The value is copied.

    Args:
        dtype: by default `floatx` for floats, int32 for Python ints, an integer or bool array's own.

    Raises:
        ArgumentError: the value is None, ragged, or no numbers.
        DTypeError: an unknown dtype, or integers that do not fit in it.
    """
    node = as_node("constant", "value", value)
    if dtype is not None:
        node = _constant_as(value, as_dtype(dtype)) or cast_node(node, as_dtype(dtype))
    return wrap(node)


def _constant_as(value: Any, dtype: type[DType]) -> Any:
    """Straight from the value, so that nothing is lost on the way through a default dtype."""
    if isinstance(value, (Expr, Poly)) or (isinstance(value, (list, tuple)) and has_tensor(value)):
        return None
    if hasattr(type(value), "_ktensor_node"):  # the type checker's stand-in for numbers that it does not have
        return None
    if isinstance(value, (bool, int, float)):
        return constant_node(value, dtype)
    return constant_node(as_array("constant", "value", value), dtype)


def full(shape: Sizes, value: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """A tensor of `shape` whose elements are all `value`, by default of `floatx`.

    Raises:
        ShapeError: a negative size.
    """
    scalar = cast_node(as_node("full", "value", value), resolve_dtype(dtype))
    return shaping.broadcast_to(wrap(scalar), shape)


def zeros(shape: Sizes, dtype: DTypeLike | None = None) -> Tensor:
    """A constant of zeros, by default of `floatx`. (`K.zeros` makes a variable.)"""
    return full(shape, 0, dtype)


def ones(shape: Sizes, dtype: DTypeLike | None = None) -> Tensor:
    """A constant of ones, by default of `floatx`. (`K.ones` makes a variable.)"""
    return full(shape, 1, dtype)


def full_like(x: TensorLike, value: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """`value` in x's shape, by default in x's dtype."""
    node = as_node("full_like", "x", x)
    scalar = wrap(cast_node(as_node("full_like", "value", value), node.dtype if dtype is None else as_dtype(dtype)))
    return shaping.broadcast_like(scalar, wrap(node)) if node.shape else scalar


def zeros_like(x: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """Zeros in x's shape, by default in x's dtype."""
    return full_like(x, 0, dtype)


def ones_like(x: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """Ones in x's shape, by default in x's dtype."""
    return full_like(x, 1, dtype)


def eye(rows: Size, columns: Size | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Ones on the diagonal, zeros elsewhere, by default of `floatx`; square unless `columns` says otherwise."""
    columns = rows if columns is None else columns
    sizes = shaping.size_list("eye", [rows, columns])
    if any(isinstance(s, int) and s < 0 for s in sizes):
        raise ShapeError(f"eye: negative size in ({rows}, {columns})")
    diagonal = equal(shaping.expand_dims(arange(sizes[0]), 1), shaping.expand_dims(arange(sizes[1]), 0))
    return cast(diagonal, resolve_dtype(dtype))


def _arange_rule(start: Shape, stop: Shape, step: Shape, *, length: Dim) -> Shape:
    return (length,)


@primitive(
    shape=_arange_rule,
    dtype=lambda dtype, *others, **attrs: dtype,
    grad=NotDifferentiable("how many elements it has does not vary smoothly"),
)
def arange(
    start: TensorLike, stop: TensorLike | None = None, step: TensorLike = 1, dtype: DTypeLike | None = None
) -> Tensor:
    """start, start + step, ... up to, not including, stop; `arange(n)` counts from 0.

    The bounds may be scalar tensors. The dtype is by default that of the bounds: int32 for Python ints.

    Raises:
        ShapeError: a bound is not a scalar, or the step is 0.
    """
    if stop is None:
        start, stop = 0, start
    nodes = [as_node("arange", name, v) for name, v in (("start", start), ("stop", stop), ("step", step))]
    for name, node in zip(("start", "stop", "step"), nodes):
        if node.shape:
            raise ShapeError(f"arange: {name} must be a scalar, not of shape {dims.show(node.shape)}")
        if node.dtype is dtypes.bool_:
            raise DTypeError(f"arange: {name} must be a number, not bool")
    common = dtypes.promote(*[n.dtype for n in nodes])
    length = _arange_length(*nodes)
    result = build("arange", *[cast_node(n, common) for n in nodes], length=length)
    return result if dtype is None else cast(result, dtype)


def _arange_length(*bounds: Any) -> Dim:
    values: list[Any] = []
    for node in bounds:
        number = node.attrs["value"] if node.op.name == "constant" else None
        values.append(node.value[0] if node.value else None if number is None else float(number))
    start, stop, step = values
    if step == 0:
        raise ShapeError("arange: the step is 0")
    if all(isinstance(v, (int, float)) for v in values):
        steps: float = (stop - start) / step
        return max(0, math.ceil(steps))
    if step == 1 and isinstance(stop, Poly) and isinstance(start, (int, Poly)):
        length = dims.sub(stop, start)
        return length if dims.may_be_size(length) else None
    return None


def one_hot(indices: TensorLike, num_classes: Size, dtype: DTypeLike | None = None) -> Tensor:
    """`(..., num_classes)` of `floatx`: 1 at each index, 0 elsewhere; an index outside gives a row of zeros.

    Raises:
        DTypeError: the indices are not integers.
    """
    node = as_node("one_hot", "indices", indices)
    if not node.dtype.is_integer:
        raise DTypeError(f"one_hot: indices must be integers, not {node.dtype}; cast them if that is meant")
    (classes,) = shaping.size_list("one_hot", num_classes)
    if isinstance(classes, int) and classes < 0:
        raise ShapeError(f"one_hot: negative number of classes {classes}")
    wide = wrap(node if node.dtype.itemsize >= 4 else cast_node(node, dtypes.int32))
    columns = cast(arange(classes), node_of(wide).dtype)
    return cast(equal(shaping.expand_dims(wide, -1), columns), resolve_dtype(dtype))
