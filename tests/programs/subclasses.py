# %% variable_methods wrong
import ktensor as kt

kernel = kt.variable(kt.zeros((3, 5)))
row = kernel[0]
y = kernel.dot(row) + kernel.T.dot(row)  # E: tensor-shape dot (5, 3) (5,)

# %% variable_methods right
import ktensor as kt

kernel = kt.variable(kt.zeros((3, 5)))
row = kernel[0]
y = kernel.dot(row) + kernel.T.dot(kernel[:, 0])[:3]

# %% variable_methods symbolic
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def gram(kernel: kt.Variable[tuple[I, O], kt.float32]) -> kt.Tensor[tuple[O, O], kt.float32]:
    return kernel.T.dot(kernel) - kernel.square().sum()

# %% variable_methods symbolic-wrong
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def gram(kernel: kt.Variable[tuple[I, O], kt.float32]) -> kt.Tensor[tuple[O, O], kt.float32]:
    return kernel.dot(kernel)  # E: tensor-shape dot (I, O) (I, O)

# %% own_subclass wrong
from typing import Any
from typing import Literal as L

import ktensor as kt


class Image(kt.Tensor[tuple[L[8], L[8], L[3]], kt.float32]):
    @classmethod
    def of(cls, x: kt.Tensor[Any, kt.float32]) -> "Image":
        return cls(x._node)

    def grey(self) -> kt.Tensor[tuple[L[8], L[8]], kt.float32]:
        return self.mean(axis=-1)

    def tint(self) -> kt.Tensor:
        return self * kt.ones((4,))  # E: tensor-shape multiply (8, 8, 3) (4,)


image = Image.of(kt.zeros((8, 8, 3)))
y = image.grey().dot(image[:, :, 0])
image.tint()

# %% own_subclass right
from typing import Any
from typing import Literal as L

import ktensor as kt


class Image(kt.Tensor[tuple[L[8], L[8], L[3]], kt.float32]):
    @classmethod
    def of(cls, x: kt.Tensor[Any, kt.float32]) -> "Image":
        return cls(x._node)

    def grey(self) -> kt.Tensor[tuple[L[8], L[8]], kt.float32]:
        return self.mean(axis=-1)

    def tint(self) -> kt.Tensor[tuple[L[8], L[8], L[3]], kt.float32]:
        return self * kt.ones((3,))


image = Image.of(kt.zeros((8, 8, 3)))
y = image.grey().dot(image[:, :, 0])
image.tint()

# %% own_subclass symbolic
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Kernel(kt.Variable[tuple[I, O], kt.float32], Generic[I, O]):
    def apply(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self)

    def back(self, y: kt.Tensor[tuple[B, O], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
        return y.dot(self.T)


def autoencode(kernel: Kernel[I, O], x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return kernel.back(kernel.apply(x).sigmoid()) - x

# %% own_subclass symbolic-wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Kernel(kt.Variable[tuple[I, O], kt.float32], Generic[I, O]):
    def apply(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return self.dot(x)  # E: tensor-shape dot (I, O) (B, I)

# %% subclass_operand wrong
from typing import Literal as L

import ktensor as kt


class Mask(kt.Tensor[tuple[L[6], L[6]], kt.float32]):
    pass


mask = Mask(kt.eye(6)._node)
y = kt.zeros((2, 5, 6)) + mask  # E: tensor-shape add (2, 5, 6) (6, 6)

# %% subclass_operand right
from typing import Literal as L

import ktensor as kt


class Mask(kt.Tensor[tuple[L[6], L[6]], kt.float32]):
    pass


mask = Mask(kt.eye(6)._node)
y = kt.zeros((2, 6, 6)) + mask
z = kt.concatenate([mask, mask[:2]], axis=0).dot(mask)

# %% subclass_operand symbolic
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)


class Mask(kt.Tensor[tuple[T, T], kt.float32], Generic[T]):
    pass


def masked(scores: kt.Tensor[tuple[B, T, T], kt.float32], mask: Mask[T]) -> kt.Tensor[tuple[B, T, T], kt.float32]:
    return (scores + mask).softmax() * mask.transpose(1, 0)
