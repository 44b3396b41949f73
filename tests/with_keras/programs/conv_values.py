"""Convolution layers against slow numpy: strides, same, causal, dilation, transpose, separable, 3-D, local."""
import numpy as np
np.random.seed(43)
from keras import layers as L
from keras.models import Sequential


def conv(x, k, s, pad, dil):
    """x (n, *spatial, c), any rank"""
    r = x.ndim - 2
    eff = [(k.shape[d] - 1) * dil[d] + 1 for d in range(r)]
    if pad == 'same':
        pads = [(0, 0)]
        for d in range(r):
            out = -(-x.shape[1 + d] // s[d])
            tot = max((out - 1) * s[d] + eff[d] - x.shape[1 + d], 0)
            pads.append((tot // 2, tot - tot // 2))
        x = np.pad(x, pads + [(0, 0)], 'constant')
    elif pad == 'causal':
        x = np.pad(x, [(0, 0), (eff[0] - 1, 0), (0, 0)], 'constant')
    dims = [(x.shape[1 + d] - eff[d]) // s[d] + 1 for d in range(r)]
    y = np.zeros([x.shape[0]] + dims + [k.shape[-1]])
    for at in np.ndindex(*dims):
        for of in np.ndindex(*k.shape[:r]):
            pos = tuple(a * q + o * e for a, q, o, e in zip(at, s, of, dil))
            y[(slice(None),) + at] += x[(slice(None),) + pos].dot(k[of])
    return y


def run(layer, x):
    m = Sequential([layer])
    m.build(x.shape) if not m.built else None
    return m.predict(x), layer.get_weights()


x1, x2, x3 = np.random.randn(2, 9, 3), np.random.randn(2, 7, 6, 2), np.random.randn(2, 5, 4, 6, 2)
for x, cls, size, s, pad, dil in [
        (x1, L.Conv1D, (3,), (1,), 'valid', (1,)), (x1, L.Conv1D, (4,), (2,), 'same', (1,)), (x1, L.Conv1D, (3,), (1,), 'causal', (2,)),
        (x1, L.Conv1D, (2,), (1,), 'same', (3,)), (x2, L.Conv2D, (3, 2), (1, 1), 'valid', (1, 1)), (x2, L.Conv2D, (3, 3), (2, 2), 'same', (1, 1)),
        (x2, L.Conv2D, (2, 4), (2, 3), 'same', (1, 1)), (x2, L.Conv2D, (2, 2), (1, 1), 'same', (2, 3)), (x2, L.Conv2D, (3, 3), (2, 1), 'valid', (1, 1)),
        (x3, L.Conv3D, (2, 3, 2), (1, 1, 1), 'valid', (1, 1, 1)), (x3, L.Conv3D, (3, 2, 3), (2, 1, 2), 'same', (1, 1, 1))]:
    lay = cls(4, size, strides=s, padding=pad, dilation_rate=dil, input_shape=x.shape[1:], bias_initializer='random_normal')
    got, (k, b) = run(lay, x)
    want = conv(x, k, s, pad, dil) + b
    assert got.shape == want.shape and np.allclose(got, want, atol=1e-4), (cls, size, s, pad, dil)

lay = L.DepthwiseConv2D(3, depth_multiplier=2, padding='same', strides=2, input_shape=(7, 6, 2), use_bias=False)
got, (k,) = run(lay, x2)
want = np.concatenate([conv(x2[..., c:c + 1], k[:, :, c:c + 1], (2, 2), 'same', (1, 1)) for c in range(2)], -1)
assert np.allclose(got, want, atol=1e-4)
lay = L.SeparableConv2D(3, 3, depth_multiplier=2, input_shape=(7, 6, 2))
got, (k, pw, b) = run(lay, x2)
mid = np.concatenate([conv(x2[..., c:c + 1], k[:, :, c:c + 1], (1, 1), 'valid', (1, 1)) for c in range(2)], -1)
assert np.allclose(got, mid.dot(pw[0, 0]) + b, atol=1e-4)

for pad, s, size in [('valid', 2, 3), ('same', 2, 3), ('valid', 1, 2), ('same', 3, 2), ('valid', 2, 1)]:
    lay = L.Conv2DTranspose(3, size, strides=s, padding=pad, input_shape=(7, 6, 2), use_bias=False)
    got, (k,) = run(lay, x2)
    full = np.zeros((2, 6 * s + max(size, s), 5 * s + max(size, s), 3))
    for a, c in np.ndindex(7, 6):
        full[:, a * s:a * s + size, c * s:c * s + size] += np.einsum('ni,hwoi->nhwo', x2[:, a, c], k)
    if pad == 'same':
        cut = max(size - s, 0) // 2
        full = full[:, cut:cut + 7 * s, cut:cut + 6 * s]
    assert got.shape == full.shape, (pad, s, size, got.shape, full.shape)
    assert np.allclose(got, full, atol=1e-4), (pad, s, size)

lay = L.LocallyConnected1D(4, 3, strides=2, input_shape=(9, 3))
got, (k, b) = run(lay, x1)
want = np.stack([x1[:, 2 * t:2 * t + 3].reshape(2, -1).dot(k[t]) + b[t] for t in range(4)], 1)
assert np.allclose(got, want, atol=1e-4)
lay = L.LocallyConnected2D(3, (2, 3), input_shape=(7, 6, 2))
got, (k, b) = run(lay, x2)
want = np.zeros_like(got)
for a, c in np.ndindex(6, 4):
    want[:, a, c] = x2[:, a:a + 2, c:c + 3].reshape(2, -1).dot(k[a * 4 + c]) + b[a, c]
assert np.allclose(got, want, atol=1e-4)
print('OK')
