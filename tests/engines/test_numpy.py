"""What is special to the NumPy engine. What all engines share is in the conformance suite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ktensor as kt
from ktensor.engines.base import Lowering, get_engine
from ktensor.engines.numpy_engine.lowerings import VIEWS
from ktensor.function import evaluate
from ktensor.graph import Node
from ktensor.testing import CASES, Case, check


@pytest.mark.parametrize("case", [case for case in CASES if case.op not in VIEWS], ids=str)
def test_results_are_memory_of_their_own(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are handed to the user, and written over: no op but those of VIEWS may give a part of its operands."""
    engine = get_engine("numpy")
    sharing: list[str] = []

    def watched(name: str, lower: Lowering) -> Lowering:
        def lowered(node: Node, *operands: Any) -> Any:
            result = lower(node, *operands)
            arrays = [x for x in operands if isinstance(x, np.ndarray)]
            if name not in VIEWS and isinstance(result, np.ndarray):
                sharing.extend(name for x in arrays if np.may_share_memory(result, x))
            return result

        return lowered

    monkeypatch.setattr(engine, "lowerings", {name: watched(name, lower) for name, lower in engine.lowerings.items()})
    check("numpy", case, compiled=False)
    assert not sharing


def test_results_of_eval_are_the_users() -> None:
    """Also the same tensor, asked for twice, a view of it, a constant, and what a variable holds."""
    x, v = kt.constant(np.ones((2, 3))), kt.variable(np.ones((2, 3)))
    y = x + v
    with kt.config(engine="numpy"):
        results = evaluate([y, y, y.transpose(), x, v, v.transpose()])
        for result in results:
            result *= 0.0
        again = evaluate([y, x, v])
    assert [r.sum() for r in results] == [0.0] * 6
    assert [r.sum() for r in again] == [12.0, 6.0, 6.0]
    for i, one in enumerate(results):
        assert not any(np.may_share_memory(one, other) for other in results[:i])
