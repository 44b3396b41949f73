"""Runs the bodies of functions on tensors that hold nothing: of helpers without annotations, and of the functions that
`map_fn`, `foldl`, `rnn` and `switch` are given. What a body needs beyond tensors and sizes is `Unknown`.
"""

from __future__ import annotations

import functools
import importlib
import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, NoReturn

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
    SuperExpr,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.types import AnyType, CallableType, FunctionLike, Instance, NoneType, Type, get_proper_type
from mypy.typevars import fill_typevars_with_any

from .. import dims
from ..errors import KTensorError
from ..graph import Expr, node_of
from ..tensor import Tensor
from . import reading, record, translate, values
from .apply import apply
from .effort import Steps, all_of, bounded
from .matching import promised_type
from .source import assigned_value, source_of
from .translate import Checker
from .values import NeedsChoice, SomeInt, Unknown
from .watch import watch

__all__ = ["Callee", "Closure", "Object", "Value", "function_of", "is_property"]

_STEPS: Final = Steps()
_DEPTH: Final = 12
_VARIABLES: Final = ("ktensor.tensor.variable", "ktensor.functional.variable")
_MOST_ROUNDS: Final = 64


class Object:
    """An instance of a user's class: its attributes and methods are what its type says."""

    def __init__(self, api: Checker, instance: Instance, chosen: Mapping[Hashable, Any], exact: bool = False) -> None:
        self.api, self.instance, self.chosen = api, instance, chosen
        #: It is of this very class, whose methods nobody has overridden.
        self.exact = exact or instance.type.is_final
        #: What the constructor has put into attributes, for as long as nothing else is put there.
        self.made: dict[str, Any] = {}

    def attribute(self, name: str) -> Any:
        """The value of an attribute, or a bound method."""
        info = self.instance.type
        for base in info.mro:
            watch(self.api, f"{base.fullname}.{name}")
        if name in self.made:
            return self.made[name]
        symbol = info.get(name)
        node = symbol.node if symbol is not None else None
        if isinstance(node, (FuncDef, Decorator)):
            method = self.method(node)
            return method() if is_property(node) else method
        if _defines(info, *_ASSIGNING):
            raise Unknown
        if isinstance(node, Var) and node.type is not None and not _has(node.type, "__get__"):
            definer = map_instance_to_supertype(self.instance, node.info)
            t = reading.settled_attribute(self.api, self.instance, name, expand_type_by_instance(node.type, definer))
            return _static(self.api, t, None, self.chosen)
        raise Unknown

    def where(self, chosen: Mapping[Hashable, Any]) -> Object:
        """The object, where that is chosen of what is not known."""
        found = Object(self.api, self.instance, chosen, self.exact)
        found.made = self.made
        return found

    def method(self, node: FuncDef | Decorator) -> Any:
        """A method of a class, to be called on the object."""
        function = node.func if isinstance(node, Decorator) else node
        if function.is_class or (isinstance(node, Decorator) and node.decorators):
            raise Unknown
        return Closure(self.api, function, {}, None if function.is_static else self).bound(self.chosen)

    def parent(self, info: TypeInfo, name: str) -> Any:
        """`super().name` in a method of that class."""
        bases = self.instance.type.mro
        for base in bases[bases.index(info) + 1 :]:
            symbol = base.names.get(name)
            if (
                base.fullname != "builtins.object"
                and symbol is not None
                and isinstance(symbol.node, (FuncDef, Decorator))
            ):
                return self.method(symbol.node)
        return _nothing

    def put(self, name: str, value: Any) -> None:
        """Assigns an attribute."""
        info = self.instance.type
        symbol = info.get(name)
        plain = symbol is not None and isinstance(symbol.node, Var) and not _has(symbol.node.type, "__set__")
        if plain and source_of(self.api).is_constant(info, name):
            self.made[name] = value

    def _ktensor_node(self, like: object) -> NoReturn:
        raise Unknown  # it may be an array, for all we know

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """A call of the object."""
        return self.attribute("__call__")(*arguments, **keywords)


def _nothing(*arguments: Any, **keywords: Any) -> None:
    """What `object` has for a constructor."""


