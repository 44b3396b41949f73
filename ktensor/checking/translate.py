"""mypy's types as sizes, shapes, dtypes and tensors, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, Union

from mypy.maptype import map_instance_to_supertype
from mypy.nodes import ArgKind, TypeInfo
from mypy.type_visitor import TypeTranslator
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    TupleType,
    Type,
    TypeAliasType,
    TypeOfAny,
    TypeType,
    TypeVarTupleType,
    TypeVarType,
    UninhabitedType,
    UnionType,
    UnpackType,
    get_proper_type,
)

from .. import dims, dtypes
from ..dims import Dim, Poly, Shape
from ..dtypes import DType
from ..errors import DTypeError
from ..facts import Atom, Symbol, Terms
from ..graph import Expr, Node, build, node_of
from ..tensor import SparseTensor, Tensor, Variable

__all__ = [
    "SPARSE",
    "TENSOR",
    "VARIABLE",
    "Checker",
    "Part",
    "any_function",
    "any_type",
    "class_info",
    "dim_type",
    "dtype_of",
    "dtype_type",
    "forgotten",
    "holds_tensors",
    "hollow",
    "is_dim_variable",
    "is_loaded",
    "is_tensor",
    "joined",
    "known_int",
    "literal_int",
    "parts_of",
    "referent_key",
    "referent_of",
    "shape_type",
    "size_of_terms",
    "tensor_instance",
    "tensor_type",
    "to_dim",
    "union_safe",
    "unsized",
    "variadic_symbol",
    "without_names",
]

#: mypy's checker. Its plugin interface lacks `modules`, `lookup_type` and `tree`, which every mypy since 1.15 has.
Checker: TypeAlias = Any

TENSOR: Final = "ktensor.tensor.Tensor"
VARIABLE: Final = "ktensor.tensor.Variable"
SPARSE: Final = "ktensor.tensor.SparseTensor"
_EVALUATED: Final = "ktensor.tensor._Evaluated"
_FACES: Final[dict[type[Expr], str]] = {Tensor: TENSOR, Variable: VARIABLE, SparseTensor: SPARSE}
_SIZES: Final = "ktensor.sizes."
_ARITHMETIC: Final = {"Add": dims.add, "Mul": dims.mul, "FloorDiv": dims.floordiv}

#: One part of a shape: a size, or the variadic sizes `*Bs`.
Part: TypeAlias = Union[Dim, TypeVarTupleType]

# What a symbol stands for, by the symbol's key.
_referents: dict[Any, Type] = {}
#: Holds another object once symbols stand for others than before: what was found with them is to be forgotten.
era: Final[list[object]] = [object()]


def any_type() -> AnyType:
    """What is not known."""
    return AnyType(TypeOfAny.special_form)


def any_function(api: Checker) -> CallableType:
    """A function of which nothing is known: the plugin is asked when it is called, which it is not of Any."""
    anything = [any_type(), any_type()]
    function = api.named_generic_type("builtins.function", [])
    return CallableType(
        anything, [ArgKind.ARG_STAR, ArgKind.ARG_STAR2], [None, None], any_type(), function, name="function"
    )


# Sizes.


def _symbol(name: str, kind: str, referent: Type) -> Poly:
    symbol = Symbol(name)
    symbol.key = f"{kind} {referent_key(referent)}"
    if _referents.setdefault(symbol.key, referent) != referent:  # the daemon has read its definition anew
        _referents[symbol.key] = referent
        era.clear()
        era.append(object())
    return Poly({((symbol, 1),): 1})


def referent_key(referent: Any) -> str:
    """What tells TypeVars, and classes made by NewType, apart."""
    if isinstance(referent, Instance):
        return referent.type.fullname
    own = referent.id
    return f"{referent.fullname} {own.raw_id} {own.meta_level} {own.namespace}"


def referent_of(atom: Symbol) -> Type | None:
    """What a symbol stands for: a TypeVar, a NewType; None of the run time's own symbols."""
    return _referents.get(atom.key)


