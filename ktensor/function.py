"""Evaluation: one-shot (`evaluate`), or compiled once and called often (`function`).

Feeds are checked and converted here, so that an engine only sees arrays that fit; variables are brought up to date
before a program runs; updates are simultaneous.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, overload
from weakref import WeakValueDictionary

import numpy as np

from . import dims
from .config import how_to_run, keras, learning_phase
from .engines.base import Engine, Program, get_engine
from .errors import ArgumentError, FeedError
from .fed_sizes import feed_check
from .graph import Expr, Node, as_node, build, fresh_name, node_of, rebuild, toposort
from .ops.control import LearningPhase, assign
from .simplify import Rewriter, is_plain, without_unused
from .state import State

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tensor import SparseTensor, Tensor, Variable

__all__ = ["Feeds", "Function", "evaluate", "function", "native"]

Array: TypeAlias = "npt.NDArray[Any]"
#: Values for placeholders. Keys are tensors; a Mapping's key is invariant, so any other type would refuse some dict.
Feeds: TypeAlias = Mapping[Any, Any]
Result = TypeVar("Result")


# Programs.


class _Plan(NamedTuple):
    """What to run: a program and the variables it reads and stores."""

    program: Program
    states: tuple[State, ...]
    stored: tuple[State, ...]


def _plan(
    engine: Engine,
    inputs: Sequence[Node],
    outputs: Sequence[Node],
    updates: Sequence[tuple[Node, Node]],
    phase: bool,
    thorough: bool,
) -> _Plan:
    wanted = toposort([*outputs, *[value for _, value in updates]])
    ops = {node.op.name for node in wanted}
    if not (thorough or updates) and is_plain(engine, wanted, ops):
        return _ready(Program(tuple(inputs), tuple(outputs), (), tuple(wanted)), ops)
    if updates or "assign" in ops:
        updates = _all_updates(updates, wanted)
    asked = [*outputs, *[value for _, value in updates]]
    if updates:  # what they make of a variable together may be new
        wanted = toposort(asked)
    roots = Rewriter(engine, phase, thorough, inputs).rewrite(asked, wanted)
    order = wanted if roots == asked else toposort(roots)
    ops = {node.op.name for node in order}
    if "scan" in ops:
        roots = without_unused(roots, order)
        order = toposort(roots)
    values = roots[len(outputs) :]
    stored = tuple([(target, value) for (target, _), value in zip(updates, values)])
    return _ready(Program(tuple(inputs), tuple(roots[: len(outputs)]), stored, tuple(order)), ops)


def _ready(program: Program, ops: Set[str]) -> _Plan:
    """The plan to run a program of these ops."""
    if "placeholder" in ops:
        _check_that_all_are_fed(program.order, program.inputs)
    if not program.updates and "variable" not in ops:
        return _Plan(program, (), ())
    written = tuple([target.attrs["state"] for target, _ in program.updates])
    read = [n.attrs["state"] for n in program.order if n.op.name == "variable"]
    return _Plan(program, tuple(dict.fromkeys([*read, *written])), written)


def _check_that_all_are_fed(order: Sequence[Node], inputs: Sequence[Node]) -> None:
    fed = set(inputs)
    for node in order:
        if node.op.name == "placeholder" and node not in fed:
            raise FeedError(
                f"the placeholder {node.attrs['name']!r} of shape {dims.show(node.shape)} has no value: "
                f"feed it, or make it an input of the function; it was built at {node.where}"
            )


def _all_updates(updates: Iterable[tuple[Node, Node]], nodes: Iterable[Node]) -> list[tuple[Node, Node]]:
    """The updates asked for and those that the graph itself makes, each variable once."""
    found: dict[Node, Node] = {}
    done: set[tuple[Node, Node]] = set()
    made = [(n.inputs[0], n.inputs[1]) for n in nodes if n.op.name == "assign"]
    for target, value in [*updates, *made]:
        if (target, value) not in done:
            done.add((target, value))
            found[target] = _both(target, found[target], value) if target in found else value
    return list(found.items())


def _both(target: Node, first: Node, second: Node) -> Node:
    """The new value of a variable that has two: what the second adds is added to the first, or the later one counts."""
    if _is_made_with(first, second):
        return second
    if _is_made_with(second, first):
        return first
    if keras():  # which knows no order: TensorFlow adds up what is added, and Theano takes the first
        change = second.inputs[0] if second.op.name == "after" else second
        adds = change.op.name in ("add", "subtract") and change.inputs[0] is target
        return rebuild(change, (first, change.inputs[1])) if adds else first
    raise ArgumentError(
        f"updates: the variable {target.attrs['name']!r} has two different new values, built at "
        f"{first.where} and at {second.where}"
    )


def _is_made_with(value: Node, other: Node) -> bool:
    """True if the other new value is made with the value, once that is stored: in `control_dependencies`, say."""
    return any(n.op.name == "assign" and n.inputs[1] is value for n in toposort([other]))


# Feeds.


def _reader(node: Node) -> Callable[[Any], Any]:
    """A function that checks and converts what is fed to a placeholder."""
    return partial(_read_sparse if node.attrs["sparse"] else _read, node)


def _read(node: Node, value: Any) -> Array:
    if type(value) is not np.ndarray or value.dtype != node.dtype.dtype:
        value = _converted(node, value)
    sizes = value.shape
    if len(sizes) != len(node.shape) or any(n != size for n, size in zip(sizes, node.shape) if isinstance(size, int)):
        raise FeedError(
            f"the placeholder {node.attrs['name']!r} has shape {dims.show(node.shape)}, "
            f"it was fed an array of shape {dims.show(sizes)}; it was built at {node.where}"
        )
    return value


def _reader_of_all(inputs: Sequence[Node]) -> Callable[[Sequence[Any]], list[Any]]:
    """A function that reads the feeds of all inputs, written so that arrays that fit cost as little as can be."""
    readers = [_reader(node) for node in inputs]

    def read_all(feeds: Sequence[Any]) -> list[Any]:
        return [read(value) for read, value in zip(readers, feeds)]

    names = [f"f{i}" for i in range(len(inputs))]
    known: dict[str, Any] = {"ndarray": np.ndarray, "read_all": read_all}
    known.update({f"dtype_{name}": node.dtype.dtype for name, node in zip(names, inputs)})
    differ = " or ".join(_unlike(name, node) for name, node in zip(names, inputs))
    lines = [f"{', '.join(names)}, = feeds", f"if {differ}: return read_all(feeds)"] if names else []
    exec("def read(feeds):\n" + "".join(f" {line}\n" for line in (*lines, "return feeds")), known)
    return known["read"]  # type: ignore[no-any-return]  # made by exec


def _unlike(name: str, node: Node) -> str:
    """The condition that a feed is not at once seen to fit."""
    if node.attrs["sparse"]:
        return "True"
    fixed = [(axis, size) for axis, size in enumerate(node.shape) if isinstance(size, int)]
    if len(fixed) == len(node.shape):
        differs = f"{name}.shape != {node.shape}"
    else:
        differs = " or ".join([f"{name}.ndim != {len(node.shape)}", *(f"{name}.shape[{a}] != {n}" for a, n in fixed)])
    return f"type({name}) is not ndarray or {name}.dtype is not dtype_{name} or {differs}"


def _converted(node: Node, value: Any) -> Array:
    name = node.attrs["name"]
    if value is None:
        raise FeedError(f"the placeholder {name!r} was fed None")
    if isinstance(value, Expr):
        raise FeedError(f"the placeholder {name!r} was fed a tensor, {value!r}; feed its value, tensor.eval()")
    if hasattr(value, "toarray"):
        raise FeedError(f"the placeholder {name!r} is dense and was fed a sparse matrix; make it with sparse=True")
    try:
        array = np.asarray(value)
    except ValueError:
        raise FeedError(f"the placeholder {name!r} was fed a ragged list: its parts have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise FeedError(f"the placeholder {name!r} was fed {value!r:.80}, which is no array of numbers")
    if array.dtype.kind == "f" and not node.dtype.is_float and not keras():
        raise FeedError(f"the placeholder {name!r} is of {node.dtype}, it was fed {array.dtype}; cast the array")
    return array.astype(node.dtype.dtype)


def _read_sparse(node: Node, value: Any) -> Any:
    from scipy import sparse  # the extra `sparse`

    name = node.attrs["name"]
    if value is None or isinstance(value, Expr):
        raise FeedError(f"the sparse placeholder {name!r} was fed {value!r}; feed a scipy.sparse matrix")
    matrix = sparse.csr_matrix(value, dtype=node.dtype.dtype)
    matrix.sum_duplicates()
    if any(found != size for found, size in zip(matrix.shape, node.shape) if isinstance(size, int)):
        raise FeedError(
            f"the sparse placeholder {name!r} has shape {dims.show(node.shape)}, "
            f"it was fed a matrix of shape {dims.show(matrix.shape)}"
        )
    return matrix


# One-shot evaluation.


def _fed(feeds: Feeds) -> tuple[list[Node], list[Any]]:
    """The placeholders that are fed, and the arrays, checked."""
    inputs: list[Node] = []
    arrays: list[Any] = []
    for tensor, value in feeds.items():
        if not isinstance(tensor, Expr) or node_of(tensor).op.name != "placeholder":
            raise FeedError(f"only placeholders can be fed, not {tensor!r}")
        inputs.append(node_of(tensor))
        arrays.append(_reader(inputs[-1])(value))
    check = feed_check(inputs)
    if check is not None:
        check(arrays)
    return inputs, arrays


def _one_shot(tensors: Sequence[Any], feeds: Feeds | None, engine_name: str | None) -> tuple[Engine, _Plan, list[Any]]:
    if engine_name:  # then nobody asks for the one in force, which may be unknown
        name, phase = engine_name, bool(learning_phase())
    else:
        name, phase, _ = how_to_run()
    engine = get_engine(name)
    outputs = [node_of(t) if isinstance(t, Expr) else as_node("eval", "x", t) for t in tensors]
    inputs, arrays = _fed(feeds) if feeds else ([], [])
    plan = _plan(engine, inputs, outputs, [], phase, thorough=False)
    for state in plan.states:
        state.storage(engine)
    return engine, plan, arrays


def evaluate(tensors: Sequence[Any], feeds: Feeds | None = None, engine: str | None = None) -> list[Array]:
    """The values of the tensors, computed now on `engine` (by default the one in force), and updates stored.

    Raises:
        FeedError: a placeholder without a value, or with one that does not fit.
        EngineError: the engine failed, or is not installed.
    """
    found, plan, arrays = _one_shot(tensors, feeds, engine)
    results = found.run(plan.program, arrays)
    for state in plan.stored:
        state.wrote(found)
    return results


def native(tensors: Sequence[Expr], feeds: Feeds | None = None, engine: str | None = None) -> list[Any]:
    """The engine's own handles of the tensors."""
    found, plan, arrays = _one_shot(tensors, feeds, engine)
    return found.native(plan.program, arrays)


