"""Ops that rearrange elements: reshape, transpose, join, split, repeat, pad.

Sizes may be ints, scalar integer tensors (`K.shape(x)[1]`) or one integer vector (`K.shape(x)`); sizes that are known
when the expression is built are part of the static shape. Wrong sizes raise `ShapeError`, wrong axes `AxisError`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np

from .. import dims, dtypes
from .. import shape as rules
from ..dims import Dim, Poly, Shape
from ..dtypes import DType, promote
from ..errors import ArgumentError, AxisError, DTypeError, ShapeError
from ..graph import (
    Expr,
    Node,
    NotDifferentiable,
    TensorLike,
    as_node,
    build,
    cast_node,
    constant_node,
    node_of,
    primitive,
    rebuild,
    same_dtype,
    wrap,
)
from ..shape import normalize_axes, normalize_axis

if TYPE_CHECKING:
    from ..sizes import Dim as AnySize
    from ..tensor import Tensor

__all__ = [
    "Size",
    "Sizes",
    "batch_flatten",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flatten",
    "pad",
    "repeat",
    "repeat_elements",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "tile",
    "transpose",
]

#: An int, a size that is not known yet, an integer scalar tensor; in annotations, a TypeVar bound by `kt.Dim`.
Size: TypeAlias = "Union[int, Poly, Tensor, AnySize]"
Sizes: TypeAlias = "Union[Size, Sequence[Size]]"


# Sizes, known and not.


def size_list(op_name: str, sizes: Sizes) -> list[Any]:
    """The sizes as a list of ints, polynomials and scalar tensors."""
    if isinstance(sizes, Expr):
        node = node_of(sizes)
        if not node.dtype.is_integer:
            raise DTypeError(f"{op_name}: sizes must be integers, not {node.dtype}")
        if not node.shape:
            return [sizes]
        if len(node.shape) != 1 or not isinstance(node.shape[0], int):
            raise ShapeError(f"{op_name}: sizes must be a vector of known length, not of shape {dims.show(node.shape)}")
        known = node.value or (None,) * node.shape[0]
        return [sizes[i] if d is None or isinstance(d, Poly) else d for i, d in enumerate(known)]
    several: object = sizes
    if isinstance(several, np.ndarray):
        several = several.tolist()
    return [_size(op_name, s) for s in several] if isinstance(several, (list, tuple)) else [_size(op_name, several)]


def _size(op_name: str, size: object) -> Any:
    if isinstance(size, Expr):
        if node_of(size).shape:
            raise ShapeError(f"{op_name}: a size must be a scalar, not of shape {dims.show(node_of(size).shape)}")
        return size_list(op_name, size)[0]  # type: ignore[arg-type]  # mypy: a sparse Expr; it has no scalars
    if isinstance(size, Poly):
        return size
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        unknown = "; a size of None is not known yet: use -1, or K.shape(x)[axis]" if size is None else ""
        raise ArgumentError(f"{op_name}: size {size!r} is not an integer{unknown}")
    return operator.index(size)


def static_sizes(sizes: Sequence[Any]) -> Shape:
    """What is known of each size when the expression is built."""
    return tuple((node_of(s).value or (None,))[0] if isinstance(s, Expr) else s for s in sizes)


def nonnegative_sizes(op_name: str, sizes: Sequence[Any]) -> Shape:
    """The same, of the sizes of something new. Raises ShapeError for one that is negative."""
    static = static_sizes(sizes)
    if any(isinstance(d, int) and d < 0 for d in static):
        raise ShapeError(f"{op_name}: negative size in {dims.show(static)}")
    return static


def sized(op_name: str, node: Node, sizes: Sequence[Any]) -> Tensor:
    """Applies reshape or broadcast_to: sizes that are not all ints are handed to the engine as a vector."""
    static = static_sizes(sizes)
    if all(isinstance(d, int) for d in static):
        return build(op_name, node, shape=static)
    if -1 in static and op_name == "reshape":
        sizes = _without_hole(node.shape, sizes, static)
        static = static_sizes(sizes)
    if op_name == "reshape" and (left := _left_over(node.shape, static)) is not None:
        return build(op_name, node, shape=tuple(-1 if i == left else d for i, d in enumerate(static)))
    return build(op_name, node, size_vector(op_name, sizes), shape=static)


def size_vector(op_name: str, sizes: Sequence[Any]) -> Node:
    """The sizes as an int64 vector."""
    parts = [cast_node(as_node(op_name, "size", s), dtypes.int64) for s in sizes]
    return node_of(build("stack", *parts, axis=0))


def _without_hole(shape: Shape, sizes: Sequence[Any], static: Shape) -> list[Any]:
    """The sizes, -1 as the int it stands for if that is known: of nothing, engines could not tell."""
    filled = rules.reshape(shape, static)
    return [found if d == -1 and isinstance(found, int) else s for s, d, found in zip(sizes, static, filled)]


def _left_over(shape: Shape, target: Shape) -> int | None:
    """Which size follows from the others in a reshape that is known to fit."""
    unknown = [i for i, d in enumerate(target) if not isinstance(d, int)]
    if len(unknown) > 1 or 0 in target or -1 in target or target[unknown[0]] is None:
        return None
    return unknown[0] if dims.product(shape) == dims.product(target) else None


def dim(x: Tensor, axis: int) -> Any:
    """The size of an axis: an int if it is known, else a scalar tensor."""
    size = node_of(x).shape[axis]
    return size if isinstance(size, int) else shape(x)[axis]


def count(x: Tensor, axes: Sequence[int], dtype: type[DType]) -> Any:
    """How many elements the axes span: a Python number, or a scalar tensor of `dtype`."""
    total = dims.product(node_of(x).shape[a] for a in axes)
    if isinstance(total, int):
        return float(total) if dtype.is_float else total
    if len(axes) == 1 and dtype is dtypes.int32:
        return dim(x, axes[0])
    factors = [dim(x, a) for a in axes]
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return wrap(cast_node(node_of(product), dtype))


def _known_shape(node: Node, *values: object) -> Shape:
    return node.inputs[0].shape


def _int32(dtype: type[DType], **attrs: object) -> type[DType]:
    return dtypes.int32


@primitive(
    shape=lambda x: (len(x),),
    dtype=_int32,
    value=_known_shape,
    partial_values=True,
    grad=NotDifferentiable("a shape does not depend on the elements"),
)
def shape(x: TensorLike) -> Tensor:
    """The shape as an int32 vector, known when it is fed; what is known before is part of static shapes."""
    return build("shape", as_node("shape", "x", x))


# Reshape and transpose.


def _same_value(node: Node, a: Shape, *others: object) -> Shape:
    return a


def reshape_to(x: Tensor, sizes: Sequence[Any]) -> Tensor:
    """x in a shape that is known to fit: a single size that only a tensor knows is left to -1."""
    unknown = [i for i, s in enumerate(sizes) if not isinstance(s, int)]
    if len(unknown) == 1 and not any(isinstance(s, int) and s == 0 for s in sizes):
        return build("reshape", node_of(x), shape=tuple(-1 if i in unknown else s for i, s in enumerate(sizes)))
    return sized("reshape", node_of(x), sizes)


def reshape_like(g: Tensor, x: Tensor) -> Tensor:
    """g in x's shape."""
    return reshape_to(g, [dim(x, i) for i in range(x.ndim)])


