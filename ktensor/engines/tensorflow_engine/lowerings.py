"""Each op as TensorFlow has it.

Most ops are a raw TensorFlow op under another name (`UNARY`, `BINARY`); the rest are functions here, named
after the op. Raw ops are used where the `tf.*` wrapper does no more than convert arguments, which would cost
more than a small op itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from ..base import Lowering
from ..printing import show
from .setup import import_tensorflow

if TYPE_CHECKING:
    from ...graph import Node

__all__ = ["NOT_XLA", "Handle", "as_without_xla", "known", "lowerings", "made_by", "raw", "static_shape", "tf"]

#: A tf.Tensor, eager or symbolic; a tf.SparseTensor for sparse placeholders.
Handle: TypeAlias = Any
Slices: TypeAlias = tuple[tuple[Any, Any, int], ...]

tf: Final = import_tensorflow()
raw: Final = tf.raw_ops


def static_shape(node: Node) -> Any:
    """The shape as TensorFlow's users write it: what is not an int is unknown."""
    return tf.TensorShape([size if isinstance(size, int) else None for size in node.shape])


# ---- Ops that are a raw TensorFlow op --------------------------------------------------------------

UNARY: Final[Mapping[str, str]] = {
    "negative": "Neg",
    "exp": "Exp",
    "log": "Log",
    "log1p": "Log1p",
    "expm1": "Expm1",
    "sqrt": "Sqrt",
    "square": "Square",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "invert": "Invert",
    "logical_not": "LogicalNot",
    "isnan": "IsNan",
    "isinf": "IsInf",
    "isfinite": "IsFinite",
}

BINARY: Final[Mapping[str, str]] = {
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "RealDiv",
    "power": "Pow",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "bitwise_and": "BitwiseAnd",
    "bitwise_or": "BitwiseOr",
    "bitwise_xor": "BitwiseXor",
    "equal": "Equal",
    "not_equal": "NotEqual",
    "greater": "Greater",
    "greater_equal": "GreaterEqual",
    "less": "Less",
    "less_equal": "LessEqual",
    "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr",
}

REDUCTIONS: Final[Mapping[str, str]] = {
    "prod": "Prod",
    "max": "Max",
    "min": "Min",
    "any": "Any",
    "all": "All",
}

# ---- Dtypes that an op's kernels lack, or in which they are too inexact ----------------------------

_BOOL: Final = {"bool": "uint8"}
_HALF: Final = {"float16": "float32"}
_UNSIGNED: Final = {"uint8": "int32", "uint16": "int32", "uint32": "int64", "uint64": "int64"}
_SMALL: Final = {"int8": "int32", "int16": "int32", **_UNSIGNED}

#: op -> dtype of its first input -> the dtype to compute in. Casting an integer back wraps as the op would have.
WIDEN: Final[Mapping[str, Mapping[str, str]]] = {
    "negative": _UNSIGNED,
    "power": _UNSIGNED,
    "matmul": _SMALL,
    "arange": _SMALL,
    **dict.fromkeys(("maximum", "minimum", "max", "min", "greater", "greater_equal", "less", "less_equal"), _BOOL),
    # TensorFlow has these for float16, and lets sums stop growing at 2048.
    **dict.fromkeys(("sum", "prod", "softmax", "log_softmax"), _HALF),
    # Not all integers under XLA.
    **dict.fromkeys(("cumsum", "cumprod"), _HALF | _SMALL),
    **dict.fromkeys(("floor_divide", "mod"), _HALF),
}


def _named(table: Mapping[str, str]) -> dict[str, Callable[..., Handle]]:
    return {op: getattr(raw, name) for op, name in table.items()}


def _unary(function: Callable[..., Handle]) -> Lowering:
    return lambda node, x: function(x=x)


def _binary(function: Callable[..., Handle]) -> Lowering:
    return lambda node, x, y: function(x=x, y=y)


