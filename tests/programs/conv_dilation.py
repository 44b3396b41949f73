# %% wavenet wrong
import ktensor as kt

x = kt.zeros((2, 64, 16))
kernel = kt.zeros((2, 16, 16))
y = x.conv1d(kernel, dilation_rate=4) + x  # E: tensor-shape add (2, 60, 16) (2, 64, 16)

# %% wavenet right
import ktensor as kt

x = kt.zeros((2, 64, 16))
kernel = kt.zeros((2, 16, 16))
y = x.conv1d(kernel, padding="causal", dilation_rate=4) + x
z = x.conv1d(kernel, dilation_rate=4) + x[:, 4:]

# %% wavenet symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def layer(
    x: kt.Tensor[tuple[B, T, C], kt.float32], kernel: kt.Tensor[tuple[L[2], C, C], kt.float32]
) -> kt.Tensor[tuple[B, kt.Add[T, L[-4]], C], kt.float32]:
    return x.conv1d(kernel, dilation_rate=4) + x[:, 4:]

# %% wavenet symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def layer(
    x: kt.Tensor[tuple[B, T, C], kt.float32], kernel: kt.Tensor[tuple[L[2], C, C], kt.float32]
) -> kt.Tensor[tuple[B, kt.Add[T, L[-4]], C], kt.float32]:
    return x.conv1d(kernel, dilation_rate=8) + x[:, 4:]  # E: tensor-shape add (B, T-8, C) (B, T-4, C)

# %% atrous wrong
from ktensor import functional as K

x = K.placeholder((None, 32, 32, 8))
y = K.conv2d(x, K.zeros((3, 3, 8, 8)), dilation_rate=(3, 3))
cropped = x[:, 1:-1, 1:-1]
total = y + cropped  # E: tensor-shape add (None, 26, 26, 8) (None, 30, 30, 8)

# %% atrous right
from ktensor import functional as K

x = K.placeholder((None, 32, 32, 8))
y = K.conv2d(x, K.zeros((3, 3, 8, 8)), dilation_rate=(3, 3))
cropped = x[:, 3:-3, 3:-3]
total = y + cropped

# %% atrous symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def context(
    x: kt.Tensor[tuple[B, H, W, C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, C], kt.float32]
) -> kt.Tensor[tuple[B, kt.Add[H, L[-6]], kt.Add[W, L[-6]], C], kt.float32]:
    return K.conv2d(x, kernel, dilation_rate=(3, 3)) + x[:, 3:-3, 3:-3]
