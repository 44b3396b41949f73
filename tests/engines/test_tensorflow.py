"""What is special to the TensorFlow engine. What all engines share is in the conformance suite."""

from __future__ import annotations

import gc
import importlib
import math
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from unittest.mock import Mock

import numpy as np
import numpy.typing as npt
import pytest

from ktensor import dims
from ktensor.config import config
from ktensor.dtypes import ALL_DTYPES, as_dtype
from ktensor.engines.base import Program, get_engine
from ktensor.errors import EngineError
from ktensor.graph import Node, build, constant_node, node_of, toposort
from ktensor.state import State

tf = pytest.importorskip("tensorflow")

Array = npt.NDArray[Any]

ENGINE: Any = get_engine("tensorflow")
DTYPES = [d.name for d in ALL_DTYPES]


# ---- Building graphs without the faces, which would promote and simplify ---------------------------


def op(op_name: str, /, *inputs: Node, **attrs: Any) -> Node:
    return node_of(build(op_name, *inputs, **attrs))


def placeholder(shape: Sequence[int | None], dtype: str = "float32", sparse: bool = False) -> Node:
    sizes = tuple(dims.anonymous() if size is None else size for size in shape)
    return op("placeholder", shape=sizes, dtype=as_dtype(dtype), name="p", sparse=sparse)


def variable(value: Any, shape: Sequence[int | None] | None = None) -> Node:
    array = np.asarray(value)
    sizes = array.shape if shape is None else tuple(dims.anonymous() if s is None else s for s in shape)
    dtype = as_dtype(array.dtype)
    return op("variable", shape=sizes, dtype=dtype, name="v", state=State(array, dtype, "v"))


def constant(value: Any, dtype: str = "float32") -> Node:
    return constant_node(np.asarray(value, dtype), as_dtype(dtype))


def program(inputs: Sequence[Node], outputs: Sequence[Node], updates: Sequence[tuple[Node, Node]] = ()) -> Program:
    order = toposort([*outputs, *(value for _, value in updates)])
    return Program(tuple(inputs), tuple(outputs), tuple(updates), tuple(order))


def run(wanted: Program, feeds: Sequence[Any]) -> list[Array]:
    return ENGINE.run(wanted, feeds)  # type: ignore[no-any-return]


def run_compiled(wanted: Program, feeds: Sequence[Any]) -> list[Array]:
    return ENGINE.compile(wanted)(feeds)  # type: ignore[no-any-return]


def run_jit(wanted: Program, feeds: Sequence[Any]) -> list[Array]:
    with config(jit=True):
        return run_compiled(wanted, feeds)


RUNNERS = [run, run_compiled, run_jit]
runners = pytest.mark.parametrize("runner", RUNNERS)


def value_of(node: Node) -> Array:
    value: Array = ENGINE.read_state(node.attrs["state"].storage(ENGINE))
    return value


# ---- All ops, in all dtypes, against NumPy ---------------------------------------------------------


class Case(NamedTuple):
    op: str
    inputs: tuple[Array, ...]
    attrs: dict[str, Any]
    expected: Any


def _unary(x: Array, kinds: str, table: dict[str, Callable[[Any], Any]]) -> list[Case]:
    return [Case(name, (x,), {}, f(x)) for name, f in table.items()] if x.dtype.kind in kinds else []


def _softmax(x: Array, axis: int) -> Array:
    wide = np.exp(x.astype("float64"))
    result: Array = wide / wide.sum(axis, keepdims=True)
    return result


def _erf(x: Array) -> Array:
    result: Array = np.vectorize(math.erf)(x.astype("float64"))
    return result


def _unary_cases(x: Array) -> list[Case]:
    positive = (np.abs(x.astype("float64")) + 0.5).astype(x.dtype)
    return [
        *_unary(
            x,
            "iuf",
            {
                "abs": np.abs,
                "negative": np.negative,
                "square": np.square,
                "sign": np.sign,
                "relu": lambda x: np.maximum(x, 0),
                "floor": np.floor,
                "ceil": np.ceil,
                "round": np.round,
            },
        ),
        *_unary(
            x,
            "f",
            {
                "exp": np.exp,
                "expm1": np.expm1,
                "sin": np.sin,
                "cos": np.cos,
                "tan": np.tan,
                "tanh": np.tanh,
                "erf": _erf,
                "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
                "softplus": lambda x: np.logaddexp(x, 0),
                "isnan": np.isnan,
                "isinf": np.isinf,
                "isfinite": np.isfinite,
            },
        ),
        *_unary(positive, "f", {"log": np.log, "log1p": np.log1p, "sqrt": np.sqrt}),
        *_unary(x, "iu", {"invert": np.invert}),
        *_unary(x, "b", {"logical_not": np.logical_not}),
    ]


