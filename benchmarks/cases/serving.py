"""What a user of compiled functions meets: the first call, batches that change their size, threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from .. import rivals
from ..measure import Pair, calls, same
from ..table import Mark, Row
from . import mlp
from .calls import expression

Array: TypeAlias = "npt.NDArray[np.float32]"

# From nothing to the first result: 40 steps of five ops.

DEPTH: Final = 40


def _values() -> tuple[Array, Array, Array]:
    random = np.random.default_rng(0)
    x, w, b = (random.normal(size=shape).astype(np.float32) for shape in ((32, 64), (64, 64), (64,)))
    return x, w / 8, b


def _first_ours(values: tuple[Array, Array, Array]) -> Any:
    x, w, b = kt.placeholder((None, 64)), kt.placeholder((64, 64)), kt.placeholder((64,))
    return kt.function([x, w, b], expression(x, w, b, DEPTH, kt.dot, kt.tanh))(values)


def _first_tensorflow(tf: Any, values: tuple[Array, Array, Array]) -> Any:
    signature = [tf.TensorSpec(shape, tf.float32) for shape in ((None, 64), (64, 64), (64,))]
    run = tf.function(
        lambda x, w, b: expression(x, w, b, DEPTH, tf.matmul, tf.tanh), input_signature=signature, autograph=False
    )
    return run.get_concrete_function()(*map(tf.constant, values)).numpy()


def _first_theano(theano: Any, values: tuple[Array, Array, Array]) -> Any:
    tensor = theano.tensor
    x, w, b = tensor.fmatrix(), tensor.fmatrix(), tensor.fvector()
    return theano.function([x, w, b], expression(x, w, b, DEPTH, tensor.dot, tensor.tanh))(*values)


def _first(library: Callable[[], Any], rival: Callable[[Any, tuple[Array, Array, Array]], Any]) -> Pair:
    values = _values()
    theirs = partial(rival, library(), values)
    same(_first_ours(values), theirs())
    return calls(partial(_first_ours, values), theirs)


# A training step on batches of another size at each call, and on batches of the mean size.

SIZES: Final = np.random.default_rng(0).permutation(np.arange(112, 145))


def _learner(sizes: Any) -> Callable[[], object]:
    given = mlp.problem(int(max(sizes)))
    learn = mlp.learner(given)
    feeds = itertools.cycle([[given.x[:size], given.y[:size]] for size in sizes])
    for _ in range(len(sizes)):
        learn(next(feeds))
    return lambda: learn(next(feeds))


def _changing() -> Pair:
    return calls(_learner(SIZES), _learner([int(SIZES.mean())] * 4))


# Threads: a call is twenty calls, ten from each of two threads, or all from one.

CALLS: Final = 20


def _threads() -> Pair:
    given = mlp.problem()
    x = kt.placeholder((None, 784))
    weights = [kt.variable(w) for w in given.weights]
    run = kt.function([x], mlp.logits(x, weights).softmax())
    batches = [given.x, given.x[::-1].copy()]
    wanted = [run([batch]) for batch in batches for _ in range(3)][::3]  # Theano compiles after some calls

    def work(count: int, which: int) -> None:
        for _ in range(count):
            found = run([batches[which]])
        same(found, wanted[which])

    def in_threads(count: int) -> Callable[[], object]:
        pool = ThreadPoolExecutor(count)
        return lambda: list(pool.map(partial(work, CALLS // count), range(count)))

    return calls(in_threads(2), in_threads(1))


ENGINES: Final = ("numpy", "tensorflow", "theano")

ROWS: Final = [
    Row(
        "compile", "tensorflow", "tf.function by hand", Mark(1.1), partial(_first, rivals.tensorflow, _first_tensorflow)
    ),
    Row("compile", "theano", "theano.function by hand", Mark(1.1), partial(_first, rivals.theano, _first_theano)),
    *(Row("changing", engine, "batches of a fixed size", Mark(1.1, least=0.9), _changing) for engine in ENGINES),
    *(Row("threads", engine, "one thread instead of two", Mark(1.05), _threads) for engine in ENGINES),
]
