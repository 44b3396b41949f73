"""What checking shapes costs: mypy with the plugin against mypy alone on the same program without shapes.

`python -m benchmarks.typing_speed` generates a program of 14,000 lines and 13,000 tensor operations, checks it both
ways in turns, and prints the ratio of the user times, then how long a warm run and the daemon take. To be compared
with the marks: at most 2, less than 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
MODULES: Final = 20
OPERATIONS: Final = 13_000
WITH_PLUGIN: Final = "[mypy]\nplugins = ktensor.mypy_plugin\nstrict = true\nallow_redefinition = true\n"
#: The rival has no shapes at all, not even those of the overloads, which it would see without the first setting.
WITHOUT: Final = (
    "[mypy]\nalways_true = KTENSOR_PLUGIN\nstrict = true\ndisallow_any_generics = false\nallow_redefinition = true\n"
)

HEAD: Final = """
from typing import Generic, Literal as L, TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.w: kt.Tensor[tuple[I, O], kt.float32] = kt.zeros((inputs, outputs))
        self.b: kt.Tensor[tuple[O], kt.float32] = kt.zeros((outputs,))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.w) + self.b
"""
#: Functions to be made, each with different names and sizes; `{a}` and its like are sizes.
KINDS: Final = (
    """
def dense_{n}(
    x: kt.Tensor[tuple[L[{a}], L[{b}]], kt.float32],
    w: kt.Tensor[tuple[L[{b}], L[{c}]], kt.float32],
    v: kt.Tensor[tuple[L[{c}], L[{d}]], kt.float32],
) -> kt.Tensor[tuple[L[{a}]], kt.float32]:
    h = x.dot(w)
    h2 = h + kt.ones(({c},))
    z = h2.relu().dot(v)
    p = z.softmax()
    m = p - p.mean(axis=0)
    t = m.T @ m
    q = kt.concatenate([m, p], axis=1)
    r = q.reshape((-1, {d}))
    s = r[1:, 0]
    s2 = s * 2.0
    u = q.sum(axis=1)
    e = u.exp()
    scale = s2.mean()
    f = e - scale * t.sum()
    g = f / f.max()
    return g.clip(0.0, 1.0)
""",
    """
