"""Each op as Theano has it.

Theano fixes when a graph is made which axes broadcast: those of which a flag says that they are 1 long. Where that
is not known, axes are stretched or summed at run time. Lowerings see nodes whose shapes say what is known: 1 of axes
that are flagged, `MANY` or another int of axes that are surely not 1 long, a `Poly` or None of those that may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import theano.tensor as tt

from ... import dims
from ...dims import Dim, Shape
from ...graph import Node
from .. import beams
from ..base import Lowering
from ..reducing import FAST_PRODUCTS, softmax
from .operations import Draw, Filled, InBounds, Maximum, Minimum, Numpy, Print, Stretch, held

__all__ = ["ALONE", "LOWERINGS", "MANY", "Symbolic", "by_numpy", "finished", "to_dense"]

#: A symbolic variable of Theano's.
Symbolic: TypeAlias = Any

#: A size of which nothing is known but that it is not 1.
MANY: Final = dims.named("not 1")


# ---- Broadcasting ----------------------------------------------------------------------------------


def _may_be_one(size: Dim) -> bool:
    """True of an axis that is not flagged as 1 long, and may be."""
    return size != MANY and not isinstance(size, int)


def _stretched(nodes: Sequence[Node], handles: Sequence[Symbolic]) -> list[Symbolic]:
    """The operands of a broadcasting op, with axes stretched of which Theano does not know that they broadcast."""
    rank = max(len(n.shape) for n in nodes)
    result = [_padded(handle, rank) for handle in handles]
    for back in range(1, rank + 1):
        sizes = {i: n.shape[-back] for i, n in enumerate(nodes) if back <= len(n.shape) and n.shape[-back] != 1}
        known = set(sizes.values())
        are_equal = len(sizes) < 2 or (len(known) == 1 and None not in known)
        if are_equal or not any(map(_may_be_one, known)):
            continue
        target = _common_size([(size, handles[i].shape[-back]) for i, size in sizes.items()])
        for i, size in sizes.items():
            if _may_be_one(size):
                result[i] = Stretch(result[i].ndim - back)(result[i], target)
    return result


def _padded(handle: Symbolic, rank: int) -> Symbolic:
    """A constant of that rank: Theano would compile C code to make it so. All else as it is."""
    if handle.ndim == rank or not isinstance(handle, tt.TensorConstant):
        return handle
    return tt.constant(handle.data.reshape((1,) * (rank - handle.ndim) + handle.data.shape))


def _common_size(sizes: Sequence[tuple[Dim, Symbolic]]) -> Symbolic:
    """What the sizes stretch to, given what is known of them and their values."""
    sure = [value for known, value in sizes if not _may_be_one(known)]
    if sure:
        return sure[0]
    target = sizes[0][1]
    for _, value in sizes[1:]:
        target = tt.switch(tt.eq(target, 1), value, target)
    return target


def _elementwise(function: Callable[..., Symbolic]) -> Lowering:
    return lambda node, *handles: function(*_stretched(node.inputs, handles))


def _unary(function: Callable[[Symbolic], Symbolic]) -> Lowering:
    return lambda node, x: function(x)


def _numpy(node: Node, function: Callable[..., Any], *handles: Symbolic, params: tuple[Any, ...] = ()) -> Symbolic:
    """The node's result by a NumPy function."""
    return Numpy(function, node.dtype.name, tuple(size == 1 for size in node.shape), params)(*handles)


def by_numpy(function: Callable[..., Any], *attrs: str) -> Lowering:
    """A NumPy function of the inputs and these attributes."""
    return lambda node, *handles: _numpy(node, function, *handles, params=tuple(node.attrs[a] for a in attrs))


def finished(node: Node, result: Symbolic) -> Symbolic:
    """The result in the node's dtype, and flagged wherever its static shape says 1."""
    if result.dtype != node.dtype.name:
        result = tt.cast(result, node.dtype.name)
    missing = [axis for axis, size in enumerate(node.shape) if size == 1 and not result.broadcastable[axis]]
    return tt.addbroadcast(result, *missing) if missing else result


# ---- Elementwise -----------------------------------------------------------------------------------


def _zero(x: Symbolic) -> Symbolic:
    return tt.constant(np.zeros((), x.dtype))


