"""The plugin's hooks: what mypy asks at a call or an attribute, and what is answered."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, TypeAlias, Union

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    Context,
    Decorator,
    Expression,
    FuncDef,
    IndexExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    TempNode,
    Var,
)
from mypy.operators import op_methods, reverse_op_methods
from mypy.plugin import AttributeContext, FunctionContext, FunctionSigContext, MethodContext, MethodSigContext
from mypy.plugins.functools import partial_call_callback
from mypy.types import (
    AnyType,
    FunctionLike,
    Instance,
    TupleType,
    Type,
    UnionType,
    get_proper_type,
)

from .. import dims
from ..tensor import SparseTensor, Tensor, Variable
from . import generic, reading, special, translate, values
from .apply import Outcome, Settings, apply
from .loops import check_loop
from .report import fail
from .source import assigned_value, source_of
from .translate import Checker

__all__ = ["attribute_hook", "builtin", "call_hook", "op_signature", "partial_call", "user_signature"]

CallContext: TypeAlias = Union[FunctionContext, MethodContext]
SignatureContext: TypeAlias = Union[FunctionSigContext, MethodSigContext]

_OWN: Final = "ktensor."


# Signatures, before arguments are inferred.


def op_signature(ctx: SignatureContext) -> FunctionLike:
    """An op's signature, with parameters that leave the types of calls among the arguments as they are.

    mypy infers an argument in the light of the parameter's type, in which sizes are not known.
    """
    declared = ctx.default_signature
    if not _have_calls(ctx.args):
        return declared
    anything = ctx.api.named_generic_type("builtins.object", [])
    calls = [any(isinstance(e, CallExpr) for e in expressions) for expressions in ctx.args]
    types = [anything if c and _takes_tensors(t) else t for c, t in zip(calls, declared.arg_types)]
    return declared.copy_modified(arg_types=types)


def _have_calls(arguments: Sequence[Sequence[Expression]]) -> bool:
    for expressions in arguments:
        for e in expressions:
            if isinstance(e, CallExpr):
                return True
    return False


def builtin(ctx: CallContext) -> Type:
    """`abs(x)` and `round(x)` of tensors; and `64**0.5`, which typeshed has as Any."""
    if isinstance(ctx, MethodContext):
        is_known = not isinstance(get_proper_type(ctx.default_return_type), AnyType)
        return ctx.default_return_type if is_known else ctx.api.named_generic_type("builtins.float", [])
    argument = ctx.arg_types[0][0] if ctx.arg_types and ctx.arg_types[0] else None
    tensor = translate.tensor_instance(argument) if argument is not None else None
    if tensor is None or not isinstance(ctx.context, CallExpr) or len(ctx.context.args) != 1:
        return ctx.default_return_type
    operator: Callable[..., Any] = abs if getattr(ctx.context.callee, "name", "") == "abs" else round
    return _answer(ctx, apply(ctx.api, operator, [reading.tensor_value(tensor, ctx.context.args[0])], {}))


def _takes_tensors(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, UnionType) and any(map(translate.is_tensor, p.items))


def user_signature(ctx: SignatureContext) -> FunctionLike:
    """The signature of a user's function, with the sizes of this call."""
    return generic.signature(ctx)


# Calls.


@cache
def call_hook(fullname: str) -> Callable[[CallContext], Type]:
    """The hook for the function or method of that name."""
    return partial(_own_call if fullname.startswith(_OWN) else _other_call, fullname)


def _own_call(fullname: str, ctx: CallContext) -> Type:
    """A call of one of ktensor's functions, or of a method of a class of ktensor's."""
    if _is_own_file(ctx.api):
        return ctx.default_return_type
    if isinstance(ctx, MethodContext):
        receiver = translate.tensor_instance(ctx.type)
        if receiver is not None:
            return _method_call(receiver, fullname, ctx)
        if not _is_tensor_class(ctx.type):
            return special.called(ctx)
        function = getattr(Tensor, fullname.rpartition(".")[2], None)  # `kt.Tensor.exp(x)`
    else:
        function = _runtime_function(fullname)
        maker = special.FUNCTIONS.get(fullname)
        if maker is not None:
            call = special.Call(ctx.api, _by_name(ctx, function), ctx.default_return_type, settings_at(ctx))
            return _answer(ctx, maker(call))
    if function is None or not translate.holds_tensors(ctx.default_return_type):
        return ctx.default_return_type
    return _answer(ctx, _applied(ctx, function, []))


