"""From files to what is known of their lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mypy.nodes import Argument, MypyFile
from mypy.types import TupleType, Type, get_proper_type

from .checked import Checked, check
from .describe import distinct, joined, shown
from .model import Listing, Mark, Message, Report, Shown, absolute
from .walk import Site, declared_type, sites

__all__ = ["read"]


def read(files: Sequence[str], configuration: str | None = None) -> Report:
    """Checks the files with mypy and the plugin.

    Args:
        files: paths of Python files.
        configuration: a configuration file for mypy, by default the one that mypy itself would find.

    Raises:
        UsageError: a file cannot be read.
    """
    texts, groups = check(files, configuration)
    names = {absolute(file): file for file in reversed(files)}
    listings = {path: _listing(names[path], text) for path, text in texts.items()}
    elsewhere: dict[Message, None] = {}
    for checked in groups:
        for path, tree in checked.trees.items():
            listings[path].marks = sorted(_marks(tree, checked, listings[path].lines), key=lambda m: m[:3])
        for message in checked.messages:
            if message.file in listings:
                listings[message.file].messages.append(_in_characters(message, listings[message.file]))
            elif not message.file.startswith(_OWN):
                elsewhere[message._replace(file=os.path.relpath(message.file))] = None
    return Report(list(listings.values()), list(elsewhere))


_OWN: Final = str(Path(__file__).parents[1]) + os.sep
_IMPORT: Final = re.compile(r"^\s*(?:import|from)\s+ktensor\b", re.MULTILINE)


def _listing(file: str, text: str) -> Listing:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return Listing(file, lines, imports_ktensor=_IMPORT.search(text) is not None)


# Marks.


def _marks(tree: MypyFile, checked: Checked, lines: Sequence[str]) -> Iterator[Mark]:
    for site in sites(tree):
        found = _shown_at(site, checked)
        if found and 0 < site.line <= len(lines):
            column, end = _columns(site, lines[site.line - 1])
            name = lines[site.line - 1][column - 1 : end] if site.is_named else None
            yield Mark(site.line, column, end, name, site.kind, found, joined(found))


def _shown_at(site: Site, checked: Checked) -> tuple[Shown, ...]:
    """What is known of a place: by its type, or if that does not have the rank, by the calls of the body around it."""
    candidates = [distinct(found) for found in _candidates(site, checked) if found]
    precise = (c for c in candidates if c[0].shape is not None)
    return next(precise, candidates[0] if candidates else ())


def _candidates(site: Site, checked: Checked) -> Iterator[list[Shown]]:
    for node, path in site.sources:
        t = checked.types.get(node)  # type: ignore[call-overload]  # parameters are no expressions, and not there
        for types in ([] if t is None else [t], checked.calls.get(node, [])):
            yield [s for t in types if (part := _part(t, path)) and (s := shown(part, checked.options))]
    declared = declared_type(site.at)
    if declared is not None and (s := shown(declared, checked.options)):
        yield [s]


def _part(t: Type, path: Sequence[int]) -> Type | None:
    """The type at some position of a tuple."""
    for position in path:
        p = get_proper_type(t)
        if not isinstance(p, TupleType) or position >= len(p.items):
            return None
        t = p.items[position]
    return t


def _columns(site: Site, line: str) -> tuple[int, int]:
    """The first and the last column of a place; of one over several lines, those on its first, or of its step's."""
    at = site.at
    start = _characters(line, at.column) if at.line == site.line else len(line) - len(line.lstrip())
    if isinstance(at, Argument):
        name = at.variable.name
        start = max(line.find(name, start), start)
        return start + 1, start + len(name)
    end = _characters(line, at.end_column or 0) if at.end_line == site.line else len(line.rstrip())
    return start + 1, max(end, start + 1)


def _characters(line: str, column: int) -> int:
    """mypy counts bytes."""
    return len(line.encode()[:column].decode(errors="ignore"))


def _in_characters(message: Message, listing: Listing) -> Message:
    """The message with columns that count characters."""
    if not 0 < message.line <= len(listing.lines):
        return message
    first, last = listing.lines[message.line - 1], listing.lines[min(message.end_line, len(listing.lines)) - 1]
    column = _characters(first, message.column - 1) + 1
    return message._replace(file=listing.file, column=column, end_column=_characters(last, message.end_column))
