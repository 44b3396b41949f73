"""Loops and choices, on every engine: values against plain Python loops, gradients, masks, sizes, messages."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import ENGINES, require_engine
from test_gradients import close, finite_differences, loss_of, loss_value

import ktensor as kt
from ktensor import functional as K
from ktensor.engines import numpy_engine
from ktensor.engines.base import Compiled, Program, get_engine
from ktensor.function import evaluate
from ktensor.graph import OPS, NotDifferentiable, Op, build, node_of, toposort

Array = npt.NDArray[Any]

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(4, 3))
Y = RANDOM.normal(size=(4, 2))


def constant(array: Array) -> Any:
    return kt.constant(array, array.dtype)


# ---- map_fn ----------------------------------------------------------------------------------------

MAPS: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "rows": (lambda row: row * 2.0, X, X * 2),
    "scalars": (lambda x: x * x, X[0], X[0] ** 2),
    "cubes": (lambda m: m.T, np.arange(24.0).reshape(2, 3, 4), np.arange(24.0).reshape(2, 3, 4).transpose(0, 2, 1)),
    "integers": (lambda n: n + 1, np.arange(3, dtype="int64"), np.arange(1, 4)),
    "truth": (lambda t: ~t, np.array([True, False]), np.array([False, True])),
    "to another dtype": (lambda x: x > 0, X, X > 0),
    "elements themselves": (lambda x: x, X, X),
    "the same each time": (lambda x: kt.constant([1.0, 2.0], "float64"), X, np.array([[1.0, 2.0]] * 4)),
    "a number": (lambda x: 1.5, X, np.array([1.5] * 4, "float32")),
}


@pytest.mark.parametrize("name", MAPS)
def test_map_fn(engine: str, name: str) -> None:
    fn, array, wanted = MAPS[name]
    known = constant(array)
    unknown = kt.placeholder((None,) * array.ndim, array.dtype)
    made = [kt.map_fn(fn, known), known.map_fn(fn), K.map_fn(fn, known, "name"), kt.map_fn(fn, unknown)]
    for tensor, value in zip(made, evaluate(made, {unknown: array})):
        np.testing.assert_allclose(value, wanted, rtol=1e-12)
        assert value.dtype == tensor.dtype
    assert made[0].shape == wanted.shape


def test_map_fn_over_several_tensors(engine: str) -> None:
    x, y = constant(X), constant(Y)
    total = kt.map_fn(lambda pair: pair[0].sum() * pair[1], (x, y))
    doubled, sums = kt.map_fn(lambda row: [row * 2.0, row.sum()], x)
    both = kt.map_fn(lambda pair: (pair[1], pair[0]), [x, y])
    got = evaluate([total, doubled, sums, *both])
    for value, wanted in zip(got, [X.sum(1, keepdims=True) * Y, X * 2, X.sum(1), Y, X]):
        np.testing.assert_allclose(value, wanted, rtol=1e-12)


def test_map_fn_casts(engine: str) -> None:
    halves = K.map_fn(lambda x: x * 2, kt.constant([1, 2, 3]), dtype="float16")
    floats, ints = kt.map_fn(lambda x: (x, x), kt.constant([1, 2]), dtype=("float64", "int8"))
    assert [t.dtype.name for t in (halves, floats, ints)] == ["float16", "float64", "int8"]
    assert halves.eval().tolist() == [2, 4, 6]
    assert kt.map_fn(lambda x: x + 1, [1, 2, 3]).eval().tolist() == [2, 3, 4]


def test_loops_in_loops(engine: str) -> None:
    x, w = kt.placeholder((None, None), "float64"), kt.variable([2.0, 3.0], "float64")
    products = kt.map_fn(lambda row: kt.map_fn(lambda e: e * e * row.sum() + w.sum(), row), x)
    wanted = X**2 * X.sum(1, keepdims=True) + 5
    np.testing.assert_allclose(products.eval({x: X}), wanted, rtol=1e-12)
    gradients = kt.gradients(loss_of([products]), [x, w])
    by_x = finite_differences(lambda a: loss_value([a**2 * a.sum(1, keepdims=True) + 5]), [X], [0])
    weight = np.sin(np.arange(12) + 1).sum()
    close(evaluate(gradients, {x: X}), [*by_x, np.full(2, weight)])


# ---- foldl and foldr -------------------------------------------------------------------------------


def test_folds(engine: str) -> None:
    x = constant(X)
    digits = kt.constant([1, 2, 3])
    made = [
        kt.foldl(lambda total, row: total + row, x),
        x.foldl(lambda total, row: total * 0.5 + row, kt.ones((3,), "float64")),
        kt.foldl(lambda total, row: total + row.sum(), x, 1.0),
        kt.foldl(lambda n, d: n * 10 + d, digits),
        kt.foldr(lambda n, d: n * 10 + d, digits),
        K.foldr(lambda n, d: n * 10 + d, digits, 9, name="name"),
        digits.foldr(lambda n, d: n * 10 + d, initializer=9),
        kt.foldl(lambda a, pair: a + pair[0].sum() * pair[1], (x, constant(Y)), np.zeros(2)),
    ]
    halved = np.ones(3)
    for row in X:
        halved = halved * 0.5 + row
    wanted = [X.sum(0), halved, X.sum() + 1, 123, 321, 9321, 9321, (X.sum(1, keepdims=True) * Y).sum(0)]
    for value, right in zip(evaluate(made), wanted):
        np.testing.assert_allclose(value, right, rtol=1e-12)
    assert made[1].shape == (3,)


def test_a_fold_with_several_accumulators(engine: str) -> None:
    x = constant(X)
    start = (kt.zeros((3,), "float64"), kt.constant(0))
    total, count = kt.foldl(lambda a, row: (a[0] + row, a[1] + 1), x, start)
    with pytest.raises(kt.ArgumentError, match="foldl: elems are several tensors; give an initializer"):
        kt.foldl(lambda a, pair: a, [x, x])
    np.testing.assert_allclose(total.eval(), X.sum(0))
    assert (int(count), count.dtype) == (4, kt.int32)


def test_no_elements(engine: str) -> None:
    """Sizes that nobody knows before are right all the same."""
    x, n = kt.placeholder((None, None), "float64"), kt.placeholder((), "int32")
    w = kt.variable(np.ones((3, 2)), "float64")
    mapped = kt.map_fn(lambda row: row[:n].tanh(), x)
    folded = kt.foldl(lambda total, row: total + row, x, kt.ones((3,), "float64"))
    product = kt.map_fn(lambda row: kt.dot(row, w), x)
    made = [mapped, folded, product, *kt.gradients(product.sum(), [x, w])]
    f = kt.function([x, n], made)
    for rows in (0, 2, 0, 1):
        for got in (f([np.ones((rows, 3)), 2]), evaluate(made, {x: np.ones((rows, 3)), n: 2})):
            assert [g.shape for g in got] == [(rows, 2), (3,), (rows, 2), (rows, 3), (3, 2)]
            np.testing.assert_allclose(got[1], 1.0 + rows)
            np.testing.assert_allclose(got[4], rows)
    empty = kt.foldl(lambda total, row: total + row, x)
    with pytest.raises(kt.EngineError, match=r"test_loops\.py"):
        empty.eval({x: np.ones((0, 3))})
    with pytest.raises(kt.ShapeError, match="foldr: elems has no elements; give an initializer"):
        kt.foldr(lambda total, row: total + row, kt.zeros((0, 3)))  # type: ignore[tensor-shape]  # what is tested


# ---- rnn -------------------------------------------------------------------------------------------

BATCH, TIME, FEATURES, UNITS = 2, 5, 3, 4
INPUTS = RANDOM.normal(size=(BATCH, TIME, FEATURES))
KERNEL, RECURRENT = RANDOM.normal(size=(FEATURES, UNITS)), RANDOM.normal(size=(UNITS, UNITS))
STATE, CELL = RANDOM.normal(size=(BATCH, UNITS)), RANDOM.normal(size=(BATCH, UNITS))
MASK = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 1, 1]])


def cell(x: Any, states: Sequence[Any], kernel: Any, tanh: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """Two states and a constant, for tensors and arrays alike. The output is no state."""
    h, c, shift = states
    c = c * 0.5 + tanh(x.dot(kernel) + h.dot(shift))
    h = tanh(c) - h * 0.1
    return h * 2.0 + c, [h, c]


def plain_rnn(
    step: Callable[[Array, list[Array]], Any], inputs: Array, states: list[Array], back: bool, mask: Any
) -> Any:
    """Keras's `rnn`, sample by sample where there is a mask."""
    outputs: list[Array] = []
    for t in range(inputs.shape[1])[:: -1 if back else 1]:
        output, new = step(inputs[:, t], states)
        if mask is not None:
            chosen = mask[:, t].astype(bool)
            before = outputs[-1] if outputs else np.zeros_like(output)
            output = np.stack([a if m else b for m, a, b in zip(chosen, output, before)])
            new = [np.stack([a if m else b for m, a, b in zip(chosen, n, o)]) for n, o in zip(new, states)]
        outputs.append(output)
        states = new
    return outputs[-1], np.stack(outputs, 1), states


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("mask", [None, "bool", "int32", "column"])
def test_rnn(engine: str, unroll: bool, back: bool, mask: str | None) -> None:
    kernel, recurrent = kt.variable(KERNEL, "float64"), kt.variable(RECURRENT, "float64")
    wanted = plain_rnn(
        lambda x, s: cell(x, [*s, RECURRENT], KERNEL, np.tanh),
        INPUTS,
        [STATE, CELL],
        back,
        None if mask is None else MASK,
    )
    masks = {None: None, "bool": MASK.astype(bool), "int32": MASK, "column": MASK[:, :, None]}
    for time, length in ((TIME, None), (None, TIME)):
        x = kt.placeholder((BATCH, time, FEATURES), "float64")
        given = [constant(STATE), constant(CELL)]
        made = kt.rnn(
            lambda x, s: cell(x, s, kernel, kt.tanh), x, given, back, masks[mask], [recurrent], unroll, length
        )
        again = x.rnn(lambda x, s: cell(x, s, kernel, kt.tanh), given, back, masks[mask], [recurrent], unroll, length)
        assert len(given) == 2
        last, outputs, states = made
        assert last.shape == states[0].shape == (BATCH, UNITS)
        assert outputs.shape == (BATCH, TIME if unroll or mask else time, UNITS)
        flat = [last, outputs, *states, again[0]]
        for got in (evaluate(flat, {x: INPUTS}), kt.function([x], flat)([INPUTS])):
            for value, right in zip(got, [wanted[0], wanted[1], *wanted[2], wanted[0]]):
                np.testing.assert_allclose(value, right, rtol=1e-10)


