"""The ops as functions of NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ...dtypes import float16
from ...graph import Node
from .. import beams, windows
from ..base import Lowering
from ..nothing import extreme, filled
from ..printing import print_tensor
from ..random import draw
from ..reducing import FAST_PRODUCTS, extremes, softmax, sums
from ..selecting import select

__all__ = [
    "INTO",
    "LOWERINGS",
    "UFUNCS",
    "VIEWS",
    "is_new",
    "label_losses",
    "label_slopes",
    "plain",
    "sums_by_product",
]

Array: TypeAlias = npt.NDArray[Any]

# Ops that are NumPy functions of the same arguments. They take `out`, and their result is their own.
UFUNCS: Final[Mapping[str, np.ufunc]] = {
    "abs": np.absolute,
    "add": np.add,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "cos": np.cos,
    "divide": np.true_divide,
    "equal": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "floor_divide": np.floor_divide,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "invert": np.invert,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "left_shift": np.left_shift,
    "less": np.less,
    "less_equal": np.less_equal,
    "log": np.log,
    "log1p": np.log1p,
    "logical_and": np.logical_and,
    "logical_not": np.logical_not,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "multiply": np.multiply,
    "negative": np.negative,
    "not_equal": np.not_equal,
    "power": np.power,
    "right_shift": np.right_shift,
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "square": np.square,
    "subtract": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
}

#: Ops whose result may share memory with an operand.
_REARRANGED: Final = (
    "broadcast_to",
    "expand_dims",
    "print_tensor",
    "reshape",
    "scan_result",
    "slice",
    "squeeze",
    "stop_gradient",
    "transpose",
)
_MAYBE_UNCHANGED: Final = ("all", "any", "ceil", "floor", "max", "min", "prod", "round", "sum", "unbroadcast")
VIEWS: Final = frozenset(_REARRANGED + _MAYBE_UNCHANGED)


def is_new(node: Node) -> bool:
    """True of ops whose result is memory of its own."""
    return node.op.name not in _SHARED


#: What such ops, and leaves, give is somebody else's, too.
_SHARED: Final = VIEWS | {"constant", "placeholder", "variable"}


def _rounded(ufunc: np.ufunc) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        return ufunc(x) if node.dtype.is_float else x  # ufuncs would make floats of integers

    return lower


def _erf_function() -> Callable[[Array], Any]:
    try:
        from scipy.special import erf
    except ImportError:
        return np.vectorize(math.erf, otypes=[np.float64])
    return erf  # type: ignore[no-any-return]  # scipy is untyped


def _erf(node: Node, x: Array) -> Any:
    return _erf_function()(x).astype(node.dtype.dtype)


def _sigmoid(x: Array, out: Array | None = None) -> Any:
    wide = windows.wide(x)  # exp would overflow too early
    result = np.asarray(np.negative(wide, out=out if wide is x else None))
    np.exp(result, out=result)
    result += wide.dtype.type(1)
    return np.reciprocal(result, out=result).astype(x.dtype, copy=False)


def _softplus(node: Node, x: Array) -> Any:
    return np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.abs(x)))


def _relu(x: Array, out: Array | None = None) -> Any:
    return np.maximum(x, x.dtype.type(0), out=out)


def _relu_grad(g: Array, x: Array, out: Array | None = None) -> Any:
    return select(x > 0, g, g.dtype.type(0), out)


def _cast(node: Node, x: Array) -> Any:
    return x.astype(node.dtype.dtype)


def _reduction(ufunc: np.ufunc) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        axes = node.attrs["axes"]
        return ufunc.reduce(x, axis=axes, keepdims=node.attrs["keepdims"]) if axes else x

    return lower


def _extreme(op_name: str, ufunc: np.ufunc) -> Lowering:
    """A reduction that gives the neutral element of nothing."""

    def lower(node: Node, x: Array) -> Any:
        axes, keepdims = node.attrs["axes"], node.attrs["keepdims"]
        if not x.size:
            return ufunc.reduce(x, axes, keepdims=keepdims, initial=extreme(op_name, node.dtype.dtype))
        if len(axes) == 1:
            result = extremes(ufunc, x, axes[0])
            return result if keepdims else result.squeeze(axes)
        return ufunc.reduce(x, axes, keepdims=keepdims) if axes else x

    return lower


def _accumulation(ufunc: np.ufunc) -> Lowering:
    """A reduction in the result's own dtype; float16 is accumulated in float32."""

    def lower(node: Node, x: Array) -> Any:
        axes, dtype = node.attrs["axes"], node.dtype
        if not axes:
            return x
        if dtype is float16:
            return ufunc.reduce(x, axes, np.float32, None, node.attrs["keepdims"]).astype(dtype.dtype)
        return ufunc.reduce(x, axes, dtype.dtype, None, node.attrs["keepdims"])

    return lower