class _Maker:
    """A user's class, to be called."""

    def __init__(self, api: Checker, name: RefExpr, chosen: Mapping[Hashable, Any]) -> None:
        self.api, self.name, self.chosen = api, name, chosen

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """An instance, as the constructor's annotations have it, and with what its body puts into attributes."""
        info = self.name.node
        declared = get_proper_type(reading.type_of(self.api, self.name))
        if not isinstance(info, TypeInfo) or not isinstance(declared, CallableType) or _makes_otherwise(info):
            raise Unknown
        promised = [] if keywords else _promised(self.api, declared, arguments, self.chosen)
        made = promised[0] if promised else None
        if made is None and isinstance(plain := fill_typevars_with_any(info), Instance):
            made = Object(self.api, plain, self.chosen)
        if not isinstance(made, Object) or made.instance.type is not info:
            raise Unknown
        made.exact = True
        try:
            self._fill(made, arguments, keywords)
        except Unknown:
            made.made.clear()
        return made

    def _fill(self, made: Object, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        info = made.instance.type
        constructor = info.get("__init__")
        node = constructor.node if constructor is not None else None
        if constructor is None or not isinstance(node, FuncDef) or info.module_name != self.api.tree.fullname:
            return
        if constructor.plugin_generated and "dataclass" in info.metadata:
            names = [argument.variable.name for argument in node.arguments[1:]]
            for name, value in [*zip(names, arguments), *keywords.items()]:
                made.put(name, value)
        elif not constructor.plugin_generated and node.info.module_name == info.module_name:
            made.method(node)(*arguments, **keywords)


def _has(t: Type | None, method: str) -> bool:
    """True of a descriptor, which decides itself what an attribute is."""
    p = get_proper_type(t) if t is not None else None
    return isinstance(p, Instance) and p.type.has_readable_member(method)


def _makes_otherwise(info: TypeInfo) -> bool:
    """True of a class that has its own way to make objects, or to assign their attributes."""
    metaclass = info.metaclass_type.type.fullname if info.metaclass_type is not None else "builtins.type"
    return metaclass not in ("builtins.type", "abc.ABCMeta") or _defines(info, "__new__", *_ASSIGNING)


_ASSIGNING: Final = ("__setattr__", "__getattribute__")


def _defines(info: TypeInfo, *names: str) -> bool:
    """True of a class that has methods of its own where all have those of `object`."""
    return any(name in base.names for base in info.mro[:-1] for name in names)


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
            receiver = self.receiver.where(chosen) if isinstance(self.receiver, Object) else self.receiver
            given = [receiver, *arguments] if receiver is not None else arguments
            declared = _declared(self.function, self.receiver)
            if declared is not None and not keywords and (promised := _promised(self.api, declared, given, chosen)):
                return promised[0]
            if not self._has_body() or (isinstance(self.receiver, Object) and not self.receiver.exact):
                raise Unknown
            record.begin(self, chosen)
            frame = _Frame(self.api, dict(self.outer), chosen, self.depth)
            frame.captured, frame.receiver = set(self.outer), receiver
            frame.bind(self.function, given, keywords)
            try:
                return frame.run(self.function)
            except KTensorError as error:
                if not hasattr(error, "inside"):
                    setattr(error, "inside", self)  # noqa: B010  # for whoever reports it
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


class Callee:
    """What a call calls, if it is a value that the program computes: a function that another one made, for example."""

    __hash__ = None  # type: ignore[assignment]  # what it is depends on the values of other names

    def __init__(self, api: Checker, expression: Expression) -> None:
        self.api, self.expression = api, expression

    def bound(self, chosen: Mapping[Hashable, Any]) -> Callable[..., Any]:
        """The function, to be called with values."""
        try:
            found = _Frame(self.api, {}, chosen, 0).value(self.expression)
        except KTensorError:  # which is told where it is made
            raise Unknown from None
        if not callable(found) or isinstance(found, values.Opaque):
            raise Unknown
        return found  # type: ignore[no-any-return]  # it can be called, as just seen


class Value:
    """An expression, to be computed."""

    __hash__ = None  # type: ignore[assignment]  # what it is depends on the values of other names

    def __init__(self, api: Checker, expression: Expression) -> None:
        self.api, self.expression = api, expression

    def bound(self, chosen: Mapping[Hashable, Any]) -> Callable[[], Any]:
        """What computes it."""
        return lambda: _Frame(self.api, {}, chosen, 0).value(self.expression)


@reading.reads("written")
def _written_type(api: Checker, expression: Expression) -> Type | None:
    """The type of what is assigned somewhere in the file, be it checked already or not; None if it is not known."""
    found: Type | None = api.lookup_type_or_none(expression)
    if found is None:
        outcome = apply(api, Value(api, expression), [], {})
        found = outcome.type if outcome.error is None else NoneType()  # a misfit, which is told where it is
    p = get_proper_type(found) if found is not None else None
    return p if isinstance(p, NoneType) or (p is not None and translate.is_tensor(p)) else None


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
    if fullname in _VARIABLES:
        return values.hollow_variable
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
    f"builtins.{f.__name__}": f
    for f in (range, len, list, tuple, zip, enumerate, reversed, min, max, int, float, sum, dict)
} | {"builtins.True": True, "builtins.False": False, "builtins.None": None, "functools.partial": functools.partial}


