"""TimeDistributed over convolutions and models, Bidirectional merge modes, a Wrapper of one's own (weight norm, concrete-dropout style)."""
import numpy as np
np.random.seed(41)
from keras import backend as K
from keras.engine import InputSpec
from keras.layers import Input, TimeDistributed, Bidirectional, LSTM, GRU, Dense, Conv2D, Flatten, MaxPooling2D
from keras.layers.wrappers import Wrapper
from keras.models import Model, Sequential

v = np.random.rand(3, 4, 6, 6, 1)
i = Input((4, 6, 6, 1))
conv = Conv2D(2, 3, activation='relu')
t = TimeDistributed(conv)(i)
assert K.int_shape(t) == (None, 4, 4, 4, 2)
one = Input((6, 6, 1))
m = Model(i, t)
single = Model(one, conv(one))
out = m.predict(v)
for s in range(4):
    assert np.allclose(out[:, s], single.predict(v[:, s]), atol=1e-5)
cnn = Sequential([Conv2D(2, 3, input_shape=(6, 6, 1)), MaxPooling2D(), Flatten(), Dense(3)])
seq = Model(i, Dense(1)(LSTM(4)(TimeDistributed(cnn)(i))))
seq.compile('adam', 'mse')
w = cnn.get_weights()[0].copy()
seq.fit(v, np.ones(3), epochs=2, verbose=0)
assert not np.array_equal(w, cnn.get_weights()[0])

x = np.random.randn(5, 7, 2)
j = Input((7, 2))
for mode in ('sum', 'mul', 'concat', 'ave', None):
    b = Bidirectional(GRU(3, return_sequences=True), merge_mode=mode)
    o = b(j)
    m = Model(j, o)
    f = Model(j, b.forward_layer(j)).predict(x)
    k = Model(j, b.backward_layer(j)).predict(x)[:, ::-1]
    got = m.predict(x)
    want = {'sum': f + k, 'mul': f * k, 'concat': np.concatenate([f, k], -1), 'ave': (f + k) / 2, None: None}[mode]
    if mode is None:
        assert np.allclose(got[0], f, atol=1e-5) and np.allclose(got[1], k, atol=1e-5)
    else:
        assert np.allclose(got, want, atol=1e-5), mode
b = Bidirectional(LSTM(3, return_state=True))
o = b(j)
assert len(o) == 5
p = Model(j, o).predict(x)
assert np.allclose(p[0], np.concatenate([p[1], p[3]], 1), atol=1e-6)


class WeightScale(Wrapper):
    """Scales the kernel of the wrapped layer by a learned number; penalises the number."""
    def __init__(self, layer, **kw):
        super(WeightScale, self).__init__(layer, **kw)
        self.supports_masking = True

    def build(self, input_shape=None):
        self.input_spec = InputSpec(min_ndim=2)
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        super(WeightScale, self).build()
        self.scale = self.layer.add_weight(name='scale', shape=(1,), initializer='ones')
        self.layer.add_loss(.1 * K.sum(K.square(self.scale)))

    def compute_output_shape(self, s):
        return self.layer.compute_output_shape(s)

    def call(self, inputs):
        return self.layer.call(inputs * self.scale)


q = Input((4,))
wl = WeightScale(Dense(2, activation='tanh'))
m = Model(q, wl(q))
assert len(m.trainable_weights) == 3, [t.name for t in m.trainable_weights]
m.compile('sgd', 'mse')
z = np.random.randn(6, 4)
loss = m.test_on_batch(z, m.predict(z))
assert abs(loss - .1) < 1e-4, loss
m.train_on_batch(z, m.predict(z))
assert wl.get_weights()[0].shape and abs(float(K.get_value(wl.scale)[0]) - 1) > 1e-4
r = TimeDistributed(Dense(3, kernel_regularizer='l2'))
mm = Model(j, r(j))
assert len(mm.losses) == 1
mm.compile('sgd', 'mse')
l = mm.test_on_batch(x, mm.predict(x))
assert abs(l - .01 * (mm.get_weights()[0] ** 2).sum()) < 1e-5
print('OK')