def _is_tensor_class(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, FunctionLike) and p.is_type_obj() and p.type_object().fullname in _FACES


def _is_own_file(api: Checker) -> bool:
    """True inside ktensor, whose ops are not to be run while they are checked."""
    name: str = api.tree.fullname
    return name == "ktensor" or name.startswith(_OWN)


def _other_call(fullname: str, ctx: CallContext) -> Type:
    """A call of anything else."""
    if fullname.startswith(("numpy.ndarray.", "builtins.")):
        return _array_operator(ctx)
    if isinstance(ctx, MethodContext):
        receiver = translate.tensor_instance(ctx.type)
        if receiver is not None and isinstance(ctx.type, Instance):
            name = fullname.rpartition(".")[2]
            definer = next((c.fullname for c in ctx.type.type.mro if name in c.names), "")
            if definer.startswith(_OWN):
                return _method_call(receiver, f"{translate.TENSOR}.{name}", ctx)
    elif (op := _alias(ctx)) is not None:
        return _own_call(op, ctx)
    return generic.returned(ctx)


def partial_call(ctx: MethodContext) -> Type:
    """A call of `functools.partial(f, x)`: mypy checks the types, and we what comes out."""
    t = partial_call_callback(ctx)
    return generic.returned(ctx, t)


def _alias(ctx: CallContext) -> str | None:
    """The function of ktensor's that a variable stands for: `zeros = kt.zeros`."""
    callee = ctx.context.callee if isinstance(ctx.context, CallExpr) else None
    if not isinstance(callee, NameExpr) or not isinstance(callee.node, Var):
        return None
    value = assigned_value(ctx.api, callee)
    if not isinstance(value, RefExpr) or not isinstance(value.node, (FuncDef, OverloadedFuncDef, Decorator)):
        return None
    name: str = value.node.fullname
    return name if name.startswith(_OWN) else None


def _array_operator(ctx: CallContext) -> Type:
    """`array + tensor`, `2 == tensor`, which at run time are the tensor's; and `tensor + array`, of which mypy asks the
    array when the tensor refuses.
    """
    others = ctx.arg_types[0] if isinstance(ctx, MethodContext) and ctx.arg_types else []
    operation = _operation(ctx.context)
    if operation is None or not others or not any(map(translate.is_tensor, others)):
        return ctx.default_return_type
    method, left, right = operation
    types = [get_proper_type(reading.type_of(ctx.api, e)) for e in (left, right)]
    operands = [reading.read(ctx.api, t, e) for t, e in zip(types, (left, right))]
    if not translate.is_tensor(types[0]) or (isinstance(ctx.context, ComparisonExpr) and _is_narrower(*types[::-1])):
        method = reverse_op_methods[method]
        operands.reverse()
    operator = getattr(Tensor, method, None)
    if operator is None:
        return ctx.default_return_type
    outcome = apply(ctx.api, operator, operands, {}, settings_at(ctx))
    if outcome.type is None:
        outcome = outcome._replace(type=translate.tensor_type(ctx.api, Tensor, None, None))  # never an array
    return _answer(ctx, outcome)


def _is_narrower(t: Type, other: Type) -> bool:
    """True of a subclass's instance, which Python asks first to compare it."""
    if not isinstance(t, Instance) or not isinstance(other, Instance):
        return False
    return t.type is not other.type and t.type.has_base(other.type.fullname)


def _operation(context: Context) -> tuple[str, Expression, Expression] | None:
    """The method of an operator, and its operands."""
    if isinstance(context, OpExpr) and context.op in op_methods:
        return op_methods[context.op], context.left, context.right
    if isinstance(context, ComparisonExpr) and len(context.operands) == 2 and context.operators[0] in op_methods:
        return op_methods[context.operators[0]], context.operands[0], context.operands[1]
    return None


