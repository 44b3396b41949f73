# %% not_a_multiple wrong
import ktensor as kt

signal = kt.zeros((100,))
frames = signal.reshape(-1, 16)  # E: tensor-shape reshape (100,) (-1, 16)

# %% not_a_multiple right
from typing_extensions import reveal_type

import ktensor as kt

signal = kt.zeros((96,))
frames = signal.reshape(-1, 16)
reveal_type(frames)  # R: Tensor[tuple[L[6], L[16]], float32]

# %% not_a_multiple symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def merge(x: kt.Tensor[tuple[B, T, L[16]], kt.float32]) -> kt.Tensor[tuple[kt.Mul[B, T], L[16]], kt.float32]:
    return x.reshape(-1, 16)

# %% not_a_multiple symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def merge(x: kt.Tensor[tuple[B, T, L[16]], kt.float32]) -> kt.Tensor[tuple[kt.Mul[B, T], L[16]], kt.float32]:
    return x.reshape(-1, 8)  # E: return-value Tensor

# %% inferred_then_used wrong
import ktensor as kt

features = kt.placeholder((None, 4, 4, 8))
flat = kt.reshape(features, (-1, 128))
dense = kt.zeros((256, 10))
logits = flat @ dense  # E: tensor-shape matmul (None, 128) (256, 10)

# %% inferred_then_used right
from typing_extensions import reveal_type

import ktensor as kt

features = kt.placeholder((None, 4, 4, 8))
flat = kt.reshape(features, (-1, 128))
dense = kt.zeros((128, 10))
logits = flat @ dense
reveal_type(logits)  # R: Tensor[tuple[Any, L[10]], float32]

# %% inferred_then_used symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def head(
    features: kt.Tensor[tuple[B, L[4], L[4], L[8]], kt.float32], dense: kt.Tensor[tuple[L[128], O], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return kt.reshape(features, (-1, 128)) @ dense

# %% inferred_then_used symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def head(
    features: kt.Tensor[tuple[B, L[4], L[4], L[8]], kt.float32], dense: kt.Tensor[tuple[L[256], O], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return kt.reshape(features, (-1, 128)) @ dense  # E: tensor-shape matmul (B, 128) (256, O)

# %% middle_hole wrong
from ktensor import functional as K

x = K.ones((2, 3, 4, 5))
y = K.reshape(x, (2, -1, 5))
z = y + K.ones((2, 20, 5))  # E: tensor-shape add (2, 12, 5) (2, 20, 5)

# %% middle_hole right
from ktensor import functional as K

x = K.ones((2, 3, 4, 5))
y = K.reshape(x, (2, -1, 5))
z = y + K.ones((2, 12, 5))

# %% middle_hole symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pixels(x: kt.Tensor[tuple[B, H, W, C], kt.float32]) -> kt.Tensor[tuple[B, kt.Mul[H, W], C], kt.float32]:
    return K.reshape(x, (x.shape[0], -1, x.shape[3]))
