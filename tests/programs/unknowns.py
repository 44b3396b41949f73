# %% bare_tensor wrong
import ktensor as kt


def head(features: kt.Tensor) -> kt.Tensor:
    anything = features.dot(kt.zeros((16, 4)))
    known = kt.zeros((3, 4)) + anything
    return kt.zeros((3, 4)).dot(kt.zeros((5, 2))) + known  # E: tensor-shape dot (3, 4) (5, 2)


y = head(kt.zeros((3, 16)))

# %% bare_tensor right
import ktensor as kt


def head(features: kt.Tensor) -> kt.Tensor:
    anything = features.dot(kt.zeros((16, 4)))
    first, rest = anything[0], anything[1:, :2]
    matrix: kt.Tensor = kt.stack([first, first]).reshape(-1, 2)
    return kt.concatenate([matrix, rest], axis=0) * anything.mean()


y = head(kt.zeros((3, 16)))
size = y.shape[0]
for row in y:
    total = row.sum()

# %% bare_tensor symbolic
from typing import Any, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def mixed(
    x: kt.Tensor[tuple[B, N], kt.float32], y: kt.Tensor, z: kt.Tensor[tuple[Any, N], kt.float32]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    combined: kt.Tensor[tuple[B, N], kt.float32] = x + y
    return combined.dot(z.T).dot(z)

# %% axis_at_run_time wrong
import ktensor as kt


def reduce(axis: int) -> kt.Tensor:
    x = kt.ones((2, 3, 4))
    total = x.sum(axis=axis)
    return total.dot(kt.ones((4, 1))) + x.reshape(6, 5)  # E: tensor-shape reshape (2, 3, 4) (6, 5)


y = reduce(1)

# %% axis_at_run_time right
import ktensor as kt


def reduce(axis: int, keep: bool, times: int) -> kt.Tensor:
    x = kt.ones((2, 3, 4))
    total = x.sum(axis=axis, keepdims=keep).tile([1, times])
    slices = x[: times + 1, axis:] + x[:, 1:]
    parts = [part.sum() for part in x.split([1] * 3, axis=1)]
    return total.dot(kt.ones((4, 1))) + slices.sum() + kt.stack(parts).sum()


y = reduce(1, False, 1)

# %% axis_at_run_time symbolic
from typing import TypeVar

import ktensor as kt

A = TypeVar("A", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


def softmax_over(x: kt.Tensor[tuple[A, B], kt.float32], axis: int) -> kt.Tensor[tuple[A, B], kt.float32]:
    powers = (x - x.max(axis=axis, keepdims=True)).exp()
    scaled: kt.Tensor[tuple[A, B], kt.float32] = powers / powers.sum(axis=axis, keepdims=True)
    return scaled

# %% masks wrong
import ktensor as kt

scores = kt.ones((20, 3))
kept = scores[scores.sum(axis=1) > 0]
y = kept.dot(kt.ones((4, 2)))  # E: tensor-shape dot (None, 3) (4, 2)

# %% masks right
import ktensor as kt

scores = kt.ones((20, 3))
kept = scores[scores.sum(axis=1) > 0]
y = kept.dot(kt.ones((3, 2))) + kt.ones((20, 1))
positions = kt.nonzero(scores > 0)[:, 1]

# %% masks symbolic
from typing import Any, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def kept(
    boxes: kt.Tensor[tuple[N, F], kt.float32], mask: kt.Tensor[tuple[N], kt.bool_]
) -> kt.Tensor[tuple[Any, F], kt.float32]:
    return boxes[mask]

# %% masks symbolic-wrong
from typing import Any, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def kept(
    boxes: kt.Tensor[tuple[N, F], kt.float32], mask: kt.Tensor[tuple[M], kt.bool_]
) -> kt.Tensor[tuple[Any, F], kt.float32]:
    return boxes[mask]  # E: tensor-shape index (M,) (N, F)
