"""Elementwise ops: one result per element, inputs broadcast by NumPy's rules and promoted to one dtype.

Unless an op says otherwise: `x` and `y` are tensors of any shape, NumPy arrays or Python numbers; the result has
the broadcast shape; an input that is no tensor or of another dtype raises `ArgumentError` or `DTypeError`, shapes
that do not broadcast raise `ShapeError`. Definitions are NumPy's functions of the same name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .. import dims, dtypes
from ..config import floatx
from ..dtypes import DType, DTypeLike, as_dtype
from ..errors import DTypeError
from ..graph import (
    NotDifferentiable,
    TensorLike,
    as_node,
    binary,
    build,
    cast_node,
    node_of,
    operands,
    primitive,
    unary,
    wrap,
)

if TYPE_CHECKING:
    from ..dims import Dim
    from ..graph import Node
    from ..tensor import Tensor

__all__ = [
    "abs",
    "add",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "cast",
    "ceil",
    "clip",
    "cos",
    "divide",
    "elu",
    "equal",
    "erf",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "pow",
    "relu",
    "right_shift",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "where",
]


# Dtype rules.


def float_dtype(dtype: type[DType], *others: type[DType]) -> type[DType]:
    """Floats stay; integers and bools become `floatx`."""
    return dtype if dtype.is_float else as_dtype(floatx())


def number_dtype(dtype: type[DType], *others: type[DType]) -> type[DType]:
    """Numbers stay; bools become int32, since there is no arithmetic of truth values."""
    return dtypes.int32 if dtype is dtypes.bool_ else dtype


def bool_dtype(dtype: type[DType], *others: type[DType], **attrs: object) -> type[DType]:
    """Always bool."""
    return dtypes.bool_


def _integer_dtype(op: str) -> Callable[..., type[DType]]:
    def rule(dtype: type[DType], *others: type[DType]) -> type[DType]:
        if not dtype.is_integer:
            raise DTypeError(f"{op}: needs integers (or bools), not {dtype}")
        return dtype

    return rule


# Rules for elements that are known when the expression is built.


def _known(combine: Callable[[Dim, Dim], Dim]) -> Callable[..., tuple[Dim, ...] | None]:
    def rule(node: Node, a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
        if len(a) != len(b):
            a, b = (a * len(b), b) if len(a) == 1 else (a, b * len(a))
        return tuple(map(combine, a, b))

    return rule


_PIECEWISE_CONSTANT: Final = NotDifferentiable("it is constant between its steps")
TRUTH_VALUES: Final = NotDifferentiable("its result is a truth value")
_INTEGERS: Final = NotDifferentiable("it is defined for integers alone")


# Arithmetic.


@primitive(broadcasts=True, dtype=number_dtype, value=_known(dims.add), grad=lambda g, z, x, y: (g, g))
def add(x: TensorLike, y: TensorLike) -> Tensor:
    """x + y."""
    return binary("add", x, y)


@primitive(broadcasts=True, dtype=number_dtype, value=_known(dims.sub), grad=lambda g, z, x, y: (g, lambda: -g))
def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """x - y."""
    return binary("subtract", x, y)


@primitive(
    broadcasts=True,
    dtype=number_dtype,
    value=_known(dims.mul),
    grad=lambda g, z, x, y: (lambda: g * y, lambda: g * x),
)
def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """x * y."""
    return binary("multiply", x, y)


@primitive(broadcasts=True, dtype=float_dtype, grad=lambda g, z, x, y: (lambda: g / y, lambda: -(g * z) / y))
def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """x / y, true division: integers give `floatx`."""
    return binary("divide", x, y)


@primitive(broadcasts=True, dtype=number_dtype, value=_known(dims.floordiv), grad=_PIECEWISE_CONSTANT)
def floor_divide(x: TensorLike, y: TensorLike) -> Tensor:
    """The largest integer not above x / y, in the dtype of the operands. Not differentiable."""
    return binary("floor_divide", x, y)


@primitive(broadcasts=True, dtype=number_dtype, grad=lambda g, z, x, y: (g, lambda: -(g * floor_divide(x, y))))
def mod(x: TensorLike, y: TensorLike) -> Tensor:
    """x - y * floor(x / y): the remainder with the sign of y."""
    return binary("mod", x, y)


def _power_grad(g: Tensor, z: Tensor, x: Tensor, y: Tensor) -> tuple[Any, Any]:
    def base() -> Tensor:
        # 0 * x**-1 is nan at x = 0, where the derivative of x**0 is 0.
        return g * where(equal(y, 0), 0.0, y * pow(x, y - 1.0))

    def exponent() -> Tensor:
        positive = greater(x, 0)
        return g * where(positive, z * log(where(positive, x, 1.0)), 0.0)

    return base, exponent


@primitive(broadcasts=True, dtype=number_dtype, grad=_power_grad)
def power(x: TensorLike, y: TensorLike) -> Tensor:
    """x ** y. The gradient with respect to y is taken as 0 where x <= 0, as TensorFlow has it."""
    return binary("power", x, y)


def pow(x: TensorLike, a: TensorLike) -> Tensor:
    """x ** a. A negative Python exponent of an integer tensor gives `floatx`."""
    if isinstance(a, (int, float)) and not isinstance(a, bool):
        if a == 2:
            return square(x)
        if a == 1:
            node = as_node("pow", "x", x)
            return wrap(cast_node(node, number_dtype(node.dtype)))
        if a == 0.5:
            return sqrt(x)
        if a < 0:
            x = cast_like_float(x)
    return power(x, a)


def cast_like_float(x: TensorLike) -> Tensor:
    """x, as `floatx` if it is not of a float dtype already."""
    node = as_node("cast", "x", x)
    return wrap(cast_node(node, float_dtype(node.dtype)))


def _maximum_grad(g: Tensor, z: Tensor, x: Tensor, y: Tensor) -> tuple[Any, Any]:
    first = greater_equal(x, y)
    return lambda: where(first, g, 0.0), lambda: where(first, 0.0, g)


@primitive(broadcasts=True, grad=_maximum_grad)
def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """The larger of the two; nan if either is. At ties the gradient goes to x, as in TensorFlow."""
    return binary("maximum", x, y)


def _minimum_grad(g: Tensor, z: Tensor, x: Tensor, y: Tensor) -> tuple[Any, Any]:
    first = less_equal(x, y)
    return lambda: where(first, g, 0.0), lambda: where(first, 0.0, g)


@primitive(broadcasts=True, grad=_minimum_grad)
def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of the two; nan if either is. At ties the gradient goes to x, as in TensorFlow."""
    return binary("minimum", x, y)


