# %% small_image wrong
import ktensor as kt

thumbnails = kt.zeros((10, 4, 4, 3))
y = thumbnails.conv2d(kt.zeros((5, 5, 3, 8)))  # E: tensor-shape conv2d (10, 4, 4, 3) (5, 5, 3, 8)

# %% small_image right
from typing_extensions import reveal_type

import ktensor as kt

thumbnails = kt.zeros((10, 4, 4, 3))
y = thumbnails.conv2d(kt.zeros((4, 4, 3, 8)))
reveal_type(y)  # R: Tensor[tuple[L[10], L[1], L[1], L[8]], float32]
z = thumbnails.conv2d(kt.zeros((5, 5, 3, 8)), padding="same")

# %% small_image symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def embed(
    thumbnails: kt.Tensor[tuple[B, L[4], L[4], L[3]], kt.float32],
    kernel: kt.Tensor[tuple[L[4], L[4], L[3], O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return thumbnails.conv2d(kernel).squeeze((1, 2))

# %% small_image symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def embed(
    thumbnails: kt.Tensor[tuple[B, L[4], L[4], L[3]], kt.float32],
    kernel: kt.Tensor[tuple[L[5], L[5], L[3], O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return thumbnails.conv2d(kernel).squeeze((1, 2))  # E: tensor-shape conv2d (B, 4, 4, 3) (5, 5, 3, O)

# %% shrunk_away wrong
from ktensor import functional as K

x = K.placeholder((None, 12, 12, 1))
kernel = K.zeros((5, 5, 1, 1))
h = K.conv2d(K.conv2d(x, kernel), kernel)
y = K.conv2d(h, kernel)  # E: tensor-shape conv2d (None, 4, 4, 1) (5, 5, 1, 1)

# %% shrunk_away right
from ktensor import functional as K

x = K.placeholder((None, 16, 16, 1))
kernel = K.zeros((5, 5, 1, 1))
h = K.conv2d(K.conv2d(x, kernel), kernel)
y = K.conv2d(h, kernel)

# %% shrunk_away symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def twice(
    x: kt.Tensor[tuple[B, N, N, L[1]], kt.float32], kernel: kt.Tensor[tuple[L[5], L[5], L[1], L[1]], kt.float32]
) -> kt.Tensor[tuple[B, kt.Add[N, L[-8]], kt.Add[N, L[-8]], L[1]], kt.float32]:
    return K.conv2d(K.conv2d(x, kernel), kernel)

# %% dilated_too_wide wrong
import ktensor as kt

series = kt.ones((3, 10, 2))
y = kt.conv1d(series, kt.ones((4, 2, 2)), dilation_rate=4)  # E: tensor-shape conv1d (3, 10, 2) (4, 2, 2)

# %% dilated_too_wide right
import ktensor as kt

series = kt.ones((3, 10, 2))
y = kt.conv1d(series, kt.ones((4, 2, 2)), dilation_rate=3) + series[:, :1]

# %% dilated_too_wide symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def summary(
    series: kt.Tensor[tuple[B, L[10], C], kt.float32], kernel: kt.Tensor[tuple[L[4], C, C], kt.float32]
) -> kt.Tensor[tuple[B, L[1], C], kt.float32]:
    return kt.conv1d(series, kernel, dilation_rate=3)
