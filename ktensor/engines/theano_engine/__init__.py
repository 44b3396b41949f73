"""The engine on Theano 1.0.5.

One-shot evaluation runs op by op, with Theano's Python code. So do the first calls of a compiled program, since
Theano takes seconds to compile one; then it becomes a `theano.function` in C.
"""

from __future__ import annotations

import contextlib
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ... import dims
from ...config import jit
from ...dims import Dim, Poly, Shape
from ...errors import EngineError, ShapeError
from ...graph import Body, Node, same_shape, toposort
from ..base import Compiled, Lowering, Program, failure, walk
from ..buffers import LARGE, copied
from ..cells import Cell
from ..changes import Change, changes
from ..loop import run_loop
from ..numpy_engine.lowerings import UFUNCS
from ..random import draw
from ..warnings import walker, without_warnings
from . import library

theano: Final = library.load()

from .interpreter import Interpreter, is_sparse, quiet, sparse_type, symbolic_input  # noqa: E402  # Theano must be there
from .lowerings import LOWERINGS, MANY, Symbolic, finished, to_dense  # noqa: E402
from .operations import Loop, Steps, cast_by_arrays, held  # noqa: E402
from .windows import COMPILED_WINDOWS  # noqa: E402

__all__ = ["TheanoEngine", "TheanoWarning"]

Array: TypeAlias = npt.NDArray[Any]


class TheanoWarning(RuntimeWarning):
    """Theano works, but more slowly than it could."""


class TheanoEngine:
    """Runs programs on Theano."""

    name = "theano"
    title = "Theano"
    refusals: Mapping[str, str] = MappingProxyType({})

    #: How many calls, with the same sizes being 1, run op by op before a program is compiled; none with `jit`.
    patience = 2
    #: Programs with more nodes are never compiled: Theano takes minutes over them.
    deepest = 1_000
    #: How many variants of a program are compiled, one for each pattern of sizes that are 1; others run op by op.
    variants = 8

    def __init__(self) -> None:
        cast_by_arrays()
        self.lowerings: Mapping[str, Lowering] = MappingProxyType({**LOWERINGS, **COMPILED_WINDOWS, "scan": self._loop})
        self.has_blas = bool(theano.config.blas.ldflags)
        self._told = False
        self._interpreter = Interpreter()
        self._walk = walker(self._value)
        self._lock = RLock()

    def version(self) -> str:
        """Theano's version."""
        return str(theano.__version__)

    # ---- State

    def new_state(self, value: Array, name: str) -> Any:
        """A shared variable."""
        shared = theano.shared(value, name=name)  # of a copy
        shared.tag.cell = Cell(shared.container.storage)
        return shared

    def read_state(self, storage: Any) -> Array:
        """A copy of the shared variable's value."""
        return _cell(storage).read().copy()

    def write_state(self, storage: Any, value: Array) -> None:
        """Stores a copy of the value."""
        _cell(storage).write(value.copy())

    # ---- Op by op

    def run(self, program: Program, feeds: Sequence[Any]) -> list[Array]:
        """Evaluates op by op."""
        outputs, values = self._walk((program, feeds))
        results = [_own(x) for x in outputs]
        cells = [self.cell(variable) for variable, _ in program.updates]
        self.store([Change(*update) for update in program.updates], cells, [_own(x) for x in values])
        return results

    def _value(self, node: Node, inputs: Sequence[Any]) -> Any:
        try:
            if node.op.name == "constant":
                return np.asarray(node.attrs["value"], node.dtype.name)
            if node.op.name == "variable":
                return self.cell(node).read()
            if node.op.name == "draw":
                return draw(node, *inputs)
            if node.op.name == "scan":
                return self._loop(node, *inputs)
            if node.op.name == "scan_result":
                return inputs[0][node.attrs["index"]]
            return self._interpreter.compute(node, inputs)
        except EngineError:  # of a step of a loop
            raise
        except Exception as error:
            raise failure(self, node, error) from error

    def _loop(self, node: Node, *inputs: Any) -> tuple[Array, ...]:
        body: Body = node.attrs["body"]
        program = Program(body.inputs, body.outputs, order=tuple(toposort(body.outputs)))

        def step(values: Sequence[Any], _: object) -> list[Any]:
            return walk(program, dict(zip(body.inputs, values)), self._value)[0]

        return run_loop(body, inputs, node.attrs["reverse"], step)

    def _storage(self, variable: Node) -> Any:
        return variable.attrs["state"].storage(self)

    def cell(self, variable: Node) -> Cell:
        """Where a variable's value is; always the same."""
        return _cell(self._storage(variable))

    def store(self, stored: Sequence[Change], cells: Sequence[Cell], values: Sequence[Array]) -> None:
        """Stores the values, which nobody will write into, after a check that all of them fit."""
        for (variable, node, op), value in zip(stored, values):
            if op is None and not all(map(dims.same, value.shape, variable.shape)):
                error = ShapeError(f"its shape {value.shape} is not that of the variable, {dims.show(variable.shape)}")
                raise failure(self, node, error)
        for (_, _, op), cell, value in zip(stored, cells, values):
            if op is None:
                cell.write(value)
            else:
                cell.change(UFUNCS[op], value)

    # ---- As a graph of Theano's

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Any]:
        """Symbolic variables, of which `.eval()` gives the value; nothing is computed."""
        with self._lock, quiet():
            graph = Graph(self, {})
            for node, value in zip(program.inputs, feeds):
                graph.add(node, _constant(node, value), value.shape)
            for node in program.order:
                if node.op.name == "variable":
                    graph.add(node, self._storage(node), node.shape)
            graph.add_all(program.order)
            return [graph.handle(node) for node in program.outputs]

    def compile(self, program: Program) -> Compiled:
        """The program, to be compiled when it is called often enough to be worth it."""
        # There is no C code for float16, and none at all without a compiler.
        nodes = _with_bodies(program.order)
        in_vain = not theano.config.cxx or any(n.dtype.name == "float16" for n in nodes)
        if in_vain or len(nodes) > self.deepest:
            return lambda feeds: self.run(program, feeds)
        return _Compiled(self, program)

    def function(
        self, inputs: Sequence[Symbolic], outputs: Sequence[Symbolic], multiplies: bool
    ) -> Callable[..., list[Array]]:
        """Compiles a graph of Theano's. `multiplies`: there are matrix products in it."""
        with self._lock, quiet():
            if self.has_blas:
                with contextlib.suppress(Exception):  # of no class of its own, if it does not link
                    return _function(inputs, outputs, _mode(blas=True))
            made = _function(inputs, outputs, _mode(blas=False))
        if self.has_blas or (multiplies and not self._told):
            self.has_blas, self._told = False, True
            _warn("there is no BLAS that it can link with, so matrix products are left to NumPy")
        return made


