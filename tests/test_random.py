"""Random tensors and dropout: what is drawn, how often, from which seed, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

import ktensor as kt
from ktensor import functional as K

COUNT: Final = 20_000
#: Bounds for the mean and standard deviation of COUNT numbers: five standard errors.
CLOSE: Final = 5 / np.sqrt(COUNT)

#: Each distribution with its mean and standard deviation.
DISTRIBUTIONS: Final[dict[str, tuple[Callable[..., Any], float, float]]] = {
    "uniform": (lambda **o: kt.random.uniform((COUNT,), -1.0, 3.0, **o), 1.0, 4 / np.sqrt(12)),
    "normal": (lambda **o: kt.random.normal((COUNT,), 5.0, 2.0, **o), 5.0, 2.0),
    # The standard deviation of a normal distribution that is cut off at two.
    "truncated_normal": (lambda **o: kt.random.truncated_normal((COUNT,), 5.0, 2.0, **o), 5.0, 2 * 0.87962566),
    "binomial": (lambda **o: kt.random.binomial((COUNT,), 0.3, **o), 0.3, np.sqrt(0.21)),
    "K.random_uniform": (lambda **o: K.random_uniform((COUNT,), -1.0, 3.0, **o), 1.0, 4 / np.sqrt(12)),
    "K.random_normal": (lambda **o: K.random_normal((COUNT,), 5.0, 2.0, **o), 5.0, 2.0),
    "K.truncated_normal": (lambda **o: K.truncated_normal((COUNT,), 5.0, 2.0, **o), 5.0, 2 * 0.87962566),
    "K.random_binomial": (lambda **o: K.random_binomial((COUNT,), 0.3, **o), 0.3, np.sqrt(0.21)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_distributions(engine: str, name: str, dtype: str) -> None:
    draw, mean, deviation = DISTRIBUTIONS[name]
    with kt.config(engine=engine):
        made = draw(dtype=dtype, seed=11)
        values = made.eval()
    assert made.dtype == dtype
    assert made.shape == (COUNT,)
    assert values.dtype == dtype
    wide = values.astype("float64")
    assert abs(wide.mean() - mean) < CLOSE * deviation + (0.01 if dtype == "float16" else 0)
    assert abs(wide.std() - deviation) < CLOSE * deviation + (0.01 if dtype == "float16" else 0)


def test_ranges(engine: str) -> None:
    with kt.config(engine=engine):
        cut = kt.random.truncated_normal((COUNT,), 5.0, 2.0).eval()
        assert cut.min() >= 1
        assert cut.max() <= 9
        whole = kt.random.uniform((COUNT,), 2, 5, dtype="int32").eval()
        assert sorted(set(whole.tolist())) == [2, 3, 4]
        assert whole.dtype == np.int32
        assert set(kt.random.binomial((COUNT,), 0.5).eval().tolist()) == {0.0, 1.0}


def test_numbers_are_drawn_anew_at_each_evaluation_and_once_in_each(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.random.normal((5,))
        f = kt.function([], [x, x * 1.0, x + 1.0])
        seen = set()
        for _ in range(5):
            first, same, more = f([])
            np.testing.assert_array_equal(first, same)
            np.testing.assert_allclose(first + 1, more, rtol=1e-6)
            seen.add(tuple(first.tolist()))
        seen |= {tuple(x.eval().tolist()) for _ in range(3)}
        assert len(seen) == 8


def test_two_tensors_of_one_seed_draw_the_same(engine: str) -> None:
    with kt.config(engine=engine):
        a, b, c = (kt.random.uniform((4,), seed=seed) for seed in (3, 3, 4))
        f = kt.function([], [a, b, c])
        rounds = [f([]) for _ in range(4)]
    for one, two, other in rounds:
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, other)
    assert len({tuple(one.tolist()) for one, _, _ in rounds}) == 4


def test_numpy_s_seed_makes_a_program_repeatable(engine: str) -> None:
    def program() -> list[float]:
        with kt.config(engine=engine):
            return [*kt.random.normal((3,)).eval().tolist(), *K.random_uniform_variable((2,), 0, 1).eval().tolist()]

    np.random.seed(5)
    first = program()
    np.random.seed(5)
    assert program() == first
    assert program() != first


def test_a_seed_of_our_own_leaves_numpy_s_alone() -> None:
    np.random.seed(1)
    expected = np.random.rand()
    np.random.seed(1)
    kt.random.seed(9)
    try:
        first = kt.random.normal((3,)).eval(engine="numpy")
        kt.random.seed(9)
        again = kt.random.normal((3,)).eval(engine="numpy")
    finally:
        kt.random.seed(None)
    np.testing.assert_array_equal(first, again)
    assert np.random.rand() == expected


def test_variables_start_with_the_same_numbers_on_every_engine(engine: str) -> None:
    def value(name: str) -> Any:
        np.random.seed(7)
        with kt.config(engine=name):
            return kt.variable(kt.random.normal((3, 2)) * 2.0).eval()

    np.testing.assert_array_equal(value(engine), value("numpy"))


def test_each_step_of_a_loop_draws_anew(engine: str) -> None:
    with kt.config(engine=engine):
        noisy = kt.map_fn(lambda row: row + kt.random.uniform(()), np.zeros(6, "float32"))
        for values in (noisy.eval(), kt.function([], noisy)([])):
            assert len(set(values.tolist())) == 6


def test_gradients_of_a_loop_see_the_numbers_of_its_steps(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.placeholder((5,))
        y = kt.map_fn(lambda v: v * kt.random.uniform(()), x)
        value, slope = kt.function([x], [y, *kt.gradients(y.sum(), [x])])([np.full(5, 2.0)])
    np.testing.assert_allclose(value, 2 * slope, rtol=1e-6)
    assert len(set(slope.tolist())) == 5


def test_sizes_may_be_known_when_values_are_fed(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.placeholder((None, 3))
        noise = K.random_normal(K.shape(x))
        assert noise.shape == (None, 3)
        f = kt.function([x], noise)
        assert [f([np.zeros((n, 3))]).shape for n in (2, 5, 0)] == [(2, 3), (5, 3), (0, 3)]
        assert noise.eval({x: np.zeros((4, 3))}).shape == (4, 3)


def test_dropout(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.placeholder((None, 50))
        dropped = x.dropout(0.25)
        slope = kt.gradients(dropped.sum(), [x])[0]
        value, gradient = kt.function([x], [dropped, slope])([np.full((400, 50), 3.0)])
    assert dropped.shape == (None, 50)
    assert set(np.unique(value).tolist()) == {0.0, 4.0}
    assert abs((value == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / value.size)
    np.testing.assert_allclose(gradient, value / 3, rtol=1e-6)


@pytest.mark.parametrize("shape", [(4, 1, 5), (None, 1, 5), (None, 1, None), [4, 1, 5]])
def test_dropout_of_whole_rows(engine: str, shape: Any) -> None:
    with kt.config(engine=engine):
        value = K.dropout(kt.ones((4, 30, 5)), 0.5, shape, seed=3).eval()
    assert value.shape == (4, 30, 5)
    assert (value == value[:, :1]).all()
    assert set(np.unique(value).tolist()) == {0.0, 2.0}


def test_dropout_while_training_alone(engine: str) -> None:
    with kt.config(engine=engine):
        x = kt.placeholder((None, 20))
        y = kt.in_train_phase(lambda: x.dropout(0.5), x)
        f = kt.function([x, kt.learning_phase()], y)
        data = np.ones((10, 20))
        assert (f([data, 0]) == 1).all()
        assert set(np.unique(f([data, 1])).tolist()) == {0.0, 2.0}


unchecked: Any = kt  # mypy would report the errors below
ERRORS: Final[list[tuple[Callable[[], object], type[Exception], str]]] = [
    (lambda: unchecked.zeros((2,)).dropout(1.0), kt.ArgumentError, "dropout: level 1.0 is not in [0, 1)"),
    (
        lambda: unchecked.zeros((2, 3)).dropout(0.5, (2,)),
        kt.ShapeError,
        "dropout: noise_shape has 1 axes, x of shape (2, 3) has 2",
    ),
    (
        lambda: unchecked.zeros((2,), "int32").dropout(0.5),
        kt.DTypeError,
        "dropout: x must be of floats, not int32; cast it if that is meant",
    ),
    (lambda: unchecked.random.normal((-1,)), kt.ShapeError, "normal: negative size in (-1,)"),
    (
        lambda: unchecked.random.normal((2,), dtype="int32"),
        kt.DTypeError,
        "normal: random numbers are of a float dtype, not int32; cast them if that is meant",
    ),
    (lambda: unchecked.random.uniform((2,), seed=1.5), kt.ArgumentError, "uniform: the seed 1.5 is not an integer"),
    (
        lambda: kt.gradients(unchecked.random.normal(()), [unchecked.random.normal(())]),
        kt.GradientError,
        "",
    ),
]


@pytest.mark.parametrize(("act", "kind", "text"), ERRORS, ids=lambda e: str(e)[:40] if isinstance(e, str) else "")
def test_errors(act: Callable[[], object], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value).startswith(text)


def test_uniform_float16_never_is_one(engine: str) -> None:
    numbers = kt.random.uniform((300, 1000), dtype="float16").eval()
    assert numbers.dtype == np.float16
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(float(numbers.mean(dtype="float64")) - 0.5) < 0.005
