"""Loops over layers of different sizes: `for layer in layers: x = layer(x)` is run, layer by layer."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, Context, ForStmt, NameExpr, Var
from mypy.types import UnionType, get_proper_type

from ..errors import DTypeError, KTensorError
from . import values
from .interpreter import run_loop, static_value
from .report import DTYPE, SHAPE, fail_at
from .source import declared_type, source_of
from .translate import Checker

__all__ = ["check_loop", "is_mixed", "loop_of"]


def loop_of(api: Checker, call: Any) -> ForStmt | None:
    """The loop whose variable is called, if that is one of several layers in a row."""
    callee = call.callee if isinstance(call, CallExpr) else None
    if not isinstance(callee, NameExpr) or not isinstance(callee.node, Var):
        return None
    return source_of(api).loops.get(callee.node)


def is_mixed(api: Checker, call: Any) -> bool:
    """True if mypy takes what is called for one of several layers."""
    found = api.lookup_type_or_none(call.callee)
    return found is not None and isinstance(get_proper_type(found), UnionType)


def check_loop(api: Checker, loop: ForStmt) -> None:
    """Runs the loop on what its variables hold before it, and reports the first misfit."""
    try:
        run_loop(api, loop, _entry(api, loop))
    except KTensorError as error:
        code = DTYPE if isinstance(error, DTypeError) else SHAPE
        fail_at(api, str(error), Context(getattr(error, "line", loop.line)), code)
    except Exception:  # something that is not known until run time
        return


def _entry(api: Checker, loop: ForStmt) -> dict[Any, Any]:
    """What the variables that the loop assigns hold before it."""
    entry: dict[Any, Any] = {}
    for variable, assignments in source_of(api).assignments.items():
        inside = any(loop.line <= line <= (loop.end_line or loop.line) for line, _ in assignments)
        if not inside or not isinstance(variable, Var):
            continue
        before = [value for line, value in assignments if line < loop.line]
        if before:
            entry[variable] = static_value(api, values.type_of(api, before[-1]), before[-1])
        elif (declared := declared_type(api, variable)) is not None:
            entry[variable] = static_value(api, declared, None)
    return entry
