"""Attention: softmax over time, Permute/RepeatVector/multiply idiom, an own layer with K.batch_dot, positions, a transformer-like block."""
import numpy as np
np.random.seed(35)
from keras import backend as K
from keras import initializers
from keras.activations import softmax
from keras.engine import Layer
from keras.layers import Input, LSTM, Dense, Permute, Reshape, Flatten, Activation, RepeatVector, multiply, Lambda, dot, concatenate, add
from keras.layers import GlobalMaxPooling1D, TimeDistributed
from keras.models import Model


class Attention(Layer):
    def __init__(self, **kw):
        self.init = initializers.get('normal')
        self.supports_masking = True
        super(Attention, self).__init__(**kw)

    def build(self, s):
        self.W = self.add_weight(name='W', shape=(s[-1], 1), initializer=self.init)
        self.b = self.add_weight(name='b', shape=(s[1], 1), initializer='zeros')
        super(Attention, self).build(s)

    def call(self, x, mask=None):
        et = K.squeeze(K.tanh(K.dot(x, self.W) + self.b), axis=-1)
        at = K.exp(et)
        if mask is not None:
            at *= K.cast(mask, K.floatx())
        at /= K.cast(K.sum(at, axis=1, keepdims=True) + K.epsilon(), K.floatx())
        return K.sum(x * K.expand_dims(at), axis=1)

    def compute_mask(self, x, mask=None):
        return None

    def compute_output_shape(self, s):
        return (s[0], s[-1])


class LayerNorm(Layer):
    def build(self, s):
        self.g = self.add_weight(name='g', shape=s[-1:], initializer='ones')
        self.b = self.add_weight(name='b', shape=s[-1:], initializer='zeros')
        super(LayerNorm, self).build(s)

    def call(self, x):
        mean = K.mean(x, axis=-1, keepdims=True)
        std = K.std(x, axis=-1, keepdims=True)
        return self.g * (x - mean) / (std + 1e-6) + self.b


class SelfAttention(Layer):
    def __init__(self, heads, size, **kw):
        self.heads, self.size = heads, size
        super(SelfAttention, self).__init__(**kw)

    def build(self, s):
        self.w = [self.add_weight(name='w%d' % k, shape=(s[-1], self.heads * self.size), initializer='glorot_uniform') for k in range(3)]
        super(SelfAttention, self).build(s)

    def call(self, x):
        def split(t):
            t = K.reshape(t, (-1, K.shape(t)[1], self.heads, self.size))
            t = K.permute_dimensions(t, (0, 2, 1, 3))
            return K.reshape(t, (-1, K.shape(t)[2], self.size))
        q, k, v = [split(K.dot(x, w)) for w in self.w]
        a = K.batch_dot(q, k, axes=[2, 2]) / self.size ** .5
        a = K.softmax(a)
        o = K.batch_dot(a, v, axes=[2, 1])
        o = K.reshape(o, (-1, self.heads, K.shape(o)[1], self.size))
        o = K.permute_dimensions(o, (0, 2, 1, 3))
        return K.reshape(o, (-1, K.shape(o)[1], self.heads * self.size))

    def compute_output_shape(self, s):
        return (s[0], s[1], self.heads * self.size)


n, T = 300, 7
x = np.random.randn(n, T, 4)
pos = np.random.randint(0, T, n)
x[:, :, 0] = -1
x[np.arange(n), pos, 0] = 2
y = x[np.arange(n), pos, 1:2]

i = Input((T, 4))
h = Dense(8, activation='tanh')(i)
score = Flatten()(Dense(1)(h))
alpha = Activation('softmax', name='alpha')(score)
rep = Permute((2, 1))(RepeatVector(4)(alpha))
ctx = Lambda(lambda t: K.sum(t, axis=1), output_shape=(4,))(multiply([i, rep]))
m = Model(i, Dense(1)(ctx))
m.compile('adam', 'mse')
K.set_value(m.optimizer.lr, .02)
m.fit(x, y, epochs=60, batch_size=30, verbose=0)
al = Model(i, alpha).predict(x)
assert np.allclose(al.sum(1), 1, atol=1e-5)
assert (al.argmax(1) == pos).mean() > .9
m = Model(i, Dense(1)(Attention()(LSTM(6, return_sequences=True)(i))))
m.compile('rmsprop', 'mse')
hist = m.fit(x, y, epochs=4, verbose=0).history['loss']
assert hist[-1] < hist[0]

soft1 = Lambda(lambda t: softmax(t, axis=1), output_shape=(T, 4))(i)
assert np.allclose(Model(i, soft1).predict(x).sum(1), 1, atol=1e-5)
q = Dense(4)(i)
att = Activation('softmax')(dot([q, i], axes=[2, 2]))
assert K.int_shape(att) == (None, T, T)
mixed = dot([att, i], axes=[2, 1])
mm = Model(i, [q, mixed])
qv, mv = mm.predict(x[:5])
s = np.einsum('btc,bsc->bts', qv, x[:5])
e = np.exp(s - s.max(-1, keepdims=True))
assert np.allclose(mv, np.einsum('bts,bsc->btc', e / e.sum(-1, keepdims=True), x[:5]), atol=1e-4)

sa = SelfAttention(2, 2)
block = LayerNorm()(add([i, sa(i)]))
block = LayerNorm()(add([block, TimeDistributed(Dense(4))(Dense(8, activation='relu')(block))]))
raw = Model(i, sa(i)).predict(x[:3])
qw, kw, vw = [w.reshape(4, 2, 2) for w in sa.get_weights()]
qq, kk, vv = [np.einsum('btc,chd->bhtd', x[:3], w) for w in (qw, kw, vw)]
s = np.einsum('bhtd,bhsd->bhts', qq, kk) / 2 ** .5
s = np.exp(s) / np.exp(s).sum(-1, keepdims=True)
want = np.einsum('bhts,bhsd->bthd', s, vv).reshape(3, T, 4)
assert np.allclose(raw, want, atol=1e-4)
t = Model(i, Dense(1)(GlobalMaxPooling1D()(block)))
t.compile('adam', 'mse')
hist = t.fit(x, y, epochs=5, verbose=0).history['loss']
assert hist[-1] < hist[0]
print('OK')
