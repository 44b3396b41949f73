# %% pairs_for_axes wrong
import ktensor as kt

images = kt.zeros((8, 28, 28, 1))
padded = images.pad(((2, 2), (2, 2)))  # E: tensor-shape pad (8, 28, 28, 1)

# %% pairs_for_axes right
from typing_extensions import reveal_type

import ktensor as kt

images = kt.zeros((8, 28, 28, 1))
padded = images.pad(((0, 0), (2, 2), (2, 2), (0, 0)))
reveal_type(padded)  # R: Tensor[tuple[L[8], L[32], L[32], L[1]], float32]

# %% pairs_for_axes symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def padded(
    images: kt.Tensor[tuple[B, H, W], kt.float32],
) -> kt.Tensor[tuple[B, kt.Add[H, L[4]], kt.Add[W, L[3]]], kt.float32]:
    return images.pad(((0, 0), (2, 2), (1, 2)))

# %% pairs_for_axes symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def padded(
    images: kt.Tensor[tuple[B, H, W], kt.float32],
) -> kt.Tensor[tuple[B, kt.Add[H, L[4]], kt.Add[W, L[4]]], kt.float32]:
    return images.pad(((2, 2), (2, 2)))  # E: tensor-shape pad (B, H, W)

# %% causal_shift wrong
import ktensor as kt

x = kt.ones((3, 20))
shifted = kt.pad(x, ((0, 0), (1, 0)))
change = x - shifted  # E: tensor-shape subtract (3, 20) (3, 21)

# %% causal_shift right
import ktensor as kt

x = kt.ones((3, 20))
shifted = kt.pad(x, ((0, 0), (1, 0)))[:, :-1]
change = x - shifted

# %% causal_shift symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def change(x: kt.Tensor[tuple[B, T], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    shifted = kt.pad(x, ((0, 0), (1, 0)))[:, :-1]
    return x - shifted

# %% causal_shift symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def change(x: kt.Tensor[tuple[B, T], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    shifted = kt.pad(x, ((0, 0), (1, 0)))
    return x - shifted  # E: tensor-shape subtract (B, T) (B, T+1)

# %% one_width wrong
import ktensor as kt

grid = kt.zeros((6, 6), dtype=kt.int32)
border = grid.pad(1, value=9)
sum_ = border + kt.ones((7, 7), dtype=kt.int32)  # E: tensor-shape add (8, 8) (7, 7)

# %% one_width right
from typing_extensions import reveal_type

import ktensor as kt

grid = kt.zeros((6, 6), dtype=kt.int32)
border = grid.pad(1, value=9)
sum_ = border + kt.ones((8, 8), dtype=kt.int32)
reveal_type(sum_)  # R: Tensor[tuple[L[8], L[8]], int32]

# %% one_width symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def border(grid: kt.Tensor[tuple[N, N], kt.int32]) -> kt.Tensor[tuple[kt.Add[N, L[2]], kt.Add[L[2], N]], kt.int32]:
    return grid.pad(1, value=9)
