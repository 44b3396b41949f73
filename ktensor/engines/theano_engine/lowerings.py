"""Each op as Theano has it.

Theano fixes when a graph is built which axes broadcast. A `Context` says how much of that is certain: when a node
is run by itself, all of it, since the values are there; in a compiled program, all but sizes that only come up
while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import theano
import theano.scalar as ts
import theano.sparse
import theano.tensor as tt
from theano.tensor import extra_ops

from ... import dims
from ...dims import Dim, Poly
from ...graph import Node
from ..base import Lowering

__all__ = ["Context", "finish", "lowerings"]

Symbolic: TypeAlias = Any


class Context(NamedTuple):
    """What is certain about sizes."""

    #: Unknown sizes of which the program's variant knows whether they are 1.
    settled: frozenset[Poly] = frozenset()
    #: Those of them that are.
    ones: frozenset[Poly] = frozenset()
    #: Every flag is right: the values are known.
    exact: bool = False

    def is_certain(self, size: Dim) -> bool:
        """True if an axis of this size that is not flagged as broadcasting is not of size 1."""
        return self.exact or isinstance(size, int) or (size is not None and size in self.settled)


# Broadcasting.


def _aligned(handles: Sequence[Symbolic], shapes: Sequence[dims.Shape]) -> tuple[list[Symbolic], list[dims.Shape]]:
    """All with the same number of axes."""
    rank = max(h.ndim for h in handles)
    padded = [h if h.ndim == rank else h.dimshuffle(*["x"] * (rank - h.ndim), *range(h.ndim)) for h in handles]
    return padded, [(1,) * (rank - len(s)) + tuple(s) for s in shapes]


def _stretched(context: Context, node: Node, handles: Sequence[Symbolic]) -> list[Symbolic]:
    """The operands of a broadcasting op, with those axes stretched of which Theano cannot tell beforehand."""
    if context.exact:
        return list(handles)
    operands, shapes = _aligned(handles, [n.shape for n in node.inputs])
    for axis in range(operands[0].ndim):
        wide = [i for i, h in enumerate(operands) if not h.broadcastable[axis]]
        sizes = [shapes[i][axis] for i in wide]
        agree = all(s == sizes[0] and s is not None for s in sizes)
        if len(wide) < 2 or agree or all(map(context.is_certain, sizes)):
            continue
        target = operands[wide[0]].shape[axis]
        for i in wide[1:]:
            target = tt.switch(tt.eq(target, 1), operands[i].shape[axis], target)
        for i in wide:
            operands[i] = _stretch(operands[i], axis, target)
    return operands


def _stretch(x: Symbolic, axis: int, target: Symbolic) -> Symbolic:
    """x with `axis` repeated to `target`, if its size is 1; else x, if its size is `target`."""
    size = x.shape[axis]
    rows = tt.arange(tt.switch(tt.eq(size, 1), target, size))
    return x.take(tt.switch(tt.eq(size, 1), 0, rows), axis=axis)


def _elementwise(function: Callable[..., Symbolic]) -> Lowering:
    def lower(context: Context, node: Node, *handles: Symbolic) -> Symbolic:
        if len(handles) > 1:
            handles = tuple(_stretched(context, node, handles))
        # The C code for float16 is not there.
        narrow = [h.dtype == "float16" for h in handles]
        return function(*[tt.cast(h, "float32") if half else h for h, half in zip(handles, narrow)])

    return lower


# Scalar ops that Theano lacks.


class _Shift(ts.BinaryScalarOp):  # type: ignore[misc]  # theano is untyped
    """Shifts the bits of integers."""

    def __init__(self, operator: str, name: str) -> None:
        super().__init__(output_types_preference=ts.transfer_type(0), name=name)
        self.operator = operator

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shift) and other.operator == self.operator

    def __hash__(self) -> int:
        return hash((_Shift, self.operator))

    def impl(self, x: Any, y: Any) -> Any:
        """One element, in Python."""
        return x << y if self.operator == "<<" else x >> y

    def c_code(self, node: Any, name: str, inputs: Sequence[str], outputs: Sequence[str], sub: Any) -> str:
        """One element, in C."""
        return f"{outputs[0]} = {inputs[0]} {self.operator} {inputs[1]};"

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Changes with `c_code`."""
        return (1,)


