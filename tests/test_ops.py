"""Every op on every engine, against NumPy: values, dtypes, static shapes, methods, operators, indexing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import FunctionType, SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from conftest import ENGINES, require_engine
from oracle import ARITHMETIC, BITWISE, COMPARISONS

import ktensor as kt
from ktensor.dtypes import ALL_DTYPES, as_dtype, promote
from ktensor.engines import base, numpy_engine
from ktensor.engines.base import get_engine
from ktensor.function import evaluate
from ktensor.graph import OPS, Node, NotDifferentiable, node_of, toposort, wrap
from ktensor.ops.shaping import shape
from ktensor.testing import BEHAVIOURS, CASES, LEAVES, Behaviour, Case, check

Array: TypeAlias = npt.NDArray[Any]

DTYPES = [d.name for d in ALL_DTYPES]
INTEGERS = [d.name for d in ALL_DTYPES if d.is_integer]

#: The first case of each op: the one that is compiled on Theano, whose compiler takes seconds.
REPRESENTATIVE = {case.op: case for case in reversed(CASES)}

#: Ops where sizes of 1 matter each in its own way: there Theano compiles all variants.
STRETCHING = {"add", "where", "matmul", "broadcast_to", "unbroadcast", "reshape", "take"}


# ---- The conformance suite, and whether it is complete ---------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(engine: str, case: Case) -> None:
    check(engine, case, compiled=engine != "theano")


@pytest.mark.slow
@pytest.mark.skipif("theano" not in ENGINES, reason="KTENSOR_TEST_ENGINES is without theano")
@pytest.mark.parametrize("case", REPRESENTATIVE.values(), ids=str)
def test_case_compiled_by_theano(case: Case) -> None:
    require_engine("theano")
    check("theano", case if case.op in STRETCHING else replace(case, sizes=case.sizes[:1]))


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: str(b.__name__))
def test_behaviour(engine: str, behaviour: Behaviour) -> None:
    behaviour(engine)


def without_erf() -> Any:
    """A third party's engine, which refuses an op."""
    foreign: Any = numpy_engine.NumpyEngine()
    foreign.name, foreign.title = "foreign", "Foreign"
    foreign.lowerings = {name: lower for name, lower in foreign.lowerings.items() if name != "erf"}
    foreign.refusals = {"erf": "it has no error function"}
    return foreign


def test_the_suite_serves_engines_of_third_parties(monkeypatch: pytest.MonkeyPatch) -> None:
    point = SimpleNamespace(name="foreign", load=lambda: without_erf)
    monkeypatch.setattr(base, "_plugins", lambda: {"foreign": point})
    for case in REPRESENTATIVE.values():
        if case.op != "erf":
            check("foreign", case)
    for behaviour in BEHAVIOURS:
        behaviour("foreign")
    with pytest.raises(kt.UnsupportedOpError, match="Foreign does not run erf: it has no error function"):
        check("foreign", REPRESENTATIVE["erf"])


