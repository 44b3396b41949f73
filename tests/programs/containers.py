# %% grown_list wrong
import ktensor as kt

level = kt.placeholder((None, 64, 64, 8))
pyramid = []
for i in range(3):
    level = level.pool2d((2, 2), strides=(2, 2))
    pyramid.append(level)
for p in pyramid:
    y = p.conv2d(kt.zeros((3, 3, 4, 8)))  # E: tensor-shape conv2d (3, 3, 4, 8)

# %% grown_list right
import ktensor as kt
from typing_extensions import reveal_type

x = kt.zeros((5, 4))
h = x
outs = []
for _ in range(3):
    h = kt.concatenate([h, x], axis=1)
    outs.append(h)
last = outs[-1].dot(kt.zeros((16, 2)))
y = kt.zeros((2, 3))
xs = [x]
xs.append(y)
product = xs[1].dot(kt.zeros((3, 1)))
xs += [kt.zeros((7, 4))]
widest = xs[2] + kt.zeros((7, 4))
both = [x] + [y]
sums = both[1] + kt.zeros((2, 3))
table = {"a": x}
table["b"] = y
second = table["b"].dot(kt.zeros((3, 1)))
same = [x]
same.append(kt.ones((5, 4)))
reveal_type(kt.stack(same))  # R: Tensor[tuple[Any, L[5], L[4]], float32]


class Cache:
    def __init__(self) -> None:
        self.items = [x]

    def put(self) -> None:
        self.items.append(y)


cache = Cache()
cache.put()
cached = cache.items[1].dot(kt.zeros((3, 1)))

# %% named_items wrong
import ktensor as kt

weights = [kt.zeros((4, 3)), kt.zeros((3,))]
table = {"w": kt.zeros((3, 2)), "b": kt.zeros((2,))}
x = kt.zeros((5, 4))
h = x.dot(weights[0]) + weights[1]
y = h.dot(table["b"])  # E: tensor-shape dot (5, 3) (2,)

# %% named_items right
import ktensor as kt
from typing_extensions import reveal_type

weights = [kt.zeros((4, 3)), kt.zeros((3,))]
table = {"w": kt.zeros((3, 2)), "b": kt.zeros((2,))}
x = kt.zeros((5, 4))
h = x.dot(weights[0]) + weights[1]
y = h.dot(table["w"]) + table["b"]
reveal_type(y)  # R: Tensor[tuple[L[5], L[2]], float32]

# %% constants wrong
import ktensor as kt

SHAPE = (28, 28, 1)
KEEP = False
images = kt.placeholder((None, *SHAPE))
flat = images.reshape((-1, SHAPE[0] * SHAPE[1]))
scores = flat.dot(kt.zeros((728, 10)))  # E: tensor-shape dot (None, 784) (728, 10)
centred = kt.zeros((3, 10)).mean(axis=0, keepdims=KEEP).reshape(SHAPE[:1])  # E: tensor-shape reshape (10,) (28,)

# %% constants right
import ktensor as kt
from typing_extensions import reveal_type

SHAPE = (28, 28, 1)
KEEP = True
images = kt.placeholder((None,) + SHAPE)
reveal_type(images)  # R: Tensor[tuple[Any, L[28], L[28], L[1]], float32]
reveal_type(kt.zeros(images.shape[1:3]))  # R: Tensor[tuple[L[28], L[28]], float32]
row = kt.zeros((3, 4)).sum(axis=1, keepdims=KEEP)
reveal_type(row)  # R: Tensor[tuple[L[3], L[1]], float32]
width = 64
scaled = kt.zeros((2, width)) / width**0.5 * float(width) ** -0.5
reveal_type(abs(round(scaled)))  # R: Tensor[tuple[L[2], L[64]], float32]

# %% swapped wrong
import ktensor as kt

a, b = kt.ones((2, 3)), kt.ones((4, 5))
c = a.dot(kt.ones((4, 1)))  # E: tensor-shape dot (2, 3) (4, 1)

# %% swapped right
import ktensor as kt

a, b = kt.ones((2, 3)), kt.ones((4, 5))
a, b = b, a
c = a.dot(kt.ones((5, 1))) + b.dot(kt.ones((3, 1)))[:1]
h, s = kt.ones((2, 4)), kt.ones((2, 3))
h, s = h.concatenate([s], axis=1), s.concatenate([h], axis=1)
total = h + s
