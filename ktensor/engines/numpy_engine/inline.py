"""Ops whose line in a program is Python's own, so that nothing is looked up and no lowering called when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from ...dtypes import ALL_DTYPES
from ...graph import Node
from ..reducing import sums
from .lowerings import label_losses, label_slopes, sums_by_product

__all__ = ["NAMES", "in_line"]

#: The expression, given the names of the operands and of a place that the result may be written to, or "None"; None if
#: only the lowering will do.
Write: TypeAlias = Callable[[Node, Sequence[str], str], "str | None"]

#: What the expressions refer to.
NAMES: Final[Mapping[str, Any]] = {
    "array": np.array,
    "concatenate": np.concatenate,
    "label_losses": label_losses,
    "label_slopes": label_slopes,
    "reduce_add": np.add.reduce,
    "reduce_multiply": np.multiply.reduce,
    "sums": sums,
    **{d.name: d.dtype for d in ALL_DTYPES},
}


def in_line(node: Node, names: Sequence[str], place: str | None) -> str | None:
    """The op as an expression of its operands' names, if there is one."""
    write = _WRITE.get(node.op.name)
    return write(node, names, str(place)) if write else None


def _matmul(node: Node, names: Sequence[str], place: str) -> str | None:
    if any(len(n.shape) != 2 for n in node.inputs):
        return None
    return f"{names[0]}.dot({names[1]}, {place})"  # a microsecond less than matmul


def _slice(node: Node, names: Sequence[str], place: str) -> str | None:
    if len(names) > 1:  # bounds that are computed
        return None
    parts = [":".join("" if bound is None else str(bound) for bound in item) for item in node.attrs["items"]]
    return f"{names[0]}[{', '.join(parts)}]" if parts else None


def _reshape(node: Node, names: Sequence[str], place: str) -> str | None:
    return None if len(names) > 1 or 0 in node.attrs["shape"] else f"{names[0]}.reshape({node.attrs['shape']})"


def _transpose(node: Node, names: Sequence[str], place: str) -> str:
    axes = node.attrs["axes"]
    return f"{names[0]}.T" if axes == (1, 0) else f"{names[0]}.transpose({axes})"


def _accumulation(reduce: str) -> Write:
    def write(node: Node, names: Sequence[str], place: str) -> str | None:
        axes = node.attrs["axes"]
        if not axes or node.dtype.name == "float16":
            return None
        axis = axes[0] if len(axes) == 1 else axes
        return f"{reduce}({names[0]}, {axis}, {node.dtype.name}, {place}, {node.attrs['keepdims']})"

    return write


def _stack(node: Node, names: Sequence[str], place: str) -> str | None:
    return f"array(({', '.join(names)},), {node.dtype.name})" if len(node.shape) == 1 else None


def _sum(node: Node, names: Sequence[str], place: str) -> str | None:
    if sums_by_product(node):
        return f"sums({names[0]}, {node.attrs['axes']}, {node.attrs['keepdims']})"
    return _accumulation("reduce_add")(node, names, place)


_WRITE: Final[Mapping[str, Write]] = {
    "cast": lambda node, names, place: f"{names[0]}.astype({node.dtype.name})",
    "concatenate": lambda node, names, place: f"concatenate(({', '.join(names)},), {node.attrs['axis']}, {place})",
    "expand_dims": lambda node, names, place: f"{names[0]}[{':, ' * node.attrs['axis']}None]",
    "matmul": _matmul,
    "prod": _accumulation("reduce_multiply"),
    "reshape": _reshape,
    "scan_result": lambda node, names, place: f"{names[0]}[{node.attrs['index']}]",
    "shape": lambda node, names, place: f"array({names[0]}.shape, int32)",
    "slice": _slice,
    "squeeze": lambda node, names, place: f"{names[0]}.squeeze({node.attrs['axes']})",
    "stack": _stack,
    "stop_gradient": lambda node, names, place: names[0],
    "sum": _sum,
    "transpose": _transpose,
}