# Compiled functions.


#: Engine, learning phase, and whether to compile just in time.
_Key: TypeAlias = tuple[str, bool, bool]


class _Compilation:
    """A plan, compiled by an engine."""

    __slots__ = ("engine", "run", "seen", "states", "stored")

    def __init__(self, engine: Engine, plan: _Plan) -> None:
        self.engine = engine
        self.states = plan.states
        self.stored = plan.stored
        #: `State.outdated` when the variables were last brought up to date.
        self.seen = -1
        self.bring_up_to_date()
        self.run = engine.compile(plan.program)

    def bring_up_to_date(self) -> None:
        """The variables, in case another engine has stored into them."""
        seen = State.outdated
        for state in self.states:
            state.storage(self.engine)
        self.seen = seen


class _Compiled:
    """What has been compiled for a graph: for each engine, learning phase and use of XLA."""

    def __init__(self) -> None:
        self.found: dict[_Key, _Compilation] = {}
        self.lock = RLock()


#: Functions of the same graph share what was compiled for it, as long as one of them lives.
_shared: WeakValueDictionary[Hashable, _Compiled] = WeakValueDictionary()


class Function(Generic[Result]):
    """Compiled on its first call on each engine and for each learning phase; called with a list of values."""

    def __init__(
        self, inputs: Sequence[object], outputs: Sequence[Any], updates: Sequence[Any], single: bool, name: str | None
    ) -> None:
        self.name = name or "function"
        self._phase_position = next((i for i, x in enumerate(inputs) if _is_phase(x)), None)
        self._inputs = [_input_node(i, x) for i, x in enumerate(inputs) if not _is_phase(x)]
        self._outputs = [node_of(x) if isinstance(x, Expr) else as_node("function", "an output", x) for x in outputs]
        self._updates = [_update_pair(u) for u in updates]
        self._feed_others()
        self._single = single
        #: How many feeds there are if the learning phase is not among them.
        self._plain_count = len(self._inputs) if self._phase_position is None else -1
        self._read = _reader_of_all(self._inputs)
        self._check = feed_check(self._inputs)
        graph = (tuple(self._inputs), tuple(self._outputs), tuple(self._updates))
        self._compiled = _shared.setdefault(graph, _Compiled())

    def _feed_others(self) -> None:
        """Puts placeholders in the place of inputs that are none."""
        fed = {n: _placeholder_for(n) for n in self._inputs if n.op.name != "placeholder"}
        if not fed:
            return
        self._inputs = [fed.get(n, n) for n in self._inputs]
        targets, values = [t for t, _ in self._updates], [v for _, v in self._updates]
        roots = _substituted([*self._outputs, *values], fed)
        self._outputs, self._updates = roots[: len(self._outputs)], list(zip(targets, roots[len(self._outputs) :]))

    def __repr__(self) -> str:
        names = ", ".join(n.attrs["name"] for n in self._inputs)
        return f"<{self.name}({names}) with {len(self._outputs)} outputs and {len(self._updates)} updates>"

    def __call__(self, feeds: Sequence[Any] = ()) -> Result:
        """The outputs' values; then the updates are stored, all at once.

        Raises:
            FeedError: too many or too few values, or one that does not fit its placeholder.
            EngineError: the engine failed. No variable has changed then.
        """
        key = how_to_run()
        if type(feeds) is not list or len(feeds) != self._plain_count:
            key, feeds = self._split_phase(feeds, key)
        arrays = self._read(feeds)
        if self._check is not None and self._check.idle is not dims.known_facts():
            self._check(arrays)
        compilation = self._compiled.found.get(key) or self._compilation(key)
        if compilation.seen != State.outdated:
            compilation.bring_up_to_date()
        results = self._run_and_store(compilation, arrays) if compilation.stored else compilation.run(arrays)
        return results[0] if self._single else results  # type: ignore[return-value]  # Result follows from `single`

    def _run_and_store(self, compilation: _Compilation, arrays: list[Any]) -> list[Array]:
        with self._compiled.lock:
            results = compilation.run(arrays)
            for state in compilation.stored:
                state.wrote(compilation.engine)
        return results

    def _split_phase(self, feeds: object, key: _Key) -> tuple[_Key, Sequence[Any]]:
        """How to run, with the learning phase if that is fed, and the other feeds."""
        position = self._phase_position
        expected = len(self._inputs) + (position is not None)
        if not isinstance(feeds, (list, tuple)):
            raise FeedError(f"{self!r} is called with a list of values, not with {type(feeds).__name__}")
        if len(feeds) != expected:
            raise FeedError(f"{self!r} needs {expected} values, got {len(feeds)}")
        if position is None:
            return key, feeds
        return (key[0], bool(feeds[position]), key[2]), [*feeds[:position], *feeds[position + 1 :]]

    def _compilation(self, key: _Key) -> _Compilation:
        with self._compiled.lock:
            found = self._compiled.found.get(key)
            if found is None:
                found = self._compiled.found[key] = self._compile(get_engine(key[0]), key[1])
        return found

    def _compile(self, engine: Engine, phase: bool) -> _Compilation:
        return _Compilation(engine, _plan(engine, self._inputs, self._outputs, self._updates, phase, thorough=True))