def test_each_op_has_a_case() -> None:
    assert {case.op for case in CASES} == set(OPS) - LEAVES
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("op", sorted(set(OPS) - LEAVES))
def test_the_cases_notice_a_wrong_lowering(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lowerings: Any = numpy_engine.NumpyEngine.lowerings
    if op not in lowerings:
        pytest.skip("NumPy runs its decomposition")
    right = lowerings[op]

    def wrong(node: Node, *handles: Any) -> Any:
        result = right(node, *handles)
        if isinstance(result, tuple):
            return tuple(r + r.dtype.type(1) for r in result)
        return ~result if node.dtype is kt.bool_ else result + result.dtype.type(1)

    monkeypatch.setitem(lowerings, op, wrong)
    with pytest.raises(AssertionError, match="numpy: "):
        check("numpy", REPRESENTATIVE[op], compiled=False)


def test_a_case_notices_a_wrong_dtype_and_a_wrong_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    lowerings: Any = numpy_engine.NumpyEngine.lowerings
    exp, case = lowerings["exp"], REPRESENTATIVE["exp"]
    monkeypatch.setitem(lowerings, "exp", lambda node, x: exp(node, x).astype(np.float16))
    with pytest.raises(AssertionError, match="dtype float16, the tensor says float64"):
        check("numpy", case, compiled=False)
    monkeypatch.setitem(lowerings, "exp", lambda node, x: exp(node, x)[None])
    with pytest.raises(AssertionError, match=r"shape \(1, 2, 3\), NumPy has \(2, 3\)"):
        check("numpy", case, compiled=False)


@pytest.mark.parametrize("op", sorted(set(OPS) - LEAVES))
def test_each_op_runs_on_each_engine_or_says_why_not(engine: str, op: str) -> None:
    found = get_engine(engine)
    if op in found.refusals:
        assert op not in found.lowerings
        assert len(found.refusals[op]) > 10
    else:
        assert op in found.lowerings or OPS[op].decompose is not None


@pytest.mark.parametrize("op", sorted(OPS))
def test_each_op_has_a_gradient_or_says_why_not(op: str) -> None:
    gradient = OPS[op].grad
    if isinstance(gradient, NotDifferentiable):
        assert len(gradient.reason) > 10
    else:
        assert callable(gradient) or OPS[op].decompose is not None


def test_engines_lower_nothing_that_is_no_op(engine: str) -> None:
    assert set(get_engine(engine).lowerings) <= set(OPS)


@pytest.mark.parametrize("case", [c for c in CASES if OPS[c.op].decompose is not None], ids=str)
def test_a_lowering_agrees_with_the_decomposition(engine: str, case: Case) -> None:
    if case.op not in get_engine(engine).lowerings:
        pytest.skip(f"{engine} runs the decomposition")
    sizes = case.sizes[0]
    inputs, values = case.placeholders(sizes), case.values(sizes)
    lowered = case.build(*inputs)
    node = next(n for n in toposort([node_of(lowered)]) if n.op.name == case.op)
    assert node.op.decompose is not None
    composed = node.op.decompose(*map(wrap, node.inputs), **node.attrs)
    assert node_of(composed).shape == node.shape
    assert composed.dtype == wrap(node).dtype
    one, other = evaluate([wrap(node), composed], dict(zip(inputs, values)))
    close(one, other, node.dtype.name)


def test_where_with_a_condition_that_is_known(engine: str) -> None:
    """The branch that is taken is all that is left of it; it may have to be stretched."""
    x = kt.placeholder((None,))
    tensors = [kt.where(True, 0.0, x), kt.where(False, 0.0, x), kt.where(True, x, 0.0), kt.where([True, False], x, 2.0)]
    function = kt.function([x], tensors)
    fed = np.array([3.0, 4.0], "float32")
    for values in (evaluate(tensors, {x: fed}), function([fed])):
        assert [v.tolist() for v in values] == [[0.0, 0.0], [3.0, 4.0], [3.0, 4.0], [3.0, 2.0]]


# ---- One matrix of all public ops ------------------------------------------------------------------


def close(got: Array, wanted: Any, dtype: str, factor: float = 1.0) -> None:
    """Equal as far as the dtype goes."""
    relative, absolute = {"float16": (5e-3, 2e-3), "float32": (3e-5, 3e-6), "float64": (1e-9, 1e-11)}.get(dtype, (0, 0))
    if absolute:
        got, wanted = got.astype(np.float64), np.asarray(wanted, np.float64)
    np.testing.assert_allclose(got, wanted, rtol=relative * factor, atol=absolute * factor)


class Fixed:
    """A tensor whose dtype stays as it is, whatever dtype the row is tried with: indices, say."""

    def __init__(self, value: Any, dtype: str) -> None:
        self.array = np.asarray(value, dtype)


@dataclass(frozen=True)
class Row:
    """A call to try with tensors of all dtypes. Arrays among the arguments, and in lists, become tensors."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    #: What becomes of the dtype: "same"; "number": bools become int32; "float": all but floats become floatx; a dtype.
    result: str
    #: The kinds of dtypes that the op takes.
    kinds: str

    def __str__(self) -> str:
        shown = [str(a.shape) if isinstance(a, np.ndarray) else repr(a) for a in self.args if not isinstance(a, Fixed)]
        return f"{self.name}({', '.join(shown + [f'{k}={v}' for k, v in self.options.items()])})".replace(" ", "")

    @property
    def dtypes(self) -> list[str]:
        """The dtypes that the op takes."""
        return [d.name for d in ALL_DTYPES if d.kind in self.kinds]

    def dtype(self, dtype: str) -> str:
        """The dtype of the result for tensors of `dtype`."""
        if self.result == "float":
            return dtype if dtype.startswith("float") else "float32"
        if self.result == "number":
            return "int32" if dtype == "bool" else dtype
        return dtype if self.result == "same" else self.result

    def arguments(self, dtype: str, make: Callable[[Array], Any]) -> list[Any]:
        """The arguments with `make(array)` for each array, which is of `dtype` unless it is fixed."""

        def made(argument: Any) -> Any:
            if isinstance(argument, list) and argument and isinstance(argument[0], np.ndarray):
                return [made(a) for a in argument]
            if isinstance(argument, Fixed):
                return make(argument.array)
            return make(_as(argument, dtype)) if isinstance(argument, np.ndarray) else argument

        return [made(a) for a in self.args]

    def expected(self, dtype: str) -> list[Array]:
        """NumPy's results. Floats are taken as float64; ints too, if the result is of floats."""

        def widened(array: Array) -> Array:
            if array.dtype.kind == "f" or self.result == "float":
                return array.astype(np.float64)
            return array if array.dtype.kind == "b" and self.result == "same" else array.astype(np.int64)

        with np.errstate(all="ignore"):
            result = oracle.lookup(self.name)(*self.arguments(dtype, widened), **self.options)
        pieces = result if isinstance(result, list) else [result]
        return [np.asarray(p).astype(self.dtype(dtype)) for p in pieces]

    def build(self, arguments: Sequence[Any]) -> list[Any]:
        """The results as tensors."""
        made = getattr(kt, self.name)(*arguments, **self.options)
        return list(made) if isinstance(made, tuple) else [made]


def _as(array: Array, dtype: str) -> Array:
    return (np.abs(array) if dtype[0] in "bu" else array).astype(dtype)


def constant(array: Array) -> Any:
    """The array as a tensor of the same dtype."""
    return kt.constant(array, array.dtype)


def call(name: str, *args: Any, result: str = "same", kinds: str = "biuf", **options: Any) -> Row:
    """A row of the matrix."""
    return Row(name, args, options, result, kinds)


X = np.array([[1.3, -2.0, 0.5], [3.0, -1.1, 2.4]])
Y = np.array([[2.0, 1.0, -1.5], [1.0, 3.0, 2.0]])
P = np.array([[0.5, 1.0, 2.5], [3.0, 4.0, 1.5]])  # positive
U = np.array([[0.5, -0.5, 0.25], [0.75, -0.8, 0.1]])  # between -1 and 1
C = np.arange(24.0).reshape(2, 3, 4) - 7.0  # a cube
IMAGE = (np.arange(48.0) * 29 % 48 / 8 - 2.5).reshape(2, 4, 3, 2)  # no two elements alike
KERNEL = np.array([1.5, -2.0, 0.5, 1.0, -1.0, 3.0, 0.0, -0.5, 2.0, 1.0, -1.5, 0.5]).reshape(2, 3, 2, 1)
CHANNELS = np.array([-1.5, 2.0])
T = np.array([[True, False, True], [False, False, True]])
Q = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])  # distributions
ONE_HOT = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])

