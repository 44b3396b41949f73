"""K.function on intermediate layers, learning phase as input, several outputs, feature extractors from get_layer."""
import numpy as np
np.random.seed(25)
from keras import backend as K
from keras.layers import Dense, Dropout, Conv2D, Flatten, MaxPooling2D, BatchNormalization, Input, LSTM
from keras.models import Model, Sequential

m = Sequential()
m.add(Conv2D(3, 3, activation='relu', input_shape=(8, 8, 1), name='conv'))
m.add(MaxPooling2D(name='pool'))
m.add(Flatten(name='flat'))
m.add(Dropout(0.5, name='drop'))
m.add(Dense(4, name='dense'))
x = np.random.rand(5, 8, 8, 1)
get = K.function([m.layers[0].input, K.learning_phase()], [m.get_layer('drop').output, m.get_layer('flat').output])
test, flat = get([x, 0])
assert np.allclose(test, flat)
train, flat2 = get([x, 1])
assert np.allclose(flat, flat2)
dropped = train == 0
live = flat != 0
assert 0.2 < dropped[live].mean() < 0.8
assert np.allclose(train[~dropped], 2 * flat[~dropped], atol=1e-4)
each = K.function([m.input], [l.output for l in m.layers])([x])
assert [e.shape for e in each] == [(5, 6, 6, 3), (5, 3, 3, 3), (5, 27), (5, 27), (5, 4)]
assert np.allclose(each[-1], m.predict(x), atol=1e-5)
feat = Model(m.input, m.get_layer('pool').output)
assert np.allclose(feat.predict(x), each[1], atol=1e-5)
two = Model(m.input, [l.output for l in m.layers[:2]]).predict(x)
assert np.allclose(two[0], each[0], atol=1e-5)
top = K.function([m.get_layer('flat').output], [m.get_layer('dense').output])
w, b = m.get_layer('dense').get_weights()
z = np.random.randn(3, 27)
got = top([z])[0]
assert np.allclose(got, z.dot(w) + b, atol=1e-4)

count = K.variable(0.)
a, c = K.placeholder((None, 2)), K.placeholder(ndim=2)
f = K.function([a, c], [K.dot(a, K.transpose(c)), K.sum(a)], updates=[K.update_add(count, K.sum(c))])
u = np.ones((3, 2))
d, s = f([u, 2 * u])
assert d.shape == (3, 3) and np.allclose(d, 4) and s == 6 and K.get_value(count) == 12
f((u, u))
assert K.get_value(count) == 18
nothing = K.function([], [count * 2])
assert nothing([])[0] == 36
step = K.function([a], [K.min(a)], updates=[(count, K.max(a))])
step([u * 5])
assert K.get_value(count) == 5
inp = Input((4, 2))
h = LSTM(3, return_sequences=True, return_state=True)(inp)
fn = K.function([inp], h)
seq, sh, sc = fn([np.random.randn(2, 4, 2)])
assert np.allclose(seq[:, -1], sh) and sc.shape == (2, 3)
print('OK')
