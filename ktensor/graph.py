"""The graph: immutable nodes, how they are built from users' values, and how they are walked.

A node knows its op, its inputs, its attributes, its shape and dtype, and the line of user code that made it.
Nodes refer to their inputs alone; nothing refers to all nodes, so dropping a tensor frees what only it needs.
"""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar, Union

import numpy as np

from . import dtypes
from . import shape as rules
from .config import floatx
from .dims import Dim, Poly, Shape
from .dtypes import DType, DTypeLike, as_dtype
from .errors import ArgumentError, DTypeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .sizes import Dim as AnySize
    from .tensor import Tensor

__all__ = [
    "OPS",
    "Body",
    "Expr",
    "Gradient",
    "Node",
    "NotDifferentiable",
    "Op",
    "Operand",
    "TensorLike",
    "as_node",
    "binary",
    "build",
    "cast_node",
    "constant_node",
    "node_of",
    "primitive",
    "toposort",
    "unary",
    "wrap",
]

Attrs: TypeAlias = "dict[str, Any]"
Scalar: TypeAlias = Union[bool, int, float]
#: Whatever stands for a tensor: one of ours, a NumPy array, a Python number, a size, or nested lists of them.
TensorLike: TypeAlias = Union["Tensor", "npt.NDArray[Any]", np.generic, Scalar, Poly, "AnySize", Sequence[Any]]
#: What stands on the left of a tensor in an operation and is none: `2 - x`.
Operand: TypeAlias = Union["npt.NDArray[Any]", np.generic, Scalar, Poly, Sequence[Any]]

Function = TypeVar("Function", bound=Callable[..., "Tensor"])
Value = TypeVar("Value")


