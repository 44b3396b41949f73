"""A walk through K: reductions, indexing, switches, map_fn, foldl, updates, sparse, one_hot, gather, arange, padding, rounding."""
import numpy as np
np.random.seed(48)
from keras import backend as K

a = np.random.randn(3, 4, 5).astype('float32')
b = np.random.rand(3, 4, 5).astype('float32') + .1
A, B = K.variable(a, name='a'), K.variable(b)
ev = K.eval
for op, f in [(K.sum, np.sum), (K.mean, np.mean), (K.max, np.max), (K.min, np.min), (K.prod, np.prod), (K.std, np.std), (K.var, np.var)]:
    for axis in (None, 0, -1, [0, 2]):
        for keep in (False, True):
            ax = tuple(axis) if isinstance(axis, list) else axis
            assert np.allclose(ev(op(A, axis=axis, keepdims=keep)), f(a, axis=ax, keepdims=keep), atol=1e-4), (op, axis, keep)
assert np.allclose(ev(K.logsumexp(A, axis=1)), np.log(np.exp(a).sum(1)), atol=1e-5)
assert (ev(K.argmax(A, axis=1)) == a.argmax(1)).all() and (ev(K.argmin(A)) == a.argmin(-1)).all()
assert ev(K.any(A > 0, axis=0)).dtype == bool and (ev(K.all(B > .5, axis=2)) == (b > .5).all(2)).all()
for op, f in [(K.exp, np.exp), (K.sin, np.sin), (K.cos, np.cos), (K.abs, np.abs), (K.sign, np.sign), (K.square, np.square), (K.round, np.round),
              (K.tanh, np.tanh)]:
    assert np.allclose(ev(op(A)), f(a), atol=1e-5), op
