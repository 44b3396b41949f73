"""Runs rows of the table: each case, on each engine, in a process of its own, from which lines come back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from .measure import Skipped, in_turn
from .table import Line, Row, failed, measured, skipped

ROOT: Final = Path(__file__).resolve().parent.parent


def run(rows: Sequence[Row], options: Sequence[str], show: Callable[[Line], object]) -> list[Line]:
    """Measures all rows, and shows each line as it comes.

    Args:
        options: of the command line, for the processes.
    """
    lines = []
    for (case, engine), group in groupby(rows, lambda row: (row.case, row.engine)):
        for line in _in_process(case, engine, list(group), options):
            show(line)
            lines.append(line)
    return lines


def _in_process(case: str, engine: str, rows: Sequence[Row], options: Sequence[str]) -> Iterator[Line]:
    command = [sys.executable, "-m", "benchmarks", case, "--engine", engine, "--here", *options]
    environment = {**os.environ, "KTENSOR_ENGINE": engine, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling ktensor at each import is not what is measured
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    wanted = {(row.case, row.engine, row.rival): row for row in rows}
    for text in process.stdout:
        line = Line(*json.loads(text))
        if wanted.pop((line.case, line.engine, line.rival), None):
            yield line
    for row in wanted.values() if process.wait() else ():
        yield failed(row, f"the process ended with {process.returncode}")


def run_here(rows: Iterable[Row], seconds: float | None) -> None:
    """Measures in this process and prints lines in JSON."""
    for row in rows:
        print(json.dumps(_line(row, seconds)), flush=True)


def _line(row: Row, seconds: float | None) -> Line:
    effort = row.effort if seconds is None else row.effort._replace(seconds=seconds)
    try:
        return measured(row, in_turn(row.make(), effort))
    except Skipped as reason:
        return skipped(row, str(reason))
    except Exception as error:
        traceback.print_exc()
        return failed(row, type(error).__name__)
