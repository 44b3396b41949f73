"""The elementwise ops as expressions of one element of each operand, which numba compiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ...graph import Node

__all__ = ["form"]

#: The expressions by op, and by the kinds of dtypes for which they hold: b(ool), i(nt), u(int), f(loat). `{0}`, `{1}`,
#: `{2}` are the operands, `{t}` is the dtype of the last one, `{bits}` its size. The result is cast to the op's dtype,
#: as numba adds, say, two int8 to an int64. Ops that are not here, as sin or the division of integers, are no faster
#: compiled.
_BY_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "abs": {"if": "abs({0})", "u": "{0}"},
    "add": {"iuf": "{0} + {1}"},
    "bitwise_and": {"iu": "{0} & {1}"},
    "bitwise_or": {"iu": "{0} | {1}"},
    "bitwise_xor": {"iu": "{0} ^ {1}"},
    "ceil": {"iu": "{0}", "f": "np.ceil({0})"},
    "divide": {"f": "{0} / {1}"},
    "equal": {"biuf": "{0} == {1}"},
    "erf": {"f": "erf_{t}({0})"},
    "exp": {"f": "exp_{t}({0})"},
    "expm1": {"f": "expm1_{t}({0})"},
    "floor": {"iu": "{0}", "f": "np.floor({0})"},
    "floor_divide": {"f": "floor_divide_{t}({0}, {1})"},
    "greater": {"iuf": "{0} > {1}"},
    "greater_equal": {"iuf": "{0} >= {1}"},
    "invert": {"iu": "~{0}"},
    "isfinite": {"f": "abs({0}) < {t}(np.inf)"},
    "isinf": {"f": "abs({0}) == {t}(np.inf)"},
    "isnan": {"f": "{0} != {0}"},
    "left_shift": {"iu": "{0} << {1} if ({1} >= {t}(0)) & ({1} < {t}({bits})) else {t}(0)"},
    "less": {"iuf": "{0} < {1}"},
    "less_equal": {"iuf": "{0} <= {1}"},
    "log": {"f": "log_{t}({0})"},
    "log1p": {"f": "log1p_{t}({0})"},
    "logical_and": {"b": "{0} & {1}"},
    "logical_not": {"b": "not {0}"},
    "logical_or": {"b": "{0} | {1}"},
    "logical_xor": {"b": "{0} != {1}"},
    "maximum": {
        "b": "{0} | {1}",
        "iu": "{0} if {0} >= {1} else {1}",
        "f": "{0} if ({0} >= {1}) | ({0} != {0}) else {1}",
    },
    "minimum": {
        "b": "{0} & {1}",
        "iu": "{0} if {0} <= {1} else {1}",
        "f": "{0} if ({0} <= {1}) | ({0} != {0}) else {1}",
    },
    "mod": {"f": "mod_{t}({0}, {1})"},
    "multiply": {"iuf": "{0} * {1}"},
    "negative": {"if": "-{0}", "u": "{t}(0) - {0}"},
    "not_equal": {"biuf": "{0} != {1}"},
    "relu": {"iu": "{0} if {0} > {t}(0) else {t}(0)", "f": "{t}(0) if {0} < {t}(0) else {0}"},
    "relu_grad": {"iuf": "{0} if {1} > {t}(0) else {t}(0)"},
    "right_shift": {
        "i": "{0} >> ({1} if ({1} >= {t}(0)) & ({1} < {t}({bits})) else {t}({bits} - 1))",
        "u": "{0} >> {1} if {1} < {t}({bits}) else {t}(0)",
    },
    "round": {"iu": "{0}", "f": "np.rint({0})"},
    "sigmoid": {"f": "sigmoid_{t}({0})"},
    "sign": {
        "i": "({0} > {t}(0)) - ({0} < {t}(0))",
        "u": "{0} > {t}(0)",
        "f": "{t}(1) if {0} > {t}(0) else ({t}(-1) if {0} < {t}(0) else {0} * {0})",
    },
    "softplus": {"f": "softplus_{t}({0})"},
    "sqrt": {"f": "np.sqrt({0})"},
    "square": {"iuf": "{0} * {0}"},
    "subtract": {"iuf": "{0} - {1}"},
    "tanh": {"f": "tanh_{t}({0})"},
    "where": {"biuf": "{1} if {0} else {2}"},
}
_FORMS: Final = {op: {kind: text for kinds, text in forms.items() for kind in kinds} for op, forms in _BY_KINDS.items()}
#: Casts of floats to integers. To uint64 there is none: what becomes of numbers below 0 is the compiler's choice. Small
#: integers are made as C makes them, from the lowest bits of larger ones.
_OF_FLOATS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int8", "int16", "uint8", "uint16"), "int32({0})"),
    **dict.fromkeys(("int32", "int64"), "{0}"),
    "uint32": "int64({0})",
}


def form(node: Node) -> str | None:
    """The op's expression, of the result's dtype, with `{0}`, `{1}`, ... for its operands.

    None if it has none, or is of float16.
    """
    dtype, result = node.inputs[-1].dtype.dtype, node.dtype.dtype
    found = _cast(dtype, result) if node.op.name == "cast" else _FORMS.get(node.op.name, {}).get(dtype.kind)
    if found is None or any(n.dtype.name == "float16" for n in (node, *node.inputs)):
        return None
    return f"{result.name}({found.replace('{t}', dtype.name).replace('{bits}', str(8 * dtype.itemsize))})"


def _cast(dtype: np.dtype[Any], result: np.dtype[Any]) -> str | None:
    if result.kind == "b":
        return "{0} != {t}(0)"
    return _OF_FLOATS.get(result.name) if dtype.kind == "f" and result.kind != "f" else "{0}"
