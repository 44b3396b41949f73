"""What an engine is, and how engines are found.

An engine lowers one op at a time to its own handles. It never promotes, infers shapes or differentiates:
casts, static shapes and gradients are in the graph that it is given. Third parties plug in with an entry
point of the group `ktensor.engines` whose name is the engine's and whose object is the engine's class.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from ..errors import ConfigError, EngineError, EngineNotInstalledError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..graph import Node

__all__ = [
    "BUILTIN",
    "Compiled",
    "Engine",
    "Evaluated",
    "Lowering",
    "Program",
    "engine_names",
    "engine_title",
    "failure",
    "get_engine",
    "is_installed",
    "walk",
]

#: `lower(node, *handles)`: the handle of the node, given those of its inputs.
Lowering: TypeAlias = Callable[..., Any]
#: A program ready to run: NumPy arrays (scipy matrices for sparse placeholders) in, NumPy arrays out.
Compiled: TypeAlias = "Callable[[Sequence[Any]], list[npt.NDArray[Any]]]"
#: What a program computed, as an engine's handles: its outputs, and the new values of its updates.
Evaluated: TypeAlias = tuple[list[Any], list[Any]]


class Program(NamedTuple):
    """A graph to run: pruned, with each op either lowered by the engine or replaced by its decomposition."""

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    #: (variable, new value); all new values are computed before any is stored.
    updates: tuple[tuple[Node, Node], ...] = ()
    #: All nodes that outputs and updates need, each after its inputs. Feeds of other inputs are ignored.
    order: tuple[Node, ...] = ()


class Engine(Protocol):
    """One way to evaluate graphs. An instance is made once per process, on first use."""

    #: As in `config(engine=...)`: "numpy".
    name: str
    #: As in "Using NumPy backend.".
    title: str
    #: The ops that the engine lowers itself, by name. All others are decomposed before it sees them.
    lowerings: Mapping[str, Lowering]
    #: Ops that can be neither lowered nor decomposed here, with the reason.
    refusals: Mapping[str, str]

    def version(self) -> str:
        """The version of the library behind the engine."""

    def run(self, program: Program, feeds: Sequence[Any]) -> list[npt.NDArray[Any]]:
        """Evaluates the program once, without paying for a compilation."""

    def compile(self, program: Program) -> Compiled:
        """Makes the program fast to run many times, with any sizes of its unknown dimensions."""

    def native(self, program: Program, feeds: Sequence[Any]) -> list[Any]:
        """The engine's own handles of the outputs."""

    def new_state(self, value: npt.NDArray[Any], name: str) -> Any:
        """Storage of the engine's own for a variable; its identity lasts as long as the variable."""

    def read_state(self, storage: Any) -> npt.NDArray[Any]:
        """A copy of what the storage holds."""

    def write_state(self, storage: Any, value: npt.NDArray[Any]) -> None:
        """Stores a copy of `value`, which may have another size only where the variable's dimension is unknown."""


class _Builtin(NamedTuple):
    title: str
    library: str
    target: str
    install: str


BUILTIN: Final[Mapping[str, _Builtin]] = {
    "numpy": _Builtin("NumPy", "numpy", "ktensor.engines.numpy_engine:NumpyEngine", "pip install ktensor"),
    "tensorflow": _Builtin(
        "TensorFlow",
        "tensorflow",
        "ktensor.engines.tensorflow_engine:TensorflowEngine",
        "pip install 'ktensor[tensorflow]'",
    ),
    "theano": _Builtin(
        "Theano", "theano", "ktensor.engines.theano_engine:TheanoEngine", "pip install 'ktensor[theano]'"
    ),
}


@cache
def _plugins() -> Mapping[str, Any]:
    from importlib.metadata import entry_points  # slow to import, and rarely needed

    return {point.name: point for point in entry_points(group="ktensor.engines") if point.name not in BUILTIN}


def engine_names() -> tuple[str, ...]:
    """All engines that have a name here, installed or not."""
    return (*BUILTIN, *_plugins())


def is_known(name: str) -> bool:
    """True if `name` is an engine's; plug-ins are looked up only if it is none of ours."""
    return name in BUILTIN or name in _plugins()


def engine_title(name: str) -> str:
    """The engine's name as people write it, without importing it: "TensorFlow"."""
    return BUILTIN[name].title if name in BUILTIN else name


def is_installed(name: str) -> bool:
    """True if the engine's library can be found; it is not imported."""
    builtin = BUILTIN.get(name)
    if builtin is None:
        return name in _plugins()
    return importlib.util.find_spec(builtin.library) is not None


@cache
def get_engine(name: str) -> Engine:
    """The engine of that name, imported on first use.

    Raises:
        ConfigError: no engine has that name.
        EngineNotInstalledError: its library cannot be imported.
    """
    if not is_known(name):
        raise ConfigError(f"engine: {name!r} is none of {', '.join(engine_names())}")
    builtin = BUILTIN.get(name)
    try:
        if builtin is None:
            return _plugins()[name].load()()  # type: ignore[no-any-return]  # entry points are untyped
        module, attribute = builtin.target.split(":")
        return getattr(importlib.import_module(module), attribute)()  # type: ignore[no-any-return]  # by name
    except ImportError as error:
        command = f"; install it with: {builtin.install}" if builtin else ""
        raise EngineNotInstalledError(f"the engine {name!r} cannot be imported ({error}){command}") from error


def walk(program: Program, handles: dict[Node, Any], step: Callable[[Node, list[Any]], Any]) -> Evaluated:
    """Computes node by node: `step(node, handles of its inputs)`. `handles` has those of fed placeholders.

    Each handle is let go as soon as nothing needs it.

    Returns:
        The handles of the outputs and of the updates' new values.
    """
    values = [value for _, value in program.updates]
    last_user: dict[Node, Node | None] = {}
    for node in program.order:
        for operand in node.inputs:
            last_user[operand] = node
    for node in (*program.outputs, *values):
        last_user[node] = None
    handle_of = handles.__getitem__
    for node in program.order:
        operands = node.inputs
        if operands:
            handles[node] = step(node, [*map(handle_of, operands)])
            for operand in operands:
                if last_user[operand] is node:
                    handles.pop(operand, None)  # it may be an input twice
        elif node not in handles:
            handles[node] = step(node, [])
    return [*map(handle_of, program.outputs)], [*map(handle_of, values)]


def failure(engine: Engine, node: Node, error: Exception) -> EngineError:
    """The error to raise from `error`, which the engine met while it computed `node`."""
    operands = ", ".join(f"{n.op.name} {n.shape} {n.dtype}" for n in node.inputs)
    where = f"\n  built at {node.where}" if node.where else ""
    return EngineError(f"{engine.title} failed in {node.op.name}({operands}): {error}{where}")
