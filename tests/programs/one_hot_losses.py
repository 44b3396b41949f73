# %% class_count wrong
import ktensor as kt

labels = kt.placeholder((None,), kt.int64)
logits = kt.placeholder((None, 12))
target = labels.one_hot(10)
loss = target.categorical_crossentropy(logits.softmax()).mean()  # E: tensor-shape (None, 10) (None, 12)

# %% class_count right
from typing_extensions import reveal_type

import ktensor as kt

labels = kt.placeholder((None,), kt.int64)
logits = kt.placeholder((None, 12))
target = labels.one_hot(12)
loss = target.categorical_crossentropy(logits.softmax()).mean()
reveal_type(loss)  # R: Tensor[tuple[()], float32]

# %% class_count symbolic
from typing import Literal as L
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def losses(
    labels: kt.Tensor[tuple[B], kt.int64], logits: kt.Tensor[tuple[B, L[12]], kt.float32]
) -> kt.Tensor[tuple[B], kt.float32]:
    return labels.one_hot(12).categorical_crossentropy(logits, from_logits=True)

# %% class_count symbolic-wrong
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def losses(
    target: kt.Tensor[tuple[C, B], kt.float32], logits: kt.Tensor[tuple[B, C], kt.float32]
) -> kt.Tensor[tuple[B], kt.float32]:
    return target.categorical_crossentropy(logits)  # E: tensor-shape categorical_crossentropy (C, B) (B, C)

# %% integer_targets wrong
from ktensor import functional as K

labels = K.zeros((32,), dtype="int64")
p = K.softmax(K.zeros((32, 10)))
loss = K.mean(K.categorical_crossentropy(labels, p))  # E: tensor-shape categorical_crossentropy (32,) (32, 10)

# %% integer_targets right
from ktensor import functional as K

labels = K.zeros((32,), dtype="int64")
p = K.softmax(K.zeros((32, 10)))
loss = K.mean(K.sparse_categorical_crossentropy(labels, p))

# %% integer_targets symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def loss(
    labels: kt.Tensor[tuple[B], kt.int64], logits: kt.Tensor[tuple[B, C], kt.float32]
) -> kt.Tensor[tuple[()], kt.float32]:
    return K.mean(K.sparse_categorical_crossentropy(labels, K.softmax(logits)))

# %% float_indices wrong
import ktensor as kt

digits = kt.ones((5,))
encoded = kt.one_hot(digits, 10)  # E: tensor-dtype one_hot float32

# %% float_indices right
import ktensor as kt

digits = kt.ones((5,))
encoded = kt.one_hot(digits.cast("int32"), 10)

# %% float_indices symbolic
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def encode(digits: kt.Tensor[tuple[N], kt.float32], classes: C) -> kt.Tensor[tuple[N, C], kt.float32]:
    return kt.one_hot(digits.cast(kt.int32), classes)

# %% float_indices symbolic-wrong
from typing import TypeVar

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
C = TypeVar("C", bound=kt.Dim)


def encode(digits: kt.Tensor[tuple[N], kt.float32], classes: C) -> kt.Tensor[tuple[N, C], kt.float32]:
    return kt.one_hot(digits.round(), classes)  # E: tensor-dtype one_hot float32

# %% target_last wrong
import ktensor as kt

labels = kt.zeros((32,), kt.int32)
logits = kt.zeros((32, 10))
loss = kt.sparse_categorical_crossentropy(logits, labels)  # E: tensor-shape (32, 10) (32,)

# %% target_last right
import ktensor as kt

labels = kt.zeros((32,), kt.int32)
logits = kt.zeros((32, 10))
loss = kt.sparse_categorical_crossentropy(labels, logits, from_logits=True) + kt.ones((32,))

# %% target_last symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
V = TypeVar("V", bound=kt.Dim)


def per_token(
    labels: kt.Tensor[tuple[B, T], kt.int32], logits: kt.Tensor[tuple[B, T, V], kt.float32]
) -> kt.Tensor[tuple[B, T], kt.float32]:
    return labels.sparse_categorical_crossentropy(logits, from_logits=True)

# %% binary wrong
import ktensor as kt

target = kt.zeros((16, 1))
score = kt.zeros((20, 1)).sigmoid()
loss = target.binary_crossentropy(score).mean()  # E: tensor-shape (16, 1) (20, 1)

# %% binary right
import ktensor as kt

target = kt.zeros((16, 1))
score = kt.zeros((16, 1)).sigmoid()
loss = target.binary_crossentropy(score).mean()

# %% binary symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


def loss(
    target: kt.Tensor[tuple[B], kt.float32], score: kt.Tensor[tuple[B], kt.float32]
) -> kt.Tensor[tuple[()], kt.float32]:
    return target.binary_crossentropy(score.sigmoid()).mean()

# %% sequence_targets wrong
import ktensor as kt

tokens = kt.placeholder((None, 19), "int64")
logits = kt.placeholder((None, 20, 1000))
loss = tokens.sparse_categorical_crossentropy(logits, from_logits=True)  # E: tensor-shape sparse_categorical_crossentropy (None, 19) (None, 20, 1000)

# %% sequence_targets right
import ktensor as kt

tokens = kt.placeholder((None, 20), "int64")
logits = kt.placeholder((None, 20, 1000))
loss = tokens.sparse_categorical_crossentropy(logits, from_logits=True)
flat = kt.placeholder((None,), "int64").sparse_categorical_crossentropy(kt.placeholder((None, 10)).softmax())
column = kt.placeholder((None, 1), "int64").sparse_categorical_crossentropy(kt.placeholder((None, 10)).softmax())
