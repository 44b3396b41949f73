# %% beyond_the_end wrong
import ktensor as kt

rgb = kt.zeros((64, 64, 3))
alpha = rgb[:, :, 3]  # E: tensor-shape index (64, 64, 3)

# %% beyond_the_end right
import ktensor as kt

rgb = kt.zeros((64, 64, 3))
blue = rgb[:, :, 2]
also_blue = rgb[..., -1]

# %% beyond_the_end symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def blue(rgb: kt.Tensor[tuple[H, W, L[3]], kt.float32]) -> kt.Tensor[tuple[H, W], kt.float32]:
    return rgb[:, :, 2]

# %% beyond_the_end symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def blue(rgb: kt.Tensor[tuple[H, W, L[3]], kt.float32]) -> kt.Tensor[tuple[H, W], kt.float32]:
    return rgb[:, :, 3]  # E: tensor-shape index (H, W, 3)

# %% too_negative wrong
from ktensor import functional as K

history = K.placeholder((None, 4))
oldest = history[:, -5]  # E: tensor-shape index (None, 4)

# %% too_negative right
from ktensor import functional as K

history = K.placeholder((None, 4))
oldest = history[:, -4]
anyone = history[1000]

# %% too_negative symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def change(history: kt.Tensor[tuple[B, L[4]], kt.float32]) -> kt.Tensor[tuple[B], kt.float32]:
    return history[:, -1] - history[:, -4]

# %% too_negative symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def change(history: kt.Tensor[tuple[B, L[4]], kt.float32]) -> kt.Tensor[tuple[B], kt.float32]:
    return history[:, -1] - history[:, -5]  # E: tensor-shape index (B, 4)

# %% split_part wrong
import ktensor as kt

x = kt.ones((6, 9))
parts = kt.stack(x.split(3, axis=1))
fourth = parts[3]  # E: tensor-shape index (3, 6, 3)

# %% split_part right
import ktensor as kt

x = kt.ones((6, 9))
parts = kt.stack(x.split(3, axis=1))
third = parts[2].dot(kt.ones((3, 1)))

# %% split_part symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def thirds(x: kt.Tensor[tuple[N, L[9]], kt.float32]) -> kt.Tensor[tuple[L[3], N, L[3]], kt.float32]:
    return kt.stack(x.split(3, axis=1))

# %% enumerated wrong
from enum import IntEnum

import ktensor as kt


class Column(IntEnum):
    PRICE = 0
    WIDTH = 8


x = kt.zeros((5, 4))
prices = x[:, Column.PRICE]
y = x.dot(kt.zeros((Column.WIDTH, 2)))  # E: tensor-shape dot (5, 4) (8, 2)
z = x[:, Column.WIDTH]  # E: tensor-shape (5, 4)

# %% enumerated right
from enum import IntEnum

import ktensor as kt


class Column(IntEnum):
    PRICE = 0
    WIDTH = 8


x = kt.zeros((5, Column.WIDTH))
prices = x[:, Column.PRICE] + kt.zeros((5,))
y = x.dot(kt.zeros((Column.WIDTH, 2)))
