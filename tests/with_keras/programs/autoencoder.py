"""Dense and convolutional autoencoders; encoder and decoder as own models; denoising; UpSampling and Conv2DTranspose."""
import numpy as np
np.random.seed(32)
from keras import backend as K
from keras.layers import Input, Dense, Conv2D, MaxPooling2D, UpSampling2D, Conv2DTranspose, Flatten, Reshape
from keras.models import Model

factors = np.random.randn(300, 2)
x = np.tanh(factors.dot(np.random.randn(2, 12)))
inp = Input((12,))
enc = Dense(2, name='code')(Dense(16, activation='relu')(inp))
dec1, dec2 = Dense(16, activation='relu'), Dense(12, activation='tanh')
auto = Model(inp, dec2(dec1(enc)))
encoder = Model(inp, enc)
code = Input((2,))
decoder = Model(code, dec2(dec1(code)))
auto.compile('adam', 'mse')
K.set_value(auto.optimizer.lr, .01)
h = auto.fit(x, x, epochs=25, batch_size=30, verbose=0).history['loss']
assert h[-1] < .4 * h[0], (h[0], h[-1])
assert np.allclose(decoder.predict(encoder.predict(x)), auto.predict(x), atol=1e-5)

img = np.zeros((120, 8, 8, 1))
for k in img:
    r, c = np.random.randint(0, 6, 2)
    k[r:r + 3, c:c + 2] = 1
noisy = np.clip(img + .3 * np.random.randn(*img.shape), 0, 1)
i = Input((8, 8, 1))
t = Conv2D(8, (3, 3), activation='relu', padding='same')(i)
t = MaxPooling2D((2, 2), padding='same')(t)
t = Conv2D(8, (3, 3), activation='relu', padding='same')(t)
t = UpSampling2D((2, 2))(t)
out = Conv2D(1, (3, 3), activation='sigmoid', padding='same')(t)
m = Model(i, out)
m.compile('adam', 'binary_crossentropy')
K.set_value(m.optimizer.lr, .01)
before = ((m.predict(noisy) - img) ** 2).mean()
m.fit(noisy, img, epochs=12, batch_size=20, verbose=0)
after = ((m.predict(noisy) - img) ** 2).mean()
assert after < .5 * before and after < ((noisy - img) ** 2).mean(), (before, after)

i = Input((8, 8, 1))
t = Conv2D(6, 3, strides=2, activation='relu', padding='same')(i)
shape = K.int_shape(t)
assert shape == (None, 4, 4, 6)
t = Dense(10)(Flatten()(t))
t = Dense(shape[1] * shape[2] * shape[3], activation='relu')(t)
t = Reshape((shape[1], shape[2], shape[3]))(t)
t = Conv2DTranspose(6, 3, strides=2, activation='relu', padding='same')(t)
t = Conv2DTranspose(1, 3, activation='sigmoid', padding='same')(t)
m = Model(i, t)
assert m.output_shape == (None, 8, 8, 1)
m.compile('adam', 'mse')
h = m.fit(img, img, epochs=8, batch_size=20, verbose=0).history['loss']
assert h[-1] < h[0]
print('OK')
