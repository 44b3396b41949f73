"""Every loss against numpy, through K.eval and through model training; loss classes with reductions and weights."""
import numpy as np
np.random.seed(23)
from keras import backend as K
from keras import losses as L
from keras.layers import Dense
from keras.models import Sequential

n, d = 7, 5
t, p = np.random.randn(n, d), np.random.randn(n, d)
prob = np.random.rand(n, d) + .05
prob /= prob.sum(1, keepdims=True)
hot = np.eye(d)[np.random.randint(0, d, n)]
binary = (np.random.rand(n, d) > .5).astype(float)
bp = np.clip(np.random.rand(n, d), .05, .95)
e = 1e-7
unit = lambda a: a / np.sqrt((a ** 2).sum(-1, keepdims=True))
cases = [
    ('mean_squared_error', t, p, ((t - p) ** 2).mean(1)),
    ('mean_absolute_error', t, p, np.abs(t - p).mean(1)),
    ('mean_absolute_percentage_error', t, p, (100 * np.abs((t - p) / np.maximum(np.abs(t), e))).mean(1)),
    ('mean_squared_logarithmic_error', bp, prob, ((np.log(bp + 1) - np.log(prob + 1)) ** 2).mean(1)),
    ('squared_hinge', 2 * binary - 1, p, (np.maximum(1 - (2 * binary - 1) * p, 0) ** 2).mean(1)),
    ('hinge', 2 * binary - 1, p, np.maximum(1 - (2 * binary - 1) * p, 0).mean(1)),
    ('categorical_hinge', hot, p, np.maximum(0, ((1 - hot) * p).max(1) - (hot * p).sum(1) + 1)),
    ('logcosh', t, p, np.log(np.cosh(p - t)).mean(1)),
    ('categorical_crossentropy', hot, prob, -np.log((hot * prob).sum(1))),
    ('binary_crossentropy', binary, bp, -(binary * np.log(bp) + (1 - binary) * np.log(1 - bp)).mean(1)),
    ('kullback_leibler_divergence', prob, bp, (prob * np.log(prob / bp)).sum(1)),
    ('poisson', np.abs(t), np.abs(p) + .1, (np.abs(p) + .1 - np.abs(t) * np.log(np.abs(p) + .1)).mean(1)),
    ('cosine_proximity', t, p, -(unit(t) * unit(p)).sum(1)),
]
for name, a, b, want in cases:
    fn = L.get(name)
    got = K.eval(fn(K.variable(a), K.variable(b)))
    assert got.shape == (n,), (name, got.shape)
    assert np.allclose(got, want, rtol=1e-3, atol=1e-4), (name, got, want)
ids = hot.argmax(1)
got = K.eval(L.sparse_categorical_crossentropy(K.variable(ids[:, None]), K.variable(prob)))
assert np.allclose(got.ravel(), -np.log(prob[np.arange(n), ids]), atol=1e-4)

w = np.random.rand(n)
mse = ((t - p) ** 2).mean(1)
assert np.allclose(K.eval(L.MeanSquaredError()(K.constant(t), K.constant(p))), mse.mean(), atol=1e-4)
assert np.allclose(K.eval(L.MeanSquaredError(reduction='sum')(K.constant(t), K.constant(p), sample_weight=K.constant(w))),
                   (mse * w).sum(), atol=1e-3)
assert np.allclose(K.eval(L.MeanAbsoluteError(reduction='none')(K.constant(t), K.constant(p))), np.abs(t - p).mean(1), atol=1e-4)
h = L.Huber(delta=.7)
err = np.abs(t - p)
want = np.where(err <= .7, .5 * err ** 2, .7 * err - .5 * .49).mean()
assert np.allclose(K.eval(h(K.constant(t), K.constant(p))), want, atol=1e-4)
ls = L.CategoricalCrossentropy(label_smoothing=.2)
want = -((hot * .8 + .2 / d) * np.log(prob)).sum(1).mean()
assert np.allclose(K.eval(ls(K.constant(hot), K.constant(prob))), want, atol=1e-4)
lo = L.BinaryCrossentropy(from_logits=True)
s = 1 / (1 + np.exp(-p))
want = -(binary * np.log(s) + (1 - binary) * np.log(1 - s)).mean()
assert np.allclose(K.eval(lo(K.constant(binary), K.constant(p))), want, atol=1e-4)

x = np.random.randn(60, 4)
target = np.eye(3)[np.argmax(x[:, :3], 1)]
for name in ['mse', 'squared_hinge', 'kld', 'cosine', L.Huber(), 'binary_crossentropy']:
    m = Sequential([Dense(3, activation='softmax', input_dim=4)])
    m.compile('adam', name)
    K.set_value(m.optimizer.lr, .02)
    before = m.test_on_batch(x, target)
    for _ in range(6):
        m.train_on_batch(x, target)
    assert m.test_on_batch(x, target) < before, name
print('OK')
