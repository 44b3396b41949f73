"""What the text of a file says beyond types: variables that are assigned once, settings, facts about sizes."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from mypy.nodes import (
    COVARIANT,
    INVARIANT,
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    Block,
    BreakStmt,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    ConditionalExpr,
    ContinueStmt,
    Decorator,
    DelStmt,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    IndexExpr,
    IntExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    OverloadedFuncDef,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    StarExpr,
    StrExpr,
    TempNode,
    TryStmt,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
    WhileStmt,
    WithStmt,
)
from mypy.types import CallableType, Type, TypeVarType, get_proper_type

from .translate import Checker, is_dim_variable
from .watch import names_in, watch_names

__all__ = [
    "Region",
    "Source",
    "Write",
    "assigned_value",
    "container_key",
    "declared_type",
    "join_sizes",
    "others_in",
    "source_of",
]


class Region(NamedTuple):
    """Lines in which settings are in force."""

    first: int
    last: int
    settings: tuple[tuple[str, str], ...]


class Write(NamedTuple):
    """Where an attribute is assigned: the class of `self`, the method, and the value; None for what is not at hand."""

    owner: TypeInfo | None
    method: str
    value: Expression | None


class Source:
    """One file, read once."""

    def __init__(self, tree: MypyFile) -> None:
        self.tree = tree
        #: Each variable's value; None if it has several.
        self.values: dict[Node, Expression | None] = {}
        #: All that each variable was assigned, with the lines.
        self.assignments: defaultdict[Node, list[tuple[int, Expression]]] = defaultdict(list)
        #: What `self.name` was assigned, by class and name; None if that was several things.
        self.attributes: dict[tuple[str, str], Expression | None] = {}
        #: The function of each parameter, and which of its parameters that is.
        self.parameters: dict[Node, tuple[FuncDef, int]] = {}
        #: The loop of each loop variable.
        self.loops: dict[Node, ForStmt] = {}
        #: What is put into, taken out of, or assigned anew: nothing is known of its elements.
        self.changed: set[Node | str] = set()
        #: Functions that are defined, or assigned, more than once.
        self.redefined: set[str] = set()
        #: Of those, what `append` and its like, or an assignment to an item, change.
        self.mutated: set[Node | str] = set()
        #: Where attributes of each name are assigned.
        self.writes: defaultdict[str, list[Write]] = defaultdict(list)
        #: What each variable is assigned, with the function that does it: by `global` and `nonlocal` several may.
        self.assigners: defaultdict[Node, list[tuple[FuncDef | None, Expression | None]]] = defaultdict(list)
        #: Variables that may hold something else than mypy takes them for: of the three kinds above.
        self.unsteady: set[Node] = set()
        self._inside: FuncDef | None = None
        #: The variables of `a, b = ...`, with what is taken apart and which part each is.
        self.parts: dict[Node, tuple[Expression, int]] = {}
        #: What attributes, and variables that have several values, are assigned.
        self.shared: set[Expression] = set()
        self._seen: defaultdict[Node, int] = defaultdict(int)
        self._members: set[str] = set()
        self._functions: set[str] = set()
        #: Where loops assign variables: in each, from the first line to the last.
        self.looped: defaultdict[Node, list[ForStmt | WhileStmt]] = defaultdict(list)
        #: The outermost loop around each line.
        self.loop_at: dict[int, ForStmt] = {}
        #: The variables that each outermost loop assigns.
        self.assigned_in: defaultdict[Node, dict[Node, None]] = defaultdict(dict)
        self._around: list[ForStmt | WhileStmt] = []
        #: The last line of the block that a loop is in, and so is run with it.
        self.together: dict[Node, int] = {}
        self._ends: list[int] = [sys.maxsize]
        #: Targets of `a, b = b, a`, where mypy takes the second value after the first target has changed.
        self.tangled: set[Node] = set()
        #: What is put into lists and dicts of things of other sizes; filled while the file is checked.
        self.mixed: defaultdict[Node | str, list[Type]] = defaultdict(list)
        #: `x.shape` and `x.ndim` where they are compared, and lines that depend on the outcome.
        self.compared: set[Expression] = set()
        self._dependent: list[tuple[int, int]] = []
        #: Variables that are assigned in such an `if`, and the line of the first.
        self.decided: dict[Node, int] = {}
        self._branching: list[IfStmt] = []
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
        last = o.body[-1] if o.body else o
        self._ends.append(max(last.line, last.end_line or 0))
        self._all(*o.body)
        self._ends.pop()

    def _class(self, o: ClassDef) -> None:
        join_sizes(o, [v for v in o.type_vars if is_dim_variable(v)])
        self._read(o.defs)

    def _function(self, o: FuncDef) -> None:
        if o.fullname in self._functions:
            self.redefined.add(o.fullname)
        self._functions.add(o.fullname)
        for position, argument in enumerate(o.arguments):
            self.values[argument.variable] = None  # it has the values of all calls
            self.parameters[argument.variable] = (o, position)
        around = self._inside
        self._inside = o
        self._read(o.body)
        self._inside = around

    def _assignment(self, o: AssignmentStmt) -> None:
        self._value(o.rvalue)
        if len(o.lvalues) == 1 and isinstance(o.lvalues[0], TupleExpr) and isinstance(o.rvalue, TupleExpr):
            self._swap(o.lvalues[0].items, o.rvalue.items)
        alone = len(o.lvalues) == 1 and isinstance(o.lvalues[0], NameExpr) and not isinstance(o.rvalue, TempNode)
        for target in o.lvalues:
            if len(o.lvalues) == 1 and isinstance(target, TupleExpr) and _is_shape(o.rvalue):
                self._unpack(target, o.rvalue)
            else:
                self._assign(target, o.rvalue if not isinstance(o.rvalue, TempNode) and len(o.lvalues) == 1 else None)
                self._take_apart(target, o.rvalue)
            if isinstance(target, MemberExpr):
                self.changed.add(f".{target.name}" if target.name in self._members else "")
                self._members.add(target.name)
            if not isinstance(target, NameExpr):
                self.shared.add(o.rvalue)
            if isinstance(target, NameExpr) and alone:
                self.assignments[target.node or target].append((o.line, o.rvalue))
                if self._around:
                    self.assigned_in[self._around[0]][target.node or target] = None
            elif isinstance(target, MemberExpr) and (owner := self.owner(target)) is not None:
                key = (owner.fullname, target.name)
                self.attributes[key] = None if key in self.attributes else o.rvalue

    def _swap(self, targets: Sequence[Expression], given: Sequence[Expression]) -> None:
        changed: set[object] = set()
        for target, value in zip(targets, given):
            if isinstance(target, NameExpr) and target.node is not None:
                if changed & {name.node for name in names_in(value)}:
                    self.tangled.add(target.node)
                    self.unsteady.add(target.node)
                changed.add(target.node)

    def _for(self, o: ForStmt) -> None:
        self.together[o] = self._ends[-1]
        if not self._around:
            self.loop_at.update(dict.fromkeys(range(o.line + 1, (o.end_line or o.line) + 1), o))
        self._around.append(o)
        self._assign(o.index, None)
        for index in o.index.items if isinstance(o.index, TupleExpr) else [o.index]:
            if isinstance(index, NameExpr) and isinstance(index.node, Var):
                self.loops[index.node] = o
        self._all(o.body, o.else_body)
        self._around.pop()

    def _condition(self, expression: Expression) -> None:
        if isinstance(expression, AssignmentExpr):
            self._assign(expression.target, None)
        if isinstance(expression, ComparisonExpr):
            self.compared.update(member for operand in expression.operands for member in _shapes_in(operand))
        for part in _PARTS.get(type(expression), lambda e: ())(expression):
            self._condition(part)

    def _value(self, expression: Expression | None) -> None:
        if isinstance(expression, ConditionalExpr):
            self._condition(expression.cond)
        elif isinstance(expression, ComparisonExpr):
            self._condition(expression)

    def _if(self, o: IfStmt) -> None:
        for expression in o.expr:
            self._condition(expression)
        shapes = [member for e in o.expr for member in _shapes_in(e)]
        if not shapes:
            self._all(*o.body, o.else_body)
            return
        if isinstance(_last(o.body[0]), RaiseStmt):
            self._established(o, shapes)
        else:
            leaves = len(self._ends) > 1 and isinstance(_last(o.body[0]), (ReturnStmt, ContinueStmt, BreakStmt))
            self._dependent.append((o.line, self._ends[-1] if leaves else max(o.line, o.end_line or 0)))
        self._branching.append(o)
        self._all(*o.body, o.else_body)
        self._branching.pop()

    def _established(self, o: IfStmt, shapes: Sequence[Expression]) -> None:
        """After `if x.shape[1] != y.shape[0]: raise` they are equal, which nothing else says."""
        bases = [m.expr.node for m in shapes if isinstance(m, MemberExpr) and isinstance(m.expr, NameExpr)]
        for node in bases if len(set(bases)) > 1 else []:
            if node is not None:
                self.decided.setdefault(node, o.line)

    def depends_on_shapes(self, line: int) -> bool:
        """True of a line in an `if` that compares shapes, or after one that leaves: it is run for some of them only."""
        return any(first <= line <= last for first, last in self._dependent)

    def settings_at(self, line: int) -> Mapping[str, str | None]:
        """The settings that the file makes for a line, of those that matter when an expression is built."""
        if not self.regions and not self.set_globally:
            return {}
        settings: dict[str, str | None] = dict.fromkeys(self.set_globally)
        for region in self.regions:
            if region.first <= line <= region.last:
                settings.update((name, value or None) for name, value in region.settings if name in _READ_WHEN_BUILT)
        return settings

    def _while(self, o: WhileStmt) -> None:
        self._around.append(o)
        self._condition(o.expr)
        self._all(o.body, o.else_body)
        self._around.pop()

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
        elif name in ("builtins.setattr", "builtins.delattr"):
            self.mutated.add("setattr")
        elif isinstance(call, CallExpr) and isinstance(call.callee, MemberExpr) and call.callee.name in _MUTATORS:
            self._change(call.callee.expr)
        self._condition(call)

    def _change(self, target: Expression) -> None:
        key = container_key(target)
        if key is not None:
            self.changed.add(key)
            self.mutated.add(key)

    def _write(self, target: MemberExpr, value: Expression | None) -> None:
        """Notes where an attribute is assigned; in a loop it may be assigned several things."""
        write = Write(self.owner(target), self._inside.name if self._inside is not None else "", value)
        self.writes[target.name] += [write] * (2 if self._around else 1)

    def owner(self, target: MemberExpr) -> TypeInfo | None:
        """The class of `self` in `self.name`."""
        node = target.expr.node if isinstance(target.expr, NameExpr) else None
        if not isinstance(node, Var) or not node.is_self or node not in self.parameters:
            return None
        return self.parameters[node][0].info

    def writes_to(self, info: TypeInfo, name: str) -> list[Write]:
        """Where an attribute of a class's objects may be assigned."""
        return [w for w in self.writes.get(name, ()) if w.owner is None or _are_related(w.owner, info)]

    def rebound(self, variable: Node | None) -> Sequence[Expression | None]:
        """All that a variable is assigned, if functions assign it that it does not belong to."""
        if variable is None or variable not in self.unsteady:
            return ()
        assigners = self.assigners[variable]
        return [value for _, value in assigners] if len({function for function, _ in assigners}) > 1 else ()

    def attribute(self, info: TypeInfo, name: str) -> Expression | None:
        """What an attribute is assigned, if only once."""
        known = f".{name}" not in self.mutated and len(self.writes_to(info, name)) == 1
        keys = [(base.fullname, name) for base in info.mro] if known else []
        return next((self.attributes[key] for key in keys if key in self.attributes), None)

    def is_constant(self, info: TypeInfo, name: str) -> bool:
        """True of an attribute that objects of a class have from their constructor, and keep."""
        if f".{name}" in self.mutated or "setattr" in self.mutated:
            return False
        writes = self.writes_to(info, name)
        return not writes or (len(writes) == 1 and writes[0].owner is not None and writes[0].method == "__init__")

    def _unpack(self, target: TupleExpr, shape: Expression) -> None:
        """In `a, b = x.shape` a is `x.shape[0]`."""
        starred = any(isinstance(item, StarExpr) for item in target.items)
        for position, item in enumerate(target.items):
            size = IndexExpr(shape, IntExpr(position))
            size.set_line(shape)
            self._assign(item, None if starred else size)

    def _take_apart(self, target: Expression, whole: Expression) -> None:
        """In `a, b = pair` a is the first of the pair, if it is nothing else."""
        if not isinstance(target, (TupleExpr, ListExpr)) or any(isinstance(item, StarExpr) for item in target.items):
            return
        for position, item in enumerate(target.items):
            if isinstance(item, NameExpr) and item.node is not None and self._seen[item.node] == 1:
                self.parts[item.node] = (whole, position)
                self.unsteady.add(item.node)

    def _assign(self, target: Expression, value: Expression | None) -> None:
        if isinstance(target, (TupleExpr, ListExpr)):
            values = value.items if isinstance(value, (TupleExpr, ListExpr)) else []
            matched = len(values) == len(target.items) and not any(isinstance(v, StarExpr) for v in values)
            for i, item in enumerate(target.items):
                self._assign(item, values[i] if matched else None)
        elif isinstance(target, StarExpr):
            self._assign(target.expr, None)
        elif isinstance(target, IndexExpr):
            self._change(target.base)
        elif isinstance(target, MemberExpr):
            self._write(target, value)
            if target.name == "shape":  # of an array
                self._change(target.expr)
        elif isinstance(target, NameExpr) and isinstance(target.node, Var):
            before = self.values.get(target.node)
            self.shared.update(v for v in (before, value) if v is not None and target.node in self.values)
            self.values[target.node] = None if target.node in self.values else value
            self._seen[target.node] += 1
            self.assigners[target.node].append((self._inside, value))
            if self.assigners[target.node][0][0] is not self._inside:
                self.unsteady.add(target.node)
            self.parts.pop(target.node, None)
            if self._around:
                self.looped[target.node].append(self._around[0])
            if self._branching:
                self.decided.setdefault(target.node, self._branching[0].line)
        elif isinstance(target, NameExpr) and isinstance(target.node, FuncDef):
            self.redefined.add(target.node.fullname)


