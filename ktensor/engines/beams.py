"""Beam search for connectionist temporal classification, in NumPy: for all engines that have none of their own."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ctc_beam_search"]

Array: TypeAlias = "npt.NDArray[Any]"

_NEVER: Final = -np.inf


class _Beginning:
    """The beginning of a sequence of labels, as a leaf of a tree, and log(p) of paths that spell it."""

    __slots__ = ("blank", "children", "label", "label_p", "old", "old_blank", "parent", "total")

    def __init__(self, parent: _Beginning | None, label: int) -> None:
        self.parent = parent
        self.label = label
        self.children: dict[int, _Beginning] = {}
        #: Of paths that end with a blank, with the label, and of both; of both and with a blank one step ago.
        self.blank = self.label_p = self.total = self.old = self.old_blank = _NEVER

    def child(self, label: int) -> _Beginning:
        """This and one more label."""
        if label not in self.children:
            self.children[label] = _Beginning(self, label)
        return self.children[label]

    def forget(self) -> None:
        """It is no longer searched."""
        self.blank = self.label_p = self.total = _NEVER

    def labels(self, merge_repeated: bool) -> list[int]:
        """The sequence."""
        found: list[int] = []
        leaf, following = self, -1
        while leaf.parent is not None:
            if not merge_repeated or leaf.label != following:
                found.append(leaf.label)
            following, leaf = leaf.label, leaf.parent
        return found[::-1]


class _Beam:
    """The best beginnings, at most `width` of them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._heap: list[tuple[float, int, _Beginning]] = []
        self._order = itertools.count(0, -1)  # of equals, the last to come is the first to go

    def accepts(self, log_p: float) -> bool:
        """True if there is room for one of that log(p)."""
        return log_p > self.least

    @property
    def least(self) -> float:
        """What log(p) must be above."""
        return self._heap[0][0] if len(self._heap) == self._width else _NEVER

    def add(self, leaf: _Beginning) -> None:
        """Adds one that is accepted; another may have to go."""
        entry = (leaf.total, next(self._order), leaf)
        if len(self._heap) < self._width:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)[2].forget()

    def __iter__(self) -> Iterator[_Beginning]:
        return (leaf for _, _, leaf in sorted(self._heap, key=lambda e: e[:2], reverse=True))


def _grow(beam: Sequence[_Beginning], logs: Array, width: int) -> _Beam:
    """The best beginnings after one more step."""
    kept = _Beam(width)
    blank = float(logs[-1])
    for leaf in beam:
        leaf.old, leaf.old_blank = leaf.total, leaf.blank
    for leaf in beam:
        parent = leaf.parent
        if parent is not None:
            if parent.total > _NEVER:
                new = parent.old_blank if leaf.label == parent.label else parent.old
                leaf.label_p = float(np.logaddexp(leaf.label_p, new))
            leaf.label_p += float(logs[leaf.label])
        leaf.blank = leaf.old + blank
        leaf.total = float(np.logaddexp(leaf.blank, leaf.label_p))
        kept.add(leaf)
    for leaf in beam:
        if kept.accepts(leaf.old):
            _branch(leaf, logs[:-1], kept)
    return kept


def _branch(leaf: _Beginning, logs: Array, kept: _Beam) -> None:
    """Adds the beginnings that are one label longer, if they are good enough."""
    totals = logs + leaf.old
    if leaf.parent is not None:
        totals[leaf.label] = logs[leaf.label] + leaf.old_blank
    for label in sorted({*np.flatnonzero(totals > kept.least).tolist(), *leaf.children}):
        child = leaf.children.get(label)
        if child is not None and child.total > _NEVER:
            continue
        total = float(totals[label])
        if kept.accepts(total):
            child = leaf.child(label)
            child.blank, child.label_p, child.total = _NEVER, total, total
            kept.add(child)
        elif child is not None:
            child.old = _NEVER


def _search(logs: Array, width: int) -> list[_Beginning]:
    root = _Beginning(None, -1)
    root.blank = root.total = 0.0
    beam = [root]
    for now in logs:
        beam = list(_grow(beam, now, width))
    return beam


def ctc_beam_search(logs: Array, lengths: Array, beam_width: int, top_paths: int, merge_repeated: bool) -> Array:
    """The op of that name: (time, batch, classes) and (batch,) -> (top_paths, batch, time + 1)."""
    time, batch, _ = logs.shape
    result = np.full((top_paths, batch, time + 1), -1.0)
    for i, length in enumerate(lengths.tolist()):
        if not 0 <= length <= time:
            raise ValueError(f"sequence {i} has length {length}; there are {time} steps")
        beam = _search(logs[:length, i].astype(np.float64), beam_width)
        if len(beam) < top_paths:
            raise ValueError(f"sequence {i} has fewer than the {top_paths} sequences of labels wanted: {len(beam)}")
        for path, leaf in zip(result, beam):
            labels = leaf.labels(merge_repeated)
            path[i, : len(labels)] = labels
            path[i, -1] = leaf.total
    return result
