"""How costs grow: with the elements of arrays, and with the nodes of a graph. `python -m benchmarks.growth`.

A line is a size. Its columns are the microseconds per thousand elements, or per node, that building takes, the first
call, which compiles, and later calls. While they do not rise, the cost is linear at most. Small sizes cost more, since
each call has a cost of its own. Theano's first call runs op by op, and so do all calls above 1,000 nodes. An engine is
asked for no more when a size has taken 20 seconds. Writes GROWTH.md and growth.svg.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import numpy as np

import ktensor as kt

ENGINES: Final = ("numpy", "tensorflow", "theano")
ELEMENTS: Final = (10**3, 10**4, 10**5, 10**6, 10**7)
NODES: Final = (10, 100, 1_000, 10_000, 100_000)
#: An engine is asked for nothing larger if one size took so many seconds.
PATIENCE: Final = 20.0
TABLE: Final = Path(__file__).with_name("GROWTH.md")
PLOT: Final = Path(__file__).with_name("growth.svg")
PHASES: Final = ("build", "first call", "later call")


class Axis(NamedTuple):
    """What grows: how many elements and nodes there are for each size, and the unit of cost."""

    name: str
    sizes: Sequence[int]
    elements: Callable[[int], int]
    nodes: Callable[[int], int]
    unit: int


AXES: Final = (
    Axis("elements", ELEMENTS, lambda size: size, lambda size: 10, 1_000),
    Axis("nodes", NODES, lambda size: 64, lambda size: size, 1),
)


class Cost(NamedTuple):
    """Seconds for each phase at a size."""

    axis: Axis
    engine: str
    size: int
    seconds: Sequence[float]

    def per_unit(self) -> list[float]:
        """Microseconds per unit for each phase."""
        return [s / self.size * self.axis.unit * 1e6 for s in self.seconds]


def expression(x: kt.Tensor, nodes: int) -> kt.Tensor:
    """So many ops, the numbers staying small."""
    y = x
    for _ in range(nodes // 2):
        y = y * 0.5 + x
    return y


def measured(axis: Axis, engine: str, size: int) -> Cost:
    """The median of three rounds, each with a graph of its own."""
    value = np.random.default_rng(0).random(axis.elements(size), np.float32)
    gc.collect()
    gc.freeze()  # a collection that comes by chance goes through all that the engines' libraries have
    rounds = [_round(value, axis.nodes(size)) for _ in range(3)]
    return Cost(axis, engine, size, [median(phase) for phase in zip(*rounds)])


def _round(value: object, nodes: int) -> tuple[float, float, float]:
    start = time.perf_counter()
    x = kt.placeholder((None,))
    run = kt.function([x], expression(x, nodes))
    built = time.perf_counter()
    run([value])
    called = time.perf_counter()
    run([value]), run([value])  # Theano compiles after some calls
    later = []
    for _ in range(3):
        begin = time.perf_counter()
        run([value])
        later.append(time.perf_counter() - begin)
    return built - start, called - built, median(later)


def costs(engines: Sequence[str]) -> Iterator[Cost]:
    """All costs, by axis and engine."""
    for axis in AXES:
        for engine in engines:
            with kt.config(engine=engine):
                _round(np.ones(4, np.float32), 4)  # loads the engine
                for size in axis.sizes:
                    begin = time.perf_counter()
                    yield measured(axis, engine, size)
                    if time.perf_counter() - begin > PATIENCE:
                        break


def table(found: Sequence[Cost]) -> list[str]:
    """The lines of GROWTH.md."""
    lines = ["# How costs grow", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    for axis in AXES:
        unit = f"{axis.unit:,} {axis.name}" if axis.unit > 1 else axis.name.removesuffix("s")
        lines += [
            f"| {axis.name} | engine | {' | '.join(f'{p}, µs per {unit}' for p in PHASES)} |",
            "|---|---|---|---|---|",
        ]
        for cost in found:
            if cost.axis is axis:
                numbers = " | ".join(f"{x:.3g}" for x in cost.per_unit())
                lines.append(f"| {cost.size:,} | {cost.engine} | {numbers} |")
        lines.append("")
    return [*lines, f"![costs by size, all axes logarithmic]({PLOT.name})"]


def plot(found: Sequence[Cost]) -> None:
    """Draws growth.svg: seconds by size, where linear growth is a slope of 1."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.rcParams["svg.fonttype"] = "none"  # text as text makes a small file
    figure, places = pyplot.subplots(2, 3, figsize=(12, 7), sharey=True, layout="constrained")
    for axis, row in zip(AXES, places):
        for number, (phase, place) in enumerate(zip(PHASES, row)):
            for engine in dict.fromkeys(cost.engine for cost in found):
                points = [(c.size, c.seconds[number]) for c in found if c.axis is axis and c.engine == engine]
                place.loglog(*zip(*points), marker="o", label=engine)
            slope = [1e-6 * size / axis.sizes[0] for size in axis.sizes]
            place.loglog(axis.sizes, slope, ":", color="gray", label="linear")
            place.set(title=phase, xlabel=axis.name, ylabel="seconds")
            place.legend()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> int:
    """Measures, prints and writes. Returns the exit code: 0."""
    parser = argparse.ArgumentParser(description="How costs grow with elements and nodes.")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="by default all")
    found = []
    for cost in costs(parser.parse_args().engine or ENGINES):
        found.append(cost)
        numbers = "  ".join(f"{phase} {x:9.3g}" for phase, x in zip(PHASES, cost.per_unit()))
        print(f"{cost.engine:<10} {cost.size:>10,} {cost.axis.name}: {numbers} µs per {cost.axis.unit:,}", flush=True)
    TABLE.write_text("\n".join(table(found)) + "\n")
    try:
        plot(found)
    except ImportError as error:
        print(f"no plot: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
