"""Ops that Theano lacks, or has wrong: in Python, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import theano
import theano.scalar as ts
import theano.tensor as tt

from ...graph import Body
from ..loop import run_loop
from ..nothing import extreme, filled
from ..printing import show
from ..random import draw

__all__ = [
    "Draw",
    "Filled",
    "InBounds",
    "Loop",
    "Maximum",
    "Minimum",
    "Numpy",
    "Print",
    "Steps",
    "Stretch",
    "cast_by_arrays",
    "held",
]


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


class _Infinity(float):
    """As Theano is to write it in C."""

    def __str__(self) -> str:
        return f"{'-' if self < 0 else ''}__builtin_inf()"


class _Extreme(ts.BinaryScalarOp):  # type: ignore[misc]  # theano is untyped
    """A scalar op of one dtype that can reduce nothing: to its `identity`."""

    def __init__(self, op_name: str, dtype: str) -> None:
        super().__init__(ts.upcast_out, op_name)
        value = extreme(op_name, dtype).item()
        self.identity = _Infinity(value) if isinstance(value, float) else value

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.identity == other.identity  # type: ignore[no-any-return, attr-defined]  # theano is untyped

    def __hash__(self) -> int:
        return hash((type(self), self.identity))


class Maximum(_Extreme, ts.Maximum):  # type: ignore[misc]  # theano is untyped
    """The larger number; of none, the least."""


class Minimum(_Extreme, ts.Minimum):  # type: ignore[misc]  # theano is untyped
    """The smaller number; of none, the greatest."""


class Filled(theano.Op):  # type: ignore[misc]  # theano is untyped
    """Sizes for an array, -1 as what it stands for if the array has no elements."""

    __props__ = ()
    view_map = {0: [0]}  # noqa: RUF012  # Theano looks for a dict here

    def make_node(self, sizes: Any, x: Any) -> Any:
        """Applies the op to symbolic inputs."""
        return theano.Apply(self, [sizes, x], [sizes.type()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Computes the sizes."""
        sizes, x = inputs
        outputs[0][0] = sizes if x.size else np.array(filled(sizes.tolist(), x.shape), sizes.dtype)


def held(value: object) -> Any:
    """An input that ops may look at. In tables of its optimizer Theano keeps ops, and what is in them, for ever."""
    return theano.Constant(theano.gof.generic, value)


class Draw(theano.Op):  # type: ignore[misc]  # theano is untyped
    """The random numbers of a node, which is the first input: so no two are merged."""

    __props__ = ("broadcastable", "dtype")

    def __init__(self, dtype: str, broadcastable: tuple[bool, ...]) -> None:
        self.dtype = dtype
        self.broadcastable = broadcastable

    def make_node(self, drawn: Any, *vector: Any) -> Any:
        """Applies the op to the node and the sizes, or to the node alone if they are known."""
        return theano.Apply(self, [drawn, *vector], [tt.TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Draws."""
        outputs[0][0] = draw(*inputs)

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


class Steps:
    """The steps of a loop, which are compiled when it is run first."""

    def __init__(self, body: Body, reverse: bool, compiled: Callable[[], Callable[..., list[Any]]]) -> None:
        self.body = body
        self._reverse = reverse
        self._compiled = compiled
        self._step: Callable[..., list[Any]] | None = None

    def run(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The loop's results."""
        step = self._step = self._step or self._compiled()
        return run_loop(self.body, inputs, self._reverse, lambda values, _: step(*values))


class Loop(theano.Op):  # type: ignore[misc]  # theano is untyped
    """A loop in Python over steps that Theano has compiled, which are the first input.

    Theano's own scan loops in Python too, since its C code does not compile on Python 3.11. Measured, it is no faster
    and takes four times as long to compile; it fails if there are no steps, and stretches states without a word.
    """

    __props__ = ()

    def make_node(self, steps: Any, *inputs: Any) -> Any:
        """Applies the op to the steps and to symbolic inputs."""
        body = steps.data.body
        ranks = [len(n.shape) + (i >= body.states) for i, n in enumerate(body.outputs)]
        types = [tt.TensorType(n.dtype.name, (False,) * rank) for n, rank in zip(body.outputs, ranks)]
        return theano.Apply(self, [steps, *inputs], [made() for made in types])

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        """Runs the loop."""
        steps, *values = inputs
        for cell, result in zip(outputs, steps.run(values)):
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