def regroup(x: Tensor, groups: Sequence[int]) -> Tensor:
    """x with that many neighbouring axes at a time made one; of no axes, a new axis of size 1."""
    if all(n == 1 for n in groups):
        return x
    sizes, start = [], 0
    for number in groups:
        sizes.append(count(x, range(start, start + number), dtypes.int32) if number else 1)
        start += number
    return reshape_to(x, sizes)


def _resized_grad(g: Tensor, y: Tensor, x: Tensor, *sizes: Tensor, shape: Shape) -> tuple[Tensor | None, ...]:
    return (reshape_like(g, x), *(None for _ in sizes))


def _reshape_rule(x: Shape, *sizes: Shape, shape: Shape) -> Shape:
    return rules.reshape(x, shape)


@primitive(shape=_reshape_rule, dtype=same_dtype, value=_same_value, partial_values=True, grad=_resized_grad)
def reshape(x: TensorLike, shape: Sizes, *more: Size) -> Tensor:
    """The same elements, in order, in another shape: `reshape(x, (2, -1))` or `reshape(x, 2, -1)`.

    One size may be -1: whatever is left.

    Raises:
        ShapeError: the number of elements differs, or there is more than one -1.
    """
    sizes = size_list("reshape", shape if not more else [shape, *more])  # type: ignore[list-item]  # sizes, one by one
    return sized("reshape", as_node("reshape", "x", x), sizes)


