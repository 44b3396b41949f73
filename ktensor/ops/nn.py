"""Losses, and whether predictions are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dims, dtypes
from ..config import epsilon
from ..dims import Shape
from ..errors import DTypeError, ShapeError
from ..graph import TensorLike, as_node, build, cast_node, node_of, primitive, wrap
from ..shape import normalize_axis
from . import shaping
from .create import arange
from .elementwise import cast, cast_like_float, clip, equal, isfinite, log, logical_and, softplus, where
from .indexing import take
from .reduce import all as all_
from .reduce import any as any_
from .reduce import log_softmax, softmax
from .reduce import sum as sum_

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["binary_crossentropy", "categorical_crossentropy", "in_top_k", "sparse_categorical_crossentropy"]


def _loss_operands(op_name: str, target: TensorLike, output: TensorLike) -> tuple[Tensor, Tensor]:
    """The target in the output's dtype, and the output as floats."""
    predicted = cast_like_float(wrap(as_node(op_name, "output", output)))
    dtype = node_of(predicted).dtype
    return wrap(cast_node(as_node(op_name, "target", target, like=dtype), dtype)), predicted


def _logits(output: Tensor, from_logits: bool, axis: int) -> Tensor | None:
    """The logits along `axis`, where the classes are, if they are known."""
    node = node_of(output)
    if from_logits:
        return output
    is_softmax = node.op.name == "softmax" and node.attrs["axis"] == axis
    return wrap(node.inputs[0]) if is_softmax else None  # exact, where log(softmax(x)) would be log(0)


def _log_probabilities(output: Tensor, axis: int) -> Tensor:
    scaled = output / sum_(output, axis, keepdims=True)
    return log(clip(scaled, epsilon(), 1.0 - epsilon()))


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-sum(target * log(p)) along `axis`: (..., classes) and (..., classes) -> (...).

    Args:
        target: the true distribution over the classes.
        output: p, or with `from_logits` its logits. Probabilities are scaled to sum 1 and kept `epsilon` away from
            0 and 1, unless they come straight from `softmax`, whose logits are then used.

    Raises:
        ShapeError: the shapes do not broadcast. Source: Keras 2.3's `K.categorical_crossentropy`.
    """
    truth, predicted = _loss_operands("categorical_crossentropy", target, output)
    axis = normalize_axis("categorical_crossentropy", axis, predicted.ndim)
    left, right = node_of(truth).shape, node_of(predicted).shape
    if len(left) != len(right) or not all(map(dims.same, left, right)):
        raise ShapeError(
            f"categorical_crossentropy: target {dims.show(left)} and output {dims.show(right)} differ; "
            "for integer targets use sparse_categorical_crossentropy"
        )
    logits = _logits(predicted, from_logits, axis)
    logs = _log_probabilities(predicted, axis) if logits is None else log_softmax(logits, axis)
    return -sum_(truth * logs, axis)


# The loss of each row, and its gradient. Engines know both as one op.


def _rows_and_classes(logits: Shape, labels: Shape) -> Shape:
    return (dims.merge(logits[0], labels[0]),)


def _of_label(rows: Tensor, labels: Tensor) -> Tensor:
    """rows[i, labels[i]]."""
    return take(rows, [cast(arange(shaping.dim(rows, 0)), dtypes.int64), labels], 0)


@primitive(
    shape=_rows_and_classes,
    grad=lambda g, y, *inputs: (lambda: build("label_crossentropy_grad", *map(node_of, (g, *inputs))), None),
    decompose=lambda logits, labels: -_of_label(log_softmax(logits), labels),
)
def label_crossentropy(logits: Tensor, labels: Tensor) -> Tensor:
    """-log softmax(logits)[i, labels[i]]: (n, classes) and int64 (n,) -> (n,)."""
    return build("label_crossentropy", node_of(logits), node_of(labels))


def _label_crossentropy_grad(g: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    classes = cast(arange(shaping.dim(logits, 1)), dtypes.int64)
    hits = cast(equal(shaping.expand_dims(labels, 1), classes), node_of(logits).dtype)
    return (softmax(logits) - hits) * shaping.expand_dims(g, 1)


@primitive(shape=lambda g, logits, labels: logits, decompose=_label_crossentropy_grad)
def label_crossentropy_grad(g: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient of `label_crossentropy` with respect to the logits, given that with respect to its result."""
    return build("label_crossentropy_grad", node_of(g), node_of(logits), node_of(labels))


