"""Calls an op on tensors that hold nothing, and makes a type, or an error, of what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from random import Random
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, Union

from mypy.types import NoneType, TupleType, Type, TypeVarTupleType

from .. import dims
from ..config import config
from ..dims import Poly, Shape
from ..dtypes import DType
from ..errors import ArgumentError, AxisError, DTypeError, KTensorError, ShapeError, TensorIndexError
from ..graph import Expr, node_of
from ..tensor import SparseTensor, Tensor, Variable
from . import translate
from .facts import facts_at, holding
from .translate import Checker, Part
from .values import GENERIC_DTYPES, VARIADICS, Choice, NeedsChoice, Unknown, choices_of, expanded, is_vague, resolve

if TYPE_CHECKING:
    from .interpreter import Callee, Closure, Value

__all__ = ["REPORTED", "Outcome", "Settings", "apply", "fails", "fits"]

#: What the settings are in force where the op stands; None: the file sets them, nobody knows to what.
Settings: TypeAlias = Mapping[str, Union[str, None]]

#: What was chosen, and what came of it.
Results: TypeAlias = Sequence[tuple[Mapping[Hashable, Any], Any]]

#: More combinations than these are not tried.
_MOST_COMBINATIONS: Final = 40


_DEFAULTS: Final[Settings] = {}


class Outcome(NamedTuple):
    """What is known of a call's result: a type for it, or the error that it raises; neither if nothing is known."""

    type: Type | None = None
    error: KTensorError | None = None


_NOTHING_KNOWN: Final = Outcome()


def apply(
    api: Checker,
    function: Callable[..., Any] | Closure | Callee | Value,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    settings: Settings = _DEFAULTS,
) -> Outcome:
    """The type of `function(*arguments, **keywords)`, or the error that it raises."""
    facts = facts_at(api)
    named = [_key(item) for item in keywords.items()]
    key: Hashable = (function, len(arguments), *map(_key, arguments), *named, *settings.items(), facts)
    memory = _memory(api)
    try:
        found = memory.get(key)
    except TypeError:  # something that cannot be hashed: a slice, a function's body
        found = key = None
    if found is None:
        with holding(facts) if facts else _NOTHING_TO_HOLD:
            found = _worked_out(api, function, arguments, keywords, settings)
        if key is not None:
            memory[key] = found
    return found


_NOTHING_TO_HOLD: Final = nullcontext()
_known: dict[Hashable, Outcome] = {}
_known_for: list[object] = [None]


def _memory(api: Checker) -> dict[Hashable, Outcome]:
    """Outcomes of calls that were seen before; forgotten when mypy has loaded classes anew, which the daemon may."""
    marks = (translate.class_info(api, translate.TENSOR), translate.era[0])
    if _known_for[-1] != marks or len(_known) > 20_000:
        _known_for[-1] = marks
        _known.clear()
        _types.clear()
    return _known


#: Tensors' types, by face, shape and the dtype's name.
_types: dict[Hashable, Type] = {}


def _key(value: Any) -> Hashable:
    """Equal for values that are equal and of one type: 1 is not True."""
    kind = type(value)
    if kind in _OF_ONE_TYPE:
        return value  # type: ignore[no-any-return]  # tensors are hashed by identity
    if isinstance(value, (list, tuple)):
        return (kind, *map(_key, value))
    return (kind, value)


_OF_ONE_TYPE: Final = frozenset({Tensor, Variable, SparseTensor, str})


class _Samples(NamedTuple):
    """What came of a call for samples of what is not known."""

    choices: Mapping[Hashable, Choice]
    results: Results
    errors: Results


def _worked_out(
    api: Checker,
    function: Callable[..., Any] | Closure | Callee | Value,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    settings: Settings,
) -> Outcome:
    samples = _samples(function, arguments, keywords, settings)
    if samples is None:
        return _NOTHING_KNOWN
    sure = _sure_error(samples)
    if sure is not None:
        vague = isinstance(sure, ArgumentError) and any(map(is_vague, (*arguments, *keywords.values())))
        return _NOTHING_KNOWN if vague else Outcome(error=sure)
    if _too_little_is_known(samples.choices):
        return _NOTHING_KNOWN
    try:
        return Outcome(type=_merged(api, samples.results)) if samples.results else _NOTHING_KNOWN
    except Unknown:  # a tensor around a stand-in
        return _NOTHING_KNOWN


