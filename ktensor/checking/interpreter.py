"""Runs the bodies of functions on tensors that hold nothing: of helpers without annotations, and of the functions that
`map_fn`, `foldl`, `rnn` and `switch` are given. What a body needs beyond tensors and sizes is `Unknown`.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ArgKind,
    AssertStmt,
    AssignmentStmt,
    Block,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Decorator,
    DictExpr,
    EllipsisExpr,
    Expression,
    ExpressionStmt,
    FloatExpr,
    ForStmt,
    FuncDef,
    FuncItem,
    IfStmt,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    PassStmt,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    SetExpr,
    SliceExpr,
    Statement,
    StrExpr,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.types import CallableType, Instance, Type, get_proper_type

from .. import dims
from ..errors import KTensorError
from ..graph import Expr, node_of
from . import reading, record, translate, values
from .effort import Steps, all_of, bounded
from .matching import promised_type
from .source import assigned_value, source_of
from .translate import Checker
from .values import NeedsChoice, SomeInt, Unknown
from .watch import watch

__all__ = ["Closure", "Object", "function_of", "is_property"]

_STEPS: Final = Steps()
_DEPTH: Final = 12
_MOST_ROUNDS: Final = 64


class Object:
    """An instance of a user's class: its attributes and methods are what its type says."""

    def __init__(self, api: Checker, instance: Instance, chosen: Mapping[Hashable, Any], exact: bool = False) -> None:
        self.api, self.instance, self.chosen = api, instance, chosen
        #: It is of this very class, whose methods nobody has overridden.
        self.exact = exact or instance.type.is_final

    def attribute(self, name: str) -> Any:
        """The value of an attribute, or a bound method."""
        info = self.instance.type
        for base in info.mro:
            watch(self.api, f"{base.fullname}.{name}")
        symbol = info.get(name)
        node = symbol.node if symbol is not None else None
        function = node.func if isinstance(node, Decorator) else node
        if isinstance(function, FuncDef):
            method = Closure(self.api, function, {}, self).bound(self.chosen)
            return method() if is_property(node) else method
        if isinstance(node, Var) and node.type is not None:
            definer = map_instance_to_supertype(self.instance, node.info)
            return _static(self.api, expand_type_by_instance(node.type, definer), None, self.chosen)
        raise Unknown

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """A call of the object."""
        return self.attribute("__call__")(*arguments, **keywords)


class _Maker:
    """A user's class, to be called."""

    def __init__(self, api: Checker, name: RefExpr, chosen: Mapping[Hashable, Any]) -> None:
        self.api, self.name, self.chosen = api, name, chosen

    def __call__(self, *arguments: Any) -> Any:
        """An instance, as the constructor's annotations have it."""
        declared = get_proper_type(reading.type_of(self.api, self.name))
        made = _promised(self.api, declared, arguments, self.chosen) if isinstance(declared, CallableType) else []
        if not made:
            raise Unknown
        if isinstance(made[0], Object):
            made[0].exact = True
        return made[0]


