"""The fluent face: `Tensor`, whose methods are the op functions themselves, `Variable` and `SparseTensor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeGuard, overload

import numpy as np
from typing_extensions import Self, TypeVar

from . import dims
from .dims import Poly
from .dtypes import DType, DTypeLike
from .errors import ArgumentError, ConcreteValueError, DTypeError, FeedError, ShapeError
from .function import Feeds, evaluate
from .function import native as native_handles
from .graph import (
    Expr,
    Operand,
    TensorLike,
    as_array,
    constant_node,
    fresh_name,
    node_of,
    register_face,
    resolve_dtype,
)
from .ops import (
    control,
    conv,
    create,
    elementwise,
    indexing,
    linalg,
    loops,
    nn,
    normalization,
    pool,
    reduce,
    resize,
    shaping,
    sparse,
)
from .ops.create import PlaceholderShape
from .state import State

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Session",
    "SparseTensor",
    "Tensor",
    "Variable",
    "concrete_value",
    "is_sparse",
    "placeholder",
    "variable",
]

ShapeT = TypeVar("ShapeT", bound=tuple[Any, ...], default=Any)
DTypeT = TypeVar("DTypeT", default=Any)


class Session:
    """Stands for the session of old TensorFlow code: evaluates on one engine, the one in force if none is named."""

    def __init__(self, engine: str | None = None) -> None:
        self.engine = engine

    def run(self, fetches: Any, feed_dict: Feeds | None = None) -> Any:
        """The value of a tensor, or the values of a list of them."""
        if isinstance(fetches, (list, tuple)):
            return evaluate(fetches, feed_dict, self.engine)
        return evaluate([fetches], feed_dict, self.engine)[0]


class _Evaluated(Expr, Generic[ShapeT, DTypeT]):
    """What dense and sparse tensors have in common: a shape, a dtype, and a value on demand."""

    @property
    def shape(self) -> ShapeT:
        """The sizes: ints, None where a size is not known, polynomials over named sizes."""
        return dims.public(self._node.shape)  # type: ignore[return-value]  # ShapeT is what the checker knows of it

    @property
    def dtype(self) -> type[DTypeT]:
        """The dtype, a class such as `kt.float32`."""
        return self._node.dtype  # type: ignore[return-value]  # DTypeT is what the checker knows of it

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._node.shape)

    @property
    def name(self) -> str:
        """The name of a placeholder or variable, the op of anything else."""
        return self._node.attrs.get("name") or self._node.op.name

    @property
    def built_at(self) -> str:
        """`file:line` of the code that built the tensor."""
        return self._node.where

    def eval(
        self, feeds: Feeds | None = None, engine: str | None = None, session: Session | None = None
    ) -> npt.NDArray[Any]:
        """The elements, computed now.

        Args:
            feeds: the value of each placeholder that the tensor needs.
            engine: by default the one in force.
            session: as in old TensorFlow code; its engine is used.

        Raises:
            FeedError: a placeholder without a value, or a value that does not fit.
            EngineError: the engine failed; the message names the line where the op was built.
        """
        return evaluate([self], feeds, engine or (session.engine if session else None))[0]

    def numpy(self) -> npt.NDArray[Any]:
        """The elements, computed now: `eval()` without feeds."""
        return self.eval()

    def native(self, engine: str | None = None, feeds: Feeds | None = None) -> Any:
        """The engine's own handle: an `np.ndarray`, a `tf.Tensor`, a Theano variable."""
        return native_handles([self], feeds, engine)[0]

    # Expressions never change, so a copy is the expression itself.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise ArgumentError(f"{self!r} cannot be pickled; pickle its value, or save variables with kt.save")

    def __repr__(self) -> str:
        shape = dims.show(self._node.shape)
        return f'{type(self).__name__}("{self.name}", shape={shape}, dtype={self._node.dtype})'


