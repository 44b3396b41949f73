# %% two_unknowns wrong
import ktensor as kt

x = kt.zeros((6, 4))
y = x.reshape(-1, -1, 2)  # E: tensor-shape reshape (-1, -1, 2)

# %% two_unknowns right
import ktensor as kt

x = kt.zeros((6, 4))
y = x.reshape(6, -1, 2)

# %% two_unknowns symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def halves(x: kt.Tensor[tuple[B, L[4]], kt.float32]) -> kt.Tensor[tuple[B, L[2], L[2]], kt.float32]:
    return x.reshape(x.shape[0], -1, 2)

# %% two_unknowns symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def halves(x: kt.Tensor[tuple[B, L[4]], kt.float32]) -> kt.Tensor[tuple[B, L[2], L[2]], kt.float32]:
    return x.reshape(-1, -1, 2)  # E: tensor-shape reshape (-1, -1, 2)

# %% batch_and_length wrong
from ktensor import functional as K

tokens = K.placeholder((None, None, 8))
heads = K.reshape(tokens, (-1, -1, 2, 4))  # E: tensor-shape reshape (-1, -1, 2, 4)

# %% batch_and_length right
from ktensor import functional as K

tokens = K.placeholder((None, None, 8))
heads = K.reshape(tokens, (-1, K.shape(tokens)[1], 2, 4))

# %% batch_and_length symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def heads(tokens: kt.Tensor[tuple[B, T, L[8]], kt.float32]) -> kt.Tensor[tuple[B, T, L[2], L[4]], kt.float32]:
    return K.reshape(tokens, (-1, tokens.shape[1], 2, 4))

# %% batch_and_length symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def heads(tokens: kt.Tensor[tuple[B, T, L[8]], kt.float32]) -> kt.Tensor[tuple[B, T, L[2], L[4]], kt.float32]:
    return K.reshape(tokens, (-1, -1, 2, 4))  # E: tensor-shape reshape (-1, -1, 2, 4)
