"""fit_generator, evaluate_generator, predict_generator with plain generators and with a Sequence."""
import numpy as np
np.random.seed(8)
import threading
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from keras.utils import Sequence

W = np.array([[1.], [-2.], [0.5]])
X = np.random.randn(100, 3)
Y = X.dot(W) + 0.3


class Batches(Sequence):
    def __init__(self, x, y, size, weights=False):
        self.x, self.y, self.size, self.weights = x, y, size, weights
        self.epochs = 0

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.size)))

    def __getitem__(self, i):
        s = slice(i * self.size, (i + 1) * self.size)
        if self.weights:
            return self.x[s], self.y[s], np.ones(len(self.x[s]))
        return self.x[s], self.y[s]

    def on_epoch_end(self):
        self.epochs += 1


class SafeIter(object):
    def __init__(self, it):
        self.it, self.lock = it, threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            return next(self.it)
    next = __next__


def forever(size=20):
    while True:
        pick = np.random.randint(0, 100, size)
        yield X[pick], Y[pick]


m = Sequential([Dense(1, input_dim=3)])
m.compile(SGD(0.05), 'mse', metrics=['mae'])
h = m.fit_generator(forever(), steps_per_epoch=10, epochs=6, verbose=0)
assert h.history['loss'][-1] < h.history['loss'][0]
seq = Batches(X, Y, 16)
h = m.fit_generator(seq, epochs=10, verbose=0, validation_data=Batches(X[:30], Y[:30], 10), shuffle=True)
assert len(h.history['val_loss']) == 10 and h.history['val_loss'][-1] < 0.01
assert seq.epochs >= 9
m.fit_generator(Batches(X, Y, 16, True), epochs=1, verbose=0, workers=2, max_queue_size=4,
                validation_data=SafeIter(forever()), validation_steps=3)
e = m.evaluate_generator(seq, verbose=0)
assert np.allclose(e, m.evaluate(X, Y, verbose=0), atol=1e-4), e
p = m.predict_generator(Batches(X, Y, 16), verbose=0)
assert p.shape == (100, 1)
assert np.allclose(p, m.predict(X), atol=1e-5)
p = m.predict_generator((X[i:i + 10] for i in range(0, 100, 10)), steps=10, workers=0)
assert np.allclose(p, m.predict(X), atol=1e-5)
h = m.fit(forever(), steps_per_epoch=4, epochs=2, verbose=0)
assert len(h.history['loss']) == 2
assert np.allclose(m.get_weights()[0], W, atol=0.15)
print('OK')
