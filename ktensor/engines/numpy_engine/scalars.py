"""Functions of one number, for numba: what LLVM makes vectors of, and what NumPy does where Python or C differ.

Those of floats have neither branches nor tables. They err by at most the following, in units in the last place of the
exact value, in all of their range; tests hold them to it. Sigmoid is 0, as NumPy's is, where exp(-x) is infinite.

=========  =======  =======
function   float32  float64
=========  =======  =======
exp        2        2
expm1      3        3
log        2        2
log1p      3        3
tanh       5        4
sigmoid    3        3
softplus   3        3
erf        6        1
=========  =======  =======

The coefficients are those of Cephes (S. Moshier) for exp and log, and Eigen's for tanh and erf of float32. This module
imports numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar, cast

import numba
import numpy as np

__all__ = ["FUNCTIONS"]

#: By name.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}

F = TypeVar("F", bound=Callable[..., Any])

# Short, as numba would make float64 of a Python number.
f4: TypeAlias = np.float32
f8: TypeAlias = np.float64
i4: TypeAlias = np.int32
i8: TypeAlias = np.int64
N = TypeVar("N", np.float32, np.float64)


def _scalar(function: F) -> F:
    """Compiled where it is used. A product may be added without being rounded first; all else is as written."""
    compiled = numba.njit(error_model="numpy", fastmath={"contract"}, forceinline=True)(function)
    FUNCTIONS[function.__name__] = compiled
    return cast("F", compiled)


@_scalar
def _between(x: N, low: N, high: N) -> N:
    """x, or the bound beyond which it is; nan stays."""
    x = high if x > high else x
    return low if x < low else x


# ---- float32 -----------------------------------------------------------------------------------------

#: A float of this size has no fraction: what is added to it is rounded, and stands in its lowest bits.
_ROUNDER4: Final = f4(1.5 * 2**23)
_ROUNDER4_BITS: Final = i4(0x4B400000)
_LOG2E4: Final = f4(1.44269504088896341)
_LN2_HIGH4, _LN2_LOW4 = f4(0.693359375), f4(-2.12194440e-4)
_LEAST4: Final = f4(2.0**-126)
_SQRT_HALF4: Final = i4(0x3F3504F3)


@_scalar
def _power_of_two4(n: i4) -> f4:
    return i4(i4(n + i4(127)) << i4(23)).view(np.float32)


@_scalar
def _expm1_of_rest4(x: f4) -> tuple[f4, i4]:
    """p and n such that exp(x) = 2**n * (1 + p) and p is small."""
    shifted = x * _LOG2E4 + _ROUNDER4
    n = shifted - _ROUNDER4
    r = x - n * _LN2_HIGH4 - n * _LN2_LOW4
    p = f4(1.9875691500e-4)
    p = p * r + f4(1.3981999507e-3)
    p = p * r + f4(8.3334519073e-3)
    p = p * r + f4(4.1665795894e-2)
    p = p * r + f4(1.6666665459e-1)
    p = p * r + f4(5.0000001201e-1)
    return p * (r * r) + r, i4(f4(shifted).view(np.int32) - _ROUNDER4_BITS)


@_scalar
def exp_float32(x: f4) -> f4:
    x = _between(x, f4(-104), f4(89))
    p, n = _expm1_of_rest4(x)
    half = i4(n >> i4(1))  # 2**n itself may be too large or too small for a float
    return (f4(1) + p) * _power_of_two4(half) * _power_of_two4(i4(n - half))


@_scalar
def expm1_float32(x: f4) -> f4:
    v = _between(x, f4(-40), f4(89))
    p, n = _expm1_of_rest4(v)
    half = _power_of_two4(i4(n - i4(1)))
    return x if abs(x) < f4(1e-10) else f4(2) * (p * half + (half - f4(0.5)))


@_scalar
def log_float32(x: f4) -> f4:
    small = x < _LEAST4
    bits = f4(x * f4(2**23) if small else x).view(np.int32)
    e = i4(i4(bits - _SQRT_HALF4) >> i4(23))
    v = i4(bits - i4(e << i4(23))).view(np.float32) - f4(1)
    n = f4(e) - (f4(23) if small else f4(0))
    z = v * v
    p = f4(7.0376836292e-2)
    p = p * v - f4(1.1514610310e-1)
    p = p * v + f4(1.1676998740e-1)
    p = p * v - f4(1.2420140846e-1)
    p = p * v + f4(1.4249322787e-1)
    p = p * v - f4(1.6668057665e-1)
    p = p * v + f4(2.0000714765e-1)
    p = p * v - f4(2.4999993993e-1)
    p = p * v + f4(3.3333331174e-1)
    y = v + (p * v * z + n * _LN2_LOW4 - f4(0.5) * z) + n * _LN2_HIGH4
    special = x if x > f4(0) else (f4(-np.inf) if x == f4(0) else f4(np.nan))
    return y if (x > f4(0)) & (x < f4(np.inf)) else special


@_scalar
def log1p_float32(x: f4) -> f4:
    u = f4(1) + x
    d = u - f4(1)  # what u has of x; the rest follows from the slope
    return x if (d == f4(0)) | (u == f4(np.inf)) else log_float32(u) * (x / d)


@_scalar
def tanh_float32(x: f4) -> f4:
    v = _between(x, f4(-9), f4(9))
    z = v * v
    p = f4(-2.76076847742355e-16)
    p = p * z + f4(2.00018790482477e-13)
    p = p * z - f4(8.60467152213735e-11)
    p = p * z + f4(5.12229709037114e-08)
    p = p * z + f4(1.48572235717979e-05)
    p = p * z + f4(6.37261928875436e-04)
    p = p * z + f4(4.89352455891786e-03)
    q = f4(1.19825839466702e-06)
    q = q * z + f4(1.18534705686654e-04)
    q = q * z + f4(2.26843463243900e-03)
    q = q * z + f4(4.89352518554385e-03)
    return x if abs(x) < f4(4e-4) else p * v / q


@_scalar
def sigmoid_float32(x: f4) -> f4:
    return f4(1) / (f4(1) + exp_float32(-x))


@_scalar
def softplus_float32(x: f4) -> f4:
    return (f4(0) if x < f4(0) else x) + log1p_float32(exp_float32(-abs(x)))


@_scalar
def erf_float32(x: f4) -> f4:
    v = _between(x, f4(-4), f4(4))
    z = v * v
    p = f4(-2.72614225801306e-10)
    p = p * z + f4(2.77068142495902e-08)
    p = p * z - f4(2.10102402082508e-06)
    p = p * z - f4(5.69250639462346e-05)
    p = p * z - f4(7.34990630326855e-04)
    p = p * z - f4(2.95459980854025e-03)
    p = p * z - f4(1.60960333262415e-02)
    q = f4(-1.45660718464996e-05)
    q = q * z - f4(2.13374055278905e-04)
    q = q * z - f4(1.68282697438203e-03)
    q = q * z - f4(7.37332916720468e-03)
    q = q * z - f4(1.42647390514189e-02)
    return v * (p / q)


# ---- float64 -----------------------------------------------------------------------------------------

_ROUNDER8: Final = 1.5 * 2.0**52
_ROUNDER8_BITS: Final = 0x4338000000000000
_LOG2E8: Final = 1.44269504088896341
_LN2_HIGH8, _LN2_LOW8 = 6.93145751953125e-1, 1.42860682030941723212e-6
_LEAST8: Final = 2.0**-1022
_SQRT_HALF8: Final = 0x3FE6A09E667F3BCD


@_scalar
def _power_of_two8(n: i8) -> f8:
    return i8((n + 1023) << 52).view(np.float64)


@_scalar
def _expm1_of_rest8(x: f8) -> tuple[f8, i8]:
    """p and n such that exp(x) = 2**n * (1 + p) and p is small."""
    shifted = x * _LOG2E8 + _ROUNDER8
    n = shifted - _ROUNDER8
    r = x - n * _LN2_HIGH8 - n * _LN2_LOW8
    z = r * r
    p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1)
    q = (3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1
    return 2.0 * p / (q * z + 2.0 - p), f8(shifted).view(np.int64) - _ROUNDER8_BITS


@_scalar
def exp_float64(x: f8) -> f8:
    x = _between(x, f8(-746), f8(710))
    p, n = _expm1_of_rest8(x)
    half = n >> 1
    return (1.0 + p) * _power_of_two8(half) * _power_of_two8(n - half)


@_scalar
def expm1_float64(x: f8) -> f8:
    v = _between(x, f8(-60), f8(710))
    p, n = _expm1_of_rest8(v)
    half = _power_of_two8(n - 1)
    return x if abs(x) < 1e-20 else 2.0 * (p * half + (half - 0.5))


@_scalar
def log_float64(x: f8) -> f8:
    small = x < _LEAST8
    bits = f8(x * 2.0**54 if small else x).view(np.int64)
    e = (bits - _SQRT_HALF8) >> 52
    v = i8(bits - (e << 52)).view(np.float64) - 1.0
    n = f8(e) - (54.0 if small else 0.0)
    z = v * v
    p = 1.01875663804580931796e-4 * v + 4.97494994976747001425e-1
    p = p * v + 4.70579119878881725854e0
    p = p * v + 1.44989225341610930846e1
    p = p * v + 1.79368678507819816313e1
    p = p * v + 7.70838733755885391666e0
    q = v + 1.12873587189167450590e1
    q = q * v + 4.52279145837532221105e1
    q = q * v + 8.29875266912776603211e1
    q = q * v + 7.11544750618563894466e1
    q = q * v + 2.31251620126765340583e1
    y = v + (v * (z * (p / q)) - n * 2.121944400546905827679e-4 - 0.5 * z) + n * 0.693359375
    special = x if x > 0.0 else (f8(-np.inf) if x == 0.0 else f8(np.nan))
    return y if (x > 0.0) & (x < np.inf) else special


@_scalar
def log1p_float64(x: f8) -> f8:
    u = 1.0 + x
    d = u - 1.0
    return x if (d == 0.0) | (u == np.inf) else log_float64(u) * (x / d)


@_scalar
def tanh_float64(x: f8) -> f8:
    v = abs(x)
    e = expm1_float64(f8(44) if v > 22.0 else f8(2) * v)
    t = e / (e + 2.0)
    return x if v < 1e-9 else (-t if x < 0.0 else t)


@_scalar
def sigmoid_float64(x: f8) -> f8:
    return 1.0 / (1.0 + exp_float64(-x))


@_scalar
def softplus_float64(x: f8) -> f8:
    return (0.0 if x < 0.0 else x) + log1p_float64(exp_float64(-abs(x)))


@_scalar
def erf_float64(x: f8) -> f8:
    return f8(math.erf(x))


# ---- Division of floats ------------------------------------------------------------------------------


def _quotient_and_rest(dtype: type[np.floating[Any]]) -> Callable[[Any, Any], tuple[Any, Any]]:
    """`np.floor_divide` and `np.mod` of this dtype; a Python number would make float64 of it."""
    zero, half, one = dtype(0), dtype(0.5), dtype(1)

    @_scalar
    def divide(x: Any, y: Any) -> tuple[Any, Any]:
        rest = dtype(np.fmod(x, y))
        if y == zero:
            return x / y, rest
        quotient = (x - rest) / y
        if rest == zero:
            rest = dtype(math.copysign(zero, y))
        elif (y < zero) != (rest < zero):
            rest += y
            quotient -= one
        if quotient == zero:
            return dtype(math.copysign(zero, x / y)), rest
        whole = dtype(np.floor(quotient))
        return (whole + one if quotient - whole > half else whole), rest

    return divide


_divide4, _divide8 = _quotient_and_rest(np.float32), _quotient_and_rest(np.float64)


@_scalar
def floor_divide_float32(x: f4, y: f4) -> f4:
    return f4(_divide4(x, y)[0])


@_scalar
def floor_divide_float64(x: f8, y: f8) -> f8:
    return f8(_divide8(x, y)[0])


@_scalar
def mod_float32(x: f4, y: f4) -> f4:
    return f4(_divide4(x, y)[1])


@_scalar
def mod_float64(x: f8, y: f8) -> f8:
    return f8(_divide8(x, y)[1])
