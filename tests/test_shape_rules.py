"""The shape rules, which the type checker calls too, against NumPy on thousands of random calls; algebra of sizes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktensor import dims
from ktensor import shape as rules
from ktensor.dims import Dim, Poly
from ktensor.errors import ShapeError

Sizes: TypeAlias = tuple[int, ...]
#: A rule's name, a call of the rule, the same call of NumPy on arrays, and what to print if they differ.
Call: TypeAlias = tuple[Callable[[], Any], Callable[[], Any], str]

CALLS = 2000


def zeros(shape: Sizes) -> Any:
    return np.zeros(shape, np.int8)


class Dice:
    """Random shapes, axes and keys, always the same ones."""

    def __init__(self, seed: str) -> None:
        self.roll = random.Random(seed)

    def shape(self, lowest: int = 0, highest: int = 4) -> Sizes:
        return tuple(self.roll.choice([0, 1, 1, 2, 3, 4]) for _ in range(self.roll.randint(lowest, highest)))

    def like(self, shape: Sizes) -> Sizes:
        """Mostly a shape that broadcasts with the other one."""
        start = self.roll.randint(0, len(shape))
        return tuple(self.roll.choice([n, n, n, 1, 2]) for n in shape[start:])

    def axis(self, rank: int) -> int:
        return self.roll.randint(-rank - 1, rank)

    def bound(self) -> int | None:
        return None if self.roll.random() < 0.2 else self.roll.randint(-5, 5)


def broadcast_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    y, z = dice.like(x), dice.like(x)
    yield lambda: rules.broadcast("op", x, y, z), lambda: np.broadcast_shapes(x, y, z), f"{x} {y} {z}"


def broadcast_to_calls(dice: Dice) -> Iterator[Call]:
    target = dice.shape()
    x = dice.like(target)
    yield lambda: rules.broadcast_to(x, target), lambda: np.broadcast_to(zeros(x), target).shape, f"{x} to {target}"


def reduce_calls(dice: Dice) -> Iterator[Call]:
    x, keepdims = dice.shape(), dice.roll.random() < 0.5
    several = tuple(dice.axis(len(x)) for _ in range(dice.roll.randint(0, 3)))
    axis: Any = dice.roll.choice([None, dice.axis(len(x)), several])
    yield (
        lambda: rules.reduce("sum", x, rules.normalize_axes("sum", axis, len(x)), keepdims),
        lambda: zeros(x).sum(axis=axis, keepdims=keepdims).shape,
        f"{x} over {axis}, keepdims={keepdims}",
    )
    yield (
        lambda: rules.reduce("max", x, rules.normalize_axes("max", axis, len(x)), keepdims, needs_elements=True),
        lambda: zeros(x).max(axis=axis, keepdims=keepdims).shape,
        f"max of {x} over {axis}, keepdims={keepdims}",
    )


def dot_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    y = (*dice.shape(0, 2), *x[-1:], *dice.shape(0, 1))
    yield lambda: rules.dot(x, y), lambda: np.dot(zeros(x), zeros(y)).shape, f"{x} . {y}"


def matmul_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    y = (*dice.like(x[:-2]), *x[-1:], *dice.shape(0, 1))
    yield lambda: rules.matmul(x, y), lambda: np.matmul(zeros(x), zeros(y)).shape, f"{x} @ {y}"


def batch_dot_calls(dice: Dice) -> Iterator[Call]:
    x = (dice.roll.choice([1, 2, 3]), *dice.shape(1, 3))
    axes = dice.roll.randint(1, len(x) - 1), dice.roll.randint(1, 2)
    y = (dice.roll.choice([x[0], x[0], 2]), *[dice.roll.choice([x[axes[0]], 2])] * axes[1], *dice.shape(0, 1))

    def by_samples() -> Any:
        products = [np.tensordot(a, b, ([axes[0] - 1], [axes[1] - 1])) for a, b in zip(zeros(x), zeros(y), strict=True)]
        result = np.stack(products)
        return result.shape if result.ndim > 1 else (*result.shape, 1)

    yield lambda: rules.batch_dot(x, y, axes), by_samples, f"{x} . {y} over {axes}"


def reshape_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    sizes = [dice.roll.choice([-1, 0, 1, 2, 3, 4, 6, 8]) for _ in range(dice.roll.randint(0, 3))]
    known = math.prod(n for n in sizes if n > 0)
    if dice.roll.random() < 0.7:  # make it fit
        sizes.append(math.prod(x) // known)
    target = tuple(sizes)
    yield lambda: rules.reshape(x, target), lambda: zeros(x).reshape(target).shape, f"{x} into {target}"


def transpose_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    axes = tuple(dice.roll.sample(range(len(x)), len(x)))
    yield lambda: rules.transpose(x, axes), lambda: zeros(x).transpose(axes).shape, f"{x} by {axes}"


def concatenate_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape(1)
    axis = dice.axis(len(x))
    shapes = [x]
    for _ in range(dice.roll.randint(0, 2)):
        other = list(x if dice.roll.random() < 0.9 else dice.shape())
        if other:
            other[dice.roll.choice([axis % len(other), -1])] = dice.roll.randint(0, 3)
        shapes.append(tuple(other))
    yield (
        lambda: rules.concatenate("concatenate", shapes, rules.normalize_axis("concatenate", axis, len(x))),
        lambda: np.concatenate([zeros(s) for s in shapes], axis).shape,
        f"{shapes} along {axis}",
    )


def expand_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    axis = dice.axis(len(x) + 1)
    yield (
        lambda: rules.expand_dims(x, rules.normalize_axis("expand_dims", axis, len(x) + 1)),
        lambda: np.expand_dims(zeros(x), axis).shape,
        f"{x} at {axis}",
    )


def squeeze_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    ones = tuple(i for i, n in enumerate(x) if n == 1)
    axis: Any = dice.roll.choice([dice.axis(len(x)), tuple(dice.axis(len(x)) for _ in range(2)), ones, ones])
    yield (
        lambda: rules.squeeze(x, rules.normalize_axes("squeeze", axis, len(x))),
        lambda: zeros(x).squeeze(axis).shape,
        f"{x} without {axis}",
    )


def index_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    items = tuple((dice.bound(), dice.bound(), dice.roll.choice([1, 1, 2, 3, -1, -2])) for _ in x)
    yield lambda: rules.index(x, items), lambda: zeros(x)[tuple(slice(*i) for i in items)].shape, f"{x}[{items}]"


def check_index_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape(1)
    axis = dice.roll.randrange(len(x))
    position = dice.roll.randint(-4, 3)

    def rule() -> Sizes:
        rules.check_index(x, position, axis)
        return x[:axis] + x[axis + 1 :]

    key = (*[slice(None)] * axis, position)
    yield rule, lambda: zeros(x)[key].shape, f"{x}, {position} at axis {axis}"


def take_calls(dice: Dice) -> Iterator[Call]:
    x = tuple(n + 1 for n in dice.shape(1))
    axis = dice.roll.randrange(len(x))
    count = dice.roll.randint(1, len(x) - axis)
    index = zeros(dice.shape(0, 3))
    key = (*[slice(None)] * axis, *[index] * count)
    yield (
        lambda: rules.take(x, index.shape, axis, count),
        lambda: zeros(x)[key].shape,
        f"{x} at {axis} by {count} arrays of {index.shape}",
    )


def pad_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape(1)
    widths = tuple((dice.roll.randint(0, 2), dice.roll.randint(0, 2)) for _ in x)
    yield lambda: rules.pad(x, widths), lambda: np.pad(zeros(x), widths).shape, f"{x} by {widths}"


def repeated_calls(dice: Dice) -> Iterator[Call]:
    x = dice.shape()
    counts = tuple(dice.roll.randint(0, 3) for _ in x)
    yield lambda: rules.repeated(x, counts), lambda: np.tile(zeros(x), counts).shape, f"{x} by {counts}"


# Windows that slide over images.


def dice_window(dice: Dice) -> rules.Window:
    strides, dilation = (dice.roll.choice([1, 1, 2, 3]), dice.roll.randint(1, 2)), (dice.roll.randint(1, 2), 1)
    return rules.Window(strides, dice.roll.choice(["valid", "same"]), dilation)


def dice_image(dice: Dice, channels: int) -> Sizes:
    spatial = dice.roll.randint(2, 6), dice.roll.randint(2, 6)
    return (dice.roll.randint(0, 2), *spatial, channels)[: dice.roll.choice([4] * 9 + [3])]


def dice_kernel(dice: Dice, *channels: int) -> Sizes:
    return (dice.roll.randint(1, 3), dice.roll.randint(1, 3), *channels)[: dice.roll.choice([4] * 9 + [3])]


def turned(dice: Dice, shape: Sizes) -> tuple[Sizes, str]:
    """The shape of an image in one of the formats."""
    if len(shape) == 4 and dice.roll.random() < 0.5:
        return (shape[0], shape[3], *shape[1:3]), "channels_first"
    return shape, "channels_last"


def images_of(x: Sizes, data_format: str) -> Any:
    """Zeros, their channels last."""
    if len(x) != 4:
        raise ValueError("no image")
    return zeros(x) if data_format == "channels_last" else np.moveaxis(zeros(x), 1, -1)


def shape_in(x: Any, data_format: str) -> Sizes:
    found: Sizes = x.shape if data_format == "channels_last" else np.moveaxis(x, -1, 1).shape
    return found


def windows_on(x: Any, own: Sizes, window: rules.Window) -> Any:
    """(batch, rows, columns, channels, height, width): NumPy's windows, of which those are left that strides hit."""
    reach = [(n - 1) * d + 1 for n, d in zip(own, window.dilation)]
    if window.padding == "same":  # with stride 1 there are then as many as elements, of which strides hit every n-th
        x = np.pad(x, ((0, 0), (0, reach[0] - 1), (0, reach[1] - 1), (0, 0)))
    (down, right), (high, wide) = window.strides, window.dilation
    sliding: Any = np.lib.stride_tricks.sliding_window_view  # NumPy's annotations know of one axis alone
    return sliding(x, reach, (1, 2))[:, ::down, ::right, :, ::high, ::wide]


