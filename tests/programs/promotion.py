# %% integer_mean wrong
from typing import Literal as L

import ktensor as kt

ages = kt.ones((30, 2), dtype="int64")
average: kt.Tensor[tuple[L[2]], kt.int64] = ages.mean(axis=0)  # E: assignment Tensor

# %% integer_mean right
from typing import Literal as L

import ktensor as kt

ages = kt.ones((30, 2), dtype="int64")
average: kt.Tensor[tuple[L[2]], kt.float32] = ages.mean(axis=0)
total: kt.Tensor[tuple[L[2]], kt.int64] = ages.sum(axis=0)

# %% integer_mean symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def average(ages: kt.Tensor[tuple[N, F], kt.int64]) -> kt.Tensor[tuple[F], kt.float32]:
    return ages.mean(axis=0)

# %% integer_mean symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def average(ages: kt.Tensor[tuple[N, F], kt.int64]) -> kt.Tensor[tuple[F], kt.int64]:
    return ages.mean(axis=0)  # E: return-value Tensor

# %% wider_wins wrong
from typing import Literal as L

import ktensor as kt

half = kt.ones((3,), kt.float16)
double = kt.ones((3,), kt.float64)
total: kt.Tensor[tuple[L[3]], kt.float16] = half + double  # E: assignment Tensor

# %% wider_wins right
from typing import Literal as L

import ktensor as kt

half = kt.ones((3,), kt.float16)
double = kt.ones((3,), kt.float64)
total: kt.Tensor[tuple[L[3]], kt.float64] = half + double
weak: kt.Tensor[tuple[L[3]], kt.float16] = half * 2.5 + 1
whole: kt.Tensor[tuple[L[3]], kt.float16] = half + kt.ones((3,), kt.int64)

# %% wider_wins symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def widen(
    half: kt.Tensor[tuple[N], kt.float16], counts: kt.Tensor[tuple[N], kt.int32]
) -> tuple[kt.Tensor[tuple[N], kt.float16], kt.Tensor[tuple[N], kt.float32]]:
    return half * counts, counts / 2

# %% wider_wins symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def halves(counts: kt.Tensor[tuple[N], kt.int32]) -> kt.Tensor[tuple[N], kt.int32]:
    return counts / 2  # E: return-value Tensor

# %% float_bits wrong
import ktensor as kt

flags = kt.ones((8,))
mask = flags & kt.ones((8,))  # E: tensor-dtype bitwise_and float32

# %% float_bits right
from typing_extensions import reveal_type

import ktensor as kt

flags = kt.ones((8,))
mask = (flags > 0) & kt.ones((8,), bool)
reveal_type(mask)  # R: Tensor[tuple[L[8]], bool_]

# %% float_bits symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def between(x: kt.Tensor[tuple[N], kt.float32], low: float, high: float) -> kt.Tensor[tuple[N], kt.bool_]:
    return (x >= low) & ~(x > high)

# %% float_bits symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def flipped(x: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]:
    return ~x  # E: tensor-dtype invert float32

# %% dtype_name wrong
import ktensor as kt

x = kt.zeros((2, 2), dtype="float8")  # E: tensor-dtype float8

# %% dtype_name right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((2, 2), dtype="uint8")
y = x + kt.ones((2,), dtype="int8")
reveal_type(y)  # R: Tensor[tuple[L[2], L[2]], int16]

# %% dtype_name symbolic
from typing import TypeVar

import numpy as np

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def three_ways(x: kt.Tensor[tuple[N], kt.int8]) -> kt.Tensor[tuple[N], kt.float64]:
    return x.cast("float64") + x.cast(kt.float64) + x.astype(np.float64)

# %% comparison_is_bool wrong
from typing import Literal as L

import ktensor as kt
from ktensor import functional as K

scores = kt.zeros((6, 4))
hits: kt.Tensor[tuple[L[6]], kt.float32] = K.equal(K.argmax(scores), 2)  # E: assignment Tensor

# %% comparison_is_bool right
from typing import Literal as L

import ktensor as kt
from ktensor import functional as K

scores = kt.zeros((6, 4))
hits: kt.Tensor[tuple[L[6]], kt.float32] = K.cast(K.equal(K.argmax(scores), 2), kt.float32)
where: kt.Tensor[tuple[L[6]], kt.int64] = K.argmax(scores)

# %% comparison_is_bool symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def any_positive(scores: kt.Tensor[tuple[B, C], kt.float64]) -> kt.Tensor[tuple[B], kt.bool_]:
    return K.any(K.greater(scores, 0.0), axis=-1)
