"""`python -m ktensor keras script.py`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from .mending import TEXT, compile_mended, text

__all__ = ["run"]


def run(path: str, arguments: Sequence[str]) -> None:
    """Runs a script as `python script.py` does, on ktensor. What is mended in Keras is mended in it too.

    Raises:
        OSError: the script cannot be read.
    """
    source = Path(path).read_bytes()
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(path).resolve().parent))
    module = ModuleType("__main__")
    module.__file__ = path
    setattr(module, TEXT, text)
    sys.modules["__main__"] = module
    exec(compile_mended("__main__", source, path), module.__dict__)
