# %% first_or_last wrong
import ktensor as kt

photos = kt.zeros((8, 3, 32, 32))  # channels first
kernel = kt.zeros((3, 3, 3, 16))
h = photos.conv2d(kernel)  # E: tensor-shape conv2d (8, 3, 32, 32) (3, 3, 3, 16)

# %% first_or_last right
from typing_extensions import reveal_type

import ktensor as kt

photos = kt.zeros((8, 3, 32, 32))
kernel = kt.zeros((3, 3, 3, 16))
h = photos.conv2d(kernel, data_format="channels_first")
reveal_type(h)  # R: Tensor[tuple[L[8], L[16], L[30], L[30]], float32]

# %% first_or_last symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def conv_first(
    photos: kt.Tensor[tuple[B, I, H, W], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], I, O], kt.float32]
) -> kt.Tensor[tuple[B, O, H, W], kt.float32]:
    return photos.conv2d(kernel, padding="same", data_format="channels_first")

# %% first_or_last symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def conv_first(
    photos: kt.Tensor[tuple[B, I, H, W], kt.float32], kernel: kt.Tensor[tuple[L[3], L[3], I, O], kt.float32]
) -> kt.Tensor[tuple[B, O, H, W], kt.float32]:
    return photos.conv2d(kernel, padding="same")  # E: tensor-shape conv2d (B, I, H, W) (3, 3, I, O)

# %% bias_first wrong
from ktensor import functional as K

h = K.placeholder((None, 16, 30, 30))
bias = K.zeros((16,))
y = K.bias_add(h, bias)  # E: tensor-shape bias_add (None, 16, 30, 30) (16,)

# %% bias_first right
from ktensor import functional as K

h = K.placeholder((None, 16, 30, 30))
bias = K.zeros((16,))
y = K.bias_add(h, bias, data_format="channels_first")
z = K.bias_add(K.permute_dimensions(h, (0, 2, 3, 1)), bias, "channels_last")

# %% bias_first symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def biased(
    h: kt.Tensor[tuple[B, C, H, W], kt.float32], bias: kt.Tensor[tuple[C], kt.float32]
) -> kt.Tensor[tuple[B, C, H, W], kt.float32]:
    return K.bias_add(h, bias, data_format="channels_first")

# %% bias_first symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def biased(
    h: kt.Tensor[tuple[B, C, H, W], kt.float32], bias: kt.Tensor[tuple[C], kt.float32]
) -> kt.Tensor[tuple[B, C, H, W], kt.float32]:
    return K.bias_add(h, bias)  # E: tensor-shape bias_add (B, C, H, W) (C,)

# %% pool_first wrong
import ktensor as kt

h = kt.zeros((2, 64, 8, 8))
p = h.pool2d((8, 8))
vector = p.reshape(2, 64)  # E: tensor-shape reshape (2, 57, 1, 8) (2, 64)

# %% pool_first right
import ktensor as kt

h = kt.zeros((2, 64, 8, 8))
p = h.pool2d((8, 8), data_format="channels_first")
vector = p.reshape(2, 64)

# %% pool_first symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def vector(h: kt.Tensor[tuple[B, C, L[8], L[8]], kt.float32]) -> kt.Tensor[tuple[B, C], kt.float32]:
    return h.pool2d((8, 8), data_format="channels_first").squeeze((2, 3))

# %% resize wrong
import ktensor as kt

coarse = kt.ones((1, 4, 4, 32))
fine = kt.ones((1, 8, 8, 32))
merged = kt.resize_images(coarse, 2, 2, "channels_first") + fine  # E: tensor-shape add (1, 4, 8, 64) (1, 8, 8, 32)

# %% resize right
import ktensor as kt

coarse = kt.ones((1, 4, 4, 32))
fine = kt.ones((1, 8, 8, 32))
merged = kt.resize_images(coarse, 2, 2, "channels_last") + fine
again = coarse.resize_images(2, 3, "channels_last") + kt.ones((8, 12, 1))

# %% resize symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def merged(
    coarse: kt.Tensor[tuple[B, H, W, C], kt.float32],
    fine: kt.Tensor[tuple[B, kt.Mul[L[2], H], kt.Mul[L[2], W], C], kt.float32],
) -> kt.Tensor[tuple[B, kt.Mul[L[2], H], kt.Mul[L[2], W], C], kt.float32]:
    return kt.resize_images(coarse, 2, 2, "channels_last") + fine

# %% caller_decides right
import ktensor as kt
from ktensor import functional as K


def conv(x: kt.Tensor) -> kt.Tensor:
    return x.conv2d(kt.zeros((3, 3, 3, 8)))


with kt.config(image_data_format="channels_first"):
    y = conv(kt.zeros((1, 3, 16, 20)))
    z = K.conv2d(kt.zeros((1, 3, 16, 20)), kt.zeros((3, 3, 3, 8)), data_format=K.image_data_format())
