"""get_config / from_config of core, convolution, padding layers; a rebuilt layer has the same weights' shapes and gives the same values."""
import numpy as np
np.random.seed(29)
from keras import layers as L
from keras.layers import Input
from keras.models import Model

v2, v1, v3, f = (6, 7, 3), (8, 3), (5, 5, 5, 2), (9,)
cases = [
    (L.Dense(4, activation='relu', use_bias=False, kernel_regularizer='l2'), f), (L.Activation('tanh'), f),
    (L.Dropout(.2), f), (L.Flatten(), v2), (L.Reshape((3, 3)), f), (L.Permute((2, 1)), v1), (L.RepeatVector(3), f),
    (L.Masking(0.), v1), (L.SpatialDropout1D(.3), v1),
    (L.Conv1D(4, 3, strides=2, padding='same'), v1), (L.Conv2D(4, (2, 3), dilation_rate=(2, 1)), v2),
    (L.SeparableConv1D(4, 3, depth_multiplier=2), v1), (L.SeparableConv2D(4, 3, depth_multiplier=2), v2),
    (L.DepthwiseConv2D(2, depth_multiplier=2, strides=2), v2), (L.Conv2DTranspose(3, 3, strides=2, padding='same'), v2),
    (L.Conv3D(2, 2, activation='elu'), v3), (L.Conv3DTranspose(2, 2, strides=2), v3), (L.UpSampling1D(2), v1),
    (L.UpSampling2D((2, 3), interpolation='bilinear'), v2), (L.UpSampling3D(2), v3), (L.ZeroPadding1D((1, 2)), v1),
    (L.ZeroPadding2D(((1, 0), (2, 1))), v2), (L.ZeroPadding3D(1), v3), (L.Cropping1D((1, 1)), v1),
    (L.Cropping2D(((1, 0), (2, 1))), v2), (L.Cropping3D(1), v3),
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
