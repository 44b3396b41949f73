"""Runs one op at a time, with Theano's own Python code for it: nothing is optimized or compiled."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from threading import RLock
from typing import Any, Final, NamedTuple

import numpy as np
import theano

from ...dims import Shape
from ...graph import Node
from .lowerings import ALONE, LOWERINGS, MANY, Symbolic
from .windows import WINDOWS

__all__ = ["Interpreter", "is_sparse", "quiet", "sparse_type", "symbolic_input"]

#: Single ops have no C code, and of convolutions Theano's own Python code takes minutes.
_LOWERINGS: Final = {**LOWERINGS, **WINDOWS, **ALONE}

#: How many kernels are kept.
_KERNELS: Final = 4096


#: How deep Theano may recurse, which it does over graphs, on stacks of the usual 8 MB.
_DEPTH: Final = 5_000


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """While graphs are made: Theano's code of 2020 recurses, and makes today's NumPy and Python warn."""
    depth = sys.getrecursionlimit()
    sys.setrecursionlimit(max(depth, _DEPTH))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.setrecursionlimit(depth)


def is_sparse(node: Node) -> bool:
    """True of placeholders for sparse matrices."""
    return bool(node.attrs.get("sparse"))


def symbolic_input(node: Node, shape: Shape) -> Symbolic:
    """A symbolic variable for the values of `node`, flagged where `shape` is 1."""
    if is_sparse(node):
        return sparse_type(node.dtype.name)()
    return theano.tensor.TensorType(node.dtype.name, tuple(size == 1 for size in shape))()


def sparse_type(dtype: str) -> Any:
    """The type of sparse matrices."""
    import theano.sparse  # takes a while, and most programs do without

    return theano.sparse.SparseType("csr", dtype)


class _Step(NamedTuple):
    """One application of an op of Theano's: where its inputs are among the values, and how many results it adds."""

    perform: Callable[..., object]
    apply: Any
    sources: tuple[int, ...]
    results: int
    params: tuple[Any, ...]


class _Kernel(NamedTuple):
    """A lowering as steps on a list of values, which starts with the inputs and the constants."""

    constants: tuple[Any, ...]
    steps: tuple[_Step, ...]
    result: int

    def __call__(self, inputs: Sequence[Any]) -> Any:
        values = [*inputs, *self.constants]
        for step in self.steps:
            cells: list[list[Any]] = [[None] for _ in range(step.results)]
            step.perform(step.apply, [values[i] for i in step.sources], cells, *step.params)
            values += [cell[0] for cell in cells]
        return values[self.result]


def _kernel(inputs: Sequence[Symbolic], output: Symbolic) -> _Kernel:
    applications = theano.gof.graph.io_toposort(inputs, [output])
    constants = [v for a in applications for v in a.inputs if isinstance(v, theano.Constant)]
    if isinstance(output, theano.Constant):
        constants.append(output)
    places = {v: i for i, v in enumerate([*inputs, *constants])}
    steps = []
    count = len(inputs) + len(constants)
    for application in applications:
        application.op.prepare_node(application, None, None, "py")
        params = application.run_params()
        given = () if params is theano.gof.graph.NoParams else (application.params_type.filter(params),)
        sources = tuple(places[v] for v in application.inputs)
        steps.append(_Step(application.op.perform, application, sources, len(application.outputs), given))
        places.update((v, count + i) for i, v in enumerate(application.outputs))
        count += len(application.outputs)
    return _Kernel(tuple(v.data for v in constants), tuple(steps), places[output])


class Interpreter:
    """Computes nodes. What it prepares for a node serves all nodes with equal attributes and inputs of equal types."""

    def __init__(self) -> None:
        self._kernels: OrderedDict[Hashable, _Kernel] = OrderedDict()
        self._lock = RLock()

    def compute(self, node: Node, inputs: Sequence[Any]) -> Any:
        """The node's value, which may share memory with the inputs."""
        key = _key(node, inputs)
        kernel = self._kernels.get(key)
        if kernel is None:
            with self._lock, quiet():
                kernel = self._kernels[key] = self._prepared(node, inputs)
                if len(self._kernels) > _KERNELS:
                    self._kernels.popitem(last=False)
        return kernel(inputs)

    def _prepared(self, node: Node, inputs: Sequence[Any]) -> _Kernel:
        operands = tuple(
            Node(n.op, (), n.attrs, tuple(1 if size == 1 else MANY for size in value.shape), n.dtype, None, 0)
            for n, value in zip(node.inputs, inputs)
        )
        # Sizes of the result are not part of the key, so the lowering must not see them.
        general = Node(node.op, operands, node.attrs, (None,) * len(node.shape), node.dtype, None, 0)
        variables = [symbolic_input(n, n.shape) for n in operands]
        result = _LOWERINGS[node.op.name](general, *variables)
        if result.dtype != node.dtype.name:
            result = theano.tensor.cast(result, node.dtype.name)
        return _kernel(variables, result)


#: Attributes that only repeat what is known of the result's shape, if it is given by one input more than so many.
_KNOWLEDGE: Final = {
    "arange": ("length", 1),
    "avg_pool_grad": ("sizes", 1),
    "broadcast_to": ("shape", 1),
    "conv_input_grad": ("sizes", 2),
    "conv_kernel_grad": ("sizes", 2),
    "reshape": ("shape", 1),
}


def _key(node: Node, inputs: Sequence[Any]) -> Hashable:
    attrs: Any = tuple(node.attrs.items())
    knowledge, tensors = _KNOWLEDGE.get(node.op.name, ("", 0))
    if knowledge and len(inputs) > tensors:
        attrs = tuple(item for item in attrs if item[0] != knowledge)
    types = tuple([(n.dtype, is_sparse(n), *map((1).__eq__, v.shape)) for n, v in zip(node.inputs, inputs)])
    return (node.op.name, node.dtype, len(node.shape), attrs, types)
