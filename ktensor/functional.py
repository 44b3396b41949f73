"""`K`: the functions of `keras.backend`, with Keras's names, argument orders and defaults.

Most are the op functions themselves; the rest adapt names, argument orders and defaults. Importing this module
writes the line that Keras wrote to stderr, `Using TensorFlow backend.`, with the engine in force.
"""

from __future__ import annotations

import builtins
import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np

from . import dims
from . import shape as rules
from .config import engine as _engine_in_force
from .config import (
    epsilon,
    floatx,
    image_data_format,
    image_dim_ordering,
    reset_learning_phase,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    set_image_dim_ordering,
    set_learning_phase,
)
from .config import follow_keras as _follow_keras
from .config import is_followed as _is_followed
from .config import keras as _keras
from .config import learning_phase as _fixed_phase
from .dtypes import DTypeLike
from .engines.base import engine_title
from .errors import ArgumentError, ShapeError
from .function import Function
from .function import function as _function
from .grad import gradients as _gradients
from .graph import Expr, TensorLike, as_array, as_node, node_of, resolve_dtype, wrap
from .graph import fresh_name as _fresh_name
from .methods import DTypeT, ShapeT
from .naming import name_scope
from .naming import scoped as _scoped
from .old_names import OLD, accepting_old_names, as_data_format, modern_kernel
from .ops import create, indexing, linalg, random, reduce, shaping
from .ops.control import LearningPhase, control_dependencies
from .ops.control import learning_phase as _symbolic_phase
from .ops.control import stop_gradient as _stop_gradient
from .ops.conv import OutputShape, PerAxis
from .ops.create import PlaceholderShape
from .ops.create import ones_like as _ones_like
from .ops.create import zeros_like as _zeros_like
from .ops.ctc import (
    ctc_cost,
    ctc_create_skip_idxs,
    ctc_interleave_blanks,
    ctc_path_probs,
    ctc_update_log_p,
    labels_within,
)
from .ops.elementwise import subtract as _subtract
from .ops.indexing import gather as _gather
from .ops.layout import normalize_data_format as _normalize_data_format
from .ops.random import binomial as random_binomial
from .ops.random import truncated_normal
from .ops.shaping import Size, Sizes, shape
from .tensor import Session, SparseTensor, Tensor, Variable
from .tensor import is_sparse as is_sparse
from .tensor import placeholder as _placeholder
from .tensor import variable as _variable
from .typed.functions import (
    abs,
    all,
    any,
    argmax,
    argmin,
    batch_dot,
    batch_flatten,
    batch_normalization,
    bias_add,
    binary_crossentropy,
    cast,
    categorical_crossentropy,
    clip,
    concatenate,
    conv1d,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    cos,
    ctc_batch_cost,
    ctc_decode,
    cumprod,
    cumsum,
    depthwise_conv2d,
    dropout,
    elu,
    equal,
    exp,
    expand_dims,
    flatten,
    foldl,
    foldr,
    greater,
    greater_equal,
    hard_sigmoid,
    identity,
    in_test_phase,
    in_top_k,
    in_train_phase,
    l2_normalize,
    less,
    less_equal,
    local_conv1d,
    local_conv2d,
    log,
    logsumexp,
    map_fn,
    max,
    maximum,
    mean,
    min,
    minimum,
    normalize_batch_in_training,
    not_equal,
    pool2d,
    pool3d,
    pow,
    print_tensor,
    prod,
    relu,
    repeat,
    repeat_elements,
    reshape,
    resize_images,
    resize_volumes,
    reverse,
    rnn,
    round,
    separable_conv1d,
    separable_conv2d,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    sparse_categorical_crossentropy,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    sum,
    switch,
    tanh,
    tile,
    var,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from .sizes import Dim as AnySize

__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "asymmetric_spatial_2d_padding",
    "asymmetric_temporal_padding",
    "atrous_conv2d",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_normalization",
    "batch_set_value",
    "bias_add",
    "binary_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "control_dependencies",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "cos",
    "count_params",
    "ctc_batch_cost",
    "ctc_cost",
    "ctc_create_skip_idxs",
    "ctc_decode",
    "ctc_interleave_blanks",
    "ctc_label_dense_to_sparse",
    "ctc_path_probs",
    "ctc_update_log_p",
    "cumprod",
    "cumsum",
    "deconv2d",
    "depthwise_conv2d",
    "dot",
    "dropout",
    "dtype",
    "eager",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "foldl",
    "foldr",
    "function",
    "gather",
    "get_graph",
    "get_session",
    "get_uid",
    "get_value",
    "get_variable_shape",
    "gradients",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "identity",
    "image_data_format",
    "image_dim_ordering",
    "in_test_phase",
    "in_top_k",
    "in_train_phase",
    "int_shape",
    "is_explicit_shape",
    "is_keras_tensor",
    "is_placeholder",
    "is_sparse",
    "is_symbolic",
    "is_tensor",
    "is_variable",
    "l2_normalize",
    "learning_phase",
    "legacy_weight_ordering",
    "less",
    "less_equal",
    "lesser",
    "lesser_equal",
    "local_conv1d",
    "local_conv2d",
    "log",
    "logsumexp",
    "manual_variable_initialization",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "name_scope",
    "ndim",
    "normalize_batch_in_training",
    "normalize_data_format",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pattern_broadcast",
    "permute_dimensions",
    "placeholder",
    "pool2d",
    "pool3d",
    "pow",
    "print_tensor",
    "prod",
    "random_binomial",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "relu",
    "repeat",
    "repeat_elements",
    "reset_uids",
    "reshape",
    "resize_images",
    "resize_volumes",
    "reverse",
    "rnn",
    "round",
    "separable_conv1d",
    "separable_conv2d",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
    "set_legacy_weight_ordering",
    "set_session",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "size",
    "slice",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "symbolic",
    "tanh",
    "temporal_padding",
    "tile",
    "to_dense",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "v1_variable_initialization",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]

