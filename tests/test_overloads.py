"""What type checkers without the plugin see: `ktensor/typed/overloads.pyi`, and how it is chosen."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typed_programs

import ktensor as kt
from ktensor import ops
from ktensor.checking.overloads.stub import stub
from ktensor.graph import node_of
from ktensor.typed import functions

ROOT: Final = Path(kt.__file__).parent.parent
FILE: Final = ROOT / "ktensor" / "typed" / "overloads.pyi"
#: Has functions that are methods of SparseTensor, or not public.
NOT_PUBLIC: Final = {"layout", "random", "sparse"}


# ---- The file --------------------------------------------------------------------------------------


def test_the_file_is_up_to_date() -> None:
    written, wanted = FILE.read_text().splitlines(), stub().splitlines()
    changed = next((f"{a!r} is to be {b!r}" for a, b in zip(written, wanted) if a != b), None)
    assert changed is None, f"run python -m ktensor.checking.overloads: {changed}"
    assert len(written) == len(wanted)


def _public_functions() -> Iterator[str]:
    for module in pkgutil.iter_modules(ops.__path__):
        if module.name not in NOT_PUBLIC:
            found = importlib.import_module(f"ktensor.ops.{module.name}")
            yield from (name for name in found.__all__ if inspect.isfunction(getattr(found, name)))


def test_no_function_is_missing() -> None:
    """An op that is added to a family is seen without another line; a new family needs one in typed/functions.py."""
    declared = set(re.findall(r"^(?:def|from \S+ import) (\w+)|^(\w+) = ", FILE.read_text(), re.MULTILINE))
    names = {name for pair in declared for name in pair}
    for name in _public_functions():
        assert hasattr(functions, name), f"{name}: typed/functions.py does not import its module"
        assert name in names, name


# ---- mypy ------------------------------------------------------------------------------------------

pytest.importorskip("mypy")


def check(folder: Path, files: Mapping[str, str], plugin: bool = False) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """What mypy says of files: (kind, text) by file and line."""
    settings = "[mypy]\nstrict = true\nallow_redefinition = true\npython_version = 3.11\n"
    plugins = "plugins = ktensor.mypy_plugin\n" if plugin else ""
    (folder / "mypy.ini").write_text(
        f"{settings}{plugins}[mypy-sklearn.*,keras.*,statsmodels.*]\nignore_missing_imports = true\n"
    )
    for name, text in files.items():
        (folder / name).write_text(text)
    cache = ROOT / ".mypy_cache" / ("overloads_plugin" if plugin else "overloads")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", f"--cache-dir={cache}"]
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, *files], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr
    said: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for line in done.stdout.splitlines():
        if mark := re.match(r"([^:]+):(\d+): (\w+): (.*)", line):
            said.setdefault((mark[1], int(mark[2])), []).append((mark[3], mark[4]))
    return said


def revealed(messages: list[tuple[str, str]]) -> str:
    """The type that `reveal_type` shows, without modules, with `L` for Literal."""
    (text,) = [t for kind, t in messages if kind == "note" and t.startswith("Revealed type")]
    text = text.removeprefix('Revealed type is "').rstrip('"')
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text).replace("Literal[", "L[")


def errors(messages: list[tuple[str, str]]) -> list[str]:
    return [text for kind, text in messages if kind == "error"]


def is_caught(messages: list[tuple[str, str]]) -> bool:
    """True if there is an error, or no tensor, so that whatever is done with it is an error."""
    return bool(errors(messages)) or revealed(messages) == "Misfit"


# ---- Types that are expected, and misfits -----------------------------------------------------------

HEAD: Final = """
from typing import Any, Literal as L, NewType, TypeVar
import numpy as np
import ktensor as kt
from ktensor import functional as K
from typing_extensions import TypeVarTuple, Unpack, reveal_type
B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)
Bs = TypeVarTuple("Bs")
Batch = NewType("Batch", int)
f32 = kt.float32

