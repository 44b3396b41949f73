# %% last_axis wrong
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def linear(
    x: kt.Tensor[tuple[Unpack[Bs], I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[Unpack[Bs], O], kt.float32]:
    return x @ w


y = linear(kt.zeros((2, 7, 3)), kt.zeros((4, 5)))  # E: tensor-shape linear (2, 7, 3) (4, 5)

# %% last_axis right
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack, reveal_type

import ktensor as kt

Bs = TypeVarTuple("Bs")
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def linear(
    x: kt.Tensor[tuple[Unpack[Bs], I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[Unpack[Bs], O], kt.float32]:
    return x @ w


reveal_type(linear(kt.zeros((2, 7, 4)), kt.zeros((4, 5))))  # R: Tensor[tuple[L[2], L[7], L[5]], float32]
reveal_type(linear(kt.zeros((4,)), kt.zeros((4, 5))))  # R: Tensor[tuple[L[5]], float32]

# %% last_axis symbolic
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def feed_forward(
    x: kt.Tensor[tuple[Unpack[Bs], I], kt.float32],
    up: kt.Tensor[tuple[I, H], kt.float32],
    down: kt.Tensor[tuple[H, I], kt.float32],
) -> kt.Tensor[tuple[Unpack[Bs], I], kt.float32]:
    return x + x.dot(up).relu().dot(down)

# %% last_axis symbolic-wrong
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def linear(
    x: kt.Tensor[tuple[Unpack[Bs], I], kt.float32], w: kt.Tensor[tuple[O, I], kt.float32]
) -> kt.Tensor[tuple[Unpack[Bs], O], kt.float32]:
    return x @ w  # E: tensor-shape matmul (O, I)

# %% normalise_features wrong
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
F = TypeVar("F", bound=kt.Dim)


def rms(x: kt.Tensor[tuple[Unpack[Bs], F], kt.float32]) -> kt.Tensor[tuple[Unpack[Bs]], kt.float32]:
    return x.square().mean(axis=-1).sqrt()


frames = kt.ones((4, 9, 6))
scaled = frames / rms(frames)  # E: tensor-shape divide (4, 9, 6) (4, 9)

# %% normalise_features right
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
F = TypeVar("F", bound=kt.Dim)


def rms(x: kt.Tensor[tuple[Unpack[Bs], F], kt.float32]) -> kt.Tensor[tuple[Unpack[Bs]], kt.float32]:
    return x.square().mean(axis=-1).sqrt()


frames = kt.ones((4, 9, 6))
scaled = frames / rms(frames).expand_dims(-1)
unknown: kt.Tensor = frames
anything = rms(unknown)

# %% normalise_features symbolic
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
F = TypeVar("F", bound=kt.Dim)


def layer_norm(
    x: kt.Tensor[tuple[Unpack[Bs], F], kt.float32], gain: kt.Tensor[tuple[F], kt.float32]
) -> kt.Tensor[tuple[Unpack[Bs], F], kt.float32]:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / centred.square().mean(axis=-1, keepdims=True).sqrt() * gain

# %% normalise_features symbolic-wrong
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
F = TypeVar("F", bound=kt.Dim)
G = TypeVar("G", bound=kt.Dim)


def layer_norm(
    x: kt.Tensor[tuple[Unpack[Bs], F], kt.float32], gain: kt.Tensor[tuple[G], kt.float32]
) -> kt.Tensor[tuple[Unpack[Bs], F], kt.float32]:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred * gain  # E: tensor-shape multiply (G,)

# %% split_last wrong
from typing import Literal as L

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")


def corners(box: kt.Tensor[tuple[Unpack[Bs], L[4]], kt.float32]) -> kt.Tensor[tuple[Unpack[Bs], L[2]], kt.float32]:
    return box[..., :2] - box[..., 2:] / 2


grid = corners(kt.zeros((2, 13, 13, 5)))  # E: tensor-shape corners (2, 13, 13, 5)

# %% split_last right
from typing import Literal as L

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")


def corners(box: kt.Tensor[tuple[Unpack[Bs], L[4]], kt.float32]) -> kt.Tensor[tuple[Unpack[Bs], L[2]], kt.float32]:
    return box[..., :2] - box[..., 2:] / 2


grid = corners(kt.zeros((2, 13, 13, 4))).dot(kt.ones((2, 1)))

# %% split_last symbolic
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

import ktensor as kt

Bs = TypeVarTuple("Bs")
C = TypeVar("C", bound=kt.Dim)


def best(scores: kt.Tensor[tuple[Unpack[Bs], C], kt.float32]) -> kt.Tensor[tuple[Unpack[Bs]], kt.int64]:
    return scores.softmax().argmax(axis=-1)


def one_hot_best(
    scores: kt.Tensor[tuple[Unpack[Bs], C], kt.float32], classes: C
) -> kt.Tensor[tuple[Unpack[Bs], C], kt.float32]:
    return best(scores).one_hot(classes)