ROWS = [
    *(call(name, X, result="float") for name in ("exp", "expm1", "sin", "cos", "tan", "tanh", "erf", "sigmoid")),
    *(call(name, X, result="float") for name in ("softplus", "softsign", "hard_sigmoid", "elu")),
    *(call(name, P, result="float") for name in ("log", "log1p", "sqrt", "rsqrt")),
    *(call(name, X, result="number") for name in ("abs", "negative", "square", "sign", "relu")),
    *(call(name, X, result="number") for name in ("floor", "ceil", "round")),
    *(call(name, X, result="bool") for name in ("isnan", "isinf", "isfinite", "logical_not")),
    *(call(name, X, Y, result="number") for name in ("add", "subtract", "multiply")),
    *(call(name, X, Y) for name in ("maximum", "minimum")),
    *(call(name, X, P, result="number", kinds="iuf") for name in ("floor_divide", "mod")),
    *(call(name, X, Y, result="bool") for name in ("equal", "not_equal", "greater", "greater_equal", "less")),
    *(call(name, X, Y, result="bool") for name in ("less_equal", "logical_and", "logical_or", "logical_xor")),
    *(call(name, X, Y, kinds="biu") for name in ("bitwise_and", "bitwise_or", "bitwise_xor")),
    *(call(name, P, np.array([2.0, 1.0, 0.0]), result="number", kinds="biu") for name in ("left_shift", "right_shift")),
    call("invert", X, kinds="iu"),
    call("divide", X, P, result="float"),
    call("pow", P, P, result="number"),
    *(call("pow", X, n, result="number") for n in (0, 1, 2, 3)),
    *(call("pow", P, n, result="float") for n in (0.5, -1, -0.5)),
    call("elu", X, alpha=0.3, result="float"),
    call("elu", X, 0.3, result="float"),
    call("relu", X, max_value=2.0, result="float"),
    call("relu", X, alpha=0.1, result="float"),
    call("relu", X, alpha=0.1, max_value=2.0, threshold=1.0, result="float"),
    call("relu", X, threshold=1.0, result="float"),
    call("relu", X, alpha=0.1, max_value=0.6, threshold=-1.5, result="float"),
    call("clip", X, 0, 2, kinds="iuf"),
    call("clip", X, min_value=1, kinds="iuf"),
    call("clip", X, max_value=1, kinds="iuf"),
    call("clip", X, np.array([0.0, 1.0, 2.0]), np.array([[2.0], [1.0]])),  # also where max < min
    *(call("cast", X, dtype, result=dtype) for dtype in ("float64", "int32", "bool")),
    call("where", Fixed(T, "bool"), X, Y),
    call("where", Fixed(T, "bool"), X, 0, kinds="iuf"),
    *(call(name, C, result="number", axis=axis) for name in ("sum", "max", "min") for axis in (None, 1, (0, -1))),
    *(call(name, C, axis=-1, keepdims=True, result="number") for name in ("sum", "max", "min")),
    *(call("prod", P, result="number", axis=axis) for axis in (None, 1, (0, -1))),
    *(call(name, C, result="float", axis=axis) for name in ("mean", "var", "std") for axis in (None, 1, (0, 2))),
    *(call(name, C, axis=1, keepdims=True, result="float") for name in ("mean", "var", "std")),
    *(call(name, T, result="bool", axis=axis) for name in ("any", "all") for axis in (None, 0, (0, 1))),
    *(call(name, T, axis=-1, keepdims=True, result="bool") for name in ("any", "all")),
    *(call(name, X, result="int64") for name in ("argmax", "argmin")),
    *(call(name, X, axis, result="int64") for name in ("argmax", "argmin") for axis in (0, None)),
    *(call(name, P, axis, result="number") for name in ("cumsum", "cumprod") for axis in (0, 1)),
    *(call("logsumexp", X, axis, True, result="float") for axis in (None, 0, (0, 1))),
    call("logsumexp", X, result="float"),
    *(call(name, X, axis, result="float") for name in ("softmax", "log_softmax") for axis in (-1, 0)),
    *(call("l2_normalize", P, axis, result="float") for axis in (None, 1, (0, 1))),
    call("l2_normalize", np.zeros((2, 2)), axis=1, result="float"),
    call("matmul", X, Y.T, result="number"),
    call("matmul", C, np.ones((4, 5)), result="number"),
    call("matmul", np.ones(3), C, result="number"),
    call("matmul", C, np.arange(4.0), result="number"),
    call("matmul", np.arange(3.0), np.ones(3), result="number"),
    call("dot", X, Y.T, result="number"),
    call("dot", X, np.arange(24.0).reshape(4, 3, 2), result="number"),
    call("dot", np.arange(3.0), np.ones((3, 2)), result="number"),
    call("dot", X, np.arange(3.0), result="number"),
    call("dot", np.arange(3.0), np.ones(3), result="number"),
    call("dot", X, np.array(2.0), result="number"),
    call("tensordot", C, np.ones((3, 4, 2)), result="number"),
    call("tensordot", C, np.ones((4, 2)), 1, result="number"),
    call("tensordot", C, np.ones((4, 3)), ([2, 1], [0, 1]), result="number"),
    call("tensordot", X, Y, 0, result="number"),
    *(call("batch_dot", X, Y, axes, result="number") for axes in (None, 1, -1, (1, 1))),
    call("batch_dot", C, np.ones((2, 4, 5)), result="number"),
    call("batch_dot", C, np.ones((2, 4, 5)), axes=[2, 1], result="number"),
    call("batch_dot", C, np.ones((2, 5, 3)), axes=(1, 2), result="number"),
    call("batch_dot", C, np.ones((2, 4)), axes=(2, 1), result="number"),
    call("batch_dot", C, np.arange(120.0).reshape(2, 4, 3, 5) / 40 - 1, axes=(2, 1), result="number", kinds="f"),
    *(call("einsum", s, X, Y, result="number") for s in ("ij,kj->ik", "ij,ij->", "ij,ij->j", "ij,kl->ijkl", "ij,kj")),
    *(call("einsum", s, C, result="number") for s in ("ijk->kji", "ijk->i", "...k->...", "ijk")),
    *(call("einsum", s, np.ones((3, 3)) + np.eye(3), result="number") for s in ("ii->i", "ii->", "ii")),
    call("einsum", "...ij,...jk->...ik", C, np.ones((2, 1, 4, 2)), result="number"),
    call("einsum", "i,ij,j->", np.arange(2.0), X, np.arange(3.0), result="number"),
    call("batch_flatten", C),
    call("broadcast_to", X, (4, 2, 3)),
    call("expand_dims", X),
    call("expand_dims", X, 0),
    call("flatten", C),
    call("reshape", X, (3, 2)),
    call("reshape", X, 3, -1),
    call("reshape", X, -1),
    call("squeeze", np.ones((1, 3, 1))),
    call("squeeze", np.ones((1, 3, 1)), 0),
    call("squeeze", np.ones((1, 3, 1)), (0, -1)),
    call("transpose", C),
    call("transpose", C, (0, 2, 1)),
    call("transpose", C, 2, 0, -2),
    call("tile", X, 2),
    call("tile", X, (2, 1, 3)),
    call("tile", X, (0, 1)),
    call("repeat", X, 3),
    call("repeat_elements", X, 2, 0),
    call("repeat_elements", C, 3, -1),
    call("concatenate", [X, Y, X]),
    call("concatenate", [X, Y], 0),
    call("stack", [X, Y]),
    call("stack", [X, Y], -1),
    call("split", C, 2),
    call("split", C, 3, 1),
    call("split", C, [1, 0, 3], -1),
    call("pad", X, 1),
    call("pad", X, (1, 2)),
    call("pad", X, ((1, 0), (0, 2)), 7, kinds="iuf"),
    call("reverse", C, 1),
    call("reverse", C, (0, -1)),
    call("gather", X, Fixed([1, 0, 1], "int32")),
    call("gather", X, Fixed([[2, 0]], "uint8"), 1),
    call("gather", C, Fixed(2, "int64"), -1),
    call("one_hot", np.array([[2.0, 0.0], [1.0, 5.0]]), 3, result="float32", kinds="iu"),
    call("nonzero", X, result="int64"),
    call("categorical_crossentropy", Fixed(ONE_HOT, "float32"), Q, kinds="f"),
    call("binary_crossentropy", Fixed(ONE_HOT, "float32"), Q, kinds="f"),
    *(
        call(name, Fixed(ONE_HOT, "float32"), X, from_logits=True, result="float")
        for name in ("categorical_crossentropy", "binary_crossentropy")
    ),
    call("categorical_crossentropy", Fixed(ONE_HOT, "float32"), X, from_logits=True, axis=0, result="float"),
    call("sparse_categorical_crossentropy", Fixed([2, 0], "int32"), Q, kinds="f"),
    call("sparse_categorical_crossentropy", Fixed([[2], [0]], "int64"), X, from_logits=True, result="float"),
    call("sparse_categorical_crossentropy", Fixed([1, 0, 1], "float32"), X, from_logits=True, axis=0, result="float"),
    call("conv1d", IMAGE[0], KERNEL[0], result="float"),
    call("conv1d", IMAGE[0], KERNEL[:, 0], 2, "same", result="float"),
    call("conv1d", IMAGE[0], KERNEL[0], padding="causal", dilation_rate=2, result="float"),
    call("conv1d", IMAGE[0].swapaxes(1, 2), KERNEL[:, 0], (2,), "causal", "channels_first", result="float"),
    call("conv2d", IMAGE, KERNEL, result="float"),
    call("conv2d", IMAGE, KERNEL, (2, 1), "same", result="float"),
    call("conv2d", np.moveaxis(IMAGE, -1, 1), KERNEL, 1, "same", "channels_first", (1, 2), result="float"),
    call("conv3d", IMAGE[None], KERNEL[None], result="float"),
    call("conv3d", IMAGE.reshape(1, 2, 3, 4, 2), KERNEL[:, :, None], [1, 2, 2], "same", result="float"),
    call("conv2d_transpose", IMAGE[:, :2], KERNEL.swapaxes(2, 3), (2, 3, 5, 1), result="float"),
    call("conv2d_transpose", IMAGE[:, :2], KERNEL.swapaxes(2, 3), (2, 4, 5, 1), (2, 2), "same", result="float"),
    call(
        "conv2d_transpose", np.moveaxis(IMAGE[:, :2], -1, 1), KERNEL.swapaxes(2, 3), [2, 1, 2, 3], 1, "same",
        "channels_first", (2, 1), result="float",
    ),
    call("conv3d_transpose", IMAGE[None], KERNEL[None].swapaxes(3, 4), (1, 4, 5, 7, 1), (2, 1, 2), result="float"),
    call("depthwise_conv2d", IMAGE, KERNEL, result="float"),
    call("depthwise_conv2d", IMAGE, KERNEL.reshape(3, 1, 2, 2), (2, 1), "same", result="float"),
    call("depthwise_conv2d", np.moveaxis(IMAGE, -1, 1), KERNEL, 1, "same", "channels_first", 2, result="float"),
    call("separable_conv1d", IMAGE[0], KERNEL[0], X[None, :, :2].swapaxes(1, 2), result="float"),
    call("separable_conv1d", IMAGE[0], KERNEL.reshape(3, 2, 2), C[:1, :1].reshape(1, 4, 1), 2, "same", result="float"),
    call("separable_conv2d", IMAGE, KERNEL, X[None, None, :, :2].swapaxes(2, 3), 1, "same", result="float"),
    call(
        "separable_conv2d", np.moveaxis(IMAGE, -1, 1), KERNEL.reshape(3, 1, 2, 2), C[:1, :1].reshape(1, 1, 4, 1),
        (2, 2), "valid", "channels_first", result="float",
    ),
    call("pool2d", IMAGE, (2, 2), result="float"),
    call("pool2d", IMAGE, 2, (2, 3), "same", result="float"),
    call("pool2d", IMAGE, (3, 2), [2, 1], "same", pool_mode="avg", result="float"),
    call("pool2d", np.moveaxis(IMAGE, -1, 1), (2, 1), 2, "valid", "channels_first", "avg", result="float"),
    call("pool3d", IMAGE[None], 2, result="float"),
    call("pool3d", IMAGE[None], (2, 3, 2), (1, 2, 2), "same", None, "avg", result="float"),
    call("pool3d", np.moveaxis(IMAGE[None], -1, 1), (1, 3, 2), 2, "same", "channels_first", result="float"),
    call("bias_add", IMAGE, CHANNELS, result="number"),
    call("bias_add", X, P[0], "channels_first", result="number"),
    call("bias_add", np.moveaxis(IMAGE, -1, 1), CHANNELS, "channels_first", result="number"),
    call("bias_add", C, C[0], result="number"),
    call("bias_add", C, C[0].reshape(4, 3), data_format="channels_first", result="number"),
    call("batch_normalization", X, X[0], P[1], P[0], Y[0], result="float"),
    call("batch_normalization", IMAGE, CHANNELS, P[0, 1:], None, None, epsilon=0.5, result="float"),
    call("batch_normalization", C, X[0], P[0], Y[1], None, 1, result="float"),
    call("batch_normalization", C, X[:1, :, None], P[:1, :, None], Y[:1, :, None], X[1:, :, None], 1, result="float"),
    call("resize_images", IMAGE, 2, 3),
    call("resize_images", np.moveaxis(IMAGE, -1, 1), 1, 2, "channels_first"),
    call("resize_images", IMAGE, 3, 2, interpolation="bilinear", result="float"),
    call("resize_images", np.moveaxis(IMAGE, -1, 1), 2, 1, "channels_first", "bilinear", result="float"),
    call("local_conv1d", C, C.reshape(3, 4, 2), 1, 1, result="float"),
    call("local_conv1d", C, C.reshape(2, 12, 1)[:, :8], (2,), (1,), result="float"),
    call("local_conv1d", C, C.reshape(2, 6, 2), 2, 2, "channels_first", result="float"),
    call("local_conv2d", IMAGE, C.reshape(2, 12, 1), (3, 2), (1, 1), (1, 2), result="float"),
    call(
        "local_conv2d", np.moveaxis(IMAGE, -1, 1), C.reshape(4, 6, 1)[:, :4], (2, 1), (2, 2), (2, 2), "channels_first",
        result="float",
    ),
    call("in_top_k", X, Fixed([0, 2], "int32"), 1, result="bool"),
    call("in_top_k", np.round(Y), Fixed([1, 2], "int64"), 2, result="bool"),
    call("in_top_k", Q, Fixed([3, -1], "int32"), 3, result="bool"),
    call(
        "ctc_batch_cost", Fixed([[0, 1], [1, 9]], "int32"), np.abs(np.sin(C + 0.5)).swapaxes(1, 2)[:, :, :3],
        Fixed([4, 3], "int32"), Fixed([[2], [1]], "int64"), kinds="f",
    ),
    call("switch", Fixed(T, "bool"), X, Y),
    call("switch", Fixed([True, False], "bool"), X, Y),
    call("switch", Fixed(1, "int32"), X, Y),
    call("zeros_like", X),
    call("ones_like", X),
    call("full_like", X, 2, kinds="iuf"),
]  # fmt: skip