def _reduction(function: Callable[..., Handle]) -> Lowering:
    def lower(node: Node, x: Handle) -> Handle:
        axes, keepdims = node.attrs["axes"], node.attrs["keepdims"]
        return function(input=x, axis=known(axes), keep_dims=keepdims) if axes else x

    return lower


def sum_(node: Node, x: Handle) -> Handle:
    axes, rank = node.attrs["axes"], len(node.inputs[0].shape)
    if rank > 1 and axes == tuple(range(rank - 1)) and not node.attrs["keepdims"] and node.dtype.name in _FAST_SUMS:
        return raw.BiasAddGrad(out_backprop=x)  # two thirds of the time of Sum
    return _sum(node, x)


_sum: Final = _reduction(raw.Sum)
_FAST_SUMS: Final = ("float32", "float64")


def _widened(lower: Lowering, table: Mapping[str, str]) -> Lowering:
    def widened(node: Node, *handles: Handle) -> Handle:
        wide = table.get(node.inputs[0].dtype.name)
        if wide is None:
            return lower(node, *handles)
        return _cast(lower(node, *[_cast(h, wide) for h in handles]), node.dtype.name)

    return widened


# ---- Small helpers ---------------------------------------------------------------------------------

_EAGER: Final = tf.__internal__.EagerTensor


def made_by(x: Handle) -> Any:
    """The operation that makes a symbolic tensor; None for an eager one, which takes microseconds to say so."""
    return None if isinstance(x, _EAGER) else x.op


@functools.lru_cache(maxsize=1024)
def known(value: int | tuple[Any, ...], dtype: str = "int32") -> Handle:
    """An eager tensor, made once: converting an axis or a shape on every call costs as much as a small op."""
    with tf.init_scope():
        return tf.constant(value, dtype)


def _cast(x: Handle, dtype: str) -> Handle:
    return x if x.dtype == dtype else raw.Cast(x=x, DstT=dtype)


def _index(x: Handle) -> Handle:
    return x if x.dtype in ("int32", "int64") else _cast(x, "int64")


def _sizes(x: Handle) -> tuple[int, ...] | None:
    """The static shape, if all of it is known; of an eager tensor it always is."""
    shape = x.shape
    return tuple(shape.as_list()) if shape.is_fully_defined() else None


def _shape(x: Handle) -> Handle:
    """The shape as an int64 vector; a constant where it is known, so that `x` itself need not be computed.

    Never an int32 Shape: `_fast` cannot call functions that have one.
    """
    sizes = _sizes(x)
    return raw.Shape(input=x, out_type="int64") if sizes is None else known(sizes, "int64")


def _dims(x: Handle) -> list[Any]:
    """The sizes, as ints where all are known, and otherwise as scalar tensors."""
    sizes = _sizes(x)
    return list(raw.Unpack(value=_shape(x), num=x.shape.rank) if sizes is None else sizes)


def _int64(value: Any) -> Handle:
    return _cast(value, "int64") if tf.is_tensor(value) else known(value, "int64")


def _int64s(values: Sequence[Any]) -> Handle:
    """A vector of ints and scalar tensors."""
    if any(map(tf.is_tensor, values)):
        return raw.Pack(values=[_int64(value) for value in values])
    return known(tuple(values), "int64")


def _wide(x: Handle) -> Handle:
    """`x` in the dtype in which to sum it up."""
    return _cast(x, WIDEN["sum"].get(x.dtype.name, x.dtype.name))


def _transpose(x: Handle, axes: Sequence[int]) -> Handle:
    return x if list(axes) == list(range(len(axes))) else raw.Transpose(x=x, perm=known(tuple(axes)))


def _select(condition: Handle, x: Handle, y: Handle) -> Handle:
    return raw.SelectV2(condition=condition, t=x, e=y)


def _constant_value(node: Node) -> Any:
    """The value of a constant node; None for all others."""
    return node.attrs["value"] if node.op.name == "constant" else None


# ---- Elementwise -----------------------------------------------------------------------------------


