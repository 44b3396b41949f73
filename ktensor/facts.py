"""What polynomials over sizes are made of, symbols and quotients, and what is known of their divisions.

A quotient `D//H` is an atom of its own while the division may leave a remainder. A fact, that D is a multiple of H,
makes a rule of it: `H * (D//H)` is `D`. `dims` has the sizes that users see.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from math import gcd
from typing import Final, NamedTuple, TypeAlias, Union

from . import terms as algebra
from .terms import ONE, Relation

__all__ = [
    "NO_FACTS",
    "Atom",
    "Fact",
    "Facts",
    "Frozen",
    "Monomial",
    "Quotient",
    "Symbol",
    "Terms",
    "atoms_of",
    "evaluate",
    "exact",
    "is_nonnegative",
    "may_divide",
    "operand",
    "show_terms",
    "split",
    "symbols_of",
]

_serial = itertools.count()


class Symbol:
    """A size that is not known yet. Named symbols are equal by name, anonymous ones by identity."""

    __slots__ = ("key", "name")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.key = f"={name!r}" if name is not None else f"?{next(_serial):012}"

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
    """`num // den` where the division is not exact for all sizes, in lowest terms; made by `split`."""

    __slots__ = ("den", "key", "num")

    def __init__(self, num: Terms, den: Terms) -> None:
        self.num, self.den = num, den
        self.key = f"~({_sort_key(num)})//({_sort_key(den)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and self.num == other.num and self.den == other.den

    def __hash__(self) -> int:
        return hash((frozenset(self.num.items()), frozenset(self.den.items())))

    def __str__(self) -> str:
        return f"({operand(self.num)}//{operand(self.den, divides=True)})"

    __repr__ = __str__

    @property
    def is_open(self) -> bool:
        """True if an anonymous symbol is part of it."""
        return any(atom.is_open for atom in atoms_of(self.num) | atoms_of(self.den))


Atom: TypeAlias = Union[Symbol, Quotient]
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
Terms: TypeAlias = Mapping[Monomial, int]
Frozen: TypeAlias = frozenset[tuple[Monomial, int]]


def atoms_of(terms: Terms) -> set[Atom]:
    """All symbols and quotients in a polynomial."""
    return {atom for factors in terms for atom, _ in factors}


def symbols_of(terms: Terms) -> set[Symbol]:
    """All symbols in a polynomial, those of its quotients too."""
    found: set[Symbol] = set()
    for atom in atoms_of(terms):
        found |= {atom} if isinstance(atom, Symbol) else symbols_of(atom.num) | symbols_of(atom.den)
    return found


def evaluate(terms: Terms, sizes: Mapping[Symbol, int]) -> int:
    """The number that a polynomial is. KeyError if a symbol is missing, ZeroDivisionError for a division by 0."""

    def value(atom: Atom) -> int:
        return sizes[atom] if isinstance(atom, Symbol) else evaluate(atom.num, sizes) // evaluate(atom.den, sizes)

    return sum(c * math.prod(value(atom) ** power for atom, power in factors) for factors, c in terms.items())


# Text and order.


def show_terms(terms: Terms) -> str:
    """A polynomial as Python would read it: `2*batch-1`."""

    def place(term: tuple[Monomial, int]) -> tuple[bool, int, str]:
        return term[1] < 0, -sum(power for _, power in term[0]), str(term[0])

    quotient = _lone_quotient(terms)
    if quotient is not None:
        return str(quotient)[1:-1]
    return "+".join(_show_term(m, c) for m, c in sorted(terms.items(), key=place)).replace("+-", "-") or "0"


def _show_term(monomial: Monomial, coefficient: int) -> str:
    factors = [f"{atom}" + (f"**{power}" if power != 1 else "") for atom, power in monomial]
    if abs(coefficient) != 1 or not factors:
        factors.insert(0, str(abs(coefficient)))
    return ("-" if coefficient < 0 else "") + "*".join(factors)


def _lone_quotient(terms: Terms) -> Quotient | None:
    if len(terms) != 1:
        return None
    ((factors, coefficient),) = terms.items()
    atom = factors[0][0] if len(factors) == 1 and coefficient == factors[0][1] == 1 else None
    return atom if isinstance(atom, Quotient) else None


def operand(terms: Terms, divides: bool = False) -> str:
    """A polynomial as an operand of // or %, in brackets where Python needs them."""
    text = show_terms(terms)
    whole = len(terms) == 1 and not divides
    return text if whole or text.isidentifier() or text.isdigit() else f"({text})"


