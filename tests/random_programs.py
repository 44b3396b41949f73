"""Random programs of ktensor, line by line: each line is written, and run at once to see what can follow it.

A program runs twice while it grows: as it is written, with unknown and named sizes, and as its *twin*, in which each
size has a value. The twin says what fits; what the program itself says is to be compared with the type checker.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
from hypothesis import strategies as st

import ktensor as kt
from ktensor import dims
from ktensor import functional as K
from ktensor.dtypes import ALL_DTYPES
from ktensor.errors import KTensorError

T = TypeVar("T")

DTYPES: Final = [d.name for d in ALL_DTYPES]
FLOATS: Final = ["float32", "float32", "float64", "float16"]
INTEGERS: Final = [d.name for d in ALL_DTYPES if d.is_integer]
#: Half of all tensors are of the dtype that models have.
_USUAL: Final = ["float32"] * len(DTYPES) + DTYPES

#: Larger tensors are left alone.
_MOST_ELEMENTS: Final = 3000
#: The TypeVars of symbolic programs, which are the names of sizes in named ones.
SYMBOLS: Final = ("B", "T", "H", "I")
#: The sizes that `*Bs` stands for while a generic program grows.
BATCH: Final = ("M", "N")
_BATCH_SIZES: Final = (7, 8)


class Draw:
    """Choices, all of the same weight: hypothesis's own like extremes, and repeat each other."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def number(self, low: int, high: int) -> int:
        """An int from `low` to `high`."""
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return self._random.choice(options)

    def some(self, options: Sequence[T], least: int = 0) -> list[T]:
        """Some of them, in any order."""
        return self._random.sample(options, self.number(min(least, len(options)), len(options)))

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All of them, in any order."""
        return self._random.sample(options, len(options))

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self._random.random() * 100 < percent


@dataclass(frozen=True)
class Refusal:
    """A line that the run time refuses."""

    kind: str
    message: str


@dataclass
class Line:
    """One line: its variable, what is assigned to it, and what came of it."""

    name: str
    text: str
    #: A tensor, a tuple of tensors, or a `Refusal`.
    result: Any
    #: The same with all sizes known.
    twin: Any
    #: The function that the line is about.
    about: str = ""


@dataclass(frozen=True)
class Value:
    """A tensor that lines to come can use: as it is written, as the program has it, and as its twin has it."""

    text: str
    tensor: Any
    twin: Any

    @property
    def sizes(self) -> tuple[int, ...]:
        """All sizes."""
        found: tuple[int, ...] = self.twin.shape
        return found

    @property
    def rank(self) -> int:
        """How many sizes."""
        return len(self.sizes)

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return str(self.twin.dtype)


@dataclass
class Input:
    """A placeholder, or a parameter of a symbolic program."""

    name: str
    #: With None and names in it, as it is declared.
    declared: tuple[Any, ...]
    sizes: tuple[int, ...]
    dtype: str
    tensor: Any = None
    #: Its dtype may be any.
    generic: bool = False

    def made(self, shape: Sequence[Any]) -> Any:
        """The placeholder, with those sizes."""
        return kt.placeholder(tuple(shape), self.dtype)


@dataclass
class Program:
    """A program and what running it said."""

    kind: str
    inputs: list[Input] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    #: The values of its named sizes.
    symbols: dict[str, int] = field(default_factory=dict)

    @property
    def is_function(self) -> bool:
        """True if its inputs are parameters."""
        return self.kind in ("symbolic", "generic")


#: What every program sees.
GLOBALS: Final[Mapping[str, Any]] = {"kt": kt, "K": K, "np": np}


def run(text: str, names: dict[str, Any]) -> Any:
    """What an expression gives: tensors or a `Refusal`."""
    try:
        return eval(text, names)
    except KTensorError as error:
        return Refusal(type(error).__name__, str(error))
    except Exception as error:  # none of ours: `np.ones((-1, 2))`, `pair[2]`
        PYTHONS_OWN[f"{type(error).__name__}: {error}"[:60]] = text
        return None


#: Errors that are not ktensor's, with the last line that raised each.
PYTHONS_OWN: Final[dict[str, str]] = {}


class Unfit(Exception):
    """There is no tensor of the kind that is wanted."""


class Scope:
    """A program that grows."""

    def __init__(self, random: Random, kind: str) -> None:
        self.d = Draw(random)
        self.program = Program(kind)
        self.values: list[Value] = []
        self._names: dict[str, Any] = dict(GLOBALS)
        self._twin_names: dict[str, Any] = dict(GLOBALS)
        self._symbol_of: dict[int, str] = {}
        if kind in ("named", "symbolic", "generic"):
            self._name_sizes()

    def _name_sizes(self) -> None:
        sizes = self.d.shuffled([2, 3, 4, 5, 6])
        names = SYMBOLS[: self.d.number(1, len(SYMBOLS))]
        for name, size in zip(names if self.program.kind != "generic" else names[:1], sizes):
            self._symbol_of[size] = name
            self.program.symbols[name] = size
            if self.program.is_function:
                self._names[name.lower()] = dims.named(name)
                self._twin_names[name.lower()] = size

    # Lines.

    def add(self, text: str, about: str = "", name: str = "") -> Line | None:
        """Adds a line, if it says something: not one whose tensors are large, or that Python refuses."""
        twin = run(text, self._twin_names)
        result = run(text, self._names)
        if twin is None or result is None or _elements(twin) > _MOST_ELEMENTS:
            return None
        line = Line(name or f"v{len(self.program.lines)}", text, result, twin, about)
        self.program.lines.append(line)
        if not isinstance(result, Refusal) and not isinstance(twin, Refusal):
            self._names[line.name], self._twin_names[line.name] = result, twin
            self._remember(line.name, result, twin)
        return line

    def _remember(self, text: str, result: Any, twin: Any) -> None:
        if isinstance(result, (tuple, list)):
            for i, (r, t) in enumerate(zip(result, twin)):
                self._remember(f"{text}[{i}]", r, t)
        elif isinstance(twin, kt.Tensor) and all(isinstance(n, int) for n in twin.shape):
            self.values.append(Value(text, result, twin))

    def any_input(self, sizes: Sequence[int]) -> Value:
        """A new placeholder, of a generic program often with any batch sizes and of any dtype."""
        if self.program.kind != "generic":
            return self.input(sizes, self.d.pick(_USUAL))
        batch = self.d.chance(65)
        self.program.symbols.update(dict(zip(BATCH, _BATCH_SIZES)) if batch else {})
        dtype = "float32" if self.d.chance(50) else self.d.pick(_USUAL)
        return self.input(sizes, dtype, batch, generic=dtype == "float32" and self.d.chance(70))

    def input(self, sizes: Sequence[int], dtype: str, batch: bool = False, generic: bool = False) -> Value:
        """A new placeholder of those sizes, some of them hidden."""
        declared = (*(BATCH if batch else ()), *map(self._hidden, sizes))
        sizes = (*(_BATCH_SIZES if batch else ()), *sizes)
        name = f"x{len(self.program.inputs)}" if self.program.is_function else f"v{len(self.program.lines)}"
        given = Input(name, declared, tuple(sizes), dtype, generic=generic)
        tensor, twin = given.made(declared), given.made(sizes)
        given.tensor = tensor
        self.program.inputs.append(given)
        if not self.program.is_function:
            self.program.lines.append(Line(name, self._placeholder(declared, dtype), tensor, twin, "placeholder"))
        self._names[name], self._twin_names[name] = tensor, twin
        self.values.append(Value(name, tensor, twin))
        return self.values[-1]

    def _hidden(self, size: int) -> Any:
        if self.program.kind == "unknown":
            return None if self.d.chance(40) else size
        return self._symbol_of.get(size, size)

    def _placeholder(self, shape: Sequence[Any], dtype: str) -> str:
        sizes = shape_text([repr(s) for s in shape])
        forms = [f'kt.placeholder({sizes}, "{dtype}")', f"kt.placeholder({sizes}, dtype=kt.{_class(dtype)})"]
        return self.d.pick([*forms, f'K.placeholder(shape={sizes}, dtype="{dtype}")'])

    # What recipes ask for.

    def tensor(
        self, ranks: Sequence[int] = (0, 1, 2, 2, 3, 3, 4), dtypes: Sequence[str] = _USUAL, least: int = 0
    ) -> Value:
        """A tensor of one of the ranks and dtypes, with sizes of at least `least`: one there is, or a new one."""
        found = [v for v in self.values if v.rank in ranks and v.dtype in dtypes and min(v.sizes, default=9) >= least]
        if found and self.d.chance(85):
            return self.d.pick(found[-6:])
        sizes = [max(least, self.some_size()) for _ in range(self.d.pick(ranks))]
        return self.input(sizes, self.d.pick(dtypes))

    def some_size(self) -> int:
        """A size for a new tensor."""
        return self.d.pick([1, 2, 3, 3, 4, 4, 5, 6, 0] if self.d.chance(30) else [2, 3, 4, 5, 6])

    def size(self, n: int) -> str:
        """A size as it is written: as what is named, if it has a name here."""
        if n in self._symbol_of and self.program.is_function:
            return self._symbol_of[n].lower()
        if n in self._symbol_of:
            for value in self.values:
                for axis, size in enumerate(value.tensor.shape):
                    if str(size) == self._symbol_of[n]:
                        return f"{value.text}.shape[{axis}]"
        return str(n)

    def texts(self, x: Value) -> list[str]:
        """The sizes of a tensor, as they are written."""
        return [self._text(x, axis) for axis in range(x.rank)]

    def _text(self, x: Value, axis: int) -> str:
        size = x.tensor.shape[axis]
        if isinstance(size, dims.Poly):
            return self.size(x.sizes[axis]) if str(size) in SYMBOLS else f"{x.text}.shape[{axis}]"
        return str(x.sizes[axis])

    def fresh(self, sizes: Sequence[str], dtype: str) -> str:
        """A tensor of those sizes, made on the spot."""
        shape = shape_text(sizes)
        forms = [f'kt.zeros({shape}, "{dtype}")', f"kt.ones({shape}, kt.{_class(dtype)})"]
        if all(s.isdigit() for s in sizes):
            forms += [f'kt.constant(np.ones({shape}), "{dtype}")', f'K.ones({shape}, dtype="{dtype}")']
            forms += [f'kt.variable(np.zeros({shape}), "{dtype}")', f'kt.full({shape}, 1, "{dtype}")']
        return self.d.pick(forms)

    def array(self, sizes: Sequence[str], dtype: str) -> str:
        """An operand of those sizes that need not be a tensor."""
        plain = all(s.isdigit() for s in sizes)
        if plain and self.d.chance(25):
            return f'np.ones({shape_text(sizes)}, dtype="{dtype}")'
        return self.fresh(sizes, dtype)

    def like(self, x: Value, sizes: Sequence[str] | None = None, dtype: str = "") -> str:
        """An operand with the sizes of x: itself, another, or a new one."""
        wanted = self.texts(x) if sizes is None else list(sizes)
        same = [v.text for v in self.values if self.texts(v) == wanted and dtype in ("", v.dtype)]
        if same and self.d.chance(60):
            return self.d.pick(same)
        return self.array(wanted, dtype or x.dtype)

    def partner(self, x: Value) -> str:
        """An operand that broadcasts with x."""
        if self.d.chance(25):
            return self.d.pick(["2", "0.5", "1", "3", "1.5", "True", "-1"])
        sizes = self.texts(x)
        kept = sizes[self.d.number(0, len(sizes)) :] if self.d.chance(40) else sizes
        kept = ["1" if self.d.chance(15) else s for s in kept]
        if self.d.chance(10):
            kept = [self.size(self.some_size()), *kept]
        return self.like(x, kept, self.d.pick(["", x.dtype, self.d.pick(_USUAL)]))

    def axis(self, rank: int) -> int:
        """One axis of a tensor of that rank, negative half of the time."""
        if not rank:
            raise Unfit
        return self.d.number(-rank, rank - 1)

    def axes(self, rank: int) -> str:
        """None, an axis or several."""
        if not rank or self.d.chance(15):
            return "None"
        if self.d.chance(60):
            return str(self.axis(rank))
        chosen = self.d.some(range(rank), 1)
        return tuple_text([str(a - rank if self.d.chance(40) else a) for a in chosen])


def _elements(result: Any) -> int:
    if isinstance(result, (tuple, list)):
        return sum(map(_elements, result))
    if not isinstance(result, kt.Tensor):
        return 0
    return math.prod(s for s in result.shape if isinstance(s, int))


def tuple_text(items: Sequence[str]) -> str:
    """A tuple as Python writes it."""
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def shape_text(items: Sequence[str]) -> str:
    """The sizes of a new tensor."""
    return tuple_text(items)


def _class(dtype: str) -> str:
    return "bool_" if dtype == "bool" else dtype


# ---- Mutation --------------------------------------------------------------------------------------

_NUMBER: Final = re.compile(r"(?<![\w.\"'])\d+(?![\w.\"'])")
_VARIABLE: Final = re.compile(r"\b[vx]\d+\b(?!\.shape)")
_DTYPE: Final = re.compile(rf"\b(?:{'|'.join(DTYPES)})(?=\")")


def _other_number(scope: Scope, text: str) -> str:
    number = int(text)
    return str(scope.d.pick([number + 1, number + 1, max(number - 1, 0), number + 2, -number or 1, 0, -number - 1]))


def _other_variable(scope: Scope, text: str) -> str:
    return scope.d.pick(scope.values).text


def _other_dtype(scope: Scope, text: str) -> str:
    return scope.d.pick(DTYPES)


Mutator: TypeAlias = Callable[[Scope, str], str]
_MUTATORS: Final[Sequence[tuple[re.Pattern[str], Mutator]]] = (
    (_NUMBER, _other_number),
    (_NUMBER, _other_number),
    (_VARIABLE, _other_variable),
    (_DTYPE, _other_dtype),
)


def mutated(scope: Scope, text: str) -> str:
    """The text with one number, variable or dtype off."""
    pattern, mutate = scope.d.pick([m for m in _MUTATORS if m[0].search(text)] or [(_VARIABLE, _other_variable)])
    places = list(pattern.finditer(text))
    if not places:
        return text
    place = scope.d.pick(places)
    return f"{text[: place.start()]}{mutate(scope, place[0])}{text[place.end() :]}"


# ---- Programs --------------------------------------------------------------------------------------


def step(scope: Scope) -> Line | None:
    """Adds a line of an op that has something to work on."""
    from program_lines import RECIPES, WEIGHTED

    for _ in range(4):
        about = scope.d.pick(WEIGHTED)
        try:
            text = RECIPES[about](scope)
        except Unfit:
            continue
        if text and (line := attempt(scope, text, about)) is not None:
            return line
    return None


def attempt(scope: Scope, text: str, about: str) -> Line | None:
    """Adds the line, unless it is none or, most of the time, is refused."""
    refused = isinstance(run(text, scope._twin_names), Refusal)
    return None if refused and scope.d.chance(70) else scope.add(text, about)


@st.composite
def programs(draw: st.DrawFn, kind: str) -> Program:
    """A program of that kind; about every other one has lines that are wrong."""
    scope = Scope(draw(st.randoms(use_true_random=True)), kind)
    for _ in range(scope.d.number(1, 3)):
        scope.any_input([scope.some_size() for _ in range(scope.d.pick([1, 2, 2, 3, 3, 4]))])
    wrong = scope.d.chance(65)
    for _ in range(scope.d.number(3, 12)):
        line = step(scope)
        if wrong and line is not None:
            for _ in range(scope.d.pick([0, 1, 1, 2])):
                scope.add(mutated(scope, line.text), line.about)
    return scope.program