def generic_{n}(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    h = x.dot(w)
    s = h * {a}.0
    largest = s.max(axis=1, keepdims=True)
    y = s - largest
    e = y.exp()
    total = e.sum(axis=1, keepdims=True)
    z = e / total
    n = z.square().sum()
    return z / n.sqrt()


def call_generic_{n}() -> None:
    x = kt.zeros(({a}, {b}))
    y = generic_{n}(x, kt.ones(({b}, {c})))
    r = y.relu()
    z = generic_{n}(r, kt.ones(({c}, {d})))
    v = z.log()
    w = kt.maximum(v, 0.5)
    u = w + z.abs()
    loss = u.square().mean()
""",
    """
def layers_{n}(x: kt.Tensor[tuple[L[{a}], L[{b}]], kt.float32]) -> kt.Tensor[tuple[L[{a}], L[{d}]], kt.float32]:
    first = Dense({b}, {c})
    second = Dense({c}, {d})
    h = first(x)
    a = h.tanh()
    y = second(a)
    p = y.sigmoid()
    size = first.w.square().sum()
    other = second.w.square().sum()
    penalty = size + other
    return p - penalty * 0.01
""",
    """
def steps_{n}(x: kt.Tensor[tuple[L[{a}], L[{b}]], kt.float32]) -> kt.Tensor[tuple[L[{a}], L[{b}]], kt.float32]:
    w = kt.ones(({b}, {b}))
    for step in range({c}):
        h = x.dot(w)
        g = h.sigmoid()
        kept = g * x
        fresh = (1.0 - g) * h.tanh()
        x = kept + fresh
    return x
""",
    """
def images_{n}(x: kt.Tensor[tuple[L[{a}], L[{e}], L[{e}], L[3]], kt.float32]) -> None:
    h = x.conv2d(kt.zeros((3, 3, 3, {f})), padding="same")
    r = h.relu()
    p = r.pool2d((2, 2), strides=(2, 2))
    g = p.conv2d(kt.zeros((3, 3, {f}, {g})))
    b = g.bias_add(kt.zeros(({g},)))
    flat = b.reshape(({a}, -1))
    m = flat.mean(axis=0, keepdims=True)
    n = flat - m
    v = n.square().mean(axis=0)
    s = v.sqrt() + 1e-3
    z = n / s
    d = K.dot(z.T, z)
    k = K.softmax(d)
""",
    """
def pieces_{n}(x: kt.Tensor[tuple[L[{a}], L[{b}], L[{c}]], kt.float32]) -> None:
    first = x[0]
    last = x[-1, :, 1:]
    column = x[:, 0, None]
    t = x.transpose((1, 0, 2))
    u = t.reshape(({b}, {a} * {c}))
    e = x.expand_dims(1)
    f = e.squeeze(1)
    s = kt.stack([first, first], axis=0)
    r = kt.where(x > 0.0, x, 0.0)
    i = r.argmax(axis=-1)
    o = K.one_hot(i, {d})
    q = o.sum(axis=(0, 1))
    c = q.cumsum(0)
    z = s.tile((2, 1, 1))
    y = z[:, ::2] * 3.0
    g = kt.einsum("abc,abd->acd", x, x)
    k = K.mean(K.square(x), axis=[0, 2], keepdims=True)
    w = x @ kt.ones(({a}, {c}, {d}))
    j = w + kt.zeros(({d},))
""",
)
SIZES: Final = (3, 4, 5, 7, 8, 10, 16, 24, 32, 48, 64, 96, 100, 128, 200, 256, 512, 784)
#: What counts as an operation, in the text of a function: a call, an operator, an index.
OPERATION: Final = re.compile(
    r"(?:[\w\])]\.\w+|kt\.\w+|K\.\w+|first|second|generic_\d+)\(|\w\[|\)\[| [-+*/@>] |\.T\b|[\w)]\.[wb]\b"
)


class Program(NamedTuple):
    """Modules by name, and how many operations are in them."""

    modules: dict[str, str]
    operations: int

    @property
    def lines(self) -> int:
        """How many lines are in them."""
        return sum(text.count("\n") for text in self.modules.values())


def generate(seed: int = 0) -> Program:
    """The program with shapes."""
    rng = random.Random(seed)
    modules: dict[str, str] = {}
    operations = 0
    for number in range(MODULES):
        text, wanted = HEAD, OPERATIONS * (number + 1) // MODULES
        while operations < wanted:
            function = _function(rng, operations)
            operations += sum(len(OPERATION.findall(line)) for line in function.splitlines() if _is_body(line))
            text += "\n" + function
        modules[f"part{number}"] = text
    return Program(modules, operations)


def _function(rng: random.Random, number: int) -> str:
    a, b, c, d = (rng.choice(SIZES) for _ in range(4))
    e = 2 * rng.randrange(8, 65)
    return rng.choice(KINDS).format(n=number, a=a, b=b, c=c, d=d, e=e, f=rng.choice(SIZES), g=rng.choice(SIZES))


def _is_body(line: str) -> bool:
    return line.startswith("    ") and ": kt.Tensor" not in line


_SHAPED: Final = re.compile(r"kt\.Tensor\[tuple\[(?:[^\[\]]|\[[^\[\]]*\])*\], kt\.\w+\]")


def without_shapes(program: Program) -> Program:
    """The same program with bare tensors."""
    return program._replace(modules={name: _bare(text) for name, text in program.modules.items()})


def _bare(text: str) -> str:
    text = _SHAPED.sub("kt.Tensor", text).replace("(Generic[I, O])", "")
    return text.replace("inputs: I, outputs: O", "inputs: int, outputs: int")


class Folder:
    """A program in a folder, with a cache that knows ktensor and NumPy alone."""

    def __init__(self, path: Path, configuration: str, program: Program) -> None:
        self.path = path
        path.mkdir()
        (path / "mypy.ini").write_text(configuration)
        (path / "empty.py").write_text("import ktensor.functional\n")
        for name, text in program.modules.items():
            (path / f"{name}.py").write_text(text)
        self.files = [f"{name}.py" for name in program.modules]
        self.mypy("empty.py", cache="primed")

    def mypy(self, *arguments: str, cache: str) -> float:
        """The user time of a run."""
        return _user_time(self.path, [sys.executable, "-m", "mypy", "--cache-dir", cache, *arguments])

    def check(self) -> float:
        """The user time of checking the program, the libraries being known."""
        shutil.rmtree(self.path / "fresh", ignore_errors=True)
        shutil.copytree(self.path / "primed", self.path / "fresh")
        return self.mypy(*self.files, cache="fresh")

    def warm(self) -> float:
        """The user time of a run with nothing changed."""
        return self.mypy(*self.files, cache="fresh")

    def edit(self, number: int) -> None:
        """Changes a module."""
        path = self.path / self.files[-1]
        path.write_text(path.read_text() + f"\nedit_{number} = kt.zeros(({number + 1}, 3)).dot(kt.ones((3, 4)))\n")


def _user_time(folder: Path, command: Sequence[str]) -> float:
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling ktensor anew each time is not what is measured
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or "error" in said:
        raise SystemExit(f"mypy finds fault with the generated program:\n{said[:2000]}")
    return used.ru_utime


class Daemon:
    """mypy's daemon in a folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def __enter__(self) -> Daemon:
        self.run()
        return self

    def __exit__(self, *exception: object) -> None:
        self._dmypy("stop")

    def run(self) -> float:
        """The time of a check: the client's and the server's user time."""
        before = self._server_time()
        client = self._dmypy("run", "--", *self.folder.files)
        return client + self._server_time() - before

    def _dmypy(self, *arguments: str) -> float:
        return _user_time(self.folder.path, [sys.executable, "-m", "mypy.dmypy", *arguments])

    def _server_time(self) -> float:
        status = self.folder.path / ".dmypy.json"
        found = re.search(r'"pid": (\d+)', status.read_text()) if status.exists() else None
        if found is None:
            return 0.0
        ticks = Path(f"/proc/{found[1]}/stat").read_text().rpartition(")")[2].split()[11]
        return int(ticks) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (default: 5)")
    rounds: int = parser.parse_args(arguments).rounds
    program = generate()
    print(f"{program.lines:,} lines, {program.operations:,} tensor operations, {MODULES} modules; user times")
    with tempfile.TemporaryDirectory() as name:
        plain = Folder(Path(name) / "plain", WITHOUT, without_shapes(program))
        shaped = Folder(Path(name) / "shaped", WITH_PLUGIN, program)
        pairs = [(plain.check(), shaped.check()) for _ in range(rounds)]
        _print_times("without shapes", [p for p, _ in pairs])
        _print_times("with the plugin", [s for _, s in pairs])
        ratios = sorted(s / p for p, s in pairs)
        print(f"  ratio            {statistics.median(ratios):.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f}; mark: 2)")
        _print_times("warm, plain", [plain.warm() for _ in range(rounds)])
        _print_times("warm", [shaped.warm() for _ in range(rounds)])
        with Daemon(shaped) as daemon:
            _print_times("daemon, no edit", [daemon.run() for _ in range(rounds)])
            _print_times("daemon, edited", [_after_edit(daemon, number) for number in range(rounds)])


def _after_edit(daemon: Daemon, number: int) -> float:
    daemon.folder.edit(number)
    return daemon.run()


def _print_times(what: str, times: Sequence[float]) -> None:
    print(f"  {what:<16} {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})", flush=True)


if __name__ == "__main__":
    main()