def convolved(x: Any, kernel: Any, window: rules.Window) -> Any:
    if kernel.ndim != 4:
        raise ValueError("no kernel")
    return np.tensordot(windows_on(x, kernel.shape[:2], window), kernel, ([4, 5, 3], [0, 1, 2]))


def convolved_by_channel(x: Any, kernel: Any, window: rules.Window) -> Any:
    if kernel.ndim != 4 or kernel.shape[2] != x.shape[-1]:
        raise ValueError("no kernel for these channels")
    result = np.einsum("brcihw,hwim->brcim", windows_on(x, kernel.shape[:2], window), kernel)
    return result.reshape(*result.shape[:3], result.shape[3] * result.shape[4])


def conv_calls(dice: Dice) -> Iterator[Call]:
    x, data_format = turned(dice, dice_image(dice, 2))
    kernel = dice_kernel(dice, dice.roll.choice([2, 2, 2, 3]), 2)
    window, depthwise = dice_window(dice), dice.roll.random() < 0.3
    function = convolved_by_channel if depthwise else convolved
    yield (
        lambda: rules.conv("conv", x, kernel, window, data_format, depthwise),
        lambda: shape_in(function(images_of(x, data_format), zeros(kernel), window), data_format),
        f"{x} as {data_format}, kernel {kernel}, {window}, depthwise={depthwise}",
    )