def to_dim(t: Type) -> Dim:
    """The size that a type stands for; None if it is not known."""
    p = get_proper_type(t)
    if isinstance(p, LiteralType):
        if p.is_enum_literal():
            return None
        # A string is the name of a placeholder's size.
        return p.value if type(p.value) is int else dims.named(p.value) if isinstance(p.value, str) else None
    if isinstance(p, Instance):
        if p.last_known_value is not None:
            return to_dim(p.last_known_value)
        if p.type.fullname.startswith(_SIZES) and len(p.args) == 2 and p.type.name in _ARITHMETIC:
            return _ARITHMETIC[p.type.name](to_dim(p.args[0]), to_dim(p.args[1]))
        if p.type.is_newtype:
            return _symbol(p.type.name, "newtype", p)
        return None
    if isinstance(p, TypeVarType):
        return _symbol(p.name, "typevar", p)
    return None


def dim_type(api: Checker, size: Dim) -> Type:
    """The type that stands for a size."""
    if size is None or dims.is_open(size):
        return any_type()
    return _literal(api, size) if isinstance(size, int) else _poly_type(api, size)


def literal_int(api: Checker, value: int) -> Type:
    """`Literal[value]`."""
    return _literal(api, value)


def known_int(api: Checker, value: int) -> Type:
    """`int`, of which the value is known for as long as no variable holds it."""
    return api.named_generic_type("builtins.int", []).copy_modified(last_known_value=_literal(api, value))  # type: ignore[no-any-return]  # a Type


def _literal(api: Checker, value: int | bool | str) -> LiteralType:
    return LiteralType(value, api.named_generic_type(_BUILTIN[type(value)], []))


_BUILTIN: Final = {int: "builtins.int", bool: "builtins.bool", str: "builtins.str"}


def _poly_type(api: Checker, poly: Poly) -> Type:
    ordered = sorted(poly.terms, key=lambda t: (-sum(p for _, p in t[0]), str(t[0])))
    terms = [_product_type(api, monomial, coefficient) for monomial, coefficient in ordered]
    return _combined(api, "Add", terms)


def _product_type(api: Checker, monomial: Sequence[tuple[Any, int]], coefficient: int) -> Type:
    factors: list[Type] = [_literal(api, coefficient)] if coefficient != 1 or not monomial else []
    for atom, power in monomial:
        factors += [_atom_type(api, atom)] * power
    return _combined(api, "Mul", factors)


def _atom_type(api: Checker, atom: Atom) -> Type:
    if isinstance(atom, Symbol):
        return _referents.get(atom.key) or _literal(api, str(atom))
    return _combined(api, "FloorDiv", [dim_type(api, size_of_terms(terms)) for terms in (atom.num, atom.den)])


def size_of_terms(terms: Terms) -> Dim:
    """The size that the terms of a quotient make up."""
    return dims.add(Poly(terms), 0)


def _combined(api: Checker, name: str, parts: Sequence[Type]) -> Type:
    result = parts[0]
    for part in parts[1:]:
        result = Instance(class_info(api, _SIZES + name), [result, part])
    return result


def is_dim_variable(t: Type) -> bool:
    """True of a TypeVar bound by `kt.Dim`."""
    p = get_proper_type(t)
    bound = get_proper_type(p.upper_bound) if isinstance(p, TypeVarType) else None
    first = get_proper_type(bound.items[0]) if isinstance(bound, UnionType) else None
    return isinstance(first, Instance) and first.type.fullname == _SIZES + "Size"


# Shapes.


def parts_of(t: Type) -> list[Part] | None:
    """The parts of a tensor's shape; None if the rank is not known."""
    p = get_proper_type(t)
    if not isinstance(p, TupleType):
        return None
    parts: list[Part] = []
    for item in p.items:
        item = get_proper_type(item)
        if not isinstance(item, UnpackType):
            parts.append(to_dim(item))
            continue
        inner = get_proper_type(item.type)
        if not isinstance(inner, TypeVarTupleType):
            return None  # *tuple[Any, ...]
        parts.append(inner)
    return parts


