"""User-written layers: add_weight, compute_output_shape, get_config, several inputs; save and load with custom_objects."""
import os
import tempfile
import numpy as np
np.random.seed(3)
from keras import backend as K
from keras import activations, initializers
from keras.engine.topology import Layer
from keras.layers import Input, Dense
from keras.models import Model, load_model


class Scaled(Layer):
    def __init__(self, units, activation=None, **kwargs):
        self.units = units
        self.activation = activations.get(activation)
        super(Scaled, self).__init__(**kwargs)

    def build(self, input_shape):
        self.kernel = self.add_weight(name='kernel', shape=(input_shape[1], self.units),
                                      initializer='glorot_uniform', trainable=True)
        self.gain = self.add_weight(name='gain', shape=(self.units,), initializer=initializers.Constant(2.))
        self.count = self.add_weight(name='count', shape=(), initializer='zeros', trainable=False)
        super(Scaled, self).build(input_shape)

    def call(self, x):
        self.add_update(K.update_add(self.count, 1.), x)
        return self.activation(self.gain * K.dot(x, self.kernel))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = {'units': self.units, 'activation': activations.serialize(self.activation)}
        base = super(Scaled, self).get_config()
        return dict(list(base.items()) + list(config.items()))


class Antirectifier(Layer):
    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        assert len(shape) == 2
        shape[-1] *= 2
        return tuple(shape)

    def call(self, inputs):
        inputs -= K.mean(inputs, axis=1, keepdims=True)
        inputs = K.l2_normalize(inputs, axis=1)
        return K.concatenate([K.relu(inputs), K.relu(-inputs)], axis=1)


class SplitSum(Layer):
    """two in, two out"""
    def call(self, inputs):
        a, b = inputs
        return [a + b, a * b]

    def compute_output_shape(self, input_shape):
        return [input_shape[0], input_shape[1]]


inp = Input((6,))
h = Scaled(4, activation='tanh', name='scaled')(inp)
a = Antirectifier()(h)
assert K.int_shape(a) == (None, 8)
b = Dense(8)(inp)
s, p = SplitSum()([a, b])
out = Dense(1)(s)
model = Model(inp, [out, p])
model.compile('sgd', 'mse')
assert len(model.get_layer('scaled').trainable_weights) == 2
assert len(model.get_layer('scaled').non_trainable_weights) == 1
x = np.random.randn(20, 6)
for i in range(5):
    model.train_on_batch(x, [x[:, :1], np.zeros((20, 8))])
assert K.get_value(model.get_layer('scaled').count) == 5
w, g, _ = model.get_layer('scaled').get_weights()
hid = np.tanh(x.dot(w) * g)
hid = hid - hid.mean(1, keepdims=True)
hid = hid / np.sqrt((hid ** 2).sum(1, keepdims=True))
rect = np.concatenate([np.maximum(hid, 0), np.maximum(-hid, 0)], 1)
got = Model(inp, a).predict(x)
assert np.allclose(got, rect, atol=1e-4)
path = os.path.join(tempfile.mkdtemp(), 'm.h5')
model.save(path)
again = load_model(path, custom_objects={'Scaled': Scaled, 'Antirectifier': Antirectifier, 'SplitSum': SplitSum})
for u, v in zip(model.predict(x), again.predict(x)):
    assert np.allclose(u, v, atol=1e-6)
assert again.get_layer('scaled').units == 4
print('OK')
