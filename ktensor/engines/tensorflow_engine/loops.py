"""Loops as TensorFlow has them: `tf.while_loop`, with what is stacked in a `TensorArray`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ... import dims
from ...graph import Body, toposort
from ..base import Program, walk
from .lowerings import Handle, raw, static_shape, tf

if TYPE_CHECKING:
    from ...graph import Node

__all__ = ["scan"]


def scan(compute: Callable[[Node, list[Handle]], Handle], node: Node, *handles: Handle) -> tuple[Handle, ...]:
    """The last states, and what is stacked. `compute` gives the handle of a node of the body."""
    body: Body = node.attrs["body"]
    sequences, initial, same = body.split(handles)
    program = Program(body.inputs, body.outputs, order=tuple(toposort(body.outputs)))
    stacked = body.outputs[body.states :]
    length = _length(sequences)

    def step(elements: Sequence[Handle], states: Sequence[Handle]) -> list[Handle]:
        return walk(program, dict(zip(body.inputs, [*elements, *states, *same], strict=True)), compute)[0]

    def advance(count: Handle, states: list[Handle], arrays: list[Handle]) -> tuple[Handle, list[Handle], list[Handle]]:
        position = length - 1 - count if node.attrs["reverse"] else count
        made = step([_element(x, position) for x in sequences], states)
        kept = [_kept(body, i, new, states[i]) for i, new in enumerate(made[: body.states])]
        return count + 1, kept, [a.write(position, x) for a, x in zip(arrays, made[body.states :], strict=True)]

    def nothing() -> list[Handle]:
        made = step([tf.zeros(tf.shape(x)[1:], x.dtype) for x in sequences], initial)
        return [tf.zeros(tf.concat([[0], tf.shape(x)], 0), x.dtype) for x in made[body.states :]]

    arrays = [tf.TensorArray(n.dtype.name, length, element_shape=static_shape(n)) for n in stacked]
    before = body.inputs[body.sequences : body.sequences + body.states]
    _, finals, arrays = tf.while_loop(
        lambda count, *others: count < length,
        advance,
        (tf.constant(0), list(initial), arrays),
        (tf.TensorShape([]), [static_shape(n) for n in before], [tf.TensorShape(None) for _ in arrays]),
    )
    if all(static_shape(n).is_fully_defined() for n in stacked):
        return (*finals, *(a.stack() for a in arrays))
    # Without an element an array does not know the shape of its elements, so it is that of a step on zeros.
    return (*finals, *tf.cond(length > 0, lambda: [a.stack() for a in arrays], nothing))


def _length(sequences: Sequence[Handle]) -> Handle:
    """How many steps there are; checked to be the same for all sequences."""
    lengths = [tf.shape(x)[0] for x in sequences]
    if len({x.shape[0] for x in sequences}) == 1 and sequences[0].shape[0] is not None:
        return lengths[0]
    total = lengths[0]
    for length in lengths[1:]:
        total = _checked(total, total == length, "there are sequences of {} and {} elements", total, length)
    return total


def _checked(x: Handle, holds: Handle, message: str, *values: Handle) -> Handle:
    """x, if that holds. A compiled program that fails runs again eagerly, for the sake of the message."""
    if not tf.executing_eagerly():
        with tf.control_dependencies([tf.debugging.Assert(holds, [message])]):
            return tf.identity(x)
    if not holds:
        raise ValueError(message.format(*(value.numpy().tolist() for value in values)))
    return x


def _element(x: Handle, position: Handle) -> Handle:
    return raw.GatherV2(params=x, indices=position, axis=tf.constant(0))


def _kept(body: Body, number: int, new: Handle, old: Handle) -> Handle:
    """The new state, whose shape is checked to be the old one's unless that is certain."""
    if dims.equal(body.inputs[body.sequences + number].shape, body.outputs[number].shape):
        return new
    holds, message = (
        tf.reduce_all(tf.shape(new) == tf.shape(old)),
        f"state {number} changes its shape from {{}} to {{}}",
    )
    kept = _checked(new, holds, message, tf.shape(old), tf.shape(new))
    kept.set_shape(old.shape)
    return kept
