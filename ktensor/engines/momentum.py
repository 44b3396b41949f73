"""Gradient descent with momentum: two updates, both of which an engine can make in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import dims
from ..graph import Node
from .base import Program
from .changes import Change, uses

__all__ = ["Momentum", "momenta"]


class Momentum(NamedTuple):
    """`velocity = momentum * velocity - rate * gradient`, then `weight = weight + velocity`."""

    weight: Node
    velocity: Node
    momentum: Node
    rate: Node
    gradient: Node
    #: `rate * gradient`.
    scaled: Node


def momenta(program: Program, changes: Sequence[Change]) -> tuple[list[Momentum], list[Change]]:
    """The pairs of changes that are such a step, and the other changes."""
    counts = uses(program)
    added = {change.value: change.variable for change in changes if change.op == "add"}
    found: list[Momentum] = []
    for change in changes:
        # What is used otherwise, too, has to be computed anyway.
        if change.op is None and change.value in added and counts[change.value] == 2:
            found += _step(added[change.value], change.variable, change.value)
    done = {variable for step in found for variable in (step.weight, step.velocity)}
    return found, [change for change in changes if change.variable not in done]


def _step(weight: Node, velocity: Node, value: Node) -> list[Momentum]:
    """The step by which the value is the velocity's, if it is one."""
    if value.op.name != "subtract" or not value.dtype.is_float:
        return []
    kept, moved = value.inputs
    return [
        Momentum(weight, velocity, momentum, rate, gradient, moved)
        for momentum, of in _scaled(kept)
        for rate, gradient in _scaled(moved)
        if of is velocity and dims.equal(gradient.shape, velocity.shape)
    ][:1]


def _scaled(node: Node) -> list[tuple[Node, Node]]:
    """A product as a scalar and what it scales."""
    if node.op.name != "multiply":
        return []
    x, y = node.inputs
    return [(scale, of) for scale, of in ((x, y), (y, x)) if not scale.shape]
