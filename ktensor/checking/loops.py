"""Loops over layers of different sizes: `for layer in layers: x = layer(x)` is run, layer by layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from mypy.nodes import CallExpr, Context, ForStmt, NameExpr, Var
from mypy.types import UnionType, get_proper_type

from ..errors import DTypeError, KTensorError
from . import reading
from .apply import REPORTED
from .interpreter import run_loop, static_value
from .report import DTYPE, SHAPE, fail_at
from .source import declared_type, source_of
from .translate import Checker

__all__ = ["check_loop", "is_mixed"]


def loop_around(api: Checker, line: int) -> ForStmt | None:
    """The outermost loop that the line is in."""
    return source_of(api).loop_at.get(line)


def is_mixed(api: Checker, call: Any) -> bool:
    """True if what is called is a loop's variable that mypy takes for one of several layers."""
    callee = call.callee if isinstance(call, CallExpr) else None
    if not isinstance(callee, NameExpr) or callee.node not in source_of(api).loops:
        return False
    found = api.lookup_type_or_none(callee)
    return found is not None and isinstance(get_proper_type(found), UnionType)


class _Run(NamedTuple):
    """What came of a loop: what its variables hold after it, or the first misfit."""

    names: dict[Any, Any] | None = None
    error: KTensorError | None = None


_runs: dict[tuple[ForStmt, tuple[Any, ...]], _Run] = {}
_runs_of: list[Any] = []


def check_loop(api: Checker, line: int) -> None:
    """Runs the loop around a line, if there is one and its passes are known, and reports the first misfit."""
    loop = loop_around(api, line)
    error = _run(api, loop).error if loop is not None else None
    if error is not None:
        code = DTYPE if isinstance(error, DTypeError) else SHAPE
        fail_at(api, str(error), Context(getattr(error, "outer", line)), code)


def _run(api: Checker, loop: ForStmt) -> _Run:
    source = source_of(api)
    if _runs_of != [source]:
        _runs_of[:] = [source]
        _runs.clear()
    try:
        names = _entry(api, loop)
        key = (loop, tuple(names.values()))
        if key not in _runs:
            _runs[key] = _Run()  # while it runs, it is not run again
            _runs[key] = _outcome(api, loop, names)
        return _runs[key]
    except Exception:  # something that is not known until run time
        return _Run()


def _outcome(api: Checker, loop: ForStmt, names: dict[Any, Any]) -> _Run:
    try:
        return _Run(names=run_loop(api, loop, names))
    except KTensorError as error:
        return _Run(error=error) if isinstance(error, REPORTED) else _Run()


@reading.reads("after a loop")
def _value_after(api: Checker, name: NameExpr) -> Any:
    """What a variable holds after the last loop that has assigned it; None if that is not known."""
    variable: Any = name.node
    line = name.line
    source = source_of(api)
    loops = source.looped.get(variable, [])
    past = [loop for loop in loops if (loop.end_line or loop.line) < line]
    if not past or not isinstance(past[-1], ForStmt) or any(loop.line < line <= (loop.end_line or 0) for loop in loops):
        return None
    if line > source.together.get(past[-1], 0):
        return None  # the loop may not have been run at all
    end = past[-1].end_line or past[-1].line
    if any(end < at for at, _ in source.assignments.get(variable, [])):
        return None
    return (_run(api, past[-1]).names or {}).get(variable)


def _entry(api: Checker, loop: ForStmt) -> dict[Any, Any]:
    """What the variables that the loop assigns hold before it."""
    entry: dict[Any, Any] = {}
    source = source_of(api)
    for variable in source.assigned_in[loop]:
        if not isinstance(variable, Var):
            continue
        before = [value for line, value in source.assignments[variable] if line < loop.line]
        if before:
            entry[variable] = static_value(api, reading.type_of(api, before[-1]), before[-1])
        elif (declared := declared_type(api, variable)) is not None:
            entry[variable] = static_value(api, declared, None)
    return entry
