# %% width wrong
import ktensor as kt

x = kt.zeros((32, 64))
mean, var = kt.zeros((64,)), kt.ones((64,))
beta, gamma = kt.zeros((128,)), kt.ones((128,))
y = x.batch_normalization(mean, var, beta, gamma)  # E: tensor-shape batch_normalization (32, 64) (128,)

# %% width right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((32, 64))
mean, var = kt.zeros((64,)), kt.ones((64,))
beta, gamma = kt.zeros((64,)), kt.ones((64,))
y = x.batch_normalization(mean, var, beta, gamma)
reveal_type(y)  # R: Tensor[tuple[L[32], L[64]], float32]

# %% width symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
Vector = kt.Tensor[tuple[C], kt.float32]


def normalise(
    x: kt.Tensor[tuple[B, C], kt.float32], beta: Vector[C], gamma: Vector[C]
) -> kt.Tensor[tuple[B, C], kt.float32]:
    return x.batch_normalization(x.mean(axis=0), x.var(axis=0), beta, gamma, epsilon=1e-5)

# %% width symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def normalise(
    x: kt.Tensor[tuple[B, C], kt.float32], beta: kt.Tensor[tuple[C], kt.float32], gamma: kt.Tensor[tuple[C], kt.float32]
) -> kt.Tensor[tuple[B, C], kt.float32]:
    mean, var = x.mean(axis=1), x.var(axis=1)
    return x.batch_normalization(mean, var, beta, gamma)  # E: tensor-shape batch_normalization (B, C) (B,)

# %% axis_one wrong
from ktensor import functional as K

maps = K.placeholder((None, 16, 8, 8))
stats = K.zeros((16,))
y = K.batch_normalization(maps, stats, stats, stats, stats)  # E: tensor-shape batch_normalization (16,)

# %% axis_one right
from ktensor import functional as K

maps = K.placeholder((None, 16, 8, 8))
stats = K.zeros((16,))
y = K.batch_normalization(maps, stats, stats, stats, stats, axis=1)

# %% axis_one symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def normalise(
    maps: kt.Tensor[tuple[B, C, H, W], kt.float32], beta: kt.Tensor[tuple[C], kt.float32]
) -> kt.Tensor[tuple[B, C, H, W], kt.float32]:
    mean, var = K.mean(maps, axis=(0, 2, 3)), K.var(maps, axis=(0, 2, 3))
    return K.batch_normalization(maps, mean, var, beta, beta, axis=1)

# %% axis_one symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def normalise(
    maps: kt.Tensor[tuple[B, C, H, W], kt.float32], beta: kt.Tensor[tuple[C], kt.float32]
) -> kt.Tensor[tuple[B, C, H, W], kt.float32]:
    mean, var = K.mean(maps, axis=(0, 1, 2)), K.var(maps, axis=(0, 1, 2))
    return K.batch_normalization(maps, mean, var, beta, beta, axis=1)  # E: tensor-shape batch_normalization (W,)