def flatten(x: TensorLike) -> Tensor:
    """All elements in one vector."""
    node = as_node("flatten", "x", x)
    total = dims.product(node.shape)
    return build("reshape", node, shape=(total if isinstance(total, int) else -1,))


def batch_flatten(x: TensorLike) -> Tensor:
    """(n, ...) as (n, all others): each sample as one vector."""
    tensor = wrap(as_node("batch_flatten", "x", x))
    if not tensor.ndim:
        raise ShapeError("batch_flatten: a scalar has no batch axis")
    rest = dims.product(node_of(tensor).shape[1:])
    if isinstance(rest, int) and rest:
        return reshape(tensor, (-1, rest))
    return reshape(tensor, (dim(tensor, 0), count(tensor, range(1, tensor.ndim), dtypes.int32)))


def _transpose_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...]) -> tuple[Tensor]:
    return (transpose(g, tuple(axes.index(i) for i in range(len(axes)))),)


def _transpose_rule(x: Shape, *, axes: tuple[int, ...]) -> Shape:
    return rules.transpose(x, axes)


@primitive(shape=_transpose_rule, dtype=same_dtype, value=_same_value, partial_values=True, grad=_transpose_grad)
def transpose(x: TensorLike, axes: int | Sequence[int] | None = None, *more: int) -> Tensor:
    """The axes in another order, by default reversed: `transpose(x, (0, 2, 1))` or `transpose(x, 0, 2, 1)`.

    Raises:
        AxisError: `axes` is not a permutation of all axes of x.
    """
    node = as_node("transpose", "x", x)
    rank = len(node.shape)
    if axes is None:
        order = tuple(reversed(range(rank)))
    else:
        named = [axes, *more] if isinstance(axes, int) else list(axes)
        if len(named) != rank:
            raise AxisError(f"transpose: {len(named)} axes {tuple(named)} for {dims.show(node.shape)} of rank {rank}")
        order = tuple(normalize_axis("transpose", a, rank) for a in named)
        normalize_axes("transpose", order, rank)
    return wrap(node) if order == tuple(range(rank)) else build("transpose", node, axes=order)


def swap_axes(x: Tensor, first: int, second: int) -> Tensor:
    """x with two axes exchanged."""
    order = list(range(x.ndim))
    order[first], order[second] = order[second], order[first]
    return transpose(x, order)


def _expand_grad(g: Tensor, y: Tensor, x: Tensor, *, axis: int) -> tuple[Tensor]:
    return (squeeze(g, axis),)


def _expand_rule(x: Shape, *, axis: int) -> Shape:
    return rules.expand_dims(x, axis)


@primitive(shape=_expand_rule, dtype=same_dtype, value=_same_value, partial_values=True, grad=_expand_grad)
def expand_dims(x: TensorLike, axis: int = -1) -> Tensor:
    """A new axis of size 1 at `axis` of the result."""
    node = as_node("expand_dims", "x", x)
    return build("expand_dims", node, axis=normalize_axis("expand_dims", axis, len(node.shape) + 1))


def _squeeze_grad(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...]) -> tuple[Tensor]:
    for axis in axes:
        g = expand_dims(g, axis)
    return (g,)


def _squeeze_rule(x: Shape, *, axes: tuple[int, ...]) -> Shape:
    return rules.squeeze(x, axes)


