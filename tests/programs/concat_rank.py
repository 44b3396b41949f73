# %% vector_and_matrix wrong
import ktensor as kt

embeddings = kt.zeros((20, 64))
unknown = kt.zeros((64,))
table = kt.concatenate([embeddings, unknown], axis=0)  # E: tensor-shape concatenate (20, 64) (64,)

# %% vector_and_matrix right
import ktensor as kt

embeddings = kt.zeros((20, 64))
unknown = kt.zeros((64,))
table = kt.concatenate([embeddings, unknown[None]], axis=0)

# %% vector_and_matrix symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def with_unknown(
    table: kt.Tensor[tuple[V, E], kt.float32], unknown: kt.Tensor[tuple[E], kt.float32]
) -> kt.Tensor[tuple[kt.Add[V, L[1]], E], kt.float32]:
    return kt.concatenate([table, unknown[None]], axis=0)

# %% vector_and_matrix symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def with_unknown(
    table: kt.Tensor[tuple[V, E], kt.float32], unknown: kt.Tensor[tuple[E], kt.float32]
) -> kt.Tensor[tuple[kt.Add[V, L[1]], E], kt.float32]:
    return kt.concatenate([table, unknown], axis=0)  # E: tensor-shape concatenate (V, E) (E,)

# %% reduced_statistics wrong
from ktensor import functional as K

x = K.placeholder((None, 40, 8))
stats = K.concatenate([K.mean(x, axis=1), K.max(x, axis=1, keepdims=True)])  # E: tensor-shape concatenate (None, 8)

# %% reduced_statistics right
from typing_extensions import reveal_type

from ktensor import functional as K

x = K.placeholder((None, 40, 8))
stats = K.concatenate([K.mean(x, axis=1), K.max(x, axis=1)])
reveal_type(stats)  # R: Tensor[tuple[Any, L[16]], float32]

# %% reduced_statistics symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def statistics(x: kt.Tensor[tuple[B, T, F], kt.float32]) -> kt.Tensor[tuple[B, kt.Mul[L[2], F]], kt.float32]:
    return K.concatenate([K.mean(x, axis=1), K.max(x, axis=1)])
