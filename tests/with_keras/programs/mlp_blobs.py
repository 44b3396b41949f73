"""Three blobs, a plain Sequential MLP: fit, validation, evaluate, predict_classes, predict_proba, summary."""
import numpy as np
np.random.seed(1337)
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation
from keras.optimizers import RMSprop
from keras.utils import np_utils

centers = np.array([[2., 0.], [-2., 1.], [0., -2.5]])
labels = np.random.randint(0, 3, 450)
X = centers[labels] + 0.6 * np.random.randn(450, 2)
X_train, X_test = X[:360].astype('float32'), X[360:].astype('float32')
Y = np_utils.to_categorical(labels, 3)
Y_train, Y_test = Y[:360], Y[360:]

model = Sequential()
model.add(Dense(32, input_shape=(2,)))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dense(3))
model.add(Activation('softmax'))
lines = []
model.summary(print_fn=lines.append)
assert any('Total params: 675' in l for l in lines), lines
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.01), metrics=['accuracy'])

history = model.fit(X_train, Y_train, batch_size=32, epochs=15, verbose=0, validation_data=(X_test, Y_test))
assert sorted(history.history) == ['accuracy', 'loss', 'val_accuracy', 'val_loss'], sorted(history.history)
assert len(history.history['loss']) == 15
assert history.history['loss'][-1] < history.history['loss'][0]
loss, acc = model.evaluate(X_test, Y_test, verbose=0)
assert acc > 0.93, acc
assert abs(acc - history.history['val_accuracy'][-1]) < 1e-5
probs = model.predict_proba(X_test)
assert probs.shape == (90, 3) and probs.dtype == np.float32
assert np.allclose(probs.sum(axis=1), 1, atol=1e-5)
classes = model.predict_classes(X_test)
assert abs((classes == labels[360:]).mean() - acc) < 1e-6
h2 = model.fit(X_train, Y_train, epochs=17, initial_epoch=15, validation_split=0.25, verbose=0, shuffle=False)
assert h2.epoch == [15, 16]
print('OK')
