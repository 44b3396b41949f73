"""EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, CSVLogger on one training."""
import csv
import os
import tempfile
import numpy as np
np.random.seed(6)
from keras import backend as K
from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, CSVLogger
from keras.models import Sequential, load_model
from keras.layers import Dense
from keras.optimizers import SGD

d = tempfile.mkdtemp()
x = np.random.randn(200, 4)
y = x.dot([[1.], [2.], [-1.], [0.5]])


def net():
    m = Sequential([Dense(6, activation='relu', input_shape=(4,)), Dense(1)])
    m.compile(SGD(lr=0.05), 'mse', metrics=['mae'])
    return m


m = net()
best = os.path.join(d, 'best.h5')
every = os.path.join(d, 'w.{epoch:02d}.h5')
log = os.path.join(d, 'log.csv')
h = m.fit(x[:150], y[:150], epochs=8, verbose=0, validation_data=(x[150:], y[150:]), callbacks=[
    ModelCheckpoint(best, monitor='val_loss', save_best_only=True),
    ModelCheckpoint(every, save_weights_only=True, period=2),
    CSVLogger(log)])
assert sorted(os.listdir(d)) == ['best.h5', 'log.csv', 'w.02.h5', 'w.04.h5', 'w.06.h5', 'w.08.h5'], os.listdir(d)
rows = list(csv.DictReader(open(log)))
assert len(rows) == 8
assert np.allclose([float(r['val_loss']) for r in rows], h.history['val_loss'], atol=1e-5)
again = load_model(best)
assert abs(again.evaluate(x[150:], y[150:], verbose=0)[0] - min(h.history['val_loss'])) < 1e-4
n2 = net()
n2.load_weights(os.path.join(d, 'w.08.h5'))
assert np.allclose(n2.predict(x), m.predict(x), atol=1e-5)
again.fit(x[:150], y[:150], epochs=9, initial_epoch=8, verbose=0, callbacks=[CSVLogger(log, append=True)])
assert len(open(log).read().strip().split('\n')) == 10

m = net()
stop = EarlyStopping(monitor='val_loss', min_delta=1e9, patience=2, restore_best_weights=True)
h = m.fit(x, y, epochs=30, validation_split=0.2, verbose=0, callbacks=[stop])
assert len(h.epoch) == 3, h.epoch
assert stop.stopped_epoch == 2

m = net()
plateau = ReduceLROnPlateau(monitor='loss', factor=0.1, patience=1, min_delta=1e9, min_lr=1e-4, verbose=0)
h = m.fit(x, y, epochs=6, verbose=0, callbacks=[plateau])
assert abs(K.get_value(m.optimizer.lr) - 1e-4) < 1e-8, K.get_value(m.optimizer.lr)
assert np.allclose(h.history['lr'][0], 0.05) and h.history['lr'][-1] < 0.05
print('OK')
