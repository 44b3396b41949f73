"""Memory for large results, taken again once nobody refers to it: the system gives new pages slowly."""

from __future__ import annotations

import math
import sys
from threading import Lock
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["LARGE", "copied", "empty"]

Array: TypeAlias = npt.NDArray[Any]
_Block: TypeAlias = npt.NDArray[np.uint8]

#: In bytes: the heap has smaller arrays at hand; and what is kept here is no more than this together.
LARGE: Final = 2**18
_KEPT: Final = 2**26

_lock: Final = Lock()
#: The memory that was given out, longest ago first. All arrays in it refer to it.
_blocks: Final[list[_Block]] = []


_SAMPLE: Final = [np.empty(0, np.uint8)]
#: How often a block is referred to that no array is in: by its list, and by the call that counts.
_FREE: Final = sys.getrefcount(_SAMPLE[0])
#: Without the interpreter's lock, counts are not exact.
_IS_EXACT: Final[bool] = getattr(sys, "_is_gil_enabled", lambda: True)()


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """`np.empty`. A large array is a view of memory that nobody used any more, if there was some of its size.

    Never waits for another thread: without the lock, it gives what the system gives.
    """
    size = math.prod(shape) * dtype.itemsize
    if not (LARGE <= size <= _KEPT and _IS_EXACT and _lock.acquire(blocking=False)):
        return np.empty(shape, dtype)
    try:
        return _block(size).view(dtype).reshape(shape)
    finally:
        _lock.release()


def copied(array: Array) -> Array:
    """A copy in such memory."""
    copy = empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def _block(size: int) -> _Block:
    for i in range(len(_blocks)):
        if _blocks[i].nbytes == size and sys.getrefcount(_blocks[i]) == _FREE:
            _blocks.append(_blocks.pop(i))
            return _blocks[-1]
    block = np.empty(size, np.uint8)
    excess = size + sum(kept.nbytes for kept in _blocks) - _KEPT
    while excess > 0:
        excess -= _blocks.pop(0).nbytes
    _blocks.append(block)
    return block
