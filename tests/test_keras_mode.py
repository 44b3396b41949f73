"""`config(keras=True)`: tensors as Keras 2 expects them. Without it they stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K


def test_the_truth_of_an_equation_is_identity() -> None:
    x, y = kt.placeholder((2, 3)), kt.placeholder((2, 3))
    with kt.config(keras=True):
        assert x in [y, x]
        assert x not in [y]
        assert [y, x].index(x) == 1
        assert bool(x == x)
        assert bool(x == y) is False
        assert bool(x != y)


def test_an_equation_is_elementwise_all_the_same(engine: str) -> None:
    with kt.config(engine=engine, keras=True):
        x = kt.constant([1, 2, 3])
        assert (x == np.array([1, 0, 3])).eval().tolist() == [True, False, True]
        assert (x != 2).eval().tolist() == [True, False, True]


def test_tensors_that_cannot_be_compared_are_not_the_same() -> None:
    x: Any = kt.zeros((2, 3))
    with kt.config(keras=True):
        assert x not in [kt.zeros((4, 5)), object()]
    with pytest.raises(kt.ShapeError):
        _ = x == kt.zeros((4, 5))


def test_in_place_a_tensor_may_grow() -> None:
    x: Any = kt.zeros((1, 3))
    with kt.config(keras=True):
        x += kt.zeros((2, 3))
    assert x.shape == (2, 3)
    with pytest.raises(kt.ShapeError, match="in place it keeps its shape"):
        x += kt.zeros((4, 2, 3))


def test_the_learning_phase_is_a_tensor_until_it_is_set() -> None:
    with kt.config(keras=True):
        phase = K.learning_phase()
        assert isinstance(phase, kt.Tensor)
        assert K.learning_phase() is phase
        K.set_learning_phase(1)
        assert K.learning_phase() == 1
    assert isinstance(K.learning_phase(), int)


def test_functions_cast_floats_to_integers(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.placeholder((None,), "int32")
        f = K.function([x], [x + 1])
        with kt.config(keras=True):
            assert f([np.array([1.0, 2.7])])[0].tolist() == [2, 3]
        with pytest.raises(kt.FeedError, match="is of int32, it was fed float64"):
            f([np.array([1.0])])


def test_gradients_are_in_a_list() -> None:
    x, y = kt.variable(1.0), kt.variable(2.0)
    with kt.config(keras=True):
        found: Any = K.gradients(x * x, [x, y])
    assert isinstance(found, list)
    assert found[1] is None
