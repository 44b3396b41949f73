"""All public functions that make tensors. See `ktensor.typed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .checkers import KTENSOR_PLUGIN, TYPE_CHECKING_WITH_PYREFLY

try:
    if not KTENSOR_PLUGIN:
        from .overloads import *
except ImportError:
    if not TYPE_CHECKING_WITH_PYREFLY and (KTENSOR_PLUGIN or not TYPE_CHECKING):  # type: ignore[redundant-expr, unused-ignore]
        from ..ops.control import *  # type: ignore[assignment, no-redef, unused-ignore]  # the first counts
        from ..ops.conv import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.create import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.ctc import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.elementwise import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.indexing import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.linalg import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.local import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.loops import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.nn import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.normalization import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.pool import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.random import dropout as dropout  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.reduce import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.resize import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..ops.shaping import *  # type: ignore[assignment, no-redef, unused-ignore]
        from ..tensor import placeholder as placeholder  # type: ignore[assignment, no-redef, unused-ignore]
        from ..tensor import variable as variable  # type: ignore[assignment, no-redef, unused-ignore]
