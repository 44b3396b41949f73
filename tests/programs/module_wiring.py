# %% two_layers wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))
        self.bias = kt.variable(kt.zeros((outputs,)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel) + self.bias


hidden = Dense(784, 128)
scores = Dense(100, 10)
y = scores(hidden(kt.zeros((32, 784))))  # E: tensor-shape (32, 128) 100

# %% two_layers right
from typing import Generic, TypeVar

from typing_extensions import reveal_type

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))
        self.bias = kt.variable(kt.zeros((outputs,)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel) + self.bias


hidden = Dense(784, 128)
scores = Dense(128, 10)
y = scores(hidden(kt.zeros((32, 784))))
reveal_type(y)  # R: Tensor[tuple[L[32], L[10]], float32]
reveal_type(hidden)  # R: Dense[L[784], L[128]]

# %% two_layers symbolic
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel)


class Mlp(Generic[I, H, O]):
    def __init__(self, inputs: I, hidden: H, outputs: O) -> None:
        self.first = Dense(inputs, hidden)
        self.second = Dense(hidden, outputs)

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return self.second(self.first(x).relu())


y = Mlp(784, 128, 10)(kt.placeholder((None, 784))).dot(kt.zeros((10, 2)))

# %% two_layers symbolic-wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((outputs, inputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel)  # E: tensor-shape dot (B, I) (O, I)

# %% bias_inside wrong
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Affine(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.w = kt.ones((inputs, outputs))
        self.b = kt.zeros((inputs,))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x @ self.w + self.b  # E: tensor-shape add (B, O) (I,)


y = Affine(3, 5)(kt.ones((2, 3)))

# %% bias_inside right
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Affine(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.w = kt.ones((inputs, outputs))
        self.b = kt.zeros((outputs,))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x @ self.w + self.b


y = Affine(3, 5)(kt.ones((2, 3))) + kt.ones((5,))

# %% bias_inside symbolic
from typing import Generic, TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Highway(Generic[I]):
    def __init__(self, units: I) -> None:
        self.w = kt.variable(kt.zeros((units, 2 * units)))
        self.b = kt.variable(kt.zeros((2 * units,)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, I], kt.float32]:
        gate, value = (x @ self.w + self.b).split(2, axis=1)
        t = gate.sigmoid()
        return t * value.tanh() + (1 - t) * x

# %% conv_to_dense wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


class Head(Generic[N]):
    def __init__(self, features: N) -> None:
        self.w = kt.variable(kt.zeros((features, 10)))

    def logits(self, x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor:
        return x.dot(self.w)


maps = kt.zeros((4, 14, 14, 8)).pool2d((2, 2), (2, 2))
head = Head(7 * 7 * 16)
y = head.logits(maps.batch_flatten())  # E: tensor-shape (4, 392) 784

# %% conv_to_dense right
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


class Head(Generic[N]):
    def __init__(self, features: N) -> None:
        self.w = kt.variable(kt.zeros((features, 10)))

    def logits(self, x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor:
        return x.dot(self.w)


maps = kt.zeros((4, 14, 14, 8)).pool2d((2, 2), (2, 2))
head = Head(7 * 7 * 8)
y = head.logits(maps.batch_flatten())

# %% conv_to_dense symbolic
from typing import Generic, TypeVar
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


class Head(Generic[C]):
    def __init__(self, channels: C) -> None:
        self.w = kt.variable(kt.zeros((49 * channels, 10)))

    def logits(self, x: kt.Tensor[tuple[B, L[7], L[7], C], kt.float32]) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
        return x.batch_flatten().dot(self.w)

# %% conv_to_dense symbolic-wrong
from typing import Generic, TypeVar
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


class Head(Generic[C]):
    def __init__(self, channels: C) -> None:
        self.w = kt.variable(kt.zeros((7 * channels, 10)))

    def logits(self, x: kt.Tensor[tuple[B, L[7], L[7], C], kt.float32]) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
        return x.batch_flatten().dot(self.w)  # E: tensor-shape dot (B, 49*C) (7*C, 10)

# %% operators_of_its_own wrong
import ktensor as kt


class Linear:
    def __init__(self) -> None:
        self.w = kt.zeros((7, 5))

    @property
    def transposed(self) -> kt.Tensor:
        return self.w.T

    def __matmul__(self, x: kt.Tensor) -> kt.Tensor:
        return self.transposed @ x

    def __getitem__(self, i: int) -> kt.Tensor:
        return self.w[i]


linear = Linear()
row = linear[0] + kt.zeros((7,))  # E: tensor-shape add (5,) (7,)
back = kt.zeros((2, 7)).dot(linear.transposed)  # E: tensor-shape dot (2, 7) (5, 7)
product = linear @ kt.zeros((5, 2))  # E: tensor-shape matmul (5, 7) (5, 2)

# %% operators_of_its_own right
import ktensor as kt
from typing_extensions import reveal_type


class Linear:
    def __init__(self) -> None:
        self.w = kt.zeros((7, 5))

    @property
    def transposed(self) -> kt.Tensor:
        return self.w.T

    def __matmul__(self, x: kt.Tensor) -> kt.Tensor:
        return self.transposed @ x

    def __getitem__(self, i: int) -> kt.Tensor:
        return self.w[i]


linear = Linear()
row = linear[0] + kt.zeros((5,))
back = kt.zeros((2, 5)).dot(linear.transposed)
product = linear @ kt.zeros((7, 2))
reveal_type(product)  # R: Tensor[tuple[L[5], L[2]], float32]