def test_rnn_of_any_rank(engine: str) -> None:
    """States of five axes, as in a convolutional network; outputs that are images; and no state at all."""
    images, mask = RANDOM.normal(size=(2, 3, 4, 4, 1)), MASK[:, :3]
    given = kt.placeholder((None, None), "int32")
    x = kt.placeholder((None, None, 4, 4, 1), "float64")
    start = kt.zeros_like(x[:, 0])

    def step(now: Any, states: Any) -> Any:
        return now * states[0] + 1.0, [states[0] + now]

    wanted = plain_rnn(step, images, [np.zeros((2, 4, 4, 1))], False, mask)
    last, outputs, (state,) = kt.rnn(step, x, [start], mask=given)
    _, sums, none = kt.rnn(lambda now, s: (now.sum((1, 2)), []), x, [])
    assert none == []  # type: ignore[comparison-overlap]  # a list, and a tuple for the plugin
    assert outputs.shape == (None, None, 4, 4, 1)
    got = evaluate([last, outputs, state, sums], {x: images, given: mask})
    for value, right in zip(got, [wanted[0], wanted[1], wanted[2][0], images.sum((2, 3))]):
        np.testing.assert_allclose(value, right, rtol=1e-10)


def test_rnn_takes_any_batch_and_any_time(engine: str) -> None:
    """Compiled once."""
    x, mask = kt.placeholder((None, None, FEATURES), "float64"), kt.placeholder((None, None), "bool")
    kernel, recurrent = kt.variable(KERNEL, "float64"), kt.variable(RECURRENT, "float64")
    zeros = kt.zeros_like(x.sum(1).dot(kernel))
    last, outputs, states = kt.rnn(
        lambda now, s: cell(now, s, kernel, kt.tanh), x, [zeros, zeros], mask=mask, constants=[recurrent]
    )
    gradient = kt.gradients(outputs.sum(), kernel)[0]
    f = kt.function([x, mask], [last, outputs, *states, gradient])
    for batch, time in ((2, 3), (1, 5), (3, 1), (1, 1), (2, 3)):
        values = RANDOM.normal(size=(batch, time, FEATURES))
        truth = RANDOM.integers(0, 2, (batch, time)).astype(bool)
        start = [np.zeros((batch, UNITS))] * 2
        step = lambda a, s: cell(a, [*s, RECURRENT], KERNEL, np.tanh)  # noqa: E731
        wanted = plain_rnn(step, values, start, False, truth)
        got = f([values, truth])
        for value, right in zip(got, [wanted[0], wanted[1], *wanted[2]]):
            np.testing.assert_allclose(value, right, rtol=1e-10)
        assert got[-1].shape == (FEATURES, UNITS)