def f(
    a: kt.Tensor[tuple[L[2], L[3]], f32],
    b: kt.Tensor[tuple[L[3], L[4]], f32],
    v: kt.Variable[tuple[L[3]], f32],
    c: kt.Tensor[tuple[L[2], L[1]], f32],
    s: kt.Tensor[tuple[()], f32],
    t: kt.Tensor[tuple[L[5], L[2], L[3]], f32],
    t4: kt.Tensor[tuple[L[5], L[6], L[2], L[3]], f32],
    i: kt.Tensor[tuple[L[2]], kt.int32],
    m: kt.Tensor[tuple[L[2], L[3]], kt.bool_],
    d: kt.Tensor[tuple[L[2], L[3]], kt.float64],
    q: kt.Tensor[tuple[Any, L[3]], f32],
    n: kt.Tensor[tuple[int, int], f32],
    u: kt.Tensor,
    w: kt.Tensor[tuple[B, I], D],
    k: kt.Variable[tuple[I, O], f32],
    y: kt.Tensor[tuple[Unpack[Bs], I], f32],
    e: kt.Tensor[tuple[Batch, L[3]], f32],
    number: int,
    array: "np.ndarray[Any, np.dtype[np.float32]]",
) -> None:
"""

#: Expressions, and their types.
EXPECTED: Final = """
a.exp()                             Tensor[tuple[L[2], L[3]], float32]
i.exp()                             Tensor[tuple[L[2]], float32]
w.exp()                             Tensor[tuple[B, I], Any]
u.exp()                             Tensor[Any, Any]
kt.exp(i)                           Tensor[tuple[L[2]], float32]
kt.exp(array)                       Tensor[Any, Any]
a.isnan()                           Tensor[tuple[L[2], L[3]], bool_]
-e                                  Tensor[tuple[Batch, L[3]], float32]
a.relu(0.1)                         Tensor[tuple[L[2], L[3]], float32]
K.clip(a, 0, 1)                     Tensor[tuple[L[2], L[3]], float32]
a.softmax()                         Tensor[tuple[L[2], L[3]], float32]
y.softmax()                         Tensor[tuple[*Bs, I], float32]
K.softmax(a)                        Tensor[tuple[L[2], L[3]], float32]
a + a                               Tensor[tuple[L[2], L[3]], float32]
a + v                               Tensor[tuple[L[2], L[3]], float32]
v + a                               Tensor[Any, Any]
a + c                               Tensor[tuple[L[2], L[3]], float32]
c + a                               Tensor[tuple[L[2], Any], float32]
a + q                               Tensor[tuple[L[2], L[3]], float32]
q + a                               Tensor[tuple[Any, L[3]], float32]
t * a                               Tensor[tuple[Any, Any, Any], float32]
s * a                               Tensor[tuple[L[2], L[3]], Any]
a * 2                               Tensor[tuple[L[2], L[3]], float32]
1 - a                               Tensor[tuple[L[2], L[3]], float32]
i + 1                               Tensor[tuple[L[2]], int32]
i * 0.5                             Tensor[tuple[L[2]], Any]
a ** 2                              Tensor[tuple[L[2], L[3]], float32]
a + d                               Tensor[Any, Any]
d + a                               Tensor[tuple[L[2], L[3]], float64]
a + u                               Tensor[Any, Any]
u + a                               Tensor[Any, Any]
a + array                           Tensor[Any, Any]
y + v                               Tensor[Any, Any]
a * number                          Tensor[tuple[L[2], L[3]], float32]
a > 0                               Tensor[tuple[L[2], L[3]], bool_]
a > v                               Tensor[tuple[L[2], L[3]], bool_]
a.maximum(0.0)                      Tensor[tuple[L[2], L[3]], float32]
a == None                           L[False]
a.sum()                             Tensor[tuple[()], float32]
a.sum(0)                            Tensor[tuple[L[3]], float32]
a.sum(axis=-1)                      Tensor[tuple[L[2]], float32]
a.sum(1, keepdims=True)             Tensor[tuple[L[2], L[1]], float32]
t.mean(axis=1)                      Tensor[tuple[L[5], L[3]], float32]
t4.mean(axis=1)                     Tensor[tuple[Any, Any, Any], float32]
a.sum(number)                       Tensor[Any, float32]
a.sum((0, 1))                       Tensor[Any, float32]
y.sum(-1)                           Tensor[tuple[*Bs], float32]
i.mean()                            Tensor[tuple[()], Any]
m.any()                             Tensor[tuple[()], bool_]
u.sum(0)                            Tensor[Any, Any]
kt.sum(a, 0)                        Tensor[tuple[L[3]], float32]
K.max(a, axis=-1)                   Tensor[tuple[L[2]], float32]
a.argmax()                          Tensor[tuple[L[2]], int64]
a.argmax(0)                         Tensor[tuple[L[3]], int64]
t.cumsum(1)                         Tensor[tuple[L[5], L[2], L[3]], float32]
a.dot(b)                            Tensor[tuple[L[2], L[4]], float32]
a.dot(v)                            Tensor[tuple[L[2]], float32]
t.dot(b)                            Tensor[tuple[L[5], L[2], L[4]], float32]
e.dot(b)                            Tensor[tuple[Batch, L[4]], float32]
q.dot(b)                            Tensor[tuple[Any, L[4]], float32]
a.dot(n)                            Tensor[tuple[L[2], int], float32]
n.dot(n)                            Tensor[tuple[int, int], float32]
n.dot(q)                            Tensor[tuple[int, L[3]], float32]
y.dot(k)                            Tensor[tuple[*Bs, O], float32]
a.dot(array)                        Tensor[Any, Any]
kt.dot(a, b)                        Tensor[tuple[L[2], L[4]], float32]
a @ b                               Tensor[tuple[L[2], L[4]], float32]
t @ b                               Tensor[tuple[L[5], L[2], L[4]], float32]
t.batch_dot(t.transpose(0, 2, 1))   Tensor[tuple[L[5], L[2], L[2]], float32]
a.transpose()                       Tensor[tuple[L[3], L[2]], float32]
t.transpose((0, 2, 1))              Tensor[tuple[L[5], L[3], L[2]], float32]
t4.transpose(0, 2, 1, 3)            Tensor[tuple[Any, Any, Any, Any], float32]
a.T                                 Tensor[Any, float32]
a.reshape(3, 2)                     Tensor[tuple[Any, Any], float32]
a.reshape((-1,))                    Tensor[tuple[Any], float32]
a.reshape([2, 3])                   Tensor[Any, float32]
K.reshape(a, (1, 2, 3))             Tensor[tuple[Any, Any, Any], float32]
t.flatten()                         Tensor[tuple[Any], float32]
t.batch_flatten()                   Tensor[tuple[Any, Any], float32]
a.expand_dims()                     Tensor[tuple[L[2], L[3], L[1]], float32]
K.expand_dims(a, 0)                 Tensor[tuple[L[1], L[2], L[3]], float32]
c.squeeze(1)                        Tensor[tuple[L[2]], float32]
kt.concatenate([a, a])              Tensor[tuple[Any, Any], Any]
kt.stack([a, a])                    Tensor[tuple[Any, Any, Any], Any]
a.split(3, axis=1)                  tuple[Tensor[tuple[Any, Any], float32], ...]
a[0]                                Tensor[tuple[L[3]], float32]
a[:, 0]                             Tensor[tuple[L[2]], float32]
a[1:, 0]                            Tensor[tuple[Any], float32]
a[0, 0]                             Tensor[tuple[()], float32]
v[:, None]                          Tensor[tuple[L[3], L[1]], float32]
v[None]                             Tensor[tuple[L[1], L[3]], float32]
t[..., 0]                           Tensor[Any, float32]
t[:, :, -1]                         Tensor[tuple[Any, Any], float32]
a[i]                                Tensor[Any, float32]
a.gather(i)                         Tensor[tuple[L[2], L[3]], float32]
i.one_hot(10)                       Tensor[tuple[L[2], Any], float32]
a.cast("int32")                     Tensor[tuple[L[2], L[3]], int32]
a.astype(kt.float64)                Tensor[tuple[L[2], L[3]], float64]
a.cast(np.float32)                  Tensor[tuple[L[2], L[3]], Any]
kt.zeros((2, 3))                    Tensor[tuple[Any, Any], float32]
kt.ones((2,), kt.int32)             Tensor[tuple[Any], int32]
kt.full((2, 2), 7, "int32")         Tensor[tuple[Any, Any], Any]
kt.zeros([2, 3])                    Tensor[Any, float32]
kt.eye(3)                           Tensor[tuple[Any, Any], float32]
kt.arange(3)                        Tensor[tuple[Any], int32]
kt.placeholder((None, 784))         Tensor[tuple[Any, Any], float32]
kt.placeholder((3, 3), sparse=True) SparseTensor[Any, Any]
kt.variable(a)                      Variable[tuple[L[2], L[3]], float32]
kt.variable(array)                  Variable[Any, float32]
kt.constant(2.0)                    Tensor[tuple[()], float32]
kt.constant(a)                      Tensor[tuple[L[2], L[3]], float32]
kt.zeros_like(a)                    Tensor[tuple[L[2], L[3]], float32]
kt.ones_like(a, dtype=kt.int32)     Tensor[tuple[L[2], L[3]], int32]
t4.conv2d(kt.ones((3, 3, 3, 8)))    Tensor[tuple[L[5], Any, Any, Any], Any]
"""
#: Expressions that are an error, or no tensor.
MISFITS: Final = """
a.dot(a)
b.dot(v)
a.dot(k)
k.dot(k)
kt.dot(a, a)
K.batch_dot(t, a)
a @ a
s @ a
kt.matmul(b, b)
t.batch_dot(t)
v.batch_dot(a)
a.sum(2)
a.mean(axis=-3)
v.max(1)
t.sum(axis=5, keepdims=True)
a.softmax(axis=2)
a.argmax(2)
a.cumsum(2)
a.expand_dims(4)
c.squeeze(2)
w.squeeze(0)
a.transpose(0, 1)[0, 0, 0]
v[0, 0]
s[0]
a[1.5]
a[a]
a.one_hot(3)
a.gather(a)
a.conv2d(t4)
kt.exp(None)
a.sum(axis="last")
kt.zeros((2, "3"))
kt.zeros((2, 3), dtype=5)
kt.concatenate(a)
a.dot(b).dot(v)
a.sum(0) @ b.T.dot(a.sum(0, keepdims=True).dot(a))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], list[tuple[str, str]]]:
    rows = [re.split(r"  +|(?<=\)) (?=\w+\[)", row.strip(), maxsplit=1) for row in EXPECTED.strip().splitlines()]
    expected = HEAD + "".join(f"    reveal_type({expression})\n" for expression, _ in rows)
    misfits = HEAD + "".join(f"    reveal_type({expression})\n" for expression in MISFITS.strip().splitlines())
    files = {"expected.py": expected, "misfits.py": misfits, "drift.py": drift_text()}
    return check(tmp_path_factory.mktemp("overloads"), files)


