"""The cases of ops on images, and what these mean, element by element in plain NumPy: slow and obviously right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

import ktensor as kt

from ..shape import Window
from .case import _FLOATS, Array, Case, Input, Sizes, _case, _of, _op

__all__ = ["conv", "conv_input_grad", "conv_kernel_grad", "image_cases", "pool"]


def _starts(size: int, own: int, stride: int, padding: str, dilation: int) -> list[int]:
    """Where the windows start on an axis of `size`; where "same" puts zeros there are negative places."""
    reach = (own - 1) * dilation + 1
    if padding == "valid":
        return [i * stride for i in range((size - reach) // stride + 1)]
    count = -(-size // stride)
    around = max((count - 1) * stride + reach - size, 0)
    return [i * stride - around // 2 for i in range(count)]


def _windows(sizes: Sequence[int], own: Sequence[int], window: Window) -> list[list[int]]:
    return [_starts(n, k, s, window.padding, d) for n, k, s, d in zip(sizes, own, window.strides, window.dilation)]


def _visits(sizes: Sequence[int], own: Sequence[int], window: Window) -> Iterator[tuple[Any, Any, Any]]:
    """Each window, each place in it, and the place in the image: as indices of the result, a kernel and the image."""
    for which in itertools.product(*(enumerate(starts) for starts in _windows(sizes, own, window))):
        for tap in np.ndindex(*own):
            at = tuple(start + t * d for (_, start), t, d in zip(which, tap, window.dilation))
            if all(0 <= a < n for a, n in zip(at, sizes)):
                yield (slice(None), *(i for i, _ in which)), tap, (slice(None), *at)


def conv(x: Array, kernel: Array, window: Window, depthwise: bool = False) -> Array:
    """x (batch, *spatial, in) convolved with kernel (*spatial, in, out), or (*spatial, in, multiplier)."""
    sizes, own = x.shape[1:-1], kernel.shape[:-2]
    counts = [len(starts) for starts in _windows(sizes, own, window)]
    result = np.zeros((len(x), *counts, kernel.shape[-1] * (x.shape[-1] if depthwise else 1)))
    for place, tap, at in _visits(sizes, own, window):
        if depthwise:
            result[place] += (x[at][:, :, None] * kernel[tap]).reshape(len(x), result.shape[-1])
        else:
            result[place] += x[at] @ kernel[tap]
    return result


def conv_input_grad(g: Array, kernel: Array, sizes: Sequence[int], window: Window, depthwise: bool = False) -> Array:
    """How much each element of an image of those spatial sizes adds to the sum of `g * conv(image, kernel)`."""
    result = np.zeros((len(g), *sizes, kernel.shape[-2]))
    for place, tap, at in _visits(sizes, kernel.shape[:-2], window):
        if depthwise:
            result[at] += (g[place].reshape(len(g), *kernel.shape[-2:]) * kernel[tap]).sum(-1)
        else:
            result[at] += g[place] @ kernel[tap].T
    return result


def conv_kernel_grad(x: Array, g: Array, own: Sequence[int], window: Window, depthwise: bool = False) -> Array:
    """How much each element of a kernel of those spatial sizes adds to the sum of `g * conv(x, kernel)`."""
    channels = x.shape[-1]
    result = np.zeros((*own, channels, g.shape[-1] // (channels if depthwise else 1)))
    for place, tap, at in _visits(x.shape[1:-1], own, window):
        if depthwise:
            result[tap] += (x[at][:, :, None] * g[place].reshape(len(g), *result.shape[-2:])).sum(0)
        else:
            result[tap] += x[at].T @ g[place]
    return result


def pool(x: Array, size: Sequence[int], window: Window, mode: str) -> Array:
    """The largest element, or the mean, of what each window has inside x (batch, *spatial, channels)."""
    counts = [len(starts) for starts in _windows(x.shape[1:-1], size, window)]
    result = np.zeros((len(x), *counts, x.shape[-1]))
    for place, ats in _elements(x, size, window):
        elements = np.stack([x[at] for at in ats])
        result[place] = elements.max(0) if mode == "max" else elements.mean(0)
    return result


def _elements(x: Array, size: Sequence[int], window: Window) -> Iterator[tuple[Any, list[Any]]]:
    """For each window the places in the image that it has, as indices of the result and of the image."""
    for place, visits in itertools.groupby(_visits(x.shape[1:-1], size, window), lambda visit: visit[0]):
        yield place, [at for _, _, at in visits]


def _largest(x: Array, size: Sequence[int], window: Window) -> Iterator[tuple[Any, Any]]:
    """For each window, sample and channel, where the first of the largest elements is."""
    for place, ats in _elements(x, size, window):
        first = np.stack([x[at] for at in ats]).argmax(0)
        for sample, channel in np.ndindex(*first.shape):
            at = ats[first[sample, channel]]
            yield (sample, *place[1:], channel), (sample, *at[1:], channel)


def _max_pool_grad(g: Array, x: Array, size: Sequence[int], window: Window) -> Array:
    result = np.zeros(x.shape)
    for place, at in _largest(x, size, window):
        result[at] += g[place]
    return result


def _max_pool_pick(h: Array, x: Array, size: Sequence[int], window: Window) -> Array:
    counts = [len(starts) for starts in _windows(x.shape[1:-1], size, window)]
    result = np.zeros((len(x), *counts, x.shape[-1]))
    for place, at in _largest(x, size, window):
        result[place] = h[at]
    return result


def _avg_pool_grad(g: Array, sizes: Sequence[int], size: Sequence[int], window: Window) -> Array:
    result = np.zeros((len(g), *sizes, g.shape[-1]))
    for place, ats in _elements(result, size, window):
        for at in ats:
            result[at] += g[place] / len(ats)
    return result


# ---- The cases -------------------------------------------------------------------------------------

#: Strides, padding and dilation.
_PLANES: Final = {
    "strides": Window((2, 1), "valid", (1, 1)),
    "same": Window((1, 1), "same", (1, 1)),
    "same-strides": Window((2, 3), "same", (1, 1)),
    "dilation": Window((1, 1), "valid", (2, 1)),
    "same-dilation": Window((1, 1), "same", (1, 2)),
}
_PLAIN: Final = Window((1, 1), "valid", (1, 1))
_VOLUMES: Final = {
    "volume": Window((1, 1, 1), "valid", (1, 1, 1)),
    "volume-same-strides": Window((2, 1, 2), "same", (1, 1, 1)),
    "volume-dilation": Window((1, 1, 1), "same", (1, 2, 1)),
}


def _counts(sizes: Sizes, own: Sizes, window: Window) -> Sizes:
    return tuple(len(starts) for starts in _windows(sizes, own, window))


def _conv_cases() -> Iterator[Case]:
    both = _of(["float64", "float64"])
    several: list[list[Sizes]] = [
        [(2, 5, 3, 2), (3, 2, 2, 3)],
        [(1, 5, 2, 1), (3, 2, 1, 1)],
        [(0, 5, 3, 2), (3, 2, 2, 3)],
    ]
    for dtype in _FLOATS:
        yield _case("conv", dtype, kt.conv2d, partial(conv, window=_PLAIN), _of([dtype, dtype]), several)
    volumes: list[list[Sizes]] = [[(1, 3, 3, 2, 2), (2, 2, 2, 2, 1)], [(2, 2, 1, 3, 1), (1, 1, 1, 1, 1)]]
    for label, window in {**_PLANES, **_VOLUMES}.items():
        made = partial(_op, "conv", window=window, depthwise=False)
        sizes = several if len(window.strides) == 2 else volumes
        yield _case("conv", label, made, partial(conv, window=window), both, sizes)
    for label, window in {"plain": _PLAIN, **_PLANES}.items():
        made = partial(_op, "conv", window=window, depthwise=True)
        yield _case("conv", f"depthwise-{label}", made, partial(conv, window=window, depthwise=True), both, several)


def _gradient_cases() -> Iterator[Case]:
    both = _of(["float64", "float64"])
    for dtype in _FLOATS:
        yield _input_grad_case(dtype, _PLAIN, (5, 3), (3, 2), False, _of([dtype, dtype]))
        yield _kernel_grad_case(dtype, _PLAIN, (5, 3), (3, 2), False, _of([dtype, dtype]))
    for label, window in {**_PLANES, **_VOLUMES}.items():
        lies: tuple[Sizes, Sizes] = ((5, 3), (3, 2)) if len(window.strides) == 2 else ((2, 3, 2), (2, 2, 1))
        yield _input_grad_case(label, window, *lies, False, both)
        yield _kernel_grad_case(label, window, *lies, False, both)
    for label, window in {"plain": _PLAIN, **_PLANES}.items():
        yield _input_grad_case(f"depthwise-{label}", window, (5, 3), (3, 2), True, both)
        yield _kernel_grad_case(f"depthwise-{label}", window, (5, 3), (3, 2), True, both)


def _input_grad_case(
    label: str, window: Window, sizes: Sizes, own: Sizes, depthwise: bool, inputs: Sequence[Input]
) -> Case:
    options: Any = {"sizes": sizes, "window": window, "depthwise": depthwise}
    made, oracle = partial(_op, "conv_input_grad", **options), partial(conv_input_grad, **options)
    counts = _counts(sizes, own, window)
    shapes: list[list[Sizes]] = [
        [(n, *counts, 4 if depthwise else 3), (*own, 2, 2 if depthwise else 3)] for n in (2, 1, 0)
    ]
    return _case("conv_input_grad", label, made, oracle, inputs, shapes)


def _kernel_grad_case(
    label: str, window: Window, sizes: Sizes, own: Sizes, depthwise: bool, inputs: Sequence[Input]
) -> Case:
    made = partial(_op, "conv_kernel_grad", sizes=own, window=window, depthwise=depthwise)
    oracle = partial(conv_kernel_grad, own=own, window=window, depthwise=depthwise)
    counts = _counts(sizes, own, window)
    shapes: list[list[Sizes]] = [[(n, *sizes, 2), (n, *counts, 4 if depthwise else 3)] for n in (2, 1, 0)]
    return _case("conv_kernel_grad", label, made, oracle, inputs, shapes)


_POOLS: Final = {
    "valid": ((2, 3), Window((1, 1), "valid", (1, 1))),
    "same": ((2, 3), Window((1, 1), "same", (1, 1))),
    "strides": ((2, 2), Window((2, 1), "valid", (1, 1))),
    "same-strides": ((3, 2), Window((2, 2), "same", (1, 1))),
    "gaps": ((1, 2), Window((3, 3), "same", (1, 1))),
}


def _pool_cases() -> Iterator[Case]:
    several: list[list[Sizes]] = [[(2, 5, 3, 2)], [(1, 3, 3, 1)], [(0, 5, 3, 2)]]
    for mode in ("max", "avg"):
        for dtype in _FLOATS:
            made = partial(kt.pool2d, pool_size=(2, 3), strides=(2, 1), padding="same", pool_mode=mode)
            oracle = partial(pool, size=(2, 3), window=Window((2, 1), "same", (1, 1)), mode=mode)
            yield _case(f"{mode}_pool", dtype, made, oracle, [Input(dtype)], several)
        for label, (size, window) in _POOLS.items():
            made = partial(_op, f"{mode}_pool", size=size, window=window)
            oracle = partial(pool, size=size, window=window, mode=mode)
            yield _case(f"{mode}_pool", label, made, oracle, [Input("float64")], several)
    for dtype, label in [(d, "strides") for d in _FLOATS] + [
        ("float64", label) for label in _POOLS if label != "strides"
    ]:
        yield from _pool_gradient_cases(dtype, label)


def _with_largest(op: str, g: Any, x: Any, **attrs: Any) -> Any:
    return _op(op, g, x, _op("max_pool", x, **attrs), **attrs)


def _pool_gradient_cases(dtype: str, label: str) -> Iterator[Case]:
    size, window = _POOLS[label]
    attrs: Any = {"size": size, "window": window}
    counts = _counts((5, 3), size, window)
    image: list[Sizes] = [(n, 5, 3, 2) for n in (2, 1, 0)]
    result: list[Sizes] = [(n, *counts, 2) for n in (2, 1, 0)]
    label = f"{label}-{dtype}"
    two = _of([dtype, dtype])
    made = partial(_with_largest, "max_pool_grad", **attrs)
    yield _case("max_pool_grad", label, made, partial(_max_pool_grad, **attrs), two, list(zip(result, image)))
    made = partial(_with_largest, "max_pool_pick", **attrs)
    yield _case("max_pool_pick", label, made, partial(_max_pool_pick, **attrs), two, list(zip(image, image)))
    attrs["sizes"] = (5, 3)
    made = partial(_op, "avg_pool_grad", **attrs)
    yield _case("avg_pool_grad", label, made, partial(_avg_pool_grad, **attrs), two[:1], [[s] for s in result])


def image_cases() -> Iterator[Case]:
    """All of them."""
    yield from _conv_cases()
    yield from _gradient_cases()
    yield from _pool_cases()