_left_shift: Final = tt.Elemwise(_Shift("<<", "left_shift"))
_right_shift: Final = tt.Elemwise(_Shift(">>", "right_shift"))


def _sigmoid(x: Symbolic) -> Symbolic:
    small = tt.exp(-abs(x))
    return tt.switch(tt.ge(x, 0), tt.ones_like(x), small) / (1 + small)


def _softplus(x: Symbolic) -> Symbolic:
    return tt.maximum(x, tt.zeros_like(x)) + tt.log1p(tt.exp(-abs(x)))


_ELEMENTWISE: Final[Mapping[str, Callable[..., Symbolic]]] = {
    "abs": abs,
    "add": tt.add,
    "bitwise_and": tt.and_,
    "bitwise_or": tt.or_,
    "bitwise_xor": tt.xor,
    "cos": tt.cos,
    "divide": tt.true_div,
    "equal": tt.eq,
    "erf": tt.erf,
    "exp": tt.exp,
    "expm1": tt.expm1,
    "floor_divide": tt.int_div,
    "greater": tt.gt,
    "greater_equal": tt.ge,
    "invert": tt.invert,
    "isfinite": lambda x: tt.invert(tt.or_(tt.isnan(x), tt.isinf(x))),
    "isinf": tt.isinf,
    "isnan": tt.isnan,
    "left_shift": _left_shift,
    "less": tt.lt,
    "less_equal": tt.le,
    "log": tt.log,
    "log1p": tt.log1p,
    "logical_and": tt.and_,
    "logical_not": tt.invert,
    "logical_or": tt.or_,
    "logical_xor": tt.xor,
    "maximum": tt.maximum,
    "minimum": tt.minimum,
    "mod": tt.mod,
    "multiply": tt.mul,
    "negative": tt.neg,
    "not_equal": tt.neq,
    "power": tt.pow,
    "relu": lambda x: tt.maximum(x, tt.zeros_like(x)),
    "right_shift": _right_shift,
    "sigmoid": _sigmoid,
    "sign": tt.sgn,
    "sin": tt.sin,
    "softplus": _softplus,
    "sqrt": tt.sqrt,
    "square": tt.sqr,
    "subtract": tt.sub,
    "tan": tt.tan,
    "tanh": tt.tanh,
    "where": tt.switch,
}


def _rounded(function: Callable[[Symbolic], Symbolic]) -> Lowering:
    lower = _elementwise(function)
    return lambda context, node, x: lower(context, node, x) if node.dtype.is_float else x


def _cast(context: Context, node: Node, x: Symbolic) -> Symbolic:
    return tt.neq(x, tt.zeros_like(x)) if node.dtype.kind == "b" else tt.cast(x, node.dtype.name)


# Reductions.


def _wide(dtype: str) -> str:
    """A dtype that Theano's reductions take, and that loses nothing."""
    return {"bool": "uint8", "float16": "float32"}.get(dtype, dtype)


def _reduction(function: Callable[..., Symbolic]) -> Lowering:
    def lower(context: Context, node: Node, x: Symbolic) -> Symbolic:
        axes = list(node.attrs["axes"])
        if not axes:
            return x
        result = function(tt.cast(x, _wide(x.dtype)), axes)
        return tt.makeKeepDims(x, result, axes) if node.attrs["keepdims"] else result

    return lower


def _sum(x: Symbolic, axes: list[int]) -> Symbolic:
    return tt.sum(x, axis=axes, dtype=x.dtype, acc_dtype=x.dtype)


def _prod(x: Symbolic, axes: list[int]) -> Symbolic:
    return tt.prod(x, axis=axes, dtype=x.dtype, acc_dtype=x.dtype)


