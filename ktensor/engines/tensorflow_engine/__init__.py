"""The TensorFlow 2.x engine: eager for one-shot evaluation, one concrete function per compiled program."""

from __future__ import annotations

import functools
import importlib
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from ...config import jit
from ...errors import EngineError
from ...graph import Node
from ..base import Compiled, Engine, Lowering, Program, failure, walk
from ..changes import changes
from ..momentum import momenta
from .aliases import kept_by_variables
from .empties import guarded, instead, unsure
from .loops import scan
from .lowerings import NOT_XLA, Handle, as_without_xla, known, lowerings, raw, static_shape, tf
from .windows import WINDOWS, XLA_WINDOWS

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["TensorflowEngine"]


# ---- Leaves, feeds and results ---------------------------------------------------------------------


def _constant(node: Node) -> Handle:
    """An eager tensor, in traces too: a small one is copied into the graph, a large one becomes an argument."""
    value = node.attrs["value"]
    if isinstance(value, np.ndarray):
        dtype = None  # its own, which takes less time
    elif value:
        return known(value, node.dtype.name)
    else:  # 0.0 and -0.0, which are equal
        dtype = node.dtype.name
    if tf.executing_eagerly():
        return tf.constant(value, dtype)
    with tf.init_scope():
        return tf.constant(value, dtype)


def _storage(engine: Engine, variable: Node) -> Any:
    return variable.attrs["state"].storage(engine)


def _read(storage: Any) -> Handle:
    return raw.ReadVariableOp(resource=storage.handle, dtype=storage.dtype)


def _store(storage: Any, value: Handle) -> None:
    raw.AssignVariableOp(resource=storage.handle, value=value)


def _add(storage: Any, value: Handle) -> None:
    raw.AssignAddVariableOp(resource=storage.handle, value=value)


def _subtract(storage: Any, value: Handle) -> None:
    raw.AssignSubVariableOp(resource=storage.handle, value=value)


def _move(weight: Any, velocity: Any, rate: Handle, gradient: Handle, momentum: Handle) -> None:
    """A step with momentum, as one op. Threads that read the two meanwhile wait."""
    raw.ResourceApplyKerasMomentum(
        var=weight.handle, accum=velocity.handle, lr=rate, grad=gradient, momentum=momentum, use_locking=True
    )


#: How a variable is changed by a value: by an op in place, or without one.
_STORES: Final[Mapping[str | None, Callable[[Any, Handle], None]]] = {"add": _add, "subtract": _subtract, None: _store}


def _is_sparse(node: Node) -> bool:
    return bool(node.attrs.get("sparse"))


def _components(node: Node, matrix: Any) -> list[npt.NDArray[Any]]:
    """Indices, values and shape of a scipy matrix, as TensorFlow wants them: by rows, and no index twice."""
    matrix = matrix.tocsr()
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    matrix = matrix.tocoo()
    indices = np.stack([matrix.row, matrix.col], axis=1).astype(np.int64)
    return [indices, matrix.data.astype(node.dtype.name), np.array(matrix.shape, np.int64)]


def _specs(node: Node) -> list[Any]:
    """The signature of a feed's arguments: three for a sparse placeholder."""
    if not _is_sparse(node):
        return [tf.TensorSpec(static_shape(node), node.dtype.name)]
    return [
        tf.TensorSpec([None, 2], "int64"),
        tf.TensorSpec([None], node.dtype.name),
        tf.TensorSpec([2], "int64"),
    ]


def _parts(node: Node, value: Any) -> Sequence[Any]:
    return _components(node, value) if _is_sparse(node) else [value]


def _assembled(inputs: Sequence[Node], arguments: Sequence[Handle]) -> list[Handle]:
    """The handles of the inputs, from the arguments that `_specs` asks for."""
    rest = iter(arguments)
    return [tf.SparseTensor(next(rest), next(rest), next(rest)) if _is_sparse(n) else next(rest) for n in inputs]


def _feed(node: Node, value: Any) -> Handle:
    if _is_sparse(node):
        return tf.SparseTensor(*_components(node, value))
    return tf.constant(value, node.dtype.name)


def _array(handle: Handle) -> npt.NDArray[Any]:
    """A copy of an eager tensor, of a scalar too as an array."""
    return np.asarray(handle.numpy())


def _dense(handle: Handle) -> Handle:
    return tf.sparse.to_dense(handle) if isinstance(handle, tf.SparseTensor) else handle


def _refine(node: Node, handle: Handle) -> Handle:
    """Tells TensorFlow what ktensor knows of a symbolic tensor's shape and TensorFlow does not."""
    if not isinstance(handle, (tf.SparseTensor, tuple)) and not handle.shape.is_fully_defined():
        handle.set_shape(static_shape(node))
    return handle


def _fit(variable: Node, value: Handle) -> Handle:
    """`value`, whose shape is checked at run time to be the variable's, unless that is certain."""
    shape = static_shape(variable)
    return value if shape.is_fully_defined() and value.shape == shape else tf.ensure_shape(value, shape)


# ---- Walking a program -----------------------------------------------------------------------------

