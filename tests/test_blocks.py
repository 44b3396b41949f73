"""The NumPy engine's groups of ops that run on some rows at a time: the same numbers as at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_properties import examples

import ktensor as kt
from ktensor.engines.base import get_engine
from ktensor.engines.numpy_engine import blocks, groups, writer
from ktensor.engines.selecting import select
from ktensor.engines.warnings import without_warnings
from ktensor.function import evaluate
from ktensor.graph import node_of
from ktensor.testing import CASES, Case, check

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _on_numpy() -> Iterator[None]:
    with kt.config(engine="numpy"):
        yield


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is large, and a row is a block."""
    monkeypatch.setattr(groups, "LARGE", 1)
    monkeypatch.setattr(writer, "LARGE", 1)
    monkeypatch.setattr(blocks, "_BLOCK", 1)
    monkeypatch.setattr(blocks, "_WORTH_THREADS", 1)


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were computed at a time, of each group that ran in blocks."""
    found: list[int] = []
    in_parts = blocks._in_parts

    def noted(work: Any, numbers: range, threads: bool) -> None:
        found.append(numbers.step)
        in_parts(work, numbers, threads)

    monkeypatch.setattr(blocks, "_in_parts", noted)
    return found


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_in_blocks(case: Case) -> None:
    check("numpy", case)


OPS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "maximum": lambda x, y: kt.maximum(x, y * 0.5),
    "tanh": lambda x, y: x.tanh(),
    "sums": lambda x, y: x + (y * y).sum(axis=1, keepdims=True),
    "largest": lambda x, y: x - y.max(axis=1).expand_dims(1),
    "softmax": lambda x, y: x.softmax(),
    "row": lambda x, y: x - y.mean(axis=0),
    "turned": lambda x, y: x + y[::-1],
    "total": lambda x, y: x / (1 + (y * y).sum()),
    "where": lambda x, y: kt.where(x > y, x, -y),
}


def drawn_graph(data: st.DataObject, tensors: list[Any]) -> list[Any]:
    """Ops on earlier tensors, in any order, with results that others need and results that none does."""
    made = list(tensors)
    for _ in range(data.draw(st.integers(1, 12), label="ops")):
        x, y = (made[data.draw(st.integers(0, len(made) - 1))] for _ in range(2))
        made.append(OPS[data.draw(st.sampled_from(sorted(OPS)))](x, y))
    wanted = data.draw(st.lists(st.sampled_from(made[len(tensors) :]), min_size=1, max_size=3, unique_by=id))
    return [*wanted, made[-1]]


@pytest.mark.usefixtures("_small")
@examples(150)
@given(st.data())
def test_any_graph(data: st.DataObject) -> None:
    sizes = data.draw(st.sampled_from([(6, 3), (None, 3), (6, None), (None, None)]))
    inputs = [kt.placeholder(sizes, "float64"), kt.placeholder(sizes, "float64")]
    outputs = drawn_graph(data, inputs)
    arrays = [RANDOM.standard_normal((6, 3)), RANDOM.standard_normal((6, 3))]
    kept = [array.copy() for array in arrays]
    function = kt.function(inputs, outputs)
    for _ in range(2):
        for got, wanted in zip(function(arrays), evaluate(outputs, dict(zip(inputs, arrays)))):
            np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(arrays, kept)


def test_large_arrays_run_in_blocks(blocked: list[int]) -> None:
    x, y = kt.placeholder((None,)), kt.placeholder((None,))
    function = kt.function([x, y], [(x * y + 0.5).tanh() * x.sqrt() - y, x.sum()])
    small, large = (RANDOM.random((2, n), np.float32) for n in (1000, 600_001))
    for a, b in (small, large):
        value, total = function([a, b])
        np.testing.assert_allclose(value, np.tanh(a * b + np.float32(0.5)) * np.sqrt(a) - b, atol=1e-6)
        assert total == a.sum(dtype="float32")
    assert blocked == [131_072]


def test_arrays_of_few_rows_are_taken_as_vectors(blocked: list[int]) -> None:
    x = kt.placeholder((1 + 1, 300_000))
    value = RANDOM.random((2, 300_000), np.float32)
    np.testing.assert_allclose(kt.function([x], x.exp() * 2.0)([value]), np.exp(value) * 2, rtol=1e-6)
    assert blocked == [131_072]


def test_sizes_that_turn_out_to_be_one(blocked: list[int]) -> None:
    x, y = kt.placeholder((None, 500)), kt.placeholder((None, 500))
    function = kt.function([x, y], ((x + y).exp(), x.exp()))
    a, b = RANDOM.random((1, 500), np.float32), RANDOM.random((1200, 500), np.float32)
    for first, second in ((a, b), (b, a), (b, b)):
        both, one = function([first, second])
        np.testing.assert_allclose(both, np.exp(first + second), rtol=1e-6)
        np.testing.assert_allclose(one, np.exp(first), rtol=1e-6)
    assert len(blocked) == 3  # exp(x) twice, and what has both where no size is 1


def test_an_error_in_a_block_names_the_line() -> None:
    x, y = kt.placeholder((None, 500)), kt.placeholder((None, None))
    function = kt.function([x, y], (x.exp() + y).tanh())
    with pytest.raises(kt.EngineError, match=r"NumPy failed in add\(.*(?s:.*)test_blocks\.py:\d+"):
        function([np.ones((1200, 500), np.float32), np.ones((1200, 499), np.float32)])


def test_functions_that_run_in_many_threads() -> None:
    x = kt.placeholder((None,))
    function = kt.function([x], [x.exp() * 2.0, (x + 1.0).log()])
    arrays = [RANDOM.random(600_000 + i, np.float32) for i in range(6)]

    def run(array: Any) -> Any:
        with kt.config(engine="numpy"):  # a thread has the settings of the process
            return function([array])

    wanted = [run(array) for array in arrays]
    with ThreadPoolExecutor(4) as pool:
        for got, right in zip(pool.map(run, arrays), wanted):
            np.testing.assert_array_equal(got, right)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_processes_have_threads_of_their_own() -> None:
    x = kt.placeholder((None,))
    function = kt.function([x], x.exp() + 1.0)
    array = np.ones(600_000, np.float32)
    wanted = function([array])
    child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(function([array]), wanted) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_as_many_threads_as_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for told, wanted in (("1", 1), ("3", 3), ("many", len(os.sched_getaffinity(0)))):
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        blocks._processors.cache_clear()
        assert blocks._processors() == wanted
    blocks._processors.cache_clear()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint16", "int64", "bool"])
@pytest.mark.parametrize(
    "shapes", [((90, 60),) * 3, ((90, 60), (60,), ()), ((90, 60), (), (90, 1)), ((90, 1), (60,), (2, 90, 60))]
)
def test_select_is_where(dtype: str, shapes: Any) -> None:
    condition = RANDOM.random(shapes[0]) > 0.5
    x, y = (np.asarray(RANDOM.integers(-100, 100, shape).astype(dtype)) for shape in shapes[1:])
    if x.dtype.kind == "f":
        x.flat[::7], x.flat[::5], y.flat[::3] = np.nan, -np.inf, -0.0
    for other in (y, x.dtype.type(0)):
        wanted = np.where(condition, x, other)
        np.testing.assert_array_equal(select(condition, x, other), wanted, strict=True)
        if x.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(select(condition, x, other)), np.signbit(wanted))


# ---- Variables --------------------------------------------------------------------------------------


def test_a_variable_that_nobody_reads_is_changed_in_place() -> None:
    v = kt.variable(np.arange(6.0).reshape(2, 3))
    x = kt.placeholder((2, 3))
    step = kt.function([x], [], [v.assign_sub(x * 2.0)])
    step([np.ones((2, 3))])
    cell: Any = node_of(v).attrs["state"].storage(get_engine("numpy"))
    before = cell.read().__array_interface__["data"]
    step([np.ones((2, 3))])
    assert cell.read().__array_interface__["data"] == before
    kept = cell.read()
    step([np.ones((2, 3))])
    np.testing.assert_array_equal(kept, np.arange(6.0).reshape(2, 3) - 4)
    np.testing.assert_array_equal(v.eval(), np.arange(6.0).reshape(2, 3) - 6)


@pytest.mark.parametrize("rows", [2, 300_000])
def test_steps_with_momentum_are_made_in_place(rows: int) -> None:
    start = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    weight, velocity, x = kt.variable(start), kt.variable(np.zeros_like(start)), kt.placeholder((rows, 3))
    moved = 0.5 * velocity - 0.25 * x
    step = kt.function([x], [], [(velocity, moved), (weight, weight + moved)])
    cells: list[Any] = [node_of(v).attrs["state"].storage(get_engine("numpy")) for v in (weight, velocity)]
    places = [cell.read().ctypes.data for cell in cells]
    for _ in range(2):
        step([start])
    assert [cell.read().ctypes.data for cell in cells] == places
    kept = [cell.read() for cell in cells]
    step([start])
    np.testing.assert_array_equal(kept[1], start * -0.375)
    np.testing.assert_array_equal(kept[0], start * 0.375)
    np.testing.assert_array_equal(velocity.eval(), start * -0.4375)
    np.testing.assert_array_equal(weight.eval(), start * -0.0625)


def test_changes_are_simultaneous() -> None:
    a, b = kt.variable([1.0, 2.0]), kt.variable([10.0, 20.0])
    turned = b[::-1]
    function = kt.function([], [a, b], [(a, a + b), (b, b * a)])
    assert [x.tolist() for x in function([])] == [[1, 2], [10, 20]]
    assert (a.eval().tolist(), b.eval().tolist()) == ([11, 22], [10, 40])
    kt.function([], [], [(a, a + turned), (b, b - b[::-1])])([])
    assert (a.eval().tolist(), b.eval().tolist()) == ([51, 32], [-30, 30])


def test_a_value_that_two_updates_need() -> None:
    w, v = kt.variable(np.ones((2, 2))), kt.variable(np.ones((2, 2)))
    step = v * 0.5 - 0.25
    learn = kt.function([], (w * 1.0).sum(), [(v, step), (w, w + step)])
    assert [float(learn([])) for _ in range(3)] == [4, 5, 4.5]
    assert v.eval().tolist() == [[-0.3125] * 2] * 2


def test_who_reads_while_a_variable_changes_sees_it_whole() -> None:
    v = kt.variable(np.zeros(300_000))
    add = kt.function([], [], [v.assign_add(kt.ones((300_000,)))])
    seen: list[tuple[float, float]] = []

    def watch() -> None:
        state: Any = node_of(v).attrs["state"].storage(get_engine("numpy"))
        while not seen or seen[-1][1] < 40:
            array = state.read()
            seen.append((float(array.min()), float(array.max())))

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        for _ in range(40):
            add([])
        watching.result()
    assert all(low == high for low, high in seen)


def test_warnings_of_numpy_are_as_the_user_set_them() -> None:
    x = kt.placeholder((2,))
    function = kt.function([x], x.log())
    for _ in range(2):
        with np.errstate(divide="raise"):
            assert function([np.zeros(2)]).tolist() == [-np.inf] * 2
            assert x.log().eval({x: np.zeros(2)}).tolist() == [-np.inf] * 2
            with pytest.raises(FloatingPointError):
                np.log(np.zeros(2))

    def meddling(value: Any) -> Any:
        with np.errstate(all="raise"):
            return value

    for _ in range(2):
        without_warnings(meddling)(1)
        assert without_warnings(np.log)(np.zeros(2)).tolist() == [-np.inf] * 2


def test_an_op_that_would_need_an_array_in_two_ways_stays_outside() -> None:
    x, v = kt.placeholder((800, 800)), kt.placeholder((800,))
    by_column, by_row = v.exp(), v.exp() * 2.0  # the first is stretched over rows, the other is of them
    made = [(x * by_column).tanh(), x.sum(axis=1) * by_row + v, (x * (v * 3.0)).exp()]
    function = kt.function([x, v], made)
    a, b = RANDOM.random((800, 800), np.float32), RANDOM.random(800, np.float32)
    wanted = [np.tanh(a * np.exp(b)), a.sum(1) * np.exp(b) * 2 + b, np.exp(a * b * 3)]
    for got, right in zip(function([a, b]), wanted):
        np.testing.assert_allclose(got, right, rtol=1e-4)


def test_a_large_result_of_small_operands() -> None:
    x, y = kt.placeholder((800, 1)), kt.placeholder((1, 800))
    function = kt.function([x, y], ((x * 2.0 + y).exp() * (x + y)).tanh())
    a, b = RANDOM.random((800, 1), np.float32), RANDOM.random((1, 800), np.float32)
    np.testing.assert_allclose(function([a, b]), np.tanh(np.exp(a * 2 + b) * (a + b)), rtol=1e-5)
