"""Which feeds a variable might keep: TensorFlow hands memory on where a result equals an operand."""

from __future__ import annotations

from typing import Final

from ...graph import Node
from ..base import Program

__all__ = ["kept_by_variables"]

#: Ops whose result is always new memory, whatever TensorFlow finds out about their operands.
_NEW: Final = frozenset(
    (
        *("argmax", "argmin", "avg_pool_grad", "conv", "conv_input_grad", "conv_kernel_grad", "cos", "draw", "erf"),
        *(
            "exp",
            "expm1",
            "log",
            "log1p",
            "matmul",
            "max_pool_grad",
            "relu_grad",
            "scatter_add",
            "shape",
            "sigmoid",
            "sin",
        ),
        *("softmax", "softplus", "sqrt", "square", "tan", "tanh", "unslice"),
    )
)
#: Ops that are their operand if the other one is 0 or 1, and so if it is a constant.
_BINARY: Final = frozenset(("add", "divide", "maximum", "minimum", "multiply", "subtract"))
_CONSTANT: Final = frozenset(("arange", "broadcast_to", "constant"))


def _hands_on(node: Node) -> bool:
    """False if the result is certain to share no memory with an operand."""
    name = node.op.name
    if name in _NEW or all(n.dtype is not node.dtype for n in node.inputs):
        return False
    return name not in _BINARY or any(n.op.name in _CONSTANT for n in node.inputs)


def kept_by_variables(program: Program) -> set[Node]:
    """The inputs whose memory might be what an update stores."""
    open_ = [value for _, value in program.updates]
    seen: set[Node] = set()
    while open_:
        node = open_.pop()
        if node not in seen:
            seen.add(node)
            if _hands_on(node):
                open_ += node.inputs
    return seen.intersection(program.inputs)