#: A function that is decorated.
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_uids: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))


# The backend and its session.


def backend() -> str:
    """The name of the engine in force: "tensorflow"."""
    return _engine_in_force()


def get_uid(prefix: str = "") -> int:
    """1, 2, 3, ... for each prefix."""
    return next(_uids[prefix])


def reset_uids() -> None:
    """Starts `get_uid` from 1 again."""
    _uids.clear()


_session: Session | None = None


def get_session() -> Session:
    """What old TensorFlow code evaluates in: `x.eval(session=K.get_session())`.

    It runs on the engine in force, unless `set_session` has set another.
    """
    return _session or Session()


def set_session(session: Session) -> None:
    """Makes `get_session` give that session: `K.set_session(kt.Session("numpy"))`.

    Raises:
        ArgumentError: it is not a session of ktensor's.
    """
    global _session
    if not isinstance(session, Session):
        raise ArgumentError(
            f"set_session: {session!r:.80} is no kt.Session; leave the call out, and choose an engine, where that is "
            "meant, with kt.config(engine=...)"
        )
    _session = session


def clear_session() -> None:
    """Forgets uids, the session and the learning phase. There is no global graph: dropped tensors are freed anyway."""
    global _session
    _session = None
    reset_uids()
    reset_learning_phase()


class _NoGraph:
    """Stands for TensorFlow's graph in old code."""

    def as_default(self) -> AbstractContextManager[_NoGraph]:
        """`with K.get_graph().as_default():` changes nothing."""
        return nullcontext(self)


def get_graph() -> _NoGraph:
    """For old code. There is no global graph; each tensor knows what it is made of."""
    return _NoGraph()


def symbolic(func: Decorated) -> Decorated:
    """For old code, a decorator: `func`, as expressions are always symbolic until they are evaluated."""
    return func