def separable_conv_calls(dice: Dice) -> Iterator[Call]:
    x, data_format = turned(dice, dice_image(dice, 2))
    depthwise, window = dice_kernel(dice, 2, 2), dice_window(dice)
    pointwise = (1, dice.roll.choice([1] * 9 + [2]), dice.roll.choice([4] * 9 + [3]), 3)

    def both() -> Sizes:
        between = convolved_by_channel(images_of(x, data_format), zeros(depthwise), window)
        return shape_in(between @ zeros(pointwise).reshape(pointwise[2:]), data_format)

    yield (
        lambda: rules.separable_conv("conv", x, depthwise, pointwise, window, data_format),
        both,
        f"{x} as {data_format}, kernels {depthwise} and {pointwise}, {window}",
    )


def conv_transpose_calls(dice: Dice) -> Iterator[Call]:
    """The result's convolution has the shape of x: all shapes that it could have are tried."""
    kernel, window = dice_kernel(dice, 3, 2), dice_window(dice)
    output = (2, dice.roll.randint(2, 7), dice.roll.randint(2, 7), dice.roll.choice([3] * 9 + [2]))
    sizes = [-(-n // s) for n, s in zip(output[1:3], window.strides)]
    if window.padding == "valid":
        reach = [(n - 1) * d + 1 for n, d in zip(kernel, window.dilation)]
        sizes = [max((n - r) // s + 1, 1) for n, r, s in zip(output[1:3], reach, window.strides)]
    sizes[0] += dice.roll.choice([0] * 9 + [1])
    x, data_format = turned(dice, (dice.roll.choice([2] * 9 + [1]), *sizes, 2))
    target: Sizes = output if data_format == "channels_last" else (output[0], output[3], *output[1:3])

    def back() -> Sizes:
        if convolved(zeros(output), zeros(kernel), window).shape != images_of(x, data_format).shape:
            raise ValueError("not the transposed one")
        return target

    yield (
        lambda: rules.conv_transpose("conv", x, kernel, target, window, data_format),
        back,
        f"{x} as {data_format}, kernel {kernel}, {window}, to {target}",
    )


def pool_calls(dice: Dice) -> Iterator[Call]:
    x, data_format = turned(dice, dice_image(dice, 2))
    size, window = (dice.roll.randint(1, 3), dice.roll.randint(1, 3)), dice_window(dice)._replace(dilation=(1, 1))
    yield (
        lambda: rules.pool("pool", x, size, window, data_format),
        lambda: shape_in(windows_on(images_of(x, data_format), size, window)[..., 0, 0], data_format),
        f"{x} as {data_format}, pool {size}, {window}",
    )


def bias_add_calls(dice: Dice) -> Iterator[Call]:
    x = tuple(dice.roll.randint(2, 4) for _ in range(dice.roll.randint(1, 4)))
    data_format = dice.roll.choice(["channels_last", "channels_first"])
    sample = x[1:] if data_format == "channels_last" else (*x[2:], *x[1:2])
    bias: Sizes = dice.roll.choice([sample, sample[-1:], sample[1:], (3,), (*sample[:-1], 2)])

    def added() -> Sizes:
        if bias not in (sample, sample[-1:]) or not bias:
            raise ValueError("neither a sample's shape nor the channels'")
        return x

    yield lambda: rules.bias_add(x, bias, data_format), added, f"{x} as {data_format}, bias {bias}"


def per_channel_calls(dice: Dice) -> Iterator[Call]:
    x = tuple(dice.roll.randint(2, 4) for _ in range(dice.roll.randint(1, 4)))
    axis = dice.roll.randrange(len(x))
    spread = tuple(n if i == axis else 1 for i, n in enumerate(x))
    vector: Sizes = dice.roll.choice([x[axis : axis + 1], spread, (3,), (*spread, 1), x])

    def rule() -> Sizes:
        rules.per_channel("op", "vector", x, vector, axis)
        return x

    def multiplied() -> Sizes:
        if vector not in (x[axis : axis + 1], spread):
            raise ValueError("neither a vector nor one that is spread")
        return x

    yield rule, multiplied, f"{x}, {vector} along {axis}"


FAMILIES: dict[str, Callable[[Dice], Iterator[Call]]] = {
    "broadcast": broadcast_calls,
    "broadcast_to": broadcast_to_calls,
    "reduce": reduce_calls,
    "dot": dot_calls,
    "matmul": matmul_calls,
    "batch_dot": batch_dot_calls,
    "reshape": reshape_calls,
    "transpose": transpose_calls,
    "concatenate": concatenate_calls,
    "expand_dims": expand_calls,
    "squeeze": squeeze_calls,
    "index": index_calls,
    "check_index": check_index_calls,
    "take": take_calls,
    "pad": pad_calls,
    "repeated": repeated_calls,
    "conv": conv_calls,
    "separable_conv": separable_conv_calls,
    "conv_transpose": conv_transpose_calls,
    "pool": pool_calls,
    "bias_add": bias_add_calls,
    "per_channel": per_channel_calls,
}

#: Rules that refuse nothing: what could be wrong has been checked before.
TOTAL = {"transpose", "index", "take", "pad", "repeated"}

REFUSED = "refused"


def outcome(call: Callable[[], Any], errors: tuple[type[Exception], ...]) -> Any:
    try:
        return call()
    except errors:
        return REFUSED


@pytest.mark.parametrize("family", FAMILIES)
def test_rules_say_what_numpy_does(family: str) -> None:
    """The same shape, and refused if and only if NumPy refuses."""
    dice = Dice(family)
    refused = possible = 0
    for _ in range(CALLS):
        for rule, numpy, what in FAMILIES[family](dice):
            wanted = outcome(numpy, (ValueError, IndexError, TypeError))
            assert outcome(rule, (ShapeError,)) == wanted, what
            refused += wanted == REFUSED
            possible += wanted != REFUSED
    assert possible > CALLS / 3, "too few calls that make sense"
    assert (refused == 0) == (family in TOTAL)


def test_each_rule_is_tested() -> None:
    helpers = {"Axis", "IndexItem", "normalize_axes", "normalize_axis", "slice_length"}
    helpers |= {"Window", "channels_last", "image", "in_format", "local_conv", "transposed_length", "window_count"}
    assert set(rules.__all__) - helpers == set(FAMILIES)


@pytest.mark.parametrize("family", ["broadcast", "dot", "matmul", "concatenate", "batch_dot"])
def test_rules_hold_with_unknown_sizes(family: str) -> None:
    """With some sizes hidden, the rule takes what it takes with all known, and says nothing that is not so."""
    dice = Dice(f"{family} with unknown sizes")
    functions: dict[str, Callable[[Any, Any], Any]] = {
        "broadcast": lambda x, y: rules.broadcast("op", x, y),
        "dot": rules.dot,
        "matmul": rules.matmul,
        "concatenate": lambda x, y: rules.concatenate("op", [x, y], 0),
        "batch_dot": lambda x, y: rules.batch_dot(x, y, (1, len(y) - 1)),
    }
    function = functions[family]
    answered = 0
    for _ in range(CALLS):
        x = dice.shape(2 if family == "batch_dot" else 1)
        y = {"broadcast": dice.like(x), "concatenate": (2, *x[1:])}.get(family, (*x[:-2], *x[-1:], 2))
        y = (x[0], 2, x[1]) if family == "batch_dot" else y
        whole = outcome(partial(function, x, y), (ShapeError,))
        if whole == REFUSED:
            continue
        hidden = [tuple(dims.anonymous() if dice.roll.random() < 0.4 else n for n in s) for s in (x, y)]
        inferred = function(*hidden)
        assert len(inferred) == len(whole), (x, y)
        for size, known in zip(dims.public(inferred), whole):
            assert size in (None, known), (x, y, hidden)
        answered += 1
    assert answered > CALLS / 2


# ---- The algebra of sizes --------------------------------------------------------------------------

_NAMES = ("a", "b", "c")
_ATOMS: st.SearchStrategy[Any] = st.integers(-4, 6) | st.sampled_from(_NAMES).map(dims.named)
_POLYS: st.SearchStrategy[Any] = st.recursive(
    _ATOMS,
    lambda inner: st.builds(lambda f, x, y: f(x, y), st.sampled_from([dims.add, dims.sub, dims.mul]), inner, inner),
    max_leaves=6,
)

laws = settings(max_examples=300, derandomize=True, deadline=None, database=None)


def value(dim: Dim, sizes: dict[str, int]) -> int:
    """The number that a polynomial is for given sizes, by its printed form: Python reads it as it is meant."""
    return int(eval(str(dim), {}, dict(sizes)))  # of our own making


_SIZES = st.fixed_dictionaries({name: st.integers(1, 9) for name in _NAMES})


@laws
@given(_POLYS, _POLYS, _POLYS)
def test_sizes_are_a_commutative_ring(x: Dim, y: Dim, z: Dim) -> None:
    assert dims.add(x, y) == dims.add(y, x)
    assert dims.mul(x, y) == dims.mul(y, x)
    assert dims.add(dims.add(x, y), z) == dims.add(x, dims.add(y, z))
    assert dims.mul(dims.mul(x, y), z) == dims.mul(x, dims.mul(y, z))
    assert dims.mul(x, dims.add(y, z)) == dims.add(dims.mul(x, y), dims.mul(x, z))
    assert dims.add(x, 0) == dims.mul(x, 1) == x
    assert dims.mul(x, 0) == dims.sub(x, x) == 0
    assert dims.add(dims.sub(x, y), y) == x


@laws
@given(_POLYS, _POLYS, _SIZES)
def test_sizes_compute_what_ints_do(x: Dim, y: Dim, sizes: dict[str, int]) -> None:
    a, b = value(x, sizes), value(y, sizes)
    assert value(dims.add(x, y), sizes) == a + b
    assert value(dims.sub(x, y), sizes) == a - b
    assert value(dims.mul(x, y), sizes) == a * b
    assert value(dims.product([x, y, x]), sizes) == a * b * a
    quotient = dims.floordiv(x, y)
    if b != 0 and quotient is not None:
        assert value(quotient, sizes) == a // b
    exact = dims.exact_div(x, y)
    if b != 0 and exact is not None:
        assert a % b == 0
        assert value(exact, sizes) == a // b


@laws
@given(_POLYS, _POLYS)
def test_equal_sizes_are_equal_as_keys(x: Dim, y: Dim) -> None:
    again = dims.sub(dims.add(x, y), y)
    assert again == x
    assert hash(again) == hash(x)
    assert isinstance(x, Poly) == isinstance(again, Poly)
    assert str(again) == str(x)


@laws
@given(_POLYS, st.integers(1, 5))
def test_division_undoes_multiplication(x: Dim, n: int) -> None:
    assert dims.exact_div(dims.mul(x, n), n) == x
    assert dims.floordiv(dims.mul(x, n), n) == x
    by_name = dims.mul(x, dims.named("b"))
    assert by_name == 0 or dims.exact_div(by_name, dims.named("b")) == x


def test_what_is_unknown_agrees_with_everything() -> None:
    named, unknown, other = dims.named("n"), dims.anonymous(), dims.anonymous()
    assert dims.same(named, named)
    assert not dims.same(named, 3)
    assert not dims.same(named, dims.named("m"))
    for size in (None, unknown, dims.add(unknown, 1)):
        assert dims.is_open(size)
        assert dims.same(size, 3)
        assert dims.same(named, size)
        assert dims.merge(size, named) == named
        assert dims.show_dim(size) == "None"
    assert unknown != other
    assert dims.sub(unknown, unknown) == 0
    assert dims.merge(None, unknown) == unknown
    assert dims.add(None, 1) is None
    assert dims.mul(None, 0) == 0
    assert dims.public((unknown, named, 3, None)) == (None, named, 3, None)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((), "()"),
        ((3,), "(3,)"),
        ((None, 3), "(None, 3)"),
        ((dims.named("batch"), dims.mul(2, dims.named("t"))), "(batch, 2*t)"),
        ((dims.sub(dims.mul(dims.named("n"), dims.named("n")), 1),), "(n**2-1,)"),
        ((dims.floordiv(dims.named("n"), 2),), "(n//2,)"),
        ((dims.anonymous(),), "(None,)"),
    ],
)
def test_shapes_as_messages_print_them(shape: tuple[Dim, ...], shown: str) -> None:
    assert dims.show(shape) == shown
