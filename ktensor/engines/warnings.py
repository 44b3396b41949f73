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


class Quietly(NamedTuple):
    """How code that is written out keeps NumPy from warning: by lines before it, one after it, and what they name."""

    before: Sequence[str]
    after: str
    names: Mapping[str, Any]


def _quietly() -> Quietly:
    if not hasattr(np, "geterrobj"):
        before = ("quiet = errstate(all='ignore')", "quiet.__enter__()")
        return Quietly(before, "quiet.__exit__(None, None, None)", {"errstate": np.errstate})
    # NumPy 1 takes microseconds for `errstate`, which is written in Python there; this is what is behind it.
    with np.errstate(all="ignore"):
        ignoring = list(np.geterrobj())
    names = {"get_errors": np.geterrobj, "set_errors": np.seterrobj}
    # A list of its own each time: `errstate` inside would write into it.
    return Quietly(("errors = get_errors()", f"set_errors({ignoring})"), "set_errors(errors)", names)


QUIETLY: Final = _quietly()


def without_warnings(run: Run) -> Run:
    """The function of one argument, made not to warn."""
    known = {**QUIETLY.names, "run": run}
    lines = (*QUIETLY.before, "try: return run(argument)", f"finally: {QUIETLY.after}")
    exec("def quietly(argument):\n" + "".join(f" {line}\n" for line in lines), known)
    return known["quietly"]  # type: ignore[no-any-return]  # made by exec


def walker(step: Callable[[Node, list[Any]], Any]) -> Callable[[tuple[Program, Sequence[Any]]], Evaluated]:
    """`walk` of a program and its feeds, which computes a node by NumPy, and so must not warn."""
    return without_warnings(lambda given: walk(given[0], dict(zip(given[0].inputs, given[1])), step))
