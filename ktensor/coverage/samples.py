"""A call of each function of `keras.backend` that makes tensors. Functions that have none make none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .. import functional
from ..tensor import variable

__all__ = ["SAMPLES"]

#: By name, as not all of its functions have to be there.
K: Final[Any] = functional


def _x(*shape: int | None, dtype: str = "float32") -> Any:
    return K.placeholder(shape or (None, 4), dtype=dtype)


def _indices(*shape: int | None) -> Any:
    return _x(*(shape or (None,)), dtype="int32")


def _number() -> Any:
    return K.placeholder((), dtype="int32")


def _image() -> Any:
    return _x(None, 8, 8, 3)


def _volume() -> Any:
    return _x(None, 4, 4, 4, 3)


def _state() -> Any:
    return variable([1.0, 2.0])


def _loop(x: Any, states: Any) -> Any:
    return x + states[0], [x + states[0]]


def _ctc() -> tuple[Any, Any, Any, Any]:
    return _indices(None, 3), _x(None, 7, 5), _indices(None, 1), _indices(None, 1)


def _unary(name: str) -> Callable[[], Any]:
    return lambda: getattr(K, name)(_x())


def _binary(name: str) -> Callable[[], Any]:
    return lambda: getattr(K, name)(_x(), _x())


_UNARY: Final = """
    abs all any argmax argmin batch_flatten cos cumprod cumsum elu exp expand_dims flatten hard_sigmoid l2_normalize log
    logsumexp max mean min ones_like print_tensor prod relu round shape sigmoid sign sin size softmax softplus softsign
    sqrt square std stop_gradient sum tanh transpose var zeros_like identity
"""
_BINARY: Final = """
    binary_crossentropy categorical_crossentropy equal greater greater_equal less less_equal lesser lesser_equal maximum
    minimum not_equal pow
