"""Gradients against finite differences and against TensorFlow's own, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from test_ops import CHANNELS, IMAGE, KERNEL, ROWS, Row

import ktensor as kt
from ktensor import functional as K
from ktensor.function import evaluate
from ktensor.graph import OPS, NotDifferentiable
from ktensor.testing import CASES, Case, Sizes

Array: TypeAlias = npt.NDArray[Any]

#: All ops that have a gradient, by their own rule or by that of what they are made of.
DIFFERENTIABLE = {name for name, op in OPS.items() if not isinstance(op.grad, NotDifferentiable)}

#: Cases in float64, at no kink: those where finite differences are the derivative.
SMOOTH = [
    case
    for case in CASES
    if case.op in DIFFERENTIABLE
    and case.smooth
    and case.dtype == "float64"
    and all(given.dtype == "float64" or not given.dtype.startswith("float") for given in case.inputs)
]

#: Where the rows of the matrix of ops are not smooth, or not functions of floats.
JUMPS = {"mod(", "l2_normalize((2,2)"}


def loss_of(results: Sequence[Any]) -> Any:
    """A scalar to which each element contributes with another weight, whatever the results' shapes."""
    total: Any = 0.0
    for result in results:
        flat = result.flatten()
        positions = kt.arange(K.shape(flat)[0]).cast("float64")
        total = total + (flat * kt.sin(positions + 1.0)).sum()
    return total


def loss_value(results: Sequence[Array]) -> float:
    """The same of NumPy arrays."""
    return float(sum((np.ravel(r) * np.sin(np.arange(np.size(r)) + 1.0)).sum() for r in results))


def finite_differences(function: Callable[..., float], values: Sequence[Array], wrt: Sequence[int]) -> list[Array]:
    """Central differences of a scalar function of arrays."""
    step = 1e-6
    gradients = []
    for position in wrt:
        gradient = np.zeros(values[position].shape)
        for place in np.ndindex(*gradient.shape):
            both = []
            for sign in (1, -1):
                moved = [np.array(v) for v in values]
                moved[position][place] += sign * step
                both.append(function(*moved))
            gradient[place] = (both[0] - both[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


def close(got: Sequence[Array], wanted: Sequence[Array], what: str = "") -> None:
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted):
        assert one.shape == other.shape, what
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-7, err_msg=what)


# ---- All ops ---------------------------------------------------------------------------------------


def test_all_differentiable_ops_are_tested() -> None:
    assert {case.op for case in SMOOTH} == DIFFERENTIABLE - {"cast"}  # which has a test of its own


def floats(case: Case) -> list[int]:
    """The inputs that gradients are taken with respect to."""
    return [i for i, given in enumerate(case.inputs) if given.dtype == "float64" and not given.sparse]


@cache
def numeric(case: Case, sizes: tuple[Sizes, ...]) -> list[Array]:
    """The case's gradients by finite differences, once for all engines."""

    def loss(*values: Array) -> float:
        with np.errstate(all="ignore"):
            return loss_value([np.asarray(case.expected(*values))])

    return finite_differences(loss, case.values(sizes), floats(case))


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_gradient(engine: str, case: Case) -> None:
    unknown: Sequence[Any] = [(None,) * len(s) for s in case.sizes[0]]
    for declared in (*case.sizes, unknown):
        inputs = case.placeholders(declared)
        wrt = [inputs[i] for i in floats(case)]
        gradients = kt.gradients(loss_of([case.build(*inputs)]), wrt, unconnected="zeros")
        for tensor, gradient in zip(wrt, gradients):
            assert len(gradient.shape) == tensor.ndim
            assert all(s is None or n in (None, s) for n, s in zip(gradient.shape, tensor.shape))
            assert gradient.dtype is tensor.dtype
        for sizes in case.sizes if declared not in case.sizes else [declared]:
            values = case.feeds(case.values(sizes))
            got = evaluate(gradients, dict(zip(inputs, values)))
            close(got, numeric(case, tuple(sizes)), f"{declared} fed {sizes}")
            if engine == "numpy":
                close(kt.function(inputs, gradients)(values), got, f"{declared} fed {sizes}, compiled")


