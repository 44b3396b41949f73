"""Elementwise chains over four million numbers, which are a matter of memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

import ktensor as kt

from .. import rivals
from ..chains import CHAINS, PROBE, Array, Chain, data
from ..measure import Pair, PerCall, calls, same
from ..table import Mark, Row
from ..torch_rival import Torch


def _ours(chain: Chain, x: Array, y: Array, size: str | None = None) -> Callable[[], Array]:
    a, b = kt.placeholder((size,)), kt.placeholder((size,))
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


def _tensorflow(chain: Chain, x: Array, y: Array, xla: bool = False, arrays_in: bool = False) -> Callable[[], object]:
    """Of tensors, or of NumPy arrays, as ours on TensorFlow; a NumPy array comes out."""
    tf = rivals.tensorflow()
    signature = [tf.TensorSpec((None,), tf.float32)] * 2
    run = tf.function(lambda a, b: chain.of(a, b, tf), signature, jit_compile=xla).get_concrete_function()
    if arrays_in:
        return lambda: run(tf.constant(x), tf.constant(y)).numpy()
    a, b = tf.constant(x), tf.constant(y)
    return lambda: run(a, b).numpy()


def _theano(chain: Chain, x: Array, y: Array) -> Callable[[], object]:
    theano = rivals.theano()
    tensor = theano.tensor
    a, b = tensor.fvector(), tensor.fvector()
    inputs = [theano.In(v, borrow=True) for v in (a, b)]
    run = theano.function(inputs, theano.Out(chain.of(a, b, tensor), borrow=True))
    return lambda: run(x, y)


def _pair(
    chain: Chain,
    rival: Callable[[Chain, Array, Array], Callable[[], object]],
    jit: bool = False,
    size: str | None = None,
) -> Pair:
    x, y = data()
    theirs = rival(chain, x, y)
    plain = _ours(chain, x, y, size)

    def ours() -> Array:
        with kt.config(jit=jit):
            return plain()

    for _ in range(4):  # Theano compiles after some calls
        same(ours(), theirs())
    return calls(ours, theirs)


def _torch(case: str) -> Pair:
    x, y = data()
    ours, theirs = _ours(CHAINS[case], x, y), Torch(case)
    same(ours()[PROBE], np.asarray(theirs.probe))
    return Pair(PerCall(ours), theirs)


def _rows(case: str, chain: Chain) -> list[Row]:
    pair = partial(_pair, chain)
    return [
        Row(case, "numpy", "straight NumPy", Mark(0.7), partial(pair, _numpy)),
        Row(case, "numpy", "NumExpr", Mark(1.0), partial(pair, _numexpr)),
        Row(case, "numpy", "JAX, jit", Mark(1.3), partial(pair, _jax)),
        Row(case, "numpy", "JAX, jit; ours with jit", Mark(1.3), partial(pair, _jax, jit=True)),
        Row(case, "numpy", "TensorFlow's XLA", Mark(1.3), partial(pair, partial(_tensorflow, xla=True))),
        Row(
            case,
            "numpy",
            "TensorFlow's XLA; ours with jit",
            Mark(1.3),
            partial(pair, partial(_tensorflow, xla=True), jit=True),
        ),
        Row(case, "numpy", "PyTorch", Mark(1.3), partial(_torch, case)),
        Row(case, "tensorflow", "tf.function by hand", Mark(1.05), partial(pair, partial(_tensorflow, arrays_in=True))),
        Row(
            case,
            "tensorflow",
            "TensorFlow's XLA; ours with jit",
            Mark(1.3),
            partial(pair, partial(_tensorflow, xla=True, arrays_in=True), jit=True),
        ),
        Row(case, "theano", "theano.function by hand", Mark(1.05), partial(pair, _theano)),
        Row(case, "theano", "the same; ours with a named size", Mark(1.05), partial(pair, _theano, size="n")),
    ]


ROWS: Final = [row for case, chain in CHAINS.items() for row in _rows(case, chain)]
