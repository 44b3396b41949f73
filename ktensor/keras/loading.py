"""How Keras 2 is imported: found as usual, mended, and on ktensor."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import IO, Any, Final

from ..config import set_engine
from ..engines.base import is_known
from ..errors import ArgumentError
from .mending import TEXT, compile_mended, text

__all__ = ["install"]

_BACKEND: Final = "ktensor.functional"


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
        return compile_mended(fullname, self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, TEXT, text)
        super().exec_module(module)
        mend = _MENDS.get(module.__name__)
        if mend is not None:
            mend(module)


def _top_k_without_tensorflow(module: ModuleType) -> None:
    """`filter_top_k` with `K` functions: all but the k highest predictions are set to minus infinity."""
    from .. import functional as K  # while Keras is half imported

    def filter_top_k(x: Any, k: int) -> Any:
        higher = K.sum(K.cast(K.expand_dims(x, -2) > K.expand_dims(x, -1), "int32"), axis=-1)
        return K.switch(higher < k, x, K.zeros_like(x) + module.NEG_INF)

    module.filter_top_k = filter_top_k  # type: ignore[attr-defined]  # Keras's module


def _files_in_memory(module: ModuleType) -> None:
    """What reads and writes streams, which h5py 3 takes for files as they are."""
    import h5py

    def load_from_binary_h5py(load_function: Callable[[Any], Any], stream: IO[bytes]) -> Any:
        with h5py.File(io.BytesIO(stream.read()), "r") as file:
            return load_function(file)

    def save_to_binary_h5py(save_function: Callable[[Any], Any], stream: IO[bytes]) -> Any:
        memory = io.BytesIO()
        with h5py.File(memory, "w") as file:
            result = save_function(file)
        stream.write(memory.getvalue())
        return result

    module.load_from_binary_h5py = load_from_binary_h5py  # type: ignore[attr-defined]  # Keras's module
    module.save_to_binary_h5py = save_to_binary_h5py  # type: ignore[attr-defined]


def _joined(module: ModuleType) -> None:
    """The settings are shared from now on; and what `keras.backend` of 2.3 shows on TensorFlow only is there."""
    from .. import functional as K

    K._join_keras()
    for name in ("clear_session", "get_session", "set_session", "manual_variable_initialization"):
        if not hasattr(module, name):
            setattr(module, name, getattr(K, name))


def _tags_of_estimators(module: ModuleType) -> None:
    """What scikit-learn 1.6 and newer ask estimators: what they are."""

    def classifier_tags(estimator: object) -> Any:
        from sklearn.base import BaseEstimator, ClassifierMixin

        return type("Classifier", (ClassifierMixin, BaseEstimator), {})().__sklearn_tags__()

    def regressor_tags(estimator: object) -> Any:
        from sklearn.base import BaseEstimator, RegressorMixin

        return type("Regressor", (RegressorMixin, BaseEstimator), {})().__sklearn_tags__()

    module.KerasClassifier.__sklearn_tags__ = classifier_tags
    module.KerasRegressor.__sklearn_tags__ = regressor_tags


#: What is done once a module is imported.
_MENDS: Final[dict[str, Callable[[ModuleType], None]]] = {
    "keras.backend": _joined,
    "keras.utils.io_utils": _files_in_memory,
    "keras.utils.metrics_utils": _top_k_without_tensorflow,
    "keras.wrappers.scikit_learn": _tags_of_estimators,
}
