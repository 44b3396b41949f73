"""Loops: one primitive, `scan`, and over it `map_fn`, `foldl`, `foldr` and `rnn`.

The function that makes a step is called once, when the loop is built, with placeholders. What comes of it is the loop's
`Body`. Tensors from outside that it uses become inputs of the loop, so gradients flow to them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeGuard, Union, overload

import numpy as np

from .. import dims, dtypes
from ..dims import Dim, Shape
from ..dtypes import DType, DTypeLike, as_dtype
from ..errors import ArgumentError, DTypeError, ShapeError
from ..grad import backpropagate
from ..graph import (
    Body,
    Expr,
    Node,
    TensorLike,
    as_node,
    build,
    cast_node,
    fresh_name,
    last_serial,
    node_of,
    primitive,
    rebuild,
    toposort,
    wrap,
)
from . import shaping
from .control import has_phase, with_phase
from .create import zeros, zeros_like
from .elementwise import where
from .indexing import reverse as reversed_along
from .linalg import sum_of_products

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["foldl", "foldr", "map_fn", "rnn", "scan", "scan_result"]

#: What the step of `rnn` is, and does: (input, states and constants) -> (output, new states).
StepFunction: TypeAlias = "Callable[[Tensor, list[Tensor]], tuple[TensorLike, Sequence[TensorLike]]]"
#: One tensor or several.
Tensors: TypeAlias = "Union[Tensor, tuple[Tensor, ...]]"


# The primitive. It has several results: its handle in an engine is a tuple, which `scan_result` takes apart.


class _Gradients:
    """What flows back into a loop: the gradients with respect to some of its results, by their numbers."""

    def __init__(self, parts: Mapping[int, Tensor]) -> None:
        self.parts = parts

    def __add__(self, other: _Gradients) -> _Gradients:
        both = {i: self.parts[i] + g if i in self.parts else g for i, g in other.parts.items()}
        return _Gradients({**self.parts, **both})


def _scan_rule(*shapes: Shape, body: Body, reverse: bool) -> Shape:
    """How many steps there are."""
    length: Dim = shapes[0][0]
    for shape in shapes[1 : body.sequences]:
        length = dims.merge(length, shape[0])
    return (length,)


def _scan_grad(g: _Gradients, y: Tensor, *inputs: Tensor, body: Body, reverse: bool) -> list[Tensor | None]:
    """One loop in the other direction, over the elements and what the loop kept of each step."""
    first, last = body.sequences, body.sequences + body.states
    seeds = {i: _input("gradient", n.shape, n.dtype) for i, n in enumerate(body.outputs) if i in g.parts}
    found = _step_gradients(body, seeds)
    while late := [i for i in range(body.states) if found[first + i] is not None and i not in seeds]:
        seeds.update((i, _input("gradient", body.outputs[i].shape, body.outputs[i].dtype)) for i in late)
        found = _step_gradients(body, seeds)

    loop = _Loop(since=-1)
    results = _results(y)
    for node, x in zip(body.inputs, inputs[:first]):
        loop.element(node_of(x), node)
    for node, x in zip(body.outputs[body.states :], results[body.states :]):
        if node in body.inputs[first:last] or _is_drawn(node) or node.op.name in _COSTLY:
            loop.element(node_of(x), node)
    for i, node in seeds.items():
        if i >= body.states:
            loop.element(node_of(g.parts[i]), node)
    for node, x in zip(body.inputs[last:], inputs[last:]):
        loop.same(node_of(x), node)
    through = [i for i in range(body.states) if i in seeds]
    for i in through:
        loop.state(g.parts[i] if i in g.parts else zeros_like(inputs[first + i]), seeds[i])
        new = found[first + i]
        loop.become(zeros_like(wrap(seeds[i])) if new is None else new)
    factors = {i: pair for i, x in enumerate(found) if i >= last and x is not None and (pair := _factors(x))}
    summed = [(i, x) for i, x in enumerate(found) if i >= last and x is not None and i not in factors]
    for i, x in summed:
        loop.become(loop.state(zeros_like(inputs[i])) + x)
    mapped = [(i, x) for i, x in enumerate(found[:first]) if x is not None]
    stacks = dict(zip([*body.inputs[:first], *body.outputs[body.states :]], [*inputs[:first], *results[body.states :]]))
    wanted = [*(x for _, x in mapped), *(x for pair in factors.values() for x in pair)]
    outputs = [n for n in dict.fromkeys(map(node_of, wanted)) if n not in stacks]
    finals, stacked = loop.run("scan", list(map(wrap, outputs)), not reverse)
    stacks.update(zip(outputs, stacked))
    gradients = dict(zip([*(first + i for i in through), *(i for i, _ in summed)], finals))
    gradients |= {i: stacks[node_of(x)] for i, x in mapped}
    gradients |= {i: sum_of_products(stacks[node_of(a)], stacks[node_of(b)]) for i, (a, b) in factors.items()}
    return [gradients.get(i) for i in range(len(inputs))]


def _factors(x: Tensor) -> tuple[Tensor, Tensor] | None:
    """a and b, if x is the matrix aᵀ b of two matrices with a known number of columns."""
    node = node_of(x)
    if node.op.name != "matmul" or len(node.shape) != 2 or not all(isinstance(n, int) and n for n in node.shape):
        return None
    turned, b = node.inputs
    return (wrap(turned.inputs[0]), wrap(b)) if turned.op.name == "transpose" else None


def _step_gradients(body: Body, seeds: Mapping[int, Node]) -> list[Tensor | None]:
    """The gradient of a step with respect to each of its inputs, given those with respect to some of its outputs."""
    return backpropagate([(body.outputs[i], wrap(seed)) for i, seed in seeds.items()], body.inputs)[0]


@primitive(shape=_scan_rule, dtype=lambda *dtypes_, **attrs: dtypes.bool_, grad=_scan_grad)
def scan(body: Body, inputs: Sequence[Tensor], reverse: bool = False) -> Tensor:
    """Runs the body once for each element of the sequences: all results in one, of which `scan_result` takes one.

    Args:
        inputs: sequences, which are of equal length; initial states; what stays the same.
        reverse: begin with the last elements. What is stacked stands where the element stood that it was made of.
    """
    return build("scan", *map(node_of, inputs), body=body, reverse=reverse)


def _result_rule(loop: Shape, *, index: int, shape: Shape, dtype: type[DType], stacked: bool) -> Shape:
    return (*loop, *shape) if stacked else shape


def _result_dtype(loop: type[DType], *, index: int, shape: Shape, dtype: type[DType], stacked: bool) -> type[DType]:
    return dtype


def _result_grad(g: Tensor, y: Tensor, loop: Tensor, *, index: int, **attrs: object) -> tuple[Callable[[], Any]]:
    return (lambda: _Gradients({index: g}),)


@primitive(shape=_result_rule, dtype=_result_dtype, grad=_result_grad)
def scan_result(loop: Tensor, index: int) -> Tensor:
    """The last value of a state, or what the loop stacked: (steps, ...)."""
    body: Body = node_of(loop).attrs["body"]
    output = body.outputs[index]
    shape = output.shape
    if index < body.states:  # the first value and all others have this shape: take what is known of either
        first = node_of(loop).inputs[body.sequences + index].shape
        shape = tuple(map(dims.merge, first, shape))
    return build(
        "scan_result", node_of(loop), index=index, shape=shape, dtype=output.dtype, stacked=index >= body.states
    )


def _results(loop: Tensor) -> list[Tensor]:
    """Last states; states as they were before each step; what the loop stacks besides."""
    body: Body = node_of(loop).attrs["body"]
    return [scan_result(loop, i) for i in range(len(body.outputs))]


# Building a loop.


def _input(prefix: str, shape: Shape, dtype: type[DType], sparse: bool = False) -> Node:
    """A placeholder in a body. What is not known of its sizes is at least the same in all steps."""
    sizes = tuple(dims.anonymous() if d is None else d for d in shape)
    return node_of(build("placeholder", shape=sizes, dtype=dtype, name=fresh_name(prefix), sparse=sparse))


#: What is never an input of a loop: it is known, or will be before an engine sees the loop.
_CONSTANTS = ("constant", "learning_phase")


#: What a loop keeps of each step for the gradient, if that needs it: it takes longer to compute than to store.
_COSTLY: Final = frozenset(
    (
        *("conv", "cos", "erf", "exp", "expm1", "log", "log1p", "matmul", "power", "sigmoid", "sin", "softmax"),
        *("softplus", "sparse_dot", "tan", "tanh"),
    )
)


def _is_drawn(node: Node) -> bool:
    """True of numbers that are drawn anew each time."""
    return not node.op.merges and node.op.name not in ("assign", "placeholder", "variable")


class _Loop:
    """A loop that is being built: what its placeholders stand for, and what states become.

    Args:
        since: nodes whose serial is not above it come from outside.
    """

    def __init__(self, since: int | None = None) -> None:
        self._since = last_serial() if since is None else since
        self._elements: dict[Node, Node] = {}
        self._states: dict[Node, Node] = {}
        self._same: dict[Node, Node] = {}
        self._new: list[Node] = []
        self._inside: dict[Node, Node] = {}

    def element(self, sequence: Node, node: Node | None = None) -> Tensor:
        """What stands for an element of the sequence, instead of `node` if that is given."""
        placeholder = node
        if node is None or node.op.name != "placeholder":
            placeholder = _input("element", sequence.shape[1:], sequence.dtype)
        return self._stands_for(self._elements, sequence, placeholder, node)

    def state(self, initial: Tensor, placeholder: Node | None = None) -> Tensor:
        """What stands for a state before the step."""
        first = node_of(initial)
        return self._stands_for(self._states, first, placeholder or _input("state", first.shape, first.dtype))

    def same(self, value: Node, placeholder: Node | None = None) -> Node:
        """What stands for a value that is the same in all steps."""
        if placeholder is None:
            placeholder = _input("same", value.shape, value.dtype, bool(value.attrs.get("sparse")))
            placeholder.value = value.value
        self._stands_for(self._same, value, placeholder)
        return placeholder

    def _stands_for(self, role: dict[Node, Node], outside: Node, placeholder: Any, node: Node | None = None) -> Tensor:
        role[placeholder] = outside
        self._inside[node or placeholder] = placeholder
        return wrap(placeholder)

    def become(self, new: Tensor) -> None:
        """Says what a state becomes by the step: once for each state, in the order of the states."""
        self._new.append(node_of(new))

    def zeros_like(self, x: Tensor) -> Tensor:
        """Zeros in the shape of x, which is made in the step, for use outside."""
        sources = [(n, outside, 1) for n, outside in self._elements.items()]
        sources += [(n, outside, 0) for n, outside in self._states.items()]
        sizes = {
            size: shaping.dim(wrap(outside), axis + skipped)
            for node, outside, skipped in sources
            for axis, size in enumerate(node.shape)
        }
        shape = node_of(x).shape
        if all(isinstance(size, int) or size in sizes for size in shape):
            return zeros([size if isinstance(size, int) else sizes[size] for size in shape], x.dtype)
        return zeros_like(wrap(self._first_step(node_of(x))))

    def _first_step(self, node: Node) -> Node:
        """The node as the first step makes it."""
        made = {n: node_of(wrap(outside)[0]) for n, outside in self._elements.items()} | self._states
        for n in toposort([node], self._since):
            if n not in made:
                made[n] = _on_inputs(n, (made.get(i, i) for i in n.inputs))
        return made[node]

    def run(self, op_name: str, outputs: Sequence[Tensor], reverse: bool = False) -> tuple[list[Tensor], list[Tensor]]:
        """The last states, and the outputs of all steps, stacked.

        States as they were before each step, numbers drawn and what is costly are stacked too, for the gradient;
        what nobody asks for is left out when the loop is run.
        """
        for i, (before, new) in enumerate(zip(self._states, self._new)):
            _check_state(op_name, i, before, new)
        made = [*self._new, *map(node_of, outputs)]
        steps = [n for n in toposort(made, self._since) if n not in self._inside]
        kept = [n for n in steps if _is_drawn(n) or n.op.name in _COSTLY]
        closed = self._closed(op_name, [*self._new, *self._states, *kept, *map(node_of, outputs)])
        roles = (self._elements, self._states, self._same)
        body = Body(tuple(n for role in roles for n in role), closed, len(self._elements), len(self._states))
        found = _results(scan(body, [wrap(outside) for role in roles for outside in role.values()], reverse))
        return found[: len(self._states)], found[len(found) - len(outputs) :]

    def _closed(self, op_name: str, outputs: Sequence[Node]) -> tuple[Node, ...]:
        """The outputs on placeholders alone: what is the same in all steps is made outside, and becomes an input."""
        inside, outside = self._inside, dict(self._same)
        varying = set(inside) - set(outside)
        captured: dict[Node, Node] = {}

        def counterpart(node: Node) -> Node:
            if node in inside:
                return inside[node]
            if node.op.name in _CONSTANTS and (node.serial > self._since or not node.dtype.is_float):
                return node
            value = outside.get(node, node)
            if value not in captured:
                captured[value] = self.same(value)
            return captured[value]

        for node in toposort(outputs, self._since):
            if node.op.name == "assign":
                raise ArgumentError(
                    f"{op_name}: its function updates the variable {node.inputs[0].attrs['name']!r}, which a step "
                    "cannot do; give the new value back, and assign it after the loop"
                )
            if node in inside:
                continue
            if _is_drawn(node) or any(n in varying for n in node.inputs):
                varying.add(node)
                inside[node] = _on_inputs(node, map(counterpart, node.inputs))
            elif any(n in outside for n in node.inputs):
                outside[node] = _on_inputs(node, (outside.get(n, n) for n in node.inputs))
        return tuple(map(counterpart, outputs))


def _on_inputs(node: Node, inputs: Iterable[Node]) -> Node:
    others = tuple(inputs)
    return node if others == node.inputs else rebuild(node, others)


def _check_state(op_name: str, number: int, before: Node, new: Node) -> None:
    if len(before.shape) != len(new.shape) or not all(map(dims.same, before.shape, new.shape)):
        raise ShapeError(
            f"{op_name}: state {number} is of shape {dims.show(before.shape)} and becomes {dims.show(new.shape)}; "
            "a state must keep its shape"
        )
    if before.dtype is not new.dtype:
        raise DTypeError(
            f"{op_name}: state {number} is of {before.dtype} and becomes {new.dtype}; "
            "a state must keep its dtype: cast it"
        )


# map_fn, foldl, foldr.


def _is_several(value: object) -> TypeGuard[Sequence[Any]]:
    """True of lists and tuples with tensors or arrays in them; others are nested lists of numbers: one tensor."""
    return isinstance(value, (list, tuple)) and any(isinstance(v, (Expr, np.ndarray)) for v in value)


def _sequences(op_name: str, elems: object) -> list[Node]:
    """One node for each tensor of `elems`, all of which have as many elements."""
    names = [f"elems[{i}]" for i in range(len(elems))] if _is_several(elems) else ["elems"]
    nodes = [as_node(op_name, name, x) for name, x in zip(names, elems if _is_several(elems) else [elems])]
    for name, node in zip(names, nodes):
        if not node.shape:
            raise ShapeError(f"{op_name}: {name} is a scalar; it must have elements along a first axis")
        if not dims.same(node.shape[0], nodes[0].shape[0]):
            raise ShapeError(
                f"{op_name}: elems of shapes {' and '.join(dims.show(n.shape) for n in nodes)} "
                "do not have as many elements each"
            )
    return nodes


def _packed(values: Sequence[Tensor], several: bool) -> Any:
    """All values in a tuple, or the only one."""
    return tuple(values) if several else values[0]


@overload
def map_fn(
    fn: Callable[[Tensor], Tensor], elems: Tensor, name: str | None = ..., dtype: DTypeLike | None = ...
) -> Tensor: ...
@overload
def map_fn(
    fn: Callable[[Tensor], tuple[Tensor, ...] | list[Tensor]],
    elems: Tensor,
    name: str | None = ...,
    dtype: DTypeLike | Sequence[DTypeLike] | None = ...,
) -> tuple[Tensor, ...]: ...
@overload
def map_fn(
    fn: Callable[[tuple[Tensor, ...]], tuple[Tensor, ...] | list[Tensor]],
    elems: list[Tensor] | tuple[Tensor, ...],
    name: str | None = ...,
    dtype: DTypeLike | Sequence[DTypeLike] | None = ...,
) -> tuple[Tensor, ...]: ...
@overload
def map_fn(
    fn: Callable[[tuple[Tensor, ...]], TensorLike],
    elems: list[Tensor] | tuple[Tensor, ...],
    name: str | None = ...,
    dtype: DTypeLike | None = ...,
) -> Tensor: ...
@overload
def map_fn(
    fn: Callable[[Tensor], TensorLike], elems: TensorLike, name: str | None = ..., dtype: DTypeLike | None = ...
) -> Tensor: ...
def map_fn(
    fn: Callable[[Any], Any],
    elems: TensorLike,
    name: str | None = None,
    dtype: DTypeLike | Sequence[DTypeLike] | None = None,
) -> Tensors:
    """`fn` of each element along the first axis, stacked: (n, ...) -> (n, *shape of what fn gives).

    Args:
        fn: called once, with a placeholder for an element. It may give several tensors, in a tuple or list; then so
            does this function.
        elems: a tensor, or a list of tensors with as many elements each; then `fn` is called with a tuple.
        name: ignored.
        dtype: what the results are cast to, one dtype for all or one for each; by default they stay as they are.

    Raises:
        ShapeError: `elems` is a scalar, or its tensors do not have as many elements each.

    Source: Keras 2.3's `K.map_fn`.
    """
    loop = _Loop()
    elements = [loop.element(n) for n in _sequences("map_fn", elems)]
    made = fn(_packed(elements, _is_several(elems)))
    several = isinstance(made, (list, tuple))
    nodes = [as_node("map_fn", "what fn gives", x) for x in (made if several else [made])]
    if dtype is not None:
        wanted = list(dtype) if isinstance(dtype, (list, tuple)) else [dtype] * len(nodes)
        nodes = [cast_node(n, as_dtype(d)) for n, d in zip(nodes, wanted)]
    _, stacked = loop.run("map_fn", list(map(wrap, nodes)))
    result: Tensors = _packed(stacked, several)
    return result


def _fold(op_name: str, fn: Callable[[Any, Any], Any], elems: object, initializer: object, reverse: bool) -> Tensors:
    sequences = list(map(wrap, _sequences(op_name, elems)))
    several = _is_several(initializer)
    if initializer is None:
        if len(sequences) > 1:
            raise ArgumentError(f"{op_name}: elems are several tensors; give an initializer")
        if node_of(sequences[0]).shape[0] == 0:
            raise ShapeError(f"{op_name}: elems has no elements; give an initializer")
        initial = [x[-1] if reverse else x[0] for x in sequences]
        sequences = [x[:-1] if reverse else x[1:] for x in sequences]
    else:
        given: Sequence[Any] = initializer if _is_several(initializer) else [initializer]
        like = node_of(sequences[0]).dtype
        initial = [wrap(as_node(op_name, "initializer", x, like=like)) for x in given]
    loop = _Loop()
    elements = [loop.element(node_of(x)) for x in sequences]
    states = [loop.state(x) for x in initial]
    made = fn(_packed(states, several), _packed(elements, _is_several(elems)))
    new = list(made) if several else [made]
    if len(new) != len(states):
        raise ArgumentError(
            f"{op_name}: fn gave {len(new)} accumulators; it must give as many as it gets: {len(states)}"
        )
    for state, x in zip(states, new):
        loop.become(wrap(as_node(op_name, "what fn gives", x, like=node_of(state).dtype)))
    finals, _ = loop.run(op_name, [], reverse)
    result: Tensors = _packed(finals, several)
    return result


@overload
def foldl(
    fn: Callable[[tuple[Tensor, ...], Any], Sequence[TensorLike]],
    elems: TensorLike,
    initializer: tuple[Tensor, ...] | list[Tensor],
    name: str | None = ...,
) -> tuple[Tensor, ...]: ...
@overload
def foldl(
    fn: Callable[[Tensor, Any], TensorLike],
    elems: TensorLike,
    initializer: TensorLike | None = ...,
    name: str | None = ...,
) -> Tensor: ...
def foldl(
    fn: Callable[[Any, Any], Any], elems: TensorLike, initializer: TensorLike | None = None, name: str | None = None
) -> Tensors:
    """`fn(accumulator, element)` for each element along the first axis, from the first to the last; the last result.

    Args:
        fn: called once, with placeholders. What it gives has the accumulator's shape and dtype.
        elems: a tensor, or a list of tensors with as many elements each; then an element is a tuple.
        initializer: the first accumulator; by default the first element, where the fold then begins with the second.
            A list or tuple of tensors makes a tuple of the accumulator and of the result.
        name: ignored.

    Raises:
        ShapeError: `fn` changes the shape, or there is neither an element nor an initializer.
        DTypeError: `fn` changes the dtype.
        EngineError: when it is evaluated, if there turns out to be neither an element nor an initializer.

    Source: Keras 2.3's `K.foldl`.
    """
    return _fold("foldl", fn, elems, initializer, reverse=False)


@overload
def foldr(
    fn: Callable[[tuple[Tensor, ...], Any], Sequence[TensorLike]],
    elems: TensorLike,
    initializer: tuple[Tensor, ...] | list[Tensor],
    name: str | None = ...,
) -> tuple[Tensor, ...]: ...
@overload
def foldr(
    fn: Callable[[Tensor, Any], TensorLike],
    elems: TensorLike,
    initializer: TensorLike | None = ...,
    name: str | None = ...,
) -> Tensor: ...
def foldr(
    fn: Callable[[Any, Any], Any], elems: TensorLike, initializer: TensorLike | None = None, name: str | None = None
) -> Tensors:
    """As `foldl`, from the last element to the first. Source: Keras 2.3's `K.foldr`."""
    return _fold("foldr", fn, elems, initializer, reverse=True)


