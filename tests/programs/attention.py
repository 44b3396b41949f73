# %% split_heads wrong
import ktensor as kt

x = kt.zeros((4, 10, 512))
heads = x.reshape(4, 10, 8, 32)  # E: tensor-shape reshape (4, 10, 512) (4, 10, 8, 32)

# %% split_heads right
from typing_extensions import reveal_type

import ktensor as kt

x = kt.zeros((4, 10, 512))
heads = x.reshape(4, 10, 8, 64).transpose(0, 2, 1, 3)
reveal_type(heads)  # R: Tensor[tuple[L[4], L[8], L[10], L[64]], float32]

# %% split_heads symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def split_heads(
    x: kt.Tensor[tuple[B, T, D], kt.float32], heads: H
) -> kt.Tensor[tuple[B, H, T, kt.FloorDiv[D, H]], kt.float32]:
    b, t, d = x.shape
    kt.require(d % heads == 0)
    return x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


y = split_heads(kt.zeros((4, 10, 512)), 8)

# %% split_heads symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def split_heads(
    x: kt.Tensor[tuple[B, T, D], kt.float32], heads: H
) -> kt.Tensor[tuple[B, H, T, kt.FloorDiv[D, H]], kt.float32]:
    b, t, d = x.shape
    kt.require(d % heads == 0)
    return x.reshape(b, t, heads, d).transpose(0, 2, 1, 3)  # E: tensor-shape reshape (B, T, D) (B, T, H, D)

# %% merge_heads wrong
import ktensor as kt

context = kt.zeros((2, 8, 10, 64))
merged = context.transpose(0, 2, 1, 3).reshape(2, 10, 512)
out = merged.dot(kt.zeros((64, 512)))  # E: tensor-shape dot (2, 10, 512) (64, 512)

# %% merge_heads right
import ktensor as kt

context = kt.zeros((2, 8, 10, 64))
merged = context.transpose(0, 2, 1, 3).reshape(2, 10, 512)
out = merged.dot(kt.zeros((512, 512)))

# %% merge_heads symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def merge_heads(x: kt.Tensor[tuple[B, H, T, E], kt.float32]) -> kt.Tensor[tuple[B, T, kt.Mul[H, E]], kt.float32]:
    b, h, t, e = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, t, h * e)


y = merge_heads(kt.zeros((2, 8, 10, 64))) + kt.zeros((512,))

# %% merge_heads symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)
E = TypeVar("E", bound=kt.Dim)


def merge_heads(x: kt.Tensor[tuple[B, H, T, E], kt.float32]) -> kt.Tensor[tuple[B, T, kt.Mul[H, E]], kt.float32]:
    b, h, t, e = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, h, t * e)  # E: return-value Tensor

# %% round_trip wrong
import ktensor as kt

q = kt.zeros((3, 6, 48))
split = q.reshape(3, 6, 4, 12).transpose(0, 2, 1, 3)
weights = split @ split.transpose(0, 1, 3, 2)
mixed = (weights @ split).reshape(3, 6, 48)
y = q + mixed.dot(kt.zeros((48, 12)))  # E: tensor-shape add (3, 6, 48) (3, 6, 12)

# %% round_trip right
import ktensor as kt

q = kt.zeros((3, 6, 48))
split = q.reshape(3, 6, 4, 12).transpose(0, 2, 1, 3)
weights = split @ split.transpose(0, 1, 3, 2)
mixed = (weights @ split).transpose(0, 2, 1, 3).reshape(3, 6, 48)
y = q + mixed.dot(kt.zeros((48, 48)))

# %% round_trip symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def self_attention(
    x: kt.Tensor[tuple[B, T, D], kt.float32], wo: kt.Tensor[tuple[D, D], kt.float32], heads: H
) -> kt.Tensor[tuple[B, T, D], kt.float32]:
    b, t, d = x.shape
    kt.require(d % heads == 0)
    q = x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)
    weights = (q @ q.transpose(0, 1, 3, 2)).softmax()
    merged = (weights @ q).transpose(0, 2, 1, 3).reshape(b, t, d)
    return x + merged.dot(wo)

# %% round_trip symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
D = TypeVar("D", bound=kt.Dim)
H = TypeVar("H", bound=kt.Dim)


def self_attention(
    x: kt.Tensor[tuple[B, T, D], kt.float32], wo: kt.Tensor[tuple[D, D], kt.float32], heads: H
) -> kt.Tensor[tuple[B, T, D], kt.float32]:
    b, t, d = x.shape
    kt.require(d % heads == 0)
    q = x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)
    weights = (q @ q).softmax()  # E: tensor-shape matmul
    merged = (weights @ q).transpose(0, 2, 1, 3).reshape(b, t, d)
    return x + merged.dot(wo)
