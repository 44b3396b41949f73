"""Parameters' types matched with arguments' types: which sizes TypeVars stand for, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from mypy.expandtype import expand_type
from mypy.maptype import map_instance_to_supertype
from mypy.type_visitor import TypeTranslator
from mypy.types import (
    CallableType,
    Instance,
    TupleType,
    Type,
    TypeAliasType,
    TypeVarTupleType,
    TypeVarType,
    UninhabitedType,
    UnionType,
    UnpackType,
    get_proper_type,
)

from .. import dims
from ..dims import Dim, Poly
from ..errors import DTypeError, ShapeError
from ..facts import Atom, Symbol
from . import translate
from .report import DTYPE, SHAPE, show_parts, shown
from .translate import Checker, Part

__all__ = ["Fold", "Matching", "plain_name", "promised_type"]


def plain_name(declared: CallableType) -> str:
    """A function's name as mypy knows it, without quotes."""
    return (declared.name or "call").split(" ")[0].strip('"<>')


class _Bound(NamedTuple):
    """What a variable stands for, and where that was seen."""

    value: Any
    where: str


class _Check(NamedTuple):
    """A declared size and the size found, compared when all variables are bound."""

    declared: Dim
    found: Dim
    text: Callable[[Dim], str]


class Matching:
    """Parameters' types matched with arguments' types."""

    def __init__(self, api: Checker, declared: CallableType) -> None:
        self.api = api
        self.declared = declared
        self.misfits: list[tuple[Any, str]] = []
        self._variables = {translate.referent_key(v): v for v in declared.variables}
        self._sizes: dict[str, _Bound] = {}
        self._types: dict[str, _Bound] = {}
        self._variadics: dict[str, _Bound] = {}
        self._checks: list[_Check] = []
        # Misfits that are told in terms of what all arguments say.
        self._late: list[Callable[[], str]] = []

    def typed(self, name: str, declared: Type, found: Type) -> None:
        """Matches an argument of which the type is given."""
        if isinstance(get_proper_type(declared), TypeVarType):
            self.sized(name, declared, translate.to_dim(found))
        else:
            self._match(name, get_proper_type(declared), get_proper_type(found))

    def sized(self, name: str, declared: Type, size: Dim) -> None:
        """Matches an argument that is a size."""
        variable = get_proper_type(declared)
        assert isinstance(variable, TypeVarType)
        self._size(variable, size, name)

    def _match(self, name: str, declared: Any, found: Any) -> None:
        wanted, tensor = translate.tensor_instance(declared), translate.tensor_instance(found)
        if wanted is not None:
            if tensor is not None:
                self._shapes(name, wanted, tensor)
                self._dtypes(name, wanted, tensor)
        elif isinstance(declared, UnionType):
            self._union(name, declared, found)
        elif isinstance(declared, TupleType) and isinstance(found, TupleType):
            for i, (d, f) in enumerate(zip(declared.items, found.items)):
                self._match(f"{name}[{i}]", get_proper_type(d), get_proper_type(f))
        elif isinstance(declared, Instance) and isinstance(found, (Instance, TupleType)):
            self._instances(name, declared, found)

    def _union(self, name: str, declared: UnionType, found: Any) -> None:
        tensors = [get_proper_type(i) for i in declared.items if translate.is_tensor(i)]
        if len(tensors) == 1 and translate.is_tensor(found):
            self._match(name, tensors[0], found)

    def _instances(self, name: str, declared: Instance, found: Any) -> None:
        source = found.partial_fallback if isinstance(found, TupleType) else found
        if not source.type.has_base(declared.type.fullname):
            return
        mapped = map_instance_to_supertype(source, declared.type)
        for d, f in zip(declared.args, mapped.args):
            d, f = get_proper_type(d), get_proper_type(f)
            if isinstance(d, TypeVarType) and not translate.is_tensor(f):
                self._variable(name, d, f)
            elif translate.to_dim(d) is not None and not isinstance(d, TypeVarType):
                self._compare(translate.to_dim(d), translate.to_dim(f), _made_for(name, translate.to_dim(f)))
            else:
                self._match(name, d, f)

    def _variable(self, name: str, declared: TypeVarType, found: Type) -> None:
        if translate.is_dim_variable(declared) or translate.to_dim(found) is not None:
            self._size(declared, translate.to_dim(found), name)

    # Shapes.

    def _shapes(self, name: str, declared: Instance, found: Instance) -> None:
        variable = get_proper_type(declared.args[0])
        if isinstance(variable, TypeVarType):
            self._whole_shape(name, variable, found)
            return
        wanted, given = translate.parts_of(variable), translate.parts_of(found.args[0])
        if wanted is None or given is None:
            return
        split = next((i for i, p in enumerate(wanted) if isinstance(p, TypeVarTupleType)), None)
        after = 0 if split is None else len(wanted) - split - 1
        if split is None and any(isinstance(p, TypeVarTupleType) for p in given):
            return
        if len(given) != len(wanted) if split is None else len(given) < len(wanted) - 1:
            self._late.append(partial(self._other_rank, name, found, wanted, len(given)))
            return
        if split is not None:
            self._variadic(name, wanted[split], given[split : len(given) - after], found)
            wanted = [*wanted[:split], *wanted[split + 1 :]]
            given = [*given[:split], *given[len(given) - after :]] if after else given[:split]
        items = self._items(variable)
        for position, (d, f) in enumerate(zip(items, given)):
            if not isinstance(f, TypeVarTupleType):
                self._axis(name, d, f, declared, found, position)

    def _items(self, shape: Type) -> list[Type]:
        p = get_proper_type(shape)
        assert isinstance(p, TupleType)
        return [i for i in p.items if not isinstance(get_proper_type(i), UnpackType)]

    def _axis(self, name: str, item: Type, size: Dim, declared: Instance, found: Instance, position: int) -> None:
        where = f"{name} {show_parts(translate.parts_of(found.args[0]))}"
        p = get_proper_type(item)
        if isinstance(p, TypeVarType) and translate.referent_key(p) in self._variables:
            self._size(p, size, where)
            return
        wanted = translate.parts_of(declared.args[0]) or []

        def text(value: Dim) -> str:
            return (
                f"{where} does not fit {self._shown(wanted)}: {dims.show_dim(size)} and {dims.show_dim(value)} "
                f"differ at axis {position}"
            )

        self._compare(translate.to_dim(p), size, text)

    def _size(self, variable: TypeVarType, size: Dim, where: str) -> None:
        key = translate.referent_key(variable)
        known = self._sizes.get(key)
        if known is None or known.value is None:
            self._sizes[key] = _Bound(size, where)
        elif not dims.same(known.value, size):
            self._misfit(
                f"{variable.name} is {dims.show_dim(known.value)} in {known.where} but {dims.show_dim(size)} in {where}"
            )

    def _compare(self, declared: Dim, found: Dim, text: Callable[[Dim], str]) -> None:
        if declared is not None and found is not None:
            self._checks.append(_Check(declared, found, text))

    def _variadic(self, name: str, variable: Any, sizes: Sequence[Part], found: Instance) -> None:
        where = f"{name} {show_parts(translate.parts_of(found.args[0]))}"
        known = self._variadics.setdefault(translate.referent_key(variable), _Bound(list(sizes), where))
        agree = len(known.value) == len(sizes) and all(map(_same_part, known.value, sizes))
        if not agree:
            self._misfit(
                f"*{variable.name} is {show_parts(known.value)} in {known.where} but {show_parts(sizes)} in {where}"
            )

    def _whole_shape(self, name: str, variable: TypeVarType, found: Instance) -> None:
        parts = translate.parts_of(found.args[0])
        known = self._types.setdefault(
            translate.referent_key(variable), _Bound(found.args[0], f"{name} {shown(found)}")
        )
        before = translate.parts_of(known.value)
        if parts is None or before is None:
            return
        if len(parts) != len(before) or not all(map(_same_part, parts, before)):
            self._misfit(f"{variable.name} is {show_parts(before)} in {known.where} but {show_parts(parts)} in {name}")

    # Dtypes.

    def _dtypes(self, name: str, declared: Instance, found: Instance) -> None:
        variable = get_proper_type(declared.args[1])
        given = translate.dtype_of(found.args[1])
        if isinstance(variable, TypeVarType) and translate.referent_key(variable) in self._variables:
            known = self._types.setdefault(
                translate.referent_key(variable), _Bound(found.args[1], f"{name} {shown(found)}")
            )
            before = translate.dtype_of(known.value)
            if given is not None and before is not None and given is not before:
                self._misfit(
                    f"{variable.name} is {before} in {known.where} but {given} in {name} {shown(found)}", DTYPE
                )
            return
        wanted = translate.dtype_of(variable)
        if wanted is not None and given is not None and wanted is not given:
            self._misfit(f"{name} {shown(found)} is not of {wanted}; cast it if that is meant", DTYPE)

    def _misfit(self, text: str, code: Any = SHAPE) -> None:
        self.misfits.append((code, text))

    # When all arguments have been seen.

    def settle(self) -> None:
        """Compares the declared sizes that are arithmetic, solving them for variables that nothing else binds."""
        for check in self._checks:
            self._solve(check)
        for check in self._checks:
            wanted = self._substituted(check.declared)
            if wanted is not None and not dims.same(wanted, check.found):
                self._misfit(check.text(wanted))
        for text in self._late:
            self._misfit(text())

    def _other_rank(self, name: str, found: Instance, wanted: Sequence[Part], rank: int) -> str:
        return f"{name} is {shown(found)}, of rank {rank}; {self._shown(wanted)} is wanted"

    def _shown(self, parts: Sequence[Part]) -> str:
        """Declared parts with the sizes that are known by now."""
        known = [p if isinstance(p, TypeVarTupleType) else self._substituted(p) for p in parts]
        return show_parts([p if k is None else k for p, k in zip(parts, known)])

    def _solve(self, check: _Check) -> None:
        free = {key for key in _keys(check.declared) if key in self._variables and key not in self._sizes}
        if len(free) != 1:
            return
        (key,) = free
        zero, one, two = (self._substituted(check.declared, key, n) for n in (0, 1, 2))
        slope = dims.sub(one, zero)
        if slope is None or slope == 0 or dims.sub(two, one) != slope:
            return  # a quotient or a power: many sizes may do
        rest = dims.sub(check.found, zero)
        value = dims.exact_div(rest, slope)
        self._sizes[key] = _Bound(value, "")
        if value is None and not dims.is_open(rest):
            self._misfit(check.text(check.declared))

    def _substituted(self, size: Dim, key: str = "", value: Dim = None) -> Dim:
        known = {name: bound.value for name, bound in self._sizes.items()}
        return _substitute(size, {**known, key: value} if key else known, self._variables)

    def instantiated(self, positions: Sequence[int], loose: bool = False) -> CallableType:
        """The signature for this call; if `loose`, or after a misfit, one that takes anything where we have looked."""
        env: dict[Any, Type] = {}
        for variable in self.declared.variables:
            value = self._value(variable)
            if value is not None:
                env[variable.id] = value
        expanded = expand_type(self.declared, env)
        assert isinstance(expanded, CallableType)
        folded = Fold(self.api)
        arguments = [t.accept(folded) for t in expanded.arg_types]
        anything = self.api.named_generic_type("builtins.object", [])
        sizes = [isinstance(get_proper_type(t), TypeVarType) for t in self.declared.arg_types]
        seen = [i in positions and (loose or bool(self.misfits) or sizes[i]) for i in range(len(sizes))]
        arguments = [anything if s else t for s, t in zip(seen, arguments)]
        return expanded.copy_modified(
            arg_types=arguments,
            ret_type=expanded.ret_type.accept(folded),
            variables=[v for v in self.declared.variables if v.id not in env],
        )

    def _value(self, variable: Any) -> Type | None:
        """What a variable stands for in this call; None leaves it to mypy."""
        key = translate.referent_key(variable)
        if isinstance(variable, TypeVarTupleType):
            bound = self._variadics.get(key)
            if bound is None:
                return None
            return translate.shape_type(self.api, bound.value)
        if not isinstance(variable, TypeVarType):
            return None
        if key in self._types:
            return self._types[key].value if not self.misfits else translate.any_type()
        size = self._sizes.get(key)
        if size is not None:
            return translate.any_type() if self.misfits else translate.dim_type(self.api, size.value)
        return translate.any_type() if translate.is_dim_variable(variable) else None