def add(node: Node, x: Handle, y: Handle) -> Handle:
    """A vector along the last axis is a bias, which TensorFlow adds in the same pass as the product before."""
    if node.dtype.is_float:
        a, b = (n.shape for n in node.inputs)
        if len(a) > 1 == len(b) and a[-1] == b[-1]:
            return raw.BiasAdd(value=x, bias=y)
        if len(b) > 1 == len(a) and a[-1] == b[-1]:
            return raw.BiasAdd(value=y, bias=x)
    return raw.AddV2(x=x, y=y)


def absolute(node: Node, x: Handle) -> Handle:
    return x if node.dtype.kind == "u" else raw.Abs(x=x)


def sign(node: Node, x: Handle) -> Handle:
    if node.dtype.kind == "u":
        return _cast(raw.NotEqual(x=x, y=raw.ZerosLike(x=x)), node.dtype.name)
    return raw.Sign(x=x)


def relu(node: Node, x: Handle) -> Handle:
    return x if node.dtype.kind == "u" else raw.Relu(features=x)


def erf(node: Node, x: Handle) -> Handle:
    result = raw.Erf(x=x)
    if node.dtype.name != "float64":
        return result
    # TensorFlow's Erf of float64 is NaN for large numbers; from 6 on it rounds to 1.
    return _select(raw.Greater(x=raw.Abs(x=x), y=tf.constant(6.0, "float64")), raw.Sign(x=x), result)


def softplus(node: Node, x: Handle) -> Handle:
    return raw.Softplus(features=x)


def _rounding(function: Callable[..., Handle]) -> Lowering:
    return lambda node, x: function(x=x) if node.dtype.is_float else x


def _remainder(x: Handle, y: Handle) -> tuple[Handle, Handle]:
    """C's fmod, and where its sign is not the divisor's."""
    rest = raw.TruncateMod(x=x, y=y)
    zero = raw.ZerosLike(x=rest)
    opposite = raw.NotEqual(x=raw.Less(x=rest, y=zero), y=raw.Less(x=y, y=raw.ZerosLike(x=y)))
    return rest, raw.LogicalAnd(x=raw.NotEqual(x=rest, y=zero), y=opposite)


def _float_floor_divide(x: Handle, y: Handle) -> Handle:
    # floor(x / y) would be 10 for 1 // 0.1, where the quotient has been rounded up; Python and NumPy say 9.
    rest, opposite = _remainder(x, y)
    exact = raw.Round(x=raw.RealDiv(x=raw.Sub(x=x, y=rest), y=y))
    exact = raw.Sub(x=exact, y=_cast(opposite, x.dtype.name))
    return _select(raw.Equal(x=y, y=raw.ZerosLike(x=y)), raw.RealDiv(x=x, y=y), exact)


def _float_mod(x: Handle, y: Handle) -> Handle:
    rest, opposite = _remainder(x, y)
    return _select(opposite, raw.AddV2(x=rest, y=y), rest)


def _dividing(integer: Callable[..., Handle], floating: Callable[[Handle, Handle], Handle]) -> Lowering:
    def lower(node: Node, x: Handle, y: Handle) -> Handle:
        if node.dtype.is_float:
            return floating(x, y)
        divisor = _constant_value(node.inputs[1])
        if divisor is not None and np.all(divisor):
            return integer(x=x, y=y)
        # TensorFlow raises where a divisor is 0 (under XLA: gives -1); NumPy gives 0.
        zero = raw.ZerosLike(x=y)
        by_zero = raw.Equal(x=y, y=zero)
        quotient = integer(x=x, y=_select(by_zero, raw.OnesLike(x=y), y))
        return _select(by_zero, zero, quotient)

    return lower


