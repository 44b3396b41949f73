"""Reads the values of expressions, as far as mypy's types and the file say them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union

import numpy as np
from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ArgKind,
    CallExpr,
    DictExpr,
    EllipsisExpr,
    Expression,
    FloatExpr,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
    Var,
)
from mypy.types import (
    AnyType,
    FunctionLike,
    Instance,
    LiteralType,
    NoneType,
    TupleType,
    Type,
    TypeType,
    TypeVarTupleType,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from .. import dims, dtypes
from ..dims import Dim, Poly, Shape
from ..dtypes import DType
from ..errors import KTensorError
from ..graph import Expr, node_of
from ..shape import broadcast
from ..tensor import Tensor
from . import translate
from .arrays import RANDOM, random_shape
from .source import assigned_value, others_in, source_of
from .translate import Checker, Part
from .values import (
    Choice,
    Opaque,
    Sizes,
    SomeInt,
    SomeNumbers,
    Spec,
    Unknown,
)

__all__ = [
    "Argument",
    "arguments",
    "from_loop",
    "from_type",
    "item_of",
    "key_value",
    "made_array",
    "maker_of_arrays",
    "numpy_array",
    "position",
    "read",
    "reads",
    "settled_attribute",
    "size_of",
    "steady",
    "tensor_value",
    "type_of",
    "value_of",
    "with_others",
]


#: An argument's kind, its name if it has one, and the expression.
Argument: TypeAlias = tuple[ArgKind, Union[str, None], Expression]
_Reader = TypeVar("_Reader", bound=Callable[..., Any])
#: What takes running bodies to be read, which modules above this one do.
_READERS: Final[dict[str, Callable[..., Any]]] = {}


def reads(what: Literal["function", "after a loop", "written"]) -> Callable[[_Reader], _Reader]:
    """Makes a function the one that reads a function, what a name holds after a loop, or what a value is written as."""

    def register(reader: _Reader) -> _Reader:
        _READERS[what] = reader
        return reader

    return register


def type_of(api: Checker, expression: Expression) -> Type:
    """The type that mypy has inferred for an expression; inferred now if it has not."""
    found: Type | None = api.lookup_type_or_none(expression)
    if found is not None:
        return found
    if expression in _being_inferred:  # `x = f(x)` where x is not defined
        return translate.any_type()
    _being_inferred.add(expression)
    try:
        return api.get_expression_type(expression)  # type: ignore[no-any-return]  # a Type
    finally:
        _being_inferred.discard(expression)


_being_inferred: Final[set[Expression]] = set()


def read(api: Checker, t: Type, expression: Expression | None) -> Any:
    """The value of an argument."""
    tensor = translate.tensor_instance(t)
    if tensor is not None:
        return tensor_value(steady(api, tensor, expression), expression)
    t = with_others(api, t, expression)
    if expression is not None:
        found = _from_expression(api, t, expression)
        if found is not _NOTHING:
            return found
    return from_type(api, t, expression)


def value_of(api: Checker, expression: Expression) -> Any:
    """The value of an expression, by the type that mypy has inferred for it."""
    return read(api, type_of(api, expression), expression)


def arguments(api: Checker, given: Sequence[Argument]) -> tuple[list[Any], dict[str, Any]] | None:
    """The values of arguments, those of `*xs` and `**options` too; None if one does not say how many it is."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for kind, name, expression in given:
        if kind == ArgKind.ARG_STAR2:
            options = _options(api, expression)
            if options is None:
                return None
            keywords.update(options)
        elif kind == ArgKind.ARG_STAR:
            items = value_of(api, expression)
            if type(items) not in (list, tuple):
                return None
            positional += items
        elif name is not None:
            keywords[name] = value_of(api, expression)
        else:
            positional.append(value_of(api, expression))
    return positional, keywords


def _options(api: Checker, expression: Expression) -> dict[str, Any] | None:
    """The arguments that `**{"axis": 1}`, or a variable for that, stands for."""
    shown = assigned_value(api, expression) or expression
    if isinstance(shown, DictExpr) and all(isinstance(key, StrExpr) for key, _ in shown.items):
        return {key.value: value_of(api, value) for key, value in shown.items if isinstance(key, StrExpr)}
    is_dict = isinstance(shown, CallExpr) and getattr(shown.callee, "fullname", "") == "builtins.dict"
    if not isinstance(shown, CallExpr) or not is_dict or None in shown.arg_names:
        return None
    return {name: value_of(api, value) for name, value in zip(shown.arg_names, shown.args) if name is not None}


