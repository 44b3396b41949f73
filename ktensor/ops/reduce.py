"""Reductions, cumulative ops and normalizations along axes.

`axis` is an int (negative counts from the end), a tuple of ints, or None for all axes; with `keepdims` the reduced
axes stay with size 1. All raise `AxisError` for an axis outside the tensor's rank or named twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import dims, dtypes
from .. import shape as rules
from ..dims import Dim, Shape
from ..dtypes import DType
from ..graph import (
    NotDifferentiable,
    TensorLike,
    as_node,
    build,
    cast_node,
    node_of,
    primitive,
    wrap,
)
from ..shape import Axis, normalize_axes, normalize_axis
from . import elementwise, shaping
from .control import stop_gradient
from .create import arange
from .elementwise import (
    TRUTH_VALUES,
    bool_dtype,
    cast,
    cast_like_float,
    equal,
    exp,
    float_dtype,
    log,
    number_dtype,
    where,
)
from .indexing import reverse

if TYPE_CHECKING:
    from ..graph import Node
    from ..tensor import Tensor

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "l2_normalize",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "softmax",
    "std",
    "sum",
    "var",
]


def _reduce(op_name: str, x: TensorLike, axis: Axis, keepdims: bool, dtype: Callable[..., type[DType]]) -> Tensor:
    node = as_node(op_name, "x", x)
    axes = normalize_axes(op_name, axis, len(node.shape))
    return build(op_name, cast_node(node, dtype(node.dtype)), axes=axes, keepdims=bool(keepdims))


def restore(reduced: Tensor, x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """`reduced` with the axes of `x` that a reduction dropped put back, of size 1."""
    if keepdims:
        return reduced
    for axis in axes:
        reduced = shaping.expand_dims(reduced, axis)
    return reduced


def _sum_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...], keepdims: bool) -> tuple[Tensor]:
    return (shaping.broadcast_like(restore(g, x, axes, keepdims), x),)


def _known_sum(node: Node, a: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    if node.shape or not node.attrs["axes"]:
        return None
    total: Dim = 0
    for size in a:
        total = dims.add(total, size)
    return (total,)


@primitive(shape=partial(rules.reduce, "sum"), value=_known_sum, grad=_sum_grad)
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over `axis`, in x's dtype (int32 of bools)."""
    return _reduce("sum", x, axis, keepdims, number_dtype)


def _known_prod(node: Node, a: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    return (dims.product(a),) if not node.shape and node.attrs["axes"] else None


def _prod_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...], keepdims: bool) -> tuple[Tensor]:
    """g times the product of all other elements, from both sides, so that zeros divide nothing."""
    kept = [i for i in range(x.ndim) if i not in axes]
    order = (*kept, *axes)
    moved = shaping.transpose(x, order)
    flat = shaping.regroup(moved, [1] * len(kept) + [len(axes)])
    before = _cumulate("cumprod", flat, -1, exclusive=True)
    after = _cumulate("cumprod", flat, -1, exclusive=True, reverse=True)
    others = shaping.reshape_like(before * after, moved)
    inverse = tuple(order.index(i) for i in range(len(order)))
    return (restore(g, x, axes, keepdims) * shaping.transpose(others, inverse),)


@primitive(shape=partial(rules.reduce, "prod"), value=_known_prod, grad=_prod_grad)
def prod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The product over `axis`, in x's dtype (int32 of bools)."""
    return _reduce("prod", x, axis, keepdims, number_dtype)


def _extreme_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...], keepdims: bool) -> tuple[Tensor]:
    """Ties share the gradient equally, as in TensorFlow."""
    hit = cast(equal(x, restore(y, x, axes, keepdims)), node_of(g).dtype)
    return (hit * (restore(g, x, axes, keepdims) / sum(hit, axes, keepdims=True)),)


