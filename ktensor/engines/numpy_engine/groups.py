"""Which ops of a program run together, on some rows of their operands at a time.

Row `i` of such an op's result, along axis 0, follows from row `i` of its operands and from operands that have no such
rows: elementwise ops, and reductions and softmax along other axes. A chain of them can run on a block of rows that
stays in the processor's cache, and on other rows at the same time on another processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ... import dims
from ...graph import Node
from .lowerings import UFUNCS

__all__ = ["LARGE", "Group", "Step", "may_be_large", "steps"]

#: Arrays of fewer elements are not worth a block: they fit into the cache as they are, and threads come too late.
LARGE: Final = 2**19

#: Ops of any number of operands, which they broadcast.
_ELEMENTWISE: Final = frozenset(
    (*UFUNCS, "cast", "ceil", "erf", "floor", "relu", "relu_grad", "round", "sigmoid", "softplus", "where")
)
#: Ops of one operand, and which of their attributes names axes that must not be axis 0.
_ALONG: Final[Mapping[str, str]] = {
    **dict.fromkeys(("all", "any", "max", "min", "prod", "sum", "squeeze"), "axes"),
    **dict.fromkeys(("expand_dims", "softmax"), "axis"),
}
#: Ops that are worth blocks even alone: they take long, or need more memory than their result.
_HEAVY: Final = frozenset(
    (
        "cos",
        "erf",
        "exp",
        "expm1",
        "log",
        "log1p",
        "power",
        "relu_grad",
        "sigmoid",
        "sin",
        "softmax",
        "softplus",
        "tanh",
        "where",
    )
)


@dataclass(frozen=True, eq=False)
class Group:
    """Ops that run together.

    Args:
        nodes: each after its inputs.
        operands: what they need besides.
        aligned: for each operand, whether its rows are those of the results.
        results: the nodes that others need.
        is_flat: all ops are elementwise, so that arrays of one shape can be taken as vectors.
    """

    nodes: tuple[Node, ...]
    operands: tuple[Node, ...]
    aligned: tuple[bool, ...]
    results: tuple[Node, ...]
    is_flat: bool


#: What runs at a time.
Step: TypeAlias = "Node | Group"


def may_be_large(node: Node) -> bool:
    """True unless the array is known to be small."""
    size = dims.product(node.shape)
    return not isinstance(size, int) or size >= LARGE


def steps(order: Sequence[Node], needed: Sequence[Node]) -> list[Step]:
    """The nodes, each after its inputs, with those that can in groups.

    Args:
        needed: the nodes that are asked for.
    """
    groups = _groups(order)
    members = {node: nodes for nodes in groups for node in nodes}
    _let_in(order, members, set(needed))
    position = {node: i for i, node in enumerate(order)}
    for nodes in groups:
        nodes.sort(key=position.__getitem__)
    outside = set(needed)
    for node in order:
        own = members.get(node)
        outside.update(n for n in node.inputs if members.get(n) is not own)
    made = {id(nodes): _made(nodes, outside) for nodes in groups}
    return list(_arranged(order, {node: made[id(nodes)] for node, nodes in members.items()}))


def _groups(order: Sequence[Node]) -> list[list[Node]]:
    """The groups that are worth it: connected, and such that no path leaves one and comes back."""
    depth: dict[Node, int] = {}  # how many times the longest path to the node leaves a group
    found: dict[Node, list[Node]] = {}
    for node in order:
        aligned = _aligned(node)
        depth[node] = max((depth[n] + (n in found and not a) for n, a in zip(node.inputs, aligned)), default=0)
        if any(aligned):
            own = [node]
            for n, is_aligned in zip(node.inputs, aligned):
                if is_aligned and n in found and depth[n] == depth[node] and found[n] is not own:
                    own = _joined(found[n], own, found)
            found[node] = own
    return [nodes for nodes in {id(nodes): nodes for nodes in found.values()}.values() if _is_worth_it(nodes)]


def _joined(a: list[Node], b: list[Node], found: dict[Node, list[Node]]) -> list[Node]:
    long, short = (a, b) if len(a) > len(b) else (b, a)
    long += short
    found.update((node, long) for node in short)
    return long


def _let_in(order: Sequence[Node], members: dict[Node, list[Node]], needed: set[Node]) -> None:
    """Lets ops into the one group that needs them, though they could have run before it."""
    users: dict[Node, list[Node] | None] = dict.fromkeys(needed)
    uses = {key: _uses(nodes) or {} for key, nodes in {id(nodes): nodes for nodes in members.values()}.items()}
    for node in reversed(order):
        aligned = _aligned(node)
        own = members.get(node)
        group = users.get(node)
        if own is None and group is not None and any(aligned):
            known = uses[id(group)]
            if all(known.get(n, is_aligned) is is_aligned for n, is_aligned in zip(node.inputs, aligned)):
                known.update(zip(node.inputs, aligned))
                group.append(node)
                own = members[node] = group
        for n, is_aligned in zip(node.inputs, aligned):
            users[n] = own if is_aligned and users.get(n, own) is own else None


def _uses(nodes: Sequence[Node]) -> dict[Node, bool] | None:
    """What the ops need, and whether by rows; None if they need something in both ways."""
    uses: dict[Node, bool] = {}
    for node in nodes:
        for n, is_aligned in zip(node.inputs, _aligned(node)):
            if uses.setdefault(n, is_aligned) is not is_aligned:
                return None
    return uses


def _aligned(node: Node) -> list[bool]:
    """For each input, whether row `i` of the result follows from row `i` of it; if no, from none of its rows or all."""
    name, rank = node.op.name, len(node.shape)
    if not rank or node.shape[0] == 1:
        return [False] * len(node.inputs)
    if name in _ELEMENTWISE:
        return [len(n.shape) == rank and n.shape[0] != 1 for n in node.inputs]
    axes = node.attrs[_ALONG[name]] if name in _ALONG else 0
    return [0 not in axes if isinstance(axes, tuple) else axes != 0] * len(node.inputs)


def _is_worth_it(nodes: Sequence[Node]) -> bool:
    if len(nodes) == 1 and nodes[0].op.name not in _HEAVY:
        return False
    uses = _uses(nodes)
    return uses is not None and any(is_aligned and may_be_large(n) for n, is_aligned in uses.items())


def _made(nodes: Sequence[Node], outside: set[Node]) -> Group:
    inside = set(nodes)
    operands = {n: is_aligned for n, is_aligned in (_uses(nodes) or {}).items() if n not in inside}
    results = tuple(node for node in nodes if node in outside)
    is_flat = all(node.op.name in _ELEMENTWISE for node in nodes)
    return Group(tuple(nodes), tuple(operands), tuple(operands.values()), results, is_flat)


def _arranged(order: Sequence[Node], groups: Mapping[Node, Group]) -> Iterator[Step]:
    """Each step after those that it needs, and else in the order of the nodes."""
    done: set[Step] = set()
    for node in order:
        open_: list[Step] = [groups.get(node, node)]
        while open_:
            step = open_[-1]
            inputs = step.operands if isinstance(step, Group) else step.inputs
            missing = [s for s in (groups.get(n, n) for n in inputs) if s not in done] if step not in done else []
            if missing:
                open_.extend(reversed(missing))
                continue
            if step not in done:
                done.add(step)
                yield step
            open_.pop()
