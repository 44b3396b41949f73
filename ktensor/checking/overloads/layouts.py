"""Overloads for ops that rearrange, pick or make elements. See `recipes` for how checkers read them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ... import dtypes
from ...errors import KTensorError
from ...graph import node_of
from .recipes import EXACT, MISFIT, MOST, NAMES, UNKNOWN, Op, Overload, Recipe, parameters_of
from .samples import ANY, Pattern, Probe, outcome, sample, shape, tensor

__all__ = [
    "arange",
    "at_axis",
    "cast",
    "constant",
    "filled",
    "flattened",
    "gathered",
    "indexed",
    "joined",
    "like",
    "of_rank",
    "one_hot",
    "placeholder",
    "ranked",
    "reversed_axes",
    "sized",
    "split",
    "squeezed",
    "transposed",
    "variable",
]

_UNKNOWN_SHAPE: Final = "Tensor[Any, D]"
_NOTHING_KNOWN: Final = tensor(None, ANY)


def _names(rank: int) -> Pattern:
    return NAMES[:rank]


# Axes.


def at_axis(op: Op) -> list[Overload]:
    """An op that adds or drops one axis, and keeps the dtype."""
    found = [Overload(UNKNOWN, "D", parameters_of(op), _UNKNOWN_SHAPE)]
    found.append(
        Overload(shape(("*Bs",)), "D", parameters_of(op, axis="L[-1] = ..."), tensor(outcome(op, ("*Bs",)), "D"))
    )
    for rank in range(MOST + 1):
        for result, axes in _by_result(op, _names(rank)):
            literal = f"L[{', '.join(map(str, axes))}]"
            made = MISFIT if result is None else tensor(result, "D")
            found.append(Overload(shape(_names(rank)), "D", parameters_of(op, axis=literal), made))
    return [*found, Overload(ANY, "D", parameters_of(op), _UNKNOWN_SHAPE)]


def _by_result(op: Op, pattern: Pattern) -> list[tuple[Pattern | None, list[int]]]:
    """The axes at which the op gives each shape; None for those at which it does not."""
    found: list[tuple[Pattern | None, list[int]]] = []
    for axis in range(-6, 6):
        try:
            result = outcome(lambda x: op(x, axis=axis), pattern)  # noqa: B023
        except KTensorError:
            result = None
        same = next((axes for r, axes in found if r == result), None)
        if same is None:
            found.append((result, [axis]))
        else:
            same.append(axis)
    return found


def squeezed(op: Op) -> list[Overload]:
    """`squeeze`: a size that is known and is not 1 does not fit; an `int` may be 1."""
    found = [Overload(UNKNOWN, "D", parameters_of(op), _UNKNOWN_SHAPE)]
    for one in (1, "int"):
        last = ("*Bs", one)
        found.append(
            Overload(shape(last), "D", parameters_of(op, axis="L[-1]"), tensor(outcome(lambda x: op(x, -1), last), "D"))
        )
    for rank in range(1, EXACT + 1):
        for axis in range(rank):
            for one in (1, "int"):
                pattern = (*NAMES[:axis], one, *NAMES[axis + 1 : rank])
                result = outcome(lambda x: op(x, axis=axis), pattern)  # noqa: B023
                axes = f"L[{axis}, {axis - rank}]"
                found.append(Overload(shape(pattern), "D", parameters_of(op, axis=axes), tensor(result, "D")))
        outside = f"L[{', '.join(str(a) for a in range(-6, 6))}]"
        found.append(Overload(shape(_names(rank)), "D", parameters_of(op, axis=outside), MISFIT))
    return [*found, Overload(ANY, "D", parameters_of(op), _UNKNOWN_SHAPE)]


def transposed(op: Op) -> list[Overload]:
    """`transpose`: the axes reversed, or in the order that is given, as a tuple or one by one."""
    found = [Overload(UNKNOWN, "D", parameters_of(op), _UNKNOWN_SHAPE)]
    for rank in range(MOST + 1):
        made = tensor(outcome(op, _names(rank)), "D")
        found.append(Overload(shape(_names(rank)), "D", ("axes: None = ...",), made))
    for rank in range(2, MOST + 1):
        for order in itertools.permutations(range(rank)) if rank <= EXACT else [None]:
            made = tensor((None,) * rank if order is None else outcome(lambda x: op(x, order), _names(rank)), "D")  # noqa: B023
            one_by_one = ["int"] * rank if order is None else [f"L[{a}]" for a in order]
            given = (f"axes: tuple[{', '.join(one_by_one)}]",)
            found.append(Overload(shape(_names(rank)), "D", given, made))
            separate = tuple(f"axis{i}: {a}" for i, a in enumerate(one_by_one))
            found.append(Overload(shape(_names(rank)), "D", (*separate, "/"), made))
    return [*found, Overload(ANY, "D", parameters_of(op), _UNKNOWN_SHAPE)]


def reversed_axes(op: Op) -> list[Overload]:
    """The property `T`."""
    ranks = [Overload(shape(_names(r)), "D", (), tensor(outcome(op, _names(r)), "D")) for r in range(MOST + 1)]
    return [Overload(UNKNOWN, "D", (), _UNKNOWN_SHAPE), *ranks, Overload(ANY, "D", (), _UNKNOWN_SHAPE)]


# Sizes that are given.

#: So many sizes in a tuple have overloads of their own.
_SIZES: Final = 6


def sized(op: Op) -> list[Overload]:
    """`reshape` and the like: the rank of the result is the number of sizes."""
    name, *more = list(inspect.signature(op).parameters)[1:]
    found: list[Overload] = []
    for number in range(_SIZES):
        made = tensor((None,) * number, "D")
        found.append(Overload(ANY, "D", (f"{name}: tuple[{', '.join(['Size'] * number) or '()'}]",), made))
        if more and number:
            sizes = [f"size{i}: {'int | Poly | Dim' if number == 1 else 'Size'}" for i in range(number)]
            found.append(Overload(ANY, "D", (*sizes, "/"), made))
    return [*found, Overload(ANY, "D", parameters_of(op), _UNKNOWN_SHAPE)]


def flattened(op: Op) -> list[Overload]:
    """All elements, or all of each sample, in one axis."""
    rank = len(outcome(op, _names(EXACT)) or ())
    return [Overload(ANY, "D", parameters_of(op), tensor((None,) * rank, "D"))]


# Several tensors.


def joined(grows: bool) -> Recipe:
    """`concatenate`, and `stack`, whose result has one more axis."""

    def recipe(op: Op) -> list[Overload]:
        rest = parameters_of(op, 1)
        found = [Overload("", "", ("tensors: Sequence[Tensor[Unknown, Any]]", *rest), _NOTHING_KNOWN)]
        for rank in (2, 3, 1, 4, 0):  # the most common first: time
            shapes = [(None,) * rank] * 2
            try:
                result = outcome(lambda *x: op(list(x), axis=0), *shapes)
            except KTensorError:
                continue
            assert result is None or len(result) == rank + grows
            taken = f"tensors: Sequence[{tensor((None,) * rank, 'D')}]"
            found.append(Overload("", "", (taken, *rest), tensor((None,) * (rank + grows), "D")))
        return [*found, Overload("", "", ("tensors: Sequence[Any]", *rest), _NOTHING_KNOWN)]

    return recipe


def split(op: Op) -> list[Overload]:
    """Parts of one rank."""
    found = [Overload(UNKNOWN, "D", parameters_of(op), f"tuple[{_UNKNOWN_SHAPE}, ...]")]
    for rank in range(1, MOST + 1):
        found.append(
            Overload(shape((None,) * rank), "D", parameters_of(op), f"tuple[{tensor((None,) * rank, 'D')}, ...]")
        )
    return [*found, Overload(ANY, "D", parameters_of(op), f"tuple[{_UNKNOWN_SHAPE}, ...]")]


# Indices.

#: Parts of keys as types, each with a sample.
_PARTS: Final = {"int": 0, "Full": slice(None), "Part": slice(1, None), "None": None}
#: Keys that have overloads of their own, for tensors of each rank.
_KEYS: Final[Mapping[int, Sequence[str]]] = {
    1: ("int", "Part", "None", "Full None", "None Full"),
    2: ("int", "Part", "None", "int int", "Full int", "Part int", "int Full", "int Part", "Full Part", "Part Part", "Full None"),
    3: ("int", "Part", "int int", "int Part", "Part int", "Part Part", "int int int")
    + ("Part int int", "int Part int", "int int Part", "Part Part int", "Part int Part", "int Part Part", "Part Part Part"),
    4: ("int", "Part"),
}  # fmt: skip


def indexed(op: Op) -> list[Overload]:
    """`x[key]` for keys of ints, slices and None."""
    found = [Overload(UNKNOWN, "D", ("key: Index",), _UNKNOWN_SHAPE)]
    for rank, keys in _KEYS.items():
        pattern = _names(rank) if rank < EXACT else (None,) * rank
        by_result: dict[Pattern | None, list[str]] = {}
        for key in keys:
            parts = tuple(_PARTS[p] for p in key.split())
            text = key if len(parts) == 1 else f"tuple[{key.replace(' ', ', ')}]"
            by_result.setdefault(outcome(lambda x: op(x, parts), pattern), []).append(text)  # noqa: B023
        for result, texts in by_result.items():
            found.append(Overload(shape(pattern), "D", (f"key: {' | '.join(texts)}",), tensor(result, "D")))
    found.append(Overload("S", "D", ("key: EllipsisType",), "Tensor[S, D]"))
    for rank in range(EXACT):
        found.append(Overload(shape(_names(rank)), "D", (f"key: {_too_long(rank)}",), MISFIT))
    return [*found, Overload(ANY, "D", ("key: Key[Int] | tuple[Key[Int], ...]",), _UNKNOWN_SHAPE)]


def _too_long(rank: int) -> str:
    part = "int | Part"
    return part if not rank else f"tuple[{', '.join([part] * (rank + 1))}]"


def gathered(op: Op) -> list[Overload]:
    """`gather`: what the indices name along the first axis."""
    name, axis = list(inspect.signature(op).parameters)[1:]
    found = [Overload(UNKNOWN, "D", parameters_of(op), _UNKNOWN_SHAPE)]
    found.append(Overload(ANY, "D", parameters_of(op, **{name: "Tensor[Unknown, Any]"}), _UNKNOWN_SHAPE))
    for rank in range(1, MOST + 1):
        taken = parameters_of(op, **{name: tensor(("*Bs",), "Int"), axis: "L[0] = ..."})
        result = outcome(_with_integers(op), _names(rank), ("*Bs",))
        found.append(Overload(shape(_names(rank)), "D", taken, tensor(result, "D")))
    anything = parameters_of(op, **{name: "Tensor[Any, Int] | Array"})
    return [*found, Overload(ANY, "D", anything, _UNKNOWN_SHAPE)]


def _with_integers(op: Op) -> Probe:
    return lambda x, indices: op(x, indices.cast("int32"))


def one_hot(op: Op) -> list[Overload]:
    """A new axis at the end, of the dtype that is given."""
    rest = parameters_of(op, 1)
    found: list[Overload] = []
    for given, dtype in _DTYPES:
        parameters = parameters_of(op, dtype=given)
        result = outcome(lambda x: op(x.cast("int32"), 7), ("*Bs",))
        assert result == ("*Bs", 7)
        found.append(Overload(UNKNOWN, "Int", parameters, tensor(None, dtype)))
        found.append(Overload(shape(("*Bs",)), "Int", parameters, tensor(("*Bs", None), dtype)))
    return [*found, Overload(ANY, "Int", rest, _NOTHING_KNOWN)]


# Dtypes that are given.

#: What a parameter `dtype` may be, and what dtype that is.
_DTYPES: Final = (
    ("None = ...", "float32"),
    ("type[E]", "E"),
    ("str | np.dtype[Any] | type[np.generic] | type[bool]", ANY),
)


def cast(op: Op) -> list[Overload]:
    """x in another dtype: a class, or the name of one."""
    found = [Overload("S", ANY, parameters_of(op, dtype="type[E]"), "Tensor[S, E]")]
    for dtype in dtypes.ALL_DTYPES:
        assert node_of(op(sample((), dtypes.int8), dtype.name)).dtype is dtype
        found.append(Overload("S", ANY, parameters_of(op, dtype=f'L["{dtype.name}"]'), f"Tensor[S, {dtype.__name__}]"))
    return [*found, Overload("S", ANY, parameters_of(op), "Tensor[S, Any]")]


def like(op: Op) -> list[Overload]:
    """A tensor of x's shape, by default of its dtype."""
    return [
        Overload("S", "D", parameters_of(op, dtype="None = ..."), "Tensor[S, D]"),
        Overload("S", ANY, _with_dtype(op, 1, "type[E]"), "Tensor[S, E]"),
        Overload("S", ANY, parameters_of(op), "Tensor[S, Any]"),
    ]