def sums_by_product(node: Node) -> bool:
    """True of sums that `sums` may do as products."""
    axes = node.attrs["axes"]
    return bool(axes and node.shape) and node.dtype.dtype in FAST_PRODUCTS


def _sum(node: Node, x: Array) -> Any:
    return sums(x, node.attrs["axes"], node.attrs["keepdims"]) if sums_by_product(node) else _add(node, x)


_add: Final = _accumulation(np.add)


def _position(function: Callable[..., Any]) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        return function(x, axis=node.attrs["axis"]).astype(np.int64, copy=False)

    return lower


def _cumulative(ufunc: np.ufunc, neutral: int) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        axis = node.attrs["axis"]
        turned = np.flip(x, axis) if node.attrs["reverse"] else x
        result = ufunc.accumulate(turned, axis=axis, dtype=node.dtype.dtype)
        if node.attrs["exclusive"] and x.shape[axis]:
            along = np.moveaxis(result, axis, 0)
            along[1:] = along[:-1].copy()
            along[0] = neutral
        return np.flip(result, axis) if node.attrs["reverse"] else result

    return lower


#: Of so few elements arrays are made as quickly as views.
_FEW: Final = 4096


def _target(node: Node, vector: Sequence[Array]) -> tuple[int, ...]:
    return tuple(vector[0].tolist()) if vector else node.attrs["shape"]


def _reshape(node: Node, x: Array, *vector: Array) -> Any:
    sizes = _target(node, vector)
    return x.reshape(sizes if x.size else filled(sizes, x.shape))


def _broadcast_to(node: Node, x: Array, *vector: Array) -> Any:
    target = _target(node, vector)
    if x.size == 1 and math.prod(target) <= _FEW:  # which takes less time than a view
        result = np.empty(target, node.dtype.dtype)
        result[...] = x
        return result
    return np.broadcast_to(x, target)


def _expand_dims(node: Node, x: Array) -> Any:
    return x[(slice(None),) * node.attrs["axis"] + (None,)]


def _squeeze(node: Node, x: Array) -> Any:
    return x.squeeze(node.attrs["axes"])


def _slices(node: Node, bounds: Sequence[Array]) -> tuple[slice, ...]:
    given: Iterator[Array] = iter(bounds)
    return tuple(slice(*(int(next(given)) if part == "?" else part for part in item)) for item in node.attrs["items"])


def _slice(node: Node, x: Array, *bounds: Array) -> Any:
    return x[_slices(node, bounds)]


def _unslice(node: Node, g: Array, like: Array, *bounds: Array) -> Any:
    result = np.zeros(like.shape, node.dtype.dtype)
    result[_slices(node, bounds)] = g
    return result


def _positions(node: Node, indices: Sequence[Array]) -> tuple[Any, ...]:
    for index in indices:
        if index.dtype.kind == "i" and index.size and index.min() < 0:
            raise IndexError(f"index {index.min()} is negative")
    return (*(slice(None),) * node.attrs["axis"], *indices)


