"""Convolutions whose kernel is another one at each position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from .. import shape as rules
from ..graph import TensorLike, cast_node, constant_node, node_of, operands, wrap
from . import shaping
from .conv import PerAxis
from .create import arange
from .elementwise import float_dtype
from .indexing import take
from .layout import in_format, normalize_data_format, per_axis, with_channels_last
from .linalg import matmul

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["local_conv1d", "local_conv2d"]


def local_conv1d(
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: PerAxis,
    strides: PerAxis,
    data_format: str | None = None,
) -> Tensor:
    """inputs (batch, length, in) -> (batch, windows, out): each window is multiplied by a matrix of its own.

    Args:
        kernel: (windows, kernel_size * in, out): for each window, what its elements, one after the other, are
            multiplied by.
        kernel_size: how long a window is.
        strides: how far the windows' starts are apart.
        data_format: "channels_first" if inputs and result are (batch, channels, length); a window's elements then stand
            in the order (in, kernel_size). By default "channels_last", whatever the setting says, as in Keras.

    Raises:
        ShapeError: the windows go beyond the end, or the kernel's second size is not that of a window.

    Source: Keras 2.3's `K.local_conv1d`. Floats, `floatx` of integers.
    """
    layout = normalize_data_format("local_conv1d", data_format or "channels_last")
    return _local("local_conv1d", 1, inputs, kernel, kernel_size, strides, None, layout)


def local_conv2d(
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: PerAxis,
    strides: PerAxis,
    output_shape: Sequence[int],
    data_format: str | None = None,
) -> Tensor:
    """inputs (batch, height, width, in) -> (batch, rows, columns, out): each window has a matrix of its own.

    Args:
        kernel: (rows * columns, elements of a window, out).
        kernel_size: the height and width of a window.
        strides: how far the windows are apart.
        output_shape: (rows, columns): how many windows there are.
        data_format: "channels_first" if inputs and result are (batch, channels, height, width); a window's elements
            then stand in the order (in, height, width), otherwise in the order (height, width, in). By default the
            setting `image_data_format`.

    Raises:
        ShapeError: the windows go beyond the end, or the kernel has other sizes.

    Source: Keras 2.3's `K.local_conv2d`. Floats, `floatx` of integers.
    """
    layout = normalize_data_format("local_conv2d", data_format)
    counts = per_axis("local_conv2d", "output_shape", output_shape, 2)
    return _local("local_conv2d", 2, inputs, kernel, kernel_size, strides, counts, layout)


def _local(
    op_name: str,
    rank: int,
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: PerAxis,
    strides: PerAxis,
    counts: tuple[int, ...] | None,
    data_format: str,
) -> Tensor:
    own = per_axis(op_name, "kernel_size", kernel_size, rank)
    steps = per_axis(op_name, "strides", strides, rank)
    nodes = [cast_node(n, float_dtype(n.dtype)) for n in operands(op_name, inputs, kernel)]
    rules.local_conv(op_name, nodes[0].shape, nodes[1].shape, own, steps, counts, data_format)
    image, filters = with_channels_last(wrap(nodes[0]), data_format), wrap(nodes[1])
    numbers: Sequence[Any] = counts or [shaping.dim(filters, 0)]
    windows = _windows(image, own, steps, numbers, channels_first=data_format == "channels_first")
    found = matmul(shaping.swap_axes(windows, 0, 1), filters)
    sizes = [*numbers, shaping.dim(image, 0), shaping.dim(filters, 2)]
    shaped = shaping.reshape_to(found, sizes)
    return in_format(shaping.transpose(shaped, [rank, *range(rank), rank + 1]), data_format)


def _windows(
    image: Tensor, own: Sequence[int], strides: Sequence[int], counts: Sequence[Any], channels_first: bool
) -> Tensor:
    """(batch, windows, elements of a window)."""
    rank = len(own)
    for i, (length, stride, count) in enumerate(zip(own, strides, counts)):
        image = take(image, [_positions(length, stride, count)], 1 + 2 * i)
    where, inside = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2)
    elements = [2 * rank + 1, *inside] if channels_first else [*inside, 2 * rank + 1]
    return shaping.regroup(shaping.transpose(image, [0, *where, *elements]), [1, rank, rank + 1])


def _positions(length: int, stride: int, count: Any) -> Tensor:
    """(windows, length): the positions of the elements of each window along an axis."""
    inside = np.arange(length)
    if isinstance(count, int):
        return wrap(constant_node(np.arange(count)[:, None] * stride + inside, dtypes.int64))
    starts = wrap(cast_node(node_of(arange(count)), dtypes.int64)) * stride
    return shaping.expand_dims(starts, 1) + inside
