"""How a misfit is told: the run time's own words, and where the operands came from."""

from __future__ import annotations

from typing import Any, Final

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr, Context, Expression, IndexExpr, MemberExpr, NameExpr, OpExpr, Var
from mypy.types import get_proper_type

from .. import dims
from ..errors import DTypeError, KTensorError
from . import translate
from .source import source_of
from .translate import Checker

__all__ = ["DTYPE", "SHAPE", "fail", "fail_at", "place"]

SHAPE: Final = ErrorCode("tensor-shape", "Shapes that do not fit", "ktensor")
DTYPE: Final = ErrorCode("tensor-dtype", "Dtypes that do not fit", "ktensor")


def fail(ctx: Any, error: KTensorError) -> None:
    """Reports what the run time would raise."""
    code = DTYPE if isinstance(error, DTypeError) else SHAPE
    if getattr(error, "in_lambda", False):
        fail_at(ctx.api, str(error), Context(getattr(error, "line", ctx.context.line)), code)
        return
    if _is_decided(ctx.api, ctx.context):
        return
    fail_at(ctx.api, str(error), place(ctx.context), code)
    for note in _origins(ctx.api, ctx.context):
        ctx.api.msg.note(note, place(ctx.context), code=code)


def _is_decided(api: Checker, context: Context) -> bool:
    """True where the program itself asks for shapes before: what fails for some of them may not be run for them."""
    source = source_of(api)
    names = [operand.node for operand in _operands(context) if isinstance(operand, NameExpr)]
    since = [source.decided[name] for name in names if name in source.decided]
    return source.depends_on_shapes(context.line) or any(line < context.line for line in since)


def fail_at(api: Checker, message: str, context: Context, code: ErrorCode) -> None:
    """Reports an error."""
    if not source_of(api).depends_on_shapes(context.line):
        api.fail(message, context, code=code)


def place(context: Context) -> Context:
    """Where to report: in a chain over several lines, the line of the call itself, not the chain's first."""
    callee = context.callee if isinstance(context, CallExpr) else None
    if not isinstance(callee, MemberExpr) or not callee.end_line or callee.end_line == context.line:
        return context
    found = Context(callee.end_line, max(0, (callee.end_column or 1) - len(callee.name)))
    found.end_line, found.end_column = callee.end_line, callee.end_column
    return found


def _origins(api: Checker, context: Context) -> list[str]:
    """For each operand that is a variable: its shape, and the line that it comes from."""
    notes = []
    for operand in _operands(context):
        variable = operand.node if isinstance(operand, NameExpr) else None
        t = api.lookup_type_or_none(operand)
        tensor = translate.tensor_instance(get_proper_type(t)) if t is not None else None
        if isinstance(variable, Var) and tensor is not None and variable.line > 0:
            notes.append(f'"{variable.name}" is {shown(tensor)}, from line {variable.line}')
    return notes


def _operands(context: Context) -> list[Expression]:
    if isinstance(context, OpExpr):
        return [context.left, context.right]
    if isinstance(context, IndexExpr):
        return [context.base]
    if not isinstance(context, CallExpr):
        return []
    receiver = [context.callee.expr] if isinstance(context.callee, MemberExpr) else []
    return [*receiver, *context.args]


def shown(tensor: Any) -> str:
    """A tensor's shape and dtype as messages print them."""
    parts = translate.parts_of(tensor.args[0])
    dtype = translate.dtype_of(tensor.args[1])
    sizes = "of unknown rank" if parts is None else show_parts(parts)
    return f"{sizes} {dtype}" if dtype is not None else sizes


def show_parts(parts: Any) -> str:
    """A shape, variadic sizes included, as messages print it."""
    sizes = [f"*{p.name}" if not isinstance(p, (int, dims.Poly, type(None))) else dims.show_dim(p) for p in parts]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
