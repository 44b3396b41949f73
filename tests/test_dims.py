"""Sizes that are computed with: operators, canonical forms, what is known to divide; against Python's arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ktensor as kt
from ktensor import dims
from ktensor.dims import Dim, Poly, Symbol
from ktensor.shape import slice_length

B, D, H, N, T = map(dims.named, "BDHNT")

laws = settings(max_examples=400, derandomize=True, deadline=None, database=None)


@pytest.fixture(autouse=True)
def _own_facts() -> Iterator[None]:
    with dims.assuming([]):
        yield


# ---- Operators -------------------------------------------------------------------------------------


def test_operators_take_ints_and_sizes_on_either_side() -> None:
    three: Any = np.int64(3)
    assert [str(s) for s in (B + 1, 1 + B, B - 1, 1 - B, 2 * B, B * T, B // 2, 7 // B, -B, +B, three * B)] == (
        ["B+1", "B+1", "B-1", "1-B", "2*B", "B*T", "B//2", "7//B", "-B", "B", "3*B"]
    )


def test_results_are_ints_where_they_are_known() -> None:
    known: list[Any] = [B - B, (B + 1) - B, B * 0, B // B, (2 * B) // B, 2 * B % 2, (2 * B + 1) % 2, B * T % T, 0 // B]
    assert known == [0, 1, 0, 1, 2, 0, 1, 0, 0]
    assert all(type(k) is int for k in known)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((B * N) // (2 * B), N // 2),
        ((2 * B + 2) // (B + 1), 2),
        ((B * B - 1) // (B + 1), B - 1),
        ((B // 2) // 3, B // 6),
        ((B // 2 + 1) // 3, (B + 2) // 6),
        ((B + 3 * T) // T, B // T + 3),
        ((3 * B) // 2, B + B // 2),
        ((B - 1) // 2, (B + 1) // 2 - 1),
        ((2 * B + 1) // 4, B // 2),
        ((6 * B * T) // (4 * T), B + B // 2),
        (1 // (2 * B), 0),
        (B // -2, (-B) // 2),
        ((N + 2 * (B + T)) // (B + T), N // (B + T) + 2),
        ((B // T) * (N // T), (N // T) * (B // T)),
    ],
)
def test_equal_sizes_have_one_form(size: Dim, wanted: Dim) -> None:
    assert size == wanted
    assert hash(size) == hash(wanted)
    assert str(size) == str(wanted)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (B // 2, "B//2"),
        (B // 2 + 1, "(B//2)+1"),
        ((B + 1) // (2 * T) * N, "N*((B+1)//(2*T))"),
        (T - 3 * B * B, "T-3*B**2"),
        ((B // T) * (N // T), "(B//T)*(N//T)"),
        (B % T, "B % T"),
        ((B + 1) % (2 * T) == 0, "(B+1) % (2*T) == 0"),
        (B * T % N == 0, "B*T % N == 0"),
    ],
)
def test_sizes_as_messages_print_them(size: object, shown: str) -> None:
    assert str(size) == shown


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (int, r"int\(\) of the size 2\*B: it is not known until it is fed"),
        (float, r"float\(\) of the size 2\*B"),
        (bool, r"bool\(\) of the size 2\*B"),
        (range, r"index\(\) of the size 2\*B"),
        (lambda n: n < 3, r"2\*B < 3: sizes with names are not known until they are fed"),
        (lambda n: n >= T, r"2\*B >= T"),
        (lambda n: n <= 0.5, r"2\*B <= 0.5"),
        (lambda n: bool(n % T), r"whether 2\*B % T == 0 is not known .*: kt.require\(2\*B % T == 0\)"),
        (lambda n: bool(n % T != 0), r"whether 2\*B % T == 0 is not known"),
        (lambda n: int(n % T), r"int\(\) of the size 2\*B % T"),
    ],
)
def test_what_needs_a_number_says_that_there_is_none(use: Callable[[Any], object], message: str) -> None:
    with pytest.raises(kt.ConcreteValueError, match=message):
        use(2 * B)


def test_what_is_no_size_is_refused() -> None:
    for other in (0.5, "2", None):
        with pytest.raises(TypeError, match="unsupported operand"):
            B + other  # type: ignore[operator]  # as mypy says too
    with pytest.raises(TypeError, match=r"unsupported operand"):
        np.arange(3) * B  # type: ignore[operator]  # as mypy says too
    with pytest.raises(ZeroDivisionError):
        B // 0
    with pytest.raises(ZeroDivisionError):
        B % 0
    with pytest.raises(kt.ArgumentError, match="B % T == 1: a remainder that is not known can only be compared with 0"):
        B % T == 1  # noqa: B015  # that it raises is the point


def test_equality_is_that_of_what_is_written() -> None:
    assert dims.named("B") == B
    assert B != T
    assert B != 3
    assert B not in (1, None, "B")
    assert len({B, dims.named("B"), 2 * B}) == 2


# ---- Facts -----------------------------------------------------------------------------------------


def test_a_condition_on_ints_is_checked_at_once() -> None:
    kt.require(12 % 4 == 0)
    with pytest.raises(kt.ShapeError, match=r"^require: the condition does not hold$"):
        kt.require(10 % 4 == 0)
    with pytest.raises(kt.ShapeError, match=r"^require: 10 is not a multiple of 4$"):
        dims.learn(10, 4)
    with pytest.raises(kt.ShapeError, match=r"^require: 2\*B\+1 is not a multiple of 4$"):
        kt.require((2 * B + 1) % 4 == 0)
    with pytest.raises(kt.ShapeError, match=r"^require: B is not a multiple of 0$"):
        dims.learn(B, 0)


def test_a_fact_undoes_the_division() -> None:
    assert H * (D // H) != D
    kt.require(D % H == 0)
    assert type(D % H) is int
    assert D % H == 0
    assert H * (D // H) == D
    assert B * T * H * (D // H) == B * T * D
    assert (D // H) * H // T == D // T
    assert dims.exact_div(D, H) == D // H
    assert dims.exact_div(D, D // H) == H
    assert dims.exact_div(B * D * 2, B * H) == 2 * (D // H)
    assert dims.exact_div(D * D, H * H) == (D // H) * (D // H)
    assert (D + H) // H == D // H + 1
    kt.require(D % H == 0)
    assert len(dims.known_facts().facts) == 1


def test_facts_of_products_and_sums() -> None:
    kt.require(D % (2 * H) == 0)
    assert 2 * H * (D // (2 * H)) == D
    assert H * (D // H) == D
    assert D // H == 2 * (D // (2 * H))
    assert D % 2 == 0
    assert D - D // 2 == D // 2
    kt.require((B + 1) % T == 0)
    assert T * ((B + 1) // T) == B + 1
    assert (B + 1 + 2 * T) // T == (B + 1) // T + 2
    kt.require((B * N) % H == 0)
    assert H * ((B * N) // H) * 3 == 3 * B * N
    assert dims.exact_div(5 * B * N, H) == 5 * ((B * N) // H)


def test_two_facts_of_one_size() -> None:
    half = H * (D // H)
    for facts in ([(D, H), (D, 2 * H)], [(D, 2 * H), (D, H)]):
        with dims.assuming(facts):
            assert H * (D // H) == D
            assert 2 * H * (D // (2 * H)) == D
            assert half + 0 == D, "made before the facts"
    with dims.assuming([(D, H), (D, T), (N, D // H)]):
        assert H * (D // H) == T * (D // T) == D
        assert (D // H) * (N // (D // H)) == N


def test_facts_hold_in_their_scope() -> None:
    older = H * (D // H)
    with dims.assuming([(D, H)]):
        assert H * (D // H) == D
        assert dims.same(older, D)
        kt.require(D % T == 0)
        assert T * (D // T) == D
        with dims.assuming([]):
            assert H * (D // H) != D
    assert H * (D // H) != D
    assert T * (D // T) != D
    assert not dims.same(older, D)


@pytest.mark.parametrize(
    ("size", "sure"),
    [
        (0, True),
        (-1, False),
        (B, True),
        (B - 1, False),
        (B - T, False),
        (B - B // 2, True),
        (2 * B - B // 3, True),
        (B * T - T * (B // 2), True),
        (B // 2 - B, False),
        (None, False),
        (B - B // T, True),
    ],
)
def test_what_is_surely_not_negative(size: Dim, sure: bool) -> None:
    assert dims.nonnegative(size) == sure


# ---- Against Python's arithmetic -------------------------------------------------------------------

_NAMES = "abcd"
_LEAVES: st.SearchStrategy[Any] = st.integers(1, 6) | st.sampled_from(_NAMES).map(dims.named)
_OPERATORS = st.sampled_from([operator.add, operator.sub, operator.mul, operator.floordiv, operator.floordiv])
#: A size and the Python that computes it, as a function of the numbers.
Pair = tuple[Any, Callable[[dict[str, int]], int]]


def _leaf(size: Any) -> Pair:
    return (size, lambda numbers: numbers[str(size)]) if isinstance(size, Poly) else (size, lambda numbers: int(size))


def _pair(compute: Callable[[Any, Any], Any], left: Pair, right: Pair) -> Pair:
    """Divisors are made of sums and products alone, so that they are more than 0."""
    if compute is operator.floordiv and not _positive(right[0]):
        return left
    return compute(left[0], right[0]), lambda numbers: compute(left[1](numbers), right[1](numbers))


def _positive(size: Any) -> bool:
    return size != 0 and "-" not in str(size) and "//" not in str(size)


_PAIRS: st.SearchStrategy[Pair] = st.recursive(
    _LEAVES.map(_leaf), lambda inner: st.builds(_pair, _OPERATORS, inner, inner), max_leaves=8
)
_NUMBERS = st.fixed_dictionaries({name: st.integers(1, 12) for name in _NAMES})


def value(size: Any, numbers: dict[str, int]) -> int:
    return dims.evaluate(size, {Symbol(name): number for name, number in numbers.items()})


@laws
@given(_PAIRS, st.lists(_NUMBERS, min_size=5, max_size=5))
def test_sizes_compute_what_python_does(pair: Pair, several: list[dict[str, int]]) -> None:
    size, python = pair
    for numbers in several:
        assert value(size, numbers) == python(numbers)
        assert eval(str(size), {}, dict(numbers)) == python(numbers)  # of our own making


_A, _B, _C, _D = map(dims.named, _NAMES)
#: Facts, and how numbers are made to fit them.
_FACTS: dict[str, tuple[list[tuple[Any, Any]], Callable[[int, int, int, int], tuple[int, int, int, int]]]] = {
    "one": ([(_A, _B)], lambda a, b, c, d: (a * b, b, c, d)),
    "two": ([(_A, _B), (_A, 2 * _B)], lambda a, b, c, d: (2 * a * b, b, c, d)),
    "others": ([(_A, _B), (_A, _C)], lambda a, b, c, d: (a * b * c, b, c, d)),
    "number": ([(_A, 4), (_A, 6)], lambda a, b, c, d: (12 * a, b, c, d)),
    "chain": ([(_A, _B), (_B, _C)], lambda a, b, c, d: (a * b * c, b * c, c, d)),
    "product": ([(_A * _B, 2 * _C)], lambda a, b, c, d: (2 * a, b * c, c, d)),
    "sum": ([(_A + 1, _B), (_C, _D)], lambda a, b, c, d: (a * b - 1 or 2 * b - 1, b, c * d, d)),
    "quotient": ([(_A // _B, 2), (_C, _B + 1)], lambda a, b, c, d: (2 * a * b + b - 1, b, c * (b + 1), d)),
}


@pytest.mark.parametrize("name", _FACTS)
@settings(laws, max_examples=150)
@given(_PAIRS, _PAIRS, _NUMBERS)
def test_sizes_compute_what_python_does_where_facts_hold(
    name: str, left: Pair, right: Pair, numbers: dict[str, int]
) -> None:
    facts, fit = _FACTS[name]
    fitting = dict(zip(_NAMES, fit(*numbers.values())))
    assert all(value(num, fitting) % value(den, fitting) == 0 for num, den in facts)
    for size, python in (left, right):
        with dims.assuming(facts):
            renewed = size + 0  # it was made without the facts
            assert renewed + 0 == renewed
            assert value(renewed, fitting) == python(fitting)
            assert value(renewed * left[0], fitting) == python(fitting) * left[1](fitting)
    with dims.assuming(facts):
        a, b = left[0] + 0, right[0] + 0
        if a == b:
            assert left[1](fitting) == right[1](fitting)
        assert value(a - b, fitting) == left[1](fitting) - right[1](fitting)
        if _positive(b):
            assert value(a // b, fitting) == left[1](fitting) // right[1](fitting)
            exact = dims.exact_div(a, b)
            assert exact is None or value(exact, fitting) * right[1](fitting) == left[1](fitting)
            assert dims.exact_div(a * b, b) == a
        if dims.nonnegative(a):
            assert left[1](fitting) >= 0


_BOUNDS = st.none() | st.integers(-2, 3) | _PAIRS.map(lambda pair: pair[0])


@settings(laws, max_examples=500)
@given(_PAIRS, _BOUNDS, _BOUNDS, st.sampled_from([1, 1, 1, -1, 2]), st.lists(_NUMBERS, min_size=3, max_size=3))
def test_lengths_of_slices_are_those_of_python(
    pair: Pair, start: Any, stop: Any, step: int, several: list[dict[str, int]]
) -> None:
    """If it is known how long it is, it is as long as that, except where less is there than is to be cut off."""
    size = pair[0]
    assume(not isinstance(size, int) or size >= 0)
    length = slice_length(size, (start, stop, step))
    for numbers in several:
        number = value(size, numbers)
        first, last = (bound if bound is None else value(bound, numbers) for bound in (start, stop))
        if length is None or number < 0 or value(length, numbers) < 0:
            continue
        assert value(length, numbers) == len(range(number)[first:last:step])


@pytest.mark.parametrize(
    ("size", "start", "stop", "length"),
    [
        (D, None, D, D),
        (D, None, D - 1, D - 1),
        (D, 2, D, D - 2),
        (D, 1, D - 1, None),
        (D, None, H, None),
        (2 * D, None, D, D),
        (2 * D, D, None, D),
        (2 * D + 3, 1, 3, 2),
        (D, D // 2, None, D - D // 2),
        (D + H, D, D + H, H),
        (D, D - 1, None, None),
        (784, None, H, None),
        (784, H, None, None),
        (D, H, None, None),
        (D * H, H, None, None),
    ],
)
def test_lengths_of_slices_that_are_known(size: Dim, start: Dim, stop: Dim, length: Dim) -> None:
    assert slice_length(size, (start, stop, 1)) == length


@laws
@given(_PAIRS, _PAIRS, st.integers(1, 5))
def test_forms_do_not_depend_on_the_way(left: Pair, right: Pair, n: int) -> None:
    x, y = left[0], right[0]
    a = dims.named("a")
    assert (x + y) - y == x
    assert x * (y + 1) - x == x * y
    assert (x * n) // n == x
    assert (x + n * y) // n == x // n + y
    assert (x * a) // (n * a) == x // n
    if _positive(x):
        assert (x // n) // a == x // (n * a)
        assert (x // a) // n == x // (n * a)
    assert dims.exact_div(x * (a + 2), a + 2) == x
