"""Rows of the table of `keras.backend`: loops, branches, gradients, and connectionist temporal classification."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from keras_row import Arg, Array, K, Row, row

X: Final = Arg(("n", 4))
SERIES: Final = Arg(("n", 3, 2))
STATE: Final = Arg(("n", 3))
#: What a step multiplies its input and its state with.
WEIGHTS: Final = (Arg((2, 3), -1.0, 1.1), Arg((3, 3), -1.0, 1.1))


# ---- Recurrence ------------------------------------------------------------------------------------


def _recur(step: Callable[..., Any], x: Array, states: list[Array], go_backwards: bool = False,
           mask: Array | None = None) -> list[Array]:  # fmt: skip
    """One step of time after the other, one sample after the other."""
    length = x.shape[1]
    outputs: list[Array] = []
    for t in reversed(range(length)) if go_backwards else range(length):
        output, new = step(x[:, t], states)
        goes_on = np.ones(len(x), bool) if mask is None else mask.reshape(len(x), length)[:, t] != 0
        before = outputs[-1] if outputs else np.zeros_like(output)
        outputs.append(np.stack([a if on else b for a, b, on in zip(output, before, goes_on)]))
        states = [np.stack([a if on else b for a, b, on in zip(s, old, goes_on)]) for s, old in zip(new, states)]
    return [outputs[-1], np.stack(outputs, 1), *states]


def _simple(tools: Any, w: Any, u: Any) -> Callable[..., Any]:
    """A step with one state; `tools` is NumPy or K."""

    def step(x: Any, states: Sequence[Any]) -> Any:
        new = tools.tanh(tools.dot(x, w) + tools.dot(states[0], u))
        return new * 2.0, [new]

    return step


def _gated(tools: Any, w: Any, u: Any) -> Callable[..., Any]:
    """A step with two states."""

    def step(x: Any, states: Sequence[Any]) -> Any:
        memory = states[1] * 0.5 + tools.dot(x, w)
        new = tools.tanh(memory + tools.dot(states[0], u))
        return new, [new, memory]

    return step


def _rnns() -> Iterator[Row]:
    for options in ({}, {"go_backwards": True}, {"unroll": True, "input_length": 3}):
        yield row(
            "rnn", lambda x, h, w, u, go_backwards=False, **_: _recur(_simple(np, w, u), x, [h], go_backwards),
            SERIES, STATE, *WEIGHTS, label="plain", tolerance=3.0, **options,
            call=lambda x, h, w, u, **o: K.rnn(_simple(K, w, u), x, [h], **o),
        )  # fmt: skip
    masks = {
        "mask": Arg(("n", 3), dtype="bool"),
        "mask-of-3-axes": Arg(("n", 3, 1), dtype="bool"),
        "mask-of-ints": Arg(("n", 3), 0, 1, dtype="int32"),
    }
    for label, mask in masks.items():
        yield _masked(label, mask)
    yield _masked("mask", masks["mask"], go_backwards=True)
    yield _masked("mask", masks["mask"], unroll=True, input_length=3)
    yield row(
        "rnn", lambda x, h, c, w, u: _recur(_gated(np, w, u), x, [h, c]), SERIES, STATE, STATE, *WEIGHTS,
        label="two-states", tolerance=3.0, call=lambda x, h, c, w, u: K.rnn(_gated(K, w, u), x, [h, c]),
    )  # fmt: skip
    yield row(
        "rnn", lambda x, c: _recur(lambda now, states: (now * c, []), x, []), SERIES, Arg((2,)), label="no-states",
        call=lambda x, c: K.rnn(lambda now, states: (now * c, []), x, []),
    )  # fmt: skip
    yield row(
        "rnn", lambda x, h, c: _recur(lambda now, s: (s[0] + now, [s[0] * c + now]), x, [h]), SERIES, Arg(("n", 2)),
        Arg(("n", 2)), label="constants", tolerance=3.0,
        call=lambda x, h, c: K.rnn(lambda now, s: (s[0] + now, [s[0] * s[1] + now]), x, [h], constants=[c]),
    )  # fmt: skip


def _masked(label: str, mask: Arg, **options: Any) -> Row:
    return row(
        "rnn", lambda x, h, m, w, u, go_backwards=False, **_: _recur(_simple(np, w, u), x, [h], go_backwards, m),
        SERIES, STATE, mask, *WEIGHTS, label=label, tolerance=3.0, **options,
        call=lambda x, h, m, w, u, **o: K.rnn(_simple(K, w, u), x, [h], mask=m, **o),
    )  # fmt: skip


def _fold(function: Callable[..., Any], elements: Sequence[Any]) -> Any:
    total = elements[0]
    for element in elements[1:]:
        total = function(total, element)
    return total


def _halved(total: Any, x: Any) -> Any:
    return total * 0.5 + x


def _maps() -> Iterator[Row]:
    yield row(
        "map_fn", lambda x: np.stack([r * r + 1 for r in x]), SERIES, call=lambda x: K.map_fn(lambda r: r * r + 1.0, x)
    )
    yield row(
        "map_fn", lambda x: x.max(-1), X, label="to-float64", result="float64",
        call=lambda x: K.map_fn(lambda r: K.max(r), x, dtype="float64"),
    )  # fmt: skip
    yield row(
        "map_fn", lambda x, y, w: np.stack([a * (b @ w)[0] for a, b in zip(x, y)]), X, SERIES, Arg((2,)), label="two",
        call=lambda x, y, w: K.map_fn(lambda both: both[0] * K.dot(both[1], w)[0], (x, y)), tolerance=3.0,
    )  # fmt: skip
    for name, order in (("foldl", 1), ("foldr", -1)):
        yield row(
            name, lambda x, order=order: _fold(_halved, x[::order]), X,
            call=lambda x, name=name: getattr(K, name)(_halved, x),
        )  # fmt: skip
        yield row(
            name, lambda x, start, order=order: _fold(_halved, [start, *x[::order]]), X, Arg((4,)),
            label="with-initializer",
            call=lambda x, start, name=name: getattr(K, name)(_halved, x, initializer=start),
        )  # fmt: skip


# ---- Branches --------------------------------------------------------------------------------------


def _chosen(condition: Array, x: Array, y: Array) -> Array:
    """Where the condition lacks axes it holds for all that is there."""
    return np.where(condition.reshape(condition.shape + (1,) * (x.ndim - condition.ndim)) != 0, x, y)


def _branches() -> Iterator[Row]:
    conditions = {
        "scalar": Arg((), values=True, dtype="bool"),
        "scalar-int": Arg((), values=0, dtype="int32"),
        "rows": Arg(("n",), dtype="bool"),
        "elements": Arg(("n", 4), dtype="bool"),
    }
    for label, condition in conditions.items():
        yield row("switch", _chosen, condition, X, X, kinds="fib", label=label)
    yield row(
        "switch", _chosen, conditions["rows"], X, X, label="callables",
        call=lambda c, x, y: K.switch(c, lambda: x * 1.0, lambda: y),
    )  # fmt: skip
    for name in ("in_train_phase", "in_test_phase"):
        first = name == "in_train_phase"
        for training in (0, 1):
            yield row(
                name, lambda x, y, training, first=first: x if first == bool(training) else y, X, X, kinds="fib",
                training=training,
            )  # fmt: skip
        yield row(name, lambda x, y, first=first: y if first else x, X, X, kinds="fib", label="not-set")
        yield row(
            name, lambda x, y, training, first=first: np.where(training == first, x, y), X, X,
            Arg((), values=True, dtype="bool"), label="tensor",
        )  # fmt: skip
    yield row("gradients", lambda x: np.exp(x), X, call=lambda x: K.gradients(K.sum(K.exp(x)), [x]))
    yield row(
        "gradients", lambda x, y: [y * 1.0, x * 1.0 + 3 * y**2], X, X, label="two", tolerance=2.0,
        call=lambda x, y: list(K.gradients(x * y + y * y * y, [x, y])),
    )  # fmt: skip


# ---- Connectionist temporal classification -----------------------------------------------------------

EPSILON: Final = 1e-7


def _sharp(x: Array) -> Array:
    """Probabilities, some of which stand out."""
    wide = x.astype(np.float64) ** 3
    return np.asarray(wide / wide.sum(-1, keepdims=True))


OUTPUTS: Final = Arg(("n", 4, 3), 0.3, 1.0, made=_sharp)
LABELS: Final = Arg(("n", 2), 0, 1, dtype="int32")
STEPS: Final = Arg(("n", 1), 3, 4, dtype="int32")
LENGTHS: Final = Arg(("n", 1), 1, 2, dtype="int32")


def _smooth(p: Array) -> Array:
    """Each step's probabilities, epsilon added, sum 1."""
    return np.asarray((p + EPSILON) / (p + EPSILON).sum(-1, keepdims=True))