@cache
def numeric_second(case: Case) -> list[Array]:
    """Differences of the first gradients, which `test_gradient` has checked, on NumPy."""
    inputs = case.placeholders(case.sizes[0])
    wrt = [inputs[i] for i in floats(case)]
    gradients = kt.gradients(loss_of([case.build(*inputs)]), wrt, unconnected="zeros")

    def loss(*values: Array) -> float:
        return loss_value(evaluate(gradients, dict(zip(inputs, case.feeds(values))), "numpy"))

    return finite_differences(loss, case.values(case.sizes[0]), floats(case))


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_second_gradient(engine: str, case: Case) -> None:
    values = case.feeds(case.values(case.sizes[0]))
    for declared in (case.sizes[0], [(None,) * len(s) for s in case.sizes[0]]):
        inputs = case.placeholders(declared)
        wrt = [inputs[i] for i in floats(case)]
        first = kt.gradients(loss_of([case.build(*inputs)]), wrt, unconnected="zeros")
        second = kt.gradients(loss_of(first), wrt, unconnected="zeros")
        close(evaluate(second, dict(zip(inputs, values))), numeric_second(case))


def differentiable_rows() -> list[Row]:
    """The rows of the matrix of public ops that have gradients, compositions too."""
    found = [row for row in ROWS if "f" in row.kinds and row.dtype("float64") == "float64"]
    blocked = {name for name, op in OPS.items() if isinstance(op.grad, NotDifferentiable)}
    return [row for row in found if row.name not in blocked and not any(str(row).startswith(j) for j in JUMPS)]


def in_turn(values: Sequence[Any]) -> Callable[[Array], Any]:
    """Gives the values one by one, whatever it is asked."""
    left = iter(values)
    return lambda _: next(left)


@pytest.mark.parametrize("row", differentiable_rows(), ids=str)
def test_gradient_of_public_op(engine: str, row: Row) -> None:
    values: list[Array] = []
    row.arguments("float64", lambda array: values.append(array))
    wrt = [i for i, value in enumerate(values) if value.dtype == np.float64]

    def loss(*moved: Array) -> float:
        result = oracle.lookup(row.name)(*row.arguments("float64", in_turn(moved)), **row.options)
        return loss_value(result if isinstance(result, list) else [result])

    wanted = finite_differences(loss, values, wrt)
    for known in (True, False):
        inputs = [kt.placeholder(v.shape if known else (None,) * v.ndim, v.dtype) for v in values]
        results = row.build(row.arguments("float64", in_turn(inputs)))
        gradients = kt.gradients(loss_of(results), [inputs[i] for i in wrt], unconnected="zeros")
        close(evaluate(gradients, dict(zip(inputs, values))), wanted)
        if engine != "theano":
            close(kt.function(inputs, gradients)(values), wanted)


def test_gradient_of_cast(engine: str) -> None:
    """Between floats it is a cast back; integers and truth values let nothing through."""
    x = kt.variable([1.5, -2.5], "float64")
    (through,) = kt.gradients((x.cast("float32") * 3.0).sum(), x)
    assert through.dtype is kt.float64
    assert through.eval().tolist() == [3.0, 3.0]
    for dtype in ("int32", "bool"):
        with pytest.raises(kt.GradientError, match="does not depend on"):
            kt.gradients(x.cast(dtype).cast("float64").sum(), x)


# ---- Against TensorFlow's own gradients ------------------------------------------------------------

#: Everywhere that engines could disagree: ties, kinks, zeros.
EDGES = np.array([[0.0, 1.0, -1.0], [1.0, 0.0, 2.0]])
OTHER = np.array([[0.0, 0.0, 2.0], [1.0, -1.0, 2.0]])
POSITIVE = np.array([[0.5, 1.0, 2.0], [3.0, 0.1, 1.0]])

