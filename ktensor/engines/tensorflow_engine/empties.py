"""Images without elements, of which oneDNN, where TensorFlow uses it, gives wrong shapes, or crashes.

In a graph an assertion keeps them from its kernels, where it is not certain that there are none; what fails so is
computed step by step, where NumPy takes their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..base import Program
from ..numpy_engine.lowerings import LOWERINGS as BY_NUMPY
from .lowerings import Handle, _dims, _int64s, _shape, raw, tf

if TYPE_CHECKING:
    from ...graph import Node

__all__ = ["guarded", "instead", "unsure"]

#: Ops of an image, and of what their windows are as large as: an attribute, or else their second input.
_OF_IMAGES: Final = {"conv": None, "max_pool": "size", "avg_pool": "size"}
#: Ops of a gradient, which has an element for each window.
_OF_GRADIENTS: Final = frozenset(
    ("avg_pool_grad", "conv_input_grad", "conv_kernel_grad", "max_pool_grad", "max_pool_pick")
)


def unsure(program: Program) -> frozenset[Node]:
    """The ops that may meet an image without elements, or with too few, when all feeds have elements."""
    fed = {size for n in program.inputs for size in n.shape}

    def may_be_empty(node: Node) -> bool:
        return any(size == 0 if isinstance(size, int) else size not in fed for size in node.shape)

    return frozenset(
        node
        for node in program.order
        if (node.op.name in _OF_IMAGES and (may_be_empty(node.inputs[0]) or may_be_empty(node)))
        or (node.op.name in _OF_GRADIENTS and may_be_empty(node.inputs[0]))
    )


def guarded(node: Node, operands: list[Handle]) -> list[Handle]:
    """The operands of one of these ops, to be read only if there is something to compute."""
    first, *others = operands
    enough = raw.All(input=raw.GreaterEqual(x=_shape(first), y=_int64s(_least(node, operands))), axis=[0])
    with tf.control_dependencies([tf.debugging.Assert(enough, ["an image has no elements"])]):
        return [raw.Identity(input=first), *others]


def _least(node: Node, operands: list[Handle]) -> list[Any]:
    """The sizes that the first operand must have."""
    rank = len(node.inputs[0].shape)
    if node.op.name not in _OF_IMAGES or node.attrs["window"].padding == "same":
        return [1] * rank
    size = _OF_IMAGES[node.op.name]
    windows = node.attrs[size] if size else _dims(operands[1])[:-2]
    return [1, *((n - 1) * d + 1 for n, d in zip(windows, node.attrs["window"].dilation)), 1]


def instead(node: Node, operands: list[Handle]) -> Handle | None:
    """The result of one of these ops on eager tensors, if there is nothing to compute with."""
    if all(size >= least for size, least in zip(operands[0].shape, _least(node, operands))):
        return None
    return tf.constant(BY_NUMPY[node.op.name](node, *(x.numpy() for x in operands)), node.dtype.name)
