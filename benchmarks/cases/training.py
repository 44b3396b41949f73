"""What all training steps share: a race of two trainers from the same weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from ..measure import Pair, calls, same

Array: TypeAlias = "npt.NDArray[np.float32]"

RATE: Final = 0.01
MOMENTUM: Final = 0.9


class Problem(NamedTuple):
    """A batch, its classes, and the weights to begin with."""

    x: Array
    y: npt.NDArray[np.int64]
    weights: Sequence[Array]


def initial(random: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Kernels, scaled by how much flows into a unit, and biases, which are zeros."""
    drawn = [random.normal(0, np.prod(s[:-1]) ** -0.5, s) if len(s) > 1 else np.zeros(s) for s in shapes]
    return [w.astype(np.float32) for w in drawn]


class Trainer(NamedTuple):
    """A training step on a fixed batch, which gives the loss; and what the weights now are."""

    step: Callable[[], Any]
    weights: Callable[[], Sequence[Array]]


def race(ours: Trainer, rival: Trainer, tolerance: float = 1e-3) -> Pair:
    """Both trainers, after some steps that led them to the same weights."""
    for _ in range(4):  # Theano compiles after some calls
        ours.step(), rival.step()
    same(ours.weights(), rival.weights(), tolerance)
    return calls(ours.step, rival.step)


def ours(inputs: Sequence[kt.Tensor], loss: kt.Tensor, weights: Sequence[kt.Variable], feeds: list[Any]) -> Trainer:
    """Ours, on the engine in force."""
    learn = learner(inputs, loss, weights)
    return Trainer(lambda: learn(feeds), lambda: [w.eval() for w in weights])


def learner(inputs: Sequence[kt.Tensor], loss: kt.Tensor, weights: Sequence[kt.Variable]) -> kt.Function[Any]:
    """Gradient descent with momentum."""
    updates: list[tuple[kt.Variable, kt.Tensor]] = []
    for weight, gradient in zip(weights, kt.gradients(loss, weights)):
        velocity = kt.variable(np.zeros(weight.shape))
        step = MOMENTUM * velocity - RATE * gradient
        updates += [(velocity, step), (weight, weight + step)]
    return kt.function(inputs, loss, updates)


def in_numpy(gradients: Callable[[], tuple[Any, Sequence[Array]]], weights: Sequence[Array]) -> Trainer:
    """NumPy's, which stores in place; `gradients` gives the loss and arrays that it no longer needs."""
    velocities = [np.zeros_like(w) for w in weights]

    def step() -> Any:
        loss, found = gradients()
        for w, v, g in zip(weights, velocities, found):
            v *= MOMENTUM
            g *= RATE
            v -= g
            w += v
        return loss

    return Trainer(step, lambda: weights)


def in_tensorflow(tf: Any, logits: Callable[[Any], Any], weights: Sequence[Any], given: Problem) -> Trainer:
    """TensorFlow's: one concrete function, NumPy arrays in and a NumPy scalar out."""
    velocities = [tf.Variable(tf.zeros_like(w)) for w in weights]
    signature = [tf.TensorSpec((None, *given.x.shape[1:]), tf.float32), tf.TensorSpec((None,), tf.int64)]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits(x)))
        for w, v, g in zip(weights, velocities, tape.gradient(value, weights)):
            v.assign(MOMENTUM * v - RATE * g)
            w.assign_add(v)
        return value

    concrete = step.get_concrete_function()
    return Trainer(
        lambda: concrete(tf.constant(given.x), tf.constant(given.y)).numpy(), lambda: [w.numpy() for w in weights]
    )


def in_theano(theano: Any, x: Any, logits: Any, weights: Sequence[Any], feeds: Sequence[Any]) -> Trainer:
    """Theano's, with its updates."""
    y = theano.tensor.lvector()
    loss = theano.tensor.nnet.categorical_crossentropy(theano.tensor.nnet.softmax(logits), y).mean()
    updates: list[tuple[Any, Any]] = []
    for w, g in zip(weights, theano.grad(loss, list(weights))):
        velocity = theano.shared(np.zeros_like(w.get_value()), borrow=True)
        new = np.float32(MOMENTUM) * velocity - np.float32(RATE) * g
        updates += [(velocity, new), (w, w + new)]
    arguments = [theano.In(v, borrow=True) for v in (x, y)]
    run = theano.function(arguments, theano.Out(loss, borrow=True), updates=updates)
    return Trainer(lambda: run(*feeds), lambda: [w.get_value() for w in weights])
