"""The listing for terminals: the code, the shapes to the right of it, the errors below their lines."""

from __future__ import annotations

import itertools
import os
import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TextIO

from .model import Listing, Mark, Message, Report

__all__ = ["segments", "texts", "wants_color", "write"]

#: So many shapes of one place are shown; if there are more, what they have in common.
_MOST: Final = 3
_GAP: Final = 3
_INDENT: Final = "  "
#: Shapes never start further left, however narrow the terminal is.
_LEFTMOST: Final = 24
_TAB: Final = 4
#: Messages are not wider, however wide the terminal is.
_MESSAGE: Final = 100

_STYLES: Final[Mapping[str, str]] = {
    "bold": "1",
    "code": "",
    "dtype": "2;36",
    "error": "1;31",
    "faint": "2",
    "name": "",
    "note": "34",
    "shape": "36",
    "wrong": "31",
}


class _Piece(NamedTuple):
    style: str
    text: str


def wants_color(stream: TextIO, refused: bool = False) -> bool:
    """True if colors are for that stream: see no-color.org and force-color.org."""
    if refused or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(report: Report, width: int, color: bool) -> Iterator[str]:
    """The lines to print."""
    for listing in report.listings:
        for pieces in _file(listing, width):
            yield _painted(pieces, color)
    if report.elsewhere:
        yield _painted([_Piece("bold", "In other files")], color)
        for message in report.elsewhere:
            where = f"{message.file}:{message.line}: " if message.line else f"{message.file}: "
            for pieces in _said(message, _INDENT, width, where):
                yield _painted(pieces, color)


def _painted(pieces: Sequence[_Piece], color: bool) -> str:
    if not color:
        return "".join(p.text for p in pieces).rstrip()
    return "".join(f"\x1b[{_STYLES[s]}m{t}\x1b[0m" if _STYLES[s] and t else t for s, t in pieces)


def texts(mark: Mark) -> list[str]:
    """The shapes to print for a place: of each call, or if these are many, what they have in common."""
    if len(mark.shown) > _MOST and mark.joined.shape is not None:
        return [mark.joined.text]
    more = ["..."] if len(mark.shown) > _MOST else []
    return [s.text for s in mark.shown[:_MOST]] + more


_DTYPE: Final = re.compile(r"(\b(?:float|u?int)\d+\b|\bbool\b)")


def segments(text: str) -> Iterator[tuple[str, str]]:
    """A shape's text in parts, each with its style: `shape` or `dtype`."""
    for position, part in enumerate(_DTYPE.split(text)):
        if part:
            yield "dtype" if position % 2 else "shape", part


# One file.


def _file(listing: Listing, width: int) -> Iterator[list[_Piece]]:
    yield [_Piece("bold", listing.file), _Piece("faint", f": {listing.summary()}")]
    yield []
    if listing.marks or listing.messages:
        yield from _code(listing, width)
        yield []


def _code(listing: Listing, width: int) -> Iterator[list[_Piece]]:
    digits = len(str(len(listing.lines)))
    margin = digits + len(_INDENT)
    room = width - margin
    marks, messages = listing.marks_by_line(), listing.messages_by_line()
    labels = {line: _labels(listing, found) for line, found in marks.items()}
    column = _column(listing, labels, room)
    for number, code in enumerate(listing.lines, start=1):
        said = messages.get(number, [])
        left = [_Piece("code", code.expandtabs(_TAB).rstrip()), *_underlined(number, code, said)]
        right = _rows(labels.get(number, []), column, room)
        numbers = itertools.chain([str(number)], itertools.repeat(""))
        for no, row in zip(numbers, _beside(left, right, column, room)):
            yield [_Piece("faint", no.rjust(digits) + _INDENT), *row]
        indent = " " * (margin + _indent_of(code))
        for message in said:
            yield from _said(message, indent, width)


