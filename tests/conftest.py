"""What all tests share: the engines to run on, and settings that no test leaves behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

import ktensor as kt
from ktensor.config import _reset
from ktensor.engines.base import BUILTIN, get_engine
from ktensor.errors import EngineNotInstalledError

#: What is not collected, and whether that is so here.
_LEFT_OUT = {
    "programs": True,
    "with_keras": "KTENSOR_KERAS" not in os.environ,
    "with_keras/programs": True,
    "with_keras/fixtures": True,
    "test_mypy_modes.py": not find_spec("mypy"),
}
collect_ignore = [name for name, left_out in _LEFT_OUT.items() if left_out]

#: Theano locks the directory that it compiles in, so pytest's workers have one each.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["XDG_CACHE_HOME"] = str(Path(tempfile.gettempdir()) / f"ktensor-tests-{os.getuid()}-{worker}")

#: Which engines to test, by default all of ours: KTENSOR_TEST_ENGINES=numpy,tensorflow
ENGINES = tuple(name for name in os.environ.get("KTENSOR_TEST_ENGINES", ",".join(BUILTIN)).split(",") if name)


class Flaw(NamedTuple):
    """What an engine cannot do: a test that must fail on it, and how."""

    test: str  # as pytest shows it: "test_case[theano-erf-float16]"
    engine: str
    reason: str
    raises: type[Exception]


#: Strict: a test that passes although it stands here fails the run.
FLAWS: tuple[Flaw, ...] = ()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is expected to fail."""
    flaws = {flaw.test: flaw for flaw in FLAWS}
    for item in items:
        flaw = flaws.get(item.name)
        if flaw is not None:
            reason = f"{flaw.engine}: {flaw.reason}"
            item.add_marker(pytest.mark.xfail(reason=reason, raises=flaw.raises, strict=True))


@cache
def _missing(name: str) -> str | None:
    """Why the engine cannot be imported here; None if it can."""
    try:
        get_engine(name)
    except EngineNotInstalledError as error:
        return str(error)
    return None


def require_engine(name: str) -> None:
    """Skips the test if the engine cannot be imported here, and says why."""
    reason = _missing(name)
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test once on each engine, which is in force meanwhile."""
    name: str = request.param
    require_engine(name)
    with kt.config(engine=name):
        yield name


@pytest.fixture(scope="session", autouse=True)
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The settings of whoever runs the tests are not ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        patch.delenv("KERAS_BACKEND", raising=False)
        patch.delenv("KTENSOR_ENGINE", raising=False)
        _reset()
        yield
    _reset()


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    """What a test sets for the process ends with the test."""
    _reset()
    yield
    _reset()
