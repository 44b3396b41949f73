# %% float_tokens wrong
import ktensor as kt

table = kt.variable(kt.zeros((1000, 64)))
tokens = kt.placeholder((None, 20))
vectors = table.gather(tokens)  # E: tensor-dtype gather float32

# %% float_tokens right
from typing_extensions import reveal_type

import ktensor as kt

table = kt.variable(kt.zeros((1000, 64)))
tokens = kt.placeholder((None, 20), dtype="int32")
vectors = table.gather(tokens)
reveal_type(vectors)  # R: Tensor[tuple[Any, L[20], L[64]], float32]

# %% float_tokens symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def embed(
    table: kt.Tensor[tuple[V, E], kt.float32], tokens: kt.Tensor[tuple[B, T], kt.int32]
) -> kt.Tensor[tuple[B, T, E], kt.float32]:
    return table.gather(tokens)

# %% float_tokens symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def embed(
    table: kt.Tensor[tuple[V, E], kt.float32], tokens: kt.Tensor[tuple[B, T], kt.float32]
) -> kt.Tensor[tuple[B, T, E], kt.float32]:
    return table.gather(tokens)  # E: tensor-dtype gather float32

# %% positions wrong
from ktensor import functional as K

table = K.zeros((50, 8))
position = K.arange(10) / 2
rows = K.gather(table, position)  # E: tensor-dtype gather float32

# %% positions right
from typing_extensions import reveal_type

from ktensor import functional as K

table = K.zeros((50, 8))
position = K.arange(10) // 2
rows = K.gather(table, position)
reveal_type(rows)  # R: Tensor[tuple[L[10], L[8]], float32]

# %% positions symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def rows(
    table: kt.Tensor[tuple[V, E], kt.float32], best: kt.Tensor[tuple[N, V], kt.float32]
) -> kt.Tensor[tuple[N, E], kt.float32]:
    return K.gather(table, K.argmax(best, axis=1))

# %% positions symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def rows(
    table: kt.Tensor[tuple[V, E], kt.float32], best: kt.Tensor[tuple[N, V], kt.float32]
) -> kt.Tensor[tuple[N, E], kt.float32]:
    return K.gather(table, K.max(best, axis=1))  # E: tensor-dtype gather float32

# %% bracket_lookup wrong
import ktensor as kt

table = kt.ones((9, 4))
ids = kt.constant([1.0, 2.0, 3.0])
rows = table[ids]  # E: tensor-dtype index float32

# %% bracket_lookup right
import ktensor as kt

table = kt.ones((9, 4))
ids = kt.constant([1, 2, 3])
rows = table[ids].dot(kt.ones((4, 2)))
some = table[table.sum(axis=1) > 0]

# %% bracket_lookup symbolic
from typing import TypeVar

import ktensor as kt

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def rows(
    table: kt.Tensor[tuple[V, E], kt.float32], ids: kt.Tensor[tuple[N], kt.int64]
) -> kt.Tensor[tuple[N, E], kt.float32]:
    return table[ids]

# %% wrong_axis wrong
import ktensor as kt

logits = kt.ones((7, 30))
ids = kt.zeros((7,), dtype=kt.int64)
picked = logits.gather(ids, axis=2)  # E: tensor-shape gather axis 2

# %% wrong_axis right
import ktensor as kt

logits = kt.ones((7, 30))
ids = kt.zeros((7,), dtype=kt.int64)
picked = logits.gather(ids, axis=1) + kt.ones((7, 7))

# %% wrong_axis symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
J = TypeVar("J", bound=kt.Dim)


def columns(
    logits: kt.Tensor[tuple[N, M], kt.float32], ids: kt.Tensor[tuple[J], kt.int32]
) -> kt.Tensor[tuple[N, J], kt.float32]:
    return logits.gather(ids, axis=1)
