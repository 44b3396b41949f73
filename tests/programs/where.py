# %% masked_scores wrong
import ktensor as kt

scores = kt.zeros((4, 12, 12))
mask = kt.ones((4, 12), dtype="bool")
masked = kt.where(mask, scores, -1e9)  # E: tensor-shape where (4, 12) (4, 12, 12)

# %% masked_scores right
from typing_extensions import reveal_type

import ktensor as kt

scores = kt.zeros((4, 12, 12))
mask = kt.ones((4, 12), dtype="bool")
masked = kt.where(mask.expand_dims(1), scores, -1e9)
reveal_type(masked)  # R: Tensor[tuple[L[4], L[12], L[12]], float32]

# %% masked_scores symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def masked(
    scores: kt.Tensor[tuple[B, T, T], kt.float32], mask: kt.Tensor[tuple[B, T], kt.bool_]
) -> kt.Tensor[tuple[B, T, T], kt.float32]:
    return kt.where(mask[:, None, :], scores, -1e9)

# %% masked_scores symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def masked(
    scores: kt.Tensor[tuple[B, T, T], kt.float32], mask: kt.Tensor[tuple[B, T], kt.bool_]
) -> kt.Tensor[tuple[B, T, T], kt.float32]:
    return kt.where(mask, scores, -1e9)  # E: tensor-shape where (B, T) (B, T, T)

# %% method_branches wrong
import ktensor as kt

x = kt.placeholder((None, 5))
fallback = kt.zeros((6,))
y = (x > 0).where(x, fallback)  # E: tensor-shape where (None, 5) (6,)

# %% method_branches right
import ktensor as kt

x = kt.placeholder((None, 5))
fallback = kt.zeros((5,))
y = (x > 0).where(x, fallback)
z = (x > 0).where(x, 0.01 * x).where(1.0, x)

# %% method_branches symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def fill(
    x: kt.Tensor[tuple[B, I], kt.float32], fallback: kt.Tensor[tuple[I], kt.float32]
) -> kt.Tensor[tuple[B, I], kt.float32]:
    return x.isnan().where(fallback, x)

# %% method_branches symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def fill(
    x: kt.Tensor[tuple[B, I], kt.float32], fallback: kt.Tensor[tuple[B], kt.float32]
) -> kt.Tensor[tuple[B, I], kt.float32]:
    return x.isnan().where(fallback, x)  # E: tensor-shape where (B,) (B, I)

# %% two_branches wrong
import ktensor as kt

training = kt.constant(True)
noisy, clean = kt.ones((9, 3)), kt.ones((9, 2))
chosen = kt.where(training, noisy, clean)  # E: tensor-shape where (9, 3) (9, 2)

# %% two_branches right
import ktensor as kt

training = kt.constant(True)
noisy, clean = kt.ones((9, 3)), kt.ones((9, 1))
chosen = kt.where(training, noisy, clean)

# %% two_branches symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def choose(
    training: kt.Tensor[tuple[()], kt.bool_],
    noisy: kt.Tensor[tuple[N, M], kt.float64],
    clean: kt.Tensor[tuple[N, M], kt.float64],
) -> kt.Tensor[tuple[N, M], kt.float64]:
    return kt.where(training, noisy, clean)