def public_ops() -> dict[str, Any]:
    """Every op that ktensor offers as a function."""
    found = {n: getattr(kt, n) for n in dir(kt)}
    return {n: f for n, f in found.items() if isinstance(f, FunctionType) and f.__module__.startswith("ktensor.ops.")}


#: Functions that make tensors of no tensor, and those that steer; they have tests of their own.
CREATE = {"arange", "constant", "eye", "full", "ones", "tensor", "zeros"}
STEER = {
    "control_dependencies", "identity", "in_test_phase", "in_train_phase", "learning_phase", "print_tensor",
    "stop_gradient",
}  # fmt: skip
#: What is drawn; test_random.py has its tests.
DRAWN = {"dropout"}
#: It gives a list and a tensor; test_ctc.py has its tests.
DECODE = {"ctc_decode"}
#: Functions of functions; test_loops.py has their tests.
LOOPS = {"foldl", "foldr", "map_fn", "rnn"}

#: Functions whose method is an operator, or that have none.
OPERATORS = {
    "add", "bitwise_and", "bitwise_or", "bitwise_xor", "divide", "floor_divide", "full_like", "invert", "left_shift",
    "mod", "multiply", "negative", "nonzero", "ones_like", "right_shift", "subtract", "zeros_like",
}  # fmt: skip

