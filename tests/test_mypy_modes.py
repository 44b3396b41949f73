"""mypy says the same in all its modes: cold, warm, after an edit, in the daemon, with workers, by either parser.

A scenario is two modules, an edit of one of them, and the way back. Every mode is compared with a cold run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, cast

import pytest
from mypy.nodes import Context
from mypy.options import Options
from mypy.plugin import AttributeContext
from typed_programs import configuration

from ktensor.mypy_plugin import KTensorPlugin, _guarded

ROOT: Final = Path(__file__).parent.parent
CLEAN: Final = ""


class Edit(NamedTuple):
    """In one file, a text takes another's place; mypy must then say something with these words."""

    file: str
    old: str
    new: str
    says: str


class Scenario(NamedTuple):
    """Modules `lib` and `use`, what happens to them, and what mypy says of them before that."""

    edit: Edit
    use: str
    lib: str = ""
    says: str = CLEAN


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
    "leaf": Scenario(
        Edit("use", "ones((3, 4))", "ones((5, 4))", "dot: (2, 3) . (5, 4)"),
        "x = kt.zeros((2, 3)).dot(kt.ones((3, 4)))",
    ),
    "generic class's sizes": Scenario(
        Edit(
            "lib", "kt.Tensor[tuple[B, O], kt.float32]:", "kt.Tensor[tuple[B, I], kt.float32]:", "dot: (2, 3) . (5, 4)"
        ),
        "from LIB import Dense\ny = Dense(3, 5)(kt.zeros((2, 3)))\nz = y.dot(kt.zeros((5, 4)))",
        _DENSE,
    ),
    "generic class's inferred attribute": Scenario(
        Edit("lib", "zeros((inputs, outputs))", "zeros((outputs, inputs))", "dot: (2, 3) . (5, 3)"),
        "from LIB import Dense\nz = kt.zeros((2, 3)).dot(Dense(3, 5).w)",
        _DENSE,
    ),
    "imported Final": Scenario(
        Edit("lib", "64", "32", "dot: (2, 32) . (64, 4)"),
        "from LIB import UNITS\nz = kt.zeros((2, UNITS)).dot(kt.zeros((64, 4)))",
        "UNITS: Final = 64",
    ),
    "imported Final under a local name": Scenario(
        Edit("lib", "64", "32", "dot: (2, 32) . (64, 4)"),
        """
        import LIB

        units = LIB.UNITS

        def f() -> None:
            kt.zeros((2, units)).dot(kt.zeros((64, 4)))
        """,
        "UNITS: Final = 64",
    ),
    "constant": Scenario(
        Edit("use", "UNITS = 64", "UNITS = 32", "dot: (2, 32) . (64, 4)"),
        """
        UNITS = 64

        def f() -> None:
            z = kt.zeros((2, UNITS)).dot(kt.zeros((64, 4)))
        """,
    ),
    "constant that is computed": Scenario(
        Edit("use", "4 * 16", "2 * 16", "dot: (2, 32) . (64, 4)"),
        """
        UNITS = 4 * 16
        shape = [2, UNITS]

        def f() -> None:
            z = kt.zeros(shape).dot(kt.zeros((64, 4)))
        """,
    ),
    "imported tensor": Scenario(
        Edit("lib", "(3, 5)", "(4, 5)", "dot: (2, 3) . (4, 5)"),
        "import LIB\nz = kt.zeros((2, 3)).dot(LIB.w)",
        "w = kt.zeros((3, 5))",
    ),
    "imported alias": Scenario(
        Edit("lib", "L[28]", "L[32]", "dot: (2, 32) . (28, 4)"),
        "from LIB import Image\ndef f(x: Image) -> None:\n    x.dot(kt.zeros((28, 4)))",
        "Image = kt.Tensor[tuple[L[2], L[28]], kt.float32]",
    ),
    "imported function's annotation": Scenario(
        Edit("lib", "tuple[B, L[3]]", "tuple[B, L[4]]", "dot: (2, 4) . (3, 5)"),
        "from LIB import head\nz = head(kt.zeros((2, 7))).dot(kt.zeros((3, 5)))",
        """
        def head(x: kt.Tensor[tuple[B, L[7]], kt.float32]) -> kt.Tensor[tuple[B, L[3]], kt.float32]:
            raise NotImplementedError
        """,
    ),
    "imported function's dtype": Scenario(
        Edit("lib", "kt.float32", "kt.float64", "tensor-dtype"),
        "from LIB import load\nz: kt.Tensor[tuple[L[2]], kt.float32] = load() + kt.zeros((2,))\n"
        "def f(x: kt.Tensor[tuple[B], kt.float32]) -> None: ...\nf(load())",
        "def load() -> kt.Tensor[tuple[L[2]], kt.float32]:\n    raise NotImplementedError",
    ),
    "new type": Scenario(
        Edit("lib", 'Width = NewType("Width", int)', "Width = Height", CLEAN),
        """
        from LIB import Height, Width

        def f(x: kt.Tensor[tuple[Height, Width], kt.float32]) -> None:
            x + x.T
        """,
        'Height = NewType("Height", int)\nWidth = NewType("Width", int)',
        "(Height, Width)",
    ),
    "bound of a TypeVar": Scenario(
        Edit("lib", "bound=kt.Dim", "bound=int", CLEAN),
        """
        from LIB import N

        def f(x: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
            return x.relu() + x
        """,
        'N = TypeVar("N", bound=kt.Dim)',
    ),
    "helper's body": Scenario(
        Edit("use", "(3, 5)", "(4, 5)", "dot: (2, 3) . (4, 5)"),
        """
        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(kt.zeros((3, 5)))

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
            z.dot(kt.zeros((5, 1)))
        """,
    ),
    "helper's result": Scenario(
        Edit("use", "(3, 5)", "(3, 6)", "dot: (2, 6) . (5, 1)"),
        """
        def helper(x):  # type: ignore[no-untyped-def]
            return x.dot(kt.zeros((3, 5)))

        def f() -> None:
            z = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]
            z.dot(kt.zeros((5, 1)))
        """,
    ),
    "imported tensor in a helper": Scenario(
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
    "imported Final in a helper": Scenario(
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
    "imported class in a helper": Scenario(
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
    "imported class's attribute in a helper": Scenario(
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
    "imported helper": Scenario(
        Edit("lib", "(3, 5)", "(4, 5)", CLEAN),
        "from LIB import helper\nz = helper(kt.zeros((2, 3)))  # type: ignore[no-untyped-call]\nreveal_type(z)",
        "def helper(x):  # type: ignore[no-untyped-def]\n    return x.dot(kt.zeros((3, 5)))",
    ),
    "imported method without annotations": Scenario(
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
    "function that is handed over": Scenario(
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
    "requirement": Scenario(
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
    "base class": Scenario(
        Edit("lib", "L[3]", "L[4]", "dot: (2, 4) . (3, 1)"),
        """
        from LIB import Base

        class Model(Base):
            def run(self) -> None:
                self.state.dot(kt.zeros((3, 1)))
        """,
        "class Base:\n    state: kt.Tensor[tuple[L[2], L[3]], kt.float32]",
    ),
    "settings": Scenario(
        Edit("use", 'floatx="float32"', 'floatx="float64"', "tensor-dtype"),
        """
        def g(x: kt.Tensor[tuple[B], kt.float32]) -> None: ...

        def f() -> None:
            with kt.config(floatx="float32"):
                g(kt.zeros((3,)))
        """,
    ),
}


#: As they are at first, edited, and as at first again.
STEPS: Final = (False, True, False)


def _prefix(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def _files(name: str, edited: bool) -> dict[str, str]:
    """The modules of a scenario; their names begin with the scenario's."""
    scenario, edit = SCENARIOS[name], SCENARIOS[name].edit
    texts = {"lib": scenario.lib, "use": scenario.use}
    assert texts[edit.file].count(edit.old) == 1, f"{edit.old!r} is to be replaced"
    if edited:
        texts[edit.file] = texts[edit.file].replace(edit.old, edit.new)
    library = f"{_prefix(name)}_lib"
    modules = {library: texts["lib"], f"{_prefix(name)}_use": texts["use"].replace("LIB", library)}
    return {module: f"{_IMPORTS}{textwrap.dedent(text)}\n" for module, text in modules.items()}


def _all_files(edited: bool) -> dict[str, str]:
    return {module: text for name in SCENARIOS for module, text in _files(name, edited).items()}


def _lines(said: str) -> list[str]:
    """What is said, sorted: which module comes first is not the same in all modes."""
    return sorted(said.splitlines())


def _lines_of(name: str, said: str) -> list[str]:
    """What is said of a scenario's modules."""
    return [line for line in _lines(said) if line.startswith((f"{_prefix(name)}_lib.py", f"{_prefix(name)}_use.py"))]


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

    def mypy(self, *arguments: str) -> str:
        """What mypy says of all modules."""
        return self._said("mypy", *arguments, "--no-error-summary", *self._paths())

    def daemon(self) -> str:
        """What the daemon says of all modules."""
        said = self._said("mypy.dmypy", "run", "--", "--no-error-summary", *self._paths())
        return said.removeprefix("Daemon started\n")

    def stop(self) -> None:
        """Ends the daemon."""
        self._said("mypy.dmypy", "stop")

    def _paths(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.py"))

    def _said(self, module: str, *arguments: str) -> str:
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("MYPYPATH"))))
        command = [sys.executable, "-m", module, *arguments]
        environment = {**os.environ, "MYPYPATH": paths}
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        assert not done.stderr, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Mapping[bool, str]:
    """What mypy says of all scenarios without a cache, before and after the edits."""
    project = Project(tmp_path_factory.mktemp("cold") / "project")
    said = {}
    for edited in (False, True):
        project.write(_all_files(edited))
        said[edited] = project.mypy("--cache-dir=/dev/null")
    return said


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """All scenarios, before the edits, in the daemon."""
    project = Project(tmp_path_factory.mktemp("daemon") / "project")
    project.write(_all_files(edited=False))
    yield project
    project.stop()


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_edit_matters(name: str, cold: Mapping[bool, str]) -> None:
    scenario = SCENARIOS[name]
    for edited, words in ((False, scenario.says), (True, scenario.edit.says)):
        said = "\n".join(_lines_of(name, cold[edited]))
        assert words in said if words else "error" not in said, said


@pytest.mark.slow
def test_the_cache(cold: Mapping[bool, str], tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    for edited in STEPS:
        project.write(_all_files(edited))
        assert _lines(project.mypy()) == _lines(cold[edited]), "after the edits"
        assert _lines(project.mypy()) == _lines(cold[edited]), "with nothing edited"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_daemon(name: str, cold: Mapping[bool, str], watched: Project) -> None:
    for edited in STEPS:
        watched.write(_files(name, edited))
        said = watched.daemon()
        assert _lines_of(name, said) == _lines_of(name, cold[edited]), f"edited: {edited}"
        others = [other for other in SCENARIOS if other != name]
        assert [_lines_of(o, said) for o in others] == [_lines_of(o, cold[False]) for o in others]


@pytest.mark.slow
@pytest.mark.parametrize("options", ["--num-workers=2", "--native-parser", "--no-native-parser"])
def test_other_ways_to_run(options: str, cold: Mapping[bool, str], tmp_path: Path) -> None:
    if options.lstrip("-").removeprefix("no-").split("=")[0] not in _help():
        pytest.skip("this mypy does not have it")
    project = Project(tmp_path / "project")
    project.write(_all_files(edited=True))
    assert _lines(project.mypy(options)) == _lines(cold[True])


@cache
def _help() -> str:
    command = [sys.executable, "-m", "mypy", "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_options_of_the_daemon_stay_as_they_were() -> None:
    options = Options()
    taken = options.snapshot()
    before = repr(taken)
    KTensorPlugin(options)
    assert repr(taken) == before, "the daemon starts anew when the options that it has taken down have changed"


def test_a_hook_that_fails_leaves_mypys_own_answer() -> None:
    api = SimpleNamespace(options=Options())
    own: Any = object()
    context = AttributeContext(own, own, False, Context(), cast(Any, api))
    hook = _guarded(lambda ctx: 1 // 0)
    assert hook(context) is context.default_attr_type
    api.options.show_traceback = True
    with pytest.raises(ZeroDivisionError):
        hook(context)
