# %% batch_sizes wrong
from ktensor import functional as K

anchors = K.zeros((16, 5, 8))
others = K.zeros((12, 8, 3))
scores = K.batch_dot(anchors, others)  # E: tensor-shape batch_dot (16, 5, 8) (12, 8, 3)

# %% batch_sizes right
from typing_extensions import reveal_type

from ktensor import functional as K

anchors = K.zeros((16, 5, 8))
others = K.zeros((16, 8, 3))
scores = K.batch_dot(anchors, others)
reveal_type(scores)  # R: Tensor[tuple[L[16], L[5], L[3]], float32]

# %% batch_sizes symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def compare(
    anchors: kt.Tensor[tuple[B, N, I], kt.float32], others: kt.Tensor[tuple[B, I, M], kt.float32]
) -> kt.Tensor[tuple[B, N, M], kt.float32]:
    return K.batch_dot(anchors, others)

# %% batch_sizes symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def compare(
    anchors: kt.Tensor[tuple[B, N, I], kt.float32], others: kt.Tensor[tuple[I, B, N], kt.float32]
) -> kt.Tensor[tuple[B, N, N], kt.float32]:
    return K.batch_dot(anchors, others)  # E: tensor-shape batch_dot (B, N, I) (I, B, N)

# %% contraction_axes wrong
import ktensor as kt

words = kt.ones((4, 9, 20))
topics = kt.ones((4, 7, 20))
match = words.batch_dot(topics, axes=(2, 1))  # E: tensor-shape batch_dot (4, 9, 20) (4, 7, 20)

# %% contraction_axes right
from typing_extensions import reveal_type

import ktensor as kt

words = kt.ones((4, 9, 20))
topics = kt.ones((4, 7, 20))
match = words.batch_dot(topics, axes=(2, 2))
reveal_type(match)  # R: Tensor[tuple[L[4], L[9], L[7]], float32]

# %% contraction_axes symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def match(
    words: kt.Tensor[tuple[B, W, E], kt.float32], topics: kt.Tensor[tuple[B, T, E], kt.float32]
) -> kt.Tensor[tuple[B, W, T], kt.float32]:
    return words.batch_dot(topics, axes=(2, 2)).softmax()

# %% contraction_axes symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def match(
    words: kt.Tensor[tuple[B, W, E], kt.float32], topics: kt.Tensor[tuple[B, T, E], kt.float32]
) -> kt.Tensor[tuple[B, T, W], kt.float32]:
    return words.batch_dot(topics, axes=(2, 2)).softmax()  # E: return-value Tensor

# %% vectors_keep_two_axes wrong
from typing import Literal as L

import ktensor as kt

users, items = kt.ones((32, 50)), kt.ones((32, 50))
# With only the batch left the result is (32, 1), as in Keras.
rating: kt.Tensor[tuple[L[32]], kt.float32] = kt.batch_dot(users, items, axes=1)  # E: assignment Tensor

# %% vectors_keep_two_axes right
from typing import Literal as L

import ktensor as kt

users, items = kt.ones((32, 50)), kt.ones((32, 50))
rating: kt.Tensor[tuple[L[32], L[1]], kt.float32] = kt.batch_dot(users, items, axes=1)
flat: kt.Tensor[tuple[L[32]], kt.float32] = rating.squeeze(1)

# %% vectors_keep_two_axes symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def rate(
    users: kt.Tensor[tuple[B, E], kt.float32], items: kt.Tensor[tuple[B, E], kt.float32]
) -> kt.Tensor[tuple[B, L[1]], kt.float32]:
    return kt.batch_dot(users, items, axes=1)

# %% batch_axis_named wrong
import ktensor as kt

x, y = kt.zeros((4, 3)), kt.zeros((4, 3))
z = x.batch_dot(y, axes=0)  # E: tensor-shape batch_dot axis 0

# %% batch_axis_named right
import ktensor as kt

x, y = kt.zeros((4, 3)), kt.zeros((4, 3))
z = x.batch_dot(y, axes=-1)

# %% batch_axis_named symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def outer(x: kt.Tensor[tuple[B, N, I], kt.float32]) -> kt.Tensor[tuple[B, I, I], kt.float32]:
    return x.batch_dot(x, axes=1)