def _column(listing: Listing, labels: Mapping[int, Sequence[list[_Piece]]], room: int) -> int:
    """Where the shapes start: where most of them stand beside their code."""
    codes = {line: _width(listing.lines[line - 1].expandtabs(_TAB)) + _GAP for line in labels}
    widths = {line: max(map(_total, found)) for line, found in labels.items()}
    columns = sorted({max(code, _LEFTMOST) for code in codes.values()})
    fitting = {c: sum(code <= c <= room - widths[line] for line, code in codes.items()) for c in columns}
    return max(columns, key=lambda c: fitting[c], default=_LEFTMOST)


def _labels(listing: Listing, marks: Sequence[Mark]) -> list[list[_Piece]]:
    """What stands beside a line: name and shapes of each of its tensors."""
    return [_label(listing.label(mark, len(marks)), mark) for mark in marks]


def _label(name: str, mark: Mark) -> list[_Piece]:
    pieces = [_Piece("name", f"{name} ")] if name else []
    for position, text in enumerate(texts(mark)):
        if position:
            pieces.append(_Piece("faint", " | "))
        pieces += [_Piece(style, part) for style, part in segments(text)]
    return pieces


def _rows(labels: Sequence[list[_Piece]], column: int, room: int) -> list[list[_Piece]]:
    """The labels in one row, if they fit, else one below the other."""
    comma = [_Piece("faint", ", ")]
    joined = [piece for label in labels for piece in (*comma, *label)][1:]
    return [joined] if column + _total(joined) <= room else list(labels)


def _beside(left: Sequence[_Piece], right: Sequence[list[_Piece]], column: int, room: int) -> Iterator[list[_Piece]]:
    """Code and labels in rows. A label that the code leaves no room for moves right, or down."""
    waiting = list(right)
    for piece in left:
        start = _start(waiting[0], _width(piece.text) + _GAP, column, room) if waiting else None
        yield [piece] if start is None else [piece, _blank(start - _width(piece.text)), *waiting.pop(0)]
    for label in waiting:
        yield [_blank(_start(label, 0, column, room) or 0), *label]


def _start(label: Sequence[_Piece], free: int, column: int, room: int) -> int | None:
    """Where a label starts; None if there is no room for it."""
    start = min(column, room - _total(label))
    if free <= start:
        return start
    return free if free + _total(label) <= room else None


def _blank(width: int) -> _Piece:
    return _Piece("code", " " * width)


def _underlined(number: int, code: str, said: Sequence[Message]) -> list[_Piece]:
    """A row of carets under what is wrong in a line."""
    errors = [m for m in said if m.severity == "error" and m.line == number]
    if not errors or not code.strip():
        return []
    carets = [" "] * (len(code) + 1)
    for m in errors:
        last = m.end_column if m.end_line == number else len(code.rstrip())
        for position in range(m.column - 1, min(max(last, m.column), len(carets))):
            carets[position] = "^"
    row = "".join(c * _width(of) if of != "\t" else of if c == " " else c for c, of in zip(carets, code + " "))
    return [_Piece("wrong", row.expandtabs(_TAB).rstrip())]


def _said(message: Message, indent: str, width: int, where: str = "") -> Iterator[list[_Piece]]:
    code = f"  [{message.code}]" if message.code else ""
    style = "error" if message.severity == "error" else "note"
    yield from _wrapped(f"{where}{message.severity}: ", message.text + code, style, indent, width)
    for note in message.notes:
        yield from _wrapped("note: ", note, "note", indent, width)


def _wrapped(head: str, text: str, style: str, indent: str, width: int) -> Iterator[list[_Piece]]:
    room = max(min(width - len(indent), _MESSAGE), 40)
    lines = textwrap.wrap(head + text, room, subsequent_indent=_INDENT, break_on_hyphens=False, break_long_words=False)
    for position, line in enumerate(lines):
        start = len(head) if not position else 0
        yield [_Piece("code", indent), _Piece(style, line[:start]), _Piece("code", line[start:])]


def _indent_of(code: str) -> int:
    spread = code.expandtabs(_TAB)
    return min(len(spread) - len(spread.lstrip()), _LEFTMOST)


def _total(pieces: Sequence[_Piece]) -> int:
    return sum(_width(p.text) for p in pieces)


def _width(text: str) -> int:
    """The columns that a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum((unicodedata.east_asian_width(c) in "WF") + (not unicodedata.combining(c)) for c in text)
