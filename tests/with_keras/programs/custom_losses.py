"""Losses and metrics written with K: dice, quantile, weighted crossentropy closures, f1, rmse, ssim-like."""
import numpy as np
np.random.seed(4)
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense

smooth = 1.


def dice_coef(y_true, y_pred):
    t = K.flatten(y_true)
    p = K.flatten(y_pred)
    inter = K.sum(t * p)
    return (2. * inter + smooth) / (K.sum(t) + K.sum(p) + smooth)


def dice_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


def quantile(q):
    def loss(y_true, y_pred):
        e = y_true - y_pred
        return K.mean(K.maximum(q * e, (q - 1) * e), axis=-1)
    return loss


def weighted_bce(pos):
    def loss(y_true, y_pred):
        b = K.binary_crossentropy(y_true, y_pred)
        w = y_true * pos + (1. - y_true)
        return K.mean(w * b, axis=-1)
    return loss


def focal(gamma=2., alpha=.25):
    def focal_fixed(y_true, y_pred):
        y_pred = K.clip(y_pred, K.epsilon(), 1. - K.epsilon())
        pt = K.switch(K.equal(y_true, 1), y_pred, 1. - y_pred)
        return -K.sum(alpha * K.pow(1. - pt, gamma) * K.log(pt), axis=-1)
    return focal_fixed


def f1(y_true, y_pred):
    tp = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    possible = K.sum(K.round(K.clip(y_true, 0, 1)))
    predicted = K.sum(K.round(K.clip(y_pred, 0, 1)))
    precision = tp / (predicted + K.epsilon())
    recall = tp / (possible + K.epsilon())
    return 2 * precision * recall / (precision + recall + K.epsilon())


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))


def r_square(y_true, y_pred):
    res = K.sum(K.square(y_true - y_pred))
    tot = K.sum(K.square(y_true - K.mean(y_true)))
    return 1 - res / (tot + K.epsilon())


X = np.random.randn(256, 5).astype('float32')
y = (X[:, :2].sum(1) > 0).astype('float32')[:, None]
for loss in [dice_loss, weighted_bce(3.), focal(), 'binary_crossentropy']:
    m = Sequential([Dense(8, activation='tanh', input_dim=5), Dense(1, activation='sigmoid')])
    m.compile('adam', loss, metrics=[f1, dice_coef, 'acc'])
    K.set_value(m.optimizer.lr, 0.02)
    before = m.evaluate(X, y, verbose=0, batch_size=256)
    m.fit(X, y, epochs=12, verbose=0)
    after = m.evaluate(X, y, verbose=0, batch_size=256)
    assert after[0] < before[0], loss
    assert after[1] > 0.85, (loss, after)
    p = m.predict(X, batch_size=256)
    want = (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
    assert abs(after[2] - want) < 1e-4
    tp = (np.round(p) * y).sum()
    assert abs(after[1] - 2 * tp / (np.round(p).sum() + y.sum())) < 1e-4

t = X.dot(np.array([1., -1, .5, 0, 0], 'float32'))[:, None] + np.random.randn(256, 1)
for q in (0.1, 0.9):
    m = Sequential([Dense(1, input_dim=5)])
    m.compile('rmsprop', quantile(q), metrics=[rmse, r_square])
    K.set_value(m.optimizer.lr, 0.03)
    m.fit(X, t, epochs=30, verbose=0)
    under = (t < m.predict(X)).mean()
    assert abs(under - q) < 0.08, (q, under)
    _, e, r2 = m.evaluate(X, t, verbose=0, batch_size=256)
    p = m.predict(X)
    assert abs(e - np.sqrt(((p - t) ** 2).mean())) < 1e-4
    assert abs(r2 - (1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum())) < 1e-4
print('OK')
