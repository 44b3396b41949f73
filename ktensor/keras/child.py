"""The script once more, as `__mp_main__`, in a process that multiprocessing has spawned.

Such a process imports Keras to find what it is to do. Unmended, that fails, and another is started, for ever.
"""

from __future__ import annotations

import os

from .script import SCRIPT, execute

execute(os.environ[SCRIPT], globals())
