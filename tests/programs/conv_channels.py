# %% grey_kernel wrong
import ktensor as kt

photos = kt.zeros((8, 32, 32, 3))
kernel = kt.variable(kt.zeros((3, 3, 1, 16)))
features = photos.conv2d(kernel, padding="same").relu()  # E: tensor-shape conv2d (8, 32, 32, 3) (3, 3, 1, 16)

# %% grey_kernel right
from typing_extensions import reveal_type

import ktensor as kt

photos = kt.zeros((8, 32, 32, 3))
kernel = kt.variable(kt.zeros((3, 3, 3, 16)))
features = photos.conv2d(kernel, padding="same").relu()
reveal_type(features)  # R: Tensor[tuple[L[8], L[32], L[32], L[16]], float32]

# %% grey_kernel symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def conv_same(
    photos: kt.Tensor[tuple[B, H, W, I], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], I, O], kt.float32]
) -> kt.Tensor[tuple[B, H, W, O], kt.float32]:
    return photos.conv2d(kernel, padding="same").relu()

# %% grey_kernel symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def conv_same(
    photos: kt.Tensor[tuple[B, H, W, I], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], O, I], kt.float32]
) -> kt.Tensor[tuple[B, H, W, O], kt.float32]:
    return photos.conv2d(kernel, padding="same").relu()  # E: tensor-shape conv2d (B, H, W, I) (3, 3, O, I)

# %% stacked wrong
from ktensor import functional as K

x = K.placeholder((None, 28, 28, 1))
k1, k2 = K.zeros((5, 5, 1, 6)), K.zeros((5, 5, 16, 6))
h = K.relu(K.conv2d(x, k1))
y = K.conv2d(h, k2)  # E: tensor-shape conv2d (None, 24, 24, 6) (5, 5, 16, 6)

# %% stacked right
from typing_extensions import reveal_type

from ktensor import functional as K

x = K.placeholder((None, 28, 28, 1))
k1, k2 = K.zeros((5, 5, 1, 6)), K.zeros((5, 5, 6, 16))
h = K.relu(K.conv2d(x, k1))
y = K.conv2d(h, k2)
reveal_type(y)  # R: Tensor[tuple[Any, L[20], L[20], L[16]], float32]

# %% stacked symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def stacked(
    x: kt.Tensor[tuple[B, L[28], L[28], L[1]], kt.float32],
    k1: kt.Tensor[tuple[L[5], L[5], L[1], M], kt.float32],
    k2: kt.Tensor[tuple[L[5], L[5], M, O], kt.float32],
) -> kt.Tensor[tuple[B, L[20], L[20], O], kt.float32]:
    return K.conv2d(K.relu(K.conv2d(x, k1)), k2)

# %% text_conv wrong
import ktensor as kt

embedded = kt.zeros((16, 100, 64))
filters = kt.zeros((5, 100, 128))
maps = kt.conv1d(embedded, filters)  # E: tensor-shape conv1d (16, 100, 64) (5, 100, 128)

# %% text_conv right
from typing_extensions import reveal_type

import ktensor as kt

embedded = kt.zeros((16, 100, 64))
filters = kt.zeros((5, 64, 128))
maps = kt.conv1d(embedded, filters)
reveal_type(maps.max(axis=1))  # R: Tensor[tuple[L[16], L[128]], float32]
causal = kt.conv1d(embedded, filters, padding="causal") + kt.zeros((16, 100, 128))

# %% text_conv symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def maps(
    embedded: kt.Tensor[tuple[B, T, E], kt.float32], filters: kt.Tensor[tuple[L[5], E, F], kt.float32]
) -> kt.Tensor[tuple[B, kt.Add[T, L[-4]], F], kt.float32]:
    return kt.conv1d(embedded, filters)

# %% text_conv symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def maps(
    embedded: kt.Tensor[tuple[B, T, E], kt.float32], filters: kt.Tensor[tuple[L[5], E, F], kt.float32]
) -> kt.Tensor[tuple[B, T, F], kt.float32]:
    return kt.conv1d(embedded, filters)  # E: return-value Tensor

# %% depthwise wrong
import ktensor as kt

x = kt.ones((2, 10, 10, 8))
kernel = kt.ones((3, 3, 8, 2))
y = kt.depthwise_conv2d(x, kernel, padding="same")
z = kt.bias_add(y, kt.zeros((8,)))  # E: tensor-shape bias_add (2, 10, 10, 16) (8,)

# %% depthwise right
import ktensor as kt

x = kt.ones((2, 10, 10, 8))
kernel = kt.ones((3, 3, 8, 2))
y = kt.depthwise_conv2d(x, kernel, padding="same")
z = kt.bias_add(y, kt.zeros((16,)))

# %% depthwise symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def depthwise(
    x: kt.Tensor[tuple[B, L[10], L[10], C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], C, M], kt.float32]
) -> kt.Tensor[tuple[B, L[8], L[8], kt.Mul[C, M]], kt.float32]:
    return kt.depthwise_conv2d(x, kernel)

# %% separable wrong
import ktensor as kt

x = kt.placeholder((None, 16, 16, 4))
depth = kt.zeros((3, 3, 4, 2))
point = kt.zeros((1, 1, 4, 32))
y = x.separable_conv2d(depth, point)  # E: tensor-shape separable_conv2d (1, 1, 4, 32)

# %% separable right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.placeholder((None, 16, 16, 4))
depth = kt.zeros((3, 3, 4, 2))
point = kt.zeros((1, 1, 8, 32))
y = x.separable_conv2d(depth, point)
reveal_type(y)  # R: Tensor[tuple[Any, L[14], L[14], L[32]], float32]

# %% separable symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def block(
    x: kt.Tensor[tuple[B, L[16], L[16], C], kt.float32],
    depth: kt.Tensor[tuple[L[3], L[3], C, L[1]], kt.float32],
    point: kt.Tensor[tuple[L[1], L[1], C, O], kt.float32],
) -> kt.Tensor[tuple[B, L[14], L[14], O], kt.float32]:
    return x.separable_conv2d(depth, point)

# %% voxels wrong
import ktensor as kt

scan = kt.zeros((1, 16, 16, 16, 2))
y = kt.conv3d(scan, kt.zeros((3, 3, 3, 4)))  # E: tensor-shape conv3d (1, 16, 16, 16, 2) (3, 3, 3, 4)

# %% voxels right
from typing_extensions import reveal_type

import ktensor as kt

scan = kt.zeros((1, 16, 16, 16, 2))
y = kt.conv3d(scan, kt.zeros((3, 3, 3, 2, 4)))
reveal_type(y)  # R: Tensor[tuple[L[1], L[14], L[14], L[14], L[4]], float32]

# %% voxels symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def mixed(
    scan: kt.Tensor[tuple[B, N, N, N, C], kt.float32],
    kernel: kt.Tensor[tuple[L[1], L[1], L[1], C, C], kt.float32],
) -> kt.Tensor[tuple[B, N, N, N, C], kt.float32]:
    return scan + kt.conv3d(scan, kernel)
