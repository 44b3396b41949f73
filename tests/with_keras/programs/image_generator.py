"""ImageDataGenerator: standardisation, shifts, flips, validation_split, flow into fit_generator; image arrays and files."""
import os
import tempfile
import numpy as np
np.random.seed(38)
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img
from keras.utils import to_categorical

x = np.random.rand(64, 10, 10, 1) * .3
lab = np.random.randint(0, 2, 64)
x[lab == 0, 4:6, :] += .7
x[lab == 1, :, 4:6] += .7
y = to_categorical(lab, 2)
gen = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True, width_shift_range=.1,
                         height_shift_range=.1, horizontal_flip=True, vertical_flip=True, zoom_range=.05, fill_mode='nearest')
gen.fit(x)
a, b = next(gen.flow(x, y, batch_size=16, seed=1))
assert a.shape == (16, 10, 10, 1) and b.shape == (16, 2)
m = Sequential([Conv2D(6, 3, activation='relu', input_shape=(10, 10, 1)), MaxPooling2D(), Flatten(), Dense(2, activation='softmax')])
m.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
m.optimizer.learning_rate = .01
m.fit_generator(gen.flow(x, y, batch_size=16), steps_per_epoch=4, epochs=10, verbose=0, workers=1)
plain = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
plain.fit(x)
e = m.evaluate_generator(plain.flow(x, y, batch_size=16, shuffle=False), steps=4)
assert e[1] > .85, e
p = m.predict_generator(plain.flow(x, batch_size=16, shuffle=False), steps=4)
assert (p.argmax(1) == lab).mean() == np.float32(e[1])
split = ImageDataGenerator(rescale=2., validation_split=.25)
tr = split.flow(x, y, batch_size=8, subset='training')
va = split.flow(x, y, batch_size=8, subset='validation')
assert len(tr) == 6 and len(va) == 2
m.fit_generator(tr, epochs=1, verbose=0, validation_data=va)
d = tempfile.mkdtemp()
for k in (0, 1):
    os.mkdir(os.path.join(d, 'c%d' % k))
    for n in range(6):
        array_to_img(x[lab == k][n]).save(os.path.join(d, 'c%d' % k, '%d.png' % n))
img = img_to_array(load_img(os.path.join(d, 'c0', '0.png'), color_mode='grayscale', target_size=(10, 10)))
assert img.shape == (10, 10, 1) and img.dtype == np.float32
it = ImageDataGenerator(rescale=1. / 255).flow_from_directory(d, target_size=(10, 10), color_mode='grayscale', batch_size=4)
assert it.class_indices == {'c0': 0, 'c1': 1}
h = m.fit_generator(it, steps_per_epoch=3, epochs=2, verbose=0)
assert np.isfinite(h.history['loss']).all()
print('OK')
