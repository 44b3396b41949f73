"""Every optimizer against numpy for some steps; clipnorm, clipvalue; configs; lr decay of Keras's own kind."""
import itertools
import numpy as np
np.random.seed(22)
from keras import backend as K
from keras import optimizers as O
from keras.layers import Dense
from keras.models import Sequential

x, y = np.random.randn(20, 3), np.random.randn(20, 1)
w0 = np.random.randn(3, 1)


def grad(w):
    return 2 * x.T.dot(x.dot(w) - y) / 20


def run_keras(opt, steps=5):
    m = Sequential([Dense(1, use_bias=False, input_dim=3)])
    m.compile(opt, 'mse')
    m.set_weights([w0])
    for _ in range(steps):
        m.train_on_batch(x, y)
    return m.get_weights()[0]


def numpy_opt(kind, steps=5, lr=.05, clip=lambda g: g, late=(0,) * 5):
    w, m, v, u = w0.copy(), np.zeros_like(w0), np.zeros_like(w0), np.zeros_like(w0)
    sched = 1.
    for k in range(steps):
        t = k + 1 + late[k]
        g = clip(grad(w))
        if kind == 'sgd':
            w = w - lr * g
        elif kind == 'momentum':
            m = .9 * m - lr * g
            w = w + m
        elif kind == 'nesterov':
            m = .9 * m - lr * g
            w = w + .9 * m - lr * g
        elif kind == 'rmsprop':
            v = .9 * v + .1 * g ** 2
            w = w - lr * g / (np.sqrt(v) + 1e-7)
        elif kind == 'adagrad':
            v = v + g ** 2
            w = w - lr * g / (np.sqrt(v) + 1e-7)
        elif kind == 'adadelta':
            v = .95 * v + .05 * g ** 2
            s = g * np.sqrt(u + 1e-7) / np.sqrt(v + 1e-7)
            w = w - lr * s
            u = .95 * u + .05 * s ** 2
        elif kind in ('adam', 'amsgrad'):
            m = .9 * m + .1 * g
            v = .999 * v + .001 * g ** 2
            u = np.maximum(u, v)
            lt = lr * np.sqrt(1 - .999 ** t) / (1 - .9 ** t)
            w = w - lt * m / (np.sqrt(u if kind == 'amsgrad' else v) + 1e-7)
        elif kind == 'adamax':
            m = .9 * m + .1 * g
            u = np.maximum(.999 * u, np.abs(g))
            w = w - lr / (1 - .9 ** t) * m / (u + 1e-7)
        elif kind == 'nadam':
            mt = .9 * (1 - .5 * .96 ** (t * .004))
            mt1 = .9 * (1 - .5 * .96 ** ((t + 1) * .004))
            sched = sched * mt
            gp = g / (1 - sched)
            m = .9 * m + .1 * g
            v = .999 * v + .001 * g ** 2
            mb = (1 - mt) * gp + mt1 * m / (1 - sched * mt1)
            w = w - lr * mb / (np.sqrt(v / (1 - .999 ** t)) + 1e-7)
    return w


# Keras 2.3.1 on TF 1.15 reads `iterations` before or after its increment, as chance has it: t may be late by one
LATE = list(itertools.product((0, 1), repeat=5))


def by_norm(c):
    def f(g):
        n = np.sqrt((g ** 2).sum())
        return g * c / n if n >= c else g
    return f


for kind, opt in [('sgd', O.SGD(.05)), ('momentum', O.SGD(.05, momentum=.9)),
                  ('nesterov', O.SGD(.05, .9, nesterov=True)), ('rmsprop', O.RMSprop(.05)),
                  ('adagrad', O.Adagrad(.05)), ('adadelta', O.Adadelta(.05)), ('adam', O.Adam(.05)),
                  ('amsgrad', O.Adam(.05, amsgrad=True)), ('adamax', O.Adamax(.05)), ('nadam', O.Nadam(.05))]:
    config = opt.get_config()
    assert abs(config['learning_rate'] - .05) < 1e-6
    again = O.deserialize(O.serialize(opt))
    got = run_keras(opt)
    want = [numpy_opt(kind, late=late) for late in (LATE if kind in ('adam', 'amsgrad', 'adamax', 'nadam') else LATE[:1])]
    assert any(np.allclose(got, w, atol=2e-4) for w in want), (kind, got.ravel(), [w.ravel() for w in want])
    assert again.get_config() == config
    if kind in ('nesterov', 'amsgrad'):
        got = run_keras(again)
        assert any(np.allclose(got, w, atol=2e-4) for w in want), kind
assert np.allclose(run_keras(O.SGD(.05, clipnorm=.3)), numpy_opt('sgd', clip=by_norm(.3)), atol=1e-4)
got = run_keras(O.Adam(.05, clipvalue=.1))
assert any(np.allclose(got, numpy_opt('adam', clip=lambda g: np.clip(g, -.1, .1), late=late), atol=2e-4) for late in LATE)
assert np.allclose(run_keras(O.RMSprop(.05, clipnorm=100.)), numpy_opt('rmsprop'), atol=2e-4)
for name in ('sgd', 'rmsprop', 'adagrad', 'adadelta', 'adam', 'adamax', 'nadam'):
    o = O.get(name)
    assert type(o).__name__.lower() == name
    assert K.get_value(o.lr) == K.get_value(o.learning_rate)
decayed = run_keras(O.SGD(.05, decay=.5), steps=4)
assert np.abs(decayed - w0).max() < np.abs(run_keras(O.SGD(.05), 4) - w0).max()
o = O.SGD(lr=.1)
K.set_value(o.learning_rate, .2)
assert abs(o.get_config()['learning_rate'] - .2) < 1e-6
print('OK')
