"""Sums, extremes and softmax of the engines that compute with NumPy: as NumPy's own, whichever way they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from ktensor.engines.reducing import extremes, softmax, sums

Array = npt.NDArray[Any]

#: On both sides of where the ways part, and nothing.
WIDTHS = (0, 1, 2, 10, 32, 33, 256, 257)
DTYPES = ("float16", "float32", "float64", "int32")


def drawn(shape: tuple[int, ...], dtype: str) -> Array:
    return (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)


@settings(max_examples=200)
@given(shape=array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5), data=st.data())
def test_sums_over_any_axes(shape: tuple[int, ...], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(shape)))
    axes = tuple(sorted(data.draw(st.permutations(range(len(shape))))[:count]))
    x, keepdims = drawn(shape, data.draw(st.sampled_from(DTYPES))), data.draw(st.booleans())
    for array in (x, np.asfortranarray(x), x[..., ::-1]):
        wanted = np.sum(array, axis=axes, keepdims=keepdims)
        found = sums(array, axes, keepdims)
        if x.dtype.kind == "f":
            assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(found, wanted, rtol=1e-2 if x.dtype == np.float16 else 1e-4, atol=1e-4)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_have_infinities_and_what_is_no_number(width: int, axis: int) -> None:
    x = drawn((4, width) if axis else (width, 4), "float32")
    if width:
        (x if axis else x.T)[:3, 0] = [np.inf, -np.inf, np.nan]
    np.testing.assert_allclose(sums(x, (axis,), keepdims=False), x.sum(axis), rtol=1e-5)


@pytest.mark.parametrize("width", WIDTHS[1:])
@pytest.mark.parametrize("dtype", [*DTYPES, "uint8", "bool"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_extremes(width: int, dtype: str, axis: int) -> None:
    x = np.moveaxis(drawn((3, 2, width), dtype), 2, axis)
    if x.dtype.kind == "f":
        x[0, 0, 0] = np.nan
    for array in (x, x.copy()):
        for ufunc in (np.maximum, np.minimum):
            wanted = ufunc.reduce(array, axis=axis, keepdims=True)
            np.testing.assert_array_equal(extremes(ufunc, array, axis), wanted, strict=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_softmax(width: int, axis: int, dtype: str) -> None:
    x = drawn((4, width) if axis else (width, 4), dtype) * 4
    wide = np.exp(x.astype(np.float64) - (x.max(axis, keepdims=True) if width else 0))
    found = softmax(x, axis)
    assert found.dtype == x.dtype
    np.testing.assert_allclose(
        found, wide / wide.sum(axis, keepdims=True), rtol=1e-5, atol=2e-3 if dtype == "float16" else 1e-7
    )
