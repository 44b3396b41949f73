"""What the type checker says of random programs, line by line, against what running them says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, Union

import mypy.types
import numpy as np
from mypy import build
from mypy.main import process_options
from mypy.modulefinder import BuildSource
from mypy.nodes import AssignmentStmt, FuncDef, NameExpr
from random_programs import SYMBOLS, Input, Line, Program, Refusal
from typed_programs import CONFIGURATION

import ktensor as kt
from ktensor import dims
from ktensor.dims import Dim
from ktensor.errors import KTensorError
from ktensor.function import evaluate

HEADER: Final = f"""\
from typing import Literal as L, TypeVar

from typing_extensions import TypeVarTuple, Unpack

import numpy as np

import ktensor as kt
from ktensor import functional as K

{"".join(f'{name} = TypeVar("{name}", bound=kt.Dim){chr(10)}' for name in SYMBOLS)}
D = TypeVar("D", bound=kt.DType)
Bs = TypeVarTuple("Bs")
"""
#: Functions of programs in one module.
_MODULE: Final = 50


# ---- What the checker says -------------------------------------------------------------------------


class Shaped(NamedTuple):
    """A tensor's type."""

    #: None: the rank is not known.
    sizes: tuple[Dim, ...] | None
    dtype: str | None


#: Of a line: a tensor, several, or nothing that is known to be a tensor.
Static: TypeAlias = Union[Shaped, "list[Any]", None]


class Said(NamedTuple):
    """What the checker says of a line."""

    type: Static
    #: Code and message.
    errors: tuple[tuple[str, str], ...]


def read(t: mypy.types.Type | None) -> Static:
    """A type as a shape and a dtype."""
    p = mypy.types.get_proper_type(t)
    if isinstance(p, mypy.types.TupleType):
        return [read(item) for item in p.items]
    if not isinstance(p, mypy.types.Instance) or not p.type.fullname.startswith("ktensor.tensor."):
        return None
    shape, dtype = map(mypy.types.get_proper_type, p.args)
    name = dtype.type.name.rstrip("_") if isinstance(dtype, mypy.types.Instance) else None
    if isinstance(dtype, mypy.types.TypeVarType):
        name = dtype.name
    return Shaped(tuple(map(_size, shape.items)) if isinstance(shape, mypy.types.TupleType) else None, name)


_ARITHMETIC: Final = {"Add": dims.add, "Mul": dims.mul, "FloorDiv": dims.floordiv}


def _size(t: mypy.types.Type) -> Any:
    p = mypy.types.get_proper_type(t)
    if isinstance(p, mypy.types.UnpackType):
        return "*Bs"
    if isinstance(p, mypy.types.LiteralType):
        return dims.named(p.value) if isinstance(p.value, str) else int(p.value)  # type: ignore[arg-type]  # no enum's
    if isinstance(p, mypy.types.TypeVarType):
        return dims.named(p.name)
    if isinstance(p, mypy.types.Instance) and p.type.name in _ARITHMETIC:
        return _ARITHMETIC[p.type.name](*map(_size, p.args))
    return None


class Module(NamedTuple):
    """What mypy says of a module: by line, and the types of its own variables."""

    lines: dict[int, Said]
    types: dict[str, Static]
    errors: list[tuple[str, str]]


def check(programs: Sequence[Program], cache: Path) -> list[list[Said]]:
    """What one run of mypy says of each line of each program."""
    chunks = [programs[i : i + _MODULE] for i in range(0, len(programs), _MODULE)]
    made = [module(chunk) for chunk in chunks]
    found = mypy_says({f"drift_{i}": text for i, (text, _) in enumerate(made)}, cache)
    nothing = Said(None, ())
    return [[of.lines.get(n, nothing) for n in lines] for of, (_, places) in zip(found, made) for lines in places]


def module(programs: Sequence[Program]) -> tuple[str, list[list[int]]]:
    """The text of a module that has each program as a function, and the line numbers of the programs' lines."""
    text = HEADER.splitlines()
    places: list[list[int]] = []
    for number, program in enumerate(programs):
        text.append(f"def program_{number}({signature(program)}) -> None:")
        text += [f"    {line.name} = {line.text}" for line in program.lines] or ["    pass"]
        places.append(list(range(len(text) - len(program.lines) + 1, len(text) + 1)))
    return "\n".join([*text, ""]), places


def signature(program: Program) -> str:
    """The parameters of a program, annotated."""
    if not program.is_function:
        return ""
    names = [f"{name.lower()}: {name}" for name in program.symbols if name in SYMBOLS]
    return ", ".join([*(f"{i.name}: {declared(i)}" for i in program.inputs), *names])


def declared(given: Input) -> str:
    """A parameter's type."""
    sizes = [s if isinstance(s, str) else f"L[{s}]" for s in given.declared]
    if sizes[:2] == ["M", "N"]:
        sizes[:2] = ["Unpack[Bs]"]
    return annotation(sizes, "D" if given.generic else given.dtype)


