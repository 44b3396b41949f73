"""What compiled functions leave out: the same numbers with fewer ops."""

from __future__ import annotations

import numpy as np
import pytest
from test_loops import programs_of

import ktensor as kt


@pytest.mark.parametrize(
    ("turned", "axes", "keepdims", "stays"),
    [
        ((1, 0, 2), (0, 1), False, False),
        ((2, 0, 1), 0, False, False),
        ((2, 0, 1), (1, 2), False, False),
        ((1, 0, 2), (0, 1, 2), False, False),
        ((1, 0, 2), 2, False, True),
        ((2, 1, 0), 1, False, True),
        ((1, 0, 2), (0, 1), True, True),
    ],
)
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod", "any", "all"])
def test_reductions_of_transposed(
    engine: str,
    name: str,
    turned: tuple[int, ...],
    axes: int | tuple[int, ...],
    keepdims: bool,
    stays: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The transposition is left out, if the axes that are left stay in order."""
    programs = programs_of(engine, monkeypatch)
    x = kt.placeholder((None, 3, 4), dtype="bool" if name in ("any", "all") else "float32")
    turned_x = x.transpose(turned)
    value = np.random.default_rng(0).integers(0, 2, (2, 3, 4)).astype(x.dtype.name)
    found = kt.function([x], getattr(turned_x, name)(axis=axes, keepdims=keepdims))([value])
    wanted = getattr(value.transpose(turned), name)(axis=axes, keepdims=keepdims)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted)
    assert ("transpose" in [n.op.name for n in programs[0].order]) is stays
