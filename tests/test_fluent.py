"""The fluent face: chains, operators, Python's and NumPy's protocols, the engines' handles, variables."""

from __future__ import annotations

import gc
import importlib
import itertools
import operator
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import ENGINES
from oracle import ARITHMETIC, BITWISE, COMPARISONS

import ktensor as kt
from ktensor import config as scope
from ktensor.engines.base import is_installed

Array = npt.NDArray[Any]

MATRIX = np.array([[1, -2, 3], [-4, 5, -6]], dtype="float32")


@pytest.fixture
def x() -> kt.Variable:
    return kt.variable(MATRIX, name="x")


def check(tensor: Any, expected: object, dtype: str = "float32") -> None:
    """The elements, shape and dtype, the latter two both as inferred and as found."""
    assert isinstance(tensor, kt.Tensor)
    value, wanted = tensor.eval(), np.asarray(expected)
    assert tensor.shape == value.shape == wanted.shape
    assert tensor.dtype == value.dtype == dtype
    np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=1e-7)


# Chains.


@pytest.mark.usefixtures("engine")
def test_chains(x: kt.Tensor) -> None:
    y = kt.variable([[1, 0], [0, 1], [2, 2]])
    product = MATRIX @ [[1, 0], [0, 1], [2, 2]]
    check(x.dot(y).sum(axis=1), product.sum(axis=1))
    check(x.abs().sqrt().mean(), np.sqrt(np.abs(MATRIX)).mean())
    check(x.T.relu().max(axis=-1, keepdims=True), np.maximum(MATRIX.T, 0).max(axis=-1, keepdims=True))
    check((x @ y).reshape(4).clip(-1, 1), np.clip(product.reshape(4), -1, 1))
    check(x[:, 1:].flatten().concatenate([x[0]], axis=0), np.concatenate([MATRIX[:, 1:].ravel(), MATRIX[0]]))
    check(x.argmax(), [2, 1], "int64")
    check((x > 0).where(x, 0.0).sum(), 9)
    check(x.astype("int32").square().prod(axis=0), np.square(MATRIX).prod(axis=0), "int32")


@pytest.mark.usefixtures("engine")
def test_methods_are_functions_too(x: kt.Tensor) -> None:
    check(kt.sum(kt.dot(x, kt.transpose(x)), axis=1), (MATRIX @ MATRIX.T).sum(axis=1))
    check(kt.softmax(x), x.softmax().eval())
    check(kt.where(x > 0, x, -x), np.abs(MATRIX))


def test_one_expression_many_batch_sizes() -> None:
    batch = kt.placeholder((None, 3), name="batch")
    total = (batch * 2 + 1).sum(axis=1)
    assert total.shape == (None,)
    with scope(engine="numpy"):
        for size in (1, 4, 0):
            np.testing.assert_array_equal(total.eval({batch: np.ones((size, 3))}), np.full(size, 9))


# Operators.

ROW = np.array([2, 4, 3], dtype="float32")
COUNTS = np.array([1, 2, 3], dtype="int32")


def both_ways(apply: Callable[[Any, Any], Any], left: Array, right: Any, dtype: str) -> None:
    """A tensor of `left` with `right` and `right` with it, as NumPy has them."""
    tensor = kt.constant(left)
    check(apply(tensor, right), apply(left, right), dtype)
    check(apply(right, tensor), apply(np.asarray(right, left.dtype), left), dtype)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("apply", ARITHMETIC.values(), ids=ARITHMETIC)
def test_arithmetic_operators(apply: Callable[[Any, Any], Any]) -> None:
    left = np.abs(MATRIX)
    for right in (2, 2.5, ROW, ROW.astype("float64"), COUNTS, np.float32(2), np.float64(2.5), np.int64(2)):
        both_ways(apply, left, right, "float32")
    check(apply(kt.constant(left), [2, 4, 3]), apply(left, ROW))
    check(apply((2, 4, 3), kt.constant(left)), apply(ROW, left))
    check(apply(kt.constant(left), kt.constant(ROW)), apply(left, ROW))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("apply", COMPARISONS.values(), ids=COMPARISONS)
def test_comparisons(apply: Callable[[Any, Any], Any]) -> None:
    for right in (3, 3.0, np.array([1, 4, 3], "float32"), np.float64(3), COUNTS):
        both_ways(apply, np.abs(MATRIX), right, "bool")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("apply", BITWISE.values(), ids=BITWISE)