def eager(func: Decorated) -> Decorated:
    """For old code, a decorator: `func`, as an expression can be evaluated anywhere."""
    return func


def v1_variable_initialization() -> None:
    """For old code. Variables always hold their initial value from the start."""


_old_weight_order = False


def legacy_weight_ordering() -> bool:
    """What `set_legacy_weight_ordering` has set; False at first."""
    return _old_weight_order


def set_legacy_weight_ordering(value: bool) -> None:
    """For Keras 1, which loads weights in the order of older files if it is True. ktensor itself ignores it."""
    global _old_weight_order
    if value not in (True, False):
        raise ArgumentError(f"set_legacy_weight_ordering: {value!r} is neither True nor False")
    _old_weight_order = bool(value)


def manual_variable_initialization(value: bool) -> None:
    """For old code. Variables always hold their initial value from the start, whatever is said here."""
    if not isinstance(value, (bool, int)):
        raise ArgumentError(f"manual_variable_initialization: {value!r} is neither True nor False")


_phase = _symbolic_phase()


def learning_phase() -> LearningPhase | Tensor:
    """0 (test) or 1 (training). Among a function's inputs it stands for the learning phase to be fed.

    For Keras, while nobody has set it, a tensor: always the same.
    """
    _join_keras()
    fixed = _fixed_phase()
    return _phase if fixed is None and _keras() else LearningPhase(fixed or 0)


def _join_keras() -> None:
    """Follows the settings of the real Keras, if it is loaded and runs on this module."""
    common = sys.modules.get("keras.backend.common")
    if _is_followed(common):
        return
    loaded = sys.modules.get("keras.backend.load_backend") or sys.modules.get("keras.backend")
    if getattr(loaded, "variable", None) is variable:
        _follow_keras(common)
    elif not _is_followed(None):
        _follow_keras(None)


# What tensors are.


def is_tensor(x: object) -> bool:
    """True of every tensor: placeholders, variables, expressions, sparse ones."""
    return isinstance(x, Expr)


def is_variable(x: object) -> bool:
    """True of variables."""
    return isinstance(x, Variable)


def is_symbolic(x: object) -> bool:
    """True of every tensor but variables, as in Keras."""
    return is_tensor(x) and not is_variable(x)


def is_explicit_shape(shape: object) -> bool:
    """True of a tuple or list (or what else can be iterated) of ints and None."""
    return isinstance(shape, Iterable) and builtins.all(size is None or isinstance(size, int) for size in shape)


def is_placeholder(x: object) -> bool:
    """True of placeholders."""
    return isinstance(x, Expr) and node_of(x).op.name == "placeholder"


def is_keras_tensor(x: object) -> bool:
    """True of what a Keras layer has returned.

    Raises:
        ArgumentError: x is not a tensor.
    """
    if not isinstance(x, Expr):
        raise ArgumentError(f"is_keras_tensor: {x!r:.80}, of type {type(x).__name__}, is not a tensor")
    return hasattr(x, "_keras_history")


def int_shape(x: TensorLike | SparseTensor) -> tuple[int | None, ...]:
    """The static shape: ints, and None where a size is not known."""
    declared = getattr(x, "_keras_shape", None)
    if declared is not None:
        return tuple(declared)
    node = node_of(x) if isinstance(x, Expr) else as_node("int_shape", "x", x)
    return tuple(d if isinstance(d, int) else None for d in node.shape)


get_variable_shape = int_shape


def ndim(x: TensorLike | SparseTensor) -> int:
    """The number of axes."""
    return len(int_shape(x))


def dtype(x: TensorLike | SparseTensor) -> str:
    """The name of the dtype: "float32"."""
    return (node_of(x) if isinstance(x, Expr) else as_node("dtype", "x", x)).dtype.name


def count_params(x: Tensor) -> int:
    """The number of elements, all sizes being known.

    Raises:
        ArgumentError: a size is not known.
    """
    total = dims.product(node_of(x).shape)
    if not isinstance(total, int):
        raise ArgumentError(f"count_params: {x!r} has a size that is not known")
    return total


