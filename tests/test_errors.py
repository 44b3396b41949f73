"""Bad input: each has an error that says what is wrong, on the line that wrote it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K
from ktensor.engines import base

X = kt.placeholder((2, 3), name="x")
BATCH = kt.placeholder((None, 3), name="batch")
INTS = kt.placeholder((2, 3), dtype="int32")
SPARSE = kt.placeholder((2, 3), sparse=True)

SHAPES: list[tuple[Callable[[], Any], str]] = [
    (lambda: X + np.zeros((4, 3)), r"add: shapes \(2, 3\) and \(4, 3\) do not broadcast: 2 and 4 differ at axis -2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: BATCH + np.zeros((2, 4)), r"add: shapes \(None, 3\) and \(2, 4\) do not broadcast: 3 and 4 differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.dot(kt.zeros((4, 5))), r"dot: \(2, 3\) \. \(4, 5\): inner dimensions 3 and 4 differ"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: kt.sparse_categorical_crossentropy(kt.zeros((3, 2), "int32"), kt.zeros((2, 3, 5))),  # type: ignore[tensor-shape]  # what is tested
        r"sparse_categorical_crossentropy: target \(3, 2\) does not have one class for each row of output \(2, 3, 5\)",
    ),
    (lambda: X @ kt.zeros((4,)), r"matmul: \(2, 3\) \. \(4,\): inner dimensions 3 and 4 differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X @ 2.0, r"matmul: \(2, 3\) @ \(\): a scalar has no rows"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.batch_dot(kt.zeros((5, 3)), axes=1), "batch_dot: .*batch sizes 2 and 5 differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.batch_dot(kt.zeros((2, 4)), axes=1), "batch_dot: .*sizes 3 and 4 differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.reshape(4, 2), r"cannot reshape \(2, 3\) \(6 elements\) into \(4, 2\): 8 elements"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.reshape(-1, 4), "6 is not a multiple of 4"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.reshape(-1, -1), "only one -1 is allowed"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.reshape(-2, 3), "negative size -2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.concatenate([X, kt.zeros((2, 3, 1))]), r"ranks differ: \(2, 3\) and \(2, 3, 1\)"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.concatenate([X, kt.zeros((3, 3))], axis=1), "2 and 3 differ at axis 0"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.stack([X, kt.zeros((2, 4))]), r"stack\(axis=0\).*3 and 4 differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.split(2, axis=1), r"axis 1 of \(2, 3\) has 3, not a multiple of 2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.split([1, 1], axis=1), r"sizes \(1, 1\) add up to 2, axis 1 of \(2, 3\) has 3"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.squeeze(0), r"squeeze: axis 0 of \(2, 3\) has size 2, not 1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.broadcast_to((5, 2, 4)), r"a tensor of shape \(2, 3\) does not stretch to \(5, 2, 4\)"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.pad([(1, 1)]), "pad: 1 pairs of widths for .* of rank 2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.pad(-1), "pad: negative width"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.tile(-1), "cannot repeat -1 times"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.zeros((0, 3)).argmax(axis=0), "argmax: nothing to choose from"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.zeros((2, -1)), "negative size -1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.placeholder((2, -3)), r"placeholder: negative size -3 in \(2, -3\)"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.einsum("ij,jk->ik", kt.zeros((4, 5))), "'j' is both 3 and 4"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.categorical_crossentropy(kt.zeros((2, 4))), r"target \(2, 3\) and output \(2, 4\) differ"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[:, :, 0], r"3 indices for \(2, 3\) of rank 2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[2], r"2 is out of range for axis 0 of \(2, 3\); use -2 to 1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[:, -4], "-4 is out of range for axis 1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[[0, 5]], "5 is out of range for axis 0"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[::0], "the slice's step is 0"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[np.ones((3, 2), bool)], "the mask of shape .* does not fit"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.arange(0, 5, 0), "arange: the step is 0"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: K.placeholder((2, 3, 4), sparse=True), "a sparse placeholder has two axes, not 3"),  # type: ignore[tensor-shape]  # what is tested
]

AXES: list[tuple[Callable[[], Any], str]] = [
    (lambda: X.sum(axis=2), "sum: axis 2 is out of range for a tensor of rank 2; use -2 to 1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.mean(axis=-3), "mean: axis -3 is out of range"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.max(axis=(0, -2)), r"max: axis \(0, -2\) names an axis twice"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.argmax(axis=2), "argmax: axis 2 is out of range"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.transpose(0, 0), "transpose: axis .* names an axis twice"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.transpose((0, 1, 2)), r"3 axes \(0, 1, 2\) for \(2, 3\) of rank 2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.softmax(axis=2), "softmax: axis 2 is out of range"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.expand_dims(4), "expand_dims: axis 4 is out of range"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.sum().cumsum(0), "a scalar has no axes"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.batch_dot(X, axes=(0, 1)), "name the batch axis 0"),  # type: ignore[tensor-shape]  # what is tested
]

KINDS: list[tuple[Callable[[], Any], str]] = [
    (lambda: X + None, "add: y is None, not a tensor"),  # type: ignore[operator,tensor-shape]  # what is tested
    (lambda: kt.exp(None), "exp: x is None, not a tensor"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: kt.variable(None), "variable: the value is None"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: kt.constant(None), "constant: value is None"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: X + "abc", "add: y is 'abc', of type str, not a tensor"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.constant([[1, 2], [3]]), "constant: value is ragged"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.add(X, [[1, 2, 3], [4]]), "add: y is ragged"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.sum(axis=1.5), "sum: axis 1.5 is not an integer"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: X.sum(axis=True), "sum: axis True is not an integer"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.reshape(2.0, 3), "reshape: size 2.0 is not an integer"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: X.reshape(None, 3), "size None is not an integer; a size of None is not known yet"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: kt.concatenate([]), "needs at least one tensor"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.concatenate(X), "needs a list of tensors, not Tensor"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: kt.placeholder(3), "shape 3 is not a sequence of sizes"),  # type: ignore[call-overload]  # what is tested
    (lambda: kt.placeholder((2.5,)), "size 2.5 is neither an int, None nor a name"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: K.placeholder(), "give its shape, or the number of its axes"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: SPARSE + 1.0, "unsupported operand"),  # type: ignore[operator]  # what is tested
    (lambda: kt.exp(SPARSE), "x is a sparse tensor, which exp does not take; call to_dense"),  # type: ignore[arg-type,tensor-shape]  # what is tested
    (lambda: K.is_keras_tensor(np.zeros(2)), "is not a tensor"),
    (lambda: K.function([], [], unknown=1), "function: unknown arguments unknown"),
    (lambda: kt.einsum("ij,jk", X), "names 2 tensors, got 1"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.einsum("ijk->i"), "does not label a tensor of rank 2"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X[True], "True is no index"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: kt.gradients(3.0, X), "gradients: loss is 3.0, not a tensor"),  # type: ignore[arg-type]  # what is tested
]

DTYPES: list[tuple[Callable[[], Any], str]] = [
    (lambda: X.cast("float8"), "unknown dtype 'float8'; use one of bool, int8"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: kt.zeros((2,), dtype="complex64"), "unknown dtype 'complex64'"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X + 1j, "not a tensor|dtype"),  # type: ignore[operator]  # what is tested
    (lambda: kt.constant(300, dtype="int8"), "300 does not fit in int8, which holds -128 to 127"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: kt.constant([1, 300], dtype="int8"), "does not fit in int8"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: INTS[0.5], "0.5 is a float, not an integer"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X[X], "the index must be integers, not float32"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X.gather([0.0, 1.0]), "gather: indices must be integers, not float32"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X.one_hot(3), "one_hot: indices must be integers, not float32"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X & 1, "bitwise_and: needs integers"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X.reshape(kt.constant([2.0, 3.0])), "reshape: sizes must be integers, not float32"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: kt.gradients(INTS.sum(), INTS), "loss is of int32; only floats have derivatives"),  # type: ignore[tensor-dtype]  # what is tested
    (lambda: X.__index__(), "is no integer"),
]

UNKNOWN: list[tuple[Callable[[], Any], str]] = [
    (lambda: bool(X.sum()), r"bool\(\) of Tensor.*no value yet.*placeholder 'x'"),
    (lambda: float(X.sum()), r"float\(\) of Tensor.*placeholder 'x'"),
    (lambda: int(X.sum()), r"int\(\) of Tensor.*placeholder 'x'"),
    (lambda: bool(X), "it has 6 elements; reduce it"),
    (lambda: len(BATCH), "its first size is not known"),
    (lambda: list(BATCH), "its first size is not known"),
    (lambda: len(X.sum()), "a scalar has no length"),
]


@pytest.mark.parametrize(("build", "message"), SHAPES + AXES)
def test_shapes(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(kt.ShapeError, match=message) as caught:
        build()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("build", "message"), AXES)
def test_axes(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(kt.AxisError, match=message) as caught:
        build()
    assert isinstance(caught.value, IndexError)


@pytest.mark.parametrize(("build", "message"), KINDS)
def test_kinds_of_values(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        build()


@pytest.mark.parametrize(("build", "message"), DTYPES)
def test_dtypes(build: Callable[[], Any], message: str) -> None:
    with pytest.raises((kt.DTypeError, kt.ArgumentError), match=message):
        build()


@pytest.mark.parametrize(("build", "message"), UNKNOWN)
def test_values_that_are_not_there(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(kt.ConcreteValueError, match=message):
        build()


def test_every_error_is_a_ktensor_error() -> None:
    from ktensor import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, kt.KTensorError)
        builtins = [base for base in kind.__mro__ if base.__module__ == "builtins" and base not in (Exception, object)]
        assert builtins[:-1] or kind is kt.KTensorError


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(kt.ConfigError, match="'jax'"), kt.config(engine="jax"):
        pass
    with pytest.raises(kt.ConfigError, match="'jax' is none of numpy, tensorflow, theano"):
        X.eval(engine="jax")


def test_a_missing_engine_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = base.BUILTIN["theano"]._replace(target="ktensor.engines.no_such_engine:Engine")
    monkeypatch.setattr(base, "BUILTIN", {**base.BUILTIN, "theano": missing})
    monkeypatch.setattr(sys.modules["ktensor.function"], "get_engine", base.get_engine.__wrapped__)
    with pytest.raises(kt.EngineNotInstalledError, match=r"install it with: pip install 'ktensor\[theano\]'"):
        kt.zeros((2,)).eval(engine="theano")