_MUTATORS: Final = frozenset(
    ("append", "clear", "extend", "insert", "pop", "remove", "resize", "reverse", "setdefault", "sort", "update")
)


def join_sizes(definition: ClassDef, variables: list[Any]) -> None:
    """Lets `[Dense(3, 4), Dense(4, 5)]` be a list of `Dense` of unknown sizes.

    For mypy two layers of different sizes have nothing in common, since sizes are invariant: without that it could not
    infer them. With the plugin it is we who match sizes. The variables of the methods' types stay as they are.
    """
    declared = definition.base_type_exprs + definition.removed_base_type_exprs
    bases = [b.base if isinstance(b, IndexExpr) else b for b in declared]
    if any(isinstance(b, RefExpr) and b.fullname in _PROTOCOLS for b in bases):
        return
    for v in variables:
        if isinstance(v, TypeVarType) and v.variance == INVARIANT:
            covariant = TypeVarType(
                v.name, v.fullname, v.id, v.values, v.upper_bound, v.default, COVARIANT, v.line, v.column
            )
            definition.type_vars[definition.type_vars.index(v)] = covariant


_PROTOCOLS: Final = ("typing.Protocol", "typing_extensions.Protocol")


_READ_WHEN_BUILT: Final = ("floatx", "image_data_format")


