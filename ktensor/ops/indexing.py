"""Indexing: `x[...]` as NumPy has it, `gather`, `reverse`, and the primitives that they and their gradients need.

Constant positions outside a known size raise `TensorIndexError` when the expression is built; others raise
`EngineError` when it is evaluated. Indices are integers (a float is a `DTypeError`) or boolean masks.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, Union

import numpy as np

from .. import dims, dtypes
from .. import shape as rules
from ..dims import Dim, Poly, Shape
from ..dtypes import DType
from ..errors import ArgumentError, DTypeError, ShapeError, TensorIndexError
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
    same_dtype,
    wrap,
)
from ..shape import Axis, IndexItem, normalize_axes, normalize_axis
from . import shaping
from .elementwise import where
from .shaping import Sizes

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["Index", "gather", "getitem", "nonzero", "reverse", "slice_sizes"]

IndexPart: TypeAlias = "Union[int, slice, None, EllipsisType, TensorLike]"
Index: TypeAlias = Union[IndexPart, tuple[IndexPart, ...]]

_FULL: Final[IndexItem] = (None, None, 1)


# The primitives.


def _slice_rule(
    x: Shape, *bounds: Shape, items: tuple[IndexItem, ...], known: tuple[IndexItem, ...] | None = None
) -> Shape:
    return rules.index(x, known or items)


def _slice_value(node: Node, a: Shape, *bounds: Shape | None) -> Shape | None:
    (start, stop, step), *_ = node.attrs["items"]
    if isinstance(start, str) or isinstance(stop, str):
        return None
    return a[slice(start, stop, step)]


def _slice_grad(
    g: Tensor, y: Tensor, x: Tensor, *bounds: Tensor, **items: tuple[IndexItem, ...]
) -> tuple[Tensor | None, ...]:
    like = shaping.same_shaped(node_of(x))
    return (build("unslice", node_of(g), like, *map(node_of, bounds), **items), *(None for _ in bounds))


@primitive(shape=_slice_rule, dtype=same_dtype, value=_slice_value, grad=_slice_grad)
def slice_(x: Tensor, items: tuple[IndexItem, ...], bounds: Sequence[Node] = ()) -> Tensor:
    """x[start:stop:step] along every axis. Each bound that is "?" or a size is given by the next of `bounds`."""
    if not bounds:
        return build("slice", node_of(x), items=items)
    open_items = tuple(tuple("?" if isinstance(part, Poly) else part for part in item) for item in items)
    return build("slice", node_of(x), *bounds, items=open_items, known=items)


def _like_rule(g: Shape, x: Shape, *others: Shape, **attrs: object) -> Shape:
    return x


def _unslice_grad(
    h: Tensor, y: Tensor, g: Tensor, x: Tensor, *bounds: Tensor, **items: tuple[IndexItem, ...]
) -> tuple[Tensor | None, ...]:
    return (build("slice", *map(node_of, (h, *bounds)), **items), None, *(None for _ in bounds))


@primitive(shape=_like_rule, dtype=same_dtype, grad=_unslice_grad)
def unslice(g: Tensor, x: Tensor, items: tuple[IndexItem, ...]) -> Tensor:
    """Zeros of x's shape with g stored where `slice` took it from: the gradient of `slice`."""
    return build("unslice", node_of(g), node_of(x), items=items)


def _take_rule(x: Shape, *indices: Shape, axis: int) -> Shape:
    return rules.take(x, indices[0], axis, len(indices))


def _take_grad(g: Tensor, y: Tensor, x: Tensor, *indices: Tensor, axis: int) -> tuple[Tensor | None, ...]:
    like = shaping.same_shaped(node_of(x))
    return (build("scatter_add", node_of(g), like, *map(node_of, indices), axis=axis), *(None for _ in indices))


