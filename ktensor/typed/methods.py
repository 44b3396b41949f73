"""What `Tensor` inherits from. See `ktensor.typed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .checkers import KTENSOR_PLUGIN, TYPE_CHECKING_WITH_PYREFLY

__all__ = ["Methods"]

try:
    if not KTENSOR_PLUGIN:
        from .overloads import Methods
except ImportError:
    if not TYPE_CHECKING_WITH_PYREFLY and (KTENSOR_PLUGIN or not TYPE_CHECKING):  # type: ignore[redundant-expr, unused-ignore]
        from ..methods import Methods  # type: ignore[assignment, unused-ignore]  # the first counts