def _with_bodies(order: Sequence[Node]) -> list[Node]:
    """The nodes, and those in the bodies of loops."""
    inner = [_with_bodies(toposort(node.attrs["body"].outputs)) for node in order if node.op.name == "scan"]
    return [*order, *(node for nodes in inner for node in nodes)]


def _own(value: Any) -> Array:
    """A dense array that the caller may write into."""
    return value.toarray() if hasattr(value, "toarray") else np.array(value)


def _constant(node: Node, value: Any) -> Symbolic:
    if is_sparse(node):
        kind = sparse_type(node.dtype.name)
        return theano.sparse.SparseConstant(kind, kind.filter(value))
    array = np.asarray(value, node.dtype.name)
    return theano.tensor.TensorConstant(theano.tensor.TensorType(node.dtype.name, [n == 1 for n in array.shape]), array)


def _multiplies(order: Sequence[Node]) -> bool:
    return any(node.op.name == "matmul" for node in order)


#: Rewrites that hold for real numbers, but not for inf, nan and rounded ones: x * 0 = 0, x == x, (x + y) - y = x.
_UNFAITHFUL: Final = (
    "local_0_dot_x",
    "local_add_canonizer",
    "local_elemwise_sub_zeros",
    "local_log_sum_exp",
    "local_mul_canonizer",
    "local_mul_specialize",
    "local_mul_zero",
    "local_useless_elemwise",
    "local_useless_elemwise_comparison",
    "local_zero_div",
)


def _mode(blas: bool) -> Any:
    mode = theano.compile.mode.get_default_mode().excluding(*_UNFAITHFUL)
    return mode if blas else mode.excluding("BlasOpt")


def _function(inputs: Sequence[Symbolic], outputs: Sequence[Symbolic], mode: Any) -> Callable[..., list[Array]]:
    made: Callable[..., list[Array]] = theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")
    made.trust_input = True  # type: ignore[attr-defined]  # ktensor.function has checked the feeds
    made._check_for_aliased_inputs = False  # type: ignore[attr-defined]  # what is mutable is a copy
    return made


def _broadcast(shape: Shape, operands: Sequence[Shape]) -> Shape:
    """The shape of what the operands give together, as it is known: `MANY`, where one of them is."""
    many = {back for operand in operands for back, size in enumerate(reversed(operand)) if size == MANY}
    return tuple([MANY if len(shape) - 1 - axis in many and size != 1 else size for axis, size in enumerate(shape)])