_ARITHMETIC = ("add", "subtract", "multiply", "floor_divide", "mod")
_COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum")
_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")
_LOGICAL = ("logical_and", "logical_or", "logical_xor")


def _binary_cases(x: Array, y: Array) -> list[Case]:
    kind = x.dtype.kind
    names = list(_COMPARISONS)
    names += _ARITHMETIC if kind != "b" else _LOGICAL
    names += _BITS if kind in "iu" else ()
    names += ["divide"] if kind == "f" else []
    with np.errstate(all="ignore"):
        cases = [Case(name, (x, y), {}, getattr(np, name)(x, y)) for name in names]
        small = np.array([0, 1, 2, 3], x.dtype)
        return cases + ([Case("power", (x, small), {}, np.power(x, small))] if kind != "b" else [])


def _reduction_cases(x: Array) -> list[Case]:
    cases = []
    for axes in ((), (0,), (1,), (0, 1)):
        for keepdims in (False, True):
            attrs = {"axes": axes, "keepdims": keepdims}
            names = ("any", "all", "max", "min") if x.dtype.kind == "b" else ("sum", "prod", "max", "min")
            for name in names:
                expected = getattr(np, name)(x, axis=axes, keepdims=keepdims)
                cases.append(Case(name, (x,), attrs, np.asarray(expected).astype(x.dtype)))
    for axis in (0, 1):
        cases += [Case(name, (x,), {"axis": axis}, getattr(np, name)(x, axis)) for name in ("argmax", "argmin")]
        if x.dtype.kind != "b":
            cases += _cumulative_cases(x, axis)
        if x.dtype.kind == "f":
            cases.append(Case("softmax", (x,), {"axis": axis}, _softmax(x, axis)))
            cases.append(Case("log_softmax", (x,), {"axis": axis}, np.log(_softmax(x, axis))))
    return cases


def _cumulative_cases(x: Array, axis: int) -> list[Case]:
    small = np.sign(x) + np.ones_like(x)  # products that stay in range
    attrs = {"axis": axis, "exclusive": False, "reverse": False}
    backwards = {"axis": axis, "exclusive": True, "reverse": True}
    flipped: Array = np.flip(np.cumsum(np.flip(small, axis), axis, dtype=x.dtype), axis) - small
    return [
        Case("cumsum", (small,), attrs, np.cumsum(small, axis, dtype=x.dtype)),
        Case("cumprod", (small,), attrs, np.cumprod(small, axis, dtype=x.dtype)),
        Case("cumsum", (small,), backwards, flipped),
    ]


