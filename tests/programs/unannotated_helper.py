# %% dense_layer wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def dense(x, w, b):
    return (x.dot(w) + b).relu()


h = dense(kt.zeros((4, 8)), kt.zeros((8, 16)), kt.zeros((16,)))
y = dense(h, kt.zeros((8, 2)), kt.zeros((2,)))  # E: tensor-shape dot (4, 16) (8, 2)

# %% dense_layer right
# mypy: allow-untyped-defs, allow-untyped-calls
from typing_extensions import reveal_type

import ktensor as kt


def dense(x, w, b):
    return (x.dot(w) + b).relu()


h = dense(kt.zeros((4, 8)), kt.zeros((8, 16)), kt.zeros((16,)))
y = dense(h, kt.zeros((16, 2)), kt.zeros((2,)))
reveal_type(y)  # R: Tensor[tuple[L[4], L[2]], float32]

# %% dense_layer symbolic
# mypy: allow-untyped-defs, allow-untyped-calls
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def dense(x, w, b):
    return (x.dot(w) + b).relu()


def layer(x: kt.Tensor[tuple[B, I], kt.float32], outputs: O) -> kt.Tensor[tuple[B, O], kt.float32]:
    y: kt.Tensor[tuple[B, O], kt.float32] = dense(x, kt.zeros((x.shape[1], outputs)), kt.zeros((outputs,)))
    return y

# %% dense_layer symbolic-wrong
# mypy: allow-untyped-defs, allow-untyped-calls
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def dense(x, w, b):
    return (x.dot(w) + b).relu()


def layer(x: kt.Tensor[tuple[B, I], kt.float32], outputs: O) -> None:
    dense(x, kt.zeros((outputs, x.shape[1])), kt.zeros((outputs,)))  # E: tensor-shape dot (B, I) (O, I)

# %% several_statements wrong
# mypy: allow-untyped-defs, allow-untyped-calls
from ktensor import functional as K


def normalise(x, axis):
    mean = K.mean(x, axis=axis)
    centred = x - mean
    return centred / (K.std(x, axis=axis, keepdims=True) + 1e-6)


good = normalise(K.zeros((10, 4)), 0)
bad = normalise(K.zeros((10, 4)), 1)  # E: tensor-shape subtract (10, 4) (10,)

# %% several_statements right
# mypy: allow-untyped-defs, allow-untyped-calls
from ktensor import functional as K


def normalise(x, axis):
    mean = K.mean(x, axis=axis, keepdims=True)
    centred = x - mean
    return centred / (K.std(x, axis=axis, keepdims=True) + 1e-6)


good = normalise(K.zeros((10, 4)), 0)
also = normalise(K.zeros((10, 4)), 1)
y = K.dot(also, K.zeros((4, 3)))

# %% several_statements symbolic
# mypy: allow-untyped-defs, allow-untyped-calls
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def normalise(x, axis=-1):
    centred = x - K.mean(x, axis=axis, keepdims=True)
    return centred / (K.std(x, axis=axis, keepdims=True) + 1e-6)


def scores(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N, M], kt.float32]:
    y: kt.Tensor[tuple[N, M], kt.float32] = normalise(x)
    return y

# %% result_used wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def as_rows(x):
    return x.reshape(x.shape[0], -1)


rows = as_rows(kt.zeros((16, 5, 5)))
y = rows.dot(kt.zeros((5, 3)))  # E: tensor-shape dot (16, 25) (5, 3)

# %% result_used right
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def as_rows(x):
    return x.reshape(x.shape[0], -1)


rows = as_rows(kt.zeros((16, 5, 5)))
y = rows.dot(kt.zeros((25, 3)))

# %% result_used symbolic
# mypy: allow-untyped-defs, allow-untyped-calls
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def as_rows(x):
    return x.reshape(x.shape[0], -1)


def rows(x: kt.Tensor[tuple[B, L[5], L[5]], kt.float32]) -> kt.Tensor[tuple[B, L[25]], kt.float32]:
    y: kt.Tensor[tuple[B, L[25]], kt.float32] = as_rows(x)
    return y

# %% untraceable wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import json

import ktensor as kt


def configured(x, text):
    sizes = json.loads(text)
    return x.reshape(sizes)


x = configured(kt.zeros((6, 4)), "[4, 6]")  # what comes out nobody can know
y = x.dot(kt.zeros((6, 2)))
z = kt.zeros((4, 6)).dot(kt.zeros((4, 2)))  # E: tensor-shape dot (4, 6) (4, 2)

# %% untraceable right
# mypy: allow-untyped-defs, allow-untyped-calls
import json

import ktensor as kt


def configured(x, text):
    sizes = json.loads(text)
    return x.reshape(sizes)


x = configured(kt.zeros((6, 4)), "[4, 6]")
y = x.dot(kt.zeros((6, 2)))

# %% untraceable symbolic
# mypy: allow-untyped-defs, allow-untyped-calls
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def log(x, *messages):
    print(messages, x)
    return x


def traced(x: kt.Tensor[tuple[B, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
    y: kt.Tensor[tuple[B, N], kt.float32] = log(x, "before")
    return y + 1

# %% bare_annotations wrong
import ktensor as kt


class Critic:
    def __init__(self) -> None:
        self.w = kt.zeros((784, 1))

    def __call__(self, x: kt.Tensor) -> kt.Tensor:
        return (x @ self.w).sigmoid()


def head(x: kt.Tensor) -> kt.Tensor:
    return x.dot(kt.zeros((16, 4)))


critic = Critic()
fake = kt.placeholder((None, 784))
judged = critic(fake)
noise = kt.placeholder((None, 16))
bad = critic(noise)  # E: tensor-shape matmul (None, 16) (784, 1)
worse = head(judged)  # E: tensor-shape dot (None, 1) (16, 4)

# %% bare_annotations right
import ktensor as kt


class Critic:
    def __init__(self) -> None:
        self.w = kt.zeros((784, 1))

    def __call__(self, x: kt.Tensor) -> kt.Tensor:
        return (x @ self.w).sigmoid()


def head(x: kt.Tensor) -> kt.Tensor:
    return x.dot(kt.zeros((16, 4)))


critic = Critic()
judged = critic(kt.placeholder((None, 784)))
loss = judged + kt.zeros((1,)) + head(kt.placeholder((None, 3, 16))).sum()
