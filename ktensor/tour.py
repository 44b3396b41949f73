"""The tour: what `K` can do, cell by cell as the notebook that ktensor starts from, on the engine in force.

`python -m ktensor tour` prints each step and its result. Settings are left as they were. The random numbers are the
same in every tour, so that the tours of two engines can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from . import functional as K
from .config import undisturbed

__all__ = ["STEPS", "Step", "main"]


class Step(NamedTuple):
    """One cell of the notebook."""

    #: Its number there; blank if it was never run.
    cell: int | None
    title: str
    #: What it shows, in one line.
    shows: str
    run: Callable[[], None]


def show(label: str, value: object) -> None:
    """Prints a result under its name, text of several lines below it."""
    text = str(value)
    print(f"{label}:{chr(10) if chr(10) in text else ' '}{text}")


# Getting started.


def backend() -> None:
    show("K.backend()", K.backend())


def placeholders() -> None:
    show("K.placeholder(shape=(2, 4, 5))", K.placeholder(shape=(2, 4, 5)))
    show("K.placeholder(shape=(None, 4, 5))", K.placeholder(shape=(None, 4, 5)))
    show("K.placeholder(ndim=3)", K.placeholder(ndim=3))


def variables() -> None:
    val = np.random.random((3, 4, 5))
    var = K.variable(value=val)
    show("val", val)
    show("var", var)
    show("K.eval(var)", K.eval(var))
    show("K.zeros(shape=(3, 4, 5))", K.zeros(shape=(3, 4, 5)))
    show("K.ones(shape=(3, 4, 5))", K.ones(shape=(3, 4, 5)))
    scalar = K.variable(value=1)
    show("type(scalar)", type(scalar))
    show("scalar.shape", scalar.shape)
    show("K.eval(scalar)", K.eval(scalar))
    vec = K.variable(value=[1, 2, 3])
    show("type(vec)", type(vec))
    show("vec.shape", vec.shape)
    show("K.eval(vec)", K.eval(vec))


def first_products() -> None:
    a = K.variable(value=[[1]])
    b = K.variable(value=[[1]])
    c = K.transpose(a)
    show("K.eval(a)", K.eval(a))
    show("K.eval(b)", K.eval(b))
    show("K.eval(K.transpose(a))", K.eval(c))
    show("K.eval(K.dot(a, b))", K.eval(K.dot(a, b)))
    show("K.eval(K.dot(a, K.transpose(a)))", K.eval(K.dot(a, c)))


def expressions() -> None:
    b = K.variable(value=[[1, 2], [1, 2]])
    c = K.variable(value=[[2, 3], [2, 3]])
    d = K.variable(value=[[3, 4], [3, 4]])
    a = b + c * K.abs(d)
    show("K.eval(b + c * K.abs(d))", K.eval(a))
    show("K.eval(K.dot(a, K.transpose(b)))", K.eval(K.dot(a, K.transpose(b))))
    cube = K.variable(value=np.arange(8).reshape((2, 2, 2)))
    show("K.eval(K.sum(cube, axis=2)), of a cube of shape (2, 2, 2)", K.eval(K.sum(cube, axis=2)))
    show("K.eval(K.softmax(b))", K.eval(K.softmax(b)))
    show("K.eval(K.concatenate([b, c], axis=-1))", K.eval(K.concatenate([b, c], axis=-1)))


# Settings.


def epsilon() -> None:
    show("K.epsilon()", K.epsilon())


def set_epsilon() -> None:
    show("K.epsilon()", K.epsilon())
    K.set_epsilon(1e-05)
    show("K.epsilon(), after K.set_epsilon(1e-05)", K.epsilon())
    K.set_epsilon(1e-07)


def floatx() -> None:
    show("K.floatx()", K.floatx())


def set_floatx() -> None:
    show("K.floatx()", K.floatx())
    K.set_floatx("float16")
    show("K.floatx(), after K.set_floatx('float16')", K.floatx())
    K.set_floatx("float32")


def cast_to_floatx() -> None:
    arr = np.array([1.0, 2.0], dtype="float64")
    show("K.floatx()", K.floatx())
    show("arr.dtype", arr.dtype)
    show("K.cast_to_floatx(arr).dtype", K.cast_to_floatx(arr).dtype)


def image_dim_ordering() -> None:
    show("K.image_dim_ordering()", K.image_dim_ordering())


def set_image_dim_ordering() -> None:
    show("K.image_dim_ordering()", K.image_dim_ordering())
    K.set_image_dim_ordering("th")
    show("K.image_dim_ordering(), after K.set_image_dim_ordering('th')", K.image_dim_ordering())
    K.set_image_dim_ordering("tf")


def get_uid() -> None:
    show("K.get_uid('dense')", K.get_uid("dense"))
    show("K.get_uid('dense')", K.get_uid("dense"))


def is_keras_tensor() -> None:
    keras_var = K.variable(np.array([1, 2]))
    keras_placeholder = K.placeholder(shape=(2, 4, 5))
    show("K.is_keras_tensor(keras_var)", K.is_keras_tensor(keras_var))
    show("K.is_keras_tensor(keras_placeholder)", K.is_keras_tensor(keras_placeholder))


def clear_session() -> None:
    K.clear_session()
    a = K.variable(value=1)
    show("K.eval(a), after K.clear_session()", K.eval(a))


def manual_variable_initialization() -> None:
    K.manual_variable_initialization(False)
    show("K.eval(K.variable(value=1))", K.eval(K.variable(value=1)))


def learning_phase() -> None:
    show("K.learning_phase()", K.learning_phase())


def set_learning_phase() -> None:
    K.set_learning_phase(1)
    show("K.learning_phase(), after K.set_learning_phase(1)", K.learning_phase())
    K.set_learning_phase(0)
    show("K.learning_phase(), after K.set_learning_phase(0)", K.learning_phase())


# Tensors and what is known of them.


def is_sparse() -> None:
    a = K.placeholder((2, 2), sparse=False)
    b = K.placeholder((2, 2), sparse=True)
    show("K.is_sparse(a)", K.is_sparse(a))
    show("K.is_sparse(b)", K.is_sparse(b))


def to_dense() -> None:
    b = K.placeholder((2, 2), sparse=True)
    show("K.is_sparse(b)", K.is_sparse(b))
    show("K.is_sparse(K.to_dense(b))", K.is_sparse(K.to_dense(b)))


def variable() -> None:
    kvar = K.variable(value=np.array([[1, 2], [3, 4]]), dtype="float64", name="example_var")
    show("kvar", kvar)
    show("K.eval(kvar)", K.eval(kvar))
    scalar = K.variable(value=1, dtype="float32", name="scalar_var")
    show("scalar", scalar)
    show("K.eval(scalar)", K.eval(scalar))
    vec = K.variable(value=[1, 2, 3], dtype="float32", name="vector_var")
    show("vec", vec)
    show("K.eval(vec)", K.eval(vec))


def placeholder() -> None:
    show("input_ph", K.placeholder(shape=(2, 4, 5)))


def shape() -> None:
    tf_session = K.get_session()
    kvar = K.variable(value=np.array([[1, 2], [3, 4]]))
    inputs = K.placeholder(shape=(2, 4, 5))
    show("K.shape(kvar)", K.shape(kvar))
    show("K.shape(input)", K.shape(inputs))
    show("K.shape(kvar).eval(session=tf_session)", K.shape(kvar).eval(session=tf_session))
    show("K.shape(input).eval(session=tf_session)", K.shape(inputs).eval(session=tf_session))


def int_shape() -> None:
    show("K.int_shape(input)", K.int_shape(K.placeholder(shape=(2, 4, 5))))
    show("K.int_shape(kvar)", K.int_shape(K.variable(value=np.array([[1, 2], [3, 4]]))))


def ndim() -> None:
    show("K.ndim(input)", K.ndim(K.placeholder(shape=(2, 4, 5))))
    show("K.ndim(kvar)", K.ndim(K.variable(value=np.array([[1, 2], [3, 4]]))))


def dtype() -> None:
    val = np.array([[1, 2], [3, 4]])
    show("K.dtype(K.placeholder(shape=(2,4,5)))", K.dtype(K.placeholder(shape=(2, 4, 5))))
    for name in ("float32", "float64"):
        label = f"K.dtype(K.placeholder(shape=(2,4,5), dtype='{name}'))"
        show(label, K.dtype(K.placeholder(shape=(2, 4, 5), dtype=name)))
    show("K.dtype(K.variable(val))", K.dtype(K.variable(val)))
    show("K.dtype(K.variable(val, dtype='float32'))", K.dtype(K.variable(val, dtype="float32")))


def eval_() -> None:
    show("K.eval(kvar)", K.eval(K.variable(np.array([[1, 2], [3, 4]]), dtype="float32")))


def zeros() -> None:
    show("K.eval(K.zeros((3,4)))", K.eval(K.zeros((3, 4))))


def ones() -> None:
    show("K.eval(K.ones((3,4)))", K.eval(K.ones((3, 4))))


def eye() -> None:
    show("K.eval(K.eye(3))", K.eval(K.eye(3)))


def zeros_like() -> None:
    show("K.eval(K.zeros_like(kvar))", K.eval(K.zeros_like(K.variable(np.random.random((2, 3))))))


def ones_like() -> None:
    show("K.eval(K.ones_like(kvar))", K.eval(K.ones_like(K.variable(np.random.random((2, 3))))))


def random_uniform_variable() -> None:
    kvar = K.random_uniform_variable((2, 3), 0, 1)
    show("kvar", kvar)
    show("K.eval(kvar)", K.eval(kvar))


def count_params() -> None:
    kvar = K.zeros((2, 3))
    show("K.count_params(kvar)", K.count_params(kvar))
    show("K.eval(kvar)", K.eval(kvar))


def cast() -> None:
    inputs = K.placeholder((2, 3), dtype="float32")
    show("input", inputs)
    show("K.cast(input, dtype='float16')", K.cast(inputs, dtype="float16"))
    show("K.cast(input, dtype=np.float16)", K.cast(inputs, dtype=np.float16))


# Linear algebra.


def dot() -> None:
    for left, right in (((2, 3), (3, 4)), ((32, 28, 3), (3, 4)), ((2, 3), (4, 3, 5))):
        xy = K.dot(K.placeholder(shape=left), K.placeholder(shape=right))
        show(f"xy, of {left} and {right}", xy)


def batch_dot() -> None:
    xy_batch_dot = K.batch_dot(K.ones(shape=(32, 20, 1)), K.ones(shape=(32, 30, 20)), axes=[1, 2])
    show("K.int_shape(xy_batch_dot), of (32, 20, 1) and (32, 30, 20), axes=[1, 2]", K.int_shape(xy_batch_dot))
    xy_batch_dot = K.batch_dot(K.ones(shape=(2, 2, 1)), K.ones(shape=(2, 3, 2)), axes=[1, 2])
    show("K.int_shape(xy_batch_dot), of (2, 2, 1) and (2, 3, 2), axes=[1, 2]", K.int_shape(xy_batch_dot))
    show("K.eval(xy_batch_dot)", K.eval(xy_batch_dot))
    xy_batch_dot = K.batch_dot(K.ones(shape=(100, 20)), K.ones(shape=(100, 30, 20)), axes=(1, 2))
    show("K.int_shape(xy_batch_dot), of (100, 20) and (100, 30, 20), axes=(1, 2)", K.int_shape(xy_batch_dot))
    x, y = K.variable([[1, 2], [3, 4]]), K.variable([[5, 6], [7, 8]])
    show("K.eval(K.batch_dot(x, y, axes=1)), the diagonal of x.dot(y.T)", K.eval(K.batch_dot(x, y, axes=1)))


def transpose() -> None:
    var = K.variable([[1, 2, 3], [4, 5, 6]])
    show("K.eval(var)", K.eval(var))
    show("K.eval(K.transpose(var))", K.eval(K.transpose(var)))
    inputs = K.placeholder((2, 3))
    show("input", inputs)
    show("K.transpose(input)", K.transpose(inputs))


def gather() -> None:
    indices = K.variable(value=[0, 1], dtype="int32")
    for sizes in ((3, 4, 5), (4, 5)):
        var = K.variable(value=np.random.random(sizes))
        show("var", var)
        show("K.gather(var, indices)", K.gather(var, indices))


# Reductions. All cells of them are alike.


def _fractions() -> npt.NDArray[Any]:
    return np.random.random((2, 3, 4))


def _small_integers() -> npt.NDArray[Any]:
    return np.random.randint(0, 3, size=(2, 3, 4))


def reduction(name: str, draw: Callable[[], npt.NDArray[Any]]) -> None:
    """`K.<name>` of everything (of `argmax`: along the last axis), then along each axis."""
    function = getattr(K, name)
    np_val = draw()
    show("np_val", np_val)
    x = K.variable(value=np_val)
    show(f"{name}_x = K.{name}(x)", K.eval(function(x)))
    for axis in range(3):
        show(f"{name}_x = K.{name}(x, axis={axis})", K.eval(function(x, axis=axis)))


# All together.


def grid() -> None:
    feats = K.variable(value=np.random.random((2, 3, 4, 5)))
    grid_shape = K.shape(feats)[1:3]  # height, width
    grid_y = K.tile(K.reshape(K.arange(0, stop=grid_shape[0]), [-1, 1, 1, 1]), [1, grid_shape[1], 1, 1])
    grid_x = K.tile(K.reshape(K.arange(0, stop=grid_shape[1]), [1, -1, 1, 1]), [grid_shape[0], 1, 1, 1])
    both = K.cast(K.concatenate([grid_x, grid_y]), K.dtype(feats))
    show("feats", feats)
    show("grid_y", grid_y)
    show("K.eval(grid_y)", K.eval(grid_y))
    show("grid_x", grid_x)
    show("K.eval(grid_x)", K.eval(grid_x))
    show("grid", both)
    show("K.eval(grid)", K.eval(both))


def _reduction_step(
    cell: int, name: str, shows: str, draw: Callable[[], npt.NDArray[Any]] = _fractions, defaults: str = "axis=None"
) -> Step:
    title = f"{name}(x, {defaults})" if name.startswith("arg") else f"{name}(x, {defaults}, keepdims=False)"
    return Step(cell, title, shows, partial(reduction, name, draw))


#: The cells, in their order.
STEPS: Final = (
    Step(1, "backend()", "which engine computes what follows", backend),
    Step(
        2,
        "placeholder(shape=None, ndim=None)",
        "tensors to be fed; sizes, or just their number, may be open",
        placeholders,
    ),
    Step(3, "variable(value)", "tensors that hold a value: from arrays, numbers and lists", variables),
    Step(4, "transpose(x), dot(x, y)", "the smallest matrix products", first_products),
    Step(5, "operators", "expressions of operators and functions", expressions),
    Step(6, "epsilon()", "the small number that keeps divisions and logarithms away from zero", epsilon),
    Step(8, "set_epsilon(e)", "sets it for the process", set_epsilon),
    Step(9, "floatx()", "the dtype of tensors that are given none", floatx),
    Step(10, "set_floatx(floatx)", "sets it for the process", set_floatx),
    Step(12, "cast_to_floatx(x)", "a NumPy array as a NumPy array of that dtype", cast_to_floatx),
    Step(13, "image_dim_ordering()", "where images have their channels: 'tf' last, 'th' first", image_dim_ordering),
    Step(14, "set_image_dim_ordering(dim_ordering)", "sets it for the process", set_image_dim_ordering),
    Step(23, "get_uid(prefix='')", "a new number for a prefix: 1, 2, ...", get_uid),
    Step(42, "is_keras_tensor(x)", "true of what a Keras layer returned, so of neither of these", is_keras_tensor),
    Step(
        44, "clear_session()", "forgets numbers and learning phase; there is no global graph to destroy", clear_session
    ),
    Step(
        None,
        "manual_variable_initialization(value)",
        "accepted for old code: variables hold their value from the start",
        manual_variable_initialization,
    ),
    Step(52, "learning_phase()", "0 while testing, 1 while training", learning_phase),
    Step(53, "set_learning_phase(flag)", "sets it for the process", set_learning_phase),
    Step(54, "is_sparse(tensor)", "a matter of the tensor's type, not of its elements", is_sparse),
    Step(55, "to_dense(tensor)", "a sparse tensor as a dense one", to_dense),
    Step(60, "variable(value, dtype='float32', name=None)", "with dtype and name", variable),
    Step(61, "placeholder(shape=None, ndim=None, dtype='float32', name=None)", "its shape and dtype", placeholder),
    Step(64, "shape(x)", "the shape as a tensor, evaluated in a session", shape),
    Step(65, "int_shape(x)", "the shape as a tuple", int_shape),
    Step(66, "ndim(x)", "the number of axes", ndim),
    Step(67, "dtype(x)", "the name of the dtype; integers become floatx in a variable", dtype),
    Step(69, "eval(x)", "the elements as a NumPy array", eval_),
    Step(71, "zeros(shape, dtype='float32', name=None)", "a variable of zeros", zeros),
    Step(73, "ones(shape, dtype='float32', name=None)", "a variable of ones", ones),
    Step(74, "eye(size, dtype='float32', name=None)", "the identity matrix", eye),
    Step(75, "zeros_like(x, name=None)", "zeros in the shape of another tensor", zeros_like),
    Step(76, "ones_like(x, name=None)", "ones in the shape of another tensor", ones_like),
    Step(
        78,
        "random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None)",
        "a variable of numbers drawn evenly from low to high",
        random_uniform_variable,
    ),
    Step(79, "count_params(x)", "the number of elements", count_params),
    Step(82, "cast(x, dtype)", "the dtype by name or as NumPy's", cast),
    Step(86, "dot(x, y)", "every row with every column; more axes as in NumPy and Theano", dot),
    Step(106, "batch_dot(x, y, axes=None)", "one product per sample; axes says over which axes it sums", batch_dot),
    Step(107, "transpose(x)", "the axes reversed, of values and of shapes", transpose),
    Step(116, "gather(reference, indices)", "rows by their numbers", gather),
    _reduction_step(123, "max", "the largest element"),
    _reduction_step(124, "min", "the smallest element"),
    _reduction_step(125, "sum", "the sum"),
    _reduction_step(126, "prod", "the product"),
    _reduction_step(127, "var", "the variance"),
    _reduction_step(128, "std", "the standard deviation"),
    _reduction_step(129, "mean", "the mean"),
    _reduction_step(136, "any", "true where any number is not 0", _small_integers),
    _reduction_step(137, "all", "true where no number is 0", _small_integers),
    _reduction_step(
        138, "argmax", "where the largest element is, by default along the last axis", _small_integers, "axis=-1"
    ),
    Step(
        144,
        "shape, arange, reshape, tile, concatenate, cast",
        "the grid of a YOLO detector: x and y of each cell",
        grid,
    ),
)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Settings, and NumPy's random numbers, are afterwards what they were before."""
    random = np.random.get_state()
    try:
        with undisturbed():
            yield
    finally:
        np.random.set_state(random)


def main() -> int:
    """Takes the tour.

    Returns:
        The exit code: 0.
    """
    with _undisturbed():
        np.random.seed(0)
        for step in STEPS:
            heading = f"In [{step.cell or ' '}]  {step.title}"
            print(f"{heading}\n{'-' * len(heading)}\n{step.shows}\n")
            step.run()
            print("\n")
    return 0
