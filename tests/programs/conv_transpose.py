# %% kernel_layout wrong
import ktensor as kt

z = kt.zeros((4, 7, 7, 64))
kernel = kt.zeros((3, 3, 64, 32))  # of conv2d_transpose it is (h, w, out, in)
up = z.conv2d_transpose(kernel, (4, 14, 14, 32), strides=(2, 2), padding="same")  # E: tensor-shape conv2d_transpose

# %% kernel_layout right
from typing_extensions import reveal_type

import ktensor as kt

z = kt.zeros((4, 7, 7, 64))
kernel = kt.zeros((3, 3, 32, 64))
up = z.conv2d_transpose(kernel, (4, 14, 14, 32), strides=(2, 2), padding="same")
reveal_type(up)  # R: Tensor[tuple[L[4], L[14], L[14], L[32]], float32]

# %% kernel_layout symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def upsample(
    z: kt.Tensor[tuple[B, L[7], L[7], I], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], O, I], kt.float32]
) -> kt.Tensor[tuple[B, L[14], L[14], O], kt.float32]:
    target = (z.shape[0], 14, 14, kernel.shape[2])
    return z.conv2d_transpose(kernel, target, strides=(2, 2), padding="same")

# %% kernel_layout symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def upsample(
    z: kt.Tensor[tuple[B, L[7], L[7], I], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], I, O], kt.float32]
) -> kt.Tensor[tuple[B, L[14], L[14], O], kt.float32]:
    target = (z.shape[0], 14, 14, kernel.shape[3])
    return kt.conv2d_transpose(z, kernel, target, (2, 2), "same")  # E: tensor-shape conv2d_transpose (B, 7, 7, I)

# %% output_shape wrong
from ktensor import functional as K

z = K.zeros((1, 5, 5, 8))
kernel = K.zeros((3, 3, 4, 8))
up = K.conv2d_transpose(z, kernel, (1, 13, 13, 4), strides=(2, 2))  # E: tensor-shape conv2d_transpose (1, 13, 13, 4)

# %% output_shape right
from ktensor import functional as K

z = K.zeros((1, 5, 5, 8))
kernel = K.zeros((3, 3, 4, 8))
up = K.conv2d_transpose(z, kernel, (1, 11, 11, 4), strides=(2, 2))
twelve = K.conv2d_transpose(z, kernel, (1, 12, 12, 4), strides=(2, 2))

# %% output_shape symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

C = TypeVar("C", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def decode(
    z: kt.Tensor[tuple[L[1], L[5], L[5], C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], D, C], kt.float32]
) -> kt.Tensor[tuple[L[1], L[11], L[11], D], kt.float32]:
    return K.conv2d_transpose(z, kernel, (1, 11, 11, kernel.shape[2]), strides=(2, 2))

# %% output_shape symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

C = TypeVar("C", bound=kt.Dim)


def decode(
    z: kt.Tensor[tuple[L[1], L[5], L[5], C], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], L[4], C], kt.float32]
) -> kt.Tensor[tuple[L[1], L[9], L[9], L[4]], kt.float32]:
    return K.conv2d_transpose(z, kernel, (1, 9, 9, 4), strides=(2, 2))  # E: tensor-shape conv2d_transpose (1, 9, 9, 4)

# %% output_channels wrong
import ktensor as kt

z = kt.ones((2, 4, 4, 4, 6))
kernel = kt.ones((2, 2, 2, 3, 6))
up = kt.conv3d_transpose(z, kernel, (2, 8, 8, 8, 6), (2, 2, 2))  # E: tensor-shape conv3d_transpose (2, 4, 4, 4, 6)

# %% output_channels right
import ktensor as kt

z = kt.ones((2, 4, 4, 4, 6))
kernel = kt.ones((2, 2, 2, 3, 6))
up = kt.conv3d_transpose(z, kernel, (2, 8, 8, 8, 3), (2, 2, 2)) + kt.ones((3,))

# %% output_channels symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def grow(
    z: kt.Tensor[tuple[B, L[4], L[4], L[4], C], kt.float32],
    kernel: kt.Tensor[tuple[L[2], L[2], L[2], L[3], C], kt.float32],
) -> kt.Tensor[tuple[B, L[8], L[8], L[8], L[3]], kt.float32]:
    return kt.conv3d_transpose(z, kernel, (z.shape[0], 8, 8, 8, 3), (2, 2, 2))
