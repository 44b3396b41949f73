"""The shape rules: one pure function per kind of op, on shapes alone.

The graph calls them when an expression is built. They import neither NumPy nor an engine, so that the type
checker can call the very same functions. A size may be None (nothing known) wherever a size stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias, Union

from .dims import (
    Dim,
    Poly,
    Shape,
    add,
    anonymous,
    exact_div,
    floordiv,
    hint,
    is_open,
    merge,
    mul,
    nonnegative,
    product,
    same,
    show,
    show_dim,
    sub,
)
from .errors import ArgumentError, AxisError, ShapeError, TensorIndexError

__all__ = [
    "Axis",
    "IndexItem",
    "Window",
    "batch_dot",
    "bias_add",
    "broadcast",
    "broadcast_to",
    "channels_last",
    "check_index",
    "concatenate",
    "conv",
    "conv_transpose",
    "dot",
    "expand_dims",
    "image",
    "in_format",
    "index",
    "local_conv",
    "matmul",
    "normalize_axes",
    "normalize_axis",
    "pad",
    "per_channel",
    "pool",
    "reduce",
    "repeated",
    "reshape",
    "separable_conv",
    "slice_length",
    "squeeze",
    "take",
    "transpose",
    "transposed_length",
    "window_count",
]

Axis: TypeAlias = Union[int, Sequence[int], None]

Bound: TypeAlias = Union[int, Poly, None]
#: One entry per axis of the tensor: `(start, stop, step)`; a bound that a tensor gives at run time is "?".
IndexItem: TypeAlias = tuple[Union[Bound, str], Union[Bound, str], int]


def normalize_axis(op: str, axis: object, rank: int) -> int:
    """`axis` counted from the front. Raises AxisError if it is outside `[-rank, rank)`."""
    if type(axis) is int:  # as it nearly always is
        number = axis
    elif isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise ArgumentError(f"{op}: axis {axis!r} is not an integer")
    else:
        number = axis.__index__()
    if not -rank <= number < rank:
        allowed = f"use {-rank} to {rank - 1}" if rank else "a scalar has no axes"
        raise AxisError(f"{op}: axis {number} is out of range for a tensor of rank {rank}; {allowed}")
    return number + rank if number < 0 else number


def normalize_axes(op: str, axis: Axis, rank: int) -> tuple[int, ...]:
    """The axes named, counted from the front, sorted; all of them for None.

    A scalar may be reduced over axis 0 or -1, as in NumPy.
    """
    if axis is None:
        return tuple(range(rank))
    if isinstance(axis, (tuple, list)):
        axes = sorted(normalize_axis(op, a, rank) for a in axis)
        if len(set(axes)) != len(axes):
            raise AxisError(f"{op}: axis {tuple(axis)} names an axis twice")
        return tuple(axes)
    if rank == 0 and not isinstance(axis, bool) and axis in (0, -1):
        return ()
    return (normalize_axis(op, axis, rank),)


def _broadcast_dim(a: Dim, b: Dim) -> Dim:
    """The size where `a` meets `b`. Raises ValueError if they cannot meet."""
    if a == b:
        return a
    if a == 1:
        return b
    if b == 1:
        return a
    # What is open may be 1 and stretch; what is named may be 1 and be stretched.
    if is_open(a):
        return b if isinstance(b, int) else None
    if is_open(b):
        return a if isinstance(a, int) else None
    if same(a, b):  # by a fact
        return a
    raise ValueError


def broadcast(op: str, first: Shape, *others: Shape) -> Shape:
    """The shape that all shapes stretch to, by NumPy's rules."""
    result = first
    for other in others:
        if other == result:
            continue
        result = _broadcast_pair(op, result, other, (first, *others))
    return result


