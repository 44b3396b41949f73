"""What `import ktensor.keras` and `python -m ktensor keras` settle before a script's first line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from keras import backend
from keras.layers import Dense
from keras.utils import metrics_utils

from ktensor import functional as K


def run(*arguments: str | Path, **environment: str) -> str:
    """What a Python of its own prints."""
    path = os.pathsep.join(filter(None, [os.environ["KTENSOR_KERAS"], os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_settings_are_shared_from_the_import_on() -> None:
    script = """
import ktensor as kt, ktensor.keras
from keras import backend
from ktensor import functional as K
backend.set_floatx("float64")
print(kt.zeros((2,)).dtype)
K.set_floatx("float16")
print(backend.floatx())
"""
    assert run("-c", script) == "float64\nfloat16\n"


def test_what_keras_json_says_is_read_and_never_written(tmp_path: Path) -> None:
    script = "import ktensor.keras, keras; print(keras.backend.floatx(), keras.backend.image_data_format())"
    home = tmp_path / "home"
    assert run("-c", script, KERAS_HOME=str(home)) == "float32 channels_last\n"
    assert not home.exists()
    home.mkdir()
    file = home / "keras.json"
    file.write_text('{"floatx": "float64", "image_data_format": "channels_first"}', encoding="utf-8")
    assert run("-c", script, KERAS_HOME=str(home)) == "float64 channels_first\n"
    assert [path.name for path in home.iterdir()] == ["keras.json"]


@pytest.mark.parametrize(
    ("options", "chosen"), [(("--engine", "numpy"), "numpy"), ((), "theano")], ids=["option", "environment"]
)
def test_the_engine_is_that_of_all_threads(tmp_path: Path, options: tuple[str, ...], chosen: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from threading import Thread\n"
        "import keras, sys\n"
        "from ktensor.config import sources\n"
        "thread = Thread(target=lambda: print(sources()['engine'].value, sys.argv[1:]))\n"
        "thread.start(); thread.join()\n",
        encoding="utf-8",
    )
    printed = run("-m", "ktensor", "keras", *options, script, "--own", KERAS_BACKEND="theano")
    assert printed == f"{chosen} ['--own']\n"


@pytest.mark.slow
def test_processes_that_are_spawned_run_the_script_mended(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, sys\n"
        "from collections import Iterable\n"  # there is none
        "from keras.utils import OrderedEnqueuer, Sequence\n"
        "class Items(Sequence):\n"
        "    def __len__(self):\n"
        "        return 2\n"
        "    def __getitem__(self, i):\n"
        "        from ktensor.config import sources\n"
        "        return sources()['engine'].value, __name__, 'tensorflow' in sys.modules\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('spawn')\n"
        "    enqueuer = OrderedEnqueuer(Items(), use_multiprocessing=True)\n"
        "    enqueuer.start(1, 2)\n"
        "    print(next(enqueuer.get()))\n"
        "    enqueuer.stop()\n",
        encoding="utf-8",
    )
    assert run("-m", "ktensor", "keras", "--engine", "numpy", script) == "('numpy', '__mp_main__', False)\n"


def test_sessions_are_cleared() -> None:
    backend.set_learning_phase(1)
    assert backend.learning_phase() == 1
    backend.clear_session()
    assert K.is_tensor(backend.learning_phase())
    assert Dense(1).name == "dense_1"
    assert backend.get_session().run(K.ones((2,))).tolist() == [1, 1]


def test_of_equal_predictions_the_first_are_the_highest(engine: str) -> None:
    kept = metrics_utils.filter_top_k(K.constant([[0.2, 0.6, 0.4, 0.2, 0.2], [0.0, 0.0, 0.0, 0.0, 1.0]]), 3)
    highest = K.eval(kept) > metrics_utils.NEG_INF
    assert highest.tolist() == [[True, True, True, False, False], [True, True, False, False, True]]
