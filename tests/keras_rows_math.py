"""Rows of the table of `keras.backend`: elementwise functions, losses, reductions, products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from keras_row import Arg, Array, K, Row, row

X: Final = Arg(("n", 4))
POSITIVE: Final = Arg(("n", 4), 0.2, 3.0)
CUBE: Final = Arg(("n", 3, 2))
#: Numbers of which some are equal.
WHOLE: Final = Arg(("n", 4), made=np.round)
PROBABILITY: Final = Arg(("n", 4), 0.1, 0.9)
#: Rows of numbers whose sum is not 1, but which are positive.
WEIGHTS: Final = Arg(("n", 4), 0.2, 1.0)


# ---- Elementwise -----------------------------------------------------------------------------------


def _relu(x: Array, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    above = x if max_value is None else np.clip(x, 0, max_value)  # so Keras does it below a negative threshold too
    return np.where(x >= threshold, above, alpha * (x - threshold))


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


#: Functions that give floats.
_FLOATS: Final[dict[str, tuple[Callable[[Array], Any], Arg]]] = {
    "cos": (np.cos, X),
    "exp": (np.exp, X),
    "hard_sigmoid": (lambda x: np.clip(x / 5 + 0.5, 0, 1), Arg(("n", 4), -4.0, 4.2)),
    "log": (np.log, Arg(("n", 4), 1.0, 4.0)),
    "sigmoid": (_sigmoid, X),
    "sin": (np.sin, X),
    "softplus": (lambda x: np.log(1 + np.exp(x)), X),
    "softsign": (lambda x: x / (1 + abs(x)), X),
    "sqrt": (np.sqrt, Arg(("n", 4), 1.0, 4.0)),
    "tanh": (np.tanh, X),
}

#: Functions that keep the dtype of numbers.
_NUMBERS: Final[dict[str, Callable[[Array], Any]]] = {
    "abs": lambda x: np.where(x < 0, -x, x),
    "round": np.rint,
    "sign": lambda x: (x > 0) * 1 - (x < 0) * 1,
    "square": lambda x: x * x,
}

_COMPARISONS: Final[dict[str, Callable[[Array, Array], Any]]] = {
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "lesser": lambda x, y: x < y,
    "lesser_equal": lambda x, y: x <= y,
}

#: Pairs of shapes, of which one is stretched.
_PAIRS: Final[Sequence[tuple[tuple[Any, ...], tuple[Any, ...]]]] = (
    (("n", 4), ("n", 4)),
    (("n", 4), (4,)),
    (("n", 1), (1, 3)),
    ((), ("n", 2)),
)


def _elementwise() -> Iterator[Row]:
    for name, (function, arg) in _FLOATS.items():
        yield row(name, function, arg, kinds="fi", result="float")
    for name, of_numbers in _NUMBERS.items():
        yield row(name, of_numbers, X, kinds="fi")
    for name in ("identity", "print_tensor"):
        yield row(name, lambda x: x, X, kinds="fib")
    yield row("stop_gradient", lambda x: x, X, kinds="fib", slope="none")
    yield row(
        "stop_gradient", lambda x, y: (x, y), X, CUBE, kinds="fib", slope="none", label="list",
        call=lambda x, y: K.stop_gradient([x, y]),
    )  # fmt: skip
    yield row("relu", _relu, X, kinds="fi")
    for options in ({"alpha": 0.3}, {"max_value": 1.5}, {"threshold": 0.7}):
        yield row("relu", _relu, X, kinds="fi", result="float", **options)
    yield row("relu", _relu, X, kinds="fi", result="float", alpha=0.1, max_value=1.5, threshold=-0.8)
    for options in ({}, {"alpha": 0.3}):
        yield row("elu", _elu, X, kinds="fi", result="float", **options)
    for kinds, low, high in (("f", -1, 1.5), ("i", 1, 2)):
        yield row("clip", lambda x, min_value, max_value: np.clip(x, min_value, max_value), X, min_value=low,
                  max_value=high, kinds=kinds)  # fmt: skip
    yield row("clip", lambda x, min_value, max_value: np.maximum(x, 0), X, min_value=0, max_value=None, kinds="fi")
    yield row("clip", lambda x, min_value, max_value: np.minimum(x, 0.5), X, min_value=None, max_value=0.5)
    for exponent in (2, 3, 0, 1):
        yield row("pow", lambda x, a: x**a, X, a=exponent, kinds="fi")
    for exponent in (0.5, -1.5):
        yield row("pow", lambda x, a: x**a, POSITIVE, a=exponent)
    yield row("pow", lambda x, a: x**a, POSITIVE, Arg((4,)))
    for dtype in ("float64", "float16", "int32", "bool"):
        arg = WHOLE if dtype == "bool" else X
        yield row("cast", lambda x, dtype: x.astype(dtype), arg, dtype=dtype, result=dtype, kinds="fib")
    yield row(
        "cast", lambda x: x, X, kinds="f", label="and-back", tolerance={"float64": 1e5},
        call=lambda x: K.cast(K.cast(x, "float32"), x.dtype),
    )  # fmt: skip
    yield row("cast_to_floatx", lambda x: x, X, kinds="fib", result="floatx")


def _pairs() -> Iterator[Row]:
    for shapes in _PAIRS:
        args = [Arg(shapes[0]), Arg(shapes[1], -1.7, 2.3)]  # no number is in both
        yield row("maximum", lambda x, y: np.where(x > y, x, y), *args, kinds="fi")
        yield row("minimum", lambda x, y: np.where(x < y, x, y), *args, kinds="fi")
    for shapes in (_PAIRS[0], _PAIRS[2]):
        whole = [Arg(shape, made=np.round) for shape in shapes]
        for name, compare in _COMPARISONS.items():
            yield row(name, compare, *whole, kinds="fi", result="bool")
    for name in ("equal", "not_equal"):
        yield row(name, _COMPARISONS[name], X, X, kinds="b", result="bool", label="bools")


# ---- Losses ----------------------------------------------------------------------------------------


def _softmax(x: Array, axis: int = -1) -> Array:
    powers = np.exp(x)
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _distribution(x: Array, from_logits: bool, axis: int) -> Array:
    """What a categorical cross-entropy takes the logarithm of."""
    return _softmax(x, axis) if from_logits else np.asarray(x / x.sum(axis, keepdims=True))


def _categorical(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    return np.asarray(-(target * np.log(_distribution(output, from_logits, axis))).sum(axis))


def _sparse_categorical(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    classes = np.arange(output.shape[axis])
    chosen = np.moveaxis(target.reshape(np.delete(output.shape, axis))[..., None] == classes, -1, axis)
    return _categorical(chosen, output, from_logits, axis)


def _binary(target: Array, output: Array, from_logits: bool = False) -> Array:
    p = _sigmoid(output) if from_logits else output
    away = 0.0 if from_logits else 1e-7
    return np.asarray(-target * np.log(p + away) - (1 - target) * np.log(1 - p + away))


def _losses() -> Iterator[Row]:
    yield row("binary_crossentropy", _binary, PROBABILITY, PROBABILITY)
    yield row("binary_crossentropy", _binary, PROBABILITY, X, from_logits=True)
    yield row(
        "binary_crossentropy", _binary, PROBABILITY, X, from_logits=True, kinds="i",
        result="float", label="all-ints",
    )  # fmt: skip
    yield row(
        "binary_crossentropy", lambda t, x: _binary(t, x, True), PROBABILITY, X, label="of-sigmoid",
        call=lambda t, x: K.binary_crossentropy(t, K.sigmoid(x)),
    )  # fmt: skip
    yield row("binary_crossentropy", _binary, Arg(("n", 4), 0, 1, dtype="int32"), PROBABILITY, label="ints")
    yield row("categorical_crossentropy", _categorical, WEIGHTS, WEIGHTS)
    yield row("categorical_crossentropy", _categorical, Arg(("n", 4), 0, 2, dtype="int32"), WEIGHTS, label="ints")
    yield row("categorical_crossentropy", _categorical, WEIGHTS, X, from_logits=True)
    yield row(
        "categorical_crossentropy", _categorical, WEIGHTS, X, from_logits=True, kinds="i",
        result="float", label="all-ints",
    )  # fmt: skip
    cube = Arg(("n", 3, 2), 0.2, 1.0)
    yield row("categorical_crossentropy", _categorical, cube, cube, axis=1)
    yield row("categorical_crossentropy", _categorical, cube, CUBE, axis=1, from_logits=True)
    yield row(
        "categorical_crossentropy", lambda t, x: _categorical(t, x, True), WEIGHTS, X, label="of-softmax",
        call=lambda t, x: K.categorical_crossentropy(t, K.softmax(x)),
    )  # fmt: skip
    classes = Arg(("n",), 0, 3, dtype="int32")
    name = "sparse_categorical_crossentropy"
    yield row(name, _sparse_categorical, classes, WEIGHTS)
    yield row(name, _sparse_categorical, classes, X, from_logits=True, kinds="fi", result="float")
    yield row(name, _sparse_categorical, Arg(("n", 1), 0, 3, dtype="int64"), X, from_logits=True)
    yield row(name, _sparse_categorical, Arg(("n", 2), 0, 2, dtype="int32"), CUBE, axis=1, from_logits=True)
    yield row(name, _sparse_categorical, Arg(("n", 3), 0, 1, dtype="int32"), cube)
    yield row(
        name, lambda t, x: _sparse_categorical(t, x, True), classes, X, label="of-softmax",
        call=lambda t, x: K.sparse_categorical_crossentropy(t, K.softmax(x)),
    )  # fmt: skip
    yield row(
        "in_top_k", lambda p, t, k: (p > p[np.arange(len(p)), t][:, None]).sum(1) < k, X, classes, k=2, kinds="fi",
        result="bool",
    )  # fmt: skip


# ---- Reductions ------------------------------------------------------------------------------------


def _axis(axis: Any) -> Any:
    """Axes as NumPy takes them."""
    return tuple(axis) if isinstance(axis, list) else axis


def _variance(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    far = x - x.mean(_axis(axis), keepdims=True)
    return np.asarray((far * far).mean(_axis(axis), keepdims=keepdims))


def _logsumexp(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return np.asarray(np.log(np.exp(x).sum(_axis(axis), keepdims=keepdims)))


def _l2(x: Array, axis: Any = None) -> Array:
    return np.asarray(x / np.sqrt((x * x).sum(axis, keepdims=True)))


def _over(name: str) -> Callable[..., Any]:
    """NumPy's reduction; axes may be in a list."""
    return lambda x, axis=None, keepdims=False: getattr(np, name)(x, _axis(axis), keepdims=keepdims)


