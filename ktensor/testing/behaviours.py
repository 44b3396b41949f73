"""What engines must do beyond single ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

import ktensor as kt

from ..errors import EngineError

__all__ = ["BEHAVIOURS", "Behaviour"]

Behaviour: TypeAlias = Callable[[str], None]


def _must(holds: bool, engine: str, rule: str) -> None:
    if not holds:
        raise AssertionError(f"{engine}: {rule}")


def updates_are_simultaneous(engine: str) -> None:
    """New values are computed from the old ones, outputs too."""
    with kt.config(engine=engine):
        a, b = kt.variable([1.0, 2.0]), kt.variable([3.0, 4.0])
        swap = kt.function([], [a + b, a], [(a, b), (b, a)])
        for old, new in (([1.0, 2.0], [3.0, 4.0]), ([3.0, 4.0], [1.0, 2.0])):
            total, before = swap([])
            _must(total.tolist() == [4.0, 6.0], engine, f"a + b of old values is {total}")
            _must(before.tolist() == old, engine, f"the output a is {before}, not the old value {old}")
            _must(a.eval().tolist() == new, engine, f"after the update a is {a.eval()}, not {new}")


def a_failed_update_changes_nothing(engine: str) -> None:
    """All new values and outputs are computed before any variable is stored."""
    with kt.config(engine=engine):
        first, last = kt.variable([1.0]), kt.variable([2.0])
        position = kt.placeholder((None,), "int32")
        step = kt.function(
            [position], kt.gather(first, position), [(first, first + 1.0), (last, kt.gather(last, position))]
        )
        for outside in (7, -1):
            try:
                step([[outside]])
            except EngineError:
                pass
            else:
                raise AssertionError(f"{engine}: index {outside} of a vector of 1 element gave no EngineError")
            _must(first.eval().tolist() == [1.0], engine, "an update that failed has changed a variable")
        step([[0]])
        _must(first.eval().tolist() == [2.0], engine, "after a failure the function works no more")


def results_are_the_callers(engine: str) -> None:
    """Writing into a result changes no variable, feed or constant, and no later result."""
    with kt.config(engine=engine):
        x, v, c = kt.placeholder((2,)), kt.variable([1.0, 2.0]), kt.constant([5.0, 6.0])
        outputs = [x, v, c, v.reshape(1, 2), x[::-1], c.expand_dims(0)]
        function = kt.function([x], outputs)
        for run in (function, lambda feeds: [o.eval({x: feeds[0]}) for o in outputs]):
            fed = np.array([3.0, 4.0], "float32")
            first = [r.tolist() for r in run([fed])]
            for result in run([fed]):
                result[...] = -1.0
            _must(fed.tolist() == [3.0, 4.0], engine, "writing into a result changed what was fed")
            _must([r.tolist() for r in run([fed])] == first, engine, "writing into a result changed later results")


def feeds_are_left_alone(engine: str) -> None:
    """A program writes over its own buffers alone."""
    with kt.config(engine=engine):
        x = kt.placeholder((3,))
        function = kt.function([x], [(x * 2.0).exp() + x, -x, kt.maximum(x, 0.0)])
        fed = np.array([1.0, -2.0, 3.0], "float32")
        function([fed])
        _must(fed.tolist() == [1.0, -2.0, 3.0], engine, f"what was fed is now {fed}")


def variables_move_between_engines(engine: str) -> None:
    """Whoever stored a value last, everybody reads it."""
    v = kt.variable([1.0, 2.0])
    add = kt.function([], [], [(v, v + 1.0)])
    for wanted, name in ((2.0, engine), (3.0, "numpy"), (4.0, engine)):
        with kt.config(engine=name):
            add([])
        for reader in (engine, "numpy"):
            got = v.eval(engine=reader)[0]
            _must(got == wanted, engine, f"{name} stored {wanted}, {reader} reads {got}")
    v.set_value([9.0, 9.0])
    _must(v.eval(engine=engine)[0] == 9.0, engine, f"set_value stored 9, it reads {v.eval(engine=engine)[0]}")


def a_failure_names_the_line(engine: str) -> None:
    """`EngineError` says where the op that failed was built."""
    with kt.config(engine=engine):
        x, y = kt.placeholder((None,)), kt.placeholder((None,))
        total = x + y
        feeds = [np.ones(2, "float32"), np.ones(3, "float32")]
        runs: list[Callable[[], object]] = [
            lambda: total.eval(dict(zip((x, y), feeds))),
            lambda: kt.function([x, y], total)(feeds),
        ]
        for run in runs:
            try:
                run()
            except EngineError as error:
                _must(total.built_at in str(error), engine, f"{total.built_at} is not in the message: {error}")
            else:
                raise AssertionError(f"{engine}: adding 2 and 3 elements gave no EngineError")


def long_chains_run(engine: str) -> None:
    """Depth is no limit: nothing recurses over the graph."""
    with kt.config(engine=engine):
        x = kt.placeholder(())
        y: Any = x
        for _ in range(3000):
            y = y + 1.0
        got = y.eval({x: 0.0})
        _must(float(got) == 3000.0, engine, f"3000 additions of 1 gave {got}")


def native_handles_hold_the_value(engine: str) -> None:
    """`native()` gives a handle of the engine's own."""
    handle = kt.constant([1.0, 2.0]).native(engine)
    _must(handle is not None, engine, "native() gave None")


BEHAVIOURS: Final[tuple[Behaviour, ...]] = (
    updates_are_simultaneous,
    a_failed_update_changes_nothing,
    results_are_the_callers,
    feeds_are_left_alone,
    variables_move_between_engines,
    a_failure_names_the_line,
    long_chains_run,
    native_handles_hold_the_value,
)
