"""Convolutions and pools as TensorFlow has them, and what its kernels for the CPU lack, made of what they have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from ...shape import Window
from ..base import Lowering
from .lowerings import Handle, _cast, _dims, _int64, _int64s, _select, _shape, _strided, known, made_by, raw, tf

if TYPE_CHECKING:
    from ...graph import Node

__all__ = ["WINDOWS", "XLA_WINDOWS"]

#: An int, or a scalar int64 tensor.
Size: TypeAlias = Any


def _sizes32(sizes: Sequence[Size]) -> Handle:
    """A shape as the kernels take it."""
    if any(map(tf.is_tensor, sizes)):
        return _cast(_int64s(sizes), "int32")
    return known(tuple(sizes))


def _given_sizes(node: Node, vector: Sequence[Handle]) -> list[Size]:
    """The spatial sizes of the result."""
    sizes = node.attrs["sizes"]
    return list(raw.Unpack(value=vector[0], num=len(sizes))) if vector else list(sizes)


def _in_float32(lower: Lowering) -> Lowering:
    """float16 is computed in float32: it is summed up, and most processors have no arithmetic for it."""

    def widened(node: Node, *handles: Handle) -> Handle:
        if node.dtype.name != "float16":
            return lower(node, *handles)
        wide = [_cast(h, "float32") if h.dtype == "float16" else h for h in handles]
        return _cast(lower(node, *wide), "float16")

    return widened


# ---- Convolutions ----------------------------------------------------------------------------------


class _Product:
    """A convolution and its two gradients, as three kernels of TensorFlow's."""

    def __init__(self, conv: str, input_grad: str, kernel_grad: str) -> None:
        self._conv, self._input_grad, self._kernel_grad = (getattr(raw, n) for n in (conv, input_grad, kernel_grad))

    def conv(self, x: Handle, kernel: Handle, window: Window) -> Handle:
        return self._conv(input=x, filter=kernel, **_options(window))

    def input_grad(self, g: Handle, kernel: Handle, sizes: Sequence[Size], window: Window) -> Handle:
        shape = [_dims(g)[0], *sizes, _dims(kernel)[-2]]
        return self._input_grad(input_sizes=_sizes32(shape), filter=kernel, out_backprop=g, **_options(window))

    def kernel_grad(self, x: Handle, g: Handle, shape: Sequence[Size], window: Window) -> Handle:
        result = self._kernel_grad(input=x, filter_sizes=_sizes32(shape), out_backprop=g, **_options(window))
        samples = _dims(x)[0]
        if self is not _CHANNELS or (isinstance(samples, int) and samples):
            return result
        # Of no samples the kernel for single channels leaves the result as the memory was.
        return _select(raw.Greater(x=_int64(samples), y=_int64(0)), result, raw.ZerosLike(x=result))


def _options(window: Window) -> Mapping[str, Any]:
    return {
        "strides": [1, *window.strides, 1],
        "padding": window.padding.upper(),
        "dilations": [1, *window.dilation, 1],
    }


_PLANES: Final = _Product("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")
_VOLUMES: Final = _Product("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2")
_CHANNELS: Final = _Product(
    "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter"
)