@primitive(shape=_take_rule, dtype=same_dtype, grad=_take_grad)
def take(x: Tensor, indices: Sequence[Tensor], axis: int) -> Tensor:
    """Elements looked up at `axis`, `axis + 1`, ... by integer tensors of one shape, which takes those axes' place."""
    return build("take", node_of(x), *[node_of(i) for i in indices], axis=axis)


def _scatter_grad(h: Tensor, y: Tensor, g: Tensor, x: Tensor, *indices: Tensor, axis: int) -> tuple[Tensor | None, ...]:
    return (take(h, indices, axis), None, *(None for _ in indices))


@primitive(shape=_like_rule, dtype=same_dtype, grad=_scatter_grad)
def scatter_add(g: Tensor, x: Tensor, indices: Sequence[Tensor], axis: int) -> Tensor:
    """Zeros of x's shape with g added where `take` took it from: the gradient of `take`."""
    return build("scatter_add", node_of(g), node_of(x), *[node_of(i) for i in indices], axis=axis)


def _int64(dtype: type[DType]) -> type[DType]:
    return dtypes.int64


@primitive(shape=lambda x: (None, len(x)), dtype=_int64, grad=NotDifferentiable("its result is positions"))
def nonzero(x: TensorLike) -> Tensor:
    """The positions of the elements that are not 0, as int64 of shape (how many, rank of x), in row-major order."""
    return build("nonzero", cast_node(as_node("nonzero", "x", x), dtypes.bool_))


# Looking up.


def _index_node(op_name: str, argument: str, value: TensorLike) -> Node:
    node = as_node(op_name, argument, value)
    if not node.dtype.is_integer:
        raise DTypeError(f"{op_name}: {argument} must be integers, not {node.dtype}; cast them if that is meant")
    return node