def _spelled(p: Array, steps: int) -> dict[tuple[int, ...], float]:
    """How probable each sequence of labels is, by all paths."""
    found: dict[tuple[int, ...], float] = {}
    blank = p.shape[-1] - 1
    for path in itertools.product(range(blank + 1), repeat=steps):
        labels = tuple(label for label, _ in itertools.groupby(path) if label != blank)
        found[labels] = found.get(labels, 0.0) + float(np.prod([p[t, label] for t, label in enumerate(path)]))
    return found


def _batch_cost(labels: Array, p: Array, steps: Array, lengths: Array) -> Array:
    cost = [
        [-np.log(_spelled(own, int(number))[tuple(label[: int(length)].tolist())])]
        for own, label, number, length in zip(_smooth(p), labels, steps.ravel(), lengths.ravel())
    ]
    return np.array(cost)


def _padded(paths: Sequence[Sequence[int]]) -> Array:
    longest = max(map(len, paths))
    return np.array([[*path, *[-1] * (longest - len(path))] for path in paths], np.int64).reshape(len(paths), longest)


def _greedy(p: Array, steps: Array) -> list[Array]:
    paths, scores = [], []
    for own, number in zip(p, steps.ravel()):
        best = own[:number].argmax(-1)
        paths.append([label for label, _ in itertools.groupby(best.tolist()) if label != p.shape[-1] - 1])
        scores.append([-np.log(own[:number].max(-1) + EPSILON).sum()])
    return [_padded(paths), np.array(scores)]


