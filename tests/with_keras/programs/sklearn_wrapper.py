"""KerasClassifier and KerasRegressor; with scikit-learn's grid search and cross validation when it is there."""
import numpy as np
np.random.seed(4)
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

x = np.random.randn(120, 4).astype('float32')
labels = (x[:, 0] > x[:, 1]).astype(int)


def classifier(units=6, optimizer='adam'):
    m = Sequential([Dense(units, activation='relu', input_dim=4), Dense(1, activation='sigmoid')])
    m.compile(optimizer, 'binary_crossentropy', metrics=['accuracy'])
    return m


def softmax_net(units=6):
    m = Sequential([Dense(units, activation='relu', input_dim=4), Dense(2, activation='softmax')])
    m.compile(Adam(.02), 'categorical_crossentropy', metrics=['accuracy'])
    return m


def regressor():
    m = Sequential([Dense(8, activation='tanh', input_dim=4), Dense(1)])
    m.compile('adam', 'mse')
    return m


c = KerasClassifier(build_fn=classifier, units=8, epochs=40, batch_size=10, verbose=0)
c.fit(x, labels)
assert c.score(x, labels) > 0.85
assert set(np.unique(c.predict(x))) <= {0, 1}
proba = c.predict_proba(x)
assert proba.shape == (120, 2) and np.allclose(proba.sum(1), 1, atol=1e-5)
assert c.get_params()['units'] == 8
names = np.array(['no', 'yes'])[labels]
s = KerasClassifier(softmax_net, epochs=20, batch_size=10, verbose=0)
s.fit(x, names)
assert set(s.predict(x)) <= {'no', 'yes'} and s.score(x, names) > 0.8
r = KerasRegressor(regressor, epochs=20, batch_size=10, verbose=0)
r.fit(x, x[:, 0])
assert r.score(x, x[:, 0]) > -0.4 and r.predict(x).shape == (120,)
try:
    KerasClassifier(classifier, nonsense=3)
    raise SystemExit('illegal parameter accepted')
except ValueError:
    pass
try:
    from sklearn.model_selection import GridSearchCV, cross_val_score
except ImportError:
    pass
else:
    g = GridSearchCV(KerasClassifier(classifier, epochs=2, batch_size=20, verbose=0), {'units': [2, 8]}, cv=2)
    g.fit(x, labels)
    assert g.best_params_['units'] in (2, 8)
print('OK')
