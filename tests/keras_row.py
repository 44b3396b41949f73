"""What a row of the table of `keras.backend` is: a call, the arrays it is given, and the same in plain NumPy."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ktensor import functional
from ktensor.testing import Input

Array: TypeAlias = npt.NDArray[Any]

#: By name; mypy would check the shapes of what the rows give.
K: Final[Any] = functional

#: The batch's sizes that are tried, 1 being the one that is stretched where it should not be.
BATCHES: Final = (3, 1)

DTYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "f": ("float32", "float64", "float16"),
    "i": ("int32", "int64", "uint8"),
    "s": ("int32", "int64"),
    "b": ("bool",),
}


@dataclass(frozen=True, eq=False)
class Arg:
    """An array to feed.

    Args:
        shape: ints, and "n" for the batch's size.
        low, high: numbers are drawn between these, no two floats alike.
        dtype: if it is not that of the row.
        made: what is done with the numbers drawn.
        values: these instead of numbers drawn.
        image: its channels are last here, and follow the layout when it is fed.
        sparse: it is fed as a sparse tensor.
        vector: of sizes or places, whose number must always be known.
    """

    shape: tuple[int | str, ...] = ()
    low: float = -2.0
    high: float = 2.1
    dtype: str = ""
    made: Callable[[Array], Any] | None = None
    values: Any = None
    image: bool = False
    sparse: bool = False
    vector: bool = False

    def sizes(self, n: int | None) -> tuple[Any, ...]:
        """The shape for a batch of n."""
        return tuple(n if size == "n" else size for size in self.shape)

    def own_dtype(self, dtype: str) -> str:
        """Its dtype in a row that is tried with `dtype`."""
        return self.dtype or dtype

    def draw(self, n: int, dtype: str, random: np.random.Generator) -> Array:
        """An array for a batch of n."""
        own = self.own_dtype(dtype)
        if self.values is not None:
            return np.asarray(self.values, own)
        low = max(self.low, 0) if own.startswith("u") else self.low
        drawn = Input(own, low, self.high).draw(self.sizes(n), random)
        return drawn if self.made is None else np.asarray(self.made(drawn), own)


@dataclass(frozen=True, eq=False)
class Row:
    """A call of a function of `keras.backend`.

    Args:
        name: the function's.
        args: the arrays that become placeholders.
        oracle: the same of arrays, channels last, and the options. Floats are float64 there, integers int64.
        options: keyword arguments of both.
        kinds: of dtypes that the row is tried with: "f", "i", "b", or "s" of integers with a sign.
        result: the dtype: "same"; "number", which is int32 of bools; "floatx"; "float", which is floatx of all but
            floats; or itself; of several results their dtypes.
        call: makes the tensors, if that is not just the function of placeholders and options.
        label: what sets the row apart from others of the function.
        tolerance: a factor; or one for each dtype where it is not 1.
        static: False if sizes depend on values, so that they cannot be known before.
        slope: "differences" if gradients are those of the oracle; "none" if there are none whatever the oracle says.
        heeds: whether it heeds the setting `image_data_format`.
    """

    name: str
    args: tuple[Arg, ...]
    oracle: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    kinds: str = "f"
    result: str | tuple[str, ...] = "same"
    call: Callable[..., Any] | None = None
    label: str = ""
    tolerance: float | Mapping[str, float] = 1.0
    static: bool = True
    slope: str = "differences"
    heeds: bool = True

    def __str__(self) -> str:
        shown = [self.label] if self.label else [str(arg.shape) for arg in self.args]
        text = ",".join(shown + [f"{k}={v}" for k, v in self.options.items()])
        return f"{self.name}({text})".replace(" ", "").replace("'", "")

    @property
    def dtypes(self) -> list[str]:
        """The dtypes that it is tried with; scipy has no sparse matrices of float16."""
        left_out = "float16" if any(arg.sparse for arg in self.args) else ""
        return [dtype for kind in self.kinds for dtype in DTYPES[kind] if dtype != left_out]

    @property
    def batched(self) -> bool:
        """Whether batches of several sizes can be fed."""
        return any("n" in arg.shape for arg in self.args)

    def factor(self, dtype: str) -> float:
        """The factor of the usual tolerance."""
        return self.tolerance.get(dtype, 1.0) if isinstance(self.tolerance, Mapping) else self.tolerance

    @property
    def layouts(self) -> tuple[str, ...]:
        """The data formats that it is tried with; "" if it has none."""
        return ("channels_last", "channels_first") if any(arg.image for arg in self.args) else ("",)

    def build(self, tensors: Sequence[Any], layout: str | None) -> list[Any]:
        """The tensors; a layout of None is the setting."""
        call = self.call or getattr(K, self.name)
        given = {} if layout == "" else {"data_format": layout}
        return several(call(*tensors, **self.options, **given))

    def draw(self, n: int, dtype: str) -> list[Array]:
        """Arrays for a batch of n, always the same."""
        random = np.random.default_rng(zlib.crc32(f"{self}{n}".encode()))
        return [arg.draw(n, dtype, random) for arg in self.args]

    def expected(self, arrays: Sequence[Array]) -> list[Array]:
        """NumPy's results, of floats in float64."""
        with np.errstate(all="ignore"):
            return [np.asarray(r) for r in several(self.oracle(*map(_wide, arrays), **self.options))]

    def result_dtypes(self, dtype: str, count: int) -> list[str]:
        """The dtypes of the results."""
        rules = [self.result] * count if isinstance(self.result, str) else self.result
        return [_RULES[rule](dtype) if rule in _RULES else rule for rule in rules]


_RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "same": lambda dtype: dtype,
    "number": lambda dtype: "int32" if dtype == "bool" else dtype,
    "float": lambda dtype: dtype if dtype.startswith("float") else str(K.floatx()),
    "floatx": lambda dtype: str(K.floatx()),
}


def _wide(array: Array) -> Array:
    return array.astype({"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}[array.dtype.kind])


def several(made: Any) -> list[Any]:
    """What nested lists hold; of one thing, a list of it."""
    return [one for part in made for one in several(part)] if isinstance(made, (list, tuple)) else [made]


def row(name: str, oracle: Callable[..., Any], *args: Arg, **others: Any) -> Row:
    """A row; what is no field of its own is an option of the call."""
    fields = {key: others.pop(key) for key in list(others) if key in _FIELDS}
    return Row(name, args, oracle, options=others, **fields)


_FIELDS: Final = frozenset(Row.__dataclass_fields__)
