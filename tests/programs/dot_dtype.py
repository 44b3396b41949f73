# %% annotated_float32 wrong
from typing import Literal as L

import ktensor as kt

x = kt.zeros((2, 3))
w = kt.zeros((3, 5), dtype="float64")
y: kt.Tensor[tuple[L[2], L[5]], kt.float32] = x.dot(w)  # E: assignment Tensor

# %% annotated_float32 right
from typing import Literal as L

import ktensor as kt

x = kt.zeros((2, 3))
w = kt.zeros((3, 5), dtype="float64")
y: kt.Tensor[tuple[L[2], L[5]], kt.float64] = x.dot(w)

# %% annotated_float32 symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def mixed(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float64]
) -> kt.Tensor[tuple[B, O], kt.float64]:
    return x.dot(w)

# %% annotated_float32 symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def mixed(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float64]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return x.dot(w)  # E: return-value Tensor

# %% half_precision wrong
from typing import Any

import ktensor as kt
from ktensor import functional as K


def halve(x: kt.Tensor[tuple[Any, Any], kt.float16]) -> kt.Tensor[tuple[Any, Any], kt.float16]:
    return x / 2


weights = K.zeros((8, 4))
activations = K.cast(K.zeros((2, 8)), "float16")
y = halve(K.dot(activations, weights))  # A: tensor-dtype halve (2, 4) float32 float16

# %% half_precision right
from typing import Any

import ktensor as kt
from ktensor import functional as K


def halve(x: kt.Tensor[tuple[Any, Any], kt.float16]) -> kt.Tensor[tuple[Any, Any], kt.float16]:
    return x / 2


weights = K.zeros((8, 4), dtype="float16")
activations = K.cast(K.zeros((2, 8)), "float16")
y = halve(K.dot(activations, weights))

# %% half_precision symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def half_layer(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float16]
) -> kt.Tensor[tuple[B, O], kt.float16]:
    return K.dot(K.cast(x, "float16"), w)

# %% integer_product wrong
from typing import Literal as L

import ktensor as kt

counts = kt.ones((4, 6), kt.int32)
prices = kt.ones((6,), kt.float64)
total: kt.Tensor[tuple[L[4]], kt.int32] = counts @ prices  # E: assignment Tensor

# %% integer_product right
from typing import Literal as L

import ktensor as kt

counts = kt.ones((4, 6), kt.int32)
prices = kt.ones((6,), kt.int64)
total: kt.Tensor[tuple[L[4]], kt.int64] = counts @ prices

# %% integer_product symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def total(
    counts: kt.Tensor[tuple[N, M], kt.int32], prices: kt.Tensor[tuple[M], kt.float16]
) -> kt.Tensor[tuple[N], kt.float16]:
    return counts @ prices

# %% integer_product symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def total(
    counts: kt.Tensor[tuple[N, M], kt.int32], prices: kt.Tensor[tuple[M], kt.float16]
) -> kt.Tensor[tuple[N], kt.int32]:
    return counts @ prices  # E: return-value Tensor
