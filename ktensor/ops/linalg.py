"""Products of tensors. All are compositions over one primitive, the batched matrix product.

Operands are promoted to one dtype; dimensions that should agree and do not raise `ShapeError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from .. import dims
from .. import shape as rules
from ..dims import Dim
from ..dtypes import promote
from ..errors import ArgumentError, AxisError, ShapeError
from ..graph import Expr, TensorLike, as_node, build, cast_node, node_of, operands, primitive, wrap
from ..shape import normalize_axis
from . import shaping
from .create import arange
from .elementwise import multiply, number_dtype
from .indexing import take
from .reduce import sum as sum_

if TYPE_CHECKING:
    from ..graph import Node
    from ..tensor import Tensor

__all__ = ["ContractionAxes", "batch_dot", "dot", "einsum", "matmul", "tensordot"]

ContractionAxes: TypeAlias = Union[int, tuple[int, int], Sequence[int], None]


def _numbers(op_name: str, x: TensorLike, y: TensorLike) -> tuple[Node, Node]:
    a, b = operands(op_name, x, y)
    dtype = number_dtype(a.dtype)
    return cast_node(a, dtype), cast_node(b, dtype)


def _matmul_grad(g: Tensor, z: Tensor, x: Tensor, y: Tensor) -> tuple[Any, Any]:
    return lambda: _product(g, shaping.swap_axes(y, -1, -2)), lambda: _matmul_grad_of_second(g, x, y)


def _matmul_grad_of_second(g: Tensor, x: Tensor, y: Tensor) -> Tensor:
    sizes = x.shape[-1], g.shape[-1]
    if y.ndim == 2 and x.ndim > 2 and all(isinstance(size, int) and size for size in sizes):
        return sum_of_products(x, g)
    return _product(shaping.swap_axes(x, -1, -2), g)


def sum_of_products(x: Tensor, y: Tensor) -> Tensor:
    """The sum of xᵀ y over all batches, in one product. (..., m, a) and (..., m, b), of which a and b are known and
    not 0, -> (a, b).
    """
    if y.shape[-1] < x.shape[-1]:
        y, x = _in_the_same_order(y, x)
    else:
        x, y = _in_the_same_order(x, y)
    rows, columns = (shaping.reshape(t, (-1, t.shape[-1])) for t in (x, y))
    return _product(shaping.transpose(rows), columns)


def _in_the_same_order(small: Tensor, large: Tensor) -> tuple[Tensor, Tensor]:
    """Both with their batches in the order in which the large one has them in memory, where that is known."""
    node = node_of(large)
    axes = node.attrs["axes"] if node.op.name == "transpose" else ()
    if not axes or axes[-1] != len(axes) - 1:
        return small, large
    return shaping.transpose(small, tuple(axes.index(i) for i in range(len(axes)))), wrap(node.inputs[0])


def _product(x: Tensor, y: Tensor) -> Tensor:
    return build("matmul", node_of(x), node_of(y))


@primitive(shape=rules.matmul, dtype=number_dtype, broadcasts=True, grad=_matmul_grad)
def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """x @ y: the matrix product of the last two axes, batches broadcast; a vector counts as a row (column).

    Shapes: (..., m, k) @ (..., k, n) -> (..., m, n). Source: `np.matmul`.

    Raises:
        ShapeError: inner dimensions differ, batches do not broadcast, or an operand is a scalar.
    """
    a, b = _numbers("matmul", x, y)
    row, column = len(a.shape) == 1, len(b.shape) == 1
    if not row and not column:
        return build("matmul", a, b)
    rules.matmul(a.shape, b.shape)
    left, right = wrap(a), wrap(b)
    result = _product(shaping.expand_dims(left, 0) if row else left, shaping.expand_dims(right, 1) if column else right)
    if column:
        result = shaping.squeeze(result, -1)
    return shaping.squeeze(result, -1 if column else -2) if row else result


def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """Every row of x with every column of y: (..., k) . (..., k, n) -> (..., ..., n). Scalars multiply.

    Source: `np.dot`; the same as `matmul` for matrices and vectors, not for batches.

    Raises:
        ShapeError: inner dimensions differ.
    """
    a, b = _numbers("dot", x, y)
    rules.dot(a.shape, b.shape)
    if not a.shape or not b.shape:
        return multiply(wrap(a), wrap(b))
    if len(a.shape) == len(b.shape) == 2:
        return build("matmul", a, b)
    return _contract(wrap(a), wrap(b), [len(a.shape) - 1], [max(len(b.shape) - 2, 0)])


def _contract(x: Tensor, y: Tensor, x_axes: Sequence[int], y_axes: Sequence[int]) -> Tensor:
    """The sum of products over pairs of axes; the axes left follow, x's first."""
    x_kept = [i for i in range(x.ndim) if i not in x_axes]
    y_kept = [i for i in range(y.ndim) if i not in y_axes]
    left = shaping.regroup(shaping.transpose(x, [*x_kept, *x_axes]), [len(x_kept), len(x_axes)])
    right = shaping.regroup(shaping.transpose(y, [*y_axes, *y_kept]), [len(y_axes), len(y_kept)])
    product = _product(left, right)
    if len(x_kept) == len(y_kept) == 1:
        return product
    return shaping.reshape_to(product, [shaping.dim(x, i) for i in x_kept] + [shaping.dim(y, i) for i in y_kept])


