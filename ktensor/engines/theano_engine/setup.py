"""Imports Theano 1.0.5 on today's Python and NumPy, quietly, with a BLAS that works."""

from __future__ import annotations

import ctypes.util
import logging
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np

__all__ = ["NoBlasWarning", "Setup", "import_theano"]


class NoBlasWarning(RuntimeWarning):
    """Theano has no BLAS to link with: its matrix products run in Python, through NumPy."""


class Setup(NamedTuple):
    """What Theano was imported with."""

    #: Whether programs can be compiled to C.
    has_compiler: bool
    #: Whether C code can call a BLAS.
    has_blas: bool


#: NumPy's old aliases, gone since 1.24, which Theano takes for granted.
_ALIASES: Final = {"bool": bool, "int": int, "float": float, "complex": complex, "object": object, "str": str}


class _OldNumpy(ModuleType):
    """NumPy with its old aliases, for Theano's modules alone."""

    def __getattr__(self, name: str) -> Any:
        return _ALIASES[name] if name in _ALIASES else getattr(np, name)


def import_theano() -> Setup:
    """Imports Theano, or raises ImportError. Settings that the user made (THEANO_FLAGS, .theanorc) stand."""
    if int(np.__version__.partition(".")[0]) >= 2:
        raise ImportError(f"Theano 1.0.5 needs NumPy 1, and this is NumPy {np.__version__}")
    if sys.version_info >= (3, 12):
        raise ImportError("Theano 1.0.5 needs Python 3.10 or 3.11")
    compiler = _find_compiler()
    theirs = os.environ.get("THEANO_FLAGS")
    own_blas = "blas.ldflags" in (theirs or "") or _has_own_settings()
    # What the user's flags say comes later and wins.
    os.environ["THEANO_FLAGS"] = ",".join(filter(None, [*_defaults(compiler, own_blas), theirs]))
    try:
        with _quiet(), _old_aliases():
            import theano
            import theano.sparse
            import theano.tensor.nnet
    finally:
        if theirs is None:
            del os.environ["THEANO_FLAGS"]
        else:
            os.environ["THEANO_FLAGS"] = theirs
    _keep_aliases()
    if not own_blas:
        _link_blas(theano.config)
    linked = bool(theano.config.blas.ldflags)
    if theano.config.cxx and not linked:
        warnings.warn(
            "Theano found no BLAS to link with, so matrix products run through NumPy; "
            "for faster ones install OpenBLAS (on Debian: apt-get install libopenblas-dev)",
            NoBlasWarning,
            stacklevel=4,
        )
    return Setup(bool(theano.config.cxx), linked)


def _find_compiler() -> str | None:
    """g++, if it has Python's headers to compile with."""
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    return shutil.which("g++") if headers.exists() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings and log lines of an import in 2020's style."""
    logging.getLogger("theano.tensor.blas").setLevel(logging.ERROR)  # it tells of the BLAS that we choose
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _old_aliases() -> Iterator[None]:
    """NumPy's old aliases, for as long as Theano's modules are being imported."""
    added = [name for name in _ALIASES if name not in np.__dict__]
    for name in added:
        setattr(np, name, _ALIASES[name])
    try:
        yield
    finally:
        for name in added:
            delattr(np, name)


def _keep_aliases() -> None:
    """Theano uses some aliases at call time too."""
    old = _OldNumpy("numpy")
    for name, module in list(sys.modules.items()):
        if name.startswith("theano.") and vars(module).get("np") is np:
            vars(module)["np"] = old


def _defaults(compiler: str | None, own_blas: bool) -> list[str]:
    flags = ["device=cpu", "warn_float64=ignore", f"cxx={compiler or ''}"]
    if not _has_own_settings():
        flags.append(f"base_compiledir={_cache()}")
    return flags if own_blas else [*flags, "blas.ldflags="]


def _link_blas(config: Any) -> None:
    """Sets what flags cannot say, since they know no commas."""
    blas = _find_blas(config.cxx) if config.cxx else None
    if blas is not None:
        config.blas.ldflags = blas.link
        config.gcc.cxxflags = f"{config.gcc.cxxflags} {blas.define}".strip()


def _has_own_settings() -> bool:
    return "THEANORC" in os.environ or (Path.home() / ".theanorc").exists()


def _cache() -> Path:
    """Where compiled modules are kept: never the user's home, unless the environment says so."""
    root = os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()
    return Path(root) / f"ktensor-theano-{os.getuid()}"


class _Blas(NamedTuple):
    #: For the linker.
    link: str
    #: For the compiler: other names of the functions.
    define: str = ""


def _find_blas(compiler: str) -> _Blas | None:
    candidates = [_Blas("-lopenblas"), _scipys_blas(), _Blas("-lblas")]
    return next((blas for blas in candidates if blas and _links(compiler, blas)), None)


#: The functions that Theano's C code calls.
_FUNCTIONS: Final = [kind + name for kind in "sd" for name in ("gemm_", "gemv_", "ger_", "dot_", "axpy_", "scal_")]


def _scipys_blas() -> _Blas | None:
    """The OpenBLAS in scipy's wheel, whose functions are called scipy_dgemm_ and so on."""
    import scipy

    libraries = Path(scipy.__file__).parent.parent / "scipy.libs"
    found = next(iter(sorted(libraries.glob("libscipy_openblas-*.so"))), None)
    if found is None:
        return None
    define = " ".join(f"-D{name}=scipy_{name}" for name in _FUNCTIONS)
    return _Blas(f"-L{libraries} -l:{found.name} -Wl,-rpath,{libraries}", define)


def _links(compiler: str, blas: _Blas) -> bool:
    """True if a program that multiplies matrices with it can be linked."""
    if blas.link.startswith("-l") and ctypes.util.find_library(blas.link[2:]) is None:
        return False
    source = 'extern "C" void dgemm_(); int main() { dgemm_(); }'
    with tempfile.TemporaryDirectory() as folder:
        command = [compiler, "-x", "c++", "-", *blas.define.split(), *blas.link.split(), "-o", f"{folder}/probe"]
        done = subprocess.run(command, input=source, text=True, capture_output=True, check=False)
    return done.returncode == 0
