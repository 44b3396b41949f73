"""Rows of the table of `keras.backend`: convolutions, pools and what else knows channels. Oracles have them last."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from keras_row import Arg, Array, K, Row, row

LINE: Final = Arg(("n", 6, 2), image=True)
IMAGE: Final = Arg(("n", 5, 4, 2), image=True)
VOLUME: Final = Arg(("n", 3, 4, 3, 2), image=True)
#: By the number of spatial axes.
_RANKS: Final = {1: LINE, 2: IMAGE, 3: VOLUME}

#: What is computed in floats.
_BOTH: Final[dict[str, Any]] = {"kinds": "fi", "result": "float"}


# ---- What they mean --------------------------------------------------------------------------------


def _each(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _margins(size: int, own: int, stride: int, padding: str, dilation: int) -> tuple[int, int]:
    """How many zeros `padding` puts before and after an axis."""
    reach = (own - 1) * dilation
    if padding == "causal":
        return reach, 0
    missing = max((-(-size // stride) - 1) * stride + reach + 1 - size, 0) if padding == "same" else 0
    return missing // 2, missing - missing // 2


class _Windows:
    """Where the windows on an image of spatial `sizes` are, and the zeros around it."""

    def __init__(self, sizes: Sequence[int], own: Sequence[int], strides: Any, padding: str, dilation: Any = 1) -> None:
        rank = len(own)
        self.own, self.strides, self.dilation = own, _each(strides, rank), _each(dilation, rank)
        axes = list(zip(sizes, own, self.strides, [padding] * rank, self.dilation))
        around = [_margins(*axis) for axis in axes]
        self.around = [(0, 0), *around, (0, 0)]
        self.counts = [
            (n + before + after - (k - 1) * d - 1) // s + 1 for (n, k, s, _, d), (before, after) in zip(axes, around)
        ]

    def padded(self, x: Array, value: float = 0.0) -> Array:
        """The image with its margins."""
        return np.pad(x, self.around, constant_values=value)

    def inside(self, x: Array) -> Array:
        """A padded image without its margins."""
        found: Array = x[tuple(slice(before, x.shape[i] - after) for i, (before, after) in enumerate(self.around))]
        return found

    def taps(self) -> Iterator[tuple[tuple[int, ...], Any]]:
        """Each place in a window, and where it is in the padded image for all windows."""
        for tap in itertools.product(*map(range, self.own)):
            places = zip(tap, self.counts, self.strides, self.dilation)
            yield tap, (slice(None), *(slice(t * d, t * d + (count - 1) * s + 1, s) for t, count, s, d in places))


def _conv(x: Array, kernel: Array, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1) -> Array:
    windows = _Windows(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate)
    image = windows.padded(x)
    return np.asarray(sum(image[at] @ kernel[tap] for tap, at in windows.taps()))


def _depthwise(x: Array, kernel: Array, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1) -> Array:
    windows = _Windows(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate)
    image = windows.padded(x)
    found = np.asarray(sum(image[at][..., None] * kernel[tap] for tap, at in windows.taps()))
    return found.reshape(*found.shape[:-2], -1)


def _separable(x: Array, depthwise: Array, pointwise: Array, **options: Any) -> Array:
    return np.asarray(_depthwise(x, depthwise, **options) @ pointwise.reshape(pointwise.shape[-2:]))


def _transposed(x: Array, kernel: Array, sizes: Sequence[int], strides: Any = 1, padding: str = "valid",
                dilation_rate: Any = 1) -> Array:  # fmt: skip
    """Each element of x spreads the kernel (*spatial, out, in) over what its window would have been."""
    windows = _Windows(sizes, kernel.shape[:-2], strides, padding, dilation_rate)
    spread = windows.padded(np.zeros((len(x), *sizes, kernel.shape[-2])))
    for tap, at in windows.taps():
        spread[at] += x @ kernel[tap].T
    return windows.inside(spread)


def _pool(x: Array, pool_size: Any, strides: Any = 1, padding: str = "valid", pool_mode: str = "max") -> Array:
    windows = _Windows(x.shape[1:-1], _each(pool_size, x.ndim - 2), strides, padding)
    if pool_mode == "max":
        image = windows.padded(x.astype(np.float64), -np.inf)
        return np.asarray(np.max([image[at] for _, at in windows.taps()], axis=0))
    sums, numbers = (sum(part[at] for _, at in windows.taps()) for part in map(windows.padded, (x, np.ones_like(x))))
    return np.asarray(sums / numbers)


def _local(x: Array, kernel: Array, own: Any, strides: Any) -> Array:
    windows = _Windows(x.shape[1:-1], own, strides, "valid")
    elements = np.concatenate([x[at] for _, at in windows.taps()], -1)
    flat = elements.reshape(len(x), -1, elements.shape[-1])
    found: Array = np.stack([flat[:, i] @ matrix for i, matrix in enumerate(kernel)], 1)
    return found.reshape(len(x), *windows.counts, -1)


def _bilinear(x: Array, axis: int, factor: int) -> Any:
    """Position i lies at i / factor of the old axis, whose last element goes on for ever."""
    size = x.shape[axis]
    weights = np.zeros((size * factor, size))
    for i in range(size * factor):
        below, way = divmod(i, factor)
        weights[i, below] += 1 - way / factor
        weights[i, min(below + 1, size - 1)] += way / factor
    return np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)


# ---- Convolutions ----------------------------------------------------------------------------------

#: Strides, padding and dilation by rank.
_WAYS: Final[dict[int, Sequence[dict[str, Any]]]] = {
    1: (
        {},
        {"strides": 2, "padding": "same"},
        {"padding": "causal", "dilation_rate": 2},
        {"padding": "same", "dilation_rate": 2},
    ),
    2: (
        {},
        {"strides": (2, 1)},
        {"strides": (2, 2), "padding": "same"},
        {"dilation_rate": (2, 1), "padding": "same"},
        {"dilation_rate": (1, 2)},
    ),
    3: ({}, {"strides": (1, 2, 2), "padding": "same"}, {"dilation_rate": (1, 2, 1)}),
}


def _convolutions() -> Iterator[Row]:
    for rank, ways in _WAYS.items():
        kernel = Arg((*(3, 2, 2)[:rank], 2, 3))
        for options in ways:
            yield row(f"conv{rank}d", _conv, _RANKS[rank], kernel, tolerance=3.0, **_BOTH, **options)
    for options in (*_WAYS[2][:2], {"strides": (2, 2), "padding": "same"}, {"dilation_rate": (2, 1)}):
        kernel = Arg((2, 3, 2, 2))
        yield row("depthwise_conv2d", _depthwise, IMAGE, kernel, tolerance=3.0, **_BOTH, **options)
        # TensorFlow's strides of a depthwise convolution must be equal, ktensor's not.
        yield row("separable_conv2d", _separable, IMAGE, kernel, Arg((1, 1, 4, 3)), tolerance=4.0, **_BOTH, **options)
    for options in ({}, {"strides": 2, "padding": "same"}, {"padding": "same", "dilation_rate": 2}):
        yield row(
            "separable_conv1d", _separable, LINE, Arg((3, 2, 2)), Arg((1, 4, 3)), tolerance=4.0, **_BOTH, **options
        )
    for rate in (1, 2):
        yield row(
            "atrous_conv2d", lambda x, k, rate: _conv(x, k, dilation_rate=rate), IMAGE, Arg((2, 2, 2, 3)),
            rate=rate, **_BOTH,
            call=lambda x, k, rate, data_format: K.atrous_conv2d(
                x, _old_kernel(k, data_format), rate, dim_ordering=_ORDERINGS[data_format]
            ),
            tolerance=3.0,
        )  # fmt: skip


_ORDERINGS: Final = {"channels_last": "tf", "channels_first": "th", None: "default"}


def _old_kernel(kernel: Any, data_format: str | None) -> Any:
    """A kernel (rows, columns, in, out) as Keras 1 had it: it follows the layout."""
    layout = data_format or K.image_data_format()
    return K.permute_dimensions(kernel, (3, 2, 0, 1)) if layout == "channels_first" else kernel


#: The result's sizes, strides, padding and dilation.
_BACK: Final[Sequence[tuple[tuple[int, int], dict[str, Any]]]] = (
    ((6, 6), {}),
    ((11, 6), {"strides": (2, 1)}),
    ((9, 8), {"strides": (2, 2), "padding": "same"}),
    ((7, 6), {"dilation_rate": (2, 1)}),
)


def _output_shape(sizes: Sequence[int], data_format: str | None) -> tuple[int | None, ...]:
    layout = data_format or K.image_data_format()
    return (None, 3, *sizes) if layout == "channels_first" else (None, *sizes, 3)


def _transposes() -> Iterator[Row]:
    for sizes, options in _BACK:
        yield row(
            "conv2d_transpose", lambda x, k, sizes=sizes, **o: _transposed(x, k, sizes, **o), IMAGE,
            Arg((2, 3, 3, 2)), label=f"to-{sizes}", tolerance=3.0, **_BOTH, **options,
            call=lambda x, k, data_format, sizes=sizes, **o: K.conv2d_transpose(
                x, k, _output_shape(sizes, data_format), data_format=data_format, **o
            ),
        )  # fmt: skip
    volumes: Sequence[tuple[tuple[int, ...], dict[str, Any]]] = (
        ((4, 6, 4), {}),
        ((3, 8, 6), {"strides": (1, 2, 2), "padding": "same"}),
    )
    for spatial, options in volumes:
        yield row(
            "conv3d_transpose", lambda x, k, sizes=spatial, **o: _transposed(x, k, sizes, **o), VOLUME,
            Arg((2, 3, 2, 3, 2)), label=f"to-{spatial}", tolerance=3.0, **_BOTH, **options,
            call=lambda x, k, data_format, sizes=spatial, **o: K.conv3d_transpose(
                x, k, _output_shape(sizes, data_format), data_format=data_format, **o
            ),
        )  # fmt: skip
    for sizes, strides, border in (((6, 6), (1, 1), "valid"), ((9, 8), (2, 2), "same")):
        yield row(
            "deconv2d",
            lambda x, k, sizes=sizes, strides=strides, border=border: _transposed(
                x, k.swapaxes(2, 3), sizes, strides, border
            ),
            IMAGE, Arg((2, 3, 2, 3)), label=f"to-{sizes}", tolerance=3.0, **_BOTH,
            call=lambda x, k, data_format, sizes=sizes, strides=strides, border=border: K.deconv2d(
                x, _old_kernel(k, data_format), _output_shape(sizes, data_format), strides, border,
                _ORDERINGS[data_format],
            ),
        )  # fmt: skip


def _locals() -> Iterator[Row]:
    for size, stride, count in ((2, 1, 5), (3, 2, 2)):
        yield row(
            "local_conv1d", lambda x, k, kernel_size, strides: _local(x, k, kernel_size, strides), LINE,
            Arg((count, size * 2, 3)), **_BOTH, kernel_size=(size,), strides=(stride,), heeds=False, tolerance=3.0,
            call=lambda x, k, data_format, **o: K.local_conv1d(
                x, _local_kernel(k, 2, data_format), data_format=data_format, **o
            ),
        )  # fmt: skip
    for own, strides, counts in (((2, 2), (1, 1), (4, 3)), ((3, 2), (2, 2), (2, 2))):
        yield row(
            "local_conv2d", lambda x, k, kernel_size, strides, output_shape: _local(x, k, kernel_size, strides), IMAGE,
            Arg((counts[0] * counts[1], own[0] * own[1] * 2, 3)), kernel_size=own, strides=strides,
            output_shape=counts, tolerance=3.0, **_BOTH,
            call=lambda x, k, data_format, **o: K.local_conv2d(
                x, _local_kernel(k, 2, data_format), data_format=data_format, **o
            ),
        )  # fmt: skip


def _local_kernel(kernel: Any, channels: int, data_format: str | None) -> Any:
    """Of channels_first a window's elements stand in the order (in, *spatial), not (*spatial, in)."""
    if (data_format or K.image_data_format()) == "channels_last":
        return kernel
    turned = K.reshape(kernel, (K.shape(kernel)[0], -1, channels, K.shape(kernel)[2]))
    return K.reshape(K.permute_dimensions(turned, (0, 2, 1, 3)), K.shape(kernel))


