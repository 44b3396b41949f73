"""L1, L2, activity regularizers in the loss; constraints hold after each step; add_loss; one's own regularizer, constraint."""
import numpy as np
np.random.seed(21)
from keras import backend as K
from keras import constraints as C, regularizers as R
from keras.layers import Dense, Conv2D, ActivityRegularization, Input, Embedding, Flatten
from keras.models import Model, Sequential

x, y = np.random.randn(32, 6), np.random.randn(32, 4)


def l1_signed(w):
    return 0.05 * K.sum(K.abs(w) + w)


class Between(C.Constraint):
    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi

    def __call__(self, w):
        return K.clip(w, self.lo, self.hi)


for reg, want in [(R.l1(0.02), lambda w: .02 * np.abs(w).sum()), (R.l2(0.03), lambda w: .03 * (w ** 2).sum()),
                  (R.l1_l2(.01, .02), lambda w: .01 * np.abs(w).sum() + .02 * (w ** 2).sum()),
                  (l1_signed, lambda w: .05 * (np.abs(w) + w).sum())]:
    m = Sequential([Dense(4, input_dim=6, kernel_regularizer=reg, bias_initializer='ones')])
    m.compile('sgd', 'mse')
    w, b = m.get_weights()
    mse = ((x.dot(w) + b - y) ** 2).mean()
    assert abs(m.test_on_batch(x, y) - mse - want(w)) < 1e-4
    assert len(m.losses) == 1
m = Sequential([Dense(4, input_dim=6, activity_regularizer=R.l2(0.1), bias_regularizer='l1'),
                ActivityRegularization(l1=0.5, l2=0.25)])
m.compile('sgd', 'mse')
m.set_weights([m.get_weights()[0], np.arange(4)])
out = m.predict(x).astype('float64')
want = ((out - y) ** 2).mean() + .01 * 6 + .1 * (out ** 2).sum() + .5 * np.abs(out).sum() + .25 * (out ** 2).sum()
assert abs(m.test_on_batch(x, y) / want - 1) < 1e-4, (m.test_on_batch(x, y), want)

i = Input((6,))
d = Dense(4)
o = d(i)
m = Model(i, o)
m.add_loss(K.mean(K.square(d.kernel)))
m.compile('sgd', 'mse')
got = m.test_on_batch(x, y)
want = ((m.predict(x) - y) ** 2).mean() + (m.get_weights()[0] ** 2).mean()
assert abs(got - want) < 1e-4

for con, ok in [(C.MaxNorm(0.7), lambda w: (np.sqrt((w ** 2).sum(0)) <= .7001).all()),
                (C.NonNeg(), lambda w: (w >= 0).all()),
                (C.UnitNorm(), lambda w: np.allclose((w ** 2).sum(0), 1, atol=1e-4)),
                (C.MinMaxNorm(.3, .5, rate=1., axis=0), lambda w: np.allclose(np.clip(np.sqrt((w ** 2).sum(0)), .3, .5),
                                                                      np.sqrt((w ** 2).sum(0)), atol=1e-4)),
                (Between(-.1, .1), lambda w: np.abs(w).max() < .10001),
                ('non_neg', lambda w: (w >= 0).all())]:
    m = Sequential([Dense(4, input_dim=6, kernel_constraint=con)])
    m.compile('sgd', 'mse')
    K.set_value(m.optimizer.lr, .5)
    for _ in range(4):
        m.train_on_batch(x, y)
        assert ok(m.get_weights()[0]), con
m = Sequential([Conv2D(3, 2, input_shape=(4, 4, 2), kernel_constraint=C.max_norm(.4, axis=[0, 1, 2]))])
m.compile('adam', 'mse')
m.train_on_batch(np.random.rand(3, 4, 4, 2), np.random.rand(3, 3, 3, 3))
assert (np.sqrt((m.get_weights()[0] ** 2).sum((0, 1, 2))) <= .4001).all()
m = Sequential([Embedding(9, 3, input_length=2, embeddings_constraint='unit_norm', embeddings_regularizer=R.l2(.1))])
m.compile('sgd', 'mse')
m.train_on_batch(np.array([[1, 2], [3, 4]]), np.zeros((2, 2, 3)))
assert np.allclose((m.get_weights()[0] ** 2).sum(0), 1, atol=1e-4)
assert R.deserialize(R.serialize(R.l1_l2(.1, .2))).get_config() == R.l1_l2(.1, .2).get_config()
print('OK')
