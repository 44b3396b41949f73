"""Writes `ktensor/typed/overloads.pyi`."""

from __future__ import annotations

from pathlib import Path

import ktensor

from .stub import stub

if __name__ == "__main__":
    (Path(ktensor.__file__).parent / "typed" / "overloads.pyi").write_text(stub())
