"""Sizes as types: what stands for one dimension in `Tensor[tuple[B, Mul[H, L[2]]], float32]`.

`Dim` bounds the TypeVars of generic functions and classes. `Add`, `Mul` and `FloorDiv` are arithmetic over sizes, for
annotations alone: they have no instances. The mypy plugin compares them as polynomials, so that `Mul[I, L[2]]` is
`Mul[L[2], I]`.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Generic, Literal, Protocol, TypeAlias, Union

from typing_extensions import TypeVar

__all__ = ["Add", "Dim", "FloorDiv", "Mul"]


class Size(Protocol):
    """What all sizes can do: arithmetic, which gives sizes."""

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __floordiv__(self, other: Any, /) -> Any: ...
    def __rfloordiv__(self, other: Any, /) -> Any: ...
    def __mod__(self, other: Any, /) -> Any: ...
    def __rmod__(self, other: Any, /) -> Any: ...

    @property
    def numerator(self) -> int:
        """Every int has it; it tells sizes from floats, arrays and tensors, which are no sizes."""
        ...


class _Some(Enum):
    """A size that nobody has; see `Dim`."""

    SIZE = 0

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __floordiv__(self, other: Any, /) -> Any: ...
    def __rfloordiv__(self, other: Any, /) -> Any: ...
    def __mod__(self, other: Any, /) -> Any: ...
    def __rmod__(self, other: Any, /) -> Any: ...


#: One size: an int, a literal, a NewType over int, or `Add`, `Mul`, `FloorDiv` of sizes.
#: `B = TypeVar("B", bound=kt.Dim)` is a size that a function is generic in. Where a bound has a literal in it, mypy
#: keeps the literals that it infers, without the plugin too: `Dense(3, 4)` is `Dense[L[3], L[4]]`, not
#: `Dense[int, int]`.
Dim: TypeAlias = Union[Size, Literal[_Some.SIZE]]

Left = TypeVar("Left")
Right = TypeVar("Right")


class _Arithmetic(Size, Generic[Left, Right]):
    """Two sizes combined. It stands in annotations alone."""


class Add(_Arithmetic[Left, Right]):
    """The sum of two sizes: `Add[A, B]`."""


class Mul(_Arithmetic[Left, Right]):
    """The product of two sizes: `Mul[L[2], B]`."""


class FloorDiv(_Arithmetic[Left, Right]):
    """The whole quotient of two sizes: `FloorDiv[D, H]`."""
