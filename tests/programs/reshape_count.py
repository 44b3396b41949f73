# %% images_to_rows wrong
import ktensor as kt

images = kt.zeros((16, 28, 28))
rows = images.reshape(16, 728)  # E: tensor-shape reshape (16, 28, 28) (16, 728)

# %% images_to_rows right
from typing_extensions import reveal_type

import ktensor as kt

images = kt.zeros((16, 28, 28))
rows = images.reshape(16, 784)
reveal_type(rows)  # R: Tensor[tuple[L[16], L[784]], float32]

# %% images_to_rows symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def rows(images: kt.Tensor[tuple[B, L[28], L[28]], kt.float32]) -> kt.Tensor[tuple[B, L[784]], kt.float32]:
    return images.reshape(images.shape[0], 784)

# %% images_to_rows symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def rows(images: kt.Tensor[tuple[B, L[28], L[28]], kt.float32]) -> kt.Tensor[tuple[B, L[728]], kt.float32]:
    return images.reshape(images.shape[0], 728)  # E: tensor-shape reshape (B, 28, 28) (B, 728)

# %% vector_to_grid wrong
from ktensor import functional as K

cells = K.arange(24)
grid = K.reshape(cells, (4, 5))  # E: tensor-shape reshape (24,) (4, 5)

# %% vector_to_grid right
from typing_extensions import reveal_type

from ktensor import functional as K

cells = K.arange(24)
grid = K.reshape(cells, (4, 6))
reveal_type(grid)  # R: Tensor[tuple[L[4], L[6]], int32]

# %% vector_to_grid symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def grid(height: H, width: W) -> kt.Tensor[tuple[H, W], kt.int32]:
    return K.reshape(K.arange(height * width), (height, width))

# %% vector_to_grid symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def grid(height: H, width: W) -> kt.Tensor[tuple[H, W], kt.int32]:
    return K.reshape(K.arange(height * width), (height, height))  # E: tensor-shape reshape (H, H)

# %% constants_in_a_name wrong
import ktensor as kt

features = kt.zeros((2, 7, 7, 64))
flat = kt.reshape(features, (2, 7 * 7 * 32))  # E: tensor-shape reshape (2, 7, 7, 64) (2, 1568)

# %% constants_in_a_name right
import ktensor as kt

features = kt.zeros((2, 7, 7, 64))
flat = kt.reshape(features, (2, 7 * 7 * 64))
back = flat.reshape((2, 7, 7, 64)) + features

# %% constants_in_a_name symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def flat(features: kt.Tensor[tuple[B, L[7], L[7], C], kt.float32]) -> kt.Tensor[tuple[B, kt.Mul[L[49], C]], kt.float32]:
    batch, _, _, channels = features.shape
    return kt.reshape(features, (batch, 7 * 7 * channels))