#: DESIGN section 4, without networks and state.
METHODS = [
    "abs", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "sign", "round", "floor", "ceil", "sin",
    "cos", "tan", "tanh", "erf", "sigmoid", "hard_sigmoid", "relu", "elu", "softplus", "softsign", "clip",
    "maximum", "minimum", "pow", "where", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal",
    "logical_and", "logical_or", "logical_not", "isnan", "isinf", "isfinite", "cast", "astype", "sum", "mean",
    "max", "min", "prod", "var", "std", "any", "all", "argmax", "argmin", "logsumexp", "cumsum", "cumprod",
    "softmax", "log_softmax", "l2_normalize", "dot", "matmul", "batch_dot", "transpose", "tensordot", "einsum",
    "reshape", "flatten", "batch_flatten", "expand_dims", "squeeze", "tile", "repeat", "repeat_elements",
    "concatenate", "stack", "split", "broadcast_to", "pad", "reverse", "gather", "one_hot",
    "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "conv1d", "conv2d", "conv3d",
    "conv2d_transpose", "conv3d_transpose", "depthwise_conv2d", "separable_conv1d", "separable_conv2d", "pool2d",
    "pool3d", "bias_add", "batch_normalization", "resize_images", "dropout", "local_conv1d", "local_conv2d", "in_top_k",
    "ctc_batch_cost", "ctc_decode",
    "foldl", "foldr", "map_fn", "rnn", "switch",
]  # fmt: skip


def test_the_matrix_has_every_public_op() -> None:
    assert {row.name for row in ROWS} == set(public_ops()) - CREATE - STEER - DRAWN - DECODE - LOOPS


def test_every_op_is_a_method_and_a_function() -> None:
    functions = set(public_ops())
    assert set(METHODS) - {"astype"} <= functions
    for name in functions - CREATE - OPERATORS - (STEER - {"identity", "print_tensor", "stop_gradient"}):
        assert callable(getattr(kt.Tensor, name)), name
    assert all(callable(getattr(kt.Tensor, name)) for name in METHODS)


@pytest.mark.parametrize("name", sorted(public_ops()))
def test_each_op_is_documented(name: str) -> None:
    documentation = public_ops()[name].__doc__
    assert documentation
    assert documentation.strip().endswith((".", ")"))


def by_method(row: Row, arguments: Sequence[Any]) -> list[Any]:
    """The row's results, by the method of the same name."""
    first, *others = arguments
    if row.name in ("concatenate", "stack"):
        made = getattr(first[0], row.name)(first[1:], *others, **row.options)
    elif row.name == "einsum":
        made = others[0].einsum(first, *others[1:])
    else:
        made = getattr(first, row.name)(*others, **row.options)
    return list(made) if isinstance(made, tuple) else [made]


def check_results(row: Row, dtype: str, tensors: Sequence[Any], values: Sequence[Array]) -> None:
    """Values, dtypes and shapes are NumPy's, and what the tensors promised."""
    expected = row.expected(dtype)
    assert len(tensors) == len(values) == len(expected)
    for tensor, got, wanted in zip(tensors, values, expected):
        assert tensor.dtype == got.dtype.name == row.dtype(dtype), dtype
        assert got.shape == wanted.shape, dtype
        assert len(tensor.shape) == got.ndim
        assert all(size in (None, n) for size, n in zip(tensor.shape, got.shape)), dtype
        close(got, wanted, row.dtype(dtype), factor=3.0)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_op(engine: str, row: Row) -> None:
    """All dtypes at once, as a function and as a method, evaluated at once and compiled."""
    results = [(dtype, row.build(row.arguments(dtype, constant))) for dtype in row.dtypes]
    if row.name not in OPERATORS:
        dtype = row.dtypes[-1]
        results.append((dtype, by_method(row, row.arguments(dtype, constant))))
    flat = [tensor for _, tensors in results for tensor in tensors]
    values = iter(evaluate(flat))
    compiled = iter([] if engine == "theano" else kt.function([], flat)([]))  # its compiler takes seconds
    for dtype, tensors in results:
        if row.name != "nonzero":
            assert all(None not in tensor.shape for tensor in tensors), "static shapes are lost"
        check_results(row, dtype, tensors, [next(values) for _ in tensors])
        if engine != "theano":
            check_results(row, dtype, tensors, [next(compiled) for _ in tensors])


