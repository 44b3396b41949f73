"""Runs a function of arrays on a block of rows at a time, on all processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["in_blocks"]

Array: TypeAlias = npt.NDArray[Any]
Function: TypeAlias = Callable[..., tuple[Array, ...]]

#: Of an operand, so many bytes are taken at a time: a few such blocks fit into a processor's own cache, and computing
#: one takes long against handing the interpreter's lock from thread to thread.
_BLOCK: Final = 2**18


def in_blocks(function: Function, aligned: Sequence[bool], is_flat: bool, operands: Sequence[Array]) -> Sequence[Array]:
    """`function(*operands)`, computed on some rows at a time.

    Args:
        aligned: for each operand, whether row `i` of the results follows from its row `i`, or else from all of it.
        is_flat: the function is elementwise.
    """
    first = operands[aligned.index(True)]
    shape = first.shape
    rowed = [x for x, is_aligned in zip(operands, aligned) if is_aligned]
    if is_flat and len(shape) > 1 and _is_flat(shape, aligned, operands):
        results = in_blocks(function, aligned, False, [x.reshape(-1) if a else x for x, a in zip(operands, aligned)])
        return [result.reshape(shape) for result in results]
    rows = shape[0]
    step = max(1, _BLOCK * rows // max(x.nbytes for x in rowed))
    if step >= rows or any(len(x) != rows for x in rowed):  # sizes that were unknown are 1
        return function(*operands)
    start = function(*[x[:step] if a else x for x, a in zip(operands, aligned)])
    results = [np.empty((rows, *block.shape[1:]), block.dtype) for block in start]
    for result, block in zip(results, start):
        result[:step] = block

    def compute(begin: int) -> None:
        part = slice(begin, begin + step)
        for result, block in zip(results, function(*[x[part] if a else x for x, a in zip(operands, aligned)])):
            result[part] = block

    _share(compute, range(step, rows, step))
    return results


def _is_flat(shape: tuple[int, ...], aligned: Sequence[bool], operands: Sequence[Array]) -> bool:
    return all(
        x.shape == shape and x.flags.c_contiguous if is_aligned else not x.ndim
        for x, is_aligned in zip(operands, aligned)
    )


def _share(work: Callable[[int], None], numbers: Sequence[int]) -> None:
    """Does the work for each number. This thread does all that no other comes to do."""
    todo = iter(numbers)

    def take() -> None:
        with np.errstate(all="ignore"):  # a setting of each thread's own
            for number in todo:
                work(number)

    helpers = [_pool().submit(take) for _ in range(min(_processors(), len(numbers)) - 1)]
    take()
    for helper in helpers:
        if not helper.cancel():
            helper.result()


@cache
def _processors() -> int:
    """How many threads are to work: as OMP_NUM_THREADS says, or one for each processor."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdigit():
        return max(1, int(told))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, _processors() - 1), thread_name_prefix="ktensor")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads are not inherited