def _shifting(function: Callable[..., Handle], keeps_sign: bool) -> Lowering:
    def lower(node: Node, x: Handle, y: Handle) -> Handle:
        last = node.dtype.itemsize * 8 - 1
        amount = _constant_value(node.inputs[1])
        if amount is not None and np.all((np.asarray(amount) >= 0) & (np.asarray(amount) <= last)):
            return function(x=x, y=y)
        # Shifts by the width or more are undefined in TensorFlow; NumPy shifts all bits out.
        limit = tf.constant(last, y.dtype)
        inside = raw.LogicalAnd(x=raw.GreaterEqual(x=y, y=raw.ZerosLike(x=y)), y=raw.LessEqual(x=y, y=limit))
        shifted = function(x=x, y=_select(inside, y, limit))
        return shifted if keeps_sign and node.dtype.kind == "i" else _select(inside, shifted, raw.ZerosLike(x=shifted))

    return lower


def where(node: Node, condition: Handle, x: Handle, y: Handle) -> Handle:
    return _select(condition, x, y)


def cast(node: Node, x: Handle) -> Handle:
    return _cast(x, node.dtype.name)


def stop_gradient(node: Node, x: Handle) -> Handle:
    return x


# ---- Reductions ------------------------------------------------------------------------------------


def _arg_reduction(function: Callable[..., Handle]) -> Lowering:
    return lambda node, x: function(input=x, dimension=known(node.attrs["axis"]), output_type="int64")


def _cumulative(function: Callable[..., Handle]) -> Lowering:
    def lower(node: Node, x: Handle) -> Handle:
        attrs = node.attrs
        return function(x=x, axis=known(attrs["axis"]), exclusive=attrs["exclusive"], reverse=attrs["reverse"])

    return lower


def softmax(node: Node, x: Handle) -> Handle:
    axis = node.attrs["axis"]
    if axis == len(node.shape) - 1:
        return raw.Softmax(logits=x)
    # TensorFlow's own way for inner axes, two transpositions, takes twice as long as this.
    powers = raw.Exp(x=_shifted(x, axis))
    return raw.RealDiv(x=powers, y=raw.Sum(input=powers, axis=known(axis), keep_dims=True))


def label_crossentropy(node: Node, logits: Handle, labels: Handle) -> Handle:
    return raw.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=labels)[0]


def label_crossentropy_grad(node: Node, g: Handle, logits: Handle, labels: Handle) -> Handle:
    ones = raw.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=labels)[1]
    return raw.Mul(x=ones, y=tf.expand_dims(g, 1))


def log_softmax(node: Node, x: Handle) -> Handle:
    axis = node.attrs["axis"]
    if axis == len(node.shape) - 1:
        return raw.LogSoftmax(logits=x)
    shifted = _shifted(x, axis)
    return raw.Sub(x=shifted, y=raw.Log(x=raw.Sum(input=raw.Exp(x=shifted), axis=known(axis), keep_dims=True)))


def _shifted(x: Handle, axis: int) -> Handle:
    return raw.Sub(x=x, y=raw.Max(input=x, axis=known(axis), keep_dims=True))


def unbroadcast(node: Node, g: Handle, like: Handle) -> Handle:
    axes = _stretched(node)
    if axes == ():
        return g
    shape = _shape(like)
    axis = raw.BroadcastGradientArgs(s0=shape, s1=_shape(g)).r0 if axes is None else known(axes)
    total = _cast(raw.Sum(input=_wide(g), axis=axis), node.dtype.name)
    return raw.Reshape(tensor=total, shape=shape)


def _stretched(node: Node) -> tuple[int, ...] | None:
    """The axes of the first input along which the second was stretched, or None if that is known only at run time."""
    wide, like = node.inputs[0].shape, node.inputs[1].shape
    lead = len(wide) - len(like)
    axes = list(range(lead))
    for axis, (size, own) in enumerate(zip(wide[lead:], like, strict=True), lead):
        if own == 1:
            axes.append(axis)
        elif own is None or (own != size and not isinstance(own, int)):
            return None
    return tuple(axes)


# ---- Linear algebra --------------------------------------------------------------------------------