class NotDifferentiable:
    """Stands where an op's gradient rule would be, and says why there is none."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


#: `rule(g, y, *inputs, **attrs)`: the gradients with respect to the inputs; see `primitive`.
Gradient: TypeAlias = Callable[..., "Sequence[Tensor | Callable[[], Tensor] | None] | Tensor"]


class Op(NamedTuple):
    """What an op means, whatever engine runs it. Made by `primitive`, which says what each part is."""

    name: str
    shape: Callable[..., Shape]
    dtype: Callable[..., type[DType]]
    grad: Gradient | NotDifferentiable | None
    decompose: Callable[..., Tensor] | None
    value: Callable[..., tuple[Dim, ...] | None] | None
    partial_values: bool
    broadcasts: bool
    merges: bool

    def __repr__(self) -> str:
        return f"Op({self.name})"


#: All ops by name. Engines lower by name.
OPS: Final[dict[str, Op]] = {}


def same_dtype(dtype: type[DType], *others: type[DType], **attrs: object) -> type[DType]:
    """The dtype rule of ops whose result has the dtype of their (already promoted) inputs."""
    return dtype


def same_shape(shape: Shape, *others: Shape, **attrs: object) -> Shape:
    """The shape rule of ops whose result has the shape of their first input."""
    return shape


def primitive(
    *,
    shape: Callable[..., Shape] | None = None,
    dtype: Callable[..., type[DType]] = same_dtype,
    grad: Gradient | NotDifferentiable | None = None,
    decompose: Callable[..., Tensor] | None = None,
    value: Callable[..., tuple[Dim, ...] | None] | None = None,
    partial_values: bool = False,
    broadcasts: bool = False,
    merges: bool = True,
) -> Callable[[Function], Function]:
    """Declares the function below it to be the op of the same name; the function itself stays as it is.

    Args:
        shape: `rule(*input_shapes, **attrs)`, the result's shape. By default elementwise: the inputs'.
        dtype: `rule(*input_dtypes, **attrs)`, the result's dtype.
        grad: `rule(g, y, *inputs, **attrs)` on tensors; one entry per input: a tensor, a function that makes
            it (called only if it is needed), or None where no gradient flows.
            Without a rule the gradient is that of the decomposition.
        decompose: `rule(*inputs, **attrs)`, the op in terms of other ops: its meaning, and how an engine
            that has no lowering of its own runs it.
        value: `rule(node, *input_values)`, the elements (a flat tuple of sizes) where they follow from known ones.
        partial_values: the value rule can do with inputs of which nothing is known (None).
        broadcasts: gradients of inputs that were stretched are summed back to the inputs' shapes.
        merges: two nodes with equal inputs and attributes are the same. False for state.
    """

    def declare(function: Function) -> Function:
        name = function.__name__.rstrip("_")  # `slice_` leaves the builtin alone
        if grad is None and decompose is None:
            raise ValueError(f"op {name} needs a gradient, a decomposition, or NotDifferentiable(reason)")
        OPS[name] = Op(
            name,
            shape=shape or (partial(rules.broadcast, name) if broadcasts else same_shape),
            dtype=dtype,
            grad=grad,
            decompose=decompose,
            value=value,
            partial_values=partial_values,
            broadcasts=broadcasts,
            merges=merges,
        )
        return function

    return declare


_serial = itertools.count()


class Node:
    """One op applied to inputs. Immutable; compared and hashed by identity. Its `serial` is above its inputs'."""

    __slots__ = ("__weakref__", "attrs", "code", "dtype", "inputs", "lasti", "op", "serial", "shape", "value")

    def __init__(
        self,
        op: Op,
        inputs: tuple[Node, ...],
        attrs: Attrs,
        shape: Shape,
        dtype: type[DType],
        code: CodeType | None,
        lasti: int,
        value: tuple[Dim, ...] | None = None,
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.shape = shape
        self.dtype = dtype
        self.code = code
        self.lasti = lasti
        self.value = value
        self.serial = next(_serial)

    @property
    def where(self) -> str:
        """`file:line` of the user's code that built the node; "" if there was none."""
        if self.code is None:
            return ""
        # positions() has one entry per two bytes of code.
        position = next(itertools.islice(_positions(self.code), self.lasti // 2, None), None)
        line = self.code.co_firstlineno if position is None or position[0] is None else position[0]
        return f"{self.code.co_filename}:{line}"

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.shape} {self.dtype}>"


def _positions(code: CodeType) -> Iterable[tuple[int | None, int | None, int | None, int | None]]:
    if sys.version_info >= (3, 11):
        return code.co_positions()
    return ((line, None, None, None) for start, end, line in code.co_lines() for _ in range(start, end, 2))


@dataclass(frozen=True, eq=False, repr=False)
class Body:
    """What a loop does in each step, as a graph of its own. Compared and hashed by identity.

    Args:
        inputs: placeholders for an element of each sequence, then for each state, then for what stays the same.
        outputs: the new states, then what is stacked over all steps.
        sequences: how many sequences there are.
        states: how many states there are.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    sequences: int
    states: int

    def __repr__(self) -> str:
        return f"<body of {len(self.inputs)} inputs and {len(self.outputs)} outputs>"

    def split(self, values: Sequence[Value]) -> tuple[Sequence[Value], Sequence[Value], Sequence[Value]]:
        """One value for each input, parted into those of sequences, of states, and of what stays the same."""
        end = self.sequences + self.states
        return values[: self.sequences], values[self.sequences : end], values[end:]


class Expr:
    """What all faces of a node share: dense tensors, variables, sparse tensors."""

    __array_ufunc__ = None  # so that `ndarray + tensor` asks the tensor, not each element
    __array_priority__ = 1000

    def __init__(self, node: Node) -> None:
        self._node = node


_face: Callable[[Node], Any] = Expr
_dense: type[Expr] = Expr


def register_face(face: type[Expr]) -> None:
    """Called once by `tensor.py`: the class that `wrap` makes."""
    global _face, _dense
    _face = _dense = face


def wrap(node: Node) -> Tensor:
    """A tensor that shows `node`."""
    return _face(node)  # type: ignore[no-any-return]  # the face is registered at run time, to keep imports pointing down


_PACKAGE: Final = str(Path(__file__).parent) + "/"


_USERS: Final = 0
_OURS: Final = 1
#: The type checker's: its calls have no user's line, and a long way up to look for one.
_CHECKERS: Final = 2


class _Owners(dict[str, int]):
    """Of files, whose they are."""

    def __missing__(self, file: str) -> int:
        ours = _CHECKERS if file.startswith(f"{_PACKAGE}checking/") else _OURS
        found = self[file] = ours if file.startswith(_PACKAGE) else _USERS
        return found


_owners: Final = _Owners()


def _user_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (owner := _owners[frame.f_code.co_filename]):
        frame = frame.f_back if owner == _OURS else None
    return frame


# The order of updates and reads. Most programs have none, and pay for one look at `_open_orders`.

_order: Final[ContextVar[tuple[Node, ...]]] = ContextVar("ktensor.order", default=())
_open_orders = 0


@contextmanager
def in_order(first: Sequence[Node]) -> Iterator[None]:
    """In it, ops read variables as they are after the updates (nodes of `assign`) among `first`."""
    global _open_orders
    token = _order.set((*_order.get(), *first))
    _open_orders += 1
    try:
        yield
    finally:
        _open_orders -= 1
        _order.reset(token)


def what_comes_first() -> tuple[Node, ...]:
    """What is to be done first, in the order in which it was told; see `in_order`."""
    return _order.get()


def _after_updates(inputs: tuple[Node, ...]) -> tuple[Node, ...]:
    updates = {n.inputs[0]: n for n in _order.get() if n.op.name == "assign"}
    return tuple([updates.get(n, n) for n in inputs])


_shape_of: Final = attrgetter("shape")
_dtype_of: Final = attrgetter("dtype")


def build(op_name: str, *inputs: Node, **attrs: Any) -> Tensor:
    """Applies an op: infers shape and dtype by the op's rules and remembers the user's line."""
    op = OPS[op_name]
    if _open_orders and op_name != "assign":
        inputs = _after_updates(inputs)
    shape = op.shape(*map(_shape_of, inputs), **attrs)
    dtype = inputs[0].dtype if op.dtype is same_dtype else op.dtype(*map(_dtype_of, inputs), **attrs)
    frame = _user_frame()
    node = Node(op, inputs, attrs, shape, dtype, frame and frame.f_code, frame.f_lasti if frame else 0)
    if op.value is not None and dtype.kind != "f":
        _infer_value(op, node)
    return _face(node)  # type: ignore[no-any-return]  # see wrap


def _infer_value(op: Op, node: Node) -> None:
    if len(node.shape) > 1 or not node.dtype.is_integer:
        return
    values = [n.value for n in node.inputs]
    if op.value is not None and (op.partial_values or None not in values):
        node.value = op.value(node, *values)


def rebuild(node: Node, inputs: tuple[Node, ...], **changed: Any) -> Node:
    """The same op on other inputs, its shape inferred anew, at the same line of user code.

    Args:
        changed: attributes that have other values.
    """
    op = node.op
    attrs = {**node.attrs, **changed} if changed else node.attrs
    shape = op.shape(*[n.shape for n in inputs], **attrs)
    fresh = Node(op, inputs, attrs, shape, node.dtype, node.code, node.lasti)
    if op.value is not None:
        _infer_value(op, fresh)
    return fresh


_NO_ATTRS: Final[Attrs] = {}


def unary(op_name: str, x: TensorLike) -> Tensor:
    """An elementwise op of one input: shape and dtype are the input's."""
    op = OPS[op_name]
    a = x._node if isinstance(x, _dense) else as_node(op_name, "x", x)
    dtype = a.dtype if op.dtype is same_dtype else op.dtype(a.dtype)
    if dtype is not a.dtype and dtype is not dtypes.bool_:
        a = cast_node(a, dtype)
    if _open_orders:
        (a,) = _after_updates((a,))
    frame = _user_frame()
    node = Node(op, (a,), _NO_ATTRS, a.shape, dtype, frame and frame.f_code, frame.f_lasti if frame else 0)
    if op.value is not None and a.value is not None:
        _infer_value(op, node)
    return _face(node)  # type: ignore[no-any-return]  # see wrap


def binary(op_name: str, x: TensorLike, y: TensorLike) -> Tensor:
    """An elementwise op of two inputs: they are promoted to one dtype and broadcast."""
    op = OPS[op_name]
    a, b = operands(op_name, x, y)
    operand = a.dtype
    dtype = operand if op.dtype is same_dtype else op.dtype(operand, operand)
    if dtype is not operand and dtype is not dtypes.bool_:
        a, b = cast_node(a, dtype), cast_node(b, dtype)
    shape = a.shape
    if shape != b.shape:
        shape = shape if not b.shape else op.shape(shape, b.shape)
    if _open_orders:
        a, b = _after_updates((a, b))
    frame = _user_frame()
    node = Node(op, (a, b), _NO_ATTRS, shape, dtype, frame and frame.f_code, frame.f_lasti if frame else 0)
    if op.value is not None and a.value is not None and b.value is not None:
        _infer_value(op, node)
    return _face(node)  # type: ignore[no-any-return]  # see wrap


def operands(op_name: str, x: TensorLike, y: TensorLike) -> tuple[Node, Node]:
    """The nodes of two operands in their common dtype; what is not a tensor takes the tensor's dtype where it can."""
    if isinstance(x, _dense):
        a = x._node
        b = y._node if isinstance(y, _dense) else as_node(op_name, "y", y, like=a.dtype)
    elif isinstance(y, _dense):
        b = y._node
        a = as_node(op_name, "x", x, like=b.dtype)
    else:
        a = as_node(op_name, "x", x)
        b = as_node(op_name, "y", y, like=a.dtype)
    if a.dtype is not b.dtype:
        dtype = dtypes.promote(a.dtype, b.dtype)
        a, b = cast_node(a, dtype), cast_node(b, dtype)
    return a, b


def node_of(x: Expr) -> Node:
    """The node that a tensor shows."""
    return x._node


def cast_node(node: Node, dtype: type[DType]) -> Node:
    """`node` in `dtype`; itself if it has it already."""
    if node.dtype is dtype:
        return node
    if node.op.name == "constant":
        return constant_node(node.attrs["value"], dtype)
    if node.op.name == "size":
        return size_node(node.attrs["size"], dtype)
    return node_of(build("cast", node, dtype=dtype))


#: Kinds of dtypes: a number takes the dtype of a tensor whose kind is no lower.
_RANKS: Final = {"b": 0, "i": 1, "u": 1, "f": 2}


def weak_dtype(value: Scalar | npt.NDArray[Any], like: type[DType] | None = None) -> type[DType]:
    """The dtype of a value that is no tensor: that of the tensor it meets, unless its kind is higher.

    Met by no tensor, floats take `floatx`, Python ints int32, and arrays of ints and bools keep their own dtype.
    """
    kind = value.dtype.kind if isinstance(value, np.ndarray) else np.min_scalar_type(value).kind
    if kind == "f":
        return like if like is not None and like.kind == "f" else as_dtype(floatx())
    if kind not in _RANKS:
        raise DTypeError(f"unknown dtype {getattr(value, 'dtype', type(value).__name__)!s} for a tensor")
    if like is not None and _RANKS[kind] <= _RANKS[like.kind]:
        return like
    if kind == "b":
        return dtypes.bool_
    return as_dtype(value.dtype) if isinstance(value, np.ndarray) else dtypes.int32


def constant_node(value: Scalar | npt.NDArray[Any], dtype: type[DType], name: str | None = None) -> Node:
    """A constant; the array is copied, so that changing it later changes nothing here."""
    frame = _user_frame()
    op = OPS["constant"]
    shape: Shape = ()
    known: tuple[Dim, ...] | None = None
    if isinstance(value, np.ndarray):
        value = _checked_array(value, dtype)
        shape = value.shape
        if dtype.is_integer and value.ndim < 2 and value.size <= 32:
            known = tuple(value.reshape(-1).tolist())
    else:
        value = _checked_scalar(value, dtype)
        if dtype.is_integer:
            known = (int(value),)
    attrs = {"value": value, "name": name} if name else {"value": value}
    return Node(op, (), attrs, shape, dtype, frame and frame.f_code, frame.f_lasti if frame else 0, known)


def size_node(size: Poly, dtype: type[DType]) -> Node:
    """A size that is known when values are fed, as a scalar."""
    frame = _user_frame()
    attrs = {"size": size, "dtype": dtype}
    known = (size,) if dtype.is_integer else None
    return Node(OPS["size"], (), attrs, (), dtype, frame and frame.f_code, frame.f_lasti if frame else 0, known)


def _checked_array(value: npt.NDArray[Any], dtype: type[DType]) -> npt.NDArray[Any]:
    wanted = dtype.dtype
    if value.dtype is wanted or value.dtype == wanted:
        array = np.array(value)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.array(value, dtype=wanted)
        if dtype.is_integer and value.dtype.kind in "iu" and not np.array_equal(array, value):
            raise DTypeError(f"an array with values from {value.min()} to {value.max()} does not fit in {dtype}")
    array.setflags(False)
    return array


_INTEGER_RANGE: Final = {d: (np.iinfo(d.name).min, np.iinfo(d.name).max) for d in dtypes.ALL_DTYPES if d.is_integer}


def _checked_scalar(value: Scalar, dtype: type[DType]) -> Scalar:
    if dtype.kind == "f":
        return float(value)
    if dtype is dtypes.bool_:
        return bool(value)
    low, high = _INTEGER_RANGE[dtype]
    number = int(value)
    if not low <= number <= high:
        raise DTypeError(f"{value} does not fit in {dtype}, which holds {low} to {high}")
    return number


_PYTHON_SCALARS: Final[dict[type, type[DType]]] = {bool: dtypes.bool_, int: dtypes.int32}


def as_node(op_name: str, argument: str, value: Any, like: type[DType] | None = None) -> Node:
    """The node of whatever a user passed for a tensor.

    Raises:
        ArgumentError: `value` is None, ragged, sparse, or nothing that a tensor can be made of.
    """
    if isinstance(value, _dense):
        return value._node
    kind = type(value)
    if kind is np.ndarray and value.dtype.kind in _RANKS:
        return constant_node(value, weak_dtype(value, like))
    if kind is float:
        dtype = like if like is not None and like.kind == "f" else as_dtype(floatx())
        return constant_node(value, dtype)
    if kind is int or kind is bool:
        natural = _PYTHON_SCALARS[kind]
        return constant_node(value, natural if like is None or like.kind == "b" else like)
    return _as_node_slow(op_name, argument, value, like)


def _as_node_slow(op_name: str, argument: str, value: Any, like: type[DType] | None) -> Node:
    if value is None:
        raise ArgumentError(f"{op_name}: {argument} is None, not a tensor")
    make = getattr(type(value), "_ktensor_node", None)
    if make is not None:  # the type checker's stand-in for numbers that it does not have
        return make(value, like)  # type: ignore[no-any-return]  # a Node
    if isinstance(value, Expr):
        raise ArgumentError(
            f"{op_name}: {argument} is a sparse tensor, which {op_name} does not take; call to_dense() on it"
        )
    if isinstance(value, Poly):  # weak, like an int
        return size_node(value, dtypes.int32 if like is None or like.kind == "b" else like)
    if isinstance(value, (list, tuple)) and has_tensor(value):
        return node_of(_stack_nested(op_name, argument, value, like))
    if isinstance(value, (bool, int, float)):  # subclasses: np.float64, IntEnum, ...
        return constant_node(value, weak_dtype(value, like))
    array = as_array(op_name, argument, value)
    weak_int = isinstance(value, (list, tuple)) and array.dtype.kind == "i"
    dtype = weak_dtype(array, like)
    narrow = weak_int and dtype is dtypes.int64 and like is not dtypes.int64
    return constant_node(array, dtypes.int32 if narrow else dtype)


def has_tensor(values: Iterable[Any]) -> bool:
    """True if a tensor is among the values, or a size that is not known yet, or one of them in a list among them."""
    return any(isinstance(v, (Expr, Poly)) or (isinstance(v, (list, tuple)) and has_tensor(v)) for v in values)


def _stack_nested(op_name: str, argument: str, values: Sequence[Any], like: type[DType] | None) -> Tensor:
    nodes = [as_node(op_name, argument, v, like) for v in values]
    dtype = dtypes.promote(*[n.dtype for n in nodes])
    return build("stack", *[cast_node(n, dtype) for n in nodes], axis=0)


def as_array(op_name: str, argument: str, value: object) -> npt.NDArray[Any]:
    """A NumPy array of numbers or bools. Raises ArgumentError for anything else."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ArgumentError(
            f"{op_name}: {argument} is ragged: its nested lists have different lengths, so it has no shape"
        ) from None
    if array.dtype.kind not in "biuf":
        if isinstance(value, (np.ndarray, np.generic)):
            raise DTypeError(f"{op_name}: {argument} has the NumPy dtype {array.dtype}, which no tensor has")
        raise ArgumentError(f"{op_name}: {argument} is {value!r:.80}, of type {type(value).__name__}, not a tensor")
    return array


_names: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))


def fresh_name(prefix: str) -> str:
    """`prefix_1`, `prefix_2`, ...: names for placeholders and variables that the user gave none."""
    return f"{prefix}_{next(_names[prefix])}"


def resolve_dtype(dtype: DTypeLike | None) -> type[DType]:
    """The dtype named, or `floatx` for None."""
    return as_dtype(floatx() if dtype is None else dtype)


def last_serial() -> int:
    """The serial that is above those of all nodes there are."""
    return next(_serial)


def toposort(roots: Iterable[Node], since: int = -1) -> list[Node]:
    """All nodes that the roots need, each after its inputs. Iterative: depth is no limit.

    Args:
        since: nodes whose serial is not above it are left out.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    path: list[Node] = []
    left = [iter(roots)]
    while left:
        for node in left[-1]:
            if node not in seen and node.serial > since:
                seen.add(node)
                if node.inputs:
                    path.append(node)
                    left.append(iter(node.inputs))
                    break
                order.append(node)
        else:
            left.pop()
            if path:
                order.append(path.pop())
    return order
