"""What is special to the Theano engine. What all engines share is in the conformance suite."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ktensor as kt
from ktensor import functional as K
from ktensor.config import how_to_run
from ktensor.engines.base import get_engine
from ktensor.errors import EngineError, EngineNotInstalledError
from ktensor.streams import Stream
from ktensor.testing import CASES, Case, check

try:
    ENGINE: Any = get_engine("theano")
except EngineNotInstalledError as error:
    pytest.skip(str(error), allow_module_level=True)

import theano

from ktensor.engines import theano_engine
from ktensor.engines.theano_engine.operations import Steps

Array = npt.NDArray[Any]


@pytest.fixture(autouse=True)
def _engine() -> Iterator[None]:
    with kt.config(engine="theano"):
        yield


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are compiled on their first call."""
    monkeypatch.setattr(theano_engine.TheanoEngine, "patience", 0)


@pytest.fixture
def optimized(at_once: None, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Programs become graphs that Theano optimizes, but run in Python: compiling them takes a second per op.

    The list grows by one for each function made; a failure of one is a warning, and so an error here.
    """
    made: list[bool] = []
    mode = theano.Mode(linker="py", optimizer="fast_run").excluding(*theano_engine._UNFAITHFUL)

    def python_mode(blas: bool) -> Any:
        made.append(blas)
        return mode

    monkeypatch.setattr(theano_engine, "_mode", python_mode)
    monkeypatch.setattr(theano_engine, "_TOLERATED", 1)
    monkeypatch.setattr(theano.config, "on_opt_error", "raise")
    return made


def both_ways(outputs: Sequence[Any], feeds: dict[Any, Any]) -> list[list[Array]]:
    """The outputs by a function and op by op."""
    return [kt.function(list(feeds), outputs)(list(feeds.values())), [o.eval(feeds) for o in outputs]]


# ---- Ops -------------------------------------------------------------------------------------------


#: What graphs do with ops of Theano's that have C code alone.
IN_C_ALONE = ("conv", "conv_input_grad", "conv_kernel_grad")


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.op not in IN_C_ALONE], ids=str)
def test_ops_as_optimized_graphs(case: Case, optimized: list[bool]) -> None:
    check("theano", case)


#: One case per op and kind of dtype is enough for the C code where there is one implementation for all of them.
C_CASES = list(
    {
        (c.op, c.dtype[0], str(c) if c.op in IN_C_ALONE else ""): c
        for c in reversed(CASES)
        if "float16" not in (c.dtype, *(i.dtype for i in c.inputs))
    }.values()
)


@pytest.mark.slow
def test_ops_in_c(at_once: None) -> None:
    """All in one function, which takes a minute or two if Theano has compiled none of it before."""
    for start in range(0, len(C_CASES), 40):
        some = C_CASES[start : start + 40]
        inputs = [case.placeholders([(None,) * len(s) for s in case.sizes[0]]) for case in some]
        values = [case.values(case.sizes[0]) for case in some]
        function = kt.function([p for ps in inputs for p in ps], [c.build(*p) for c, p in zip(some, inputs)])
        feeds = [feed for case, value in zip(some, values) for feed in case.feeds(value)]
        results = function(feeds)
        assert function._compilation(how_to_run()).run._functions, "nothing has been compiled"  # type: ignore[attr-defined]
        for case, value, got in zip(some, values, results):
            assert got.dtype == case.dtype
            np.testing.assert_allclose(got, case.oracle(value), rtol=1e-4, atol=1e-5, err_msg=str(case))


@pytest.mark.parametrize(
    ("operation", "x", "y", "wanted"),
    [
        (kt.floor_divide, 1.0, 0.1, 9.0),
        (kt.floor_divide, 7, 0, 0),
        (kt.mod, 7, 0, 0),
        (kt.mod, -7, 2, 1),
        (kt.left_shift, 1, 40, 0),
        (kt.pow, 3, 19, 1162261467),
        (kt.multiply, np.inf, 0.0, np.nan),
        (kt.add, 1e17, 3.0, 1e17),
    ],
)
def test_numbers_are_numpys(operation: Callable[..., Any], x: Any, y: Any, wanted: Any, optimized: list[bool]) -> None:
    a, b = (kt.placeholder((None,), "int32" if isinstance(v, int) else "float64") for v in (x, y))
    for (got,) in both_ways([operation(a, b)], {a: [x], b: [y]}):
        np.testing.assert_array_equal(got, [wanted])


def test_rewrites_keep_nan(optimized: list[bool]) -> None:
    x = kt.placeholder((None,))
    outputs = [x * 0.0, x - x, x / x, x == x, 0.0 / x]
    for got in both_ways(outputs, {x: np.array([np.nan, np.inf], "float32")}):
        np.testing.assert_array_equal(got[0], [np.nan, np.nan])
        np.testing.assert_array_equal(got[1], [np.nan, np.nan])
        np.testing.assert_array_equal(got[2], [np.nan, np.nan])
        np.testing.assert_array_equal(got[3], [False, True])
        np.testing.assert_array_equal(got[4], [np.nan, 0.0])


# ---- Sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_sizes_that_come_up_at_run_time_broadcast(kept: int, optimized: list[bool]) -> None:
    x, mask = kt.placeholder((None,), "float64"), kt.placeholder((None,), "bool")
    y = kt.placeholder((None,), "float64")
    picked = x[mask]
    outputs = [picked + y, kt.where(picked > 0, y, picked), picked * picked]
    (gradient,) = kt.gradients((picked * y).sum(), [x])
    feeds = {x: np.arange(1.0, 6.0), mask: np.arange(5) < kept, y: np.full(3 if kept else 1, 2.0)}
    chosen = feeds[x][:kept]
    for got in both_ways([*outputs, gradient], feeds):
        np.testing.assert_array_equal(got[0], chosen + feeds[y])
        np.testing.assert_array_equal(got[1], np.where(chosen > 0, feeds[y], chosen))
        np.testing.assert_array_equal(got[2], chosen * chosen)
        wanted = np.zeros(5)
        wanted[:kept] = 6.0 if kept == 1 else 2.0
        np.testing.assert_array_equal(got[3], wanted)


@pytest.mark.parametrize("kept", [1, 3])
def test_sizes_that_come_up_at_run_time_stretch(kept: int, optimized: list[bool]) -> None:
    x, mask, sizes = kt.placeholder((None,)), kt.placeholder((None,), "bool"), kt.placeholder((1,), "int32")
    feeds: dict[Any, Any] = {x: np.arange(1.0, 6.0, dtype="float32"), mask: np.arange(5) < kept, sizes: [3]}
    for (got,) in both_ways([kt.broadcast_to(x[mask], sizes)], feeds):
        np.testing.assert_array_equal(got, np.broadcast_to(feeds[x][:kept], 3))


def test_a_function_per_pattern_of_ones_up_to_a_bound(optimized: list[bool]) -> None:
    xs = [kt.placeholder((None, 2)) for _ in range(4)]
    function = kt.function(xs, xs[0] + xs[1] + xs[2] + xs[3])
    for ones in range(16):
        feeds = [np.full((1 if ones >> i & 1 else 3, 2), i, "float32") for i in range(4)]
        np.testing.assert_array_equal(function(feeds), sum(feeds))
    assert len(optimized) == ENGINE.variants
    for rows in (2, 4, 7):  # other sizes, the same pattern
        function([np.ones((rows, 2), "float32")] * 4)
    assert len(optimized) == ENGINE.variants


def test_an_axis_that_is_not_1_is_not_squeezed(optimized: list[bool]) -> None:
    x = kt.placeholder((None, 2))
    function = kt.function([x], x.squeeze(0))
    assert function([[[1.0, 2.0]]]).tolist() == [1.0, 2.0]
    for run in (function, lambda feeds: x.squeeze(0).eval({x: feeds[0]})):
        with pytest.raises(EngineError, match="squeeze"):
            run([np.ones((3, 2), "float32")])


def test_lengths_of_ranges(optimized: list[bool]) -> None:
    n = kt.placeholder((), "float64")
    for stop, length in ((-3.0, 0), (2.5, 3), (4.0, 4)):
        for values, shape in both_ways([kt.arange(n), K.shape(kt.arange(n))], {n: np.array(stop)}):
            assert len(values) == shape[0] == length


# ---- Failures and updates --------------------------------------------------------------------------


def test_indices_are_checked(optimized: list[bool]) -> None:
    x, i = kt.placeholder((None,)), kt.placeholder((None,), "int64")
    function = kt.function([x, i], [kt.gather(x, i)])
    for wrong in (-1, 2):
        with pytest.raises(EngineError, match=f"take.*index {wrong} is out of bounds for axis 0 with size 2"):
            function([[1.0, 2.0], [wrong]])
    assert function([[1.0, 2.0], [1]])[0].tolist() == [2.0]


def test_a_new_value_of_another_shape_changes_nothing(optimized: list[bool]) -> None:
    x, v, w = kt.placeholder((None,)), kt.variable([1.0]), kt.variable([1.0, 2.0])
    step = kt.function([x], [], [(v, v + 1.0), (w, x)])
    with pytest.raises(EngineError, match=r"shape \(3,\) is not that of the variable"):
        step([[1.0, 2.0, 3.0]])
    assert v.eval().tolist() == [1.0]
    step([[5.0, 6.0]])
    assert v.eval().tolist() == [2.0]
    assert w.eval().tolist() == [5.0, 6.0]


def test_one_value_for_two_outputs_and_an_update(optimized: list[bool]) -> None:
    v = kt.variable([1.0, 2.0])
    doubled = v * 2.0
    function = kt.function([], [doubled, doubled, doubled.expand_dims(0)], [(v, doubled)])
    for wanted in ([2.0, 4.0], [4.0, 8.0]):
        first, second, third = function([])
        first[...] = -1.0
        assert second.tolist() == wanted
        assert third.tolist() == [wanted]
        assert v.eval().tolist() == wanted


def test_python_takes_over_from_c_code_that_fails(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*leaves: Array) -> list[Array]:
        raise ValueError("a bug of Theano's")

    monkeypatch.setattr(ENGINE, "function", lambda inputs, outputs, multiplies: broken)
    x = kt.placeholder((None,))
    function = kt.function([x], x + 1.0)
    for _ in range(2):
        assert function([[1.0]]).tolist() == [2.0]
    with pytest.warns(theano_engine.TheanoWarning, match="a bug of Theano's"):
        assert function([[1.0]]).tolist() == [2.0]
    assert function([[1.0]]).tolist() == [2.0]


def test_python_takes_over_from_what_cannot_be_compiled(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: Any, **options: Any) -> Any:
        raise OSError("g++ is broken")

    monkeypatch.setattr(theano, "function", failing)
    x = kt.placeholder((None,))
    function = kt.function([x], x + 1.0)
    with pytest.warns(theano_engine.TheanoWarning, match="g\\+\\+ is broken"):
        assert function([[1.0]]).tolist() == [2.0]
    assert function([[1.0]]).tolist() == [2.0]


# ---- When to compile -------------------------------------------------------------------------------


def test_compiled_once_it_is_called_often(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []

    def function(inputs: Any, outputs: Any, multiplies: bool) -> Callable[..., list[Array]]:
        compiled.append(len(inputs))
        return lambda x: [x + 1.0]

    monkeypatch.setattr(ENGINE, "function", function)
    x = kt.placeholder((None,))
    plus = kt.function([x], x + 1.0)
    counts = []
    for _ in range(4):
        assert plus([[1.0, 2.0]]).tolist() == [2.0, 3.0]
        counts.append(len(compiled))
    assert counts == [0, 0, 1, 1]
    with kt.config(jit=True):
        kt.function([x], x + 1.0)([[1.0, 2.0]])
    assert len(compiled) == 2


@pytest.mark.parametrize("what", ["float16", "empty", "large"])
def test_never_compiled(what: str, at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENGINE, "function", None)
    x = kt.placeholder((None,), "float16" if what == "float16" else "float32")
    y = x
    for _ in range(2 * ENGINE.deepest if what == "large" else 1):
        y = y + 1.0
    fed = np.zeros(0 if what == "empty" else 3, x.dtype.name)
    got = kt.function([x], y)([fed])
    assert got.dtype == fed.dtype
    assert got.shape == fed.shape


@pytest.mark.slow
def test_long_chains() -> None:
    x = kt.placeholder(())
    y: Any = x
    for _ in range(100_000):
        y = y + 1.0
    assert y.eval({x: 0.0}) == 100_000
    assert kt.function([x], y)([0.0]) == 100_000


def test_threads(optimized: list[bool]) -> None:
    v, x = kt.variable(0.0), kt.placeholder((None,))
    add = kt.function([x], [], [(v, v + x.sum())])
    add([[0.0, 0.0]])

    def work(n: int) -> bool:
        with kt.config(engine="theano"):
            for _ in range(50):
                add([[1.0, 1.0]])
            return all((x * n).sum().eval({x: [1.0] * n}) == n * n for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(2, 10)))
    assert v.eval() == 800.0


def test_large_variables_are_changed_in_place(optimized: list[bool]) -> None:
    """In place, unless somebody has read the array, whose numbers stay as they were."""
    start = np.random.default_rng(0).normal(size=(256, 512)).astype("float32")
    weight, velocity, x = kt.variable(start), kt.variable(np.zeros_like(start)), kt.placeholder((None, 512))
    new = 0.5 * velocity - x.sum(axis=0) * 0.25
    step = kt.function([x], new.sum(), [(velocity, new), (weight, weight + new)])
    cell = ENGINE.cell(kt.graph.node_of(weight))
    rows = np.ones((4, 512), "float32")
    for _ in range(4):
        step([rows])
    assert optimized
    array = cell.read()
    seen = array.copy()
    step([rows])
    assert cell.read() is not array
    np.testing.assert_array_equal(array, seen)
    del array
    place = cell.read().ctypes.data
    total = step([rows])
    assert cell.read().ctypes.data == place
    w, v = start, np.zeros_like(start)
    for _ in range(6):
        v = np.float32(0.5) * v - np.float32(1)
        w = w + v
    np.testing.assert_allclose(weight.eval(), w, rtol=1e-6)
    np.testing.assert_allclose(velocity.eval(), v, rtol=1e-6)
    np.testing.assert_allclose(total, v.sum(), rtol=1e-5)


def test_a_failing_step_changes_no_large_variable(optimized: list[bool]) -> None:
    v, x, i = kt.variable(np.ones((256, 512))), kt.placeholder((None, 512)), kt.placeholder((None,), kt.int32)
    step = kt.function([x, i], [], [(v, 0.5 * v - x.gather(i).sum(axis=0))])
    for _ in range(4):
        step([np.ones((2, 512)), [0, 1]])
    assert optimized
    before = v.eval()
    with pytest.raises(kt.EngineError, match="index"):
        step([np.ones((2, 512)), [0, 5]])
    np.testing.assert_array_equal(v.eval(), before)


def test_functions_that_draw_or_loop_are_freed(optimized: list[bool]) -> None:
    """Theano keeps each op that its optimizer has met."""

    def held() -> int:
        gc.collect()
        return sum(isinstance(found, (Stream, Steps)) for found in gc.get_objects())

    def called() -> None:
        x = kt.placeholder((None, 2))
        kt.function([x], [kt.dropout(x, 0.5), kt.map_fn(lambda row: row * 2.0, x)])([np.ones((3, 2))])

    called()
    before = held()
    called()
    assert held() == before
    assert optimized


# ---- Theano's own handles --------------------------------------------------------------------------


def test_native_is_symbolic() -> None:
    v, x = kt.variable([[1.0, 2.0]]), kt.placeholder((None, 2))
    handle = (v * x).native(feeds={x: np.ones((3, 2), "float32")})
    assert isinstance(handle, theano.tensor.TensorVariable)
    assert handle.broadcastable == (False, False)
    assert handle.eval().tolist() == [[1.0, 2.0]] * 3
    assert v.native().broadcastable == (True, False)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float64"])
@pytest.mark.parametrize("shape", [(), (1, 3), (0, 2)])
def test_variables_keep_their_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    value = np.ones(shape, dtype)
    storage = ENGINE.new_state(value, "v")
    assert isinstance(storage, theano.compile.SharedVariable)
    assert storage.dtype == dtype
    ENGINE.write_state(storage, np.zeros(shape, dtype))
    got = ENGINE.read_state(storage)
    assert got.dtype == dtype
    assert got.shape == shape
    assert not got.any()
    assert value.all()


# ---- Importing Theano ------------------------------------------------------------------------------

_REPORT = """
import warnings
told = []
warnings.simplefilter("always")
warnings.showwarning = lambda message, category, *rest: told.append(category.__name__)
import os, sys
import numpy as np
before = np.geterr(), sys.getrecursionlimit(), set(vars(np)), os.environ.get("THEANO_FLAGS")
import ktensor as kt
assert "theano" not in sys.modules
with kt.config(engine="theano"):
    x, w = kt.placeholder((None, 3)), kt.variable(np.ones((3, 2), "float32"))
    function = kt.function([x], x.dot(w))
    for _ in range(4):
        assert function([np.ones((2, 3), "float32")]).tolist() == [[3.0, 3.0]] * 2
assert before[:2] == (np.geterr(), sys.getrecursionlimit()), "settings of the process have changed"
assert not {"bool", "int", "float", "object"} & (set(vars(np)) - before[2]), "NumPy has changed"
assert before[3] == os.environ.get("THEANO_FLAGS")
from theano import config
import theano.scan_module.scan_op
print(told, config.cxx != "", config.base_compiledir, config.blas.ldflags, config.optimizer, sep="|")
"""


def imported(tmp_path: Path, **environment: str) -> list[str]:
    """What a process of its own reports: warnings, whether it compiled, where, the BLAS, the optimizer."""
    cache = Path(theano.config.base_compiledir)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(cache.parent.parent), **environment}
    if cache.parts[-2:] != ("ktensor", "theano"):  # else what has been compiled serves here, too
        environment["XDG_CACHE_HOME"] = str(tmp_path)
    kept = {k: v for k, v in os.environ.items() if k not in ("THEANO_FLAGS", "THEANORC", "KTENSOR_ENGINE")}
    done = subprocess.run(
        [sys.executable, "-c", _REPORT], env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [p.name for p in home.iterdir() if p.name not in (".theanorc", ".keras")] == []
    return done.stdout.strip().splitlines()[-1].split("|")


@pytest.mark.slow
def test_import_is_quiet_and_leaves_no_trace(tmp_path: Path) -> None:
    told, compiles, *_ = imported(tmp_path)
    assert told == "[]"
    assert compiles == str(bool(theano.config.cxx))


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"PATH": "/nowhere"}, {"THEANO_FLAGS": "cxx="}], ids=["no-g++", "flag"])
def test_without_a_compiler(tmp_path: Path, environment: dict[str, str]) -> None:
    told, compiles, *_ = imported(tmp_path, **environment)
    assert (told, compiles) == ("[]", "False")


@pytest.mark.slow
@pytest.mark.parametrize("flags", ["", "-lthere_is_no_such_library"])
def test_without_a_blas_there_is_one_warning(tmp_path: Path, flags: str) -> None:
    if not theano.config.cxx:
        pytest.skip("nothing is linked without a compiler")
    told, *_ = imported(tmp_path, THEANO_FLAGS=f"blas.ldflags={flags}")
    assert told == "['TheanoWarning']"


@pytest.mark.slow
def test_what_the_user_sets_holds(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".theanorc").write_text(f"[global]\nbase_compiledir = {tmp_path}/mine\ncxx =\n")
    _, compiles, place, _, optimizer = imported(tmp_path, THEANO_FLAGS="optimizer=fast_compile")
    assert (compiles, place, optimizer) == ("False", f"{tmp_path}/mine", "fast_compile")