"""

SAMPLES: Final[Mapping[str, Callable[[], Any]]] = {
    **{name: _unary(name) for name in _UNARY.split()},
    **{name: _binary(name) for name in _BINARY.split()},
    "arange": lambda: K.arange(_number()),
    "asymmetric_spatial_2d_padding": lambda: K.asymmetric_spatial_2d_padding(_image()),
    "asymmetric_temporal_padding": lambda: K.asymmetric_temporal_padding(_x(None, 5, 3)),
    "atrous_conv2d": lambda: K.atrous_conv2d(_image(), _x(2, 2, 3, 4), 2),
    "batch_dot": lambda: K.batch_dot(_x(None, 3, 4), _x(None, 4, 5)),
    "batch_normalization": lambda: K.batch_normalization(_image(), _x(3), _x(3), _x(3), _x(3)),
    "bias_add": lambda: K.bias_add(_image(), _x(3)),
    "cast": lambda: K.cast(_x(), "int32"),
    "cast_to_floatx": lambda: K.cast_to_floatx(_indices()),
    "clip": lambda: K.clip(_x(), 0.0, 1.0),
    "concatenate": lambda: K.concatenate([_x(), _x()]),
    "constant": lambda: K.constant(1.0),
    "conv1d": lambda: K.conv1d(_x(None, 8, 3), _x(2, 3, 4)),
    "conv2d": lambda: K.conv2d(_image(), _x(2, 2, 3, 4)),
    "conv2d_transpose": lambda: K.conv2d_transpose(_image(), _x(2, 2, 4, 3), (None, 9, 9, 4)),
    "conv3d": lambda: K.conv3d(_volume(), _x(2, 2, 2, 3, 4)),
    "conv3d_transpose": lambda: K.conv3d_transpose(_volume(), _x(2, 2, 2, 4, 3), (None, 5, 5, 5, 4)),
    "ctc_batch_cost": lambda: K.ctc_batch_cost(*_ctc()),
    "ctc_cost": lambda: K.ctc_cost(_x(7, 5), _indices(3)),
    "ctc_create_skip_idxs": lambda: K.ctc_create_skip_idxs(_indices(7)),
    "ctc_decode": lambda: K.ctc_decode(_ctc()[1], _indices(), greedy=False),
    "ctc_interleave_blanks": lambda: K.ctc_interleave_blanks(_indices(3)),
    "ctc_label_dense_to_sparse": lambda: K.ctc_label_dense_to_sparse(_indices(None, 3), _indices()),
    "ctc_path_probs": lambda: K.ctc_path_probs(_x(7, 5), _indices(7)),
    "ctc_update_log_p": lambda: K.ctc_update_log_p(_indices(2), _x(7), 1, _x(7), _x(7)),
    "deconv2d": lambda: K.deconv2d(_image(), _x(2, 2, 3, 4), (None, 9, 9, 4)),
    "depthwise_conv2d": lambda: K.depthwise_conv2d(_image(), _x(2, 2, 3, 2)),
    "dot": lambda: K.dot(_x(None, 4), _x(4, 5)),
    "dropout": lambda: K.dropout(_x(), 0.5),
    "eye": lambda: K.eye(_number()),
    "foldl": lambda: K.foldl(lambda total, x: total + x, _x()),
    "foldr": lambda: K.foldr(lambda total, x: total + x, _x()),
    "gather": lambda: K.gather(_x(), _indices()),
    "gradients": lambda: K.gradients(K.sum(K.exp(x := _x())), [x]),
    "in_test_phase": lambda: K.in_test_phase(_x(), K.exp(_x())),
    "in_top_k": lambda: K.in_top_k(_x(), _indices(), 2),
    "in_train_phase": lambda: K.in_train_phase(K.exp(_x()), _x()),
    "local_conv1d": lambda: K.local_conv1d(_x(None, 8, 3), _x(7, 6, 4), 2, 1),
    "local_conv2d": lambda: K.local_conv2d(_image(), _x(49, 12, 4), 2, 1, (7, 7)),
    "map_fn": lambda: K.map_fn(lambda x: x + 1.0, _x()),
    "moving_average_update": lambda: K.moving_average_update(_state(), _x(2), 0.9),
    "normalize_batch_in_training": lambda: K.normalize_batch_in_training(_image(), _x(3), _x(3), [0, 1, 2]),
    "one_hot": lambda: K.one_hot(_indices(), 5),
    "ones": lambda: K.ones((2, 3)),
    "pattern_broadcast": lambda: K.pattern_broadcast(_x(None, None), (False, True)),
    "permute_dimensions": lambda: K.permute_dimensions(_x(), (1, 0)),
    "placeholder": _x,
    "pool2d": lambda: K.pool2d(_image(), (2, 2)),
    "pool3d": lambda: K.pool3d(_volume(), (2, 2, 2)),
    "random_binomial": lambda: K.random_binomial((2, 3), 0.5),
    "random_normal": lambda: K.random_normal((2, 3)),
    "random_normal_variable": lambda: K.random_normal_variable((2, 3), 0.0, 1.0),
    "random_uniform": lambda: K.random_uniform((2, 3)),
    "random_uniform_variable": lambda: K.random_uniform_variable((2, 3), 0.0, 1.0),
    "repeat": lambda: K.repeat(_x(), 3),
    "repeat_elements": lambda: K.repeat_elements(_x(), 2, 1),
    "reshape": lambda: K.reshape(_x(), (-1, 2)),
    "resize_images": lambda: K.resize_images(_image(), 2, 2, "channels_last", "bilinear"),
    "resize_volumes": lambda: K.resize_volumes(_volume(), 2, 2, 2, "channels_last"),
    "reverse": lambda: K.reverse(_x(), 0),
    "rnn": lambda: K.rnn(_loop, _x(None, 5, 4), [_x()], mask=_x(None, 5, dtype="bool")),
    "separable_conv1d": lambda: K.separable_conv1d(_x(None, 8, 3), _x(2, 3, 2), _x(1, 6, 4)),
    "separable_conv2d": lambda: K.separable_conv2d(_image(), _x(2, 2, 3, 2), _x(1, 1, 6, 4)),
    "slice": lambda: K.slice(_x(), [0, 1], [-1, 2]),
    "sparse_categorical_crossentropy": lambda: K.sparse_categorical_crossentropy(_indices(), _x()),
    "spatial_2d_padding": lambda: K.spatial_2d_padding(_image()),
    "spatial_3d_padding": lambda: K.spatial_3d_padding(_volume()),
    "squeeze": lambda: K.squeeze(_x(None, 1), 1),
    "stack": lambda: K.stack([_x(), _x()]),
    "switch": lambda: K.switch(_x(None, dtype="bool"), _x(), _x()),
    "temporal_padding": lambda: K.temporal_padding(_x(None, 5, 3)),
    "tile": lambda: K.tile(_x(), (2, 3)),
    "to_dense": lambda: K.to_dense(K.placeholder((None, 4), sparse=True)),
    "truncated_normal": lambda: K.truncated_normal((2, 3)),
    "update": lambda: K.update(_state(), _x(2)),
    "update_add": lambda: K.update_add(_state(), _x(2)),
    "update_sub": lambda: K.update_sub(_state(), _x(2)),
    "variable": _state,
    "zeros": lambda: K.zeros((2, 3)),
}