# Functions of one argument.


def _known_negative(node: Node, a: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return tuple(dims.mul(-1, d) for d in a)


@primitive(dtype=number_dtype, value=_known_negative, grad=lambda g, y, x: -g)
def negative(x: TensorLike) -> Tensor:
    """-x."""
    return unary("negative", x)


def _abs_grad(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return g * sign(x)


@primitive(dtype=number_dtype, grad=_abs_grad)
def abs(x: TensorLike) -> Tensor:
    """The absolute value. Its gradient at 0 is 0."""
    return unary("abs", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * y)
def exp(x: TensorLike) -> Tensor:
    """e to the power x."""
    return unary("exp", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * (y + 1.0))
def expm1(x: TensorLike) -> Tensor:
    """exp(x) - 1, exact also near 0."""
    return unary("expm1", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g / x)
def log(x: TensorLike) -> Tensor:
    """The natural logarithm."""
    return unary("log", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g / (x + 1.0))
def log1p(x: TensorLike) -> Tensor:
    """log(1 + x), exact also near 0."""
    return unary("log1p", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * 0.5 / y)
def sqrt(x: TensorLike) -> Tensor:
    """The square root; nan below 0."""
    return unary("sqrt", x)


def rsqrt(x: TensorLike) -> Tensor:
    """1 / sqrt(x)."""
    return 1.0 / sqrt(x)


@primitive(dtype=number_dtype, grad=lambda g, y, x: g * (x * 2.0))
def square(x: TensorLike) -> Tensor:
    """x * x."""
    return unary("square", x)


@primitive(dtype=number_dtype, grad=lambda g, y, x: g * 0.0)
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1. Its gradient is 0."""
    return unary("sign", x)


@primitive(dtype=number_dtype, grad=_PIECEWISE_CONSTANT)
def floor(x: TensorLike) -> Tensor:
    """The largest integer not above x, in x's dtype. Not differentiable."""
    return unary("floor", x)


@primitive(dtype=number_dtype, grad=_PIECEWISE_CONSTANT)
def ceil(x: TensorLike) -> Tensor:
    """The smallest integer not below x, in x's dtype. Not differentiable."""
    return unary("ceil", x)


@primitive(dtype=number_dtype, grad=_PIECEWISE_CONSTANT)
def round(x: TensorLike) -> Tensor:
    """The nearest integer, in x's dtype; halves go to the even one. Not differentiable."""
    return unary("round", x)


def _sin_grad(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return g * cos(x)


@primitive(dtype=float_dtype, grad=_sin_grad)
def sin(x: TensorLike) -> Tensor:
    """The sine of x radians."""
    return unary("sin", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: -(g * sin(x)))
def cos(x: TensorLike) -> Tensor:
    """The cosine of x radians."""
    return unary("cos", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * (square(y) + 1.0))
def tan(x: TensorLike) -> Tensor:
    """The tangent of x radians."""
    return unary("tan", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * (1.0 - square(y)))
def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent."""
    return unary("tanh", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * (exp(-square(x)) * (2.0 / math.sqrt(math.pi))))
def erf(x: TensorLike) -> Tensor:
    """The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x (C99's `erf`)."""
    return unary("erf", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * (y * (1.0 - y)))
def sigmoid(x: TensorLike) -> Tensor:
    """1 / (1 + exp(-x)), without overflow."""
    return unary("sigmoid", x)


@primitive(dtype=float_dtype, grad=lambda g, y, x: g * sigmoid(x))
def softplus(x: TensorLike) -> Tensor:
    """log(1 + exp(x)), without overflow."""
    return unary("softplus", x)


def softsign(x: TensorLike) -> Tensor:
    """x / (1 + |x|)."""
    tensor = cast_like_float(x)
    return tensor / (abs(tensor) + 1.0)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """clip(0.2 * x + 0.5, 0, 1) (Keras's piecewise linear stand-in for `sigmoid`)."""
    return clip(cast_like_float(x) * 0.2 + 0.5, 0.0, 1.0)


def _where_positive(g: Tensor, x: Tensor) -> Tensor:
    return where(greater(x, 0), g, 0.0)


@primitive(decompose=_where_positive)
def relu_grad(g: Tensor, x: Tensor) -> Tensor:
    """g where x is above 0, else 0: the gradient of `relu`. Shapes: two alike."""
    return build("relu_grad", node_of(g), node_of(x))


@primitive(dtype=number_dtype, grad=lambda g, y, x: relu_grad(g, y))  # of y, so that x can be let go
def relu(x: TensorLike, alpha: TensorLike = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """`max_value` above it, x down to `threshold`, `alpha * (x - threshold)` below (Keras 2.3's `K.relu`).

    With a `max_value` nothing from the threshold on is below 0, whatever the threshold. The gradient at 0 is 0.
    """
    plain_slope = isinstance(alpha, (int, float)) and alpha == 0
    if plain_slope and threshold == 0:
        return unary("relu", x) if max_value is None else minimum(unary("relu", x), max_value)
    tensor = cast_like_float(x)
    below: TensorLike = 0.0 if plain_slope else (tensor - threshold) * alpha
    above = tensor if max_value is None else clip(tensor, 0.0, max_value)
    return where(greater_equal(tensor, threshold) if threshold else greater(tensor, 0), above, below)


def elu(x: TensorLike, alpha: TensorLike = 1.0) -> Tensor:
    """x above 0, `alpha * (exp(x) - 1)` below (Clevert et al. 2015)."""
    tensor = cast_like_float(x)
    # expm1 is kept from overflowing where its result is not used, or its gradient would be nan there.
    return where(greater(tensor, 0), tensor, expm1(minimum(tensor, 0.0)) * alpha)


def clip(x: TensorLike, min_value: TensorLike | None = None, max_value: TensorLike | None = None) -> Tensor:
    """x, but at least `min_value` and at most `max_value`; None is no bound.

    Where `max_value` is below `min_value` the result is `min_value`, as in Keras.
    """
    result = wrap(as_node("clip", "x", x))
    if max_value is not None:
        result = minimum(result, max_value)
    return result if min_value is None else maximum(result, min_value)


# Comparisons and logic.


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """x == y, elementwise, as bool."""
    return binary("equal", x, y)


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """x != y, elementwise, as bool."""
    return binary("not_equal", x, y)


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """x > y, elementwise, as bool."""
    return _compare("greater", x, y)


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """x >= y, elementwise, as bool."""
    return _compare("greater_equal", x, y)


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def less(x: TensorLike, y: TensorLike) -> Tensor:
    """x < y, elementwise, as bool."""
    return _compare("less", x, y)


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """x <= y, elementwise, as bool."""
    return _compare("less_equal", x, y)


def _compare(op_name: str, x: TensorLike, y: TensorLike) -> Tensor:
    a, b = operands(op_name, x, y)
    if a.dtype is dtypes.bool_:
        a, b = cast_node(a, dtypes.uint8), cast_node(b, dtypes.uint8)
    return binary(op_name, wrap(a), wrap(b))


def _truth(op_name: str, argument: str, x: TensorLike) -> Tensor:
    return wrap(cast_node(as_node(op_name, argument, x), dtypes.bool_))


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def logical_and(x: TensorLike, y: TensorLike) -> Tensor:
    """True where both are (a number is true unless 0)."""
    return binary("logical_and", _truth("logical_and", "x", x), _truth("logical_and", "y", y))


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def logical_or(x: TensorLike, y: TensorLike) -> Tensor:
    """True where either is (a number is true unless 0)."""
    return binary("logical_or", _truth("logical_or", "x", x), _truth("logical_or", "y", y))


@primitive(broadcasts=True, dtype=bool_dtype, grad=TRUTH_VALUES)
def logical_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """True where just one of the two is (a number is true unless 0)."""
    return binary("logical_xor", _truth("logical_xor", "x", x), _truth("logical_xor", "y", y))


@primitive(dtype=bool_dtype, grad=TRUTH_VALUES)
def logical_not(x: TensorLike) -> Tensor:
    """True where x is not (a number is true unless 0)."""
    return unary("logical_not", _truth("logical_not", "x", x))


@primitive(dtype=bool_dtype, grad=TRUTH_VALUES)
def isnan(x: TensorLike) -> Tensor:
    """True where x is not a number."""
    return unary("isnan", cast_like_float(x))


@primitive(dtype=bool_dtype, grad=TRUTH_VALUES)
def isinf(x: TensorLike) -> Tensor:
    """True where x is infinite."""
    return unary("isinf", cast_like_float(x))


@primitive(dtype=bool_dtype, grad=TRUTH_VALUES)
def isfinite(x: TensorLike) -> Tensor:
    """True where x is neither infinite nor nan."""
    return unary("isfinite", cast_like_float(x))


def _bitwise(op_name: str, logical: Callable[[Tensor, Tensor], Tensor] | None, x: TensorLike, y: TensorLike) -> Tensor:
    a, b = operands(op_name, x, y)
    if a.dtype is dtypes.bool_:
        if logical is not None:
            return logical(wrap(a), wrap(b))
        a, b = cast_node(a, dtypes.int32), cast_node(b, dtypes.int32)
    return binary(op_name, wrap(a), wrap(b))


@primitive(broadcasts=True, dtype=_integer_dtype("bitwise_and"), grad=_INTEGERS)
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """x & y: of the bits of integers, or of truth values."""
    return _bitwise("bitwise_and", logical_and, x, y)


@primitive(broadcasts=True, dtype=_integer_dtype("bitwise_or"), grad=_INTEGERS)
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """x | y: of the bits of integers, or of truth values."""
    return _bitwise("bitwise_or", logical_or, x, y)


@primitive(broadcasts=True, dtype=_integer_dtype("bitwise_xor"), grad=_INTEGERS)
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """x ^ y: of the bits of integers, or of truth values."""
    return _bitwise("bitwise_xor", logical_xor, x, y)


@primitive(broadcasts=True, dtype=_integer_dtype("left_shift"), grad=_INTEGERS)
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """x << y, of integers; y must be at least 0 and below the number of bits."""
    return _bitwise("left_shift", None, x, y)


@primitive(broadcasts=True, dtype=_integer_dtype("right_shift"), grad=_INTEGERS)
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """x >> y, of integers; y must be at least 0 and below the number of bits."""
    return _bitwise("right_shift", None, x, y)


@primitive(dtype=_integer_dtype("invert"), grad=_INTEGERS)
def invert(x: TensorLike) -> Tensor:
    """~x: the bits of integers, or truth values, turned over."""
    node = as_node("invert", "x", x)
    return logical_not(wrap(node)) if node.dtype is dtypes.bool_ else unary("invert", wrap(node))


# Choice and conversion.


def _where_dtype(condition: type[DType], *branches: type[DType]) -> type[DType]:
    return branches[0]


def _where_grad(g: Tensor, z: Tensor, condition: Tensor, x: Tensor, y: Tensor) -> tuple[Any, Any, Any]:
    return None, lambda: where(condition, g, 0.0), lambda: where(condition, 0.0, g)


@primitive(broadcasts=True, dtype=_where_dtype, grad=_where_grad)
def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """x where `condition` is true, else y; all three are broadcast. As a method: `condition.where(x, y)`."""
    test = cast_node(as_node("where", "condition", condition), dtypes.bool_)
    a, b = operands("where", x, y)
    return build("where", test, a, b)


def _cast_value(node: Node, a: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return a


def _cast_dtype(x: type[DType], *, dtype: type[DType]) -> type[DType]:
    return dtype


def _cast_grad(g: Tensor, y: Tensor, x: Tensor, *, dtype: type[DType]) -> tuple[Tensor | None]:
    source = node_of(x).dtype
    return (cast(g, source) if source.is_float and dtype.is_float else None,)


@primitive(dtype=_cast_dtype, value=_cast_value, grad=_cast_grad)
def cast(x: TensorLike, dtype: DTypeLike) -> Tensor:
    """x in another dtype. Floats are cut off towards 0 when they become integers; bool means "not 0".

    Raises:
        DTypeError: there is no such dtype.
    """
    return wrap(cast_node(as_node("cast", "x", x), as_dtype(dtype)))
