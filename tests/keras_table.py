"""The table of `keras.backend`: rows for all its functions that make tensors, and why others have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras_rows_images
import keras_rows_loops
import keras_rows_math
import keras_rows_shape
from keras_row import Row

__all__ = ["NO_TENSOR", "RANDOM", "ROWS", "STATE"]

ROWS: Final[tuple[Row, ...]] = (
    *keras_rows_math.rows(),
    *keras_rows_shape.rows(),
    *keras_rows_images.rows(),
    *keras_rows_loops.rows(),
)

RANDOM: Final[tuple[str, ...]] = ()
STATE: Final[tuple[str, ...]] = ()
NO_TENSOR: Final[Mapping[str, str]] = {}
