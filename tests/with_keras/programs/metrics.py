"""Metrics as functions and as classes: accuracy family, AUC, Precision, Recall, TopK functions, Mean, MSE, stateful user metric."""
import numpy as np
np.random.seed(24)
from keras import backend as K
from keras import metrics as M
from keras.layers import Dense, Layer
from keras.models import Sequential

x = np.random.randn(90, 4)
lab = (x[:, 0] + .5 * np.random.randn(90) > 0).astype(float)[:, None]
m = Sequential([Dense(1, activation='sigmoid', input_dim=4)])


class TruePositives(M.Metric):
    def __init__(self, name='mine_tp', **kw):
        super(TruePositives, self).__init__(name=name, **kw)
        self.tp = self.add_weight(name='tp', initializer='zeros')

    def update_state(self, y_true, y_pred, sample_weight=None):
        hit = K.cast(K.equal(K.round(y_pred), 1), 'float32') * K.cast(y_true, 'float32')
        return [K.update_add(self.tp, K.sum(hit))]

    def result(self):
        return self.tp + 0.

    def reset_states(self):
        K.set_value(self.tp, 0.)


m.compile('adam', 'binary_crossentropy', metrics=[
    'acc', M.AUC(num_thresholds=200, name='auc'), M.Precision(name='prec'), M.Recall(name='rec'), M.TruePositives(name='tp'),
    M.FalsePositives(name='fp'), M.TrueNegatives(name='tn'), M.FalseNegatives(name='fn'), TruePositives(),
    M.SensitivityAtSpecificity(.5, name='sas'), M.MeanSquaredError(name='mse'), M.RootMeanSquaredError(name='rmse'),
    M.BinaryAccuracy(name='acc3', threshold=.3), 'mae'])
for _ in range(20):
    m.train_on_batch(x, lab)
p = m.predict(x)
r = dict(zip(m.metrics_names, m.evaluate(x, lab, batch_size=20, verbose=0)))
hat = p > .5
tp, fp = (hat * lab).sum(), (hat * (1 - lab)).sum()
tn, fn = ((1 - hat) * (1 - lab)).sum(), ((1 - hat) * lab).sum()
assert (r['tp'], r['fp'], r['tn'], r['fn']) == (tp, fp, tn, fn), r
assert r['mine_tp'] == tp
assert abs(r['prec'] - tp / (tp + fp)) < 1e-4 and abs(r['rec'] - tp / (tp + fn)) < 1e-4
pos, neg = p[lab == 1], p[lab == 0]
auc = ((pos[:, None] > neg[None]).mean() + .5 * (pos[:, None] == neg[None]).mean())
assert abs(r['auc'] - auc) < .02, (r['auc'], auc)
assert abs(r['acc'] - (hat == lab).mean()) < 1e-5
assert abs(r['acc3'] - ((p > .3) == lab).mean()) < 1e-5
assert abs(r['mse'] - ((p - lab) ** 2).mean()) < 1e-5 and abs(r['rmse'] - r['mse'] ** .5) < 1e-5
again = m.evaluate(x, lab, batch_size=90, verbose=0)
assert np.allclose(again[1:], [r[k] for k in m.metrics_names[1:]], atol=1e-4)

t = np.random.randint(0, 5, 60)
hot = np.eye(5)[t]
q = np.random.rand(60, 5).astype('float32')
q /= q.sum(1, keepdims=True)
ev = lambda f: K.eval(K.mean(f))
assert abs(ev(M.categorical_accuracy(K.constant(hot), K.constant(q))) - (q.argmax(1) == t).mean()) < 1e-5
rank = (q > q[np.arange(60), t][:, None]).sum(1)
assert abs(ev(M.top_k_categorical_accuracy(K.constant(hot), K.constant(q), k=2)) - (rank < 2).mean()) < 1e-5
assert abs(ev(M.sparse_categorical_accuracy(K.constant(t[:, None]), K.constant(q))) - (q.argmax(1) == t).mean()) < 1e-5
assert abs(ev(M.sparse_top_k_categorical_accuracy(K.constant(t[:, None]), K.constant(q), k=3)) - (rank < 3).mean()) < 1e-5

acc = M.CategoricalAccuracy()
v = K.eval(acc(K.constant(hot[:30]), K.constant(q[:30])))
v = K.eval(acc(K.constant(hot[30:]), K.constant(q[30:])))
assert abs(v - (q.argmax(1) == t).mean()) < 1e-5
acc.reset_states()
assert K.get_value(acc.total) == 0 and K.get_value(acc.count) == 0
mean = M.Mean()
K.eval(mean(K.constant([1., 3.])))
K.eval(mean(K.constant([8.])))
assert K.eval(mean.result()) == 4.
assert M.deserialize(M.serialize(M.Precision(.7, name='u'))).get_config()['name'] == 'u'
s = Sequential([Dense(5, activation='softmax', input_dim=4)])
s.compile('sgd', 'categorical_crossentropy', metrics=['accuracy', M.CategoricalCrossentropy(name='ce'), M.CosineSimilarity(name='cs'),
                                                     M.KLDivergence(name='kl'), M.top_k_categorical_accuracy])
s.fit(x[:60], hot, verbose=0, epochs=2)
l, a, ce, cs, kl, top = s.evaluate(x[:60], hot, verbose=0)
assert abs(l - ce) < 1e-4 and top == 1.
print('OK')
