# %% hidden_layer wrong
import ktensor as kt

pixels = kt.zeros((32, 784))
hidden = kt.zeros((784, 128))
scores = kt.zeros((64, 10))

h = pixels.dot(hidden).relu()
logits = h.dot(scores)  # E: tensor-shape dot (32, 128) (64, 10)

# %% hidden_layer right
from typing_extensions import reveal_type

import ktensor as kt

pixels = kt.zeros((32, 784))
hidden = kt.zeros((784, 128))
scores = kt.zeros((128, 10))

h = pixels.dot(hidden).relu()
logits = h.dot(scores)
reveal_type(logits)  # R: Tensor[tuple[L[32], L[10]], float32]

# %% hidden_layer symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def classify(
    pixels: kt.Tensor[tuple[B, L[784]], kt.float32],
    hidden: kt.Tensor[tuple[L[784], H], kt.float32],
    scores: kt.Tensor[tuple[H, L[10]], kt.float32],
) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
    h = pixels.dot(hidden).relu()
    return h.dot(scores).softmax()

# %% hidden_layer symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def classify(
    pixels: kt.Tensor[tuple[B, L[784]], kt.float32],
    hidden: kt.Tensor[tuple[L[784], H], kt.float32],
    scores: kt.Tensor[tuple[L[10], H], kt.float32],
) -> kt.Tensor[tuple[B, L[10]], kt.float32]:
    h = pixels.dot(hidden).relu()
    return h.dot(scores).softmax()  # E: tensor-shape dot (B, H) (10, H)

# %% placeholder_chain wrong
import ktensor as kt

x = kt.placeholder((None, 20))
w = kt.variable(kt.zeros((30, 5)))
y = kt.dot(x, w)  # E: tensor-shape dot (None, 20) (30, 5)

# %% placeholder_chain right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.placeholder((None, 20))
w = kt.variable(kt.zeros((20, 5)))
y = kt.dot(x, w)
reveal_type(y)  # R: Tensor[tuple[Any, L[5]], float32]

# %% placeholder_chain symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def affine(
    x: kt.Tensor[tuple[N, I], kt.float32],
    w: kt.Variable[tuple[I, O], kt.float32],
    b: kt.Variable[tuple[O], kt.float32],
) -> kt.Tensor[tuple[N, O], kt.float32]:
    return kt.dot(x, w) + b


y = affine(kt.placeholder((None, 20)), kt.variable(kt.zeros((20, 5))), kt.variable(kt.zeros((5,))))

# %% placeholder_chain symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def affine(
    x: kt.Tensor[tuple[N, I], kt.float32],
    w: kt.Variable[tuple[I, O], kt.float32],
    b: kt.Variable[tuple[O], kt.float32],
) -> kt.Tensor[tuple[N, O], kt.float32]:
    return kt.dot(w, x) + b  # E: tensor-shape dot (I, O) (N, I)

# %% long_chain wrong
import ktensor as kt

x = kt.ones((6, 4))
w1, w2, w3 = kt.ones((4, 8)), kt.ones((8, 3)), kt.ones((8, 2))
y = (
    x.dot(w1)
    .tanh()
    .dot(w2)
    .tanh()
    .dot(w3)  # E: tensor-shape dot (6, 3) (8, 2)
    .softmax()
)

# %% long_chain right
import ktensor as kt

x = kt.ones((6, 4))
w1, w2, w3 = kt.ones((4, 8)), kt.ones((8, 3)), kt.ones((3, 2))
y = (
    x.dot(w1)
    .tanh()
    .dot(w2)
    .tanh()
    .dot(w3)
    .softmax()
)

# %% long_chain symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
J = TypeVar("J", bound=kt.Dim)
D = TypeVar("D", bound=kt.DType)


def bottleneck(
    x: kt.Tensor[tuple[B, I], D], down: kt.Tensor[tuple[I, J], D], up: kt.Tensor[tuple[J, I], D]
) -> kt.Tensor[tuple[B, I], D]:
    return x + x.dot(down).dot(up)