def test_bitwise_operators(apply: Callable[[Any, Any], Any]) -> None:
    for right in (2, COUNTS, np.int32(1)):
        both_ways(apply, np.array([[5, 6, 7]], "int32"), right, "int32")


@pytest.mark.usefixtures("engine")
def test_logic_of_truth_values() -> None:
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    for apply in (operator.and_, operator.or_, operator.xor):
        check(apply(kt.constant(a), b), apply(a, b), "bool")
        check(apply(a, kt.constant(b)), apply(a, b), "bool")
    check(~kt.constant(a), ~a, "bool")
    check(~kt.constant(COUNTS), ~COUNTS, "int32")


@pytest.mark.usefixtures("engine")
def test_unary_operators_and_builtins(x: kt.Tensor) -> None:
    assert +x is x
    check(-x, -MATRIX)
    check(abs(x), np.abs(MATRIX))
    check(round(x / 4), np.round(MATRIX / 4))
    check(round(x / 4, 1), np.round(MATRIX / 4, 1))
    seven = np.full((2, 3), 7, "float32")
    for found, wanted in zip((*divmod(x, 2), *divmod(7, x)), (*divmod(MATRIX, 2), *divmod(seven, MATRIX))):
        check(found, wanted)
    check(sum(x), MATRIX.sum(axis=0))


@pytest.mark.usefixtures("engine")
def test_matrix_products_with_arrays(x: kt.Tensor) -> None:
    check(x @ np.ones((3, 2)), MATRIX @ np.ones((3, 2)))
    check(np.ones((4, 2)) @ x, np.ones((4, 2)) @ MATRIX)
    check([1, 1] @ x, MATRIX.sum(axis=0))


@pytest.mark.usefixtures("engine")
def test_numbers_and_arrays_take_the_dtype_of_the_tensor() -> None:
    half, whole = kt.constant([1.5], dtype="float16"), kt.constant([3], dtype="int8")
    for other in (1, 2.5, np.float64(2.5), np.array([2.5]), np.array([2])):
        assert (half + other).dtype is (other + half).dtype is kt.float16
    assert (whole + 1).dtype is (whole * np.array([2])).dtype is kt.int8
    check(whole + 0.5, [3.5])  # a higher kind: floatx
    check(whole / 2, [1.5])
    assert (half + kt.constant([1.0], dtype="float64")).dtype is kt.float64  # between tensors, the wider


@pytest.mark.usefixtures("engine")
def test_arrays_ask_the_tensor(x: kt.Tensor) -> None:
    assert kt.Tensor.__array_ufunc__ is None
    array: Array = np.ones((2, 3))
    for apply in (*ARITHMETIC.values(), *COMPARISONS.values()):
        result: object = apply(array, x)
        assert isinstance(result, kt.Tensor), result
        assert result.shape == (2, 3)
    with pytest.raises(TypeError, match="does not support ufuncs"):
        np.exp(x)
    with pytest.raises(TypeError):
        array += x


@pytest.mark.parametrize("other", [None, 1j, {1}, object()])
def test_what_is_no_number_is_refused(x: kt.Tensor, other: Any) -> None:
    for apply in ARITHMETIC.values():
        with pytest.raises(kt.ArgumentError, match="not a tensor"):
            apply(x, other)
        with pytest.raises(kt.ArgumentError, match="not a tensor"):
            apply(other, x)


# `==`, `hash` and `repr`.


@pytest.mark.usefixtures("engine")
def test_equality_is_elementwise(x: kt.Tensor) -> None:
    check(x == MATRIX, np.ones((2, 3)), "bool")
    check(x == x, np.ones((2, 3)), "bool")
    check(x != -MATRIX, np.ones((2, 3)), "bool")
    check(operator.eq(MATRIX, x), np.ones((2, 3)), "bool")


def test_nothing_equals_a_tensor_that_is_none_or_no_number(x: kt.Tensor) -> None:
    others: list[Any] = [None, "x", b"x", {}, int]
    for other in others:
        assert (x == other) is False
        assert (other == x) is False
        assert (x != other) is True