class _Dilated:
    """The same with dilation, of which the kernels know nothing: an image for each of the phases of its elements.

    In an image of each n-th element, what was n apart is side by side. There are no strides then.
    """

    def __init__(self, product: _Product, sizes: Sequence[Size], kernel: Sequence[Size], window: Window) -> None:
        self._product = product
        self._block = list(window.dilation)
        self._plain = Window(window.strides, "valid", (1,) * len(sizes))
        around = [(n - 1) * d if window.padding == "same" else 0 for n, d in zip(kernel, window.dilation)]
        self._before = [n // 2 for n in around]
        whole = [size + n for size, n in zip(sizes, around)]
        #: So many elements are missing at the end for all phases to have the same number.
        self._rest = [-n % d for n, d in zip(whole, self._block)]
        self._after = [n - before + rest for n, before, rest in zip(around, self._before, self._rest)]
        self._phase = [(n + rest) // d for n, rest, d in zip(whole, self._rest, self._block)]

    def conv(self, x: Handle, kernel: Handle) -> Handle:
        return self._from_phases(self._product.conv(self._image(x), kernel, self._plain))

    def input_grad(self, g: Handle, kernel: Handle) -> Handle:
        phases = self._product.input_grad(self._result(g), kernel, self._phase, self._plain)
        return raw.BatchToSpaceND(input=phases, block_shape=self._block, crops=_pairs(self._before, self._after))

    def kernel_grad(self, x: Handle, g: Handle, shape: Sequence[Size]) -> Handle:
        return self._product.kernel_grad(self._image(x), self._result(g), shape, self._plain)

    def _image(self, x: Handle) -> Handle:
        return raw.SpaceToBatchND(input=x, block_shape=self._block, paddings=_pairs(self._before, self._after))

    def _result(self, g: Handle) -> Handle:
        return raw.SpaceToBatchND(input=g, block_shape=self._block, paddings=_pairs([0] * len(self._rest), self._rest))

    def _from_phases(self, y: Handle) -> Handle:
        return raw.BatchToSpaceND(input=y, block_shape=self._block, crops=_pairs([0] * len(self._rest), self._rest))


def _pairs(before: Sequence[Size], after: Sequence[Size]) -> Handle:
    flat = [size for pair in zip(before, after) for size in pair]
    return raw.Reshape(tensor=_int64s(flat), shape=known((len(before), 2)))


class _Strided:
    """Strides that differ, which the kernels for single channels do not take: a part of what stride 1 gives."""

    def __init__(self, sizes: Sequence[Size], kernel: Sequence[Size], window: Window) -> None:
        self._plain = Window((1, 1), window.padding, window.dilation)
        same = window.padding == "same"
        starts = [_first(*lies) if same else 0 for lies in zip(sizes, kernel, window.strides)]
        self._slices = _strided(((None, None, 1), *(("?", None, s) for s in window.strides), (None, None, 1)), starts)
        self._counts = list(sizes) if same else [size - own + 1 for size, own in zip(sizes, kernel)]

    def conv(self, x: Handle, kernel: Handle) -> Handle:
        return raw.StridedSlice(input=_CHANNELS.conv(x, kernel, self._plain), **self._slices)

    def input_grad(self, g: Handle, kernel: Handle, sizes: Sequence[Size]) -> Handle:
        return _CHANNELS.input_grad(self._spread(g), kernel, sizes, self._plain)

    def kernel_grad(self, x: Handle, g: Handle, shape: Sequence[Size]) -> Handle:
        return _CHANNELS.kernel_grad(x, self._spread(g), shape, self._plain)

    def _spread(self, g: Handle) -> Handle:
        batch, *_, channels = _dims(g)
        return raw.StridedSliceGrad(shape=_int64s([batch, *self._counts, channels]), dy=g, **self._slices)


def _first(size: Size, own: Size, stride: int) -> Size:
    """Where the first window of "same" with that stride lies, among those with stride 1."""
    return (own - 1) // 2 - _around(size, own, stride) // 2


def _around(size: Size, own: Size, stride: int) -> Size:
    """How many zeros "same" puts around an axis."""
    total = (-(-size // stride) - 1) * stride + own - size
    return tf.maximum(total, 0) if tf.is_tensor(total) else max(total, 0)


def _product(node: Node) -> _Product:
    if node.attrs["depthwise"]:
        return _CHANNELS
    return _PLANES if len(node.attrs["window"].strides) == 2 else _VOLUMES


def _is_dilated(node: Node) -> bool:
    window: Window = node.attrs["window"]
    return max(window.dilation) > 1


def _is_uneven(node: Node) -> bool:
    window: Window = node.attrs["window"]
    return bool(node.attrs["depthwise"]) and len(set(window.strides)) > 1


def conv(node: Node, x: Handle, kernel: Handle) -> Handle:
    product, window = _product(node), node.attrs["window"]
    lies = (_dims(x)[1:-1], _dims(kernel)[:-2], window)
    if _is_dilated(node) and product is not _PLANES:
        return _Dilated(product, *lies).conv(x, kernel)
    if _is_uneven(node):
        return _Strided(*lies).conv(x, kernel)
    return product.conv(x, kernel, window)


def conv_input_grad(node: Node, g: Handle, kernel: Handle, *vector: Handle) -> Handle:
    product, window = _product(node), node.attrs["window"]
    sizes = _given_sizes(node, vector)
    lies = (sizes, _dims(kernel)[:-2], window)
    if _is_dilated(node):
        return _Dilated(product, *lies).input_grad(g, kernel)
    if _is_uneven(node):
        return _Strided(*lies).input_grad(g, kernel, sizes)
    return product.input_grad(g, kernel, sizes, window)


def conv_kernel_grad(node: Node, x: Handle, g: Handle, *vector: Handle) -> Handle:
    product, window = _product(node), node.attrs["window"]
    sizes, channels = _given_sizes(node, vector), _dims(x)[-1]
    out = _dims(g)[-1]
    shape = [*sizes, channels, out // channels if node.attrs["depthwise"] else out]
    lies = (_dims(x)[1:-1], sizes, window)
    if _is_dilated(node):
        return _Dilated(product, *lies).kernel_grad(x, g, shape)
    if _is_uneven(node):
        return _Strided(*lies).kernel_grad(x, g, shape)
    return product.kernel_grad(x, g, shape, window)


# ---- Pools -----------------------------------------------------------------------------------------


def _pool_options(node: Node) -> Mapping[str, Any]:
    window = node.attrs["window"]
    return {
        "ksize": [1, *node.attrs["size"], 1],
        "strides": [1, *window.strides, 1],
        "padding": window.padding.upper(),
    }


#: Ops that never give -inf.
_BOUNDED: Final = frozenset(("abs", "exp", "relu", "sigmoid", "softmax", "softplus", "square", "tanh"))


def _may_be_infinite(node: Node) -> bool:
    """True unless no element can be -inf."""
    while node.op.name in ("reshape", "transpose"):
        node = node.inputs[0]
    return node.op.name not in _BOUNDED


def max_pool(node: Node, x: Handle) -> Handle:
    result = raw.MaxPool(input=x, **_pool_options(node))
    if not _may_be_infinite(node.inputs[0]):
        return result
    # Of windows that hold nothing but -inf it is the least finite number.
    least = tf.constant(np.finfo(node.dtype.name).min, result.dtype)
    return _select(raw.Greater(x=result, y=least), result, tf.constant(-math.inf, result.dtype))


def max_pool_grad(node: Node, g: Handle, x: Handle, largest: Handle) -> Handle:
    maker = made_by(largest)
    if maker is not None and maker.type == "SelectV2":  # the pool's own result, where oneDNN keeps what it knows
        largest = maker.inputs[1]
    return raw.MaxPoolGrad(orig_input=x, orig_output=largest, grad=g, **_pool_options(node))


class _Taps:
    """The places in a pool's windows, one after the other, and what of an image lies there, window by window."""

    def __init__(self, node: Node, x: Handle, largest: Handle) -> None:
        window, self._size = node.attrs["window"], node.attrs["size"]
        sizes, self._strides = _dims(x)[1:-1], window.strides
        same = window.padding == "same"
        around = [_around(*lies) if same else 0 for lies in zip(sizes, self._size, self._strides)]
        before = [n // 2 for n in around]
        self._pads = _pairs([0, *before, 0], [0, *(n - b for n, b in zip(around, before)), 0])
        self._counts = _dims(largest)[1:-1]
        self._padded = [size + n for size, n in zip(sizes, around)]
        self._x, self._largest, self._before = x, largest, [0, *before, 0]

    def padded(self, x: Handle, value: float = 0.0) -> Handle:
        """`x` with what lies around it."""
        return raw.PadV2(input=x, paddings=self._pads, constant_values=tf.constant(value, x.dtype))

    def slices(self, place: Sequence[int]) -> Mapping[str, Any]:
        """What lies at a place of the windows, as StridedSlice takes it."""
        stops = [start + count * s for start, count, s in zip(place, self._counts, self._strides)]
        items = [(start, "?", s) for start, s in zip(place, self._strides)]
        return _strided(((None, None, 1), *items, (None, None, 1)), stops)

    def hits(self) -> Iterator[tuple[Mapping[str, Any], Handle]]:
        """For each place what lies there, and where it is the first of the largest elements."""
        padded = self.padded(self._x, -math.inf)
        taken = raw.ZerosLike(x=raw.Equal(x=self._largest, y=self._largest))
        for place in np.ndindex(*self._size):
            slices = self.slices(place)
            hit = raw.Equal(x=raw.StridedSlice(input=padded, **slices), y=self._largest)
            yield slices, raw.LogicalAnd(x=hit, y=raw.LogicalNot(x=taken))
            taken = raw.LogicalOr(x=taken, y=hit)

    def inside(self, padded: Handle) -> Handle:
        """Without what lies around it."""
        return raw.Slice(input=padded, begin=_int64s(self._before), size=_shape(self._x))

    def padded_shape(self) -> Handle:
        """The shape with what lies around it."""
        batch, *_, channels = _dims(self._x)
        return _int64s([batch, *self._padded, channels])


def max_pool_pick(node: Node, h: Handle, x: Handle, largest: Handle) -> Handle:
    # TensorFlow's own kernel for it writes its result over its operand while it still reads that.
    taps = _Taps(node, x, largest)
    padded = taps.padded(h)
    result = zero = raw.ZerosLike(x=largest)
    for slices, hit in taps.hits():
        result = raw.AddV2(x=result, y=_select(hit, raw.StridedSlice(input=padded, **slices), zero))
    return result


def max_pool_grad_by_taps(node: Node, g: Handle, x: Handle, largest: Handle) -> Handle:
    taps = _Taps(node, x, largest)
    shape, zero = taps.padded_shape(), raw.ZerosLike(x=g)
    parts = [raw.StridedSliceGrad(shape=shape, dy=_select(hit, g, zero), **slices) for slices, hit in taps.hits()]
    return taps.inside(raw.AddN(inputs=parts))


def avg_pool(node: Node, x: Handle) -> Handle:
    return raw.AvgPool(value=x, **_pool_options(node))


def avg_pool_grad(node: Node, g: Handle, *vector: Handle) -> Handle:
    batch, *_, channels = _dims(g)
    shape = _sizes32([batch, *_given_sizes(node, vector), channels])
    return raw.AvgPoolGrad(orig_input_shape=shape, grad=g, **_pool_options(node))


WINDOWS: Final[Mapping[str, Lowering]] = {
    "avg_pool": _in_float32(avg_pool),
    "avg_pool_grad": _in_float32(avg_pool_grad),
    "conv": _in_float32(conv),
    "conv_input_grad": _in_float32(conv_input_grad),
    "conv_kernel_grad": _in_float32(conv_kernel_grad),
    "max_pool": max_pool,
    "max_pool_grad": _in_float32(max_pool_grad),
    "max_pool_pick": max_pool_pick,
}

#: Under XLA: its own takes another one than the first of equal elements.
XLA_WINDOWS: Final[Mapping[str, Lowering]] = {"max_pool_grad": _in_float32(max_pool_grad_by_taps)}
