"""A loop over NumPy arrays, for the engines that run loops in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import dims
from ..graph import Body
from .buffers import empty

__all__ = ["run_loop"]

Array: TypeAlias = npt.NDArray[Any]
#: A step of a loop, of its inputs and of places for what is stacked.
Step: TypeAlias = Callable[[Sequence[Array], Sequence["Array | None"]], Sequence[Array]]


def run_loop(body: Body, handles: Sequence[Array], reverse: bool, step: Step) -> tuple[Array, ...]:
    """The last states, and what is stacked, all in memory of their own.

    Args:
        handles: sequences, initial states, and what stays the same; only the latter may be sparse.
        step: gives the body's outputs for its inputs. They may share memory with the inputs. What is stacked may be
            written to the places that are passed, too, or else is copied there.
    """
    sequences, states, same = body.split(handles)
    count = body.states
    length = len(sequences[0])
    if any(len(x) != length for x in sequences):
        raise ValueError(f"there are sequences of {' and '.join(str(len(x)) for x in sequences)} elements")
    same = [_in_order(x) for x in same]
    unsure = [i for i in range(count) if not dims.equal(body.inputs[body.sequences + i].shape, body.outputs[i].shape)]
    stacks: list[Array] | None = None
    nowhere: list[Array | None] = [None] * (len(body.outputs) - count)
    rooms: Iterator[Sequence[Array | None]] = repeat(nowhere)
    for elements in zip(*[_elements(x, reverse) for x in sequences]):
        places = next(rooms)
        results = step([*elements, *states, *same], places)
        for k in unsure:
            if states[k].shape != results[k].shape:
                raise ValueError(f"state {k} changes its shape from {states[k].shape} to {results[k].shape}")
        states = results[:count]
        if stacks is None:
            stacks = [empty((length, *r.shape), r.dtype) for r in results[count:]]
            rooms = zip(*[_elements(x, reverse) for x in stacks]) if stacks else repeat(())
            places = next(rooms)
        for place, result in zip(places, results[count:]):
            if place is not None and result is not place:
                place[...] = result
    if stacks is None:
        stacks = _empty(body, sequences, states, same, lambda inputs: step(inputs, nowhere))
    return (*map(np.array, states), *stacks)


def _in_order(x: Any) -> Any:
    """A dense array in C's order, in which products take it faster, time after time."""
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) and x.ndim > 1 else x


def _elements(sequence: Array, reverse: bool) -> Iterable[Array]:
    """One after the other, as arrays, of scalars too."""
    turned = sequence[::-1] if reverse else sequence
    return turned if turned.ndim > 1 else (turned[i, ...] for i in range(len(turned)))


def _empty(
    body: Body,
    sequences: Sequence[Array],
    states: Sequence[Array],
    same: Sequence[Array],
    step: Callable[[Sequence[Array]], Sequence[Array]],
) -> list[Array]:
    """What is stacked where there are no steps. Sizes that are not known are those of a step on zeros."""
    if len(body.outputs) == body.states:
        return []
    results = step([*[np.zeros(x.shape[1:], x.dtype) for x in sequences], *states, *same])
    return [np.empty((0, *result.shape), result.dtype) for result in results[body.states :]]