def variadic_symbol(variadic: TypeVarTupleType, position: int) -> Poly:
    """The size at `position` of those that `*Bs` stands for."""
    return _symbol(f"{variadic.name}[{position}]", f"variadic {position}", variadic)


def shape_type(api: Checker, parts: Sequence[Part] | None) -> Type:
    """`tuple[...]`, as it stands in a tensor's type."""
    if parts is None:
        return any_type()
    items = [UnpackType(p) if isinstance(p, TypeVarTupleType) else dim_type(api, p) for p in parts]
    return TupleType(items, api.named_generic_type("builtins.tuple", [any_type()]))


def without_names(shape: TupleType) -> TupleType:
    """The items of `x.shape` as values: a size that is called by a string is none, one of `*Bs` is any size."""
    return shape.copy_modified(items=list(map(_as_value, shape.items)))


def _as_value(item: Type) -> Type:
    p = get_proper_type(item)
    if isinstance(p, LiteralType) and isinstance(p.value, str):
        return any_type()
    variadic = get_proper_type(p.type) if isinstance(p, UnpackType) else None
    if isinstance(variadic, TypeVarTupleType):
        sizes = variadic.tuple_fallback.copy_modified(args=[any_type()])
        return UnpackType(variadic.copy_modified(upper_bound=sizes))  # `x.shape[0]` would be an object
    return item


# Dtypes.

_DTYPE_CLASSES: Final = {f"ktensor.dtypes.{d.__name__}": d for d in dtypes.ALL_DTYPES}
_DTYPE_NAMES: Final = {d: name for name, d in _DTYPE_CLASSES.items()}


def dtype_of(t: Type) -> type[DType] | None:
    """The dtype that a type stands for: `float32`, `type[float32]`, `np.float32` or a string's; None if unknown."""
    p = get_proper_type(t)
    if isinstance(p, TypeType):
        p = p.item
    if isinstance(p, CallableType) and p.is_type_obj():
        p = get_proper_type(p.ret_type)
    if isinstance(p, Instance):
        return _DTYPE_CLASSES.get(p.type.fullname) or _numpy_dtype(p)
    return None


def _numpy_dtype(instance: Instance) -> type[DType] | None:
    """Of `numpy.float32`, which is `floating[_32Bit]` in NumPy's own types."""
    if instance.type.fullname == "numpy.dtype" and instance.args:
        return dtype_of(instance.args[0])
    if instance.type.module_name != "numpy" and instance.type.fullname != "builtins.bool":
        return None
    name = instance.type.name
    if instance.args and name in _NUMPY_KINDS:
        width = get_proper_type(instance.args[0])
        bits = width.type.name.strip("_").removesuffix("Bit") if isinstance(width, Instance) else ""
        name = f"{_NUMPY_KINDS[name]}{bits}"
    try:
        return dtypes.as_dtype(name)
    except DTypeError:
        return None


_NUMPY_KINDS: Final = {"floating": "float", "signedinteger": "int", "unsignedinteger": "uint"}


def dtype_type(api: Checker, dtype: type[DType] | Type | None) -> Type:
    """The type that stands for a dtype."""
    if dtype is None:
        return any_type()
    if isinstance(dtype, Type):
        return dtype
    return Instance(class_info(api, _DTYPE_NAMES[dtype]), [])


def joined(instances: Sequence[Instance], api: Checker) -> Instance:
    """One type for tensors that may be any of these: what differs is not known."""
    shapes = [parts_of(i.args[0]) for i in instances]
    first = shapes[0]
    alike = first is not None and all(s is not None and len(s) == len(first) for s in shapes)
    parts = [c[0] if all(p == c[0] for p in c) else None for c in zip(*[s or [] for s in shapes])] if alike else None
    same_dtype = all(i.args[1] == instances[0].args[1] for i in instances)
    dtype = instances[0].args[1] if same_dtype else any_type()
    return Instance(class_info(api, TENSOR), [shape_type(api, parts), dtype])


# Tensors.


def is_loaded(api: Checker) -> bool:
    """True when ktensor's classes are at hand; what has nothing to do with ktensor may be checked before."""
    module = api.modules.get("ktensor.tensor")
    return module is not None and "Tensor" in module.names


