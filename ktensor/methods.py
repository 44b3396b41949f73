"""The ops as methods and operators: what `Tensor` inherits.

Methods are the op functions themselves, with the tensor as the first argument; so are operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeGuard, overload

from typing_extensions import TypeVar

from . import dims
from .config import keras
from .dtypes import DTypeLike
from .errors import KTensorError, ShapeError
from .graph import Expr, Operand, TensorLike, node_of
from .ops import (
    control,
    conv,
    create,
    ctc,
    elementwise,
    indexing,
    linalg,
    local,
    loops,
    nn,
    normalization,
    pool,
    random,
    reduce,
    resize,
    shaping,
)

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["DTypeT", "DTypeT_co", "Methods", "ShapeT", "ShapeT_co", "comparable"]

ShapeT = TypeVar("ShapeT", bound=tuple[Any, ...], default=Any)
DTypeT = TypeVar("DTypeT", default=Any)
# Covariant, so that overloads can be for tensors of any of several dtypes. Tensors themselves are invariant.
ShapeT_co = TypeVar("ShapeT_co", bound=tuple[Any, ...], default=Any, covariant=True)
DTypeT_co = TypeVar("DTypeT_co", default=Any, covariant=True)


def _kept(op_name: str, x: Tensor, result: Tensor) -> Tensor:
    """The result of an operation in place, which has x's shape as in NumPy."""
    before, after = node_of(x).shape, node_of(result).shape
    fits = len(before) == len(after) and all(map(dims.same, before, after))
    if not fits and not keras():
        raise ShapeError(
            f"{_SIGNS[op_name]}: x of shape {dims.show(before)} would become {dims.show(after)}; "
            f"in place it keeps its shape: write x = x {_SIGNS[op_name][:-1]} y if it may grow"
        )
    return result


_SIGNS: Final = {
    "add": "+=",
    "sub": "-=",
    "mul": "*=",
    "truediv": "/=",
    "floordiv": "//=",
    "mod": "%=",
    "pow": "**=",
    "matmul": "@=",
}


def comparable(other: TensorLike | None) -> TypeGuard[TensorLike]:
    """False of what no tensor equals: None, strings, dicts, classes."""
    return other is not None and not isinstance(other, (str, bytes, dict, type))


def _equation(op: Callable[[TensorLike, TensorLike], Tensor], x: Tensor, y: TensorLike, truth: bool) -> Any:
    """x == y or x != y. Keras asks whether the tensors are the same with it, and finds them in lists, by its truth."""
    if not keras():
        return op(x, y)
    try:
        result = op(x, y)
    except KTensorError:
        return truth
    result._truth = truth
    return result


