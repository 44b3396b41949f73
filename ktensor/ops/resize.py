"""Larger images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import shape as rules
from ..graph import TensorLike, as_node, constant_node, node_of, wrap
from . import shaping
from .elementwise import cast_like_float
from .layout import normalize_data_format, one_of, per_axis

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["resize_images", "resize_volumes"]


def _interpolated(x: Tensor, factor: int, axis: int) -> Tensor:
    """`factor` elements for each along `axis`, on the way to the next one; the last one is repeated."""
    after: list[slice] = [slice(None)] * x.ndim
    last = list(after)
    after[axis], last[axis] = slice(1, None), slice(-1, None)
    following = shaping.concatenate([x[tuple(after)], x[tuple(last)]], axis)
    way = np.arange(factor).reshape(-1, *[1] * (x.ndim - 1 - axis)) / factor
    weights = wrap(constant_node(way, node_of(x).dtype))
    here, there = shaping.expand_dims(x, axis + 1), shaping.expand_dims(following, axis + 1)
    spread = here + (there - here) * weights
    sizes = [shaping.dim(x, i) * (factor if i == axis else 1) for i in range(x.ndim)]
    return shaping.reshape_to(spread, sizes)


def resize_images(
    x: TensorLike,
    height_factor: int,
    width_factor: int,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> Tensor:
    """x (batch, height, width, channels) with height and width multiplied by whole numbers.

    Args:
        data_format: "channels_last", or "channels_first" if x is (batch, channels, height, width); by default the
            setting `image_data_format`.
        interpolation: "nearest" repeats each element, in x's dtype. "bilinear" goes straight from each to the next, as
            TensorFlow 1's `resize_bilinear` does, with neither `align_corners` nor `half_pixel_centers`: with a factor
            of 2 each second element is an element of x, and the last ones are repeated. Integers become `floatx`.

    Raises:
        ShapeError: x has not four axes. Source: Keras 2.3's `K.resize_images`.
    """
    method = one_of("resize_images", "interpolation", interpolation, ("nearest", "bilinear"))
    factors = {"height_factor": height_factor, "width_factor": width_factor}
    return _resized("resize_images", x, factors, data_format, method)


def resize_volumes(
    x: TensorLike, depth_factor: int, height_factor: int, width_factor: int, data_format: str | None = None
) -> Tensor:
    """x (batch, depth, height, width, channels) with each element repeated along its three spatial axes."""
    factors = {"depth_factor": depth_factor, "height_factor": height_factor, "width_factor": width_factor}
    return _resized("resize_volumes", x, factors, data_format, "nearest")


def _resized(op_name: str, x: TensorLike, factors: dict[str, int], data_format: str | None, method: str) -> Tensor:
    data_format = normalize_data_format(op_name, data_format)
    times = [per_axis(op_name, name, factor, 1)[0] for name, factor in factors.items()]
    result = wrap(as_node(op_name, "x", x))
    rules.image(op_name, node_of(result).shape, len(times), data_format)
    if method == "bilinear":
        result = cast_like_float(result)
    resize = _interpolated if method == "bilinear" else shaping.repeat_elements
    for axis, factor in enumerate(times, start=1 if data_format == "channels_last" else 2):
        if factor != 1:
            result = resize(result, factor, axis)
    return result
