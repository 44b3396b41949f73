"""The table of what is measured."""

from __future__ import annotations

from typing import Final

from ..table import Row
from . import calls, cnn, elementwise, lstm, mlp, processes, reductions, serving

#: All rows, those of a case and an engine together.
ROWS: Final[list[Row]] = sorted(
    [
        *calls.ROWS,
        *elementwise.ROWS,
        *reductions.ROWS,
        *mlp.ROWS,
        *cnn.ROWS,
        *lstm.ROWS,
        *serving.ROWS,
        *processes.ROWS,
    ],
    key=lambda row: (row.case, row.engine),
)