def _shapes_in(expression: Expression) -> list[Expression]:
    """`x.shape` and `x.ndim` in a comparison."""
    if isinstance(expression, MemberExpr):
        return [expression] if expression.name in ("shape", "ndim") else []
    if isinstance(expression, IndexExpr):
        return _shapes_in(expression.base)
    return [member for part in _PARTS.get(type(expression), lambda e: ())(expression) for member in _shapes_in(part)]


def _last(block: Block) -> Node | None:
    return block.body[-1] if block.body else None


def container_key(expression: Expression | None) -> Node | str | None:
    """What a list or dict is known by: its variable, or the name of the attribute."""
    if isinstance(expression, NameExpr):
        return expression.node
    return f".{expression.name}" if isinstance(expression, MemberExpr) else None


def others_in(api: Checker, container: Expression | None) -> Sequence[Type] | None:
    """What else than its type says is put into a list or dict; None for nothing.

    Into an attribute anything may be put by a method that has not been checked yet.
    """
    key, source = container_key(container), source_of(api)
    if key is None:
        return None
    if isinstance(key, str):
        return () if key in source.changed else None
    return source.mixed.get(key)


def _is_shape(value: Expression) -> bool:
    return isinstance(value, MemberExpr) and value.name == "shape"


def _are_related(a: TypeInfo, b: TypeInfo) -> bool:
    return a.has_base(b.fullname) or b.has_base(a.fullname)


