# %% array_operand wrong
import numpy as np

import ktensor as kt

x = kt.zeros((4, 3))
shifted = x + np.ones(3)  # nothing is known of the array, so nothing of the sum
y = x.dot(np.ones((3, 2)))
z = x.dot(x)  # E: tensor-shape dot (4, 3) (4, 3)

# %% array_operand right
import numpy as np

import ktensor as kt

x = kt.zeros((4, 3))
shifted = x + np.ones(3)
y = shifted.dot(np.ones((3, 2))).dot(kt.ones((2, 6)))
z = x * np.float64(0.5) + x * np.arange(12).reshape(4, 3)
same: kt.Tensor = kt.maximum(x, np.zeros((4, 1)))

# %% array_operand symbolic
from typing import TypeVar

import numpy as np

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def scaled(x: kt.Tensor[tuple[B, N], kt.float32], factor: np.float32) -> kt.Tensor[tuple[B, N], kt.float32]:
    return x * factor + 1.0 / (x * x + np.float64(1e-6))

# %% typed_array wrong
from typing import Literal as L
from typing import cast

import numpy as np

import ktensor as kt

images = cast("np.ndarray[tuple[L[32], L[784]], np.dtype[np.float32]]", np.zeros((32, 784), np.float32))
x = kt.constant(images)
h = x.dot(kt.zeros((728, 10)))  # E: tensor-shape dot (32, 784) (728, 10)

# %% typed_array right
from typing import Literal as L
from typing import cast

import numpy as np

import ktensor as kt

images = cast("np.ndarray[tuple[L[32], L[784]], np.dtype[np.float32]]", np.zeros((32, 784), np.float32))
x = kt.constant(images)
h = x.dot(kt.zeros((784, 10))) + kt.variable(images)[:, :10]

# %% typed_array symbolic
from typing import TypeVar

import numpy as np

import ktensor as kt

N = TypeVar("N", bound=int)
M = TypeVar("M", bound=int)


def weights(table: "np.ndarray[tuple[N, M], np.dtype[np.float64]]") -> kt.Tensor[tuple[M, N], kt.float32]:
    return kt.variable(table).T

# %% weak_arrays wrong
from typing import Literal as L

import numpy as np

import ktensor as kt

half = kt.ones((3,), "float16")
# A NumPy number is weak: the product is still float16.
total: kt.Tensor[tuple[L[3]], kt.float64] = half * np.float64(0.5)  # E: assignment Tensor

# %% weak_arrays right
from typing import Literal as L

import numpy as np

import ktensor as kt

half = kt.ones((3,), "float16")
total: kt.Tensor[tuple[L[3]], kt.float16] = half * np.float64(0.5)
count = kt.ones((3,), "int32")
share: kt.Tensor[tuple[L[3]], kt.float32] = count * 0.5
same: kt.Tensor[tuple[L[3]], kt.int32] = count * 2

# %% weak_arrays symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def share(
    count: kt.Tensor[tuple[N], kt.int64], half: kt.Tensor[tuple[N], kt.float16]
) -> kt.Tensor[tuple[N], kt.float16]:
    whole: kt.Tensor[tuple[N], kt.int64] = 2 * count
    return 0.5 * half + whole

# %% array_on_the_left wrong
import numpy as np

import ktensor as kt

pixels = np.full((2, 6), 255.0)
mean = kt.ones((6,))
centred = pixels / 255 - mean
y = mean.dot(kt.ones((5, 6)))  # E: tensor-shape dot (6,) (5, 6)

# %% array_on_the_left right
import numpy as np

import ktensor as kt

pixels = np.full((2, 6), 255.0)
mean = kt.ones((6,))
centred = pixels / 255 - mean
y = centred.softmax()
z = (np.ones((4, 2)) @ kt.ones((2, 6))).relu()

# %% array_on_the_left symbolic
from typing import Any, TypeVar

import numpy as np

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def centred(pixels: "np.ndarray[Any, np.dtype[np.float64]]", mean: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor:
    difference = pixels - mean
    return difference.square()

# %% random_weights wrong
import numpy as np

import ktensor as kt

rng = np.random.default_rng(0)
hidden = kt.variable(np.random.randn(784, 64) * 0.01)
out = kt.variable(rng.normal(size=(32, 10)) / np.sqrt(64.0))
x = kt.constant(rng.random((5, 784)).astype(np.float32))
y = x.dot(hidden).relu().dot(out)  # E: tensor-shape dot (5, 64) (32, 10)

# %% random_weights right
import numpy as np

import ktensor as kt
from typing_extensions import reveal_type

rng = np.random.default_rng(0)
hidden = kt.variable(np.random.randn(784, 64) * 0.01)
out = kt.variable(rng.normal(size=(64, 10)) / np.sqrt(64.0))
x = kt.constant(rng.random((5, 784)).astype(np.float32))
y = x.dot(hidden).relu().dot(out)
reveal_type(hidden)  # R: Variable[tuple[L[784], L[64]], float32]
reveal_type(y)  # R: Tensor[tuple[L[5], L[10]], float32]
noise = y + np.random.uniform(-1, 1, (5, 10)) + rng.standard_normal(10)
labels = kt.constant(rng.integers(0, 10, size=5))
reveal_type(labels)  # R: Tensor[tuple[L[5]], int64]

# %% random_weights symbolic
import numpy as np

import ktensor as kt


def layer(units: int) -> kt.Tensor:
    return kt.zeros((4, 8)).dot(kt.variable(np.random.randn(8, units))) + np.random.rand(4, units)

# %% slice_of_an_array wrong
import numpy as np

import ktensor as kt

v = np.zeros((4, 4), dtype=np.float32)
y = kt.ones((2, 4)).dot(v[:3])  # E: tensor-shape dot (2, 4) (3, 4)
z = kt.ones((2, 4)).dot(np.arange(6.0).reshape(3, 2))  # E: tensor-shape dot (2, 4) (3, 2)

# %% slice_of_an_array right
import numpy as np

import ktensor as kt

v = np.zeros((4, 4), dtype=np.float32)
y = kt.ones((2, 3)).dot(v[:3]) + kt.ones((2, 4))
z = kt.ones((2, 3)).dot(np.arange(6.0).reshape(3, 2)) + v[0, :2]
w = np.zeros((4, 5))
w.resize((2, 10), refcheck=False)
u = kt.ones((3, 2)).dot(w) + kt.ones((3, 10))
