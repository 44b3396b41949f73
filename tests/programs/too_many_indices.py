# %% third_index wrong
import ktensor as kt

table = kt.zeros((10, 4))
cell = table[0, 1, 2]  # E: tensor-shape index (10, 4)

# %% third_index right
from typing_extensions import reveal_type

import ktensor as kt

table = kt.zeros((10, 4))
cell = table[0, 1]
reveal_type(cell)  # R: Tensor[tuple[()], float32]

# %% third_index symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def first_cell(table: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
    return table[0, -1]

# %% third_index symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def first_cell(table: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
    return table[0, -1, 0]  # E: tensor-shape index (N, M)

# %% after_reduction wrong
import ktensor as kt

frames = kt.placeholder((None, 12, 7))
last = frames.mean(axis=1)[:, -1, :]  # E: tensor-shape index (None, 7)

# %% after_reduction right
from typing_extensions import reveal_type

import ktensor as kt

frames = kt.placeholder((None, 12, 7))
last = frames[:, -1, :]
reveal_type(last)  # R: Tensor[tuple[Any, L[7]], float32]

# %% after_reduction symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def last(frames: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, F], kt.float32]:
    return frames[:, -1, :]

# %% after_reduction symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def last(frames: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, F], kt.float32]:
    return frames.sum(axis=2)[:, -1, :]  # E: tensor-shape index (B, T)

# %% ellipsis_and_more wrong
import ktensor as kt

x = kt.ones((3, 4))
y = x[:, ..., 0, 1]  # E: tensor-shape index (3, 4)

# %% ellipsis_and_more right
import ktensor as kt

x = kt.ones((3, 4))
y = x[..., 1] + x[:, ..., 0]

# %% ellipsis_and_more symbolic
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def first_feature(x: kt.Tensor[tuple[A, B, C], kt.float32]) -> kt.Tensor[tuple[A, B], kt.float32]:
    return x[..., 0]