def _keys(size: Dim) -> list[str]:
    referents = [translate.referent_of(symbol) for symbol in dims.symbols(size)]
    return [translate.referent_key(r) for r in referents if r is not None]


def _made_for(name: str, size: Dim) -> Callable[[Dim], str]:
    return lambda wanted: f"{name} is made for {dims.show_dim(size)}, where {dims.show_dim(wanted)} is wanted"


def _same_part(a: Part, b: Part) -> bool:
    if isinstance(a, TypeVarTupleType) or isinstance(b, TypeVarTupleType):
        return a == b
    return dims.same(a, b)


# Symbols and their values.


def _substitute(size: Dim, known: Mapping[str, Dim], variables: Mapping[str, Any]) -> Dim:
    """The size with values for symbols; None if a variable of the signature has none."""
    if not isinstance(size, Poly):
        return size
    total: Dim = 0
    for monomial, coefficient in size.terms:
        term: Dim = coefficient
        for atom, power in monomial:
            value = _atom_value(atom, known, variables)
            for _ in range(power):
                term = dims.mul(term, value)
        total = dims.add(total, term)
    return total


def _atom_value(atom: Atom, known: Mapping[str, Dim], variables: Mapping[str, Any]) -> Dim:
    if not isinstance(atom, Symbol):
        num, den = (_substitute(translate.size_of_terms(t), known, variables) for t in (atom.num, atom.den))
        return dims.floordiv(num, den)
    referent = translate.referent_of(atom)
    key = translate.referent_key(referent) if referent is not None else ""
    if key in known:
        return known[key]
    return None if key in variables else Poly({((atom, 1),): 1})