def test_tensors_are_keys(x: kt.Tensor) -> None:
    y = kt.variable(MATRIX)
    names = {x: "x", y: "y"}
    assert (names[x], names[y], len({x, y, x})) == ("x", "y", 2)
    assert x in names
    assert kt.variable(MATRIX) not in names
    assert hash(x) != hash(y)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: kt.placeholder((None, 3), name="x"), 'Tensor("x", shape=(None, 3), dtype=float32)'),
        (lambda: kt.placeholder(("n", 3), name="x") + 1, 'Tensor("add", shape=(n, 3), dtype=float32)'),
        (lambda: kt.placeholder((), "int64", name="n"), 'Tensor("n", shape=(), dtype=int64)'),
        (lambda: kt.placeholder((2, 2), name="s", sparse=True), 'SparseTensor("s", shape=(2, 2), dtype=float32)'),
        (lambda: kt.variable([1, 2], name="v"), "<Variable 'v' shape=(2,) dtype=float32>"),
        (lambda: kt.constant([1, 2]), 'Tensor("constant", shape=(2,), dtype=int32)'),
        (lambda: kt.variable([1, 2]).softmax().sum(), 'Tensor("sum", shape=(), dtype=float32)'),
        (lambda: kt.variable([[1, 2]]).T > 1, 'Tensor("greater", shape=(2, 1), dtype=bool)'),
    ],
)
def test_repr(make: Callable[[], Any], text: str) -> None:
    assert repr(make()) == str(make()) == f"{make()}" == text


def test_repr_never_computes(x: kt.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(*arguments: object) -> None:
        raise AssertionError("computed")

    # `import ktensor.tensor` would find the function `kt.tensor`.
    monkeypatch.setattr(importlib.import_module("ktensor.tensor"), "evaluate", compute)
    with pytest.raises(AssertionError, match="computed"):
        x.eval()
    assert repr([x, x + 1, x == x, x.sum()]).count("dtype=") == 4


def test_names_of_what_has_none() -> None:
    first, second = kt.variable(1), kt.variable(1)
    stem, number = first.name.rsplit("_", 1)
    assert (stem, second.name) == ("variable", f"variable_{int(number) + 1}")


def test_built_at_is_the_line_of_the_user() -> None:
    built = kt.variable([1, 2]).softmax()
    assert built.built_at.startswith(f"{__file__}:")
    line = int(built.built_at.rpartition(":")[2])
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123
        assert "kt.variable([1, 2]).softmax()" in source.read().splitlines()[line - 1]


# Python's protocols.


def test_shapes_are_attributes(x: kt.Tensor) -> None:
    unknown = kt.placeholder((None, 3))
    assert (x.shape, x.ndim, x.size, x.dtype, x.name) == ((2, 3), 2, 6, kt.float32, "x")
    assert (unknown.shape, unknown.ndim, unknown.size) == ((None, 3), 2, None)
    with pytest.raises(AttributeError):
        x.shape = (3, 2)  # type: ignore[misc]  # that is the point
    with pytest.raises(AttributeError):
        x.softmaxx  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.usefixtures("engine")
def test_len_and_iter(x: kt.Tensor) -> None:
    assert len(x) == 2
    rows = list(x)
    assert [type(row) for row in rows] == [kt.Tensor, kt.Tensor]
    for row, wanted in zip(rows, MATRIX):
        check(row, wanted)
    first, second = x
    check(first - second, MATRIX[0] - MATRIX[1])
    check(next(reversed(x)), MATRIX[1])


def test_len_and_iter_of_what_has_no_length() -> None:
    for function in (len, iter, list):
        with pytest.raises(kt.ConcreteValueError, match="a scalar has no length"):
            function(kt.constant(1))
        with pytest.raises(kt.ConcreteValueError, match="its first size is not known"):
            function(kt.placeholder((None, 3)))


@pytest.mark.usefixtures("engine")
def test_numbers() -> None:
    half, three = kt.variable(2.5), kt.constant(3)
    assert (float(half), int(half), bool(half), bool(half - 2.5)) == (2.5, 2, True, False)
    assert (type(float(three)), type(int(half)), type(bool(half))) == (float, int, bool)
    assert (float(kt.constant([[7.0]])), complex(half)) == (7.0, 2.5 + 0j)
    assert bool(half > 2)


@pytest.mark.usefixtures("engine")
def test_index() -> None:
    three = kt.variable(3, dtype="int32")
    assert [10, 20, 30, 40][three] == 40
    assert list(range(three)) == [0, 1, 2]
    with pytest.raises(kt.DTypeError, match="is no integer, so it is no index"):
        [10, 20][kt.constant(1.0)]


@pytest.mark.usefixtures("engine")
def test_format(x: kt.Tensor) -> None:
    assert f"{kt.variable(2.5):.2f} {kt.constant(3):03d} {x.sum():+.0f}" == "2.50 003 -3"
    assert f"{x}" == repr(x)
    with pytest.raises(kt.ConcreteValueError, match="it has 6 elements"):
        f"{x:.2f}"


@pytest.mark.usefixtures("engine")
def test_contains(x: kt.Tensor) -> None:
    assert 5 in x
    assert np.float64(-6) in x
    assert 7 not in x


@pytest.mark.parametrize("function", [bool, int, float, operator.index])
def test_numbers_of_what_has_many_elements_or_none(function: Callable[[Any], Any]) -> None:
    many = kt.constant([1, 2, 3])
    with pytest.raises(kt.ConcreteValueError, match=r"\(\) of .*it has 3 elements; reduce it"):
        function(many)
    unfed = kt.placeholder((), dtype="int32", name="n")
    with pytest.raises(kt.ConcreteValueError, match="it has no value yet; the placeholder 'n'") as caught:
        function(unfed)
    assert "kt.where" in str(caught.value)


def test_truth_of_a_comparison_says_what_to_do(x: kt.Tensor) -> None:
    with pytest.raises(kt.ConcreteValueError, match=r"with any\(\) or all\(\) say"):
        assert x == x


# NumPy's protocols.


@pytest.mark.usefixtures("engine")
def test_asarray(x: kt.Variable) -> None:
    array = np.asarray(x)
    assert type(array) is np.ndarray
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, MATRIX)
    np.testing.assert_array_equal(np.asarray(x.sum(axis=0), dtype="int64"), [-3, 3, -3])
    assert np.asarray(x.sum(axis=0), dtype="int64").dtype == np.int64
    np.testing.assert_array_equal(np.array([x, x]), [MATRIX, MATRIX])
    assert np.array_equal(x, MATRIX)


