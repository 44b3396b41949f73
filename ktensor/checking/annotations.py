"""Arithmetic over sizes in annotations, in its one canonical form: `Mul[I, L[2]]` is `Mul[L[2], I]`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mypy.nodes import COVARIANT, ClassDef, Expression, IndexExpr, RefExpr, TypeInfo
from mypy.plugin import AnalyzeTypeContext, ClassDefContext
from mypy.types import Instance, LiteralType, Type, TypeVarType, get_proper_type

from . import translate

__all__ = ["hook", "join_sizes"]

_ARITHMETIC: Final = frozenset({"ktensor.sizes.Add", "ktensor.sizes.Mul", "ktensor.sizes.FloorDiv"})


def hook(fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
    """The hook for the class of that name."""
    return partial(_canonical, fullname) if fullname in _ARITHMETIC else None


def join_sizes(ctx: ClassDefContext) -> None:
    """Lets `[Dense(3, 4), Dense(4, 5)]` be a list of `Dense` of unknown sizes.

    For mypy two layers of different sizes have nothing in common, since sizes are invariant: without that it could not
    infer them. With the plugin it is we who match sizes.
    """
    own = ctx.cls.fullname.startswith("ktensor.tensor.")
    chosen = [i for i, v in enumerate(ctx.cls.type_vars) if own or translate.is_dim_variable(v)]
    if not chosen:
        return
    ctx.cls.type_args = []  # as for classes whose variance is inferred, which is not checked against declared ones
    if any(isinstance(b, RefExpr) and b.fullname in _PROTOCOLS for b in _bases(ctx.cls)):
        return
    for i in chosen:
        variable = ctx.cls.type_vars[i]
        if isinstance(variable, TypeVarType):
            ctx.cls.type_vars[i] = _covariant(variable)


def _bases(definition: ClassDef) -> list[Expression]:
    declared = definition.base_type_exprs + definition.removed_base_type_exprs
    return [b.base if isinstance(b, IndexExpr) else b for b in declared]


_PROTOCOLS: Final = ("typing.Protocol", "typing_extensions.Protocol")


def _covariant(v: TypeVarType) -> TypeVarType:
    return TypeVarType(v.name, v.fullname, v.id, v.values, v.upper_bound, v.default, COVARIANT, v.line, v.column)


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
