"""A call's arguments, as values that an op can be called with.

What is known becomes the value itself. What is not becomes a `Choice` between samples, or an object that stands for
some number. An op that needs more than that raises `Unknown`, and its result is then not known either.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
from mypy.types import (
    TypeVarTupleType,
    TypeVarType,
)

from .. import dims, dtypes
from ..dims import Dim, Poly, Shape
from ..dtypes import DType
from ..errors import KTensorError
from ..graph import Expr, Node, as_node, build, node_of, resolve_dtype, weak_dtype
from ..shape import broadcast
from ..tensor import SparseTensor, Tensor, Variable
from . import translate
from .translate import Part

__all__ = [
    "GENERIC_DTYPES",
    "VARIADICS",
    "Choice",
    "NeedsChoice",
    "Opaque",
    "Sizes",
    "SomeInt",
    "SomeNumbers",
    "Spec",
    "Unknown",
    "choices_of",
    "dtype_key",
    "expanded",
    "hollow_variable",
    "is_vague",
    "resolve",
    "variadic_key",
]


class Unknown(Exception):
    """A value is needed that the type checker does not have."""


class NeedsChoice(Exception):
    """A body has met something that is not known: it is to be run for each of the options."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice


class Opaque:
    """A value of which nothing is known: whatever looks at it raises `Unknown`."""

    def _refuse(self, *arguments: object) -> NoReturn:
        raise Unknown

    __index__ = __iter__ = __len__ = __bool__ = __array__ = __call__ = __getattr__ = _refuse
    __eq__ = __ne__ = __lt__ = __gt__ = __add__ = __radd__ = __mul__ = __rmul__ = _refuse
    __hash__ = object.__hash__


class SomeInt(Poly):
    """An int: as a size it may be anything."""

    def __init__(self) -> None:
        super().__init__(dict(dims.anonymous().terms))

    def __index__(self) -> int:
        raise Unknown

    def _ktensor_node(self, like: type[DType] | None) -> Node:
        return as_node("x", "x", dims.anonymous(), like)


class SomeNumbers:
    """An array or number that is no tensor: it takes the dtype of the tensor that it meets."""

    def __init__(self, shape: Shape, dtype: type[DType]) -> None:
        self.shape_, self.dtype_ = shape, dtype

    def _ktensor_node(self, like: type[DType] | None) -> Node:
        dtype = weak_dtype(np.empty(0, self.dtype_.dtype), like)
        return node_of(build("placeholder", shape=self.shape_, dtype=dtype, name="array", sparse=False))

    def __getattr__(self, name: str) -> NoReturn:
        raise Unknown

    # What a body may do with an array before a tensor meets it.

    __array_ufunc__ = None  # so that arrays leave arithmetic to it

    @property
    def T(self) -> SomeNumbers:  # as NumPy calls it
        """The array with its axes in reverse."""
        return SomeNumbers(self.shape_[::-1], self.dtype_)

    def astype(self, dtype: Any) -> SomeNumbers:
        """The array of another dtype."""
        return SomeNumbers(self.shape_, dtypes.as_dtype(dtype))

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(other, (SomeNumbers, np.ndarray, bool, int, float)):
            return NotImplemented
        shape, dtype = (other.shape_, other.dtype_.dtype) if isinstance(other, SomeNumbers) else _form(other)
        made = operation(np.ones(1, self.dtype_.dtype), np.ones(1, dtype))
        try:
            return SomeNumbers(broadcast("array", self.shape_, shape), dtypes.as_dtype(made.dtype))
        except KTensorError:  # NumPy raises at run time
            raise Unknown from None

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv)


def hollow_variable(value: Any, dtype: Any = None, name: Any = None, constraint: Any = None) -> Expr:
    """A variable that holds nothing, of the shape of a value."""
    return translate.hollow(translate.VARIABLE, as_node("variable", "value", value).shape, resolve_dtype(dtype))


def _form(value: Any) -> tuple[Shape, Any]:
    """The shape of an array or number, and the dtype: a number's own bends to an array's."""
    array = np.asarray(value)
    return array.shape, np.float16 if isinstance(value, float) else np.int8 if isinstance(value, int) else array.dtype


