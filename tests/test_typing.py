"""The programs of `tests/programs/`: what mypy says of them with the plugin, and that running them says the same."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
import typed_programs
from typed_programs import Program

import ktensor as kt

pytest.importorskip("mypy")

PROGRAMS = typed_programs.programs()
KINDS = {kind: list(found) for kind, found in groupby(PROGRAMS, lambda program: program.kind)}


def test_each_program_is_reported_as_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = typed_programs.check(PROGRAMS, tmp_path)
    wrong = sum(len(p.errors) for p in PROGRAMS)
    with capsys.disabled():
        print(f"\n{len(PROGRAMS)} programs, {wrong} wrong lines, {len(problems)} programs not as they should be")  # noqa: T201
    assert not problems, "\n".join(f"{name}: {problem}" for name, found in problems.items() for problem in found)


@pytest.fixture
def _on_numpy() -> Iterator[None]:
    with kt.config(engine="numpy"):
        yield


@pytest.mark.usefixtures("_on_numpy")
@pytest.mark.parametrize("kind", KINDS)
def test_programs_run_or_fail_where_the_checker_says(kind: str) -> None:
    for program in KINDS[kind]:
        if program.section == "right":
            run(program)
        elif program.section == "wrong":
            marked = [n for n, expected in program.errors.items() if expected.fails]
            if marked:
                assert failing_lines(program) & set(marked), f"{program} does not fail in lines {marked}"
            else:
                run(program)  # annotations are wrong, which nothing checks at run time


def run(program: Program) -> None:
    code = compile(program.text, str(program), "exec")
    exec(code, {"__name__": program.module})


def failing_lines(program: Program) -> set[int | None]:
    """The lines that the error passes through; none if there is no error of ktensor's."""
    try:
        run(program)
    except kt.KTensorError as error:
        return {frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(program)}
    return set()
