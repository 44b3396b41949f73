"""The real Keras 2 on ktensor. KTENSOR_KERAS names the folder that Keras is installed in; see the Makefile."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, os.environ["KTENSOR_KERAS"])

importlib.import_module("ktensor.keras")  # before Keras
keras = importlib.import_module("keras")
common = importlib.import_module("keras.backend.common")


def pytest_report_header() -> str:
    """Says which Keras is tested."""
    return f"Keras {keras.__version__} from {os.environ['KTENSOR_KERAS']}"


@pytest.fixture(autouse=True)
def _keras_as_it_was() -> Iterator[None]:
    """What a test sets through Keras ends with the test."""
    before = common.floatx(), common.epsilon(), common.image_data_format()
    yield
    common.set_floatx(before[0])
    common.set_epsilon(before[1])
    common.set_image_data_format(before[2])


@pytest.fixture(autouse=True)
def _theano_op_by_op(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theano takes minutes to compile a model's steps: it does that in the tests of the examples."""
    if "engine" in request.fixturenames and request.getfixturevalue("engine") == "theano":
        from ktensor.engines.theano_engine import TheanoEngine

        monkeypatch.setattr(TheanoEngine, "patience", sys.maxsize)