class Tensor(_Evaluated[ShapeT, DTypeT]):
    """An expression: a tensor whose shape and dtype are known, and whose elements are computed when they are asked for.

    `==` is elementwise (except with None, which no tensor equals), `hash` is identity, `repr` never computes.
    """

    @property
    def size(self) -> int | Poly | None:
        """The number of elements; None if it is not known."""
        total = dims.product(self._node.shape)
        return None if dims.is_open(total) else total

    @property
    def T(self) -> Tensor:
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

    def where(self, x: TensorLike, y: TensorLike) -> Tensor:
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

    def einsum(self, subscripts: str, *others: TensorLike) -> Tensor:
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

    def concatenate(self, tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
        """This tensor and then the others, along `axis`."""
        return shaping.concatenate([self, *tensors], axis)

    def stack(self, tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
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
    pool2d = pool.pool2d
    pool3d = pool.pool3d
    resize_images = resize.resize_images
    separable_conv1d = conv.separable_conv1d
    separable_conv2d = conv.separable_conv2d

    # Losses, the target first.
    binary_crossentropy = nn.binary_crossentropy
    categorical_crossentropy = nn.categorical_crossentropy
    sparse_categorical_crossentropy = nn.sparse_categorical_crossentropy

    stop_gradient = control.stop_gradient
    switch = control.switch

    # Loops over the first axis; `rnn` over the second.
    @overload
    def map_fn(
        self,
        fn: Callable[[Tensor], tuple[Tensor, ...] | list[Tensor]],
        name: str | None = ...,
        dtype: DTypeLike | Sequence[DTypeLike] | None = ...,
    ) -> tuple[Tensor, ...]: ...
    @overload
    def map_fn(
        self, fn: Callable[[Tensor], TensorLike], name: str | None = ..., dtype: DTypeLike | None = ...
    ) -> Tensor: ...
    def map_fn(self, fn: Callable[[Tensor], Any], name: str | None = None, dtype: Any = None) -> Any:
        """`kt.map_fn(fn, self)`."""
        return loops.map_fn(fn, self, name, dtype)

    def foldl(
        self, fn: Callable[[Any, Tensor], Any], initializer: TensorLike | None = None, name: str | None = None
    ) -> Tensor:
        """`kt.foldl(fn, self, initializer)`."""
        return loops.foldl(fn, self, initializer, name)

    def foldr(
        self, fn: Callable[[Any, Tensor], Any], initializer: TensorLike | None = None, name: str | None = None
    ) -> Tensor:
        """`kt.foldr(fn, self, initializer)`."""
        return loops.foldr(fn, self, initializer, name)

    def rnn(
        self,
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
    def __getitem__(self, key: indexing.Index) -> Tensor:
        return indexing.getitem(self, key)

    def __add__(self, other: TensorLike) -> Tensor:
        return elementwise.add(self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return elementwise.add(other, self)

    def __sub__(self, other: TensorLike) -> Tensor:
        return elementwise.subtract(self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return elementwise.subtract(other, self)

    def __mul__(self, other: TensorLike) -> Tensor:
        return elementwise.multiply(self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return elementwise.multiply(other, self)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return elementwise.divide(self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return elementwise.divide(other, self)

    def __floordiv__(self, other: TensorLike) -> Tensor:
        return elementwise.floor_divide(self, other)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return elementwise.floor_divide(other, self)

    def __mod__(self, other: TensorLike) -> Tensor:
        return elementwise.mod(self, other)

    def __rmod__(self, other: Operand) -> Tensor:
        return elementwise.mod(other, self)

    def __divmod__(self, other: TensorLike) -> tuple[Tensor, Tensor]:
        return elementwise.floor_divide(self, other), elementwise.mod(self, other)

    def __rdivmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return elementwise.floor_divide(other, self), elementwise.mod(other, self)

    def __pow__(self, other: TensorLike) -> Tensor:
        return elementwise.pow(self, other)

    def __rpow__(self, other: Operand) -> Tensor:
        return elementwise.pow(other, self)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return linalg.matmul(self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return linalg.matmul(other, self)

    def __and__(self, other: TensorLike) -> Tensor:
        return elementwise.bitwise_and(self, other)

    def __rand__(self, other: Operand) -> Tensor:
        return elementwise.bitwise_and(other, self)

    def __or__(self, other: TensorLike) -> Tensor:
        return elementwise.bitwise_or(self, other)

    def __ror__(self, other: Operand) -> Tensor:
        return elementwise.bitwise_or(other, self)

    def __xor__(self, other: TensorLike) -> Tensor:
        return elementwise.bitwise_xor(self, other)

    def __rxor__(self, other: Operand) -> Tensor:
        return elementwise.bitwise_xor(other, self)

    def __lshift__(self, other: TensorLike) -> Tensor:
        return elementwise.left_shift(self, other)

    def __rlshift__(self, other: Operand) -> Tensor:
        return elementwise.left_shift(other, self)

    def __rshift__(self, other: TensorLike) -> Tensor:
        return elementwise.right_shift(self, other)

    def __rrshift__(self, other: Operand) -> Tensor:
        return elementwise.right_shift(other, self)

    # In place: a tensor never changes, but `x += y` must not make a larger one of x without a word.
    def __iadd__(self, other: TensorLike) -> Tensor:
        return _kept("add", self, elementwise.add(self, other))

    def __isub__(self, other: TensorLike) -> Tensor:
        return _kept("sub", self, elementwise.subtract(self, other))

    def __imul__(self, other: TensorLike) -> Tensor:
        return _kept("mul", self, elementwise.multiply(self, other))

    def __itruediv__(self, other: TensorLike) -> Tensor:
        return _kept("truediv", self, elementwise.divide(self, other))

    def __ifloordiv__(self, other: TensorLike) -> Tensor:
        return _kept("floordiv", self, elementwise.floor_divide(self, other))

    def __imod__(self, other: TensorLike) -> Tensor:
        return _kept("mod", self, elementwise.mod(self, other))

    def __ipow__(self, other: TensorLike) -> Tensor:
        return _kept("pow", self, elementwise.pow(self, other))

    def __imatmul__(self, other: TensorLike) -> Tensor:
        return _kept("matmul", self, linalg.matmul(self, other))

    def __neg__(self) -> Tensor:
        return elementwise.negative(self)

    def __pos__(self) -> Tensor[ShapeT, DTypeT]:
        return self

    def __invert__(self) -> Tensor:
        return elementwise.invert(self)

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __round__(self, ndigits: int | None = None) -> Tensor:
        if not ndigits:
            return elementwise.round(self)
        scale = 10.0**ndigits
        return elementwise.round(self * scale) / scale

    def __lt__(self, other: TensorLike) -> Tensor:
        return elementwise.less(self, other)

    def __le__(self, other: TensorLike) -> Tensor:
        return elementwise.less_equal(self, other)

    def __gt__(self, other: TensorLike) -> Tensor:
        return elementwise.greater(self, other)

    def __ge__(self, other: TensorLike) -> Tensor:
        return elementwise.greater_equal(self, other)

    @overload  # type: ignore[override]  # elementwise, unlike object's
    def __eq__(self, other: None) -> Literal[False]: ...
    @overload
    def __eq__(self, other: TensorLike) -> Tensor: ...
    def __eq__(self, other: TensorLike | None) -> Tensor | Literal[False]:
        return elementwise.equal(self, other) if _comparable(other) else False

    @overload  # type: ignore[override]  # elementwise, unlike object's
    def __ne__(self, other: None) -> Literal[True]: ...
    @overload
    def __ne__(self, other: TensorLike) -> Tensor: ...
    def __ne__(self, other: TensorLike | None) -> Tensor | Literal[True]:
        return elementwise.not_equal(self, other) if _comparable(other) else True

    __hash__ = Expr.__hash__

    # Python's protocols. They compute, or say why they cannot.
    def _item(self, what: str) -> Any:
        if self.size != 1:
            number = "a number of elements that is not known" if self.size is None else f"{self.size} elements"
            raise ConcreteValueError(f"{what}() of {self!r}: it has {number}; reduce it, with any() or all() say")
        try:
            return self.eval().reshape(-1)[0].item()
        except FeedError as error:
            raise ConcreteValueError(
                f"{what}() of {self!r}: it has no value yet; {error}. "
                "Use kt.where to choose between tensors, or eval(feeds=...) for a number"
            ) from error

    def __bool__(self) -> bool:
        return bool(self._item("bool"))

    def __int__(self) -> int:
        return int(self._item("int"))

    def __float__(self) -> float:
        return float(self._item("float"))

    def __index__(self) -> int:
        if not self._node.dtype.is_integer:
            raise DTypeError(f"{self!r} is no integer, so it is no index")
        known = self._node.value
        if known and not self._node.shape and isinstance(known[0], int):
            return known[0]
        return int(self._item("index"))

    def __len__(self) -> int:
        if not self._node.shape:
            raise ConcreteValueError(f"len() of {self!r}: a scalar has no length")
        leading = self._node.shape[0]
        if not isinstance(leading, int):
            raise ConcreteValueError(f"len() of {self!r}: its first size is not known; K.shape(x)[0] has it")
        return leading

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: TensorLike) -> bool:
        return _comparable(value) and bool(reduce.any(elementwise.equal(self, value)))

    def __array__(self, dtype: npt.DTypeLike = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self.eval(), dtype=dtype)

    def __format__(self, spec: str) -> str:
        return format(self._item("format"), spec) if spec else repr(self)


def _kept(op_name: str, x: Tensor, result: Tensor) -> Tensor:
    """The result of an operation in place, which has x's shape as in NumPy."""
    before, after = x._node.shape, result._node.shape
    if len(before) != len(after) or not all(map(dims.same, before, after)):
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


def _comparable(other: TensorLike | None) -> TypeGuard[TensorLike]:
    return other is not None and not isinstance(other, (str, bytes, dict, type))


register_face(Tensor)


class Variable(Tensor[ShapeT, DTypeT]):
    """A tensor that holds state. Its value is the same whichever engine reads or updates it."""

    trainable = True
    constraint: Any = None

    @property
    def state(self) -> State:
        """Where the value is kept."""
        found: State = self._node.attrs["state"]
        return found

    def set_value(self, value: TensorLike) -> None:
        """Replaces the value now.

        Raises:
            ShapeError: the shape is not the variable's. Nothing has changed then.
        """
        self.state.set_value(concrete_value("set_value", value, self._node.dtype))

    def assign(self, value: TensorLike) -> Tensor:
        """An update: the new value, stored when it is evaluated, alone or among a function's `updates`.

        Raises:
            ShapeError: the new value has another shape.
            DTypeError: the new value is of floats, the variable of integers.
        """
        return control.assign(self, value)

    def assign_add(self, value: TensorLike) -> Tensor:
        """An update that adds `value`."""
        return control.assign(self, elementwise.add(self, value))

    def assign_sub(self, value: TensorLike) -> Tensor:
        """An update that subtracts `value`."""
        return control.assign(self, elementwise.subtract(self, value))

    def __copy__(self) -> Variable[ShapeT, DTypeT]:
        return variable(self.state.value(), self._node.dtype, self.name)

    def __deepcopy__(self, memo: dict[int, object]) -> Variable[ShapeT, DTypeT]:
        return self.__copy__()

    def __reduce__(self) -> Any:
        return variable, (self.state.value(), self._node.dtype.name, self.name)

    def __repr__(self) -> str:
        return f"<Variable '{self.name}' shape={dims.show(self._node.shape)} dtype={self._node.dtype}>"


class SparseTensor(_Evaluated[ShapeT, DTypeT]):
    """A matrix that is mostly zeros: a placeholder fed with scipy.sparse matrices. It evaluates to a dense array."""

    dot = sparse.sparse_dot
    to_dense = sparse.sparse_to_dense

    def __matmul__(self, other: TensorLike) -> Tensor:
        return sparse.sparse_dot(self, other)


@overload
def placeholder(
    shape: PlaceholderShape, dtype: DTypeLike | None = ..., name: str | None = ..., sparse: Literal[False] = ...
) -> Tensor: ...
@overload
def placeholder(
    shape: PlaceholderShape, dtype: DTypeLike | None = ..., name: str | None = ..., *, sparse: Literal[True]
) -> SparseTensor: ...
@overload
def placeholder(
    shape: PlaceholderShape, dtype: DTypeLike | None = ..., name: str | None = ..., sparse: bool = ...
) -> Tensor | SparseTensor: ...
def placeholder(
    shape: PlaceholderShape, dtype: DTypeLike | None = None, name: str | None = None, sparse: bool = False
) -> Tensor | SparseTensor:
    """A tensor whose value is fed when it is evaluated.

    Args:
        shape: ints, None for sizes that are not known, names for sizes that are equal wherever they stand.
        dtype: by default `floatx`.
        sparse: it is a matrix, fed as a scipy.sparse one.

    Raises:
        ShapeError: a negative size.
        ArgumentError: a size that is no size.
    """
    dense = create.placeholder(shape, dtype, name, sparse)
    return SparseTensor(node_of(dense)) if sparse else dense


def variable(value: TensorLike, dtype: DTypeLike | None = None, name: str | None = None) -> Variable:
    """A tensor that holds state, starting with `value` (of a tensor: its elements now).

    Args:
        dtype: by default `floatx`, whatever the value's own.

    Raises:
        ArgumentError: the value is None, ragged, or no numbers.
        DTypeError: an unknown dtype, or integers that do not fit in it.
    """
    kind = resolve_dtype(dtype)
    initial = concrete_value("variable", value, kind)
    name = name or fresh_name("variable")
    state = State(initial, kind, name)
    return Variable(node_of(create.variable(state.shape, kind, name, state)))


def concrete_value(op_name: str, value: TensorLike, dtype: type[DType]) -> npt.NDArray[Any]:
    """The elements of a value, as an array of `dtype` of our own."""
    if value is None:
        raise ArgumentError(f"{op_name}: the value is None, not a tensor")
    tensor = create.constant(value)
    if node_of(tensor).op.name != "constant":
        return tensor.eval().astype(dtype.dtype)
    array = as_array(op_name, "value", value)
    if array.dtype.kind == "f" and dtype.kind != "f" and not np.array_equal(array, np.trunc(array)):
        raise DTypeError(f"{op_name}: a value with fractions does not fit in {dtype}")
    exact = constant_node(array, dtype).attrs["value"]
    return np.array(exact, dtype=dtype.dtype)


def is_sparse(x: object) -> bool:
    """True of sparse tensors, whatever they hold."""
    return isinstance(x, SparseTensor)
