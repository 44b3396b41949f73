"""Ops on images, convolutions above all: messages, layouts, unknown and named sizes, dtypes, Keras's names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import oracle
import pytest
from conftest import require_engine

import ktensor as kt
from ktensor import functional as K
from ktensor.engines import windows
from ktensor.function import evaluate
from ktensor.shape import Window, transposed_length, window_count

RANDOM = np.random.default_rng(5)
IMAGE = RANDOM.normal(size=(2, 7, 6, 3))
KERNEL = RANDOM.normal(size=(3, 2, 3, 4))


def zeros(*shape: int) -> Any:
    return kt.zeros(shape)


# ---- What is wrong is said when the expression is built --------------------------------------------

X = kt.placeholder((None, 28, 28, 3))
NAMED = kt.placeholder(("batch", "rows", 14, 8))

#: What is wrong, and what the message says.
WRONG_SHAPES: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: zeros(28, 28, 1).conv2d(zeros(3, 3, 1, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: needs (batch, height, width, channels), got (28, 28, 1)",
    ),
    (
        lambda: zeros(28, 28, 1).conv2d(zeros(3, 3, 1, 8), data_format="channels_first"),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: needs (batch, channels, height, width), got (28, 28, 1)",
    ),
    (lambda: X.conv1d(zeros(3, 3, 8)), "conv1d: needs (batch, length, channels), got (None, 28, 28, 3)"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: X.conv3d(zeros(3, 3, 3, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv3d: needs (batch, depth, height, width, channels), got (None, 28, 28, 3)",
    ),
    (
        lambda: X.conv2d(zeros(3, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: the kernel for x (None, 28, 28, 3) needs (height, width, in, out), got (3, 8)",
    ),
    (
        lambda: X.depthwise_conv2d(zeros(3, 8)),  # type: ignore[tensor-shape]  # what is tested
        "depthwise_conv2d: the kernel for x (None, 28, 28, 3) needs (height, width, in, multiplier), got (3, 8)",
    ),
    (
        lambda: X.conv2d(zeros(3, 3, 1, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: the channels of x (None, 28, 28, 3), as channels_last, are 3, and the kernel (3, 3, 1, 8) takes 1; "
        "change data_format, or the kernel's size at axis 2",
    ),
    (
        lambda: zeros(1, 2, 28, 3).conv2d(zeros(3, 3, 3, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: the kernel (3, 3, 3, 8) does not fit into (1, 2, 28, 3): height 2 is less than 3; "
        'use a smaller kernel, or padding="same"',
    ),
    (
        lambda: zeros(1, 3, 28, 4).conv2d(zeros(3, 3, 3, 8), data_format="channels_first", dilation_rate=(1, 2)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: the kernel (3, 3, 3, 8) does not fit into (1, 3, 28, 4): width 4 is less than 5 "
        '(that is 3 with dilation 2); use a smaller kernel, or padding="same"',
    ),
    (
        lambda: X.separable_conv2d(zeros(3, 3, 3, 2), zeros(1, 1, 5, 4)),  # type: ignore[tensor-shape]  # what is tested
        "separable_conv2d: the depthwise kernel (3, 3, 3, 2) gives 6 channels, and the pointwise kernel (1, 1, 5, 4) "
        "takes 5; change its size at axis 2",
    ),
    (
        lambda: X.separable_conv2d(zeros(3, 3, 3, 2), zeros(3, 1, 6, 4)),  # type: ignore[tensor-shape]  # what is tested
        "separable_conv2d: the pointwise kernel (3, 1, 6, 4) must be 1 long on its spatial axes",
    ),
    (
        lambda: NAMED.conv2d_transpose(zeros(3, 3, 5, 8), (None, None, 31, 5), 2, "same"),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: width 31 of output_shape (None, None, 31, 5) does not come from width 14 of x "
        '(batch, rows, 14, 8) with kernel 3, stride 2 and padding "same"; use 27 to 28',
    ),
    (
        lambda: NAMED.conv2d_transpose(zeros(3, 3, 5, 8), (None, None, 12, 5)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: width 12 of output_shape (None, None, 12, 5) does not come from width 14 of x "
        '(batch, rows, 14, 8) with kernel 3, stride 1 and padding "valid"; use 16',
    ),
    (
        lambda: NAMED.conv2d_transpose(zeros(3, 3, 5, 8), (None, NAMED.shape[1], 16, 5)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: height rows of output_shape (None, rows, 16, 5) does not come from height rows of x "
        '(batch, rows, 14, 8) with kernel 3, stride 1 and padding "valid"; use rows+2',
    ),
    (
        lambda: X.conv2d_transpose(zeros(3, 3, 8, 3), (None, 30, 30, 7)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: the channels of output_shape (None, 30, 30, 7), as channels_last, are 7, and the kernel's "
        "last size but one is 8, of (3, 3, 8, 3); the kernel for x (None, 28, 28, 3) must be (..., out, in)",
    ),
    (
        lambda: X.conv2d_transpose(zeros(3, 3, 3, 8), (None, 30, 30, 3)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: the channels of x (None, 28, 28, 3), as channels_last, are 3, and the kernel's last size "
        "is 8, of (3, 3, 3, 8); the kernel for x (None, 28, 28, 3) must be (..., out, in)",
    ),
    (
        lambda: zeros(2, 4, 4, 3).conv2d_transpose(zeros(3, 3, 8, 3), (5, 6, 6, 8)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: the batch of output_shape (5, 6, 6, 8) is 5, that of x (2, 4, 4, 3) is 2",
    ),
    (
        lambda: X.conv2d_transpose(zeros(3, 3, 8, 3), (30, 30)),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: output_shape (30, 30) needs 4 sizes, as x (None, 28, 28, 3) has",
    ),
    (
        lambda: zeros(1, 2, 28, 3).pool2d(3),  # type: ignore[tensor-shape]  # what is tested
        "pool2d: the pool (3, 3) does not fit into (1, 2, 28, 3): height 2 is less than 3; "
        'use a smaller pool, or padding="same"',
    ),
    (lambda: X.pool3d(2), "pool3d: needs (batch, depth, height, width, channels), got (None, 28, 28, 3)"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: X.bias_add(zeros(4)),  # type: ignore[tensor-shape]  # what is tested
        "bias_add: the bias (4,) has 4 elements, and x (None, 28, 28, 3) has 3 along axis 3",
    ),
    (
        lambda: X.bias_add(zeros(28, 3)),  # type: ignore[tensor-shape]  # what is tested
        "bias_add: the bias (28, 3) is neither (3,), for the channels of x (None, 28, 28, 3), nor (28, 28, 3), for one "
        "sample with its channels last",
    ),
    (lambda: zeros(3).bias_add(zeros(3)), "bias_add: needs (batch, ..., channels), got (3,)"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: X.batch_normalization(zeros(3), zeros(28), None, None),  # type: ignore[tensor-shape]  # what is tested
        "batch_normalization: var (28,) has 28 elements, and x (None, 28, 28, 3) has 3 along axis 3",
    ),
    (
        lambda: X.batch_normalization(zeros(1, 1, 28, 3), zeros(3), None, None),  # type: ignore[tensor-shape]  # what is tested
        "batch_normalization: mean (1, 1, 28, 3) must be a vector, with one element for each along axis 3",
    ),
    (lambda: zeros(2, 3).resize_images(2, 2), "resize_images: needs (batch, height, width, channels), got (2, 3)"),  # type: ignore[tensor-shape]  # what is tested
]

WRONG_ARGUMENTS: list[tuple[Callable[[], Any], str]] = [
    (lambda: X.conv2d(zeros(3, 3, 3, 8), (1, 2, 3)), "conv2d: strides (1, 2, 3) is no positive integer, nor 2 of them"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.conv2d(zeros(3, 3, 3, 8), 0), "conv2d: strides 0 is no positive integer, nor 2 of them"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.pool2d(True), "pool2d: pool_size True is no positive integer, nor 2 of them"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.pool2d((2.0, 2)), "pool2d: pool_size (2.0, 2) is no positive integer, nor 2 of them"),  # type: ignore[arg-type,tensor-shape]  # that is the point
    (lambda: X.pool2d(2, pool_mode="min"), "pool2d: pool_mode 'min' is none of 'max', 'avg'"),  # type: ignore[tensor-shape]  # what is tested
    (lambda: X.conv2d(zeros(3, 3, 3, 8), 1, "full"), "conv2d: padding 'full' is none of 'valid', 'same'"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: zeros(2, 5, 3).conv1d(zeros(3, 3, 8), 1, "full"),  # type: ignore[tensor-shape]  # what is tested
        "conv1d: padding 'full' is none of 'valid', 'same', 'causal'",
    ),
    (
        lambda: X.conv2d(zeros(3, 3, 3, 8), data_format="th"),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: data_format 'th' is what Keras 1 calls 'channels_first'; write that",
    ),
    (
        lambda: X.conv2d(zeros(3, 3, 3, 8), data_format="NHWC"),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: data_format 'NHWC' is none of 'channels_last', 'channels_first'",
    ),
    (
        lambda: X.conv2d(zeros(3, 3, 3, 8), (2, 1), dilation_rate=2),  # type: ignore[tensor-shape]  # what is tested
        "conv2d: strides (2, 1) and dilation_rate 2: only one of them may be above 1",
    ),
    (lambda: X.resize_images(2, 0), "resize_images: width_factor 0 is no positive integer"),  # type: ignore[tensor-shape]  # what is tested
    (
        lambda: X.resize_images(2, 2, interpolation="cubic"),  # type: ignore[tensor-shape]  # what is tested
        "resize_images: interpolation 'cubic' is none of 'nearest', 'bilinear'",
    ),
    (
        lambda: NAMED.conv2d_transpose(zeros(3, 3, 5, 8), (None, X.shape[1], 16, K.placeholder(("n",)).shape[0])),  # type: ignore[tensor-shape]  # what is tested
        "conv2d_transpose: the channels of output_shape",
    ),
    (lambda: K.spatial_2d_padding(X, ((1, 1),)), "spatial_2d_padding: padding ((1, 1),) needs one pair for each"),  # type: ignore[tensor-shape]  # what is tested
]


@pytest.mark.parametrize(("wrong", "message"), WRONG_SHAPES, ids=[m[:50] for _, m in WRONG_SHAPES])
def test_wrong_shapes(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(kt.ShapeError) as caught:
        wrong()
    assert str(caught.value) == message


@pytest.mark.parametrize(("wrong", "message"), WRONG_ARGUMENTS, ids=[m[:50] for _, m in WRONG_ARGUMENTS])
def test_wrong_arguments(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises((kt.ArgumentError, kt.ShapeError)) as caught:
        wrong()
    assert str(caught.value).startswith(message)


def test_a_kernel_that_turns_out_too_large(engine: str) -> None:
    x = kt.placeholder((None, None, None, 3))
    y = x.conv2d(np.zeros((3, 3, 3, 8), "float32"))
    assert y.eval({x: np.zeros((1, 2, 5, 3))}).shape == (1, 0, 3, 8)  # no window, and not one less than that
    with pytest.raises(kt.EngineError, match=r"failed in conv\(") as caught:
        y.eval({x: np.zeros((1, 1, 5, 3))})
    assert y.built_at in str(caught.value)


@pytest.mark.parametrize("batch", [0, 1, 2])
def test_images_that_turn_out_to_be_none(engine: str, batch: int) -> None:
    x, kernel = kt.placeholder((None, 6, 5, 2)), kt.variable(np.ones((2, 2, 2, 3)))
    pooled = x[1:].conv2d(kernel).relu().pool2d((2, 2), strides=(2, 2))
    step = kt.function([x], [pooled, *kt.gradients(pooled.sum(), [x, kernel])])
    images = np.ones((batch, 6, 5, 2), "float32")
    value, by_image, by_kernel = step([images])
    rest = max(batch - 1, 0)
    np.testing.assert_array_equal(value, np.full((rest, 2, 2, 3), 8))
    assert by_image.shape == images.shape
    assert by_image.sum() == rest * 2 * 2 * 3 * 8
    np.testing.assert_array_equal(by_kernel, np.full((2, 2, 2, 3), 4 * rest))
    np.testing.assert_array_equal(step([np.ones((3, 6, 5, 2), "float32")])[0], np.full((2, 2, 2, 3), 8))


# ---- Static shapes ---------------------------------------------------------------------------------


def shape_of(x: kt.Tensor) -> str:
    return str(x).partition("shape=")[2].partition(", dtype")[0]


def test_named_sizes() -> None:
    x, kernel = kt.placeholder(("batch", "rows", None, 3)), zeros(3, 3, 3, 8)
    assert shape_of(x.conv2d(kernel)) == "(batch, rows-2, None, 8)"
    assert shape_of(x.conv2d(kernel, padding="same")) == "(batch, rows, None, 8)"
    assert shape_of(x.conv2d(kernel, dilation_rate=2)) == "(batch, rows-4, None, 8)"
    assert shape_of(x.conv2d(kernel, 2)) == "(batch, ((rows+1)//2)-1, None, 8)"
    assert shape_of(x.conv2d(kernel, (2, 1), "same")) == "(batch, (rows+1)//2, None, 8)"
    assert shape_of(x.pool2d(2, 2)) == "(batch, rows//2, None, 3)"
    assert shape_of(x.resize_images(2, 2)) == "(batch, 2*rows, None, 3)"
    assert shape_of(x.resize_images(2, 2, interpolation="bilinear")) == "(batch, 2*rows, None, 3)"
    assert shape_of(x.bias_add(zeros(3))) == "(batch, rows, None, 3)"
    assert shape_of(x.conv2d_transpose(zeros(3, 3, 8, 3), (None, None, None, 8))) == "(batch, rows+2, None, 8)"
    assert shape_of(x.conv2d_transpose(zeros(3, 3, 8, 3), (None,) * 4, 2, "same")) == "(batch, 2*rows, None, 8)"
    assert shape_of(x.conv2d_transpose(zeros(1, 1, 8, 3), (None,) * 4, 2)) == "(batch, 2*rows, None, 8)"
    volume = kt.placeholder(("batch", 4, 6, None, 3))
    assert shape_of(volume.pool3d(2, 2)) == "(batch, 2, 3, None, 3)"
    assert shape_of(volume.conv3d(zeros(1, 2, 3, 3, 5))) == "(batch, 4, 5, None, 5)"
    line = kt.placeholder(("batch", "steps", 3))
    assert shape_of(line.conv1d(zeros(3, 3, 5), padding="causal")) == "(batch, steps, 5)"
    assert shape_of(line.conv1d(zeros(3, 3, 5), data_format="channels_last")) == "(batch, steps-2, 5)"
    first = kt.placeholder(("batch", 3, "rows", 9))
    assert shape_of(first.conv2d(kernel, data_format="channels_first")) == "(batch, 8, rows-2, 7)"


def test_unknown_channels_are_taken_from_the_other_operand() -> None:
    x, kernel = kt.placeholder((None, 5, 5, None)), kt.placeholder((3, 3, 4, None))
    assert x.conv2d(kernel).shape == (None, 3, 3, None)
    assert x.depthwise_conv2d(zeros(3, 3, 4, 2)).shape == (None, 3, 3, 8)
    assert kt.zeros((2, 5, 5, 4)).depthwise_conv2d(kt.placeholder((3, 3, None, 2))).shape == (2, 3, 3, 8)


def test_how_many_windows_there_are() -> None:
    """Against counting them, for all small sizes."""
    for size in range(1, 9):
        for own in range(1, 5):
            for stride in range(1, 4):
                for dilation in range(1, 3):
                    reach = (own - 1) * dilation + 1
                    counted = len([i for i in range(0, size, stride) if i + reach <= size])
                    if reach <= size:
                        assert window_count(size, own, stride, "valid", dilation) == counted
                    assert window_count(size, own, stride, "same", dilation) == len(range(0, size, stride))
                    for padding in ("valid", "same"):
                        length = transposed_length(size, own, stride, padding, dilation)
                        assert window_count(length, own, stride, padding, dilation) == size


# ---- Sizes that are known when it is fed -----------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_one_function_for_all_sizes(engine: str, padding: str, strides: int) -> None:
    x = kt.placeholder((None, None, None, 3), "float64")
    kernel = kt.constant(KERNEL, "float64")
    y = x.conv2d(kernel, strides, padding)
    pooled = y.pool2d(2, strides, padding) + y.pool2d(2, strides, padding, pool_mode="avg")
    function = kt.function([x], [y, pooled, *kt.gradients(pooled.sum(), x)])
    for shape in ((2, 7, 6, 3), (1, 5, 8, 3), (0, 7, 6, 3), (3, 6, 4, 3)):
        fed = RANDOM.normal(size=shape)
        got = function([fed])
        wanted = oracle.conv2d(fed, KERNEL, strides, padding)
        np.testing.assert_allclose(got[0], wanted, atol=1e-12)
        both = [oracle.pool2d(wanted, 2, strides, padding, pool_mode=mode) for mode in ("max", "avg")]
        np.testing.assert_allclose(got[1], both[0] + both[1], atol=1e-12)
        assert got[2].shape == shape


def test_output_shapes_of_tensors(engine: str) -> None:
    x = kt.placeholder((None, None, None, 4), "float64")
    rows, columns = K.shape(x)[1], K.shape(x)[2]
    kernel = kt.constant(KERNEL, "float64")
    made = [
        kt.conv2d_transpose(x, kernel, (K.shape(x)[0], rows * 2, columns * 2 - 1, 3), 2, "same"),
        kt.conv2d_transpose(x, kernel, (K.shape(x)[0], rows * 3, None, 3), 3),
        kt.conv2d_transpose(x, kernel, K.stack([K.shape(x)[0], rows + 2, columns + 1, 3])),  # type: ignore[arg-type]  # a vector does, too
    ]
    gradients = kt.gradients(sum((m.sum() for m in made[1:]), start=made[0].sum()), x)
    for shape in ((2, 3, 4, 4), (1, 2, 2, 4)):
        fed = RANDOM.normal(size=shape)
        n, height, width, _ = shape
        got = evaluate([*made, *gradients], {x: fed})
        wanted = [
            oracle.conv2d_transpose(fed, KERNEL, (n, 2 * height, 2 * width - 1, 3), 2, "same"),
            oracle.conv2d_transpose(fed, KERNEL, (n, 3 * height, 3 * width, 3), 3),
            oracle.conv2d_transpose(fed, KERNEL, (n, height + 2, width + 1, 3)),
        ]
        for one, other in zip(got, wanted):
            np.testing.assert_allclose(one, other, atol=1e-12)
        assert got[3].shape == shape


def test_an_output_shape_that_turns_out_wrong(engine: str) -> None:
    x, rows = kt.placeholder((None, None, 4, 4)), kt.placeholder((), "int32")
    y = kt.conv2d_transpose(x, np.zeros((3, 2, 3, 4), "float32"), (None, rows, 5, 3))
    assert y.eval({x: np.zeros((1, 3, 4, 4)), rows: 5}).shape == (1, 5, 5, 3)
    with pytest.raises(kt.EngineError, match=r"failed in conv_input_grad\("):
        y.eval({x: np.zeros((1, 3, 4, 4)), rows: 7})


def test_sizes_of_x_as_they_are(engine: str) -> None:
    """`x.shape` of named sizes holds polynomials, which stand for what x will have."""
    x = kt.placeholder(("batch", "rows", 4, 4))
    batch, rows = x.shape[:2]
    y = x.conv2d_transpose(kt.zeros((1, 2, 3, 4)), (batch, 2 * rows, 8, 3), 2)
    assert shape_of(y) == "(batch, 2*rows, 8, 3)"
    assert y.eval({x: np.zeros((2, 3, 4, 4))}).shape == (2, 6, 8, 3)


# ---- Layouts ---------------------------------------------------------------------------------------


def test_the_setting_is_the_default_when_the_expression_is_built(engine: str) -> None:
    last = kt.constant(IMAGE, "float64")
    first = last.transpose(0, 3, 1, 2)
    with kt.config(image_data_format="channels_first"):
        made = [first.conv2d(KERNEL, 2, "same"), first.pool2d(2), first.bias_add(KERNEL[0, 0, :, 0])]
        made += [first.resize_images(2, 3), first.depthwise_conv2d(KERNEL)]
    wanted = [last.conv2d(KERNEL, 2, "same"), last.pool2d(2), last.bias_add(KERNEL[0, 0, :, 0])]
    wanted += [last.resize_images(2, 3), last.depthwise_conv2d(KERNEL)]
    values = evaluate(made + wanted)
    for one, other in zip(values, values[len(made) :]):
        np.testing.assert_allclose(one, np.moveaxis(other, -1, 1), atol=1e-12)


def test_causal_convolutions_see_no_future(engine: str) -> None:
    x = kt.placeholder((1, 6, 1), "float64")
    y = x.conv1d(np.ones((3, 1, 1)), padding="causal", dilation_rate=2)
    base = np.zeros((1, 6, 1))
    for position in range(6):
        fed = base.copy()
        fed[0, position] = 1.0
        assert np.flatnonzero(y.eval({x: fed})).tolist() == [p for p in (position + np.array([0, 2, 4])) if p < 6]


# ---- Dtypes ----------------------------------------------------------------------------------------


def test_operands_meet_in_the_lattice() -> None:
    x, kernel = kt.placeholder((None, 5, 5, 3), "float32"), np.zeros((3, 3, 3, 2))
    assert x.conv2d(kernel).dtype is kt.float32
    assert x.conv2d(kt.constant(kernel, "float64")).dtype is kt.float64
    assert x.cast("uint8").conv2d(kernel).dtype is kt.float32
    assert x.cast("float16").separable_conv2d(kernel, kt.ones((1, 1, 6, 4), "float16")).dtype is kt.float16
    with kt.config(floatx="float64"):
        integers = x.cast("int32")
        assert integers.conv2d(np.zeros((3, 3, 3, 2), int)).dtype is integers.pool2d(2).dtype is kt.float64
        assert integers.resize_images(2, 2).dtype is kt.int32
        assert integers.resize_images(2, 2, interpolation="bilinear").dtype is kt.float64


def test_float16_does_not_stop_growing(engine: str) -> None:
    """Sums of 4,096 ones, which in float16 would end at 2,048."""
    image, kernel = kt.ones((1, 64, 64, 1), "float16"), kt.ones((64, 64, 1, 1), "float16")
    x, k = kt.placeholder((1, 64, 64, 1), "float16"), kt.placeholder((64, 64, 1, 1), "float16")
    made = [x.conv2d(k), x.depthwise_conv2d(k), x.pool2d(64, pool_mode="avg")]
    (by_kernel,) = kt.gradients(x.conv2d(k[:1, :1]).sum(), k)
    (by_input,) = kt.gradients(x.pool2d((64, 1), padding="same", pool_mode="avg").sum(), x)
    got = evaluate([*made, by_kernel, by_input], {x: image.eval(), k: kernel.eval()})
    assert [g.dtype.name for g in got] == ["float16"] * 5
    assert [g.ravel()[0] for g in got[:4]] == [4096.0, 4096.0, 1.0, 4096.0]
    np.testing.assert_allclose(got[4].sum(dtype="float64"), 4096.0, rtol=1e-3)


# ---- Ties, engines' flaws --------------------------------------------------------------------------


@pytest.mark.parametrize("jit", [False, True])
def test_the_first_of_equal_elements_has_the_gradient(engine: str, jit: bool) -> None:
    """In two and three dimensions, at once, compiled and by XLA; TensorFlow alone has three answers."""
    if jit and engine == "theano":
        pytest.skip("its compiler takes seconds, and it computes pools by NumPy anyway")
    x, volume = kt.placeholder((1, 2, 3, 1), "float64"), kt.placeholder((1, 2, 2, 2, 1), "float64")
    squared = x.pool2d(2, 1, "same").square().sum()
    (first,) = kt.gradients(squared, x)
    (second,) = kt.gradients((first * np.arange(6.0).reshape(1, 2, 3, 1)).sum(), x)
    (of_volume,) = kt.gradients(volume.pool3d(2).sum(), volume)
    feeds = [np.ones((1, 2, 3, 1)), np.ones((1, 2, 2, 2, 1))]
    with kt.config(jit=jit):
        compiled = kt.function([x, volume], [first, second, of_volume])(feeds)
    for got in (evaluate([first, second, of_volume], dict(zip((x, volume), feeds))), compiled):
        assert got[0].ravel().tolist() == [2.0] * 6
        assert got[1].ravel().tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        assert got[2].ravel().tolist() == [1.0] + [0.0] * 7


def test_infinite_elements(engine: str) -> None:
    x = kt.placeholder((1, 3, 1, 1), "float64")
    y = x.pool2d((2, 1), padding="same")
    got = evaluate([y, *kt.gradients(y.sum(), x)], {x: np.array([-np.inf, -np.inf, 5.0]).reshape(1, 3, 1, 1)})
    assert got[0].ravel().tolist() == [-np.inf, 5.0, 5.0]
    assert got[1].ravel().tolist() == [1.0, 0.0, 2.0]


def test_images_that_numpy_takes_a_few_samples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    x, kernel = RANDOM.normal(size=(5, 7, 6, 3)), KERNEL
    window = Window((2, 1), "same", (1, 1))
    whole = windows.conv(x, kernel, window, False)
    back = windows.conv_input_grad(whole, kernel, (7, 6), window, False)
    by_kernel = windows.conv_kernel_grad(x, whole, (3, 2), window, False)
    monkeypatch.setattr(windows, "_AT_ONCE", 1000)
    np.testing.assert_allclose(windows.conv(x, kernel, window, False), whole, rtol=1e-12)
    np.testing.assert_allclose(windows.conv_input_grad(whole, kernel, (7, 6), window, False), back, rtol=1e-12)
    np.testing.assert_allclose(windows.conv_kernel_grad(x, whole, (3, 2), window, False), by_kernel, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize(("strides", "padding", "dilation"), [(1, "same", 2), (2, "same", 1), (2, "valid", 1)])
def test_theano_compiles(rank: int, strides: int, padding: str, dilation: int) -> None:
    """Its own convolutions in C, forwards and backwards, with unknown sizes, are those that it runs op by op."""
    require_engine("theano")
    shape, own = (*(2, 5, 6, 4)[: rank + 1], 2), (*(3, 2, 2)[:rank], 2, 3)
    x, k = kt.placeholder((None,) * (rank + 2), "float64"), kt.placeholder(own, "float64")
    y = (kt.conv2d if rank == 2 else kt.conv3d)(x, k, strides, padding, None, dilation)
    tensors = [y, *kt.gradients(y.square().sum(), [x, k])]
    feeds = [RANDOM.normal(size=shape), RANDOM.normal(size=own)]
    with kt.config(engine="theano", jit=True):
        compiled = kt.function([x, k], tensors)(feeds)
    for one, other in zip(compiled, evaluate(tensors, dict(zip((x, k), feeds)), "numpy")):
        np.testing.assert_allclose(one, other, atol=1e-10)


# ---- Keras's functions -----------------------------------------------------------------------------

#: Keras 2.3.1's signatures.
SIGNATURES = {
    "conv1d": "(x, kernel, strides=1, padding='valid', data_format=None, dilation_rate=1)",
    "conv2d": "(x, kernel, strides=(1, 1), padding='valid', data_format=None, dilation_rate=(1, 1))",
    "conv3d": "(x, kernel, strides=(1, 1, 1), padding='valid', data_format=None, dilation_rate=(1, 1, 1))",
    "conv2d_transpose": "(x, kernel, output_shape, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate=(1, 1))",
    "conv3d_transpose": "(x, kernel, output_shape, strides=(1, 1, 1), padding='valid', data_format=None)",
    "depthwise_conv2d": "(x, depthwise_kernel, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate=(1, 1))",
    "separable_conv1d": "(x, depthwise_kernel, pointwise_kernel, strides=1, padding='valid', data_format=None, "
    "dilation_rate=1)",
    "separable_conv2d": "(x, depthwise_kernel, pointwise_kernel, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate=(1, 1))",
    "pool2d": "(x, pool_size, strides=(1, 1), padding='valid', data_format=None, pool_mode='max')",
    "pool3d": "(x, pool_size, strides=(1, 1, 1), padding='valid', data_format=None, pool_mode='max')",
    "bias_add": "(x, bias, data_format=None)",
    "batch_normalization": "(x, mean, var, beta, gamma, axis=-1, epsilon=0.001)",
    "normalize_batch_in_training": "(x, gamma, beta, reduction_axes, epsilon=0.001)",
    "normalize_data_format": "(value)",
    "resize_images": "(x, height_factor, width_factor, data_format, interpolation='nearest')",
    "resize_volumes": "(x, depth_factor, height_factor, width_factor, data_format)",
    "temporal_padding": "(x, padding=(1, 1))",
    "spatial_2d_padding": "(x, padding=((1, 1), (1, 1)), data_format=None)",
    "spatial_3d_padding": "(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None)",
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_keras(name: str) -> None:
    signature = inspect.signature(getattr(K, name))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    shown = str(inspect.Signature(bare))
    # Where Keras has no default for it, None is one more way to call us.
    assert shown.replace("data_format=None", "data_format") == SIGNATURES[name].replace(
        "data_format=None", "data_format"
    )


def test_padding_functions(engine: str) -> None:
    line, image = np.arange(6.0).reshape(1, 3, 2), np.arange(8.0).reshape(1, 2, 2, 2)
    volume = np.arange(8.0).reshape(1, 2, 2, 2, 1)
    pairs: list[tuple[Any, Any]] = [
        (K.temporal_padding(line), ((0, 0), (1, 1), (0, 0))),
        (K.temporal_padding(line, (2, 0)), ((0, 0), (2, 0), (0, 0))),
        (K.temporal_padding(line, 2), ((0, 0), (2, 2), (0, 0))),
        (K.spatial_2d_padding(image), ((0, 0), (1, 1), (1, 1), (0, 0))),
        (K.spatial_2d_padding(image, ((1, 0), (0, 2))), ((0, 0), (1, 0), (0, 2), (0, 0))),
        (K.spatial_2d_padding(image, (1, 2), "channels_first"), ((0, 0), (0, 0), (1, 1), (2, 2))),
        (K.spatial_3d_padding(volume, ((0, 0), (1, 2), (3, 0))), ((0, 0), (0, 0), (1, 2), (3, 0), (0, 0))),
    ]
    arrays = {3: line, 4: image, 5: volume}
    for (tensor, widths), got in zip(pairs, evaluate([tensor for tensor, _ in pairs])):
        np.testing.assert_array_equal(got, np.pad(arrays[tensor.ndim], widths))
    assert K.spatial_2d_padding(kt.constant([[[[1]]]], "int8")).dtype is kt.int8


def test_normalize_batch_in_training(engine: str) -> None:
    x, gamma, beta = kt.constant(IMAGE, "float64"), np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0])
    made = K.normalize_batch_in_training(x, gamma, beta, [0, 1, 2], 1e-2)
    plain = K.normalize_batch_in_training(x, None, None, [0], 1e-2)
    mean, var = IMAGE.mean((0, 1, 2)), IMAGE.var((0, 1, 2))
    wanted = [(IMAGE - mean) / np.sqrt(var + 1e-2) * gamma + beta, mean, var]
    own = IMAGE.mean(0), IMAGE.var(0)
    wanted += [(IMAGE - own[0]) / np.sqrt(own[1] + 1e-2), *own]
    for got, right in zip(evaluate([*made, *plain]), wanted):
        np.testing.assert_allclose(got, right, rtol=1e-9, atol=1e-12)
    assert [t.shape for t in made] == [IMAGE.shape, (3,), (3,)]


def test_resize_volumes(engine: str) -> None:
    volume = RANDOM.normal(size=(1, 2, 3, 2, 2))
    wanted = volume.repeat(2, 1).repeat(3, 2)
    got = evaluate([K.resize_volumes(volume, 2, 3, 1, "channels_last")])[0]
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_data_formats() -> None:
    assert K.normalize_data_format(None) == "channels_last"
    with kt.config(image_dim_ordering="th"):
        assert K.normalize_data_format(None) == "channels_first"
    assert K.normalize_data_format("channels_first") == "channels_first"
    with pytest.raises(ValueError, match="normalize_data_format: data_format 'wrong' is none of"):
        K.normalize_data_format("wrong")
