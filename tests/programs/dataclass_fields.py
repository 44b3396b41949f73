# %% plain_fields wrong
from dataclasses import dataclass
from typing import Literal as L

import ktensor as kt


@dataclass
class Params:
    kernel: kt.Tensor[tuple[L[3], L[5]], kt.float32]
    bias: kt.Tensor[tuple[L[5]], kt.float32]


params = Params(kt.zeros((3, 5)), kt.zeros((5,)))
y = kt.zeros((2, 5)).dot(params.kernel) + params.bias  # E: tensor-shape dot (2, 5) (3, 5)

# %% plain_fields right
from dataclasses import dataclass
from typing import Literal as L

import ktensor as kt


@dataclass
class Params:
    kernel: kt.Tensor[tuple[L[3], L[5]], kt.float32]
    bias: kt.Tensor[tuple[L[5]], kt.float32]


params = Params(kt.zeros((3, 5)), kt.zeros((5,)))
y = kt.zeros((2, 3)).dot(params.kernel) + params.bias

# %% plain_fields symbolic
from dataclasses import dataclass
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


@dataclass(frozen=True)
class Params(Generic[I, O]):
    kernel: kt.Tensor[tuple[I, O], kt.float32]
    bias: kt.Tensor[tuple[O], kt.float32]

    def apply(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel) + self.bias


y = Params(kt.zeros((3, 5)), kt.zeros((5,))).apply(kt.zeros((2, 3))).dot(kt.zeros((5, 4)))

# %% plain_fields symbolic-wrong
from dataclasses import dataclass
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


@dataclass(frozen=True)
class Params(Generic[I, O]):
    kernel: kt.Tensor[tuple[I, O], kt.float32]
    bias: kt.Tensor[tuple[I], kt.float32]

    def apply(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel) + self.bias  # E: tensor-shape add (B, O) (I,)

# %% constructor wrong
from dataclasses import dataclass
from typing import Literal as L

import ktensor as kt


@dataclass
class Box:
    corners: kt.Tensor[tuple[L[4]], kt.float32]
    score: kt.Tensor[tuple[()], kt.float32]


box = Box(corners=kt.zeros((5,)), score=kt.constant(0.9))  # A: tensor-shape (5,) (4,)

# %% constructor right
from dataclasses import dataclass
from typing import Literal as L

import ktensor as kt


@dataclass
class Box:
    corners: kt.Tensor[tuple[L[4]], kt.float32]
    score: kt.Tensor[tuple[()], kt.float32]


box = Box(corners=kt.zeros((5,))[:4], score=kt.constant(0.9))

# %% constructor symbolic
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from typing import Literal as L

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


@dataclass
class Boxes(Generic[N]):
    corners: kt.Tensor[tuple[N, L[4]], kt.float32]
    scores: kt.Tensor[tuple[N], kt.float32]
    names: list[str] = field(default_factory=list)

    def best(self) -> kt.Tensor[tuple[L[4]], kt.float32]:
        return self.corners.gather(self.scores.argmax())

# %% consistent_fields wrong
from dataclasses import dataclass
from typing import Generic, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


@dataclass
class Batch(Generic[N, F]):
    inputs: kt.Tensor[tuple[N, F], kt.float32]
    weights: kt.Tensor[tuple[N], kt.float32]

    def mean(self) -> kt.Tensor[tuple[F], kt.float32]:
        return self.weights.dot(self.inputs) / self.weights.sum()


mean = Batch(kt.ones((16, 3)), kt.ones((15,))).mean()  # E: tensor-shape (16, 3) (15,)

# %% consistent_fields right
from dataclasses import dataclass
from typing import Generic, TypeVar

from typing_extensions import reveal_type

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


@dataclass
class Batch(Generic[N, F]):
    inputs: kt.Tensor[tuple[N, F], kt.float32]
    weights: kt.Tensor[tuple[N], kt.float32]

    def mean(self) -> kt.Tensor[tuple[F], kt.float32]:
        return self.weights.dot(self.inputs) / self.weights.sum()


mean = Batch(kt.ones((16, 3)), kt.ones((16,))).mean()
reveal_type(mean)  # R: Tensor[tuple[L[3]], float32]

# %% consistent_fields symbolic
from dataclasses import dataclass
from typing import Generic, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


@dataclass
class Batch(Generic[N, F]):
    inputs: kt.Tensor[tuple[N, F], kt.float32]
    weights: kt.Tensor[tuple[N], kt.float32]


def join(a: Batch[N, F], b: Batch[M, F]) -> Batch[kt.Add[N, M], F]:
    inputs = kt.concatenate([a.inputs, b.inputs], axis=0)
    return Batch(inputs, kt.concatenate([a.weights, b.weights], axis=0))

# %% consistent_fields symbolic-wrong
from dataclasses import dataclass
from typing import Generic, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


@dataclass
class Batch(Generic[N, F]):
    inputs: kt.Tensor[tuple[N, F], kt.float32]
    weights: kt.Tensor[tuple[N], kt.float32]


def weighted(a: Batch[N, F], b: Batch[M, F]) -> kt.Tensor:
    return b.weights.dot(a.inputs)  # E: tensor-shape dot (M,) (N, F)
