# %% callable_layer wrong
from typing import Protocol, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Layer(Protocol[I, O]):
    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32], /) -> kt.Tensor[tuple[B, O], kt.float32]: ...


def twice(layer: Layer[I, I], x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return layer(layer(x))


def centre(x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return x - x.mean(axis=0)


y = twice(centre, kt.zeros((5, 4)))
z = y.dot(kt.zeros((5, 4)))  # E: tensor-shape dot (5, 4) (5, 4)

# %% callable_layer right
from typing import Protocol, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Layer(Protocol[I, O]):
    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32], /) -> kt.Tensor[tuple[B, O], kt.float32]: ...


def twice(layer: Layer[I, I], x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return layer(layer(x))


def centre(x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return x - x.mean(axis=0)


y = twice(centre, kt.zeros((5, 4)))
z = y.dot(kt.zeros((4, 5)))

# %% callable_layer symbolic
from typing import Protocol, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Layer(Protocol[I, O]):
    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32], /) -> kt.Tensor[tuple[B, O], kt.float32]: ...


def chain(
    first: Layer[I, H], second: Layer[H, O], x: kt.Tensor[tuple[B, I], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return second(first(x).relu())

# %% callable_layer symbolic-wrong
from typing import Protocol, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Layer(Protocol[I, O]):
    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32], /) -> kt.Tensor[tuple[B, O], kt.float32]: ...


def chain(first: Layer[I, H], second: Layer[H, O], x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor:
    return first(second(x).relu())  # E: tensor-shape (B, I) H

# %% attribute_protocol wrong
from typing import Literal as L
from typing import Protocol

import ktensor as kt


class HasKernel(Protocol):
    @property
    def kernel(self) -> kt.Tensor[tuple[L[6], L[2]], kt.float32]: ...


class Model:
    def __init__(self) -> None:
        self.kernel = kt.ones((6, 2))


def score(model: HasKernel) -> kt.Tensor[tuple[L[9], L[2]], kt.float32]:
    return kt.ones((9, 2)) @ model.kernel  # E: tensor-shape matmul (9, 2) (6, 2)


score(Model())

# %% attribute_protocol right
from typing import Literal as L
from typing import Protocol

import ktensor as kt


class HasKernel(Protocol):
    @property
    def kernel(self) -> kt.Tensor[tuple[L[6], L[2]], kt.float32]: ...


class Model:
    def __init__(self) -> None:
        self.kernel = kt.ones((6, 2))


def score(model: HasKernel) -> kt.Tensor[tuple[L[9], L[2]], kt.float32]:
    return kt.ones((9, 6)) @ model.kernel


score(Model())

# %% attribute_protocol symbolic
from typing import Protocol, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class HasKernel(Protocol[I, O]):
    @property
    def kernel(self) -> kt.Tensor[tuple[I, O], kt.float32]: ...


def decode(model: HasKernel[I, O], code: kt.Tensor[tuple[B, O], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return code @ model.kernel.T

# %% attribute_protocol symbolic-wrong
from typing import Protocol, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class HasKernel(Protocol[I, O]):
    @property
    def kernel(self) -> kt.Tensor[tuple[I, O], kt.float32]: ...


def decode(model: HasKernel[I, O], code: kt.Tensor[tuple[B, O], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
    return code @ model.kernel  # E: tensor-shape matmul (B, O) (I, O)
