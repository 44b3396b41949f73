"""Reverse-mode differentiation: one walk over the nodes, with each op's own gradient rule.

The gradients are expressions like any other: they run on every engine and can be differentiated again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from .errors import ArgumentError, DTypeError, GradientError
from .graph import Expr, Node, NotDifferentiable, last_serial, node_of, toposort, wrap
from .ops.create import ones_like, zeros_like
from .ops.shaping import unbroadcast

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Unconnected", "gradients"]

Unconnected = Literal["raise", "zeros", "none"]


def gradients(loss: Tensor, wrt: Tensor | Sequence[Tensor], unconnected: Unconnected = "raise") -> tuple[Tensor, ...]:
    """The derivatives of `loss` with respect to each tensor of `wrt`, each in that tensor's shape and dtype.

    Args:
        loss: of a float dtype; if it is no scalar, of the sum of its elements.
        unconnected: what to do if the loss does not depend on a tensor, or only through ops without a gradient:
            raise, give zeros, or give None (as `K.gradients` does).

    Raises:
        GradientError: the loss does not depend on a tensor, and `unconnected` is "raise".
        DTypeError: the loss or a tensor is not of a float dtype.
    """
    targets = [wrt] if isinstance(wrt, Expr) else list(wrt)
    arguments: list[tuple[str, object]] = [("loss", loss), *((f"wrt[{i}]", t) for i, t in enumerate(targets))]
    for name, tensor in arguments:
        if not isinstance(tensor, Expr):
            raise ArgumentError(f"gradients: {name} is {tensor!r:.80}, not a tensor")
        if not node_of(tensor).dtype.is_float:
            raise DTypeError(f"gradients: {name} is of {node_of(tensor).dtype}; only floats have derivatives")
    found, blocked = backpropagate([(node_of(loss), ones_like(loss))], [node_of(t) for t in targets])
    return tuple(_or_else(unconnected, g, loss, t, i, blocked) for i, (g, t) in enumerate(zip(found, targets)))


def _or_else(
    unconnected: Unconnected, found: Tensor | None, loss: Tensor, tensor: Tensor, position: int, blocked: Sequence[Node]
) -> Tensor:
    if found is not None:
        return found
    if unconnected == "zeros":
        return zeros_like(tensor)
    if unconnected == "none":
        return None  # type: ignore[return-value]  # K.gradients' way; the type serves the users who do not ask for it
    why = ""
    if blocked:
        cut = _within_loop(blocked[0])
        rule = cut.op.grad
        reason = (
            rule.reason if isinstance(rule, NotDifferentiable) else f"it goes from {cut.inputs[0].dtype} to {cut.dtype}"
        )
        why = f" except through {cut.op.name}, which has no gradient: {reason}"
    raise GradientError(
        f"gradients: {loss!r} does not depend on wrt[{position}], {tensor!r}{why}; "
        'pass unconnected="zeros" if that is meant'
    )


def _within_loop(node: Node) -> Node:
    """Of a loop, the first op in it that lets no gradient through; any other node itself."""
    if node.op.name != "scan":
        return node
    inner = [n for n in toposort(node.attrs["body"].outputs) if isinstance(n.op.grad, NotDifferentiable)]
    return next((n for n in inner if n.inputs and n.dtype.is_float), node)


def backpropagate(
    seeds: Sequence[tuple[Node, Tensor]], targets: Sequence[Node], since: int = -1
) -> tuple[list[Tensor | None], list[Node]]:
    """The gradient for each target (None if there is none), and the nodes where one was cut off.

    Args:
        seeds: nodes that are differentiated, each with the gradient of the loss with respect to it.
        since: nodes whose serial is not above it are not gone through, targets too.
    """
    order = toposort([node for node, _ in seeds], since)
    active = set(targets)
    for node in order:
        if any(n in active for n in node.inputs):
            active.add(node)
    pending: defaultdict[Node, list[Tensor]] = defaultdict(list)
    for node, seed in seeds:
        if node in active:
            pending[node].append(seed)
    wanted: set[Node] = set(targets)
    results: dict[Node, Tensor] = {}
    blocked: list[Node] = []
    for node in reversed(order):
        contributions = pending.pop(node, None)
        if not contributions:
            continue
        total = _total(contributions)
        if node in wanted:
            results[node] = total
        if isinstance(node.op.grad, NotDifferentiable):
            blocked += [node] if any(n in active for n in node.inputs) else []
        elif node.inputs and not _push(node, total, active, pending):
            blocked.append(node)
    results.update((t, _total(pending[t])) for t in wanted if t in pending)
    return [results.get(t) for t in targets], blocked


def _total(contributions: Sequence[Tensor]) -> Tensor:
    total = contributions[0]
    for contribution in contributions[1:]:
        total = total + contribution
    return total


def _push(node: Node, g: Tensor, active: set[Node], pending: defaultdict[Node, list[Tensor]]) -> bool:
    """Hands the gradient of a node on to those of its inputs that lead to a target. True if it had any to give."""
    inputs = [wrap(n) for n in node.inputs]
    rule = node.op.grad
    found: list[Any]
    if rule is None:
        found = _through_decomposition(node, inputs, g)
    else:
        assert not isinstance(rule, NotDifferentiable)
        entries: Any = rule(g, wrap(node), *inputs, **node.attrs)
        found = [entries] if isinstance(entries, Expr) else list(entries)
    passed = False
    for source, entry in zip(node.inputs, found):
        if entry is None or source not in active:
            continue
        gradient: Tensor = entry if isinstance(entry, Expr) else entry()  # type: ignore[assignment]  # dense, as rules are
        pending[source].append(unbroadcast(gradient, wrap(source)) if node.op.broadcasts else gradient)
        passed = True
    return passed


def _through_decomposition(node: Node, inputs: Sequence[Tensor], g: Tensor) -> list[Tensor | None]:
    assert node.op.decompose is not None
    since = last_serial()  # one input may be made of another, which is not the decomposition's affair
    meaning = node.op.decompose(*inputs, **node.attrs)
    found, _ = backpropagate([(node_of(meaning), g)], node.inputs, since)
    # An input that stands there twice has its whole gradient in both entries.
    first = [node.inputs.index(n) == i for i, n in enumerate(node.inputs)]
    return [g if once else None for g, once in zip(found, first)]
