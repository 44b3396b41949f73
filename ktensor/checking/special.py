"""What needs values at run time, and so cannot be called on tensors that hold nothing: variables, functions, gradients
and values themselves. Each entry says what comes out, or what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from mypy.nodes import CallExpr, Expression, ListExpr, TupleExpr, TypeInfo
from mypy.nodes import TypeAlias as AliasNode
from mypy.plugin import MethodContext
from mypy.types import Instance, TupleType, Type, TypeVarTupleType, get_proper_type

from .. import dims
from ..dims import Poly
from ..errors import ArgumentError, DTypeError
from ..graph import Expr, as_node, node_of, resolve_dtype
from ..ops import control, shaping
from . import reading, translate
from .apply import Outcome, Settings, apply
from .source import assigned_value
from .translate import Checker
from .values import Unknown, hollow_variable

__all__ = ["FUNCTIONS", "METHODS", "Call", "called"]


class Call(NamedTuple):
    """A call: the arguments given, by the names of the parameters, the result as declared, the settings in force."""

    api: Checker
    given: Mapping[str, tuple[Type, Expression]]
    declared: Type
    settings: Settings

    def values(self) -> dict[str, Any]:
        """The arguments' values."""
        return {name: reading.read(self.api, t, e) for name, (t, e) in self.given.items()}

    def through(self, function: Callable[..., Any]) -> Outcome:
        """The outcome of a function of the same parameters."""
        return apply(self.api, function, [], self.values(), self.settings)


# Variables.


def _filled_variable(op_name: str) -> Callable[..., Expr]:
    def made(shape: Any, dtype: Any = None, name: Any = None) -> Expr:
        sizes = shaping.size_list(op_name, shape)
        static = shaping.nonnegative_sizes(op_name, sizes)
        face = translate.TENSOR if any(isinstance(s, Expr) for s in sizes) else translate.VARIABLE
        return translate.hollow(face, static, resolve_dtype(dtype))

    return made


def _drawn_variable(op_name: str) -> Callable[..., Expr]:
    filled = _filled_variable(op_name)

    def made(shape: Any, low: Any, high: Any, dtype: Any = None, name: Any = None, seed: Any = None) -> Expr:
        variable = filled(shape, dtype)
        _refuse_names(op_name, shape)
        return variable

    def by_moments(shape: Any, mean: Any, scale: Any, dtype: Any = None, name: Any = None, seed: Any = None) -> Expr:
        variable = filled(shape, dtype)
        _refuse_names(op_name, shape)
        return variable

    return made if "uniform" in op_name else by_moments


def _refuse_names(op_name: str, shape: Any) -> None:
    """Sizes that are fed are not known when the variable is made; those of TypeVars are."""
    for size in shaping.static_sizes(shaping.size_list(op_name, shape)):
        if isinstance(size, Poly) and not size.is_open and not any(map(translate.referent_of, dims.symbols(size))):
            raise ArgumentError(f"{op_name}: a variable's sizes must be known")


def _set_value(self: Any, value: Any) -> None:
    control.assign(self, value)


def _set_value_of(x: Any, value: Any) -> None:
    control.assign(x, value)


# What depends on whether a size is 1.


def _squeeze(self: Any, axis: Any = None) -> Expr:
    if axis is None and not all(isinstance(d, int) for d in as_node("squeeze", "x", self).shape):
        raise Unknown  # a size that is not known here may be 1
    return shaping.squeeze(self, axis)


def _squeeze_of(x: Any, axis: Any = None) -> Expr:
    return _squeeze(x, axis)


# Gradients.


def _gradients(loss: Any, wrt: Any = (), variables: Any = (), unconnected: Any = None) -> tuple[Expr, ...]:
    targets = [wrt] if isinstance(wrt, Expr) else [*wrt, *variables]
    for name, tensor in [("loss", loss), *((f"wrt[{i}]", t) for i, t in enumerate(targets))]:
        dtype = as_node("gradients", name, tensor).dtype
        if not dtype.is_float:
            raise DTypeError(f"gradients: {name} is of {dtype}; only floats have derivatives")
    return tuple(translate.hollow(translate.TENSOR, node_of(t).shape, node_of(t).dtype) for t in targets)


# Values, as NumPy's arrays.


def _array_type(api: Checker, tensor: Instance, declared: Type) -> Type | None:
    """`np.ndarray[tuple[L[2], L[3]], np.dtype[np.float32]]`, of `NDArray[Any]`."""
    array = get_proper_type(declared)
    parts = translate.parts_of(tensor.args[0])
    if not isinstance(array, Instance) or len(array.args) != 2 or "numpy" not in api.modules:
        return None
    shape = array.args[0] if parts is None else _array_shape(api, parts)
    return array.copy_modified(args=[shape, _array_dtype(api, tensor, array.args[1])])


def _array_shape(api: Checker, parts: Sequence[translate.Part]) -> Type:
    number = api.named_generic_type("builtins.int", [])
    if any(isinstance(p, TypeVarTupleType) for p in parts):
        return translate.any_type()
    # Sizes are ints, as NumPy's own types have them; what is known of them is kept where the array is made.
    sizes = [translate.known_int(api, p) if isinstance(p, int) else number for p in parts]
    return TupleType(sizes, api.named_generic_type("builtins.tuple", [number]))


