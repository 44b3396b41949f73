"""K.gradients: saliency maps, gradient ascent on the input, Grad-CAM, gradients by weights against finite differences."""
import numpy as np
np.random.seed(26)
from keras import backend as K
from keras.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Activation
from keras.models import Sequential

m = Sequential([Conv2D(4, 3, activation='softplus', padding='same', input_shape=(7, 7, 2), name='last'),
                GlobalAveragePooling2D(), Dense(6, activation='tanh'), Dense(3), Activation('softmax')])
x = np.random.rand(1, 7, 7, 2)
score = m.layers[-2].output[:, 1]
grads = K.gradients(score, m.input)[0]
assert K.int_shape(grads)[1:] == (7, 7, 2)
sal = K.function([m.input], [K.max(K.abs(grads), axis=-1), grads])
smap, g = sal([x])
assert smap.shape == (1, 7, 7) and np.allclose(smap, np.abs(g).max(-1))
out = K.function([m.input], [K.sum(score)])
for pos in [(0, 0, 0), (3, 3, 1), (6, 2, 0)]:
    up, dn = x.copy(), x.copy()
    up[(0,) + pos] += .05
    dn[(0,) + pos] -= .05
    num = (out([up])[0] - out([dn])[0]) / .1
    assert abs(num - g[(0,) + pos]) < 2e-4, (num, g[(0,) + pos])

loss = K.mean(m.layers[-2].output[:, 2]) - .01 * K.sum(K.square(m.input))
gr = K.gradients(loss, [m.input])[0]
gr /= (K.sqrt(K.mean(K.square(gr))) + 1e-5)
iterate = K.function([m.input], [loss, gr])
img, values = x.copy(), []
for i in range(25):
    v, d = iterate([img])
    values.append(float(v))
    img += d * .05
assert values[-1] > values[0], values

conv = m.get_layer('last').output
cg = K.gradients(K.max(m.output, axis=-1), conv)[0]
pooled = K.mean(cg, axis=(0, 1, 2))
cam = K.function([m.input], [pooled, conv[0]])
weights, maps = cam([x])
heat = np.maximum((maps * weights).sum(-1), 0)
assert heat.shape == (7, 7) and weights.shape == (4,)

params = m.trainable_weights
total = K.sum(K.square(m.output))
pg = K.function([m.input], K.gradients(total, params))([x])
w = m.get_weights()
val = K.function([m.input], [total])
for i in (0, 2, 5):
    idx = tuple(s // 2 for s in w[i].shape)
    vals = []
    for h in (.02, -.02):
        k = [a.copy() for a in w]
        k[i][idx] += h
        m.set_weights(k)
        vals.append(val([x])[0])
    m.set_weights(w)
    assert abs((vals[0] - vals[1]) / .04 - pg[i][idx]) < 1e-3, i
free = K.variable(1.)
assert K.gradients(total, [free]) == [None]
stop = K.gradients(K.sum(K.stop_gradient(m.input) * m.input), [m.input])[0]
assert np.allclose(K.function([m.input], [stop])([x])[0], x, atol=1e-6)
print('OK')
