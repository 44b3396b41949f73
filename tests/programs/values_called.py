# %% partial_of_an_op wrong
from functools import partial

import ktensor as kt

same = partial(kt.conv2d, padding="same")
h = same(kt.zeros((2, 28, 28, 1)), kt.zeros((3, 3, 1, 8)))
y = same(h, kt.zeros((3, 3, 4, 8)))  # E: tensor-shape conv2d (2, 28, 28, 8) (3, 3, 4, 8)

# %% partial_of_an_op right
from functools import partial

from typing_extensions import reveal_type

import ktensor as kt

same = partial(kt.conv2d, padding="same")
h = same(kt.zeros((2, 28, 28, 1)), kt.zeros((3, 3, 1, 8)))
reveal_type(h)  # R: Tensor[tuple[L[2], L[28], L[28], L[8]], float32]
y = same(h, kt.zeros((3, 3, 8, 4)))
total = partial(kt.sum, axis=0)
z = total(kt.zeros((2, 3)), axis=1) + kt.zeros((2,))

# %% partial_of_a_function wrong
# mypy: allow-untyped-defs, allow-untyped-calls
from functools import partial

import ktensor as kt


def dense(x, w, b):
    return x.dot(w) + b


layer = partial(dense, w=kt.ones((3, 4)), b=kt.ones((4,)))
y = layer(kt.ones((2, 5)))  # E: tensor-shape dot (2, 5) (3, 4)

# %% partial_of_a_function right
# mypy: allow-untyped-defs, allow-untyped-calls
from functools import partial

import ktensor as kt


def dense(x, w, b):
    return x.dot(w) + b


layer = partial(dense, w=kt.ones((3, 4)), b=kt.ones((4,)))
y = layer(kt.ones((2, 3))).dot(kt.ones((4, 2)))

# %% function_returned wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def make_layer(inputs, outputs, activation=None):
    w = kt.ones((inputs, outputs))

    def call(x):
        y = x.dot(w)
        return y if activation is None else activation(y)

    return call


first = make_layer(4, 8, kt.relu)
second = make_layer(9, 2)
y = second(first(kt.ones((3, 4))))  # E: tensor-shape dot (3, 8) (9, 2)
z = make_layer(4, 5)(kt.ones((3, 6)))  # E: tensor-shape dot (3, 6) (4, 5)

# %% function_returned right
# mypy: allow-untyped-defs, allow-untyped-calls
from typing_extensions import reveal_type

import ktensor as kt


def make_layer(inputs, outputs, activation=None):
    w = kt.ones((inputs, outputs))

    def call(x):
        y = x.dot(w)
        return y if activation is None else activation(y)

    return call


first = make_layer(4, 8, kt.relu)
second = make_layer(8, 2)
y = second(first(kt.ones((3, 4))))
reveal_type(y)  # R: Tensor[tuple[L[3], L[2]], float32]
z = make_layer(4, 5)(kt.ones((3, 4)))

# %% function_that_remembers right
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def make_history():
    seen = kt.ones((0, 3))

    def push(x):
        nonlocal seen
        seen = kt.concatenate([seen, x], axis=0)
        return seen

    return push


def make_list():
    seen = []

    def push(x):
        seen.append(x)
        return kt.concatenate(seen, axis=0)

    return push


push, add = make_history(), make_list()
push(kt.ones((2, 3)))
y = push(kt.ones((2, 3))) + kt.ones((4, 3))
add(kt.ones((2, 3)))
z = add(kt.ones((2, 3))) + kt.ones((4, 3))

# %% bound_method wrong
import ktensor as kt

x = kt.ones((2, 3))
dot = x.dot
y = dot(kt.ones((4, 2)))  # E: tensor-shape dot (2, 3) (4, 2)

# %% bound_method right
import ktensor as kt

x = kt.ones((2, 3))
dot = x.dot
y = dot(kt.ones((3, 2))) + kt.ones((2, 2))

# %% forwarded wrong
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def dense(x, w, *, bias):
    return x.dot(w) + bias


def block(x, *args, **kwargs):
    return dense(x, *args, **kwargs).relu()


weights = (kt.ones((3, 4)),)
options = {"bias": kt.ones((4,))}
y = block(kt.ones((2, 5)), kt.ones((3, 4)), bias=kt.ones((4,)))  # E: tensor-shape dot (2, 5) (3, 4)
z = block(kt.ones((2, 6)), *weights, **options)  # E: tensor-shape dot (2, 6) (3, 4)

# %% forwarded right
# mypy: allow-untyped-defs, allow-untyped-calls
import ktensor as kt


def dense(x, w, *, bias):
    return x.dot(w) + bias


def block(x, *args, **kwargs):
    return dense(x, *args, **kwargs).relu()


weights = [kt.ones((3, 4))]
options = {"bias": kt.ones((4,))}
y = block(kt.ones((2, 3)), kt.ones((3, 4)), bias=kt.ones((4,)))
z = block(kt.ones((2, 3)), *weights, **options)
weights[0] = kt.ones((6, 4))
options["bias"] = kt.ones((1,))
z = block(kt.ones((2, 6)), *weights, **options)