#: Without an axis, `squeeze` drops what is known to be 1.
@pytest.mark.parametrize("row", [r for r in ROWS if r.name != "squeeze" or len(r.args) > 1], ids=str)
def test_op_with_unknown_sizes(engine: str, row: Row) -> None:
    feeds: dict[Any, Array] = {}

    def fed(array: Array) -> Any:
        made = kt.placeholder((None,) * array.ndim, array.dtype)
        feeds[made] = array
        return made

    dtype = row.dtypes[-1]
    tensors = row.build(row.arguments(dtype, fed))
    check_results(row, dtype, tensors, evaluate(tensors, feeds))
    if engine != "theano":
        check_results(row, dtype, tensors, kt.function(list(feeds), tensors)(list(feeds.values())))


# ---- Making tensors --------------------------------------------------------------------------------


def test_creation(engine: str) -> None:
    made: list[tuple[Any, Any]] = [
        (kt.zeros((2, 3)), np.zeros((2, 3), "float32")),
        (kt.ones(2, "int8"), np.ones(2, "int8")),
        (kt.full((2, 0), 7), np.full((2, 0), 7, "float32")),
        (kt.full((), True, "bool"), np.array(True)),
        (kt.eye(2, 3), np.eye(2, 3, dtype="float32")),
        (kt.eye(2, dtype="bool"), np.eye(2, dtype=bool)),
        (kt.arange(5), np.arange(5, dtype="int32")),
        (kt.arange(1, 2, 0.25), np.arange(1, 2, 0.25, "float32")),
        (kt.arange(5, -5, -3, "float64"), np.arange(5, -5, -3, "float64")),
        (kt.constant([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]], "int32")),
        (kt.constant([kt.constant(1), 2.5]), np.array([1, 2.5], "float32")),
        (kt.tensor(3.5, "float16"), np.array(3.5, "float16")),
        (kt.zeros_like(kt.ones((2, 1), "uint8")), np.zeros((2, 1), "uint8")),
        (kt.ones_like([1.5], "int64"), np.ones(1, "int64")),
    ]
    for (tensor, wanted), got in zip(made, evaluate([tensor for tensor, _ in made])):
        assert tensor.shape == wanted.shape == got.shape
        assert tensor.dtype == wanted.dtype == got.dtype
        np.testing.assert_array_equal(got, wanted)


def test_sizes_that_only_a_tensor_knows(engine: str) -> None:
    x = kt.placeholder((None, 3))
    rows = shape(x)[0]
    made = [kt.zeros((rows, 2)), kt.arange(rows), x.reshape((rows * 3,)), kt.ones_like(x), kt.tile(x, (1, rows))]
    for n in (0, 1, 4):
        got = evaluate(made, {x: np.ones((n, 3), "float32")})
        assert [g.shape for g in got] == [(n, 2), (n,), (3 * n,), (n, 3), (n, 3 * n)]
    assert [t.shape for t in made] == [(None, 2), (None,), (None,), (None, 3), (None, None)]


def test_training_and_test_branches(engine: str) -> None:
    x = kt.placeholder((2,))
    both = [kt.in_train_phase(x * 2.0, x), kt.in_test_phase(lambda: x * 3.0, x), kt.learning_phase()]
    for training, wanted in ((False, [1.0, 3.0, False]), (True, [2.0, 1.0, True])):
        with kt.config(learning_phase=training):
            got = evaluate(both, {x: [1.0, 1.0]})
        assert [g.reshape(-1)[0] for g in got] == wanted


# ---- Operators and what stands beside a tensor -----------------------------------------------------

#: What users write beside a tensor of shape (2, 3), on either side.
OTHERS: dict[str, Any] = {
    "int": 2,
    "float": 2.5,
    "np.float64": np.float64(2.5),
    "np.int8": np.int8(2),
    "vector": np.array([1.0, 2.0, 3.0]),
    "integers": np.array([[1], [2]]),
    "0-d array": np.array(3.0),
    "list": [3, 2, 1],
    "nested list": [[1.5], [2.5]],
    "tuple": (3.0, 2.0, 1.0),
}


@pytest.mark.parametrize("symbol", [*ARITHMETIC, *COMPARISONS])
def test_operators_on_both_sides(engine: str, symbol: str) -> None:
    apply = (ARITHMETIC | COMPARISONS)[symbol]
    array = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = kt.constant(array, "float32")
    made = [(f"tensor {symbol} {n}", apply(x, o), apply(array, np.asarray(o))) for n, o in OTHERS.items()]
    made += [(f"{n} {symbol} tensor", apply(o, x), apply(np.asarray(o), array)) for n, o in OTHERS.items()]
    dtype = "bool" if symbol in COMPARISONS else "float32"
    for (what, tensor, wanted), got in zip(made, evaluate([tensor for _, tensor, _ in made])):
        assert isinstance(tensor, kt.Tensor), what
        assert tensor.dtype == got.dtype == dtype, what
        np.testing.assert_allclose(got, wanted, rtol=1e-5, err_msg=what)


@pytest.mark.parametrize("symbol", BITWISE)
def test_bitwise_operators_on_both_sides(engine: str, symbol: str) -> None:
    apply = BITWISE[symbol]
    array = np.array([[1, 2, 3], [4, 5, 6]], "int32")
    x = kt.constant(array)
    others = [2, np.int32(2), np.array([1, 2, 3]), [[1], [2]]]
    made = [(apply(x, o), apply(array, np.asarray(o))) for o in others]
    made += [(apply(o, x), apply(np.asarray(o), array)) for o in others]
    for (tensor, wanted), got in zip(made, evaluate([tensor for tensor, _ in made])):
        assert tensor.dtype == got.dtype == "int32"
        np.testing.assert_array_equal(got, wanted)


def test_truth_operators(engine: str) -> None:
    p, q = np.array([True, True, False]), np.array([True, False, False])
    x, y = kt.constant(p), kt.constant(q)
    pairs = [(x & y, p & q), (x | y, p | q), (x ^ y, p ^ q), (~x, ~p), (x & q, p & q), (p | y, p | q), (x ^ True, ~p)]
    for (tensor, wanted), got in zip(pairs, evaluate([tensor for tensor, _ in pairs])):
        assert tensor.dtype == got.dtype == "bool"
        np.testing.assert_array_equal(got, wanted)


