"""What a case is, how one is run, and what helps to write one."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

import ktensor as kt

from ..graph import build, node_of, toposort

__all__ = ["LEAVES", "Array", "Case", "Input", "Sizes", "check"]

Array: TypeAlias = npt.NDArray[Any]
Sizes: TypeAlias = tuple[int, ...]

#: Ops that have no case of their own: every case feeds placeholders, constants and variables are read by `BEHAVIOURS`,
#: and the learning phase, named sizes and assignments never reach an engine.
LEAVES: Final = frozenset({"assign", "constant", "learning_phase", "placeholder", "size", "variable"})

#: Relative and absolute tolerance of results of each dtype; all others must be exact.
_TOLERANCES: Final = {"float16": (4e-3, 1e-3), "float32": (2e-5, 2e-6), "float64": (1e-9, 1e-11)}


@dataclass(frozen=True, eq=False)
class Input:
    """What to feed to one placeholder: numbers from `low` to `high`, no two floats alike, or exactly `values`."""

    dtype: str
    low: float = -2.0
    high: float = 2.1
    values: Array | None = None
    sparse: bool = False

    def draw(self, sizes: Sizes, random: np.random.Generator) -> Array:
        """An array of the sizes."""
        if self.values is not None:
            return np.asarray(self.values, self.dtype)
        count = math.prod(sizes)
        if self.dtype == "bool":
            return np.reshape(random.permutation(count) % 2 == 0, sizes)
        if not self.dtype.startswith("float"):
            return random.integers(int(self.low), int(self.high) + 1, sizes).astype(self.dtype)
        steps = (random.permutation(count) + 0.5) / max(count, 1)
        return (self.low + steps * (self.high - self.low)).reshape(sizes).astype(self.dtype)


@dataclass(frozen=True, eq=False)
class Case:
    """One op on one kind of inputs.

    Args:
        op: the op that the case is about; it must be part of what `build` builds.
        label: tells the cases of an op apart.
        build: makes the tensor from placeholders.
        expected: the same in plain NumPy. It is given float64 for all floats, and dense arrays for sparse tensors.
        inputs: one for each placeholder.
        sizes: the inputs' shapes, more than once if one program must cope with several: all of the same ranks.
        dtype: the result's; by default the first input's.
        known: with known sizes of the inputs, the result's are known too.
        smooth: the values are at no kink or jump, so that finite differences of `expected` are its derivative.
        tolerance: a factor for the usual tolerance.
    """

    op: str
    label: str
    build: Callable[..., Any]
    expected: Callable[..., Any]
    inputs: tuple[Input, ...]
    sizes: tuple[tuple[Sizes, ...], ...]
    dtype: str
    known: bool = True
    smooth: bool = True
    tolerance: float = 1.0

    def __str__(self) -> str:
        return f"{self.op}-{self.label}"

    def values(self, sizes: Sequence[Sizes]) -> list[Array]:
        """Arrays to feed, always the same."""
        random = np.random.default_rng(zlib.crc32(f"{self}{sizes}".encode()))
        return [given.draw(s, random) for given, s in zip(self.inputs, sizes)]

    def placeholders(self, sizes: Sequence[Sequence[int | None]]) -> list[Any]:
        """Placeholders of those sizes."""
        return [kt.placeholder(s, given.dtype, sparse=given.sparse) for given, s in zip(self.inputs, sizes)]

    def oracle(self, values: Sequence[Array]) -> Array:
        """What NumPy says, in the result's dtype."""
        wide = [v.astype(np.float64) if v.dtype.kind == "f" else v for v in values]
        with np.errstate(all="ignore"):
            return np.asarray(self.expected(*wide)).astype(self.dtype)

    def feeds(self, values: Sequence[Array]) -> list[Any]:
        """The values as they are fed: scipy matrices for sparse placeholders."""
        return [_sparse(v) if given.sparse else v for v, given in zip(values, self.inputs)]


def _sparse(value: Array) -> Any:
    from scipy.sparse import csr_matrix  # the extra `sparse`

    return csr_matrix(value)


