"""Polynomials with integer coefficients as plain dicts of terms: what sizes are made of; see `dims`.

A monomial is a sorted tuple of (atom, power); an atom is anything with a `key` to sort by. All functions leave
their arguments alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from math import gcd
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from typing_extensions import NamedTuple  # generic ones are in Python since 3.11

__all__ = [
    "ONE",
    "Monomial",
    "Relation",
    "Terms",
    "added",
    "common_factor",
    "content",
    "divided",
    "divided_by_term",
    "leading",
    "monomial",
    "multiplied",
    "over",
    "reduced",
    "rule",
]


class Atom(Protocol):
    """What stands for one unknown number."""

    @property
    def key(self) -> str:
        """Equal for equal atoms, different for others."""


A = TypeVar("A", bound=Atom)
Monomial: TypeAlias = tuple[tuple[A, int], ...]
#: The coefficient of each monomial; none is 0.
Terms: TypeAlias = Mapping[Monomial[A], int]

#: The monomial of a constant.
ONE: Final = ()


def monomial(factors: Iterable[tuple[A, int]]) -> Monomial[A]:
    """The product of the factors, each an atom and its power."""
    total: dict[A, int] = {}
    for atom, power in factors:
        total[atom] = total.get(atom, 0) + power
    return tuple(sorted(((a, p) for a, p in total.items() if p), key=lambda factor: factor[0].key))


def added(a: Terms[A], b: Terms[A], times: int = 1, shift: Monomial[A] = ONE) -> dict[Monomial[A], int]:
    """a + times * shift * b."""
    total = dict(a)
    for factors, coefficient in b.items():
        product = monomial((*factors, *shift)) if shift else factors
        left = total.pop(product, 0) + times * coefficient
        if left:
            total[product] = left
    return total


def multiplied(a: Terms[A], b: Terms[A]) -> dict[Monomial[A], int]:
    """a * b."""
    total: dict[Monomial[A], int] = {}
    for left, times in a.items():
        for right, coefficient in b.items():
            factors = monomial((*left, *right)) if left and right else left or right
            total[factors] = total.get(factors, 0) + times * coefficient
    return {factors: c for factors, c in total.items() if c}


def over(factors: Monomial[A], divisor: Monomial[A]) -> Monomial[A] | None:
    """The quotient of two monomials; None if it is none."""
    if not divisor or factors == divisor:
        return factors if not divisor else ONE
    left = dict(factors)
    for atom, power in divisor:
        if left.get(atom, 0) < power:
            return None
        left[atom] -= power
    return tuple((atom, power) for atom, power in left.items() if power)


def leading(terms: Terms[A]) -> Monomial[A]:
    """The largest monomial, in the lexicographic order of the powers of the atoms."""
    atoms = sorted({atom for factors in terms for atom, _ in factors}, key=lambda atom: atom.key)

    def powers(factors: Monomial[A]) -> tuple[int, ...]:
        power = dict(factors)
        return tuple(power.get(atom, 0) for atom in atoms)

    return max(terms, key=powers)


class Relation(NamedTuple, Generic[A]):
    """`coefficient * lead` is `rest`: a rule to rewrite polynomials by."""

    lead: Monomial[A]
    coefficient: int
    rest: Mapping[Monomial[A], int]


def rule(lead: Monomial[A], terms: Terms[A]) -> Relation[A]:
    """`terms == 0` as a rule for the term of `lead`."""
    return Relation(lead, terms[lead], {factors: -c for factors, c in terms.items() if factors != lead})


def reduced(terms: Terms[A], relation: Relation[A]) -> tuple[dict[Monomial[A], int], dict[Monomial[A], int]]:
    """The polynomial rewritten by the rule wherever it applies, and how often it was used (a polynomial too).

    What is left of a coefficient is its remainder, so that equal polynomials end up equal.
    """
    left, used = dict(terms), dict[Monomial[A], int]()
    waiting = list(left)
    while waiting:
        factors = waiting.pop()
        shift = over(factors, relation.lead)
        times = 0 if shift is None else left.get(factors, 0) // relation.coefficient
        if shift is None or not times:
            continue
        left = added(left, {relation.lead: relation.coefficient}, -times, shift)
        left = added(left, relation.rest, times, shift)
        used = added(used, {shift: times})
        waiting += [monomial((*m, *shift)) for m in relation.rest]
    return left, used


def divided(terms: Terms[A], divisor: Terms[A]) -> tuple[dict[Monomial[A], int], dict[Monomial[A], int]]:
    """Quotient and remainder of long division; the same remainder for all that differ by multiples of the divisor."""
    rest, quotient = reduced(terms, rule(leading(divisor), divisor))
    return quotient, rest


def divided_by_term(terms: Terms[A], divisor: Terms[A]) -> dict[Monomial[A], int] | None:
    """The quotient by a divisor of one term; None if there is a remainder."""
    ((lead, coefficient),) = divisor.items()
    quotient: dict[Monomial[A], int] = {}
    for factors, c in terms.items():
        left = over(factors, lead)
        if left is None or c % coefficient:
            return None
        quotient[left] = c // coefficient
    return quotient


def content(terms: Terms[A]) -> int:
    """The greatest common divisor of all coefficients."""
    return reduce(gcd, terms.values(), 0)


def common_factor(terms: Terms[A]) -> Monomial[A]:
    """The largest monomial that divides all terms."""
    first, *others = terms
    powers = dict(first)
    for factors in others:
        other = dict(factors)
        powers = {atom: min(power, other.get(atom, 0)) for atom, power in powers.items()}
    return tuple((atom, power) for atom, power in powers.items() if power)