#: Computes one node from the handles of its inputs.
Step: TypeAlias = Callable[["Node", list[Handle]], Handle]


_NOISE: Final = re.compile(r"\[\[.*|\{\{.*?\}\} ?|,? node name: .*|\[Op:.*|\n.*", re.DOTALL)


def _plain(error: Exception) -> Exception:
    """The error without kernels, devices and names of graph nodes, which mean nothing to a user."""
    if not isinstance(error, tf.errors.OpError):
        return error
    plain: Exception = type(error)(None, None, _NOISE.sub("", error.message).strip() or error.message)
    return plain


class TensorflowEngine:
    """Runs programs on TensorFlow 2.x."""

    name = "tensorflow"
    title = "TensorFlow"
    refusals: Mapping[str, str] = MappingProxyType({})

    #: Programs with more nodes are not traced: that takes half a millisecond a node, and walking them 20 microseconds.
    deepest = 20_000

    #: How many functions may be gone before TensorFlow is told to let go of their kernels.
    patience = 100

    def __init__(self) -> None:
        self.lowerings: Mapping[str, Lowering] = {
            **lowerings(),
            **WINDOWS,
            "scan": functools.partial(scan, self._inner_step),
        }
        self._gone = 0

    def version(self) -> str:
        return str(tf.__version__)

    # ---- State

    def new_state(self, value: npt.NDArray[Any], name: str) -> Any:
        # Whether a size may change is not told here; ktensor has checked it before anything is written.
        with tf.init_scope():
            return tf.Variable(value, trainable=False, shape=[None] * value.ndim)

    def read_state(self, storage: Any) -> npt.NDArray[Any]:
        return _array(_read(storage))

    def write_state(self, storage: Any, value: npt.NDArray[Any]) -> None:
        _store(storage, tf.constant(value, storage.dtype))

    # ---- One-shot evaluation

    def run(self, program: Program, feeds: Sequence[Any]) -> list[npt.NDArray[Any]]:
        outputs, values = self._evaluate(program, feeds)
        results = [_array(_dense(handle)) for handle in outputs]
        for (variable, _), value in zip(program.updates, values, strict=True):
            _store(_storage(self, variable), value)
        return results

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Any]:
        return self._evaluate(program, feeds)[0]

    def _evaluate(self, program: Program, feeds: Sequence[Any]) -> tuple[list[Handle], list[Handle]]:
        needed = set(program.order)
        handles = {n: _feed(n, feed) for n, feed in zip(program.inputs, feeds, strict=True) if n in needed}
        outputs, values = walk(program, handles, self.step)
        return outputs, self.fitted(program, values)

    def step(self, node: Node, operands: list[Handle]) -> Handle:
        """The handle of one node. A failure names the node."""
        name = node.op.name
        try:
            if name == "constant":
                return _constant(node)
            if name == "variable":
                return _read(_storage(self, node))
            handle = instead(node, operands) if name in WINDOWS and tf.executing_eagerly() else None
            return self.lowerings[name](node, *operands) if handle is None else handle
        except EngineError:  # of a step of a loop
            raise
        except Exception as error:
            raise failure(self, node, _plain(error)) from error

    def _inner_step(self, node: Node, operands: list[Handle]) -> Handle:
        if node.op.name in WINDOWS and not tf.executing_eagerly() and not operands[0].shape.is_fully_defined():
            operands = guarded(node, operands)
        return _refine(node, self.step(node, operands))

    def fitted(self, program: Program, values: Sequence[Handle]) -> list[Handle]:
        """The new values, none of which is stored before all have turned out to fit."""
        fitted = []
        for (variable, node), value in zip(program.updates, values, strict=True):
            try:
                fitted.append(_fit(variable, value))
            except Exception as error:
                raise failure(self, node, _plain(error)) from error
        return fitted

    # ---- Compilation

    def compile(self, program: Program) -> Compiled:
        if len(program.order) > self.deepest:
            return functools.partial(self.run, program)
        if self._gone >= self.patience:
            self._gone = 0
            _forget_kernels()
        compiled = _Compiled(self, program)
        weakref.finalize(compiled, self._count_gone).atexit = False
        return compiled

    def _count_gone(self) -> None:
        self._gone += 1

    def failing(self, program: Program, feeds: Sequence[Any]) -> EngineError | None:
        """The error of the node that fails, found by computing step by step; None if none does."""
        try:
            self._evaluate(program, feeds)
        except EngineError as error:
            return error
        return None


def _forget_kernels() -> None:
    """Lets go of what TensorFlow keeps of each function that `_fast` ever called, at some 200 kB each.

    Functions that live on pay a part of their first call again, so this is done once in a while only.
    """
    context = importlib.import_module("tensorflow.python.eager.context")  # where Keras's clear_session finds it, too
    context.context().clear_kernel_cache()


#: Runs a function: its arguments' values in, the results' handles out.
Execute: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]


def _fast(concrete: Any) -> Execute:
    """As the op that calls functions, which takes a tenth of the time of calling the concrete function itself."""
    captured = list(concrete.captured_inputs)
    types = [output.dtype for output in concrete.outputs]
    call = raw.StatefulPartitionedCall
    return lambda arguments: call(args=[*arguments, *captured], Tout=types, f=concrete)


