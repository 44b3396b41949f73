"""trainable=False, a model in a model, popping a head, fine-tuning, BatchNormalization frozen."""
import numpy as np
np.random.seed(30)
from keras.layers import Dense, Conv2D, Flatten, BatchNormalization, Input, GlobalAveragePooling2D
from keras.models import Model, Sequential
from keras.optimizers import SGD

x = np.random.rand(40, 8, 8, 1)
y = np.random.rand(40, 2)
base = Sequential(name='base')
base.add(Conv2D(4, 3, activation='relu', input_shape=(8, 8, 1), name='c1'))
base.add(BatchNormalization(name='bn'))
base.add(Flatten())
base.add(Dense(6, activation='relu', name='feat'))
base.add(Dense(10, activation='softmax', name='head'))
base.compile('sgd', 'categorical_crossentropy')
base.fit(x, np.eye(10)[np.random.randint(0, 10, 40)], verbose=0)
base.pop()
assert base.output_shape == (None, 6) and len(base.layers) == 4
for l in base.layers:
    l.trainable = False
new = Sequential([base, Dense(2, name='new_head')])
new.compile(SGD(.1), 'mse')
assert len(new.trainable_weights) == 2 and len(new.non_trainable_weights) == 8
frozen = [w.copy() for w in base.get_weights()]
h0 = new.get_layer('new_head').get_weights()[0].copy()
new.fit(x, y, epochs=2, verbose=0)
for u, v in zip(frozen, base.get_weights()):
    assert np.array_equal(u, v)
assert not np.array_equal(h0, new.get_layer('new_head').get_weights()[0])
base.get_layer('feat').trainable = True
new.compile(SGD(.1), 'mse')
assert len(new.trainable_weights) == 4
new.fit(x, y, epochs=1, verbose=0)
now = dict((l.name, l.get_weights()) for l in base.layers)
assert np.array_equal(now['c1'][0], frozen[0])
assert not np.array_equal(now['feat'][0], frozen[6])

inner_in = Input((8, 8, 1))
inner = Model(inner_in, GlobalAveragePooling2D()(Conv2D(3, 3)(inner_in)), name='inner')
outer_in = Input((8, 8, 1))
outer = Model(outer_in, Dense(1)(inner(outer_in)))
assert outer.get_layer('inner') is inner
assert outer.count_params() == inner.count_params() + 4
inner.trainable = False
outer.compile('adam', 'mse')
k = inner.get_weights()[0].copy()
outer.fit(x, y[:, :1], verbose=0)
assert np.array_equal(k, inner.get_weights()[0])
inner.trainable = True
outer.compile('adam', 'mse')
outer.fit(x, y[:, :1], verbose=0)
assert not np.array_equal(k, inner.get_weights()[0])
top = Model(outer.input, outer.layers[-1].output)
assert np.allclose(top.predict(x), outer.predict(x), atol=1e-6)
feats = inner.predict(x)
w, b = outer.layers[-1].get_weights()
assert np.allclose(feats.dot(w) + b, outer.predict(x), atol=1e-4)
print('OK')