# ---- Pools, sizes, margins -------------------------------------------------------------------------


def _pools() -> Iterator[Row]:
    planes: Sequence[dict[str, Any]] = (
        {"pool_size": (2, 2)},
        {"pool_size": (2, 3), "strides": (2, 1), "padding": "same"},
        {"pool_size": (3, 2), "strides": (2, 2)},
    )
    volumes: Sequence[dict[str, Any]] = (
        {"pool_size": (2, 2, 2)},
        {"pool_size": (2, 3, 2), "strides": (1, 2, 2), "padding": "same"},
    )
    for mode in ("max", "avg"):
        for options in planes:
            yield row("pool2d", _pool, IMAGE, pool_mode=mode, **_BOTH, **options)
        for options in volumes:
            yield row("pool3d", _pool, VOLUME, pool_mode=mode, **_BOTH, **options)


def _resized() -> Iterator[Row]:
    for height, width in ((2, 1), (3, 2)):
        options = {"height_factor": height, "width_factor": width}
        yield row(
            "resize_images", lambda x, height_factor, width_factor: x.repeat(height_factor, 1).repeat(width_factor, 2),
            IMAGE, kinds="fi", **options,
        )  # fmt: skip
        yield row(
            "resize_images",
            lambda x, height_factor, width_factor, interpolation: _bilinear(
                _bilinear(x, 1, height_factor), 2, width_factor
            ),
            IMAGE, interpolation="bilinear", **_BOTH, **options,
        )  # fmt: skip
    yield row(
        "resize_volumes",
        lambda x, depth_factor, height_factor, width_factor: (
            x.repeat(depth_factor, 1).repeat(height_factor, 2).repeat(width_factor, 3)
        ),
        VOLUME, kinds="fi", depth_factor=2, height_factor=1, width_factor=3,
    )  # fmt: skip