def _shaping_cases(x: Array) -> list[Case]:
    zero = np.zeros((), x.dtype)
    padded = np.pad(x, [(1, 2), (0, 1)], constant_values=1)
    put = np.zeros_like(x)
    put[::-2, 1:3] = x[::-2, 1:3]
    i, j = np.array([[2, 0], [1, 1]], "int64"), np.array([[3, 0], [1, 1]], "int64")
    scattered = np.zeros((3, 5), x.dtype)
    np.add.at(scattered.T, np.array([4, 0, 4, 1]), x.T)
    points = np.zeros((3, 4), x.dtype)
    np.add.at(points, (i, j), x[:2, :2])
    target = np.array([4, 3], "int32")
    tall = np.broadcast_to(x, (2, 3, 4)).copy()
    return [
        Case("reshape", (x,), {"shape": (2, -1)}, x.reshape(2, -1)),
        Case("reshape", (x, target), {"shape": (4, 3)}, x.reshape(4, 3)),
        Case("broadcast_to", (x,), {"shape": (2, 3, 4)}, np.broadcast_to(x, (2, 3, 4))),
        Case("transpose", (x,), {"axes": (1, 0)}, x.T),
        Case("expand_dims", (x,), {"axis": 1}, x[:, None]),
        Case("squeeze", (x[:1],), {"axes": (0,)}, x[0]),
        Case("squeeze", (x[:1],), {"axes": ()}, x[:1]),
        Case("concatenate", (x, x[:1]), {"axis": 0}, np.concatenate([x, x[:1]])),
        Case("stack", (x, x), {"axis": 1}, np.stack([x, x], 1)),
        Case("pad", (x,), {"widths": ((1, 2), (0, 1)), "value": 1}, padded),
        Case("slice", (x,), {"items": ((None, None, -1), (-100, 3, 2))}, x[::-1, -100:3:2]),
        Case("unslice", (x[::-2, 1:3], x), {"items": ((None, None, -2), (1, 3, 1))}, put),
        Case("take", (x, i[:, 0]), {"axis": 0}, x[i[:, 0]]),
        Case("take", (x, j), {"axis": 1}, x[:, j]),
        Case("take", (x, i, j), {"axis": 0}, x[i, j]),
        Case("scatter_add", (x, scattered, np.array([4, 0, 4, 1], "int32")), {"axis": 1}, scattered),
        Case("scatter_add", (x[:2, :2], x, i, j), {"axis": 0}, points),
        Case("unbroadcast", (tall, x[:1, :1]), {}, tall.sum(dtype=x.dtype).reshape(1, 1)),
        Case("unbroadcast", (x, x), {}, x),
        Case("unbroadcast", (x, zero), {}, x.sum(dtype=x.dtype)),
        Case("shape", (x,), {}, np.array([3, 4], "int32")),
        Case("where", (x[:1] == x, x, zero), {}, np.where(x[:1] == x, x, zero)),
        Case("stop_gradient", (x,), {}, x),
        *[Case("cast", (x,), {"dtype": as_dtype(d)}, x.astype(d)) for d in DTYPES if _has_values_in(x, d)],
    ]


def _has_values_in(x: Array, dtype: str) -> bool:
    # C leaves open what a negative float is as an unsigned integer.
    return not (x.dtype.kind == "f" and dtype.startswith("uint"))


def _all_cases(dtype: str) -> list[Case]:
    numbers = np.array([[3, -2, 0, 7], [-5, 4, 4, 1], [2, 6, -1, 5]])
    x, y = numbers.astype(dtype), np.array([[2, -3, 3, 1]]).astype(dtype)
    if dtype.startswith("float"):
        x = (x * 0.5).astype(dtype)
    if x.dtype.kind == "u":
        x, y = np.abs(numbers).astype(dtype), np.abs([[2, -3, 3, 1]]).astype(dtype)
    cases = [*_unary_cases(x), *_binary_cases(x, y), *_reduction_cases(x)]
    if dtype == "bool":
        return cases + [c for c in _shaping_cases(x) if c.op not in ("unbroadcast", "scatter_add")]
    batched = np.stack([x, x + np.ones_like(x)])
    cases += [Case("matmul", (x, x.T), {}, x @ x.T), Case("matmul", (batched, x.T), {}, batched @ x.T)]
    unsigned = x.dtype.kind == "f"
    return cases + [c for c in _shaping_cases(x) if not (unsigned and c.op == "cast" and c.attrs["dtype"].kind == "u")]


