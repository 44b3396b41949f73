# %% matrix_expected wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def row_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.square().sum(axis=1).sqrt()


vector = kt.ones((10,))
norms = row_norms(vector)  # E: tensor-shape row_norms (10,)

# %% matrix_expected right
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def row_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.square().sum(axis=1).sqrt()


vector = kt.ones((10,))
norms = row_norms(vector[None])

# %% matrix_expected symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def row_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.square().sum(axis=1).sqrt()


def column_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[M], kt.float32]:
    return row_norms(x.T)

# %% matrix_expected symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def row_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return x.square().sum(axis=1).sqrt()


def norm_of_norms(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor:
    return row_norms(row_norms(x))  # E: tensor-shape row_norms (N,)

# %% batch_dimension wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def first_channel(images: kt.Tensor[tuple[B, L[8], L[8], L[3]], kt.float32]) -> kt.Tensor:
    return images[:, :, :, 0]


image = kt.zeros((8, 8, 3))
grey = first_channel(image)  # E: tensor-shape first_channel (8, 8, 3)

# %% batch_dimension right
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def first_channel(images: kt.Tensor[tuple[B, L[8], L[8], L[3]], kt.float32]) -> kt.Tensor:
    return images[:, :, :, 0]


image = kt.zeros((8, 8, 3))
grey = first_channel(image.expand_dims(0))
unknown: kt.Tensor = image
anything = first_channel(unknown.expand_dims(0))

# %% batch_dimension symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def grey(images: kt.Tensor[tuple[B, H, H, L[3]], kt.float32]) -> kt.Tensor[tuple[B, H, H], kt.float32]:
    return images.mean(axis=-1)


def one(image: kt.Tensor[tuple[H, H, L[3]], kt.float32]) -> kt.Tensor[tuple[H, H], kt.float32]:
    return grey(image[None])[0]

# %% scalar_loss wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def weighted(losses: kt.Tensor[tuple[N], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor:
    return losses[:, None].T.dot(weights)


per_token = kt.ones((4, 6))
loss = weighted(per_token.mean(), kt.ones((4,)))  # E: tensor-shape weighted () (4,)

# %% scalar_loss right
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def weighted(losses: kt.Tensor[tuple[N], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor:
    return losses[:, None].T.dot(weights)


per_token = kt.ones((4, 6))
loss = weighted(per_token.mean(axis=1), kt.ones((4,)))

# %% scalar_loss symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def weighted(
    losses: kt.Tensor[tuple[N], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[()], kt.float32]:
    return losses.dot(weights)


def loss(
    per_token: kt.Tensor[tuple[N, T], kt.float32], weights: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[()], kt.float32]:
    return weighted(per_token.mean(axis=1), weights)
