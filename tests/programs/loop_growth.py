# %% annotated_state wrong
from typing import Literal as L

import ktensor as kt

state: kt.Tensor[tuple[L[2], L[3]], kt.float32] = kt.zeros((2, 3))
for _ in range(3):
    state = kt.concatenate([state, kt.ones((2, 1))], axis=1)  # E: assignment Tensor

# %% annotated_state right
from typing import Literal as L

import ktensor as kt

state: kt.Tensor[tuple[L[2], L[3]], kt.float32] = kt.zeros((2, 3))
for _ in range(3):
    state = kt.concatenate([state[:, 1:], kt.ones((2, 1))], axis=1)

# %% annotated_state symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def diffuse(x: kt.Tensor[tuple[B, N], kt.float32], steps: int) -> kt.Tensor[tuple[B, N], kt.float32]:
    for _ in range(steps):
        x = kt.concatenate([x[:, 1:], x[:, :1]], axis=1) * 0.5 + x * 0.5
    return x

# %% annotated_state symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def grow(x: kt.Tensor[tuple[B, N], kt.float32], steps: int) -> kt.Tensor[tuple[B, N], kt.float32]:
    total: kt.Tensor[tuple[B, N], kt.float32] = x
    for _ in range(steps):
        total = kt.concatenate([total, x], axis=0)  # E: assignment Tensor
    return total

# %% second_pass wrong
import ktensor as kt

h = kt.zeros((2, 3))
w = kt.zeros((3, 4))
for _ in range(2):
    h = h.dot(w)  # E: tensor-shape dot (2, 4) (3, 4)

# %% second_pass right
from typing_extensions import reveal_type

import ktensor as kt

h = kt.zeros((2, 3))
w = kt.zeros((3, 3))
for _ in range(2):
    h = h.dot(w)
reveal_type(h)  # R: Tensor[tuple[L[2], L[3]], float32]

# %% second_pass symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def power(
    h: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, N], kt.float32], n: int
) -> kt.Tensor[tuple[B, N], kt.float32]:
    while n > 0:
        h = h.dot(w)
        n -= 1
    return h

# %% second_pass symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def power(h: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32], n: int) -> None:
    state = h.relu()
    for _ in range(n):
        state = state.dot(w)  # E: tensor-shape dot (B, M) (N, M)

# %% growing_is_fine wrong
import ktensor as kt

path = kt.zeros((1, 2))
for _ in range(4):
    path = kt.concatenate([path, path[-1:] + 1.0], axis=0)
y = path.dot(kt.ones((3, 2)))  # E: tensor-shape dot 2 3

# %% growing_is_fine right
import ktensor as kt

path = kt.zeros((1, 2))
for _ in range(4):
    path = kt.concatenate([path, path[-1:] + 1.0], axis=0)
y = path.dot(kt.ones((2, 3)))
parts = [kt.ones((2, n)) for n in range(1, 4)]
whole = kt.concatenate(parts, axis=1)

# %% growing_is_fine symbolic
from typing import Any, TypeVar

import ktensor as kt

E = TypeVar("E", bound=kt.Dim)


def generate(
    first: kt.Tensor[tuple[Any, E], kt.float32], w: kt.Tensor[tuple[E, E], kt.float32], steps: int
) -> kt.Tensor[tuple[Any, E], kt.float32]:
    path = first
    for _ in range(steps):
        path = kt.concatenate([path, path[-1:].dot(w)], axis=0)
    return path