def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-log(p[target]) along `axis`: class numbers (...), or (..., 1), and (..., classes) -> (...).

    As `categorical_crossentropy` with the target one-hot. A class outside raises EngineError when it is evaluated.

    Raises:
        ShapeError: the target does not have one number for each row of the output.
    """
    predicted = cast_like_float(wrap(as_node("sparse_categorical_crossentropy", "output", output)))
    axis = normalize_axis("sparse_categorical_crossentropy", axis, predicted.ndim)
    labels = cast(wrap(as_node("sparse_categorical_crossentropy", "target", target)), dtypes.int64)
    logits = _logits(predicted, from_logits, axis)
    scores = _log_probabilities(predicted, axis) if logits is None else logits
    rows = shaping.transpose(scores, [i for i in range(scores.ndim) if i != axis] + [axis])
    if not _one_for_each(node_of(rows).shape[:-1], node_of(labels).shape):
        raise ShapeError(
            f"sparse_categorical_crossentropy: target {dims.show(node_of(labels).shape)} does not have one class "
            f"for each row of output {dims.show(node_of(predicted).shape)} along axis {axis}"
        )
    flat = shaping.regroup(rows, [rows.ndim - 1, 1])
    classes = shaping.flatten(labels)
    losses = -_of_label(flat, classes) if logits is None else label_crossentropy(flat, classes)
    return shaping.reshape_to(losses, [shaping.dim(rows, i) for i in range(rows.ndim - 1)])


def _one_for_each(rows: Shape, labels: Shape) -> bool:
    """True if there may be one label for each row; labels may also be a column, or flat."""
    if len(labels) == len(rows) and not (labels and labels[-1] == 1):
        return all(map(dims.same, rows, labels))
    return dims.same(dims.product(rows), dims.product(labels))


def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> Tensor:
    """-(target * log(p) + (1 - target) * log(1 - p)), elementwise.

    Args:
        target: numbers from 0 to 1.
        output: p, or with `from_logits` its logits. Probabilities are kept `epsilon` away from 0 and 1, and `epsilon`
            is added to what the logarithms are of; if they come straight from `sigmoid`, its logits are used instead.

    Raises:
        ShapeError: the shapes do not broadcast. Source: Keras 2.3's `K.binary_crossentropy`.
    """
    truth, predicted = _loss_operands("binary_crossentropy", target, output)
    node = node_of(predicted)
    if node.op.name == "sigmoid":
        predicted, from_logits = wrap(node.inputs[0]), True
    if from_logits:
        return softplus(predicted) - predicted * truth
    p = clip(predicted, epsilon(), 1.0 - epsilon())
    return -(truth * log(p + epsilon()) + (1.0 - truth) * log(1.0 - p + epsilon()))


def in_top_k(predictions: TensorLike, targets: TensorLike, k: TensorLike) -> Tensor:
    """Whether fewer than k classes are likelier than the target: (batch, classes), (batch,) -> (batch,).

    So of equals all are in or out together. It is False where a prediction of the row is not finite, or the target is
    no class.

    Args:
        targets: integers.
        k: a number, or an integer scalar.

    Raises:
        ShapeError: there is not one target for each row.
        DTypeError: the targets are not integers. Source: TensorFlow's `tf.nn.in_top_k`, which takes float32 alone.
    """
    rows = cast_like_float(wrap(as_node("in_top_k", "predictions", predictions)))
    node = as_node("in_top_k", "targets", targets)
    if not node.dtype.is_integer:
        raise DTypeError(f"in_top_k: targets must be integers, not {node.dtype}; cast them if that is meant")
    sizes = node_of(rows).shape
    if len(sizes) != 2 or len(node.shape) != 1 or not dims.same(sizes[0], node.shape[0]):
        raise ShapeError(
            f"in_top_k: needs predictions (batch, classes) and targets (batch,), "
            f"not {dims.show(sizes)} and {dims.show(node.shape)}"
        )
    number = wrap(as_node("in_top_k", "k", k))
    hit = equal(arange(shaping.dim(rows, 1)), shaping.expand_dims(wrap(node), 1))
    own = sum_(where(hit, rows, 0.0), 1, keepdims=True)
    likelier = sum_(cast(rows > own, dtypes.int32), 1)
    valid = logical_and(any_(hit, 1), all_(isfinite(rows), 1))
    return logical_and(valid, likelier < number)