@pytest.mark.usefixtures("engine")
def test_arrays_that_come_out_are_the_callers_own(x: kt.Variable) -> None:
    for array in (np.asarray(x), np.array(x), x.eval(), x.numpy(), kt.reshape(x, 6).eval(), x.T.eval()):
        array[...] = 100
        np.testing.assert_array_equal(x.eval(), MATRIX)


@pytest.mark.usefixtures("engine")
def test_arrays_that_go_in_are_copied() -> None:
    array = MATRIX.copy()
    constant, variable = kt.constant(array), kt.variable(array)
    variable.set_value(array)
    array[...] = 100
    check(constant, MATRIX)
    check(variable, MATRIX)


# The engines' own handles.


def handle_type(engine: str) -> type:
    if engine == "tensorflow":
        import tensorflow as tf

        return tf.Tensor  # type: ignore[no-any-return]  # tensorflow is untyped
    if engine == "theano":
        from theano.gof import Variable

        return Variable  # type: ignore[no-any-return]  # theano is untyped
    return np.ndarray


def test_native(engine: str, x: kt.Variable) -> None:
    p = kt.placeholder((None, 3))
    for handle in (x.native(), (x + 1).native(), (p * x).native(feeds={p: np.ones((2, 3))})):
        assert isinstance(handle, handle_type(engine))
    with scope(engine="numpy"):
        assert isinstance(x.native(engine=engine), handle_type(engine))


def test_native_values(engine: str, x: kt.Variable) -> None:
    handle = (x * 2).native()
    if engine == "theano":
        import theano

        handle = theano.function([], handle, mode="FAST_COMPILE")()  # without a C compiler, which takes seconds
    np.testing.assert_array_equal(np.asarray(handle), MATRIX * 2)


# Variables.


@pytest.mark.usefixtures("engine")
def test_set_value(x: kt.Variable) -> None:
    twice = x * 2
    x.set_value(MATRIX + 1)
    check(twice, (MATRIX + 1) * 2)
    x.set_value([[0, 0, 0], [1, 1, 1]])
    check(x, [[0, 0, 0], [1, 1, 1]])
    x.set_value(x + 1)  # a tensor stands for its elements now
    check(x, [[1, 1, 1], [2, 2, 2]])