class Closure:
    """A function of the program that is checked, and the values of the names around it."""

    __hash__ = None  # type: ignore[assignment]  # no two calls have the same names around them

    def __init__(
        self, api: Checker, function: FuncItem, outer: Mapping[Any, Any], receiver: Any = None, depth: int = 0
    ) -> None:
        self.api, self.function, self.outer, self.receiver, self.depth = api, function, outer, receiver, depth

    def bound(self, chosen: Mapping[Hashable, Any]) -> Callable[..., Any]:
        """The function, to be called with values."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            if self.depth > _DEPTH:
                raise Unknown
            given = [self.receiver, *arguments] if self.receiver is not None else arguments
            declared = _declared(self.function, self.receiver)
            if declared is not None and not keywords and (promised := _promised(self.api, declared, given, chosen)):
                return promised[0]
            if not self._has_body() or (isinstance(self.receiver, Object) and not self.receiver.exact):
                raise Unknown
            record.begin(self, chosen)
            frame = _Frame(self.api, dict(self.outer), chosen, self.depth)
            frame.bind(self.function, given, keywords)
            try:
                return frame.run(self.function)
            except KTensorError as error:
                if isinstance(self.function, LambdaExpr):
                    setattr(error, "in_lambda", True)  # noqa: B010  # for whoever reports it
                raise

        return call

    def _has_body(self) -> bool:
        """False of a method of another file: its body may not be at hand next time."""
        info = self.function.info if isinstance(self.function, FuncDef) else None
        return not info or bool(info.module_name == self.api.tree.fullname)


def _declared(function: FuncItem, receiver: object) -> CallableType | None:
    """The type of a function that says what tensors it returns."""
    t = get_proper_type(function.type)
    if not isinstance(t, CallableType):
        return None
    if isinstance(receiver, Object) and isinstance(function, FuncDef):
        t = expand_type_by_instance(t, map_instance_to_supertype(receiver.instance, function.info))
        assert isinstance(t, CallableType)
    returned = translate.tensor_instance(t.ret_type)
    precise = returned is not None and translate.parts_of(returned.args[0]) is not None
    return t if precise else None


def _promised(
    api: Checker, declared: CallableType, arguments: Sequence[Any], chosen: Mapping[Hashable, Any]
) -> list[Any]:
    """The result as the annotations have it, in a list; none if they do not say."""
    types = [_type_of_value(api, a) for a in arguments]
    if len(types) != len(declared.arg_types):
        return []
    t = promised_type(api, declared, types)
    return [] if t is None else [_static(api, t, None, chosen)]


def _type_of_value(api: Checker, value: Any) -> Type:
    if isinstance(value, Expr):
        node = node_of(value)
        return translate.tensor_type(api, type(value), list(node.shape), node.dtype)
    if isinstance(value, Object):
        return value.instance
    if type(value) is int:
        return translate.literal_int(api, value)
    return translate.any_type()


@reading.reads("function")
def _as_function(api: Checker, expression: Expression) -> Any:
    """The function that an expression names or is; opaque if its body is not at hand."""
    if isinstance(expression, LambdaExpr):
        return Closure(api, expression, {})
    node = expression.node if isinstance(expression, RefExpr) else None
    function = function_of(api, node)
    if function is not None:
        return Closure(api, function, {})
    if isinstance(node, FuncDef) and node.fullname.startswith("ktensor."):
        return _runtime(node.fullname)
    return values.Opaque()


def function_of(api: Checker, node: object) -> FuncDef | None:
    """The function, if it is of the file that is being checked: other bodies may not be at hand next time."""
    function = node.func if isinstance(node, Decorator) and not node.decorators else node
    if not isinstance(function, FuncDef):
        return None
    own = function.fullname.startswith(f"{api.tree.fullname}.") and function.fullname not in source_of(api).redefined
    return function if own and not function.is_overload and not is_empty(function) else None


def is_property(node: object) -> bool:
    """True of a property that is only read."""
    return isinstance(node, Decorator) and node.var.is_property


def is_empty(function: FuncDef) -> bool:
    """True of a body that others are to fill in: of abstract methods, protocols and stubs."""
    body = function.body.body
    last = body[-1] if body else None
    stub = isinstance(last, (PassStmt, RaiseStmt)) or (
        isinstance(last, ExpressionStmt) and isinstance(last.expr, (EllipsisExpr, StrExpr))
    )
    return stub and len(body) <= 2


def _runtime(fullname: str) -> Any:
    module, _, name = fullname.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise Unknown from None


def _static(api: Checker, t: Type, expression: Expression | None, chosen: Mapping[Hashable, Any]) -> Any:
    """The value of something around the body, of which mypy knows the type."""
    p = get_proper_type(t)
    value = reading.read(api, p, expression) if expression is not None else reading.from_type(api, p)
    if isinstance(value, values.Opaque) and isinstance(p, Instance) and not p.type.fullname.startswith("builtins."):
        return Object(api, p, chosen)
    for choice in values.choices_of(value):
        if choice.key not in chosen:
            raise NeedsChoice(choice)
    return values.resolve(value, chosen)


def static_value(api: Checker, t: Type, expression: Expression | None) -> Any:
    """The value of an expression outside of any body."""
    return _static(api, t, expression, {})


def run_loop(api: Checker, loop: ForStmt, names: dict[Any, Any]) -> dict[Any, Any]:
    """What names hold after a loop, its layers made anew from the calls that make them."""
    frame = _Frame(api, dict(names), {}, 0)
    frame.guesses = True
    frame.run_statement(loop)
    return {} if frame.guessed else frame.names


class _Return(Exception):
    """Leaves a body."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
}
_UNARY: Final[Mapping[str, Callable[[Any], Any]]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
_BUILTINS: Final[Mapping[str, Any]] = {
    f"builtins.{f.__name__}": f for f in (range, len, list, tuple, zip, enumerate, reversed, min, max, int, float)
} | {"builtins.True": True, "builtins.False": False, "builtins.None": None}


class _Frame:
    """The values of one call's names."""

    def __init__(self, api: Checker, names: dict[Any, Any], chosen: Mapping[Hashable, Any], depth: int) -> None:
        self.api, self.names, self.chosen, self.depth = api, names, chosen, depth
        #: Loops of which nobody knows how often they run are run twice, and whether there was one.
        self.guesses = self.guessed = False
        #: Names that were read; None if a function inside may read any.
        self.read: set[Any] | None = set()

    def bind(self, function: FuncItem, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        """Gives the parameters their values."""
        rest = list(arguments)
        for argument in function.arguments:
            name = argument.variable.name
            if argument.kind == ArgKind.ARG_STAR:
                value: Any = tuple(rest)
                rest = []
            elif rest and argument.kind in (ArgKind.ARG_POS, ArgKind.ARG_OPT):
                value = rest.pop(0)
            elif name in keywords:
                value = keywords[name]
            elif isinstance(argument.initializer, (ListExpr, DictExpr, SetExpr)):
                raise Unknown  # one object for all calls, which may have put something into it
            elif argument.initializer is not None:
                value = self.value(argument.initializer)
            else:
                raise Unknown
            self.names[argument.variable] = value
            record.note(self.chosen, argument, value)
        if rest:
            raise Unknown

    def run(self, function: FuncItem) -> Any:
        """Runs the body."""
        try:
            self._block(function.body)
        except _Return as leaving:
            return leaving.value
        return None

    # Statements.

    def run_statement(self, statement: Statement) -> None:
        """Runs one statement."""
        self._statement(statement)

    def _block(self, block: Block) -> None:
        for statement in block.body:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        _STEPS.take(self.chosen)
        run = _STATEMENTS.get(type(statement))
        if run is None:
            raise Unknown
        run(self, statement)

    def _return(self, o: ReturnStmt) -> None:
        raise _Return(None if o.expr is None else self.value(o.expr))

    def _assign(self, o: AssignmentStmt) -> None:
        value = self.value(o.rvalue)
        for target in o.lvalues:
            self._store(target, value)

    def _store(self, target: Expression, value: Any) -> None:
        record.note(self.chosen, target, value)
        if isinstance(target, NameExpr) and isinstance(target.node, Var):
            self.names[target.node] = value
        elif isinstance(target, (TupleExpr, ListExpr)):
            parts = list(value)
            if len(parts) != len(target.items):
                raise Unknown
            for item, part in zip(target.items, parts):
                self._store(item, part)
        else:
            raise Unknown

    def _update(self, o: OperatorAssignmentStmt) -> None:
        value = _located(o, _OPERATORS[o.op], self.value(o.lvalue), self.value(o.rvalue))
        record.note(self.chosen, o, value)
        self._store(o.lvalue, value)

    def _if(self, o: IfStmt) -> None:
        for condition, body in zip(o.expr, o.body):
            if self._truth(condition):
                self._block(body)
                return
        if o.else_body is not None:
            self._block(o.else_body)

    def _truth(self, condition: Expression) -> bool:
        value = self.value(condition)
        if not isinstance(value, (bool, int, str, type(None), list, tuple)):
            raise Unknown
        return bool(value)

    def _for(self, o: ForStmt) -> None:
        rounds = self._rounds(o.expr)
        if len(rounds) > _MOST_ROUNDS or o.else_body is not None:
            raise Unknown
        index = o.index.node if isinstance(o.index, NameExpr) else None
        state = _state(self.names, index)
        for value in rounds:
            self._store(o.index, value)
            self._block(o.body)
            before, state = state, _state(self.names, index)
            if index is not None and self.read is not None and index not in self.read and state == before:
                break  # all other passes would do the same

    def _rounds(self, iterable: Expression) -> list[Any]:
        try:
            return all_of(self.value(iterable))
        except Unknown:
            if not self.guesses:
                raise
            self.guessed = True
            return [values.Opaque()] * 2  # what fits the first pass must fit the second

    def _evaluate(self, o: ExpressionStmt) -> None:
        callee = o.expr.callee if isinstance(o.expr, CallExpr) else None
        if not isinstance(callee, NameExpr) or callee.fullname != "builtins.print":
            self.value(o.expr)

    def _define(self, o: FuncDef) -> None:
        self.names[o] = self._closure(o)

    def _closure(self, o: FuncItem) -> Any:
        self.read = None
        return Closure(self.api, o, self.names, depth=self.depth + 1).bound(self.chosen)

    # Expressions.

    def value(self, expression: Expression) -> Any:
        """The value of an expression."""
        _STEPS.take(self.chosen)
        evaluate = _EXPRESSIONS.get(type(expression))
        if evaluate is None:
            raise Unknown
        value = evaluate(self, expression)
        record.note(self.chosen, expression, value)
        return value

    def _name(self, o: RefExpr) -> Any:
        node = o.node
        if node in self.names:
            if self.read is not None:
                self.read.add(node)
            return self.names[node]
        if o.fullname in _BUILTINS:
            return _BUILTINS[o.fullname]
        watch(self.api, o.fullname)
        if node is not None and (node.fullname or "").startswith("ktensor."):
            return _runtime(node.fullname)
        function = function_of(self.api, node)
        if function is not None:
            return Closure(self.api, function, {}, depth=self.depth + 1).bound(self.chosen)
        if isinstance(node, TypeInfo):
            return _Maker(self.api, o, self.chosen)
        display = assigned_value(self.api, o)
        if isinstance(display, (ListExpr, TupleExpr)):
            return self.value(display)
        if isinstance(node, Var) and node.type is not None:
            return _static(self.api, self._known_type(o, node), o, self.chosen)
        raise Unknown

    def _known_type(self, o: RefExpr, node: Var) -> Type:
        found = self.api.lookup_type_or_none(o)
        assert node.type is not None
        return found if found is not None else node.type

    def _member(self, o: MemberExpr) -> Any:
        of_module = isinstance(o.expr, RefExpr) and isinstance(o.expr.node, MypyFile)
        if o.node is not None and (of_module or not isinstance(o.node, Var)):
            return self._name(o)
        display = assigned_value(self.api, o)
        if isinstance(display, (ListExpr, TupleExpr)):
            return self.value(display)
        receiver = self.value(o.expr)
        if isinstance(receiver, Object):
            return receiver.attribute(o.name)
        if isinstance(receiver, Expr) and o.name == "shape":
            return tuple(SomeInt() if dims.is_open(d) else d for d in node_of(receiver).shape)
        if isinstance(receiver, (Expr, list, tuple)):
            return _located(o, getattr, receiver, o.name)
        raise Unknown

    def _call(self, o: CallExpr) -> Any:
        if any(k not in (ArgKind.ARG_POS, ArgKind.ARG_NAMED) for k in o.arg_kinds):
            raise Unknown
        array = reading.numpy_array(self.api, o)
        if array is not None:
            return array
        function = self.value(o.callee)
        if not callable(function):
            raise Unknown
        given = [(name, self.value(a)) for name, a in zip(o.arg_names, o.args)]
        positional = [v for name, v in given if name is None]
        return _located(o, function, *positional, **{name: v for name, v in given if name is not None})

    def _comparison(self, o: ComparisonExpr) -> Any:
        if len(o.operators) != 1 or o.operators[0] not in _OPERATORS:
            raise Unknown
        operands = [self.value(operand) for operand in o.operands]
        if any(isinstance(v, (SomeInt, values.Opaque)) for v in operands):
            raise Unknown
        return _located(o, _OPERATORS[o.operators[0]], *operands)

    def _operation(self, o: OpExpr) -> Any:
        if o.op not in _OPERATORS:
            raise Unknown
        return _located(o, _OPERATORS[o.op], self.value(o.left), self.value(o.right))

    def _index(self, o: IndexExpr) -> Any:
        base, key = self.value(o.base), self.value(o.index)
        if isinstance(base, Expr):
            key = reading.position(key)
        return _located(o, operator.getitem, base, key)

    def _slice(self, o: SliceExpr) -> Any:
        return slice(*(None if b is None else self.value(b) for b in (o.begin_index, o.end_index, o.stride)))

    def _conditional(self, o: ConditionalExpr) -> Any:
        return self.value(o.if_expr if self._truth(o.cond) else o.else_expr)


def _state(names: Mapping[Any, Any], index: Any) -> list[Any]:
    """What a pass of a loop may depend on, but for the loop's own variable."""
    return [(node, _fingerprint(value)) for node, value in names.items() if node is not index]


def _fingerprint(value: Any) -> Hashable:
    """Equal for tensors and plain values that cannot be told apart; others are never equal."""
    if isinstance(value, (list, tuple)):
        return (type(value), *map(_fingerprint, value))
    if isinstance(value, Expr):
        node = node_of(value)
        return (type(value), node.shape, node.dtype, node.value)
    return (type(value), value) if isinstance(value, (int, float, str)) else object()


def _located(o: Any, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Calls, and notes in an error the line where it was raised."""
    try:
        return bounded(function, arguments)(*arguments, **keywords)
    except KTensorError as error:
        if not hasattr(error, "line"):
            setattr(error, "line", o.line)  # noqa: B010  # for whoever reports it
        raise


_STATEMENTS: Final[Mapping[type[Any], Callable[[_Frame, Any], None]]] = {
    AssertStmt: lambda frame, o: None,
    AssignmentStmt: _Frame._assign,
    Block: _Frame._block,
    ExpressionStmt: _Frame._evaluate,
    ForStmt: _Frame._for,
    FuncDef: _Frame._define,
    IfStmt: _Frame._if,
    OperatorAssignmentStmt: _Frame._update,
    PassStmt: lambda frame, o: None,
    ReturnStmt: _Frame._return,
}

_EXPRESSIONS: Final[Mapping[type[Any], Callable[[_Frame, Any], Any]]] = {
    CallExpr: _Frame._call,
    ComparisonExpr: _Frame._comparison,
    ConditionalExpr: _Frame._conditional,
    EllipsisExpr: lambda frame, o: Ellipsis,
    FloatExpr: lambda frame, o: o.value,
    IndexExpr: _Frame._index,
    IntExpr: lambda frame, o: o.value,
    LambdaExpr: _Frame._closure,
    ListExpr: lambda frame, o: [frame.value(i) for i in o.items],
    MemberExpr: _Frame._member,
    NameExpr: _Frame._name,
    OpExpr: _Frame._operation,
    SliceExpr: _Frame._slice,
    StrExpr: lambda frame, o: o.value,
    TupleExpr: lambda frame, o: tuple(frame.value(i) for i in o.items),
    UnaryExpr: lambda frame, o: _located(o, _UNARY[o.op], frame.value(o.expr)),
}
