# %% linear_score wrong
import ktensor as kt

features = kt.zeros((100, 12))
weights = kt.zeros((13,))
score = features.dot(weights).sigmoid()  # E: tensor-shape dot (100, 12) (13,)

# %% linear_score right
from typing_extensions import reveal_type

import ktensor as kt

features = kt.zeros((100, 12))
weights = kt.zeros((12,))
score = features.dot(weights).sigmoid()
reveal_type(score)  # R: Tensor[tuple[L[100]], float32]

# %% linear_score symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def score(
    features: kt.Tensor[tuple[N, I], kt.float32], weights: kt.Tensor[tuple[I], kt.float32]
) -> kt.Tensor[tuple[N], kt.float32]:
    return features.dot(weights).sigmoid()

# %% linear_score symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def score(
    features: kt.Tensor[tuple[N, I], kt.float32], weights: kt.Tensor[tuple[I], kt.float32]
) -> kt.Tensor[tuple[N], kt.float32]:
    return weights.dot(features).sigmoid()  # E: tensor-shape dot (I,) (N, I)

# %% cosine wrong
import ktensor as kt

a, b = kt.ones((300,)), kt.ones((200,))
similarity = kt.dot(a, b) / (a.square().sum().sqrt() * b.square().sum().sqrt())  # E: tensor-shape dot (300,) (200,)

# %% cosine right
import ktensor as kt

a, b = kt.ones((300,)), kt.ones((300,))
similarity = kt.dot(a, b) / (a.square().sum().sqrt() * b.square().sum().sqrt())
assert float(similarity) > 0.99
scalar: kt.Tensor[tuple[()], kt.float32] = similarity

# %% cosine symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def cosine(a: kt.Tensor[tuple[N], D], b: kt.Tensor[tuple[N], D]) -> kt.Tensor[tuple[()], D]:
    return kt.dot(a, b)

# %% matrix_vector_result wrong
import ktensor as kt

stiffness = kt.eye(6)
load = kt.ones((6,))
moved = stiffness @ load
again = moved.dot(kt.ones((6, 2)))
more = again @ stiffness  # E: tensor-shape matmul (2,) (6, 6)

# %% matrix_vector_result right
import ktensor as kt

stiffness = kt.eye(6)
load = kt.ones((6,))
moved = stiffness @ load
again = moved.dot(kt.ones((6, 2)))
more = again @ kt.ones((2, 6)) @ stiffness

# %% matrix_vector_result symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def power_iteration(
    a: kt.Tensor[tuple[N, N], kt.float64], start: kt.Tensor[tuple[N], kt.float64], steps: int
) -> kt.Tensor[tuple[N], kt.float64]:
    v = start
    for _ in range(steps):
        v = a @ v
        v = v / v.square().sum().sqrt()
    return v
