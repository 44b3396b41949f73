"""A training step of a classifier 784-256-10, batch 128."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np

import ktensor as kt

from .. import rivals
from ..measure import Pair
from ..table import Mark, Row
from . import training
from .training import Array, Problem, Trainer


def problem(batch: int = 128, inputs: int = 784, hidden: int = 256) -> Problem:
    """The same numbers each time, in arrays of their own."""
    random = np.random.default_rng(0)
    weights = training.initial(random, ((inputs, hidden), (hidden,), (hidden, 10), (10,)))
    return Problem(random.random((batch, inputs), np.float32), random.integers(0, 10, batch), weights)


#: Makes a trainer.
Make: TypeAlias = Callable[[Problem], Trainer]


def logits(x: kt.Tensor, weights: Sequence[kt.Variable]) -> kt.Tensor:
    """The scores of the classes."""
    w1, b1, w2, b2 = weights
    return (x @ w1 + b1).relu() @ w2 + b2


def ours(given: Problem) -> Trainer:
    """On the engine in force."""
    learn, weights = _learner(given)
    return Trainer(partial(learn, [given.x, given.y]), lambda: [w.eval() for w in weights])


def learner(given: Problem) -> kt.Function[Any]:
    """A function of a batch of any size."""
    return _learner(given)[0]


def _learner(given: Problem) -> tuple[kt.Function[Any], Sequence[kt.Variable]]:
    x, y = kt.placeholder((None, given.x.shape[1])), kt.placeholder((None,), kt.int64)
    weights = [kt.variable(w) for w in given.weights]
    loss = y.sparse_categorical_crossentropy(logits(x, weights), from_logits=True).mean()
    return training.learner([x, y], loss, weights), weights


def in_numpy(given: Problem) -> Trainer:
    """By hand."""
    x, y, weights = given
    w1, b1, w2, b2 = weights
    rows = np.arange(len(y))

    def gradients() -> tuple[Any, Sequence[Array]]:
        h = x @ w1
        h += b1
        np.maximum(h, 0, out=h)
        z = h @ w2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, y]).mean()
        e /= total
        e[rows, y] -= 1
        e /= len(y)
        back = e @ w2.T
        back *= h > 0
        return loss, (x.T @ back, back.sum(axis=0), h.T @ e, e.sum(axis=0))

    return training.in_numpy(gradients, weights)


def in_tensorflow(given: Problem) -> Trainer:
    """By hand."""
    tf = rivals.tensorflow()
    weights = [tf.Variable(w) for w in given.weights]
    w1, b1, w2, b2 = weights

    return training.in_tensorflow(tf, lambda x: tf.nn.relu(x @ w1 + b1) @ w2 + b2, weights, given)


def in_theano(given: Problem) -> Trainer:
    """By hand."""
    theano = rivals.theano()
    tensor = theano.tensor
    x = tensor.fmatrix()
    weights = [theano.shared(w) for w in given.weights]
    w1, b1, w2, b2 = weights
    hidden = tensor.nnet.relu(tensor.dot(x, w1) + b1)
    return training.in_theano(theano, x, tensor.dot(hidden, w2) + b2, weights, [given.x, given.y])


def in_keras(given: Problem) -> Trainer:
    """Keras 3, on TensorFlow, with what it does by default."""
    keras = rivals.keras3()
    layers = keras.layers
    hidden = given.weights[1].size
    model = keras.Sequential([keras.Input((given.x.shape[1],)), layers.Dense(hidden, "relu"), layers.Dense(10)])
    model.set_weights(given.weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(training.RATE, training.MOMENTUM), loss)
    return Trainer(partial(model.train_on_batch, given.x, given.y), model.get_weights)


def _pair(rival: Make) -> Pair:
    return training.race(ours(problem()), rival(problem()))


_RIVALS: Final = (
    ("numpy", "NumPy by hand", 0.9, in_numpy),
    ("numpy", "Keras 3's train_on_batch", 0.5, in_keras),
    ("tensorflow", "tf.function, GradientTape", 1.0, in_tensorflow),
    ("tensorflow", "Keras 3's train_on_batch", 0.5, in_keras),
    ("theano", "theano.grad, updates", 1.0, in_theano),
)

ROWS: Final = [Row("mlp", engine, name, Mark(most), partial(_pair, rival)) for engine, name, most, rival in _RIVALS]