def check(engine: str, case: Case, compiled: bool = True) -> None:
    """Runs the case on the engine, with known and with unknown sizes, at once and (if `compiled`) as a function.

    Raises:
        AssertionError: the result's value, shape or dtype is not NumPy's, or not what the tensor promised.
        UnsupportedOpError: the engine refuses the op.
    """
    with kt.config(engine=engine, floatx="float32"):
        for sizes in case.sizes:
            _run(f"{engine}: {case} with sizes {sizes}", case, sizes, [sizes], compiled and sizes is case.sizes[0])
        unknown = [(None,) * len(s) for s in case.sizes[0]]
        _run(f"{engine}: {case} with unknown sizes", case, unknown, case.sizes, compiled)


def _run(where: str, case: Case, declared: Sequence[Any], fed: Sequence[tuple[Sizes, ...]], compiled: bool) -> None:
    inputs = case.placeholders(declared)
    result = case.build(*inputs)
    if case.op not in {n.op.name for n in toposort([node_of(result)])}:
        raise AssertionError(f"{where}: the case builds no {case.op}")
    if declared is fed[0] and case.known and None in result.shape:
        raise AssertionError(f"{where}: the result's shape {result.shape} is not known")
    function = kt.function(inputs, result) if compiled else None
    for sizes in fed:
        values = case.values(sizes)
        wanted = case.oracle(values)
        _compare(f"{where}, fed {sizes}, eval", case, result, result.eval(_paired(case, inputs, values)), wanted)
        if function is not None:
            _compare(f"{where}, fed {sizes}, function", case, result, function(case.feeds(values)), wanted)


def _paired(case: Case, inputs: Sequence[Any], values: Sequence[Array]) -> dict[Any, Any]:
    return dict(zip(inputs, case.feeds(values)))


def _compare(where: str, case: Case, result: Any, got: object, wanted: Array) -> None:
    if not isinstance(got, np.ndarray):
        raise AssertionError(f"{where}: gave {type(got).__name__}, not an array")
    if got.dtype.name != case.dtype or result.dtype != case.dtype:
        raise AssertionError(f"{where}: dtype {got.dtype}, the tensor says {result.dtype}, should be {case.dtype}")
    if got.shape != wanted.shape:
        raise AssertionError(f"{where}: shape {got.shape}, NumPy has {wanted.shape}")
    static = result.shape
    if len(static) != got.ndim or any(s not in (None, n) for s, n in zip(static, got.shape)):
        raise AssertionError(f"{where}: shape {got.shape}, the tensor promised {static}")
    relative, absolute = _TOLERANCES.get(case.dtype, (0.0, 0.0))
    try:
        np.testing.assert_allclose(
            got.astype(np.float64) if got.dtype.kind == "f" else got,
            wanted,
            rtol=relative * case.tolerance,
            atol=absolute * case.tolerance,
        )
    except AssertionError as error:
        raise AssertionError(f"{where}: {error}") from None


# ---- To write cases ----------------------------------------------------------------------------------

_FLOATS: Final = ("float64", "float32", "float16")
_INTS: Final = ("int32", "int64", "int8", "uint8")
_ALL_INTS: Final = (*_INTS, "int16", "uint16", "uint32", "uint64")


def _op(name: str, *tensors: Any, **attrs: Any) -> Any:
    """The bare op, for those that no public function builds, or not in every form."""
    return build(name, *map(node_of, tensors), **attrs)


def _both(name: str, **options: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """ktensor's and NumPy's function of that name, with the same options."""
    return partial(getattr(kt, name), **options), partial(getattr(np, name), **options)


def _of(dtypes: Sequence[str], low: float = -2.0, high: float = 2.1) -> list[Input]:
    return [Input(d, max(low, 0) if d.startswith("u") else low, high) for d in dtypes]


def _given(values: Any, dtype: str) -> Input:
    return Input(dtype, values=np.asarray(values, dtype))


def _case(
    op: str,
    label: str,
    build: Callable[..., Any],
    expected: Callable[..., Any],
    inputs: Sequence[Input],
    sizes: Sequence[Sequence[Sizes]] = (),
    dtype: str | None = None,
    **others: Any,
) -> Case:
    """A case whose result has by default the first input's dtype. Inputs with values bring their own sizes."""
    shapes = tuple(
        tuple(size if given.values is None else given.values.shape for given, size in zip(inputs, row))
        for row in sizes or [[()] * len(inputs)]
    )
    return Case(op, label, build, expected, tuple(inputs), shapes, dtype or inputs[0].dtype, **others)
