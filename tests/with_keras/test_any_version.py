"""What every Keras 2 from 2.2.4 on must do: build, train, save, load, predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import backend as K
from keras import layers
from keras.models import Model, Sequential, load_model, model_from_json, model_from_yaml

RANDOM = np.random.RandomState(0)
IMAGES, CLASSES = RANDOM.rand(64, 8, 8, 1), np.eye(3)[RANDOM.randint(0, 3, 64)]
SERIES, TARGETS = RANDOM.rand(16, 5, 3), RANDOM.rand(16, 5, 2)


def _images() -> Any:
    model = Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["acc"])
    return model


def _series() -> Any:
    x = layers.Input((5, 3))
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True, dropout=0.2))(layers.Masking()(x))
    model = Model(x, layers.TimeDistributed(layers.Dense(2))(y))
    model.compile("rmsprop", "mse")
    return model


MODELS: Any = {"images": (_images, IMAGES, CLASSES), "series": (_series, SERIES, TARGETS)}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", MODELS)
def test_models_learn_and_are_saved(engine: str, name: str, tmp_path: Path) -> None:
    make, x, y = MODELS[name]
    np.random.seed(1)
    model = make()
    losses = model.fit(x, y, epochs=6, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    file = str(tmp_path / "model.h5")
    model.save(file)
    np.testing.assert_array_equal(load_model(file).predict(x), model.predict(x))
    for read, text in ((model_from_json, model.to_json()), (model_from_yaml, model.to_yaml())):
        again = read(text)
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_the_backend_is_ours() -> None:
    assert K.backend() == "ktensor.functional"
    assert K.eval(K.sum(K.ones((2, 3)))) == 6.0
