"""The text of `ktensor/typed/overloads.pyi`."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ...config import config
from ...dtypes import ALL_DTYPES, DType
from ...methods import Methods
from ...typed import functions
from .layouts import indexed, reversed_axes
from .recipes import MISFIT, Overload, broadcasting, in_place, parameters_of, reflected
from .table import FUNCTIONS, OPERATORS

__all__ = ["stub"]

_HEAD: Final = '''"""Written by `python -m ktensor.checking.overloads`; see there. Do not edit."""
# mypy: disable-error-code="overload-overlap, overload-cannot-match, override, misc, assignment, no-redef"
# ruff: noqa

from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, Literal as L, TypeAlias, overload

import numpy as np
import numpy.typing as npt
from typing_extensions import TypeVar, TypeVarTuple, Unpack

from ..dims import Poly
from ..dtypes import (
    DType, DTypeLike, bool_, float16, float32, float64, int8, int16, int32, int64, uint8,
    uint16, uint32, uint64,
)
from ..graph import Operand, TensorLike
from ..methods import DTypeT_co, Methods as PlainMethods, ShapeT_co
from ..ops.conv import OutputShape, PerAxis
from ..ops.create import PlaceholderShape, PlaceholderSize
from ..ops.indexing import Index
from ..ops.linalg import ContractionAxes
from ..ops.shaping import Size, Sizes
from ..shape import Axis
from ..sizes import Dim
from ..tensor import SparseTensor, Tensor, Variable
from .checkers import TYPE_CHECKING_WITH_PYREFLY
'''
_VARIABLES: Final = """
#: Two shapes, a dtype, sizes, one size, a dtype that is given.
S = TypeVar("S", bound=tuple[Any, ...])
R = TypeVar("R", bound=tuple[Any, ...])
D = TypeVar("D")
Bs = TypeVarTuple("Bs")
M = TypeVar("M")
K = TypeVar("K")
N = TypeVar("N")
P = TypeVar("P")
Q = TypeVar("Q")
E = TypeVar("E", bound=DType)

"""
_RANKS: Final = '''
#: Tensors of a rank or higher ones, or of unknown rank.
From5: TypeAlias = Tensor[Unknown, Any] | Tensor[tuple[Any, Any, Any, Any, Any, Unpack[tuple[Any, ...]]], Any]
From4: TypeAlias = From5 | Tensor[tuple[Any, Any, Any, Any], Any]
From3: TypeAlias = From4 | Tensor[tuple[Any, Any, Any], Any]
From2: TypeAlias = From3 | Tensor[tuple[Any, Any], Any]
From1: TypeAlias = From2 | Tensor[tuple[Any], Any]

#: What may stand for a tensor and is none.
Array: TypeAlias = npt.NDArray[Any] | np.generic | float | Poly | Dim | Sequence[Any]
#: `:`, any slice, and what may stand in a key.
Indices: TypeAlias = npt.NDArray[Any] | np.generic | Sequence[Any]
Full: TypeAlias = slice[None, None, None]
Part: TypeAlias = slice[Any, Any, Any]
Key: TypeAlias = int | Dim | Part | EllipsisType | Indices | Tensor[Any, Int] | Tensor[Any, bool_] | None

class Unknown(tuple[Any, ...]):
    """A shape that no tensor has: it fits tensors of unknown rank alone."""

class Misfit:
    """No tensor: the op raises an error."""

'''


def stub() -> str:
    """The whole file."""
    strangers = FUNCTIONS.keys() - _public().keys()
    if strangers:
        raise ValueError(f"the table names what is no public function: {', '.join(sorted(strangers))}")
    with config(floatx="float32"):
        return "".join([_HEAD, *_imports(), _VARIABLES, *_groups(), _RANKS, *_functions(), *_methods()])


#: Groups of dtypes: the TypeVar, which functions have, and the alias, which methods have; whose names they share.
_GROUPS: Final[Mapping[str, Callable[[type[DType]], bool]]] = {
    "Flt": lambda d: d.is_float,
    "Int": lambda d: d.is_integer,
    "Num": lambda d: d.is_float or d.is_integer,
    "Whole": lambda d: not d.is_float,
    "Wide": lambda d: d.name in ("float32", "float64"),
    "Narrow": lambda d: d.name != "float64",
}


def _groups() -> Iterator[str]:
    for name, belongs in _GROUPS.items():
        members = " | ".join(d.__name__ for d in ALL_DTYPES if belongs(d))
        yield f"{name}s: TypeAlias = {members}\n{name} = TypeVar({name!r}, bound={name}s)\n"


# Functions.


def _public() -> dict[str, Any]:
    """The public functions, by name."""
    return {name: f for name, f in sorted(vars(functions).items()) if inspect.isfunction(f) and name[0] != "_"}


def _imports() -> Iterator[str]:
    """The functions that keep their plain signatures."""
    for name, function in _public().items():
        if name not in FUNCTIONS:
            yield f"from {function.__module__.replace('ktensor', '.', 1)} import {name} as {name}\n"


#: Longer lists of overloads that are the same are written once.
_FEW: Final = 6


def _functions() -> Iterator[str]:
    written: dict[Any, str] = {}
    for name, function in _public().items():
        if name in FUNCTIONS:
            first = next(iter(inspect.signature(function).parameters))
            found = [o for o in FUNCTIONS[name](function) if o.made != MISFIT]
            if found[0].shape and all(o.shape for o in found):
                made = "tuple[Tensor[Any, Any], ...]" if found[-1].made.startswith("tuple") else "Tensor[Any, Any]"
                found.append(Overload("", "", (f"{first}: Array", *parameters_of(function)), made))
            twin = written.setdefault((first, *found), name)
            if twin != name and len(found) > _FEW:
                yield f"{name} = {twin}\n"
            else:
                yield from _definitions(name, [s for o in found for s in _as_functions(o, first)], "")


def _as_functions(o: Overload, first: str) -> Iterator[str]:
    given = [f"{first}: Tensor[{o.shape}, {o.dtype}]"] if o.shape else []
    made = o.made if o.shape in ("", "S") else o.made.replace("[S,", f"[{o.shape},")
    for parameters in itertools.product(*map(_alternatives, o.parameters)):
        yield f"({', '.join([*given, *parameters])}) -> {made}"


def _alternatives(parameter: str) -> list[str]:
    """mypy solves no TypeVars of several arguments where one is a union of tensors: each gets its own overload."""
    name, _, types = parameter.partition(": ")
    union = types.split(" | ")
    return [f"{name}: {t}" for t in union] if all(t.startswith("Tensor[tuple[") for t in union) else [parameter]


def _definitions(name: str, signatures: Sequence[str], indent: str) -> Iterator[str]:
    for signature in signatures:
        if len(signatures) > 1:
            yield f"{indent}@overload\n"
        yield f"{indent}def {name}{signature}: ...\n"


# Methods.


_METHODS: Final = """
class Methods(PlainMethods[ShapeT_co, DTypeT_co]):
    if not TYPE_CHECKING_WITH_PYREFLY:
        # mypy takes the first definition: it would make Any of an overloaded `__get__` where a size is Any.
        @property
        def T(self) -> Tensor[Any, DTypeT_co]: ...
    else:
        T: Transposed