def _around(x: Array, padding: Any) -> Array:
    """Zeros around, put element by element."""
    pairs = [pair if isinstance(pair, tuple) else (pair, pair) for pair in padding]
    sizes = [n + before + after for n, (before, after) in zip(x.shape[1:], pairs)]
    found = np.zeros((len(x), *sizes, x.shape[-1]), x.dtype)
    own = (slice(None), *(slice(before, before + n) for n, (before, _) in zip(x.shape[1:], pairs)))
    found[own] = x
    return found


def _margined() -> Iterator[Row]:
    for plane in (((1, 1), (1, 1)), ((0, 2), (1, 0)), (2, 1)):
        yield row("spatial_2d_padding", _around, IMAGE, padding=plane, kinds="fib")
    for volume in (((1, 1), (1, 1), (1, 1)), ((0, 2), (1, 0), (0, 0)), (1, 0, 2)):
        yield row("spatial_3d_padding", _around, VOLUME, padding=volume, kinds="fib")
    yield row("spatial_2d_padding", lambda x: _around(x, (1, 1)), IMAGE, kinds="fib")
    yield row("spatial_3d_padding", lambda x: _around(x, (1, 1, 1)), VOLUME, kinds="fib")
    for pads in ((1, 1, 1, 1), (0, 2, 1, 3)):
        yield row(
            "asymmetric_spatial_2d_padding", lambda x, pads=pads: _around(x, (pads[:2], pads[2:])), IMAGE, kinds="fib",
            label=f"{pads}", call=lambda x, data_format, pads=pads: K.asymmetric_spatial_2d_padding(
                x, *pads, dim_ordering=_ORDERINGS[data_format]
            ),
        )  # fmt: skip


def _biases() -> Iterator[Row]:
    add: Callable[[Array, Array], Any] = lambda x, bias: x + bias  # noqa: E731
    for image in (LINE, IMAGE, VOLUME):
        yield row("bias_add", add, image, Arg((2,)), kinds="fi", result="number")
    # A bias for each place is (*spatial, channels) whatever the layout, but its elements are in the layout's order.
    yield row(
        "bias_add", add, IMAGE, Arg((5, 4, 2)), kinds="fi", result="number",
        call=lambda x, bias, data_format: K.bias_add(x, _ordered(bias, data_format), data_format),
    )  # fmt: skip
    yield row("bias_add", add, Arg(("n", 4)), Arg((4,)), kinds="fi", result="number")


def _ordered(bias: Any, data_format: str | None) -> Any:
    if (data_format or K.image_data_format()) == "channels_last":
        return bias
    return K.reshape(K.permute_dimensions(bias, (2, 0, 1)), K.shape(bias))


def rows() -> Iterator[Row]:
    """All of them."""
    for part in (_convolutions, _transposes, _locals, _pools, _resized, _margined, _biases):
        yield from part()
