"""A training step of an LSTM with 64 units over 64 steps, batch 32.

On each side the inputs are multiplied once for all steps, and the gates are in the order input, forget, output,
candidate, so that one sigmoid does for three of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

import ktensor as kt

from .. import rivals
from ..measure import Pair
from ..table import Mark, Row
from . import training
from .training import Array, Problem, Trainer

BATCH, STEPS, INPUTS, UNITS = 32, 64, 16, 64
GATES: Final = 3 * UNITS


def _problem() -> Problem:
    random = np.random.default_rng(0)
    shapes = ((INPUTS, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), (UNITS, 10), (10,))
    weights = training.initial(random, shapes)
    sequences = random.normal(size=(BATCH, STEPS, INPUTS)).astype(np.float32)
    return Problem(sequences, random.integers(0, 10, BATCH), weights)


def _ours(given: Problem) -> Trainer:
    x, y = kt.placeholder((None, STEPS, INPUTS)), kt.placeholder((None,), kt.int64)
    weights = [kt.variable(w) for w in given.weights]
    kernel, recurrent, bias, w, b = weights

    def step(z: kt.Tensor, states: list[kt.Tensor]) -> tuple[kt.Tensor, list[kt.Tensor]]:
        h, c = states
        z = z + h @ recurrent
        s, g = z[:, :GATES].sigmoid(), z[:, GATES:].tanh()
        c = s[:, UNITS : 2 * UNITS] * c + s[:, :UNITS] * g
        h = s[:, 2 * UNITS :] * c.tanh()
        return h, [h, c]

    projected = x @ kernel + bias
    zero = kt.zeros_like(projected[:, 0, :UNITS])
    last, _, _ = kt.rnn(step, projected, [zero, zero])
    loss = y.sparse_categorical_crossentropy(last @ w + b, from_logits=True).mean()
    return training.ours([x, y], loss, weights, [given.x, given.y])


def _sigmoid(x: Array) -> Array:
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    return np.reciprocal(x, out=x)


def _numpy(given: Problem) -> Trainer:
    x, y, weights = np.swapaxes(given.x, 0, 1).copy(), given.y, given.weights
    kernel, recurrent, bias, w, b = weights
    hs = np.zeros((STEPS + 1, BATCH, UNITS), np.float32)
    cs, tanhs = np.zeros_like(hs), np.zeros_like(hs)
    gates = np.empty((STEPS, BATCH, 4 * UNITS), np.float32)
    rows = np.arange(BATCH)
    first, second, third = slice(0, UNITS), slice(UNITS, 2 * UNITS), slice(2 * UNITS, GATES)

    def forwards() -> None:
        np.matmul(x, kernel, out=gates)
        np.add(gates, bias, out=gates)
        for t in range(STEPS):
            z = gates[t]
            z += hs[t] @ recurrent
            _sigmoid(z[:, :GATES])
            np.tanh(z[:, GATES:], out=z[:, GATES:])
            np.multiply(z[:, second], cs[t], out=cs[t + 1])
            cs[t + 1] += z[:, first] * z[:, GATES:]
            np.tanh(cs[t + 1], out=tanhs[t + 1])
            np.multiply(z[:, third], tanhs[t + 1], out=hs[t + 1])

    def backwards(dh: Array) -> None:
        """Puts the gradients of what gates are made of in the place of the gates."""
        dc = np.zeros_like(dh)
        for t in reversed(range(STEPS)):
            z, tanh = gates[t], tanhs[t + 1]
            s, g = z[:, :GATES], z[:, GATES:].copy()
            dc += dh * s[:, third] * (1 - tanh * tanh)
            slopes = s * (1 - s)
            np.multiply(dc, s[:, first], out=z[:, GATES:])
            z[:, GATES:] *= 1 - g * g
            kept = dc * s[:, second]
            np.multiply(dc, g, out=z[:, first])
            np.multiply(dc, cs[t], out=z[:, second])
            np.multiply(dh, tanh, out=z[:, third])
            z[:, :GATES] *= slopes
            dc = kept
            dh = z @ recurrent.T

    def gradients() -> tuple[Any, Sequence[Array]]:
        forwards()
        scores = hs[-1] @ w
        scores += b
        scores -= scores.max(axis=1, keepdims=True)
        e = np.exp(scores)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - scores[rows, y]).mean()
        e /= total
        e[rows, y] -= 1
        e /= BATCH
        found = (hs[-1].T @ e, e.sum(axis=0))
        backwards(e @ w.T)
        flat = gates.reshape(-1, 4 * UNITS)
        inputs, states = x.reshape(-1, INPUTS), hs[:-1].reshape(-1, UNITS)
        return loss, (inputs.T @ flat, states.T @ flat, flat.sum(axis=0), *found)

    return training.in_numpy(gradients, weights)


def _tensorflow(given: Problem) -> Trainer:
    tf = rivals.tensorflow()
    weights = [tf.Variable(w) for w in given.weights]
    kernel, recurrent, bias, w, b = weights

    def logits(x: Any) -> Any:
        projected = tf.tensordot(tf.transpose(x, (1, 0, 2)), kernel, 1) + bias
        array = tf.TensorArray(tf.float32, STEPS).unstack(projected)

        def step(t: Any, h: Any, c: Any) -> Any:
            z = array.read(t) + h @ recurrent
            s, g = tf.sigmoid(z[:, :GATES]), tf.tanh(z[:, GATES:])
            i, f, o = tf.split(s, 3, axis=1)
            c = f * c + i * g
            return t + 1, o * tf.tanh(c), c

        zero = tf.zeros((tf.shape(x)[0], UNITS))
        _, h, _ = tf.while_loop(lambda t, *_: t < STEPS, step, (0, zero, zero))
        return h @ w + b

    return training.in_tensorflow(tf, logits, weights, given)


def _theano(given: Problem) -> Trainer:
    theano = rivals.theano()
    tensor = theano.tensor
    x = tensor.ftensor3()
    weights = [theano.shared(w) for w in given.weights]
    kernel, recurrent, bias, w, b = weights

    def step(z: Any, h: Any, c: Any, u: Any) -> Any:
        z = z + tensor.dot(h, u)
        s, g = tensor.nnet.sigmoid(z[:, :GATES]), tensor.tanh(z[:, GATES:])
        c = s[:, UNITS : 2 * UNITS] * c + s[:, :UNITS] * g
        return s[:, 2 * UNITS :] * tensor.tanh(c), c

    projected = tensor.dot(x.dimshuffle(1, 0, 2), kernel) + bias
    zero = tensor.zeros((x.shape[0], UNITS), "float32")
    (hs, _), _ = theano.scan(step, projected, [zero, zero], [recurrent], strict=True)
    return training.in_theano(theano, x, tensor.dot(hs[-1], w) + b, weights, [given.x, given.y])


def _pair(rival: Callable[[Problem], Trainer]) -> Pair:
    return training.race(_ours(_problem()), rival(_problem()))


ROWS: Final = [
    Row("lstm", "numpy", "NumPy by hand", Mark(0.9), partial(_pair, _numpy)),
    Row("lstm", "tensorflow", "tf.while_loop, GradientTape", Mark(1.05), partial(_pair, _tensorflow)),
    Row("lstm", "theano", "theano.scan, theano.grad", Mark(1.05), partial(_pair, _theano)),
]
