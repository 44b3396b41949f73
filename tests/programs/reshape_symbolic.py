# %% merge_time wrong
import ktensor as kt

x = kt.zeros((4, 10, 16))
b, t, i = x.shape
frames = x.reshape(b * t, i)
back = frames.dot(kt.zeros((16, 6))).reshape(b, t, i)  # E: tensor-shape reshape (40, 6) (4, 10, 16)

# %% merge_time right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((4, 10, 16))
b, t, i = x.shape
frames = x.reshape(b * t, i)
back = frames.dot(kt.zeros((16, 6))).reshape(b, t, 6)
reveal_type(back)  # R: Tensor[tuple[L[4], L[10], L[6]], float32]

# %% merge_time symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def per_frame(
    x: kt.Tensor[tuple[B, T, I], kt.float32], kernel: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, T, O], kt.float32]:
    b, t, i = x.shape
    frames = x.reshape(b * t, i)
    return frames.dot(kernel).reshape(b, t, kernel.shape[1])

# %% merge_time symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def per_frame(
    x: kt.Tensor[tuple[B, T, I], kt.float32], kernel: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, T, O], kt.float32]:
    b, t, i = x.shape
    frames = x.reshape(b * t, i)
    return frames.dot(kernel).reshape(b, t, i)  # E: tensor-shape reshape (B, T, I)

# %% shape_items wrong
import ktensor as kt

a = kt.ones((3, 8))
c = kt.ones((5, 8))
swapped = a.reshape(c.shape[0], a.shape[1])  # E: tensor-shape reshape (3, 8) (5, 8)

# %% shape_items right
import ktensor as kt

a = kt.ones((3, 8))
c = kt.ones((5, 8))
same = a.reshape(a.shape[0], c.shape[1])
turned = a.reshape(c.shape[1], a.shape[0])

# %% shape_items symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def columns_first(a: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[M, N], kt.float32]:
    return a.reshape(a.shape[1], a.shape[0])

# %% shape_items symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def square(a: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N, N], kt.float32]:
    return a.reshape(a.shape[0], a.shape[0])  # E: tensor-shape reshape (N, M) (N, N)

# %% space_to_depth wrong
import ktensor as kt

x = kt.zeros((2, 8, 8, 3))
blocks = x.reshape(2, 4, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5)
deep = blocks.reshape(2, 4, 4, 9)  # E: tensor-shape reshape (2, 4, 4, 2, 2, 3) (2, 4, 4, 9)

# %% space_to_depth right
import ktensor as kt

x = kt.zeros((2, 8, 8, 3))
blocks = x.reshape(2, 4, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5)
deep = blocks.reshape(2, 4, 4, 12)

# %% space_to_depth symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def to_depth(
    x: kt.Tensor[tuple[B, kt.Mul[L[2], H], kt.Mul[L[2], W], C], kt.float32], height: H, width: W
) -> kt.Tensor[tuple[B, H, W, kt.Mul[L[4], C]], kt.float32]:
    batch, channels = x.shape[0], x.shape[3]
    blocks = x.reshape(batch, height, 2, width, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(batch, height, width, 4 * channels)

# %% space_to_depth symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def to_depth(
    x: kt.Tensor[tuple[B, kt.Mul[L[2], H], kt.Mul[L[2], W], C], kt.float32], height: H, width: W
) -> kt.Tensor[tuple[B, H, W, kt.Mul[L[2], C]], kt.float32]:
    batch, channels = x.shape[0], x.shape[3]
    blocks = x.reshape(batch, height, 2, width, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(batch, height, width, 2 * channels)  # E: tensor-shape reshape (B, H, W, 2, 2, C)