class Methods(Generic[ShapeT_co, DTypeT_co]):
    """The ops as methods and operators. `self: Any` stands for a Tensor, which this is not for type checkers."""

    @property
    def T(self: Any) -> Tensor:
        """The tensor with its axes reversed."""
        return shaping.transpose(self)

    # Elementwise.
    abs = elementwise.abs
    cast = elementwise.cast
    astype = elementwise.cast
    ceil = elementwise.ceil
    clip = elementwise.clip
    cos = elementwise.cos
    elu = elementwise.elu
    equal = elementwise.equal
    erf = elementwise.erf
    exp = elementwise.exp
    expm1 = elementwise.expm1
    floor = elementwise.floor
    greater = elementwise.greater
    greater_equal = elementwise.greater_equal
    hard_sigmoid = elementwise.hard_sigmoid
    isfinite = elementwise.isfinite
    isinf = elementwise.isinf
    isnan = elementwise.isnan
    less = elementwise.less
    less_equal = elementwise.less_equal
    log = elementwise.log
    log1p = elementwise.log1p
    logical_and = elementwise.logical_and
    logical_not = elementwise.logical_not
    logical_or = elementwise.logical_or
    logical_xor = elementwise.logical_xor
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    not_equal = elementwise.not_equal
    pow = elementwise.pow
    relu = elementwise.relu
    round = elementwise.round
    rsqrt = elementwise.rsqrt
    sigmoid = elementwise.sigmoid
    sign = elementwise.sign
    sin = elementwise.sin
    softplus = elementwise.softplus
    softsign = elementwise.softsign
    sqrt = elementwise.sqrt
    square = elementwise.square
    tan = elementwise.tan
    tanh = elementwise.tanh

    def where(self: Any, x: TensorLike, y: TensorLike) -> Tensor:
        """x where this tensor is true, else y."""
        return elementwise.where(self, x, y)

    # Reductions.
    all = reduce.all
    any = reduce.any
    argmax = reduce.argmax
    argmin = reduce.argmin
    cumprod = reduce.cumprod
    cumsum = reduce.cumsum
    l2_normalize = reduce.l2_normalize
    log_softmax = reduce.log_softmax
    logsumexp = reduce.logsumexp
    max = reduce.max
    mean = reduce.mean
    min = reduce.min
    prod = reduce.prod
    softmax = reduce.softmax
    std = reduce.std
    sum = reduce.sum
    var = reduce.var

    # Linear algebra.
    batch_dot = linalg.batch_dot
    dot = linalg.dot
    matmul = linalg.matmul
    tensordot = linalg.tensordot

    def einsum(self: Any, subscripts: str, *others: TensorLike) -> Tensor:
        """`kt.einsum(subscripts, self, *others)`."""
        return linalg.einsum(subscripts, self, *others)

    # Shaping.
    batch_flatten = shaping.batch_flatten
    broadcast_to = shaping.broadcast_to
    expand_dims = shaping.expand_dims
    flatten = shaping.flatten
    gather = indexing.gather
    one_hot = create.one_hot
    pad = shaping.pad
    repeat = shaping.repeat
    repeat_elements = shaping.repeat_elements
    reshape = shaping.reshape
    reverse = indexing.reverse
    split = shaping.split
    squeeze = shaping.squeeze
    tile = shaping.tile
    transpose = shaping.transpose

    def concatenate(self: Any, tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
        """This tensor and then the others, along `axis`."""
        return shaping.concatenate([self, *tensors], axis)

    def stack(self: Any, tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
        """This tensor and then the others, along a new axis."""
        return shaping.stack([self, *tensors], axis)

    # Images.
    batch_normalization = normalization.batch_normalization
    bias_add = normalization.bias_add
    conv1d = conv.conv1d
    conv2d = conv.conv2d
    conv2d_transpose = conv.conv2d_transpose
    conv3d = conv.conv3d
    conv3d_transpose = conv.conv3d_transpose
    depthwise_conv2d = conv.depthwise_conv2d
    local_conv1d = local.local_conv1d
    local_conv2d = local.local_conv2d
    pool2d = pool.pool2d
    pool3d = pool.pool3d
    resize_images = resize.resize_images
    separable_conv1d = conv.separable_conv1d
    separable_conv2d = conv.separable_conv2d

    # Losses, the target first, and whether predictions are right.
    binary_crossentropy = nn.binary_crossentropy
    categorical_crossentropy = nn.categorical_crossentropy
    ctc_batch_cost = ctc.ctc_batch_cost
    ctc_decode = ctc.ctc_decode
    in_top_k = nn.in_top_k
    sparse_categorical_crossentropy = nn.sparse_categorical_crossentropy

    dropout = random.dropout
    identity = control.identity
    print_tensor = control.print_tensor
    stop_gradient = control.stop_gradient
    switch = control.switch

    # Loops over the first axis; `rnn` over the second.
    @overload
    def map_fn(
        self: Any, fn: Callable[[Tensor], Tensor], name: str | None = ..., dtype: DTypeLike | None = ...
    ) -> Tensor: ...
    @overload
    def map_fn(
        self: Any,
        fn: Callable[[Tensor], tuple[Tensor, ...] | list[Tensor]],
        name: str | None = ...,
        dtype: DTypeLike | Sequence[DTypeLike] | None = ...,
    ) -> tuple[Tensor, ...]: ...
    @overload
    def map_fn(
        self: Any, fn: Callable[[Tensor], TensorLike], name: str | None = ..., dtype: DTypeLike | None = ...
    ) -> Tensor: ...
    def map_fn(self: Any, fn: Callable[[Tensor], Any], name: str | None = None, dtype: Any = None) -> Any:
        """`kt.map_fn(fn, self)`."""
        return loops.map_fn(fn, self, name, dtype)

    def foldl(
        self: Any, fn: Callable[[Any, Tensor], Any], initializer: TensorLike | None = None, name: str | None = None
    ) -> Tensor:
        """`kt.foldl(fn, self, initializer)`."""
        return loops.foldl(fn, self, initializer, name)

    def foldr(
        self: Any, fn: Callable[[Any, Tensor], Any], initializer: TensorLike | None = None, name: str | None = None
    ) -> Tensor:
        """`kt.foldr(fn, self, initializer)`."""
        return loops.foldr(fn, self, initializer, name)

    def rnn(
        self: Any,
        step_function: loops.StepFunction,
        initial_states: Sequence[TensorLike],
        go_backwards: bool = False,
        mask: TensorLike | None = None,
        constants: Sequence[TensorLike] | None = None,
        unroll: bool = False,
        input_length: int | None = None,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """`kt.rnn(step_function, self, initial_states, ...)`."""
        return loops.rnn(step_function, self, initial_states, go_backwards, mask, constants, unroll, input_length)

    # Operators.
    def __getitem__(self: Any, key: indexing.Index) -> Tensor:
        return indexing.getitem(self, key)

    def __add__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.add(self, other)

    def __radd__(self: Any, other: Operand) -> Tensor:
        return elementwise.add(other, self)

    def __sub__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.subtract(self, other)

    def __rsub__(self: Any, other: Operand) -> Tensor:
        return elementwise.subtract(other, self)

    def __mul__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.multiply(self, other)

    def __rmul__(self: Any, other: Operand) -> Tensor:
        return elementwise.multiply(other, self)

    def __truediv__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.divide(self, other)

    def __rtruediv__(self: Any, other: Operand) -> Tensor:
        return elementwise.divide(other, self)

    def __floordiv__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.floor_divide(self, other)

    def __rfloordiv__(self: Any, other: Operand) -> Tensor:
        return elementwise.floor_divide(other, self)

    def __mod__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.mod(self, other)

    def __rmod__(self: Any, other: Operand) -> Tensor:
        return elementwise.mod(other, self)

    def __divmod__(self: Any, other: TensorLike) -> tuple[Tensor, Tensor]:
        return elementwise.floor_divide(self, other), elementwise.mod(self, other)

    def __rdivmod__(self: Any, other: Operand) -> tuple[Tensor, Tensor]:
        return elementwise.floor_divide(other, self), elementwise.mod(other, self)

    def __pow__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.pow(self, other)

    def __rpow__(self: Any, other: Operand) -> Tensor:
        return elementwise.pow(other, self)

    def __matmul__(self: Any, other: TensorLike) -> Tensor:
        return linalg.matmul(self, other)

    def __rmatmul__(self: Any, other: Operand) -> Tensor:
        return linalg.matmul(other, self)

    def __and__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.bitwise_and(self, other)

    def __rand__(self: Any, other: Operand) -> Tensor:
        return elementwise.bitwise_and(other, self)

    def __or__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.bitwise_or(self, other)

    def __ror__(self: Any, other: Operand) -> Tensor:
        return elementwise.bitwise_or(other, self)

    def __xor__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.bitwise_xor(self, other)

    def __rxor__(self: Any, other: Operand) -> Tensor:
        return elementwise.bitwise_xor(other, self)

    def __lshift__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.left_shift(self, other)

    def __rlshift__(self: Any, other: Operand) -> Tensor:
        return elementwise.left_shift(other, self)

    def __rshift__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.right_shift(self, other)

    def __rrshift__(self: Any, other: Operand) -> Tensor:
        return elementwise.right_shift(other, self)

    # In place: a tensor never changes, but `x += y` must not make a larger one of x without a word.
    def __iadd__(self: Any, other: TensorLike) -> Tensor:
        return _kept("add", self, elementwise.add(self, other))

    def __isub__(self: Any, other: TensorLike) -> Tensor:
        return _kept("sub", self, elementwise.subtract(self, other))

    def __imul__(self: Any, other: TensorLike) -> Tensor:
        return _kept("mul", self, elementwise.multiply(self, other))

    def __itruediv__(self: Any, other: TensorLike) -> Tensor:
        return _kept("truediv", self, elementwise.divide(self, other))

    def __ifloordiv__(self: Any, other: TensorLike) -> Tensor:
        return _kept("floordiv", self, elementwise.floor_divide(self, other))

    def __imod__(self: Any, other: TensorLike) -> Tensor:
        return _kept("mod", self, elementwise.mod(self, other))

    def __ipow__(self: Any, other: TensorLike) -> Tensor:
        return _kept("pow", self, elementwise.pow(self, other))

    def __imatmul__(self: Any, other: TensorLike) -> Tensor:
        return _kept("matmul", self, linalg.matmul(self, other))

    def __neg__(self: Any) -> Tensor:
        return elementwise.negative(self)

    def __pos__(self: Any) -> Tensor[ShapeT_co, DTypeT_co]:
        return self  # type: ignore[no-any-return]  # a Tensor

    def __invert__(self: Any) -> Tensor:
        return elementwise.invert(self)

    def __abs__(self: Any) -> Tensor:
        return elementwise.abs(self)

    def __round__(self: Any, ndigits: int | None = None) -> Tensor:
        if not ndigits:
            return elementwise.round(self)
        scale = 10.0**ndigits
        return elementwise.round(self * scale) / scale

    def __lt__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.less(self, other)

    def __le__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.less_equal(self, other)

    def __gt__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.greater(self, other)

    def __ge__(self: Any, other: TensorLike) -> Tensor:
        return elementwise.greater_equal(self, other)

    @overload  # type: ignore[override]  # elementwise, unlike object's
    def __eq__(self: Any, other: None) -> Literal[False]: ...
    @overload
    def __eq__(self: Any, other: TensorLike) -> Tensor: ...
    def __eq__(self: Any, other: TensorLike | None) -> Tensor | Literal[False]:
        return _equation(elementwise.equal, self, other, self is other) if comparable(other) else False

    @overload  # type: ignore[override]  # elementwise, unlike object's
    def __ne__(self: Any, other: None) -> Literal[True]: ...
    @overload
    def __ne__(self: Any, other: TensorLike) -> Tensor: ...
    def __ne__(self: Any, other: TensorLike | None) -> Tensor | Literal[True]:
        return _equation(elementwise.not_equal, self, other, self is not other) if comparable(other) else True

    __hash__ = Expr.__hash__
