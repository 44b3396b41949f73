"""Settings: where they come from, and how to change them for a while or for the whole process.

A setting resolves in this order:

1. the innermost ``with ktensor.config(...)`` of this thread or async task,
2. the process-wide setter (`set_floatx` and its like),
3. for the engine, the environment: ``KTENSOR_ENGINE``, then ``KERAS_BACKEND``,
4. ``$KERAS_HOME/keras.json``, or ``~/.keras/keras.json`` where ``KERAS_HOME`` is not set,
5. the default.

File and environment are read once, on first need. Nothing is ever written.

While the real Keras 2 runs on ktensor, its own floatx, epsilon and image_data_format take the place of 2 to 5:
whichever of the two is asked or set, they are one.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn, ParamSpec, TypeAlias, TypeVar, cast

from .dtypes import DTypeLike, as_dtype
from .errors import ArgumentError, ConfigError, DTypeError

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

__all__ = [
    "DATA_FORMATS",
    "ImageDataFormat",
    "ImageDimOrdering",
    "Setting",
    "config",
    "config_file",
    "engine",
    "epsilon",
    "floatx",
    "follow_keras",
    "image_data_format",
    "image_dim_ordering",
    "jit",
    "keras",
    "learning_phase",
    "reset_learning_phase",
    "set_engine",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
    "sources",
]

ImageDataFormat: TypeAlias = Literal["channels_last", "channels_first"]
ImageDimOrdering: TypeAlias = Literal["tf", "th"]

P = ParamSpec("P")
R = TypeVar("R")


class Setting(NamedTuple):
    """A setting's value in force, and where it came from."""

    value: Any
    origin: str


# ---- What each setting may be ----------------------------------------------------------------------

#: What Keras 1 calls the data formats.
DATA_FORMATS: Final = {"tf": "channels_last", "th": "channels_first"}
_ORDERINGS: Final = {data_format: ordering for ordering, data_format in DATA_FORMATS.items()}


def _parse_floatx(value: object) -> str | None:
    try:
        dtype = as_dtype(value)
    except DTypeError:
        return None
    return dtype.name if dtype.is_float else None


def _parse_epsilon(value: object) -> float | None:
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _parse_data_format(value: object) -> str | None:
    return value if isinstance(value, str) and value in _ORDERINGS else None


def _parse_dim_ordering(value: object) -> str | None:
    return DATA_FORMATS.get(value) if isinstance(value, str) else None


def _parse_engine(value: object) -> str | None:
    from .engines.base import is_known

    return value if isinstance(value, str) and is_known(value) else None


def _parse_learning_phase(value: object) -> int | None:
    if not hasattr(value, "__index__"):
        return None
    phase = int(cast("int", value))
    return phase if phase in (0, 1) else None


def _parse_bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


class _Rule(NamedTuple):
    #: The setting that the value is stored as: `image_dim_ordering` is a spelling of `image_data_format`.
    setting: str
    #: The value in the form in which it is stored, or None if it is refused.
    parse: Callable[[object], Any]
    allowed: tuple[str, ...]
    #: How the choices are told to the user, where they are not a list of names.
    prose: str = ""


_RULES: Final[Mapping[str, _Rule]] = {
    "floatx": _Rule("floatx", _parse_floatx, ("float16", "float32", "float64")),
    "epsilon": _Rule("epsilon", _parse_epsilon, (), "a finite number above 0"),
    "image_data_format": _Rule("image_data_format", _parse_data_format, tuple(_ORDERINGS)),
    "image_dim_ordering": _Rule("image_data_format", _parse_dim_ordering, tuple(DATA_FORMATS)),
    "engine": _Rule("engine", _parse_engine, ()),
    "learning_phase": _Rule("learning_phase", _parse_learning_phase, (), "0 (test) or 1 (training)"),
    "jit": _Rule("jit", _parse_bool, (), "True or False"),
    "keras": _Rule("keras", _parse_bool, (), "True or False"),
}