def matmul(node: Node, x: Handle, y: Handle) -> Handle:
    is_plain = len(node.inputs[0].shape) == 2 == len(node.inputs[1].shape)
    x, x_is_turned = _turned(x)
    y, y_is_turned = _turned(y)
    if is_plain:
        return raw.MatMul(a=x, b=y, transpose_a=x_is_turned, transpose_b=y_is_turned)
    return raw.BatchMatMulV2(x=x, y=y, adj_x=x_is_turned, adj_y=y_is_turned)


def _turned(x: Handle) -> tuple[Handle, bool]:
    """What `x` is the transposed of, and True: products take it so, without the work of transposing it."""
    maker = made_by(x)
    if maker is not None and maker.type == "Transpose":
        axes = tf.get_static_value(maker.inputs[1])
        *front, last, before_last = range(len(axes))
        if list(axes) == [*front, before_last, last]:
            return maker.inputs[0], True
    return x, False


_SPARSE_KERNELS: Final = ("int32", "float32", "float64")


def sparse_dot(node: Node, matrix: Handle, dense: Handle) -> Handle:
    transpose = node.attrs["transpose"]
    if node.dtype.name in _SPARSE_KERNELS:
        return tf.sparse.sparse_dense_matmul(matrix, dense, adjoint_a=transpose)
    row, column = (1, 0) if transpose else (0, 1)
    picked = raw.GatherV2(params=dense, indices=matrix.indices[:, column], axis=0)
    terms = raw.Mul(x=tf.expand_dims(matrix.values, 1), y=picked)
    return tf.math.unsorted_segment_sum(terms, matrix.indices[:, row], matrix.dense_shape[row])


def sparse_to_dense(node: Node, matrix: Handle) -> Handle:
    return tf.sparse.to_dense(matrix)


# ---- Shaping ---------------------------------------------------------------------------------------


def _target(node: Node, vector: Handle | None) -> Handle:
    """The shape to give: static, or the elements of `vector`."""
    return known(tuple(node.attrs["shape"]), "int64") if vector is None else _index(vector)


def reshape(node: Node, x: Handle, vector: Handle | None = None) -> Handle:
    return raw.Reshape(tensor=x, shape=_target(node, vector))


#: BroadcastTo fails where more axes than this take turns in being stretched.
_MOST_BROADCAST_AXES: Final = 5


def broadcast_to(node: Node, x: Handle, vector: Handle | None = None) -> Handle:
    target = _target(node, vector)
    rank = len(node.shape)
    if rank <= _MOST_BROADCAST_AXES:
        return raw.BroadcastTo(input=x, shape=target)
    front = tf.ones([rank - x.shape.rank], "int64")
    sizes = tf.concat([front, _shape(x)], 0)
    # Where the sizes are equal, 0 among them, nothing is repeated.
    times = tf.where(tf.equal(sizes, target), tf.ones_like(sizes), target)
    return raw.Tile(input=raw.Reshape(tensor=x, shape=sizes), multiples=times)


def transpose(node: Node, x: Handle) -> Handle:
    return _transpose(x, node.attrs["axes"])


def expand_dims(node: Node, x: Handle) -> Handle:
    return raw.ExpandDims(input=x, axis=known(node.attrs["axis"]))


def squeeze(node: Node, x: Handle) -> Handle:
    axes = node.attrs["axes"]
    return raw.Squeeze(input=x, axis=list(axes)) if axes else x  # to TensorFlow, no axes are all axes


def concatenate(node: Node, *xs: Handle) -> Handle:
    return raw.ConcatV2(values=xs, axis=known(node.attrs["axis"])) if len(xs) > 1 else xs[0]


def stack(node: Node, *xs: Handle) -> Handle:
    return raw.Pack(values=xs, axis=node.attrs["axis"])


def pad(node: Node, x: Handle) -> Handle:
    widths = tuple(tuple(pair) for pair in node.attrs["widths"])
    if not widths:
        return x
    return raw.PadV2(input=x, paddings=known(widths), constant_values=np.asarray(node.attrs["value"], node.dtype.name))