def fits(function: Callable[..., Any] | Closure | Callee | Value, arguments: Sequence[Any]) -> bool:
    """True if the call is known to make something, for some rank and dtype, whatever else is not known."""
    samples = _samples(function, arguments, {}, _DEFAULTS)
    if samples is None:
        return False
    made = [_decided(chosen) for chosen, _ in samples.results]
    return bool(made) and all(_decided(chosen) in made for chosen, _ in samples.errors)


def fails(function: Callable[..., Any] | Closure | Callee | Value, arguments: Sequence[Any]) -> bool:
    """True if the call is known to raise, whatever is not known."""
    samples = _samples(function, arguments, {}, _DEFAULTS)
    return samples is not None and not samples.results and bool(samples.errors)


def _decided(chosen: Mapping[Hashable, Any]) -> Mapping[Hashable, Any]:
    return {k: v for k, v in chosen.items() if not isinstance(k, tuple) or k[0] not in _KINDS_OF_TENSORS}


_KINDS_OF_TENSORS: Final = ("rank", "variadic", "dtype", "generic")


def _samples(
    function: Callable[..., Any] | Closure | Callee | Value,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    settings: Settings,
) -> _Samples | None:
    """None if a value is needed that the checker does not have."""
    choices = {c.key: c for value in (*arguments, *keywords.values()) for c in choices_of(value)}
    choices |= {c.key: c for c in _setting_choices(settings)}
    for _ in range(_MOST_DISCOVERIES):
        try:
            return _tried(function, arguments, keywords, settings, choices)
        except NeedsChoice as found:
            choices[found.choice.key] = found.choice
        except Exception:  # a value that the checker does not have, or has only a stand-in for
            return None
    return None


def _tried(
    function: Callable[..., Any] | Closure | Callee | Value,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    settings: Settings,
    choices: Mapping[Hashable, Choice],
) -> _Samples:
    results: list[tuple[Mapping[Hashable, Any], Any]] = []
    errors: list[tuple[Mapping[Hashable, Any], KTensorError]] = []
    for chosen in _combinations(list(choices.values())):
        try:
            results.append((chosen, _call(function, arguments, keywords, chosen, settings)))
        except REPORTED as error:
            errors.append((chosen, error))
    return _Samples(choices, results, errors)


def _too_little_is_known(choices: Mapping[Hashable, Choice]) -> bool:
    """True if ranks are among more choices than are tried: the combinations that fit may all have been left out."""
    ranks = any(isinstance(key, tuple) and key[0] == "rank" for key in choices)
    return ranks and math.prod(len(c.options) for c in choices.values()) > _MOST_COMBINATIONS


def _sure_error(samples: _Samples) -> KTensorError | None:
    """The error that is raised whatever the unknown is; of a union, for one of its items.

    Of several unions, for one item whatever the others are: they may come from the branches of one `if`. Of settings,
    for all: the program knows which is in force.
    """
    choices, results, errors = samples
    if not all(_certain(e, choices) for _, e in errors):
        return None
    for chosen, error in errors:
        unions = {k: v for k, v in chosen.items() if isinstance(k, tuple) and k[0] == "union" and type(v) is not str}
        if not results or any(all(c[key] is not v for c, _ in results) for key, v in unions.items()):
            found: KTensorError = error
            return found
    return None


#: What is wrong with the program, whatever its values.
REPORTED: Final = (ShapeError, AxisError, TensorIndexError, DTypeError, ArgumentError)
_MOST_DISCOVERIES: Final = 6


def _combinations(choices: Sequence[Choice]) -> Iterator[Mapping[Hashable, Any]]:
    """All combinations of options, or some of many, always the same ones."""
    if not choices:
        yield {}
        return
    keys, options = [c.key for c in choices], [c.options for c in choices]
    total = math.prod(map(len, options))
    some = range(total) if total <= _MOST_COMBINATIONS else sorted(Random(0).sample(range(total), _MOST_COMBINATIONS))
    for number in some:
        chosen = {}
        for key, several in zip(keys, options):
            number, position = divmod(number, len(several))
            chosen[key] = several[position]
        yield chosen


def _setting_choices(settings: Settings) -> Iterator[Choice]:
    for name, value in settings.items():
        if value is None:
            yield Choice(("setting", name), _SETTING_VALUES[name])


_SETTING_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "floatx": ("float32", "float16"),
    "image_data_format": ("channels_last", "channels_first"),
}


def _call(
    function: Callable[..., Any] | Closure | Callee | Value,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    chosen: Mapping[Hashable, Any],
    settings: Settings,
) -> Any:
    called = resolve(function, chosen)
    arguments = [resolve(a, chosen) for a in arguments]
    keywords = {name: resolve(value, chosen) for name, value in keywords.items()}
    if not settings:
        return called(*arguments, **keywords)
    values: Any = {name: chosen.get(("setting", name), value) for name, value in settings.items()}
    with config(**values):
        return called(*arguments, **keywords)


