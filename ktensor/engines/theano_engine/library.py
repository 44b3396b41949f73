"""Imports Theano 1.0.5, of 2020, into a Python and a NumPy of today, and leaves both as they were.

What a user has set in THEANO_FLAGS or .theanorc holds; the rest is chosen here so that it works: a BLAS to link
with, a directory for compiled code outside the user's home, and no noise.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import getpass
import importlib
import importlib.util
import logging
import os
import shutil
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

__all__ = ["load"]


def load() -> Any:
    """The module `theano`, with all parts that the engine uses imported.

    Raises:
        ImportError: Theano is not installed, or cannot run on this Python or NumPy.
    """
    if "theano" not in sys.modules:
        _check_versions()
        logging.getLogger("theano").addHandler(logging.NullHandler())  # instead of a handler of its own, to stderr
        if sys.version_info >= (3, 11):
            # Its C code does not compile; on ImportError Theano takes its Python loop.
            sys.modules["theano.scan_module.scan_perform_ext"] = None  # type: ignore[assignment]  # None forbids it
        with _flags(), _process_settings_kept(), _names_of_old_numpy():
            importlib.import_module("theano.tensor.nnet")
        _give_old_numpy("theano")
    return importlib.import_module("theano")


def _check_versions() -> None:
    if sys.version_info >= (3, 12):
        raise ImportError(f"Theano 1.0.5 needs Python 3.10 or 3.11, this is {sys.version.split()[0]}")
    if int(np.__version__.split(".")[0]) > 1:
        raise ImportError(f"Theano 1.0.5 needs NumPy 1, this is {np.__version__}")


@contextlib.contextmanager
def _process_settings_kept() -> Iterator[None]:
    """Undoes what importing Theano changes for the whole process."""
    errors, depth = np.geterr(), sys.getrecursionlimit()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.seterr(**errors)
        sys.setrecursionlimit(depth)


# ---- Names that NumPy once had ---------------------------------------------------------------------

_OLD_NAMES: Final[Mapping[str, type]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "object": object,
    "str": str,
}


@contextlib.contextmanager
def _names_of_old_numpy() -> Iterator[None]:
    """Gives NumPy its old names back, for a while."""
    missing = [name for name in _OLD_NAMES if name not in vars(np)]
    for name in missing:
        setattr(np, name, _OLD_NAMES[name])
    try:
        yield
    finally:
        for name in missing:
            delattr(np, name)


class _OldNumpy(ModuleType):
    """NumPy with its old names, for Theano's modules alone."""

    def __init__(self) -> None:
        super().__init__("numpy")
        self.__dict__.update({**vars(np), **_OLD_NAMES})

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def _give_old_numpy(package: str) -> None:
    old = _OldNumpy()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package:
            names = [attribute for attribute, value in getattr(module, "__dict__", {}).items() if value is np]
            for attribute in names:
                setattr(module, attribute, old)


# ---- Theano's flags --------------------------------------------------------------------------------


@contextlib.contextmanager
def _flags() -> Iterator[None]:
    """Sets, for the import, the flags that the user has not set."""
    given = os.environ.get("THEANO_FLAGS")
    os.environ["THEANO_FLAGS"] = ",".join(filter(None, [*_defaults(_chosen_by_user()), given]))
    try:
        yield
    finally:
        if given is None:
            del os.environ["THEANO_FLAGS"]
        else:
            os.environ["THEANO_FLAGS"] = given


def _chosen_by_user() -> set[str]:
    flags = os.environ.get("THEANO_FLAGS", "").split(",")
    chosen = {flag.partition("=")[0].strip() for flag in flags}
    parser = RawConfigParser()
    parser.read(Path(p).expanduser() for p in os.environ.get("THEANORC", "~/.theanorc").split(os.pathsep))
    for section in parser.sections():
        prefix = "" if section == "global" else f"{section}."
        chosen.update(prefix + option for option in parser.options(section))
    return chosen


def _defaults(chosen: set[str]) -> Iterator[str]:
    if not chosen & {"device", "force_device"}:
        yield "device=cpu"
    if not chosen & {"base_compiledir", "compiledir"}:
        yield f"base_compiledir={_code_directory()}"
    if "cxx" not in chosen and not _can_compile():
        yield "cxx="
    linking, compiling = ("", "") if "blas.ldflags" in chosen or sys.platform != "linux" else _blas()
    if "blas.ldflags" not in chosen and sys.platform == "linux":
        yield f"blas.ldflags={linking}"
    if "gcc.cxxflags" not in chosen:
        yield f"gcc.cxxflags=-g0 {compiling}"  # without debug information g++ is faster


def _can_compile() -> bool:
    return shutil.which("g++") is not None and (Path(sysconfig.get_path("include")) / "Python.h").exists()


def _code_directory() -> Path:
    """Where compiled code is kept: nobody else may write there, since it is loaded into the process."""
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        path = Path(cache) / "ktensor" / "theano"
    else:
        path = Path(tempfile.gettempdir()) / f"ktensor-theano-{getpass.getuser()}"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if status.st_uid == os.getuid() and not status.st_mode & 0o022 and os.access(path, os.W_OK):
            return path
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="ktensor-theano-"))


# ---- BLAS ------------------------------------------------------------------------------------------

#: The routines that Theano's C code calls.
_ROUTINES: Final = ("gemm_", "gemv_", "ger_", "dot_", "axpy_", "scal_")


def _blas() -> tuple[str, str]:
    """Flags for linking with a BLAS and for compiling code that calls it; "" twice if there is none."""
    return _blas_of_scipy() or _blas_of_system() or ("", "")


def _blas_of_scipy() -> tuple[str, str] | None:
    """The OpenBLAS in SciPy's wheels, whose routines may be called `scipy_dgemm_` and so on."""
    scipy = importlib.util.find_spec("scipy")
    if scipy is None or scipy.origin is None:
        return None
    for path in Path(scipy.origin).parent.parent.glob("scipy.libs/*openblas*.so*"):
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(str(path))
            for prefix in ("", "scipy_"):
                if hasattr(library, f"{prefix}dgemm_") and not set(" ,") & set(str(path)):
                    renamed = [f"-D{t}{name}={prefix}{t}{name}" for t in "sd" for name in _ROUTINES if prefix]
                    return f"-L{path.parent} -l:{path.name}", " ".join(renamed)
    return None


def _blas_of_system() -> tuple[str, str] | None:
    for name in ("openblas", "blas"):
        found = ctypes.util.find_library(name)
        if found is not None:
            return f"-l:{found}", ""  # by its file's name: the link without a version comes with a package of its own
    return None
