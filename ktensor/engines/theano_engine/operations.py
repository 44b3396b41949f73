"""Ops that Theano lacks, or has wrong: in Python, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import theano
import theano.tensor as tt

from ...graph import Body, Node
from ..loop import run_loop
from ..printing import show
from ..random import draw

__all__ = ["Draw", "InBounds", "Loop", "Numpy", "Print", "Stretch", "cast_by_arrays"]


class Numpy(theano.Op):  # type: ignore[misc]  # theano is untyped
    """A NumPy function of whole arrays, which neither changes nor keeps them."""

    __props__ = ("broadcastable", "dtype", "function", "params")

    def __init__(
        self, function: Callable[..., Any], dtype: str, broadcastable: tuple[bool, ...], params: tuple[Any, ...] = ()
    ) -> None:
        self.function = function
        self.dtype = dtype
        self.broadcastable = broadcastable
        self.params = params

    def make_node(self, *inputs: Any) -> Any:
        """Applies the op to symbolic inputs."""
        return theano.Apply(self, list(inputs), [tt.TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Computes the result."""
        result = np.asarray(self.function(*inputs, *self.params), self.dtype)
        # Theano may write over the result, thinking that it is nobody else's.
        shared = any(isinstance(x, np.ndarray) and np.may_share_memory(result, x) for x in inputs)
        outputs[0][0] = result.copy() if shared else result


class Draw(theano.Op):  # type: ignore[misc]  # theano is untyped
    """The random numbers of one node. No two such ops are equal."""

    def __init__(self, node: Node, broadcastable: tuple[bool, ...]) -> None:
        self._drawn = node
        self._broadcastable = broadcastable

    def make_node(self, *vector: Any) -> Any:
        """Applies the op to the sizes, or to nothing if they are known."""
        return theano.Apply(self, list(vector), [tt.TensorType(self._drawn.dtype.name, self._broadcastable)()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Draws."""
        outputs[0][0] = draw(self._drawn, *inputs)

    def do_constant_folding(self, node: Any) -> bool:
        """False: it is drawn anew each time."""
        return False


class Print(theano.Op):  # type: ignore[misc]  # theano is untyped
    """An array as it is, printed."""

    __props__ = ("message",)
    view_map = {0: [0]}  # noqa: RUF012  # Theano looks for a dict here

    def __init__(self, message: str) -> None:
        self.message = message

    def make_node(self, x: Any) -> Any:
        """Applies the op to a symbolic input."""
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Prints."""
        show(self.message, inputs[0])
        outputs[0][0] = inputs[0]

    def do_constant_folding(self, node: Any) -> bool:
        """False: it is printed each time."""
        return False


class InBounds(theano.Op):  # type: ignore[misc]  # theano is untyped
    """Indices as they are, after a check that they are within `size`: Theano counts negative ones from the end."""

    __props__ = ("axis",)
    view_map = {0: [0]}  # noqa: RUF012  # Theano looks for a dict here

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, indices: Any, size: Any) -> Any:
        """Applies the op to symbolic inputs."""
        return theano.Apply(self, [indices, size], [indices.type()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Checks."""
        indices, size = inputs
        if indices.size:
            least, most = int(indices.min()), int(indices.max())
            if least < 0 or most >= size:
                wrong = least if least < 0 else most
                raise IndexError(f"index {wrong} is out of bounds for axis {self.axis} with size {size}")
        outputs[0][0] = indices


class Stretch(theano.Op):  # type: ignore[misc]  # theano is untyped
    """An array with `axis` repeated to `size` if it is 1 long: what Theano does only for axes that it knows to be 1."""

    __props__ = ("axis",)
    view_map = {0: [0]}  # noqa: RUF012  # Theano looks for a dict here

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Any, size: Any) -> Any:
        """Applies the op to symbolic inputs."""
        return theano.Apply(self, [x, size], [x.type()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Computes the result."""
        x, size = inputs
        outputs[0][0] = x if x.shape[self.axis] != 1 or size == 1 else np.repeat(x, size, self.axis)

    def infer_shape(self, node: Any, shapes: Sequence[Any]) -> list[Any]:
        """The result's shape, so that it need not be computed to know it."""
        sizes = list(shapes[0])
        sizes[self.axis] = tt.switch(tt.eq(sizes[self.axis], 1), node.inputs[1], sizes[self.axis])
        return [tuple(sizes)]


class Loop(theano.Op):  # type: ignore[misc]  # theano is untyped
    """A loop in Python over a step that Theano has compiled.

    Theano's own scan loops in Python too, since its C code does not compile on Python 3.11. Measured, it is no faster
    and takes four times as long to compile; it fails if there are no steps, and stretches states without a word.
    """

    __props__ = ("body", "reverse")

    def __init__(self, body: Body, reverse: bool, compiled: Callable[[], Callable[..., list[Any]]]) -> None:
        self.body = body
        self.reverse = reverse
        self._compiled = compiled
        self._step: Callable[..., list[Any]] | None = None

    def make_node(self, *inputs: Any) -> Any:
        """Applies the op to symbolic inputs."""
        outputs = self.body.outputs
        ranks = [len(n.shape) + (i >= self.body.states) for i, n in enumerate(outputs)]
        types = [tt.TensorType(n.dtype.name, (False,) * rank) for n, rank in zip(outputs, ranks)]
        return theano.Apply(self, list(inputs), [made() for made in types])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Runs the loop."""
        step = self._step = self._step or self._compiled()
        for cell, result in zip(outputs, run_loop(self.body, inputs, self.reverse, lambda values: step(*values))):
            cell[0] = result


class _AsType:
    """`astype` with what Theano expects of a ufunc."""

    nout = 1

    def __init__(self, dtype: str) -> None:
        self._dtype = np.dtype(dtype)

    def __call__(self, x: Any) -> Any:
        return x.astype(self._dtype)


def cast_by_arrays() -> None:
    """Makes Theano's casts, where they are not compiled, work on whole arrays and not on one element at a time."""
    for dtype, op in tt.basic._cast_mapping.items():
        op.ufunc = _AsType(dtype)
