# %% batches_differ wrong
import ktensor as kt

left = kt.zeros((8, 3, 4))
right = kt.zeros((6, 4, 5))
out = left @ right  # E: tensor-shape matmul 8 6

# %% batches_differ right
from typing_extensions import reveal_type

import ktensor as kt

left = kt.zeros((8, 3, 4))
right = kt.zeros((8, 4, 5))
out = left @ right
reveal_type(out)  # R: Tensor[tuple[L[8], L[3], L[5]], float32]

# %% batches_differ symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def pairwise(
    left: kt.Tensor[tuple[B, N, I], kt.float32], right: kt.Tensor[tuple[B, I, M], kt.float32]
) -> kt.Tensor[tuple[B, N, M], kt.float32]:
    return left @ right

# %% batches_differ symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def pairwise(left: kt.Tensor[tuple[B, N, I], kt.float32], right: kt.Tensor[tuple[C, I, N], kt.float32]) -> kt.Tensor:
    return left @ right  # E: tensor-shape matmul B C

# %% attention_scores wrong
import ktensor as kt

q = kt.zeros((2, 8, 10, 64))
k = kt.zeros((2, 8, 12, 64))
scores = kt.matmul(q, k) / 8.0  # E: tensor-shape matmul (2, 8, 10, 64) (2, 8, 12, 64)

# %% attention_scores right
from typing_extensions import reveal_type

import ktensor as kt

q = kt.zeros((2, 8, 10, 64))
k = kt.zeros((2, 8, 12, 64))
scores = kt.matmul(q, k.transpose(0, 1, 3, 2)) / 8.0
reveal_type(scores)  # R: Tensor[tuple[L[2], L[8], L[10], L[12]], float32]

# %% attention_scores symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
Q = TypeVar("Q", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def attend(
    q: kt.Tensor[tuple[B, H, Q, D], kt.float32],
    k: kt.Tensor[tuple[B, H, T, D], kt.float32],
    v: kt.Tensor[tuple[B, H, T, D], kt.float32],
) -> kt.Tensor[tuple[B, H, Q, D], kt.float32]:
    weights = kt.matmul(q, k.transpose((0, 1, 3, 2))).softmax(axis=-1)
    return kt.matmul(weights, v)

# %% attention_scores symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
Q = TypeVar("Q", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def attend(
    q: kt.Tensor[tuple[B, H, Q, D], kt.float32],
    k: kt.Tensor[tuple[B, H, T, D], kt.float32],
    v: kt.Tensor[tuple[B, H, T, D], kt.float32],
) -> kt.Tensor[tuple[B, H, Q, D], kt.float32]:
    weights = kt.matmul(k, q.transpose((0, 1, 3, 2))).softmax(axis=-1)
    return kt.matmul(weights, v)  # E: tensor-shape matmul (B, H, T, Q) (B, H, T, D)

# %% scalar_operand wrong
import ktensor as kt

rate = kt.constant(0.1)
gradient = kt.ones((3, 4))
step = rate @ gradient  # E: tensor-shape matmul () (3, 4)

# %% scalar_operand right
import ktensor as kt

rate = kt.constant(0.1)
gradient = kt.ones((3, 4))
step = rate * gradient

# %% scalar_operand symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def scaled(
    rate: kt.Tensor[tuple[()], kt.float32], gradient: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[N, M], kt.float32]:
    return rate * gradient

# %% broadcast_batch wrong
import ktensor as kt

frames = kt.ones((5, 1, 3, 3))
basis = kt.ones((4, 3, 2))
mixed = frames @ basis  # (5, 4, 3, 2)
flat = mixed.reshape(5, 4, 6) @ kt.ones((4, 6, 1))  # E: tensor-shape matmul 5 4

# %% broadcast_batch right
import ktensor as kt

frames = kt.ones((5, 1, 3, 3))
basis = kt.ones((4, 3, 2))
mixed = frames @ basis  # (5, 4, 3, 2)
flat = mixed.reshape(5, 4, 6) @ kt.ones((5, 6, 1))

# %% broadcast_batch symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def shared(
    frames: kt.Tensor[tuple[B, N, I], kt.float32], basis: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, N, O], kt.float32]:
    return frames @ basis