def with_others(api: Checker, t: Type, container: Expression | None) -> Type:
    """The type of a list or dict, or of what comes out of it, where things of other sizes are put in."""
    others = others_in(api, container)
    if others is None:
        return t
    tensors = [translate.tensor_instance(other) for other in others]
    return translate.unsized(api, t, [o for o in tensors if o is not None] if all(tensors) else [])


_NOTHING: Final = object()
_LISTS: Final = ("builtins.list", "builtins.tuple", "typing.Sequence")
_PLAIN_LITERALS: Final = (IntExpr, FloatExpr, StrExpr)


def _from_expression(api: Checker, t: Type, expression: Expression) -> Any:
    if isinstance(expression, _PLAIN_LITERALS):
        return expression.value
    if isinstance(expression, UnaryExpr) and isinstance(expression.expr, FloatExpr) and expression.op == "-":
        return -expression.expr.value
    if isinstance(expression, (ListExpr, TupleExpr)):
        if any(isinstance(item, StarExpr) for item in expression.items):
            return _NOTHING
        items = [value_of(api, item) for item in expression.items]
        return items if isinstance(expression, ListExpr) else tuple(items)
    if isinstance(expression, ListComprehension):
        item = expression.generator.left_expr
        known = api.lookup_type_or_none(item)
        is_tensor = known is not None and translate.is_tensor(known)
        return _list_of(read(api, known, item), expression) if is_tensor else _NOTHING
    if isinstance(expression, LambdaExpr):
        return _function(api, expression)
    if isinstance(expression, CallExpr) and isinstance(expression.callee, RefExpr):
        return _numpy_array(api, expression)
    if isinstance(expression, OpExpr) and any(_is_array(type_of(api, e)) for e in (expression.left, expression.right)):
        return _array_operation(api, expression)
    if isinstance(expression, OpExpr) and isinstance(get_proper_type(t), TupleType):
        sides = [value_of(api, side) for side in (expression.left, expression.right)]
        return sides[0] + sides[1] if all(isinstance(side, tuple) for side in sides) else _NOTHING
    if isinstance(expression, IndexExpr) and _is_array(type_of(api, expression.base)):
        key = key_value(api, type_of(api, expression.index), expression.index)
        return _array_by(api, expression, expression.base, operator.getitem, [key], {})
    if isinstance(expression, IndexExpr) and isinstance(expression.index, SliceExpr):
        return _sliced(api, expression)
    if isinstance(expression, (OpExpr, UnaryExpr, IndexExpr)) and not translate.is_tensor(t) and _may_be_size(t):
        size = size_of(api, expression)
        return _NOTHING if size is None else size
    if isinstance(expression, MemberExpr) and expression.name == "T" and _is_array(type_of(api, expression.expr)):
        shape = _shape_of_array(value_of(api, expression.expr))
        return _array_of(api, expression, None if shape is None else shape[::-1])
    if isinstance(expression, (NameExpr, MemberExpr)):
        return _assigned(api, t, expression)
    return _NOTHING


def _sliced(api: Checker, o: IndexExpr) -> Any:
    """`x.shape[1:]`, and slices of other tuples of sizes."""
    sizes = value_of(api, o.base)
    key = key_value(api, translate.any_type(), o.index)
    plain = isinstance(key, slice) and all(isinstance(b, (int, type(None))) for b in (key.start, key.stop, key.step))
    return sizes[key] if plain and type(sizes) in (list, tuple) else _NOTHING


def _assigned(api: Checker, t: Type, name: NameExpr | MemberExpr) -> Any:
    """The value of a variable that is assigned once, in the same file."""
    if not _may_be_size(t):
        value = assigned_value(api, name) if _is_array(t) or _is_bool(t) else None
        if isinstance(value, NameExpr):
            return _TRUTH.get(value.fullname, _NOTHING)
        array = value_of(api, value) if isinstance(value, (CallExpr, OpExpr)) else _NOTHING
        # Its elements may have changed since.
        return SomeNumbers(array.shape, dtypes.as_dtype(array.dtype)) if isinstance(array, np.ndarray) else array
    size = size_of(api, name)
    if size is not None:
        return size
    value = assigned_value(api, name)
    return _from_expression(api, t, value) if isinstance(value, _READ_THROUGH) else _NOTHING