def tensordot(x: TensorLike, y: TensorLike, axes: Any = 2) -> Tensor:
    """The sum of products over `axes`: the last and first ones, or (axes of x, axes of y). Source: `np.tensordot`.

    Raises:
        ShapeError: axes that are paired have different sizes, or their numbers differ.
    """
    a, b = map(wrap, _numbers("tensordot", x, y))
    if isinstance(axes, int):
        pairs: tuple[Any, Any] = (range(a.ndim - axes, a.ndim), range(axes))
    else:
        pairs = (axes[0], axes[1])
    first, second = (
        [normalize_axis("tensordot", i, t.ndim) for i in ([p] if isinstance(p, int) else p)]
        for p, t in zip(pairs, (a, b))
    )
    left, right = node_of(a).shape, node_of(b).shape
    if len(first) != len(second) or not all(dims.same(left[i], right[j]) for i, j in zip(first, second)):
        raise ShapeError(
            f"tensordot: {dims.show(left)} over axes {tuple(first)} and {dims.show(right)} over axes {tuple(second)}: "
            "the sizes of the axes differ"
        )
    return _contract(a, b, first, second)


def batch_dot(x: TensorLike, y: TensorLike, axes: ContractionAxes = None) -> Tensor:
    """One product per sample, summed over `axes[0]` of x and `axes[1]` of y (Keras 2.3's `K.batch_dot`).

    The result has the batch, x's other axes, then y's; if only the batch is left, (batch, 1). Without `axes`: x's
    last with y's second-to-last (y's last if y has only two).

    Raises:
        ShapeError: a rank below 2, batches or sizes of the axes that differ.
        AxisError: an axis out of range, or the batch axis.
    """
    a, b = map(wrap, _numbers("batch_dot", x, y))
    left, right = node_of(a).shape, node_of(b).shape
    if len(left) < 2 or len(right) < 2:
        raise ShapeError(
            f"batch_dot: {dims.show(left)} . {dims.show(right)}: both need a batch axis and at least one more"
        )
    i, j = _batch_axes(axes, len(left), len(right))
    rules.batch_dot(left, right, (i, j))
    x_kept = [k for k in range(1, len(left)) if k != i]
    y_kept = [k for k in range(1, len(right)) if k != j]
    rows = shaping.regroup(shaping.transpose(a, [0, *x_kept, i]), [1, len(x_kept), 1])
    columns = shaping.regroup(shaping.transpose(b, [0, j, *y_kept]), [1, 1, len(y_kept)])
    product = _product(rows, columns)
    if len(x_kept) == len(y_kept) == 1:
        return product
    sizes = [shaping.dim(a, k) for k in x_kept] + [shaping.dim(b, k) for k in y_kept]
    return shaping.reshape_to(product, [shaping.dim(product, 0), *(sizes or [1])])


def _batch_axes(axes: ContractionAxes, left: int, right: int) -> tuple[int, int]:
    if axes is None:
        axes = (left - 1, max(right - 2, 1))
    pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if len(pair) != 2:
        raise ArgumentError(f"batch_dot: axes {axes!r} is neither an int nor a pair")
    i, j = normalize_axis("batch_dot", pair[0], left), normalize_axis("batch_dot", pair[1], right)
    if i == 0 or j == 0:
        raise AxisError(f"batch_dot: axes {pair} name the batch axis 0, which is never summed over")
    return i, j


# Einstein summation.


class _Labelled:
    """A tensor with a label for each axis."""

    def __init__(self, tensor: Tensor, labels: str) -> None:
        self.tensor = tensor
        self.labels = labels

    def ordered(self, labels: str) -> Tensor:
        """The tensor with its axes in the order of `labels`."""
        return shaping.transpose(self.tensor, [self.labels.index(c) for c in labels])

    def summed(self, needed: str) -> _Labelled:
        """Without the labels that nobody else needs."""
        drop = [i for i, c in enumerate(self.labels) if c not in needed]
        if not drop:
            return self
        return _Labelled(sum_(self.tensor, drop), "".join(c for c in self.labels if c in needed))