assert np.allclose(ev(K.sqrt(B)), np.sqrt(b), atol=1e-6) and np.allclose(ev(K.log(B)), np.log(b), atol=1e-5) and np.allclose(ev(K.pow(B, 3)), b ** 3, atol=1e-4)
assert np.allclose(ev(K.clip(A, -.5, .5)), a.clip(-.5, .5)) and np.allclose(ev(1 - A / B + 2 * A - -A ** 2), 1 - a / b + 2 * a + a ** 2, rtol=1e-4, atol=1e-4)
assert np.allclose(ev(K.maximum(A, B)), np.maximum(a, b)) and (ev(K.greater_equal(A, B)) == (a >= b)).all() and (ev(K.not_equal(A, A)) == False).all()
assert np.allclose(ev(K.cumsum(A, axis=1)), a.cumsum(1), atol=1e-5) and np.allclose(ev(K.cumprod(B, axis=2)), b.cumprod(2), atol=1e-5)
assert np.allclose(ev(K.dot(A, K.variable(b[0].T))), a.dot(b[0].T), atol=1e-4)
assert np.allclose(ev(K.batch_dot(A, B, axes=(2, 2))), np.einsum('nic,njc->nij', a, b), atol=1e-4)
assert np.allclose(ev(K.l2_normalize(A, axis=1)), a / np.sqrt((a ** 2).sum(1, keepdims=True)), atol=1e-5)
assert np.allclose(ev(K.reverse(A, axes=1)), a[:, ::-1]) and np.allclose(ev(K.reverse(A, (0, 2))), a[::-1, :, ::-1])
assert np.allclose(ev(K.repeat_elements(A, 3, 1)), a.repeat(3, 1)) and np.allclose(ev(K.tile(A, [1, 2, 1])), np.tile(a, (1, 2, 1)))
assert np.allclose(ev(K.concatenate([A, B], axis=1)), np.concatenate([a, b], 1)) and np.allclose(ev(K.stack([A, B], axis=2)), np.stack([a, b], 2))
assert np.allclose(ev(K.permute_dimensions(A, (2, 0, 1))), a.transpose(2, 0, 1)) and ev(K.reshape(A, (-1, 10))).shape == (6, 10)
assert ev(K.expand_dims(A, 1)).shape == (3, 1, 4, 5) and ev(K.squeeze(A[:, :1], 1)).shape == (3, 5) and ev(K.flatten(A)).shape == (60,)
assert np.allclose(ev(A[1:, ..., ::2]), a[1:, ..., ::2]) and np.allclose(ev(A[:, -1]), a[:, -1]) and np.allclose(ev(A[0, 1:3, 2]), a[0, 1:3, 2])
assert np.allclose(ev(K.gather(A, K.constant([2, 0, 2], dtype='int32'))), a[[2, 0, 2]])
assert np.allclose(ev(K.one_hot(K.variable([[1, 3]], dtype='int32'), 4)), np.eye(4)[[[1, 3]]])
assert np.allclose(ev(K.switch(A > 0, A, B)), np.where(a > 0, a, b)) and np.allclose(ev(K.switch(K.constant(1) > 0, lambda: A, lambda: -A)), a)
assert np.allclose(ev(K.switch(K.greater(A[:, 0, 0], 1e9), A, B)), b)
assert np.allclose(ev(K.map_fn(lambda r: K.sum(r) * r, A)), [r.sum() * r for r in a], atol=1e-3)
assert np.allclose(ev(K.foldl(lambda acc, r: acc + r, A)), a.sum(0), atol=1e-5) and np.allclose(ev(K.foldr(lambda acc, r: acc - r, A)), a[2] - a[1] - a[0], atol=1e-5)
assert (ev(K.arange(2, 9, 3)) == [2, 5, 8]).all() and (ev(K.arange(4)) == np.arange(4)).all()
assert np.allclose(ev(K.eye(3)), np.eye(3)) and ev(K.zeros_like(A)).sum() == 0 and ev(K.ones_like(A)).sum() == 60
assert ev(K.cast(A > 0, 'int32')).dtype == np.int32 and K.dtype(K.cast(A, 'float64')) == 'float64'
assert K.int_shape(A) == (3, 4, 5) and K.ndim(A) == 3 and K.count_params(A) == 60 and (ev(K.shape(A)) == [3, 4, 5]).all()
assert ev(K.temporal_padding(A, (1, 2))).shape == (3, 7, 5) and ev(K.spatial_2d_padding(K.expand_dims(A), ((1, 0), (0, 2)))).shape == (3, 5, 7, 1)
hit = ev(K.in_top_k(K.variable(b[0]), K.variable(b[0].argmax(1), dtype='int32'), 1))
assert hit.all()
v = K.variable(2.)
ev(K.update(v, 5.)); ev(K.update_add(v, 2.)); ev(K.update_sub(v, 1.))
assert K.get_value(v) == 6.
K.set_value(v, 1.5)
K.batch_set_value([(v, 3.), (A, a * 2)])
assert K.batch_get_value([v, A])[1].shape == (3, 4, 5) and K.get_value(v) == 3.
ev(K.moving_average_update(v, 5., .5))
assert K.get_value(v) == 4.
ph = K.placeholder((None, 3))
f = K.function([ph], [K.sum(ph, axis=1), K.shape(ph)[0], K.batch_flatten(K.expand_dims(ph))])
s, n, fl = f([np.ones((4, 3))])
assert (s == 3).all() and n == 4 and fl.shape == (4, 3)
assert K.is_keras_tensor(ph) is False
from keras.layers import Input
assert K.is_keras_tensor(Input((2,))) is True and K.is_placeholder(ph)
import scipy.sparse as sp
m = sp.random(6, 5, .4, format='csr', random_state=1).astype('float32')
spv = K.variable(m)
assert K.is_sparse(spv) and np.allclose(ev(K.to_dense(spv)), m.toarray()) and np.allclose(ev(K.dot(spv, K.variable(np.eye(5)))), m.toarray(), atol=1e-6)
u = ev(K.random_uniform((2000,), -1, 3, seed=1))
assert -1 <= u.min() and u.max() <= 3 and abs(u.mean() - 1) < .15
g = ev(K.random_normal((2000,), 2., .5, seed=2))
assert abs(g.mean() - 2) < .06 and abs(g.std() - .5) < .05
t = ev(K.truncated_normal((2000,), 0., 1., seed=3))
assert abs(t).max() <= 2.001
bino = ev(K.random_binomial((2000,), .3, seed=4))
assert set(np.unique(bino)) == {0, 1} and abs(bino.mean() - .3) < .06
d = ev(K.dropout(K.ones((2000,)), .25, seed=5))
assert abs((d == 0).mean() - .25) < .06 and np.allclose(d[d > 0], 1 / .75)
assert np.allclose(ev(K.bias_add(A, K.variable(np.arange(5)))), 2 * a + np.arange(5), atol=1e-5)
print('OK')
