"""What bodies compute while they are run, for whoever wants to see it: `python -m ktensor shapes` does.

Nothing is kept unless `recording()` is in force.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mypy.nodes import Node
from mypy.types import Type

from ..graph import Expr
from .apply import _merged

if TYPE_CHECKING:
    from .interpreter import Closure

__all__ = ["Recorder", "begin", "note", "recording"]


class _Run:
    """One run of a body, for one choice of what is not known."""

    def __init__(self, closure: Closure, chosen: Mapping[Hashable, Any]) -> None:
        self.closure, self.chosen = closure, chosen
        #: What each node was, each time.
        self.values: dict[Node, list[Any]] = {}


class Recorder:
    """All runs of all bodies."""

    def __init__(self) -> None:
        # `chosen` is one object throughout a run, also in the functions that its body calls.
        self.runs: dict[int, _Run] = {}

    def types(self) -> dict[Node, list[Type]]:
        """The types that each node had, as many as there were calls."""
        found: dict[Node, list[Type]] = {}
        groups: dict[int, list[_Run]] = {}
        for run in self.runs.values():
            groups.setdefault(id(run.closure), []).append(run)
        for runs in groups.values():
            closure = runs[0].closure
            # Runs that stopped at something to choose were run again with that chosen too.
            most = max(len(run.chosen) for run in runs)
            full = [run for run in runs if len(run.chosen) == most]
            for node in dict.fromkeys(node for run in full for node in run.values):
                found.setdefault(node, []).extend(_types(closure, node, full))
        return found


def _types(closure: Closure, node: Node, runs: list[_Run]) -> Iterator[Type]:
    lists = [(run.chosen, run.values[node]) for run in runs if node in run.values]
    for time in range(min(len(values) for _, values in lists)):
        t = _merged(closure.api, [(chosen, values[time]) for chosen, values in lists])
        if t is not None:
            yield t


_current: list[Recorder] = []


@contextmanager
def recording() -> Iterator[Recorder]:
    """Keeps what bodies compute meanwhile."""
    _current.append(Recorder())
    try:
        yield _current[-1]
    finally:
        _current.pop()


def begin(closure: Closure, chosen: Mapping[Hashable, Any]) -> None:
    """A body is about to be run; it may be the body of a function that another body calls."""
    if _current:
        _current[-1].runs.setdefault(id(chosen), _Run(closure, chosen))


def note(chosen: Mapping[Hashable, Any], node: Node, value: Any) -> None:
    """A body that is run has computed the value of a node."""
    run = _current[-1].runs.get(id(chosen)) if _current else None
    if run is not None and _has_tensor(value):
        run.values.setdefault(node, []).append(value)


def _has_tensor(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_has_tensor, value))
    return isinstance(value, Expr)
