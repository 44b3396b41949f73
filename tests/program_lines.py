"""One recipe per function: how a random line that calls it is written, so that most of the time it fits.

Ops whose parameters say by their names what they are need none of their own. All others have one here, or are called
as in the table of `test_ops.py`, which has every op.
"""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, Final, TypeAlias

import numpy as np
from random_programs import DTYPES, FLOATS, INTEGERS, Scope, Value, tuple_text
from test_ops import ROWS, Fixed, Row

import ktensor as kt
from ktensor import functional as K
from ktensor.dtypes import as_dtype

Recipe: TypeAlias = Callable[[Scope], str]


def public_ops() -> dict[str, Any]:
    """Every op that ktensor offers as a function."""
    found = {n: getattr(kt, n) for n in dir(kt) if n != "control_dependencies"}  # which makes no tensor
    return {n: f for n, f in found.items() if isinstance(f, FunctionType) and f.__module__.startswith("ktensor.ops.")}


def k_functions() -> dict[str, Any]:
    """Every function of `K` that makes tensors and is none of the public ops."""
    ops = set(public_ops().values())
    found = {n: getattr(K, n) for n in K.__all__}
    return {
        n: f
        for n, f in found.items()
        if isinstance(f, FunctionType) and inspect.unwrap(f) not in ops and _makes_tensors(f)
    }


def _makes_tensors(function: Any) -> bool:
    returned = str(inspect.signature(function).return_annotation)
    return ("Tensor" in returned or "Variable" in returned) and "Session" not in returned


# ---- Calls -----------------------------------------------------------------------------------------

#: Operators, by the op that they call.
_OPERATORS: Final[Mapping[str, str]] = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "mod": "%", "pow": "**",
    "matmul": "@", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "left_shift": "<<", "right_shift": ">>",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
_PREFIXES: Final[Mapping[str, str]] = {"negative": "-", "invert": "~"}


def called(s: Scope, name: str, first: str, *others: str) -> str:
    """A call as a function, a function of K, or a method."""
    return s.d.pick(_forms(name, first, list(others)))


def _forms(name: str, first: str, others: list[str]) -> list[str]:
    arguments = ", ".join([first, *others])
    forms = [f"kt.{name}({arguments})"]
    if getattr(K, name, None) is getattr(kt, name):
        forms.append(f"K.{name}({arguments})")
    if hasattr(kt.Tensor, name) and first[0] not in "['":
        forms += [f"{first}.{name}({', '.join(others)})"] * 2
    if name in _OPERATORS and len(others) == 1:
        forms += [f"{first} {_OPERATORS[name]} {others[0]}"] * 2
    if name in _PREFIXES:
        forms.append(f"{_PREFIXES[name]}{first}")
    return forms


# ---- Ops whose parameters say what they are --------------------------------------------------------


def _number(s: Scope, x: Value) -> str:
    return s.d.pick(["0.1", "1.0", "2.0", "0.5"])


def _flag(s: Scope, x: Value) -> str:
    return s.d.pick(["True", "False"])


def dtype(s: Scope, x: Value | None = None) -> str:
    """A dtype, in one of the ways to write it."""
    name = s.d.pick(DTYPES)
    scalar = "np.bool_" if name == "bool" else f"np.{name}"
    return s.d.pick([f'"{name}"', f"kt.{as_dtype(name).__name__}", scalar])


#: By name and annotation: how a parameter after the first is written.
_PARAMETERS: Final[Mapping[tuple[str, str], Callable[[Scope, Value], str]]] = {
    ("y", "TensorLike"): lambda s, x: s.partner(x),
    ("a", "TensorLike"): lambda s, x: s.partner(x),
    ("alpha", "TensorLike"): _number,
    ("value", "TensorLike"): lambda s, x: s.partner(x) if s.d.chance(20) else "2",
    ("min_value", "TensorLike | None"): lambda s, x: s.partner(x),
    ("max_value", "TensorLike | None"): lambda s, x: s.partner(x),
    ("max_value", "float | None"): _number,
    ("threshold", "float"): _number,
    ("epsilon", "float"): _number,
    ("axis", "Axis"): lambda s, x: s.axes(x.rank),
    ("axes", "Axis"): lambda s, x: s.axes(x.rank),
    ("axis", "int"): lambda s, x: str(s.axis(x.rank)),
    ("axis", "int | None"): lambda s, x: str(s.axis(x.rank)),
    ("keepdims", "bool"): _flag,
    ("from_logits", "bool"): _flag,
    ("dtype", "DTypeLike"): dtype,
    ("dtype", "DTypeLike | None"): dtype,
    ("rep", "Size"): lambda s, x: s.size(s.d.number(0, 4)),
    ("n", "Size"): lambda s, x: s.size(s.d.number(0, 4)),
}


def _parameters(name: str) -> list[inspect.Parameter] | None:
    """The parameters after the first, if all of them say what they are."""
    first, *others = inspect.signature(getattr(kt, name)).parameters.values()
    known = first.name == "x" and all((p.name, str(p.annotation)) in _PARAMETERS for p in others)
    return others if known else None


