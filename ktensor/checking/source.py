"""What the text of a file says beyond types: variables that are assigned once, settings, facts about sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    Block,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    Decorator,
    DelStmt,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    ListExpr,
    MatchStmt,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    StarExpr,
    StrExpr,
    TempNode,
    TryStmt,
    TupleExpr,
    UnaryExpr,
    Var,
    WhileStmt,
    WithStmt,
)

from .translate import Checker

__all__ = ["Region", "Source", "assigned_value", "source_of"]


class Region(NamedTuple):
    """Lines in which settings are in force."""

    first: int
    last: int
    settings: tuple[tuple[str, str], ...]


class Source:
    """One file, read once."""

    def __init__(self, tree: MypyFile) -> None:
        self.tree = tree
        #: Each variable's value; None if it has several.
        self.values: dict[Node, Expression | None] = {}
        self.regions: list[Region] = []
        self.requirements: list[CallExpr] = []
        #: Settings that the file sets for the whole process.
        self.set_globally: set[str] = set()
        for statement in tree.defs:
            self._read(statement)

    def _read(self, statement: Node | None) -> None:
        reader = _READERS.get(type(statement))
        if reader is not None:
            reader(self, statement)

    def _all(self, *statements: Node | None) -> None:
        for statement in statements:
            self._read(statement)

    def _block(self, o: Block) -> None:
        self._all(*o.body)

    def _function(self, o: FuncDef) -> None:
        for argument in o.arguments:
            self.values[argument.variable] = None  # it has the values of all calls
        self._read(o.body)

    def _assignment(self, o: AssignmentStmt) -> None:
        alone = len(o.lvalues) == 1 and isinstance(o.lvalues[0], NameExpr) and not isinstance(o.rvalue, TempNode)
        for target in o.lvalues:
            self._assign(target, o.rvalue if alone else None)

    def _for(self, o: ForStmt) -> None:
        self._assign(o.index, None)
        self._all(o.body, o.else_body)

    def _condition(self, expression: Expression) -> None:
        if isinstance(expression, AssignmentExpr):
            self._assign(expression.target, None)
        for part in _PARTS.get(type(expression), lambda e: ())(expression):
            self._condition(part)

    def _if(self, o: IfStmt) -> None:
        for expression in o.expr:
            self._condition(expression)
        self._all(*o.body, o.else_body)

    def _while(self, o: WhileStmt) -> None:
        self._condition(o.expr)
        self._all(o.body, o.else_body)

    def _try(self, o: TryStmt) -> None:
        for name in o.vars:
            if name is not None:
                self._assign(name, None)
        self._all(o.body, *o.handlers, o.else_body, o.finally_body)

    def _with(self, o: WithStmt) -> None:
        for target in o.target:
            if target is not None:
                self._assign(target, None)
        for expression in o.expr:
            settings = _settings(expression)
            if settings:
                self.regions.append(Region(o.line, max(o.end_line or 0, o.line), settings))
        self._read(o.body)

    def _expression(self, o: ExpressionStmt) -> None:
        call = o.expr
        name = call.callee.fullname if isinstance(call, CallExpr) and isinstance(call.callee, RefExpr) else ""
        if name == _REQUIRE and isinstance(call, CallExpr):
            self.requirements.append(call)
        elif name in _SETTERS:
            self.set_globally.add(_SETTERS[name])
        self._condition(call)

    def _assign(self, target: Expression, value: Expression | None) -> None:
        if isinstance(target, (TupleExpr, ListExpr)):
            for item in target.items:
                self._assign(item, None)
        elif isinstance(target, StarExpr):
            self._assign(target.expr, None)
        elif isinstance(target, NameExpr) and isinstance(target.node, Var):
            self.values[target.node] = None if target.node in self.values else value


_READERS: Final[dict[type[Any], Callable[[Source, Any], None]]] = {
    AssignmentStmt: Source._assignment,
    Block: Source._block,
    ClassDef: lambda source, o: source._read(o.defs),
    Decorator: lambda source, o: source._read(o.func),
    DelStmt: lambda source, o: source._assign(o.expr, None),
    ExpressionStmt: Source._expression,
    ForStmt: Source._for,
    FuncDef: Source._function,
    IfStmt: Source._if,
    MatchStmt: lambda source, o: source._all(*o.bodies),
    OperatorAssignmentStmt: lambda source, o: source._assign(o.lvalue, None),
    OverloadedFuncDef: lambda source, o: source._all(*o.items),
    TryStmt: Source._try,
    WhileStmt: Source._while,
    WithStmt: Source._with,
}

#: Where an assignment expression may hide.
_PARTS: Final[dict[type[Any], Callable[[Any], Sequence[Expression]]]] = {
    CallExpr: lambda e: e.args,
    ComparisonExpr: lambda e: e.operands,
    OpExpr: lambda e: (e.left, e.right),
    UnaryExpr: lambda e: (e.expr,),
}

_REQUIRE: Final = "ktensor.dims.require"
_CONFIG: Final = ("ktensor.config.config", "ktensor.config")
_SETTERS: Final = {
    "ktensor.config.set_floatx": "floatx",
    "ktensor.config.set_image_data_format": "image_data_format",
    "ktensor.config.set_image_dim_ordering": "image_data_format",
}


def _settings(expression: Expression) -> tuple[tuple[str, str], ...]:
    if not (isinstance(expression, CallExpr) and isinstance(expression.callee, RefExpr)):
        return ()
    if expression.callee.fullname not in _CONFIG:
        return ()
    pairs = zip(expression.arg_names, expression.args)
    return tuple((name or "", value.value if isinstance(value, StrExpr) else "") for name, value in pairs)


def _last_line(statement: WithStmt) -> int:
    return max(statement.end_line or 0, statement.line)


_latest: list[Source] = []


def source_of(api: Checker) -> Source:
    """The file that is being checked."""
    tree: Any = api.tree
    if not _latest or _latest[0].tree is not tree:
        _latest[:] = [Source(tree)]
    return _latest[0]


def assigned_value(api: Checker, name: NameExpr) -> Expression | None:
    """What a variable of this file was assigned, if that happened once."""
    return source_of(api).values.get(name.node) if isinstance(name.node, Var) else None
