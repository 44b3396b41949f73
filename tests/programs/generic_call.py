# %% same_shape wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, N], kt.float32], y: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return (x + y) * 0.5


out = residual(kt.zeros((2, 3)), kt.zeros((2, 4)))  # E: tensor-shape residual (2, 3) (2, 4)

# %% same_shape right
from typing import TypeVar

from typing_extensions import reveal_type

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, N], kt.float32], y: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return (x + y) * 0.5


out = residual(kt.zeros((2, 4)), kt.zeros((2, 4)))
reveal_type(out)  # R: Tensor[tuple[L[2], L[4]], float32]
also = residual(kt.placeholder((None, 4)), out)

# %% same_shape symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, N], kt.float32], y: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return (x + y) * 0.5


def block(
    x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return residual(x, x.dot(w).dot(w.T))

# %% same_shape symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def residual(
    x: kt.Tensor[tuple[B, N], kt.float32], y: kt.Tensor[tuple[B, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    return (x + y) * 0.5


def block(x: kt.Tensor[tuple[B, N], kt.float32], w: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor:
    return residual(x, x.dot(w))  # E: tensor-shape residual (B, N) (B, M)

# %% inner_size wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def affine(
    x: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[I, O], kt.float32],
    b: kt.Tensor[tuple[O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return x @ w + b


h = affine(kt.zeros((5, 8)), kt.zeros((8, 6)), kt.zeros((6,)))
y = affine(h, kt.zeros((6, 3)), kt.zeros((6,)))  # E: tensor-shape affine (6, 3) (6,)

# %% inner_size right
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def affine(
    x: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[I, O], kt.float32],
    b: kt.Tensor[tuple[O], kt.float32],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return x @ w + b


h = affine(kt.zeros((5, 8)), kt.zeros((8, 6)), kt.zeros((6,)))
y = affine(h, kt.zeros((6, 3)), kt.zeros((3,)))

# %% inner_size symbolic
from typing import Any, TypeVar

import ktensor as kt

S = TypeVar("S", bound=tuple[Any, ...])
D = TypeVar("D", bound=kt.DType)


def unchanged(x: kt.Tensor[S, D], mask: kt.Tensor[S, kt.bool_]) -> kt.Tensor[S, D]:
    return x


y = unchanged(kt.zeros((2, 5)), kt.zeros((2, 5), kt.bool_)).dot(kt.zeros((5, 3)))

# %% keyword_arguments wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def iou(
    boxes: kt.Tensor[tuple[N, L[4]], kt.float32], *, truth: kt.Tensor[tuple[N, L[4]], kt.float32]
) -> kt.Tensor[tuple[N], kt.float32]:
    return kt.minimum(boxes, truth).sum(axis=1) / kt.maximum(boxes, truth).sum(axis=1)


score = iou(kt.ones((10, 4)), truth=kt.ones((12, 4)))  # E: tensor-shape iou (10, 4) (12, 4)

# %% keyword_arguments right
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def iou(
    boxes: kt.Tensor[tuple[N, L[4]], kt.float32], *, truth: kt.Tensor[tuple[N, L[4]], kt.float32]
) -> kt.Tensor[tuple[N], kt.float32]:
    return kt.minimum(boxes, truth).sum(axis=1) / kt.maximum(boxes, truth).sum(axis=1)


score = iou(truth=kt.ones((12, 4)), boxes=kt.ones((12, 4)))

# %% keyword_arguments symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def area(boxes: kt.Tensor[tuple[N, L[4]], kt.float32], *, floor: float = 0.0) -> kt.Tensor[tuple[N], kt.float32]:
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return kt.maximum(width * height, floor)


def total(boxes: kt.Tensor[tuple[N, L[4]], kt.float32]) -> kt.Tensor[tuple[()], kt.float32]:
    return area(boxes[::-1], floor=1.0).sum()

# %% dtype_variable wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def mix(a: kt.Tensor[tuple[N], D], b: kt.Tensor[tuple[N], D]) -> kt.Tensor[tuple[N], D]:
    return kt.maximum(a, b)


def make() -> kt.Tensor:
    return mix(kt.zeros((4,)), kt.zeros((3,)))  # E: tensor-shape mix (4,) (3,)


make()

# %% dtype_variable right
from typing import TypeVar

from typing_extensions import reveal_type

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def mix(a: kt.Tensor[tuple[N], D], b: kt.Tensor[tuple[N], D]) -> kt.Tensor[tuple[N], D]:
    return kt.maximum(a, b)


reveal_type(mix(kt.zeros((4,), "int8"), kt.zeros((4,), "int8")))  # R: Tensor[tuple[L[4]], int8]

# %% dtype_variable symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def columns_first(x: kt.Tensor[tuple[N, M], D]) -> kt.Tensor[tuple[M, N], D]:
    return kt.transpose(x)
