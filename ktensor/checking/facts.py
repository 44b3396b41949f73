"""What a file requires of its sizes: `kt.require(d % h == 0)` holds wherever the TypeVars of d and h stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from mypy.nodes import CallExpr, ComparisonExpr, Expression, IndexExpr, IntExpr, MemberExpr, NameExpr, OpExpr, Var
from mypy.types import get_proper_type

from .. import dims
from ..dims import Dim, Known
from . import translate
from .source import Source, source_of
from .translate import Checker

__all__ = ["Fact", "facts_at", "holding"]

#: The first is a multiple of the second.
Fact: TypeAlias = tuple[Known, Known]

_found: dict[CallExpr, Fact] = {}
_found_in: list[Source] = []


def facts_at(api: Checker) -> tuple[Fact, ...]:
    """What the file that is being checked requires, as far as the types of its sizes are known by now."""
    source = source_of(api)
    if not source.requirements:
        return ()
    if _found_in != [source]:
        _found_in[:] = [source]
        _found.clear()
    for call in source.requirements:
        if call not in _found and (fact := _fact(call)) is not None:
            _found[call] = fact
    return tuple(_found.values())


@contextmanager
def holding(facts: tuple[Fact, ...]) -> Iterator[None]:
    """Sizes are computed with these facts inside."""
    if not facts:
        yield
        return
    with dims.assuming(facts):
        yield


def _fact(call: CallExpr) -> Fact | None:
    condition = call.args[0] if call.args else None
    if not isinstance(condition, ComparisonExpr) or condition.operators != ["=="]:
        return None
    remainder, zero = condition.operands
    if not isinstance(remainder, OpExpr) or remainder.op != "%" or not isinstance(zero, IntExpr) or zero.value:
        return None
    num, den = _declared(remainder.left), _declared(remainder.right)
    return None if num is None or den is None else (num, den)


_OPERATORS: Final = {"+": dims.add, "-": dims.sub, "*": dims.mul, "//": dims.floordiv}


def _declared(expression: Expression) -> Dim:
    """The size that an expression has by the declared types of its names."""
    if isinstance(expression, IntExpr):
        return expression.value
    if isinstance(expression, OpExpr) and expression.op in _OPERATORS:
        return _OPERATORS[expression.op](_declared(expression.left), _declared(expression.right))
    if isinstance(expression, NameExpr) and isinstance(expression.node, Var) and expression.node.type is not None:
        return translate.to_dim(expression.node.type)
    return _item_of_shape(expression) if isinstance(expression, IndexExpr) else None


def _item_of_shape(expression: IndexExpr) -> Dim:
    base, index = expression.base, _declared(expression.index)
    if not isinstance(base, MemberExpr) or base.name != "shape" or not isinstance(base.expr, NameExpr):
        return None
    node = base.expr.node
    tensor = translate.tensor_instance(get_proper_type(node.type)) if isinstance(node, Var) and node.type else None
    parts = translate.parts_of(tensor.args[0]) if tensor is not None else None
    if parts is None or not isinstance(index, int) or not -len(parts) <= index < len(parts):
        return None
    part = parts[index]
    return part if part is None or isinstance(part, (int, dims.Poly)) else None
