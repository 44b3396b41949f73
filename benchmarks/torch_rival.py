"""PyTorch, in a process of the Python that has it: one that samples when it is asked.

`KTENSOR_TORCH` names that Python; by default it is Debian's, for which there is the package `python3-torch`.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Final

from .chains import CHAINS, PROBE, data
from .measure import PerCall, Skipped

PYTHON: Final = "KTENSOR_TORCH"
DEBIANS: Final = "/usr/bin/python3"


def python() -> str:
    """The Python that has PyTorch."""
    return os.environ.get(PYTHON, DEBIANS)


class Torch:
    """Samples a chain on PyTorch.

    Raises:
        Skipped: there is no PyTorch.
    """

    def __init__(self, case: str) -> None:
        command = [python(), "-m", "benchmarks.torch_rival", case]
        root = str(Path(__file__).resolve().parent.parent)
        try:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": root},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            #: Some elements of what it computes.
            self.probe: list[float] = json.loads(self._answer())
        except (OSError, json.JSONDecodeError):
            raise Skipped(f"{python()} has no PyTorch; {PYTHON} can name another Python") from None
        weakref.finalize(self, self._process.kill)

    def __call__(self) -> float:
        """Seconds per call."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def main(case: str) -> None:
    """Prints the probe, then a sample for each line that it reads."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(os.cpu_count())  # Debian's takes one thread otherwise
    x, y = map(torch.from_numpy, data())
    of = CHAINS[case].of
    with torch.inference_mode():
        sample = PerCall(lambda: of(x, y, torch))
        print(json.dumps(of(x, y, torch).numpy()[PROBE].tolist()), flush=True)
        for _ in sys.stdin:
            print(sample(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