# What is not known, as a choice between samples.


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    key: Hashable
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Spec:
    """A tensor whose rank, variadic sizes or dtype are not known. `array`: it is a NumPy array, and weak."""

    face: str
    parts: tuple[Part, ...] | None
    dtype: type[DType] | TypeVarType | None
    key: Hashable
    array: bool = False

    def choices(self) -> Iterator[Choice]:
        """What is to be chosen."""
        if self.parts is None:
            yield Choice(("rank", self.key), _RANKS)
        for part in self.parts or ():
            if isinstance(part, TypeVarTupleType):
                yield Choice(variadic_key(part), _LENGTHS)
        if isinstance(self.dtype, TypeVarType):
            yield Choice(dtype_key(self.dtype), _GENERIC_DTYPES)
        elif self.dtype is None:
            yield Choice(("dtype", self.key), _ANY_DTYPES)

    def make(self, chosen: Mapping[Hashable, Any]) -> Any:
        """The tensor for one choice."""
        shape = self._shape(chosen)
        dtype = self.dtype
        if isinstance(dtype, TypeVarType):
            dtype = chosen[dtype_key(dtype)]
        elif dtype is None:
            dtype = chosen["dtype", self.key]
        assert isinstance(dtype, type)
        return SomeNumbers(shape, dtype) if self.array else translate.hollow(self.face, shape, dtype)

    def _shape(self, chosen: Mapping[Hashable, Any]) -> Shape:
        if self.parts is None:
            rank: int = chosen["rank", self.key]
            return (None,) * rank
        return expanded(self.parts, chosen)


@dataclass(frozen=True)
class Sizes:
    """`x.shape`, with variadic sizes in it."""

    parts: tuple[Part, ...]

    def choices(self) -> Iterator[Choice]:
        """What is to be chosen."""
        return (Choice(variadic_key(part), _LENGTHS) for part in self.parts if isinstance(part, TypeVarTupleType))

    def make(self, chosen: Mapping[Hashable, Any]) -> Any:
        """The sizes for one choice."""
        return tuple(SomeInt() if size is None else size for size in expanded(self.parts, chosen))


def expanded(parts: Sequence[Part], chosen: Mapping[Hashable, Any]) -> Shape:
    """The sizes for one choice of how many each variadic stands for."""
    sizes: list[Dim] = []
    for part in parts:
        if isinstance(part, TypeVarTupleType):
            sizes += [translate.variadic_symbol(part, i) for i in range(chosen[variadic_key(part)])]
        else:
            sizes.append(part)
    return tuple(sizes)


#: The large ones are beyond the axes that a program names, which are in the middle then.
_RANKS: Final = (2, 1, 3, 4, 8, 9, 0)
#: The first two show how a result depends on the number of variadic sizes; the large ones are as those above.
_LENGTHS: Final = (2, 3, 7, 8, 1, 0)
_GENERIC_DTYPES: Final = (dtypes.float64, dtypes.float16, dtypes.int8, dtypes.uint8)
_ANY_DTYPES: Final = (dtypes.float32, dtypes.float64, dtypes.int8, dtypes.bool_)


#: What the keys of choices stand for.
GENERIC_DTYPES: Final[dict[Hashable, TypeVarType]] = {}
VARIADICS: Final[dict[Hashable, TypeVarTupleType]] = {}


def dtype_key(variable: TypeVarType) -> Hashable:
    """The key of the choice of a generic dtype: the same for all tensors of that dtype."""
    key = ("generic", translate.referent_key(variable))
    GENERIC_DTYPES[key] = variable
    return key


def variadic_key(variable: TypeVarTupleType) -> Hashable:
    """The key of the choice of how many sizes `*Bs` stands for."""
    key = ("variadic", translate.referent_key(variable))
    VARIADICS[key] = variable
    return key


#: The types of values in which nothing is left to choose.
_PLAIN: Final = frozenset({Tensor, Variable, SparseTensor, int, float, str, bool, type(None)})


def choices_of(value: Any) -> Iterator[Choice]:
    """All choices in a value."""
    if type(value) in _PLAIN:
        return
    if isinstance(value, Choice):
        yield value
        for option in value.options:
            yield from choices_of(option)
    elif isinstance(value, (Spec, Sizes)):
        yield from value.choices()
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from choices_of(item)
    elif isinstance(value, slice):
        yield from choices_of((value.start, value.stop, value.step))


def resolve(value: Any, chosen: Mapping[Hashable, Any]) -> Any:
    """The value for one choice."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Choice):
        return resolve(chosen[value.key], chosen)
    if isinstance(value, (Spec, Sizes)):
        return value.make(chosen)
    if hasattr(type(value), "bound"):
        return value.bound(chosen)
    if isinstance(value, (list, tuple)):
        return type(value)([resolve(item, chosen) for item in value])
    if isinstance(value, slice):
        return slice(*(resolve(part, chosen) for part in (value.start, value.stop, value.step)))
    return value


def is_vague(value: Any) -> bool:
    """True if a stand-in is part of the value, which an op may have taken for something wrong."""
    if isinstance(value, (list, tuple)):
        return any(map(is_vague, value))
    if isinstance(value, Choice):
        return any(map(is_vague, value.options))
    return isinstance(value, (Opaque, SomeInt, SomeNumbers)) or hasattr(type(value), "bound")
