"""Arithmetic over sizes in annotations, in its one canonical form: `Mul[I, L[2]]` is `Mul[L[2], I]`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mypy.nodes import TypeInfo
from mypy.plugin import AnalyzeTypeContext, ClassDefContext
from mypy.types import Instance, LiteralType, Type, TypeVarType, get_proper_type

from . import translate
from .source import join_sizes

__all__ = ["hook", "prepare"]

_ARITHMETIC: Final = frozenset({"ktensor.sizes.Add", "ktensor.sizes.Mul", "ktensor.sizes.FloorDiv"})


def hook(fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
    """The hook for the class of that name."""
    return partial(_canonical, fullname) if fullname in _ARITHMETIC else None


def prepare(ctx: ClassDefContext) -> None:
    """Takes a class that is generic in sizes out of mypy's own comparison of variances; see `join_sizes`."""
    own = ctx.cls.fullname.startswith("ktensor.tensor.")
    if ctx.cls.type_args is None and (own or any(map(translate.is_dim_variable, ctx.cls.type_vars))):
        ctx.cls.type_args = []  # as of a class whose variance is inferred
    if own:
        join_sizes(ctx.cls, ctx.cls.type_vars)


class _Names:
    """The part of mypy's checker that `translate` needs, while annotations are read."""

    def __init__(self, analyzer: Any) -> None:
        self._api = analyzer
        self.modules = analyzer.api.modules

    def named_generic_type(self, name: str, args: list[Type]) -> Instance:
        """An instance of a class."""
        found: Instance = self._api.named_type(name, args)
        return found


def _canonical(fullname: str, ctx: AnalyzeTypeContext) -> Type:
    names = _Names(ctx.api)
    module, _, name = fullname.rpartition(".")
    info = names.modules[module].names[name].node
    assert isinstance(info, TypeInfo)
    operands = [ctx.api.analyze_type(argument) for argument in ctx.type.args]
    if len(operands) != 2:
        ctx.api.fail(f'"{name}" takes two sizes, {len(operands)} given', ctx.context)
        operands = [translate.any_type(), translate.any_type()]
    plain = Instance(info, operands, ctx.context.line, ctx.context.column)
    return translate.dim_type(names, translate.to_dim(plain)) if all(map(_is_size, operands)) else plain


def _is_size(t: Type) -> bool:
    p = get_proper_type(t)
    if isinstance(p, Instance):
        return p.type.fullname in _ARITHMETIC or p.type.is_newtype
    return isinstance(p, (LiteralType, TypeVarType))
