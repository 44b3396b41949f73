# %% map_lambda wrong
import ktensor as kt

rows = kt.zeros((6, 3))
w = kt.zeros((4, 5))
y = kt.map_fn(lambda row: row.dot(w), rows)  # E: tensor-shape dot (3,) (4, 5)

# %% map_lambda right
from typing_extensions import reveal_type

import ktensor as kt

rows = kt.zeros((6, 3))
w = kt.zeros((3, 5))
y = kt.map_fn(lambda row: row.dot(w), rows)
reveal_type(y)  # R: Tensor[tuple[L[6], L[5]], float32]

# %% map_lambda symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def each(
    x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[B, M], kt.float32]:
    return kt.map_fn(lambda row: row.dot(w).softmax(), x)

# %% map_lambda symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def each(
    x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[B, M], kt.float32]:
    return kt.map_fn(lambda row: row.dot(w.T).softmax(), x)  # E: tensor-shape dot (N,) (M, N)

# %% map_closure wrong
from typing import Literal as L

import ktensor as kt
from ktensor import functional as K

centre = K.zeros((4,))


def distance(point: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
    return K.sum(K.square(point - centre))  # E: tensor-shape subtract (3,) (4,)


d = K.map_fn(distance, K.zeros((10, 3)))

# %% map_closure right
from typing import Literal as L

import ktensor as kt
from ktensor import functional as K

centre = K.zeros((3,))


def distance(point: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
    return K.sum(K.square(point - centre))


d = K.map_fn(distance, K.zeros((10, 3)))
total = d + K.zeros((10,))

# %% map_closure symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def distances(
    points: kt.Tensor[tuple[B, N], kt.float32], centre: kt.Tensor[tuple[N], kt.float32]
) -> kt.Tensor[tuple[B], kt.float32]:
    def distance(point: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
        return K.sum(K.square(point - centre))

    return K.map_fn(distance, points)

# %% fold_sum wrong
import ktensor as kt

rows = kt.ones((5, 3))
total = kt.foldl(lambda acc, row: acc + row, rows, kt.zeros((4,)))  # E: tensor-shape add (4,) (3,)

# %% fold_sum right
from typing_extensions import reveal_type

import ktensor as kt

rows = kt.ones((5, 3))
total = kt.foldl(lambda acc, row: acc + row, rows, kt.zeros((3,)))
reveal_type(total)  # R: Tensor[tuple[L[3]], float32]
first = kt.foldl(lambda acc, row: acc.maximum(row), rows)

# %% fold_sum symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def gram(rows: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[N, N], kt.float32]:
    n = rows.shape[1]
    return kt.foldl(lambda acc, row: acc + row[:, None] * row, rows, kt.zeros((n, n)))

# %% fold_sum symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def gram(rows: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[N, N], kt.float32]:
    start = kt.zeros((rows.shape[0], rows.shape[0]))
    return kt.foldl(lambda acc, row: acc + row[:, None] * row, rows, start)  # E: tensor-shape add (B, B) (N, N)

# %% fold_grows wrong
import ktensor as kt

rows = kt.ones((5, 3))
total = kt.foldl(lambda acc, row: acc + row, rows, kt.zeros((1,)))  # E: tensor-shape foldl (1,) (3,)

# %% fold_grows right
import ktensor as kt

rows = kt.ones((5, 3))
total = kt.foldl(lambda acc, row: acc + row.sum(keepdims=True), rows, kt.zeros((1,)))

# %% fold_grows symbolic
from typing import TypeVar

import ktensor as kt

T = TypeVar("T", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def product(
    matrices: kt.Tensor[tuple[T, N, N], kt.float64], start: kt.Tensor[tuple[N, N], kt.float64]
) -> kt.Tensor[tuple[N, N], kt.float64]:
    return kt.foldl(lambda acc, m: acc @ m, matrices, start)

# %% switch_branches wrong
import ktensor as kt

x = kt.placeholder((8, 4))
narrow, wide = kt.ones((4, 2)), kt.ones((4, 3))
y = kt.switch(x.sum() > 0, lambda: x.dot(narrow), lambda: x.dot(wide))  # E: tensor-shape switch (8, 2) (8, 3)

# %% switch_branches right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.placeholder((8, 4))
narrow, wide = kt.ones((4, 2)), kt.ones((4, 3))
y = kt.switch(x.sum() > 0, lambda: x.dot(narrow), lambda: x.dot(wide)[:, 1:])
reveal_type(y)  # R: Tensor[tuple[L[8], L[2]], float32]
z = kt.switch(x > 0, x, kt.zeros((8, 4)))

# %% switch_branches symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def maybe(
    training: kt.Tensor[tuple[()], kt.bool_], x: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return kt.switch(training, lambda: x * 2.0, lambda: x)

# %% switch_branches symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def maybe(
    training: kt.Tensor[tuple[()], kt.bool_], x: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return kt.switch(training, lambda: x.T, lambda: x)  # E: tensor-shape switch (N, B) (B, N)

# %% plain_higher_order wrong
from collections.abc import Callable
from typing import Literal as L

import ktensor as kt

Row = kt.Tensor[tuple[L[7]], kt.float32]


def apply(f: Callable[[Row], kt.Tensor], row: Row) -> kt.Tensor:
    return f(row)


table = kt.zeros((5, 7))
y = apply(lambda row: table.T.dot(row), kt.ones((7,)))  # E: tensor-shape dot (7, 5) (7,)

# %% plain_higher_order right
from collections.abc import Callable
from typing import Literal as L

import ktensor as kt

Row = kt.Tensor[tuple[L[7]], kt.float32]


def apply(f: Callable[[Row], kt.Tensor], row: Row) -> kt.Tensor:
    return f(row)


table = kt.zeros((5, 7))
y = apply(lambda row: table.dot(row), kt.ones((7,)))

# %% plain_higher_order symbolic
from collections.abc import Callable
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def linear_map(
    w: kt.Tensor[tuple[N, M], kt.float32],
) -> Callable[[kt.Tensor[tuple[N], kt.float32]], kt.Tensor[tuple[M], kt.float32]]:
    return lambda row: row.dot(w)


def mapped(
    x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[B, M], kt.float32]:
    return kt.map_fn(linear_map(w), x)
