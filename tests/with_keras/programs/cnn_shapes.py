"""A small conv net tells crosses from squares; BatchNormalization, Dropout, GlobalAveragePooling, Adam."""
import numpy as np
np.random.seed(7)
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, BatchNormalization, Activation, Dropout, Flatten, Dense
from keras.layers import GlobalAveragePooling2D, SpatialDropout2D
from keras.optimizers import Adam


def picture(kind):
    img = 0.3 * np.random.rand(12, 12)
    r, c = np.random.randint(0, 6, 2)
    if kind == 0:
        img[r:r + 6, c] += 1
        img[r:r + 6, c + 5] += 1
        img[r, c:c + 6] += 1
        img[r + 5, c:c + 6] += 1
    elif kind == 1:
        for i in range(6):
            img[r + i, c + i] += 1
            img[r + i, c + 5 - i] += 1
    else:
        img[r + 2:r + 4, c:c + 6] += 1
    return img


y = np.random.randint(0, 3, 480)
x = np.array([picture(k) for k in y]).reshape(-1, 12, 12, 1).astype('float32')

model = Sequential()
model.add(Conv2D(8, (3, 3), padding='same', use_bias=False, kernel_initializer='he_normal', input_shape=(12, 12, 1)))
model.add(BatchNormalization(momentum=0.8))
model.add(Activation('relu'))
model.add(MaxPooling2D((2, 2)))
model.add(SpatialDropout2D(0.1))
model.add(Conv2D(16, (3, 3), strides=(1, 1), activation='relu'))
model.add(Conv2D(16, (3, 3), activation='relu', padding='same', dilation_rate=2))
model.add(GlobalAveragePooling2D())
model.add(Dropout(0.1))
model.add(Dense(3, activation='softmax'))
assert model.output_shape == (None, 3)
assert model.layers[5].output_shape == (None, 4, 4, 16)
model.compile(Adam(lr=0.01), 'sparse_categorical_crossentropy', metrics=['sparse_categorical_accuracy'])
model.fit(x[:400], y[:400], batch_size=32, epochs=12, verbose=0)
score = model.evaluate(x[400:], y[400:], batch_size=40, verbose=0)
assert score[1] > 0.85, score
one = model.predict(x[400:401])
many = model.predict(x[400:], batch_size=7)
assert np.allclose(one[0], many[0], atol=1e-5)
print('OK')
