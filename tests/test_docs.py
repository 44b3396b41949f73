"""The Python code of README and of the pages in docs/ is type-checked with the plugin, and run.

How a page is read:

- A block that begins with an import, or with a line `# mypy:`, begins a program. Every other Python block goes on with
  the program before it.
- A line that ends with `# error: TEXT` is one on which mypy reports exactly that error; `...` in it stands for
  anything. `reveal_type(...)  # TYPE` is what it reveals, without module prefixes and with `L` for `Literal`. mypy
  reports nothing else, but for what the next rule shows.
- A `text` block after a Python block is all that mypy prints about the program, if it names lines, as in `net.py:3:`;
  and otherwise what the program prints when it runs. A program that mypy is quoted about is one block long.
- A `console` block after a Python block is a command, after `$`, on that program's file, and what it prints.
- CONTRIBUTING's Python blocks are its worked example, which is put into a copy of ktensor. What it does is tested
  in test_examples.py.
- Every program is run, statement by statement, on NumPy. Statements with an error may raise, and no others. Programs
  that import Keras need KTENSOR_KERAS, the folder that Keras 2 is in.

mypy is configured as docs/typing.md says for mypy 2; Keras has no types.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
GUIDE: Final = "docs/typing.md"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_BEGINNING: Final = re.compile(r"import |from |# mypy:")
_KERAS: Final = re.compile(r"^(?:from|import) (?:ktensor\.)?keras\b", re.MULTILINE)
_QUOTED: Final = re.compile(r"^(\w+)\.py:\d+: ", re.MULTILINE)
_ERROR: Final = re.compile(r"  # error: (.*)$")
_IGNORED: Final = re.compile(r"  # type: (ignore)")
_REVEALED: Final = re.compile(r"^\s*reveal_type\(.*\)  # (.*)$")
_REPORT: Final = re.compile(r"^(?P<module>\w+)\.py:(?P<line>\d+): (?P<kind>error|note): (?P<text>.*)$")


@dataclass
class Program:
    """The blocks of one program, and what the page says about it."""

    page: str
    number: int
    blocks: list[str] = field(default_factory=list)
    #: What mypy prints, and the name that the file has there.
    quoted: str | None = None
    name: str = ""
    #: What running it prints.
    printed: str | None = None
    command: str | None = None

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    @property
    def module(self) -> str:
        """A name for its file."""
        return re.sub(r"\W", "_", str(self))

    @cached_property
    def text(self) -> str:
        """The code of all its blocks."""
        return "\n".join(self.blocks)

    @cached_property
    def needs_keras(self) -> bool:
        """True if it imports Keras 2."""
        return bool(_KERAS.search(self.text))

    @cached_property
    def errors(self) -> dict[int, str]:
        """The error that each marked line gives; `...` stands for anything."""
        return self._marked(_ERROR)

    @cached_property
    def revealed(self) -> dict[int, str]:
        """What marked lines reveal."""
        return self._marked(_REVEALED)

    def _marked(self, mark: re.Pattern[str]) -> dict[int, str]:
        lines = enumerate(self.text.splitlines(), start=1)
        return {number: found[1] for number, line in lines if (found := mark.search(line))}

    @cached_property
    def failing(self) -> list[int]:
        """The lines with errors, and with errors that are ignored."""
        quoted = re.findall(r"\.py:(\d+): error", self.quoted or "")
        return [*self.errors, *self._marked(_IGNORED), *map(int, quoted)]


def programs() -> list[Program]:
    """The programs of all pages."""
    return [program for page in PAGES for program in _programs(page)]


def _programs(page: str) -> Iterator[Program]:
    program: Program | None = None
    before, number = "", 0
    for language, text in _BLOCK.findall((ROOT / page).read_text("utf-8")):
        if language == "python":
            if program is None or _BEGINNING.match(text):
                if program is not None:
                    yield program
                number += 1
                program = Program(page, number)
            program.blocks.append(text)
        elif before == "python" and program is not None:
            _describe(program, language, text)
        before = language
    if program is not None:
        yield program


def _describe(program: Program, language: str, text: str) -> None:
    if language == "console":
        program.command = text
    elif language == "text" and (mark := _QUOTED.search(text)):
        assert len(program.blocks) == 1, f"{program}: what mypy says has the lines of one block"
        program.quoted, program.name = text, mark[1]
    elif language == "text":
        program.printed = text


PROGRAMS: Final = programs()


# What mypy says.


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """What mypy says about each program: lines and texts, errors and notes."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("programs")
    for program in PROGRAMS:
        (folder / f"{program.module}.py").write_text(program.text, encoding="utf-8")
    (folder / "pyproject.toml").write_text(_configuration(), encoding="utf-8")
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for line in _mypy(folder, PROGRAMS).splitlines():
        report = _REPORT.match(line)
        assert report, line
        found[report["module"]].append((int(report["line"]), f"{report['kind']}: {report['text']}"))
    return found


