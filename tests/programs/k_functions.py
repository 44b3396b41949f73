# %% logistic_regression wrong
from ktensor import functional as K

x = K.placeholder(shape=(None, 20))
w = K.random_uniform_variable(shape=(20, 1), low=0, high=1)
b = K.zeros((1,))
p = K.sigmoid(K.dot(x, w) + b)
target = K.placeholder(shape=(None, 3))
loss = K.mean(K.categorical_crossentropy(target, p))  # E: tensor-shape categorical_crossentropy (None, 3) (None, 1)

# %% logistic_regression right
from ktensor import functional as K

x = K.placeholder(shape=(None, 20))
w = K.random_uniform_variable(shape=(20, 1), low=0, high=1)
b = K.zeros((1,))
p = K.sigmoid(K.dot(x, w) + b)
target = K.placeholder(shape=(None, 1))
loss = K.mean(K.binary_crossentropy(target, p))
train = K.function([x, target], [loss], updates=[K.update_sub(b, K.gradients(loss, [b])[0])])

# %% logistic_regression symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def loss(
    x: kt.Tensor[tuple[B, I], kt.float32],
    w: kt.Tensor[tuple[I, L[1]], kt.float32],
    target: kt.Tensor[tuple[B, L[1]], kt.float32],
) -> kt.Tensor[tuple[B], kt.float32]:
    return K.mean(K.binary_crossentropy(target, K.sigmoid(K.dot(x, w))), axis=-1)

# %% yolo_grid wrong
from ktensor import functional as K

rows = K.tile(K.reshape(K.arange(0, stop=13), [-1, 1, 1, 1]), [1, 13, 1, 1])
columns = K.tile(K.reshape(K.arange(0, stop=10), [1, -1, 1, 1]), [13, 1, 1, 1])
grid = K.concatenate([columns, rows])  # E: tensor-shape concatenate (13, 10, 1, 1) (13, 13, 1, 1)

# %% yolo_grid right
from typing_extensions import reveal_type

from ktensor import functional as K

rows = K.tile(K.reshape(K.arange(0, stop=13), [-1, 1, 1, 1]), [1, 13, 1, 1])
columns = K.tile(K.reshape(K.arange(0, stop=13), [1, -1, 1, 1]), [13, 1, 1, 1])
grid = K.concatenate([columns, rows])
reveal_type(grid)  # R: Tensor[tuple[L[13], L[13], L[1], L[2]], int32]

# %% yolo_grid symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def grid(height: H, width: W) -> kt.Tensor[tuple[H, W, L[2]], kt.int32]:
    rows = K.tile(K.reshape(K.arange(0, stop=height), [-1, 1, 1]), [1, width, 1])
    columns = K.tile(K.reshape(K.arange(0, stop=width), [1, -1, 1]), [height, 1, 1])
    return K.concatenate([columns, rows])

# %% yolo_grid symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

H = TypeVar("H", bound=kt.Dim)
W = TypeVar("W", bound=kt.Dim)


def grid(height: H, width: W) -> kt.Tensor[tuple[H, W, L[2]], kt.int32]:
    rows = K.tile(K.reshape(K.arange(0, stop=height), [-1, 1, 1]), [1, width, 1])
    columns = K.tile(K.reshape(K.arange(0, stop=width), [-1, 1, 1]), [1, height, 1])
    return K.concatenate([columns, rows])  # E: tensor-shape concatenate (W, H, 1) (H, W, 1)

# %% dynamic_shape wrong
from ktensor import functional as K

features = K.placeholder((None, 13, 13, 425))
boxes = K.reshape(features, [-1, 13, 13, 5, 85])
xy, wh, rest = boxes[..., :2], boxes[..., 2:4], boxes[..., 4:]
mixed = K.exp(wh) * rest  # E: tensor-shape multiply (None, 13, 13, 5, 2) (None, 13, 13, 5, 81)

# %% dynamic_shape right
from ktensor import functional as K

features = K.placeholder((None, 13, 13, 425))
size = K.shape(features)
boxes = K.reshape(features, [-1, 13, 13, 5, 85])
scores = boxes[..., 5:] * K.max(boxes[..., 4:5], axis=-1, keepdims=True)
also = K.reshape(features, [size[0], size[1], size[2], 5, 85])

# %% dynamic_shape symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)


def boxes(
    features: kt.Tensor[tuple[B, L[13], L[13], L[425]], kt.float32],
) -> kt.Tensor[tuple[B, L[13], L[13], L[5], L[85]], kt.float32]:
    return K.reshape(features, [-1, 13, 13, 5, 85])

# %% another_name wrong
import ktensor as kt
from ktensor import functional as K

zeros = kt.zeros
T = kt.Tensor
product = K.dot
x = zeros((2, 4))
y = product(x, zeros((3, 5)))  # E: tensor-shape dot (2, 4) (3, 5)
z = T.dot(x, zeros((5, 1)))  # E: tensor-shape dot (2, 4) (5, 1)

# %% another_name right
import ktensor as kt
from ktensor import functional as K
from typing_extensions import reveal_type

zeros = kt.zeros
T = kt.Tensor
product = K.dot
x = zeros((2, 4))
y = product(x, zeros((4, 5)))
z = T.dot(T.exp(y), zeros((5, 1)))
reveal_type(y)  # R: Tensor[tuple[L[2], L[5]], float32]
reveal_type(z)  # R: Tensor[tuple[L[2], L[1]], float32]