def _is_phase(x: object) -> bool:
    return isinstance(x, LearningPhase) or (isinstance(x, Expr) and node_of(x).op.name == "learning_phase")


def _input_node(position: int, x: object) -> Node:
    if not isinstance(x, Expr):
        raise ArgumentError(f"function: inputs[{position}] is {x!r:.80}, not a tensor")
    return node_of(x)


def _placeholder_for(node: Node) -> Node:
    """What is fed instead of computing the node."""
    return node_of(build("placeholder", shape=node.shape, dtype=node.dtype, name=fresh_name("input"), sparse=False))


def _substituted(roots: Sequence[Node], replaced: Mapping[Node, Node]) -> list[Node]:
    """The roots' counterparts on other nodes."""
    done = dict(replaced)
    for node in toposort(roots):
        if node not in done:
            inputs = tuple([done[n] for n in node.inputs])
            done[node] = node if inputs == node.inputs else rebuild(node, inputs)
    return [done[root] for root in roots]


def _update_pair(update: Any) -> tuple[Node, Node]:
    if isinstance(update, (tuple, list)) and len(update) == 2:
        update = assign(update[0], update[1])
    if isinstance(update, Expr) and node_of(update).op.name == "assign":
        target, value = node_of(update).inputs
        return target, value
    raise ArgumentError(f"function: an update is (variable, new value) or variable.assign(...), not {update!r:.80}")