def _take(node: Node, x: Array, *indices: Array) -> Any:
    return x[_positions(node, indices)]


def _scatter_add(node: Node, g: Array, like: Array, *indices: Array) -> Any:
    result = np.zeros(like.shape, node.dtype.dtype)
    np.add.at(result, _positions(node, indices), g)
    return result


def _pad(node: Node, x: Array) -> Any:
    widths = node.attrs["widths"]
    result = np.full([n + b + a for n, (b, a) in zip(x.shape, widths)], node.attrs["value"], node.dtype.dtype)
    result[tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths))] = x
    return result


def _shape(node: Node, x: Array) -> Any:
    return np.array(x.shape, np.int32)


def _unbroadcast(node: Node, g: Array, like: Array) -> Any:
    front = g.ndim - like.ndim
    axes = tuple(i + front for i, n in enumerate(like.shape) if n == 1 and g.shape[i + front] != 1)
    if axes:
        g = np.add.reduce(g, axis=axes, keepdims=True)
    return np.add.reduce(g, axis=tuple(range(front))) if front else g


def _arange(node: Node, start: Array, stop: Array, step: Array) -> Any:
    return np.arange(start, stop, step, dtype=node.dtype.dtype)


def _concatenate(node: Node, *tensors: Array) -> Any:
    return np.concatenate(tensors, axis=node.attrs["axis"])


def _stack(node: Node, *tensors: Array) -> Any:
    if len(node.shape) == 1:
        return np.array(tensors, node.dtype.dtype)
    return np.stack(tensors, axis=node.attrs["axis"])


def _matmul(node: Node, x: Array, y: Array) -> Any:
    if x.ndim == 2 == y.ndim:
        return x.dot(y)  # a microsecond less than matmul
    if x.ndim > 2 and y.ndim == 2 and x.flags.c_contiguous:  # one product for all batches
        return np.matmul(x.reshape(-1, x.shape[-1]), y).reshape(*x.shape[:-1], y.shape[-1]) if x.size else x @ y
    return np.matmul(x, y)


#: What losses leave for their gradients: exponentials, their sum in each row, and the place of each row's label.
Kept: TypeAlias = tuple[Array, Array, tuple[Array, Array]]


def label_losses(logits: Array, labels: Array) -> tuple[Any, Kept]:
    """The cross-entropy of each row, and what it leaves for `label_slopes`."""
    wide = windows.wide(logits)
    bounds = np.finfo(wide.dtype)  # an infinity less itself would be no number
    largest = extremes(np.maximum, wide, 1)
    np.maximum(largest, bounds.min, out=largest)
    np.minimum(largest, bounds.max, out=largest)
    shifted = wide - largest
    exponentials = np.exp(shifted)
    totals = sums(exponentials, (1,), keepdims=False)
    places = _each_label(logits, labels)
    losses = np.log(totals) - shifted[places]
    return losses.astype(logits.dtype, copy=False), (exponentials, totals, places)


def label_slopes(g: Array, kept: Kept) -> Any:
    """The gradient with respect to the logits, given that with respect to the losses. Writes over what was kept."""
    result, totals, places = kept
    result /= totals[:, None]
    result[places] -= result.dtype.type(1)
    result *= g[:, None]
    return result.astype(g.dtype, copy=False)


def _label_crossentropy(node: Node, logits: Array, labels: Array) -> Any:
    return label_losses(logits, labels)[0]


def _label_crossentropy_grad(node: Node, g: Array, logits: Array, labels: Array) -> Any:
    return label_slopes(g, label_losses(logits, labels)[1])


def _each_label(rows: Array, labels: Array) -> tuple[Array, Array]:
    """The place of each row's label."""
    if labels.size and np.minimum.reduce(labels) < 0:
        raise IndexError(f"class {labels.min()} is negative")
    return np.arange(len(rows)), labels


