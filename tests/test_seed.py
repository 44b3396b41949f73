"""The notebook that ktensor starts from, cell by cell, on each engine: every default, static shape, dtype and result.

The notebook drew its numbers at random; here NumPy says what they give.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ktensor as kt
from ktensor import functional as K
from ktensor import tour
from ktensor.config import sources
from ktensor.engines.base import engine_title

pytestmark = pytest.mark.usefixtures("engine")

Array = npt.NDArray[Any]
MATRIX = np.array([[1, 2], [3, 4]])


@pytest.fixture(autouse=True)
def _same_numbers_always() -> None:
    K.reset_uids()
    np.random.seed(7)


def check(tensor: Any, expected: object, dtype: str = "float32") -> None:
    """The elements, and that shape and dtype, known before and found after, are theirs."""
    value, wanted = K.eval(tensor), np.asarray(expected)
    assert K.int_shape(tensor) == value.shape == wanted.shape
    assert K.dtype(tensor) == str(value.dtype) == dtype
    if dtype.startswith("float"):
        np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=1e-7)
    else:
        np.testing.assert_array_equal(value, wanted)


def static(tensor: Any) -> tuple[tuple[int | None, ...], str]:
    return K.int_shape(tensor), K.dtype(tensor)


def run_python(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "KERAS_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


# Choosing the backend. No engine computes here.

SEED_FILE = """{
"image_dim_ordering":"tf",
"epsilon":1e-07,
"floatx":"float32",
"backend":"tensorflow"
}
"""

PRINT_SETTINGS = (
    "from ktensor import functional as K; "
    "print(K.image_dim_ordering(), K.epsilon(), K.floatx(), K.backend(), K.image_data_format())"
)


@pytest.mark.parametrize(
    ("changes", "printed", "title"),
    [
        ({}, "tf 1e-07 float32 tensorflow channels_last", "TensorFlow"),
        (
            {'"tf"': '"th"', "1e-07": "0.001", "float32": "float16", "tensorflow": "theano"},
            "th 0.001 float16 theano channels_first",
            "Theano",
        ),
    ],
)
def test_keras_json(tmp_path: Path, changes: dict[str, str], printed: str, title: str) -> None:
    text = SEED_FILE
    for old, new in changes.items():
        text = text.replace(old, new)
    (tmp_path / "keras.json").write_text(text, encoding="utf-8")
    result = run_python("-c", PRINT_SETTINGS, home=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{printed}\n", f"Using {title} backend.\n")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text(SEED_FILE.replace("tensorflow", "theano"), encoding="utf-8")
    result = run_python("-c", "from ktensor import functional", home=tmp_path, KERAS_BACKEND="tensorflow")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "Using TensorFlow backend.\n")


def test_plain_import_says_nothing(tmp_path: Path) -> None:
    result = run_python("-c", "import ktensor", home=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_nothing_is_written_to_the_home(tmp_path: Path) -> None:
    assert run_python("-c", PRINT_SETTINGS, home=tmp_path / "none").returncode == 0
    assert list(tmp_path.iterdir()) == []


# Cells 2 to 5: placeholders, variables, expressions.


def test_cell_2_placeholders() -> None:
    assert static(K.placeholder(shape=(2, 4, 5))) == ((2, 4, 5), "float32")
    assert static(K.placeholder(shape=(None, 4, 5))) == ((None, 4, 5), "float32")
    assert static(K.placeholder(ndim=3)) == ((None, None, None), "float32")


def test_cell_2_a_placeholder_needs_shape_or_ndim() -> None:
    with pytest.raises(kt.ArgumentError, match="give its shape, or the number of its axes as ndim"):
        K.placeholder()  # type: ignore[tensor-shape]  # what is tested


def test_cell_3_variables() -> None:
    val = np.random.random((3, 4, 5))
    check(K.variable(value=val), val)
    check(K.zeros(shape=(3, 4, 5)), np.zeros((3, 4, 5)))
    check(K.ones(shape=(3, 4, 5)), np.ones((3, 4, 5)))
    scalar = K.variable(value=1)
    assert type(scalar) is kt.Variable
    assert scalar.shape == ()
    assert str(K.eval(scalar)) == "1.0"
    vec = K.variable(value=[1, 2, 3])
    assert vec.shape == (3,)
    assert str(K.eval(vec)) == "[1. 2. 3.]"


def test_cell_4_the_smallest_products() -> None:
    a, b = K.variable(value=[[1]]), K.variable(value=[[1]])
    c = K.transpose(a)
    for tensor in (a, b, c, K.dot(a, b), K.dot(a, c)):
        assert str(K.eval(tensor)) == "[[1.]]"


def test_cell_5_commented_lines() -> None:
    b = K.variable(value=[[1, 2], [1, 2]])
    c = K.variable(value=[[2, 3], [2, 3]])
    d = K.variable(value=[[3, 4], [3, -4]])
    a = b + c * K.abs(d)
    check(a, [[7, 14], [7, 14]])
    check(K.dot(a, K.transpose(b)), [[35, 35], [35, 35]])
    check(K.sum(K.variable(np.arange(12).reshape((2, 3, 2))), axis=2), [[1, 5, 9], [13, 17, 21]])
    powers = np.exp([[1, 2], [1, 2]])
    check(K.softmax(b), powers / powers.sum(axis=-1, keepdims=True))
    check(K.concatenate([b, c], axis=-1), [[1, 2, 2, 3], [1, 2, 2, 3]])


def test_cell_5_a_sum_over_an_axis_that_is_not_there() -> None:
    with pytest.raises(kt.AxisError, match=r"sum: axis 2 .* rank 2"):
        K.sum(K.variable(value=[[1, 2], [1, 2]]), axis=2)  # type: ignore[tensor-shape]  # what is tested


# Cells 6 to 14: settings.


def test_cells_6_and_8_epsilon() -> None:
    assert str(K.epsilon()) == "1e-07"
    K.set_epsilon(1e-05)
    assert str(K.epsilon()) == "1e-05"
    K.set_epsilon(1e-07)
    assert K.epsilon() == 1e-07


def test_cells_9_and_10_floatx() -> None:
    assert K.floatx() == "float32"
    K.set_floatx("float16")
    assert K.floatx() == "float16"
    check(K.variable([1, 2]), [1, 2], "float16")
    K.set_floatx("float32")
    check(K.variable([1, 2]), [1, 2])


def test_cell_12_cast_to_floatx() -> None:
    arr = np.array([1.0, 2.0], dtype="float64")
    new_arr = K.cast_to_floatx(arr)
    assert isinstance(new_arr, np.ndarray)
    assert (str(arr.dtype), str(new_arr.dtype)) == ("float64", "float32")
    np.testing.assert_array_equal(new_arr, [1, 2])


def test_cells_13_and_14_image_dim_ordering() -> None:
    assert (K.image_dim_ordering(), K.image_data_format()) == ("tf", "channels_last")
    K.set_image_dim_ordering("th")
    assert (K.image_dim_ordering(), K.image_data_format()) == ("th", "channels_first")
    K.set_image_dim_ordering("tf")
    assert K.image_dim_ordering() == "tf"
    K.set_image_data_format("channels_first")
    assert K.image_dim_ordering() == "th"


# Cells 23 to 55: names, sessions, phases, sparse tensors.


def test_cell_23_get_uid() -> None:
    first = K.get_uid("dense")
    assert (first, K.get_uid("dense")) == (1, 2)
    assert (K.get_uid("conv"), K.get_uid(), K.get_uid("dense")) == (1, 1, 3)
    K.reset_uids()
    assert K.get_uid("dense") == 1


def test_cell_42_is_keras_tensor() -> None:
    np_var = np.array([1, 2])
    with pytest.raises(ValueError, match=r"is_keras_tensor: array\(\[1, 2\]\), of type ndarray, is not a tensor"):
        K.is_keras_tensor(np_var)
    assert K.is_keras_tensor(K.variable(np_var)) is False
    layer_output = K.placeholder(shape=(2, 4, 5))
    assert K.is_keras_tensor(layer_output) is False
    vars(layer_output)["_keras_history"] = ("layer", 0, 0)
    assert K.is_keras_tensor(layer_output) is True


def test_cell_44_clear_session() -> None:
    before = K.variable(value=[1, 2])
    K.get_uid("dense")
    K.set_learning_phase(1)
    K.clear_session()
    a = K.variable(value=1)
    assert str(K.eval(a)) == "1.0"
    assert (K.get_uid("dense"), K.learning_phase()) == (1, 0)
    check(before, [1, 2])


def test_manual_variable_initialization() -> None:
    K.manual_variable_initialization(True)
    check(K.variable(value=1), 1)
    K.manual_variable_initialization(False)
    with pytest.raises(kt.ArgumentError, match="'yes' is neither True nor False"):
        K.manual_variable_initialization("yes")  # type: ignore[arg-type]  # that is the point


def test_cells_52_and_53_learning_phase(capsys: pytest.CaptureFixture[str]) -> None:
    print(K.learning_phase())  # noqa: T201  # as the notebook does
    K.set_learning_phase(1)
    print(K.learning_phase())  # noqa: T201
    K.set_learning_phase(0)
    print(K.learning_phase())  # noqa: T201
    assert capsys.readouterr().out == "0\n1\n0\n"


def test_cell_54_is_sparse() -> None:
    assert K.is_sparse(K.placeholder((2, 2), sparse=False)) is False
    assert K.is_sparse(K.placeholder((2, 2), sparse=True)) is True
    assert K.is_sparse(K.zeros((2, 2))) is False


def test_cell_55_to_dense() -> None:
    b = K.placeholder((2, 2), sparse=True)
    assert K.is_sparse(b)
    c = K.to_dense(b)
    assert K.is_sparse(c) is False
    assert static(c) == ((2, 2), "float32")
    assert K.to_dense(c) is c


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array"])
def test_cell_55_a_sparse_placeholder_is_fed_by_scipy(kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    b = K.placeholder((None, 3), sparse=True)
    matrix = getattr(sparse, kind)(np.array([[0, 2, 0], [1, 0, 0]]))
    dense = K.function([b], [K.to_dense(b), K.dot(b, K.variable([[1, 2], [3, 4], [5, 6]]))])
    values, product = dense([matrix])
    np.testing.assert_array_equal(values, [[0, 2, 0], [1, 0, 0]])
    np.testing.assert_array_equal(product, [[6, 8], [1, 2]])
    assert (str(values.dtype), str(product.dtype)) == ("float32", "float32")
    np.testing.assert_array_equal(K.to_dense(b).eval({b: matrix}), values)


# Cells 60 to 82: making tensors, and what is known of them.


def test_cell_60_variable() -> None:
    kvar = K.variable(value=MATRIX, dtype="float64", name="example_var")
    assert repr(kvar) == "<Variable 'example_var' shape=(2, 2) dtype=float64>"
    assert str(K.eval(kvar)) == "[[1. 2.]\n [3. 4.]]"
    check(kvar, MATRIX, "float64")
    scalar = K.variable(value=1, dtype="float32", name="scalar_var")
    assert repr(scalar) == "<Variable 'scalar_var' shape=() dtype=float32>"
    assert str(K.eval(scalar)) == "1.0"
    vec = K.variable(value=[1, 2, 3], dtype="float32", name="vector_var")
    assert repr(vec) == "<Variable 'vector_var' shape=(3,) dtype=float32>"
    assert str(K.eval(vec)) == "[1. 2. 3.]"


def test_cell_61_placeholder() -> None:
    assert re.fullmatch(
        r'Tensor\("placeholder_\d+", shape=\(2, 4, 5\), dtype=float32\)', repr(K.placeholder(shape=(2, 4, 5)))
    )
    named = K.placeholder(ndim=2, dtype="int32", name="x")
    assert repr(named) == 'Tensor("x", shape=(None, None), dtype=int32)'
    assert static(K.placeholder(shape=(2, 3), ndim=7)) == ((2, 3), "float32")  # shape counts, where both are given


def test_cell_64_shape() -> None:
    tf_session = K.get_session()
    kvar, inputs = K.variable(value=MATRIX), K.placeholder(shape=(2, 4, 5))
    assert repr(K.shape(kvar)) == 'Tensor("shape", shape=(2,), dtype=int32)'
    assert repr(K.shape(inputs)) == 'Tensor("shape", shape=(3,), dtype=int32)'
    assert str(K.shape(kvar).eval(session=tf_session)) == "[2 2]"
    assert str(K.shape(inputs).eval(session=tf_session)) == "[2 4 5]"


def test_cell_64_the_shape_of_what_is_fed() -> None:
    x = K.placeholder((None, 3))
    fed = np.zeros((5, 3), "float32")
    np.testing.assert_array_equal(K.shape(x).eval({x: fed}), [5, 3])
    np.testing.assert_array_equal(K.get_session().run([K.shape(x)[0], x], {x: fed})[0], 5)


def test_cells_65_and_66_int_shape_and_ndim() -> None:
    inputs, kvar = K.placeholder(shape=(2, 4, 5)), K.variable(value=MATRIX)
    assert (K.int_shape(inputs), K.int_shape(kvar)) == ((2, 4, 5), (2, 2))
    assert (K.ndim(inputs), K.ndim(kvar)) == (3, 2)


def test_cell_67_dtype() -> None:
    assert K.dtype(K.placeholder(shape=(2, 4, 5))) == "float32"
    assert K.dtype(K.placeholder(shape=(2, 4, 5), dtype="float32")) == "float32"
    assert K.dtype(K.placeholder(shape=(2, 4, 5), dtype="float64")) == "float64"
    assert K.dtype(K.variable(MATRIX)) == "float32"
    assert K.dtype(K.variable(MATRIX, dtype="float32")) == "float32"


def test_cell_69_eval() -> None:
    value = K.eval(K.variable(MATRIX, dtype="float32"))
    assert type(value) is np.ndarray
    assert str(value) == "[[1. 2.]\n [3. 4.]]"


def test_cells_71_to_76_filled_tensors() -> None:
    check(K.zeros((3, 4)), np.zeros((3, 4)))
    check(K.ones((3, 4)), np.ones((3, 4)))
    check(K.eye(3), np.eye(3))
    assert str(K.eval(K.eye(3))) == "[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 1.]]"
    kvar = K.variable(np.random.random((2, 3)))
    check(K.zeros_like(kvar), np.zeros((2, 3)))
    check(K.ones_like(kvar), np.ones((2, 3)))


@pytest.mark.parametrize("make", [K.zeros, K.ones, K.eye])
def test_cells_71_to_74_defaults(make: Callable[..., Any]) -> None:
    size = 2 if make is K.eye else (2, 2)
    assert K.dtype(make(size)) == "float32"
    check(make(size, dtype="int32", name="filled"), K.eval(make(size)), "int32")
    with kt.config(floatx="float64"):
        assert K.dtype(make(size)) == "float64"


@pytest.mark.parametrize("make", [K.zeros_like, K.ones_like])
def test_cells_75_and_76_defaults(make: Callable[..., Any]) -> None:
    integers = K.variable(MATRIX, dtype="int32")
    check(make(integers, name="filled"), K.eval(make(K.variable(MATRIX))), "int32")


def test_cell_78_random_uniform_variable() -> None:
    kvar = K.random_uniform_variable((2, 3), 0, 1)
    assert re.fullmatch(r"<Variable 'variable_\d+' shape=\(2, 3\) dtype=float32>", repr(kvar))
    value = K.eval(kvar)
    assert ((value >= 0) & (value < 1)).all()
    assert len(np.unique(value)) == 6
    np.testing.assert_array_equal(value, K.eval(kvar))
    wide = K.eval(K.random_uniform_variable((1000,), -3, 5, dtype="float64", seed=1))
    assert wide.dtype == np.float64
    assert -3 <= wide.min() < -2.9 < 4.9 < wide.max() < 5
    np.testing.assert_array_equal(wide, K.eval(K.random_uniform_variable((1000,), -3, 5, dtype="float64", seed=1)))


def test_random_normal_variable() -> None:
    value = K.eval(K.random_normal_variable((10_000,), 2, 0.5, seed=1))
    assert value.dtype == np.float32
    assert abs(value.mean() - 2) < 0.02
    assert abs(value.std() - 0.5) < 0.02


def test_cell_79_count_params() -> None:
    kvar = K.zeros((2, 3))
    assert K.count_params(kvar) == 6
    assert K.count_params(K.variable(1)) == 1


def test_cell_82_cast() -> None:
    inputs = K.placeholder((2, 3), dtype="float32")
    for dtype in ("float16", np.float16, kt.float16, np.dtype("float16")):
        new = K.cast(inputs, dtype=dtype)
        assert repr(new) == 'Tensor("cast", shape=(2, 3), dtype=float16)'
    assert static(inputs) == ((2, 3), "float32")
    check(K.cast(K.variable([1.7, -1.7]), "int32"), [1, -1], "int32")


# Cells 86 to 116: linear algebra and gather.


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ((2, 3), (3, 4), (2, 4)),
        ((32, 28, 3), (3, 4), (32, 28, 4)),
        ((2, 3), (4, 3, 5), (2, 4, 5)),
    ],
)
def test_cell_86_dot(left: tuple[int, ...], right: tuple[int, ...], result: tuple[int, ...]) -> None:
    x, y = K.placeholder(shape=left), K.placeholder(shape=right)
    xy = K.dot(x, y)
    assert static(xy) == (result, "float32")
    a, b = np.random.random(left), np.random.random(right)
    np.testing.assert_allclose(xy.eval({x: a, y: b}), np.dot(a, b), rtol=1e-5)


def test_cell_106_batch_dot_shapes() -> None:
    x_batch, y_batch = K.ones(shape=(32, 20, 1)), K.ones(shape=(32, 30, 20))
    assert K.int_shape(K.batch_dot(x_batch, y_batch, axes=[1, 2])) == (32, 1, 30)
    x_batch, y_batch = K.ones(shape=(2, 2, 1)), K.ones(shape=(2, 3, 2))
    xy_batch_dot = K.batch_dot(x_batch, y_batch, axes=[1, 2])
    assert K.int_shape(xy_batch_dot) == (2, 1, 3)
    assert str(K.eval(xy_batch_dot)) == "[[[2. 2. 2.]]\n\n [[2. 2. 2.]]]"


def test_cell_106_the_arithmetic_of_axes() -> None:
    a, b = np.random.random((100, 20)), np.random.random((100, 30, 20))
    check(K.batch_dot(K.variable(a), K.variable(b), axes=(1, 2)), np.einsum("bi,bji->bj", a, b))


def test_cell_106_the_diagonal() -> None:
    x, y = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    result = K.batch_dot(K.variable(x), K.variable(y), axes=1)
    check(result, [[17], [53]])  # kept two-dimensional: (batch, 1)
    np.testing.assert_array_equal(K.eval(result)[:, 0], np.diagonal(x.dot(y.T)))


def test_cell_107_transpose() -> None:
    var = K.variable([[1, 2, 3], [4, 5, 6]])
    check(var, [[1, 2, 3], [4, 5, 6]])
    check(K.transpose(var), [[1, 4], [2, 5], [3, 6]])
    inputs = K.placeholder((2, 3))
    assert static(inputs) == ((2, 3), "float32")
    assert repr(K.transpose(inputs)) == 'Tensor("transpose", shape=(3, 2), dtype=float32)'


@pytest.mark.parametrize(("sizes", "result"), [((3, 4, 5), (2, 4, 5)), ((4, 5), (2, 5))])
def test_cell_116_gather(sizes: tuple[int, ...], result: tuple[int, ...]) -> None:
    np_val = np.random.random(sizes)
    var, indices = K.variable(value=np_val), K.variable(value=[0, 1], dtype="int32")
    gather_var = K.gather(var, indices)
    assert static(var) == (sizes, "float32")
    assert static(gather_var) == (result, "float32")
    check(gather_var, np_val[:2])


# Cells 123 to 138: reductions.

REDUCTIONS = ("max", "min", "sum", "prod", "var", "std", "mean")


@pytest.mark.parametrize("name", REDUCTIONS)
def test_cells_123_to_129_reductions(name: str) -> None:
    np_val = np.random.random((2, 3, 4))
    x = K.variable(value=np_val)
    function, oracle = getattr(K, name), getattr(np, name)
    check(function(x), oracle(np_val))
    for axis in (0, 1, 2, -1, (0, 2)):
        check(function(x, axis=axis), oracle(np_val, axis=axis))
        check(function(x, axis=axis, keepdims=True), oracle(np_val, axis=axis, keepdims=True))


@pytest.mark.parametrize("name", ["any", "all"])
def test_cells_136_and_137_any_and_all_of_numbers(name: str) -> None:
    np_val = np.random.randint(0, 3, size=(2, 3, 4))
    x = K.variable(value=np_val)
    function, oracle = getattr(K, name), getattr(np, name)
    check(function(x), oracle(np_val), "bool")
    for axis in range(3):
        check(function(x, axis=axis), oracle(np_val, axis=axis), "bool")
        check(function(x, axis=axis, keepdims=True), oracle(np_val, axis=axis, keepdims=True), "bool")


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_cell_138_argmax(name: str) -> None:
    np_val = np.random.randint(0, 3, size=(2, 3, 4))
    x = K.variable(value=np_val)
    function, oracle = getattr(K, name), getattr(np, name)
    check(function(x), oracle(np_val, axis=-1), "int64")
    for axis in range(3):
        check(function(x, axis=axis), oracle(np_val, axis=axis), "int64")


def test_cell_138_the_numbers_of_the_notebook() -> None:
    x = K.variable([[[2, 1, 0, 2], [1, 2, 2, 0], [0, 2, 0, 2]], [[0, 0, 0, 2], [0, 2, 1, 0], [0, 2, 0, 0]]])
    assert str(K.eval(K.argmax(x))) == "[[0 1 1]\n [3 1 1]]"
    assert str(K.eval(K.argmax(x, axis=0))) == "[[0 0 0 0]\n [0 0 0 0]\n [0 0 0 0]]"
    assert str(K.eval(K.argmax(x, axis=1))) == "[[0 1 1 0]\n [0 1 1 0]]"
    assert str(K.eval(K.argmax(x, axis=2))) == "[[0 1 1]\n [3 1 1]]"


# Cell 144: the grid.


def yolo_grid(feats: Any) -> tuple[kt.Tensor, kt.Tensor, kt.Tensor]:
    grid_shape = K.shape(feats)[1:3]
    grid_y = K.tile(K.reshape(K.arange(0, stop=grid_shape[0]), [-1, 1, 1, 1]), [1, grid_shape[1], 1, 1])
    grid_x = K.tile(K.reshape(K.arange(0, stop=grid_shape[1]), [1, -1, 1, 1]), [grid_shape[0], 1, 1, 1])
    grid = K.cast(K.concatenate([grid_x, grid_y]), K.dtype(feats))
    return grid_y, grid_x, grid


def expected_grid(height: int, width: int) -> tuple[Array, Array, Array]:
    y, x = np.mgrid[:height, :width].reshape(2, height, width, 1, 1)
    return y, x, np.concatenate([x, y], axis=-1)


def test_cell_144_grid() -> None:
    feats = K.variable(value=np.random.random((2, 3, 4, 5)))
    assert static(feats) == ((2, 3, 4, 5), "float32")
    grid_y, grid_x, grid = yolo_grid(feats)
    assert static(grid_y) == static(grid_x) == ((3, 4, 1, 1), "int32")
    assert static(grid) == ((3, 4, 1, 2), "float32")
    y, x, both = expected_grid(3, 4)
    check(grid_y, y, "int32")
    check(grid_x, x, "int32")
    check(grid, both)


def test_cell_144_grid_of_sizes_that_are_known_when_they_are_fed() -> None:
    feats = K.placeholder((None, None, None, 5), dtype="float64")
    grids = list(yolo_grid(feats))
    for height, width in ((3, 4), (1, 1), (5, 2)):
        fed = {feats: np.zeros((2, height, width, 5))}
        for found, wanted in zip(K.get_session().run(grids, fed), expected_grid(height, width)):
            np.testing.assert_array_equal(found, wanted)


# The tour.


def random_state() -> str:
    return repr(np.random.get_state(legacy=False))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


#: What the tour must print, in this order, whatever the engine. Numbers of unnamed tensors are left out.
PRINTED = (
    "K.placeholder(shape=(None, 4, 5)): Tensor( shape=(None, 4, 5), dtype=float32)",
    "K.placeholder(ndim=3): Tensor( shape=(None, None, None), dtype=float32)",
    "var: <Variable shape=(3, 4, 5) dtype=float32>",
    "scalar.shape: ()",
    "K.eval(scalar): 1.0",
    "vec.shape: (3,)",
    "K.eval(vec): [1. 2. 3.]",
    "K.eval(K.dot(a, b)): [[1.]]",
    "K.eval(b + c * K.abs(d)): [[ 7. 14.] [ 7. 14.]]",
    "K.eval(K.concatenate([b, c], axis=-1)): [[1. 2. 2. 3.] [1. 2. 2. 3.]]",
    "K.epsilon(): 1e-07",
    "K.set_epsilon(1e-05): 1e-05",
    "K.floatx(): float32",
    "K.set_floatx('float16'): float16",
    "arr.dtype: float64",
    "K.cast_to_floatx(arr).dtype: float32",
    "K.image_dim_ordering(): tf",
    "K.set_image_dim_ordering('th'): th",
    "K.is_keras_tensor(keras_var): False",
    "K.is_keras_tensor(keras_placeholder): False",
    "K.clear_session(): 1.0",
    "K.learning_phase(): 0",
    "K.set_learning_phase(1): 1",
    "K.set_learning_phase(0): 0",
    "K.is_sparse(a): False",
    "K.is_sparse(b): True",
    "K.is_sparse(K.to_dense(b)): False",
    "kvar: <Variable shape=(2, 2) dtype=float64>",
    "scalar: <Variable shape=() dtype=float32>",
    "vec: <Variable shape=(3,) dtype=float32>",
    "input_ph: Tensor( shape=(2, 4, 5), dtype=float32)",
    "K.shape(kvar): Tensor( shape=(2,), dtype=int32)",
    "K.shape(input): Tensor( shape=(3,), dtype=int32)",
    "K.shape(kvar).eval(session=tf_session): [2 2]",
    "K.shape(input).eval(session=tf_session): [2 4 5]",
    "K.int_shape(input): (2, 4, 5)",
    "K.int_shape(kvar): (2, 2)",
    "K.ndim(input): 3",
    "K.ndim(kvar): 2",
    "dtype='float64')): float64",
    "K.dtype(K.variable(val)): float32",
    "K.eval(K.eye(3)): [[1. 0. 0.] [0. 1. 0.] [0. 0. 1.]]",
    "K.count_params(kvar): 6",
    "K.cast(input, dtype='float16'): Tensor( shape=(2, 3), dtype=float16)",
    "K.cast(input, dtype=np.float16): Tensor( shape=(2, 3), dtype=float16)",
    "xy, of (2, 3) and (3, 4): Tensor( shape=(2, 4), dtype=float32)",
    "shape=(32, 28, 4), dtype=float32)",
    "shape=(2, 4, 5), dtype=float32)",
    "axes=[1, 2]: (32, 1, 30)",
    "axes=[1, 2]: (2, 1, 3)",
    "K.eval(xy_batch_dot): [[[2. 2. 2.]] [[2. 2. 2.]]]",
    "axes=(1, 2): (100, 30)",
    "x.dot(y.T): [[17.] [53.]]",
    "K.eval(K.transpose(var)): [[1. 4.] [2. 5.] [3. 6.]]",
    "K.transpose(input): Tensor( shape=(3, 2), dtype=float32)",
    "var: <Variable shape=(3, 4, 5) dtype=float32>",
    "K.gather(var, indices): Tensor( shape=(2, 4, 5), dtype=float32)",
    "K.gather(var, indices): Tensor( shape=(2, 5), dtype=float32)",
    "any_x = K.any(x): True",
    "all_x = K.all(x): False",
    "feats: <Variable shape=(2, 3, 4, 5) dtype=float32>",
    "grid_y: Tensor( shape=(3, 4, 1, 1), dtype=int32)",
    "grid_x: Tensor( shape=(3, 4, 1, 1), dtype=int32)",
    "grid: Tensor( shape=(3, 4, 1, 2), dtype=float32)",
    "[[[0. 2.]] [[1. 2.]] [[2. 2.]] [[3. 2.]]]]",
)


def test_the_tour_prints_what_the_notebook_prints(tmp_path: Path) -> None:
    name = K.backend()
    result = run_python("-m", "ktensor", "tour", "--engine", name, home=tmp_path)
    assert result.returncode == 0, result.stderr
    assert f"Using {engine_title(name)} backend." in result.stderr.splitlines()
    text = flat(re.sub(r"""(?<=<Variable )'\w+' |(?<=Tensor\()"\w+",""", "", result.stdout))
    position = 0
    for line in PRINTED:
        position = text.find(line, position)
        assert position >= 0, f"{line!r} is not there, or not in its place"
    for step in tour.STEPS:
        assert f"In [{step.cell or ' '}] {step.title}" in text


def test_the_tour_leaves_settings_and_random_numbers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    K.set_epsilon(0.5)
    before, random = sources(), random_state()
    assert tour.main() == 0
    assert sources() == before
    assert random_state() == random
    first = capsys.readouterr().out
    assert f"K.backend(): {K.backend()}\n" in first


def test_the_tour_has_the_cells_of_the_notebook_in_their_order() -> None:
    cells = [step.cell for step in tour.STEPS if step.cell is not None]
    assert cells == sorted(set(cells))
    assert (len(cells), cells[0], cells[-1]) == (49, 1, 144)
