"""Of which kind each op is. What is not named here keeps its plain signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...graph import node_of
from ...methods import Methods
from .layouts import (
    arange,
    cast,
    constant,
    filled,
    flattened,
    gathered,
    joined,
    like,
    new_axis,
    of_rank,
    one_hot,
    placeholder,
    ranked,
    sized,
    split,
    squeezed,
    transposed,
    variable,
)
from .recipes import Recipe, along_axis, broadcasting, keeps_shape, position, product, reduction
from .samples import sample

__all__ = ["FUNCTIONS", "OPERATORS"]

_SAME_SHAPE: Final = """
    abs ceil cos erf exp expm1 floor hard_sigmoid invert isfinite isinf isnan log log1p logical_not negative
    round rsqrt sigmoid sign sin softplus softsign sqrt square stop_gradient tan tanh l2_normalize identity print_tensor
"""
_BROADCASTING: Final = """
    add subtract multiply divide floor_divide mod pow maximum minimum
    equal not_equal greater greater_equal less less_equal
    logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift
"""

#: The public functions, by name; methods and operators that are the same function have the same overloads.
FUNCTIONS: Final[Mapping[str, Recipe]] = {
    **dict.fromkeys(_SAME_SHAPE.split(), keeps_shape()),
    "dropout": keeps_shape(lambda x: Methods.dropout(x, 0.5)),
    "reverse": keeps_shape(lambda x: Methods.reverse(x, 0)),
    "relu": keeps_shape(lambda x: Methods.relu(x), lambda x: Methods.relu(x, 0.5), alpha="float = ..."),
    "elu": keeps_shape(lambda x: Methods.elu(x), alpha="float = ..."),
    "clip": keeps_shape(
        *[lambda x, b=b: Methods.clip(x, *b) for b in ((None, None), (0, 1), (0.5, None))],
        min_value="float | None = ...",
        max_value="float | None = ...",
    ),
    **dict.fromkeys(_BROADCASTING.split(), broadcasting),
    **dict.fromkeys(("sum", "prod", "max", "min", "any", "all", "mean", "var", "std", "logsumexp"), reduction),
    **dict.fromkeys(("argmax", "argmin"), position),
    **dict.fromkeys(("cumsum", "cumprod", "softmax", "log_softmax"), along_axis),
    "dot": product(
        (("*Bs", "K"), ("K", "N")),
        (("*Bs", "K"), ("K",)),
        (("*Bs", "K"), ("P", "K", "N")),
        rarely=[((), ("*Bs",)), (("*Bs",), ())],
        highest=3,
    ),
    "matmul": product(
        (("*Bs", "K"), ("K", "N")),
        (("*Bs", "K"), ("K",)),
        ((None, "M", "K"), (None, "K", "N")),
        ((None, None, "M", "K"), (None, None, "K", "N")),
        rarely=[
            (("K",), (None, "K", "N")),
            (("K",), (None, None, "K", "N")),
            (("M", "K"), (None, "K", "N")),
            (("M", "K"), (None, None, "K", "N")),
            ((None, "M", "K"), (None, None, "K", "N")),
            ((None, None, "M", "K"), (None, "K", "N")),
            (("*Bs", "M", "K"), ("*Bs", "K", "N")),
        ],
        highest=4,
    ),
    "batch_dot": product(
        (("M", "K"), ("M", "K")),
        (("M", "N", "K"), ("M", "K")),
        (("M", "K"), ("M", "K", "N")),
        (("M", "N", "K"), ("M", "K", "P")),
        highest=4,
        default="axes",
    ),
    "transpose": transposed,
    "expand_dims": new_axis,
    "squeeze": squeezed,
    **dict.fromkeys(("reshape", "broadcast_to"), sized),
    **dict.fromkeys(("flatten", "batch_flatten"), flattened),
    "concatenate": joined(grows=False),
    "stack": joined(grows=True),
    "split": split,
    "gather": gathered,
    "one_hot": one_hot,
    "cast": cast,
    **dict.fromkeys(("zeros", "ones", "full"), filled),
    **dict.fromkeys(("zeros_like", "ones_like", "full_like"), like),
    "eye": of_rank(2),
    "arange": arange,
    "constant": constant,
    "variable": variable,
    "placeholder": placeholder,
    "conv1d": ranked(3, 3),
    **dict.fromkeys(("conv2d", "depthwise_conv2d"), ranked(4, 4)),
    "separable_conv1d": ranked(3, 3, 3),
    "separable_conv2d": ranked(4, 4, 4),
    "local_conv1d": ranked(3, 3, kernel_size=2, strides=1),
    "local_conv2d": ranked(4, 3, kernel_size=2, strides=1, output_shape=(2, 2)),
    "pool2d": ranked(4, pool_size=2),
    "resize_images": ranked(4, height_factor=2, width_factor=2),
    "bias_add": keeps_shape(lambda x: Methods.bias_add(x, sample(node_of(x).shape[-1:], x.dtype))),
}


#: What operators do: the names of dunder methods, and of functions.
OPERATORS: Final[Mapping[str, str]] = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "neg": "negative",
    "invert": "invert",
    "abs": "abs",
}
