"""Functions, updates, feeds and the learning phase, as a user meets them, on every engine."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

import ktensor as kt
from ktensor import functional as K
from ktensor.engines.base import Compiled, Program, get_engine

Array = npt.NDArray[Any]


def rows(number: int) -> Array:
    return np.arange(number * 3, dtype=np.float32).reshape(number, 3)


def test_a_function_maps_arrays_to_arrays(engine: str) -> None:
    x = kt.placeholder((None, 3))
    f = kt.function([x], [x * 2.0, x.sum(axis=1)])
    for number in (4, 1, 0, 7):
        doubled, sums = f([rows(number)])
        np.testing.assert_allclose(doubled, rows(number) * 2)
        np.testing.assert_allclose(sums, rows(number).sum(axis=1))


def test_a_function_made_again_is_not_compiled_again(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = kt.placeholder((None, 3)), kt.variable(np.ones((3, 2)))
    y = x.dot(w)
    compiled: list[object] = []
    used = get_engine(engine)
    compile_program = used.compile

    def counting(program: Program) -> Compiled:
        compiled.append(program)
        return compile_program(program)

    monkeypatch.setattr(used, "compile", counting)
    for number in (1, 2, 3):
        f = kt.function([x], [y])
        np.testing.assert_allclose(f([rows(number)])[0], rows(number) @ np.ones((3, 2)))
    assert len(compiled) == 1
    kt.function([x], [y], updates=[(w, w * 2.0)])([rows(1)])
    assert len(compiled) == 2


def test_one_output_alone_is_returned_alone(engine: str) -> None:
    x = kt.placeholder((2,))
    np.testing.assert_allclose(kt.function([x], x + 1.0)([[1, 2]]), [2, 3])


def test_updates_are_simultaneous(engine: str) -> None:
    a, b = kt.variable(1.0), kt.variable(2.0)
    swap = kt.function([], [a, b], updates=[(a, b), (b, a)])
    assert [float(v) for v in swap([])] == [1, 2]
    assert (float(a), float(b)) == (2, 1)
    swap([])
    assert (float(a), float(b)) == (1, 2)


def test_updates_without_outputs(engine: str) -> None:
    count = kt.variable(0, dtype="int64")
    tick = kt.function([], [], updates=[count.assign_add(1)])
    for _ in range(3):
        assert tick() == []
    assert int(count) == 3


def test_an_update_listed_twice_runs_once(engine: str) -> None:
    v = kt.variable(1.0)
    update = v.assign_add(1.0)
    kt.function([], [], updates=[update, update])([])
    assert float(v) == 2


def test_two_updates_of_one_variable_are_refused() -> None:
    v = kt.variable(1.0, name="weight")
    f = kt.function([], [], updates=[(v, v + 1.0), (v, v + 2.0)])
    with pytest.raises(kt.ArgumentError, match="'weight' has two different new values"):
        f([])


def test_keras_names_for_state(engine: str) -> None:
    a, b = K.variable([1.0, 2.0]), K.variable([[3.0, 4.0, 5.0]])
    assert [v.tolist() for v in K.batch_get_value([a, b])] == [[1, 2], [[3, 4, 5]]]
    K.batch_set_value([(a, [5.0, 6.0]), (b, [[7.0, 8.0, 9.0]])])
    K.function([], [], updates=[K.update_add(a, [1.0, 1.0]), K.update_sub(b, [[1.0, 1.0, 1.0]])])([])
    assert [v.tolist() for v in K.batch_get_value([a, b])] == [[6, 7], [[6, 7, 8]]]
    turned = K.permute_dimensions(b, (1, 0))
    assert K.eval(turned).tolist() == [[6], [7], [8]]
    x = K.placeholder((2,))
    assert [K.is_variable(t) for t in (a, x, turned, 1.0)] == [True, False, False, False]
    assert [K.is_placeholder(t) for t in (a, x, turned, 1.0)] == [False, True, False, False]


def test_evaluating_an_assignment_stores_it(engine: str) -> None:
    v = kt.variable([1.0, 2.0])
    np.testing.assert_allclose(v.assign_sub([0.5, 0.5]).eval(), [0.5, 1.5])
    np.testing.assert_allclose(v.eval(), [0.5, 1.5])
    np.testing.assert_allclose((K.update(v, v * 2.0) + 1.0).eval(), [2, 4])
    np.testing.assert_allclose(v.eval(), [1, 3])


def test_a_failing_update_changes_nothing(engine: str) -> None:
    first, second = kt.variable([1.0, 2.0, 3.0]), kt.variable([4.0, 5.0])
    index = kt.placeholder((2,), dtype="int32")
    f = kt.function([index], [first.sum()], updates=[(first, first * 10.0), (second, first.gather(index))])
    with pytest.raises(kt.EngineError):
        f([[0, 7]])
    np.testing.assert_allclose(first.eval(), [1, 2, 3])
    np.testing.assert_allclose(second.eval(), [4, 5])
    f([[0, 2]])
    np.testing.assert_allclose(first.eval(), [10, 20, 30])
    np.testing.assert_allclose(second.eval(), [1, 3])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_steps_with_momentum(engine: str, dtype: str) -> None:
    """Rate and momentum change in the same step, the old velocity is a result, and the weight is its own gradient."""
    start, speed = np.arange(6).reshape(2, 3).astype(dtype), np.full((2, 3), 2, dtype)
    weight, velocity = kt.variable(start, dtype=dtype), kt.variable(speed, dtype=dtype)
    rate, momentum = kt.variable(0.5, dtype=dtype), kt.variable(0.25, dtype=dtype)
    moved = momentum * velocity - weight * rate
    updates = [(velocity, moved), (weight, weight + moved), (rate, rate * 0.5), (momentum, momentum + 0.25)]
    step = kt.function([], [velocity, weight * 1.0], updates)
    for _ in range(3):
        factors = (rate.eval(), momentum.eval())
        found = step([])
        assert [x.tolist() for x in found] == [speed.tolist(), start.tolist()]
        speed = factors[1] * speed - start * factors[0]
        start = start + speed
        assert velocity.eval().tolist() == speed.tolist()
        assert weight.eval().tolist() == start.tolist()
    assert (float(rate.eval()), float(momentum.eval())) == (0.0625, 1.0)


def test_results_are_the_callers_own(engine: str) -> None:
    v = kt.variable([1.0, 2.0])
    x = kt.placeholder((2,))
    f = kt.function([x], [v, x, x.reshape(2, 1), kt.constant([5.0, 6.0])])
    fed = np.array([3.0, 4.0], np.float32)
    for result in f([fed]):
        result[...] = -1
    v.eval()[...] = -1
    again = f([fed])
    wanted: list[list[Any]] = [[1, 2], [3, 4], [[3], [4]], [5, 6]]
    for got, expected in zip(again, wanted, strict=True):
        np.testing.assert_allclose(got, expected)


def test_set_value_copies(engine: str) -> None:
    array = np.array([1.0, 2.0], np.float32)
    v = kt.variable(array)
    array[0] = 9
    np.testing.assert_allclose(v.eval(), [1, 2])
    v.set_value(array)
    array[0] = 7
    np.testing.assert_allclose(v.eval(), [9, 2])


def test_an_unknown_size_of_one_broadcasts(engine: str) -> None:
    x, y = kt.placeholder((None, 3)), kt.placeholder((None, 3))
    product = x * y
    gx, gy = kt.gradients(product.sum(), [x, y])
    f = kt.function([x, y], [product, gx, gy])
    for m, n in ((1, 4), (4, 1), (1, 1), (4, 4)):
        a, b = rows(m) + 1, rows(n) + 2
        got, got_x, got_y = f([a, b])
        np.testing.assert_allclose(got, a * b)
        full_a, full_b = np.broadcast_arrays(a, b)
        np.testing.assert_allclose(got_x, full_b.sum(axis=0, keepdims=True) if m == 1 else full_b)
        np.testing.assert_allclose(got_y, full_a.sum(axis=0, keepdims=True) if n == 1 else full_a)


def test_sizes_that_only_a_mask_knows_broadcast(engine: str) -> None:
    v = kt.variable([1.0, 2.0, 3.0, 4.0])
    first, second = kt.placeholder((4,), dtype="bool"), kt.placeholder((4,), dtype="bool")
    loss = (v[first] * v[second]).sum()
    f = kt.function([first, second], [loss, *kt.gradients(loss, v)])
    one, three = [True, False, False, False], [True, True, True, False]
    for masks, total, slope in (
        ((one, three), 6.0, [7.0, 1.0, 1.0, 0.0]),  # v0 * v0 + v0 * v1 + v0 * v2
        ((three, one), 6.0, [7.0, 1.0, 1.0, 0.0]),
        ((three, three), 14.0, [2.0, 4.0, 6.0, 0.0]),
        ((one, one), 1.0, [2.0, 0.0, 0.0, 0.0]),
    ):
        got_total, got_slope = f(masks)
        np.testing.assert_allclose(got_total, total)
        np.testing.assert_allclose(got_slope, slope)


def test_feeds_are_converted_and_unused_inputs_ignored(engine: str) -> None:
    x, unused = kt.placeholder((2,)), kt.placeholder((None,))
    f = kt.function([x, unused], [x])
    for value in ([1, 2], (1.0, 2.0), np.array([1, 2], np.int64), np.array([1.0, 2.0]), np.array([1, 2], np.uint8)):
        (result,) = f([value, []])
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, [1, 2])


def test_named_sizes_must_agree(engine: str) -> None:
    x, y = kt.placeholder(("batch", 3), name="x"), kt.placeholder(("batch",), name="y")
    f = kt.function([x, y], [x.sum(axis=1) + y])
    np.testing.assert_allclose(f([rows(2), [1, 1]])[0], rows(2).sum(axis=1) + 1)
    with pytest.raises(kt.FeedError, match="the size batch is 2 in what 'x' was fed and 3 along axis 0 of what 'y'"):
        f([rows(2), [1, 1, 1]])


def test_sparse_feeds(engine: str) -> None:
    x = kt.placeholder((None, 3), sparse=True)
    w = kt.variable(np.arange(6).reshape(3, 2))
    (gradient,) = kt.gradients((x.dot(w) ** 2).sum(), w)
    f = kt.function([x], [x.dot(w), x.to_dense(), gradient])
    for number in (1, 4):
        dense = np.eye(number, 3, dtype=np.float32)
        product, back, slope = f([sparse.coo_matrix(dense)])
        np.testing.assert_allclose(product, dense @ w.eval())
        np.testing.assert_allclose(back, dense)
        np.testing.assert_allclose(slope, 2 * dense.T @ dense @ w.eval())


# The learning phase.


def test_the_learning_phase_as_an_input(engine: str) -> None:
    x = K.placeholder((2,))
    y = K.in_train_phase(x * 10.0, x)
    f = K.function([x, K.learning_phase()], [y])
    np.testing.assert_allclose(f([[1, 2], 1])[0], [10, 20])
    np.testing.assert_allclose(f([[1, 2], 0])[0], [1, 2])


def test_the_learning_phase_as_a_setting(engine: str) -> None:
    x = K.placeholder((2,))
    y = K.in_train_phase(lambda: x * 10.0, lambda: x)
    f = K.function([x], [y])
    np.testing.assert_allclose(f([[1, 2]])[0], [1, 2])
    with kt.config(learning_phase=1):
        np.testing.assert_allclose(f([[1, 2]])[0], [10, 20])
        fixed = K.in_train_phase(x * 10.0, x)
    np.testing.assert_allclose(f([[1, 2]])[0], [1, 2])
    np.testing.assert_allclose(fixed.eval({x: [1, 2]}), [10, 20])


def test_the_other_phase_is_not_computed(engine: str) -> None:
    x, only_for_training = K.placeholder((2,)), K.placeholder((2,))
    f = K.function([x], [K.in_train_phase(only_for_training, x)])
    np.testing.assert_allclose(f([[1, 2]])[0], [1, 2])


# Errors.


def test_an_unfed_placeholder_is_named() -> None:
    x, y = kt.placeholder((2,), name="images"), kt.placeholder((2,), name="labels")
    with pytest.raises(kt.FeedError, match=r"placeholder 'labels' of shape \(2,\) has no value.*test_function.py:\d+"):
        kt.function([x], [x + y])([[1, 2]])
    with pytest.raises(kt.FeedError, match="placeholder 'images'"):
        (x * 2.0).eval()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((2, 4)), r"'x' has shape \(None, 3\), it was fed an array of shape \(2, 4\).*test_function.py:\d+"),
        (np.zeros(3), r"it was fed an array of shape \(3,\)"),
        (None, "'x' was fed None"),
        ([[1, 2, 3], [4]], "'x' was fed a ragged list"),
        ("abc", "'x' was fed 'abc', which is no array of numbers"),
        (sparse.eye(3), "'x' is dense and was fed a sparse matrix"),
    ],
)
def test_wrong_feeds_are_named(value: object, message: str) -> None:
    x = kt.placeholder((None, 3), name="x")
    f = kt.function([x], [x + 1.0])
    with pytest.raises(kt.FeedError, match=message):
        f([value])
    with pytest.raises(kt.FeedError, match=message):
        (x + 1.0).eval({x: value})


def test_floats_do_not_go_into_integers() -> None:
    x = kt.placeholder((2,), dtype="int32", name="indices")
    with pytest.raises(kt.FeedError, match="'indices' is of int32, it was fed float64"):
        kt.function([x], [x])([[0.5, 1.5]])


def test_too_few_and_too_many_feeds() -> None:
    x = kt.placeholder((2,), name="x")
    f = kt.function([x], [x], name="identity")
    for feeds in ([], [[1, 2], [3, 4]]):
        with pytest.raises(kt.FeedError, match=rf"<identity\(x\).*> needs 1 values, got {len(feeds)}"):
            f(feeds)
    with pytest.raises(kt.FeedError, match="called with a list of values, not with ndarray"):
        f(np.zeros(2))  # type: ignore[arg-type]  # what is tested


def test_any_tensor_is_an_input(engine: str) -> None:
    with kt.config(engine=engine):
        x, v = kt.placeholder((2,)), kt.variable([1.0, 2.0])
        hidden = (x * v).exp()
        f = kt.function([hidden, v], [hidden * v, v + 1.0], [(v, v + hidden)])
        assert [r.tolist() for r in f([[3.0, 4.0], [5.0, 6.0]])] == [[15.0, 24.0], [6.0, 7.0]]
        assert v.eval().tolist() == [8.0, 10.0]  # of what was fed


def test_only_tensors_are_inputs() -> None:
    with pytest.raises(kt.ArgumentError, match=r"function: inputs\[0\] is 3, not a tensor"):
        kt.function([3], [])
    v = kt.variable(1.0)
    with pytest.raises(kt.FeedError, match="only placeholders can be fed"):
        v.eval({v: 2.0})


def test_an_update_must_fit_its_variable() -> None:
    v = kt.variable([1.0, 2.0], name="v")
    with pytest.raises(kt.ShapeError, match=r"<Variable 'v' shape=\(2,\) .*> cannot hold a value of shape \(3,\)"):
        v.assign([1.0, 2.0, 3.0])  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match="cannot hold"):
        kt.function([], [], updates=[(v, kt.zeros((2, 2)))])  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.DTypeError, match="cannot hold float32"):
        kt.variable(1, dtype="int32").assign(0.5)  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.ArgumentError, match="an update is"):
        kt.function([], [], updates=[3])  # type: ignore[list-item]  # what is tested
    with pytest.raises(kt.ShapeError, match=r"set_value: v has shape \(2,\), the new value \(3,\)"):
        v.set_value([1, 2, 3])  # type: ignore[tensor-shape]  # what is tested
    np.testing.assert_allclose(v.eval(), [1, 2])


def test_a_failure_names_the_users_line(engine: str) -> None:
    table, index = kt.variable(np.zeros((3, 2))), kt.placeholder((None,), dtype="int32")
    looked_up = table.gather(index)
    for evaluate in (lambda: looked_up.eval({index: [5]}), lambda: kt.function([index], [looked_up + 1.0])([[5]])):
        with pytest.raises(kt.EngineError, match=r"(?s)failed in take.*test_function.py:\d+"):
            evaluate()


# Threads.


def test_functions_are_called_from_many_threads(engine: str) -> None:
    x, total = kt.placeholder((None, 3)), kt.variable(0.0)
    f = kt.function([x], [(x * 2.0).exp().sum(axis=1)], updates=[total.assign_add(1.0)])
    f([rows(1)])
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for i in range(20):
                data = rows(i % 5 + 1) / (seed + 10)
                with kt.config(engine=engine):
                    np.testing.assert_allclose(f([data])[0], np.exp(data * 2).sum(axis=1), rtol=1e-5)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert float(total) == 81
