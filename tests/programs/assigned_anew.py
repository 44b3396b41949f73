# %% buffer wrong
import ktensor as kt


class Buffer:
    def __init__(self) -> None:
        self.rows = kt.ones((0, 3))

    def add(self, x: kt.Tensor) -> None:
        self.rows = kt.concatenate([self.rows, x.reshape(-1, 3)], axis=0)

    def scaled(self) -> kt.Tensor:
        return self.rows * kt.ones((4,))  # E: tensor-shape multiply (None, 3) (4,)


b = Buffer()
b.add(kt.ones((2, 3)))
y = b.scaled()

# %% buffer right
import ktensor as kt


class Buffer:
    def __init__(self) -> None:
        self.rows = kt.ones((0, 3))
        self.add(kt.ones((1, 3)))
        self.first = self.rows + kt.ones((1, 3))

    def total(self) -> kt.Tensor:
        return self.rows + kt.ones((3, 3))

    def add(self, x: kt.Tensor) -> None:
        self.rows = kt.concatenate([self.rows, x], axis=0)


b = Buffer()
for _ in range(2):
    b.add(kt.ones((1, 3)))
y = b.rows + kt.ones((3, 3))
z = b.total()

# %% state_of_a_cell wrong
from typing import Any, Literal as L

import ktensor as kt


class Cell:
    def __init__(self) -> None:
        self.h = kt.ones((2, 8))

    def step(self, x: kt.Tensor[tuple[L[2], L[3]], kt.float32]) -> kt.Tensor[tuple[Any, Any], kt.float32]:
        mixed = x.dot(kt.ones((3, 8))) + self.h.dot(kt.ones((9, 8)))  # E: tensor-shape dot (2, 8) (9, 8)
        self.h = mixed.tanh()
        return self.h


y = Cell().step(kt.ones((2, 3)))

# %% state_of_a_cell right
from typing import Any, Literal as L

import ktensor as kt


class Cell:
    def __init__(self) -> None:
        self.h = kt.ones((2, 8))

    def step(self, x: kt.Tensor[tuple[L[2], L[3]], kt.float32]) -> kt.Tensor[tuple[Any, Any], kt.float32]:
        mixed = x.dot(kt.ones((3, 8))) + self.h.dot(kt.ones((8, 8)))
        self.h = mixed.tanh()
        return self.h


y = Cell().step(kt.ones((2, 3)))

# %% global_and_nonlocal wrong
import ktensor as kt

seen = kt.ones((0, 3))


def push(x: kt.Tensor) -> None:
    global seen
    seen = kt.concatenate([seen, x.reshape(-1, 3)], axis=0)


push(kt.ones((2, 3)))
y = seen + kt.ones((4,))  # E: tensor-shape add (None, 3) (4,)

# %% global_and_nonlocal right
import ktensor as kt

seen = kt.ones((0, 3))


def push(x: kt.Tensor) -> None:
    global seen
    seen = kt.concatenate([seen, x], axis=0)


def count() -> kt.Tensor:
    rows = kt.ones((0, 3))

    def add(x: kt.Tensor) -> None:
        nonlocal rows
        rows = kt.concatenate([rows, x], axis=0)

    add(kt.ones((2, 3)))
    return rows + kt.ones((2, 3))


push(kt.ones((2, 3)))
y = seen + kt.ones((2, 3))
z = count()
