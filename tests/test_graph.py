"""The graph under load and from outside: depth, memory, source lines, imports, names."""

from __future__ import annotations

import ast
import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K
from ktensor.graph import node_of, toposort

PACKAGE = Path(kt.__file__).parent
DEPTH = 100_000


def run_python(code: str) -> str:
    """What a new Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_chain_of_100_000_ops(engine: str) -> None:
    v = kt.variable([1.0, 2.0], dtype="float64")
    y: kt.Tensor = v
    for _ in range(DEPTH):
        y = y * 1.00001
    (slope,) = kt.gradients(y.sum(), v)
    factor = 1.00001**DEPTH
    np.testing.assert_allclose(y.eval(), [factor, 2 * factor], rtol=1e-9)
    np.testing.assert_allclose(slope.eval(), [factor, factor], rtol=1e-9)


@pytest.mark.slow
def test_a_deep_function_compiles(engine: str) -> None:
    x = kt.placeholder((2,), dtype="float64")
    y: kt.Tensor = x
    for _ in range(DEPTH):
        y = y * 1.00001
    np.testing.assert_allclose(kt.function([x], y)([[1.0, 2.0]]), [1.00001**DEPTH, 2 * 1.00001**DEPTH], rtol=1e-9)


MEMORY = """
import gc
import numpy as np
import ktensor as kt

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

{setup}
for _ in range(2):
    work()
gc.collect()
before = resident()
work()
gc.collect()
print(resident() - before)
"""

EXPRESSIONS = """
x = kt.placeholder((None, 8))
w = kt.variable(np.ones((8, 4)))
def work():
    for _ in range(50_000):
        ((x.dot(w) + 1.0).relu()[1:]).sum(axis=1)
"""

CALLS = """
x = kt.placeholder((None, 8))
w = kt.variable(np.ones((8, 4)))
loss = x.dot(w).softmax().square().mean()
(g,) = kt.gradients(loss, w)
step = kt.function([x], [loss], updates=[(w, w - 0.1 * g)])
def work():
    with kt.config(engine={engine!r}):
        for i in range(2_000):
            step([np.ones((i % 97 + 1, 8), np.float32)])
"""

FUNCTIONS = """
x = kt.placeholder((None, 8))
w = kt.variable(np.ones((8, 4)))
def work():
    with kt.config(engine={engine!r}):
        for i in range({number}):
            kt.function([x], x.dot(w) + float(i))([np.ones((3, 8), np.float32)])
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_dropped_expressions_are_freed() -> None:
    assert float(run_python(MEMORY.format(setup=EXPRESSIONS))) < 5


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_calls_with_changing_batches_need_no_memory(engine: str) -> None:
    assert float(run_python(MEMORY.format(setup=CALLS.format(engine=engine)))) < 5


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_dropped_functions_are_freed(engine: str) -> None:
    number = {"numpy": 2000, "tensorflow": 200, "theano": 20}[engine]
    assert float(run_python(MEMORY.format(setup=FUNCTIONS.format(engine=engine, number=number)))) < 5


def test_nodes_remember_the_users_line() -> None:
    x = kt.placeholder((2, 3))
    chained = x.exp(
    ).sum(axis=1)  # fmt: skip
    variance = x.var()
    line = variance.built_at
    assert line.startswith(__file__)
    source = Path(__file__).read_text().splitlines()
    assert source[int(line.rpartition(":")[2]) - 1].strip() == "variance = x.var()"
    assert all(n.where.startswith(__file__) for n in toposort([node_of(chained), node_of(variance)]))


def test_repr_shows_and_never_computes() -> None:
    x = kt.placeholder((None, 3), name="x")
    assert repr(x) == 'Tensor("x", shape=(None, 3), dtype=float32)'
    assert repr(x.dot(kt.zeros((3, 4)))) == 'Tensor("matmul", shape=(None, 4), dtype=float32)'
    assert repr(kt.variable([1, 2], name="v")) == "<Variable 'v' shape=(2,) dtype=float32>"
    assert repr(K.placeholder((2, 2), sparse=True, name="s")) == 'SparseTensor("s", shape=(2, 2), dtype=float32)'


