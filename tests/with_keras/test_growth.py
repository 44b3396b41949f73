"""A day-long loop does not grow: training steps, and models that are built and dropped."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import pytest

X, Y = np.random.RandomState(0).rand(16, 4), np.eye(2)[np.arange(16) % 2]

#: How many models are built in each of three rounds, and by how many MB the last two may exceed the first. TensorFlow
#: takes half a second for each, and keeps kernels of dropped functions until there are many (see its engine).
ROUNDS: Final = {"numpy": (170, 8), "tensorflow": (40, 60), "theano": (40, 8)}


def _model() -> Any:
    model = keras.models.Sequential(
        [
            keras.layers.Dense(8, activation="relu", input_shape=(4,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _grows(act: Callable[[], object], times: int) -> float:
    """By how many MB the process grows after the first round, at least."""
    sizes = []
    for _ in range(3):
        for _ in range(times):
            act()
        sizes.append(_resident())
    return min(sizes[1:]) - sizes[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_training_steps(engine: str) -> None:
    model = _model()
    assert _grows(lambda: model.train_on_batch(X, Y), 1700) < 4


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_models_built_and_dropped(engine: str) -> None:
    def build() -> None:
        model = _model()
        model.train_on_batch(X, Y)
        model.predict(X)

    times, most = ROUNDS[engine]
    assert _grows(build, times) < most
