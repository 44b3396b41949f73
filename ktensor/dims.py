"""Dimensions: an int, an integer polynomial over symbols, or None for "nothing is known".

A symbol stands for a size that is the same wherever the symbol stands. It is *named* when a user named it
(`placeholder(("batch", 784))`); the anonymous ones come from `None` in a placeholder's shape, are shown as
None again, and agree with any size until a value says otherwise.

All sizes are at least 0, and what they are divided by is more than 0. Of a division that may leave a remainder
the quotient is an atom of its own, `D//H`. `require(D % H == 0)` says that it leaves none: then `H * (D//H)` is `D`.

This module imports neither NumPy nor an engine, so that the type checker can load it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Integral
from threading import Lock
from typing import TypeAlias, TypeVar, Union

from . import terms as algebra
from .errors import ArgumentError, ConcreteValueError, ShapeError
from .facts import (
    NO_FACTS,
    Atom,
    Fact,
    Facts,
    Frozen,
    Quotient,
    Symbol,
    Terms,
    atoms_of,
    exact,
    is_nonnegative,
    may_divide,
    show_terms,
    split,
    symbols_of,
)
from .facts import evaluate as evaluate_terms
from .terms import ONE

__all__ = [
    "Atom",
    "Condition",
    "Dim",
    "Fact",
    "Facts",
    "Poly",
    "Remainder",
    "Shape",
    "Symbol",
    "add",
    "anonymous",
    "assuming",
    "equal",
    "evaluate",
    "exact_div",
    "floordiv",
    "hint",
    "is_open",
    "known_facts",
    "learn",
    "may_be_size",
    "merge",
    "mod",
    "mul",
    "named",
    "nonnegative",
    "product",
    "public",
    "require",
    "same",
    "show",
    "show_dim",
    "sub",
    "symbols",
]

Result = TypeVar("Result")


class Poly:
    """A size that is not known yet: a polynomial with integer coefficients over symbols.

    It is computed with like an int: `+ - * // %`. It is kept in a canonical form, so that `==` says whether
    two sizes are known to be equal.
    """

    __slots__ = ("is_open", "terms")

    __array_ufunc__ = None  # so that NumPy leaves arithmetic to it

    def __init__(self, terms: Terms) -> None:
        self.terms: Frozen = frozenset((m, c) for m, c in terms.items() if c)
        self.is_open = any(atom.is_open for monomial, _ in self.terms for atom, _ in monomial)

    def __eq__(self, other: object) -> bool:
        return self.terms == other.terms if isinstance(other, Poly) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.terms)

    def __str__(self) -> str:
        return show_terms(dict(self.terms))

    __repr__ = __str__

    def __add__(self, other: int | Poly) -> Known:
        return _apply(_add, self, other)

    def __radd__(self, other: int | Poly) -> Known:
        return _apply(_add, other, self)

    def __sub__(self, other: int | Poly) -> Known:
        return _apply(_sub, self, other)

    def __rsub__(self, other: int | Poly) -> Known:
        return _apply(_sub, other, self)

    def __mul__(self, other: int | Poly) -> Known:
        return _apply(_mul, self, other)

    def __rmul__(self, other: int | Poly) -> Known:
        return _apply(_mul, other, self)

    def __floordiv__(self, other: int | Poly) -> Known:
        return _apply(_floordiv, self, other)

    def __rfloordiv__(self, other: int | Poly) -> Known:
        return _apply(_floordiv, other, self)

    def __mod__(self, other: int | Poly) -> int | Remainder:
        return _apply(_mod, self, other)

    def __rmod__(self, other: int | Poly) -> int | Remainder:
        return _apply(_mod, other, self)

    def __neg__(self) -> Known:
        return _mul(-1, self)

    def __pos__(self) -> Poly:
        return self

    def __int__(self) -> int:
        raise _not_known("int()", self)

    def __float__(self) -> float:
        raise _not_known("float()", self)

    def __index__(self) -> int:
        raise _not_known("index()", self)

    def __bool__(self) -> bool:
        raise _not_known("bool()", self)

    def __lt__(self, other: int | Poly) -> bool:
        return _not_ordered("<", self, other)

    def __le__(self, other: int | Poly) -> bool:
        return _not_ordered("<=", self, other)

    def __gt__(self, other: int | Poly) -> bool:
        return _not_ordered(">", self, other)

    def __ge__(self, other: int | Poly) -> bool:
        return _not_ordered(">=", self, other)


Known: TypeAlias = Union[int, Poly]
Dim: TypeAlias = Union[int, Poly, None]
Shape: TypeAlias = tuple[Dim, ...]


# What is known to leave no remainder.


class _Scope:
    """Where facts are recorded."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.lock = Lock()


