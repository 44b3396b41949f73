"""The NumPy engine's kernels, compiled by numba: what the lowerings give."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_properties import examples

import ktensor as kt
from ktensor.dtypes import ALL_DTYPES, DType
from ktensor.engines import buffers
from ktensor.engines.numpy_engine import blocks, forms, groups, kernels
from ktensor.engines.numpy_engine.groups import Group, steps
from ktensor.engines.numpy_engine.lowerings import LOWERINGS
from ktensor.graph import Node, node_of, toposort
from ktensor.ops import elementwise

pytest.importorskip("numba")

Array: TypeAlias = npt.NDArray[Any]

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _any_size(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Groups of the smallest arrays are compiled."""
    monkeypatch.setattr(groups, "LARGE", 1)
    monkeypatch.setattr(kernels, "_WORTH_CALL", 0)
    with kt.config(engine="numpy"), np.errstate(all="ignore"):
        yield


def group_of(inputs: Sequence[Any], outputs: Sequence[Any]) -> Group:
    """All that the outputs need as one group, in which the inputs are aligned."""
    results = tuple(dict.fromkeys(node_of(x) for x in outputs))
    operands = [node_of(x) for x in inputs]
    order = [n for n in toposort(results) if n not in operands]
    constants = [n for n in order if n.op.name == "constant"]
    nodes = tuple(n for n in order if n not in constants)
    aligned = (True,) * len(operands) + (False,) * len(constants)
    return Group(nodes, (*operands, *constants), aligned, results, True)


def made(inputs: Sequence[Any], outputs: Sequence[Any]) -> kernels.Kernel:
    kernel = kernels.kernel(group_of(inputs, outputs))
    assert kernel is not None
    return kernel


def lowered(inputs: Sequence[Any], outputs: Sequence[Any], arrays: Sequence[Array]) -> list[Array]:
    """What the lowerings give."""
    group = group_of(inputs, outputs)
    values: dict[Node, Any] = dict(zip(map(node_of, inputs), arrays))
    for n in group.operands[len(inputs) :]:
        values[n] = np.asarray(n.attrs["value"], n.dtype.dtype)[()]
    for node in group.nodes:
        values[node] = LOWERINGS[node.op.name](node, *(values[n] for n in node.inputs))
    return [values[n] for n in group.results]


def check(inputs: Sequence[Any], outputs: Sequence[Any], arrays: Sequence[Array]) -> None:
    """The kernel gives exactly what the lowerings give."""
    kept = [array.copy() for array in arrays]
    results = made(inputs, outputs)(*arrays)
    assert results is not None
    for tensor, got, wanted in zip(outputs, results, lowered(inputs, outputs, arrays)):
        np.testing.assert_array_equal(got, wanted, str(node_of(tensor)), strict=True)
    np.testing.assert_array_equal(arrays, kept)


# ---- Each op -----------------------------------------------------------------------------------------


def special(dtype: type[DType]) -> Array:
    """The values at which ops differ."""
    if dtype.kind == "b":
        return np.array([False, True])
    small = [0, 1, 2, 3, 7, 8, 31, 63, 100, 127]
    if dtype.kind == "u":
        return np.array([*small, 2 ** (8 * dtype.itemsize) - 1, 2 ** (8 * dtype.itemsize) - 2], dtype.dtype)
    signed = [*small, *(-n for n in small)]
    if dtype.kind == "i":
        largest = 2 ** (8 * dtype.itemsize - 1) - 1
        return np.array([*signed, largest, -largest - 1], dtype.dtype)
    info: Any = np.finfo(dtype.name)
    odd = [0.5, 1.5, 2.5, 0.1, 1e-3, float(info.tiny), float(info.smallest_subnormal), float(info.max), math.inf]
    return np.array([*signed, *odd, *(-x for x in odd), -0.0, math.nan], dtype.dtype)


#: Not exactly what NumPy gives: see `test_functions_of_floats`.
INEXACT = {"erf", "exp", "expm1", "log", "log1p", "sigmoid", "softplus", "tanh"}
UNARY = {"abs", "ceil", "floor", "invert", "isfinite", "isinf", "isnan", "logical_not", "negative", "relu", "round"}
UNARY |= {"sign", "sqrt", "square", "sigmoid"}
DTYPES = [dtype for dtype in ALL_DTYPES if dtype is not kt.float16]


