"""Gradients of neighbouring slices are joined in compiled functions: the same numbers, without zeros to add."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_loops import programs_of
from test_properties import examples

import ktensor as kt
from ktensor.function import evaluate
from ktensor.graph import toposort

BOUNDS = st.one_of(st.none(), st.integers(-7, 7))


@examples(200)
@given(st.lists(st.tuples(BOUNDS, BOUNDS, st.sampled_from([1, 1, 1, 2, -1])), min_size=2, max_size=5), st.booleans())
def test_any_slices(items: list[tuple[int | None, int | None, int]], is_known: bool) -> None:
    x: Any = kt.placeholder((3, 6 if is_known else None), "float64")
    total: Any = 0.0
    for number, (start, stop, step) in enumerate(items):
        total = total + (x[:, start:stop:step] ** 2.0).sum() * (number + 1.0)
    (gradient,) = kt.gradients(total, [x])
    value = np.arange(18.0).reshape(3, 6)
    with kt.config(engine="numpy"):
        np.testing.assert_array_equal(kt.function([x], gradient)([value]), evaluate([gradient], {x: value})[0])


@pytest.mark.parametrize(
    ("parts", "ops"),
    [
        ([(0, 2), (2, 4), (4, 6)], {"concatenate"}),
        ([(4, 6), (0, 2), (2, 4)], {"concatenate"}),
        ([(0, 2), (4, 6), (2, 4)], {"concatenate"}),
        ([(None, 3), (-3, None)], {"concatenate"}),
        ([(1, 2), (2, 4)], {"concatenate", "unslice"}),
        ([(0, 2), (4, 6)], {"unslice"}),
        ([(0, 4), (2, 6)], {"unslice"}),
    ],
)
def test_what_is_joined(
    engine: str, parts: list[tuple[int | None, int | None]], ops: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = programs_of(engine, monkeypatch)
    x = kt.placeholder((None, 6), "float64")
    total: Any = 0.0
    for number, (start, stop) in enumerate(parts):
        total = total + (x[:, start:stop].exp() * (number + 1.0)).sum()
    (gradient,) = kt.gradients(total, [x])
    value = np.linspace(0, 1, 12).reshape(2, 6)
    wanted = np.zeros((2, 6))
    for number, (start, stop) in enumerate(parts):
        wanted[:, start:stop] += np.exp(value[:, start:stop]) * (number + 1)
    np.testing.assert_allclose(kt.function([x], gradient)([value]), wanted)
    assert {n.op.name for n in programs[0].order} & {"concatenate", "unslice"} == ops


def test_a_recurrent_layer_multiplies_once_for_the_gradient(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = programs_of(engine, monkeypatch)
    random = np.random.default_rng(0)
    x, w = kt.placeholder((2, 5, 3), "float64"), kt.variable(random.normal(size=(3, 3)), "float64")

    def step(now: Any, states: Any) -> Any:
        h = (now + states[0] @ w).tanh()
        return h, [h]

    last, _, _ = kt.rnn(step, x, [kt.zeros((2, 3), "float64")])
    loss = last.square().sum()
    (gradient,) = kt.gradients(loss, [w])
    value = random.normal(size=(2, 5, 3))
    found = kt.function([x], gradient)([value])
    for place in ((0, 0), (2, 1)):
        moved = []
        for change in (1e-6, -2e-6):
            w.assign(w.eval() + change * np.eye(9)[3 * place[0] + place[1]].reshape(3, 3)).eval()
            moved.append(float(loss.eval({x: value})))
        w.assign(w.eval() + 1e-6 * np.eye(9)[3 * place[0] + place[1]].reshape(3, 3)).eval()
        np.testing.assert_allclose(found[place], (moved[0] - moved[1]) / 2e-6, rtol=1e-6)
    loops = [n.attrs["body"] for n in programs[0].order if n.op.name == "scan"]
    assert [sum(n.op.name == "tanh" for n in toposort(body.outputs)) for body in loops] == [1, 0]
    assert [sum(n.op.name == "matmul" for n in toposort(body.outputs)) for body in loops] == [1, 1]


def test_what_has_a_shape_is_an_array(engine: str) -> None:
    x = kt.placeholder((None,), "float64")
    doubled = kt.map_fn(lambda row: row * 2.0, x)
    (gradient,) = kt.gradients((doubled[1:] ** 2.0).sum(), [x])
    feed = [np.array([1.0, 2.0, 3.0])]
    assert kt.function([x], gradient)(feed).tolist() == [0, 16, 24]
    pytest.importorskip("scipy")
    matrix = kt.placeholder((None, 2), "float64", sparse=True)
    dense = matrix.to_dense() * 1.0
    total = (dense[:, :1] * x.expand_dims(1)).sum()
    (gradient,) = kt.gradients(total, [x])
    assert kt.function([matrix, x], gradient)([np.eye(3, 2), *feed]).tolist() == [1, 0, 0]
