# %% optional_bias wrong
from typing import Literal as L
from typing import Optional

import ktensor as kt


def dense(bias: Optional[kt.Tensor[tuple[L[8]], kt.float32]] = None) -> kt.Tensor:
    y = kt.zeros((4, 10)).dot(kt.zeros((10, 6)))
    if bias is not None:
        y = y + bias  # E: tensor-shape add (4, 6) (8,)
    return y


plain = dense()
shifted = dense(kt.zeros((8,)))

# %% optional_bias right
from typing import Literal as L
from typing import Optional

import ktensor as kt


def dense(bias: Optional[kt.Tensor[tuple[L[6]], kt.float32]] = None) -> kt.Tensor[tuple[L[4], L[6]], kt.float32]:
    y = kt.zeros((4, 10)).dot(kt.zeros((10, 6)))
    if bias is not None:
        y = y + bias
    return y


plain = dense()
shifted = dense(kt.zeros((6,)))

# %% optional_bias symbolic
from typing import Optional, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def dense(
    x: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[I, O], kt.float32],
    bias: Optional[kt.Tensor[tuple[O], kt.float32]] = None,
) -> kt.Tensor[tuple[B, O], kt.float32]:
    y = x.dot(w)
    return y if bias is None else y + bias


both = dense(kt.zeros((2, 3)), kt.zeros((3, 5))) + dense(kt.zeros((2, 3)), kt.zeros((3, 5)), kt.zeros((5,)))

# %% optional_bias symbolic-wrong
from typing import Optional, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def dense(
    x: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[I, O], kt.float32],
    bias: Optional[kt.Tensor[tuple[I], kt.float32]] = None,
) -> kt.Tensor[tuple[B, O], kt.float32]:
    y = x.dot(w)
    return y if bias is None else y + bias  # E: tensor-shape add (B, O) (I,)

# %% mask_attribute wrong
import ktensor as kt


class Scorer:
    def __init__(self) -> None:
        self.mask: kt.Tensor | None = None
        self.kernel = kt.ones((12, 1))

    def __call__(self) -> kt.Tensor:
        scores = kt.ones((3, 12))
        if self.mask is not None:
            scores = scores * self.mask
        return kt.ones((3, 10)).dot(self.kernel)  # E: tensor-shape dot (3, 10) (12, 1)


Scorer()()

# %% mask_attribute right
import ktensor as kt


class Scorer:
    def __init__(self) -> None:
        self.mask: kt.Tensor | None = None
        self.kernel = kt.ones((12, 1))

    def __call__(self) -> kt.Tensor:
        scores = kt.ones((3, 12))
        if self.mask is not None:
            scores = scores * self.mask
        return scores.dot(self.kernel)


scorer = Scorer()
scorer.mask = kt.zeros((12,))
scorer()

# %% mask_attribute symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


def pooled(
    x: kt.Tensor[tuple[B, T], kt.float32], mask: kt.Tensor[tuple[B, T], kt.bool_] | None
) -> kt.Tensor[tuple[B], kt.float32]:
    if mask is None:
        return x.mean(axis=1)
    kept = mask.cast("float32")
    return (x * kept).sum(axis=1) / kept.sum(axis=1).maximum(1.0)