def _array_dtype(api: Checker, tensor: Instance, declared: Type) -> Type:
    dtype = translate.dtype_of(tensor.args[1])
    p = get_proper_type(declared)
    symbol = api.modules["numpy"].names.get(dtype.__name__) if dtype is not None else None
    if symbol is None or not isinstance(p, Instance):
        return declared
    node = symbol.node
    scalar = node.target if isinstance(node, AliasNode) else Instance(node, []) if isinstance(node, TypeInfo) else None
    return declared if scalar is None else p.copy_modified(args=[scalar])


def _evaluated(parameter: str) -> Callable[[Call], Outcome]:
    def outcome(call: Call) -> Outcome:
        tensor = translate.tensor_instance(call.given[parameter][0]) if parameter in call.given else None
        return Outcome() if tensor is None else Outcome(_array_type(call.api, tensor, call.declared))

    return outcome


def _function(call: Call) -> Outcome:
    """`Function[...]` of what it returns; updates must fit their variables."""
    misfit = _updates(call)
    if misfit is not None:
        return misfit
    declared = get_proper_type(call.declared)
    if "outputs" not in call.given or not isinstance(declared, Instance):
        return Outcome()
    t, expression = call.given["outputs"]
    tensor = translate.tensor_instance(t)
    result = get_proper_type(declared.args[0])
    if tensor is not None:
        return Outcome(_wrapped(declared, _array_type(call.api, tensor, result)))
    if not isinstance(expression, (ListExpr, TupleExpr)) or not isinstance(result, Instance) or not result.args:
        return Outcome()
    tensors = [translate.tensor_instance(reading.type_of(call.api, e)) for e in expression.items]
    arrays = [None if t is None else _array_type(call.api, t, result.args[0]) for t in tensors]
    if not arrays or arrays[0] is None or any(a != arrays[0] for a in arrays):
        return Outcome()
    return Outcome(declared.copy_modified(args=[result.copy_modified(args=[arrays[0]])]))


def called(ctx: MethodContext) -> Type:
    """What a function of `kt.function` returns, with the sizes that were known where it was made."""
    callee = ctx.context.callee if isinstance(ctx.context, CallExpr) else None
    made = assigned_value(ctx.api, callee) if callee is not None else None
    function = get_proper_type(reading.type_of(ctx.api, made)) if made is not None else None
    is_ours = isinstance(function, Instance) and function.type.fullname == "ktensor.function.Function"
    return function.args[0] if is_ours and isinstance(function, Instance) else ctx.default_return_type


def _wrapped(declared: Instance, result: Type | None) -> Type | None:
    return None if result is None else declared.copy_modified(args=[result])


def _updates(call: Call) -> Outcome | None:
    if "updates" not in call.given:
        return None
    pairs = reading.read(call.api, *call.given["updates"])
    for pair in pairs if isinstance(pairs, (list, tuple)) else ():
        if isinstance(pair, tuple) and len(pair) == 2:
            outcome = apply(call.api, control.assign, pair, {}, call.settings)
            if outcome.error is not None:
                return outcome
    return None


def _iterated(call: Call) -> Outcome:
    """`Iterator[...]` of what is left of a tensor without its first axis."""
    declared = get_proper_type(call.declared)
    tensor = translate.tensor_instance(call.given["self"][0])
    if tensor is None or not isinstance(declared, Instance) or not declared.args:
        return Outcome()
    first = apply(call.api, lambda x: x[0], [reading.tensor_value(tensor)], {})
    return Outcome() if first.type is None else Outcome(declared.copy_modified(args=[first.type]))


Maker: TypeAlias = Callable[[Call], Outcome]


def _by(function: Callable[..., Any]) -> Maker:
    return lambda call: call.through(function)


FUNCTIONS: Final[Mapping[str, Maker]] = {
    "ktensor.tensor.variable": _by(hollow_variable),
    "ktensor.functional.variable": _by(hollow_variable),
    "ktensor.functional.zeros": _by(_filled_variable("zeros")),
    "ktensor.functional.ones": _by(_filled_variable("ones")),
    "ktensor.functional.random_uniform_variable": _by(_drawn_variable("random_uniform_variable")),
    "ktensor.functional.random_normal_variable": _by(_drawn_variable("random_normal_variable")),
    "ktensor.functional.set_value": _by(_set_value_of),
    "ktensor.functional.eval": _evaluated("x"),
    "ktensor.functional.get_value": _evaluated("x"),
    "ktensor.ops.shaping.squeeze": _by(_squeeze_of),
    "ktensor.grad.gradients": _by(_gradients),
    "ktensor.functional.gradients": _by(_gradients),
    "ktensor.function.function": _function,
    "ktensor.functional.function": _function,
}
METHODS: Final[Mapping[str, Maker]] = {
    "eval": _evaluated("self"),
    "numpy": _evaluated("self"),
    "__iter__": _iterated,
    "set_value": _by(_set_value),
    "squeeze": _by(_squeeze),
}
