"""The public functions of the backends of Keras 1.2.2, 2.2.4 and 2.3.1, with their signatures.

They are in `signatures.txt`, where "=" is what stands before it, and "--" that there is none. They are TensorFlow's
where the backends differ, and Theano's of what only Theano has.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["FUNCTIONS", "VERSIONS", "KerasFunction"]

VERSIONS: Final = ("1.2.2", "2.2.4", "2.3.1")


class KerasFunction(NamedTuple):
    """A function of `keras.backend`."""

    name: str
    #: Its parameters as Python writes them, in each of `VERSIONS` that has it.
    signatures: Mapping[str, str]

    @property
    def newest(self) -> str:
        """The signature in the newest version that has it."""
        return list(self.signatures.values())[-1]

    def parameters(self) -> list[inspect.Parameter]:
        """Of the newest version."""
        return list(_signature(self.newest).parameters.values())


@cache
def _signature(text: str) -> inspect.Signature:
    scope: dict[str, object] = {}
    exec(f"def function{text}: ...", scope)  # the table's own text
    return inspect.signature(scope["function"])  # type: ignore[arg-type]  # it is a function


def _read(line: str) -> KerasFunction:
    name, *cells = (cell.strip() for cell in line.split(" | "))
    found: dict[str, str] = {}
    before = ""
    for version, cell in zip(VERSIONS, cells):
        before = before if cell == "=" else cell
        if before != "--":
            found[version] = before
    return KerasFunction(name, found)


_LINES: Final = Path(__file__).with_name("signatures.txt").read_text(encoding="utf-8").splitlines()[1:]

#: By name.
FUNCTIONS: Final[Mapping[str, KerasFunction]] = {found.name: found for found in map(_read, _LINES)}
