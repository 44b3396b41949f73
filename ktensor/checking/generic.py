"""Calls of users' functions, methods and classes that are generic in sizes: arguments are matched with parameters by
the sizes' values, so that `Mul[I, L[2]]` takes 6, and a misfit is told in words of shapes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mypy.expandtype import expand_type, expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ArgKind,
    CallExpr,
    Context,
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
from ..errors import DTypeError, KTensorError
from . import reading, translate, values
from .apply import apply, fails, fits
from .facts import facts_at, holding
from .interpreter import Callee, Closure, Object, function_of, is_property
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
    if not positions or ctx.api.tree.fullname.startswith("ktensor."):
        return declared
    if _is_overload(declared):
        return _with_sizes(ctx, declared, positions)
    given = [_read(ctx, declared, i, e) for i in positions for e in ctx.args[i] if not isinstance(e, LambdaExpr)]
    with holding(facts_at(ctx.api)):
        return _settled(ctx, declared, [_matched(ctx.api, declared, g) for g in _alternatives(given)], positions)


def _with_sizes(ctx: Any, declared: CallableType, positions: Sequence[int]) -> CallableType:
    """One overload, with the sizes that are arguments: mypy has `int` for a size that is no literal type."""
    env: dict[Any, Type] = {}
    types = list(declared.arg_types)
    for i in positions:
        variable = get_proper_type(types[i])
        size = reading.size_of(ctx.api, ctx.args[i][0]) if isinstance(variable, TypeVarType) else None
        if isinstance(variable, TypeVarType) and size is not None:
            env[variable.id] = translate.dim_type(ctx.api, size)
            types[i] = ctx.api.named_generic_type("builtins.object", [])
    expanded = expand_type(declared.copy_modified(arg_types=types), env)
    assert isinstance(expanded, CallableType)
    return expanded.copy_modified(variables=[v for v in declared.variables if v.id not in env])


class _Given(NamedTuple):
    """An argument: its parameter, and the size that it is or the type that it has."""

    name: str
    declared: Type
    found: Dim | Type


def _read(ctx: Any, declared: CallableType, position: int, expression: Expression) -> _Given:
    name, t = declared.arg_names[position] or "", declared.arg_types[position]
    with ctx.api.msg.filter_errors():
        found = ctx.api.get_expression_type(expression)
        tensor = translate.tensor_instance(found)
        steady = tensor if tensor is None else reading.steady(ctx.api, tensor, expression)
        found = found if steady is tensor else steady
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


def returned(ctx: Any, declared: Type | None = None) -> Type:
    """What a user's function returns: by its annotations, or where they do not say, by its body."""
    t = _folded(ctx.api, ctx.default_return_type if declared is None else declared)
    if not _is_vague(t) or not translate.is_loaded(ctx.api):
        return t
    asked = _asked(ctx.context)
    if asked is None:
        return t
    arguments, keywords = _given(ctx.api, asked)
    function = _body_of(ctx, asked)
    told: list[KTensorError] = []
    found = None if function is None else _by_body(ctx, asked, function, arguments, keywords, told)
    vague = not told and (found is None or _is_vague(found))
    if vague and isinstance(ctx.context, CallExpr) and (function is None or function.info):
        found = _by_value(ctx, ctx.context, arguments, keywords) or found
    return t if found is None else found


