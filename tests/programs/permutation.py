# %% too_few wrong
import ktensor as kt

x = kt.zeros((2, 3, 4, 5))
y = x.transpose(0, 2, 1)  # E: tensor-shape transpose (2, 3, 4, 5)

# %% too_few right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((2, 3, 4, 5))
y = x.transpose(0, 2, 1, 3)
reveal_type(y)  # R: Tensor[tuple[L[2], L[4], L[3], L[5]], float32]

# %% too_few symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def heads_first(x: kt.Tensor[tuple[B, T, H, D], kt.float32]) -> kt.Tensor[tuple[B, H, T, D], kt.float32]:
    return x.transpose(0, 2, 1, 3)

# %% too_few symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def heads_first(x: kt.Tensor[tuple[B, T, H, D], kt.float32]) -> kt.Tensor[tuple[B, H, T, D], kt.float32]:
    return x.transpose(0, 2, 1)  # E: tensor-shape transpose (B, T, H, D)

# %% repeated_axis wrong
from ktensor import functional as K

x = K.placeholder((None, 10, 20))
y = K.permute_dimensions(x, (0, 1, 1))  # E: tensor-shape transpose (0, 1, 1)

# %% repeated_axis right
from typing_extensions import reveal_type

from ktensor import functional as K

x = K.placeholder((None, 10, 20))
y = K.permute_dimensions(x, (0, 2, 1))
reveal_type(y)  # R: Tensor[tuple[Any, L[20], L[10]], float32]

# %% repeated_axis symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def time_major(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[T, B, F], kt.float32]:
    return K.permute_dimensions(x, (1, 0, 2))

# %% repeated_axis symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def time_major(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[T, B, F], kt.float32]:
    return K.permute_dimensions(x, (0, 2, 1))  # E: return-value Tensor

# %% axis_beyond wrong
import ktensor as kt

x = kt.ones((3, 4, 5))
y = kt.transpose(x, (2, 0, 3))  # E: tensor-shape transpose axis 3

# %% axis_beyond right
import ktensor as kt

x = kt.ones((3, 4, 5))
y = kt.transpose(x, (2, 0, 1)) + kt.ones((5, 3, 4))
z = kt.transpose(x) + kt.ones((5, 4, 3))

# %% axis_beyond symbolic
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def rotated(x: kt.Tensor[tuple[A, B, C], kt.int32]) -> kt.Tensor[tuple[C, A, B], kt.int32]:
    return kt.transpose(x, (-1, 0, 1))
