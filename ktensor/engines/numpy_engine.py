"""The embedded engine: NumPy alone (and scipy for sparse tensors).

A compiled program is one straight-line Python function: a line per op, results written into the buffers of operands
that nobody needs any more, everything else freed after its last use.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from .. import dims
from ..errors import EngineError
from ..graph import Body, Node, toposort
from . import beams, windows
from .base import Compiled, Engine, Lowering, Program, failure, get_engine, walk
from .loop import run_loop
from .printing import print_tensor
from .random import draw

__all__ = ["NumpyEngine"]

Array: TypeAlias = npt.NDArray[Any]


class _Cell:
    """The storage of a variable. Its array is replaced, never written into."""

    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array


# Ops that are NumPy functions of the same arguments. They take `out`, and their result is their own.
_UFUNCS: Final[Mapping[str, np.ufunc]] = {
    "abs": np.absolute,
    "add": np.add,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "cos": np.cos,
    "divide": np.true_divide,
    "equal": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "floor_divide": np.floor_divide,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "invert": np.invert,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "left_shift": np.left_shift,
    "less": np.less,
    "less_equal": np.less_equal,
    "log": np.log,
    "log1p": np.log1p,
    "logical_and": np.logical_and,
    "logical_not": np.logical_not,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "multiply": np.multiply,
    "negative": np.negative,
    "not_equal": np.not_equal,
    "power": np.power,
    "right_shift": np.right_shift,
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "square": np.square,
    "subtract": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
}

#: Ops whose result may share memory with an operand.
_REARRANGED: Final = (
    "broadcast_to",
    "expand_dims",
    "print_tensor",
    "reshape",
    "scan_result",
    "slice",
    "squeeze",
    "stop_gradient",
    "transpose",
)
_MAYBE_UNCHANGED: Final = ("all", "any", "ceil", "floor", "max", "min", "prod", "round", "sum", "unbroadcast")
_VIEWS: Final = frozenset(_REARRANGED + _MAYBE_UNCHANGED)


def _rounded(ufunc: np.ufunc) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        return ufunc(x) if node.dtype.is_float else x  # ufuncs would make floats of integers

    return lower


def _erf_function() -> Callable[[Array], Any]:
    try:
        from scipy.special import erf
    except ImportError:
        return np.vectorize(math.erf, otypes=[np.float64])
    return erf  # type: ignore[no-any-return]  # scipy is untyped


def _erf(node: Node, x: Array) -> Any:
    return _erf_function()(x).astype(node.dtype.dtype)


def _sigmoid(node: Node, x: Array) -> Any:
    small = np.exp(-np.abs(x))
    one = x.dtype.type(1)  # NumPy 1 makes float64 of a Python number and a scalar
    return np.where(x >= 0, one, small) / (one + small)


def _softplus(node: Node, x: Array) -> Any:
    return np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.abs(x)))


def _relu(node: Node, x: Array) -> Any:
    return np.maximum(x, node.dtype.dtype.type(0))


def _cast(node: Node, x: Array) -> Any:
    return x.astype(node.dtype.dtype)


def _reduction(ufunc: np.ufunc) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        axes = node.attrs["axes"]
        return ufunc.reduce(x, axis=axes, keepdims=node.attrs["keepdims"]) if axes else x

    return lower


def _accumulation(ufunc: np.ufunc) -> Lowering:
    """A reduction in the result's own dtype; float16 is accumulated in float32."""

    def lower(node: Node, x: Array) -> Any:
        axes, dtype = node.attrs["axes"], node.dtype.dtype
        if not axes:
            return x
        wide = np.dtype(np.float32) if dtype == np.float16 else dtype
        return ufunc.reduce(x, axis=axes, keepdims=node.attrs["keepdims"], dtype=wide).astype(dtype, copy=False)

    return lower


def _position(function: Callable[..., Any]) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        return function(x, axis=node.attrs["axis"]).astype(np.int64, copy=False)

    return lower


