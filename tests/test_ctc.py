"""Connectionist temporal classification: the loss, decoding, and what Keras's Theano backend had of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest

import ktensor as kt
from ktensor import functional as K
from ktensor.engines.beams import ctc_beam_search

Array = npt.NDArray[Any]

LABELS = np.array([[0, 1, 1, 3], [2, 2, 0, 0], [3, 0, 0, 0], [1, 4, 0, 2]], "int32")
STEPS = np.array([[12], [9], [11], [7]], "int32")
LENGTHS = np.array([[4], [2], [1], [3]], "int32")


def outputs(*shape: int, seed: int = 0) -> Array:
    """Probabilities, some of which stand out."""
    p = np.random.default_rng(seed).random(shape) ** 4
    return np.asarray(p / p.sum(-1, keepdims=True))


P = outputs(4, 12, 6)


def of_tensorflow() -> Any:
    return pytest.importorskip("tensorflow")


def logits(tf: Any, p: Any) -> Any:
    """What Keras hands to TensorFlow."""
    return tf.math.log(tf.transpose(p, [1, 0, 2]) + 1e-7)


# ---- The loss --------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_the_loss_and_its_gradient_are_tensorflows(engine: str, known: bool) -> None:
    tf = of_tensorflow()
    x = kt.placeholder(P.shape if known else (None, None, None), "float64")
    y = kt.placeholder(LABELS.shape if known else (None, None), "int32")
    steps, lengths = kt.placeholder((None, 1), "int32"), kt.placeholder((None, 1), "int32")
    loss = K.ctc_batch_cost(y, x, steps, lengths)
    assert loss.shape == ((4, 1) if known else (None, 1))
    function = kt.function([y, x, steps, lengths], [loss, *kt.gradients(loss, [x])])
    got, gradient = function([LABELS, P, STEPS, LENGTHS])

    places = [(i, j) for i, n in enumerate(LENGTHS[:, 0]) for j in range(n)]
    labels = tf.SparseTensor(places, [LABELS[place] for place in places], LABELS.shape)
    p = tf.Variable(P.astype("float32"))
    with tf.GradientTape() as tape:
        wanted = tf.compat.v1.nn.ctc_loss(labels, logits(tf, p), STEPS[:, 0])
    np.testing.assert_allclose(got[:, 0], wanted, rtol=1e-5)
    slope = tape.gradient(wanted, p).numpy()
    # TensorFlow computes in float32, and the gradient is as large as 1 / p.
    np.testing.assert_allclose(gradient * P, slope * P, rtol=1e-3, atol=1e-5)


def test_the_loss_of_float16_is_computed_in_float32(engine: str) -> None:
    loss = K.ctc_batch_cost(LABELS[:1], kt.constant(P[:1], "float16"), [12], [4])
    assert loss.dtype is kt.float16
    exact = K.ctc_batch_cost(LABELS[:1], kt.constant(P[:1].astype("float16"), "float64"), [12], [4])
    np.testing.assert_allclose(loss.eval(), exact.eval(), rtol=2e-3)


def test_labels_that_need_more_steps_than_there_are(engine: str) -> None:
    x = kt.variable(P[:2], "float64")
    loss = K.ctc_batch_cost([[1, 1], [1, 2]], x, [2, 2], [2, 2])
    got = loss.eval()
    assert np.isposinf(got[0, 0])
    assert np.isfinite(got[1, 0])
    gradient = kt.gradients(loss, [x])[0].eval()
    assert np.isfinite(gradient).all()
    assert not gradient[0].any()


def test_no_labels_at_all(engine: str) -> None:
    empty = np.zeros((2, 0), "int32")
    for labels, x in ((empty, kt.constant(P[:2])), (kt.placeholder((None, None), "int32"), kt.constant(P[:2]))):
        loss = K.ctc_batch_cost(labels, x, [3, 2], [0, 0])
        feeds = {} if labels is empty else {labels: empty}
        wanted = oracle.ctc_batch_cost(empty, P[:2], np.array([3, 2]), np.array([0, 0]))
        np.testing.assert_allclose(loss.eval(feeds), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LABELS, P[0], STEPS, LENGTHS), r"y_pred must be \(batch, time, classes\), not \(12, 6\)"),
        ((LABELS[:2], P, STEPS, LENGTHS), r"y_true must be \(batch, longest label\), not \(2, 4\)"),
        ((LABELS, P, STEPS[:3], LENGTHS), r"input_length must have one length for each of the batch's 4.*not \(3, 1\)"),
        ((LABELS, P, STEPS, LABELS), r"label_length must have one length.*\(batch,\) or \(batch, 1\), not \(4, 4\)"),
    ],
)
def test_shapes_that_do_not_fit(arguments: Any, message: str) -> None:
    with pytest.raises(kt.ShapeError, match=message):
        K.ctc_batch_cost(*arguments)


# ---- Decoding --------------------------------------------------------------------------------------


def check_decoded(found: tuple[list[kt.Tensor], kt.Tensor], theirs: Any, tf: Any) -> None:
    paths, scores = found
    decoded, wanted = theirs
    assert len(paths) == len(decoded)
    for path, sparse in zip(paths, decoded):
        assert path.dtype is kt.int64
        np.testing.assert_array_equal(path.eval(), tf.sparse.to_dense(sparse, -1).numpy())
    np.testing.assert_allclose(scores.eval(), wanted.numpy(), rtol=1e-5)


def test_the_greedy_decoder_is_tensorflows(engine: str) -> None:
    tf = of_tensorflow()
    for steps in (STEPS[:, 0], np.array([1, 2, 0, 12])):
        theirs = tf.nn.ctc_greedy_decoder(logits(tf, P.astype("float32")), steps.astype("int32"))
        check_decoded(K.ctc_decode(P, steps), theirs, tf)


@pytest.mark.parametrize("merge_repeated", [False, True])
@pytest.mark.parametrize(("beam_width", "top_paths"), [(1, 1), (3, 2), (10, 4), (100, 7)])
def test_beam_search_is_tensorflows(engine: str, beam_width: int, top_paths: int, merge_repeated: bool) -> None:
    tf = of_tensorflow()
    steps = STEPS[:, 0]
    search = tf.compat.v1.nn.ctc_beam_search_decoder
    theirs = search(logits(tf, P), steps, beam_width, top_paths, merge_repeated)
    check_decoded(K.ctc_decode(P, steps, False, beam_width, top_paths, merge_repeated), theirs, tf)


def test_narrow_beams_on_many_sequences() -> None:
    """Which beginnings are dropped matters: NumPy's search drops the same ones."""
    tf = of_tensorflow()
    p = outputs(60, 15, 5, seed=1)
    logs = np.log(p).transpose(1, 0, 2)
    lengths = np.full(60, 15, "int32")
    for width in (1, 2, 3, 5, 8):
        decoded, scores = tf.compat.v1.nn.ctc_beam_search_decoder(logs, lengths, width, 1, False)
        found = ctc_beam_search(logs, lengths, width, 1, False)[0]
        dense = tf.sparse.to_dense(decoded[0], -1).numpy()
        np.testing.assert_array_equal(found[:, : dense.shape[1]], dense)
        np.testing.assert_allclose(found[:, -1:], scores.numpy(), rtol=1e-6)


