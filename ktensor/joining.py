"""Gradients of neighbouring slices, side by side: joined, where they would be padded with zeros and added up."""

from __future__ import annotations

from typing import NamedTuple

from . import dims
from .graph import Node, build, node_of, rebuild

__all__ = ["with_joined_slices"]


class _Span(NamedTuple):
    """Where along an axis a slice lies; None is the end."""

    start: int
    stop: int | None


def with_joined_slices(node: Node) -> Node:
    """The counterpart of an addition."""
    first, second = node.inputs
    for a, b in ((first, second), (second, first)):
        if a.op.name == "unslice" and (joined := _joined(a, b)) is not None:
            return joined
        if a.op.name == "unslice" and b.op.name == "add":
            for near, far in (b.inputs, b.inputs[::-1]):
                if (joined := _joined(a, near)) is not None and dims.equal(far.shape, node.shape):
                    return with_joined_slices(rebuild(node, (joined, far)))
    return node


def _joined(a: Node, b: Node) -> Node | None:
    """The sum of two, if they are gradients of slices one of which begins where the other ends."""
    if b.op.name != "unslice" or len(a.inputs) > 2 or len(b.inputs) > 2 or not dims.equal(a.shape, b.shape):
        return None
    items = list(zip(a.attrs["items"], b.attrs["items"]))
    axes = [axis for axis, (one, other) in enumerate(items) if one != other]
    if len(axes) != 1:
        return None
    axis = axes[0]
    one, other = (_span(item, a.shape[axis]) for item in items[axis])
    if one is None or other is None:
        return None
    left, right = a, b
    if one.start > other.start:
        one, other, left, right = other, one, b, a
    if one.stop != other.start:
        return None
    parts = [part for node in (left, right) for part in _parts(node.inputs[0], axis)]
    joined = node_of(build("concatenate", *parts, axis=axis))
    if dims.equal(joined.shape, a.shape):
        return joined
    whole = (*a.attrs["items"][:axis], (one.start, other.stop, 1), *a.attrs["items"][axis + 1 :])
    return node_of(build("unslice", joined, a.inputs[1], items=whole))


def _span(item: tuple[object, object, object], size: object) -> _Span | None:
    """What a slice of an axis of that size takes, if it takes neighbours and says where in known numbers."""
    first, last, step = item
    if step != 1 or not isinstance(first, (int, type(None))) or not isinstance(last, (int, type(None))):
        return None
    start = _from_front(first or 0, size)
    stop = size if last is None and isinstance(size, int) else last
    stop = stop if stop is None else _from_front(stop, size)
    return None if start < 0 or (stop is not None and stop < start) else _Span(start, stop)


def _from_front(place: int, size: object) -> int:
    """The place counted from the front; still negative if the size is not known."""
    if not isinstance(size, int):
        return place
    return min(place, size) if place >= 0 else max(place + size, 0)


def _parts(node: Node, axis: int) -> tuple[Node, ...]:
    return node.inputs if node.op.name == "concatenate" and node.attrs["axis"] == axis else (node,)