def shape(node: Node, x: Handle) -> Handle:
    return _cast(x.dense_shape if isinstance(x, tf.SparseTensor) else _shape(x), "int32")


def arange(node: Node, start: Handle, stop: Handle, step: Handle) -> Handle:
    # TensorFlow raises where the stop lies behind the start; NumPy gives nothing.
    upward = raw.Greater(x=step, y=raw.ZerosLike(x=step))
    reachable = _select(upward, raw.Maximum(x=start, y=stop), raw.Minimum(x=start, y=stop))
    return raw.Range(start=start, limit=reachable, delta=step)


def draw(node: Node, vector: Handle | None = None) -> Handle:
    """By a generator that lives as long as the stream, so that it goes on where it was."""
    stream = node.attrs["stream"]
    with stream.lock:
        generator = stream.others.get("tensorflow")
        if generator is None:
            with tf.init_scope():
                generator = stream.others["tensorflow"] = tf.random.Generator.from_seed(stream.seed)
    return _DRAWS[node.attrs["kind"]](generator)(_target(node, vector), dtype=node.dtype.name)


_DRAWS: Final[Mapping[str, Callable[[Any], Callable[..., Handle]]]] = {
    "normal": lambda generator: generator.normal,
    "truncated_normal": lambda generator: generator.truncated_normal,
    "uniform": lambda generator: generator.uniform,
}


def print_tensor(node: Node, x: Handle) -> Handle:
    """To Python's stdout, which TensorFlow's own op does not know."""
    show_it = functools.partial(show, node.attrs["message"])
    if tf.executing_eagerly():
        show_it(x.numpy())
        return x
    with tf.control_dependencies([tf.numpy_function(show_it, [x], [])]):
        return tf.identity(x)


def nonzero(node: Node, x: Handle) -> Handle:
    if node.inputs[0].shape:
        return raw.Where(condition=x)
    return raw.Where(condition=raw.Reshape(tensor=x, shape=[1]))[:, :0]  # TensorFlow has no Where of a scalar


# ---- Slices ----------------------------------------------------------------------------------------

_INT64: Final = np.iinfo(np.int64)


def _edge(bounds: Sequence[Any]) -> Handle:
    """Starts or stops as one vector. Each is an int, a scalar tensor, or None, which `_mask` marks."""
    return _int64s([b if tf.is_tensor(b) else min(max(b or 0, _INT64.min), _INT64.max) for b in bounds])


def _mask(bounds: Sequence[Any]) -> int:
    return sum(1 << axis for axis, bound in enumerate(bounds) if bound is None)


def _strided(items: Slices, dynamic: Sequence[Handle]) -> Mapping[str, Any]:
    """Slices as StridedSlice takes them; `dynamic` are the values of the bounds that are "?"."""
    values = iter(dynamic)
    starts, stops = [], []
    for start, stop, _ in items:
        starts.append(next(values) if start == "?" else start)
        stops.append(next(values) if stop == "?" else stop)
    return {
        "begin": _edge(starts),
        "end": _edge(stops),
        "strides": known(tuple(step for _, _, step in items), "int64"),
        "begin_mask": _mask(starts),
        "end_mask": _mask(stops),
    }


def _is_full(items: Slices) -> bool:
    return all(item == (None, None, 1) for item in items)


def slice_(node: Node, x: Handle, *bounds: Handle) -> Handle:
    items = node.attrs["items"]
    return x if _is_full(items) else raw.StridedSlice(input=x, **_strided(items, bounds))


def unslice(node: Node, g: Handle, like: Handle, *bounds: Handle) -> Handle:
    items = node.attrs["items"]
    return g if _is_full(items) else raw.StridedSliceGrad(shape=_shape(like), dy=g, **_strided(items, bounds))


# ---- Gathering and scattering ----------------------------------------------------------------------


