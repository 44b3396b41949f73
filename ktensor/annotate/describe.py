"""mypy's types as they are shown: `(None, 784) float32`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mypy.messages import format_type_bare
from mypy.options import Options
from mypy.types import (
    AnyType,
    Instance,
    LiteralType,
    NoneType,
    TupleType,
    Type,
    TypeVarTupleType,
    TypeVarType,
    UnionType,
    UnpackType,
    get_proper_type,
)

from .. import dims
from ..checking import translate
from .model import Shown, Size

__all__ = ["distinct", "joined", "shown"]

_UNKNOWN: Final = "?"
#: Types within types are shown so deep.
_DEPTH: Final = 4


def shown(t: Type, options: Options) -> Shown | None:
    """A type that has tensors in it; None of any other."""
    p = get_proper_type(t)
    tensor = translate.tensor_instance(p)
    if tensor is None and not _has_tensor(p, _DEPTH):
        return None
    full = format_type_bare(p, options)
    if tensor is None:
        text = _text(p, _DEPTH)
        return Shown(text[1:-1].rstrip(",") if isinstance(p, TupleType) else text, full)
    return Shown(_tensor_text(tensor), full, _sizes(tensor.args[0]), _dtype(tensor.args[1]))


def _has_tensor(t: Type, depth: int) -> bool:
    p = get_proper_type(t)
    if translate.is_tensor(p):
        return True
    return depth > 0 and any(_has_tensor(part, depth - 1) for part in _parts(p))


def _parts(p: Type) -> Sequence[Type]:
    if isinstance(p, (TupleType, UnionType)):
        return p.items
    if isinstance(p, Instance) and p.type.fullname.startswith(_CONTAINERS):
        return p.args
    return [p.type] if isinstance(p, UnpackType) else ()


_CONTAINERS: Final = ("builtins.", "typing.", "collections.")


# Tensors.


def _tensor_text(tensor: Instance) -> str:
    sizes, dtype = _sizes(tensor.args[0]), _dtype(tensor.args[1])
    sparse = "sparse " if tensor.type.fullname == translate.SPARSE else ""
    text = _UNKNOWN if sizes is None else _shape_text(sizes)
    return f"{sparse}{text} {dtype or _UNKNOWN}" if sizes is not None or dtype else f"{sparse}{_UNKNOWN}"


def _shape_text(sizes: Sequence[Size]) -> str:
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def _sizes(t: Type) -> tuple[Size, ...] | None:
    p = get_proper_type(t)
    if isinstance(p, TypeVarType):
        return (f"*{p.name}",)  # it stands for the whole shape
    if not isinstance(p, TupleType):
        return None
    return tuple(map(_size, p.items))


def _size(t: Type) -> Size:
    p = get_proper_type(t)
    if isinstance(p, UnpackType):
        inner = get_proper_type(p.type)
        return f"*{inner.name}" if isinstance(inner, TypeVarTupleType) else "*"
    size = translate.to_dim(p)
    if size is None or isinstance(size, int):
        return size
    return None if dims.is_open(size) else str(size)


def _dtype(t: Type) -> str | None:
    p = get_proper_type(t)
    dtype = translate.dtype_of(p)
    if dtype is not None:
        return str(dtype)
    return p.name if isinstance(p, TypeVarType) else None


# What has tensors in it.


def _text(t: Type, depth: int) -> str:
    p = get_proper_type(t)
    tensor = translate.tensor_instance(p)
    if tensor is not None:
        return _tensor_text(tensor)
    write = _WRITERS.get(type(p))
    return write(p, depth - 1) if write is not None and depth else "..."


def _instance_text(p: Instance, depth: int) -> str:
    if p.last_known_value is not None:
        return str(p.last_known_value.value)
    inner = f"[{', '.join(_text(a, depth) for a in p.args)}]" if p.args and _has_tensor(p, depth) else ""
    return p.type.name + inner


def _tuple_text(p: TupleType, depth: int) -> str:
    return f"({', '.join(_text(i, depth) for i in p.items)}{',' if len(p.items) == 1 else ''})"


_WRITERS: Final[dict[type[Type], Callable[..., str]]] = {
    AnyType: lambda p, depth: _UNKNOWN,
    Instance: _instance_text,
    LiteralType: lambda p, depth: repr(p.value),
    NoneType: lambda p, depth: "None",
    TupleType: _tuple_text,
    TypeVarType: lambda p, depth: p.name,
    UnionType: lambda p, depth: " | ".join(_text(i, depth) for i in p.items),
    UnpackType: lambda p, depth: f"*{_text(p.type, depth)}",
}


# The same place in several calls.


def distinct(found: Sequence[Shown]) -> tuple[Shown, ...]:
    """Each that differs from the others; those of unknown rank only if there are no others."""
    several = {s.text: s for s in found}.values()
    known = [s for s in several if _UNKNOWN not in s.text]
    return tuple(known or several)


def joined(several: Sequence[Shown]) -> Shown:
    """All in one: a size in which they differ is None."""
    first = several[0]
    if len(several) == 1:
        return first
    shapes = [s.shape for s in several]
    same_rank = all(shape is not None and len(shape) == len(shapes[0] or ()) for shape in shapes)
    shape = tuple(map(_agreed, zip(*(s or () for s in shapes)))) if same_rank else None
    dtype = first.dtype if all(s.dtype == first.dtype for s in several) else None
    text = f"{_UNKNOWN if shape is None else _shape_text(shape)} {dtype or _UNKNOWN}"
    return Shown(text, " | ".join(s.full for s in several), shape, dtype)


def _agreed(sizes: tuple[Size, ...]) -> Size:
    return sizes[0] if all(s == sizes[0] for s in sizes) else None