def test_what_is_decoded_with_unknown_sizes(engine: str) -> None:
    x, steps = kt.placeholder((None, None, 6)), kt.placeholder((None,), "int32")
    for greedy in (True, False):
        (path, *_), scores = K.ctc_decode(x, steps, greedy, 5, 2)
        assert (path.shape, scores.shape) == ((None, None), (None, 1 if greedy else 2))
        got = kt.function([x, steps], path)([P, STEPS[:, 0]])
        np.testing.assert_array_equal(got, K.ctc_decode(P, STEPS[:, 0], greedy, 5, 2)[0][0].eval())


def test_decoding_refuses_what_makes_no_sense(engine: str) -> None:
    with pytest.raises(kt.ArgumentError, match="top_paths 3 is above beam_width 2"):
        K.ctc_decode(P, STEPS, False, 2, 3)
    with pytest.raises(kt.ArgumentError, match="beam_width 0 is no positive integer"):
        K.ctc_decode(P, STEPS, False, 0)
    with pytest.raises(kt.ShapeError, match="input_length must have one length"):
        K.ctc_decode(P, [1, 2])
    (path, *_), _ = K.ctc_decode(outputs(1, 1, 2), [1], False, 5, 3)
    with pytest.raises(kt.EngineError):  # one step and one label spell two sequences, not three
        path.eval()


