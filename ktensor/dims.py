"""Dimensions: an int, an integer polynomial over symbols, or None for "nothing is known".

A symbol stands for a size that is the same wherever the symbol stands. It is *named* when a user named it
(`placeholder(("batch", 784))`); the anonymous ones come from `None` in a placeholder's shape, are shown as
None again, and agree with any size until a value says otherwise.

This module imports the standard library alone, so that the type checker can load it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, Union

__all__ = [
    "Atom",
    "Dim",
    "Poly",
    "Shape",
    "Symbol",
    "add",
    "anonymous",
    "equal",
    "exact_div",
    "floordiv",
    "is_open",
    "merge",
    "mul",
    "named",
    "product",
    "public",
    "same",
    "show",
    "show_dim",
    "sub",
]

_serial = itertools.count()


class Symbol:
    """A size that is not known yet. Named symbols are equal by name, anonymous ones by identity."""

    __slots__ = ("key", "name")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.key: tuple[object, ...] = ("", name) if name is not None else ("?", next(_serial))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.name if self.name is not None else "None"

    __repr__ = __str__

    @property
    def is_open(self) -> bool:
        """True of an anonymous symbol: it agrees with any size."""
        return self.name is None


class Quotient:
    """`num // den` where the division is not known to be exact."""

    __slots__ = ("den", "key", "num")

    def __init__(self, num: Poly, den: Poly) -> None:
        self.num, self.den = num, den
        self.key: tuple[object, ...] = ("//", num.terms, den.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"({self.num})//({self.den})"

    __repr__ = __str__

    @property
    def is_open(self) -> bool:
        """True if an anonymous symbol is part of it."""
        return self.num.is_open or self.den.is_open


Atom: TypeAlias = Union[Symbol, Quotient]
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]


class Poly:
    """A polynomial with integer coefficients over symbols, kept in a canonical form, so `==` is equality."""

    __slots__ = ("is_open", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms: frozenset[tuple[Monomial, int]] = frozenset((m, c) for m, c in terms.items() if c)
        self.is_open = any(atom.is_open for monomial, _ in self.terms for atom, _ in monomial)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __str__(self) -> str:
        ordered = sorted(self.terms, key=lambda t: (-sum(p for _, p in t[0]), str(t[0])))
        return "+".join(_show_term(m, c) for m, c in ordered).replace("+-", "-") or "0"

    __repr__ = __str__


Dim: TypeAlias = Union[int, Poly, None]
Shape: TypeAlias = tuple[Dim, ...]

_ONE: Final[Monomial] = ()


def _show_term(monomial: Monomial, coefficient: int) -> str:
    factors = [f"{atom}" + (f"**{power}" if power != 1 else "") for atom, power in monomial]
    if coefficient != 1 or not factors:
        factors.insert(0, str(coefficient))
    return "*".join(factors)


def _monomial(powers: Iterable[tuple[Atom, int]]) -> Monomial:
    total: dict[Atom, int] = {}
    for atom, power in powers:
        total[atom] = total.get(atom, 0) + power
    return tuple(sorted(((a, p) for a, p in total.items() if p), key=lambda ap: repr(ap[0].key)))


def _poly(dim: int | Poly) -> Poly:
    return dim if isinstance(dim, Poly) else Poly({_ONE: dim})


def _simplest(terms: Mapping[Monomial, int]) -> int | Poly:
    kept = {m: c for m, c in terms.items() if c}
    if not kept:
        return 0
    if kept.keys() == {_ONE}:
        return kept[_ONE]
    return Poly(kept)


def anonymous() -> Poly:
    """A new size of which nothing is known but that it is one and the same wherever it stands."""
    return Poly({((Symbol(None), 1),): 1})


def named(name: str) -> Poly:
    """The size called `name`."""
    return Poly({((Symbol(name), 1),): 1})


def add(a: Dim, b: Dim) -> Dim:
    """a + b."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if a is None or b is None:
        return None
    terms = dict(_poly(a).terms)
    for monomial, coefficient in _poly(b).terms:
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return _simplest(terms)


def mul(a: Dim, b: Dim) -> Dim:
    """a * b."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if a is None or b is None:
        return 0 if a == 0 or b == 0 else None
    terms: dict[Monomial, int] = {}
    for m1, c1 in _poly(a).terms:
        for m2, c2 in _poly(b).terms:
            monomial = _monomial(m1 + m2)
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return _simplest(terms)


def sub(a: Dim, b: Dim) -> Dim:
    """a - b."""
    return add(a, mul(-1, b))


def exact_div(a: Dim, b: Dim) -> int | Poly | None:
    """a / b where that is exact for all values of the symbols, else None."""
    if a is None or b is None or b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a % b == 0 else None
    if a == b:
        return 1
    divisor = _poly(b).terms
    if len(divisor) != 1:
        return None
    ((monomial, coefficient),) = divisor
    terms: dict[Monomial, int] = {}
    for m, c in _poly(a).terms:
        powers = dict(m)
        if c % coefficient or any(powers.get(atom, 0) < power for atom, power in monomial):
            return None
        terms[_monomial([*m, *((atom, -power) for atom, power in monomial)])] = c // coefficient
    return _simplest(terms)


def floordiv(a: Dim, b: Dim) -> Dim:
    """a // b."""
    if a is None or b is None or b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    exact = exact_div(a, b)
    return exact if exact is not None else Poly({((Quotient(_poly(a), _poly(b)), 1),): 1})


def product(sizes: Iterable[Dim]) -> Dim:
    """The product of all sizes; 1 of none."""
    total: Dim = 1
    for size in sizes:
        total = mul(total, size)
    return total


def is_open(dim: Dim) -> bool:
    """True if the size may turn out to be anything: None, or with an anonymous symbol in it."""
    return dim is None or (isinstance(dim, Poly) and dim.is_open)


def same(a: Dim, b: Dim) -> bool:
    """True unless the two sizes are known to differ."""
    return a == b or is_open(a) or is_open(b)


def equal(a: Shape, b: Shape) -> bool:
    """True if the shapes are known to be equal: None equals nothing, not even None."""
    return a == b and None not in a


def merge(a: Dim, b: Dim) -> Dim:
    """What is known of a size that is both `a` and `b`, which are the `same`: the more definite of the two."""
    if is_open(a) and not is_open(b):
        return b
    return a if a is not None else b


def public(shape: Shape) -> tuple[int | Poly | None, ...]:
    """The shape as users see it: what is not known is None, whatever we know about it."""
    return tuple(None if is_open(d) else d for d in shape)


def show_dim(dim: Dim) -> str:
    """A size as messages print it."""
    return "None" if is_open(dim) else str(dim)


def show(shape: Iterable[Dim]) -> str:
    """A shape as messages print it: `(None, 3)`."""
    sizes = [show_dim(d) for d in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
