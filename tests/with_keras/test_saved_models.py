"""Models that Keras 2.3.1 saved on TensorFlow 1.15 and on Theano load here, predict the same, and go on learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras.models import load_model

FOLDER = Path(__file__).parent / "fixtures"
NAMES = sorted(path.stem for path in FOLDER.glob("*.h5"))

#: How far predictions may be off after one more step of training; by default 1e-6.
LOOSE = {
    # TensorFlow 1.15 corrects the variance of 4-D batches twice before it goes into the moving average; we do it once.
    "cnn_sgd": 5e-4,
    # The same in convolutional recurrent layers' neighbours, and clipped gradients.
    "convs_adam": 1e-4,
}


def _arrays(data: Any, key: str) -> list[Any]:
    return [data[f"{key}{i}"] for i in range(9) if f"{key}{i}" in data.files]


def _predicted(model: Any, inputs: list[Any]) -> list[Any]:
    made = model.predict(inputs)
    return made if isinstance(made, list) else [made]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_saved_model(engine: str, name: str) -> None:
    with np.load(FOLDER / f"{name}.npz") as data:
        model = load_model(str(FOLDER / f"{name}.h5"))
        inputs, targets = _arrays(data, "x"), _arrays(data, "y")
        weights = {"sample_weight": data["sample_weight"]} if "sample_weight" in data.files else {}
        for got, wanted in zip(_predicted(model, inputs), _arrays(data, "pred"), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)
        losses = np.ravel(model.test_on_batch(inputs, targets, **weights))
        np.testing.assert_allclose(losses, data["test_on_batch"], rtol=1e-5, atol=1e-5)
        if "train_on_batch" in data.files:
            losses = np.ravel(model.train_on_batch(inputs, targets, **weights))
            np.testing.assert_allclose(losses, data["train_on_batch"], rtol=1e-5, atol=1e-5)
            for got, wanted in zip(_predicted(model, inputs), _arrays(data, "after"), strict=True):
                np.testing.assert_allclose(got, wanted, rtol=0, atol=LOOSE.get(name, 1e-6))