def _to_front(axis: int, count: int, rank: int) -> list[int]:
    """The permutation that brings the axes `axis ... axis + count - 1` to the front."""
    return [*range(axis, axis + count), *range(axis), *range(axis + count, rank)]


def _inverse(axes: Sequence[int]) -> list[int]:
    return sorted(range(len(axes)), key=axes.__getitem__)


def _is_valid(index: Handle, size: Any) -> Handle:
    return (index >= 0) & (index < size)


def _flat_index(sizes: Sequence[Any], indices: Sequence[Handle], outside: Any) -> Handle:
    """One index into axes of these sizes taken as one; `outside` where any of the indices is."""
    flat = _cast(indices[0], "int64")
    valid = _is_valid(flat, sizes[0])
    for size, index in zip(sizes[1:], indices[1:], strict=True):
        own = _cast(index, "int64")
        flat = flat * size + own
        valid = valid & _is_valid(own, size)
    return _select(valid, flat, _int64(outside))


def take(node: Node, x: Handle, *indices: Handle) -> Handle:
    axis = node.attrs["axis"]
    if len(indices) == 1:
        return raw.GatherV2(params=x, indices=_index(indices[0]), axis=known(axis))
    sizes, end = _dims(x), axis + len(indices)
    merged = _int64s([*sizes[:axis], math.prod(sizes[axis:end]), *sizes[end:]])
    index = _flat_index(sizes[axis:end], indices, outside=-1)
    return raw.GatherV2(params=raw.Reshape(tensor=x, shape=merged), indices=index, axis=known(axis))


def scatter_add(node: Node, g: Handle, like: Handle, *indices: Handle) -> Handle:
    axis, sizes = node.attrs["axis"], _dims(like)
    order = _to_front(axis, len(indices), len(sizes))
    taken = sizes[axis : axis + len(indices)]
    rows = _transpose(g, _to_front(axis, len(node.inputs[2].shape), len(node.inputs[0].shape)))
    index = _flat_index(taken, indices, outside=math.prod(taken))
    total = raw.UnsortedSegmentSum(data=_wide(rows), segment_ids=index, num_segments=_int64(math.prod(taken)))
    shaped = raw.Reshape(tensor=_cast(total, node.dtype.name), shape=_int64s([sizes[a] for a in order]))
    return _transpose(shaped, _inverse(order))


def _inside(x: Handle, axis: int, indices: Sequence[Handle]) -> Handle:
    """Whether all indices are within the bounds of `x`."""
    sizes = _dims(x)[axis : axis + len(indices)]
    valid = [_is_valid(_cast(index, "int64"), size) for index, size in zip(indices, sizes, strict=True)]
    return tf.reduce_all(tf.stack([tf.reduce_all(v) for v in valid]))


def ctc_beam_search(node: Node, logs: Handle, lengths: Handle) -> Handle:
    found = raw.CTCBeamSearchDecoder(inputs=logs, sequence_length=lengths, **node.attrs)
    time, batch = _dims(logs)[:2]
    shape = _int64s([batch, time])
    paths = [
        raw.SparseToDense(sparse_indices=places, output_shape=shape, sparse_values=labels, default_value=_int64(-1))
        for places, labels in zip(found.decoded_indices, found.decoded_values, strict=True)
    ]
    scores = tf.expand_dims(_cast(tf.transpose(found.log_probability), "float64"), 2)
    return tf.concat([_cast(tf.stack(paths), "float64"), scores], 2)


#: XLA clamps indices without a word. What must hold, of node and handles, for its result to be right.
_XLA_CHECKS: Final[Mapping[str, Callable[..., Handle]]] = {
    "label_crossentropy": lambda node, logits, labels: _inside(logits, 1, [labels]),
    "take": lambda node, x, *indices: _inside(x, node.attrs["axis"], indices),
    "scatter_add": lambda node, g, like, *indices: _inside(like, node.attrs["axis"], indices),
}