def test_outputs_whose_size_only_a_step_knows(engine: str) -> None:
    """The zeros that come before the first output have its shape."""
    x, n = kt.placeholder((None, None, 3), "float64"), kt.placeholder((), "int32")
    last, outputs, _ = kt.rnn(lambda now, s: (now[:, :n], []), x, [], mask=[[0, 1, 0]])
    got = evaluate([last, outputs], {x: np.ones((1, 3, 3)), n: 2})
    assert got[1].tolist() == [[[0, 0], [1, 1], [1, 1]]]
    assert got[0].tolist() == [[1, 1]]


# ---- Gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_gradients_of_rnn(engine: str, back: bool, masked: bool) -> None:
    """With respect to inputs, states, constants, and what the step closes over, of first and second order."""
    values = [INPUTS, STATE, CELL, RECURRENT, KERNEL]
    mask = MASK if masked else None

    def results(unroll: bool) -> tuple[list[Any], Any]:
        x, h, c, recurrent, kernel = inputs = [kt.placeholder(v.shape, "float64") for v in values]
        last, outputs, states = kt.rnn(
            lambda now, s: cell(now, s, kernel, kt.tanh), x, [h, c], back, mask, [recurrent], unroll
        )
        return inputs, loss_of([last, outputs, *states])

    def by_numpy(x: Array, h: Array, c: Array, recurrent: Array, kernel: Array) -> float:
        last, outputs, states = plain_rnn(
            lambda now, s: cell(now, [*s, recurrent], kernel, np.tanh), x, [h, c], back, mask
        )
        return loss_value([last, outputs, *states])

    found = []
    for unroll in (False, True):
        inputs, loss = results(unroll)
        first = kt.gradients(loss, inputs)
        second = kt.gradients(loss_of(first), inputs)
        found.append(evaluate([loss, *first, *second], dict(zip(inputs, values))))
        if engine != "theano":
            close(kt.function(inputs, first)(values), found[-1][1:6])
    close(found[0], found[1])
    np.testing.assert_allclose(found[0][0], by_numpy(*values))
    close(found[0][1:6], finite_differences(by_numpy, values, range(5)))


