"""LearningRateScheduler, LambdaCallback, a Callback of one's own, TerminateOnNaN, History, stop_training."""
import numpy as np
np.random.seed(7)
import keras
from keras import backend as K
from keras.callbacks import Callback, LambdaCallback, LearningRateScheduler, TerminateOnNaN, BaseLogger
from keras.models import Sequential
from keras.layers import Dense

x = np.random.randn(96, 3).astype('float32')
y = (x ** 2).sum(1, keepdims=True)


class LossHistory(Callback):
    def on_train_begin(self, logs=None):
        self.losses, self.calls, self.sizes = [], ['train_begin'], []

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append('epoch%d' % epoch)

    def on_batch_end(self, batch, logs=None):
        self.losses.append(logs.get('loss'))
        self.sizes.append(logs.get('size'))

    def on_epoch_end(self, epoch, logs=None):
        assert 'loss' in logs and 'val_loss' in logs
        assert self.params['epochs'] == 3 and self.params['samples'] == 96
        self.norm = np.sqrt(sum((w ** 2).sum() for w in self.model.get_weights()))

    def on_train_end(self, logs=None):
        self.calls.append('train_end')


m = Sequential([Dense(8, activation='tanh', input_dim=3), Dense(1)])
m.compile('adam', 'mse')
mine = LossHistory()
rates, marks = [], []
schedule = LearningRateScheduler(lambda epoch: 0.01 * 0.5 ** epoch)
spy = LambdaCallback(on_epoch_begin=lambda e, logs: marks.append(e),
                     on_epoch_end=lambda e, logs: rates.append(float(K.get_value(m.optimizer.lr))),
                     on_train_end=lambda logs: marks.append('end'))
m.fit(x, y, batch_size=40, epochs=3, verbose=0, validation_data=(x, y), callbacks=[mine, schedule, spy])
assert np.allclose(rates, [0.01, 0.005, 0.0025]), rates
assert marks == [0, 1, 2, 'end']
assert mine.calls == ['train_begin', 'epoch0', 'epoch1', 'epoch2', 'train_end']
assert mine.sizes == [40, 40, 16] * 3
assert len(mine.losses) == 9 and np.isfinite(mine.losses).all() and mine.norm > 0

schedule2 = LearningRateScheduler(lambda epoch, lr: lr / 2)
m.fit(x, y, epochs=2, verbose=0, callbacks=[schedule2])
assert np.allclose(K.get_value(m.optimizer.lr), 0.0025 / 4)


class StopEarly(Callback):
    def on_batch_end(self, batch, logs=None):
        if batch == 1:
            self.model.stop_training = True


h = m.fit(x, y, batch_size=16, epochs=5, verbose=0, callbacks=[StopEarly()])
assert len(h.history['loss']) == 1

bad = x.copy()
bad[10] = np.nan
h = m.fit(bad, y, batch_size=96, epochs=5, verbose=0, callbacks=[TerminateOnNaN()])
assert len(h.epoch) == 1
assert isinstance(m.history, keras.callbacks.History)
print('OK')
