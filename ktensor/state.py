"""What a variable holds: one value, in the storage of whichever engines use it, never stale."""

from __future__ import annotations

from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .dims import Shape, same, show
from .dtypes import DType
from .errors import ShapeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .engines.base import Engine

__all__ = ["State"]


_counting: Final = Lock()


class State:
    """The value of a variable. Each engine that uses it has a storage; those in `_fresh` hold the latest value."""

    #: How often any variable's storage has become out of date.
    outdated: ClassVar[int] = 0

    __slots__ = ("__weakref__", "_fresh", "_initial", "_storages", "dtype", "lock", "name", "shape")

    def __init__(self, value: npt.NDArray[Any], dtype: type[DType], name: str) -> None:
        self.shape: Shape = value.shape
        self.dtype = dtype
        self.name = name
        self.lock = RLock()
        self._initial: npt.NDArray[Any] | None = value
        self._storages: dict[str, tuple[Engine, Any]] = {}
        self._fresh: set[str] = set()

    def storage(self, engine: Engine) -> Any:
        """The engine's own storage, up to date. It is the same object as long as the variable lives."""
        found = self._storages.get(engine.name)
        if found is not None and engine.name in self._fresh:
            return found[1]
        with self.lock:
            found = self._storages.get(engine.name)  # as it is now that no other thread makes it
            if found is not None and engine.name in self._fresh:
                return found[1]
            value = self.value()
            if found is None:
                found = self._storages[engine.name] = (engine, engine.new_state(value, self.name))
            else:
                engine.write_state(found[1], value)
            self._fresh.add(engine.name)
            self._initial = None
        return found[1]

    def wrote(self, engine: Engine) -> None:
        """The engine has stored a new value: other engines' storages are out of date."""
        if len(self._fresh) > 1:
            with self.lock:
                self._fresh = {engine.name}
            with _counting:
                State.outdated += 1

    def value(self) -> npt.NDArray[Any]:
        """A copy of the latest value."""
        with self.lock:
            if self._initial is not None:
                return self._initial.copy()
            engine, storage = self._storages[next(iter(self._fresh))]
            return engine.read_state(storage)

    def set_value(self, value: npt.NDArray[Any]) -> None:
        """Replaces the value. Raises ShapeError, changing nothing, if the shape is not the variable's."""
        if len(value.shape) != len(self.shape) or not all(map(same, value.shape, self.shape)):
            raise ShapeError(f"set_value: {self.name} has shape {show(self.shape)}, the new value {show(value.shape)}")
        with self.lock:
            self._initial = value.astype(self.dtype.dtype, copy=True)
            for engine, storage in self._storages.values():
                engine.write_state(storage, self._initial)
            self._fresh = set(self._storages)
            if self._storages:
                self._initial = None
