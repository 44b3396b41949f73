"""The lines on the screen, and in RESULTS.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Final

from . import torch_rival
from .table import Line, Row

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

_VERDICTS: Final = {True: "holds", False: "misses", None: ""}
_HEAD: Final = """\
# What was measured last

Written by `make bench` and by `python -m benchmarks --write`, which replaces the lines that it measures. A ratio is
ktensor's share of the rival's: 0.5 is half the time. Both are measured in turn. The median of the pairs counts, and
most of them, 80 %, lie in the brackets. What a call took on both sides, on the right, is for orientation.

"""
_COLUMNS: Final = ("case", "engine", "rival", "ktensor / rival", "mark", "", "ktensor : rival")
_PACKAGES: Final = ("ktensor", "numpy", "tensorflow", "keras", "Theano", "scipy", "numexpr", "jax")
#: Variables that change how fast libraries are.
_MATTERS: Final = re.compile(r"OPENBLAS|_NUM_THREADS$|^OMP_|^MKL_|^THEANO|^XLA_|^TF_(?!CPP|CLI)|^MALLOC_")


def show(line: Line) -> None:
    """Prints a line."""
    print(
        f"{line.case:<11} {line.engine:<10} : {line.rival:<32} {line.value:<26} {line.mark:<13} "
        f"{_VERDICTS[line.holds].replace('misses', 'MISSES'):<6}  {line.about}",
        flush=True,
    )


def write(lines: Sequence[Line], rows: Sequence[Row]) -> None:
    """Writes RESULTS.md: these lines, and those that it has of other rows, in the rows' order."""
    cells = {cell[:3]: cell for cell in [*_written(), *map(_cells, lines)]}
    table = [cells[key] for row in rows if (key := (row.case, row.engine, row.rival)) in cells]
    text = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS)), *map(_line, table)]
    RESULTS.write_text(_HEAD + "\n".join([*_machine(), "", *text]) + "\n")


def _cells(line: Line) -> tuple[str, ...]:
    verdict = f"**{_VERDICTS[line.holds]}**" if line.holds is False else _VERDICTS[line.holds]
    return (line.case, line.engine, line.rival, line.value, line.mark, verdict, line.about)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written() -> Iterator[tuple[str, ...]]:
    for line in RESULTS.read_text().splitlines() if RESULTS.exists() else ():
        cells = tuple([cell.strip() for cell in line.strip("|").split("|")])
        if line.startswith("|") and len(cells) == len(_COLUMNS):
            yield cells


def _machine() -> Iterator[str]:
    """What it was measured on."""
    yield f"- {date.today()}, {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    yield f"- Python {platform.python_version()}, {', '.join(_versions())}"
    yield f"- threads: as each library chooses; the environment: {', '.join(_environment()) or 'nothing that matters'}"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.*)", path.read_text()) if path.exists() else None
    return found[1] if found else platform.processor()


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue
    command = [torch_rival.python(), "-c", "import torch; print('PyTorch', torch.__version__)"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        yield run.stdout.strip()


def _environment() -> Iterator[str]:
    yield from (f"`{name}={value}`" for name, value in sorted(os.environ.items()) if _MATTERS.search(name))