def _certain(error: KTensorError, choices: Mapping[Hashable, Choice]) -> bool:
    """True if the error does not depend on a rank that is only a sample."""
    kinds = {key[0] for key in choices if isinstance(key, tuple)}
    if "rank" in kinds:
        return isinstance(error, DTypeError) and "dtype" not in kinds
    return "variadic" not in kinds or not isinstance(error, (AxisError, TensorIndexError))


# From results to types.


def _merged(api: Checker, results: Results) -> Type | None:
    first = results[0][1]
    if isinstance(first, Expr):
        if len(results) == 1 and not results[0][0]:  # nothing had to be chosen
            return _type_of(api, first)
        if not all(isinstance(r, Expr) for _, r in results):
            return None
        face = type(first) if len({type(r) for _, r in results}) == 1 else Expr
        return translate.tensor_type(api, face, _merged_shape(results), _merged_dtype(results))
    if isinstance(first, (tuple, list)):
        if not all(isinstance(r, (tuple, list)) and len(r) == len(first) for _, r in results):
            return None
        columns = [[(chosen, r[i]) for chosen, r in results] for i in range(len(first))]
        items = [_merged(api, column) for column in columns]
        if any(item is None for item in items):
            return None
        fallback = api.named_generic_type("builtins.tuple", [translate.any_type()])
        return TupleType([item for item in items if item is not None], fallback)
    if all(isinstance(r, (FunctionType, partial)) for _, r in results):
        return translate.any_function(api)
    return NoneType() if all(r is None for _, r in results) else None


def _type_of(api: Checker, tensor: Expr) -> Type:
    node = node_of(tensor)
    key = (type(tensor), node.shape, node.dtype.__name__)
    found = _types.get(key)
    if found is None:
        found = _types[key] = translate.tensor_type(api, type(tensor), node.shape, node.dtype)
    return found


def _merged_shape(results: Results) -> Sequence[Part] | None:
    full = [r for r in results if not _is_short(r[0])] or results
    shapes = [_folded(node_of(tensor).shape, chosen) for chosen, tensor in full]
    if any(len(s) != len(shapes[0]) for s in shapes):
        return None
    parts = [_joined(sizes) for sizes in zip(*shapes)]
    return parts if all(_holds(parts, chosen, tensor) for chosen, tensor in results) else None


def _holds(parts: Sequence[Part], chosen: Mapping[Hashable, Any], tensor: Expr) -> bool:
    """True if the parts are right for one choice: broadcasting may have put sizes in front of few variadic ones."""
    sizes, shape = expanded(parts, chosen), node_of(tensor).shape
    return len(sizes) == len(shape) and all(a is None or a == b for a, b in zip(sizes, shape))


def _is_short(chosen: Mapping[Hashable, Any]) -> bool:
    """True if a variadic stands for less than two sizes: then it cannot be told from what is beside it."""
    return any(isinstance(k, tuple) and k[0] == "variadic" and v < 2 for k, v in chosen.items())


def _folded(shape: Shape, chosen: Mapping[Hashable, Any]) -> list[Part]:
    """The shape with the sizes of a variadic made one again; what is left of one is not known."""
    parts: list[Part] = list(shape)
    for key, count in chosen.items():
        if isinstance(key, tuple) and key[0] == "variadic":
            variadic = VARIADICS[key]
            run: list[Part] = [translate.variadic_symbol(variadic, i) for i in range(count)]
            for start in range(len(parts) - count, -1, -1):
                if parts[start : start + count] == run:
                    parts[start : start + count] = [variadic]
    return [None if _is_torn(part) else part for part in parts]


def _is_torn(part: Part) -> bool:
    """True of a size that is made of a single one of a variadic's."""
    if not isinstance(part, Poly):
        return False
    return any(isinstance(translate.referent_of(s), TypeVarTupleType) for s in dims.symbols(part))


def _joined(parts: Sequence[Part]) -> Part:
    return parts[0] if all(p == parts[0] for p in parts) else None


def _merged_dtype(results: Results) -> type[DType] | Type | None:
    found = [node_of(tensor).dtype for _, tensor in results]
    for key in results[0][0]:
        kind = key[0] if isinstance(key, tuple) else ""
        if kind in ("generic", "dtype") and all(chosen[key] is d for (chosen, _), d in zip(results, found)):
            return GENERIC_DTYPES.get(key)
    return found[0] if len(set(found)) == 1 else None
