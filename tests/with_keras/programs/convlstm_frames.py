"""Next-frame prediction: ConvLSTM2D stacks, Conv3D, stateful ConvLSTM, BatchNormalization on 5-D."""
import numpy as np
np.random.seed(46)
from keras import backend as K
from keras.layers import ConvLSTM2D, Conv3D, BatchNormalization, TimeDistributed, Conv2D
from keras.models import Sequential

n, T, S = 24, 5, 8
movie = np.zeros((n, T + 1, S, S, 1))
for k in range(n):
    r, c = np.random.randint(0, S - 2), np.random.randint(0, 3)
    for t in range(T + 1):
        movie[k, t, r:r + 2, (c + t) % S] = 1
x, y = movie[:, :-1], movie[:, 1:]
seq = Sequential()
seq.add(ConvLSTM2D(filters=6, kernel_size=(3, 3), input_shape=(None, S, S, 1), padding='same', return_sequences=True))
seq.add(BatchNormalization())
seq.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), padding='same', return_sequences=True))
seq.add(Conv3D(filters=1, kernel_size=(3, 3, 3), activation='sigmoid', padding='same'))
seq.compile(loss='binary_crossentropy', optimizer='adadelta')
K.set_value(seq.optimizer.lr, 1.)
h = seq.fit(x, y, batch_size=8, epochs=5, verbose=0).history['loss']
assert h[-1] < h[0], h
p = seq.predict(x[:2, :3])
assert p.shape == (2, 3, S, S, 1)
last = Sequential([ConvLSTM2D(3, 2, strides=2, input_shape=(T, S, S, 1), recurrent_activation='sigmoid')])
assert last.output_shape == (None, 4, 4, 3)
k, r, b = last.get_weights()
sig = lambda v: 1 / (1 + np.exp(-v))


def conv_valid2(v, k):
    out = np.zeros((v.shape[0], 4, 4, k.shape[-1]))
    for a, c in np.ndindex(4, 4):
        out[:, a, c] = np.einsum('nhwi,hwio->no', v[:, 2 * a:2 * a + 2, 2 * c:2 * c + 2], k)
    return out


def conv_same(v, k):
    v = np.pad(v, [(0, 0), (0, 1), (0, 1), (0, 0)], 'constant')
    out = np.zeros((v.shape[0], 4, 4, k.shape[-1]))
    for a, c in np.ndindex(4, 4):
        out[:, a, c] = np.einsum('nhwi,hwio->no', v[:, a:a + 2, c:c + 2], k)
    return out


hh = cc = np.zeros((n, 4, 4, 3))
for t in range(T):
    z = conv_valid2(x[:, t], k) + b + conv_same(hh, r)
    gi, gf, gc, go = np.split(z, 4, -1)
    cc = sig(gf) * cc + sig(gi) * np.tanh(gc)
    hh = sig(go) * np.tanh(cc)
assert np.allclose(last.predict(x), hh, atol=1e-4)
st = Sequential([ConvLSTM2D(2, 3, padding='same', stateful=True, batch_input_shape=(4, T, S, S, 1))])
a = st.predict(x[:4], batch_size=4)
c = st.predict(x[:4], batch_size=4)
assert not np.allclose(a, c)
st.reset_states()
assert np.allclose(st.predict(x[:4], batch_size=4), a, atol=1e-5)
print('OK')