def gather(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """x[indices] along `axis`: indices of shape `s` give `x.shape[:axis] + s + x.shape[axis + 1:]`.

    Raises:
        DTypeError: the indices are not integers.
        EngineError: when it is evaluated, if an index is negative or too large (as in TensorFlow).
    """
    tensor = wrap(as_node("gather", "x", x))
    axis = normalize_axis("gather", axis, tensor.ndim)
    index = _index_node("gather", "indices", indices)
    return take(tensor, [wrap(index)], axis)


def reverse(x: TensorLike, axes: Axis) -> Tensor:
    """x with the elements along `axes` in reverse order."""
    tensor = wrap(as_node("reverse", "x", x))
    turned = normalize_axes("reverse", axes, tensor.ndim)
    if not turned:
        return tensor
    return slice_(tensor, tuple((None, None, -1) if i in turned else _FULL for i in range(tensor.ndim)))


def slice_sizes(x: TensorLike, start: Sizes, size: Sizes) -> Tensor:
    """x[start[0]:start[0] + size[0], ...]: from `start`, `size` elements along each axis; of -1 all that are left.

    Args:
        start, size: one number for each axis: ints or scalar tensors, or an integer vector.

    Raises:
        ShapeError: there is not one start and one size for each axis, or they reach beyond the end.
        EngineError: the same, when it is evaluated. Source: TensorFlow's `tf.slice`, as `K.slice` calls it.
    """
    tensor = wrap(as_node("slice", "x", x))
    starts, sizes = shaping.size_list("slice", start), shaping.size_list("slice", size)
    shape = node_of(tensor).shape
    if not len(starts) == len(sizes) == len(shape):
        raise ShapeError(
            f"slice: {len(starts)} starts and {len(sizes)} sizes for x {dims.show(shape)} of rank {len(shape)}"
        )
    known = list(zip(shaping.static_sizes(starts), shaping.static_sizes(sizes)))
    for axis, (whole, (first, number)) in enumerate(zip(shape, known)):
        _check_slice(shape, axis, whole, first, number)
    items: list[Any] = []
    for axis, (first, number) in enumerate(zip(starts, sizes)):
        items.append(slice(first, _slice_end(tensor, axis, first, number)))
    found = getitem(tensor, tuple(items)) if items else tensor
    # A slice may end early, and then has fewer elements than it should: reshaping notices.
    open_ = [i for i, (_, number) in enumerate(known) if number == -1 or number is None]
    if all(i in open_ or size == known[i][1] for i, size in enumerate(node_of(found).shape)):
        return found
    certain = [shaping.dim(found, i) if i in open_ else s for i, s in enumerate(sizes)]
    return shaping.sized("reshape", node_of(found), certain)


def _check_slice(shape: Shape, axis: int, whole: Dim, first: Dim, number: Dim) -> None:
    """Raises ShapeError if the slice is known to reach beyond the axis."""
    least = max(number, 0) if isinstance(number, int) else 0
    if isinstance(first, int) and (
        first < 0 or (isinstance(number, int) and number < -1) or (isinstance(whole, int) and first + least > whole)
    ):
        raise ShapeError(
            f"slice: {dims.show_dim(number)} elements from {first} on are not within axis {axis} of {dims.show(shape)}"
        )


def _slice_end(x: Tensor, axis: int, first: Any, number: Any) -> Any:
    if isinstance(number, int):
        return None if number == -1 else first + number
    if isinstance(number, Poly):
        return first + number
    return where(number < 0, shaping.dim(x, axis), first + number)


class _Entry(NamedTuple):
    """What one part of a key does: "new" axis, "keep" or "drop" an axis, or look it up in `array`."""

    kind: str
    axis: int = -1
    array: Tensor | None = None


def getitem(x: Tensor, key: Index) -> Tensor:
    """`x[key]`: ints, slices (any steps, tensors for bounds), None, `...`, integer and boolean arrays.

    Raises:
        TensorIndexError: too many indices, or a constant one outside the axis.
        DTypeError: a float index.
    """
    given = key if isinstance(key, tuple) else (key,)
    if len(given) <= x.ndim and _PLAIN.issuperset(map(type, given)):
        return _plain(x, given)
    parts = _expand(x, given)
    items: list[IndexItem] = []
    bounds: list[Node] = []
    entries: list[_Entry] = []
    advanced = any(isinstance(p, Node) and not _is_position(p) for p in parts)
    for part in parts:
        _read_part(x, part, advanced, items, bounds, entries)
    items += [_FULL] * (x.ndim - len(items))
    sliced = x if all(i == _FULL for i in items) else slice_(x, tuple(items), bounds)
    return _look_up(sliced, entries) if advanced else _arrange(sliced, entries)


def _is_position(index: Node) -> bool:
    """True of a scalar that is known now."""
    return not index.shape and index.value is not None and isinstance(index.value[0], int)


_PLAIN: Final = frozenset((int, slice))


def _plain(x: Tensor, parts: tuple[Any, ...]) -> Tensor:
    """Ints and slices alone, which most keys are: no new axes, nothing to look up."""
    shape = node_of(x).shape
    items: list[IndexItem] = []
    bounds: list[Node] = []
    dropped: list[int] = []
    for axis, part in enumerate(parts):
        if isinstance(part, slice):
            items.append(_slice_item(part, bounds))
        else:
            items.append(_int_item(shape, part, axis))
            dropped.append(axis)
    items += [_FULL] * (len(shape) - len(items))
    sliced = x if items.count(_FULL) == len(items) else slice_(x, tuple(items), bounds)
    return build("squeeze", node_of(sliced), axes=tuple(dropped)) if dropped else sliced


def _int_item(shape: Shape, position: int, axis: int) -> IndexItem:
    rules.check_index(shape, position, axis)
    return (position, position + 1 if position != -1 else None, 1)


def _expand(x: Tensor, key: tuple[Any, ...]) -> list[Any]:
    """The parts of the key with arrays as nodes and `...` written out."""
    parts: list[Any] = []
    for part in key:
        if part is None or part is Ellipsis or isinstance(part, slice):
            parts.append(part)
        elif isinstance(part, (bool, np.bool_)):
            raise ArgumentError(f"index: {part} is no index; use a boolean array of the tensor's shape as a mask")
        elif isinstance(part, float):
            raise DTypeError(f"index: {part!r} is a float, not an integer")
        elif hasattr(part, "__index__") and not isinstance(part, (Expr, Poly, np.ndarray)):
            parts.append(operator.index(part))
        else:
            parts.append(as_node("index", "the index", part))
    used = sum(_axes_used(p) for p in parts)
    if used > x.ndim:
        raise TensorIndexError(f"index: {used} indices for {dims.show(node_of(x).shape)} of rank {x.ndim}")
    places = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(places) > 1:
        raise TensorIndexError("index: only one '...' is allowed")
    fill = [slice(None)] * (x.ndim - used)
    return parts[: places[0]] + fill + parts[places[0] + 1 :] if places else parts + fill


def _axes_used(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return len(part.shape) if isinstance(part, Node) and part.dtype is dtypes.bool_ else 1


def _read_part(
    x: Tensor, part: Any, advanced: bool, items: list[IndexItem], bounds: list[Node], entries: list[_Entry]
) -> None:
    axis = len(items)
    if part is None:
        entries.append(_Entry("new"))
    elif isinstance(part, slice):
        items.append(_slice_item(part, bounds))
        entries.append(_Entry("keep", axis))
    elif isinstance(part, Node) and part.dtype is dtypes.bool_:
        entries.extend(_mask_entries(x, part, axis))
        items.extend([_FULL] * len(part.shape))
    elif isinstance(part, int) or not advanced:
        position = part if isinstance(part, int) else _known_position(part)
        item = _int_item(node_of(x).shape, position, axis)
        if advanced:
            items.append(_FULL)
            entries.append(
                _Entry("look up", axis, wrap(_position_node(x, constant_node(position, dtypes.int64), axis)))
            )
        else:
            items.append(item)
            entries.append(_Entry("drop", axis))
    else:
        node = _index_node("index", "the index", wrap(part))
        items.append(_FULL)
        entries.append(_Entry("look up", axis, wrap(_position_node(x, node, axis))))


def _known_position(node: Node) -> int:
    if not node.dtype.is_integer:
        raise DTypeError(f"index: the index must be integers, not {node.dtype}; cast them if that is meant")
    position = node.value[0] if node.value else None
    assert isinstance(position, int)
    return position


_KNOWN_BOUNDS: Final = (int, type(None))


def _slice_item(part: slice, bounds: list[Node]) -> IndexItem:
    if part.step is None and type(part.start) in _KNOWN_BOUNDS and type(part.stop) in _KNOWN_BOUNDS:
        return part.start, part.stop, 1

    def bound(value: Any, what: str) -> int | Poly | None | str:
        if value is None:
            return None
        if isinstance(value, (Expr, Poly)):
            node = _index_node("index", f"the slice's {what}", value)  # type: ignore[arg-type]  # sparse is refused
            known = node.value[0] if node.value else None
            if node.shape:
                raise TensorIndexError(
                    f"index: the slice's {what} must be a scalar, not of shape {dims.show(node.shape)}"
                )
            if isinstance(known, int):
                return known
            bounds.append(cast_node(node, dtypes.int64))
            return known if isinstance(known, Poly) else "?"
        if isinstance(value, float) or not hasattr(value, "__index__"):
            raise DTypeError(f"index: the slice's {what} {value!r} is not an integer")
        return operator.index(value)

    start, stop, step = bound(part.start, "start"), bound(part.stop, "stop"), bound(part.step, "step")
    if isinstance(step, (str, Poly)):
        raise ArgumentError("index: the slice's step must be known when the expression is built")
    if step == 0:
        raise TensorIndexError("index: the slice's step is 0")
    return start, stop, 1 if step is None else step


def _mask_entries(x: Tensor, mask: Node, axis: int) -> list[_Entry]:
    covered = node_of(x).shape[axis : axis + len(mask.shape)]
    if not mask.shape:
        raise ArgumentError("index: a boolean scalar is no index; use a boolean array of the tensor's shape as a mask")
    if not all(map(dims.same, covered, mask.shape)):
        raise TensorIndexError(
            f"index: the mask of shape {dims.show(mask.shape)} does not fit the axes from {axis} on "
            f"of {dims.show(node_of(x).shape)}"
        )
    found = nonzero(wrap(mask))
    return [_Entry("look up", axis + i, found[:, i]) for i in range(len(mask.shape))]


def _position_node(x: Tensor, node: Node, axis: int) -> Node:
    """Positions counted from the front, checked where they are known."""
    size = node_of(x).shape[axis]
    if isinstance(size, int) and node.op.name == "constant":
        value = np.asarray(node.attrs["value"])
        for outside in value[(value < -size) | (value >= size)].reshape(-1)[:1]:
            rules.check_index(node_of(x).shape, int(outside), axis)
        return constant_node(np.where(value < 0, value + size, value), node.dtype)
    if node.dtype.kind == "u":
        return node
    positions = wrap(cast_node(node, dtypes.int64))
    return node_of(where(positions < 0, positions + shaping.dim(x, axis), positions))


def _arrange(x: Tensor, entries: list[_Entry]) -> Tensor:
    """Drops and adds axes as the key says."""
    result = shaping.squeeze(x, tuple(e.axis for e in entries if e.kind == "drop"))
    position = 0
    for entry in entries:
        if entry.kind == "new":
            result = shaping.expand_dims(result, position)
        position += entry.kind != "drop"
    return result


def _look_up(x: Tensor, entries: list[_Entry]) -> Tensor:
    """Advanced indexing: arrays stand where the first one stood, or in front if anything is between them."""
    arrays = _broadcast_arrays([e.array for e in entries if e.array is not None])
    places = [i for i, e in enumerate(entries) if e.kind == "look up"]
    together = places[-1] - places[0] + 1 == len(places)
    before = entries[: places[0]] if together else []
    after = [e for e in entries[len(before) :] if e.kind != "look up"]
    looked_up = [entries[i].axis for i in places]
    kept_before = [e.axis for e in before if e.kind == "keep"]
    order = [*kept_before, *looked_up, *(e.axis for e in after if e.kind == "keep")]
    result = take(shaping.transpose(x, order), arrays, len(kept_before))
    rank = arrays[0].ndim
    layout = [*before, *([_Entry("keep")] * rank), *after]
    for position, entry in enumerate(layout):
        if entry.kind == "new":
            result = shaping.expand_dims(result, position)
    return result


def _broadcast_arrays(arrays: list[Tensor]) -> list[Tensor]:
    shapes = {node_of(a).shape for a in arrays}
    if len(shapes) == 1 and not any(d is None for d in next(iter(shapes))):
        return arrays
    if len(arrays) == 1 or all(a.ndim == 1 and _from_one_mask(a, arrays[0]) for a in arrays):
        return arrays
    target: Dim | Shape = rules.broadcast("index", *[node_of(a).shape for a in arrays])
    if isinstance(target, tuple) and all(isinstance(d, int) for d in target):
        return [shaping.broadcast_to(a, target) for a in arrays]  # type: ignore[arg-type]  # all ints, as just checked
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return [shaping.broadcast_like(a, total) for a in arrays]


def _from_one_mask(a: Tensor, b: Tensor) -> bool:
    """True of two columns of one `nonzero`: they are as long as each other, though nobody knows how long."""

    def source(t: Tensor) -> Node:
        node = node_of(t)
        while node.op.name in ("squeeze", "slice"):
            node = node.inputs[0]
        return node

    return source(a) is source(b) and source(a).op.name == "nonzero"
