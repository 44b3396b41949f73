"""Connectionist temporal classification (Graves et al. 2006): its loss, and decoding.

A path has one class for each time step. With repeated classes merged, and then blanks left out, it spells a sequence of
labels; the probability of the sequence is the sum over all paths that spell it. The blank is the last class. Sequences
in a batch are padded, and their lengths given: (batch,) or (batch, 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import dims, dtypes
from ..config import epsilon
from ..dims import Shape
from ..dtypes import DType
from ..errors import ArgumentError, DTypeError, ShapeError
from ..graph import NotDifferentiable, TensorLike, as_node, build, cast_node, node_of, primitive, wrap
from . import shaping
from .create import arange, full, zeros_like
from .elementwise import (
    cast,
    cast_like_float,
    equal,
    exp,
    log,
    logical_and,
    maximum,
    minimum,
    not_equal,
    where,
)
from .indexing import scatter_add, take
from .layout import per_axis
from .loops import foldl, rnn
from .reduce import any as any_
from .reduce import argmax, cumsum, log_softmax, logsumexp
from .reduce import max as max_
from .reduce import sum as sum_

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "ctc_batch_cost",
    "ctc_beam_search",
    "ctc_cost",
    "ctc_create_skip_idxs",
    "ctc_decode",
    "ctc_interleave_blanks",
    "ctc_path_probs",
    "ctc_update_log_p",
    "labels_within",
]

#: The logarithm of what is impossible. Unlike that of 0 it can be subtracted from itself.
_NEVER: Final = -1e30


# Arguments.


def _log_outputs(op_name: str, y_pred: TensorLike) -> Tensor:
    """log(y_pred + epsilon) of (batch, time, classes); of float16 as float32."""
    output = cast_like_float(wrap(as_node(op_name, "y_pred", y_pred)))
    if output.ndim != 3:
        raise ShapeError(f"{op_name}: y_pred must be (batch, time, classes), not {dims.show(node_of(output).shape)}")
    wide = cast(output, dtypes.float32) if node_of(output).dtype is dtypes.float16 else output
    return log(wide + epsilon())


def _lengths(op_name: str, argument: str, value: TensorLike, batch: Any) -> Tensor:
    """(batch,) int32, of (batch,) or (batch, 1)."""
    node = as_node(op_name, argument, value)
    if len(node.shape) not in (1, 2) or not dims.same(node.shape[0], batch) or not dims.same((*node.shape, 1)[1], 1):
        raise ShapeError(
            f"{op_name}: {argument} must have one length for each of the batch's {dims.show_dim(batch)}: "
            f"(batch,) or (batch, 1), not {dims.show(node.shape)}"
        )
    vector = wrap(cast_node(node, dtypes.int32))
    return shaping.squeeze(vector, 1) if vector.ndim == 2 else vector


def _labels(op_name: str, value: TensorLike, batch: Any) -> Tensor:
    node = as_node(op_name, "y_true", value)
    if len(node.shape) != 2 or not dims.same(node.shape[0], batch):
        raise ShapeError(f"{op_name}: y_true must be (batch, longest label), not {dims.show(node.shape)}")
    return wrap(cast_node(node, dtypes.int64))


def _before(length: Tensor, positions: Tensor) -> Tensor:
    """(batch, positions): whether each position is within the length."""
    return positions < shaping.expand_dims(length, 1)


def labels_within(labels: TensorLike, lengths: TensorLike) -> Tensor:
    """Labels (batch, longest) with 0 instead of all that is beyond the lengths."""
    node = as_node("ctc_label_dense_to_sparse", "labels", labels)
    if len(node.shape) != 2:
        raise ShapeError(f"ctc_label_dense_to_sparse: labels must be (batch, longest), not {dims.show(node.shape)}")
    tensor = wrap(node)
    length = _lengths("ctc_label_dense_to_sparse", "label_lengths", lengths, node.shape[0])
    return where(_before(length, arange(shaping.dim(tensor, 1))), tensor, 0)


# The loss.


def ctc_batch_cost(
    y_true: TensorLike, y_pred: TensorLike, input_length: TensorLike, label_length: TensorLike
) -> Tensor:
    """-log of the probability of each sequence of labels: (batch, 1).

    Args:
        y_true: the labels, (batch, longest), padded with anything; 0 to classes - 2, as the last class is the blank.
        y_pred: (batch, time, classes), probabilities; `epsilon` is added to them, and each step's are scaled to sum 1.
        input_length, label_length: how many steps and how many labels there are of each, (batch,) or (batch, 1).

    Where there are fewer steps than the labels need, the loss is infinite and its gradient 0; TensorFlow stops there.

    Raises:
        ShapeError: the batches differ.
        EngineError: when it is evaluated, a label is no class.

    Source: Keras 2.3's `K.ctc_batch_cost` on TensorFlow. The sum runs forwards in time, in logarithms.
    """
    outputs = _log_outputs("ctc_batch_cost", y_pred)
    batch = node_of(outputs).shape[0]
    labels = _labels("ctc_batch_cost", y_true, batch)
    steps = _lengths("ctc_batch_cost", "input_length", input_length, batch)
    length = _lengths("ctc_batch_cost", "label_length", label_length, batch)
    logs = log_softmax(outputs)

    path = _with_blanks(labels, length, shaping.dim(logs, 2) - 1)
    size = shaping.dim(path, 1)
    classes = shaping.transpose(logs, [0, 2, 1])
    rows = shaping.expand_dims(cast(arange(shaping.dim(path, 0)), dtypes.int64), 1)
    emitted = take(classes, [shaping.broadcast_like(rows, path), path], 0)  # (batch, positions, time)
    running = shaping.transpose(_before(steps, arange(shaping.dim(logs, 1))), [1, 0])
    jumps = _jumps(path, shaping.dim(logs, 2) - 1)

    def step(reached: Tensor, now: Any) -> Tensor:
        log_p, goes_on = now
        ways = shaping.stack([reached, _moved(reached, 1), where(jumps, _moved(reached, 2), _NEVER)])
        return where(shaping.expand_dims(goes_on, 1), logsumexp(ways, 0) + log_p, reached)

    start = where(equal(arange(size), 0), zeros_like(emitted[:, :, 0]), _NEVER)
    reached = foldl(step, [shaping.transpose(emitted, [2, 0, 1]), running], start)
    last = shaping.expand_dims(length * 2, 1)
    ends = equal(arange(size), last) | equal(arange(size), last - 1)
    found = logsumexp(where(ends, reached, _NEVER), 1, keepdims=True)
    loss = where(found > _NEVER / 2, -found, float("inf"))
    return cast(loss, cast_like_float(y_pred).dtype)


def _moved(x: Tensor, number: int) -> Tensor:
    """(batch, n) with that many of what is impossible put before, and as many dropped at the end."""
    moved: Tensor = shaping.pad(x, ((0, 0), (number, 0)), _NEVER)[:, : shaping.dim(x, 1)]
    return moved


def _with_blanks(labels: Tensor, length: Tensor, blank: Any) -> Tensor:
    """Labels (batch, n) with a blank before, between and after: (batch, 2 n + 1). All beyond the length is blank."""
    number = shaping.dim(labels, 1)
    own = where(_before(length, arange(number)), labels, cast(blank, dtypes.int64))
    blanks = shaping.broadcast_like(cast(blank, dtypes.int64), own)
    pairs = shaping.reshape_to(shaping.stack([blanks, own], 2), [shaping.dim(labels, 0), number * 2])
    first = full([shaping.dim(labels, 0), 1], blank, dtypes.int64)
    return shaping.concatenate([pairs, first], 1)


def _jumps(path: Tensor, blank: Any) -> Tensor:
    """Where the blank before may be left out: before a label that differs from the one before."""
    blank = cast(blank, dtypes.int64)
    number = shaping.dim(path, 1)
    before = shaping.pad(path, ((0, 0), (2, 0)), -1)[:, :number]
    return logical_and(not_equal(path, blank), not_equal(path, before))


# Decoding.


def ctc_decode(
    y_pred: TensorLike,
    input_length: TensorLike,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = False,
) -> tuple[list[Tensor], Tensor]:
    """The most probable sequences of labels: ([(batch, longest) int64, ...], their scores).

    Args:
        y_pred: (batch, time, classes), probabilities, to which `epsilon` is added.
        input_length: how many steps there are of each.
        greedy: take the most probable class of each step. There is one sequence for each; its score, (batch, 1), is
            -sum(log(p)) of these classes.
        beam_width, top_paths, merge_repeated: otherwise, in each step `beam_width` beginnings of sequences are kept,
            and the best `top_paths` sequences are given; their scores, (batch, top_paths), are log(p), as far as those
            beginnings go, with each step's p scaled to sum 1. With `merge_repeated`, repeated labels are then dropped.

    Sequences are padded with -1 to the longest of the batch.

    Raises:
        ShapeError: shapes that do not fit.
        ArgumentError: `top_paths` is above `beam_width`, or they are not positive integers.
        EngineError: when it is evaluated, there are fewer than `top_paths` sequences.

    Source: Keras 2.3's `K.ctc_decode`. Not differentiable.
    """
    logs = shaping.transpose(_log_outputs("ctc_decode", y_pred), [1, 0, 2])
    steps = _lengths("ctc_decode", "input_length", input_length, node_of(logs).shape[1])
    dtype = cast_like_float(y_pred).dtype
    if greedy:
        labels, score = _best_classes(logs, steps)
        return [labels], cast(score, dtype)
    for name, number in (("beam_width", beam_width), ("top_paths", top_paths)):
        per_axis("ctc_decode", name, number, 1)
    if top_paths > beam_width:
        raise ArgumentError(f"ctc_decode: top_paths {top_paths} is above beam_width {beam_width}")
    found = ctc_beam_search(log_softmax(logs), steps, beam_width, top_paths, bool(merge_repeated))
    padded = cast(found[:, :, :-1], dtypes.int64)
    paths = [_cut(padded[i], sum_(cast(padded[i] >= 0, dtypes.int32), 1)) for i in range(top_paths)]
    return paths, cast(shaping.transpose(found[:, :, -1]), dtype)


def _best_classes(logs: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """The labels, padded with -1, and -sum(log(p)), of the most probable path, of logarithms (time, batch, classes)."""
    by_batch = shaping.transpose(logs, [1, 0, 2])
    runs = _before(steps, arange(shaping.dim(by_batch, 1)))
    best = argmax(by_batch, 2)
    score = -sum_(where(runs, max_(by_batch, 2), 0.0), 1, keepdims=True)
    before = shaping.pad(best, ((0, 0), (1, 0)), -1)[:, :-1]
    kept = runs & not_equal(best, cast(shaping.dim(by_batch, 2) - 1, dtypes.int64)) & not_equal(best, before)
    number = cumsum(cast(kept, dtypes.int64), 1)
    # What is not kept adds 0 to the first place; -1 is what is left where nothing was added.
    rows = shaping.broadcast_like(shaping.expand_dims(cast(arange(shaping.dim(best, 0)), dtypes.int64), 1), best)
    places = [rows, maximum(number - 1, 0)]
    packed = scatter_add(where(kept, best + 1, 0), best, places, 0) - 1
    return _cut(packed, sum_(cast(kept, dtypes.int32), 1)), score


def _cut(labels: Tensor, lengths: Tensor) -> Tensor:
    """Padded labels without columns that are padding in all rows."""
    cut: Tensor = labels[:, : max_(shaping.pad(lengths, ((1, 0),)))]
    return cut


def _beam_rule(logs: Shape, lengths: Shape, *, beam_width: int, top_paths: int, merge_repeated: bool) -> Shape:
    return (top_paths, logs[1], dims.add(logs[0], 1))


def _float64(*dtypes_: type[DType], **attrs: object) -> type[DType]:
    return dtypes.float64


@primitive(shape=_beam_rule, dtype=_float64, grad=NotDifferentiable("its result is sequences of labels"))
def ctc_beam_search(logs: Tensor, lengths: Tensor, beam_width: int, top_paths: int, merge_repeated: bool) -> Tensor:
    """The best sequences of labels, and log(p) of each: (top_paths, batch, time + 1) float64.

    An op has one result, so both are in one: labels, padded with -1, come first, and log(p) last.

    Args:
        logs: logarithms of probabilities, (time, batch, classes).
        lengths: how many steps there are of each, (batch,) int32.
    """
    options: dict[str, Any] = {"beam_width": beam_width, "top_paths": top_paths, "merge_repeated": merge_repeated}
    return build("ctc_beam_search", node_of(logs), node_of(lengths), **options)


# What Keras's Theano backend was made of. It knows one sequence at a time; -1, the last class, is the blank.


def _vector(op_name: str, argument: str, value: TensorLike) -> Tensor:
    node = as_node(op_name, argument, value)
    if len(node.shape) != 1:
        raise ShapeError(f"{op_name}: {argument} must be a vector, not of shape {dims.show(node.shape)}")
    return wrap(node)


def _label_vector(op_name: str, argument: str, value: TensorLike) -> Tensor:
    labels = _vector(op_name, argument, value)
    if not node_of(labels).dtype.is_integer:
        raise DTypeError(f"{op_name}: {argument} must be integers, not {node_of(labels).dtype}; cast them")
    return labels


def ctc_interleave_blanks(Y: TensorLike) -> Tensor:
    """Labels (n,) with -1 before, between and after: (2 n + 1,). Source: Keras 2.3's Theano backend."""
    labels = _label_vector("ctc_interleave_blanks", "Y", Y)
    blank = full([1], -1, labels.dtype)
    pairs = shaping.stack([shaping.broadcast_like(blank, labels), labels], 1)
    return shaping.concatenate([shaping.flatten(pairs), blank], 0)


