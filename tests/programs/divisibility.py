# %% uneven_groups wrong
import ktensor as kt

x = kt.zeros((2, 10))
y = x.reshape(2, 4, 10 // 4)  # E: tensor-shape reshape (2, 10) (2, 4, 2)

# %% uneven_groups right
import ktensor as kt

x = kt.zeros((2, 12))
kt.require(12 % 4 == 0)
y = x.reshape(2, 4, 12 // 4)

# %% uneven_groups symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
G = TypeVar("G", bound=kt.Dim)


def grouped(x: kt.Tensor[tuple[B, D], kt.float32], groups: G) -> kt.Tensor[tuple[B, G, kt.FloorDiv[D, G]], kt.float32]:
    width = x.shape[1]
    kt.require(width % groups == 0)
    return x.reshape(x.shape[0], groups, width // groups)

# %% uneven_groups symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
G = TypeVar("G", bound=kt.Dim)


def grouped(x: kt.Tensor[tuple[B, D], kt.float32], groups: G) -> kt.Tensor[tuple[B, G, kt.FloorDiv[D, G]], kt.float32]:
    width = x.shape[1]  # nobody has said that the groups divide it
    return x.reshape(x.shape[0], groups, width // groups)  # E: tensor-shape reshape (B, D)

# %% heads_in_a_class wrong
from typing import Generic, TypeVar

import ktensor as kt

D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


class Heads(Generic[D, H]):
    def __init__(self, width: D, heads: H) -> None:
        kt.require(width % heads == 0)
        self.wq = kt.zeros((width, heads * (width // heads)))
        self.wo = kt.zeros((width, width))


block = Heads(48, 4)
y = kt.zeros((3, 40)).dot(block.wo)  # E: tensor-shape dot (3, 40) (48, 48)

# %% heads_in_a_class right
from typing import Generic, TypeVar

import ktensor as kt

D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


class Heads(Generic[D, H]):
    def __init__(self, width: D, heads: H) -> None:
        kt.require(width % heads == 0)
        self.wq = kt.zeros((width, heads * (width // heads)))
        self.wo = kt.zeros((width, width))


block = Heads(48, 4)
y = kt.zeros((3, 48)).dot(block.wq).dot(block.wo)

# %% heads_in_a_class symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def round_trip(x: kt.Tensor[tuple[B, T, D], kt.float32], heads: H) -> kt.Tensor[tuple[B, T, D], kt.float32]:
    b, t, d = x.shape
    kt.require(d % heads == 0)
    per_head = d // heads
    split = x.reshape(b, t, heads, per_head).transpose(0, 2, 1, 3)
    return x + split.transpose(0, 2, 1, 3).reshape(b, t, heads * per_head)

# %% heads_in_a_class symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def round_trip(x: kt.Tensor[tuple[B, D], kt.float32], heads: H) -> kt.Tensor[tuple[B, D], kt.float32]:
    per_head = x.shape[1] // heads
    return x + kt.zeros((x.shape[0], heads * per_head))  # E: tensor-shape add (B, D)

# %% even_length wrong
import ktensor as kt

wave = kt.ones((15,))
pairs = wave.reshape(15 // 2, 2)  # E: tensor-shape reshape (15,) (7, 2)

# %% even_length right
import ktensor as kt

wave = kt.ones((16,))
pairs = wave.reshape(16 // 2, 2)
first, second = wave.split(2)
mean = (first + second) / 2 + pairs.mean(axis=1)

# %% even_length symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)


def pairs(wave: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor[tuple[kt.FloorDiv[N, L[2]], L[2]], kt.float32]:
    n = wave.shape[0]
    kt.require(n % 2 == 0)
    return wave.reshape(n // 2, 2)
