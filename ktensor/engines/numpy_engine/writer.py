"""Writes programs as Python source."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ... import dims
from ...errors import EngineError
from ...graph import Node, toposort
from ..base import Engine, Program, failure
from ..changes import changes
from ..momentum import momenta
from ..warnings import QUIETLY
from .blocks import in_blocks
from .groups import LARGE, Group, may_be_large, steps
from .inline import NAMES, in_line
from .kernels import kernel
from .lowerings import INTO, UFUNCS, VIEWS, is_new

__all__ = ["Writer", "constant", "own"]

Array: TypeAlias = npt.NDArray[Any]

_FILE: Final = "<ktensor program>"
#: Leaves that somebody else has in memory, too.
_HELD: Final = ("constant", "variable")
#: How functions take the place of their result, where not as their last argument.
_OUT: Final = {"maximum": "out=", "minimum": "out="}


def constant(node: Node) -> Any:
    """The value of a constant, as lowerings want it."""
    value = node.attrs["value"]
    return value if isinstance(value, np.ndarray) else node.dtype.dtype.type(value)


def own(value: Any) -> Array:
    """A dense array of its own, that the caller may write into."""
    if hasattr(value, "toarray"):
        return value.toarray()  # type: ignore[no-any-return]  # scipy is untyped
    return np.array(value)


def _losses_by_slopes(order: Sequence[Node]) -> dict[Node, Node]:
    """Of gradients of cross-entropies, those that can take what the cross-entropy itself has computed before."""
    losses: dict[tuple[Node, ...], Node] = {}
    found: dict[Node, Node] = {}
    for node in order:
        if node.op.name == "label_crossentropy":
            losses[node.inputs] = node
        elif node.op.name == "label_crossentropy_grad" and node.inputs[1:] in losses:
            found[node] = losses.pop(node.inputs[1:])
    return found


def _with_momentum(velocity: Array, momentum: Array, step: Array, out: Array | None) -> Array:
    """The new velocity."""
    moved = velocity.copy() if out is None else out
    if moved.size < LARGE:
        _move(moved, momentum, step)
    else:
        in_blocks(_move, (True, False, True), True, (moved, momentum, step))
    return moved


def _move(velocity: Array, momentum: Array, step: Array) -> tuple[Array]:
    np.multiply(velocity, momentum, out=velocity)
    return (np.subtract(velocity, step, out=velocity),)


#: What lines refer to that are not those of ops.
_NAMES: Final = {"add": np.add, "in_blocks": in_blocks, "own": own, "with_momentum": _with_momentum}


class Writer:
    """Writes a program as one straight-line function, a line per op, and one for each group of ops that runs in blocks.

    Args:
        stacked: of a step of a loop, how many of the last outputs are stacked. Its function also takes a place for each
            of them, an array or None, which the result then may be. Results may share memory with feeds, and NumPy may
            warn.
        kernels: groups become loops of machine code, where they can.
    """

    def __init__(self, engine: Engine, program: Program, stacked: int | None = None, kernels: bool = False) -> None:
        self._engine = engine
        self._program = program
        self._stacked = stacked
        outputs = program.outputs[len(program.outputs) - (stacked or 0) :]
        self._places = {node: f"p{i}" for i, node in enumerate(outputs)}
        self._parameters = {"feeds": [f"f{i}" for i in range(len(program.inputs))]}
        if stacked is not None:
            self._parameters["places"] = [f"p{i}" for i in range(stacked)]
        self._kernels = kernels
        self._momenta, self._changes = momenta(program, changes(program, UFUNCS, scalars=True))
        self._kept = [*program.outputs, *(change.value for change in self._changes if change.op is None)]
        self._wanted = [*self._kept, *(change.value for change in self._changes if change.op is not None)]
        self._wanted += [node for step in self._momenta for node in (step.momentum, step.scaled)]
        self._steps = steps(toposort(self._wanted), self._wanted)
        order = [node for step in self._steps for node in (step.nodes if isinstance(step, Group) else (step,))]
        self._position = {node: i for i, node in enumerate(order)}
        self._names: dict[Node, str] = {}
        self._lines: list[tuple[str, Node]] = []
        self._nodes: list[Node | None] = []
        self._globals: dict[str, Any] = {**NAMES, **_NAMES}
        self._owned: set[Node] = set()
        self._memory: dict[Node, Node] = {}
        self._last_use: dict[Node, int] = {}
        self._last_use_of_memory: dict[Node, int] = {}
        self._find_last_uses(order)
        self._written_over: dict[Node, Node] = {}
        self._group: Group | None = None
        #: The losses that keep what their gradient needs, by the gradient.
        self._losses = _losses_by_slopes(order)

    def function(self) -> Callable[..., Any]:
        """The compiled function of the feeds (and places), whose errors name the node."""
        self._names.update(zip(self._program.inputs, self._parameters["feeds"]))
        self._globals.update(EngineError=EngineError, failed=self._failed)
        source = ""
        for step in self._steps:
            if isinstance(step, Group):
                source += self._write_group(step)
            elif step not in self._names:
                self._write(step)
        self._write_end()
        last = self._program.order[-1]
        taken = [(f"{', '.join(names)}, = {parameter}", last) for parameter, names in self._parameters.items() if names]
        self._lines = [("try:", last), *((f" {text}", node) for text, node in (*taken, *self._lines))]
        self._line("except EngineError: raise")
        self._line("except Exception as error: raise failed(error) from error")
        if self._stacked is None:
            self._globals.update(QUIETLY.names)
            self._lines = [*((line, last) for line in QUIETLY.before), *self._lines]
            self._line(f"finally: {QUIETLY.after}")
        source += self._text("run", ", ".join(self._parameters))
        exec(compile(source, _FILE, "exec"), self._globals)
        return self._globals["run"]  # type: ignore[no-any-return]  # made by exec

    def _failed(self, error: Exception) -> EngineError:
        """What to raise from an error: it names the node whose line raised it."""
        lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == _FILE]
        node = self._nodes[lines[-1] - 1] or self._program.order[-1]
        return failure(self._engine, node, error)

    # ---- Lines

    def _line(self, text: str, node: Node | None = None) -> None:
        self._lines.append((text, node or self._program.order[-1]))

    def _text(self, name: str, parameters: str) -> str:
        """The lines as a function."""
        lines, self._lines = self._lines, []
        self._nodes += [None, *(node for _, node in lines)]
        return f"def {name}({parameters}):\n" + "".join(f" {text}\n" for text, _ in lines)

    def _write_group(self, group: Group) -> str:
        """The lines of a group, for when it is small, and the call of its function in blocks, which is returned."""
        outer = self._lines
        self._group = group
        grouped = self._lines_of(group.nodes)
        self._group = None
        lines = self._lines_of(group.nodes)
        self._lines = grouped
        last = group.nodes[-1]
        passed = [(n, a) for n, a in zip(group.operands, group.aligned) if a or n.op.name != "constant"]
        arguments = ", ".join(self._names[n] for n, _ in passed)
        results = f"{', '.join(self._names[n] for n in group.results)},"
        self._line(f"return {results}", last)
        name = f"group{self._position[group.nodes[0]]}"
        source = self._text(name, arguments)
        self._lines = outer
        self._globals[f"{name}_aligned"] = [a for _, a in passed]
        self._line(f"if {self._is_small([n for n, a in passed if a])}:", last)
        self._lines += [(f" {text}", node) for text, node in lines]
        self._line("else:", last)
        blocks = f"in_blocks({name}, {name}_aligned, {group.is_flat}, ({arguments},))"
        compiled = kernel(group) if self._kernels else None
        if compiled is not None:
            self._globals[f"{name}_kernel"] = compiled
            blocks = f"{name}_kernel({arguments}) or {blocks}"
        self._line(f" {results} = {blocks}", last)
        self._drop(group.operands, self._position[last])
        return source

    def _lines_of(self, nodes: Sequence[Node]) -> list[tuple[str, Node]]:
        self._lines = []
        for node in nodes:
            self._write(node)
        return self._lines

    def _is_small(self, operands: Sequence[Node]) -> str:
        """The condition that none of them is large."""
        asked: list[Node] = []
        for node in operands:
            if may_be_large(node) and not any(dims.equal(node.shape, other.shape) for other in asked):
                asked.append(node)
        return " and ".join(f"{self._names[n]}.size < {LARGE}" for n in asked) or "True"

    def _write(self, node: Node) -> None:
        position = self._position[node]
        name = self._names[node] = f"v{position}"
        if node.op.name == "variable":
            cell = node.attrs["state"].storage(self._engine)
            self._globals.update({f"s{position}": cell.place, f"read{position}": cell.read})
            self._line(f"{name} = s{position}[0]", node)
            self._line(f"if {name} is None: {name} = read{position}()", node)
            return
        if node.op.name == "constant":
            self._globals[name] = constant(node)
            return
        if is_new(node):
            self._owned.add(node)
        if node in self._losses.values():
            self._line(f"{name}, k{position} = label_losses({', '.join(self._names[n] for n in node.inputs)})", node)
        elif node in self._losses:
            kept = f"k{self._position[self._losses[node]]}"
            self._line(f"{name} = label_slopes({self._names[node.inputs[0]]}, {kept}); {kept} = None", node)
        else:
            self._line(f"{name} = {self._call(position, node)}", node)
        self._drop(node.inputs, position)

    def _drop(self, nodes: Sequence[Node], position: int) -> None:
        """Lets go of those that nothing needs by name after the position."""
        dead = [n for n in dict.fromkeys(nodes) if self._last_use[n] <= position and n.op.name not in _HELD]
        names = [self._names[n] for n in dead if self._names[n][0] == "v"]
        if names:
            self._line("; ".join(f"{name} = None" for name in names))

    def _call(self, position: int, node: Node) -> str:
        arguments = [self._names[n] for n in node.inputs]
        place = self._places.get(node) if self._group is None else None
        text = in_line(node, arguments, place)
        if text is not None:
            return text
        function = INTO.get(node.op.name)
        if function is None:
            self._globals[f"n{position}"] = node
            self._globals[f"op_{node.op.name}"] = self._engine.lowerings[node.op.name]
            return f"op_{node.op.name}({', '.join([f'n{position}', *arguments])})"
        self._globals[f"op_{node.op.name}"] = function
        if place is not None:
            return f"op_{node.op.name}({', '.join([*arguments, f'out={place}'])})"
        spares = [n for n in node.inputs if self._is_spare(position, n, node)]
        if spares:
            spare = max(spares, key=self._comes_from_outside)
            self._written_over[node] = self._written_over.get(spare, spare)
            arguments.append(f"{_OUT.get(node.op.name, '')}{self._names[spare]}")
        return f"op_{node.op.name}({', '.join(arguments)})"

    def _write_end(self) -> None:
        values = [self._result(c.value) if c.op is None else self._names[c.value] for c in self._changes]
        values += [self._names[node] for step in self._momenta for node in (step.momentum, step.scaled)]
        results = [self._result(n) for n in self._program.outputs]
        if not values:
            self._line(f"return [{', '.join(results)}]")
            return
        self._line(f"values = ({', '.join(values)},)")
        self._line(f"results = [{', '.join(results)}]")
        read = [n for n in self._names if n.op.name == "variable" and self._names[n] not in (*values, *results)]
        if read:  # so that nothing keeps their arrays from being written into
            self._line("; ".join(f"{self._names[n]} = None" for n in read))
        for i, change in enumerate(self._changes):
            self._globals[f"change{i}"] = UFUNCS.get(change.op or "")
            store = f"write(values[{i}])" if change.op is None else f"change(change{i}, values[{i}])"
            self._line(f"{self._cell(change.variable)}.{store}")
        for i, step in enumerate(self._momenta):
            operands = f"*values[{len(self._changes) + 2 * i}:{len(self._changes) + 2 * i + 2}]"
            self._line(f"step = {self._cell(step.velocity)}.change(with_momentum, {operands})")
            self._line(f"{self._cell(step.weight)}.change(add, step)")
        self._line("return results")

    def _cell(self, variable: Node) -> str:
        name = f"cell{len(self._globals)}"
        self._globals[name] = variable.attrs["state"].storage(self._engine)
        return name

    # ---- Memory

    def _find_last_uses(self, order: Sequence[Node]) -> None:
        """Of each node's name and of its memory, which views share."""
        for position, node in enumerate(order):
            shares = node.op.name in VIEWS and node.inputs
            self._memory[node] = self._memory[node.inputs[0]] if shares else node
            for used in (*node.inputs, node):
                self._last_use[used] = position
                self._last_use_of_memory[self._memory[used]] = position
        for node in self._wanted:
            self._last_use[node] = self._last_use_of_memory[self._memory[node]] = len(order)

    def _is_spare(self, position: int, operand: Node, node: Node) -> bool:
        """True if the op may write its result over the operand."""
        return (
            self._memory[operand] is operand
            and operand in self._owned
            and self._last_use_of_memory[operand] == position
            and operand.dtype is node.dtype
            and bool(node.shape)
            and dims.equal(operand.shape, node.shape)
            and not self._is_shared_in_group(operand)
        )

    def _comes_from_outside(self, node: Node) -> bool:
        """True if the memory is not a block's alone, but all of the result's."""
        return self._group is not None and self._written_over.get(node, node) in self._group.operands

    def _is_shared_in_group(self, operand: Node) -> bool:
        """True if the group reads the operand's memory under another name as well: other blocks may still need it."""
        return self._group is not None and any(
            n is not operand and self._memory[n] is operand for n in self._group.operands
        )

    def _result(self, node: Node) -> str:
        """An output or new value: its own memory, or a copy."""
        if self._stacked is not None:
            return self._names[node]
        alone = sum(self._memory[n] is self._memory[node] for n in self._kept) == 1
        fresh = alone and node in self._owned and bool(node.shape)
        return self._names[node] if fresh else f"own({self._names[node]})"