def test_gradients_reach_whatever_a_step_uses(engine: str) -> None:
    """Placeholders, variables, constants, even scalar ones, and tensors made of them outside."""
    x, p = kt.placeholder((None, 2), "float64"), kt.placeholder((2,), "float64")
    v, c, s = kt.variable([1.0, 2.0], "float64"), kt.constant([3.0, 4.0], "float64"), kt.constant(5.0, "float64")
    outside = (v * c).exp()
    loss = kt.map_fn(lambda row: (row * p * s + outside.log() * v).sum(), x).sum()
    got = evaluate(kt.gradients(loss, [x, p, v, c, s, outside]), {x: Y, p: [6.0, 7.0]})
    wanted = [
        np.tile([30.0, 35.0], (4, 1)), 5 * Y.sum(0), 8 * np.array([1.0, 2.0]) * [3.0, 4.0], 4 * np.array([1.0, 4.0]),
        (Y * [6.0, 7.0]).sum(), 4 * np.array([1.0, 2.0]) / np.exp([3.0, 8.0]),
    ]  # fmt: skip
    close(got, wanted)


def test_what_a_loop_does_not_depend_on(engine: str) -> None:
    x, v, w = constant(X), kt.variable([1.0, 2.0, 3.0], "float64"), kt.variable([1.0], "float64")
    total, count = kt.foldl(lambda a, row: (a[0] + row * v, a[1] + kt.floor(w)), x, (v * 0.0, w * 1.0))
    assert K.gradients(total, [w])[0] is None
    assert K.gradients(total, [v])[0].eval() == pytest.approx(X.sum(0))
    assert K.gradients(count, [w])[0].eval().tolist() == [1.0]
    stepped = kt.map_fn(lambda row: kt.floor(row * v), x)
    with pytest.raises(kt.GradientError, match="except through floor, which has no gradient: it is constant between"):
        kt.gradients(stepped, v)
    with pytest.raises(kt.GradientError, match=r"does not depend on wrt\[0\]"):
        kt.gradients(kt.map_fn(lambda row: row, x), v)


