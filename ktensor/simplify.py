"""Graph rewriting before an engine sees a graph: decompositions, known values, loops that compute no more than is
asked of them, and, for compiled functions, merging of equal nodes, constant folding and algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from . import dims, dtypes
from .engines.base import Engine, Program, get_engine
from .errors import KTensorError, UnsupportedOpError
from .fed_sizes import SizeSource
from .graph import Body, Node, cast_node, constant_node, node_of, rebuild, toposort, wrap
from .joining import with_joined_slices
from .ops import shaping

__all__ = ["Rewriter", "is_plain", "without_unused"]

_FOLD_LIMIT: Final = 4096


#: Ops that are rewritten whatever the engine has.
_NEVER_PLAIN: Final = frozenset(("assign", "learning_phase", "scan", "size", "where"))
#: Ops that engines have no lowering for, and do not need one.
_LEAVES: Final = frozenset(("constant", "placeholder", "variable"))


@cache
def _plain_ops(engine: Engine) -> Set[str]:
    return (engine.lowerings.keys() | _LEAVES) - _NEVER_PLAIN


def is_plain(engine: Engine, order: Sequence[Node], ops: Set[str]) -> bool:
    """True if a graph of these ops runs on the engine as it is."""
    if not ops <= _plain_ops(engine):  # type: ignore[arg-type]  # mypy takes instances of protocols for unhashable
        return False
    return all([node.value is None or not node.inputs for node in order])  # noqa: C419  # a generator takes longer


class Rewriter:
    """Rewrites graphs for one engine, learning phase and choice of what is fed (`inputs`).

    Unless `thorough`, only as far as the engine needs it.
    """

    def __init__(self, engine: Engine, phase: bool, thorough: bool, inputs: Sequence[Node] = ()) -> None:
        self._engine = engine
        self._phase = phase
        self._thorough = thorough
        self._inputs = inputs
        self._sizes: SizeSource | None = None
        self._done: dict[Node, Node] = {}
        self._equal: dict[Hashable, Node] = {}

    def rewrite(self, roots: Sequence[Node], order: Sequence[Node] | None = None) -> list[Node]:
        """The roots' counterparts.

        Args:
            order: what the roots need, if that is known.
        """
        done = self._done
        for node in toposort(roots) if order is None else order:
            if node not in done:
                done[node] = self._rewritten(node)
        return [done[root] for root in roots]

    def _rewritten(self, node: Node) -> Node:
        op = node.op
        if op.name == "learning_phase":
            return constant_node(self._phase, dtypes.bool_)
        if op.name == "size":
            return self._again(self._measured(node))
        if not node.inputs:
            return self._merged(node) if self._thorough else node
        if node.value is not None and (known := _known_constant(node)) is not None:
            return known
        inputs = tuple([self._done[n] for n in node.inputs])
        if op.name == "assign":
            return inputs[1]
        if op.name == "scan":
            return self._merged(self._loop(node, inputs))
        if inputs != node.inputs:
            node = rebuild(node, inputs)
        if op.name == "where" and (chosen := _chosen_branch(node)) is not None:
            return self._again(chosen)
        if self._thorough:
            node = self._simplified(node)
        if node.inputs and node.op.name not in self._engine.lowerings:
            return self._decomposed(node)
        return node

    def _loop(self, node: Node, inputs: tuple[Node, ...]) -> Node:
        body: Body = node.attrs["body"]
        outputs = tuple(self.rewrite(body.outputs))
        if outputs != body.outputs:
            body = Body(body.inputs, outputs, body.sequences, body.states)
        elif inputs == node.inputs:
            return node
        return rebuild(node, inputs, body=body)

    def _again(self, node: Node) -> Node:
        return self.rewrite([node])[0]

    def _measured(self, size: Node) -> Node:
        if self._sizes is None:
            self._sizes = SizeSource(self._inputs)
        return self._sizes.node(size)

    def _decomposed(self, node: Node) -> Node:
        if node.op.decompose is None:
            reason = self._engine.refusals.get(node.op.name, "the engine has no lowering for it")
            raise UnsupportedOpError(f"{self._engine.title} does not run {node.op.name}: {reason}")
        self._done.update((n, n) for n in node.inputs)
        return self._again(node_of(node.op.decompose(*map(wrap, node.inputs), **node.attrs)))

    def _simplified(self, node: Node) -> Node:
        for rule in _ALWAYS:
            node = rule(node)
        rule_ = _BY_OP.get(node.op.name)
        if rule_ is not None:
            node = rule_(node)
        return self._merged(_folded(node))

    def _merged(self, node: Node) -> Node:
        if not node.op.merges:
            return node
        key = _key(node)
        return node if key is None else self._equal.setdefault(key, node)


# What nobody asks of a loop.


def without_unused(roots: Sequence[Node], order: Sequence[Node]) -> list[Node]:
    """The roots' counterparts, with loops that have only those inputs, states and results that the roots need.

    Args:
        order: what the roots need.
    """
    needed = set(roots)
    asked: dict[Node, set[int]] = {}
    loops: dict[Node, _Trimmed] = {}
    for node in reversed(order):
        if node not in needed:
            continue
        used: Sequence[Node] = node.inputs
        if node.op.name == "scan_result":
            asked.setdefault(node.inputs[0], set()).add(node.attrs["index"])
        elif node.op.name == "scan":
            loops[node] = _trimmed(node.attrs["body"], asked[node])
            used = [node.inputs[i] for i in loops[node].inputs]
        needed.update(used)
    done: dict[Node, Node] = {}
    for node in order:
        if node in needed:
            done[node] = _with_trimmed(node, loops, done)
    return [done[root] for root in roots]


class _Trimmed(NamedTuple):
    """What is left of a body, and which of its inputs and outputs."""

    body: Body
    inputs: list[int]
    outputs: list[int]


def _trimmed(body: Body, asked: set[int]) -> _Trimmed:
    """The body with those outputs, and the states that they depend on."""
    first, last = body.sequences, body.sequences + body.states
    wanted, outputs, reached = set[int](), list[Node](), set[Node]()
    more = asked
    while more - wanted:
        wanted |= more
        outputs = [body.outputs[i] for i in sorted(wanted)]
        outputs = without_unused(outputs, toposort(outputs))
        reached = set(toposort(outputs))
        more = {i for i in range(body.states) if body.inputs[first + i] in reached}
    kept = [i for i, n in enumerate(body.inputs) if (i - first in wanted if first <= i < last else n in reached)]
    if not kept or kept[0] >= first:
        kept.insert(0, 0)  # one sequence must tell how many steps there are
    inputs = tuple(body.inputs[i] for i in kept)
    sequences, states = sum(i < first for i in kept), sum(i < body.states for i in wanted)
    return _Trimmed(Body(inputs, tuple(outputs), sequences, states), kept, sorted(wanted))


def _with_trimmed(node: Node, loops: Mapping[Node, _Trimmed], done: Mapping[Node, Node]) -> Node:
    """The node on its inputs' counterparts."""
    if node.op.name == "scan":
        body, kept, _ = loops[node]
        return rebuild(node, tuple(done[node.inputs[i]] for i in kept), body=body)
    inputs = tuple([done[n] for n in node.inputs])
    if node.op.name == "scan_result":
        return rebuild(node, inputs, index=loops[node.inputs[0]].outputs.index(node.attrs["index"]))
    return node if inputs == node.inputs else rebuild(node, inputs)


