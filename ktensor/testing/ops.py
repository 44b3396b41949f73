"""The cases of all ops but those on images."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

import ktensor as kt

from ..ops.elementwise import relu_grad
from ..ops.nn import label_crossentropy, label_crossentropy_grad
from ..ops.shaping import shape
from .case import _ALL_INTS, _FLOATS, _INTS, Array, Case, Input, Sizes, _both, _case, _given, _of, _op

__all__ = ["op_cases"]

_SPECIAL: Final = np.array([-np.inf, -1000.0, -1.5, -0.0, 0.0, 0.5, 1000.0, np.inf, np.nan])

_UNARY_SIZES: Final = (((2, 3),), ((1, 1),), ((0, 3),))
_BINARY_SIZES: Final = (
    ((2, 3), (2, 3)),
    ((2, 3), (1, 3)),
    ((2, 1), (1, 3)),
    ((1, 1), (2, 3)),
    ((0, 3), (1, 3)),
)


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


#: Of floats: NumPy's function and where it is defined.
_FLOAT_FUNCTIONS: Final[dict[str, tuple[Callable[[Array], Any], float, float]]] = {
    "exp": (np.exp, -2.0, 2.1),
    "log": (np.log, 0.1, 4.0),
    "log1p": (np.log1p, -0.5, 2.0),
    "expm1": (np.expm1, -2.0, 2.1),
    "sqrt": (np.sqrt, 0.1, 4.0),
    "sin": (np.sin, -3.0, 3.1),
    "cos": (np.cos, -3.0, 3.1),
    "tan": (np.tan, -1.0, 1.1),
    "tanh": (np.tanh, -2.0, 2.1),
    "erf": (_erf, -2.0, 2.1),
    "sigmoid": (_sigmoid, -2.0, 2.1),
    "softplus": (partial(np.logaddexp, 0), -2.0, 2.1),
}

#: Of any numbers, with a result of the same dtype.
_NUMBER_FUNCTIONS: Final[dict[str, Callable[[Array], Any]]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "negative": np.negative,
    "relu": lambda x: np.maximum(x, x.dtype.type(0)),
    "round": np.round,
    "sign": np.sign,
    "square": np.square,
    "stop_gradient": lambda x: x,
}


def _unary_cases() -> Iterator[Case]:
    for name, (function, low, high) in _FLOAT_FUNCTIONS.items():
        for given in _of(_FLOATS, low, high):
            yield _case(name, given.dtype, getattr(kt, name), function, [given], _UNARY_SIZES)
        for dtype in ("float32", "float64"):
            special = _given(_SPECIAL, dtype)
            yield _case(name, f"special-{dtype}", getattr(kt, name), function, [special], smooth=False)
    for name, function in _NUMBER_FUNCTIONS.items():
        for given in _of(_FLOATS):
            yield _case(name, given.dtype, getattr(kt, name), function, [given], _UNARY_SIZES)
        for given in _of(_INTS, -9, 9):
            yield _case(name, given.dtype, getattr(kt, name), function, [given], _UNARY_SIZES)
        special = _given(_SPECIAL, "float32")
        yield _case(name, "special", getattr(kt, name), function, [special], smooth=False)
    halves = _given([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49], "float64")
    yield _case("round", "halves", kt.round, np.round, [halves], smooth=False)
    yield _case("exp", "scalar", kt.exp, np.exp, [Input("float64")], [[()]])
    for name in ("isnan", "isinf", "isfinite"):
        for dtype in _FLOATS:
            special = _given(_SPECIAL, dtype)
            yield _case(name, dtype, *_both(name), [special], dtype="bool")
    yield _case("logical_not", "bool", kt.logical_not, np.logical_not, [Input("bool")], _UNARY_SIZES)
    for given in _of(_ALL_INTS, -100, 100):
        yield _case("invert", given.dtype, kt.invert, np.invert, [given], _UNARY_SIZES)


def _binary_cases() -> Iterator[Case]:
    for name in ("add", "subtract", "multiply", "maximum", "minimum"):
        function, oracle = _both(name)
        for a, b in zip(_of(_FLOATS), _of(_FLOATS, -1.7, 2.3)):
            yield _case(name, a.dtype, function, oracle, [a, b], _BINARY_SIZES)
        for a in _of(_ALL_INTS, -9, 9):
            yield _case(name, a.dtype, function, oracle, [a, a], _BINARY_SIZES)
        ranks: list[tuple[Sizes, Sizes]] = [((3,), (2, 3)), ((), (2,)), ((2, 1, 3), (4, 1))]
        for first, second in ranks:
            label = f"ranks-{len(first)}-{len(second)}"
            yield _case(
                name, label, function, oracle, [Input("float64"), Input("float64", -1.7, 2.3)], [(first, second)]
            )
    for name in ("maximum", "minimum"):
        function, oracle = _both(name)
        nans = [_given([np.nan, 1.0, np.nan, -np.inf], "float32"), _given([1.0, np.nan, np.nan, np.inf], "float32")]
        yield _case(name, "nan", function, oracle, nans, smooth=False)
        yield _case(name, "bool", function, oracle, [Input("bool"), Input("bool")], _BINARY_SIZES)
    for dtype in _FLOATS:
        far = Input(dtype, 0.5, 3.0)
        yield _case("divide", dtype, kt.divide, np.divide, [Input(dtype), far], _BINARY_SIZES)
        yield _case("power", dtype, kt.pow, np.power, [far, Input(dtype)], _BINARY_SIZES)
        # Away from the jumps: a quotient between two whole numbers.
        mixed = [_given([7.3, -7.3, 7.3, -7.3, 0.7], dtype), _given([2.0, 2.0, -2.0, -2.0, 2.0], dtype)]
        yield _case("floor_divide", dtype, kt.floor_divide, np.floor_divide, mixed)
        yield _case("mod", dtype, kt.mod, np.mod, mixed, tolerance=4.0)
    zeros = [_given([1.0, -1.0, 0.0, np.inf], "float32"), _given([0.0, 0.0, 0.0, np.inf], "float32")]
    yield _case("divide", "zero", kt.divide, np.divide, zeros, smooth=False)
    powers = [_given([-2.0, -2.0, 0.0, 0.0, -8.0], "float64"), _given([3.0, -2.0, 0.0, 2.0, 0.5], "float64")]
    yield _case("power", "special", kt.pow, np.power, powers, smooth=False)
    for given in _of(_ALL_INTS, -9, 9):
        signs = (1,) if given.dtype.startswith("u") else (1, -1)
        left = _given([7 * s for s in signs for _ in signs] + [6, 0], given.dtype)
        right = _given([2 * s for _ in signs for s in signs] + [3, 5], given.dtype)
        for name in ("floor_divide", "mod"):
            yield _case(name, given.dtype, *_both(name), [left, right])
        yield _case("power", given.dtype, kt.pow, np.power, [given, Input(given.dtype, 0, 2)], _BINARY_SIZES)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
            yield _case(name, given.dtype, *_both(name), [given, given], _BINARY_SIZES)
        for name in ("left_shift", "right_shift"):
            by = Input(given.dtype, 0, 3)
            yield _case(name, given.dtype, *_both(name), [given, by], _BINARY_SIZES)


def _truth_cases() -> Iterator[Case]:
    for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
        function, oracle = _both(name)
        for dtype in (*_FLOATS, *_ALL_INTS):
            left, right = _given([0, 1, 2, 1], dtype), _given([1, 1, 1, 0], dtype)
            yield _case(name, dtype, function, oracle, [left, right], dtype="bool")
        nans = [_given([np.nan, np.nan, np.inf, 0.0], "float32"), _given([np.nan, 1.0, np.inf, -0.0], "float32")]
        yield _case(name, "nan", function, oracle, nans, dtype="bool")
        big = [_given([2**63 + 1, 2**63], "uint64"), _given([2**63, 2**63 + 1], "uint64")]
        yield _case(name, "big", function, oracle, big, dtype="bool")
        yield _case(name, "sizes", function, oracle, _of(["int32", "int32"]), _BINARY_SIZES, dtype="bool")
    for name in ("equal", "not_equal", "logical_and", "logical_or", "logical_xor"):
        truths = [Input("bool"), Input("bool")]
        yield _case(name, "bool", getattr(kt, name), getattr(np, name), truths, _BINARY_SIZES)
    for name in ("any", "all"):
        for label, axis, keepdims in (("everything", None, False), ("axis", 1, False), ("keepdims", (0, 2), True)):
            options = {"axis": axis, "keepdims": keepdims}
            yield _case(name, label, *_both(name, **options), [Input("bool")], [[(2, 3, 4)], [(2, 0, 4)], [(1, 1, 1)]])


def _choice_cases() -> Iterator[Case]:
    sizes = (((2, 3), (2, 3), (2, 3)), ((2, 1), (1, 3), (2, 3)), ((1, 1), (2, 1), (1, 3)), ((1, 3), (0, 1), (1, 1)))
    for dtype in (*_FLOATS, "int32", "int64", "uint8", "bool"):
        inputs = [Input("bool"), *_of([dtype, dtype], -9, 9)]
        yield _case("where", dtype, kt.where, np.where, inputs, sizes, dtype=dtype)
    ranks = [Input("bool"), *_of(["float64", "float64"])]
    yield _case("where", "ranks", kt.where, np.where, ranks, [[(3,), (2, 3), ()]], dtype="float64")
    for source in (*_FLOATS, *_ALL_INTS, "bool"):
        values = (
            [0, 1, 2, 100] if source[0] in "ub" else [0, 1, -1, 100] if source[0] == "i" else [0.0, 1.7, -0.9, 100.0]
        )
        for target in (*_FLOATS, *_ALL_INTS, "bool"):
            if source != target and not (source[0] != "u" and target[0] == "u" and source[0] == "i"):
                cast = partial(kt.cast, dtype=target)
                to = partial(_astype, dtype=target)
                smooth = source[0] == target[0] == "f"
                yield _case(
                    "cast", f"{source}-{target}", cast, to, [_given(values, source)], dtype=target, smooth=smooth
                )


def _astype(x: Array, dtype: str) -> Array:
    return x.astype(dtype)


_AXES: Final = (
    ("everything", None, False),
    ("none", (), False),
    ("first", 0, False),
    ("last", -1, True),
    ("two", (0, 2), False),
    ("all-keepdims", None, True),
)


def _extreme(name: str, x: Array) -> Array:
    """Over axis 1, which may have no elements."""
    limits = (-np.inf, np.inf) if x.dtype.kind == "f" else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    return np.asarray(getattr(np, name)(x, axis=1, initial=limits[name == "min"]))


def _reduction_cases() -> Iterator[Case]:
    full, empty, ones = (2, 3, 4), (2, 0, 4), (1, 1, 1)
    for name, given in (("sum", Input("float64")), ("prod", Input("float64", 0.5, 1.6))):
        for label, axis, keepdims in _AXES:
            both = _both(name, axis=axis, keepdims=keepdims)
            yield _case(name, label, *both, [given], [[full], [empty], [ones]])
        for dtype in ("float32", "float16", *_ALL_INTS):
            few = Input(dtype, 0, 2) if not dtype.startswith("f") else Input(dtype, 0.5, 1.6)
            yield _case(name, dtype, *_both(name, axis=(0, 2)), [few], [[full], [empty], [ones]])
    halves = Input("float16", 0.5, 1.0)  # summed in float16 they would stop growing at 2048
    yield _case("sum", "many-halves", kt.sum, np.sum, [halves], [[(5000,)]])
    for name in ("max", "min"):
        for label, axis, keepdims in _AXES:
            both = _both(name, axis=axis, keepdims=keepdims)
            yield _case(name, label, *both, [Input("float64")], [[full], [ones]])
        for given in _of((*_FLOATS, *_ALL_INTS), -100, 100):
            op, oracle = partial(getattr(kt, name), axis=1), partial(_extreme, name)
            yield _case(name, given.dtype, op, oracle, [given], [[full], [(0, 3, 4)], [empty], [ones]])
        nans = _given([[np.nan, 1.0], [1.0, 2.0]], "float32")
        yield _case(name, "nan", *_both(name, axis=1), [nans], smooth=False)
    for name in ("argmax", "argmin"):
        for given in _of((*_FLOATS, *_ALL_INTS), -3, 3):
            sizes = [[full], [(0, 3, 4)], [ones]]
            yield _case(name, given.dtype, *_both(name, axis=1), [given], sizes, dtype="int64")
        ties = _given([[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]], "float32")
        yield _case(name, "ties", *_both(name, axis=-1), [ties], dtype="int64")
        yield _case(name, "flat", *_both(name, axis=None), [Input("float64")], [[(2, 3)]], dtype="int64")


def _cumulated(ufunc: np.ufunc, neutral: int, axis: int, exclusive: bool, reverse: bool, x: Array) -> Array:
    """By the definition of `tf.cumsum`: one slice after the other."""
    moved = np.moveaxis(x, axis, 0)
    result = np.empty_like(moved)
    total = np.full(moved.shape[1:], neutral, x.dtype)
    for i in range(len(moved))[:: -1 if reverse else 1]:
        after = ufunc(total, moved[i])
        result[i] = total if exclusive else after
        total = after
    return np.moveaxis(result, 0, axis)


def _cumulative_cases() -> Iterator[Case]:
    for name, ufunc, neutral in (("cumsum", np.add, 0), ("cumprod", np.multiply, 1)):
        sizes = [[(3, 4)], [(1, 1)], [(0, 4)], [(3, 0)]]
        for exclusive in (False, True):
            for reverse in (False, True):
                options = {"axis": 0, "exclusive": exclusive, "reverse": reverse}
                label = "-".join(k for k, v in options.items() if v is True) or "plain"
                oracle = partial(_cumulated, ufunc, neutral, 0, exclusive, reverse)
                yield _case(name, label, partial(_op, name, **options), oracle, [Input("float64", 0.5, 1.9)], sizes)
        for given in _of(("float32", "float16", *_INTS), -2, 3):
            oracle = partial(_cumulated, ufunc, neutral, 1, False, False)
            yield _case(name, given.dtype, partial(getattr(kt, name), axis=1), oracle, [given], sizes)


def _product_cases() -> Iterator[Case]:
    for dtype in (*_FLOATS, *_INTS):
        inputs = _of([dtype, dtype], -2, 2.5)
        matrices = [[(2, 3), (3, 4)], [(1, 1), (1, 1)], [(0, 3), (3, 4)], [(2, 0), (0, 4)], [(1, 3), (3, 1)]]
        yield _case("matmul", f"matrices-{dtype}", kt.matmul, np.matmul, inputs, matrices)
    inputs = _of(["float64", "float64"])
    batches = [[(5, 2, 3), (5, 3, 4)], [(5, 2, 3), (1, 3, 4)], [(1, 2, 3), (5, 3, 1)], [(0, 2, 3), (1, 3, 4)]]
    yield _case("matmul", "batches", kt.matmul, np.matmul, inputs, batches)
    yield _case("matmul", "ranks", kt.matmul, np.matmul, inputs, [[(2, 1, 2, 3), (5, 3, 4)], [(1, 2, 2, 3), (1, 3, 4)]])
    yield _case("matmul", "shared", kt.matmul, np.matmul, inputs, [[(5, 2, 3), (3, 4)]])
    yield _case("matmul", "integer-batches", kt.matmul, np.matmul, _of(["int32", "int32"]), batches)


def _to(*shape: int) -> Callable[[Any], Any]:
    return lambda x: x.reshape(shape)


def _shaping_cases() -> Iterator[Case]:
    some = [[(2, 6)], [(4, 3)], [(1, 12)]]
    for dtype in (*_FLOATS, *_ALL_INTS, "bool"):
        given = _of([dtype], -9, 9)
        yield _case("reshape", dtype, _to(3, 4), _to(3, 4), given, some)
        yield _case("transpose", dtype, kt.transpose, np.transpose, given, [[(2, 3)], [(1, 3)], [(0, 3)]])
        yield _case("concatenate", dtype, _joined, _joined_array, given * 2, [[(2, 3), (1, 3)], [(1, 1), (0, 1)]])
        yield _case("stack", dtype, _stacked, _stacked_array, given * 2, [[(2, 3), (2, 3)], [(0, 1), (0, 1)]])
        padded = partial(kt.pad, widths=((1, 0), (0, 2)))
        yield _case("pad", dtype, padded, lambda x: np.pad(x, ((1, 0), (0, 2))), given, [[(2, 3)], [(0, 1)]])
    one = [Input("float64")]
    yield _case("reshape", "hole", _to(-1, 3), _to(-1, 3), one, [[(2, 6)], [(4, 3)], [(0, 3)]])
    yield _case("reshape", "scalar", _to(), _to(), one, [[(1, 1)]])
    sizes = _given([3, -1], "int64")
    by_vector = partial(_op, "reshape", shape=(None, None))
    yield _case("reshape", "vector", by_vector, lambda x, s: x.reshape(s), [*one, sizes], [[(2, 6), ()]], known=False)
    for axes in ((1, 2, 0), (0, 2, 1)):
        label = "-".join(map(str, axes))
        yield _case("transpose", label, *_both("transpose", axes=axes), one, [[(2, 3, 4)], [(1, 0, 4)]])
    for axis in (0, -1):
        yield _case("expand_dims", f"axis{axis}", *_both("expand_dims", axis=axis), one, _UNARY_SIZES)
    yield _case("squeeze", "one", *_both("squeeze", axis=1), one, [[(2, 1, 3)], [(0, 1, 3)], [(1, 1, 1)]])
    yield _case("squeeze", "two", *_both("squeeze", axis=(0, 2)), one, [[(1, 3, 1)], [(1, 0, 1)], [(1, 1, 1)]])
    stretched = partial(kt.broadcast_to, shape=(2, 4, 3))
    to = partial(np.broadcast_to, shape=(2, 4, 3))
    yield _case("broadcast_to", "known", stretched, to, one, [[(4, 3)], [(1, 3)], [(4, 1)], [(1, 1)]])
    vector = [*one, _given([2, 4, 3], "int64")]
    by_vector = partial(_op, "broadcast_to", shape=(None, None, None))
    stretch = partial(_case, "broadcast_to", "vector", by_vector, lambda x, s: np.broadcast_to(x, s), vector)
    yield stretch([[(4, 3), ()], [(1, 3), ()], [(1, 1), ()]], known=False)
    yield _case(
        "broadcast_to",
        "nothing",
        partial(kt.broadcast_to, shape=(0, 3)),
        lambda x: np.broadcast_to(x, (0, 3)),
        one,
        [[(1, 3)]],
    )
    likes = [Input("float64"), Input("float64")]
    for label, sizes_ in (
        ("known", [[(2, 3), (2, 3)], [(2, 3), (1, 3)], [(2, 3), (1, 1)], [(0, 3), (1, 3)], [(1, 3), (1, 1)]]),
        ("front", [[(5, 2, 3), (2, 3)], [(5, 2, 3), (1, 3)], [(5, 2, 3), (2, 1)], [(0, 1, 1), (1, 1)]]),
        ("scalar", [[(2, 3), ()]]),
    ):
        yield _case("unbroadcast", label, partial(_op, "unbroadcast"), _unbroadcast, likes, sizes_)
    yield _case(
        "unbroadcast", "float16", partial(_op, "unbroadcast"), _unbroadcast, _of(["float16"] * 2), [[(2, 3), (1, 3)]]
    )
    three = _of(["float64"] * 3)
    along = partial(_joined, axis=1)
    yield _case(
        "concatenate",
        "three",
        along,
        partial(_joined_array, axis=1),
        three,
        [[(2, 3), (2, 1), (2, 4)], [(1, 0), (1, 1), (1, 0)]],
    )
    yield _case(
        "stack",
        "last",
        partial(_stacked, axis=-1),
        partial(_stacked_array, axis=-1),
        three,
        [[(2, 3)] * 3, [(1, 1)] * 3],
    )
    yield _case("stack", "scalars", _stacked, _stacked_array, three, [[(), (), ()]])
    valued = partial(kt.pad, widths=((2, 1),), value=-1.5)
    yield _case("pad", "value", valued, lambda x: np.pad(x, ((2, 1),), constant_values=-1.5), one, [[(3,)], [(0,)]])
    yield _case("shape", "rank2", _op_shape, lambda x: np.shape(x), one, _UNARY_SIZES, dtype="int32")
    yield _case("shape", "scalar", _op_shape, lambda x: np.shape(x), one, [[()]], dtype="int32")


def _op_shape(x: Any) -> Any:
    return _op("shape", x)


def _joined(*tensors: Any, axis: int = 0) -> Any:
    return kt.concatenate(tensors, axis)


def _joined_array(*arrays: Array, axis: int = 0) -> Array:
    return np.concatenate(arrays, axis)


def _stacked(*tensors: Any, axis: int = 0) -> Any:
    return kt.stack(tensors, axis)


def _stacked_array(*arrays: Array, axis: int = 0) -> Array:
    return np.stack(arrays, axis)


def _unbroadcast(g: Array, like: Array) -> Array:
    front = g.ndim - like.ndim
    axes = tuple(i for i in range(g.ndim) if i < front or like.shape[i - front] == 1)
    return np.reshape(g.sum(axes), like.shape)


_SLICES: Final = {
    "from": np.s_[1:, :],
    "to": np.s_[:, :-1],
    "step": np.s_[::2, 1::3],
    "backwards": np.s_[::-1, 3::-2],
    "beyond": np.s_[-10:10, 2:100],
    "nothing": np.s_[2:2, 3:1],
    "negative": np.s_[-2:-1, -1:-4:-1],
}


def _items(key: tuple[slice, ...]) -> Any:
    return tuple((k.start, k.stop, k.step or 1) for k in key)


def _indexing_cases() -> Iterator[Case]:
    one, sizes = [Input("float64")], [[(4, 5)], [(1, 1)], [(0, 5)]]
    for label, key in _SLICES.items():
        yield _case("slice", label, partial(_op, "slice", items=_items(key)), lambda x, k=key: x[k], one, sizes)
        back = partial(_op, "unslice", items=_items(key))
        like = np.zeros((4, 5))
        given = [Input("float64"), Input("float64")]
        yield _case("unslice", label, back, partial(_unslice, key=key), given, [[like[key].shape, (4, 5)]])
    bounds = [Input("float64"), _given(1, "int64"), _given(-1, "int64"), _given(1, "int64")]
    by_tensors = (("?", "?", 1), (None, "?", 2))
    placed = partial(_case, "slice", "tensors", partial(_op, "slice", items=by_tensors))
    yield placed(lambda x, a, b, c: x[int(a) : int(b), : int(c) : 2], bounds, [[(4, 5), (), (), ()]], known=False)
    back = partial(_op, "unslice", items=by_tensors)
    oracle = lambda g, x, a, b, c: _unslice(g, x, np.s_[int(a) : int(b), : int(c) : 2])  # noqa: E731
    yield _case("unslice", "tensors", back, oracle, [Input("float64"), *bounds], [[(2, 1), (4, 5), (), (), ()]])
    for dtype in (*_FLOATS[1:], *_ALL_INTS, "bool"):
        key = _SLICES["backwards"]
        given = _of([dtype], -9, 9)
        yield _case("slice", dtype, partial(_op, "slice", items=_items(key)), lambda x, k=key: x[k], given, sizes)
        picks = [*given, _given([3, 0, 0], "int32")]
        yield _case("take", dtype, kt.gather, lambda x, i: x[i], picks, [[(4, 5), ()], [(4, 0), ()]])
        turned = partial(kt.reverse, axes=(0,))
        yield _case("slice", f"reverse-{dtype}", turned, lambda x: x[::-1], given, sizes)
    yield from _take_cases()


def _unslice(g: Array, like: Array, key: tuple[slice, ...]) -> Array:
    result = np.zeros_like(like)
    result[key] = g
    return result


def _scatter_add(g: Array, like: Array, *indices: Array, axis: int) -> Array:
    result = np.zeros_like(like)
    key: Any = (*[slice(None)] * axis, *indices)
    np.add.at(result, key, g)
    return result


def _take(x: Array, *indices: Array, axis: int) -> Array:
    key: Any = (*[slice(None)] * axis, *indices)
    return np.asarray(x[key])


def _take_cases() -> Iterator[Case]:
    x, g = Input("float64"), Input("float64")
    for axis in (0, 1, 2):
        for rank in (0, 1, 2):
            shape = (4, 3)[:rank]
            index = Input("int64", 0, 2)
            label = f"axis{axis}-rank{rank}"
            whole = (3, 4, 5)
            taken = (*whole[:axis], *shape, *whole[axis + 1 :])
            yield _case(
                "take", label, partial(_op, "take", axis=axis), partial(_take, axis=axis), [x, index], [[whole, shape]]
            )
            scatter, oracle = partial(_op, "scatter_add", axis=axis), partial(_scatter_add, axis=axis)
            yield _case("scatter_add", label, scatter, oracle, [g, x, index], [[taken, whole, shape]])
    pair = [_given([2, 0, 2, 1], "int64"), _given([1, 3, 1, 0], "int64")]
    several = partial(_op, "take", axis=1), partial(_take, axis=1)
    yield _case(
        "take", "two-arrays", *several, [x, *pair], [[(5, 3, 4), (), ()], [(0, 3, 4), (), ()], [(1, 3, 4), (), ()]]
    )
    back = partial(_op, "scatter_add", axis=1), partial(_scatter_add, axis=1)
    yield _case(
        "scatter_add", "two-arrays", *back, [g, x, *pair], [[(5, 4), (5, 3, 4), (), ()], [(0, 4), (0, 3, 4), (), ()]]
    )
    for dtype in ("int32", "int64", "uint8", "int8", "uint64"):
        index = _given([2, 0, 2], dtype)
        yield _case(
            "take", f"index-{dtype}", partial(kt.gather, axis=1), partial(_take, axis=1), [x, index], [[(2, 3), ()]]
        )
        scatter, oracle = partial(_op, "scatter_add", axis=0), partial(_scatter_add, axis=0)
        yield _case("scatter_add", f"index-{dtype}", scatter, oracle, [g, x, index], [[(3, 2), (3, 2), ()]])
    nothing = Input("int64", 0, 0)
    yield _case("take", "nothing", kt.gather, lambda v, i: v[i], [x, nothing], [[(3, 2), (0,)], [(1, 2), (1,)]])
    back = partial(_op, "scatter_add", axis=0), partial(_scatter_add, axis=0)
    yield _case("scatter_add", "nothing", *back, [g, x, nothing], [[(0, 2), (3, 2), (0,)], [(1, 2), (1, 2), (1,)]])
    for dtype in ("float32", "float16", "int32"):
        inputs = [*_of([dtype, dtype]), _given([1, 1, 0], "int32")]
        yield _case("scatter_add", dtype, *back, inputs, [[(3, 2), (4, 2), ()]])
    for shape in ((2, 3), (4,), (2, 3, 2), ()):
        found = partial(_case, "nonzero", f"rank{len(shape)}", kt.nonzero, _nonzero, [Input("bool")])
        others = [[(0,) * len(shape)]] if shape else []
        yield found([[shape], *others], dtype="int64", known=False)


def _nonzero(x: Array) -> Array:
    return np.argwhere(x)


def _softmax(x: Array, axis: int) -> Array:
    powers = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    return (
        np.logaddexp.reduce(x, axis=axis, keepdims=keepdims)
        if isinstance(axis, int)
        else _logsumexp_all(x, axis, keepdims)
    )


def _logsumexp_all(x: Array, axis: Any, keepdims: bool) -> Array:
    return np.asarray(np.log(np.exp(x).sum(axis=axis, keepdims=keepdims)))


def _label_crossentropy_cases() -> Iterator[Case]:
    labels = _given([2, 0, 2, 1], "int64")
    sizes: list[Sequence[Sizes]] = [((4, 3), (4,))]

    def losses(x: Array, k: Array) -> Array:
        return np.asarray(-np.log(_softmax(x, 1))[np.arange(len(x)), k])

    def slopes(g: Array, x: Array, k: Array) -> Array:
        return np.asarray((_softmax(x, 1) - np.eye(x.shape[1], dtype=x.dtype)[k]) * g[:, None])

    for given in _of(_FLOATS):
        yield _case("label_crossentropy", given.dtype, label_crossentropy, losses, [given, labels], sizes)
        three = [Input(given.dtype, -1.3, 0.9), given, labels]
        yield _case("label_crossentropy_grad", given.dtype, label_crossentropy_grad, slopes, three, [((4,), *sizes[0])])
    far = _given([[1e4, -1e4, 0.0], [0.0, -np.inf, 1.0]], "float64")
    yield _case(
        "label_crossentropy",
        "far",
        label_crossentropy,
        lambda x, k: np.array([1e4, np.log1p(np.e)]),
        [far, _given([2, 0], "int64")],
        smooth=False,
    )


def _relu_grad_cases() -> Iterator[Case]:
    for given in _of(_FLOATS):
        two = [Input(given.dtype, -1.3, 0.9), given]
        yield _case("relu_grad", given.dtype, relu_grad, lambda g, x: np.where(x > 0, g, 0), two, [((3, 4), (3, 4))])


def _softmax_cases() -> Iterator[Case]:
    sizes = [[(2, 3, 4)], [(1, 1, 1)], [(0, 3, 4)], [(2, 1, 4)], [(2, 0, 4)]]
    for dtype in _FLOATS:
        for axis in (0, 1, -1):
            if axis == 0 and dtype != "float64":
                continue
            label = f"{dtype}-axis{axis}"
            given = [Input(dtype)]
            yield _case("softmax", label, partial(kt.softmax, axis=axis), partial(_softmax, axis=axis), given, sizes)
            logs = partial(kt.log_softmax, axis=axis)
            yield _case("log_softmax", label, logs, lambda x, a=axis: np.log(_softmax(x, a)), given, sizes)
            for keepdims in (False, True):
                options: Any = {"axis": axis, "keepdims": keepdims}
                sums = partial(kt.logsumexp, **options)
                yield _case("logsumexp", f"{label}-{keepdims}", sums, partial(_logsumexp, **options), given, sizes)
    options = {"axis": (0, 2), "keepdims": False}
    two = partial(_case, "logsumexp", "two", partial(kt.logsumexp, **options), partial(_logsumexp, **options))
    yield two([Input("float64")], [[(2, 3, 4)], [(1, 1, 1)]])
    # Without care they overflow, or take the logarithm of 0.
    far = _given([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]], "float32")
    yield _case("softmax", "far", kt.softmax, partial(_softmax, axis=-1), [far])
    yield _case("log_softmax", "far", kt.log_softmax, lambda x: x - np.logaddexp.reduce(x, -1, keepdims=True), [far])
    infinite = _given([[-np.inf, -np.inf], [np.inf, 0.0], [-np.inf, 0.0], [1e30, -1e30]], "float32")
    sums, oracle = partial(kt.logsumexp, axis=1), partial(_logsumexp, axis=1, keepdims=False)
    yield _case("logsumexp", "infinite", sums, oracle, [infinite], smooth=False)


def _arange_cases() -> Iterator[Case]:
    for dtype, (start, stop, step) in (
        ("int32", (2, 11, 3)),
        ("int64", (5, -4, -2)),
        ("int32", (3, 3, 1)),
        ("int32", (3, 0, 1)),
        ("float32", (0.0, 1.0, 0.25)),
        ("float64", (1.0, -1.0, -0.3)),
    ):
        bounds = [_given(v, dtype) for v in (start, stop, step)]
        label = f"{dtype}-{start}-{stop}-{step}"
        yield _case("arange", label, kt.arange, np.arange, bounds, known=False)


def _sparse_cases() -> Iterator[Case]:
    matrix = np.array([[0, 2, 0, 0], [0, 0, 0, 3], [1, 0, 0, 0]])
    for dtype in ("float64", "float32"):
        sparse = Input(dtype, values=matrix.astype(dtype), sparse=True)
        dense = Input(dtype)
        yield _case(
            "sparse_dot",
            dtype,
            lambda x, y: x.dot(y),
            np.dot,
            [sparse, dense],
            [[(), (4, 2)], [(), (4, 1)], [(), (4, 0)]],
        )
        turned = partial(_op, "sparse_dot", transpose=True)
        yield _case("sparse_dot", f"transposed-{dtype}", turned, lambda x, y: x.T @ y, [sparse, dense], [[(), (3, 2)]])
        yield _case("sparse_dot", f"vector-{dtype}", lambda x, y: x.dot(y), np.dot, [sparse, dense], [[(), (4,)]])
        yield _case("sparse_to_dense", dtype, lambda x: x.to_dense(), lambda x: x, [sparse])


def _mapped(x: Any, w: Any) -> Any:
    return kt.map_fn(lambda row: (row * w + row.sum()).sin(), x)


def _mapped_array(x: Array, w: Array) -> Array:
    return np.asarray(np.sin(x * w + x.sum(1, keepdims=True)))


def _turned(x: Any) -> Any:
    return kt.map_fn(lambda row: row[::-1], x)


def _folded(x: Any, start: Any, backwards: bool) -> Any:
    fold = kt.foldr if backwards else kt.foldl
    return fold(lambda total, row: total * 0.5 + row.cos() * total.sin(), x, start)


def _folded_array(x: Array, start: Array, backwards: bool) -> Array:
    for row in x[::-1] if backwards else x:
        start = start * 0.5 + np.cos(row) * np.sin(start)
    return start


#: How `rnn` is run: backwards or not, with a mask or not, and which of its results is looked at.
_RNN: Final = {
    "last": (False, False, 0),
    "outputs": (False, False, 1),
    "state": (False, False, 2),
    "backwards": (True, False, 1),
    "masked": (False, True, 1),
    "masked-last": (False, True, 0),
    "masked-state-backwards": (True, True, 2),
}


def _rnn(x: Any, w: Any, u: Any, h: Any, mask: Any, how: str) -> Any:
    backwards, masked, wanted = _RNN[how]

    def step(now: Any, states: Any) -> Any:
        new = (now.dot(w) + states[0].dot(u)).tanh()
        return new * 2.0, [new, states[1] + 1]

    states = [h, kt.zeros_like(h, "int32")]
    last, outputs, (final, _) = kt.rnn(step, x, states, backwards, mask if masked else None)
    return (last, outputs, final)[wanted]


def _rnn_array(x: Array, w: Array, u: Array, h: Array, mask: Array, how: str) -> Array:
    backwards, masked, wanted = _RNN[how]
    outputs = [np.zeros_like(h)]
    for t in range(x.shape[1])[:: -1 if backwards else 1]:
        new = np.tanh(x[:, t] @ w + h @ u)
        kept = mask[:, t, None] if masked else np.True_
        h = np.where(kept, new, h)
        outputs.append(np.where(kept, new * 2.0, outputs[-1]))
    return (outputs[-1], np.stack(outputs[1:], 1), h)[wanted]


def _loop_cases() -> Iterator[Case]:
    sizes = [[(3, 2), (2,)], [(1, 1), (1,)], [(0, 2), (2,)]]
    for dtype in _FLOATS:
        yield _case("scan", f"map-{dtype}", _mapped, _mapped_array, _of([dtype, dtype]), sizes)
    for label, backwards in (("forwards", False), ("backwards", True)):
        fold, oracle = partial(_folded, backwards=backwards), partial(_folded_array, backwards=backwards)
        yield _case("scan", label, fold, oracle, _of(["float64", "float64"]), sizes)
        yield _case("scan_result", label, fold, oracle, _of(["float64", "float64"]), sizes)
    for given in _of((*_INTS, "bool"), -9, 9):
        yield _case("scan", f"map-{given.dtype}", _turned, lambda x: x[:, ::-1], [given], [[(3, 2)], [(0, 2)]])
    inputs = [*_of(["float64"] * 4), Input("bool")]
    shapes: list[list[Sizes]] = [[(2, 4, 3), (3, 2), (2, 2), (2, 2), (2, 4)], [(1, 1, 1), *[(1, 1)] * 4]]
    for how in _RNN:
        yield _case("scan", f"rnn-{how}", partial(_rnn, how=how), partial(_rnn_array, how=how), inputs, shapes)


def _ordered(x: Any) -> Any:
    with kt.control_dependencies([x + x, None]):
        return kt.identity(x)


def _unchanged_cases() -> Iterator[Case]:
    for op, build_ in (("after", _ordered), ("print_tensor", partial(kt.print_tensor, message="x is"))):
        for given in _of(("float64", "float32", "int32")):
            yield _case(op, given.dtype, build_, lambda x: x, [given], [[(2, 3)], [(0, 1)]])


def _drawn_cases() -> Iterator[Case]:
    """Of random numbers only what is sure: uniform ones are in [0, 1)."""
    for dtype in _FLOATS:
        yield _case(
            "draw",
            dtype,
            lambda x: kt.floor(kt.random.uniform(shape(x), dtype=x.dtype)) + x,
            lambda x: x,
            [Input(dtype)],
            [[(3, 2)], [(0, 1)]],
        )


def _collapsed(path: Sequence[int], blank: int) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def _best_sequences(logs: Array, lengths: Array, top_paths: int) -> Array:
    """By looking at all paths, which a wide beam comes to as well."""
    time, batch, classes = logs.shape
    result = np.full((top_paths, batch, time + 1), -1.0)
    for i, length in enumerate(lengths.tolist()):
        p: defaultdict[tuple[int, ...], float] = defaultdict(float)
        for path in itertools.product(range(classes), repeat=length):
            p[_collapsed(path, classes - 1)] += math.exp(sum(logs[t, i, label] for t, label in enumerate(path)))
        for place, (labels, found) in enumerate(sorted(p.items(), key=lambda entry: -entry[1])[:top_paths]):
            result[place, i, : len(labels)] = labels
            result[place, i, -1] = math.log(found)
    return result


def _beam_cases() -> Iterator[Case]:
    random = np.random.default_rng(0)
    p = random.random((4, 3, 3)) ** 2
    logs = np.log(p / p.sum(-1, keepdims=True))
    options: Any = {"beam_width": 40, "top_paths": 3, "merge_repeated": False}
    search, oracle = partial(_op, "ctc_beam_search", **options), partial(_best_sequences, top_paths=3)
    for dtype in ("float64", "float32"):
        inputs = [_given(logs, dtype), _given([4, 2, 3], "int32")]
        yield _case("ctc_beam_search", dtype, search, oracle, inputs, dtype="float64", tolerance=1e4)


def op_cases() -> Iterator[Case]:
    """All of them."""
    yield from _unary_cases()
    yield from _binary_cases()
    yield from _truth_cases()
    yield from _choice_cases()
    yield from _reduction_cases()
    yield from _cumulative_cases()
    yield from _product_cases()
    yield from _shaping_cases()
    yield from _indexing_cases()
    yield from _softmax_cases()
    yield from _label_crossentropy_cases()
    yield from _relu_grad_cases()
    yield from _arange_cases()
    yield from _sparse_cases()
    yield from _loop_cases()
    yield from _unchanged_cases()
    yield from _drawn_cases()
    yield from _beam_cases()
