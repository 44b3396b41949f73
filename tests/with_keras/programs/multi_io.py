"""News-like model: main and auxiliary input and output, loss weights, dict feeding, per-output metrics."""
import numpy as np
np.random.seed(13)
import keras
from keras.layers import Input, Embedding, LSTM, Dense, concatenate
from keras.models import Model

main_input = Input(shape=(8,), dtype='int32', name='main_input')
x = Embedding(output_dim=6, input_dim=30, input_length=8)(main_input)
lstm_out = LSTM(6)(x)
auxiliary_output = Dense(1, activation='sigmoid', name='aux_output')(lstm_out)
auxiliary_input = Input(shape=(5,), name='aux_input')
x = concatenate([lstm_out, auxiliary_input])
x = Dense(16, activation='relu')(x)
main_output = Dense(1, activation='sigmoid', name='main_output')(x)
model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(optimizer='rmsprop',
              loss={'main_output': 'binary_crossentropy', 'aux_output': 'mse'},
              loss_weights={'main_output': 1., 'aux_output': 0.2},
              metrics={'main_output': ['acc', 'mae'], 'aux_output': 'mse'})
heads = np.random.randint(1, 30, (120, 8))
extra = np.random.randn(120, 5)
labels = (extra[:, :1] + (heads[:, :1] > 15) > 0.5).astype(float)
h = model.fit({'main_input': heads, 'aux_input': extra}, {'main_output': labels, 'aux_output': labels},
              epochs=8, batch_size=16, verbose=0, validation_split=0.2)
assert model.metrics_names == ['loss', 'main_output_loss', 'aux_output_loss', 'main_output_acc', 'main_output_mae',
                               'aux_output_mse'], model.metrics_names
assert set(h.history) == set(model.metrics_names) | set('val_' + n for n in model.metrics_names)
assert h.history['loss'][-1] < h.history['loss'][0]
e = model.evaluate([heads, extra], [labels, labels], verbose=0, batch_size=120)
assert abs(e[0] - (e[1] + 0.2 * e[2])) < 1e-4, e
p, q = model.predict([heads, extra])
assert abs(e[2] - ((q - labels) ** 2).mean()) < 1e-4 and abs(e[5] - e[2]) < 1e-5
assert abs(e[4] - np.abs(p - labels).mean()) < 1e-4
p2 = model.predict({'aux_input': extra, 'main_input': heads})[0]
assert np.allclose(p, p2, atol=1e-5)
assert model.input_names == ['main_input', 'aux_input'] and model.output_names == ['main_output', 'aux_output']
# only one output trained
one = Model([main_input, auxiliary_input], [main_output, auxiliary_output])
one.compile('sgd', loss=['mse', None])
l = one.test_on_batch([heads, extra], [labels])
assert abs(np.ravel(l)[0] - ((p - labels) ** 2).mean()) < 1e-4, l
try:
    one.train_on_batch([heads, extra], [labels])
    raise SystemExit('the unused head has no gradient, yet no error')
except ValueError as err:
    assert 'gradient' in str(err)
print('OK')