_TRUTH: Final[Mapping[str, bool]] = {"builtins.True": True, "builtins.False": False}


def _is_bool(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, Instance) and p.type.fullname == "builtins.bool"


_READ_THROUGH: Final = (ListExpr, TupleExpr, FloatExpr, StrExpr)


def _is_array(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, Instance) and p.type.has_base("numpy.ndarray")


def _is_known_array(api: Checker, expression: Expression) -> bool:
    """True of what mypy has found to be an array: in bodies that are run, names have no types to ask for."""
    t = api.lookup_type_or_none(expression)
    return t is not None and _is_array(t)


def _may_be_size(t: Type) -> bool:
    p = get_proper_type(t)
    if isinstance(p, Instance):
        return p.last_known_value is None and p.type.fullname in _INT_LIKE
    return isinstance(p, (AnyType, TupleType))


_INT_LIKE: Final = ("builtins.int", "builtins.list", "builtins.tuple", "builtins.float", "builtins.str")


def from_type(api: Checker, t: Type, expression: Expression | None = None) -> Any:
    """A value of which the type is all that is known."""
    p = get_proper_type(t)
    tensor = translate.tensor_instance(p)
    if tensor is not None:
        return tensor_value(tensor, expression)
    if isinstance(p, LiteralType):
        return _of_enum(p) if p.is_enum_literal() else p.value
    if isinstance(p, NoneType):
        return None
    if isinstance(p, TupleType) and (parts := translate.parts_of(p)) is not None:
        if any(isinstance(part, TypeVarTupleType) for part in parts):
            return Sizes(tuple(parts))
        return tuple(from_type(api, item) for item in p.items)
    if isinstance(p, TypeVarType):
        return _of_variable(api, p)
    if isinstance(p, UnionType) and (tensor := from_loop(api, p, expression)) is not None:
        return tensor_value(tensor, expression)
    if isinstance(p, UnionType):
        return Choice(("union", str(p)), tuple(from_type(api, item) for item in p.items))
    if isinstance(p, (FunctionLike, TypeType)):
        return translate.dtype_of(p) or _function(api, expression)
    return _of_instance(p, expression) if isinstance(p, Instance) else Opaque()


def from_loop(api: Checker, t: Type, expression: Expression | None) -> Instance | None:
    """What a variable that a loop assigns is, where mypy has one type for each pass: what differs is not known."""
    p = get_proper_type(t)
    if not isinstance(p, UnionType) or not isinstance(expression, NameExpr) or expression.node is None:
        return None
    tensors = [translate.tensor_instance(item) for item in p.items]
    if expression.node not in source_of(api).looped or not all(tensors):
        return None
    after = _READERS["after a loop"](api, expression)
    if isinstance(after, Expr):
        node = node_of(after)
        found = translate.tensor_type(api, type(after), list(node.shape), node.dtype)
        return translate.tensor_instance(found)
    return translate.joined([t for t in tensors if t is not None], api)


def _list_of(item: Any, expression: Expression | None) -> Choice:
    """A list of nobody knows how many."""
    return Choice(("length", id(expression)), ([item] * 2, [item] * 3, [item]))


def _of_enum(p: LiteralType) -> Any:
    if not p.fallback.type.has_base("builtins.int"):
        return Opaque()
    number = _number_of(p)
    return SomeInt() if number is None else number


def _enum_member(t: Type) -> LiteralType | None:
    """The one member of an enum that a type stands for."""
    p = get_proper_type(t)
    literal = p.last_known_value if isinstance(p, Instance) else p
    return literal if isinstance(literal, LiteralType) and literal.is_enum_literal() else None


def _number_of(member: LiteralType) -> int | None:
    """The int that an enum's member is, if it is written down."""
    symbol = member.fallback.type.names.get(str(member.value))
    t = get_proper_type(symbol.node.type) if symbol is not None and isinstance(symbol.node, Var) else None
    known = t.last_known_value if isinstance(t, Instance) else None
    return known.value if known is not None and isinstance(known.value, int) else None


def _of_variable(api: Checker, variable: TypeVarType) -> Any:
    if translate.is_dim_variable(variable):
        return translate.to_dim(variable)
    return from_type(api, variable.upper_bound)