@primitive(shape=_squeeze_rule, dtype=same_dtype, value=_same_value, partial_values=True, grad=_squeeze_grad)
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """x without axes of size 1: those named, or all that are known to be 1.

    Raises:
        ShapeError: an axis named has another size.
    """
    node = as_node("squeeze", "x", x)
    if axis is None:
        axes = tuple(i for i, d in enumerate(node.shape) if d == 1)
    else:
        axes = normalize_axes("squeeze", axis, len(node.shape))
    return build("squeeze", node, axes=axes) if axes else wrap(node)


# Where only a shape matters.


def same_shaped(node: Node) -> Node:
    """A node of the same shape that takes less to compute, or the node itself."""
    while (source := next((n for n in node.inputs if dims.equal(n.shape, node.shape)), None)) is not None:
        if source.op.name == "scan" or source.attrs.get("sparse"):  # engines have something else than an array there
            break
        node = source
    if node.op.name == "slice" and len(node.inputs) == 1:
        source = same_shaped(node.inputs[0])
        return node if source is node.inputs[0] else rebuild(node, (source,))
    return node


# Stretching, and its gradient.


def _broadcast_grad(g: Tensor, y: Tensor, x: Tensor, *sizes: Tensor, shape: Shape) -> tuple[Tensor | None, ...]:
    return (unbroadcast(g, x), *(None for _ in sizes))


def _broadcast_rule(x: Shape, *sizes: Shape, shape: Shape) -> Shape:
    return rules.broadcast_to(x, shape)


@primitive(shape=_broadcast_rule, dtype=same_dtype, grad=_broadcast_grad)
def broadcast_to(x: TensorLike, shape: Sizes) -> Tensor:
    """x stretched to `shape` by NumPy's rules.

    Raises:
        ShapeError: x does not stretch to it.
    """
    sizes = size_list("broadcast_to", shape)
    negative = [s for s in sizes if isinstance(s, int) and s < 0]
    if negative:
        raise ShapeError(f"broadcast_to: negative size {negative[0]}")
    return sized("broadcast_to", as_node("broadcast_to", "x", x), sizes)


def broadcast_like(g: Tensor, x: Tensor) -> Tensor:
    """g stretched to x's shape."""
    if dims.equal(node_of(g).shape, node_of(x).shape):
        return g
    return sized("broadcast_to", node_of(g), [dim(x, i) for i in range(x.ndim)])


def _unbroadcast_rule(g: Shape, x: Shape) -> Shape:
    return x


@primitive(
    shape=_unbroadcast_rule,
    dtype=same_dtype,
    grad=lambda h, y, g, x: (broadcast_like(h, g), None),
)
def unbroadcast(g: Tensor, x: Tensor) -> Tensor:
    """g summed over the axes along which x was stretched to g's shape: the gradient of broadcasting."""
    stretched, original = node_of(g).shape, node_of(x).shape
    if dims.equal(stretched, original):
        return g
    front = len(stretched) - len(original)
    pairs = list(zip(stretched[front:], original))
    if any((a is None or a != b) and (dims.is_open(b) or (dims.is_open(a) and b != 1)) for a, b in pairs):
        return build("unbroadcast", node_of(g), same_shaped(node_of(x)))
    axes = tuple(i + front for i, (a, b) in enumerate(pairs) if b == 1 and a != 1)
    summed = build("sum", node_of(g), axes=axes, keepdims=True) if axes else g
    return build("sum", node_of(summed), axes=tuple(range(front)), keepdims=False) if front else summed


# Joining and splitting.


def _joined(op_name: str, tensors: Sequence[TensorLike]) -> list[Node]:
    if isinstance(tensors, Expr) or not isinstance(tensors, (list, tuple)):
        raise ArgumentError(f"{op_name}: needs a list of tensors, not {type(tensors).__name__}")
    if not tensors:
        raise ArgumentError(f"{op_name}: needs at least one tensor")
    first = next((node_of(t).dtype for t in tensors if isinstance(t, Expr)), None)
    nodes = [as_node(op_name, f"tensors[{i}]", t, like=first) for i, t in enumerate(tensors)]
    dtype = promote(*[n.dtype for n in nodes])
    return [cast_node(n, dtype) for n in nodes]


