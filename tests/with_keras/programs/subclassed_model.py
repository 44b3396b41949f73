"""A Model subclass: fit, evaluate, save_weights, custom training argument, several outputs."""
import os
import tempfile
import numpy as np
np.random.seed(15)
import keras
from keras.layers import Dense, Dropout, BatchNormalization


class SimpleMLP(keras.Model):
    def __init__(self, use_bn=False, use_dp=False, num_classes=3):
        super(SimpleMLP, self).__init__(name='mlp')
        self.use_bn, self.use_dp = use_bn, use_dp
        self.dense1 = Dense(16, activation='relu')
        self.dense2 = Dense(num_classes, activation='softmax')
        if use_dp:
            self.dp = Dropout(0.5)
        if use_bn:
            self.bn = BatchNormalization(axis=-1)

    def call(self, inputs):
        x = self.dense1(inputs)
        if self.use_dp:
            x = self.dp(x)
        if self.use_bn:
            x = self.bn(x)
        return self.dense2(x)


class TwoHeads(keras.Model):
    def __init__(self):
        super(TwoHeads, self).__init__()
        self.body = Dense(8, activation='tanh')
        self.a, self.b = Dense(1), Dense(2, activation='softmax')

    def call(self, inputs):
        h = self.body(inputs)
        return [self.a(h), self.b(h)]


x = np.random.randn(150, 4)
y = keras.utils.to_categorical(np.argmax(x[:, :3], 1), 3)
for bn, dp in [(False, False), (True, False), (False, True)]:
    m = SimpleMLP(bn, dp)
    m.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
    keras.backend.set_value(m.optimizer.lr, 0.02)
    h = m.fit(x, y, epochs=10, batch_size=30, verbose=0)
    assert h.history['loss'][-1] < h.history['loss'][0]
    acc = m.evaluate(x, y, verbose=0)[1]
    assert acc > 0.7, acc
    assert m.predict(x).shape == (150, 3)
path = os.path.join(tempfile.mkdtemp(), 'w.h5')
m = SimpleMLP()
m.compile('sgd', 'mse')
m.train_on_batch(x, y)
m.save_weights(path)
n = SimpleMLP()
n.compile('sgd', 'mse')
n.train_on_batch(x, y)
n.load_weights(path)
assert np.allclose(m.predict(x), n.predict(x), atol=1e-6)
try:
    m.to_json()
    raise SystemExit('no error')
except NotImplementedError:
    pass
two = TwoHeads()
two.compile('rmsprop', ['mse', 'categorical_crossentropy'])
h = two.fit(x, [x[:, :1], y[:, :2]], epochs=2, verbose=0)
p = two.predict(x, batch_size=32)
assert p[0].shape == (150, 1) and p[1].shape == (150, 2)
print('OK')
