"""Convolutions and pools: compiled, Theano's convolutions in C; all else by the NumPy engine's functions.

Theano's images are (batch, channels, *spatial), its kernels (out, in, *spatial), and it puts as many zeros before an
image as after it. So images are turned and padded here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import theano.tensor as tt
from theano.tensor.nnet import abstract_conv

from ...graph import Node
from .. import windows
from ..base import Lowering
from .lowerings import Symbolic, by_numpy

__all__ = ["COMPILED_WINDOWS", "WINDOWS"]


def _sized_by_numpy(function: Callable[..., Any], tensors: int, *attrs: str) -> Lowering:
    """A function of that many tensors, of the spatial sizes of its result, known or an input, and of attributes."""
    of_vector, of_known = by_numpy(function, *attrs), by_numpy(function, "sizes", *attrs)
    return lambda node, *handles: (of_vector if len(handles) > tensors else of_known)(node, *handles)


#: By NumPy's functions: how single ops run, and all pools.
WINDOWS: Final[Mapping[str, Lowering]] = {
    "avg_pool": by_numpy(windows.avg_pool, "size", "window"),
    "avg_pool_grad": _sized_by_numpy(windows.avg_pool_grad, 1, "size", "window"),
    "conv": by_numpy(windows.conv, "window", "depthwise"),
    "conv_input_grad": _sized_by_numpy(windows.conv_input_grad, 2, "window", "depthwise"),
    "conv_kernel_grad": _sized_by_numpy(windows.conv_kernel_grad, 2, "window", "depthwise"),
    "max_pool": by_numpy(windows.max_pool, "size", "window"),
    "max_pool_grad": by_numpy(windows.max_pool_grad, "size", "window"),
    "max_pool_pick": by_numpy(windows.max_pool_pick, "size", "window"),
}

_CONV: Final = {2: abstract_conv.AbstractConv2d, 3: abstract_conv.AbstractConv3d}
_INPUT_GRAD: Final = {2: abstract_conv.AbstractConv2d_gradInputs, 3: abstract_conv.AbstractConv3d_gradInputs}
_KERNEL_GRAD: Final = {2: abstract_conv.AbstractConv2d_gradWeights, 3: abstract_conv.AbstractConv3d_gradWeights}


def _op(kinds: Mapping[int, Callable[..., Any]], node: Node) -> Any:
    window = node.attrs["window"]
    return kinds[len(window.strides)](
        border_mode="valid", subsample=window.strides, filter_flip=False, filter_dilation=window.dilation
    )


def _channels_first(x: Symbolic) -> Symbolic:
    return x.dimshuffle(0, x.ndim - 1, *range(1, x.ndim - 1))


def _channels_last(x: Symbolic) -> Symbolic:
    return x.dimshuffle(0, *range(2, x.ndim), 1)


def _filters(kernel: Symbolic) -> Symbolic:
    """(*spatial, in, out) as (out, in, *spatial)."""
    return kernel.dimshuffle(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def _sizes_of(node: Node, x: Symbolic, axes: Sequence[int]) -> list[Any]:
    """The sizes of those axes, as ints where they are known."""
    known = [node.shape[axis] for axis in axes]
    return [n if isinstance(n, int) else x.shape[axis] for n, axis in zip(known, axes)]


def _given_sizes(node: Node, vector: Sequence[Symbolic]) -> list[Any]:
    sizes = node.attrs["sizes"]
    return [vector[0][i] for i in range(len(sizes))] if vector else list(sizes)


class _Margins:
    """The zeros around an image of those spatial sizes."""

    def __init__(self, node: Node, sizes: Sequence[Any], kernel: Sequence[Any]) -> None:
        window = node.attrs["window"]
        self._sizes = sizes
        self._pads: list[tuple[Any, Any]] = [(0, 0)] * len(sizes)
        if window.padding == "same":
            self._pads = [_same_padding(*lies) for lies in zip(sizes, kernel, window.strides, window.dilation)]
        self.around = [size + before + after for size, (before, after) in zip(sizes, self._pads)]

    def _inside(self) -> tuple[slice, ...]:
        starts = [before for before, _ in self._pads]
        return (slice(None), slice(None), *(slice(start, start + n) for start, n in zip(starts, self._sizes)))

    def added(self, x: Symbolic) -> Symbolic:
        """The image with its zeros."""
        if all(isinstance(n, int) and n == 0 for pair in self._pads for n in pair):
            return x
        zero = tt.constant(np.zeros((), x.dtype))
        return tt.set_subtensor(tt.alloc(zero, x.shape[0], x.shape[1], *self.around)[self._inside()], x)

    def taken_off(self, x: Symbolic) -> Symbolic:
        """The image without its zeros."""
        return x[self._inside()]


def _same_padding(size: Any, own: Any, stride: int, dilation: int) -> tuple[Any, Any]:
    reach = (own - 1) * dilation + 1
    if stride == 1:
        total = reach - 1
    elif isinstance(size, int) and isinstance(reach, int):
        return windows.same_padding(size, reach, stride)
    else:
        total = tt.maximum(((size + stride - 1) // stride - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _conv(node: Node, x: Symbolic, kernel: Symbolic) -> Symbolic:
    if node.attrs["depthwise"]:
        return WINDOWS["conv"](node, x, kernel)
    spatial = range(len(node.attrs["window"].strides))
    sizes = _sizes_of(node.inputs[0], x, [axis + 1 for axis in spatial])
    margins = _Margins(node, sizes, _sizes_of(node.inputs[1], kernel, spatial))
    return _channels_last(_op(_CONV, node)(margins.added(_channels_first(x)), _filters(kernel)))


def _conv_input_grad(node: Node, g: Symbolic, kernel: Symbolic, *vector: Symbolic) -> Symbolic:
    if node.attrs["depthwise"]:
        return WINDOWS["conv_input_grad"](node, g, kernel, *vector)
    sizes = _given_sizes(node, vector)
    margins = _Margins(node, sizes, _sizes_of(node.inputs[1], kernel, range(len(sizes))))
    shape = tt.stack([tt.cast(tt.as_tensor_variable(n), "int64") for n in margins.around])
    return _channels_last(margins.taken_off(_op(_INPUT_GRAD, node)(_filters(kernel), _channels_first(g), shape)))


def _conv_kernel_grad(node: Node, x: Symbolic, g: Symbolic, *vector: Symbolic) -> Symbolic:
    if node.attrs["depthwise"]:
        return WINDOWS["conv_kernel_grad"](node, x, g, *vector)
    own = _given_sizes(node, vector)
    margins = _Margins(node, _sizes_of(node.inputs[0], x, [axis + 1 for axis in range(len(own))]), own)
    shape = tt.stack([tt.cast(tt.as_tensor_variable(n), "int64") for n in own])
    filters = _op(_KERNEL_GRAD, node)(margins.added(_channels_first(x)), _channels_first(g), shape)
    return filters.dimshuffle(*range(2, filters.ndim), 1, 0)


#: In graphs of Theano's.
COMPILED_WINDOWS: Final[Mapping[str, Lowering]] = {
    **WINDOWS,
    "conv": _conv,
    "conv_input_grad": _conv_input_grad,
    "conv_kernel_grad": _conv_kernel_grad,
}
