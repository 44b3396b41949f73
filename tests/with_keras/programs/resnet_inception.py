"""Residual and inception blocks built by functions; add, concatenate, BatchNormalization statistics; plot-free summary; fit."""
import numpy as np
np.random.seed(45)
from keras import backend as K
from keras.layers import Input, Conv2D, BatchNormalization, Activation, add, concatenate, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, Dense
from keras.models import Model
from keras.regularizers import l2


def bn_relu_conv(x, filters, size=3, strides=1):
    axis = 1 if K.image_data_format() == 'channels_first' else -1
    x = Activation('relu')(BatchNormalization(axis=axis)(x))
    return Conv2D(filters, size, strides=strides, padding='same', kernel_initializer='he_normal', kernel_regularizer=l2(1e-4))(x)


def residual(x, filters, strides=1):
    y = bn_relu_conv(bn_relu_conv(x, filters, strides=strides), filters)
    if strides != 1 or K.int_shape(x)[-1] != filters:
        x = Conv2D(filters, 1, strides=strides, padding='valid')(x)
    assert K.int_shape(x) == K.int_shape(y)
    return add([x, y])


def inception(x):
    t1 = Conv2D(3, (1, 1), padding='same', activation='relu')(x)
    t2 = Conv2D(3, (3, 3), padding='same', activation='relu')(Conv2D(2, (1, 1), padding='same', activation='relu')(x))
    t3 = Conv2D(2, (1, 1), padding='same', activation='relu')(MaxPooling2D((3, 3), strides=(1, 1), padding='same')(x))
    return concatenate([t1, t2, t3], axis=-1)


i = Input((12, 12, 1))
x = Conv2D(4, 3, padding='same')(i)
x = residual(x, 4)
x = residual(x, 6, strides=2)
x = inception(x)
assert K.int_shape(x) == (None, 6, 6, 8)
x = AveragePooling2D(2)(x)
out = Dense(2, activation='softmax')(GlobalAveragePooling2D()(x))
model = Model(i, out)
model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
K.set_value(model.optimizer.lr, .01)
n = 160
lab = np.random.randint(0, 2, n)
img = .4 * np.random.randn(n, 12, 12, 1)
img[lab == 0, ::2] += 1
img[lab == 1, :, ::2] += 1
h = model.fit(img, np.eye(2)[lab], epochs=5, batch_size=20, verbose=0)
assert h.history['accuracy'][-1] > .9, h.history
lines = []
model.summary(print_fn=lines.append)
assert any('Non-trainable params: %d' % (2 * (4 + 4 + 4 + 6)) in l for l in lines), lines[-5:]
assert len(model.updates) == 8 and len(model.losses) == 4

bn = BatchNormalization(momentum=.5, epsilon=1e-3)
j = Input((3,))
m = Model(j, bn(j))
m.compile('sgd', 'mse')
K.set_value(m.optimizer.lr, 0.)
data = np.random.randn(50, 3) * [1, 2, 3] + [3, 0, -1]
mean, var = np.zeros(3), np.ones(3)
for k in range(5):
    b = data[k * 10:k * 10 + 10]
    m.train_on_batch(b, b)
    mean = .5 * mean + .5 * b.mean(0)
    var = .5 * var + .5 * b.var(0) * 10 / (10 - (1 + 1e-3))
g, be, mu, va = bn.get_weights()
assert np.allclose(mu, mean, atol=1e-4), (mu, mean)
assert np.allclose(va, var, rtol=1e-3), (va, var)
assert np.allclose(m.predict(data), (data - mean) / np.sqrt(var + 1e-3), atol=1e-3)
print('OK')
