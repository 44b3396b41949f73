# %% list_of_layers wrong
from collections.abc import Callable
from typing import Literal as L

import ktensor as kt

Hidden = kt.Tensor[tuple[L[8], L[16]], kt.float32]


def widen(x: Hidden) -> kt.Tensor[tuple[L[8], L[32]], kt.float32]:
    return x.dot(kt.zeros((16, 32)))


def square(x: Hidden) -> Hidden:
    return x.dot(kt.zeros((16, 16)))


x: Hidden = kt.zeros((8, 16))
layers: list[Callable[[Hidden], Hidden]] = [square, square]
for layer in layers:
    x = layer(x)
y = widen(x).dot(kt.zeros((16, 2)))  # E: tensor-shape dot (8, 32) (16, 2)

# %% list_of_layers right
from collections.abc import Callable
from typing import Literal as L

import ktensor as kt

Hidden = kt.Tensor[tuple[L[8], L[16]], kt.float32]


def widen(x: Hidden) -> kt.Tensor[tuple[L[8], L[32]], kt.float32]:
    return x.dot(kt.zeros((16, 32)))


def square(x: Hidden) -> Hidden:
    return x.dot(kt.zeros((16, 16)))


x: Hidden = kt.zeros((8, 16))
layers: list[Callable[[Hidden], Hidden]] = [square, square]
for layer in layers:
    x = layer(x)
y = widen(x).dot(kt.zeros((32, 2)))

# %% list_of_layers symbolic
from collections.abc import Sequence
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def deep(
    x: kt.Tensor[tuple[B, N], kt.float32], kernels: Sequence[kt.Tensor[tuple[N, N], kt.float32]]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    for kernel in kernels:
        x = x + x.dot(kernel).relu()
    return x

# %% list_of_layers symbolic-wrong
from collections.abc import Sequence
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def deep(
    x: kt.Tensor[tuple[B, N], kt.float32], kernels: Sequence[kt.Tensor[tuple[N, M], kt.float32]]
) -> kt.Tensor[tuple[B, N], kt.float32]:
    for kernel in kernels:
        x = x + x.dot(kernel)  # E: tensor-shape add (B, N) (B, M)
    return x

# %% tuple_of_kernels wrong
import ktensor as kt

kernels = (kt.zeros((10, 20)), kt.zeros((20, 30)), kt.zeros((40, 5)))
x = kt.zeros((3, 10))
h = x.dot(kernels[0]).tanh().dot(kernels[1]).tanh()
y = h.dot(kernels[2])  # E: tensor-shape dot (3, 30) (40, 5)

# %% tuple_of_kernels right
from typing_extensions import reveal_type

import ktensor as kt

kernels = (kt.zeros((10, 20)), kt.zeros((20, 30)), kt.zeros((30, 5)))
x = kt.zeros((3, 10))
h = x.dot(kernels[0]).tanh().dot(kernels[1]).tanh()
y = h.dot(kernels[2])
reveal_type(y)  # R: Tensor[tuple[L[3], L[5]], float32]
for kernel in kernels:
    norm = kernel.square().sum()

# %% tuple_of_kernels symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def two(
    x: kt.Tensor[tuple[B, I], kt.float32],
    kernels: tuple[kt.Tensor[tuple[I, H], kt.float32], kt.Tensor[tuple[H, O], kt.float32]],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    first, second = kernels
    return x.dot(first).relu().dot(second)

# %% tuple_of_kernels symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def two(
    x: kt.Tensor[tuple[B, I], kt.float32],
    kernels: tuple[kt.Tensor[tuple[I, H], kt.float32], kt.Tensor[tuple[H, O], kt.float32]],
) -> kt.Tensor[tuple[B, O], kt.float32]:
    first, second = kernels
    return x.dot(second)  # E: tensor-shape dot (B, I) (H, O)

# %% compose wrong
from collections.abc import Callable
from typing import TypeVar

import ktensor as kt

X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")


def compose(f: Callable[[X], Y], g: Callable[[Y], Z]) -> Callable[[X], Z]:
    return lambda x: g(f(x))


B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def normalise(x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
    return x - x.mean(axis=1, keepdims=True)


rows = compose(normalise, normalise)(kt.zeros((6, 5)))
w = kt.zeros((4, 2))
y = normalise(rows).dot(w) + normalise(kt.zeros((6, 5))).dot(w)  # E: tensor-shape dot (6, 5) (4, 2)

# %% compose right
from collections.abc import Callable
from typing import TypeVar

import ktensor as kt

X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")


def compose(f: Callable[[X], Y], g: Callable[[Y], Z]) -> Callable[[X], Z]:
    return lambda x: g(f(x))


B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def normalise(x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
    return x - x.mean(axis=1, keepdims=True)


rows = compose(normalise, normalise)(kt.zeros((6, 5)))
w = kt.zeros((5, 2))
y = normalise(rows).dot(w) + normalise(kt.zeros((6, 5))).dot(w)

# %% compose symbolic
from collections.abc import Callable
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def repeat(
    f: Callable[[kt.Tensor[tuple[B, N], kt.float32]], kt.Tensor[tuple[B, N], kt.float32]],
    x: kt.Tensor[tuple[B, N], kt.float32],
    times: int,
) -> kt.Tensor[tuple[B, N], kt.float32]:
    for _ in range(times):
        x = f(x) + x
    return x

# %% list_taken_apart wrong
import ktensor as kt

weights = [kt.ones((2, 3)), kt.ones((4, 5))]
a, b = weights
y = a.dot(b)  # E: tensor-shape dot (2, 3) (4, 5)

# %% list_taken_apart right
import ktensor as kt

weights = [kt.ones((2, 3)), kt.ones((3, 5))]
a, b = weights
y = a.dot(b) + kt.ones((2, 5))
c, d = [kt.ones((2, 3)), kt.ones((3, 4))]
for _ in range(2):
    c, d = d, c
z = c.dot(d)

# %% size_of_an_enum wrong
from enum import Enum

import ktensor as kt


class Size(Enum):
    IN = 8
    OUT = 3


w = kt.ones((Size.IN.value, Size.OUT.value))
y = kt.ones((5, Size.OUT.value)).dot(w)  # E: tensor-shape dot (5, 3) (8, 3)

# %% size_of_an_enum right
from enum import Enum

import ktensor as kt


class Size(Enum):
    IN = 8
    OUT = IN - 5


w = kt.ones((Size.IN.value, Size.OUT.value))
y = kt.ones((5, Size.IN.value)).dot(w) + kt.ones((3,))