def annotation(sizes: Sequence[str], dtype: str) -> str:
    """A tensor's type."""
    dtype = dtype if dtype == "D" else f"kt.{'bool_' if dtype == 'bool' else dtype}"
    return f"kt.Tensor[tuple[{', '.join(sizes) or '()'}], {dtype}]"


def mypy_says(modules: Mapping[str, str], cache: Path) -> list[Module]:
    """What one run of mypy says of modules, by their names and texts."""
    configuration = cache / "mypy.ini"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(CONFIGURATION)
    _, options = process_options([f"--config-file={configuration}", f"--cache-dir={cache}", "-c", "pass"])
    options.export_types = options.preserve_asts = options.show_traceback = True
    result = build.build([BuildSource(f"{name}.py", name, text) for name, text in modules.items()], options)
    errors = _errors(result.errors)
    return [_module(result, name, errors.get(name, {})) for name in modules]


def _module(result: build.BuildResult, name: str, errors: Mapping[int, list[tuple[str, str]]]) -> Module:
    found = {s.line: (s.lvalues[0], read(result.types.get(s.rvalue))) for s in _assignments(result.files[name].defs)}
    lines = {n: Said(t, tuple(errors.get(n, ()))) for n, (_, t) in found.items()}
    types = {target.name: t for target, t in found.values() if isinstance(target, NameExpr)}
    return Module(lines, types, [e for of_line in errors.values() for e in of_line])


def _assignments(statements: Sequence[Any]) -> Iterator[AssignmentStmt]:
    for statement in statements:
        if isinstance(statement, AssignmentStmt):
            yield statement
        elif isinstance(statement, FuncDef):
            yield from _assignments(statement.body.body)


def _errors(messages: Sequence[str]) -> dict[str, dict[int, list[tuple[str, str]]]]:
    found: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for message in messages:
        path, line, kind, text = message.split(":", 3)
        if kind.strip() == "error":
            said, _, code = text.strip().rpartition("  [")
            of_module = found.setdefault(path.removesuffix(".py"), {})
            of_module.setdefault(int(line), []).append((code.rstrip("]"), said))
    return found


# ---- Comparison ------------------------------------------------------------------------------------


@dataclass
class Disagreement:
    """A line of which the checker says something else."""

    program: Program
    line: Line
    what: str

    def __str__(self) -> str:
        return f"{self.what}\n{show(self.program, self.line)}"