@pytest.mark.parametrize("runner", [run, run_compiled, pytest.param(run_jit, marks=pytest.mark.slow)])
@pytest.mark.parametrize("known", [True, False], ids=["sizes-known", "sizes-unknown"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_all_ops_agree_with_numpy(dtype: str, known: bool, runner: Callable[..., list[Array]]) -> None:
    cases = _all_cases(dtype)
    inputs: list[Node] = []
    outputs: list[Node] = []
    for case in cases:
        fed = [placeholder(a.shape if known else [None] * a.ndim, a.dtype.name) for a in case.inputs]
        if case.op == "squeeze":
            fed = [placeholder(case.inputs[0].shape, dtype)]
        inputs += fed
        outputs.append(op(case.op, *fed, **case.attrs))
    results = runner(program(inputs, outputs), [a for case in cases for a in case.inputs])
    tolerance = {"float16": 5e-3, "float32": 1e-5}.get(dtype, 1e-12)
    for case, node, result in zip(cases, outputs, results, strict=True):
        expected = np.asarray(case.expected)
        note = f"{case.op} {case.attrs}"
        assert result.dtype == node.dtype.dtype, note
        assert result.shape == expected.shape, note
        np.testing.assert_allclose(
            result.astype("float64"), expected.astype("float64"), tolerance, tolerance, err_msg=note
        )


# ---- Where NumPy and TensorFlow differ -------------------------------------------------------------


def binary(runner: Callable[..., list[Array]], name: str, x: Array, y: Array) -> Array:
    a, b = placeholder(x.shape, x.dtype.name), placeholder(y.shape, y.dtype.name)
    return runner(program([a, b], [op(name, a, b)]), [x, y])[0]


@runners
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint16"])
@pytest.mark.parametrize("name", ["floor_divide", "mod"])
def test_integers_divided_by_zero_give_zero(name: str, dtype: str, runner: Callable[..., list[Array]]) -> None:
    x, y = np.array([7, 0, 5], dtype), np.array([0, 0, 3], dtype)
    expected = [0, 0, 1] if name == "floor_divide" else [0, 0, 2]
    assert binary(runner, name, x, y).tolist() == expected


@runners
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_the_least_integer_divided_by_minus_one_wraps(dtype: str, runner: Callable[..., list[Array]]) -> None:
    least = np.array([np.iinfo(dtype).min] * 9, dtype)
    minus = np.array([-1] * 9, dtype)
    assert binary(runner, "floor_divide", least, minus).tolist() == least.tolist()
    assert binary(runner, "mod", least, minus).tolist() == [0] * 9


@runners
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["floor_divide", "mod"])
def test_floats_divide_as_in_python(name: str, dtype: str, runner: Callable[..., list[Array]]) -> None:
    numbers = np.array([1, -1, 0, 0.1, 7.5, -7.5, np.inf, -np.inf, np.nan], dtype)
    x, y = np.meshgrid(numbers, numbers)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x, y)
    np.testing.assert_allclose(binary(runner, name, x, y), expected, rtol=1e-3 if dtype == "float16" else 1e-6)


@runners
@pytest.mark.parametrize("name", ["left_shift", "right_shift"])
@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "int64"])
def test_shifts_by_more_than_the_width(dtype: str, name: str, runner: Callable[..., list[Array]]) -> None:
    y = np.array([0, 1, 7, 8, 31, 32, 63, 64, 100], dtype)
    x = np.full(y.shape, -3 if dtype.startswith("i") else 253).astype(dtype)
    assert binary(runner, name, x, y).tolist() == getattr(np, name)(x, y).tolist()


@runners
def test_nan_is_not_lost(runner: Callable[..., list[Array]]) -> None:
    x = np.array([np.nan, 1, -0.0, 2], "float32")
    y = np.array([1, np.nan, 0, 1], "float32")
    for name in ("maximum", "minimum"):
        np.testing.assert_array_equal(binary(runner, name, x, y), getattr(np, name)(x, y))
    a = placeholder((None,))
    outputs = [op(name, a, axes=(0,), keepdims=False) for name in ("max", "min", "sum")] + [op("sign", a)]
    *reduced, signs = runner(program([a], outputs), [x])
    assert np.isnan(reduced).all()
    np.testing.assert_array_equal(signs, np.sign(x))


@runners
def test_float16_sums_grow_beyond_2048(runner: Callable[..., list[Array]]) -> None:
    ones = np.ones((5000, 2), "float16")
    p, like = placeholder((None, 2), "float16"), placeholder((1, 2), "float16")
    outputs = [op("sum", p, axes=(0,), keepdims=True), op("unbroadcast", p, like)]
    for result in runner(program([p, like], outputs), [ones, ones[:1]]):
        assert result.tolist() == [[5000, 5000]]


@runners
def test_ranges_that_count_down_or_not_at_all(runner: Callable[..., list[Array]]) -> None:
    for dtype in ("int8", "int32", "uint16", "int64", "float16", "float32", "float64"):
        p = [placeholder((), dtype) for _ in range(3)]
        ask = program(p, [op("arange", *p, length=None)])
        bounds = [(0, 5, 1), (3, 3, 1), (5, 0, 1), (1, 8, 3)] + [(5, 0, -2), (0, 5, -1)] * (dtype != "uint16")
        for start, stop, step in bounds:
            (result,) = runner(ask, [np.array(v, dtype) for v in (start, stop, step)])
            assert result.dtype == dtype
            assert result.tolist() == list(range(start, stop, step))


