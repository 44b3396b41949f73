"""Tokenizer, pad_sequences, one_hot, hashing, skipgrams, TimeseriesGenerator, sampling table; a bag-of-words and an Embedding classifier."""
import numpy as np
np.random.seed(37)
from keras import backend as K
from keras.layers import Embedding, Dense, Flatten, Conv1D, GlobalMaxPooling1D, Dot, Input, Reshape, GlobalAveragePooling1D
from keras.models import Sequential, Model
from keras.preprocessing.sequence import pad_sequences, skipgrams, make_sampling_table, TimeseriesGenerator
from keras.preprocessing.text import Tokenizer, one_hot, text_to_word_sequence, hashing_trick, tokenizer_from_json

good = ['good', 'great', 'lovely', 'fine']
bad = ['bad', 'awful', 'poor', 'dull']
fill = ['the', 'film', 'was', 'a', 'story', 'and', 'plot', 'with']
texts, labels = [], []
for n in range(240):
    k = n % 2
    words = list(np.random.choice(fill, 5)) + list(np.random.choice(good if k else bad, 1 + n % 3))
    np.random.shuffle(words)
    texts.append(' '.join(words).capitalize() + '!')
    labels.append(k)
labels = np.array(labels)
tok = Tokenizer(num_words=20, oov_token='<oov>')
tok.fit_on_texts(texts)
assert tok.word_index['<oov>'] == 1 and len(tok.word_index) == 17
seqs = tok.texts_to_sequences(texts + ['zebra film'])
assert seqs[-1][0] == 1
again = tokenizer_from_json(tok.to_json())
assert again.texts_to_sequences(texts[:3]) == seqs[:3]
assert tok.sequences_to_texts(seqs[:1])[0] == texts[0].lower().rstrip('!')
x = pad_sequences(seqs[:-1], maxlen=9)
assert x.shape == (240, 9) and (x[:, 0] == 0).any()
bow = tok.texts_to_matrix(texts, mode='tfidf')
assert bow.shape == (240, 20)
m = Sequential([Dense(8, activation='relu', input_shape=(20,)), Dense(1, activation='sigmoid')])
m.compile('adam', 'binary_crossentropy', metrics=['acc'])
K.set_value(m.optimizer.lr, .02)
m.fit(bow, labels, epochs=10, verbose=0)
assert m.evaluate(bow, labels, verbose=0)[1] > .95
m = Sequential()
m.add(Embedding(20, 6, input_length=9))
m.add(Conv1D(8, 2, activation='relu'))
m.add(GlobalMaxPooling1D())
m.add(Dense(1, activation='sigmoid'))
m.compile('adam', 'binary_crossentropy', metrics=['acc'])
K.set_value(m.optimizer.lr, .02)
m.fit(x[:200], labels[:200], epochs=8, verbose=0)
assert m.evaluate(x[200:], labels[200:], verbose=0)[1] > .9

matrix = np.random.randn(20, 6)
e = Embedding(20, 6, weights=[matrix], input_length=9, trainable=False)
m = Sequential([e, Flatten(), Dense(1)])
m.compile('sgd', 'mse')
m.fit(x, labels, verbose=0)
assert np.allclose(e.get_weights()[0], matrix, atol=1e-6)

couples, near = skipgrams(seqs[0], 20, window_size=2, negative_samples=1.)
assert len(couples) == len(near) and set(near) == {0, 1}
w, c = Input((1,)), Input((1,))
emb = Embedding(20, 5)
out = Dense(1, activation='sigmoid')(Reshape((1,))(Dot(axes=2)([emb(w), emb(c)])))
sg = Model([w, c], out)
sg.compile('rmsprop', 'binary_crossentropy')
cc = np.array(couples)
l0 = sg.train_on_batch([cc[:, 0], cc[:, 1]], np.array(near))
for _ in range(30):
    l1 = sg.train_on_batch([cc[:, 0], cc[:, 1]], np.array(near))
assert l1 < l0
assert make_sampling_table(10).shape == (10,)
assert text_to_word_sequence('A b, C!') == ['a', 'b', 'c']
assert all(0 < i < 50 for i in one_hot('some words here', 50)) and len(hashing_trick('a b c', 30, 'md5')) == 3

series = np.sin(np.arange(120) / 5.)[:, None]
gen = TimeseriesGenerator(series, series, length=10, batch_size=16)
m = Sequential([Flatten(input_shape=(10, 1)), Dense(1)])
m.compile('adam', 'mse')
K.set_value(m.optimizer.lr, .01)
h = m.fit_generator(gen, epochs=10, verbose=0)
assert h.history['loss'][-1] < h.history['loss'][0]
print('OK')