#: What to compute with ktensor and with TensorFlow, and from what.
COUNTERPARTS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Array, ...]]] = {
    **{
        name: (getattr(kt, name), lambda tf, x, name=name: getattr(tf.math, name)(x), (EDGES,))
        for name in ("abs", "erf", "exp", "expm1", "negative", "sigmoid", "sign", "sin", "cos", "softplus", "square")
    },
    **{
        name: (getattr(kt, name), lambda tf, x, name=name: getattr(tf.math, name)(x), (POSITIVE,))
        for name in ("log", "log1p", "rsqrt", "sqrt", "tan", "tanh")
    },
    **{
        name: (getattr(kt, name), lambda tf, x, y, name=name: getattr(tf.math, name)(x, y), (EDGES, OTHER))
        for name in ("add", "subtract", "multiply", "maximum", "minimum")
    },
    "divide": (kt.divide, lambda tf, x, y: x / y, (EDGES, POSITIVE)),
    "mod": (kt.mod, lambda tf, x, y: x % y, (EDGES + 0.3, POSITIVE)),
    "pow": (kt.pow, lambda tf, x, y: tf.pow(x, y), (POSITIVE, EDGES)),
    "pow of 0": (kt.pow, lambda tf, x, y: tf.pow(x, y), (np.zeros(2), np.array([1.0, 2.0]))),
    "pow of negatives": (kt.pow, lambda tf, x, y: tf.pow(x, y), (np.array([-2.0, -1.0]), np.array([3.0, 2.0]))),
    "x ** 2": (lambda x: x**2, lambda tf, x: x**2, (EDGES,)),
    "x ** 3": (lambda x: x**3, lambda tf, x: x**3, (EDGES,)),
    "relu": (kt.relu, lambda tf, x: tf.nn.relu(x), (EDGES,)),
    "relu6": (lambda x: kt.relu(x, max_value=6.0), lambda tf, x: tf.nn.relu6(x), (EDGES * 4,)),
    "leaky relu": (lambda x: kt.relu(x, 0.2), lambda tf, x: tf.nn.leaky_relu(x, 0.2), (EDGES,)),
    "elu": (kt.elu, lambda tf, x: tf.nn.elu(x), (EDGES,)),
    "softsign": (kt.softsign, lambda tf, x: tf.nn.softsign(x), (EDGES,)),
    "clip": (lambda x: kt.clip(x, 0.0, 1.0), lambda tf, x: tf.clip_by_value(x, 0.0, 1.0), (EDGES,)),
    "hard_sigmoid": (
        kt.hard_sigmoid,
        lambda tf, x: tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0),
        (np.array([-3.0, -1.0, 0.0, 2.0, 4.0]),),
    ),
    "sum": (lambda x: kt.sum(x, 1), lambda tf, x: tf.reduce_sum(x, 1), (EDGES,)),
    "mean": (kt.mean, lambda tf, x: tf.reduce_mean(x), (EDGES,)),
    "var": (lambda x: kt.var(x, 0), lambda tf, x: tf.math.reduce_variance(x, 0), (EDGES,)),
    "max": (lambda x: kt.max(x, 1), lambda tf, x: tf.reduce_max(x, 1), (OTHER,)),
    "min": (lambda x: kt.min(x, 1), lambda tf, x: tf.reduce_min(x, 1), (OTHER,)),
    "max of equals": (kt.max, lambda tf, x: tf.reduce_max(x), (np.ones((2, 3)),)),
    "prod": (lambda x: kt.prod(x, 1), lambda tf, x: tf.reduce_prod(x, 1), (EDGES,)),
    "prod of all": (kt.prod, lambda tf, x: tf.reduce_prod(x), (np.array([[2.0, 0.0], [3.0, 4.0]]),)),
    "cumsum": (lambda x: kt.cumsum(x, 1), lambda tf, x: tf.cumsum(x, 1), (EDGES,)),
    "cumprod": (lambda x: kt.cumprod(x, 1), lambda tf, x: tf.math.cumprod(x, 1), (POSITIVE,)),
    "logsumexp": (lambda x: kt.logsumexp(x, 1), lambda tf, x: tf.reduce_logsumexp(x, 1), (EDGES * 300,)),
    "softmax": (kt.softmax, lambda tf, x: tf.nn.softmax(x), (EDGES,)),
    "log_softmax": (kt.log_softmax, lambda tf, x: tf.nn.log_softmax(x), (EDGES * 300,)),
    "l2_normalize": (lambda x: kt.l2_normalize(x, 1), lambda tf, x: tf.math.l2_normalize(x, 1), (EDGES,)),
    "l2_normalize of 0": (kt.l2_normalize, lambda tf, x: tf.math.l2_normalize(x), (np.zeros(3),)),
    "matmul": (kt.matmul, lambda tf, x, y: tf.matmul(x, y), (EDGES, OTHER.T)),
    "batches": (kt.matmul, lambda tf, x, y: tf.matmul(x, y), (EDGES[:, :, None], OTHER[None, :1])),
    "einsum": (
        lambda x, y: kt.einsum("ij,kj->ik", x, y),
        lambda tf, x, y: tf.einsum("ij,kj->ik", x, y),
        (EDGES, OTHER),
    ),
    "gather": (lambda x: kt.gather(x, [1, 1, 0]), lambda tf, x: tf.gather(x, [1, 1, 0]), (EDGES,)),
    "slice": (lambda x: x[::-1, 1:], lambda tf, x: x[::-1, 1:], (EDGES,)),
    "mask": (lambda x: x[x > 0], lambda tf, x: tf.boolean_mask(x, x > 0), (EDGES,)),
    "tile": (lambda x: kt.tile(x, (2, 3)), lambda tf, x: tf.tile(x, (2, 3)), (EDGES,)),
    "where": (
        lambda x, y: kt.where(x > y, x, y * 2.0),
        lambda tf, x, y: tf.where(x > y, x, y * 2.0),
        (EDGES, OTHER),
    ),
    "conv1d": (
        lambda x, y: kt.conv1d(x, y, 2, "same"),
        lambda tf, x, y: tf.nn.conv1d(x, y, 2, "SAME"),
        (IMAGE[0], KERNEL[0]),
    ),
    "conv2d": (kt.conv2d, lambda tf, x, y: tf.nn.conv2d(x, y, 1, "VALID"), (IMAGE, KERNEL)),
    "conv2d with strides": (
        lambda x, y: kt.conv2d(x, y, (2, 1), "same"),
        lambda tf, x, y: tf.nn.conv2d(x, y, (2, 1), "SAME"),
        (IMAGE, KERNEL),
    ),
    "conv2d with dilation": (
        lambda x, y: kt.conv2d(x, y, padding="same", dilation_rate=2),
        lambda tf, x, y: tf.nn.convolution(x, y, padding="SAME", dilations=2),
        (IMAGE, KERNEL),
    ),
    "conv2d_transpose": (
        lambda x, y: kt.conv2d_transpose(x, y, (2, 7, 5, 2), 2, "same"),
        lambda tf, x, y: tf.nn.conv2d_transpose(x, y, (2, 7, 5, 2), 2, "SAME"),
        (IMAGE[..., :1], KERNEL),
    ),
    "depthwise_conv2d": (
        lambda x, y: kt.depthwise_conv2d(x, y, 2, "same"),
        lambda tf, x, y: tf.nn.depthwise_conv2d(x, y, (1, 2, 2, 1), "SAME"),
        (IMAGE, KERNEL.reshape(3, 1, 2, 2)),
    ),
    "separable_conv2d": (
        kt.separable_conv2d,
        lambda tf, x, y, z: tf.nn.separable_conv2d(x, y, z, (1, 1, 1, 1), "VALID"),
        (IMAGE, KERNEL, OTHER.reshape(1, 1, 2, 3)),
    ),
    "pool2d of equals": (
        lambda x: kt.pool2d(x, (2, 3), (2, 1), "same"),
        lambda tf, x: tf.nn.max_pool2d(x, (2, 3), (2, 1), "SAME"),
        (np.round(IMAGE / 2),),
    ),
    "pool2d avg": (
        lambda x: kt.pool2d(x, (3, 2), (2, 2), "same", pool_mode="avg"),
        lambda tf, x: tf.nn.avg_pool2d(x, (3, 2), (2, 2), "SAME"),
        (IMAGE,),
    ),
    "bias_add": (kt.bias_add, lambda tf, x, y: tf.nn.bias_add(x, y), (IMAGE, CHANNELS)),
    "batch_normalization": (
        kt.batch_normalization,
        lambda tf, x, mean, var, beta, gamma: tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-3),
        (IMAGE, CHANNELS, CHANNELS**2, CHANNELS + 1, CHANNELS - 1),
    ),
    "resize_images": (
        lambda x: kt.resize_images(x, 2, 3),
        lambda tf, x: tf.repeat(tf.repeat(x, 2, 1), 3, 2),
        (IMAGE,),
    ),
    "local_conv2d": (
        lambda x, y: kt.local_conv2d(x, y, (3, 2), 1, (2, 2)),
        lambda tf, x, y: tf.stack(
            [
                tf.stack([tf.reshape(x[:, i : i + 3, j : j + 2], (2, 12)) @ y[2 * i + j] for j in range(2)], 1)
                for i in range(2)
            ],
            1,
        ),
        (IMAGE, np.sin(np.arange(144.0)).reshape(4, 12, 3)),
    ),
    "broadcasting": (lambda x, y: x * y, lambda tf, x, y: x * y, (EDGES[:, :1], OTHER[:1])),
    "binary_crossentropy": (
        lambda x: kt.binary_crossentropy(OTHER > 0, x, from_logits=True),
        lambda tf, x: tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(OTHER > 0, x.dtype), x),
        (EDGES,),
    ),
    "categorical_crossentropy": (
        lambda x: kt.categorical_crossentropy([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], x, from_logits=True),
        lambda tf, x: tf.nn.softmax_cross_entropy_with_logits([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], x),
        (EDGES,),
    ),
    "sparse_categorical_crossentropy": (
        lambda x: kt.sparse_categorical_crossentropy([2, 0], x, from_logits=True),
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits([2, 0], x),
        (EDGES,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_gradient_is_tensorflows(engine: str, name: str) -> None:
    tf = pytest.importorskip("tensorflow")
    ours, theirs, values = COUNTERPARTS[name]
    inputs = [kt.placeholder(v.shape, "float64") for v in values]
    result = ours(*inputs)
    gradients = kt.gradients(loss_of([result]), inputs, unconnected="zeros")
    got = evaluate([result, *gradients], dict(zip(inputs, values)))

    variables = [tf.Variable(v) for v in values]
    with tf.GradientTape() as tape:
        flat = tf.reshape(theirs(tf, *variables), [-1])
        loss = tf.reduce_sum(flat * tf.sin(tf.range(tf.size(flat), dtype=tf.float64) + 1.0))
    wanted = tape.gradient(loss, variables, unconnected_gradients="zero")
    np.testing.assert_allclose(got[0].ravel(), flat.numpy(), rtol=1e-7, atol=1e-12)
    for mine, other in zip(got[1:], wanted):
        np.testing.assert_allclose(mine, tf.convert_to_tensor(other).numpy(), rtol=1e-7, atol=1e-12)


# ---- Kinks, zeros, empty and stretched tensors -----------------------------------------------------


def gradient_at(function: Callable[[Any], Any], value: Any) -> list[float]:
    """The gradient of the sum of the function's elements."""
    x = kt.variable(value, "float64")
    (gradient,) = kt.gradients(function(x), x, unconnected="zeros")
    found: list[float] = gradient.eval().tolist()
    return found


def test_kinks(engine: str) -> None:
    """As the ops' docstrings say."""
    assert gradient_at(kt.abs, [-2.0, 0.0, 3.0]) == [-1.0, 0.0, 1.0]
    assert gradient_at(kt.relu, [-2.0, 0.0, 3.0]) == [0.0, 0.0, 1.0]
    assert gradient_at(kt.sign, [-2.0, 0.0, 3.0]) == [0.0, 0.0, 0.0]
    assert gradient_at(lambda x: kt.maximum(x, 0.0), [-1.0, 0.0, 1.0]) == [0.0, 1.0, 1.0]
    assert gradient_at(lambda x: kt.maximum(0.0, x), [-1.0, 0.0, 1.0]) == [0.0, 0.0, 1.0]
    assert gradient_at(lambda x: kt.minimum(x, 0.0), [-1.0, 0.0, 1.0]) == [1.0, 1.0, 0.0]
    assert gradient_at(lambda x: kt.clip(x, 0.0, 1.0), [-1.0, 0.0, 0.5, 1.0, 2.0]) == [0.0, 1.0, 1.0, 1.0, 0.0]
    assert gradient_at(kt.max, [1.0, 3.0, 3.0]) == [0.0, 0.5, 0.5]
    assert gradient_at(kt.min, [1.0, 1.0, 3.0, 1.0]) == pytest.approx([1 / 3, 1 / 3, 0.0, 1 / 3])
    assert gradient_at(kt.elu, [0.0]) == [1.0]


def test_products_with_zeros(engine: str) -> None:
    for value in ([2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, 5.0, 3.0], [0.0]):
        others = [float(np.prod(np.delete(value, i))) for i in range(len(value))]
        assert gradient_at(kt.prod, value) == others
    value = [2.0, 0.0, 3.0, 0.0]
    by_definition = [sum(np.prod(np.delete(value[: j + 1], i)) for j in range(i, 4)) for i in range(4)]
    assert gradient_at(lambda x: kt.cumprod(x, 0), value) == by_definition


def test_powers_at_zero(engine: str) -> None:
    """The derivative of x**0 is 0 also at 0, where TensorFlow has nan."""
    assert gradient_at(lambda x: x**2, [0.0, -3.0]) == [0.0, -6.0]
    assert gradient_at(lambda x: x**3, [0.0, -3.0]) == [0.0, 27.0]
    assert gradient_at(lambda x: x**1, [0.0, -3.0]) == [1.0, 1.0]
    assert gradient_at(lambda x: x**0, [0.0, -3.0]) == [0.0, 0.0]
    assert gradient_at(lambda x: kt.pow(x, kt.constant([1.0, 2.0, 0.0], "float64")), [0.0, 0.0, 0.0]) == [1.0, 0.0, 0.0]
    assert gradient_at(lambda x: kt.pow(2.0, x), [0.0, 1.0]) == pytest.approx([np.log(2), 2 * np.log(2)])
    assert gradient_at(lambda x: kt.pow(kt.constant(0.0, "float64"), x), [0.0, 2.0]) == [0.0, 0.0]


def test_nan_in_the_branch_that_is_not_taken(engine: str) -> None:
    """The trick that users know: the argument is made safe inside, and where() drops the rest."""

    def safe_log(x: Any) -> Any:
        positive = x > 0
        return kt.where(positive, kt.log(kt.where(positive, x, 1.0)), 0.0)

    assert gradient_at(safe_log, [-1.0, 0.0, 2.0]) == [0.0, 0.0, 0.5]
    # Ours do it themselves.
    assert gradient_at(kt.elu, [1000.0]) == [1.0]
    assert gradient_at(kt.softplus, [-1000.0, 1000.0]) == [0.0, 1.0]
    assert gradient_at(kt.sigmoid, [-1000.0, 1000.0]) == [0.0, 0.0]
    assert gradient_at(kt.logsumexp, [-1000.0, 1000.0]) == [0.0, 1.0]


@pytest.mark.parametrize(
    "sizes", [((2, 3), (2, 3)), ((2, 1), (1, 3)), ((1, 1), (2, 3)), ((0, 3), (1, 3)), ((1, 3), (1, 1))]
)
@pytest.mark.parametrize("declared", [(None, None), ("rows", "columns"), (None, "columns")])
def test_stretching_through_unknown_sizes(engine: str, sizes: tuple[Sizes, Sizes], declared: Any) -> None:
    """Nobody knows when the gradient is built which of the two is stretched, whether the sizes have names or not."""
    x, y = kt.placeholder(declared, "float64"), kt.placeholder((None, None), "float64")
    random = np.random.default_rng(3)
    values = [random.uniform(0.5, 1.5, s) for s in sizes]
    losses: list[tuple[Any, Callable[..., Any]]] = [
        ((x * y + x).sum(), lambda a, b: a * b + a),
        (((x - y) / (x + y)).sum(), lambda a, b: (a - b) / (a + b)),
        (kt.where(x > y, x * x, y).sum(), lambda a, b: np.where(a > b, a * a, b)),
        (kt.maximum(x, y).mean(0).sum(), lambda a, b: np.maximum(a, b).mean(0) if np.broadcast(a, b).shape[0] else 0.0),
    ]
    for loss, same in losses[: 3 if 0 in sizes[0] else 4]:
        gradients = kt.gradients(loss, [x, y])
        assert [g.ndim for g in gradients] == [2, 2]
        wanted = finite_differences(lambda a, b, same=same: float(np.sum(same(a, b))), values, [0, 1])
        close(evaluate(gradients, {x: values[0], y: values[1]}), wanted)


def test_a_compiled_gradient_takes_any_batch(engine: str) -> None:
    """A dense layer and its gradients, compiled once, fed batches of 0, 1 and more samples."""
    random = np.random.default_rng(1)
    w, b = kt.variable(random.normal(size=(3, 2)), "float64"), kt.variable(np.zeros(2), "float64")
    x, target = kt.placeholder((None, 3), "float64"), kt.placeholder((None,), "int32")
    loss = kt.sparse_categorical_crossentropy(target, (x @ w + b).softmax()).sum()
    step = kt.function([x, target], [loss, *kt.gradients(loss, [w, b])])
    for samples in (4, 1, 0, 5):
        features, labels = random.normal(size=(samples, 3)), random.integers(0, 2, samples)
        p = oracle.softmax(features @ w.eval())
        error = p - np.eye(2)[labels]
        got = step([features, labels.astype("int32")])
        np.testing.assert_allclose(got[0], -np.log(p[np.arange(samples), labels]).sum(), rtol=1e-9)
        close(got[1:], [features.T @ error, error.sum(0)])


# ---- What has no gradient --------------------------------------------------------------------------


def test_unconnected(engine: str) -> None:
    x, y = kt.variable([1.0, 2.0], name="weights"), kt.variable([3.0])
    loss = (y * y).sum()
    message = (
        r"does not depend on wrt\[0\], <Variable 'weights' shape=\(2,\) dtype=float32>; pass unconnected=\"zeros\""
    )
    with pytest.raises(kt.GradientError, match=message):
        kt.gradients(loss, [x, y])
    zeros, found = kt.gradients(loss, [x, y], unconnected="zeros")
    assert [g.tolist() for g in evaluate([zeros, found])] == [[0.0, 0.0], [6.0]]
    nothing, found = kt.gradients(loss, [x, y], unconnected="none")
    assert nothing is None
    assert K.gradients(loss, [x]) == (None,)
    assert K.gradients(loss, [y])[0].eval().tolist() == [6.0]


@pytest.mark.parametrize(
    ("build", "op", "reason"),
    [
        (lambda x: kt.floor(x), "floor", "it is constant between its steps"),
        (lambda x: kt.round(x), "round", "it is constant between its steps"),
        (lambda x: kt.stop_gradient(x), "stop_gradient", "stopping gradients is what it is for"),
        (lambda x: x // 2.0, "floor_divide", "it is constant between its steps"),
    ],
)
def test_not_differentiable(build: Callable[[Any], Any], op: str, reason: str) -> None:
    x = kt.variable([1.0, 2.0])
    with pytest.raises(kt.GradientError, match=f"except through {op}, which has no gradient: {reason}"):
        kt.gradients(build(x).sum(), x)


def test_integers_have_no_derivatives() -> None:
    x, n = kt.variable([1.0]), kt.variable([1], "int32")
    with pytest.raises(kt.DTypeError, match="gradients: loss is of int32; only floats have derivatives"):
        kt.gradients(n.sum(), x)  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.DTypeError, match=r"gradients: wrt\[1\] is of int32; only floats have derivatives"):
        kt.gradients(x.sum(), [x, n])  # type: ignore[tensor-dtype]  # what is tested


def test_what_is_no_tensor() -> None:
    x = kt.variable([1.0])
    with pytest.raises(kt.ArgumentError, match=r"gradients: wrt\[0\] is None, not a tensor"):
        kt.gradients(x.sum(), [None])  # type: ignore[list-item,tensor-shape]  # that is the point
    with pytest.raises(kt.ArgumentError, match=r"gradients: loss is 3\.0, not a tensor"):
        kt.gradients(3.0, x)  # type: ignore[arg-type]  # that is the point


# ---- Which gradients, of what ----------------------------------------------------------------------


def test_stop_gradient(engine: str) -> None:
    assert gradient_at(lambda x: x * kt.stop_gradient(x), [3.0]) == [3.0]
    assert gradient_at(lambda x: x * x.stop_gradient() + x * x, [3.0]) == [9.0]


def test_the_same_tensor_twice(engine: str) -> None:
    x, y = kt.variable([2.0]), kt.variable([5.0])
    first, other, second = kt.gradients((x * x * y).sum(), [x, y, x])
    assert [g.tolist() for g in evaluate([first, other, second])] == [[20.0], [4.0], [20.0]]


def test_a_tensor_used_in_many_places(engine: str) -> None:
    x = kt.variable([2.0, 3.0], "float64")
    loss = sum((x * float(i) + x[::-1] * x for i in range(5)), start=x).sum() + kt.stack([x, x, x]).prod()
    wanted = finite_differences(
        lambda v: float((v + 10 * v + 5 * v[::-1] * v).sum() + np.prod(v) ** 3), [np.array([2.0, 3.0])], [0]
    )
    close([kt.gradients(loss, x)[0].eval()], wanted)


def test_inputs_of_one_op_that_depend_on_each_other(engine: str) -> None:
    """An op without a gradient of its own has that of its decomposition, and what lies before it counts once."""
    x = kt.variable([2.0, 3.0], "float64")
    y = x * 5.0
    loss = (kt.stack([x, y]) * [[1.0, 1.0], [10.0, 10.0]]).sum()
    assert kt.gradients(loss, x)[0].eval().tolist() == [51.0, 51.0]
    by_x, by_y = kt.gradients(loss, [x, y])
    assert [by_x.eval().tolist(), by_y.eval().tolist()] == [[51.0, 51.0], [10.0, 10.0]]


def test_gradients_with_respect_to_what_lies_between(engine: str) -> None:
    x = kt.variable([2.0, 3.0])
    y = x * x
    z = kt.exp(x) + y * 3.0
    by_y, by_z, by_x = kt.gradients((z * z).sum(), [y, z, x])
    values = evaluate([by_y, by_z, by_x, z, x])
    np.testing.assert_allclose(values[1], 2 * values[3], rtol=1e-5)
    np.testing.assert_allclose(values[0], 6 * values[3], rtol=1e-5)
    np.testing.assert_allclose(values[2], 2 * values[3] * (np.exp(values[4]) + 6 * values[4]), rtol=1e-5)


def test_the_gradient_of_a_loss_with_respect_to_itself(engine: str) -> None:
    x = kt.variable([2.0, 3.0])
    assert kt.gradients(x, x)[0].eval().tolist() == [1.0, 1.0]


def test_a_loss_that_is_no_scalar_is_summed(engine: str) -> None:
    assert gradient_at(lambda x: x * x, [1.0, 4.0]) == gradient_at(lambda x: (x * x).sum(), [1.0, 4.0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradients_keep_the_dtype(engine: str, dtype: str) -> None:
    x = kt.variable([1.0, 2.0], dtype)
    mixed = (kt.softmax(x) * kt.constant([1.0, 2.0], "float64")).mean() + x.std().cast("float64")
    (gradient,) = kt.gradients(mixed, x)
    assert gradient.dtype == gradient.eval().dtype == dtype


def test_third_derivative(engine: str) -> None:
    x = kt.variable(0.7, "float64")
    y: Any = kt.sin(x) * x**3
    for _ in range(3):
        (y,) = kt.gradients(y, x)
    v = 0.7  # (sin x * x**3)''' by hand
    wanted = 6 * np.sin(v) + 18 * v * np.cos(v) - 9 * v**2 * np.sin(v) - v**3 * np.cos(v)
    np.testing.assert_allclose(y.eval(), wanted, rtol=1e-9)


def test_deep_graphs(engine: str) -> None:
    """No recursion over the graph, forwards or backwards."""
    x = kt.variable(1.0, "float64")
    y: Any = x
    for _ in range(2000):
        y = y * 1.001
    np.testing.assert_allclose(kt.gradients(y, x)[0].eval(), 1.001**2000, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_crossentropies_and_several_gradients_in_one_function(engine: str, dtype: str, rows: int) -> None:
    """Gradients may take what the cross-entropy has computed; neither they nor the logits are written over."""
    random = np.random.default_rng(rows)
    x, y = random.normal(size=(rows, 3)).astype(dtype), random.integers(0, 3, rows)
    logits, labels = kt.placeholder((None, 3), dtype), kt.placeholder((None,), kt.int64)
    with kt.config(floatx=dtype):
        losses = labels.sparse_categorical_crossentropy(logits, from_logits=True)
        slopes = [kt.gradients(total, [logits])[0] for total in (losses.sum(), (losses * losses).sum())]
        run = kt.function([logits, labels], [*slopes, losses, logits * 2.0])
    first, second, values, doubled = run([x, y])
    wide = x.astype("float64")
    exponentials = np.exp(wide)
    shares = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = np.log(exponentials.sum(axis=1)) - wide[np.arange(rows), y]
    away = shares - np.eye(3)[y]
    rtol, atol = (1e-2, 1e-3) if dtype == "float16" else (1e-5, 1e-6)
    np.testing.assert_allclose(values, expected, rtol, atol)
    np.testing.assert_allclose(first, away, rtol, atol)
    np.testing.assert_allclose(second, 2 * expected[:, None] * away, rtol, atol)
    np.testing.assert_array_equal(doubled, x * 2)