def _extreme(scalar: Any) -> Callable[..., Symbolic]:
    return lambda x, axes: tt.elemwise.CAReduce(scalar, axes)(x)


def _position(largest: bool) -> Lowering:
    def lower(context: Context, node: Node, x: Symbolic) -> Symbolic:
        values = tt.cast(x, _wide(x.dtype))
        if not largest:
            # ~x turns the order of integers around without overflow, as -x does that of floats.
            values = -values if values.dtype.startswith("float") else tt.invert(values)
        return tt.argmax(values, axis=node.attrs["axis"])

    return lower


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None) for _ in range(axis)), part)


_BACKWARDS: Final = slice(None, None, -1)


def _cumulative(function: Callable[..., Symbolic], neutral: int) -> Lowering:
    def lower(context: Context, node: Node, x: Symbolic) -> Symbolic:
        axis = node.attrs["axis"]
        kind = {"i": "int64", "u": "uint64"}.get(node.dtype.kind, _wide(x.dtype))
        values = tt.cast(x, kind)
        if node.attrs["reverse"]:
            values = values[_along(axis, _BACKWARDS)]
        if node.attrs["exclusive"]:
            first = tt.ones_like(values[_along(axis, slice(None, 1))]) * tt.constant(neutral, dtype=kind)
            values = tt.join(axis, first, values)[_along(axis, slice(None, -1))]
            values = values if not values.broadcastable[axis] else tt.unbroadcast(values, axis)
        result = function(values, axis=axis)
        return result[_along(axis, _BACKWARDS)] if node.attrs["reverse"] else result

    return lower


# Products.


def _matmul(context: Context, node: Node, x: Symbolic, y: Symbolic) -> Symbolic:
    if x.dtype == "float16":
        x, y = tt.cast(x, "float32"), tt.cast(y, "float32")
    if x.ndim == y.ndim == 2:
        return tt.dot(x, y)
    rows, columns = x.shape[-2:], y.shape[-1:]
    batch = max(x.ndim, y.ndim) - 2
    x, y = _same_batch(x, batch), _same_batch(y, batch)
    sizes = [
        tt.switch(tt.eq(x.shape[i], 1), y.shape[i], x.shape[i]) if not x.broadcastable[i] else y.shape[i]
        for i in range(batch)
    ]
    left = _flat_batch(x, sizes)
    right = _flat_batch(y, sizes)
    product = tt.batched_dot(left, right)
    return product.reshape(tt.stack([*sizes, rows[0], columns[0]]), ndim=batch + 2)


def _same_batch(x: Symbolic, batch: int) -> Symbolic:
    missing = batch + 2 - x.ndim
    return x.dimshuffle(*["x"] * missing, *range(x.ndim)) if missing else x


def _flat_batch(x: Symbolic, sizes: Sequence[Symbolic]) -> Symbolic:
    """x with its batch axes stretched to `sizes` and made one."""
    full = tt.alloc(x, *sizes, x.shape[-2], x.shape[-1])
    return full.reshape(tt.stack([tt.prod(tt.stack(list(sizes)), dtype="int64"), x.shape[-2], x.shape[-1]]), ndim=3)


# Shaping.


def _target(node: Node, vector: Sequence[Symbolic]) -> list[Any]:
    return [vector[0][i] for i in range(len(node.shape))] if vector else list(node.attrs["shape"])


def _reshape(context: Context, node: Node, x: Symbolic, *vector: Symbolic) -> Symbolic:
    if vector:
        return x.reshape(vector[0], ndim=len(node.shape))
    return x.reshape(node.attrs["shape"], ndim=len(node.shape))


def _broadcast_to(context: Context, node: Node, x: Symbolic, *vector: Symbolic) -> Symbolic:
    target = _target(node, vector)
    return tt.alloc(x, *target) if target else x


