"""Overloads for ops that rearrange, pick or make elements. See `recipes` for how checkers read them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ... import dtypes
from ...errors import KTensorError
from ...graph import node_of
from .recipes import EXACT, MISFIT, MOST, NAMES, UNKNOWN, Op, Overload, Recipe, literal, names, parameters_of
from .samples import ANY, Atom, Pattern, Probe, outcome, sample, shape, tensor

__all__ = [
    "arange",
    "cast",
    "constant",
    "filled",
    "flattened",
    "gathered",
    "indexed",
    "joined",
    "like",
    "new_axis",
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

_NOTHING_KNOWN: Final = tensor(None, ANY)


def _same_dtype(given: Pattern, parameters: Sequence[str], made: Pattern | None) -> Overload:
    """For tensors of that shape; the dtype stays."""
    return Overload(shape(given), "D", tuple(parameters), tensor(made, "D"))


def _unknown_shapes(op: Op) -> tuple[Overload, Overload]:
    """What comes first, for tensors of unknown rank, and last, for what no other overload is for."""
    first, last = (Overload(s, "D", parameters_of(op), tensor(None, "D")) for s in (UNKNOWN, ANY))
    return first, last


def _tuple_of(size: str, number: int) -> str:
    return f"tuple[{', '.join([size] * number) or '()'}]"


# Axes.

#: Axes that are tried.
_TRIED: Final = range(-6, 6)


def new_axis(op: Op) -> list[Overload]:
    """An op that adds an axis."""
    first, last = _unknown_shapes(op)
    any_rank: Pattern = ("*Bs",)
    found = [first, _same_dtype(any_rank, parameters_of(op, axis="L[-1] = ..."), outcome(op, any_rank))]
    for pattern in map(names, range(MOST + 1)):
        for result, axes in _by_result(op, pattern):
            parameters = parameters_of(op, axis=literal(axes))
            misfit = Overload(shape(pattern), "D", parameters, MISFIT)
            found.append(misfit if result is None else _same_dtype(pattern, parameters, result))
    return [*found, last]


def _by_result(op: Op, pattern: Pattern) -> list[tuple[Pattern | None, list[int]]]:
    """The axes at which the op gives each shape; None for those at which it does not."""
    found: dict[Pattern | None, list[int]] = {}
    for axis in _TRIED:
        try:
            result = outcome(lambda x: op(x, axis=axis), pattern)  # noqa: B023
        except KTensorError:
            result = None
        found.setdefault(result, []).append(axis)
    return list(found.items())


def squeezed(op: Op) -> list[Overload]:
    """`squeeze`: a size that is known and is not 1 does not fit; an `int` may be 1."""
    first, last = _unknown_shapes(op)
    found = [first, *(_without(op, ("*Bs", one), -1, [-1]) for one in _ONES)]
    for rank in range(1, EXACT + 1):
        for axis, one in itertools.product(range(rank), _ONES):
            found.append(_without(op, (*NAMES[:axis], one, *NAMES[axis + 1 : rank]), axis, [axis, axis - rank]))
        found.append(Overload(shape(names(rank)), "D", parameters_of(op, axis=literal(_TRIED)), MISFIT))
    return [*found, last]


#: Sizes that may be 1.
_ONES: Final[Sequence[Atom]] = (1, "int")


def _without(op: Op, pattern: Pattern, axis: int, numbers: Sequence[int]) -> Overload:
    result = outcome(lambda x: op(x, axis=axis), pattern)
    return _same_dtype(pattern, parameters_of(op, axis=literal(numbers)), result)


def transposed(op: Op) -> list[Overload]:
    """`transpose`: the axes reversed, or in the order that is given, as a tuple or one by one."""
    first, last = _unknown_shapes(op)
    found = [first]
    for pattern in map(names, range(MOST + 1)):
        found.append(_same_dtype(pattern, ("axes: None = ...",), outcome(op, pattern)))
    for rank in range(2, EXACT + 1):
        for order in itertools.permutations(range(rank)):
            found += _in_order(rank, [f"L[{a}]" for a in order], outcome(lambda x: op(x, order), names(rank)))  # noqa: B023
    return [*found, *_in_order(MOST, ["int"] * MOST, (None,) * MOST), last]


def _in_order(rank: int, axes: Sequence[str], result: Pattern | None) -> Iterator[Overload]:
    yield _same_dtype(names(rank), (f"axes: tuple[{', '.join(axes)}]",), result)
    yield _same_dtype(names(rank), (*(f"axis{i}: {a}" for i, a in enumerate(axes)), "/"), result)


def reversed_axes(op: Op) -> list[Overload]:
    """The property `T`."""
    nothing_known = [Overload(s, "D", (), tensor(None, "D")) for s in (UNKNOWN, ANY)]
    ranks = [_same_dtype(pattern, (), outcome(op, pattern)) for pattern in map(names, range(MOST + 1))]
    return [nothing_known[0], *ranks, nothing_known[1]]


# Sizes that are given.

#: So many sizes in a tuple have overloads of their own.
_SIZES: Final = range(6)


def sized(op: Op) -> list[Overload]:
    """`reshape` and the like: the rank of the result is the number of sizes."""
    name, *more = list(inspect.signature(op).parameters)[1:]
    found: list[Overload] = []
    for number in _SIZES:
        made = tensor((None,) * number, "D")
        found.append(Overload(ANY, "D", (f"{name}: {_tuple_of('Size', number)}",), made))
        if more and number:
            size = "Size" if number > 1 else "int | Poly | Dim"  # a tensor alone may hold several sizes
            found.append(Overload(ANY, "D", (*(f"size{i}: {size}" for i in range(number)), "/"), made))
    return [*found, _unknown_shapes(op)[1]]


def flattened(op: Op) -> list[Overload]:
    """All elements, or all of each sample, in one axis."""
    rank = len(outcome(op, names(EXACT)) or ())
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
            taken = f"tensors: Sequence[{tensor((None,) * rank, ANY)}]"  # pyright: two dtypes, one Any, are the other
            found.append(Overload("", "", (taken, *rest), tensor((None,) * (rank + grows), ANY)))
        return [*found, Overload("", "", ("tensors: Sequence[Any]", *rest), _NOTHING_KNOWN)]

    return recipe


def split(op: Op) -> list[Overload]:
    """Parts of one rank."""
    shapes = [UNKNOWN, *(shape((None,) * rank) for rank in range(1, MOST + 1)), ANY]
    return [Overload(s, "D", parameters_of(op), f"tuple[Tensor[{ANY if s == UNKNOWN else s}, D], ...]") for s in shapes]


# Indices.

#: Parts of keys as types, each with a sample.
_PARTS: Final = {"int": 0, "Full": slice(None), "Part": slice(1, None), "None": None}
#: Keys that have overloads of their own, for tensors of each rank.
_KEYS: Final[Mapping[int, str]] = {
    1: "int, Part, None, Full None, None Full",
    2: "int, Part, None, int int, Full int, Part int, int Full, int Part, Full Part, Part Part, Full None",
    3: "int, Part, int int, int Part, Part int, Part Part, int int int, Part int int, int Part int, int int Part,"
    " Part Part int, Part int Part, int Part Part, Part Part Part",
    4: "int, Part",
}


def indexed(op: Op) -> list[Overload]:
    """`x[key]` for keys of ints, slices and None."""
    found = [Overload(UNKNOWN, "D", ("key: Index",), tensor(None, "D"))]
    for rank, keys in _KEYS.items():
        pattern = names(rank) if rank < EXACT else (None,) * rank
        by_result: dict[Pattern | None, list[str]] = {}
        for parts in (key.split() for key in keys.split(",")):
            key = tuple(_PARTS[p] for p in parts)
            result = outcome(lambda x: op(x, key), pattern)  # noqa: B023
            by_result.setdefault(result, []).append(parts[0] if len(parts) == 1 else f"tuple[{', '.join(parts)}]")
        for result, types in by_result.items():
            found.append(_same_dtype(pattern, (f"key: {' | '.join(types)}",), result))
    found.append(Overload("S", "D", ("key: EllipsisType",), "Tensor[S, D]"))
    for rank in range(EXACT):
        too_long = _tuple_of("int | Part", rank + 1) if rank else "int | Part"
        found.append(Overload(shape(names(rank)), "D", (f"key: {too_long}",), MISFIT))
    return [*found, Overload(ANY, "D", ("key: Key[Int] | tuple[Key[Int], ...]",), tensor(None, "D"))]


def gathered(op: Op) -> list[Overload]:
    """`gather`: what the indices name along the first axis."""
    name, axis = list(inspect.signature(op).parameters)[1:]
    first, last = _unknown_shapes(op)
    found = [first, last._replace(parameters=parameters_of(op, **{name: "Tensor[Unknown, Any]"}))]
    any_rank: Pattern = ("*Bs",)
    for pattern in map(names, range(1, MOST + 1)):
        parameters = parameters_of(op, **{name: tensor(any_rank, "Int"), axis: "L[0] = ..."})
        found.append(_same_dtype(pattern, parameters, outcome(_with_integers(op), pattern, any_rank)))
    return [*found, last._replace(parameters=parameters_of(op, **{name: "Tensor[Any, Int] | Array"}))]


def _with_integers(op: Op) -> Probe:
    return lambda x, indices: op(x, indices.cast("int32"))


def one_hot(op: Op) -> list[Overload]:
    """A new axis at the end, of the dtype that is given."""
    assert outcome(lambda x: op(x.cast("int32"), 7), ("*Bs",)) == ("*Bs", 7)
    found: list[Overload] = []
    for given, dtype in _DTYPES:
        parameters = parameters_of(op, dtype=given)
        found.append(Overload(UNKNOWN, "Int", parameters, tensor(None, dtype)))
        found.append(Overload(shape(("*Bs",)), "Int", parameters, tensor(("*Bs", None), dtype)))
    found.append(Overload(ANY, "Int", parameters_of(op), _NOTHING_KNOWN))
    return [
        *found,
        Overload(ANY, "Flt", parameters_of(op), MISFIT),
        Overload(ANY, ANY, parameters_of(op), _NOTHING_KNOWN),
    ]


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
        shapes = [(_tuple_of("Size", number), number) for number in _SIZES]
        for sizes, rank in [*shapes, ("int | Poly", 1)]:
            made = tensor((None,) * rank, dtype)
            found.append(Overload("", "", _with_dtype(op, 0, given, shape=sizes), made))
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
        for number in _SIZES:
            sizes = _tuple_of("PlaceholderSize", number)
            taken = parameters_of(op, 0, shape=sizes, dtype=given, sparse="L[False] = ...")
            found.append(Overload("", "", taken, tensor((None,) * number, dtype)))
        taken = parameters_of(op, 0, dtype=given, sparse="L[False] = ...")
        found.append(Overload("", "", taken, tensor(None, dtype)))
    *others, _ = parameters_of(op, 0)
    found.append(Overload("", "", (*others, "*", "sparse: L[True]"), "SparseTensor"))
    return [*found, Overload("", "", parameters_of(op, 0), "Tensor | SparseTensor")]


# Ops whose result has a certain rank.


def ranked(*ranks: int, **samples: Any) -> Recipe:
    """An op of tensors of these ranks: of the result the rank is known, and that its first size is that of the first.

    Args:
        ranks: those of the first parameters.
        samples: values for other parameters that have no default.
    """

    def recipe(op: Op) -> list[Overload]:
        others = list(inspect.signature(op).parameters)[1:]
        first, *rest = ((None,) * rank for rank in ranks)
        patterns: list[Pattern] = [("M", *first[1:]), *rest]
        result = outcome(lambda *x: op(*x, **samples), *patterns)
        assert result is not None
        taken = {name: tensor(p, ANY) + " | Array" for name, p in zip(others, rest)}
        made = tensor(tuple(a if a == "M" else None for a in result), ANY)
        unknown = dict.fromkeys(taken, "TensorLike")
        return [
            Overload(UNKNOWN, ANY, parameters_of(op, **unknown), _NOTHING_KNOWN),
            Overload(shape(patterns[0]), ANY, parameters_of(op, **taken), made),
        ]

    return recipe
