"""Groups of elementwise ops, compiled by numba to one loop.

A kernel is made for each way in which the sizes of the operands go together, when they do so for the first time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ...graph import Node
from ..buffers import empty
from . import blocks
from .forms import form
from .groups import Group

__all__ = ["Kernel", "kernel"]

Array: TypeAlias = npt.NDArray[Any]
#: For each operand, what the loop takes of it: an element each time, "f"(ull); one for each column, "r"(ow); one for
#: each row, "c"(olumn); or "s", a scalar.
Layout: TypeAlias = str

#: How many kernels are kept, whether a function needs them or not.
_KERNELS: Final = 256
#: Fewer elements are done by NumPy before a kernel has been called.
_WORTH_CALL: Final = 2**12
#: So many elements at least are computed at a time.
_PART: Final = 2**16


def kernel(group: Group) -> Kernel | None:
    """The group as one loop. None if numba is not installed, or an op has no form (`forms.form`)."""
    texts = [form(node) for node in group.nodes]
    dtypes = {n.dtype.name for n in group.operands}
    if not group.is_flat or None in texts or "float16" in dtypes or not _has_numba():
        return None
    return Kernel(group, [text for text in texts if text is not None])


@cache
def _has_numba() -> bool:
    try:
        import numba  # noqa: F401
    except ImportError:  # or it is not for this NumPy
        return False
    return True


class Kernel:
    """Computes a group's results, or None where it cannot: of sizes, or arrays in memory, that no loop is written for.

    Called with the group's operands less the constants that are not aligned, it gives the results in their order,
    arrays of their own. They are those of the lowerings: exactly those of arithmetic, and of functions as far as
    `scalars` says.

    Args:
        group: elementwise ops.
        forms: the expression of each.
    """

    def __init__(self, group: Group, forms: Sequence[str]) -> None:
        self._forms = forms
        pairs = list(zip(group.operands, group.aligned))
        given = [n for n, is_aligned in pairs if is_aligned or n.op.name != "constant"]
        bound = [n for n, is_aligned in pairs if not is_aligned and n.op.name == "constant"]
        self._bound = tuple(np.asarray(n.attrs["value"], n.dtype.dtype)[()] for n in bound)
        self._operands = [*given, *bound]
        self._dtypes = [n.dtype.dtype for n in self._operands]
        self._first = next(i for i, n in enumerate(given) if dict(pairs)[n])
        self._nodes = group.nodes
        self._results = group.results
        self._needs = _needs(group, self._operands)
        self._loops: dict[Layout, Callable[..., None]] = {}

    def __call__(self, *operands: Any) -> tuple[Array, ...] | None:
        if operands[self._first].size < _WORTH_CALL:
            return None
        operands += self._bound
        if not all(map(_is_fit, operands, self._dtypes)):
            return None
        shape = operands[self._first].shape
        layout, columns = "".join(["f" if x.shape == shape else "" if x.ndim else "s" for x in operands]), 1
        if len(layout) < len(operands):
            try:
                shape = np.broadcast_shapes(*(x.shape for x in operands))
            except ValueError:  # which op it is, the lowerings say
                return None
            layout, columns = _layout(shape, [x.shape for x in operands])
        if "?" in layout or any("f" not in [layout[i] for i in need] for need in self._needs):
            return None
        loop = self._loops.get(layout)
        if loop is None:
            loop = self._loops[layout] = self._loop(layout)
        results = tuple(empty(shape, n.dtype.dtype) for n in self._results)
        self._run(loop, layout, columns, math.prod(shape), [*results, *operands])
        return results

    def _run(self, loop: Callable[..., None], layout: Layout, columns: int, size: int, arrays: list[Array]) -> None:
        is_flat = "r" not in layout and "c" not in layout
        full = (-1,) if is_flat else (size // columns, columns)
        forms = "f" * len(self._results) + layout
        taken = [x.reshape(())[()] if f == "s" else x.reshape(full if f == "f" else -1) for x, f in zip(arrays, forms)]
        rows = size if is_flat else size // columns
        step = max(_PART // columns, -(-rows // (4 * blocks._processors())), 1)
        if step >= rows:
            loop(0, rows, *taken)
        else:
            large = size >= blocks._WORTH_THREADS
            blocks._in_parts(lambda begin: loop(begin, min(begin + step, rows), *taken), range(0, rows, step), large)

    def _loop(self, layout: Layout) -> Callable[..., None]:
        """The compiled loop, `loop(begin, end, *arrays)`, over rows or, if all operands are full, over elements."""
        names = {n: f"v{i}" for i, n in enumerate((*self._operands, *self._nodes))}
        body = [
            f"{names[node]} = {text.format(*(names[n] for n in node.inputs))}"
            for node, text in zip(self._nodes, self._forms)
        ]
        source = _source(layout, body, [names[n] for n in self._results])
        results = tuple(n.dtype.name for n in self._results)
        return _compiled(source, results, tuple(d.name for d in self._dtypes), layout)


def _needs(group: Group, operands: Sequence[Node]) -> list[list[int]]:
    """Which operands, by number, each result follows from."""
    needs = {n: {i} for i, n in enumerate(operands)}
    for node in group.nodes:
        needs[node] = set().union(*(needs[n] for n in node.inputs))
    return [sorted(needs[n]) for n in group.results]


def _is_fit(x: Any, dtype: np.dtype[Any]) -> bool:
    if type(x) is np.ndarray:
        return x.dtype == dtype and x.flags.c_contiguous and x.flags.aligned
    return isinstance(x, np.generic) and x.dtype == dtype


def _layout(shape: tuple[int, ...], operands: Sequence[tuple[int, ...]]) -> tuple[Layout, int]:
    """How such operands are stretched to the shape, "?" if in no way that a loop has; the number of columns."""
    parts = [_part(shape, operand) for operand in operands]
    columns = {count for _, count in parts if count}
    return ("".join(part for part, _ in parts), max(columns, default=1)) if len(columns) < 2 else ("?", 1)


def _part(shape: tuple[int, ...], operand: tuple[int, ...]) -> tuple[str, int]:
    """What is taken of an operand, and of how many columns the result then is, or 0 if that is all the same."""
    front = len(shape) - len(operand)
    padded = (1,) * front + operand
    if padded == shape:
        return "f", 0
    size = math.prod(operand)
    if size < 2:
        return "s" if size else "?", 0
    stretched = [i for i, (n, whole) in enumerate(zip(padded, shape)) if n != whole]
    first, last = stretched[0], stretched[-1]
    if all(n == 1 for n in padded[: last + 1]):
        return "r", size
    if all(n == 1 for n in padded[first:]):
        return "c", math.prod(shape) // size
    return "?", 0


# ---- Source ------------------------------------------------------------------------------------------

#: What stands before the loop over the columns for a name of the result or an operand, and what is its element then.
_BEFORE: Final = {"f": "{0}_ = {0}[row]", "r": "", "c": "{1} = {0}[row]", "s": "{1} = {0}"}
_ELEMENT: Final = {"f": "{1} = {0}_[i]", "r": "{1} = {0}[i]", "c": "", "s": ""}


def _source(layout: Layout, body: Sequence[str], results: Sequence[str]) -> str:
    """A function of the range, the results, and the operands `a0`, `a1`, ..., whose elements are `v0`, `v1`, ..."""
    outs = [f"r{i}" for i in range(len(results))]
    operands = [(form, f"a{i}", f"v{i}") for i, form in enumerate(layout)]
    is_flat = "r" not in layout and "c" not in layout
    before = [_BEFORE[form].format(name, value) for form, name, value in operands]
    before += [_BEFORE["f"].format(out) for out in outs]
    lines = ["for row in range(begin, end):"] if not is_flat else []
    indent = "" if is_flat else " "
    lines += [indent + line.replace("[row]", "[begin:end]" if is_flat else "[row]") for line in before if line]
    lines.append(f"{indent}for i in range(r0_.size):")
    inner = [_ELEMENT[form].format(name, value) for form, name, value in operands]
    inner += [*body, *(f"{out}_[i] = {value}" for out, value in zip(outs, results))]
    lines += [f"{indent} {line}" for line in inner if line]
    parameters = ", ".join(["begin", "end", *outs, *(name for _, name, _ in operands)])
    return f"def loop({parameters}):\n" + "".join(f" {line}\n" for line in lines)


_compiling: Final = Lock()


def _compiled(source: str, results: tuple[str, ...], operands: tuple[str, ...], layout: Layout) -> Callable[..., None]:
    with _compiling:  # so that equal groups wait for each other
        return _compile(source, results, operands, layout)


@lru_cache(_KERNELS)
def _compile(source: str, results: tuple[str, ...], operands: tuple[str, ...], layout: Layout) -> Callable[..., None]:
    import numba
    from numba import types

    from .scalars import FUNCTIONS

    scalars = {name: getattr(types, "boolean" if name == "bool" else name) for name in (*results, *operands)}
    rank = 2 if "r" in layout or "c" in layout else 1
    ranks = {"f": rank, "r": 1, "c": 1}
    outs = [types.Array(scalars[name], rank, "C") for name in results]
    given = [
        scalars[name] if form == "s" else types.Array(scalars[name], ranks[form], "C", readonly=True)
        for name, form in zip(operands, layout)
    ]
    casts = {np.dtype(code).name: np.dtype(code).type for code in "?bhiqBHIQfd"}
    names: dict[str, Any] = {"np": np, **FUNCTIONS, **casts}
    exec(compile(source, "<ktensor kernel>", "exec"), names)
    signature = types.void(types.intp, types.intp, *outs, *given)
    loop: Callable[..., None] = numba.njit(signature, nogil=True, error_model="numpy")(names["loop"])
    return loop
