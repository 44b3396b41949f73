"""What the ops mean, in plain NumPy: one definition for all engines.

A function has the name and the arguments of ktensor's. What is not here is NumPy's function of the same name.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ktensor.shape import Window
from ktensor.testing import images

Array: TypeAlias = npt.NDArray[Any]
Axis: TypeAlias = "int | tuple[int, ...] | None"

EPSILON = 1e-7


def lookup(name: str) -> Callable[..., Any]:
    """The definition of an op."""
    found: Callable[..., Any] = globals().get(name) or getattr(np, name)
    return found


# Elementwise.


def cast(x: Array, dtype: str) -> Array:
    return x.astype(dtype)


def clip(x: Array, min_value: Any = None, max_value: Any = None) -> Array:
    top = x if max_value is None else np.minimum(x, max_value)
    return top if min_value is None else np.maximum(top, min_value)


def elu(x: Array, alpha: Any = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def hard_sigmoid(x: Array) -> Array:
    return np.clip(0.2 * x + 0.5, 0, 1)


def pow(x: Array, a: Any) -> Array:
    negative = np.min(a, initial=0) < 0
    return np.asarray(np.power(x.astype(np.float64) if negative else x, a))


def relu(x: Array, alpha: Any = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    result = np.where(x >= threshold, x, alpha * (x - threshold))
    return result if max_value is None else np.where(x >= threshold, np.clip(x, 0, max_value), result)


def rsqrt(x: Array) -> Array:
    return np.asarray(1 / np.sqrt(x))


def sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(0, x))


def softsign(x: Array) -> Array:
    return np.asarray(x / (1 + np.abs(x)))


# Reductions and normalizations.


def argmax(x: Array, axis: int | None = -1) -> Array:
    return np.asarray(np.argmax(x, axis))


def argmin(x: Array, axis: int | None = -1) -> Array:
    return np.asarray(np.argmin(x, axis))


def cumsum(x: Array, axis: int = 0) -> Array:
    return np.cumsum(x, axis)


def cumprod(x: Array, axis: int = 0) -> Array:
    return np.cumprod(x, axis)


def l2_normalize(x: Array, axis: Axis = None) -> Array:
    return np.asarray(x / np.sqrt(np.maximum(np.sum(x * x, axis, keepdims=True), 1e-12)))


def logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.asarray(np.log(np.sum(np.exp(x), axis, keepdims=keepdims)))


def softmax(x: Array, axis: int = -1) -> Array:
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def log_softmax(x: Array, axis: int = -1) -> Array:
    return np.asarray(x - np.log(np.sum(np.exp(x), axis, keepdims=True)))


# Products.


def batch_dot(x: Array, y: Array, axes: Any = None) -> Array:
    """Sample by sample, as Keras 2.3 documents it."""
    if axes is None:
        axes = (x.ndim - 1, max(y.ndim - 2, 1))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % x.ndim, second % y.ndim
    samples = [np.tensordot(a, b, ([first - 1], [second - 1])) for a, b in zip(x, y)]
    if not samples:
        left, right = np.delete(x.shape, [0, first]), np.delete(y.shape, [0, second])
        return np.zeros((0, *left, *right) if len(left) + len(right) else (0, 1))
    result = np.stack(samples)
    return result if result.ndim > 1 else result[:, None]


def einsum(subscripts: str, *tensors: Array) -> Array:
    return np.asarray(np.einsum(subscripts, *tensors))


# Shaping.


def batch_flatten(x: Array) -> Array:
    return np.reshape(x, (len(x), math.prod(x.shape[1:])))


def concatenate(tensors: Sequence[Array], axis: int = -1) -> Array:
    return np.concatenate(tensors, axis)


def expand_dims(x: Array, axis: int = -1) -> Array:
    return np.expand_dims(x, axis)


def flatten(x: Array) -> Array:
    return x.reshape(-1)


def gather(x: Array, indices: Array, axis: int = 0) -> Array:
    return np.take(x, indices, axis)


def nonzero(x: Array) -> Array:
    return np.argwhere(x)


def one_hot(indices: Array, num_classes: int) -> Array:
    return np.asarray(indices[..., None] == np.arange(num_classes))


def pad(x: Array, widths: Any, value: float = 0) -> Array:
    return np.pad(x, widths, constant_values=value)


def repeat(x: Array, n: int) -> Array:
    return np.stack([x] * n, axis=1)


def repeat_elements(x: Array, rep: int, axis: int) -> Array:
    return np.repeat(x, rep, axis)


def reshape(x: Array, *sizes: Any) -> Array:
    return x.reshape(*sizes)


def reverse(x: Array, axes: Axis) -> Array:
    return np.flip(x, axes)


def split(x: Array, sizes: int | Sequence[int], axis: int = 0) -> list[Array]:
    cuts = sizes if isinstance(sizes, int) else np.cumsum(sizes)[:-1]
    return list(np.split(x, cuts, axis))


def squeeze(x: Array, axis: Axis = None) -> Array:
    return np.squeeze(x, axis)


def transpose(x: Array, *axes: Any) -> Array:
    return x.transpose(*axes)


# Images. Windows are visited one by one, in `ktensor.testing.images`.


def _numbers(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _last(x: Array, data_format: str | None) -> Array:
    return np.moveaxis(x, 1, -1) if data_format == "channels_first" else x


def _as(x: Array, data_format: str | None) -> Array:
    return np.moveaxis(x, -1, 1) if data_format == "channels_first" else x


def _conv(
    x: Array, kernel: Array, strides: Any, padding: str, data_format: str | None, dilation: Any, depthwise: bool = False
) -> Array:
    rank = x.ndim - 2
    image, dilations = _last(x, data_format), _numbers(dilation, rank)
    if padding == "causal":
        image = np.pad(image, ((0, 0), ((len(kernel) - 1) * dilations[0], 0), (0, 0)))
        padding = "valid"
    window = Window(_numbers(strides, rank), padding, dilations)
    return _as(images.conv(image, kernel, window, depthwise), data_format)


def conv1d(
    x: Array, kernel: Array, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Array:
    return _conv(x, kernel, strides, padding, data_format, dilation_rate)


conv2d = conv3d = conv1d


def depthwise_conv2d(
    x: Array, kernel: Array, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Array:
    return _conv(x, kernel, strides, padding, data_format, dilation_rate, depthwise=True)


def separable_conv1d(
    x: Array,
    depthwise: Array,
    pointwise: Array,
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Array:
    between = depthwise_conv2d(x, depthwise, strides, padding, data_format, dilation_rate)
    return _as(_last(between, data_format) @ pointwise.reshape(pointwise.shape[-2:]), data_format)


separable_conv2d = separable_conv1d


def conv2d_transpose(
    x: Array,
    kernel: Array,
    output_shape: Sequence[int],
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Array:
    rank = x.ndim - 2
    sizes = output_shape[2:] if data_format == "channels_first" else output_shape[1:-1]
    window = Window(_numbers(strides, rank), padding, _numbers(dilation_rate, rank))
    return _as(images.conv_input_grad(_last(x, data_format), kernel, sizes, window), data_format)


conv3d_transpose = conv2d_transpose


def pool2d(
    x: Array, pool_size: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, pool_mode: str = "max"
) -> Array:
    rank = x.ndim - 2
    window = Window(_numbers(strides, rank), padding, (1,) * rank)
    return _as(images.pool(_last(x, data_format), _numbers(pool_size, rank), window, pool_mode), data_format)


pool3d = pool2d


def bias_add(x: Array, bias: Array, data_format: Any = None) -> Array:
    if data_format != "channels_first":
        return np.asarray(x + bias)
    if bias.ndim == 1:
        return _as(_last(x, data_format) + bias, data_format)
    return np.asarray(x + bias.reshape(bias.shape[-1:] + bias.shape[:-1]))


def batch_normalization(
    x: Array, mean: Array, var: Array, beta: Array | None, gamma: Array | None, axis: int = -1, epsilon: float = 1e-3
) -> Array:
    scale = 1 if gamma is None else gamma.ravel()
    shift = 0 if beta is None else beta.ravel()
    moved = np.moveaxis(x, axis, -1)
    return np.moveaxis((moved - mean.ravel()) / np.sqrt(var.ravel() + epsilon) * scale + shift, -1, axis)


def resize_images(
    x: Array, height_factor: int, width_factor: int, data_format: Any = None, interpolation: str = "nearest"
) -> Array:
    image = _last(x, data_format)
    for axis, factor in ((1, height_factor), (2, width_factor)):
        size = image.shape[axis]
        places = np.arange(size * factor) / factor
        below = np.floor(places).astype(int)
        above = np.minimum(below + 1, size - 1)
        if interpolation == "nearest":
            image = np.take(image, below, axis)
        else:
            way = (places - below).reshape(-1, *[1] * (3 - axis))
            image = np.take(image, below, axis) * (1 - way) + np.take(image, above, axis) * way
    return _as(image, data_format)


# Losses, the target first.


def _local(x: Array, kernel: Array, own: Sequence[int], strides: Sequence[int], counts: Any, last: bool) -> Array:
    found = []
    for place, matrix in zip(np.ndindex(*counts), kernel):
        window = tuple(slice(i * s, i * s + n) for i, s, n in zip(place, strides, own))
        before = (slice(None),) if last else (slice(None), slice(None))
        elements = x[before + window]
        found.append(elements.reshape(len(x), -1) @ matrix)
    result = np.moveaxis(np.reshape(found, [*counts, *found[0].shape]), -2, 0)
    return result if last else np.moveaxis(result, -1, 1)


def local_conv1d(x: Array, kernel: Array, kernel_size: Any, strides: Any, data_format: str | None = None) -> Array:
    own, steps = _numbers(kernel_size, 1), _numbers(strides, 1)
    return _local(x, kernel, own, steps, (len(kernel),), data_format != "channels_first")


def local_conv2d(
    x: Array, kernel: Array, kernel_size: Any, strides: Any, output_shape: Any, data_format: str | None = None
) -> Array:
    own, steps = _numbers(kernel_size, 2), _numbers(strides, 2)
    return _local(x, kernel, own, steps, output_shape, data_format != "channels_first")


def in_top_k(predictions: Array, targets: Array, k: int) -> Array:
    classes = predictions.shape[1]
    return np.array([0 <= t < classes and (row > row[t]).sum() < k for row, t in zip(predictions, targets)])


def ctc_batch_cost(y_true: Array, y_pred: Array, input_length: Array, label_length: Array) -> Array:
    """All paths, one after the other."""
    p = (y_pred + EPSILON) / (y_pred + EPSILON).sum(-1, keepdims=True)
    blank = p.shape[-1] - 1
    total = np.zeros((len(p), 1))
    for i, (steps, length) in enumerate(zip(input_length.ravel(), label_length.ravel())):
        for path in itertools.product(range(blank + 1), repeat=int(steps)):
            merged = [label for label, _ in itertools.groupby(path) if label != blank]
            if merged == y_true[i, :length].tolist():
                total[i] += np.prod([p[i, t, label] for t, label in enumerate(path)])
    return np.asarray(-np.log(total))


def _probabilities(output: Array, from_logits: bool, axis: int) -> Array:
    if from_logits:
        return softmax(output, axis)
    return np.asarray(np.clip(output / output.sum(axis, keepdims=True), EPSILON, 1 - EPSILON))


def categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    return np.asarray(-np.sum(target * np.log(_probabilities(output, from_logits, axis)), axis))


def sparse_categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    logs = np.moveaxis(np.log(_probabilities(output, from_logits, axis)), axis, -1)
    picked = np.take_along_axis(logs, target.astype(int).reshape(*logs.shape[:-1], 1), -1)
    return np.asarray(-picked[..., 0])


def binary_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Array:
    if from_logits:
        p, away = sigmoid(output), 0.0
    else:
        p, away = np.clip(output, EPSILON, 1 - EPSILON), EPSILON
    return np.asarray(-(target * np.log(p + away) + (1 - target) * np.log(1 - p + away)))


def switch(condition: Array, then: Array, other: Array) -> Array:
    test = np.asarray(condition)
    return np.where(test.reshape(test.shape + (1,) * (then.ndim - test.ndim)), then, other)


# Python's binary operators, which NumPy's arrays have too.

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
BITWISE: dict[str, Callable[[Any, Any], Any]] = {
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