def _cell(shared: Any) -> Cell:
    """Where Theano keeps a shared variable's value."""
    cell: Cell = shared.tag.cell
    return cell


def _is_large(variable: Node) -> bool:
    size = dims.product(variable.shape)
    return isinstance(size, int) and size * variable.dtype.itemsize >= LARGE


class Graph:
    """A program as a graph of Theano's, with what is known of the sizes in it."""

    def __init__(self, engine: TheanoEngine, is_one: Mapping[Poly, bool]) -> None:
        self._engine = engine
        self._is_one = is_one
        self._handles: dict[Node, Symbolic] = {}
        self._known: dict[Node, Node] = {}

    def handle(self, node: Node) -> Symbolic:
        """The symbolic variable of a node."""
        return self._handles[node]

    def add(self, node: Node, handle: Symbolic, shape: Shape) -> None:
        """Sets the handle of a leaf, of which this shape is known."""
        known = self._knowing(node, shape)
        self._record(node, known, handle if is_sparse(node) else finished(known, handle))

    def add_input(self, node: Node) -> Symbolic:
        """Makes a symbolic variable for the values of a leaf, and gives it."""
        handle = symbolic_input(node, tuple(map(self._size, node.shape)))
        self.add(node, handle, node.shape)
        return handle

    def add_all(self, order: Sequence[Node]) -> None:
        """Lowers all nodes that have no handle yet."""
        for node in order:
            if node in self._handles:
                continue
            try:
                if node.op.name == "constant":
                    self.add(node, _constant(node, node.attrs["value"]), node.shape)
                else:
                    known = self._knowing(node, node.shape)
                    if node.op.name == "scan":
                        self._handles[node], self._known[node] = self._loop(node), known
                        continue
                    lowered = self._engine.lowerings[node.op.name](known, *[self._handles[n] for n in node.inputs])
                    self._record(node, known, finished(known, lowered))
            except Exception as error:
                raise failure(self._engine, node, error) from error

    def _loop(self, node: Node) -> list[Symbolic]:
        """The results of a loop, whose step is compiled when the loop is run first."""
        body: Body = node.attrs["body"]
        order = toposort(body.outputs)

        def compiled() -> Callable[..., list[Array]]:
            with quiet():
                graph = Graph(self._engine, self._is_one)
                inputs = [graph.add_input(n) for n in body.inputs]
                graph.add_all(order)
                outputs = [graph.handle(n) for n in body.outputs]
            return self._engine.function(inputs, outputs, _multiplies(order))

        steps = held(Steps(body, node.attrs["reverse"], compiled))
        made = Loop()(steps, *[self._handles[n] for n in node.inputs])
        return made if isinstance(made, list) else [made]  # Theano gives the only result alone

    def _knowing(self, node: Node, shape: Shape) -> Node:
        """The node as lowerings are to see it."""
        inputs = tuple([self._known[n] for n in node.inputs])
        sizes = tuple(map(self._size, shape))
        if node.op.shape is same_shape or (node.op.broadcasts and node.op.name != "matmul"):
            sizes = _broadcast(sizes, [n.shape for n in inputs])
        return Node(node.op, inputs, node.attrs, sizes, node.dtype, None, 0)

    def _record(self, node: Node, known: Node, handle: Symbolic) -> None:
        if not is_sparse(node):  # Theano may know more than we do
            known.shape = tuple(1 if one else size for one, size in zip(handle.broadcastable, known.shape))
        self._handles[node], self._known[node] = handle, known

    def _size(self, size: Dim) -> Dim:
        """The size as 1, `MANY`, or as it is if it is not known whether it is 1."""
        if not isinstance(size, Poly):
            return size
        if size in self._is_one:
            return 1 if self._is_one[size] else MANY
        if len(size.terms) > 1:
            return size
        ((factors, count),) = size.terms
        ones = [self._is_one.get(Poly({((atom, 1),): 1})) for atom, _ in factors]
        if count > 1 or False in ones:  # a multiple of something that is not 1
            return MANY
        return 1 if all(ones) else size


#: How often C code may fail on what Python can compute before it is given up.
_TOLERATED: Final = 3


def _warn(message: str) -> None:
    warnings.warn(f"Theano: {message}", TheanoWarning, stacklevel=6)