def _of_instance(p: Instance, expression: Expression | None) -> Any:
    if p.last_known_value is not None:
        known = p.last_known_value
        return _of_enum(known) if known.is_enum_literal() else known.value
    size = translate.to_dim(p)
    if size is not None:
        return size
    name = p.type.fullname
    if name == "builtins.int":
        return SomeInt()
    if name == "builtins.bool":
        return Choice(("bool", id(expression)), (False, True))
    if name == "builtins.float":
        return SomeNumbers((), dtypes.float32)
    if name in ("builtins.ellipsis", "types.EllipsisType"):
        return Ellipsis
    if p.type.has_base("numpy.ndarray"):
        return _array_spec(p, expression)
    if name in _LISTS and p.args and translate.is_tensor(p.args[0]):
        item = tensor_value(translate.tensor_instance(p.args[0]))  # type: ignore[arg-type]  # a tensor, as just seen
        return _list_of(item, expression)
    if p.type.has_base("numpy.generic"):
        return SomeNumbers((), translate.dtype_of(p) or dtypes.float32)
    return Opaque()


def tensor_value(tensor: Instance, expression: Expression | None = None) -> Any:
    """The tensor itself, if its rank and dtype are known; else a `Spec`."""
    found = _tensors.get(tensor)
    return _tensor_or_spec(tensor, expression) if found is None else found


_tensors: Final[dict[Instance, Any]] = {}
_MOST_TENSORS: Final = 10_000


def _tensor_or_spec(tensor: Instance, expression: Expression | None) -> Any:
    parts = translate.parts_of(tensor.args[0])
    dtype: Any = translate.dtype_of(tensor.args[1])
    if dtype is None:
        variable = get_proper_type(tensor.args[1])
        dtype = variable if isinstance(variable, TypeVarType) else None
    known = parts is not None and not any(isinstance(p, TypeVarTupleType) for p in parts)
    if known and isinstance(dtype, type):
        if len(_tensors) > _MOST_TENSORS:
            _tensors.clear()
        found = translate.hollow(tensor.type.fullname, tuple(parts or ()), dtype)  # type: ignore[arg-type]  # sizes alone
        _tensors[tensor] = found
        return found
    key = (
        id(expression)
        if expression is not None and not isinstance(expression, NameExpr)
        else str(expression and expression.name)
    )
    return Spec(tensor.type.fullname, None if parts is None else tuple(parts), dtype, key)


def _array_spec(p: Instance, expression: Expression | None) -> Any:
    shape = get_proper_type(p.args[0]) if p.args else None
    dtype = translate.dtype_of(p.args[1]) if len(p.args) > 1 else None
    parts = translate.parts_of(shape) if isinstance(shape, TupleType) else None
    return Spec("", None if parts is None else tuple(parts), dtype, id(expression), array=True)


#: NumPy's functions that are called on literals.
_NUMPY_MAKERS: Final = frozenset(
    {"zeros", "ones", "empty", "full", "array", "asarray", "arange", "eye", "identity"}
    | {d.__name__ for d in dtypes.ALL_DTYPES}
)
_LITERAL_TYPES: Final = (bool, int, float, str, type(None))
#: Arrays that are larger are not made.
_MOST_ELEMENTS: Final = 10_000


def _numpy_array(api: Checker, call: CallExpr) -> Any:
    """`np.zeros((3, 4))` and its like: NumPy's own types keep neither sizes nor values."""
    callee = call.callee
    module, _, name = callee.fullname.rpartition(".") if isinstance(callee, RefExpr) else ("", "", "")
    if isinstance(callee, MemberExpr) and callee.name in ("eval", "numpy"):
        return _evaluated(api, callee.expr)
    if isinstance(callee, MemberExpr) and callee.name == "astype":
        return _array_of(api, call, _shape_of_array(value_of(api, callee.expr)))
    if isinstance(callee, MemberExpr) and callee.name in _ARRAY_METHODS and _is_known_array(api, callee.expr):
        return _array_method(api, call, callee)
    random = isinstance(callee, MemberExpr) and _is_random(api, module, callee)
    if module.startswith("numpy") and isinstance(getattr(np, name, None), np.ufunc) and len(call.args) == 1:
        return _array_of(api, call, _shape_of_array(value_of(api, call.args[0])))
    if not random and (not module.startswith("numpy") or name not in _NUMPY_MAKERS or not call.args):
        return _NOTHING
    read_ = [_numpy_argument(value_of(api, e)) for e in call.args]
    if any(kind.is_star() for kind in call.arg_kinds):
        return _NOTHING
    given = [v for v, key in zip(read_, call.arg_names) if key is None]
    named = {key: v for v, key in zip(read_, call.arg_names) if key is not None}
    if isinstance(callee, MemberExpr) and random:
        return _array_of(api, call, random_shape(callee.name, given, named))
    if all(map(_is_literal, read_)) and not _is_large(name, given, named):
        return _made_by_numpy(name, given, named)
    return _filled(api, call, given[0] if given else named.get("shape"), named) if name in _FILLED else _NOTHING


