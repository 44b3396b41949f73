"""Elementwise chains over four million numbers, which are a matter of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from .. import rivals
from ..measure import Pair, calls, same
from ..table import Mark, Row

Array: TypeAlias = "npt.NDArray[np.float32]"

SIZE: Final = 4_000_000


class Chain(NamedTuple):
    """An expression of x and y, in terms of a library with `tanh` and `sqrt`, and as NumExpr reads it."""

    of: Callable[[Any, Any, Any], Any]
    text: str


CHAINS: Final[Mapping[str, Chain]] = {
    "chain": Chain(lambda x, y, m: m.tanh(x * y + 0.5) * m.sqrt(x) - y, "tanh(x * y + half) * sqrt(x) - y"),
    "arithmetic": Chain(
        lambda x, y, m: (x * y + 0.5) * (x - y) / (y + 1.0) - x, "(x * y + half) * (x - y) / (y + one) - x"
    ),
}


def _data() -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    return random.random(SIZE, np.float32), random.random(SIZE, np.float32)


def _ours(chain: Chain, x: Array, y: Array) -> Callable[[], Array]:
    a, b = kt.placeholder((None,)), kt.placeholder((None,))
    run = kt.function([a, b], chain.of(a, b, kt))
    return lambda: run([x, y])


def _numpy(chain: Chain, x: Array, y: Array) -> Callable[[], object]:
    return lambda: chain.of(x, y, np)


def _numexpr(chain: Chain, x: Array, y: Array) -> Callable[[], object]:
    evaluate = rivals.module("numexpr").evaluate
    names = {"x": x, "y": y, "half": np.float32(0.5), "one": np.float32(1)}
    return lambda: evaluate(chain.text, local_dict=names)


def _jax(chain: Chain, x: Array, y: Array) -> Callable[[], object]:
    jax = rivals.module("jax")
    run = jax.jit(lambda a, b: chain.of(a, b, jax.numpy))
    a, b = jax.device_put(x), jax.device_put(y)
    return lambda: run(a, b).block_until_ready()


def _tensorflow(chain: Chain, x: Array, y: Array, xla: bool = False) -> Callable[[], object]:
    tf = rivals.tensorflow()
    signature = [tf.TensorSpec((None,), tf.float32)] * 2
    run = tf.function(lambda a, b: chain.of(a, b, tf), signature, jit_compile=xla).get_concrete_function()
    a, b = tf.constant(x), tf.constant(y)
    return lambda: run(a, b).numpy()


def _theano(chain: Chain, x: Array, y: Array) -> Callable[[], object]:
    theano = rivals.theano()
    tensor = theano.tensor
    a, b = tensor.fvector(), tensor.fvector()
    inputs = [theano.In(v, borrow=True) for v in (a, b)]
    run = theano.function(inputs, theano.Out(chain.of(a, b, tensor), borrow=True))
    return lambda: run(x, y)


def _pair(chain: Chain, rival: Callable[[Chain, Array, Array], Callable[[], object]], jit: bool = False) -> Pair:
    x, y = _data()
    theirs = rival(chain, x, y)
    plain = _ours(chain, x, y)

    def ours() -> Array:
        with kt.config(jit=jit):
            return plain()

    for _ in range(4):  # Theano compiles after some calls
        same(ours(), theirs())
    return calls(ours, theirs)


def _rows(case: str, chain: Chain) -> list[Row]:
    pair = partial(_pair, chain)
    return [
        Row(case, "numpy", "straight NumPy", Mark(0.7), partial(pair, _numpy)),
        Row(case, "numpy", "NumExpr", Mark(1.0), partial(pair, _numexpr)),
        Row(case, "numpy", "JAX, jit", Mark(1.3), partial(pair, _jax)),
        Row(case, "numpy", "TensorFlow's XLA", Mark(1.3), partial(pair, partial(_tensorflow, xla=True))),
        Row(case, "tensorflow", "tf.function by hand", Mark(1.05), partial(pair, _tensorflow)),
        Row(
            case,
            "tensorflow",
            "TensorFlow's XLA; ours with jit",
            Mark(1.3),
            partial(pair, partial(_tensorflow, xla=True), jit=True),
        ),
        Row(case, "theano", "theano.function by hand", Mark(1.05), partial(pair, _theano)),
    ]


ROWS: Final = [row for case, chain in CHAINS.items() for row in _rows(case, chain)]