def test_copies_and_pickles() -> None:
    v = kt.variable([1.0, 2.0], name="v")
    for other in (copy.copy(v), copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        other.set_value([3.0, 4.0])
        assert other.name == "v"
        assert v.eval().tolist() == [1, 2]
    doubled = v * 2.0
    assert copy.deepcopy([doubled])[0] is doubled
    with pytest.raises(kt.ArgumentError, match=r"Tensor\(\"multiply\".* cannot be pickled"):
        pickle.dumps(doubled)


def test_saved_variables_are_loaded_whole_or_not_at_all(tmp_path: Path) -> None:
    a, b = kt.variable([1.0, 2.0], name="a"), kt.variable(3, dtype="int64", name="b")
    kt.save(tmp_path / "state.npz", [a, b])
    a.set_value([0.0, 0.0])
    b.set_value(0)
    assert sorted(kt.load(tmp_path / "state.npz", [a, b])) == ["a", "b"]
    assert (a.eval().tolist(), int(b)) == ([1, 2], 3)
    with pytest.raises(kt.ShapeError, match=r"has shape \(2,\) for <Variable 'a' shape=\(3,\)"):
        kt.load(tmp_path / "state.npz", [kt.variable(7, name="b"), kt.variable([0.0, 0.0, 0.0], name="a")])
    with pytest.raises(kt.ArgumentError, match="has nothing for <Variable 'c'"):
        kt.load(tmp_path / "state.npz", [kt.variable(0, name="c")])
    with pytest.raises(kt.ArgumentError, match="two variables are called 'a'"):
        kt.save(tmp_path / "twice.npz", [a, a])
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_importing_ktensor_imports_no_engine_and_prints_nothing() -> None:
    heavy = "{'tensorflow', 'theano', 'scipy', 'jax', 'torch', 'keras'}"
    code = f"import sys, ktensor; print(sorted(m for m in sys.modules if m.split('.')[0] in {heavy}))"
    assert run_python(code).strip() == "[]"
    engines = "print(sorted(m for m in sys.modules if m.startswith('ktensor.engines.') and m.endswith('_engine')))"
    assert run_python(f"import sys, ktensor; ktensor.zeros((2,)) + 1.0; {engines}").strip() == "[]"


def test_the_type_checkers_modules_import_no_numpy() -> None:
    for module in ("terms", "facts", "dims", "shape", "dtypes", "errors"):
        tree = ast.parse((PACKAGE / f"{module}.py").read_text())
        top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        names = [a.name for n in top if isinstance(n, ast.Import) for a in n.names]
        names += [n.module or "" for n in top if isinstance(n, ast.ImportFrom)]
        assert not [n for n in names if n.split(".")[0] in ("numpy", "tensorflow", "theano", "scipy")], module


#: From the bottom up; a module imports only from lower layers, or its own.
LAYERS = [
    {"errors", "typed.checkers"},
    {"terms", "facts", "dims", "dtypes", "naming", "streams"},
    {"shape", "config", "sizes"},
    {"engines.base", "engines.status"},
    {"graph", "state"},
    {"ops.elementwise", "ops.shaping", "ops.control", "ops.create", "ops.indexing", "ops.reduce", "ops.linalg"}
    | {"ops.nn", "ops.sparse", "ops.conv", "ops.layout", "ops.normalization", "ops.pool", "ops.random", "ops.resize"}
    | {"ops.local"},
    {"simplify", "joining", "fed_sizes", "grad"},
    {"ops.loops", "ops.ctc"},
    {"function"},
    {"methods"},
    {"typed.methods"},
    {"tensor"},
    {"typed.functions"},
    {"saving", "old_names"},
    {"functional"},
    {"keras.mending", "keras.patches"},
    {"keras.loading", "keras.script"},
    {"keras.child"},
    {"checking.overloads.samples"},
    {"checking.overloads.recipes"},
    {"checking.overloads.layouts"},
    {"checking.overloads.table"},
    {"checking.overloads.stub"},
    {"checking.translate", "checking.arrays"},
    {"checking.source", "checking.watch"},
    {"checking.facts", "checking.report", "checking.values"},
    {"checking.reading"},
    {"checking.containers"},
    {"checking.effort", "checking.matching"},
    {"checking.apply", "checking.record", "checking.interpreter", "checking.annotations"},
    {"checking.loops", "checking.special"},
    {"checking.generic"},
    {"checking.hooks"},
    {"mypy_plugin"},
]


def imports_of(module: str) -> set[str]:
    """The modules of ktensor that a module imports when it is imported itself."""
    path = PACKAGE / (module.replace(".", "/") + ".py")
    package = ["ktensor", *module.split(".")[:-1]]
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            for alias in node.names:
                dotted = f"{base}.{alias.name}".removeprefix("ktensor.")
                is_module = (PACKAGE / (dotted.replace(".", "/") + ".py")).exists()
                found.add(dotted if is_module else base.removeprefix("ktensor."))
    return found


def test_imports_point_down() -> None:
    rank = {module: height for height, layer in enumerate(LAYERS) for module in layer}
    for module, height in rank.items():
        for imported in imports_of(module):
            assert imported in rank, f"{module} imports {imported}, which has no layer"
            assert rank[imported] <= height, f"{module} imports {imported} from above"


def test_every_module_has_a_layer() -> None:
    modules = {".".join(p.relative_to(PACKAGE).with_suffix("").parts) for p in PACKAGE.rglob("*.py")}
    beside = {m for m in modules if m.startswith("engines.") and m not in ("engines.base", "engines.status")}
    beside |= {m for m in modules if m.startswith(("testing.", "annotate.", "coverage."))}
    faces = {"__init__", "ops.__init__", "engines.__init__", "checking.__init__", "__main__", "tour"}
    faces |= {"keras.__init__", "typed.__init__", "checking.overloads.__init__", "checking.overloads.__main__"}
    assert modules - beside - faces == set().union(*LAYERS)


PUBLIC = """
    Add ArgumentError AxisError ConcreteValueError ConfigError DType DTypeError DTypeLike Dim EngineError
    EngineNotInstalledError EngineStatus FeedError FloorDiv Function GradientError KTensorError Mul Session
    ShapeError SparseTensor Tensor TensorIndexError TensorLike UnsupportedOpError Variable __version__ abs add all
    any arange argmax argmin batch_dot batch_flatten batch_normalization bias_add binary_crossentropy bitwise_and
    bitwise_or bitwise_xor bool_ broadcast_to cast categorical_crossentropy ceil clip concatenate config constant
    control_dependencies conv1d conv2d conv2d_transpose conv3d conv3d_transpose cos ctc_batch_cost ctc_decode
    cumprod cumsum depthwise_conv2d divide dot dropout einsum elu engines equal erf exp expand_dims expm1 eye
    flatten float16 float32 float64 floor floor_divide foldl foldr full full_like function gather gradients greater
    greater_equal hard_sigmoid identity in_test_phase in_top_k in_train_phase int16 int32 int64 int8 invert isfinite
    isinf isnan l2_normalize learning_phase left_shift less less_equal load local_conv1d local_conv2d log log1p
    log_softmax logical_and logical_not logical_or logical_xor logsumexp map_fn matmul max maximum mean min minimum
    mod multiply negative nonzero not_equal one_hot ones ones_like pad placeholder pool2d pool3d pow print_tensor
    prod random relu repeat repeat_elements require reshape resize_images reverse right_shift rnn round rsqrt save
    separable_conv1d separable_conv2d sigmoid sign sin softmax softplus softsign sparse_categorical_crossentropy
    split sqrt square squeeze stack std stop_gradient subtract sum switch tan tanh tensor tensordot tile transpose
    uint16 uint32 uint64 uint8 var variable where zeros zeros_like
"""


def test_the_public_names_are_these() -> None:
    assert sorted(kt.__all__) == sorted(PUBLIC.split())
    assert all(hasattr(kt, name) for name in kt.__all__)
    assert all(callable(getattr(K, name)) for name in K.__all__)