def to_dense(tensor: Tensor | SparseTensor) -> Tensor:
    """The same elements in a dense tensor; of a dense tensor, itself."""
    return tensor.to_dense() if isinstance(tensor, SparseTensor) else tensor


# Values and state.


def eval(x: TensorLike | SparseTensor) -> npt.NDArray[Any]:
    """The elements of a tensor, as TensorFlow gives them: a NumPy array, of a scalar a NumPy scalar."""
    tensor = x if isinstance(x, (Tensor, SparseTensor)) else wrap(as_node("eval", "x", x))
    # Of a scalar this is a NumPy scalar: it has an array's methods, and prints as the number.
    value: npt.NDArray[Any] = tensor.eval()[()]
    return value


get_value = eval


def batch_get_value(ops: Sequence[Tensor]) -> list[npt.NDArray[Any]]:
    """The values of several tensors."""
    return [eval(x) for x in ops]


def set_value(x: Variable, value: TensorLike) -> None:
    """Replaces a variable's value now. Raises ShapeError if the shape differs."""
    x.set_value(value)


def batch_set_value(tuples: Sequence[tuple[Variable, TensorLike]]) -> None:
    """Replaces the values of several variables now."""
    for x, value in tuples:
        x.set_value(value)


def update(x: Variable, new_x: TensorLike) -> Tensor:
    """An update for `function`, stored too when it is evaluated: x becomes `new_x`."""
    return x.assign(new_x)


def update_add(x: Variable, increment: TensorLike) -> Tensor:
    """An update for `function`, stored too when it is evaluated: x grows by `increment`."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: TensorLike) -> Tensor:
    """An update for `function`, stored too when it is evaluated: x shrinks by `decrement`."""
    return x.assign_sub(decrement)


def moving_average_update(x: Variable, value: TensorLike, momentum: TensorLike) -> Tensor:
    """An update for `function`, stored too when it is evaluated: `x * momentum + value * (1 - momentum)`."""
    return x.assign_sub((x - cast(value, node_of(x).dtype)) * _subtract(1.0, momentum))


def function(
    inputs: Sequence[Any],
    outputs: Sequence[Tensor | SparseTensor],
    updates: Sequence[Any] | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> Function[list[npt.NDArray[Any]]]:
    """`ktensor.function`, with Keras's defaults. Other keyword arguments raise ArgumentError."""
    if kwargs:
        raise ArgumentError(f"function: unknown arguments {', '.join(kwargs)}")
    return _function(inputs, list(outputs), [] if updates is None else updates, name)