def _concatenate_rule(*shapes: Shape, axis: int) -> Shape:
    return rules.concatenate("concatenate", shapes, axis)


def _concatenate_grad(g: Tensor, y: Tensor, *tensors: Tensor, axis: int) -> list[Any]:
    pieces = split(g, [dim(t, axis) for t in tensors], axis)
    return list(pieces)


def _known_joined(node: Node, *values: Shape | None) -> Shape | None:
    parts: list[Dim] = []
    for value, source in zip(values, node.inputs):
        size = source.shape[0] if source.shape else 1
        if value is None and not isinstance(size, int):
            return None
        parts += value if value is not None else [None] * size  # type: ignore[operator]  # narrowed above
    return tuple(parts)


@primitive(shape=_concatenate_rule, dtype=same_dtype, value=_known_joined, partial_values=True, grad=_concatenate_grad)
def concatenate(tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
    """The tensors one after the other along `axis`, in their common dtype.

    Raises:
        ShapeError: ranks differ, or sizes of another axis.
    """
    nodes = _joined("concatenate", tensors)
    axis = normalize_axis("concatenate", axis, len(nodes[0].shape))
    return wrap(nodes[0]) if len(nodes) == 1 else build("concatenate", *nodes, axis=axis)


def _stack_rule(*shapes: Shape, axis: int) -> Shape:
    return rules.concatenate("stack", [rules.expand_dims(s, axis) for s in shapes], axis)


def _stack(*tensors: Tensor, axis: int) -> Tensor:
    return concatenate([expand_dims(t, axis) for t in tensors], axis)


@primitive(shape=_stack_rule, dtype=same_dtype, value=_known_joined, partial_values=True, decompose=_stack)
def stack(tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """The tensors, all of one shape, along a new axis, in their common dtype.

    Raises:
        ShapeError: the shapes differ.
    """
    nodes = _joined("stack", tensors)
    return build("stack", *nodes, axis=normalize_axis("stack", axis, len(nodes[0].shape) + 1))


def split(x: TensorLike, sizes: int | Poly | Sequence[Size], axis: int = 0) -> tuple[Tensor, ...]:
    """x cut along `axis` into that many equal parts, or into parts of those sizes.

    Raises:
        ShapeError: the size of the axis is no multiple of the number, or not the sum of the sizes.
    """
    tensor = wrap(as_node("split", "x", x))
    axis = normalize_axis("split", axis, tensor.ndim)
    whole = node_of(tensor).shape[axis]
    parts: Sequence[Any]
    if isinstance(sizes, (int, Poly)):
        parts = _equal_parts(tensor, operator.index(sizes), axis)
    else:
        parts = sizes
        total: Dim = 0
        for known in static_sizes(sizes):
            total = dims.add(total, known)
        if not dims.same(total, whole):
            raise ShapeError(
                f"split: sizes {dims.show(static_sizes(sizes))} add up to {dims.show_dim(total)}, "
                f"axis {axis} of {dims.show(node_of(tensor).shape)} has {dims.show_dim(whole)}"
            )
    pieces: list[Tensor] = []
    start: Any = 0
    for size in parts:
        stop = start + size
        pieces.append(tensor[tuple([slice(None)] * axis + [slice(start, stop)])])
        start = stop
    return tuple(pieces)


def _equal_parts(x: Tensor, number: int, axis: int) -> Sequence[Any]:
    whole = node_of(x).shape[axis]
    if number < 1:
        raise ShapeError(f"split: cannot cut into {number} parts")
    if isinstance(whole, int) and whole % number:
        raise ShapeError(f"split: axis {axis} of {dims.show(node_of(x).shape)} has {whole}, not a multiple of {number}")
    size = dim(x, axis)
    return [size // number] * number


# Repeating and padding.


def _interleave(x: Tensor, counts: Sequence[Any], before: bool) -> Tensor:
    """x with each axis repeated: as a whole if `before`, else element by element."""
    spread, target, merged = x, [], []
    for axis, times in enumerate(counts):
        size = dim(x, axis)
        if isinstance(times, int) and times == 1:
            target.append(size)
        else:
            spread = expand_dims(spread, len(target) + (0 if before else 1))
            target += [times, size] if before else [size, times]
        merged.append(size * times)
    return reshape(broadcast_to(spread, target), merged)


def tile(x: TensorLike, n: Sizes) -> Tensor:
    """x repeated `n[i]` times along axis i; fewer numbers than axes are for the last ones, as in `np.tile`."""
    tensor = wrap(as_node("tile", "x", x))
    counts = size_list("tile", n)
    negative = [c for c in counts if isinstance(c, int) and c < 0]
    if negative:
        raise ShapeError(f"tile: cannot repeat {negative[0]} times")
    while tensor.ndim < len(counts):
        tensor = expand_dims(tensor, 0)
    counts = [1] * (tensor.ndim - len(counts)) + counts
    return tensor if all(isinstance(c, int) and c == 1 for c in counts) else _interleave(tensor, counts, before=True)


def repeat_elements(x: TensorLike, rep: Size, axis: int) -> Tensor:
    """Each element along `axis` repeated `rep` times, as `np.repeat` does."""
    tensor = wrap(as_node("repeat_elements", "x", x))
    axis = normalize_axis("repeat_elements", axis, tensor.ndim)
    (times,) = size_list("repeat_elements", rep)
    if isinstance(times, int) and times < 0:
        raise ShapeError(f"repeat_elements: cannot repeat {times} times")
    counts: list[Any] = [1] * tensor.ndim
    counts[axis] = times
    return _interleave(tensor, counts, before=False)


def repeat(x: TensorLike, n: Size) -> Tensor:
    """(samples, features) as (samples, n, features): each sample n times (Keras's `K.repeat`)."""
    tensor = wrap(as_node("repeat", "x", x))
    if tensor.ndim != 2:
        raise ShapeError(f"repeat: needs (samples, features), got {dims.show(node_of(tensor).shape)}")
    return tile(expand_dims(tensor, 1), [1, n, 1])


def _pad_rule(x: Shape, *, widths: tuple[tuple[int, int], ...], value: float) -> Shape:
    return rules.pad(x, widths)


def _pad_grad(g: Tensor, y: Tensor, x: Tensor, *, widths: tuple[tuple[int, int], ...], value: float) -> tuple[Tensor]:
    return (g[tuple(slice(before, -after if after else None) for before, after in widths)],)


def _pad_dtype(dtype: type[DType], **attrs: object) -> type[DType]:
    return dtype


@primitive(shape=_pad_rule, dtype=_pad_dtype, grad=_pad_grad)
def pad(x: TensorLike, widths: Any, value: float = 0) -> Tensor:
    """x with elements of `value` around it: `widths` is one number, one `(before, after)`, or a pair for each axis.

    Raises:
        ShapeError: a negative width, or another number of pairs than axes.
    """
    node = as_node("pad", "x", x)
    pairs = _width_pairs(widths, len(node.shape))
    if len(pairs) != len(node.shape):
        raise ShapeError(f"pad: {len(pairs)} pairs of widths for {dims.show(node.shape)} of rank {len(node.shape)}")
    if any(width < 0 for pair in pairs for width in pair):
        raise ShapeError(f"pad: negative width in {pairs}")
    return build("pad", node, widths=pairs, value=constant_node(value, node.dtype).attrs["value"])


def _width_pairs(widths: Any, rank: int) -> tuple[tuple[int, int], ...]:
    def number(width: Any) -> int:
        if isinstance(width, bool) or not hasattr(width, "__index__"):
            raise ArgumentError(f"pad: width {width!r} is not an integer")
        return operator.index(width)

    if not isinstance(widths, (list, tuple)):
        return ((number(widths), number(widths)),) * rank
    if len(widths) == 2 and not any(isinstance(w, (list, tuple)) for w in widths):
        return ((number(widths[0]), number(widths[1])),) * rank
    if any(not isinstance(w, (list, tuple)) or len(w) != 2 for w in widths):
        raise ArgumentError(f"pad: widths {widths!r} are neither a number nor (before, after) pairs")
    return tuple((number(before), number(after)) for before, after in widths)