_scope: ContextVar[_Scope] = ContextVar("facts", default=_Scope(NO_FACTS))  # noqa: B039  # one for the process


def known_facts() -> Facts:
    """The facts that sizes are computed with: another object whenever they have changed."""
    return _scope.get().facts


@contextmanager
def assuming(facts: Iterable[tuple[Known, Known]]) -> Iterator[None]:
    """Only these facts, each (num, den), hold inside; those that are recorded inside are forgotten after it."""
    token = _scope.set(_Scope(Facts([_fact(num, den) for num, den in facts if den != 0])))
    try:
        yield
    finally:
        _scope.reset(token)


def learn(num: Known, den: Known) -> None:
    """Records that `num` is a multiple of `den`. Raises ShapeError if it cannot be."""
    if den == 0 or not may_divide(_terms(num), _terms(den)):
        raise ShapeError(f"require: {show_dim(num)} is not a multiple of {show_dim(den)}")
    scope = _scope.get()
    with scope.lock:
        if exact_div(num, den) is None:
            scope.facts = Facts([*scope.facts.facts, _fact(num, den)])


def _fact(num: Known, den: Known) -> Fact:
    return Fact(frozenset(_terms(num).items()), frozenset(_terms(den).items()))


def _terms(dim: Known) -> Terms:
    if isinstance(dim, Poly):
        return dict(dim.terms)
    return {ONE: dim} if dim else {}


def _simplest(terms: Terms) -> Known:
    facts = _scope.get().facts
    if facts.by_atom:
        terms = facts.contracted(terms)
    if not terms:
        return 0
    if terms.keys() == {ONE}:
        return terms[ONE]
    return Poly(terms)


# Arithmetic.


def anonymous() -> Poly:
    """A new size of which nothing is known but that it is one and the same wherever it stands."""
    return Poly({((Symbol(None), 1),): 1})


def named(name: str) -> Poly:
    """The size called `name`."""
    return Poly({((Symbol(name), 1),): 1})


def _add(a: Known, b: Known) -> Known:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return _simplest(algebra.added(_terms(a), _terms(b)))


def _sub(a: Known, b: Known) -> Known:
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    return _simplest(algebra.added(_terms(a), _terms(b), -1))


def _mul(a: Known, b: Known) -> Known:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return _simplest(algebra.multiplied(_terms(a), _terms(b)))


def _floordiv(a: Known, b: Known) -> Known:
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if b == 0:
        raise ZeroDivisionError(f"{a} // 0")
    if isinstance(b, int) and b < 0:
        a, b = _mul(-1, a), -b
    whole_quotient = exact_div(a, b)
    if whole_quotient is not None:
        return whole_quotient
    whole, atom = split(_terms(a), _terms(b), known_facts())
    return _simplest(whole if atom is None else algebra.added(whole, {((atom, 1),): 1}))


def _mod(a: Known, b: Known) -> int | Remainder:
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if b == 0:
        raise ZeroDivisionError(f"{a} % 0")
    rest = _sub(a, _mul(b, _floordiv(a, b)))
    return rest if isinstance(rest, int) else Remainder(a, b)


def _apply(compute: Callable[[Known, Known], Result], a: object, b: object) -> Result:
    """What an operator gives for ints and sizes; all others, tensors for example, know themselves what to do."""
    x, y = _read(a), _read(b)
    return NotImplemented if x is None or y is None else compute(x, y)


def _read(value: object) -> Known | None:
    if isinstance(value, (int, Poly)):
        return value
    return int(value) if isinstance(value, Integral) else None


def _not_ordered(sign: str, a: Poly, b: object) -> bool:
    if _read(b) is None and not isinstance(b, float):
        return NotImplemented  # type: ignore[no-any-return]  # as Python wants it: a tensor compares itself
    raise ConcreteValueError(f"{a} {sign} {b}: sizes with names are not known until they are fed")


def _not_known(what: str, size: object) -> ConcreteValueError:
    return ConcreteValueError(f"{what} of the size {size}: it is not known until it is fed")


def add(a: Dim, b: Dim) -> Dim:
    """a + b."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return None if a is None or b is None else _add(a, b)


def mul(a: Dim, b: Dim) -> Dim:
    """a * b."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if a is None or b is None:
        return 0 if a == 0 or b == 0 else None
    if isinstance(a, int) and a == 1:  # so that products are fast
        return b
    return _mul(a, b)


def sub(a: Dim, b: Dim) -> Dim:
    """a - b."""
    return None if a is None or b is None else _sub(a, b)


