"""Updates of the form `variable = variable op x`, which an engine can store in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from typing import NamedTuple

from .. import dims
from ..graph import Node
from .base import Program

__all__ = ["Change", "changes", "uses"]


class Change(NamedTuple):
    """What an update does: the variable becomes the value, or `op(variable, value)` if there is an op."""

    variable: Node
    value: Node
    op: str | None = None


def changes(program: Program, ops: Container[str | None], scalars: bool = False) -> list[Change]:
    """The updates, with one of the ops where nobody else needs its result and all shapes are known and alike.

    Args:
        scalars: the value may also be a scalar.
    """
    counts = uses(program)
    return [
        Change(variable, value.inputs[1], value.op.name)
        if counts[value] == 1 and value.op.name in ops and _is_in_place(variable, value, scalars)
        else Change(variable, value)
        for variable, value in program.updates
    ]


def uses(program: Program) -> Counter[Node]:
    """How often each node is an output, a new value, or an operand."""
    values = [value for _, value in program.updates]
    return Counter([*program.outputs, *values, *(n for node in program.order for n in node.inputs)])


def _is_in_place(variable: Node, value: Node, scalars: bool) -> bool:
    first, *others = value.inputs
    return (
        first is variable
        and len(others) == 1
        and others[0] is not variable
        and variable.dtype is value.dtype
        and bool(value.shape)
        and all(isinstance(size, int) for size in value.shape)
        and dims.equal(variable.shape, value.shape)
        and (dims.equal(others[0].shape, value.shape) or (scalars and not others[0].shape))
    )
