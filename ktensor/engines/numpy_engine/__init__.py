"""The embedded engine: NumPy alone (and scipy for sparse tensors).

A compiled program is one straight-line Python function: a line per op, results written into the buffers of operands
that nobody needs any more, everything else freed after its last use. Large elementwise work runs block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ...config import jit
from ...errors import EngineError
from ...graph import Body, Node, toposort
from ..base import Compiled, Lowering, Program, failure, get_engine
from ..cells import Cell
from ..loop import run_loop
from ..warnings import walker
from .lowerings import LOWERINGS, is_new
from .writer import Writer, constant, own

__all__ = ["NumpyEngine"]

Array: TypeAlias = npt.NDArray[Any]


#: The steps of loops that are in use, as straight-line functions.
_steps: Final[WeakKeyDictionary[Body, Callable[..., Any]]] = WeakKeyDictionary()


def _step_of(body: Body) -> Callable[..., Any]:
    """The body as a function of its inputs, and of places for what is stacked."""
    step = _steps.get(body)
    if step is None:
        engine = get_engine("numpy")
        order = tuple(toposort(body.outputs))
        stacked = len(body.outputs) - body.states
        writer = Writer(engine, Program(body.inputs, body.outputs, order=order), stacked=stacked)
        step = _steps[body] = writer.function()
    return step


def _scan(node: Node, *handles: Array) -> Any:
    body = node.attrs["body"]
    return run_loop(body, handles, node.attrs["reverse"], _step_of(body))


class NumpyEngine:
    """NumPy, always there."""

    name = "numpy"
    title = "NumPy"
    lowerings: Mapping[str, Lowering] = {**LOWERINGS, "scan": _scan}
    refusals: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._walk = walker(self._step)

    def version(self) -> str:
        """NumPy's version."""
        return np.__version__

    def new_state(self, value: Array, name: str) -> Cell:
        """A cell that holds a copy of the value."""
        return Cell([value.copy()])

    def read_state(self, storage: Cell) -> Array:
        """A copy of what the cell holds."""
        return storage.read().copy()

    def write_state(self, storage: Cell, value: Array) -> None:
        """Makes the cell hold a copy of the value."""
        storage.write(value.copy())

    def run(self, program: Program, feeds: Sequence[Any]) -> list[Array]:
        """Walks the graph once, freeing each array after its last use."""
        outputs, values = self._walk((program, feeds))
        results = [
            x if is_new(n) and n.shape and program.outputs.count(n) == 1 else own(x)
            for n, x in zip(program.outputs, outputs)
        ]
        if values:
            new = [own(x) for x in values]  # all, before one is stored
            for (target, _), value in zip(program.updates, new):
                target.attrs["state"].storage(self).write(value)
        return results

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Any]:
        """The arrays themselves."""
        return self.run(program, feeds)

    def _step(self, node: Node, operands: list[Any]) -> Any:
        name = node.op.name
        if name == "constant":
            return constant(node)
        if name == "variable":
            return node.attrs["state"].storage(self).read()
        try:
            return self.lowerings[name](node, *operands)
        except EngineError:  # of a step of a loop
            raise
        except Exception as error:
            raise failure(self, node, error) from error

    def compile(self, program: Program) -> Compiled:
        """The program as one straight-line Python function."""
        return Writer(self, program, kernels=jit()).function()
