"""Imports TensorFlow without its banner."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["import_tensorflow"]


def import_tensorflow() -> Any:
    """The module `tensorflow`."""
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with _without_banner():
            importlib.import_module("tensorflow")
    return importlib.import_module("tensorflow")


_BANNER: Final = re.compile(rb"^(WARNING: All log messages before absl|I\d{4} ).*\n?", re.MULTILINE)


@contextlib.contextmanager
def _without_banner() -> Iterator[None]:
    """Drops what TensorFlow's C++ code tells about itself while it is loaded; no setting silences that."""
    try:
        stderr = os.dup(2)
    except OSError:  # there is none
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            caught.seek(0)
            os.write(2, _BANNER.sub(b"", caught.read()))