def _lines(table: str) -> Iterator[tuple[int, str]]:
    start = HEAD.count("\n") + 1
    yield from enumerate(table.strip().splitlines(), start)


Said = dict[tuple[str, int], list[tuple[str, str]]]


def test_types(said: Said) -> None:
    for line, row in _lines(EXPECTED):
        expression, wanted = re.split(r"  +|(?<=\)) (?=\w+\[)", row.strip(), maxsplit=1)
        messages = said[("expected.py", line)]
        assert not errors(messages), f"{expression}: {errors(messages)}"
        assert revealed(messages) == wanted, expression


def test_misfits(said: Said) -> None:
    missed = [row for line, row in _lines(MISFITS) if not is_caught(said[("misfits.py", line)])]
    assert not missed


# ---- Against the run time --------------------------------------------------------------------------

SHAPES: Final = (
    (),
    (3,),
    (1,),
    (2, 3),
    (1, 3),
    (2, 1),
    (3, 3),
    (2, 3, 4),
    (2, 1, 4),
    (1, 3, 1),
    (2, 3, 3, 4),
    (1, 2, 1, 1, 3),
)
DTYPES: Final = (kt.float32, kt.float32, kt.float32, kt.float64, kt.float16, kt.int32, kt.bool_)
NUMBER: Final = 1500
SEED: Final = 7