#: Of all but the engine, which depends on what is installed.
_DEFAULTS: Final[Mapping[str, Setting]] = {
    "floatx": Setting("float32", "default"),
    "epsilon": Setting(1e-07, "default"),
    "image_data_format": Setting("channels_last", "default"),
    "learning_phase": Setting(None, "default"),
    "jit": Setting(False, "default"),
    "keras": Setting(False, "default"),
}

#: The settings, each once.
_SETTINGS: Final = tuple(dict.fromkeys(rule.setting for rule in _RULES.values()))


def _did_you_mean(word: object, choices: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), choices, n=1) if isinstance(word, str) else []
    return f"; did you mean {close[0]!r}?" if close else ""


def _choices(rule: _Rule) -> tuple[str, ...]:
    if rule.setting != "engine":
        return rule.allowed
    from .engines.base import engine_names

    return engine_names()


def _checked(name: str, value: object, where: str) -> Any:
    """The value in its stored form. `where` opens the message if the value is refused."""
    rule = _RULES[name]
    parsed = rule.parse(value)
    if parsed is None:
        choices = _choices(rule)
        allowed = rule.prose or f"one of {', '.join(map(repr, choices))}"
        raise ConfigError(f"{where}: {value!r:.80} is not allowed; use {allowed}{_did_you_mean(value, choices)}")
    return parsed


def _checked_all(values: Mapping[str, object], where: Callable[[str], str]) -> dict[str, Any]:
    """All values in their stored form. Two spellings of one setting must agree."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        parsed = _checked(name, value, where(name))
        setting = _RULES[name].setting
        if result.setdefault(setting, parsed) != parsed:
            other = next(n for n in values if n != name and _RULES[n].setting == setting)
            raise ConfigError(
                f"{where(name)}: {value!r} contradicts {other}: {values[other]!r}; "
                f"'tf' is 'channels_last' and 'th' is 'channels_first', so give one of the two, or both alike"
            )
    return result


# ---- File and environment --------------------------------------------------------------------------

_FILE_KEYS: Final = ("floatx", "epsilon", "image_data_format", "image_dim_ordering")


def config_file() -> Path:
    """The path of the `keras.json` that is read if it exists."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"


def _read_object(path: Path) -> dict[str, object]:
    import json

    try:
        with path.open(encoding="utf-8-sig") as file:  # Windows' editors may begin the file with a BOM
            content = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); make it readable, or remove it") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not valid JSON ({error}); correct it, or remove it") from error
    if not isinstance(content, dict):
        raise ConfigError(f'{path}: holds {content!r:.80}, not an object; write it as {{"floatx": "float32", ...}}')
    return content


@functools.lru_cache(maxsize=1)
def _file() -> Mapping[str, Setting]:
    """What keras.json says, checked as a whole, by setting; the engine as the file has it."""
    path = config_file()
    content = _read_object(path)
    known: dict[str, object] = {key: content[key] for key in _FILE_KEYS if key in content}
    values = _checked_all(known, lambda key: f"{path}: {key}")
    found = {setting: Setting(value, str(path)) for setting, value in values.items()}
    if "backend" in content:
        backend = content["backend"]
        if not isinstance(backend, str):
            _checked("engine", backend, f"{path}: backend")
        found["engine"] = Setting(backend, f"{path}: backend")
    return found


def _default_engine(remark: str = "") -> Setting:
    from .engines.base import is_installed

    if is_installed("tensorflow"):
        return Setting("tensorflow", remark or "default")
    return Setting("numpy", remark or "default, as TensorFlow is not installed")


def _keras_engines() -> Iterator[Setting]:
    """The backends that the user chose for Keras, first the one that counts most. Keras has some that we have not."""
    yield Setting(os.environ.get("KERAS_BACKEND", ""), "environment variable KERAS_BACKEND")
    if "engine" in _file():
        yield _file()["engine"]


def _says_nothing(backend: str) -> bool:
    """True of a module of ours: Keras itself can run on one (KERAS_BACKEND=ktensor.functional), whatever our engine."""
    return not backend or backend.partition(".")[0] == "ktensor"