def _cumulative(ufunc: np.ufunc, neutral: int) -> Lowering:
    def lower(node: Node, x: Array) -> Any:
        axis = node.attrs["axis"]
        turned = np.flip(x, axis) if node.attrs["reverse"] else x
        result = ufunc.accumulate(turned, axis=axis, dtype=node.dtype.dtype)
        if node.attrs["exclusive"] and x.shape[axis]:
            along = np.moveaxis(result, axis, 0)
            along[1:] = along[:-1].copy()
            along[0] = neutral
        return np.flip(result, axis) if node.attrs["reverse"] else result

    return lower


def _target(node: Node, vector: Sequence[Array]) -> tuple[int, ...]:
    return tuple(vector[0].tolist()) if vector else node.attrs["shape"]


def _reshape(node: Node, x: Array, *vector: Array) -> Any:
    return x.reshape(_target(node, vector))


def _broadcast_to(node: Node, x: Array, *vector: Array) -> Any:
    return np.broadcast_to(x, _target(node, vector))


def _squeeze(node: Node, x: Array) -> Any:
    return x.squeeze(node.attrs["axes"])


def _slices(node: Node, bounds: Sequence[Array]) -> tuple[slice, ...]:
    given: Iterator[Array] = iter(bounds)
    return tuple(slice(*(int(next(given)) if part == "?" else part for part in item)) for item in node.attrs["items"])


def _slice(node: Node, x: Array, *bounds: Array) -> Any:
    return x[_slices(node, bounds)]


def _unslice(node: Node, g: Array, like: Array, *bounds: Array) -> Any:
    result = np.zeros(like.shape, node.dtype.dtype)
    result[_slices(node, bounds)] = g
    return result


def _positions(node: Node, indices: Sequence[Array]) -> tuple[Any, ...]:
    for index in indices:
        if index.dtype.kind == "i" and index.size and index.min() < 0:
            raise IndexError(f"index {index.min()} is negative")
    return (*(slice(None),) * node.attrs["axis"], *indices)


def _take(node: Node, x: Array, *indices: Array) -> Any:
    return x[_positions(node, indices)]


def _scatter_add(node: Node, g: Array, like: Array, *indices: Array) -> Any:
    result = np.zeros(like.shape, node.dtype.dtype)
    np.add.at(result, _positions(node, indices), g)
    return result


def _pad(node: Node, x: Array) -> Any:
    widths = node.attrs["widths"]
    result = np.full([n + b + a for n, (b, a) in zip(x.shape, widths)], node.attrs["value"], node.dtype.dtype)
    result[tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths))] = x
    return result


def _shape(node: Node, x: Array) -> Any:
    return np.array(x.shape, np.int32)


def _unbroadcast(node: Node, g: Array, like: Array) -> Any:
    front = g.ndim - like.ndim
    axes = tuple(i + front for i, n in enumerate(like.shape) if n == 1 and g.shape[i + front] != 1)
    if axes:
        g = np.add.reduce(g, axis=axes, keepdims=True)
    return np.add.reduce(g, axis=tuple(range(front))) if front else g


def _arange(node: Node, start: Array, stop: Array, step: Array) -> Any:
    return np.arange(start, stop, step, dtype=node.dtype.dtype)


def _concatenate(node: Node, *tensors: Array) -> Any:
    return np.concatenate(tensors, axis=node.attrs["axis"])


def _stack(node: Node, *tensors: Array) -> Any:
    return np.stack(tensors, axis=node.attrs["axis"])


