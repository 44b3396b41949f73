"""Which engines are installed, without importing them."""

from __future__ import annotations

import platform
import sys
from typing import NamedTuple

from .base import BUILTIN, engine_names, is_installed

__all__ = ["EngineStatus", "engines"]


class EngineStatus(NamedTuple):
    """What is known of an engine without importing it."""

    name: str
    #: The version of the library behind it; None if it is not installed.
    version: str | None
    #: Why it is missing and how to install it; "" if it is not missing.
    remedy: str


def _version_of(package: str) -> str:
    """The version of the distribution that `package` came in, which may have another name (tensorflow-cpu)."""
    from importlib import metadata  # slow to import, and rarely needed

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(package, [])
        return metadata.version(names[0]) if names else "of unknown version"


def _remedy(name: str) -> str:
    if name == "theano" and sys.version_info >= (3, 12):
        version = platform.python_version()
        return f"Theano 1.0.5 needs Python 3.10 or 3.11, and this is {version}; there: {BUILTIN[name].install}"
    return f"not installed; install it with: {BUILTIN[name].install}"


def _status(name: str) -> EngineStatus:
    if name not in BUILTIN:
        from importlib import metadata

        (point,) = metadata.entry_points(group="ktensor.engines", name=name)
        return EngineStatus(name, point.dist.version if point.dist else "of unknown version", "")
    if is_installed(name):
        return EngineStatus(name, _version_of(BUILTIN[name].library), "")
    return EngineStatus(name, None, _remedy(name))


def engines() -> tuple[EngineStatus, ...]:
    """The status of each engine that has a name, ours first. None is imported for it."""
    return tuple(map(_status, engine_names()))