def _softplus(x: Symbolic) -> Symbolic:
    return tt.maximum(x, _zero(x)) + tt.log1p(tt.exp(-tt.abs_(x)))


def _is_finite(x: Symbolic) -> Symbolic:
    return tt.lt(tt.abs_(x), tt.constant(np.asarray(np.inf, x.dtype)))  # not true of nan


def _sign(node: Node, x: Symbolic) -> Symbolic:
    return tt.neq(x, _zero(x)) if node.dtype.kind == "u" else tt.sgn(x)


def _rounded(function: Callable[[Symbolic], Symbolic]) -> Lowering:
    return lambda node, x: function(x) if node.dtype.is_float else x


_power_of_floats: Final = _elementwise(tt.pow)


def _power(node: Node, x: Symbolic, y: Symbolic) -> Symbolic:
    return _power_of_floats(node, x, y) if node.dtype.is_float else _numpy(node, np.power, x, y)


def _cast(node: Node, x: Symbolic) -> Symbolic:
    return tt.cast(x, node.dtype.name)


# ---- Reductions ------------------------------------------------------------------------------------


def _reduction(function: Callable[..., Symbolic]) -> Lowering:
    def lower(node: Node, x: Symbolic) -> Symbolic:
        axes = list(node.attrs["axes"])
        if not axes:
            return x
        result = function(x, axes)
        return tt.makeKeepDims(x, result, axes) if node.attrs["keepdims"] else result

    return lower


def _sum(x: Symbolic, axes: Sequence[int]) -> Symbolic:
    if x.ndim == 2 and list(axes) == [0] and np.dtype(x.dtype) in FAST_PRODUCTS:
        # a product takes a quarter of the time
        return tt.dot(tt.alloc(np.ones((), x.dtype), x.shape[0]), x)
    return tt.sum(x, axis=list(axes), dtype=x.dtype)  # accumulates in a wider dtype


def _prod(x: Symbolic, axes: Sequence[int]) -> Symbolic:
    return tt.prod(x, axis=list(axes), dtype=x.dtype)


def _extreme(op_name: str, scalar: Callable[[str, str], Any]) -> Callable[..., Symbolic]:
    return lambda x, axes: tt.elemwise.CAReduce(scalar(op_name, x.dtype), axes)(x)


def _cumulated(x: Any, ufunc: np.ufunc, neutral: int, axis: int, exclusive: bool, reverse: bool) -> Any:
    turned = np.flip(x, axis) if reverse else x
    result = np.moveaxis(ufunc.accumulate(turned, axis=axis, dtype=x.dtype), axis, 0)
    if exclusive:
        result = np.concatenate([np.full_like(result[:1], neutral), result[:-1]])
    result = np.moveaxis(result, 0, axis)
    return np.flip(result, axis) if reverse else result


def _cumulative(ufunc: np.ufunc, neutral: int) -> Lowering:
    def lower(node: Node, x: Symbolic) -> Symbolic:
        attrs = node.attrs
        return _numpy(node, _cumulated, x, params=(ufunc, neutral, attrs["axis"], attrs["exclusive"], attrs["reverse"]))

    return lower


def _unbroadcast(node: Node, g: Symbolic, like: Symbolic) -> Symbolic:
    wide, own = node.inputs[0].shape, node.inputs[1].shape
    front = len(wide) - len(own)
    pairs = list(enumerate(zip(own, wide[front:]), front))
    if any(_may_be_one(n) and (n is None or n != m) for _, (n, m) in pairs):
        return _numpy(node, _summed_to, g, tt.shape(like))
    kept = [axis for axis, (n, m) in pairs if n == 1 and m != 1]
    if kept:
        g = tt.makeKeepDims(g, _sum(g, kept), kept)
    return _sum(g, range(front)) if front else g


def _summed_to(g: Any, shape: Any) -> Any:
    front = g.ndim - len(shape)
    axes = tuple(axis for axis, n in enumerate(shape, front) if n == 1 and g.shape[axis] != 1)
    wide = np.float32 if g.dtype == np.float16 else g.dtype
    result = np.add.reduce(g, axes, dtype=wide, keepdims=True) if axes else g
    return np.add.reduce(result, tuple(range(front)), dtype=wide)