class _Compiled:
    """A program as functions of Theano's, one for each pattern of which unknown sizes are 1."""

    def __init__(self, engine: TheanoEngine, program: Program) -> None:
        needed = set(program.order)
        self._engine = engine
        self._program = program
        self._slots = [i for i, node in enumerate(program.inputs) if node in needed]
        self._variables = [node for node in program.order if node.op.name == "variable"]
        self._cells = [engine.cell(node) for node in self._variables]
        self._leaves = [*(program.inputs[i] for i in self._slots), *self._variables]
        self._unknown = [
            (i, axis, size)
            for i, node in enumerate(self._leaves)
            for axis, size in enumerate(node.shape)
            if not isinstance(size, int) and not is_sparse(node)
        ]
        self._patience = 0 if jit() else engine.patience
        self._calls: Counter[tuple[bool, ...]] = Counter()
        self._functions: dict[tuple[bool, ...], Callable[[Sequence[Any]], list[Array]]] = {}
        self._faults = 0
        self._lock = RLock()  # a function of Theano's keeps what it computes with
        self._changes = changes(program, UFUNCS, scalars=True)
        self._changed = [engine.cell(change.variable) for change in self._changes]
        #: What is stored, each value once, and the place of each change's among them.
        self._values = list(dict.fromkeys(change.value for change in self._changes))
        self._places = [self._values.index(change.value) for change in self._changes]
        #: Leaves that are copied, so that Theano may compute their new values in place.
        replaced = {change.variable for change in self._changes if change.op is None}
        self._copied = [i for i, node in enumerate(self._leaves) if node in replaced and _is_large(node)]

    def __call__(self, feeds: Sequence[Any]) -> list[Array]:
        with self._lock:
            try:
                results = self._computed(feeds)
            except Exception as error:
                return self._op_by_op(feeds, error)
            if results is None:
                return self._engine.run(self._program, feeds)
            count = len(self._program.outputs)
            values = results[count:]
            self._engine.store(self._changes, self._changed, [values[i] for i in self._places])
            return results[:count]

    def _computed(self, feeds: Sequence[Any]) -> list[Array] | None:
        """The outputs and what is to be stored, by C code; None if there is none for these sizes."""
        leaves = [feeds[i] for i in self._slots] + [cell.read() for cell in self._cells]
        if any([0 in leaf.shape for leaf in leaves]):  # noqa: C419  # Theano's C code fails on some empty matrices
            return None
        pattern = tuple([leaves[i].shape[axis] == 1 for i, axis, _ in self._unknown])
        function = self._functions.get(pattern)
        if function is None and self._is_due(pattern):
            function = self._compiled(pattern)
        if function is None:
            return None
        for i in self._copied:
            leaves[i] = copied(leaves[i])
        return function(leaves)

    def _is_due(self, pattern: tuple[bool, ...]) -> bool:
        if self._faults >= _TOLERATED or len(self._functions) >= self._engine.variants:
            return False
        self._calls[pattern] += 1
        return self._calls[pattern] > self._patience

    def _op_by_op(self, feeds: Sequence[Any], error: Exception) -> list[Array]:
        """The error of the node that fails; or else the results, since Theano's compiled code is to blame."""
        try:
            results = self._engine.run(self._program, feeds)
        except EngineError as located:
            raise located from error
        self._faults += 1
        if self._faults == _TOLERATED:
            self._functions.clear()
            _warn(f"its C code fails, and Python runs instead: {error}")
        return results

    def _compiled(self, pattern: tuple[bool, ...]) -> Callable[[Sequence[Any]], list[Array]] | None:
        ones = {size: one for (_, _, size), one in zip(self._unknown, pattern) if size is not None}
        try:
            function = self._function(ones)
            self._functions[pattern] = without_warnings(lambda leaves: function(*leaves))
        except Exception as error:
            self._faults = _TOLERATED
            _warn(f"it cannot compile a function, and Python runs instead: {error}")
        return self._functions.get(pattern)

    def _function(self, is_one: Mapping[Any, bool]) -> Callable[..., list[Array]]:
        with quiet():
            graph = Graph(self._engine, is_one)
            inputs = []
            for node in self._leaves:
                known = [size if isinstance(size, int) else 1 if is_one.get(size) else MANY for size in node.shape]
                inputs.append(symbolic_input(node, tuple(known)))
                graph.add(node, inputs[-1], node.shape)
            taken = [theano.In(x, mutable=True) if i in self._copied else x for i, x in enumerate(inputs)]
            graph.add_all(self._program.order)
            wanted = [*self._program.outputs, *self._values]
            outputs = [to_dense(n, graph.handle(n)) if is_sparse(n) else graph.handle(n) for n in wanted]
        return self._engine.function(taken, outputs, _multiplies(self._program.order))