def exact_div(a: Dim, b: Dim) -> Known | None:
    """a / b where that is exact for all values of the symbols, as far as facts say, else None."""
    if a is None or b is None or b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a % b == 0 else None
    if a == b:
        return 1
    quotient = exact(_terms(a), _terms(b), known_facts())
    return None if quotient is None else _simplest(quotient)


def floordiv(a: Dim, b: Dim) -> Dim:
    """a // b; None if b is 0."""
    return None if a is None or b is None or b == 0 else _floordiv(a, b)


def mod(a: Dim, b: Dim) -> int | Remainder | None:
    """a % b: an int where it is known, 0 where the division is exact; None if b is 0."""
    return None if a is None or b is None or b == 0 else _mod(a, b)


def product(sizes: Iterable[Dim]) -> Dim:
    """The product of all sizes; 1 of none."""
    total: Dim = 1
    for size in sizes:
        total = mul(total, size)
    return total


def symbols(dim: Dim) -> frozenset[Symbol]:
    """All symbols in a size, those of its quotients too."""
    return frozenset(symbols_of(_terms(dim))) if isinstance(dim, Poly) else frozenset()


def evaluate(dim: Known, sizes: Mapping[Symbol, int]) -> int:
    """The number that a size is. Raises KeyError if a symbol is missing, ZeroDivisionError for a division by 0."""
    return evaluate_terms(_terms(dim), sizes)


# Conditions.


class Remainder:
    """`num % den`, which is not known: `== 0` makes a condition of it."""

    def __init__(self, num: Known, den: Known) -> None:
        self.num, self.den = num, den

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # a condition, unlike object's
        if isinstance(other, int) and other == 0:
            return Condition(self.num, self.den)
        raise ArgumentError(f"{self} == {other!r}: a remainder that is not known can only be compared with 0")

    __hash__ = None  # type: ignore[assignment]  # its == is no truth value

    def __repr__(self) -> str:
        return str(_fact(self.num, self.den)).removesuffix(" == 0")

    def __bool__(self) -> bool:
        raise ConcreteValueError(_unproved(_fact(self.num, self.den)))

    def __int__(self) -> int:
        raise _not_known("int()", self)


class Condition:
    """That `num` is a multiple of `den`, for `require`."""

    def __init__(self, num: Known, den: Known) -> None:
        self.num, self.den = num, den

    def __repr__(self) -> str:
        return str(_fact(self.num, self.den))

    def __bool__(self) -> bool:
        raise ConcreteValueError(_unproved(_fact(self.num, self.den)))


def _unproved(fact: Fact) -> str:
    return f"whether {fact} is not known until the sizes are fed; if it must hold, say so: kt.require({fact})"


def require(condition: bool | Condition) -> None:
    """Says that a size is a multiple of another: `kt.require(D % H == 0)`.

    From then on `H * (D // H)` is `D`, wherever the names D and H stand, and it is checked when values are fed.

    Raises:
        ShapeError: it is known not to hold.
    """
    if isinstance(condition, Condition):
        learn(condition.num, condition.den)
    elif not condition:
        raise ShapeError("require: the condition does not hold")


def hint(a: Dim, b: Dim) -> str:
    """What would make two sizes equal, to end a message with; "" if nothing that we know of."""
    difference = sub(a, b)
    if not isinstance(difference, Poly) or difference.is_open:
        return ""
    terms = _terms(difference)
    for atom in sorted(atoms_of(terms), key=lambda atom: atom.key):
        if isinstance(atom, Quotient):
            fact = Fact(frozenset(atom.num.items()), frozenset(atom.den.items()))
            if not Facts([*known_facts().facts, fact]).contracted(terms):
                what = f"{show_terms(atom.num)} is a multiple of {show_terms(atom.den)}"
                return f"; if {what}, say so: kt.require({fact})"
    return ""


def nonnegative(dim: Dim) -> bool:
    """True if it can be proved that the size is not negative, whatever its symbols are."""
    return dim is not None and is_nonnegative(_terms(dim))


def may_be_size(dim: Dim) -> bool:
    """True if it can be proved that the size is not negative but for a constant that is subtracted: `n - 1`."""
    return dim is not None and is_nonnegative({m: c for m, c in _terms(dim).items() if m or c > 0})


# Comparing and showing.


def is_open(dim: Dim) -> bool:
    """True if the size may turn out to be anything: None, or with an anonymous symbol in it."""
    return dim is None or (isinstance(dim, Poly) and dim.is_open)


def same(a: Dim, b: Dim) -> bool:
    """True unless the two sizes are known to differ."""
    if a == b or is_open(a) or is_open(b):
        return True
    # One of them may be older than a fact.
    return bool(_scope.get().facts.by_atom) and (isinstance(a, Poly) or isinstance(b, Poly)) and sub(a, b) == 0


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
