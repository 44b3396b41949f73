"""Calls as Keras 1 and the first versions of Keras 2 had them: other names, orders and layouts.

`OLD` is the table: of each function, the parameters as Keras 1.2.2 has them. `functional` puts a small function before
each that is in it, which does nothing to a call in today's words but look at it. A call with any of the old words, or
with 'th', 'tf' or 'default' where the data format stands, is one of Keras 1's; then kernels are in Keras 1's layout
too: (out, in, rows, columns) if the format is 'th'.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from .config import DATA_FORMATS, image_data_format
from .errors import ArgumentError, ShapeError
from .graph import TensorLike, as_node, node_of, wrap
from .ops import shaping
from .tensor import Tensor

__all__ = ["OLD", "Old", "accepting_old_names", "as_data_format", "modern_kernel"]

Called = TypeVar("Called", bound=Callable[..., Any])

#: Old words, and what they are today. None: they are ignored, as Keras's TensorFlow backend did.
_WORDS: Final[Mapping[str, str | None]] = {
    "X": "x",
    "border_mode": "padding",
    "broatcastable": "broadcastable",
    "dim": "axis",
    "dim_ordering": "data_format",
    "filter_dilation": "dilation_rate",
    "filter_shape": None,
    "high": "maxval",
    "image_shape": None,
    "low": "minval",
    "nb_classes": "num_classes",
    "std": "stddev",
    "stride": "strides",
    "variable": "x",
    "volume_shape": None,
    "xs": "ops",
}


class Old(NamedTuple):
    """A function as it was."""

    #: Its parameters in Keras 1's order.
    parameters: str
    #: The number of the argument that tells Keras 1's calls by position from today's, and whether its value does.
    position: int = sys.maxsize
    tells: Callable[[Any], bool] = lambda value: type(value) is str and (value in DATA_FORMATS or value == "default")
    #: Parameters that are kernels, whose layout depends on the data format in Keras 1.
    kernels: tuple[str, ...] = ()
    #: Old words, if they are others: Keras's own name of a parameter that has another name here.
    words: Mapping[str, str | None] = _WORDS


def _is_shape(value: object) -> bool:
    return isinstance(value, (tuple, list))


def _is_epsilon(value: object) -> bool:
    return isinstance(value, float)


OLD: Final[Mapping[str, Old]] = {
    "batch_get_value": Old("xs"),
    "batch_normalization": Old("x mean var beta gamma epsilon", 5, _is_epsilon),
    "conv1d": Old("x kernel stride border_mode image_shape filter_shape", 4, _is_shape),
    "conv2d": Old(
        "x kernel strides border_mode dim_ordering image_shape filter_shape filter_dilation", 4, kernels=("kernel",)
    ),
    "conv3d": Old("x kernel strides border_mode dim_ordering volume_shape filter_shape", 4, kernels=("kernel",)),
    "expand_dims": Old("x dim"),
    "is_sparse": Old("tensor", words={"tensor": "x"}),
    "moving_average_update": Old("variable value momentum"),
    "one_hot": Old("indices nb_classes"),
    "pattern_broadcast": Old("x broatcastable"),
    "pool2d": Old("x pool_size strides border_mode dim_ordering pool_mode", 4),
    "pool3d": Old("x pool_size strides border_mode dim_ordering pool_mode", 4),
    "random_normal": Old("shape mean std dtype seed"),
    "random_uniform": Old("shape low high dtype seed"),
    "resize_images": Old("X height_factor width_factor dim_ordering", 3),
    "resize_volumes": Old("X depth_factor height_factor width_factor dim_ordering", 4),
    "separable_conv2d": Old(
        "x depthwise_kernel pointwise_kernel strides border_mode dim_ordering",
        5,
        kernels=("depthwise_kernel", "pointwise_kernel"),
    ),
    "set_epsilon": Old("e", words={"e": "value"}),
    "set_floatx": Old("floatx", words={"floatx": "value"}),
    "set_image_data_format": Old("data_format", words={"data_format": "value"}),
    "set_image_dim_ordering": Old("dim_ordering", words={"dim_ordering": "value"}),
    "spatial_2d_padding": Old("x padding dim_ordering", 2),
    "spatial_3d_padding": Old("x padding dim_ordering", 2),
    "stack": Old("x axis", words={"x": "tensors"}),
}


def as_data_format(op_name: str, value: object) -> str:
    """ "channels_last" or "channels_first", of 'tf', 'th', 'default' (the setting) or their names today."""
    if value is None or value == "default":
        return image_data_format()
    if isinstance(value, str) and (value in DATA_FORMATS or value in DATA_FORMATS.values()):
        return DATA_FORMATS.get(value, value)
    raise ArgumentError(f"{op_name}: dim_ordering {value!r} is none of 'tf', 'th', 'default'")


def modern_kernel(op_name: str, kernel: TensorLike, data_format: str) -> Tensor:
    """A kernel of Keras 1's as (*spatial, in, out): it is (out, in, *spatial) if the data format is channels_first."""
    tensor = wrap(as_node(op_name, "kernel", kernel))
    if data_format == "channels_last":
        return tensor
    if tensor.ndim < 3:
        raise ShapeError(f"{op_name}: a kernel of Keras 1's is (out, in, ...), not {node_of(tensor).shape}")
    return shaping.transpose(tensor, [*range(2, tensor.ndim), 1, 0])


