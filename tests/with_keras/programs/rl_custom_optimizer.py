"""Policy gradient and DQN-like updates on a toy corridor; an Optimizer subclass with get_updates; target network by set_weights."""
import numpy as np
np.random.seed(47)
from keras import backend as K
from keras.layers import Input, Dense, Lambda, multiply
from keras.models import Model, Sequential, clone_model
from keras.optimizers import Optimizer, Adam


class SignSGD(Optimizer):
    def __init__(self, lr=.01, **kwargs):
        super(SignSGD, self).__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype='int64', name='iterations')
            self.learning_rate = K.variable(lr, name='lr')
            self.seen = K.variable(0., name='seen')

    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1), K.update_add(self.seen, 2.)]
        ms = [K.zeros(K.int_shape(p)) for p in params]
        self.weights = [self.iterations] + ms
        for p, g, m in zip(params, grads, ms):
            mt = .5 * m + .5 * g
            self.updates.append(K.update(m, mt))
            new_p = p - self.lr * K.sign(mt)
            if getattr(p, 'constraint', None) is not None:
                new_p = p.constraint(new_p)
            self.updates.append(K.update(p, new_p))
        return self.updates

    def get_config(self):
        return dict(super(SignSGD, self).get_config(), lr=float(K.get_value(self.learning_rate)))


m = Sequential([Dense(1, input_dim=2, kernel_initializer='zeros')])
m.compile(SignSGD(.1), 'mse')
x = np.random.randn(20, 2)
t = x.dot([[1.], [-1.]])
for k in range(6):
    m.train_on_batch(x, t)
w = m.get_weights()[0].ravel()
assert np.allclose(w, [.6, -.6], atol=1e-4), w
assert K.get_value(m.optimizer.seen) == 12. and K.get_value(m.optimizer.iterations) == 6

N = 6                      # corridor: right wins


def step(s, a):
    s2 = min(max(s + (1 if a else -1), 0), N - 1)
    return s2, float(s2 == N - 1), s2 == N - 1


state, action = Input((N,)), Input((2,))
q = Dense(2)(Dense(12, activation='relu')(state))
qnet = Model(state, q)
masked = multiply([q, action])
train = Model([state, action], masked)


def huber(y, p):
    e = K.abs(y - p)
    return K.mean(K.switch(e < 1., .5 * K.square(e), e - .5), axis=-1)


train.compile(Adam(.02), huber)
target = clone_model(qnet)
target.set_weights(qnet.get_weights())
memory = []
for episode in range(120):
    s = 0
    for _ in range(10):
        a = np.random.randint(2)
        s2, r, done = step(s, a)
        memory.append((s, a, r, s2, done))
        s = s2
        if done:
            break
S, A, R, S2, D = [np.array(v) for v in zip(*memory)]
eye = np.eye(N)
for it in range(300):
    b = np.random.randint(0, len(S), 32)
    y = R[b] + .9 * target.predict_on_batch(eye[S2[b]]).max(1) * (1 - D[b])
    hot = np.eye(2)[A[b]]
    train.train_on_batch([eye[S[b]], hot], hot * y[:, None])
    if it % 10 == 9:
        target.set_weights(qnet.get_weights())
assert (qnet.predict(eye)[:N - 1].argmax(1) == 1).all(), qnet.predict(eye)

s_in, adv = Input((N,)), Input((1,))
probs = Dense(2, activation='softmax')(s_in)
policy = Model(s_in, probs)
a_ph = K.placeholder((None, 2))
adv_ph = K.placeholder((None,))
logp = K.log(K.sum(a_ph * policy.output, axis=1) + 1e-8)
loss = -K.mean(logp * adv_ph)
updates = Adam(.05).get_updates(loss=loss, params=policy.trainable_weights)
learn = K.function([policy.input, a_ph, adv_ph], [loss], updates=updates)
for episode in range(80):
    s, hist = 0, []
    for _ in range(12):
        p = policy.predict(eye[s:s + 1])[0]
        a = np.random.choice(2, p=p / p.sum())
        s2, r, done = step(s, a)
        hist.append((s, a))
        s = s2
        if done:
            break
    g = (1. if done else -.3) * .95 ** np.arange(len(hist))[::-1]
    ss, aa = zip(*hist)
    learn([eye[list(ss)], np.eye(2)[list(aa)], g])
assert policy.predict(eye)[:N - 1, 1].mean() > .6
print('OK')