BOUNDS = [None, 0, 1, 2, 4, 5, 100, -1, -2, -5, -6, -100, sys.maxsize, -sys.maxsize - 1, 10**30]


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2, -7])
@pytest.mark.parametrize("size", [0, 1, 5])
@pytest.mark.parametrize("runner", [run, run_compiled])
def test_slices_as_in_python(size: int, step: int, runner: Callable[..., list[Array]]) -> None:
    x = np.arange(float(size), dtype="float32")
    p = placeholder((None,))
    items = [(start, stop, step) for start in BOUNDS for stop in BOUNDS]
    slices = [op("slice", p, items=(item,)) for item in items]
    puts = [op("unslice", s, p, items=(item,)) for s, item in zip(slices, items, strict=True)]
    results = runner(program([p], [*slices, *puts]), [x])
    for item, taken, put in zip(items, results, results[len(items) :], strict=False):
        wanted, zeros = x[slice(*item)], np.zeros_like(x)
        zeros[slice(*item)] = wanted
        assert taken.tolist() == wanted.tolist(), item
        assert put.tolist() == zeros.tolist(), item


@runners
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_slices_with_bounds_that_are_tensors(dtype: str, runner: Callable[..., list[Array]]) -> None:
    x = np.arange(20, dtype="float32").reshape(4, 5)
    p, i, j = placeholder((None, None)), placeholder((), dtype), placeholder((), dtype)
    items = (("?", None, 1), (None, "?", 2))
    taken = op("slice", p, i, j, items=items)
    ask = program([p, i, j], [taken, op("unslice", taken, p, i, j, items=items)])
    expected = np.zeros_like(x)
    expected[1:, :4:2] = x[1:, :4:2]
    for _ in range(2):
        taken_value, put = runner(ask, [x, np.array(1, dtype), np.array(4, dtype)])
        assert taken_value.tolist() == x[1:, :4:2].tolist()
        assert put.tolist() == expected.tolist()


@pytest.mark.parametrize("runner", [run, run_compiled])
def test_softplus_and_sigmoid_far_from_zero(runner: Callable[..., list[Array]]) -> None:
    x = np.array([-1000, -30, 30, 1000], "float32")
    p = placeholder((None,))
    soft, logistic = runner(program([p], [op("softplus", p), op("sigmoid", p)]), [x])
    np.testing.assert_allclose(soft, [0, 9.357623e-14, 30, 1000])
    np.testing.assert_allclose(logistic, [0, 9.357623e-14, 1, 1])


# ---- Unknown sizes ---------------------------------------------------------------------------------


def counting(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Node]:
    """The nodes that the lowering of an op is asked for."""
    asked: list[Node] = []
    lower = ENGINE.lowerings[name]

    def count(node: Node, *handles: Any) -> Any:
        asked.append(node)
        return lower(node, *handles)

    monkeypatch.setitem(ENGINE.lowerings, name, count)
    return asked


def test_no_retracing_whatever_the_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch, "add")
    x, y, s = placeholder((None, 3)), placeholder((None, 3)), placeholder(())
    total = op("add", op("multiply", x, s), y)
    compiled = ENGINE.compile(program([x, y, s], [total, op("unbroadcast", total, x)]))
    for n in (0, 1, 2, 7):
        for m in {1, n}:
            a, b = np.ones((n, 3), "float32"), np.full((m, 3), 2, "float32")
            result, back = compiled([a, b, np.array(n, "float32")])
            np.testing.assert_array_equal(result, a * n + b)
            assert back.shape == a.shape
    assert len(asked) == 1


@pytest.mark.parametrize("runner", [run, run_compiled])
def test_a_size_of_one_broadcasts_and_sums_back(runner: Callable[..., list[Array]]) -> None:
    g, like = placeholder((None, None, 3)), placeholder((None, None))
    ask = program([g, like], [op("unbroadcast", g, like)])
    for shape, small in [((2, 4, 3), (1, 3)), ((2, 4, 3), (4, 1)), ((2, 1, 3), (1, 1)), ((2, 0, 3), (1, 3))]:
        x = np.random.default_rng(0).normal(size=shape).astype("float32")
        expected = x.sum(0)
        for axis in (0, 1):
            if small[axis] == 1:
                expected = expected.sum(axis, keepdims=True)
        (result,) = runner(ask, [x, np.ones(small, "float32")])
        np.testing.assert_allclose(result, expected, rtol=1e-5)