def _either_nan(node: Node, x: Handle, y: Handle) -> Handle:
    return raw.LogicalOr(x=raw.IsNan(x=x), y=raw.IsNan(x=y))


def _any_nan(node: Node, x: Handle) -> Handle:
    axes, keepdims = node.attrs["axes"], node.attrs["keepdims"]
    return raw.Any(input=raw.IsNan(x=x), axis=known(axes), keep_dims=keepdims)


#: XLA drops NaN from these. Where the result should have been NaN.
_XLA_NANS: Final[Mapping[str, Lowering]] = {
    "maximum": _either_nan,
    "minimum": _either_nan,
    "max": _any_nan,
    "min": _any_nan,
}

#: Ops whose results have sizes that XLA cannot know, that work on sparse tensors, or whose bodies cannot be put right.
NOT_XLA: Final = frozenset(
    ("nonzero", "arange", "ctc_beam_search", "print_tensor", "scan", "sparse_dot", "sparse_to_dense")
)


def as_without_xla(node: Node, operands: list[Handle], result: Handle, checks: list[Handle]) -> Handle:
    """The result with what XLA got wrong put right, or else a check added."""
    op = node.op.name
    if op in _XLA_CHECKS:
        checks.append(_XLA_CHECKS[op](node, *operands))
    if op in _XLA_NANS and node.dtype.is_float:
        nan = raw.Cast(x=math.nan, DstT=result.dtype)
        return _select(_XLA_NANS[op](node, *operands), nan, result)
    return result


def lowerings() -> dict[str, Lowering]:
    """All lowerings."""
    table: dict[str, Lowering] = {
        **{op: _unary(function) for op, function in _named(UNARY).items()},
        **{op: _binary(function) for op, function in _named(BINARY).items()},
        **{op: _reduction(function) for op, function in _named(REDUCTIONS).items()},
        "abs": absolute,
        "add": add,
        "arange": arange,
        "argmax": _arg_reduction(raw.ArgMax),
        "argmin": _arg_reduction(raw.ArgMin),
        "broadcast_to": broadcast_to,
        "cast": cast,
        "ceil": _rounding(raw.Ceil),
        "concatenate": concatenate,
        "ctc_beam_search": ctc_beam_search,
        "cumprod": _cumulative(raw.Cumprod),
        "cumsum": _cumulative(raw.Cumsum),
        "draw": draw,
        "erf": erf,
        "expand_dims": expand_dims,
        "floor": _rounding(raw.Floor),
        "floor_divide": _dividing(raw.FloorDiv, _float_floor_divide),
        "left_shift": _shifting(raw.LeftShift, keeps_sign=False),
        "label_crossentropy": label_crossentropy,
        "label_crossentropy_grad": label_crossentropy_grad,
        "log_softmax": log_softmax,
        "logical_xor": _binary(raw.NotEqual),
        "matmul": matmul,
        "mod": _dividing(raw.FloorMod, _float_mod),
        "nonzero": nonzero,
        "pad": pad,
        "print_tensor": print_tensor,
        "relu": relu,
        "relu_grad": lambda node, g, x: raw.ReluGrad(gradients=g, features=x),
        "reshape": reshape,
        "right_shift": _shifting(raw.RightShift, keeps_sign=True),
        "round": _rounding(raw.Round),
        "scan_result": lambda node, results: results[node.attrs["index"]],
        "scatter_add": scatter_add,
        "shape": shape,
        "sign": sign,
        "slice": slice_,
        "softmax": softmax,
        "softplus": softplus,
        "sparse_dot": sparse_dot,
        "sparse_to_dense": sparse_to_dense,
        "squeeze": squeeze,
        "stack": stack,
        "stop_gradient": stop_gradient,
        "sum": sum_,
        "take": take,
        "transpose": transpose,
        "unbroadcast": unbroadcast,
        "unslice": unslice,
        "where": where,
    }
    return {op: _widened(lower, WIDEN[op]) if op in WIDEN else lower for op, lower in table.items()}
