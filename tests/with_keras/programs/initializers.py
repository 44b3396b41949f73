"""Every initializer: moments, shapes, serialization, seeds; as names, objects and functions."""
import numpy as np
np.random.seed(20)
from keras import backend as K
from keras import initializers as I
from keras.layers import Dense, Conv2D, LSTM
from keras.models import Sequential

shape = (60, 80)
fan_in, fan_out = 60., 80.


def draw(init, s=shape):
    return K.get_value(K.variable(init(s)))


assert (draw(I.Zeros()) == 0).all() and (draw(I.Ones()) == 1).all() and (draw(I.Constant(3.5)) == 3.5).all()
for init, std in [
        (I.RandomNormal(0.5, 0.1), .1), (I.RandomUniform(-.2, .2), .4 / 12 ** .5), (I.TruncatedNormal(0, .1), .088),
        (I.lecun_normal(), fan_in ** -.5), (I.lecun_uniform(), fan_in ** -.5),
        (I.he_normal(), (2 / fan_in) ** .5), (I.he_uniform(), (2 / fan_in) ** .5),
        (I.glorot_normal(), (2 / (fan_in + fan_out)) ** .5), (I.glorot_uniform(), (2 / (fan_in + fan_out)) ** .5),
        (I.VarianceScaling(2., 'fan_out', 'uniform'), (2 / fan_out) ** .5)]:
    v = draw(init)
    assert v.shape == shape and v.dtype == np.float32
    assert abs(v.std() / std - 1) < 0.06, (init, v.std(), std)
    mean = 0.5 if isinstance(init, I.RandomNormal) else 0
    assert abs(v.mean() - mean) < 0.02
    again = I.deserialize(I.serialize(init))
    assert again.get_config() == init.get_config()
assert np.abs(draw(I.TruncatedNormal(0, 1))).max() <= 2.001
q = draw(I.Orthogonal(1.), (40, 40))
assert np.allclose(q.dot(q.T), np.eye(40), atol=1e-4)
q = draw(I.orthogonal(2.), (10, 30))
assert np.allclose(q.dot(q.T), 4 * np.eye(10), atol=1e-3)
assert np.allclose(draw(I.Identity(2.), (5, 5)), 2 * np.eye(5))
a, b = draw(I.RandomNormal(seed=3)), draw(I.RandomNormal(seed=3))
assert np.array_equal(a, b)
c = draw(I.glorot_uniform(seed=9), (3, 3, 4, 8))
assert abs(c.std() - (2. / (9 * 12)) ** .5) < 0.02
assert isinstance(I.get('he_normal'), I.VarianceScaling)


def mine(shape, dtype=None):
    return K.random_normal(shape, dtype=dtype) * 0.01


m = Sequential([Dense(50, input_dim=40, kernel_initializer=mine, bias_initializer='ones'),
                Dense(3, kernel_initializer=I.Constant(0.5), bias_initializer=I.Constant(-1))])
k, bb, k2, b2 = m.get_weights()
assert abs(k.std() - 0.01) < 0.001 and (bb == 1).all() and (k2 == .5).all() and (b2 == -1).all()
r = Sequential([LSTM(5, input_shape=(3, 2), unit_forget_bias=True)])
_, rec, bias = r.get_weights()
assert np.allclose(bias, [0] * 5 + [1] * 5 + [0] * 10)
assert np.allclose(rec.dot(rec.T), np.eye(5), atol=1e-4)
print('OK')
