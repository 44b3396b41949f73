"""mypy says the same in all its modes: cold, warm, after an edit, in the daemon, with workers, by either parser.

Each scenario edits files step by step; at each step every mode is compared with a cold run of the same files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from typed_programs import configuration

ROOT: Final = Path(__file__).parent.parent
CLEAN: Final = ""


class Edit(NamedTuple):
    """In one file, a text takes another's place; mypy must then say something with these words."""

    file: str
    old: str
    new: str
    says: str

    def undone(self, says: str = CLEAN) -> Edit:
        """The way back."""
        return Edit(self.file, self.new, self.old, says)


@dataclass(frozen=True)
class Scenario:
    """Modules `lib` and `use`, as they are at first, and what happens to them."""

    edits: tuple[Edit, ...]
    use: str
    lib: str = ""
    says: str = CLEAN


def _scenario(edit: Edit, use: str, lib: str = "", says: str = CLEAN) -> Scenario:
    return Scenario((edit, edit.undone(says)), use, lib, says)


_IMPORTS: Final = """
from typing import Any, Final, Generic, Literal as L, NewType, TypeVar
import ktensor as kt
B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
"""

_DENSE: Final = """
class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.w = kt.zeros((inputs, outputs))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.w)
"""

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "leaf": _scenario(
        Edit("use", "ones((3, 4))", "ones((5, 4))", "dot: (2, 3) . (5, 4)"),
        "x = kt.zeros((2, 3)).dot(kt.ones((3, 4)))",
    ),
    "generic class's sizes": _scenario(
        Edit(
            "lib", "kt.Tensor[tuple[B, O], kt.float32]:", "kt.Tensor[tuple[B, I], kt.float32]:", "dot: (2, 3) . (5, 4)"
        ),
        "from LIB import Dense\ny = Dense(3, 5)(kt.zeros((2, 3)))\nz = y.dot(kt.zeros((5, 4)))",
        _DENSE,
    ),
    "generic class's inferred attribute": _scenario(
        Edit("lib", "zeros((inputs, outputs))", "zeros((outputs, inputs))", "dot: (2, 3) . (5, 3)"),
        "from LIB import Dense\nz = kt.zeros((2, 3)).dot(Dense(3, 5).w)",
        _DENSE,
    ),
    "imported Final": _scenario(
        Edit("lib", "64", "32", "dot: (2, 32) . (64, 4)"),
        "from LIB import UNITS\nz = kt.zeros((2, UNITS)).dot(kt.zeros((64, 4)))",
        "UNITS: Final = 64",
    ),
    "imported Final under a local name": _scenario(
        Edit("lib", "64", "32", "dot: (2, 32) . (64, 4)"),
        """
        import LIB

        units = LIB.UNITS

        def f() -> None:
            kt.zeros((2, units)).dot(kt.zeros((64, 4)))
        """,
        "UNITS: Final = 64",
    ),
    "constant": _scenario(
        Edit("use", "UNITS = 64", "UNITS = 32", "dot: (2, 32) . (64, 4)"),
        """
        UNITS = 64

        def f() -> None:
            z = kt.zeros((2, UNITS)).dot(kt.zeros((64, 4)))
        """,
    ),
    "constant that is computed": _scenario(
        Edit("use", "4 * 16", "2 * 16", "dot: (2, 32) . (64, 4)"),
        """
        UNITS = 4 * 16
        shape = [2, UNITS]

        def f() -> None:
            z = kt.zeros(shape).dot(kt.zeros((64, 4)))
        """,
    ),
    "imported tensor": _scenario(
        Edit("lib", "(3, 5)", "(4, 5)", "dot: (2, 3) . (4, 5)"),
        "import LIB\nz = kt.zeros((2, 3)).dot(LIB.w)",
        "w = kt.zeros((3, 5))",
    ),
    "imported alias": _scenario(
        Edit("lib", "L[28]", "L[32]", "dot: (2, 32) . (28, 4)"),
        "from LIB import Image\ndef f(x: Image) -> None:\n    x.dot(kt.zeros((28, 4)))",
        "Image = kt.Tensor[tuple[L[2], L[28]], kt.float32]",
    ),
    "imported function's annotation": _scenario(
        Edit("lib", "tuple[B, L[3]]", "tuple[B, L[4]]", "dot: (2, 4) . (3, 5)"),
        "from LIB import head\nz = head(kt.zeros((2, 7))).dot(kt.zeros((3, 5)))",
        """
        def head(x: kt.Tensor[tuple[B, L[7]], kt.float32]) -> kt.Tensor[tuple[B, L[3]], kt.float32]:
            raise NotImplementedError
        """,
    ),
    "imported function's dtype": _scenario(
        Edit("lib", "kt.float32", "kt.float64", "tensor-dtype"),
        "from LIB import load\nz: kt.Tensor[tuple[L[2]], kt.float32] = load() + kt.zeros((2,))\n"
        "def f(x: kt.Tensor[tuple[B], kt.float32]) -> None: ...\nf(load())",
        "def load() -> kt.Tensor[tuple[L[2]], kt.float32]:\n    raise NotImplementedError",
    ),
    "new type": _scenario(
        Edit("lib", 'Width = NewType("Width", int)', "Width = Height", CLEAN),
        """
        from LIB import Height, Width

        def f(x: kt.Tensor[tuple[Height, Width], kt.float32]) -> None:
            x + x.T
        """,
        'Height = NewType("Height", int)\nWidth = NewType("Width", int)',
        "(Height, Width)",
    ),
    "helper's body": _scenario(
        Edit("use", "(3, 5)", "(4, 5)", "dot: (2, 3) . (4, 5)"),
        """
        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(kt.zeros((3, 5)))

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
            z.dot(kt.zeros((5, 1)))
        """,
    ),
    "helper's result": _scenario(
        Edit("use", "(3, 5)", "(3, 6)", "dot: (2, 6) . (5, 1)"),
        """
        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(kt.zeros((3, 5)))

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
            z.dot(kt.zeros((5, 1)))
        """,
    ),
    "imported tensor in a helper": _scenario(
        Edit("lib", "(3, 5)", "(4, 5)", "dot: (2, 3) . (4, 5)"),
        """
        import LIB

        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(LIB.w)

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
        """,
        "w = kt.zeros((3, 5))",
    ),
    "imported Final in a helper": _scenario(
        Edit("lib", "64", "32", "dot: (2, 64) . (32, 4)"),
        """
        from LIB import UNITS

        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(kt.zeros((UNITS, 4)))

        def f() -> None:
            z = helper(kt.zeros((2, 64)))  # type: ignore[no-untyped-call]
        """,
        "UNITS: Final = 64",
    ),
    "imported class in a helper": _scenario(
        Edit(
            "lib", "kt.Tensor[tuple[B, O], kt.float32]:", "kt.Tensor[tuple[B, I], kt.float32]:", "dot: (2, 3) . (5, 4)"
        ),
        """
        from LIB import Dense

        layer = Dense(3, 5)

        def helper(x):  # type: ignore[no-untyped-def]
            return layer(x).dot(kt.zeros((5, 4)))

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
        """,
        _DENSE,
    ),
    "imported class's attribute in a helper": _scenario(
        Edit("lib", "zeros((inputs, outputs))", "zeros((outputs, inputs))", "dot: (2, 3) . (5, 3)"),
        """
        from LIB import Dense

        layer = Dense(3, 5)

        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(layer.w)

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
        """,
        _DENSE,
    ),
    "imported helper": _scenario(
        Edit("lib", "(3, 5)", "(4, 5)", CLEAN),
        "from LIB import helper\nz = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]\nreveal_type(z)",
        "def helper(x):  # type: ignore[no-untyped-def]\n    return x.dot(kt.zeros((3, 5)))",
    ),
    "imported method without annotations": _scenario(
        Edit("lib", "(3, 5)", "(3, 6)", CLEAN),
        """
        from LIB import Layer

        def helper(layer, x):  # type: ignore[no-untyped-def]
            return layer.run(x)

        def f() -> None:
            z = helper(Layer(), kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
            reveal_type(z)
        """,
        "class Layer:\n    def run(self, x):  # type: ignore[no-untyped-def]\n        return x.dot(kt.zeros((3, 5)))",
    ),
    "function that is handed over": _scenario(
        Edit("use", "h.dot(w)", "h.dot(w.T)", "(4, 5) . (7, 5)"),
        """
        w = kt.zeros((5, 7))

        def step(h):  # type: ignore[no-untyped-def]
            return h.dot(w)

        def f() -> None:
            z = kt.zeros((9, 4, 5)).map_fn(step)
            reveal_type(z)
        """,
    ),
    "requirement": _scenario(
        Edit("use", "kt.require(d % h == 0)", "pass", "reshape"),
        """
        D = TypeVar("D", bound=kt.Dim)
        H = TypeVar("H", bound=kt.Dim)

        def split(x: kt.Tensor[tuple[B, D], kt.float32], d: D, h: H) -> kt.Tensor[tuple[B, D], kt.float32]:
            kt.require(d % h == 0)
            heads = x.reshape((x.shape[0], h, d // h))
            return heads.reshape((x.shape[0], d))
        """,
    ),
    "base class": _scenario(
        Edit("lib", "L[3]", "L[4]", "dot: (2, 4) . (3, 1)"),
        """
        from LIB import Base

        class Model(Base):
            def run(self) -> None:
                self.state.dot(kt.zeros((3, 1)))
        """,
        "class Base:\n    state: kt.Tensor[tuple[L[2], L[3]], kt.float32]",
    ),
    "settings": _scenario(
        Edit("use", 'floatx="float32"', 'floatx="float64"', "tensor-dtype"),
        """
        def g(x: kt.Tensor[tuple[B], kt.float32]) -> None: ...

        def f() -> None:
            with kt.config(floatx="float32"):
                g(kt.zeros((3,)))
        """,
    ),
}