def _expand_dims(context: Context, node: Node, x: Symbolic) -> Symbolic:
    axis = node.attrs["axis"]
    return x.dimshuffle(*range(axis), "x", *range(axis, x.ndim))


def _squeeze(context: Context, node: Node, x: Symbolic) -> Symbolic:
    axes = node.attrs["axes"]
    return tt.addbroadcast(x, *axes).dimshuffle(*[i for i in range(x.ndim) if i not in axes])


def _slices(node: Node, bounds: Sequence[Symbolic]) -> tuple[slice, ...]:
    given: Iterator[Symbolic] = iter(bounds)
    return tuple(slice(*(next(given) if part == "?" else part for part in item)) for item in node.attrs["items"])


def _slice(context: Context, node: Node, x: Symbolic, *bounds: Symbolic) -> Symbolic:
    return x[_slices(node, bounds)]


def _zeros_like(node: Node, like: Symbolic) -> Symbolic:
    zero = tt.constant(0, dtype=node.dtype.name)
    return tt.alloc(zero, *[like.shape[i] for i in range(like.ndim)]) if like.ndim else zero


def _unslice(context: Context, node: Node, g: Symbolic, like: Symbolic, *bounds: Symbolic) -> Symbolic:
    place = _zeros_like(node, like)[_slices(node, bounds)]
    return tt.set_subtensor(place, _fitted(g, place))


def _fitted(g: Symbolic, place: Symbolic) -> Symbolic:
    """g with the broadcasting flags of the place that it is stored in."""
    wrong = [i for i in range(g.ndim) if g.broadcastable[i] and not place.broadcastable[i]]
    g = tt.unbroadcast(g, *wrong) if wrong else g
    missing = [i for i in range(g.ndim) if place.broadcastable[i] and not g.broadcastable[i]]
    return tt.addbroadcast(g, *missing) if missing else g


def _lookup(node: Node, x: Symbolic, indices: Sequence[Symbolic]) -> Symbolic:
    """x[..., indices]: a negative index is made too large, so that it is an error."""
    axis = node.attrs["axis"]
    positions = []
    for i, index in enumerate(indices):
        wide = tt.cast(index, "int64")
        positions.append(tt.switch(tt.lt(wide, 0), x.shape[axis + i], wide))
    return x[tuple([slice(None)] * axis + positions)]


def _take(context: Context, node: Node, x: Symbolic, *indices: Symbolic) -> Symbolic:
    return _lookup(node, x, indices)


def _scatter_add(context: Context, node: Node, g: Symbolic, like: Symbolic, *indices: Symbolic) -> Symbolic:
    place = _lookup(node, _zeros_like(node, like), indices)
    return tt.inc_subtensor(place, g)


def _pad(context: Context, node: Node, x: Symbolic) -> Symbolic:
    widths = node.attrs["widths"]
    if not widths:
        return x
    sizes = [x.shape[i] + before + after for i, (before, after) in enumerate(widths)]
    full = tt.alloc(tt.constant(node.attrs["value"], dtype=node.dtype.name), *sizes)
    place = full[tuple(slice(before, before + x.shape[i]) for i, (before, _) in enumerate(widths))]
    return tt.set_subtensor(place, _fitted(x, place))


def _unbroadcast(context: Context, node: Node, g: Symbolic, like: Symbolic) -> Symbolic:
    front = g.ndim - like.ndim
    total = _sum(g, list(range(front))) if front else g
    shape = node.inputs[0].shape[front:]
    for axis, size in enumerate(node.inputs[1].shape):
        if like.broadcastable[axis]:
            if not total.broadcastable[axis]:
                total = _sum(total, [axis]).dimshuffle(*range(axis), "x", *range(axis, total.ndim - 1))
        elif not context.is_certain(size) and not (size is not None and size == shape[axis]):
            total = _sum_if_one(total, like, axis)
    return total


