"""What holds for all shapes, dtypes, axes and keys: random ones, against NumPy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import ktensor as kt
from ktensor.dtypes import ALL_DTYPES, DType, promote
from ktensor.function import evaluate

Array: TypeAlias = npt.NDArray[Any]


def examples(number: int) -> settings:
    """Always the same ones. The `engine` fixture only sets which engine is in force: it may hold for all examples."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, derandomize=True, deadline=None, database=None, suppress_health_check=health)


pure = examples(400)
on_engines = examples(25)

SIZES = st.integers(0, 4)
SHAPES = st.lists(SIZES, max_size=4).map(tuple)
FILLED = st.lists(st.integers(1, 4), max_size=4).map(tuple)


def numbers(shape: tuple[int, ...]) -> Array:
    """Small whole numbers, each something else, so that sums are exact whatever the order."""
    return (np.arange(math.prod(shape)).reshape(shape) * 7 % 11 - 5).astype("float64")


def hidden(data: st.DataObject, shape: tuple[int, ...], dtype: str = "float64") -> Any:
    """A placeholder that knows some of its sizes, and not the others."""
    known = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)), label="known")
    return kt.placeholder([n if k else None for n, k in zip(shape, known)], dtype)


def check(tensors: list[Any], feeds: dict[Any, Array], wanted: list[Array]) -> None:
    """The values are NumPy's, and the static shapes say nothing that is not so."""
    for tensor, got, right in zip(tensors, evaluate(tensors, feeds), wanted):
        np.testing.assert_array_equal(got, right, strict=True)
        assert len(tensor.shape) == right.ndim
        assert all(size in (None, n) for size, n in zip(tensor.shape, right.shape))


# ---- Broadcasting ----------------------------------------------------------------------------------


@pure
@given(SHAPES, SHAPES)
def test_shapes_broadcast_if_and_only_if_numpys_do(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    x, y = kt.placeholder(first), kt.placeholder(second)
    try:
        wanted = np.broadcast_shapes(first, second)
    except ValueError:
        with pytest.raises(kt.ShapeError, match=r"add: shapes .* do not broadcast: \d+ and \d+ differ at axis -\d"):
            x + y
    else:
        assert (x + y).shape == wanted
        assert kt.where(x > y, x, y).shape == wanted


@on_engines
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3, min_side=0), st.data())
def test_broadcasting(engine: str, shapes: hnp.BroadcastableShapes, data: st.DataObject) -> None:
    arrays = [numbers(s) for s in shapes.input_shapes]
    x, y, z = (hidden(data, a.shape) for a in arrays)
    a, b, c = arrays
    check([x + y * z, kt.where(x > y, y, z)], dict(zip((x, y, z), arrays)), [a + b * c, np.where(a > b, b, c)])


# ---- Reductions ------------------------------------------------------------------------------------


def axes_of(rank: int) -> st.SearchStrategy[Any]:
    """None, an int or a tuple of different axes; negative too."""
    one = st.integers(-rank, rank - 1) if rank else st.nothing()
    several = st.lists(one, max_size=rank, unique_by=lambda a: a % rank).map(tuple) if rank else st.just(())
    return st.none() | one | several


@on_engines
@given(FILLED, st.booleans(), st.data())
def test_reductions(engine: str, shape: tuple[int, ...], keepdims: bool, data: st.DataObject) -> None:
    array, x = numbers(shape), hidden(data, shape)
    axis = data.draw(axes_of(len(shape)), label="axis")
    names = ["sum", "max", "min", "prod", "any", "all"]
    tensors = [getattr(x, name)(axis=axis, keepdims=keepdims) for name in names]
    wanted = [np.asarray(getattr(np, name)(array, axis=axis, keepdims=keepdims)) for name in names]
    if shape:
        position = data.draw(st.integers(-len(shape), len(shape) - 1), label="position")
        tensors += [x.argmax(position), x.argmin(position), x.cumsum(position)]
        wanted += [np.asarray(array.argmax(position)), np.asarray(array.argmin(position)), array.cumsum(position)]
    check(tensors, {x: array}, wanted)
    (mean,) = evaluate([x.mean(axis, keepdims)], {x: array})
    np.testing.assert_allclose(mean, array.mean(axis, keepdims=keepdims), rtol=1e-12, atol=1e-12)


