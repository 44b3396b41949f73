# %% if_else wrong
import ktensor as kt


def classify(deep: bool) -> kt.Tensor:
    features = kt.zeros((32, 8))
    if deep:
        h = features.dot(kt.zeros((8, 64)))
    else:
        h = features.dot(kt.zeros((8, 16)))
    return h.dot(kt.zeros((64, 10)))  # E: tensor-shape dot (32, 16) (64, 10)


y = classify(deep=False)

# %% if_else right
import ktensor as kt


def classify(deep: bool) -> kt.Tensor:
    features = kt.zeros((32, 8))
    if deep:
        h = features.dot(kt.zeros((8, 64))).dot(kt.zeros((64, 16)))
    else:
        h = features.dot(kt.zeros((8, 16)))
    return h.dot(kt.zeros((16, 10)))


y = classify(deep=False)

# %% if_else symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def project(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[O, I], kt.float32], squash: bool
) -> kt.Tensor[tuple[B, O], kt.float32]:
    if squash:
        y = x.tanh().dot(w.T)
    else:
        y = x.dot(w.T)
    return y + 1

# %% if_else symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def project(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32], skip: bool
) -> kt.Tensor[tuple[B, O], kt.float32]:
    if skip:
        y = x.tanh()
    else:
        y = x.dot(w)
    return y + kt.zeros((w.shape[1],))  # E: tensor-shape add (B, I) (O,)

# %% ternary wrong
import ktensor as kt


def head(big: bool) -> kt.Tensor:
    w = kt.ones((20, 5)) if big else kt.ones((10, 5))
    return kt.ones((4, 20)) @ w  # E: tensor-shape matmul (4, 20) (10, 5)


y = head(big=False)

# %% ternary right
import ktensor as kt


def head(big: bool) -> kt.Tensor:
    w = kt.ones((20, 5)) if big else kt.ones((20, 3))
    return (kt.ones((4, 20)) @ w).sum(axis=1)


y = head(big=False) + head(big=True)

# %% ternary symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def maybe_flip(x: kt.Tensor[tuple[B, N], kt.float32], flip: bool) -> kt.Tensor[tuple[B, N], kt.float32]:
    return x[:, ::-1] if flip else x

# %% ternary symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def maybe_turn(x: kt.Tensor[tuple[B, N], kt.float32], turn: bool) -> kt.Tensor:
    y = x.T if turn else x
    return y + x  # E: tensor-shape add (N, B) (B, N)

# %% early_default wrong
import ktensor as kt


def score(fast: bool) -> kt.Tensor:
    weights = kt.ones((6, 1))
    if fast:
        weights = kt.ones((3, 1))
    return kt.ones((2, 6)).dot(weights)  # E: tensor-shape dot (2, 6) (3, 1)


y = score(fast=True)

# %% early_default right
import ktensor as kt


def score(fast: bool) -> kt.Tensor:
    weights = kt.ones((6, 1))
    if fast:
        weights = kt.ones((6, 2))
    return kt.ones((2, 6)).dot(weights)


y = score(fast=True)

# %% early_default symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def pad_or_cut(
    x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32], back: bool
) -> kt.Tensor[tuple[B], kt.float32]:
    y = x.dot(w)
    if back:
        y = y.dot(w.T)
    return y.sum(axis=1)

# %% correlated wrong
import ktensor as kt


def scores(deep: bool) -> kt.Tensor:
    x = kt.zeros((5, 3))
    if deep:
        h = x.dot(kt.zeros((3, 4)))
    else:
        h = x
    w = kt.zeros((4, 2)) if deep else kt.zeros((6, 2))
    return h.dot(w)  # E: tensor-shape dot (5, 3)


y = scores(False)

# %% correlated right
import ktensor as kt


def scores(deep: bool) -> kt.Tensor:
    x = kt.zeros((5, 3))
    if deep:
        h = x.dot(kt.zeros((3, 4)))
    else:
        h = x
    w = kt.zeros((4, 2)) if deep else kt.zeros((3, 2))
    return h.dot(w)


y = scores(True) + scores(False)

# %% skipped_loop right
import ktensor as kt


def scores(deep: bool) -> kt.Tensor:
    b = kt.zeros((3, 5))
    if deep:
        for _ in range(1):
            b = kt.zeros((2, 5))
    h = b.relu()
    return h.dot(kt.zeros((5, 2)))


y = scores(False)

# %% asked_for right
import ktensor as kt


def residual(x: kt.Tensor, width: int) -> kt.Tensor:
    return x if x.shape[-1] == width else x.conv2d(kt.zeros((1, 1, 32, width)))


x = kt.placeholder((None, 16, 16, 32))
width = 64
h = x.conv2d(kt.zeros((3, 3, 32, width)), padding="same")
if x.shape[-1] != width:
    skip = x.conv2d(kt.zeros((1, 1, 32, width)))
else:
    skip = x
y = h + skip + residual(x, width)
matrix = kt.zeros((3, 4))
if matrix.ndim == 3:
    matrix = matrix.sum(axis=0)
flat = None if matrix.ndim == 1 else matrix.sum(axis=1)
alike = matrix.shape == y.shape

# %% asked_for symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def block(
    x: kt.Tensor[tuple[B, F], kt.float32], w: kt.Tensor[tuple[F, C], kt.float32]
) -> kt.Tensor[tuple[B, C], kt.float32]:
    h = x.dot(w)
    if x.shape[-1] == w.shape[-1]:
        h = h + x
    return h

# %% established wrong
import ktensor as kt


def checked(x: kt.Tensor, labels: kt.Tensor) -> kt.Tensor:
    if x.shape[0] != labels.shape[0]:
        raise ValueError("as many labels as rows")
    h = kt.zeros((8, 4)).dot(kt.zeros((4, 16)))
    return h.dot(kt.zeros((10, 2)))  # E: tensor-shape dot (8, 16) (10, 2)


y = checked(kt.zeros((8, 4)), kt.zeros((8,)))

# %% established symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)
G = TypeVar("G", bound=kt.Dim)


def checked(x: kt.Tensor[tuple[B, F], kt.float32], y: kt.Tensor[tuple[B, G], kt.float32]) -> kt.Tensor:
    if x.shape[1] != y.shape[1]:
        raise ValueError("as many features")
    return x + y


def early(x: kt.Tensor[tuple[B, F], kt.float32], y: kt.Tensor[tuple[B, G], kt.float32]) -> kt.Tensor:
    if x.shape != y.shape:
        return x
    return x + y
