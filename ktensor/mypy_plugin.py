"""The mypy plugin: shapes and dtypes checked before the program runs, by the run time's own rules.

In the configuration of mypy: `plugins = ["ktensor.mypy_plugin"]`. See docs/typing.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy.options import Options
from mypy.plugin import (
    AnalyzeTypeContext,
    AttributeContext,
    ClassDefContext,
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
    Plugin,
)
from mypy.types import FunctionLike, Type

__all__ = ["KTensorPlugin", "plugin"]


def _stamp() -> str:
    """Changes with any file of ktensor's, whose rules are part of the plugin: what mypy has cached is then stale."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    found = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(found).encode()).hexdigest()


#: By this mypy tells versions of the plugin apart.
__version__ = _stamp()

#: Nothing that these modules define takes tensors or sizes.
_FOREIGN: Final = (
    "builtins.", "typing.", "collections.", "numpy.", "typing_extensions.", "abc.", "functools.", "itertools.", "os.",
    "sys.", "re.", "math.", "types.", "contextlib.", "dataclasses.", "pathlib.",
)  # fmt: skip
_OWN: Final = "ktensor."
#: A list of tensors may grow by tensors of other shapes.
_GROWING: Final = frozenset(
    {f"builtins.list.{name}" for name in ("append", "insert", "extend", "__setitem__", "__iadd__", "__add__")}
    | {f"builtins.dict.{name}" for name in ("__setitem__", "update", "setdefault")}
    | {f"collections.deque.{name}" for name in ("append", "appendleft", "extend", "__setitem__")}
    | {"builtins.set.add"}
)
#: What comes out of them again.
_GROWN: Final = frozenset(
    {f"builtins.list.{name}" for name in ("__getitem__", "__iter__", "pop", "copy", "__add__")}
    | {f"builtins.dict.{name}" for name in ("__getitem__", "get", "values", "items", "pop", "copy")}
    | {f"collections.deque.{name}" for name in ("__getitem__", "__iter__", "pop", "popleft")}
)
#: What Python makes of an operator of tensors or numbers.
_BUILTINS: Final = frozenset(("builtins.abs", "builtins.round", "builtins.float.__pow__", "builtins.float.__rpow__"))
_PARTIAL: Final = "functools.partial.__call__"
_SIZES: Final = "ktensor.sizes."
#: Operators with an array on the left and a tensor on the right are the tensor's; numbers claim `==` alone.
_ARRAY_OPERATOR: Final = (
    "numpy.ndarray.__",
    *(f"builtins.{number}.{name}" for number in ("bool", "int", "float") for name in ("__eq__", "__ne__")),
)


class KTensorPlugin(Plugin):
    """Hands each call to the hook that knows it."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        if _SWITCH not in options.always_true:
            # A new list: the daemon remembers the old one, and starts anew when it finds it changed.
            options.always_true = [*options.always_true, _SWITCH]

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        """Before the arguments of a function or constructor are inferred."""
        return _hooks(fullname).signature

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        """Before the arguments of a method are inferred."""
        return _hooks(fullname).signature

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """The type of a call."""
        return _hooks(fullname).call

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """The type of a method's call."""
        return _hooks(fullname).call

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        """Arithmetic over sizes in an annotation."""
        if not fullname.startswith(_SIZES):
            return None
        from .checking import annotations

        return annotations.hook(fullname)

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """A class that may be generic in sizes."""
        if fullname.startswith(_FOREIGN):
            return None
        from .checking import annotations

        return annotations.prepare

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        """The type of an attribute."""
        return _hooks(fullname).attribute


#: `if KTENSOR_PLUGIN` is true for mypy where the plugin runs; see `ktensor.typed`.
_SWITCH: Final = "KTENSOR_PLUGIN"


#: What an unforeseen failure of a hook leaves: mypy's own answer, by the kind of context.
_OWN_ANSWERS: Final[Mapping[type[Any], str]] = {
    FunctionSigContext: "default_signature",
    MethodSigContext: "default_signature",
    FunctionContext: "default_return_type",
    MethodContext: "default_return_type",
    AttributeContext: "default_attr_type",
}


def _guarded(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The hook, whose failure costs the type of one call, not the whole run; mypy's --show-traceback shows it."""

    def asked(ctx: Any) -> Any:
        try:
            return hook(ctx)
        except Exception:
            options = ctx.api.options
            if options.show_traceback and not options.fine_grained_incremental:  # which the daemon always sets
                raise
            return getattr(ctx, _OWN_ANSWERS[type(ctx)])

    return asked


class _Hooks(NamedTuple):
    signature: Callable[[Any], FunctionLike] | None = None
    call: Callable[[Any], Type] | None = None
    attribute: Callable[[AttributeContext], Type] | None = None


@cache
def _hooks(fullname: str) -> _Hooks:
    """The hooks for what has that name."""
    own = (
        fullname in _GROWING
        or fullname in _GROWN
        or fullname in _BUILTINS
        or fullname.startswith((*_ARRAY_OPERATOR, _PARTIAL))
    )
    if fullname.startswith(_FOREIGN) and not own:
        return _Hooks()
    from .checking import containers, hooks  # what runs the rules is imported when the first call is checked

    if fullname in _GROWING or fullname in _GROWN:
        signature = _guarded(containers.growing_signature) if fullname in _GROWING else None
        return _Hooks(signature, _guarded(containers.grown) if fullname in _GROWN else None)
    if fullname in _BUILTINS:
        return _Hooks(call=_guarded(hooks.builtin))
    if fullname == _PARTIAL:
        return _Hooks(call=_guarded(hooks.partial_call))

    signature = hooks.op_signature if fullname.startswith((_OWN, *_ARRAY_OPERATOR)) else hooks.user_signature
    attribute = hooks.attribute_hook(fullname)
    return _Hooks(_guarded(signature), _guarded(hooks.call_hook(fullname)), attribute and _guarded(attribute))


def plugin(version: str) -> type[Plugin]:
    """mypy's entry point."""
    return KTensorPlugin
