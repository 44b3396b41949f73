"""Lists and dicts of tensors or layers, which may grow: mypy takes the sizes of the first items for those of all."""

from __future__ import annotations

from collections.abc import Sequence

from mypy.nodes import CallExpr, Context, Expression, IndexExpr, MemberExpr, OperatorAssignmentStmt, OpExpr
from mypy.plugin import MethodContext, MethodSigContext
from mypy.types import (
    FunctionLike,
    Instance,
    TupleType,
    Type,
    flatten_nested_unions,
    get_proper_type,
)

from . import reading, translate
from .source import container_key, source_of

__all__ = ["growing_signature", "grown"]


def growing_signature(ctx: MethodSigContext) -> FunctionLike:
    """What puts something into a list or dict: mypy takes the shape of a display's elements for that of all."""
    declared = ctx.default_signature
    if not any(map(_has_sizes, declared.arg_types)):
        return declared
    _note_shapes(ctx)
    anything = ctx.api.named_generic_type("builtins.object", [])
    types = [anything if _has_sizes(t) else t for t in declared.arg_types]
    return declared.copy_modified(arg_types=types)


def _note_shapes(ctx: MethodSigContext) -> None:
    """Remembers containers into which things of other sizes are put: mypy takes the first ones for all."""
    key = container_key(_container(ctx.context))
    given = ctx.args[-1][-1] if ctx.args and ctx.args[-1] else None
    if key is None or given is None or not isinstance(ctx.type, Instance) or not ctx.type.args:
        return
    with ctx.api.msg.filter_errors():
        found = get_proper_type(ctx.api.get_expression_type(given))
    items: Sequence[Type] = [found]
    if isinstance(found, TupleType):
        items = found.items
    elif isinstance(found, Instance) and not translate.is_tensor(found) and not _is_sized(found):
        items = found.args[-1:]
    items = [i for item in items for i in flatten_nested_unions([item])]
    others = [get_proper_type(i) for i in items if get_proper_type(i) != get_proper_type(ctx.type.args[-1])]
    known = source_of(ctx.api).mixed
    if others:
        known[key] += [o for o in others if o not in known[key]]


def _container(o: Context) -> Expression | None:
    """The list in `xs.append(x)`, `xs[0]`, `xs += [x]`, or itself."""
    if isinstance(o, CallExpr):
        return o.callee.expr if isinstance(o.callee, MemberExpr) else None
    if isinstance(o, IndexExpr):
        return o.base
    if isinstance(o, OperatorAssignmentStmt):
        return o.lvalue
    return o if isinstance(o, Expression) else None


def _is_sized(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, Instance) and any(map(translate.is_dim_variable, p.type.defn.type_vars))


def grown(ctx: MethodContext) -> Type:
    """What comes out of a list or dict: of unknown sizes, if things of several sizes were put in."""
    found = ctx.default_return_type
    if not _has_sizes(found) and not translate.holds_tensors(found):
        return found
    o = ctx.context
    if isinstance(o, OpExpr):
        types = [get_proper_type(reading.type_of(ctx.api, side)) for side in (o.left, o.right)]
        return found if types[0] == types[1] else translate.unsized(ctx.api, found)
    container = _container(o)
    item = reading.item_of(ctx.api, container, o.index) if isinstance(o, IndexExpr) else None
    return reading.with_others(ctx.api, found, container) if item is None else item


def _has_sizes(t: Type) -> bool:
    p = get_proper_type(t)
    if not isinstance(p, Instance):
        return False
    return _is_sized(p) or translate.is_tensor(p) or any(map(_has_sizes, p.args))
