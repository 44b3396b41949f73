# %% shared_label wrong
import ktensor as kt

a = kt.zeros((8, 3, 4))
b = kt.zeros((8, 5, 2))
c = kt.einsum("bij,bjk->bik", a, b)  # E: tensor-shape einsum (8, 3, 4) (8, 5, 2)

# %% shared_label right
from typing_extensions import reveal_type

import ktensor as kt

a = kt.zeros((8, 3, 4))
b = kt.zeros((8, 4, 2))
c = kt.einsum("bij,bjk->bik", a, b)
reveal_type(c)  # R: Tensor[tuple[L[8], L[3], L[2]], float32]

# %% shared_label symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
J = TypeVar("J", bound=kt.Dim)
K = TypeVar("K", bound=kt.Dim)


def batched(
    a: kt.Tensor[tuple[B, I, J], kt.float32], b: kt.Tensor[tuple[B, J, K], kt.float32]
) -> kt.Tensor[tuple[B, I, K], kt.float32]:
    return kt.einsum("bij,bjk->bik", a, b)

# %% shared_label symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
J = TypeVar("J", bound=kt.Dim)
K = TypeVar("K", bound=kt.Dim)


def batched(
    a: kt.Tensor[tuple[B, I, J], kt.float32], b: kt.Tensor[tuple[B, K, J], kt.float32]
) -> kt.Tensor[tuple[B, I, K], kt.float32]:
    return kt.einsum("bij,bjk->bik", a, b)  # E: tensor-shape einsum (B, I, J) (B, K, J)

# %% attention_method wrong
import ktensor as kt

query = kt.placeholder((None, 6, 32))
key = kt.placeholder((None, 9, 64))
scores = query.einsum("bqd,bkd->bqk", key)  # E: tensor-shape einsum (None, 6, 32) (None, 9, 64)

# %% attention_method right
from typing_extensions import reveal_type

import ktensor as kt

query = kt.placeholder((None, 6, 32))
key = kt.placeholder((None, 9, 32))
scores = query.einsum("bqd,bkd->bqk", key)
reveal_type(scores)  # R: Tensor[tuple[Any, L[6], L[9]], float32]

# %% attention_method symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
Q = TypeVar("Q", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)


def attend(
    query: kt.Tensor[tuple[B, Q, D], kt.float32], memory: kt.Tensor[tuple[B, M, D], kt.float32]
) -> kt.Tensor[tuple[B, Q, D], kt.float32]:
    weights = query.einsum("bqd,bmd->bqm", memory).softmax()
    return weights.einsum("bqm,bmd->bqd", memory)

# %% trace_and_diagonal wrong
import ktensor as kt

m = kt.ones((4, 5))
trace = kt.einsum("ii->", m)  # E: tensor-shape einsum (4, 5)

# %% trace_and_diagonal right
import ktensor as kt

m = kt.ones((5, 5))
trace = kt.einsum("ii->", m)
diagonal = kt.einsum("ii->i", m) + kt.ones((5,))
value = float(trace)

# %% trace_and_diagonal symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def traces(m: kt.Tensor[tuple[B, N, N], kt.float64]) -> kt.Tensor[tuple[B], kt.float64]:
    return kt.einsum("bii->b", m)

# %% output_order wrong
import ktensor as kt

x = kt.zeros((2, 3, 4))
y = kt.einsum("ijk->kji", x)
z = y + x  # E: tensor-shape add (4, 3, 2) (2, 3, 4)

# %% output_order right
import ktensor as kt

x = kt.zeros((2, 3, 4))
y = kt.einsum("ijk->kji", x)
z = y + x.T

# %% output_order symbolic
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def rolled(x: kt.Tensor[tuple[A, B, C], kt.float32]) -> kt.Tensor[tuple[C, A], kt.float32]:
    return kt.einsum("abc->ca", x)

# %% output_order symbolic-wrong
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def rolled(x: kt.Tensor[tuple[A, B, C], kt.float32]) -> kt.Tensor[tuple[C, A], kt.float32]:
    return kt.einsum("abc->ac", x)  # E: return-value Tensor
