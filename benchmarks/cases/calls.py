"""What a small call costs: of a compiled function, of `eval`, and of building an expression."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from .. import rivals
from ..measure import Pair, calls, same
from ..table import Mark, Row

Array: TypeAlias = "npt.NDArray[np.float32]"
#: NumPy arrays in, a NumPy array out.
Call: TypeAlias = Callable[[Array], Any]


def _normal(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


# A compiled function: tanh(x @ w + b).


def _tiny_numpy(w: Array, b: Array) -> Call:
    return lambda x: np.tanh(x @ w + b)


def _tiny_tensorflow(w: Array, b: Array) -> Call:
    tf = rivals.tensorflow()
    kernel, bias = tf.Variable(w), tf.Variable(b)
    run = tf.function(lambda x: tf.tanh(x @ kernel + bias), [tf.TensorSpec((None, 64), tf.float32)])
    concrete = run.get_concrete_function()
    return lambda x: concrete(tf.constant(x)).numpy()


def _tiny_theano(w: Array, b: Array) -> Call:
    theano = rivals.theano()
    kernel, bias, x = theano.shared(w), theano.shared(b), theano.tensor.fmatrix()
    result = theano.tensor.tanh(theano.tensor.dot(x, kernel) + bias)
    run: Call = theano.function([theano.In(x, borrow=True)], theano.Out(result, borrow=True))
    return run


def _tiny(rival: Callable[[Array, Array], Call]) -> Pair:
    value, w, b = _normal(32, 64), _normal(64, 64) / 8, _normal(64)
    x = kt.placeholder((None, 64))
    run = kt.function([x], (x @ kt.variable(w) + kt.variable(b)).tanh())
    theirs = rival(w, b)
    for _ in range(4):  # Theano compiles after some calls
        same(run([value]), theirs(value))
    return calls(lambda: run([value]), lambda: theirs(value))


# `eval` of an expression that is built for it.


def _eval_ours(a: Array, b: Array) -> Any:
    return (kt.constant(a) @ kt.constant(b) + 1.0).tanh().sum(axis=1).eval()


def _eval_numpy(a: Array, b: Array) -> Any:
    return np.tanh(a @ b + 1.0).sum(axis=1)


def _eval_tensorflow(tf: Any, a: Array, b: Array) -> Any:
    return tf.reduce_sum(tf.tanh(tf.constant(a) @ tf.constant(b) + 1.0), axis=1).numpy()


def _eval_theano(theano: Any, a: Array, b: Array) -> Any:
    tensor = theano.tensor
    result = tensor.tanh(tensor.dot(tensor.constant(a), tensor.constant(b)) + np.float32(1)).sum(axis=1)
    return theano.function([], result)()


def _eval(rival: Callable[[], Callable[[Array, Array], Any]]) -> Pair:
    a, b = _normal(8, 8), _normal(8, 8)
    theirs = rival()
    same(_eval_ours(a, b), theirs(a, b))
    return calls(partial(_eval_ours, a, b), partial(theirs, a, b))


# Building an expression of a thousand ops.


def expression(x: Any, w: Any, b: Any, steps: int, dot: Callable[[Any, Any], Any], tanh: Callable[[Any], Any]) -> Any:
    """Five ops a step."""
    h = x
    for _ in range(steps):
        h = tanh(dot(h, w) + b) * 0.5 - x
    return h


#: Builds the expression of as many steps, and computes it.
Build: TypeAlias = Callable[[int], Any]
Compute: TypeAlias = Callable[[Any, Array, Array, Array], Any]


def _building_ours() -> tuple[Build, Compute]:
    x, w, b = kt.placeholder((32, 64)), kt.placeholder((64, 64)), kt.placeholder((64,))

    def compute(y: kt.Tensor, *values: Array) -> Any:
        return y.eval(dict(zip((x, w, b), values)))

    return lambda steps: expression(x, w, b, steps, kt.dot, kt.tanh), compute


def _building_keras() -> tuple[Build, Compute]:
    keras = rivals.keras3()
    inputs = [keras.Input(batch_shape=shape) for shape in ((32, 64), (64, 64), (64,))]
    x, w, b = inputs
    ops = keras.ops
    return (
        lambda steps: expression(x, w, b, steps, ops.matmul, ops.tanh),
        lambda y, *values: keras.Function(inputs, y)(list(values)),
    )


def _building_tensorflow() -> tuple[Build, Compute]:
    tf = rivals.tensorflow()
    names = ("x:0", "w:0", "b:0")

    def build(steps: int) -> Any:
        with tf.Graph().as_default():
            x, w, b = (
                tf.compat.v1.placeholder(tf.float32, shape, name=name[0])
                for shape, name in zip(((32, 64), (64, 64), (64,)), names)
            )
            return expression(x, w, b, steps, tf.matmul, tf.tanh)

    def compute(y: Any, *values: Array) -> Any:
        return tf.compat.v1.Session(graph=y.graph).run(y, dict(zip(names, values)))

    return build, compute


def _building_theano() -> tuple[Build, Compute]:
    theano = rivals.theano()
    tensor = theano.tensor
    x, w, b = tensor.fmatrix(), tensor.fmatrix(), tensor.fvector()
    return (
        lambda steps: expression(x, w, b, steps, tensor.dot, tensor.tanh),
        lambda y, *values: y.eval(dict(zip((x, w, b), values))),
    )


def _building(rival: Callable[[], tuple[Build, Compute]]) -> Pair:
    build, compute = _building_ours()
    their_build, their_compute = rival()
    values = (_normal(32, 64), _normal(64, 64) / 8, _normal(64))
    same(compute(build(3), *values), their_compute(their_build(3), *values))
    return calls(partial(build, 200), partial(their_build, 200))


ROWS: Final = [
    Row("building", "numpy", "Keras 3's symbolic ops", Mark(0.06), partial(_building, _building_keras)),
    Row("building", "tensorflow", "ops of a tf.Graph", Mark(0.06), partial(_building, _building_tensorflow)),
    Row("building", "theano", "Theano's ops", Mark(0.06), partial(_building, _building_theano)),
    Row("tiny", "numpy", "NumPy by hand", Mark(1.15), partial(_tiny, _tiny_numpy)),
    Row("tiny", "tensorflow", "concrete function by hand", Mark(1.0), partial(_tiny, _tiny_tensorflow)),
    Row("tiny", "theano", "theano.function by hand", Mark(1.0), partial(_tiny, _tiny_theano)),
    Row("eval", "numpy", "NumPy by hand", Mark(30, "microseconds"), partial(_eval, lambda: _eval_numpy)),
    Row(
        "eval",
        "tensorflow",
        "eager TensorFlow by hand",
        Mark(1.2),
        partial(_eval, lambda: partial(_eval_tensorflow, rivals.tensorflow())),
    ),
    Row(
        "eval",
        "theano",
        "theano.function by hand",
        Mark(0.2),
        partial(_eval, lambda: partial(_eval_theano, rivals.theano())),
    ),
]
