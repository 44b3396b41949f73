"""load_weights(by_name, skip_mismatch), get/set_weights, the names in the file."""
import os
import tempfile
import h5py
import numpy as np
np.random.seed(17)
from keras.layers import Dense, Conv2D, Flatten, BatchNormalization
from keras.models import Sequential

f = os.path.join(tempfile.mkdtemp(), 'w.h5')
old = Sequential(name='old')
old.add(Conv2D(4, 3, input_shape=(6, 6, 2), name='c1'))
old.add(BatchNormalization(name='bn'))
old.add(Flatten(name='f'))
old.add(Dense(5, name='d1', activation='relu'))
old.add(Dense(3, name='d2'))
old.compile('sgd', 'mse')
old.fit(np.random.rand(20, 6, 6, 2), np.random.rand(20, 3), verbose=0)
old.save_weights(f)
with h5py.File(f, 'r') as h:
    text = lambda s: s.decode('utf8') if isinstance(s, bytes) else s
    assert [text(n) for n in h.attrs['layer_names']] == ['c1', 'bn', 'f', 'd1', 'd2']
    names = [text(n) for n in h['bn'].attrs['weight_names']]
    assert len(names) == 4 and all(n.startswith('bn/') for n in names), names
    assert h['d1'][text(h['d1'].attrs['weight_names'][0])].shape == (64, 5)

new = Sequential(name='new')
new.add(Conv2D(4, 3, input_shape=(6, 6, 2), name='c1'))
new.add(BatchNormalization(name='bn'))
new.add(Flatten())
new.add(Dense(5, name='d1', activation='relu'))
new.add(Dense(7, name='fresh'))
before = new.get_layer('fresh').get_weights()[0]
new.load_weights(f, by_name=True)
for n in ('c1', 'bn', 'd1'):
    for u, v in zip(old.get_layer(n).get_weights(), new.get_layer(n).get_weights()):
        assert np.array_equal(u, v)
assert np.array_equal(before, new.get_layer('fresh').get_weights()[0])
fewer = Sequential([Flatten(input_shape=(6, 6, 2)), Dense(3)])
try:
    fewer.load_weights(f)
    raise SystemExit('another number of layers, yet loaded')
except ValueError:
    pass
bad = Sequential([Flatten(input_shape=(6, 6, 2), name='f'), Dense(5, name='d1'), Dense(3, name='d2')])
bad.load_weights(f, by_name=True, skip_mismatch=True)
assert np.array_equal(bad.get_layer('d2').get_weights()[0], old.get_layer('d2').get_weights()[0])
w = old.get_weights()
assert len(w) == 10
old.set_weights([np.zeros_like(v) for v in w])
assert np.allclose(old.predict(np.random.rand(2, 6, 6, 2)), 0)
old.set_weights(w)
try:
    old.layers[0].set_weights([np.zeros((2, 2))])
    raise SystemExit('wrong weights accepted')
except ValueError:
    pass
print('OK')