def _with_dtype(op: Op, skip: int, given: str, **changed: str) -> tuple[str, ...]:
    """The parameters with a dtype that has no default: it is named, as those before it may have one."""
    found = list(parameters_of(op, skip, dtype=given, **changed))
    place = next(i for i, text in enumerate(found) if text.startswith("dtype:"))
    if not given.endswith("= ...") and any(text.endswith("= ...") for text in found[:place]):
        found.insert(place, "*")
    return tuple(found)


# Tensors from nothing.


def filled(op: Op) -> list[Overload]:
    """A tensor of a given shape: its rank is the number of sizes."""
    found: list[Overload] = []
    for given, dtype in _DTYPES:
        for number in range(_SIZES):
            sizes = f"tuple[{', '.join(['Size'] * number) or '()'}]"
            made = tensor((None,) * number, dtype)
            found.append(Overload("", "", _with_dtype(op, 0, given, shape=sizes), made))
        found.append(Overload("", "", _with_dtype(op, 0, given, shape="int | Poly"), tensor((None,), dtype)))
        found.append(Overload("", "", _with_dtype(op, 0, given), tensor(None, dtype)))
    return found


def of_rank(rank: int) -> Recipe:
    """A tensor of that rank, by default of `floatx`."""

    def recipe(op: Op) -> list[Overload]:
        made = tensor((None,) * rank, "float32")
        assert node_of(op(3)).dtype is dtypes.float32
        return [Overload("", "", _with_dtype(op, 0, given), made.replace("float32", dtype)) for given, dtype in _DTYPES]

    return recipe


