"""A training step of a small convolutional classifier of images 28x28, batch 32."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import numpy as np

import ktensor as kt

from .. import rivals
from ..measure import Pair
from ..table import Mark, Row
from . import training
from .training import Problem, Trainer

Layout: TypeAlias = Literal["channels_last", "channels_first"]

BATCH: Final = 32
#: Two convolutions 3x3, each with a pooling 2x2, leave 5x5 of 28x28.
SHAPES: Final = ((3, 3, 1, 16), (16,), (3, 3, 16, 32), (32,), (5 * 5 * 32, 10), (10,))


def _problem() -> Problem:
    random = np.random.default_rng(0)
    weights = training.initial(random, SHAPES)
    return Problem(random.random((BATCH, 28, 28, 1), np.float32), random.integers(0, 10, BATCH), weights)


def _ours(given: Problem, layout: Layout = "channels_last") -> Trainer:
    first = layout == "channels_first"
    images = np.moveaxis(given.x, -1, 1).copy() if first else given.x
    x, y = kt.placeholder((None, *images.shape[1:])), kt.placeholder((None,), kt.int64)
    weights = [kt.variable(w) for w in given.weights]
    k1, b1, k2, b2, w, b = weights
    with kt.config(image_data_format=layout):
        h = x.conv2d(k1).bias_add(b1).relu().pool2d((2, 2), strides=(2, 2))
        h = h.conv2d(k2).bias_add(b2).relu().pool2d((2, 2), strides=(2, 2))
    logits = h.batch_flatten() @ w + b
    loss = y.sparse_categorical_crossentropy(logits, from_logits=True).mean()
    return training.ours([x, y], loss, weights, [images, given.y])


def _tensorflow(given: Problem) -> Trainer:
    tf = rivals.tensorflow()
    weights = [tf.Variable(w) for w in given.weights]
    k1, b1, k2, b2, w, b = weights

    def block(x: Any, kernel: Any, bias: Any) -> Any:
        h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "VALID"), bias))
        return tf.nn.max_pool2d(h, 2, 2, "VALID")

    def logits(x: Any) -> Any:
        return tf.reshape(block(block(x, k1, b1), k2, b2), (-1, SHAPES[-2][0])) @ w + b

    return training.in_tensorflow(tf, logits, weights, given)


def _theano(given: Problem) -> Trainer:
    """In its own layout: channels first, and kernels (out, in, height, width)."""
    theano = rivals.theano()
    tensor, pool = theano.tensor, rivals.module("theano.tensor.signal.pool")
    x = tensor.TensorType("float32", (False, True, False, False))()
    weights = [theano.shared(w.transpose(3, 2, 0, 1).copy() if w.ndim == 4 else w) for w in given.weights]
    k1, b1, k2, b2, w, b = weights

    def block(h: Any, kernel: Any, bias: Any) -> Any:
        shape = kernel.get_value(borrow=True).shape
        h = tensor.nnet.conv2d(h, kernel, filter_shape=shape, filter_flip=False)
        return pool.pool_2d(tensor.nnet.relu(h + bias[None, :, None, None]), (2, 2), ignore_border=True)

    logits = tensor.dot(block(block(x, k1, b1), k2, b2).flatten(2), w) + b
    images = np.moveaxis(given.x, -1, 1).copy()
    trainer = training.in_theano(theano, x, logits, weights, [images, given.y])
    return Trainer(trainer.step, lambda: [v.transpose(2, 3, 1, 0) if v.ndim == 4 else v for v in trainer.weights()])


def _pair(rival: Callable[[Problem], Trainer], layout: Layout = "channels_last") -> Pair:
    return training.race(_ours(_problem(), layout), rival(_problem()))


ROWS: Final = [
    Row("cnn", "numpy", "TensorFlow by hand", Mark(2.5), partial(_pair, _tensorflow)),
    Row("cnn", "tensorflow", "tf.function, GradientTape", Mark(1.05), partial(_pair, _tensorflow)),
    Row("cnn", "theano", "theano.grad, updates", Mark(1.05), partial(_pair, _theano, layout="channels_first")),
]
