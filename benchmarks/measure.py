"""Measuring in turn: ours, the rival's, ours, the rival's, ... The machine's moods then fall on both.

One sample of a side is a number: seconds per call, megabytes, and so on; smaller is better. A lone number says little
on a noisy machine. What counts is the median of the pairs' ratios, and their spread.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

#: Takes one sample of a side.
Sample: TypeAlias = Callable[[], float]

#: How long a slice of calls must take to be measured well, in seconds.
SLICE: Final = 0.03


class Skipped(Exception):
    """A rival that is not here; the message says what is missing."""


class Pair(NamedTuple):
    """The two sides of a measurement."""

    ours: Sample
    rival: Sample


class Effort(NamedTuple):
    """How much is measured: at least `fewest` pairs, then more until `most` or until the seconds are over."""

    fewest: int = 5
    most: int = 31
    seconds: float = 6.0
    warm_up: bool = True


class Result(NamedTuple):
    """The samples of both sides, pair by pair."""

    ours: Sequence[float]
    rival: Sequence[float]


class Spread(NamedTuple):
    """A median with the range in which the middle 80 % lie."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median, the 10th and the 90th percentile."""
    low, middle, high = np.percentile(values, [10, 50, 90])
    return Spread(float(middle), float(low), float(high))


def in_turn(pair: Pair, effort: Effort) -> Result:
    """Samples both sides alternately; who goes first alternates too."""
    if effort.warm_up:
        pair.ours(), pair.rival()
    gc.collect()
    gc.freeze()  # to go through all that libraries have takes longer than a slice, and cools the cache
    ours: list[float] = []
    rival: list[float] = []
    start = time.perf_counter()
    while len(ours) < effort.fewest or (len(ours) < effort.most and time.perf_counter() - start < effort.seconds):
        turns = [(ours, pair.ours), (rival, pair.rival)]
        for samples, sample in turns if len(ours) % 2 == 0 else turns[::-1]:
            samples.append(sample())
    return Result(ours, rival)


class PerCall:
    """Samples the seconds that a call takes, over as many calls as fill a slice.

    Args:
        call: what is measured; results are dropped.
        before: called before each slice, unmeasured.
    """

    def __init__(self, call: Callable[[], object], before: Callable[[], object] | None = None) -> None:
        self._call = call
        self._before = before
        self._count = 1

    def __call__(self) -> float:
        if self._before is not None:
            self._before()
        gc.collect()
        gc.disable()
        try:
            seconds = self._slice()
            while seconds < SLICE / 2:  # too short to count; it was a warm-up
                self._count = max(self._count + 1, int(self._count * min(10.0, 1.2 * SLICE / seconds)))
                seconds = self._slice()
        finally:
            gc.enable()
        return seconds / self._count

    def _slice(self) -> float:
        call, count = self._call, range(self._count)
        start = time.perf_counter()
        for _ in count:
            call()
        return time.perf_counter() - start


def calls(ours: Callable[[], object], rival: Callable[[], object]) -> Pair:
    """Two functions whose calls are compared."""
    return Pair(PerCall(ours), PerCall(rival))


def same(ours: object, rival: object, tolerance: float = 1e-4) -> None:
    """Fails unless both sides give the same numbers: arrays, or lists of arrays.

    Raises:
        AssertionError: they differ by more than the tolerance, relative to the largest number.
    """
    left, right = _arrays(ours), _arrays(rival)
    assert len(left) == len(right), f"{len(left)} results and {len(right)}"
    for a, b in zip(left, right):
        assert a.shape == b.shape, f"results of shapes {a.shape} and {b.shape}"
        scale = max(float(np.abs(b).max(initial=0.0)), 1e-30)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


def _arrays(value: Any) -> list[Any]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return [np.asarray(part, np.float64) for part in parts]