#: Reductions: what they mean, the kinds of dtypes, and the result's dtype.
_REDUCTIONS: Final[dict[str, tuple[Callable[..., Any], str, str, Arg]]] = {
    "sum": (_over("sum"), "fi", "number", CUBE),
    "prod": (_over("prod"), "fi", "number", Arg(("n", 3, 2), 1.0, 2.0)),
    "max": (_over("max"), "fi", "same", CUBE),
    "min": (_over("min"), "fi", "same", CUBE),
    "mean": (_over("mean"), "fib", "float", CUBE),
    "var": (_variance, "fi", "float", CUBE),
    "std": (lambda x, axis=None, keepdims=False: np.sqrt(_variance(x, axis, keepdims)), "fi", "float", CUBE),
    "logsumexp": (_logsumexp, "fi", "float", CUBE),
    "any": (_over("any"), "fib", "bool", Arg(("n", 3, 2), made=np.round)),
    "all": (_over("all"), "fib", "bool", Arg(("n", 3, 2), made=np.round)),
}


def _reductions() -> Iterator[Row]:
    for name, (function, kinds, result, arg) in _REDUCTIONS.items():
        for options in ({}, {"axis": 1}, {"axis": [0, 2]}, {"axis": (1, 2)}, {"keepdims": True}):
            yield row(name, function, arg, kinds=kinds, result=result, tolerance=3.0, **options)
        yield row(name, function, arg, kinds=kinds, result=result, tolerance=3.0, axis=-1, keepdims=True)
    for name in ("argmax", "argmin"):
        for axis in (-1, 0):
            find = np.argmax if name == "argmax" else np.argmin
            yield row(name, lambda x, axis, find=find: find(x, axis), CUBE, axis=axis, kinds="fi", result="int64")
    for axis in (0, 1, -1):
        yield row("cumsum", lambda x, axis: np.cumsum(x, axis), CUBE, axis=axis, kinds="fi", tolerance=2.0)
        yield row("cumprod", lambda x, axis: np.cumprod(x, axis), CUBE, axis=axis, kinds="fi", tolerance=2.0)
        yield row("softmax", _softmax, CUBE, axis=axis, kinds="fi", result="float", tolerance=2.0)
    yield row("softmax", _softmax, X, kinds="fi", result="float")
    for options in ({}, {"axis": 1}, {"axis": -1}, {"axis": (0, 1)}):
        yield row("l2_normalize", _l2, Arg(("n", 3, 2), 1.0, 3.0), kinds="fi", result="float", tolerance=2.0, **options)


