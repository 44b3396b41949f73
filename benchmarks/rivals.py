"""The libraries that rivals are written with. They are loaded as ktensor loads them, so that both run alike."""

from __future__ import annotations

import importlib
from typing import Any

from .measure import Skipped


def module(name: str) -> Any:
    """A module that a rival needs.

    Raises:
        Skipped: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Skipped(f"{name} is not there: {error}") from error


def tensorflow() -> Any:
    """TensorFlow, without its banner."""
    return module("ktensor.engines.tensorflow_engine.setup").import_tensorflow()


def theano() -> Any:
    """Theano, with the flags that ktensor gives it."""
    try:
        return module("ktensor.engines.theano_engine.library").load()
    except ImportError as error:
        raise Skipped(f"theano is not there: {error}") from error


def keras3() -> Any:
    """Keras 3, on TensorFlow."""
    tensorflow()
    return module("keras")
