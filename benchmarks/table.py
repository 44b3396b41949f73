"""What a row of the table of benchmarks is, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from .measure import Effort, Pair, Result, Spread, spread


class Kind(NamedTuple):
    """How two samples are compared, and how that is written."""

    compare: Callable[[float, float], float]
    form: str
    mark: str


KINDS: Final[Mapping[str, Kind]] = {
    "ratio": Kind(lambda ours, rival: ours / rival, "{:.3g}", "≤ {:g}"),
    "microseconds": Kind(lambda ours, rival: (ours - rival) * 1e6, "{:+.1f} µs", "≤ {:+g} µs"),
}


class Mark(NamedTuple):
    """What the median must not exceed, nor, if there is one, fall below."""

    most: float
    kind: str = "ratio"
    least: float = float("-inf")


class Row(NamedTuple):
    """ktensor on an engine against a rival.

    Args:
        make: prepares both sides, and sees to it that they give the same numbers.
        unit: what samples are, for people who wonder how long a call takes.
    """

    case: str
    engine: str
    rival: str
    mark: Mark
    make: Callable[[], Pair]
    effort: Effort = Effort()
    unit: str = "s"


class Line(NamedTuple):
    """What became of a row: a spread, or why there is none."""

    case: str
    engine: str
    rival: str
    mark: str
    value: str
    holds: bool | None
    about: str


def measured(row: Row, result: Result) -> Line:
    """The row's line."""
    kind = KINDS[row.mark.kind]
    found = spread([kind.compare(ours, rival) for ours, rival in zip(result.ours, result.rival)])
    about = f"{_amount(spread(result.ours).median, row.unit)} : {_amount(spread(result.rival).median, row.unit)}"
    holds = row.mark.least <= found.median <= row.mark.most
    return Line(row.case, row.engine, row.rival, _mark(row.mark), _shown(found, kind.form), holds, about)


def skipped(row: Row, why: str) -> Line:
    """The line of a row whose rival is not here."""
    return Line(row.case, row.engine, row.rival, _mark(row.mark), "skipped", None, why)


def failed(row: Row, why: str) -> Line:
    """The line of a row that went wrong: a side fails, or both do not give the same."""
    return Line(row.case, row.engine, row.rival, _mark(row.mark), "failed", False, why)


def _mark(mark: Mark) -> str:
    most = KINDS[mark.kind].mark.format(mark.most)
    return most if mark.least == float("-inf") else f"{mark.least:g} to {mark.most:g}"


def _shown(found: Spread, form: str) -> str:
    low, high = (form.format(x).removesuffix(" µs") for x in (found.low, found.high))
    return f"{form.format(found.median)} ({low} to {high})"


_UNITS: Final[Mapping[str, Sequence[tuple[float, str]]]] = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "MB": ((1.0, "MB"),),
}


def _amount(value: float, unit: str) -> str:
    size, name = next((u for u in _UNITS[unit] if value >= u[0]), _UNITS[unit][-1])
    return f"{value / size:.3g} {name}"
