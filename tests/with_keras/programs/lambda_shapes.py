"""Lambda layers that change the shape, with output_shape as tuple and as function, with arguments, several inputs."""
import numpy as np
np.random.seed(5)
from keras import backend as K
from keras.layers import Input, Lambda, Dense, Conv2D, Reshape, concatenate
from keras.models import Model


def slice_shape(s):
    return (s[0], s[1] - 2, s[2])


def euclid(vects):
    a, b = vects
    return K.sqrt(K.maximum(K.sum(K.square(a - b), axis=1, keepdims=True), K.epsilon()))


def dist_shape(shapes):
    return (shapes[0][0], 1)


x = Input((6, 4))
crop = Lambda(lambda t: t[:, 1:-1, :], output_shape=slice_shape)(x)
assert K.int_shape(crop) == (None, 4, 4)
last = Lambda(lambda t: t[:, -1], output_shape=(4,))(x)
first = Lambda(lambda t: t[:, 0, :], output_shape=lambda s: (s[0], s[2]))(x)
swap = Lambda(lambda t: K.permute_dimensions(t, (0, 2, 1)), output_shape=(4, 6))(x)
mean = Lambda(lambda t: K.mean(t, axis=1), output_shape=lambda s: (s[0],) + s[2:])(x)
power = Lambda(lambda t, n: t ** n, output_shape=(6, 4), arguments={'n': 3})(x)
d = Lambda(euclid, output_shape=dist_shape)([first, last])
flat = Lambda(K.batch_flatten, output_shape=(24,))(x)
exp = Lambda(lambda t: K.expand_dims(t, -1), output_shape=(6, 4, 1))(x)
rep = Lambda(lambda t: K.repeat_elements(t, 2, axis=1), output_shape=(12, 4))(x)
stack = Lambda(lambda ts: K.stack(ts, axis=1), output_shape=(2, 4))([first, last])
model = Model(x, [crop, last, first, swap, mean, power, d, flat, exp, rep, stack])
v = np.random.randn(9, 6, 4).astype('float32')
got = model.predict(v, batch_size=4)
want = [v[:, 1:-1], v[:, -1], v[:, 0], v.transpose(0, 2, 1), v.mean(1), v ** 3,
        np.sqrt(((v[:, 0] - v[:, -1]) ** 2).sum(1, keepdims=True)), v.reshape(9, 24), v[..., None],
        np.repeat(v, 2, axis=1), np.stack([v[:, 0], v[:, -1]], 1)]
for g, w, s in zip(got, want, model.output_shape):
    assert g.shape == w.shape, (g.shape, w.shape)
    assert s[1:] == w.shape[1:], (s, w.shape)
    assert np.allclose(g, w, atol=1e-4)

c = Conv2D(3, 2, activation='relu')(exp)
c = Lambda(lambda t: K.max(t, axis=(1, 2)), output_shape=(3,))(c)
h = concatenate([c, d, Dense(5)(mean)])
assert K.int_shape(h) == (None, 9)
out = Dense(1)(h)
net = Model(x, out)
net.compile('adam', 'mse')
K.set_value(net.optimizer.lr, 0.02)
big = np.random.randn(200, 6, 4)
y = big.mean((1, 2))[:, None]
hist = net.fit(big, y, epochs=15, verbose=0).history['loss']
assert hist[-1] < 0.3 * hist[0], hist
print('OK')
