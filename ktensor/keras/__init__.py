"""The real Keras 2 on ktensor: `import ktensor.keras` before `import keras`, or `python -m ktensor keras script.py`.

Keras 2.2.4 to 2.3.1 run on any module that KERAS_BACKEND names; here it is `ktensor.functional`. They were written for
Python 3.7, h5py 2, NumPy 1 and TensorFlow 1, so what has gone since is mended in their modules as these are imported.
Nothing of Python, NumPy or h5py is changed for anybody else.
"""

from __future__ import annotations

from .loading import install

__all__ = ["install"]

install()