def _softmax(node: Node, x: Array) -> Any:
    axis = node.attrs["axis"]
    result = np.asarray(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    np.exp(result, out=result)
    result /= np.add.reduce(result, axis=axis, keepdims=True)
    return result


def _sparse_dot(node: Node, x: Any, y: Array) -> Any:
    return (x.T if node.attrs["transpose"] else x) @ y


def _with_attrs(function: Callable[..., Any], *attrs: str) -> Lowering:
    """A function of arrays and these attributes."""
    return lambda node, *handles: function(*handles, *(node.attrs[a] for a in attrs))


def _sized(function: Callable[..., Any], tensors: int, *attrs: str) -> Lowering:
    """The same, of that many tensors and of the spatial sizes of the result, which may be a last input."""

    def lower(node: Node, *handles: Array) -> Any:
        sizes = (*handles[tensors:], node.attrs["sizes"])[0]
        return function(*handles[:tensors], sizes, *(node.attrs[a] for a in attrs))

    return lower


#: The steps of loops that are in use, as straight-line functions.
_steps: Final[WeakKeyDictionary[Body, Callable[..., Any]]] = WeakKeyDictionary()


def _step_of(body: Body) -> Callable[..., Any]:
    """The body as a function of its inputs. What it gives may share memory with them."""
    step = _steps.get(body)
    if step is None:
        engine = get_engine("numpy")
        order = tuple(toposort(body.outputs))
        writer = _Writer(engine, Program(body.inputs, body.outputs, order=order), copies=False)
        step = _steps[body] = writer.guarded()
    return step


def _scan(node: Node, *handles: Array) -> Any:
    body = node.attrs["body"]
    return run_loop(body, handles, node.attrs["reverse"], _step_of(body))


def _plain(function: Callable[..., Any]) -> Lowering:
    return lambda node, *handles: function(*handles)


_LOWERINGS: Final[Mapping[str, Lowering]] = {
    **{name: _plain(ufunc) for name, ufunc in _UFUNCS.items()},
    "all": _reduction(np.logical_and),
    "any": _reduction(np.logical_or),
    "arange": _arange,
    "argmax": _position(np.argmax),
    "argmin": _position(np.argmin),
    "avg_pool": _with_attrs(windows.avg_pool, "size", "window"),
    "avg_pool_grad": _sized(windows.avg_pool_grad, 1, "size", "window"),
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "ceil": _rounded(np.ceil),
    "concatenate": _concatenate,
    "conv": _with_attrs(windows.conv, "window", "depthwise"),
    "conv_input_grad": _sized(windows.conv_input_grad, 2, "window", "depthwise"),
    "conv_kernel_grad": _sized(windows.conv_kernel_grad, 2, "window", "depthwise"),
    "ctc_beam_search": _with_attrs(beams.ctc_beam_search, "beam_width", "top_paths", "merge_repeated"),
    "cumprod": _cumulative(np.multiply, 1),
    "cumsum": _cumulative(np.add, 0),
    "draw": draw,
    "erf": _erf,
    "expand_dims": lambda node, x: np.expand_dims(x, node.attrs["axis"]),
    "floor": _rounded(np.floor),
    "matmul": _plain(np.matmul),
    "max": _reduction(np.maximum),
    "max_pool": _with_attrs(windows.max_pool, "size", "window"),
    "max_pool_grad": _with_attrs(windows.max_pool_grad, "size", "window"),
    "max_pool_pick": _with_attrs(windows.max_pool_pick, "size", "window"),
    "min": _reduction(np.minimum),
    "nonzero": _plain(np.argwhere),
    "pad": _pad,
    "print_tensor": print_tensor,
    "prod": _accumulation(np.multiply),
    "relu": _relu,
    "reshape": _reshape,
    "round": _rounded(np.rint),
    "scan": _scan,
    "scan_result": lambda node, results: results[node.attrs["index"]],
    "scatter_add": _scatter_add,
    "shape": _shape,
    "sigmoid": _sigmoid,
    "slice": _slice,
    "softmax": _softmax,
    "softplus": _softplus,
    "sparse_dot": _sparse_dot,
    "sparse_to_dense": lambda node, x: x.toarray(),
    "squeeze": _squeeze,
    "stack": _stack,
    "stop_gradient": lambda node, x: x,
    "sum": _accumulation(np.add),
    "take": _take,
    "transpose": lambda node, x: x.transpose(node.attrs["axes"]),
    "unbroadcast": _unbroadcast,
    "unslice": _unslice,
    "where": _plain(np.where),
}


class NumpyEngine:
    """NumPy, always there."""

    name = "numpy"
    title = "NumPy"
    lowerings = _LOWERINGS
    refusals: Mapping[str, str] = {}

    def version(self) -> str:
        """NumPy's version."""
        return np.__version__

    def new_state(self, value: Array, name: str) -> _Cell:
        """A cell that holds a copy of the value."""
        return _Cell(value.copy())

    def read_state(self, storage: _Cell) -> Array:
        """A copy of what the cell holds."""
        return storage.array.copy()

    def write_state(self, storage: _Cell, value: Array) -> None:
        """Makes the cell hold a copy of the value."""
        storage.array = value.copy()

    def run(self, program: Program, feeds: Sequence[Any]) -> list[Array]:
        """Walks the graph once, freeing each array after its last use."""
        with np.errstate(all="ignore"):
            outputs, values = walk(program, dict(zip(program.inputs, feeds)), self._step)
        results, new = [_own(x) for x in outputs], [_own(x) for x in values]
        for (target, _), value in zip(program.updates, new):
            target.attrs["state"].storage(self).array = value
        return results

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Any]:
        """The arrays themselves."""
        return self.run(program, feeds)

    def _step(self, node: Node, operands: list[Any]) -> Any:
        if node.op.name == "constant":
            return _constant(node)
        if node.op.name == "variable":
            return node.attrs["state"].storage(self).array
        try:
            return _LOWERINGS[node.op.name](node, *operands)
        except EngineError:  # of a step of a loop
            raise
        except Exception as error:
            raise failure(self, node, error) from error

    def compile(self, program: Program) -> Compiled:
        """The program as one straight-line Python function."""
        run = _Writer(self, program).guarded()

        def call(feeds: Sequence[Any]) -> list[Array]:
            with np.errstate(all="ignore"):
                return run(*feeds)  # type: ignore[no-any-return]  # made by exec

        return call


