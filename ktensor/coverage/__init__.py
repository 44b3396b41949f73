"""`python -m ktensor coverage`: how each engine runs each function of `keras.backend`, found by looking.

Each function is called on placeholders, and the graph is rewritten as it is before an engine sees it. What is left says
how the engine runs the function:

- lowered: by one op of the engine's (and casts);
- composed: by several;
- Python: by none, as it gives settings, shapes or state, or only says what is to be computed;
- refused: not at all, for a reason that the engine gives;
- missing: there is no such function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..engines.base import BUILTIN, Engine, get_engine
from ..errors import EngineNotInstalledError, UnsupportedOpError
from ..graph import Expr, Node, node_of, toposort
from ..simplify import Rewriter
from .signatures import FUNCTIONS, VERSIONS

__all__ = ["Coverage", "coverage", "report"]

#: What an engine is given, and what takes one of a loop's results.
_NO_WORK: Final = frozenset({"constant", "placeholder", "scan_result", "variable"})


class Coverage(NamedTuple):
    """How a function is run."""

    name: str
    #: The versions of Keras that have it.
    versions: tuple[str, ...]
    #: By engine: "lowered", "composed", "Python", "missing" or "refused: why".
    by_engine: Mapping[str, str]


def _nodes(made: Any) -> Iterator[Node]:
    """The nodes of all tensors in nested lists."""
    if isinstance(made, Expr):
        yield node_of(made)
    elif isinstance(made, (list, tuple)):
        for part in made:
            yield from _nodes(part)


def _kind(engine: Engine, roots: Sequence[Node]) -> str:
    try:
        found = Rewriter(engine, phase=True, thorough=False).rewrite(roots)
    except UnsupportedOpError as error:
        return f"refused: {str(error).rpartition(': ')[2]}"
    work = [n.op.name for n in toposort(found) if n.op.name not in _NO_WORK]
    if not work:
        return "Python"
    return "lowered" if len(work) - work.count("cast") <= 1 else "composed"


def _importable() -> Iterator[Engine]:
    for name in BUILTIN:
        try:
            yield get_engine(name)
        except EngineNotInstalledError:
            continue


def coverage() -> list[Coverage]:
    """How each engine that is installed runs each function."""
    from .. import functional  # writes which engine is in force, as Keras did
    from .samples import SAMPLES

    installed = list(_importable())
    found = []
    for name, function in FUNCTIONS.items():
        sample = SAMPLES.get(name)
        if not hasattr(functional, name):
            kinds = {engine.name: "missing" for engine in installed}
        elif sample is None:
            kinds = {engine.name: "Python" for engine in installed}
        else:
            roots = list(_nodes(sample()))
            kinds = {engine.name: _kind(engine, roots) for engine in installed}
        found.append(Coverage(name, tuple(v for v in VERSIONS if v in function.signatures), kinds))
    return found


def report() -> list[list[str]]:
    """The matrix, and its totals, as rows of text."""
    found = coverage()
    names = list(found[0].by_engine)
    rows = [["function", *VERSIONS, *names]]
    for entry in found:
        rows.append([entry.name, *("x" if v in entry.versions else "" for v in VERSIONS), *entry.by_engine.values()])
    counts = {name: Counter(entry.by_engine[name].partition(":")[0] for entry in found) for name in names}
    rows.append([""] * len(rows[0]))
    rows.append(
        ["functions", *(str(sum(v in e.versions for e in found)) for v in VERSIONS), *[str(len(found))] * len(names)]
    )
    for kind in ("lowered", "composed", "Python", "refused", "missing"):
        rows.append([kind, *[""] * len(VERSIONS), *(str(counts[name][kind]) for name in names)])
    return rows
