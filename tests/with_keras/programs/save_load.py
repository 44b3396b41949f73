"""Saving: h5 with optimizer state, json, yaml, weights alone, resuming training exactly, include_optimizer=False."""
import os
import tempfile
import numpy as np
np.random.seed(16)
from keras.layers import Dense, Input, Conv1D, LSTM, BatchNormalization, GlobalMaxPooling1D, Bidirectional, concatenate
from keras.models import Model, Sequential, load_model, model_from_json, model_from_yaml, save_model
from keras.regularizers import l2
from keras.constraints import MaxNorm

d = tempfile.mkdtemp()
i = Input((8, 3), name='i')
a = GlobalMaxPooling1D()(BatchNormalization()(Conv1D(4, 3, activation='relu', kernel_regularizer=l2(1e-3))(i)))
b = Bidirectional(LSTM(3))(i)
model = Model(i, Dense(2, kernel_constraint=MaxNorm(3.), name='o')(concatenate([a, b])))
model.compile('rmsprop', 'mse', metrics=['mae'])
x, y = np.random.randn(32, 8, 3), np.random.randn(32, 2)
model.fit(x, y, epochs=3, verbose=0, shuffle=False)
p = model.predict(x)
f = os.path.join(d, 'all.h5')
model.save(f)
same = load_model(f)
assert np.allclose(same.predict(x), p, atol=1e-6)
assert [l.name for l in same.layers] == [l.name for l in model.layers]
assert np.allclose(model.evaluate(x, y, verbose=0), same.evaluate(x, y, verbose=0), atol=1e-5)
for m in (model, same):
    m.fit(x, y, epochs=2, verbose=0, shuffle=False)
assert np.allclose(same.predict(x), model.predict(x), atol=1e-4)
for u, v in zip(model.optimizer.get_weights(), same.optimizer.get_weights()):
    assert np.allclose(u, v, atol=1e-4)

js = model.to_json()
ya = model.to_yaml()
w = os.path.join(d, 'w.h5')
model.save_weights(w)
for rebuilt in (model_from_json(js), model_from_yaml(ya)):
    assert not np.allclose(rebuilt.predict(x), model.predict(x))
    rebuilt.load_weights(w)
    assert np.allclose(rebuilt.predict(x), model.predict(x), atol=1e-6)
    assert rebuilt.get_layer('o').kernel_constraint.max_value == 3.
bare = os.path.join(d, 'bare.h5')
save_model(model, bare, include_optimizer=False)
m = load_model(bare)
assert m.optimizer is None and np.allclose(m.predict(x), model.predict(x), atol=1e-6)
m = load_model(f, compile=False)
assert np.allclose(m.predict(x), p, atol=1e-6)

seq = Sequential([Dense(4, input_dim=3, activation='elu'), Dense(1)])
seq.compile('sgd', 'mse')
seq.save(f, overwrite=True)
back = load_model(f)
assert isinstance(back, Sequential) and np.allclose(back.predict(x[:, 0]), seq.predict(x[:, 0]), atol=1e-6)
print('OK')