def test_labels_as_a_sparse_tensor(engine: str) -> None:
    labels = kt.placeholder((None, 4), "int32")
    sparse = K.ctc_label_dense_to_sparse(labels, LENGTHS)
    dense = np.where(np.arange(4) < LENGTHS, LABELS, 0)
    assert K.is_sparse(sparse)
    assert (sparse.dtype, sparse.shape) == (kt.int32, (4, 4))
    feeds = {labels: LABELS}
    np.testing.assert_array_equal(sparse.eval(feeds), dense)
    np.testing.assert_array_equal(K.to_dense(sparse).eval(feeds), dense)
    np.testing.assert_array_equal(K.dot(sparse, np.eye(4, 2, dtype="int32")).eval(feeds), dense[:, :2])
    with pytest.raises(kt.ShapeError, match=r"labels must be \(batch, longest\)"):
        K.ctc_label_dense_to_sparse([1, 2], [2])  # type: ignore[tensor-shape]  # what is tested


# ---- What Keras's Theano backend was made of -------------------------------------------------------

ONE = outputs(5, 4, seed=2)
SHORT = np.array([1, 1, 2], "int32")


def test_blanks_and_skips(engine: str) -> None:
    path = K.ctc_interleave_blanks(SHORT)
    assert path.shape == (7,)
    assert path.eval().tolist() == [-1, 1, -1, 1, -1, 2, -1]
    assert K.ctc_create_skip_idxs(path).eval().tolist() == [3]
    assert K.ctc_create_skip_idxs([-1, 0, -1]).eval().tolist() == []
    assert K.ctc_create_skip_idxs([-1]).eval().tolist() == []
    unknown = kt.placeholder((None,), "int32")
    feeds = {unknown: SHORT}
    assert K.ctc_interleave_blanks(unknown).eval(feeds).tolist() == path.eval().tolist()
    assert K.ctc_create_skip_idxs(K.ctc_interleave_blanks(unknown)).eval(feeds).tolist() == [3]


def test_one_step(engine: str) -> None:
    """At place 0 or 1, on to 0, 1, 2, and to 3 without the blank between."""
    now, before = np.log([0.5, 0.25, 0.5, 0.25, 0.5]), np.log([0.2, 0.4, 1.0, 1.0, 1.0])
    active, log_p = K.ctc_update_log_p([1], np.zeros(5), 2, now, before)
    assert int(active) == 4
    wanted = [0.5 * 0.2, 0.25 * (0.2 + 0.4), 0.5 * 0.4, 0.25 * 0.4]
    np.testing.assert_allclose(log_p.eval(), [*np.log(wanted), 0.0], rtol=1e-5)


def test_the_cost_counts_each_path_once_for_each_time(engine: str) -> None:
    """As in Keras: -log(time * p), with p of outputs that are mixed with a uniform distribution."""
    smoothed = ONE * (1 - 1e-4) + 1e-4 / 7
    path = np.array([3, 1, 3, 1, 3, 2, 3])
    total = 0.0
    for places in np.ndindex(*(7,) * 5):
        steps = np.diff(places)
        jumps = np.flatnonzero(steps == 2)
        follows = (steps >= 0).all() and (steps <= 2).all() and all(places[t] == 3 for t in jumps)
        if follows and places[0] <= 1 and places[-1] >= 5:
            total += np.prod([smoothed[t, path[place]] for t, place in enumerate(places)])
    x = kt.variable(ONE, "float64")
    cost = K.ctc_cost(x, SHORT)
    assert cost.shape == ()
    np.testing.assert_allclose(cost.eval(), -np.log(5 * total), rtol=1e-7)

    log_p, mask = K.ctc_path_probs(x, K.ctc_interleave_blanks(SHORT))
    assert (log_p.shape, mask.shape, mask.dtype) == ((5, 7), (5, 7), kt.bool_)
    by_time = np.where(mask.eval(), np.exp(log_p.eval()), 0).sum(1)
    np.testing.assert_allclose(by_time, total, rtol=1e-7)

    (gradient,) = kt.gradients(cost, [x])
    step = np.zeros_like(ONE)
    step[2, 1] = 1e-6
    with kt.config(floatx="float64"):
        slope = (K.ctc_cost(ONE + step, SHORT).eval() - K.ctc_cost(ONE - step, SHORT).eval()) / 2e-6
    np.testing.assert_allclose(gradient.eval()[2, 1], slope, rtol=1e-5)


def test_wrong_arguments_of_the_helpers() -> None:
    with pytest.raises(kt.ShapeError, match="Y must be a vector"):
        K.ctc_interleave_blanks([[1]])  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.DTypeError, match="Y must be integers, not float32"):
        K.ctc_create_skip_idxs([1.5])  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.ShapeError, match=r"predict must be \(time, classes\)"):
        K.ctc_path_probs(P, SHORT)
