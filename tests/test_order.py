"""What is done before what: updates and reads in `control_dependencies`, several updates of one variable, printing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K


def test_a_read_after_an_update_sees_it_and_stores_it(engine: str) -> None:
    with kt.config(engine=engine):
        total, count = K.variable(1.0), K.variable(2.0)
        update = K.update_add(total, 3.0)
        with K.control_dependencies([update, None]):
            mean = K.identity(total / count)
        before = total / count
        assert K.eval(mean) == 2.0
        assert K.eval(total) == 4.0
        assert K.function([], [mean, before])([]) == [3.5, 2.0]  # other outputs are of the old values
        assert K.eval(total) == 7.0


def test_updates_follow_one_another(engine: str) -> None:
    with kt.config(engine=engine):
        total, count = K.variable(0.0), K.variable(0.0)
        first = K.update_add(total, 5.0)
        with kt.control_dependencies(first):
            second = K.update(count, total * 2.0)
        assert K.eval(second) == 10.0
        assert [K.eval(total), K.eval(count)] == [5.0, 10.0]


def test_a_second_update_in_order_starts_from_the_first(engine: str) -> None:
    with kt.config(engine=engine):
        v = K.variable(1.0)
        with kt.control_dependencies(v.assign_add(2.0)):
            again = v.assign(v * 10.0)
        assert K.eval(again) == 30.0
        assert K.eval(v) == 30.0


def test_an_update_that_is_asked_for_twice_runs_once(engine: str) -> None:
    with kt.config(engine=engine):
        v = K.variable(1.0)
        update = K.update_add(v, 1.0)
        K.function([], [update], [update, update])([])
        assert K.eval(v) == 2.0


def test_for_keras_additions_add_up_and_of_others_the_first_counts(engine: str) -> None:
    with kt.config(engine=engine, keras=True):
        v, w = K.variable(1.0), K.variable(1.0)
        K.function([], [], [K.update_add(v, 2.0), K.update_sub(v, 5.0), (w, w * 3.0), (w, w * 4.0)])([])
        assert [K.eval(v), K.eval(w)] == [-2.0, 3.0]


def test_gradients_go_through_identity(engine: str) -> None:
    with kt.config(engine=engine):
        x, v = kt.placeholder(()), kt.variable(1.0)
        with kt.control_dependencies(v.assign_add(1.0)):
            y = kt.identity(x * x)
        slope = kt.gradients(y, [x])[0]
        assert float(slope.eval({x: 3.0})) == 6.0


def test_identity_is_another_tensor_of_the_same_value() -> None:
    x = kt.placeholder((2, 3), "int32")
    y = x.identity()
    assert y is not x
    assert (y.shape, y.dtype) == ((2, 3), kt.int32)


def test_what_comes_first_must_be_tensors() -> None:
    with (
        pytest.raises(kt.ArgumentError, match="control_dependencies: 3 is neither an update nor a tensor"),
        kt.control_dependencies([3]),
    ):
        pass
    assert kt.variable(1.0).identity().eval() == 1.0


@pytest.mark.parametrize("compiled", [False, True])
def test_print_tensor(engine: str, compiled: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with kt.config(engine=engine, jit=engine == "theano"):
        x = kt.placeholder((2, 2), "int32")
        shown = K.print_tensor(x * 2, message="twice:")
        value: Any = np.array([[1, 2], [3, 4]])
        capfd.readouterr()
        result = kt.function([x], shown + 1)([value]) if compiled else (shown + 1).eval({x: value})
    np.testing.assert_array_equal(result, value * 2 + 1)
    assert capfd.readouterr().out == "twice: [[2 4]\n [6 8]]\n"


def test_name_scopes() -> None:
    with K.name_scope("model") as outer, K.name_scope("dense/") as inner:
        kernel, again, unnamed = K.variable(1.0, name="kernel"), K.variable(1.0, name="kernel"), K.variable(1.0)
    assert (outer, inner) == ("model/", "model/dense/")
    assert (kernel.name, again.name) == ("model/dense/kernel", "model/dense/kernel_1")
    assert unnamed.name.startswith("model/dense/variable")
    with pytest.raises(ZeroDivisionError), K.name_scope("broken"):
        _ = 1 / 0
    assert K.variable(1.0, name="plain").name == "plain"
