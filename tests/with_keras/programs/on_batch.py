"""The hand-made loop: train_on_batch, test_on_batch, predict_on_batch against SGD in numpy."""
import numpy as np
np.random.seed(9)
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD

m = Sequential([Dense(4, activation='sigmoid', input_dim=3), Dense(2)])
m.compile(SGD(lr=0.1, momentum=0.5), 'mse', metrics=['mae'])
assert m.metrics_names == ['loss', 'mae']
w1, b1, w2, b2 = [w.astype('float64') for w in m.get_weights()]
params = [w1, b1, w2, b2]
vel = [np.zeros_like(p) for p in params]
x = np.random.randn(16, 3)
y = np.random.randn(16, 2)
for step in range(20):
    h = 1 / (1 + np.exp(-(x.dot(params[0]) + params[1])))
    out = h.dot(params[2]) + params[3]
    loss = ((out - y) ** 2).mean()
    mae = np.abs(out - y).mean()
    t = m.test_on_batch(x, y)
    assert np.allclose(t, [loss, mae], atol=1e-4), (step, t, loss, mae)
    assert np.allclose(m.predict_on_batch(x), out, atol=1e-4)
    r = m.train_on_batch(x, y)
    assert np.allclose(r, [loss, mae], atol=1e-4), (step, r, loss, mae)
    g = 2 * (out - y) / out.size
    gh = g.dot(params[2].T) * h * (1 - h)
    grads = [x.T.dot(gh), gh.sum(0), h.T.dot(g), g.sum(0)]
    for i in range(4):
        vel[i] = 0.5 * vel[i] - 0.1 * grads[i]
        params[i] = params[i] + vel[i]
for a, b in zip(m.get_weights(), params):
    assert np.allclose(a, b, atol=1e-4)
r = m.train_on_batch(x, y, sample_weight=np.zeros(16))
assert abs(r[0]) < 1e-7
K.set_value(m.optimizer.lr, 0.)
w = m.get_weights()
m.train_on_batch(x, y)
assert int(K.get_value(m.optimizer.iterations)) == 22
m.set_weights([v * 0 for v in w])
assert np.allclose(m.predict_on_batch(x), 0)
m.compile(SGD(lr=0.), 'mse', metrics=['mae'])
a = m.train_on_batch(x[:8], y[:8], reset_metrics=False)
b = m.train_on_batch(x[8:], y[8:], reset_metrics=False)
assert np.allclose(b[1], np.abs(y).mean(), atol=1e-5), (a, b)
m.reset_metrics()
print('OK')