def _method_call(receiver: Instance, fullname: str, ctx: MethodContext) -> Type:
    name = fullname.rpartition(".")[2]
    method = getattr(_FACES[receiver.type.fullname], name, None)
    maker = special.METHODS.get(name)
    callee = ctx.context.callee if isinstance(ctx.context, CallExpr) else ctx.context
    if isinstance(callee, OpExpr) and not name.startswith("__r"):
        callee = MemberExpr(callee.left, name)
    expression = (
        callee.expr if isinstance(callee, MemberExpr) else callee.base if isinstance(callee, IndexExpr) else None
    )
    receiver = _whole_receiver(ctx.api, receiver, expression)
    if maker is not None:
        given = {"self": (ctx.type, expression), **_by_name(ctx, method)}
        return _answer(ctx, maker(special.Call(ctx.api, given, ctx.default_return_type, settings_at(ctx))))
    if method is None or not translate.holds_tensors(ctx.default_return_type):
        return ctx.default_return_type
    if isinstance(ctx.context, ComparisonExpr) and ctx.arg_types and any(map(translate.is_tensor, ctx.arg_types[0])):
        return _array_operator(ctx)
    outcome = _applied(ctx, method, [reading.tensor_value(receiver, expression)])
    if outcome.error is not None and (whole := _union_of(ctx.api, expression)) is not None:
        outcome = _applied(ctx, method, [whole])  # it may fit one item of an argument that is a union, too
    return _answer(ctx, outcome)


def _union_of(api: Checker, expression: Expression | None) -> Any:
    """One of several tensors, of which mypy asks one by one."""
    found = get_proper_type(api.lookup_type_or_none(expression)) if expression is not None else None
    if not isinstance(found, UnionType) or not all(map(translate.is_tensor, found.items)):
        return None
    return reading.from_type(api, found)


def _whole_receiver(api: Checker, receiver: Instance, expression: Expression | None) -> Instance:
    """mypy asks for each item of a union by itself."""
    receiver = reading.steady(api, receiver, expression)
    found = api.lookup_type_or_none(expression) if isinstance(expression, NameExpr) else None
    return receiver if found is None else reading.from_loop(api, found, expression) or receiver


_FACES: Final[Mapping[str, type]] = {
    translate.TENSOR: Tensor,
    translate.VARIABLE: Variable,
    translate.SPARSE: SparseTensor,
}


@cache
def _runtime_function(fullname: str) -> Callable[..., Any] | None:
    module, _, name = fullname.rpartition(".")
    with contextlib.redirect_stderr(io.StringIO()):  # `functional` says which backend it uses, as Keras did
        found = getattr(importlib.import_module(module), name, None)
    return found if callable(found) and not isinstance(found, type) else None


def _applied(ctx: CallContext, function: Callable[..., Any], receiver: Sequence[Any]) -> Outcome:
    check_loop(ctx.api, ctx.context.line)
    arguments, keywords = _arguments(ctx, function)
    return apply(ctx.api, function, [*receiver, *arguments], keywords, settings_at(ctx))


def _arguments(ctx: CallContext, function: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """The values of a call's arguments: positional ones as far as none is left out, the others by name."""
    star = _star_parameter(function)
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    gap = False
    names: Sequence[str | None] = ctx.callee_arg_names
    if isinstance(ctx.context, CallExpr) and not {None, *names}.issuperset(ctx.context.arg_names):
        return [values.Opaque()], {}  # an older spelling, say, which mypy reports and leaves out
    for name, types, expressions, kinds in zip(names, ctx.arg_types, ctx.args, ctx.arg_kinds):
        if any(kind.is_star() for kind in kinds):
            return _with_stars(ctx)
        found = [_argument(ctx, t, e) for t, e in zip(types, expressions)]
        if not found:
            gap = gap or name != star
        elif gap:
            keywords[name or ""] = found[0]
        else:
            positional += found
    return positional, keywords


def _with_stars(ctx: CallContext) -> tuple[list[Any], dict[str, Any]]:
    """The values of arguments among which are `*xs` or `**options`."""
    call = ctx.context
    given = list(zip(call.arg_kinds, call.arg_names, call.args)) if isinstance(call, CallExpr) else None
    return (reading.arguments(ctx.api, given) if given is not None else None) or ([values.Opaque()], {})


@cache
def _star_parameter(function: Callable[..., Any]) -> str | None:
    parameters = inspect.signature(function).parameters.values()
    return next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)


