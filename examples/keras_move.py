"""Keras 2 models move between engines: `python examples/keras_move.py [ENGINE ...]`, by default all installed.

On each engine a model is trained and saved whole, in HDF5. Each other engine loads the file and predicts the same. The
exit code is 1 if two predictions differ by 1e-5 or more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

import ktensor.keras  # from here on `import keras` gives Keras 2, on ktensor

# isort: split
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten
from keras.models import Sequential, load_model
from keras.optimizers import SGD

Array = npt.NDArray[np.float32]


def load() -> tuple[Array, npt.NDArray[np.int64]]:
    """The digits: (1797, 8, 8, 1) pixels from 0 to 1, and what they show."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        return file["images"][..., np.newaxis].astype(np.float32) / 16, file["labels"].astype(np.int64)


def train(images: Array, labels: npt.NDArray[np.int64]) -> Sequential:
    """A small model of the digits, with weights that are learned and averages that are kept."""
    np.random.seed(0)
    model = Sequential()
    model.add(Conv2D(8, (3, 3), input_shape=images.shape[1:], data_format="channels_last"))
    model.add(BatchNormalization())
    model.add(Activation("relu"))
    model.add(Flatten())
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=SGD(lr=0.05, momentum=0.9))
    model.fit(images, labels, epochs=5, verbose=0)
    return model


def main() -> int:
    """Trains on each engine, predicts on all. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Moves Keras models between engines.")
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help="numpy, tensorflow, theano, ...")
    names = parser.parse_args().engines or [engine.name for engine in ktensor.engines() if engine.version]
    images, labels = load()
    largest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for source in names:
            file = f"{folder}/{source}.h5"
            with ktensor.config(engine=source):
                model = train(images[300:], labels[300:])
                expected = model.predict(images[:300], batch_size=300)
                model.save(file)
            right = (expected.argmax(axis=1) == labels[:300]).mean()
            print(f"{source}: trained; reads {right:.0%} of 300 unseen digits")
            for target in names:
                with ktensor.config(engine=target):
                    moved = load_model(file)
                    difference = float(np.abs(moved.predict(images[:300], batch_size=300) - expected).max())
                print(f"{source} -> {target}: largest difference {difference:.1e}", flush=True)
                largest = max(largest, difference)
    return 0 if largest < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
