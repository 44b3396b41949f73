# %% stride_halves wrong
import ktensor as kt

x = kt.zeros((4, 28, 28, 1))
h = x.conv2d(kt.zeros((3, 3, 1, 8)), strides=(2, 2))
flat = h.reshape(4, 14 * 14 * 8)  # E: tensor-shape reshape (4, 13, 13, 8) (4, 1568)

# %% stride_halves right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((4, 28, 28, 1))
h = x.conv2d(kt.zeros((3, 3, 1, 8)), strides=(2, 2), padding="same")
flat = h.reshape(4, 14 * 14 * 8)
reveal_type(flat)  # R: Tensor[tuple[L[4], L[1568]], float32]

# %% stride_halves symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def halved(
    x: kt.Tensor[tuple[B, L[28], L[28], C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, L[8]], kt.float32]
) -> kt.Tensor[tuple[B, L[1568]], kt.float32]:
    h = x.conv2d(kernel, strides=(2, 2), padding="same")
    return h.reshape(x.shape[0], 14 * 14 * 8)

# %% stride_halves symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def halved(
    x: kt.Tensor[tuple[B, L[28], L[28], C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, L[8]], kt.float32]
) -> kt.Tensor[tuple[B, L[1568]], kt.float32]:
    h = x.conv2d(kernel, strides=(2, 2))
    return h.reshape(x.shape[0], 14 * 14 * 8)  # E: tensor-shape reshape (B, 13, 13, 8) (B, 1568)

# %% residual_block wrong
from ktensor import functional as K

x = K.placeholder((None, 56, 56, 64))
kernel = K.zeros((3, 3, 64, 64))
y = x + K.conv2d(x, kernel)  # E: tensor-shape add (None, 56, 56, 64) (None, 54, 54, 64)

# %% residual_block right
from ktensor import functional as K

x = K.placeholder((None, 56, 56, 64))
kernel = K.zeros((3, 3, 64, 64))
y = x + K.conv2d(x, kernel, padding="same")

# %% residual_block symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, H, W, C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, C], kt.float32]
) -> kt.Tensor[tuple[B, H, W, C], kt.float32]:
    return x + K.conv2d(x, kernel, padding="same")

# %% residual_block symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, H, W, C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, C], kt.float32]
) -> kt.Tensor[tuple[B, H, W, C], kt.float32]:
    return x + K.conv2d(x, kernel)  # E: tensor-shape add (B, H, W, C) (B, H-2, W-2, C)

# %% uneven_strides wrong
import ktensor as kt

spectrum = kt.ones((2, 40, 101, 1))
h = kt.conv2d(spectrum, kt.ones((5, 5, 1, 4)), strides=(1, 2))
y = h + kt.ones((36, 50, 4))  # E: tensor-shape add (2, 36, 49, 4) (36, 50, 4)

# %% uneven_strides right
import ktensor as kt

spectrum = kt.ones((2, 40, 101, 1))
h = kt.conv2d(spectrum, kt.ones((5, 5, 1, 4)), strides=(1, 2))
y = h + kt.ones((36, 49, 4))

# %% uneven_strides symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def downsample(
    spectrum: kt.Tensor[tuple[B, F, L[101], L[1]], kt.float32],
    kernel: kt.Tensor[tuple[L[5], L[5], L[1], L[4]], kt.float32],
) -> kt.Tensor[tuple[B, kt.Add[F, L[-4]], L[49], L[4]], kt.float32]:
    return kt.conv2d(spectrum, kernel, strides=(1, 2))
