"""The dtypes, as classes that serve as types and as values, and the one promotion lattice.

bool < integers < floats. Within a kind the wider wins; a signed and an unsigned integer meet in the
narrowest signed type that holds both (at 64 bits, int64); an integer with a float takes the float's dtype.

This module imports neither NumPy nor an engine, so that the type checker can load it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, Union

from .errors import DTypeError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "ALL_DTYPES",
    "DType",
    "DTypeLike",
    "as_dtype",
    "bool_",
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "promote",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


class _DTypeMeta(type):
    """Makes a dtype class print as its name and equal to its name and to its NumPy dtype."""

    kind: str
    itemsize: int
    code: int
    #: The name that NumPy and Keras use: ``"float32"``; of `bool_`, ``"bool"``.
    name: str
    #: The NumPy dtype, once it was asked for: the type checker needs none, and has no NumPy.
    _numpy: np.dtype[np.generic] | None

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> None:
        super().__init__(name, bases, body)
        cls.name = name.rstrip("_")

    @property
    def dtype(cls) -> np.dtype[np.generic]:
        """The NumPy dtype; by it `np.zeros(3, dtype=kt.float32)` works."""
        found = cls._numpy
        if found is None:
            import numpy

            found = cls._numpy = numpy.dtype(cls.name)
        return found

    @property
    def is_float(cls) -> bool:
        """True of float16, float32 and float64."""
        return cls.kind == "f"

    @property
    def is_integer(cls) -> bool:
        """True of the signed and unsigned integers; not of bool."""
        return cls.kind in "iu"

    def __repr__(cls) -> str:
        return cls.name

    def __eq__(cls, other: object) -> bool:
        if isinstance(other, _DTypeMeta):
            return cls is other
        if isinstance(other, str):
            return other == cls.name
        return getattr(other, "name", None) == cls.name and hasattr(other, "itemsize")

    def __hash__(cls) -> int:
        return hash(cls.name)


class DType(metaclass=_DTypeMeta):
    """The base of all dtypes. Its subclasses are used as they are and never instantiated."""

    kind = ""
    itemsize = 0
    code = -1
    _numpy = None


class bool_(DType):
    """Truth values, one byte each."""

    kind, itemsize, code = "b", 1, 0


class int8(DType):
    """Signed integers of 8 bits."""

    kind, itemsize, code = "i", 1, 1


class int16(DType):
    """Signed integers of 16 bits."""

    kind, itemsize, code = "i", 2, 2


class int32(DType):
    """Signed integers of 32 bits; the dtype of Python ints and of `K.shape`."""

    kind, itemsize, code = "i", 4, 3


class int64(DType):
    """Signed integers of 64 bits; the dtype of `argmax`."""

    kind, itemsize, code = "i", 8, 4


class uint8(DType):
    """Unsigned integers of 8 bits."""

    kind, itemsize, code = "u", 1, 5


class uint16(DType):
    """Unsigned integers of 16 bits."""

    kind, itemsize, code = "u", 2, 6


class uint32(DType):
    """Unsigned integers of 32 bits."""

    kind, itemsize, code = "u", 4, 7


class uint64(DType):
    """Unsigned integers of 64 bits."""

    kind, itemsize, code = "u", 8, 8


class float16(DType):
    """Floating point numbers of 16 bits (IEEE 754 half precision)."""

    kind, itemsize, code = "f", 2, 9


class float32(DType):
    """Floating point numbers of 32 bits; the default `floatx`."""

    kind, itemsize, code = "f", 4, 10


class float64(DType):
    """Floating point numbers of 64 bits."""

    kind, itemsize, code = "f", 8, 11


ALL_DTYPES: Final[tuple[type[DType], ...]] = (
    bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64,
)  # fmt: skip

DTypeLike: TypeAlias = Union[type[DType], str, "np.dtype[np.generic]", type["np.generic"], type[bool]]

_BY_NAME: Final = {d.name: d for d in ALL_DTYPES} | {"bool_": bool_}
_SIGNED: Final = {1: int8, 2: int16, 4: int32, 8: int64}


def as_dtype(value: object) -> type[DType]:
    """The dtype that `value` names: a dtype class, a string, a NumPy dtype or scalar type, or `bool`.

    Raises:
        DTypeError: ktensor has no such dtype.
    """
    if type(value) is str and value in _BY_NAME:
        return _BY_NAME[value]
    if isinstance(value, _DTypeMeta) and value.code >= 0:
        return value  # type: ignore[return-value]  # mypy does not narrow a metaclass to type[DType]
    name = value if isinstance(value, str) else getattr(value, "name", None) or getattr(value, "__name__", None)
    found = _BY_NAME.get(name) if isinstance(name, str) else None
    if found is None:
        shown = value if isinstance(value, str) else name or value
        raise DTypeError(f"unknown dtype {shown!r}; use one of {', '.join(d.name for d in ALL_DTYPES)}")
    return found


def _join(a: type[DType], b: type[DType]) -> type[DType]:
    if a.kind == b.kind:
        return a if a.itemsize >= b.itemsize else b
    for kind in "fb":
        if kind in (a.kind, b.kind):
            is_a = a.kind == kind
            return (a if is_a else b) if kind == "f" else (b if is_a else a)
    signed, unsigned = (a, b) if a.kind == "i" else (b, a)
    return _SIGNED[max(signed.itemsize, min(8, 2 * unsigned.itemsize))]


# A table, because promotion is on the path of every binary op.
_TABLE: Final = tuple(tuple(_join(a, b) for b in ALL_DTYPES) for a in ALL_DTYPES)


def promote(first: type[DType], *others: type[DType]) -> type[DType]:
    """The join of the dtypes in the lattice: the one that a result of mixed operands has."""
    for other in others:
        if other is not first:
            first = _TABLE[first.code][other.code]
    return first
