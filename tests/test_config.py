"""Settings: where they come from, how long they hold, and what is said of wrong ones."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import threading
import time
import timeit
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

import ktensor as kt
from ktensor import dtypes
from ktensor.config import (
    _reset,
    config,
    config_file,
    engine,
    epsilon,
    floatx,
    image_data_format,
    image_dim_ordering,
    jit,
    learning_phase,
    reset_learning_phase,
    set_engine,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    set_image_dim_ordering,
    set_learning_phase,
    sources,
)
from ktensor.engines import base
from ktensor.errors import ArgumentError, ConfigError, KTensorError

Write: TypeAlias = "Callable[[object], Path]"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Each test starts as a new process does: no file, no environment, nothing set."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("KTENSOR_ENGINE", raising=False)
    _reset()
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} <= {"keras.json"}, "something was written to the user's home"
    _reset()


@pytest.fixture
def write(home: Path) -> Write:
    """Writes keras.json: text as it is, anything else as JSON."""

    def write_file(content: object) -> Path:
        path = home / "keras.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file


def message(call: Callable[[], object]) -> str:
    """The text of the ConfigError that `call` raises."""
    with pytest.raises(ConfigError) as caught:
        call()
    assert isinstance(caught.value, KTensorError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(base, "is_installed", lambda name: name in names)


# ---- Defaults and setters --------------------------------------------------------------------------


def test_defaults_are_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "numpy", "tensorflow")
    assert (floatx(), epsilon(), image_dim_ordering(), engine()) == ("float32", 1e-07, "tf", "tensorflow")
    assert (image_data_format(), learning_phase(), jit()) == ("channels_last", None, False)


def test_engine_is_numpy_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "numpy")
    assert engine() == "numpy"
    assert sources()["engine"].origin == "default, as TensorFlow is not installed"


def test_setters_hold_for_the_process() -> None:
    set_floatx("float16")
    set_epsilon(1e-05)
    set_image_dim_ordering("th")
    set_engine("theano")
    set_learning_phase(1)
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(lambda: (floatx(), epsilon(), image_data_format(), engine(), learning_phase())).result()
    assert seen == ("float16", 1e-05, "channels_first", "theano", 1)


def test_ordering_and_data_format_are_one_setting() -> None:
    set_image_data_format("channels_first")
    assert image_dim_ordering() == "th"
    set_image_dim_ordering("tf")
    assert image_data_format() == "channels_last"


@pytest.mark.parametrize(
    "value", ["float16", dtypes.float16, np.dtype("float16"), np.float16], ids=["string", "class", "dtype", "type"]
)
def test_floatx_takes_every_spelling_of_a_dtype(value: Any) -> None:
    set_floatx(value)
    assert floatx() == "float16"
    assert type(floatx()) is str
    with config(floatx=value):
        assert floatx() == "float16"


@pytest.mark.parametrize("value", [1, 1e-3, np.float32(0.5), np.int64(2), Fraction(1, 3)])
def test_epsilon_takes_real_numbers(value: Any) -> None:
    set_epsilon(value)
    assert epsilon() == float(value)
    assert type(epsilon()) is float


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (1, 1), (False, 0), (True, 1), (np.int32(1), 1)])
def test_learning_phase_is_an_int(value: Any, expected: int) -> None:
    set_learning_phase(value)
    assert learning_phase() == expected
    assert type(learning_phase()) is int


def test_learning_phase_can_be_forgotten() -> None:
    set_learning_phase(1)
    with config(learning_phase=0):
        reset_learning_phase()
        assert learning_phase() == 0
    assert learning_phase() is None
    reset_learning_phase()
    assert learning_phase() is None


BAD_VALUES: list[tuple[Callable[[Any], None], Any, str]] = [
    (set_floatx, "float8", "floatx: 'float8' is not allowed; use one of 'float16', 'float32', 'float64'"),
    (set_floatx, "flaot32", "floatx: 'flaot32' is not allowed; use one of 'float16', 'float32', 'float64'"),
    (set_floatx, np.dtype("int32"), "floatx: dtype('int32') is not allowed; use one of 'float16', "),
    (set_floatx, dtypes.bool_, "floatx: bool is not allowed; use one of 'float16', "),
    (set_floatx, float, "floatx: <class 'float'> is not allowed; use one of 'float16', "),
    (set_floatx, None, "floatx: None is not allowed; use one of 'float16', "),
    (set_epsilon, math.nan, "epsilon: nan is not allowed; use a finite number above 0"),
    (set_epsilon, math.inf, "epsilon: inf is not allowed; use a finite number above 0"),
    (set_epsilon, 0.0, "epsilon: 0.0 is not allowed; use a finite number above 0"),
    (set_epsilon, -1e-7, "epsilon: -1e-07 is not allowed; use a finite number above 0"),
    (set_epsilon, True, "epsilon: True is not allowed; use a finite number above 0"),
    (set_epsilon, "1e-07", "epsilon: '1e-07' is not allowed; use a finite number above 0"),
    (set_epsilon, 1j, "epsilon: 1j is not allowed; use a finite number above 0"),
    (set_epsilon, Decimal(1), "epsilon: Decimal('1') is not allowed; use a finite number above 0"),
    (set_epsilon, 10**400, "is not allowed; use a finite number above 0"),
    (
        set_image_dim_ordering,
        "channels_last",
        "image_dim_ordering: 'channels_last' is not allowed; use one of 'tf', 'th'",
    ),
    (
        set_image_data_format,
        "tf",
        "image_data_format: 'tf' is not allowed; use one of 'channels_last', 'channels_first'",
    ),
    (set_image_data_format, ["tf"], "image_data_format: ['tf'] is not allowed; use one of"),
    (set_learning_phase, 2, "learning_phase: 2 is not allowed; use 0 (test) or 1 (training)"),
    (set_learning_phase, "1", "learning_phase: '1' is not allowed; use 0 (test) or 1 (training)"),
    (set_learning_phase, 1.0, "learning_phase: 1.0 is not allowed; use 0 (test) or 1 (training)"),
    (set_engine, "jax", "engine: 'jax' is not allowed; use one of 'numpy', 'tensorflow', 'theano'"),
    (set_engine, "Theano", "'numpy', 'tensorflow', 'theano'; did you mean 'theano'?"),
    (set_engine, None, "engine: None is not allowed; use one of 'numpy', 'tensorflow', 'theano'"),
]


@pytest.mark.parametrize(("setter", "value", "expected"), BAD_VALUES)
def test_setters_refuse_what_cannot_be_and_change_nothing(
    setter: Callable[[Any], None], value: Any, expected: str
) -> None:
    before = sources()
    assert expected in message(lambda: setter(value))
    assert sources() == before


@pytest.mark.parametrize(("setter", "value", "expected"), [case for case in BAD_VALUES if case[1] is not None])
def test_scopes_refuse_the_same(setter: Callable[[Any], None], value: Any, expected: str) -> None:
    name = setter.__name__.removeprefix("set_")
    assert expected.removeprefix(f"{name}: ") in message(lambda: config(**{name: value}))
    assert message(lambda: config(**{name: value})).startswith(f"config: {name}: ")


def test_jit_is_a_bool() -> None:
    with config(jit=True):
        assert jit()
    assert message(lambda: config(jit=1)) == "config: jit: 1 is not allowed; use True or False"  # type: ignore[arg-type]


def test_very_long_values_are_cut_in_messages() -> None:
    assert len(message(lambda: set_engine("x" * 10_000))) < 200


# ---- Scopes ----------------------------------------------------------------------------------------


def test_scopes_nest() -> None:
    with config(floatx="float16", epsilon=1e-2):
        with config(floatx="float64"):
            assert (floatx(), epsilon()) == ("float64", 1e-2)
        assert (floatx(), epsilon()) == ("float16", 1e-2)
    assert (floatx(), epsilon()) == ("float32", 1e-07)


def test_scope_beats_setter() -> None:
    with config(floatx="float16"):
        set_floatx("float64")
        assert floatx() == "float16"
    assert floatx() == "float64"


def test_all_settings_have_a_keyword() -> None:
    everything = config(
        floatx="float64", epsilon=1, image_data_format="channels_first", engine="numpy", learning_phase=True, jit=True
    )
    with everything:
        seen = (floatx(), epsilon(), image_dim_ordering(), engine(), learning_phase(), jit())
    assert seen == ("float64", 1.0, "th", "numpy", 1, True)
    assert repr(config(floatx="float16", jit=False)) == "config(floatx='float16', jit=False)"


def test_none_leaves_a_setting_as_it_is() -> None:
    with config(floatx="float16"), config(floatx=None, epsilon=None):
        assert floatx() == "float16"


def test_scope_ends_with_an_error() -> None:
    with pytest.raises(ZeroDivisionError), config(floatx="float16"):
        _ = 1 / 0
    assert floatx() == "float32"


def test_one_object_can_be_used_again_and_inside_itself() -> None:
    half = config(floatx="float16")
    for _ in range(2):
        with half, config(floatx="float64"), half:
            assert floatx() == "float16"
        assert floatx() == "float32"


def test_validation_is_done_at_the_call_and_nothing_is_half_done() -> None:
    assert "epsilon" in message(lambda: config(floatx="float16", epsilon=math.nan))
    assert (floatx(), epsilon()) == ("float32", 1e-07)


@pytest.mark.parametrize(
    ("unknown", "hint"),
    [("flaotx", "did you mean 'floatx'?"), ("Engine", "did you mean 'engine'?"), ("zzz", "learning_phase, jit, keras")],
)
def test_unknown_settings_are_named_with_those_that_exist(unknown: str, hint: str) -> None:
    text = message(lambda: config(**{unknown: 1}))  # type: ignore[arg-type]
    assert text.startswith(
        f"config: there is no setting {unknown!r}; the settings are floatx, epsilon, image_data_format, "
        "image_dim_ordering, engine, learning_phase, jit, keras"
    )
    assert text.endswith(hint)


def test_two_spellings_of_one_setting_must_agree() -> None:
    with config(image_data_format="channels_first", image_dim_ordering="th"):
        assert image_dim_ordering() == "th"
    text = message(lambda: config(image_data_format="channels_last", image_dim_ordering="th"))
    assert text.startswith("config: image_dim_ordering: 'th' contradicts image_data_format: 'channels_last'; ")


def test_scopes_stay_in_their_thread() -> None:
    both_inside = threading.Barrier(2)
    seen: dict[str, str] = {}

    def work(dtype: str) -> None:
        with config(floatx=dtype):
            both_inside.wait(10)
            seen[dtype] = floatx()
            both_inside.wait(10)

    with config(floatx="float64"):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, ["float16", "float32"]))
        assert floatx() == "float64"
        assert seen == {"float16": "float16", "float32": "float32"}
        outside: list[str] = []
        thread = threading.Thread(target=lambda: outside.append(floatx()))
        thread.start()
        thread.join()
        assert outside == ["float32"]


def test_one_object_in_many_threads() -> None:
    half = config(floatx="float16")

    def work(_: int) -> tuple[str, str]:
        with half:
            time.sleep(0.001)
            inside = floatx()
        return inside, floatx()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(50))) == {("float16", "float32")}


def test_scopes_stay_in_their_task() -> None:
    async def work(dtype: str) -> list[str]:
        seen = [floatx()]
        with config(floatx=dtype):
            for _ in range(5):
                await asyncio.sleep(0)
                seen.append(floatx())
        return [*seen, floatx()]

    async def main() -> None:
        with config(floatx="float64"):
            first, second = await asyncio.gather(work("float16"), work("float32"))
            assert first == ["float64", *["float16"] * 5, "float64"]
            assert second == ["float64", *["float32"] * 5, "float64"]
            assert await asyncio.to_thread(floatx) == "float64"
        assert floatx() == "float32"

    asyncio.run(main())


def test_generators_that_take_turns_close_their_own_scopes() -> None:
    def hold(**settings: Any) -> Iterator[None]:
        with config(**settings):
            yield

    first, second = hold(floatx="float16"), hold(epsilon=0.5)
    next(first)
    next(second)
    assert (floatx(), epsilon()) == ("float16", 0.5)
    assert next(first, "end") == "end"
    assert (floatx(), epsilon()) == ("float32", 0.5)
    assert next(second, "end") == "end"
    assert (floatx(), epsilon()) == ("float32", 1e-07)


def test_scope_closed_in_another_thread_undoes_nothing_there() -> None:
    stack = ExitStack()
    copy_context().run(stack.enter_context, config(floatx="float16"))  # lest it stay open here

    def close() -> str:
        with config(floatx="float64"):
            stack.close()
            return floatx()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(close).result() == "float64"


def test_decorator() -> None:
    @config(floatx="float16")
    def build(prefix: str) -> str:
        """Docs."""
        return prefix + floatx()

    assert build("x:") == "x:float16"
    assert (build.__name__, build.__doc__) == ("build", "Docs.")
    assert floatx() == "float32"

    @config(floatx="float16")
    def countdown(n: int) -> list[str]:
        return [floatx(), *(countdown(n - 1) if n else [])]

    assert countdown(3) == ["float16"] * 4


def test_decorator_of_a_coroutine_function() -> None:
    @config(floatx="float16")
    async def build() -> str:
        await asyncio.sleep(0)
        return floatx()

    assert asyncio.run(build()) == "float16"


def test_decorator_refuses_what_runs_after_the_call() -> None:
    def generate() -> Iterator[int]:
        yield 1

    async def generate_async() -> AsyncIterator[int]:
        yield 1

    scope = config(floatx="float16")
    for function in (generate, generate_async):
        with pytest.raises(ArgumentError, match=rf"{function.__name__} is a generator function, .* open `with ktensor"):
            scope(function)
    with pytest.raises(ArgumentError, match="only functions can be decorated, not Exception"):
        scope(Exception)
    with pytest.raises(ArgumentError, match="only functions can be decorated, not 3"):
        scope(3)  # type: ignore[arg-type]


# ---- keras.json ------------------------------------------------------------------------------------


def test_the_seeds_file(write: Write) -> None:
    path = write('{"image_dim_ordering":"th", "epsilon":1e-05, "floatx":"float16", "backend":"theano"}')
    assert config_file() == path
    assert (image_dim_ordering(), epsilon(), floatx(), engine()) == ("th", 1e-05, "float16", "theano")


def test_the_file_of_later_keras(write: Write) -> None:
    write({"image_data_format": "channels_first", "backend": "numpy", "nnx_enabled": False, "max_epochs": None})
    assert (image_data_format(), engine(), floatx()) == ("channels_first", "numpy", "float32")


def test_both_image_keys_when_they_agree(write: Write) -> None:
    write({"image_dim_ordering": "th", "image_data_format": "channels_first"})
    assert image_dim_ordering() == "th"


def test_file_is_found_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert config_file() == tmp_path / ".keras" / "keras.json"
    monkeypatch.setenv("KERAS_HOME", "")
    assert config_file() == tmp_path / ".keras" / "keras.json"


def test_file_with_a_byte_order_mark(home: Path) -> None:
    (home / "keras.json").write_bytes(b'\xef\xbb\xbf{"floatx": "float64"}')
    assert floatx() == "float64"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"floatx": ', "is not valid JSON (Expecting value: line 1 column 12 (char 11)); correct it, or remove it"),
        ("", "is not valid JSON (Expecting value: line 1 column 1 (char 0))"),
        ("[" * 100_000, "is not valid JSON ("),
        ('["float32"]', 'holds [\'float32\'], not an object; write it as {"floatx": "float32", ...}'),
        ({"floatx": "bfloat16"}, "floatx: 'bfloat16' is not allowed; use one of 'float16', 'float32', 'float64'"),
        ({"floatx": 32}, "floatx: 32 is not allowed; use one of 'float16', 'float32', 'float64'"),
        ({"floatx": None}, "floatx: None is not allowed; use one of 'float16', 'float32', 'float64'"),
        ('{"epsilon": NaN}', "epsilon: nan is not allowed; use a finite number above 0"),
        ({"epsilon": "1e-07"}, "epsilon: '1e-07' is not allowed; use a finite number above 0"),
        ({"epsilon": True}, "epsilon: True is not allowed; use a finite number above 0"),
        (
            {"image_dim_ordering": "channels_last"},
            "image_dim_ordering: 'channels_last' is not allowed; use one of 'tf', ",
        ),
        ({"image_data_format": "tf"}, "image_data_format: 'tf' is not allowed; use one of 'channels_last', "),
        ({"image_data_format": {}}, "image_data_format: {} is not allowed; use one of 'channels_last', "),
        (
            {"image_dim_ordering": "tf", "image_data_format": "channels_first"},
            "image_dim_ordering: 'tf' contradicts image_data_format: 'channels_first'; ",
        ),
        ({"backend": 3}, "backend: 3 is not allowed; use one of 'numpy', 'tensorflow', 'theano'"),
    ],
)
def test_wrong_files_are_named_with_key_value_and_what_is_allowed(write: Write, content: object, expected: str) -> None:
    path = write(content)
    for getter in (floatx, epsilon, image_data_format, engine, sources):
        text = message(getter)
        assert text.startswith(f"{path}: ")
        assert expected in text


def test_file_that_cannot_be_read(home: Path) -> None:
    (home / "keras.json").mkdir()
    assert message(floatx) == f"{home / 'keras.json'}: cannot be read (Is a directory); make it readable, or remove it"
    (home / "keras.json").rmdir()


def test_file_that_is_not_text(home: Path) -> None:
    (home / "keras.json").write_bytes(b"\xff\xfe\x00")
    assert "is not valid JSON (" in message(floatx)


def test_home_that_is_not_a_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "keras.json").touch()
    monkeypatch.setenv("KERAS_HOME", str(home / "keras.json"))
    assert floatx() == "float32"


def test_file_is_read_once_and_on_first_need(write: Write) -> None:
    write({"floatx": "float16"})
    assert floatx() == "float16"
    write({"floatx": "float64", "epsilon": 0.5})
    assert (floatx(), epsilon()) == ("float16", 1e-07)


def test_wrong_file_can_be_corrected_without_a_restart(write: Write) -> None:
    write("{")
    message(floatx)
    write({"floatx": "float16"})
    assert floatx() == "float16"


def test_wrong_file_does_not_matter_where_it_is_not_needed(write: Write) -> None:
    write("{")
    set_floatx("float64")
    with config(epsilon=0.5):
        assert (floatx(), epsilon()) == ("float64", 0.5)


def test_file_is_read_once_by_many_threads(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"floatx": "float16", "backend": "jax"})
    load, loads = json.load, []

    def slow_load(*args: Any) -> Any:
        loads.append(1)
        time.sleep(0.05)
        return load(*args)

    monkeypatch.setattr(json, "load", slow_load)
    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("always")
        seen = list(pool.map(lambda _: (floatx(), engine()), range(16)))
    assert len(set(seen)) == 1
    assert (len(loads), len(caught)) == (1, 1)


# ---- Environment, and what beats what --------------------------------------------------------------


def test_order_of_the_engines_sources(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write({"backend": "theano"})
    assert sources()["engine"] == ("theano", f"{path}: backend")
    _reset()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert sources()["engine"] == ("tensorflow", "environment variable KERAS_BACKEND")
    _reset()
    monkeypatch.setenv("KTENSOR_ENGINE", "numpy")
    assert sources()["engine"] == ("numpy", "environment variable KTENSOR_ENGINE")
    set_engine("theano")
    assert sources()["engine"] == ("theano", "set_engine()")
    with config(engine="numpy"):
        assert sources()["engine"] == ("numpy", "with ktensor.config(...)")


def test_sources_of_all_settings(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "tensorflow")
    path = write({"epsilon": 0.25, "image_dim_ordering": "th"})
    set_floatx("float64")
    with config(jit=True):
        assert sources() == {
            "floatx": ("float64", "set_floatx()"),
            "epsilon": (0.25, str(path)),
            "image_data_format": ("channels_first", str(path)),
            "engine": ("tensorflow", "default"),
            "learning_phase": (None, "default"),
            "jit": (True, "with ktensor.config(...)"),
            "keras": (False, "default"),
        }


@pytest.mark.parametrize("value", ["ktensor", "ktensor.functional", ""])
def test_keras_backend_that_is_one_of_our_modules_says_nothing(
    value: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"backend": "theano"})
    monkeypatch.setenv("KERAS_BACKEND", value)
    assert engine() == "theano"
    _reset()
    write({"backend": value})
    installed(monkeypatch, "numpy")
    assert engine() == "numpy"


@pytest.mark.parametrize("name", ["jax", "torch", "cntk"])
def test_backends_that_only_keras_has(name: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "numpy")
    path = write({"backend": name})
    expected = f"ktensor has no engine '{name}', only numpy, tensorflow, theano; it uses its default, 'numpy'"
    with pytest.warns(UserWarning, match="has no engine") as caught:
        assert (engine(), engine(), floatx()) == ("numpy", "numpy", "float32")
    assert [str(w.message) for w in caught] == [f"{path}: backend: {expected}"]
    assert sources()["engine"] == ("numpy", f"default, as ktensor has no '{name}' ({path}: backend)")
    _reset()
    write({"backend": "theano"})
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.warns(UserWarning, match="has no engine") as caught:
        assert engine() == "numpy"
    assert [str(w.message) for w in caught] == [f"environment variable KERAS_BACKEND: {expected}"]


def test_unknown_engine_in_our_own_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTENSOR_ENGINE", "tensorfow")
    assert message(engine) == (
        "environment variable KTENSOR_ENGINE: 'tensorfow' is not allowed; "
        "use one of 'numpy', 'tensorflow', 'theano'; did you mean 'tensorflow'?"
    )
    assert floatx() == "float32"
    with config(engine="numpy"):
        assert engine() == "numpy"


def test_an_engine_that_is_named_needs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTENSOR_ENGINE", "tensorfow")
    x = kt.constant([1.0, 2.0])
    assert x.eval(engine="numpy").tolist() == [1.0, 2.0]
    with pytest.raises(ConfigError, match="tensorfow"):
        x.eval()


def test_engines_of_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_plugins", lambda: {"cupy": object()})
    monkeypatch.setenv("KERAS_BACKEND", "cupy")
    assert engine() == "cupy"
    set_engine("cupy")
    assert "'theano', 'cupy'; did you mean 'cupy'?" in message(lambda: set_engine("cupi"))


def test_a_setter_that_is_faster_than_the_file_wins(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"floatx": "float16"})
    reading, load = threading.Event(), json.load

    def slow_load(*args: Any) -> Any:
        reading.set()
        time.sleep(0.1)
        return load(*args)

    monkeypatch.setattr(json, "load", slow_load)
    reader = threading.Thread(target=floatx)
    reader.start()
    assert reading.wait(10)
    set_floatx("float64")
    reader.join()
    assert floatx() == "float64"


def test_a_fresh_process_reads_its_environment(write: Write) -> None:
    write({"floatx": "float16", "backend": "theano"})
    code = "from ktensor.config import engine, floatx; print(floatx(), engine())"
    environment = {**os.environ, "KTENSOR_ENGINE": "numpy"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("float16 numpy\n", "")


def test_floatx_is_fast() -> None:
    floatx()
    assert min(timeit.repeat(floatx, number=10_000, repeat=20)) / 10_000 < 1e-6  # about 0.12 µs on an idle machine
