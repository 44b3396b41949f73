"""Stateful RNNs: state carried from batch to batch, reset_states, batch_input_shape, shuffle=False training."""
import numpy as np
np.random.seed(12)
from keras.models import Sequential
from keras.layers import LSTM, GRU, SimpleRNN, Dense, TimeDistributed

x = np.random.randn(4, 10, 2).astype('float32')
for rnn in (SimpleRNN, GRU, LSTM):
    m = Sequential([rnn(3, stateful=True, return_sequences=True, batch_input_shape=(4, 5, 2)),
                    rnn(2, stateful=True, return_sequences=True)])
    plain = Sequential([rnn(3, return_sequences=True, input_shape=(None, 2)), rnn(2, return_sequences=True)])
    plain.set_weights(m.get_weights())
    whole = plain.predict(x)
    a = m.predict(x[:, :5], batch_size=4)
    b = m.predict(x[:, 5:], batch_size=4)
    assert np.allclose(np.concatenate([a, b], 1), whole, atol=1e-5), rnn
    c = m.predict(x[:, :5], batch_size=4)
    assert not np.allclose(a, c, atol=1e-4)
    m.reset_states()
    assert np.allclose(m.predict(x[:, :5], batch_size=4), a, atol=1e-6)
    lay = m.layers[0]
    zero = [np.ones((4, 3)) for _ in lay.states]
    lay.reset_states(zero if len(zero) > 1 else zero[0])
    d = m.predict(x[:, :5], batch_size=4)
    assert not np.allclose(d, a, atol=1e-4)

# echo the sign of the input two steps ago, one step a batch
m = Sequential([LSTM(8, stateful=True, batch_input_shape=(1, 1, 1)), Dense(1)])
m.compile('adam', 'mse')
s = np.sin(np.arange(60) / 3.)
for epoch in range(3):
    losses = []
    for t in range(2, 60):
        losses.append(m.train_on_batch(s[t].reshape(1, 1, 1), s[t - 1].reshape(1, 1)))
    m.reset_states()
    if epoch == 0:
        first = np.mean(losses)
assert np.mean(losses) < first, (first, np.mean(losses))
h = m.fit(s[1:].reshape(-1, 1, 1), s[:-1].reshape(-1, 1), batch_size=1, epochs=2, shuffle=False, verbose=0)
assert h.history['loss'][1] < h.history['loss'][0] * 1.5
print('OK')
