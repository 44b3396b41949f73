# %% autoencoder wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel).tanh()


class Autoencoder:
    def __init__(self) -> None:
        self.encoder = Dense(64, 8)
        self.decoder = Dense(16, 64)

    def reconstruct(self) -> kt.Tensor:
        return self.decoder(self.encoder(kt.zeros((5, 64))))  # E: tensor-shape (5, 8) 16


Autoencoder().reconstruct()

# %% autoencoder right
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel).tanh()


class Autoencoder:
    def __init__(self) -> None:
        self.encoder = Dense(64, 8)
        self.decoder = Dense(8, 64)

    def reconstruct(self) -> kt.Tensor:
        return self.decoder(self.encoder(kt.zeros((5, 64))))


Autoencoder().reconstruct()

# %% autoencoder symbolic
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel).tanh()


class Autoencoder(Generic[I, C]):
    def __init__(self, inputs: I, code: C) -> None:
        self.encoder = Dense(inputs, code)
        self.decoder = Dense(code, inputs)

    def loss(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B], kt.float32]:
        return (self.decoder(self.encoder(x)) - x).square().sum(axis=1)

# %% autoencoder symbolic-wrong
from typing import Generic, TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


class Dense(Generic[I, O]):
    def __init__(self, inputs: I, outputs: O) -> None:
        self.kernel = kt.variable(kt.zeros((inputs, outputs)))

    def __call__(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor[tuple[B, O], kt.float32]:
        return x.dot(self.kernel).tanh()


class Autoencoder(Generic[I, C]):
    def __init__(self, inputs: I, code: C) -> None:
        self.encoder = Dense(inputs, code)
        self.decoder = Dense(code, inputs)

    def loss(self, x: kt.Tensor[tuple[B, I], kt.float32]) -> kt.Tensor:
        return self.decoder(self.encoder(x)) - self.encoder(x)  # E: tensor-shape subtract (B, I) (B, C)

# %% attribute_chain wrong
import ktensor as kt


class Norm:
    def __init__(self) -> None:
        self.gain = kt.variable(kt.ones((32,)))


class Block:
    def __init__(self) -> None:
        self.norm = Norm()


class Model:
    def __init__(self) -> None:
        self.block = Block()


model = Model()
y = kt.zeros((4, 64)) * model.block.norm.gain  # E: tensor-shape multiply (4, 64) (32,)

# %% attribute_chain right
import ktensor as kt


class Norm:
    def __init__(self) -> None:
        self.gain = kt.variable(kt.ones((32,)))


class Block:
    def __init__(self) -> None:
        self.norm = Norm()


class Model:
    def __init__(self) -> None:
        self.block = Block()


model = Model()
y = kt.zeros((4, 32)) * model.block.norm.gain

# %% attribute_chain symbolic
from typing import Generic, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Norm(Generic[N]):
    def __init__(self, units: N) -> None:
        self.gain = kt.variable(kt.ones((units,)))


class Block(Generic[N]):
    def __init__(self, units: N) -> None:
        self.norm = Norm(units)
        self.w = kt.zeros((units, 4 * units))

    def __call__(self, x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
        return (x * self.norm.gain).dot(self.w).relu().dot(self.w.T) + x


y = Block(32)(kt.zeros((4, 32))) * Block(32).norm.gain

# %% attribute_chain symbolic-wrong
from typing import Generic, TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Norm(Generic[N]):
    def __init__(self, units: N) -> None:
        self.gain = kt.variable(kt.ones((units,)))


class Block(Generic[N]):
    def __init__(self, units: N) -> None:
        self.norm = Norm(2 * units)

    def __call__(self, x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
        return x * self.norm.gain  # E: tensor-shape multiply (B, N) (2*N,)

# %% inherited_layer wrong
import ktensor as kt


class Base:
    def __init__(self) -> None:
        self.table = kt.zeros((100, 16))


class Tagger(Base):
    def __init__(self) -> None:
        super().__init__()
        self.head = kt.zeros((32, 5))

    def run(self) -> kt.Tensor:
        return self.table[:10].dot(self.head)  # E: tensor-shape dot (10, 16) (32, 5)


Tagger().run()

# %% inherited_layer right
import ktensor as kt


class Base:
    def __init__(self) -> None:
        self.table = kt.zeros((100, 16))


class Tagger(Base):
    def __init__(self) -> None:
        super().__init__()
        self.head = kt.zeros((16, 5))

    def run(self) -> kt.Tensor:
        return self.table[:10].dot(self.head)


Tagger().run()

# %% inherited_layer symbolic
from typing import Generic, TypeVar

import ktensor as kt

V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


class Base(Generic[V, E]):
    def __init__(self, words: V, width: E) -> None:
        self.table = kt.variable(kt.zeros((words, width)))


class LanguageModel(Base[V, E]):
    def logits(self, ids: kt.Tensor[tuple[B], kt.int32]) -> kt.Tensor[tuple[B, V], kt.float32]:
        return self.table.gather(ids).dot(self.table.T)


y = LanguageModel(100, 16).logits(kt.zeros((7,), kt.int32)) + kt.zeros((7, 100))