def gradients(loss: Tensor, variables: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """`ktensor.gradients`, with None for what the loss does not depend on; for Keras in a list."""
    found = _gradients(loss, variables, unconnected="none")
    return list(found) if _keras() else found  # type: ignore[return-value]  # a tuple tells mypy how many there are


def _as_keras_expects(made: Tensor | SparseTensor) -> None:
    """What Keras reads from each placeholder and variable. It sets the same on what its layers return."""
    setattr(made, "_keras_shape", int_shape(made))  # noqa: B010  # a tensor has no such attribute for anybody else
    setattr(made, "_uses_learning_phase", False)  # noqa: B010


# Creation. Keras makes variables where NumPy would make arrays.


def variable(
    value: TensorLike,
    dtype: DTypeLike | None = None,
    name: str | None = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
) -> Variable:
    """A variable that starts with `value`, by default of `floatx`. Of a scipy.sparse matrix, a sparse tensor."""
    _join_keras()
    matrix: Any = value  # scipy has no types
    if hasattr(matrix, "tocoo"):
        held: Any = SparseTensor(node_of(create.constant(matrix.toarray(), resolve_dtype(dtype))))
        return held  # type: ignore[no-any-return]  # as in Keras, no Variable
    made = _variable(value, dtype, _scoped(name or _fresh_name("variable")))
    made.constraint = constraint
    _as_keras_expects(made)
    return made


@overload
def placeholder(
    shape: PlaceholderShape | None = ...,
    ndim: int | None = ...,
    dtype: DTypeLike | None = ...,
    sparse: Literal[False] = ...,
    name: str | None = ...,
) -> Tensor: ...
@overload
def placeholder(
    shape: PlaceholderShape | None = ...,
    ndim: int | None = ...,
    dtype: DTypeLike | None = ...,
    *,
    sparse: Literal[True],
    name: str | None = ...,
) -> SparseTensor: ...
@overload
def placeholder(
    shape: PlaceholderShape | None = ...,
    ndim: int | None = ...,
    dtype: DTypeLike | None = ...,
    sparse: bool = ...,
    name: str | None = ...,
) -> Tensor | SparseTensor: ...
def placeholder(
    shape: PlaceholderShape | None = None,
    ndim: int | None = None,
    dtype: DTypeLike | None = None,
    sparse: bool = False,
    name: str | None = None,
) -> Tensor | SparseTensor:
    """A tensor to be fed, by default of `floatx`: of `shape`, or of `ndim` axes of unknown sizes.

    Raises:
        ArgumentError: neither `shape` nor `ndim` is given.
    """
    if shape is None:
        if ndim is None:
            raise ArgumentError("placeholder: give its shape, or the number of its axes as ndim")
        shape = (None,) * ndim
    _join_keras()
    made = _placeholder(shape, dtype, name, sparse)
    _as_keras_expects(made)
    return made


def constant(
    value: TensorLike, dtype: DTypeLike | None = None, shape: Sizes | None = None, name: str | None = None
) -> Tensor:
    """A constant, by default of `floatx`; with `shape`, the value is stretched, or reshaped, to it."""
    made = create.constant(value, resolve_dtype(dtype), name)
    if shape is None:
        return made
    return (
        shaping.reshape(made, shape) if made.ndim and made.size != 1 else create.full(shape, made.flatten()[0], dtype)
    )


def _known_sizes(op_name: str, shape: Sizes) -> tuple[int, ...] | None:
    """The sizes, if all are known."""
    sizes = shaping.nonnegative_sizes(op_name, shaping.size_list(op_name, shape))
    known = tuple(d for d in sizes if isinstance(d, int))
    return known if len(known) == len(sizes) else None


def _filled(op_name: str, value: int, shape: Sizes, dtype: DTypeLike | None, name: str | None) -> Variable | Tensor:
    sizes = _known_sizes(op_name, shape)
    if sizes is None:
        return create.full(shape, value, dtype)
    return _variable(np.full(sizes, value, resolve_dtype(dtype).name), dtype, name)


@overload
def zeros(shape: AnySize | Sequence[AnySize], dtype: DTypeLike | None = ..., name: str | None = ...) -> Variable: ...
@overload
def zeros(shape: Sizes, dtype: DTypeLike | None = ..., name: str | None = ...) -> Tensor: ...
def zeros(shape: Sizes, dtype: DTypeLike | None = None, name: str | None = None) -> Variable | Tensor:
    """A variable of zeros, by default of `floatx`; of sizes that only tensors know, a tensor."""
    return _filled("zeros", 0, shape, dtype, name)


@overload
def ones(shape: AnySize | Sequence[AnySize], dtype: DTypeLike | None = ..., name: str | None = ...) -> Variable: ...
@overload
def ones(shape: Sizes, dtype: DTypeLike | None = ..., name: str | None = ...) -> Tensor: ...
def ones(shape: Sizes, dtype: DTypeLike | None = None, name: str | None = None) -> Variable | Tensor:
    """A variable of ones, by default of `floatx`; of sizes that only tensors know, a tensor."""
    return _filled("ones", 1, shape, dtype, name)


def eye(size: Size | Sequence[Size], dtype: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """The identity matrix, by default of `floatx`; of (rows, columns), ones on the diagonal."""
    rows, columns = size if isinstance(size, (list, tuple)) else (size, size)
    return create.eye(rows, columns, dtype)


def zeros_like(x: TensorLike, dtype: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """Zeros in x's shape, by default in x's dtype."""
    return _zeros_like(x, dtype)


def ones_like(x: TensorLike, dtype: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """Ones in x's shape, by default in x's dtype."""
    return _ones_like(x, dtype)


def _drawn(
    op_name: str,
    draw: Callable[[np.random.RandomState, tuple[int, ...]], npt.NDArray[Any]],
    shape: Sizes,
    dtype: DTypeLike | None,
    name: str | None,
    seed: int | None,
) -> Variable:
    sizes = _known_sizes(op_name, shape)
    if sizes is None:
        raise ArgumentError(f"{op_name}: a variable's sizes must be known")
    # Without a seed, one from NumPy's global generator, so that np.random.seed makes a program repeatable.
    random = np.random.RandomState(np.random.randint(2**31) if seed is None else seed)
    return _variable(draw(random, sizes), dtype, name)


def random_uniform_variable(
    shape: Sizes,
    low: float,
    high: float,
    dtype: DTypeLike | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """A variable of numbers drawn evenly from [low, high), the same on every engine for the same seed."""
    return _drawn("random_uniform_variable", lambda r, s: r.uniform(low, high, s), shape, dtype, name, seed)


def random_normal_variable(
    shape: Sizes,
    mean: float,
    scale: float,
    dtype: DTypeLike | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """A variable of numbers drawn from the normal distribution, the same on every engine for the same seed."""
    return _drawn("random_normal_variable", lambda r, s: r.normal(mean, scale, s), shape, dtype, name, seed)


@overload
def cast_to_floatx(x: Tensor) -> Tensor: ...
@overload
def cast_to_floatx(x: npt.NDArray[Any] | float | Sequence[Any]) -> npt.NDArray[Any]: ...
def cast_to_floatx(x: TensorLike) -> Tensor | npt.NDArray[Any]:
    """x in `floatx`: a NumPy array of anything that is no tensor."""
    if isinstance(x, Expr):
        return cast(x, floatx())
    return np.asarray(as_array("cast_to_floatx", "x", x), dtype=floatx())


def random_uniform(
    shape: Sizes,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Tensor:
    """Numbers drawn evenly from [minval, maxval) at each evaluation; see `ktensor.random`."""
    return random.uniform(shape, minval, maxval, dtype, seed)


def random_normal(
    shape: Sizes,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Tensor:
    """Numbers drawn from the normal distribution at each evaluation; see `ktensor.random`."""
    return random.normal(shape, mean, stddev, dtype, seed)


# Ops whose arguments or defaults differ from ktensor's own.


@overload
def stop_gradient(variables: Tensor[ShapeT, DTypeT]) -> Tensor[ShapeT, DTypeT]: ...
@overload
def stop_gradient(variables: list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]: ...
@overload
def stop_gradient(variables: TensorLike) -> Tensor: ...
def stop_gradient(variables: Any) -> Any:
    """A tensor, taken as a constant by `gradients`; of a list of tensors, a list of such tensors."""
    if isinstance(variables, (list, tuple)):
        return [_stop_gradient(x) for x in variables]
    return _stop_gradient(variables)


def arange(
    start: TensorLike, stop: TensorLike | None = None, step: TensorLike = 1, dtype: DTypeLike = "int32"
) -> Tensor:
    """start, start + step, ... below stop; `arange(n)` counts from 0 (a negative n gives nothing)."""
    return create.arange(start, stop, step, dtype)


def dot(x: TensorLike | SparseTensor, y: TensorLike) -> Tensor:
    """Every row of x with every column of y: (2, 3) . (4, 3, 5) = (2, 4, 5). x may be sparse."""
    return x.dot(y) if isinstance(x, SparseTensor) else linalg.dot(x, y)


def transpose(x: TensorLike) -> Tensor:
    """x with its axes reversed."""
    return shaping.transpose(x)


def permute_dimensions(x: TensorLike, pattern: Sequence[int]) -> Tensor:
    """x with its axes in the order of `pattern`."""
    return shaping.transpose(x, pattern)


def gather(reference: TensorLike, indices: TensorLike) -> Tensor:
    """The elements of `reference` along its first axis that the integer tensor `indices` names."""
    return _gather(reference, indices)


def one_hot(indices: TensorLike, num_classes: Size) -> Tensor:
    """(..., num_classes): 1 at each index, 0 elsewhere."""
    return create.one_hot(indices, num_classes)


def size(x: TensorLike, name: str | None = None) -> Tensor:
    """The number of elements, as an int32 scalar."""
    return reduce.prod(shape(x))


def slice(x: TensorLike, start: Sizes, size: Sizes) -> Tensor:
    """x[start[0]:start[0] + size[0], ...]: `size` elements from `start` on along each axis; of -1, all that are left.

    `start` and `size` are lists of numbers and scalar tensors, or integer vectors.

    Raises:
        ShapeError: there is not one of each for each axis, or they reach beyond the end.
        EngineError: the same, when it is evaluated. Source: TensorFlow's `tf.slice`.
    """
    return indexing.slice_sizes(x, start, size)


lesser = less
lesser_equal = less_equal


def pattern_broadcast(x: TensorLike, broadcastable: Sequence[bool]) -> Tensor:
    """x, whose sizes are 1 where `broadcastable` is True. There is no need for it: what is 1 long is stretched anyway.

    Raises:
        ShapeError: a size is known and is not 1, or there is not one entry for each axis.
    """
    tensor = wrap(as_node("pattern_broadcast", "x", x))
    known = node_of(tensor).shape
    if len(broadcastable) != len(known) or builtins.any(
        one and not dims.same(size, 1) for one, size in zip(broadcastable, known)
    ):
        raise ShapeError(f"pattern_broadcast: {tuple(broadcastable)} says where {dims.show(known)} is 1 long")
    for axis, one in enumerate(broadcastable):
        if one and known[axis] != 1:
            tensor = shaping.expand_dims(shaping.squeeze(tensor, axis), axis)
    return tensor


def ctc_label_dense_to_sparse(labels: TensorLike, label_lengths: TensorLike) -> SparseTensor:
    """Labels (batch, longest) as a sparse tensor, without what is beyond the lengths, (batch,) or (batch, 1)."""
    return SparseTensor(node_of(labels_within(labels, label_lengths)))


# Images.


def normalize_data_format(value: str | None) -> str:
    """ "channels_last" or "channels_first"; for None, the setting `image_data_format`.

    Raises:
        ArgumentError: `value` is another.
    """
    return _normalize_data_format("normalize_data_format", value)


def temporal_padding(x: TensorLike, padding: int | Sequence[int] = (1, 1)) -> Tensor:
    """(batch, length, channels) with zeros before and after: `padding` is how many there and there, or one for both."""
    return _padded("temporal_padding", x, [padding], "channels_last")


def spatial_2d_padding(
    x: TensorLike, padding: Sequence[int | Sequence[int]] = ((1, 1), (1, 1)), data_format: str | None = None
) -> Tensor:
    """An image with zeros around it: `padding` is (before, after), or one number for both, of height and of width."""
    return _padded("spatial_2d_padding", x, padding, data_format)


def spatial_3d_padding(
    x: TensorLike, padding: Sequence[int | Sequence[int]] = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Tensor:
    """A volume with zeros around it: `padding` is (before, after), or one number for both, of its three axes."""
    return _padded("spatial_3d_padding", x, padding, data_format)


def asymmetric_temporal_padding(x: TensorLike, left_pad: int = 1, right_pad: int = 1) -> Tensor:
    """Keras 1's name of `temporal_padding(x, (left_pad, right_pad))`."""
    return temporal_padding(x, (left_pad, right_pad))


def asymmetric_spatial_2d_padding(
    x: TensorLike,
    top_pad: int = 1,
    bottom_pad: int = 1,
    left_pad: int = 1,
    right_pad: int = 1,
    dim_ordering: str = "default",
) -> Tensor:
    """Keras 1's name of `spatial_2d_padding(x, ((top_pad, bottom_pad), (left_pad, right_pad)))`.

    `dim_ordering` is "tf" (channels last), "th" (channels first) or "default", which is the setting.
    """
    layout = as_data_format("asymmetric_spatial_2d_padding", dim_ordering)
    return spatial_2d_padding(x, ((top_pad, bottom_pad), (left_pad, right_pad)), layout)


def atrous_conv2d(
    x: TensorLike,
    kernel: TensorLike,
    rate: int = 1,
    border_mode: str = "valid",
    dim_ordering: str = "default",
    image_shape: object = None,
    filter_shape: object = None,
) -> Tensor:
    """Keras 1's name of `conv2d` with `dilation_rate=rate`. The kernel is in Keras 1's layout, as in `deconv2d`."""
    layout = as_data_format("atrous_conv2d", dim_ordering)
    return conv2d(x, modern_kernel("atrous_conv2d", kernel, layout), (1, 1), border_mode, layout, rate)


def deconv2d(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: OutputShape,
    strides: PerAxis = (1, 1),
    border_mode: str = "valid",
    dim_ordering: str = "default",
    image_shape: object = None,
    filter_shape: object = None,
) -> Tensor:
    """Keras 1's name of `conv2d_transpose`, whose kernel it has in another order.

    Args:
        kernel: (height, width, in, out), or (out, in, height, width) if `dim_ordering` is "th".
        dim_ordering: "tf" (channels last), "th" (channels first) or "default", which is the setting.
        image_shape, filter_shape: ignored.
    """
    layout = as_data_format("deconv2d", dim_ordering)
    turned = shaping.swap_axes(modern_kernel("deconv2d", kernel, layout), 2, 3)
    return conv2d_transpose(x, turned, output_shape, strides, border_mode, layout)


def _padded(op_name: str, x: TensorLike, padding: Sequence[int | Sequence[int]], data_format: str | None) -> Tensor:
    rank = {"temporal_padding": 1, "spatial_2d_padding": 2, "spatial_3d_padding": 3}[op_name]
    layout = _normalize_data_format(op_name, data_format)
    tensor = wrap(as_node(op_name, "x", x))
    rules.image(op_name, node_of(tensor).shape, rank, layout)
    if len(padding) != rank:
        raise ArgumentError(f"{op_name}: padding {padding!r} needs one pair for each of the {rank} spatial axes")
    pairs = [tuple(pair) if isinstance(pair, (list, tuple)) else (pair, pair) for pair in padding]
    around = [(0, 0), *pairs, (0, 0)] if layout == "channels_last" else [(0, 0), (0, 0), *pairs]
    return shaping.pad(tensor, around)


if not TYPE_CHECKING:  # type checkers see today's signatures, of dense tensors
    _concatenate = concatenate

    def concatenate(tensors, axis=-1):
        """The tensors joined along `axis`: a sparse tensor if all of them are sparse."""
        if not builtins.any(map(is_sparse, tensors if isinstance(tensors, (list, tuple)) else ())):
            return _concatenate(tensors, axis)
        joined = _concatenate([to_dense(x) for x in tensors], axis)
        return SparseTensor(node_of(joined)) if builtins.all(map(is_sparse, tensors)) else joined

    for _name in OLD:
        globals()[_name] = accepting_old_names(globals()[_name])

sys.stderr.write(f"Using {engine_title(_engine_in_force())} backend.\n")
