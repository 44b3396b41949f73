"""The conformance suite: what every engine, ours or a third party's, must do.

An engine's own tests need no more than this::

    import pytest
    from ktensor.testing import BEHAVIOURS, CASES, Behaviour, Case, check

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_op(case: Case) -> None:
        check("myengine", case)

    @pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.__name__)
    def test_behaviour(behaviour: Behaviour) -> None:
        behaviour("myengine")

where "myengine" is the name of its entry point in the group `ktensor.engines`. `CASES` has each op at least once,
with the dtypes, sizes and values that engines are known to differ in; its oracle is plain NumPy. `check` raises
AssertionError and says which case, run how, on what sizes, gave what instead of what. An op that an engine refuses,
for a reason given in `Engine.refusals`, raises `UnsupportedOpError`, which a test may expect.
"""

from __future__ import annotations

from typing import Final

from .behaviours import BEHAVIOURS, Behaviour
from .case import LEAVES, Case, Input, Sizes, check
from .images import image_cases
from .ops import op_cases

__all__ = ["BEHAVIOURS", "CASES", "LEAVES", "Behaviour", "Case", "Input", "Sizes", "check"]

CASES: Final[tuple[Case, ...]] = (*op_cases(), *image_cases())