def _by_value(ctx: Any, call: CallExpr, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Type | None:
    """What the value that is called returns, if the program computes that value."""
    outcome = apply(
        ctx.api, Callee(ctx.api, call.callee), arguments, keywords, source_of(ctx.api).settings_at(call.line)
    )
    if outcome.error is not None:
        _tell(ctx, outcome.error, getattr(outcome.error, "inside", None), getattr(call.callee, "name", "call"))
    return _useful(ctx, outcome.type)


def _tell(ctx: Any, error: KTensorError, inside: Closure | None, name: str) -> None:
    """Reports a misfit in a body that was run: at the call, or in the body, if that fails whatever it is given."""
    line = getattr(error, "line", None)
    code = DTYPE if isinstance(error, DTypeError) else SHAPE
    called = None if inside is None else _called_with_types(ctx.api, inside)
    if called is None or fits(*called):
        where = "" if line is None else f" (in {name}, line {line})"
        fail_at(ctx.api, f"{error}{where}", place(ctx.context), code)
    elif line is not None and fails(*called):
        fail_at(ctx.api, str(error), Context(line), code)


def _called_with_types(api: Checker, body: Closure) -> tuple[Closure, Sequence[Any]] | None:
    """A function with annotations, and arguments of which no more is known than these say: mypy checks it so."""
    function, receiver, declared = body.function, body.receiver, get_proper_type(body.function.type)
    if function.is_dynamic() or not isinstance(declared, CallableType) or not isinstance(function, FuncDef):
        return None
    if isinstance(receiver, Object):
        receiver = Object(api, receiver.instance, {}, receiver.exact)
        declared = expand_type_by_instance(declared, map_instance_to_supertype(receiver.instance, function.info))
        assert isinstance(declared, CallableType)
    types = zip(declared.arg_types, function.arguments)
    own = [t for t, a in types if not (a.variable.is_self or a.variable.is_cls)]
    return Closure(api, function, {}, receiver), [reading.from_type(api, t) for t in own]


def _useful(ctx: Any, t: Type | None) -> Type | None:
    """The type, if it says more than Any; a function's not where a variable may hold something else, too."""
    if t is None or translate.holds_tensors(t):
        return t
    is_function = isinstance(get_proper_type(t), (CallableType, TupleType))
    return t if is_function and ctx.context not in source_of(ctx.api).shared else None


def _by_body(
    ctx: Any,
    asked: _Asked,
    function: FuncDef,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    told: list[KTensorError],
) -> Type | None:
    """What a function or method returns by its body; a misfit is added to those that are told."""
    body = Closure(ctx.api, function, {}, _receiver(ctx, function, asked.receiver))
    outcome = apply(ctx.api, body, arguments, keywords, source_of(ctx.api).settings_at(ctx.context.line))
    if outcome.error is not None:
        _tell(ctx, outcome.error, body, function.name)
        told.append(outcome.error)
    return _useful(ctx, outcome.type)


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
    """A call, or an operator: the method that it is, on what, and the arguments with their kinds and names."""

    method: str
    receiver: Expression | None
    arguments: Sequence[reading.Argument]


def _asked(o: Any) -> _Asked | None:
    if isinstance(o, CallExpr):
        arguments = list(zip(o.arg_kinds, o.arg_names, o.args))
        if isinstance(o.callee, MemberExpr):
            return _Asked(o.callee.name, o.callee.expr, arguments)
        return _Asked("__call__", o.callee, arguments)
    if isinstance(o, OpExpr) and o.op in op_methods:
        return _Asked(op_methods[o.op], o.left, [(ArgKind.ARG_POS, None, o.right)])
    if isinstance(o, UnaryExpr) and o.op in unary_op_methods:
        return _Asked(unary_op_methods[o.op], o.expr, [])
    return _Asked("__getitem__", o.base, [(ArgKind.ARG_POS, None, o.index)]) if isinstance(o, IndexExpr) else None


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
    return reading.arguments(api, asked.arguments) or ([values.Opaque()], {})


def attribute(ctx: Any) -> Type:
    """The type of an attribute of a user's class; a property's by its body, where its annotation does not say."""
    t = _folded(ctx.api, ctx.default_attr_type, with_never=True)  # mypy asks with Never for a protocol's variance
    o, receiver = ctx.context, get_proper_type(ctx.type)
    if not isinstance(o, MemberExpr) or not isinstance(receiver, Instance) or ctx.is_lvalue:
        return t
    if not _is_vague(t):
        return reading.settled_attribute(ctx.api, receiver, o.name, t)
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