# ---- State -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_state_keeps_its_dtype(dtype: str) -> None:
    value = np.array([[0, 1], [3, 2]]).astype(dtype)
    storage = ENGINE.new_state(value, "v")
    assert ENGINE.read_state(storage).dtype == dtype
    ENGINE.write_state(storage, value[:, :1])
    assert ENGINE.read_state(storage).tolist() == value[:, :1].tolist()
    assert not storage.trainable


def test_state_shares_no_memory() -> None:
    value = np.zeros(1000, "float32")
    storage = ENGINE.new_state(value, "v")
    ENGINE.write_state(storage, value)
    value[:] = 1
    ENGINE.read_state(storage)[:] = 2
    assert not ENGINE.read_state(storage).any()


@runners
def test_results_and_variables_share_no_memory(runner: Callable[..., list[Array]]) -> None:
    fed = np.zeros(1000, "float32")
    v, w, p, c = variable(fed), variable(fed), placeholder((1000,)), constant(fed)
    reshaped = op("reshape", v, shape=(10, 100))
    outputs = [v, reshaped, p, op("stop_gradient", p), c, c]
    results = runner(program([p], outputs, [(w, p)]), [fed])
    for result in results:
        result[:] = 1
    assert not fed.any()
    assert not value_of(v).any()
    assert not value_of(w).any()
    assert not c.attrs["value"].any()
    fed[:] = 2
    assert not value_of(w).any()
    again = runner(program([p], outputs), [np.zeros(1000, "float32")])
    assert not np.any([a.reshape(-1) for a in again])


@runners
def test_updates_are_simultaneous(runner: Callable[..., list[Array]]) -> None:
    a, b = variable(np.float32(1)), variable(np.float32(2))
    (total,) = runner(program([], [op("add", a, b)], [(a, b), (b, op("add", a, b))]), [])
    assert [float(value) for value in (total, value_of(a), value_of(b))] == [3, 2, 3]
    assert runner(program([], [], [(a, b)]), []) == []
    assert value_of(a) == 3


@runners
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("turned", [False, True])
def test_steps_with_momentum(dtype: str, turned: bool, runner: Callable[..., list[Array]]) -> None:
    """One op of TensorFlow's; rate and momentum change in the same step, and the gradient is the weight itself."""
    start, speed = np.arange(6).reshape(2, 3).astype(dtype), np.full((2, 3), 2, dtype)
    weight, velocity = variable(start), variable(speed)
    rate, momentum = variable(np.array(0.5, dtype)), variable(np.array(0.25, dtype))

    def scaled(scale: Node, x: Node) -> Node:
        return op("multiply", *((x, scale) if turned else (scale, x)))

    moved = op("subtract", scaled(momentum, velocity), scaled(rate, op("multiply", weight, weight)))
    half = constant(np.array(0.5), dtype)
    updates = [(velocity, moved), (weight, op("add", weight, moved))]
    updates += [(rate, op("multiply", rate, half)), (momentum, op("add", momentum, half))]
    (before,) = runner(program([], [op("negative", weight)], updates), [])
    expected = np.array(0.25, dtype) * speed - np.array(0.5, dtype) * start * start
    assert before.tolist() == (-start).tolist()
    assert value_of(velocity).tolist() == expected.tolist()
    assert value_of(weight).tolist() == (start + expected).tolist()
    assert [float(value_of(x)) for x in (rate, momentum)] == [0.25, 0.75]


def test_which_steps_with_momentum_are_one_op() -> None:
    weight, velocity, g = (variable(np.ones((2, 3), "float32")) for _ in range(3))
    half = constant(np.array(0.5))
    kept, step = op("multiply", half, velocity), op("multiply", half, g)
    moved = op("subtract", kept, step)

    def is_one(outputs: list[Node], moved: Node, weight: Node = weight) -> bool:
        updates = [(velocity, moved), (weight, op("add", weight, moved))]
        graph = ENGINE.compile(program([], outputs, updates))._traced().graph
        return any(operation.type == "ResourceApplyKerasMomentum" for operation in graph.get_operations())

    assert is_one([], moved)
    assert is_one([kept], moved)
    assert not is_one([moved], moved)
    assert not is_one([], op("add", kept, step))
    assert not is_one([], op("subtract", step, kept))
    assert not is_one([], op("subtract", kept, op("multiply", half, variable(np.ones(3, "float32")))))


def _bad_gather(p: Node) -> Node:
    return op("take", constant([1.0, 2.0]), op("cast", p, dtype=as_dtype("int32")), axis=0)