def drawn_operands(rng: random.Random) -> dict[str, tuple[Any, str]]:
    """Tensors, and types that are true of them: some say nothing of a size, the rank or the dtype."""
    found: dict[str, tuple[Any, str]] = {}
    for number in range(120):
        shape, dtype = rng.choice(SHAPES), rng.choice(DTYPES)
        sizes = ", ".join("Any" if rng.random() < 0.3 else f"L[{n}]" for n in shape) or "()"
        known = "Any" if rng.random() < 0.07 else f"tuple[{sizes}]"
        kind = "Any" if rng.random() < 0.1 else f"kt.{dtype.__name__}"
        found[f"x{number}"] = kt.placeholder(shape, dtype), f"kt.Tensor[{known}, {kind}]"
    return found


def drawn_expression(rng: random.Random, names: list[str]) -> str:
    """A call of one op, often one that the tensors do not fit."""
    x, y, z = (rng.choice(names) for _ in range(3))
    axis, keep = rng.randint(-5, 4), rng.choice((True, False))
    key = ", ".join(rng.choice(("0", "-1", ":", "1:", "None", "...")) for _ in range(rng.randint(1, 3)))
    reduced = rng.choice(("sum", "mean", "max", "any", "prod", "std", "logsumexp"))
    joint = rng.choice(("+", "-", "*", "/", "//", "**", ">", "==", "@", "&"))
    unary = rng.choice(("exp", "abs", "sign", "relu", "sqrt", "isnan", "logical_not", "softmax", "flatten", "square"))
    return rng.choice((
        f"{x}.{unary}()",
        f"kt.{unary}({x})",
        f"{x}.{reduced}()",
        f"{x}.{reduced}({axis}, keepdims={keep})",
        f"kt.{reduced}({x}, axis={axis})",
        *[f"{x} {joint} {y}"] * 4,
        f"kt.maximum({x}, {y})",
        f"{x} {joint.replace('@', '+')} {rng.choice(('2', '0.5', 'True'))}",
        f"{rng.choice(('2', '0.5'))} {joint.translate({64: '-', 38: '*', 61: '-'}).replace('--', '-')} {x}",
        *[f"{rng.choice(('kt.', ''))}{rng.choice(('dot', 'matmul', 'batch_dot'))}({x}, {y})"] * 3,
        f"{x}[{key}]",
        f"{x}[{key}]",
        f"{x}.argmax({axis})",
        f"{x}.cumsum({axis})",
        f"{x}.expand_dims({axis})",
        f"{x}.squeeze({axis})",
        f"kt.squeeze({x}, {axis})",
        f"{x}.T",
        f"{x}.transpose()",
        f"{x}.transpose({', '.join(map(str, rng.sample(range(3), 3)))})",
        f"{x}.reshape(-1, 3)",
        f"kt.concatenate([{x}, {y}], axis={axis})",
        f"kt.stack([{x}, {y}])",
        f"{x}.split(1, {axis})[0]",
        f"{x}.one_hot(4)",
        f"{x}.gather({y})",
        f"kt.where({x}, {y}, {z})",
        f"kt.zeros_like({x})",
        f"{x}.cast(kt.int32)",
    )).replace("(dot", "(kt.dot").replace("  ", " ")  # fmt: skip