def _key(node: Node) -> Hashable | None:
    """Equal for nodes that always have equal values."""
    if node.op.name == "constant":
        value = node.attrs["value"]
        # repr tells 0.0 from -0.0 and 1 from True.
        return None if isinstance(value, np.ndarray) else ("constant", node.dtype, repr(value))
    return (node.op.name, node.inputs, tuple(node.attrs.items()))


def _known_constant(node: Node) -> Node | None:
    value = node.value
    if value is None or not all(isinstance(v, int) for v in value):
        return None
    if node.op.name == "constant":
        return node
    try:
        return constant_node(np.array(value if node.shape else value[0], dtype=np.int64), node.dtype)
    except KTensorError:  # beyond the dtype: left to the engine, which wraps around
        return None


def _scalar(node: Node) -> Any:
    """The value of a constant with one value for all its elements, else None."""
    if node.op.name == "broadcast_to":
        node = node.inputs[0]
    value = node.attrs.get("value") if node.op.name == "constant" else None
    if isinstance(value, np.ndarray):
        return value.item() if value.ndim == 0 else None
    return value


def _chosen_branch(node: Node) -> Node | None:
    """The branch of `where` that a constant scalar condition takes."""
    condition, *branches = node.inputs
    value = _scalar(condition) if not condition.shape else None
    if value is None:
        return None
    branch = branches[0] if value else branches[1]
    if dims.equal(branch.shape, node.shape):
        return branch
    if not all(isinstance(d, int) for d in node.shape):
        return None  # only the other branch knows how far this one is to be stretched
    return node_of(shaping.broadcast_like(wrap(branch), wrap(node)))


