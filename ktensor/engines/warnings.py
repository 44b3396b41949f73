"""NumPy warns of divisions by zero and of what is no number; tensors have inf and nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

__all__ = ["without_warnings"]

Run: TypeAlias = Callable[[Any], Any]


def _with_errstate(run: Run) -> Run:
    def quiet(argument: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(argument)

    return quiet


def _with_errobj(run: Run) -> Run:
    """NumPy 1 takes microseconds for `errstate`, which is written in Python there; this is what is behind it."""
    get: Callable[[], list[Any]] = np.geterrobj
    put: Callable[[list[Any]], None] = np.seterrobj
    with np.errstate(all="ignore"):
        ignoring = get().copy()

    def quiet(argument: Any) -> Any:
        before = get()
        put(ignoring.copy())  # `errstate` inside would write into it
        try:
            return run(argument)
        finally:
            put(before)

    return quiet


#: The function of one argument, made not to warn.
without_warnings: Final = _with_errobj if hasattr(np, "geterrobj") else _with_errstate
