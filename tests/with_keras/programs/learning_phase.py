"""K.set_learning_phase, training= at call, dropout at test time (MC dropout), in_train_phase layers, noise layers."""
import numpy as np
np.random.seed(28)
from keras import backend as K
from keras.engine import Layer
from keras.layers import Dense, Dropout, GaussianNoise, GaussianDropout, AlphaDropout, Input, BatchNormalization, Activation
from keras.models import Model, Sequential


class PlusOneInTraining(Layer):
    def call(self, x, training=None):
        return K.in_train_phase(x + 1., x, training=training)


x = np.random.randn(400, 10).astype('float32') + 2
i = Input((10,))
o = PlusOneInTraining()(i)
assert o._uses_learning_phase
m = Model(i, o)
assert m.uses_learning_phase
f = K.function([i, K.learning_phase()], [o])
assert np.allclose(f([x, 0])[0], x) and np.allclose(f([x, 1])[0], x + 1, atol=1e-5)
assert np.allclose(m.predict(x), x)
m.compile('sgd', 'mse')
assert m.test_on_batch(x, x) < 1e-9
assert abs(m.train_on_batch(x, x) - 1) < 1e-5

mc = Model(i, Dropout(.4)(i, training=True))
assert not mc.uses_learning_phase
a, b = mc.predict(x), mc.predict(x)
assert not np.allclose(a, b)
assert abs((a == 0).mean() - .4) < .05
assert abs(a.mean() - x.mean()) < .1
same = Model(i, Dropout(.4, noise_shape=(None, 1))(i, training=True)).predict(x)
assert set(np.unique((same == 0).sum(1))) <= {0, 10}

for layer, mean, std in [(GaussianNoise(.5), 0, .5), (GaussianDropout(.3), 0, None), (AlphaDropout(.2), None, None)]:
    out = layer(i)
    g = K.function([i, K.learning_phase()], [out])
    assert np.allclose(g([x, 0])[0], x, atol=1e-6), layer
    tr = g([x, 1])[0]
    assert not np.allclose(tr, x)
    if mean is not None:
        assert abs((tr - x).mean() - mean) < .08
    if std is not None:
        assert abs((tr - x).std() - std) < .05
bn = BatchNormalization()
g = K.function([i, K.learning_phase()], [bn(i)])
assert np.allclose(g([x, 0])[0], x / np.sqrt(1.001), atol=1e-3)
t = g([x, 1])[0]
assert np.allclose(t.mean(0), 0, atol=1e-3) and np.allclose(t.std(0), 1, atol=1e-2)
selu = Sequential([Dense(20, input_dim=10, kernel_initializer='lecun_normal', activation='selu'), AlphaDropout(.1), Dense(1)])
selu.compile('adam', 'mse')
selu.fit(x, x[:, :1], epochs=1, verbose=0)

K.set_learning_phase(1)
d = Sequential([Dropout(.5, input_shape=(10,))])
assert (d.predict(x) == 0).mean() > .3
K.set_learning_phase(0)
d = Sequential([Dropout(.5, input_shape=(10,))])
assert np.allclose(d.predict(x), x)
assert K.learning_phase() == 0
try:
    K.set_learning_phase(2)
    raise SystemExit('2 accepted')
except ValueError:
    pass
print('OK')