@primitive(shape=partial(rules.reduce, "max"), grad=_extreme_grad)
def max(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over `axis`. Ties share the gradient equally. Of nothing: -inf, or the least integer."""
    return _reduce("max", x, axis, keepdims, number_dtype)


@primitive(shape=partial(rules.reduce, "min"), grad=_extreme_grad)
def min(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest element over `axis`. Ties share the gradient equally. Of nothing: inf, or the greatest integer."""
    return _reduce("min", x, axis, keepdims, number_dtype)


_POSITIONS = NotDifferentiable("its result is a position")


def _bool(dtype: type[DType]) -> type[DType]:
    return dtypes.bool_


@primitive(shape=partial(rules.reduce, "any"), dtype=bool_dtype, grad=TRUTH_VALUES)
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """True where any element over `axis` is (a number is true unless 0)."""
    return _reduce("any", x, axis, keepdims, _bool)


@primitive(shape=partial(rules.reduce, "all"), dtype=bool_dtype, grad=TRUTH_VALUES)
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """True where all elements over `axis` are (a number is true unless 0)."""
    return _reduce("all", x, axis, keepdims, _bool)


def _arg_rule(op: str) -> Callable[..., Shape]:
    def rule(shape: Shape, *, axis: int) -> Shape:
        return rules.reduce(op, shape, (axis,), False, needs_elements=True)

    return rule


def _int64(dtype: type[DType], *, axis: int) -> type[DType]:
    return dtypes.int64


def _position(op_name: str, x: TensorLike, axis: int | None) -> Tensor:
    tensor = wrap(cast_node(node := as_node(op_name, "x", x), number_dtype(node.dtype)))
    if axis is None:
        tensor, axis = shaping.flatten(tensor), 0
    if tensor.ndim == 0:
        tensor = shaping.expand_dims(tensor, 0)
    return build(op_name, node_of(tensor), axis=normalize_axis(op_name, axis, tensor.ndim))


@primitive(shape=_arg_rule("argmax"), dtype=_int64, grad=_POSITIONS)
def argmax(x: TensorLike, axis: int | None = -1) -> Tensor:
    """The position of the largest element along `axis` as int64, of the first at ties; None flattens x first."""
    return _position("argmax", x, axis)


@primitive(shape=_arg_rule("argmin"), dtype=_int64, grad=_POSITIONS)
def argmin(x: TensorLike, axis: int | None = -1) -> Tensor:
    """The position of the smallest element along `axis` as int64, of the first at ties; None flattens x first."""
    return _position("argmin", x, axis)


# Cumulative ops. As in TensorFlow, `exclusive` leaves the element itself out and `reverse` starts at the end.


def _cumulate(op_name: str, x: TensorLike, axis: int, exclusive: bool = False, reverse: bool = False) -> Tensor:
    node = as_node(op_name, "x", x)
    axis = normalize_axis(op_name, axis, len(node.shape))
    return build(op_name, cast_node(node, number_dtype(node.dtype)), axis=axis, exclusive=exclusive, reverse=reverse)


def _same(shape: Any, **attrs: object) -> Any:
    return shape


def _cumsum_grad(g: Tensor, y: Tensor, x: Tensor, *, axis: int, exclusive: bool, reverse: bool) -> tuple[Tensor]:
    return (_cumulate("cumsum", g, axis, exclusive, not reverse),)


@primitive(shape=_same, dtype=_same, grad=_cumsum_grad)
def cumsum(x: TensorLike, axis: int = 0) -> Tensor:
    """The sums of the elements up to each along `axis`, in x's dtype (int32 of bools)."""
    return _cumulate("cumsum", x, axis)


def _cumprod_grad(g: Tensor, y: Tensor, x: Tensor, *, axis: int, exclusive: bool, reverse: bool) -> tuple[Tensor]:
    """Each element's factor in each product, from a table of n by n, so that zeros divide nothing."""
    if reverse:
        turned = _cumprod_grad(_flip(g, axis), y, _flip(x, axis), axis=axis, exclusive=exclusive, reverse=False)
        return (_flip(turned[0], axis),)
    last = shaping.swap_axes(x, axis, -1)
    row = arange(shaping.dim(last, -1))
    element, product_ = shaping.expand_dims(row, 1), shaping.expand_dims(row, 0)
    # factors[..., i, j]: the product of x[k] over i < k <= j; the partial product j without its element i.
    factors = _cumulate("cumprod", where(product_ > element, shaping.expand_dims(last, -2), 1.0), -1, exclusive)
    before = _cumulate("cumprod", last, -1, exclusive=True)
    taken = product_ > element if exclusive else product_ >= element
    gradient = shaping.expand_dims(shaping.swap_axes(g, axis, -1), -2)
    total = before * sum(where(taken, factors * gradient, 0.0), -1)
    return (shaping.swap_axes(total, axis, -1),)


def _flip(x: Tensor, axis: int) -> Tensor:
    return reverse(x, axis)


@primitive(shape=_same, dtype=_same, grad=_cumprod_grad)
def cumprod(x: TensorLike, axis: int = 0) -> Tensor:
    """The products of the elements up to each along `axis`, in x's dtype (int32 of bools).

    The gradient is exact with zeros among the elements too; it costs the square of the axis's size.
    """
    return _cumulate("cumprod", x, axis)


# Compositions.


def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean over `axis`; `floatx` of integers and bools. float16 is summed in float32."""
    node = as_node("mean", "x", x)
    dtype = float_dtype(node.dtype)
    if dtype is dtypes.float16:
        return cast(mean(cast(x, dtypes.float32), axis, keepdims), dtype)
    axes = normalize_axes("mean", axis, len(node.shape))
    number: TensorLike = shaping.count(wrap(node), axes, dtype)
    return build("sum", cast_node(node, dtype), axes=axes, keepdims=bool(keepdims)) / number


def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean of the squared distances from the mean, over `axis` (no Bessel correction)."""
    tensor = cast_like_float(x)
    return mean(elementwise.square(tensor - mean(tensor, axis, keepdims=True)), axis, keepdims)


def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The square root of `var`."""
    return elementwise.sqrt(var(x, axis, keepdims))


def _logsumexp(x: Tensor, *, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    top = max(x, axes, keepdims=True)
    # An infinite maximum would make inf - inf.
    top = stop_gradient(where(elementwise.isfinite(top), top, 0.0))
    result = log(sum(exp(x - top), axes, keepdims=True)) + top
    return result if keepdims else shaping.squeeze(result, axes)


def _logsumexp_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...], keepdims: bool) -> tuple[Tensor]:
    return (restore(g, x, axes, keepdims) * exp(x - restore(y, x, axes, keepdims)),)


@primitive(shape=partial(rules.reduce, "logsumexp"), decompose=_logsumexp, grad=_logsumexp_grad)
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, without overflow; `floatx` of integers."""
    return _reduce("logsumexp", x, axis, keepdims, float_dtype)


def _axis_op(op_name: str, x: TensorLike, axis: int) -> Tensor:
    tensor = cast_like_float(x)
    return build(op_name, node_of(tensor), axis=normalize_axis(op_name, axis, tensor.ndim))


def _softmax(x: Tensor, *, axis: int) -> Tensor:
    powers = exp(x - stop_gradient(max(x, axis, keepdims=True)))
    return powers / sum(powers, axis, keepdims=True)


def _softmax_grad(g: Tensor, y: Tensor, x: Tensor, *, axis: int) -> tuple[Tensor]:
    return ((g - sum(g * y, axis, keepdims=True)) * y,)


@primitive(shape=_same, dtype=_same, decompose=_softmax, grad=_softmax_grad)
def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`, without overflow; `floatx` of integers."""
    return _axis_op("softmax", x, axis)


def _log_softmax(x: Tensor, *, axis: int) -> Tensor:
    return x - logsumexp(x, axis, keepdims=True)


def _log_softmax_grad(g: Tensor, y: Tensor, x: Tensor, *, axis: int) -> tuple[Tensor]:
    return (g - exp(y) * sum(g, axis, keepdims=True),)


@primitive(shape=_same, dtype=_same, decompose=_log_softmax, grad=_log_softmax_grad)
def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """log(softmax(x)) along `axis`, without overflow or log(0); `floatx` of integers."""
    return _axis_op("log_softmax", x, axis)


def l2_normalize(x: TensorLike, axis: Axis = None) -> Tensor:
    """x / sqrt(max(sum(x * x), 1e-12)) over `axis` (TensorFlow's `l2_normalize`)."""
    tensor = cast_like_float(x)
    # 1e-12 is below float16's range: it would be 0, and 0 / 0 nan.
    tiny = math.ldexp(1.0, -24) if node_of(tensor).dtype is dtypes.float16 else 1e-12
    return tensor / elementwise.sqrt(elementwise.maximum(sum(elementwise.square(tensor), axis, keepdims=True), tiny))
