"""Scopes of names, as Keras puts them before the names of a layer's variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["name_scope", "scoped"]


class _Scope:
    """An open scope: what stands before names in it, and how often each name was given."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.given: dict[str, int] = {}


_scope: Final[ContextVar[_Scope | None]] = ContextVar("ktensor.name_scope", default=None)


@contextmanager
def name_scope(name: str) -> Iterator[str]:
    """In it, `K.variable(..., name="kernel")` is named "name/kernel". Scopes nest. Gives the whole prefix: "name/"."""
    outer = _scope.get()
    prefix = f"{outer.prefix if outer else ''}{name.rstrip('/')}/"
    token = _scope.set(_Scope(prefix))
    try:
        yield prefix
    finally:
        _scope.reset(token)


def scoped(name: str) -> str:
    """The name in the scope: "dense/kernel", and "dense/kernel_1" if that has been given in the same scope."""
    scope = _scope.get()
    if scope is None:
        return name
    count = scope.given[name] = scope.given.get(name, -1) + 1
    return f"{scope.prefix}{name}_{count}" if count else f"{scope.prefix}{name}"
