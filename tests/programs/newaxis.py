# %% weights_per_row wrong
import ktensor as kt

rows = kt.zeros((50, 8))
weights = kt.ones((50,))
weighted = rows * weights[None, :]  # E: tensor-shape multiply (50, 8) (1, 50)

# %% weights_per_row right
from typing_extensions import reveal_type

import ktensor as kt

rows = kt.zeros((50, 8))
weights = kt.ones((50,))
weighted = rows * weights[:, None]
reveal_type(weighted)  # R: Tensor[tuple[L[50], L[8]], float32]

# %% weights_per_row symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def weighted(
    rows: kt.Tensor[tuple[N, F], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[N, F], kt.float32]:
    return rows * weights[:, None]

# %% weights_per_row symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def weighted(
    rows: kt.Tensor[tuple[N, F], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[N, F], kt.float32]:
    return rows * weights[None, :]  # E: tensor-shape multiply (N, F) (1, N)

# %% outer_product wrong
from typing import Literal as L

import ktensor as kt

u, v = kt.ones((4,)), kt.ones((6,))
table: kt.Tensor[tuple[L[6], L[4]], kt.float32] = u[:, None] * v[None, :]  # E: assignment Tensor

# %% outer_product right
from typing import Literal as L

import ktensor as kt

u, v = kt.ones((4,)), kt.ones((6,))
table: kt.Tensor[tuple[L[4], L[6]], kt.float32] = u[:, None] * v[None, :]

# %% outer_product symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def outer(u: kt.Tensor[tuple[N], kt.float32], v: kt.Tensor[tuple[M], kt.float32]) -> kt.Tensor[tuple[N, M], kt.float32]:
    return u[:, None] * v[None, :]

# %% outer_product symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def outer(u: kt.Tensor[tuple[N], kt.float32], v: kt.Tensor[tuple[M], kt.float32]) -> kt.Tensor[tuple[N, M], kt.float32]:
    return u[:, None] * v[:, None]  # E: tensor-shape multiply (N, 1) (M, 1)

# %% expand_dims_axis wrong
from ktensor import functional as K

x = K.zeros((3, 4))
y = K.expand_dims(x, axis=4)  # E: tensor-shape expand_dims axis 4

# %% expand_dims_axis right
from ktensor import functional as K

x = K.zeros((3, 4))
y = K.expand_dims(x, axis=2)
z = K.expand_dims(y, axis=-4) + K.zeros((2, 3, 4, 5))

# %% expand_dims_axis symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def batch_of_one(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[L[1], N, M, L[1]], kt.float32]:
    return K.expand_dims(K.expand_dims(x, axis=0), axis=-1)
