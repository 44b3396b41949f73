"""NumPy warns of divisions by zero and of what is no number; tensors have inf and nan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from .base import Evaluated, Program, walk

if TYPE_CHECKING:
    from ..graph import Node

__all__ = ["walker", "without_warnings"]

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


def walker(step: Callable[[Node, list[Any]], Any]) -> Callable[[tuple[Program, Sequence[Any]]], Evaluated]:
    """`walk` of a program and its feeds, which computes a node by NumPy, and so must not warn."""
    return without_warnings(lambda given: walk(given[0], dict(zip(given[0].inputs, given[1])), step))