@pure
@given(SHAPES, st.lists(st.integers(-6, 5), max_size=3).map(tuple) | st.integers(-6, 5) | st.none(), st.booleans())
def test_axes_are_refused_if_and_only_if_numpy_refuses_them(shape: tuple[int, ...], axis: Any, keepdims: bool) -> None:
    x = kt.placeholder(shape)
    try:
        wanted = np.zeros(shape).sum(axis=axis, keepdims=keepdims).shape
    except (np.exceptions.AxisError, ValueError):
        with pytest.raises(kt.AxisError, match=r"sum: axis .* (is out of range for a tensor of rank \d|an axis twice)"):
            x.sum(axis, keepdims)
    else:
        assert x.sum(axis, keepdims).shape == wanted


# ---- Indexing --------------------------------------------------------------------------------------

_BOUNDS = st.none() | st.integers(-6, 6)
_SLICES = st.builds(slice, _BOUNDS, _BOUNDS, st.sampled_from([None, 1, 2, 3, -1, -2]))


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Ints, slices, None, `...`, arrays of ints that broadcast, and masks."""
    parts: list[Any] = []
    length = draw(st.integers(1, 3))  # of all index arrays and masks: they must broadcast
    axis = 0
    while axis < len(shape) and draw(st.integers(0, 5)):
        size = shape[axis]
        kind = draw(st.sampled_from(["int", "slice", "slice", "array", "mask", "none"]))
        axis += kind != "none"
        if kind == "none":
            parts.append(None)
        elif kind == "slice" or not size:
            parts.append(draw(_SLICES))
        elif kind == "int":
            parts.append(draw(st.integers(-size, size - 1)))
        elif kind == "array":
            sides = draw(st.sampled_from([(length,), (1,), (2, 1), (1, length)]))
            parts.append(draw(hnp.arrays(np.int64, sides, elements=st.integers(-size, size - 1))))
        else:
            assume(length <= size)
            chosen = draw(st.permutations(range(size)))[:length]
            parts.append(np.isin(np.arange(size), chosen))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), ...)
        assume(_fits(shape, tuple(parts)))
    return tuple(parts)


def _fits(shape: tuple[int, ...], key: tuple[Any, ...]) -> bool:
    """An ellipsis in the middle moves what stands behind it to other axes, where it may be out of range."""
    try:
        np.empty(shape)[key]
    except IndexError:
        return False
    return True


@on_engines
@given(FILLED, st.data())
def test_indexing(engine: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    array, known, unknown = numbers(shape), kt.placeholder(shape, "float64"), hidden(data, shape)
    wanted, tensors = [], []
    for number in range(4):
        key = data.draw(keys(shape), label=f"key {number}")
        wanted += [np.asarray(array[key])] * 2
        tensors += [known[key], unknown[key]]
        if not any(getattr(part, "dtype", None) == "bool" for part in key):
            assert known[key].shape == wanted[-1].shape
    check(tensors, {known: array, unknown: array}, wanted)


@pure
@given(SHAPES, st.lists(st.integers(-5, 5) | _SLICES | st.none() | st.just(...), max_size=5).map(tuple))
def test_keys_are_refused_if_and_only_if_numpy_refuses_them(shape: tuple[int, ...], key: tuple[Any, ...]) -> None:
    x = kt.placeholder(shape)
    try:
        wanted = np.empty(shape)[key].shape
    except IndexError:
        with pytest.raises(kt.TensorIndexError, match="index: "):
            x[key]
    else:
        assert x[key].shape == wanted


# ---- Shaping ---------------------------------------------------------------------------------------


@st.composite
def targets(draw: st.DrawFn, total: int) -> list[int]:
    """Sizes that have `total` as product, one of them perhaps as -1."""
    sizes: list[int] = []
    left = total
    while left > 1 and len(sizes) < 3:
        size = draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0]))
        sizes.append(size)
        left //= size
    sizes.append(left)
    sizes = draw(st.permutations(sizes))
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    return sizes


@on_engines
@given(FILLED, st.data())
def test_rearranging(engine: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    array, x = numbers(shape), hidden(data, shape)
    target = data.draw(targets(array.size), label="target")
    order = data.draw(st.permutations(range(len(shape))), label="order")
    place = data.draw(st.integers(-len(shape) - 1, len(shape)), label="place")
    times = data.draw(st.lists(st.integers(0, 3), max_size=4), label="times")
    widths = data.draw(st.lists(st.tuples(SIZES, SIZES), min_size=len(shape), max_size=len(shape)), label="widths")
    tensors = [x.reshape(target), x.transpose(order), x.expand_dims(place), x.tile(times), x.flatten()]
    wanted = [array.reshape(target), array.transpose(order), np.expand_dims(array, place), np.tile(array, times)]
    wanted += [array.ravel()]
    if shape:
        tensors.append(x.pad(widths))
        wanted.append(np.pad(array, widths))
    check(tensors, {x: array}, wanted)


@pure
@given(SHAPES, st.lists(st.integers(-2, 12), max_size=3))
def test_reshape_is_refused_if_and_only_if_numpy_refuses_it(shape: tuple[int, ...], target: list[int]) -> None:
    x = kt.placeholder(shape)
    try:
        wanted = np.empty(shape).reshape(target).shape
    except ValueError:
        with pytest.raises(kt.ShapeError, match="reshape: "):
            x.reshape(target)
    else:
        if -2 not in target:  # NumPy takes any negative number for the hole
            assert x.reshape(target).shape == wanted


@on_engines
@given(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple), st.data())
def test_joining_and_splitting(engine: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1), label="axis")
    lengths = data.draw(st.lists(SIZES, min_size=1, max_size=3), label="lengths")
    front, back = shape[: axis % len(shape)], shape[axis % len(shape) + 1 :]
    arrays = [numbers((*front, n, *back)) for n in lengths]
    pieces = [hidden(data, a.shape) for a in arrays]
    whole = kt.concatenate(pieces, axis)
    array = np.concatenate(arrays, axis)
    stacked = kt.stack([pieces[0], pieces[0] * 2.0], axis)
    wanted = [array, np.stack([arrays[0], arrays[0] * 2.0], axis), *arrays]
    check([whole, stacked, *whole.split(lengths, axis)], dict(zip(pieces, arrays)), wanted)


@pure
@given(st.lists(SHAPES, min_size=1, max_size=3), st.integers(-4, 4))
def test_concatenate_is_refused_if_and_only_if_numpy_refuses_it(shapes: list[tuple[int, ...]], axis: int) -> None:
    tensors = [kt.placeholder(s) for s in shapes]
    try:
        wanted = np.concatenate([np.empty(s) for s in shapes], axis).shape
    except (ValueError, np.exceptions.AxisError):
        with pytest.raises(kt.ShapeError, match=r"concatenate(\(axis=\d\))?: "):
            kt.concatenate(tensors, axis)
    else:
        assert kt.concatenate(tensors, axis).shape == wanted


# ---- Products --------------------------------------------------------------------------------------


@pure
@given(SHAPES, SHAPES)
def test_products_are_refused_if_and_only_if_numpy_refuses_them(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    x, y = kt.placeholder(first), kt.placeholder(second)
    for name in ("matmul", "dot"):
        try:
            wanted = np.shape(getattr(np, name)(np.zeros(first), np.zeros(second)))
        except ValueError:
            with pytest.raises(kt.ShapeError, match=f"{name}: "):
                getattr(kt, name)(x, y)
        else:
            assert getattr(kt, name)(x, y).shape == wanted


@on_engines
@given(hnp.mutually_broadcastable_shapes(signature="(m,k),(k,n)->(m,n)", max_dims=2, max_side=3), st.data())
def test_products(engine: str, shapes: hnp.BroadcastableShapes, data: st.DataObject) -> None:
    a, b = (numbers(s) for s in shapes.input_shapes)
    x, y = hidden(data, a.shape), hidden(data, b.shape)
    check([x @ y, x.dot(y)], {x: a, y: b}, [a @ b, np.dot(a, b)])


# ---- Dtypes ----------------------------------------------------------------------------------------


def level(dtype: type[DType]) -> int:
    """bool < integers < floats."""
    return {"b": 0, "i": 1, "u": 1, "f": 2}[dtype.kind]


def test_promotion_is_a_join() -> None:
    """Commutative, associative, idempotent, with bool below everything: for all dtypes."""
    for a in ALL_DTYPES:
        assert promote(a) is promote(a, a) is promote(kt.bool_, a) is a
    for a, b in itertools.product(ALL_DTYPES, repeat=2):
        assert promote(a, b) is promote(b, a)
        assert promote(a, promote(a, b)) is promote(a, b)
        assert level(promote(a, b)) == max(level(a), level(b))
    for a, b, c in itertools.product(ALL_DTYPES, repeat=3):
        assert promote(promote(a, b), c) is promote(a, promote(b, c)) is promote(a, b, c)


def test_promotion_within_a_kind_is_numpys() -> None:
    for a, b in itertools.product(ALL_DTYPES, repeat=2):
        joined = promote(a, b)
        if "f" in (a.kind, b.kind) and a.kind != b.kind:
            assert joined is (a if a.kind == "f" else b)
        elif {a.name, b.name} & {"uint64"} and {a.kind, b.kind} == {"i", "u"}:
            assert joined is kt.int64  # NumPy goes on to float64
        else:
            assert joined == np.promote_types(a.name, b.name)


@on_engines
@given(st.lists(st.sampled_from(ALL_DTYPES), min_size=2, max_size=4))
def test_mixed_dtypes(engine: str, chosen: list[type[DType]]) -> None:
    tensors = [kt.constant([1, 0], dtype) for dtype in chosen]
    joined = promote(*chosen)
    made = [kt.concatenate(tensors), kt.stack(tensors), kt.maximum(kt.maximum(*tensors[:2]), tensors[-1])]
    assert [t.dtype for t in made] == [joined, joined, promote(*chosen[:2], chosen[-1])]
    for tensor, got in zip(made, evaluate(made)):
        assert got.dtype == tensor.dtype.name
        assert got.max() == 1
        assert got.min() == 0


# ---- Whole expressions -----------------------------------------------------------------------------

#: Steps from one array to the next. All are defined for all numbers and keep them small.
STEPS: list[tuple[Callable[[Any], Any], Callable[[Array], Any]]] = [
    (lambda x: -x, lambda a: -a),
    (lambda x: x.tanh(), np.tanh),
    (lambda x: x.abs().sqrt(), lambda a: np.sqrt(np.abs(a))),
    (lambda x: x.sin() * 2.0 + 0.0, lambda a: np.sin(a) * 2.0),
    (lambda x: (x * 1.0).relu(), lambda a: np.maximum(a, 0.0)),
    (lambda x: x.transpose(), np.transpose),
    (lambda x: x.transpose().transpose(), lambda a: a),
    (lambda x: x.reshape(-1).reshape(2, -1), lambda a: a.reshape(2, -1)),
    (lambda x: x[::-1], lambda a: a[::-1]),
    (lambda x: x.stop_gradient().round(), np.round),
    (lambda x: x - x.mean(0, keepdims=True), lambda a: a - a.mean(0, keepdims=True)),
    (lambda x: x.softmax(), oracle.softmax),
    (lambda x: kt.where(x > 0, x, 0.5), lambda a: np.where(a > 0, a, 0.5)),
    (lambda x: x.cumsum(0).tanh(), lambda a: np.tanh(a.cumsum(0))),
    (lambda x: kt.concatenate([x, x * 0.5], 0)[2:], lambda a: np.concatenate([a, a * 0.5], 0)[2:]),
]
#: Steps from two arrays of one size.
JOINTS: list[tuple[Callable[[Any, Any], Any], Callable[[Array, Array], Any]]] = [
    (lambda x, y: x + y, np.add),
    (lambda x, y: x - y, np.subtract),
    (lambda x, y: x * y.tanh(), lambda a, b: a * np.tanh(b)),
    (lambda x, y: kt.maximum(x, y), np.maximum),
    (lambda x, y: x / (y * y + 1.0), lambda a, b: a / (b * b + 1.0)),
]


def grow(data: st.DataObject, tensor: Any, array: Array, length: int) -> list[tuple[Any, Array]]:
    """A graph of `length` random steps, each from any of the results before; the results with NumPy's."""
    results = [(tensor, array)]
    for _ in range(length):
        x, a = data.draw(st.sampled_from(results))
        same = [(y, b) for y, b in results if b.shape == a.shape]
        if data.draw(st.booleans()):
            step, right = data.draw(st.sampled_from(STEPS))
            results.append((step(x), np.asarray(right(a))))
        else:
            y, b = data.draw(st.sampled_from(same))
            joint, right_joint = data.draw(st.sampled_from(JOINTS))
            results.append((joint(x, y), np.asarray(right_joint(a, b))))
    return results


def check_expression(data: st.DataObject, length: int, compiled: bool) -> None:
    array = np.linspace(-2.0, 2.0, 12).reshape(4, 3)[:, ::-1].copy()
    x = kt.placeholder(data.draw(st.sampled_from([(4, 3), (None, 3), (None, None)])), "float64")
    results = grow(data, x, array, length)
    kept = data.draw(st.lists(st.sampled_from(results), min_size=1, max_size=3))
    tensors = [tensor for tensor, _ in kept]
    runs = [evaluate(tensors, {x: array})]
    if compiled:
        function = kt.function([x], tensors)
        runs += [function([array]), function([array])]
    for values in runs:
        for got, (_, wanted) in zip(values, kept):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


@examples(300)
@given(st.data())
def test_random_expressions_on_numpy(data: st.DataObject) -> None:
    """Merging, folding and writing into buffers that are free change no result."""
    with kt.config(engine="numpy"):
        check_expression(data, 10, compiled=True)


@on_engines
@given(st.data())
def test_random_expressions(engine: str, data: st.DataObject) -> None:
    check_expression(data, 5, compiled=engine != "theano")
