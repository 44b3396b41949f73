"""Every function of `keras.backend` that makes tensors, on every engine, dtype and layout, against plain NumPy.

The rows are in `keras_table.py`: values, static shapes, dtypes, and gradients.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from keras_row import BATCHES, Arg, Array, K, Row
from keras_table import DRAWN, NO_TENSOR, ROWS, UPDATES
from test_gradients import close as close_gradients
from test_gradients import finite_differences
from test_ops import close

import ktensor as kt
from ktensor.coverage.samples import SAMPLES
from ktensor.coverage.signatures import FUNCTIONS
from ktensor.function import evaluate

HERE: Final = Path(__file__).parent


@pytest.fixture(autouse=True)
def _theano_op_by_op(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theano takes seconds to compile a row; what it compiles is tested in test_ops.py, op by op."""
    if "engine" in request.fixturenames and request.getfixturevalue("engine") == "theano":
        from ktensor.engines.theano_engine import TheanoEngine

        monkeypatch.setattr(TheanoEngine, "patience", sys.maxsize)


# ---- Whether the table is complete -----------------------------------------------------------------


def test_each_function_is_in_the_table() -> None:
    """In a row, or among what is drawn or stored, or else it makes no tensor, and a test elsewhere names it."""
    parts = [
        {row.name for row in ROWS},
        set(DRAWN),
        set(UPDATES),
        {n for names in NO_TENSOR.values() for n in names.split()},
    ]
    assert sorted(name for part in parts for name in part) == sorted(FUNCTIONS)
    assert parts[3] == set(FUNCTIONS) - set(SAMPLES)
    assert len({str(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("reason", NO_TENSOR)
def test_what_makes_no_tensor_is_tested_elsewhere(reason: str) -> None:
    text = "".join((HERE / name).read_text(encoding="utf-8") for name in re.findall(r"[\w/]+\.py", reason))
    assert [name for name in NO_TENSOR[reason].split() if not re.search(rf"\.{name}\b", text)] == []


def test_each_function_with_a_layout_has_rows_in_both() -> None:
    layouts = {row.name for row in ROWS if len(row.layouts) == 2}
    words = {"data_format", "dim_ordering"}
    assert {n for n, f in FUNCTIONS.items() if words & {p.name for p in f.parameters()}} - {
        "set_image_data_format",
        "set_image_dim_ordering",
    } == layouts


#: The first row of each function.
FIRST: Final = {row.name: row for row in reversed(ROWS)}


def marked(rows: Sequence[Row], heavy: frozenset[str] = frozenset()) -> list[Any]:
    """All but the first of each function are slow, and so are those of heavy functions."""
    fast = {row for row in FIRST.values() if row.name not in heavy}
    return [pytest.param(row, id=str(row), marks=[] if row in fast else [pytest.mark.slow]) for row in rows]


# ---- Values, dtypes and shapes ---------------------------------------------------------------------


def first(array: Array, layout: str) -> Array:
    """An image whose channels are last, as the layout has it."""
    return np.moveaxis(array, -1, 1) if layout == "channels_first" else array


def fed(row: Row, arrays: Sequence[Array], layout: str) -> list[Array]:
    """The arrays as they are fed, except that sparse ones are still dense."""
    return [first(array, layout) if arg.image else array for arg, array in zip(row.args, arrays)]


def expected(row: Row, arrays: Sequence[Array], layout: str) -> list[Array]:
    """What NumPy says, as the layout has it."""
    return [first(result, layout) for result in row.expected(arrays)]


def as_fed(row: Row, arrays: Sequence[Array]) -> list[Any]:
    """scipy's matrices where the placeholder is sparse."""
    return [
        pytest.importorskip("scipy.sparse").csr_matrix(array) if arg.sparse else array
        for arg, array in zip(row.args, arrays)
    ]


class Built:
    """A row's tensors, of placeholders whose sizes are known, or for which only the batch's is not, or none is."""

    def __init__(self, row: Row, dtype: str, layout: str, sizes: str) -> None:
        self.row, self.sizes = row, sizes
        shapes = [self.shape(arg, layout) for arg in row.args]
        self.placeholders = [
            K.placeholder(shape, dtype=arg.own_dtype(dtype), sparse=arg.sparse) for shape, arg in zip(shapes, row.args)
        ]
        by_setting = layout and sizes != "known" and row.heeds
        setting: Any = layout or None
        with kt.config(image_data_format=setting):
            self.tensors = row.build(self.placeholders, None if by_setting else layout)

    def shape(self, arg: Arg, layout: str) -> tuple[int | None, ...]:
        """The shape of a placeholder."""
        if self.sizes == "unknown" and not arg.vector:
            return (None,) * len(arg.shape)
        sizes = arg.sizes(BATCHES[0] if self.sizes == "known" else None)
        return (sizes[0], sizes[-1], *sizes[1:-1]) if arg.image and layout == "channels_first" else sizes

    def check_shapes(self, results: Sequence[Sequence[Array]]) -> None:
        """The static shapes are what all results have in common: no less unless nothing was known, and no more."""
        for tensor, *values in zip(self.tensors, *results):
            static = K.int_shape(tensor)
            assert static == tuple(tensor.shape)
            assert len(static) == values[0].ndim
            for size, *found in zip(static, *(value.shape for value in values)):
                common = found[0] if len(set(found)) == 1 else None
                if self.sizes == "unknown" or not self.row.static:
                    assert size in (None, common), (self.sizes, static, found)
                else:
                    assert size == common, (self.sizes, static, found)


def check(row: Row, dtype: str, layout: str, sizes: Sequence[str] = ("known", "batch", "unknown")) -> None:
    """All sizes in one evaluation for each batch."""
    built = [Built(row, dtype, layout, known) for known in sizes]
    several = [one for one in built if one.sizes != "known"]
    wanted = {}
    for n in BATCHES:
        values = row.draw(n, dtype)
        wanted[n] = expected(row, values, layout)
        arrays = as_fed(row, fed(row, values, layout))
        run = built if n == BATCHES[0] else several
        feeds = {p: array for one in run for p, array in zip(one.placeholders, arrays)}
        got = iter(evaluate([tensor for one in run for tensor in one.tensors], feeds))
        for one in run:
            check_values(row, dtype, one, [next(got) for _ in one.tensors], wanted[n])
    for one in built:
        one.check_shapes(list(wanted.values()) if one in several else [wanted[BATCHES[0]]])


def check_values(row: Row, dtype: str, built: Built, got: Sequence[Array], wanted: Sequence[Array]) -> None:
    """As many results, with these dtypes, shapes and elements."""
    assert len(got) == len(wanted)
    for tensor, value, right, own in zip(built.tensors, got, wanted, row.result_dtypes(dtype, len(wanted))):
        assert K.dtype(tensor) == value.dtype.name == own
        assert value.shape == right.shape
        close(value, right if own.startswith("float") else right.astype(own), own, row.factor(own))


@pytest.mark.parametrize("row", marked(ROWS))
def test_values_and_shapes(engine: str, row: Row) -> None:
    for layout in row.layouts:
        check(row, row.dtypes[0], layout)


def others(row: Row) -> list[str]:
    """The dtypes that are not tried first: of rows that are not their function's first, without the rarer integers."""
    rare = () if FIRST[row.name] is row else ("int64", "uint8")
    return [dtype for dtype in row.dtypes[1:] if dtype not in rare] if row.args else []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "dtype"), [pytest.param(row, dtype, id=f"{row}-{dtype}") for row in ROWS for dtype in others(row)]
)
def test_values_and_shapes_of_other_dtypes(engine: str, row: Row, dtype: str) -> None:
    for layout in row.layouts:
        check(row, dtype, layout, ("batch",))


@pytest.mark.slow
@pytest.mark.parametrize("floatx", ["float64", "float16"])
@pytest.mark.parametrize("row", [row for row in FIRST.values() if row.result in ("float", "floatx")], ids=str)
def test_what_follows_floatx(engine: str, row: Row, floatx: str) -> None:
    """Of integers, and of nothing."""
    with kt.config(floatx=floatx):
        for layout in row.layouts:
            check(row, "int32" if "i" in row.kinds else row.dtypes[0], layout, ("batch",))


@pytest.mark.slow
@pytest.mark.parametrize("row", FIRST.values(), ids=str)
def test_as_a_function(engine: str, row: Row) -> None:
    """What `K.function` compiles (on Theano, runs op by op), called with batches of several sizes."""
    dtype, layout = row.dtypes[0], row.layouts[-1]
    built = [Built(row, dtype, layout, sizes) for sizes in ("batch", "unknown")]
    function = K.function([p for one in built for p in one.placeholders], [t for one in built for t in one.tensors])
    for n in BATCHES:
        arrays = row.draw(n, dtype)
        got = iter(function(as_fed(row, fed(row, arrays, layout)) * 2))
        for one in built:
            check_values(row, dtype, one, [next(got) for _ in one.tensors], expected(row, arrays, layout))


# ---- Gradients -------------------------------------------------------------------------------------


def wrt(row: Row) -> list[int]:
    """The arguments that are differentiated to: dense floats."""
    return [i for i, arg in enumerate(row.args) if arg.own_dtype("float64") == "float64" and not arg.sparse]


def has_gradients(row: Row) -> bool:
    """Whether there is a float64 to differentiate, and one to differentiate to."""
    return bool(wrt(row)) and "float64" in row.dtypes and "float64" in row.result_dtypes("float64", 1)


@cache
def cotangents(row: Row, n: int) -> tuple[tuple[int, ...], list[Array]]:
    """Which results are floats, and weights for their elements."""
    results = row.expected(row.draw(n, "float64"))
    which = [i for i, d in enumerate(row.result_dtypes("float64", len(results))) if d == "float64"]
    random = np.random.default_rng(len(str(row)) + n)
    return tuple(which), [random.normal(size=results[i].shape) for i in which]


@cache
def differences(row: Row, n: int) -> list[Array]:
    """The gradients by finite differences of the oracle, once for all engines and layouts."""
    which, weights = cotangents(row, n)

    def loss(*arrays: Array) -> float:
        results = row.expected(arrays)
        return float(sum((results[i] * w).sum() for i, w in zip(which, weights)))

    found = finite_differences(loss, row.draw(n, "float64"), wrt(row))
    return [np.zeros_like(g) for g in found] if row.slope == "none" else found


def gradients(row: Row, n: int, built: Built, layout: str) -> list[Any]:
    """Those of the weighted sum of the row's results."""
    which, weights = cotangents(row, n)
    loss = sum(K.sum(built.tensors[i] * first(w, layout)) for i, w in zip(which, weights))
    return list(K.gradients(loss, [built.placeholders[i] for i in wrt(row)]))


def check_gradients(row: Row, n: int, layout: str, sizes: Sequence[str]) -> None:
    """Values, dtypes, and static shapes: what is declared of the placeholder, or more, but nothing that is wrong."""
    arrays = as_fed(row, fed(row, row.draw(n, "float64"), layout))
    wanted = [first(g, layout) if row.args[i].image else g for i, g in zip(wrt(row), differences(row, n))]
    there: list[tuple[Any, Any, Array]] = []
    feeds: dict[Any, Any] = {}
    for one in (Built(row, "float64", layout, known) for known in sizes):
        feeds |= dict(zip(one.placeholders, arrays))
        for i, gradient, right in zip(wrt(row), gradients(row, n, one, layout), wanted):
            assert gradient is not None or not right.any()
            if gradient is not None:
                there.append((one.placeholders[i], gradient, right))
    close_gradients(evaluate([gradient for _, gradient, _ in there], feeds), [right for _, _, right in there])
    for x, gradient, right in there:
        assert K.dtype(gradient) == "float64"
        fits = zip(K.int_shape(gradient), K.int_shape(x), right.shape)
        assert all(size == own if own is not None else size in (None, real) for size, own, real in fits)


#: Functions that have many elements to differentiate to, or many ops.
HEAVY: Final = frozenset({"conv3d", "conv3d_transpose", "ctc_cost", "ctc_path_probs", "pool3d"})


@pytest.mark.parametrize("row", marked([row for row in ROWS if has_gradients(row)], HEAVY))
def test_gradients(engine: str, row: Row) -> None:
    for layout in row.layouts:
        check_gradients(row, BATCHES[0], layout, ("known", "unknown"))


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in ROWS if has_gradients(row) and row.batched], ids=str)
def test_gradients_of_another_batch(engine: str, row: Row) -> None:
    """Of 1: then what is stretched has to be added up, although nobody said so before."""
    for layout in row.layouts:
        check_gradients(row, BATCHES[1], layout, ("batch",))