# ---- Products --------------------------------------------------------------------------------------


def _matmul(node: Node, x: Symbolic, y: Symbolic) -> Symbolic:
    return tt.dot(x, y) if x.ndim == y.ndim == 2 else _numpy(node, np.matmul, x, y)


def _sparse_dot(x: Any, y: Any, transpose: bool) -> Any:
    return (x.T if transpose else x) @ y


def _dense(x: Any) -> Any:
    return x.toarray()


def to_dense(node: Node, x: Symbolic) -> Symbolic:
    """A sparse matrix as a dense one."""
    return _numpy(node, _dense, x)


# ---- Shaping ---------------------------------------------------------------------------------------


def _reshape(node: Node, x: Symbolic, vector: Symbolic | None = None) -> Symbolic:
    target = node.attrs["shape"] if vector is None else tt.cast(vector, "int64")
    return tt.reshape(x, target, ndim=len(node.shape))


def _broadcast_to(node: Node, x: Symbolic, vector: Symbolic | None = None) -> Symbolic:
    rank = len(node.shape)
    if not rank:
        return x
    target = list(node.attrs["shape"]) if vector is None else [tt.cast(vector[i], "int64") for i in range(rank)]
    front = rank - x.ndim
    for axis, size in enumerate(node.inputs[0].shape):
        if _may_be_one(size):
            x = Stretch(axis)(x, tt.as_tensor_variable(target[front + axis]))
    return tt.alloc(x, *target)


def _draw(node: Node, *vector: Symbolic) -> Symbolic:
    return Draw(node.dtype.name, tuple(size == 1 for size in node.shape))(held(node), *vector)


def _transpose(node: Node, x: Symbolic) -> Symbolic:
    return x.dimshuffle(*node.attrs["axes"])


def _expand_dims(node: Node, x: Symbolic) -> Symbolic:
    axis = node.attrs["axis"]
    return x.dimshuffle(*range(axis), "x", *range(axis, x.ndim))


def _squeeze(node: Node, x: Symbolic) -> Symbolic:
    axes = node.attrs["axes"]
    return tt.addbroadcast(x, *axes).dimshuffle(*(axis for axis in range(x.ndim) if axis not in axes))


def _concatenate(node: Node, *xs: Symbolic) -> Symbolic:
    return tt.join(node.attrs["axis"], *xs)


def _stack(node: Node, *xs: Symbolic) -> Symbolic:
    axis = node.attrs["axis"]
    return tt.join(axis, *(x.dimshuffle(*range(axis), "x", *range(axis, x.ndim)) for x in xs))


def _shape(node: Node, x: Symbolic) -> Symbolic:
    return tt.shape(x) if isinstance(x.type, tt.TensorType) else _numpy(node, np.shape, x)


def _sizes(node: Node, x: Symbolic) -> list[Any]:
    """The sizes of an input, as ints where they are known."""
    return [n if isinstance(n, int) else x.shape[axis] for axis, n in enumerate(node.shape)]


def _zeros_like(node: Node, like: Symbolic) -> Symbolic:
    zero = tt.constant(np.zeros((), node.dtype.name))
    return tt.alloc(zero, *_sizes(node.inputs[1], like)) if like.ndim else zero


def _pad(node: Node, x: Symbolic) -> Symbolic:
    widths = node.attrs["widths"]
    if not widths:
        return x
    sizes = _sizes(node.inputs[0], x)
    value = tt.constant(np.asarray(node.attrs["value"], node.dtype.name))
    full = tt.alloc(value, *(n + sum(pair) for n, pair in zip(sizes, widths)))
    return tt.set_subtensor(full[tuple(slice(before, before + n) for n, (before, _) in zip(sizes, widths))], x)


# ---- Indexing --------------------------------------------------------------------------------------

_FULL: Final = (None, None, 1)


def _slices(node: Node, shape: Shape, bounds: Sequence[Symbolic]) -> tuple[slice, ...]:
    given = iter(bounds)
    return tuple(_slice_of(item, size, given) for item, size in zip(node.attrs["items"], shape))