def _slow(concrete: Any) -> Execute:
    """As TensorFlow's users do. It takes functions that the op refuses, such as those with an int32 Shape in them."""
    return lambda arguments: concrete(*map(tf.convert_to_tensor, arguments))


class _Compiled:
    """A program as one concrete function, traced once, with unknown sizes left unknown."""

    def __init__(self, engine: TensorflowEngine, program: Program) -> None:
        self._engine = engine
        self._program = program
        needed = set(program.order)
        self._slots = [i for i, n in enumerate(program.inputs) if n in needed]
        self._inputs = [program.inputs[i] for i in self._slots]
        self._variables = [n for n in program.order if n.op.name == "variable"]
        self._is_sparse = any(map(_is_sparse, self._inputs))
        self._has_windows = any(n.op.name in WINDOWS for n in program.order)
        self._unsure = unsure(program)
        # TensorFlow reads the user's arrays in place, and a variable would keep them.
        kept = kept_by_variables(program)
        self._copied = [] if self._is_sparse else [i for i, n in enumerate(self._inputs) if n in kept]
        self._jit = jit() and not any(n.op.name in NOT_XLA for n in program.order)
        # XLA computes the whole sum at once.
        self._momenta, self._changes = momenta(program, changes(program, () if self._jit else _STORES))
        self._execute = _fast(self._traced())

    def __call__(self, feeds: Sequence[Any]) -> list[npt.NDArray[Any]]:
        arguments = [feeds[i] for i in self._slots]
        if self._has_windows and any([0 in feed.shape for feed in arguments]):  # noqa: C419  # a generator takes longer
            return self._engine.run(self._program, feeds)
        if self._is_sparse:
            pairs = zip(self._inputs, arguments, strict=True)
            arguments = [part for node, feed in pairs for part in _parts(node, feed)]
        for i in self._copied:
            arguments[i] = tf.constant(arguments[i])
        try:
            results = self._execute(arguments)
        except tf.errors.OpError as error:
            return self._recovered(feeds, arguments, error)
        return [_array(result) for result in results]

    def _recovered(self, feeds: Sequence[Any], arguments: Sequence[Any], error: Exception) -> list[npt.NDArray[Any]]:
        """The results after all, where it is TensorFlow's fault; variables have not changed yet."""
        located = self._engine.failing(self._program, feeds)
        if located is not None:
            raise located from error
        if self._unsure:
            return self._engine.run(self._program, feeds)
        if self._jit:  # something that XLA cannot compile
            self._jit = False
            self._execute = _fast(self._traced())
        else:
            self._execute = _slow(self._traced())
        try:
            return [_array(result) for result in self._execute(arguments)]
        except tf.errors.OpError as second:
            raise EngineError(f"{self._engine.title} failed in a compiled function: {_plain(second)}") from second

    # ---- Tracing

    def _traced(self) -> Any:
        specs = [spec for node in self._inputs for spec in _specs(node)]
        return tf.function(self._body, input_signature=specs, autograph=False).get_concrete_function()

    def _body(self, *arguments: Handle) -> list[Handle]:
        leaves = _assembled(self._inputs, arguments)
        leaves += [_refine(n, _read(_storage(self._engine, n))) for n in self._variables]
        compute = tf.function(self._compute, jit_compile=True, autograph=False) if self._jit else self._compute
        outputs, operands, values, checks = compute(leaves)
        done = [*outputs, *operands, *values, *(tf.debugging.Assert(c, ["an index is out of bounds"]) for c in checks)]
        with tf.control_dependencies(done):
            for change, value in zip(self._changes, values, strict=True):
                _STORES[change.op](_storage(self._engine, change.variable), value)
            for i, step in enumerate(self._momenta):
                _move(*(_storage(self._engine, n) for n in (step.weight, step.velocity)), *operands[3 * i : 3 * i + 3])
        return outputs

    def _compute(self, leaves: Sequence[Handle]) -> tuple[list[Handle], list[Handle], list[Handle], list[Handle]]:
        """The outputs; the operands of steps with momentum; what is to be stored; and what must hold."""
        checks: list[Handle] = []

        def step(node: Node, operands: list[Handle]) -> Handle:
            if self._jit and node.op.name in XLA_WINDOWS:
                handle = XLA_WINDOWS[node.op.name](node, *operands)
            else:
                is_unsure = node in self._unsure and not self._jit
                handle = self._engine.step(node, guarded(node, operands) if is_unsure else operands)
            if self._jit:
                handle = as_without_xla(node, operands, handle, checks)
            return _refine(node, handle)

        handles = dict(zip([*self._inputs, *self._variables], leaves, strict=True))
        updates = tuple((change.variable, change.value) for change in self._changes)
        operands = [node for step in self._momenta for node in (step.rate, step.gradient, step.momentum)]
        program = self._program._replace(outputs=(*self._program.outputs, *operands), updates=updates)
        found, values = walk(program, handles, step)
        outputs = [_dense(handle) for handle in found[: len(self._program.outputs)]]
        return outputs, found[len(outputs) :], self._engine.fitted(program, values), checks