def drift() -> tuple[dict[str, tuple[Any, str]], list[str]]:
    rng = random.Random(SEED)
    operands = drawn_operands(rng)
    expressions = [drawn_expression(rng, list(operands)) for _ in range(NUMBER)]
    return operands, [re.sub(r"^(dot|matmul|batch_dot)\((\w+), ", r"\2.\1(", e) for e in expressions]


def drift_text() -> str:
    operands, expressions = drift()
    parameters = "".join(f"    {name}: {declared},\n" for name, (_, declared) in operands.items())
    head = "from typing import Any, Literal as L\nimport ktensor as kt\nfrom typing_extensions import reveal_type\n"
    body = "".join(f"    reveal_type({e})\n" for e in expressions)
    return f"{head}def f(\n{parameters}) -> None:\n{body}"


def contradiction(result: Any, text: str) -> str | None:
    """What a revealed type says that is not true of the tensor."""
    if text == "Any":
        return None
    if not (mark := re.fullmatch(r"(?:Tensor|Variable)\[(Any|tuple\[(.*)\]), (\w+)\]", text)):
        return "no tensor"
    dtype, shape = node_of(result).dtype, node_of(result).shape
    if mark[3] not in ("Any", dtype.__name__):
        return f"its dtype is {dtype}"
    if mark[1] == "Any":
        return None
    sizes = [] if mark[2] == "()" else mark[2].split(", ")
    fits = len(sizes) == len(shape) and all(s == "Any" or s == f"L[{n}]" for s, n in zip(sizes, shape))
    return None if fits else f"its shape is {shape}"


