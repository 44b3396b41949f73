"""class_weight, sample_weight, temporal sample weights, weighted metrics."""
import numpy as np
np.random.seed(10)
from keras.models import Sequential
from keras.layers import Dense, LSTM, TimeDistributed
from keras.optimizers import SGD

x = np.random.randn(300, 4).astype('float32')
y = np.zeros((300, 1))
y[:30] = 1                      # labels are pure noise: the prior decides
rec = {}
for name, cw in [('plain', None), ('weighted', {0: 1., 1: 9.})]:
    m = Sequential([Dense(1, activation='sigmoid', input_dim=4, kernel_initializer='zeros')])
    m.compile(SGD(0.5), 'binary_crossentropy')
    m.fit(x, y, epochs=30, class_weight=cw, batch_size=300, verbose=0)
    rec[name] = m.predict(x).mean()
assert rec['plain'] < 0.2 and 0.4 < rec['weighted'] < 0.6, rec

m = Sequential([Dense(2, activation='softmax', input_dim=4)])
m.compile('sgd', 'categorical_crossentropy', metrics=['acc'], weighted_metrics=['acc', 'mse'])
t = np.eye(2)[np.random.randint(0, 2, 50)]
sw = np.random.rand(50)
p = m.predict(x[:50])
ce = -np.log((p * t).sum(1))
hit = (p.argmax(1) == t.argmax(1)).astype(float)
got = m.test_on_batch(x[:50], t, sample_weight=sw)
assert len(got) == len(m.metrics_names) == 4, m.metrics_names
assert np.allclose(got[0], (ce * sw).mean(), atol=1e-4), (got, (ce * sw).mean())
assert np.allclose(got[1], hit.mean(), atol=1e-4)
assert np.allclose(got[2], (hit * sw).sum() / sw.sum(), atol=1e-4)
assert np.allclose(got[3], (((p - t) ** 2).mean(1) * sw).sum() / sw.sum(), atol=1e-4)
e = m.evaluate(x[:50], t, sample_weight=sw, batch_size=25, verbose=0)
assert np.allclose(e[1:], got[1:], atol=1e-4)

s = np.random.randn(12, 5, 2)
target = np.random.randn(12, 5, 1)
r = Sequential([LSTM(3, return_sequences=True, input_shape=(5, 2)), TimeDistributed(Dense(1))])
r.compile('adam', 'mse', sample_weight_mode='temporal')
tw = (np.random.rand(12, 5) > 0.5).astype(float)
p = r.predict(s)
got = r.test_on_batch(s, target, sample_weight=tw)
assert np.allclose(got, (((p - target) ** 2)[..., 0] * tw).mean(), atol=1e-4)
r.fit(s, target, sample_weight=tw, epochs=2, verbose=0, validation_data=(s, target, tw))
print('OK')