def _bad_points(p: Node) -> Node:
    index = op("cast", p, dtype=as_dtype("int32"))
    return op("take", constant([[1.0, 2.0]]), constant([0, 0, 0], "int32"), index, axis=0)


def _bad_scatter(p: Node) -> Node:
    return op("scatter_add", p, constant([1.0, 2.0]), op("cast", p, dtype=as_dtype("int32")), axis=0)


def _bad_shapes(p: Node) -> Node:
    return op("add", placeholder_of_two, p)


placeholder_of_two = placeholder((None,))


@runners
@pytest.mark.parametrize("index", [5, -1])
@pytest.mark.parametrize("bad", [_bad_gather, _bad_points, _bad_scatter, _bad_shapes])
def test_a_failure_changes_nothing_and_names_its_op(
    bad: Callable[[Node], Node], index: int, runner: Callable[..., list[Array]]
) -> None:
    p = placeholder((None,))
    failing = bad(p)
    v, w = variable(np.zeros(3, "float32")), variable(np.zeros(3, "float32"))
    x = np.array([1, index, 0], "float32")
    ask = program([p, placeholder_of_two], [failing], [(v, op("add", v, p)), (w, op("exp", p))])
    with pytest.raises(EngineError, match=rf"TensorFlow failed in {failing.op.name}\(") as caught:
        runner(ask, [x, np.zeros(2, "float32")])
    message = str(caught.value)
    assert not any(noise in message for noise in ("{{", "[Op:", "__wrapped__", "/device:"))
    assert f"built at {__file__}" in message
    assert not value_of(v).any()
    assert not value_of(w).any()


@runners
def test_a_new_value_of_another_shape_changes_nothing(runner: Callable[..., list[Array]]) -> None:
    v, w = variable(np.zeros(2, "float32")), variable(np.zeros(2, "float32"))
    p = placeholder((None,))
    with pytest.raises(EngineError):
        runner(program([p], [], [(v, op("exp", v)), (w, p)]), [np.ones(3, "float32")])
    assert not value_of(v).any()
    assert not value_of(w).any()


# ---- Programs as a whole ---------------------------------------------------------------------------


@pytest.mark.parametrize("runner", [run, run_compiled])
def test_a_chain_of_100000_ops(runner: Callable[..., list[Array]]) -> None:
    x = p = placeholder((None,))
    for _ in range(100_000):
        x = op("negative", x)
    assert runner(program([p], [x]), [np.array([3], "float32")])[0].tolist() == [3]


def test_handles_are_let_go_when_nothing_needs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[Any] = []
    most = 0
    lower = ENGINE.lowerings["exp"]

    def watched(node: Node, x: Any) -> Any:
        nonlocal most
        handle = lower(node, x)
        alive.append(weakref.ref(handle))
        most = max(most, sum(ref() is not None for ref in alive))
        return handle

    monkeypatch.setitem(ENGINE.lowerings, "exp", watched)
    x = p = placeholder((None,))
    for _ in range(50):
        x = op("exp", op("negative", x))
    run(program([p], [x]), [np.ones(3, "float32")])
    assert len(alive) == 50
    assert most <= 2


def test_functions_are_let_go() -> None:
    p = placeholder((None,))
    compiled = ENGINE.compile(program([p], [op("exp", p)]))
    compiled([np.ones(2, "float32")])
    gone = weakref.ref(compiled)
    del compiled
    gc.collect()
    assert gone() is None


def test_kernels_of_functions_that_are_gone_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("ktensor.engines.tensorflow_engine")
    cleared = Mock(wraps=module._forget_kernels)
    monkeypatch.setattr(module, "_forget_kernels", cleared)
    monkeypatch.setattr(ENGINE, "patience", 3)
    monkeypatch.setattr(ENGINE, "_gone", 0)
    p = placeholder((None,))
    ask = program([p], [op("exp", p)])
    x = np.zeros(2, "float32")
    kept = ENGINE.compile(ask)
    for _ in range(7):
        assert ENGINE.compile(ask)([x])[0].tolist() == [1, 1]
        gc.collect()
    assert cleared.call_count == 2
    assert kept([x])[0].tolist() == [1, 1]


def test_inputs_that_are_not_needed_are_ignored() -> None:
    x, y = placeholder((2,)), placeholder((None,))
    ask = program([y, x], [op("exp", x)])
    for runner in RUNNERS:
        assert runner(ask, [None, np.zeros(2, "float32")])[0].tolist() == [1, 1]


