"""Zero drift: what mypy says of random programs is what running them says, on every engine.

Each program is checked and run. Of each line the checker must know the very shape and dtype that the run time knows,
and refuse what the run time refuses, in the same words; and the arrays that NumPy, TensorFlow and Theano compute must
have those shapes and dtypes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ENGINES, require_engine

pytest.importorskip("mypy")

import drift
import drift_generic
import program_lines
import random_programs
from hypothesis import HealthCheck, Phase, given, seed, settings
from random_programs import Program
from typed_programs import CONFIGURATION

import ktensor

KINDS = ("literal", "unknown", "named", "symbolic", "generic")
#: Programs of each kind, and of how many programs one is run on each engine but NumPy.
USUAL, MANY = (150, 6), (700, 3)
#: Another number finds other programs: KTENSOR_DRIFT_SEED=1 pytest -m slow tests/test_drift.py
SEED = int(os.environ.get("KTENSOR_DRIFT_SEED", "0"))
#: What mypy knows of NumPy and ktensor is kept from run to run.
CACHE = Path(__file__).parent.parent / ".mypy_cache" / "drift"


def made(kind: str, number: int) -> list[Program]:
    """Random programs, always the same ones."""
    found: list[Program] = []

    @seed(SEED)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_programs.programs(kind))
    def collect(program: Program) -> None:
        found.append(program)

    collect()
    return found


@pytest.fixture(scope="module")
def total() -> Iterator[drift.Tally]:
    """What all tests of this module have compared; printed when they are done."""
    tally = drift.Tally()
    yield tally
    if tally.counts:
        print(f"\n{tally}")  # noqa: T201


def certify(kind: str, number: int, sample: int, total: drift.Tally) -> None:
    """Compares the programs of one kind."""
    programs, tally = made(kind, number), drift.Tally()
    with ktensor.config(engine="numpy"):
        said = drift.check(programs, CACHE)
        for program, of_lines in zip(programs, said):
            COMPARE.get(kind, drift.compare)(program, of_lines, tally)
        if kind == "symbolic":
            for program, of_lines in zip(programs, said):
                drift_generic.substitute(program, of_lines, tally)
            drift_generic.check_calls(programs, said, CACHE, tally)
    for engine in ENGINES:
        require_engine(engine)
        for program in programs[:: 1 if engine == "numpy" else sample]:
            drift.run_on(engine, program, tally)
    total.add(tally)
    assert not tally.disagreements, f"{tally}\n\n" + "\n\n".join(map(str, tally.disagreements[:10]))
    assert tally.precision > 0.995


COMPARE = {"generic": drift_generic.generalize}


@pytest.mark.parametrize("kind", KINDS)
def test_the_checker_says_what_the_run_time_says(kind: str, total: drift.Tally) -> None:
    certify(kind, *USUAL, total)


@pytest.mark.slow
@pytest.mark.skipif("KTENSOR_DRIFT_SEED" not in os.environ, reason="takes minutes: set KTENSOR_DRIFT_SEED")
@pytest.mark.parametrize("kind", KINDS)
def test_the_checker_says_what_the_run_time_says_of_many_programs(kind: str, total: drift.Tally) -> None:
    certify(kind, *MANY, total)


def test_every_function_is_called() -> None:
    """A function without a recipe is called as in the table of test_ops.py."""
    assert set(program_lines.RECIPES) >= set(program_lines.public_ops())
    assert set(program_lines.RECIPES) >= {f"K.{name}" for name in program_lines.k_functions()}
    lines = [line for kind in KINDS for program in made(kind, 100) for line in program.lines]
    assert set(program_lines.RECIPES) - {line.about for line in lines} <= {
        "K.placeholder",
        "K.learning_phase",
        "print_tensor",
    }


# ---- A new op --------------------------------------------------------------------------------------

OP = '''
from .. import dims
from ..errors import ShapeError
from ..graph import as_node, build


def _interleaved(shape: tuple[dims.Dim, ...], *, parts: int) -> tuple[dims.Dim, ...]:
    if not isinstance(shape[-1], int) or shape[-1] % parts:
        raise ShapeError(f"interleave: {parts} parts do not divide {dims.show(shape)}")
    return (*shape[:-1], shape[-1] // parts, parts)


@primitive(shape=_interleaved, decompose=lambda x, *, parts: x)
def interleave(x: TensorLike, parts: int) -> Tensor:
    """Takes the last axis apart."""
    return build("interleave", as_node("interleave", "x", x), parts=parts)


__all__ += ["interleave"]
'''
USE = """\
import ktensor as kt

x = kt.zeros((4, 6))
reveal_type(kt.interleave(x, 3))
kt.interleave(x, 4)
"""


def test_an_op_that_is_added_is_checked_without_touching_the_plugin() -> None:
    folder = CACHE.parent / "added_op"  # always the same, for mypy's cache
    package = folder / "ktensor"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(Path(ktensor.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    elementwise, names = package / "ops" / "elementwise.py", package / "__init__.py"
    elementwise.write_text(elementwise.read_text() + OP)
    names.write_text(
        names.read_text()
        .replace("    isfinite,\n", "    isfinite,\n    interleave,\n", 1)
        .replace('"isfinite",', '"isfinite",\n    "interleave",')
    )
    (folder / "use.py").write_text(USE)
    (folder / "mypy.ini").write_text(CONFIGURATION)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--ignore-missing-imports", "use.py"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Tensor[tuple[Literal[4], Literal[2], Literal[3]]" in done.stdout, done.stdout + done.stderr
    assert "use.py:5: error: interleave: 4 parts do not divide (4, 6)  [tensor-shape]" in done.stdout
