"""Measures ktensor against its rivals: `python -m benchmarks [CASE ...] [--engine E] [--write]`.

What is printed is ktensor's share of the rival's: 0.5 is half the time. The numbers in brackets are where 80 % of the
pairs lie; at the end of a line, for orientation, what a call took on both sides. Each case runs in a process of its own
for each engine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import report, running
from .cases import ROWS


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line, measures and prints. Returns the exit code: 0."""
    names = list(dict.fromkeys(row.case for row in ROWS))
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("case", nargs="*", help=f"by default all: {', '.join(names)}")
    parser.add_argument("--engine", help="by default all: numpy, tensorflow, theano")
    parser.add_argument("--rival", help="only rivals with this in their name")
    parser.add_argument("--seconds", type=float, help="how long to measure each line (default: 6, some more)")
    parser.add_argument("--write", action="store_true", help=f"write the table to {report.RESULTS.name}")
    parser.add_argument("--here", action="store_true", help="in this process, with lines in JSON: for the others' use")
    parsed = parser.parse_args(arguments)
    if unknown := [name for name in parsed.case if name not in names]:
        parser.error(f"there is no case {unknown[0]!r}; there are {', '.join(names)}")
    rows = [
        row
        for row in ROWS
        if row.case in (parsed.case or names)
        and parsed.engine in (None, row.engine)
        and (parsed.rival or "").lower() in row.rival.lower()
    ]
    if parsed.here:
        running.run_here(rows, parsed.seconds)
        return 0
    options = [f"--{name}={value}" for name in ("rival", "seconds") if (value := getattr(parsed, name)) is not None]
    lines = running.run(rows, options, report.show)
    if parsed.write:
        report.write(lines, ROWS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