@pytest.mark.usefixtures("engine")
def test_assign_stores_when_it_is_evaluated(x: kt.Variable) -> None:
    update = x.assign(x * 10)
    check(x, MATRIX)
    np.testing.assert_array_equal(update.eval(), MATRIX * 10)
    check(x, MATRIX * 10)
    x.assign_add(np.ones(3)).eval()
    check(x, MATRIX * 10 + 1)
    x.assign_sub(1).eval()
    check(x, MATRIX * 10)
    x.assign(np.zeros((2, 3))).eval()
    check(x, np.zeros((2, 3)))


@pytest.mark.usefixtures("engine")
def test_updates_of_a_function_are_simultaneous() -> None:
    a, b = kt.variable([1.0]), kt.variable([2.0])
    swap = kt.function([], a + b, updates=[a.assign(b), (b, a)])
    for wanted_a, wanted_b in ((2, 1), (1, 2)):
        np.testing.assert_array_equal(swap(), [3])
        check(a, [wanted_a])
        check(b, [wanted_b])


@pytest.mark.parametrize("wrong", [[1, 2], np.ones((3, 2)), np.ones((1, 2, 3)), 1])
@pytest.mark.usefixtures("engine")
def test_a_value_that_does_not_fit_changes_nothing(x: kt.Variable, wrong: Any) -> None:
    with pytest.raises(kt.ShapeError, match="x"):
        x.set_value(wrong)
    with pytest.raises(kt.ShapeError, match="cannot hold a value of shape"):
        x.assign(wrong)
    for value in (None, "one", [[1], [2, 3]]):
        with pytest.raises(kt.ArgumentError):
            x.set_value(value)  # type: ignore[arg-type]  # that is the point
    check(x, MATRIX)


@pytest.mark.usefixtures("engine")
def test_variables_of_integers_hold_integers() -> None:
    counter = kt.variable(0, dtype="int64")
    counter.assign_add(5).eval()
    check(counter, 5, "int64")
    with pytest.raises(kt.DTypeError, match="cannot hold float32; cast the value if that is meant"):
        counter.assign(1.5)  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.DTypeError, match="a value with fractions does not fit in int64"):
        counter.set_value(1.5)  # type: ignore[tensor-dtype]  # what is tested
    check(counter, 5, "int64")


@pytest.mark.usefixtures("engine")
def test_a_variable_that_is_dropped_is_freed() -> None:
    variable = kt.variable(np.zeros(1000))
    state = weakref.ref(variable.state)
    (variable + 1).eval()
    variable.assign_add(1).eval()
    del variable
    gc.collect()
    assert state() is None


# Variables that move between engines.

INSTALLED = [name for name in ENGINES if is_installed(name)]


@pytest.mark.parametrize("order", [*itertools.permutations(INSTALLED)], ids="-".join)
def test_a_variable_is_never_stale(order: tuple[str, ...]) -> None:
    first, second, third = order[0], order[len(order) // 2], order[-1]
    v = kt.variable([1.0, 2.0])
    grow = kt.function([], v.sum(), updates=[v.assign_add(1)])

    def everywhere(*wanted: float) -> None:
        for name in INSTALLED:
            np.testing.assert_array_equal((v * 1).eval(engine=name), wanted)
            np.testing.assert_array_equal(v.eval(engine=name), wanted)

    with scope(engine=first):
        v.set_value([10.0, 20.0])
    with scope(engine=second):
        assert grow() == 30
    with scope(engine=third):
        np.testing.assert_array_equal(v.eval(), [11, 21])
        assert grow() == 32
    everywhere(12, 22)
    v.assign(v * 2).eval(engine=first)
    np.testing.assert_array_equal(v.eval(engine=third), [24, 44])
    with scope(engine=second):
        grow()
        v.set_value([0.0, 0.0])
        grow()
    everywhere(1, 1)


def test_engines_take_turns_with_one_function() -> None:
    w = kt.variable([[1.0], [1.0]])
    p = kt.placeholder((None, 2))
    step = kt.function([p], p.dot(w), updates=[w.assign_add(p.sum(axis=0).reshape(2, 1))])
    expected = np.ones((2, 1))
    for turn, name in enumerate(INSTALLED * 3):
        fed = np.full((turn + 1, 2), [1.0, 2.0])
        with scope(engine=name):
            np.testing.assert_array_equal(step([fed]), fed @ expected)
        expected = expected + fed.sum(axis=0).reshape(2, 1)
    np.testing.assert_array_equal(w.eval(engine=INSTALLED[0]), expected)
