# %% conv_features wrong
import ktensor as kt

features = kt.placeholder((None, 5, 5, 16))
hidden = kt.variable(kt.zeros((200, 120)))
h = features.batch_flatten().dot(hidden)  # E: tensor-shape dot (None, 400) (200, 120)

# %% conv_features right
from typing_extensions import reveal_type

import ktensor as kt

features = kt.placeholder((None, 5, 5, 16))
hidden = kt.variable(kt.zeros((400, 120)))
h = features.batch_flatten().dot(hidden)
reveal_type(h)  # R: Tensor[tuple[Any, L[120]], float32]

# %% conv_features symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def head(
    features: kt.Tensor[tuple[B, L[5], L[5], C], kt.float32],
    hidden: kt.Tensor[tuple[kt.Mul[L[25], C], O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return features.batch_flatten().dot(hidden)

# %% conv_features symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def head(
    features: kt.Tensor[tuple[B, L[5], L[5], C], kt.float32],
    hidden: kt.Tensor[tuple[kt.Mul[L[10], C], O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return features.batch_flatten().dot(hidden)  # E: tensor-shape dot (B, 25*C) (10*C, O)

# %% batch_lost wrong
from ktensor import functional as K

images = K.zeros((32, 8, 8))
dense = K.zeros((64, 10))
logits = K.dot(K.flatten(images), dense)  # E: tensor-shape dot (2048,) (64, 10)

# %% batch_lost right
from ktensor import functional as K

images = K.zeros((32, 8, 8))
dense = K.zeros((64, 10))
logits = K.dot(K.batch_flatten(images), dense)

# %% batch_lost symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)


def logits(
    images: kt.Tensor[tuple[B, L[8], L[8]], kt.float32], dense: kt.Tensor[tuple[L[64], L[10]], kt.float32]
) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
    return K.dot(K.batch_flatten(images), dense)

# %% batch_lost symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)


def logits(
    images: kt.Tensor[tuple[B, L[8], L[8]], kt.float32], dense: kt.Tensor[tuple[L[64], L[10]], kt.float32]
) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
    return K.dot(K.flatten(images), dense)  # E: tensor-shape dot (64*B,) (64, 10)

# %% window_of_frames wrong
import ktensor as kt

window = kt.ones((7, 3, 20))
x = kt.batch_flatten(window[:, 1:])
y = x @ kt.ones((60, 4))  # E: tensor-shape matmul (7, 40) (60, 4)

# %% window_of_frames right
import ktensor as kt

window = kt.ones((7, 3, 20))
x = kt.batch_flatten(window[:, 1:])
y = x @ kt.ones((40, 4))

# %% window_of_frames symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def recent(window: kt.Tensor[tuple[B, L[3], F], kt.float64]) -> kt.Tensor[tuple[B, kt.Mul[F, L[2]]], kt.float64]:
    return kt.batch_flatten(window[:, 1:])