#: Methods of arrays that have the shape that a tensor's method of that name has.
_ARRAY_METHODS: Final = frozenset({"reshape", "flatten", "sum", "mean", "max", "min", "prod", "transpose", "copy"})


def _array_method(api: Checker, call: CallExpr, callee: MemberExpr) -> Any:
    """`array.reshape(2, 3)` and its like."""
    found = arguments(api, list(zip(call.arg_kinds, call.arg_names, call.args)))
    if found is None:
        return _NOTHING
    given, named = found
    if callee.name == "copy":
        return _array_by(api, call, callee.expr, lambda x: x, [], {})
    if callee.name == "reshape" and len(given) > 1:
        given = [tuple(given)]
    return _array_by(api, call, callee.expr, getattr(Tensor, callee.name), given, named)


def _array_by(
    api: Checker,
    o: Expression,
    base: Expression,
    function: Callable[..., Any],
    given: Sequence[Any],
    named: Mapping[str, Any],
) -> Any:
    """The array that NumPy makes of another, of the shape that a tensor's op has."""
    shape = _shape_of_array(value_of(api, base))
    if shape is None or not _is_plain([*given, *named.values()]):
        return _NOTHING
    try:
        made = function(translate.hollow(translate.TENSOR, shape, dtypes.float64), *given, **named)
    except Exception:  # NumPy raises at run time, or knows better
        return _NOTHING
    return _array_of(api, o, node_of(made).shape)


def _is_plain(value: Any) -> bool:
    """True of what is no stand-in for something that is not known."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, slice):
        return _is_plain([value.start, value.stop, value.step])
    return isinstance(value, (int, float, type(None), type(Ellipsis), Expr))


def numpy_array(api: Checker, call: CallExpr) -> Any:
    """The array that a call of NumPy's makes of literals; None if it does not."""
    found = _numpy_array(api, call)
    return None if found is _NOTHING else found


def maker_of_arrays(call: CallExpr) -> str | None:
    """The name of the function of NumPy's that a call in a body calls, if it makes arrays."""
    callee = call.callee
    module, _, name = callee.fullname.rpartition(".") if isinstance(callee, RefExpr) else ("", "", "")
    if module.startswith("numpy"):
        return name if name in (RANDOM if "random" in module else _NUMPY_MAKERS) else None
    base = callee.expr.node if isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr) else None
    generator = get_proper_type(base.type) if isinstance(base, Var) and base.type is not None else None
    is_ours = isinstance(generator, Instance) and generator.type.fullname.startswith("numpy.random.")
    return callee.name if is_ours and isinstance(callee, MemberExpr) and callee.name in RANDOM else None