def _mypy(folder: Path, *arguments: str) -> str:
    """What mypy says, run in a folder."""
    return _said(folder, [sys.executable, "-m", "mypy", "--no-error-summary", *arguments])


def _said(folder: Path, command: list[str]) -> str:
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("MYPYPATH"))))
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "MYPYPATH": paths}
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


class Project:
    """A folder with modules, a cache, and a daemon on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seconds = 1_000_000_000
        folder.mkdir()
        (folder / "mypy.ini").write_text(configuration())

    def write(self, files: Mapping[str, str]) -> None:
        """Makes the modules be these. mypy looks at a file again if its time, in whole seconds, is another."""
        for name, text in files.items():
            path = self.folder / f"{name}.py"
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                self._seconds += 2
                os.utime(path, (self._seconds, self._seconds))

    def daemon(self, *files: str) -> str:
        """What the daemon says."""
        command = [sys.executable, "-m", "mypy.dmypy", "run", "--", "--no-error-summary", *files]
        said = _said(self.folder, command)
        return "".join(line for line in said.splitlines(keepends=True) if line != "Daemon started\n")

    def stop(self) -> None:
        """Ends the daemon."""
        subprocess.run([sys.executable, "-m", "mypy.dmypy", "stop"], cwd=self.folder, capture_output=True, check=False)


@pytest.fixture(scope="module")
def primed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cache that knows ktensor, and nothing of the user's."""
    project = Project(tmp_path_factory.mktemp("modes") / "primed")
    project.write({"empty": "import ktensor\n"})
    _mypy(project.folder, "empty.py")
    return project.folder


