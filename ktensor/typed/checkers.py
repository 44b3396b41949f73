"""Names by which type checkers are told apart. They are False; see `ktensor.typed` for who takes them for True."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["KTENSOR_PLUGIN", "TYPE_CHECKING_WITH_PYREFLY"]

#: True for mypy where the plugin runs.
KTENSOR_PLUGIN: Final[Literal[False]] = False
#: True for pyrefly.
TYPE_CHECKING_WITH_PYREFLY: Final[Literal[False]] = False
