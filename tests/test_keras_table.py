"""Every function of `keras.backend` that makes tensors, on every engine, dtype and layout, against plain NumPy.

The rows are in `keras_table.py`: values, static shapes, dtypes, and gradients.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from keras_row import BATCHES, Arg, Array, K, Row
from keras_table import ROWS
from test_gradients import close as close_gradients
from test_gradients import finite_differences
from test_ops import close

import ktensor as kt
from ktensor.function import evaluate


@pytest.fixture(autouse=True)
def _theano_op_by_op(monkeypatch: pytest.MonkeyPatch) -> None:
    """Theano takes seconds to compile a row; what it compiles is tested in test_ops.py, op by op."""
    if "ktensor.engines.theano_engine" in sys.modules:
        from ktensor.engines.theano_engine import TheanoEngine

        monkeypatch.setattr(TheanoEngine, "patience", sys.maxsize)


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
    from scipy.sparse import csr_matrix  # what Theano needs anyway

    return [csr_matrix(array) if arg.sparse else array for arg, array in zip(row.args, arrays)]


class Built:
    """A row's tensors, of placeholders whose sizes are known, or for which only the batch's is not, or none is."""

    def __init__(self, row: Row, dtype: str, layout: str, sizes: str) -> None:
        self.row, self.sizes = row, sizes
        shapes = [self.shape(arg, layout) for arg in row.args]
        self.placeholders = [
            K.placeholder(shape, dtype=arg.own_dtype(dtype), sparse=arg.sparse) for shape, arg in zip(shapes, row.args)
        ]
        by_setting = layout and sizes != "known" and row.heeds
        with kt.config(image_data_format=layout or None):
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


def check(row: Row, dtype: str, layout: str) -> None:
    """All sizes in one evaluation for each batch."""
    built = [Built(row, dtype, layout, sizes) for sizes in ("known", "batch", "unknown")]
    wanted = {}
    for n in BATCHES:
        values = row.draw(n, dtype)
        wanted[n] = expected(row, values, layout)
        arrays = as_fed(row, fed(row, values, layout))
        run = built if n == BATCHES[0] else built[1:]
        feeds = {p: array for one in run for p, array in zip(one.placeholders, arrays)}
        got = iter(evaluate([tensor for one in run for tensor in one.tensors], feeds))
        for one in run:
            check_values(row, dtype, one, [next(got) for _ in one.tensors], wanted[n])
    built[0].check_shapes([wanted[BATCHES[0]]])
    for one in built[1:]:
        one.check_shapes(list(wanted.values()))


def check_values(row: Row, dtype: str, built: Built, got: Sequence[Array], wanted: Sequence[Array]) -> None:
    """As many results, with these dtypes, shapes and elements."""
    assert len(got) == len(wanted)
    for tensor, value, right, own in zip(built.tensors, got, wanted, row.result_dtypes(dtype, len(wanted))):
        assert K.dtype(tensor) == value.dtype.name == own
        assert value.shape == right.shape
        close(value, right if own.startswith("float") else right.astype(own), own, row.tolerance)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_and_shapes(engine: str, row: Row) -> None:
    for layout in row.layouts:
        check(row, row.dtypes[0], layout)


#: Rows with the dtypes that are not tried first.
OTHERS = [pytest.param(row, dtype, id=f"{row}-{dtype}") for row in ROWS for dtype in row.dtypes[1:] if row.args]


@pytest.mark.slow
@pytest.mark.parametrize(("row", "dtype"), OTHERS)
def test_values_and_shapes_of_other_dtypes(engine: str, row: Row, dtype: str) -> None:
    for layout in row.layouts:
        check(row, dtype, layout)


# ---- Gradients -------------------------------------------------------------------------------------


def wrt(row: Row) -> list[int]:
    """The arguments that are differentiated to: dense floats."""
    return [i for i, arg in enumerate(row.args) if arg.own_dtype("float64") == "float64" and not arg.sparse]


def has_gradients(row: Row) -> bool:
    """Whether there is a float64 to differentiate, and one to differentiate to."""
    return bool(wrt(row)) and "float64" in row.dtypes and "float64" in row.result_dtypes("float64", 1)


@cache
def cotangents(row: Row) -> tuple[tuple[int, ...], list[Array]]:
    """Which results are floats, and weights for their elements."""
    results = row.expected(row.draw(BATCHES[0], "float64"))
    which = [i for i, d in enumerate(row.result_dtypes("float64", len(results))) if d == "float64"]
    random = np.random.default_rng(len(str(row)))
    return tuple(which), [random.normal(size=results[i].shape) for i in which]


@cache
def differences(row: Row) -> list[Array]:
    """The gradients by finite differences of the oracle, once for all engines and layouts."""
    which, weights = cotangents(row)

    def loss(*arrays: Array) -> float:
        results = row.expected(arrays)
        return float(sum((results[i] * w).sum() for i, w in zip(which, weights)))

    found = finite_differences(loss, row.draw(BATCHES[0], "float64"), wrt(row))
    return [np.zeros_like(g) for g in found] if row.slope == "none" else found


def gradients(row: Row, built: Built, layout: str) -> list[Any]:
    """Those of the weighted sum of the row's results."""
    which, weights = cotangents(row)
    loss = sum(K.sum(built.tensors[i] * first(w, layout)) for i, w in zip(which, weights))
    return list(K.gradients(loss, [built.placeholders[i] for i in wrt(row)]))


@pytest.mark.parametrize("row", [row for row in ROWS if has_gradients(row)], ids=str)
def test_gradients(engine: str, row: Row) -> None:
    for layout in row.layouts:
        arrays = as_fed(row, fed(row, row.draw(BATCHES[0], "float64"), layout))
        right = [first(g, layout) if row.args[i].image else g for i, g in zip(wrt(row), differences(row))]
        built = [Built(row, "float64", layout, sizes) for sizes in ("known", "unknown")]
        feeds = {p: array for one in built for p, array in zip(one.placeholders, arrays)}
        found = [(g, w, w.shape if one.sizes == "known" else (None,) * w.ndim)
                 for one in built for g, w in zip(gradients(row, one, layout), right)]  # fmt: skip
        for gradient, wanted, _ in found:
            assert gradient is not None or not wanted.any()
        there = [f for f in found if f[0] is not None]
        close_gradients(evaluate([g for g, _, _ in there], feeds), [w for _, w, _ in there])
        for gradient, wanted, shape in there:
            assert K.dtype(gradient) == "float64"
            assert all(size in (own, n) for size, own, n in zip(K.int_shape(gradient), shape, wanted.shape))
