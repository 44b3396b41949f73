"""Siamese network with contrastive loss and a distance Lambda; triplet loss variant."""
import numpy as np
np.random.seed(31)
from keras import backend as K
from keras.layers import Input, Dense, Dropout, Lambda, concatenate
from keras.models import Model
from keras.optimizers import RMSprop


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(margin - y_pred, 0)))


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


def create_base_network(input_shape):
    i = Input(shape=input_shape)
    x = Dense(24, activation='relu')(i)
    x = Dropout(0.1)(x)
    return Model(i, Dense(8)(x))


protos = np.random.randn(4, 10) * 1.5
cls = np.random.randint(0, 4, 240)
data = protos[cls] + .3 * np.random.randn(240, 10)
pairs, labels = [], []
for n in range(400):
    i, j = np.random.randint(0, 240, 2)
    if n % 2:
        j = np.random.choice(np.where(cls == cls[i])[0])
    pairs.append((data[i], data[j]))
    labels.append(float(cls[i] == cls[j]))
pairs, labels = np.array(pairs), np.array(labels)
base = create_base_network((10,))
a, b = Input((10,)), Input((10,))
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([base(a), base(b)])
model = Model([a, b], distance)
model.compile(loss=contrastive_loss, optimizer=RMSprop(.005), metrics=[accuracy])
model.fit([pairs[:, 0], pairs[:, 1]], labels, batch_size=32, epochs=12, verbose=0)
d = model.predict([pairs[:, 0], pairs[:, 1]]).ravel()
acc = ((d < .5) == labels).mean()
assert acc > .9, acc
assert d[labels == 1].mean() < d[labels == 0].mean()
e = model.evaluate([pairs[:, 0], pairs[:, 1]], labels, batch_size=400, verbose=0)
assert abs(e[1] - acc) < 1e-3, (e, acc)


def triplet(y_true, y_pred):
    p, n = y_pred[:, 0], y_pred[:, 1]
    return K.mean(K.maximum(K.square(p) - K.square(n) + .5, 0.))


base = create_base_network((10,))
a, p, n = Input((10,)), Input((10,)), Input((10,))
norm = Lambda(lambda t: K.l2_normalize(t, axis=-1), output_shape=(8,))
ea, ep, en = norm(base(a)), norm(base(p)), norm(base(n))
dp = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([ea, ep])
dn = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([ea, en])
net = Model([a, p, n], concatenate([dp, dn]))
net.compile('adam', triplet)
i = np.arange(240)
jp = np.array([np.random.choice(np.where(cls == c)[0]) for c in cls])
jn = np.array([np.random.choice(np.where(cls != c)[0]) for c in cls])
h = net.fit([data[i], data[jp], data[jn]], np.zeros((240, 1)), epochs=6, verbose=0).history['loss']
assert h[-1] < h[0]
print('OK')
