"""What all ops on images share: where the channels are, and arguments with one number for each spatial axis.

An image is (batch, *spatial, channels), or (batch, channels, *spatial) if its format is "channels_first".
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from ..config import image_data_format
from ..errors import ArgumentError
from . import shaping

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["in_format", "normalize_data_format", "one_of", "per_axis", "with_channels_last"]

#: What Keras 1 calls the formats.
_ORDERINGS: Final = {"tf": "channels_last", "th": "channels_first"}


def one_of(op_name: str, argument: str, value: object, allowed: tuple[str, ...]) -> str:
    """`value`, which is one of `allowed`. Raises ArgumentError if it is not."""
    if isinstance(value, str) and value in allowed:
        return value
    raise ArgumentError(f"{op_name}: {argument} {value!r} is none of {', '.join(map(repr, allowed))}")


def normalize_data_format(op_name: str, value: str | None) -> str:
    """ "channels_last" or "channels_first"; for None, the setting `image_data_format`."""
    if value is None:
        return image_data_format()
    if value in _ORDERINGS:
        raise ArgumentError(f"{op_name}: data_format {value!r} is what Keras 1 calls {_ORDERINGS[value]!r}; write that")
    return one_of(op_name, "data_format", value, ("channels_last", "channels_first"))


def per_axis(op_name: str, argument: str, value: Any, count: int) -> tuple[int, ...]:
    """A positive int, or `count` of them in a tuple or list, as a tuple of `count`."""
    values = tuple(value) if isinstance(value, (list, tuple)) else (value,) * count
    whole = all(hasattr(v, "__index__") and not isinstance(v, bool) for v in values)
    if len(values) != count or not whole or any(operator.index(v) < 1 for v in values):
        several = f", nor {count} of them" if count > 1 else ""
        raise ArgumentError(f"{op_name}: {argument} {value!r} is no positive integer{several}")
    return tuple(map(operator.index, values))


def with_channels_last(x: Tensor, data_format: str) -> Tensor:
    """An image, which is in `data_format`, with its channels last."""
    return x if data_format == "channels_last" else shaping.transpose(x, [0, *range(2, x.ndim), 1])


def in_format(x: Tensor, data_format: str) -> Tensor:
    """An image, whose channels are last, in `data_format`."""
    return x if data_format == "channels_last" else shaping.transpose(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])