def arange(op: Op) -> list[Overload]:
    """A vector: int32 of ints, unless a dtype is given."""
    assert node_of(op(0, 3, 2)).dtype is dtypes.int32
    ints = parameters_of(op, 0, start="int", stop="int | None = ...", step="int = ...", dtype="None = ...")
    return [
        Overload("", "", ints, tensor((None,), "int32")),
        Overload("", "", _with_dtype(op, 0, "type[E]"), tensor((None,), "E")),
        Overload("", "", parameters_of(op, 0), tensor((None,), ANY)),
    ]


def constant(op: Op) -> list[Overload]:
    """The value of a tensor, a number or an array."""
    found = [Overload("S", "D", parameters_of(op, dtype="None = ..."), "Tensor[S, D]")]
    found.append(Overload("S", ANY, parameters_of(op, dtype="type[E]"), "Tensor[S, E]"))
    for kind, value in (("bool", True), ("int", 1), ("float", 1.5)):
        made = tensor((), node_of(op(value)).dtype.__name__)
        found.append(Overload("", "", parameters_of(op, 0, value=kind, dtype="None = ..."), made))
    found.append(Overload("", "", parameters_of(op, 0, value="float", dtype="type[E]"), tensor((), "E")))
    found.append(Overload("", "", parameters_of(op, 0, value="Array", dtype="type[E]"), tensor(None, "E")))
    return [*found, Overload("", "", parameters_of(op, 0), _NOTHING_KNOWN)]


