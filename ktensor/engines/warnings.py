"""NumPy warns of divisions by zero and of what is no number; tensors have inf and nan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from .base import Evaluated, Program, walk

if TYPE_CHECKING:
    from ..graph import Node

__all__ = ["QUIETLY", "walker", "without_warnings"]

Run: TypeAlias = Callable[[Any], Any]


def _with_errstate(run: Run) -> Run:
    def quiet(argument: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(argument)

    return quiet


def _ignoring() -> list[Any]:
    with np.errstate(all="ignore"):
        found: list[Any] = np.geterrobj()
        return found.copy()


def _with_errobj(run: Run) -> Run:
    """NumPy 1 takes microseconds for `errstate`, which is written in Python there; this is what is behind it."""
    get: Callable[[], list[Any]] = np.geterrobj
    put: Callable[[list[Any]], None] = np.seterrobj
    ignoring = _ignoring()

    def quiet(argument: Any) -> Any:
        before = get()
        put(ignoring.copy())  # `errstate` inside would write into it
        try:
            return run(argument)
        finally:
            put(before)

    return quiet


_OLD: Final = hasattr(np, "geterrobj")
#: The function of one argument, made not to warn.
without_warnings: Final = _with_errobj if _OLD else _with_errstate


class Quietly(NamedTuple):
    """The same for code that is written out: the lines before it, what is to be done after it, and what they name."""

    before: Sequence[str]
    after: str
    names: Mapping[str, Any]


def _quietly() -> Quietly:
    if not _OLD:
        before = ("quiet = errstate(all='ignore')", "quiet.__enter__()")
        return Quietly(before, "quiet.__exit__(None, None, None)", {"errstate": np.errstate})
    names = {"get_errors": np.geterrobj, "set_errors": np.seterrobj}
    return Quietly(("errors = get_errors()", f"set_errors({_ignoring()})"), "set_errors(errors)", names)


QUIETLY: Final = _quietly()


def walker(step: Callable[[Node, list[Any]], Any]) -> Callable[[tuple[Program, Sequence[Any]]], Evaluated]:
    """`walk` of a program and its feeds, which computes a node by NumPy, and so must not warn."""
    return without_warnings(lambda given: walk(given[0], dict(zip(given[0].inputs, given[1])), step))
