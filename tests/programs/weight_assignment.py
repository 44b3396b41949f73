# %% assign_shape wrong
import ktensor as kt

kernel = kt.variable(kt.zeros((3, 5)))
kernel.assign(kt.ones((5, 3)))  # E: tensor-shape assign (3, 5) (5, 3)

# %% assign_shape right
import ktensor as kt

kernel = kt.variable(kt.zeros((3, 5)))
kernel.assign(kt.ones((5, 3)).T).eval()

# %% assign_shape symbolic
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def reset(kernel: kt.Variable[tuple[I, O], kt.float32]) -> kt.Tensor[tuple[I, O], kt.float32]:
    return kernel.assign(kt.zeros((kernel.shape[0], kernel.shape[1])))

# %% assign_shape symbolic-wrong
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def reset(kernel: kt.Variable[tuple[I, O], kt.float32]) -> None:
    kernel.assign(kt.zeros((kernel.shape[1], kernel.shape[0])))  # E: tensor-shape assign (I, O) (O, I)

# %% gradients_swapped wrong
import ktensor as kt

x = kt.ones((6, 3))
w, b = kt.variable(kt.zeros((3, 4))), kt.variable(kt.zeros((4,)))
loss = (x.dot(w) + b).square().mean()
gb, gw = kt.gradients(loss, [w, b])
b.assign_sub(0.1 * gb)  # E: tensor-shape assign (4,) (3, 4)

# %% gradients_swapped right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.ones((6, 3))
w, b = kt.variable(kt.zeros((3, 4))), kt.variable(kt.zeros((4,)))
loss = (x.dot(w) + b).square().mean()
gw, gb = kt.gradients(loss, [w, b])
reveal_type(gw)  # R: Tensor[tuple[L[3], L[4]], float32]
updates = [w.assign_sub(0.1 * gw), b.assign_sub(0.1 * gb)]

# %% gradients_swapped symbolic
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def descend(
    loss: kt.Tensor[tuple[()], kt.float32], w: kt.Variable[tuple[I, O], kt.float32], rate: float
) -> kt.Tensor[tuple[I, O], kt.float32]:
    (gradient,) = kt.gradients(loss, [w])
    return w.assign_sub(rate * gradient)

# %% gradients_swapped symbolic-wrong
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def descend(
    loss: kt.Tensor[tuple[()], kt.float32],
    w: kt.Variable[tuple[I, O], kt.float32],
    b: kt.Variable[tuple[O], kt.float32],
) -> None:
    gw, gb = kt.gradients(loss, [w, b])
    b.assign_sub(gw)  # E: tensor-shape assign (O,) (I, O)

# %% update_pairs wrong
import ktensor as kt

mean = kt.variable(kt.zeros((8,)))
x = kt.placeholder((None, 8))
step = kt.function([x], x.sum(), updates=[(mean, 0.9 * mean + 0.1 * x)])  # E: tensor-shape assign (8,) (None, 8)

# %% update_pairs right
import ktensor as kt

mean = kt.variable(kt.zeros((8,)))
x = kt.placeholder((None, 8))
step = kt.function([x], x.sum(), updates=[(mean, 0.9 * mean + 0.1 * x.mean(axis=0))])

# %% update_pairs symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def moving(
    mean: kt.Variable[tuple[N], kt.float32], x: kt.Tensor[tuple[B, N], kt.float32]
) -> tuple[kt.Variable[tuple[N], kt.float32], kt.Tensor[tuple[N], kt.float32]]:
    return mean, 0.9 * mean + 0.1 * x.mean(axis=0)

# %% keras_update wrong
from ktensor import functional as K

counter = K.zeros((), dtype="int32")
momentum = K.zeros((10, 2))
K.update_add(counter, 1)
K.update(momentum, K.sum(momentum, axis=0))  # E: tensor-shape assign (10, 2) (2,)

# %% keras_update right
from ktensor import functional as K

counter = K.zeros((), dtype="int32")
momentum = K.zeros((10, 2))
K.update_add(counter, 1)
K.update(momentum, K.sum(momentum, axis=0) + K.zeros_like(momentum))

# %% keras_update symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def momentum_step(
    velocity: kt.Variable[tuple[I, O], kt.float32], gradient: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[I, O], kt.float32]:
    return K.update(velocity, 0.9 * velocity - 0.01 * gradient)

# %% integer_counter wrong
import ktensor as kt

count = kt.variable(0, dtype="int32")
count.assign(kt.constant(0.5))  # E: tensor-dtype assign float32

# %% integer_counter right
import ktensor as kt

count = kt.variable(0, dtype="int32")
count.assign_add(1).eval()
count.assign(kt.constant(3.5).cast("int32")).eval()

# %% integer_counter symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def count(seen: kt.Variable[tuple[N], kt.int32], hits: kt.Tensor[tuple[N], kt.bool_]) -> kt.Tensor[tuple[N], kt.int32]:
    return seen.assign_add(hits.cast("int32"))

# %% integer_counter symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def count(seen: kt.Variable[tuple[N], kt.int32], share: kt.Tensor[tuple[N], kt.float32]) -> None:
    seen.assign_add(share)  # E: tensor-dtype assign float32
