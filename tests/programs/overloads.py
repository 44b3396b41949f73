# %% by_rank wrong
from typing import Any, TypeVar, overload
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


@overload
def project(x: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[L[2]], kt.float32]: ...
@overload
def project(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor[tuple[B, L[2]], kt.float32]: ...
def project(x: Any) -> Any:
    return x.dot(kt.ones((3, 2)))


one = project(kt.ones((3,)))
many = project(kt.ones((7, 3)))
y = many.dot(kt.ones((3, 4)))  # E: tensor-shape dot (7, 2) (3, 4)

# %% by_rank right
from typing import Any, TypeVar, overload
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


@overload
def project(x: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[L[2]], kt.float32]: ...
@overload
def project(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor[tuple[B, L[2]], kt.float32]: ...
def project(x: Any) -> Any:
    return x.dot(kt.ones((3, 2)))


one = project(kt.ones((3,)))
many = project(kt.ones((7, 3)))
y = many.dot(kt.ones((2, 4))) + one.dot(kt.ones((2, 4)))
unknown: kt.Tensor = many
z = project(unknown.dot(kt.ones((2, 3))))

# %% by_rank symbolic
from typing import Any, TypeVar, overload
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


@overload
def project(x: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[L[2]], kt.float32]: ...
@overload
def project(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor[tuple[B, L[2]], kt.float32]: ...
def project(x: Any) -> Any:
    return x.dot(kt.ones((3, 2)))


def back(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor[tuple[B, L[3]], kt.float32]:
    return project(x).dot(kt.ones((2, 3)))

# %% by_rank symbolic-wrong
from typing import Any, TypeVar, overload
from typing import Literal as L

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)


@overload
def project(x: kt.Tensor[tuple[L[3]], kt.float32]) -> kt.Tensor[tuple[L[2]], kt.float32]: ...
@overload
def project(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor[tuple[B, L[2]], kt.float32]: ...
def project(x: Any) -> Any:
    return x.dot(kt.ones((3, 2)))


def back(x: kt.Tensor[tuple[B, L[3]], kt.float32]) -> kt.Tensor:
    return project(x) + x  # E: tensor-shape add (B, 2) (B, 3)

# %% by_flag wrong
from typing import Any, Literal, TypeVar, overload

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
Matrix = kt.Tensor[tuple[B, N], kt.float32]


@overload
def norm(x: Matrix[B, N], keep: Literal[True]) -> kt.Tensor[tuple[B, Literal[1]], kt.float32]: ...
@overload
def norm(x: Matrix[B, N], keep: Literal[False] = ...) -> kt.Tensor[tuple[B], kt.float32]: ...
def norm(x: Any, keep: bool = False) -> Any:
    return x.square().sum(axis=1, keepdims=keep).sqrt()


x = kt.ones((5, 4))
unit = x / norm(x)  # E: tensor-shape divide (5, 4) (5,)

# %% by_flag right
from typing import Any, Literal, TypeVar, overload

import ktensor as kt

B = TypeVar("B", bound=kt.Dim)
N = TypeVar("N", bound=kt.Dim)
Matrix = kt.Tensor[tuple[B, N], kt.float32]


@overload
def norm(x: Matrix[B, N], keep: Literal[True]) -> kt.Tensor[tuple[B, Literal[1]], kt.float32]: ...
@overload
def norm(x: Matrix[B, N], keep: Literal[False] = ...) -> kt.Tensor[tuple[B], kt.float32]: ...
def norm(x: Any, keep: bool = False) -> Any:
    return x.square().sum(axis=1, keepdims=keep).sqrt()


x = kt.ones((5, 4))
unit = x / norm(x, keep=True) * norm(x)[:, None]

# %% by_flag symbolic
from typing import Any, TypeVar, overload

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


class Scale:
    @overload
    def __call__(self, x: kt.Tensor[tuple[N], kt.float32]) -> kt.Tensor[tuple[N], kt.float32]: ...
    @overload
    def __call__(self, x: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[N, M], kt.float32]: ...
    def __call__(self, x: Any) -> Any:
        return 2.0 * x


def doubled(rows: kt.Tensor[tuple[N, M], kt.float32]) -> kt.Tensor[tuple[M], kt.float32]:
    return Scale()(Scale()(rows).sum(axis=0))

# %% size_as_argument wrong
from typing import Any, TypeVar, overload

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


@overload
def as_rows(x: kt.Tensor[tuple[N], kt.int64], n: M) -> kt.Tensor[tuple[N, M], kt.float32]: ...
@overload
def as_rows(x: kt.Tensor[tuple[N, M], kt.float32], n: int = 0) -> kt.Tensor[tuple[N, M], kt.float32]: ...
def as_rows(x: Any, n: Any = 0) -> Any:
    return x.one_hot(n) if x.ndim == 1 else x


v = as_rows(kt.zeros((5,), "int64"), 10)
y = v.dot(kt.zeros((9, 2)))  # E: tensor-shape dot (5, 10) (9, 2)

# %% size_as_argument right
from typing import Any, TypeVar, overload

import ktensor as kt

N = TypeVar("N", bound=kt.Dim)
M = TypeVar("M", bound=kt.Dim)


@overload
def as_rows(x: kt.Tensor[tuple[N], kt.int64], n: M) -> kt.Tensor[tuple[N, M], kt.float32]: ...
@overload
def as_rows(x: kt.Tensor[tuple[N, M], kt.float32], n: int = 0) -> kt.Tensor[tuple[N, M], kt.float32]: ...
def as_rows(x: Any, n: Any = 0) -> Any:
    return x.one_hot(n) if x.ndim == 1 else x


classes = 10
v = as_rows(kt.zeros((5,), "int64"), classes) - as_rows(kt.zeros((5, 10)))
y = v.dot(kt.zeros((10, 2)))
