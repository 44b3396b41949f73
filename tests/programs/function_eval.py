# %% eval_back wrong
import ktensor as kt

weights = kt.zeros((2, 3)).eval()
y = kt.constant(weights).dot(kt.zeros((4, 5)))  # E: tensor-shape dot (2, 3) (4, 5)

# %% eval_back right
from typing_extensions import reveal_type

import ktensor as kt

weights = kt.zeros((2, 3)).eval()
y = kt.constant(weights).dot(kt.zeros((3, 5)))
reveal_type(y)  # R: Tensor[tuple[L[2], L[5]], float32]
rows: int = weights.shape[0]
numbers = weights.mean(axis=0) + weights[0]

# %% eval_back symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


def frozen(x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[M, N], kt.float32]:
    return kt.constant(x.numpy()).T

# %% predict wrong
import numpy as np

import ktensor as kt

x = kt.placeholder((None, 4))
predict = kt.function([x], x.dot(kt.ones((4, 6))).softmax())
p = predict([np.ones((3, 4))])
y = kt.constant(p).dot(kt.ones((5, 2)))  # E: tensor-shape dot (5, 2)

# %% predict right
import numpy as np

import ktensor as kt

x = kt.placeholder((None, 4))
predict = kt.function([x], x.dot(kt.ones((4, 6))).softmax())
p = predict([np.ones((3, 4))])
y = kt.constant(p).dot(kt.ones((6, 2)))
several = kt.function([x], [x.sum(axis=1), x])
totals, same = several([np.ones((3, 4))])
total = float(totals.sum())

# %% predict symbolic
from typing import TypeVar

import numpy as np
import numpy.typing as npt

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def run(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32], data: npt.NDArray[np.float32]
) -> kt.Tensor[tuple[B, O], kt.float32]:
    predict = kt.function([x], x.dot(w))
    return kt.constant(predict([data]))

# %% gradient_shapes wrong
import ktensor as kt

w = kt.variable(kt.ones((5, 2)))
x = kt.ones((3, 5))
loss = x.dot(w).tanh().sum()
(gradient,) = kt.gradients(loss, [w])
norm = gradient.dot(w)  # E: tensor-shape dot (5, 2) (5, 2)

# %% gradient_shapes right
from typing_extensions import reveal_type

import ktensor as kt

w = kt.variable(kt.ones((5, 2)))
x = kt.ones((3, 5))
loss = x.dot(w).tanh().sum()
(gradient,) = kt.gradients(loss, [w])
reveal_type(gradient)  # R: Tensor[tuple[L[5], L[2]], float32]
norm = gradient.dot(w.T)
single = kt.gradients(loss, w)[0] + w

# %% gradient_shapes symbolic
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


def saliency(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, I], kt.float32]:
    gx, gw = kt.gradients(x.dot(w).tanh().sum(), [x, w])
    return gx * x + (gw * w).sum()

# %% gradient_shapes symbolic-wrong
from typing import TypeVar

import ktensor as kt

I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)
B = TypeVar("B", bound=kt.Dim)


def saliency(
    x: kt.Tensor[tuple[B, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, I], kt.float32]:
    gw, gx = kt.gradients(x.dot(w).tanh().sum(), [x, w])
    return gx * x  # E: tensor-shape multiply (I, O) (B, I)

# %% integer_loss wrong
import ktensor as kt

w = kt.variable(kt.ones((4, 4)))
wrong = w.argmax(axis=1).sum()
g = kt.gradients(wrong, [w])  # E: tensor-dtype gradients int64

# %% integer_loss right
import ktensor as kt

w = kt.variable(kt.ones((4, 4)))
soft = w.softmax(axis=1).square().sum()
g = kt.gradients(soft, [w])[0].dot(kt.ones((4, 1)))

# %% integer_loss symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

N = TypeVar("N", bound=kt.Dim)


def curvature(w: kt.Variable[tuple[N], kt.float64]) -> kt.Tensor[tuple[N], kt.float64]:
    (first,) = K.gradients(w.square().sum(), [w])
    (second,) = K.gradients(first.square().sum(), [w])
    return first + second
