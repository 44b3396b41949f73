"""Keras 2's source as today's Python, NumPy and h5py understand it."""

from __future__ import annotations

import ast
import collections.abc
import warnings
from types import CodeType
from typing import Any, Final

__all__ = ["TEXT", "compile_mended", "text"]

#: What mended code calls `text`.
TEXT: Final = "_ktensor_text"

#: What NumPy 2 calls what NumPy 1 called otherwise.
_NUMPY_NAMES: Final = {
    "Inf": "inf",
    "bool": "bool_",
    "float": "float64",
    "int": "int_",
    "object": "object_",
    "string_": "bytes_",
    "unicode_": "str_",
}

#: Where Keras 2.3 and 2.2 read keras.json, and the conditions on which they make it.
_READS_SETTINGS: Final = ("keras.backend.load_backend", "keras.backend")
_WRITES_SETTINGS: Final = ("not os.path.exists(_keras_dir)", "not os.path.exists(_config_path)")

#: Classes that do for TensorFlow alone what they could do for any backend: they are told that it is TensorFlow.
_AS_ON_TENSORFLOW: Final = {
    ("keras.layers.core", "Lambda"),  # the output's shape without `output_shape`
    ("keras.metrics", "Precision"),  # top_k
    ("keras.metrics", "Recall"),
}


def text(value: Any, *encoding: str) -> Any:
    """value.decode(...), where h5py 3 may have decoded it already."""
    return value if isinstance(value, str) else value.decode(*encoding)


def compile_mended(module: str, source: bytes, path: str) -> CodeType:
    """The code of a module, mended; it finds `text` under the name in `TEXT`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarning, DeprecationWarning: nobody will mend Keras 2
        tree = _Mender(module).visit(ast.parse(source, path))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


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

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Keras writes no keras.json: it would name an engine that nobody chose."""
        if self._module in _READS_SETTINGS and ast.unparse(node.test) in _WRITES_SETTINGS:
            return None
        return self.generic_visit(node)

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
        """`x.decode()` may be of a str, `h5py.File(path)` writes, and `K.backend()` is TensorFlow in a few classes."""
        self.generic_visit(node)
        called = node.func
        if not isinstance(called, ast.Attribute):
            return node
        if ast.unparse(called) == "h5py.File" and len(node.args) == 1 and all(k.arg != "mode" for k in node.keywords):
            node.keywords.append(ast.keyword("mode", ast.Constant("a")))
        if ast.unparse(called) == "yaml.load" and len(node.args) == 1 and not node.keywords:
            node.args.append(ast.Attribute(called.value, "FullLoader", ast.Load()))
        if called.attr == "decode" and not (isinstance(called.value, ast.Name) and called.value.id == "codecs"):
            return ast.copy_location(ast.Call(ast.Name(TEXT, ast.Load()), [called.value, *node.args], []), node)
        if ast.unparse(node) == "K.backend()" and (self._module, self._class) in _AS_ON_TENSORFLOW:
            return ast.copy_location(ast.Constant("tensorflow"), node)
        return node