def _slice_of(item: tuple[Any, Any, int], size: Dim, bounds: Iterator[Symbolic]) -> slice:
    start, stop = (tt.cast(next(bounds), "int64") if part == "?" else part for part in item[:2])
    if size == 1 and "?" not in item:
        # Theano takes some slices of an axis that is 1 long to be 1 long though they are empty.
        return slice(None) if range(1)[slice(*item)] else slice(0, 0)
    return slice(start, stop, item[2])


def _slice(node: Node, x: Symbolic, *bounds: Symbolic) -> Symbolic:
    return x[_slices(node, node.inputs[0].shape, bounds)] if _takes_part(node) else x


def _unslice(node: Node, g: Symbolic, like: Symbolic, *bounds: Symbolic) -> Symbolic:
    if not _takes_part(node):
        return g
    return tt.set_subtensor(_zeros_like(node, like)[_slices(node, node.inputs[1].shape, bounds)], g)


def _takes_part(node: Node) -> bool:
    return any(item != _FULL for item in node.attrs["items"])


def _positions(node: Node, like: Symbolic, indices: Iterable[Symbolic]) -> tuple[Any, ...]:
    """What to index `like` with: whole axes, then the indices, which are checked."""
    axis = node.attrs["axis"]
    checked = (InBounds(axis + i)(tt.cast(index, "int64"), like.shape[axis + i]) for i, index in enumerate(indices))
    return (*(slice(None) for _ in range(axis)), *checked)


def _take(node: Node, x: Symbolic, *indices: Symbolic) -> Symbolic:
    positions = _positions(node, x, indices)
    if len(positions) == 1 and positions[0].ndim > 1:  # Theano has C code for one vector of indices alone
        (index,) = positions
        sizes = [index.shape[i] for i in range(index.ndim)] + [x.shape[i] for i in range(1, x.ndim)]
        return tt.reshape(x[index.flatten()], sizes, ndim=len(sizes))
    return x[positions]


def _scatter_add(node: Node, g: Symbolic, like: Symbolic, *indices: Symbolic) -> Symbolic:
    zeros = _zeros_like(node, like)
    positions = _positions(node, like, indices)
    if len(positions) == 1 and positions[0].ndim > 1:
        (index,) = positions
        sizes = [-1] + [like.shape[i] for i in range(1, like.ndim)]
        rows = [index.size, *sizes[1:]]
        return tt.inc_subtensor(zeros[index.flatten()], tt.reshape(g, rows, ndim=like.ndim))
    return tt.inc_subtensor(zeros[positions], g)


def _arange(node: Node, start: Symbolic, stop: Symbolic, step: Symbolic) -> Symbolic:
    return _numpy(node, np.arange, start, stop, step)  # Theano's own is wrong about its length


# ---- All -------------------------------------------------------------------------------------------

UNARY: Final[Mapping[str, Callable[[Symbolic], Symbolic]]] = {
    "abs": tt.abs_,
    "cos": tt.cos,
    "erf": tt.erf,
    "exp": tt.exp,
    "expm1": tt.expm1,
    "invert": tt.invert,
    "isfinite": _is_finite,
    "isinf": tt.isinf,
    "isnan": tt.isnan,
    "log": tt.log,
    "log1p": tt.log1p,
    "logical_not": tt.invert,
    "negative": tt.neg,
    "relu": lambda x: tt.maximum(x, _zero(x)),
    "sigmoid": tt.nnet.sigmoid,
    "sin": tt.sin,
    "softplus": _softplus,
    "sqrt": tt.sqrt,
    "square": tt.sqr,
    "stop_gradient": lambda x: x,
    "tan": tt.tan,
    "tanh": tt.tanh,
}

ELEMENTWISE: Final[Mapping[str, Callable[..., Symbolic]]] = {
    "add": tt.add,
    "bitwise_and": tt.and_,
    "bitwise_or": tt.or_,
    "bitwise_xor": tt.xor,
    "divide": tt.true_div,
    "equal": tt.eq,
    "greater": tt.gt,
    "greater_equal": tt.ge,
    "less": tt.lt,
    "less_equal": tt.le,
    "logical_and": tt.and_,
    "logical_or": tt.or_,
    "logical_xor": tt.xor,
    "maximum": tt.maximum,
    "minimum": tt.minimum,
    "multiply": tt.mul,
    "not_equal": tt.neq,
    "subtract": tt.sub,
    "where": tt.switch,
}


