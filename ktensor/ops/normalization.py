"""Biases and batch normalization: vectors with one element for each channel, stretched over all other axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import shape as rules
from ..graph import TensorLike, as_node, node_of, operands, wrap
from ..shape import Axis, normalize_axes, normalize_axis
from . import shaping
from .elementwise import add, cast_like_float, rsqrt
from .layout import normalize_data_format
from .reduce import mean as mean_
from .reduce import var as var_

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["batch_normalization", "bias_add", "normalize_batch_in_training"]


def _spread(vector: Tensor, axis: int, rank: int) -> Tensor:
    """A vector to broadcast along `axis` of tensors of `rank`."""
    for _ in range(axis + 1, rank):
        vector = shaping.expand_dims(vector, -1)
    return vector


def bias_add(x: TensorLike, bias: TensorLike, data_format: str | None = None) -> Tensor:
    """x (batch, ..., channels), or (batch, channels, ...) if `data_format` is "channels_first", plus a bias.

    Args:
        bias: (channels,), or the shape of one sample with its channels last. With "channels_first" the latter is
            reshaped (not transposed) to (channels, ...), as Keras 2.3's `K.bias_add` does on all its backends.
        data_format: by default the setting `image_data_format`.

    Raises:
        ShapeError: the bias has another shape.
    """
    data_format = normalize_data_format("bias_add", data_format)
    a, b = operands("bias_add", x, bias)
    rules.bias_add(a.shape, b.shape, data_format)
    tensor, addend = wrap(a), wrap(b)
    last = data_format == "channels_last"
    if addend.ndim == 1:
        return add(tensor, _spread(addend, tensor.ndim - 1 if last else 1, tensor.ndim))
    if not last:
        order = [addend.ndim - 1, *range(addend.ndim - 1)]
        addend = shaping.reshape_to(addend, [shaping.dim(addend, i) for i in order])
    return add(tensor, addend)


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    var: TensorLike,
    beta: TensorLike | None,
    gamma: TensorLike | None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Tensor:
    """(x - mean) / sqrt(var + epsilon) * gamma + beta, with one number of each for each position along `axis`.

    Args:
        mean, var, beta, gamma: vectors as long as `axis`, or of x's rank and 1 long on all other axes. Without
            `beta` nothing is added, without `gamma` the scale is 1.

    Raises:
        ShapeError: a vector of another length. Source: Keras 2.3's `K.batch_normalization`.
    """
    tensor = cast_like_float(x)
    axis = normalize_axis("batch_normalization", axis, tensor.ndim)

    def spread(name: str, value: TensorLike) -> Tensor:
        node = as_node("batch_normalization", name, value, like=node_of(tensor).dtype)
        rules.per_channel("batch_normalization", name, node_of(tensor).shape, node.shape, axis)
        vector = cast_like_float(wrap(node))
        return vector if vector.ndim == tensor.ndim else _spread(vector, axis, tensor.ndim)

    scale = rsqrt(spread("var", var) + epsilon)
    if gamma is not None:
        scale = scale * spread("gamma", gamma)
    result = (tensor - spread("mean", mean)) * scale
    return result if beta is None else result + spread("beta", beta)


def normalize_batch_in_training(
    x: TensorLike,
    gamma: TensorLike | None,
    beta: TensorLike | None,
    reduction_axes: Axis,
    epsilon: float = 1e-3,
) -> tuple[Tensor, Tensor, Tensor]:
    """x normalized by its own mean and variance over `reduction_axes`, and these two.

    `gamma` and `beta` have the shape that is left of x, or None stands for them.

    Source: Keras 2.3's `K.normalize_batch_in_training`; the variance is that of the batch, as without TensorFlow's
    fused op.
    """
    tensor = cast_like_float(x)
    axes = normalize_axes("normalize_batch_in_training", reduction_axes, tensor.ndim)
    center, spread = mean_(tensor, axes, keepdims=True), var_(tensor, axes, keepdims=True)
    scale = rsqrt(spread + epsilon)

    def kept(value: TensorLike) -> Tensor:
        vector = wrap(as_node("normalize_batch_in_training", "gamma and beta", value, like=node_of(tensor).dtype))
        for axis in axes if vector.ndim < tensor.ndim else ():
            vector = shaping.expand_dims(vector, axis)
        return vector

    result = (tensor - center) * (scale if gamma is None else scale * kept(gamma))
    result = result if beta is None else result + kept(beta)
    return result, shaping.squeeze(center, axes), shaping.squeeze(spread, axes)
