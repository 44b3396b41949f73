# %% shifted_difference wrong
import ktensor as kt

series = kt.zeros((100,))
change = series[1:] - series  # E: tensor-shape subtract (99,) (100,)

# %% shifted_difference right
from typing_extensions import reveal_type

import ktensor as kt

series = kt.zeros((100,))
change = series[1:] - series[:-1]
reveal_type(change)  # R: Tensor[tuple[L[99]], float32]

# %% shifted_difference symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

T = TypeVar("T", bound=kt.Dim)


def change(series: kt.Tensor[tuple[T], kt.float64]) -> kt.Tensor[tuple[kt.Add[T, L[-1]]], kt.float64]:
    return series[1:] - series[:-1]

# %% shifted_difference symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

T = TypeVar("T", bound=kt.Dim)


def change(series: kt.Tensor[tuple[T], kt.float64]) -> kt.Tensor[tuple[kt.Add[T, L[-1]]], kt.float64]:
    return series[1:] - series  # E: tensor-shape subtract (T-1,) (T,)

# %% language_model_targets wrong
from ktensor import functional as K

tokens = K.zeros((8, 33), dtype="int32")
inputs, targets = tokens[:, :-1], tokens[:, 2:]
hits = K.equal(inputs, targets)  # E: tensor-shape equal (8, 32) (8, 31)

# %% language_model_targets right
from ktensor import functional as K

tokens = K.zeros((8, 33), dtype="int32")
inputs, targets = tokens[:, :-1], tokens[:, 1:]
hits = K.equal(inputs, targets)

# %% language_model_targets symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def repeated(tokens: kt.Tensor[tuple[B, T], kt.int32]) -> kt.Tensor[tuple[B, kt.Add[T, L[-1]]], kt.bool_]:
    return K.equal(tokens[:, :-1], tokens[:, 1:])

# %% strided wrong
import ktensor as kt

x = kt.ones((11, 4))
pair = x[::2] + x[1::2]  # E: tensor-shape add (6, 4) (5, 4)

# %% strided right
import ktensor as kt

x = kt.ones((12, 4))
pair = x[::2] + x[1::2]
back = x[::-1] + x

# %% strided symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def symmetric(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N, M], kt.float32]:
    half = x[::2]  # of a length that nobody knows
    return x + x[::-1] + half.mean(axis=0)

# %% window wrong
import ktensor as kt

audio = kt.placeholder((None, 16000))
window = kt.ones((400,))
frame = audio[:, 160:500] * window  # E: tensor-shape multiply (None, 340) (400,)

# %% window right
import ktensor as kt

audio = kt.placeholder((None, 16000))
window = kt.ones((400,))
frame = audio[:, 160:560] * window
clipped = audio[:, 15800:16200] * kt.ones((200,))

# %% window symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def frame(
    audio: kt.Tensor[tuple[B, L[16000]], kt.float32], window: kt.Tensor[tuple[L[400]], kt.float32]
) -> kt.Tensor[tuple[B, L[400]], kt.float32]:
    return audio[:, 160:560] * window
