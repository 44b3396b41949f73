"""Pooling: the largest element of each window of an image, or the mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .. import shape as rules
from ..dims import Shape
from ..graph import TensorLike, build, node_of, primitive
from ..shape import Window
from . import shaping
from .conv import PerAxis, sized_image, spatial_sizes
from .elementwise import cast_like_float
from .layout import in_format, normalize_data_format, one_of, per_axis, with_channels_last

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["pool2d", "pool3d"]

# The primitives: on images of two spatial axes, their channels last.


def _pool_rule(x: Shape, *, size: tuple[int, ...], window: Window) -> Shape:
    return rules.pool("pool", x, size, window, "channels_last")


def _max_grad(g: Tensor, y: Tensor, x: Tensor, *, size: tuple[int, ...], window: Window) -> Tensor:
    return max_pool_grad(g, x, y, size, window)


@primitive(shape=_pool_rule, grad=_max_grad)
def max_pool(x: Tensor, size: tuple[int, ...], window: Window) -> Tensor:
    """The largest element of each window."""
    return build("max_pool", node_of(x), size=size, window=window)


def _like_x(g: Shape, x: Shape, largest: Shape, **attrs: object) -> Shape:
    return x


def _max_again(
    h: Tensor, z: Tensor, g: Tensor, x: Tensor, largest: Tensor, *, size: tuple[int, ...], window: Window
) -> tuple[Any, Any, Any]:
    return lambda: max_pool_pick(h, x, largest, size, window), None, None


@primitive(shape=_like_x, grad=_max_again)
def max_pool_grad(g: Tensor, x: Tensor, largest: Tensor, size: tuple[int, ...], window: Window) -> Tensor:
    """Zeros of x's shape, with g added where the first of the `largest` elements of each window is."""
    return build("max_pool_grad", node_of(g), node_of(x), node_of(largest), size=size, window=window)


def _like_largest(h: Shape, x: Shape, largest: Shape, **attrs: object) -> Shape:
    return largest


def _pick_grad(
    g: Tensor, z: Tensor, h: Tensor, x: Tensor, largest: Tensor, *, size: tuple[int, ...], window: Window
) -> tuple[Any, Any, Any]:
    return lambda: max_pool_grad(g, x, largest, size, window), None, None


@primitive(shape=_like_largest, grad=_pick_grad)
def max_pool_pick(h: Tensor, x: Tensor, largest: Tensor, size: tuple[int, ...], window: Window) -> Tensor:
    """The elements of h, which has x's shape, where the first of the `largest` elements of each window of x is."""
    return build("max_pool_pick", node_of(h), node_of(x), node_of(largest), size=size, window=window)


def _avg_grad(g: Tensor, y: Tensor, x: Tensor, *, size: tuple[int, ...], window: Window) -> Tensor:
    return avg_pool_grad(g, spatial_sizes(x), size, window)


@primitive(shape=_pool_rule, grad=_avg_grad)
def avg_pool(x: Tensor, size: tuple[int, ...], window: Window) -> Tensor:
    """The mean of each window, of its elements inside the image."""
    return build("avg_pool", node_of(x), size=size, window=window)


def _sized_rule(g: Shape, *vector: Shape, sizes: Shape, size: tuple[int, ...], window: Window) -> Shape:
    return (g[0], *sizes, g[-1])


def _avg_again(
    h: Tensor, y: Tensor, g: Tensor, *vector: Tensor, sizes: Shape, size: tuple[int, ...], window: Window
) -> tuple[Any, ...]:
    return (lambda: avg_pool(h, size, window), *(None for _ in vector))


@primitive(shape=_sized_rule, grad=_avg_again)
def avg_pool_grad(g: Tensor, sizes: Sequence[Any], size: tuple[int, ...], window: Window) -> Tensor:
    """The gradient of `avg_pool` with respect to an image of those spatial sizes, where g is that of the result."""
    return sized_image("avg_pool_grad", [g], sizes, size=size, window=window)


_POOLS: Final = {"max": max_pool, "avg": avg_pool}


def _pooled(
    op_name: str,
    rank: int,
    x: TensorLike,
    pool_size: PerAxis,
    strides: PerAxis,
    padding: str,
    data_format: str | None,
    pool_mode: str,
) -> Tensor:
    data_format = normalize_data_format(op_name, data_format)
    size = per_axis(op_name, "pool_size", pool_size, rank)
    padding = one_of(op_name, "padding", padding, ("valid", "same"))
    window = Window(per_axis(op_name, "strides", strides, rank), padding, (1,) * rank)
    pool = _POOLS[one_of(op_name, "pool_mode", pool_mode, tuple(_POOLS))]
    tensor = cast_like_float(x)
    rules.pool(op_name, node_of(tensor).shape, size, window, data_format)
    image = with_channels_last(tensor, data_format)
    if rank == 3:
        # A maximum of maxima, or a mean of means: first of each plane, then of all planes.
        planes = pool(shaping.regroup(image, [2, 1, 1, 1]), size[1:], Window(window.strides[1:], padding, (1, 1)))
        height, width, channels = (shaping.dim(planes, i) for i in (1, 2, 3))
        batch, depth = shaping.dim(image, 0), shaping.dim(image, 1)
        columns = shaping.reshape_to(planes, [batch, depth, height * width, channels])
        columns = pool(columns, (size[0], 1), Window((window.strides[0], 1), padding, (1, 1)))
        result = shaping.reshape_to(columns, [batch, shaping.dim(columns, 1), height, width, channels])
    else:
        result = pool(image, size, window)
    return in_format(result, data_format)


def pool2d(
    x: TensorLike,
    pool_size: PerAxis,
    strides: PerAxis = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The largest element ("max") or the mean ("avg") of each window of x (batch, height, width, channels).

    Windows are of `pool_size`, and `strides` apart. "valid" ones lie inside the image; of "same" ones there are
    ceil(size / stride), and what they have outside does not count. Results are floats, `floatx` of integers. Of equal
    elements, the first has the gradient. `data_format` is by default the setting `image_data_format`.

    Raises:
        ShapeError: x has not four axes, or is smaller than the pool. Source: Keras 2.3's `K.pool2d`, on TensorFlow.
    """
    return _pooled("pool2d", 2, x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: TensorLike,
    pool_size: PerAxis,
    strides: PerAxis = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The same as `pool2d` of x (batch, depth, height, width, channels)."""
    return _pooled("pool3d", 3, x, pool_size, strides, padding, data_format, pool_mode)