def made_array(api: Checker, call: CallExpr, maker: str, given: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """The array that such a call makes of values.

    Raises:
        Unknown: a value that is not known matters.
    """
    given = [_numpy_argument(v) for v in given]
    named = {key: _numpy_argument(v) for key, v in named.items()}
    made: Any = _NOTHING
    if maker in RANDOM:
        shape = random_shape(maker, given, named)
        made = _NOTHING if shape is None else SomeNumbers(shape, dtypes.int64 if "int" in maker else dtypes.float64)
    elif maker in _NUMPY_MAKERS and all(map(_is_literal, [*given, *named.values()])):
        made = _NOTHING if _is_large(maker, given, named) else _made_by_numpy(maker, given, named)
    if made is _NOTHING and maker in ("zeros", "ones", "empty"):
        made = _filled(api, call, given[0] if given else named.get("shape"), {"dtype": "float64", **named})
    if made is _NOTHING:
        raise Unknown
    return made


def _is_random(api: Checker, module: str, callee: MemberExpr) -> bool:
    """True of `np.random.normal`, and of methods of generators."""
    if callee.name not in RANDOM:
        return False
    generator = get_proper_type(type_of(api, callee.expr))
    return module.startswith("numpy.random") or (
        isinstance(generator, Instance) and generator.type.fullname.startswith("numpy.random.")
    )


def _array_operation(api: Checker, o: OpExpr) -> Any:
    """An array that is computed from others, and numbers, elementwise."""
    shapes = [_shape_of_array(value_of(api, side)) for side in (o.left, o.right)]
    if o.op not in _ELEMENTWISE or shapes[0] is None or shapes[1] is None:
        return _NOTHING
    try:
        return _array_of(api, o, broadcast("array", shapes[0], shapes[1]))
    except KTensorError:  # NumPy raises it at run time
        return _NOTHING


_ELEMENTWISE: Final = frozenset({"+", "-", "*", "/", "//", "%", "**"})


def _shape_of_array(value: Any) -> Shape | None:
    if isinstance(value, SomeNumbers):
        return value.shape_
    if isinstance(value, np.ndarray):
        return value.shape
    known = isinstance(value, Spec) and value.array and value.parts is not None
    if known and not any(isinstance(part, TypeVarTupleType) for part in value.parts):
        return value.parts  # type: ignore[no-any-return]  # sizes alone
    return () if isinstance(value, (bool, int, float)) else None


def _array_of(api: Checker, expression: Expression, shape: Shape | None) -> Any:
    """An array of that shape, of the dtype that NumPy's types say."""
    if shape is None:
        return _NOTHING
    p = get_proper_type(type_of(api, expression))
    dtype = translate.dtype_of(p.args[1] if isinstance(p, Instance) and len(p.args) > 1 else p)
    return Spec("", tuple(shape), dtype, id(expression), array=True) if dtype is None else SomeNumbers(shape, dtype)


def _numpy_argument(value: Any) -> Any:
    return value.name if isinstance(value, type) and issubclass(value, DType) else value


def _is_literal(value: Any) -> bool:
    return isinstance(value, _LITERAL_TYPES) or (isinstance(value, (list, tuple)) and all(map(_is_literal, value)))


def _is_large(name: str, given: Sequence[Any], named: Mapping[str, Any]) -> bool:
    numbers = [n for n in _flat([*given, *named.values()]) if isinstance(n, (int, float))]
    return name in _SIZED and math.prod(max(1.0, abs(n)) for n in numbers) > _MOST_ELEMENTS


_SIZED: Final = frozenset({"zeros", "ones", "empty", "full", "arange", "eye", "identity"})


def _flat(value: Any) -> Iterator[Any]:
    for item in value:
        yield from _flat(item) if isinstance(item, (list, tuple)) else (item,)


def _made_by_numpy(name: str, given: Sequence[Any], named: Mapping[str, Any]) -> Any:
    try:
        array = getattr(np, name)(*given, **named)
    except Exception:  # NumPy raises it at run time as well
        return _NOTHING
    return array if array.dtype.kind in "biuf" else _NOTHING


_FILLED: Final = frozenset({"zeros", "ones", "empty", "full"})


def _filled(api: Checker, call: CallExpr, sizes: Any, named: Mapping[str, Any]) -> Any:
    """An array of which the shape is known, and perhaps large or of named sizes."""
    shape = tuple(sizes) if isinstance(sizes, (list, tuple)) else (sizes,)
    if not all(isinstance(d, (int, Poly)) for d in shape):
        return _NOTHING
    array = get_proper_type(type_of(api, call))
    dtype = translate.dtype_of(array.args[1]) if isinstance(array, Instance) and len(array.args) > 1 else None
    if dtype is None and isinstance(named.get("dtype"), str):
        dtype = next((d for d in dtypes.ALL_DTYPES if d.name == named["dtype"]), None)
    return SomeNumbers(shape, dtype) if dtype is not None else _NOTHING


def _evaluated(api: Checker, expression: Expression) -> Any:
    """The array that `x.eval()` is."""
    tensor = translate.tensor_instance(type_of(api, expression))
    parts = translate.parts_of(tensor.args[0]) if tensor is not None else None
    dtype = translate.dtype_of(tensor.args[1]) if tensor is not None else None
    if parts is None or dtype is None or any(isinstance(p, TypeVarTupleType) for p in parts):
        return _NOTHING
    return SomeNumbers(tuple(p for p in parts if not isinstance(p, TypeVarTupleType)), dtype)


def _function(api: Checker, expression: Expression | None) -> Any:
    """A function that the op calls: its body is run on tensors that hold nothing."""
    return _READERS["function"](api, expression) if expression is not None else Opaque()


# Sizes, as arithmetic over what is known.

_OPERATORS: Final[dict[str, Callable[[Dim, Dim], Dim]]] = {
    "+": dims.add,
    "-": dims.sub,
    "*": dims.mul,
    "//": dims.floordiv,
}


def size_of(api: Checker, expression: Expression, depth: int = 8) -> Dim:
    """The size that an expression computes; None if it is not known."""
    if isinstance(expression, IntExpr):
        return expression.value
    if isinstance(expression, UnaryExpr):
        return dims.mul(-1, size_of(api, expression.expr, depth)) if expression.op == "-" else None
    if isinstance(expression, OpExpr):
        combine = _OPERATORS.get(expression.op)
        if combine is None:
            return None
        return combine(size_of(api, expression.left, depth), size_of(api, expression.right, depth))
    if isinstance(expression, CallExpr):
        return _length(api, expression)
    if isinstance(expression, IndexExpr) and (size := _item_of_shape(api, expression)) is not None:
        return size
    if not isinstance(expression, (NameExpr, MemberExpr, IndexExpr)):
        return None
    if isinstance(expression, IndexExpr) and depth and (size := _item_of_display(api, expression, depth)) is not None:
        return size
    if isinstance(expression, MemberExpr) and expression.name == "value":
        member = _enum_member(type_of(api, expression.expr))
        return None if member is None else _number_of(member)
    known = translate.to_dim(type_of(api, expression))
    if known is None and isinstance(expression, (NameExpr, MemberExpr)) and depth:
        value = assigned_value(api, expression)
        return None if value is None else size_of(api, value, depth - 1)
    return known


def _item_of_shape(api: Checker, expression: IndexExpr) -> Dim:
    """`x.shape[i]`."""
    base, index = expression.base, size_of(api, expression.index)
    if not isinstance(base, MemberExpr) or base.name != "shape" or not isinstance(index, int):
        return None
    parts = _parts_of(api, base.expr)
    if not parts or not -len(parts) <= index < len(parts):
        return None
    between = parts[: index + 1] if index >= 0 else parts[index:]
    return None if any(isinstance(p, TypeVarTupleType) for p in between) else parts[index]  # type: ignore[return-value]  # a size


def _parts_of(api: Checker, expression: Expression) -> Sequence[Part] | None:
    """The shape of a tensor, as far as it is known."""
    tensor = translate.tensor_instance(type_of(api, expression))
    return translate.parts_of(tensor.args[0]) if tensor is not None else None


def _item_of_display(api: Checker, o: IndexExpr, depth: int) -> Dim:
    """`SHAPE[0]`, where `SHAPE = (28, 28)`."""
    item = _displayed(api, o.base, o.index, depth)
    return None if item is None else size_of(api, item, depth - 1)


def item_of(api: Checker, container: Expression | None, index: Expression) -> Type | None:
    """The type of `weights[0]`, where `weights = [w, b]`, or of `weights["w"]`; mypy has one for all items."""
    item = _displayed(api, container, index, 1)
    t = None if item is None else type_of(api, item)
    return t if t is not None and translate.is_tensor(t) else None


def steady(api: Checker, tensor: Instance, name: Expression | None) -> Instance:
    """The tensor that a variable or attribute holds, where mypy may take it for another one."""
    source = source_of(api)
    if isinstance(name, NameExpr):
        if name.node not in source.unsteady:
            return tensor
        if name.node in source.tangled:
            return translate.forgotten(tensor)
        found = _part_of_list(api, name) or tensor
        return _settled(api, found, name.node, source.rebound(name.node))
    if not isinstance(name, MemberExpr) or len(source.writes.get(name.name, ())) < 2:
        return tensor
    owner = get_proper_type(type_of(api, name.expr))
    return _settled_attribute(api, owner, name.name, tensor) if isinstance(owner, Instance) else tensor


def _part_of_list(api: Checker, name: NameExpr) -> Instance | None:
    """What `a` is after `a, b = weights`, where the list is written down; mypy has one type for all items."""
    parts = source_of(api).parts
    if name.node not in parts:
        return None
    whole, position = parts[name.node]
    shown = assigned_value(api, whole) if isinstance(whole, NameExpr) else whole
    if not isinstance(shown, ListExpr) or any(isinstance(item, StarExpr) for item in shown.items):
        return None
    return translate.tensor_instance(type_of(api, shown.items[position])) if position < len(shown.items) else None


def settled_attribute(api: Checker, owner: Instance, name: str, t: Type) -> Type:
    """The type of an attribute, of which other methods may have made another tensor: what differs is not known."""
    tensor = translate.tensor_instance(t) if len(source_of(api).writes.get(name, ())) > 1 else None
    settled = None if tensor is None else _settled_attribute(api, owner, name, tensor)
    return t if settled is None or settled is tensor else settled


def _settled_attribute(api: Checker, owner: Instance, name: str, tensor: Instance) -> Instance:
    written = [w.value for w in source_of(api).writes_to(owner.type, name)]
    if len(written) < 2:
        return tensor
    declared = _declared_attribute(owner, name)
    if declared == tensor:
        return tensor
    settled = _settled(api, tensor, (owner.type, name), written)
    return tensor if settled is tensor else declared or settled


def _declared_attribute(owner: Instance, name: str) -> Instance | None:
    """The tensor that an attribute is annotated to be."""
    symbol = owner.type.get(name)
    node = symbol.node if symbol is not None else None
    if not isinstance(node, Var) or node.is_inferred or node.type is None:
        return None
    return translate.tensor_instance(expand_type_by_instance(node.type, map_instance_to_supertype(owner, node.info)))


def _settled(api: Checker, tensor: Instance, key: object, written: Sequence[Expression | None]) -> Instance:
    """A tensor that may be any of those that are written in several places: what differs is not known."""
    if not written or key in _settling:
        return tensor
    _settling.add(key)
    try:
        others = [None if value is None else _READERS["written"](api, value) for value in written]
    finally:
        _settling.discard(key)
    if any(other is None for other in others):
        return translate.forgotten(tensor)
    tensors = [translate.tensor_instance(other) for other in others if other is not None]
    found = [t for t in tensors if t is not None]
    if all(t == tensor for t in found):
        return tensor
    if any(translate.parts_of(t.args[0]) is None for t in [tensor, *found]):
        return translate.forgotten(tensor)
    return translate.joined([tensor, *found], api)


#: While what is written is computed, a variable or attribute is as its type says.
_settling: Final[set[object]] = set()


def _displayed(api: Checker, container: Expression | None, index: Expression, depth: int) -> Expression | None:
    display = assigned_value(api, container) if isinstance(container, (NameExpr, MemberExpr)) else None
    if isinstance(display, DictExpr) and isinstance(index, StrExpr):
        found = [value for key, value in display.items if isinstance(key, StrExpr) and key.value == index.value]
        return found[-1] if found and all(isinstance(key, StrExpr) for key, _ in display.items) else None
    if not isinstance(display, (TupleExpr, ListExpr)) or any(isinstance(item, StarExpr) for item in display.items):
        return None
    position = size_of(api, index, depth - 1)
    inside = isinstance(position, int) and -len(display.items) <= position < len(display.items)
    return display.items[position] if inside else None  # type: ignore[index]  # an int, as just seen


def _length(api: Checker, call: CallExpr) -> Dim:
    """`len(x)` of a tensor."""
    if not (isinstance(call.callee, NameExpr) and call.callee.fullname == "builtins.len" and len(call.args) == 1):
        return None
    parts = _parts_of(api, call.args[0])
    return parts[0] if parts and not isinstance(parts[0], TypeVarTupleType) else None


# Keys of `x[...]`.


def key_value(api: Checker, t: Type, expression: Expression) -> Any:
    """The value of an index: positions that are not known are integer tensors."""
    if isinstance(expression, TupleExpr):
        return tuple(key_value(api, type_of(api, item), item) for item in expression.items)
    if isinstance(expression, SliceExpr):
        bounds = (expression.begin_index, expression.end_index, expression.stride)
        return slice(*(None if b is None else _bound(api, b) for b in bounds))
    if isinstance(expression, EllipsisExpr):
        return Ellipsis
    return position(read(api, t, expression))


def _bound(api: Checker, expression: Expression) -> Any:
    value = value_of(api, expression)
    return translate.hollow(translate.TENSOR, (), dtypes.int32) if isinstance(value, SomeInt) else value


def position(value: Any) -> Any:
    """The value as an index."""
    if isinstance(value, Poly):
        return translate.hollow(translate.TENSOR, (), dtypes.int32)
    if isinstance(value, SomeNumbers):
        return translate.hollow(translate.TENSOR, value.shape_, value.dtype_)
    if isinstance(value, tuple):
        return tuple(position(v) for v in value)
    return value
