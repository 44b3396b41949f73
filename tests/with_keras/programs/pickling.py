"""Models go through pickle and copy; cloned models."""
import copy
import pickle
import numpy as np
np.random.seed(18)
from keras.layers import Dense, Dropout, Input, GRU
from keras.models import Sequential, Model, clone_model

x, y = np.random.randn(20, 3), np.random.randn(20, 2)
m = Sequential()
m.add(Dense(4, input_shape=(3,), activation='relu'))
m.add(Dropout(0.1))
m.add(Dense(2))
m.compile('rmsprop', 'mse', metrics=['acc'])
m.train_on_batch(x, y)
p = m.predict(x)
state = pickle.dumps(m)
n = pickle.loads(state)
assert np.allclose(n.predict(x), p, atol=1e-6)
assert n.metrics_names == m.metrics_names
n.train_on_batch(x, y)
assert not np.allclose(n.predict(x), p)
assert np.allclose(m.predict(x), p, atol=1e-6)
inp = Input((5, 3))
f = Model(inp, Dense(1)(GRU(4)(inp)))
s = np.random.randn(7, 5, 3)
q = f.predict(s)
g = pickle.loads(pickle.dumps(f, protocol=2))
assert np.allclose(g.predict(s), q, atol=1e-6)
c = copy.copy(f)
assert np.allclose(c.predict(s), q, atol=1e-6)
k = clone_model(f)
assert not np.allclose(k.predict(s), q)
k.set_weights(f.get_weights())
assert np.allclose(k.predict(s), q, atol=1e-6)
newin = Input((5, 3))
k2 = clone_model(f, input_tensors=newin)
assert k2.inputs[0] is newin or k2.count_params() == f.count_params()
print('OK')
