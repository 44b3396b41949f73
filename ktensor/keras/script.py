"""`python -m ktensor keras script.py`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from .mending import TEXT, compile_mended, text

__all__ = ["SCRIPT", "execute", "run"]

#: What processes that multiprocessing spawns import in the script's place, and the variable that names it there.
_IN_CHILDREN: Final = "ktensor.keras.child"
SCRIPT: Final = "KTENSOR_KERAS_SCRIPT"


def run(path: str, arguments: Sequence[str]) -> None:
    """Runs a script as `python script.py` does, on ktensor. What is mended in Keras is mended in it too.

    Raises:
        OSError: the script cannot be read.
    """
    sys.argv = [path, *arguments]
    os.environ[SCRIPT] = str(Path(path).resolve())
    sys.path.insert(0, str(Path(path).resolve().parent))
    module = ModuleType("__main__")
    module.__spec__ = ModuleSpec(_IN_CHILDREN, None)
    sys.modules["__main__"] = module
    execute(path, module.__dict__)


def execute(path: str, names: dict[str, Any]) -> None:
    """Runs the mended script where these are the global names."""
    names["__file__"] = path
    names[TEXT] = text
    exec(compile_mended("__main__", Path(path).read_bytes(), path), names)
