# %% accumulate_rows wrong
import ktensor as kt

total = kt.zeros((10,))
batch = kt.ones((32, 10))
total += batch  # E: tensor-shape (10,) (32, 10)

# %% accumulate_rows right
from typing_extensions import reveal_type

import ktensor as kt

total = kt.zeros((10,))
batch = kt.ones((32, 10))
total += batch.sum(axis=0)
batch += total
reveal_type(total)  # R: Tensor[tuple[L[10]], float32]

# %% accumulate_rows symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def accumulate(
    total: kt.Tensor[tuple[I], kt.float32], batch: kt.Tensor[tuple[B, I], kt.float32]
) -> kt.Tensor[tuple[I], kt.float32]:
    total += batch.sum(axis=0)
    return total

# %% accumulate_rows symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def accumulate(
    total: kt.Tensor[tuple[I], kt.float32], batch: kt.Tensor[tuple[B, I], kt.float32]
) -> kt.Tensor[tuple[I], kt.float32]:
    total += batch  # E: tensor-shape (I,) (B, I)
    return total

# %% column_becomes_matrix wrong
import ktensor as kt

scale = kt.ones((6, 1))
scale *= kt.ones((6, 4))  # E: tensor-shape (6, 1) (6, 4)

# %% column_becomes_matrix right
import ktensor as kt

scale = kt.ones((6, 1))
scale *= kt.ones((6, 4)).mean(axis=1, keepdims=True)
wide = scale * kt.ones((6, 4))
wide -= 1
wide /= scale

# %% column_becomes_matrix symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def rescale(
    scale: kt.Tensor[tuple[N, L[1]], kt.float32], rows: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[N, L[1]], kt.float32]:
    scale *= rows.mean(axis=1, keepdims=True)
    return scale

# %% column_becomes_matrix symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def rescale(
    scale: kt.Tensor[tuple[N, L[1]], kt.float32], rows: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[N, L[1]], kt.float32]:
    scale *= rows  # E: tensor-shape (N, 1) (N, M)
    return scale

# %% scalar_loss wrong
import ktensor as kt

loss = kt.constant(0.0)
for weights in (kt.ones((3,)), kt.zeros((3,))):
    loss += weights.square()  # E: tensor-shape () (3,)

# %% scalar_loss right
import ktensor as kt

loss = kt.constant(0.0)
for weights in (kt.ones((3,)), kt.zeros((3,))):
    loss += weights.square().sum()
value = float(loss)

# %% scalar_loss symbolic
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def penalty(
    kernel: kt.Tensor[tuple[I, O], kt.float32], bias: kt.Tensor[tuple[O], kt.float32]
) -> kt.Tensor[tuple[()], kt.float32]:
    loss = kernel.square().sum()
    loss += bias.square().sum()
    loss *= 0.5
    return loss