# rnn.


class _Sample(NamedTuple):
    """What `rnn` goes through, time first."""

    inputs: Tensor
    mask: Tensor | None


def rnn(
    step_function: StepFunction,
    inputs: TensorLike,
    initial_states: Sequence[TensorLike],
    go_backwards: bool = False,
    mask: TensorLike | None = None,
    constants: Sequence[TensorLike] | None = None,
    unroll: bool = False,
    input_length: int | None = None,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Goes through time: (batch, time, ...) -> the last output, all outputs (batch, time, ...), and the last states.

    Args:
        step_function: `(input (batch, ...), states) -> (output (batch, ...), new states)`. Called once, with
            placeholders; if unrolled, once for each step. New states have the old ones' shapes and dtypes.
        initial_states: any number, of any shapes; with a mask, their first axis is the batch.
        go_backwards: begin with the last step in time; outputs come in the order in which they are made.
        mask: (batch, time) or (batch, time, 1). Where it is 0, states are kept, and the output is the one before; zeros
            if there was none.
        constants: tensors that the step gets after the states.
        unroll: write the steps out, one after the other, instead of a loop. The number of steps must be known.
        input_length: the number of steps, if it is not known from the inputs; needed to unroll only.

    Raises:
        ShapeError: the inputs have no time axis, the mask does not fit, or a state changes its shape.
        DTypeError: a state changes its dtype.
        ArgumentError: the step gives another number of states, or the steps to unroll are not known.

    Source: Keras 2.3's `K.rnn` on TensorFlow.
    """
    sample = _in_time(wrap(as_node("rnn", "inputs", inputs)), mask, go_backwards)
    like = node_of(sample.inputs).dtype
    states = [
        wrap(as_node("rnn", f"initial_states[{i}]", s, like if like.is_float else None))
        for i, s in enumerate(initial_states)
    ]
    fixed = [wrap(as_node("rnn", f"constants[{i}]", c)) for i, c in enumerate(constants or ())]

    made: list[object] = []

    def step(x: Tensor, before: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        result = step_function(x, [*before, *fixed])
        checked = _checked_step(result, before)
        made.append(result[0])
        return checked

    if unroll:
        last, outputs, finals = _unrolled(step, sample, states, input_length)
    else:
        last, outputs, finals = _looped(step, sample, states)
    if any(map(has_phase, made)):
        with_phase(last)
    return last, shaping.swap_axes(outputs, 0, 1), finals


#: A step of `rnn` whose results are checked.
_Step: TypeAlias = "Callable[[Tensor, Sequence[Tensor]], tuple[Tensor, list[Tensor]]]"


def _in_time(inputs: Tensor, mask: TensorLike | None, go_backwards: bool) -> _Sample:
    """Inputs and mask with time first, in the order in which steps are made."""
    if inputs.ndim < 2:
        raise ShapeError(f"rnn: inputs must be (batch, time, ...), not {dims.show(node_of(inputs).shape)}")
    parts = [inputs]
    if mask is not None:
        node = cast_node(as_node("rnn", "mask", mask), dtypes.bool_)
        whole = node_of(inputs).shape
        if len(node.shape) < 2 or not all(map(dims.same, node.shape[:2], whole)):
            raise ShapeError(
                f"rnn: the mask of shape {dims.show(node.shape)} does not have one entry for each step of inputs "
                f"{dims.show(whole)}: it must be (batch, time) or (batch, time, 1)"
            )
        parts.append(wrap(node))
    parts = [shaping.swap_axes(x, 0, 1) for x in parts]
    if go_backwards:
        parts = [reversed_along(x, 0) for x in parts]
    return _Sample(parts[0], parts[1] if mask is not None else None)


def _checked_step(made: Any, before: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    if not isinstance(made, (list, tuple)) or len(made) != 2 or not isinstance(made[1], (list, tuple)):
        raise ArgumentError(f"rnn: step_function must give (output, list of new states), not {made!r:.80}")
    output, new = made
    if len(new) != len(before):
        raise ArgumentError(f"rnn: step_function was given {len(before)} states and gave {len(new)} new ones")
    node = as_node("rnn", "the step's output", output)
    if not node.shape:
        raise ShapeError("rnn: the step's output is a scalar; it must be (batch, ...)")
    states = [as_node("rnn", f"new state {i}", s, node_of(old).dtype) for i, (s, old) in enumerate(zip(new, before))]
    for i, (old, state) in enumerate(zip(before, states)):
        _check_state("rnn", i, node_of(old), state)
    return wrap(node), list(map(wrap, states))


def _masked(mask: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """New samples where the mask is true, old ones elsewhere."""
    while mask.ndim < new.ndim:
        mask = shaping.expand_dims(mask, -1)
    return where(mask, new, old)


def _looped(step: _Step, sample: _Sample, states: Sequence[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
    loop = _Loop()
    x = loop.element(node_of(sample.inputs))
    mask = None if sample.mask is None else loop.element(node_of(sample.mask))
    before = [loop.state(s) for s in states]
    output, new = step(x, before)
    if mask is None:
        for state in new:
            loop.become(state)
        finals, (outputs,) = loop.run("rnn", [output])
        same = next((i for i, state in enumerate(new) if node_of(state) is node_of(output)), None)
        return (outputs[-1] if same is None else finals[same]), outputs, finals  # a state needs no stack
    previous = loop.state(loop.zeros_like(output))
    kept = _masked(mask, output, previous)
    for state, old in zip(new, before):
        loop.become(_masked(mask, state, old))
    loop.become(kept)
    (*finals, last), (outputs,) = loop.run("rnn", [kept])
    return last, outputs, finals


def _unrolled(
    step: _Step, sample: _Sample, states: Sequence[Tensor], input_length: int | None
) -> tuple[Tensor, Tensor, list[Tensor]]:
    known = node_of(sample.inputs).shape[0]
    length = known if isinstance(known, int) else input_length
    if not length:
        raise ArgumentError(
            f"rnn: cannot unroll {'no' if length == 0 else 'an unknown number of'} steps; "
            "say how many there are with input_length, or do without unroll"
        )
    outputs: list[Tensor] = []
    current = list(states)
    for t in range(length):
        output, new = step(sample.inputs[t], current)
        if sample.mask is not None:
            mask = sample.mask[t]
            output = _masked(mask, output, outputs[-1] if outputs else zeros_like(output))
            new = [_masked(mask, state, old) for state, old in zip(new, current)]
        outputs.append(output)
        current = new
    return outputs[-1], shaping.stack(outputs), current
