"""Named sizes when values are fed: where they come from, and that they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add, mul
from typing import Any, Final, NamedTuple

from . import dims, dtypes
from .dims import Poly, Symbol
from .errors import FeedError
from .facts import Atom, Fact, Facts, Quotient, Terms, evaluate, operand, show_terms, symbols_of
from .graph import Node, cast_node, node_of, wrap
from .ops import shaping
from .ops.sparse import sparse_to_dense

__all__ = ["FeedCheck", "SizeSource", "feed_check"]


class _Place(NamedTuple):
    """The axis of a placeholder, by its position among all that are fed."""

    position: int
    node: Node
    axis: int


def _places(inputs: Sequence[Node]) -> list[tuple[Poly, _Place]]:
    return [
        (size, _Place(position, node, axis))
        for position, node in enumerate(inputs)
        for axis, size in enumerate(node.shape)
        if isinstance(size, Poly)
    ]


def _lone(symbol: Symbol) -> Poly:
    return Poly({((symbol, 1),): 1})


class SizeSource:
    """Computes sizes from the shapes of the placeholders that are fed."""

    def __init__(self, inputs: Sequence[Node]) -> None:
        dense_first = sorted(_places(inputs), key=lambda found: bool(found[1].node.attrs["sparse"]))
        self._places = dict(reversed(dense_first))

    def node(self, size: Node) -> Node:
        """What computes a node of the op `size`. Raises FeedError if no placeholder that is fed has it."""
        poly: Poly = size.attrs["size"]
        value = self._at(self._places[poly]) if poly in self._places else self._sum(dict(poly.terms), size)
        return cast_node(node_of(value), size.dtype)

    def _at(self, place: _Place) -> Any:
        tensor: Any = wrap(place.node)
        if place.node.attrs["sparse"]:
            tensor = sparse_to_dense(tensor)
        return wrap(cast_node(node_of(shaping.shape(tensor)[place.axis]), dtypes.int64))

    def _sum(self, terms: Terms, user: Node) -> Any:
        """The polynomial as a tensor of int64, or an int."""
        products = []
        for factors, coefficient in sorted(terms.items(), key=repr):  # always in one order
            values = [self._atom(atom, user) for atom, power in factors for _ in range(power)]
            products.append(reduce(mul, values if values and coefficient == 1 else [*values, coefficient]))
        return reduce(add, products)

    def _atom(self, atom: Atom, user: Node) -> Any:
        return self._symbol(atom, user) if isinstance(atom, Symbol) else self._quotient(atom, user)

    def _quotient(self, quotient: Quotient, user: Node) -> Any:
        return self._sum(quotient.num, user) // self._sum(quotient.den, user)

    def _symbol(self, symbol: Symbol, user: Node) -> Any:
        place = self._places.get(_lone(symbol))
        if place is None:
            where = f"; it is needed at {user.where}" if user.where else ""
            raise FeedError(f"the size {str(symbol)!r} is not known: no placeholder that is fed has it{where}")
        return self._at(place)


def feed_check(inputs: Sequence[Node]) -> FeedCheck | None:
    """The check of what is fed to the inputs; None without sizes, of which there is nothing to check."""
    places = _places(inputs)
    return FeedCheck(places) if places else None


class FeedCheck:
    """Checks the shapes of what is fed: equal names are equal sizes, and what was required of them holds."""

    def __init__(self, places: list[tuple[Poly, _Place]]) -> None:
        self._places: Final = places
        sizes = [size for size, _ in self._places]
        self._bound = {s: size for size in sizes for s in dims.symbols(size) if _lone(s) == size}
        self._composed = [
            (size, place)
            for size, place in dict(reversed(self._places)).items()
            if size not in self._bound.values() and self._bound.keys() >= dims.symbols(size)
        ]
        self._is_linked = len(set(sizes)) < len(sizes) or bool(self._composed)
        self._seen: tuple[Facts, list[Fact]] | None = None
        #: The known facts that leave nothing to check: whoever finds them still known need not call.
        self.idle: Facts | None = None

    def __call__(self, arrays: Sequence[Any]) -> None:
        """Raises FeedError if the arrays' sizes do not fit each other."""
        known, facts = self._facts()
        if self._is_linked or facts:
            self._check(arrays, facts)
        else:
            self.idle = known

    def _facts(self) -> tuple[Facts, list[Fact]]:
        """The facts that are known, of which there may be more at each call, and those about sizes that are fed."""
        seen = self._seen
        known = dims.known_facts()
        if seen is None or known is not seen[0]:
            named = self._bound.keys()
            facts = [f for f in known.facts if named >= symbols_of(dict(f.num)) | symbols_of(dict(f.den))]
            seen = self._seen = known, facts
        return seen

    def _check(self, arrays: Sequence[Any], facts: Sequence[Fact]) -> None:
        first: dict[Poly, tuple[int, Node]] = {}
        for size, (position, node, axis) in self._places:
            found = arrays[position].shape[axis]
            known, other = first.setdefault(size, (found, node))
            if known != found:
                raise FeedError(
                    f"the size {dims.show_dim(size)} is {known} in what {other.attrs['name']!r} was fed and "
                    f"{found} along axis {axis} of what {node.attrs['name']!r} was fed"
                )
        numbers = {symbol: first[size][0] for symbol, size in self._bound.items()}
        for size, place in self._composed:
            _check_composed(size, place, first[size][0], numbers)
        for fact in facts:
            _check_fact(fact, numbers)


def _check_composed(size: Poly, place: _Place, found: int, numbers: Mapping[Symbol, int]) -> None:
    wanted = _number(dict(size.terms), numbers)
    if wanted != found:
        raise FeedError(
            f"the size {size} is {wanted}, where {_listed(dims.symbols(size), numbers)}, but "
            f"{found} along axis {place.axis} of what {place.node.attrs['name']!r} was fed"
        )


def _check_fact(fact: Fact, numbers: Mapping[Symbol, int]) -> None:
    num, den = dict(fact.num), dict(fact.den)
    divisor = _number(den, numbers)
    if divisor == 0 or _number(num, numbers) % divisor:
        raise FeedError(
            f"kt.require({fact}) does not hold: {show_terms(num)} is not a multiple of {show_terms(den)}, "
            f"where {_listed(symbols_of(num) | symbols_of(den), numbers)}"
        )


def _number(terms: Terms, numbers: Mapping[Symbol, int]) -> int:
    try:
        return evaluate(terms, numbers)
    except ZeroDivisionError:
        raise FeedError(
            f"the size {operand(terms)} divides by 0, where {_listed(symbols_of(terms), numbers)}"
        ) from None


def _listed(symbols: set[Symbol] | frozenset[Symbol], numbers: Mapping[Symbol, int]) -> str:
    """As messages have it: "H is 4, D is 10"."""
    return ", ".join(f"{symbol} is {numbers[symbol]}" for symbol in sorted(symbols, key=str))