def by_signature(name: str, s: Scope) -> str:
    """A call with arguments for what the parameters are called."""
    x = s.tensor()
    arguments: list[str] = []
    gap = False
    for parameter in _parameters(name) or []:
        optional = parameter.default is not parameter.empty
        if optional and s.d.chance(45):
            gap = True
            continue
        text = _PARAMETERS[parameter.name, str(parameter.annotation)](s, x)
        gap = gap or (optional and s.d.chance(40))
        arguments.append(f"{parameter.name}={text}" if gap else text)
    if name in _OPERATORS and s.d.chance(15):
        return f"{arguments[0].removeprefix('y=').removeprefix('a=')} {_OPERATORS[name]} {x.text}"
    return called(s, name, x.text, *arguments)


# ---- As in the table of test_ops.py ----------------------------------------------------------------


def by_row(name: str, s: Scope) -> str:
    """A call as in a row of the table, with tensors of the row's sizes."""
    row = s.d.pick(_ROWS[name])
    kind = s.d.pick(row.dtypes)
    arguments = [_argument(s, row, a, kind) for a in row.args]
    return called(s, name, *arguments, *(f"{k}={v!r}" for k, v in row.options.items()))


_ROWS: Final[dict[str, list[Row]]] = {}
for _row in ROWS:
    _ROWS.setdefault(_row.name, []).append(_row)


def _argument(s: Scope, row: Row, argument: Any, kind: str) -> str:
    if isinstance(argument, list) and argument and isinstance(argument[0], np.ndarray):
        return f"[{', '.join(_argument(s, row, a, kind) for a in argument)}]"
    if isinstance(argument, Fixed):
        return f'kt.constant({argument.array.tolist()!r}, "{argument.array.dtype}")'
    if isinstance(argument, np.ndarray):
        return s.fresh([str(n) for n in argument.shape], kind)
    return repr(argument)


# ---- Shaping ---------------------------------------------------------------------------------------