@overload
def function(
    inputs: Sequence[Any],
    outputs: Tensor,
    updates: Sequence[tuple[Variable, Any] | Tensor] = ...,
    name: str | None = ...,
) -> Function[Array]: ...
@overload
def function(
    inputs: Sequence[Any],
    outputs: Sequence[Tensor | SparseTensor],
    updates: Sequence[tuple[Variable, Any] | Tensor] = ...,
    name: str | None = ...,
) -> Function[list[Array]]: ...
def function(
    inputs: Sequence[Any],
    outputs: Any,
    updates: Sequence[tuple[Variable, Any] | Tensor] = (),
    name: str | None = None,
) -> Function[Any]:
    """A function of the placeholders `inputs`, compiled by the engine in force when it is called.

    Args:
        inputs: placeholders, or other tensors, whose values are then fed and not computed; `K.learning_phase()` may be
            among them. Those that the outputs do not need are ignored.
        outputs: tensors; the function then returns a list of arrays. Of one tensor alone: that tensor's array.
        updates: `(variable, new value)` pairs, or what `Variable.assign` and its like return. All new values are
            computed from the old ones, and stored together after the outputs.

    Raises:
        ArgumentError: an input that is no tensor, or a variable with two different updates.
    """
    single = isinstance(outputs, Expr)
    return Function(list(inputs), [outputs] if single else list(outputs), list(updates), single, name)
