"""`python -m ktensor shapes`: real files, checked by the real mypy."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

import pytest

pytest.importorskip("mypy")

from ktensor import __main__ as cli
from ktensor import annotate
from ktensor.annotate import text
from ktensor.annotate.model import Listing, Mark, Message, Report, Shown

Command: TypeAlias = Callable[..., tuple[int, str, str]]

MODEL = '''\
import ktensor as kt


def centred(x, scale):
    mean = x.mean(axis=-1, keepdims=True)
    return (x - mean) * scale


def never_called(x):
    return x + 1


x = kt.placeholder((None, 784))
a, b = x + 1, x.sum(axis=0)
c = centred(x, 2.0)
d = centred(kt.zeros((2, 3)), 0.5)
for row in [x, x]:
    kt.exp(row)
y = (
    x.reshape((-1, 28, 28))
    .sum(axis=1)
    .dot(kt.zeros((28, 10), kt.float32))
)
bad = x.dot(kt.zeros((64, 10)))
print("<b> & é", bad.nope)
'''  # fmt: skip

GENERIC = '''\
from typing import Any, TypeVar
from typing import Literal as L

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
D = TypeVar("D")
Bs = TypeVarTuple("Bs")


class Model:
    weights: kt.Tensor[tuple[Any, L[3]], kt.float32]

    def __call__(self, x: kt.Tensor[tuple[B, L[784]], D]) -> kt.Tensor[tuple[B, L[784]], D]:
        self.last = x
        return x


def total(
    x: kt.Tensor[tuple[Unpack[Bs], L[3]], kt.float32], /, *, n: int = 1
) -> kt.Tensor[tuple[Unpack[Bs]], kt.float32]:
    return x.sum(axis=-1)


def unknown(x: kt.Tensor[Any, kt.float32], rest: kt.Tensor, n: int) -> tuple[kt.Tensor, int]:
    with open("x") as file, kt.config(floatx="float64"):
        z = rest
    z += 1
    if n and (w := x + x) is not None:
        return x, 1
    doubled = x.reshape((2, 3)), None
    return doubled[0], 2
'''  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests: only the first of them waits for mypy to read ktensor and NumPy."""
    return tmp_path_factory.mktemp("mypy-cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MYPY_CACHE_DIR", str(cache))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mypy.ini").write_text("[mypy]\n")
    return tmp_path


