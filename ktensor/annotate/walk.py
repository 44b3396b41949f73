"""Where a file makes tensors: its assignments, returns, expressions, parameters and loop variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from mypy.nodes import (
    Argument,
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    Block,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    ConditionalExpr,
    Decorator,
    DictExpr,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    IndexExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    OverloadedFuncDef,
    ReturnStmt,
    StarExpr,
    TempNode,
    TryStmt,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
    WithStmt,
    YieldExpr,
)

__all__ = ["Site", "sites"]


class Site(NamedTuple):
    """A place that may make a tensor."""

    kind: str
    line: int
    #: What stands there: a target, a parameter, an expression.
    at: Node
    #: Nodes whose type is the tensor's, the best first, each with the positions to take in a tuple.
    sources: tuple[tuple[Node, tuple[int, ...]], ...]
    #: None of what has no name; "" of a target that is no plain name, such as `x["k"]`.
    name: str | None = None


def sites(tree: MypyFile) -> Iterator[Site]:
    """All places in a file, in its order."""
    yield from _all(tree.defs)


def _all(nodes: Sequence[Node | None]) -> Iterator[Site]:
    for node in nodes:
        read = _READERS.get(type(node))
        if read is not None:
            yield from read(node)


# Statements.


def _assignment(o: AssignmentStmt) -> Iterator[Site]:
    declared = isinstance(o.rvalue, TempNode)  # `x: Tensor`, without a value
    for target in o.lvalues:
        yield from _targets("assignment", target, None if declared else o.rvalue, ())
    yield from _within(o.rvalue, o.line)


def _targets(kind: str, target: Expression, value: Expression | None, path: tuple[int, ...]) -> Iterator[Site]:
    if isinstance(target, (TupleExpr, ListExpr)):
        starred = any(isinstance(item, StarExpr) for item in target.items)
        for position, item in enumerate(target.items):
            yield from _targets(kind, item, *_part(value, path, position, starred))
    elif isinstance(target, StarExpr):
        yield from _targets(kind, target.expr, None, ())
    else:
        sources = [(value, path)] if value is not None else []
        yield Site(kind, target.line, target, (*sources, (target, ())), _spelled(target))


def _spelled(target: Expression) -> str:
    if isinstance(target, NameExpr):
        return target.name
    outer = _spelled(target.expr) if isinstance(target, MemberExpr) else ""
    return f"{outer}.{target.name}" if isinstance(target, MemberExpr) and outer else ""


def _part(
    value: Expression | None, path: tuple[int, ...], position: int, starred: bool
) -> tuple[Expression | None, tuple[int, ...]]:
    """The part of an unpacked value, as an expression of its own if it is one."""
    if value is None or starred:
        return None, ()
    if isinstance(value, (TupleExpr, ListExpr)) and not path and position < len(value.items):
        return value.items[position], ()
    return value, (*path, position)


def _update(o: OperatorAssignmentStmt) -> Iterator[Site]:
    yield Site("assignment", o.line, o.lvalue, ((o, ()), (o.lvalue, ())), _spelled(o.lvalue))
    yield from _within(o.rvalue, o.line)


def _expression(o: ExpressionStmt) -> Iterator[Site]:
    expression: Expression | None = o.expr
    while isinstance(expression, (YieldExpr, AwaitExpr)):
        expression = expression.expr
    if expression is not None:
        yield from _value("expression", expression, _line(expression))


def _value(kind: str, expression: Expression | None, line: int) -> Iterator[Site]:
    if expression is not None:
        yield Site(kind, line, expression, ((expression, ()),))
        yield from _within(expression, line)


def _for(o: ForStmt) -> Iterator[Site]:
    yield from _targets("loop", o.index, None, ())
    yield from _within(o.expr, o.line)
    yield from _all([o.body, o.else_body])


def _with(o: WithStmt) -> Iterator[Site]:
    for target, expression in zip(o.target, o.expr):
        if target is not None:
            yield from _targets("assignment", target, None, ())
        yield from _within(expression, o.line)
    yield from _all([o.body])


def _if(o: IfStmt) -> Iterator[Site]:
    for condition, body in zip(o.expr, o.body):
        yield from _within(condition, condition.line)
        yield from _all([body])
    yield from _all([o.else_body])


def _while(o: WhileStmt) -> Iterator[Site]:
    yield from _within(o.expr, o.line)
    yield from _all([o.body, o.else_body])


def _match(o: MatchStmt) -> Iterator[Site]:
    yield from _within(o.subject, o.line)
    yield from _all(o.bodies)


def _function(o: FuncDef) -> Iterator[Site]:
    for argument in o.arguments:
        yield Site("parameter", argument.line, argument, ((argument, ()),), argument.variable.name)
    yield from _all([o.body])


_READERS: Final[dict[type[Any], Callable[[Any], Iterator[Site]]]] = {
    AssertStmt: lambda o: _within(o.expr, o.line),
    AssignmentStmt: _assignment,
    Block: lambda o: _all(o.body),
    ClassDef: lambda o: _all([o.defs]),
    Decorator: lambda o: _all([o.func]),
    ExpressionStmt: _expression,
    ForStmt: _for,
    FuncDef: _function,
    IfStmt: _if,
    MatchStmt: _match,
    OperatorAssignmentStmt: _update,
    OverloadedFuncDef: lambda o: _all([*o.items, None if o.impl in o.items else o.impl]),
    ReturnStmt: lambda o: _value("return", o.expr, o.line),
    TryStmt: lambda o: _all([o.body, *o.handlers, o.else_body, o.finally_body]),
    WhileStmt: _while,
    WithStmt: _with,
}


# Expressions of several lines: the steps on lines of their own.


def _within(expression: Expression, line: int) -> Iterator[Site]:
    """The steps of an expression, of each line the outermost; `line` has what the whole expression makes."""
    seen = {line}
    waiting = [expression]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, AssignmentExpr):
            sources = ((node.value, ()), (node.target, ()))
            yield Site("assignment", node.target.line, node.target, sources, node.target.name)
        elif _is_step(node) and _line(node) not in seen:
            seen.add(_line(node))
            yield Site("step", _line(node), node, ((node, ()),))
        waiting[:0] = _PARTS.get(type(node), lambda e: ())(node)


def _is_step(o: Expression) -> bool:
    return isinstance(o, (CallExpr, IndexExpr, OpExpr, UnaryExpr)) or (isinstance(o, MemberExpr) and o.name == "T")


def _line(o: Expression) -> int:
    """The line to which a step belongs: of a method the one with its name, of an operator the one that it ends on."""
    read = _LINES.get(type(o))
    return o.line if read is None else read(o)


_LINES: Final[dict[type[Any], Callable[[Any], int]]] = {
    CallExpr: lambda o: _line(o.callee),
    IndexExpr: lambda o: _line(o.base),
    MemberExpr: lambda o: o.end_line or o.line,
    OpExpr: lambda o: o.right.line,
}

_PARTS: Final[dict[type[Any], Callable[[Any], Sequence[Expression]]]] = {
    AssignmentExpr: lambda e: (e.value,),
    AwaitExpr: lambda e: (e.expr,),
    CallExpr: lambda e: (e.callee, *e.args),
    ComparisonExpr: lambda e: e.operands,
    ConditionalExpr: lambda e: (e.cond, e.if_expr, e.else_expr),
    DictExpr: lambda e: [value for _, value in e.items],
    IndexExpr: lambda e: (e.base, e.index),
    ListExpr: lambda e: e.items,
    MemberExpr: lambda e: (e.expr,),
    OpExpr: lambda e: (e.left, e.right),
    StarExpr: lambda e: (e.expr,),
    TupleExpr: lambda e: e.items,
    UnaryExpr: lambda e: (e.expr,),
    YieldExpr: lambda e: () if e.expr is None else (e.expr,),
}


def declared_type(at: Node) -> Any:
    """The type that an annotation gives to a target or parameter; None if there is none."""
    variable = at.variable if isinstance(at, Argument) else getattr(at, "node", None)
    return getattr(variable, "type", None)
