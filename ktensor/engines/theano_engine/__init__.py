"""The engine on Theano 1.0.5.

One-shot evaluation runs op by op in Python, with no compilation. A compiled program is a `theano.function`, one for
each pattern of which unknown sizes are 1, since Theano fixes when it compiles which axes broadcast.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import RLock
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ...dims import Poly
from ...graph import Node
from ..base import Compiled, Lowering, Program, failure, walk
from .setup import NoBlasWarning, import_theano

_SETUP: Final = import_theano()

import theano  # noqa: E402  # only import_theano can import it
import theano.sparse  # noqa: E402
import theano.tensor as tt  # noqa: E402
from theano.gof import FunctionGraph  # noqa: E402
from theano.gof.vm import VM_Linker  # noqa: E402

from .lowerings import Context, Symbolic, finish, lowerings  # noqa: E402

__all__ = ["NoBlasWarning", "TheanoEngine"]

Array = npt.NDArray[Any]

#: Programs with more nodes are run op by op: Theano's optimizer takes minutes for them.
_DEEPEST: Final = 3_000
#: How many kernels of single ops, and how many variants of a compiled program, are kept.
_KERNELS: Final = 4_096
_VARIANTS: Final = 16


class _Kernel(NamedTuple):
    """One op as Theano runs it in Python: its steps, and the places of its inputs, its output and what is between."""

    steps: tuple[Callable[[], object], ...]
    inputs: tuple[list[Any], ...]
    output: list[Any]
    places: tuple[list[Any], ...]

    def __call__(self, *values: Any) -> Any:
        for place, value in zip(self.inputs, values):
            place[0] = value
        for step in self.steps:
            step()
        result = self.output[0]
        # A step would write over the old result if it found it in its place.
        for place in self.places:
            place[0] = None
        return result


class TheanoEngine:
    """Theano. It is not thread-safe, so one lock guards all that runs."""

    name = "theano"
    title = "Theano"
    lowerings: Mapping[str, Lowering] = lowerings()
    refusals: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._lock = RLock()
        self._kernels: OrderedDict[Hashable, _Kernel] = OrderedDict()

    def version(self) -> str:
        """Theano's version."""
        return str(theano.__version__)

    # Variables.

    def new_state(self, value: Array, name: str) -> Any:
        """A shared variable."""
        return theano.shared(value.copy(), name=name, broadcastable=[n == 1 for n in value.shape])

    def read_state(self, storage: Any) -> Array:
        """A copy of the shared variable's value."""
        return np.array(storage.get_value(borrow=True))

    def write_state(self, storage: Any, value: Array) -> None:
        """Stores a copy of the value."""
        storage.set_value(value.copy(), borrow=True)

    # Op by op.

    def run(self, program: Program, feeds: Sequence[Any]) -> list[Array]:
        """Evaluates op by op, in Python."""
        with self._lock, np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs, values = walk(program, dict(zip(program.inputs, feeds)), self._step)
            results = [_own(x) for x in outputs]
            self.store(program, [_own(x) for x in values])
        return results

    def store(self, program: Program, values: Sequence[Array]) -> None:
        """Stores the new values of a program's updates, which are the engine's own from now on."""
        for (target, _), value in zip(program.updates, values):
            target.attrs["state"].storage(self).set_value(value, borrow=True)

    def _step(self, node: Node, operands: list[Any]) -> Any:
        if node.op.name == "constant":
            return np.asarray(node.attrs["value"], dtype=node.dtype.dtype)
        if node.op.name == "variable":
            return node.attrs["state"].storage(self).get_value(borrow=True)
        try:
            return self._kernel(node, operands)(*operands)
        except Exception as error:
            raise failure(self, node, error) from error

    def _kernel(self, node: Node, inputs: Sequence[Any]) -> _Kernel:
        types = tuple(_type_of(v) for v in inputs)
        attrs = tuple(node.attrs.items())
        key = (node.op.name, attrs, node.shape, node.dtype, tuple(n.shape for n in node.inputs), types)
        found = self._kernels.get(key)
        if found is None:
            found = self._kernels[key] = self._new_kernel(node, types)
            if len(self._kernels) > _KERNELS:
                self._kernels.popitem(last=False)
        return found

    def _new_kernel(self, node: Node, types: Sequence[Any]) -> _Kernel:
        context = Context(exact=True)
        variables = [kind() for kind in types]
        result = finish(context, node, lowerings()[node.op.name](context, node, *variables))
        graph = FunctionGraph(variables, [result], clone=True)
        constants = {v: [v.data] for v in graph.variables if isinstance(v, theano.Constant)}
        places = {v: [None] for v in graph.variables if v not in constants}
        storage = {**constants, **places}
        computed = {v: [v.owner is None] for v in storage}
        steps = [apply.op.make_thunk(apply, storage, computed, [], "py") for apply in graph.toposort()]
        inputs = tuple(storage[v] for v in graph.inputs)
        return _Kernel(tuple(steps), inputs, storage[graph.outputs[0]], tuple(places.values()))

    # Handles.

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Symbolic]:
        """Theano's symbolic variables of the outputs; nothing is computed."""
        with self._lock:
            inputs = {n: input_variable(n, Context()) for n in program.inputs}
            handles = self.lowered(program, inputs, Context())
        return [handles[n] for n in program.outputs]

    def lowered(self, program: Program, inputs: Mapping[Node, Symbolic], context: Context) -> dict[Node, Symbolic]:
        """The program as a graph of Theano's."""
        handles: dict[Node, Symbolic] = dict(inputs)
        for node in program.order:
            if node not in handles:
                try:
                    handles[node] = self._handle(node, handles, context)
                except Exception as error:
                    raise failure(self, node, error) from error
        return handles

    def _handle(self, node: Node, handles: Mapping[Node, Symbolic], context: Context) -> Symbolic:
        if node.op.name == "constant":
            return tt.constant(np.asarray(node.attrs["value"], dtype=node.dtype.dtype))
        if node.op.name == "variable":
            return node.attrs["state"].storage(self)
        lowered = lowerings()[node.op.name](context, node, *[handles[n] for n in node.inputs])
        return finish(context, node, lowered)

    # Compiled.

    def compile(self, program: Program) -> Compiled:
        """A `theano.function` for each pattern of sizes that are 1."""
        if len(program.order) > _DEEPEST:
            return lambda feeds: self.run(program, feeds)
        return _Variants(self, program)

    @property
    def lock(self) -> RLock:
        """Held while Theano runs."""
        return self._lock


