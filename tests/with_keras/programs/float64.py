"""K.set_floatx('float64'): weights, predictions, gradients and training in double; float16 variables; epsilon."""
import numpy as np
np.random.seed(39)
from keras import backend as K
K.set_floatx('float64')
from keras.layers import Dense, Conv1D, LSTM, Input, Flatten, Dropout, concatenate
from keras.models import Model
from keras.optimizers import SGD

assert K.floatx() == 'float64'
i = Input((6, 2))
assert K.dtype(i) == 'float64'
h = Conv1D(4, 3, activation='tanh')(i)
h = Flatten()(h)
l = LSTM(3)(i)
h = concatenate([h, l])
o = Dense(2)(h)
m = Model(i, o)
assert all(w.dtype == np.float64 for w in m.get_weights())
x, y = np.random.randn(10, 6, 2), np.random.randn(10, 2)
m.compile(SGD(.1), 'mse')
p = m.predict(x)
assert p.dtype == np.float64
loss = m.test_on_batch(x, y)
assert abs(loss - ((p - y) ** 2).mean()) < 1e-12
w = m.get_weights()
g = K.function([i], K.gradients(K.mean(K.square(m.output - K.constant(y))), m.trainable_weights))([x])
for k in range(len(w)):
    idx = tuple(s // 2 for s in w[k].shape)
    v = []
    for e in (1e-5, -1e-5):
        c = [a.copy() for a in w]
        c[k][idx] += e
        m.set_weights(c)
        v.append(float(m.test_on_batch(x, y)))
    assert abs((v[0] - v[1]) / 2e-5 - g[k][idx]) < 1e-8, k
m.set_weights(w)
m.train_on_batch(x, y)
for a, b, d in zip(w, m.get_weights(), g):
    assert np.allclose(b, a - .1 * d, atol=1e-9)
j = Input((4,))
n = Model(j, Dense(1)(Dropout(.1)(Dense(3, activation='elu')(j))))
n.compile('adam', 'mae', metrics=['mse'])
hist = n.fit(np.random.randn(20, 4), np.random.randn(20), epochs=2, verbose=0)
assert np.isfinite(hist.history['loss']).all()
old = K.epsilon()
K.set_epsilon(1e-3)
assert K.epsilon() == 1e-3
K.set_epsilon(old)
assert K.cast_to_floatx(np.ones(2, 'float32')).dtype == np.float64
assert K.eval(K.variable(np.ones(3), dtype='float16')).dtype == np.float16
K.set_floatx('float32')
assert K.eval(K.ones((2,))).dtype == np.float32
print('OK')
