"""Softmax, variance and layer normalization over the rows of a (4096, 1024) matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from .. import rivals
from ..measure import Pair, calls, same
from ..table import Mark, Row

Array: TypeAlias = "npt.NDArray[np.float32]"
#: A function of a matrix, in a library.
Way: TypeAlias = Callable[[Any], Any]
#: Makes a call of the function in a library from an array.
Maker: TypeAlias = Callable[[Way, Array], Callable[[], object]]

EPSILON: Final = 1e-5


def _kt_layer_norm(x: kt.Tensor) -> kt.Tensor:
    mean = x.mean(axis=-1, keepdims=True)
    return (x - mean) / (x.var(axis=-1, keepdims=True) + EPSILON).sqrt()


OURS: Final[Mapping[str, Way]] = {
    "softmax": lambda x: x.softmax(),
    "variance": lambda x: x.var(axis=-1),
    "layer-norm": _kt_layer_norm,
}


def _np_softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = e / e.sum(axis=-1, keepdims=True)
    return result


def _np_layer_norm(x: Array) -> Array:
    mean = x.mean(axis=-1, keepdims=True)
    result: Array = (x - mean) / np.sqrt(x.var(axis=-1, keepdims=True) + np.float32(EPSILON))
    return result


NUMPY: Final[Mapping[str, Way]] = {
    "softmax": _np_softmax,
    "variance": lambda x: x.var(axis=-1),
    "layer-norm": _np_layer_norm,
}


def _numpy(case: str, x: Array) -> Callable[[], object]:
    return partial(NUMPY[case], x)


def _tensorflow(case: str, x: Array) -> Callable[[], object]:
    tf = rivals.tensorflow()

    def layer_norm(t: Any) -> Any:
        mean, variance = tf.nn.moments(t, [-1], keepdims=True)
        return (t - mean) * tf.math.rsqrt(variance + EPSILON)

    ways: Mapping[str, Way] = {
        "softmax": tf.nn.softmax,
        "variance": lambda t: tf.math.reduce_variance(t, axis=-1),
        "layer-norm": layer_norm,
    }
    run = tf.function(ways[case], [tf.TensorSpec((None, x.shape[1]), tf.float32)]).get_concrete_function()
    return lambda: run(tf.constant(x)).numpy()


def _theano(case: str, x: Array) -> Callable[[], object]:
    theano = rivals.theano()
    tensor = theano.tensor

    def layer_norm(t: Any) -> Any:
        centered = t - t.mean(axis=-1, keepdims=True)
        variance = tensor.sqr(centered).mean(axis=-1, keepdims=True)
        return centered / tensor.sqrt(variance + np.float32(EPSILON))

    ways: Mapping[str, Way] = {
        "softmax": tensor.nnet.softmax,
        "variance": lambda t: tensor.sqr(t - t.mean(axis=-1, keepdims=True)).mean(axis=-1),
        "layer-norm": layer_norm,
    }
    matrix = tensor.fmatrix()
    run = theano.function([theano.In(matrix, borrow=True)], theano.Out(ways[case](matrix), borrow=True))
    return lambda: run(x)


def _pair(case: str, rival: Callable[[str, Array], Callable[[], object]]) -> Pair:
    x = np.random.default_rng(0).normal(size=(4096, 1024)).astype(np.float32)
    theirs = rival(case, x)
    matrix = kt.placeholder((None, 1024))
    run = kt.function([matrix], OURS[case](matrix))

    def ours() -> object:
        return run([x])

    for _ in range(4):  # Theano compiles after some calls
        same(ours(), theirs())
    return calls(ours, theirs)


_RIVALS: Final = (
    ("numpy", "straight NumPy", 0.6, _numpy),
    ("tensorflow", "tf.function by hand", 1.05, _tensorflow),
    ("theano", "theano.function by hand", 1.05, _theano),
)

ROWS: Final = [
    Row(case, engine, name, Mark(most), partial(_pair, case, rival))
    for case in OURS
    for engine, name, most, rival in _RIVALS
]