def _sort_key(terms: Terms) -> str:
    return "+".join(sorted(f"{c}{[(atom.key, power) for atom, power in m]}" for m, c in terms.items()))


# What is known to leave no remainder.


class Fact(NamedTuple):
    """`num` is a multiple of `den`."""

    num: Frozen
    den: Frozen

    def __str__(self) -> str:
        return f"{operand(dict(self.num))} % {operand(dict(self.den), divides=True)} == 0"


class Facts:
    """Facts as rules to compute by: `den * quotient` is `num`. Never changed."""

    __slots__ = ("by_atom", "expansions", "facts")

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.facts: tuple[Fact, ...] = tuple(dict.fromkeys(facts))
        #: For each quotient the rule that brings its multiples back to the numerator.
        self.by_atom: dict[Quotient, Relation[Atom]] = {}
        #: Rules in the other direction, from the numerator to a multiple of the denominator.
        self.expansions: list[Relation[Atom]] = []
        for fact in sorted(self.facts, key=_divisor_size, reverse=True):  # 4 before 2: x//2 is 2*(x//4)
            self._learn(dict(fact.num), dict(fact.den))

    def _learn(self, num: Terms, den: Terms) -> None:
        whole, atom = split(num, den, NO_FACTS)
        if atom is None:
            return
        known = exact(num, den, self)
        itself: Monomial = ((atom, 1),)
        if known is not None:  # by a fact that says more
            equation = algebra.added(algebra.added(whole, {itself: 1}), known, -1)
            if equation.get(itself) == 1:
                self.by_atom[atom] = algebra.rule(itself, equation)
            return
        multiple = algebra.multiplied(den, {itself: 1})
        num = algebra.added(num, algebra.multiplied(den, whole), -1)
        self.by_atom[atom] = algebra.rule(algebra.leading(multiple), algebra.added(multiple, num, -1))
        lead = _own_term(num, den)
        if lead is not None:
            self.expansions.append(algebra.rule(lead, algebra.added(num, multiple, -1)))

    def contracted(self, terms: Terms) -> Terms:
        """The polynomial with multiples of exact quotients written as what was divided."""
        while True:
            rules = [self.by_atom[a] for a in atoms_of(terms) if isinstance(a, Quotient) and a in self.by_atom]
            before = terms
            for rule in rules:
                terms, _ = algebra.reduced(terms, rule)
            if terms == before:
                return terms


def _divisor_size(fact: Fact) -> tuple[int, int]:
    terms = dict(fact.den)
    return max(sum(power for _, power in factors) for factors in terms), algebra.content(terms)


def _own_term(num: Terms, den: Terms) -> Monomial | None:
    """The term of `num` with the highest power of an atom that `den` does not have, so that rewriting it ends."""
    for atom in sorted(atoms_of(num) - atoms_of(den), key=lambda atom: atom.key):
        powers = {factors: dict(factors).get(atom, 0) for factors in num}
        highest = [factors for factors, power in powers.items() if power == max(powers.values())]
        if len(highest) == 1:
            return highest[0]
    return None


NO_FACTS: Final = Facts()


# Division.


def may_divide(num: Terms, den: Terms) -> bool:
    """False if `den` never divides `num`: 2*n + 1 is never a multiple of 4."""
    varying = {factors: c for factors, c in num.items() if factors}
    factor = gcd(algebra.content(den), algebra.content(varying))
    return factor == 0 or num.get(ONE, 0) % factor == 0


def exact(a: Terms, b: Terms, facts: Facts) -> Terms | None:
    """a / b, if the facts say that it is exact."""
    simple = algebra.divided_by_term(a, b) if len(b) == 1 else None
    if simple is not None or (len(b) == 1 and not facts.expansions):
        return simple
    quotient, rest = algebra.divided(a, b)
    if not rest:
        return quotient
    for rule in facts.expansions:
        expanded, used = algebra.reduced(a, rule)
        divisor, used_too = algebra.reduced(b, rule)
        if used or used_too:
            quotient, rest = algebra.divided(expanded, divisor)
            if not rest:
                return facts.contracted(quotient)
    return _exact_by_factors(a, b, facts) if facts.expansions else None