def _best(p: Array, steps: Array, top_paths: int) -> list[Array]:
    """The most probable sequences of labels, none being left out on the way."""
    every = [sorted(_spelled(own, int(n)).items(), key=lambda found: -found[1]) for own, n in zip(_smooth(p), steps)]
    paths = [_padded([found[i][0] for found in every]) for i in range(top_paths)]
    return [*paths, np.log([[found[i][1] for i in range(top_paths)] for found in every])]


def _ways(places: int, steps: int, labels: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All ways through labels with blanks: stay, go on, or skip a blank between two labels that differ."""
    for way in itertools.product(range(places), repeat=steps):
        if way[0] > 1 or way[-1] < places - 2:
            continue
        moves = itertools.pairwise(way)
        if all(b - a in (0, 1) or (b - a == 2 and b % 2 == 1 and labels[a] != labels[b]) for a, b in moves):
            yield way


def _through(p: Array, labels: Array, alpha: float = 1e-4) -> Array:
    """How probable it is to be at each place at each time."""
    emitted = (1 - alpha) * p[:, labels] + alpha / len(labels)
    found = np.zeros(emitted.shape)
    for way in _ways(len(labels), len(p), labels.tolist()):
        at = (np.arange(len(p)), np.array(way))
        found[at] += np.prod(emitted[at])
    return found


def _path_probs(p: Array, labels: Array) -> list[Array]:
    found = _through(p, labels)
    return [np.where(found > 0, np.log(np.where(found > 0, found, 1)), 0), found > 0]


def _with_blanks(labels: Array) -> Array:
    return np.array([-1, *(value for label in labels.tolist() for value in (label, -1))])


def _step(skips: Array, zeros: Array, active: Array, now: Array, before: Array) -> list[Array]:
    """The ways into each place, one by one."""
    ways = np.zeros(len(now))
    for place in range(int(active)):
        moves = (0, 1, 2) if place in skips.tolist() else (0, 1)
        for target in (place + move for move in moves if place + move < len(now)):
            ways[target] += np.exp(before[place])
    reached = int(np.flatnonzero(ways)[-1]) + 1
    return [np.array(reached), np.where(np.arange(len(now)) < reached, now + np.log(np.where(ways > 0, ways, 1)), 0)]


def _known_path_probs(p: Any, labels: Any) -> list[Any]:
    """What is not reached is 0 here: what it is there nobody says."""
    found, reached = K.ctc_path_probs(p, labels)
    return [K.switch(reached, found, K.zeros_like(found)), reached]


def _dense(labels: Any, lengths: Any) -> Any:
    made = K.ctc_label_dense_to_sparse(labels, lengths)
    assert K.is_sparse(made)
    return K.to_dense(made)


def _classifications() -> Iterator[Row]:
    yield row("ctc_batch_cost", _batch_cost, LABELS, OUTPUTS, STEPS, LENGTHS, tolerance=4.0)
    decoded = ("int64", "same")
    steps = Arg(("n",), 3, 4, dtype="int32")
    yield row("ctc_decode", _greedy, OUTPUTS, steps, result=decoded, static=False, tolerance=4.0)
    # TensorFlow adds up logarithms in float32, whatever the dtype.
    loose = {"float16": 4.0, "float32": 4.0, "float64": 1e3}
    for top in (1, 2):
        yield row(
            "ctc_decode", lambda p, n, top_paths, **_: _best(p, n, top_paths), OUTPUTS, steps, greedy=False,
            beam_width=99, top_paths=top, result=(*["int64"] * top, "same"), static=False, tolerance=loose,
            slope="none",
        )  # fmt: skip
    yield row(
        "ctc_label_dense_to_sparse", lambda labels, n: np.where(np.arange(3) < n.reshape(-1, 1), labels, 0),
        Arg(("n", 3), 1, 5), Arg(("n",), 1, 3, dtype="int32"), kinds="i", call=_dense,
    )  # fmt: skip
    for values in ([0, 1], [1, 1], [1, 0]):
        labels = Arg((2,), values=values, dtype="int32")
        predicted = Arg((5, 3), 0.3, 1.0, made=_sharp)
        yield row(
            "ctc_cost", lambda p, y: -np.log(_through(p, _with_blanks(y)).sum()), predicted, labels, label=f"{values}",
            tolerance=4.0,
        )  # fmt: skip
        blanks = Arg((5,), values=_with_blanks(np.array(values)), dtype="int32")
        yield row(
            "ctc_path_probs", _path_probs, predicted, blanks, result=("same", "bool"), label=f"{values}",
            tolerance=4.0, call=_known_path_probs,
        )  # fmt: skip
    yield row("ctc_interleave_blanks", _with_blanks, Arg((3,), 0, 4), kinds="s", label="labels")
    for values in ([0, 1, 2], [1, 1, 0], [2, 2, 2]):
        blanks = Arg((7,), values=_with_blanks(np.array(values)), dtype="int32")
        yield row(
            "ctc_create_skip_idxs", lambda y: np.array([i for i in (1, 3) if y[i] != y[i + 2]], np.int64), blanks,
            result="int32", static=False, label=f"{values}",
        )  # fmt: skip
    for active in (1, 2, 4, 7):
        logs = Arg((7,), -3.0, -0.1)
        yield row(
            "ctc_update_log_p", _step, Arg((2,), values=[1, 3], dtype="int32"), Arg((7,), values=np.zeros(7)),
            Arg((), values=active, dtype="int32"), logs, logs, result=("int32", "same"), label=f"{active}",
            tolerance=4.0,
        )  # fmt: skip


def rows() -> Iterator[Row]:
    """All of them."""
    for part in (_rnns, _maps, _branches, _classifications):
        yield from part()
