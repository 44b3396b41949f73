"""Rows of the table of `keras.backend`: what makes tensors of none, and what moves elements about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from keras_row import Arg, Array, K, Row, row

X: Final = Arg(("n", 4))
CUBE: Final = Arg(("n", 3, 2))
FIXED: Final = Arg((2, 3))


def _number(value: int, dtype: str = "int32") -> Arg:
    return Arg((), values=value, dtype=dtype)


# ---- Making tensors --------------------------------------------------------------------------------


def _made() -> Iterator[Row]:
    for name, value in (("zeros", 0), ("ones", 1)):
        dtypes: tuple[str, ...] = ("float64", "int32", "bool")
        for dtype in dtypes:
            yield row(name, lambda shape, dtype, value=value: np.full(shape, value), shape=(2, 3), dtype=dtype,
                      result=dtype)  # fmt: skip
        yield row(name, lambda shape, value=value: np.full(shape, value), shape=(2, 3), result="floatx")
        yield row(
            name, lambda n, value=value: np.full((n, 2), value), _number(3), static=False, label="symbolic",
            call=lambda n, name=name: getattr(K, name)((n, 2)), result="floatx",
        )  # fmt: skip
        yield row(f"{name}_like", lambda x, value=value: np.full(x.shape, value), X, kinds="fib")
        yield row(
            f"{name}_like", lambda x, dtype, value=value: np.full(x.shape, value), X, dtype="int64", result="int64"
        )
    yield row("eye", lambda size, dtype: np.eye(size), size=3, dtype="float64", result="float64")
    yield row("eye", lambda size: np.eye(*size), size=(2, 4), result="floatx")
    yield row("eye", np.eye, _number(3), static=False, result="floatx")
    for bounds in ((5,), (2, 7), (2, 8, 3), (5, -4, -2), (-3,)):
        yield row("arange", lambda bounds=bounds: np.arange(*bounds), call=lambda bounds=bounds: K.arange(*bounds),
                  label=str(bounds), result="int32")  # fmt: skip
    yield row("arange", lambda start, stop, step, dtype: np.arange(start, stop, step), start=0.5, stop=2, step=0.25,
              dtype="float64", result="float64")  # fmt: skip
    yield row("arange", np.arange, _number(4), static=False, result="int32")
    values = [[1.5, -2.0], [0.25, 3.0]]
    for dtype in ("float16", "float64", "int32"):
        yield row("constant", lambda value, dtype: np.array(value).astype(dtype), value=values, dtype=dtype,
                  result=dtype)  # fmt: skip
        yield row("variable", lambda value, dtype: np.array(value), value=[[1, -2]], dtype=dtype, result=dtype)
    yield row("constant", lambda value: value, value=1.5, result="floatx")
    yield row("constant", lambda value, shape: np.full(shape, value), value=2, shape=(2, 3), result="floatx")
    yield row("constant", lambda value, shape: np.reshape(value, shape), value=values, shape=(4, 1), result="floatx")
    yield row("variable", lambda value: value, value=3, result="floatx")
    yield row("placeholder", lambda x: x, X, kinds="fib", label="fed", call=lambda x: x)
    yield row("to_dense", lambda x: x, Arg(("n", 4), sparse=True))
    yield row("to_dense", lambda x: x, X, kinds="fib", label="dense")


# ---- Shapes ----------------------------------------------------------------------------------------


def _asked() -> Iterator[Row]:
    yield row("shape", lambda x: np.array(x.shape), CUBE, kinds="fib", result="int32")
    yield row("size", lambda x: np.array(x.size), CUBE, kinds="fib", result="int32")


def _reshaped() -> Iterator[Row]:
    yield row("batch_flatten", lambda x: x.reshape(len(x), 6), CUBE, kinds="fib")
    yield row("flatten", np.ravel, CUBE, kinds="fib")
    for shape in ((-1,), (-1, 2), (2, -1, 3)):
        yield row("reshape", lambda x, shape: x.reshape(shape), CUBE, shape=shape, kinds="fib")
    yield row("reshape", lambda x, shape: x.reshape(shape), FIXED, shape=(3, 1, 2), kinds="fib")
    yield row(
        "reshape", lambda x: x.reshape(len(x), 6), CUBE, kinds="fib", label="symbolic",
        call=lambda x: K.reshape(x, (K.shape(x)[0], -1)),
    )  # fmt: skip
    for axis in (-1, 0, 1, -2):
        yield row("expand_dims", np.expand_dims, CUBE, axis=axis, kinds="fib")
    for axis in (1, -1):
        yield row("squeeze", np.squeeze, Arg(("n", 1, 1)), axis=axis, kinds="fib")
    yield row("transpose", np.transpose, CUBE, kinds="fib")
    yield row("transpose", np.transpose, X, kinds="fib")
    for pattern in ((0, 2, 1), (2, 0, 1), (1, 0, 2)):
        yield row("permute_dimensions", lambda x, pattern: x.transpose(pattern), CUBE, pattern=pattern, kinds="fib")
    yield row("permute_dimensions", lambda x, pattern: x.T, X, pattern=[1, 0], kinds="fib")
    yield row("pattern_broadcast", lambda x, broadcastable: x, Arg(("n", 1)), broadcastable=(False, True), kinds="fib")


def _joined() -> Iterator[Row]:
    for axis in (-1, 0, 1):
        yield row(
            "concatenate", lambda x, y, axis: np.concatenate([x, y], axis), CUBE, CUBE, kinds="fib", axis=axis,
            call=lambda x, y, axis: K.concatenate([x, y], axis),
        )  # fmt: skip
        yield row(
            "stack", lambda x, y, axis: np.stack([x, y], axis), CUBE, CUBE, kinds="fib", axis=axis,
            call=lambda x, y, axis: K.stack([x, y], axis),
        )  # fmt: skip
    yield row(
        "concatenate", lambda x, y: np.concatenate([x, y], -1), X, Arg(("n", 2)), kinds="fib",
        call=lambda x, y: K.concatenate([x, y]),
    )  # fmt: skip
    yield row(
        "concatenate", lambda x, y: np.concatenate([x, y], 0), Arg(("n", 4), sparse=True), Arg((2, 4), sparse=True),
        label="sparse", call=lambda x, y: K.concatenate([x, y], 0),
    )  # fmt: skip
    yield row(
        "concatenate", lambda x, y: np.concatenate([x, y], 1), Arg(("n", 4), sparse=True), X,
        label="sparse-and-dense", call=lambda x, y: K.concatenate([x, y], 1),
    )  # fmt: skip
    yield row("stack", lambda x, y: np.stack([x, y]), X, X, kinds="fib", call=lambda x, y: K.stack([x, y]))


def _repeated() -> Iterator[Row]:
    yield row("repeat", lambda x, n: np.stack([x] * n, 1), X, n=3, kinds="fib")
    for axis in (0, 1, -1):
        yield row("repeat_elements", lambda x, rep, axis: np.repeat(x, rep, axis), CUBE, rep=2, axis=axis, kinds="fib")
    for n in (2, (2, 3), [1, 2], (2, 1, 2)):
        yield row("tile", lambda x, n: np.tile(x, n), X, n=n, kinds="fib")


def _slice(x: Array, start: Any, size: Any) -> Array:
    return x[tuple(slice(a, None if n == -1 else a + n) for a, n in zip(start, size))]


def _picked() -> Iterator[Row]:
    for axes in (0, 1, -1, (0, 2), [-2]):
        yield row("reverse", lambda x, axes: np.flip(x, tuple(axes) if isinstance(axes, list) else axes), CUBE,
                  axes=axes, kinds="fib")  # fmt: skip
    for start, size in (([0, 1, 0], [-1, 2, 1]), ((0, 0, 1), (1, -1, 1)), ([0, 2, 0], [1, 0, 2])):
        yield row("slice", _slice, CUBE, start=start, size=size, kinds="fib")
    starts, sizes = (Arg((2,), values=values, dtype="int32", vector=True) for values in ([0, 1], [1, 2]))
    yield row("slice", _slice, X, starts, sizes, kinds="fib", static=False, label="tensors")
    for shape in ((), (3,), (2, 2)):
        for table in (CUBE, Arg((4,))):
            last = table.shape[0] == 4
            yield row("gather", lambda x, i: x[i], table, Arg(shape, 0, 3 if last else 0, dtype="int32"), kinds="fib")
    yield row("gather", lambda x, i: x[i], Arg((5, 2)), Arg(("n",), 0, 4, dtype="int64"), kinds="fib")
    for shape in (("n",), ("n", 2), ()):
        indices = Arg(shape, 0, 4)
        yield row("one_hot", lambda i, num_classes: i[..., None] == np.arange(num_classes), indices, num_classes=4,
                  kinds="i", result="floatx")  # fmt: skip
    yield row(
        "one_hot", lambda i, n: i[:, None] == np.arange(n), Arg(("n",), 0, 3, dtype="int32"), _number(4),
        label="symbolic", static=False, result="floatx",
    )  # fmt: skip


# ---- Padding without a layout ----------------------------------------------------------------------


def _padded() -> Iterator[Row]:
    series = Arg(("n", 4, 2))
    for padding in ((1, 1), (2, 0), (0, 3)):
        yield row("temporal_padding", _time_padded, series, padding=padding, kinds="fib")
    yield row("temporal_padding", lambda x: _time_padded(x, (1, 1)), series, kinds="fib")
    yield row("asymmetric_temporal_padding", lambda x: _time_padded(x, (1, 1)), series, kinds="fib")
    yield row(
        "asymmetric_temporal_padding", lambda x, left_pad, right_pad: _time_padded(x, (left_pad, right_pad)), series,
        left_pad=2, right_pad=0, kinds="fib",
    )  # fmt: skip


def _time_padded(x: Array, padding: tuple[int, int]) -> Array:
    before, after = (np.zeros((len(x), number, x.shape[2]), x.dtype) for number in padding)
    return np.concatenate([before, x, after], 1)


def rows() -> Iterator[Row]:
    """All of them."""
    for part in (_made, _asked, _reshaped, _joined, _repeated, _picked, _padded):
        yield from part()
