"""Encoder-decoder LSTM with teacher forcing; inference models with states as inputs; greedy decoding."""
import numpy as np
np.random.seed(36)
from keras import backend as K
from keras.layers import Input, LSTM, Dense
from keras.models import Model

V, T, H = 6, 4, 32        # tokens 0 start, 1 end, 2..5 letters: reverse the word
words = np.random.randint(2, V, (400, T))
enc = np.eye(V)[words]
rev = words[:, ::-1]
dec_in = np.eye(V)[np.concatenate([np.zeros((400, 1), int), rev], 1)]
dec_out = np.eye(V)[np.concatenate([rev, np.ones((400, 1), int)], 1)]
encoder_inputs = Input(shape=(None, V))
encoder_outputs, state_h, state_c = LSTM(H, return_state=True)(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, V))
decoder_lstm = LSTM(H, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(V, activation='softmax')
model = Model([encoder_inputs, decoder_inputs], decoder_dense(decoder_outputs))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
K.set_value(model.optimizer.lr, .02)
h = model.fit([enc, dec_in], dec_out, batch_size=40, epochs=14, verbose=0, validation_split=.1)
assert h.history['accuracy'][-1] > .75, h.history['accuracy']
encoder_model = Model(encoder_inputs, encoder_states)
in_h, in_c = Input(shape=(H,)), Input(shape=(H,))
outs, h2, c2 = decoder_lstm(decoder_inputs, initial_state=[in_h, in_c])
decoder_model = Model([decoder_inputs, in_h, in_c], [decoder_dense(outs), h2, c2])


def decode(seqs):
    states = encoder_model.predict(seqs)
    token = np.zeros((len(seqs), 1, V))
    token[:, 0, 0] = 1
    result = []
    for _ in range(T):
        p, a, b = decoder_model.predict([token] + states)
        states = [a, b]
        best = p[:, -1].argmax(-1)
        result.append(best)
        token = np.eye(V)[best][:, None]
    return np.stack(result, 1)


got = decode(enc[:60])
assert (got == rev[:60]).mean() > .6, (got == rev[:60]).mean()
full = model.predict([enc[:60], dec_in[:60]])
p, _, _ = decoder_model.predict([dec_in[:60]] + encoder_model.predict(enc[:60]))
assert np.allclose(p, full, atol=1e-5)
print('OK')
