"""Convolutions, in Keras's terms.

Unless a function says otherwise: `x` is an image, (batch, *spatial, channels), or (batch, channels, *spatial) if
`data_format` is "channels_first"; kernels are the same in both formats, and are not flipped. `padding` is "valid",
where windows stay inside the image, or "same", where zeros are put around it so that there are ceil(size / stride)
windows; if their number is odd, one more is put at the end. An int stands for as many as there are spatial axes.
`data_format` is by default the setting `image_data_format`. Results are floats, `floatx` of integers.

Raises `ShapeError` for shapes that do not fit, and `ArgumentError` for arguments that make no sense, or strides above 1
together with dilation above 1. The source is `keras.backend` of Keras 2.3, on TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from .. import dims
from .. import shape as rules
from ..dims import Shape
from ..errors import ArgumentError
from ..graph import Node, TensorLike, as_node, build, cast_node, node_of, operands, primitive, wrap
from ..shape import Window
from . import create, shaping
from .elementwise import float_dtype, maximum
from .layout import in_format, normalize_data_format, one_of, per_axis, with_channels_last

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "OutputShape",
    "PerAxis",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "depthwise_conv2d",
    "separable_conv1d",
    "separable_conv2d",
]

#: One number for all spatial axes, or one for each.
PerAxis: TypeAlias = Union[int, Sequence[int]]
OutputShape: TypeAlias = "Sequence[Union[shaping.Size, None]]"


# The primitives: products of an image and a kernel, of which each is linear in both, and of which the gradients are
# the other two. Channels are last; there are two or three spatial axes.


def _conv_rule(x: Shape, kernel: Shape, *, window: Window, depthwise: bool) -> Shape:
    return rules.conv("conv", x, kernel, window, "channels_last", depthwise)


def _conv_grad(g: Tensor, y: Tensor, x: Tensor, kernel: Tensor, *, window: Window, depthwise: bool) -> tuple[Any, Any]:
    return (
        lambda: conv_input_grad(g, kernel, spatial_sizes(x), window, depthwise),
        lambda: conv_kernel_grad(x, g, _kernel_sizes(kernel), window, depthwise),
    )


@primitive(shape=_conv_rule, grad=_conv_grad)
def conv(x: Tensor, kernel: Tensor, window: Window, depthwise: bool = False) -> Tensor:
    """x convolved with (*spatial, in, out); or, if `depthwise`, each channel with (*spatial, in, multiplier)."""
    return build("conv", node_of(x), node_of(kernel), window=window, depthwise=depthwise)


def _input_rule(g: Shape, kernel: Shape, *sizes_: Shape, sizes: Shape, window: Window, depthwise: bool) -> Shape:
    return (g[0], *sizes, kernel[-2])


def _input_grad(
    h: Tensor, y: Tensor, g: Tensor, kernel: Tensor, *vector: Tensor, sizes: Shape, window: Window, depthwise: bool
) -> tuple[Any, ...]:
    return (
        lambda: conv(h, kernel, window, depthwise),
        lambda: conv_kernel_grad(h, g, _kernel_sizes(kernel), window, depthwise),
        *(None for _ in vector),
    )


@primitive(shape=_input_rule, grad=_input_grad)
def conv_input_grad(g: Tensor, kernel: Tensor, sizes: Sequence[Any], window: Window, depthwise: bool = False) -> Tensor:
    """The gradient of `conv` with respect to an image of those spatial sizes, where g is that of the result."""
    return sized_image("conv_input_grad", [g, kernel], sizes, window=window, depthwise=depthwise)


def _kernel_rule(x: Shape, g: Shape, *vector: Shape, sizes: Shape, window: Window, depthwise: bool) -> Shape:
    last = dims.floordiv(g[-1], x[-1]) if depthwise else g[-1]
    return (*sizes, x[-1], last)


def _kernel_grad(
    h: Tensor, y: Tensor, x: Tensor, g: Tensor, *vector: Tensor, sizes: Shape, window: Window, depthwise: bool
) -> tuple[Any, ...]:
    return (
        lambda: conv_input_grad(g, h, spatial_sizes(x), window, depthwise),
        lambda: conv(x, h, window, depthwise),
        *(None for _ in vector),
    )


@primitive(shape=_kernel_rule, grad=_kernel_grad)
def conv_kernel_grad(x: Tensor, g: Tensor, sizes: Sequence[Any], window: Window, depthwise: bool = False) -> Tensor:
    """The gradient of `conv` with respect to a kernel of those spatial sizes, where g is that of the result."""
    return sized_image("conv_kernel_grad", [x, g], sizes, window=window, depthwise=depthwise)


def sized_image(op_name: str, tensors: Sequence[Tensor], sizes: Sequence[Any], **attrs: Any) -> Tensor:
    """Builds an op whose result has those spatial sizes: those that are not all ints are handed on as a vector."""
    static = shaping.static_sizes(sizes)
    nodes = [node_of(t) for t in tensors]
    if not all(isinstance(d, int) for d in static):
        nodes.append(shaping.size_vector(op_name, sizes))
    return build(op_name, *nodes, sizes=static, **attrs)


def spatial_sizes(x: Tensor) -> list[Any]:
    """The spatial sizes of an image, as ints or scalar tensors."""
    return [shaping.dim(x, i) for i in range(1, x.ndim - 1)]


def _kernel_sizes(kernel: Tensor) -> list[Any]:
    return [shaping.dim(kernel, i) for i in range(kernel.ndim - 2)]


# Arguments.


def _window(op_name: str, rank: int, strides: PerAxis, padding: str, dilation_rate: PerAxis) -> Window:
    """The arguments, checked."""
    window = Window(
        per_axis(op_name, "strides", strides, rank),
        one_of(op_name, "padding", padding, ("valid", "same")),
        per_axis(op_name, "dilation_rate", dilation_rate, rank),
    )
    if max(window.strides) > 1 and max(window.dilation) > 1:
        raise ArgumentError(
            f"{op_name}: strides {strides} and dilation_rate {dilation_rate}: only one of them may be above 1"
        )
    return window


def _floats(op_name: str, x: TensorLike, *kernels: TensorLike) -> list[Node]:
    """The operands in their common dtype, as floats."""
    nodes = list(operands(op_name, x, kernels[0]))
    if len(kernels) > 1:
        nodes += [cast_node(as_node(op_name, "kernel", k, like=nodes[0].dtype), nodes[0].dtype) for k in kernels[1:]]
    return [cast_node(n, float_dtype(n.dtype)) for n in nodes]


def _plane(x: Tensor) -> Tensor:
    """(batch, length, channels) as an image of height 1."""
    return shaping.expand_dims(x, 1)


def _flat(window: Window) -> Window:
    """The same for images of height 1."""
    return Window((1, *window.strides), window.padding, (1, *window.dilation))


# The functions.


def conv1d(
    x: TensorLike,
    kernel: TensorLike,
    strides: PerAxis = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = 1,
) -> Tensor:
    """x (batch, length, in) convolved with the kernel (length, in, out).

    `padding` may also be "causal": zeros are put before the start, so that no result depends on what comes after it.
    """
    causal = padding == "causal"
    if not causal:
        one_of("conv1d", "padding", padding, ("valid", "same", "causal"))
    data_format = normalize_data_format("conv1d", data_format)
    window = _window("conv1d", 1, strides, "valid" if causal else padding, dilation_rate)
    a, b = _floats("conv1d", x, kernel)
    # With as many zeros before the start there is room for any kernel.
    rules.conv("conv1d", a.shape, b.shape, window._replace(padding="same") if causal else window, data_format)
    line, filters = with_channels_last(wrap(a), data_format), wrap(b)
    if causal:
        line = _after_zeros(line, (shaping.dim(filters, 0) - 1) * window.dilation[0])
    result = conv(_plane(line), shaping.expand_dims(filters, 0), _flat(window))
    return in_format(shaping.squeeze(result, 1), data_format)


def _after_zeros(x: Tensor, number: Any) -> Tensor:
    """(batch, length, channels) with that many zeros before it."""
    if isinstance(number, int):
        return shaping.pad(x, ((0, 0), (number, 0), (0, 0)))
    zeros = create.zeros([shaping.dim(x, 0), number, shaping.dim(x, 2)], node_of(x).dtype)
    return shaping.concatenate([zeros, x], 1)


def _convolved(
    op_name: str,
    rank: int,
    x: TensorLike,
    kernel: TensorLike,
    strides: PerAxis,
    padding: str,
    data_format: str | None,
    dilation_rate: PerAxis,
    depthwise: bool = False,
) -> Tensor:
    data_format = normalize_data_format(op_name, data_format)
    window = _window(op_name, rank, strides, padding, dilation_rate)
    a, b = _floats(op_name, x, kernel)
    rules.conv(op_name, a.shape, b.shape, window, data_format, depthwise)
    return in_format(conv(with_channels_last(wrap(a), data_format), wrap(b), window, depthwise), data_format)


def conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: PerAxis = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = (1, 1),
) -> Tensor:
    """x (batch, height, width, in) convolved with the kernel (height, width, in, out)."""
    return _convolved("conv2d", 2, x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: TensorLike,
    kernel: TensorLike,
    strides: PerAxis = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = (1, 1, 1),
) -> Tensor:
    """x (batch, depth, height, width, in) convolved with the kernel (depth, height, width, in, out)."""
    return _convolved("conv3d", 3, x, kernel, strides, padding, data_format, dilation_rate)


def depthwise_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    strides: PerAxis = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = (1, 1),
) -> Tensor:
    """Each channel of x (batch, height, width, in) convolved alone, with a kernel (height, width, in, multiplier).

    The result has in * multiplier channels: all that come from the first channel, then all from the second, ...
    """
    return _convolved(
        "depthwise_conv2d", 2, x, depthwise_kernel, strides, padding, data_format, dilation_rate, depthwise=True
    )


def _separable(
    op_name: str,
    rank: int,
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: PerAxis,
    padding: str,
    data_format: str | None,
    dilation_rate: PerAxis,
) -> Tensor:
    data_format = normalize_data_format(op_name, data_format)
    window = _window(op_name, rank, strides, padding, dilation_rate)
    a, b, c = _floats(op_name, x, depthwise_kernel, pointwise_kernel)
    rules.separable_conv(op_name, a.shape, b.shape, c.shape, window, data_format)
    image, depthwise, pointwise = with_channels_last(wrap(a), data_format), wrap(b), wrap(c)
    if rank == 1:
        image, window = _plane(image), _flat(window)
        depthwise, pointwise = shaping.expand_dims(depthwise, 0), shaping.expand_dims(pointwise, 0)
    between = conv(image, depthwise, window, depthwise=True)
    result = conv(between, pointwise, Window((1, 1), "valid", (1, 1)))
    return in_format(shaping.squeeze(result, 1) if rank == 1 else result, data_format)


def separable_conv1d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: PerAxis = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = 1,
) -> Tensor:
    """Each channel of x (batch, length, in) convolved alone, and then all of them mixed at each position.

    The kernels are (length, in, multiplier) and (1, in * multiplier, out).
    """
    return _separable(
        "separable_conv1d", 1, x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


def separable_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: PerAxis = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = (1, 1),
) -> Tensor:
    """Each channel of x (batch, height, width, in) convolved alone, and then all of them mixed at each position.

    The kernels are (height, width, in, multiplier) and (1, 1, in * multiplier, out).
    """
    return _separable(
        "separable_conv2d", 2, x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


# Transposed convolutions: the gradients of convolutions.


def _transposed(
    op_name: str,
    rank: int,
    x: TensorLike,
    kernel: TensorLike,
    output_shape: OutputShape,
    strides: PerAxis,
    padding: str,
    data_format: str | None,
    dilation_rate: PerAxis,
) -> Tensor:
    data_format = normalize_data_format(op_name, data_format)
    window = _window(op_name, rank, strides, padding, dilation_rate)
    a, b = _floats(op_name, x, kernel)
    wanted = _sizes(op_name, output_shape)
    static = shaping.static_sizes(wanted)
    result = rules.channels_last(
        rules.conv_transpose(op_name, a.shape, b.shape, static, window, data_format), data_format
    )
    image, filters = with_channels_last(wrap(a), data_format), wrap(b)
    first = 1 if data_format == "channels_last" else 2
    sizes = [
        known if isinstance(known, int) else _usual_size(image, filters, window, axis) if given is None else given
        for axis, (given, known) in enumerate(zip(wanted[first : first + rank], result[1:-1]))
    ]
    return in_format(conv_input_grad(image, filters, sizes, window), data_format)


def _sizes(op_name: str, output_shape: OutputShape) -> list[Any]:
    """The sizes as ints, polynomials, scalar tensors and None."""
    if isinstance(output_shape, (list, tuple)):
        return [None if size is None else shaping.size_list(op_name, size)[0] for size in output_shape]
    return shaping.size_list(op_name, output_shape)  # type: ignore[arg-type]  # a tensor, though it is not declared


def _usual_size(x: Tensor, kernel: Tensor, window: Window, axis: int) -> Any:
    """The size of a spatial axis of the result that Keras's layers take: `rules.transposed_length` at run time."""
    stride, dilation = window.strides[axis], window.dilation[axis]
    longest = shaping.dim(x, axis + 1) * stride
    if window.padding == "same":
        return longest
    excess = (shaping.dim(kernel, axis) - 1) * dilation + 1 - stride
    return longest + (max(excess, 0) if isinstance(excess, int) else maximum(excess, 0))


def conv2d_transpose(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: OutputShape,
    strides: PerAxis = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: PerAxis = (1, 1),
) -> Tensor:
    """The gradient of `conv2d` with respect to an image of `output_shape`, whose result's gradient is x.

    The kernel is (height, width, out, in).

    Args:
        output_shape: the result's, with batch and channels, in `data_format`: ints, scalar tensors, or None for what
            follows: the batch of x, the channels of the kernel, and where the strides leave a choice,
            size * stride + max(kernel - stride, 0) (with "same": size * stride).

    Raises:
        ShapeError: no image of `output_shape` has that many windows; the message says which have.
    """
    return _transposed("conv2d_transpose", 2, x, kernel, output_shape, strides, padding, data_format, dilation_rate)


def conv3d_transpose(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: OutputShape,
    strides: PerAxis = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The same as `conv2d_transpose` in three dimensions. The kernel is (depth, height, width, out, in)."""
    return _transposed("conv3d_transpose", 3, x, kernel, output_shape, strides, padding, data_format, 1)