def accepting_old_names(function: Called) -> Called:
    """The function, with calls translated that are as in its entry in `OLD`."""
    name = function.__name__
    old = OLD[name]
    words = frozenset(word for word in old.parameters.split() if word in old.words)
    with_format = old.words is _WORDS and "dim_ordering" in words and not old.kernels
    position, tells = old.position, old.tells

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if (len(args) > position and tells(args[position])) or (
            kwargs and (not words.isdisjoint(kwargs) or (with_format and kwargs.get("data_format") in _OLD_FORMATS))
        ):
            return function(**_today(name, old, function, args, kwargs))
        return function(*args, **kwargs)

    return called  # type: ignore[return-value]  # it takes what the function takes, and more


_OLD_FORMATS: Final = (*DATA_FORMATS, "default")


def _today(
    name: str, old: Old, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of an old call by the names that they have today."""
    by_position = len(args) > old.position and old.tells(args[old.position])
    order = old.parameters.split() if by_position else list(inspect.signature(function).parameters)
    if len(args) > len(order):
        raise ArgumentError(
            f"{name}: {args[old.position]!r} as argument {old.position + 1} is a call of Keras 1's, "
            f"{name}({', '.join(order)}), which has no more arguments; name them"
            if by_position
            else f"{name}: takes {len(order)} arguments, not {len(args)}"
        )
    found: dict[str, Any] = {}
    for word, value in [*zip(order, args), *kwargs.items()]:
        today = old.words.get(word, word)
        if today in found:
            raise ArgumentError(_twice(name, word, today))
        if today is not None:
            found[today] = value
    if "data_format" in found or old.kernels:
        modern = found.get("data_format") in DATA_FORMATS.values()
        layout = as_data_format(name, found.get("data_format"))
        if old.kernels and modern and layout == "channels_first":
            raise ArgumentError(
                f"{name}: {_first_old(old, kwargs)} is Keras 1's, and data_format='channels_first' is not, so it is "
                "not clear which order the kernel's axes have: write padding, data_format and dilation_rate for "
                "(*spatial, in, out), or dim_ordering='th' for (out, in, *spatial)"
            )
        found["data_format"] = layout
        for kernel in old.kernels if layout == "channels_first" else ():
            if kernel in found:
                found[kernel] = modern_kernel(name, found[kernel], layout)
    if by_position and old.tells is _is_epsilon and not 0 <= found["epsilon"] < 1:
        raise ArgumentError(
            f"{name}: argument 6 is {found['epsilon']!r}, which is neither an axis, an integer, nor Keras 1's epsilon, "
            "a number below 1; write axis=... or epsilon=..."
        )
    return found


def _twice(name: str, word: str, today: str | None) -> str:
    if word == today:
        return f"{name}: {word} is given twice, once by an older name or by position; give it once"
    return f"{name}: {word} is what is now called {today}, which is given too; give {today} alone"


def _first_old(old: Old, kwargs: Mapping[str, Any]) -> str:
    return next((word for word in kwargs if word in old.words), "the order of the arguments")
