"""The grid of a YOLO detector: the x and y of each cell of a feature map.

It is written twice, with the functions of `keras.backend` and with methods, for a feature map whose size is known and
for one whose size is known only when it is fed. `KTENSOR_ENGINE=theano python examples/yolo_grid.py` runs it on Theano.
"""

from __future__ import annotations

from typing import Any
from typing import Literal as L

import numpy as np

import ktensor as kt
from ktensor import functional as K

#: A batch of images, and the x and y of each cell of one: how high and wide is known when they are fed.
Features = kt.Tensor[tuple[Any, Any, Any, Any], kt.float32]
Grid = kt.Tensor[tuple[Any, Any, L[1], L[2]], kt.float32]


def functional(feats: Features) -> Grid:
    """(height, width, 1, 2): x and y of each cell of (batch, height, width, channels)."""
    grid_shape = K.shape(feats)[1:3]
    grid_y = K.tile(K.reshape(K.arange(0, stop=grid_shape[0]), [-1, 1, 1, 1]), [1, grid_shape[1], 1, 1])
    grid_x = K.tile(K.reshape(K.arange(0, stop=grid_shape[1]), [1, -1, 1, 1]), [grid_shape[0], 1, 1, 1])
    return K.cast(K.concatenate([grid_x, grid_y]), K.dtype(feats))


def fluent(feats: Features) -> Grid:
    """The same with methods."""
    _, height, width, _ = K.shape(feats)
    grid_x = kt.arange(width).reshape(1, -1, 1, 1).tile([height, 1, 1, 1])
    grid_y = kt.arange(height).reshape(-1, 1, 1, 1).tile([1, width, 1, 1])
    return grid_x.concatenate([grid_y]).cast(feats.dtype)


def main() -> None:
    """Prints the grids and their shapes."""
    feats = kt.variable(np.random.default_rng(0).random((2, 3, 4, 5)), name="feats")
    print(feats)
    for make in (functional, fluent):
        grid = make(feats)
        print(f"\n{make.__name__}: {grid}")
        for row in grid.eval().reshape(3, 4, 2):
            print("  ".join(f"({x:.0f}, {y:.0f})" for x, y in row))

    unknown = kt.placeholder((None, None, None, 5), name="unknown")
    grid = fluent(unknown)
    print(f"\nof {unknown}: {grid}")
    grid_of = kt.function([unknown], grid)
    for height, width in ((3, 4), (13, 13), (1, 26)):
        print(
            f"a feature map of {height} x {width}: a grid of shape {grid_of([np.zeros((2, height, width, 5))]).shape}"
        )


if __name__ == "__main__":
    main()