# ---- Products --------------------------------------------------------------------------------------


def _batch_dot(x: Array, y: Array, axes: Any = None) -> Array:
    """Sample by sample, and a column of what are numbers."""
    one, other = axes if isinstance(axes, (tuple, list)) else (axes, axes)
    products = [np.tensordot(a, b, (one - (one > 0), other - (other > 0))) for a, b in zip(x, y)]
    return np.reshape(products, (-1, 1)) if x.ndim + y.ndim == 4 else np.asarray(products)


def _products() -> Iterator[Row]:
    shapes: Sequence[tuple[tuple[Any, ...], tuple[Any, ...]]] = (
        (("n", 4), (4, 3)),
        (("n", 2, 3), (3, 4)),
        (("n", 3), (2, 3, 4)),
        ((3,), (3,)),
    )
    for x, y in shapes:
        yield row("dot", np.dot, Arg(x), Arg(y), kinds="fi", result="number", tolerance=2.0)
    yield row("dot", np.dot, Arg(("n", 4), sparse=True), Arg((4, 3)), label="sparse", tolerance=2.0)
    batches: Sequence[tuple[tuple[Any, ...], tuple[Any, ...], Any]] = (
        (("n", 3), ("n", 3), 1),
        (("n", 3), ("n", 3), -1),
        (("n", 2, 3), ("n", 3, 4), (2, 1)),
        (("n", 2, 3), ("n", 4, 3), 2),
        (("n", 3, 2), ("n", 3, 4), [1, 1]),
        (("n", 2, 3), ("n", 3), (2, 1)),
        (("n", 3), ("n", 3, 2), (1, 1)),
        (("n", 2, 3), ("n", 2, 4, 3), (1, 1)),
        (("n", 2, 3, 4), ("n", 2, 4), (3, 2)),
    )
    for x, y, axes in batches:
        yield row("batch_dot", _batch_dot, Arg(x), Arg(y), axes=axes, kinds="fi", result="number", tolerance=2.0)
    plain = row("batch_dot", lambda x, y: x @ y, Arg(("n", 2, 3)), Arg(("n", 3, 4)), tolerance=2.0)
    yield plain


