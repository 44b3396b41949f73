# %% nested_layers wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np

import ktensor as kt


class Dense:
    def __init__(self, inputs, outputs):
        self.w = kt.variable(0.1 * np.random.randn(inputs, outputs))
        self.b = kt.ones((outputs,))

    def __call__(self, x):
        return x.dot(self.w) + self.b


class Net:
    def __init__(self):
        self.first = Dense(10, 20)
        self.second = Dense(21, 3)

    def __call__(self, x):
        return self.second(self.first(x).relu())


net = Net()
y = net(kt.ones((4, 10)))  # E: tensor-shape dot (4, 20) (21, 3)
z = Dense(3, 2)(kt.ones((5, 4)))  # E: tensor-shape dot (5, 4) (3, 2)

# %% nested_layers right
# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np
from typing_extensions import reveal_type

import ktensor as kt


class Dense:
    def __init__(self, inputs, outputs):
        self.w = kt.variable(0.1 * np.random.randn(inputs, outputs))
        self.b = kt.ones((outputs,))

    def __call__(self, x):
        return x.dot(self.w) + self.b


class Net:
    def __init__(self):
        self.first = Dense(10, 20)
        self.second = Dense(20, 3)

    def __call__(self, x):
        return self.second(self.first(x).relu())


net = Net()
y = net(kt.ones((4, 10)))
reveal_type(y)  # R: Tensor[tuple[L[4], L[3]], float32]
z = Net()(kt.ones((5, 10)))

# %% template_method wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


class Layer:
    def __call__(self, x):
        return self.call(x).relu()

    def call(self, x):
        raise NotImplementedError


class Linear(Layer):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.w = kt.ones((inputs, outputs))

    def call(self, x):
        return x.dot(self.w)


y = Linear(8, 2)(kt.ones((3, 7)))  # E: tensor-shape dot (3, 7) (8, 2)

# %% template_method right
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


class Layer:
    def __call__(self, x):
        return self.call(x).relu()

    def call(self, x):
        raise NotImplementedError


class Linear(Layer):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.w = kt.ones((inputs, outputs))

    def call(self, x):
        return x.dot(self.w)


class Turned(Linear):
    def call(self, x):
        return super().call(x.T)


y = Linear(8, 2)(kt.ones((3, 8))) + kt.ones((3, 2))
z = Turned(3, 2)(kt.ones((3, 8))) + kt.ones((8, 2))

# %% changed_after right
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


class Layer:
    def __init__(self, size):
        self.w = kt.ones((size, 3))
        self.kept = []

    def __call__(self, x):
        return x.dot(self.w)

    def keep(self, x):
        self.kept.append(x)
        return kt.concatenate(self.kept, axis=0)


class Lazy:
    def __init__(self):
        self.w = None

    def __call__(self, x):
        if self.w is None:
            self.w = kt.ones((x.shape[-1], 4))
        return x.dot(self.w)


layer, lazy = Layer(4), Lazy()
layer.w = kt.ones((5, 3))
y = layer(kt.ones((2, 5))) + kt.ones((2, 3))
layer.keep(y)
z = layer.keep(y) + kt.ones((4, 3))
u = lazy(kt.ones((2, 5))) + kt.ones((2, 4))

# %% dataclass_fields wrong
from dataclasses import dataclass

import ktensor as kt


@dataclass
class Cell:
    w: kt.Tensor

    def run(self, x: kt.Tensor) -> kt.Tensor:
        return x.dot(self.w)


cell = Cell(kt.ones((3, 4)))
y = cell.run(kt.ones((5, 2)))  # E: tensor-shape dot (5, 2) (3, 4)

# %% dataclass_fields right
from dataclasses import dataclass

import ktensor as kt


@dataclass
class Cell:
    w: kt.Tensor

    def run(self, x: kt.Tensor) -> kt.Tensor:
        return x.dot(self.w)


@dataclass
class Other:
    w: kt.Tensor

    def change(self, w: kt.Tensor) -> None:
        self.w = w

    def run(self, x: kt.Tensor) -> kt.Tensor:
        return x.dot(self.w)


y = Cell(kt.ones((3, 4))).run(kt.ones((5, 3))) + kt.ones((5, 4))
other = Other(kt.ones((3, 4)))
other.change(kt.ones((2, 4)))
z = other.run(kt.ones((5, 2)))
