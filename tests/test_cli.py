"""The command line: `python -m ktensor info` and `python -m ktensor tour`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

import ktensor as kt
from ktensor import __main__ as cli
from ktensor.config import _reset, config, engine, set_epsilon
from ktensor.engines import base, status
from ktensor.errors import KTensorError

HEAVY = ("tensorflow", "theano", "scipy")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("KTENSOR_ENGINE", raising=False)
    _reset()
    yield tmp_path
    _reset()


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has NumPy alone."""
    monkeypatch.setattr(base, "is_installed", lambda name: name == "numpy")
    monkeypatch.setattr(status, "is_installed", lambda name: name == "numpy")


def rows(text: str) -> list[list[str]]:
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


@pytest.mark.usefixtures("nothing_installed")
def test_info_shows_settings_and_where_they_came_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "keras.json").write_text('{"image_dim_ordering": "th", "floatx": "float64"}', encoding="utf-8")
    set_epsilon(0.5)
    assert cli.main(["info"]) == 0
    out = capsys.readouterr().out
    assert f"NumPy {metadata.version('numpy')}, Python {sys.version_info.major}.{sys.version_info.minor}." in out
    assert f"settings file: {home / 'keras.json'}\n" in out
    file = str(home / "keras.json")
    for row in (
        ["floatx", "float64", file],
        ["epsilon", "0.5", "set_epsilon()"],
        ["image_data_format", 'channels_first ("th")', file],
        ["engine", "numpy", "default, as TensorFlow is not installed"],
        ["learning_phase", "not set", "default"],
    ):
        assert row in rows(out)


@pytest.mark.usefixtures("nothing_installed")
def test_info_says_why_an_engine_is_missing_and_what_installs_it(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["info"])
    out = rows(capsys.readouterr().out)
    assert ["*", "numpy", metadata.version("numpy")] in out
    assert ["tensorflow", "missing", "not installed; install it with: pip install 'ktensor[tensorflow]'"] in out
    (theano,) = (row for row in out if row[0] == "theano")
    assert theano[2].endswith("pip install 'ktensor[theano]'")
    assert ("needs Python 3.10 or 3.11" in theano[2]) == (sys.version_info >= (3, 12))


def test_columns_are_aligned() -> None:
    assert cli.table([("a", "b"), ("long", ""), ("", "c")]) == "a     b\nlong\n      c"


def test_info_of_an_engine_in_force_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nothing_installed: None
) -> None:
    monkeypatch.setenv("KTENSOR_ENGINE", "theano")
    assert cli.main(["info"]) == 0
    out = rows(capsys.readouterr().out)
    assert ["engine", "theano", "environment variable KTENSOR_ENGINE"] in out
    assert ["*", "theano"] in [row[:2] for row in out]


def test_engine_option_beats_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KTENSOR_ENGINE", "theano")
    assert cli.main(["info", "--engine", "numpy"]) == 0
    assert ["engine", "numpy", "--engine"] in rows(capsys.readouterr().out)
    assert engine() == "theano"


def test_info_in_spite_of_a_wrong_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "keras.json").write_text('{"floatx": "float8"}', encoding="utf-8")
    assert cli.main(["info"]) == 1
    out = capsys.readouterr().out
    assert f"The settings cannot be read: {home / 'keras.json'}: floatx: 'float8' is not allowed; use one of " in out
    assert ["numpy", metadata.version("numpy")] in rows(out)


@pytest.mark.parametrize("command", ["info", "tour"])
def test_unknown_engine(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--engine", "thano"]) == 2
    assert capsys.readouterr().err.endswith("'numpy', 'tensorflow', 'theano'; did you mean 'theano'?\n")


@pytest.mark.parametrize(("arguments", "said"), [([], "required: command"), (["dance"], "choose from")])
def test_command_lines_that_make_no_sense(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert said in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"ktensor {kt.__version__}\n"


def test_tour_runs_on_the_engine_named_and_reports_its_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    used: list[str] = []
    fake = ModuleType("ktensor.tour")
    vars(fake)["main"] = lambda: used.append(engine())
    monkeypatch.setitem(sys.modules, "ktensor.tour", fake)
    monkeypatch.setattr("ktensor.tour", fake, raising=False)
    with config(engine="theano"):
        assert cli.main(["tour", "--engine", "numpy"]) == 0
        assert cli.main(["tour"]) == 0
    assert used == ["numpy", "theano"]

    def fail() -> None:
        raise KTensorError("it rains")

    vars(fake)["main"] = fail
    assert cli.main(["tour"]) == 1
    assert capsys.readouterr().err == "KTensorError: it rains\n"


def test_info_imports_no_engine() -> None:
    code = (
        "import sys; from ktensor.__main__ import main; main(['info']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert result.stderr == ""


def test_module_can_be_run() -> None:
    result = subprocess.run([sys.executable, "-m", "ktensor", "info"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\n* is in force.\n" in result.stdout
