# %% repeat_query wrong
import ktensor as kt

query = kt.zeros((4, 1, 16))
keys = kt.zeros((4, 10, 16))
tiled = query.tile((1, 8, 1))
scores = (tiled * keys).sum(axis=-1)  # E: tensor-shape multiply (4, 8, 16) (4, 10, 16)

# %% repeat_query right
from typing_extensions import reveal_type

import ktensor as kt

query = kt.zeros((4, 1, 16))
keys = kt.zeros((4, 10, 16))
tiled = query.tile((1, 10, 1))
scores = (tiled * keys).sum(axis=-1)
reveal_type(scores)  # R: Tensor[tuple[L[4], L[10]], float32]

# %% repeat_query symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def scores(
    query: kt.Tensor[tuple[B, E], kt.float32], keys: kt.Tensor[tuple[B, T, E], kt.float32]
) -> kt.Tensor[tuple[B, T], kt.float32]:
    tiled = query.expand_dims(1).tile((1, keys.shape[1], 1))
    return (tiled * keys).sum(axis=-1)

# %% repeat_query symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def scores(
    query: kt.Tensor[tuple[B, E], kt.float32], keys: kt.Tensor[tuple[B, T, E], kt.float32]
) -> kt.Tensor[tuple[B, T], kt.float32]:
    tiled = query.expand_dims(1).tile((1, keys.shape[2], 1))
    return (tiled * keys).sum(axis=-1)  # E: tensor-shape multiply (B, E, E) (B, T, E)

# %% keras_repeat wrong
from ktensor import functional as K

context = K.placeholder((None, 5, 12))
each = K.repeat(context, 7)  # E: tensor-shape repeat (None, 5, 12)

# %% keras_repeat right
from typing_extensions import reveal_type

from ktensor import functional as K

context = K.placeholder((None, 12))
each = K.repeat(context, 7)
reveal_type(each)  # R: Tensor[tuple[Any, L[7], L[12]], float32]

# %% keras_repeat symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def decoder_inputs(context: kt.Tensor[tuple[B, F], kt.float32]) -> kt.Tensor[tuple[B, L[7], F], kt.float32]:
    return K.repeat(context, 7)

# %% upsample wrong
import ktensor as kt

small = kt.ones((2, 4, 3))
large = kt.ones((2, 12, 3))
up = kt.repeat_elements(small, 2, axis=1)
total = up + large  # E: tensor-shape add (2, 8, 3) (2, 12, 3)

# %% upsample right
import ktensor as kt

small = kt.ones((2, 4, 3))
large = kt.ones((2, 12, 3))
up = kt.repeat_elements(small, 3, axis=1)
total = up + large

# %% upsample symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def doubled(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, kt.Mul[L[2], T], F], kt.float32]:
    return kt.repeat_elements(x, 2, axis=1) + x.tile((1, 2, 1))

# %% upsample symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def doubled(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, kt.Mul[L[2], T], F], kt.float32]:
    return kt.repeat_elements(x, 3, axis=1) + x.tile((1, 2, 1))  # E: tensor-shape add (B, 3*T, F) (B, 2*T, F)