@pytest.fixture(scope="module")
def lasting(primed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose cache and daemon last from edit to edit."""
    project = Project(tmp_path_factory.mktemp("lasting") / "project")
    shutil.copytree(primed / ".mypy_cache", project.folder / ".mypy_cache")
    yield project
    project.stop()


def _cold(primed: Path, folder: Path, files: Mapping[str, str], *arguments: str) -> str:
    project = Project(folder)
    project.write(files)
    shutil.copytree(primed / ".mypy_cache", project.folder / ".mypy_cache")
    return _mypy(project.folder, *arguments, *(f"{name}.py" for name in files))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_edits(name: str, primed: Path, lasting: Project, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    prefix = name.replace(" ", "_").replace("'", "")
    lib, use = f"{prefix}_lib", f"{prefix}_use"
    files = {
        lib: _IMPORTS + textwrap.dedent(scenario.lib) + "\n",
        use: _IMPORTS + textwrap.dedent(scenario.use).replace("LIB", lib) + "\n",
    }
    says = scenario.says
    for step, edit in enumerate((None, *scenario.edits)):
        if edit is not None:
            key = lib if edit.file == "lib" else use
            assert files[key].count(edit.old) == 1, f"{edit.old!r} is to be replaced"
            files[key] = files[key].replace(edit.old, edit.new)
            says = edit.says
        lasting.write(files)
        paths = [f"{module}.py" for module in files]
        cold = _cold(primed, tmp_path / str(step), files)
        assert says in cold if says else "error" not in cold, f"step {step}: {cold}"
        assert _mypy(lasting.folder, *paths) == cold, f"step {step}, incremental"
        assert _mypy(lasting.folder, *paths) == cold, f"step {step}, warm"
        assert lasting.daemon(*paths) == cold, f"step {step}, daemon"
