"""K.rnn with a step of one's own in a custom layer; an RNN over a custom cell; StackedRNNCells; constants; go_backwards."""
import numpy as np
np.random.seed(27)
from keras import backend as K
from keras.layers import Input, RNN, Layer, Dense, StackedRNNCells, LSTMCell, GRUCell, SimpleRNNCell
from keras.models import Model


class Leaky(Layer):
    """h = a h + x w, by K.rnn"""
    def build(self, s):
        self.w = self.add_weight(name='w', shape=(s[-1], 3), initializer='glorot_uniform')
        self.a = self.add_weight(name='a', shape=(3,), initializer='ones')
        self.built = True

    def call(self, x, mask=None):
        def step(inp, states):
            h = states[0] * self.a * .5 + K.dot(inp, self.w)
            return h, [h]
        zero = K.zeros_like(K.dot(x[:, 0], self.w))
        last, outs, states = K.rnn(step, x, [zero])
        return outs

    def compute_output_shape(self, s):
        return s[0], s[1], 3


class MinimalCell(Layer):
    def __init__(self, units, **kw):
        self.units = self.state_size = units
        super(MinimalCell, self).__init__(**kw)

    def build(self, s):
        s = s[0] if isinstance(s, list) else s
        self.k = self.add_weight(shape=(s[-1], self.units), initializer='uniform', name='k')
        self.r = self.add_weight(shape=(self.units, self.units), initializer='uniform', name='r')
        self.built = True

    def call(self, inputs, states, constants=None):
        out = K.dot(inputs, self.k) + K.dot(states[0], self.r)
        if constants is not None:
            out += constants[0]
        return out, [out]

    def get_config(self):
        return dict(super(MinimalCell, self).get_config(), units=self.units)


class PlainCell(MinimalCell):
    def call(self, inputs, states):
        return super(PlainCell, self).call(inputs, states)


x = np.random.randn(4, 6, 2)
i = Input((6, 2))
m = Model(i, Leaky()(i))
w, a = m.get_weights()
h, outs = np.zeros((4, 3)), []
for t in range(6):
    h = h * a * .5 + x[:, t].dot(w)
    outs.append(h)
assert np.allclose(m.predict(x), np.stack(outs, 1), atol=1e-5)
m.compile('adam', 'mse')
l0 = m.train_on_batch(x, np.zeros((4, 6, 3)))
for _ in range(40):
    l1 = m.train_on_batch(x, np.zeros((4, 6, 3)))
assert l1 < l0

c = Input((5,))
lay = RNN(MinimalCell(5), return_sequences=True, return_state=True, go_backwards=True)
o = lay(i, constants=c)
m = Model([i, c], o)
k, r = m.get_weights()
cv = np.random.randn(4, 5)
h, outs = np.zeros((4, 5)), []
for t in range(5, -1, -1):
    h = x[:, t].dot(k) + h.dot(r) + cv
    outs.append(h)
seq, last = m.predict([x, cv])
assert np.allclose(seq, np.stack(outs, 1), atol=1e-5) and np.allclose(last, h, atol=1e-5)
conf = RNN.from_config(lay.get_config(), custom_objects={'MinimalCell': MinimalCell})
assert conf.cell.units == 5 and conf.go_backwards

stack = RNN([PlainCell(4), LSTMCell(3), GRUCell(2), SimpleRNNCell(3)], return_state=True)
o = stack(i)
m = Model(i, o)
p = m.predict(x)
assert [q.shape for q in p] == [(4, 3), (4, 4), (4, 3), (4, 3), (4, 2), (4, 3)] or len(p) == 6, [q.shape for q in p]
un = RNN(StackedRNNCells([PlainCell(4), PlainCell(2)]), unroll=True)
ro = RNN(StackedRNNCells([PlainCell(4), PlainCell(2)]))
mu, mr = Model(i, un(i)), Model(i, ro(i))
mr.set_weights(mu.get_weights())
assert np.allclose(mu.predict(x), mr.predict(x), atol=1e-6)

ph = K.variable(x)
mask = K.variable(np.array([[1, 1, 0, 1, 0, 0]] * 4))
last, outs, st = K.rnn(lambda v, s: (v + s[0], [v + s[0]]), ph, [K.zeros((4, 2))], mask=mask)
kept = x * np.array([1, 1, 0, 1, 0, 0])[None, :, None]
assert np.allclose(K.eval(last), kept.sum(1), atol=1e-5)
assert np.allclose(K.eval(outs), np.cumsum(kept, 1), atol=1e-5)
print('OK')
