"""What is known of a file's lines: the tensors that they make, and what the type checker says of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, Union

__all__ = ["Listing", "Mark", "Message", "Report", "Shown", "Size", "UsageError", "absolute"]

#: 784; "B", "2*B" or "*Bs"; None if it is not known.
Size: TypeAlias = Union[int, str, None]


class Shown(NamedTuple):
    """A type that has tensors in it, as it is shown."""

    #: `(None, 784) float32`; of several tensors: `(2, 3) float32, (4,) float32`.
    text: str
    #: The type as mypy writes it.
    full: str
    #: Of one tensor; None if the rank is not known.
    shape: tuple[Size, ...] | None = None
    dtype: str | None = None


class Mark(NamedTuple):
    """A tensor, and the place that makes it. Lines and columns count from 1; `end_column` is the last one's."""

    line: int
    column: int
    end_column: int
    #: What is assigned; None of what has no name, such as a returned value.
    name: str | None
    #: assignment, return, expression, parameter, loop or step (of an expression of several lines).
    kind: str
    #: In a body that is called with several shapes, each of them.
    shown: tuple[Shown, ...]
    #: All of them in one: a size in which they differ is None.
    joined: Shown


class Message(NamedTuple):
    """What the type checker says."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    #: error or note
    severity: str
    code: str | None
    text: str
    notes: tuple[str, ...] = ()


@dataclass
class Listing:
    """One file."""

    file: str
    lines: list[str]
    marks: list[Mark] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    #: False if no line says `import ktensor`.
    imports_ktensor: bool = True

    @property
    def errors(self) -> list[Message]:
        """What is wrong with it."""
        return [m for m in self.messages if m.severity == "error"]

    def marks_by_line(self) -> dict[int, list[Mark]]:
        """The marks of each line that has some."""
        found: dict[int, list[Mark]] = {}
        for mark in self.marks:
            found.setdefault(mark.line, []).append(mark)
        return found

    def messages_by_line(self) -> dict[int, list[Message]]:
        """The messages of each line that has some; those of no line of the file stand at the last."""
        found: dict[int, list[Message]] = {}
        for message in self.messages:
            found.setdefault(min(max(message.line, 1), len(self.lines)), []).append(message)
        return found

    def label(self, mark: Mark, beside: int) -> str:
        """The name to print with a mark, if the line alone does not say what it is of. `beside`: marks of the line."""
        first = len(self.lines[mark.line - 1]) - len(self.lines[mark.line - 1].lstrip()) + 1
        return mark.name if mark.name is not None and (beside > 1 or mark.column != first) else ""

    def summary(self) -> str:
        """How many tensors and errors, in words."""
        errors = _count(len(self.errors), "error", "errors")
        if not self.marks and not self.imports_ktensor:
            return f"does not import ktensor, so it has no tensors to show; {errors}"
        return f"{_count(len(self.marks_by_line()), 'line with tensors', 'lines with tensors')}, {errors}"


class Report(NamedTuple):
    """All files."""

    listings: list[Listing]
    #: What is said of other files, which these import.
    elsewhere: list[Message]

    @property
    def is_clean(self) -> bool:
        """True if there are no errors."""
        return not any(x.errors for x in self.listings) and all(m.severity != "error" for m in self.elsewhere)


class UsageError(Exception):
    """What was asked for makes no sense."""


def absolute(path: str | None) -> str:
    """The path as mypy has it: links are not followed."""
    return os.path.abspath(path or "")  # noqa: PTH100  # resolve() follows them


def _count(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"
