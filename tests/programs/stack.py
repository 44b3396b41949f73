# %% unequal_rows wrong
import ktensor as kt

left, right = kt.zeros((5,)), kt.zeros((6,))
both = kt.stack([left, right])  # E: tensor-shape stack 5 6

# %% unequal_rows right
from typing_extensions import reveal_type

import ktensor as kt

left, right = kt.zeros((5,)), kt.zeros((5,))
both = kt.stack([left, right])
reveal_type(both)  # R: Tensor[tuple[L[2], L[5]], float32]

# %% unequal_rows symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def stereo(
    left: kt.Tensor[tuple[N], kt.float32], right: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[L[2], N], kt.float32]:
    return kt.stack([left, right])

# %% unequal_rows symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def stereo(
    left: kt.Tensor[tuple[N], kt.float32], right: kt.Tensor[tuple[M], kt.float32]
) -> kt.Tensor[tuple[L[2], N], kt.float32]:
    return kt.stack([left, right])  # E: tensor-shape stack N M

# %% channels_last_axis wrong
from ktensor import functional as K

red, green, blue = K.zeros((64, 48)), K.zeros((64, 48)), K.zeros((64, 48))
image = K.stack([red, green, blue], axis=0)
tinted = image * K.constant([1.0, 0.9, 0.8])  # E: tensor-shape multiply (3, 64, 48) (3,)

# %% channels_last_axis right
from typing_extensions import reveal_type

from ktensor import functional as K

red, green, blue = K.zeros((64, 48)), K.zeros((64, 48)), K.zeros((64, 48))
image = K.stack([red, green, blue], axis=-1)
tinted = image * K.constant([1.0, 0.9, 0.8])
reveal_type(tinted)  # R: Tensor[tuple[L[64], L[48], L[3]], float32]

# %% channels_last_axis symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)
Plane = kt.Tensor[tuple[H, W], kt.float32]


def image(red: Plane[H, W], green: Plane[H, W], blue: Plane[H, W]) -> kt.Tensor[tuple[H, W, L[3]], kt.float32]:
    return K.stack([red, green, blue], axis=-1)

# %% axis_of_stack wrong
import ktensor as kt

a, b = kt.ones((3, 4)), kt.ones((3, 4))
pair = a.stack([b], axis=3)  # E: tensor-shape stack axis 3

# %% axis_of_stack right
import ktensor as kt

a, b = kt.ones((3, 4)), kt.ones((3, 4))
pair = a.stack([b], axis=2)
c = pair.dot(kt.ones((2, 7)))

# %% axis_of_stack symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def paired(a: kt.Tensor[tuple[N, M], D], b: kt.Tensor[tuple[N, M], D]) -> kt.Tensor[tuple[N, M, L[2]], D]:
    return a.stack([b], axis=2)
