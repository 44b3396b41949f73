"""Ops that steer what is computed, what is differentiated and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias, Union

from .. import dims, dtypes
from ..config import learning_phase as fixed_phase
from ..dims import Shape
from ..dtypes import DType
from ..errors import ArgumentError, DTypeError, ShapeError
from ..graph import (
    Expr,
    NotDifferentiable,
    TensorLike,
    as_node,
    build,
    cast_node,
    in_order,
    node_of,
    operands,
    primitive,
    same_dtype,
    unary,
    what_comes_first,
    wrap,
)
from .elementwise import where
from .shaping import expand_dims

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "LearningPhase",
    "assign",
    "control_dependencies",
    "identity",
    "in_test_phase",
    "in_train_phase",
    "learning_phase",
    "print_tensor",
    "stop_gradient",
    "switch",
]

#: A tensor, or a function that makes it, called only if it is needed.
Branch: TypeAlias = Union[TensorLike, "Callable[[], Tensor]"]


@primitive(grad=NotDifferentiable("stopping gradients is what it is for"))
def stop_gradient(x: TensorLike) -> Tensor:
    """x, taken as a constant by `gradients`."""
    return unary("stop_gradient", x)


def _bool(**attrs: object) -> type[DType]:
    return dtypes.bool_


def _scalar(**attrs: object) -> Shape:
    return ()


@primitive(shape=_scalar, dtype=_bool, grad=NotDifferentiable("it has no inputs"))
def learning_phase() -> Tensor:
    """True while training; decided when a function is called, by its input, by the setting, or else False."""
    return build("learning_phase")


class LearningPhase(int):
    """The learning phase as `K.learning_phase()` gives it: 0 or 1; among a function's inputs, the place to feed it."""


def _force(op_name: str, branch: Branch) -> Tensor:
    return wrap(as_node(op_name, "branch", branch() if callable(branch) else branch))


def with_phase(x: Tensor) -> Tensor:
    """x, marked for Keras as depending on the learning phase, which it then feeds."""
    setattr(x, _PHASE_MARK, True)
    return x


def has_phase(x: object) -> bool:
    """True of what is marked."""
    return getattr(x, _PHASE_MARK, False)


_PHASE_MARK: Final = "_uses_learning_phase"


def in_train_phase(x: Branch, alt: Branch, training: TensorLike | None = None) -> Tensor:
    """x while training, else `alt`; either may be a function that makes it.

    Args:
        training: by default the learning phase: the setting if it is set when the expression is built, otherwise
            what it is when the expression is evaluated.
    """
    if training is None:
        training = fixed_phase()
    if isinstance(training, int):
        return _force("in_train_phase", x if training else alt)
    branches = _force("in_train_phase", x), _force("in_train_phase", alt)
    if training is not None:
        return where(training, *branches)
    return with_phase(where(learning_phase(), *branches))


def in_test_phase(x: Branch, alt: Branch, training: TensorLike | None = None) -> Tensor:
    """x while not training, else `alt`: `in_train_phase(alt, x)`."""
    return in_train_phase(alt, x, training)


def switch(condition: TensorLike, then_expression: Branch, else_expression: Branch) -> Tensor:
    """`then_expression` where the condition is true, else `else_expression`; either may be a function that makes it.

    Both are computed. In a gradient, nan in the one that is not taken comes through.

    Args:
        condition: a scalar, or of the branches' leading axes: (batch,) chooses whole samples of (batch, ...).

    Raises:
        ShapeError: the branches' shapes differ, or the condition's axes are not their leading axes.

    Source: Keras 2.3's `K.switch` on TensorFlow.
    """
    chosen = wrap(cast_node(as_node("switch", "condition", condition), dtypes.bool_))
    a, b = operands("switch", _force("switch", then_expression), _force("switch", else_expression))
    if len(a.shape) != len(b.shape) or not all(map(dims.same, a.shape, b.shape)):
        raise ShapeError(
            f"switch: the branches have shapes {dims.show(a.shape)} and {dims.show(b.shape)}; they must have one shape"
        )
    test = node_of(chosen).shape
    if len(test) > len(a.shape) or not all(n == 1 or dims.same(n, size) for n, size in zip(test, a.shape)):
        raise ShapeError(
            f"switch: the condition's axes, {dims.show(test)}, are not the leading axes of the branches, "
            f"{dims.show(a.shape)}"
        )
    while 0 < chosen.ndim < len(a.shape):
        chosen = expand_dims(chosen, -1)
    return where(chosen, wrap(a), wrap(b))


# What is done in order.


@contextmanager
def control_dependencies(control_inputs: object) -> Iterator[None]:
    """In it, ops read variables as they are after the updates given, and evaluating `identity(...)` stores those.

    Args:
        control_inputs: updates, or tensors that depend on updates; one or several, None among them.

    Raises:
        ArgumentError: something else.
    """
    several = control_inputs if isinstance(control_inputs, (list, tuple)) else [control_inputs]
    given: list[Expr] = []
    for x in several:
        if isinstance(x, Expr):
            given.append(x)
        elif x is not None:
            raise ArgumentError(f"control_dependencies: {x!r:.80} is neither an update nor a tensor")
    with in_order([node_of(x) for x in given]):
        yield


def _alone(x: Tensor, *first: Tensor) -> Tensor:
    return x


@primitive(
    shape=lambda x, *first: x,
    dtype=lambda x, *first: x,
    grad=lambda g, y, x, *first: (g, *(None for _ in first)),
    decompose=_alone,
    value=lambda node, x, *first: x,
    partial_values=True,
)
def after(x: TensorLike) -> Tensor:
    """x; what `control_dependencies` gave is done first."""
    first = what_comes_first()
    node = as_node("after", "x", x)
    return build("after", node, *first) if first else wrap(node)


def identity(x: TensorLike, name: str | None = None) -> Tensor:
    """x as a tensor of its own. In `control_dependencies`, evaluating it stores the updates given there."""
    return wrap(node_of(after(x)))


@primitive(grad=lambda g, y, x, *, message: (g,), merges=False)
def print_tensor(x: TensorLike, message: str = "") -> Tensor:
    """x; when it is evaluated, the message and its elements are printed to stdout, as NumPy prints them."""
    return build("print_tensor", as_node("print_tensor", "x", x), message=str(message))


@primitive(
    shape=lambda variable, value: variable,
    dtype=same_dtype,
    grad=NotDifferentiable("storing a value has no gradient"),
    merges=False,
)
def assign(variable: Tensor, value: TensorLike) -> Tensor:
    """The new value of a variable; evaluating it stores it. See `Variable.assign`.

    Raises:
        ArgumentError: `variable` is none.
        ShapeError: the value has another shape.
        DTypeError: the value is of floats, the variable of integers.
    """
    held = as_node("assign", "variable", variable)
    if held.op.name != "variable":
        raise ArgumentError(f"assign: {variable!r:.80} is not a variable")
    node = as_node("assign", "value", value, like=held.dtype)
    if node.dtype.is_float and not held.dtype.is_float:
        raise DTypeError(f"assign: {variable!r} cannot hold {node.dtype}; cast the value if that is meant")
    if len(node.shape) != len(held.shape) or not all(map(dims.same, node.shape, held.shape)):
        raise ShapeError(f"assign: {variable!r} cannot hold a value of shape {dims.show(node.shape)}")
    return build("assign", held, node_of(after(wrap(cast_node(node, held.dtype)))))
