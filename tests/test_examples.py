"""The examples, and the code in README and CONTRIBUTING, do what they say. Their types: test_docs.py."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ENGINES

import ktensor as kt

ROOT = Path(__file__).parents[1]


def run_python(
    *arguments: str | Path, engine: str = "numpy", timeout: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "KTENSOR_ENGINE": engine, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


# The examples.

EPOCH = re.compile(r"epoch +(\d+)/(\d+)  loss (\d\.\d{4})  accuracy (\d\.\d{4})  \d+\.\d\d s")


def test_digits(engine: str) -> None:
    # Another engine in the environment shows that the option counts.
    result = run_python(ROOT / "examples/digits.py", "--engine", engine, "--epochs", "10", engine="numpy")
    assert result.returncode == 0, result.stderr
    *lines, last = result.stdout.splitlines()
    epochs = [EPOCH.fullmatch(line) for line in lines]
    assert [m and (m[1], m[2]) for m in epochs] == [(str(i + 1), "10") for i in range(10)]
    first, final = epochs[0], epochs[-1]
    assert first
    assert final
    assert float(final[3]) < 0.15 < float(first[3])
    assert float(final[4]) > 0.95
    accuracy = re.fullmatch(r"held-out accuracy: (\d+\.\d\d)%", last)
    assert accuracy
    assert float(accuracy[1]) >= 95


def test_digits_fails_if_it_has_learned_too_little() -> None:
    result = run_python(ROOT / "examples/digits.py", "--epochs", "0")
    assert result.returncode == 1
    accuracy = re.fullmatch(r"held-out accuracy: (\d+\.\d\d)%\n", result.stdout)
    assert accuracy
    assert float(accuracy[1]) < 50


def test_the_digits_are_the_digits() -> None:
    with np.load(ROOT / "examples/digits.npz") as file:
        images, labels = file["images"], file["labels"]
    assert (images.shape, labels.shape) == ((1797, 8, 8), (1797,))
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).min() > 170


def test_yolo_grid(engine: str) -> None:
    result = run_python(ROOT / "examples/yolo_grid.py", engine=engine)
    assert result.returncode == 0, result.stderr
    grid = "\n".join("  ".join(f"({x}, {y})" for x in range(4)) for y in range(3))
    assert result.stdout.count(f", shape=(3, 4, 1, 2), dtype=float32)\n{grid}\n") == 2
    assert "unknown: Tensor" not in result.stdout.partition("\nof ")[0]
    assert result.stdout.endswith(
        'Tensor("cast", shape=(None, None, 1, 2), dtype=float32)\n'
        "a feature map of 3 x 4: a grid of shape (3, 4, 1, 2)\n"
        "a feature map of 13 x 13: a grid of shape (13, 13, 1, 2)\n"
        "a feature map of 1 x 26: a grid of shape (1, 26, 1, 2)\n"
    )


# The examples in Keras 2, which KTENSOR_KERAS names the folder of.

#: Theano compiles for minutes where it has not compiled the like before.
LONG = 1200


@pytest.fixture
def keras_path() -> str:
    """A PYTHONPATH with Keras 2; skips the test if there is none."""
    folder = os.environ.get("KTENSOR_KERAS")
    if not folder:
        pytest.skip("Keras 2 is not here: KTENSOR_KERAS does not name its folder, as `make test` does")
    if not Path(folder, "keras").is_dir():
        pytest.skip(f"Keras 2 is not here: there is no keras in {folder}, which KTENSOR_KERAS names")
    return os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))


@pytest.mark.slow
def test_keras_digits(engine: str, keras_path: str) -> None:
    script = ROOT / "examples/keras_digits.py"
    result = run_python("-m", "ktensor", "keras", "--engine", engine, script, timeout=LONG, PYTHONPATH=keras_path)
    assert result.returncode == 0, result.stderr
    assert "Using ktensor.functional backend." in result.stderr
    *_, trained, last = result.stdout.splitlines()
    assert re.fullmatch(r"1438 digits, 25 epochs: \d+\.\d s", trained)
    accuracy = re.fullmatch(r"held-out accuracy: (\d+\.\d\d)% of 359 digits", last)
    assert accuracy
    assert float(accuracy[1]) >= 97


@pytest.mark.slow
def test_keras_digits_fails_if_it_has_learned_too_little(keras_path: str) -> None:
    script = ROOT / "examples/keras_digits.py"
    result = run_python("-m", "ktensor", "keras", script, "--epochs", "1", PYTHONPATH=keras_path)
    assert result.returncode == 1
    accuracy = re.search(r"held-out accuracy: (\d+\.\d\d)%", result.stdout)
    assert accuracy, result.stderr
    assert float(accuracy[1]) < 97


ERRORS = re.compile(
    r"208 years, 40 epochs: \d+\.\d s\n"
    r"mean error in the 79 years from 1930 to 2008, in sunspots:\n"
    r"as the year before +24\.5\n"
    r"as eleven years before +26\.3\n"
    r"LSTM +(\d+\.\d)\n\Z"
)


@pytest.mark.slow
def test_keras_lstm(engine: str, keras_path: str) -> None:
    script = ROOT / "examples/keras_lstm.py"
    result = run_python("-m", "ktensor", "keras", "--engine", engine, script, timeout=LONG, PYTHONPATH=keras_path)
    assert result.returncode == 0, result.stdout + result.stderr
    errors = ERRORS.search(result.stdout)
    assert errors, result.stdout
    assert float(errors[1]) < 24.5 * 2 / 3


@pytest.mark.slow
def test_keras_lstm_fails_if_it_has_learned_too_little(keras_path: str, tmp_path: Path) -> None:
    script = ROOT / "examples/keras_lstm.py"
    result = run_python(
        *("-m", "ktensor", "keras", script, "--epochs", "1"), PYTHONPATH=keras_path, KERAS_HOME=str(tmp_path / "home")
    )
    assert result.returncode == 1
    assert "LSTM  " in result.stdout, result.stderr
    # And Keras has written no keras.json, which would choose TensorFlow from now on.
    assert not (tmp_path / "home").exists()


def test_the_sunspots_are_the_sunspots() -> None:
    years, sunspots = np.loadtxt(ROOT / "examples/sunspots.csv", delimiter=",", skiprows=1, unpack=True)
    assert years.tolist() == list(range(1700, 2009))
    assert (sunspots.min(), sunspots.max(), years[sunspots.argmax()]) == (0, 190.2, 1957)


@pytest.mark.slow
def test_keras_move(keras_path: str) -> None:
    names = [status.name for status in kt.engines() if status.version and status.name in ENGINES]
    result = run_python(ROOT / "examples/keras_move.py", *names, timeout=LONG, PYTHONPATH=keras_path)
    assert result.returncode == 0, result.stdout + result.stderr
    trained = re.findall(r"^(\w+): trained; reads (\d+)% of 300 unseen digits$", result.stdout, re.MULTILINE)
    assert [name for name, _ in trained] == names
    assert all(int(right) > 90 for _, right in trained)
    moved = re.findall(r"^(\w+) -> (\w+): largest difference (\d\.\de-\d\d|0\.0e\+00)$", result.stdout, re.MULTILINE)
    assert [(source, target) for source, target, _ in moved] == list(itertools.product(names, repeat=2))
    assert all(float(difference) < 1e-5 for _, _, difference in moved)


# The pages.


def test_the_code_of_the_readme_prints_what_the_readme_says(engine: str, tmp_path: Path) -> None:
    code, *_ = blocks("README.md", "python")
    printed, *_ = blocks("README.md", "text")
    script = tmp_path / "readme.py"
    script.write_text(code, encoding="utf-8")
    result = run_python(script, engine=engine)
    assert (result.returncode, result.stdout) == (0, printed), result.stderr


@pytest.mark.parametrize(
    "page",
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/keras.md", "docs/typing.md", "examples/README.md"],
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in [h.lower().replace(" ", "-") for h in headings]


#: Does what CONTRIBUTING's "Add an op" says, in a process of its own; then the op must work on the engine named.
ADD_AN_OP = """
import sys
import numpy as np
import ktensor as kt
from ktensor import testing
from ktensor.engines import numpy_engine
from ktensor.ops import elementwise