def test_third_derivative_of_a_loop(engine: str) -> None:
    x = kt.variable(0.7, "float64")
    y: Any = kt.foldl(lambda total, k: total * x, kt.zeros((4,), "float64"), kt.ones((), "float64"))  # x**4
    for _ in range(3):
        (y,) = kt.gradients(y, x)
    np.testing.assert_allclose(y.eval(), 24 * 0.7, rtol=1e-12)


def train() -> list[float]:
    """The losses of a network that learns to add."""
    random = np.random.default_rng(0)
    kernel, recurrent, out = (kt.variable(random.normal(size=s) * 0.5, "float64") for s in ((1, 6), (6, 6), (6, 1)))
    x, target = kt.placeholder((None, None, 1), "float64"), kt.placeholder((None, 1), "float64")

    def step(now: Any, states: Any) -> Any:
        h = (now.dot(kernel) + states[0].dot(recurrent)).tanh()
        return h, [h]

    last, _, _ = kt.rnn(step, x, [kt.zeros_like(x.sum(1).dot(kernel))])
    loss = (last.dot(out) - target).square().mean()
    weights = [kernel, recurrent, out]
    learn = kt.function([x, target], loss, [(w, w - 0.5 * g) for w, g in zip(weights, kt.gradients(loss, weights))])
    losses = []
    for i in range(40):
        values = random.uniform(-0.3, 0.3, (8, 2 + i % 3, 1))
        losses.append(float(learn([values, values.sum(1)])))
    return losses


