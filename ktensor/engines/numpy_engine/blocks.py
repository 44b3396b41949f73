"""Runs a function of arrays on a block of rows at a time, on all processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..buffers import empty

__all__ = ["in_blocks"]

Array: TypeAlias = npt.NDArray[Any]
Function: TypeAlias = Callable[..., tuple[Array, ...]]

#: Of an operand, so many bytes are taken at a time: a block is still in the cache when the next op reads it, and takes
#: long to compute against handing the interpreter's lock from thread to thread.
_BLOCK: Final = 2**19
#: Smaller arrays are done before a thread has come to help.
_WORTH_THREADS: Final = 2**19


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
        flat = in_blocks(function, aligned, False, [x.reshape(-1) if a else x for x, a in zip(operands, aligned)])
        return [result.reshape(shape) for result in flat]
    rows = shape[0]
    step = max(1, _BLOCK * rows // max(x.nbytes for x in rowed))
    if step >= rows or any(len(x) != rows for x in rowed):  # sizes that were unknown are 1
        return function(*operands)

    def cut(part: slice) -> list[Array]:
        return [x[part] if is_aligned else x for x, is_aligned in zip(operands, aligned)]

    parts = cut(slice(step))
    results: list[Array] = []
    new: list[tuple[int, Array]] = []
    for i, block in enumerate(function(*parts)):
        over = next((x for x, part in zip(operands, parts) if part is block), None)
        results.append(empty((rows, *block.shape[1:]), block.dtype) if over is None else over)
        if over is None:  # else it was written over an operand
            new.append((i, results[i]))
            results[i][:step] = block

    def compute(begin: int) -> None:
        part = slice(begin, begin + step)
        blocks = function(*cut(part))
        for i, result in new:
            result[part] = blocks[i]

    _in_parts(compute, range(step, rows, step), max(x.size for x in rowed) >= _WORTH_THREADS)
    return results


def _is_flat(shape: tuple[int, ...], aligned: Sequence[bool], operands: Sequence[Array]) -> bool:
    return all(
        x.shape == shape and x.flags.c_contiguous if is_aligned else not x.ndim
        for x, is_aligned in zip(operands, aligned)
    )


def _in_parts(work: Callable[[int], None], numbers: Sequence[int], threads: bool) -> None:
    """Does the work for each number. This thread does all that no other comes to do."""
    todo = iter(numbers)

    def take() -> None:
        with np.errstate(all="ignore"):  # a setting of each thread's own
            for number in todo:
                work(number)

    count = min(_processors(), len(numbers)) - 1 if threads else 0
    helpers = [_pool().submit(take) for _ in range(count)]
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
