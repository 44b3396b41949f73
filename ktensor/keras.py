"""The real Keras 2 on ktensor: `import ktensor.keras` before `import keras`, or `python -m ktensor keras script.py`.

Keras 2.2.4 to 2.3.1 run on any module that KERAS_BACKEND names; here it is `ktensor.functional`. They were written for
Python 3.7, h5py 2 and TensorFlow 1, so what has gone since is mended in their modules as these are imported. Nothing of
Python, NumPy or h5py is changed for anybody else.
"""

from __future__ import annotations

import ast
import collections.abc
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Final

from .config import set_engine
from .engines.base import is_known
from .errors import ArgumentError

__all__ = ["install"]

_BACKEND: Final = "ktensor.functional"

#: What NumPy 2 calls what NumPy 1 called otherwise.
_NUMPY_NAMES: Final = {"Inf": "inf", "int": "int_", "string_": "bytes_", "unicode_": "str_"}

#: Classes that do for TensorFlow alone what they could do for any backend: they are told that it is TensorFlow.
_AS_ON_TENSORFLOW: Final = {
    ("keras.layers.core", "Lambda"),  # the output's shape without `output_shape`
    ("keras.metrics", "Precision"),  # top_k
    ("keras.metrics", "Recall"),
}


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
    os.environ["KERAS_BACKEND"] = _BACKEND


class _Finder(MetaPathFinder):
    """Finds Keras's modules as usual, and has them mended when they are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "keras":
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarning, DeprecationWarning: nobody will mend Keras 2
            tree = _Mender(fullname).visit(ast.parse(self.get_data(self.path), self.path))
            return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, _TEXT, _text)
        super().exec_module(module)
        mend = _MENDS.get(module.__name__)
        if mend is not None:
            mend(module)


_TEXT: Final = "_ktensor_text"


def _text(value: Any, *encoding: str) -> Any:
    """value.decode(...), where h5py 3 may have decoded it already."""
    return value if isinstance(value, str) else value.decode(*encoding)


class _Mender(ast.NodeTransformer):
    """Rewrites what Python, h5py and ktensor understand in another way than they did or TensorFlow does."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._class = ""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self._class = self._class, node.name
        result = self.generic_visit(node)
        self._class = outer
        return result

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        """From collections import Mapping: from collections.abc. TensorFlow is not imported for its files alone."""
        if (node.module or "").partition(".")[0] == "tensorflow":
            return ast.copy_location(ast.Raise(ast.Name("ImportError", ast.Load())), node)
        if node.module != "collections" or node.level:
            return node
        abstract = [alias for alias in node.names if alias.name in collections.abc.__all__]
        rest = [alias for alias in node.names if alias not in abstract]
        parts = [("collections.abc", abstract), ("collections", rest)]
        return [ast.copy_location(ast.ImportFrom(module, names, 0), node) for module, names in parts if names]

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """collections.Mapping is collections.abc.Mapping, and np.Inf is np.inf."""
        self.generic_visit(node)
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id == "collections" and node.attr in collections.abc.__all__:
            node.value = ast.copy_location(ast.Attribute(owner, "abc", ast.Load()), owner)
        if isinstance(owner, ast.Name) and owner.id == "np":
            node.attr = _NUMPY_NAMES.get(node.attr, node.attr)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`x.decode()` may be of a str, `h5py.File(path)` may write, and `K.backend()` is TensorFlow in a few classes."""
        self.generic_visit(node)
        called = node.func
        if not isinstance(called, ast.Attribute):
            return node
        if ast.unparse(called) == "h5py.File" and len(node.args) == 1 and all(k.arg != "mode" for k in node.keywords):
            node.keywords.append(ast.keyword("mode", ast.Constant("a")))
        if called.attr == "decode" and not (isinstance(called.value, ast.Name) and called.value.id == "codecs"):
            return ast.copy_location(ast.Call(ast.Name(_TEXT, ast.Load()), [called.value, *node.args], []), node)
        if ast.unparse(node) == "K.backend()" and (self._module, self._class) in _AS_ON_TENSORFLOW:
            return ast.copy_location(ast.Constant("tensorflow"), node)
        return node


def _top_k_without_tensorflow(module: ModuleType) -> None:
    """`filter_top_k` with `K` functions: all but the k highest predictions are set to minus infinity."""
    from . import functional as K

    def filter_top_k(x: Any, k: int) -> Any:
        higher = K.sum(K.cast(K.expand_dims(x, -2) > K.expand_dims(x, -1), "int32"), axis=-1)
        return K.switch(higher < k, x, K.zeros_like(x) + module.NEG_INF)

    module.filter_top_k = filter_top_k  # type: ignore[attr-defined]  # Keras's module


_MENDS: Final[dict[str, Callable[[ModuleType], None]]] = {"keras.utils.metrics_utils": _top_k_without_tensorflow}


install()