class _Frame:
    """The values of one call's names."""

    def __init__(self, api: Checker, names: dict[Any, Any], chosen: Mapping[Hashable, Any], depth: int) -> None:
        self.api, self.names, self.chosen, self.depth = api, names, chosen, depth
        #: Loops of which nobody knows how often they run are run twice, and whether there was one.
        self.guesses = self.guessed = False
        #: Names of functions around, and what methods are called on.
        self.captured: set[Any] = set()
        self.receiver: Any = None
        #: Names that were read; None if a function inside may read any.
        self.read: set[Any] | None = set()

    def bind(self, function: FuncItem, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        """Gives the parameters their values."""
        rest, left = list(arguments), dict(keywords)
        for argument in function.arguments:
            name = argument.variable.name
            if argument.kind == ArgKind.ARG_STAR:
                value: Any = tuple(rest)
                rest = []
            elif argument.kind == ArgKind.ARG_STAR2:
                value, left = left, {}
            elif rest and argument.kind in (ArgKind.ARG_POS, ArgKind.ARG_OPT):
                value = rest.pop(0)
            elif name in left:
                value = left.pop(name)
            elif isinstance(argument.initializer, (ListExpr, DictExpr, SetExpr)):
                raise Unknown  # one object for all calls, which may have put something into it
            elif argument.initializer is not None:
                value = self.value(argument.initializer)
            else:
                raise Unknown
            self.names[argument.variable] = value
            record.note(self.chosen, argument, value)
        if rest or left:
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
            self.captured.discard(target.node)
        elif isinstance(target, MemberExpr) and isinstance(owner := self.value(target.expr), Object):
            owner.put(target.name, value)
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
            if node in self.captured and node in source_of(self.api).changed:
                raise Unknown  # calls before this one may have changed it
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
        return self._around(o)

    def _around(self, o: RefExpr) -> Any:
        """The value of a name or an attribute around the body: by its type, or by what it was assigned."""
        value, node = assigned_value(self.api, o), o.node
        if isinstance(value, (ListExpr, TupleExpr)):
            return self.value(value)
        if isinstance(node, Var) and node.type is None and value is not None:
            return self._fresh(value)  # mypy has not come so far yet
        if not isinstance(node, Var) or node.type is None:
            raise Unknown
        t = self._known_type(o, node)
        if isinstance(value, _COMPUTED) and _may_be_function(t):
            try:
                return self._fresh(value)
            except (NeedsChoice, RecursionError):
                raise
            except Exception:  # as much as its type says is known
                pass
        return _static(self.api, t, o, self.chosen)

    def _fresh(self, expression: Expression) -> Any:
        """The value of an expression around the body."""
        if self.depth > _DEPTH:
            raise Unknown
        return _Frame(self.api, {}, self.chosen, self.depth + 1).value(expression)

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
        if isinstance(receiver, (Expr, list, tuple, dict, values.SomeNumbers)) or receiver is Tensor:
            return _located(o, getattr, receiver, o.name)
        raise Unknown

    def _call(self, o: CallExpr) -> Any:
        array = reading.numpy_array(self.api, o)
        if array is not None:
            return array
        if (maker := reading.maker_of_arrays(o)) is not None:
            positional, keywords = self._arguments(o)
            return reading.made_array(self.api, o, maker, positional, keywords)
        function = self.value(o.callee)
        if not callable(function):
            raise Unknown
        positional, keywords = self._arguments(o)
        return _located(o, function, *positional, **keywords)

    def _arguments(self, o: CallExpr) -> tuple[list[Any], dict[str, Any]]:
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for kind, name, argument in zip(o.arg_kinds, o.arg_names, o.args):
            value = self.value(argument)
            if kind == ArgKind.ARG_STAR:
                positional += all_of(value)
            elif kind == ArgKind.ARG_STAR2:
                keywords.update(value)
            elif name is not None:
                keywords[name] = value
            else:
                positional.append(value)
        return positional, keywords

    def _super(self, o: SuperExpr) -> Any:
        if not isinstance(self.receiver, Object) or o.info is None or o.call.args:
            raise Unknown
        return self.receiver.parent(o.info, o.name)

    def _dict(self, o: DictExpr) -> Any:
        made: dict[Any, Any] = {}
        for key, value in o.items:
            made.update(self.value(value) if key is None else {self.value(key): self.value(value)})
        return made

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


#: What makes functions and objects.
_COMPUTED: Final = (CallExpr, DictExpr, IndexExpr, LambdaExpr, MemberExpr, NameExpr)


def _may_be_function(t: Type) -> bool:
    """True of a type that may stand for a function or a user's object."""
    p = get_proper_type(t)
    if isinstance(p, Instance):
        return p.type.module_name not in ("builtins", "typing", "numpy") and not translate.is_tensor(p)
    return isinstance(p, (AnyType, FunctionLike))


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
        setattr(error, "outer", o.line)  # noqa: B010  # of the calls around it, the outermost is the last
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
    DictExpr: _Frame._dict,
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
    SuperExpr: _Frame._super,
    TupleExpr: lambda frame, o: tuple(frame.value(i) for i in o.items),
    UnaryExpr: lambda frame, o: _located(o, _UNARY[o.op], frame.value(o.expr)),
}