_READERS: Final[dict[type[Any], Callable[[Source, Any], None]]] = {
    AssertStmt: lambda source, o: source._condition(o.expr),
    ReturnStmt: lambda source, o: source._value(o.expr),
    AssignmentStmt: Source._assignment,
    Block: Source._block,
    ClassDef: Source._class,
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


_latest: list[tuple[object, Source]] = []


def source_of(api: Checker) -> Source:
    """The file that is being checked. The daemon changes the tree itself, but has a new scope for each check."""
    if not _latest or _latest[0][0] is not api.scope:
        _latest[:] = [(api.scope, Source(api.tree))]
    return _latest[0][1]


def declared_type(api: Checker, variable: Var) -> Type | None:
    """The type that a parameter is declared to have."""
    function, position = source_of(api).parameters.get(variable, (None, 0))
    t = get_proper_type(function.type) if function is not None and function.type is not None else None
    return t.arg_types[position] if isinstance(t, CallableType) else None


def assigned_value(api: Checker, name: Expression) -> Expression | None:
    """What a variable, a class's constant or an attribute of `self` was assigned in this file, if only once."""
    value = _value_in_file(source_of(api), name)
    if value is not None:
        watch_names(api, value)
    return value


def _value_in_file(source: Source, name: Expression) -> Expression | None:
    if isinstance(name, NameExpr):
        known = isinstance(name.node, Var) and name.node not in source.changed
        return source.values.get(name.node) if known and name.node is not None else None
    if not isinstance(name, MemberExpr):
        return None
    owner = source.owner(name)
    return _constant_of_class(source, name) if owner is None else source.attribute(owner, name.name)


def _constant_of_class(source: Source, name: MemberExpr) -> Expression | None:
    """`Config.units`, where the class says `units = 64`."""
    info = name.expr.node if isinstance(name.expr, NameExpr) else None
    symbol = info.names.get(name.name) if isinstance(info, TypeInfo) else None
    if (
        symbol is None
        or not isinstance(symbol.node, Var)
        or f".{name.name}" in source.mutated
        or source.writes[name.name]
    ):
        return None
    return source.values.get(symbol.node)
