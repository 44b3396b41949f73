"""Overloads for ops of a kind: which samples an op is run on, and in which order checkers try what comes of it.

A call takes the first overload that fits. A tensor of unknown rank, `Tensor[Any, D]`, fits all; so does one of an
unknown dtype, or with a size `Any`. Hence these rules:

- What a tensor of unknown rank or dtype gets must be right whatever it is. `Unknown` is a shape that no tensor has,
  which only `Any` fits: an overload for it stands before those that are for certain ranks.
- mypy forgets the shape where an argument other than the receiver has an `Any` that fits overloads with different
  results. So overloads for one receiver take arguments that no tensor fits twice: by rank, by literal axis, or one type
  for all tensors (`Tensor[Any, Any]`).
- mypy does not look at the bounds of TypeVars in the type of `self`. `Methods` is covariant instead, so that an
  overload can be for a union of dtypes.
- Where tensors are broadcast, a size that has a name is taken not to be 1: overloads for 1 stand before it.
- An axis that a tensor does not have must be an error, an axis of which nothing is known must not, and both are ints.
  So the method gives `Misfit` for the former, which is no tensor: whatever is done with it is an error. (A function
  cannot: mypy would make `Any` of `Misfit` and a tensor, and complain in strict mode where that is returned.)
- `tuple[*Bs, I]` fits no rank for mypy, and rank 2 for pyright: there are overloads for it, or for any shape, as well.
- Time: mypy looks at all overloads of a method whenever it is called, at about 0.04 ms each.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from ...errors import KTensorError
from ...graph import node_of
from .samples import ANY, GROUPS, Case, Pattern, Probe, definite, dtype_cases, outcome, sample, shape, tensor

__all__ = [
    "MISFIT",
    "UNKNOWN",
    "Op",
    "Overload",
    "Recipe",
    "along_axis",
    "broadcasting",
    "in_place",
    "keeps_shape",
    "literal",
    "names",
    "parameters_of",
    "position",
    "product",
    "reduction",
    "reflected",
]


class Overload(NamedTuple):
    """One overload of a function whose first argument is a tensor, or of the method.

    Args:
        shape: the shape of the first argument: "tuple[M, K]"; "S" is any, which the result may have.
        dtype: the dtype of the first argument: a dtype, a group, or "D" for any, which the result may have.
        parameters: the other parameters.
        made: the type of the result.
    """

    shape: str
    dtype: str
    parameters: tuple[str, ...]
    made: str


Op: TypeAlias = Callable[..., Any]
Recipe: TypeAlias = Callable[[Op], list[Overload]]

NAMES: Final[Pattern] = ("M", "K", "N", "P")
#: The highest rank that has overloads of its own; the highest whose sizes are known in them.
MOST: Final = len(NAMES)
EXACT: Final = MOST - 1
#: Axes that are tried to find those that a tensor does not have.
_TRIED: Final = range(-6, 6)
UNKNOWN: Final = "Unknown"
MISFIT: Final = "Misfit"
#: Shapes of ranks that have no overloads of their own.
_HIGH: Final = "tuple[Any, Any, Any, Any, Any, Unpack[tuple[Any, ...]]]"
_NOTHING_KNOWN: Final = tensor(None, ANY)


# Parameters.


def parameters_of(op: Op, skip: int = 1, /, **changed: str) -> tuple[str, ...]:
    """The parameters after the first ones as the source has them, but for those that are given other types here.

    A type that ends in "= ..." keeps its default.
    """
    found = list(inspect.signature(op).parameters.values())[skip:]
    return tuple(_parameter(p, changed.get(p.name)) for p in found)


def _parameter(p: inspect.Parameter, changed: str | None) -> str:
    if changed is not None:
        return f"{p.name}: {changed}"
    stars = "*" if p.kind is p.VAR_POSITIONAL else ""
    return f"{stars}{p.name}: {p.annotation}" + ("" if p.default is p.empty else " = ...")


def _second(op: Op) -> str:
    return list(inspect.signature(op).parameters)[1]


def names(rank: int) -> Pattern:
    """The shape of that rank, with a name for each size."""
    return NAMES[:rank]


def _fits(probe: Probe, *patterns: Pattern) -> bool:
    try:
        outcome(probe, *patterns)
    except KTensorError:
        return False
    return True


def literal(values: Iterable[int]) -> str:
    """The type of one of these numbers."""
    return f"L[{', '.join(map(str, values))}]"


def _unknown(op: Op) -> Overload:
    """For tensors of unknown rank."""
    return Overload(UNKNOWN, ANY, parameters_of(op), _NOTHING_KNOWN)


# Ops that keep the shape.


def keeps_shape(*probes: Probe, **changed: str) -> Recipe:
    """An op whose result has x's shape.

    Args:
        probes: the op with other arguments, for its dtypes.
        changed: types of parameters for which that holds; if there are any, others give an unknown shape.
    """

    def recipe(op: Op) -> list[Overload]:
        for probe in probes or (op,):
            for pattern in filter(lambda p: _fits(probe, p), map(names, range(MOST))):
                assert outcome(probe, pattern) == pattern, f"{op.__name__} does not keep {pattern}"
        parameters = parameters_of(op, **changed)
        found = [Overload("S", c.given, parameters, f"Tensor[S, {c.made}]") for c in dtype_cases(*(probes or (op,)))]
        return [*found, Overload(ANY, ANY, parameters_of(op), _NOTHING_KNOWN)] if changed else found

    return recipe


def along_axis(op: Op) -> list[Overload]:
    """An op along one axis that keeps the shape."""
    kept = [Overload("S", c.given, parameters_of(op), f"Tensor[S, {c.made}]") for c in dtype_cases(op)]
    return [_unknown(op), *_axis_misfits(op), *kept]


def _axis_misfits(op: Op) -> Iterator[Overload]:
    for rank in range(1, EXACT + 1):
        outside = [a for a in _TRIED if not _fits(lambda x, a=a: op(x, axis=a), names(rank))]
        yield Overload(shape(names(rank)), ANY, _at(op, outside), MISFIT)


def _at(op: Op, axes: Iterable[int], **changed: str) -> tuple[str, ...]:
    """The parameters, with one of these axes."""
    return parameters_of(op, axis=literal(axes), **changed)


# Reductions.


def reduction(op: Op) -> list[Overload]:
    """An op over `axis`, which may be one, several or all, with `keepdims`."""
    case, *others = dtype_cases(op)
    all_axes = parameters_of(op, axis="None = ...", keepdims="L[False] = ...")
    found = [
        Overload(ANY, case.given, all_axes, tensor((), case.made)),
        Overload(UNKNOWN, case.given, parameters_of(op), tensor(None, case.made)),
        *(Overload(UNKNOWN, ANY, parameters_of(op), _NOTHING_KNOWN) for _ in others[:1]),
        *_reduced(op, case),
        *_axis_misfits(op),
        Overload(ANY, case.given, parameters_of(op), tensor(None, case.made)),
    ]
    if others:
        found.append(Overload(ANY, ANY, all_axes, tensor((), ANY)))
        found.append(Overload(ANY, ANY, parameters_of(op), _NOTHING_KNOWN))
    return found


def _reduced(op: Op, case: Case) -> Iterator[Overload]:
    for keep, keepdims in ((False, "L[False] = ..."), (True, "L[True]")):
        for pattern, axes, result in _axes_of(lambda x, a: op(x, axis=a, keepdims=keep)):  # noqa: B023
            if not keep or len(pattern) < EXACT:
                yield Overload(shape(pattern), case.given, _at(op, axes, keepdims=keepdims), tensor(result, case.made))


def _axes_of(probe: Callable[[Any, int], Any]) -> Iterator[tuple[Pattern, tuple[int, ...], Pattern | None]]:
    """Shapes, axes that they have, and what comes of the op at them.

    The last axis comes first, of any rank: `tuple[*Bs, I]` would be taken for rank 2 by pyright. Above `EXACT` all axes
    are taken together, with the rank alone.
    """
    last = ("*Bs", "K")
    yield last, (-1,), outcome(lambda x: probe(x, -1), last)
    for rank in range(1, EXACT + 1):
        for axis in range(rank):
            both = (axis, axis - rank) if axis < rank - 1 else (axis,)
            yield names(rank), both, outcome(lambda x: probe(x, axis), names(rank))  # noqa: B023
    yield names(MOST), tuple(range(-MOST, MOST)), outcome(lambda x: probe(x, 0), (None,) * MOST)


def position(op: Op) -> list[Overload]:
    """The place of an element along `axis`, or in the whole tensor."""
    (case,) = dtype_cases(op)
    default = inspect.signature(op).parameters["axis"].default
    found = [Overload(UNKNOWN, ANY, parameters_of(op), tensor(None, case.made))]
    for pattern, axes, result in _axes_of(lambda x, a: op(x, axis=a)):
        given = literal(axes) + (" = ..." if axes == (default,) else "")
        found.append(Overload(shape(pattern), ANY, parameters_of(op, axis=given), tensor(result, case.made)))
    found.append(Overload(ANY, ANY, parameters_of(op, axis="None"), tensor((), case.made)))
    return [*found, *_axis_misfits(op), Overload(ANY, ANY, parameters_of(op), tensor(None, case.made))]


# Ops of two tensors that are broadcast.


def broadcasting(op: Op) -> list[Overload]:
    """An elementwise op of two."""
    name, fixed = _second(op), _fixed_dtype(op)
    found = [
        *_with_numbers(op, name),
        Overload(UNKNOWN, ANY, (f"{name}: TensorLike",), tensor(None, fixed)),
        Overload(shape(()), ANY, (f"{name}: Tensor[R, Any]",), f"Tensor[R, {fixed}]"),
    ]
    for rank in range(1, MOST + 1):
        found.append(Overload(shape((None,) * rank), ANY, (f"{name}: From{rank + 1}",), tensor(None, fixed)))
    if fixed == ANY:
        found.append(Overload(ANY, "Narrow", (f"{name}: Tensor[Any, float64]",), _NOTHING_KNOWN))
    if fixed != ANY or _wide_stays(op):
        found += _stretched(op, name, Case(ANY, fixed) if fixed != ANY else Case("Wide", "Wide"))
    found.append(Overload(ANY, ANY, (f"{name}: {_ANY_TENSOR}",), tensor(None, fixed)))
    return [*found, Overload(ANY, ANY, (f"{name}: Array",), tensor(None, fixed))]


def _fixed_dtype(op: Op) -> str:
    """The dtype that comes of all dtypes; `Any` if there is no such."""
    case = dtype_cases(lambda x: op(x, x))[0]
    return case.made if case.given == ANY else ANY


def _wide_stays(op: Op) -> bool:
    """True if float32 and float64 stay, whatever they meet; except that float64 makes float64 of all."""

    def stays(x: Any, y: Any) -> bool:
        try:
            return node_of(op(sample((2,), x), sample((2,), y))).dtype is x
        except KTensorError:
            return False

    everything = list(itertools.chain.from_iterable(GROUPS.values()))
    narrow, wide = (next(d for d in everything if d.name == name) for name in ("float32", "float64"))
    return all(stays(wide, d) and (d is wide or stays(narrow, d)) for d in everything)


#: What a number may be that is passed as such a type.
_NUMBERS: Final = {"float | Dim": (True, 2, -1, 1.5), "int | Dim": (True, 2, -1)}


def _with_numbers(op: Op, name: str) -> Iterator[Overload]:
    """With a Python number, or a size, which is one."""
    found: list[tuple[str, Case]] = []
    for annotation, values in _NUMBERS.items():
        for case in dtype_cases(*[lambda x, v=v: op(x, v) for v in values]):
            if case.made != ANY and case.given not in [c.given for _, c in found]:
                found.append((annotation, case))
    fixed = next((c.made for _, c in found if c.given == ANY), ANY)
    for annotation, case in found:
        if case.given in ("Flt", "Int", "Num"):
            given = "Int" if case.given == "Num" else case.given
            made = given if case.made == case.given else case.made
            yield Overload("S", given, (f"{name}: {annotation}",), f"Tensor[S, {made}]")
    yield Overload("S", ANY, (f"{name}: float | Dim | np.generic",), f"Tensor[S, {fixed}]")


#: One type for all tensors, so that no `Any` in it fits several.
_ANY_TENSOR: Final = "Tensor[Any, Any]"


def _stretched(op: Op, name: str, case: Case) -> Iterator[Overload]:
    """With tensors that have no more axes: what is not 1 stays, what is 1 becomes anything."""
    for rank in range(1, MOST + 1):
        taken = (f"{name}: {_ANY_TENSOR}",)
        for pattern in _with_ones(rank) if rank < EXACT else [(None,) * rank]:
            result = definite(op, pattern, (None,) * rank)
            made = f"Tensor[S, {case.made}]" if result == pattern and None not in result else tensor(result, case.made)
            yield Overload(shape(pattern), case.given, taken, made)


def _with_ones(rank: int) -> Iterator[Pattern]:
    """All shapes of 1 and names, those with more ones first."""
    choices = itertools.product(*[(1, name) for name in names(rank)])
    yield from sorted(choices, key=lambda c: -c.count(1))


def reflected(op: Op) -> list[Overload]:
    """The operator with the tensor on the right of what is none."""
    numbers = list(_with_numbers(lambda x, other: op(other, x), "other"))
    return [*numbers, Overload(ANY, ANY, ("other: Array",), tensor(None, _fixed_dtype(op)))]


def in_place(op: Op) -> list[Overload]:
    """The operator in place: the tensor keeps its shape, so what it meets has no more axes."""
    found = [
        *_with_numbers(op, "other"),
        Overload(UNKNOWN, ANY, ("other: TensorLike",), "Tensor[S, Any]"),
        Overload(ANY, ANY, ("other: Tensor[Unknown, Any] | Array",), "Tensor[S, Any]"),
    ]
    for rank in range(MOST + 1):
        assert not _fits(op, (None,) * rank, (None,) * (rank + 1))
        found.append(Overload(shape((None,) * rank), ANY, (f"other: From{rank + 1}",), MISFIT))
    if _wide_stays(op):
        found.append(Overload(ANY, "Narrow", ("other: Tensor[Any, float64]",), "Tensor[S, Any]"))
        found.append(Overload(ANY, "Wide", (f"other: {_ANY_TENSOR}",), "Tensor[S, Wide]"))
    return [*found, Overload(ANY, ANY, (f"other: {_ANY_TENSOR}",), "Tensor[S, Any]")]


# Products.


Pair: TypeAlias = tuple[Pattern, Pattern]


def product(*pairs: Pair, rarely: Iterable[Pair] = (), highest: int, default: str | None = None) -> Recipe:
    """An op of two tensors, of which some sizes must agree: those with the same name.

    Args:
        pairs: the shapes.
        rarely: shapes for which the dtype of the result is not said, to save time.
        highest: nothing is said of a second tensor of a higher rank.
        default: a further parameter which must have its default.
    """

    def recipe(op: Op) -> list[Overload]:
        name, keep = _second(op), {default: "None = ..."} if default else {}

        def taking(y: str) -> tuple[str, ...]:
            return parameters_of(op, **{name: y}, **keep)

        whatever = parameters_of(op, **{name: f"From{highest + 1} | Array"})
        found = [
            _unknown(op),
            Overload(_HIGH, ANY, parameters_of(op), _NOTHING_KNOWN),
            Overload(ANY, ANY, whatever, _NOTHING_KNOWN),
            Overload(ANY, "Narrow", taking("Tensor[Any, float64]"), _NOTHING_KNOWN),
        ]
        for case, shapes in ((Case("Wide", "Wide"), pairs), (Case(ANY, ANY), (*pairs, *rarely))):
            for x, y in shapes:
                made = tensor(outcome(op, x, y), case.made)
                found.append(Overload(shape(x), case.given, taking(_fitting(x, y)), made))
        if default:
            found.append(Overload(ANY, ANY, _required(op, name, default), _NOTHING_KNOWN))
        return found

    return recipe


def _required(op: Op, *names: str) -> tuple[str, ...]:
    """The parameters, none of which is left out."""
    return tuple(text.removesuffix(" = ...") if text.split(":")[0] in names else text for text in parameters_of(op))


def _fitting(x: Pattern, y: Pattern) -> str:
    """The type of the second tensor. Nothing is known of a size that is an `int`: it fits all sizes of x.

    (The other way round it cannot be said: for the type of `self`, mypy takes a literal for an int.)
    """
    shared = {a for a in x if isinstance(a, str) and a in y and a != "*Bs"}
    either = [y, tuple("int" if a in shared else a for a in y)]
    return " | ".join(tensor(p, ANY) for p in (either if shared else [y]))