def _exact_by_factors(a: Terms, b: Terms, facts: Facts) -> Terms | None:
    """a divided by one factor of the monomial b after the other."""
    if len(b) != 1:
        return None
    ((factors, coefficient),) = b.items()
    parts: list[Terms] = [{((atom, 1),): 1} for atom, power in factors for _ in range(power)]
    if coefficient != 1:
        parts.append({ONE: coefficient})
    if len(parts) == 1:
        return None
    left: Terms | None = a
    for part in parts:
        left = None if left is None else exact(left, part, facts)
    return left


def split(num: Terms, den: Terms, facts: Facts) -> tuple[Terms, Quotient | None]:
    """num // den as a polynomial and, if the division is not exact, one quotient in lowest terms."""
    whole, rest = algebra.divided(num, den)
    for rule in facts.expansions:
        expanded, used = algebra.reduced(rest, rule)
        further, left = algebra.divided(expanded, den)
        if used and further:
            whole, rest = algebra.added(whole, further), dict(facts.contracted(left))
    if not rest:
        return whole, None
    num, den = _lowest(rest, den)
    if not num:
        return whole, None
    inner = _linear_quotient(num) if _is_positive(den) else None
    if inner is None:
        return whole, Quotient(num, den)
    # (a//b + n) // d is (a + b*n) // (b*d).
    others = {factors: c for factors, c in num.items() if factors != ((inner, 1),)}
    over, under = inner.num, inner.den
    more, atom = split(algebra.added(over, algebra.multiplied(under, others)), algebra.multiplied(under, den), facts)
    return algebra.added(whole, more), atom


def _lowest(num: Terms, den: Terms) -> tuple[Terms, Terms]:
    """num and den without common factors: of num // den, what is too small to matter is left out of num."""
    varying = {factors: c for factors, c in num.items() if factors}
    factor = gcd(algebra.content(den), algebra.content(varying if _is_positive(den) else num))
    rest = num.get(ONE, 0) % factor
    num = {m: c // factor for m, c in algebra.added(num, {ONE: rest}, -1).items()}
    den = {m: c // factor for m, c in den.items()}
    if not num:
        return num, den
    common = algebra.common_factor({**dict.fromkeys(num, 1), **dict.fromkeys(den, 1)})
    if not common:
        return num, den
    return _lowest(algebra.divided(num, {common: 1})[0], algebra.divided(den, {common: 1})[0])


def _is_positive(den: Terms) -> bool:
    """True of divisors that are surely not negative, whatever the sizes."""
    return all(c > 0 for c in den.values())


def _linear_quotient(terms: Terms) -> Quotient | None:
    """The first quotient that is a term by itself."""
    lone = [m[0][0] for m, c in terms.items() if c == 1 and len(m) == 1 and m[0][1] == 1]
    return min((a for a in lone if isinstance(a, Quotient)), key=lambda a: a.key, default=None)


def is_nonnegative(terms: Terms) -> bool:
    """True if it can be proved that the polynomial is not negative, whatever its symbols are."""
    quotients = [a for a in atoms_of(terms) if isinstance(a, Quotient)]
    if not all(is_nonnegative(a.num) and _is_positive(a.den) for a in quotients):
        return False
    negative = [factors for factors, c in terms.items() if c < 0]
    if not negative:
        return True
    for quotient in sorted(quotients, key=lambda a: a.key):
        if any(algebra.over(factors, ((quotient, 1),)) is not None for factors in negative):
            # It is at most num / den, and at most num, since den is at least 1.
            dens: tuple[Terms, Terms] = (quotient.den, {ONE: 1})
            return any(is_nonnegative(_bounded(terms, quotient, den)) for den in dens)
    return False


def _bounded(terms: Terms, quotient: Quotient, den: Terms) -> Terms:
    """Not more than the polynomial times `den`: in what is subtracted, num stands for quotient * den."""
    total: Terms = {}
    for factors, c in terms.items():
        left = algebra.over(factors, ((quotient, 1),)) if c < 0 else None
        added = (den, c, factors) if left is None else (quotient.num, c, left)
        total = algebra.added(total, *added)
    return total
