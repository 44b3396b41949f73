# %% bias_of_wrong_width wrong
import ktensor as kt

y = kt.zeros((32, 10))
bias = kt.zeros((32,))
out = y + bias  # E: tensor-shape add (32, 10) (32,)

# %% bias_of_wrong_width right
from typing_extensions import reveal_type

import ktensor as kt

y = kt.zeros((32, 10))
bias = kt.zeros((10,))
out = y + bias
reveal_type(out)  # R: Tensor[tuple[L[32], L[10]], float32]

# %% bias_of_wrong_width symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def shifted(
    y: kt.Tensor[tuple[B, O], kt.float32], bias: kt.Tensor[tuple[O], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return y + bias

# %% bias_of_wrong_width symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def shifted(
    y: kt.Tensor[tuple[B, O], kt.float32], bias: kt.Tensor[tuple[B], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return y + bias  # E: tensor-shape add (B, O) (B,)

# %% pairwise_distance wrong
import ktensor as kt

points = kt.ones((40, 3))
centres = kt.ones((5, 3))
squared = (points - centres).square().sum(axis=-1)  # E: tensor-shape subtract (40, 3) (5, 3)

# %% pairwise_distance right
from typing_extensions import reveal_type

import ktensor as kt

points = kt.ones((40, 3))
centres = kt.ones((5, 3))
squared = (points.expand_dims(1) - centres).square().sum(axis=-1)
reveal_type(squared)  # R: Tensor[tuple[L[40], L[5]], float32]

# %% pairwise_distance symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
P = TypeVar("P", bound=kt.Dim)


def distances(
    points: kt.Tensor[tuple[N, P], kt.float64], centres: kt.Tensor[tuple[M, P], kt.float64]
) -> kt.Tensor[tuple[N, M], kt.float64]:
    return (points[:, None, :] - centres).square().sum(axis=-1).sqrt()

# %% pairwise_distance symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
P = TypeVar("P", bound=kt.Dim)


def distances(points: kt.Tensor[tuple[N, P], kt.float64], centres: kt.Tensor[tuple[M, P], kt.float64]) -> kt.Tensor:
    return (points - centres).square().sum(axis=-1).sqrt()  # E: tensor-shape subtract (N, P) (M, P)

# %% function_form wrong
import ktensor as kt

gate = kt.placeholder((None, 6)).sigmoid()
signal = kt.placeholder((None, 4))
kept = kt.multiply(gate, signal)  # E: tensor-shape multiply (None, 6) (None, 4)

# %% function_form right
import ktensor as kt

gate = kt.placeholder((None, 6)).sigmoid()
signal = kt.placeholder((None, 6))
kept = kt.multiply(gate, signal)
also = kt.multiply(gate, kt.placeholder((None, 1)))

# %% function_form symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def gated(
    gate: kt.Tensor[tuple[B, I], kt.float32], signal: kt.Tensor[tuple[B, I], kt.float32]
) -> kt.Tensor[tuple[B, I], kt.float32]:
    return kt.multiply(gate.sigmoid(), signal) + kt.multiply(1.0 - gate.sigmoid(), signal.mean(axis=0))

# %% comparison wrong
from ktensor import functional as K

predicted = K.argmax(K.zeros((64, 10)), axis=0)
labels = K.zeros((64,), dtype="int64")
hits = K.mean(K.cast(K.equal(predicted, labels), "float32"))  # E: tensor-shape equal (10,) (64,)

# %% comparison right
from ktensor import functional as K

predicted = K.argmax(K.zeros((64, 10)), axis=1)
labels = K.zeros((64,), dtype="int64")
hits = K.mean(K.cast(K.equal(predicted, labels), "float32"))

# %% comparison symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def accuracy(
    scores: kt.Tensor[tuple[B, C], kt.float32], labels: kt.Tensor[tuple[B], kt.int64]
) -> kt.Tensor[tuple[()], kt.float32]:
    return K.mean(K.cast(K.equal(K.argmax(scores, axis=1), labels), "float32"))

# %% comparison symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def accuracy(
    scores: kt.Tensor[tuple[B, C], kt.float32], labels: kt.Tensor[tuple[B], kt.int64]
) -> kt.Tensor[tuple[()], kt.float32]:
    hits = K.equal(K.argmax(scores, axis=0), labels)  # E: tensor-shape equal (C,) (B,)
    return K.mean(K.cast(hits, "float32"))