def calls(x: Any, y: Any, c: Any) -> list[Any]:
    """Each op that takes the dtype, of x and y; c is a truth value."""
    found = []
    for name in sorted(set(forms._FORMS) - INEXACT):
        function: Callable[..., Any] = getattr(elementwise, name)
        try:
            found.append(function(c, x, y) if name == "where" else function(x) if name in UNARY else function(x, y))
        except kt.DTypeError:
            continue
    return found


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_op(dtype: type[DType]) -> None:
    x, y, c = kt.placeholder((None,), dtype), kt.placeholder((None,), dtype), kt.placeholder((None,), "bool")
    outputs = [t for t in calls(x, y, c) if all(map(forms.form, group_of([x, y, c], [t]).nodes))]
    pairs = np.array(list(itertools.product(special(dtype), repeat=2)), dtype.dtype)
    arrays = [np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]), RANDOM.random(len(pairs)) > 0.5]
    check([x, y, c], outputs, arrays)


def test_every_form_is_tested() -> None:
    seen = set()
    for dtype in DTYPES:
        x, y, c = kt.placeholder((None,), dtype), kt.placeholder((None,), dtype), kt.placeholder((None,), "bool")
        nodes = toposort([node_of(t) for t in calls(x, y, c)])
        seen |= {(n.op.name, n.inputs[-1].dtype.kind) for n in nodes if n.inputs}
    wanted = {(name, kind) for name, kinds in forms._FORMS.items() for kind in kinds if name not in INEXACT}
    assert wanted <= seen, wanted - seen
    assert set(forms._FORMS) <= set(groups._ELEMENTWISE)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_casts(dtype: type[DType]) -> None:
    x = kt.placeholder((None,), dtype)
    outputs = [t for t in (x.cast(other) for other in DTYPES if other is not dtype) if forms.form(node_of(t))]
    if dtype.is_float:  # what does not fit into an integer has no meaning
        floats = [t for t in outputs if not node_of(t).dtype.is_integer]
        whole = [t for t in outputs if node_of(t).dtype.is_integer]
        check([x], floats, [special(dtype)])
        check([x], whole, [np.array([0.0, 0.5, 0.99, 1.5, 2.5, 100.7, 127.0], dtype.dtype)])
        signed = [t for t in whole if node_of(t).dtype.kind == "i"]
        check([x], signed, [np.array([-0.0, -0.5, -0.99, -1.5, -128.0], dtype.dtype)])
    else:
        check([x], outputs, [special(dtype)])
    assert all(kernels.kernel(group_of([x], [t])) for t in outputs)


def test_half_floats_and_ops_without_a_form_are_left_to_numpy() -> None:
    x, h = kt.placeholder((None,)), kt.placeholder((None,), "float16")
    for outputs in ([x.sin() * 2.0], [x.cast("float16")], [x.cast("uint64")], [h * h]):
        assert kernels.kernel(group_of([x, h], outputs)) is None


# ---- Functions of floats -----------------------------------------------------------------------------

#: The largest error in units in the last place, as `scalars` has it, for float32 and float64.
ERRORS = {
    "erf": (6, 1),
    "exp": (2, 2),
    "expm1": (3, 3),
    "log": (2, 2),
    "log1p": (3, 3),
    "sigmoid": (3, 3),
    "softplus": (3, 3),
    "tanh": (5, 4),
}
WIDE: dict[str, Callable[[Array], Array]] = {
    "erf": lambda x: np.vectorize(math.erf)(x.astype("float64")),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
}


def spread(dtype: Any) -> Array:
    """Numbers of every size and sign."""
    info = np.finfo(dtype)
    sizes = np.geomspace(float(info.tiny), float(info.max), 20_001)
    near = np.concatenate([np.linspace(0, 30, 50_001), np.linspace(0, 800, 20_001), np.linspace(0.5, 2, 20_001)])
    past_one = 1 + np.geomspace(float(info.eps), 1, 1001)
    one = np.concatenate([sizes, near, past_one, special(getattr(kt, dtype.__name__))])
    both: Array = np.concatenate([one, -one]).astype(dtype)
    return both


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(ERRORS))
def test_functions_of_floats(name: str, dtype: Any) -> None:
    x = kt.placeholder((None,), dtype)
    values = spread(dtype)
    results = made([x], [getattr(kt, name)(x)])(values)
    assert results is not None
    got = results[0]
    assert got.dtype == dtype
    exact = WIDE.get(name, getattr(np, name, None))
    assert exact is not None
    wide = exact(values.astype(np.float64 if dtype is np.float32 else np.longdouble))
    wanted = wide.astype(dtype)
    if name == "sigmoid":  # exp(-x) is infinite there
        got, wanted, wide = (x[values > np.log(np.finfo(dtype).tiny)] for x in (got, wanted, wide))
    usual = np.isfinite(wanted) & np.isfinite(got)
    np.testing.assert_array_equal(got[~usual], wanted[~usual])
    error = np.abs(got[usual] - wide[usual]) / np.spacing(np.abs(wanted[usual])).astype(wide.dtype)
    assert error.max() <= ERRORS[name][dtype is np.float64]
    zeros = wanted == 0
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize("x", [1e4, -1e4])
def test_sigmoid_and_softplus_do_not_overflow(x: float) -> None:
    p = kt.placeholder((None,))
    results = made([p], [p.sigmoid(), p.softplus(), p.tanh()])(np.full(20, x, np.float32))
    assert results is not None
    assert [r[0] for r in results] == ([1, x, 1] if x > 0 else [0, 0, -1])