def test_branches_by_the_learning_phase(engine: str) -> None:
    """Fed to a function, or set; the gradients are those of the branch."""
    x = K.placeholder((None, 2), dtype="float64")
    made = [K.in_train_phase(x * 2.0, lambda: x * x), K.in_test_phase(lambda: x * 3.0, x)]
    made += [gradient for one in made for gradient in K.gradients(K.sum(one), [x])]
    fed, ones = np.array([[5.0, 7.0]]), np.ones((1, 2))
    wanted = {0: [fed * fed, fed * 3, fed * 2, ones * 3], 1: [fed * 2, fed, ones * 2, ones]}
    function = K.function([x, K.learning_phase()], made)
    for phase, right in wanted.items():
        close_gradients(function([fed, phase]), right)
        with kt.config(learning_phase=bool(phase)):
            close_gradients(evaluate(made, {x: fed}), right)
    assert [K.int_shape(one) for one in made] == [(None, 2)] * 4


# ---- What is drawn ---------------------------------------------------------------------------------

SHAPE: Final = (100, 80)
#: Bounds for the mean and the standard deviation of so many numbers: five standard errors, and what float16 rounds off.
NEAR: Final = {"float16": 5 / 8000**0.5 + 2e-3, "float32": 5 / 8000**0.5, "float64": 5 / 8000**0.5}


