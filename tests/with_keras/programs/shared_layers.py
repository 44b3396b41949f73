"""Shared layers and nodes: one LSTM for two tweets, get_output_at, gradients summed over uses, a shared vision model."""
import numpy as np
np.random.seed(14)
from keras.layers import Input, LSTM, Dense, Conv2D, Flatten, MaxPooling2D, concatenate, add
from keras.models import Model
from keras.optimizers import SGD

a = Input((6, 4))
b = Input((6, 4))
lstm = LSTM(5)
ea, eb = lstm(a), lstm(b)
assert lstm.get_output_at(0) is ea and lstm.get_output_at(1) is eb
assert lstm.get_input_shape_at(1) == (None, 6, 4)
try:
    lstm.output
    raise SystemExit('ambiguous output not refused')
except AttributeError:
    pass
merged = concatenate([ea, eb], axis=-1)
m = Model([a, b], Dense(1, activation='sigmoid')(merged))
assert len(m.trainable_weights) == 5
m.compile('rmsprop', 'binary_crossentropy', metrics=['accuracy'])
xa, xb = np.random.randn(80, 6, 4), np.random.randn(80, 6, 4)
y = (xa.sum((1, 2)) > xb.sum((1, 2))).astype(float)
h = m.fit([xa, xb], y, epochs=8, verbose=0).history['loss']
assert h[-1] < h[0]

i = Input((3,))
d = Dense(3, use_bias=False)
twice = Model(i, d(d(i)))
w = d.get_weights()[0].astype('float64')
twice.compile(SGD(0.1), 'mse')
x, t = np.random.randn(10, 3), np.random.randn(10, 3)
hid = x.dot(w)
g = 2 * (hid.dot(w) - t) / 30
gw = hid.T.dot(g) + x.T.dot(g.dot(w.T))
twice.train_on_batch(x, t)
assert np.allclose(d.get_weights()[0], w - 0.1 * gw, atol=1e-4)

digit = Input((9, 9, 1))
v = Conv2D(4, (3, 3))(digit)
v = Conv2D(4, (3, 3))(v)
v = MaxPooling2D((2, 2))(v)
vision = Model(digit, Flatten()(v))
da, db = Input((9, 9, 1)), Input((9, 9, 1))
same = Model([da, db], Dense(1, activation='sigmoid')(concatenate([vision(da), vision(db)])))
assert [l.__class__.__name__ for l in same.layers].count('Model') == 1
u = np.random.rand(6, 9, 9, 1)
f = Model([da, db], add([vision(da), vision(db)]))
assert np.allclose(f.predict([u, u]), 2 * vision.predict(u), atol=1e-4)
same.compile('adam', 'mse')
before = vision.get_weights()[0].copy()
same.train_on_batch([u, u[::-1]], np.ones((6, 1)))
assert np.abs(vision.get_weights()[0] - before).max() > 0
print('OK')
