"""CTC in a Lambda as in image_ocr: ctc_batch_cost as a model's output, greedy ctc_decode."""
import numpy as np
np.random.seed(42)
from keras import backend as K
from keras.layers import Input, Dense, Lambda, Bidirectional, GRU, Activation
from keras.models import Model
from keras.optimizers import Adam

T, C, L = 12, 4, 3      # classes 0..2, blank 3


def ctc_lambda_func(args):
    y_pred, labels, input_length, label_length = args
    y_pred = y_pred[:, 2:, :]
    return K.ctc_batch_cost(labels, y_pred, input_length, label_length)


n = 96
labels = np.random.randint(0, 3, (n, L))
x = .1 * np.random.randn(n, T, 5)
for k in range(n):
    for j, c in enumerate(labels[k]):
        x[k, 2 + 3 * j:4 + 3 * j, c] += 2
        x[k, 4 + 3 * j, 4] += 2
inp = Input((T, 5), name='the_input')
h = Bidirectional(GRU(12, return_sequences=True))(inp)
y_pred = Activation('softmax', name='softmax')(Dense(C)(h))
lab = Input((L,), name='the_labels')
il, ll = Input((1,), dtype='int64'), Input((1,), dtype='int64')
loss_out = Lambda(ctc_lambda_func, output_shape=(1,), name='ctc')([y_pred, lab, il, ll])
model = Model([inp, lab, il, ll], loss_out)
model.compile(loss={'ctc': lambda y_true, y_pred: y_pred}, optimizer=Adam(.03))
feed = [x, labels, np.full((n, 1), T - 2), np.full((n, 1), L)]
hist = model.fit(feed, np.zeros(n), epochs=15, batch_size=24, verbose=0).history['loss']
assert hist[-1] < .3 * hist[0], hist
test = K.function([inp], [y_pred])
probs = test([x])[0]
decoded, logp = K.ctc_decode(probs[:, 2:], np.full(n, T - 2), greedy=True)
out = K.get_value(decoded[0])
assert out.shape[0] == n
hit = np.mean([list(o[o >= 0]) == list(l) for o, l in zip(out, labels)])
assert hit > .8, hit


def brute(p, target):
    import itertools
    total = 0.
    for path in itertools.product(range(p.shape[1]), repeat=p.shape[0]):
        s = [k for k, _ in itertools.groupby(path)]
        if [k for k in s if k != p.shape[1] - 1] == list(target):
            total += np.prod([p[t, k] for t, k in enumerate(path)])
    return -np.log(total)


p = np.random.rand(2, 5, 3) + .1
p /= p.sum(-1, keepdims=True)
tl = np.array([[0, 1], [1, 1]])
cost = K.eval(K.ctc_batch_cost(K.variable(tl, dtype='int32'), K.variable(p), K.variable([[5], [5]], dtype='int32'), K.variable([[2], [2]], dtype='int32')))
assert cost.shape == (2, 1)
assert np.allclose(cost[:, 0], [brute(p[0], [0, 1]), brute(p[1], [1, 1])], atol=1e-3)
print('OK')
