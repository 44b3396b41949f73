"""Prints how much memory a training step takes at its peak: `python -m benchmarks.memory ENGINE ours|rival`, in MB.

The arrays of the step are so large that they go back to the system as soon as they are free. What is there before the
first step does not count: libraries, batch, weights. The first steps, which compile, are not measured; what they leave
behind is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from .cases import mlp, processes
from .measure import Skipped

TRAINERS = {"numpy": mlp.in_numpy, "tensorflow": mlp.in_tensorflow, "theano": mlp.in_theano}


def main(engine: str, side: str) -> None:
    """Makes a few steps."""
    make = mlp.ours if side == "ours" else TRAINERS[engine]
    small = make(mlp.problem(8))
    for _ in range(4):
        small.step()  # loads what is loaded late
    trainer = make(mlp.problem(8192, 784, 2048))
    before = _megabytes("VmRSS")
    for _ in range(4):
        trainer.step()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on that from now on
    trainer.step()
    print(_megabytes("VmHWM") - before)


def _megabytes(which: str) -> float:
    found = re.search(rf"{which}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Skipped as reason:
        print(reason, file=sys.stderr)
        sys.exit(processes.MISSING)
