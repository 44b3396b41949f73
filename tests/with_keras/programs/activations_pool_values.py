"""Activations, advanced activations, poolings, merges and core layers against numpy."""
import numpy as np
np.random.seed(44)
from keras import backend as K
from keras import layers as L
from keras import activations
from keras.layers import Input
from keras.models import Model

x = np.random.randn(4, 6).astype('float32') * 2


def apply(layer, *arrays):
    ins = [Input(a.shape[1:]) for a in arrays]
    return Model(ins, layer(ins if len(ins) > 1 else ins[0])).predict(list(arrays))


sig = lambda v: 1 / (1 + np.exp(-v))
soft = lambda v, ax=-1: np.exp(v) / np.exp(v).sum(ax, keepdims=True)
a, s = 1.6732632423543772, 1.0507009873554805
for name, want in [('softmax', soft(x)), ('elu', np.where(x > 0, x, np.exp(x) - 1)), ('selu', s * np.where(x > 0, x, a * (np.exp(x) - 1))),
                   ('softplus', np.log1p(np.exp(x))), ('softsign', x / (1 + abs(x))), ('relu', np.maximum(x, 0)), ('tanh', np.tanh(x)),
                   ('sigmoid', sig(x)), ('hard_sigmoid', np.clip(.2 * x + .5, 0, 1)), ('exponential', np.exp(x)), ('linear', x)]:
    assert np.allclose(apply(L.Activation(name), x), want, rtol=1e-4, atol=1e-5), name
    assert np.allclose(K.eval(activations.get(name)(K.constant(x))), want, rtol=1e-4, atol=1e-5), name
for layer, want in [(L.LeakyReLU(.1), np.where(x > 0, x, .1 * x)), (L.ELU(.5), np.where(x > 0, x, .5 * (np.exp(x) - 1))),
                    (L.ThresholdedReLU(.7), np.where(x > .7, x, 0)), (L.ReLU(1.), np.clip(x, 0, 1)),
                    (L.ReLU(2., .1, .5), np.where(x >= 2, 2, np.where(x >= .5, x, .1 * (x - .5)))),
                    (L.PReLU(alpha_initializer='ones'), np.abs(x) * np.sign(x)), (L.PReLU(), np.maximum(x, 0))]:
    assert np.allclose(apply(layer, x), want, atol=1e-5), layer
assert np.allclose(apply(L.Softmax(axis=1), np.tile(x[:, :, None], (1, 1, 3))).sum(1), 1, atol=1e-5)

v = np.random.randn(2, 7, 5, 2).astype('float32')


def pool(v, size, stride, pad, op):
    n, H, W, c = v.shape
    if pad == 'same':
        oh, ow = -(-H // stride), -(-W // stride)
        ph, pw = max((oh - 1) * stride + size - H, 0), max((ow - 1) * stride + size - W, 0)
        v = np.pad(v, [(0, 0), (ph // 2, ph - ph // 2), (pw // 2, pw - pw // 2), (0, 0)], 'constant', constant_values=np.nan)
    else:
        oh, ow = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.zeros((n, oh, ow, c))
    for i, j in np.ndindex(oh, ow):
        out[:, i, j] = op(v[:, i * stride:i * stride + size, j * stride:j * stride + size], axis=(1, 2))
    return out


for pad in ('valid', 'same'):
    for size, stride in [(2, 2), (3, 2), (3, 1), (2, 3)]:
        assert np.allclose(apply(L.MaxPooling2D(size, stride, pad), v), pool(v, size, stride, pad, np.nanmax), atol=1e-5)
        assert np.allclose(apply(L.AveragePooling2D(size, stride, pad), v), pool(v, size, stride, pad, np.nanmean), atol=1e-5), (pad, size, stride)
assert np.allclose(apply(L.GlobalMaxPooling2D(), v), v.max((1, 2)))
assert np.allclose(apply(L.GlobalAveragePooling1D(), v[:, :, 0]), v[:, :, 0].mean(1), atol=1e-6)
p, q, r = [np.random.randn(3, 4, 2).astype('float32') for _ in range(3)]
assert np.allclose(apply(L.Add(), p, q, r), p + q + r, atol=1e-5)
assert np.allclose(apply(L.Subtract(), p, q), p - q, atol=1e-6)
assert np.allclose(apply(L.Multiply(), p, q, r), p * q * r, atol=1e-5)
assert np.allclose(apply(L.Average(), p, q, r), (p + q + r) / 3, atol=1e-5)
assert np.allclose(apply(L.Maximum(), p, q), np.maximum(p, q)) and np.allclose(apply(L.Minimum(), p, q), np.minimum(p, q))
assert np.allclose(apply(L.Concatenate(axis=1), p, q), np.concatenate([p, q], 1))
assert np.allclose(apply(L.Dot(axes=2), p, q), np.einsum('nic,njc->nij', p, q), atol=1e-5)
assert np.allclose(apply(L.Dot(axes=1), p, q), np.einsum('nic,nid->ncd', p, q), atol=1e-5)
n = lambda t: t / np.sqrt((t ** 2).sum(1, keepdims=True))
assert np.allclose(apply(L.Dot(axes=1, normalize=True), p[:, :, 0], q[:, :, 0]), (n(p[:, :, 0]) * n(q[:, :, 0])).sum(1, keepdims=True), atol=1e-5)
assert np.allclose(apply(L.Add(), p, q[:, :1]), p + q[:, :1], atol=1e-6)
assert np.allclose(apply(L.Permute((3, 1, 2)), v), v.transpose(0, 3, 1, 2))
assert np.allclose(apply(L.RepeatVector(3), x), np.repeat(x[:, None], 3, 1))
assert np.allclose(apply(L.Reshape((-1, 2)), x), x.reshape(4, 3, 2))
assert np.allclose(apply(L.UpSampling2D((2, 3)), v), v.repeat(2, 1).repeat(3, 2))
assert np.allclose(apply(L.ZeroPadding2D(((1, 0), (2, 1))), v), np.pad(v, [(0, 0), (1, 0), (2, 1), (0, 0)], 'constant'))
assert np.allclose(apply(L.Cropping2D(((1, 2), (0, 1))), v), v[:, 1:-2, :-1])
m = apply(L.Masking(9.), np.where(np.arange(4)[None, :, None] == 2, 9., p))
assert np.allclose(m[:, 2], 0) and np.allclose(m[:, :2], p[:, :2])
print('OK')
