"""How many samples per second `model.fit` of Keras 2.3.1 trains: on ktensor, and on Keras's own backends.

    python -m benchmarks.keras_fit --keras .venv-keras/2.3.1 --rival tf115/bin/python --engine tensorflow

The rival is a Python 3.7 with Keras 2.3.1 and TensorFlow 1.15 or Theano 1.0.5, as tests/with_keras/fixtures/README.md
makes it. Both train the same model on the same data in turn, each in its own process. What is printed is the median of
the ratios, and their range. Compiling and the first epochs are not counted.

The cases keras-fit of `python -m benchmarks` do this too. There KTENSOR_KERAS names the folder, and KTENSOR_KERAS_RIVAL
the rival's command, which may begin with `env VARIABLE=...`: a BLAS for Theano, say.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from .measure import Pair, Skipped

# Runs in both environments; the first argument is the model.
WORKER = """
import sys, time
import numpy as np
import keras
from keras import layers as L
from keras.models import Sequential

np.random.seed(0)
which = sys.argv[1]
if which == "mlp":
    x, y = np.random.rand(6400, 784), np.random.randint(0, 10, 6400)
    model = Sequential([L.Dense(256, activation="relu", input_shape=(784,)), L.Dense(10, activation="softmax")])
elif which == "cnn":
    x, y = np.random.rand(1600, 28, 28, 1), np.random.randint(0, 10, 1600)
    model = Sequential([
        L.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)), L.MaxPooling2D(),
        L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(10, activation="softmax"),
    ])
else:
    x, y = np.random.rand(640, 64, 16), np.random.randint(0, 10, 640)
    model = Sequential([L.LSTM(64, input_shape=(64, 16)), L.Dense(10, activation="softmax")])
model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
batch = 128 if which == "mlp" else 32
for _ in range(3):
    model.fit(x[: 2 * batch], y[: 2 * batch], batch_size=batch, epochs=2, verbose=0)
start = time.perf_counter()
model.fit(x, y, batch_size=batch, epochs=int(sys.argv[2]), verbose=0)
print("samples per second", len(x) * int(sys.argv[2]) / (time.perf_counter() - start))
"""


ROOT: Final = Path(__file__).resolve().parent.parent
MODELS: Final = ("mlp", "cnn", "lstm")
#: The variables that say where both sides are.
FOLDER, RIVAL = "KTENSOR_KERAS", "KTENSOR_KERAS_RIVAL"


class Fit(NamedTuple):
    """A model that is trained on an engine for some epochs."""

    model: str
    engine: str
    epochs: int

    def ours(self, folder: str) -> float:
        """Samples per second, with the Keras of a folder on ktensor."""
        environment = {"KTENSOR_ENGINE": self.engine, "PYTHONPATH": f"{ROOT}:{folder}"}
        return self._rate([sys.executable, "-c", "import ktensor.keras\n" + WORKER], environment)

    def rival(self, command: Sequence[str]) -> float:
        """Samples per second, with the Keras of the command's Python on its own backend."""
        environment = {"KERAS_BACKEND": self.engine, "PYTHONPATH": ""}
        return self._rate([*command, "-W", "ignore", "-c", WORKER], environment)

    def _rate(self, command: Sequence[str], environment: Mapping[str, str]) -> float:
        full = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
        arguments = [*command, self.model, str(self.epochs)]
        run = subprocess.run(arguments, env=full, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(run.stderr)
        return float(run.stdout.rsplit("samples per second", 1)[1])


def pair(fit: Fit) -> Pair:
    """Seconds per sample on both sides, wherever the variables say they are.

    Raises:
        Skipped: they do not say it, or there is nothing.
    """
    folder = os.environ.get(FOLDER, str(ROOT / ".venv-keras" / "2.3.1"))
    command = shlex.split(os.environ.get(RIVAL, ""))
    if not Path(folder, "keras").is_dir():
        raise Skipped(f"there is no Keras in {folder}; {FOLDER} can name another folder")
    if not command or shutil.which(command[-1]) is None:
        raise Skipped(f"{RIVAL} does not name a Python with Keras 2.3.1 and {fit.engine}")
    return Pair(lambda: 1 / fit.ours(folder), lambda: 1 / fit.rival(command))


def main() -> None:
    """Runs both in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", required=True, metavar="FOLDER", help="where Keras 2.3.1 is installed for ktensor")
    parser.add_argument("--rival", required=True, metavar="PYTHON", help="the Python with Keras's own backend")
    parser.add_argument("--engine", default="tensorflow", choices=["tensorflow", "theano"])
    parser.add_argument("--model", action="append", choices=MODELS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parsed = parser.parse_args()
    for model in parsed.model or MODELS:
        fit = Fit(model, parsed.engine, parsed.epochs)
        pairs = [(fit.ours(parsed.keras), fit.rival([parsed.rival])) for _ in range(parsed.rounds)]
        ratios = sorted(our / their for our, their in pairs)
        print(
            f"{model} on {parsed.engine}: {median(o for o, _ in pairs):,.0f} samples/s on ktensor, "
            f"{median(t for _, t in pairs):,.0f} on Keras's own backend; "
            f"ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}; mark: 1)"
        )


if __name__ == "__main__":
    main()
