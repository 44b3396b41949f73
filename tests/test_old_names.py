"""Calls as Keras 1 and 2 have them: all older names, orders and layouts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ktensor as kt
from ktensor import functional
from ktensor.old_names import OLD, accepting_old_names

Array = npt.NDArray[Any]

#: Type checkers know today's signatures alone, so to them this is something else.
K: Any = functional


def numbers(*shape: int) -> Array:
    """No two alike."""
    return np.asarray(np.sin(np.arange(np.prod(shape)) + 1.0).reshape(shape))


IMAGE, KERNEL = numbers(2, 6, 5, 3), numbers(3, 2, 3, 4)
FIRST = np.moveaxis(IMAGE, -1, 1)
#: The same kernel as Keras 1 has it with 'th'.
TH = KERNEL.transpose(3, 2, 0, 1)
VOLUME, CUBES = numbers(1, 4, 3, 4, 2), numbers(2, 2, 2, 2, 3)
LINE, FILTERS = numbers(2, 7, 3), numbers(2, 3, 4)
DEPTHWISE, POINTWISE = numbers(2, 2, 3, 2), numbers(1, 1, 6, 4)
MEAN = numbers(3)


def same(old: Any, modern: Any) -> None:
    """Both are equal, in shape and elements, known and computed."""
    assert old.shape == modern.shape
    assert old.dtype is modern.dtype
    np.testing.assert_array_equal(K.eval(old), K.eval(modern))


#: A call as it was, and the same call today.
CALLS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "conv1d": (
        lambda: K.conv1d(LINE, FILTERS, stride=2, border_mode="same"),
        lambda: K.conv1d(LINE, FILTERS, 2, "same"),
    ),
    "conv1d by position": (
        lambda: K.conv1d(LINE, FILTERS, 2, "same", (2, 7, 3), (2, 3, 4)),
        lambda: K.conv1d(LINE, FILTERS, 2, "same"),
    ),
    "conv1d shapes": (
        lambda: K.conv1d(LINE, FILTERS, image_shape=None, filter_shape=(2, 3, 4)),
        lambda: K.conv1d(LINE, FILTERS),
    ),
    "conv2d": (
        lambda: K.conv2d(IMAGE, KERNEL, border_mode="same", dim_ordering="tf", filter_dilation=(2, 2)),
        lambda: K.conv2d(IMAGE, KERNEL, padding="same", data_format="channels_last", dilation_rate=(2, 2)),
    ),
    "conv2d th": (
        lambda: K.conv2d(FIRST, TH, (2, 1), "same", "th"),
        lambda: K.conv2d(FIRST, KERNEL, (2, 1), "same", "channels_first"),
    ),
    "conv2d th by keyword": (
        lambda: K.conv2d(FIRST, kernel=TH, dim_ordering="th", image_shape=(None, 3, 6, 5), filter_shape=None),
        lambda: K.conv2d(FIRST, KERNEL, data_format="channels_first"),
    ),
    "conv2d all by position": (
        lambda: K.conv2d(IMAGE, KERNEL, (1, 1), "valid", "tf", None, None, (2, 1)),
        lambda: K.conv2d(IMAGE, KERNEL, dilation_rate=(2, 1)),
    ),
    "conv2d default": (
        lambda: K.conv2d(IMAGE, KERNEL, (1, 1), "same", "default"),
        lambda: K.conv2d(IMAGE, KERNEL, (1, 1), "same"),
    ),
    "conv2d mixed": (
        lambda: K.conv2d(IMAGE, KERNEL, border_mode="same", data_format="channels_last"),
        lambda: K.conv2d(IMAGE, KERNEL, padding="same"),
    ),
    "conv3d": (
        lambda: K.conv3d(VOLUME, CUBES, (1, 1, 1), "same", "tf", (1, 4, 3, 4, 2), None),
        lambda: K.conv3d(VOLUME, CUBES, padding="same"),
    ),
    "conv3d th": (
        lambda: K.conv3d(
            np.moveaxis(VOLUME, -1, 1), CUBES.transpose(4, 3, 0, 1, 2), dim_ordering="th", volume_shape=None
        ),
        lambda: K.conv3d(np.moveaxis(VOLUME, -1, 1), CUBES, data_format="channels_first"),
    ),
    "separable_conv2d": (
        lambda: K.separable_conv2d(
            FIRST, DEPTHWISE.transpose(3, 2, 0, 1), POINTWISE.transpose(3, 2, 0, 1), (1, 1), "same", "th"
        ),
        lambda: K.separable_conv2d(FIRST, DEPTHWISE, POINTWISE, (1, 1), "same", "channels_first"),
    ),
    "pool2d": (
        lambda: K.pool2d(FIRST, (2, 2), border_mode="same", dim_ordering="th", pool_mode="avg"),
        lambda: K.pool2d(FIRST, (2, 2), padding="same", data_format="channels_first", pool_mode="avg"),
    ),
    "pool2d by position": (
        lambda: K.pool2d(FIRST, (2, 2), (1, 2), "same", "th", "avg"),
        lambda: K.pool2d(FIRST, (2, 2), (1, 2), "same", "channels_first", "avg"),
    ),
    "pool2d data_format": (
        lambda: K.pool2d(FIRST, (2, 2), data_format="th"),
        lambda: K.pool2d(FIRST, (2, 2), data_format="channels_first"),
    ),
    "pool3d": (
        lambda: K.pool3d(VOLUME, (2, 2, 2), (1, 1, 1), "same", "default"),
        lambda: K.pool3d(VOLUME, (2, 2, 2), (1, 1, 1), "same"),
    ),
    "resize_images": (lambda: K.resize_images(X=FIRST, height_factor=2, width_factor=1, dim_ordering="th"),) * 2,
    "resize_images by position": (
        lambda: K.resize_images(FIRST, 2, 3, "th"),
        lambda: K.resize_images(FIRST, 2, 3, "channels_first"),
    ),
    "resize_volumes": (
        lambda: K.resize_volumes(VOLUME, 1, 2, 3, "tf"),
        lambda: K.resize_volumes(VOLUME, 1, 2, 3, "channels_last"),
    ),
    "spatial_2d_padding": (
        lambda: K.spatial_2d_padding(FIRST, (1, 2), "th"),
        lambda: K.spatial_2d_padding(FIRST, ((1, 1), (2, 2)), "channels_first"),
    ),
    "spatial_3d_padding": (
        lambda: K.spatial_3d_padding(VOLUME, padding=(1, 2, 0), dim_ordering="tf"),
        lambda: K.spatial_3d_padding(VOLUME, ((1, 1), (2, 2), (0, 0)), "channels_last"),
    ),
    "temporal_padding": (lambda: K.temporal_padding(LINE, 2), lambda: K.temporal_padding(LINE, (2, 2))),
    "asymmetric_temporal_padding": (
        lambda: K.asymmetric_temporal_padding(LINE, 2, 0),
        lambda: K.temporal_padding(LINE, (2, 0)),
    ),
    "asymmetric_spatial_2d_padding": (
        lambda: K.asymmetric_spatial_2d_padding(FIRST, 1, 2, 3, 0, "th"),
        lambda: K.spatial_2d_padding(FIRST, ((1, 2), (3, 0)), "channels_first"),
    ),
    "atrous_conv2d": (
        lambda: K.atrous_conv2d(FIRST, TH, 2, "same", "th"),
        lambda: K.conv2d(FIRST, KERNEL, (1, 1), "same", "channels_first", 2),
    ),
    "deconv2d": (
        lambda: K.deconv2d(FIRST, TH, (2, 4, 12, 10), (2, 2), "same", "th"),
        lambda: K.conv2d_transpose(FIRST, KERNEL.swapaxes(2, 3), (2, 4, 12, 10), (2, 2), "same", "channels_first"),
    ),
    "deconv2d tf": (
        lambda: K.deconv2d(IMAGE, KERNEL, (2, 8, 6, 4)),
        lambda: K.conv2d_transpose(IMAGE, KERNEL.swapaxes(2, 3), (2, 8, 6, 4)),
    ),
    "batch_normalization": (
        lambda: K.batch_normalization(LINE, MEAN, MEAN**2, None, MEAN, 1e-2),
        lambda: K.batch_normalization(LINE, MEAN, MEAN**2, None, MEAN, epsilon=1e-2),
    ),
    "batch_normalization today": (
        lambda: K.batch_normalization(LINE, MEAN, MEAN**2, None, None, 2, 1e-2),
        lambda: K.batch_normalization(LINE, MEAN, MEAN**2, None, None, epsilon=1e-2),
    ),
    "expand_dims": (lambda: K.expand_dims(LINE, dim=1), lambda: K.expand_dims(LINE, 1)),
    "one_hot": (lambda: K.one_hot([1, 0], nb_classes=3), lambda: K.one_hot([1, 0], 3)),
    "stack": (lambda: K.stack(x=[LINE, LINE], axis=1), lambda: K.stack([LINE, LINE], 1)),
    "pattern_broadcast": (
        lambda: K.pattern_broadcast(LINE[:1], broatcastable=(True, False, False)),
        lambda: K.pattern_broadcast(LINE[:1], (True, False, False)),
    ),
    "lesser": (lambda: K.lesser(LINE, 0.0), lambda: K.less(LINE, 0.0)),
    "lesser_equal": (lambda: K.lesser_equal(LINE, 0.0), lambda: K.less_equal(LINE, 0.0)),
    "binary_crossentropy by keyword": (
        lambda: K.binary_crossentropy(output=np.full(2, 0.3), target=np.ones(2)),
        lambda: K.binary_crossentropy(np.ones(2), np.full(2, 0.3)),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_old_call_is_the_same_as_todays(name: str) -> None:
    old, modern = CALLS[name]
    same(old(), modern())


def test_images_keep_their_format_in_the_result() -> None:
    made = K.resize_images(X=FIRST, height_factor=2, width_factor=1, dim_ordering="th")
    assert made.shape == (2, 3, 12, 5)


def test_the_default_ordering_is_the_setting() -> None:
    with kt.config(image_data_format="channels_first"):
        same(K.conv2d(FIRST, TH, border_mode="same"), K.conv2d(FIRST, KERNEL, padding="same"))
        same(K.conv2d(FIRST, TH, (1, 1), "same", "default"), K.conv2d(FIRST, KERNEL, padding="same"))
        same(K.atrous_conv2d(FIRST, TH), K.conv2d(FIRST, KERNEL))
        same(K.pool2d(FIRST, (2, 2), border_mode="same"), K.pool2d(FIRST, (2, 2), padding="same"))


def test_state_by_old_names() -> None:
    v, w = K.variable([1.0, 2.0]), K.variable([3.0])
    assert [a.tolist() for a in K.batch_get_value(xs=[v, w])] == [[1, 2], [3]]
    K.function([], [], updates=[K.moving_average_update(variable=v, value=K.ones(2) * 3.0, momentum=0.5)])([])
    assert K.get_value(v).tolist() == [2, 2.5]
    update = K.moving_average_update(v, np.array([4.0, 0.5]), K.constant(0.75))
    assert K.eval(update).tolist() == K.get_value(v).tolist() == [2.5, 2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: K.expand_dims(LINE, dim=1, axis=2),
            "expand_dims: axis is given twice, once by an older",
        ),
        (lambda: K.expand_dims(LINE, 1, dim=1), "expand_dims: dim is what is now called axis, which is given too"),
        (
            lambda: K.conv2d(IMAGE, KERNEL, padding="same", border_mode="same"),
            "padding, which is given too|padding is given twice",
        ),
        (lambda: K.pool2d(IMAGE, 2, dim_ordering="tf", data_format="channels_last"), "data_format"),
        (
            lambda: K.conv2d(FIRST, KERNEL, border_mode="same", data_format="channels_first"),
            r"border_mode is Keras 1's, and data_format='channels_first' is not.*write padding, data_format",
        ),
        (
            lambda: K.batch_normalization(LINE, MEAN, MEAN, None, None, 2.0),
            "argument 6 is 2.0, which is neither an axis, an integer, nor Keras 1's.*write axis=... or epsilon=",
        ),
        (lambda: K.batch_normalization(LINE, MEAN, MEAN, None, None, 1e-3, 1e-3), "which has no more arguments; name"),
        (lambda: K.batch_normalization(LINE, MEAN, MEAN, None, None, 1e-3, epsilon=1e-2), "epsilon is given twice"),
        (lambda: K.pool2d(IMAGE, 2, dim_ordering="xx"), "pool2d: dim_ordering 'xx' is none of 'tf', 'th', 'default'"),
        (
            lambda: K.conv2d(FIRST, TH, data_format="th"),
            "data_format 'th' is what Keras 1 calls 'channels_first'",
        ),
        (lambda: K.conv2d(IMAGE, KERNEL, border_mode="full"), "padding 'full' is none of 'valid', 'same'"),
    ],
)
def test_calls_that_contradict_themselves_or_are_not_clear(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(kt.ArgumentError, match=message):
        call()


def test_words_that_nobody_knows_are_pythons_to_refuse() -> None:
    with pytest.raises(TypeError, match="colour"):
        K.conv2d(IMAGE, KERNEL, colour="red")
    with pytest.raises(TypeError, match="colour"):
        K.conv2d(IMAGE, KERNEL, border_mode="same", colour="red")


@pytest.mark.parametrize("name", sorted(OLD))
def test_the_table_is_of_functions_and_of_parameters_that_they_have(name: str) -> None:
    old, today = OLD[name], set(inspect.signature(getattr(K, name)).parameters)
    words = [old.words.get(word, word) for word in old.parameters.split()]
    assert {word for word in words if word is not None} <= today
    assert set(old.kernels) <= today
    assert any(word in old.words for word in old.parameters.split()) or name == "batch_normalization"


def test_the_wrapped_functions_look_like_themselves() -> None:
    for name in OLD.keys() & set(functional.__all__):
        function = getattr(K, name)
        assert function.__name__ == name
        assert inspect.signature(function) == inspect.signature(inspect.unwrap(function))
    assert not hasattr(functional.relu, "__wrapped__")


def test_a_call_in_todays_words_reaches_the_function_as_it_is() -> None:
    seen: list[Any] = []

    def one_hot(*args: Any, **kwargs: Any) -> None:
        seen.append((args, kwargs))

    accepting_old_names(one_hot)(1, num_classes=2)
    assert seen == [((1,), {"num_classes": 2})]
