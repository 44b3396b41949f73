# %% gates wrong
import ktensor as kt

z = kt.zeros((32, 256))
i, f, o = z.split(3, axis=1)  # E: tensor-shape split 256 3

# %% gates right
from typing_extensions import reveal_type

import ktensor as kt

z = kt.zeros((32, 256))
i, f, g, o = z.split(4, axis=1)
reveal_type(o)  # R: Tensor[tuple[L[32], L[64]], float32]

# %% gates symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def lstm_output(
    z: kt.Tensor[tuple[B, kt.Mul[L[4], U]], kt.float32], c: kt.Tensor[tuple[B, U], kt.float32]
) -> kt.Tensor[tuple[B, U], kt.float32]:
    i, f, g, o = z.split(4, axis=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh()

# %% gates symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def forget(
    z: kt.Tensor[tuple[B, kt.Mul[L[4], U]], kt.float32], c: kt.Tensor[tuple[B, U], kt.float32]
) -> kt.Tensor[tuple[B, U], kt.float32]:
    f, g = z.split(2, axis=1)
    return f.sigmoid() * c  # E: tensor-shape multiply (B, 2*U) (B, U)

# %% named_sizes wrong
import ktensor as kt

box = kt.placeholder((None, 85))
xy, wh, confidence, classes = kt.split(box, [2, 2, 1, 81], axis=-1)  # E: tensor-shape split 86 85

# %% named_sizes right
from typing_extensions import reveal_type

import ktensor as kt

box = kt.placeholder((None, 85))
xy, wh, confidence, classes = kt.split(box, [2, 2, 1, 80], axis=-1)
reveal_type(classes)  # R: Tensor[tuple[Any, L[80]], float32]

# %% named_sizes symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def corners(box: kt.Tensor[tuple[N, L[4]], kt.float32]) -> kt.Tensor[tuple[N, L[4]], kt.float32]:
    centre, size = kt.split(box, [2, 2], axis=-1)
    return kt.concatenate([centre - size / 2, centre + size / 2], axis=-1)

# %% named_sizes symbolic-wrong
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def corners(box: kt.Tensor[tuple[N, L[5]], kt.float32]) -> kt.Tensor[tuple[N, L[4]], kt.float32]:
    centre, size = kt.split(box, [2, 3], axis=-1)
    return kt.concatenate([centre - size / 2, centre + size / 2], axis=-1)  # E: tensor-shape subtract (N, 2) (N, 3)

# %% used_halves wrong
import ktensor as kt

x = kt.ones((10, 6))
first, second = x.split(2)
y = first.dot(second)  # E: tensor-shape dot (5, 6) (5, 6)

# %% used_halves right
import ktensor as kt

x = kt.ones((10, 6))
first, second = x.split(2)
y = first.dot(second.T)

# %% used_halves symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def cross(x: kt.Tensor[tuple[kt.Mul[L[2], N], I], kt.float32]) -> kt.Tensor[tuple[N, N], kt.float32]:
    first, second = x.split(2)
    return first.dot(second.T)
