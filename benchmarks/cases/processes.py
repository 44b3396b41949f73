"""What is measured in processes of its own: the time of an import, memory, and Keras 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from .. import keras_fit
from ..measure import Effort, Pair, Skipped
from ..table import Mark, Row


def number(command: Sequence[str]) -> float:
    """What a process prints last.

    Raises:
        Skipped: the process says that something is not there.
    """
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode == MISSING:
        raise Skipped(run.stderr.strip())
    if run.returncode:
        raise RuntimeError(run.stderr)
    return float(run.stdout.split()[-1])


#: The exit code of a process that misses something.
MISSING: Final = 3

_IMPORT: Final = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def _import() -> Pair:
    ours, rival = (partial(number, [sys.executable, "-c", _IMPORT.format(name)]) for name in ("ktensor", "numpy"))
    return Pair(ours, rival)


def _memory(engine: str) -> Pair:
    command = [sys.executable, "-m", "benchmarks.memory", engine]
    return Pair(partial(number, [*command, "ours"]), partial(number, [*command, "rival"]))


def _fit(model: str, engine: str) -> Pair:
    return keras_fit.pair(keras_fit.Fit(model, engine, _EPOCHS[model]))


#: So many take some seconds.
_EPOCHS: Final = {"mlp": 40, "cnn": 5, "lstm": 10}
_FEW: Final = Effort(fewest=3, most=9, seconds=20, warm_up=False)
_FITS: Final = _FEW._replace(fewest=5)

ROWS: Final = [
    Row("import", "numpy", "import numpy", Mark(1.35), _import, Effort(fewest=9, most=31, seconds=10)),
    *(
        Row("memory", engine, name, Mark(1.1), partial(_memory, engine), _FEW, "MB")
        for engine, name in (
            ("numpy", "NumPy by hand"),
            ("tensorflow", "tf.function, GradientTape"),
            ("theano", "theano.grad, updates"),
        )
    ),
    *(
        Row("keras-fit", engine, f"Keras 2.3.1's own, {model}", Mark(1.0), partial(_fit, model, engine), _FITS)
        for engine in ("tensorflow", "theano")
        for model in keras_fit.MODELS
    ),
]