def _constant(node: Node) -> Any:
    value = node.attrs["value"]
    return value if isinstance(value, np.ndarray) else node.dtype.dtype.type(value)


def _own(value: Any) -> Array:
    """A dense array of its own, that the caller may write into."""
    if hasattr(value, "toarray"):
        return value.toarray()  # type: ignore[no-any-return]  # scipy is untyped
    return np.array(value)


_FILE: Final = "<ktensor program>"


class _Writer:
    """Writes a program as Python source, a line per op.

    Args:
        copies: results share no memory with feeds and variables.
    """

    def __init__(self, engine: Engine, program: Program, copies: bool = True) -> None:
        self._engine = engine
        self._program = program
        self._copies = copies
        self._names: dict[Node, str] = {}
        self._lines: list[str] = []
        self._nodes: list[Node] = []
        self._globals: dict[str, Any] = {"own": _own}
        self._memory: dict[Node, Node] = {}
        self._owned: set[Node] = set()
        self._frees = self._last_uses()

    def function(self) -> Callable[..., Any]:
        """The compiled function of the feeds."""
        program = self._program
        for i, node in enumerate(program.inputs):
            self._names[node] = f"f{i}"
        for position, node in enumerate(program.order):
            if node not in self._names:
                self._write(position, node)
        values = [self._result(value) for _, value in program.updates]
        results = [self._result(n) for n in program.outputs]
        self._line(f"values = ({''.join(v + ', ' for v in values)})", None)
        self._line(f"results = [{', '.join(results)}]", None)
        for i, (target, _) in enumerate(program.updates):
            self._globals[f"cell{i}"] = target.attrs["state"].storage(self._engine)
            self._line(f"cell{i}.array = values[{i}]", None)
        self._line("return results", None)
        parameters = ", ".join(f"f{i}" for i in range(len(program.inputs)))
        source = f"def run({parameters}):\n" + "".join(f" {line}\n" for line in self._lines)
        exec(compile(source, _FILE, "exec"), self._globals)
        return self._globals["run"]  # type: ignore[no-any-return]  # made by exec

    def guarded(self) -> Callable[..., Any]:
        """The compiled function, whose errors name the node."""
        run = self.function()

        def call(*feeds: Any) -> Any:
            try:
                return run(*feeds)
            except EngineError:
                raise
            except Exception as error:
                raise failure(self._engine, self.node_of_error(error), error) from error

        return call

    def node_of_error(self, error: Exception) -> Node:
        """The node whose line raised the error."""
        lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == _FILE]
        return self._nodes[lines[0] - 2]

    def _line(self, text: str, node: Node | None) -> None:
        self._lines.append(text)
        self._nodes.append(node or self._program.order[-1])

    def _last_uses(self) -> list[list[Node]]:
        """For each position, the memory that nobody needs after it."""
        order = self._program.order
        for node in order:
            shares = node.op.name in _VIEWS and node.inputs
            self._memory[node] = self._memory[node.inputs[0]] if shares else node
        last: dict[Node, int] = {}
        for position, node in enumerate(order):
            for used in (*node.inputs, node):
                last[self._memory[used]] = position
        for node in (*self._program.outputs, *(value for _, value in self._program.updates)):
            last[self._memory[node]] = len(order)
        frees: list[list[Node]] = [[] for _ in range(len(order) + 1)]
        for memory, position in last.items():
            frees[position].append(memory)
        return frees

    def _write(self, position: int, node: Node) -> None:
        name = self._names[node] = f"v{position}"
        if node.op.name == "variable":
            self._globals[f"s{position}"] = node.attrs["state"].storage(self._engine)
            self._line(f"{name} = s{position}.array", node)
            return
        if node.op.name == "constant":
            self._globals[name] = _constant(node)
            return
        if node.op.name not in _VIEWS:
            self._owned.add(node)
        self._line(f"{name} = {self._call(position, node)}", node)
        dead = [n for n in node.inputs if self._memory[n] in self._frees[position] and self._names[n][0] == "v"]
        dead = [n for n in dict.fromkeys(dead) if n.op.name != "constant"]
        if dead:
            self._line("; ".join(f"{self._names[n]} = None" for n in dead), node)

    def _call(self, position: int, node: Node) -> str:
        arguments = [self._names[n] for n in node.inputs]
        ufunc = _UFUNCS.get(node.op.name)
        if ufunc is None:
            self._globals[f"n{position}"] = node
            self._globals[f"op_{node.op.name}"] = _LOWERINGS[node.op.name]
            return f"op_{node.op.name}({', '.join([f'n{position}', *arguments])})"
        self._globals[f"op_{node.op.name}"] = ufunc
        spare = next((n for n in node.inputs if self._is_spare(position, n, node)), None)
        if spare is not None:
            arguments.append(f"out={self._names[spare]}")
        return f"op_{node.op.name}({', '.join(arguments)})"

    def _is_spare(self, position: int, operand: Node, node: Node) -> bool:
        """True if the op may write its result over the operand."""
        memory = self._memory[operand]
        return (
            memory is operand
            and operand in self._owned
            and memory in self._frees[position]
            and operand.dtype is node.dtype
            and bool(node.shape)
            and dims.equal(operand.shape, node.shape)
        )

    def _result(self, node: Node) -> str:
        """An output or new value: its own memory, or a copy."""
        if not self._copies:
            return self._names[node]
        program = self._program
        uses = [*program.outputs, *(value for _, value in program.updates)]
        alone = uses.count(node) == 1 and sum(self._memory[n] is self._memory[node] for n in uses) == 1
        fresh = alone and node in self._owned and bool(node.shape)
        return self._names[node] if fresh else f"own({self._names[node]})"