def _type_of(value: Any) -> Any:
    if hasattr(value, "tocsr"):
        return theano.sparse.SparseType("csr", str(value.dtype))
    return tt.TensorType(str(value.dtype), tuple(n == 1 for n in value.shape))


def input_variable(node: Node, context: Context) -> Symbolic:
    """The symbolic variable of a placeholder."""
    if node.attrs["sparse"]:
        return theano.sparse.csr_matrix(node.attrs["name"], dtype=node.dtype.name)
    flags = [d == 1 or d in context.ones for d in node.shape]
    return tt.TensorType(node.dtype.name, flags)(node.attrs["name"])


def _own(value: Any) -> Array:
    """A dense array of its own."""
    return value.toarray() if hasattr(value, "toarray") else np.array(value)


class _Variants:
    """A program compiled once for each pattern of unknown sizes that are 1."""

    def __init__(self, engine: TheanoEngine, program: Program) -> None:
        self._engine = engine
        self._program = program
        needed = set(program.order)
        self._slots = [i for i, n in enumerate(program.inputs) if n in needed]
        inputs = [(i, program.inputs[i]) for i in self._slots]
        self._unknown = [(i, axis, d) for i, n in inputs for axis, d in enumerate(n.shape) if isinstance(d, Poly)]
        self._compiled: OrderedDict[frozenset[Poly], Any] = OrderedDict()

    def __call__(self, feeds: Sequence[Any]) -> list[Array]:
        engine, program = self._engine, self._program
        ones = frozenset(d for i, axis, d in self._unknown if feeds[i].shape[axis] == 1)
        with engine.lock:
            function = self._compiled.get(ones) or self._compile(ones)
            try:
                results = function(*[feeds[i] for i in self._slots])
            except Exception:
                # Op by op the failure has a line; or there is none: some C code refuses arrays without elements.
                return engine.run(program, feeds)
            results = [np.asarray(r) for r in results]
            engine.store(program, results[len(program.outputs) :])
        return results[: len(program.outputs)]

    def _compile(self, ones: frozenset[Poly]) -> Any:
        program = self._program
        context = Context(settled=frozenset(d for _, _, d in self._unknown), ones=ones)
        inputs = {program.inputs[i]: input_variable(program.inputs[i], context) for i in self._slots}
        handles = self._engine.lowered(program, inputs, context)
        results = [handles[n] for n in (*program.outputs, *(value for _, value in program.updates))]
        dense = [theano.sparse.dense_from_sparse(r) if _is_sparse(r) else r for r in results]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function = theano.function(list(inputs.values()), dense, mode=self._mode(), on_unused_input="ignore")
        function.trust_input = True  # ktensor.function has checked and converted the feeds
        self._compiled[ones] = function
        if len(self._compiled) > _VARIANTS:
            self._compiled.popitem(last=False)
        return function

    def _mode(self) -> Any:
        # There is no C code for float16.
        in_c = _SETUP.has_compiler and not any(n.dtype.name == "float16" for n in self._program.order)
        linker = "cvm" if in_c else VM_Linker(use_cloop=False, c_thunks=False)
        mode = theano.Mode(linker=linker, optimizer="fast_run")
        return mode if _SETUP.has_blas else mode.excluding("BlasOpt", "c_blas")


def _is_sparse(handle: Symbolic) -> bool:
    return isinstance(handle.type, theano.sparse.SparseType)
