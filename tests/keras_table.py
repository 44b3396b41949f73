"""The table of `keras.backend`: rows for all its functions that make tensors, and why others have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import keras_rows_images
import keras_rows_loops
import keras_rows_math
import keras_rows_shape
import numpy as np
from keras_row import Array, K, Row

__all__ = ["DRAWN", "NO_TENSOR", "ROWS", "UPDATES", "Drawn", "Update"]

ROWS: Final[tuple[Row, ...]] = (
    *keras_rows_math.rows(),
    *keras_rows_shape.rows(),
    *keras_rows_images.rows(),
    *keras_rows_loops.rows(),
)


class Drawn(NamedTuple):
    """A call that draws numbers, and their distribution."""

    #: Of a shape, with the keyword arguments `dtype` and `seed`.
    call: Callable[..., Any]
    mean: float
    deviation: float
    #: No number lies outside.
    low: float
    high: float
    #: All numbers that there are, if these are few.
    values: tuple[float, ...] = ()


def _dropped(shape: Any, dtype: str, **options: Any) -> Any:
    return K.dropout(K.ones(shape, dtype=dtype), 0.2, **options)


#: A normal distribution that is cut off at two standard deviations has this one.
_CUT: Final = 0.87962566

#: Functions of random numbers: they are tested by moments, range, and whether they can be drawn again.
DRAWN: Final[Mapping[str, Drawn]] = {
    "dropout": Drawn(_dropped, 1.0, 0.5, 0.0, 1.25, (0.0, 1.25)),
    "random_binomial": Drawn(lambda s, **o: K.random_binomial(s, 0.3, **o), 0.3, 0.21**0.5, 0.0, 1.0, (0.0, 1.0)),
    "random_normal": Drawn(lambda s, **o: K.random_normal(s, 5.0, 2.0, **o), 5.0, 2.0, -np.inf, np.inf),
    "random_normal_variable": Drawn(
        lambda s, **o: K.random_normal_variable(s, 5.0, 2.0, **o), 5.0, 2.0, -np.inf, np.inf
    ),
    "random_uniform": Drawn(lambda s, **o: K.random_uniform(s, -1.0, 3.0, **o), 1.0, 4 / 12**0.5, -1.0, 3.0),
    "random_uniform_variable": Drawn(
        lambda s, **o: K.random_uniform_variable(s, -1.0, 3.0, **o), 1.0, 4 / 12**0.5, -1.0, 3.0
    ),
    "truncated_normal": Drawn(lambda s, **o: K.truncated_normal(s, 5.0, 2.0, **o), 5.0, 2 * _CUT, 1.0, 9.0),
}


class Update(NamedTuple):
    """What a variable becomes of its old value and another."""

    call: Callable[[Any, Any], Any]
    oracle: Callable[[Array, Array], Array]
    kinds: str = "fi"


#: Functions that change variables: they are tested by what the variable is afterwards.
UPDATES: Final[Mapping[str, Update]] = {
    "moving_average_update": Update(
        lambda x, new: K.moving_average_update(x, new, 0.75), lambda x, new: 0.75 * x + 0.25 * new, "f"
    ),
    "update": Update(lambda x, new: K.update(x, new), lambda x, new: new),
    "update_add": Update(lambda x, new: K.update_add(x, new), lambda x, new: x + new),
    "update_sub": Update(lambda x, new: K.update_sub(x, new), lambda x, new: x - new),
}

#: Functions that make no tensor, by the reason, and the files that have their tests.
NO_TENSOR: Final[Mapping[str, str]] = {
    "settings: test_seed.py, test_conv.py, test_keras_mode.py": """
        backend epsilon floatx image_data_format image_dim_ordering learning_phase normalize_data_format set_epsilon
        set_floatx set_image_data_format set_image_dim_ordering set_learning_phase
    """,
    "what a tensor is: test_keras_functions.py, test_seed.py, test_function.py, with_keras/test_bridge.py": """
        count_params dtype get_variable_shape int_shape is_explicit_shape is_keras_tensor is_placeholder is_sparse
        is_symbolic is_tensor is_variable ndim
    """,
    "NumPy's arrays of tensors, and the other way round: test_function.py, test_keras_meaning.py": """
        batch_get_value batch_set_value eval function get_value set_value
    """,
    "names and order: test_order.py, test_seed.py": "control_dependencies get_uid name_scope reset_uids",
    "what old programs say: test_keras_functions.py, test_seed.py": """
        clear_session eager get_graph get_session legacy_weight_ordering manual_variable_initialization
        set_legacy_weight_ordering set_session symbolic v1_variable_initialization
    """,
}
