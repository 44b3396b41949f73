"""Variational autoencoder: reparametrisation by K.random_normal in a Lambda, loss by add_loss."""
import numpy as np
np.random.seed(33)
from keras import backend as K
from keras.layers import Lambda, Input, Dense
from keras.losses import mse
from keras.models import Model


def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


factors = np.random.randn(400, 2)
x = (1 / (1 + np.exp(-factors.dot(np.random.randn(2, 16) * 2)))).astype('float32')
inputs = Input(shape=(16,), name='encoder_input')
h = Dense(24, activation='relu')(inputs)
z_mean = Dense(2, name='z_mean')(h)
z_log_var = Dense(2, name='z_log_var')(h)
z = Lambda(sampling, output_shape=(2,), name='z')([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name='encoder')
latent = Input(shape=(2,), name='z_sampling')
decoder = Model(latent, Dense(16, activation='sigmoid')(Dense(24, activation='relu')(latent)), name='decoder')
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name='vae_mlp')
rec = mse(inputs, outputs) * 16 * 10
kl = -0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
vae.add_loss(K.mean(rec + kl))
vae.compile(optimizer='adam')
K.set_value(vae.optimizer.lr, .01)
hist = vae.fit(x, epochs=25, batch_size=40, verbose=0, validation_data=(x[:80], None))
loss = hist.history['loss']
assert loss[-1] < .8 * loss[0], (loss[0], loss[-1])
assert len(hist.history['val_loss']) == 25
m, v, s = encoder.predict(x, batch_size=50)
m2, v2, s2 = encoder.predict(x, batch_size=50)
assert np.allclose(m, m2, atol=1e-5) and not np.allclose(s, s2)
zs = (s - m) / np.exp(.5 * v)
assert abs(zs.mean()) < .12 and abs(zs.std() - 1) < .12, (zs.mean(), zs.std())
new = decoder.predict(np.random.randn(10, 2))
assert new.shape == (10, 16) and 0 <= new.min() and new.max() <= 1
print('OK')