def test_training_a_network(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It learns the same on every engine."""
    if engine == "theano":
        monkeypatch.setattr(get_engine("theano"), "patience", 1000)  # compiling takes its time: see below
    losses = train()
    assert losses[-1] < losses[0] / 1000
    np.testing.assert_allclose(losses[-1], 3.151959e-06, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif("theano" not in ENGINES, reason="KTENSOR_TEST_ENGINES is without theano")
def test_training_a_network_compiled_by_theano() -> None:
    require_engine("theano")
    with kt.config(engine="theano"):
        np.testing.assert_allclose(train()[-1], 3.151959e-06, rtol=1e-5)


# ---- What is in a loop, and what is not ------------------------------------------------------------


def test_the_function_is_called_once() -> None:
    calls: list[kt.Tensor] = []

    def step(now: Any, states: Any) -> Any:
        calls.append(now)
        return states[0], [states[0] + now]

    kt.rnn(step, kt.placeholder((None, None, 3)), [kt.zeros((1, 3))], mask=kt.placeholder((None, None)))
    kt.foldl(lambda a, e: step(e, [a])[1][0], kt.zeros((5, 2)))
    assert [K.int_shape(c) for c in calls] == [(None, 3), (2,)]


def programs_of(engine: str, monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """A list to which each program that the engine compiles is added."""
    found: list[Program] = []
    used = get_engine(engine)
    compile_program = used.compile

    def noted(program: Program) -> Compiled:
        found.append(program)
        return compile_program(program)

    monkeypatch.setattr(used, "compile", noted)
    return found


def test_a_loop_computes_no_more_than_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = programs_of("numpy", monkeypatch)
    x, w, unused = kt.placeholder((2, None, 3)), kt.variable(np.ones((3, 3))), kt.variable(np.ones(3))
    start = kt.zeros_like(x[:, 0])

    def step(now: Any, states: Any) -> Any:
        h = states[0] + now.dot(w)
        return h, [h, states[1] * unused]

    last, outputs, _ = kt.rnn(step, x, [start, start])
    by_x, by_w = kt.gradients(last.sum(), [x, w])
    with kt.config(engine="numpy"):
        for wanted in ([last], [outputs], [by_x], [by_w]):
            kt.function([x], wanted)([np.ones((2, 4, 3))])
    loops = [[n.attrs["body"] for n in p.order if n.op.name == "scan"] for p in programs]
    sizes = [[(b.sequences, b.states, len(b.outputs)) for b in bodies] for bodies in loops]
    assert sizes == [[(1, 1, 1)], [(1, 1, 2)], [(1, 1, 2)], [(1, 1, 2)]]  # w: one product after the loop
    assert all(node_of(unused) not in p.order for p in programs)


def test_what_is_the_same_each_time_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = programs_of("numpy", monkeypatch)
    x, w = kt.placeholder((None, 3)), kt.variable(np.ones((3, 3)))
    y = kt.map_fn(lambda row: row + w.exp().sum(0), x)
    with kt.config(engine="numpy"):
        kt.function([x], y)([np.ones((2, 3))])
    (body,) = [n.attrs["body"] for n in programs[0].order if n.op.name == "scan"]
    assert [n.op.name for n in body.outputs] == ["add"]
    assert [n.op.name for n in body.outputs[0].inputs] == ["placeholder", "placeholder"]


def test_what_is_the_same_each_time_is_outside_in_gradients_too(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = programs_of("numpy", monkeypatch)
    x, w = kt.placeholder((2, 3)), kt.variable(np.ones((3, 3)))
    (gradient,) = kt.gradients(kt.map_fn(lambda row: kt.dot(row, w).tanh(), x), x)
    with kt.config(engine="numpy"):
        kt.function([x], gradient)([np.ones((2, 3))])
    assert "transpose" in [n.op.name for n in programs[0].order]
    loops = [n for n in programs[0].order if n.op.name == "scan"]
    assert len(loops) == 2
    for loop in loops:
        assert "transpose" not in [n.op.name for n in toposort(loop.attrs["body"].outputs)]


def test_the_learning_phase_in_a_loop(engine: str) -> None:
    x = constant(X)
    made = kt.map_fn(lambda row: kt.in_train_phase(row * 2.0, row), x)
    for training in (False, True):
        with kt.config(learning_phase=training):
            np.testing.assert_allclose(made.eval(), X * (1 + training))
            np.testing.assert_allclose(kt.function([], made)([]), X * (1 + training))


def test_numbers_drawn_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anew in each step, but not for the gradient; what is drawn outside is the same in all steps."""
    counter = itertools.count(1)
    draw = Op(
        "draw",
        shape=lambda: (),
        dtype=lambda: kt.float64,
        grad=NotDifferentiable("it has no inputs"),
        decompose=None,
        value=None,
        partial_values=False,
        broadcasts=False,
        merges=False,
    )
    monkeypatch.setitem(OPS, "draw", draw)
    lowerings: Any = numpy_engine.NumpyEngine.lowerings
    monkeypatch.setitem(lowerings, "draw", lambda node: np.float64(next(counter)))
    x = kt.placeholder(X.shape, "float64")
    within = kt.map_fn(lambda row: row * build("draw"), x)
    outside = build("draw")
    before = kt.map_fn(lambda row: row * outside, x)
    with kt.config(engine="numpy"):
        for tensor in (within, before):
            function = kt.function([x], [tensor, *kt.gradients(tensor, x)])
            for run in (lambda t=tensor: evaluate([t, *kt.gradients(t, x)], {x: X}), lambda f=function: f([X])):
                value, gradient = run()
                np.testing.assert_allclose(value, X * gradient)
                drawn = gradient[:, 0] - gradient[0, 0]
                assert drawn.tolist() == ([0, 1, 2, 3] if tensor is within else [0, 0, 0, 0])


def test_sparse_tensors_in_a_loop(engine: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = kt.placeholder((3, 3), "float64", sparse=True)
    x = kt.placeholder((None, 3), "float64")
    made = kt.map_fn(lambda row: matrix.dot(row), x)
    fed = sparse.csr_matrix(np.diag([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(made.eval({x: X, matrix: fed}), X * [1.0, 2.0, 3.0])
    np.testing.assert_allclose(kt.function([x, matrix], made)([X, fed]), X * [1.0, 2.0, 3.0])


def test_dropped_loops_are_freed() -> None:
    before = len(numpy_engine._steps)
    with kt.config(engine="numpy"):
        for i in range(5):
            kt.map_fn(partial(kt.multiply, i), constant(X)).eval()
    gc.collect()
    assert len(numpy_engine._steps) <= before


# ---- switch ----------------------------------------------------------------------------------------


def test_switch(engine: str) -> None:
    x, flag = kt.placeholder((None, 3), "float64"), kt.placeholder((), "bool")
    rows = kt.placeholder((None,), "bool")
    made = [
        kt.switch(flag, x, x * 2.0),
        K.switch(flag, lambda: x, lambda: x * 2.0),
        flag.switch(x, x * 2.0),
        K.switch(rows, x, lambda: -x),
        rows.expand_dims(1).switch(x, -x),
        kt.switch(x > 0, x, kt.zeros_like(x)),
        kt.switch(1, x, x * 2.0),
        *kt.gradients(kt.switch(flag, x, x * 2.0).sum(), x),
    ]
    truth = np.array([True, False, False, True])
    by_rows = np.where(truth[:, None], X, -X)
    for value in (True, False):
        chosen = X if value else 2 * X
        got = evaluate(made, {x: X, flag: value, rows: truth})
        wanted = [chosen, chosen, chosen, by_rows, by_rows, np.maximum(X, 0), X, np.full_like(X, 2 - value)]
        for one, other in zip(got, wanted):
            np.testing.assert_allclose(one, other)
    assert made[3].shape == (None, 3)


# ---- Messages --------------------------------------------------------------------------------------

ROWS = kt.placeholder((None, 3), name="rows")
STEPS = kt.placeholder((2, None, 3), name="steps")
NOTHING: Any = None
VARIABLE = kt.variable([1.0, 2.0, 3.0], name="v")

WRONG: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: kt.rnn(lambda x, s: (x, [s[0].dot(np.ones((4, 5)))]), STEPS, [kt.zeros((2, 4))]),  # type: ignore[tensor-shape]  # what is tested
        kt.ShapeError,
        r"rnn: state 0 is of shape \(2, 4\) and becomes \(2, 5\); a state must keep its shape",
    ),
    (
        lambda: kt.rnn(lambda x, s: (x, [s[0], x]), STEPS, [STEPS[:, 0], kt.zeros((2, 3), "float64")]),  # type: ignore[tensor-dtype]  # what is tested
        kt.DTypeError,
        "rnn: state 1 is of float64 and becomes float32; a state must keep its dtype",
    ),
    (lambda: kt.rnn(lambda x, s: (x, []), STEPS, [STEPS[:, 0]]), kt.ArgumentError, "given 1 states and gave 0 new"),
    (
        lambda: kt.rnn(lambda x, s: x, STEPS, []),  # type: ignore[arg-type,return-value]  # that is the point
        kt.ArgumentError,
        r"must give \(output, list of new states\), not Tensor",
    ),
    (lambda: kt.rnn(lambda x, s: (1.0, []), STEPS, []), kt.ShapeError, r"is a scalar; it must be \(batch, ...\)"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.rnn(lambda x, s: (x, []), [1.0], []), kt.ShapeError, r"must be \(batch, time, ...\), not \(1,\)"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: kt.rnn(lambda x, s: (x, []), kt.zeros((2, 5, 3)), [], mask=np.ones((2, 4))),  # type: ignore[tensor-shape]  # what is tested
        kt.ShapeError,
        r"mask of shape \(2, 4\) does not have one entry for each step of inputs \(2, 5, 3\)",
    ),
    (lambda: kt.rnn(lambda x, s: (x, []), STEPS, [], unroll=True), kt.ArgumentError, "an unknown number of steps"),
    (lambda: kt.foldl(lambda a, x: a + x, ROWS, 0.0), kt.ShapeError, r"state 0 is of shape \(\) and becomes \(3,\)"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: kt.foldl(lambda a, x: a[:1], ROWS, (kt.zeros((1,)), kt.zeros((1,)))),
        kt.ArgumentError,
        "foldl: fn gave 1 accumulators; it must give as many as it gets: 2",
    ),
    (lambda: kt.map_fn(lambda x: VARIABLE.assign(x), ROWS), kt.ArgumentError, "updates the variable 'v', which a step"),
    (lambda: kt.map_fn(lambda x: NOTHING, ROWS), kt.ArgumentError, "map_fn: what fn gives is None, not a tensor"),
    (lambda: kt.map_fn(lambda x: x, kt.constant(1.0)), kt.ShapeError, "elems is a scalar; it must have elements"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: kt.map_fn(lambda x: x[0], [kt.zeros((2, 3)), kt.zeros((4, 3))]),  # type: ignore[arg-type,return-value,tensor-shape]  # what is tested
        kt.ShapeError,
        r"elems of shapes \(2, 3\) and \(4, 3\) do not have as many elements each",
    ),
    (lambda: kt.map_fn(lambda x: x + np.ones(4), ROWS), kt.ShapeError, r"shapes \(3,\) and \(4,\) do not broadcast"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.switch(True, np.ones(2), np.ones(3)), kt.ShapeError, r"\(2,\) and \(3,\); they must have one shape"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.switch(ROWS, np.ones(3), np.ones(3)), kt.ShapeError, r"axes, \(None, 3\), are not the leading axes"),  # type: ignore[tensor-shape]  # what is tested
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "message"), WRONG)
def test_wrong_calls(wrong: Callable[[], object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        wrong()


def test_a_failure_in_a_step_names_its_line(engine: str) -> None:
    x, i = kt.placeholder((None, 3)), kt.placeholder((1,), "int32")
    lines: list[str] = []

    def pick(row: Any) -> Any:
        picked = row.gather(i)
        lines.append(picked.built_at)
        return picked * 2.0

    y = kt.map_fn(pick, x)
    f = kt.function([x, i], y)
    runs: list[Callable[[], object]] = [
        lambda: y.eval({x: np.ones((2, 3)), i: [7]}),
        lambda: f([np.ones((2, 3)), [7]]),
    ]
    for run in runs:
        with pytest.raises(kt.EngineError, match=r"failed in take\(") as caught:
            run()
        assert lines[0] in str(caught.value)
    np.testing.assert_allclose(f([np.ones((2, 3)), [1]]), [[2], [2]])


def test_sizes_that_turn_out_wrong(engine: str) -> None:
    x, y = kt.placeholder((None, None)), kt.placeholder((None, None))
    grows = kt.foldl(lambda a, row: a * row, x, kt.ones((1,)))
    pairs = kt.map_fn(lambda p: p[0] + p[1], [x, y])
    three, two = np.ones((3, 2), "float32"), np.ones((2, 2), "float32")
    runs: list[tuple[Callable[[], object], str]] = [
        (lambda: grows.eval({x: two}), "state 0 changes its shape from .1,?. to .2,?."),
        (lambda: kt.function([x], grows)([two]), "state 0 changes its shape from .1,?. to .2,?."),
        (lambda: pairs.eval({x: two, y: three}), "there are sequences of 2 and 3 elements"),
        (lambda: kt.function([x, y], pairs)([two, three]), "there are sequences of 2 and 3 elements"),
    ]
    for run, message in runs:
        with pytest.raises(kt.EngineError, match=message) as caught:
            run()
        assert __file__ in str(caught.value)
