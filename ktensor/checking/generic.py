"""Calls of users' functions, methods and classes that are generic in sizes: arguments are matched with parameters by
the sizes' values, so that `Mul[I, L[2]]` takes 6, and a misfit is told in words of shapes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from mypy.nodes import (
    ArgKind,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    IndexExpr,
    LambdaExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    TypeInfo,
    UnaryExpr,
)
from mypy.operators import op_methods, unary_op_methods
from mypy.typeops import make_simplified_union
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    TupleType,
    Type,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from ..dims import Dim
from ..errors import DTypeError
from . import reading, translate, values
from .apply import apply, fits
from .facts import facts_at, holding
from .interpreter import Closure, Object, function_of, is_property
from .loops import check_loop, is_mixed
from .matching import Fold, Matching, plain_name
from .report import DTYPE, SHAPE, fail_at, place
from .source import assigned_value, source_of
from .translate import Checker

__all__ = ["attribute", "returned", "signature"]


def signature(ctx: Any) -> FunctionLike:
    """The signature with the sizes of this call in place of its variables, if it has tensors or sizes."""
    declared: CallableType = ctx.default_signature
    positions = [i for i, t in enumerate(declared.arg_types) if ctx.args[i] and _concerns_us(t, declared)]
    if not positions or _is_overload(declared) or ctx.api.tree.fullname.startswith("ktensor."):
        return declared
    given = [_read(ctx, declared, i, e) for i in positions for e in ctx.args[i] if not isinstance(e, LambdaExpr)]
    with holding(facts_at(ctx.api)):
        return _settled(ctx, declared, [_matched(ctx.api, declared, g) for g in _alternatives(given)], positions)


class _Given(NamedTuple):
    """An argument: its parameter, and the size that it is or the type that it has."""

    name: str
    declared: Type
    found: Dim | Type


def _read(ctx: Any, declared: CallableType, position: int, expression: Expression) -> _Given:
    name, t = declared.arg_names[position] or "", declared.arg_types[position]
    with ctx.api.msg.filter_errors():
        found = ctx.api.get_expression_type(expression)
        is_size = isinstance(get_proper_type(t), TypeVarType)
        return _Given(name, t, reading.size_of(ctx.api, expression) if is_size else found)


def _alternatives(given: Sequence[_Given]) -> list[Sequence[_Given]]:
    """Arguments that are one of several tensors, as each of them."""
    options = [[g._replace(found=t) for t in _items(g)] for g in given]
    return [tuple(row) for row in itertools.islice(itertools.product(*options), _MOST_ALTERNATIVES)]


_MOST_ALTERNATIVES: Final = 8


def _items(given: _Given) -> Sequence[Any]:
    p = get_proper_type(given.found) if isinstance(given.found, Type) else None
    if isinstance(p, UnionType) and translate.is_tensor(given.declared) and all(map(translate.is_tensor, p.items)):
        return p.items
    return [given.found]


def _matched(api: Checker, declared: CallableType, given: Sequence[_Given]) -> Matching:
    matching = Matching(api, declared)
    for name, t, found in given:
        if isinstance(found, Type):
            matching.typed(name, t, found)
        else:
            matching.sized(name, t, found)
    matching.settle()
    return matching


def _settled(ctx: Any, declared: CallableType, matchings: Sequence[Matching], positions: Sequence[int]) -> CallableType:
    check_loop(ctx.api, ctx.context.line)
    mixed = is_mixed(ctx.api, ctx.context)
    misfits = [] if mixed else [misfit for matching in matchings for misfit in matching.misfits]
    for code, text in dict.fromkeys(misfits):
        fail_at(ctx.api, f"{_name_of(ctx, declared)}: {text}", place(ctx.context), code)
    loose = mixed or len(matchings) > 1
    results = [m.instantiated(positions, loose) for m in matchings]
    return results[0].copy_modified(ret_type=make_simplified_union([r.ret_type for r in results]))


def _is_overload(declared: CallableType) -> bool:
    definition = declared.definition
    function = definition.func if isinstance(definition, Decorator) else definition
    return isinstance(function, FuncDef) and function.is_overload


def _name_of(ctx: Any, declared: CallableType) -> str:
    callee = ctx.context.callee if isinstance(ctx.context, CallExpr) else None
    if isinstance(callee, MemberExpr):
        return callee.name
    receiver = getattr(ctx, "type", None)
    if isinstance(receiver, Instance):
        return receiver.type.name
    return plain_name(declared)


def _concerns_us(t: Type, declared: CallableType, depth: int = 4) -> bool:
    """True if tensors or sizes are part of a parameter's type."""
    p = get_proper_type(t)
    if isinstance(p, TypeVarType):
        return translate.is_dim_variable(p) and any(v.id == p.id for v in declared.variables)
    if isinstance(p, Instance):
        if translate.is_tensor(p):
            return True
        return depth > 0 and any(_concerns_us(a, declared, depth - 1) for a in p.args)
    if isinstance(p, (UnionType, TupleType)):
        return depth > 0 and any(_concerns_us(i, declared, depth - 1) for i in p.items)
    return False