@pytest.fixture
def shapes(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Writes the files that are given by name, and runs the command."""

    def run(*arguments: str, **files: str) -> tuple[int, str, str]:
        for name, content in files.items():
            (folder / f"{name}.py").write_bytes(content.encode())
        code = cli.main(["shapes", *(f"{name}.py" for name in files), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def beside(out: str, code: str) -> str:
    """What stands beside a line of code."""
    (line,) = (line for line in out.splitlines() if code in line)
    return line.partition(code)[2].strip()


# Text.


def test_shapes_stand_beside_the_code_and_errors_below_it(shapes: Command) -> None:
    code, out, err = shapes(model=MODEL)
    assert (code, err) == (1, "")
    assert out.startswith("model.py: 14 lines with tensors, 2 errors\n\n 1  import ktensor as kt\n")
    for line, shown in {
        "x = kt.placeholder((None, 784))": "(None, 784) float32",
        "a, b = x + 1, x.sum(axis=0)": "a (None, 784) float32, b (784,) float32",
        "c = centred(x, 2.0)": "(None, 784) float32",
        "for row in [x, x]:": "row (None, 784) float32",
        "kt.exp(row)": "(None, 784) float32",
        "y = (": "(None, 10) float32",
        "    x.reshape((-1, 28, 28))": "(None, 28, 28) float32",
        "    .sum(axis=1)": "(None, 28) float32",
        "    .dot(kt.zeros((28, 10), kt.float32))": "(None, 10) float32",
        "return x + 1": "",
    }.items():
        assert beside(out, line) == shown, line
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if "bad = x.dot" in line)
    assert lines[at + 1].rstrip() == "          ^^^^^^^^^^^^^^^^^^^^^^^^^"
    assert lines[at + 2].startswith("    error: dot: (None, 784) . (64, 10): inner dimensions 784 and 64 differ;")
    assert "[tensor-shape]" in lines[at + 3]
    assert lines[at + 4] == '    note: "x" is (None, 784) float32, from line 13'
    assert lines[-1] == ""
    assert 'error: "Tensor[Any, Any]" has no attribute "nope"  [attr-defined]' in lines[-2]


def test_bodies_without_annotations_show_the_shapes_of_their_calls(
    shapes: Command,
) -> None:
    _, out, _ = shapes(model=MODEL)
    assert beside(out, "def centred(x, scale):") == "x (None, 784) float32 | (2, 3) float32"
    assert beside(out, "mean = x.mean(axis=-1, keepdims=True)") == "(None, 1) float32 | (2, 1) float32"
    assert beside(out, "return (x - mean) * scale") == "(None, 784) float32 | (2, 3) float32"
    assert beside(out, "def never_called(x):") == ""


def test_many_calls_are_shown_as_what_they_have_in_common(shapes: Command) -> None:
    calls = "".join(f"f(kt.zeros(({n}, 3)))\n" for n in range(2, 6))
    mixed = "".join(f"g(kt.zeros({(1,) * n}))\n" for n in range(1, 6))
    _, out, _ = shapes(
        model=f"import ktensor as kt\n\ndef f(x):\n    return x + 1\n\n{calls}\ndef g(x):\n    return -x\n\n{mixed}"
    )
    assert beside(out, "return x + 1") == "(None, 3) float32"
    assert beside(out, "return -x") == "(1,) float32 | (1, 1) float32 | (1, 1, 1) float32 | ..."


def test_names_of_sizes_dtypes_and_ranks_that_are_not_known(shapes: Command) -> None:
    code, out, _ = shapes(generic=GENERIC)
    for line, shown in {
        "weights: kt.Tensor[tuple[Any, L[3]], kt.float32]": "(None, 3) float32",
        "self.last = x": "(B, 784) D",
        "return x.sum(axis=-1)": "(*Bs,) float32",
        "z = rest": "?",
        "z += 1": "?",
        "if n and (w := x + x) is not None:": "w ? float32",
        "return x, 1": "? float32, 1",
        "doubled = x.reshape((2, 3)), None": "(2, 3) float32, None",
        "return doubled[0], 2": "(2, 3) float32, 2",
    }.items():
        assert beside(out, line) == shown, line
    assert "x (B, 784) D" in out
    assert beside(out, "/, *, n: int = 1") == "(*Bs, 3) float32"
    assert "rest ?" in out
    assert code == 0, out


@pytest.mark.parametrize("width", [30, 80, 120])
def test_long_lines_leave_the_shapes_on_a_row_of_their_own(width: int) -> None:
    short, long = "x = f()", f"y = {'f' * 100}()"
    listing = Listing("model.py", [short, long])
    mark = Mark(1, 1, 1, "x", "assignment", (SHOWN,), SHOWN)
    listing.marks = [mark, mark._replace(line=2, name="y")]
    lines = [line for line in text.write(Report([listing], []), width, color=False) if line.strip()]
    assert lines[1].startswith("1  x = f()  ")
    assert lines[1].endswith("(2, 3) float32")
    assert lines[2] == f"2  {long}" if width < 124 else lines[2].endswith("(2, 3) float32")
    assert lines[3].strip() == "(2, 3) float32"
    assert all(len(line) <= width for line in lines if long not in line and "lines with" not in line)


SHOWN = Shown("(2, 3) float32", "Tensor[tuple[Literal[2], Literal[3]], float32]", (2, 3), "float32")


def test_wide_characters_and_tabs_keep_the_columns(shapes: Command) -> None:
    source = "import ktensor as kt\n\nif True:\n\t名 = kt.zeros((2, 3))\r\n\tü = 名.T; é = ü.dot(ü)\n"
    code, out, _ = shapes(model=source)
    assert code == 1
    assert beside(out, "名 = kt.zeros((2, 3))") == "(2, 3) float32"
    (first,) = (line.index("(2, 3) float32") for line in out.splitlines() if "名 = " in line)
    (second,) = (line.index("ü (3, 2) float32") for line in out.splitlines() if "é = " in line)
    assert first == second  # with one wide character in each


def test_colors_are_for_terminals(shapes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import ktensor as kt\nx = kt.zeros((2, 3))\n"
    assert "\x1b" not in shapes(model=source)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[36m(2, 3) \x1b[0m\x1b[2;36mfloat32\x1b[0m" in shapes(model=source)[1]
    assert "\x1b" not in shapes("--no-color", model=source)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shapes(model=source)[1]


def test_a_terminal_without_the_characters_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    annotate._print(["é = 1"])
    stream.flush()
    assert written.getvalue() == b"\\xe9 = 1\n"


def test_the_listing_in_the_readme(shapes: Command) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    listing = readme.partition("## See the shapes")[2].partition("```text\n")[2].partition("```")[0]
    rows = [line for line in listing.splitlines() if re.match(r" *\d+( |$)", line)]
    source = "\n".join(re.sub(r"^ *\d+ {0,2}|   +(?:x? ?\(|\?).*$", "", row) for row in rows)
    assert shapes(model=source)[1].rstrip("\n") == listing.rstrip("\n")


# JSON.


def test_json_for_editors(shapes: Command) -> None:
    code, out, _ = shapes("--json", model=MODEL)
    assert code == 1
    found = json.loads(out)
    assert list(found) == ["file", "lines", "errors", "notes"]
    assert found["file"] == "model.py"
    by_place = {(m["line"], m["name"]): m for m in found["lines"]}
    assert by_place[13, "x"] == {
        "line": 13,
        "column": 1,
        "end_column": 1,
        "kind": "assignment",
        "name": "x",
        "shape": [None, 784],
        "dtype": "float32",
        "text": "(None, 784) float32",
        "type": "Tensor[tuple[Any, Literal[784]], float32]",
        "calls": [],
    }
    several = by_place[4, "x"]
    assert (several["kind"], several["column"], several["shape"]) == ("parameter", 13, [None, None])
    assert [c["shape"] for c in several["calls"]] == [[None, 784], [2, 3]]
    assert {m["kind"] for m in found["lines"]} == {
        "assignment", "return", "expression", "parameter", "loop", "step",
    }  # fmt: skip
    first, _ = found["errors"]
    assert first.pop("message").startswith("dot: (None, 784) . (64, 10)")
    assert first == {
        "line": 24,
        "column": 7,
        "end_line": 24,
        "end_column": 31,
        "code": "tensor-shape",
        "notes": ['"x" is (None, 784) float32, from line 13'],
    }


def test_json_has_a_line_for_each_file(shapes: Command) -> None:
    code, out, _ = shapes("--json", generic=GENERIC, plain="x = 1\nreveal_type(x)\n", broken="x = (\n")
    generic, plain, broken = map(json.loads, out.splitlines())
    assert code == 1
    assert ["B", 784] in [m["shape"] for m in generic["lines"]]
    assert ["*Bs", 3] in [m["shape"] for m in generic["lines"]]
    assert plain["lines"] == plain["errors"] == []
    assert plain["notes"][0]["message"].startswith("Revealed type is")
    assert [e["code"] for e in broken["errors"]] == ["syntax"]


# The page.


class Page(HTMLParser):
    """Checks that tags are closed in order, and collects what is in the page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: dict[str, list[str]] = {}
        self.row = self.cell = ""
        self.feed(content)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.row = dict(attributes).get("id") or "said"
        if tag == "td":
            self.cells.setdefault(self.row, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[self.row][-1] += data


def test_the_page(shapes: Command, folder: Path) -> None:
    code, out, _ = shapes("--html", "out.html", model=MODEL)
    assert (code, out) == (1, "out.html: model.py: 14 lines with tensors, 2 errors\n")
    content = (folder / "out.html").read_text(encoding="utf-8")
    page = Page(content)
    assert page.cells["f0-13"] == ["13", "x = kt.placeholder((None, 784))", "(None, 784) float32"]
    assert page.cells["f0-14"][2] == "a (None, 784) float32b (784,) float32"
    assert page.cells["f0-4"][2] == "x (None, 784) float32 | (2, 3) float32"
    assert page.cells["f0-25"][1] == 'print("<b> & é", bad.nope)'
    assert [page.cells[f"f0-{n}"][1].strip() for n in range(1, 26)] == [s.strip() for s in MODEL.splitlines()]
    assert "dot: (None, 784) . (64, 10): inner dimensions" in "".join(page.cells["said"])
    titles = [a["title"] for _, a in page.tags if a.get("title")]
    assert "Tensor[tuple[Any, Literal[784]], float32]" in titles
    assert "<b> &" not in content
    assert not [a for tag, a in page.tags if tag in ("script", "link", "img") or "src" in a]
    assert all((a["href"] or "").startswith("#") for _, a in page.tags if "href" in a)
    assert "prefers-color-scheme: dark" in content
    assert [a for tag, a in page.tags if tag == "tr" and a.get("class") == "wrong"]


def test_a_page_that_cannot_be_written(shapes: Command) -> None:
    assert shapes("--html", "no/where.html", plain="x = 1\n") == (
        2, "", "no/where.html cannot be written: No such file or directory\n",
    )  # fmt: skip


# Files of all kinds.


def test_a_clean_file(shapes: Command) -> None:
    code, out, _ = shapes(model="import ktensor as kt\nx = kt.zeros((2, 3))\n")
    assert code == 0
    assert out.splitlines()[2:] == ["1  import ktensor as kt", "2  x = kt.zeros((2, 3))    (2, 3) float32", ""]
    assert out.startswith("model.py: 1 line with tensors, no errors\n\n")


def test_a_file_without_ktensor(shapes: Command) -> None:
    said = "plain.py: does not import ktensor, so it has no tensors to show; no errors\n\n"
    assert shapes(plain="x = 1\n") == (0, said, "")
    assert shapes(plain="")[:2] == (0, said)
    code, out, _ = shapes(plain="x: int = 'no'\n")
    assert code == 1
    assert "does not import ktensor, so it has no tensors to show; 1 error" in out
    assert "error: Incompatible types in assignment" in out


def test_a_syntax_error_does_not_hide_the_other_files(shapes: Command) -> None:
    code, out, _ = shapes(
        broken="import ktensor as kt\nx = kt.zeros((2, 3)\n", model="import ktensor as kt\nx = kt.zeros((2, 3))\n"
    )
    assert code == 1
    assert "broken.py: no lines with tensors, 1 error\n" in out
    assert "[syntax]" in out
    assert beside(out, "x = kt.zeros((2, 3))") == "(2, 3) float32"


def test_packages_and_errors_in_other_files(shapes: Command, folder: Path) -> None:
    (folder / "pack" / "inner").mkdir(parents=True)
    for path, content in {
        "pack/__init__.py": "",
        "pack/inner/__init__.py": "",
        "pack/base.py": "import ktensor as kt\n\nbias = kt.zeros((4, 3))\nx: int = 'no'\n",
        "pack/inner/use.py": "from ..base import bias\n\ny = bias.T\n",
        "other/use.py": "from ktensor import zeros\n\nx = zeros((5,))\n",
        "another/use.py": "from ktensor import zeros\n\nx = zeros((6,))\n",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
    code, out, _ = shapes("pack/inner/use.py")
    assert code == 1
    assert "pack/inner/use.py: 1 line with tensors, no errors" in out
    assert beside(out, "y = bias.T") == "(3, 4) float32"
    assert "In other files\n  pack/base.py:4: error: Incompatible types in assignment" in out
    *_, other = shapes("pack/inner/use.py", "--json")[1].splitlines()
    assert (json.loads(other)["file"], len(json.loads(other)["errors"])) == ("pack/base.py", 1)
    code, out, _ = shapes("other/use.py", "another/use.py")  # two modules of one name
    assert code == 0
    assert beside(out, "x = zeros((5,))") == "(5,) float32"
    assert beside(out, "x = zeros((6,))") == "(6,) float32"


def test_the_configuration_of_mypy(shapes: Command, folder: Path) -> None:
    (folder / "strict.ini").write_text("[mypy]\n[mypy-model]\ndisallow_untyped_defs = True\n")
    source = "import ktensor as kt\n\ndef f(x):\n    return x.T\n\nf(kt.zeros((2, 3)))\n"
    assert shapes(model=source)[0] == 0
    code, out, _ = shapes("--mypy-config", "strict.ini", model=source)
    assert code == 1
    assert "Function is missing a type annotation" in out
    assert beside(out, "return x.T") == "(3, 2) float32"
    assert shapes("--mypy-config", "no.ini", model=source) == (
        2, "", "no.ini, the configuration of mypy, is not there\n",
    )  # fmt: skip


@pytest.mark.slow
def test_the_plugin_in_the_configuration_is_not_run_twice(
    shapes: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPY_CACHE_DIR", str(folder / "cache"))  # another plugin would make the shared one worthless
    (folder / "mypy.ini").write_text("[mypy]\nplugins = ktensor.mypy_plugin\n")
    code, out, _ = shapes(model="import ktensor as kt\nx = kt.zeros((2, 3)).dot(kt.zeros((2,)))\n")
    assert code == 1
    assert out.count("error: dot") == 1
    assert (folder / "cache" / "ktensor-shapes").is_dir()


@pytest.mark.parametrize("arguments", [["shapes"], ["shapes", "x.py", "--engine", "numpy"]])
def test_command_lines_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)


def test_files_that_cannot_be_read(shapes: Command, folder: Path) -> None:
    assert shapes("missing.py")[::2] == (2, "missing.py cannot be read: No such file or directory\n")
    assert shapes(".")[::2] == (2, ". cannot be read: Is a directory\n")
    (folder / "latin.py").write_bytes(b"x = '\xe9'\n")
    code, _, err = shapes("latin.py")
    assert code == 2
    assert err.startswith("latin.py cannot be read as text: ")


def test_without_mypy(shapes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mypy", None)
    assert shapes(plain="x = 1\n") == (
        2, "", "shapes are found by mypy, which is not installed: pip install 'ktensor[mypy]'\n",
    )  # fmt: skip


def test_other_commands_do_not_import_mypy() -> None:
    code = "import sys; from ktensor.__main__ import main; main(['info']); print('mypy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_messages_of_no_line_stand_at_the_first() -> None:
    message: Any = Message("x.py", 0, 1, 0, 1, "error", None, "cannot be read")
    listing = Listing("x.py", ["a", "b"], messages=[message])
    lines = list(text.write(Report([listing], []), 80, color=False))
    assert lines[2:4] == ["1  a", "   error: cannot be read"]
