"""Foretells sunspots with an LSTM in Keras 2: `python -m ktensor keras examples/keras_lstm.py`.

An ordinary script of its time: nothing in it is ktensor's. From the 22 years before, two cycles of the sun, it tells
how many sunspots a year has. It learns from the years before 1930 and is tested on those from then to 2008. The naive
forecasts to beat are that a year is as the one before, and that it is as the one eleven years before. The exit code is
1 if the LSTM does not err at least a third less than the better of them.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from keras.layers import LSTM, Dense
from keras.models import Sequential
from keras.optimizers import Adam

WINDOW = 22

parser = argparse.ArgumentParser(description="Foretells sunspots with Keras 2.")
parser.add_argument("--epochs", type=int, default=40, help="how often to see all years (default: %(default)s)")
arguments = parser.parse_args()

np.random.seed(0)

years, sunspots = np.loadtxt(Path(__file__).with_name("sunspots.csv"), delimiter=",", skiprows=1, unpack=True)
series = np.sqrt(sunspots) / 10  # the root: where there are many sunspots, their number varies more
windows = np.stack([series[i : i + WINDOW] for i in range(len(series) - WINDOW)])[:, :, np.newaxis]
known = years[WINDOW:] < 1930
unseen = ~known

model = Sequential()
model.add(LSTM(16, input_shape=(WINDOW, 1)))
model.add(Dense(1))
model.compile(loss="mse", optimizer=Adam(lr=0.01))

start = time.perf_counter()
model.fit(windows[known], series[WINDOW:][known], batch_size=16, epochs=arguments.epochs, verbose=2)
seconds = time.perf_counter() - start

actual = sunspots[WINDOW:][unseen]
forecasts = {
    "as the year before": sunspots[WINDOW - 1 : -1][unseen],
    "as eleven years before": sunspots[WINDOW - 11 : -11][unseen],
    "LSTM": np.square(10 * np.maximum(model.predict(windows[unseen], batch_size=128)[:, 0], 0)),
}
errors = {name: np.abs(forecast - actual).mean() for name, forecast in forecasts.items()}
print(f"{known.sum()} years, {arguments.epochs} epochs: {seconds:.1f} s")
print(f"mean error in the {unseen.sum()} years from 1930 to 2008, in sunspots:")
for name, error in errors.items():
    print(f"{name:<22}  {error:5.1f}")
lstm = errors.pop("LSTM")
sys.exit(0 if lstm < min(errors.values()) * 2 / 3 else 1)
