"""The fluent face: `Tensor`, whose methods are the op functions themselves, `Variable` and `SparseTensor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, overload

import numpy as np
from typing_extensions import Self

from . import dims
from .dims import Poly
from .dtypes import DType, DTypeLike
from .errors import ArgumentError, ConcreteValueError, DTypeError, FeedError
from .function import Feeds, evaluate
from .function import native as native_handles
from .graph import (
    Expr,
    TensorLike,
    as_array,
    constant_node,
    fresh_name,
    node_of,
    register_face,
    resolve_dtype,
)
from .methods import DTypeT, ShapeT, comparable
from .ops import control, create, elementwise, reduce, sparse
from .ops.create import PlaceholderShape
from .state import State
from .typed.methods import Methods

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


class Tensor(Methods[ShapeT, DTypeT], _Evaluated[ShapeT, DTypeT]):
    """An expression: a tensor whose shape and dtype are known, and whose elements are computed when they are asked for.

    `==` is elementwise (except with None, which no tensor equals), `hash` is identity, `repr` never computes.
    """

    #: What `bool` says without a look at the elements: for Keras, of `x == y`.
    _truth: bool | None = None

    @property
    def size(self) -> int | Poly | None:
        """The number of elements; None if it is not known."""
        total = dims.product(self._node.shape)
        return None if dims.is_open(total) else total

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
        return bool(self._item("bool")) if self._truth is None else self._truth

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
        return comparable(value) and bool(reduce.any(elementwise.equal(self, value)))

    def __array__(self, dtype: npt.DTypeLike = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self.eval(), dtype=dtype)

    def __format__(self, spec: str) -> str:
        return format(self._item("format"), spec) if spec else repr(self)


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
        # By NumPy, so that random numbers are the same whichever engine will use them.
        return tensor.eval(engine="numpy").astype(dtype.dtype)
    array = as_array(op_name, "value", value)
    if array.dtype.kind == "f" and dtype.kind != "f" and not np.array_equal(array, np.trunc(array)):
        raise DTypeError(f"{op_name}: a value with fractions does not fit in {dtype}")
    exact = constant_node(array, dtype).attrs["value"]
    return np.array(exact, dtype=dtype.dtype)


def is_sparse(x: object) -> bool:
    """True of sparse tensors, whatever they hold."""
    return isinstance(x, SparseTensor)