def _ambient_engine() -> Setting:
    """The engine as environment and file have it, or the default."""
    ours = os.environ.get("KTENSOR_ENGINE")
    if ours:
        variable = "environment variable KTENSOR_ENGINE"
        return Setting(_checked("engine", ours, variable), variable)
    asked = next((setting for setting in _keras_engines() if not _says_nothing(setting.value)), None)
    if asked is None:
        return _default_engine()
    if _parse_engine(asked.value) is not None:
        return asked
    import warnings

    default = _default_engine(f"default, as ktensor has no {asked.value!r} ({asked.origin})")
    warnings.warn(
        f"{asked.origin}: ktensor has no engine {asked.value!r}, only {', '.join(_choices(_RULES['engine']))}; "
        f"it uses its default, {default.value!r}",
        UserWarning,
        stacklevel=2,
    )
    return default


# ---- Values in force -------------------------------------------------------------------------------


class _ProcessWide(dict[str, Setting]):
    """What holds outside every scope. What no one has set is looked up when it is asked for; a setter makes another."""

    _lock = RLock()

    def __missing__(self, name: str) -> Setting:
        with self._lock:
            if name in self:  # another thread has just looked it up
                return self[name]
            self[name] = _ambient_engine() if name == "engine" else _file().get(name) or _DEFAULTS[name]
            return self[name]


class _Scope(dict[str, Any]):
    """The merged values of the scopes that are open in one context. They never change once it is made."""

    __slots__ = ("how", "outer", "owner")

    def __init__(self, owner: config | None, outer: _Scope | None, values: Mapping[str, Any]) -> None:
        super().__init__({**(outer or {}), **values})
        self.owner = owner
        self.outer = outer
        #: What `how_to_run` has found, and the process's settings with which it did.
        self.how: tuple[_ProcessWide | None, tuple[str, bool, bool]] = (None, ("", False, False))


_process = _ProcessWide()
# A new thread starts with an empty context and an async task with a copy, so that a scope holds for its own only.
_scope: Final[ContextVar[_Scope]] = ContextVar("ktensor.config")
_NO_SCOPE: Final = _Scope(None, None, {})


def _change(name: str, setting: Setting | None) -> None:
    """Sets a setting of the process, or forgets it."""
    with _ProcessWide._lock:
        others = {other: kept for other, kept in _process.items() if other != name}
        _replace(others if setting is None else {**others, name: setting})


def _replace(settings: Mapping[str, Setting]) -> None:
    global _process
    _process = _ProcessWide(settings)


@contextmanager
def undisturbed() -> Iterator[None]:
    """The settings of the process are afterwards what they were before."""
    settings = _process
    try:
        yield
    finally:
        _replace(settings)


def _reset() -> None:
    """For tests: forgets what setters did and what was read from file and environment."""
    follow_keras(None)
    _file.cache_clear()
    _replace({})


#: Where Keras keeps the settings that it has too: `keras.backend.common`, while Keras runs on ktensor.
_keras: ModuleType | None = None
_KEPT_BY_KERAS: Final = {"floatx": "_FLOATX", "epsilon": "_EPSILON", "image_data_format": "_IMAGE_DATA_FORMAT"}


def follow_keras(common: ModuleType | None) -> None:
    """From now on the settings in `keras.backend.common` count, and `keras` is True; None: no more.

    What a setter of ours has set counts for Keras, too.
    """
    global _keras
    chosen = {name: _process[name] for name in _KEPT_BY_KERAS if name in _process} if common else {}
    _keras = common
    for name, setting in chosen.items():
        if setting.origin.startswith("set_"):
            setattr(common, _KEPT_BY_KERAS[name], setting.value)
    if common is None:
        _change("keras", None)
    else:
        _change("keras", Setting(True, "Keras runs on ktensor"))


def is_followed(common: object) -> bool:
    """True if that is what `follow_keras` was told last."""
    return common is _keras


def _in_process(name: str) -> Setting:
    """The value outside every scope."""
    if _keras is not None and name in _KEPT_BY_KERAS:
        return Setting(getattr(_keras, _KEPT_BY_KERAS[name]), "Keras")
    return _process[name]


def _set(name: str, value: object) -> None:
    parsed = _checked(name, value, name)
    setting = _RULES[name].setting
    _change(setting, Setting(parsed, f"set_{name}()"))
    if _keras is not None and setting in _KEPT_BY_KERAS:
        setattr(_keras, _KEPT_BY_KERAS[setting], parsed)


