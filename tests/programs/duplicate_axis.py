# %% mean_twice wrong
import ktensor as kt

images = kt.zeros((8, 32, 32, 3))
mean = images.mean(axis=(1, 1))  # E: tensor-shape mean (1, 1)

# %% mean_twice right
from typing_extensions import reveal_type

import ktensor as kt

images = kt.zeros((8, 32, 32, 3))
mean = images.mean(axis=(1, 2))
reveal_type(mean)  # R: Tensor[tuple[L[8], L[3]], float32]

# %% mean_twice symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pooled(images: kt.Tensor[tuple[B, H, W, C], kt.float32]) -> kt.Tensor[tuple[B, C], kt.float32]:
    return images.mean(axis=(1, 2))

# %% mean_twice symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pooled(images: kt.Tensor[tuple[B, H, W, C], kt.float32]) -> kt.Tensor[tuple[B, C], kt.float32]:
    return images.mean(axis=(1, -3))  # E: tensor-shape mean (1, -3)

# %% last_is_also_one wrong
from ktensor import functional as K

x = K.ones((6, 7))
norm = K.sqrt(K.sum(K.square(x), axis=[1, -1], keepdims=True))  # E: tensor-shape sum (1, -1)

# %% last_is_also_one right
from ktensor import functional as K

x = K.ones((6, 7))
norm = K.sqrt(K.sum(K.square(x), axis=[0, -1], keepdims=True))
y = x / norm

# %% last_is_also_one symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def norm(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[L[1], L[1]], kt.float32]:
    return K.sqrt(K.sum(K.square(x), axis=[0, -1], keepdims=True))
