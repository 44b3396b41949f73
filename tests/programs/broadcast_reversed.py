# %% array_first wrong
import ktensor as kt

logits = kt.zeros((4, 10))
penalty = kt.ones((4,))
left = 1.0 - logits
loss = penalty - logits  # E: tensor-shape subtract (4,) (4, 10)

# %% array_first right
import ktensor as kt

logits = kt.zeros((4, 10))
penalty = kt.ones((4,))
left = 1.0 - logits
loss = penalty[:, None] - logits
scaled = 2 * loss

# %% array_first symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def penalised(
    logits: kt.Tensor[tuple[B, C], kt.float32], penalty: kt.Tensor[tuple[B], kt.float32]
) -> kt.Tensor[tuple[B, C], kt.float32]:
    return penalty[:, None] - logits

# %% array_first symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def penalised(
    logits: kt.Tensor[tuple[B, C], kt.float32], penalty: kt.Tensor[tuple[B], kt.float32]
) -> kt.Tensor[tuple[B, C], kt.float32]:
    return penalty - logits  # E: tensor-shape subtract (B,) (B, C)

# %% list_operand wrong
import ktensor as kt

rgb = kt.zeros((8, 8, 3))
weights = kt.constant([0.3, 0.6, 0.1, 1.0])
grey = weights * rgb  # E: tensor-shape multiply (4,) (8, 8, 3)

# %% list_operand right
from typing_extensions import reveal_type

import ktensor as kt

rgb = kt.zeros((8, 8, 3))
weights = kt.constant([0.3, 0.6, 0.1])
grey = (weights * rgb).sum(axis=-1)
reveal_type(grey)  # R: Tensor[tuple[L[8], L[8]], float32]

# %% list_operand symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def grey(rgb: kt.Tensor[tuple[H, W, L[3]], kt.float32]) -> kt.Tensor[tuple[H, W], kt.float32]:
    weights = kt.constant([0.3, 0.6, 0.1])
    return (weights * rgb).sum(axis=-1)

# %% rdiv_matrix wrong
import ktensor as kt

total = kt.ones((5,))
parts = kt.ones((5, 3))
rate = 1.0 / parts + total / parts  # E: tensor-shape divide (5,) (5, 3)

# %% rdiv_matrix right
import ktensor as kt

total = kt.ones((5, 1))
parts = kt.ones((5, 3))
rate = 1.0 / parts + total / parts

# %% rdiv_matrix symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def rate(
    total: kt.Tensor[tuple[N], kt.float64], parts: kt.Tensor[tuple[N, M], kt.float64]
) -> kt.Tensor[tuple[N, M], kt.float64]:
    return 1.0 / parts + total.expand_dims(1) / parts