def test_many_threads() -> None:
    v = variable(np.ones((3, 3), "float32"))
    p = placeholder((None, 3))
    ask = program([p], [op("matmul", p, v)])
    shared = ENGINE.compile(ask)
    wrong: list[object] = []

    def work(n: int) -> None:
        x = np.full((n, 3), n, "float32")
        own = ENGINE.compile(ask)
        for _ in range(50):
            for compiled in (shared, own, lambda feeds: run(ask, feeds)):
                (result,) = compiled([x])
                if result.shape != (n, 3) or (result != 3 * n).any():
                    wrong.append(result)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_large_constants_are_not_written_into_the_graph() -> None:
    big = constant(np.ones((1000, 1000)))
    p = placeholder(())
    compiled = ENGINE.compile(program([p], [op("multiply", big, p)]))
    assert compiled([np.array(2, "float32")])[0].sum() == 2e6
    graph = compiled._traced().graph.as_graph_def()
    assert graph.ByteSize() < 100_000


def test_native_handles_are_tensors() -> None:
    p = placeholder((None,))
    (handle,) = ENGINE.native(program([p], [op("exp", p)]), [np.zeros(2, "float32")])
    assert tf.is_tensor(handle)
    assert handle.numpy().tolist() == [1, 1]


# ---- Sparse ----------------------------------------------------------------------------------------


@runners
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int32", "int64", "uint32"])
def test_sparse(dtype: str, runner: Callable[..., list[Array]]) -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    held = "float32" if dtype == "float16" else dtype  # scipy has no float16
    unsorted = scipy_sparse.csr_matrix(
        (np.array([1, 2, 3, 4]).astype(held), np.array([2, 0, 1, 1]), np.array([0, 2, 2, 4])), shape=(3, 4)
    )
    dense = np.arange(8).reshape(4, 2).astype(dtype)
    full = np.array([[2, 0, 1, 0], [0, 0, 0, 0], [0, 7, 0, 0]]).astype(dtype)
    s, d = placeholder((None, 4), dtype, sparse=True), placeholder((4, None), dtype)
    product = op("sparse_dot", s, d, transpose=False)
    outputs = [product, op("sparse_dot", s, product, transpose=True), op("sparse_to_dense", s), s]
    results = runner(program([s, d], outputs), [unsorted, dense])
    for result, expected in zip(results, [full @ dense, full.T @ (full @ dense), full, full], strict=True):
        assert result.dtype == dtype
        assert result.tolist() == expected.tolist()
    (handle,) = ENGINE.native(program([s], [s]), [unsorted])
    assert isinstance(handle, tf.SparseTensor)


# ---- XLA -------------------------------------------------------------------------------------------


def test_jit_compiles_with_xla() -> None:
    p = placeholder((None,))
    ask = program([p], [op("exp", p)])
    with config(jit=True):
        jitted = ENGINE.compile(ask)
    functions = jitted._traced().graph.as_graph_def().library.function
    assert any(f.attr["_XlaMustCompile"].b for f in functions)
    plain = ENGINE.compile(ask)._traced().graph.as_graph_def().library.function
    assert not any(f.attr["_XlaMustCompile"].b for f in plain)


def test_jit_where_xla_cannot() -> None:
    p, n = placeholder((None,), "bool"), placeholder((), "int32")
    rows = op("nonzero", p)
    sliced = op("slice", op("cast", p, dtype=as_dtype("float32")), n, items=((None, "?", 1),))
    for outputs, expected in (([rows], [[0], [2]]), ([sliced], [1, 0])):
        x = np.array([True, False, True])
        with config(jit=True):
            compiled = ENGINE.compile(program([p, n], outputs))
        for _ in range(2):
            assert compiled([x, np.array(2, "int32")])[0].tolist() == expected


# ---- Import ----------------------------------------------------------------------------------------


def test_import_is_late_and_silent() -> None:
    code = (
        "import sys, ktensor\n"
        "expression = ktensor.ones((2,)) + 1.0\n"
        "assert 'tensorflow' not in sys.modules\n"
        "expression.eval(engine='tensorflow')\n"
        "assert 'tensorflow' in sys.modules\n"
        "print('to stderr', file=sys.stderr)"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    loud = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=loud)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "to stderr\n")
