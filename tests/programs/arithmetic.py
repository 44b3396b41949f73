# %% gates_counted wrong
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Lstm(Generic[I, U]):
    def __init__(self, inputs: I, units: U) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, 4 * units)))
        self.bias = kt.variable(kt.zeros((6 * units,)))

    def gates(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor:
        return x.dot(self.kernel) + self.bias  # E: tensor-shape add (B, 4*U) (6*U,)


Lstm(3, 8).gates(kt.zeros((2, 3)))

# %% gates_counted right
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Lstm(Generic[I, U]):
    def __init__(self, inputs: I, units: U) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, 4 * units)))
        self.bias = kt.variable(kt.zeros((units + 3 * units,)))

    def gates(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor:
        return x.dot(self.kernel) + self.bias


Lstm(3, 8).gates(kt.zeros((2, 3)))

# %% gates_counted symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def both(
    forward: kt.Tensor[tuple[B, U], kt.float32], backward: kt.Tensor[tuple[B, U], kt.float32]
) -> kt.Tensor[tuple[B, kt.Mul[U, L[2]]], kt.float32]:
    joined = kt.concatenate([forward, backward], axis=1)
    return joined + kt.zeros((2 * forward.shape[1],))


y = both(kt.zeros((2, 3)), kt.zeros((2, 3))).dot(kt.zeros((6, 5)))

# %% gates_counted symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def both(
    forward: kt.Tensor[tuple[B, U], kt.float32], backward: kt.Tensor[tuple[B, U], kt.float32]
) -> kt.Tensor[tuple[B, kt.Mul[U, L[3]]], kt.float32]:
    return kt.concatenate([forward, backward], axis=1)  # E: return-value Tensor

# %% merged_call wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def merge(x: kt.Tensor[tuple[B, T, I], kt.float32]) -> kt.Tensor[tuple[kt.Mul[B, T], I], kt.float32]:
    b, t, i = x.shape
    return x.reshape(t * b, i)


rows = merge(kt.zeros((2, 3, 4)))
y = rows.dot(kt.zeros((6, 5)))  # E: tensor-shape dot (6, 4) (6, 5)

# %% merged_call right
from typing import TypeVar

from typing_extensions import reveal_type

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def merge(x: kt.Tensor[tuple[B, T, I], kt.float32]) -> kt.Tensor[tuple[kt.Mul[B, T], I], kt.float32]:
    b, t, i = x.shape
    return x.reshape(t * b, i)


rows = merge(kt.zeros((2, 3, 4)))
y = rows.dot(kt.zeros((4, 5)))
reveal_type(y)  # R: Tensor[tuple[L[6], L[5]], float32]

# %% merged_call symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def halved(
    x: kt.Tensor[tuple[B, kt.Mul[L[2], I]], kt.float32],
) -> kt.Tensor[tuple[kt.Mul[L[2], B], I], kt.float32]:
    b, width = x.shape
    return x.reshape(2 * b, (b * width) // (2 * b))

# %% merged_call symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def halved(
    x: kt.Tensor[tuple[B, kt.Mul[L[2], I]], kt.float32],
) -> kt.Tensor[tuple[kt.Mul[L[4], B], I], kt.float32]:
    b, width = x.shape
    return x.reshape(4 * b, width // 2)  # E: tensor-shape reshape (B, 2*I) (4*B, I)

# %% sums_of_sizes wrong
import ktensor as kt

a, b = kt.ones((4, 3)), kt.ones((5, 3))
n, m = a.shape[0], b.shape[0]
both = kt.concatenate([a, b], axis=0)
masked = both * kt.ones((n + m + 1, 1))  # E: tensor-shape multiply (9, 3) (10, 1)

# %% sums_of_sizes right
import ktensor as kt

a, b = kt.ones((4, 3)), kt.ones((5, 3))
n, m = a.shape[0], b.shape[0]
both = kt.concatenate([a, b], axis=0)
masked = both * kt.ones((m + n, 1))

# %% sums_of_sizes symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def joined(
    a: kt.Tensor[tuple[N, F], kt.float32], b: kt.Tensor[tuple[M, F], kt.float32]
) -> kt.Tensor[tuple[kt.Add[kt.Add[M, L[1]], N], F], kt.float32]:
    both = kt.concatenate([a, b, kt.zeros((1, a.shape[1]))], axis=0)
    return both + kt.ones((1 + a.shape[0] + b.shape[0], 1))

# %% sums_of_sizes symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def joined(
    a: kt.Tensor[tuple[N, F], kt.float32], b: kt.Tensor[tuple[M, F], kt.float32]
) -> kt.Tensor[tuple[kt.Add[N, M], F], kt.float32]:
    both = kt.concatenate([a, b], axis=0)
    return both + kt.ones((a.shape[0] * b.shape[0], 1))  # E: tensor-shape add

# %% product_of_sums wrong
import ktensor as kt

x = kt.zeros((3, 4, 5))
a, b, c = x.shape
flat = x.reshape(a, b * c)
y = flat + kt.zeros((b + c,))  # E: tensor-shape add (3, 20) (9,)

# %% product_of_sums right
import ktensor as kt

x = kt.zeros((3, 4, 5))
a, b, c = x.shape
flat = x.reshape(a, b * c)
y = flat + kt.zeros((c * b,))

# %% product_of_sums symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


def padded_flat(
    x: kt.Tensor[tuple[A, B], kt.float32],
) -> kt.Tensor[tuple[kt.Add[kt.Mul[A, B], kt.Mul[L[2], A]]], kt.float32]:
    return x.pad(((0, 0), (1, 1))).flatten()
