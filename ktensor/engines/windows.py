"""Convolutions and pools of NumPy arrays: the NumPy engine's own, and Theano's where it has none or no compiler.

Images are (batch, *spatial, channels), kernels (*spatial, in, out), of any number of spatial axes. A product of an
image and a kernel is one matrix product of the image's windows, each as a row (known as im2col), some samples at a
time. float16 is computed in float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..shape import Window
from .buffers import empty
from .selecting import select

__all__ = [
    "avg_pool",
    "avg_pool_grad",
    "conv",
    "conv_input_grad",
    "conv_kernel_grad",
    "max_pool",
    "max_pool_grad",
    "max_pool_pick",
    "same_padding",
    "wide",
]

Array: TypeAlias = npt.NDArray[Any]
Slices: TypeAlias = tuple[slice, ...]

#: How many elements the windows that are copied at a time have about: they should stay in the processor's cache.
_AT_ONCE = 2**20


def same_padding(size: int, reach: int, stride: int) -> tuple[int, int]:
    """How many zeros "same" puts before and after an axis, as TensorFlow: the odd one after it."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


class _Grid:
    """Where the windows lie on images of the spatial sizes `sizes`."""

    def __init__(self, sizes: Sequence[int], shape: Sequence[int], window: Window) -> None:
        self.sizes = tuple(map(int, sizes))
        self.shape = tuple(map(int, shape))
        self.strides, self.dilation = window.strides, window.dilation
        self.reach = [(n - 1) * d + 1 for n, d in zip(self.shape, self.dilation)]
        if window.padding == "same":
            self.pads = [same_padding(n, r, s) for n, r, s in zip(self.sizes, self.reach, self.strides)]
        else:
            self.pads = [(0, 0)] * len(self.sizes)
        self.padded = tuple(n + sum(pair) for n, pair in zip(self.sizes, self.pads))
        self.counts = tuple((n - r) // s + 1 for n, r, s in zip(self.padded, self.reach, self.strides))
        self.overlap = any(s < r for s, r in zip(self.strides, self.reach))
        if min(self.counts) < 0:
            raise ValueError(f"windows of {self.shape} do not fit into an image of {self.sizes}")

    def check(self, g: Array) -> None:
        """Raises ValueError unless `g` has one element for each window."""
        if g.shape[1:-1] != self.counts:
            raise ValueError(f"an image of {self.sizes} has {self.counts} windows of {self.shape}, not {g.shape[1:-1]}")

    def inside(self) -> Slices:
        """What is not padding."""
        return (slice(None), *(slice(b, b + n) for n, (b, _) in zip(self.sizes, self.pads)))

    def around(self, x: Array, value: float = 0) -> Array:
        """`x` with its padding."""
        if self.padded == self.sizes:
            return x
        result = empty((len(x), *self.padded, x.shape[-1]), x.dtype)
        result.fill(value)
        result[self.inside()] = x
        return result

    def zeros(self, g: Array, channels: int) -> Array:
        """Zeros, with padding, for as many samples as `g` has."""
        result = empty((len(g), *self.padded, channels), g.dtype)
        result.fill(0)
        return result

    def add(self, padded: Array, tap: Slices, part: Array) -> None:
        """Adds what each window has at a tap to zeros, and to what other windows have added."""
        if self.overlap:
            padded[tap] += part
        else:
            padded[tap] = part

    def taps(self) -> Iterator[tuple[tuple[int, ...], Slices]]:
        """Each place in a window, and what of the padded image lies there, window by window."""
        for place in np.ndindex(*self.shape):
            starts = [p * d for p, d in zip(place, self.dilation)]
            yield place, (slice(None), *(slice(a, a + n * s, s) for a, n, s in zip(starts, self.counts, self.strides)))

    def rows(self, padded: Array) -> Array:
        """All windows of a padded image, each as a row."""
        if padded.shape[-1] == 1:  # a row's elements lie apart; those of a tap side by side
            columns = empty((math.prod(self.shape), len(padded), *self.counts), padded.dtype)
            for column, (_, tap) in zip(columns, self.taps()):
                column[...] = padded[tap][..., 0]
            return columns.reshape(len(columns), len(padded) * math.prod(self.counts)).T
        batch, *steps, last = padded.strides
        between = [n * s for n, s in zip(steps, self.strides)]
        within = [n * d for n, d in zip(steps, self.dilation)]
        view = np.lib.stride_tricks.as_strided(
            padded,
            (len(padded), *self.counts, *self.shape, padded.shape[-1]),
            (batch, *between, *within, last),
            writeable=False,
        )
        result = empty((len(padded) * math.prod(self.counts), math.prod(self.shape) * padded.shape[-1]), padded.dtype)
        result.reshape(view.shape)[...] = view
        return result

    def parts(self, x: Array) -> Iterator[slice]:
        """The samples, so many at a time that their windows are not too much memory."""
        step = max(1, _AT_ONCE // max(1, math.prod(self.counts) * math.prod(self.shape) * x.shape[-1]))
        return (slice(start, start + step) for start in range(0, len(x), step))


def wide(x: Array) -> Array:
    """float16 as float32, in which it is computed; all else as it is."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def conv(x: Array, kernel: Array, window: Window, depthwise: bool) -> Array:
    """`ktensor.ops.conv.conv`."""
    dtype = x.dtype
    x, kernel = wide(x), wide(kernel)
    grid = _Grid(x.shape[1:-1], kernel.shape[:-2], window)
    _check_channels(x, kernel.shape[-2])
    padded = grid.around(x)
    if depthwise:
        result = np.zeros((len(x), *grid.counts, *kernel.shape[-2:]), x.dtype)
        for place, tap in grid.taps():
            result += padded[tap][..., None] * kernel[place]
        return result.reshape(*result.shape[:-2], math.prod(kernel.shape[-2:])).astype(dtype, copy=False)
    result = empty((len(x), *grid.counts, kernel.shape[-1]), x.dtype)
    matrix = kernel.reshape(math.prod(kernel.shape[:-1]), kernel.shape[-1])
    for part in grid.parts(x):
        rows = grid.rows(padded[part])
        np.matmul(rows, matrix, out=result[part].reshape(len(rows), matrix.shape[1]))
    return result.astype(dtype, copy=False)


def conv_input_grad(g: Array, kernel: Array, sizes: Sequence[int], window: Window, depthwise: bool) -> Array:
    """`ktensor.ops.conv.conv_input_grad`."""
    dtype = g.dtype
    g, kernel = wide(g), wide(kernel)
    grid = _Grid(sizes, kernel.shape[:-2], window)
    grid.check(g)
    channels = kernel.shape[-2]
    result = grid.zeros(g, channels)
    if depthwise:
        _check_channels(g, channels * kernel.shape[-1])
        several = g.reshape(*g.shape[:-1], *kernel.shape[-2:])
        for place, tap in grid.taps():
            grid.add(result, tap, (several * kernel[place]).sum(-1))
    else:
        _check_channels(g, kernel.shape[-1])
        rows = g.reshape(len(g) * math.prod(grid.counts), g.shape[-1])
        for place, tap in grid.taps():
            grid.add(result, tap, (rows @ kernel[place].T).reshape(*g.shape[:-1], channels))
    return result[grid.inside()].astype(dtype, copy=False)


def conv_kernel_grad(x: Array, g: Array, sizes: Sequence[int], window: Window, depthwise: bool) -> Array:
    """`ktensor.ops.conv.conv_kernel_grad`."""
    dtype = x.dtype
    x, g = wide(x), wide(g)
    grid = _Grid(x.shape[1:-1], sizes, window)
    grid.check(g)
    padded, channels = grid.around(x), x.shape[-1]
    if depthwise:
        multiplier = g.shape[-1] // channels
        several = g.reshape(len(g) * math.prod(grid.counts), channels, multiplier)
        result = np.empty((*grid.shape, channels, multiplier), x.dtype)
        for place, tap in grid.taps():
            result[place] = np.einsum("nc,ncm->cm", padded[tap].reshape(len(several), channels), several)
        return result.astype(dtype, copy=False)
    matrix = np.zeros((math.prod(grid.shape) * channels, g.shape[-1]), x.dtype)
    for part in grid.parts(x):
        rows = grid.rows(padded[part])
        matrix += rows.T @ g[part].reshape(len(rows), g.shape[-1])
    return matrix.reshape(*grid.shape, channels, g.shape[-1]).astype(dtype, copy=False)


def _check_channels(x: Array, channels: int) -> None:
    if x.shape[-1] != channels:
        raise ValueError(f"an image of {x.shape[-1]} channels, and a kernel for {channels}")


# Pools.


def max_pool(x: Array, size: Sequence[int], window: Window) -> Array:
    """`ktensor.ops.pool.max_pool`."""
    grid = _Grid(x.shape[1:-1], size, window)
    padded = grid.around(x, -np.inf)
    result = np.full((len(x), *grid.counts, x.shape[-1]), -np.inf, x.dtype)
    for _, tap in grid.taps():
        np.maximum(result, padded[tap], out=result)
    return result


def _hits(grid: _Grid, x: Array, largest: Array) -> Iterator[tuple[Slices, Array]]:
    """For each place in a window what lies there, and where it is the first of the largest elements."""
    padded = grid.around(x, -np.inf)
    free = np.ones(largest.shape, bool)
    for _, tap in grid.taps():
        hit = padded[tap] == largest
        hit &= free
        free ^= hit
        yield tap, hit


def max_pool_grad(g: Array, x: Array, largest: Array, size: Sequence[int], window: Window) -> Array:
    """`ktensor.ops.pool.max_pool_grad`."""
    dtype = g.dtype
    g = wide(g)
    grid = _Grid(x.shape[1:-1], size, window)
    result = grid.zeros(g, x.shape[-1])
    for tap, hit in _hits(grid, x, largest):
        grid.add(result, tap, select(hit, g, g.dtype.type(0)))  # many times as fast as np.add(..., where=hit)
    return result[grid.inside()].astype(dtype, copy=False)


def max_pool_pick(h: Array, x: Array, largest: Array, size: Sequence[int], window: Window) -> Array:
    """`ktensor.ops.pool.max_pool_pick`."""
    grid = _Grid(x.shape[1:-1], size, window)
    padded = grid.around(h)
    result = np.zeros(largest.shape, h.dtype)
    for tap, hit in _hits(grid, x, largest):
        result = select(hit, padded[tap], result)
    return result


def _elements(grid: _Grid, dtype: Any) -> Array:
    """How many elements inside the image each window has, to be stretched over samples and channels."""
    result = np.ones((), dtype)
    for size, own, stride, count, (before, _) in zip(grid.sizes, grid.shape, grid.strides, grid.counts, grid.pads):
        starts = np.arange(count) * stride - before
        result = result[..., None] * (np.minimum(starts + own, size) - np.maximum(starts, 0)).astype(dtype)
    return result[..., None]


def avg_pool(x: Array, size: Sequence[int], window: Window) -> Array:
    """`ktensor.ops.pool.avg_pool`."""
    dtype = x.dtype
    x = wide(x)
    grid = _Grid(x.shape[1:-1], size, window)
    padded = grid.around(x)
    result = np.zeros((len(x), *grid.counts, x.shape[-1]), x.dtype)
    for _, tap in grid.taps():
        result += padded[tap]
    result /= _elements(grid, x.dtype)
    return result.astype(dtype, copy=False)


def avg_pool_grad(g: Array, sizes: Sequence[int], size: Sequence[int], window: Window) -> Array:
    """`ktensor.ops.pool.avg_pool_grad`."""
    dtype = g.dtype
    g = wide(g)
    grid = _Grid(sizes, size, window)
    grid.check(g)
    share = g / _elements(grid, g.dtype)
    result = grid.zeros(g, g.shape[-1])
    for _, tap in grid.taps():
        grid.add(result, tap, share)
    return result[grid.inside()].astype(dtype, copy=False)
