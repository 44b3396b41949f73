"""From files to what is known of their lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mypy.nodes import MypyFile
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
            listings[path].marks = sorted(_marks(tree, checked, _Columns(listings[path], checked)), key=lambda m: m[:3])
        for message in checked.messages:
            if message.file in listings:
                listing = listings[message.file]
                listing.messages.append(_Columns(listing, checked).of_message(message))
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


def _marks(tree: MypyFile, checked: Checked, columns: _Columns) -> Iterator[Mark]:
    for site in sites(tree):
        found = _shown_at(site, checked)
        if found and 0 < site.line <= len(columns.listing.lines):
            column, end = columns.of_site(site)
            name = columns.listing.lines[site.line - 1][column - 1 : end] if site.name is not None else None
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


class _Columns:
    """mypy's columns as columns of characters. Before it had a parser of its own, it counted bytes."""

    def __init__(self, listing: Listing, checked: Checked) -> None:
        self.listing = listing
        self._are_bytes = not getattr(checked.options, "native_parser", False)

    def of_site(self, site: Site) -> tuple[int, int]:
        """The first and the last column; of a place over several lines, those on its own line."""
        at, line = site.at, self.listing.lines[site.line - 1]
        start = self._characters(line, at.column) if at.line == site.line else len(line) - len(line.lstrip())
        if site.name:  # mypy 2.4 is a few columns off after characters that are not ASCII
            found = [m.start() for m in re.finditer(rf"(?<![\w.]){re.escape(site.name)}(?!\w)", line)]
            start = min(found, key=lambda position: abs(position - start), default=start)
            return start + 1, start + len(site.name)
        end = self._characters(line, at.end_column or 0) if at.end_line == site.line else len(line.rstrip())
        return start + 1, max(end, start + 1)

    def of_message(self, message: Message) -> Message:
        """The message with the name of its file as it was given, and with such columns."""
        message, lines = message._replace(file=self.listing.file), self.listing.lines
        if not 0 < message.line <= message.end_line <= len(lines):
            return message
        start = self._characters(lines[message.line - 1], message.column - 1) + 1
        end = self._characters(lines[message.end_line - 1], message.end_column)
        return message._replace(column=start, end_column=end)

    def _characters(self, line: str, column: int) -> int:
        return len(line.encode()[:column].decode(errors="ignore")) if self._are_bytes else max(column, 0)