def class_info(api: Checker, fullname: str) -> TypeInfo:
    """A class by its full name. mypy's own look-up does not see submodules that nobody imports by name."""
    module, _, name = fullname.rpartition(".")
    info = api.modules[module].names[name].node
    assert isinstance(info, TypeInfo)
    return info


def tensor_instance(t: Type) -> Instance | None:
    """The type as an instance of Tensor, Variable or SparseTensor itself; None if it is none."""
    p = get_proper_type(t)
    if not isinstance(p, Instance):
        return None
    if p.type.fullname in _FACE_NAMES:
        return p
    if p.type.has_base(_EVALUATED):
        base = next(b for b in p.type.mro if b.fullname in _FACE_NAMES)
        return map_instance_to_supertype(p, base)
    return None


_FACE_NAMES: Final = {name: face for face, name in _FACES.items()}


def forgotten(tensor: Instance) -> Instance:
    """A tensor of which no more than that is known."""
    return tensor.copy_modified(args=[any_type() for _ in tensor.args])


class _Unsized(TypeTranslator):
    """Forgets sizes: of tensors what differs from others, or their shapes; of other classes all sizes."""

    def __init__(self, api: Checker, others: Sequence[Instance]) -> None:
        super().__init__()
        self._api, self._others = api, others

    def visit_type_alias_type(self, t: TypeAliasType, /) -> Type:
        """What it stands for."""
        return get_proper_type(t).accept(self)

    def visit_instance(self, t: Instance, /) -> Type:
        """Its arguments, or none."""
        if t.type.fullname in _FACE_NAMES:
            return joined([t, *self._others], self._api) if self._others else forgotten(t)
        sized = [is_dim_variable(v) for v in t.type.defn.type_vars]
        args = [any_type() if s else a.accept(self) for s, a in zip(sized, t.args)]
        return t.copy_modified(args=args) if args else t


def unsized(api: Checker, t: Type, others: Sequence[Instance] = ()) -> Type:
    """The type with sizes that are those of other tensors, too, or else unknown."""
    return t.accept(_Unsized(api, others))


def is_tensor(t: Type) -> bool:
    """True of a tensor's type, or a subclass's."""
    return tensor_instance(t) is not None


def holds_tensors(t: Type) -> bool:
    """True of a tensor's type, and of a union, tuple or list with tensors in it."""
    p = get_proper_type(t)
    if isinstance(p, (UnionType, TupleType)):
        return any(map(holds_tensors, p.items))
    if not isinstance(p, Instance):
        return False
    return is_tensor(p) or (p.type.fullname in _SEQUENCES and any(map(holds_tensors, p.args)))


_SEQUENCES: Final = ("builtins.tuple", "builtins.list")


def tensor_type(api: Checker, face: type[Expr], parts: Sequence[Part] | None, dtype: type[DType] | Type | None) -> Type:
    """`Tensor[shape, dtype]`, or of another face."""
    return Instance(class_info(api, _FACES.get(face, TENSOR)), [shape_type(api, parts), dtype_type(api, dtype)])


_made: dict[tuple[str, Shape, type[DType]], Expr] = {}


def hollow(face: str, shape: Shape, dtype: type[DType]) -> Expr:
    """A tensor that holds nothing, for ops to be called on."""
    found = _made.get((face, shape, dtype))
    if found is None:
        if len(_made) > 10_000:
            _made.clear()
        found = _made[face, shape, dtype] = _FACE_NAMES[face](_leaf(face, shape, dtype))
    return found


def _leaf(face: str, shape: Shape, dtype: type[DType]) -> Node:
    if face == VARIABLE:
        return node_of(build("variable", shape=shape, dtype=dtype, name="variable", state=None))
    return node_of(build("placeholder", shape=shape, dtype=dtype, name="x", sparse=face == SPARSE))


def union_safe(t: Type) -> bool:
    """False of Never, which mypy infers where nothing is known."""
    return not isinstance(get_proper_type(t), UninhabitedType)
