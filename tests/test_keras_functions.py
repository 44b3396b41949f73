"""Functions of `keras.backend` that are no ops of ktensor's own: what old programs call besides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K

free: Any = K  # mypy would report the errors
CUBE = np.arange(60.0).reshape(3, 4, 5)


@pytest.mark.parametrize(
    ("start", "size"),
    [
        ([0, 1, 2], [2, 3, 3]),
        ([1, 0, 4], [-1, 2, 1]),
        ((0, 0, 0), (0, -1, 5)),
        ([2, 3, 4], [1, 1, 1]),
        ([3, 0, 0], [0, 4, 5]),
    ],
)
def test_slice(engine: str, start: Any, size: Any) -> None:
    ends = [None if n == -1 else a + n for a, n in zip(start, size)]
    wanted = CUBE[tuple(slice(a, b) for a, b in zip(start, ends))]
    known, unknown = kt.placeholder(CUBE.shape), kt.placeholder((None,) * 3)
    first, number = kt.placeholder((3,), "int32"), kt.placeholder((3,), "int64")
    made = K.slice(known, start, size)
    assert made.shape == wanted.shape
    open_ = K.slice(unknown, start, size)
    assert open_.shape == tuple(None if n == -1 else n for n in size)
    vectors = K.slice(unknown, first, number)
    assert vectors.shape == (None, None, None)
    moved = K.slice(unknown, first, size)
    assert moved.shape == open_.shape
    feeds = {known: CUBE, unknown: CUBE, first: start, number: size}
    for tensor in (made, open_, vectors, moved):
        np.testing.assert_array_equal(
            tensor.eval({p: v for p, v in feeds.items() if p is not known or tensor is made}), wanted
        )


def test_slices_that_reach_beyond_the_end(engine: str) -> None:
    x = kt.placeholder((None, 4, 5))
    for start, size in (([0, 3, 0], [1, 2, 1]), ([0, -1, 0], [1, 1, 1]), ([0, 0, 0], [1, -2, 1])):
        with pytest.raises(kt.ShapeError, match=r"are not within axis 1 of \(None, 4, 5\)"):
            K.slice(x, start, size)
    with pytest.raises(kt.ShapeError, match=r"2 starts and 3 sizes for x \(None, 4, 5\) of rank 3"):
        K.slice(x, [0, 0], [1, 1, 1])  # type: ignore[tensor-shape]  # what is tested
    late = K.slice(x, [2, 0, 0], [2, 1, 1])
    assert late.eval({x: np.ones((4, 4, 5))}).shape == (2, 1, 1)
    with pytest.raises(kt.EngineError):
        late.eval({x: np.ones((3, 4, 5))})
    y = kt.placeholder((None, None, 3))
    with pytest.raises(kt.EngineError):  # as many elements in another shape are not meant
        K.slice(y, [0, 0, 0], [-1, 2, 3]).eval({y: np.ones((2, 1, 3))})


def test_the_gradient_of_a_slice(engine: str) -> None:
    x = kt.variable(CUBE)
    (gradient,) = K.gradients(K.sum(K.slice(x, [1, 0, 2], [2, 3, 1])), [x])
    wanted = np.zeros_like(CUBE)
    wanted[1:3, :3, 2:3] = 1
    np.testing.assert_array_equal(K.eval(gradient), wanted)


def test_size(engine: str) -> None:
    x = kt.placeholder((None, 3), name="x")
    assert K.size(x).eval({x: np.ones((2, 3))}) == 6
    assert K.dtype(K.size(x)) == "int32"
    assert int(K.size(CUBE)) == 60
    assert int(K.size(2.0, name="n")) == 1
    assert K.reshape(CUBE, (K.size(CUBE),)).shape == (60,)


def test_pattern_broadcast(engine: str) -> None:
    x = kt.placeholder((None, None))
    made = K.pattern_broadcast(x, (False, True))
    assert made.shape == (None, 1)
    assert (made + np.ones((2, 3))).eval({x: [[1.0], [2.0]]}).tolist() == [[2, 2, 2], [3, 3, 3]]
    with pytest.raises(kt.ShapeError, match=r"\(True, False\) says where \(2, 3\) is 1 long"):
        K.pattern_broadcast(np.ones((2, 3)), (True, False))  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.EngineError):
        made.eval({x: np.ones((2, 2))})


def test_stop_gradient_of_a_list(engine: str) -> None:
    x, y = kt.variable([3.0]), kt.variable([2.0])
    stopped = K.stop_gradient([x, y])
    assert isinstance(stopped, list)
    gradients = K.gradients(x * stopped[1] + y * stopped[0], [x, y])
    assert [K.eval(g).tolist() for g in gradients] == [[2], [3]]


def test_sessions() -> None:
    x = kt.constant([1.0]) + 1.0
    K.set_session(kt.Session("numpy"))
    try:
        assert K.get_session().engine == "numpy"
        assert x.eval(session=K.get_session()).tolist() == [2]
    finally:
        K.clear_session()
    assert K.get_session().engine is None
    with pytest.raises(kt.ArgumentError, match=r"set_session: 3 is no kt.Session; leave the call out"):
        K.set_session(3)  # type: ignore[arg-type]  # what is tested


def test_what_old_programs_say_for_graphs() -> None:
    @K.symbolic
    def doubled(x: kt.Tensor) -> kt.Tensor:
        return x * 2.0

    @K.eager
    def value(x: kt.Tensor) -> float:
        return float(x)

    with K.get_graph().as_default():
        assert value(doubled(kt.constant(2.0))) == 4
    K.v1_variable_initialization()
    assert K.is_symbolic(kt.constant(1.0))
    assert K.is_symbolic(kt.placeholder((2,)))
    assert not K.is_symbolic(kt.variable(1.0))
    assert not K.is_symbolic(1.0)


def test_shapes_as_old_programs_ask_for_them() -> None:
    assert K.get_variable_shape(kt.variable(CUBE)) == (3, 4, 5)
    assert K.is_explicit_shape((2, None))
    assert K.is_explicit_shape([])
    assert not K.is_explicit_shape((2, "n"))
    assert not K.is_explicit_shape(None)


def test_the_order_of_weights_in_older_files() -> None:
    assert K.legacy_weight_ordering() is False
    K.set_legacy_weight_ordering(True)
    try:
        assert K.legacy_weight_ordering() is True
    finally:
        K.set_legacy_weight_ordering(False)
    with pytest.raises(kt.ArgumentError, match="'yes' is neither True nor False"):
        K.set_legacy_weight_ordering("yes")  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: free.local_conv1d(CUBE, np.ones((5, 5, 1)), 1, 1),
            "5 windows of 1, 1 apart, need 5 elements;.*has 4",
        ),
        (
            lambda: free.local_conv1d(CUBE, np.ones((4, 4, 1)), 1, 1),
            r"the kernel \(4, 4, 1\) must have.*its 5 elements",
        ),
        (lambda: free.local_conv1d(CUBE, np.ones((4, 5)), 1, 1), r"the kernel \(4, 5\) must be \(windows,"),
        (
            lambda: free.local_conv2d(CUBE[None], np.ones((5, 20, 1)), (2, 2), 1, (2, 3)),
            "must have a matrix for each of 6 windows, with a row for each of its 20 elements",
        ),
        (lambda: free.in_top_k(CUBE, [1], 1), r"needs predictions \(batch, classes\) and targets \(batch,\)"),
        (lambda: free.in_top_k(CUBE[0], np.array([1, 2]), 1), r"not \(4, 5\) and \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit(call: Any, message: str) -> None:
    with pytest.raises(kt.ShapeError, match=message):
        call()


def test_in_top_k_as_tensorflow_has_it(engine: str) -> None:
    """Equals are in together; where anything is not finite, or the target is no class, nothing is."""
    tf = pytest.importorskip("tensorflow")
    rows = [
        [0.1, 0.2, 0.3],
        [0.3, 0.3, 0.1],
        [np.nan, 1, 2],
        [np.inf, 1, 2],
        [1, 1, 1],
        [0.5, 0.4, 0.3],
        [0.3, -np.inf, 0],
    ]
    targets = np.array([0, 1, 1, 1, 2, 7, 0])
    k = kt.placeholder((), "int32")
    for number in (1, 2, 3):
        wanted = tf.nn.in_top_k(targets, np.array(rows, "float32"), number).numpy()
        np.testing.assert_array_equal(K.in_top_k(rows, targets, number).eval(), wanted)
        np.testing.assert_array_equal(K.in_top_k(rows, targets, k).eval({k: number}), wanted)
    with pytest.raises(kt.DTypeError, match="targets must be integers, not float32"):
        K.in_top_k(rows, targets.astype("float32"), 1)


def test_local_convolutions_keep_kerass_layouts(engine: str) -> None:
    """`local_conv1d` is channels last whatever the setting; `local_conv2d` heeds it."""
    line, image = kt.placeholder((None, None, 2)), kt.placeholder((None, 3, 4, 4))
    with kt.config(image_data_format="channels_first"):
        one = K.local_conv1d(line, np.ones((3, 4, 5)), (2,), (1,))
        two = K.local_conv2d(image, np.ones((4, 12, 5)), (2, 2), (2, 2), (2, 2))
    assert (one.shape, two.shape) == ((None, 3, 5), (None, 5, 2, 2))
    assert one.eval({line: np.ones((2, 4, 2))}).tolist() == np.full((2, 3, 5), 4).tolist()
    assert two.eval({image: np.ones((1, 3, 4, 4))}).tolist() == np.full((1, 5, 2, 2), 12).tolist()
    with pytest.raises(kt.EngineError):
        one.eval({line: np.ones((2, 3, 2))})