def _sparse_dot(node: Node, x: Any, y: Array) -> Any:
    return (x.T if node.attrs["transpose"] else x) @ y


def _with_attrs(function: Callable[..., Any], *attrs: str) -> Lowering:
    """A function of arrays and these attributes."""
    return lambda node, *handles: function(*handles, *(node.attrs[a] for a in attrs))


def _sized(function: Callable[..., Any], tensors: int, *attrs: str) -> Lowering:
    """The same, of that many tensors and of the spatial sizes of the result, which may be a last input."""

    def lower(node: Node, *handles: Array) -> Any:
        sizes = (*handles[tensors:], node.attrs["sizes"])[0]
        return function(*handles[:tensors], sizes, *(node.attrs[a] for a in attrs))

    return lower


def plain(function: Callable[..., Any]) -> Lowering:
    """A function of the arrays alone as a lowering."""
    return lambda node, *handles: function(*handles)


#: Functions of arrays alone that take `out`, an array of the result's shape and dtype which may be an operand.
INTO: Final[Mapping[str, Callable[..., Any]]] = {**UFUNCS, "relu": _relu, "relu_grad": _relu_grad, "sigmoid": _sigmoid}

LOWERINGS: Final[Mapping[str, Lowering]] = {
    **{name: plain(function) for name, function in INTO.items()},
    "all": _reduction(np.logical_and),
    "any": _reduction(np.logical_or),
    "arange": _arange,
    "argmax": _position(np.argmax),
    "argmin": _position(np.argmin),
    "avg_pool": _with_attrs(windows.avg_pool, "size", "window"),
    "avg_pool_grad": _sized(windows.avg_pool_grad, 1, "size", "window"),
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "ceil": _rounded(np.ceil),
    "concatenate": _concatenate,
    "conv": _with_attrs(windows.conv, "window", "depthwise"),
    "conv_input_grad": _sized(windows.conv_input_grad, 2, "window", "depthwise"),
    "conv_kernel_grad": _sized(windows.conv_kernel_grad, 2, "window", "depthwise"),
    "ctc_beam_search": _with_attrs(beams.ctc_beam_search, "beam_width", "top_paths", "merge_repeated"),
    "cumprod": _cumulative(np.multiply, 1),
    "cumsum": _cumulative(np.add, 0),
    "draw": draw,
    "erf": _erf,
    "expand_dims": _expand_dims,
    "floor": _rounded(np.floor),
    "label_crossentropy": _label_crossentropy,
    "label_crossentropy_grad": _label_crossentropy_grad,
    "matmul": _matmul,
    "max": _extreme("max", np.maximum),
    "max_pool": _with_attrs(windows.max_pool, "size", "window"),
    "max_pool_grad": _with_attrs(windows.max_pool_grad, "size", "window"),
    "max_pool_pick": _with_attrs(windows.max_pool_pick, "size", "window"),
    "min": _extreme("min", np.minimum),
    "nonzero": plain(np.argwhere),
    "pad": _pad,
    "print_tensor": print_tensor,
    "prod": _accumulation(np.multiply),
    "reshape": _reshape,
    "round": _rounded(np.rint),
    "scan_result": lambda node, results: results[node.attrs["index"]],
    "scatter_add": _scatter_add,
    "shape": _shape,
    "slice": _slice,
    "softmax": lambda node, x: softmax(x, node.attrs["axis"]),
    "softplus": _softplus,
    "sparse_dot": _sparse_dot,
    "sparse_to_dense": lambda node, x: x.toarray(),
    "squeeze": _squeeze,
    "stack": _stack,
    "stop_gradient": lambda node, x: x,
    "sum": _sum,
    "take": _take,
    "transpose": lambda node, x: x.transpose(node.attrs["axes"]),
    "unbroadcast": _unbroadcast,
    "unslice": _unslice,
    "where": plain(select),
}
