"""Variables in files: NumPy's `.npz`, one array per variable, by name. No engine is involved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dims
from .errors import ArgumentError, ShapeError
from .graph import node_of
from .tensor import Variable, concrete_value

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], variables: Sequence[Variable]) -> None:
    """Writes the variables' values to `path`, in NumPy's `.npz` format. The file appears whole, or not at all.

    Raises:
        ArgumentError: two variables have the same name.
    """
    values = {v.name: v.state.value() for v in variables}
    if len(values) < len(variables):
        names = [v.name for v in variables]
        twice = next(n for n in names if names.count(n) > 1)
        raise ArgumentError(f"save: two variables are called {twice!r}; give them names of their own")
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **values)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def load(path: str | os.PathLike[str], variables: Sequence[Variable] = ()) -> dict[str, npt.NDArray[Any]]:
    """Reads what `save` wrote: the values by name. Sets `variables` to theirs, all of them or, after an error, none.

    Raises:
        ArgumentError: the file has no value for a variable.
        ShapeError: it has one of another shape.
    """
    with np.load(path, allow_pickle=False) as file:
        values: dict[str, npt.NDArray[Any]] = {name: file[name] for name in file.files}
    for variable in variables:
        found = values.get(variable.name)
        if found is None:
            raise ArgumentError(f"load: {path} has nothing for {variable!r}; it has {', '.join(values) or 'nothing'}")
        if found.shape != node_of(variable).shape:
            raise ShapeError(f"load: {path} has shape {dims.show(found.shape)} for {variable!r}")
    fitting = [concrete_value("load", values[v.name], node_of(v).dtype) for v in variables]
    for variable, value in zip(variables, fitting):
        variable.set_value(value)
    return values
