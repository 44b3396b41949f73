# %% skip_connection wrong
import ktensor as kt

encoder = kt.zeros((4, 16, 16, 32))
decoder = kt.zeros((4, 14, 14, 32))
joined = kt.concatenate([encoder, decoder], axis=-1)  # E: tensor-shape concatenate (4, 16, 16, 32) (4, 14, 14, 32)

# %% skip_connection right
from typing_extensions import reveal_type

import ktensor as kt

encoder = kt.zeros((4, 16, 16, 32))
decoder = kt.zeros((4, 14, 14, 32))
joined = kt.concatenate([encoder[:, 1:-1, 1:-1], decoder], axis=-1)
reveal_type(joined)  # R: Tensor[tuple[L[4], L[14], L[14], L[64]], float32]

# %% skip_connection symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def skip(
    encoder: kt.Tensor[tuple[B, H, W, C], kt.float32], decoder: kt.Tensor[tuple[B, H, W, D], kt.float32]
) -> kt.Tensor[tuple[B, H, W, kt.Add[C, D]], kt.float32]:
    return kt.concatenate([encoder, decoder], axis=-1)

# %% skip_connection symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def skip(encoder: kt.Tensor[tuple[B, H, W, C], kt.float32], decoder: kt.Tensor[tuple[B, W, H, C], kt.float32]) -> None:
    kt.concatenate([encoder, decoder], axis=-1)  # E: tensor-shape concatenate (B, H, W, C) (B, W, H, C)

# %% method_form wrong
import ktensor as kt

users = kt.placeholder((None, 16))
items = kt.placeholder((None, 24))
pair = users.concatenate([items], axis=0)  # E: tensor-shape concatenate (None, 16) (None, 24)

# %% method_form right
from typing_extensions import reveal_type

import ktensor as kt

users = kt.placeholder((None, 16))
items = kt.placeholder((None, 24))
pair = users.concatenate([items], axis=1)
reveal_type(pair.dot(kt.zeros((40, 1))))  # R: Tensor[tuple[Any, L[1]], float32]

# %% method_form symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def score(
    users: kt.Tensor[tuple[B, U], kt.float32],
    items: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[kt.Add[I, U]], kt.float32],
) -> kt.Tensor[tuple[B], kt.float32]:
    return users.concatenate([items], axis=1).dot(w)

# %% three_parts wrong
from ktensor import functional as K

begin, middle, end = K.ones((1, 9)), K.ones((5, 9)), K.ones((1, 8))
sentence = K.concatenate([begin, middle, end], axis=0)  # E: tensor-shape concatenate 9 8

# %% three_parts right
from typing_extensions import reveal_type

from ktensor import functional as K

begin, middle, end = K.ones((1, 9)), K.ones((5, 9)), K.ones((1, 9))
sentence = K.concatenate([begin, middle, end], axis=0)
reveal_type(sentence)  # R: Tensor[tuple[L[7], L[9]], float32]

# %% three_parts symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def framed(
    begin: kt.Tensor[tuple[L[1], E], kt.float32],
    middle: kt.Tensor[tuple[T, E], kt.float32],
    end: kt.Tensor[tuple[L[1], E], kt.float32],
) -> kt.Tensor[tuple[kt.Add[T, L[2]], E], kt.float32]:
    return K.concatenate([begin, middle, end], axis=0)

# %% three_parts symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def framed(
    begin: kt.Tensor[tuple[L[1], E], kt.float32], middle: kt.Tensor[tuple[T, E], kt.float32]
) -> kt.Tensor[tuple[T, E], kt.float32]:
    return K.concatenate([begin, middle], axis=0)  # E: return-value Tensor
