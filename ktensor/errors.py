"""Everything that ktensor raises.

Each error derives from `KTensorError` and from the builtin that a Python user would catch.
A message has the op, the operands' shapes and dtypes, what does not fit, and what to do.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "AxisError",
    "ConcreteValueError",
    "ConfigError",
    "DTypeError",
    "EngineError",
    "EngineNotInstalledError",
    "FeedError",
    "GradientError",
    "KTensorError",
    "ShapeError",
    "TensorIndexError",
    "UnsupportedOpError",
]


class KTensorError(Exception):
    """The root of all errors raised by ktensor."""


class ArgumentError(KTensorError, TypeError, ValueError):
    """A value of the wrong kind: `None` for a tensor, a ragged list, a string for an axis.

    A ValueError too, which is what Keras raises for some of them.
    """


class ShapeError(KTensorError, ValueError):
    """Shapes that do not fit each other or the op."""


class AxisError(ShapeError, IndexError):
    """An axis outside the tensor's rank, or named twice."""


class TensorIndexError(ShapeError, IndexError):
    """`x[...]` with too many indices, or a constant index outside its axis."""


class DTypeError(KTensorError, TypeError):
    """An unknown dtype, or one that the op does not take."""


class ConcreteValueError(KTensorError, TypeError):
    """`bool`, `int`, `float`, `len` or `iter` of a tensor that has no such value yet."""


class FeedError(KTensorError, ValueError):
    """A placeholder without a value, or a value that does not fit its placeholder."""


class GradientError(KTensorError, ValueError):
    """A gradient that does not exist."""


class ConfigError(KTensorError, ValueError):
    """A setting with a value that it cannot have."""


class EngineError(KTensorError, RuntimeError):
    """An engine failed while it computed; the message names the user's line."""


class EngineNotInstalledError(EngineError, ImportError):
    """The engine asked for cannot be imported; the message names the command that installs it."""


class UnsupportedOpError(EngineError, NotImplementedError):
    """An engine refuses an op, and says why."""