def _argument(ctx: CallContext, t: Type, expression: Expression) -> Any:
    if isinstance(ctx.context, IndexExpr):
        return reading.key_value(ctx.api, t, expression)
    operation = _operation(ctx.context) if isinstance(expression, TempNode) else None
    if operation is not None:  # mypy hands a reflected operator no more than the left operand's type
        expression = operation[1]
    return reading.read(ctx.api, t, expression)


def _by_name(ctx: CallContext, function: Callable[..., Any] | None) -> dict[str, Any]:
    """The arguments that were given, as (type, expression), by the names of the parameters."""
    names = list(inspect.signature(function).parameters) if function is not None else []
    if isinstance(ctx, MethodContext):
        names = names[1:]
    given: dict[str, Any] = {}
    for position, (types, expressions) in enumerate(zip(ctx.arg_types, ctx.args)):
        name = ctx.callee_arg_names[position] or (names[position] if position < len(names) else "")
        if types:
            given[name] = (types[0], expressions[0])
    return given


def settings_at(ctx: CallContext) -> Settings:
    """The settings that the file makes for the line of the call."""
    return source_of(ctx.api).settings_at(ctx.context.line)


def _answer(ctx: CallContext, outcome: Outcome) -> Type:
    if outcome.error is not None:
        fail(ctx, outcome.error)
        return ctx.default_return_type
    return ctx.default_return_type if outcome.type is None else outcome.type


# Attributes.


def attribute_hook(fullname: str) -> Callable[[AttributeContext], Type] | None:
    """The hook for the attribute of that name."""
    owner, _, name = fullname.rpartition(".")
    if owner.startswith(_OWN):
        return _ATTRIBUTES.get(name)
    return generic.attribute


def _shape(ctx: AttributeContext) -> Type:
    tensor = translate.tensor_instance(ctx.type)
    if tensor is None:
        return ctx.default_attr_type
    shape = get_proper_type(tensor.args[0])
    if not isinstance(shape, TupleType):
        return shape
    if _is_compared(ctx):
        return ctx.api.named_generic_type("builtins.tuple", [translate.any_type()])
    return translate.without_names(shape)


def _is_compared(ctx: AttributeContext) -> bool:
    """True where mypy would complain that the comparison has but one outcome."""
    return isinstance(ctx.context, Expression) and ctx.context in source_of(ctx.api).compared


def _rank(ctx: AttributeContext) -> Type:
    sizes = None if _is_compared(ctx) else _sizes(ctx)
    return ctx.default_attr_type if sizes is None else translate.dim_type(ctx.api, len(sizes))


def _size(ctx: AttributeContext) -> Type:
    sizes = None if _is_compared(ctx) else _sizes(ctx)
    return ctx.default_attr_type if sizes is None else translate.dim_type(ctx.api, dims.product(sizes))


def _sizes(ctx: AttributeContext) -> Sequence[Any] | None:
    tensor = translate.tensor_instance(ctx.type)
    parts = translate.parts_of(tensor.args[0]) if tensor is not None else None
    return None if parts is None or any(isinstance(p, Type) for p in parts) else parts


def _transposed(ctx: AttributeContext) -> Type:
    tensor = translate.tensor_instance(ctx.type)
    if tensor is None or tensor.type.fullname == translate.SPARSE:
        return ctx.default_attr_type
    found = apply(ctx.api, lambda x: x.T, [reading.tensor_value(tensor)], {})
    return ctx.default_attr_type if found.type is None else found.type


_ATTRIBUTES: Final = {"shape": _shape, "ndim": _rank, "size": _size, "T": _transposed}