def _reshape(s: Scope) -> str:
    x = s.tensor()
    sizes = s.texts(x)
    while len(sizes) > 1 and s.d.chance(45):
        at = s.d.number(0, len(sizes) - 2)
        sizes[at : at + 2] = [_times(sizes[at], sizes[at + 1])]
    at = s.d.number(0, max(len(sizes) - 1, 0))
    if sizes and sizes[at].isdigit() and int(sizes[at]) and s.d.chance(50):
        n = int(sizes[at])
        part = s.d.pick([d for d in range(1, n + 1) if n % d == 0])
        sizes[at : at + 1] = [str(part), str(n // part)]
    if sizes and s.d.chance(35):
        sizes[s.d.number(0, len(sizes) - 1)] = "-1"
    forms = [f"{x.text}.reshape({tuple_text(sizes)})", f"K.reshape({x.text}, {tuple_text(sizes)})"]
    forms.append(f"kt.reshape({x.text}, [{', '.join(sizes)}])")
    return s.d.pick([*forms, f"{x.text}.reshape({', '.join(sizes)})"] if sizes else forms)


def _times(first: str, second: str) -> str:
    return str(int(first) * int(second)) if first.isdigit() and second.isdigit() else f"{first} * {second}"


def _transpose(s: Scope) -> str:
    x = s.tensor()
    order = [str(a - x.rank if s.d.chance(25) else a) for a in s.d.shuffled(range(x.rank))]
    forms = [f"{x.text}.T", f"{x.text}.transpose()", f"kt.transpose({x.text})"]
    if order:
        forms += [f"{x.text}.transpose({tuple_text(order)})", f"{x.text}.transpose({', '.join(order)})"]
        forms += [f"kt.transpose({x.text}, [{', '.join(order)}])"]
    return s.d.pick(forms)


def _permute(s: Scope) -> str:
    x = s.tensor()
    return f"K.permute_dimensions({x.text}, {tuple_text([str(a) for a in s.d.shuffled(range(x.rank))])})"


def _expand_dims(s: Scope) -> str:
    x = s.tensor()
    return called(s, "expand_dims", x.text, *(["axis=" + str(s.axis(x.rank + 1))] if s.d.chance(80) else []))


def _squeeze(s: Scope) -> str:
    x = s.tensor()
    ones = [axis for axis, n in enumerate(x.sizes) if n == 1]
    if not ones or s.d.chance(20):
        axis = s.axis(x.rank + 1)
        return f"{x.text}.expand_dims({axis}).squeeze({axis})"
    if s.d.chance(25):
        return called(s, "squeeze", x.text)
    chosen = [str(a - x.rank if s.d.chance(40) else a) for a in s.d.some(ones, 1)]
    return called(s, "squeeze", x.text, chosen[0] if len(chosen) == 1 else tuple_text(chosen))


def _concatenate(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    axis = s.axis(x.rank)
    parts = [x.text]
    for _ in range(s.d.number(1, 2)):
        sizes = s.texts(x)
        sizes[axis] = s.size(s.some_size())
        parts.append(s.like(x, sizes if s.d.chance(60) else None, s.d.pick(["", x.dtype])))
    return _joined(s, "concatenate", s.d.shuffled(parts) if s.d.chance(50) else parts, f"axis={axis}")


def _stack(s: Scope) -> str:
    x = s.tensor(ranks=(0, 1, 2, 3))
    parts = [x.text, *(s.like(x) for _ in range(s.d.number(0, 2)))]
    return _joined(s, "stack", parts, f"axis={s.axis(x.rank + 1)}")


def _joined(s: Scope, name: str, parts: Sequence[str], axis: str) -> str:
    rest = [axis] if s.d.chance(75) else [axis.partition("=")[2]]
    listed = f"[{', '.join(parts)}]"
    forms = [f"{face}.{name}({', '.join([listed, *rest])})" for face in ("kt", "K")]
    if parts[0][0] in "vx":
        others = f"[{', '.join(parts[1:])}]"
        forms.append(f"{parts[0]}.{name}({', '.join([others, *rest])})")
    return s.d.pick(forms)


def _split(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    axis = s.axis(x.rank)
    n = x.sizes[axis]
    if n and s.d.chance(50):
        return called(s, "split", x.text, str(s.d.pick([d for d in range(1, n + 1) if n % d == 0])), str(axis))
    first = s.d.number(0, n)
    sizes = [str(first), str(n - first)] if s.d.chance(75) else [str(first), "-1"]
    return called(s, "split", x.text, f"[{', '.join(sizes)}]", f"axis={axis}")


def _tile(s: Scope) -> str:
    x = s.tensor()
    times = [s.size(s.d.number(0, 3)) for _ in range(max(0, x.rank + s.d.pick([0, 0, 0, 1, -1])))]
    if not times or s.d.chance(10):
        return called(s, "tile", x.text, "2")
    return called(s, "tile", x.text, s.d.pick([tuple_text(times), f"[{', '.join(times)}]"]))


def _broadcast_to(s: Scope) -> str:
    x = s.tensor()
    sizes = [s.size(s.some_size()) if n == "1" and s.d.chance(70) else n for n in s.texts(x)]
    more = [s.size(s.some_size()) for _ in range(s.d.pick([0, 0, 1, 2]))]
    return called(s, "broadcast_to", x.text, tuple_text([*more, *sizes]))


def _pad(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    pairs = [f"({s.d.number(0, 2)}, {s.d.number(0, 2)})" for _ in range(x.rank)]
    widths = s.d.pick([tuple_text(pairs), f"[{', '.join(pairs)}]", pairs[0], "1"])
    return called(s, "pad", x.text, widths)


def _gather(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3), least=1)
    axis = s.axis(x.rank)
    top = x.sizes[axis] - 1
    shape = s.d.pick([(2,), (3,), (2, 2), ()])
    if s.d.chance(30):
        indices = f'kt.zeros({tuple_text([str(n) for n in shape])}, "{s.d.pick(INTEGERS)}")'
    else:
        indices = s.d.pick([str(s.d.number(0, top)), f"[{s.d.number(0, top)}, 0]", f"np.array([0, {top}])"])
    return called(s, "gather", x.text, indices, *([f"axis={axis}"] if s.d.chance(80) else []))


def _one_hot(s: Scope) -> str:
    x = s.tensor(ranks=(0, 1, 2), dtypes=INTEGERS)
    return called(s, "one_hot", x.text, s.size(s.some_size()), *([dtype(s)] if s.d.chance(20) else []))


def _index(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3, 4))
    parts: list[str] = []
    for n in x.sizes[: s.d.number(1, x.rank)]:
        kind = s.d.pick(["int", "slice", "slice", "slice", "all", "list", "none"])
        parts += _KEYS[kind if n or kind in ("all", "none") else "slice"](s, n)
    if s.d.chance(25):
        parts.insert(s.d.number(0, len(parts)), "...")
    return f"{x.text}[{', '.join(parts)}]"


def _slice(s: Scope, n: int) -> list[str]:
    ends = [str(s.d.number(-n - 1, n + 1)) if s.d.chance(55) else "" for _ in range(2)]
    step = s.d.pick(["", "", ":1", ":2", ":3", ":-1", ":-2"])
    return [f"{ends[0]}:{ends[1]}{step}"]


_KEYS: Final[Mapping[str, Callable[[Scope, int], list[str]]]] = {
    "int": lambda s, n: [str(s.d.number(-n, n - 1))],
    "slice": _slice,
    "all": lambda s, n: [":"],
    "none": lambda s, n: ["None", ":"],
    "list": lambda s, n: [s.d.pick([f"[0, {n - 1}]", f"np.array([{n - 1}, 0, 0])", f"[{-n}]"])],
}


def _mask(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    return s.d.pick([f"{x.text}[{x.text} > 0]", f"{x.text}[{x.text}[..., 0] > 0]", f"kt.nonzero({x.text})"])


# ---- Products --------------------------------------------------------------------------------------


def _other(s: Scope, x: Value, sizes: Sequence[str]) -> str:
    """A second factor: of the first's dtype, most of the time."""
    return s.like(x, sizes, x.dtype if s.d.chance(70) else "")


def _dot(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 2, 3))
    inner, new = s.texts(x)[-1], s.size(s.some_size())
    y = _other(s, x, s.d.pick([[inner], [inner, new], [inner, new], [new, inner, "2"]]))
    return s.d.pick([f"K.dot({x.text}, {y})", called(s, "dot", x.text, y)])


def _matmul(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3, 4))
    sizes = s.texts(x)
    inner, new, batch = sizes[-1], s.size(s.some_size()), sizes[:-2]
    y = _other(s, x, s.d.pick([[inner], [inner, new], [*batch, inner, new], ["1", inner, new]]))
    return called(s, "matmul", x.text, y)


def _batch_dot(s: Scope) -> str:
    x = s.tensor(ranks=(2, 3, 3))
    batch, *others = s.texts(x)
    axis = s.d.number(1, x.rank - 1)
    inner, new = others[axis - 1], s.size(s.some_size())
    sizes, other_axis = s.d.pick([([batch, inner, new], 1), ([batch, new, inner], 2), ([batch, inner], 1)])
    axes = s.d.pick([f"({axis}, {other_axis})", f"axes=[{axis}, {other_axis}]"])
    return called(s, "batch_dot", x.text, _other(s, x, sizes), *([axes] if s.d.chance(85) else []))


def _tensordot(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    sizes = s.texts(x)
    count = s.d.number(0, min(2, x.rank))
    if s.d.chance(50):
        y = _other(s, x, [*sizes[x.rank - count :], s.size(s.some_size())])
        return called(s, "tensordot", x.text, y, str(count))
    chosen = s.d.some(range(x.rank), 1)
    y = _other(s, x, [*(sizes[a] for a in chosen), "3"])
    return called(s, "tensordot", x.text, y, f"({chosen}, {list(range(len(chosen)))})")


def _einsum(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    letters = string.ascii_lowercase[: x.rank]
    if s.d.chance(30):
        kept = "".join(s.d.some(letters))
        return s.d.pick([f'kt.einsum("{letters}->{kept}", {x.text})', f'{x.text}.einsum("...{letters[-1]}->...")'])
    shared = s.d.some(range(x.rank), 1)
    second = "".join(letters[a] for a in shared) + "z"
    y = _other(s, x, [*(s.texts(x)[a] for a in shared), s.size(s.some_size())])
    kept = "".join(s.d.some(letters + "z"))
    arrow = f"->{kept}" if s.d.chance(80) else ""
    return s.d.pick([f'kt.einsum("{letters},{second}{arrow}", {x.text}, {y})'])


# ---- Choices ---------------------------------------------------------------------------------------


def _where(s: Scope) -> str:
    x = s.tensor()
    condition = s.d.pick([f"({x.text} > 0)", f"({s.like(x)} > {x.text})", s.like(x, dtype="bool")])
    first, second = s.d.shuffled([x.text, s.partner(x)])
    if condition.startswith("np."):
        return f"kt.where({condition}, {first}, {second})"
    return called(s, "where", condition, first, second)


def _switch(s: Scope) -> str:
    x = s.tensor()
    condition = s.d.pick(["True", 'kt.zeros((), "bool")', f"{x.text}.sum() > 1", f"{x.text} > 0"])
    first, second = s.d.shuffled([x.text, s.like(x)])
    if s.d.chance(25):
        first, second = f"lambda: {x.text} + 1", f"lambda: {x.text} * 2"
    return s.d.pick([f"kt.switch({condition}, {first}, {second})", f"K.switch({condition}, {first}, {second})"])


def _phase(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        x = s.tensor()
        first, second = s.d.shuffled([x.text, s.like(x)])
        training = s.d.pick(["", ", training=True", ", training=0", ", training=1"])
        return s.d.pick([f"{face}.{name}({first}, {second}{training})" for face in ("kt", "K")])

    return recipe


# ---- Networks --------------------------------------------------------------------------------------


def _image(s: Scope, spatial: int, first: bool = False) -> tuple[Value, list[str], int]:
    """An image, its sizes as they are written, and where its channels are."""
    rank = spatial + 2
    fitting = [v for v in s.values if v.rank == rank and min(v.sizes) > 1 and v.dtype in FLOATS]
    if fitting and s.d.chance(60):
        x = s.d.pick(fitting)
    else:
        top = {1: 8, 2: 7, 3: 5}[spatial]
        sizes = [s.d.number(3, top) for _ in range(spatial)]
        channels = s.d.number(1, 3)
        x = s.input([2, channels, *sizes] if first else [2, *sizes, channels], s.d.pick(FLOATS))
    return x, s.texts(x), 1 if first else rank - 1


def _each(s: Scope, count: int, low: int, high: int) -> str:
    """A number for each spatial axis, or one for all."""
    if count == 1 or s.d.chance(35):
        number = str(s.d.number(low, high))
        return number if count == 1 or s.d.chance(30) else tuple_text([number] * count)
    return tuple_text([str(s.d.number(low, high)) for _ in range(count)])


def _window_options(s: Scope, spatial: int, first: bool, dilation: bool = True) -> list[str]:
    options = []
    strided = s.d.chance(45)
    if strided:
        options.append(f"strides={_each(s, spatial, 1, 3)}")
    if s.d.chance(50):
        options.append(f'padding="{s.d.pick(["valid", "same"])}"')
    if first:
        options.append('data_format="channels_first"')
    if dilation and not strided and s.d.chance(35):
        options.append(f"dilation_rate={_each(s, spatial, 1, 2)}")
    return options


def _conv(name: str, spatial: int) -> Recipe:
    def recipe(s: Scope) -> str:
        first = s.d.chance(30)
        x, sizes, at = _image(s, spatial, first)
        window = [str(s.d.number(1, 3)) for _ in range(spatial)]
        options = _window_options(s, spatial, first)
        kernels = [s.fresh([*window, sizes[at], str(s.d.number(1, 3))], x.dtype)]
        if "separable" in name:
            points = ["1"] * spatial
            kernels = [
                s.fresh([*window, sizes[at], "2"], x.dtype),
                s.fresh([*points, _times(sizes[at], "2"), "3"], x.dtype),
            ]
        return called(s, name, x.text, *kernels, *options)

    return recipe


def _conv_transpose(name: str, spatial: int) -> Recipe:
    def recipe(s: Scope) -> str:
        first = s.d.chance(30)
        x, sizes, at = _image(s, spatial, first)
        spaces = x.sizes[2:] if first else x.sizes[1:-1]
        window, out, stride = s.d.number(1, 3), s.d.number(1, 3), s.d.number(1, 2)
        same = s.d.chance(50)
        grown = [str(n * stride if same else n * stride + max(window - stride, 0)) for n in spaces]
        kernel = s.fresh([*[str(window)] * spatial, str(out), sizes[at]], x.dtype)
        shape = [sizes[0], str(out), *grown] if first else [sizes[0], *grown, str(out)]
        options = [f"strides={tuple_text([str(stride)] * spatial)}", f'padding="{"same" if same else "valid"}"']
        return called(s, name, x.text, kernel, tuple_text(shape), *options, *(_FIRST if first else []))

    return recipe


_FIRST: Final = ['data_format="channels_first"']


def _pool(name: str, spatial: int) -> Recipe:
    def recipe(s: Scope) -> str:
        first = s.d.chance(30)
        x, _, _ = _image(s, spatial, first)
        options = _window_options(s, spatial, first, dilation=False)
        if s.d.chance(40):
            options.append(f'pool_mode="{s.d.pick(["max", "avg"])}"')
        return called(s, name, x.text, tuple_text([str(s.d.number(1, 3)) for _ in range(spatial)]), *options)

    return recipe


def _bias_add(s: Scope) -> str:
    first = s.d.chance(25)
    x = s.tensor(ranks=(2, 3, 4), dtypes=FLOATS)
    sizes = s.texts(x)
    return called(s, "bias_add", x.text, s.fresh([sizes[1 if first else -1]], x.dtype), *(_FIRST if first else []))


def _batch_normalization(s: Scope) -> str:
    x = s.tensor(ranks=(2, 3, 4), dtypes=FLOATS)
    axis = s.axis(x.rank) if s.d.chance(30) else -1
    width = s.texts(x)[axis]
    vectors = [s.fresh([width], x.dtype) if i < 2 or s.d.chance(70) else "None" for i in range(4)]
    return called(s, "batch_normalization", x.text, *vectors, *([f"axis={axis}"] if axis != -1 else []))


def _resize(name: str, spatial: int) -> Recipe:
    def recipe(s: Scope) -> str:
        first = s.d.chance(30)
        x, _, _ = _image(s, spatial, first)
        factors = [str(s.d.number(1, 2)) for _ in range(spatial)]
        form = s.d.pick(["channels_first" if first else "channels_last"])
        return f'K.{name}({x.text}, {", ".join(factors)}, "{form}")'

    return recipe


def _loss(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        x = s.tensor(ranks=(1, 2, 3), dtypes=FLOATS, least=1)
        target = s.like(x)
        options = ["from_logits=True"] if s.d.chance(50) else []
        if name == "categorical_crossentropy" and s.d.chance(30):
            options.append(f"axis={s.axis(x.rank)}")
        return called(s, name, target, x.text, *options) if target[0] in "vxk" else f"kt.{name}({target}, {x.text})"

    return recipe


def _sparse_loss(s: Scope) -> str:
    x = s.tensor(ranks=(2, 3), dtypes=FLOATS, least=1)
    axis = s.axis(x.rank) if s.d.chance(30) else -1
    sizes = s.texts(x)
    del sizes[axis]
    target = s.fresh([*sizes, *(["1"] if axis == -1 and s.d.chance(20) else [])], s.d.pick(["int32", "int64"]))
    options = [f"axis={axis}"] if axis != -1 else []
    return called(s, "sparse_categorical_crossentropy", target, x.text, *options)


# ---- Loops -----------------------------------------------------------------------------------------


def _map_fn(s: Scope) -> str:
    x = s.tensor(ranks=(1, 2, 3))
    axes = s.axes(x.rank - 1)
    bodies = ["e * 2", "e + 1.0", f"e.sum({axes})", "(e > 0)", "kt.stack([e, e])", "e.exp().cast('float64')"]
    return s.d.pick([f"{face}.map_fn(lambda e: {s.d.pick(bodies)}, {x.text})" for face in ("kt", "K")])


def _fold(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        x = s.tensor(ranks=(1, 2, 3), least=1)
        start = ""
        if s.d.chance(50):
            start = f", {s.like(x, s.texts(x)[1:], x.dtype)}"
        body = s.d.pick(["a + e", "kt.maximum(a, e)", "a * 2 - e", "a + e.sum()"])
        return s.d.pick([f"{face}.{name}(lambda a, e: {body}, {x.text}{start})" for face in ("kt", "K")])

    return recipe


def _rnn(s: Scope) -> str:
    x = s.tensor(ranks=(3,), dtypes=["float32"], least=1)
    batch, _, width = s.texts(x)
    units = s.size(s.d.number(2, 4))
    kernel, state = s.fresh([width, units], "float32"), s.fresh([batch, units], "float32")
    new = f"e.dot({kernel}) + s[0]"
    options = s.d.pick(["", "", ", go_backwards=True", ", unroll=True"])
    return s.d.pick([f"{f}.rnn(lambda e, s: ({new}, [{new}]), {x.text}, [{state}]{options})" for f in ("kt", "K")])


# ---- Making tensors --------------------------------------------------------------------------------


def _sizes(s: Scope) -> str:
    return tuple_text([s.size(s.some_size()) for _ in range(s.d.pick([0, 1, 2, 2, 3]))])


def _filled(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        more = f", {dtype(s)}" if s.d.chance(60) else ""
        return f"kt.{name}({_sizes(s)}{more})"

    return recipe


def _full(s: Scope) -> str:
    return f"kt.full({_sizes(s)}, {s.d.pick(['1', '0.5', 'True', '7'])}{s.d.pick(['', ', ' + dtype(s)])})"


def _eye(s: Scope) -> str:
    columns = [s.size(s.some_size())] if s.d.chance(40) else []
    more = [f"dtype={dtype(s)}"] if s.d.chance(40) else []
    return s.d.pick([f"kt.eye({', '.join([s.size(s.some_size()), *columns, *more])})", f"K.eye({s.size(3)})"])


def _arange(s: Scope) -> str:
    start, stop, step = s.d.number(0, 2), s.d.number(2, 7), s.d.pick(["1", "2", "0.5", "3"])
    more = f", dtype={dtype(s)}" if s.d.chance(30) else ""
    face = s.d.pick(["kt", "K"])
    return f"{face}.arange({s.d.pick([s.size(stop), f'{start}, {stop}', f'{start}, {stop}, {step}'])}{more})"


_VALUES: Final = (
    "2", "0.5", "True", "[1, 2, 3]", "[[1.0, 2.0], [3.0, 4.0]]", "np.ones((2, 3))", "np.arange(4)", "(1.0, 2)",
    "np.zeros((3, 2), dtype=np.float16)", "[[True], [False]]", "np.float64(2)", "np.array([1, 2])",
)  # fmt: skip


def _constant(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        more = f", {dtype(s)}" if s.d.chance(40) else ""
        return f"{name}({s.d.pick(_VALUES)}{more})"

    return recipe


def _alike(name: str) -> Recipe:
    def recipe(s: Scope) -> str:
        x = s.tensor()
        value = ", 2" if name == "full_like" else ""
        more = f", {s.d.pick(['', 'dtype='])}{dtype(s)}" if s.d.chance(40) else ""
        faces = ["kt"] if name == "full_like" else ["kt", "K"]
        return s.d.pick([f"{face}.{name}({x.text}{value}{more})" for face in faces])

    return recipe


def _learning_phase(s: Scope) -> str:
    return "kt.learning_phase()"


# ---- State and gradients ---------------------------------------------------------------------------


def _variable(s: Scope) -> str:
    sizes = tuple_text([str(s.some_size()) for _ in range(s.d.number(0, 3))])
    kinds = f"{s.d.pick(['kt', 'K'])}.variable(np.zeros({sizes}), {dtype(s)})"
    return s.d.pick([kinds, f"K.ones({sizes}, dtype={dtype(s)})", f"K.zeros({sizes})"])


def _assign(s: Scope) -> str:
    found = [v for v in s.values if isinstance(v.tensor, kt.Variable)]
    if not found:
        return (
            s.d.pick(["K.update", "K.update_add", "K.update_sub"]) + "(kt.variable(np.zeros((2, 3))), kt.ones((2, 3)))"
        )
    x = s.d.pick(found)
    value = s.like(x) if s.d.chance(80) else s.partner(x)
    method = s.d.pick(["assign", "assign_add", "assign_sub"])
    name = {"assign": "update", "assign_add": "update_add", "assign_sub": "update_sub"}[method]
    return s.d.pick([f"{x.text}.{method}({value})", f"K.{name}({x.text}, {value})"])


def _gradients(s: Scope) -> str:
    x = s.tensor(dtypes=FLOATS)
    y = s.tensor(dtypes=FLOATS)
    loss = s.d.pick([f"({x.text} * {x.text}).sum()", f"{x.text}.exp()", f"({x.text}.tanh() * 2).mean()"])
    both = f"(({x.text} * {x.text}).sum() + ({y.text} * 3).mean())"
    forms = [f"{face}.gradients({loss}, [{x.text}])" for face in ("kt", "K")]
    return s.d.pick([*forms, f"kt.gradients({both}, [{x.text}, {y.text}])"])


# ---- Functions of K that are none of ktensor's -----------------------------------------------------


def _k(text: str, ranks: Sequence[int] = (1, 2, 3), dtypes: Sequence[str] = DTYPES) -> Recipe:
    """A call of a tensor of one of the ranks, with literals."""

    def recipe(s: Scope) -> str:
        x = s.tensor(ranks=ranks, dtypes=dtypes, least=1)
        numbers = [s.d.number(0, 2) for _ in range(6)]
        return text.format(x.text, *numbers, first=s.texts(x)[0], last=s.texts(x)[-1], dtype=x.dtype)

    return recipe


_K: Final[Mapping[str, Recipe]] = {
    "arange": _arange,
    "asymmetric_spatial_2d_padding": _k("K.asymmetric_spatial_2d_padding({0}, {1}, {2}, {3}, {4})", ranks=(4,)),
    "asymmetric_temporal_padding": _k("K.asymmetric_temporal_padding({0}, {1}, {2})", ranks=(3,)),
    "atrous_conv2d": _k("K.atrous_conv2d({0}, kt.ones((2, 1, {last}, 3)), 2)", ranks=(4,), dtypes=FLOATS),
    "cast_to_floatx": _k("K.cast_to_floatx({0})"),
    "constant": _constant("K.constant"),
    "ctc_cost": _k("K.ctc_cost({0}, [0, 0])", ranks=(2,), dtypes=FLOATS),
    "ctc_create_skip_idxs": _k("K.ctc_create_skip_idxs({0})", ranks=(1,), dtypes=INTEGERS),
    "ctc_interleave_blanks": _k("K.ctc_interleave_blanks({0})", ranks=(1,), dtypes=INTEGERS),
    "ctc_label_dense_to_sparse": _k("K.to_dense(K.ctc_label_dense_to_sparse({0}, [1]))", ranks=(2,), dtypes=INTEGERS),
    "ctc_path_probs": _k("K.ctc_path_probs({0}, [-1, 0, -1])", ranks=(2,), dtypes=FLOATS),
    "ctc_update_log_p": _k("K.ctc_update_log_p([1], {0}, 1, {0}, {0})", ranks=(1,), dtypes=FLOATS),
    "deconv2d": _k("K.deconv2d({0}, kt.ones((2, 1, {last}, 3)), (None, None, None, 3))", ranks=(4,), dtypes=FLOATS),
    "dot": _dot,
    "eye": _eye,
    "gather": _k("K.gather({0}, [0, 0])"),
    "gradients": _gradients,
    "learning_phase": lambda s: "",
    "moving_average_update": _k(
        "K.moving_average_update(kt.variable(np.zeros((2, 3))), {0}, 0.5)", ranks=(1, 2), dtypes=FLOATS
    ),
    "normalize_batch_in_training": _k(
        'K.normalize_batch_in_training({0}, kt.ones(({last},), "{dtype}"), kt.zeros(({last},), "{dtype}"), [0])',
        ranks=(2,),
        dtypes=FLOATS,
    ),
    "one_hot": _k("K.one_hot({0}, 4)", dtypes=INTEGERS),
    "ones": _variable,
    "ones_like": _alike("ones_like"),
    "pattern_broadcast": _k("K.pattern_broadcast({0}, (False, True))", ranks=(2,)),
    "permute_dimensions": _permute,
    "placeholder": lambda s: "",
    "random_binomial": lambda s: f"K.random_binomial({_sizes(s)}, 0.5)",
    "random_normal": lambda s: f'K.random_normal({_sizes(s)}, dtype="float64")',
    "random_uniform": lambda s: f"K.random_uniform({_sizes(s)})",
    "random_normal_variable": lambda s: f"K.random_normal_variable({_sizes(s)}, 0.0, 1.0)",
    "random_uniform_variable": lambda s: f'K.random_uniform_variable({_sizes(s)}, 0.0, 1.0, dtype="float64")',
    "resize_volumes": _resize("resize_volumes", 3),
    "shape": _k("K.shape({0})"),
    "size": _k("K.size({0})"),
    "slice": _k("K.slice({0}, [0, {1}], [{first}, {2}])", ranks=(2,)),
    "spatial_2d_padding": _k("K.spatial_2d_padding({0}, (({1}, {2}), ({3}, {4})))", ranks=(4,)),
    "spatial_3d_padding": _k("K.spatial_3d_padding({0}, (({1}, {2}), ({3}, {4}), ({5}, {6})))", ranks=(5,)),
    "stop_gradient": _k("K.stop_gradient({0})"),
    "temporal_padding": _k("K.temporal_padding({0}, ({1}, {2}))", ranks=(3,)),
    "to_dense": _k("K.to_dense({0})"),
    "transpose": _transpose,
    "truncated_normal": lambda s: f"K.truncated_normal({_sizes(s)}, 1.0, 2.0)",
    "update": _assign,
    "update_add": _assign,
    "update_sub": _assign,
    "variable": _variable,
    "zeros": _variable,
    "zeros_like": _alike("zeros_like"),
}

_OWN: Final[Mapping[str, Recipe]] = {
    "arange": _arange,
    "batch_dot": _batch_dot,
    "batch_normalization": _batch_normalization,
    "bias_add": _bias_add,
    "binary_crossentropy": _loss("binary_crossentropy"),
    "broadcast_to": _broadcast_to,
    "categorical_crossentropy": _loss("categorical_crossentropy"),
    "concatenate": _concatenate,
    "constant": _constant("kt.constant"),
    "conv1d": _conv("conv1d", 1),
    "conv2d": _conv("conv2d", 2),
    "conv2d_transpose": _conv_transpose("conv2d_transpose", 2),
    "conv3d": _conv("conv3d", 3),
    "conv3d_transpose": _conv_transpose("conv3d_transpose", 3),
    "ctc_decode": _k("kt.ctc_decode({0}, [1, 1])[0][0]", ranks=(3,), dtypes=FLOATS),
    "depthwise_conv2d": _conv("depthwise_conv2d", 2),
    "dot": _dot,
    "dropout": _k("{0}.dropout(0.5, (1, {last}))", ranks=(2,)),
    "einsum": _einsum,
    "expand_dims": _expand_dims,
    "eye": _eye,
    "foldl": _fold("foldl"),
    "foldr": _fold("foldr"),
    "full": _full,
    "full_like": _alike("full_like"),
    "gather": _gather,
    "identity": _k("kt.identity({0})"),
    "in_test_phase": _phase("in_test_phase"),
    "in_train_phase": _phase("in_train_phase"),
    "learning_phase": _learning_phase,
    "map_fn": _map_fn,
    "matmul": _matmul,
    "nonzero": _mask,
    "one_hot": _one_hot,
    "ones": _filled("ones"),
    "ones_like": _alike("ones_like"),
    "pad": _pad,
    "pool2d": _pool("pool2d", 2),
    "print_tensor": lambda s: "",  # it prints
    "pool3d": _pool("pool3d", 3),
    "reshape": _reshape,
    "resize_images": _resize("resize_images", 2),
    "rnn": _rnn,
    "separable_conv1d": _conv("separable_conv1d", 1),
    "separable_conv2d": _conv("separable_conv2d", 2),
    "sparse_categorical_crossentropy": _sparse_loss,
    "split": _split,
    "squeeze": _squeeze,
    "stack": _stack,
    "switch": _switch,
    "tensor": _constant("kt.tensor"),
    "tensordot": _tensordot,
    "tile": _tile,
    "transpose": _transpose,
    "where": _where,
    "zeros": _filled("zeros"),
    "zeros_like": _alike("zeros_like"),
}


def _recipe(name: str) -> Recipe:
    """The op's own recipe, or one by its parameters' names, or the op's rows in the table."""
    plain = name in _OWN or _parameters(name) is not None
    own: Recipe = _OWN.get(name) or (lambda s: by_signature(name, s))
    if name not in _ROWS:
        return own
    return lambda s: own(s) if plain and s.d.chance(90) else by_row(name, s)


RECIPES: Final[Mapping[str, Recipe]] = {
    **{name: _recipe(name) for name in public_ops()},
    **{f"K.{name}": recipe for name, recipe in _K.items()},
    "[]": _index,
    "gradients": _gradients,
    "assign": _assign,
    "variable": _variable,
}

#: What shapes the result comes up more often than what works on each element alone.
WEIGHTED: Final[Sequence[str]] = [
    *RECIPES,
    *(name for name in _OWN for _ in range(2)),
    *(["[]"] * 8),
    *(["add", "multiply", "sum", "mean", "max"] * 3),
]