def _broadcast_pair(op: str, x: Shape, y: Shape, operands: tuple[Shape, ...]) -> Shape:
    rank = max(len(x), len(y))
    padded_x, padded_y = (1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y
    sizes: list[Dim] = []
    for position, (a, b) in enumerate(zip(padded_x, padded_y)):
        try:
            sizes.append(_broadcast_dim(a, b))
        except ValueError:
            raise ShapeError(
                f"{op}: shapes {' and '.join(map(show, operands))} do not broadcast: "
                f"{show_dim(a)} and {show_dim(b)} differ at axis {position - rank}; "
                f"sizes must be equal, or one of them 1{hint(a, b)}"
            ) from None
    return tuple(sizes)


def broadcast_to(shape: Shape, target: Shape) -> Shape:
    """`target`, if a tensor of `shape` stretches to it."""
    if len(shape) <= len(target):
        kept = target[len(target) - len(shape) :]
        if all(a == 1 or same(a, b) for a, b in zip(shape, kept)):
            front = target[: len(target) - len(shape)]
            return front + tuple(a if is_open(b) and isinstance(a, int) and a != 1 else b for a, b in zip(shape, kept))
    raise ShapeError(f"broadcast_to: a tensor of shape {show(shape)} does not stretch to {show(target)}")


def reduce(op: str, shape: Shape, axes: tuple[int, ...], keepdims: bool, *, needs_elements: bool = False) -> Shape:
    """The shape that is left of `shape` when `axes` (normalized) are reduced."""
    if needs_elements and any(shape[a] == 0 for a in axes):
        raise ShapeError(f"{op}: nothing to choose from: {show(shape)} has size 0 along axis {axes}")
    if keepdims:
        return tuple(1 if i in axes else d for i, d in enumerate(shape))
    if len(axes) == 1:
        return shape[: axes[0]] + shape[axes[0] + 1 :]
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def _inner(op: str, x: Shape, y: Shape, a: Dim, b: Dim) -> None:
    if not same(a, b):
        raise ShapeError(
            f"{op}: {show(x)} . {show(y)}: inner dimensions {show_dim(a)} and {show_dim(b)} differ; "
            "the last axis of the left must be as long as the "
            + ("axis of the right" if len(y) == 1 else "second-to-last axis of the right")
            + hint(a, b)
        )


def dot(x: Shape, y: Shape) -> Shape:
    """`(..., k) . (..., k, n)`: every row of the left with every column of the right, as `np.dot`."""
    if not x or not y:
        return x or y
    _inner("dot", x, y, x[-1], y[0] if len(y) == 1 else y[-2])
    return x[:-1] + (() if len(y) == 1 else y[:-2] + y[-1:])


def matmul(x: Shape, y: Shape) -> Shape:
    """`(..., m, k) @ (..., k, n)` with broadcast batches, as `np.matmul`."""
    if not x or not y:
        raise ShapeError(f"matmul: {show(x)} @ {show(y)}: a scalar has no rows; use * instead")
    _inner("matmul", x, y, x[-1], y[0] if len(y) == 1 else y[-2])
    if len(x) == len(y) == 2:
        return (x[0], y[1])
    batch = broadcast("matmul", x[:-2], y[:-2])
    rows = x[-2:-1] if len(x) > 1 else ()
    columns = y[-1:] if len(y) > 1 else ()
    return batch + rows + columns


def batch_dot(x: Shape, y: Shape, axes: tuple[int, int]) -> Shape:
    """The shape of Keras's `batch_dot`: one product per sample, over `axes` (normalized) of each."""
    if not same(x[0], y[0]):
        raise ShapeError(f"batch_dot: {show(x)} . {show(y)}: batch sizes {show_dim(x[0])} and {show_dim(y[0])} differ")
    if not same(x[axes[0]], y[axes[1]]):
        raise ShapeError(
            f"batch_dot: {show(x)} . {show(y)} over axes {axes}: "
            f"sizes {show_dim(x[axes[0]])} and {show_dim(y[axes[1]])} differ"
        )
    left = tuple(d for i, d in enumerate(x) if i not in (0, axes[0]))
    right = tuple(d for i, d in enumerate(y) if i not in (0, axes[1]))
    result = (merge(x[0], y[0]), *left, *right)
    return result if len(result) > 1 else (*result, 1)


def reshape(shape: Shape, target: Shape) -> Shape:
    """The shape that `target` means for a tensor of `shape`; one -1 stands for whatever is left."""
    holes = [i for i, d in enumerate(target) if d == -1]
    if len(holes) > 1:
        raise ShapeError(f"reshape: only one -1 is allowed, got {show(target)}")
    negative = [d for d in target if isinstance(d, int) and d < -1]
    if negative:
        raise ShapeError(f"reshape: negative size {negative[0]} in {show(target)}")
    total = product(shape)
    known = product(d for d in target if d != -1)
    if not holes:
        if not same(total, known):
            raise ShapeError(_cannot_reshape(shape, target, total, f"{show_dim(known)} elements{hint(total, known)}"))
        return _fill_single_unknown(total, target)
    if isinstance(total, int) and isinstance(known, int):
        if total % known if known else total:
            raise ShapeError(_cannot_reshape(shape, target, total, f"{total} is not a multiple of {known}"))
        if known == 0:
            raise ShapeError(_cannot_reshape(shape, target, total, "-1 could be any size"))
    exact = exact_div(total, known)
    fill = exact if exact is not None else floordiv(total, known)
    return tuple(fill if i == holes[0] else d for i, d in enumerate(target))


def _cannot_reshape(shape: Shape, target: Shape, total: Dim, why: str) -> str:
    return f"reshape: cannot reshape {show(shape)} ({show_dim(total)} elements) into {show(target)}: {why}"


def _fill_single_unknown(total: Dim, target: Shape) -> Shape:
    unknown = [i for i, d in enumerate(target) if d is None]
    if len(unknown) != 1:
        return target
    found = exact_div(total, product(d for d in target if d is not None))
    return tuple(found if i == unknown[0] else d for i, d in enumerate(target))


def transpose(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """The sizes in the order of `axes` (normalized, a permutation)."""
    return tuple(shape[a] for a in axes)


def concatenate(op: str, shapes: Sequence[Shape], axis: int) -> Shape:
    """The shapes joined along `axis` (normalized); all other sizes must agree."""
    result = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(result):
            raise ShapeError(f"{op}: ranks differ: {' and '.join(map(show, shapes))}")
        for i, size in enumerate(shape):
            if i == axis:
                result[i] = add(result[i], size)
            elif same(result[i], size):
                result[i] = merge(result[i], size)
            else:
                raise ShapeError(
                    f"{op}(axis={axis}): {' and '.join(map(show, shapes))}: "
                    f"{show_dim(result[i])} and {show_dim(size)} differ at axis {i}"
                )
    return tuple(result)


def expand_dims(shape: Shape, axis: int) -> Shape:
    """`shape` with a new size 1 at `axis` (normalized to the new rank)."""
    return (*shape[:axis], 1, *shape[axis:])


def squeeze(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """`shape` without `axes` (normalized), which must be of size 1 as far as is known."""
    for axis in axes:
        if not same(shape[axis], 1):
            raise ShapeError(f"squeeze: axis {axis} of {show(shape)} has size {show_dim(shape[axis])}, not 1")
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def slice_length(size: Dim, item: IndexItem) -> Dim:
    """How many elements `start:stop:step` takes of an axis of `size`."""
    start, stop, step = item
    size = anonymous() if size is None else size
    if isinstance(start, str) or isinstance(stop, str):
        return None
    if isinstance(size, int) and not isinstance(start, Poly) and not isinstance(stop, Poly):
        return len(range(*slice(start, stop, step).indices(size)))
    if start is None and stop is None and step == -1:
        return size
    return _unknown_length(size, 0 if start is None else start, size if stop is None else stop) if step == 1 else None


def _unknown_length(size: Dim, start: Dim, stop: Dim) -> Dim:
    """The length of `start:stop` of an axis where something is not known.

    What is cut off, as an int, is taken to be there: `x[1:]` and `x[:-1]` have `size - 1` elements.
    """
    if isinstance(stop, int) and stop < 0:
        stop = add(size, stop)
    if isinstance(start, int) and start >= 0 and size == stop:
        return sub(size, start)
    cut = sub(size, stop)
    if start == 0 and isinstance(cut, int) and cut > 0:
        return stop
    if nonnegative(start) and nonnegative(cut) and nonnegative(sub(stop, start)):
        return sub(stop, start)
    return None


def index(shape: Shape, items: tuple[IndexItem, ...]) -> Shape:
    """The sizes that are left by one `(start, stop, step)` for each axis."""
    return tuple(slice_length(size, item) for size, item in zip(shape, items))


def check_index(shape: Shape, position: int, axis: int) -> None:
    """Raises TensorIndexError if `position` is known to be outside `axis`."""
    size = shape[axis]
    if isinstance(size, int) and not -size <= position < size:
        raise TensorIndexError(
            f"index: {position} is out of range for axis {axis} of {show(shape)}; use {-size} to {size - 1}"
            if size
            else f"index: axis {axis} of {show(shape)} is empty"
        )


def take(shape: Shape, indices: Shape, axis: int, count: int) -> Shape:
    """The shape of looking up `count` arrays of indices of one shape at `axis`, `axis + 1`, ..."""
    return shape[:axis] + indices + shape[axis + count :]


def pad(shape: Shape, widths: tuple[tuple[int, int], ...]) -> Shape:
    """`shape` with `(before, after)` more elements along each axis."""
    return tuple(add(size, before + after) for size, (before, after) in zip(shape, widths))


def repeated(shape: Shape, counts: Shape) -> Shape:
    """`shape` with each size multiplied."""
    return tuple(mul(size, count) for size, count in zip(shape, counts))


# Windows that slide over images: convolutions and pools.


class Window(NamedTuple):
    """How windows lie on the spatial axes of an image; strides and dilation have one number for each axis."""

    strides: tuple[int, ...]
    #: "valid": inside the image; "same": as many as there are strides in the image, with zeros around it.
    padding: str
    dilation: tuple[int, ...]


#: The names of spatial axes, by their number.
_SPATIAL: Final = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def channels_last(shape: Shape, data_format: str) -> Shape:
    """The shape of an image, which is in `data_format`, with its channels last."""
    return shape if data_format == "channels_last" else (shape[0], *shape[2:], shape[1])


def in_format(shape: Shape, data_format: str) -> Shape:
    """The shape of an image, whose channels are last, in `data_format`."""
    return shape if data_format == "channels_last" else (shape[0], shape[-1], *shape[1:-1])


def image(op: str, shape: Shape, rank: int, data_format: str) -> Shape:
    """The shape of an image of `rank` spatial axes, checked, with its channels last."""
    if len(shape) != rank + 2:
        names = ("batch", *_SPATIAL[rank], "channels")
        wanted = names if data_format == "channels_last" else ("batch", "channels", *_SPATIAL[rank])
        raise ShapeError(f"{op}: needs ({', '.join(wanted)}), got {show(shape)}")
    return channels_last(shape, data_format)


def _check_kernel(op: str, x: Shape, kernel: Shape, rank: int, last: tuple[str, str], name: str = "kernel") -> None:
    if len(kernel) != rank + 2:
        wanted = ", ".join((*_SPATIAL[rank], *last))
        raise ShapeError(f"{op}: the {name} for x {show(x)} needs ({wanted}), got {show(kernel)}")
    if 0 in kernel[:rank]:
        raise ShapeError(f"{op}: the {name} {show(kernel)} is 0 long on a spatial axis; it must cover something")


def _reach(size: Dim, dilation: int) -> Dim:
    """From a window's first element to its last, both included."""
    return add(mul(sub(size, 1), dilation), 1)


def window_count(size: Dim, window: Dim, stride: int, padding: str, dilation: int = 1) -> Dim:
    """How many windows lie on an axis of `size`, each of `window` elements."""
    if padding == "same":
        return floordiv(add(size, stride - 1), stride)
    return floordiv(add(sub(size, _reach(window, dilation)), stride), stride)


def _counts(op: str, what: str, x: Shape, kernel: Shape, sizes: Shape, window: Window, data_format: str) -> Shape:
    """The number of windows along each spatial axis. `kernel` is what messages show, `sizes` its spatial sizes."""
    spatial = channels_last(x, data_format)[1:-1]
    for name, size, own, dilation in zip(_SPATIAL[len(sizes)], spatial, sizes, window.dilation):
        reach = _reach(own, dilation)
        if window.padding == "valid" and isinstance(size, int) and isinstance(reach, int) and size < reach:
            spread = f" (that is {own} with dilation {dilation})" if dilation > 1 else ""
            raise ShapeError(
                f"{op}: the {what} {show(kernel)} does not fit into {show(x)}: {name} {size} is less than "
                f'{reach}{spread}; use a smaller {what}, or padding="same"'
            )
    return tuple(
        window_count(size, own, stride, window.padding, dilation)
        for size, own, stride, dilation in zip(spatial, sizes, window.strides, window.dilation)
    )


def conv(op: str, x: Shape, kernel: Shape, window: Window, data_format: str, depthwise: bool = False) -> Shape:
    """The shape of `x` convolved with `kernel`: (*spatial, in, out), or (*spatial, in, multiplier) if `depthwise`."""
    rank = len(window.strides)
    batch, *_, channels = image(op, x, rank, data_format)
    _check_kernel(op, x, kernel, rank, ("in", "multiplier" if depthwise else "out"))
    if not same(channels, kernel[-2]):
        raise ShapeError(
            f"{op}: the channels of x {show(x)}, as {data_format}, are {show_dim(channels)}, and the kernel "
            f"{show(kernel)} takes {show_dim(kernel[-2])}; change data_format, or the kernel's size at axis {rank}"
        )
    counts = _counts(op, "kernel", x, kernel, kernel[:-2], window, data_format)
    out = mul(merge(channels, kernel[-2]), kernel[-1]) if depthwise else kernel[-1]
    return in_format((batch, *counts, out), data_format)


def separable_conv(op: str, x: Shape, depthwise: Shape, pointwise: Shape, window: Window, data_format: str) -> Shape:
    """The shape of `x` convolved channel by channel, and then with `pointwise`: (1, 1, in * multiplier, out)."""
    rank = len(window.strides)
    between = conv(op, x, depthwise, window, data_format, depthwise=True)
    _check_kernel(op, x, pointwise, rank, ("in * multiplier", "out"), "pointwise kernel")
    if not all(same(size, 1) for size in pointwise[:-2]):
        raise ShapeError(f"{op}: the pointwise kernel {show(pointwise)} must be 1 long on its spatial axes")
    channels = channels_last(between, data_format)[-1]
    if not same(channels, pointwise[-2]):
        raise ShapeError(
            f"{op}: the depthwise kernel {show(depthwise)} gives {show_dim(channels)} channels, and the pointwise "
            f"kernel {show(pointwise)} takes {show_dim(pointwise[-2])}; change its size at axis {rank}"
        )
    return in_format((*channels_last(between, data_format)[:-1], pointwise[-1]), data_format)


def local_conv(
    op: str,
    x: Shape,
    kernel: Shape,
    own: tuple[int, ...],
    strides: tuple[int, ...],
    counts: tuple[int, ...] | None,
    data_format: str,
) -> None:
    """Checks that each of `counts` windows (None: as many as the kernel has) has a matrix in `kernel`."""
    _, *spatial, channels = image(op, x, len(own), data_format)
    if len(kernel) != 3:
        raise ShapeError(f"{op}: the kernel {show(kernel)} must be (windows, elements of a window, out)")
    number: Dim = kernel[0] if counts is None else product(counts)
    elements = mul(product(own), channels)
    if not same(kernel[0], number) or not same(kernel[1], elements):
        raise ShapeError(
            f"{op}: the kernel {show(kernel)} must have a matrix for each of {show_dim(number)} windows, "
            f"with a row for each of its {show_dim(elements)} elements"
        )
    for size, length, stride, count in zip(spatial, own, strides, counts or (kernel[0],)):
        if isinstance(size, int) and isinstance(count, int) and (count - 1) * stride + length > size:
            raise ShapeError(
                f"{op}: {count} windows of {length}, {stride} apart, need {(count - 1) * stride + length} elements; "
                f"x {show(x)}, as {data_format}, has {size}"
            )


def transposed_length(size: Dim, window: Dim, stride: int, padding: str, dilation: int = 1) -> Dim:
    """The size of an axis on which `size` windows lie; of several, the one that Keras's layers take."""
    longest = mul(size, stride)
    if padding == "same":
        return longest
    excess = sub(_reach(window, dilation), stride)
    if not isinstance(excess, int):
        return add(longest, excess) if stride == 1 else None
    return add(longest, max(excess, 0))


def _fitting(size: Dim, window: Dim, stride: int, padding: str, dilation: int) -> tuple[Dim, Dim]:
    """The least and the largest size of an axis on which `size` windows lie."""
    reach = 1 if padding == "same" else _reach(window, dilation)
    least = add(mul(sub(size, 1), stride), reach)
    return least, add(least, stride - 1)


def conv_transpose(op: str, x: Shape, kernel: Shape, output_shape: Shape, window: Window, data_format: str) -> Shape:
    """`output_shape` with what is None filled in, if the convolution of it with `kernel` has the shape of `x`.

    The kernel is (*spatial, out, in).
    """
    rank = len(window.strides)
    batch, *spatial, channels = image(op, x, rank, data_format)
    _check_kernel(op, x, kernel, rank, ("out", "in"))
    if len(output_shape) != rank + 2:
        raise ShapeError(f"{op}: output_shape {show(output_shape)} needs {rank + 2} sizes, as x {show(x)} has")
    wanted_batch, *wanted, wanted_channels = channels_last(output_shape, data_format)
    for what, own, of, other, name in (
        ("x", channels, show(x), kernel[-1], "the kernel's last size"),
        ("output_shape", wanted_channels, show(output_shape), kernel[-2], "the kernel's last size but one"),
    ):
        if not same(own, other):
            raise ShapeError(
                f"{op}: the channels of {what} {of}, as {data_format}, are {show_dim(own)}, and {name} is "
                f"{show_dim(other)}, of {show(kernel)}; the kernel for x {show(x)} must be (..., out, in)"
            )
    if not same(batch, wanted_batch):
        raise ShapeError(
            f"{op}: the batch of output_shape {show(output_shape)} is {show_dim(wanted_batch)}, "
            f"that of x {show(x)} is {show_dim(batch)}"
        )
    sizes: list[Dim] = []
    for position, (name, size, own) in enumerate(zip(_SPATIAL[rank], spatial, wanted)):
        lies = (kernel[position], window.strides[position], window.padding, window.dilation[position])
        least, largest = _fitting(size, *lies)
        for one, other in ((own, least), (largest, own)):
            short = sub(one, other)
            if isinstance(short, int) and short < 0:
                fits = show_dim(least) if least == largest else f"{show_dim(least)} to {show_dim(largest)}"
                raise ShapeError(
                    f"{op}: {name} {show_dim(own)} of output_shape {show(output_shape)} does not come from {name} "
                    f"{show_dim(size)} of x {show(x)} with kernel {show_dim(lies[0])}, stride {lies[1]} and "
                    f'padding "{window.padding}"; use {fits}'
                )
        sizes.append(transposed_length(size, *lies) if own is None else own)
    return in_format((merge(batch, wanted_batch), *sizes, kernel[-2]), data_format)


def pool(op: str, x: Shape, size: tuple[int, ...], window: Window, data_format: str) -> Shape:
    """The shape of `x` when each window of `size` becomes one element."""
    batch, *_, channels = image(op, x, len(size), data_format)
    return in_format((batch, *_counts(op, "pool", x, size, size, window, data_format), channels), data_format)


# Vectors with one element for each channel.


def per_channel(op: str, name: str, x: Shape, vector: Shape, axis: int) -> None:
    """Raises ShapeError unless `vector` has one element for each position along `axis` (normalized) of `x`.

    It may have x's rank, and be 1 long on all other axes.
    """
    flat = vector if len(vector) == 1 else vector[axis : axis + 1]
    others = [size for i, size in enumerate(vector) if i != axis] if len(vector) == len(x) != 1 else []
    if len(vector) not in (1, len(x)) or not all(same(size, 1) for size in others):
        raise ShapeError(f"{op}: {name} {show(vector)} must be a vector, with one element for each along axis {axis}")
    if not same(flat[0], x[axis]):
        raise ShapeError(
            f"{op}: {name} {show(vector)} has {show_dim(flat[0])} elements, and x {show(x)} has "
            f"{show_dim(x[axis])} along axis {axis}"
        )


def bias_add(x: Shape, bias: Shape, data_format: str) -> Shape:
    """The shape of `x`, if `bias` is (channels,), or has the shape of one sample with its channels last."""
    if len(x) < 2:
        raise ShapeError(f"bias_add: needs (batch, ..., channels), got {show(x)}")
    ordered = channels_last(x, data_format)
    if len(bias) == 1:
        per_channel("bias_add", "the bias", x, bias, len(x) - 1 if data_format == "channels_last" else 1)
    elif len(bias) != len(x) - 1 or not all(map(same, bias, ordered[1:])):
        raise ShapeError(
            f"bias_add: the bias {show(bias)} is neither {show(ordered[-1:])}, for the channels of x {show(x)}, "
            f"nor {show(ordered[1:])}, for one sample with its channels last"
        )
    return x