def einsum(subscripts: str, *tensors: TensorLike) -> Tensor:
    """Einstein summation, `einsum("bij,bjk->bik", x, y)`; `...` stands for broadcast batch axes. Source: `np.einsum`.

    Raises:
        ArgumentError: subscripts that do not fit the tensors.
        ShapeError: a label that stands for two different sizes.
    """
    terms, output = _parse(subscripts, tensors)
    _check_sizes(subscripts, terms)
    current = _diagonal(terms[0])
    for position, term in enumerate(terms[1:], start=1):
        needed = output + "".join(t.labels for t in terms[position + 1 :])
        current = _pair(current.summed(needed + term.labels), _diagonal(term).summed(needed + current.labels), needed)
    return current.summed(output).ordered(output)


#: Labels for the axes of `...`, which no user can write.
_ELLIPSIS = "0123456789"


def _parse(subscripts: str, tensors: Sequence[TensorLike]) -> tuple[list[_Labelled], str]:
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    labels = inputs.split(",")
    if len(labels) != len(tensors):
        raise ArgumentError(f"einsum: {subscripts!r} names {len(labels)} tensors, got {len(tensors)}")
    nodes = _promoted(tensors)
    terms = [_Labelled(t, _spread(subscripts, part, t.ndim)) for part, t in zip(labels, nodes)]
    everything = "".join(t.labels for t in terms)
    batch = "".join(c for c in _ELLIPSIS if c in everything)
    if not arrow:
        output = "..." + "".join(sorted(c for c in set(everything) - set(batch) if everything.count(c) == 1))
    output = output.replace("...", batch)
    if any(c not in everything for c in output) or len(set(output)) != len(output):
        raise ArgumentError(f"einsum: the output of {subscripts!r} must have labels of the inputs, each once")
    return terms, output


def _promoted(tensors: Sequence[TensorLike]) -> list[Tensor]:
    like = next((node_of(t).dtype for t in tensors if isinstance(t, Expr)), None)
    nodes = [as_node("einsum", f"tensors[{i}]", t, like) for i, t in enumerate(tensors)]
    dtype = number_dtype(promote(*[n.dtype for n in nodes]))
    return [wrap(cast_node(n, dtype)) for n in nodes]


def _spread(subscripts: str, labels: str, rank: int) -> str:
    """The labels with `...` written out, the last batch axis as the last of `_ELLIPSIS`."""
    if "..." in labels:
        batch = rank - (len(labels) - 3)
        labels = labels.replace("...", _ELLIPSIS[len(_ELLIPSIS) - batch :] if batch > 0 else "")
    if len(labels) != rank or not all(c.isalpha() or c in _ELLIPSIS for c in labels):
        raise ArgumentError(f"einsum: {labels!r} in {subscripts!r} does not label a tensor of rank {rank}")
    return labels


def _check_sizes(subscripts: str, terms: Sequence[_Labelled]) -> None:
    sizes: dict[str, Dim] = {}
    for term in terms:
        for label, size in zip(term.labels, node_of(term.tensor).shape):
            known = sizes.get(label)
            stretches = label in _ELLIPSIS and 1 in (known, size)
            if not dims.same(known, size) and not stretches:
                shapes = " and ".join(dims.show(node_of(t.tensor).shape) for t in terms)
                raise ShapeError(
                    f"einsum: {subscripts!r} with {shapes}: "
                    f"{label!r} is both {dims.show_dim(known)} and {dims.show_dim(size)}"
                )
            sizes[label] = size if known in (None, 1) else known


def _diagonal(term: _Labelled) -> _Labelled:
    """The diagonal of axes that have the same label."""
    for label in term.labels:
        places = [i for i, c in enumerate(term.labels) if c == label]
        if len(places) > 1:
            rest = [i for i in range(len(term.labels)) if i not in places]
            row = arange(shaping.dim(term.tensor, places[0]))
            moved = shaping.transpose(term.tensor, [*places, *rest])
            labels = label + "".join(term.labels[i] for i in rest)
            return _diagonal(_Labelled(take(moved, [row] * len(places), 0), labels))
    return term


def _pair(x: _Labelled, y: _Labelled, needed: str) -> _Labelled:
    """The product of two terms, summed over the labels that only they have."""
    batch = "".join(c for c in x.labels if c in y.labels and c in needed)
    inner = "".join(c for c in x.labels if c in y.labels and c not in needed)
    left = "".join(c for c in x.labels if c not in y.labels)
    right = "".join(c for c in y.labels if c not in x.labels)
    ones = [1] * len(batch)
    rows = shaping.regroup(x.ordered(batch + left + inner), [*ones, len(left), len(inner)])
    columns = shaping.regroup(y.ordered(batch + inner + right), [*ones, len(inner), len(right)])
    product = _product(rows, columns)
    sizes = [shaping.dim(product, i) for i in range(len(batch))]
    sizes += [shaping.dim(t.tensor, t.labels.index(c)) for t, names in ((x, left), (y, right)) for c in names]
    tensor = product if len(left) == len(right) == 1 else shaping.reshape_to(product, sizes)
    return _Labelled(tensor, batch + left + right)
