# %% row_sums wrong
import ktensor as kt

counts = kt.ones((20, 7))
shares = counts / counts.sum(axis=1)  # E: tensor-shape divide (20, 7) (20,)

# %% row_sums right
from typing_extensions import reveal_type

import ktensor as kt

counts = kt.ones((20, 7))
shares = counts / counts.sum(axis=1, keepdims=True)
reveal_type(shares)  # R: Tensor[tuple[L[20], L[7]], float32]

# %% row_sums symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def shares(counts: kt.Tensor[tuple[N, C], kt.float32]) -> kt.Tensor[tuple[N, C], kt.float32]:
    return counts / counts.sum(axis=1, keepdims=True)

# %% row_sums symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def shares(counts: kt.Tensor[tuple[N, C], kt.float32]) -> kt.Tensor[tuple[N, C], kt.float32]:
    return counts / counts.sum(axis=1)  # E: tensor-shape divide (N, C) (N,)

# %% layer_norm wrong
from ktensor import functional as K

x = K.placeholder((None, 12, 64))
mean = K.mean(x, axis=-1)
centred = x - mean  # E: tensor-shape subtract (None, 12, 64) (None, 12)

# %% layer_norm right
from ktensor import functional as K

x = K.placeholder((None, 12, 64))
mean = K.mean(x, axis=-1, keepdims=True)
centred = x - mean
scaled = centred / K.sqrt(K.mean(K.square(centred), axis=-1, keepdims=True) + K.epsilon())

# %% layer_norm symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def layer_norm(
    x: kt.Tensor[tuple[B, T, I], kt.float32],
    gamma: kt.Tensor[tuple[I], kt.float32],
    beta: kt.Tensor[tuple[I], kt.float32],
) -> kt.Tensor[tuple[B, T, I], kt.float32]:
    mean, std = x.mean(axis=-1, keepdims=True), x.std(axis=-1, keepdims=True)
    return (x - mean) / (std + 1e-5) * gamma + beta

# %% layer_norm symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def layer_norm(
    x: kt.Tensor[tuple[B, T, I], kt.float32], gamma: kt.Tensor[tuple[I], kt.float32]
) -> kt.Tensor[tuple[B, T, I], kt.float32]:
    mean, std = x.mean(axis=-1, keepdims=True), x.std(axis=-1)
    return (x - mean) / (std + 1e-5) * gamma  # E: tensor-shape divide (B, T, I) (B, T)

# %% stable_softmax wrong
import ktensor as kt

scores = kt.zeros((3, 4, 5))
top = kt.max(scores, axis=(1, 2))
weights = kt.exp(scores - top)  # E: tensor-shape subtract (3, 4, 5) (3,)

# %% stable_softmax right
import ktensor as kt

scores = kt.zeros((3, 4, 5))
top = kt.max(scores, axis=(1, 2), keepdims=True)
weights = kt.exp(scores - top)
weights = weights / kt.sum(weights, axis=(1, 2), keepdims=True)

# %% stable_softmax symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def heat(scores: kt.Tensor[tuple[B, H, W], kt.float32]) -> kt.Tensor[tuple[B, H, W], kt.float32]:
    powers = kt.exp(scores - kt.max(scores, axis=(1, 2), keepdims=True))
    return powers / kt.sum(powers, axis=(1, 2), keepdims=True)
