"""A loop over NumPy arrays, for the engines that run loops in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import dims
from ..graph import Body

__all__ = ["run_loop"]

Array: TypeAlias = npt.NDArray[Any]


def run_loop(
    body: Body, handles: Sequence[Array], reverse: bool, step: Callable[[Sequence[Array]], Sequence[Array]]
) -> tuple[Array, ...]:
    """The last states, and what is stacked, all in memory of their own.

    Args:
        handles: sequences, initial states, and what stays the same; only the latter may be sparse.
        step: gives the body's outputs for its inputs. They may share memory with the inputs.
    """
    sequences, states, same = body.split(handles)
    count = body.states
    length = len(sequences[0])
    if any(len(x) != length for x in sequences):
        raise ValueError(f"there are sequences of {' and '.join(str(len(x)) for x in sequences)} elements")
    unsure = [i for i in range(count) if not dims.equal(body.inputs[body.sequences + i].shape, body.outputs[i].shape)]
    stacks: list[Array] | None = None
    for i in reversed(range(length)) if reverse else range(length):
        results = step([*[x[i, ...] for x in sequences], *states, *same])  # arrays, of scalars too
        for k in unsure:
            if states[k].shape != results[k].shape:
                raise ValueError(f"state {k} changes its shape from {states[k].shape} to {results[k].shape}")
        states = results[:count]
        if stacks is None:
            stacks = [np.empty((length, *r.shape), r.dtype) for r in results[count:]]
        for stack, result in zip(stacks, results[count:]):
            stack[i] = result
    if stacks is None:
        stacks = _empty(body, sequences, states, same, step)
    return (*map(np.array, states), *stacks)


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
