"""What `Tensor` inherits from. See `ktensor.typed`."""

from . import KTENSOR_PLUGIN, TYPE_CHECKING_WITH_PYREFLY

__all__ = ["Methods"]

try:
    if not KTENSOR_PLUGIN:
        from .overloads import Methods
except ImportError:
    if not TYPE_CHECKING_WITH_PYREFLY:
        from ..methods import Methods  # type: ignore[assignment, unused-ignore]  # the first counts
