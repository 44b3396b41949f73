"""What is put in the place of things in Keras 2's modules that rely on TensorFlow, or on libraries of its time."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType
from typing import IO, Any, Final

import numpy as np

__all__ = ["PATCHES"]


def _top_k_without_tensorflow(module: ModuleType) -> None:
    """`filter_top_k` with `K` functions: all but the k highest predictions are set to minus infinity.

    Of equal ones the first count as higher, as in TensorFlow.
    """
    from .. import functional as K  # while Keras is half imported
    from ..ops import elementwise

    def filter_top_k(x: Any, k: int) -> Any:
        place = K.arange(K.shape(x)[-1])
        mine, others = K.expand_dims(x, -1), K.expand_dims(x, -2)
        is_earlier = K.less(place, K.expand_dims(place, -1))
        is_higher = elementwise.where(is_earlier, K.greater_equal(others, mine), K.greater(others, mine))
        return K.switch(K.sum(K.cast(is_higher, "int32"), axis=-1) < k, x, K.zeros_like(x) + module.NEG_INF)

    module.filter_top_k = filter_top_k  # type: ignore[attr-defined]  # Keras's module


def _files(module: ModuleType) -> None:
    """Lists of names, which h5py 3 decodes, and files in memory, which it takes as they are."""
    item = module.H5Dict.__getitem__

    def encoded_item(self: Any, key: str) -> Any:
        found = item(self, key)
        if isinstance(found, np.ndarray) and found.dtype.kind in "OSU":
            return [name.encode() if isinstance(name, str) else name for name in found.tolist()]
        return found

    module.H5Dict.__getitem__ = encoded_item
    module.load_from_binary_h5py = _load_from_binary  # type: ignore[attr-defined]  # Keras's module
    module.save_to_binary_h5py = _save_to_binary  # type: ignore[attr-defined]


def _load_from_binary(load_function: Callable[[Any], Any], stream: IO[bytes]) -> Any:
    import h5py  # Keras does without it until a file is read

    with h5py.File(io.BytesIO(stream.read()), "r") as file:
        return load_function(file)


def _save_to_binary(save_function: Callable[[Any], Any], stream: IO[bytes]) -> Any:
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        result = save_function(file)
    stream.write(memory.getvalue())
    return result


def _joined(module: ModuleType) -> None:
    """The settings are shared from now on; and what `keras.backend` of 2.3 shows on TensorFlow only is there."""
    from .. import functional as K

    K._join_keras()
    for name in ("clear_session", "get_session", "set_session", "manual_variable_initialization"):
        if not hasattr(module, name):
            setattr(module, name, getattr(K, name))


def _tags_of_estimators(module: ModuleType) -> None:
    """What scikit-learn 1.6 and newer ask estimators: what they are."""
    module.KerasClassifier.__sklearn_tags__ = lambda estimator: _tags("ClassifierMixin")
    module.KerasRegressor.__sklearn_tags__ = lambda estimator: _tags("RegressorMixin")


def _tags(mixin: str) -> Any:
    """The tags of scikit-learn's own estimators with that mixin."""
    from sklearn import base

    return type(mixin, (getattr(base, mixin), base.BaseEstimator), {})().__sklearn_tags__()


#: What is done once a module is imported.
PATCHES: Final[dict[str, Callable[[ModuleType], None]]] = {
    "keras.backend": _joined,
    "keras.utils.io_utils": _files,
    "keras.utils.metrics_utils": _top_k_without_tensorflow,
    "keras.wrappers.scikit_learn": _tags_of_estimators,
}
