"""The listing for programs: one JSON object for each file, on a line of its own.

    {"file": "model.py",
     "lines": [{"line": 7, "column": 1, "end_column": 1, "kind": "assignment", "name": "y",
                "shape": ["B", 784, null], "dtype": "float32", "text": "(B, 784, None) float32",
                "type": "Tensor[tuple[B, Literal[784], Any], float32]", "calls": []}],
     "errors": [{"line": 9, "column": 5, "end_line": 9, "end_column": 12, "code": "tensor-shape",
                 "message": "dot: ...", "notes": ["..."]}],
     "notes": [{"line": 11, "column": 13, "message": "Revealed type is ..."}]}

- Lines and columns count from 1, columns in characters; `end_column` is the last one's.
- `kind` is `assignment`, `return`, `expression`, `parameter`, `loop`, or `step`: part of an expression, on a line of
  its own. `name` is null for `return`, `expression` and `step`.
- `shape` is null if the rank is not known, or if `text` shows several tensors, as of a tuple. A size is a number, a
  string (`"B"`, `"2*B"`, `"*Bs"` for any number of sizes), or null if it is not known. `dtype` is null if not known.
- In a body that is called with several shapes, `calls` has the `shape`, `dtype` and `text` of each; a size in which
  they differ is null in `shape`.
- Files that these import, and that have errors, follow with no `lines`.

Fields may be added; those that are here stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .model import Listing, Mark, Message, Report

__all__ = ["write"]


def write(report: Report) -> Iterator[str]:
    """One line of JSON for each file."""
    others: dict[str, Listing] = {}
    for message in report.elsewhere:
        others.setdefault(message.file, Listing(message.file, [])).messages.append(message)
    for listing in (*report.listings, *others.values()):
        yield json.dumps(_file(listing))


def _file(listing: Listing) -> dict[str, Any]:
    return {
        "file": listing.file,
        "lines": [_mark(m) for m in listing.marks],
        "errors": [_error(m) for m in listing.errors],
        "notes": [_note(m) for m in listing.messages if m.severity == "note"],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    place = {name: getattr(mark, name) for name in ("line", "column", "end_column", "kind", "name")}
    several = [{"shape": s.shape, "dtype": s.dtype, "text": s.text} for s in mark.shown] if len(mark.shown) > 1 else []
    shown = mark.joined
    return {
        **place,
        "shape": shown.shape,
        "dtype": shown.dtype,
        "text": shown.text,
        "type": shown.full,
        "calls": several,
    }


def _error(message: Message) -> dict[str, Any]:
    place = {name: getattr(message, name) for name in ("line", "column", "end_line", "end_column", "code")}
    return {**place, "message": message.text, "notes": message.notes}


def _note(message: Message) -> dict[str, Any]:
    return {"line": message.line, "column": message.column, "message": message.text}
