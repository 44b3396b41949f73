"""The lines on the screen, and in RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .table import Line

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

_VERDICTS: Final = {True: "holds", False: "MISSES", None: ""}


def show(line: Line) -> None:
    """Prints a line."""
    print(
        f"{line.case:<11} {line.engine:<10} : {line.rival:<32} {line.value:<26} {line.mark:<13} "
        f"{_VERDICTS[line.holds]:<6}  {line.about}",
        flush=True,
    )


def write(lines: Sequence[Line]) -> None:
    """Writes RESULTS.md."""
    raise NotImplementedError(len(lines))