# ---- Chains ------------------------------------------------------------------------------------------

#: Ops whose results are exact, so that a product that is added without being rounded shows.
CHAIN: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y * 0.3,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: (x / (y + 0.7)).cast(node_of(x).dtype),
    "maximum": kt.maximum,
    "where": lambda x, y: kt.where(x > y, -x, y),
    "mod": lambda x, y: (x.cast("float64") % y.cast("float64")).cast(node_of(x).dtype),
    "round": lambda x, y: (x * 3.0).round() + y * 0.25,
    "sqrt": lambda x, y: abs(x).sqrt() - y,
    "relu": lambda x, y: x.relu() + kt.sign(y),
}


@examples(15)
@given(st.data())
def test_any_chain(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    inputs = [kt.placeholder((None, 3), dtype), kt.placeholder((None, 3), dtype)]
    tensors: list[Any] = list(inputs)
    for _ in range(data.draw(st.integers(2, 12))):
        x, y = (tensors[data.draw(st.integers(0, len(tensors) - 1))] for _ in range(2))
        tensors.append(CHAIN[data.draw(st.sampled_from(sorted(CHAIN)))](x, y))
    pairs = np.array(list(itertools.product([0.3, -1.7, 2.5, 1e3, 0.0, -0.0, np.nan, np.inf], repeat=2)), dtype)
    arrays = [np.repeat(pairs[:, i, None], 3, axis=1) for i in range(2)]
    check(inputs, [tensors[-1], tensors[2]], arrays)


def test_equal_groups_are_compiled_once() -> None:
    def loop(factor: float) -> Any:
        x = kt.placeholder((None,))
        kernel = made([x], [x * factor - 1.0])
        results = kernel(np.ones(5, np.float32))
        assert results is not None
        assert results[0].tolist() == [factor - 1] * 5
        return kernel._loops["fss"]

    assert loop(2.0) is loop(4.0)


# ---- Sizes and memory --------------------------------------------------------------------------------


def rows(*shapes: tuple[int, ...]) -> list[Array]:
    return [RANDOM.random(shape, np.float32) - np.float32(0.5) for shape in shapes]


def group_made(inputs: Sequence[Any], output: Any) -> kernels.Kernel:
    """As the engine makes it."""
    order = toposort([node_of(output)])
    (group,) = [step for step in steps(order, [node_of(output)]) if isinstance(step, Group)]
    assert list(group.operands)[: len(inputs)] == [node_of(x) for x in inputs]
    kernel = kernels.kernel(group)
    assert kernel is not None
    return kernel


@pytest.mark.parametrize(
    ("shapes", "layout"),
    [
        ([(7, 5), (7, 1), (5,)], "fcr"),
        ([(7, 5), (7, 5), (5,)], "ffr"),
        ([(7, 5), (7, 1), ()], "fcs"),
        ([(7, 5), (7, 1), (1,)], "fcs"),
        ([(7, 1), (7, 5), (5,)], "cfr"),
        ([(2, 7, 5), (2, 7, 1), (5,)], "fcr"),
        ([(2, 7, 5), (2, 1, 1), (7, 5)], "fcr"),
        ([(2, 7, 5), (2, 1, 1), (5,)], None),
        ([(2, 7, 5), (2, 7, 5), (7, 5)], "ffr"),
        ([(2, 7, 5), (1, 7, 1), (5,)], None),
        ([(1, 5), (7, 5), (5,)], "rfr"),
        ([(1, 5), (1, 5), (5,)], "fff"),
        ([(0, 5), (0, 1), (5,)], None),
        ([(7, 0), (7, 1), (0,)], None),
        ([(0, 5), (0, 5), ()], "ffs"),
        ([(0, 5), (0, 5), (5,)], "ffr"),
    ],
)
def test_sizes(shapes: list[tuple[int, ...]], layout: str | None) -> None:
    x, y = (kt.placeholder((None,) * len(shape)) for shape in shapes[:2])
    z = kt.placeholder((None,) * len(shapes[2]))
    arrays = rows(*shapes)
    kernel = group_made([x, y, z], (x - y) * z + 0.5)
    results = kernel(*arrays)
    assert (results is not None) is (layout is not None)
    if results is not None:
        assert f"{layout}s" in kernel._loops
        wanted = (arrays[0] - arrays[1]) * arrays[2] + np.float32(0.5)
        np.testing.assert_array_equal(results[0], wanted, strict=True)


def test_what_no_loop_is_written_for() -> None:
    x, y = kt.placeholder((None, None)), kt.placeholder((None, None))
    kernel = made([x, y], [x + y, y * 2.0])
    a, b = rows((8, 6), (8, 6))
    assert kernel(a, b) is not None
    for first, second in (
        (a.T, b.T),
        (a[:, ::2], b[:, ::2]),
        (a, b[:5]),
        (a, b[:1]),  # the second result has one row
        (a[:, :1], b[:1]),
        (a, b.astype("float64")),
        (a.view(np.recarray), b),
    ):
        assert kernel(first, second) is None
    unaligned = np.frombuffer(b"0" + a.tobytes(), np.float32, offset=1).reshape(8, 6)
    assert kernel(unaligned, b) is None
    frozen = a.copy()
    frozen.flags.writeable = False
    results = kernel(frozen, b)
    assert results is not None
    assert results[0].flags.writeable


def test_large_arrays_run_on_all_processors_from_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[int] = []
    in_parts = blocks._in_parts

    def noted(work: Any, numbers: range, threads: bool) -> None:
        assert threads
        parts.append(len(numbers))
        in_parts(work, numbers, threads)

    monkeypatch.setattr(blocks, "_in_parts", noted)
    x, b = kt.placeholder((None, 4)), kt.placeholder((4,))
    kernel = made([x], [(x * 2.0).tanh(), x - 1.0])
    row_kernel = group_made([x, b], (x + b) * 2.0)
    values, bias = rows((200_001, 4), (4,))

    def run(i: int) -> None:
        results, stretched = kernel(values + i), row_kernel(values + i, bias)
        assert results is not None
        assert stretched is not None
        np.testing.assert_allclose(results[0], np.tanh((values + i) * 2), rtol=1e-6)
        np.testing.assert_array_equal(results[1], values + i - 1)
        np.testing.assert_array_equal(stretched[0], (values + i + bias) * 2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    assert len(parts) == 16
    assert min(parts) > 1


def test_memory_is_taken_again_when_nobody_has_it() -> None:
    size, dtype = 2**20 + 4, np.dtype(np.float32)
    first = buffers.empty((size,), dtype)
    place = first.ctypes.data
    part: Any = first[5:9].T
    del first
    second = buffers.empty((size,), dtype)
    assert second.ctypes.data != place
    del part
    assert buffers.empty((4, size // 4), dtype).ctypes.data == place
    held = [buffers.empty((size,), dtype) for _ in range(40)]
    assert len({x.ctypes.data for x in held}) == 40
    assert sum(block.nbytes for block in buffers._blocks) <= buffers._KEPT
    assert buffers.empty((3,), dtype).base is None
    with buffers._lock:
        assert buffers.empty((size,), dtype).base is None


def test_threads_never_share_memory() -> None:
    def work(i: int) -> bool:
        right = True
        for _ in range(60):
            array = buffers.empty((2**18,), np.dtype(np.float32))
            array.fill(i)
            right = right and bool((array == i).all())
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


# ---- Without numba -----------------------------------------------------------------------------------


def test_without_numba_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    x = kt.placeholder((None,))
    group = group_of([x], [x * 2.0])
    monkeypatch.setitem(sys.modules, "numba", None)
    kernels._has_numba.cache_clear()
    assert kernels.kernel(group) is None
    kernels._has_numba.cache_clear()


def test_numba_is_imported_for_the_first_kernel_only() -> None:
    code = "import sys, ktensor.engines.numpy_engine.kernels; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
