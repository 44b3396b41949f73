# %% not_one wrong
import ktensor as kt

scores = kt.zeros((16, 3))
flat = scores.squeeze(axis=1)  # E: tensor-shape squeeze (16, 3)

# %% not_one right
from typing_extensions import reveal_type

import ktensor as kt

scores = kt.zeros((16, 1))
flat = scores.squeeze(axis=1)
reveal_type(flat)  # R: Tensor[tuple[L[16]], float32]

# %% not_one symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def flat(scores: kt.Tensor[tuple[B, L[1]], kt.float32]) -> kt.Tensor[tuple[B], kt.float32]:
    return scores.squeeze(axis=1)

# %% not_one symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def flat(scores: kt.Tensor[tuple[B, O], kt.float32]) -> kt.Tensor[tuple[B], kt.float32]:
    return scores.squeeze(axis=1)  # E: tensor-shape squeeze (B, O)

# %% keepdims_gone wrong
from ktensor import functional as K

x = K.placeholder((None, 6, 10))
total = K.sum(x, axis=2)
gone = K.squeeze(total, axis=2)  # E: tensor-shape squeeze axis 2

# %% keepdims_gone right
from ktensor import functional as K

x = K.placeholder((None, 6, 10))
total = K.sum(x, axis=2, keepdims=True)
gone = K.squeeze(total, axis=2)
unknown = K.squeeze(x, axis=0)

# %% keepdims_gone symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def totals(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    return K.squeeze(K.sum(x, axis=2, keepdims=True), axis=2)

# %% keepdims_gone symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def totals(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, T], kt.float32]:
    return K.squeeze(K.sum(x, axis=1, keepdims=True), axis=2)  # E: tensor-shape squeeze (B, 1, F)

# %% two_axes wrong
import ktensor as kt

pooled = kt.ones((8, 1, 2, 64))
vector = kt.squeeze(pooled, (1, 2))  # E: tensor-shape squeeze (8, 1, 2, 64)

# %% two_axes right
import ktensor as kt

pooled = kt.ones((8, 1, 1, 64))
vector = kt.squeeze(pooled, (1, 2)).dot(kt.ones((64, 10)))
same = pooled.squeeze() + vector.sum(axis=1, keepdims=True)

# %% two_axes symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def vector(pooled: kt.Tensor[tuple[B, L[1], L[1], C], kt.float32]) -> kt.Tensor[tuple[B, C], kt.float32]:
    return kt.squeeze(pooled, (1, 2))

# %% nothing_named right
from typing import Any, Literal as L

import ktensor as kt


def flat(x: kt.Tensor[tuple[Any, L[3]], kt.float32]) -> kt.Tensor:
    y = x.squeeze()
    return y.transpose(0)


z = flat(kt.zeros((1, 3)))