@dataclass
class Tally:
    """How much was compared, and what did not agree."""

    counts: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds what another has."""
        self.counts.update(other.counts)
        self.disagreements += other.disagreements

    @property
    def precision(self) -> float:
        """The share of the sizes that the run time knows which the checker knows too."""
        return self.counts["sizes known"] / self.counts["sizes"] if self.counts["sizes"] else 1.0

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {what}" for what, n in sorted(self.counts.items()) if what not in _SUMMED_UP)
        known = f"{self.precision:.2%} of {self.counts['sizes']} sizes known"
        return f"{len(self.disagreements)} disagreements; {known}; {counts}"


_SUMMED_UP: Final = ("sizes", "sizes known", "ranks known", "dtypes known")


def show(program: Program, line: Line) -> str:
    """The program up to a line, without what the line does not need."""
    kept = needed(program, line)
    wanted = {name for other in kept for name in _names(other.text)}
    inputs = [f"    {i.name}: {declared(i)}" for i in program.inputs if program.is_function and i.name in wanted]
    return "\n".join([*inputs, *(f"    {other.name} = {other.text}" for other in kept)])


def needed(program: Program, line: Line) -> list[Line]:
    """The lines that a line needs, and itself."""
    wanted, kept = {line.name}, []
    for other in reversed(program.lines[: program.lines.index(line) + 1]):
        if other.name in wanted:
            kept.append(other)
            wanted |= set(_names(other.text))
    return kept[::-1]


def _names(text: str) -> list[str]:
    return re.findall(r"\b[vx]\d+\b", text)


def compare(program: Program, said: Sequence[Said], tally: Tally) -> None:
    """Compares all lines of a program."""
    tally.counts["programs"] += 1
    for line, of_line in zip(program.lines, said):
        tally.counts["lines"] += 1
        for what in _differences(line.result, of_line, tally.counts):
            tally.disagreements.append(Disagreement(program, line, what))


_OURS: Final = ("tensor-shape", "tensor-dtype")
#: Of messages of the run time: what depends on values, or on what an expression is made of.
_FOR_VALUES: Final = (
    "a value with fractions does not fit",
    "does not depend on wrt",
    "cannot unroll an unknown number of steps",
    "a variable's sizes must be known",
)


def _nameless(message: str) -> str:
    """The message without the numbers in the names of variables."""
    return re.sub(r"'variable_\d+'", "'variable'", message)


def _differences(result: Any, said: Said, counts: Counter[str]) -> Iterator[str]:
    ours = [text for code, text in said.errors if code in _OURS]
    others = [f"{text} [{code}]" for code, text in said.errors if code not in _OURS]
    if isinstance(result, Refusal):
        if not ours and any(reason in result.message for reason in _FOR_VALUES):
            counts["refused for values"] += 1
            return
        counts["refusals"] += 1
        if not ours and others and others[0].endswith("[operator]"):
            counts["refused by mypy itself"] += 1
            return
        if not ours:
            yield f"missed: {result.kind}: {result.message}" + f" (mypy says: {others})" * bool(others)
        elif _nameless(result.message) not in map(_nameless, ours):
            yield f"refused in other words:\n  runtime: {result.message}\n  checker: {ours}"
        return
    if said.errors:
        yield f"false alarm: {ours or others}, the run time gives {result}"
        return
    yield from _results(result, said.type, counts)


def _results(result: Any, static: Static, counts: Counter[str]) -> Iterator[str]:
    if isinstance(result, (tuple, list)):
        parts = static if isinstance(static, list) and len(static) == len(result) else [None] * len(result)
        if isinstance(static, list) and len(static) != len(result):
            yield f"the checker says {len(static)} results, there are {len(result)}"
        for one, of_one in zip(result, parts):
            yield from _results(one, of_one, counts)
        return
    if not isinstance(result, kt.Tensor):
        return
    shaped = static if isinstance(static, Shaped) else Shaped(None, None)
    counts["tensors"] += 1
    yield from _sizes(result.shape, shaped.sizes, counts)
    counts["dtypes known"] += shaped.dtype is not None
    if shaped.dtype not in (None, str(result.dtype)):
        yield f"dtype {shaped.dtype}, the run time has {result.dtype}"


def _sizes(shape: Sequence[Any], sizes: Sequence[Dim] | None, counts: Counter[str]) -> Iterator[str]:
    counts["sizes"] += sum(s is not None for s in shape)
    counts["ranks known"] += sizes is not None
    if sizes is None:
        return
    if len(shape) != len(sizes):
        yield f"shape {dims.show(sizes)}, the run time has {dims.show(shape)}"
        return
    counts["sizes known"] += sum(a is not None and b is not None for a, b in zip(shape, sizes))
    if any(s is not None and s != r for s, r in zip(sizes, shape)):
        yield f"shape {dims.show(sizes)}, the run time has {dims.show(shape)}"


# ---- Values on engines -----------------------------------------------------------------------------


def run_on(engine: str, program: Program, tally: Tally) -> None:
    """Evaluates all lines of a program, and compares the arrays' shapes and dtypes with what the tensors say."""
    with np.errstate(all="ignore"):
        feeds = {i.tensor: np.ones(i.sizes, i.dtype) for i in program.inputs}
        feeds[kt.placeholder(tuple(program.symbols))] = np.ones(tuple(program.symbols.values()))
        fitting = [line for line in program.lines if not isinstance(line.twin, Refusal)]
        pairs = [(line, r, t) for line in fitting for r, t in _tensors(line.result, line.twin)]
        try:
            arrays = evaluate([r for _, r, _ in pairs], feeds, engine)
        except KTensorError:
            arrays = [_alone(engine, program, line, r, feeds, tally) for line, r, _ in pairs]
    for (line, result, twin), array in zip(pairs, arrays):
        if array is not None:
            tally.counts[f"arrays of {engine}"] += 1
            for what in _array_differences(array, result, twin):
                tally.disagreements.append(Disagreement(program, line, f"{engine}: {what}"))


def _tensors(result: Any, twin: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(result, (tuple, list)) and isinstance(twin, (tuple, list)):
        for r, t in zip(result, twin):
            yield from _tensors(r, t)
    elif isinstance(result, kt.Tensor) and isinstance(twin, kt.Tensor):
        yield result, twin


def _alone(engine: str, program: Program, line: Line, tensor: Any, feeds: Any, tally: Tally) -> Any:
    """The line's array; None if there is none for its values alone."""
    try:
        return evaluate([tensor], feeds, engine)[0]
    except KTensorError as error:
        if any(reason in str(error) for reason in _BAD_VALUES):
            tally.counts[f"bad values on {engine}"] += 1
        else:
            tally.disagreements.append(Disagreement(program, line, f"{engine} fails: {type(error).__name__}: {error}"))
        return None


#: What engines say of values that are out of range.
_BAD_VALUES: Final = (
    "out of bounds",
    "out of range",
    "Out of bound index",
    "negative powers",
    "division by zero",
    "is negative",
    "must be non-negative",  # `x[7:]` takes it that seven are there
    "not in [0",
    "two different new",
)


def _array_differences(array: Any, result: Any, twin: Any) -> Iterator[str]:
    known = all(isinstance(n, int) for n in twin.shape)
    if array.ndim != len(twin.shape) or (known and array.shape != twin.shape):
        yield f"an array of {array.shape}, with known sizes the run time says {dims.show(twin.shape)}"
    if len(result.shape) != array.ndim or any(isinstance(s, int) and s != n for s, n in zip(result.shape, array.shape)):
        yield f"an array of {array.shape}, the tensor says {dims.show(result.shape)}"
    if array.dtype.name != str(result.dtype):
        yield f"an array of {array.dtype}, the tensor says {result.dtype}"