def variable(op: Op) -> list[Overload]:
    """A variable of the shape of its value, by default of `floatx`."""
    found: list[Overload] = []
    for given, dtype in _DTYPES:
        found.append(Overload("S", ANY, parameters_of(op, dtype=given), f"Variable[S, {dtype}]"))
        number = parameters_of(op, 0, value="float", dtype=given)
        found.append(Overload("", "", number, tensor((), dtype, "Variable")))
        array = parameters_of(op, 0, value="Array", dtype=given)
        found.append(Overload("", "", array, tensor(None, dtype, "Variable")))
    return found


def placeholder(op: Op) -> list[Overload]:
    """A placeholder: its rank is the number of sizes."""
    found: list[Overload] = []
    for given, dtype in _DTYPES:
        for number in range(_SIZES):
            sizes = f"tuple[{', '.join(['PlaceholderSize'] * number) or '()'}]"
            taken = parameters_of(op, 0, shape=sizes, dtype=given, sparse="L[False] = ...")
            found.append(Overload("", "", taken, tensor((None,) * number, dtype)))
        taken = parameters_of(op, 0, dtype=given, sparse="L[False] = ...")
        found.append(Overload("", "", taken, tensor(None, dtype)))
    shape_, dtype_, name, _ = parameters_of(op, 0)
    found.append(Overload("", "", (shape_, dtype_, name, "*", "sparse: L[True]"), "SparseTensor"))
    return [*found, Overload("", "", parameters_of(op, 0), "Tensor | SparseTensor")]


# Ops whose result has a certain rank.


def ranked(*ranks: int, like: int = 0, **samples: Any) -> Recipe:
    """An op of tensors of these ranks: of the result the rank is known, and that its first size is that of the first.

    Args:
        ranks: those of the first parameters.
        like: the number of the tensor whose first size, and whose dtype, the result has.
        samples: values for other parameters that have no default.
    """

    def recipe(op: Op) -> list[Overload]:
        names = list(inspect.signature(op).parameters)
        patterns: list[Pattern] = [(None,) * rank for rank in ranks]
        patterns[like] = ("M", *patterns[like][1:])
        result = outcome(lambda *x: op(*x, **samples), *patterns)
        assert result is not None
        taken = {name: tensor(p, ANY) + " | Array" for name, p in zip(names[1:], patterns[1:])}
        made = tensor(tuple(a if a == "M" else None for a in result), ANY)
        unknown = {name: "TensorLike" for name in taken}
        return [
            Overload(UNKNOWN, ANY, parameters_of(op, **unknown), _NOTHING_KNOWN),
            Overload(shape(patterns[0]), ANY, parameters_of(op, **taken), made),
        ]

    return recipe
