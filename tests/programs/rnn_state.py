# %% initial_state_width wrong
from collections.abc import Sequence
from typing import Literal as L

import ktensor as kt

w, u = kt.zeros((3, 16)), kt.zeros((16, 16))
State = kt.Tensor[tuple[L[8], L[16]], kt.float32]


def step(x: kt.Tensor[tuple[L[8], L[3]], kt.float32], states: Sequence[State]) -> tuple[State, list[State]]:
    h = (x.dot(w) + states[0].dot(u)).tanh()
    return h, [h]


last, outputs, states = kt.rnn(step, kt.zeros((8, 20, 3)), [kt.zeros((8, 12))])  # E: tensor-shape (8, 12)

# %% initial_state_width right
from collections.abc import Sequence
from typing import Literal as L

import ktensor as kt

w, u = kt.zeros((3, 16)), kt.zeros((16, 16))
State = kt.Tensor[tuple[L[8], L[16]], kt.float32]


def step(x: kt.Tensor[tuple[L[8], L[3]], kt.float32], states: Sequence[State]) -> tuple[State, list[State]]:
    h = (x.dot(w) + states[0].dot(u)).tanh()
    return h, [h]


last, outputs, states = kt.rnn(step, kt.zeros((8, 20, 3)), [kt.zeros((8, 16))])
y = last.dot(kt.zeros((16, 2))) + outputs.mean(axis=1).dot(kt.zeros((16, 2)))

# %% initial_state_width symbolic
from collections.abc import Sequence
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def simple_rnn(
    x: kt.Tensor[tuple[B, T, I], kt.float32],
    w: kt.Tensor[tuple[I, U], kt.float32],
    u: kt.Tensor[tuple[U, U], kt.float32],
) -> kt.Tensor[tuple[B, U], kt.float32]:
    def step(
        x_t: kt.Tensor[tuple[B, I], kt.float32], states: Sequence[kt.Tensor[tuple[B, U], kt.float32]]
    ) -> tuple[kt.Tensor[tuple[B, U], kt.float32], list[kt.Tensor[tuple[B, U], kt.float32]]]:
        h = (x_t.dot(w) + states[0].dot(u)).tanh()
        return h, [h]

    last, _, _ = kt.rnn(step, x, [kt.zeros((x.shape[0], u.shape[0]))])
    return last

# %% initial_state_width symbolic-wrong
from collections.abc import Sequence
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
U = TypeVar("U", bound=kt.Dim)


def simple_rnn(
    x: kt.Tensor[tuple[B, T, I], kt.float32], w: kt.Tensor[tuple[I, U], kt.float32]
) -> kt.Tensor[tuple[B, U], kt.float32]:
    def step(
        x_t: kt.Tensor[tuple[B, I], kt.float32], states: Sequence[kt.Tensor[tuple[B, U], kt.float32]]
    ) -> tuple[kt.Tensor[tuple[B, U], kt.float32], list[kt.Tensor[tuple[B, U], kt.float32]]]:
        h = (x_t.dot(w) + states[0].dot(w)).tanh()  # E: tensor-shape dot (B, U) (I, U)
        return h, [h]

    last, _, _ = kt.rnn(step, x, [kt.zeros((x.shape[0], w.shape[1]))])
    return last

# %% lambda_step wrong
from ktensor import functional as K

inputs = K.zeros((4, 7, 3))
kernel = K.zeros((3, 5))
last, outputs, states = K.rnn(
    lambda x, s: (K.tanh(K.dot(x, kernel) + s[0]), [K.dot(x, kernel)]),  # E: tensor-shape add (4, 5) (4, 6)
    inputs,
    [K.zeros((4, 6))],
)

# %% lambda_step right
from ktensor import functional as K

inputs = K.zeros((4, 7, 3))
kernel = K.zeros((3, 5))
last, outputs, states = K.rnn(
    lambda x, s: (K.tanh(K.dot(x, kernel) + s[0]), [K.dot(x, kernel)]),
    inputs,
    [K.zeros((4, 5))],
)

# %% lambda_step symbolic
from typing import TypeVar

import ktensor as kt
from ktensor import functional as K

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)


def running_mean(x: kt.Tensor[tuple[B, T, I], kt.float32]) -> kt.Tensor[tuple[B, T, I], kt.float32]:
    start = K.zeros_like(x[:, 0])
    _, outputs, _ = K.rnn(lambda x_t, s: (0.9 * s[0] + 0.1 * x_t, [0.9 * s[0] + 0.1 * x_t]), x, [start])
    return outputs

# %% outputs_or_last wrong
import ktensor as kt

x = kt.ones((2, 9, 4))
last, outputs, states = kt.rnn(lambda t, s: (t + s[0], [t + s[0]]), x, [kt.zeros((2, 4))])
weights = kt.ones((4, 1))
y = last.dot(weights)
z = states[0].dot(outputs)  # E: tensor-shape dot (2, 4) (2, 9, 4)

# %% outputs_or_last right
import ktensor as kt

x = kt.ones((2, 9, 4))
last, outputs, states = kt.rnn(lambda t, s: (t + s[0], [t + s[0]]), x, [kt.zeros((2, 4))])
weights = kt.ones((4, 1))
y = last.dot(weights)
z = outputs.dot(weights).squeeze(2) + kt.ones((2, 9))

# %% outputs_or_last symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
I = TypeVar("I", bound=kt.Dim)
O = TypeVar("O", bound=kt.Dim)


def tagged(
    x: kt.Tensor[tuple[B, T, I], kt.float32], w: kt.Tensor[tuple[I, O], kt.float32]
) -> kt.Tensor[tuple[B, T, O], kt.float32]:
    _, outputs, _ = kt.rnn(lambda t, s: (t + s[0], [t + s[0]]), x, [kt.zeros_like(x[:, 0])])
    return outputs.dot(w)

# %% state_changes_shape wrong
import ktensor as kt

x = kt.zeros((2, 5, 3))
h0 = kt.zeros((2, 4))
result = kt.rnn(lambda t, s: (t, [kt.concatenate([s[0], t], axis=1)]), x, [h0])  # E: tensor-shape rnn (2, 4) (2, 7)

# %% state_changes_shape right
import ktensor as kt

x = kt.zeros((2, 5, 3))
h0 = kt.zeros((2, 4))
result = kt.rnn(lambda t, s: (t, [kt.concatenate([s[0][:, 3:], t], axis=1)]), x, [h0])

# %% state_changes_shape symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
T = TypeVar("T", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)


def maxima(x: kt.Tensor[tuple[B, T, N], kt.float32]) -> kt.Tensor[tuple[B, N], kt.float32]:
    last, _, _ = kt.rnn(lambda t, s: (t.maximum(s[0]), [t.maximum(s[0])]), x, [kt.zeros((x.shape[0], x.shape[2]))])
    return last
