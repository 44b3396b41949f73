# %% batch_and_time wrong
from typing import NewType

import ktensor as kt

Batch = NewType("Batch", int)
Time = NewType("Time", int)

scores = kt.zeros((Batch(32), Time(10)))
mask = kt.zeros((Time(10), Batch(32)))
masked = scores * mask  # E: tensor-shape multiply (Batch, Time) (Time, Batch)

# %% batch_and_time right
from typing import NewType

import ktensor as kt

Batch = NewType("Batch", int)
Time = NewType("Time", int)

scores = kt.zeros((Batch(32), Time(10)))
mask = kt.zeros((Time(10), Batch(32)))
masked = scores * mask.T

# %% batch_and_time symbolic
from typing import NewType, TypeVar

import ktensor as kt

Batch = NewType("Batch", int)
Time = NewType("Time", int)
F = TypeVar("F", bound=kt.Dim)


def pooled(
    features: kt.Tensor[tuple[Batch, Time, F], kt.float32], mask: kt.Tensor[tuple[Batch, Time], kt.float32]
) -> kt.Tensor[tuple[Batch, F], kt.float32]:
    return (features * mask[:, :, None]).sum(axis=1)

# %% batch_and_time symbolic-wrong
from typing import NewType, TypeVar

import ktensor as kt

Batch = NewType("Batch", int)
Time = NewType("Time", int)
F = TypeVar("F", bound=kt.Dim)


def pooled(
    features: kt.Tensor[tuple[Batch, Time, F], kt.float32], mask: kt.Tensor[tuple[Time, Batch], kt.float32]
) -> kt.Tensor[tuple[Batch, F], kt.float32]:
    return (features * mask[:, :, None]).sum(axis=1)  # E: tensor-shape multiply (Batch, Time, F) (Time, Batch, 1)

# %% wrong_axis_reduced wrong
from typing import NewType

import ktensor as kt

Users = NewType("Users", int)
Items = NewType("Items", int)


def per_user(ratings: kt.Tensor[tuple[Users, Items], kt.float32]) -> kt.Tensor[tuple[Users], kt.float32]:
    return ratings.mean(axis=0)  # E: return-value Tensor


means = per_user(kt.zeros((Users(100), Items(40))))

# %% wrong_axis_reduced right
from typing import NewType

import ktensor as kt

Users = NewType("Users", int)
Items = NewType("Items", int)


def per_user(ratings: kt.Tensor[tuple[Users, Items], kt.float32]) -> kt.Tensor[tuple[Users], kt.float32]:
    return ratings.mean(axis=1)


means = per_user(kt.zeros((Users(100), Items(40))))

# %% wrong_axis_reduced symbolic
from typing import NewType, TypeVar

import ktensor as kt

Users = NewType("Users", int)
Items = NewType("Items", int)
R = TypeVar("R", bound=kt.Dim)


def predict(
    users: kt.Tensor[tuple[Users, R], kt.float32], items: kt.Tensor[tuple[Items, R], kt.float32]
) -> kt.Tensor[tuple[Users, Items], kt.float32]:
    return users @ items.T

# %% wrong_axis_reduced symbolic-wrong
from typing import NewType, TypeVar

import ktensor as kt

Users = NewType("Users", int)
Items = NewType("Items", int)
R = TypeVar("R", bound=kt.Dim)


def predict(
    users: kt.Tensor[tuple[Users, R], kt.float32], items: kt.Tensor[tuple[Items, R], kt.float32]
) -> kt.Tensor[tuple[Users, Items], kt.float32]:
    return items @ users.T  # E: return-value Tensor

# %% swapped_arguments wrong
from typing import NewType

import ktensor as kt

Height = NewType("Height", int)
Width = NewType("Width", int)


def crop(image: kt.Tensor[tuple[Height, Width], kt.float32]) -> kt.Tensor[tuple[Height], kt.float32]:
    return image[:, 0]


edge = crop(kt.zeros((Width(640), Height(480))))  # A: tensor-shape crop (Width, Height) (Height, Width)

# %% swapped_arguments right
from typing import NewType

import ktensor as kt

Height = NewType("Height", int)
Width = NewType("Width", int)


def crop(image: kt.Tensor[tuple[Height, Width], kt.float32]) -> kt.Tensor[tuple[Height], kt.float32]:
    return image[:, 0]


edge = crop(kt.zeros((Width(640), Height(480))).transpose(1, 0))

# %% swapped_arguments symbolic
from typing import Literal as L
from typing import NewType

import ktensor as kt

Height = NewType("Height", int)
Width = NewType("Width", int)


def cropped(
    image: kt.Tensor[tuple[Height, Width, L[3]], kt.float32], top: int
) -> kt.Tensor[tuple[Width, L[3]], kt.float32]:
    grey = image.mean(axis=-1, keepdims=True)
    return (image * grey)[0] + image.max(axis=0) + float(top)

# %% named_placeholders wrong
import ktensor as kt

x = kt.placeholder(("batch", 20))
state = kt.placeholder(("time", 20))
y = x + state  # E: tensor-shape add (batch, 20) (time, 20)

# %% named_placeholders right
import ktensor as kt

x = kt.placeholder(("batch", 20))
state = kt.placeholder(("batch", 20))
y = x + state
z = x.dot(kt.zeros((20, 4))) * kt.placeholder(("batch", 1))
free = x + kt.placeholder((None, 20))

# %% named_placeholders symbolic
from typing import TypeVar

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
F = TypeVar("F", bound=kt.Dim)


def centred(x: kt.Tensor[tuple[B, F], kt.float32]) -> kt.Tensor[tuple[B, F], kt.float32]:
    return x - x.mean(axis=0)


y = centred(kt.placeholder(("batch", 20))) + kt.placeholder(("batch", 20))
