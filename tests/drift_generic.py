"""Functions that are generic in sizes, batch axes and dtypes: what the checker says of them, with values put in.

A symbolic program is run with other sizes, put into the checker's polynomials; and it is called, as a function
that is annotated with what the checker has inferred of its last line. A generic one is run with any number of batch
axes and with several dtypes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from drift import HEADER, Disagreement, Said, Shaped, Tally, annotation, mypy_says, needed, signature
from random_programs import BATCH, GLOBALS, Line, Program, Refusal, run

import ktensor as kt
from ktensor import dims
from ktensor.dims import Dim, Poly
from ktensor.facts import Quotient, Symbol, Terms


def rerun(program: Program, inputs: Sequence[Any], sizes: Mapping[str, Any]) -> list[Any]:
    """What each line gives with other inputs; None for lines that need one that is refused."""
    names = {**GLOBALS, **{i.name: x for i, x in zip(program.inputs, inputs)}}
    names.update((name.lower(), size) for name, size in sizes.items())
    results: list[Any] = []
    for line in program.lines:
        results.append(run(line.text, names))
        if results[-1] is not None and not isinstance(results[-1], Refusal):
            names[line.name] = results[-1]
    return results


# ---- Sizes put in ----------------------------------------------------------------------------------


def substitute(program: Program, said: Sequence[Said], tally: Tally, times: int = 3) -> None:
    """Runs a symbolic program with other sizes, and compares with the checker's polynomials for them."""
    random = Random(len(program.lines))
    for _ in range(times):
        sizes = {name: random.randint(1, 7) for name in program.symbols}
        inputs = [i.made([sizes.get(d, d) for d in i.declared]) for i in program.inputs]
        for line, result, of_line in zip(program.lines, rerun(program, inputs, sizes), said):
            shaped = of_line.type
            if not isinstance(result, kt.Tensor) or not isinstance(shaped, Shaped) or shaped.sizes is None:
                continue
            known = [value_of(d, sizes) for d in shaped.sizes]
            if is_negative(known) or _DROPS_ONES.search(line.text):
                break  # `x[:-3]` takes it that three are there; `squeeze` drops what it knows to be 1
            tally.counts["substitutions"] += 1
            if not fits(result, known, shaped.dtype):
                what = f"{dims.show(shaped.sizes)} {shaped.dtype} for {sizes}, the run time has {result!r}"
                tally.disagreements.append(Disagreement(program, line, what))


def is_negative(sizes: Sequence[int | None]) -> bool:
    """True if the values put in are too small for what the program cuts off."""
    return any(n is not None and n < 0 for n in sizes)


#: `squeeze` without an axis.
_DROPS_ONES: Final = re.compile(r"squeeze\(\w*\)")


def value_of(size: Dim, sizes: dict[str, int]) -> int | None:
    """A size with values for its symbols."""
    return None if size is None else dims.evaluate(size, {Symbol(name): n for name, n in sizes.items()})


def fits(result: kt.Tensor, sizes: Sequence[Dim], dtype: str | None) -> bool:
    """True if nothing that is known of a tensor is wrong."""
    shape = result.shape
    agree = len(shape) == len(sizes) and all(a is None or b is None or a == b for a, b in zip(shape, sizes))
    return agree and dtype in (None, str(result.dtype))


# ---- Calls -----------------------------------------------------------------------------------------


class Call(NamedTuple):
    """A symbolic program as a function, and its call with sizes."""

    program: Program
    line: Line
    sizes: dict[str, int]
    text: str


def calls(programs: Sequence[Program], said: Sequence[Sequence[Said]]) -> Iterator[Call]:
    """A call of each program whose last tensor the checker knows."""
    random = Random(0)
    for number, (program, of_lines) in enumerate(zip(programs, said)):
        known = [(line, s.type) for line, s in zip(program.lines, of_lines) if isinstance(s.type, Shaped)]
        known = [
            (line, t) for line, t in known if isinstance(line.result, kt.Tensor) and None not in (t.sizes, t.dtype)
        ]
        if not known:
            continue
        line, shaped = known[-1]
        assert shaped.sizes is not None
        sizes = {name: random.randint(2, 7) for name in program.symbols}
        if None in shaped.sizes or is_negative([value_of(d, sizes) for d in shaped.sizes]):
            continue
        returned = annotation([annotated(d) for d in shaped.sizes], shaped.dtype or "")
        body = [f"    {other.name} = {other.text}" for other in needed(program, line)]
        arguments = [f'kt.zeros({tuple(sizes.get(d, d) for d in i.declared)}, "{i.dtype}")' for i in program.inputs]
        arguments += [str(sizes[name]) for name in program.symbols]
        text = [f"def function_{number}({signature(program)}) -> {returned}:", *body, f"    return {line.name}"]
        yield Call(program, line, sizes, "\n".join([*text, f"called = function_{number}({', '.join(arguments)})", ""]))


