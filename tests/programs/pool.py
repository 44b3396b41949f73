# %% lenet_flat wrong
import ktensor as kt

h = kt.placeholder((None, 24, 24, 6))
p = h.pool2d((2, 2), strides=(2, 2))
logits = p.batch_flatten().dot(kt.zeros((6 * 24 * 24, 10)))  # E: tensor-shape dot (None, 864) (3456, 10)

# %% lenet_flat right
from typing_extensions import reveal_type

import ktensor as kt

h = kt.placeholder((None, 24, 24, 6))
p = h.pool2d((2, 2), strides=(2, 2))
logits = p.batch_flatten().dot(kt.zeros((6 * 12 * 12, 10)))
reveal_type(p)  # R: Tensor[tuple[Any, L[12], L[12], L[6]], float32]

# %% lenet_flat symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pooled(h: kt.Tensor[tuple[B, L[24], L[24], C], kt.float32]) -> kt.Tensor[tuple[B, L[12], L[12], C], kt.float32]:
    return h.pool2d((2, 2), strides=(2, 2))

# %% lenet_flat symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def head(
    h: kt.Tensor[tuple[B, L[24], L[24], L[6]], kt.float32], w: kt.Tensor[tuple[L[3456], O], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    p = h.pool2d((2, 2), strides=(2, 2))
    return p.batch_flatten().dot(w)  # E: tensor-shape dot (B, 864) (3456, O)

# %% strides_forgotten wrong
from ktensor import functional as K

x = K.zeros((2, 8, 8, 4))
p = K.pool2d(x, (2, 2), pool_mode="avg")  # the strides are 1 unless one says otherwise
y = p + K.zeros((2, 4, 4, 4))  # E: tensor-shape add (2, 7, 7, 4) (2, 4, 4, 4)

# %% strides_forgotten right
from ktensor import functional as K

x = K.zeros((2, 8, 8, 4))
p = K.pool2d(x, (2, 2), strides=(2, 2), pool_mode="avg")
y = p + K.zeros((2, 4, 4, 4))

# %% strides_forgotten symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def smooth(
    x: kt.Tensor[tuple[B, N, N, C], kt.float32],
) -> kt.Tensor[tuple[B, kt.Add[N, L[-1]], kt.Add[N, L[-1]], C], kt.float32]:
    return K.pool2d(x, (2, 2), pool_mode="avg")

# %% window_too_large wrong
import ktensor as kt

features = kt.ones((1, 6, 6, 10))
p = kt.pool2d(features, (7, 7))  # E: tensor-shape pool2d (1, 6, 6, 10)

# %% window_too_large right
import ktensor as kt

features = kt.ones((1, 6, 6, 10))
p = kt.pool2d(features, (6, 6)).reshape(1, 10)
q = kt.pool2d(features, (7, 7), padding="same") + features

# %% window_too_large symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def top(features: kt.Tensor[tuple[B, L[6], L[6], C], kt.float32]) -> kt.Tensor[tuple[B, C], kt.float32]:
    return kt.pool2d(features, (6, 6)).squeeze((1, 2))

# %% rank wrong
import ktensor as kt

clip = kt.zeros((2, 16, 32, 32, 3))
p = clip.pool2d((2, 2), strides=(2, 2))  # E: tensor-shape pool2d (2, 16, 32, 32, 3)

# %% rank right
from typing_extensions import reveal_type

import ktensor as kt

clip = kt.zeros((2, 16, 32, 32, 3))
p = clip.pool3d((2, 2, 2), strides=(2, 2, 2))
reveal_type(p)  # R: Tensor[tuple[L[2], L[8], L[16], L[16], L[3]], float32]

# %% rank symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pooled(
    clip: kt.Tensor[tuple[B, L[16], L[32], L[32], C], kt.float32],
) -> kt.Tensor[tuple[B, L[8], L[16], L[16], C], kt.float32]:
    return clip.pool3d((2, 2, 2), strides=(2, 2, 2))

# %% rank symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def pooled(clip: kt.Tensor[tuple[B, L[16], L[32], L[32], C], kt.float32]) -> kt.Tensor:
    return clip.pool2d((2, 2), strides=(2, 2))  # E: tensor-shape pool2d (B, 16, 32, 32, C)
