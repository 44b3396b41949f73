"""A convolutional network that reads digits, in Keras 2: `python -m ktensor keras examples/keras_digits.py`.

An ordinary script of its time: nothing in it is ktensor's. It is trained on four fifths of 1,797 digits and tested on
the fifth that it has not seen. The exit code is 1 if it reads fewer than 97 % of those.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import to_categorical

parser = argparse.ArgumentParser(description="Learns to read handwritten digits with Keras 2.")
parser.add_argument("--epochs", type=int, default=25, help="how often to see all digits (default: %(default)s)")
arguments = parser.parse_args()

np.random.seed(1)

# The data: 8 by 8 pixels from 0 to 16, with an axis for channels where Keras expects it.
with np.load(Path(__file__).with_name("digits.npz")) as file:
    images = np.expand_dims(file["images"] / 16, 1 if K.image_data_format() == "channels_first" else -1)
    labels = to_categorical(file["labels"], 10)
order = np.random.permutation(len(images))
held_out, known = np.split(order, [len(images) // 5])

model = Sequential()
model.add(Conv2D(16, (3, 3), padding="same", activation="relu", input_shape=images.shape[1:]))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dropout(0.25))
model.add(Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.summary()

start = time.perf_counter()
model.fit(images[known], labels[known], batch_size=32, epochs=arguments.epochs, verbose=2)
seconds = time.perf_counter() - start
loss, accuracy = model.evaluate(images[held_out], labels[held_out], batch_size=512, verbose=0)
print(f"{len(known)} digits, {arguments.epochs} epochs: {seconds:.1f} s")
print(f"held-out accuracy: {accuracy:.2%} of {len(held_out)} digits")
sys.exit(0 if accuracy >= 0.97 else 1)