def _get(name: str) -> Any:
    value = _scope.get(_NO_SCOPE).get(name)
    return _in_process(name).value if value is None else value


def floatx() -> str:
    """The dtype of tensors that are given none: ``"float16"``, ``"float32"`` or ``"float64"``.

    Raises:
        ConfigError: keras.json is needed and wrong; so for all settings.
    """
    # Not through _get: this is on the path of building every op.
    value: str | None = _scope.get(_NO_SCOPE).get("floatx")
    if value is None:
        value = _process["floatx"][0] if _keras is None else _keras._FLOATX
    return value


def set_floatx(value: DTypeLike) -> None:
    """Sets `floatx` for the process; tensors already built keep their dtype.

    Raises:
        ConfigError: `value` is none of float16, float32, float64.
    """
    _set("floatx", value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms away from zero."""
    value: float = _get("epsilon")
    return value


def set_epsilon(value: float) -> None:
    """Sets `epsilon` for the process.

    Raises:
        ConfigError: `value` is not a finite number above 0.
    """
    _set("epsilon", value)


def image_data_format() -> ImageDataFormat:
    """Where images have their channels: ``"channels_last"`` or ``"channels_first"``."""
    value: ImageDataFormat = _get("image_data_format")
    return value


def set_image_data_format(value: ImageDataFormat) -> None:
    """Sets `image_data_format`, and with it `image_dim_ordering`, for the process.

    Raises:
        ConfigError: `value` is neither "channels_last" nor "channels_first".
    """
    _set("image_data_format", value)


def image_dim_ordering() -> ImageDimOrdering:
    """`image_data_format` as Keras 1 spells it: ``"tf"`` is channels last, ``"th"`` channels first."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(value: ImageDimOrdering) -> None:
    """Sets `image_dim_ordering`, and with it `image_data_format`, for the process.

    Raises:
        ConfigError: `value` is neither "tf" nor "th".
    """
    _set("image_dim_ordering", value)


def engine() -> str:
    """The name of the engine in force. It may not be installed: using it says so.

    Raises:
        ConfigError: KTENSOR_ENGINE names no engine, or keras.json is wrong.
    """
    value: str = _get("engine")
    return value


def set_engine(value: str) -> None:
    """Sets the engine for the process; it is imported when something is evaluated.

    Raises:
        ConfigError: no engine has that name.
    """
    _set("engine", value)


def learning_phase() -> int | None:
    """0 (test) or 1 (training), or None if nobody has set it."""
    value: int | None = _get("learning_phase")
    return value


def set_learning_phase(value: Literal[0, 1] | bool) -> None:
    """Sets the learning phase for the process: 0 or False is test, 1 or True is training.

    Raises:
        ConfigError: `value` is neither 0 nor 1.
    """
    _set("learning_phase", value)


def reset_learning_phase() -> None:
    """Undoes `set_learning_phase`. An open ``with config(learning_phase=...)`` stays in force."""
    _change("learning_phase", None)


def jit() -> bool:
    """True if engines that can are to compile just in time (TensorFlow: XLA; NumPy: numba, if it is there)."""
    value: bool = _get("jit")
    return value


def keras() -> bool:
    """True where tensors are to be as Keras 2 expects them; see `config`."""
    value: bool = _get("keras")
    return value


def how_to_run() -> tuple[str, bool, bool]:
    """The engine, the learning phase (unset, it is test) and `jit`: what decides which compilation a call needs."""
    scope = _scope.get(_NO_SCOPE)
    process, how = scope.how  # this is on the path of every call
    if process is not _process:
        process = _process
        how = (_get("engine"), _get("learning_phase") == 1, _get("jit"))
        scope.how = process, how
    return how


def sources() -> dict[str, Setting]:
    """Each setting's value in force here and where it came from, by name.

    Raises:
        ConfigError: what was read from the file or the environment is wrong.
    """
    scope = _scope.get(_NO_SCOPE)
    return {
        name: Setting(scope[name], "with ktensor.config(...)") if name in scope else _in_process(name)
        for name in _SETTINGS
    }


class config:
    """Settings for a while: ``with ktensor.config(floatx="float16"): ...``, or a decorator of a function.

    They hold in the thread or async task that opens the scope (and in the tasks that it starts meanwhile), and end
    with it. Scopes nest; what one leaves out, or gives as None, stays as it is outside. The same object may be used
    again and again, also inside itself and in several threads.

    >>> with config(floatx="float16"):
    ...     with config(epsilon=1e-3):
    ...         floatx(), epsilon()
    ('float16', 0.001)

    Args:
        floatx: the dtype of tensors that are given none: float16, float32 or float64.
        epsilon: a finite number above 0.
        image_data_format: "channels_last" or "channels_first".
        image_dim_ordering: the same as Keras 1 spells it: "tf" or "th".
        engine: the name of an engine; read when something is evaluated. The others are read when it is built.
        learning_phase: 0 (test) or 1 (training).
        jit: True to have engines compile just in time where they can: TensorFlow with XLA, NumPy with numba, if that is
            installed, Theano at the first call.
        keras: True for tensors as Keras 2 expects them: `if x == y` asks whether they are the same tensor, `x += y`
            may grow x, `K.learning_phase()` is a tensor, and a `K.function` casts what it is fed. True from the start
            where Keras itself runs on ktensor.

    Raises:
        ConfigError: a setting that does not exist, or a value that it cannot have. Nothing is changed then.
    """

    def __init__(
        self,
        *,
        floatx: DTypeLike | None = None,
        epsilon: float | None = None,
        image_data_format: ImageDataFormat | None = None,
        image_dim_ordering: ImageDimOrdering | None = None,
        engine: str | None = None,
        learning_phase: Literal[0, 1] | bool | None = None,
        jit: bool | None = None,
        keras: bool | None = None,
        **unknown: NoReturn,
    ) -> None:
        for name in unknown:
            known = ", ".join(_RULES)
            raise ConfigError(
                f"config: there is no setting {name!r}; the settings are {known}{_did_you_mean(name, _RULES)}"
            )
        given = {
            "floatx": floatx,
            "epsilon": epsilon,
            "image_data_format": image_data_format,
            "image_dim_ordering": image_dim_ordering,
            "engine": engine,
            "learning_phase": learning_phase,
            "jit": jit,
            "keras": keras,
        }
        self._given = {name: value for name, value in given.items() if value is not None}
        self._values = _checked_all(self._given, lambda name: f"config: {name}")

    def __enter__(self) -> None:
        _scope.set(_Scope(self, _scope.get(_NO_SCOPE), self._values))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _scope.set(_without(_scope.get(_NO_SCOPE), self))

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """`function`, each call of it in this scope. Coroutine functions too.

        Raises:
            ArgumentError: `function` is a class or a generator function, whose body runs after the call.
        """
        import inspect

        name = getattr(function, "__qualname__", repr(function))
        if isinstance(function, type) or not callable(function):
            raise ArgumentError(f"config: only functions can be decorated, not {name}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ArgumentError(
                f"config: {name} is a generator function, whose body runs after the call; "
                f"open `with ktensor.config(...)` inside it, around what it does between two yields"
            )

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        @functools.wraps(function)
        async def call_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            with self:
                return await cast("Any", function(*args, **kwargs))

        return cast("Callable[P, R]", call_async) if inspect.iscoroutinefunction(function) else call

    def __repr__(self) -> str:
        return f"config({', '.join(f'{name}={value!r}' for name, value in self._given.items())})"


def _without(scope: _Scope, owner: config) -> _Scope:
    """The scope less the innermost one that `owner` opened.

    Scopes close in the order in which they were opened, except in generators that run in turns; there, each closes its
    own. A scope that was not opened in this context (a generator that another thread closes) has nothing to undo here.
    """
    inner: list[_Scope] = []
    found: _Scope | None = scope
    while found is not None and found.owner is not owner:
        inner.append(found)
        found = found.outer
    if found is None or found.outer is None:
        return scope
    result = found.outer
    for kept in reversed(inner):
        assert kept.owner is not None
        result = _Scope(kept.owner, result, kept.owner._values)
    return result
