# %% sum_axis wrong
import ktensor as kt

x = kt.zeros((4, 5))
total = x.sum(axis=2)  # E: tensor-shape sum axis 2

# %% sum_axis right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((4, 5))
total = x.sum(axis=1)
reveal_type(total)  # R: Tensor[tuple[L[4]], float32]

# %% sum_axis symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def totals(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.sum(axis=-1)

# %% sum_axis symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def totals(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.sum(axis=-3)  # E: tensor-shape sum axis -3

# %% softmax_axis wrong
from ktensor import functional as K

scores = K.placeholder((None, 10))
p = K.softmax(scores, axis=-3)  # E: tensor-shape softmax axis -3

# %% softmax_axis right
from ktensor import functional as K

scores = K.placeholder((None, 10))
p = K.softmax(scores, axis=-1)

# %% softmax_axis symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

S = TypeVar("S", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def attention(scores: kt.Tensor[tuple[S, T], kt.float32]) -> kt.Tensor[tuple[S, T], kt.float32]:
    return K.softmax(scores, axis=1) * K.softmax(scores, axis=0)

# %% reduced_too_often wrong
import ktensor as kt

video = kt.zeros((2, 30, 64, 64))
mean = kt.mean(kt.mean(video, axis=3), axis=3)  # E: tensor-shape mean axis 3

# %% reduced_too_often right
import ktensor as kt

video = kt.zeros((2, 30, 64, 64))
mean = kt.mean(kt.mean(video, axis=3), axis=2)

# %% reduced_too_often symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def brightness(video: kt.Tensor[tuple[B, T, H, W], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    return kt.mean(kt.mean(video, axis=3), axis=2)

# %% reduced_too_often symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def brightness(video: kt.Tensor[tuple[B, T, H, W], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    return kt.mean(kt.mean(video, axis=2), axis=3)  # E: tensor-shape mean axis 3

# %% argmax_axis wrong
import ktensor as kt

scores = kt.zeros((10,))
best = scores.argmax(axis=1)  # E: tensor-shape argmax axis 1

# %% argmax_axis right
from typing_extensions import reveal_type

import ktensor as kt

scores = kt.zeros((10,))
best = scores.argmax(axis=0)
reveal_type(best)  # R: Tensor[tuple[()], int64]

# %% argmax_axis symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def best(scores: kt.Tensor[tuple[B, C], kt.float32]) -> kt.Tensor[tuple[B], kt.int64]:
    return scores.cumsum(axis=1).argmax(axis=1)