def _softmax(node: Node, x: Symbolic) -> Symbolic:
    """Theano's own is of the rows of a matrix."""
    rank, axis = len(node.shape), node.attrs["axis"]
    if axis == rank - 1 == 1:
        return tt.nnet.softmax(x)
    order = [*(i for i in range(rank) if i != axis), axis]
    turned = x.dimshuffle(*order)
    rows = tt.nnet.softmax(turned.reshape((-1, turned.shape[-1]), ndim=2)) if rank > 1 else tt.nnet.softmax(x)
    return rows.reshape(turned.shape, ndim=rank).dimshuffle(*map(order.index, range(rank)))


def _labelled(logits: Symbolic, labels: Symbolic) -> tuple[Symbolic, Symbolic]:
    """The loss of each row, and the softmax."""
    bias = tt.zeros((logits.shape[1],), logits.dtype)
    losses, probabilities, _ = tt.nnet.crossentropy_softmax_argmax_1hot_with_bias(logits, bias, labels)
    return losses, probabilities


def _label_crossentropy_grad(node: Node, g: Symbolic, logits: Symbolic, labels: Symbolic) -> Symbolic:
    return tt.nnet.nnet.crossentropy_softmax_1hot_with_bias_dx(g, _labelled(logits, labels)[1], labels)


#: Functions of NumPy's, and the attributes that they take after the inputs.
BY_NUMPY: Final[Mapping[str, tuple[Any, ...]]] = {
    "argmax": (np.argmax, "axis"),
    "argmin": (np.argmin, "axis"),
    "ctc_beam_search": (beams.ctc_beam_search, "beam_width", "top_paths", "merge_repeated"),
    "floor_divide": (np.floor_divide,),  # Theano's divides first, and so says that 1 // 0.1 is 10
    "left_shift": (np.left_shift,),
    "mod": (np.mod,),  # Theano's raises where an integer is divided by 0
    "nonzero": (np.argwhere,),
    "right_shift": (np.right_shift,),
    "sparse_dot": (_sparse_dot, "transpose"),
}

LOWERINGS: Final[Mapping[str, Lowering]] = {
    **{op: _unary(function) for op, function in UNARY.items()},
    **{op: _elementwise(function) for op, function in ELEMENTWISE.items()},
    **{op: by_numpy(*entry) for op, entry in BY_NUMPY.items()},
    "all": _reduction(lambda x, axes: tt.all(x, axis=axes)),
    "any": _reduction(lambda x, axes: tt.any(x, axis=axes)),
    "arange": _arange,
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "ceil": _rounded(tt.ceil),
    "concatenate": _concatenate,
    "cumprod": _cumulative(np.multiply, 1),
    "cumsum": _cumulative(np.add, 0),
    "draw": _draw,
    "expand_dims": _expand_dims,
    "floor": _rounded(tt.floor),
    "label_crossentropy": lambda node, logits, labels: _labelled(logits, labels)[0],
    "label_crossentropy_grad": _label_crossentropy_grad,
    "matmul": _matmul,
    "max": _reduction(_extreme("max", Maximum)),
    "min": _reduction(_extreme("min", Minimum)),
    "pad": _pad,
    "power": _power,
    "print_tensor": lambda node, x: Print(node.attrs["message"])(x),
    "prod": _reduction(_prod),
    "reshape": _reshape,
    "round": _rounded(tt.round_half_to_even),
    "scan_result": lambda node, results: results[node.attrs["index"]],
    "scatter_add": _scatter_add,
    "shape": _shape,
    "sign": _sign,
    "slice": _slice,
    "softmax": _softmax,
    "sparse_to_dense": to_dense,
    "squeeze": _squeeze,
    "stack": _stack,
    "sum": _reduction(_sum),
    "take": _take,
    "transpose": _transpose,
    "unbroadcast": _unbroadcast,
    "unslice": _unslice,
}


def _reshape_any(node: Node, x: Symbolic, vector: Symbolic | None = None) -> Symbolic:
    return _reshape(node, x, None if vector is None else Filled()(vector, x))


#: The same of single ops in Python, which are what arrays of no elements are left to.
ALONE: Final[Mapping[str, Lowering]] = {"reshape": _reshape_any, "softmax": by_numpy(softmax, "axis")}
