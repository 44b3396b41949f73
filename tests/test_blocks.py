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
from ktensor.engines.numpy_engine import blocks, groups, writer
from ktensor.engines.selecting import select
from ktensor.function import evaluate
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


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were computed at a time, of each group that ran in blocks."""
    found: list[int] = []
    share = blocks._share

    def noted(work: Any, numbers: range) -> None:
        found.append(numbers.step)
        share(work, numbers)

    monkeypatch.setattr(blocks, "_share", noted)
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
    small, large = (RANDOM.random((2, n), np.float32) for n in (1000, 300_001))
    for a, b in (small, large):
        value, total = function([a, b])
        np.testing.assert_allclose(value, np.tanh(a * b + np.float32(0.5)) * np.sqrt(a) - b, atol=1e-6)
        assert total == a.sum(dtype="float32")
    assert blocked == [65_536]


def test_arrays_of_few_rows_are_taken_as_vectors(blocked: list[int]) -> None:
    x = kt.placeholder((1 + 1, 200_000))
    value = RANDOM.random((2, 200_000), np.float32)
    np.testing.assert_allclose(kt.function([x], x.exp() * 2.0)([value]), np.exp(value) * 2, rtol=1e-6)
    assert blocked == [65_536]


def test_sizes_that_turn_out_to_be_one(blocked: list[int]) -> None:
    x, y = kt.placeholder((None, 500)), kt.placeholder((None, 500))
    function = kt.function([x, y], ((x + y).exp(), x.exp()))
    a, b = RANDOM.random((1, 500), np.float32), RANDOM.random((400, 500), np.float32)
    for first, second in ((a, b), (b, a), (b, b)):
        both, one = function([first, second])
        np.testing.assert_allclose(both, np.exp(first + second), rtol=1e-6)
        np.testing.assert_allclose(one, np.exp(first), rtol=1e-6)
    assert len(blocked) == 3  # exp(x) twice, and what has both where no size is 1


def test_an_error_in_a_block_names_the_line() -> None:
    x, y = kt.placeholder((None, 500)), kt.placeholder((None, None))
    function = kt.function([x, y], (x.exp() + y).tanh())
    with pytest.raises(kt.EngineError, match=r"NumPy failed in add\(.*(?s:.*)test_blocks\.py:\d+"):
        function([np.ones((400, 500), np.float32), np.ones((400, 499), np.float32)])


def test_functions_that_run_in_many_threads() -> None:
    x = kt.placeholder((None,))
    function = kt.function([x], [x.exp() * 2.0, (x + 1.0).log()])
    arrays = [RANDOM.random(200_000 + i, np.float32) for i in range(6)]

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
    array = np.ones(300_000, np.float32)
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
