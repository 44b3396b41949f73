"""Sample tensors, and types written from what ops make of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, Union

from ... import dims, dtypes
from ...dims import Poly, Symbol
from ...dtypes import DType
from ...errors import DTypeError, KTensorError
from ...graph import build, node_of
from ...tensor import Tensor

__all__ = ["ANY", "Atom", "Case", "Pattern", "Probe", "definite", "dtype_cases", "outcome", "sample", "shape", "tensor"]

#: One part of a shape: the name of a TypeVar, "*Bs" for any number of sizes, a size, or None for one that is not known.
#: "int" is a size of that type, of which as little is known.
Atom: TypeAlias = Union[str, int, None]
Pattern: TypeAlias = tuple[Atom, ...]
#: What is run: an op as a function of its tensors.
Probe: TypeAlias = Callable[..., Tensor]

#: The type of a shape, or of a dtype, of which nothing is known.
ANY: Final = "Any"
_VARIADIC: Final = "*Bs"
#: So many sizes `*Bs` stands for, in turn.
_COUNTS: Final = (0, 1, 2, 3)


# Types as text.


def shape(pattern: Pattern | None) -> str:
    """The type of a shape: `tuple[M, L[1], Any]`; `Any` for None."""
    if pattern is None:
        return ANY
    return f"tuple[{', '.join(map(_atom, pattern)) or '()'}]"


def _atom(atom: Atom) -> str:
    if atom is None:
        return ANY
    if isinstance(atom, int):
        return f"L[{atom}]"
    return "Unpack[Bs]" if atom == _VARIADIC else atom


def tensor(pattern: Pattern | None, dtype: str, face: str = "Tensor") -> str:
    """The type of a tensor."""
    return f"{face}[{shape(pattern)}, {dtype}]"


# Shapes.


def outcome(probe: Probe, *patterns: Pattern) -> Pattern | None:
    """The shape that comes of tensors of these shapes; None if that depends on how many sizes `*Bs` stands for.

    Raises:
        KTensorError: they do not fit.
    """
    counts = _COUNTS if any(_VARIADIC in p for p in patterns) else (0,)
    found = [_result(probe, patterns, count) for count in counts]
    names = {a for p in patterns for a in p if isinstance(a, str)}
    general = _folded(found[-1], counts[-1], names)
    agree = all(_unfolded(general, count, names) == _atoms(f, count, names) for f, count in zip(found, counts))
    return general if agree else None


def definite(probe: Probe, *patterns: Pattern) -> Pattern:
    """The shape that comes of tensors of these shapes, where no size that has a name is 1.

    Raises:
        KTensorError: they do not fit.
    """
    names = sorted({a for p in patterns for a in p if isinstance(a, str)})
    numbers = {name: _FIRST_NUMBER + i for i, name in enumerate(names)}
    sizes = [tuple(numbers.get(a, a) if isinstance(a, str) else a for a in p) for p in patterns]
    found = _result(probe, sizes, 0)
    back = {number: name for name, number in numbers.items()}
    return tuple(back.get(d, d) if isinstance(d, int) else None for d in found)


#: Sizes from here on stand for names.
_FIRST_NUMBER: Final = 1009


def _result(probe: Probe, patterns: Sequence[Pattern], count: int) -> tuple[Any, ...]:
    sizes = [_sizes(p, count) for p in patterns]
    try:
        made = probe(*[sample(s, dtypes.float32) for s in sizes])
    except DTypeError:
        made = probe(*[sample(s, dtypes.int32) for s in sizes])
    return node_of(made).shape


def _sizes(pattern: Pattern, count: int) -> tuple[Any, ...]:
    sizes: list[Any] = []
    for atom in pattern:
        if atom == _VARIADIC:
            sizes += [dims.named(f"Bs{i}") for i in range(count)]
        elif atom == "int":
            sizes.append(None)
        else:
            sizes.append(dims.named(atom) if isinstance(atom, str) else atom)
    return tuple(sizes)


def sample(sizes: Sequence[Any], dtype: type[DType]) -> Tensor:
    """A tensor that holds nothing; sizes that are None are not known."""
    shape = tuple(dims.anonymous() if d is None else d for d in sizes)
    return build("placeholder", shape=shape, dtype=dtype, name="sample", sparse=False)


def _atoms(sizes: Iterable[Any], count: int, names: set[str]) -> list[Atom]:
    known = {*names, *(f"Bs{i}" for i in range(count))}
    return [d if isinstance(d, int) else _name(d, known) for d in sizes]


def _name(size: object, known: set[str]) -> str | None:
    if isinstance(size, Poly) and len(size.terms) == 1:
        ((monomial, coefficient),) = size.terms
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1 and isinstance(monomial[0][0], Symbol):
            name = monomial[0][0].name
            return name if name in known else None
    return None


def _folded(sizes: Sequence[Any], count: int, names: set[str]) -> Pattern:
    """The sizes of `*Bs` made one again."""
    atoms = _atoms(sizes, count, names)
    run = [f"Bs{i}" for i in range(count)]
    for start in range(len(atoms) - count + 1 if count else 0):
        if atoms[start : start + count] == run:
            atoms[start : start + count] = [_VARIADIC]
    return tuple(atoms)


def _unfolded(pattern: Pattern, count: int, names: set[str]) -> list[Atom]:
    atoms: list[Atom] = []
    for atom in pattern:
        atoms += [f"Bs{i}" for i in range(count)] if atom == _VARIADIC else [atom]
    return atoms


# Dtypes.


class Case(NamedTuple):
    """What an op makes of the dtypes of a group: the group, and the group itself for "stays", a dtype, or `Any`."""

    given: str
    made: str


#: Groups of dtypes, by the TypeVars and aliases that stand for them in the stub, the most special first.
GROUPS: Final[Mapping[str, Sequence[type[DType]]]] = {
    "Flt": [d for d in dtypes.ALL_DTYPES if d.is_float],
    "Int": [d for d in dtypes.ALL_DTYPES if d.is_integer],
    "bool_": [dtypes.bool_],
}


def dtype_cases(*probes: Callable[[Tensor], Tensor]) -> list[Case]:
    """What comes of each dtype, in the order in which overloads are tried; `Any` where the probes do not agree.

    A tensor of an unknown dtype takes the first overload: what it gives must be right for all dtypes.
    """
    made = {group: _agreed([_made(p, group) for p in probes]) for group in GROUPS}
    first, second, third = made.values()
    if first == second == _STAYS and third == "bool_":
        return [Case("D", "D")]
    if first == second == third:
        return [Case(ANY, first or ANY)]
    cases = [Case(ANY, ANY)]
    if third is not None and third == second != _STAYS:
        cases.insert(0, Case("Whole", third))
    elif first == second == _STAYS:
        return [Case("Num", "Num"), Case("bool_", third or ANY), *cases]
    elif second is not None:
        cases.insert(0, Case("Int", "Int" if second == _STAYS else second))
    if first is not None:
        cases.insert(0, Case("Flt", "Flt" if first == _STAYS else first))
    if cases[0].made not in (cases[0].given, ANY):
        raise ValueError(f"an unknown dtype would take the overload of {cases[0].given}, and be {cases[0].made}")
    return cases


_STAYS: Final = "stays"


def _agreed(made: Sequence[str | None]) -> str | None:
    known = [m for m in made if m is not None]
    return None if not known else known[0] if len(set(known)) == 1 else ANY


def _made(probe: Callable[[Tensor], Tensor], group: str) -> str | None:
    """ "stays", the name of the one dtype that is made, `Any`; None if the op takes none of the group."""
    made: dict[type[DType], type[DType]] = {}
    for member in GROUPS[group]:
        with contextlib.suppress(KTensorError):
            made[member] = node_of(probe(sample((2, 2), member))).dtype
    if not made:
        return None
    if len(made) > 1 and all(given is result for given, result in made.items()):
        return _STAYS
    return made.popitem()[1].__name__ if len(set(made.values())) == 1 else ANY
