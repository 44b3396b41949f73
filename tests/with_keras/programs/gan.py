"""GAN: discriminator trained alone and frozen within the combined model, in alternation."""
import numpy as np
np.random.seed(34)
from keras.layers import Input, Dense, LeakyReLU, BatchNormalization, Dropout
from keras.models import Model, Sequential
from keras.optimizers import Adam

g = Sequential([Dense(16, input_dim=4), LeakyReLU(.2), BatchNormalization(momentum=.8), Dense(2)], name='g')
d = Sequential([Dense(24, input_dim=2), LeakyReLU(.2), Dropout(.1), Dense(1, activation='sigmoid')], name='d')
d.compile(loss='binary_crossentropy', optimizer=Adam(.01, .5), metrics=['accuracy'])
z = Input((4,))
d.trainable = False
combined = Model(z, d(g(z)))
combined.compile(loss='binary_crossentropy', optimizer=Adam(.01, .5))
assert len(combined._collected_trainable_weights) == 6
assert len(d._collected_trainable_weights) == 4
target = np.array([2., -1.])


def real(n):
    return target + .2 * np.random.randn(n, 2)


start = np.abs(g.predict(np.random.randn(200, 4)).mean(0) - target).sum()
ones, zeros = np.ones((32, 1)), np.zeros((32, 1))
for step in range(150):
    fake = g.predict(np.random.randn(32, 4))
    dw = d.get_weights()
    gw = g.get_weights()
    lr = d.train_on_batch(real(32), ones)
    lf = d.train_on_batch(fake, zeros)
    assert np.isfinite(lr).all() and np.isfinite(lf).all()
    if step in (0, 100):
        assert not np.array_equal(dw[0], d.get_weights()[0])
        assert np.array_equal(gw[0], g.get_weights()[0])
        dw = d.get_weights()
    lg = combined.train_on_batch(np.random.randn(32, 4), ones)
    if step in (0, 100):
        assert all(np.array_equal(a, b) for a, b in zip(dw, d.get_weights()))
        assert not np.array_equal(gw[0], g.get_weights()[0])
end = np.abs(g.predict(np.random.randn(200, 4)).mean(0) - target).sum()
assert end < start and end < 1.5, (start, end)
d.trainable = True
print('OK')