def annotated(size: Any) -> str:
    """A size as it is written in an annotation."""
    return _sum(dict(size.terms)) if isinstance(size, Poly) else f"L[{size}]"


def _sum(terms: Terms) -> str:
    return _folded("kt.Add", [_product(monomial, n) for monomial, n in terms.items()])


def _product(monomial: Any, coefficient: int) -> str:
    factors = [f"L[{coefficient}]"] if coefficient != 1 or not monomial else []
    return _folded("kt.Mul", factors + [_atom(atom) for atom, power in monomial for _ in range(power)])


def _atom(atom: Any) -> str:
    return f"kt.FloorDiv[{_sum(atom.num)}, {_sum(atom.den)}]" if isinstance(atom, Quotient) else str(atom)


def _folded(operator: str, parts: Sequence[str]) -> str:
    result = parts[0]
    for part in parts[1:]:
        result = f"{operator}[{result}, {part}]"
    return result


def check_calls(programs: Sequence[Program], said: Sequence[Sequence[Said]], cache: Path, tally: Tally) -> None:
    """Type-checks calls with sizes, and compares their results with the run time's on those sizes."""
    made = list(calls(programs, said))
    texts = {f"calls_{n}": HEADER + call.text for n, call in enumerate(made)}
    for call, of_module in zip(made, mypy_says(texts, cache)):
        inputs = [i.made([call.sizes.get(d, d) for d in i.declared]) for i in call.program.inputs]
        result = rerun(call.program, inputs, call.sizes)[call.program.lines.index(call.line)]
        if not isinstance(result, kt.Tensor):
            continue  # with these sizes it does not fit, which no signature says
        tally.counts["calls"] += 1
        shaped = of_module.types.get("called")
        fine = isinstance(shaped, Shaped) and fits(result, list(shaped.sizes or ()), shaped.dtype)
        if of_module.errors or not fine:
            what = f"a call gives {shaped}, the run time has {result!r}; {of_module.errors}\n{call.text}"
            tally.disagreements.append(Disagreement(call.program, call.line, what))


# ---- Batch axes and dtypes -------------------------------------------------------------------------

#: How many sizes `*Bs` stands for, and the dtype that `D` does: of numbers, as bools become ints in arithmetic.
_SAMPLES: Final[Sequence[tuple[int, str]]] = (
    (2, "float32"), (0, "float64"), (1, "float16"), (3, "int16"), (5, "uint8"), (6, "float32"), (1, "int64"),
)  # fmt: skip


def generalize(program: Program, said: Sequence[Said], tally: Tally) -> None:
    """Runs a generic program with several batch ranks and dtypes, and compares with what holds for all of them."""
    names = {name: dims.named(name) for name in program.symbols if name not in BATCH}
    runs = []
    for count, dtype in _SAMPLES:
        shapes = [_put_in(i.declared, count) for i in program.inputs]
        inputs = [kt.placeholder(s, dtype if i.generic else i.dtype) for s, i in zip(shapes, program.inputs)]
        runs.append(rerun(program, inputs, names))
    tally.counts["programs"] += 1
    for line, of_line, results in zip(program.lines, said, zip(*runs)):
        for what in _generic_differences(of_line, results, tally):
            tally.disagreements.append(Disagreement(program, line, what))


def _put_in(declared: Sequence[Any], count: int) -> list[Any]:
    """The sizes, with names for those that `*Bs` stands for."""
    return [*_batch(count), *declared[len(BATCH) :]] if declared[:2] == BATCH else list(declared)


def _batch(count: int) -> list[str]:
    return [f"Bs[{i}]" for i in range(count)]


def _generic_differences(said: Said, results: Sequence[Any], tally: Tally) -> Iterator[str]:
    if said.errors:
        tally.counts["generic refusals"] += 1
        given = [s for s, r in zip(_SAMPLES, results) if r is not None and not isinstance(r, Refusal)]
        if given:
            yield f"refused: {said.errors}, but right for {given[0]}"
    elif isinstance(said.type, Shaped):
        for (count, dtype), result in zip(_SAMPLES, results):
            if isinstance(result, kt.Tensor):
                tally.counts["generic lines"] += 1
                tally.counts["generic ranks known"] += said.type.sizes is not None
                wanted = dtype if said.type.dtype == "D" else said.type.dtype
                shape = list(result.shape) if said.type.sizes is None else _expanded(said.type.sizes, count)
                if not fits(result, shape, wanted):
                    yield f"{said.type.sizes} {said.type.dtype}, for {count} and {dtype} the run time has {result!r}"


def _expanded(parts: Sequence[Any], count: int) -> list[Any]:
    return [size for part in parts for size in (map(dims.named, _batch(count)) if part == "*Bs" else [part])]