def ctc_create_skip_idxs(Y: TensorLike) -> Tensor:
    """The places of labels in Y, which has blanks, from which the next label may follow without a blank: it differs.

    Source: Keras 2.3's Theano backend.
    """
    labels = _label_vector("ctc_create_skip_idxs", "Y", Y)
    size = shaping.dim(labels, 0)
    number = maximum((size - 3) // 2, 0)
    places = arange(number) * 2 + 1
    return places[not_equal(take(labels, [places], 0), take(labels, [places + 2], 0))]


def ctc_update_log_p(
    skip_idxs: TensorLike, zeros: TensorLike, active: TensorLike, log_p_curr: TensorLike, log_p_prev: TensorLike
) -> tuple[Tensor, Tensor]:
    """One step in time: (how many places can be reached, log(p) of being at each, 0 for those that cannot).

    Args:
        skip_idxs: as `ctc_create_skip_idxs` has them.
        zeros: ignored; as many zeros as there are places.
        active: how many places could be reached before.
        log_p_curr: log(p) of each place's class in this step.
        log_p_prev: log(p) of having been at each place.

    Source: Keras 2.3's Theano backend.
    """
    now = _vector("ctc_update_log_p", "log_p_curr", log_p_curr)
    previous = _vector("ctc_update_log_p", "log_p_prev", log_p_prev)
    skips = _label_vector("ctc_update_log_p", "skip_idxs", skip_idxs)
    reached = cast(wrap(as_node("ctc_update_log_p", "active", active)), dtypes.int32)
    places = arange(shaping.dim(now, 0))
    live = places < reached
    skips_here = any_(equal(shaping.expand_dims(places, 1), shaping.expand_dims(skips, 0)), 1) & live
    furthest = max_(where(skips_here, places, -1))
    reachable = minimum(maximum(reached + 1, furthest + 3), shaping.dim(now, 0))
    top = max_(where(live, previous, _NEVER))
    p = where(live, exp(where(live, previous, top) - top), 0.0)
    before = shaping.pad(p, ((1, 0),))[: shaping.dim(now, 0)]
    skipped = shaping.pad(where(skips_here, p, 0.0), ((2, 0),))[: shaping.dim(now, 0)]
    within = places < reachable
    found = log(where(within, p + before + skipped, 1.0)) + top + now
    return reachable, where(within, found, 0.0)


def ctc_path_probs(predict: TensorLike, Y: TensorLike, alpha: float = 1e-4) -> tuple[Tensor, Tensor]:
    """log(p) of being at each place of Y at each time, on all paths, and where that is possible: two (time, places).

    Args:
        predict: (time, classes), probabilities; the ones used are mixed with `alpha` of a uniform distribution.
        Y: labels with blanks, as `ctc_interleave_blanks` gives them.

    Source: Keras 2.3's Theano backend.
    """
    labels = _label_vector("ctc_path_probs", "Y", Y)
    outputs = cast_like_float(predict)
    if outputs.ndim != 2:
        raise ShapeError(f"ctc_path_probs: predict must be (time, classes), not {dims.show(node_of(outputs).shape)}")
    number = cast(wrap(as_node("ctc_path_probs", "size", shaping.dim(labels, 0))), outputs.dtype)
    logs = log(outputs[:, labels] * (1.0 - alpha) + alpha / number)
    skips = [ctc_create_skip_idxs(labels), ctc_create_skip_idxs(labels[::-1])]

    def step(now: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        made = [ctc_update_log_p(skips[i], now[i], states[2 * i], now[i], states[2 * i + 1]) for i in range(2)]
        places = arange(shaping.dim(labels, 0))
        masks = shaping.stack([cast(places < reached, logs.dtype) for reached, _ in made])
        log_p = shaping.stack([log_p for _, log_p in made])
        return shaping.stack([log_p, masks], 1), [state for pair in made for state in pair]

    start = [cast(1, dtypes.int32), zeros_like(logs[0])] * 2
    _, outputs_, _ = rnn(step, shaping.stack([logs, logs[::-1, ::-1]]), start)
    forwards, backwards = outputs_[0], outputs_[1][::-1, :, ::-1]
    mask = (forwards[:, 1] > 0.5) & (backwards[:, 1] > 0.5)
    return forwards[:, 0] + backwards[:, 0] - logs, mask


def ctc_cost(predict: TensorLike, Y: TensorLike) -> Tensor:
    """-log of the sum, over all times and places, of the probability of the paths that spell Y and are there then.

    Each path counts once for each time, so this is `-log(time * p)`, as Keras has it.

    Args:
        predict: (time, classes), probabilities.
        Y: labels without blanks, (n,).

    Source: Keras 2.3's Theano backend. `ctc_batch_cost` has -log(p), of a whole batch.
    """
    logs, mask = ctc_path_probs(predict, ctc_interleave_blanks(Y))
    return -logsumexp(where(mask, logs, -float("inf")))
