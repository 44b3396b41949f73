"""get_config / from_config of pooling, local, recurrent, noise, activation layers, wrappers; a rebuilt layer has the same weights' shapes and gives the same values."""
import numpy as np
np.random.seed(49)
from keras import layers as L
from keras.layers import Input
from keras.models import Model

v2, v1, v3, f = (6, 7, 3), (8, 3), (5, 5, 5, 2), (9,)
cases = [
    (L.MaxPooling1D(2), v1), (L.MaxPooling2D((2, 3), strides=1), v2),
    (L.MaxPooling3D(2, padding='same'), v3), (L.AveragePooling1D(3, padding='same'), v1), (L.AveragePooling2D(2), v2),
    (L.AveragePooling3D(2), v3), (L.GlobalMaxPooling1D(), v1), (L.GlobalAveragePooling2D(), v2), (L.GlobalMaxPooling3D(), v3),
    (L.LocallyConnected1D(3, 2), v1), (L.LocallyConnected2D(2, 2, strides=2), v2),
    (L.SimpleRNN(3, return_sequences=True), v1), (L.GRU(3, reset_after=True, go_backwards=True), v1),
    (L.LSTM(3, recurrent_dropout=.1, unroll=True), v1), (L.ConvLSTM2D(2, 2, return_sequences=True), (3,) + v2),
    (L.BatchNormalization(momentum=.8, scale=False), v2), (L.GaussianNoise(.1), f), (L.GaussianDropout(.1), f), (L.AlphaDropout(.1), f),
    (L.LeakyReLU(.2), f), (L.PReLU(shared_axes=[1, 2]), v2), (L.ELU(.7), f), (L.ThresholdedReLU(.5), f), (L.Softmax(axis=1), v1),
    (L.ReLU(6., negative_slope=.1, threshold=.2), f), (L.TimeDistributed(L.Dense(4)), v1),
    (L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode='ave'), v1), (L.ActivityRegularization(.1, .2), f),
]
for layer, shape in cases:
    i = Input(shape)
    o = layer(i)
    x = np.random.randn(2, *shape).astype('float32')
    m = Model(i, o)
    config = layer.get_config()
    assert config['name'] == layer.name and config['trainable'] is True
    twin = type(layer).from_config(config)
    j = Input(shape)
    n = Model(j, twin(j))
    assert [w.shape for w in m.get_weights()] == [w.shape for w in n.get_weights()]
    n.set_weights(m.get_weights())
    a, b = m.predict(x), n.predict(x)
    assert np.allclose(a, b, atol=1e-5), layer
    assert a.shape == tuple([2] + list(m.output_shape[1:])), (layer, a.shape, m.output_shape)
    if not isinstance(layer, L.wrappers.Wrapper):
        assert twin.get_config() == config, layer
    assert layer.count_params() == sum(w.size for w in layer.get_weights())
again = Model.from_config(m.get_config())
assert again.output_shape == m.output_shape
print('OK')
