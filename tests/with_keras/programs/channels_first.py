"""channels_first against channels_last: convolutions, pools, BatchNormalization(axis=1), padding, by argument and by K.set_image_data_format."""
import numpy as np
np.random.seed(40)
from keras import backend as K
from keras import layers as L
from keras.layers import Input
from keras.models import Model, Sequential

x2 = np.random.rand(3, 8, 7, 2).astype('float32')
x3 = np.random.rand(2, 5, 6, 5, 2).astype('float32')
x1 = np.random.rand(3, 9, 2).astype('float32')


def first(a):
    return np.moveaxis(a, -1, 1)


for x, cls, args in [
        (x2, L.Conv2D, dict(filters=3, kernel_size=3)), (x2, L.Conv2D, dict(filters=3, kernel_size=3, strides=2, padding='same')),
        (x2, L.Conv2D, dict(filters=3, kernel_size=2, dilation_rate=2)), (x2, L.SeparableConv2D, dict(filters=3, kernel_size=3, padding='same')),
        (x2, L.DepthwiseConv2D, dict(kernel_size=3)), (x2, L.Conv2DTranspose, dict(filters=3, kernel_size=3, strides=2)),
        (x2, L.MaxPooling2D, dict(pool_size=2)), (x2, L.AveragePooling2D, dict(pool_size=3, strides=2, padding='same')),
        (x2, L.ZeroPadding2D, dict(padding=((1, 2), (0, 1)))), (x2, L.Cropping2D, dict(cropping=1)), (x2, L.UpSampling2D, dict(size=(2, 3))),
        (x2, L.LocallyConnected2D, dict(filters=2, kernel_size=3)),
        (x3, L.Conv3D, dict(filters=3, kernel_size=2)), (x3, L.MaxPooling3D, dict(pool_size=2)), (x3, L.AveragePooling3D, dict(pool_size=2)),
        (x3, L.UpSampling3D, dict(size=2)), (x3, L.ZeroPadding3D, dict(padding=1)), (x1, L.MaxPooling1D, dict(pool_size=2)),
        (x1, L.GlobalAveragePooling1D, {}), (x2, L.GlobalMaxPooling2D, {}), (x2, L.Flatten, {})]:
    a = Sequential([cls(data_format='channels_last', input_shape=x.shape[1:], **args)])
    b = Sequential([cls(data_format='channels_first', input_shape=first(x).shape[1:], **args)])
    if a.get_weights() and cls is not L.LocallyConnected2D:
        assert [w.shape for w in a.get_weights()] == [w.shape for w in b.get_weights()], cls
        b.set_weights(a.get_weights())
    p, q = a.predict(x), b.predict(first(x))
    assert q.shape[1:] == b.output_shape[1:], (cls, q.shape, b.output_shape)
    if cls is L.LocallyConnected2D:
        continue
    if p.ndim > 2:
        p = first(p)
    assert np.allclose(p, q, atol=1e-5), (cls, args)

K.set_image_data_format('channels_first')
assert K.image_data_format() == 'channels_first'
m = Sequential([L.Conv2D(4, 3, input_shape=(1, 8, 8), activation='relu'), L.BatchNormalization(axis=1), L.MaxPooling2D(),
                L.Conv2D(3, 2), L.GlobalAveragePooling2D(), L.Dense(1)])
assert m.layers[0].output_shape == (None, 4, 6, 6)
m.compile('adam', 'mse')
x, y = np.random.rand(40, 1, 8, 8), np.random.rand(40)
h = m.fit(x, y, epochs=4, verbose=0).history['loss']
assert h[-1] < h[0]
assert m.layers[1].get_weights()[0].shape == (4,)
K.set_image_data_format('channels_last')
i = Input((4, 5, 6))
pre = Model(i, L.PReLU(shared_axes=[2, 3])(i))
assert pre.get_weights()[0].shape == (4, 1, 1)
print('OK')