@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn(engine: str, name: str, dtype: str) -> None:
    drawn = DRAWN[name]
    made = drawn.call(SHAPE, dtype=dtype, seed=7)
    got = K.eval(made)
    assert K.int_shape(made) == got.shape == SHAPE
    assert K.dtype(made) == got.dtype.name == dtype
    wide = got.astype("float64")
    assert drawn.low <= wide.min() < wide.max() <= drawn.high
    assert not drawn.values or sorted(set(wide.ravel())) == pytest.approx(drawn.values, rel=1e-3)
    assert abs(wide.mean() - drawn.mean) < NEAR[dtype] * drawn.deviation
    assert abs(wide.std() - drawn.deviation) < NEAR[dtype] * drawn.deviation
    for axis in (0, 1):  # no row, and no column, is like another
        assert np.unique(wide, axis=axis).shape == SHAPE


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_can_be_drawn_again(engine: str, name: str) -> None:
    """Two of one seed are equal, and another seed's differ; a variable keeps its numbers, all else is drawn anew."""
    made = [DRAWN[name].call((5, 8), dtype="float32", seed=seed) for seed in (7, 7, 8)]
    function = K.function([], made)
    rounds = [function([]), function([])]
    for one, same, other in rounds:
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)
    assert np.array_equal(rounds[0][0], rounds[1][0]) == K.is_variable(made[0])

    def program() -> Any:
        np.random.seed(3)
        return K.eval(DRAWN[name].call((5, 8), dtype="float32"))

    np.testing.assert_array_equal(program(), program())