# Types as mypy made them, with arithmetic carried out.


class Fold(TypeTranslator):
    """Carries out arithmetic on sizes in a type, and makes unknown what mypy inferred as Never."""

    def __init__(self, api: Checker, with_never: bool = False) -> None:
        super().__init__()
        self._api, self._with_never = api, with_never

    def visit_type_alias_type(self, t: TypeAliasType, /) -> Type:
        """Aliases stay."""
        return t

    def visit_instance(self, t: Instance, /) -> Type:
        """Arithmetic becomes its result."""
        if t.type.module_name == "ktensor.sizes" and t.args:
            return translate.dim_type(self._api, translate.to_dim(t))
        if not t.args:
            return t
        args = [a.accept(self) for a in t.args]
        if translate.is_tensor(t) and not self._with_never:
            args[0] = _without_never(args[0])
        return t.copy_modified(args=args)


def _without_never(shape: Type) -> Type:
    p = get_proper_type(shape)
    if not isinstance(p, TupleType):
        return translate.any_type() if isinstance(p, UninhabitedType) else shape
    never = [isinstance(get_proper_type(i), UninhabitedType) for i in p.items]
    return (
        p.copy_modified(items=[translate.any_type() if n else i for n, i in zip(never, p.items)])
        if any(never)
        else shape
    )


def promised_type(api: Checker, declared: CallableType, arguments: Sequence[Type]) -> Type | None:
    """What a function returns by its annotations, for arguments of these types.

    Raises:
        ShapeError: an argument does not fit.
    """
    matching = Matching(api, declared)
    for name, wanted, given in zip(declared.arg_names, declared.arg_types, arguments):
        matching.typed(name or "", wanted, given)
    matching.settle()
    if matching.misfits:
        code, text = matching.misfits[0]
        raise (DTypeError if code is DTYPE else ShapeError)(f"{plain_name(declared)}: {text}")
    return matching.instantiated([]).ret_type
