"""Sizes with names: computed with, used wherever a size goes, and checked when values are fed; on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

import ktensor as kt
from ktensor import dims
from ktensor import functional as K

Array = npt.NDArray[Any]


@pytest.fixture(autouse=True)
def _own_facts() -> Iterator[None]:
    with dims.assuming([]):
        yield


def numbers(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 7 + 1


def computed(y: kt.Tensor, feeds: dict[kt.Tensor, Array]) -> Array:
    """The value, which is the same at once and compiled."""
    once = y.eval(feeds)
    function = kt.function(list(feeds), y)
    for _ in range(3):  # Theano runs op by op before it compiles
        compiled = function(list(feeds.values()))
    np.testing.assert_array_equal(once, compiled, strict=True)
    return once


# ---- Where sizes go --------------------------------------------------------------------------------

#: How (batch, width) is used, what NumPy makes of it, and the static shape.
USES: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[Array, int, int], Any], str]] = {
    "reshape": (
        lambda x, n, w: x.reshape(n * 2, -1, w // 2),
        lambda x, n, w: x.reshape(n * 2, -1, w // 2),
        "(2*batch, width//(2*(width//2)), width//2)",
    ),
    "reshape to one": (lambda x, n, w: x.reshape(n * w), lambda x, n, w: x.reshape(n * w), "(batch*width,)"),
    "reshape to a pair": (
        lambda x, n, w: kt.concatenate([x, x]).reshape((n, 2, w)),
        lambda x, n, w: np.concatenate([x, x], -1).reshape(n, 2, w),
        "(batch, 2, width)",
    ),
    "zeros": (lambda x, n, w: kt.zeros((n, 4)), lambda x, n, w: np.zeros((n, 4), np.float32), "(batch, 4)"),
    "ones": (lambda x, n, w: kt.ones(w + 1), lambda x, n, w: np.ones(w + 1, np.float32), "(width+1,)"),
    "full": (lambda x, n, w: kt.full((n, w), n, "int64"), lambda x, n, w: np.full((n, w), n), "(batch, width)"),
    "K.zeros": (lambda x, n, w: K.zeros((n, 2)) + x[:, :2], lambda x, n, w: x[:, :2], "(batch, 2)"),
    "broadcast_to": (
        lambda x, n, w: x.broadcast_to((3, n, w)),
        lambda x, n, w: np.broadcast_to(x, (3, n, w)),
        "(3, batch, width)",
    ),
    "tile": (lambda x, n, w: x.tile((n, 2)), lambda x, n, w: np.tile(x, (n, 2)), "(batch**2, 2*width)"),
    "repeat_elements": (
        lambda x, n, w: x.repeat_elements(n + 1, 1),
        lambda x, n, w: x.repeat(n + 1, 1),
        "(batch, batch*width+width)",
    ),
    "repeat": (lambda x, n, w: x.repeat(w), lambda x, n, w: x[:, None].repeat(w, 1), "(batch, width, width)"),
    "arange": (lambda x, n, w: kt.arange(n), lambda x, n, w: np.arange(n, dtype=np.int32), "(batch,)"),
    "arange from to": (
        lambda x, n, w: kt.arange(n, n + w, dtype="int64"),
        lambda x, n, w: np.arange(n, n + w),
        "(width,)",
    ),
    "one_hot": (
        lambda x, n, w: x[0].cast("int32").one_hot(w),
        lambda x, n, w: np.float32(x[0][:, None] == np.arange(w)),
        "(width, width)",
    ),
    "eye": (lambda x, n, w: kt.eye(n, w), lambda x, n, w: np.eye(n, w, dtype=np.float32), "(batch, width)"),
    "split": (lambda x, n, w: x.split([1, w - 1], 1)[1], lambda x, n, w: x[:, 1:], "(batch, width-1)"),
    "split at size": (lambda x, n, w: kt.concatenate([x, x]).split([w, w], 1)[1], lambda x, n, w: x, "(batch, width)"),
    "slice": (lambda x, n, w: x[:, : w - 1], lambda x, n, w: x[:, : w - 1], "(batch, width-1)"),
    "slice of half": (lambda x, n, w: x[:, : w // 2], lambda x, n, w: x[:, : w // 2], "(batch, width//2)"),
    "slice from half": (
        lambda x, n, w: x[:, w // 2 :],
        lambda x, n, w: x[:, w // 2 :],
        "(batch, width-(width//2))",
    ),
    "slice by another": (lambda x, n, w: x[:, :n], lambda x, n, w: x[:, :n], "(batch, None)"),
    "slice with steps": (lambda x, n, w: x[:, 1 : w - 1 : 2], lambda x, n, w: x[:, 1 : w - 1 : 2], "(batch, None)"),
    "slice backwards": (lambda x, n, w: x[n - 2 :: -1], lambda x, n, w: x[n - 2 :: -1], "(None, width)"),
    "slice of new axes": (
        lambda x, n, w: x[None, ..., : w - 2],
        lambda x, n, w: x[None, :, : w - 2],
        "(1, batch, width-2)",
    ),
    "index": (lambda x, n, w: x[n - 1, w - 2], lambda x, n, w: x[n - 1, w - 2], "()"),
    "mean by hand": (lambda x, n, w: x.sum(0) / n, lambda x, n, w: np.float32(x.sum(0) / n), "(width,)"),
    "divided by a tensor": (lambda x, n, w: n / x, lambda x, n, w: np.float32(n / x), "(batch, width)"),
    "compared": (lambda x, n, w: n > x, lambda x, n, w: n > x, "(batch, width)"),
    "equal": (lambda x, n, w: n == x, lambda x, n, w: n == x, "(batch, width)"),
    "of ints": (
        lambda x, n, w: x.cast("int64") * (n * w - 1),
        lambda x, n, w: x.astype("int64") * (n * w - 1),
        "(batch, width)",
    ),
    "a remainder": (
        lambda x, n, w: kt.constant(n) % 2 + kt.constant(w // n),
        lambda x, n, w: np.int32(n % 2 + w // n),
        "()",
    ),
    "a root": (lambda x, n, w: x * kt.rsqrt(w), lambda x, n, w: x / np.float32(np.sqrt(w)), "(batch, width)"),
    "a list": (lambda x, n, w: kt.constant([n, 1, w]), lambda x, n, w: np.array([n, 1, w], np.int32), "(3,)"),
    "chosen": (
        lambda x, n, w: kt.where(x > 3, n, w),
        lambda x, n, w: np.where(x > 3, n, w).astype(np.int32),
        "(batch, width)",
    ),
}


@pytest.mark.parametrize("use", USES)
def test_a_size_can_be_used(engine: str, use: str) -> None:
    build, numpy, shape = USES[use]
    x = kt.placeholder(("batch", "width"))
    y = build(x, *x.shape)
    assert dims.show(y.shape) == shape
    for n, w in ((3, 8), (2, 4), (1, 6)):
        wanted = np.asarray(numpy(numbers(n, w), n, w))
        got = computed(y, {x: numbers(n, w)})
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_attention_with_heads(engine: str) -> None:
    x = kt.placeholder(("batch", "time", "depth"))
    scale = kt.placeholder(("heads",))
    (batch, time, depth), (heads,) = x.shape, scale.shape
    kt.require(depth % heads == 0)
    split = x.reshape(batch, time, heads, depth // heads).transpose(0, 2, 1, 3)
    weights = (split @ split.transpose(0, 1, 3, 2) / kt.sqrt(depth // heads)).softmax()
    mixed = (weights @ split) * scale.reshape(heads, 1, 1)
    y = mixed.transpose(0, 2, 1, 3).reshape(batch, time, depth)
    assert y.shape == x.shape
    assert (y + x).shape == x.shape
    assert (mixed.reshape(batch, heads, -1)).shape == (batch, heads, time * (depth // heads))
    assert split.transpose(0, 2, 1, 3).reshape(batch, time, -1).shape == x.shape
    array, factors = np.sin(numbers(2, 3, 8)), np.array([1, 2], np.float32)
    s = array.reshape(2, 3, 2, 4).transpose(0, 2, 1, 3)
    logits = np.exp(s @ s.transpose(0, 1, 3, 2) / 2)
    wanted = (logits / logits.sum(-1, keepdims=True)) @ s * factors.reshape(2, 1, 1)
    got = kt.function([x, scale], y)([array, factors])
    np.testing.assert_allclose(got, wanted.transpose(0, 2, 1, 3).reshape(2, 3, 8), rtol=1e-5)
    (slope,) = kt.gradients(y.sum(), [x])
    assert slope.eval({x: array, scale: factors}).shape == (2, 3, 8)


def test_gradients_through_slices_and_sizes(engine: str) -> None:
    x = kt.placeholder(("n",))
    half = x.shape[0] // 2
    loss = (x[:half] * 2.0).sum() / x.shape[0] + x[half:].sum()
    (slope,) = kt.gradients(loss, [x])
    np.testing.assert_allclose(slope.eval({x: numbers(4)}), [0.5, 0.5, 1, 1])
    (curve,) = kt.gradients((slope * x**2).sum(), [x])
    assert curve.shape == x.shape
    np.testing.assert_allclose(curve.eval({x: numbers(4)}), [1, 2, 6, 8])


def test_sizes_of_other_placeholders(engine: str) -> None:
    x, y = kt.placeholder(("n", 3)), kt.placeholder(("m",))
    both = kt.zeros((x.shape[0], y.shape[0])) + x.shape[0] * y.shape[0]
    assert both.shape == (x.shape[0], y.shape[0])
    np.testing.assert_array_equal(both.eval({x: numbers(2, 3), y: numbers(4)}), np.full((2, 4), 8))
    with pytest.raises(
        kt.FeedError, match=r"^the size 'm' is not known: no placeholder that is fed has it; it is need"
    ):
        both.eval({x: numbers(2, 3)})
    with pytest.raises(kt.FeedError, match=r"^the size 'm' is not known"):
        kt.function([x], both)([numbers(2, 3)])
    with pytest.raises(kt.ConcreteValueError, match="it has no value yet; the size 'n' is not known"):
        int(kt.constant(x.shape[0]))


def test_sizes_that_only_a_product_has(engine: str) -> None:
    n = kt.placeholder(("n",)).shape[0]
    x = kt.placeholder((2 * n, 3))
    y = x.reshape(3, x.shape[0])
    np.testing.assert_array_equal(y.eval({x: numbers(4, 3)}), numbers(4, 3).reshape(3, 4))
    with pytest.raises(kt.FeedError, match="the size 'n' is not known"):
        x.reshape(n, 6).tile((n, 1)).eval({x: numbers(4, 3)})


def test_sizes_of_sparse_placeholders(engine: str) -> None:
    x = K.placeholder(("n", "n"), sparse=True)
    y = K.dot(x, kt.ones((x.shape[0], 2))) * x.shape[0]
    matrix = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    np.testing.assert_array_equal(y.eval({x: matrix}), np.full((3, 2), 3))
    with pytest.raises(kt.FeedError, match=r"the size n is 3 in what .* was fed and 2 along axis 1"):
        y.eval({x: matrix[:, :2]})


def test_large_products_do_not_overflow(engine: str) -> None:
    x = kt.placeholder(("n",), "int8")
    y = kt.constant(x.shape[0] * x.shape[0], "int64") + kt.constant(x.shape[0] * x.shape[0], "float64").cast("int64")
    assert int(y.eval({x: np.zeros(100_000, np.int8)})) == 2 * 10**10


def test_named_sizes_mix_with_unknown_ones(engine: str) -> None:
    x, y = kt.placeholder(("n", 2)), kt.placeholder((None, 2))
    total = x + y.reshape(x.shape[0], 2)
    assert total.shape == (x.shape[0], 2)
    np.testing.assert_array_equal(total.eval({x: numbers(3, 2), y: numbers(3, 2)}), numbers(3, 2) * 2)
    with pytest.raises(kt.EngineError):
        total.eval({x: numbers(3, 2), y: numbers(4, 2)})


# ---- What is known when it is written --------------------------------------------------------------


def test_sizes_are_public() -> None:
    x = kt.placeholder(("batch", 784))
    batch = x.shape[0]
    assert isinstance(batch, dims.Poly)
    assert x.size == 784 * batch
    assert K.int_shape(x) == (None, 784)
    assert kt.placeholder((batch * 2, 3)).shape == (batch * 2, 3)
    assert x.reshape(batch * 2, -1).shape == (batch * 2, 392)
    assert x.reshape(-1, 28, 28).shape == (batch, 28, 28)
    assert repr(x.reshape(batch * 2, -1)) == 'Tensor("reshape", shape=(2*batch, 392), dtype=float32)'
    assert (x / batch).dtype is kt.float32
    assert (x.cast("int64") + batch).dtype is kt.int64
    assert (batch + x.cast("float16")).dtype is kt.float16
    assert kt.constant(batch).dtype is kt.int32
    with pytest.raises(kt.ConcreteValueError, match=r"len\(\) of"):
        len(x)
    with pytest.raises(kt.ConcreteValueError, match=r"index\(\) of the size batch: it is not known until it is fed"):
        x.split(batch)
    with pytest.raises(kt.FeedError, match="the size 'batch' is not known"):
        kt.variable(batch)


def test_the_hint_names_the_fact_that_is_missing() -> None:
    x, heads = kt.placeholder(("batch", "depth")), kt.placeholder(("heads",)).shape[0]
    batch, depth = x.shape
    end = r"; if depth is a multiple of heads, say so: kt\.require\(depth % heads == 0\)$"
    with pytest.raises(kt.ShapeError, match=rf"^reshape: cannot reshape \(batch, depth\).*{end}"):
        x.reshape(batch, heads, depth // heads)  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match=rf"^add: .* do not broadcast.*{end}"):
        x + kt.zeros((batch, heads * (depth // heads)))  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match=rf"^dot: .* inner dimensions.*{end}"):
        x.dot(kt.zeros((heads * (depth // heads), 2)))  # type: ignore[tensor-shape]  # what is tested
    kt.require(depth % heads == 0)
    assert x.reshape(batch, heads, depth // heads).shape == (batch, heads, depth // heads)  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match=r"elements\) into \(batch, heads, depth\): batch\*depth\*heads elements$"):
        x.reshape(batch, heads, depth)  # type: ignore[tensor-shape]  # what is tested


def test_tensors_made_before_a_fact_fit_after_it(engine: str) -> None:
    x, heads = kt.placeholder(("depth",)), kt.placeholder(("heads",))
    older = kt.zeros((heads.shape[0] * (x.shape[0] // heads.shape[0]),))
    with pytest.raises(kt.ShapeError, match="do not broadcast"):
        x + older
    kt.require(x.shape[0] % heads.shape[0] == 0)
    y = x + older
    assert y.shape == x.shape
    np.testing.assert_array_equal(y.eval({x: numbers(6), heads: numbers(3)}), numbers(6))


def test_different_names_never_meet() -> None:
    x, y = kt.placeholder(("n", 2)), kt.placeholder(("m", 2))
    with pytest.raises(kt.ShapeError, match="n and m differ"):
        x + y  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match="inner dimensions"):
        x.transpose().dot(y)  # type: ignore[tensor-shape]  # what is tested
    with pytest.raises(kt.ShapeError, match=r"sizes \(n, m\) add up to n\+m|add up to m\+n"):
        x.split([x.shape[0], y.shape[0]])  # type: ignore[tensor-shape]  # what is tested


# ---- Feeding ---------------------------------------------------------------------------------------


def test_what_is_required_is_checked_when_it_is_fed(engine: str) -> None:
    x, heads = kt.placeholder(("depth", 2)), kt.placeholder(("heads",))
    f = kt.function([x, heads], x.sum() + heads.sum())
    f([numbers(5, 2), numbers(2)])
    kt.require(x.shape[0] % heads.shape[0] == 0)
    f([numbers(6, 2), numbers(2)])
    message = (
        r"^kt\.require\(depth % heads == 0\) does not hold: depth is not a multiple of heads, "
        r"where depth is 5, heads is 2$"
    )
    with pytest.raises(kt.FeedError, match=message):
        f([numbers(5, 2), numbers(2)])
    with pytest.raises(kt.FeedError, match=message):
        (x * 2).sum().eval({x: numbers(5, 2), heads: numbers(2)})
    with pytest.raises(kt.FeedError, match="heads is 0"):
        f([numbers(5, 2), numbers(0)])
    assert x.sum().eval({x: numbers(5, 2)}) == numbers(5, 2).sum(), "not all of its sizes are fed"
    with dims.assuming([]):
        f([numbers(5, 2), numbers(2)])


def test_sizes_that_are_computed_are_checked_when_they_are_fed(engine: str) -> None:
    x = kt.placeholder(("n", "m"), name="x")
    n, m = x.shape
    y, z = kt.placeholder((n * 2, 3), name="y"), kt.placeholder((m // n, n * 2), name="z")
    f = kt.function([y, x, z], x.sum() + y.sum() + z.sum())
    f([numbers(4, 3), numbers(2, 6), numbers(3, 4)])
    message = r"^the size 2\*n is 4, where n is 2, but 5 along axis 0 of what 'y' was fed$"
    with pytest.raises(kt.FeedError, match=message):
        f([numbers(5, 3), numbers(2, 6), numbers(3, 5)])
    with pytest.raises(kt.FeedError, match=r"^the size 2\*n is 5 in what 'y' was fed and 4 along axis 1 of what 'z'"):
        f([numbers(5, 3), numbers(2, 6), numbers(3, 4)])
    with pytest.raises(kt.FeedError, match=r"^the size m//n is 3, where m is 6, n is 2, but 2 along axis 0 of what"):
        f([numbers(4, 3), numbers(2, 6), numbers(2, 4)])
    with pytest.raises(kt.FeedError, match=r"^the size m//n divides by 0, where m is 6, n is 0$"):
        f([numbers(0, 3), numbers(0, 6), numbers(2, 0)])
    with pytest.raises(kt.FeedError, match=message):
        y.sum().eval({x: numbers(2, 6), y: numbers(5, 3)})
    y.sum().eval({y: numbers(5, 3)})
