"""Masking and mask_zero: padding changes nothing, masked losses, compute_mask through layers, masked custom pooling."""
import numpy as np
np.random.seed(11)
from keras import backend as K
from keras.engine import Layer
from keras.layers import Input, Masking, LSTM, GRU, SimpleRNN, Dense, Embedding, TimeDistributed, Dropout, Activation
from keras.layers import Concatenate, Bidirectional
from keras.models import Model, Sequential
from keras.preprocessing.sequence import pad_sequences

seqs = [np.random.randn(n, 2) for n in (3, 6, 1, 4)]
short = pad_sequences(seqs, maxlen=6, dtype='float32', padding='post', value=-1.)
long = pad_sequences(seqs, maxlen=9, dtype='float32', padding='post', value=-1.)
for rnn in (LSTM, GRU, SimpleRNN):
    m = Sequential([Masking(mask_value=-1., input_shape=(None, 2)), rnn(4, activation='tanh'), Dense(1)])
    a, b = m.predict(short), m.predict(long)
    assert np.allclose(a, b, atol=1e-5), rnn
    one = m.predict(seqs[0][None])
    assert np.allclose(one, a[:1], atol=1e-5)


class MeanOverTime(Layer):
    def __init__(self, **kw):
        self.supports_masking = True
        super(MeanOverTime, self).__init__(**kw)

    def compute_mask(self, inputs, mask=None):
        return None

    def call(self, x, mask=None):
        if mask is None:
            return K.mean(x, axis=1)
        w = K.cast(mask, K.floatx())
        return K.sum(x * K.expand_dims(w), axis=1) / K.sum(w, axis=1, keepdims=True)

    def compute_output_shape(self, s):
        return s[0], s[2]


ids = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])
i = Input((5,), dtype='int32')
e = Embedding(7, 3, mask_zero=True)
t = Activation('tanh')(Dropout(0.5)(TimeDistributed(Dense(4))(e(i))))
m = Model(i, MeanOverTime()(t))
emb = m.layers[1].get_weights()[0]
k, bias = m.layers[2].get_weights()
h = np.tanh(emb[ids].dot(k) + bias)
want = np.array([h[0, :3].mean(0), h[1, :2].mean(0)])
assert np.allclose(m.predict(ids), want, atol=1e-5)

y = np.random.randint(0, 2, (2, 5, 1))
out = TimeDistributed(Dense(1, activation='sigmoid'))(Bidirectional(LSTM(3, return_sequences=True))(e(i)))
m = Model(i, out)
m.compile('sgd', 'binary_crossentropy', metrics=['acc'])
p = m.predict(ids).astype('float64')
bce = -(y * np.log(p) + (1 - y) * np.log(1 - p))[..., 0]
mask = ids != 0
got = m.test_on_batch(ids, y)
assert np.allclose(got[0], (bce * mask).mean(), atol=1e-4), (got, (bce * mask).mean())
hits = ((p > .5) == y)[..., 0]
assert np.allclose(got[1], hits[mask].mean(), atol=1e-4)
y2 = np.where(mask[..., None], y, 1 - y)
a = m.test_on_batch(ids, y2)
assert np.allclose(a, got, atol=1e-5)
l0 = m.train_on_batch(ids, y)[0]
for _ in range(30):
    l1 = m.train_on_batch(ids, y)[0]
assert l1 < l0
f = K.function([i], [e.compute_mask(i)])
assert (f([ids])[0].astype(bool) == mask).all()
print('OK')