engine, declaration, lowering, case = sys.argv[1:]
exec(compile(declaration, "elementwise.py", "exec", flags=0x1000000), vars(elementwise))  # with future annotations
kt.hypot = kt.Tensor.hypot = elementwise.hypot
numpy_engine.lowerings.UFUNCS.update(eval("{" + lowering + "}"))
numpy_engine.NumpyEngine.lowerings["hypot"] = numpy_engine.lowerings.plain(np.hypot)
scope = vars(testing.ops)
exec("def _hypot_cases():\\n" + "".join(f"    {line}\\n" for line in case.splitlines()), scope)
cases = list(scope["_hypot_cases"]())
for found in cases:
    testing.check(engine, found, compiled=engine != "theano")  # whose compiler takes seconds
with kt.config(engine=engine):
    x, y = kt.variable([[3.0, 0.0], [5.0, 8.0]]), kt.variable([4.0, 0.0])
    for gradient in kt.gradients(x.hypot(y).sum(), [x, y]):
        print(gradient.eval().astype(float).round(4).tolist())
print(len(cases), "cases")
"""


def test_the_worked_example_of_contributing_works(engine: str) -> None:
    declaration, lowering, case = blocks("CONTRIBUTING.md", "python")
    result = run_python("-c", ADD_AN_OP, engine, declaration, lowering, case)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "[[0.6, 0.0], [0.7809, 1.0]]\n[1.4247, 0.0]\n3 cases\n"


def test_the_modules_of_contributing_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    modules = {path.name for path in (ROOT / "ktensor").rglob("*.py")} | {
        path.name for path in (ROOT / "tests").iterdir()
    }
    assert {Path(name).name for name in re.findall(r"[\w/]+\.py\b", text)} <= modules
    families = re.search(r"`ops/` \| the ops: `([\w ]+)`", text)
    assert families
    assert set(families[1].split()) == {path.stem for path in (ROOT / "ktensor/ops").glob("[a-z]*.py")}
