"""What the daemon is to check once more after an edit: where the plugin looks further than mypy, mypy does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from mypy.nodes import (
    CallExpr,
    Expression,
    IndexExpr,
    ListExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    SliceExpr,
    TupleExpr,
    UnaryExpr,
)
from mypy.server.trigger import make_trigger

from .translate import Checker

__all__ = ["is_lasting", "names_in", "watch", "watch_names"]


def is_lasting(api: Checker) -> bool:
    """True in the daemon, where files are checked more than once."""
    return bool(api.options.fine_grained_incremental or api.options.cache_fine_grained)


def watch(api: Checker, fullname: str) -> None:
    """What is being checked depends on the type of what has that name."""
    if is_lasting(api) and "." in fullname:
        api.tree.plugin_deps.setdefault(make_trigger(fullname), set()).add(api.tscope.current_target())


def watch_names(api: Checker, expression: Expression | None) -> None:
    """What is being checked depends on the types of the names in an expression."""
    if is_lasting(api):
        for name in names_in(expression):
            watch(api, name.fullname)


def names_in(expression: Expression | None) -> Iterator[RefExpr]:
    """The names in an expression of the kinds that the plugin evaluates."""
    if isinstance(expression, RefExpr):
        yield expression
    for part in _PARTS.get(type(expression), lambda e: ())(expression):
        yield from names_in(part)


#: Of the expressions that the plugin evaluates.
_PARTS: Final[Mapping[type[Any], Callable[[Any], Sequence[Expression | None]]]] = {
    CallExpr: lambda e: (e.callee, *e.args),
    IndexExpr: lambda e: (e.base, e.index),
    ListExpr: lambda e: e.items,
    MemberExpr: lambda e: (e.expr,),
    OpExpr: lambda e: (e.left, e.right),
    SliceExpr: lambda e: (e.begin_index, e.end_index, e.stride),
    TupleExpr: lambda e: e.items,
    UnaryExpr: lambda e: (e.expr,),
}