# Rules for every op.


def _unstretched(node: Node) -> Node:
    """An elementwise op stretches a constant itself: no need to do it before."""
    if not node.op.broadcasts or node.op.name == "matmul":
        return node
    full = [dims.equal(n.shape, node.shape) and not _is_stretched(n) for n in node.inputs]
    if not any(full) or not any(map(_is_stretched, node.inputs)):
        return node
    return rebuild(node, tuple(n.inputs[0] if _is_stretched(n) else n for n in node.inputs))


def _is_stretched(node: Node) -> bool:
    return node.op.name == "broadcast_to" and node.inputs[0].op.name == "constant" and not node.inputs[0].shape


_ALWAYS: Final[tuple[Callable[[Node], Node], ...]] = (_unstretched,)


# Rules by op.


def _neutral(value: float, *positions: int) -> Callable[[Node], Node]:
    """The other operand, where the operand at one of `positions` is the neutral element."""

    def rule(node: Node) -> Node:
        for position in positions:
            other = node.inputs[1 - position]
            operand = node.inputs[position]
            keeps_shape = not operand.shape or dims.equal(other.shape, node.shape)
            if keeps_shape and other.dtype is node.dtype and _scalar(operand) == value:
                return other
        return node

    return rule


def _double_negative(node: Node) -> Node:
    inner = node.inputs[0]
    return inner.inputs[0] if inner.op.name == "negative" else node


def _transposes(node: Node) -> Node:
    inner = node.inputs[0]
    if inner.op.name != "transpose":
        return node
    axes = tuple(inner.attrs["axes"][a] for a in node.attrs["axes"])
    return node_of(shaping.transpose(wrap(inner.inputs[0]), axes))


def _reduction(node: Node) -> Node:
    """That of what was transposed, if the axes that are left stay in order."""
    inner = node.inputs[0]
    if inner.op.name != "transpose" or node.attrs["keepdims"]:
        return node
    turned = inner.attrs["axes"]
    axes = sorted(turned[axis] for axis in node.attrs["axes"])
    left = [axis for axis in turned if axis not in axes]
    return rebuild(node, inner.inputs, axes=tuple(axes)) if left == sorted(left) else node


def _reshapes(node: Node) -> Node:
    if len(node.inputs) > 1:
        return node
    source = node.inputs[0]
    if dims.equal(source.shape, node.shape):
        return source
    if source.op.name == "reshape" and all(isinstance(d, int) for d in node.shape):
        return node_of(shaping.reshape(wrap(source.inputs[0]), node.shape))  # type: ignore[arg-type]  # ints, as checked
    return node


def _same_shape(node: Node) -> Node:
    return node.inputs[0] if dims.equal(node.inputs[0].shape, node.shape) else node


def _pass_through(node: Node) -> Node:
    return node.inputs[0]


def _casts(node: Node) -> Node:
    return cast_node(node.inputs[0], node.dtype) if node.inputs[0].op.name == "constant" else node


def _shape_of_operand(node: Node) -> Node:
    source = shaping.same_shaped(node.inputs[0])
    return node if source is node.inputs[0] else rebuild(node, (source,))


def _sum(node: Node) -> Node:
    simpler = _neutral(0, 0, 1)(node)
    return with_joined_slices(node) if simpler is node else simpler


_BY_OP: Final[dict[str, Callable[[Node], Node]]] = {
    "add": _sum,
    "subtract": _neutral(0, 1),
    "multiply": _neutral(1, 0, 1),
    "divide": _neutral(1, 1),
    "negative": _double_negative,
    "transpose": _transposes,
    **dict.fromkeys(("all", "any", "max", "min", "prod", "sum"), _reduction),
    "reshape": _reshapes,
    "shape": _shape_of_operand,
    "broadcast_to": _same_shape,
    "stop_gradient": _pass_through,
    "cast": _casts,
}


def _folded(node: Node) -> Node:
    """A constant, if all inputs are and the result is small."""
    if not node.inputs or not node.op.merges or node.op.name in ("broadcast_to", "scan"):
        return node
    if any(n.op.name != "constant" for n in node.inputs):
        return node
    size = dims.product(node.shape)
    if not isinstance(size, int) or size > _FOLD_LIMIT:
        return node
    numpy = get_engine("numpy")
    if node.op.name not in numpy.lowerings:
        return node
    try:
        (value,) = numpy.run(Program((), (node,), order=(*dict.fromkeys(node.inputs), node)), [])
    except KTensorError:  # left to fail, or not, when it is run
        return node
    return constant_node(value, node.dtype)