def test_no_type_is_wrong(said: Said) -> None:
    """What the run time takes is no error, and its type is true; of what it refuses, much is an error."""
    operands, expressions = drift()
    names = {"kt": kt, **{name: tensor for name, (tensor, _) in operands.items()}}
    first = len(operands) + 6
    wrong, taken, refused, caught = [], 0, 0, 0
    for line, expression in enumerate(expressions, first):
        messages = said[("drift.py", line)]
        try:
            result = eval(expression, names)
        except kt.KTensorError:
            refused += 1
            caught += is_caught(messages)
            continue
        taken += 1
        problem = errors(messages) or contradiction(result, revealed(messages))
        if problem:
            wrong.append(f"{expression} with {[operands[n][1] for n in re.findall('x[0-9]+', expression)]}: {problem}")
    assert not wrong, "\n".join(wrong)
    assert taken > NUMBER / 3
    assert caught > refused / 5, f"{caught} of {refused}"


# ---- No false alarms -------------------------------------------------------------------------------

#: Of these programs mypy without the plugin complains. NumPy's stubs say that `array - tensor` is an array; and a list
#: of tensors of several ranks is a list of objects, as ranks are invariant.
KNOWN: Final = {"numpy_mixed_array_on_the_left_symbolic.py", "containers_named_items_right.py"}


@pytest.mark.slow
def test_right_programs_are_clean(tmp_path: Path) -> None:
    programs = [p for p in typed_programs.programs() if p.section in ("right", "symbolic")]
    files = {f"{p.module}.py": p.text for p in programs}
    files |= {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")}
    alarms = {place: errors(messages) for place, messages in check(tmp_path, files).items() if errors(messages)}
    assert not {place: text for place, text in alarms.items() if place[0] not in KNOWN}


@pytest.mark.slow
@pytest.mark.parametrize("plugin", [False, True])
def test_the_package_is_clean(plugin: bool, tmp_path: Path) -> None:
    cache = ROOT / ".mypy_cache" / ("overloads_plugin" if plugin else "overloads")
    settings = "[mypy]\nstrict = true\nallow_redefinition = true\n" + "plugins = ktensor.mypy_plugin\n" * plugin
    (tmp_path / "mypy.ini").write_text(
        settings + "[mypy-tensorflow.*,theano.*,scipy.*,sklearn.*,h5py.*]\nignore_missing_imports = true\n"
    )
    command = [
        sys.executable,
        "-m",
        "mypy",
        f"--config-file={tmp_path / 'mypy.ini'}",
        f"--cache-dir={cache}",
        "ktensor",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_with_the_plugin_signatures_are_plain(tmp_path: Path) -> None:
    imports = "import ktensor as kt\nfrom typing_extensions import reveal_type\n"
    text = imports + "reveal_type(kt.sum)\nreveal_type(kt.Tensor.sum)\n"
    said = check(tmp_path, {"plain.py": text}, plugin=True)
    assert all("overload" not in revealed(said[("plain.py", line)]).lower() for line in (3, 4))