def _mypy(folder: Path, chosen: Sequence[Program]) -> str:
    """What mypy prints about the programs in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *(f"{p.module}.py" for p in chosen)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode < 2, done.stdout + done.stderr
    assert not done.stderr
    return str(done.stdout)


def _configuration() -> str:
    """The first configuration of the page, which is for mypy 2, and that Keras has no types."""
    blocks = _BLOCK.findall((ROOT / GUIDE).read_text("utf-8"))
    shown = next(str(text) for kind, text in blocks if kind == "toml")
    return f'{shown}\n[[tool.mypy.overrides]]\nmodule = "keras.*"\nignore_missing_imports = true\n'


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT), "KTENSOR_ENGINE": "numpy"}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_mypy_says_what_the_page_says(program: Program, reports: dict[str, list[tuple[int, str]]]) -> None:
    report = reports[program.module]
    if program.quoted is not None:
        assert program.quoted == "".join(f"{program.name}.py:{line}: {text}\n" for line, text in report)
        return
    found: defaultdict[int, list[str]] = defaultdict(list)
    for line, text in report:
        kind, _, said = text.partition(": ")
        if kind == "error":
            found[line].append(said)
        elif said.startswith("Revealed type"):
            found[line].append(_plain(said))
    wanted = {**program.errors, **program.revealed}
    lines = program.text.splitlines()
    for line in sorted({*found, *wanted}):
        said = " / ".join(found[line])
        assert _fits(wanted.get(line, ""), said), f"{program}: {lines[line - 1].strip()!r} gives {said!r}"


def _plain(note: str) -> str:
    """A revealed type without module prefixes, `Literal` as `L`."""
    shown = note.removeprefix('Revealed type is "').removesuffix('"')
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", shown).replace("Literal[", "L[")


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), text) is not None


@pytest.mark.slow
def test_without_the_plugin_there_is_no_false_alarm(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    for program in PROGRAMS:
        (tmp_path / f"{program.module}.py").write_text(program.text, encoding="utf-8")
    configuration = re.sub(r"^plugins.*\n", "warn_unused_ignores = false\n", _configuration(), flags=re.MULTILINE)
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    done = _mypy(tmp_path, PROGRAMS)
    for line in done.splitlines():
        report = _REPORT.match(line)
        assert report, line
        program = next(p for p in PROGRAMS if p.module == report["module"])
        assert report["kind"] == "note" or int(report["line"]) in program.failing, line


# The worked example of CONTRIBUTING.

USES_IT: Final = """from typing_extensions import reveal_type

import ktensor as kt

reveal_type(kt.zeros((2, 1)).hypot(kt.zeros((3,))))
kt.zeros((2,)).hypot(kt.zeros((3,)))
kt.hypot(kt.zeros((2,)), kt.zeros((3,)))
"""


@pytest.mark.slow
def test_the_plugin_knows_the_worked_example_of_contributing(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    shutil.copytree(ROOT / "ktensor", tmp_path / "ktensor", ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    declaration, lowering, case = (text for language, text in _BLOCK.findall(text) if language == "python")

    def edit(file: str, anchor: str, new: str) -> None:
        path = tmp_path / "ktensor" / file
        before, found, after = path.read_text("utf-8").partition(anchor)
        assert found, (file, anchor)
        path.write_text(f"{before}{found}{new}{after}", encoding="utf-8")

    edit("ops/elementwise.py", "__all__ = [\n", '    "hypot",\n')
    edit("ops/elementwise.py", 'return unary("tanh", x)\n', f"\n\n{declaration}")
    edit("__init__.py", "from .typed.functions import (\n", "    hypot,\n")
    edit("__init__.py", "__all__ = [\n", '    "hypot",\n')
    edit("methods.py", "    exp = elementwise.exp\n", "    hypot = elementwise.hypot\n")
    edit("engines/numpy_engine/lowerings.py", "UFUNCS: Final[Mapping[str, np.ufunc]] = {\n", f"    {lowering}")
    edit("testing/ops.py", "def _binary_cases() -> Iterator[Case]:\n", "".join(f"    {x}\n" for x in case.splitlines()))
    (tmp_path / "use.py").write_text(USES_IT, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(_configuration(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "use.py"],
        cwd=tmp_path,
        env={**_environment(), "PYTHONPATH": str(tmp_path), "MYPYPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    shown, *errors = done.stdout.splitlines()
    assert _plain(shown).endswith("Tensor[tuple[L[2], L[3]], float32]"), done.stdout + done.stderr
    assert [error.partition(":")[2][:60] for error in errors] == [
        f"{line}: error: hypot: shapes (2,) and (3,) do not broadcast: 2 and 3"[:60] for line in (6, 7)
    ]


# What running it does.

#: Runs a file statement by statement; only those that have one of the lines named may raise.
RUN: Final = """
import ast
import sys
from pathlib import Path

import ktensor as kt

file, *lines = sys.argv[1:]
expected = {int(line) for line in lines}
for statement in ast.parse(Path(file).read_text("utf-8")).body:
    code = compile(ast.Module([statement], []), file, "exec")
    try:
        exec(code, globals())
    except kt.KTensorError:
        if expected.isdisjoint(range(statement.lineno, statement.end_lineno + 1)):
            raise
"""


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_it_runs(program: Program, tmp_path: Path) -> None:
    folder = os.environ.get("KTENSOR_KERAS")
    if program.needs_keras and not folder:
        pytest.skip("Keras 2 is not here: KTENSOR_KERAS does not name its folder, as `make test` does")
    environment = _environment()
    if program.needs_keras and folder:
        environment["PYTHONPATH"] += os.pathsep + folder
    file = tmp_path / f"{program.module}.py"
    file.write_text(program.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(file), *map(str, program.failing)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    if program.printed is not None:
        assert done.stdout == program.printed


@pytest.mark.slow
@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.command], ids=str)
def test_the_command_prints_what_the_page_says(program: Program, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    pytest.importorskip("ktensor.annotate")
    first, _, printed = (program.command or "").partition("\n")
    command = shlex.split(first.removeprefix("$ "))
    (tmp_path / command[-1]).write_text(program.text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(_configuration(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=tmp_path,
        env={**_environment(), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.rstrip("\n"), done.stderr) == (printed.rstrip("\n"), "")
