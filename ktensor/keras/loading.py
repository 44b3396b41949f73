"""How Keras 2 is imported: found as usual, mended, and on ktensor."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Final

from ..config import set_engine
from ..engines.base import is_known
from ..errors import ArgumentError
from .mending import TEXT, compile_mended, text
from .patches import PATCHES

__all__ = ["install"]

_BACKEND: Final = "ktensor.functional"

#: Keras, and the packages that were once part of it.
_MENDED: Final = ("keras", "keras_applications", "keras_preprocessing")


def install() -> None:
    """From now on `import keras` gives Keras 2 on ktensor, if that is the Keras that is installed.

    An engine named by KERAS_BACKEND ("theano", say) becomes ktensor's.

    Raises:
        ArgumentError: Keras is imported already, and runs on something else.
    """
    loaded = sys.modules.get("keras")
    if loaded is not None and loaded.backend.backend() != _BACKEND:
        raise ArgumentError("ktensor.keras: Keras is imported already; import ktensor.keras before it")
    if loaded is None:
        # TensorFlow looks for Keras 3, and leaves modules of Keras 2 half imported.
        for name in [n for n in sys.modules if n.startswith("keras.")]:
            del sys.modules[name]
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    _choose_backend()


def _choose_backend() -> None:
    asked = os.environ.get("KERAS_BACKEND", "")
    if is_known(asked) and not os.environ.get("KTENSOR_ENGINE"):
        set_engine(asked)
        os.environ["KTENSOR_ENGINE"] = asked  # for processes that are started from here
    os.environ["KERAS_BACKEND"] = _BACKEND


class _Finder(MetaPathFinder):
    """Finds Keras's modules as usual, and has them mended when they are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _MENDED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        if fullname == "keras":
            _check_version(spec.loader)
        spec.loader = _Loader(fullname, spec.loader.path)
        return spec


def _check_version(loader: SourceFileLoader) -> None:
    found = re.search(r"__version__ = ['\"]([\d.]+)", loader.get_data(loader.path).decode())
    version = found.group(1) if found else "3"
    if not version.startswith("2."):
        raise ImportError(
            f"ktensor.keras: the Keras that is installed here is {version}; ktensor runs Keras 2: "
            "pip install --no-deps keras==2.3.1 keras_applications keras_preprocessing",
            name="keras",
        )


class _Loader(SourceFileLoader):
    """Compiles the mended source. Python's cache holds the source as it is, so it is left alone."""

    def get_code(self, fullname: str) -> CodeType:
        if fullname == "keras.backend":
            _choose_backend()
        return compile_mended(fullname, self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, TEXT, text)
        super().exec_module(module)
        patch = PATCHES.get(module.__name__)
        if patch is not None:
            patch(module)