@pytest.mark.parametrize("name", sorted(name for name in DRAWN if not name.endswith("_variable")))
def test_what_is_drawn_in_a_shape_that_is_not_known(engine: str, name: str) -> None:
    x = K.placeholder((None, 3))
    made = DRAWN[name].call((K.shape(x)[0], 4), dtype="float32")
    assert K.int_shape(made) == (None, 4)
    for n in (1, 3):
        assert made.eval({x: np.ones((n, 3))}).shape == (n, 4)


@pytest.mark.parametrize("noise", [None, (1, 4), (6, 1)])
def test_the_gradient_of_dropout_is_what_is_kept(engine: str, noise: Any) -> None:
    x = K.variable(np.ones((6, 4)), dtype="float64")
    made = K.dropout(x, 0.5, noise, seed=1)
    got, gradient = K.function([], [made, *K.gradients(K.sum(made), [x])])([])
    np.testing.assert_allclose(gradient, got)
    assert set(got.ravel()) == {0.0, 2.0}
    for axis, size in enumerate(noise or ()):
        assert size != 1 or (got == got.take([0], axis)).all()


# ---- What is stored --------------------------------------------------------------------------------

STORED: Final = [
    pytest.param(name, dtype, id=f"{name}-{dtype}")
    for name, update in UPDATES.items()
    for dtype in ("float32", "float64", "float16", "int32", "int64", "uint8")
    if ("i" if "int" in dtype else "f") in update.kinds
]


@pytest.mark.parametrize(("name", "dtype"), STORED)
def test_what_is_stored(engine: str, name: str, dtype: str) -> None:
    """As an update of a function, as an output of one, and evaluated at once."""
    update, new = UPDATES[name], K.placeholder((None,), dtype=dtype)
    before, fed = np.array([9, 5, 7]).astype(dtype), np.array([2, 4, 1]).astype(dtype)
    for way in ("update", "output", "eval"):
        x = K.variable(before, dtype=dtype)
        made = update.call(x, new)
        assert (K.int_shape(made), K.dtype(made)) == ((3,), dtype)
        assert K.eval(x).tolist() == before.tolist()
        wanted = before.astype("float64")
        for _ in range(2):
            wanted = update.oracle(wanted, fed.astype("float64"))
            if way == "update":
                K.function([new], [], updates=[made])([fed])
            else:
                got = K.function([new], [made])([fed])[0] if way == "output" else made.eval({new: fed})
                close(got, wanted.astype(dtype), dtype)
            stored = K.eval(x)
            assert stored.dtype.name == dtype
            close(stored, wanted.astype(dtype), dtype)