def _normalized(x: Array, mean: Array, var: Array, beta: Array, gamma: Array, axis: int = -1,
                epsilon: float = 1e-3) -> Array:  # fmt: skip
    moved = np.moveaxis(x, axis, -1)
    return np.moveaxis((moved - mean) / np.sqrt(var + epsilon) * gamma + beta, -1, axis)


def _in_training(x: Array, gamma: Array, beta: Array, reduction_axes: Sequence[int],
                 epsilon: float = 1e-3) -> list[Array]:  # fmt: skip
    axes = tuple(reduction_axes)
    kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
    mean, var = x.mean(axes), _variance(x, axes)
    scaled = (x - mean.reshape(kept)) / np.sqrt(var.reshape(kept) + epsilon)
    return [scaled * gamma.reshape(kept) + beta.reshape(kept), mean, var]


def _normalizations() -> Iterator[Row]:
    vector, positive = Arg((2,)), Arg((2,), 0.5, 2.0)
    both: Any = {"kinds": "fi", "result": "float"}
    yield row("batch_normalization", _normalized, CUBE, vector, positive, vector, vector, tolerance=2.0, **both)
    row3, positive3 = Arg((3,)), Arg((3,), 0.5, 2.0)
    yield row("batch_normalization", _normalized, CUBE, row3, positive3, row3, row3, axis=1, epsilon=0.1, tolerance=2.0)
    yield row(
        "batch_normalization", lambda x, mean, var: _normalized(x, mean, var, np.zeros(2), np.ones(2)), CUBE, vector,
        positive, label="plain", call=lambda x, mean, var: K.batch_normalization(x, mean, var, None, None),
    )  # fmt: skip
    name = "normalize_batch_in_training"
    image = Arg(("n", 3, 3, 2))
    yield row(name, _in_training, image, vector, vector, reduction_axes=[0, 1, 2], tolerance=3.0, **both)
    # Of a batch of 1 its variance over the batch would be 0, where float16 differs wildly.
    yield row(name, _in_training, Arg((4, 2)), vector, vector, reduction_axes=[0], epsilon=0.01, tolerance=3.0)
    yield row(name, _in_training, CUBE, row3, row3, reduction_axes=[0, 2], tolerance=3.0)


def rows() -> Iterator[Row]:
    """All of them."""
    for part in (_elementwise, _pairs, _losses, _reductions, _products, _normalizations):
        yield from part()