"""


def _methods() -> Iterator[str]:
    yield from _transposed()
    yield _METHODS
    for name, found in _method_overloads():
        yield from _definitions(name, [_as_method(o) for o in found], "    ")


def _as_method(o: Overload) -> str:
    shape, dtype = ("Any" if o.shape == "S" else o.shape), o.dtype
    if dtype in _GROUPS:
        dtype = f"{dtype}s"
    elif dtype == "D":
        dtype = "Any"
    receiver = "self" if (shape, dtype) == ("Any", "Any") else f"self: Methods[{shape}, {dtype}]"
    made = re.sub(r"\bS\b", "ShapeT_co", o.made)
    if o.dtype == "D" or o.dtype in _GROUPS:
        made = re.sub(rf"\b{o.dtype}\b", "DTypeT_co", made)
    return f"({', '.join([receiver, *o.parameters])}) -> {made}"


def _method_overloads() -> Iterator[tuple[str, list[Overload]]]:
    names = {f: name for name, f in _public().items()}
    for name, method in vars(Methods).items():
        if inspect.isfunction(method) and names.get(method) in FUNCTIONS:
            yield name, FUNCTIONS[names[method]](method)
    yield "__getitem__", indexed(Methods.__getitem__)
    for symbol, name in OPERATORS.items():
        op = getattr(functions, name)
        yield f"__{symbol}__", FUNCTIONS[name](op)
        if FUNCTIONS[name] is broadcasting and hasattr(Methods, f"__r{symbol}__"):
            yield f"__r{symbol}__", reflected(op)
        if FUNCTIONS[name] is broadcasting and hasattr(Methods, f"__i{symbol}__"):
            yield f"__i{symbol}__", in_place(getattr(Methods, f"__i{symbol}__"))


def _transposed() -> Iterator[str]:
    yield '\nclass Transposed:\n    """The property `T`."""\n\n'
    overloads = reversed_axes(functions.transpose)
    signatures = [f"(self, x: Tensor[{o.shape}, D], owner: Any) -> {o.made}" for o in overloads]
    yield from _definitions("__get__", signatures, "    ")