def _sum_if_one(g: Symbolic, like: Symbolic, axis: int) -> Symbolic:
    """g summed along the axis if like's size there is 1, else g."""
    size = like.shape[axis]
    summed = _sum(g, [axis]).dimshuffle(*range(axis), "x", *range(axis, g.ndim - 1))
    either = tt.switch(tt.eq(size, 1), tt.unbroadcast(tt.alloc(summed, *g.shape), axis), g)
    return either[_along(axis, slice(None, size))]


def _shape(context: Context, node: Node, x: Symbolic) -> Symbolic:
    return tt.cast(x.shape, "int32")


def _arange(context: Context, node: Node, start: Symbolic, stop: Symbolic, step: Symbolic) -> Symbolic:
    return tt.arange(start, stop, step, dtype=node.dtype.name)


def _nonzero(context: Context, node: Node, x: Symbolic) -> Symbolic:
    if not x.ndim:
        return tt.alloc(tt.constant(0, dtype="int64"), tt.cast(x, "int64"), 0)
    return tt.nonzero(x, return_matrix=True).dimshuffle(1, 0)


def _sparse_dot(context: Context, node: Node, x: Symbolic, y: Symbolic) -> Symbolic:
    return theano.sparse.dot(theano.sparse.transpose(x) if node.attrs["transpose"] else x, y)


def _concatenate(context: Context, node: Node, *tensors: Symbolic) -> Symbolic:
    return tt.join(node.attrs["axis"], *tensors)


def _stack(context: Context, node: Node, *tensors: Symbolic) -> Symbolic:
    return tt.stack(list(tensors), axis=node.attrs["axis"])


_LOWERINGS: Final[Mapping[str, Lowering]] = {
    **{name: _elementwise(function) for name, function in _ELEMENTWISE.items()},
    "all": _reduction(lambda x, axes: tt.all(x, axis=axes)),
    "any": _reduction(lambda x, axes: tt.any(x, axis=axes)),
    "arange": _arange,
    "argmax": _position(largest=True),
    "argmin": _position(largest=False),
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "ceil": _rounded(tt.ceil),
    "concatenate": _concatenate,
    "cumprod": _cumulative(extra_ops.cumprod, 1),
    "cumsum": _cumulative(extra_ops.cumsum, 0),
    "expand_dims": _expand_dims,
    "floor": _rounded(tt.floor),
    "matmul": _matmul,
    "max": _reduction(_extreme(ts.maximum)),
    "min": _reduction(_extreme(ts.minimum)),
    "nonzero": _nonzero,
    "pad": _pad,
    "prod": _reduction(_prod),
    "reshape": _reshape,
    "round": _rounded(tt.round_half_to_even),
    "scatter_add": _scatter_add,
    "shape": _shape,
    "slice": _slice,
    "sparse_dot": _sparse_dot,
    "sparse_to_dense": lambda context, node, x: theano.sparse.dense_from_sparse(x),
    "squeeze": _squeeze,
    "stack": _stack,
    "stop_gradient": lambda context, node, x: x,
    "sum": _reduction(_sum),
    "take": _take,
    "transpose": lambda context, node, x: x.dimshuffle(*node.attrs["axes"]),
    "unbroadcast": _unbroadcast,
    "unslice": _unslice,
}


def lowerings() -> Mapping[str, Lowering]:
    """All lowerings: `lower(context, node, *handles)`."""
    return _LOWERINGS


def finish(context: Context, node: Node, result: Symbolic) -> Symbolic:
    """The result in the node's dtype, with the flags that the node's static shape knows of."""
    if result.dtype != node.dtype.name:
        result = tt.cast(result, node.dtype.name)
    if context.exact:
        return result
    one = [d == 1 or d in context.ones for d in node.shape]
    missing = [i for i, known in enumerate(one) if known and not result.broadcastable[i]]
    result = tt.addbroadcast(result, *missing) if missing else result
    wrong = [i for i, d in enumerate(node.shape) if isinstance(d, int) and d != 1 and result.broadcastable[i]]
    return tt.unbroadcast(result, *wrong) if wrong else result
