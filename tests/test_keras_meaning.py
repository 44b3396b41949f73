"""Where Keras's own backends disagree: what ktensor does on every engine, row by row of the table in docs/keras.md.

A test has the number of its row. `ELSEWHERE` says which rows have none here, and why.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ktensor as kt
from ktensor import functional as K

Array = npt.NDArray[Any]
ROOT = Path(__file__).parents[1]

#: Rows that are tested in other files, or that say something that no test can.
ELSEWHERE = {
    18: "a list of axes is what every test of normalize_batch_in_training gives",
    22: "test_order.py",
    29: "a matter of Keras's layers",
    38: "test_random.py",
    43: "a matter of names: see ktensor.keras",
    46: "test_order.py",
}


def value(x: Any) -> Any:
    """The elements, in lists."""
    return K.eval(x).tolist()


def count(*shape: int) -> Array:
    """0, 1, 2, ..."""
    return np.arange(float(np.prod(shape))).reshape(shape)


def test_01_convolutions_are_correlations(engine: str) -> None:
    kernel = np.array([[0.0, 1.0], [2.0, 3.0]])
    assert value(K.conv2d(kernel[None, :, :, None], kernel[:, :, None, None])) == [[[[14]]]]
    assert value(K.conv1d(count(1, 2, 1), [[[1.0]], [[10.0]]])) == [[[10]]]
    assert value(K.depthwise_conv2d(kernel[None, :, :, None], kernel[:, :, None, None])) == [[[[14]]]]
    assert value(K.conv3d(count(1, 2, 1, 1, 1), count(2, 1, 1, 1, 1) + 1)) == [[[[[2]]]]]


def test_02_same_pads_more_at_the_end(engine: str) -> None:
    ones = np.ones((3, 3, 1, 1))
    assert K.eval(K.conv2d(count(1, 4, 4, 1), ones, (2, 2), "same")).ravel().tolist() == [45, 39, 66, 50]
    assert K.eval(K.conv1d(count(1, 3, 1), np.ones((2, 1, 1)), 1, "same")).ravel().tolist() == [1, 3, 2]


def test_03_transposed_convolutions_with_even_kernels(engine: str) -> None:
    made = K.conv2d_transpose(np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1)), (1, 4, 4, 1), (2, 2), "same")
    assert made.shape == (1, 4, 4, 1)
    assert value(made) == np.ones((1, 4, 4, 1)).tolist()


def test_04_full_padding_is_refused() -> None:
    with pytest.raises(ValueError, match="padding 'full' is none of 'valid', 'same'"):
        K.conv2d(np.ones((1, 4, 4, 1)), np.ones((3, 3, 1, 1)), padding="full")  # type: ignore[tensor-shape]  # what is tested


def test_05_pools_with_same(engine: str) -> None:
    image = count(1, 3, 3, 1)
    assert K.eval(K.pool2d(image, (2, 2), (2, 2), "same")).ravel().tolist() == [4, 5, 7, 8]
    average = K.pool2d(count(1, 4, 4, 1), (3, 3), (2, 2), "same", pool_mode="avg")
    assert K.eval(average).ravel().tolist() == [5, 6.5, 11, 12.5]


def test_06_bilinear_images_of_any_factor(engine: str) -> None:
    made = K.resize_images(count(1, 2, 2, 1), 3, 1, "channels_last", "bilinear")
    assert made.shape == (1, 6, 2, 1)
    np.testing.assert_allclose(K.eval(made)[0, :, 0, 0], [0, 2 / 3, 4 / 3, 2, 2, 2], rtol=1e-6)


def test_07_what_is_1_long_is_stretched(engine: str) -> None:
    column = K.placeholder((None, 1))
    assert (K.variable(np.ones((1, 3))) + K.variable(np.ones((2, 3)))).shape == (2, 3)
    product = K.function([column], [column * K.ones((2, 3))])
    for rows in (1, 2):
        assert product([np.ones((rows, 1))])[0].shape == (2, 3)


def test_08_the_static_shape_is_always_there() -> None:
    x = K.placeholder((None, 3))
    assert K.int_shape(K.constant([1.0, 2.0])) == (2,)
    assert K.int_shape(K.any(x, axis=1)) == (None,)
    assert K.int_shape(K.reshape(x, (-1, 1))) == (None, 1)
    assert K.int_shape(K.reshape(K.ones((2, 3)), (-1,))) == (6,)
    assert K.int_shape(K.concatenate([x, K.relu(x) * 2.0])) == (None, 6)


def test_09_integers_with_floats(engine: str) -> None:
    made = kt.constant([1], "int64") + kt.constant([0.5], "float32")
    assert K.dtype(made) == K.eval(made).dtype == "float32"


def test_10_scalars_and_arrays_take_the_tensors_dtype(engine: str) -> None:
    x = K.variable([1.0, 2.0], dtype="float32")
    for made in (x * np.float64(2), np.float64(2) * x, x * np.array([1.0, 2.0]), np.array([1.0, 2.0]) + x):
        assert K.dtype(made) == K.eval(made).dtype == "float32"


def test_11_reductions_of_integers(engine: str) -> None:
    x = kt.constant([1, 2], "int32")
    made = [K.sum(x), K.prod(x), K.size(x), K.mean(x)]
    assert [K.dtype(m) for m in made] == ["int32", "int32", "int32", "float32"]
    assert [value(m) for m in made] == [3, 2, 2, 1.5]


def test_12_clip_of_integers(engine: str) -> None:
    made = K.clip(kt.constant([-1, 2], "int32"), 0, None)
    assert (K.dtype(made), value(made)) == ("int32", [0, 2])


def test_13_padding_keeps_the_dtype(engine: str) -> None:
    made = K.temporal_padding(kt.constant([[[1]]], "int32"))
    assert (K.dtype(made), value(made)) == ("int32", [[[0], [1], [0]]])


def test_14_the_epsilon_of_l2_normalize(engine: str) -> None:
    np.testing.assert_allclose(value(K.l2_normalize(K.variable([1e-5, 0.0]))), [1, 0], rtol=1e-5)


def test_15_crossentropies_of_logits_are_exact(engine: str) -> None:
    assert value(K.binary_crossentropy(np.ones(1), K.variable([-100.0]), from_logits=True)) == [100]
    logits = K.variable([[100.0, 0.0]])
    assert value(K.categorical_crossentropy(np.array([[0.0, 1.0]]), logits, from_logits=True)) == [100]
    assert value(K.sparse_categorical_crossentropy([1], logits, from_logits=True)) == [100]


def test_binary_crossentropies_of_probabilities_are_those_of_keras_2_3(engine: str) -> None:
    """They are clipped, and epsilon is added once more."""
    sure = K.binary_crossentropy(np.array([1.0, 0.0, 1.0]), K.variable([0.0, 1.0, 0.5], "float64"))
    np.testing.assert_allclose(value(sure), [-np.log(2e-7), -np.log(2e-7), -np.log(0.5 + 1e-7)], rtol=1e-9)
    with kt.config(epsilon=1e-3):
        less = K.binary_crossentropy(np.array([1.0]), K.variable([0.0], "float64"))
    np.testing.assert_allclose(value(less), [-np.log(2e-3)], rtol=1e-9)


def test_16_crossentropies_look_through_sigmoid_and_softmax(engine: str) -> None:
    assert value(K.binary_crossentropy(np.ones(1), K.sigmoid(K.variable([-100.0])))) == [100]
    p = K.softmax(K.variable([[100.0, 0.0]]))
    assert value(K.categorical_crossentropy(np.array([[0.0, 1.0]]), p)) == [100]
    assert value(K.sparse_categorical_crossentropy([1], p)) == [100]
    unknown = K.placeholder((None, None))
    loss = K.categorical_crossentropy(np.array([[0.0, 1.0]]), unknown)
    np.testing.assert_allclose(loss.eval({unknown: [[0.5, 0.5]]}), [np.log(2)], rtol=1e-5)


def test_17_the_variance_of_a_batch_is_plain(engine: str) -> None:
    for shape, axes in (((2, 2, 2, 1), [0, 1, 2]), ((8, 1), [0])):
        _, mean, variance = K.normalize_batch_in_training(count(*shape), np.ones(1), np.zeros(1), axes)
        assert (value(mean), value(variance)) == ([3.5], [5.25])


def test_19_batch_normalization_heeds_axis(engine: str) -> None:
    made = K.batch_normalization(np.ones((1, 2, 3)), [0.0, 1.0], [1.0, 1.0], None, None, axis=1, epsilon=0.0)
    assert value(made) == [[[1, 1, 1], [0, 0, 0]]]


def test_20_gradients(engine: str) -> None:
    x, y = K.variable([1.0, 2.0]), K.variable([3.0])
    found = K.gradients(x * 3.0, [x, y])
    assert found[1] is None
    assert value(found[0]) == [3, 3]


def test_21_updates_can_be_evaluated(engine: str) -> None:
    x = K.variable([1.0])
    assert value(K.update_add(x, [2.0]) * 2.0) == [6]
    assert value(x) == [3]
    assert value(K.moving_average_update(x, [1.0], 0.5)) == [2]
    K.function([], [], updates=[K.update(x, x * 5.0), (K.variable(1.0), 2.0)])([])
    assert value(x) == [10]


def test_23_the_learning_phase_is_0_unless_it_is_fed(engine: str) -> None:
    x = K.placeholder((1,))
    made = K.in_train_phase(x + 1.0, x)
    assert made.eval({x: [1.0]}).tolist() == [1]
    function = K.function([x, K.learning_phase()], [made])
    assert [function([[1.0], phase])[0].tolist() for phase in (0, 1, False, True)] == [[1], [2], [1], [2]]


def test_24_branches_may_be_functions(engine: str) -> None:
    x = K.placeholder((1,))
    made = K.in_train_phase(lambda: x + 1.0, lambda: x, training=K.placeholder((), dtype="bool", name="training"))
    assert made.shape == (1,)
    assert value(K.in_train_phase(lambda: K.constant([2.0]), lambda: K.constant([[3.0]]), training=1)) == [2]


def test_25_switch(engine: str) -> None:
    a, b = K.variable([[1.0, 2.0], [3.0, 4.0]]), K.zeros((2, 2))
    assert value(K.switch(K.variable(True, dtype="bool"), lambda: a, lambda: b)) == value(a)
    assert value(K.switch(K.variable([True, False], dtype="bool"), a, b)) == [[1, 2], [0, 0]]
    with pytest.raises(ValueError, match="are not the leading axes of the branches"):
        K.switch(kt.zeros((2, 2, 2), "bool"), a, b)  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(ValueError, match="they must have one shape"):
        K.switch(True, a, K.zeros((3, 2)))  # type: ignore[tensor-shape]  # what is tested


def accumulate(x: kt.Tensor, states: list[kt.Tensor]) -> tuple[kt.Tensor, list[kt.Tensor]]:
    return x + states[0], [x + states[0]]


@pytest.mark.parametrize("unroll", [False, True])
def test_26_27_rnn_with_unit_sizes(engine: str, unroll: bool) -> None:
    states: list[Any] = [K.zeros((1, 1))]
    last, outputs, finals = K.rnn(accumulate, K.ones((1, 1, 1)), states, unroll=unroll)
    assert (last.shape, outputs.shape, [s.shape for s in finals]) == ((1, 1), (1, 1, 1), [(1, 1)])
    assert (value(last), value(outputs), value(finals[0])) == ([[1]], [[[1]]], [[1]])
    assert states == [states[0]]
    assert isinstance(states[0], kt.Variable)


def test_28_masks_of_any_dtype(engine: str) -> None:
    x = np.ones((1, 3, 2))
    for mask in (kt.constant([[1, 0, 2]], "int32"), kt.constant([[[True], [False], [True]]])):
        outputs = K.rnn(accumulate, x, [np.zeros((1, 2))], mask=mask)[1]
        assert value(outputs) == [[[1, 1], [1, 1], [2, 2]]]


def test_30_indices_out_of_range(engine: str) -> None:
    for outside in (-1, 2):
        with pytest.raises(kt.EngineError):
            K.eval(K.gather(K.variable([1.0, 2.0]), K.variable([outside], dtype="int32")))
    assert value(K.one_hot(kt.constant([3, -1, 1]), 3)) == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_31_slices(engine: str) -> None:
    x, start = K.placeholder((None, 3)), K.placeholder((2,), dtype="int32")
    made = K.slice(x, start, [1, -1])
    assert made.shape == (1, None)
    assert made.eval({x: count(2, 3), start: [1, 1]}).tolist() == [[4, 5]]


def test_32_reverse_of_any_axis(engine: str) -> None:
    axes = [-2]
    assert value(K.reverse(count(2, 3), -2)) == value(K.reverse(count(2, 3), axes)) == [[3, 4, 5], [0, 1, 2]]
    assert axes == [-2]


def test_33_squeeze_of_what_is_not_1() -> None:
    with pytest.raises(ValueError, match="has size 3, not 1"):
        K.squeeze(np.ones((2, 3)), 1)  # type: ignore[tensor-shape]  # what is tested


def test_34_batch_dot_is_checked(engine: str) -> None:
    with pytest.raises(ValueError, match="sizes 4 and 5 differ"):
        K.batch_dot(np.ones((2, 3, 4)), np.ones((2, 5, 6)))  # type: ignore[tensor-shape]  # what is tested
    assert K.batch_dot(np.ones((2, 3, 4)), np.ones((2, 5, 4)), axes=(-1, -1)).shape == (2, 3, 5)
    x = K.placeholder((None, 3))
    assert K.batch_dot(x, x, axes=1).shape == (None, 1)


def test_35_the_value_of_an_expression(engine: str) -> None:
    assert K.get_value(K.variable([1.0]) * 2.0).tolist() == [2]


def test_36_zeros_of_a_symbolic_shape(engine: str) -> None:
    x = K.placeholder((None, 2))
    for make, number in ((K.zeros, 0), (K.ones, 1)):
        made = make(K.shape(x))
        assert made.shape == (None, 2)
        assert made.eval({x: np.ones((3, 2))}).tolist() == np.full((3, 2), number).tolist()
    assert not isinstance(K.eye(2), kt.Variable)
    assert K.eye(K.shape(x)[1]).shape == (2, 2)


def test_37_random_variables_heed_mean_and_seed(engine: str) -> None:
    drawn = [K.random_normal_variable((100,), 5.0, 0.1, seed=1), K.random_uniform_variable((100,), 4.9, 5.1, seed=1)]
    for x in drawn:
        assert abs(float(np.mean(K.get_value(x))) - 5) < 0.1
    assert value(drawn[0]) == value(K.random_normal_variable((100,), 5.0, 0.1, seed=1))


def test_39_ctc_batch_cost(engine: str) -> None:
    cost = K.ctc_batch_cost([[0]], np.full((1, 2, 2), 0.5), [[2]], [[1]])
    assert cost.shape == (1, 1)
    np.testing.assert_allclose(value(cost), [[-np.log(0.75)]], rtol=1e-5)


def test_40_ctc_decode(engine: str) -> None:
    (path,), score = K.ctc_decode([[[0.9, 0.1], [0.2, 0.8]]], [2])
    assert value(path) == [[0]]
    np.testing.assert_allclose(value(score), [[-np.log(0.9 * 0.8)]], rtol=1e-5)
    assert K.is_sparse(K.ctc_label_dense_to_sparse([[1, 2]], [[1]]))


def test_41_sparse_tensors(engine: str) -> None:
    matrices = pytest.importorskip("scipy.sparse")
    matrix = matrices.csr_matrix([[0.0, 2.0], [3.0, 0.0]])
    x: Any = K.placeholder((None, 2), sparse=True)
    held: Any = K.variable(matrix)
    assert K.is_sparse(held)
    assert (K.dtype(held), K.int_shape(held)) == ("float32", (2, 2))
    assert value(held) == value(K.to_dense(held)) == [[0, 2], [3, 0]]
    assert value(K.dot(held, np.eye(2))) == [[0, 2], [3, 0]]
    joined: Any = K.concatenate([x, held], axis=0)
    assert K.is_sparse(joined)
    assert K.function([x], [joined])([matrix])[0].tolist() == [[0, 2], [3, 0]] * 2
    mixed: Any = K.concatenate([held, np.ones((2, 1))])
    assert not K.is_sparse(mixed)
    assert value(mixed) == [[0, 2, 1], [3, 0, 1]]


def test_42_float16(engine: str) -> None:
    x = kt.ones((1, 3, 3, 1), "float16")
    made = [K.conv2d(x, kt.ones((2, 2, 1, 1), "float16")), K.dot(x, kt.ones((1, 2), "float16")), K.pool2d(x, (2, 2))]
    assert [K.eval(m).dtype.name for m in made] == ["float16"] * 3
    assert value(made[0]) == np.full((1, 2, 2, 1), 4).tolist()


def test_44_what_variables_have() -> None:
    v = K.variable([1.0])
    assert (v.trainable, v.constraint, v.shape, v.dtype) == (True, None, (1,), kt.float32)
    assert K.variable([1.0], constraint=K.abs).constraint is K.abs


def test_45_values_of_another_shape_are_refused() -> None:
    v = K.variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"has shape \(2,\), the new value \(5,\)"):
        K.set_value(v, np.ones(5))  # type: ignore[tensor-shape]  # what is tested
    assert value(v) == [1, 2]


def test_47_functions_take_no_other_arguments() -> None:
    with pytest.raises(ValueError, match="unknown arguments feed_dict"):
        K.function([], [K.constant(1.0)], feed_dict={})


def test_48_scalars_among_outputs(engine: str) -> None:
    (got,) = K.function([], [K.sum(K.variable([1.0, 2.0]))])([])
    assert got.shape == ()
    assert got.dtype == "float32"
    assert float(got) == 3


def test_49_placeholders_have_a_rank() -> None:
    with pytest.raises(ValueError, match="give its shape, or the number of its axes as ndim"):
        K.placeholder()  # type: ignore[tensor-shape]  # what is tested
    assert K.placeholder(ndim=2).shape == (None, None)


def test_50_count_params() -> None:
    assert K.count_params(K.variable(np.ones((2, 3)))) == 6
    with pytest.raises(ValueError, match="has a size that is not known"):
        K.count_params(K.placeholder((None, 3)))


def test_51_map_fn(engine: str) -> None:
    x = K.placeholder((None, 3))
    assert K.map_fn(lambda row: K.sum(row), x, dtype="float64").dtype is kt.float64
    pair = K.map_fn(lambda both: both[0] + both[1], (x, x * 2.0))
    assert pair.eval({x: np.ones((1, 3))}).tolist() == [[3, 3, 3]]


def test_52_clear_session_forgets_the_learning_phase(engine: str) -> None:
    K.set_learning_phase(1)
    assert value(K.in_train_phase(K.constant(1.0), K.constant(0.0))) == 1
    K.clear_session()
    assert value(K.in_train_phase(K.constant(1.0), K.constant(0.0))) == 0


def test_53_logsumexp_is_stable(engine: str) -> None:
    np.testing.assert_allclose(value(K.logsumexp(K.variable([1000.0, 1000.0]))), 1000 + np.log(2))


def test_54_tile(engine: str) -> None:
    x = K.variable([[1.0, 2.0]])
    assert value(K.tile(x, 2)) == [[1, 2, 1, 2]]
    assert value(K.tile(x, [2, 1])) == [[1, 2], [1, 2]]
    assert value(K.tile(K.variable([1.0, 2.0]), (2, 1))) == [[1, 2], [1, 2]]
    y = K.placeholder((None, 2))
    tiled = K.tile(y, K.shape(y))
    assert tiled.shape == (None, 4)
    assert tiled.eval({y: [[1.0, 2.0]]}).tolist() == [[1, 2, 1, 2]]


def test_55_sessions(engine: str) -> None:
    assert K.constant([1.0]).eval(session=K.get_session()).tolist() == [1]
    assert K.get_session().run([K.constant(1.0), K.constant(2.0)]) == [1, 2]


def test_56_the_largest_of_nothing(engine: str) -> None:
    x, n = K.placeholder((None, 2)), K.placeholder((None, 2), dtype="int32")
    extremes = [K.max(x, 0), K.min(x, 0), K.logsumexp(x, 0), K.max(n, 0), K.min(n, 0)]
    found = K.function([x, n], [*extremes, K.softmax(x, 0)])([np.zeros((0, 2)), np.zeros((0, 2), int)])
    wanted = [-np.inf, np.inf, -np.inf, -(2**31), 2**31 - 1]
    assert [made.tolist() for made in found] == [*([value, value] for value in wanted), []]
    assert value(K.max(K.zeros((2, 0)), axis=-1)) == [-np.inf, -np.inf]
    assert K.eval(K.softmax(K.zeros((2, 0)))).shape == (2, 0)
    with pytest.raises(kt.EngineError, match="argmax"):
        K.argmax(x, 0).eval({x: np.zeros((0, 2))})


def test_57_reshape_of_an_empty_batch(engine: str) -> None:
    x, y = K.placeholder((None, 4, 3)), K.placeholder((None, None, 3))
    for z in (x, y):
        flat = K.reshape(z, (K.shape(z)[0], -1))
        assert flat.eval({z: np.zeros((0, 4, 3))}).shape == (0, 12)
        assert K.function([z], [flat])([np.zeros((2, 4, 3))])[0].shape == (2, 12)


# ---- The page --------------------------------------------------------------------------------------


def test_the_table_has_all_rows_and_each_is_tested() -> None:
    page = (ROOT / "docs" / "keras.md").read_text(encoding="utf-8")
    rows = [int(number) for number in re.findall(r"^\| (\d+) \| ", page, re.MULTILINE)]
    assert rows == list(range(1, 58))
    tested = {int(n) for name in globals() if name.startswith("test_") for n in re.findall(r"_(\d\d)(?=_)", name)}
    assert tested | ELSEWHERE.keys() == set(rows)
    assert not tested & ELSEWHERE.keys()
