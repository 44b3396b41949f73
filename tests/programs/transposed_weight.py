# %% torch_layout wrong
import ktensor as kt

x = kt.placeholder((None, 128))
weight = kt.variable(kt.zeros((10, 128)))  # (out, in), as another library stores it
logits = x @ weight  # E: tensor-shape matmul (None, 128) (10, 128)

# %% torch_layout right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.placeholder((None, 128))
weight = kt.variable(kt.zeros((10, 128)))
logits = x @ weight.T
reveal_type(logits)  # R: Tensor[tuple[Any, L[10]], float32]

# %% torch_layout symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def linear(
    x: kt.Tensor[tuple[B, I], kt.float32], weight: kt.Tensor[tuple[O, I], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return x @ weight.T

# %% torch_layout symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def linear(
    x: kt.Tensor[tuple[B, I], kt.float32], weight: kt.Tensor[tuple[O, I], kt.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    return x @ weight  # E: tensor-shape matmul (B, I) (O, I)

# %% tied_embedding wrong
from ktensor import functional as K

embedding = K.random_normal_variable((1000, 32), mean=0.0, scale=0.1)
hidden = K.zeros((8, 32))
logits = K.softmax(K.dot(hidden, embedding))  # E: tensor-shape dot (8, 32) (1000, 32)

# %% tied_embedding right
from typing_extensions import reveal_type

from ktensor import functional as K

embedding = K.random_normal_variable((1000, 32), mean=0.0, scale=0.1)
hidden = K.zeros((8, 32))
logits = K.softmax(K.dot(hidden, K.transpose(embedding)))
reveal_type(logits)  # R: Tensor[tuple[L[8], L[1000]], float32]

# %% tied_embedding symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def unembed(
    hidden: kt.Tensor[tuple[B, E], kt.float32], embedding: kt.Variable[tuple[V, E], kt.float32]
) -> kt.Tensor[tuple[B, V], kt.float32]:
    return K.softmax(K.dot(hidden, K.transpose(embedding)))

# %% tied_embedding symbolic-wrong
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
V = TypeVar("V", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def unembed(
    hidden: kt.Tensor[tuple[B, E], kt.float32], embedding: kt.Variable[tuple[V, E], kt.float32]
) -> kt.Tensor[tuple[B, V], kt.float32]:
    return K.softmax(K.dot(embedding, K.transpose(hidden)))  # E: return-value Tensor

# %% normal_equations wrong
import ktensor as kt

design = kt.ones((50, 4))
target = kt.ones((50,))
gram = design.dot(design.T)
moment = design.T.dot(target)
step = gram.dot(moment)  # E: tensor-shape dot (50, 50) (4,)

# %% normal_equations right
import ktensor as kt

design = kt.ones((50, 4))
target = kt.ones((50,))
gram = design.T.dot(design)
moment = design.T.dot(target)
step = gram.dot(moment)

# %% normal_equations symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
P = TypeVar("P", bound=kt.Dim)


def gradient(
    design: kt.Tensor[tuple[N, P], kt.float64],
    target: kt.Tensor[tuple[N], kt.float64],
    beta: kt.Tensor[tuple[P], kt.float64],
) -> kt.Tensor[tuple[P], kt.float64]:
    return 2.0 * design.T.dot(design.dot(beta) - target)