def test_other_operators(engine: str) -> None:
    array = np.array([[1.26, -2.0], [3.55, 4.5]])
    x = kt.constant(array, "float64")
    pairs = [
        (-x, -array),
        (+x, array),
        (abs(x), abs(array)),
        (round(x), np.round(array)),
        (round(x, 1), np.round(array, 1)),
        (x.T, array.T),
        (x @ array, array @ array),
        (array @ x, array @ array),
        (x @ [1.0, 2.0], array @ [1.0, 2.0]),
        ([1.0, 2.0] @ x, [1.0, 2.0] @ array),
        *zip(divmod(x, 2), divmod(array, 2)),
        *zip(divmod(7.0, x), divmod(7.0, array)),
    ]
    for (_, wanted), got in zip(pairs, evaluate([tensor for tensor, _ in pairs])):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_in_place_operators_make_a_new_tensor(engine: str) -> None:
    x = original = kt.constant([1.0, 2.0])
    x += 1
    x *= [2.0, 3.0]
    assert original.eval().tolist() == [1.0, 2.0]
    assert x.eval().tolist() == [4.0, 9.0]


# ---- Dtypes ----------------------------------------------------------------------------------------

#: The tensor's dtype, what it meets, and what `+` gives: the tensor's dtype, unless the other is of a higher kind.
WEAK: list[tuple[str, Any, str]] = [
    *((dtype, 2, dtype) for dtype in DTYPES[1:]),
    *((dtype, 2.5, dtype if dtype.startswith("float") else "float32") for dtype in DTYPES),
    *((dtype, True, "int32" if dtype == "bool" else dtype) for dtype in DTYPES),
    *((dtype, [1, 2], "int32" if dtype == "bool" else dtype) for dtype in DTYPES),
    *((dtype, np.float64(2.5), dtype if dtype.startswith("float") else "float32") for dtype in DTYPES),
    *((dtype, np.array([1, 2], "int64"), "int64" if dtype == "bool" else dtype) for dtype in DTYPES),
    *((dtype, np.array([1, 2], "uint8"), "uint8" if dtype == "bool" else dtype) for dtype in DTYPES),
    *((dtype, np.array([1.5, 2]), dtype if dtype.startswith("float") else "float32") for dtype in DTYPES),
    ("bool", 2, "int32"),
]


@pytest.mark.parametrize(("dtype", "other", "result"), WEAK)
def test_what_is_no_tensor_takes_the_tensors_dtype(dtype: str, other: Any, result: str) -> None:
    x = kt.constant([1, 1], dtype)
    assert (x + other).dtype == (other + x).dtype == result
    assert (x < other).dtype == "bool"


@pytest.mark.parametrize("left", DTYPES)
def test_two_tensors_meet_in_the_lattice(engine: str, left: str) -> None:
    pairs = []
    for right in DTYPES:
        common = promote(as_dtype(left), as_dtype(right))
        x, y = kt.constant([1, 0], left), kt.constant([1, 1], right)
        number = kt.int32 if common is kt.bool_ else common
        pairs += [(x + y, number), (kt.maximum(x, y), common), (x / y, common if common.is_float else kt.float32)]
        pairs += [(x == y, kt.bool_), (kt.concatenate([x, y]), common), (kt.where([True, False], x, y), common)]
    for (tensor, dtype), got in zip(pairs, evaluate([tensor for tensor, _ in pairs])):
        assert tensor.dtype is dtype
        assert got.dtype == dtype.name


def test_numbers_that_do_not_fit() -> None:
    x = kt.constant([1, 2], "int8")
    with pytest.raises(kt.DTypeError, match="1000 does not fit in int8, which holds -128 to 127"):
        x + 1000  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.DTypeError, match="from 1 to 300 does not fit in int8"):
        x + np.array([1, 300])  # type: ignore[tensor-dtype]  # what is tested
    with pytest.raises(kt.DTypeError, match="-1 does not fit in uint8"):
        kt.constant([1], "uint8") * -1  # type: ignore[tensor-dtype]  # what is tested


@pytest.mark.parametrize("floatx", ["float16", "float32", "float64"])
def test_floatx_decides_where_nothing_else_does(engine: str, floatx: Any) -> None:
    before = kt.constant([1.5])
    with kt.config(floatx=floatx):
        integers = kt.constant([3, 4])
        made = [
            kt.constant([1.5]),
            kt.zeros(2),
            integers / integers,
            integers.mean(),
            integers.exp(),
            integers.softmax(),
            integers * 1.5,
            integers.one_hot(5),
            integers**-1,
            kt.arange(3) * 0.5,
            integers.cast("bool").mean(),
        ]
        kept = [before + 1.5, integers + 1, integers.sum(), before.mean()]
    for tensor, got in zip(made, evaluate(made)):
        assert tensor.dtype == got.dtype == floatx, tensor
    assert [t.dtype.name for t in kept] == ["float32", "int32", "int32", "float32"]
    assert [g.dtype.name for g in evaluate(kept)] == ["float32", "int32", "int32", "float32"]


def test_ops_refuse_dtypes_that_make_no_sense() -> None:
    floats, integers = kt.constant([1.5, 2.5]), kt.constant([1, 2])
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: floats & integers, "bitwise_and: needs integers .* not float32"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: ~floats, "invert: needs integers .* not float32"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats << 1, "left_shift: needs integers .* not float32"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats.gather(floats), "gather: indices must be integers, not float32; cast them"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats.one_hot(3), "one_hot: indices must be integers, not float32; cast them"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats[floats], "index: the index must be integers, not float32; cast them"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats[1.0], "index: 1.0 is a float, not an integer"),  # type: ignore[tensor-dtype]  # what is tested
        (lambda: floats.cast("float128"), "unknown dtype 'float128'; use one of bool, int8"),  # type: ignore[tensor-dtype]  # what is tested
    ]
    for wrong, message in refused:
        with pytest.raises(kt.DTypeError, match=message):
            wrong()


# ---- Indexing --------------------------------------------------------------------------------------

CUBE = np.arange(60.0).reshape(4, 3, 5)
KEYS: list[Any] = [
    0, -1, np.int64(2), (1, 2), (1, -1, 4), (), ...,
    np.s_[1:], np.s_[:-1], np.s_[::2], np.s_[::-1], np.s_[3:0:-2], np.s_[-3:-1], np.s_[2:2], np.s_[10:], np.s_[-10:10],
    np.s_[:, 1], np.s_[:, 1:], np.s_[..., 0], np.s_[..., ::-2], np.s_[1, ..., 2], np.s_[:, :, -1], np.s_[0, ...],
    None, np.s_[None, 0], np.s_[:, None], np.s_[..., None], np.s_[None, ..., None, 1], np.s_[0, None, :, None],
    [0, 2, 2], [[0, 1], [2, 3]], np.array([-1, 0]), np.s_[:, [0, 2]], np.s_[..., [4, 0]], np.s_[1, [0, 2]],
    np.s_[[0, 1], [1, 2]], np.s_[[0, 1], :, [1, 2]], np.s_[:, [0, 2], [1, 4]], np.s_[[[0], [3]], [0, 2]],
    np.s_[0, :, [1, 4]], np.s_[None, [0, 1], ..., None], np.s_[[1, 0], None, 1], np.s_[1:, [0, 2], ::2],
    np.s_[np.array([1, 2], "uint8")], np.s_[np.array([], int)],
    CUBE > 20, np.array([True, False, True, False]), np.s_[:, np.array([True, False, True])],
    np.s_[np.array([True, False, True, False]), 1], np.s_[np.array([True, False, False, True]), :, [1, 2]],
    CUBE[:, :, 0] > 20, np.zeros(4, bool), np.s_[..., np.array([True, False, True, False, True])],
]  # fmt: skip