def returned(ctx: Any) -> Type:
    """What a user's function returns: by its annotations, or where they do not say, by its body."""
    t = _folded(ctx.api, ctx.default_return_type)
    if not _is_vague(t) or not translate.is_loaded(ctx.api):
        return t
    asked = _asked(ctx.context)
    function = _body_of(ctx, asked) if asked is not None else None
    if asked is None or function is None:
        return t
    arguments, keywords = _given(ctx.api, asked)
    body = Closure(ctx.api, function, {}, _receiver(ctx, function, asked.receiver))
    outcome = apply(ctx.api, body, arguments, keywords, source_of(ctx.api).settings_at(ctx.context.line))
    if outcome.error is not None and _is_to_blame(ctx.api, function, body):
        line = getattr(outcome.error, "line", function.line)
        code = DTYPE if isinstance(outcome.error, DTypeError) else SHAPE
        fail_at(ctx.api, f"{outcome.error} (in {function.name}, line {line})", place(ctx.context), code)
    return outcome.type if outcome.type is not None and translate.holds_tensors(outcome.type) else t


def _is_to_blame(api: Checker, function: FuncDef, body: Closure) -> bool:
    """True if it is the call that does not fit, not the body what it declares: mypy finds that where it stands."""
    declared = function.type
    if function.is_dynamic() or not isinstance(declared, CallableType):
        return True
    own = [t for t, a in zip(declared.arg_types, function.arguments) if not (a.variable.is_self or a.variable.is_cls)]
    return fits(body, [reading.from_type(api, t) for t in own])


def _is_vague(t: Type) -> bool:
    p = get_proper_type(t)
    if isinstance(p, AnyType):
        return True
    return (
        isinstance(p, Instance)
        and translate.is_tensor(p)
        and p.type.fullname == translate.TENSOR
        and isinstance(get_proper_type(p.args[0]), AnyType)
    )


class _Asked(NamedTuple):
    """A call, or an operator: the method that it is, on what, and the arguments; no arguments if they are not plain."""

    method: str
    receiver: Expression | None
    arguments: Sequence[tuple[str | None, Expression]] | None


def _asked(o: Any) -> _Asked | None:
    if isinstance(o, CallExpr):
        plain = all(kind in (ArgKind.ARG_POS, ArgKind.ARG_NAMED) for kind in o.arg_kinds)
        arguments = list(zip(o.arg_names, o.args)) if plain else None
        if isinstance(o.callee, MemberExpr):
            return _Asked(o.callee.name, o.callee.expr, arguments)
        return _Asked("__call__", o.callee, arguments)
    if isinstance(o, OpExpr) and o.op in op_methods:
        return _Asked(op_methods[o.op], o.left, [(None, o.right)])
    if isinstance(o, UnaryExpr) and o.op in unary_op_methods:
        return _Asked(unary_op_methods[o.op], o.expr, [])
    return _Asked("__getitem__", o.base, [(None, o.index)]) if isinstance(o, IndexExpr) else None


def _body_of(ctx: Any, asked: _Asked) -> FuncDef | None:
    receiver = getattr(ctx, "type", None)
    if isinstance(receiver, Instance):
        symbol = receiver.type.get(asked.method) or receiver.type.get("__call__")
        return function_of(ctx.api, symbol.node if symbol is not None else None)
    callee = ctx.context.callee if isinstance(ctx.context, CallExpr) else None
    return function_of(ctx.api, callee.node if isinstance(callee, RefExpr) else None)


def _receiver(ctx: Any, function: FuncDef, expression: Expression | None) -> Any:
    receiver = getattr(ctx, "type", None)
    if not isinstance(receiver, Instance) or function.is_static:
        return None
    tensor = translate.tensor_instance(receiver)
    if tensor is not None:
        return reading.tensor_value(tensor)
    return Object(ctx.api, receiver, {}, expression is not None and _is_made_here(ctx.api, expression))


def _is_made_here(api: Checker, expression: Expression) -> bool:
    """True of `Net()`, or of a name for it: the object is of that very class."""
    value = expression if isinstance(expression, CallExpr) else assigned_value(api, expression)
    return isinstance(value, CallExpr) and isinstance(value.callee, RefExpr) and isinstance(value.callee.node, TypeInfo)


def _given(api: Checker, asked: _Asked) -> tuple[list[Any], dict[str, Any]]:
    if asked.arguments is None:
        return [values.Opaque()], {}
    read = [(name, reading.value_of(api, a)) for name, a in asked.arguments]
    return [v for n, v in read if n is None], {n: v for n, v in read if n is not None}


def attribute(ctx: Any) -> Type:
    """The type of an attribute of a user's class; a property's by its body, where its annotation does not say."""
    t = _folded(ctx.api, ctx.default_attr_type, with_never=True)  # mypy asks with Never for a protocol's variance
    o, receiver = ctx.context, get_proper_type(ctx.type)
    if not isinstance(o, MemberExpr) or not isinstance(receiver, Instance) or ctx.is_lvalue or not _is_vague(t):
        return t
    symbol = receiver.type.get(o.name)
    function = function_of(ctx.api, symbol.node) if symbol is not None and is_property(symbol.node) else None
    if function is None or not translate.is_loaded(ctx.api):
        return t
    body = Closure(ctx.api, function, {}, _receiver(ctx, function, o.expr))
    outcome = apply(ctx.api, body, [], {})
    return outcome.type if outcome.type is not None and translate.holds_tensors(outcome.type) else t


def _folded(api: Checker, t: Type, with_never: bool = False) -> Type:
    p = get_proper_type(t)
    if isinstance(p, (TupleType, UnionType)) or (isinstance(p, Instance) and p.args):
        return p.accept(Fold(api, with_never))
    return t
