# %% sequence_projection wrong
import ktensor as kt

tokens = kt.zeros((16, 50, 64))
projection = kt.zeros((50, 32))
out = tokens.dot(projection)  # E: tensor-shape dot (16, 50, 64) (50, 32)

# %% sequence_projection right
from typing_extensions import reveal_type

import ktensor as kt

tokens = kt.zeros((16, 50, 64))
projection = kt.zeros((64, 32))
out = tokens.dot(projection)
reveal_type(out)  # R: Tensor[tuple[L[16], L[50], L[32]], float32]

# %% sequence_projection symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def time_distributed(
    tokens: kt.Tensor[tuple[B, T, I], kt.float32], projection: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, T, O], kt.float32]:
    return tokens.dot(projection)

# %% sequence_projection symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def time_distributed(
    tokens: kt.Tensor[tuple[B, T, I], kt.float32], projection: kt.Tensor[tuple[T, O], kt.float32]
) -> kt.Tensor[tuple[B, T, O], kt.float32]:
    return tokens.dot(projection)  # E: tensor-shape dot (B, T, I) (T, O)

# %% second_to_last_axis wrong
from ktensor import functional as K

queries = K.ones((7, 3))
memory = K.ones((3, 4, 5))  # dot pairs the 3 with the 4, not with the batch
found = K.dot(queries, memory)  # E: tensor-shape dot (7, 3) (3, 4, 5)

# %% second_to_last_axis right
from typing_extensions import reveal_type

from ktensor import functional as K

queries = K.ones((7, 3))
memory = K.ones((4, 3, 5))
found = K.dot(queries, memory)
reveal_type(found)  # R: Tensor[tuple[L[7], L[4], L[5]], float32]

# %% second_to_last_axis symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

Q = TypeVar("Q", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def look(
    queries: kt.Tensor[tuple[Q, I], kt.float32], memory: kt.Tensor[tuple[M, I, O], kt.float32]
) -> kt.Tensor[tuple[Q, M, O], kt.float32]:
    return K.dot(queries, memory)


found = look(kt.ones((7, 3)), kt.ones((4, 3, 5))).dot(kt.ones((5, 1)))

# %% not_batched wrong
from typing import Literal as L

import ktensor as kt

a, b = kt.zeros((8, 5, 6)), kt.zeros((8, 6, 5))
# dot is not batched: the result has both batches. For one product per sample it is matmul.
gram: kt.Tensor[tuple[L[8], L[5], L[5]], kt.float32] = a.dot(b)  # E: assignment Tensor

# %% not_batched right
from typing import Literal as L

import ktensor as kt

a, b = kt.zeros((8, 5, 6)), kt.zeros((8, 6, 5))
gram: kt.Tensor[tuple[L[8], L[5], L[5]], kt.float32] = a @ b
every: kt.Tensor[tuple[L[8], L[5], L[8], L[5]], kt.float32] = a.dot(b)

# %% not_batched symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def gram(a: kt.Tensor[tuple[B, N, I], kt.float64]) -> kt.Tensor[tuple[B, N, N], kt.float64]:
    return a @ a.transpose(0, 2, 1)

# %% not_batched symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def gram(a: kt.Tensor[tuple[B, N, I], kt.float64]) -> kt.Tensor[tuple[B, N, N], kt.float64]:
    return a.dot(a.transpose(0, 2, 1))  # E: return-value Tensor