def test_indexing(engine: str) -> None:
    """Every kind of key, with known and with unknown sizes."""
    known, unknown = kt.placeholder(CUBE.shape, "float64"), kt.placeholder((None,) * 3, "float64")
    tensors = [x[key] for key in KEYS for x in (known, unknown)]
    values = evaluate(tensors, {known: CUBE, unknown: CUBE})
    for i, key in enumerate(KEYS):
        wanted = CUBE[key]
        for tensor, got in zip(tensors[2 * i : 2 * i + 2], values[2 * i : 2 * i + 2]):
            np.testing.assert_array_equal(got, wanted, err_msg=f"key {key}", strict=True)
            assert len(tensor.shape) == wanted.ndim, key
            assert all(s in (None, n) for s, n in zip(tensor.shape, wanted.shape)), key
        has_mask = any(getattr(part, "dtype", None) == "bool" for part in (key if isinstance(key, tuple) else (key,)))
        assert has_mask or tensors[2 * i].shape == wanted.shape, f"{key}: the static shape is lost"


def test_indexing_with_tensors(engine: str) -> None:
    x = kt.placeholder((None, 3, 5), "float64")
    i, j = kt.placeholder((), "int32"), kt.placeholder((), "int64")
    several = kt.placeholder((None,), "int32")
    mask = kt.placeholder((None,), "bool")
    made = [
        x[i], x[:, j], x[i, j], x[i:], x[:i], x[i::2], x[..., i:j], x[1, i:], x[several], x[several, j],
        x[:, 0, several], x[several, :, several], x[mask], x[mask, i], x[x > 20], x[x.sum((1, 2)) > 100],
        x[several][:, ::-1],
    ]  # fmt: skip
    for a, b, c in ((0, 1, [0, 3]), (-1, -2, [-1, 0]), (2, 2, [1])):
        picked, truth = np.array(c), np.array([True, False, False, True])
        wanted = [
            CUBE[a], CUBE[:, b], CUBE[a, b], CUBE[a:], CUBE[:a], CUBE[a::2], CUBE[..., a:b], CUBE[1, a:], CUBE[picked],
            CUBE[picked, b], CUBE[:, 0, picked], CUBE[picked, :, picked], CUBE[truth], CUBE[truth, a], CUBE[CUBE > 20],
            CUBE[CUBE.sum((1, 2)) > 100], CUBE[picked][:, ::-1],
        ]  # fmt: skip
        got = evaluate(made, {x: CUBE, i: a, j: b, several: c, mask: truth})
        for position, (tensor, value, right) in enumerate(zip(made, got, wanted)):
            np.testing.assert_array_equal(value, right, err_msg=f"key {position} with {a, b, c}", strict=True)
            assert all(s in (None, n) for s, n in zip(tensor.shape, right.shape)), position


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (np.s_[0, 0, 0, 0], r"4 indices for \(4, 3, 5\) of rank 3"),
        (4, r"4 is out of range for axis 0 of \(4, 3, 5\); use -4 to 3"),
        (np.s_[:, -4], "-4 is out of range for axis 1"),
        (np.s_[:, [0, 3]], "3 is out of range for axis 1"),
        (np.s_[[0, 1], [0, 1, 2]], "do not broadcast"),
        (np.s_[..., ...], r"only one '\.\.\.' is allowed"),
        (np.zeros(3, bool), r"the mask of shape \(3,\) does not fit the axes from 0 on of \(4, 3, 5\)"),
    ],
)
def test_wrong_keys(key: Any, message: str) -> None:
    with pytest.raises(IndexError):  # what NumPy raises, and what ours derive from
        CUBE[key]
    with pytest.raises(kt.ShapeError, match=message):
        kt.constant(CUBE)[key]


def test_a_slice_with_step_0() -> None:
    with pytest.raises(ValueError, match="index: the slice's step is 0"):
        kt.constant(CUBE)[::0]  # type: ignore[tensor-shape]  # what is tested


# ---- Sparse tensors --------------------------------------------------------------------------------


def test_sparse(engine: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    x = kt.placeholder((None, 4), sparse=True)
    y, z = kt.placeholder((4, None)), kt.placeholder((4,))
    made: list[Any] = [x.dot(y), x @ y, x.dot(z), x.to_dense(), x.to_dense() * 2.0, x, x.dot(np.eye(4))]
    function = kt.function([x, y, z], made)
    dense = np.array([[0, 2, 0, 0], [1, 0, 0, 3], [0, 0, 0, 0]], "float32")
    right, vector = np.arange(8, dtype="float32").reshape(4, 2), np.arange(4, dtype="float32")
    repeated = sparse.coo_matrix(([1, 1, 1, 3], ([0, 0, 1, 1], [1, 1, 0, 3])), (3, 4))  # duplicates add up
    for matrix in (sparse.csr_matrix(dense), sparse.csc_matrix(dense), sparse.coo_array(dense), repeated):
        wanted = [dense @ right, dense @ right, dense @ vector, dense, 2 * dense, dense, dense]
        for got in (evaluate(made, {x: matrix, y: right, z: vector}), function([matrix, right, vector])):
            for value, array in zip(got, wanted):
                assert value.dtype == np.float32
                np.testing.assert_allclose(value, array)
    assert [t.shape for t in made] == [(None, None), (None, None), (None,), (None, 4), (None, 4), (None, 4), (None, 4)]


def test_sparse_tensors_are_refused_where_only_dense_ones_are_taken() -> None:
    x = kt.placeholder((3, 4), sparse=True)
    with pytest.raises(kt.ArgumentError, match=r"exp: x is a sparse tensor.*to_dense\(\)"):
        kt.exp(x)  # type: ignore[arg-type,tensor-shape]  # that is the point
    with pytest.raises(kt.ShapeError, match="inner dimensions 4 and 3 differ"):
        x.dot(np.ones((3, 2)))  # type: ignore[tensor-shape]  # what is tested
