"""Old programs for Keras 2, as their users wrote them, on each engine; each checks itself and prints OK."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import keras
import pytest

from ktensor.keras.script import run

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(keras.__version__ != "2.3.1", reason="they are written for Keras 2.3.1")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: str(p.stem))
def test_program(
    engine: str,
    program: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setenv("MPLBACKEND", os.environ.get("MPLBACKEND", "agg"))
    run(str(program), [])
    assert capsys.readouterr().out.splitlines()[-1] == "OK"
