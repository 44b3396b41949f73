"""Ops on sparse tensors: matrices that are mostly zeros, fed as scipy.sparse matrices.

A sparse tensor may also be made of a dense one (`K.ctc_label_dense_to_sparse`). Then engines see the dense one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import shape as rules
from ..dims import Shape
from ..errors import ArgumentError, ShapeError
from ..graph import (
    Expr,
    Node,
    NotDifferentiable,
    TensorLike,
    as_node,
    build,
    cast_node,
    node_of,
    primitive,
    same_dtype,
    wrap,
)
from . import linalg, shaping

if TYPE_CHECKING:
    from ..tensor import SparseTensor, Tensor

__all__ = ["sparse_dot", "sparse_to_dense"]


def _dot_rule(x: Shape, y: Shape, *, transpose: bool) -> Shape:
    return rules.dot(x[::-1] if transpose else x, y)


def _dot_grad(g: Tensor, z: Tensor, x: Expr, y: Tensor, *, transpose: bool) -> tuple[None, Tensor]:
    return None, build("sparse_dot", node_of(x), node_of(g), transpose=not transpose)


@primitive(shape=_dot_rule, dtype=same_dtype, grad=_dot_grad)
def sparse_dot(x: SparseTensor, y: TensorLike, transpose: bool = False) -> Tensor:
    """x . y of a sparse (m, k), or its transpose, with a dense (k, n) or (k,), in x's dtype. The result is dense.

    The gradient flows to y alone.

    Raises:
        ShapeError: inner dimensions differ, or y has more than two axes.
    """
    if not isinstance(x, Expr):
        raise ArgumentError(f"sparse_dot: x is {type(x).__name__}, not a sparse tensor")
    matrix = node_of(x)
    if _is_made_of_dense(matrix):
        return linalg.dot(shaping.transpose(wrap(matrix)) if transpose else wrap(matrix), y)
    dense = wrap(cast_node(as_node("dot", "y", y, like=matrix.dtype), matrix.dtype))
    rules.dot(matrix.shape[::-1] if transpose else matrix.shape, node_of(dense).shape)
    if dense.ndim not in (1, 2):
        raise ShapeError(f"dot: a sparse tensor multiplies matrices and vectors, not rank {dense.ndim}")
    column = shaping.expand_dims(dense, 1) if dense.ndim == 1 else dense
    result = build("sparse_dot", matrix, node_of(column), transpose=transpose)
    return shaping.squeeze(result, 1) if dense.ndim == 1 else result


@primitive(shape=lambda x: x, dtype=same_dtype, grad=NotDifferentiable("gradients do not flow into sparse tensors"))
def sparse_to_dense(x: SparseTensor) -> Tensor:
    """The same matrix as a dense tensor."""
    matrix = node_of(x)
    return wrap(matrix) if _is_made_of_dense(matrix) else build("sparse_to_dense", matrix)


def _is_made_of_dense(matrix: Node) -> bool:
    return not matrix.attrs.get("sparse")
